//! Rows as the domain knows them: every column is parsed again on its way in, so that a file that
//! somebody edited cannot bring a name into the program that `parse` would refuse.

mod registry;

use std::collections::BTreeMap;
use std::str::FromStr;

use rusqlite::Row;
use rusqlite::types::ValueRef;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

pub(super) use self::registry::{credential, credential_columns, session, session_columns, ticket};
use super::fault::Answer;
use crate::domain::attestation::{Attestation, AttestationKind};
use crate::domain::audit::{Frontier, Tag};
use crate::domain::clock::{Boot, Course, Moment};
use crate::domain::digest::{Digest, Timestamp, to_hex};
use crate::domain::document::{
    Checkout, Document, InForce, Kind, Round, Seat, Task, TemplateVersion, User, Verdict,
};
use crate::domain::id::{PhaseName, StateName, UserName};
use crate::domain::project::{PolicyRecord, VersionRecord};
use crate::store::{Head, OpenTask, Refusals, StoreError};

/// The columns of a row, taken one after the other; the first one names the row.
pub(super) struct Columns<'a> {
    table: &'static str,
    row: &'a Row<'a>,
    next: usize,
}

impl<'a> Columns<'a> {
    pub(super) fn of(table: &'static str, row: &'a Row<'a>) -> Self {
        Self { table, row, next: 0 }
    }

    #[inline]
    pub(super) fn value(&mut self) -> Answer<ValueRef<'a>> {
        let value = self.row.get_ref(self.next)?;
        self.next += 1;
        Ok(value)
    }

    pub(super) fn unreadable(&self, why: &impl ToString) -> StoreError {
        let key = match self.row.get_ref(0) {
            Ok(ValueRef::Text(text)) => String::from_utf8_lossy(text).into_owned(),
            Ok(ValueRef::Blob(bytes)) => to_hex(bytes),
            Ok(ValueRef::Integer(number)) => number.to_string(),
            _ => "?".to_owned(),
        };
        StoreError::Unreadable { table: self.table, key, message: why.to_string() }
    }

    pub(super) fn text(&mut self) -> Answer<&'a str> {
        let value = self.value()?;
        Ok(value.as_str().map_err(|error| self.unreadable(&error))?)
    }

    pub(super) fn optional_text(&mut self) -> Answer<Option<&'a str>> {
        let value = self.value()?;
        Ok(value.as_str_or_null().map_err(|error| self.unreadable(&error))?)
    }

    pub(super) fn name<T: FromStr<Err: ToString>>(&mut self) -> Answer<T> {
        let text = self.text()?;
        Ok(text.parse().map_err(|error| self.unreadable(&error))?)
    }

    pub(super) fn word<T>(&mut self, from_word: fn(&str) -> Option<T>) -> Answer<T> {
        let word = from_word(self.text()?);
        Ok(word.ok_or_else(|| self.unreadable(&"it has a word that is unknown"))?)
    }

    pub(super) fn optional_word<T>(&mut self, from_word: fn(&str) -> Option<T>) -> Answer<Option<T>> {
        let Some(text) = self.optional_text()? else { return Ok(None) };
        let word = from_word(text);
        Ok(Some(word.ok_or_else(|| self.unreadable(&"it has a word that is unknown"))?))
    }

    pub(super) fn optional_name<T: FromStr<Err: ToString>>(&mut self) -> Answer<Option<T>> {
        let text = self.optional_text()?;
        Ok(text.map(str::parse).transpose().map_err(|error| self.unreadable(&error))?)
    }

    pub(super) fn bytes(&mut self) -> Answer<&'a [u8]> {
        let value = self.value()?;
        Ok(value.as_blob().map_err(|error| self.unreadable(&error))?)
    }

    pub(super) fn optional_hash(&mut self) -> Answer<Option<[u8; 32]>> {
        self.optional_bytes()
    }

    pub(super) fn optional_bytes<const N: usize>(&mut self) -> Answer<Option<[u8; N]>> {
        let value = self.value()?;
        let bytes = value.as_blob_or_null().map_err(|error| self.unreadable(&error))?;
        let wrong = |_| self.unreadable(&format!("it has not {N} bytes"));
        Ok(bytes.map(TryInto::try_into).transpose().map_err(wrong)?)
    }

    pub(super) fn required<T>(&self, value: Option<T>) -> Answer<T> {
        Ok(value.ok_or_else(|| self.unreadable(&"a value is missing"))?)
    }

    pub(super) fn digest(&mut self) -> Answer<Digest> {
        let hash = self.optional_hash()?;
        self.required(hash.map(Digest::from_bytes))
    }

    pub(super) fn optional_number<T: TryFrom<i64, Error: ToString>>(&mut self) -> Answer<Option<T>> {
        let value = self.value()?;
        let number = value.as_i64_or_null().map_err(|error| self.unreadable(&error))?;
        Ok(number.map(T::try_from).transpose().map_err(|error| self.unreadable(&error))?)
    }

    pub(super) fn number<T: TryFrom<i64, Error: ToString>>(&mut self) -> Answer<T> {
        let number = self.optional_number()?;
        self.required(number)
    }

    pub(super) fn time(&mut self) -> Answer<Timestamp> {
        Ok(Timestamp::from_millis(self.number()?))
    }

    pub(super) fn optional_time(&mut self) -> Answer<Option<Timestamp>> {
        Ok(self.optional_number()?.map(Timestamp::from_millis))
    }

    pub(super) fn json<T: DeserializeOwned>(&mut self) -> Answer<T> {
        let text = self.text()?;
        Ok(serde_json::from_str(text).map_err(|error| self.unreadable(&error))?)
    }

    /// Joins two columns that are set together or not at all.
    pub(super) fn both<A, B, T>(
        &self,
        pair: (Option<A>, Option<B>),
        join: impl FnOnce(A, B) -> T,
    ) -> Answer<Option<T>> {
        match pair {
            (Some(a), Some(b)) => Ok(Some(join(a, b))),
            (None, None) => Ok(None),
            _ => Err(self.unreadable(&"one of two values that belong together is missing").into()),
        }
    }
}

