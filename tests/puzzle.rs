//! The puzzle: an orchestrator starts a reviewer, and everything that the reviewer reads and writes
//! passes through it. How does the tool know that `--user qa` is really the reviewer?

#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops")]

mod project;

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use project::{PROGRAM, Project};
use serde_json::{Value, json};

/// A reviewer that reads, judges, and shows its token to whoever listens.
const REVIEWER: &str = "#!/bin/sh
echo \"my token is $QMS_TOKEN\"
'PROGRAM' read CR-001 --draft > /dev/null || exit 1
'PROGRAM' review CR-001 --recommend --comment 'Scope and impact are complete' --no-interactive
";

fn secret(project: &Project, name: &str, text: &str) -> String {
    let path = project.folder().join(name);
    fs::write(&path, text).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    path.display().to_string()
}

/// A project as its administrator sets it up: an orchestrator with a token, a reviewer that may be
/// started, a person of quality with a key.
fn set_up() -> (Project, String) {
    let project = Project::new();
    project.issue(&["claude"]);
    let reviewer = project.folder().join("reviewer");
    fs::write(&reviewer, REVIEWER.replace("PROGRAM", PROGRAM)).unwrap();
    fs::set_permissions(&reviewer, fs::Permissions::from_mode(0o755)).unwrap();
    let path = project.path("workflows/policy.yaml");
    let mut text = fs::read_to_string(&path).unwrap();
    text.push_str(&format!(
        "\nagents:\n  qa: {{ user: qa, launcher: reviewer, started_by: [claude], ttl: 1m }}\n\
         launchers:\n  reviewer: {{ command: [{:?}], environment: [XDG_STATE_HOME], directory: \"{{root}}\" }}\n\
         runtimes:\n  claude: claude\n",
        reviewer.display().to_string()
    ));
    fs::write(path, text).unwrap();
    project.run("-u lead workflow adopt").is(0);
    project.run("-u lead user add maria --human --group quality --name \"Maria M.\"").is(0);
    let code = project.folder().join("maria.code").display().to_string();
    project.run(&format!("-u lead token issue maria --out {code}")).is(0);
    let passphrase = secret(&project, "passphrase", "correct horse battery\n");
    project.run(&format!("--token-file {code} enrol --passphrase-file {passphrase}")).is(0);
    (project, passphrase)
}

fn entries(project: &Project) -> Vec<Value> {
    let export = project.run("-u lead audit export").is(0).text();
    export.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

// REQ-050, REQ-250
#[test]
fn nobody_acts_as_the_reviewer_but_the_reviewer() {
    let (project, passphrase) = set_up();
    project.play(&[
        "-u claude create CR --title \"Five working days\"",
        "-u claude route CR-001 --review --assignees qa",
    ]);

    // The orchestrator types the reviewer's name. Its own token says who it is.
    let claude = project.token("claude").unwrap().display().to_string();
    let line = "--user qa review CR-001 --recommend --comment fine";
    let refused = project.ask(&format!("--token-file {claude} {line}")).is(8);
    assert_eq!(refused["error"]["code"], "identity_mismatch");
    let details = &refused["error"]["details"];
    assert_eq!([&details["claimed"], &details["token_user"]], ["qa", "claude"]);
    let denied = entries(&project).pop().unwrap();
    assert_eq!([&denied["claimed"], &denied["observed"]["token_user"]], ["qa", "claude"]);
    assert_eq!([&denied["result"], &denied["actor"]], [&json!("denied"), &Value::Null]);

    // It may start the reviewer, and sees what that prints, but for its token.
    let ran = project.run("-u claude agent run qa --document CR-001 --task review").is(0);
    assert!(ran.text().contains("my token is [redacted]\n"), "{}", ran.text());
    assert!(ran.text().contains("✓ Review submitted for CR-001 (RECOMMEND)"));
    assert!(ran.stderr.contains("acting as qa (verified: token)"), "{}", ran.stderr);
    let review = entries(&project).into_iter().rfind(|entry| entry["action"] == "review").unwrap();
    assert_eq!([&review["actor"], &review["assurance"]], ["qa", "token"]);
    assert!(review["session"].as_str().unwrap().starts_with("run-"));
    assert_eq!(review["parent"], "claude");

    // The same through the hook of a runtime: the call of a registered subagent is signed for it alone.
    let by_hook = "-u claude create CR --title \"By hook\"";
    project.play(&[by_hook, "-u claude route CR-002 --review --assignees qa"]);
    let event = |name: &str, fields: Value| {
        let mut event = json!({"session_id": "s-1", "cwd": project.root(), "hook_event_name": name,
                               "agent_id": "a-1", "agent_type": "qa"});
        fields.as_object().unwrap().iter().for_each(|(field, value)| event[field] = value.clone());
        project.call("hook").input(event.to_string()).run().is(0).text()
    };
    event("SubagentStart", json!({}));
    let command = "qms review CR-002 --recommend --comment whole";
    let call = json!({"tool_name": "Bash", "tool_use_id": "t-1", "tool_input": {"command": command}});
    let answer: Value = serde_json::from_str(&event("PreToolUse", call)).unwrap();
    let rewritten = answer["hookSpecificOutput"]["updatedInput"]["command"].as_str().unwrap();
    let words: Vec<&str> = rewritten.split(' ').skip(1).collect();
    project.words(&words).variable("QMS_TOKEN_FILE", "").run().is(0).says("acting as qa (verified: ticket)");
    let review = entries(&project).into_iter().rfind(|entry| entry["action"] == "review").unwrap();
    assert_eq!([&review["actor"], &review["assurance"], &review["session"]], ["qa", "ticket", "s-1"]);

    // A person approves, with the passphrase of her own key.
    project.run("-u claude route CR-001 --approval --assignees maria").is(0);
    project.run("-u maria approve CR-001").is(8).says("has a credential");
    let approved = project.ask(&format!("-u maria approve CR-001 --passphrase-file {passphrase}")).is(0);
    assert_eq!(approved["meta"]["actor"]["assurance"], "signature");
    let signed = project.ask("-u claude status CR-001").is(0);
    let manifest = &signed["data"]["signatures"][0];
    // What it means is withheld with the verdict, while another one is awaited.
    assert_eq!([&manifest["printed_name"], &manifest["meaning"]], [&json!("Maria M."), &json!(null)]);
    let text = project.run("-u claude status CR-001").is(0).text();
    assert!(text.contains("signed: Maria M. (maria), "), "{text}");
    let page = fs::read_to_string(project.path("QMS/CR/CR-001-draft.md")).unwrap();
    assert!(page.contains("signed_by:\n  - { user: maria, name: \"Maria M.\", at: "), "{page}");
    project.run("-u lead audit verify --contents").is(0);
    project.run("-u lead doctor").is(0);
    // What was shown to the orchestrator, and what is recorded, holds nobody's secret.
    for user in ["claude", "lead"] {
        let token = fs::read_to_string(project.token(user).unwrap()).unwrap();
        let files = project.files();
        assert!(files.values().all(|bytes| !String::from_utf8_lossy(bytes).contains(token.trim())), "{user}");
    }
}
