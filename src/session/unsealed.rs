//! Rows that no entry covers: one whose tag is not its own counts for nothing.

use super::{Session, SessionError};
use crate::domain::identity::{Claim, Distrust, NotVerified, Proof};
use crate::store::{Change, Refusals, StoreError};

impl Session {
    /// Gives their tags to the rows of a change that no entry covers.
    pub(super) fn tag_unsealed(&self, change: &mut Change) -> Result<(), SessionError> {
        if change.tickets.is_empty() && change.refusals.is_empty() {
            return Ok(());
        }
        let key = self.key.as_ref().ok_or(SessionError::NoKey)?;
        for mark in &mut change.tickets {
            mark.tag(key);
        }
        for counted in &mut change.refusals {
            counted.tag(key);
        }
        Ok(())
    }

    /// Returns the counted refusals of a kind, where this program counted them.
    pub(super) fn counted(&mut self, like: &str) -> Result<Option<Refusals>, SessionError> {
        let counted = self.store.refusals(like)?;
        let key = self.key.as_ref().ok_or(SessionError::NoKey)?;
        Ok(counted.filter(|counted| counted.is_genuine(key)))
    }

    /// Refuses a ticket of which something else is remembered than this program wrote; for what is recorded by it,
    /// also one of which nothing is.
    pub(super) fn remembers(&mut self, claim: &Claim, is_recorded: bool) -> Result<(), SessionError> {
        let (Some(Proof::Ticket(presented)), Some(key)) = (&claim.proof, &self.key) else { return Ok(()) };
        let kept = self.store.ticket(&presented.ticket.id)?;
        if kept.map_or(!is_recorded, |mark| mark.is_genuine(key)) {
            return Ok(());
        }
        let refused: NotVerified = presented.ticket.refused(claim.user.clone(), Distrust::Invalid);
        Err(refused.into())
    }

    /// Names the rows whose tag is not their own: by table and key.
    pub(super) fn untagged(&mut self) -> Result<Vec<(&'static str, String)>, StoreError> {
        let Some(key) = &self.key else { return Ok(Vec::new()) };
        let tickets = self.store.tickets()?.into_iter().filter(|mark| !mark.is_genuine(key));
        let refusals = self.store.all_refusals()?.into_iter().filter(|counted| !counted.is_genuine(key));
        Ok(tickets
            .map(|mark| ("tickets", String::from(mark.id)))
            .chain(refusals.map(|counted| ("refusals", counted.claimed)))
            .collect())
    }
}
