//! What others see of a verdict that was tried in an open round and refused. What somebody tried is told by no
//! view, whatever others do meanwhile to seats, groups, owner and policy; that it was tried is told at once.

use std::fs;

use super::blindness::{MARKER, maria, timeless, with_maria};
use crate::project::Project;

/// Whoever could look at it: the owner, who assigns, and who manages the users.
const VIEWERS: [&str; 3] = ["claude", "qa", "ines"];

/// Commands that show what was refused.
const ENTRIES: [&str; 3] = ["history CR-001 -o json", "audit export", "audit export --format csv"];

/// Commands that could.
const VIEWS: [&str; 11] = [
    "history CR-001 -o wide",
    "audit export --format md",
    "comments CR-001",
    "status CR-001 -o json",
    "next CR-001 --all",
    "why CR-001",
    "inbox -o json",
    "metrics reviews -o json",
    "token list -o json",
    "note list CR-001",
    "doctor -o json",
];

/// Verdicts of both tasks. All are refused, in the right state, too: the approval because of who tries it.
const RECOMMENDS: &str = "review CR-001 --recommend --comment \" \"";
const UPDATES: &str = "review CR-001 --request-updates --comment \" \"";
const APPROVES: &str = "approve CR-001 --comment \"Marker of maria\"";
const REJECTS: &str = "reject CR-001 --comment \" \"";

/// A project in whose life cycle fewer may reject than approve, and who approves must be known better. In its
/// open round several users tried the same.
fn refused(task: &str, line: &str) -> Project {
    let project = with_maria("quality");
    let path = project.path("workflows/executable.yaml");
    let mut text = fs::read_to_string(&path).unwrap();
    for (from, to) in [
        ("by: [quality, reviewer], meaning: rejected", "by: [quality], meaning: rejected"),
        (
            "verdict: approve, quorum: all, completion",
            "verdict: approve, quorum: all, guards: [{ assurance: token }], completion",
        ),
    ] {
        assert!(text.contains(from), "{from}");
        text = text.replace(from, to);
    }
    fs::write(&path, text).unwrap();
    project.play(&[
        "-u lead workflow adopt",
        "-u lead user add bob --group initiator --agent",
        "-u lead user add ines --group administrator --agent",
    ]);
    project.issue(&["claude", "qa", "qb", "ines"]);
    project.play(&["-u claude create CR --title x"]);
    if task == "approval" {
        project.play(&[
            "-u claude route CR-001 --review --assignees qa",
            "-u qa review CR-001 --recommend --comment fine",
        ]);
    }
    project.run(&format!("-u claude route CR-001 --{task} --assignees qa,maria,tu")).is(0);
    // Who has a seat, could have one, or can have none; with a proof, by name alone, with a proof that fails.
    for user in ["tu", "lead", "qb", "nobody", "maria"] {
        let ran = project.run(&format!("-u {user} {line}"));
        assert!([4, 7, 8].contains(&ran.status), "{user} {line}: {} {}", ran.status, ran.stderr);
    }
    let stolen = project.token("qb").unwrap();
    project.run(&format!("-u lead --token-file {} {line}", stolen.display())).is(8);
    if task == "review" {
        maria(&project, line, 4);
    }
    project
}

/// What others can do meanwhile.
const STIRS: [&str; 8] = [
    "-u qa unassign CR-001 --assignees tu,maria",
    "-u ines user move tu --group initiator",
    "-u ines user move maria --group reviewer",
    "-u qa assign CR-001 --assignees maria,qb",
    "-u ines user move bob --group quality",
    "-u qa assign CR-001 --assignees bob",
    "-u ines transfer CR-001 --to ines --reason leave",
    "-u ines workflow adopt",
];

/// What some commands show to the viewers.
fn seen(project: &Project, views: &[&str]) -> Vec<(String, String)> {
    let calls = VIEWERS.iter().flat_map(|user| views.iter().map(move |line| format!("-u {user} {line}")));
    let said = |call: &String| {
        let ran = project.run(call);
        timeless(project, &format!("{}\n{}\n{}", ran.status, ran.text(), ran.stderr))
    };
    calls.map(|call| (said(&call), call)).map(|(said, call)| (call, said)).collect()
}

/// Checks that projects look the same, now and after each thing that others do.
fn are_alike(task: &str, lines: &[&str]) -> Vec<Project> {
    let projects: Vec<Project> = lines.iter().map(|line| refused(task, line)).collect();
    look_the_same(lines, &projects, &VIEWS);
    for stir in std::iter::once("-u qa list").chain(STIRS) {
        for project in &projects {
            let path = project.path("workflows/policy.yaml");
            if stir.ends_with("workflow adopt") {
                let text = fs::read_to_string(&path).unwrap();
                fs::write(&path, text.replace("profile: light", "profile: team")).unwrap();
            }
            project.run(stir).is(0);
        }
        look_the_same(&[lines, &[stir]].concat(), &projects, &ENTRIES);
    }
    look_the_same(lines, &projects, &VIEWS);
    projects
}

