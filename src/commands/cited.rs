//! What the policy in force cites of the procedures, where it is not there. A procedure changes before
//! the policy, which follows: until then this is said wherever it matters, and holds nobody up.

use super::read::body;
use super::{CommandError, Context, Warning};
use crate::domain::document::Document;
use crate::domain::identity::Actor;
use crate::domain::policy::{Effect, Policy};
use crate::domain::procedure::{Procedure, Procedures};

/// The policy in force cites what is not there: the code of the warnings.
pub(super) const MISSING: &str = "section_missing";

/// Says what the policy in force cites and what is in force does not have.
pub(super) fn missing(policy: &Policy, procedures: &Procedures) -> Vec<String> {
    let words = policy.dangling(procedures).map(|(cited, error)| {
        format!("{} cites `{}` in the policy in force: {error}", cited.by, cited.citation)
    });
    words.collect()
}

/// Warns whoever acted on a procedure of what the policy in force cites and its present content does not
/// have, or of all of it where the procedure goes out of force.
pub(super) fn dropped(
    context: &mut Context,
    actor: &Actor,
    document: &Document,
) -> Result<Option<Warning>, CommandError> {
    let policy = context.session.policy()?;
    let mut cited: Vec<_> = policy.citations().filter(|it| it.citation.procedure == document.id).collect();
    if cited.is_empty() {
        return Ok(None);
    }
    let id = &document.id;
    let what = if goes_out_of_force(&policy, document) {
        format!("{id} goes out of force, and the policy in force cites it")
    } else {
        let text = body(context, actor, &document.content)?;
        let procedure = Procedure::parse(&String::from_utf8_lossy(&text));
        cited.retain(|it| procedure.cited(&it.citation).is_err());
        format!("{id} {} lacks what the policy in force cites", document.version)
    };
    if cited.is_empty() {
        return Ok(None);
    }
    let cited: Vec<String> = cited.iter().map(|it| format!("{} cites `{}`", it.by, it.citation)).collect();
    let message = format!("{what}: {}; the policy has to follow", cited.join(", "));
    Ok(Some(Warning { code: MISSING, message }))
}

/// Tells whether a document is in force no more, or would not be after the next step.
fn goes_out_of_force(policy: &Policy, document: &Document) -> bool {
    policy.standing(document).is_some_and(|(workflow, state)| {
        let takes = |effects: &[Effect]| effects.contains(&Effect::TakeOutOfForce);
        let is_next = workflow.leaving(&state.name).any(|it| takes(&it.effects) || takes(&it.completion));
        is_next || (state.is_final && document.in_force.is_none())
    })
}
