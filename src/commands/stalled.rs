//! Open rounds that wait for users who hold nothing that a verdict there asks for, such as after a stricter profile
//! was adopted.

use super::{CommandError, Context};
use crate::domain::id::UserName;
use crate::domain::identity::{Actor, Assurance, Credential, CredentialKind, Validity};
use crate::store::{Credentials, ListQuery};

/// Says of each such round whom it waits for.
pub(super) fn sentences(context: &mut Context, actor: &Actor) -> Result<Vec<String>, CommandError> {
    let store = context.session.read(actor);
    let (mut credentials, users) = (store.credentials(Credentials::All)?, store.users()?);
    let mut documents = Vec::new();
    store.documents(&ListQuery::default(), &mut |document| {
        documents.extend(document.round.is_some().then_some(document));
        Ok(())
    })?;
    let now = context.session.valid_at()?;
    credentials.retain(|one| one.validity(now) == Validity::Valid);
    let mut sentences = Vec::new();
    for document in documents {
        let policy = context.session.policy_of(&document)?;
        let leaving =
            policy.standing(&document).into_iter().flat_map(|(life, state)| life.leaving(&state.name));
        let least = leaving.filter(|edge| edge.verdict.is_some()).map(|edge| policy.assurance_of(edge)).min();
        let (Some(round), Some(least)) = (&document.round, least) else { continue };
        let signs = |kind, counts| kind == CredentialKind::Key && (counts || !policy.compares_keys());
        // Who is bound to a hook comes with a ticket.
        let is_bound = |name: &UserName| users.iter().any(|user| &user.name == name && user.is_bound);
        let holds = |name: &UserName| {
            let mut own = credentials.iter().filter(|one| &one.user == name);
            match least {
                Assurance::Claimed => true,
                Assurance::Signature => own.any(|one| signs(one.kind, one.counts())),
                Assurance::Token | Assurance::Ticket => is_bound(name) || own.any(Credential::binds),
            }
        };
        let lacking = round.seats.keys().filter(|name| round.awaits(name) && !holds(name));
        let names = lacking.map(UserName::as_str).collect::<Vec<_>>().join(", ");
        if !names.is_empty() {
            let id = &document.id;
            sentences
                .push(format!("{id} waits for {names}, who could not answer: that needs at least a {least}"));
        }
    }
    Ok(sentences)
}
