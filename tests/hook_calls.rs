//! `qms hook` beside an agent runtime: events go in, one answer or nothing comes out, and the calls that
//! it signs are believed once.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on stops")]

mod project;

#[path = "hook_calls/calls.rs"]
mod calls;
#[path = "hook_calls/doubt.rs"]
mod doubt;
#[path = "hook_calls/ends.rs"]
mod ends;
#[path = "hook_calls/events.rs"]
mod events;
#[path = "hook_calls/given.rs"]
mod given;
#[path = "hook_calls/inputs.rs"]
mod inputs;
#[path = "hook_calls/kept.rs"]
mod kept;
#[path = "hook_calls/known.rs"]
mod known;
#[path = "hook_calls/people.rs"]
mod people;
#[path = "hook_calls/places.rs"]
mod places;
#[path = "hook_calls/refusals.rs"]
mod refusals;
#[path = "hook_calls/settings.rs"]
mod settings;
#[path = "hook_calls/strangers.rs"]
mod strangers;
#[path = "hook_calls/tickets.rs"]
mod tickets;

use std::collections::BTreeMap;
use std::fs;
use std::process::{Command, Stdio};
use std::sync::Mutex;

use project::{PROGRAM, Project, Ran};
use serde_json::{Value, json};

/// A project whose policy knows the agents of a runtime, with a change record in review.
struct Hooked {
    project: Project,
    /// What began, as its runtime says of every call: the type of an agent, by session and id.
    begun: Mutex<BTreeMap<(String, String), String>>,
}

impl Hooked {
    fn new() -> Self {
        let project = Project::new();
        project.issue(&["claude"]);
        let path = project.path("workflows/policy.yaml");
        let mut text = fs::read_to_string(&path).unwrap();
        text.push_str(
            "\nagents:\n  qa: { user: qa, definition: qa.md }\n  tu: { user: tu }\n\
             runtimes:\n  claude: claude\n  codex: claude\n",
        );
        fs::write(path, text).unwrap();
        fs::write(project.path("qa.md"), "You review.\n").unwrap();
        project.run("-u lead workflow adopt").is(0);
        project.play(&["-u claude create CR --title x", "-u claude route CR-001 --review --assignees tu"]);
        Self { project, begun: Mutex::default() }
    }

    /// Adds CR-002 in a review whose verdicts wait until their givers have opened the content.
    fn demand(&self) {
        let path = self.project.path("workflows/executable.yaml");
        let text = fs::read_to_string(&path).unwrap();
        let review = "verdict: review, quorum: all }";
        assert!(text.contains(review));
        fs::write(path, text.replace(review, "verdict: review, quorum: all, guards: [opened] }")).unwrap();
        self.project.run("-u lead workflow adopt executable.yaml").is(0);
        let create = "-u claude create CR --title y";
        self.project.play(&[create, "-u claude route CR-002 --review --assignees qa,tu"]);
    }

    /// Hands an event to the hook, and returns what it answers.
    fn hook(&self, event: &Value) -> Option<Value> {
        let ran = self.project.call("hook").input(event.to_string()).run().is(0);
        let text = ran.text();
        (!text.is_empty()).then(|| serde_json::from_str(&text).unwrap())
    }

    /// An event of Claude Code, with the fields that all have.
    fn event(&self, name: &str, session: &str, fields: &Value) -> Value {
        let mut event = json!({
            "session_id": session, "transcript_path": "/t.jsonl", "cwd": self.project.root(),
            "permission_mode": "default", "hook_event_name": name,
        });
        for (field, value) in fields.as_object().unwrap() {
            event[field] = value.clone();
        }
        event
    }

    /// Lets a subagent begin.
    fn begin(&self, session: &str, agent: &str, agent_type: &str) -> Option<Value> {
        self.begun.lock().unwrap().insert((session.to_owned(), agent.to_owned()), agent_type.to_owned());
        self.hook(&self.event(
            "SubagentStart",
            session,
            &json!({"agent_id": agent, "agent_type": agent_type}),
        ))
    }

