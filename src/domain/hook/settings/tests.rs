use proptest::prelude::*;

use super::*;

const COMMAND: &str = "'/opt/my tools/qms' hook";

fn read(runtime: Runtime, text: Option<&str>) -> HookSettings<'_> {
    HookSettings::read(runtime, text).unwrap_or_else(|why| panic!("{text:?}: {why}"))
}

fn with(runtime: Runtime, text: &str, command: Option<&str>) -> String {
    read(runtime, Some(text)).with(command).unwrap().unwrap_or_else(|| panic!("{text}: the file is gone"))
}

fn is_whole(runtime: Runtime, text: &str, command: &str) -> bool {
    HookSettings::read(runtime, Some(text)).is_ok_and(|settings| settings.is_whole(command))
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
    assert!(!read(Runtime::Claude, Some(text)).has_ours());
    assert_eq!(with(Runtime::Claude, text, None), text);
    let entered = with(Runtime::Claude, text, Some("/usr/bin/qms-0.1.0 hook"));
    assert!(read(Runtime::Claude, Some(&entered)).has_ours());
    assert_eq!(with(Runtime::Claude, &entered, None), text);
}

// REQ-080, REQ-257
#[test]
fn what_others_wrote_stays_to_the_byte_and_what_was_put_in_is_taken_out() {
    for runtime in Runtime::ALL {
        let once = with(runtime, OTHERS, Some(COMMAND));
        assert!(is_whole(runtime, &once, COMMAND), "{once}");
        assert_eq!(with(runtime, &once, Some(COMMAND)), once);
        assert_eq!(with(runtime, &once, None), OTHERS, "{}", runtime.name());
        assert_eq!(with(runtime, OTHERS, None), OTHERS);
    }
}

// REQ-080, REQ-266
#[test]
fn a_file_that_was_not_there_goes_again_and_one_that_was_stays_as_it_was() {
    for runtime in Runtime::ALL {
        let made = read(runtime, None).with(Some(COMMAND)).unwrap().unwrap();
        assert!(is_whole(runtime, &made, COMMAND) && made.ends_with("}\n"), "{made}");
        assert_eq!(read(runtime, Some(&made)).with(None), Ok(None));
        assert_eq!(read(runtime, None).with(None), Ok(None));
        // The runtime, or a person, wrote it anew.
        let anew: Value = serde_json::from_str(&made).unwrap();
        for text in [format!("{anew:#}"), anew.to_string()] {
            assert_eq!(read(runtime, Some(&text)).with(None), Ok(None));
        }
        for text in [
            "",
            "\n",
            " \r\n\t",
            "{}",
            "{}\n",
            "{ }",
            "{\n}\n",
            "{\"hooks\": {}}",
            "{\"hooks\":{\"Stop\":[]}}",
        ] {
            let once = with(runtime, text, Some(COMMAND));
            assert!(is_whole(runtime, &once, COMMAND), "{once}");
            assert_eq!(with(runtime, &once, None), text, "{once}");
        }
    }
}

// REQ-266
#[test]
fn settings_are_read_as_their_runtime_reads_them() {
    use Runtime::{Claude, Codex, Gemini};
    let passed_over = [
        "{\"hooks\": {\"enabled\": true, \"disabled\": [\"x\"]}}",
        "{\"hooks\": {\"Stop\": null}}",
        "{\"hooks\": {\"Stop\": [5, {}, {\"hooks\": {}}, {\"hooks\": [true, {\"command\": 7}]}]}}",
        "{\"x\": \"\\ud800\", \"a\": 1, \"a\": 1e999}",
    ];
    let own = [
        (Claude, "\u{feff}{\"a\": 1}"),
        (Claude, "\u{feff}"),
        (Codex, "{\"hooks\": {\"enabled\": true}}"),
        (Codex, "{\"hooks\": {\"Stop\": [{}]}}"),
        (Gemini, "// a\n{\"a\": \"/* \\\" // */\" /* b, { */ // c\n}\n// d"),
        (Gemini, "{\"hooks\": { /* none */ }}"),
    ];
    let loose = [Claude, Gemini].into_iter().flat_map(|runtime| passed_over.map(|text| (runtime, text)));
    for (runtime, text) in loose.chain(own) {
        let once = with(runtime, text, Some(COMMAND));
        assert!(is_whole(runtime, &once, COMMAND), "{once}");
        assert_eq!(with(runtime, &once, Some(COMMAND)), once);
        assert_eq!(with(runtime, &once, None), text, "{once}");
    }
}

