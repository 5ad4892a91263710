//! Attacks: chains of steps at whose end somebody would act as somebody else, beyond their rights, or unseen.
//! Each step is one that the program takes or refuses by itself; what counts is where the chain ends.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on stops")]

#[path = "attacks/blindness.rs"]
mod blindness;
#[path = "attacks/duties.rs"]
mod duties;
#[path = "attacks/files.rs"]
mod files;
#[path = "attacks/hooks.rs"]
mod hooks;
#[path = "attacks/keys.rs"]
mod keys;
#[path = "attacks/lines.rs"]
mod lines;
#[path = "attacks/places.rs"]
mod places;
#[path = "attacks/profiles.rs"]
mod profiles;
mod project;
#[path = "attacks/steps.rs"]
mod steps;
#[path = "attacks/store.rs"]
mod store;
#[path = "attacks/texts.rs"]
mod texts;

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;

use self::project::answer::Answer;
use self::project::{Project, Ran};

/// A passphrase that is long enough.
const PASSPHRASE: &str = "correct horse";

/// Writes a passphrase where the holder of a key keeps it.
fn phrase(project: &Project, name: &str) -> PathBuf {
    let file = project.folder().join(format!("config/{name}.phrase"));
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::write(&file, format!("{PASSPHRASE}\n")).unwrap();
    fs::set_permissions(&file, Permissions::from_mode(0o600)).unwrap();
    file
}

/// Gives `lead` a key in the place of the token, and makes a light project one of the profile `gxp`.
fn becomes_gxp(project: &Project) {
    let token = project.token("lead").unwrap();
    let phrase = phrase(project, "lead");
    let words = format!("--token-file {} --passphrase-file {} enrol", token.display(), phrase.display());
    project.run(&words).is(0);
    fs::remove_file(token).unwrap();
    adopt(project, "profile: light", "profile: gxp");
}

/// Has `by` issue a code for a person, and returns its file.
fn code(project: &Project, by: &str, user: &str) -> PathBuf {
    let mut number = 0..;
    let mut files = number.by_ref().map(|number| project.folder().join(format!("{user}-{number}.code")));
    let file = files.find(|file| !file.exists()).unwrap();
    project.run(&format!("-u {by} token issue {user} --out {}", file.display())).is(0);
    file
}

/// Makes a key with a code.
fn enrol(project: &Project, user: &str, code: &std::path::Path) -> Answer {
    let phrase = phrase(project, user);
    let words = format!("--token-file {} --passphrase-file {} enrol", code.display(), phrase.display());
    project.ask(&words)
}

/// Adds a person with a key, by a code of `lead`.
fn person(project: &Project, user: &str, group: &str) {
    project.run(&format!("-u lead user add {user} --group {group} --human")).is(0);
    let code = code(project, "lead", user);
    enrol(project, user, &code).is(0);
}

/// Has somebody say that they compared the newest key of a person.
fn acknowledge(project: &Project, by: &str, user: &str) -> Answer {
    let key = newest(project, user);
    project.ask(&format!("-u {by} key acknowledge {user} --fingerprint {key}"))
}

/// Returns the id of the newest key of a person.
fn newest(project: &Project, user: &str) -> String {
    let store = rusqlite::Connection::open(project.database()).unwrap();
    let sql =
        "SELECT id FROM credentials WHERE user = ? AND kind = 'key' ORDER BY issued_at DESC, rowid DESC";
    store.query_row(sql, [user], |row| row.get(0)).unwrap()
}

/// Replaces text in the policy, and has it adopted by `lead`.
fn adopt(project: &Project, from: &str, to: &str) -> Ran {
    let path = project.path("workflows/policy.yaml");
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.contains(from), "{from}");
    fs::write(path, text.replacen(from, to, 1)).unwrap();
    project.run("-u lead workflow adopt").is(0)
}
