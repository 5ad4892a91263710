//! What documents under way refer to by a name that a candidate policy could give to something else: the phases in
//! which objections count, the states that others wait for, and those in which documents have ended.

use super::{Condition, Reason};
use crate::domain::facts::ProjectFacts;
use crate::domain::id::{StateName, TypeName};
use crate::domain::policy::{Guard, Plain, Policy, State, Transition, Workflow};

/// Every objection goes on counting where it counts now.
pub(super) fn unmet_objections(now: &Policy, next: &Policy, facts: &ProjectFacts) -> Vec<Reason> {
    let mut lost = Vec::new();
    for (name, phase, id) in &facts.contested {
        let Some((life, _)) = now.document_type(name) else { continue };
        let after = next.document_type(name).map(|(life, _)| life);
        let holds_up = |state: &&State| state.phase == *phase && heeds_objections(life, state);
        let counts = |state: &State| {
            after.and_then(|life| life.state(&state.name)).is_some_and(|state| state.phase == *phase)
        };
        let gone = life.states.iter().filter(holds_up).filter(|state| !counts(state));
        lost.extend(gone.map(|state| {
            let name = &state.name;
            format!("an objection to {id} counts in {name} by the phase {phase}, and would not under the candidate")
        }));
    }
    lost.into_iter().map(|message| Reason::new(Condition::PolicyLiftsGates, message)).collect()
}

/// Tells whether a way out of a state waits until nobody objects.
fn heeds_objections(life: &Workflow, state: &State) -> bool {
    let heeds = |way: &Transition| {
        way.guards.iter().any(|guard| matches!(guard, Guard::Plain(Plain::Unanimous | Plain::NotRejected)))
    };
    life.leaving(&state.name).any(heeds)
}

/// What a document waits for can still come about.
pub(super) fn unmet_awaited(now: &Policy, next: &Policy, facts: &ProjectFacts) -> Vec<Reason> {
    let stranded = facts.awaited.iter().filter_map(|(id, wanted, found)| {
        let knows = |policy: &Policy| match found {
            Some(found) => policy
                .document_type(&found.document_type)
                .is_some_and(|(life, _)| life.state(&wanted.state).is_some()),
            None => super::prerequisites::unmakable(policy, wanted).is_none(),
        };
        let is_lost = knows(now) && !knows(next);
        is_lost.then(|| format!("{id} waits until {wanted}, which the candidate does not know"))
    });
    stranded.map(|message| Reason::new(Condition::PolicyStrandsDocuments, message)).collect()
}

/// What has ended stays ended, as what it was: documents that go on ask for it by the type and state it is in.
pub(super) fn unmet_ends(now: &Policy, next: &Policy, facts: &ProjectFacts) -> Vec<Reason> {
    let end = |policy: &Policy, name, state| {
        let found = policy.document_type(name).and_then(|(life, _)| life.state(state));
        found.filter(|state| state.is_final).map(|state| state.goal)
    };
    let lost = facts.ended.iter().filter(|(name, state, _)| end(now, name, state) != end(next, name, state));
    let told = lost.map(|(name, state, id)| {
        let goal = if end(now, name, state) == Some(true) { "a goal" } else { "no goal" };
        format!(
            "{id} has ended as a {name} in {state}: the candidate keeps the type, and the state as final and {goal}, \
             even if nothing leads there any more"
        )
    });
    told.map(|message| Reason::new(Condition::PolicyStrandsDocuments, message)).collect()
}

/// Whatever could come to its goal beside what it belongs to still can.
pub(super) fn unmet_below(now: &Policy, next: &Policy, facts: &ProjectFacts) -> Vec<Reason> {
    let arrives = |policy: &Policy, child: &(TypeName, StateName), parent: &(TypeName, StateName)| {
        let found = policy.document_type(&child.0).zip(policy.document_type(&parent.0));
        // An attachment ends with what it belongs to.
        found.is_some_and(|((life, it), (above, _))| {
            it.attachment || life.arrives_under(&child.1, above, &parent.1)
        })
    };
    let lost = facts
        .below
        .iter()
        .filter(|(child, parent, _)| arrives(now, child, parent) && !arrives(next, child, parent));
    let told = lost.map(|(child, parent, id)| {
        format!(
            "{id} is in {} and belongs to a {} in {}, and would never come to its goal under the candidate: it waits for \
             other states (`parent_in`)",
            child.1, parent.0, parent.1
        )
    });
    told.map(|message| Reason::new(Condition::PolicyStrandsDocuments, message)).collect()
}
