//! What once went wrong in a team that worked with agents under such a system, each as a test named by the
//! control that prevents it, in the order in which they were investigated. Every test is short on purpose:
//! the details of each control are tried where it is tested for itself.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops")]

mod project;

use std::fs;

use self::project::Project;

/// A project in which a command has to pass before documents go a way.
fn gated(script: &str, file: &str, from: &str) -> Project {
    let project = Project::new();
    let edit = |name: &str, from: &str, to: &str| {
        let path = project.path("workflows").join(name);
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.contains(from), "{name} has no {from:?}");
        fs::write(path, text.replacen(from, to, 1)).unwrap();
    };
    let declared =
        format!("evidence:\n  seen: {{ help: It is seen, command: [/bin/sh, -c, {script:?}] }}\n\nusers:\n");
    edit("policy.yaml", "users:\n", &declared);
    edit(file, from, &format!("{from} {{ evidence: [seen] }},"));
    project.run("-u lead workflow adopt").is(0);
    project
}

/// Takes a draft that is checked out to an approved state.
fn approve(project: &Project, id: &str) {
    for line in [
        "-u claude route ID --review",
        "-u qa review ID --recommend --comment fine",
        "-u claude route ID --approval",
        "-u qa approve ID",
    ] {
        project.run(&line.replace("ID", id)).is(0);
    }
}

/// A change in execution.
fn released(project: &Project) {
    project.run("-u claude create CR --title Pump").is(0);
    approve(project, "CR-001");
    project.run("-u claude release CR-001").is(0);
}

/// Takes the change from execution to where it can be closed.
fn complete(project: &Project) {
    project.record("claude", "CR-001", &["EI-1", "EI-2", "EI-3"]);
    project.run("-u claude checkout CR-001").is(0);
    approve(project, "CR-001");
}

/// Checks that a line is refused for these reasons, and changes nothing but the record of the attempt.
#[track_caller]
fn denied(project: &Project, line: &str, reasons: &[&str]) {
    let refused = project.keeps(1, || project.call(line).unfilled().ask());
    assert!(matches!(refused.status, 4 | 7), "{line}: {}", refused.value());
    assert_eq!(refused.reasons(), reasons, "{line}");
}

// REQ-104
#[test]
fn closing_with_an_unexecuted_item_is_denied() {
    let project = Project::new();
    released(&project);
    project.record("claude", "CR-001", &["EI-1"]);
    project.run("-u claude checkout CR-001").is(0);
    project.fill_in("CR-001");
    project.run("-u claude checkin CR-001").is(0);
    denied(&project, "-u claude route CR-001 --review", &["items_incomplete", "items_incomplete"]);
}

// REQ-028
#[test]
fn a_procedure_without_its_revision_summary_is_denied() {
    let project = Project::new();
    project.run("-u claude checkout SOP-001").is(0);
    project.edit("claude", "SOP-001", "## 2 Scope", "Something else.\n\n## 2 Scope");
    denied(&project, "-u claude route SOP-001 --review", &["revision_not_described"]);
    project.edit("claude", "SOP-001", "revision_summary: Initial issue\n", "");
    denied(&project, "-u claude route SOP-001 --review", &["front_matter_incomplete"]);
}

// REQ-017, REQ-050
#[test]
fn the_orchestrator_acting_as_qa_is_denied() {
    let project = Project::new();
    project.issue(&["claude", "qa"]);
    project.play(&["-u claude create CR --title Pump", "-u claude route CR-001 --review"]);
    let token = project.token("claude").unwrap();
    let words = ["-u", "qa", "review", "CR-001", "--recommend", "--comment", "fine"];
    let mut call = project.words(&words);
    call.command.env("QMS_TOKEN_FILE", token);
    assert_eq!(call.ask().is(8).reasons(), ["identity_mismatch"]);
    let own = "-u claude review CR-001 --recommend --comment fine";
    denied(&project, own, &["group_not_allowed", "not_assigned", "is_author", "is_owner"]);
}

// REQ-148
#[test]
fn an_incomplete_template_is_denied() {
    let project = Project::new();
    project.run("-u claude checkout TEMPLATE-CR").is(0);
    project.edit("claude", "TEMPLATE-CR", "revision_summary: Initial issue", "revision_summary: Shorter");
    project.edit("claude", "TEMPLATE-CR", "| Item | Task |", "| Task | Item |");
    denied(&project, "-u claude route TEMPLATE-CR --review", &["template_unsound"]);
}

// REQ-150
#[test]
fn an_edit_of_approved_text_during_execution_is_denied() {
    let project = Project::new();
    released(&project);
    project.run("-u claude checkout CR-001").is(0);
    project.edit("claude", "CR-001", "## 2 Scope\n", "## 2 Scope\n\nAnd the pipes.\n");
    denied(&project, "-u claude checkin CR-001", &["section_locked"]);
}

// REQ-041
#[test]
fn an_edit_of_the_wrong_target_is_denied() {
    let project = Project::new();
    project.play(&["-u claude create CR --title One", "-u claude create CR --title Two"]);
    let (one, two) = (project.copy("claude", "CR-001"), project.copy("claude", "CR-002"));
    fs::copy(two, one).unwrap();
    denied(&project, "-u claude checkin CR-001", &["copy_unsound"]);
}

// REQ-044
#[test]
fn an_approved_plan_that_was_not_released_can_be_taken_back() {
    let project = Project::new();
    project.run("-u claude create CR --title Pump").is(0);
    approve(&project, "CR-001");
    assert_eq!(project.state("CR-001"), "PRE_APPROVED");
    project.run("-u claude checkout CR-001").is(0);
    assert_eq!(project.state("CR-001"), "DRAFT");
    denied(&project, "-u claude release CR-001", &["not_from_this_state"]);
}

