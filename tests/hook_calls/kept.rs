//! What an event says of its session and its agent is kept beside tickets, entries and counts of refusals.

use std::fs;

use serde_json::json;

use crate::Hooked;

/// Tells whether a file of the store holds a text.
fn is_kept(hooked: &Hooked, text: &str) -> bool {
    let files = fs::read_dir(hooked.project.path(".qms")).unwrap().map(|entry| entry.unwrap().path());
    files.filter(|path| path.is_file()).any(|path| {
        let bytes = fs::read(path).unwrap().to_ascii_lowercase();
        bytes.windows(text.len()).any(|window| window == text.as_bytes())
    })
}

// REQ-254
#[test]
fn no_field_of_an_event_brings_a_live_token_into_the_store() {
    let hooked = Hooked::new();
    let token = fs::read_to_string(hooked.project.token("claude").unwrap()).unwrap().trim().to_owned();
    let digits = token.split('_').nth(2).unwrap().to_owned();
    for secret in [&token, &digits, &digits.to_uppercase()] {
        for field in ["session_id", "agent_id", "agent_type", "tool_use_id"] {
            for line in
                ["qms list", "qms create CR --title x", "qms list --ticket=a.b", "qms whoami --user qa"]
            {
                let mut fields = json!({
                    "tool_name": "Bash", "tool_use_id": line, "tool_input": {"command": line},
                    "agent_id": "a-9", "agent_type": "Explore",
                });
                fields[field] = json!(secret);
                for name in ["PreToolUse", "PostToolUse", "SubagentStart", "SubagentStop"] {
                    let event = hooked.event(name, "s-1", &fields).to_string();
                    hooked.project.call("hook").input(event).run();
                }
                assert!(!is_kept(&hooked, &digits), "{field} {line} {secret}");
            }
        }
    }
    // The main thread's, too; and what is known to be kept is found.
    for secret in [&token, &digits] {
        let fields = json!({"tool_name": "Bash", "tool_use_id": "t", "tool_input": {"command": "qms create CR --title x"}});
        let event = hooked.event("PreToolUse", secret, &fields).to_string();
        hooked.project.call("hook").input(event).run();
        assert!(!is_kept(&hooked, &digits));
    }
    let other = "0123456789abcdef".repeat(4);
    hooked.call(&other, None, "t", "qms create CR --title x");
    assert!(is_kept(&hooked, &other));
}
