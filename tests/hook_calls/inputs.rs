//! A ticket binds what its call reads: the files that it names, the working copy, the candidate policy.

use std::fs;
use std::process::Command;

use serde_json::json;

use crate::Hooked;

/// A project in which the main thread has a working copy of CR-002, and tu is asked about CR-001.
fn at_work() -> Hooked {
    let hooked = Hooked::new();
    hooked.begin("s-1", "a-1", "tu");
    hooked.project.play(&["-u claude create CR --title y", "-u claude checkout CR-002"]);
    hooked.project.fill_in("CR-002");
    fs::write(hooked.project.path("comment"), "It is whole.\n").unwrap();
    hooked
}

/// What is called, by whom, and the file that the call reads.
const READ: &[(&str, Option<&str>, &str)] = &[
    ("qms review CR-001 --recommend --comment-file comment", Some("a-1"), "comment"),
    ("qms checkin CR-002", None, ".qms/workspace/claude/CR-002.md"),
    ("qms workflow adopt", None, "workflows/policy.yaml"),
];

// REQ-200
#[test]
fn what_a_call_reads_is_what_was_there_when_it_was_signed() {
    for (line, agent, file) in READ {
        let hooked = at_work();
        let path = hooked.project.path(file);
        let text = fs::read_to_string(&path).unwrap();
        let command = Hooked::rewritten(hooked.call("s-1", *agent, "t-1", line));
        fs::write(&path, format!("{text}\n# And more.\n")).unwrap();
        let (name, said) = hooked.refused(&command);
        assert_eq!(name, "ticket_for_another_input", "{line}");
        assert!(said.contains("call it again"), "{said}");
        // What was refused used nothing up: as it was, it is believed.
        fs::write(&path, &text).unwrap();
        let (status, said) = hooked.sh(&command);
        assert_ne!(status, 8, "{line}: {said}");
    }
}

// REQ-200
#[test]
fn a_ticket_is_for_one_project_though_two_have_one_key() {
    let hooked = at_work();
    let other = crate::Hooked::new();
    fs::copy(hooked.project.key(), other.project.key()).unwrap();
    let command = Hooked::rewritten(hooked.call("s-1", None, "t-1", "qms list"));
    let ran = other.shell(&command).output().unwrap();
    assert_ne!(ran.status.code(), Some(0));
    // The words, the folder and the key are not enough.
    let key = other.project.key();
    let root = hooked.project.root();
    let mut elsewhere = hooked.shell(&command);
    elsewhere.env("QMS_ROOT", other.project.root()).env("QMS_KEY_FILE", key).current_dir(root);
    assert_ne!(elsewhere.output().unwrap().status.code(), Some(0));
}

// REQ-200
#[test]
fn standard_input_and_what_is_no_file_or_too_much_is_not_signed() {
    let hooked = at_work();
    assert!(Command::new("mkfifo").arg(hooked.project.path("pipe")).status().unwrap().success());
    let large = fs::File::create(hooked.project.path("large")).unwrap();
    large.set_len(40 * 1024 * 1024).unwrap();
    let file = "--comment-file FILE";
    for (line, words) in [
        ("qms review CR-001 --recommend --comment -", file),
        ("qms review CR-001 --recommend --comment-file -", file),
        ("qms review CR-001 --recommend --comment-file pipe", "pipe"),
        ("qms review CR-001 --recommend --comment-file /dev/stdin", file),
        ("qms review CR-001 --recommend --comment-file /dev/zero", "device"),
        ("qms review CR-001 --recommend --comment-file workflows", "folder"),
        ("qms review CR-001 --recommend --comment-file missing", "missing"),
        ("qms review CR-001 --recommend --comment-file large", "comment"),
        ("qms item record CR-001 EI-1 --outcome pass --evidence-file large --file large", "more than 64 MiB"),
    ] {
        let reason = Hooked::denied(hooked.call("s-1", Some("a-1"), "t-1", line));
        assert!(reason.contains(words), "{line}: {reason}");
    }
}

// REQ-200
#[test]
fn a_ticket_without_files_is_for_no_call_that_reads_one() {
    let hooked = at_work();
    // The same words are said by a call that reads nothing when it is signed.
    hooked.project.run("-u claude checkin CR-002").is(0);
    let command = Hooked::rewritten(hooked.call("s-1", None, "t-1", "qms checkout CR-002"));
    assert_eq!(hooked.sh(&command).0, 0);
    let entry = hooked.newest();
    assert_eq!([&entry["action"], &entry["assurance"]], [&json!("checkout"), &json!("ticket")]);
}
