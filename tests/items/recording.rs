//! Recording: who, when, once, and nothing else changes.

use std::fs;
use std::thread;

use serde_json::json;

use super::{record, released};
use crate::project::{Call, Project};

fn content(project: &Project) -> String {
    project.run("-u tu read CR-001").is(0).text()
}

// REQ-105
#[test]
fn an_entry_is_written_by_the_program_into_its_row_and_nowhere_else() {
    let project = released();
    project.issue(&["claude"]);
    let before = content(&project);
    let said = "--outcome pass --actual \"stopped | at once\" --evidence \"`log | run 7`\"";
    let done = record(&project, "EI-2", said).ask().is(0);
    assert_eq!(done["data"]["document"]["version"], "1.1");
    assert_eq!(done["data"]["notes"], json!(["EI-2 is recorded; 2 items of CR-001 are open"]));
    let history = project.ask("-u tu history CR-001").is(0);
    let entry = history["data"]["entries"].as_array().unwrap().last().unwrap();
    assert_eq!((&entry["action"], &entry["assurance"]), (&json!("item_record"), &json!("token")));
    let at = entry["at"].as_str().unwrap();
    let after = content(&project);
    for (old, new) in before.lines().zip(after.lines()) {
        let row = format!(
            "| EI-2 | Change it | The new one is in | stopped \\| at once | `log \\| run 7` | Pass | claude | {at} |"
        );
        assert_eq!(new, if old.starts_with("| EI-2 ") { &row } else { old });
    }
    assert_eq!(before.lines().count(), after.lines().count());
    let listed = project.ask("-u tu item list CR-001").is(0);
    let item = json!({
        "id": "EI-2", "task": "Change it", "expected": "The new one is in", "recorded": true, "outcome": "pass",
        "actual": "stopped | at once", "evidence": "`log | run 7`", "performed_by": "claude", "performed_at": at,
        "files": [], "answered_by": [],
    });
    assert_eq!(listed["data"]["items"][1], item);
    let text = project.run("-u tu item list CR-001").is(0).text();
    assert!(
        text.contains("EI-1  open ") && text.contains(&format!("EI-2  pass     claude        {at}")),
        "{text}"
    );
    assert_eq!(
        project.ask("-u tu item list CR-001 --version 1.0").is(0)["data"]["items"][1]["recorded"],
        false
    );
}

#[test]
fn a_passed_item_is_as_expected_and_a_failed_one_says_what_came_instead() {
    let project = released();
    let refused = record(&project, "EI-1", "--outcome fail --evidence log").ask().is(4);
    assert_eq!(refused.reasons(), ["missing_input"]);
    record(&project, "EI-1", "--outcome pass --evidence log").run().is(0);
    let listed = project.ask("-u tu item list CR-001").is(0);
    assert_eq!(listed["data"]["items"][0]["actual"], "As expected");
}

// REQ-163
#[test]
fn an_entry_that_would_hide_something_is_refused_and_other_texts_come_back_as_they_were() {
    let project = released();
    project.keeps(13, || {
        let left = ["[evidence]", "{{evidence}}", "commit: TBD", " "];
        let faked = [
            "log <br>sha256:1111",
            "log\nsha256:1111",
            "As expected\n(corrects 1.0: typing error)",
            "<!-- seen -->",
            "&nbsp;",
            "[](https://example.com)",
        ];
        let unseen = ["a\u{202e}b", "a\u{1b}[2Jb", "a\u{200b}b"];
        for bad in unseen.into_iter().chain(faked).chain(left) {
            let words =
                ["-u", "claude", "item", "record", "CR-001", "EI-1", "--outcome", "pass", "--evidence", bad];
            let refused = project.words(&words).ask().is(4);
            let name = if bad == " " { "missing_input" } else { "invalid_input" };
            assert_eq!(refused.reasons(), [name], "{bad:?}");
        }
    });
    let text = "one | two\n\n`three | four` \\| five\\\nsix ｜ < b>";
    record(&project, "EI-1", "--outcome pass --evidence -").input(text).run().is(0);
    let listed = project.ask("-u tu item list CR-001").is(0);
    assert_eq!(listed["data"]["items"][0]["evidence"], text);
    // What one command line cannot hold comes from a file, and is refused, too.
    fs::write(project.path("long.txt"), "long ".repeat(200_000)).unwrap();
    let refused = record(&project, "EI-2", "--outcome pass --evidence-file long.txt").ask().is(4);
    assert_eq!(refused.reasons(), ["invalid_input"]);
}

#[test]
fn nothing_is_recorded_into_a_document_that_is_checked_out() {
    let project = released();
    project.run("-u claude checkout CR-001").is(0);
    let refused = record(&project, "EI-1", "--outcome pass --evidence log").ask().is(4);
    assert_eq!(refused.reasons(), ["checked_out"]);
    assert_eq!(refused["error"]["reasons"][0]["remedy"], "qms --user claude checkin CR-001");
    project.run("-u claude checkin CR-001").is(0);
    project.record("claude", "CR-001", &["EI-1"]);
}

