use serde_json::{Value, json};

use super::super::{Layer, Origin};
use super::*;

const COMMAND: &str = "/opt/qms hook";

fn entered(runtime: Runtime) -> String {
    HookSettings::read(runtime, None).unwrap().with(Some(COMMAND)).unwrap().unwrap()
}

fn of(runtime: Runtime, own: &str, around: &[Found]) -> Signing {
    Signing::of(runtime, "/p/file", Ok(Some(own)), around, |_| true)
}

/// What a hook says that does as it is entered.
fn whole(runtime: Runtime) -> Signing {
    if runtime == Runtime::Gemini { Signing::Refuses } else { Signing::Signs }
}

/// A place in the settings of a project, and what somebody wrote there.
fn changes(runtime: Runtime) -> Vec<(String, Value)> {
    let events: Vec<&str> = runtime.events().iter().map(|(event, _)| *event).collect();
    let in_handler = [
        ("async", json!(true)),
        ("if", json!("Bash(git *)")),
        ("type", json!("prompt")),
        ("type", json!("unknown")),
        ("type", Value::Null),
        ("timeout", json!(0.001)),
        ("shell", json!("powershell")),
        ("never_heard_of", json!(1)),
    ];
    let in_group =
        [("matcher", json!("Bash(git:*)")), ("matcher", json!("mcp__.*")), ("never_heard_of", json!(true))];
    let mut all = Vec::new();
    for event in events {
        let at = |inner: &str, name: &str| format!("/hooks/{event}/0{inner}/{name}");
        all.extend(in_handler.iter().map(|(name, value)| (at("/hooks/0", name), value.clone())));
        all.extend(in_group.iter().map(|(name, value)| (at("", name), value.clone())));
    }
    all
}

// REQ-081, REQ-256, REQ-257
#[test]
fn an_entry_that_is_not_as_it_is_entered_is_found_and_mended_and_opens_nothing() {
    for runtime in Runtime::ALL {
        assert_eq!(of(runtime, &entered(runtime), &[]), whole(runtime));
        for (place, value) in changes(runtime) {
            let mut settings: Value = serde_json::from_str(&entered(runtime)).unwrap();
            let (object, name) = place.rsplit_once('/').unwrap();
            let object = settings.pointer_mut(object).unwrap().as_object_mut().unwrap();
            if value.is_null() {
                object.remove(name);
            } else {
                object.insert(name.to_owned(), value);
            }
            let text = settings.to_string();
            let signing = of(runtime, &text, &[]);
            assert!(signing.demands_tickets(), "{text}");
            let faults = signing.faults();
            assert!(faults.len() == 1 && faults[0].contains(&format!("`{name}`")), "{text}: {faults:?}");
            let mended =
                HookSettings::read(runtime, Some(&text)).unwrap().with(Some(COMMAND)).unwrap().unwrap();
            assert_eq!(of(runtime, &mended, &[]), whole(runtime), "{mended}");
        }
    }
}

// REQ-081, REQ-256
#[test]
fn a_form_of_the_hook_that_is_not_known_is_neither_there_nor_absent() {
    let forms = [
        "/opt/qms hook 2>>/dev/null",
        "\"/opt/qms\" hook || exit 2",
        "cd /p && /opt/qms hook",
        "env A=1 /opt/qms hook",
        "QMS_OUTPUT=json qms hook",
        "\"$CLAUDE_PROJECT_DIR\"/../bin/qms hook",
        "sh -c '/opt/qms hook'",
        "timeout 5 qms hook",
        "qms --root /p hook",
        "qms \"ho\"ok",
        "$(which qms) hook",
    ];
    for runtime in Runtime::ALL {
        let add = |text: &str, command: &str| {
            let mut settings: Value = serde_json::from_str(text).unwrap();
            let own = json!({"matcher": "Write", "hooks": [{"type": "command", "command": command}]});
            settings["hooks"]["Stop"] = json!([own]);
            settings.to_string()
        };
        for form in forms {
            // Alone, and beside one that is whole; where commands are heard of, and elsewhere.
            let alone = entered(runtime).replace(&json!(COMMAND).to_string(), &json!(form).to_string());
            for text in [alone, add("{\"hooks\": {}}", form), add(&entered(runtime), form)] {
                let signing = of(runtime, &text, &[]);
                assert!(signing.demands_tickets() && !signing.is_installed(), "{text}");
                let faults = signing.faults();
                assert!(faults[0].contains("in a form that is not known here"), "{text}: {faults:?}");
            }
        }
        for other in
            ["qms inbox", "qms status || true", "fmt hook", "qms hooks install claude", "lefthook run qms"]
        {
            assert_eq!(of(runtime, &add("{\"hooks\": {}}", other), &[]), Signing::Absent, "{other}");
            assert_eq!(of(runtime, &add(&entered(runtime), other), &[]), whole(runtime), "{other}");
        }
    }
}

