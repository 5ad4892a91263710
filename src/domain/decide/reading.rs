//! Recorded readings: whoever judges a content has opened it, where the policy says so.

use super::effects::Step;
use super::{Case, Condition, Reason};
use crate::domain::document::{Document, Seat};
use crate::domain::policy::{Effect, Transition, Workflow};

impl Case<'_> {
    fn own_seat<'d>(&self, document: &'d Document) -> Option<&'d Seat> {
        document.round.as_ref().and_then(|round| round.seats.get(self.actor.name()))
    }

    /// What no policy can take away: a reading is recorded once, for a task that is open, of the content that the
    /// round speaks about, and where people judge by whoever is one.
    pub(super) fn unmet_reading(
        &self,
        workflow: &Workflow,
        edge: &Transition,
        document: &Document,
    ) -> Vec<Reason> {
        if !edge.effects.contains(&Effect::RecordReading) {
            return Vec::new();
        }
        let (me, id) = (self.actor.name(), &document.id);
        let unmet = match self.own_seat(document) {
            None => Some((Condition::NotAssigned, format!("`{me}` is not assigned to {id}"))),
            Some(seat) if seat.answer.is_some() => {
                Some((Condition::AlreadyAnswered, format!("`{me}` has answered in this round of {id}")))
            }
            Some(seat) if seat.opened_at.is_some() => {
                Some((Condition::AlreadyOpened, format!("`{me}` has opened {id} in this round already")))
            }
            Some(_) => None,
        };
        let mut reasons: Vec<Reason> = unmet.into_iter().map(|(it, why)| Reason::new(it, why)).collect();
        if !self.policy.lets_open(workflow, &document.state, self.actor) {
            reasons.extend(self.unmet_human());
        }
        if document.round.as_ref().is_some_and(|round| round.content != document.content) {
            let message = format!("the round of {id} speaks about another content");
            reasons.push(Reason::new(Condition::ContentChanged, message));
        }
        reasons
    }

    /// The caller has opened the content of the round.
    pub(super) fn unmet_opened(&self, document: &Document) -> Option<Reason> {
        let is_opened = self.own_seat(document).is_some_and(|seat| seat.opened_at.is_some());
        (!is_opened).then(|| {
            let message = format!(
                "`{}` has not opened {} {} in this round",
                self.actor.name(),
                document.id,
                document.version
            );
            Reason::new(Condition::NotOpened, message).remedy(self.reading(document))
        })
    }
}

impl Step<'_> {
    /// Records that the caller has opened the content.
    pub(super) fn record_reading(&mut self) {
        let (me, now) = (self.permit.actor.name(), self.facts.now);
        let seats = self.document.round.as_mut().map(|round| &mut round.seats);
        if let Some(seat) = seats.and_then(|seats| seats.get_mut(me)) {
            seat.opened_at = Some(now);
        }
    }
}
