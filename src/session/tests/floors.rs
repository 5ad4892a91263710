//! Who is believed about a document in a round: of the profile that it was opened under and the one in force the
//! stricter holds, for every proof and for whatever can be asked for there.

use std::rc::Rc;

use super::asked;
use super::readings::{REVIEW, candidate};
use crate::domain::decide::tests::dice::name;
use crate::domain::id::{DocumentId, UserName};
use crate::domain::identity::Assurance;
use crate::domain::policy::{Policy, Profile};
use crate::domain::request::{Inputs, Request};
use crate::scenario::{Means, Stage, play};
use crate::session::{Mode, SessionError};

/// A round that is open under one policy while another is in force, and a user with each kind of proof.
const STORY: &str = "\
schema: qms.scenarios/1
workflow: executable
scenarios:
  - name: a round
    type: CR
    procedures: true
    steps:
      - { claude: create, title: Pump }
      - { claude: route, target: review, content: changed, assignees: [tu], state: IN_PRE_REVIEW }
      - { lead: user_add, user: hana, group: quality, kind: human }
      - { lead: user_add, user: ines, group: quality, kind: human }
      - { lead: token_issue, user: ines }
      - { ines: key_create, proof: code }
      - { lead: policy_adopt, change: { policy.yaml: { Project lead: Head } } }
";

/// The verbs that are asked for in the round, those too that the policy has elsewhere.
const VERBS: [&str; 10] = [
    "assign",
    "checkout",
    "evidence_record",
    "item_record",
    "note_set",
    "read",
    "review",
    "trait_add",
    "unassign",
    "withdraw",
];

/// What each profile asks for, by the words of the documentation.
fn floor(profile: Profile, is_verdict: bool) -> Assurance {
    match (profile, is_verdict) {
        (Profile::Light, _) => Assurance::Claimed,
        (Profile::Gxp, true) => Assurance::Signature,
        (Profile::Team | Profile::Gxp, _) => Assurance::Token,
    }
}

/// The users, with what they present and how surely that proves who they are. A key that nobody has compared
/// counts where keys are not compared.
fn proofs(compares: bool) -> [(&'static str, Option<Means>, Assurance); 5] {
    let uncompared = if compares { Assurance::Token } else { Assurance::Signature };
    [
        ("hana", None, Assurance::Claimed),
        ("qa", Some(Means::Token), Assurance::Token),
        ("qa", Some(Means::Ticket), Assurance::Ticket),
        ("ines", None, uncompared),
        ("lead", None, Assurance::Signature),
    ]
}

/// The policy under a profile, with all verbs in the state of the round.
fn under(profile: Profile, policy: &Policy) -> Rc<Policy> {
    let mut policy = Policy { profile, ..policy.clone() };
    for edge in policy.workflows.values_mut().flat_map(|life| &mut life.transitions) {
        let is_elsewhere = ["item_record", "evidence_record"].contains(&edge.action.as_str());
        edge.from.extend(is_elsewhere.then(|| name("IN_PRE_REVIEW")));
    }
    Rc::new(policy)
}

/// Asks, and tells whether it was refused because of who asks.
fn is_unproved(stage: &mut Stage, user: &UserName, means: Option<Means>, request: &Request) -> bool {
    let claim = stage.claim(user, means, Some(request)).unwrap();
    match stage.session.act(&claim, request, Mode::DryRun) {
        Ok(_) => false,
        Err(SessionError::Denied(refusal)) => {
            refusal.denial.reasons().iter().any(|reason| reason.name == "assurance_too_low")
        }
        Err(error) => panic!("{user}: {error}"),
    }
}

/// Asks for everything with every proof, and returns how much was refused.
fn asked_by_all(stage: &mut Stage, profiles: [Profile; 2]) -> usize {
    let id: DocumentId = name("CR-001");
    let compares = profiles.contains(&Profile::Gxp);
    let stricter = |is_verdict| profiles.map(|profile| floor(profile, is_verdict)).into_iter().max();
    let mut refused = 0;
    for (user, means, assurance) in proofs(compares) {
        let user = name(user);
        for verb in VERBS {
            let mut request = asked::request(&name(verb), &id, Inputs::default());
            if verb == "read" {
                request.inputs = super::inputs(&[("which", super::text("draft"))]);
            }
            let is_below = Some(assurance) < stricter(verb == "review");
            let told = format!("{user} ({assurance}) {verb}, round and in force: {profiles:?}");
            assert_eq!(is_unproved(stage, &user, means, &request), is_below, "{told}");
            refused += usize::from(is_below);
        }
        // To read about the document is one more thing to ask for; to read at all is asked of the profile in force.
        let claim = stage.claim(&user, means, None).unwrap();
        let reads = stage.session.verify(&claim, Some(&id));
        assert_eq!(reads.is_err(), Some(assurance) < stricter(false), "{user} reads in {profiles:?}");
        let [_, in_force] = profiles;
        let reads = stage.session.verify(&claim, None);
        assert_eq!(reads.is_err(), assurance < floor(in_force, false), "{user} reads in {profiles:?}");
    }
    refused
}

// REQ-007, REQ-053, REQ-054, REQ-193
#[test]
fn nobody_acts_in_a_round_below_its_profile_or_the_one_in_force() {
    let demanded = candidate("executable.yaml", REVIEW, &format!("{REVIEW}, guards: [opened]"));
    let mut refused = Vec::new();
    let outcomes = play(&demanded, "x.yaml", STORY, |mut stage| {
        let round = stage.document(&name("CR-001")).unwrap().unwrap().round.unwrap().policy;
        let in_force = stage.session.project().unwrap().policy;
        assert_ne!(round, in_force);
        for before in Profile::ALL {
            for now in Profile::ALL {
                stage.session.policies.clear();
                for (digest, profile) in [(round, *before), (in_force, *now)] {
                    let policy = under(profile, &demanded.policy);
                    stage.session.policies.insert((digest, None), policy);
                }
                refused.push(asked_by_all(&mut stage, [*before, *now]));
            }
        }
    });
    for outcome in outcomes.unwrap() {
        assert_eq!(outcome.failure.map(|failure| failure.to_string()), None);
    }
    // In the order of `Profile::ALL`: whoever proved nothing in `team`, and in `gxp` each verdict without a signature.
    assert_eq!(refused, [0, 10, 13, 10, 10, 13, 13, 13, 13]);
}
