//! The store, edited by somebody who can open the file: nothing of it passes for sound.

use std::fs;

use super::project::filled::filled_in;
use super::{Project, is_whole};

/// A project that has something in every table.
fn furnished() -> Project {
    let project = Project::new();
    project.play(&["-u lead namespace add NEXT", "-u claude create CR --title \"A change\""]);
    let copy = project.copy("claude", "CR-001");
    let text = fs::read_to_string(&copy).unwrap();
    fs::write(&copy, filled_in(&text) + "\nWhat changes.\n").unwrap();
    project.play(&[
        "-u claude checkin CR-001",
        "-u claude create CR --title \"Another\"",
        "-u claude route CR-001 --review --assignees tu",
    ]);
    project.run("-u mallory list").is(8);
    project.run("-u mallory create CR --title x").is(8);
    project.run("-u mallory create CR --title x").is(8);
    project
}

/// Edits a store as anybody can who can open the file: past foreign keys and triggers.
fn tamper(store: &rusqlite::Connection, edit: &str) {
    store.execute_batch("PRAGMA foreign_keys = OFF").unwrap();
    let mut statement = store.prepare("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'").unwrap();
    let triggers = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
    let triggers: Vec<(String, String)> = triggers.map(Result::unwrap).collect();
    drop(statement);
    let is_of_rows = ["UPDATE", "DELETE", "INSERT"].iter().any(|word| edit.starts_with(word));
    for (name, _) in triggers.iter().filter(|_| is_of_rows) {
        store.execute_batch(&format!("DROP TRIGGER {name}")).unwrap();
    }
    let edited = store.execute_batch(edit);
    assert!(edited.is_ok(), "{edit}: {edited:?}");
    for (_, text) in triggers.iter().filter(|_| is_of_rows) {
        store.execute_batch(text).unwrap();
    }
}

/// Makes each edit of its own, lets `judge` say what is wrong with what it led to, and checks that
/// nothing is.
fn each(project: &Project, edits: &[String], judge: impl Fn(&str) -> Option<String>) {
    let whole = fs::read(project.database()).unwrap();
    let mut faults = Vec::new();
    for edit in edits {
        let store = rusqlite::Connection::open(project.database()).unwrap();
        tamper(&store, edit);
        drop(store);
        faults.extend(judge(edit).map(|fault| format!("{edit}: {fault}")));
        fs::write(project.database(), &whole).unwrap();
    }
    assert!(!edits.is_empty() && faults.is_empty(), "{}", faults.join("\n"));
}

/// The tables that the log covers, the log itself and what it digests, each with the words that it
/// is named by.
const COVERED: [(&str, &[&str]); 9] = [
    ("head", &["head"]),
    ("project", &["project"]),
    ("policies", &["policy", "policies"]),
    ("users", &["user"]),
    ("namespaces", &["namespace"]),
    ("documents", &["document"]),
    ("versions", &["version"]),
    ("entries", &["entry", "entries"]),
    ("contents", &["content"]),
];

/// Columns that order or number rows, and nothing else: the log knows the order alone.
const DERIVED: [&str; 3] = ["one", "number", "sort_key"];

fn name_column(table: &str) -> &str {
    match table {
        "head" => "size",
        "project" | "documents" => "id",
        "policies" | "contents" => "digest",
        "users" | "namespaces" => "name",
        "versions" => "document",
        _ => "idx",
    }
}

/// The last row of a table, which no other edit of a covered table hides.
fn last(table: &str) -> String {
    format!("WHERE rowid = (SELECT max(rowid) FROM {table})")
}

/// Every column with a wrong value of the right type; every table without its last row, without
/// any, with itself and the column that names its rows under another name.
fn edits_of(project: &Project) -> Vec<String> {
    let store = rusqlite::Connection::open(project.database()).unwrap();
    let mut edits = Vec::new();
    for (table, _) in COVERED {
        let of = last(table);
        edits.extend([
            format!("DELETE FROM {table} {of}"),
            format!("DELETE FROM {table}"),
            format!("ALTER TABLE {table} RENAME TO other"),
            format!("ALTER TABLE {table} RENAME COLUMN {} TO other", name_column(table)),
        ]);
        let sql = format!("SELECT name, type FROM pragma_table_info('{table}')");
        let mut statement = store.prepare(&sql).unwrap();
        let columns = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
        for column in columns {
            let (column, kind): (String, String) = column.unwrap();
            if !DERIVED.contains(&column.as_str()) {
                let value = match kind.as_str() {
                    "INTEGER" => format!("coalesce({column}, 0) + 1000000"),
                    "TEXT" => format!("coalesce({column}, '') || 'x'"),
                    _ => "x'00'".to_owned(),
                };
                edits.push(format!("UPDATE {table} SET {column} = {value} {of}"));
            }
        }
    }
    // What these columns say is which row is older.
    edits.push("UPDATE versions SET number = -number".to_owned());
    edits
}

