//! One event, as an agent runtime hands it to its hooks.
//!
//! Claude Code from 2.1.69 on, Codex and Gemini CLI write one JSON object each to the standard input of
//! a hook. They agree on most names; fields that are not needed here are passed over, and new ones may
//! come. A field that says who is calling is never guessed: what it has of another form than was agreed
//! is an error, and not the absence of it.

use serde_json::{Map, Value};
use thiserror::Error;

use super::line::{Line, Refused, examine, speaks_of_it, suggestion};
use super::raw::readable;
use super::runtime::Runtime;
use crate::domain::visible::unseen;

/// The largest event that is read, in bytes: runtimes cut the output of a tool far below it.
pub const EVENT_MAX: usize = 1024 * 1024;

/// The longest name or id in an event, in characters: those that runtimes give are a few dozen long.
const NAME_MAX: usize = 256;

/// Tools whose command is text for a POSIX shell. Codex calls all of its own `Bash` to a hook; its other
/// names stand here for the day when it does not.
const SHELLS: [&str; 9] = [
    "Bash",
    "Monitor",
    "shell",
    "local_shell",
    "shell_command",
    "exec_command",
    "unified_exec",
    "container.exec",
    "run_shell_command",
];

/// Tools that run commands in another language.
const OTHER_SHELLS: [&str; 1] = ["PowerShell"];

/// Tells whether a tool of this name runs commands, in whatever language.
pub(super) fn is_shell(tool: &str) -> bool {
    SHELLS.contains(&tool) || OTHER_SHELLS.contains(&tool)
}

/// Fields of a tool's input in which its command stands.
pub(super) const COMMANDS: [&str; 2] = ["command", "cmd"];

/// An event and the runtime that it came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// The runtime. At the start of a session all three write the same: it is then `Claude`, and no
    /// answer may depend on it.
    pub runtime: Runtime,
    /// The directory in which the session is, where the event says so.
    pub cwd: Option<String>,
    /// What happened.
    pub event: Event,
}

/// What happened in the runtime.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A subagent begins, or goes on.
    SubagentStart {
        /// The session that it belongs to.
        session: String,
        /// Its id.
        agent: String,
        /// The name of its definition; blank for some that come with the runtime.
        agent_type: String,
    },
    /// A tool is about to run.
    PreTool(ToolCall),
    /// A tool ran, failed, or was not allowed to run.
    PostTool {
        /// The session.
        session: String,
        /// The subagent, `None` for the main thread.
        agent: Option<String>,
        /// The id of the call.
        tool_use_id: Option<String>,
        /// The tool.
        tool_name: String,
        /// Whether what it ran may have been `qms`.
        ours: bool,
        /// Whether it was allowed to run.
        outcome: Outcome,
    },
    /// A subagent ended.
    SubagentStop {
        /// The session that it belonged to.
        session: String,
        /// Its id.
        agent: String,
    },
    /// A session begins, or goes on.
    SessionStart {
        /// The session.
        session: String,
        /// How it began: `startup`, `resume`, `clear`, `compact`, or what comes later.
        source: String,
    },
    /// Anything else.
    Other,
}

/// What came of a call of a tool.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It ran, well or not.
    Ran,
    /// It was not allowed to run.
    NotAllowed,
}

/// A call of a tool, before it runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToolCall {
    /// The session.
    pub session: String,
    /// The subagent that calls, `None` for the main thread.
    pub agent: Option<String>,
    /// The definition of the agent that calls. The main thread has one, too, when a session was begun
    /// as an agent: only `agent` tells a subagent.
    pub agent_type: Option<String>,
    /// The id of the call.
    pub tool_use_id: Option<String>,
    /// The tool.
    pub tool_name: String,
    /// What it was given, whole and in order.
    pub tool_input: Map<String, Value>,
    /// The directory in which the session is.
    pub cwd: String,
}

impl ToolCall {
    /// Tells what the call is to a hook: by its shell line, where it has one.
    pub fn line(&self) -> Line {
        let tool = self.tool_name.as_str();
        if !SHELLS.contains(&tool) && !OTHER_SHELLS.contains(&tool) {
            return Line::Foreign;
        }
        match self.command() {
            Some(line) if SHELLS.contains(&tool) => examine(line),
            _ if self.tool_input.values().any(value_speaks_of_it) => {
                Line::Refused { why: Refused::Unreadable, example: None }
            }
            _ => Line::Foreign,
        }
    }

    /// Writes a call that is refused as it would pass, with files in the place of what the shell would put there.
    pub fn suggestion(&self) -> Option<String> {
        suggestion(self.command().filter(|_| SHELLS.contains(&self.tool_name.as_str()))?)
    }

    /// Tells whether the tool runs its command in the background, whatever it is told.
    pub fn is_watched(&self) -> bool {
        self.tool_name == "Monitor"
    }

    /// Returns the command, where it is one text.
    fn command(&self) -> Option<&str> {
        let is_text = self.tool_input.get("kind").is_none_or(|kind| kind == "script");
        let command = COMMANDS.iter().find_map(|name| self.tool_input.get(*name))?;
        command.as_str().filter(|_| is_text)
    }
}

