//! The hook in the settings of an agent runtime: whether it is there, and how it gets in and out.
//!
//! What others wrote stays as they wrote it, to the byte: names, numbers, and what is said twice. Settings of another
//! form than the runtime reads are refused, since a hook in them would never run.

use std::collections::BTreeSet;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};
use thiserror::Error;

use super::event::is_shell;
use super::runtime::Runtime;
use super::scan::scan;

/// The tools of Claude Code that run commands, and those of our own server.
const TOOLS_OF_CLAUDE: &str = "Bash|Monitor|PowerShell|mcp__qms__.*";

impl Runtime {
    /// Where it keeps the settings of a project, from its root on.
    pub const fn settings(self) -> &'static str {
        match self {
            Self::Claude => ".claude/settings.json",
            Self::Codex => ".codex/hooks.json",
            Self::Gemini => ".gemini/settings.json",
        }
    }

    /// The events that the hook answers, each with the tools that it is about.
    const fn events(self) -> &'static [(&'static str, Option<&'static str>)] {
        match self {
            Self::Claude => &[
                ("SessionStart", None),
                ("SubagentStart", None),
                ("PreToolUse", Some(TOOLS_OF_CLAUDE)),
                ("PostToolUse", Some(TOOLS_OF_CLAUDE)),
                ("PostToolUseFailure", Some(TOOLS_OF_CLAUDE)),
                ("PermissionDenied", Some(TOOLS_OF_CLAUDE)),
                ("SubagentStop", None),
            ],
            Self::Codex => &[
                ("SessionStart", None),
                ("SubagentStart", None),
                ("PreToolUse", Some("Bash")),
                ("PostToolUse", Some("Bash")),
                ("SubagentStop", None),
            ],
            Self::Gemini => &[("BeforeTool", Some("run_shell_command"))],
        }
    }
}

/// Why settings are not read.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Misshapen {
    /// They are no JSON.
    #[error("it is not JSON: {0}")]
    NotJson(String),
    /// Something in them has another form than the runtime reads.
    #[error("{} is {is}, and not {wanted}", named(place))]
    Wrong {
        /// Where it is; blank for all of it.
        place: String,
        /// What it is.
        is: &'static str,
        /// What the runtime reads there.
        wanted: &'static str,
    },
    /// Something that has to be there once is there twice.
    #[error("`{0}` is there more than once, and only one of them counts")]
    Doubled(String),
}

fn named(place: &str) -> String {
    if place.is_empty() { "it".to_owned() } else { format!("`{place}`") }
}

type Raw<'a> = &'a RawValue;

/// The members of an object in order, also those of one name.
#[derive(Clone)]
struct Members<'a>(Vec<(Raw<'a>, Raw<'a>)>);

impl<'de: 'a, 'a> Deserialize<'de> for Members<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct All;
        impl<'de> Visitor<'de> for All {
            type Value = Members<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members<'de>, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(All)
    }
}

impl<'a> Members<'a> {
    fn read(place: &str, raw: &'a str) -> Result<Self, Misshapen> {
        form(place, raw, '{', "an object")?;
        serde_json::from_str(raw).map_err(|error| Misshapen::NotJson(error.to_string()))
    }

    /// Finds the one member of a name, where there is one.
    fn one(&self, place: &str, name: &str) -> Result<Option<Raw<'a>>, Misshapen> {
        let mut found = self.0.iter().filter(|(key, _)| said(key).as_deref() == Some(name));
        let first = found.next().map(|(_, value)| *value);
        if found.next().is_some() { Err(Misshapen::Doubled(place.to_owned())) } else { Ok(first) }
    }

    /// Writes the members, that of `name` with another value, or without one left away.
    fn with(&self, name: &str, value: Option<&str>, indent: usize) -> String {
        let is_meant = |key: Raw<'_>| said(key).as_deref() == Some(name);
        let kept = self.0.iter().filter_map(|(key, old)| {
            let new = if is_meant(key) { value? } else { old.get() };
            Some(format!("{}: {new}", key.get()))
        });
        let is_new = !self.0.iter().any(|(key, _)| is_meant(key));
        let added = value.filter(|_| is_new).map(|value| format!("{}: {value}", json!(name)));
        written('{', kept.chain(added), '}', indent)
    }
}

