//! Many at once.

use std::collections::BTreeSet;
use std::process::Child;

use serde_json::{Value, json};

use super::{document, drafted, in_review, is_whole};
use crate::project::Project;
use crate::project::answer::check;

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

// REQ-022
#[test]
fn forty_creates_at_once_get_forty_numbers_in_a_row() {
    let project = Project::new();
    project.issue(&["claude"]);
    let lines = vec!["-u claude create CR --title x --no-interactive".to_owned(); 40];
    let ended = at_once(&project, &lines);
    for (status, _, stderr) in &ended {
        // Behind it stands only what to remember.
        let told: Vec<&str> = stderr.lines().filter(|line| !line.starts_with("remember: ")).collect();
        assert_eq!((*status, told.as_slice()), (Some(0), ["acting as claude (verified: token)"].as_slice()));
    }
    let ids: BTreeSet<&str> = ended.iter().filter_map(|(_, text, _)| text.lines().next()).collect();
    let expected: Vec<String> = (1..=40).map(|number| format!("✓ CR-{number:03} created")).collect();
    assert_eq!(ids.into_iter().collect::<Vec<_>>(), expected);
    assert_eq!(project.log_size(), 42);
    is_whole(&project);
}

// REQ-019, REQ-115
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
        check(if *status == Some(0) { "action" } else { "failure" }, &answer);
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

// REQ-125
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
