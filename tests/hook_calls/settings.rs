//! The hook in the settings of agent runtimes.

use std::fs;

use serde_json::{Value, json};

use crate::Hooked;

// REQ-080
#[test]
fn a_hook_is_entered_once_beside_what_is_there_and_taken_out_again() {
    let hooked = Hooked::new();
    let project = &hooked.project;
    let path = project.path(".claude/settings.json");
    fs::create_dir(project.path(".claude")).unwrap();
    let others =
        json!({"model": "m", "hooks": {"Stop": [{"hooks": [{"type": "command", "command": "bell"}]}]}});
    fs::write(&path, others.to_string()).unwrap();
    let shown = project.ask("-u lead hooks install claude --dry-run").is(0);
    assert_eq!(fs::read_to_string(&path).unwrap(), others.to_string());
    project.run("-u lead hooks install claude").is(0);
    project.run("-u lead hooks install claude").is(0);
    let settings: Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
    assert_eq!(settings, shown["data"]["settings"]);
    assert_eq!(
        [&settings["model"], &settings["hooks"]["Stop"]],
        [&others["model"], &others["hooks"]["Stop"]]
    );
    let before = settings["hooks"]["PreToolUse"].as_array().unwrap();
    assert_eq!((before.len(), &before[0]["matcher"]), (1, &json!("Bash|Monitor|PowerShell|mcp__qms__.*")));
    // What was entered runs as it stands.
    let command = before[0]["hooks"][0]["command"].as_str().unwrap();
    let (status, said) = hooked.sh(&format!("echo '{{\"hook_event_name\":\"Stop\"}}' | {command}"));
    assert_eq!((status, said.as_str()), (0, ""));
    project.run("-u lead doctor").is(0);

    project.run("-u claude hooks remove claude").is(0);
    let settings: Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
    assert_eq!(settings, others);
}

// REQ-081
#[test]
fn doctor_misses_a_hook_that_is_half_there_or_not_alone() {
    let hooked = Hooked::new();
    let project = &hooked.project;
    for (runtime, file) in [("codex", ".codex/hooks.json"), ("gemini", ".gemini/settings.json")] {
        project.run(&format!("-u lead hooks install {runtime}")).is(0);
        project.run("-u lead doctor").is(0);
        assert!(project.path(file).exists());
    }
    let path = project.path(".codex/hooks.json");
    let whole = fs::read_to_string(&path).unwrap();
    let mut settings: Value = serde_json::from_str(&whole).unwrap();
    settings["hooks"].as_object_mut().unwrap().remove("SubagentStart");
    fs::write(&path, settings.to_string()).unwrap();
    project.run("-u lead doctor").is(1).says("no hook for SubagentStart");
    let mut settings: Value = serde_json::from_str(&whole).unwrap();
    // A hook that never hears of a command is in nobody's way.
    let elsewhere = json!({"matcher": "Edit|Write", "hooks": [{"type": "command", "command": "fmt"}]});
    settings["hooks"]["PreToolUse"].as_array_mut().unwrap().push(elsewhere);
    fs::write(&path, settings.to_string()).unwrap();
    project.run("-u lead doctor").is(0);
    let other = json!({"hooks": [{"type": "command", "command": "other"}]});
    settings["hooks"]["PreToolUse"].as_array_mut().unwrap().push(other);
    fs::write(&path, settings.to_string()).unwrap();
    project.run("-u lead doctor").is(1).says("2 hooks for PreToolUse");
    fs::write(&path, &whole).unwrap();
    project.run("-u lead hooks install claude").is(0);
    project.run("-u lead doctor").is(0);
    let local = project.path(".claude/settings.local.json");
    let other = json!({"matcher": "Bash", "hooks": [{"type": "command", "command": "/usr/bin/rewriter"}]});
    fs::write(&local, json!({"hooks": {"PreToolUse": [other]}}).to_string()).unwrap();
    let said = "`.claude/settings.local.json` has a hook for PreToolUse, too";
    project.run("-u lead doctor").is(1).says(said);
    let installed = project.ask("-u lead hooks install claude").is(0);
    assert_eq!(installed["warnings"][0]["code"], "hook_not_alone");
    fs::remove_file(local).unwrap();
    fs::write(&path, "{").unwrap();
    project.run("-u lead doctor").is(1).says("hooks.json");
    project.run("-u lead hooks install codex").is(1).says("hooks.json");
}

// REQ-081
#[test]
fn doctor_tries_a_ticket_as_the_hook_makes_it() {
    let hooked = Hooked::new();
    let project = &hooked.project;
    project.run("-u lead user add ada --group initiator --agent").is(0);
    let path = project.path("workflows/policy.yaml");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replace("claude: claude\n", "claude: ada\n").replace("codex: claude\n", ""))
        .unwrap();
    project.run("-u lead workflow adopt").is(0);
    project.run("-u lead hooks install claude").is(0);
    project.keeps(0, || project.run("-u lead doctor").is(0));
    // Every line of the settings is in its place, and what the hook signs is worth nothing.
    project.run("-u lead user remove ada").is(0);
    let found = project.keeps(0, || project.ask("-u lead doctor")).is(1);
    let findings = found["error"]["details"]["findings"].as_array().unwrap();
    assert_eq!((findings.len(), &findings[0]["name"]), (1, &json!("hooks")));
    let message = findings[0]["message"].as_str().unwrap();
    assert!(message.starts_with("a ticket of the hook is not believed: "), "{message}");
    let reason = Hooked::denied(hooked.call("s-1", None, "t-1", "qms list"));
    assert_eq!(reason, "`ada` is not a user of this project");
}

