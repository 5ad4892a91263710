//! The format of the file: numbered migrations that are only ever added to, each remembered in the
//! database with the digest of its text.

use std::fmt;
use std::path::Path;

use rusqlite::{Connection, params};

use super::fault::{Answer, damaged};
use crate::domain::digest::Digest;
use crate::store::StoreError;

/// What the header of the file says that it is: `qms1` in ASCII.
pub(super) const APPLICATION_ID: i32 = 0x716d_7331;

/// One step from a format to the next.
#[derive(Debug)]
pub(super) struct Migration {
    /// The format that it leads to.
    pub(super) version: u32,
    /// What it does, in a word.
    pub(super) name: &'static str,
    /// How.
    pub(super) sql: &'static str,
}

/// The first format that is read. Lower ones were made by versions that were never released.
const FIRST_FORMAT: u32 = 7;

/// All steps, from an empty file to the format of this program.
pub(super) const MIGRATIONS: &[Migration] =
    &[Migration { version: FIRST_FORMAT, name: "tables", sql: include_str!("0001-tables.sql") }];

const MEMORY_OF_MIGRATIONS: &str = "CREATE TABLE IF NOT EXISTS migrations (
  version INTEGER PRIMARY KEY,
  name    TEXT NOT NULL,
  digest  BLOB NOT NULL          -- SHA-256 of the SQL
) STRICT";

/// Returns the newest format that `steps` lead to.
pub(super) fn known(steps: &[Migration]) -> u32 {
    steps.last().map_or(0, |step| step.version)
}

/// Returns the format of an open database.
pub(super) fn format(connection: &Connection, path: &Path) -> Answer<u32> {
    let application: i32 = connection.pragma_query_value(None, "application_id", |row| row.get(0))?;
    if application != APPLICATION_ID {
        return Err(damaged(path, "the header names no program or another one").into());
    }
    let version: i32 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    u32::try_from(version).map_err(|_| damaged(path, "the header bears a negative format").into())
}

/// Brings a database to the format that `steps` lead to, whole or not at all.
pub(super) fn migrate(connection: &Connection, path: &Path, steps: &[Migration]) -> Answer<()> {
    connection.execute_batch("BEGIN IMMEDIATE")?;
    let outcome = take(connection, path, steps);
    if outcome.is_err() && !connection.is_autocommit() {
        connection.execute_batch("ROLLBACK")?;
    }
    outcome
}

fn take(connection: &Connection, path: &Path, steps: &[Migration]) -> Answer<()> {
    connection.execute_batch(MEMORY_OF_MIGRATIONS)?;
    if let Some(finding) = altered(connection, steps)?.first() {
        return Err(damaged(path, finding).into());
    }
    // Another process may have taken some of the steps while this one waited for its turn.
    let found: u32 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    for step in steps.iter().filter(|step| step.version > found) {
        connection.execute_batch(step.sql)?;
        connection.execute(
            "INSERT INTO migrations (version, name, digest) VALUES (?, ?, ?)",
            params![step.version, step.name, Digest::of(step.sql.as_bytes()).as_bytes()],
        )?;
        connection.pragma_update(None, "user_version", step.version)?;
    }
    connection.pragma_update(None, "application_id", APPLICATION_ID)?;
    connection.execute_batch("COMMIT")?;
    Ok(())
}

/// Names the steps that were taken by another text than the one that this program knows.
pub(super) fn altered(connection: &Connection, steps: &[Migration]) -> Answer<Vec<String>> {
    let mut taken = connection.prepare("SELECT version, name, digest FROM migrations ORDER BY version")?;
    let mut rows = taken.query(())?;
    let mut findings = Vec::new();
    while let Some(row) = rows.next()? {
        let (version, name): (u32, String) = (row.get(0)?, row.get(1)?);
        let digest = row.get_ref(2)?.as_blob().unwrap_or_default();
        let same = |step: &Migration| {
            (step.version, step.name) == (version, name.as_str())
                && Digest::of(step.sql.as_bytes()).as_bytes().as_slice() == digest
        };
        if !steps.iter().any(same) {
            findings.push(format!("the migration {version} `{name}` is not the one that this program knows"));
        }
    }
    Ok(findings)
}

/// A table, an index, a trigger or a view, as the database lists it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Part {
    kind: String,
    name: String,
    table: String,
    /// The statement that made it; `None` for an index that SQLite makes for a key.
    sql: Option<String>,
}

