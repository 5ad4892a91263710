//! Calls that are signed, and calls that are refused.

use serde_json::json;

use crate::Hooked;
use crate::project::PROGRAM;

// REQ-076, REQ-115
#[test]
fn a_subagents_call_becomes_its_own() {
    let hooked = Hooked::new();
    let told = hooked.begin("s-1", "a-1", "qa").unwrap();
    let text = told["hookSpecificOutput"]["additionalContext"].as_str().unwrap();
    assert!(text.contains("`qa`") && !text.contains("ticket"), "{text}");

    let answer =
        hooked.call("s-1", Some("a-1"), "t-1", "qms review CR-001 --recommend --comment 'it is whole'");
    let input = &answer.as_ref().unwrap()["hookSpecificOutput"]["updatedInput"];
    assert_eq!([&input["description"], &input["of_tomorrow"]], [&json!("d"), &json!({"kept": [1]})]);
    let command = Hooked::rewritten(answer);
    let words = "qms review CR-001 --recommend --comment 'it is whole' --user qa --ticket=";
    assert!(command.starts_with(words), "{command}");

    let (status, said) = hooked.sh(&command);
    assert_eq!(status, 0, "{said}");
    assert!(said.contains("acting as qa (verified: ticket)"), "{said}");
    let entry = hooked.newest();
    assert_eq!([&entry["actor"], &entry["assurance"], &entry["session"]], ["qa", "ticket", "s-1"]);
    assert_eq!(entry["parent"], "claude");
    hooked.project.run("-u lead audit verify").is(0);
    hooked.project.run("-u lead doctor").is(0);
}

// REQ-208
#[test]
fn a_pattern_that_fits_the_words_of_a_call_fits_them_after_it_was_signed() {
    let hooked = Hooked::new();
    for (line, begins) in [
        ("qms status CR-001", "qms status CR-001 --user claude --ticket="),
        ("qms -q  list", "qms -q list --user claude --ticket="),
        ("qms --user claude list", "qms --user claude list --ticket="),
        ("qms read --draft -- CR-001", "qms read --draft --user claude --ticket="),
        ("qms withdraw CR-001", "qms withdraw CR-001 --user claude --ticket="),
    ] {
        let command = Hooked::rewritten(hooked.call("s-1", None, line, line));
        assert!(command.starts_with(begins), "{command}");
        assert!(!line.contains(" -- ") || command.ends_with(" -- CR-001"), "{command}");
        let (status, said) = hooked.sh(&command);
        assert!(status == 0 && said.contains("acting as claude (verified: ticket)"), "{command}: {said}");
    }
    // A word that an argument takes for its own is not taken for the end of the words.
    for line in ["qms create CR --title --", "qms review CR-001 --recommend --comment -- --ticket=x"] {
        let answer = hooked.call("s-1", None, line, line);
        assert!(answer.is_none_or(|it| it["hookSpecificOutput"]["permissionDecision"] == "deny"), "{line}");
    }
}

// REQ-077
#[test]
fn the_main_thread_is_the_orchestrator_and_nobody_else() {
    let hooked = Hooked::new();
    let command = Hooked::rewritten(hooked.call("s-1", None, "t-1", "qms status CR-001"));
    let (status, said) = hooked.sh(&command);
    assert_eq!(status, 0, "{said}");
    assert!(said.contains("acting as claude (verified: ticket)"), "{said}");

    let before = hooked.project.log_size();
    let line = "qms --user qa review CR-001 --recommend --comment fine";
    let reason = Hooked::denied(hooked.call("s-1", None, "t-2", line));
    assert!(reason.contains("`qa` was claimed with") && reason.contains("`claude`"), "{reason}");
    assert_eq!(hooked.project.log_size(), before + 1);
    let entry = hooked.newest();
    assert_eq!([&entry["claimed"], &entry["observed"]["token_user"]], ["qa", "claude"]);
    assert_eq!([&entry["result"], &entry["reasons"][0]["name"]], ["denied", "identity_mismatch"]);
    // Without the hook the claim is worth nothing, either: the user presents nothing of its own.
    hooked.project.issue(&["qa"]);
    assert_eq!(hooked.sh(line).0, 8);
}

// REQ-078
#[test]
fn what_is_not_permitted_now_is_refused_before_it_runs_with_what_is() {
    let hooked = Hooked::new();
    hooked.begin("s-1", "a-1", "qa");
    let size = hooked.project.log_size();
    let reason = Hooked::denied(hooked.call("s-1", Some("a-1"), "t-1", "qms approve CR-001"));
    assert_eq!(hooked.project.log_size(), size + 1, "the refusal is recorded");
    assert!(reason.contains("(not_from_this_state)") && reason.contains("Submit your review"), "{reason}");
    assert!(reason.contains("\ngoverned by SOP-001#8: qms sop show SOP-001#8\n"), "{reason}");
    // What is said wrongly is told by the program, under the agent's name or none.
    assert!(hooked.call("s-1", Some("a-1"), "t-2", "qms no-such-command").is_none());
}

