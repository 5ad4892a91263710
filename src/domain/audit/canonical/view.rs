//! Canonical bytes read in place: nothing is copied, so that a million entries take a second.

use super::error::DecodeError;
use super::raw::RawDelta;
use super::read::{
    code, digest, name, number, pairs, read_offered, read_reason, read_signature, several, short, text, time,
    told,
};
use super::{FORMAT, FORMER, tag};
use crate::domain::audit::entry::{Attribution, EntryResult, RanBy, SALT_BYTES};
use crate::domain::audit::row::{FieldName, Table};
use crate::domain::audit::wire::Reader;
use crate::domain::clock::{Boot, Moment};
use crate::domain::digest::{Digest, Timestamp};
use crate::domain::document::{Kind, Outcome};
use crate::domain::id::{CredentialId, DocumentId, GroupName, StateName, UserName, Version};
use crate::domain::identity::{Assurance, Isolation, TicketId};

/// An entry as its canonical bytes say it. What the fields mean is said at `Entry`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields repeat those of Entry")]
pub struct EntryView<'a> {
    pub index: u64,
    pub at: Timestamp,
    pub span: u32,
    pub moment: Moment,
    pub salt: [u8; SALT_BYTES],
    pub actor: Option<&'a str>,
    pub claimed: Option<&'a str>,
    pub claimed_actor: Option<&'a str>,
    pub attribution: Option<Attribution>,
    pub actor_kind: Option<Kind>,
    pub group: Option<&'a str>,
    pub assurance: Option<Assurance>,
    pub isolation: Isolation,
    pub session: Option<&'a str>,
    pub agent: Option<&'a str>,
    pub parent: Option<&'a str>,
    pub credential: Option<&'a str>,
    pub token_id: Option<&'a str>,
    pub ticket: Option<TicketId>,
    pub signature: Option<SignatureView<'a>>,
    pub host: Option<&'a str>,
    pub uid: Option<u32>,
    pub client_id: Option<&'a str>,
    pub occurred_at: Option<Timestamp>,
    pub ran_by: Option<RanBy>,
    pub action: &'a str,
    pub document: Option<&'a str>,
    pub version: Option<Version>,
    pub from: Option<&'a str>,
    pub to: Option<&'a str>,
    pub result: EntryResult,
    pub verdict: Option<Outcome>,
    pub comment: Option<&'a str>,
    pub content_digest: Option<Digest>,
    pub policy_digest: Digest,
    pub count: u64,
    reasons: Reader<'a>,
    deltas: Reader<'a>,
    inputs: Reader<'a>,
    observed: Reader<'a>,
}

/// A signature, and the bytes that were signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SignatureView<'a> {
    /// The statement.
    pub statement: &'a [u8],
    /// The signature, 64 bytes.
    pub bytes: [u8; 64],
}

/// Why something was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReasonView<'a> {
    /// The stable name of the condition.
    pub name: &'a str,
    /// The sentence.
    pub message: &'a str,
    /// What would meet it.
    pub remedy: Option<OfferView<'a>>,
}

/// What would meet a condition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OfferView<'a> {
    /// The action.
    pub action: &'a str,
    /// The document.
    pub document: Option<&'a str>,
    pub(super) inputs: Reader<'a>,
}

impl<'a> OfferView<'a> {
    /// Iterates over its inputs, by name.
    pub fn inputs(&self) -> impl Iterator<Item = (&'a str, Option<&'a str>)> + use<'a> {
        let mut reader = self.inputs;
        std::iter::from_fn(move || read_offered(&mut reader).ok())
    }
}

/// The change of one row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DeltaView<'a> {
    /// The table.
    pub table: Table,
    /// The row.
    pub key: &'a str,
    raw: RawDelta<'a>,
}

/// The change of one field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldView<'a> {
    /// The field.
    pub name: FieldName<'a>,
    /// Its value before; `None` where it had none.
    pub old: Option<&'a [u8]>,
    /// Its value after; `None` where it has none.
    pub new: Option<&'a [u8]>,
}

