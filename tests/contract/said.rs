//! What is said beside the result: what was lost, what is missing, and who goes on.

use std::collections::BTreeSet;
use std::fs;

use serde_json::{Value, json};

use super::{furnished, names};
use crate::project::Project;

// REQ-031, REQ-033, REQ-157
#[test]
fn a_content_that_was_objected_to_does_not_come_back_by_way_of_another() {
    let project = Project::new();
    project.play(&[
        "-u claude create CR --title Pump",
        "-u claude route CR-001 --review --assignees tu",
        "-u tu review CR-001 --request-updates --comment no",
        "-u qa review CR-001 --recommend --comment fine",
        "-u claude checkout CR-001",
    ]);
    project.edit("claude", "CR-001", "title: \"Pump\"", "title: \"Pumps\"");
    project.play(&["-u claude checkin CR-001", "-u claude checkout CR-001"]);
    project.edit("claude", "CR-001", "title: \"Pumps\"", "title: \"Pump\"");
    for line in ["checkin CR-001", "route CR-001 --review --assignees qa"] {
        let refused = project.ask(&format!("-u claude {line}")).is(4);
        assert_eq!(names(&refused["error"]["reasons"], "name"), ["content_objected"]);
        assert_eq!(
            refused["error"]["reasons"][0]["message"],
            "the working copy of CR-001 is the content of 0.2 again, and `tu` asked for changes to that"
        );
    }
    // The menu does not offer what would be refused.
    let menu = project.ask("-u claude next CR-001").is(0);
    assert!(!names(&menu["data"]["next"], "action").contains(&"checkin"), "{}", menu["data"]["next"]);
    project.edit("claude", "CR-001", "title: \"Pump\"", "title: \"Other pump\"");
    project.run("-u claude checkin CR-001").is(0);
    // That another content was approved meanwhile answers no objection to this one.
    project.play(&[
        "-u claude route CR-001 --review",
        "-u qa review CR-001 --recommend --comment fine",
        "-u claude route CR-001 --approval",
        "-u qa approve CR-001",
        "-u claude checkout CR-001",
    ]);
    project.edit("claude", "CR-001", "title: \"Other pump\"", "title: \"Pump\"");
    let refused = project.ask("-u claude checkin CR-001").is(4);
    assert_eq!(names(&refused["error"]["reasons"], "name"), ["content_objected"]);
}

// REQ-026
#[test]
fn a_transfer_says_what_becomes_of_the_copy_that_was_out() {
    let project = Project::new();
    project.run("-u claude create CR --title x").is(0);
    let line = "-u lead transfer CR-001 --to lead --reason holiday";
    let copy = project.copy("claude", "CR-001").display().to_string();
    let note = format!("the check-out by claude is void: {copy} stays, and can no longer be checked in");
    for line in [format!("{line} --dry-run -o json"), format!("{line} -o json")] {
        let answer: Value = serde_json::from_slice(&project.run(&line).is(0).stdout).unwrap();
        assert_eq!(answer["data"]["notes"], json!([note]));
    }
    // Where nothing was out there is nothing to say.
    let back = project.ask("-u lead transfer CR-001 --to claude --reason back").is(0);
    assert_eq!(back["data"]["notes"], json!([]));
}

// REQ-088, REQ-147
#[test]
fn a_new_document_names_its_template_and_misses_one_that_is_not_in_force() {
    let project = Project::new();
    project.issue(&["claude"]);
    let created = project.ask("-u claude create CR --title x").is(0);
    assert_eq!(created["data"]["document"]["template"], json!({"id": "TEMPLATE-CR", "version": "1.0"}));
    assert_eq!(created["warnings"], json!([]));
    assert!(project.run("-u qa status CR-001 -o wide").is(0).text().contains("template: TEMPLATE-CR 1.0"));
    project.play(&["-u lead route TEMPLATE-CR --retirement", "-u qa approve TEMPLATE-CR"]);
    assert_eq!(project.ask("-u qa status TEMPLATE-CR").is(0)["data"]["document"]["state"], "RETIRED");
    let bare = project.ask("-u claude create CR --title y").is(0);
    assert_eq!(names(&bare["warnings"], "code"), ["template_missing"]);
    assert_eq!(bare["data"]["document"]["template"], Value::Null);
    project.run("-u claude create CR --title z").is(0).says("TEMPLATE-CR is not in force");
}

