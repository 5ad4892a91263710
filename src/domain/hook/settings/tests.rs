use proptest::prelude::*;

use super::*;

const COMMAND: &str = "'/opt/my tools/qms' hook";

fn with(runtime: Runtime, text: &str, command: Option<&str>) -> String {
    HookSettings::read(runtime, text).unwrap_or_else(|why| panic!("{text}: {why}")).with(command)
}

fn is_whole(runtime: Runtime, text: &str, command: &str) -> bool {
    HookSettings::read(runtime, text).is_ok_and(|settings| settings.is_whole(command))
}

/// Settings of others, as the runtime writes them.
const OTHERS: &str = r#"{
  "model": "x",
  "hooks": {
    "PreToolUse": [
      {
        "matcher": "Write",
        "hooks": [
          {
            "type": "command",
            "command": "fmt"
          }
        ]
      }
    ],
    "Stop": [
      {"hooks": [{"type": "command", "command": "bell hook"}]}
    ],
    "Notification": []
  },
  "a": 12345678901234567890123,
  "b": 1.10,
  "a": [1e400, "\u0041\/"],
  "\u0063": null
}
"#;

// REQ-257
#[test]
fn programs_whose_names_begin_like_ours_are_left_alone() {
    let text = r#"{"hooks": {"Stop": [{"hooks": [{"type": "command", "command": "/opt/x/qms-lint hook"}]}],
        "PreToolUse": [{"matcher": "Write", "hooks": [{"type": "command", "command": "./qms-guard.sh hook"}]},
        {"matcher": "Bash", "hooks": [{"type": "command", "command": "qms_notify hook"}]}]}}"#;
    let settings = HookSettings::read(Runtime::Claude, text).unwrap();
    assert!(!settings.has_ours());
    assert_eq!(settings.with(None), text);
    let entered = settings.with(Some("/usr/bin/qms-0.1.0 hook"));
    let entered = HookSettings::read(Runtime::Claude, &entered).unwrap();
    assert!(entered.has_ours());
    for command in ["qms-lint hook", "qms-guard.sh hook", "qms_notify hook"] {
        assert!(entered.with(None).contains(command), "{command}");
    }
}

// REQ-080, REQ-257
#[test]
fn what_others_wrote_stays_to_the_byte_and_what_was_put_in_is_taken_out() {
    for runtime in Runtime::ALL {
        let once = with(runtime, OTHERS, Some(COMMAND));
        assert!(is_whole(runtime, &once, COMMAND), "{once}");
        assert_eq!(with(runtime, &once, Some(COMMAND)), once);
        assert_eq!(with(runtime, &once, None), OTHERS, "{}", runtime.name());
        let none = with(runtime, "{}", Some(COMMAND));
        assert_eq!(with(runtime, &none, None), "{}\n");
        assert_eq!(with(runtime, OTHERS, None), OTHERS);
    }
}

// REQ-257
#[test]
fn settings_of_another_form_than_the_runtime_reads_are_refused_with_the_place() {
    for (text, why) in [
        ("[]", "it is a list, and not an object"),
        ("{\"hooks\": []}", "`hooks` is a list, and not an object"),
        ("{\"hooks\": null}", "`hooks` is nothing, and not an object"),
        ("{\"hooks\": \"x\"}", "`hooks` is a text, and not an object"),
        ("{\"hooks\": {\"PreToolUse\": {}}}", "`hooks.PreToolUse` is an object, and not a list"),
        ("{\"hooks\": {\"Stop\": null}}", "`hooks.Stop` is nothing, and not a list"),
        ("{\"hooks\": {\"Stop\": [5]}}", "`hooks.Stop[0]` is a number, and not an object"),
        ("{\"hooks\": {\"Stop\": [{}]}}", "`hooks.Stop[0].hooks` is missing, and not a list"),
        ("{\"hooks\": {\"Stop\": [{\"hooks\": {}}]}}", "`hooks.Stop[0].hooks` is an object, and not a list"),
        (
            "{\"hooks\": {\"Stop\": [{\"hooks\": [true]}]}}",
            "`hooks.Stop[0].hooks[0]` is yes or no, and not an object",
        ),
        (
            "{\"hooks\": {}, \"h\\u006foks\": {}}",
            "`hooks` is there more than once, and only one of them counts",
        ),
        (
            "{\"hooks\": {\"Stop\": [], \"Stop\": []}}",
            "`hooks.Stop` is there more than once, and only one of them counts",
        ),
        (
            "{\"hooks\": {\"Stop\": [{\"hooks\": [], \"hooks\": []}]}}",
            "`hooks.Stop[0].hooks` is there more than once, and only one of them counts",
        ),
    ] {
        let found = HookSettings::read(Runtime::Claude, text).err().map(|found| found.to_string());
        assert_eq!(found.as_deref(), Some(why), "{text}");
    }
    for text in ["", "{", "{} {}", "{,}", "{\"hooks\": {}"] {
        let found = HookSettings::read(Runtime::Claude, text).err();
        assert!(matches!(found, Some(Misshapen::NotJson(_))), "{text}");
    }
}

