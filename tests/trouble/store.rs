//! The store: missing, damaged, newer, read-only, locked, on a full disk.

use std::fs;
use std::fs::Permissions;
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::Command;

use super::{NOBODY, drafted, is_root, is_whole, walk};
use crate::project::{PROGRAM, Project};

/// Checks that a store cannot be used, is said to be what it is, and is left as it was.
fn is_unusable(project: &Project, words: &str) {
    let before = fs::read(project.database()).ok();
    let files = project.files();
    for line in ["-u qa list", "-u claude create CR --title x", "-u nobody list", "-u qa audit verify"] {
        let answer = project.ask(line).is(12);
        assert_eq!(answer["error"]["code"], "store_unavailable");
        let ran = project.run(line).is(12).says(words);
        assert!(!ran.stderr.contains("acting as"), "{}", ran.stderr);
    }
    assert_eq!(fs::read(project.database()).ok(), before);
    assert_eq!(project.files(), files);
    // What needs no store still works.
    project.run("explain store_unavailable").is(0);
    project.run("--help").is(0);
}

// REQ-127
#[test]
fn a_missing_store_is_said_to_be_missing_and_not_made_anew() {
    let project = drafted();
    let kept = project.folder().join("kept.db");
    fs::rename(project.database(), &kept).unwrap();
    is_unusable(&project, "qms.db");
    assert!(!project.database().exists());
    fs::rename(&kept, project.database()).unwrap();
    is_whole(&project);
}

// REQ-173
#[test]
fn a_project_of_an_unreleased_version_is_refused_in_words() {
    let project = drafted();
    rusqlite::Connection::open(project.database()).unwrap().pragma_update(None, "user_version", 5).unwrap();
    let whole = fs::read(project.database()).unwrap();
    for line in ["-u claude list", "-u claude create CR --title x", "-u claude audit verify"] {
        let refused = project.ask(line).is(12);
        let message = refused["error"]["message"].as_str().unwrap();
        assert!(
            message.contains("an unreleased version of qms") && message.contains("begin a new"),
            "{message}"
        );
    }
    assert_eq!(fs::read(project.database()).unwrap(), whole);
}

// REQ-127
#[test]
fn a_damaged_store_is_said_to_be_damaged() {
    let project = drafted();
    let whole = fs::read(project.database()).unwrap();
    for bytes in
        [b"this is no database at all".repeat(500).as_slice(), &whole[..whole.len() / 2], &whole[..100]]
    {
        fs::write(project.database(), bytes).unwrap();
        is_unusable(&project, "qms.db");
        // A cause that a library says twice is said once.
        let said = project.run("-u qa list").stderr;
        let causes: Vec<&str> = said.lines().filter(|line| line.contains("because:")).collect();
        assert!(causes.len() <= 1, "{said}");
    }
    fs::write(project.database(), b"").unwrap();
    is_unusable(&project, "");
    fs::write(project.database(), &whole).unwrap();
    is_whole(&project);
}

// REQ-127
#[test]
fn a_store_of_a_newer_program_is_not_touched() {
    let project = drafted();
    let store = rusqlite::Connection::open(project.database()).unwrap();
    store.execute_batch("PRAGMA user_version = 9000").unwrap();
    drop(store);
    is_unusable(&project, "use a newer qms");
}

// REQ-128
#[test]
fn a_read_only_store_can_be_read_and_not_written() {
    let project = drafted();
    let restricted = |path: &Path, mode: u32| {
        if is_root() {
            chown(path, Some(NOBODY), Some(NOBODY)).unwrap();
        }
        let writable = if path.is_dir() { 0o755 } else { 0o644 };
        let key = path.ends_with("key");
        fs::set_permissions(path, Permissions::from_mode(if key { 0o600 } else { writable & mode })).unwrap();
    };
    walk(project.folder(), &|path| restricted(path, 0o555));
    let run = |line: &str| {
        let mut call = project.call(line);
        if is_root() {
            call.command.uid(NOBODY).gid(NOBODY);
        }
        call.run()
    };
    for line in ["list", "status CR-001", "read SOP-001", "history CR-001", "audit verify --contents"] {
        run(&format!("-u qa {line}")).is(0);
    }
    let refused = run("-u claude create CR --title x").is(12);
    assert!(
        refused.stderr.contains("cannot be written") || refused.stderr.contains("read-only"),
        "{}",
        refused.stderr
    );
    walk(project.folder(), &|path| restricted(path, 0o777));
    assert_eq!(project.log_size(), 2);
}

