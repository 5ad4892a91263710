//! Rows of the registry: credentials, and the sessions of agents.

use rusqlite::Row;

use super::super::fault::Answer;
use super::Columns;
use crate::domain::audit::Tag;
use crate::domain::digest::Digest;
use crate::domain::identity::{
    Acknowledgement, AgentSession, Credential, CredentialKind, Fate, Grounds, KeyOrigin, Scope, SessionKind,
    TicketId,
};
use crate::domain::process::{Placement, Process};
use crate::store::TicketMark;

/// The columns of a credential, in the order in which [`credential`] takes them.
macro_rules! credential_columns {
    () => {
        "id, user, kind, session, runtime, parent, actions, documents, issued_by, issued_at, not_before, \
         not_after, uses, used, revoked_at, origin, acknowledged_by, grounds, verifier, tag"
    };
}
pub(in crate::store::sqlite) use credential_columns;

pub(in crate::store::sqlite) fn credential(row: &Row<'_>) -> Answer<Credential> {
    let mut columns = Columns::of("credentials", row);
    Ok(Credential {
        id: columns.name()?,
        user: columns.name()?,
        kind: columns.word(CredentialKind::from_word)?,
        session: columns.optional_text()?.map(str::to_owned),
        runtime: columns.optional_text()?.map(str::to_owned),
        parent: columns.optional_name()?,
        scope: Scope { actions: columns.json()?, documents: columns.json()? },
        issued_by: columns.optional_name()?,
        issued_at: columns.time()?,
        not_before: columns.optional_time()?,
        not_after: columns.optional_time()?,
        uses: columns.optional_number()?,
        used: columns.number()?,
        revoked_at: columns.optional_time()?,
        origin: columns.optional_word(KeyOrigin::from_word)?,
        acknowledged: {
            let pair = (columns.optional_name()?, columns.optional_word(Grounds::from_word)?);
            columns.both(pair, |by, grounds| Acknowledgement { by, grounds })?
        },
        verifier: columns.digest()?,
        tag: columns.optional_hash()?.map(Tag::from_bytes),
    })
}

/// The columns of the session of an agent, in the order in which [`session`] takes them.
macro_rules! session_columns {
    () => {
        "id, kind, session, user, parent, origins, runtime, agent, definition, document, task, brief, process, \
         started, launcher, launched, namespaces, opened_at, closed_at, status, tag"
    };
}
pub(in crate::store::sqlite) use session_columns;

/// Takes `id, at, fate, bearer, tag`.
pub(in crate::store::sqlite) fn ticket(row: &Row<'_>) -> Answer<TicketMark> {
    let mut columns = Columns::of("tickets", row);
    let bytes = columns.value()?.as_blob().ok().and_then(|bytes| bytes.try_into().ok());
    let bytes = bytes.ok_or_else(|| columns.unreadable(&"its id is not of 16 bytes"))?;
    Ok(TicketMark {
        id: TicketId::from_bytes(bytes),
        at: columns.time()?,
        fate: columns.word(Fate::from_word)?,
        bearer: columns.optional_text()?.map(str::to_owned),
        tag: columns.optional_hash()?.map(Tag::from_bytes),
    })
}

pub(in crate::store::sqlite) fn session(row: &Row<'_>) -> Answer<AgentSession> {
    let mut columns = Columns::of("sessions", row);
    Ok(AgentSession {
        id: columns.text()?.to_owned(),
        kind: columns.word(SessionKind::from_word)?,
        session: columns.text()?.to_owned(),
        user: columns.name()?,
        parent: columns.optional_name()?,
        origins: columns.json()?,
        runtime: columns.text()?.to_owned(),
        agent: columns.text()?.to_owned(),
        definition: columns.optional_hash()?.map(Digest::from_bytes),
        document: columns.optional_name()?,
        task: columns.optional_text()?.map(str::to_owned),
        brief: columns.optional_hash()?.map(Digest::from_bytes),
        placement: {
            let mut process = || {
                let pair = (columns.optional_number()?, columns.optional_number()?);
                columns.both(pair, |id, started| Process { id, started })
            };
            let both = (process()?, process()?);
            let both = columns.both(both, |process, launcher| (process, launcher))?;
            let namespaces = columns.optional_text()?.map(str::to_owned);
            columns.both((both, namespaces), |(process, launcher), namespaces| Placement {
                process,
                launcher,
                namespaces,
            })?
        },
        opened_at: columns.time()?,
        closed_at: columns.optional_time()?,
        status: columns.optional_number()?,
        tag: columns.optional_hash()?.map(Tag::from_bytes),
    })
}
