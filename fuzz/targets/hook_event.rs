//! Events of agent runtimes: the line in an event is the line that is examined, and nobody is made up.

#![no_main]

use libfuzzer_sys::fuzz_target;
use qms::domain::hook::{Event, Notice, examine};
use serde_json::json;

fuzz_target!(|input: &[u8]| {
    if let Ok(notice) = Notice::parse(input) {
        assert_eq!(Notice::parse(input).as_ref(), Ok(&notice));
        if let Event::PreTool(call) = &notice.event {
            let _line = call.line();
            assert!(!call.session.trim().is_empty() && !call.tool_name.trim().is_empty());
            assert!(call.agent.as_ref().is_none_or(|agent| !agent.trim().is_empty()));
        }
    }
    let Ok(text) = std::str::from_utf8(input) else { return };
    let event = json!({
        "session_id": "s", "cwd": "/p", "hook_event_name": "PreToolUse", "tool_name": "Bash",
        "tool_input": { "command": text, "description": text },
    });
    let parsed = Notice::parse(event.to_string().as_bytes()).expect("an event of a runtime").event;
    let Event::PreTool(call) = parsed else { panic!("{parsed:?}") };
    assert_eq!(call.line(), examine(text));
});