// REQ-257, REQ-266
#[test]
fn settings_that_the_runtime_does_not_read_are_refused_with_line_and_place() {
    use Runtime::{Claude, Codex, Gemini};
    for (runtime, text, why) in [
        (Claude, "[]", "line 1: it is a list, and not an object"),
        (Claude, "{\"hooks\": []}", "line 1: `hooks` is a list, and not an object"),
        (Claude, "{\n\"hooks\": null}", "line 2: `hooks` is nothing, and not an object"),
        (Gemini, "{\"hooks\": \"x\"}", "line 1: `hooks` is a text, and not an object"),
        (
            Claude,
            "{\"hooks\": {\n\n\"PreToolUse\": {}}}",
            "line 3: `hooks.PreToolUse` is an object, and not a list",
        ),
        (Codex, "{\"hooks\": {\"Stop\": null}}", "line 1: `hooks.Stop` is nothing, and not a list"),
        (Codex, "{\"hooks\": {\"Stop\": [5]}}", "line 1: `hooks.Stop[0]` is a number, and not an object"),
        (
            Codex,
            "{\"hooks\": {\"Stop\": [{\"hooks\": {}}]}}",
            "line 1: `hooks.Stop[0].hooks` is an object, and not a list",
        ),
        (
            Codex,
            "{\"hooks\": {\"Stop\": [{\"hooks\": [true]}]}}",
            "line 1: `hooks.Stop[0].hooks[0]` is yes or no, and not an object",
        ),
        (
            Claude,
            "{\"hooks\": {},\n \"h\\u006foks\": {}}",
            "line 2: `hooks` is there more than once, and only one of them counts",
        ),
        (
            Claude,
            "{\"hooks\": {\"Stop\": [], \"Stop\": []}}",
            "line 1: `hooks.Stop` is there more than once, and only one of them counts",
        ),
        (
            Claude,
            "{\"hooks\": {\"Stop\": [{\"hooks\": [], \"hooks\": []}]}}",
            "line 1: `hooks.Stop[0].hooks` is there more than once, and only one of them counts",
        ),
        (Claude, "{\n\n // mine\n}", "line 3: Claude Code reads no comments in this file"),
        (Codex, "/* mine */ {}", "line 1: Codex reads no comments in this file"),
        (Codex, "\u{feff}{}", "line 1: it begins with a byte-order mark, which Codex does not read"),
        (Gemini, "\u{feff}{}", "line 1: it begins with a byte-order mark, which Gemini CLI does not read"),
    ] {
        let found = HookSettings::read(runtime, Some(text)).err().map(|found| found.to_string());
        assert_eq!(found.as_deref(), Some(why), "{text}");
    }
    for text in ["{", "{} {}", "{,}", "{\"hooks\": {}", "{\"a\": 1,}", "// a", "{} /*", "\u{feff}\u{feff}{}"]
    {
        for runtime in Runtime::ALL {
            assert!(HookSettings::read(runtime, Some(text)).is_err(), "{text}");
        }
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
        let text = with(Runtime::Codex, "{}\n", Some(other)).replacen("SubagentStop", "Stop", 1);
        let both = with(Runtime::Codex, &text, Some(COMMAND));
        assert_eq!(both.matches(other).count(), Runtime::Codex.events().len());
        assert_eq!(with(Runtime::Codex, &both, None), text);
    }
    for other in ["qms status", "qms hook --x", "cd x; qms hook", "qms hook > log", "X=1 qms hook", "$X hook"]
    {
        let text = with(Runtime::Claude, "{}", Some(other));
        assert!(
            !HookSettings::read(Runtime::Claude, Some(&text)).is_ok_and(|settings| settings.has_ours()),
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
    // A group that says more is somebody's, with no other handler, too.
    let text = r#"{"hooks": {"Stop": [{"hooks": [ {"command": "qms hook"} ], "x": 1.0}]}}"#;
    let left = r#"{"hooks": {"Stop": [{"hooks": [ ], "x": 1.0}]}}"#;
    assert_eq!(with(Runtime::Claude, text, None), left);
}

/// Where somebody may write space.
const ANY_SPACE: &str = "\u{1}";

/// A value of JSON as somebody writes it.
fn value() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        "-?(0|[1-9][0-9]{0,30})(\\.[0-9]{1,9})?([eE][+-]?[0-9]{1,4})?",
        "\"([a-z/*,{}\\[\\]é ]|\\\\u00e9|\\\\\"|\\\\ud800|//){0,6}\"",
        "true|null",
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        let member = ("\"[a-c]\"", inner.clone());
        prop_oneof![
            prop::collection::vec(inner, 0..4).prop_map(|all| joined("[", &all, "]")),
            prop::collection::vec(member.prop_map(named), 0..4).prop_map(|all| joined("{", &all, "}")),
        ]
    })
}

