//! Refusals: by the hook as by the program, with the line that would pass, and with who was refused.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use qms::domain::audit::ProjectKey;
use qms::domain::digest::Timestamp;
use qms::domain::identity::{Call, Caller, Ticket, argv_digest};
use qms::domain::request::{Inputs, Request, Subject, Value};
use serde_json::{Value as Json, json};

use crate::Hooked;

/// What of an entry is the same however often something is tried: not when, and not where in the log.
fn kept(mut entry: Json) -> Json {
    // These tell the moment, and what is made of it.
    for field in ["index", "at", "clock", "boot", "leaf_hash", "bytes", "changes", "head"] {
        entry.as_object_mut().unwrap().remove(field);
    }
    entry
}

/// A line, the subagent that calls it, and what is said with it.
type Refused = (&'static str, Option<&'static str>, &'static [(&'static str, &'static str)]);

/// Lines that are refused.
const REFUSED: &[Refused] = &[
    ("qms release CR-002", None, &[]),
    ("qms approve CR-002", Some("a-1"), &[]),
    ("qms reject CR-002 --comment x", Some("a-1"), &[("comment", "x")]),
    ("qms revert CR-002 --reason x", None, &[("reason", "x")]),
    ("qms --user qa checkout CR-002", None, &[]),
    ("qms --user claude checkout CR-002", Some("a-1"), &[]),
    ("qms --user lead status CR-002", Some("a-1"), &[]),
];

/// Builds the line with the very ticket that the hook would give out for it.
fn signed(hooked: &Hooked, line: &str, agent: Option<&str>, told: &[(&str, &str)]) -> String {
    let key = ProjectKey::from_file_text(&fs::read_to_string(hooked.project.key()).unwrap()).unwrap();
    let user = if agent.is_some() { "qa" } else { "claude" };
    let named = if line.contains("--user") { String::new() } else { format!(" --user {user}") };
    let line = format!("{line}{named}");
    let argv = argv_digest(line.split(' ').skip(1).map(str::as_bytes));
    let inputs = told.iter().fold(Inputs::default(), |inputs, (name, text)| {
        inputs.with(name.parse().unwrap(), Value::Text((*text).to_owned()))
    });
    let request = Request {
        action: "any".parse().unwrap(),
        subject: Subject::Project,
        inputs,
        copy: None,
        candidate: None,
    };
    let cwd = fs::canonicalize(hooked.project.root()).unwrap().display().to_string();
    let project = hooked.project.id();
    let inputs = (!line.contains("status")).then(|| request.material());
    let call = Call { project: &project, argv, cwd: &cwd, inputs };
    let agent_type = agent.map(|_| "qa");
    let caller = Caller { session: "s-1", agent, agent_type, tool_use_id: Some("t-1") };
    let now = Timestamp::try_from(hooked.newest()["clock"].as_str().unwrap().to_owned()).unwrap();
    let ticket = Ticket::new(key.ticket_id("s-1", agent, "t-1"), caller, &user.parse().unwrap(), call, now);
    format!("{line} --ticket={}", ticket.seal(&key))
}

// REQ-203
#[test]
fn the_same_refusal_by_hook_and_by_program_is_the_same_entry() {
    for (line, agent, told) in REFUSED {
        let by_hook = {
            let hooked = Hooked::new();
            hooked.begin("s-1", "a-1", "qa");
            hooked.project.run("-u claude create CR --title y").is(0);
            hooked.project.fill_in("CR-002");
            hooked.project.run("-u claude checkin CR-002").is(0);
            Hooked::denied(hooked.call("s-1", *agent, "t-1", line));
            (kept(hooked.newest()), hooked)
        };
        let (entry, hooked) = by_hook;
        assert_eq!([&entry["session"], &entry["document"]], ["s-1", "CR-002"], "{line}");
        assert_eq!(entry["agent"], json!(agent), "{line}");
        assert!(!entry.to_string().contains("token_fingerprint"), "{entry}");
        // The program is shown the very ticket that the hook would have given out.
        let store = rusqlite::Connection::open(hooked.project.database()).unwrap();
        store.execute("DELETE FROM tickets", []).unwrap();
        store.execute("DELETE FROM refusals", []).unwrap();
        let command = signed(&hooked, line, *agent, told);
        assert!([4, 7, 8].contains(&hooked.sh(&command).0), "{command}");
        assert_eq!(kept(hooked.newest()), entry, "{line}");
    }
}

/// What somebody without a good proof calls, and whether a token that is no more stands in the environment.
const UNPROVED: &[(&str, bool)] = &[
    ("-u claude checkout CR-001", false),
    ("-u claude list", false),
    ("-u qa list", true),
    ("list", true),
    ("-u claude create CR --title x", true),
    ("-u claude checkout CR-001 --ticket=e30.AA", false),
    ("-u claude --token-file revoked list", false),
    ("-u claude --token-file rubbish list", false),
];

// REQ-201
#[test]
fn under_a_runtime_no_refusal_sends_an_agent_after_a_token() {
    let hooked = Hooked::new();
    let project = &hooked.project;
    let token = project.token("claude").unwrap();
    let tokens = project.ask("-u lead token list").is(0);
    let all = tokens["data"]["credentials"].as_array().unwrap();
    let id = all.iter().find(|one| one["user"] == "claude").unwrap()["id"].as_str().unwrap().to_owned();
    project.run(&format!("-u lead token revoke {id}")).is(0);
    fs::copy(&token, project.path("revoked")).unwrap();
    let rubbish = project.path("rubbish");
    fs::write(&rubbish, "x").unwrap();
    fs::set_permissions(&rubbish, fs::Permissions::from_mode(0o600)).unwrap();
    let every = || {
        let agents = [Some("CLAUDECODE"), Some("CODEX_CI"), Some("CURSOR_AGENT"), None];
        UNPROVED.iter().flat_map(move |it| agents.map(|agent| (it, agent)))
    };
    for is_hooked in [false, true] {
        if is_hooked {
            project.run("-u lead hooks install claude").is(0);
            project.run("-u lead hooks install codex").is(0);
        }
        for ((line, is_given), agent) in every() {
            let mut call = project.call(line);
            call.command.env_remove("QMS_TOKEN_FILE");
            call.command.envs(is_given.then_some(("QMS_TOKEN_FILE", &token)));
            call.command.envs(agent.map(|name| (name, "1")));
            let answer = call.ask().is(8);
            let hints = answer["error"]["hints"].to_string();
            let is_ticket = line.contains("--ticket");
            let sends = ["token issue", "token-file", "passphrase-file"].iter().any(|it| hints.contains(it));
            // What signs the call is said where it does.
            let signs = is_hooked && agent != Some("CURSOR_AGENT");
            let is_of_another = answer.reasons() == ["identity_mismatch"];
            let way = match (signs, is_of_another) {
                (true, _) => "the hook signs it",
                (false, true) => "leave `--user` (and `QMS_USER`) away: your credential is of `claude`",
                (false, false) => "no hook signs your calls here",
            };
            assert!(agent.is_none() || hints.contains(way), "{agent:?} {line}: {hints}");
            assert!(!sends || (agent.is_none() && !is_ticket), "{line}: {hints}");
        }
    }
    fs::remove_file(project.path("revoked")).unwrap();
}

// REQ-015, REQ-206
#[test]
fn a_hook_that_knows_no_user_for_the_main_thread_is_not_said_to_sign_its_calls() {
    let hooked = Hooked::new();
    let project = &hooked.project;
    let path = project.path("workflows/policy.yaml");
    let policy = fs::read_to_string(&path).unwrap();
    let (before, _) = policy.split_once("runtimes:").unwrap();
    fs::write(path, before).unwrap();
    project.run("-u lead workflow adopt").is(0);
    project.run("-u lead hooks install claude").is(0);
    for line in ["--user claude create CR --title x", "--user qa inbox"] {
        let mut call = project.call(line).variable("CLAUDECODE", "1");
        call.command.env_remove("QMS_TOKEN_FILE");
        let hints = call.ask().is(8)["error"]["hints"].to_string();
        assert!(
            hints.contains("names no user for Claude Code") && !hints.contains("the hook signs it"),
            "{hints}"
        );
    }
}

// REQ-204
#[test]
fn two_agents_of_one_user_are_told_apart_in_the_record() {
    let hooked = Hooked::new();
    hooked.demand();
    hooked.begin("s-1", "a-1", "qa");
    hooked.begin("s-1", "a-2", "qa");
    let read = Hooked::rewritten(hooked.call("s-1", Some("a-1"), "t-1", "qms read CR-002 --draft"));
    assert_eq!(hooked.sh(&read).0, 0);
    assert_eq!([&hooked.newest()["session"], &hooked.newest()["agent"]], ["s-1", "a-1"]);
    let line = "qms review CR-002 --recommend --comment x";
    let review = Hooked::rewritten(hooked.call("s-1", Some("a-2"), "t-2", line));
    assert_eq!(hooked.sh(&review).0, 0);
    assert_eq!([&hooked.newest()["session"], &hooked.newest()["agent"]], ["s-1", "a-2"]);
    assert_eq!(hooked.newest()["actor"], "qa");
}

// REQ-205
#[test]
fn the_main_thread_is_told_who_it_is_and_how_to_call() {
    let hooked = Hooked::new();
    for source in ["startup", "resume", "clear", "compact"] {
        let told = hooked.hook(&hooked.event("SessionStart", "s-1", &json!({"source": source}))).unwrap();
        assert_eq!(told["hookSpecificOutput"]["hookEventName"], "SessionStart");
        let text = told["hookSpecificOutput"]["additionalContext"].as_str().unwrap();
        for words in ["you act as user `claude`", "one call at a time", "--comment-file FILE", "`qa` as `qa`"]
        {
            assert!(text.contains(words), "{text}");
        }
    }
}

/// Shapes in which a text is handed over, and what would pass.
const SHAPES: &[&str] = &[
    "qms review CR-001 --recommend --comment \"$(cat <<'EOF'\nIt is whole.\nEOF\n)\"",
    "qms review CR-001 --recommend --comment \"$(cat comment)\"",
    "qms review CR-001 --recommend --comment=\"$(cat comment)\"",
    "qms review CR-001 --recommend --comment=`cat comment`",
    "qms review CR-001 --recommend --comment $TEXT",
    "qms review CR-001 --recommend --comment - <<'EOF'\nIt is whole.\nEOF",
    "qms review CR-001 --recommend --comment-file - <<EOF\nIt is whole.\nEOF",
    "qms review CR-001 --recommend --comment-file /dev/stdin < comment",
    "cat comment | qms review CR-001 --recommend --comment -",
    "cat comment | qms review CR-001 --recommend --comment-file -",
    "qms review CR-001 --recommend --comment -",
    "qms review CR-001 --recommend --comment-file -",
];

// REQ-205
#[test]
fn each_way_to_hand_over_a_text_that_is_refused_shows_the_line_that_passes() {
    let hooked = Hooked::new();
    hooked.begin("s-1", "a-1", "tu");
    std::fs::write(hooked.project.path("FILE"), "It is whole.\n").unwrap();
    for (number, line) in SHAPES.iter().enumerate() {
        let reason = Hooked::denied(hooked.call("s-1", Some("a-1"), &format!("t-{number}"), line));
        let (_, passes) =
            reason.split_once("what would pass: ").unwrap_or_else(|| panic!("{line}: {reason}"));
        assert_eq!(passes, "qms review CR-001 --recommend --comment-file FILE", "{line}");
    }
    let passes = "qms review CR-001 --recommend --comment-file FILE";
    assert_eq!(hooked.sh(&Hooked::rewritten(hooked.call("s-1", Some("a-1"), "t", passes))).0, 0);
}
