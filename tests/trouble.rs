//! Everything that goes wrong in practice: the right status, a clear message, nothing changed, nothing lost.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "a test that cannot go on stops, and says why it left something out"
)]

mod project;

use std::collections::BTreeSet;
use std::fs::{self, Permissions};
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown, symlink};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};

use self::project::{PROGRAM, Project, Ran};

/// Somebody who owns nothing on this machine (`nobody`).
const NOBODY: u32 = 65534;

/// A project in which claude has CR-001 checked out.
fn drafted() -> Project {
    let project = Project::new();
    project.run("-u claude create CR --title \"A change\"").is(0);
    project
}

/// A project with CR-001 in a review by qa and tu.
fn in_review() -> Project {
    let project = drafted();
    project.run("-u claude route CR-001 --review --assignees tu").is(0);
    project
}

fn document(project: &Project, id: &str) -> Value {
    project.ask(&format!("-u qa status {id}")).is(0)["data"]["document"].clone()
}

/// Checks that the audit trail and everything beside it are whole.
fn is_whole(project: &Project) {
    project.run("-u qa audit verify --contents").is(0);
    project.run("-u qa doctor").is(0);
}

fn is_whole_for(project: &Project, user: u32) {
    let mut call = project.call("-u qa audit verify --contents");
    call.command.uid(user).gid(user);
    call.run().is(0);
}

/// Checks that a line is refused for one reason, recorded, and changes nothing.
fn is_refused(project: &Project, line: &str, status: i32, reason: &str, words: &str) {
    let refused = project.keeps(1, || project.ask(line)).is(status);
    assert!(refused.reasons().contains(&reason), "{line}: {:?}", refused.reasons());
    let message = refused["error"]["message"].as_str().unwrap();
    assert!(message.contains(words), "{line}: no {words:?} in {message:?}");
}

// What is named does not exist.

#[test]
fn what_does_not_exist_is_not_found_and_changes_nothing() {
    let project = drafted();
    project.keeps(0, || {
        for (line, words) in [
            ("-u claude approve CR-999", "no document `CR-999`"),
            ("-u claude create MEMO --title x", "no document type `MEMO`"),
            ("-u claude create VAR --parent CR-999", "no document `CR-999`"),
            ("-u claude read CR-001 --version 9.9", "no version 9.9"),
            ("-u claude diff CR-001 --from 9.9", "no version 9.9"),
            ("-u lead workflow adopt nothing.yaml", "no file `workflows/nothing.yaml`"),
        ] {
            project.run(line).is(5).says(words).says("acting as");
        }
    });
}

#[test]
fn an_unknown_verb_or_option_or_value_is_a_usage_error() {
    let project = drafted();
    project.keeps(0, || {
        for (line, words) in [
            ("-u claude aprove CR-001", "approve"),
            ("-u claude review CR-001 --maybe", "--maybe"),
            ("-u claude list --state draft", "`draft` is not a state name"),
            ("-u claude list --color sometimes", "sometimes"),
            ("-u claude audit export --format pdf", "pdf"),
            ("-u claude route CR-001 --sideways", "--sideways"),
            ("-u claude status CR-001 CR-002", "CR-002"),
            ("-u claude create CR --title", "--title"),
        ] {
            project.run(line).is(2).says(words);
        }
    });
}

#[test]
fn an_unknown_user_does_nothing_and_learns_nothing() {
    let project = drafted();
    project.keeps(1, || {
        let there = project.run("-u stranger checkout CR-001").is(8);
        let not_there = project.run("-u stranger checkout CR-999").is(8);
        assert_eq!(there.stderr, not_there.stderr);
        assert_eq!(there.stderr, "error: `stranger` is not a user of this project\n");
        assert_eq!(there.text() + &not_there.text(), "");
    });
    project.keeps(0, || project.run("-u stranger read SOP-001").is(8));
    assert!(!project.path(".qms/workspace/stranger").exists());
}

#[test]
fn names_that_look_alike_or_leave_their_folder_are_nobody() {
    let project = in_review();
    let lookalikes = ["../qa", "q\u{430}", "QA", "qa ", "qa\u{200b}", "./qa", "qa/../tu", "", "qa\u{202e}"];
    let before = project.files();
    for name in lookalikes {
        project.words(&["--user", name, "status", "CR-001"]).ask().is(8);
        project.words(&["--user", name, "review", "CR-001", "--recommend", "--comment", "x"]).ask().is(8);
        // A list of users may have spaces in it; the names in it are names.
        if name != "qa " {
            project.words(&["-u", "qa", "assign", "CR-001", "--assignees", name]).ask().is(2);
        }
        let added =
            project.words(&["-u", "lead", "user", "add", name, "--group", "quality", "--agent"]).ask();
        assert_eq!(
            added.is(4).reasons(),
            [if name.is_empty() { "missing_input" } else { "invalid_input" }]
                .into_iter()
                .chain(name.is_empty().then_some("invalid_input"))
                .collect::<Vec<_>>()
        );
        project.words(&["-u", "qa", "user", "show", name]).ask().is(5);
    }
    assert_eq!(project.files(), before);
    assert_eq!(document(&project, "CR-001")["assignees"].as_array().unwrap().len(), 2);
    // What was claimed is shown so that it can be told from the real name.
    let shown = project.words(&["--user", "q\u{430}\u{202e}", "list"]).run().is(8);
    assert_eq!(shown.stderr, "error: `qа\\u{202e}` is not a user of this project\n");
    is_whole(&project);
}

