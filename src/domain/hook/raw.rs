//! Events as bytes: what can be read of one that is not well formed, and whether it could be a call of `qms`.
//!
//! Runtimes let a call pass whose hook fails. So what cannot be read, and could be a call, is held up.

use std::borrow::Cow;

use serde::Deserialize;

use super::event::is_shell;
use super::line::{Line, examine};
use crate::domain::steps::count;

/// The names of the events that come before a call.
const BEFORE: [&str; 2] = ["PreToolUse", "BeforeTool"];

/// The field that names an event, as it stands in JSON.
const NAME: &str = "\"hook_event_name\"";

/// The longest text that is taken apart, in bytes: its words take a hundred times as much. No shell is given a longer line
/// by a runtime, and what is longer is not known.
const TEXT_MAX: usize = 2 * 1024 * 1024;

/// Escapes that JSON may have in the place of the letters of the name.
const ESCAPES: [(&str, &str); 3] = [("\\u0071", "q"), ("\\u006d", "m"), ("\\u0073", "s")];

/// Tells whether bytes that are no event could be the one before a call of `qms`.
pub fn may_be_a_call(bytes: &[u8]) -> bool {
    let text = String::from_utf8_lossy(bytes).replace('\0', "");
    let mut names =
        text.match_indices(NAME).filter(|(at, _)| !text.get(..*at).is_some_and(is_escape)).peekable();
    let name_at = |at: usize| {
        let rest =
            text.get(at + NAME.len()..)?.trim_start().strip_prefix(':')?.trim_start().strip_prefix('"')?;
        rest.split('"').next()
    };
    let is_before =
        names.peek().is_none() || names.any(|(at, _)| name_at(at).is_none_or(|name| BEFORE.contains(&name)));
    is_before
        && (names_it(&text) || !is_of_another_tool(&text) && texts(&text).any(|text| could_run_it(&text)))
}

/// The one field that is needed to know that an event is about no shell.
#[derive(Deserialize)]
struct Tool {
    tool_name: String,
}

/// Tells whether an event, as far as it can be read, is of a tool that runs no commands.
fn is_of_another_tool(text: &str) -> bool {
    serde_json::from_str(&readable(text)).is_ok_and(|tool: Tool| !is_shell(&tool.tool_name))
}

/// Asks what is asked of the line of an event that can be read.
fn could_run_it(text: &str) -> bool {
    count(text.len());
    text.len() > TEXT_MAX || examine(text) != Line::Foreign
}

/// Returns every text in what may be JSON, without its escapes. Where quotes are missing, what stands between two
/// texts is taken for one, too.
fn texts(json: &str) -> impl Iterator<Item = String> {
    let mut rest = Some(json);
    std::iter::from_fn(move || {
        let text = rest?;
        let (mut out, mut at) = (String::new(), text);
        while let Some((before, from)) = at.find(['"', '\\']).map(|place| at.split_at(place)) {
            out.push_str(before);
            if let Some(after) = from.strip_prefix('"') {
                rest = Some(after);
                return Some(out);
            }
            let (said, after) = unescaped(from);
            out.push(said);
            at = after;
        }
        out.push_str(at);
        rest = None;
        Some(out)
    })
}

/// Reads the escape that a text begins with, and returns what it says and what follows.
fn unescaped(text: &str) -> (char, &str) {
    if let Some(first) = unit(text) {
        let (_, after) = text.split_at(6);
        let second = unit(after).filter(|_| (0xd800..0xdc00).contains(&first));
        let both = second.and_then(|second| char::decode_utf16([first, second]).next()?.ok());
        return match both {
            Some(c) => (c, after.split_at(6).1),
            None => (char::from_u32(first.into()).unwrap_or(char::REPLACEMENT_CHARACTER), after),
        };
    }
    let mut letters = text.chars();
    letters.next();
    let said = match letters.next() {
        Some('n') => '\n',
        Some('t') => '\t',
        Some('r') => '\r',
        Some('b') => '\u{8}',
        Some('f') => '\u{c}',
        Some(c) => c,
        None => '\\',
    };
    (said, letters.as_str())
}

fn is_escape(before: &str) -> bool {
    before.ends_with('\\')
}

/// Tells whether a text has the name in it anywhere, also where quoting or escapes take it apart.
fn names_it(text: &str) -> bool {
    let mut text = text.to_lowercase();
    for (escape, letter) in ESCAPES {
        text = text.replace(escape, letter);
    }
    let bare: String = text.chars().filter(|c| !"'\"\\".contains(*c)).collect();
    text.contains("qms") || bare.contains("qms")
}

/// Puts U+FFFD in the place of halves of characters (lone surrogates), which JSON can say and no text can hold. That is
/// what a runtime hands to a shell for them.
pub(super) fn readable(text: &str) -> Cow<'_, str> {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, escape)) = rest.find('\\').map(|at| rest.split_at(at)) {
        let second = || escape.get(6..).and_then(unit);
        let (length, is_half) = match unit(escape) {
            Some(0xd800..=0xdbff) if matches!(second(), Some(0xdc00..=0xdfff)) => (12, false),
            Some(0xd800..=0xdfff) => (6, true),
            Some(_) => (6, false),
            None => (escape.chars().take(2).map(char::len_utf8).sum(), false),
        };
        let (escape, after) = escape.split_at(length);
        out.push_str(before);
        out.push_str(if is_half { "\\ufffd" } else { escape });
        rest = after;
    }
    if out.is_empty() { Cow::Borrowed(text) } else { Cow::Owned(out + rest) }
}

