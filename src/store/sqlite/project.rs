//! The project's own rows: the project itself, its namespaces, its spans of time, and what waits for a second
//! person.

use rusqlite::{Connection, Row, params};

use super::fault::Answer;
use super::read::{all, one};
use super::rows::Columns;
use super::write::{bytes, integer, millis};
use crate::domain::clock::{Jump, Span};
use crate::domain::id::UserName;
use crate::domain::project::{Namespace, Project, Proposal, ProposalKind};
use crate::store::Change;

pub(super) fn project(connection: &Connection) -> Answer<Option<Project>> {
    let sql = "SELECT id, policy, key_fingerprint, checkpoint_key, origin, created_at FROM project";
    one(connection, sql, (), row_of_project)
}

pub(super) fn spans(connection: &Connection) -> Answer<Vec<Span>> {
    let sql = "SELECT number, began_at, jump_since, jump_before, jump_clock FROM spans ORDER BY number";
    all(connection, sql, (), span)
}

pub(super) fn proposals(connection: &Connection) -> Answer<Vec<Proposal>> {
    let sql = "SELECT kind, digest, replaces, proposed_by, at, reason, confirmed_by FROM proposals \
               ORDER BY kind, digest";
    all(connection, sql, (), proposal)
}

pub(super) fn namespaces(connection: &Connection) -> Answer<Vec<Namespace>> {
    all(connection, "SELECT name, added_by, added_at FROM namespaces ORDER BY name", (), namespace)
}

/// Takes `id, policy, key_fingerprint, checkpoint_key, origin, created_at`.
fn row_of_project(row: &Row<'_>) -> Answer<Project> {
    let mut columns = Columns::of("project", row);
    Ok(Project {
        id: columns.text()?.to_owned(),
        policy: columns.digest()?,
        key_fingerprint: columns.text()?.to_owned(),
        checkpoint_key: columns.digest()?,
        origin: columns.digest()?,
        created_at: columns.time()?,
    })
}

/// Takes `name, added_by, added_at`.
fn namespace(row: &Row<'_>) -> Answer<Namespace> {
    let mut columns = Columns::of("namespaces", row);
    Ok(Namespace { name: columns.name()?, added_by: columns.name()?, added_at: columns.time()? })
}

fn span(row: &Row<'_>) -> Answer<Span> {
    let mut columns = Columns::of("spans", row);
    let (number, began_at) = (columns.number()?, columns.time()?);
    let (since, before, clock) =
        (columns.optional_number()?, columns.optional_time()?, columns.optional_time()?);
    let jump = columns.both((since, clock), |since, clock| Jump { since, before, clock })?;
    if jump.is_none() && before.is_some() {
        return Err(columns.unreadable(&"a part of the jump is missing").into());
    }
    Ok(Span { number, began_at, jump })
}

fn proposal(row: &Row<'_>) -> Answer<Proposal> {
    let mut columns = Columns::of("proposals", row);
    Ok(Proposal {
        kind: columns.word(ProposalKind::from_word)?,
        digest: columns.digest()?,
        replaces: columns.digest()?,
        by: columns.name()?,
        at: columns.time()?,
        reason: columns.text()?.to_owned(),
        confirmed_by: columns.optional_name()?,
    })
}

pub(super) fn write_spans(connection: &Connection, change: &Change) -> Answer<()> {
    let sql = "INSERT OR REPLACE INTO spans (number, began_at, jump_since, jump_before, jump_clock) \
               VALUES (?, ?, ?, ?, ?)";
    for span in &change.spans {
        connection.prepare_cached(sql)?.execute(params![
            span.number,
            span.began_at.millis(),
            span.jump.map(|jump| integer(jump.since)).transpose()?,
            span.jump.and_then(|jump| millis(jump.before)),
            span.jump.map(|jump| jump.clock.millis()),
        ])?;
    }
    Ok(())
}

pub(super) fn write_proposals(connection: &Connection, change: &Change) -> Answer<()> {
    let sql = "INSERT OR REPLACE INTO proposals \
               (kind, digest, replaces, proposed_by, at, reason, confirmed_by) VALUES (?, ?, ?, ?, ?, ?, ?)";
    for proposal in &change.proposals {
        connection.prepare_cached(sql)?.execute(params![
            proposal.kind.as_str(),
            bytes(&proposal.digest),
            bytes(&proposal.replaces),
            proposal.by.as_str(),
            proposal.at.millis(),
            proposal.reason,
            proposal.confirmed_by.as_ref().map(UserName::as_str),
        ])?;
    }
    Ok(())
}

pub(super) fn write_namespaces(connection: &Connection, change: &Change) -> Answer<()> {
    let sql = "INSERT INTO namespaces (name, added_by, added_at) VALUES (?, ?, ?)";
    for namespace in &change.namespaces {
        connection.prepare_cached(sql)?.execute(params![
            namespace.name.as_str(),
            namespace.added_by.as_str(),
            namespace.added_at.millis(),
        ])?;
    }
    Ok(())
}

pub(super) fn write_project(connection: &Connection, change: &Change) -> Answer<()> {
    let sql = "INSERT INTO project (one, id, policy, key_fingerprint, checkpoint_key, origin, created_at) \
               VALUES (1, ?, ?, ?, ?, ?, ?) ON CONFLICT (one) DO UPDATE SET id = excluded.id, \
               policy = excluded.policy, key_fingerprint = excluded.key_fingerprint, \
               checkpoint_key = excluded.checkpoint_key, origin = excluded.origin, \
               created_at = excluded.created_at";
    if let Some(project) = &change.project {
        connection.prepare_cached(sql)?.execute(params![
            project.id,
            bytes(&project.policy),
            project.key_fingerprint,
            bytes(&project.checkpoint_key),
            bytes(&project.origin),
            project.created_at.millis(),
        ])?;
    }
    Ok(())
}