// REQ-106
#[test]
fn a_wrong_entry_is_put_right_by_another_that_says_what_was_wrong() {
    let project = released();
    project.record("claude", "CR-001", &["EI-1"]);
    let refused = record(&project, "EI-1", "--outcome pass --evidence log").ask().is(4);
    assert_eq!(refused.reasons(), ["item_already_recorded"]);
    let reason = "--reason \"the log was that of run 6\"";
    record(&project, "EI-1", &format!("--outcome fail --actual \"it leaks\" --evidence log {reason}"))
        .run()
        .is(0);
    let listed = project.ask("-u tu item list CR-001").is(0);
    let item = &listed["data"]["items"][0];
    assert_eq!(item["actual"], "it leaks\n(corrects 1.1: the log was that of run 6)");
    let former = project.ask("-u tu item list CR-001 --version 1.1").is(0);
    assert_eq!(former["data"]["items"][0]["outcome"], "pass");
    let refused = record(&project, "EI-1", &format!("--outcome pass --evidence log {reason}")).ask().is(4);
    assert_eq!(refused.reasons(), ["item_has_failed"]);
}

// REQ-103
#[test]
fn what_was_recorded_is_neither_changed_nor_taken_back_by_hand() {
    let project = released();
    record(&project, "EI-1", "--outcome fail --actual leaks --evidence log").run().is(0);
    project.run("-u claude checkout CR-001").is(0);
    let recorded = fs::read_to_string(project.copy("claude", "CR-001")).unwrap();
    for (from, to, column) in [
        ("| Fail |", "| Pass |", "outcome"),
        ("| leaks |", "| runs |", "actual result"),
        ("| leaks |", "| [actual] |", "actual result"),
        ("| Fail | claude |", "| Fail | qa |", "performer"),
        ("Z |\n", "Y |\n", "time"),
    ] {
        fs::write(project.copy("claude", "CR-001"), recorded.replace(from, to)).unwrap();
        let refused = project.ask("-u claude checkin CR-001").is(4);
        // The section of the items is locked, too, and that is told line by line.
        assert_eq!(refused.reasons(), ["section_locked", "items_changed"], "{to}");
        let told = refused["error"]["reasons"][1]["message"].as_str().unwrap().to_owned();
        assert!(told.ends_with(&format!(" has another {column} than was recorded")), "{told}");
    }
}

// REQ-167
#[test]
fn the_menu_offers_the_open_items_and_its_line_runs_once_it_is_filled_in() {
    let project = released();
    project.record("claude", "CR-001", &["EI-1"]);
    let menu = project.ask("-u claude next CR-001").is(0);
    let lines = menu["data"]["next"].as_array().unwrap();
    let line = lines.iter().find(|line| line["action"] == "item_record").unwrap();
    let chosen = &line["inputs"][0];
    assert_eq!(
        chosen["one_of"],
        json!([{"value": "EI-2", "flag": "EI-2"}, {"value": "EI-3", "flag": "EI-3"}])
    );
    assert_eq!(
        line["command"],
        "qms --user claude item record CR-001 <EI-2|EI-3> --outcome <pass|fail> \
         [--actual <text>] --evidence <text>"
    );
    let actual = &line["inputs"][2];
    assert_eq!([&actual["required"], &actual["argv_index"]], [&json!(false), &json!(null)]);
    assert_eq!(actual["required_when"], json!({"input": "outcome", "value": "fail"}));
    let mut words: Vec<String> = line["argv"]
        .as_array()
        .unwrap()
        .iter()
        .map(|word| word.as_str().unwrap_or_default().to_owned())
        .collect();
    for (input, value) in line["inputs"].as_array().unwrap().iter().zip(["EI-3", "pass", "", "log"]) {
        if let Some(at) = input["argv_index"].as_u64() {
            words[usize::try_from(at).unwrap()] = value.to_owned();
        }
    }
    project.words(&words[1..]).run().is(0);
}

fn at_once(calls: Vec<Call>) -> Vec<i32> {
    let running: Vec<_> = calls.into_iter().map(|call| thread::spawn(move || call.run().status)).collect();
    let mut statuses: Vec<i32> = running.into_iter().map(|one| one.join().unwrap()).collect();
    statuses.sort_unstable();
    statuses
}

// REQ-106
#[test]
fn items_that_are_recorded_at_once_are_all_recorded() {
    let project = released();
    let calls = ["EI-1", "EI-2", "EI-3"].map(|item| record(&project, item, "--outcome pass --evidence log"));
    assert_eq!(at_once(calls.into()), [0, 0, 0]);
    let listed = project.ask("-u tu item list CR-001").is(0);
    let items = listed["data"]["items"].as_array().unwrap();
    assert!(items.iter().all(|item| item["recorded"] == true), "{items:?}");
    assert_eq!(listed["data"]["version"], "1.3");
    project.run("-u lead audit verify --contents").is(0);
}

// REQ-106
#[test]
fn an_item_that_is_recorded_twice_at_once_is_recorded_once() {
    let project = released();
    let call = |evidence: &str| record(&project, "EI-1", &format!("--outcome pass --evidence {evidence}"));
    assert_eq!(at_once(vec![call("one"), call("two"), call("three")]), [0, 4, 4]);
    assert_eq!(project.ask("-u tu item list CR-001").is(0)["data"]["version"], "1.1");
}