#[test]
fn a_huge_claimed_name_leaves_a_small_entry() {
    let project = drafted();
    let name = "x".repeat(100_000);
    project.words(&["--user", &name, "create", "CR"]).run().is(8);
    let log = project.run("-u qa audit export").is(0).text();
    assert!(log.lines().last().unwrap().len() < 2_000, "{} bytes", log.lines().last().unwrap().len());
}

// What is said is wrong.

#[test]
fn an_action_in_the_wrong_state_is_refused_with_what_can_be_done() {
    let project = drafted();
    is_refused(&project, "-u qa approve CR-001", 4, "not_from_this_state", "while CR-001 is DRAFT");
    is_refused(&project, "-u claude close CR-001", 4, "not_from_this_state", "`close` is not possible");
    is_refused(&project, "-u claude route CR-001 --retirement", 4, "not_from_this_state", "--retirement");
    let refused = project.run("-u claude release CR-001").is(4);
    for words in ["not possible now, nothing was changed", "Available actions", "route CR-001 --review"] {
        assert!(refused.stderr.contains(words), "{words:?} in {}", refused.stderr);
    }
    assert_eq!(document(&project, "CR-001")["revision"], 1);
}

#[test]
fn an_empty_comment_is_refused_however_it_comes() {
    let project = in_review();
    fs::write(project.path("blank.txt"), " \n\t\n").unwrap();
    for comment in ["--comment \"\"", "--comment \" \"", "--comment-file blank.txt", "--comment -"] {
        let line = format!("-u tu review CR-001 --recommend {comment}");
        is_refused(&project, &line, 4, "missing_input", "`comment` is missing or blank");
    }
    project.keeps(0, || project.run("-u tu review CR-001 --recommend").is(2).says("--comment"));
    project.keeps(0, || {
        project.run("-u tu review CR-001 --recommend --comment-file none.txt").is(1).says("none.txt")
    });
    assert_eq!(document(&project, "CR-001")["assignees"][1]["answered"], json!(false));
}

#[test]
fn a_comment_of_five_megabytes_is_refused_and_not_kept() {
    let project = in_review();
    let call = || project.call("-u tu review CR-001 --recommend --comment -");
    let refused = project.keeps(1, || call().input("x".repeat(5_000_000)).ask()).is(4);
    assert_eq!(refused.reasons(), ["invalid_input"]);
    assert_eq!(refused["error"]["message"], "`comment` has 5000000 bytes, 65536 are allowed");
    let log = project.run("-u qa audit export").is(0).text();
    assert!(log.len() < 20_000, "{} bytes of log", log.len());
    project.keeps(0, || call().input([b'a', 0xff, 0xfe]).ask()).is(2);
    // The longest that is allowed comes through whole.
    call().input("é".repeat(32 * 1024)).ask().is(0);
    let comments = project.ask("-u claude comments CR-001").is(0);
    assert_eq!(comments["data"]["comments"][0]["comment"].as_str().unwrap().len(), 65_536);
}

#[test]
fn a_title_cannot_carry_what_does_not_show() {
    let project = drafted();
    for (title, code) in [
        ("esc\u{1b}[2Jape", "U+001B"),
        ("two\nlines", "U+000A"),
        ("\u{202e}txet desrever", "U+202E"),
        ("zero\u{200b}width", "U+200B"),
        ("tab\there", "U+0009"),
        ("\u{2066}isolated", "U+2066"),
    ] {
        let refused =
            project.keeps(1, || project.words(&["-u", "claude", "create", "CR", "--title", title]).ask());
        assert_eq!(refused.is(4)["error"]["reasons"][0]["name"], "invalid_input");
        // The same in the front matter, written by hand.
        let copy = project.copy("claude", "CR-001");
        let text = fs::read_to_string(&copy).unwrap();
        let escaped: String =
            title.chars().fold(String::new(), |text, c| text + &format!("\\U{:08x}", u32::from(c)));
        fs::write(&copy, text.replace("\"A change\"", &format!("\"{escaped}\""))).unwrap();
        is_refused(&project, "-u claude checkin CR-001", 4, "copy_unsound", code);
        fs::write(&copy, text).unwrap();
    }
    is_refused(
        &project,
        &format!("-u claude create CR --title {}", "x".repeat(201)),
        4,
        "invalid_input",
        "200",
    );
    // Nothing of it reaches a terminal or a list.
    let shown = project.run("-u qa history CR-001").is(0).text() + &project.run("-u qa list").is(0).text();
    assert!(!shown.contains(|c: char| c.is_control() && c != '\n'), "{shown:?}");
    project.run("-u claude create CR --title \"Ünïcode 標題 is fine\"").is(0);
}

