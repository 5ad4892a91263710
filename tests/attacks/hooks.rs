//! Hooks of agent runtimes: an event that is told twice, or an agent that changes its name, gains nothing.

use std::fs;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::project::{PROGRAM, Project};

const REVIEW: &str = "qms review CR-001 --recommend --comment fine";

/// A project with a change in review, whose policy knows two agents of a runtime.
fn hooked() -> Project {
    let project = Project::new();
    project.issue(&["claude"]);
    fs::write(project.path("qa.md"), "You review.\n").unwrap();
    let path = project.path("workflows/policy.yaml");
    let agents =
        "\nagents:\n  qa: { user: qa, definition: qa.md }\n  tu: { user: tu }\nruntimes:\n  claude: claude\n";
    fs::write(&path, fs::read_to_string(&path).unwrap() + agents).unwrap();
    project.play(&[
        "-u lead workflow adopt",
        "-u claude create CR --title x",
        "-u claude route CR-001 --review --assignees qa,tu",
    ]);
    project
}

/// Tells the hook of an event of agent `a-1`, and returns what it answers.
fn told(project: &Project, name: &str, fields: &Value) -> Value {
    let mut event = json!({
        "session_id": "s-1", "transcript_path": "/t.jsonl", "cwd": project.root(), "permission_mode": "default",
        "hook_event_name": name, "agent_id": "a-1",
    });
    for (field, value) in fields.as_object().unwrap() {
        event[field] = value.clone();
    }
    let text = project.call("hook").input(event.to_string()).run().is(0).text();
    if text.is_empty() { Value::Null } else { serde_json::from_str(&text).unwrap() }
}

fn begin(project: &Project, kind: &str) {
    told(project, "SubagentStart", &json!({"agent_type": kind}));
}

/// The call `id` of agent `a-1`, as the hook rewrites it; `None` where it is refused.
fn signed(project: &Project, id: &str, line: &str) -> Option<String> {
    let call = json!({"tool_name": "Bash", "tool_use_id": id, "tool_input": {"command": line}});
    let answer = told(project, "PreToolUse", &call);
    answer["hookSpecificOutput"]["updatedInput"]["command"].as_str().map(str::to_owned)
}

/// Runs a command line as a runtime does, and returns its status.
fn sh(project: &Project, command: &str) -> i32 {
    let folder = std::path::Path::new(PROGRAM).parent().unwrap().display().to_string();
    let mut shell = Command::new("sh");
    shell.args(["-c", command]).env_clear().env("PATH", format!("{folder}:/usr/bin:/bin"));
    shell.env("XDG_STATE_HOME", project.folder().join("state"));
    shell.env("XDG_CONFIG_HOME", project.folder().join("config"));
    shell.current_dir(project.root()).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    shell.status().unwrap().code().unwrap()
}

// REQ-076, REQ-201
#[test]
fn an_event_that_is_told_again_brings_no_used_or_ended_ticket_back() {
    let project = hooked();
    begin(&project, "qa");
    let used = signed(&project, "t-1", REVIEW).unwrap();
    assert_eq!(sh(&project, &used), 0);
    assert_eq!(signed(&project, "t-1", REVIEW), None);
    assert_eq!(sh(&project, &used), 8);
    let again = "qms review CR-001 --request-updates --comment \"on second thoughts\"";
    let ended = signed(&project, "t-2", "qms whoami").unwrap();
    let call = json!({"tool_name": "Bash", "tool_use_id": "t-2", "tool_input": {"command": "qms whoami"}});
    told(&project, "PostToolUse", &call);
    assert_eq!([signed(&project, "t-2", "qms whoami"), signed(&project, "t-2", again)], [None, None]);
    assert_eq!(sh(&project, &ended), 8);
    project.run("-u lead audit verify").is(0);
}

// REQ-077, REQ-201
#[test]
fn an_agent_that_begins_again_as_another_user_keeps_no_ticket_of_the_first() {
    let project = hooked();
    begin(&project, "qa");
    let as_qa = signed(&project, "t-1", REVIEW).unwrap();
    begin(&project, "tu");
    let as_tu = signed(&project, "t-2", REVIEW).unwrap();
    assert!(as_qa.contains(" --user qa ") && as_tu.contains(" --user tu "), "{as_qa}\n{as_tu}");
    assert_eq!(sh(&project, &as_qa), 8);
    assert_eq!(sh(&project, &as_tu), 0);
    told(&project, "SubagentStop", &json!({}));
    assert_eq!(signed(&project, "t-3", "qms whoami"), None);
    assert_eq!(project.state("CR-001"), "IN_PRE_REVIEW");
}

// REQ-053, REQ-078
#[test]
fn under_a_hook_nobody_looks_or_acts_by_a_bare_name() {
    let project = hooked();
    let path = project.path("workflows/policy.yaml");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replace("profile: light", "profile: team")).unwrap();
    project.run("-u lead workflow adopt").is(0);
    begin(&project, "qa");
    let own = signed(&project, "t-1", "qms status CR-001").unwrap();
    assert_eq!(sh(&project, &own), 0);
    // Without its ticket the same line is of nobody, by whatever name.
    for line in ["qms --user qa status CR-001", "qms --user tu list", "QMS_USER=tu qms inbox"] {
        assert_eq!(sh(&project, line), 8, "{line}");
    }
    // The name of another one is refused, and so is an agent that the hook never saw begin.
    assert_eq!(signed(&project, "t-2", "qms --user tu status CR-001"), None);
    let stranger = json!({
        "agent_id": "a-2", "agent_type": "qa", "tool_name": "Bash", "tool_use_id": "t-3",
        "tool_input": {"command": "qms status CR-001"},
    });
    let answer = told(&project, "PreToolUse", &stranger);
    assert_eq!(answer["hookSpecificOutput"]["permissionDecision"], "deny");
}
