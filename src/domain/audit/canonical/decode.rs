//! From canonical bytes back to an entry.

use super::error::DecodeError;
use super::view::{DeltaView, EntryView, FieldView, ReasonView};
use crate::domain::audit::entry::{Delta, Entry, FieldDelta, SealedReason};
use crate::domain::id::{CredentialId, DocumentId, GroupName, InvalidName, StateName, UserName};

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
            credential: name("credential", view.credential, CredentialId::parse)?,
            signature: view.signature,
            ticket: view.ticket,
            action: view.action.to_owned(),
            inputs: view.inputs().map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
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