// Working copies.

#[test]
fn a_deleted_working_copy_is_missed_and_restored() {
    let project = drafted();
    let copy = project.copy("claude", "CR-001");
    let text = fs::read(&copy).unwrap();
    fs::remove_file(&copy).unwrap();
    for line in ["-u claude checkin CR-001", "-u claude route CR-001 --review"] {
        is_refused(&project, line, 4, "copy_unsound", "the working copy of CR-001 is gone");
    }
    project.run("-u claude checkin CR-001").is(4).says("try: qms --user claude checkout CR-001");
    project.run("-u claude checkout CR-001").is(0);
    assert_eq!(fs::read(&copy).unwrap(), text);
    project.run("-u claude checkin CR-001").is(0);
}

#[test]
fn broken_front_matter_is_refused_with_its_line_and_kept() {
    let project = drafted();
    let copy = project.copy("claude", "CR-001");
    let sound = fs::read_to_string(&copy).unwrap();
    for (from, to, words) in [
        ("---\n", "", "CR-001.md: does not begin with front matter"),
        ("title: \"A change\"", "title: \"A change", "CR-001.md:"),
        ("title: \"A change\"", "title: \"A change\"\ntitle: Another", "CR-001.md:6:"),
        ("title: \"A change\"", "title: 1.10", "CR-001.md:5:"),
        ("type: CR\n", "", "has no `type`"),
        ("id: CR-001", "id: CR-002", "names CR CR-002, not CR-001"),
        ("type: CR", "type: SOP", "names SOP CR-001"),
        ("title: \"A change\"", "title: \"A change\"\nversion: \"9.0\"", "`version` does not belong"),
        ("title: \"A change\"", "title: \"A change\"\nstate: EFFECTIVE", "`state` does not belong"),
    ] {
        assert!(sound.contains(from));
        let broken = sound.replacen(from, to, 1);
        fs::write(&copy, &broken).unwrap();
        is_refused(&project, "-u claude checkin CR-001", 4, "copy_unsound", words);
        project.run("-u claude route CR-001 --review").is(4).says(words);
        // Checking out again never overwrites what somebody wrote.
        project.run("-u claude checkout CR-001").is(0).says("left as it is");
        assert_eq!(fs::read_to_string(&copy).unwrap(), broken);
    }
    fs::write(&copy, sound.replace("A change", "A better change")).unwrap();
    project.run("-u claude checkin CR-001").is(0);
    assert_eq!(document(&project, "CR-001")["title"], "A better change");
    is_whole(&project);
}

#[test]
fn a_working_copy_in_another_encoding_is_refused_and_kept() {
    let project = drafted();
    let copy = project.copy("claude", "CR-001");
    let text = fs::read_to_string(&copy).unwrap();
    let utf16: Vec<u8> =
        [0xff, 0xfe].into_iter().chain(text.encode_utf16().flat_map(u16::to_le_bytes)).collect();
    fs::write(&copy, &utf16).unwrap();
    is_refused(&project, "-u claude checkin CR-001", 4, "copy_unsound", "not UTF-8 text");
    assert_eq!(fs::read(&copy).unwrap(), utf16);
    // A byte order mark and Windows line ends are somebody's editor, not a fault.
    fs::write(&copy, format!("\u{feff}{}", text.replace('\n', "\r\n"))).unwrap();
    project.run("-u claude checkin CR-001").is(0);
}

#[test]
fn a_working_copy_that_is_a_link_a_folder_a_pipe_or_huge_is_refused() {
    let project = drafted();
    let copy = project.copy("claude", "CR-001");
    let secret = project.folder().join("secret.txt");
    fs::rename(&copy, &secret).unwrap();
    symlink(&secret, &copy).unwrap();
    let refused = |words| is_refused(&project, "-u claude checkin CR-001", 4, "copy_unsound", words);
    refused("is a symbolic link");
    fs::remove_file(&copy).unwrap();

    fs::create_dir(&copy).unwrap();
    refused("is not a file");
    // The remedy moves it out of the way and gives a fresh copy.
    let restored = project.ask("-u claude checkout CR-001").is(0);
    assert_eq!(restored["warnings"][0]["code"], "copy_set_aside");
    assert!(project.path(".qms/workspace/claude/CR-001.1.old.md").is_dir());
    assert_eq!(fs::read(&copy).unwrap(), fs::read(&secret).unwrap());
    fs::remove_file(&copy).unwrap();

    assert!(Command::new("mkfifo").arg(&copy).status().unwrap().success());
    let refused = project.ask("-u claude checkin CR-001").is(4);
    assert!(refused["error"]["message"].as_str().unwrap().contains("is not a file"));
    fs::remove_file(&copy).unwrap();

    fs::File::create(&copy).unwrap().set_len(17 * 1024 * 1024).unwrap();
    let refused = project.ask("-u claude checkin CR-001").is(4);
    assert!(refused["error"]["message"].as_str().unwrap().contains("larger than 16 MiB"));
    assert_eq!(document(&project, "CR-001")["version"], "0.1");
}

