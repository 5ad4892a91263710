//! What keeps our hook from running, though it is in the settings: switches in any file that the runtime reads.
//!
//! A later file outweighs an earlier one, as it does for the runtime. Not looked at is what no file of the system
//! holds: options of the command line, variables, and settings that an organization sends.

use serde_json::Value;
use toml::de::{DeTable, DeValue};

use super::parts::{Members, Misshapen, Plain, is_blank, said};
use super::{Handler, HookSettings, MEMBERS_OF_CODEX, Runtime};

/// Whose a file of settings is, which tells where it lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// The system's administrator: the path is absolute.
    System,
    /// The user: the path starts in the folder that the runtime keeps for them.
    User,
    /// The project: the path starts in its root.
    Project,
}

/// A file of settings that a runtime reads, or a folder of such files, whose name ends with `.d`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Layer {
    /// Whose it is.
    pub origin: Origin,
    /// Where it lies.
    pub path: &'static str,
}

impl Runtime {
    /// The files of settings that it reads, and could be told in to run no hook, or another. One outweighs those before it.
    pub fn layers(self) -> impl Iterator<Item = Layer> {
        use Origin::{Project, System, User};
        let files: &[(Origin, &str)] = match self {
            Self::Claude => &[
                (User, "settings.json"),
                (Project, ".claude/settings.json"),
                (Project, ".claude/settings.local.json"),
                (System, "/etc/claude-code/managed-settings.json"),
                (System, "/etc/claude-code/managed-settings.d"),
                (System, "/Library/Application Support/ClaudeCode/managed-settings.json"),
                (System, "/Library/Application Support/ClaudeCode/managed-settings.d"),
            ],
            Self::Codex => &[
                (System, "/etc/codex/config.toml"),
                (System, "/etc/codex/hooks.json"),
                (User, "config.toml"),
                (User, "hooks.json"),
                (Project, ".codex/config.toml"),
                (System, "/etc/codex/managed_config.toml"),
                (System, "/etc/codex/requirements.toml"),
            ],
            Self::Gemini => &[
                (System, "/etc/gemini-cli/system-defaults.json"),
                (System, "/Library/Application Support/GeminiCli/system-defaults.json"),
                (User, "settings.json"),
                (Project, ".gemini/settings.json"),
                (System, "/etc/gemini-cli/settings.json"),
                (System, "/Library/Application Support/GeminiCli/settings.json"),
            ],
        };
        files.iter().map(|(origin, path)| Layer { origin: *origin, path })
    }
}

/// A file of settings that is there.
#[derive(Debug)]
pub struct Found {
    /// Which it is.
    pub layer: Layer,
    /// Its path, as it is shown.
    pub file: String,
    /// What it says, or why it cannot be read.
    pub text: Result<String, String>,
}

impl Found {
    pub(super) fn is_toml(&self) -> bool {
        self.layer.path.rsplit('.').next() == Some("toml")
    }
}

/// What keeps our hook from running, in sentences.
#[derive(Debug)]
pub struct Hindrances {
    program: &'static str,
    /// What does.
    pub sure: Vec<String>,
    /// What may, for all that can be told.
    pub unsure: Vec<String>,
}

impl HookSettings<'_> {
    /// Says what keeps our hook from running. `file` is where these settings lie, and `found` are the files of the
    /// runtime that are there, in its order.
    pub fn hindrances(&self, file: &str, found: &[Found]) -> Hindrances {
        let program = self.runtime.program();
        let mut said = Hindrances { program, sure: Vec::new(), unsure: Vec::new() };
        for one in found {
            if let Err(why) = &one.text {
                said.unread(one, why);
            }
        }
        let texts = found.iter().filter_map(|one| Some((one, one.text.as_deref().ok()?)));
        match self.runtime {
            Runtime::Claude => said.of_claude(texts),
            Runtime::Codex => {
                self.strangers_to_codex(&mut said);
                said.of_codex(texts, &self.states_of_codex(file));
            }
            Runtime::Gemini => said.of_gemini(texts, &self.ours().into_iter().collect::<Vec<_>>()),
        }
        said
    }

    /// Codex reads no hook of a file in which it does not know everything.
    fn strangers_to_codex(&self, hindrances: &mut Hindrances) {
        let Ok(members) = self.plain.object("", &self.plain.text) else { return };
        let names = members.0.iter().filter_map(|(key, _)| said(key));
        for name in names.filter(|name| !MEMBERS_OF_CODEX.contains(&name.as_str())) {
            let file = self.runtime.settings();
            hindrances.say(file, &name, "Codex does not know it there, and reads no hook of this file");
        }
    }

    /// The names that Codex keeps our handlers under, where a person can switch each of them off.
    fn states_of_codex(&self, file: &str) -> Vec<String> {
        let ours = self.ours();
        let mut names = Vec::new();
        for event in &self.events {
            for (number, group) in event.groups.iter().enumerate() {
                let handlers = group.handlers.iter().enumerate();
                let is_own = |own: &Handler| own.command.as_deref().is_some_and(|own| ours.contains(own));
                let own = handlers.filter(|(_, own)| is_own(own));
                let event = snake_case(&event.name);
                names.extend(own.map(|(handler, _)| format!("{file}:{event}:{number}:{handler}")));
            }
        }
        names
    }
}

