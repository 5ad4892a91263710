//! Looks for damage that no single read would meet.

use std::path::Path;

use rusqlite::Connection;
use rusqlite::types::ValueRef;

use super::fault::{Answer, Fault};
use super::rows::{self, document_columns};
use super::{read, schema};
use crate::domain::document::Document;

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

fn look(connection: &Connection, path: &Path) -> Answer<Vec<String>> {
    let mut findings = Vec::new();
    for part in [file, references, migrations, log, readable, documents] {
        // One damage must not hide another; a store that is locked is no finding.
        match part(connection, &mut findings) {
            Ok(()) => {}
            Err(fault @ Fault::Said(_)) => findings.push(fault.at(path).to_string()),
            Err(fault) if fault.is_damage() => findings.push(said(&fault)),
            Err(fault) => return Err(fault),
        }
    }
    Ok(findings)
}

fn said(fault: &Fault) -> String {
    match fault {
        Fault::Sql(error) => error.to_string(),
        Fault::Said(error) => error.to_string(),
    }
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
    Ok(())
}

/// Compares the head with the entries and with its own root.
fn log(connection: &Connection, findings: &mut Vec<String>) -> Answer<()> {
    let frontier = read::head(connection)?.frontier;
    let root: Vec<u8> = connection.query_row("SELECT root FROM head", (), |row| row.get(0))?;
    if root != frontier.root().as_bytes() {
        findings.push("the root in `head` does not follow from its edge".to_owned());
    }
    let sql = "SELECT count(*), coalesce(max(idx) + 1, 0) FROM entries";
    let (count, next): (i64, i64) = connection.query_row(sql, (), |row| Ok((row.get(0)?, row.get(1)?)))?;
    let size = frontier.size();
    if u64::try_from(count) != Ok(size) || u64::try_from(next) != Ok(size) {
        findings.push(format!("the head counts {size} entries, the log has {count} and continues at {next}"));
    }
    Ok(())
}

/// Reads all rows of the small tables; the first that cannot be read is named.
fn readable(connection: &Connection, _findings: &mut Vec<String>) -> Answer<()> {
    read::project(connection)?;
    read::policies(connection)?;
    read::users(connection)?;
    read::namespaces(connection)?;
    Ok(())
}

/// Reads all documents, and compares what other columns and tables repeat of them.
fn documents(connection: &Connection, findings: &mut Vec<String>) -> Answer<()> {
    let sql = concat!("SELECT ", document_columns!(), ", sort_key FROM documents ORDER BY sort_key, id");
    let mut statement = connection.prepare(sql)?;
    let mut rows = statement.query(())?;
    while let Some(row) = rows.next()? {
        let document = match rows::document(row) {
            Ok(document) => document,
            Err(fault @ Fault::Said(_)) => {
                findings.push(said(&fault));
                continue;
            }
            Err(fault) => return Err(fault),
        };
        let id = &document.id;
        if row.get::<_, String>("sort_key")? != id.sort_key() {
            findings.push(format!("`{id}` is listed in the wrong place: its `sort_key` is another one's"));
        }
        if projected(connection, &document)? != open_seats(&document) {
            findings.push(format!("the open tasks of `{id}` are not those of its round"));
        }
    }
    Ok(())
}

/// A task as the table has it: user, who asked, when in milliseconds.
type Seat = (String, String, i64);

fn projected(connection: &Connection, document: &Document) -> Answer<Vec<Seat>> {
    let sql = "SELECT user, assigned_by, assigned_at FROM tasks WHERE document = ? ORDER BY user";
    let mut statement = connection.prepare_cached(sql)?;
    let rows =
        statement.query_map([document.id.as_str()], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn open_seats(document: &Document) -> Vec<Seat> {
    let seats = document.round.iter().flat_map(|round| &round.seats);
    seats
        .filter(|(_, seat)| seat.answer.is_none())
        .map(|(user, seat)| (user.to_string(), seat.assigned_by.to_string(), seat.assigned_at.millis()))
        .collect()
}