/// The columns of a document, in the order in which [`document`] takes them.
macro_rules! document_columns {
    () => {
        "id, type, workflow, title, state, version, last_minor, content, in_force_version, in_force_content, \
         owner, creator, authors, checked_out_by, checkout_base, parent, template, template_version, round, \
         verdicts, rejected, revision, created_at, updated_at, traits, requires"
    };
}
pub(super) use document_columns;

pub(super) fn document(row: &Row<'_>) -> Answer<Document> {
    let mut columns = Columns::of("documents", row);
    Ok(Document {
        id: columns.name()?,
        document_type: columns.name()?,
        workflow: columns.name()?,
        title: columns.text()?.to_owned(),
        state: columns.name()?,
        version: columns.name()?,
        last_minor: columns.number()?,
        content: columns.digest()?,
        in_force: {
            let pair = (columns.optional_name()?, columns.optional_hash()?.map(Digest::from_bytes));
            columns.both(pair, |version, content| InForce { version, content })?
        },
        owner: columns.optional_name()?,
        creator: columns.optional_name()?,
        authors: columns.json()?,
        checkout: {
            let pair = (columns.optional_name()?, columns.optional_hash()?.map(Digest::from_bytes));
            columns.both(pair, |by, base| Checkout { by, base })?
        },
        parent: columns.optional_name()?,
        template: {
            let pair = (columns.optional_name()?, columns.optional_name()?);
            columns.both(pair, |id, version| TemplateVersion { id, version })?
        },
        round: round(&mut columns)?,
        verdicts: columns
            .json::<Vec<(PhaseName, UserName, Verdict)>>()?
            .into_iter()
            .map(|(phase, user, verdict)| ((phase, user), verdict))
            .collect(),
        rejected: columns.optional_number()?,
        revision: columns.number()?,
        created_at: columns.time()?,
        updated_at: columns.time()?,
        traits: columns.json()?,
        requires: columns.json()?,
    })
}

/// [`Round`] as JSON. The compiler keeps the two alike.
#[derive(Serialize, Deserialize)]
#[serde(remote = "Round", deny_unknown_fields)]
struct RoundText {
    task: Task,
    phase: PhaseName,
    origin: StateName,
    asked_by: UserName,
    opened_at: Timestamp,
    content: Digest,
    policy: Digest,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    dossier: Option<Digest>,
    seats: BTreeMap<UserName, Seat>,
}

fn round(columns: &mut Columns<'_>) -> Answer<Option<Round>> {
    let Some(text) = columns.optional_text()? else { return Ok(None) };
    Ok(Some(parse_round(text).map_err(|error| columns.unreadable(&error))?))
}

pub(super) fn parse_round(text: &str) -> serde_json::Result<Round> {
    let mut reader = serde_json::Deserializer::from_str(text);
    let round = RoundText::deserialize(&mut reader)?;
    reader.end()?;
    Ok(round)
}

/// Writes a round as its column has it.
pub(super) fn round_text(round: &Round) -> serde_json::Result<String> {
    let mut text = Vec::new();
    RoundText::serialize(round, &mut serde_json::Serializer::new(&mut text))?;
    Ok(String::from_utf8_lossy(&text).into_owned())
}

/// Writes the verdicts as their column has them.
pub(super) fn verdicts_text(document: &Document) -> serde_json::Result<String> {
    let verdicts: Vec<_> =
        document.verdicts.iter().map(|((phase, user), verdict)| (phase, user, verdict)).collect();
    serde_json::to_string(&verdicts)
}

