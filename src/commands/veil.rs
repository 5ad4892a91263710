//! What reviewers do not see while their round is open: what the others said in it.

use std::collections::BTreeMap;

use super::Reply;
use super::entry::EntryView;
use crate::domain::digest::Timestamp;
use crate::domain::document::Document;
use crate::domain::id::{DocumentId, UserName};
use crate::domain::identity::Actor;

/// The open rounds that somebody takes part in.
pub(super) struct Veil {
    viewer: UserName,
    rounds: BTreeMap<DocumentId, Timestamp>,
}

impl Veil {
    /// Lifted everywhere, until documents are looked at.
    pub(super) fn new(viewer: &Actor) -> Self {
        Self { viewer: viewer.name().clone(), rounds: BTreeMap::new() }
    }

    /// Looks whether the viewer has a seat in a round of `document`, answered or not.
    pub(super) fn look(&mut self, document: &Document) {
        let seated = document.round.as_ref().filter(|round| round.seats.contains_key(&self.viewer));
        self.rounds.extend(seated.map(|round| (document.id.clone(), round.opened_at)));
    }

    /// Takes away what the viewer is not to see yet, and tells whether there was something.
    pub(super) fn cover(&self, entry: &mut EntryView) -> bool {
        let opened_at = entry.document.as_ref().and_then(|id| self.rounds.get(id));
        let of_others = entry.verdict.is_some() && entry.actor.as_ref() != Some(&self.viewer);
        of_others && opened_at.is_some_and(|at| entry.at >= *at) && entry.comment.take().is_some()
    }
}

/// Says that something was taken away.
pub(super) fn warn(reply: Reply, withheld: usize) -> Reply {
    match withheld {
        0 => reply,
        count => {
            let message = format!("{count} comments of other assignees are shown when the round is complete");
            reply.warn("comments_withheld", message)
        }
    }
}
