//! Of which documents less is told.

use super::*;
use crate::domain::identity::Isolation;
use crate::domain::policy::{Choice, When};

fn less_of(next: &Policy, types: &[&str]) -> BTreeSet<String> {
    let under_way = UnderWay { types: types.iter().map(|one| name(one)).collect(), ..UnderWay::default() };
    let files = Sources::default();
    shipped().less(next, (&files, &files), &under_way)
}

/// The policy in which nothing of a type's life cycle waits for anything.
fn unguarded(kind: &str) -> Policy {
    let mut next = shipped();
    let life = next.document_type(&name(kind)).unwrap().0.name.clone();
    next.workflows.get_mut(&life).unwrap().transitions.iter_mut().for_each(|way| way.guards.clear());
    next
}

// REQ-239
#[test]
fn less_is_told_of_what_is_under_way_and_of_what_can_belong_to_it() {
    let next = unguarded("SOP");
    assert_eq!(less_of(&next, &["CR"]), BTreeSet::new());
    assert_ne!(less_of(&next, &["SOP"]), BTreeSet::new());
    // No variance exists, and one can be made that answers for an item of a change.
    let mut next = shipped();
    let life = next.document_type(&name("VAR")).unwrap().0.name.clone();
    let kinds = &mut next.workflows.get_mut(&life).unwrap().types;
    kinds.iter_mut().filter(|kind| kind.name.as_str() == "VAR").for_each(|kind| kind.required.clear());
    assert_ne!(less_of(&next, &["CR"]), BTreeSet::new());
    assert_eq!(less_of(&next, &["SOP"]), BTreeSet::new());
}

// REQ-239
#[test]
fn another_type_that_answers_for_failed_items_is_less() {
    let mut next = shipped();
    let life = next.document_type(&name("VAR")).unwrap().0.name.clone();
    let kinds = &mut next.workflows.get_mut(&life).unwrap().types;
    let mut fast = kinds.iter().find(|kind| kind.name.as_str() == "VAR").unwrap().clone();
    fast.name = name("FAST");
    kinds.push(fast);
    let found = less_of(&next, &["CR"]);
    assert!(found.contains("a FAST answers for a failed item of a CR"), "{found:?}");
}

// REQ-194
#[test]
fn a_verb_that_only_records_waits_for_what_it_waited_for_elsewhere() {
    let mut next = shipped();
    let life = next.document_type(&name("CR")).unwrap().0.name.clone();
    let ways = &mut next.workflows.get_mut(&life).unwrap().transitions;
    let records = |way: &&Transition| way.effects == [Effect::RecordNote];
    let mut jot = ways.iter().find(records).unwrap().clone();
    jot.action = name("jot");
    ways.push(jot.clone());
    assert_eq!(less_of(&next, &["CR"]), BTreeSet::new());
    let ways = &mut next.workflows.get_mut(&life).unwrap().transitions;
    ways.last_mut().unwrap().guards.clear();
    assert_ne!(less_of(&next, &["CR"]), BTreeSet::new());
}

