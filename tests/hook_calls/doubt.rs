//! What a hook cannot read, or does not take for a call, acts as nobody: the hook holds it up, or the program refuses
//! what the agents of a session share.

use std::fs;

use serde_json::json;

use crate::Hooked;

/// Hands an event to the hook as these bytes, and returns its status and what it says to the runtime.
fn raw(hooked: &Hooked, event: &str) -> (i32, String) {
    let ran = hooked.project.call("hook").input(event.to_owned()).run();
    (ran.status, ran.stderr.clone())
}

/// What is done to an event, and how.
type Change = (&'static str, fn(String) -> String);

// REQ-255
#[test]
fn an_event_that_cannot_be_read_holds_up_what_could_be_a_call() {
    let hooked = Hooked::new();
    hooked.begin("s-1", "a-1", "qa");
    let event = |name: &str, line: &str| {
        let fields = json!({
            "tool_name": "Bash", "tool_use_id": "t", "tool_input": {"command": line}, "agent_id": "a-1",
            "agent_type": "qa",
        });
        hooked.event(name, "s-1", &fields).to_string()
    };
    let root = hooked.project.root().display().to_string();
    let changes: [Change; 7] = [
        ("too large", |text| text.replacen('{', &format!("{{\"x\":\"{}\",", "a".repeat(1 << 20)), 1)),
        ("too deep", |text| {
            text.replacen('{', &format!("{{\"x\":{}{},", "[".repeat(200), "]".repeat(200)), 1)
        }),
        ("cut off", |text| text.trim_end_matches('}').to_owned()),
        ("an id that is a number", |text| text.replace("\"a-1\"", "1")),
        ("no session", |text| text.replace("session_id", "sessionid")),
        ("no folder", |text| text.replace("\"cwd\"", "\"dir\"")),
        ("two documents", |text| text.clone() + &text),
    ];
    for (what, change) in changes {
        let spelled = [r"$'\x71ms' list", "a=q; ${a}ms list"];
        let lines = ["qms create CR --title x", "setarch qms list", "true\nqms list", "/usr/bin/q'm's list"];
        for line in lines.into_iter().chain(spelled) {
            let (status, said) = raw(&hooked, &change(event("PreToolUse", line)));
            assert!(status == 2 && said.contains("is held up"), "{what}: {status} {said}");
        }
        // What is no call goes on: the end of an agent that speaks of the program, and what does not.
        assert_ne!(raw(&hooked, &change(event("SubagentStop", "qms list"))).0, 2, "{what}");
        let elsewhere = change(event("PreToolUse", "ls")).replace(&root, "/p");
        assert_eq!(raw(&hooked, &elsewhere).0, 1, "{what}");
    }
}

// REQ-255
#[test]
fn half_a_character_hides_no_call() {
    let hooked = Hooked::new();
    hooked.begin("s-1", "a-1", "qa");
    let fields = json!({
        "tool_name": "Bash", "tool_use_id": "t", "tool_input": {"command": "qms create CR --title XX"},
        "agent_id": "a-1", "agent_type": "qa",
    });
    let event = hooked.event("PreToolUse", "s-1", &fields).to_string().replace("XX", "\\ud83d");
    let ran = hooked.project.call("hook").input(event).run().is(0);
    let reason = Hooked::denied(serde_json::from_str(&ran.text()).ok());
    assert!(reason.contains("may_not_act") || reason.contains("not permitted"), "{reason}");
}

// REQ-255
#[test]
fn a_text_that_looks_like_the_root_of_another_project_changes_nothing() {
    let elsewhere = tempfile::tempdir().unwrap();
    let other = crate::project::Project::new();
    let hooked = Hooked::new();
    let roots = [
        "/nonexistent".to_owned(),
        elsewhere.path().display().to_string(),
        other.root().display().to_string(),
        hooked.project.root().display().to_string(),
    ];
    for root in roots {
        let hooked = Hooked::new();
        hooked.begin("s-1", "a-1", "qa");
        hooked.begin("s-1", "a-2", "tu");
        let line = format!("qms review CR-001 --recommend --comment --root={root}");
        // Who may not is refused, in the project that is meant, and who may gives the text as it stands.
        let cancel = format!("qms cancel CR-001 --reason --root={root}");
        Hooked::denied(hooked.call("s-1", Some("a-1"), "t-1", &cancel));
        let entry = hooked.newest();
        assert_eq!([&entry["result"], &entry["actor"], &entry["session"]], ["denied", "qa", "s-1"]);
        let command = Hooked::rewritten(hooked.call("s-1", Some("a-2"), "t-2", &line));
        let (status, said) = hooked.sh(&command);
        assert!(status == 0 && said.contains("acting as tu (verified: ticket)"), "{said}");
        let entry = hooked.newest();
        assert_eq!([&entry["result"], &entry["actor"], &entry["document"]], ["permitted", "tu", "CR-001"]);
    }
    // The option itself is one, wherever it stands.
    for line in ["qms --root=/nonexistent list", "qms list --root /nonexistent"] {
        assert!(hooked.call("s-1", None, line, line).is_none(), "{line}");
    }
}

/// Runs a line with a token in the environment of a runtime, and returns the status and what was said.
fn with_token(hooked: &Hooked, source: &str, variable: (&str, &str), line: &str) -> (i32, String) {
    let file = hooked.project.token("claude").unwrap();
    let value = match source {
        "QMS_TOKEN" => fs::read_to_string(&file).unwrap().trim().to_owned(),
        "QMS_TOKEN_FD" => "9".to_owned(),
        _ => file.display().to_string(),
    };
    let line = format!("exec 9<'{}'; {line}", file.display());
    let output = hooked.shell(&line).env(source, value).env(variable.0, variable.1).output().unwrap();
    (output.status.code().unwrap(), String::from_utf8([output.stdout, output.stderr].concat()).unwrap())
}

const SOURCES: [&str; 3] = ["QMS_TOKEN", "QMS_TOKEN_FILE", "QMS_TOKEN_FD"];
const CLAUDE: (&str, &str) = ("CLAUDECODE", "1");

// REQ-256
#[test]
fn where_the_hook_is_installed_a_token_of_the_environment_counts_only_with_a_ticket() {
    let hooked = Hooked::new();
    hooked.project.run("-u lead hooks install claude").is(0);
    for source in SOURCES {
        for variable in [CLAUDE, ("CLAUDE_CODE", "1"), ("AI_AGENT", "claude-code/2/agent")] {
            for line in
                ["qms list", "env qms create CR --title x", "sh -c 'qms read CR-001 --draft'", "qms doctor"]
            {
                let size = hooked.project.log_size();
                let (status, said) = with_token(&hooked, source, variable, line);
                assert!(
                    status == 8 && said.contains("call `qms …` by itself; the hook signs it"),
                    "{line}: {said}"
                );
                assert!(!said.contains("acting as") && !said.contains("token issue"), "{said}");
                assert!(hooked.project.log_size() >= size, "{line}");
            }
        }
        let entry = hooked.newest();
        assert_eq!([&entry["result"], &entry["reasons"][0]["name"]], ["denied", "call_not_signed"]);
        assert_eq!(entry["observed"]["token_user"], "claude");
        // What tells nothing of the project needs no proof of a call.
        for line in ["qms whoami", "qms --help", "qms completion bash", "qms explain call_not_signed"] {
            let (status, said) = with_token(&hooked, source, CLAUDE, line);
            assert_eq!(status, 0, "{line}: {said}");
        }
    }
    // What the hook signed is believed, beside the token, and a token that the line names is what it was.
    let command = Hooked::rewritten(hooked.call("s-1", None, "t-1", "qms list"));
    let (status, said) = with_token(&hooked, "QMS_TOKEN_FILE", CLAUDE, &command);
    assert!(status == 0 && said.contains("acting as claude (verified: ticket)"), "{said}");
    let named = format!("qms --token-file {} list", hooked.project.token("claude").unwrap().display());
    let (status, said) = with_token(&hooked, "QMS_TOKEN_FILE", CLAUDE, &named);
    assert!(status == 0 && said.contains("acting as claude (verified: token)"), "{said}");
}

// REQ-256
#[test]
fn a_runtime_whose_hook_is_not_installed_goes_on_as_before() {
    let hooked = Hooked::new();
    let is_believed = |variable, line| with_token(&hooked, "QMS_TOKEN_FILE", variable, line).0 == 0;
    assert!(is_believed(CLAUDE, "qms list"));
    hooked.project.run("-u lead hooks install codex").is(0);
    for variable in
        [CLAUDE, ("CURSOR_AGENT", "1"), ("AGENT", "goose"), ("CODEX_CI", "0"), ("CODEX_HOME", "/x")]
    {
        assert!(is_believed(variable, "qms create CR --title x"), "{variable:?}");
    }
    assert!(!is_believed(("CODEX_CI", "1"), "qms list"));
    assert!(!is_believed(("AGENT", "codex"), "qms list"));
    // Of settings that cannot be read nobody knows what is in them, and a hook that is there is there, whether or not
    // it runs.
    let path = hooked.project.path(".codex/hooks.json");
    let entered = fs::read_to_string(&path).unwrap();
    let off = entered.replacen('{', "{ \"disableAllHooks\": true,", 1);
    for text in ["{ qms hook", "{ // a comment\n}", &off] {
        fs::write(&path, text).unwrap();
        assert!(!is_believed(("CODEX_CI", "1"), "qms list"), "{text}");
    }
    for text in ["", "{}", "{\"hooks\": {\"enabled\": true}}"] {
        fs::write(&path, text).unwrap();
        assert!(is_believed(("CODEX_CI", "1"), "qms list"), "{text}");
    }
    fs::remove_file(path).unwrap();
    assert!(is_believed(("CODEX_CI", "1"), "qms list"));
}

// REQ-256, REQ-268
#[test]
fn what_switches_the_hook_off_or_cannot_be_read_opens_nothing_and_is_named_instead_of_the_hook() {
    let hooked = Hooked::new();
    let project = &hooked.project;
    project.run("-u lead hooks install claude").is(0);
    let elsewhere = project.folder().join("elsewhere");
    fs::create_dir(&elsewhere).unwrap();
    let off = "{\"disableAllHooks\": true}";
    fs::write(elsewhere.join("settings.json"), off).unwrap();
    let local = project.path(".claude/settings.local.json");
    let named = format!("export CLAUDE_CONFIG_DIR='{}'; ", elsewhere.display());
    let (does_not, unknown) =
        ("the hook does not sign your calls here", "nobody can tell whether the hook signs");
    let check = |export: &str, is_said: &str| {
        // A token that all agents share, and none at all.
        let said = [
            with_token(&hooked, "QMS_TOKEN_FILE", CLAUDE, &format!("{export}qms create CR --title x")),
            with_token(&hooked, "X", CLAUDE, &format!("{export}qms --user claude list")),
        ];
        for (status, said) in said {
            assert!(status == 8 && said.contains(is_said), "{said}");
            assert!(
                !said.contains("the hook signs it") && !said.contains("signs the calls of each"),
                "{said}"
            );
        }
    };
    check(&named, does_not);
    fs::write(&local, off).unwrap();
    check("", does_not);
    fs::write(&local, b"{\"x\": \"\xff\"}").unwrap();
    check("", unknown);
    fs::remove_file(&local).unwrap();
    fs::create_dir(&local).unwrap();
    check("", unknown);
    fs::remove_dir(&local).unwrap();
    assert!(std::process::Command::new("mkfifo").arg(&local).status().unwrap().success());
    check("", unknown);
}

// REQ-256
#[test]
fn the_token_of_a_run_needs_a_ticket_where_the_hook_runs_without_anybody_who_trusts_it() {
    for (variable, status) in [("CLAUDECODE", 1), ("CODEX_CI", 0), ("GEMINI_CLI", 0)] {
        let script =
            "#!/bin/sh\nVARIABLE=1 'PROGRAM' review CR-001 --recommend --comment whole --no-interactive\n";
        let script = script.replace("VARIABLE", variable).replace("PROGRAM", crate::project::PROGRAM);
        let hooked = crate::given::launched(Hooked::new(), &script);
        for runtime in ["claude", "codex", "gemini"] {
            hooked.project.run(&format!("-u lead hooks install {runtime}")).is(0);
        }
        let call = hooked.project.call("-u claude agent run tu --document CR-001 --task review");
        call.variable("PATH", "/usr/bin:/bin").run().is(status);
        let is_refused = hooked.export().text().contains("call_not_signed");
        assert_eq!(is_refused, status == 1, "{variable}");
    }
}
