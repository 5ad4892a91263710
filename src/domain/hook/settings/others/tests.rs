use super::super::Runtime::{self, Claude, Codex, Gemini};
use super::*;

/// A runtime, the path of another file of settings that it reads, what that says, and whether a hook in it hears of
/// commands before they run.
type Case = (Runtime, &'static str, &'static str, bool);

const CASES: &[Case] = &[
    (
        Claude,
        "settings.json",
        r#"{"hooks": {"PreToolUse": [{"matcher": "Bash", "hooks": [{"command": "x"}]}]}}"#,
        true,
    ),
    (
        Claude,
        ".claude/settings.local.json",
        r#"{"hooks": {"PreToolUse": [{"hooks": [{"type": "prompt"}]}]}}"#,
        true,
    ),
    (
        Claude,
        "/etc/claude-code/managed-settings.json",
        r#"{"hooks": {"PreToolUse": [{"matcher": "Edit|mcp__.*", "hooks": [{"command": "x"}]}]}}"#,
        true,
    ),
    (
        Claude,
        "settings.json",
        r#"{"hooks": {"PreToolUse": [], "PreToolUse": [{"hooks": [{"command": "x"}]}]}}"#,
        true,
    ),
    (
        Claude,
        "settings.json",
        r#"{"hooks": {"PreToolUse": [{"matcher": "Edit", "hooks": [{"command": "x"}]}]}}"#,
        false,
    ),
    (Claude, "settings.json", r#"{"hooks": {"PreToolUse": [{"matcher": "Bash", "hooks": []}]}}"#, false),
    (Claude, "settings.json", r#"{"hooks": {"PostToolUse": [{"hooks": [{"command": "x"}]}]}}"#, false),
    (Claude, "settings.json", r#"{"hooks": null}"#, false),
    (Claude, "settings.json", r#"{"PreToolUse": "#, false),
    (
        Codex,
        "hooks.json",
        r#"{"hooks": {"PreToolUse": [{"hooks": [{"type": "command", "command": "x"}]}]}}"#,
        true,
    ),
    (
        Codex,
        "config.toml",
        "[[hooks.PreToolUse]]\nmatcher = \"^Bash$\"\n[[hooks.PreToolUse.hooks]]\ncommand = \"x\"",
        true,
    ),
    (Codex, "config.toml", "hooks.PreToolUse = [{ hooks = [{ command = \"x\" }] }]", true),
    (
        Codex,
        "config.toml",
        "hooks.PreToolUse = [{ matcher = \"Edit\", hooks = [{ command = \"x\" }] }]",
        false,
    ),
    (Codex, "config.toml", "hooks.PreToolUse = 1\n[hooks.state]", false),
    (
        Gemini,
        "settings.json",
        r#"{"hooks": {"BeforeTool": [{"matcher": "*", "hooks": [{"command": "x"}]}]}} // x"#,
        true,
    ),
];

// REQ-081
#[test]
fn a_hook_that_could_rewrite_a_command_is_found_in_whatever_file_it_stands() {
    for (runtime, path, text, is_found) in CASES {
        let own = HookSettings::read(*runtime, None).unwrap().with(Some("/opt/qms hook")).unwrap().unwrap();
        let layer = runtime.layers().find(|layer| layer.path == *path).unwrap();
        let found = Found { layer, file: format!("/x/{path}"), text: Ok((*text).to_owned()) };
        let own_layer =
            runtime.layers().find(|it| it.origin == Origin::Project && it.path == runtime.settings());
        let own_file = own_layer.map(|layer| Found { layer, file: String::new(), text: Ok(own.clone()) });
        let found: Vec<Found> = own_file.into_iter().chain([found]).collect();
        let said = HookSettings::read(*runtime, Some(&own)).unwrap().others(&found);
        let is_said = said.len() == 1 && said[0].contains(path);
        assert!(if *is_found { is_said } else { said.is_empty() }, "{text}: {said:?}");
    }
}