// REQ-194
#[test]
fn what_stops_a_text_is_no_harder_than_what_lets_it_pass() {
    let now = shipped();
    let each = |verdict: VerdictKind, change: &dyn Fn(&mut Transition)| {
        let mut next = now.clone();
        let lives = next.workflows.values_mut().flat_map(|life| &mut life.transitions);
        lives.filter(|way| way.verdict == Some(verdict)).for_each(change);
        less(&now, &next)
    };
    let changes: [&dyn Fn(&mut Transition); 5] = [
        &|way| way.guards.push(Guard::Isolation(Isolation::Broker)),
        &|way| way.guards.push(Guard::Plain(Plain::Owner)),
        &|way| drop(way.by.pop()),
        &|way| way.quorum = true,
        &|way| way.when = Some(When::ContentChanged(true)),
    ];
    for (nth, change) in changes.iter().enumerate() {
        assert!(!each(VerdictKind::Reject, change).is_empty(), "{nth}");
    }
    // What lets a text pass may wait for more.
    for change in &changes[..3] {
        assert_eq!(each(VerdictKind::Approve, change), BTreeSet::new());
    }
    // And whoever objects, where that is asked of those who approve as well.
    let mut next = now.clone();
    for way in next.workflows.values_mut().flat_map(|life| &mut life.transitions) {
        if way.verdict.is_some() {
            way.guards.push(Guard::Plain(Plain::Human));
        }
    }
    assert_eq!(less(&now, &next), BTreeSet::new());
    // Verdicts that change their names say something else than before.
    let mut next = now.clone();
    for way in next.workflows.values_mut().flat_map(|life| &mut life.transitions) {
        match way.verdict {
            Some(VerdictKind::Approve) => way.action = name("reject"),
            Some(VerdictKind::Reject) => way.action = name("approve"),
            _ => {}
        }
    }
    assert!(less(&now, &next).iter().any(|line| line.ends_with("gives another verdict")));
}

/// Ways that give no verdict and hold a document up all the same.
fn holds_up(way: &Transition) -> bool {
    way.effects.iter().any(|one| matches!(one, Effect::AddSeats | Effect::AddTraits))
        || (way.verdict.is_none() && way.to == Target::Origin && !way.effects.contains(&Effect::CheckOut))
}

// REQ-194
#[test]
fn to_ask_more_people_add_gates_or_end_a_round_is_not_taken_from_a_group_untold() {
    let now = shipped();
    let changes: [&dyn Fn(&mut Transition); 3] =
        [&|way| way.from.clear(), &|way| drop(way.by.pop()), &|way| way.by = vec![name("nobody")]];
    let mut tried = 0;
    for (workflow, life) in &now.workflows {
        let found = life.transitions.iter().enumerate();
        for (at, old) in found.filter(|(_, way)| !way.from.is_empty() && holds_up(way)) {
            for change in &changes {
                let mut next = now.clone();
                let ways = next.workflows.get_mut(workflow).map(|it| &mut it.transitions).unwrap();
                change(ways.get_mut(at).unwrap());
                assert_ne!(less(&now, &next), BTreeSet::new(), "{workflow}: {}", old.action);
                tried += 1;
            }
        }
    }
    assert!(tried > 30, "{tried}");
}

// REQ-194
#[test]
fn a_verdict_is_not_called_what_another_was() {
    let mut now = shipped();
    now.profile = Profile::Light;
    let choices = |policy: &mut Policy, change: &dyn Fn(&mut Vec<Choice>)| {
        let inputs = policy.actions.iter_mut().filter(|it| it.name.as_str() == "review");
        for input in inputs.flat_map(|action| &mut action.inputs) {
            if let InputKind::OneOf(choices) = &mut input.kind {
                change(choices);
            }
        }
    };
    let mut reworded = now.clone();
    choices(&mut reworded, &|choices| choices.iter_mut().for_each(|one| one.label.push('!')));
    assert_eq!(less(&now, &reworded), BTreeSet::new());
    let mut swapped = now.clone();
    choices(&mut swapped, &|choices| {
        let labels: Vec<_> = choices.iter().rev().map(|one| one.label.clone()).collect();
        choices.iter_mut().zip(labels).for_each(|(one, label)| one.label = label);
    });
    assert_ne!(less(&now, &swapped), BTreeSet::new());
    let mut verbs = now.clone();
    let label = |policy: &Policy, verb: &str| policy.action(&name(verb)).unwrap().label.clone();
    let (approve, reject) = (label(&now, "approve"), label(&now, "reject"));
    for action in &mut verbs.actions {
        match action.name.as_str() {
            "approve" => action.label = reject.clone(),
            "reject" => action.label = approve.clone(),
            _ => {}
        }
    }
    assert_ne!(less(&now, &verbs), BTreeSet::new());
}
