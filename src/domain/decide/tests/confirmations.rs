//! Who can confirm what somebody else proposed where people sign, and for how long.

use super::bounds::{acknowledged, credential, facts, of_profile, users};
use super::dice::{name, user_of};
use crate::domain::clock::{Jump, Span};
use crate::domain::decide::{Way, decide};
use crate::domain::digest::{Digest, Timestamp};
use crate::domain::document::User;
use crate::domain::facts::{Facts, ProjectFacts, RegistryFacts};
use crate::domain::id::UserName;
use crate::domain::identity::{Assurance, Credential, CredentialKind, Grounds, KeyOrigin, Scope, verified};
use crate::domain::order::Order;
use crate::domain::policy::Profile;
use crate::domain::project::{Proposal, ProposalKind};
use crate::domain::request::{Inputs, Request, Subject, Value};

const PROPOSED: Timestamp = Timestamp::from_millis(900_000);
const BEFORE: Timestamp = Timestamp::from_millis(800_000);

fn digest() -> Digest {
    Digest::of(b"qms user unbind 1\nclaude\n")
}

fn proposal() -> Proposal {
    let reason = "no hook".to_owned();
    let (kind, digest) = (ProposalKind::Unbinding, digest());
    Proposal { kind, digest, replaces: digest, by: name("lead"), at: PROPOSED, reason, confirmed_by: None }
}

/// Facts about a user whom a hook binds, with one proposal to lift that.
fn proposed(proposal: Proposal, counts_since: Option<Timestamp>) -> Facts {
    let bound = User { is_bound: true, ..user_of("claude", "initiator") };
    let (named_user, proposals) = (Some(bound), vec![proposal]);
    let project = ProjectFacts { named_user, proposals, counts_since, ..ProjectFacts::default() };
    Facts { project: Some(project), ..facts(RegistryFacts::default()) }
}

fn ask(facts: &Facts, by: &str, own: Credential, confirm: Option<Digest>) -> Result<Way, Vec<String>> {
    let mut policy = of_profile(Profile::Gxp);
    // Everybody may, so that what is tried here is what refuses.
    let all: Vec<_> = policy.groups.keys().cloned().collect();
    policy.project.iter_mut().for_each(|rule| rule.by.clone_from(&all));
    let user = users().into_iter().find(|one| one.name.as_str() == by).unwrap_or_else(|| panic!("{by}"));
    let text = |text: &str| Value::Text(text.to_owned());
    let inputs = Inputs::default().with(name("user"), text("claude")).with(name("reason"), text("no hook"));
    let inputs = match confirm {
        Some(digest) => inputs.with(name("confirm"), text(&digest.to_string())),
        None => inputs,
    };
    let request = Request {
        action: name("user_unbind"),
        subject: Subject::Project,
        inputs,
        copy: None,
        candidate: None,
    };
    let actor = verified(&user, Assurance::Signature, Some(own));
    let permit = decide(&policy, facts, &actor, &request);
    let permit =
        permit.map_err(|denial| denial.reasons().iter().map(|one| one.name.clone()).collect::<Vec<_>>())?;
    Ok(permit.way)
}

/// A key of hana that counts by the word of ines.
fn key() -> Credential {
    let coded = credential(2, "hana", CredentialKind::Key);
    let coded = Credential { origin: Some(KeyOrigin::Code), issued_by: Some(name("ines")), ..coded };
    acknowledged(coded, "ines", Grounds::Another)
}

fn said(facts: &Facts, by: &str, own: Credential) -> Result<(), Vec<String>> {
    let way = ask(facts, by, own, Some(digest()))?;
    let Way::Project { proposal: Some(proposal), .. } = way else { panic!("{way:?}") };
    assert_eq!(proposal.confirmed_by.as_ref().map(UserName::as_str), Some(by));
    Ok(())
}