// REQ-118
#[test]
fn every_edit_of_the_record_fails_the_audit_and_is_named() {
    let project = furnished();
    is_whole(&project);
    each(&project, &edits_of(&project), |edit| {
        let answer = project.ask("-u lead audit verify --contents");
        let error = &answer["error"];
        let (message, hints) = (error["message"].as_str().unwrap_or(""), error["hints"].to_string());
        let (_, words) = COVERED
            .iter()
            .find(|(table, _)| edit.contains(&format!(" {table} ")) || edit.ends_with(table))
            .unwrap();
        let is_named = words.iter().any(|word| message.contains(word)) || message.contains("no such column");
        let is_helpful = hints.contains("--checkpoint") && hints.contains("backup");
        (answer.status != 80 || !is_named || !is_helpful)
            .then(|| format!("{} {message} {hints}", answer.status))
    });
}

// REQ-118
#[test]
fn a_content_that_nothing_names_is_found_whatever_its_body() {
    let project = furnished();
    let digest = qms::domain::digest::Digest::of(b"about to be taken in");
    let edits = ["about to be taken in", "x"].map(|body| {
        format!(
            "INSERT INTO contents (digest, size, encoding, body) VALUES (x'{digest}', {}, 'plain', CAST('{body}' AS BLOB))",
            body.len()
        )
    });
    each(&project, &edits, |_| {
        let verified = project.ask("-u lead audit verify").is(80)["error"].to_string();
        let findings = project.ask("-u lead doctor").is(80)["error"]["details"]["findings"].to_string();
        let sentence = format!("content {digest} was added without an entry");
        (!verified.contains(&sentence) || !findings.contains(&sentence))
            .then(|| format!("{verified} {findings}"))
    });
}

// REQ-117, REQ-120
#[test]
fn a_log_that_is_gone_as_a_whole_is_found_and_nobody_is_told_to_begin_anew() {
    let project = furnished();
    let checkpoint = project.folder().join("checkpoint");
    fs::write(&checkpoint, project.run("-u lead audit checkpoint").is(0).text()).unwrap();
    let emptied = "at = NULL, span = NULL, clock = NULL, boot = NULL, uptime = NULL, boot_index = NULL, \
                   boot_before = NULL, tag = NULL, size = 0, edge = x''";
    let store = rusqlite::Connection::open(project.database()).unwrap();
    let sql = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT IN ('head', 'migrations')";
    let mut statement = store.prepare(sql).unwrap();
    let tables: Vec<String> =
        statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    drop(statement);
    let rows =
        |tables: &[String]| tables.iter().map(|it| format!("DELETE FROM {it};")).collect::<Vec<_>>().concat();
    let edits = [
        format!("DELETE FROM project; DELETE FROM entries; UPDATE head SET {emptied}"),
        format!("{} UPDATE head SET {emptied}", rows(&tables)),
    ];
    each(&project, &edits, |_| {
        let with = format!("-u lead audit verify --checkpoint {}", checkpoint.display());
        for line in ["-u lead audit verify", with.as_str(), "-u lead doctor", "-u lead list"] {
            let answer = project.ask(line);
            let error = answer["error"].to_string();
            // Where nobody is left, a command is refused before it looks.
            let is_said = answer.status == 80 && error.contains("backup");
            if !(is_said || line.ends_with("list") && answer.status == 8) || error.contains("qms init") {
                return Some(format!("{line}: {} {error}", answer.status));
            }
        }
        None
    });
}

// REQ-143
#[test]
fn doctor_lists_every_flaw_of_the_record_and_offers_no_repair() {
    let project = furnished();
    let edit = "UPDATE documents SET state = 'in review'; UPDATE users SET kind = 'angel' WHERE name = 'tu'; \
                UPDATE namespaces SET added_by = 'tu'; UPDATE tasks SET assigned_by = 'tu'";
    each(&project, &[edit.to_owned()], |_| {
        let verified = project.ask("-u qa audit verify").is(80);
        assert_eq!(verified["error"]["hints"][0], "qms --user qa doctor");
        let message = verified["error"]["message"].as_str().unwrap();
        assert!(message.ends_with("; the log itself verifies"), "{message}");
        let answer = project.ask("-u qa doctor").is(80);
        let findings = answer["error"]["details"]["findings"].to_string();
        for words in ["of `documents`", "of `users`", "namespace `NEXT`"] {
            assert!(findings.contains(words), "{words}: {findings}");
        }
        assert!(!answer["error"]["hints"].to_string().contains("doctor"), "{:#}", answer.value());
        // Other commands say where to look.
        let refused = project.ask("-u qa status CR-001").is(12);
        assert_eq!(refused["error"]["hints"][0], "qms --user qa audit verify");
        None
    });
}