// REQ-079
#[test]
fn an_agent_is_given_no_way_to_make_facts_of_its_own() {
    let hooked = Hooked::new();
    hooked.begin("s-1", "a-1", "qa");
    for line in ["qms hook", "qms recover lead", "qms init", "qms key list", "qms enrol", "qms unlock"] {
        assert!(
            Hooked::denied(hooked.call("s-1", Some("a-1"), line, line)).contains("not for agents"),
            "{line}"
        );
    }
    for line in ["qms --token-file x status CR-001", "qms status CR-001 --ticket=abc"] {
        Hooked::denied(hooked.call("s-1", Some("a-1"), line, line));
    }
    Hooked::denied(hooked.call("s-1", None, "t", "qms --ticket=abc status CR-001"));
    // What cannot be read is no token, and a pipe is not waited for.
    rustix::fs::mkfifoat(rustix::fs::CWD, hooked.project.path("pipe"), rustix::fs::Mode::RUSR).unwrap();
    for file in ["x", "pipe", "-", "/dev/stdin", "/dev/zero"] {
        let line = format!("qms --token-file {file} status CR-001");
        Hooked::denied(hooked.call("s-1", None, "t", &line));
        Hooked::denied(hooked.call("s-1", Some("a-1"), "t", &line));
    }
}

// REQ-079
#[test]
fn what_is_no_simple_call_of_qms_is_refused_or_left_alone() {
    let hooked = Hooked::new();
    hooked.begin("s-1", "a-1", "qa");
    let reason = Hooked::denied(hooked.call("s-1", Some("a-1"), "t", "cd x && qms approve CR-001"));
    assert!(reason.contains("qms approve CR-001"), "{reason}");
    for line in ["ls", "cargo test -p qms", "git commit -m 'qms: x'"] {
        assert!(hooked.call("s-1", Some("a-1"), "t", line).is_none(), "{line}");
    }
}

#[test]
fn codex_is_answered_in_its_own_way_and_gemini_is_shown_the_other() {
    let hooked = Hooked::new();
    let fields = json!({"tool_name": "Bash", "tool_use_id": "t", "turn_id": "1",
                        "tool_input": {"command": "qms inbox"}});
    let answer = hooked.hook(&hooked.event("PreToolUse", "s-1", &fields)).unwrap();
    assert_eq!(answer["hookSpecificOutput"]["permissionDecision"], "allow");
    assert_eq!(hooked.sh(&Hooked::rewritten(Some(answer))).0, 0);
    let fields = json!({"tool_name": "run_shell_command", "tool_input": {"command": "qms inbox"}});
    let answer = hooked.hook(&hooked.event("BeforeTool", "s-1", &fields)).unwrap();
    assert_eq!(answer["decision"], "deny");
    assert!(answer["reason"].as_str().unwrap().contains("qms agent run"));
}

// REQ-015, REQ-210
#[test]
fn the_way_that_gemini_is_shown_leads_to_an_answer_with_its_hook_in_place() {
    let hooked = Hooked::new();
    let line = "qms review CR-001 --recommend --comment whole";
    let fields = json!({"tool_name": "run_shell_command", "tool_input": {"command": line}});
    let event = hooked.event("BeforeTool", "s-1", &fields);
    let script = format!(
        "#!/bin/sh\nexport GEMINI_CLI=1\nprintf '%s' '{event}' | 'PROGRAM' hook > answer\n\
         'PROGRAM' review CR-001 --recommend --comment whole --no-interactive\n"
    );
    let hooked = crate::given::launched(hooked, &script.replace("PROGRAM", PROGRAM));
    hooked.project.run("-u lead hooks install gemini").is(0);
    hooked.project.run("-u claude agent run tu --document CR-001 --task review").is(0);
    assert_eq!(std::fs::read_to_string(hooked.project.path("answer")).unwrap(), "");
}

// REQ-077
#[test]
fn a_false_name_is_refused_however_many_say_it_at_once() {
    let hooked = Hooked::new();
    hooked.begin("s-1", "a-1", "qa");
    std::thread::scope(|scope| {
        let call = |id: usize| {
            let line = "qms --user claude checkout CR-001";
            Hooked::denied(hooked.call("s-1", Some("a-1"), &format!("t-{id}"), line))
        };
        let racing: Vec<_> = (0..8).map(|id| scope.spawn(move || call(id))).collect();
        for one in racing {
            assert!(one.join().unwrap().contains("`claude` was claimed"));
        }
    });
}

