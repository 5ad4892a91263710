//! What can be wrong with the bytes of an entry.

use thiserror::Error;

/// Bytes that are not the canonical bytes of any entry.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum DecodeError {
    /// They begin otherwise, or are of another format.
    #[error("the bytes do not begin as an entry of format 2 does")]
    Format,
    /// They are of the format of a program that was never released.
    #[error("the entry is of format 1, which only unreleased versions of qms wrote; it is not read any more")]
    Former,
    /// A part is not there in full, or a length has not its one form.
    #[error("the {0} is cut short, or its length is not in its shortest form")]
    Malformed(&'static str),
    /// A text is not UTF-8 (RFC 3629).
    #[error("the {0} is not UTF-8")]
    NotUtf8(&'static str),
    /// A name is not one.
    #[error("the {0} is not a valid name")]
    Name(&'static str),
    /// A byte stands for no word.
    #[error("the {what} has the unknown code {code}")]
    Code {
        /// The part.
        what: &'static str,
        /// The byte.
        code: u8,
    },
    /// A tag is unknown.
    #[error("the tag {0:#04x} is unknown")]
    Tag(u8),
    /// A tag stands after a higher or an equal one.
    #[error("the tag {0:#04x} is out of order")]
    Order(u8),
    /// A count of 1 is written out.
    #[error("a count of 1 is written out")]
    Count,
    /// Inputs are out of order, or one is there twice.
    #[error("the input `{}` is out of order or there twice", .name.escape_debug())]
    InputOrder {
        /// The input.
        name: String,
    },
    /// A delta changes nothing.
    #[error("the delta of `{}` has no field", .key.escape_debug())]
    EmptyDelta {
        /// The key of the row.
        key: String,
    },
    /// The fields of a delta are not in the order of their names, or one is there twice.
    #[error("the field `{}` is out of order", .field.escape_debug())]
    FieldOrder {
        /// The field.
        field: String,
    },
    /// A field is listed without a change.
    #[error("the field `{}` does not change", .field.escape_debug())]
    NoChange {
        /// The field.
        field: String,
    },
}