// REQ-081
#[test]
fn a_hook_whose_program_is_not_there_does_not_run() {
    for runtime in Runtime::ALL {
        let own = entered(runtime);
        let asked = |there: bool| {
            Signing::of(runtime, "/p/file", Ok(Some(&own)), &[], |program| {
                assert_eq!(program, "/opt/qms");
                there
            })
        };
        assert_eq!(asked(true), whole(runtime));
        let Signing::Hindered(why) = asked(false) else { panic!("{:?}", asked(false)) };
        assert!(why.len() == 1 && why[0].contains("runs `/opt/qms`, where no program is"), "{why:?}");
    }
}

// REQ-081
#[test]
fn an_entry_that_is_missing_or_there_twice_is_found() {
    for runtime in Runtime::ALL {
        let whole: Value = serde_json::from_str(&entered(runtime)).unwrap();
        for (event, _) in runtime.events() {
            for twice in [false, true] {
                let mut settings = whole.clone();
                let groups = settings["hooks"][event].as_array_mut().unwrap();
                let group = groups.remove(0);
                if twice {
                    groups.extend([group.clone(), group]);
                }
                let text = settings.to_string();
                let is_known = twice || runtime.events().len() > 1;
                assert_eq!(of(runtime, &text, &[]).faults().is_empty(), !is_known, "{text}");
            }
        }
    }
}

/// What somebody can put into a file of settings around those of the project.
fn around(runtime: Runtime) -> Vec<Result<String, String>> {
    let off = match runtime {
        Runtime::Claude => "{\"disableAllHooks\": true}",
        Runtime::Codex => "[features]\nhooks = false",
        Runtime::Gemini => "{\"hooksConfig\": {\"enabled\": false}}",
    };
    let texts = ["", "{", "{}", off].map(|text| Ok(text.to_owned()));
    let unread = ["it is a folder", "it is not UTF-8", "it has more than 4 MiB", "it is a pipe"];
    texts.into_iter().chain(unread.map(|why| Err(why.to_owned()))).collect()
}

// REQ-256, REQ-268
#[test]
fn no_file_around_the_settings_of_the_project_lets_a_shared_token_count_without_a_ticket() {
    for runtime in Runtime::ALL {
        let is_own = |layer: &Layer| layer.origin == Origin::Project && layer.path == runtime.settings();
        for layer in runtime.layers().filter(|layer| !is_own(layer)) {
            for text in around(runtime) {
                let found = [Found { layer, file: "/x/file".to_owned(), text }];
                let signing = of(runtime, &entered(runtime), &found);
                assert!(signing.demands_tickets(), "{found:?}");
                // What cannot be read is not said to switch the hook off, nor that it signs.
                let is_unknown =
                    matches!(&signing, Signing::Unknown(why) if why[0].contains("nobody can tell"));
                assert_eq!(is_unknown, found[0].text.is_err(), "{found:?}: {signing:?}");
                assert_eq!(of(runtime, "{}", &found), Signing::Absent);
            }
        }
    }
}

// REQ-256, REQ-266
#[test]
fn settings_of_the_project_that_cannot_be_read_may_have_the_hook() {
    for runtime in Runtime::ALL {
        for text in ["{", "[]", "{\"hooks\": null}", "{\"hooks\": {}, \"hooks\": {}}"] {
            let signing = of(runtime, text, &[]);
            assert!(
                matches!(signing, Signing::Unknown(_)) && signing.demands_tickets(),
                "{text}: {signing:?}"
            );
        }
        let unread = Signing::of(runtime, "/p/file", Err("it is a folder".to_owned()), &[], |_| true);
        assert_eq!(unread, Signing::Unknown(vec!["it is a folder".to_owned()]));
        assert_eq!(Signing::of(runtime, "/p/file", Ok(None), &[], |_| true), Signing::Absent);
    }
}
