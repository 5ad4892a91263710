//! The one write. It runs inside a transaction that [`super::Sqlite`] opens and closes.

use rusqlite::blob::ZeroBlob;
use rusqlite::{Connection, MAIN_DB, OptionalExtension as _, params};

use super::fault::Answer;
use super::rows::{credential_columns, document_columns, round_text, session_columns, verdicts_text};
use super::{project, read};
use crate::domain::digest::{Digest, Timestamp};
use crate::domain::document::{Checkout, Document, InForce, TemplateVersion};
use crate::domain::id::{DocumentId, UserName};
use crate::domain::identity::KeyOrigin;
use crate::store::change::unfit;
use crate::store::{Change, StoreError};

/// Writes all of a change, or finds that it was decided on another state.
pub(super) fn write(connection: &Connection, change: &Change) -> Answer<()> {
    write_head(connection, change)?;
    expect_revisions(connection, change)?;
    // What others refer to comes first.
    write_contents(connection, change)?;
    write_policies(connection, change)?;
    for document in &change.documents {
        write_document(connection, document)?;
        write_tasks(connection, document)?;
    }
    write_versions(connection, change)?;
    write_attestations(connection, change)?;
    write_users(connection, change)?;
    write_credentials(connection, change)?;
    write_sessions(connection, change)?;
    write_tickets(connection, change)?;
    project::write_spans(connection, change)?;
    project::write_proposals(connection, change)?;
    project::write_namespaces(connection, change)?;
    project::write_project(connection, change)?;
    write_refusals(connection, change)?;
    write_entries(connection, change)
}

/// SQLite counts with a sign.
pub(super) fn integer(number: u64) -> Answer<i64> {
    Ok(i64::try_from(number).map_err(unfit)?)
}

pub(super) fn millis(time: Option<Timestamp>) -> Option<i64> {
    time.map(Timestamp::millis)
}

pub(super) fn bytes(digest: &Digest) -> &[u8] {
    digest.as_bytes()
}

fn write_head(connection: &Connection, change: &Change) -> Answer<()> {
    let expected = integer(change.expected_size)?;
    if change.entries.is_empty() {
        let size: i64 =
            connection.prepare_cached("SELECT size FROM head")?.query_row((), |row| row.get(0))?;
        return if size == expected { Ok(()) } else { Err(StoreError::Conflict.into()) };
    }
    let frontier = &change.head.frontier;
    let course = change.head.course;
    let boot = course.and_then(|it| it.last.boot);
    let edge: Vec<u8> = frontier.edge().iter().flat_map(Digest::as_bytes).copied().collect();
    let moved = connection
        .prepare_cached(
            "UPDATE head SET size = ?, edge = ?, tag = ?, at = ?, span = ?, clock = ?, boot = ?, uptime = ?, \
             boot_index = ?, boot_before = ? WHERE size = ?",
        )?
        .execute(params![
            integer(frontier.size())?,
            edge,
            change.head.tag.as_ref().map(|tag| tag.as_bytes().as_slice()),
            course.map(|it| it.at.millis()),
            course.map(|it| it.span),
            course.map(|it| it.last.clock.millis()),
            boot.map(|it| it.id),
            boot.map(|it| integer(it.since)).transpose()?,
            course.map(|it| integer(it.boot_index)).transpose()?,
            course.and_then(|it| millis(it.boot_before)),
            expected,
        ])?;
    if moved == 1 { Ok(()) } else { Err(StoreError::Conflict.into()) }
}

fn expect_revisions(connection: &Connection, change: &Change) -> Answer<()> {
    for (id, expected) in &change.expected_revisions {
        let found: Option<i64> = connection
            .prepare_cached("SELECT revision FROM documents WHERE id = ?")?
            .query_row([id.as_str()], |row| row.get(0))
            .optional()?;
        if found.unwrap_or(0) != integer(*expected)? {
            return Err(StoreError::Conflict.into());
        }
    }
    Ok(())
}

