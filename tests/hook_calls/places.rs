//! A session goes from folder to folder: what is told in one of them counts in every project in which it has something.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::Hooked;
use crate::project::Ran;
use crate::tickets::at_work;

const ACT: &str = "qms review CR-001 --recommend --comment fine";
const WITHDRAW: &str = "qms withdraw CR-001";

/// Tells an event in a folder, of a session that was started in another one.
fn tell(hooked: &Hooked, name: &str, folder: &Path, started_in: &Path, fields: &Value) -> Ran {
    let mut event = hooked.event(name, "s-1", fields);
    event["cwd"] = json!(folder);
    let call = hooked.project.call("hook").input(event.to_string());
    // Codex runs its hooks in the folder that it was started in, and names it nowhere.
    let call = match event.get("turn_id") {
        Some(_) => call.directory(started_in),
        None => call.directory(folder).variable("CLAUDE_PROJECT_DIR", &started_in.display().to_string()),
    };
    call.run().is(0)
}

fn answer(ran: &Ran) -> Option<Value> {
    serde_json::from_str(&ran.text()).ok()
}

fn folder(hooked: &Hooked, name: &str) -> PathBuf {
    let path = hooked.project.folder().join(name);
    fs::create_dir_all(&path).unwrap();
    path
}

/// Makes another project in a folder, whose people keep what they have elsewhere.
fn found(hooked: &Hooked, folder: &Path) {
    let init = hooked.project.call("init --no-passphrase").directory(folder);
    init.variable("XDG_CONFIG_HOME", &folder.with_extension("config").display().to_string()).run().is(0);
}

fn bash(command: &str, more: &Value) -> Value {
    let mut fields = json!({"tool_name": "Bash", "tool_use_id": "t-1", "tool_input": {"command": command}});
    fields.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    fields
}

// REQ-076, REQ-201
#[test]
fn what_ends_a_ticket_or_an_agent_ends_it_whichever_folder_that_is_told_in() {
    let hooked = Hooked::new();
    let (root, first, other) = (hooked.project.root(), folder(&hooked, "first"), folder(&hooked, "other"));
    let agent = json!({"agent_id": "a-1", "agent_type": "tu"});
    let codex = json!({"turn_id": "x"});
    let next = json!({"turn_id": "x", "tool_use_id": "t-2"});
    for (caller, command, event, fields, reason) in [
        (&codex, WITHDRAW, "PreToolUse", bash("ls", &next), "ticket_overtaken"),
        (&codex, WITHDRAW, "PostToolUse", bash(WITHDRAW, &codex), "ticket_call_over"),
        (&agent, ACT, "PermissionDenied", bash(ACT, &agent), "ticket_not_allowed"),
        (&agent, ACT, "SubagentStop", agent.clone(), "session_ended"),
        (&agent, ACT, "SessionStart", json!({"source": "resume"}), "session_ended"),
    ] {
        tell(&hooked, "SubagentStart", &root, &first, &agent);
        let call = bash(command, caller);
        let command = Hooked::rewritten(answer(&tell(&hooked, "PreToolUse", &root, &first, &call)));
        tell(&hooked, event, &other, &first, &fields);
        assert_eq!(hooked.refused(&command).0, reason, "{event}");
        let store = rusqlite::Connection::open(hooked.project.database()).unwrap();
        store.execute_batch("DELETE FROM tickets; DELETE FROM refusals").unwrap();
    }
}

