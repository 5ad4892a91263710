//! Recorded readings: nobody judges unread, where the policy says so; everywhere else reading leaves no trace.

use std::fs;
use std::process::Stdio;

use serde_json::{Value, json};

use crate::blindness::{maria, with_maria};
use crate::project::Project;
use crate::stand_in::Started;

/// Lets every review wait for the reading of its content.
fn demand(project: &Project) {
    let path = project.path("workflows/executable.yaml");
    let text = fs::read_to_string(&path).unwrap();
    let review = "verdict: review, quorum: all }";
    assert!(text.contains(review));
    fs::write(path, text.replace(review, "verdict: review, quorum: all, guards: [opened] }")).unwrap();
    project.run("-u lead workflow adopt executable.yaml").is(0);
}

/// A project in which reviews wait so, with a change record in review by `qa` and `tu`.
fn demanding() -> Project {
    let project = Project::new();
    demand(&project);
    project.play(&["-u claude create CR --title x", "-u claude route CR-001 --review --assignees tu"]);
    project
}

fn commands(project: &Project, user: &str) -> Vec<String> {
    let menu = project.ask(&format!("-u {user} next CR-001")).is(0);
    let lines = menu["data"]["next"].as_array().unwrap();
    lines.iter().map(|line| line["command"].as_str().unwrap().to_owned()).collect()
}

const READ: &str = "qms --user qa read CR-001 --draft";

// REQ-086
#[test]
fn a_verdict_waits_for_the_recorded_reading_of_its_content() {
    let project = demanding();
    let refused = project.ask("-u qa review CR-001 --recommend --comment fine").is(4);
    assert_eq!(refused.reasons(), ["not_opened"]);
    let reason = &refused["error"]["reasons"][0];
    assert_eq!(reason["message"], "`qa` has not opened CR-001 0.2 in this round");
    assert_eq!(reason["remedy"], READ);
    // The menu teaches it, before the verdict.
    assert_eq!(commands(&project, "qa")[0], READ);
    assert!(!commands(&project, "qa").iter().any(|line| line.contains(" review ")));

    let read = project.keeps(1, || project.run("-u qa read CR-001 --draft")).is(0);
    assert!(read.text().starts_with("---\nid: CR-001\n"), "{}", read.text());
    let read = read.says("recorded: `qa` has opened CR-001 0.2");
    assert!(!read.text().contains("has opened"), "{}", read.text());
    let history = project.ask("-u claude history CR-001").is(0);
    let entry = history["data"]["entries"].as_array().unwrap().last().unwrap().clone();
    assert_eq!([&entry["action"], &entry["actor"], &entry["result"]], ["read", "qa", "permitted"]);
    assert_eq!([&entry["from"], &entry["to"]], ["IN_PRE_REVIEW", "IN_PRE_REVIEW"]);
    let status = project.ask("-u qa status CR-001").is(0);
    assert_eq!(entry["content_digest"], status["data"]["document"]["content_digest"]);

    // Once is enough, and it counts for nobody else.
    project.keeps(0, || project.run("-u qa read CR-001 --draft").is(0));
    assert!(commands(&project, "qa").iter().all(|line| line != READ));
    assert_eq!(project.ask("-u tu review CR-001 --recommend --comment fine").is(4).reasons(), ["not_opened"]);
    project.run("-u qa review CR-001 --recommend --comment fine").is(0);
    project.keeps(0, || project.run("-u qa read CR-001").is(0));
    project.run("-u qa audit verify").is(0);
    project.run("-u lead doctor").is(0);
}

// REQ-086
#[test]
fn readings_by_others_of_other_contents_and_where_nobody_asks_leave_no_trace() {
    let project = Project::new();
    project.play(&["-u claude create CR --title x", "-u claude route CR-001 --review --assignees tu"]);
    project.keeps(0, || project.run("-u qa read CR-001 --draft").is(0));
    assert!(!commands(&project, "qa").iter().any(|line| line.contains(" read ")));
    // A round keeps the policy that it was opened under.
    demand(&project);
    project.keeps(0, || project.run("-u qa read CR-001 --draft").is(0));
    project.run("-u qa review CR-001 --recommend --comment fine").is(0);

    let project = demanding();
    project.keeps(0, || {
        for line in [
            "-u claude read CR-001 --draft",
            "-u lead read CR-001 --draft",
            "-u qa brief CR-001",
            "-u qa diff CR-001",
            "-u qa status CR-001",
            "-u qa read SOP-001",
        ] {
            project.run(line).is(0);
        }
        project.run("-u qa read CR-001 --version 9.9").is(5);
    });
    // The content counts, not the flag; and the form does not matter.
    project.keeps(1, || project.ask("-u qa read CR-001").is(0));
    project.keeps(1, || project.run("-u tu read CR-001 --version 0.2 -o yaml").is(0));
}