/// The number of the next row of a table whose rows are only added: what is added later comes later in every list by
/// age. Left to itself, SQLite picks numbers at random once the highest one is taken; here there is none left then.
macro_rules! next {
    ($table:literal) => {
        concat!("(SELECT coalesce(max(number), 0) + 1 FROM ", $table, ")")
    };
}

/// From this size on a content is written where it lies, in bytes: handed over as a value, it would be held twice
/// more.
const LARGE: usize = 1024 * 1024;

fn write_contents(connection: &Connection, change: &Change) -> Answer<()> {
    let sql = concat!(
        "INSERT INTO contents (number, digest, size, encoding, body) VALUES (",
        next!("contents"),
        ", ?, ?, 'plain', ?) ON CONFLICT (digest) DO NOTHING",
    );
    for (digest, body) in &change.contents {
        let size = integer(body.len() as u64)?;
        let is_small = body.len() < LARGE;
        let added = if is_small {
            connection.prepare_cached(sql)?.execute(params![bytes(digest), size, body.as_slice()])?
        } else {
            let room = ZeroBlob(body.len() as u64);
            connection.prepare_cached(sql)?.execute(params![bytes(digest), size, room])?
        };
        if added == 0 {
            // The caller may throw its own away: that a row has this digest does not say that it has this body.
            read::content(connection, digest)?.ok_or(StoreError::Altered(*digest))?;
        } else if !is_small {
            let row = connection.last_insert_rowid();
            let mut blob = connection.blob_open(MAIN_DB, "contents", "body", row, false)?;
            blob.write_at(body, 0)?;
            blob.close()?;
        }
    }
    Ok(())
}

fn write_policies(connection: &Connection, change: &Change) -> Answer<()> {
    let sql = concat!(
        "INSERT INTO policies (number, digest, sources, compiled, adopted_at) VALUES (",
        next!("policies"),
        ", ?, ?, ?, ?) ON CONFLICT (digest) DO NOTHING",
    );
    for policy in &change.policies {
        connection.prepare_cached(sql)?.execute(params![
            bytes(&policy.digest),
            policy.sources,
            policy.compiled,
            policy.adopted_at.millis(),
        ])?;
    }
    Ok(())
}

fn write_document(connection: &Connection, document: &Document) -> Answer<()> {
    let sql = concat!(
        "INSERT INTO documents (",
        document_columns!(),
        ", sort_key) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) \
         ON CONFLICT (id) DO UPDATE SET type = excluded.type, workflow = excluded.workflow, \
         title = excluded.title, state = excluded.state, version = excluded.version, \
         last_minor = excluded.last_minor, content = excluded.content, \
         in_force_version = excluded.in_force_version, in_force_content = excluded.in_force_content, \
         owner = excluded.owner, creator = excluded.creator, authors = excluded.authors, \
         checked_out_by = excluded.checked_out_by, checkout_base = excluded.checkout_base, \
         parent = excluded.parent, template = excluded.template, \
         template_version = excluded.template_version, round = excluded.round, \
         verdicts = excluded.verdicts, rejected = excluded.rejected, revision = excluded.revision, \
         created_at = excluded.created_at, updated_at = excluded.updated_at, \
         traits = excluded.traits, \
         requires = excluded.requires",
    );
    let Document { in_force, checkout, template, .. } = document;
    connection.prepare_cached(sql)?.execute(params![
        document.id.as_str(),
        document.document_type.as_str(),
        document.workflow.as_str(),
        document.title,
        document.state.as_str(),
        document.version.to_string(),
        document.last_minor,
        bytes(&document.content),
        in_force.as_ref().map(|InForce { version, .. }| version.to_string()),
        in_force.as_ref().map(|InForce { content, .. }| bytes(content)),
        document.owner.as_ref().map(UserName::as_str),
        document.creator.as_ref().map(UserName::as_str),
        serde_json::to_string(&document.authors).map_err(unfit)?,
        checkout.as_ref().map(|Checkout { by, .. }| by.as_str()),
        checkout.as_ref().map(|Checkout { base, .. }| bytes(base)),
        document.parent.as_ref().map(DocumentId::as_str),
        template.as_ref().map(|TemplateVersion { id, .. }| id.as_str()),
        template.as_ref().map(|TemplateVersion { version, .. }| version.to_string()),
        document.round.as_ref().map(round_text).transpose().map_err(unfit)?,
        verdicts_text(document).map_err(unfit)?,
        document.rejected.map(integer).transpose()?,
        integer(document.revision)?,
        document.created_at.millis(),
        document.updated_at.millis(),
        serde_json::to_string(&document.traits).map_err(unfit)?,
        serde_json::to_string(&document.requires).map_err(unfit)?,
        document.id.sort_key(),
    ])?;
    Ok(())
}

