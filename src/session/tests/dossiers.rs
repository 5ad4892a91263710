//! What a round is sealed with, and what a document waits for.

use super::{act, asked, attempt, document, drafted, gathered, inputs, names, text, write};
use crate::domain::attestation::dossier;
use crate::domain::decide::decide;
use crate::domain::id::UserName;

#[test]
fn a_round_covers_what_the_program_stated_when_it_was_opened() {
    let (mut stage, id) = drafted("CR");
    act(&mut stage, "claude", "trait_add", &id, &[("trait", text("needs-agent-attribution"))]).unwrap();
    act(&mut stage, "claude", "checkout", &id, &[]).unwrap();
    write(&mut stage, &id, "claude", "copy");
    let mut route = asked::request(&"route".parse().unwrap(), &id, inputs(&[("target", text("review"))]));
    let claude: UserName = "claude".parse().unwrap();
    route.copy = stage.copy(&claude, &id).cloned();
    let acted = attempt(&mut stage, "claude", &route).unwrap();
    let after = document(&mut stage, &id);
    assert_eq!(acted.attestations.len(), 1, "who wrote is stated");
    let sealed = after.round.as_ref().and_then(|round| round.dossier);
    assert_eq!(sealed, Some(dossier(&after, &acted.attestations)));
    assert_ne!(sealed, Some(dossier(&after, &[])));
}

// REQ-098
#[test]
fn a_prerequisite_that_nobody_looked_up_is_not_met() {
    let (mut stage, id) = drafted("SOP");
    let ask = asked::request(&"route".parse().unwrap(), &id, inputs(&[("target", text("approval"))]));
    let (actor, policy, mut facts) = gathered(&mut stage, "claude", &ask);
    let document = facts.document.as_mut().unwrap();
    document.state = "REVIEWED".parse().unwrap();
    document.requires.insert("INV-003 is CLOSED".parse().unwrap());
    facts.required.clear();
    let denial = decide(&policy, &facts, &actor, &ask).unwrap_err();
    assert!(names(&denial).contains(&"prerequisite_unmet"), "{denial:?}");
}
