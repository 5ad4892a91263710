//! The entries, one after another.

use std::collections::BTreeSet;

use super::failure::{Failure, RowName};
use super::held::{HeldRow, HeldRows, Misfit};
use super::replay::{HeadTag, Replay, Verified};
use crate::domain::audit::canonical::EntryView;
use crate::domain::audit::checkpoint::Checkpoint;
use crate::domain::audit::entry::Entry;
use crate::domain::audit::key::{ProjectKey, Tag};
use crate::domain::audit::merkle::{Frontier, leaf_hash};
use crate::domain::audit::row::{self, Table};
use crate::domain::digest::Timestamp;
use crate::domain::identity::{Assurance, CredentialKind, TicketId};

/// Checks a log entry by entry, and stops at the first that is not sound.
#[derive(Debug)]
#[must_use = "what was checked counts only once `finish` compared it with the head"]
pub struct Verifier<'a> {
    key: Option<&'a ProjectKey>,
    checkpoint: Option<&'a Checkpoint>,
    frontier: Frontier,
    last: Option<Timestamp>,
    bytes: u64,
    rows: HeldRows,
    /// Those that were used.
    tickets: BTreeSet<TicketId>,
}

impl<'a> Verifier<'a> {
    /// Begins at the empty log. Tags are checked where there is a key, which must be the key of the
    /// project; the past is compared with `checkpoint` where there is one, whose signature must
    /// have been verified before.
    pub fn new(key: Option<&'a ProjectKey>, checkpoint: Option<&'a Checkpoint>) -> Self {
        Self {
            key,
            checkpoint,
            frontier: Frontier::default(),
            last: None,
            bytes: 0,
            rows: HeldRows::default(),
            tickets: BTreeSet::new(),
        }
    }

    /// Checks the next entry as it is stored: its index, its canonical bytes, and the columns that
    /// hold its leaf hash, its tag and its document. After a failure nothing more can be checked.
    pub fn push(
        &mut self,
        index: u64,
        bytes: &[u8],
        leaf_column: &[u8],
        tag_column: &[u8],
        document_column: Option<&str>,
    ) -> Result<(), Failure> {
        self.meet_checkpoint()?;
        let expected = self.frontier.size();
        if index != expected {
            return Err(Failure::OutOfOrder { expected, found: index });
        }
        let leaf = leaf_hash(bytes);
        if leaf_column != leaf.as_bytes() {
            return Err(Failure::Altered { index });
        }
        if self.key.is_some_and(|key| !key.verifies_entry(index, &leaf, tag_column)) {
            return Err(Failure::Tag { index });
        }
        let entry = EntryView::parse(bytes).map_err(|source| Failure::Unreadable { index, source })?;
        if entry.index != index {
            return Err(Failure::Displaced { index, sealed: entry.index });
        }
        if entry.document != document_column {
            return Err(Failure::DocumentColumn { index });
        }
        if self.last.is_some_and(|last| entry.at < last) {
            return Err(Failure::Time { index });
        }
        self.last = Some(entry.at);
        self.bytes += bytes.len() as u64;
        // The key must have been good before the entry: one that registers it cannot be signed with it.
        if (entry.signature.is_some() || entry.assurance == Some(Assurance::Signature))
            && !self.is_signed(&entry, bytes)
        {
            return Err(Failure::Signature { index });
        }
        if entry.ticket.is_some_and(|ticket| !self.tickets.insert(ticket)) {
            return Err(Failure::Replayed { index });
        }
        self.replay(&entry)?;
        self.frontier.push(leaf);
        Ok(())
    }

    /// Compares the end of the log with the stored head: its right edge, the tag of it, and the
    /// time of the last entry. What is left to check are the rows.
    pub fn finish(
        self,
        head: &Frontier,
        head_tag: Option<&Tag>,
        head_at: Option<Timestamp>,
    ) -> Result<Replay, Failure> {
        self.meet_checkpoint()?;
        let size = self.frontier.size();
        if let Some(checkpoint) = self.checkpoint.filter(|checkpoint| checkpoint.size > size) {
            return Err(Failure::RolledBack { size, checkpoint: checkpoint.size });
        }
        if head.size() != size {
            return Err(Failure::HeadSize { size, head: head.size() });
        }
        if head != &self.frontier || head_at != self.last {
            return Err(Failure::Head { size });
        }
        let head_tag = match self.key {
            None => HeadTag::Unchecked,
            // The empty log has no tag yet.
            Some(_) if size == 0 && head_tag.is_none() => HeadTag::Verified,
            Some(key) if head_tag.is_some_and(|tag| key.verifies_head(head, tag.as_bytes())) => {
                HeadTag::Verified
            }
            Some(_) => return Err(Failure::HeadTag { size }),
        };
        let root = self.frontier.root();
        let verified = Verified { entries: size, bytes: self.bytes, root, head_tag, rows: self.rows.len() };
        Ok(Replay::new(self.rows, verified))
    }

    fn meet_checkpoint(&self) -> Result<(), Failure> {
        match self.checkpoint {
            Some(Checkpoint { size, root, .. })
                if *size == self.frontier.size() && *root != self.frontier.root() =>
            {
                Err(Failure::Rewritten { size: *size })
            }
            _ => Ok(()),
        }
    }

    /// Checks the signature of an entry with the key that the entries before it gave to its actor.
    fn is_signed(&self, entry: &EntryView<'_>, bytes: &[u8]) -> bool {
        let text = |row: &HeldRow, code| {
            row.field(code).and_then(|value| str::from_utf8(value).ok()).map(str::to_owned)
        };
        let project = self.rows.find(Table::Project, "project").and_then(|row| text(row, row::ID));
        let key = entry.credential.and_then(|id| self.rows.find(Table::Credential, id));
        let (Some(project), Some(key)) = (project, key) else { return false };
        let is_own = text(key, row::USER).as_deref() == entry.actor
            && text(key, row::KIND).as_deref() == Some(CredentialKind::Key.as_str())
            && key.field(row::REVOKED_AT).is_none();
        let public = key.field(row::VERIFIER).unwrap_or_default();
        is_own
            && entry.assurance == Some(Assurance::Signature)
            && Entry::decode(bytes).is_ok_and(|entry| entry.verifies_signature(&project, public))
    }

    fn replay(&mut self, entry: &EntryView<'_>) -> Result<(), Failure> {
        let index = entry.index;
        for delta in entry.raw_deltas() {
            self.rows.apply(&delta).map_err(|misfit| {
                let row =
                    RowName { table: delta.table, key: String::from_utf8_lossy(delta.key).into_owned() };
                match misfit {
                    Misfit::OldValue(field) => Failure::OldValue { index, row, field: field.to_string() },
                    Misfit::Emptied => Failure::Emptied { index, row },
                }
            })?;
        }
        Ok(())
    }
}
