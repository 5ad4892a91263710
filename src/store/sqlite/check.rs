//! Looks for damage that no single read would meet.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use rusqlite::Connection;
use rusqlite::types::ValueRef;

use super::fault::{Answer, Fault};
use super::rows::{self, document_columns};
use super::{project, read, schema};
use crate::domain::document::Document;
use crate::store::{Credentials, Sessions, StoreError};

/// Returns a sentence for each finding. All reads see the same state.
pub(super) fn check(connection: &Connection, path: &Path) -> Answer<Vec<String>> {
    let in_turn = !connection.is_autocommit();
    if !in_turn {
        connection.execute_batch("BEGIN")?;
    }
    let findings = look(connection, path);
    if !in_turn {
        // Nothing was written. In a damaged file even this may fail, and that is found already.
        let _found = connection.execute_batch("ROLLBACK");
    }
    findings
}

/// Looks at one part, adds what it finds, and fails where it cannot look further.
type Part = fn(&Connection, &mut Vec<String>) -> Answer<()>;

fn look(connection: &Connection, path: &Path) -> Answer<Vec<String>> {
    let mut findings = Vec::new();
    let parts: [Part; 19] = [
        file,
        tables,
        references,
        migrations,
        log,
        numbers,
        |connection, _| project::project(connection).map(drop),
        |connection, _| read::policies(connection).map(drop),
        |connection, _| read::users(connection).map(drop),
        |connection, _| read::credentials(connection, Credentials::All).map(drop),
        |connection, _| read::sessions(connection, Sessions::All).map(drop),
        |connection, _| project::namespaces(connection).map(drop),
        |connection, _| project::spans(connection).map(drop),
        |connection, _| project::proposals(connection).map(drop),
        |connection, _| read::all_attestations(connection, &mut |_| Ok(())).map(drop),
        |connection, _| read::all_refusals(connection).map(drop),
        |connection, _| read::tickets(connection).map(drop),
        |connection, _| read::all_versions(connection, &mut |_| Ok(())).map(drop),
        documents,
    ];
    for part in parts {
        // One damage must not hide another; a store that is locked is no finding.
        if let Err(fault) = part(connection, &mut findings) {
            match fault.at(path) {
                obstacle @ (StoreError::Locked(_)
                | StoreError::Full(_)
                | StoreError::Disk { .. }
                | StoreError::Unopened { .. }) => {
                    return Err(obstacle.into());
                }
                StoreError::Damaged { source, .. } | StoreError::Failed(source) => {
                    findings.push(format!("the store cannot be read: {source}"));
                }
                other => findings.push(other.to_string()),
            }
        }
    }
    // What cannot be read may be met more than once.
    let mut met = BTreeSet::new();
    findings.retain(|finding| met.insert(finding.clone()));
    Ok(findings)
}

fn file(connection: &Connection, findings: &mut Vec<String>) -> Answer<()> {
    let mut statement = connection.prepare("PRAGMA integrity_check")?;
    let mut rows = statement.query(())?;
    while let Some(row) = rows.next()? {
        let text: String = row.get(0)?;
        if text != "ok" {
            findings.push(format!("the file is damaged: {text}"));
        }
    }
    Ok(())
}

fn references(connection: &Connection, findings: &mut Vec<String>) -> Answer<()> {
    let mut statement = connection.prepare("PRAGMA foreign_key_check")?;
    let mut rows = statement.query(())?;
    while let Some(row) = rows.next()? {
        let (table, parent): (String, String) = (row.get(0)?, row.get(2)?);
        let key = match row.get_ref(1)? {
            ValueRef::Integer(number) => format!("the row number {number} of `{table}`"),
            _ => format!("a row of `{table}`"),
        };
        findings.push(format!("{key} refers to a row of `{parent}` that does not exist"));
    }
    Ok(())
}

fn migrations(connection: &Connection, findings: &mut Vec<String>) -> Answer<()> {
    findings.extend(schema::altered(connection, schema::MIGRATIONS)?);
    let sql = "SELECT count(*) FROM migrations WHERE version = ?";
    for step in schema::MIGRATIONS {
        if connection.query_row(sql, [step.version], |row| row.get::<_, i64>(0))? == 0 {
            findings.push(format!("the migration {} `{}` is not remembered", step.version, step.name));
        }
    }
    Ok(())
}

