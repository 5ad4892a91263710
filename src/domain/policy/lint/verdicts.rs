//! What a verdict may do: it answers, and what follows from all answers comes when the last one is in.

use super::Faults;
use crate::domain::policy::{Effect, Transition, VerdictKind, Workflow};

/// What changes the text, the owner or the round that a verdict is about.
const OF_OTHERS: &[Effect] = &[
    Effect::CheckIn,
    Effect::CheckOut,
    Effect::BeginRevision,
    Effect::RestoreVersionInForce,
    Effect::TakeOwnership,
    Effect::SetOwner,
    Effect::AddSeats,
    Effect::RemoveSeats,
    Effect::RecordItem,
];

/// What follows from a round that was answered.
const OF_ALL: &[Effect] = &[
    Effect::RaiseVersion,
    Effect::PutInForce,
    Effect::TakeOutOfForce,
    Effect::EndAttachments,
    Effect::ClearOwner,
];

impl Faults {
    pub(super) fn verdict(&mut self, workflow: &Workflow, edge: &Transition) {
        let Some(verdict) = edge.verdict else { return };
        let (at, verb) = (&edge.place, &edge.action);
        for effect in edge.effects.iter().chain(&edge.completion).filter(|it| OF_OTHERS.contains(it)) {
            let message = format!("`{verb}` gives a verdict, and cannot `{effect}` with it");
            self.add(at, "effect_of_verdict", message);
        }
        for effect in edge.effects.iter().filter(|it| edge.quorum && OF_ALL.contains(it)) {
            let message = format!("`{effect}` follows when all have answered: it belongs to `completion`");
            self.add(at, "effect_before_quorum", message);
        }
        // Whichever answer is the last one decides what follows.
        let other = workflow.transitions.iter().find(|other| {
            let is_alike =
                other.to == edge.to && other.completion == edge.completion && other.quorum == edge.quorum;
            other.verdict == Some(verdict)
                && verdict == VerdictKind::Approve
                && !is_alike
                && other.from.iter().any(|from| edge.from.contains(from))
        });
        if let Some(other) = other.filter(|other| other.place.line < edge.place.line) {
            let message =
                format!("`{verb}` ends the round in another way than `{}` at {}", other.action, other.place);
            self.add(at, "approvals_differ", message);
        }
    }
}