/// Writes an object or a list, one part a line.
fn written(open: char, parts: impl Iterator<Item = String>, close: char, indent: usize) -> String {
    let parts: Vec<String> =
        parts.map(|part| format!("\n{:indent$}{part}", "", indent = indent + 2)).collect();
    if parts.is_empty() {
        return format!("{open}{close}");
    }
    format!("{open}{}\n{:indent$}{close}", parts.join(","), "")
}

/// Reads a text.
fn said(raw: Raw<'_>) -> Option<String> {
    serde_json::from_str(raw.get()).ok()
}

fn list<'a>(place: &str, raw: Raw<'a>) -> Result<Vec<Raw<'a>>, Misshapen> {
    form(place, raw.get(), '[', "a list")?;
    serde_json::from_str(raw.get()).map_err(|error| Misshapen::NotJson(error.to_string()))
}

/// Refuses a value of another form than is read at a place.
fn form(place: &str, raw: &str, begins: char, wanted: &'static str) -> Result<(), Misshapen> {
    let first = raw.trim_start().chars().next().unwrap_or_default();
    if first == begins {
        return Ok(());
    }
    let is = match first {
        '{' => "an object",
        '[' => "a list",
        '"' => "a text",
        't' | 'f' => "yes or no",
        'n' => "nothing",
        _ => "a number",
    };
    Err(Misshapen::Wrong { place: place.to_owned(), is, wanted })
}

/// Handlers for the same tools.
struct Group<'a> {
    raw: Raw<'a>,
    members: Members<'a>,
    matcher: Option<String>,
    handlers: Vec<(Raw<'a>, Option<String>)>,
}

impl<'a> Group<'a> {
    fn read(place: &str, raw: Raw<'a>) -> Result<Self, Misshapen> {
        let members = Members::read(place, raw.get())?;
        let matcher = members.one(&format!("{place}.matcher"), "matcher")?.and_then(said);
        let at = format!("{place}.hooks");
        let missing = || Misshapen::Wrong { place: at.clone(), is: "missing", wanted: "a list" };
        let handlers = list(&at, members.one(&at, "hooks")?.ok_or_else(missing)?)?;
        let handlers = handlers.into_iter().enumerate().map(|(number, raw)| {
            let at = format!("{at}[{number}]");
            let command = Members::read(&at, raw.get())?.one(&format!("{at}.command"), "command")?;
            Ok((raw, command.and_then(said)))
        });
        Ok(Self { raw, matcher, handlers: handlers.collect::<Result<_, _>>()?, members })
    }

    /// Tells whether its handlers may hear of commands: all do but those that are for other tools by name. A pattern
    /// may mean anything.
    fn may_hear_of_commands(&self) -> bool {
        let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let mut names = self.matcher.as_deref().unwrap_or_default().split('|');
        names.any(|name| is_shell(name) || name.is_empty() || !name.chars().all(is_name))
    }

    /// Writes it without these commands; `None` where nothing is left.
    fn without(&self, commands: &BTreeSet<&str>) -> Option<String> {
        let is_other = |(_, command): &&(Raw<'_>, Option<String>)| {
            command.as_deref().is_none_or(|command| !commands.contains(command))
        };
        let others: Vec<_> =
            self.handlers.iter().filter(is_other).map(|(raw, _)| raw.get().to_owned()).collect();
        if others.len() == self.handlers.len() {
            return Some(self.raw.get().to_owned());
        }
        let handlers = |others: Vec<String>| written('[', others.into_iter(), ']', 8);
        (!others.is_empty()).then(|| self.members.with("hooks", Some(&handlers(others)), 6))
    }

