//! What waits for a second person holds up nobody: every kind of proposal, met by everybody who can meet one.

use super::bounds::{acknowledged, credential, facts, of_profile, users};
use super::dice::{name, user_of};
use crate::domain::clock::Jump;
use crate::domain::decide::{Reason, Way, decide, displaced};
use crate::domain::digest::{Digest, Timestamp};
use crate::domain::document::{Kind, User};
use crate::domain::facts::{Facts, ProjectFacts, RegistryFacts, Signing, UserFacts};
use crate::domain::identity::{Actor, Assurance, Credential, CredentialKind, Grounds, KeyOrigin, verified};
use crate::domain::offer::Offer;
use crate::domain::policy::{Policy, Profile, fixture};
use crate::domain::project::{Proposal, ProposalKind};
use crate::domain::request::{Inputs, Request, Subject, Value};

const KINDS: [ProposalKind; 3] = [ProposalKind::Policy, ProposalKind::Clock, ProposalKind::Unbinding];

/// A policy under which everybody may, so that what is tried here is what refuses.
fn policy() -> Policy {
    let mut policy = of_profile(Profile::Gxp);
    let all: Vec<_> = policy.groups.keys().cloned().collect();
    policy.project.iter_mut().for_each(|rule| rule.by.clone_from(&all));
    policy
}

fn project() -> Facts {
    let bound = User { is_bound: true, ..user_of("claude", "initiator") };
    let jump = Jump { since: 5, clock: Timestamp::from_millis(1), before: None };
    let project = ProjectFacts {
        named_user: Some(bound),
        candidate: Some(Ok(Box::new(fixture::candidate().clone()))),
        jump: Some(jump),
        ..ProjectFacts::default()
    };
    let mut facts = Facts { project: Some(project), ..facts(RegistryFacts::default()) };
    // Somebody else who manages the project remains.
    let mia = User { kind: Kind::Human, ..user_of("mia", "administrator") };
    let known = UserFacts { user: mia, open_tasks: 0, signing: Signing::Able, bears: true };
    facts.users.insert(name("mia"), known);
    facts
}

/// The command that proposes something of a kind.
fn anew(kind: ProposalKind) -> Offer {
    match kind {
        ProposalKind::Policy => Offer::of("policy_adopt").with("less", "less").asking("reason"),
        ProposalKind::Clock => Offer::of("clock_set").asking("reason"),
        ProposalKind::Unbinding => Offer::of("user_unbind").with("user", "claude").asking("reason"),
    }
}

/// Does what an offer says.
fn follow(facts: &Facts, actor: &Actor, offer: &Offer) -> Result<Proposal, Vec<Reason>> {
    let given = offer.inputs.iter().map(|(input, value)| (input, value.clone().unwrap_or("why".to_owned())));
    let inputs =
        given.fold(Inputs::default(), |inputs, (input, value)| inputs.with(name(input), Value::Text(value)));
    let action = name(&offer.action);
    let request = Request { action, subject: Subject::Project, inputs, copy: None, candidate: None };
    let permit = decide(&policy(), facts, actor, &request).map_err(|denial| denial.reasons().to_vec())?;
    let Way::Project { proposal: Some(proposal), .. } = permit.way else { panic!("{:?}", permit.way) };
    Ok(*proposal)
}

/// Everybody who can meet a proposal of `lead`: a word for it, the user, the key, and since when that counts.
fn all() -> Vec<(&'static str, &'static str, Credential, Option<i64>)> {
    let key = |user: &str, origin, by: Option<&str>| {
        let key = credential(2, user, CredentialKind::Key);
        Credential { origin: Some(origin), issued_by: by.map(name), ..key }
    };
    let by = |key, by, grounds| acknowledged(key, by, grounds);
    let code = |user: &str, issuer| key(user, KeyOrigin::Code, Some(issuer));
    let recovered = || key("hana", KeyOrigin::Recovery, None);
    vec![
        ("independent", "hana", by(code("hana", "ines"), "ines", Grounds::Another), Some(800_000)),
        (
            "by a code of the proposer",
            "hana",
            by(code("hana", "lead"), "ines", Grounds::Another),
            Some(800_000),
        ),
        ("recovered", "hana", by(recovered(), "ines", Grounds::Another), Some(800_000)),
        ("alone", "hana", by(recovered(), "hana", Grounds::Alone), Some(800_000)),
        ("younger", "hana", by(code("hana", "ines"), "ines", Grounds::Another), Some(950_000)),
        ("at the same moment", "hana", by(code("hana", "ines"), "ines", Grounds::Another), Some(900_000)),
        ("the proposer", "lead", key("lead", KeyOrigin::Founder, None), Some(1)),
    ]
}