/// Brings the open tasks of a document in line with its round.
fn write_tasks(connection: &Connection, document: &Document) -> Answer<()> {
    connection.prepare_cached("DELETE FROM tasks WHERE document = ?")?.execute([document.id.as_str()])?;
    let seats = document.round.iter().flat_map(|round| &round.seats);
    for (user, seat) in seats.filter(|(_, seat)| seat.answer.is_none()) {
        let sql = "INSERT INTO tasks (document, user, assigned_by, assigned_at) VALUES (?, ?, ?, ?)";
        connection.prepare_cached(sql)?.execute(params![
            document.id.as_str(),
            user.as_str(),
            seat.assigned_by.as_str(),
            seat.assigned_at.millis(),
        ])?;
    }
    Ok(())
}

fn write_versions(connection: &Connection, change: &Change) -> Answer<()> {
    let sql = concat!(
        "INSERT INTO versions (number, document, version, content, author, at) VALUES (",
        next!("versions"),
        ", ?, ?, ?, ?, ?)",
    );
    for version in &change.versions {
        connection.prepare_cached(sql)?.execute(params![
            version.document.as_str(),
            version.version.to_string(),
            bytes(&version.content),
            version.author.as_ref().map(UserName::as_str),
            version.at.millis(),
        ])?;
    }
    Ok(())
}

