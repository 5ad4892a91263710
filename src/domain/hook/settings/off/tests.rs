use super::Runtime::{Claude, Codex, Gemini};
use super::*;

const USER: &str = "settings.json";
const LOCAL: &str = ".claude/settings.local.json";
const MANAGED: &str = "/etc/claude-code/managed-settings.json";
const DROPPED: &str = "/etc/claude-code/managed-settings.d";
const REQUIRED: &str = "/etc/codex/requirements.toml";
const GEMINI_SYSTEM: &str = "/etc/gemini-cli/settings.json";
const GEMINI_DEFAULTS: &str = "/etc/gemini-cli/system-defaults.json";

const OFF: &str = "{\"disableAllHooks\": true}";
const ON: &str = "{\"disableAllHooks\": false}";
const STATE: &str = "[hooks.state.\"/p/.codex/hooks.json:pre_tool_use:0:0\"]\nenabled = false";

/// A runtime, the settings of the project, those around them by their path, and what is named; blank where the hook runs.
type Case = (Runtime, &'static str, &'static [(&'static str, &'static str)], &'static str);

/// As it was tried with Claude Code and Codex.
const CASES: &[Case] = &[
    (Claude, "{}", &[], ""),
    (Claude, OFF, &[], "disableAllHooks"),
    (Claude, "{\"disableAllHooks\": \"false\"}", &[], "disableAllHooks"),
    (Claude, "{\"disableAllHooks\": null}", &[], "disableAllHooks"),
    (Claude, "{\"disableAllHooks\": true, \"disableAllHooks\": false}", &[], ""),
    (Claude, "\u{feff}{\"disable\\u0041llHooks\": true}", &[], "disableAllHooks"),
    (Claude, "{}", &[(USER, OFF)], "disableAllHooks"),
    (Claude, ON, &[(USER, OFF)], ""),
    (Claude, "{}", &[(USER, "{\"disableAllHooks\": \"true\"}")], ""),
    (Claude, "{}", &[(USER, "{")], ""),
    (Claude, "{}", &[(LOCAL, OFF)], "disableAllHooks"),
    (Claude, OFF, &[(LOCAL, ON)], ""),
    (Claude, "{}", &[(MANAGED, OFF)], "disableAllHooks"),
    (Claude, OFF, &[(MANAGED, ON)], ""),
    (Claude, "{\"allowManagedHooksOnly\": true}", &[], ""),
    (Claude, "{}", &[(MANAGED, "{\"allowManagedHooksOnly\": true}")], "allowManagedHooksOnly"),
    (Claude, "{}", &[(MANAGED, "{\"allowManagedHooksOnly\": \"yes\"}")], "allowManagedHooksOnly"),
    (Claude, "{}", &[(MANAGED, "{\"allowManagedHooksOnly\": null}")], ""),
    (Claude, "{}", &[(DROPPED, "{\"allowManagedHooksOnly\": true}")], "allowManagedHooksOnly"),
    (
        Claude,
        "{}",
        &[(MANAGED, "{\"allowManagedHooksOnly\": true}"), (DROPPED, "{\"allowManagedHooksOnly\": false}")],
        "",
    ),
    (
        Claude,
        "{}",
        &[(MANAGED, "{\"strictPluginOnlyCustomization\": [\"hooks\"]}")],
        "strictPluginOnlyCustomization",
    ),
    (
        Claude,
        "{}",
        &[(MANAGED, "{\"strictPluginOnlyCustomization\": true}")],
        "strictPluginOnlyCustomization",
    ),
    (Claude, "{}", &[(MANAGED, "{\"strictPluginOnlyCustomization\": [\"skills\"]}")], ""),
    (Claude, "{}", &[(MANAGED, "// a\n{}")], "does not start"),
    (Claude, "{}", &[(MANAGED, "")], ""),
    (Codex, "{\"description\": \"x\"}", &[], ""),
    (Codex, "{\"model\": \"x\"}", &[], "model"),
    (Codex, "{}", &[("config.toml", "[features]\nhooks = false")], "features.hooks"),
    (Codex, "{}", &[("config.toml", "features.\"codex_hooks\" = false")], "features.codex_hooks"),
    (Codex, "{}", &[("config.toml", "features = { hooks = false } # x")], "features.hooks"),
    (Codex, "{}", &[("config.toml", "x = \"\"\"\n[features]\nhooks = false\n\"\"\"")], ""),
    (Codex, "{}", &[("config.toml", "allow_managed_hooks_only = true")], ""),
    (Codex, "{}", &[("config.toml", "[features")], "does not start"),
    (Codex, "{}", &[("config.toml", STATE)], "pre_tool_use:0:0"),
    (Codex, "{}", &[(".codex/config.toml", STATE)], ""),
    (Codex, "{}", &[(".codex/config.toml", "features.hooks = false")], "features.hooks"),
    (
        Codex,
        "{}",
        &[("/etc/codex/config.toml", "features.hooks = false"), ("config.toml", "features.hooks = true")],
        "",
    ),
    (Codex, "{}", &[("/etc/codex/managed_config.toml", "features.hooks = false")], "features.hooks"),
    (Codex, "{}", &[(REQUIRED, "[features]\nhooks = false")], "features.hooks"),
    (Codex, "{}", &[(REQUIRED, "allow_managed_hooks_only = true")], "allow_managed_hooks_only"),
    (Gemini, "{\"hooksConfig\": {\"enabled\": true}}", &[], ""),
    (Gemini, "{\"hooksConfig\": {\"enabled\": false}} // x", &[], "hooksConfig.enabled"),
    (Gemini, "{\"hooks\": {\"enabled\": false}}", &[], "hooks.enabled"),
    (Gemini, "{\"tools\": {\"enableHooks\": false}}", &[], "tools.enableHooks"),
    (Gemini, "{\"hooksConfig\": {\"disabled\": [\"/opt/qms hook\"]}}", &[], "hooksConfig.disabled"),
    (Gemini, "{\"hooks\": {\"disabled\": [\"/opt/qms hook\"]}}", &[], "hooks.disabled"),
    (Gemini, "{\"hooksConfig\": {\"disabled\": [\"bell\"]}}", &[], ""),
    (Gemini, "{}", &[(USER, "{\"hooksConfig\": {\"enabled\": false}}")], "hooksConfig.enabled"),
    (
        Gemini,
        "{\"hooksConfig\": {\"enabled\": true}}",
        &[(GEMINI_DEFAULTS, "{\"hooksConfig\": {\"enabled\": false}}")],
        "",
    ),
    (
        Gemini,
        "{\"hooksConfig\": {\"enabled\": true}}",
        &[(GEMINI_SYSTEM, "{\"hooksConfig\": {\"enabled\": false}}")],
        "hooksConfig.enabled",
    ),
    (Gemini, "{}", &[(USER, "{,}")], "does not start"),
];

// REQ-268
#[test]
fn whatever_keeps_the_hook_from_running_is_named() {
    for (runtime, own, around, named) in CASES {
        let text =
            HookSettings::read(*runtime, Some(own)).unwrap().with(Some("/opt/qms hook")).unwrap().unwrap();
        let text_of = |layer: &Layer| {
            let is_own = layer.origin == Origin::Project && layer.path == runtime.settings();
            let around = around.iter().find(|(path, _)| *path == layer.path && !is_own);
            if is_own { Some(text.as_str()) } else { around.map(|(_, text)| *text) }
        };
        let found = runtime.layers().filter_map(|layer| {
            Some(Found { layer, file: layer.path.to_owned(), text: Ok(text_of(&layer)?.to_owned()) })
        });
        let found: Vec<Found> = found.collect();
        let said = HookSettings::read(*runtime, Some(&text))
            .unwrap()
            .hindrances("/p/.codex/hooks.json", &found)
            .sure;
        let is_said = said.len() == 1 && said[0].contains(named);
        assert!(if named.is_empty() { said.is_empty() } else { is_said }, "{own}, {around:?}: {said:?}");
    }
}
