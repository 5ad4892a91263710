//! Programs that hang, fork, are missing, may not be run, or were swapped.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use serde_json::json;

use crate::declared::{Declared, RUN, await_file, write_script};

// REQ-113
#[test]
fn a_command_that_hangs_is_ended_with_all_that_it_started_and_the_run_is_recorded() {
    let declared = Declared::with(
        "echo begun; sh -c 'echo $$ > ../inner; while :; do :; done' & while :; do :; done",
        ", time: 1s",
    );
    let late = declared.ask().is(10);
    assert_eq!(late["error"]["code"], "timed_out");
    let told = &late["error"]["details"]["evidence"];
    assert_eq!([&told["outcome"], &told["status"]], [&json!("timed_out"), &json!(256)]);
    let inner = await_file(&declared.project.folder().join("inner")).parse().unwrap();
    let is_over = || qms::disk::processes::of(inner).is_none_or(|it| !qms::disk::processes::is_alive(&it));
    assert!((0..1_000_000).any(|_| is_over()), "what the command started goes on");
    assert_eq!(declared.kept("ci-passed"), b"begun\n");
    assert_eq!(declared.entries()[0]["observed"]["outcome"], "timed_out");
    declared.verifies();
}

// REQ-111
#[test]
fn a_command_whose_time_is_up_did_not_pass_whatever_its_status_says() {
    let declared = Declared::with("trap 'exit 0' TERM; while :; do sleep 0.05; done", ", time: 1s");
    assert_eq!(declared.ask().is(10)["error"]["details"]["evidence"]["status"], 256);
}

// REQ-113
#[test]
fn a_child_that_would_outlive_the_command_is_ended_with_it() {
    let declared = Declared::new(
        "sh -c 'echo $$ > ../inner; while :; do :; done' & while [ ! -s ../inner ]; do :; done",
    );
    declared.ask().is(0);
    let inner = await_file(&declared.project.folder().join("inner")).parse().unwrap();
    let is_over = || qms::disk::processes::of(inner).is_none_or(|it| !qms::disk::processes::is_alive(&it));
    assert!((0..1_000_000).any(|_| is_over()), "the child goes on");
}

// REQ-113
#[test]
fn a_child_that_leaves_the_group_and_keeps_the_pipe_holds_nobody_up() {
    // It lives on, as it is said in docs/security.md, and ends when the test says so.
    let declared = Declared::with(
        "echo whole; setsid sh -c 'echo $$ > ../inner; while [ -e ../inner ] && [ ! -e ../enough ]; do sleep 0.05; done; echo late' &\n\
         while [ ! -s ../inner ]; do :; done",
        ", time: 1h",
    );
    declared.ask().is(0);
    fs::write(declared.project.folder().join("enough"), "").unwrap();
    assert_eq!(declared.kept("ci-passed"), b"whole\n");
}

// REQ-111
#[test]
fn a_command_that_is_ended_by_a_signal_did_not_pass() {
    let declared = Declared::new("kill -9 $$");
    let killed = declared.ask().is(1);
    assert_eq!(killed["error"]["details"]["evidence"]["status"], -9);
    assert!(killed["error"]["message"].as_str().unwrap().starts_with("`ci-passed` was ended by signal 9"));
}

#[test]
fn a_command_ends_when_its_start_is_told_to_end_and_nothing_is_kept() {
    let declared = Declared::with("echo $$ > ../running; while :; do sleep 0.05; done", ", time: 1h");
    let project = &declared.project;
    let before = project.log_size();
    let mut start = project.call(RUN).command.spawn().unwrap();
    let running = await_file(&project.folder().join("running"));
    let told = std::process::Command::new("kill").args(["-TERM", &start.id().to_string()]).status().unwrap();
    assert!(told.success());
    assert_eq!(start.wait().unwrap().code(), Some(1));
    assert!(!std::path::Path::new("/proc").join(running).exists(), "the command goes on");
    assert_eq!(project.log_size(), before);
}

