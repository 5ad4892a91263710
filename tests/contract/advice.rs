//! What is said to somebody who does not know how to go on, and what is left out where nobody asks.

use std::fs;

use serde_json::json;

use super::names;
use crate::project::Project;

/// A change whose plan is approved.
fn approved() -> Project {
    let project = Project::new();
    project.play(&[
        "-u claude create CR --title x",
        "-u claude route CR-001 --review",
        "-u qa review CR-001 --recommend --comment fine",
        "-u claude route CR-001 --approval",
        "-u qa approve CR-001",
    ]);
    project
}

// REQ-044
#[test]
fn a_check_out_that_costs_an_approval_says_so() {
    let project = approved();
    let menu = project.ask("-u claude next CR-001").is(0);
    assert_eq!(names(&menu["data"]["next"], "label")[0], "Check out for editing (withdraws the approval)");
    // What is in force stays so.
    let menu = project.ask("-u claude next SOP-001").is(0);
    assert_eq!(names(&menu["data"]["next"], "label")[0], "Check out for editing");
}

// REQ-042, REQ-150, REQ-300
#[test]
fn whoever_edited_a_locked_section_is_told_how_to_begin_again() {
    let project = approved();
    project.play(&["-u claude release CR-001", "-u claude checkout CR-001"]);
    let copy = project.copy("claude", "CR-001");
    let recorded = fs::read_to_string(&copy).unwrap();
    fs::write(&copy, recorded.replace("## 1 ", "## 1 The ")).unwrap();
    let refused = project.ask("-u claude checkin CR-001").is(4);
    assert_eq!(refused.reasons(), ["section_locked"]);
    let hint = "`qms --user claude diff CR-001 --copy` shows all that was changed, to put back what is locked; to begin \
                again, move .qms/workspace/claude/CR-001.md away, and `qms --user claude checkout CR-001` lays down what \
                is recorded";
    assert_eq!(refused["error"]["hints"][1], hint);
    project.run("-u claude checkin CR-001").is(4).says(&format!("  try: {hint}"));
    fs::rename(&copy, project.folder().join("aside")).unwrap();
    project.run("-u claude checkout CR-001").is(0);
    assert_eq!(fs::read_to_string(copy).unwrap(), recorded);
    project.run("-u claude checkin CR-001").is(0);
}

#[test]
fn a_difference_between_versions_says_how_to_see_what_is_in_the_copy() {
    let project = Project::new();
    project.run("-u claude create CR --title x").is(0);
    let compared = project.ask("-u claude diff CR-001").is(0);
    assert_eq!(names(&compared["warnings"], "code"), ["copy_not_compared"]);
    let message = compared["warnings"][0]["message"].as_str().unwrap();
    assert!(message.ends_with(": qms --user claude diff CR-001 --copy"), "{message}");
    let mine = |changed: bool| {
        let compared = project.ask("-u claude diff CR-001 --copy").is(0)["data"].clone();
        assert_eq!((&compared["to"], &compared["changed"]), (&json!(null), &json!(changed)));
        compared["diff"].as_str().unwrap().to_owned()
    };
    assert_eq!(mine(false), "");
    project.edit("claude", "CR-001", "## 1 ", "## 1 The ");
    assert!(mine(true).contains("\n+## 1 The "));
    project.run("-u qa diff CR-001 --copy").is(5).says("there is none");
    // Others have no copy of it, and who names a version means that.
    for line in ["-u qa diff CR-001", "-u claude diff CR-001 --to 0.1"] {
        assert_eq!(project.ask(line).is(0)["warnings"], json!([]), "{line}");
    }
}

// REQ-015, REQ-263
#[test]
fn what_is_offered_within_a_sentence_can_be_run_as_it_stands() {
    let project = Project::new();
    project.issue(&["claude"]);
    project.run("-u claude create CR --title x").is(0);
    let elsewhere = project.folder().join("else where");
    fs::create_dir(&elsewhere).unwrap();
    let token = project.token("claude").unwrap();
    let run = |line: &str| {
        let mut call = project.call(line).directory(&elsewhere);
        call.command.env_remove("QMS_TOKEN_FILE");
        call.ask()
    };
    let named = format!("--token-file {} --root {}", token.display(), project.root().display());
    let compared = run(&format!("diff CR-001 {named}")).is(0);
    let message = compared["warnings"][0]["message"].as_str().unwrap();
    let offered = message.split("qms ").last().unwrap().split(" | diff").next().unwrap();
    run(offered).is(0);
    fs::remove_file(project.copy("claude", "CR-001")).unwrap();
    let looked = run(&format!("doctor {named}")).is(0)["data"]["notes"].to_string();
    let offered = looked.split("is gone; qms ").nth(1).unwrap().split(" restores it").next().unwrap();
    run(offered).is(0);
    assert!(project.copy("claude", "CR-001").exists());
}

// REQ-133
#[test]
fn without_a_menu_the_whole_result_is_still_there() {
    let project = approved();
    let done = project.run("-u claude release CR-001 --no-interactive").is(0);
    let result = "✓ CR-001 released for execution\n\nDocument state: PRE_APPROVED → IN_EXECUTION\n";
    assert_eq!(done.text(), result);
    assert!(done.stderr.contains("remember: "), "{}", done.stderr);
}

// REQ-132
#[test]
fn what_there_is_instead_is_named() {
    let project = approved();
    let article = "error: `xx` is not an item id: expected";
    project.run("-u claude item record CR-001 xx --outcome pass --evidence x").is(2).says(article);
    project.run("-u claude create FOO --title x").is(5).says("no document type `FOO`; there are SOP, ");
    project.run("-u claude list --type FOO").is(5).says("there are SOP, ");
    let line = "-u claude agent run qa --document CR-001 --task review";
    project.run(line).is(5).says("`launchers` and `agents` of workflows/policy.yaml declare them");
}
