//! The stored rows against the state that the entries amount to.

use super::failure::{Failure, RowName};
use super::held::{HeldRow, HeldRows};
use crate::domain::audit::row::{Row, changes};
use crate::domain::digest::Digest;
use crate::domain::document::words;

words! {
    /// Whether the tag of the head was checked.
    HeadTag {
        /// It was made with the project key.
        Verified = "verified",
        /// The project key was not at hand.
        Unchecked = "unchecked",
    }
}

/// What was found to be sound: every entry, the head, and every row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// The number of entries, which is the size of the tree.
    pub entries: u64,
    /// The size of all entries together, in bytes.
    pub bytes: u64,
    /// The root of the tree.
    pub root: Digest,
    /// Whether the tags were checked, too.
    pub head_tag: HeadTag,
    /// The number of rows.
    pub rows: u64,
}

/// What was found to be sound of an export: every entry that it holds, and the root of the tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exported {
    /// The number of entries, which is the size of the tree.
    pub entries: u64,
    /// Entries of which only the leaf hash is there.
    pub withheld: u64,
    /// The first of them. Old values are compared up to there.
    pub first_withheld: Option<u64>,
    /// The number of signatures.
    pub signatures: u64,
    /// The root of the tree.
    pub root: Digest,
}

/// The state that the entries amount to. Show it every stored row with [`Replay::check`], then end
/// with [`Replay::finish`].
#[derive(Debug)]
#[must_use = "a log is verified when the stored rows were checked against it"]
pub struct Replay {
    rows: HeldRows,
    verified: Verified,
    scratch: Vec<u8>,
}

impl Replay {
    pub(super) fn new(rows: HeldRows, verified: Verified) -> Self {
        Self { rows, verified, scratch: Vec::new() }
    }

    /// Compares a stored row, each one once.
    pub fn check(&mut self, stored: Row<'_>) -> Result<(), Failure> {
        let name = || RowName { table: stored.table(), key: stored.key() };
        self.scratch.clear();
        stored.put_locator(&mut self.scratch);
        let held = self.rows.take(&self.scratch).ok_or_else(|| Failure::RowUnknown { row: name() })?;
        stored.put_fields(&mut self.scratch);
        if *held.bytes() == *self.scratch {
            return Ok(());
        }
        let fields = changes(&held.fields(), &stored.flat()).map(|field| field.name.to_string()).collect();
        Err(Failure::RowDiffers { row: name(), fields })
    }

    /// Ends the comparison, once every stored row was checked.
    pub fn finish(self) -> Result<Verified, Failure> {
        match self.rows.iter().filter_map(HeldRow::name).min() {
            None => Ok(self.verified),
            Some(row) => Err(Failure::RowLost { row, count: self.rows.len() }),
        }
    }
}
