//! What every backend demands of a change before it looks at what is kept, and how numbers at the
//! end of ids are read: said once, so that backends cannot differ in it.

use super::{Cause, Change, StoreError};
use crate::domain::digest::Digest;
use crate::domain::id::DocumentId;

/// Most digits that a number within an id is padded to; longer ones have no order among numbers.
const NUMBER_DIGITS: usize = 10;

impl Change {
    /// Refuses a change that contradicts itself: a store that took it could not be verified.
    pub(super) fn refuse_unfit(&self) -> Result<(), StoreError> {
        let follows = |(index, sealed): (u64, &super::Sealed)| sealed.entry.index == index;
        let documented = |(id, revision): &(DocumentId, u64)| {
            self.documents.iter().all(|document| document.id != *id || document.revision > *revision)
        };
        let fault = if !(self.expected_size..).zip(&self.entries).all(follows) {
            "its entries do not continue the log"
        } else if self.head.frontier.size() != self.expected_size + self.entries.len() as u64 {
            "its head does not follow from its entries"
        } else if !self.entries.is_empty() && (self.head.tag.is_none() || self.head.course.is_none()) {
            "its head bears no tag or no time"
        } else if self.entries.is_empty() && self.changes_rows() {
            "it changes rows without an entry"
        } else if self.documents.iter().any(|document| document.revision == 0)
            || !self.expected_revisions.iter().all(documented)
        {
            "it does not advance the revision of a document"
        } else if self.credentials.iter().any(|credential| credential.tag.is_none())
            || self.sessions.iter().any(|session| session.tag.is_none())
        {
            "one of its credentials or sessions bears no tag"
        } else if self.tickets.iter().any(|mark| mark.tag.is_none())
            || self.refusals.iter().any(|counted| counted.tag.is_none())
        {
            "one of its tickets or counts of refusals bears no tag"
        } else if self.contents.iter().any(|(digest, body)| Digest::of(body) != *digest) {
            "one of its contents has another digest"
        } else {
            return Ok(());
        };
        Err(unfit(fault))
    }

    /// Tells whether it changes rows that the log covers. Counted refusals are not among them:
    /// they are sealed by the entry that closes their window.
    fn changes_rows(&self) -> bool {
        !(self.documents.is_empty()
            && self.versions.is_empty()
            && self.attestations.is_empty()
            && self.contents.is_empty()
            && self.users.is_empty()
            && self.credentials.is_empty()
            && self.sessions.is_empty()
            && self.namespaces.is_empty()
            && self.policies.is_empty()
            && self.project.is_none())
    }
}

/// Says why a change is not written.
pub(super) fn unfit(why: impl Into<Cause>) -> StoreError {
    StoreError::Unfit(why.into())
}

/// Returns the number that follows `prefix` in `id`; `None` where the rest is not just a number.
pub(super) fn number_after(prefix: &str, id: &str) -> Option<u32> {
    let rest = id.strip_prefix(prefix)?;
    let digits = rest.len() <= NUMBER_DIGITS && rest.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| rest.parse().ok()).flatten()
}
