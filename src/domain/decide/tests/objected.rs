//! What `why` says of an objection to an attachment.

use std::collections::BTreeMap;

use super::dice::{Dice, actor, name, user_of};
use crate::domain::decide::way;
use crate::domain::digest::Timestamp;
use crate::domain::document::{Document, Outcome, Verdict};
use crate::domain::policy::fixture;

// REQ-101, REQ-269
#[test]
fn an_objection_to_an_attachment_is_named_at_the_first_step_that_it_holds_up() {
    let policy = &fixture::candidate().policy;
    let mut dice = Dice::new(&[]);
    let mut facts = dice.facts(policy);
    let verdict = Verdict {
        outcome: Outcome::RequestUpdates,
        group: name("reviewer"),
        at: Timestamp::from_millis(1),
        revision: 3,
    };
    let like = |kind: &str, state: &str, from: &Document| Document {
        document_type: name(kind),
        state: name(state),
        round: None,
        verdicts: BTreeMap::new(),
        ..from.clone()
    };
    let any = dice.document(policy);
    let mut evidence = like("VR", "POST_REVIEWED", &any);
    evidence.verdicts.insert((name("post_review"), name("tu")), verdict);
    facts.children = vec![evidence];
    let me = actor(&user_of("claude", "initiator"));
    for (state, expected) in [
        ("IN_EXECUTION", "route"),
        ("POST_REVIEWED", "route"),
        ("IN_POST_APPROVAL", "approve"),
        ("POST_APPROVED", "close"),
    ] {
        facts.document = Some(like("CR", state, &any));
        let steps = way(policy, &facts, &me).unwrap_or_default();
        let held = steps.iter().filter(|step| step.missing.iter().any(|it| it.name == "attachment_objected"));
        let held: Vec<_> = held.map(|step| (step.action.as_str(), step.choice.as_deref())).collect();
        let choice = (expected == "route").then_some("approval");
        assert_eq!(held, [(expected, choice)], "{state}");
    }
}