/// Takes `size, edge, tag, at`.
pub(super) fn head(row: &Row<'_>) -> Answer<Head> {
    let mut columns = Columns::of("head", row);
    let size = columns.number()?;
    let (hashes, rest) = columns.bytes()?.as_chunks::<32>();
    let edge = hashes.iter().copied().map(Digest::from_bytes).collect();
    let frontier = Frontier::from_parts(size, edge).filter(|_| rest.is_empty());
    let frontier = frontier.ok_or_else(|| columns.unreadable(&"the edge does not fit the size"))?;
    let tag = columns.optional_hash()?.map(Tag::from_bytes);
    let at = columns.optional_time()?;
    let span = columns.optional_number()?;
    let clock = columns.optional_time()?;
    let boot = (columns.optional_bytes()?, columns.optional_number()?);
    let boot = columns.both(boot, |id, since| Boot { id, since })?;
    let boot_index = columns.optional_number()?;
    let boot_before = columns.optional_time()?;
    let course = match (at, span, clock, boot_index) {
        (Some(at), Some(span), Some(clock), Some(boot_index)) => {
            Some(Course { span, at, last: Moment { clock, boot }, boot_index, boot_before })
        }
        (None, None, None, None) => None,
        _ => return Err(columns.unreadable(&"a part of the time is missing").into()),
    };
    Ok(Head { frontier, tag, course })
}

/// Takes `document, version, content, author, at`.
pub(super) fn version(row: &Row<'_>) -> Answer<VersionRecord> {
    let mut columns = Columns::of("versions", row);
    Ok(VersionRecord {
        document: columns.name()?,
        version: columns.name()?,
        content: columns.digest()?,
        author: columns.optional_name()?,
        at: columns.time()?,
    })
}

/// Takes `document, kind, name, count, author, author_group, phase, subject, body, status, at, file_name,
/// media_type`.
pub(super) fn attestation(row: &Row<'_>) -> Answer<Attestation> {
    let mut columns = Columns::of("attestations", row);
    Ok(Attestation {
        document: columns.name()?,
        kind: columns.word(AttestationKind::from_word)?,
        name: columns.name()?,
        number: columns.number()?,
        author: columns.name()?,
        group: columns.name()?,
        phase: columns.name()?,
        subject: columns.digest()?,
        body: columns.digest()?,
        status: columns.optional_number()?,
        at: columns.time()?,
        file_name: columns.optional_text()?.map(str::to_owned),
        media_type: columns.optional_text()?.map(str::to_owned),
    })
}

/// Takes `digest, size, encoding, body`.
pub(super) fn content(row: &Row<'_>) -> Answer<Vec<u8>> {
    let mut columns = Columns::of("contents", row);
    let digest = columns.digest()?;
    let size: usize = columns.number()?;
    if columns.text()? != "plain" {
        return Err(columns.unreadable(&"its encoding is unknown").into());
    }
    let body = columns.bytes()?;
    if body.len() != size {
        return Err(columns.unreadable(&"its size is not the recorded one").into());
    }
    if Digest::of(body) != digest {
        return Err(StoreError::Altered(digest).into());
    }
    Ok(body.to_vec())
}

/// Takes `name, printed_name, user_group, kind, removed_at`.
pub(super) fn user(row: &Row<'_>) -> Answer<User> {
    let mut columns = Columns::of("users", row);
    Ok(User {
        name: columns.name()?,
        printed_name: columns.text()?.to_owned(),
        group: columns.name()?,
        kind: columns.word(Kind::from_word)?,
        is_bound: columns.number::<i64>()? != 0,
        removed_at: columns.optional_time()?,
    })
}

/// Takes `document, assigned_by, assigned_at`.
pub(super) fn task(row: &Row<'_>) -> Answer<OpenTask> {
    let mut columns = Columns::of("tasks", row);
    Ok(OpenTask { document: columns.name()?, assigned_by: columns.name()?, assigned_at: columns.time()? })
}

/// Takes `digest, sources, compiled, adopted_at`.
pub(super) fn policy(row: &Row<'_>) -> Answer<PolicyRecord> {
    let mut columns = Columns::of("policies", row);
    Ok(PolicyRecord {
        digest: columns.digest()?,
        sources: columns.text()?.to_owned(),
        compiled: columns.text()?.to_owned(),
        adopted_at: columns.time()?,
    })
}

/// Takes `claimed, since, count, tag`.
pub(super) fn refusals(row: &Row<'_>) -> Answer<Refusals> {
    let mut columns = Columns::of("refusals", row);
    Ok(Refusals {
        claimed: columns.text()?.to_owned(),
        since: columns.time()?,
        count: columns.number()?,
        tag: columns.optional_hash()?.map(Tag::from_bytes),
    })
}