#[test]
fn a_working_copy_of_another_document_is_refused() {
    let project = drafted();
    project.run("-u claude create CR --title Another").is(0);
    let (one, two) = (project.copy("claude", "CR-001"), project.copy("claude", "CR-002"));
    let own = fs::read(&one).unwrap();
    fs::copy(&two, &one).unwrap();
    let line = "-u claude checkin CR-001";
    is_refused(&project, line, 4, "copy_unsound", "names CR CR-002, not CR-001");
    fs::copy(two.with_extension("json"), one.with_extension("json")).unwrap();
    is_refused(&project, line, 4, "copy_unsound", "the working copy is of CR-002, not of CR-001");
    // Without the file beside it nobody knows what the copy started from.
    fs::remove_file(one.with_extension("json")).unwrap();
    is_refused(&project, line, 4, "copy_unsound", "has lost the file beside it");
    let restored = project.ask("-u claude checkout CR-001").is(0);
    assert_eq!(restored["warnings"][0]["code"], "copy_set_aside");
    assert_eq!(fs::read(&one).unwrap(), own);
}

#[test]
fn a_working_copy_of_an_earlier_check_out_is_refused() {
    let project = drafted();
    let copy = project.copy("claude", "CR-001");
    let sidecar = copy.with_extension("json");
    let old = (fs::read(&copy).unwrap(), fs::read(&sidecar).unwrap());
    project.edit("claude", "CR-001", "A change", "A newer change");
    project.play(&["-u claude checkin CR-001", "-u claude checkout CR-001"]);
    fs::write(&copy, &old.0).unwrap();
    fs::write(&sidecar, &old.1).unwrap();
    is_refused(&project, "-u claude checkin CR-001", 4, "copy_unsound", "started from another content");
    assert_eq!(fs::read(&copy).unwrap(), old.0);
    assert_eq!(document(&project, "CR-001")["title"], "A newer change");

    // A transfer voids the check-out; what its holder wrote stays where it is.
    project.run("-u lead transfer CR-001 --to lead --reason holiday").is(0);
    let refused = project.keeps(1, || project.ask("-u claude checkin CR-001")).is(7);
    assert_eq!(refused.reasons(), ["not_owner", "not_checked_out"]);
    assert_eq!(fs::read(&copy).unwrap(), old.0);
}

#[test]
fn a_working_copy_that_cannot_be_removed_is_checked_in_all_the_same() {
    let project = drafted();
    if fs::metadata("/proc/self").unwrap().uid() != 0 {
        eprintln!("left out: only root can act as another user");
        return;
    }
    walk(project.folder(), &|path| chown(path, Some(NOBODY), Some(NOBODY)).unwrap());
    let copy = project.copy("claude", "CR-001");
    chown(copy.parent().unwrap(), Some(0), Some(0)).unwrap();
    let mut call = project.call("-u claude checkin CR-001");
    call.command.uid(NOBODY).gid(NOBODY);
    let answer = call.ask().is(0);
    assert_eq!(answer["warnings"][0]["code"], "copy_not_removed");
    assert_eq!(answer["data"]["document"]["checked_out_by"], Value::Null);
    assert!(copy.exists());
    is_whole_for(&project, NOBODY);
}

// The store.

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

/// Takes away what SQLite keeps beside the database, after moving all of it into the database.
fn settle(project: &Project) {
    let store = rusqlite::Connection::open(project.database()).unwrap();
    store.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).unwrap();
    drop(store);
    for name in [".qms/qms.db-wal", ".qms/qms.db-shm"] {
        let _absent = fs::remove_file(project.path(name));
    }
}

#[test]
fn a_missing_store_is_said_to_be_missing_and_not_made_anew() {
    let project = drafted();
    settle(&project);
    let kept = project.folder().join("kept.db");
    fs::rename(project.database(), &kept).unwrap();
    is_unusable(&project, "qms.db");
    assert!(!project.database().exists());
    fs::rename(&kept, project.database()).unwrap();
    is_whole(&project);
}

#[test]
fn a_damaged_store_is_said_to_be_damaged() {
    let project = drafted();
    settle(&project);
    let whole = fs::read(project.database()).unwrap();
    for bytes in
        [b"this is no database at all".repeat(500).as_slice(), &whole[..whole.len() / 2], &whole[..100]]
    {
        fs::write(project.database(), bytes).unwrap();
        is_unusable(&project, "qms.db");
    }
    fs::write(project.database(), b"").unwrap();
    is_unusable(&project, "");
    fs::write(project.database(), &whole).unwrap();
    is_whole(&project);
}

#[test]
fn a_store_of_a_newer_program_is_not_touched() {
    let project = drafted();
    let store = rusqlite::Connection::open(project.database()).unwrap();
    store.execute_batch("PRAGMA user_version = 9000").unwrap();
    drop(store);
    is_unusable(&project, "use a newer qms");
}

