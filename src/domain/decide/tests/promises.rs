//! What no policy can take away, and that every question has an answer.

use std::cell::Cell;
use std::sync::LazyLock;

use proptest::prelude::*;
use proptest::test_runner::TestRunner;

use super::dice::{Dice, USERS, actor, config, stream, user_of};
use crate::domain::decide::{Condition, apply, decide, menu};
use crate::domain::facts::Facts;
use crate::domain::identity::Actor;
use crate::domain::policy::{Policy, fixture};
use crate::domain::request::Request;

static STRIPPED: LazyLock<Policy> = LazyLock::new(fixture::stripped);

/// Random facts, somebody, and what that one asks for.
fn question(policy: &Policy, numbers: &[u16]) -> (Facts, Actor, Request) {
    let mut dice = Dice::new(numbers);
    let facts = dice.facts(policy);
    let (user, group) = *dice.pick(&USERS);
    let group = if dice.one_in(9) { "unheard_of" } else { group };
    let request = dice.request(policy, &facts);
    (facts, actor(&user_of(user, group)), request)
}

proptest! {
    #![proptest_config(config(3000))]

    // REQ-010
    #[test]
    fn every_question_has_an_answer_and_every_permit_can_be_applied(numbers in stream(160)) {
        for policy in [&fixture::candidate().policy, &*STRIPPED] {
            let (facts, actor, request) = question(policy, &numbers);
            for line in menu(policy, &facts, &actor) {
                prop_assert!(line.missing.iter().all(|reason| !reason.message.is_empty()));
            }
            match decide(policy, &facts, &actor, &request) {
                Err(denial) => prop_assert!(!denial.reasons().is_empty(), "refused without a reason"),
                Ok(permit) => {
                    prop_assert!(actor.group().as_str() != "unheard_of", "an unknown group was permitted");
                    let applied = apply(permit, policy, &facts);
                    prop_assert_eq!(applied.before.is_some(), facts.document.is_some());
                }
            }
        }
    }

    // REQ-011
    #[test]
    fn reasons_come_in_the_order_of_their_classes_and_bear_known_names(numbers in stream(160)) {
        let policy = &fixture::candidate().policy;
        let (facts, actor, request) = question(policy, &numbers);
        if let Err(denial) = decide(policy, &facts, &actor, &request) {
            prop_assert!(denial.reasons().is_sorted_by_key(|reason| reason.class));
            for reason in denial.reasons() {
                let known = Condition::ALL.iter().any(|one| one.name() == reason.name)
                    || reason.name.starts_with(Condition::NoEligible.name());
                prop_assert!(known, "{}", reason.name);
            }
        }
    }
}

/// Asks for verdicts only, under a policy, and returns how many were permitted. The share of rounds
/// in which somebody could answer is small, so that the count says whether this looked at all.
fn verdicts_permitted(policy: &Policy) -> u32 {
    let permitted = Cell::new(0);
    let mut runner = TestRunner::new(config(4000));
    let outcome = runner.run(&stream(160), |numbers| {
        let mut dice = Dice::new(&numbers);
        let facts = dice.facts(policy);
        let Some(document) = &facts.document else { return Ok(()) };
        for (user, group) in USERS {
            let actor = actor(&user_of(user, group));
            for line in menu(policy, &facts, &actor) {
                let gives_verdict = ["review", "approve", "reject"].contains(&line.action.as_str());
                if !gives_verdict || super::menus::permitted(policy, &facts, &actor, &line).is_empty() {
                    continue;
                }
                permitted.set(permitted.get() + 1);
                let me = actor.name();
                let round = document.round.as_ref();
                prop_assert!(round.is_some_and(|round| round.awaits(me)), "{me} is not asked");
                prop_assert!(round.is_some_and(|round| round.content == document.content));
                prop_assert!(!document.authors.contains_key(me), "{} is an author", me);
                prop_assert!(document.creator.as_ref() != Some(me), "{} is the creator", me);
                prop_assert!(document.owner.as_ref() != Some(me), "{} is the owner", me);
            }
        }
        Ok(())
    });
    outcome.unwrap_or_else(|error| panic!("{error}"));
    permitted.get()
}

// REQ-017
#[test]
fn verdicts_are_given_by_assignees_and_never_by_authors_creator_or_owner() {
    let permitted = verdicts_permitted(&fixture::candidate().policy);
    assert!(permitted > 100, "only {permitted} verdicts were permitted at all");
}

// REQ-017, REQ-019
#[test]
fn a_policy_without_guards_lets_nobody_else_give_a_verdict_either() {
    let permitted = verdicts_permitted(&STRIPPED);
    assert!(permitted > 100, "only {permitted} verdicts were permitted at all");
}
