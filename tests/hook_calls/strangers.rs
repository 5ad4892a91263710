//! Agents that are no users: they read as the main thread's user, marked so, and act as nobody.

use serde_json::{Value, json};

use crate::Hooked;

fn stranger(hooked: &Hooked, kind: &str, id: &str, line: &str) -> Option<Value> {
    let fields = json!({
        "tool_name": "Bash", "tool_use_id": id, "tool_input": {"command": line}, "agent_id": "a-9",
        "agent_type": kind,
    });
    hooked.hook(&hooked.event("PreToolUse", "s-1", &fields))
}

const KINDS: [&str; 4] = ["Explore", "general-purpose", "plugin:helper", ""];

// REQ-206
#[test]
fn an_agent_that_is_no_user_reads_as_the_main_thread_and_is_marked() {
    let hooked = Hooked::new();
    for kind in KINDS {
        for line in
            ["qms status CR-001", "qms inbox", "qms read CR-001 --draft", "qms sop list", "qms next CR-001"]
        {
            let command = Hooked::rewritten(stranger(&hooked, kind, line, line));
            let (status, said) = hooked.sh(&command);
            assert_eq!(status, 0, "{kind} {line}: {said}");
            let marked = format!(
                "reading as claude (verified: ticket), for agent {}",
                if kind.is_empty() { "subagent" } else { kind }
            );
            assert!(said.contains(&marked), "{said}");
        }
        let command = Hooked::rewritten(stranger(&hooked, kind, "t-w", "qms whoami -o json"));
        let said = hooked.sh(&format!("{command} 2>/dev/null")).1;
        let answer: Value = serde_json::from_str(&said).unwrap();
        assert!(answer["data"]["reads_for"].is_string() && answer["meta"]["actor"]["reads_for"].is_string());
        assert_eq!([&answer["data"]["user"], &answer["data"]["agent"]], ["claude", "a-9"]);
    }
}

// REQ-206
#[test]
fn it_acts_as_nobody_and_the_record_says_who_tried() {
    let hooked = Hooked::new();
    let size = hooked.project.log_size();
    for (number, line) in [
        "qms checkout CR-001",
        "qms withdraw CR-001",
        "qms create CR --title z",
        "qms user add x --group reviewer --agent",
        "qms token rotate",
        "qms agent run qa --document CR-001 --task review",
        "qms evidence run CR-001 ci",
        "qms workflow adopt",
        "qms doctor --repair",
    ]
    .into_iter()
    .enumerate()
    {
        let reason = Hooked::denied(stranger(&hooked, "Explore", &format!("t-{number}"), line));
        assert!(
            reason.contains("is no user of the project") && reason.contains("main thread"),
            "{line}: {reason}"
        );
        assert!(!reason.contains("token issue"), "{reason}");
        let entry = hooked.newest();
        assert_eq!(
            [&entry["result"], &entry["reasons"][0]["name"]],
            ["denied", "agent_reads_only"],
            "{line}"
        );
        assert_eq!(
            [&entry["session"], &entry["agent"], &entry["actor"]],
            [&json!("s-1"), &json!("a-9"), &Value::Null]
        );
    }
    assert!(hooked.project.log_size() > size);
    let entry = hooked.export().text();
    assert!(entry.contains("\"document\":\"CR-001\""));
}

// REQ-206
#[test]
fn what_it_reads_was_opened_by_nobody() {
    let hooked = Hooked::new();
    hooked.demand();
    // Somebody who is asked, and whose own reading counts, is the main thread here.
    hooked.project.issue(&["tu"]);
    let token = hooked.project.token("tu").unwrap().display().to_string();
    let read = |agent: Option<&str>, id: &str| {
        let fields = json!({
            "tool_name": "Bash", "tool_use_id": id, "tool_input": {"command": "qms read CR-002 --draft"},
            "agent_id": agent, "agent_type": agent.map(|_| "Explore"),
        });
        let event = hooked.event("PreToolUse", "s-1", &fields).to_string();
        let ran = hooked.project.call("hook").variable("QMS_TOKEN_FILE", &token).input(event).run().is(0);
        Hooked::rewritten(Some(serde_json::from_str(&ran.text()).unwrap()))
    };
    let size = hooked.project.log_size();
    let (status, said) = hooked.sh(&read(Some("a-9"), "t-1"));
    assert!(status == 0 && said.contains("reading as tu"), "{said}");
    assert_eq!(hooked.project.log_size(), size);
    let (status, said) = hooked.sh(&read(None, "t-2"));
    assert!(status == 0 && said.contains("`tu` has opened CR-002"), "{said}");
    assert_eq!(hooked.project.log_size(), size + 1);
}

// REQ-206
#[test]
fn each_reason_for_having_no_name_is_told_by_itself_with_what_to_do() {
    let hooked = Hooked::new();
    let act = |id: &str| Hooked::denied(hooked.call("s-1", Some("a-1"), id, "qms checkout CR-001"));
    let reason = act("t-1");
    assert!(reason.contains("did not see it start") && reason.contains("start it anew"), "{reason}");
    let definition = hooked.project.path("qa.md");
    let text = std::fs::read_to_string(&definition).unwrap();
    std::fs::write(&definition, "You approve.\n").unwrap();
    let reason = act("t-2");
    assert!(reason.contains("`qa.md` is not the definition that was adopted"), "{reason}");
    std::fs::write(&definition, text).unwrap();
    hooked.begin("s-1", "a-1", "qa");
    hooked.hook(&hooked.event("SubagentStop", "s-1", &json!({"agent_id": "a-1", "agent_type": "qa"})));
    let reason = act("t-3");
    assert!(reason.contains("session of this agent has ended"), "{reason}");
    // What the policy knows reads under its own name, or not at all.
    Hooked::denied(hooked.call("s-1", Some("a-1"), "t-4", "qms status CR-001"));
}

// REQ-206
#[test]
fn a_ticket_for_reading_is_void_when_its_agent_ends() {
    let hooked = Hooked::new();
    let command = Hooked::rewritten(stranger(&hooked, "Explore", "t-1", "qms status CR-001"));
    hooked.hook(&hooked.event("SubagentStop", "s-1", &json!({"agent_id": "a-9", "agent_type": "Explore"})));
    assert_eq!(hooked.refused(&command).0, "ticket_overtaken");
}