// REQ-076, REQ-078
#[test]
fn trouble_of_another_project_of_the_session_holds_nothing_up_here() {
    let hooked = Hooked::new();
    let root = hooked.project.root();
    let clone = folder(&hooked, "clone");
    fs::copy(root.join("qms.yaml"), clone.join("qms.yaml")).unwrap();
    let damaged = folder(&hooked, "damaged");
    found(&hooked, &damaged);
    fs::write(damaged.join(".qms/qms.db"), "no database at all").unwrap();
    let agent = json!({"agent_id": "a-1", "agent_type": "qa"});
    for started_in in [clone, damaged] {
        let here = |name: &str, fields: &Value| tell(&hooked, name, &root, &started_in, fields);
        let began = here("SessionStart", &json!({"source": "startup"}));
        assert!(began.text().contains("you act as user `claude`"), "{began:?}");
        assert!(began.stderr.contains(&started_in.display().to_string()), "{began:?}");
        assert!(here("SubagentStart", &agent).text().contains("you act as user `qa`"));
        Hooked::rewritten(answer(&here("PreToolUse", &bash("qms inbox", &json!({})))));
        let command = Hooked::rewritten(answer(&here("PreToolUse", &bash("qms status CR-001", &agent))));
        here("SubagentStop", &agent);
        assert_eq!(hooked.refused(&command).0, "session_ended");
        let store = rusqlite::Connection::open(hooked.project.database()).unwrap();
        store.execute_batch("DELETE FROM tickets; DELETE FROM refusals").unwrap();
    }
}

// REQ-076, REQ-078
#[test]
fn a_store_of_another_project_that_somebody_holds_holds_nothing_up_here() {
    let hooked = Hooked::new();
    let (root, here) = (hooked.project.root(), folder(&hooked, "here"));
    found(&hooked, &here);
    Hooked::rewritten(hooked.call("s-1", None, "t-1", "qms create CR --title x"));
    let store = rusqlite::Connection::open(hooked.project.database()).unwrap();
    store.execute_batch("BEGIN IMMEDIATE").unwrap();
    let call = hooked.project.call("hook").command;
    let mut hook = std::process::Command::new("timeout");
    hook.arg("15").arg(call.get_program()).args(call.get_args()).env_clear().current_dir(&here);
    hook.envs(call.get_envs().filter_map(|(name, value)| Some((name, value?)))).env("PATH", "/usr/bin:/bin");
    let mut event = hooked.event("PreToolUse", "s-1", &bash("ls", &json!({"tool_use_id": "t-2"})));
    event["cwd"] = json!(here);
    let file = hooked.project.folder().join("event");
    fs::write(&file, event.to_string()).unwrap();
    let told = hook.stdin(fs::File::open(file).unwrap()).output().unwrap();
    let said = String::from_utf8(told.stderr).unwrap();
    assert_eq!(told.status.code(), Some(0), "{said}");
    assert!(said.contains(&root.display().to_string()), "{said}");
    drop(store);
}

// REQ-015
#[test]
fn how_to_get_to_another_project_is_told_as_each_caller_can() {
    let hooked = at_work();
    let (root, other) = (hooked.project.root(), folder(&hooked, "other"));
    found(&hooked, &other);
    let call = |project: &Path| format!("qms --root {} status CR-001", project.display());
    for (caller, says) in [
        (json!({}), "(`cd /"),
        (json!({"agent_id": "a-1", "agent_type": "qa"}), "start it anew from `/"),
        (json!({"turn_id": "x"}), "`workdir` as \"/"),
        (json!({"turn_id": "x", "agent_id": "a-1", "agent_type": "qa"}), "`workdir` as \"/"),
    ] {
        let asked = |command: &str, folder: &Path| {
            answer(&tell(&hooked, "PreToolUse", folder, &root, &bash(command, &caller)))
        };
        let why = Hooked::denied(asked(&call(&other), &root));
        assert!(why.contains(says), "{why}");
        assert_eq!(why.contains("(`cd "), says.contains("cd"), "{why}");
        // Whoever comes from there is not told that it is another project.
        let there = asked("qms status CR-001", &other);
        assert!(there.is_none() || !Hooked::denied(there).contains("another project"));
    }
    let event = hooked.event("PreToolUse", "s-1", &bash(&call(&root), &json!({})));
    let hook = hooked.project.call("hook").input(event.to_string());
    let ran = hook.variable("QMS_ROOT", &other.display().to_string()).run().is(0);
    let why = Hooked::denied(answer(&ran));
    assert!(why.contains("`QMS_ROOT`") && !why.contains("cd "), "{why}");
}
