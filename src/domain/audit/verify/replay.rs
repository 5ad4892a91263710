//! The stored rows against the state that the entries amount to.

use std::collections::BTreeMap;

use super::failure::{Failure, RowName};
use super::held::{HeldRow, HeldRows};
use crate::domain::audit::row::{Row, Table, changes};
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
    /// The place of the row that was shown last, of each table whose order says something.
    last: BTreeMap<Table, usize>,
    scratch: Vec<u8>,
}

impl Replay {
    pub(super) fn new(rows: HeldRows, verified: Verified) -> Self {
        Self { rows, verified, last: BTreeMap::new(), scratch: Vec::new() }
    }

    /// Compares a stored row, each one once, and where the order of a table says what is older, in that order: the
    /// store keeps it in a column that no entry speaks of.
    pub fn check(&mut self, stored: Row<'_>) -> Result<(), Failure> {
        let name = || RowName { table: stored.table(), key: stored.key() };
        self.scratch.clear();
        stored.put_locator(&mut self.scratch);
        let taken = self.rows.take(&self.scratch);
        let (place, held) = taken.ok_or_else(|| Failure::RowUnknown { row: name() })?;
        let is_moved = stored.is_listed_by_age()
            && self.last.insert(stored.table(), place).is_some_and(|last| place < last);
        stored.put_fields(&mut self.scratch);
        if *held.bytes() != *self.scratch {
            let fields =
                changes(&held.fields(), &stored.flat()).map(|field| field.name.to_string()).collect();
            return Err(Failure::RowDiffers { row: name(), fields });
        }
        if is_moved { Err(Failure::RowMoved { row: name() }) } else { Ok(()) }
    }

    /// Ends the comparison, once every stored row was checked.
    pub fn finish(self) -> Result<Verified, Failure> {
        match self.rows.iter().filter_map(HeldRow::name).min() {
            None => Ok(self.verified),
            Some(row) => Err(Failure::RowLost { row, count: self.rows.len() }),
        }
    }
}