#[test]
fn what_was_in_force_before_is_not_what_is_to_be_judged() {
    let project = Project::new();
    let path = project.path("workflows/controlled.yaml");
    let text = fs::read_to_string(&path).unwrap();
    let review = "verdict: review, quorum: all }";
    fs::write(path, text.replace(review, "verdict: review, quorum: all, guards: [opened] }")).unwrap();
    project.play(&["-u lead workflow adopt", "-u claude checkout SOP-001"]);
    project.edit("claude", "SOP-001", "revision_summary: Initial issue", "revision_summary: Shorter");
    project.run("-u claude route SOP-001 --review").is(0);
    project.keeps(0, || project.run("-u qa read SOP-001").is(0));
    project.keeps(0, || project.run("-u qa read SOP-001 --version 1.0").is(0));
    project.keeps(1, || project.run("-u qa read SOP-001 --draft").is(0));
    project.run("-u qa review SOP-001 --recommend --comment fine").is(0);
}

// REQ-086
#[test]
fn every_round_and_every_seat_begins_unread() {
    let project = demanding();
    project.play(&[
        "-u tu read CR-001 --draft",
        "-u qa unassign CR-001 --assignees tu",
        "-u qa assign CR-001 --assignees tu",
    ]);
    assert_eq!(project.ask("-u tu review CR-001 --recommend --comment x").is(4).reasons(), ["not_opened"]);
    project.play(&[
        "-u tu read CR-001 --draft",
        "-u qa read CR-001 --draft",
        "-u tu review CR-001 --recommend --comment x",
        "-u qa review CR-001 --recommend --comment x",
        "-u qa assign CR-001 --assignees tu",
    ]);
    assert_eq!(project.ask("-u tu review CR-001 --recommend --comment x").is(4).reasons(), ["not_opened"]);
    project.run("-u claude withdraw CR-001").is(0);
    project.run("-u qa audit verify").is(0);
}

// REQ-086
#[test]
fn what_was_not_given_out_was_not_read() {
    let project = demanding();
    project.keeps(0, || {
        let mut call = project.call("-u qa read CR-001 --draft");
        let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let status = call.command.stdout(Stdio::from(full)).stderr(Stdio::null()).status().unwrap();
        assert_eq!(status.code(), Some(1));
        // Nobody is there to read it.
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let mut call = project.call("-u qa read CR-001 --draft");
        let status = call.command.stdout(Stdio::from(writer)).stderr(Stdio::null()).status().unwrap();
        assert_eq!(status.code(), Some(0));
    });
    assert_eq!(project.ask("-u qa review CR-001 --recommend --comment x").is(4).reasons(), ["not_opened"]);
}

#[test]
fn a_credential_that_is_not_good_for_it_reads_and_records_nothing() {
    let project = demanding();
    project.run("-u lead token issue qa --action review --out ../qa.token").is(0);
    let read = |line: &str| project.call(line).variable("QMS_TOKEN_FILE", "../qa.token");
    let answer = project.keeps(0, || read("read CR-001 --draft").ask()).is(0);
    let codes: Vec<&Value> = answer["warnings"].as_array().unwrap().iter().map(|it| &it["code"]).collect();
    assert_eq!(codes, [&json!("not_in_force"), &json!("reading_not_recorded")]);
    project.run("-u lead token issue qa --action review --action read --out ../both.token").is(0);
    let read = |line: &str| project.call(line).variable("QMS_TOKEN_FILE", "../both.token");
    project.keeps(1, || read("read CR-001 --draft").run().is(0));
    read("review CR-001 --recommend --comment fine").run().is(0);
}

#[test]
fn a_reading_that_was_signed_is_no_signature_on_the_content() {
    let project = with_maria("reviewer");
    demand(&project);
    project.play(&["-u claude create CR --title x", "-u claude route CR-001 --review --assignees maria"]);
    maria(&project, "read CR-001 --draft", 0);
    let history = project.ask("-u qa history CR-001").is(0);
    let last = history["data"]["entries"].as_array().unwrap().last().unwrap();
    assert_eq!([&last["action"], &last["assurance"]], ["read", "signature"]);
    assert_eq!(history["data"]["signatures"], json!([]));
    maria(&project, "review CR-001 --recommend --comment fine", 0);
    assert_eq!(project.ask("-u qa status CR-001").is(0)["data"]["signatures"].as_array().unwrap().len(), 1);
    project.run("-u qa audit verify").is(0);
}

#[test]
fn an_agent_that_follows_its_brief_has_read_what_it_judges() {
    let started = Started::new(
        "QMS brief CR-002 | grep -o 'qms --user qa read CR-002 --draft' > ../told; \
         QMS read CR-002 --draft > ../read && QMS review CR-002 --recommend --comment fine --no-interactive",
    );
    let project = &started.project;
    demand(project);
    project.play(&["-u claude create CR --title y", "-u claude route CR-002 --review"]);
    let ran = project.run("-u claude agent run qa --document CR-002 --task review").is(0);
    assert!(ran.text().contains("✓ Review submitted for CR-002 (RECOMMEND)"), "{}", ran.text());
    assert_eq!(fs::read_to_string(project.folder().join("told")).unwrap().lines().count(), 1);
    let reading = &started.entries("read")[0];
    assert_eq!([&reading["actor"], &reading["parent"]], ["qa", "claude"]);
}
