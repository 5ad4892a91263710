//! Events of the agent runtimes as files, and beside each what is read from it and what is answered.
//!
//! A difference is a change of what runtimes see: whoever means it writes the expected files anew with
//! `cargo test --test hook_events -- --ignored` and reads what changed before it is committed.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on stops")]

use std::fs;
use std::path::{Path, PathBuf};

use qms::domain::hook::{Event, Line, Notice, Outcome, answer, render};
use qms::domain::identity::end_of_words;
use serde_json::{Value, json};

/// Says what was read from an event and what the hook could answer.
fn shown(notice: &Notice) -> Value {
    let (event, answers) = match &notice.event {
        Event::SubagentStart { session, agent, agent_type } => (
            json!({"subagent_start": {"session": session, "agent": agent, "agent_type": agent_type}}),
            json!({"context": parsed(&answer::context("You are `qa` here."))}),
        ),
        Event::PreTool(call) => {
            let line = call.line();
            let answers = match &line {
                Line::Foreign => json!({}),
                Line::Refused { why, example } => {
                    let example = example.clone().or_else(|| call.suggestion());
                    let reason = answer::refusal(*why, example.as_deref());
                    json!({"deny": parsed(&answer::deny(notice.runtime, &reason))})
                }
                Line::Qms(argv) => {
                    let mut argv = argv.clone();
                    argv.insert(1 + end_of_words(&argv[1..]), "--ticket=AbC-_.123".to_owned());
                    json!({
                        "rewrite": parsed(&answer::rewrite(notice.runtime, call, &render(&argv))),
                        "deny": parsed(&answer::deny(notice.runtime, "not permitted, nothing was changed")),
                    })
                }
            };
            let line = match line {
                Line::Foreign => json!("foreign"),
                Line::Qms(argv) => json!({"qms": argv}),
                Line::Refused { why, example } => json!({"refused": why.name(), "example": example}),
            };
            let read = json!({
                "session": call.session, "agent": call.agent, "agent_type": call.agent_type,
                "tool_use_id": call.tool_use_id, "tool_name": call.tool_name, "tool_input": call.tool_input,
                "cwd": call.cwd, "line": line,
            });
            (json!({"pre_tool": read}), answers)
        }
        Event::PostTool { session, agent, tool_use_id, tool_name, ours, outcome } => (
            json!({"post_tool": {
                "session": session, "agent": agent, "tool_use_id": tool_use_id, "tool_name": tool_name,
                "ours": ours, "allowed": *outcome == Outcome::Ran,
            }}),
            json!({}),
        ),
        Event::SubagentStop { session, agent } => {
            (json!({"subagent_stop": {"session": session, "agent": agent}}), json!({}))
        }
        Event::SessionStart { session, source } => (
            json!({"session_start": {"session": session, "source": source}}),
            json!({"context": parsed(&answer::session_context("You are `claude` here."))}),
        ),
        Event::Other => (json!("other"), json!({})),
    };
    json!({"runtime": notice.runtime.name(), "event": event, "answers": answers})
}

/// An answer is one JSON object, with nothing after it.
fn parsed(answer: &str) -> Value {
    let value: Value = serde_json::from_str(answer).unwrap();
    assert!(value.is_object() && !answer.contains('\n'), "{answer}");
    value
}

fn events() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/hooks");
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut events: Vec<_> =
        files.filter(|path| !path.to_string_lossy().ends_with(".expected.json")).collect();
    events.sort();
    events
}

fn found(event: &Path) -> String {
    let notice = Notice::parse(&fs::read(event).unwrap()).unwrap();
    format!("{:#}\n", shown(&notice))
}

#[test]
fn each_event_is_read_and_answered_as_expected() {
    let events = events();
    assert!(events.len() >= 30, "{} events", events.len());
    for event in events {
        let expected = fs::read_to_string(event.with_extension("expected.json")).unwrap_or_default();
        assert_eq!(found(&event), expected, "{}", event.display());
    }
}

#[test]
fn what_a_tool_was_given_stays_in_order_but_for_the_command() {
    for event in events() {
        let bytes = fs::read(&event).unwrap();
        let Event::PreTool(call) = Notice::parse(&bytes).unwrap().event else { continue };
        let whole: Value = serde_json::from_slice(&bytes).unwrap();
        assert_eq!(Value::Object(call.tool_input.clone()).to_string(), whole["tool_input"].to_string());
    }
}

#[test]
#[ignore = "writes the expected files anew"]
fn write_what_is_expected() {
    for event in events() {
        fs::write(event.with_extension("expected.json"), found(&event)).unwrap();
    }
}
