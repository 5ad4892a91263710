//! What can befall a file: missing, damaged, newer, held, edited, its writer killed.

use std::error::Error;
use std::fs;
use std::io::{self, BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use qms::domain::document::Document;
use qms::store::{Change, Read as _, Sqlite, Store, StoreError};
use rusqlite::Connection;

use crate::rows::{change, content, everything, id, keep, plain, policy, project, rich, round, version};
use crate::writes::one_of_each;
use crate::{MOMENT, Outcome, in_file};

pub(crate) const STORE: &str = "QMS_TEST_STORE";

pub(crate) fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

/// Makes a store that holds a little of everything.
pub(crate) fn filled(path: &Path) -> Result<Sqlite, StoreError> {
    let mut store = Sqlite::create(path)?;
    let head = store.head()?;
    store.commit(&Change {
        policies: vec![policy("policy")],
        project: Some(project("policy")),
        ..change(&head, &[None])
    })?;
    let assigned = Document { round: Some(round(&[("qa", None), ("qb", None)])), ..plain("CR-001") };
    keep(&mut store, vec![assigned, rich("CR-002")])?;
    let head = store.head()?;
    let versions = vec![version("CR-001", qms::domain::id::Version::new(0, 1))];
    store.commit(&Change { versions, ..change(&head, &[Some(id("CR-001"))]) })?;
    Ok(store)
}

/// Fills a store and leaves it as a process that is killed leaves it: with a log beside the file.
pub(crate) fn killed(path: &Path) -> Outcome {
    let elsewhere = tempfile::tempdir()?;
    let original = elsewhere.path().join("qms.db");
    let store = filled(&original)?;
    for ending in ["", "-wal", "-shm"] {
        fs::copy(beside(&original, ending), beside(path, ending))?;
    }
    drop(store);
    Ok(())
}

#[test]
fn a_store_that_is_missing_is_named() -> Outcome {
    let folder = tempfile::tempdir()?;
    for path in [folder.path().join("qms.db"), folder.path().join("no/such/folder/qms.db")] {
        assert!(matches!(Sqlite::open(&path), Err(StoreError::Missing(missing)) if missing == path));
    }
    let within = folder.path().join("none/qms.db");
    assert!(matches!(Sqlite::create(&within), Err(StoreError::Missing(none)) if within.starts_with(&none)));
    assert_eq!(fs::read_dir(folder.path())?.count(), 0, "a read made a file");
    Ok(())
}

#[test]
fn a_store_is_not_made_over_anything_that_exists() -> Outcome {
    let backend = in_file()?;
    keep(&mut Sqlite::open(&backend.path)?, vec![plain("CR-001")])?;
    assert!(matches!(Sqlite::create(&backend.path), Err(StoreError::Exists(path)) if path == backend.path));
    assert!(Sqlite::open(&backend.path)?.document(&id("CR-001"))?.is_some());
    // A log without its database would be taken for the log of the new one.
    fs::remove_file(&backend.path)?;
    let log = beside(&backend.path, "-wal");
    fs::write(&log, "left")?;
    assert!(matches!(Sqlite::create(&backend.path), Err(StoreError::Exists(path)) if path == log));
    Ok(())
}

#[test]
fn making_a_store_leaves_one_file() -> Outcome {
    let folder = tempfile::tempdir()?;
    drop(Sqlite::create(&folder.path().join("qms.db"))?);
    let found = fs::read_dir(folder.path())?
        .map(|entry| entry.map(|entry| entry.file_name()))
        .collect::<Result<Vec<_>, _>>()?;
    assert_eq!(found, ["qms.db"]);
    Ok(())
}

#[test]
fn what_is_not_a_store_is_called_damaged() -> Outcome {
    let folder = tempfile::tempdir()?;
    let whole = folder.path().join("whole.db");
    drop(filled(&whole)?);
    let bytes = fs::read(&whole)?;
    let foreign = folder.path().join("foreign.db");
    Connection::open(&foreign)?.execute_batch("CREATE TABLE t (a); PRAGMA user_version = 1;")?;
    let files = [
        ("empty", Vec::new()),
        ("text", b"not a database, not even by far".repeat(500)),
        ("header", bytes.get(..100).unwrap_or_default().to_vec()),
        ("half", bytes.get(..bytes.len() / 2 / 4096 * 4096).unwrap_or_default().to_vec()),
        ("foreign", fs::read(&foreign)?),
    ];
    for (what, content) in files {
        let path = folder.path().join(what);
        fs::write(&path, content)?;
        let read = Sqlite::open(&path).and_then(|mut store| everything(&mut store));
        assert!(
            matches!(&read, Err(StoreError::Damaged { path: damaged, .. }) if *damaged == path),
            "{what}: {read:?}"
        );
    }
    assert!(matches!(Sqlite::open(folder.path()), Err(StoreError::Unopened { .. })), "a folder");
    Ok(())
}

#[test]
fn a_store_of_a_newer_program_is_refused() -> Outcome {
    let backend = in_file()?;
    Connection::open(&backend.path)?.pragma_update(None, "user_version", 77)?;
    assert!(matches!(Sqlite::open(&backend.path), Err(StoreError::Newer { found: 77, known: 7 })));
    // What unreleased versions made is not read, and not called damaged.
    for found in 1..7 {
        Connection::open(&backend.path)?.pragma_update(None, "user_version", found)?;
        let opened = Sqlite::open(&backend.path);
        assert!(matches!(opened, Err(StoreError::Unreleased { found: it }) if it == found));
    }
    Ok(())
}

// REQ-128
#[test]
fn a_store_that_another_process_holds_is_locked_after_a_while() -> Outcome {
    let backend = in_file()?;
    let mut store = Sqlite::open_within(&backend.path, MOMENT)?;
    let other = Connection::open(&backend.path)?;
    other.execute_batch("BEGIN IMMEDIATE")?;
    let next = change(&store.head()?, &[None]);
    assert!(matches!(store.commit(&next), Err(StoreError::Locked(_))));
    assert!(matches!(store.wait_turn(), Err(StoreError::Locked(_))));
    other.execute_batch("ROLLBACK")?;
    store.commit(&next)?;
    drop((store, other));

    let exclusive = Connection::open(&backend.path)?;
    exclusive
        .execute_batch("PRAGMA locking_mode = EXCLUSIVE; BEGIN IMMEDIATE; DELETE FROM refusals; COMMIT")?;
    assert!(matches!(Sqlite::open_within(&backend.path, MOMENT), Err(StoreError::Locked(_))));
    Ok(())
}

// REQ-126
#[test]
fn what_is_append_only_refuses_to_be_edited() -> Outcome {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("qms.db");
    drop(filled(&path)?);
    let connection = Connection::open(&path)?;
    for table in ["entries", "versions", "contents", "policies"] {
        let column = if table == "entries" { "idx" } else { "number" };
        for sql in [format!("DELETE FROM {table}"), format!("UPDATE {table} SET {column} = {column} + 9")] {
            let refused = connection.execute(&sql, ()).map_err(|error| error.to_string());
            assert!(matches!(&refused, Err(said) if said.contains("are only ")), "{sql}: {refused:?}");
        }
    }
    for index in [0, 1, 9] {
        let sql = "INSERT OR REPLACE INTO entries SELECT ?, document, bytes, leaf, tag FROM entries LIMIT 1";
        assert!(connection.execute(sql, [index]).is_err(), "an entry was put at {index}");
    }
    Ok(())
}

#[test]
fn a_row_that_somebody_edited_is_named() -> Outcome {
    let backend = in_file()?;
    keep(&mut Sqlite::open(&backend.path)?, vec![plain("CR-001"), plain("CR-002")])?;
    for edit in
        ["state = 'in review'", "content = x'00'", "round = '{'", "owner = '../qa'", "last_minor = -1"]
    {
        let connection = Connection::open(&backend.path)?;
        connection.execute_batch(&format!(
            "PRAGMA foreign_keys = OFF; BEGIN; UPDATE documents SET {edit} WHERE id = 'CR-002'"
        ))?;
        connection.execute_batch("COMMIT")?;
        let mut store = Sqlite::open(&backend.path)?;
        let read = store.document(&id("CR-002"));
        let named =
            matches!(&read, Err(StoreError::Unreadable { table: "documents", key, .. }) if key == "CR-002");
        assert!(named, "{edit}: {read:?}");
        assert!(store.document(&id("CR-001"))?.is_some());
        assert!(!store.check()?.is_empty(), "{edit} was not found");
    }
    Ok(())
}

#[test]
fn a_check_finds_what_does_not_agree() -> Outcome {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("qms.db");
    assert_eq!(filled(&path)?.check()?, Vec::<String>::new());
    let edits = [
        ("DELETE FROM tasks WHERE user = 'qa'", "open tasks of `CR-001`"),
        ("UPDATE tasks SET assigned_by = 'qb'", "open tasks of `CR-001`"),
        ("UPDATE documents SET sort_key = 'A' WHERE id = 'CR-002'", "`CR-002` is listed in the wrong place"),
        ("DROP INDEX documents_by_owner", "the index `documents_by_owner` is missing"),
        ("CREATE TABLE more (a)", "the table `more` was added"),
        ("DROP TABLE refusals", "the table `refusals` is missing"),
        ("DELETE FROM migrations", "migration 7 `tables` is not remembered"),
        ("UPDATE head SET edge = x'00'", "edge does not fit the size"),
        (
            "DROP TRIGGER entries_remain; DELETE FROM entries WHERE idx = 1",
            "the head counts 4 entries, the log has 3",
        ),
        ("DELETE FROM documents WHERE id = 'CR-001'", "refers to a row of `documents`"),
        ("UPDATE migrations SET digest = x'00'", "migration 7 `tables`"),
    ];
    for (edit, finding) in edits {
        let copy = folder.path().join("copy.db");
        fs::copy(&path, &copy)?;
        Connection::open(&copy)?.execute_batch(&format!("PRAGMA foreign_keys = OFF; {edit}"))?;
        let findings = Sqlite::open(&copy)?.check()?;
        for file in [copy.clone(), beside(&copy, "-wal"), beside(&copy, "-shm")] {
            let _none = fs::remove_file(file);
        }
        assert!(findings.iter().any(|found| found.contains(finding)), "{edit}: {findings:?}");
    }
    Ok(())
}

#[test]
fn a_check_finds_a_damaged_page() -> Outcome {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("qms.db");
    drop(filled(&path)?);
    let mut bytes = fs::read(&path)?;
    let pages = bytes.len() / 4096;
    let root: u32 = Connection::open(&path)?.query_row(
        "SELECT rootpage FROM sqlite_schema WHERE name = 'documents_by_state'",
        (),
        |row| row.get(0),
    )?;
    let root = usize::try_from(root)?;
    assert!(root <= pages);
    if let Some(page) = bytes.get_mut((root - 1) * 4096..root * 4096) {
        page.fill(0);
    }
    fs::write(&path, bytes)?;
    assert!(!Sqlite::open(&path)?.check()?.is_empty());
    Ok(())
}

/// Edits a store as somebody does who takes its triggers away for that.
fn edited(path: &Path, sql: &str) -> Outcome {
    let connection = Connection::open(path)?;
    let mut statement = connection.prepare("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'")?;
    let triggers = statement.query_map((), |row| Ok((row.get(0)?, row.get(1)?)))?;
    let triggers: Vec<(String, String)> = triggers.collect::<Result<_, _>>()?;
    let drops = triggers.iter().map(|(name, _)| format!("DROP TRIGGER {name};")).collect::<Vec<_>>().concat();
    let makes = triggers.iter().map(|(_, sql)| format!("{sql};")).collect::<Vec<_>>().concat();
    connection.execute_batch(&format!("PRAGMA foreign_keys = OFF; {drops} {sql}; {makes}"))?;
    Ok(())
}

// REQ-119
#[test]
fn what_is_taken_in_is_there_afterwards_or_the_change_is_refused() -> Outcome {
    // One that is handed over as a value, and one that is written where it lies.
    for text in ["the work of a day".to_owned(), "a scan of many pages\n".repeat(60_000)] {
        let (digest, body) = content(&text);
        let planted = [
            "SET body = x'78'",
            "SET body = x'78', size = 1",
            "SET body = zeroblob(size)",
            "SET size = size + 1",
            "SET encoding = 'other'",
        ];
        for edit in planted {
            let backend = in_file()?;
            let mut store = Sqlite::open(&backend.path)?;
            keep(&mut store, vec![plain("CR-001")])?;
            let adding = |head: &qms::store::Head| Change {
                contents: vec![(digest, body.clone())],
                ..change(head, &[None])
            };
            let head = store.head()?;
            store.commit(&adding(&head))?;
            edited(&backend.path, &format!("UPDATE contents {edit} WHERE number = 2"))?;
            let before = everything(&mut Sqlite::open(&backend.path)?)?;
            let head = store.head()?;
            let refused = store.commit(&adding(&head));
            assert!(
                matches!(refused, Err(StoreError::Altered(_) | StoreError::Unreadable { .. })),
                "{edit}: {refused:?}"
            );
            assert_eq!(everything(&mut store)?, before, "{edit}");
        }
    }
    Ok(())
}

/// The tables whose rows are only added, and are listed by their numbers.
const NUMBERED: [&str; 4] = ["policies", "contents", "versions", "attestations"];

// REQ-118, REQ-247
#[test]
fn rows_that_are_only_added_bear_the_numbers_that_they_must_have() -> Outcome {
    let backend = in_file()?;
    let mut store = Sqlite::open(&backend.path)?;
    let head = store.head()?;
    store.commit(&one_of_each(&head))?;
    assert_eq!(store.check()?, Vec::<String>::new());
    drop(store);
    let whole = fs::read(&backend.path)?;
    for table in NUMBERED {
        for number in ["9223372036854775807", "number + 1", "-number", "0"] {
            let path = backend.path.with_file_name("copy.db");
            fs::write(&path, &whole)?;
            let last = format!("(SELECT max(number) FROM {table})");
            edited(&path, &format!("UPDATE {table} SET number = {number} WHERE number = {last}"))?;
            let findings = Sqlite::open(&path)?.check()?;
            let is_named =
                findings.iter().any(|found| found.contains(&format!("`{table}` are not numbered")));
            assert!(is_named, "{table} {number}: {findings:?}");
        }
    }
    Ok(())
}

// REQ-118
#[test]
fn whatever_number_the_last_row_bears_none_is_listed_before_it_that_is_added_later() -> Outcome {
    for number in [i64::MAX, i64::MAX - 1, 1000, 0, -5] {
        let backend = in_file()?;
        let mut store = filled(&backend.path.with_file_name("filled.db"))?;
        edited(&backend.path.with_file_name("filled.db"), &format!("UPDATE versions SET number = {number}"))?;
        for minor in 2..5 {
            let (head, before) = (store.head()?, store.versions(&id("CR-001"))?);
            let versions = vec![version("CR-001", qms::domain::id::Version::new(0, minor))];
            let outcome = store.commit(&Change { versions: versions.clone(), ..change(&head, &[None]) });
            let expected = match outcome {
                Ok(()) => [before, versions].concat(),
                Err(StoreError::Unfit(_)) if number > 1000 => before,
                Err(error) => return Err(error.into()),
            };
            assert_eq!(store.versions(&id("CR-001"))?, expected, "{number}");
        }
    }
    Ok(())
}

/// Prepares to run one of the ignored tests in a process of its own.
pub(crate) fn child(test: &str, path: &Path) -> Result<Command, Box<dyn Error>> {
    let mut command = Command::new(std::env::current_exe()?);
    command.args(["--exact", test, "--ignored", "--nocapture"]).env(STORE, path);
    Ok(command)
}

pub(crate) fn named_store() -> Result<PathBuf, Box<dyn Error>> {
    Ok(std::env::var_os(STORE).ok_or("the parent names no store")?.into())
}

// REQ-116
#[test]
fn a_writer_that_is_killed_leaves_whole_commits() -> Outcome {
    let backend = in_file()?;
    let mut reported = 0;
    for lines in [1, 7, 30] {
        let mut writer = child("sqlite_file::writes_until_it_is_killed", &backend.path)?
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()?;
        let said = BufReader::new(writer.stderr.take().ok_or("no stream")?).lines().take(lines);
        reported = said.map_while(Result::ok).last().ok_or("nothing was said")?.parse()?;
        writer.kill()?;
        writer.wait()?;
        let mut store = Sqlite::open(&backend.path)?;
        let size = store.head()?.frontier.size();
        assert!(size >= reported, "{reported} were reported, {size} were kept");
        assert_eq!(store.check()?, Vec::<String>::new());
        let all = everything(&mut store)?;
        assert_eq!(
            (all.entries.len(), all.documents.len()),
            (usize::try_from(size)?, usize::try_from(size)?)
        );
    }
    assert!(reported >= 38);
    Ok(())
}

#[test]
#[ignore = "run by a_writer_that_is_killed_leaves_whole_commits"]
fn writes_until_it_is_killed() -> Outcome {
    let mut store = Sqlite::open(&named_store()?)?;
    loop {
        let next = store.head()?.frontier.size() + 1;
        keep(&mut store, vec![plain(&format!("CR-{next}"))])?;
        writeln!(io::stderr(), "{next}")?;
    }
}