// REQ-257
#[test]
fn our_hook_is_known_whatever_the_program_is_called_and_no_hook_of_others_is() {
    for runtime in Runtime::ALL {
        for older in
            ["/usr/bin/qms hook", "/opt/qms-0.1.0 hook", "'/my tools/quality' hook", "./q hook", "qms hook"]
        {
            let once = with(runtime, OTHERS, Some(older));
            let now = with(runtime, &once, Some(COMMAND));
            assert!(is_whole(runtime, &now, COMMAND) && !now.contains(older), "{older}: {now}");
            assert_eq!(with(runtime, &once, None), OTHERS);
        }
    }
    // One that stands at some of the events, or for other tools, is another program's.
    for other in ["fmt hook", "/usr/bin/entire hook", "aqms hook"] {
        let text = with(Runtime::Codex, "{}", Some(other)).replacen("SubagentStop", "Stop", 1);
        let both = with(Runtime::Codex, &text, Some(COMMAND));
        assert_eq!(both.matches(other).count(), Runtime::Codex.events().len());
        assert_eq!(with(Runtime::Codex, &both, None), text);
    }
    for other in ["qms status", "qms hook --x", "cd x; qms hook", "qms hook > log", "X=1 qms hook", "$X hook"]
    {
        let text = with(Runtime::Claude, "{}", Some(other));
        assert!(
            !HookSettings::read(Runtime::Claude, &text).is_ok_and(|settings| settings.has_ours()),
            "{other}"
        );
    }
}

// REQ-257
#[test]
fn of_a_group_with_others_only_ours_is_taken_out() {
    let text = r#"{"hooks": {"PreToolUse": [{"x": 1.0, "hooks": [{"command": "qms hook"}, {"command": "fmt", "y": 1.0}]}]}}"#;
    let left = with(Runtime::Claude, text, None);
    assert!(left.contains(r#"{"command": "fmt", "y": 1.0}"#) && left.contains(r#""x": 1.0"#), "{left}");
    assert!(!left.contains("qms"), "{left}");
}

/// A value of JSON as somebody writes it.
fn value() -> impl Strategy<Value = String> {
    let leaf = prop_oneof!["-?(0|[1-9][0-9]{0,30})(\\.[0-9]{1,9})?", "\"[a-z\\\\u00e9 ]{0,6}\"", "true|null"];
    leaf.prop_map(
        |text: String| if serde_json::from_str::<Value>(&text).is_ok() { text } else { "0".to_owned() },
    )
    .prop_recursive(3, 12, 4, |inner| {
        let member = ("\"[a-c]\"", inner.clone()).prop_map(|(key, value)| format!("{key} : {value}"));
        prop_oneof![
            prop::collection::vec(inner, 0..4).prop_map(|all| format!("[ {} ]", all.join(" , "))),
            prop::collection::vec(member, 0..4).prop_map(|all| format!("{{{}}}", all.join(","))),
        ]
    })
}

proptest! {
    // REQ-257
    #[test]
    fn whatever_others_keep_is_there_to_the_byte_after_the_hook_came_and_went(
        members in prop::collection::vec(("\"[a-g]\"", value()), 0..6),
    ) {
        let lines: Vec<String> = members.iter().map(|(key, value)| format!("\n  {key}: {value}")).collect();
        let text = if lines.is_empty() { "{}\n".to_owned() } else { format!("{{{}\n}}\n", lines.join(",")) };
        for runtime in Runtime::ALL {
            let once = with(runtime, &text, Some(COMMAND));
            prop_assert!(is_whole(runtime, &once, COMMAND));
            prop_assert_eq!(with(runtime, &once, None), text.clone());
        }
    }
}
