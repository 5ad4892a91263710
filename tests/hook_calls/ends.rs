//! How a ticket ends: each way is told apart, and none sends an agent after another credential.

use serde_json::json;

use crate::Hooked;
use crate::tickets::{at_work, signed};

const ACT: &str = "qms review CR-001 --recommend --comment fine";
const LOOK: &str = "qms status CR-001";

/// What happens between the signature and the use, and how it is told.
type Way = (&'static str, fn(&Hooked), &'static str, &'static str);

const WAYS: &[Way] = &[
    (
        "it ran without it",
        |it| it.ends("PostToolUse", "s-1", Some("a-1"), "t-1", ACT),
        "ticket_call_over",
        "call it again",
    ),
    (
        "it failed",
        |it| it.ends("PostToolUseFailure", "s-1", Some("a-1"), "t-1", ACT),
        "ticket_call_over",
        "call it again",
    ),
    (
        "it was not allowed",
        |it| it.ends("PermissionDenied", "s-1", Some("a-1"), "t-1", ACT),
        "ticket_not_allowed",
        "was not allowed",
    ),
    (
        "another call, whatever it is",
        |it| assert!(it.call("s-1", Some("a-1"), "t-2", "ls").is_none()),
        "ticket_overtaken",
        "one at a time",
    ),
    (
        "another call of the program that looks",
        |it| _ = signed(it, "t-2", LOOK),
        "ticket_overtaken",
        "one at a time",
    ),
    (
        "another call of the program that is refused",
        |it| _ = Hooked::denied(it.call("s-1", Some("a-1"), "t-2", "qms status | head")),
        "ticket_overtaken",
        "one at a time",
    ),
    (
        "the end of another call",
        |it| it.ends("PostToolUse", "s-1", Some("a-1"), "t-0", "ls"),
        "ticket_overtaken",
        "one at a time",
    ),
    (
        "the end of the agent",
        |it| _ = it.hook(&it.event("SubagentStop", "s-1", &json!({"agent_id": "a-1", "agent_type": "qa"}))),
        "session_ended",
        "the session of `qa` has ended",
    ),
];

// REQ-201
#[test]
fn each_way_in_which_a_ticket_ends_is_told_apart_and_none_leads_to_a_token() {
    let hooked = at_work();
    for (what, happens, name, words) in WAYS {
        let command = signed(&hooked, "t-1", ACT);
        happens(&hooked);
        let (reason, said) = hooked.refused(&command);
        assert_eq!(reason, *name, "{what}");
        assert!(said.contains(words) && !said.contains("token"), "{what}: {said}");
        // In life each call has an id of its own; here the next one begins with nothing known of this one.
        hooked.begin("s-1", "a-1", "qa");
        let store = rusqlite::Connection::open(hooked.project.database()).unwrap();
        store.execute_batch("DELETE FROM tickets; DELETE FROM refusals").unwrap();
    }
}

/// How somebody who can write the store, and has no project key, makes a ticket good again.
const REVIVED: &[&str] = &[
    "UPDATE tickets SET fate = 'open'",
    "UPDATE tickets SET fate = 'reading'",
    "UPDATE tickets SET fate = 'open', tag = (SELECT max(tag) FROM tickets)",
    "UPDATE tickets SET fate = 'open', bearer = 's-1', at = at + 1",
    "UPDATE tickets SET fate = 'open', tag = x'00'",
    "UPDATE tickets SET fate = 'open', tag = zeroblob(32)",
    "DELETE FROM tickets",
];

// REQ-293
#[test]
fn nobody_without_the_project_key_makes_a_ticket_good_that_was_voided() {
    for edit in REVIVED {
        let hooked = at_work();
        let other = signed(&hooked, "t-0", ACT);
        let command = signed(&hooked, "t-1", ACT);
        hooked.ends("PermissionDenied", "s-1", Some("a-1"), "t-1", ACT);
        assert_eq!(hooked.refused(&other).0, "ticket_overtaken");
        let store = rusqlite::Connection::open(hooked.project.database()).unwrap();
        let verdicts = "SELECT state || verdicts FROM documents WHERE id = 'CR-001'";
        let before: String = store.query_row(verdicts, [], |row| row.get(0)).unwrap();
        assert!(store.execute(edit, []).unwrap() > 0, "{edit}");
        if *edit == "UPDATE tickets SET fate = 'open', tag = x'00'" {
            hooked.sh(&command);
        } else {
            let (reason, said) = hooked.refused(&command);
            assert_eq!(reason, "credential_invalid", "{edit}");
            assert!(said.contains("missing or was changed"), "{edit}: {said}");
        }
        let after: String = store.query_row(verdicts, [], |row| row.get(0)).unwrap();
        assert_eq!(after, before, "{edit}");
        // A row that is gone is not missed: tickets are forgotten after a day.
        let verified = hooked.project.ask("-u claude audit verify");
        let is_named = verified["error"]["message"].to_string().contains("`tickets`");
        assert!(is_named || edit.starts_with("DELETE"), "{edit}: {:#}", verified.value());
    }
}

// REQ-201
#[test]
fn a_ticket_for_looking_is_good_until_its_call_ends_whatever_its_agent_does_meanwhile() {
    let hooked = at_work();
    let look = signed(&hooked, "t-1", LOOK);
    let act = signed(&hooked, "t-2", ACT);
    hooked.ends("PostToolUse", "s-1", Some("a-1"), "t-0", "ls");
    assert_eq!(hooked.sh(&look).0, 0);
    assert_eq!(hooked.sh(&act).0, 8);
    hooked.ends("PostToolUse", "s-1", Some("a-1"), "t-1", LOOK);
    assert_eq!(hooked.refused(&look).0, "ticket_call_over");
}

// REQ-201
#[test]
fn what_one_agent_does_ends_no_ticket_of_another() {
    let hooked = at_work();
    hooked.begin("s-1", "a-2", "tu");
    hooked.begin("s-2", "a-1", "qa");
    let command = signed(&hooked, "t-1", ACT);
    for (session, agent) in [("s-1", None), ("s-1", Some("a-2")), ("s-2", Some("a-1")), ("s-2", None)] {
        hooked.call(session, agent, "t-2", "ls");
        hooked.ends("PostToolUse", session, agent, "t-1", ACT);
        hooked.hook(&hooked.event("SessionStart", "s-2", &json!({"source": "resume"})));
    }
    assert_eq!(hooked.sh(&command).0, 0);
}

// REQ-202
#[test]
fn a_call_in_the_background_is_put_to_the_foreground_or_refused() {
    let hooked = at_work();
    for (given, answered) in
        [(json!(true), json!(false)), (json!("yes"), json!(false)), (json!(false), json!(false))]
    {
        let fields = json!({
            "tool_name": "Bash", "tool_use_id": "t-1", "agent_id": "a-1", "agent_type": "qa",
            "tool_input": {"command": LOOK, "run_in_background": given},
        });
        let answer = hooked.hook(&hooked.event("PreToolUse", "s-1", &fields)).unwrap();
        assert_eq!(answer["hookSpecificOutput"]["updatedInput"]["run_in_background"], answered);
    }
    for tool in ["Monitor", "PowerShell"] {
        let fields = json!({
            "tool_name": tool, "tool_use_id": "t-1", "agent_id": "a-1", "agent_type": "qa",
            "tool_input": {"command": LOOK},
        });
        Hooked::denied(hooked.hook(&hooked.event("PreToolUse", "s-1", &fields)));
    }
}

// REQ-201
#[test]
fn what_ends_in_another_folder_than_it_was_signed_in_has_ended() {
    let hooked = at_work();
    let (root, outside) = (hooked.project.root(), hooked.project.folder().display().to_string());
    let event = |name: &str, more: serde_json::Value| {
        let mut fields = json!({
            "cwd": outside, "agent_id": "a-1", "agent_type": "qa", "tool_name": "Bash", "tool_use_id": "t-1",
            "tool_input": {"command": ACT},
        });
        fields.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let call = hooked.project.call("hook").input(hooked.event(name, "s-1", &fields).to_string());
        let ran = call.variable("CLAUDE_PROJECT_DIR", &root.display().to_string()).run().is(0);
        serde_json::from_str::<serde_json::Value>(&ran.text()).ok()
    };
    // Of a project that the folder of a call is not in, nothing is told later.
    for words in [format!("--root {}", root.display()), format!("--root={}", root.display())] {
        let line = ACT.replacen("qms", &format!("qms {words}"), 1);
        let why = Hooked::denied(event("PreToolUse", json!({"tool_input": {"command": line}})));
        assert!(why.contains("another project than the one of its folder"), "{why}");
    }
    for (name, reason) in [
        ("PermissionDenied", "ticket_not_allowed"),
        ("PostToolUse", "ticket_call_over"),
        ("SubagentStop", "session_ended"),
    ] {
        hooked.begin("s-1", "a-1", "qa");
        let command = signed(&hooked, "t-1", ACT);
        event(name, json!({}));
        assert_eq!(hooked.refused(&command).0, reason, "{name}");
        let store = rusqlite::Connection::open(hooked.project.database()).unwrap();
        store.execute_batch("DELETE FROM tickets; DELETE FROM refusals").unwrap();
    }
}

// REQ-076
#[test]
fn whatever_acts_is_believed_by_the_ticket_that_the_hook_gave_it() {
    let hooked = Hooked::new();
    let path = hooked.project.path("workflows/policy.yaml");
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(path, text.replace("  claude: claude\n", "  claude: lead\n")).unwrap();
    hooked.project.run("-u lead workflow adopt").is(0);
    let out = hooked.project.folder().join("ann.token").display().to_string();
    for line in [
        "audit clock --reason wrong",
        "namespace add LATER",
        "user add ann --group initiator --agent",
        &format!("token issue ann --out {out}"),
        "user move ann --group reviewer",
        "user unbind ann --reason gone",
        "user remove ann",
        "agent stop s-9",
        "agent run qa --document CR-001 --task review",
        "evidence run CR-001 built",
        "workflow adopt",
        "doctor --repair",
        "create CR --title more",
    ] {
        let command = Hooked::rewritten(hooked.call("s-1", None, line, &format!("qms {line}")));
        let (_, said) = hooked.sh(&command);
        assert!(!said.contains("remembered"), "{line}: {said}");
    }
}