    fn has(&self, command: &str) -> bool {
        self.handlers.iter().any(|(_, own)| own.as_deref() == Some(command))
    }
}

/// Settings of a runtime, as far as hooks go.
pub struct HookSettings<'a> {
    runtime: Runtime,
    text: &'a str,
    members: Members<'a>,
    /// The events and the groups of each, with the names as they are written.
    events: Vec<(Raw<'a>, Vec<Group<'a>>)>,
}

impl<'a> HookSettings<'a> {
    /// Reads settings.
    pub fn read(runtime: Runtime, text: &'a str) -> Result<Self, Misshapen> {
        // What is no JSON at all is told as such.
        let whole: Raw<'a> =
            serde_json::from_str(text).map_err(|error| Misshapen::NotJson(error.to_string()))?;
        let members = Members::read("", whole.get())?;
        let mut events = Vec::new();
        if let Some(hooks) = members.one("hooks", "hooks")? {
            let mut names = BTreeSet::new();
            for (key, groups) in Members::read("hooks", hooks.get())?.0 {
                let name = said(key).unwrap_or_default();
                let place = format!("hooks.{name}");
                if !names.insert(name) {
                    return Err(Misshapen::Doubled(place));
                }
                let groups = list(&place, groups)?.into_iter().enumerate();
                let groups = groups.map(|(number, raw)| Group::read(&format!("{place}[{number}]"), raw));
                events.push((key, groups.collect::<Result<_, _>>()?));
            }
        }
        Ok(Self { runtime, text, members, events })
    }