/// The users who are bound.
fn bound(hooked: &Hooked) -> Vec<Value> {
    let users = hooked.project.ask("-u lead user list").is(0);
    let users = users["data"]["users"].as_array().unwrap().iter().filter(|user| user["bound"] == true);
    users.map(|user| user["name"].clone()).collect()
}

// REQ-257
#[test]
fn nothing_is_said_to_be_installed_that_is_not_and_nobody_is_bound_by_it() {
    let hooked = Hooked::new();
    let project = &hooked.project;
    let path = project.path(".claude/settings.json");
    fs::create_dir(project.path(".claude")).unwrap();
    let shapes = [
        "{\"hooks\": []}",
        "{\"hooks\": null}",
        "{\"hooks\": {\"PreToolUse\": {\"matcher\": \"Bash\"}}}",
        "[]",
        "{",
    ];
    for text in shapes.into_iter().chain(["{\"hooks\": {}, \"hooks\": {}}"]) {
        fs::write(&path, text).unwrap();
        for line in ["-u lead hooks install claude", "-u lead hooks remove claude"] {
            project.run(line).is(1).says("settings.json` is left as it is");
        }
        assert_eq!(fs::read_to_string(&path).unwrap(), text);
        project.run("-u lead doctor").is(1).says("settings.json");
        assert!(bound(&hooked).is_empty(), "{text}");
    }
    // A link leads to what is somebody else's.
    let elsewhere = project.folder().join("theirs.json");
    fs::write(&elsewhere, "{}").unwrap();
    fs::remove_file(&path).unwrap();
    std::os::unix::fs::symlink(&elsewhere, &path).unwrap();
    project.run("-u lead hooks install claude").is(1).says("settings.json");
    assert_eq!(fs::read_to_string(&elsewhere).unwrap(), "{}");
    assert!(bound(&hooked).is_empty());
    // Who may not bind writes nothing, and the refusal is recorded.
    fs::remove_file(&path).unwrap();
    let size = project.log_size();
    project.run("-u claude hooks install claude").is(7);
    assert!(!path.exists() && project.log_size() == size + 1);
    // Nothing is made to take nothing out of it.
    project.run("-u lead hooks remove claude").is(0);
    assert!(!path.exists());
    project.run("-u lead hooks install claude").is(0);
    assert_eq!(bound(&hooked), ["claude", "qa", "tu"]);
}

// REQ-268
#[test]
fn nothing_is_installed_where_no_hook_runs_and_doctor_says_the_same() {
    let hooked = Hooked::new();
    let project = &hooked.project;
    let home = project.folder().join("home");
    let run = |line: &str| {
        let call = project.call(line).variable("HOME", home.to_str().unwrap());
        call.variable("CLAUDE_CONFIG_DIR", home.join("claude").to_str().unwrap()).run()
    };
    let off = "{\"disableAllHooks\": true}";
    let switches = [
        ("claude", project.path(".claude/settings.local.json"), off, "disableAllHooks"),
        ("claude", home.join("claude/settings.json"), off, "disableAllHooks"),
        ("codex", project.path(".codex/config.toml"), "[features]\nhooks = false\n", "features.hooks"),
        ("codex", home.join(".codex/config.toml"), "features.codex_hooks = false", "features.codex_hooks"),
        (
            "gemini",
            home.join(".gemini/settings.json"),
            "{\"hooksConfig\": {\"enabled\": false}}",
            "hooksConfig",
        ),
    ];
    for (runtime, file, text, setting) in &switches {
        let (install, own) = (format!("-u lead hooks install {runtime}"), project.path(own_file(runtime)));
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, text).unwrap();
        for line in [install.clone(), format!("{install} --dry-run")] {
            let ran = run(&line).is(1).says(setting).says(file.file_name().unwrap().to_str().unwrap());
            assert!(ran.stdout.is_empty() && !ran.stderr.contains('✓') && !own.exists(), "{ran:?}");
        }
        assert!(bound(&hooked).is_empty(), "{runtime}");
        run("-u lead doctor").is(0);
        fs::remove_file(file).unwrap();
    }
    for (runtime, file, text, setting) in &switches {
        run(&format!("-u lead hooks install {runtime}")).is(0);
        run("-u lead doctor").is(0);
        fs::write(file, text).unwrap();
        let said = run("-u lead doctor").is(1).says(setting);
        let again = run(&format!("-u lead hooks install {runtime}")).is(1);
        let sentence =
            again.stderr.split("would run: ").nth(1).unwrap().split("; change that").next().unwrap();
        assert!(said.stderr.contains(sentence), "{said:?}, {sentence}");
        fs::remove_file(file).unwrap();
    }
}