impl Part {
    /// Tells whether two parts are of one kind and name.
    pub(super) fn is_of_the_name_of(&self, other: &Self) -> bool {
        (&self.kind, &self.name) == (&other.kind, &other.name)
    }
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the {} `{}`", self.kind, self.name)
    }
}

/// Lists what a database is made of. A row that SQLite itself would not write is listed like any other.
pub(super) fn parts(connection: &Connection) -> Answer<Vec<Part>> {
    let sql = "SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY type, name";
    let mut statement = connection.prepare_cached(sql)?;
    let rows = statement.query_map((), |row| {
        Ok(Part { kind: row.get(0)?, name: row.get(1)?, table: row.get(2)?, sql: row.get(3)? })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Says that the store is newer than this program, or older than any that it reads.
pub(super) fn refuse_foreign(found: u32, steps: &[Migration]) -> Result<(), StoreError> {
    let known = known(steps);
    if found > known {
        Err(StoreError::Newer { found, known })
    } else if found < FIRST_FORMAT {
        Err(StoreError::Unreleased { found })
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIRST: &[Migration] =
        &[Migration { version: 1, name: "tables", sql: include_str!("0001-tables.sql") }];
    const NEXT: &[Migration] = &[
        Migration { version: 1, name: "tables", sql: include_str!("0001-tables.sql") },
        Migration { version: 2, name: "moods", sql: "CREATE TABLE moods (mood TEXT) STRICT;" },
    ];
    const BROKEN: &[Migration] = &[
        Migration { version: 1, name: "tables", sql: include_str!("0001-tables.sql") },
        Migration {
            version: 2,
            name: "half",
            sql: "CREATE TABLE half (a TEXT) STRICT; CREATE TABLE half (b TEXT);",
        },
    ];
    const OTHER: &[Migration] = &[Migration { version: 1, name: "tables", sql: "SELECT 1;" }];

    fn tables(connection: &Connection, name: &str) -> Answer<u32> {
        let sql = "SELECT count(*) FROM sqlite_schema WHERE name = ?";
        Ok(connection.query_row(sql, [name], |row| row.get(0))?)
    }

    #[test]
    fn released_migrations_do_not_change() {
        let digests: Vec<_> = MIGRATIONS.iter().map(|step| Digest::of(step.sql.as_bytes()).short()).collect();
        assert_eq!(digests, ["9ae3caa92cea"]);
        assert!((FIRST_FORMAT..).zip(MIGRATIONS).all(|(number, step)| step.version == number));
    }

    // REQ-129
    #[test]
    fn an_older_database_takes_the_missing_steps_once() -> Result<(), StoreError> {
        let path = Path::new("old");
        let run = || {
            let connection = Connection::open_in_memory()?;
            migrate(&connection, path, FIRST)?;
            migrate(&connection, path, NEXT)?;
            migrate(&connection, path, NEXT)?;
            assert_eq!((format(&connection, path)?, tables(&connection, "moods")?), (2, 1));
            Ok(())
        };
        run().map_err(|fault: super::super::fault::Fault| fault.at(path))
    }

    // REQ-129
    #[test]
    fn a_step_that_fails_leaves_the_format_as_it_was() -> Result<(), StoreError> {
        let path = Path::new("old");
        let run = || {
            let connection = Connection::open_in_memory()?;
            migrate(&connection, path, FIRST)?;
            assert!(migrate(&connection, path, BROKEN).is_err());
            assert_eq!((format(&connection, path)?, tables(&connection, "half")?), (1, 0));
            Ok(())
        };
        run().map_err(|fault: super::super::fault::Fault| fault.at(path))
    }

    #[test]
    fn a_database_made_by_other_migrations_is_not_migrated() -> Result<(), StoreError> {
        let path = Path::new("old");
        let run = || {
            let connection = Connection::open_in_memory()?;
            migrate(&connection, path, OTHER)?;
            assert_eq!(altered(&connection, FIRST)?.len(), 1);
            let refused = migrate(&connection, path, NEXT).map_err(|fault| fault.at(path));
            assert!(matches!(refused, Err(StoreError::Damaged { .. })));
            Ok(())
        };
        run().map_err(|fault: super::super::fault::Fault| fault.at(path))
    }
}