fn value_speaks_of_it(value: &Value) -> bool {
    match value {
        Value::String(text) => speaks_of_it(text),
        Value::Array(values) => values.iter().any(value_speaks_of_it),
        Value::Object(fields) => fields.values().any(value_speaks_of_it),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

/// Why an event cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Malformed {
    /// It is larger than any that a runtime writes.
    #[error("the event is larger than {EVENT_MAX} bytes")]
    TooLarge,
    /// It is not one JSON document.
    #[error("the event is not JSON: {0}")]
    NotJson(String),
    /// It is another JSON document than an object.
    #[error("the event is not a JSON object")]
    NotAnObject,
    /// It lacks a field.
    #[error("the event has no `{0}`")]
    Missing(&'static str),
    /// A field has another form than was agreed.
    #[error("`{field}` of the event is not {wanted}")]
    Wrong {
        /// The field.
        field: &'static str,
        /// The form that was agreed.
        wanted: &'static str,
    },
}

impl Notice {
    /// Reads an event.
    pub fn parse(bytes: &[u8]) -> Result<Self, Malformed> {
        if bytes.len() > EVENT_MAX {
            return Err(Malformed::TooLarge);
        }
        let text = str::from_utf8(bytes).map_err(|error| Malformed::NotJson(error.to_string()))?;
        let document: Value =
            serde_json::from_str(&readable(text)).map_err(|error| Malformed::NotJson(error.to_string()))?;
        let Value::Object(fields) = document else { return Err(Malformed::NotAnObject) };
        let name = name(&fields, "hook_event_name")?;
        let runtime = if is_of_gemini(&name) {
            Runtime::Gemini
        } else if fields.get("turn_id").is_some_and(|id| !id.is_null()) {
            Runtime::Codex
        } else {
            Runtime::Claude
        };
        let cwd = fields.get("cwd").and_then(Value::as_str).map(str::to_owned);
        Ok(Self { runtime, cwd, event: event(&name, fields)? })
    }
}

/// The names that only Gemini CLI uses.
fn is_of_gemini(name: &str) -> bool {
    name.starts_with("Before") || name.starts_with("After") || name == "PreCompress"
}

fn event(name: &str, mut fields: Map<String, Value>) -> Result<Event, Malformed> {
    Ok(match name {
        "SubagentStart" => Event::SubagentStart {
            session: self::name(&fields, "session_id")?,
            agent: self::name(&fields, "agent_id")?,
            agent_type: text(&fields, "agent_type")?.ok_or(Malformed::Missing("agent_type"))?,
        },
        "PreToolUse" | "BeforeTool" => {
            let tool_name = self::name(&fields, "tool_name")?;
            let tool_input = match fields.remove("tool_input") {
                Some(Value::Object(input)) => input,
                None => return Err(Malformed::Missing("tool_input")),
                // A tool of somebody else may take what it likes.
                Some(_) if !SHELLS.contains(&tool_name.as_str()) => return Ok(Event::Other),
                Some(_) => return Err(Malformed::Wrong { field: "tool_input", wanted: "an object" }),
            };
            Event::PreTool(ToolCall {
                session: self::name(&fields, "session_id")?,
                agent: name_if_any(&fields, "agent_id")?,
                agent_type: text(&fields, "agent_type")?,
                tool_use_id: name_if_any(&fields, "tool_use_id")?,
                tool_name,
                tool_input,
                cwd: path(&fields, "cwd")?,
            })
        }
        // The last two are Claude Code's, for a tool that failed and for one that its rules held up.
        "PostToolUse" | "AfterTool" | "PostToolUseFailure" | "PermissionDenied" => Event::PostTool {
            session: self::name(&fields, "session_id")?,
            agent: name_if_any(&fields, "agent_id")?,
            tool_use_id: name_if_any(&fields, "tool_use_id")?,
            tool_name: self::name(&fields, "tool_name")?,
            outcome: if name == "PermissionDenied" { Outcome::NotAllowed } else { Outcome::Ran },
            ours: is_ours(
                &name_if_any(&fields, "tool_name")?.unwrap_or_default(),
                fields.remove("tool_input"),
            ),
        },
        "SubagentStop" => Event::SubagentStop {
            session: self::name(&fields, "session_id")?,
            agent: self::name(&fields, "agent_id")?,
        },
        "SessionStart" => Event::SessionStart {
            session: self::name(&fields, "session_id")?,
            source: self::name(&fields, "source")?,
        },
        _ => Event::Other,
    })
}

/// Tells whether what a tool ran may have been `qms`.
fn is_ours(tool_name: &str, input: Option<Value>) -> bool {
    let Some(Value::Object(tool_input)) = input else { return false };
    let (session, cwd) = (String::new(), String::new());
    let tool_name = tool_name.to_owned();
    let call =
        ToolCall { session, agent: None, agent_type: None, tool_use_id: None, tool_name, tool_input, cwd };
    call.line() != Line::Foreign
}

/// Reads a name or an id that must be there.
fn name(fields: &Map<String, Value>, field: &'static str) -> Result<String, Malformed> {
    name_if_any(fields, field)?.ok_or(Malformed::Missing(field))
}

/// Reads a name or an id; `null` is none, blank is not.
fn name_if_any(fields: &Map<String, Value>, field: &'static str) -> Result<Option<String>, Malformed> {
    let wrong = Malformed::Wrong { field, wanted: "a name of at most 256 characters, all of which show" };
    match text(fields, field)? {
        Some(text) if text.trim().is_empty() => Err(wrong),
        text => Ok(text),
    }
}

/// Reads a text of one line that may be blank.
fn text(fields: &Map<String, Value>, field: &'static str) -> Result<Option<String>, Malformed> {
    let wrong = Malformed::Wrong { field, wanted: "a name of at most 256 characters, all of which show" };
    match fields.get(field) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) if text.chars().count() <= NAME_MAX && unseen(text).is_none() => {
            Ok(Some(text.clone()))
        }
        Some(_) => Err(wrong),
    }
}

