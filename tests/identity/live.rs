//! A live token is taken in by no way, and shown by none. After every command the project looks for its secrets in
//! what was said, and at its end in every file.

use std::fs;
use std::path::Path;

use clap::Command;
use qms::cli::command_line;
use qms::domain::identity::Token;
use serde_json::json;

use super::issue;
use crate::project::{Call, Project};

/// Variables that the program reads, but for the one that is for a token.
const VARIABLES: &[&str] = &[
    "QMS_USER",
    "QMS_ROOT",
    "QMS_TOKEN_FILE",
    "QMS_TOKEN_FD",
    "QMS_PASSPHRASE_FILE",
    "QMS_KEY_FILE",
    "QMS_NO_INTERACTIVE",
    "XDG_STATE_HOME",
    "XDG_CONFIG_HOME",
    "HOME",
    "TERM",
    "NO_COLOR",
    "CI",
    "CLAUDECODE",
];

/// A token of another project, which is good for nothing here.
fn foreign() -> String {
    Token::new(&[7; 40]).reveal()
}

fn text(path: &Path) -> String {
    fs::read_to_string(path).unwrap().trim().to_owned()
}

/// A project with a change record that `claude` holds, and one live token of each kind that is handed out.
fn with_tokens() -> (Project, Vec<(&'static str, String)>) {
    let project = Project::new();
    project.run("-u lead user add ben --group reviewer --human").is(0);
    let mut tokens = vec![
        ("standing", issue(&project, "standing", "tu")),
        ("for one use", issue(&project, "once", "tu --uses 1")),
        ("for a while", issue(&project, "while", "tu --ttl 1h")),
        ("not good yet", issue(&project, "later", "tu --not-before 2100-01-01T00:00:00Z")),
        ("scoped", issue(&project, "scoped", "tu --action review --document CR-001")),
        ("code", issue(&project, "code", "ben")),
    ];
    tokens.push(("administrator", project.token("lead").unwrap()));
    project.run("-u claude create CR --title x").is(0);
    (project, tokens.into_iter().map(|(kind, file)| (kind, text(&file))).collect())
}

/// Checks that nothing was recorded or shown.
#[track_caller]
fn is_refused(project: &Project, what: &str, token: &str, call: Call) {
    let before = project.log_size();
    let ran = call.run();
    assert_ne!(ran.status, 0, "{what}: {}", ran.text());
    assert_eq!(project.log_size(), before, "{what} is recorded");
    let said = format!("{}{}", ran.text(), ran.stderr);
    assert!(!said.contains(&token[21..40]), "{what} is repeated: {said}");
    // It is refused for what it is, and not for something else.
    if !what.starts_with('[') {
        assert!(said.contains("the secret of token"), "{what}: {said}");
    }
}

// REQ-224
#[test]
fn a_live_token_of_any_kind_is_taken_in_by_no_way() {
    let (project, tokens) = with_tokens();
    let (copy, note) = (project.copy("claude", "CR-001"), project.path("note.md"));
    let sound = fs::read_to_string(&copy).unwrap();
    let policy = project.path("workflows/policy.yaml");
    let adopted = fs::read_to_string(&policy).unwrap();
    for (kind, token) in &tokens {
        let refused = |way: &str, line: &str| {
            is_refused(&project, &format!("{kind} by {way}"), token, project.call(line));
        };
        let piped = |line: &str| {
            let call = project.call(line).input(format!("see {token}\n"));
            is_refused(&project, &format!("{kind} by `{line}`"), token, call);
        };
        // What is written into a file is taken in by every action that reads it.
        fs::write(&copy, format!("{sound}\nThe token is {token}, keep it.\n")).unwrap();
        for line in
            ["checkin CR-001", "checkin CR-001 --dry-run", "route CR-001 --review", "checkin CR-001 -o json"]
        {
            refused("a working copy", &format!("-u claude {line}"));
        }
        let ran = project.run("-u claude checkin CR-001").is(2);
        assert!(ran.stderr.contains("the working copy holds the secret of token"), "{}", ran.stderr);
        project.run("-u claude diff CR-001").is(0);
        fs::write(&copy, &sound).unwrap();
        let short = &token[..85];
        refused("an argument", &format!("-u claude cancel CR-001 --reason {short}"));
        let call = project.call("create CR --title x").variable("QMS_USER", short);
        is_refused(&project, "the name of the caller", token, call);
        fs::write(&note, format!("note\n{token}\n")).unwrap();
        for line in [
            "note set CR-001 security-assessment --file note.md",
            "item record CR-001 EI-1 --outcome pass --evidence x --file note.md",
            "review CR-001 --recommend --comment-file note.md",
            "review CR-001 --recommend --comment-file note.md -o yaml",
        ] {
            refused("a file", &format!("-u claude {line}"));
        }
        fs::remove_file(&note).unwrap();
        fs::write(&policy, format!("{adopted}\n# {token}\n")).unwrap();
        for line in ["workflow adopt", "workflow adopt --dry-run"] {
            refused("a policy file", &format!("-u lead {line}"));
        }
        fs::write(&policy, &adopted).unwrap();
        piped("-u claude review CR-001 --recommend --comment -");
        piped("-u claude note set CR-001 security-assessment --file -");
        for line in [
            format!("-u claude create CR --title \"{token}\""),
            format!("-u claude create CR --title=x{token}y"),
            format!("-u claude cancel CR-001 --reason \"because of {token}\""),
            format!("-u claude review CR-001 --recommend --comment {token}"),
            format!("-u lead user add {token} --group quality --agent"),
            format!("-u lead user add ann --group quality --human --name \"Ann {token}\""),
            format!("-u lead namespace add {token}"),
            format!("-u {token} list"),
            format!("-u claude status {token}"),
            format!("-u claude list --cursor {token}"),
            token.clone(),
            format!("-u claude read CR-001 --version {token}"),
        ] {
            refused("an argument", &line);
        }
    }
}

// REQ-224
#[test]
fn a_file_is_named_after_no_live_token_and_a_dead_or_foreign_one_in_a_text_is_no_matter() {
    let (project, tokens) = with_tokens();
    let token = &tokens[0].1;
    let named = project.path(token);
    fs::write(&named, "seen\n").unwrap();
    let call = project.words(&[
        "-u",
        "claude",
        "item",
        "record",
        "CR-001",
        "EI-1",
        "--outcome",
        "pass",
        "--evidence",
        "x",
        "--file",
        token,
    ]);
    is_refused(&project, "the name of a file", token, call);
    fs::remove_file(named).unwrap();

    let copy = project.copy("claude", "CR-001");
    let sound = fs::read_to_string(&copy).unwrap();
    fs::write(&copy, format!("{sound}\n{}\n", foreign())).unwrap();
    project.run("-u claude checkin CR-001").is(0);
    // What was taken in is given out as it is.
    let shown = project.run("-u claude read CR-001 --draft").is(0).text();
    assert!(shown.contains(&foreign()), "{shown}");
    let id = &token[4..20];
    project.run("-u claude checkout CR-001").is(0);
    fs::write(&copy, format!("{sound}\n{token}\n")).unwrap();
    project.run("-u claude checkin CR-001").is(2).says(id);
    project.run(&format!("-u lead token revoke {id}")).is(0);
    fs::remove_file(project.folder().join("standing")).unwrap();
    project.run("-u claude checkin CR-001").is(0);
}

/// Every way to give a word to a command, by the words before it.
fn arguments(command: &Command, path: &[String], found: &mut Vec<Vec<String>>) {
    for argument in command.get_arguments() {
        let flag = match (argument.get_long(), argument.get_short()) {
            (Some(long), _) => vec![format!("--{long}")],
            (None, Some(short)) => vec![format!("-{short}")],
            (None, None) => Vec::new(),
        };
        found.push([path, &flag].concat());
    }
    for inner in command.get_subcommands() {
        arguments(inner, &[path, &[inner.get_name().to_owned()]].concat(), found);
    }
}

// REQ-225
#[test]
fn no_output_repeats_a_token_by_whatever_argument_it_came_in() {
    let (project, tokens) = with_tokens();
    let token = &tokens[0].1;
    let mut ways = Vec::new();
    arguments(&command_line(), &[], &mut ways);
    assert!(ways.len() > 150, "{}", ways.len());
    for way in ways {
        let words: Vec<String> = way.iter().cloned().chain([token.clone()]).collect();
        is_refused(&project, &format!("{way:?}"), token, project.words(&words));
        if let Some((flag, before)) = way.split_last().filter(|(flag, _)| flag.starts_with("--")) {
            let words = [before, &[format!("{flag}={token}")]].concat();
            is_refused(&project, &format!("{way:?}="), token, project.words(&words));
        }
    }
}

// REQ-225
#[test]
fn no_output_repeats_a_token_by_whatever_variable_or_input_it_came_in() {
    let (project, tokens) = with_tokens();
    let token = &tokens[0].1;
    for (variable, form) in VARIABLES.iter().flat_map(|name| ["text", "yaml"].map(|form| (name, form))) {
        for value in [token.clone(), format!("/no such {token}\n{token}/x")] {
            for line in ["list", "create CR --title x", "whoami", "init", "audit verify", "nonsense"] {
                let before = project.log_size();
                let ran = project.call(&format!("{line} -o {form}")).variable(variable, &value).run();
                let said = format!("{}{}", ran.text(), ran.stderr);
                assert!(!said.contains(&token[21..40]), "{variable} {line}: {said}");
                // What stands in a variable is recorded nowhere.
                let is_recorded = project.log_size() != before;
                assert!(!is_recorded || ran.status == 0, "{variable} {line}: {said}");
            }
        }
    }
    for (name, value) in [
        ("session_id", json!(token)),
        ("agent_id", json!(token)),
        ("agent_type", json!(token)),
        ("hook_event_name", json!(token)),
        ("tool_use_id", json!(token)),
        ("cwd", json!(format!("/{token}"))),
        ("tool_input", json!({"command": format!("qms -u qa create CR --title {token}")})),
        ("tool_input", json!({"command": format!("{token} qms list")})),
        ("tool_input", json!({"command": format!("qms {token}")})),
        (token.as_str(), json!(1)),
    ] {
        for event in ["SubagentStart", "SessionStart", "PreToolUse", "PostToolUse", "SubagentStop"] {
            let mut input = json!({
                "session_id": "s", "cwd": project.root(), "hook_event_name": event, "agent_id": "a",
                "agent_type": "qa", "tool_name": "Bash", "tool_use_id": "t",
                "tool_input": {"command": "qms list"},
            });
            input[name] = value.clone();
            for text in [input.to_string(), format!("{token}{input}")] {
                let ran = project.call("hook").input(text).run();
                let said = format!("{}{}", ran.text(), ran.stderr);
                assert!(!said.contains(&token[21..40]), "{name} of {event}: {said}");
            }
        }
    }
    for (line, input) in [
        ("--token-file - list", format!("x{token}\n")),
        ("--token-file - list", token[..60].to_owned()),
        ("-u lead workflow lint --source .", String::new()),
    ] {
        let ran = project.call(line).input(input).run();
        let said = format!("{}{}", ran.text(), ran.stderr);
        assert!(!said.contains(&token[21..40]), "{line}: {said}");
    }
}