#[test]
fn a_lost_file_of_the_policy_is_named_and_can_be_had_again() {
    let project = Project::new();
    let path = |name: &str| project.path("workflows").join(name);
    let executable = fs::read_to_string(path("executable.yaml")).unwrap();
    let of_attachments = executable.lines().find(|line| line.contains("attachment_objected")).unwrap();
    for (name, sound) in [("record.yaml", true), ("controlled.yaml", false), ("actions.yaml", false)] {
        let text = fs::read_to_string(path(name)).unwrap();
        fs::remove_file(path(name)).unwrap();
        if sound {
            // What waits for attachments goes with them.
            fs::write(path("executable.yaml"), executable.replace(of_attachments, "")).unwrap();
        }
        let again = format!("workflow show --source {name} > {}", path(name).display());
        for line in ["workflow lint", "workflow adopt --dry-run"] {
            let answer = project.ask(&format!("-u lead {line}"));
            if sound {
                assert_eq!(names(&answer["warnings"], "code"), ["candidate_file_missing"], "{line}");
                let message = answer["warnings"][0]["message"].as_str().unwrap();
                assert!(message.contains(&again), "{message}");
            } else {
                let message = answer["error"]["message"].as_str().unwrap();
                assert!(message.contains(&format!("`workflows/{name}` is missing")), "{message}");
                assert_eq!(answer["error"]["hints"], json!([format!("qms --user lead {again}")]));
            }
            assert_eq!(answer.status, if sound { 0 } else { 82 }, "{line}");
        }
        let diff = project.ask("-u lead workflow diff").is(0);
        assert_eq!(names(&diff["warnings"], "code"), ["candidate_file_missing"]);
        let source = project.run(&format!("-u lead workflow show --source {name}")).is(0);
        assert_eq!(source.text(), text);
        assert_eq!(
            project.ask(&format!("-u lead workflow show --source {name}")).is(0)["data"]["text"],
            text
        );
        fs::write(path(name), source.stdout).unwrap();
        fs::write(path("executable.yaml"), &executable).unwrap();
        assert_eq!(project.ask("-u lead workflow lint").is(0)["warnings"], json!([]));
    }
    project.ask("-u lead workflow show --source nope.yaml").is(5);
}

#[test]
fn a_menu_without_an_action_says_who_goes_on() {
    let project = furnished();
    let said = |line: &str| {
        let ran = project.run(line);
        ran.text() + &ran.stderr
    };
    let nothing = |user: &str, who: &str| {
        let line =
            format!("Nothing to do for user '{user}' now{who}\n\nAvailable actions for user '{user}':");
        for command in ["status CR-001", "next CR-001", "approve CR-001"] {
            let shown = said(&format!("-u {user} {command}"));
            assert!(shown.contains(&line), "{command}: {shown}");
        }
    };
    nothing("tu", "; waiting for: qa (review)");
    let closed = said("-u tu status TEMPLATE-CR");
    assert!(closed.contains("Nothing to do for user 'tu' now\n"), "{closed}");
    let owned = said("-u qa status CR-002");
    assert!(owned.contains("; waiting for: claude (owner)\n"), "{owned}");
    let open = said("-u claude status CR-001");
    assert!(!open.contains("Nothing to do"), "{open}");
    assert!(open.contains("Check out for editing (withdraws the round):"), "{open}");
}

#[test]
fn front_matter_that_is_missing_is_asked_for_where_it_can_be_written() {
    let project = Project::new();
    project.run("-u claude create CR").is(0);
    let line = "-u claude route CR-001 --review";
    let refused = project.call(line).unfilled().ask().is(4);
    let reason = &refused["error"]["reasons"][0];
    assert!(reason["message"].as_str().unwrap().ends_with("; write it in the working copy"), "{reason}");
    assert_eq!(reason["remedy"], Value::Null);
    project.run("-u claude checkin CR-001").is(0);
    let refused = project.ask(line).is(4);
    assert_eq!(refused["error"]["reasons"][0]["remedy"], "qms --user claude checkout CR-001");
}

// REQ-015
#[test]
fn who_may_assign_is_told_to_ask_again_and_who_may_not_to_read() {
    let project = furnished();
    project.run("-u qa review CR-001 --recommend --comment fine").is(0);
    for (user, remedy) in [("qa", "assign CR-001 --assignees tu"), ("claude", "comments CR-001")] {
        let refused = project.ask(&format!("-u {user} route CR-001 --approval")).is(4);
        assert_eq!(refused.reasons(), ["not_unanimous"]);
        assert_eq!(refused["error"]["reasons"][0]["remedy"], format!("qms --user {user} {remedy}"));
        project.run(&format!("-u {user} {remedy}")).is(0);
        project.run("-u tu review CR-001 --request-updates --comment still");
    }
}

#[test]
fn paths_are_shown_without_detours() {
    let project = Project::new();
    let shown = project.run("--root ./workflows/.. -u claude create CR --title x").is(0).text();
    assert!(
        shown.contains(&format!("working copy: {}\n", project.copy("claude", "CR-001").display())),
        "{shown}"
    );
}

// REQ-145
#[test]
fn every_name_of_a_refusal_can_be_explained() {
    let project = furnished();
    let mut told = BTreeSet::new();
    for user in ["claude", "qa", "tu", "lead"] {
        for id in ["CR-001", "CR-002", "INV-001", "SOP-001", "SOP-002"] {
            let menu = project.ask(&format!("-u {user} next {id} --all")).is(0);
            let lines = menu["data"]["next"].as_array().unwrap().iter();
            told.extend(lines.flat_map(|line| names(&line["missing"], "name")).map(str::to_owned));
        }
    }
    assert!(told.len() > 12, "{told:?}");
    let refused = project.ask("-u nobody list").is(8);
    told.extend(refused.reasons().into_iter().chain(refused["error"]["code"].as_str()).map(str::to_owned));
    for name in &told {
        let explained = project.run(&format!("explain {name}")).is(0).text();
        assert!(explained.lines().count() > 1, "{name}: {explained}");
    }
}