// REQ-025, REQ-301
#[test]
fn a_change_under_a_closed_record_is_denied() {
    let project = Project::new();
    released(&project);
    complete(&project);
    project.run("-u claude close CR-001").is(0);
    for line in
        ["checkout CR-001", "route CR-001 --review", "item record CR-001 EI-1 --outcome pass --evidence x"]
    {
        let refused = project.ask(&format!("-u claude {line}")).is(4);
        let reasons = refused["error"]["reasons"].as_array().unwrap();
        let not_now = reasons.iter().find(|reason| reason["name"] == "not_from_this_state").unwrap();
        assert_eq!(
            not_now["remedy"], "qms --user claude create ADD --parent CR-001 --title <text>",
            "{line}"
        );
        assert_eq!(refused["data"]["next"][0]["command"], not_now["remedy"], "{line}");
    }
    // Who makes none is told what corrects it all the same.
    let told = project.run("-u qa route CR-001 --review").is(4);
    told.says("what is wrong in it is corrected in a document of type ADD");
    assert_eq!(project.ask("-u qa next CR-001").is(0)["data"]["next"][0]["action"], "status");
    project.run("-u claude create VAR --parent CR-001 --item EI-1 --title Late").is(4);
    project.run("-u claude create ADD --parent CR-001 --title Correction").is(0);
}

// REQ-109, REQ-149
#[test]
fn a_matrix_with_an_open_place_or_whose_tests_never_passed_is_denied() {
    let route =
        "{ target: review }, from: DRAFT, to: IN_REVIEW, by: [initiator], meaning: authored, guards: [owner,";
    let project = gated("test -e ../passed", "controlled.yaml", route);
    project.play(&["-u claude namespace add X", "-u claude create RTM --namespace X --title Matrix"]);
    project.fill_in("SDLC-X-RTM");
    let path = project.copy("claude", "SDLC-X-RTM");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, format!("{text}\nCommit: TBD\n")).unwrap();
    project.run("-u claude checkin SDLC-X-RTM").is(0);
    let line = "-u claude route SDLC-X-RTM --review";
    denied(&project, line, &["evidence_missing", "placeholder_left"]);
    project.run("-u claude checkout SDLC-X-RTM").is(0);
    project.edit("claude", "SDLC-X-RTM", "TBD", "1f3a");
    project.play(&["-u claude checkin SDLC-X-RTM"]);
    project.run("-u claude evidence run SDLC-X-RTM seen").is(1);
    denied(&project, line, &["evidence_failed"]);
    fs::write(project.folder().join("passed"), "").unwrap();
    project.play(&["-u claude evidence run SDLC-X-RTM seen", line]);
}

// REQ-098
#[test]
fn closing_before_the_document_it_depends_on_is_effective_is_denied() {
    let project = Project::new();
    project.run("-u claude create CR --title Pump").is(0);
    project.edit("claude", "CR-001", "title: \"Pump\"", "requires: SDLC-X-RTM is EFFECTIVE\ntitle: \"Pump\"");
    approve(&project, "CR-001");
    project.run("-u claude release CR-001").is(0);
    complete(&project);
    denied(&project, "-u claude close CR-001", &["prerequisite_unmet"]);
}

// REQ-103
#[test]
fn an_item_left_out_of_the_execution_is_denied() {
    let project = Project::new();
    released(&project);
    project.run("-u claude checkout CR-001").is(0);
    let path = project.copy("claude", "CR-001");
    let text = fs::read_to_string(&path).unwrap();
    let without: Vec<&str> = text.lines().filter(|line| !line.starts_with("| EI-2 ")).collect();
    fs::write(&path, without.join("\n") + "\n").unwrap();
    let refused = project.ask("-u claude checkin CR-001").is(4);
    assert!(refused.reasons().contains(&"items_changed"), "{:?}", refused.reasons());
}

// REQ-109, REQ-110
#[test]
fn a_change_that_never_reached_production_is_denied() {
    let close = "to: CLOSED, by: [initiator], meaning: executed, guards: [owner,";
    let project = gated("test -e ../deployed", "executable.yaml", close);
    released(&project);
    complete(&project);
    denied(&project, "-u claude close CR-001", &["evidence_missing"]);
    fs::write(project.folder().join("deployed"), "").unwrap();
    project.play(&["-u claude evidence run CR-001 seen", "-u claude close CR-001"]);
    let listed = project.ask("-u qa evidence list CR-001").is(0);
    let run = &listed["data"]["evidence"][0];
    assert!(run["body_digest"].is_string() && run["content_digest"].is_string(), "{run}");
}

// REQ-152
#[test]
fn a_copy_of_a_template_that_drifted_apart_is_found() {
    let project = Project::new();
    fs::create_dir(project.path("templates")).unwrap();
    fs::write(project.path("templates/TEMPLATE-CR.md"), "# Ours\n").unwrap();
    let found = project.ask("-u qa doctor").is(1);
    assert_eq!(found["error"]["details"]["findings"][0]["name"], "template_drift");
}

// REQ-081
#[test]
fn a_guard_that_would_not_work_is_found() {
    let project = Project::new();
    let path = project.path("workflows/policy.yaml");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, format!("{text}runtimes: {{ claude: claude }}\n")).unwrap();
    project.run("-u lead workflow adopt").is(0);
    project.run("-u lead hooks install claude").is(0);
    project.run("-u lead doctor").is(0);
    let path = project.path(".claude/settings.json");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replace("PreToolUse", "PreToolUsed")).unwrap();
    project.run("-u lead doctor").is(1).says("no hook for PreToolUse");
}