// REQ-117
#[test]
fn a_flaw_of_the_log_says_how_far_it_can_be_relied_on() {
    let project = furnished();
    // Of an entry that is gone the store says more: its head counts another number.
    let edits = [
        ("UPDATE entries SET bytes = x'00' WHERE idx = 2", false),
        ("DELETE FROM entries WHERE idx = 2", true),
    ];
    for (edit, is_more) in edits {
        each(&project, &[edit.to_owned()], |_| {
            let error = project.ask("-u qa audit verify").is(80)["error"].clone();
            assert_eq!(error["details"]["index"], 2);
            assert!(
                error["message"].as_str().unwrap().ends_with("; the log verifies up to entry 1"),
                "{error}"
            );
            assert_eq!(error["hints"].to_string().contains("doctor"), is_more, "{error}");
            None
        });
    }
}

#[test]
fn a_caller_whose_own_row_was_changed_is_told_so() {
    let project = furnished();
    for edit in ["DELETE FROM users", "UPDATE users SET removed_at = 1 WHERE name = 'qa'"] {
        each(&project, &[edit.to_owned()], |_| {
            for line in ["-u qa audit verify", "-u qa doctor"] {
                project.run(line).is(80).says("user");
            }
            None
        });
    }
    // Where nothing is wrong, a stranger is told nothing.
    project.run("-u mallory audit verify").is(8);
    project.run("-u mallory doctor").is(8);
}

// REQ-118
#[test]
fn half_of_a_jump_where_there_is_none_is_found() {
    let project = furnished();
    let edits =
        ["jump_since", "jump_before", "jump_clock"].map(|part| format!("UPDATE spans SET {part} = 5"));
    each(&project, &edits, |_| {
        let answer = project.ask("-u lead audit verify");
        let is_found = answer.status == 80 && answer["error"].to_string().contains("`spans`");
        (!is_found).then(|| answer["error"].to_string())
    });
}

// REQ-143
#[test]
fn doctor_finds_what_was_changed_beside_the_record() {
    let project = furnished();
    let edits = [
        ("UPDATE tasks SET assigned_at = 1 WHERE user = 'tu'", "`CR-001`"),
        ("DELETE FROM tasks", "`CR-001`"),
        ("INSERT INTO tasks VALUES ('CR-002', 'tu', 'qa', 1)", "`CR-002`"),
        ("UPDATE documents SET sort_key = 'A' WHERE id = 'CR-001'", "`CR-001`"),
        ("UPDATE documents SET sort_key = CAST(x'ff' AS TEXT) WHERE id = 'CR-001'", "`CR-001`"),
        ("UPDATE refusals SET count = -1", "`refusals`"),
        ("UPDATE migrations SET digest = x'00'", "migration 7"),
        ("UPDATE migrations SET name = 'other'", "migration 7 `other`"),
        ("DELETE FROM migrations", "migration 7"),
        ("DROP TABLE tasks", "table `tasks`"),
        ("DROP TABLE refusals", "table `refusals`"),
        ("DROP TABLE migrations", "migrations"),
        ("DROP TRIGGER entries_stay", "trigger `entries_stay`"),
        ("DROP INDEX documents_by_owner", "index `documents_by_owner`"),
        ("ALTER TABLE refusals RENAME COLUMN count TO other", "table `refusals`"),
        ("CREATE TRIGGER moved AFTER INSERT ON entries BEGIN SELECT 1; END", "trigger `moved`"),
    ];
    for (edit, words) in edits {
        each(&project, &[edit.to_owned()], |_| {
            let answer = project.ask("-u qa doctor");
            let (findings, hints) =
                (answer["error"]["details"]["findings"].to_string(), &answer["error"]["hints"]);
            let is_found =
                answer.status == 1 && findings.contains(words) && !hints.to_string().contains("doctor");
            (!is_found).then(|| format!("{findings} {hints}"))
        });
    }
}

// REQ-117
#[test]
fn what_vouches_for_the_log_is_given_only_where_the_log_is_there() {
    let project = furnished();
    let last = "DELETE FROM entries WHERE \"index\" = (SELECT max(\"index\") FROM entries)".to_owned();
    each(&project, &["DELETE FROM entries".to_owned(), last], |_| {
        let lines = [
            "-u claude audit checkpoint",
            "-u claude audit export -o jsonl",
            "-u claude audit export -o csv",
            "-u claude audit export -o md",
        ];
        let given: Vec<_> = lines.iter().filter(|line| project.run(line).status == 0).collect();
        (!given.is_empty()).then(|| format!("{given:?}"))
    });
}