/// Reads the number of an escape that a text begins with: `\u` and four hexadecimal digits.
fn unit(text: &str) -> Option<u16> {
    let digits = text.strip_prefix("\\u")?.get(..4)?;
    digits.bytes().all(|byte| byte.is_ascii_hexdigit()).then(|| u16::from_str_radix(digits, 16).ok())?
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_names_the_program_and_may_come_before_a_call_may_be_one() {
        for call in [
            r#"{"hook_event_name":"PreToolUse","tool_input":{"command":"qms create"#,
            r#"{"hook_event_name" : "BeforeTool", "x": "/usr/bin/QMS""#,
            r#"{"hook_event_name":"PreToolUse","command":"true\nqms list"}"#,
            r#"{"hook_event_name":"PreToolUse","command":"q\"\"ms list"}"#,
            r#"{"hook_event_name":"PreToolUse","command":"\u0071ms list"}"#,
            r#"{"hook_event_name":"Stop","x":{"hook_event_name":"PreToolUse"},"command":"qms"}"#,
            r#"{"x":"\"hook_event_name\":\"Stop\"","command":"qms"}"#,
            r#"{"hook_event_name":7,"command":"qms"}"#,
            "qms",
            "q\0m\0s\0",
        ] {
            assert!(may_be_a_call(call.as_bytes()), "{call}");
        }
        for other in [
            r#"{"hook_event_name":"SubagentStop","last":"I ran qms"}"#,
            r#"{"hook_event_name":"PreToolUse","command":"ls"}"#,
            "",
            "[]",
        ] {
            assert!(!may_be_a_call(other.as_bytes()), "{other}");
        }
        assert!(may_be_a_call(b"\xff{\"hook_event_name\":\"PreToolUse\",\"command\":\"qms\xff\"}"));
    }

    // REQ-255
    #[test]
    fn what_could_be_a_call_in_an_event_that_can_be_read_could_be_one_in_one_that_cannot() {
        let lines = [
            r"$'\x71ms' inbox",
            "a=q; ${a}ms inbox",
            "true\n$'\\161'ms inbox",
            "\"q$x\"ms inbox",
            "/usr/bin/q?s inbox",
            "sudo -u lead ${a}ms inbox",
            "bash -c \"q\\${x}ms inbox\"",
            "ԛms inbox",
            "q{m,}s inbox",
            "${a}ms inbox\n(",
        ];
        let event = |tool: &str, line: &str| {
            let input = serde_json::json!({"command": line});
            let fields = serde_json::json!({
                "hook_event_name": "PreToolUse", "session_id": "s", "cwd": "/p", "tool_name": tool, "tool_input": input,
            });
            fields.to_string()
        };
        let ways: [fn(String) -> String; 4] = [
            |text| text,
            |text| text.trim_end_matches('}').to_owned(),
            |text| text.trim_end_matches(['}', '"']).to_owned(),
            |text| text.replace("\"s\"", "\"s"),
        ];
        for pad in [String::new(), format!("#{}\n", "a".repeat(200_000))] {
            for line in lines.map(|line| format!("{pad}{line}")) {
                assert_ne!(examine(&line), Line::Foreign, "{line:.40}");
                for way in ways {
                    assert!(may_be_a_call(way(event("Bash", &line)).as_bytes()), "{line:.40}");
                }
            }
            for line in ["ls -la", "a=q; ${a}nd", "for x in a; do echo $x; done"] {
                let line = format!("{pad}{line}");
                assert!(
                    ways.iter().all(|way| !may_be_a_call(way(event("Bash", &line)).as_bytes())),
                    "{line:.40}"
                );
            }
            // What is written to a file is no line of a shell.
            assert!(!may_be_a_call(event("Write", &format!("{pad}${{a}}ms inbox")).as_bytes()));
        }
        assert!(may_be_a_call(event("Bash", &format!("#{}", "a".repeat(TEXT_MAX))).as_bytes()));
        assert!(!may_be_a_call(event("Write", &format!("#{}", "a".repeat(TEXT_MAX))).as_bytes()));
    }

    #[test]
    fn halves_of_characters_are_replaced_and_nothing_else() {
        for (text, read) in [
            (r"a\ud83d", r"a\ufffd"),
            (r"\ude00\ud83d\ude00", r"\ufffd\ud83d\ude00"),
            (r"\ud83d\ud83d\ude00x", r"\ufffd\ud83d\ude00x"),
            (r"\\ud83d", r"\\ud83d"),
            (r"\\\ud83d", r"\\\ufffd"),
            (r"\ud83", r"\ud83"),
            (r"\", r"\"),
            (r"\ä\n", r"\ä\n"),
        ] {
            assert_eq!(readable(text), read, "{text}");
        }
    }

    proptest! {
        #[test]
        fn every_string_of_json_can_be_read(parts in prop::collection::vec("[a-z\"]|\\\\u[dD][89a-fA-F][0-9a-f]{2}|\\\\\\\\", 0..12)) {
            let text = format!("\"{}\"", parts.concat().replace('"', "\\\""));
            let read: Result<String, _> = serde_json::from_str(&readable(&text));
            prop_assert!(read.is_ok(), "{text}");
        }
    }
}
