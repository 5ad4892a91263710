//! What a hook prints: nothing, or one of these JSON objects.
//!
//! A runtime that does not like an answer passes over it, and the call goes on as it was. So an answer
//! holds the agreed fields and no others; Codex refuses each one that it does not know.

use serde_json::{Map, Value, json};

use super::event::{COMMANDS, ToolCall};
use super::line::Refused;
use super::runtime::Runtime;

/// What is told to Gemini CLI, where no hook can know which agent calls.
const OTHER_WAY: &str = "Gemini CLI does not tell its hooks which agent calls, so that no ticket can be made \
    here; start the agent with `qms agent run <agent> --document <id> --task <task>`";

/// Stands in for a reason that says nothing: without a reason Codex lets the call pass.
const NO_REASON: &str = "`qms` refuses this call";

/// The field by which a call is put into the background. Its end would come before the program has begun.
const BACKGROUND: &str = "run_in_background";

/// Replaces the command of a call, puts it to the foreground, and leaves what else the tool was given.
///
/// Claude Code then applies its own permissions to the new command, as it would have to the old one.
/// Codex takes a new command only from a hook that allows the call. Gemini CLI gets a refusal that names
/// the other way.
pub fn rewrite(runtime: Runtime, call: &ToolCall, command: &str) -> String {
    let mut input = call.tool_input.clone();
    let field = COMMANDS.iter().find(|name| input.contains_key(**name)).unwrap_or(&"command");
    input.insert((*field).to_owned(), Value::from(command));
    if let Some(value) = input.get_mut(BACKGROUND) {
        *value = Value::Bool(false);
    }
    match runtime {
        Runtime::Claude => tool_answer(json!({"updatedInput": input})),
        Runtime::Codex => tool_answer(json!({"permissionDecision": "allow", "updatedInput": input})),
        Runtime::Gemini => deny(runtime, OTHER_WAY),
    }
}

/// Refuses a call, and tells the agent why.
pub fn deny(runtime: Runtime, reason: &str) -> String {
    let reason = if reason.trim().is_empty() { NO_REASON } else { reason };
    match runtime {
        Runtime::Claude | Runtime::Codex => {
            tool_answer(json!({"permissionDecision": "deny", "permissionDecisionReason": reason}))
        }
        Runtime::Gemini => json!({"decision": "deny", "reason": reason}).to_string(),
    }
}

/// Tells a subagent something as it begins.
pub fn context(text: &str) -> String {
    specific("SubagentStart", json!({"additionalContext": text}))
}

/// Tells the main thread something as its session begins.
pub fn session_context(text: &str) -> String {
    specific("SessionStart", json!({"additionalContext": text}))
}

/// Says why a line is refused, and what would pass.
pub fn refusal(why: Refused, example: Option<&str>) -> String {
    let rule =
        format!("call `qms` alone, as one simple command: this is refused because {}", why.explanation());
    with_example(&rule, example)
}

/// Adds the line that would pass to a reason.
pub fn with_example(rule: &str, example: Option<&str>) -> String {
    match example {
        Some(example) => format!("{rule}; what would pass: {example}"),
        None => rule.to_owned(),
    }
}

fn tool_answer(fields: Value) -> String {
    specific("PreToolUse", fields)
}

fn specific(event: &str, fields: Value) -> String {
    let mut output = Map::new();
    output.insert("hookEventName".to_owned(), Value::from(event));
    if let Value::Object(fields) = fields {
        output.extend(fields);
    }
    json!({"hookSpecificOutput": output}).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(input: Value) -> ToolCall {
        let Value::Object(tool_input) = input else { panic!("an object") };
        ToolCall {
            session: "s".into(),
            agent: None,
            agent_type: None,
            tool_use_id: None,
            tool_name: "Bash".into(),
            tool_input,
            cwd: "/p".into(),
        }
    }

    #[test]
    fn only_the_command_is_replaced() {
        let call = call(json!({"zeta": [1, {"b": null}], "command": "qms status", "alpha": "\u{1b}x"}));
        assert_eq!(
            rewrite(Runtime::Claude, &call, "qms --ticket=x status"),
            r#"{"hookSpecificOutput":{"hookEventName":"PreToolUse","updatedInput":{"zeta":[1,{"b":null}],"command":"qms --ticket=x status","alpha":"\u001bx"}}}"#
        );
        assert!(rewrite(Runtime::Codex, &call, "x").contains(r#""permissionDecision":"allow""#));
    }

    #[test]
    fn no_refusal_is_without_a_reason() {
        for runtime in [Runtime::Claude, Runtime::Codex, Runtime::Gemini] {
            assert!(deny(runtime, " \n").contains(NO_REASON), "{runtime:?}");
        }
    }

    #[test]
    fn gemini_is_shown_the_other_way() {
        let answer =
            rewrite(Runtime::Gemini, &call(json!({"command": "qms status"})), "qms --ticket=x status");
        assert!(
            answer.starts_with(r#"{"decision":"deny","reason":"Gemini CLI"#)
                && answer.contains("qms agent run")
        );
        assert!(!answer.contains("ticket="));
    }

    #[test]
    fn a_refused_line_is_explained() {
        assert_eq!(
            refusal(Refused::Comment, Some("qms status")),
            "call `qms` alone, as one simple command: this is refused because it has a comment; what would \
             pass: qms status"
        );
    }
}
