//! What is taken from the states of a life cycle, and from what can be said in them.

use std::collections::BTreeSet;

use crate::domain::policy::{InputKind, Policy, RoundRule, State, Transition, Workflow};

impl Policy {
    /// Whoever judges can still say what could be said before.
    pub(super) fn less_of_verdicts(&self, next: &Self, before: &Workflow, after: &Workflow) -> Vec<String> {
        let said = |policy: &Self, way: &Transition| -> BTreeSet<String> {
            let inputs = policy.action(&way.action).into_iter().flat_map(|action| &action.inputs);
            let choices = inputs.filter_map(|input| match &input.kind {
                InputKind::OneOf(choices) => Some(choices.iter().map(|it| it.value.clone())),
                _ => None,
            });
            let kind = way.verdict.map(|verdict| format!("{verdict:?}").to_lowercase());
            kind.into_iter().chain(choices.flatten()).collect()
        };
        let mut found = Vec::new();
        for state in before.states.iter().filter(|state| after.state(&state.name).is_some()) {
            let all = |policy: &Self, life: &Workflow| -> BTreeSet<String> {
                let judged = life.leaving(&state.name).filter(|way| way.verdict.is_some());
                judged.flat_map(|way| said(policy, way)).collect()
            };
            let lost = all(self, before).into_iter().filter(|one| !all(next, after).contains(one));
            found.extend(
                lost.map(|one| format!("{}: nobody says `{one}` in {} any more", after.name, state.name)),
            );
        }
        found
    }
}

/// Says what is taken from a state that stays.
pub(super) fn state(before: &State, after: &Workflow) -> Vec<String> {
    let State { name, phase, initial, goal, is_final, round, place: _ } = before;
    // Who is in one that is gone is left behind, which is refused; ways that lead past it are told.
    let Some(new) = after.state(name) else { return Vec::new() };
    let (mut found, what) = (Vec::new(), &after.name);
    if new.initial && !initial {
        found.push(format!("{what}: documents begin in {name}"));
    }
    if new.goal && !goal {
        found.push(format!("{what}: {name} is called a goal"));
    }
    // Attachments come to another end whatever was said against them.
    if *goal && !new.goal {
        found.push(format!("{what}: {name} is called no goal any more"));
    }
    if new.is_final != *is_final {
        let how = if new.is_final { "is an end" } else { "is no end any more" };
        found.push(format!("{what}: {name} {how}"));
    }
    if new.phase != *phase {
        found.push(format!("{what}: {name} is of the phase {} instead of {phase}", new.phase));
    }
    match (round, &new.round) {
        (Some(_), None) => found.push(format!("{what}: nobody is asked in {name}")),
        (Some(old), Some(new)) => {
            let RoundRule { task, slot, seats_reviewers } = old;
            if *task != new.task {
                found.push(format!("{what}: something else is asked in {name}"));
            }
            if *slot != new.slot {
                found.push(format!("{what}: {} answers in {name} instead of {slot}", new.slot));
            }
            // Those who reviewed are not others, and others did not review.
            if *seats_reviewers != new.seats_reviewers {
                let whom =
                    if *seats_reviewers { "those who reviewed are not" } else { "those who reviewed are" };
                found.push(format!("{what}: {whom} asked in {name}"));
            }
        }
        (None, _) => {}
    }
    found
}
