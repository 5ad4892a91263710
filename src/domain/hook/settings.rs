//! The hook in the settings of an agent runtime: whether it is there, and how it gets in and out.
//!
//! What others wrote stays as they wrote it, to the byte. What a runtime reads is read, and what it passes over is
//! passed over; settings in which it would not find the hook are refused.

use std::collections::BTreeSet;

use serde_json::Value;

use super::event::is_shell;
use super::runtime::Runtime;
use super::scan::scan;
use parts::{Inside, Plain, Raw, is_blank, said};

mod edit;
mod off;
mod parts;

pub use off::{Found, Layer, Origin};
pub use parts::Misshapen;

/// What Codex knows in its file of hooks; with anything else there it reads none of them.
const MEMBERS_OF_CODEX: &[&str] = &["description", "hooks"];

/// The events of Codex, whose form has to be right. Others it passes over.
const EVENTS_OF_CODEX: &[&str] = &[
    "Interrupt",
    "PermissionRequest",
    "PostCompact",
    "PostToolUse",
    "PreCompact",
    "PreToolUse",
    "SessionEnd",
    "SessionStart",
    "Stop",
    "SubagentStart",
    "SubagentStop",
    "UserPromptSubmit",
];

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

/// Handlers for the same tools.
#[derive(Debug)]
struct Group {
    matcher: Option<String>,
    /// Its list of handlers, in which there may be something that the runtime passes over.
    handlers: Option<Inside>,
    commands: Vec<Option<String>>,
    /// Whether it says nothing besides.
    is_plain: bool,
}

impl Group {
    fn read(runtime: Runtime, plain: &Plain<'_>, place: &str, raw: Raw<'_>) -> Result<Self, Misshapen> {
        let is_strict = runtime == Runtime::Codex;
        let mut group = Self { matcher: None, handlers: None, commands: Vec::new(), is_plain: false };
        let members = match plain.object(place, raw.get()) {
            Err(Misshapen::Wrong { .. }) if !is_strict => return Ok(group),
            members => members?,
        };
        let is_ours =
            |(key, _): &(Raw<'_>, Raw<'_>)| matches!(said(key).as_deref(), Some("matcher" | "hooks"));
        group.is_plain = members.0.iter().all(is_ours);
        group.matcher = plain.one(&members, &format!("{place}.matcher"), "matcher")?.and_then(said);
        let at = format!("{place}.hooks");
        let Some(raw) = plain.one(&members, &at, "hooks")? else { return Ok(group) };
        let handlers = match plain.list(&at, raw.get()) {
            Err(Misshapen::Wrong { .. }) if !is_strict => return Ok(group),
            handlers => handlers?,
        };
        group.handlers = Some(Inside::of_list(plain, raw.get(), &handlers));
        for (number, raw) in handlers.into_iter().enumerate() {
            let at = format!("{at}[{number}]");
            group.commands.push(match plain.object(&at, raw.get()) {
                Err(Misshapen::Wrong { .. }) if !is_strict => None,
                members => plain.one(&members?, &format!("{at}.command"), "command")?.and_then(said),
            });
        }
        Ok(group)
    }

    /// Tells whether its handlers may hear of commands: all do but those that are for other tools by name. A pattern
    /// may mean anything.
    fn may_hear_of_commands(&self) -> bool {
        let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let mut names = self.matcher.as_deref().unwrap_or_default().split('|');
        names.any(|name| is_shell(name) || name.is_empty() || !name.chars().all(is_name))
    }

    fn has(&self, command: &str) -> bool {
        self.commands.iter().flatten().any(|own| own == command)
    }
}

/// An event, and what is to be run then.
#[derive(Debug)]
struct Event {
    name: String,
    /// Its groups, where they are a list.
    inside: Option<Inside>,
    groups: Vec<Group>,
}

