//! What a step does to a round: it is opened, answered, and people join it or leave it.

use super::effects::{Note, Step};
use crate::domain::attestation::dossier;
use crate::domain::document::{Answer, Outcome, Round, Seat, Verdict};
use crate::domain::id::{StateName, UserName};
use crate::domain::policy::{State, Transition, VerdictKind};

impl Step<'_> {
    pub(super) fn open_round(&self, state: &State, origin: StateName, seats: &[UserName]) -> Option<Round> {
        let rule = state.round.as_ref()?;
        Some(Round {
            task: rule.task,
            phase: state.phase.clone(),
            origin,
            asked_by: self.actor().clone(),
            opened_at: self.facts.now,
            content: self.document.content,
            policy: self.facts.policy,
            dossier: Some(dossier(&self.document, &self.stated())),
            seats: seats.iter().map(|user| (user.clone(), self.seat())).collect(),
        })
    }

    pub(super) fn seat(&self) -> Seat {
        Seat { assigned_by: self.actor().clone(), assigned_at: self.facts.now, answer: None, opened_at: None }
    }

    pub(super) fn answer(&mut self, kind: VerdictKind) {
        let outcome = match kind {
            VerdictKind::Approve => Outcome::Approve,
            VerdictKind::Reject => Outcome::Reject,
            // Lint demands the input, decide its presence; without it nothing is recommended.
            VerdictKind::Review => {
                self.inputs().text("outcome").and_then(Outcome::from_word).unwrap_or(Outcome::RequestUpdates)
            }
        };
        self.applied.verdict = Some(outcome);
        let (me, now) = (self.actor().clone(), self.facts.now);
        let verdict = Verdict {
            outcome,
            group: self.permit.actor.group().clone(),
            at: now,
            revision: self.document.revision,
        };
        if let Some(round) = &mut self.document.round {
            if let Some(seat) = round.seats.get_mut(&me) {
                seat.answer = Some(Answer { outcome, at: now });
            }
            self.document.verdicts.insert((round.phase.clone(), me), verdict);
        }
    }

    /// Tells whether an answer of somebody else, which a trial does not look at, can end the round otherwise.
    pub(super) fn can_end_otherwise(&self, edge: &Transition) -> bool {
        let round = self.document.round.as_ref().filter(|_| self.facts.is_trial && edge.quorum);
        let has_answer = round.is_some_and(|round| {
            round.seats.iter().any(|(user, seat)| user != self.actor() && seat.answer.is_some())
        });
        let life = self.policy.document_type(&self.document.document_type).map(|(life, _)| life);
        let rejects = |way: &Transition| way.quorum && way.verdict == Some(VerdictKind::Reject);
        has_answer
            && !rejects(edge)
            && life.is_some_and(|life| life.leaving(&self.document.state).any(rejects))
    }

    pub(super) fn add_seats(&mut self) {
        let named = self.inputs().users("assignees").to_vec();
        let seat = self.seat();
        if let Some(round) = &mut self.document.round {
            round.seats.extend(named.iter().map(|user| (user.clone(), seat.clone())));
            self.applied.notes.push(Note::Seated(named));
        }
    }

    pub(super) fn remove_seats(&mut self) {
        if let Some(round) = &mut self.document.round {
            round.seats.retain(|user, _| !self.permit.inputs.users("assignees").contains(user));
        }
    }
}