fn named((key, value): (impl AsRef<str>, String)) -> String {
    format!("{}{ANY_SPACE}:{ANY_SPACE}{value}", key.as_ref())
}

fn joined(open: &str, parts: &[String], close: &str) -> String {
    let parts = parts.join(&format!("{ANY_SPACE},{ANY_SPACE}"));
    format!("{open}{ANY_SPACE}{parts}{ANY_SPACE}{close}")
}

/// Settings of others, with hooks of theirs, and space, line ends and comments of any kind.
fn settings() -> impl Strategy<Value = (Runtime, String)> {
    let handler = value().prop_map(|x| {
        joined("{", &["\"type\":\"command\",\"command\":\"bell\"".to_owned(), named(("\"x\"", x))], "}")
    });
    let group = prop::collection::vec(handler, 0..3)
        .prop_map(|handlers| {
            joined(
                "{",
                &[
                    named(("\"matcher\"", "\"Bash\"".to_owned())),
                    named(("\"hooks\"", joined("[", &handlers, "]"))),
                ],
                "}",
            )
        })
        .boxed();
    let names = ["PreToolUse", "BeforeTool", "Stop", "SessionStart", "SubagentStop"];
    let events = prop::sample::subsequence(names.to_vec(), 0..=5).prop_flat_map(move |names| {
        let groups = prop::collection::vec(prop::collection::vec(group.clone(), 0..3), names.len());
        groups.prop_map(move |lists| {
            let member = |(name, groups): (&&str, &Vec<String>)| {
                named((format!("\"{name}\""), joined("[", groups, "]")))
            };
            joined("{", &names.iter().zip(&lists).map(member).collect::<Vec<_>>(), "}")
        })
    });
    let members = prop::collection::vec(("\"[a-g]\"", value()).prop_map(named), 0..4);
    let space =
        prop::sample::select(vec!["", "", " ", "  ", "\n", "\r\n", "\n\t", "\n    ", "\r\n  ", "\n\n"]);
    let comment =
        prop::sample::select(vec!["/* c */", " /* \", ] } */ ", " // d \n", "//\r\n ", "\n// [ \n\t"]);
    let spaces = prop::collection::vec((space, comment), 1..40);
    let runtime = prop::sample::select(Runtime::ALL.to_vec());
    (runtime, members, prop::option::of(events), 0_usize..5, spaces, any::<bool>()).prop_map(
        |(runtime, mut members, events, at, spaces, is_marked)| {
            if let Some(events) = events {
                members.insert(at.min(members.len()), named(("\"hooks\"", events)));
            }
            let text = format!("{ANY_SPACE}{}{ANY_SPACE}", joined("{", &members, "}"));
            let mut spaces = spaces.iter().cycle().enumerate();
            let mut written =
                if is_marked && runtime == Runtime::Claude { "\u{feff}" } else { "" }.to_owned();
            for (number, part) in text.split(ANY_SPACE).enumerate() {
                if number > 0 {
                    let (turn, (space, comment)) = spaces.next().unwrap();
                    written += space;
                    if runtime == Runtime::Gemini && turn % 3 == 0 {
                        written += comment;
                    }
                }
                written += part;
            }
            (runtime, written)
        },
    )
}

proptest! {
    // REQ-080, REQ-257, REQ-267
    #[test]
    fn whatever_others_keep_is_there_to_the_byte_after_the_hook_came_and_went((runtime, text) in settings()) {
        let once = with(runtime, &text, Some(COMMAND));
        prop_assert!(is_whole(runtime, &once, COMMAND), "{}", once);
        prop_assert_eq!(&with(runtime, &once, Some(COMMAND)), &once);
        prop_assert_eq!(&with(runtime, &once, None), &text, "{}", once);
        // The program moved, and moved back.
        let moved = with(runtime, &once, Some("/usr/bin/qms hook"));
        prop_assert!(is_whole(runtime, &moved, "/usr/bin/qms hook"), "{}", moved);
        prop_assert_eq!(with(runtime, &moved, Some(COMMAND)), once);
        // What others say is what they said.
        let values = |text: &str| read(runtime, Some(text)).values();
        prop_assert_eq!(values(&with(runtime, &moved, None)), values(&text));
    }

    // REQ-267
    #[test]
    fn what_others_wrote_around_the_hook_afterwards_stays_too((runtime, text) in settings()) {
        let once = with(runtime, &text, Some(COMMAND));
        let object = once.find('{').unwrap() + 1;
        let (before, behind) = once.split_at(object);
        let later = with(runtime, &format!("{before} \"later\": 1.0,{behind}"), None);
        prop_assert!(later.contains("{ \"later\": 1.0"), "{}", later);
        prop_assert!(!read(runtime, Some(&later)).has_ours());
    }
}