impl<'a> EntryView<'a> {
    /// Reads canonical bytes, format `qms.entry/2`, and accepts no others.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(bytes);
        match reader.array() {
            Some(FORMAT) => {}
            Some(FORMER) => return Err(DecodeError::Former),
            _ => return Err(DecodeError::Format),
        }
        let reader = &mut reader;
        let mut view = Self {
            index: number("index", reader)?,
            at: time("time", reader)?,
            span: short("span", reader)?,
            moment: Moment::of(time("clock", reader)?),
            salt: reader.array().ok_or(DecodeError::Malformed("salt"))?,
            isolation: code("isolation", reader)?,
            result: code("result", reader)?,
            policy_digest: digest("policy digest", reader)?,
            action: text("action", reader)?,
            actor: None,
            claimed: None,
            claimed_actor: None,
            attribution: None,
            actor_kind: None,
            group: None,
            assurance: None,
            session: None,
            agent: None,
            parent: None,
            credential: None,
            token_id: None,
            ticket: None,
            signature: None,
            host: None,
            uid: None,
            client_id: None,
            occurred_at: None,
            ran_by: None,
            document: None,
            version: None,
            from: None,
            to: None,
            verdict: None,
            comment: None,
            content_digest: None,
            count: 1,
            reasons: Reader::default(),
            deltas: Reader::default(),
            inputs: Reader::default(),
            observed: Reader::default(),
        };
        let mut last = 0;
        while let Some(tag) = reader.byte() {
            if tag <= last {
                return Err(DecodeError::Order(tag));
            }
            last = tag;
            view.read_tagged(tag, reader)?;
        }
        Ok(view)
    }

    /// Reads what may be absent, after its tag.
    fn read_tagged(&mut self, tag: u8, reader: &mut Reader<'a>) -> Result<(), DecodeError> {
        match tag {
            tag::ACTOR => self.actor = Some(name("actor", reader, UserName::is_valid)?),
            tag::CLAIMED => self.claimed = Some(text("claimed name", reader)?),
            tag::CLAIMED_ACTOR => self.claimed_actor = Some(text("claimed actor", reader)?),
            tag::ATTRIBUTION => self.attribution = Some(code("attribution", reader)?),
            tag::ACTOR_KIND => self.actor_kind = Some(code("actor kind", reader)?),
            tag::GROUP => self.group = Some(name("group", reader, GroupName::is_valid)?),
            tag::ASSURANCE => self.assurance = Some(code("assurance", reader)?),
            tag::SESSION => self.session = Some(text("session", reader)?),
            tag::AGENT => self.agent = Some(text("agent", reader)?),
            tag::PARENT => self.parent = Some(name("parent", reader, UserName::is_valid)?),
            tag::DOCUMENT => self.document = Some(name("document", reader, DocumentId::is_valid)?),
            tag::VERSION => {
                let version = Version::parse(text("version", reader)?);
                self.version = Some(version.map_err(|_| DecodeError::Name("version"))?);
            }
            tag::FROM => self.from = Some(name("state before", reader, StateName::is_valid)?),
            tag::TO => self.to = Some(name("state after", reader, StateName::is_valid)?),
            tag::VERDICT => self.verdict = Some(code("verdict", reader)?),
            tag::COMMENT => self.comment = Some(text("comment", reader)?),
            tag::REASON => self.reasons = several(tag, reader, |reader| read_reason(reader).map(drop))?,
            tag::CONTENT_DIGEST => self.content_digest = Some(digest("content digest", reader)?),
            tag::COUNT => {
                self.count = number("count", reader)?;
                if self.count == 1 {
                    return Err(DecodeError::Count);
                }
            }
            tag::DELTA => self.deltas = several(tag, reader, RawDelta::check)?,
            tag::INPUTS => self.inputs = told("inputs", reader)?,
            tag::OBSERVED => self.observed = told("what was observed", reader)?,
            tag::CREDENTIAL => self.credential = Some(name("credential", reader, CredentialId::is_valid)?),
            tag::TOKEN_ID => self.token_id = Some(text("token id", reader)?),
            tag::SIGNATURE => self.signature = Some(read_signature(reader)?),
            tag::TICKET => {
                let id = reader.array().ok_or(DecodeError::Malformed("ticket"))?;
                self.ticket = Some(TicketId::from_bytes(id));
            }
            tag::BOOT => {
                let id = reader.array().ok_or(DecodeError::Malformed("boot"))?;
                self.moment.boot = Some(Boot { id, since: number("boot", reader)? });
            }
            tag::HOST => self.host = Some(text("host", reader)?),
            tag::UID => self.uid = Some(short("uid", reader)?),
            tag::CLIENT_ID => self.client_id = Some(text("client id", reader)?),
            tag::OCCURRED_AT => self.occurred_at = Some(time("time of what happened", reader)?),
            tag::RAN_BY => self.ran_by = Some(code("place of a run", reader)?),
            unknown => return Err(DecodeError::Tag(unknown)),
        }
        Ok(())
    }

    /// Iterates over why it was refused.
    pub fn reasons(&self) -> impl Iterator<Item = ReasonView<'a>> + use<'a> {
        let mut reader = self.reasons;
        std::iter::from_fn(move || {
            let reason = read_reason(&mut reader).ok()?;
            reader.byte();
            Some(reason)
        })
    }

    /// Iterates over what the actor told, by name.
    pub fn inputs(&self) -> impl Iterator<Item = (&'a str, &'a str)> + use<'a> {
        pairs(self.inputs)
    }

    /// Iterates over what the program itself found, by name.
    pub fn observed(&self) -> impl Iterator<Item = (&'a str, &'a str)> + use<'a> {
        pairs(self.observed)
    }

    /// Iterates over everything that changed.
    pub fn deltas(&self) -> impl Iterator<Item = DeltaView<'a>> + use<'a> {
        self.raw_deltas().filter_map(|raw| {
            let key = str::from_utf8(raw.key).ok()?;
            Some(DeltaView { table: raw.table, key, raw })
        })
    }

    /// Iterates over everything that changed, as bytes.
    pub(in crate::domain::audit) fn raw_deltas(&self) -> impl Iterator<Item = RawDelta<'a>> + use<'a> {
        let mut reader = self.deltas;
        std::iter::from_fn(move || {
            let delta = RawDelta::read(&mut reader).ok()?;
            reader.byte();
            Some(delta)
        })
    }
}

impl<'a> DeltaView<'a> {
    /// Iterates over the fields that changed, in the order of their names.
    pub fn fields(&self) -> impl Iterator<Item = FieldView<'a>> + use<'a> {
        let fields = self.raw.fields();
        fields.filter_map(|field| {
            Some(FieldView { name: field.name.as_name()?, old: field.old, new: field.new })
        })
    }
}
