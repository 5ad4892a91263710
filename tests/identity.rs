//! Nobody acts as somebody else: what is presented, by whom, for what, and every way to cheat about it.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on stops"
)]

#[path = "identity/ambient.rs"]
mod ambient;
#[path = "identity/bound.rs"]
mod bound;
#[path = "identity/clock.rs"]
mod clock;
#[path = "identity/demands.rs"]
mod demands;
#[path = "identity/forms.rs"]
mod forms;
#[path = "identity/gxp.rs"]
mod gxp;
#[path = "identity/leaks.rs"]
mod leaks;
#[path = "identity/live.rs"]
mod live;
#[path = "identity/order.rs"]
mod order;
#[path = "identity/people.rs"]
mod people;
#[path = "identity/profiles.rs"]
mod profiles;
mod project;
#[path = "identity/recovery.rs"]
mod recovery;
#[path = "identity/registry.rs"]
mod registry;
#[path = "identity/signatures.rs"]
mod signatures;
#[path = "identity/signing.rs"]
mod signing;
#[path = "identity/sources.rs"]
mod sources;
#[path = "identity/terminal.rs"]
mod terminal;
#[path = "identity/times.rs"]
mod times;
#[path = "identity/tokens.rs"]
mod tokens;
#[path = "identity/uncompared.rs"]
mod uncompared;
#[path = "../src/domain/redact/written.rs"]
mod written;

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use qms::domain::audit::{Frontier, leaf_hash};
use qms::domain::digest::Digest;
use rusqlite::{Connection, params};
use serde_json::Value;

use self::project::answer::Answer;
use self::project::{Call, Project};

/// A passphrase that is long enough.
const PASSPHRASE: &str = "correct horse";

/// Presents nothing, whoever the line names.
fn bare(project: &Project, line: &str) -> Call {
    let mut call = project.call(line);
    call.command.env_remove("QMS_TOKEN_FILE").env_remove("QMS_PASSPHRASE_FILE");
    call
}

/// Presents the token in a file, whoever the line names.
fn with(project: &Project, token: &Path, line: &str) -> Call {
    bare(project, line).variable("QMS_TOKEN_FILE", &token.display().to_string())
}

/// Has a token issued that nobody presents by default, and returns its file.
fn issue(project: &Project, name: &str, words: &str) -> PathBuf {
    let file = project.folder().join(name);
    project.run(&format!("-u lead token issue {words} --out {}", file.display())).is(0);
    file
}

/// Returns the id of the credential that was issued last.
fn last_issued(project: &Project, user: &str) -> String {
    let store = Connection::open(project.database()).unwrap();
    let sql = "SELECT id FROM credentials WHERE user = ? ORDER BY issued_at DESC, rowid DESC";
    store.query_row(sql, [user], |row| row.get(0)).unwrap()
}

/// Writes a secret as its owner would keep it.
fn secret(project: &Project, name: &str, text: &str) -> PathBuf {
    let file = project.folder().join(name);
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::write(&file, format!("{text}\n")).unwrap();
    fs::set_permissions(&file, Permissions::from_mode(0o600)).unwrap();
    file
}

/// Adds a person, enrols it with a code and a passphrase, and returns the file with the passphrase.
fn enrolled(project: &Project, user: &str, group: &str) -> PathBuf {
    project
        .run(&format!("-u lead user add {user} --group {group} --name \"{user} the person\" --human"))
        .is(0);
    enrol(project, user, PASSPHRASE)
}

/// Enrols a person with a code from lead, and returns the file with the passphrase.
fn enrol(project: &Project, user: &str, passphrase: &str) -> PathBuf {
    let code = issue(project, &format!("{user}.code"), user);
    let phrase = secret(project, &format!("{user}.phrase"), passphrase);
    let line = format!("--token-file {} enrol --passphrase-file {}", code.display(), phrase.display());
    project.run(&line).is(0);
    phrase
}

/// Has somebody say that the fingerprint of a person's newest key is the one that its holder reads.
fn acknowledge(project: &Project, by: &str, user: &str) -> Answer {
    let key = last_issued(project, user);
    project.ask(&format!("-u {by} key acknowledge {user} --fingerprint {key}"))
}

/// Checks that a call is refused because who is calling is not believed, for this reason alone.
#[track_caller]
fn is_not_believed(call: Call, why: &str) -> Answer {
    let refused = call.ask().is(8);
    assert_eq!(refused.reasons(), [why], "{:#}", refused.value());
    refused
}

/// Reads the log.
fn log(project: &Project) -> Vec<Value> {
    let text = project.run("-u lead audit export").is(0).text();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Reads the newest entry.
fn newest(project: &Project) -> Value {
    log(project).pop().unwrap()
}

/// Reads the store, which is one file.
fn whole(project: &Project) -> Vec<u8> {
    fs::read(project.database()).unwrap()
}

/// Puts the store back.
fn put_back(project: &Project, whole: &[u8]) {
    fs::write(project.database(), whole).unwrap();
}

/// Makes leaves and head fit the entries again, as anybody can who has no key.
fn reseal(store: &Connection) {
    let mut statement = store.prepare("SELECT idx, bytes FROM entries ORDER BY idx").unwrap();
    let entries = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
    let mut frontier = Frontier::default();
    for entry in entries {
        let (index, bytes): (i64, Vec<u8>) = entry.unwrap();
        let leaf = leaf_hash(&bytes);
        frontier.push(leaf);
        let sql = "UPDATE entries SET leaf = ?2 WHERE idx = ?1 AND leaf <> ?2";
        store.execute(sql, params![index, leaf.as_bytes()]).unwrap();
    }
    let edge: Vec<u8> = frontier.edge().iter().flat_map(Digest::as_bytes).copied().collect();
    let size = i64::try_from(frontier.size()).unwrap();
    store.execute("UPDATE head SET size = ?, edge = ?", params![size, edge]).unwrap();
}
