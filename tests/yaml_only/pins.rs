//! Programs and definitions of agents are what they were when the policy was adopted.

use std::fs;

use qms::domain::digest::Digest;

use crate::project::Project;

/// A project with candidate files that name an agent, its program and its definition.
fn candidate() -> Project {
    let project = Project::new();
    fs::create_dir_all(project.path(".claude/agents")).unwrap();
    fs::write(project.path(".claude/agents/qa.md"), "You review.\n").unwrap();
    fs::write(project.folder().join("agent"), "#!/bin/sh\n").unwrap();
    let program = project.folder().join("agent").display().to_string();
    append(
        &project,
        "policy.yaml",
        &format!(
            "agents:\n  qa: {{ user: qa, launcher: own, definition: .claude/agents/qa.md, started_by: [claude] }}\n\
             launchers:\n  own: {{ command: [\"{program}\", -p, \"{{brief}}\"], environment: [HOME] }}\n"
        ),
    );
    project
}

fn append(project: &Project, name: &str, text: &str) {
    let path = project.path("workflows").join(name);
    let before = fs::read_to_string(&path).unwrap();
    fs::write(path, before + text).unwrap();
}

fn diff(project: &Project) -> String {
    project.ask("-u lead workflow diff").is(0)["data"]["text"].as_str().unwrap().to_owned()
}

const SAME: &str = "the candidate files are the policy in force";

// REQ-073
#[test]
fn a_program_that_was_swapped_is_shown_until_it_is_adopted() {
    let project = candidate();
    let (old, new) = (Digest::of(b"#!/bin/sh\n").to_string(), Digest::of(b"#!/bin/sh\nevil\n").to_string());
    project.run("-u lead workflow lint").is(0);
    let shown = diff(&project);
    assert!(shown.contains("--- in force/pins.yaml\n+++ now/pins.yaml\n"));
    project.run("-u lead workflow adopt").is(0);
    assert_eq!(diff(&project), SAME);
    let pins = project.run("-u qa workflow show --source pins.yaml").is(0).text();
    assert!(pins.contains(&old) && pins.contains(&Digest::of(b"You review.\n").to_string()), "{pins}");
    project.run("-u qa workflow show controlled").is(0);
    assert!(!project.path("workflows/pins.yaml").exists());

    fs::write(project.folder().join("agent"), "#!/bin/sh\nevil\n").unwrap();
    let shown = diff(&project);
    let program = project.folder().join("agent").display().to_string();
    assert!(
        shown.contains(&format!("-  \"{program}\": \"{old}\"\n+  \"{program}\": \"{new}\"\n")),
        "{shown}"
    );
    assert!(!shown.contains("policy.yaml"), "{shown}");

    // It does not come in by the way.
    append(&project, "controlled.yaml", "# Looked through once more.\n");
    project.run("-u lead workflow adopt controlled.yaml").is(0);
    assert!(project.run("-u qa workflow show --source pins.yaml").text().contains(&old));
    assert!(diff(&project).contains(&new));
    project.run("-u lead workflow adopt pins.yaml").is(0);
    assert_eq!(diff(&project), SAME);
    project.run("-u qa audit verify --contents").is(0);

    // Where nothing is pinned any more, no file is missed.
    let path = project.path("workflows/policy.yaml");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.split_once("agents:\n").unwrap().0).unwrap();
    assert_eq!(project.ask("-u lead workflow adopt").is(0)["warnings"], serde_json::json!([]));
    project.ask("-u qa workflow show --source pins.yaml").is(5);
}

#[test]
fn what_cannot_be_pinned_is_a_fault_where_it_is_named() {
    let project = candidate();
    fs::remove_file(project.path(".claude/agents/qa.md")).unwrap();
    let line = fs::read_to_string(project.path("workflows/policy.yaml")).unwrap();
    let line = line.lines().position(|line| line.starts_with("  qa: { user")).unwrap() + 1;
    let message =
        format!("policy.yaml:{line}:7: `.claude/agents/qa.md` cannot be pinned: there is no such file");
    assert_eq!(project.ask("-u lead workflow lint").is(82)["error"]["message"], message);
    let refused = project.keeps(0, || project.ask("-u lead workflow adopt")).is(82);
    assert_eq!(refused["error"]["message"], message);
    let warnings = project.ask("-u lead workflow diff").is(0)["warnings"].clone();
    assert_eq!(warnings, serde_json::json!([{"code": "cannot_pin", "message": message}]));
}

// REQ-073
#[test]
fn nobody_writes_pins_by_hand() {
    let project = candidate();
    fs::write(project.path("workflows/pins.yaml"), "schema: qms.pins/1\npins: {}\n").unwrap();
    let message =
        "pins.yaml: the program itself writes `pins.yaml` at adoption: remove `workflows/pins.yaml`";
    for line in ["workflow lint", "workflow adopt"] {
        assert_eq!(project.ask(&format!("-u lead {line}")).is(82)["error"]["message"], message);
    }
    assert!(diff(&project).contains(&Digest::of(b"#!/bin/sh\n").to_string()));
    fs::remove_file(project.path("workflows/pins.yaml")).unwrap();
    project.run("-u lead workflow adopt").is(0);
}