#[test]
fn a_program_that_is_missing_cannot_be_adopted_and_one_that_went_is_not_looked_for_elsewhere() {
    let declared = Declared::candidate("true", "");
    let (program, kept) = (declared.program(), declared.project.folder().join("kept"));
    fs::rename(&program, &kept).unwrap();
    let missing = declared.project.ask("-u lead workflow adopt").is(82);
    assert!(
        missing["error"]["message"].as_str().unwrap().ends_with("cannot be pinned: there is no such file")
    );
    fs::rename(&kept, &program).unwrap();
    declared.adopt();
    declared.project.play(&["-u claude create CR --title Pump"]);
    fs::rename(&program, &kept).unwrap();
    let gone = declared.project.keeps(1, || declared.ask()).is(4);
    assert_eq!(gone.reasons(), ["program_changed"]);
}

#[test]
fn a_program_that_may_not_be_run_is_a_failure_and_no_run() {
    let declared = Declared::new("true");
    fs::set_permissions(declared.program(), fs::Permissions::from_mode(0o644)).unwrap();
    let refused = declared.project.keeps(0, || declared.ask()).is(1);
    let message = format!("cannot start `{}`", declared.program().display());
    assert_eq!(refused["error"]["message"], message);
    assert!(declared.listed().is_empty());
}

// REQ-112
#[test]
fn a_program_that_was_swapped_after_its_adoption_is_not_run() {
    let declared = Declared::new("exit 1");
    let project = &declared.project;
    write_script(&declared.program(), "echo swapped > ../swapped; exit 0");
    let refused = project.keeps(1, || declared.ask()).is(4);
    assert_eq!(refused.reasons(), ["program_changed"]);
    let message = refused["error"]["reasons"][0]["message"].as_str().unwrap();
    assert!(
        message.ends_with("is not the one that was adopted; `workflow adopt` is for administrator"),
        "{message}"
    );
    let by_lead = project.ask("-u lead evidence run CR-001 ci-passed").is(7);
    assert_eq!(by_lead.reasons(), ["not_owner", "program_changed"]);
    assert_eq!(by_lead["error"]["reasons"][1]["remedy"], "qms --user lead workflow adopt");
    assert!(!project.folder().join("swapped").exists(), "the swapped program was run");
    declared.adopt();
    declared.ask().is(0);
}

// REQ-112
#[test]
fn a_program_that_swaps_itself_while_it_runs_proves_nothing() {
    let declared = Declared::new("echo '#!/bin/sh' > \"$0.new\"; mv \"$0.new\" \"$0\"");
    let refused = declared.ask().is(4);
    assert_eq!(refused.reasons(), ["program_changed"]);
    assert!(declared.listed().is_empty());
    assert_eq!(declared.entries()[0]["result"], "denied");
}

// REQ-112
#[test]
fn a_command_gets_the_variables_that_the_policy_names_and_nothing_else_of_the_caller() {
    let declared = Declared::with(
        "env; echo \"words: $# $1\"; pwd; if read line; then echo \"read $line\"; else echo nothing to read; fi",
        ", environment: [HOME, LANG]",
    );
    let ran = declared
        .project
        .call(RUN)
        .variable("SECRET", "of the caller")
        .variable("QMS_NO_INTERACTIVE", "1")
        .variable("LANG", "C.UTF-8")
        .input("typed\n")
        .run();
    ran.is(0);
    let text = String::from_utf8(declared.kept("ci-passed")).unwrap();
    assert!(!text.contains("of the caller") && !text.contains("QMS_") && !text.contains("PATH=/"), "{text}");
    assert!(text.contains("LANG=C.UTF-8") && text.contains("words: 1 CR-001"), "{text}");
    assert!(text.contains("nothing to read") && !text.contains("HOME="), "{text}");
    assert!(text.contains(&declared.project.root().display().to_string()), "{text}");
}
