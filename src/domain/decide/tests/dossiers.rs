//! What a round is sealed with, and what a document waits for.

use super::regressions::{act, document, inputs, text, world};
use crate::domain::attestation::dossier;
use crate::domain::decide::decide;
use crate::domain::id::UserName;
use crate::domain::request::WorkingCopy;

#[test]
fn a_round_covers_what_the_program_stated_when_it_was_opened() {
    let (mut world, id) = world("CR");
    act(&mut world, "claude", "trait_add", &id, &[("trait", text("needs-agent-attribution"))]).unwrap();
    act(&mut world, "claude", "checkout", &id, &[]).unwrap();
    let before = document(&world, &id).clone();
    let bytes = world.write(&before, &[("title", "Title")]).into_bytes();
    let copy =
        WorkingCopy::Present { document: id.clone(), base: before.content, path: "copy".into(), bytes };
    let mut route =
        super::asked::request(&"route".parse().unwrap(), &id, inputs(&[("target", text("review"))]));
    route.copy = Some(copy);
    let applied = world.attempt("claude", &route).result.unwrap();
    let after = applied.after.unwrap();
    assert_eq!(applied.attestations.len(), 1, "who wrote is stated");
    let sealed = after.round.as_ref().and_then(|round| round.dossier);
    assert_eq!(sealed, Some(dossier(&after, &applied.attestations)));
    assert_ne!(sealed, Some(dossier(&after, &[])));
}

// REQ-098
#[test]
fn a_prerequisite_that_nobody_looked_up_is_not_met() {
    let (world, id) = world("SOP");
    let claude: UserName = "claude".parse().unwrap();
    let actor = world.verify(claude.as_str()).unwrap();
    let ask = super::asked::request(&"route".parse().unwrap(), &id, inputs(&[("target", text("approval"))]));
    let mut facts = world.facts(&actor, &ask);
    let document = facts.document.as_mut().unwrap();
    document.state = "REVIEWED".parse().unwrap();
    document.requires.insert("INV-003 is CLOSED".parse().unwrap());
    facts.required.clear();
    let policy = &crate::domain::policy::fixture::candidate().policy;
    let denial = decide(policy, &facts, &actor, &ask).unwrap_err();
    assert!(denial.reasons().iter().any(|reason| reason.name == "prerequisite_unmet"), "{denial:?}");
}
