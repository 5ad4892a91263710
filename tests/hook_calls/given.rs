//! A credential that was given beats one that is inferred: the main thread acts as the user of what it was given.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use serde_json::{Value, json};

use crate::Hooked;
use crate::project::PROGRAM;

/// An agent whose runtime runs the hook beside its calls. What the hook answers is done.
const AGENT: &str = "#!/bin/sh
DROP
call() {
    printf '%s' \"$1\" | 'PROGRAM' hook > answer || exit 1
    command=$(sed -n 's/.*\"command\":\"\\([^\"]*\\)\".*/\\1/p' answer)
    if [ -n \"$command\" ]; then sh -c \"$command\"; else cat answer; fi
}
call 'WHOAMI'
call 'WITHDRAW'
call 'REVIEW'
";

fn main_thread(hooked: &Hooked, id: &str, words: &str) -> String {
    let fields = json!({
        "tool_name": "Bash", "tool_use_id": id, "tool_input": {"command": format!("{PROGRAM} {words}")},
    });
    hooked.event("PreToolUse", "s-1", &fields).to_string()
}

/// An agent that tells the hook its own session in every event that ends or begins something, and goes on.
const FORGER: &str = "#!/bin/sh
session=$('PROGRAM' whoami -o json | sed -n 's/.*\"session\": \"\\(run-[^\"]*\\)\".*/\\1/p')
[ -n \"$session\" ] || exit 1
tell() { printf '%s' \"$1\" | sed \"s/SESSION/$session/g\" | 'PROGRAM' hook; }
EVENTS
'PROGRAM' review CR-001 --recommend --comment whole --no-interactive
";

// REQ-207
#[test]
fn no_event_ends_or_changes_what_agent_run_began() {
    let hooked = Hooked::new();
    let event = |name: &str, session: &str, fields: Value| {
        format!("tell '{}'\n", hooked.event(name, session, &fields))
    };
    let agent = |id: &str| json!({"agent_id": id, "agent_type": "qa"});
    let events = [
        event("SessionStart", "SESSION", json!({"source": "resume"})),
        event("SessionStart", "SESSION", json!({"source": "clear"})),
        event("SubagentStop", "SESSION", agent("SESSION")),
        event("SubagentStop", "SESSION", agent("x")),
        event("SubagentStart", "SESSION", agent("x")),
    ];
    let script = FORGER.replace("PROGRAM", PROGRAM).replace("EVENTS", &events.concat());
    let hooked = launched(hooked, &script);
    hooked.project.run("-u claude agent run tu --document CR-001 --task review").is(0);
    let export = hooked.export().text();
    let entries: Vec<Value> = export.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let ended: Vec<_> = entries.iter().filter(|it| it["action"] == "agent_ended").collect();
    // Its subagent and itself: nothing else ended it before.
    assert_eq!(ended.len(), 1, "{ended:#?}");
    assert_eq!(entries.last().unwrap()["action"], "agent_ended");
    hooked.project.run("-u lead audit verify").is(0);
}

// REQ-207
#[test]
fn what_ends_an_agent_is_recorded_with_the_session_that_said_so() {
    let hooked = Hooked::new();
    hooked.begin("s-1", "a-1", "qa");
    let begun = hooked.newest();
    assert_eq!([&begun["action"], &begun["session"], &begun["agent"]], ["agent_started", "s-1", "a-1"]);
    hooked.hook(&hooked.event("SubagentStop", "s-1", &json!({"agent_id": "a-1", "agent_type": "qa"})));
    let ended = hooked.newest();
    assert_eq!([&ended["action"], &ended["session"], &ended["agent"]], ["agent_ended", "s-1", "a-1"]);
    hooked.begin("s-1", "a-2", "qa");
    hooked.begin("s-2", "a-1", "tu");
    hooked.hook(&hooked.event("SessionStart", "s-1", &json!({"source": "clear"})));
    let ended = hooked.newest();
    assert_eq!([&ended["action"], &ended["session"]], ["agent_ended", "s-1"]);
    assert_eq!([&ended["agent"], &ended["observed"]["session"]], [&Value::Null, &json!("s-1/a-2")]);
}

/// A project whose policy starts a reviewer with a program that has a hook of its own.
fn launching(drop: &str) -> Hooked {
    let hooked = Hooked::new();
    let text = AGENT
        .replace("PROGRAM", PROGRAM)
        .replace("DROP", drop)
        .replace("WHOAMI", &main_thread(&hooked, "t-1", "whoami -o json"))
        .replace("WITHDRAW", &main_thread(&hooked, "t-2", "withdraw CR-001"))
        .replace("REVIEW", &main_thread(&hooked, "t-3", "review CR-001 --recommend --comment whole"));
    launched(hooked, &text)
}

/// Lets the policy start `tu` with a script.
pub fn launched(hooked: Hooked, text: &str) -> Hooked {
    let script = hooked.project.folder().join("agent");
    fs::write(&script, text).unwrap();
    fs::set_permissions(&script, fs::Permissions::from_mode(0o755)).unwrap();
    let path = hooked.project.path("workflows/policy.yaml");
    let policy = fs::read_to_string(&path).unwrap();
    let agent = "tu: { user: tu, launcher: script, started_by: [claude], ttl: 1m }";
    let policy = policy.replace("tu: { user: tu }", agent);
    let launchers = format!(
        "\nlaunchers:\n  script: {{ command: [{:?}], environment: [PATH, XDG_STATE_HOME], directory: \"{{root}}\" }}\n",
        script.display().to_string()
    );
    fs::write(path, policy + &launchers).unwrap();
    hooked.project.run("-u lead workflow adopt").is(0);
    hooked
}

// REQ-199
#[test]
fn the_main_thread_of_an_agent_that_was_started_acts_as_that_agent_within_its_task() {
    // With its token in the environment, and where its runtime keeps that from its hooks.
    for drop in ["", "unset QMS_TOKEN"] {
        let hooked = launching(drop);
        let call = hooked.project.call("-u claude agent run tu --document CR-001 --task review");
        let ran = call.variable("PATH", "/usr/bin:/bin").run().is(0);
        let said = ran.text();
        assert!(said.contains("\"user\": \"tu\"") && !said.contains("\"user\": \"claude\""), "{said}");
        assert!(said.contains("the credential of `tu` is not good for this"), "{said}");
        assert!(said.contains("Review submitted for CR-001"), "{said}");
        let export = hooked.export().text();
        let entries: Vec<Value> = export.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let by = |action: &str, result: &str| {
            entries.iter().rfind(|it| it["action"] == action && it["result"] == result).cloned().unwrap()
        };
        let review = by("review", "permitted");
        assert_eq!([&review["actor"], &review["assurance"], &review["agent"]], ["tu", "ticket", "tu"]);
        assert!(review["session"].as_str().unwrap().starts_with("run-"));
        assert_eq!(review["parent"], "claude");
        let withdrawn = by("withdraw", "denied");
        assert_eq!([&withdrawn["claimed"], &withdrawn["document"]], ["tu", "CR-001"]);
        assert_eq!(withdrawn["reasons"][0]["name"], "credential_out_of_scope");
        hooked.project.run("-u lead audit verify").is(0);
    }
}

/// A call in a session that was given the token of a user.
fn with_token(hooked: &Hooked, user: &str, agent: Option<&str>, line: &str) -> Option<Value> {
    if hooked.project.token(user).is_none() {
        hooked.project.issue(&[user]);
    }
    let token = hooked.project.token(user).unwrap().display().to_string();
    let mut fields = json!({"tool_name": "Bash", "tool_use_id": line, "tool_input": {"command": line}});
    if let Some(agent) = agent {
        fields["agent_id"] = json!(agent);
        fields["agent_type"] = json!("qa");
    }
    let event = hooked.event("PreToolUse", "s-1", &fields).to_string();
    let ran = hooked.project.call("hook").variable("QMS_TOKEN_FILE", &token).input(event).run().is(0);
    (!ran.text().is_empty()).then(|| serde_json::from_str(&ran.text()).unwrap())
}

// REQ-199
#[test]
fn a_session_that_was_given_a_token_is_its_user_and_a_subagent_is_its_own() {
    let hooked = Hooked::new();
    hooked.begin("s-1", "a-1", "qa");
    for (user, agent, is) in [("tu", None, "tu"), ("claude", None, "claude"), ("tu", Some("a-1"), "qa")] {
        let command = Hooked::rewritten(with_token(&hooked, user, agent, "qms list"));
        assert!(command.contains(&format!(" --user {is} ")), "{command}");
        let (status, said) = hooked.sh(&command);
        assert_eq!(status, 0, "{said}");
        assert!(said.contains(&format!("acting as {is} (verified: ticket)")), "{said}");
    }
    let line = "qms review CR-001 --recommend --comment x";
    let command = Hooked::rewritten(with_token(&hooked, "tu", None, line));
    assert_eq!(hooked.sh(&command).0, 0);
    // Others see the token when the round has ended.
    let own = hooked.project.run("-u tu audit export").is(0).text();
    let own: Value = serde_json::from_str(own.lines().last().unwrap()).unwrap();
    assert!(own["credential"].is_string());
    assert!(hooked.newest()["credential"].is_null());
    // A person's token was exported for the person.
    let command = Hooked::rewritten(with_token(&hooked, "lead", None, "qms inbox"));
    assert!(hooked.sh(&command).1.contains("acting as claude "));
}

// REQ-199
#[test]
fn what_was_given_and_counts_no_longer_signs_nothing() {
    let hooked = Hooked::new();
    let early = Hooked::rewritten(with_token(&hooked, "tu", None, "qms list"));
    let tokens = hooked.project.ask("-u lead token list").is(0);
    let all = tokens["data"]["credentials"].as_array().unwrap();
    let id = all.iter().find(|one| one["user"] == "tu").unwrap()["id"].as_str().unwrap();
    hooked.project.run(&format!("-u lead token revoke {id}")).is(0);
    // Neither what comes now, nor what was signed before.
    let reason = Hooked::denied(with_token(&hooked, "tu", None, "qms inbox"));
    assert!(reason.contains("was revoked") && !reason.contains("token issue"), "{reason}");
    assert_eq!(hooked.newest()["session"], "s-1");
    assert_eq!(hooked.refused(&early).0, "credential_revoked");
}

// REQ-203
#[test]
fn a_ticket_that_was_found_is_refused_and_the_record_says_who_tried_it() {
    let hooked = Hooked::new();
    hooked.begin("s-1", "a-1", "qa");
    let line = "qms review CR-001 --recommend --comment x";
    let found = Hooked::rewritten(hooked.call("s-1", Some("a-1"), "t-1", line));
    hooked.ends("PermissionDenied", "s-1", Some("a-1"), "t-1", line);
    let reason = Hooked::denied(hooked.call("s-1", None, "t-2", &found));
    assert!(reason.contains("made by the hook alone"), "{reason}");
    let entry = hooked.newest();
    assert_eq!([&entry["result"], &entry["reasons"][0]["name"]], ["denied", "ticket_not_allowed"]);
    assert_eq!(
        [&entry["session"], &entry["agent"], &entry["document"]],
        [&json!("s-1"), &Value::Null, &json!("CR-001")]
    );
}

// REQ-199
#[test]
fn what_is_signed_within_the_bounds_of_a_token_makes_no_other() {
    let hooked = Hooked::new();
    let out = hooked.project.folder().join("out").display().to_string();
    let id = "0123456789abcdef";
    for line in
        ["qms token rotate --out OUT", "qms token issue qa --out OUT", &format!("qms token revoke {id}")]
    {
        let Some(answer) = with_token(&hooked, "tu", None, &line.replace("OUT", &out)) else { continue };
        let command = Hooked::rewritten(Some(answer));
        let (status, said) = hooked.sh(&command);
        assert!([2, 5, 7, 8].contains(&status), "{line}: {said}");
        assert!(!hooked.project.folder().join("out").exists(), "{line}");
    }
}

// REQ-199
#[test]
fn a_token_of_another_user_on_the_command_line_is_refused_there_and_recorded() {
    let hooked = Hooked::new();
    hooked.begin("s-1", "a-1", "qa");
    hooked.project.issue(&["qa", "tu"]);
    for (agent, user, is) in [
        (None, "qa", "claude"),
        (None, "lead", "claude"),
        (Some("a-1"), "tu", "qa"),
        (Some("a-1"), "lead", "qa"),
        (Some("explorer"), "qa", "claude"),
    ] {
        let token = hooked.project.token(user).unwrap().display().to_string();
        let line = format!("qms --token-file {token} status CR-001");
        let fields = json!({
            "tool_name": "Bash", "tool_use_id": "t-1", "tool_input": {"command": line}, "agent_id": agent,
            "agent_type": agent.map(|agent| if agent == "a-1" { "qa" } else { "Explore" }),
        });
        let reason = Hooked::denied(hooked.hook(&hooked.event("PreToolUse", "s-1", &fields)));
        assert!(reason.contains("the hook signs it") && !reason.contains("token issue"), "{reason}");
        let entry = hooked.newest();
        assert_eq!([&entry["claimed"], &entry["observed"]["token_user"]], [is, user]);
        assert_eq!([&entry["session"], &entry["document"]], ["s-1", "CR-001"]);
        assert_eq!(entry["agent"], json!(agent));
        assert_eq!(entry["observed"]["token_fingerprint"].as_str().unwrap().len(), 8);
    }
    // Its own is signed like any call, within its bounds.
    let token = hooked.project.token("qa").unwrap().display().to_string();
    let line = format!("qms --token-file {token} status CR-001");
    let command = Hooked::rewritten(hooked.call("s-1", Some("a-1"), "t-2", &line));
    assert!(hooked.sh(&command).1.contains("acting as qa (verified: ticket)"));
}

// REQ-021
#[test]
fn who_is_started_out_of_the_session_of_an_author_is_not_independent() {
    let script =
        format!("#!/bin/sh\n{PROGRAM:?} review CR-002 --recommend --comment whole --no-interactive\n");
    let hooked = launched(Hooked::new(), &script);
    for (name, from, to) in [
        (
            "executable.yaml",
            "verdict: review, quorum: all }",
            "verdict: review, quorum: all, guards: [independent] }",
        ),
        ("policy.yaml", "started_by: [claude], ttl", "started_by: [qa, lead], ttl"),
    ] {
        let path = hooked.project.path(&format!("workflows/{name}"));
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.contains(from), "{from}");
        fs::write(path, text.replace(from, to)).unwrap();
    }
    hooked.project.run("-u lead workflow adopt").is(0);
    let main = |id: &str, line: &str| {
        let command = Hooked::rewritten(hooked.call("s-1", None, id, line));
        assert_eq!(hooked.sh(&command).0, 0, "{command}");
    };
    main("t-1", "qms create CR --title y");
    hooked.project.fill_in("CR-002");
    main("t-2", "qms route CR-002 --review --assignees tu");
    // A subagent of that session starts an agent of its own.
    hooked.begin("s-1", "a-1", "qa");
    let start = "agent run tu --document CR-002 --task review";
    let command = Hooked::rewritten(hooked.call("s-1", Some("a-1"), "t-3", &format!("qms {start}")));
    let (status, said) = hooked.sh(&command);
    assert!(status != 0 && said.contains("`tu` comes from `claude`, and so does an author"), "{said}");
    // One that somebody else starts is.
    let call = hooked.project.call(&format!("-u lead {start}"));
    call.variable("PATH", "/usr/bin:/bin").run().is(0);
}