/// Checks that projects look the same by some commands, and that what was said is in none.
#[track_caller]
fn look_the_same(after: &[&str], projects: &[Project], views: &[&str]) {
    let mut all = projects.iter().map(|project| seen(project, views));
    let first = all.next().unwrap();
    for other in all {
        for ((call, one), (_, other)) in first.iter().zip(&other) {
            assert!(!one.contains(MARKER), "after {after:?}, {call}\n{one}");
            assert_eq!(one, other, "after {after:?}, {call}");
        }
    }
}

// REQ-082, REQ-248
#[test]
fn which_verdict_was_refused_in_a_review_is_told_by_nothing_that_others_can_do() {
    let projects = are_alike("review", &[UPDATES, APPROVES, REJECTS]);
    // That it was tried is told, and that somebody was not believed.
    let shown = projects[2].run("-u qa history CR-001").is(0).text();
    for told in [
        "unverified `nobody`",
        "denied: unknown_user",
        "unverified `maria`",
        "denied: credential_required",
        "denied: identity_mismatch",
    ] {
        assert!(shown.contains(told), "{told}\n{shown}");
    }
    assert!(!shown.contains("reject"), "{shown}");
    // Who tried sees it at once, and everybody when the round ends.
    let own = projects[2].run("-u qb history CR-001").is(0).text();
    assert_eq!(own.matches("reject").count(), 1, "{own}");
    projects[2].run("-u ines withdraw CR-001").is(0);
    let shown = projects[2].run("-u qa history CR-001").is(0).text();
    assert_eq!(shown.matches("reject").count(), 7, "{shown}");
}

// REQ-082, REQ-248
#[test]
fn which_verdict_was_refused_in_an_approval_is_told_by_nothing_that_others_can_do() {
    are_alike("approval", &[RECOMMENDS, APPROVES, REJECTS]);
}

// REQ-249
#[test]
fn a_note_that_was_refused_in_a_round_tells_others_nothing_of_its_text() {
    let projects = ["too short", "far too short"].map(|text| {
        let project = with_maria("reviewer");
        project.issue(&["claude", "qa"]);
        project.run("-u lead user add ines --group administrator --agent").is(0);
        project.issue(&["ines"]);
        project.play(&[
            "-u claude create CR --title x --trait needs-security-review",
            "-u claude route CR-001 --review --assignees maria,tu",
        ]);
        fs::write(project.path("found"), text).unwrap();
        maria(&project, "note set CR-001 security-assessment --file found", 4);
        project.run("-u qb note set CR-001 security-assessment --file found").is(7);
        fs::remove_file(project.path("found")).unwrap();
        project
    });
    look_the_same(&["note set"], &projects, &ENTRIES);
    look_the_same(&["note set"], &projects, &VIEWS);
    let shown = projects[0].run("-u qa history CR-001").is(0).text();
    assert!(shown.contains("note_set (withheld)") && !shown.contains("invalid_input"), "{shown}");
    // Who may write no such note is told to all; what was wrong with it, to who wrote it.
    assert!(shown.contains("denied: note_not_yours"), "{shown}");
    let own = projects[0].run("-u maria --passphrase-file ../phrase history CR-001 -o json").is(0).text();
    assert!(own.contains("has 8 characters"), "{own}");
}

// REQ-248
#[test]
fn what_somebody_tried_who_may_judge_nothing_is_shown_at_once_and_whole() {
    let project = refused("review", REJECTS);
    // Of a group that gives no verdict; the owner, by a verb of this state and of another.
    for line in ["bob reject", "claude review --request-updates", "claude approve"] {
        let (user, verb) = line.split_once(' ').unwrap();
        project.run(&format!("-u {user} {verb} CR-001 --comment no")).is(7);
    }
    for stir in std::iter::once("-u qa list").chain(STIRS) {
        if stir.ends_with("workflow adopt") {
            continue;
        }
        project.run(stir).is(0);
        let shown = project.run("-u qa history CR-001").is(0).text();
        let tried = shown.lines().filter(|line| line.contains("denied: group_not_allowed"));
        let verbs: Vec<&str> = ["reject ", "review ", "approve "]
            .into_iter()
            .zip(tried)
            .filter_map(|(verb, line)| line.contains(verb).then_some(verb))
            .collect();
        assert_eq!(verbs.len(), 3, "{stir}\n{shown}");
        assert!(shown.contains("is_author, is_owner"), "{shown}");
    }
}