/// Holds the lock of whoever is writing.
fn held(project: &Project) -> rusqlite::Connection {
    let store = rusqlite::Connection::open(project.database()).unwrap();
    store.execute_batch("BEGIN IMMEDIATE").unwrap();
    store
}

// REQ-128
#[test]
fn while_another_process_writes_reading_goes_on_and_writing_waits_its_turn() {
    let project = drafted();
    let store = held(&project);
    let mut writer = project.call("-u claude create CR --title x").command.spawn().unwrap();
    project.run("-u qa list").is(0);
    project.run("-u qa audit verify").is(0);
    assert!(writer.try_wait().unwrap().is_none(), "it did not wait");
    drop(store);
    assert!(writer.wait().unwrap().success());
    assert_eq!(project.log_size(), 3);
}

// REQ-128
#[test]
#[ignore = "waits half a minute"]
fn a_store_that_stays_locked_is_unavailable() {
    let project = drafted();
    let store = held(&project);
    let refused = project.keeps(0, || project.ask("-u claude create CR --title x")).is(12);
    assert!(
        refused["error"]["message"].as_str().unwrap().contains("another process"),
        "{:#}",
        refused.value()
    );
    drop(store);
    project.run("-u claude create CR --title x").is(0);
}

#[test]
#[ignore = "waits twenty seconds"]
fn a_process_that_stands_still_while_it_publishes_holds_nobody_up_for_ever() {
    let project = drafted();
    let lock = fs::File::create(project.path(".qms/publish.lock")).unwrap();
    lock.lock().unwrap();
    let done = project.ask("-u claude create CR --title x").is(0);
    assert_eq!(done["warnings"][0]["code"], "not_published");
    project.ask("-u qa doctor").is(1);
    let refused = project.ask("-u qa doctor --repair").is(10);
    assert_eq!(refused["error"]["code"], "timed_out");
    drop(lock);
    // What was left is made good by the next command.
    project.run("-u qa list").is(0);
    project.run("-u qa doctor").is(0);
}

/// What happens on a small disk of its own, step by step; each line of output is a status.
const FULL_DISK: &str = r#"
mount -t tmpfs -o size=4m none "$1" || exit 99
cp -a "$2/." "$1/" && cd "$1/project" || exit 99
export XDG_STATE_HOME="$1/state"
dd if=/dev/zero of="$1/filler" bs=1k 2>/dev/null
"$3" -u claude create CR --title x >&2; echo "create $?"
"$3" -u claude checkin CR-001 >&2; echo "checkin $?"
"$3" -u qa list >/dev/null; echo "list $?"
rm "$1/filler"
"$3" -u qa audit verify --contents >/dev/null; echo "verify $?"
"$3" -u claude create CR --title x -q; echo "again $?"
"$3" -u qa doctor >/dev/null; echo "doctor $?"
"#;

// REQ-116
#[test]
fn a_full_disk_loses_nothing() {
    let project = drafted();
    let place = tempfile::tempdir().unwrap();
    let output = Command::new("unshare")
        .args(if is_root() {
            ["--mount", "--fork"].as_slice()
        } else {
            &["--mount", "--fork", "--map-root-user"]
        })
        .args(["sh", "-c", FULL_DISK, "sh"])
        .args([place.path(), project.folder(), Path::new(PROGRAM)])
        .output();
    let Ok(output) = output else {
        eprintln!("left out: there is no unshare");
        return;
    };
    let (text, talk) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    if !text.contains("create") {
        eprintln!("left out: no disk can be mounted here: {talk}");
        return;
    }
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.first(), Some(&"create 12"), "{text}\n{talk}");
    for line in ["checkin 12", "list 0", "verify 0", "✓ CR-002 created", "again 0", "doctor 0"] {
        assert!(lines.contains(&line), "{line}\n{text}\n{talk}");
    }
    assert!(talk.contains("full"), "{talk}");
}