impl Event {
    fn read(
        runtime: Runtime,
        plain: &Plain<'_>,
        place: &str,
        (name, raw): (String, Raw<'_>),
    ) -> Result<Self, Misshapen> {
        let is_ours = runtime.events().iter().any(|(event, _)| *event == name);
        let has_to_be_right = match runtime {
            Runtime::Codex => EVENTS_OF_CODEX.contains(&name.as_str()),
            Runtime::Claude | Runtime::Gemini => is_ours,
        };
        let groups = match plain.list(place, raw.get()) {
            Err(Misshapen::Wrong { .. }) if !has_to_be_right => {
                return Ok(Self { name, inside: None, groups: Vec::new() });
            }
            groups => groups?,
        };
        let inside = Some(Inside::of_list(plain, raw.get(), &groups));
        let groups = groups.into_iter().enumerate();
        let groups =
            groups.map(|(number, raw)| Group::read(runtime, plain, &format!("{place}[{number}]"), raw));
        Ok(Self { name, inside, groups: groups.collect::<Result<_, _>>()? })
    }
}

/// The settings of a project for a runtime, as far as hooks go.
#[derive(Debug)]
pub struct HookSettings<'a> {
    runtime: Runtime,
    /// What the file says; `None` where there is none.
    text: Option<&'a str>,
    plain: Plain<'a>,
    /// What is in the object; `None` where there is none yet.
    root: Option<Inside>,
    /// What is in its member `hooks`, and which of the members that is.
    hooks: Option<(usize, Inside)>,
    events: Vec<Event>,
}

impl<'a> HookSettings<'a> {
    /// Reads settings: the text of their file, where there is one.
    pub fn read(runtime: Runtime, text: Option<&'a str>) -> Result<Self, Misshapen> {
        let plain = Plain::of(runtime, text.unwrap_or_default())?;
        let mut settings = Self { runtime, text, plain, root: None, hooks: None, events: Vec::new() };
        if !is_blank(settings.text.unwrap_or_default()) {
            let plain = &settings.plain;
            let members = plain.object("", &plain.text)?;
            settings.root = Some(Inside::of_object(plain, &plain.text, &members));
            if let Some(hooks) = plain.one(&members, "hooks", "hooks")? {
                let number = members.0.iter().position(|(_, value)| std::ptr::eq(*value, hooks));
                let mut names = BTreeSet::new();
                let members = plain.object("hooks", hooks.get())?;
                let mut events = Vec::new();
                for (key, raw) in &members.0 {
                    let name = said(key).unwrap_or_default();
                    let place = format!("hooks.{name}");
                    if !names.insert(name.clone()) {
                        return Err(Misshapen::Doubled { line: plain.line(key.get()), place });
                    }
                    events.push(Event::read(runtime, plain, &place, (name, raw))?);
                }
                let inside = Inside::of_object(plain, hooks.get(), &members);
                settings.hooks = Some((number.unwrap_or_default(), inside));
                settings.events = events;
            }
        }
        Ok(settings)
    }

    /// Returns them as values, for programs.
    pub fn values(&self) -> Option<Value> {
        serde_json::from_str(&self.plain.text).ok()
    }

    fn groups(&self, event: &str) -> impl Iterator<Item = &Group> {
        self.events.iter().filter(move |of| of.name == event).flat_map(|of| &of.groups)
    }

    /// Finds the commands that run our hook, whatever the program is called and wherever it lies: those that the
    /// program has its name in, and those that stand at every event of ours, for the tools of ours.
    fn ours(&self) -> BTreeSet<&str> {
        let commands = self.events.iter().flat_map(|event| &event.groups).flat_map(|group| &group.commands);
        let commands: BTreeSet<&str> = commands.flatten().map(String::as_str).collect();
        let at = |(event, matcher): &(&str, Option<&str>)| -> BTreeSet<&str> {
            let groups = self.groups(event).filter(|group| group.matcher.as_deref() == *matcher);
            groups.flat_map(|group| &group.commands).flatten().map(String::as_str).collect()
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

    /// Tells whether our hook is there with this command, whole and once, and no other of ours.
    pub fn is_whole(&self, command: &str) -> bool {
        let is_once = |(event, matcher): &(&str, Option<&str>)| {
            let own = self.groups(event).filter(|group| group.has(command));
            own.map(|group| group.matcher.as_deref()).collect::<Vec<_>>() == [*matcher]
        };
        self.ours() == BTreeSet::from([command]) && self.runtime.events().iter().all(is_once)
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
        let count: usize = hearing(before).map(|group| group.commands.len()).sum();
        let several = (count > 1).then(|| {
            format!(
                "`{file}` has {count} hooks for {before}: with more than one a rewritten command can get lost"
            )
        });
        lacking.chain(several).collect()
    }
}

/// The program of a command that is two plain words, the second of which is `hook`.
fn program_of(command: &str) -> Option<String> {
    let (script, None) = scan(command) else { return None };
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