// REQ-282
#[test]
fn what_somebody_cannot_confirm_holds_up_nothing_and_no_remedy_is_refused() {
    for (kind, is_gone) in KINDS.into_iter().flat_map(|kind| [(kind, false), (kind, true)]) {
        for (who, user, key, since) in all() {
            let what = format!("{kind}, {who}, gone: {is_gone}");
            let user =
                users().into_iter().find(|one| one.name == name(user)).unwrap_or_else(|| panic!("{what}"));
            let actor = verified(&user, Assurance::Signature, Some(key));
            let made = follow(&project(), &actor, &anew(kind))
                .unwrap_or_else(|reasons| panic!("{what}: {reasons:?}"));
            let open = Proposal { by: name("lead"), at: Timestamp::from_millis(900_000), ..made };
            let mut facts = project();
            if is_gone {
                facts.users.remove(&name("lead"));
            }
            if let Some(project) = &mut facts.project {
                project.proposals = vec![open.clone()];
                project.counts_since = since.map(Timestamp::from_millis);
            }
            let confirming = anew(kind).with("confirm", &open.digest);
            let proposed = follow(&facts, &actor, &anew(kind));
            let confirmed = follow(&facts, &actor, &confirming);
            // One of both is open to everybody, and never both: whoever can confirm it has no other to propose.
            assert_ne!(proposed.is_ok(), confirmed.is_ok(), "{what}");
            for reason in [&proposed, &confirmed].into_iter().filter_map(|one| one.as_ref().err()).flatten() {
                if let Some(remedy) = &reason.remedy {
                    assert!(follow(&facts, &actor, remedy).is_ok(), "{what}: {remedy:?}");
                } else {
                    assert_eq!((who, reason.name.as_str()), ("the proposer", "not_independent"), "{what}");
                }
            }
            // What takes the place of another proposal says whose, and why.
            let ends = proposed.ok().and_then(|made| displaced(&policy(), &facts, &actor, &made));
            let is_other = who != "the proposer" && confirmed.is_err();
            assert_eq!(
                ends.is_some_and(|(by, why)| by == name("lead") && !why.is_empty()),
                is_other,
                "{what}"
            );
            assert_eq!(confirmed.is_ok(), who == "independent" && !is_gone, "{what}");
        }
    }
}

// REQ-282
#[test]
fn within_a_jump_a_proposal_ages_by_the_time_since_boot() {
    let (who, user, key, since) = all().remove(0);
    let user = users().into_iter().find(|one| one.name == name(user)).unwrap_or_else(|| panic!("{who}"));
    let actor = verified(&user, Assurance::Signature, Some(key));
    let made = follow(&project(), &actor, &anew(ProposalKind::Clock)).unwrap_or_else(|it| panic!("{it:?}"));
    let mut facts = project();
    let digest: Digest = made.digest;
    if let Some(project) = &mut facts.project {
        project.proposals = vec![Proposal { by: name("lead"), at: Timestamp::from_millis(900_000), ..made }];
        project.counts_since = since.map(Timestamp::from_millis);
    }
    let confirming = anew(ProposalKind::Clock).with("confirm", &digest);
    assert!(follow(&facts, &actor, &confirming).is_ok());
    // The time of the record is the same one still.
    facts.valid = Timestamp::from_millis(900_000 + 7 * 24 * 60 * 60 * 1000);
    assert!(follow(&facts, &actor, &confirming).is_err());
    assert!(follow(&facts, &actor, &anew(ProposalKind::Clock)).is_ok());
}
