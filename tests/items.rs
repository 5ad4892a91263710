//! Execution items through the real binary: what was approved is carried out, all of it, and nothing else.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops")]

#[path = "items/evidence.rs"]
mod evidence;
#[path = "items/plans.rs"]
mod plans;
mod project;
#[path = "items/recording.rs"]
mod recording;
#[path = "items/variances.rs"]
mod variances;

use std::fs;

use self::project::Project;

/// The rows of the plan that changes have here.
const ROWS: [&str; 3] = [
    "| EI-1 | Stop the pump | It stands | [actual] | [evidence] | [Pass or Fail] | [user] | [date, time] |\n",
    "| EI-2 | Change it | The new one is in | [actual] | [evidence] | [Pass or Fail] | [user] | [date, time] |\n",
    "| EI-3 | Start it | It runs dry | [actual] | [evidence] | [Pass or Fail] | [user] | [date, time] |\n",
];

/// Writes the plan into the working copy of a draft.
fn plan(project: &Project, id: &str, rows: &str) {
    let path = project.copy("claude", id);
    let text = fs::read_to_string(&path).unwrap();
    let kept: Vec<&str> = text.lines().filter(|line| !line.starts_with("| EI-")).collect();
    let header = "|---|---|---|---|---|---|---|---|\n";
    let text = format!("{}\n", kept.join("\n")).replace(header, &format!("{header}{rows}"));
    fs::write(path, text.replace("{{", "").replace("}}", "")).unwrap();
}

/// Takes a draft that is checked out to IN_EXECUTION.
fn release(project: &Project, id: &str) {
    for line in [
        "-u claude route ID --review",
        "-u qa review ID --recommend --comment fine",
        "-u claude route ID --approval",
        "-u qa approve ID",
        "-u claude release ID",
    ] {
        project.run(&line.replace("ID", id)).is(0);
    }
}

/// Takes a document whose items are recorded from IN_EXECUTION to CLOSED.
fn close(project: &Project, id: &str) {
    for line in [
        "-u claude route ID --review",
        "-u qa review ID --recommend --comment fine",
        "-u claude route ID --approval",
        "-u qa approve ID",
        "-u claude close ID",
    ] {
        project.run(&line.replace("ID", id)).is(0);
    }
}

/// A change in execution, with three items.
fn released() -> Project {
    let project = Project::new();
    project.run("-u claude create CR --title Pump").is(0);
    plan(&project, "CR-001", &ROWS.concat());
    release(&project, "CR-001");
    project
}

/// Records an item; the words say what came of it.
fn record(project: &Project, item: &str, words: &str) -> project::Call {
    project.call(&format!("-u claude item record CR-001 {item} {words}"))
}

// REQ-104
#[test]
fn closing_with_an_unexecuted_item_is_denied() {
    let project = released();
    project.record("claude", "CR-001", &["EI-1", "EI-3"]);
    let refused = project.ask("-u claude route CR-001 --review").is(4);
    assert_eq!(refused.reasons(), ["items_incomplete"]);
    let reason = &refused["error"]["reasons"][0];
    assert_eq!(reason["message"], "EI-2 of CR-001 lacks: actual result, evidence, outcome, performer, time");
    assert_eq!(
        reason["remedy"],
        "qms --user claude item record CR-001 EI-2 --outcome <pass|fail> --evidence <text>"
    );
    assert_eq!(project.ask("-u claude close CR-001").is(4).reasons(), ["not_from_this_state"]);
    project.record("claude", "CR-001", &["EI-2"]);
    project.run("-u claude checkout CR-001").is(0);
    close(&project, "CR-001");
    assert_eq!(project.state("CR-001"), "CLOSED");
    project.run("-u lead audit verify --contents").is(0);
}

// REQ-103
#[test]
fn an_item_that_vanished_is_denied() {
    let project = released();
    project.run("-u claude checkout CR-001").is(0);
    let approved = fs::read_to_string(project.copy("claude", "CR-001")).unwrap();
    let [one, two, three] = ROWS;
    let tampered = |from: &str, to: &str| {
        assert!(approved.contains(from));
        approved.replace(from, to)
    };
    for (text, name, said) in [
        (tampered(two, ""), "items_changed", "the approved item EI-2 is gone"),
        (tampered(two, &two.replace("EI-2", "EI-4")), "items_changed", "the approved item EI-2 is gone"),
        (tampered(three, &three.repeat(2)), "items_unreadable", "EI-3 stands in line 92 already"),
        (
            tampered(two, &format!("{two}{}", two.replace("EI-2", "EI-4"))),
            "items_changed",
            "was not approved",
        ),
        (
            tampered(&format!("{one}{two}"), &format!("{two}{one}")),
            "items_changed",
            "EI-2 stands in line 90, where EI-1 was approved",
        ),
        (
            tampered("It runs dry", "It runs"),
            "items_changed",
            "has another expected result than was approved",
        ),
        (tampered("Stop the", "Stоp the"), "items_changed", "has another task than was approved"),
        (
            tampered("| EI-2 | Change it |", "| EI-2 | Change it"),
            "items_unreadable",
            "7 cells in a table of 8",
        ),
        (tampered("Change it", "Change `a | b`"), "items_unreadable", "9 cells in a table of 8"),
        (tampered(two, &two.replace('|', "｜")), "items_unreadable", "some of its bars only look like `|`"),
        (tampered(one, &one.replace("[Pass or Fail]", "Pass")), "items_changed", "outcome than was recorded"),
        (tampered("| Item | Task", "| Items | Task"), "items_unreadable", "there is no table"),
        (tampered(one, &format!("\n```\n{one}```\n")), "items_unreadable", "the items table has no rows"),
        (tampered(two, &format!("\n{two}")), "items_unreadable", "line 92: this row stands outside"),
    ] {
        fs::write(project.copy("claude", "CR-001"), &text).unwrap();
        project.keeps(2, || {
            for action in ["checkin CR-001", "route CR-001 --review"] {
                let refused = project.call(&format!("-u claude {action}")).unfilled().ask().is(4);
                assert!(refused.reasons().contains(&name), "{text}\n{:?}", refused.reasons());
                let told = refused["error"]["message"].as_str().unwrap();
                assert!(told.contains(said), "{said}\n{told}");
            }
        });
    }
    // Of the items themselves only the words count; the section that they stand in is locked to the byte.
    fs::write(project.copy("claude", "CR-001"), approved.replace(" | [actual]", "  |  [actual]")).unwrap();
    assert_eq!(project.ask("-u claude checkin CR-001").is(4).reasons(), ["section_locked"]);
    fs::write(project.copy("claude", "CR-001"), &approved).unwrap();
    project.run("-u claude checkin CR-001").is(0);
}
