//! From canonical bytes back to an entry.

use std::collections::BTreeMap;

use super::error::DecodeError;
use super::view::{DeltaView, EntryView, FieldView, OfferView, ReasonView, SignatureView};
use crate::domain::audit::entry::{Delta, Entry, FieldDelta, SealedReason};
use crate::domain::audit::signature::{Signature, Statement};
use crate::domain::id::{CredentialId, DocumentId, GroupName, InvalidName, StateName, UserName};
use crate::domain::offer::Offer;

impl Entry {
    /// Reads canonical bytes, format `qms.entry/2`. What is read encodes to the same bytes again.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let view = EntryView::parse(bytes)?;
        Ok(Self {
            index: view.index,
            at: view.at,
            span: view.span,
            moment: view.moment,
            salt: view.salt,
            actor: name("actor", view.actor, UserName::parse)?,
            claimed: view.claimed.map(str::to_owned),
            claimed_actor: view.claimed_actor.map(str::to_owned),
            attribution: view.attribution,
            actor_kind: view.actor_kind,
            group: name("group", view.group, GroupName::parse)?,
            assurance: view.assurance,
            isolation: view.isolation,
            session: view.session.map(str::to_owned),
            agent: view.agent.map(str::to_owned),
            parent: name("parent", view.parent, UserName::parse)?,
            credential: name("credential", view.credential, CredentialId::parse)?,
            token_id: view.token_id.map(str::to_owned),
            ticket: view.ticket,
            signature: view.signature.map(signature).transpose()?,
            host: view.host.map(str::to_owned),
            uid: view.uid,
            client_id: view.client_id.map(str::to_owned),
            occurred_at: view.occurred_at,
            ran_by: view.ran_by,
            action: view.action.to_owned(),
            inputs: owned(view.inputs()),
            observed: owned(view.observed()),
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

fn owned<'a>(pairs: impl Iterator<Item = (&'a str, &'a str)>) -> BTreeMap<String, String> {
    pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

fn signature(view: SignatureView<'_>) -> Result<Signature, DecodeError> {
    let statement = Statement::decode(view.statement).ok_or(DecodeError::Malformed("statement"))?;
    Ok(Signature { statement, bytes: view.bytes })
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
            remedy: view.remedy.map(Offer::from),
        }
    }
}

impl From<OfferView<'_>> for Offer {
    fn from(view: OfferView<'_>) -> Self {
        let inputs = view.inputs().map(|(name, value)| (name.to_owned(), value.map(str::to_owned)));
        Self {
            action: view.action.to_owned(),
            // It was checked when it was read.
            document: view.document.and_then(|text| DocumentId::parse(text).ok()),
            inputs: inputs.collect(),
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
