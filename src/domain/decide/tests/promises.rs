//! What no policy can take away, and that every question has an answer.

use std::cell::Cell;
use std::collections::BTreeSet;
use std::sync::LazyLock;

use proptest::prelude::*;
use proptest::test_runner::TestRunner;

use super::asked::request;
use super::dice::{Dice, USERS, actor, config, name, stream, user_of};
use crate::domain::decide::{Condition, apply, decide, menu};
use crate::domain::document::Document;
use crate::domain::facts::Facts;
use crate::domain::id::UserName;
use crate::domain::identity::Actor;
use crate::domain::policy::{Action, Effect, Policy, fixture};
use crate::domain::request::{Inputs, Request, Subject, Value};

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

/// Attachments with nothing that a policy could ask: they are made, taken over and written in every state of a parent.
static UNBOUND: LazyLock<Policy> = LazyLock::new(|| {
    let mut policy = fixture::stripped();
    for it in policy.workflows.values_mut().flat_map(|life| &mut life.types) {
        it.parent.iter_mut().for_each(|rule| rule.states.clear());
    }
    for edge in policy.workflows.values_mut().flat_map(|life| &mut life.transitions) {
        edge.completion.retain(|effect| *effect != Effect::ClearOwner);
    }
    policy
});

/// Who owns a document or wrote in it.
fn holders(document: Option<&Document>) -> BTreeSet<&UserName> {
    let named = |it| {
        let Document { owner, creator, authors, .. }: &Document = it;
        owner.iter().chain(creator.iter()).chain(authors.keys()).collect()
    };
    document.map(named).unwrap_or_default()
}

/// Everything that somebody could ask about an attachment, whose parent is anywhere.
fn asked_of_attachments(dice: &mut Dice<'_>) -> (Facts, Vec<Request>) {
    let policy = &*UNBOUND;
    let mut facts = dice.facts(policy);
    let parent = (0..8).map(|_| dice.document(policy)).find(|it| it.round.is_some());
    facts.parent = parent.map(|it| Document { document_type: name("CR"), ..it });
    let titled = Inputs::default().with(name("title"), Value::Text("Evidence".to_owned()));
    if dice.one_in(3) {
        facts.document = None;
        facts.new.iter_mut().for_each(|new| (new.document_type, new.is_taken) = (name("VR"), false));
        let inputs = titled.with(name("parent"), Value::Document(name("X-1")));
        let subject = Subject::New(name("VR"));
        return (
            facts,
            vec![Request { action: name("create"), subject, inputs, copy: None, candidate: None }],
        );
    }
    facts.document.iter_mut().for_each(|it| it.document_type = name("VR"));
    let words = [("target", "review"), ("outcome", "recommend"), ("comment", "fine"), ("reason", "so")];
    let items = [("item", "EI-1"), ("evidence", "log")];
    let user = name(dice.pick(&USERS).0);
    let all = words
        .into_iter()
        .chain(items)
        .fold(titled, |all, (input, text)| all.with(name(input), Value::Text(text.to_owned())));
    let all = all.with(name("to"), Value::Users(vec![user]));
    let of = |action: &Action| {
        let mut inputs = all.clone();
        inputs.0.retain(|input, _| action.input(input.as_str()).is_some());
        request(&action.name, &name("X-1"), inputs)
    };
    (facts, policy.actions.iter().map(of).collect())
}

// REQ-017
#[test]
fn whoever_has_answered_comes_to_own_or_to_write_nothing_of_it_by_any_step() {
    let (taken, refused) = (Cell::new(0), Cell::new(0));
    let outcome = TestRunner::new(config(3000)).run(&stream(240), |numbers| {
        let (facts, requests) = asked_of_attachments(&mut Dice::new(&numbers));
        let rounds = facts.document.iter().chain(&facts.parent).filter_map(|it| it.round.as_ref());
        let seats = rounds.flat_map(|round| &round.seats);
        let answered: BTreeSet<_> = seats.filter(|(_, seat)| seat.answer.is_some()).map(|it| it.0).collect();
        for (request, (user, group)) in requests.iter().flat_map(|it| USERS.map(|user| (it, user))) {
            match decide(&UNBOUND, &facts, &actor(&user_of(user, group)), request) {
                Ok(permit) => {
                    let applied = apply(permit, &UNBOUND, &facts);
                    let before = holders(applied.before.as_ref());
                    for new in holders(applied.after.as_ref()).difference(&before) {
                        prop_assert!(!answered.contains(new), "{new} by {}", request.action);
                        taken.set(taken.get() + 1);
                    }
                }
                Err(denial) => {
                    let name = Condition::CannotOwn.name();
                    refused.set(refused.get() + i32::from(denial.reasons().iter().any(|it| it.name == name)));
                }
            }
        }
        Ok(())
    });
    outcome.unwrap_or_else(|error| panic!("{error}"));
    assert!(taken.get() > 100 && refused.get() > 100, "{} taken, {} refused", taken.get(), refused.get());
}
