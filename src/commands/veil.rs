//! What is not shown while a round is open: what others said in it.
//!
//! Nobody is excepted. Who has no seat yet can be given one, and who owns the document may be the one
//! who starts its reviewers.

use std::collections::BTreeMap;

use super::Reply;
use super::entry::EntryView;
use crate::domain::attestation::Attestation;
use crate::domain::digest::Timestamp;
use crate::domain::document::Document;
use crate::domain::id::{DocumentId, UserName};
use crate::domain::identity::Actor;

/// The open rounds.
pub(super) struct Veil {
    viewer: UserName,
    rounds: BTreeMap<DocumentId, Timestamp>,
    withheld: usize,
}

impl Veil {
    /// Lifted everywhere, until documents are looked at.
    pub(super) fn new(viewer: &Actor) -> Self {
        Self { viewer: viewer.name().clone(), rounds: BTreeMap::new(), withheld: 0 }
    }

    /// Looks whether a round of `document` is open.
    pub(super) fn look(&mut self, document: &Document) {
        self.rounds.extend(document.round.as_ref().map(|round| (document.id.clone(), round.opened_at)));
    }

    /// Takes away what is not to be seen yet.
    pub(super) fn cover(&mut self, entry: &mut EntryView) {
        let opened_at = entry.document.as_ref().and_then(|id| self.rounds.get(id));
        let of_others = entry.verdict.is_some() && entry.actor.as_ref() != Some(&self.viewer);
        if of_others && opened_at.is_some_and(|at| entry.at >= *at) {
            self.withheld += usize::from(entry.comment.take().is_some());
        }
    }

    /// Tells whether a note of somebody else in an open round is not to be seen yet.
    pub(super) fn covers(&mut self, note: &Attestation) -> bool {
        let opened_at = self.rounds.get(&note.document);
        let covered = note.author != self.viewer && opened_at.is_some_and(|at| note.at >= *at);
        self.withheld += usize::from(covered);
        covered
    }

    /// Says that something was taken away, if it was.
    pub(super) fn words(&self) -> Option<String> {
        match self.withheld {
            0 => None,
            1 => Some("1 comment of an open round is shown when the round ends".to_owned()),
            count => Some(format!("{count} comments of open rounds are shown when the rounds end")),
        }
    }

    /// Warns in a reply that something was taken away, if it was.
    pub(super) fn warn(&self, reply: Reply) -> Reply {
        match self.words() {
            Some(words) => reply.warn("comments_withheld", words),
            None => reply,
        }
    }
}