    /// The type of an agent; one that was not seen to begin says that it is `qa`.
    fn type_of(&self, session: &str, agent: &str) -> String {
        let begun = self.begun.lock().unwrap();
        begun.get(&(session.to_owned(), agent.to_owned())).map_or("qa", String::as_str).to_owned()
    }

    /// A call of a shell, by a subagent or by the main thread.
    fn call(&self, session: &str, agent: Option<&str>, id: &str, command: &str) -> Option<Value> {
        let mut fields = json!({
            "tool_name": "Bash", "tool_use_id": id,
            "tool_input": {"command": command, "description": "d", "of_tomorrow": {"kept": [1]}},
        });
        if let Some(agent) = agent {
            fields["agent_id"] = json!(agent);
            fields["agent_type"] = json!(self.type_of(session, agent));
        }
        self.hook(&self.event("PreToolUse", session, &fields))
    }

    /// Ends a call of a shell, as an event of this name says.
    fn ends(&self, name: &str, session: &str, agent: Option<&str>, id: &str, command: &str) {
        let mut fields = json!({"tool_name": "Bash", "tool_use_id": id, "tool_input": {"command": command}});
        if let Some(agent) = agent {
            fields["agent_id"] = json!(agent);
            fields["agent_type"] = json!(self.type_of(session, agent));
        }
        assert!(self.hook(&self.event(name, session, &fields)).is_none());
    }

    /// The command that an answer puts in the place of the one that was asked for.
    #[track_caller]
    fn rewritten(answer: Option<Value>) -> String {
        let answer = answer.unwrap();
        let command = &answer["hookSpecificOutput"]["updatedInput"]["command"];
        assert!(command.is_string(), "{answer:#}");
        command.as_str().unwrap().to_owned()
    }

    /// The reason of a refusal.
    #[track_caller]
    fn denied(answer: Option<Value>) -> String {
        let answer = answer.unwrap();
        let output = &answer["hookSpecificOutput"];
        assert_eq!(output["permissionDecision"], "deny", "{answer:#}");
        output["permissionDecisionReason"].as_str().unwrap().to_owned()
    }

    /// Prepares a command line for the shell, as a runtime runs it.
    fn shell(&self, command: &str) -> Command {
        let mut shell = Command::new("sh");
        let folder = std::path::Path::new(PROGRAM).parent().unwrap().display().to_string();
        shell
            .args(["-c", command])
            .env_clear()
            .env("PATH", format!("{folder}:/usr/bin:/bin"))
            .env("XDG_STATE_HOME", self.project.folder().join("state"))
            .env("XDG_CONFIG_HOME", self.project.folder().join("config"))
            .current_dir(self.project.root())
            .stdin(Stdio::null());
        shell
    }

    /// Runs a command line in the shell, and returns its status and all that it said.
    fn sh(&self, command: &str) -> (i32, String) {
        let output = self.shell(command).output().unwrap();
        let said = [output.stdout, output.stderr].concat();
        (output.status.code().unwrap(), String::from_utf8(said).unwrap())
    }

    /// Runs a command line that is not believed, and returns the name of the reason and its words.
    #[track_caller]
    fn refused(&self, command: &str) -> (String, String) {
        let (status, said) = self.sh(command);
        assert_eq!(status, 8, "{command}\n{said}");
        let entry = self.newest();
        assert_eq!(entry["result"], "denied", "{said}");
        (entry["reasons"][0]["name"].as_str().unwrap().to_owned(), said)
    }

    /// The newest entry of the log.
    fn newest(&self) -> Value {
        let export = self.export();
        serde_json::from_str(export.text().lines().last().unwrap()).unwrap()
    }

    fn export(&self) -> Ran {
        self.project.run("-u lead audit export").is(0)
    }
}