fn write_attestations(connection: &Connection, change: &Change) -> Answer<()> {
    let sql = concat!(
        "INSERT INTO attestations (number, document, kind, name, count, author, author_group, phase, subject, \
         body, status, at, file_name, media_type) VALUES (",
        next!("attestations"),
        ", ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    );
    for one in &change.attestations {
        connection.prepare_cached(sql)?.execute(params![
            one.document.as_str(),
            one.kind.as_str(),
            one.name.as_str(),
            one.number,
            one.author.as_str(),
            one.group.as_str(),
            one.phase.as_str(),
            bytes(&one.subject),
            bytes(&one.body),
            one.status,
            one.at.millis(),
            one.file_name,
            one.media_type,
        ])?;
    }
    Ok(())
}

fn write_users(connection: &Connection, change: &Change) -> Answer<()> {
    let sql = "INSERT OR REPLACE INTO users (name, printed_name, user_group, kind, bound, removed_at) \
               VALUES (?, ?, ?, ?, ?, ?)";
    for user in &change.users {
        connection.prepare_cached(sql)?.execute(params![
            user.name.as_str(),
            user.printed_name,
            user.group.as_str(),
            user.kind.as_str(),
            user.is_bound,
            millis(user.removed_at),
        ])?;
    }
    Ok(())
}

fn write_credentials(connection: &Connection, change: &Change) -> Answer<()> {
    let sql = concat!(
        "INSERT OR REPLACE INTO credentials (",
        credential_columns!(),
        ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    );
    for credential in &change.credentials {
        connection.prepare_cached(sql)?.execute(params![
            credential.id.as_str(),
            credential.user.as_str(),
            credential.kind.as_str(),
            credential.session,
            credential.runtime,
            credential.parent.as_ref().map(UserName::as_str),
            serde_json::to_string(&credential.scope.actions).map_err(unfit)?,
            serde_json::to_string(&credential.scope.documents).map_err(unfit)?,
            credential.issued_by.as_ref().map(UserName::as_str),
            credential.issued_at.millis(),
            millis(credential.not_before),
            millis(credential.not_after),
            credential.uses,
            credential.used,
            millis(credential.revoked_at),
            credential.origin.map(KeyOrigin::as_str),
            credential.acknowledged.as_ref().map(|it| it.by.as_str()),
            credential.acknowledged.as_ref().map(|it| it.grounds.as_str()),
            bytes(&credential.verifier),
            credential.tag.as_ref().map(|tag| tag.as_bytes().as_slice()),
        ])?;
    }
    Ok(())
}

fn write_sessions(connection: &Connection, change: &Change) -> Answer<()> {
    let sql = concat!(
        "INSERT OR REPLACE INTO sessions (",
        session_columns!(),
        ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    );
    for session in &change.sessions {
        let placement = session.placement.as_ref();
        let (process, launcher) = (placement.map(|it| it.process), placement.map(|it| it.launcher));
        connection.prepare_cached(sql)?.execute(params![
            session.id,
            session.kind.as_str(),
            session.session,
            session.user.as_str(),
            session.parent.as_ref().map(UserName::as_str),
            serde_json::to_string(&session.origins).map_err(unfit)?,
            session.runtime,
            session.agent,
            session.definition.as_ref().map(bytes),
            session.document.as_ref().map(DocumentId::as_str),
            session.task,
            session.brief.as_ref().map(bytes),
            process.map(|it| it.id),
            process.map(|it| integer(it.started)).transpose()?,
            launcher.map(|it| it.id),
            launcher.map(|it| integer(it.started)).transpose()?,
            placement.map(|it| it.namespaces.as_str()),
            session.opened_at.millis(),
            millis(session.closed_at),
            session.status,
            session.tag.as_ref().map(|tag| tag.as_bytes().as_slice()),
        ])?;
    }
    Ok(())
}

/// Tickets are good for a minute; what is older than this many milliseconds is of no more use.
const TICKETS_KEPT: i64 = 24 * 60 * 60 * 1000;

fn write_tickets(connection: &Connection, change: &Change) -> Answer<()> {
    for mark in &change.tickets {
        connection
            .prepare_cached("DELETE FROM tickets WHERE at < ?")?
            .execute([mark.at.millis().saturating_sub(TICKETS_KEPT)])?;
        if !mark.fits(read::ticket(connection, &mark.id)?.map(|kept| kept.fate)) {
            // Of two that use one ticket, one is too late: it will find that out when it looks again.
            return Err(StoreError::Conflict.into());
        }
        connection
            .prepare_cached(
                "INSERT OR REPLACE INTO tickets (id, at, fate, bearer, tag) VALUES (?, ?, ?, ?, ?)",
            )?
            .execute(params![
                mark.id.as_bytes().as_slice(),
                mark.at.millis(),
                mark.fate.as_str(),
                mark.bearer,
                mark.tag.as_ref().map(|tag| tag.as_bytes().as_slice()),
            ])?;
    }
    Ok(())
}

fn write_refusals(connection: &Connection, change: &Change) -> Answer<()> {
    let sql = "INSERT OR REPLACE INTO refusals (claimed, since, count, tag) VALUES (?, ?, ?, ?)";
    for refusals in &change.refusals {
        connection.prepare_cached(sql)?.execute(params![
            refusals.claimed,
            refusals.since.millis(),
            integer(refusals.count)?,
            refusals.tag.as_ref().map(|tag| tag.as_bytes().as_slice()),
        ])?;
    }
    Ok(())
}

fn write_entries(connection: &Connection, change: &Change) -> Answer<()> {
    let sql = "INSERT INTO entries (idx, document, bytes, leaf, tag) VALUES (?, ?, ?, ?, ?)";
    for sealed in &change.entries {
        let entry = &sealed.entry;
        connection.prepare_cached(sql)?.execute(params![
            integer(entry.index)?,
            entry.document.as_ref().map(DocumentId::as_str),
            sealed.bytes,
            bytes(&sealed.leaf),
            sealed.tag.as_bytes().as_slice(),
        ])?;
    }
    Ok(())
}
