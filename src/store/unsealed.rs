//! Rows that decide and that no entry covers: what became of tickets, and how many refusals were alike. Each bears a
//! tag under the project key.

use crate::domain::audit::{ProjectKey, Tag};
use crate::domain::digest::Timestamp;
use crate::domain::identity::{Fate, TicketId};

/// What becomes of a ticket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TicketMark {
    /// The ticket, or the nonce of a signature.
    pub id: TicketId,
    /// When.
    pub at: Timestamp,
    /// What became of it.
    pub fate: Fate,
    /// The agent that it was made for, where it is new.
    pub bearer: Option<String>,
    /// Of everything else, under the project key: no entry covers it.
    pub tag: Option<Tag>,
}

impl TicketMark {
    /// Marks a ticket that can be used no longer.
    pub fn end(id: TicketId, at: Timestamp, fate: Fate) -> Self {
        Self { id, at, fate, bearer: None, tag: None }
    }

    /// Tells whether it fits what is remembered.
    pub fn fits(&self, kept: Option<Fate>) -> bool {
        kept.is_none_or(|kept| kept.is_open() && !self.fate.is_open())
    }

    /// Gives it its tag.
    pub fn tag(&mut self, key: &ProjectKey) {
        self.tag = Some(self.row(|row| key.tag_unsealed(row)));
    }

    /// Tells whether it is as it was tagged.
    pub fn is_genuine(&self, key: &ProjectKey) -> bool {
        self.row(|row| key.verifies_unsealed(row, self.tag.as_ref()))
    }

    fn row<T>(&self, tag: impl FnOnce(&[&[u8]]) -> T) -> T {
        let Self { id, at, fate, bearer, tag: _ } = self;
        let is_borne: &[u8] = if bearer.is_some() { &[1] } else { &[0] };
        let bearer = bearer.as_deref().unwrap_or_default().as_bytes();
        let at = at.millis().to_be_bytes();
        tag(&[b"tickets", id.as_bytes(), &at, fate.as_str().as_bytes(), is_borne, bearer])
    }
}

/// Like refusals of callers who were not verified, counted since the last entry about them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusals {
    /// The name that was claimed; where a proof failed, after a space, how it did.
    pub claimed: String,
    /// The time of the last entry about them.
    pub since: Timestamp,
    /// How many were counted since.
    pub count: u64,
    /// Of everything else, under the project key: no entry covers it.
    pub tag: Option<Tag>,
}

impl Refusals {
    /// Gives them their tag.
    pub fn tag(&mut self, key: &ProjectKey) {
        self.tag = Some(self.row(|row| key.tag_unsealed(row)));
    }

    /// Tells whether they are as they were tagged.
    pub fn is_genuine(&self, key: &ProjectKey) -> bool {
        self.row(|row| key.verifies_unsealed(row, self.tag.as_ref()))
    }

    fn row<T>(&self, tag: impl FnOnce(&[&[u8]]) -> T) -> T {
        let Self { claimed, since, count, tag: _ } = self;
        tag(&[b"refusals", claimed.as_bytes(), &since.millis().to_be_bytes(), &count.to_be_bytes()])
    }
}