/// Where the hook of a runtime is entered.
fn own_file(runtime: &str) -> &'static str {
    match runtime {
        "claude" => ".claude/settings.json",
        "codex" => ".codex/hooks.json",
        _ => ".gemini/settings.json",
    }
}

// REQ-080, REQ-266, REQ-267
#[test]
fn a_file_of_settings_is_after_the_hook_what_it_was_before_to_the_byte() {
    let hooked = Hooked::new();
    let project = &hooked.project;
    for (runtime, text) in [
        ("claude", None),
        ("claude", Some("")),
        ("claude", Some("\u{feff}{\r\n\t\"a\" : 1.0 ,\r\n\t\"hooks\":{ \"Stop\":[ ] }\r\n}")),
        ("codex", Some("\n")),
        ("codex", Some("{\"description\":\"\\u0041\",\"hooks\":{}}")),
        ("gemini", None),
        ("gemini", Some("{\n    // mine\n    \"a\": 1e3 // one thousand\n}\n")),
    ] {
        let path = project.path(own_file(runtime));
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        if let Some(text) = text {
            fs::write(&path, text).unwrap();
        }
        let bytes = || fs::read(&path).ok();
        let before = bytes();
        project.run(&format!("-u lead hooks install {runtime}")).is(0);
        let once = bytes();
        assert_ne!(once, before);
        project.run(&format!("-u lead hooks install {runtime}")).is(0);
        assert_eq!(bytes(), once);
        project.run("-u lead doctor").is(0);
        project.run(&format!("-u lead hooks remove {runtime}")).is(0);
        assert_eq!(bytes(), before, "{runtime}, {text:?}");
        let _none = fs::remove_file(&path);
    }
}

// REQ-257
#[test]
fn a_program_that_is_called_otherwise_finds_its_hook_again() {
    let hooked = Hooked::new();
    let project = &hooked.project;
    let program = project.folder().join("quality-1.2");
    fs::hard_link(crate::project::PROGRAM, &program)
        .or_else(|_| fs::copy(crate::project::PROGRAM, &program).map(drop))
        .unwrap();
    let path = project.path(".claude/settings.json");
    fs::create_dir(project.path(".claude")).unwrap();
    let others = "{\n  \"a\": 12345678901234567890123,\n  \"b\": 1.10,\n  \"a\": 2\n}\n";
    fs::write(&path, others).unwrap();
    project.run("-u lead hooks install claude").is(0);
    let token = project.token("lead").unwrap().display().to_string();
    let call = |words: &str| {
        let line = format!("'{}' --token-file '{token}' {words}", program.display());
        let (status, said) = hooked.sh(&line);
        assert_eq!(status, 0, "{line}: {said}");
    };
    call("hooks install claude");
    call("hooks install claude");
    let text = fs::read_to_string(&path).unwrap();
    assert_eq!(
        (text.matches("quality-1.2 hook").count(), text.matches("/qms hook").count()),
        (7, 0),
        "{text}"
    );
    call("doctor");
    call("hooks remove claude");
    assert_eq!(fs::read_to_string(&path).unwrap(), others);
}

// REQ-081, REQ-257
#[test]
fn a_hook_of_a_form_that_is_not_known_is_named_and_left_alone() {
    let hooked = Hooked::new();
    let project = &hooked.project;
    project.run("-u lead hooks install claude").is(0);
    let path = project.path(".claude/settings.json");
    let entered = fs::read_to_string(&path).unwrap();
    let text = entered.replace(" hook\"", " hook || exit 2\"");
    assert_ne!(text, entered);
    fs::write(&path, &text).unwrap();
    let why = "in a form that is not known here";
    for line in ["hooks install claude", "hooks remove claude", "hooks remove claude --dry-run"] {
        let ran = project.run(&format!("-u lead {line}")).is(1);
        assert!(ran.stderr.contains(why), "{line}: {ran:?}");
        assert_eq!(fs::read_to_string(&path).unwrap(), text);
    }
    let looked = project.run("-u lead doctor").is(1);
    assert!(looked.stderr.contains(why), "{looked:?}");
}

// REQ-081
#[test]
fn a_hook_whose_program_is_gone_is_found() {
    let hooked = Hooked::new();
    let project = &hooked.project;
    project.run("-u lead hooks install claude").is(0);
    let path = project.path(".claude/settings.json");
    let entered = fs::read_to_string(&path).unwrap();
    let gone = project.folder().join("gone/qms").display().to_string();
    let text = entered.replace(crate::project::PROGRAM, &gone);
    assert_ne!(text, entered);
    fs::write(&path, text).unwrap();
    let looked = project.run("-u lead doctor").is(1);
    assert!(looked.stderr.contains(&format!("runs `{gone}`, where no program is")), "{looked:?}");
    project.run("-u lead hooks install claude").is(0);
    assert_eq!(fs::read_to_string(&path).unwrap(), entered);
}