/// Reads a path: any text that is not blank.
fn path(fields: &Map<String, Value>, field: &'static str) -> Result<String, Malformed> {
    match fields.get(field) {
        None | Some(Value::Null) => Err(Malformed::Missing(field)),
        Some(Value::String(path)) if !path.is_empty() && !path.contains('\0') => Ok(path.clone()),
        Some(_) => Err(Malformed::Wrong { field, wanted: "a path" }),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn call(changes: &Value) -> Result<Notice, Malformed> {
        let mut event = json!({
            "session_id": "s", "cwd": "/p", "hook_event_name": "PreToolUse", "tool_name": "Bash",
            "tool_input": {"command": "qms status"},
        });
        for (field, value) in changes.as_object().expect("an object") {
            event[field] = value.clone();
        }
        Notice::parse(event.to_string().as_bytes())
    }

    fn line(changes: &Value) -> Line {
        match call(changes).map(|notice| notice.event) {
            Ok(Event::PreTool(call)) => call.line(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn what_is_no_event_is_said_to_be_none() {
        let words = |bytes: &[u8]| Notice::parse(bytes).expect_err("malformed").to_string();
        assert!(words(b"").starts_with("the event is not JSON: "));
        assert!(words(b"{\"hook_event_name\":\"Stop\"} {}").starts_with("the event is not JSON: "));
        assert!(words(b"{\"hook_event_name\":\"\xff\"}").starts_with("the event is not JSON: "));
        assert_eq!(words(b"[]"), "the event is not a JSON object");
        assert_eq!(words(b"{}"), "the event has no `hook_event_name`");
        assert_eq!(words(&vec![b' '; EVENT_MAX + 1]), "the event is larger than 1048576 bytes");
        assert!(words("[".repeat(5000).as_bytes()).starts_with("the event is not JSON: "));
    }

    #[test]
    fn who_calls_is_never_guessed() {
        assert!(call(&json!({})).is_ok());
        assert!(call(&json!({"agent_id": null})).is_ok());
        for id in
            [json!(""), json!(" "), json!(7), json!(["a"]), json!({}), json!("a\nb"), json!("x".repeat(257))]
        {
            let error = call(&json!({"agent_id": id})).expect_err("not an id");
            assert!(error.to_string().starts_with("`agent_id` of the event is not a name"), "{id}");
            assert!(call(&json!({"session_id": id})).is_err(), "{id}");
        }
    }

    #[test]
    fn a_call_without_what_it_was_given_is_malformed() {
        assert_eq!(call(&json!({"cwd": null})), Err(Malformed::Missing("cwd")));
        assert_eq!(call(&json!({"tool_name": null})), Err(Malformed::Missing("tool_name")));
        let wrong = Malformed::Wrong { field: "tool_input", wanted: "an object" };
        assert_eq!(call(&json!({"tool_input": "qms"})), Err(wrong));
        let other = call(&json!({"tool_name": "mcp__x__y", "tool_input": "qms"}));
        assert_eq!(other.map(|notice| notice.event), Ok(Event::Other));
    }

    #[test]
    fn only_the_command_of_a_shell_is_examined() {
        let unreadable = Line::Refused { why: Refused::Unreadable, example: None };
        assert_eq!(line(&json!({})), Line::Qms(vec!["qms".into(), "status".into()]));
        assert_eq!(line(&json!({"tool_name": "Write"})), Line::Foreign);
        assert_eq!(line(&json!({"tool_name": "PowerShell"})), unreadable);
        assert_eq!(line(&json!({"tool_input": {"command": ["qms", "status"]}})), unreadable);
        assert_eq!(line(&json!({"tool_input": {"command": ["ls"]}})), Line::Foreign);
        assert_eq!(line(&json!({"tool_input": {}})), Line::Foreign);
        let direct = json!({"command": "qms status", "kind": "argv", "program": "qms", "args": ["status"]});
        assert_eq!(line(&json!({"tool_input": direct})), unreadable);
        assert!(matches!(line(&json!({"tool_input": {"cmd": "qms status"}})), Line::Qms(_)));
    }
}