#[test]
fn a_read_only_store_can_be_read_and_not_written() {
    let project = drafted();
    settle(&project);
    let is_root = fs::metadata("/proc/self").unwrap().uid() == 0;
    let restricted = |path: &Path, mode: u32| {
        if is_root {
            chown(path, Some(NOBODY), Some(NOBODY)).unwrap();
        }
        let writable = if path.is_dir() { 0o755 } else { 0o644 };
        let key = path.ends_with("key");
        fs::set_permissions(path, Permissions::from_mode(if key { 0o600 } else { writable & mode })).unwrap();
    };
    walk(project.folder(), &|path| restricted(path, 0o555));
    let run = |line: &str| {
        let mut call = project.call(line);
        if is_root {
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

#[test]
fn whoever_may_not_read_the_key_can_still_read_the_record() {
    let project = drafted();
    if fs::metadata("/proc/self").unwrap().uid() != 0 {
        eprintln!("left out: only root can act as another user");
        return;
    }
    walk(project.folder(), &|path| {
        let mode = if path.ends_with("key") {
            0o600
        } else if path.is_dir() {
            0o777
        } else {
            0o666
        };
        fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
    });
    let run = |line: &str| {
        let mut call = project.call(line);
        call.command.uid(NOBODY).gid(NOBODY);
        call.run()
    };
    run("-u qa list").is(0);
    let verified = run("-u qa audit verify").is(0).text();
    assert!(verified.contains("unchecked"), "{verified}");
    run("-u claude create CR --title x").is(1).says("key");
    assert_eq!(project.log_size(), 2);
}

/// Holds the lock of whoever is writing.
fn held(project: &Project) -> rusqlite::Connection {
    let store = rusqlite::Connection::open(project.database()).unwrap();
    store.execute_batch("BEGIN IMMEDIATE").unwrap();
    store
}

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

#[test]
fn a_full_disk_loses_nothing() {
    let project = drafted();
    let place = tempfile::tempdir().unwrap();
    let is_root = fs::metadata("/proc/self").unwrap().uid() == 0;
    let output = Command::new("unshare")
        .args(if is_root {
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

// Streams and terminals.

#[test]
fn nobody_waits_for_text_that_is_of_no_use() {
    let project = in_review();
    let (reader, writer) = std::io::pipe().unwrap();
    let run = |line: &str| {
        let mut call = project.call(line);
        call.command.stdin(reader.try_clone().unwrap());
        call.run()
    };
    run("review CR-001 --recommend --comment -").is(2).says("who is calling?");
    run("-u tu review CR-001 --recommend --comment - --root /nowhere").is(5);
    run("-u tu review --recommend --comment -").is(2);
    drop(writer);
}

#[test]
fn a_closed_standard_input_is_an_empty_one() {
    let project = in_review();
    let closed = |line: &str| {
        let words = project.call(line).command;
        let mut command = Command::new("sh");
        command.args(["-c", "exec \"$0\" \"$@\" <&-", PROGRAM]).args(words.get_args());
        command.env_clear().env("XDG_STATE_HOME", project.folder().join("state")).current_dir(project.root());
        command.output().unwrap()
    };
    assert_eq!(closed("-u qa status CR-001").status.code(), Some(0));
    assert_eq!(closed("-u tu review CR-001 --recommend --comment -").status.code(), Some(4));
    assert_eq!(closed("-u tu review CR-001 --recommend --comment ok").status.code(), Some(0));
    is_whole(&project);
}

/// Runs a line with a standard output, and on request a standard error, that nobody reads.
fn unread(project: &Project, line: &str, stderr_too: bool) -> (Option<i32>, String) {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let mut call = project.call(line);
    if stderr_too {
        call.command.stderr(writer.try_clone().unwrap());
    }
    call.command.stdout(writer);
    let output = call.command.output().unwrap();
    (output.status.code(), String::from_utf8(output.stderr).unwrap())
}

#[test]
fn output_that_nobody_reads_is_no_failure_and_changes_no_status() {
    let project = in_review();
    let acting = "acting as qa (claimed)\n";
    for (line, status, talk) in [
        ("-u qa list", 0, acting),
        ("-u qa list -o json", 0, acting),
        ("-u qa read SOP-001", 0, acting),
        ("-u qa audit export", 0, acting),
        ("-u qa audit export --format csv", 0, acting),
        ("--help", 0, ""),
        ("completion bash", 0, ""),
        ("explain", 0, ""),
        ("-u qa status CR-999 -o json", 5, acting),
        ("-u nobody list -o yaml", 8, ""),
        ("-u qa approve CR-001 -o json", 4, acting),
    ] {
        assert_eq!(unread(&project, line, false), (Some(status), talk.to_owned()), "{line}");
        assert_eq!(unread(&project, line, true).0, Some(status), "{line}");
    }
    assert_eq!(unread(&project, "-u nobody list", true).0, Some(8));
    assert_eq!(unread(&project, "-u qa approve CR-001", true).0, Some(4));
    // The action is done although nobody hears of it.
    assert_eq!(unread(&project, "-u tu review CR-001 --recommend --comment ok", true).0, Some(0));
    assert_eq!(document(&project, "CR-001")["assignees"][1]["answered"], json!(true));
    assert_eq!(unread(&project, "demo", false), (Some(0), String::new()));
    is_whole(&project);
}

#[test]
fn a_reader_that_has_seen_enough_stops_a_long_output() {
    let project = drafted();
    for _ in 0..30 {
        project.run("-u qa approve CR-001").is(4);
    }
    let mut child: Child = project.call("-u qa audit export").command.spawn().unwrap();
    let mut reader = BufReader::new(child.stdout.take().unwrap());
    let mut first = String::new();
    reader.read_line(&mut first).unwrap();
    drop(reader);
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "acting as qa (claimed)\n");
    assert!(first.contains("genesis"), "{first}");
}

#[test]
fn output_that_cannot_be_written_is_a_failure_of_its_own() {
    let project = drafted();
    let full = || fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let run = |line: &str| {
        let mut call = project.call(line);
        call.command.stdout(full());
        call.run()
    };
    run("-u qa list").is(1).says("the result cannot be written");
    run("-u qa status CR-999 -o json").is(5).says("the result cannot be written");
}

#[test]
fn without_a_terminal_nothing_waits_and_nothing_escapes() {
    let project = drafted();
    let run = |line: &str, variables: &[(&str, &str)]| -> Ran {
        let given = project.call(line).command;
        let mut call = project.call(line);
        call.command = Command::new("setsid");
        call.command.arg("--wait").arg(PROGRAM).args(given.get_args()).env_clear();
        call.command.env("XDG_STATE_HOME", project.folder().join("state")).current_dir(project.root());
        call.command.envs(variables.iter().copied()).stdin(Stdio::null());
        call.command.stdout(Stdio::piped()).stderr(Stdio::piped());
        call.run()
    };
    let manners: [&[(&str, &str)]; 4] =
        [&[("TERM", "xterm-256color")], &[("TERM", "dumb")], &[("NO_COLOR", "1"), ("TERM", "xterm")], &[]];
    for variables in manners {
        for line in [
            "-u qa list",
            "-u claude checkin CR-001 --dry-run",
            "-u qa approve CR-001",
            "--help",
            "fly",
            "-u qa next CR-001 --all",
        ] {
            let ran = run(line, variables);
            let all = ran.text() + &ran.stderr;
            assert!(!all.contains('\u{1b}'), "{line} {variables:?}: {all:?}");
        }
    }
    let colored = run("-u qa approve CR-001 --color always", &[]).is(4);
    assert!(colored.stderr.contains("\u{1b}["), "{:?}", colored.stderr);
    let plain = run("-u qa approve CR-001 --color never", &[("TERM", "xterm")]).is(4);
    assert!(!plain.stderr.contains('\u{1b}'));
}

// The key and the configuration.

#[test]
fn without_its_key_a_project_can_be_read_and_verified_and_not_changed() {
    let project = drafted();
    let key = project.key();
    let kept = project.folder().join("kept");
    fs::rename(&key, &kept).unwrap();
    project.keeps(0, || {
        for line in ["list", "status CR-001", "history CR-001", "inbox", "next CR-001"] {
            project.run(&format!("-u qa {line}")).is(0);
        }
        assert_eq!(project.ask("-u qa audit verify").is(0)["data"]["head_tag"], "unchecked");
        for line in ["-u claude create CR --title x", "-u claude approve CR-001", "-u qa audit checkpoint"] {
            project.run(line).is(1).says("the project key is missing");
        }
    });
    let named = |path: &Path| {
        project
            .call("-u claude create CR --title x")
            .variable("QMS_KEY_FILE", &path.display().to_string())
            .run()
    };
    named(&kept).is(0);
    fs::rename(&kept, &key).unwrap();
    is_whole(&project);
}

#[test]
fn a_relative_path_is_no_place_for_a_key() {
    let project = Project::empty();
    let init = || project.call("init").variable("XDG_STATE_HOME", "state");
    init().run().is(1).says("`XDG_STATE_HOME`");
    init().variable("HOME", "home").run().is(1).says("`HOME`");
    assert_eq!(fs::read_dir(project.root()).unwrap().count(), 0);
    let home = project.folder().join("home");
    init().variable("HOME", &home.display().to_string()).run().is(0);
    assert!(home.join(".local/state/qms").is_dir() && !project.path("state").exists());
}

#[test]
fn a_key_that_is_not_this_projects_or_not_a_secret_is_refused_by_name() {
    let project = drafted();
    let key = project.key();
    let secret = fs::read(&key).unwrap();
    let other = Project::new();
    let refused = |words: &str| {
        project.keeps(0, || {
            for line in ["-u claude create CR --title x", "-u qa list"] {
                project.ask(line).is(1);
                project.run(line).is(1).says(words);
            }
        });
    };
    fs::write(&key, fs::read(other.key()).unwrap()).unwrap();
    refused("the project key has the fingerprint");
    for garbage in [b"not a key\n".as_slice(), b"", &secret[..40], &[0xff; 64], &b"0".repeat(64)] {
        fs::write(&key, garbage).unwrap();
        refused("key");
    }
    fs::write(&key, &secret).unwrap();
    for mode in [0o644, 0o640, 0o604, 0o660] {
        fs::set_permissions(&key, Permissions::from_mode(mode)).unwrap();
        refused("chmod 600");
    }
    fs::set_permissions(&key, Permissions::from_mode(0o600)).unwrap();
    if fs::metadata(&key).unwrap().uid() == 0 {
        chown(&key, Some(NOBODY), None).unwrap();
        refused("belongs to another user");
        chown(&key, Some(0), None).unwrap();
    }
    is_whole(&project);
}

#[test]
fn a_broken_configuration_is_named_with_its_place() {
    let project = drafted();
    let path = project.path("qms.yaml");
    let sound = fs::read_to_string(&path).unwrap();
    let other = sound.replace("project: \"", "project: \"00");
    for (text, words) in [
        ("", "qms.yaml"),
        ("schema: [", "qms.yaml:1:"),
        ("schema: qms.project/2\nproject: \"x\"\n", "expected `schema: qms.project/1`"),
        (&sound.replace("project:", "projekt:"), "qms.yaml:3:"),
        (&format!("{sound}extra: 1\n"), "qms.yaml:4:"),
        (&other, "32 hexadecimal digits"),
    ] {
        fs::write(&path, text).unwrap();
        let before = project.log_size();
        for line in ["-u claude create CR --title x", "-u qa list"] {
            project.ask(line).is(1);
            project.run(line).is(1).says(words);
        }
        assert_eq!(project.log_size(), before);
    }
    fs::write(&path, [0xff, 0xfe, 0x00]).unwrap();
    project.run("-u qa list").is(1).says("qms.yaml");
    fs::write(&path, &sound).unwrap();
    is_whole(&project);
}

// Making a project.

#[test]
fn a_project_is_not_made_where_it_does_not_belong() {
    let project = drafted();
    let home = project.folder().join("home");
    fs::create_dir(&home).unwrap();
    let home = home.display().to_string();
    let refused = |line: &str, words: &str| {
        project.keeps(0, || {
            let ran = project.call(line).variable("HOME", &home).run().is(2);
            ran.says(words).says("try: qms init <folder>");
        });
    };
    refused("init /", "it is the root of the file system");
    refused("init /proc/..", "it is the root of the file system");
    refused(&format!("init {home}"), "it is your home folder");
    refused("init", "is a project already");
    refused("init inner", "is a project already");
    refused("init inner/most", "is a project already");
    refused("init workflows", "is a project already");
    refused("init none/../..", "does not exist");
    assert!(!project.path("inner").exists(), "a refusal leaves no folder behind");
    assert_eq!(fs::read_dir(project.folder().join("state/qms")).unwrap().count(), 1, "and no key");
    assert_eq!(fs::read_dir(&home).unwrap().count(), 0);
}

#[test]
fn a_project_that_cannot_be_made_leaves_nothing_behind() {
    let project = Project::empty();
    let state = project.folder().join("state");
    fs::write(&state, "in the way").unwrap();
    project.run("init").is(1).says("state");
    assert_eq!(fs::read_dir(project.root()).unwrap().count(), 0);
    fs::remove_file(&state).unwrap();
    project.call("init").variable("XDG_STATE_HOME", "").run().is(1).says("XDG_STATE_HOME");
    assert_eq!(fs::read_dir(project.root()).unwrap().count(), 0);
    // A folder where the policy should go: the store is made by then.
    fs::write(project.path("workflows"), "in the way").unwrap();
    project.run("init").is(1).says("workflows");
    assert!(!project.path(".qms").exists() && !project.path("qms.yaml").exists());
    assert_eq!(walk_count(&state), 0, "no key");
    fs::remove_file(project.path("workflows")).unwrap();
    project.run("init").is(0);
    project.run("init").is(2).says("is a project already");
    is_whole(&project);
}

fn walk_count(folder: &Path) -> usize {
    let count = std::cell::Cell::new(0);
    walk(folder, &|path| count.set(count.get() + usize::from(path.is_file())));
    count.get()
}

#[test]
fn outside_a_project_that_is_said() {
    let project = Project::empty();
    project.run("-u qa list").is(5).says("no project here").says("try: qms init");
    project.ask("-u qa create CR").is(5);
    project.run("workflow show").is(0);
    project.run("-u qa list --root /nowhere").is(5).says("`/nowhere` is no project");
    assert_eq!(fs::read_dir(project.root()).unwrap().count(), 0);
}

// Many at once.

/// Starts all lines before it waits for the first, and returns how each ended.
fn at_once(project: &Project, lines: &[String]) -> Vec<(Option<i32>, String, String)> {
    let start = |line: &String| project.call(line).command.spawn().unwrap();
    let children: Vec<Child> = lines.iter().map(start).collect();
    let end = |child: Child| {
        let output = child.wait_with_output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (output.status.code(), text(output.stdout), text(output.stderr))
    };
    children.into_iter().map(end).collect()
}

#[test]
fn forty_creates_at_once_get_forty_numbers_in_a_row() {
    let project = Project::new();
    let lines = vec!["-u claude create CR --title x --no-interactive".to_owned(); 40];
    let ended = at_once(&project, &lines);
    for (status, _, stderr) in &ended {
        assert_eq!((*status, stderr.as_str()), (Some(0), "acting as claude (claimed)\n"));
    }
    let ids: BTreeSet<&str> = ended.iter().map(|(_, text, _)| text.trim()).collect();
    let expected: Vec<String> = (1..=40).map(|number| format!("✓ CR-{number:03} created")).collect();
    assert_eq!(ids.into_iter().collect::<Vec<_>>(), expected);
    assert_eq!(project.log_size(), 41);
    is_whole(&project);
}

#[test]
fn twenty_approvals_at_once_count_once_each() {
    let project = drafted();
    let users: Vec<String> = (0..10).map(|number| format!("q{number}")).collect();
    for user in &users {
        project.run(&format!("-u lead user add {user} --group quality --human")).is(0);
    }
    let names = users.join(",");
    project.run(&format!("-u claude route CR-001 --review --assignees {names}")).is(0);
    let seated = document(&project, "CR-001")["assignees"].as_array().unwrap().len();
    let everyone: Vec<&str> = if seated == 10 { vec![] } else { vec!["qa"] };
    let everyone: Vec<&str> = users.iter().map(String::as_str).chain(everyone).collect();
    let review = |user: &&str| format!("-u {user} review CR-001 --recommend --comment fine");
    let ended = at_once(&project, &everyone.iter().map(review).collect::<Vec<_>>());
    assert!(ended.iter().all(|(status, _, _)| *status == Some(0)), "{ended:?}");
    assert_eq!(document(&project, "CR-001")["state"], "PRE_REVIEWED");
    project.run("-u claude route CR-001 --approval").is(0);

    // Each of them approves twice, all at the same time.
    let before = project.log_size();
    let twice: Vec<String> =
        everyone.iter().chain(&everyone).map(|user| format!("-u {user} approve CR-001 -o json")).collect();
    let ended = at_once(&project, &twice);
    let done = ended.iter().filter(|(status, _, _)| *status == Some(0)).count();
    assert_eq!(done, everyone.len(), "{ended:?}");
    for (status, text, stderr) in &ended {
        let answer: Value = serde_json::from_str(text).unwrap();
        project::answer::check(if *status == Some(0) { "action" } else { "failure" }, &answer);
        assert!(matches!(status, Some(0 | 4 | 6 | 7)), "{status:?} {stderr}");
    }
    let document = document(&project, "CR-001");
    assert_eq!([&document["state"], &document["version"]], [&json!("PRE_APPROVED"), &json!("1.0")]);
    assert_eq!(
        project.log_size(),
        before + i64::try_from(twice.len()).unwrap(),
        "every attempt is on record"
    );
    let history = project.ask("-u qa history CR-001").is(0);
    let approvals = history["data"]["entries"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|entry| entry["verdict"] == "approve" && entry["result"] == "permitted");
    let approvers: Vec<&str> = approvals.map(|entry| entry["actor"].as_str().unwrap()).collect();
    assert_eq!(approvers.len(), everyone.len());
    assert_eq!(approvers.iter().collect::<BTreeSet<_>>().len(), everyone.len(), "nobody counts twice");
    is_whole(&project);
}

#[test]
fn different_actions_on_one_document_at_once_come_one_after_the_other() {
    let project = in_review();
    let before = project.log_size();
    let lines: Vec<String> = ["withdraw CR-001", "checkout CR-001", "cancel CR-001 --reason enough"]
        .iter()
        .flat_map(|line| vec![format!("-u claude {line}"); 4])
        .collect();
    let ended = at_once(&project, &lines);
    assert!(ended.iter().all(|(status, _, _)| matches!(status, Some(0 | 4 | 7))), "{ended:?}");
    assert_eq!(project.log_size(), before + 12);
    is_whole(&project);
}

#[test]
fn a_process_that_died_after_its_commit_is_finished_by_the_next() {
    let project = drafted();
    project.edit("claude", "CR-001", "A change", "A finished change");
    project.run("-u claude checkin CR-001").is(0);
    let page = project.path("QMS/CR/CR-001-draft.md");
    let published = fs::read(&page).unwrap();
    // As if the process had died between its commit and the page.
    fs::remove_file(&page).unwrap();
    let mut marker = fs::File::create(project.path(".qms/journal/4194304")).unwrap();
    write!(marker, "2").unwrap();
    drop(marker);
    project.run("-u qa list").is(0);
    assert_eq!(fs::read(&page).unwrap(), published);
    assert_eq!(fs::read_dir(project.path(".qms/journal")).unwrap().count(), 0);
}