// REQ-195
#[test]
fn only_somebody_independent_of_who_proposed_it_confirms_it() {
    let refused = || Err(vec!["not_independent".to_owned()]);
    let open = proposed(proposal(), Some(BEFORE));
    assert_eq!(said(&open, "hana", key()), Ok(()));
    assert_eq!(said(&open, "lead", Credential { user: name("lead"), ..key() }), refused());
    // By a code of whoever proposed it, or recovered by nobody else's word.
    assert_eq!(said(&open, "hana", Credential { issued_by: Some(name("lead")), ..key() }), refused());
    let recovered = Credential { origin: Some(KeyOrigin::Recovery), issued_by: None, ..key() };
    assert_eq!(said(&open, "hana", recovered.clone()), refused());
    assert_eq!(said(&open, "hana", acknowledged(recovered.clone(), "hana", Grounds::Alone)), refused());
    // With a signature of somebody else under the recovery it is another's word.
    assert_eq!(said(&open, "hana", Credential { issued_by: Some(name("ines")), ..recovered }), Ok(()));
    // A key that counts only since, or at the same moment, or that never counted.
    for since in [Some(PROPOSED), Some(Timestamp::from_millis(950_000)), None] {
        assert_eq!(said(&proposed(proposal(), since), "hana", key()), refused());
    }
    // Who proposed it is gone.
    let mut gone = proposed(proposal(), Some(BEFORE));
    gone.users.remove(&name("lead"));
    assert_eq!(said(&gone, "hana", key()), refused());
}

// REQ-195
#[test]
fn a_proposal_ends_with_its_time_its_jump_and_its_confirmation() {
    let refused = || Err(vec!["nothing_to_confirm".to_owned()]);
    let at = |at: i64| Proposal { at: Timestamp::from_millis(at), ..proposal() };
    let week = 7 * 24 * 60 * 60 * 1000;
    // The facts are of the millisecond 1,000,000.
    assert_eq!(
        said(&proposed(at(1_000_001 - week), Some(Timestamp::from_millis(-week))), "hana", key()),
        Ok(())
    );
    assert_eq!(
        said(&proposed(at(1_000_000 - week), Some(Timestamp::from_millis(-week))), "hana", key()),
        refused()
    );
    let done = Proposal { confirmed_by: Some(name("ines")), ..proposal() };
    assert_eq!(said(&proposed(done, Some(BEFORE)), "hana", key()), refused());
    let other = Proposal { digest: Digest::of(b"other"), ..proposal() };
    assert_eq!(said(&proposed(other, Some(BEFORE)), "hana", key()), refused());
    let clock = Proposal { kind: ProposalKind::Clock, ..proposal() };
    assert_eq!(said(&proposed(clock, Some(BEFORE)), "hana", key()), refused());
    // What was proposed by a clock that was wrong has ended with it.
    let span = |number, began: i64, jump| Span { number, began_at: Timestamp::from_millis(began), jump };
    let jump = Jump { since: 5, clock: PROPOSED, before: Some(BEFORE) };
    let spans = [span(1, 0, Some(jump)), span(2, 850_000, None)];
    let mut ended = proposed(proposal(), Some(Timestamp::from_millis(700_000)));
    assert_eq!(said(&ended, "hana", key()), Ok(()));
    ended.order = Order::new(&spans, [(1, PROPOSED)]);
    assert_eq!(said(&ended, "hana", key()), refused());
}

// REQ-191
#[test]
fn a_limited_token_frees_nobody_from_its_proof() {
    let standing = credential(2, "hana", CredentialKind::Standing);
    let facts = proposed(proposal(), None);
    let actions = [name("user_unbind")].into();
    for limited in [
        Credential { uses: Some(1), ..standing.clone() },
        Credential { scope: Scope { actions, ..Scope::default() }, ..standing },
    ] {
        let refused = ask(&facts, "hana", limited, None);
        assert!(refused.is_err_and(|names| names.contains(&"credential_out_of_scope".to_owned())));
    }
}
