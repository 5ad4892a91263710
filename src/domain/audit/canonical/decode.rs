//! From canonical bytes back to an entry.

use thiserror::Error;

use super::view::{DeltaView, EntryView, FieldView, ReasonView};
use crate::domain::audit::entry::{Delta, Entry, FieldDelta, SealedReason};
use crate::domain::id::{DocumentId, GroupName, InvalidName, StateName, UserName};

/// Bytes that are not the canonical bytes of any entry.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum DecodeError {
    /// They begin otherwise, or are of another format.
    #[error("the bytes do not begin as an entry of format 1 does")]
    Format,
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

impl Entry {
    /// Reads canonical bytes, format `qms.entry/1`. What is read encodes to the same bytes again.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let view = EntryView::parse(bytes)?;
        Ok(Self {
            index: view.index,
            at: view.at,
            actor: name("actor", view.actor, UserName::parse)?,
            claimed: view.claimed.map(str::to_owned),
            actor_kind: view.actor_kind,
            group: name("group", view.group, GroupName::parse)?,
            assurance: view.assurance,
            isolation: view.isolation,
            session: view.session.map(str::to_owned),
            parent: name("parent", view.parent, UserName::parse)?,
            action: view.action.to_owned(),
            document: name("document", view.document, DocumentId::parse)?,
            version: view.version,
            from: name("from", view.from, StateName::parse)?,
            to: name("to", view.to, StateName::parse)?,
            result: view.result,
            verdict: view.verdict,
            comment: view.comment.map(str::to_owned),
            reasons: view.reasons().map(SealedReason::from).collect(),
            content_digest: view.content_digest,
            policy_digest: view.policy_digest,
            count: view.count,
            deltas: view.deltas().map(Delta::from).collect(),
        })
    }
}

fn name<T>(
    what: &'static str,
    text: Option<&str>,
    parse: fn(&str) -> Result<T, InvalidName>,
) -> Result<Option<T>, DecodeError> {
    text.map(parse).transpose().map_err(|_| DecodeError::Name(what))
}

impl From<ReasonView<'_>> for SealedReason {
    fn from(view: ReasonView<'_>) -> Self {
        Self {
            name: view.name.to_owned(),
            message: view.message.to_owned(),
            remedy: view.remedy.map(str::to_owned),
        }
    }
}

impl From<DeltaView<'_>> for Delta {
    fn from(view: DeltaView<'_>) -> Self {
        Self {
            table: view.table,
            key: view.key.to_owned(),
            fields: view.fields().map(FieldDelta::from).collect(),
        }
    }
}

impl From<FieldView<'_>> for FieldDelta {
    fn from(view: FieldView<'_>) -> Self {
        Self {
            name: view.name.to_string(),
            old: view.old.map(<[u8]>::to_vec),
            new: view.new.map(<[u8]>::to_vec),
        }
    }
}
