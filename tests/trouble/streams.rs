//! Streams that are closed, and no terminal.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

use serde_json::json;

use super::{document, drafted, in_review, is_whole};
use crate::project::{PROGRAM, Project, Ran};

// REQ-134
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

// REQ-134, REQ-142
#[test]
fn what_is_no_file_is_not_waited_for_however_it_is_named() {
    let project = in_review();
    let made = Command::new("mkfifo").arg(project.folder().join("pipe")).status().unwrap();
    assert!(made.success());
    for line in [
        "-u tu review CR-001 --recommend --comment-file ../pipe",
        "-u claude cancel CR-001 --reason-file ../pipe",
        "-u tu note set CR-001 security-assessment --file ../pipe",
        "-u claude item record CR-001 EI-1 --outcome pass --evidence x --file ../pipe",
    ] {
        project.keeps(0, || {
            let refused = project.run(line).is(2);
            refused.says(
                "`../pipe` is not read: it is a pipe, not a file; name a file, or `-` for standard input",
            )
        });
    }
    let line = "-u tu review CR-001 --recommend --comment-file";
    project.run(&format!("{line} /dev/tty")).is(2).says("it is a device, not a file");
    project.run(&format!("{line} .")).is(2).says("it is a folder, not a file");
    project.call(&format!("{line} -")).input("from a pipe").run().is(0);
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

// REQ-137
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
    assert_eq!(unread(&project, "demo --folder ../demo", false), (Some(0), String::new()));
    is_whole(&project);
}

// REQ-137
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

// REQ-139
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
