//! How agents become known, and how they are forgotten.

use std::fs;

use serde_json::json;

use crate::Hooked;

const LOOK: &str = "qms status CR-001";

// REQ-077
#[test]
fn who_was_not_registered_is_nobody_and_one_id_in_two_sessions_is_two_agents() {
    let hooked = Hooked::new();
    assert!(Hooked::denied(hooked.call("s-1", Some("a-1"), "t-1", LOOK)).contains("not registered"));
    hooked.begin("s-1", "a-1", "qa");
    Hooked::rewritten(hooked.call("s-1", Some("a-1"), "t-2", LOOK));
    Hooked::denied(hooked.call("s-2", Some("a-1"), "t-3", LOOK));
    Hooked::denied(hooked.call("s-1", Some("a-2"), "t-4", LOOK));
    // The policy knows no such agent: it is no user, and reads as the main thread.
    assert!(hooked.begin("s-1", "a-3", "general-purpose").is_none());
    let command = Hooked::rewritten(hooked.call("s-1", Some("a-3"), "t-5", LOOK));
    assert!(hooked.sh(&command).1.contains("reading as claude"));
    // In the other session the same id is another agent, and another user.
    hooked.begin("s-2", "a-1", "tu");
    let command = Hooked::rewritten(hooked.call("s-2", Some("a-1"), "t-6", LOOK));
    assert!(hooked.sh(&command).1.contains("acting as tu (verified: ticket)"));
}

#[test]
fn to_hear_of_an_agent_twice_changes_nothing() {
    let hooked = Hooked::new();
    hooked.begin("s-1", "a-1", "qa");
    let size = hooked.project.log_size();
    hooked.begin("s-1", "a-1", "qa");
    assert_eq!(hooked.project.log_size(), size);
    let sessions = hooked.project.ask("-u claude agent list").is(0);
    let session = &sessions["data"]["sessions"][0];
    assert_eq!([&session["id"], &session["kind"], &session["user"]], ["s-1/a-1", "hooked", "qa"]);
    assert_eq!(session["parent"], "claude");
}

// REQ-073
#[test]
fn a_definition_that_was_not_adopted_makes_nobody() {
    let hooked = Hooked::new();
    let path = hooked.project.path("qa.md");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, "You approve.\n").unwrap();
    let told = hooked.begin("s-1", "a-1", "qa").unwrap();
    assert!(told["hookSpecificOutput"]["additionalContext"].as_str().unwrap().contains("not the definition"));
    Hooked::denied(hooked.call("s-1", Some("a-1"), "t-1", LOOK));
    fs::write(&path, text).unwrap();
    hooked.begin("s-1", "a-1", "qa");
    Hooked::rewritten(hooked.call("s-1", Some("a-1"), "t-2", LOOK));
}

// REQ-076
#[test]
fn an_agent_that_ended_and_a_session_that_began_anew_are_over() {
    let hooked = Hooked::new();
    let stop = |agent: &str| hooked.hook(&hooked.event("SubagentStop", "s-1", &json!({"agent_id": agent})));
    hooked.begin("s-1", "a-1", "qa");
    hooked.begin("s-1", "a-2", "tu");
    let early = Hooked::rewritten(hooked.call("s-1", Some("a-1"), "t-1", LOOK));
    assert!(stop("a-1").is_none());
    // What was signed before its end is good no longer.
    assert!(hooked.sh(&early).1.contains("has ended"));
    Hooked::denied(hooked.call("s-1", Some("a-1"), "t-2", LOOK));
    Hooked::rewritten(hooked.call("s-1", Some("a-2"), "t-3", LOOK));
    hooked.hook(&hooked.event("SessionStart", "s-1", &json!({"source": "startup"})));
    Hooked::rewritten(hooked.call("s-1", Some("a-2"), "t-4", LOOK));
    hooked.hook(&hooked.event("SessionStart", "s-1", &json!({"source": "resume"})));
    Hooked::denied(hooked.call("s-1", Some("a-2"), "t-5", LOOK));
    // An agent that goes on after that is heard of again.
    hooked.begin("s-1", "a-2", "tu");
    Hooked::rewritten(hooked.call("s-1", Some("a-2"), "t-6", LOOK));
    hooked.project.run("-u lead audit verify").is(0);
}

#[test]
fn what_is_no_event_and_what_is_in_no_project_is_left_alone() {
    let hooked = Hooked::new();
    for rubbish in ["", "[]", "{}", "{\"hook_event_name\": 7}", "\u{0}"] {
        let ran = hooked.project.call("hook").input(rubbish).run().is(1);
        assert!(ran.text().is_empty() && ran.stderr.starts_with("qms hook: "), "{rubbish}");
    }
    let elsewhere = tempfile::tempdir().unwrap();
    let mut event = hooked.event(
        "PreToolUse",
        "s-1",
        &json!({"tool_name": "Bash", "tool_use_id": "t", "tool_input": {"command": "qms init"}}),
    );
    event["cwd"] = json!(elsewhere.path());
    assert!(hooked.hook(&event).is_none());
}
