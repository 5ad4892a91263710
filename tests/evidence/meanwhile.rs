//! What happens to a document, a caller or a store while a command runs, and before it begins.

use std::cell::RefCell;
use std::fs;
use std::fs::Permissions;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::Child;

use qms::domain::audit::ProjectKey;
use qms::domain::clock::Moment;
use qms::domain::digest::Timestamp;
use qms::domain::identity::{Call, Caller, Fate, Ticket, TicketId, argv_digest};
use qms::store::{Change, Read as _, Sqlite, Store as _, TicketMark};
use serde_json::{Value, json};

use crate::declared::{Declared, RUN, await_file, in_process};

/// A script that says that it runs, and goes on until it is told that it is enough.
const WAITS: &str =
    "echo $$ > ../running; while [ -e ../running ] && [ ! -e ../enough ]; do sleep 0.02; done; echo fine";

/// Begins a run, and returns when the command runs.
fn begin(declared: &Declared) -> Child {
    let mut call = declared.project.call(RUN);
    let child = call.command.args(["-o", "json"]).spawn().unwrap();
    await_file(&declared.project.folder().join("running"));
    child
}

/// Lets the command end, and returns the exit status and the answer.
fn end(declared: &Declared, child: Child) -> (i32, Value) {
    fs::write(declared.project.folder().join("enough"), "").unwrap();
    let output = child.wait_with_output().unwrap();
    (output.status.code().unwrap(), serde_json::from_slice(&output.stdout).unwrap())
}

// REQ-114
#[test]
fn a_run_of_a_content_that_changed_meanwhile_is_not_recorded() {
    let declared = Declared::new(WAITS);
    let project = &declared.project;
    project.play(&["-u claude checkout CR-001"]);
    let child = begin(&declared);
    project.edit("claude", "CR-001", "Pump", "Pumps");
    project.play(&["-u claude checkin CR-001"]);
    let (status, answer) = end(&declared, child);
    assert_eq!((status, &answer["error"]["code"]), (6, &json!("conflict")));
    assert_eq!(
        answer["error"]["message"],
        "CR-001 changed while `ci-passed` ran: nothing of the run is kept"
    );
    assert_eq!(answer["error"]["hints"], json!(["qms --user claude evidence run CR-001 ci-passed"]));
    assert!(declared.listed().is_empty());
    // That it was tried is no secret.
    let entry = &declared.entries()[0];
    assert_eq!([&entry["result"], &entry["reasons"][0]["name"]], ["denied", "run_overtaken"]);
    declared.verifies();
    declared.ask().is(0);
}

// REQ-114
#[test]
fn a_run_of_a_document_that_was_routed_meanwhile_is_not_in_its_round() {
    let declared = Declared::new(WAITS);
    let project = &declared.project;
    let child = begin(&declared);
    project.play(&["-u claude route CR-001 --review"]);
    let (status, answer) = end(&declared, child);
    assert_eq!((status, &answer["error"]["reasons"][0]["name"]), (4, &json!("not_from_this_state")));
    assert!(declared.listed().is_empty());
    declared.verifies();
}

#[test]
fn what_changes_no_content_meanwhile_does_not_matter() {
    let declared = Declared::new(WAITS);
    let child = begin(&declared);
    declared.project.play(&["-u claude checkout CR-001", "-u claude create CR --title Valve"]);
    let (status, answer) = end(&declared, child);
    assert_eq!((status, &answer["data"]["evidence"]["current"]), (0, &json!(true)));
}

#[test]
fn two_runs_at_once_are_both_recorded() {
    let declared = Declared::new(WAITS);
    let children = [begin(&declared), begin(&declared), begin(&declared)];
    for child in children {
        assert_eq!(end(&declared, child).0, 0);
    }
    let mut numbers: Vec<Value> = declared.listed().iter().map(|one| one["number"].clone()).collect();
    numbers.sort_by_key(Value::as_u64);
    assert_eq!(numbers, [1, 2, 3]);
    declared.verifies();
}

// REQ-114
#[test]
fn a_caller_whose_token_was_revoked_meanwhile_records_nothing() {
    let declared = Declared::new(WAITS);
    let project = &declared.project;
    project.issue(&["claude"]);
    let child = begin(&declared);
    let tokens = project.ask("-u lead token list").is(0);
    let all = tokens["data"]["credentials"].as_array().unwrap();
    let id = all.iter().find(|one| one["user"] == "claude").unwrap()["id"].as_str().unwrap().to_owned();
    project.run(&format!("-u lead token revoke {id}")).is(0);
    let (status, answer) = end(&declared, child);
    assert_eq!((status, &answer["error"]["reasons"][0]["name"]), (8, &json!("credential_revoked")));
    assert!(declared.listed().is_empty());
}

