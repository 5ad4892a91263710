//! What a registration is worth: it is asked at every call whether the agent is still what it began as, and who
//! started it is whoever was shown to have the main thread.

use std::fs;

use serde_json::{Value, json};

use crate::Hooked;

const REVIEW: &str = "qms review CR-001 --recommend --comment fine";

/// Replaces text in the policy, and has it adopted.
fn adopt(hooked: &Hooked, from: &str, to: &str) {
    let path = hooked.project.path("workflows/policy.yaml");
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.contains(from), "{from}");
    fs::write(path, text.replacen(from, to, 1)).unwrap();
    hooked.project.run("-u lead workflow adopt").is(0);
}

fn told(answer: Option<Value>) -> String {
    let answer = answer.unwrap();
    answer["hookSpecificOutput"]["additionalContext"].as_str().unwrap().to_owned()
}

/// What happens, and how.
type Change = (&'static str, fn(&Hooked));

/// Everything by which an agent ceases to be what it began as.
const CHANGES: [Change; 6] = [
    ("its definition changed", |it| fs::write(it.project.path("qa.md"), "You approve.\n").unwrap()),
    ("another file defines it, too", |it| {
        fs::create_dir_all(it.project.path(".claude/agents")).unwrap();
        fs::write(it.project.path(".claude/agents/x.md"), "---\nname: qa\n---\nYou approve.\n").unwrap();
    }),
    ("another file is too long to be read", |it| {
        fs::create_dir_all(it.project.path(".claude/agents")).unwrap();
        let text = format!("---\n#{}\nname: qa\n---\nYou approve.\n", "a".repeat(1 << 20));
        fs::write(it.project.path(".claude/agents/x.md"), text).unwrap();
        it.project.run("-u lead doctor").is(1).says("x.md` is too long to be read");
    }),
    ("there are too many files to be looked through", |it| {
        fs::create_dir_all(it.project.path(".claude/agents")).unwrap();
        for number in 0..10_001 {
            fs::write(it.project.path(&format!(".claude/agents/{number}")), "").unwrap();
        }
        it.project.run("-u lead doctor").is(1).says("than are looked through");
    }),
    ("it acts as another user", |it| adopt(it, "qa: { user: qa,", "qa: { user: tu,")),
    ("it is started by others", |it| adopt(it, "definition: qa.md", "definition: qa.md, started_by: [lead]")),
];

// REQ-251
#[test]
fn an_agent_that_is_not_any_more_what_it_began_as_is_nobody_at_the_next_call() {
    for (what, change) in CHANGES {
        for is_resumed in [false, true] {
            let hooked = Hooked::new();
            hooked.begin("s-1", "a-1", "qa");
            let early = Hooked::rewritten(hooked.call("s-1", Some("a-1"), "t-1", "qms list"));
            change(&hooked);
            if is_resumed {
                let text = hooked.begin("s-1", "a-1", "qa").map(|it| told(Some(it))).unwrap_or_default();
                let is_refused = text.contains("has no name");
                assert!(is_refused || text.contains("`tu`"), "{what}: {text}");
                assert_ne!(hooked.sh(&early).0, 0, "{what}: what was signed before is void");
                if !is_refused {
                    continue;
                }
            }
            let reason = Hooked::denied(hooked.call("s-1", Some("a-1"), "t-2", "qms list"));
            assert!(reason.contains("anew"), "{what}: {reason}");
            Hooked::denied(hooked.call("s-1", Some("a-1"), "t-3", REVIEW));
        }
    }
}

// REQ-251
#[test]
fn an_agent_that_goes_on_as_another_one_is_not_the_one_that_it_was() {
    for other in ["Explore", "tu", ""] {
        let hooked = Hooked::new();
        hooked.begin("s-1", "a-1", "qa");
        let early = Hooked::rewritten(hooked.call("s-1", Some("a-1"), "t-1", "qms list"));
        // Its runtime says of a call that it is another one.
        let fields = json!({
            "tool_name": "Bash", "tool_use_id": "t-2", "tool_input": {"command": REVIEW},
            "agent_id": "a-1", "agent_type": other,
        });
        Hooked::denied(hooked.hook(&hooked.event("PreToolUse", "s-1", &fields)));
        hooked.begin("s-1", "a-1", other);
        assert_eq!(hooked.sh(&early).0, 8, "{other}");
        match hooked.call("s-1", Some("a-1"), "t-3", "qms whoami") {
            Some(answer) if other == "tu" => assert!(Hooked::rewritten(Some(answer)).contains("--user tu")),
            answer => _ = Hooked::denied(answer),
        }
    }
}

// REQ-251
#[test]
fn a_policy_that_was_adopted_after_a_call_was_signed_counts_for_it() {
    let hooked = Hooked::new();
    hooked.begin("s-1", "a-1", "qa");
    let early = Hooked::rewritten(hooked.call("s-1", Some("a-1"), "t-1", "qms list"));
    adopt(&hooked, "qa: { user: qa,", "qa: { user: tu,");
    assert_eq!(hooked.refused(&early).0, "session_ended");
}

/// Lets an agent begin in a session that was given the token of a user, or none.
fn begin_under(hooked: &Hooked, user: Option<&str>, agent: &str) -> String {
    let fields = json!({"agent_id": agent, "agent_type": "qa"});
    let mut call =
        hooked.project.call("hook").input(hooked.event("SubagentStart", "s-1", &fields).to_string());
    if let Some(user) = user {
        hooked.project.issue(&[user]);
        call = call.variable("QMS_TOKEN_FILE", &hooked.project.token(user).unwrap().display().to_string());
    }
    told(serde_json::from_str(&call.run().is(0).text()).ok())
}

// REQ-252
#[test]
fn an_agent_begins_only_under_those_who_may_start_it_and_the_record_names_the_one() {
    let hooked = Hooked::new();
    adopt(&hooked, "definition: qa.md", "definition: qa.md, started_by: [tu]");
    // The user of the runtime may not, and the one who was given the session may.
    let text = begin_under(&hooked, None, "a-1");
    assert!(text.contains("`claude` has the main thread") && text.contains("has no name"), "{text}");
    assert!(begin_under(&hooked, Some("tu"), "a-1").contains("you act as user `qa`"));
    let begun = hooked.newest();
    assert_eq!([&begun["action"], &begun["agent"]], ["agent_started", "a-1"]);
    let sessions = hooked.project.ask("-u claude agent list").is(0);
    assert_eq!(sessions["data"]["sessions"][0]["parent"], "tu");
    // Told again under somebody else, it has no name any more.
    assert!(begin_under(&hooked, None, "a-1").contains("has no name"));
    assert_eq!(hooked.newest()["action"], "agent_ended");
    Hooked::denied(hooked.call("s-1", Some("a-1"), "t-1", REVIEW));
}

// REQ-252
#[test]
fn under_a_credential_that_counts_no_longer_no_agent_begins() {
    let hooked = Hooked::new();
    hooked.project.issue(&["tu"]);
    let token = fs::read_to_string(hooked.project.token("tu").unwrap()).unwrap();
    let id = token.split('_').nth(1).unwrap();
    hooked.project.run(&format!("-u lead token revoke {id}")).is(0);
    let fields = json!({"agent_id": "a-1", "agent_type": "qa"});
    let event = hooked.event("SubagentStart", "s-1", &fields).to_string();
    let ran = hooked.project.call("hook").variable("QMS_TOKEN", token.trim()).input(event).run().is(0);
    let text = told(serde_json::from_str(&ran.text()).ok());
    assert!(text.contains("was revoked") && text.contains("has no name"), "{text}");
}

/// An agent in a run that starts others, as its runtime lets it, and has them read and act.
const STARTER: &str = "#!/bin/sh
DROP
tell() { printf '%s' \"$1\" | 'PROGRAM' hook; }
call() {
    tell \"$1\" > answer
    command=$(sed -n 's/.*\"command\":\"\\([^\"]*\\)\".*/\\1/p' answer)
    if [ -n \"$command\" ]; then sh -c \"$command\"; else cat answer; fi
}
tell 'BEGIN'
call 'READ'
call 'ACT'
call 'REVIEW'
";

// REQ-253
#[test]
fn within_a_run_nobody_acts_but_the_agent_that_was_started() {
    for drop in ["", "unset QMS_TOKEN"] {
        let hooked = Hooked::new();
        let of = |agent: Option<&str>, id: &str, words: &str| {
            let command = format!("{} {words}", crate::project::PROGRAM);
            let fields = json!({
                "tool_name": "Bash", "tool_use_id": id, "tool_input": {"command": command}, "agent_id": agent,
                "agent_type": agent.map(|_| "qa"),
            });
            hooked.event("PreToolUse", "inner", &fields).to_string()
        };
        let begin =
            hooked.event("SubagentStart", "inner", &json!({"agent_id": "b", "agent_type": "qa"})).to_string();
        let script = STARTER
            .replace("PROGRAM", crate::project::PROGRAM)
            .replace("DROP", drop)
            .replace("BEGIN", &begin)
            .replace("READ", &of(Some("b"), "t-1", "status CR-001"))
            .replace("ACT", &of(Some("b"), "t-2", "review CR-001 --recommend --comment widened"))
            .replace("REVIEW", &of(None, "t-3", "review CR-001 --recommend --comment whole"));
        let hooked = crate::given::launched(hooked, &script);
        let call = hooked.project.call("-u claude agent run tu --document CR-001 --task review");
        let ran = call.variable("PATH", "/usr/bin:/bin").run().is(0);
        let said = ran.text() + &ran.stderr;
        assert!(said.contains("`agent run` started `tu` alone") && said.contains("has no name"), "{said}");
        assert!(said.contains("reading as tu (verified: ticket), for agent qa"), "{said}");
        assert!(said.contains("is no user of the project"), "{said}");
        assert!(said.contains("Review submitted for CR-001"), "{said}");
        let export = hooked.export().text();
        let entries: Vec<Value> = export.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        // The one that `agent run` started, and nobody else.
        assert_eq!(entries.iter().filter(|it| it["action"] == "agent_started").count(), 1);
        assert!(!export.contains("widened"), "{said}");
        assert!(entries.iter().all(|it| it["actor"] != "qa"));
    }
}

// REQ-287
#[test]
fn no_agent_acts_under_the_name_of_a_person() {
    let hooked = Hooked::new();
    let path = hooked.project.path("workflows/policy.yaml");
    let adopts = |from: &str, to: &str| {
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.contains(from));
        fs::write(&path, text.replace(from, to)).unwrap();
        hooked.project.ask("-u lead workflow adopt")
    };
    let refused = adopts("  tu: { user: tu }", "  tu: { user: tu }\n  late: { user: lead }").is(4);
    assert_eq!(refused.reasons(), ["policy_unsound"]);
    let message = refused["error"]["message"].as_str().unwrap();
    assert!(message.contains("agent `late` acts as `lead`, a person"), "{message}");
    hooked.project.run("-u lead workflow lint").is(82).says("acts as `lead`, a person");
    // Somebody can be added afterwards.
    adopts("{ user: lead }", "{ user: hana }").is(0);
    hooked.begin("s-1", "a-1", "late");
    hooked.project.run("-u lead user add hana --group quality --human").is(0);
    let told = hooked.begin("s-1", "a-2", "late").unwrap().to_string();
    assert!(told.contains("`hana` is a person, and no agent acts as one"), "{told}");
    for agent in ["a-1", "a-2"] {
        let reason = Hooked::denied(hooked.call("s-1", Some(agent), agent, "qms list"));
        assert!(reason.contains("`hana` is a person, and no agent acts as one"), "{agent}: {reason}");
    }
}
