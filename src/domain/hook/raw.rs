//! Events as bytes: what can be read of one that is not well formed, and whether it could be a call of `qms`.
//!
//! Runtimes let a call pass whose hook fails. So what cannot be read, and could be a call, is held up.

use std::borrow::Cow;

/// The names of the events that come before a call.
const BEFORE: [&str; 2] = ["PreToolUse", "BeforeTool"];

/// The field that names an event, as it stands in JSON.
const NAME: &str = "\"hook_event_name\"";

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
    is_before && names_it(&text)
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
