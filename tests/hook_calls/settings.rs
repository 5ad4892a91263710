//! The hook in the settings of agent runtimes.

use std::fs;

use serde_json::{Value, json};

use crate::Hooked;

// REQ-080
#[test]
fn a_hook_is_entered_once_beside_what_is_there_and_taken_out_again() {
    let hooked = Hooked::new();
    let project = &hooked.project;
    let path = project.path(".claude/settings.json");
    fs::create_dir(project.path(".claude")).unwrap();
    let others =
        json!({"model": "m", "hooks": {"Stop": [{"hooks": [{"type": "command", "command": "bell"}]}]}});
    fs::write(&path, others.to_string()).unwrap();
    let shown = project.ask("-u lead hooks install claude --dry-run").is(0);
    assert_eq!(fs::read_to_string(&path).unwrap(), others.to_string());
    project.run("-u lead hooks install claude").is(0);
    project.run("-u lead hooks install claude").is(0);
    let settings: Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
    assert_eq!(settings, shown["data"]["settings"]);
    assert_eq!(
        [&settings["model"], &settings["hooks"]["Stop"]],
        [&others["model"], &others["hooks"]["Stop"]]
    );
    let before = settings["hooks"]["PreToolUse"].as_array().unwrap();
    assert_eq!((before.len(), &before[0]["matcher"]), (1, &json!("Bash|Monitor|PowerShell|mcp__qms__.*")));
    // What was entered runs as it stands.
    let command = before[0]["hooks"][0]["command"].as_str().unwrap();
    let (status, said) = hooked.sh(&format!("echo '{{\"hook_event_name\":\"Stop\"}}' | {command}"));
    assert_eq!((status, said.as_str()), (0, ""));
    project.run("-u lead doctor").is(0);

    project.run("-u claude hooks remove claude").is(0);
    let settings: Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
    assert_eq!(settings, others);
}

// REQ-081
#[test]
fn doctor_misses_a_hook_that_is_half_there_or_not_alone() {
    let hooked = Hooked::new();
    let project = &hooked.project;
    for (runtime, file) in [("codex", ".codex/hooks.json"), ("gemini", ".gemini/settings.json")] {
        project.run(&format!("-u lead hooks install {runtime}")).is(0);
        project.run("-u lead doctor").is(0);
        assert!(project.path(file).exists());
    }
    let path = project.path(".codex/hooks.json");
    let whole = fs::read_to_string(&path).unwrap();
    let mut settings: Value = serde_json::from_str(&whole).unwrap();
    settings["hooks"].as_object_mut().unwrap().remove("SubagentStart");
    fs::write(&path, settings.to_string()).unwrap();
    project.run("-u lead doctor").is(1).says("no hook for SubagentStart");
    let mut settings: Value = serde_json::from_str(&whole).unwrap();
    // A hook that never hears of a command is in nobody's way.
    let elsewhere = json!({"matcher": "Edit|Write", "hooks": [{"type": "command", "command": "fmt"}]});
    settings["hooks"]["PreToolUse"].as_array_mut().unwrap().push(elsewhere);
    fs::write(&path, settings.to_string()).unwrap();
    project.run("-u lead doctor").is(0);
    let other = json!({"hooks": [{"type": "command", "command": "other"}]});
    settings["hooks"]["PreToolUse"].as_array_mut().unwrap().push(other);
    fs::write(&path, settings.to_string()).unwrap();
    project.run("-u lead doctor").is(1).says("2 hooks for PreToolUse");
    fs::write(&path, "{").unwrap();
    project.run("-u lead doctor").is(1).says("hooks.json");
    project.run("-u lead hooks install codex").is(1).says("hooks.json");
}

// REQ-081
#[test]
fn doctor_tries_a_ticket_as_the_hook_makes_it() {
    let hooked = Hooked::new();
    let project = &hooked.project;
    project.run("-u lead user add ada --group initiator --agent").is(0);
    let path = project.path("workflows/policy.yaml");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replace("claude: claude\n", "claude: ada\n").replace("codex: claude\n", ""))
        .unwrap();
    project.run("-u lead workflow adopt").is(0);
    project.run("-u lead hooks install claude").is(0);
    project.keeps(0, || project.run("-u lead doctor").is(0));
    // Every line of the settings is in its place, and what the hook signs is worth nothing.
    project.run("-u lead user remove ada").is(0);
    let found = project.keeps(0, || project.ask("-u lead doctor")).is(1);
    let findings = found["error"]["details"]["findings"].as_array().unwrap();
    assert_eq!((findings.len(), &findings[0]["name"]), (1, &json!("hooks")));
    let message = findings[0]["message"].as_str().unwrap();
    assert!(message.starts_with("a ticket of the hook is not believed: "), "{message}");
    let reason = Hooked::denied(hooked.call("s-1", None, "t-1", "qms list"));
    assert_eq!(reason, "`ada` is not a user of this project");
}
