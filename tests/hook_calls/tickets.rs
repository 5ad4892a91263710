//! What a ticket is good for: one call, these words, this folder, this minute.

use std::fs;
use std::process::Stdio;

use qms::domain::audit::ProjectKey;
use qms::domain::digest::Timestamp;
use qms::domain::identity::{Call, Caller, Ticket, TicketId, argv_digest};
use serde_json::{Value, json};

use crate::Hooked;

const REVIEW: &str = "qms review CR-001 --recommend --comment fine";

pub(crate) fn at_work() -> Hooked {
    let hooked = Hooked::new();
    hooked.begin("s-1", "a-1", "qa");
    hooked
}

pub(crate) fn signed(hooked: &Hooked, id: &str, line: &str) -> String {
    Hooked::rewritten(hooked.call("s-1", Some("a-1"), id, line))
}

/// Runs a command line that is not believed, and returns why.
#[track_caller]
fn refused(hooked: &Hooked, command: &str) -> String {
    let (words, ticket) = command.split_once(" --ticket=").unwrap();
    let (status, said) = hooked.sh(&format!("{words} -o json --ticket={ticket} 2>/dev/null"));
    assert_eq!(status, 8, "{command}\n{said}");
    let answer: Value = serde_json::from_str(&said).unwrap();
    answer["error"]["reasons"][0]["name"].as_str().unwrap().to_owned()
}

// REQ-076
#[test]
fn a_ticket_is_good_once() {
    let hooked = at_work();
    let command = signed(&hooked, "t-1", REVIEW);
    assert_eq!(hooked.sh(&command).0, 0);
    let (status, said) = hooked.sh(&command);
    assert_eq!(status, 8);
    assert!(said.contains("the ticket of `qa` was used: call it again"), "{said}");
    // A refused action uses it, too.
    let command = signed(&hooked, "t-2", "qms assign CR-001 --assignees lead");
    hooked.project.run("-u claude withdraw CR-001").is(0);
    assert_eq!(hooked.sh(&command).0, 4);
    assert_eq!(hooked.newest()["ticket"].as_str().unwrap().len(), 32);
    assert_eq!(hooked.sh(&command).0, 8);
}

// REQ-076
#[test]
fn of_two_that_race_with_one_ticket_exactly_one_wins() {
    let hooked = at_work();
    let command = signed(&hooked, "t", REVIEW);
    let start = || hooked.shell(&command).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let racing: Vec<_> = (0..6).map(|_| start()).collect();
    let ended: Vec<_> = racing.into_iter().map(|mut one| one.wait().unwrap().code().unwrap()).collect();
    assert_eq!(ended.iter().filter(|status| **status == 0).count(), 1, "{ended:?}");
    assert_eq!(ended.iter().filter(|status| **status == 8).count(), 5, "{ended:?}");
    hooked.project.run("-u lead audit verify").is(0);
}

// REQ-076
#[test]
fn a_ticket_is_for_these_words_in_this_folder() {
    let hooked = at_work();
    let command = signed(&hooked, "t-1", REVIEW);
    for (from, to) in
        [("fine", "bad"), ("--recommend", "--request-updates"), ("CR-001", "CR-002"), (" qa ", " tu ")]
    {
        let why = refused(&hooked, &command.replace(from, to));
        assert!(["ticket_for_another_call", "identity_mismatch"].contains(&why.as_str()), "{why}");
    }
    // The words that were added are words.
    assert_eq!(refused(&hooked, &command), "ticket_for_another_call");
    fs::create_dir(hooked.project.path("sub")).unwrap();
    assert_eq!(hooked.sh(&format!("cd sub && {command}")).0, 8);
    // None of that used it up.
    assert_eq!(hooked.sh(&command).0, 0);
}

// REQ-076
#[test]
fn a_ticket_with_a_changed_character_is_none() {
    let hooked = at_work();
    let command = signed(&hooked, "t-1", REVIEW);
    let (before, rest) = command.split_once("--ticket=").unwrap();
    let ticket = rest;
    for at in [0, ticket.len() / 2, ticket.find('.').unwrap() - 1, ticket.len() - 2] {
        let mut bytes = ticket.as_bytes().to_vec();
        bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
        let changed = String::from_utf8(bytes).unwrap();
        let (status, said) = hooked.sh(&format!("{before}--ticket={changed}"));
        assert_eq!(status, 8, "{at}: {said}");
    }
    for rubbish in ["", ".", "a", "a.b", "qms_0"] {
        let (status, _) = hooked.sh(&format!("qms status CR-001 --ticket='{rubbish}'"));
        assert_eq!(status, 8, "{rubbish}");
    }
}