// REQ-078
#[test]
fn a_call_of_a_subagent_that_cannot_be_signed_does_not_run() {
    let hooked = Hooked::new();
    hooked.begin("s-1", "a-1", "qa");
    let call = |agent: Option<&str>| {
        let mut event = hooked.event(
            "PreToolUse",
            "s-1",
            &json!({"tool_name": "Bash", "tool_use_id": "t", "tool_input": {"command": "qms list"}}),
        );
        event["agent_id"] = json!(agent);
        hooked.project.call("hook").variable("QMS_KEY_FILE", "/no/such/key").input(event.to_string()).run()
    };
    let answer: serde_json::Value = serde_json::from_str(&call(Some("a-1")).is(0).text()).unwrap();
    assert!(Hooked::denied(Some(answer)).contains("cannot be signed: the project key is missing"));
    // The main thread has no other name to fall back to.
    assert_eq!(call(None).is(1).text(), "");
}

#[test]
fn the_project_that_the_environment_names_is_the_one_that_is_meant() {
    let hooked = Hooked::new();
    let root = hooked.project.root().display().to_string();
    let hook = |fields: &serde_json::Value, name: &str| {
        let mut event = hooked.event(name, "s-1", fields);
        event["cwd"] = json!("/");
        event["agent_id"] = json!("a-1");
        event["agent_type"] = json!("qa");
        let ran =
            hooked.project.call("hook").variable("QMS_ROOT", &root).input(event.to_string()).run().is(0);
        serde_json::from_str::<serde_json::Value>(&ran.text()).unwrap()
    };
    hook(&json!({}), "SubagentStart");
    let call = json!({"tool_name": "Bash", "tool_use_id": "t", "tool_input": {"command": "qms whoami"}});
    let command = Hooked::rewritten(Some(hook(&call, "PreToolUse")));
    let ran = hooked.shell(&command).current_dir("/").env("QMS_ROOT", &root).output().unwrap();
    assert_eq!(ran.status.code(), Some(0), "{}", String::from_utf8_lossy(&ran.stderr));
}

// REQ-096
#[test]
fn the_note_about_who_wrote_holds_what_was_proved_of_a_subagent() {
    let hooked = Hooked::new();
    let project = &hooked.project;
    let path = project.path("workflows/policy.yaml");
    let text =
        std::fs::read_to_string(&path).unwrap().replace("  tu: { user: tu }", "  writer: { user: claude }");
    std::fs::write(&path, text).unwrap();
    project.run("-u lead workflow adopt").is(0);
    let run = |agent: Option<&str>, id: &str, line: &str| {
        let mut input = json!({"tool_name": "Bash", "tool_use_id": id, "tool_input": {"command": line}});
        if let Some(agent) = agent {
            (input["agent_id"], input["agent_type"]) = (json!(agent), json!("writer"));
        }
        let command = Hooked::rewritten(hooked.hook(&hooked.event("PreToolUse", "s-1", &input)));
        let (status, said) = hooked.sh(&command);
        assert_eq!(status, 0, "{said}");
    };
    let note = |id: &str| {
        let shown = project.ask(&format!("-u lead note show {id} agent-attribution")).is(0);
        shown["data"]["text"].as_str().unwrap().lines().map(str::to_owned).collect::<Vec<String>>()
    };
    hooked.begin("s-1", "a-1", "writer");
    let began = hooked.newest();
    assert_eq!(began["action"], "agent_started");
    let mut changes = began["changes"].as_array().unwrap().iter();
    let began = changes.find(|change| change["field"] == "opened_at").unwrap()["new"].clone();
    run(Some("a-1"), "t-1", "qms create CR --title Pump --trait needs-agent-attribution");
    let ticket = hooked.newest()["ticket"].clone();
    let line = |name: &str, value: &serde_json::Value| format!("{name}: {}", value.as_str().unwrap());
    assert_eq!(
        note("CR-002"),
        [
            "claude (agent), verified: ticket",
            &line("ticket", &ticket),
            "agent: a-1",
            "session: s-1",
            &line("started at", &began),
            "started by: claude",
        ]
    );
    // The main thread was started by nobody that the record knows.
    run(None, "t-3", "qms create CR --title Tank --trait needs-agent-attribution");
    let ticket = hooked.newest()["ticket"].clone();
    assert_eq!(
        note("CR-003"),
        ["claude (agent), verified: ticket", &line("ticket", &ticket), "session: s-1"]
    );
}
