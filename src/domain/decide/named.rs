//! What documents under way refer to by a name that a candidate policy could give to something else: the phases in
//! which objections count, and the states that others wait for.

use super::{Condition, Reason};
use crate::domain::facts::ProjectFacts;
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