// REQ-076
#[test]
fn a_ticket_of_another_time_or_session_is_none() {
    let hooked = at_work();
    let key = ProjectKey::from_file_text(&fs::read_to_string(hooked.project.key()).unwrap()).unwrap();
    // By the time that credentials are judged by: the agent began a moment ago.
    let store = rusqlite::Connection::open(hooked.project.database()).unwrap();
    let sql = "SELECT max(opened_at) FROM sessions";
    let now: i64 = store.query_row(sql, [], |row| row.get(0)).unwrap();
    let words = ["--user", "qa", "status", "CR-001", "-o", "json"];
    let argv = argv_digest(words.iter().map(|word| word.as_bytes()));
    let root = fs::canonicalize(hooked.project.root()).unwrap().display().to_string();
    let (user, project) = ("qa".parse().unwrap(), hooked.project.id());
    let ticket = |session: (&str, Option<&str>), age: i64| {
        let id = TicketId::from_bytes([u8::try_from(age.unsigned_abs() % 251).unwrap(); 16]);
        let at = Timestamp::from_millis(now - age);
        let caller = Caller { session: session.0, agent: session.1, ..Caller::default() };
        let call = Call { project: &project, argv, cwd: &root, inputs: None };
        format!("qms {} --ticket={}", words.join(" "), Ticket::new(id, caller, &user, call, at).seal(&key))
    };
    let why = |command: String| {
        let (status, said) = hooked.sh(&format!("{command} 2>/dev/null"));
        let answer: Value = serde_json::from_str(&said).unwrap();
        (status, answer["error"]["reasons"][0]["name"].clone())
    };
    assert_eq!(why(ticket(("s-1", Some("a-1")), 0)), (0, Value::Null));
    assert_eq!(why(ticket(("s-1", Some("a-1")), 61_000)), (8, json!("credential_expired")));
    assert_eq!(why(ticket(("s-1", Some("a-1")), -60_000)), (8, json!("credential_not_yet_valid")));
    assert_eq!(why(ticket(("s-2", Some("a-1")), 1)), (8, json!("session_ended")));
    assert_eq!(why(ticket(("s-1", Some("a-2")), 2)), (8, json!("session_ended")));
}

// REQ-076
#[test]
fn what_was_not_used_is_void_after_the_call() {
    let hooked = at_work();
    let command = signed(&hooked, "t-1", REVIEW);
    let after = json!({
        "agent_id": "a-1", "agent_type": "qa", "tool_name": "Bash", "tool_use_id": "t-1",
        "tool_input": {"command": REVIEW}, "tool_response": {},
    });
    assert!(hooked.hook(&hooked.event("PostToolUse", "s-1", &after)).is_none());
    assert_eq!(hooked.sh(&command).0, 8);
}

#[test]
fn a_ticket_that_was_used_is_in_the_record_for_ever() {
    let hooked = at_work();
    assert_eq!(hooked.sh(&signed(&hooked, "t-1", REVIEW)).0, 0);
    let store = rusqlite::Connection::open(hooked.project.database()).unwrap();
    let sessions: i64 = store.query_row("SELECT count(*) FROM tickets", [], |row| row.get(0)).unwrap();
    assert_eq!(sessions, 1);
    // An edited session opens nothing, and is found.
    store.execute("UPDATE sessions SET user = 'tu'", []).unwrap();
    Hooked::denied(hooked.call("s-1", Some("a-1"), "t-2", "qms status CR-001"));
    hooked.project.run("-u lead audit verify").is(80);
}

// REQ-076
#[test]
fn a_session_that_is_opened_again_takes_no_ticket_from_before() {
    let hooked = at_work();
    let command = signed(&hooked, "t-1", REVIEW);
    hooked.hook(&hooked.event("SubagentStop", "s-1", &json!({"agent_id": "a-1", "agent_type": "qa"})));
    hooked.begin("s-1", "a-1", "qa");
    let (status, said) = hooked.sh(&command);
    assert_eq!(status, 8);
    assert!(said.contains("the session of `qa` has ended"), "{said}");
    assert_eq!(hooked.sh(&signed(&hooked, "t-2", REVIEW)).0, 0);
}
