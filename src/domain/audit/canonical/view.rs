//! Canonical bytes read in place: nothing is copied, so that a million entries take a second.

use super::error::DecodeError;
use super::raw::RawDelta;
use super::{Coded, FORMAT, tag};
use crate::domain::audit::entry::EntryResult;
use crate::domain::audit::row::{FieldName, Table};
use crate::domain::audit::signature::Signature;
use crate::domain::audit::wire::Reader;
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
    pub actor: Option<&'a str>,
    pub claimed: Option<&'a str>,
    pub actor_kind: Option<Kind>,
    pub group: Option<&'a str>,
    pub assurance: Option<Assurance>,
    pub isolation: Isolation,
    pub session: Option<&'a str>,
    pub parent: Option<&'a str>,
    pub credential: Option<&'a str>,
    pub signature: Option<Signature>,
    pub ticket: Option<TicketId>,
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
}

/// Why something was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReasonView<'a> {
    /// The stable name of the condition.
    pub name: &'a str,
    /// The sentence.
    pub message: &'a str,
    /// The command that would meet it.
    pub remedy: Option<&'a str>,
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
    /// Reads canonical bytes, format `qms.entry/1`, and accepts no others.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(bytes);
        if reader.array() != Some(FORMAT) {
            return Err(DecodeError::Format);
        }
        let reader = &mut reader;
        let mut view = Self {
            index: number("index", reader)?,
            at: Timestamp::from_millis(number("time", reader)?.cast_signed()),
            isolation: code("isolation", reader)?,
            result: code("result", reader)?,
            policy_digest: digest("policy digest", reader)?,
            action: text("action", reader)?,
            actor: None,
            claimed: None,
            actor_kind: None,
            group: None,
            assurance: None,
            session: None,
            parent: None,
            credential: None,
            signature: None,
            ticket: None,
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
            tag::ACTOR_KIND => self.actor_kind = Some(code("actor kind", reader)?),
            tag::GROUP => self.group = Some(name("group", reader, GroupName::is_valid)?),
            tag::ASSURANCE => self.assurance = Some(code("assurance", reader)?),
            tag::SESSION => self.session = Some(text("session", reader)?),
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
            tag::INPUTS => self.inputs = check_inputs(reader)?,
            tag::CREDENTIAL => self.credential = Some(name("credential", reader, CredentialId::is_valid)?),
            tag::SIGNATURE => self.signature = Some(read_signature(reader)?),
            tag::TICKET => {
                let id = reader.array().ok_or(DecodeError::Malformed("ticket"))?;
                self.ticket = Some(TicketId::from_bytes(id));
            }
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
        let mut reader = self.inputs;
        std::iter::from_fn(move || read_input(&mut reader).ok())
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

/// Reads what follows a tag that may repeat, and what follows its repetitions. Returns the place
/// of the first; from there on they are known to be sound, each but the first after its tag.
fn several<'a>(
    tag: u8,
    reader: &mut Reader<'a>,
    read: fn(&mut Reader<'a>) -> Result<(), DecodeError>,
) -> Result<Reader<'a>, DecodeError> {
    let start = *reader;
    read(reader)?;
    while reader.peek() == Some(tag) {
        reader.byte();
        read(reader)?;
    }
    Ok(Reader::new(start.until(*reader)))
}

fn read_reason<'a>(reader: &mut Reader<'a>) -> Result<ReasonView<'a>, DecodeError> {
    Ok(ReasonView {
        name: text("name of a reason", reader)?,
        message: text("message of a reason", reader)?,
        remedy: match reader.byte() {
            Some(0) => None,
            Some(1) => Some(text("remedy of a reason", reader)?),
            _ => return Err(DecodeError::Malformed("remedy of a reason")),
        },
    })
}

/// Reads inputs and returns the place of the first, once all are known to be sound.
fn check_inputs<'a>(reader: &mut Reader<'a>) -> Result<Reader<'a>, DecodeError> {
    let inputs = Reader::new(reader.run().ok_or(DecodeError::Malformed("inputs"))?);
    let (mut rest, mut last) = (inputs, None);
    while last.is_none() || !rest.rest().is_empty() {
        let (name, _) = read_input(&mut rest)?;
        if last.is_some_and(|last| last >= name) {
            return Err(DecodeError::InputOrder { name: name.to_owned() });
        }
        last = Some(name);
    }
    Ok(inputs)
}

fn read_signature(reader: &mut Reader<'_>) -> Result<Signature, DecodeError> {
    let meaning = code("meaning of a signature", reader)?;
    let malformed = DecodeError::Malformed("signature");
    match (reader.array(), reader.array()) {
        (Some(nonce), Some(bytes)) => Ok(Signature { meaning, nonce, bytes }),
        _ => Err(malformed),
    }
}

fn read_input<'a>(reader: &mut Reader<'a>) -> Result<(&'a str, &'a str), DecodeError> {
    Ok((text("name of an input", reader)?, text("value of an input", reader)?))
}

#[inline]
fn text<'a>(what: &'static str, reader: &mut Reader<'a>) -> Result<&'a str, DecodeError> {
    let run = reader.run().ok_or(DecodeError::Malformed(what))?;
    str::from_utf8(run).map_err(|_| DecodeError::NotUtf8(what))
}

#[inline]
fn name<'a>(
    what: &'static str,
    reader: &mut Reader<'a>,
    is_valid: fn(&str) -> bool,
) -> Result<&'a str, DecodeError> {
    let text = text(what, reader)?;
    if is_valid(text) { Ok(text) } else { Err(DecodeError::Name(what)) }
}

#[inline]
fn code<T: Coded>(what: &'static str, reader: &mut Reader<'_>) -> Result<T, DecodeError> {
    let code = reader.byte().ok_or(DecodeError::Malformed(what))?;
    T::from_code(code).ok_or(DecodeError::Code { what, code })
}

fn number(what: &'static str, reader: &mut Reader<'_>) -> Result<u64, DecodeError> {
    reader.array().map(u64::from_be_bytes).ok_or(DecodeError::Malformed(what))
}

fn digest(what: &'static str, reader: &mut Reader<'_>) -> Result<Digest, DecodeError> {
    reader.array().map(Digest::from_bytes).ok_or(DecodeError::Malformed(what))
}
