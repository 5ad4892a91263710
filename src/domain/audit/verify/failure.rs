//! What can be wrong with a log or a store.

use std::fmt;

use thiserror::Error;

use super::standing::Contradiction;
use crate::domain::audit::canonical::DecodeError;
use crate::domain::audit::row::Table;

/// A row, by name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct RowName {
    /// The table.
    pub table: Table,
    /// What names it within the table.
    pub key: String,
}

impl fmt::Display for RowName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} `{}`", self.table, self.key.escape_debug())
    }
}

/// The first thing that does not verify.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Failure {
    /// An entry was removed, added or moved.
    #[error("entry {found} stands where entry {expected} belongs")]
    OutOfOrder {
        /// The index that comes next.
        expected: u64,
        /// The index that came.
        found: u64,
    },
    /// The bytes of an entry, or its leaf hash, were changed.
    #[error("entry {index} is not what was sealed")]
    Altered {
        /// The entry.
        index: u64,
    },
    /// The tag of an entry was changed, or made without the project key.
    #[error("the tag of entry {index} was not made with the project key")]
    Tag {
        /// The entry.
        index: u64,
    },
    /// The bytes of an entry say nothing.
    #[error("entry {index} cannot be read")]
    Unreadable {
        /// The entry.
        index: u64,
        /// Why.
        source: DecodeError,
    },
    /// An entry was sealed for another place.
    #[error("entry {index} was sealed as entry {sealed}")]
    Displaced {
        /// Where it stands.
        index: u64,
        /// Where it belongs.
        sealed: u64,
    },
    /// The column that repeats the document of an entry was changed.
    #[error("the document column of entry {index} differs from what was sealed")]
    DocumentColumn {
        /// The entry.
        index: u64,
    },
    /// An entry is older than the one before it.
    #[error("entry {index} is older than the entry before it")]
    Time {
        /// The entry.
        index: u64,
    },
    /// An entry was not signed by its actor, or the signature was made for something else.
    #[error("entry {index} does not bear the signature of its actor")]
    Signature {
        /// The entry.
        index: u64,
    },
    /// An entry was made with a ticket that one before it was made with.
    #[error("entry {index} was made with a ticket that had been used")]
    Replayed {
        /// The entry.
        index: u64,
    },
    /// An entry was made from other rows than the entries before it amount to.
    #[error("entry {index} does not follow: {what}")]
    Contradicts {
        /// The entry.
        index: u64,
        /// How.
        what: Contradiction,
    },
    /// An entry changes a field from another value than the entries before it gave it.
    #[error("entry {index} does not follow: `{}` of {row} was another one before it", .field.escape_debug())]
    OldValue {
        /// The entry.
        index: u64,
        /// The row.
        row: RowName,
        /// The field.
        field: String,
    },
    /// An entry takes every field of a row away; rows are never deleted.
    #[error("entry {index} leaves nothing of {row}")]
    Emptied {
        /// The entry.
        index: u64,
        /// The row.
        row: RowName,
    },
    /// The log ends before a checkpoint that was made of it: its end was cut off, or an older state
    /// was put back.
    #[error("the log ends after {size} entries, the checkpoint knows {checkpoint}")]
    RolledBack {
        /// The number of entries.
        size: u64,
        /// The number of entries that the checkpoint knows.
        checkpoint: u64,
    },
    /// The log has another past than a checkpoint that was made of it.
    #[error("the first {size} entries are not those of the checkpoint")]
    Rewritten {
        /// The number of entries that the checkpoint knows.
        size: u64,
    },
    /// Entries are missing at the end, or the head is of another state.
    #[error("the log has {size} entries, its head knows {head}")]
    HeadSize {
        /// The number of entries.
        size: u64,
        /// The number of entries that the head knows.
        head: u64,
    },
    /// The stored head is not that of these entries.
    #[error("the head after {size} entries differs from the one that they give")]
    Head {
        /// The number of entries.
        size: u64,
    },
    /// The tag of the head was changed, or made without the project key.
    #[error("the tag of the head after {size} entries was not made with the project key")]
    HeadTag {
        /// The number of entries.
        size: u64,
    },
    /// A stored row was changed without an entry.
    #[error("{row} was changed without an entry: {}", quoted(.fields))]
    RowDiffers {
        /// The row.
        row: RowName,
        /// The fields that differ, in the order of their names.
        fields: Vec<String>,
    },
    /// A stored row is listed in another place than the one in which entries made it.
    #[error("{row} is listed after one that was made later")]
    RowMoved {
        /// The row.
        row: RowName,
    },
    /// A stored row was added without an entry.
    #[error("{row} was added without an entry")]
    RowUnknown {
        /// The row.
        row: RowName,
    },
    /// A row was removed.
    #[error("{row} was removed; rows removed in all: {count}")]
    RowLost {
        /// The first row, by table and key.
        row: RowName,
        /// How many there are.
        count: u64,
    },
}

fn quoted(fields: &[String]) -> String {
    fields.iter().map(|field| format!("`{}`", field.escape_debug())).collect::<Vec<_>>().join(", ")
}

impl Failure {
    /// Returns the index of the first bad or missing entry, where one can be named.
    pub fn index(&self) -> Option<u64> {
        match self {
            Self::OutOfOrder { expected: index, .. }
            | Self::Altered { index }
            | Self::Tag { index }
            | Self::Unreadable { index, .. }
            | Self::Displaced { index, .. }
            | Self::DocumentColumn { index }
            | Self::Time { index }
            | Self::Signature { index }
            | Self::Replayed { index }
            | Self::Contradicts { index, .. }
            | Self::OldValue { index, .. }
            | Self::Emptied { index, .. }
            | Self::RolledBack { size: index, .. } => Some(*index),
            Self::HeadSize { size, head } => Some(*size.min(head)),
            Self::Rewritten { .. }
            | Self::Head { .. }
            | Self::HeadTag { .. }
            | Self::RowDiffers { .. }
            | Self::RowMoved { .. }
            | Self::RowUnknown { .. }
            | Self::RowLost { .. } => None,
        }
    }

    /// Returns the row, where the failure is about one.
    pub fn row(&self) -> Option<&RowName> {
        match self {
            Self::OldValue { row, .. }
            | Self::Emptied { row, .. }
            | Self::RowDiffers { row, .. }
            | Self::RowMoved { row }
            | Self::RowUnknown { row }
            | Self::RowLost { row, .. } => Some(row),
            _ => None,
        }
    }
}
