//! What a verdict may do: it answers, and what follows from all answers comes when the last one is in.

use super::Faults;
use crate::domain::id::StateName;
use crate::domain::policy::{Effect, Target, Transition, VerdictKind, Workflow};

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
    /// What ends a round where its answers would lead waits for them.
    pub(super) fn passed_over(&mut self, workflow: &Workflow, edge: &Transition) {
        // What has a `completion` is told to have a quorum in any case.
        if edge.verdict.is_some() || edge.quorum || !edge.completion.is_empty() {
            return;
        }
        let answers = workflow.transitions.iter().find(|other| {
            matches!(other.verdict, Some(VerdictKind::Review | VerdictKind::Approve))
                && other.to == edge.to
                && matches!(&other.to, Target::State(to) if !other.from.contains(to))
                && other.from.iter().any(|from| edge.from.contains(from))
        });
        // Back to the draft leads what gives the round up.
        let is_draft = |to: &StateName| workflow.state(to).is_some_and(|state| state.initial);
        if let (Some(answers), Target::State(to)) = (answers, &edge.to)
            && !is_draft(to)
        {
            let message = format!(
                "`{}` comes to {to} as `{}` at {} does, and would not wait for those who were asked: give it `quorum: \
                 all`, or another end",
                edge.action, answers.action, answers.place
            );
            self.add(&edge.place, "answers_passed_over", message);
        }
    }

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