impl Hindrances {
    fn say(&mut self, file: &str, setting: &str, effect: &str) {
        self.sure.push(format!("`{file}` has `{setting}`: {effect}"));
    }

    fn unread(&mut self, one: &Found, why: &str) {
        self.unsure.push(format!(
            "`{}` cannot be read ({why}), so that nobody can tell whether {} runs hooks",
            one.file, self.program
        ));
    }

    fn refused(&mut self, one: &Found, why: &str) {
        self.sure.push(format!("{} does not start with `{}`: {why}", self.program, one.file));
    }

    fn of_claude<'a>(&mut self, texts: impl Iterator<Item = (&'a Found, &'a str)>) {
        let (mut off, mut alone, mut plugins) = (None, None, None);
        for (one, text) in texts.filter(|(_, text)| !is_blank(text)) {
            let is_managed = one.layer.origin == Origin::System;
            let read = Plain::of(Runtime::Claude, text);
            let read = read.as_ref().map_err(Clone::clone);
            let members = read.and_then(|plain| plain.object("", &plain.text));
            let members = match members {
                Ok(members) => members,
                Err(why) if is_managed => {
                    self.refused(one, &why.to_string());
                    continue;
                }
                // One of the others counts for nothing then; that of the hook itself is refused elsewhere.
                Err(_) => continue,
            };
            let value = |name: &str| Some(members.last(name)?.get());
            let file = one.file.as_str();
            match value("disableAllHooks") {
                Some("true") => off = Some(file),
                Some("false") => off = None,
                Some(_) if one.layer.path == Runtime::Claude.settings() => {
                    let effect =
                        "it is neither `true` nor `false`, and Claude Code reads nothing of this file";
                    self.say(file, "disableAllHooks", effect);
                }
                _ => {}
            }
            if is_managed {
                // What is neither counts as the stricter.
                match value("allowManagedHooksOnly") {
                    None | Some("null") => {}
                    Some("false") => alone = None,
                    Some(_) => alone = Some(file),
                }
                let listed = value("strictPluginOnlyCustomization");
                let listed = listed.map(|text| serde_json::from_str(text).unwrap_or(Value::Bool(true)));
                match listed {
                    None | Some(Value::Null) => {}
                    Some(Value::Bool(false)) => plugins = None,
                    Some(Value::Array(list)) if !list.iter().any(|one| one == "hooks") => {}
                    Some(_) => plugins = Some(file),
                }
            }
        }
        let refuses = "and the program refuses what they would sign";
        if let Some(file) = off {
            self.say(file, "disableAllHooks", &format!("no hook runs, {refuses}"));
        }
        let alone = alone.map(|file| (file, "allowManagedHooksOnly"));
        let plugins = plugins.map(|file| (file, "strictPluginOnlyCustomization"));
        for (file, setting) in alone.into_iter().chain(plugins) {
            self.say(file, setting, &format!("the hooks of a project do not run, {refuses}"));
        }
    }

    fn of_codex<'a>(&mut self, texts: impl Iterator<Item = (&'a Found, &'a str)>, states: &[String]) {
        let mut off = None;
        for (one, text) in texts.filter(|(one, _)| one.is_toml()) {
            let parsed = DeTable::parse(text);
            let table = match &parsed {
                Ok(table) => table.get_ref(),
                Err(why) => {
                    self.refused(one, why.message());
                    continue;
                }
            };
            let file = one.file.as_str();
            for name in ["codex_hooks", "hooks"] {
                match at(table, &["features", name]) {
                    Some(DeValue::Boolean(true)) => off = None,
                    Some(DeValue::Boolean(false)) => off = Some((file, name)),
                    _ => {}
                }
            }
            let alone = at(table, &["allow_managed_hooks_only"]);
            if one.layer.path.ends_with("requirements.toml") && matches!(alone, Some(DeValue::Boolean(true)))
            {
                let effect =
                    "the hooks of a project do not run, and the program refuses what they would sign";
                self.say(file, "allow_managed_hooks_only", effect);
            }
            let is_off = |state: &&String| {
                let enabled = at(table, &["hooks", "state", state, "enabled"]);
                matches!(enabled, Some(DeValue::Boolean(false)))
            };
            if one.layer.origin == Origin::User
                && let Some(state) = states.iter().find(is_off)
            {
                let effect = "this hook is switched off, and what it would sign is refused";
                self.say(file, &format!("hooks.state.\"{state}\".enabled = false"), effect);
            }
        }
        if let Some((file, name)) = off {
            let effect = "no hook runs, and the program refuses what they would sign";
            self.say(file, &format!("features.{name} = false"), effect);
        }
    }

    fn of_gemini<'a>(&mut self, texts: impl Iterator<Item = (&'a Found, &'a str)>, ours: &[&str]) {
        // Which of the switches counts depends on its version.
        let switches = [("hooksConfig", "enabled"), ("hooks", "enabled"), ("tools", "enableHooks")];
        let mut off = [None; 3];
        for (one, text) in texts {
            let read = Plain::of(Runtime::Gemini, text).map_err(|why| why.to_string());
            let read = read.as_ref().map_err(Clone::clone).and_then(|plain| {
                let members = plain.object("", &plain.text).map_err(|why: Misshapen| why.to_string())?;
                Ok((plain, members))
            });
            let (plain, members) = match read {
                Ok(read) => read,
                // That of the hook itself is refused elsewhere.
                Err(_) if one.layer.path == Runtime::Gemini.settings() => continue,
                Err(why) => {
                    self.refused(one, &why);
                    continue;
                }
            };
            let within = |object: &str, name: &str| {
                let inner: Members<'_> = plain.object("", members.last(object)?.get()).ok()?;
                inner.last(name).map(|raw| raw.get().to_owned())
            };
            for ((object, name), off) in switches.iter().zip(&mut off) {
                match within(object, name).as_deref() {
                    Some("true") => *off = None,
                    Some("false") => *off = Some(one.file.as_str()),
                    _ => {}
                }
            }
            for object in ["hooksConfig", "hooks"] {
                let listed = within(object, "disabled").and_then(|text| serde_json::from_str(&text).ok());
                let listed: Vec<Value> = listed.unwrap_or_default();
                if listed.iter().any(|one| ours.iter().any(|own| one == own)) {
                    let effect = "this hook is switched off, and what it would sign is refused";
                    self.say(&one.file, &format!("{object}.disabled"), effect);
                }
            }
        }
        for ((object, name), off) in switches.iter().zip(off) {
            if let Some(file) = off {
                let effect = "no hook runs, and the program refuses what they would sign";
                self.say(file, &format!("{object}.{name}"), effect);
            }
        }
    }
}

/// Finds a value of TOML.
pub(super) fn at<'t>(table: &'t DeTable<'_>, path: &[&str]) -> Option<&'t DeValue<'t>> {
    let (first, rest) = path.split_first()?;
    let value = table.get(*first)?.get_ref();
    match value {
        _ if rest.is_empty() => Some(value),
        DeValue::Table(table) => at(table, rest),
        _ => None,
    }
}

/// Writes a name as Codex does in its states: `PreToolUse` as `pre_tool_use`.
fn snake_case(name: &str) -> String {
    let mut written = String::new();
    for c in name.chars() {
        if c.is_ascii_uppercase() && !written.is_empty() {
            written.push('_');
        }
        written.push(c.to_ascii_lowercase());
    }
    written
}

#[cfg(test)]
#[path = "off/tests.rs"]
mod tests;