    fn groups(&self, event: &str) -> impl Iterator<Item = &Group<'a>> {
        let of_event = self.events.iter().filter(move |(key, _)| said(key).as_deref() == Some(event));
        of_event.flat_map(|(_, groups)| groups)
    }

    /// Finds the commands that run our hook, whatever the program is called and wherever it lies: those that the
    /// program has its name in, and those that stand at every event of ours, for the tools of ours.
    fn ours(&self) -> BTreeSet<&str> {
        let handlers = self.events.iter().flat_map(|(_, groups)| groups).flat_map(|group| &group.handlers);
        let commands: BTreeSet<&str> = handlers.filter_map(|(_, command)| command.as_deref()).collect();
        let at = |(event, matcher): &(&str, Option<&str>)| -> BTreeSet<&str> {
            let groups = self.groups(event).filter(|group| group.matcher.as_deref() == *matcher);
            groups.flat_map(|group| &group.handlers).filter_map(|(_, command)| command.as_deref()).collect()
        };
        let places: Vec<BTreeSet<&str>> = self.runtime.events().iter().map(at).collect();
        let is_ours = |command: &&str| {
            program_of(command)
                .is_some_and(|program| is_qms(&program) || places.iter().all(|place| place.contains(command)))
        };
        commands.into_iter().filter(is_ours).collect()
    }

    /// Tells whether our hook is there.
    pub fn has_ours(&self) -> bool {
        !self.ours().is_empty()
    }

    /// Tells whether the runtime runs no hook at all, whatever is entered.
    pub fn is_switched_off(&self) -> bool {
        matches!(self.members.one("disableAllHooks", "disableAllHooks"), Ok(Some(value)) if value.get() == "true")
    }

    /// Tells whether our hook is there with this command, whole and once, and no other of ours.
    pub fn is_whole(&self, command: &str) -> bool {
        let is_once = |(event, matcher): &(&str, Option<&str>)| {
            let own = self.groups(event).filter(|group| group.has(command));
            own.map(|group| group.matcher.as_deref()).collect::<Vec<_>>() == [*matcher]
        };
        self.ours() == BTreeSet::from([command]) && self.runtime.events().iter().all(is_once)
    }

    /// Writes the settings without our hook, and with `command` as it, if there is one.
    pub fn with(&self, command: Option<&str>) -> String {
        let ours = self.ours();
        if command.is_none() && ours.is_empty() {
            return self.text.to_owned();
        }
        let mut events: Vec<(String, Vec<String>)> = Vec::new();
        for (key, groups) in &self.events {
            let kept: Vec<String> = groups.iter().filter_map(|group| group.without(&ours)).collect();
            // What is empty because ours is gone goes, too.
            if !kept.is_empty() || groups.is_empty() {
                events.push((key.get().to_owned(), kept));
            }
        }
        for (event, matcher) in self.runtime.events() {
            let Some(command) = command else { break };
            let mut group = Map::new();
            group.extend(matcher.map(|matcher| ("matcher".to_owned(), json!(matcher))));
            group.insert("hooks".to_owned(), json!([{"type": "command", "command": command}]));
            let group = format!("{:#}", Value::Object(group)).replace('\n', "\n      ");
            let is_meant = |key: &str| serde_json::from_str::<String>(key).is_ok_and(|key| key == *event);
            match events.iter_mut().find(|(key, _)| is_meant(key)) {
                Some((_, groups)) => groups.push(group),
                None => events.push((json!(event).to_string(), vec![group])),
            }
        }
        let written_out = |(key, groups): (String, Vec<String>)| {
            format!("{key}: {}", written('[', groups.into_iter(), ']', 4))
        };
        let hooks = (!events.is_empty()).then(|| written('{', events.into_iter().map(written_out), '}', 2));
        self.members.with("hooks", hooks.as_deref(), 0) + "\n"
    }

    /// Says what is wrong with the hook, where it is there: of the handlers that can rewrite a command exactly one must
    /// be there, and it must be ours.
    pub fn faults(&self) -> Vec<String> {
        let (ours, file) = (self.ours(), self.runtime.settings());
        if ours.is_empty() {
            return Vec::new();
        }
        let hearing = |event| self.groups(event).filter(|group| group.may_hear_of_commands());
        let has_ours = |event| hearing(event).any(|group| ours.iter().any(|command| group.has(command)));
        let lacking = self.runtime.events().iter().filter(|(event, _)| !has_ours(event)).map(|(event, _)| {
            format!("`{file}` has no hook for {event}; qms hooks install {} enters it", self.runtime.name())
        });
        let before = if self.runtime == Runtime::Gemini { "BeforeTool" } else { "PreToolUse" };
        let count: usize = hearing(before).map(|group| group.handlers.len()).sum();
        let several = (count > 1).then(|| {
            format!(
                "`{file}` has {count} hooks for {before}: with more than one a rewritten command can get lost"
            )
        });
        let off = format!(
            "`{file}` has `disableAllHooks`: no hook runs, and the program refuses what they would sign"
        );
        let off = self.is_switched_off().then_some(off);
        lacking.chain(several).chain(off).collect()
    }
}

/// The program of a command that is two plain words, the second of which is `hook`.
fn program_of(command: &str) -> Option<String> {
    let script = scan(command).ok()?;
    let [call] = script.commands.as_slice() else { return None };
    let [program, hook] = call.words.as_slice() else { return None };
    let is_plain = script.features.is_empty() && !call.is_fed && !program.expands && !program.assigns();
    (is_plain && hook.is_bare("hook")).then(|| program.name().to_owned())
}

/// Tells whether a program has our name, or that with a version behind it. Other programs begin with it, too.
fn is_qms(program: &str) -> bool {
    let is_version = |rest: &str| rest.starts_with(|c: char| c.is_ascii_digit());
    program.strip_prefix("qms").is_some_and(|rest| {
        rest.is_empty()
            || rest.strip_prefix(['-', '_']).is_some_and(|rest| is_version(rest.trim_start_matches('v')))
    })
}

#[cfg(test)]
#[path = "settings/tests.rs"]
mod tests;
