//! Who counts as a person where one is demanded: every kind of proof, of every kind of user.

use std::cell::Cell;

use proptest::test_runner::TestRunner;

use super::asked::request;
use super::bounds::{facts, of_profile, proofs, users};
use super::dice::{Dice, USERS, actor, config, name, stream, user_of};
use crate::domain::decide::{Case, Condition, Reason, decide};
use crate::domain::document::Kind;
use crate::domain::facts::RegistryFacts;
use crate::domain::id::{GroupName, WorkflowName};
use crate::domain::identity::{Assurance, Credential, CredentialKind, verified};
use crate::domain::policy::{Effect, Guard, Plain, Profile, VerdictKind, fixture};
use crate::domain::request::{Inputs, Value};

/// The proofs that are a person's own. All others are used by programs, or prove nothing.
const OWN: [&str; 6] = ["for a time", "for uses", "for actions", "for documents", "standing", "key"];

// REQ-285
#[test]
fn a_person_is_who_proves_it_with_what_only_a_person_has() {
    let facts = facts(RegistryFacts::default());
    for profile in [Profile::Light, Profile::Team, Profile::Gxp] {
        let policy = of_profile(profile);
        for user in users() {
            for (what, assurance, credential) in proofs(user.name.as_str()) {
                let actor = verified(&user, assurance, credential);
                let inputs = Inputs::default();
                let case = Case {
                    policy: &policy,
                    facts: &facts,
                    actor: &actor,
                    inputs: &inputs,
                    open: false,
                    seeks: false,
                };
                let expected = match user.kind {
                    Kind::Agent | Kind::Service => Some(Condition::NotHuman),
                    Kind::Human => (!OWN.contains(&what)).then_some(Condition::AssuranceTooLow),
                };
                let reason = case.unmet_human().map(|reason| reason.name);
                let expected = expected.map(|it| it.name().to_owned());
                assert_eq!(reason, expected, "{} with {what} in {profile}", user.name);
                assert_eq!(actor.is_person(), reason.is_none(), "{} with {what}", user.name);
            }
        }
    }
}

// REQ-082
#[test]
fn a_key_that_nobody_compared_is_no_signature_to_a_policy_that_compares_whoever_verified_it() {
    let mut compared = 0;
    for user in users() {
        let proofs = proofs(user.name.as_str()).into_iter();
        let bare = |(what, assurance, credential): (_, _, Option<Credential>)| {
            [
                (what, assurance, credential.clone()),
                (what, assurance, credential.map(|it| Credential { origin: None, ..it })),
            ]
        };
        for (what, assurance, credential) in proofs.flat_map(bare) {
            let is_bare =
                credential.as_ref().is_some_and(|it| it.kind == CredentialKind::Key && !it.counts());
            let actor = verified(&user, assurance, credential);
            for profile in [Profile::Light, Profile::Team, Profile::Gxp] {
                let is_less = is_bare && profile == Profile::Gxp;
                let expected = if is_less { assurance.min(Assurance::Token) } else { assurance };
                assert_eq!(of_profile(profile).assured(&actor), expected, "{what} in {profile}");
                compared += usize::from(is_less && expected < assurance);
            }
        }
    }
    assert!(compared > 0);
}

// REQ-086
#[test]
fn what_a_program_reads_for_a_person_opens_nothing_where_any_verdict_is_for_people() {
    let opened = Guard::Plain(Plain::Opened);
    for profile in [Profile::Light, Profile::Team, Profile::Gxp] {
        // None of the verdicts that ask for it says `human`, one of them does, or all do.
        for of_people in 0..3 {
            let mut policy = of_profile(profile);
            let life = policy.workflows.get_mut(&name::<WorkflowName>("controlled")).unwrap();
            let verdicts = life.transitions.iter_mut().filter(|way| way.verdict.is_some());
            let asking = verdicts.filter(|way| way.from.contains(&name("IN_APPROVAL")));
            for (nth, way) in asking.enumerate() {
                way.guards = vec![opened.clone()];
                way.guards.extend((nth < of_people).then_some(Guard::Plain(Plain::Human)));
            }
            let life = policy.workflows.get(&name::<WorkflowName>("controlled")).unwrap();
            for user in users() {
                for (what, assurance, credential) in proofs(user.name.as_str()) {
                    let actor = verified(&user, assurance, credential);
                    let is_for_people = of_people > 0 || profile == Profile::Gxp;
                    let expected = user.kind != Kind::Human || OWN.contains(&what) || !is_for_people;
                    let opens = policy.lets_open(life, &name("IN_APPROVAL"), &actor);
                    assert_eq!(opens, expected, "{} with {what} in {profile}, {of_people}", user.name);
                }
            }
        }
    }
}

// REQ-190
#[test]
fn nobody_ends_a_round_by_releasing_the_last_one_whose_group_gives_no_answer_in_it() {
    let mut policy = fixture::candidate().policy.clone();
    let everyone: Vec<GroupName> = policy.groups.keys().cloned().collect();
    let lives = policy.workflows.values_mut().flat_map(|life| &mut life.transitions);
    for way in lives.filter(|way| way.effects.contains(&Effect::RemoveSeats)) {
        way.by.clone_from(&everyone);
        way.guards.clear();
    }
    let (ended, refused) = (Cell::new(0), Cell::new(0));
    let outcome = TestRunner::new(config(1500)).run(&stream(240), |numbers| {
        let facts = Dice::new(&numbers).facts(&policy);
        let Some(document) = &facts.document else { return Ok(()) };
        let (Some(round), Some((life, state))) = (&document.round, policy.standing(document)) else {
            return Ok(());
        };
        for (user, group) in USERS {
            let awaited = round.seats.keys().filter(|one| round.awaits(one)).cloned().collect();
            let told = Inputs::default().with(name("assignees"), Value::Users(awaited));
            let asked = request(&name("unassign"), &document.id, told);
            let mut answers = life
                .leaving(&state.name)
                .filter(|way| matches!(way.verdict, Some(VerdictKind::Review | VerdictKind::Approve)));
            let gives = answers.any(|way| policy.acts_as(&name(group), &way.by));
            match decide(&policy, &facts, &actor(&user_of(user, group)), &asked) {
                Ok(_) => {
                    proptest::prop_assert!(gives, "{user} of {group} in {}", state.name);
                    ended.set(ended.get() + 1);
                }
                Err(denial) => {
                    let is_it = |reason: &Reason| {
                        reason.name == Condition::CompletesRound.name()
                            && reason.message.contains("its group")
                    };
                    refused.set(refused.get() + i32::from(denial.reasons().iter().any(is_it)));
                }
            }
        }
        Ok(())
    });
    outcome.unwrap_or_else(|error| panic!("{error}"));
    assert!(ended.get() > 10 && refused.get() > 10, "{} ended, {} refused", ended.get(), refused.get());
}
