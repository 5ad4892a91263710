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

/// What asks others, or releases them, while answers are awaited.
const OF_SEATS: &[Effect] = &[Effect::AddSeats, Effect::RemoveSeats];

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

    /// What answers, or can end a round as an answer does, does nothing besides before all have answered: nothing takes
    /// place that they have not answered for, and nobody sees by what took place what somebody answered.
    pub(super) fn verdict(&mut self, workflow: &Workflow, edge: &Transition) {
        if edge.verdict.is_none() && !edge.quorum {
            return;
        }
        let (at, verb) = (&edge.place, &edge.action);
        let what =
            if edge.verdict.is_some() { "gives a verdict" } else { "can end a round as its answers do" };
        let is_own = |effect: &Effect| edge.verdict.is_none() && OF_SEATS.contains(effect);
        let both = || edge.effects.iter().chain(&edge.completion).filter(|it| !is_own(it));
        for effect in both().filter(|it| OF_OTHERS.contains(it)) {
            self.add(at, "effect_of_verdict", format!("`{verb}` {what}, and cannot `{effect}` with it"));
        }
        let early = edge.effects.iter().filter(|it| edge.quorum && !is_own(it) && !OF_OTHERS.contains(it));
        for effect in early {
            let message = format!("`{effect}` follows when all have answered: it belongs to `completion`");
            self.add(at, "effect_before_quorum", message);
        }
        // Whichever answer is the last one decides what follows, and so does the release of whoever has not answered.
        let ends = |edge: &Transition| match edge.verdict {
            None => edge.quorum,
            Some(verdict) => verdict == VerdictKind::Approve,
        };
        let other = workflow.transitions.iter().find(|other| {
            let is_alike =
                other.to == edge.to && other.completion == edge.completion && other.quorum == edge.quorum;
            let approves = [&edge, other].iter().any(|it| it.verdict == Some(VerdictKind::Approve));
            ends(other) && approves && !is_alike && other.from.iter().any(|from| edge.from.contains(from))
        });
        if let Some(other) = other.filter(|other| ends(edge) && other.place.line < edge.place.line) {
            let message =
                format!("`{verb}` ends the round in another way than `{}` at {}", other.action, other.place);
            self.add(at, "approvals_differ", message);
        }
    }
}