// REQ-114
#[test]
fn a_policy_that_declares_another_command_meanwhile_has_not_seen_it_run() {
    let declared = Declared::new(WAITS);
    let child = begin(&declared);
    declared.rewrite("policy.yaml", &declared.program().display().to_string(), "/bin/true");
    declared.adopt();
    let (status, answer) = end(&declared, child);
    assert_eq!((status, &answer["error"]["reasons"][0]["name"]), (4, &json!("program_changed")));
    assert!(declared.listed().is_empty());
}

thread_local! {
    /// The file that the command makes.
    static MARK: RefCell<PathBuf> = RefCell::default();
}

/// A moment long after any project of today was made.
const NOON: i64 = 4_102_488_000_000;

const HOUR: i64 = 60 * 60 * 1000;

#[test]
fn a_ticket_that_was_good_when_the_run_began_is_good_when_it_ends_and_only_once() {
    let declared = Declared::new("echo done > ../mark");
    let project = &declared.project;
    let mark = project.folder().join("mark");
    MARK.set(mark.clone());
    let root = fs::canonicalize(project.root()).unwrap().display().to_string();
    let key = ProjectKey::from_file_text(&fs::read_to_string(project.key()).unwrap()).unwrap();
    let words: Vec<&str> = RUN.split(' ').chain(["-o", "json"]).collect();
    let argv = argv_digest(words.iter().map(|word| word.as_bytes()));
    let caller = Caller { session: "s-1", ..Caller::default() };
    let at = Timestamp::from_millis(NOON);
    let call = Call { project: &project.id(), argv, cwd: &root, inputs: None };
    let ticket = Ticket::new(TicketId::from_bytes([7; 16]), caller, &"claude".parse().unwrap(), call, at);
    let mut store = Sqlite::open(&project.database()).unwrap();
    let mut kept = TicketMark { id: ticket.id, at, fate: Fate::Open, bearer: None, tag: None };
    kept.tag(&key);
    let head = store.head().unwrap();
    let (expected_size, tickets) = (head.frontier.size(), vec![kept]);
    store.commit(&Change { expected_size, tickets, head, ..Change::default() }).unwrap();
    drop(store);
    let ticket = format!("--ticket={}", ticket.seal(&key));
    // An hour passes while the command runs.
    let clock = || {
        let late = MARK.with_borrow(|mark| i64::from(mark.exists()) * HOUR);
        Moment::of(Timestamp::from_millis(NOON + late))
    };
    let line: Vec<&str> = words.into_iter().chain([ticket.as_str()]).collect();
    let called = || {
        let (status, out) = in_process(project, &line, clock, false);
        (status, serde_json::from_slice::<Value>(&out).unwrap())
    };
    let (status, answer) = called();
    assert_eq!(status, 0, "{answer:#}");
    assert_eq!(answer["meta"]["actor"]["assurance"], "ticket");
    assert_eq!(declared.entries()[0]["observed"]["duration_ms"], HOUR.to_string());
    // It was used, an hour later as before it began.
    assert_eq!(called().1["error"]["reasons"][0]["name"], "credential_used_up");
    let before = declared.listed().len();
    fs::remove_file(mark).unwrap();
    assert_eq!(called().0, 8);
    assert_eq!(declared.listed().len(), before);
}

/// Somebody who owns nothing on this machine (`nobody`).
const NOBODY: u32 = 65534;

fn walk(folder: &Path, act: &dyn Fn(&Path)) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            walk(&path, act);
        } else {
            act(&path);
        }
    }
    act(folder);
}

// REQ-114
#[test]
fn where_nothing_can_be_written_nothing_is_run() {
    let declared = Declared::new("echo ran > /tmp/$PPID.ran");
    let project = &declared.project;
    let before = project.log_size();
    let (key, kept) = (project.key(), project.folder().join("kept"));
    fs::rename(&key, &kept).unwrap();
    project.run(RUN).is(1).says("the project key is missing");
    fs::rename(kept, key).unwrap();
    let is_root = fs::metadata("/proc/self").is_ok_and(|about| about.uid() == 0);
    let restricted = |path: &Path, mode: u32| {
        if is_root {
            chown(path, Some(NOBODY), Some(NOBODY)).unwrap();
        }
        let key = path.ends_with("key");
        let script = path.is_dir() || path == declared.program();
        let own = if key {
            0o600
        } else if script {
            0o755 & mode
        } else {
            0o644 & mode
        };
        fs::set_permissions(path, Permissions::from_mode(own)).unwrap();
    };
    walk(project.folder(), &|path| restricted(path, 0o555));
    let mut call = project.call(RUN);
    if is_root {
        call.command.uid(NOBODY).gid(NOBODY);
    }
    let child = call.command.spawn().unwrap();
    let ran = PathBuf::from(format!("/tmp/{}.ran", child.id()));
    let output = child.wait_with_output().unwrap();
    walk(project.folder(), &|path| restricted(path, 0o777));
    assert_eq!(output.status.code(), Some(12), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(!ran.exists(), "the command was run");
    assert_eq!(project.log_size(), before);
}