/// Compares everything that the database is made of with what the migrations make. Indexes are compared with their
/// tables by their definitions: one that is not ours would be compared with something else.
fn tables(connection: &Connection, findings: &mut Vec<String>) -> Answer<()> {
    let made = Connection::open_in_memory()?;
    schema::migrate(&made, Path::new(":memory:"), schema::MIGRATIONS)?;
    let (made, mut found) = (schema::parts(&made)?, schema::parts(connection)?);
    for part in made {
        let same = found.iter().position(|it| *it == part);
        match same.or_else(|| found.iter().position(|it| it.is_of_the_name_of(&part))) {
            Some(place) if found.swap_remove(place) == part => {}
            Some(_) => findings.push(format!("{part} is not as it was made")),
            None => findings.push(format!("{part} is missing")),
        }
    }
    findings.extend(found.into_iter().map(|part| format!("{part} was added")));
    Ok(())
}

/// Compares the head with the entries.
fn log(connection: &Connection, findings: &mut Vec<String>) -> Answer<()> {
    let size = read::head(connection)?.frontier.size();
    // Asked for apart, neither looks at a row.
    let sql = "SELECT (SELECT count(*) FROM entries), (SELECT coalesce(max(idx) + 1, 0) FROM entries)";
    let (count, next): (i64, i64) = connection.query_row(sql, (), |row| Ok((row.get(0)?, row.get(1)?)))?;
    if u64::try_from(count) != Ok(size) || u64::try_from(next) != Ok(size) {
        findings.push(format!("the head counts {size} entries, the log has {count} and continues at {next}"));
    }
    Ok(())
}

/// Compares the numbers of rows that are only added with those that they must have: no entry speaks of them, and the
/// number of the last row decides about that of the next.
fn numbers(connection: &Connection, findings: &mut Vec<String>) -> Answer<()> {
    for table in ["policies", "contents", "versions", "attestations"] {
        let sql = format!(
            "SELECT (SELECT count(*) FROM {table}), (SELECT coalesce(min(number), 1) FROM {table}), \
             (SELECT coalesce(max(number), 0) FROM {table})"
        );
        let (count, first, last): (i64, i64, i64) =
            connection.query_row(&sql, (), |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
        if (first, last) != (1, count) {
            findings.push(format!(
                "the {count} rows of `{table}` are not numbered from 1 on without a gap: the first is {first}, the last {last}"
            ));
        }
    }
    Ok(())
}

/// Reads all documents, and compares what other columns and tables repeat of them.
fn documents(connection: &Connection, findings: &mut Vec<String>) -> Answer<()> {
    let mut tasks = tasks(connection)?;
    let sql = concat!("SELECT ", document_columns!(), ", sort_key FROM documents ORDER BY sort_key, id");
    let mut statement = connection.prepare(sql)?;
    let mut rows = statement.query(())?;
    while let Some(row) = rows.next()? {
        let document = match rows::document(row) {
            Ok(document) => document,
            Err(Fault::Said(unreadable)) => {
                findings.push(unreadable.to_string());
                continue;
            }
            Err(fault) => return Err(fault),
        };
        let id = &document.id;
        if row.get_ref("sort_key")?.as_bytes().ok() != Some(id.sort_key().as_bytes()) {
            findings.push(format!("`{id}` is listed in the wrong place: its `sort_key` is another one's"));
        }
        if tasks.remove(id.as_str()).unwrap_or_default() != open_seats(&document) {
            findings.push(format!("the open tasks of `{id}` are not those of its round"));
        }
    }
    Ok(())
}

/// A task as the table has it: user, who asked, when in milliseconds.
type Seat = (String, String, i64);

/// Reads the table of open tasks, by document.
fn tasks(connection: &Connection) -> Answer<BTreeMap<String, Vec<Seat>>> {
    let sql = "SELECT document, user, assigned_by, assigned_at FROM tasks ORDER BY document, user";
    let mut statement = connection.prepare(sql)?;
    let mut rows = statement.query(())?;
    let mut tasks: BTreeMap<String, Vec<Seat>> = BTreeMap::new();
    while let Some(row) = rows.next()? {
        tasks.entry(row.get(0)?).or_default().push((row.get(1)?, row.get(2)?, row.get(3)?));
    }
    Ok(tasks)
}

fn open_seats(document: &Document) -> Vec<Seat> {
    let seats = document.round.iter().flat_map(|round| &round.seats);
    seats
        .filter(|(_, seat)| seat.answer.is_none())
        .map(|(user, seat)| (user.to_string(), seat.assigned_by.to_string(), seat.assigned_at.millis()))
        .collect()
}
