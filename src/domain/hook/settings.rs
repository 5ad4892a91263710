//! The hook in the settings of an agent runtime: whether it is there, and how it gets in and out.
//!
//! What others wrote stays as they wrote it, to the byte. What a runtime reads is read, and what it passes over is
//! passed over; settings in which it would not find the hook are refused.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::line::{Line, examine};
use super::runtime::Runtime;
use super::scan::scan;
use super::word::Word;
use parts::{Inside, Plain, Raw, is_blank, said};

mod edit;
mod off;
mod others;
mod parts;
mod signing;

pub use off::{Found, Hindrances, Layer, Origin};
pub use parts::Misshapen;
pub use signing::Signing;

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

    /// The event at which the hook answers a command before it runs.
    const fn before(self) -> &'static str {
        match self {
            Self::Claude | Self::Codex => "PreToolUse",
            Self::Gemini => "BeforeTool",
        }
    }
}

/// What is to be run.
#[derive(Debug, Default)]
struct Handler {
    command: Option<String>,
    /// By what it differs from a handler that only runs a command, at once and always. What is not known may do
    /// anything.
    strange: Vec<String>,
}

impl Handler {
    fn read(plain: &Plain<'_>, place: &str, raw: Raw<'_>, is_strict: bool) -> Result<Self, Misshapen> {
        let members = match plain.object(place, raw.get()) {
            Err(Misshapen::Wrong { .. }) if !is_strict => return Ok(Self::default()),
            members => members?,
        };
        let command = plain.one(&members, &format!("{place}.command"), "command")?.and_then(said);
        let mut strange = Vec::new();
        for (key, value) in &members.0 {
            match said(key).as_deref() {
                Some("command") => {}
                Some("type") if said(value).as_deref() == Some("command") => {}
                name => strange.push(name.unwrap_or_default().to_owned()),
            }
        }
        if members.last("type").is_none() {
            strange.push("type".to_owned());
        }
        Ok(Self { command, strange })
    }
}

/// Handlers for the same tools.
#[derive(Debug)]
struct Group {
    matcher: Option<String>,
    /// Its list of handlers, in which there may be something that the runtime passes over.
    list: Option<Inside>,
    handlers: Vec<Handler>,
    /// What it says besides.
    strange: Vec<String>,
    /// Whether it is an object that says nothing besides.
    is_plain: bool,
}

impl Group {
    fn read(runtime: Runtime, plain: &Plain<'_>, place: &str, raw: Raw<'_>) -> Result<Self, Misshapen> {
        let is_strict = runtime == Runtime::Codex;
        let mut group =
            Self { matcher: None, list: None, handlers: Vec::new(), strange: Vec::new(), is_plain: false };
        let members = match plain.object(place, raw.get()) {
            Err(Misshapen::Wrong { .. }) if !is_strict => return Ok(group),
            members => members?,
        };
        let names = members.0.iter().map(|(key, _)| said(key).unwrap_or_default());
        group.strange = names.filter(|name| !matches!(name.as_str(), "matcher" | "hooks")).collect();
        group.is_plain = group.strange.is_empty();
        group.matcher = plain.one(&members, &format!("{place}.matcher"), "matcher")?.and_then(said);
        let at = format!("{place}.hooks");
        let Some(raw) = plain.one(&members, &at, "hooks")? else { return Ok(group) };
        let handlers = match plain.list(&at, raw.get()) {
            Err(Misshapen::Wrong { .. }) if !is_strict => return Ok(group),
            handlers => handlers?,
        };
        group.list = Some(Inside::of_list(plain, raw.get(), &handlers));
        let handlers = handlers.into_iter().enumerate();
        let handlers =
            handlers.map(|(number, raw)| Handler::read(plain, &format!("{at}[{number}]"), raw, is_strict));
        group.handlers = handlers.collect::<Result<_, _>>()?;
        Ok(group)
    }

    fn commands(&self) -> impl Iterator<Item = &str> {
        self.handlers.iter().filter_map(|handler| handler.command.as_deref())
    }

    /// Says of each handler that runs one of these commands by what it differs from one that is entered.
    fn differences(&self, commands: &BTreeSet<&str>, matcher: Option<&str>) -> Vec<Vec<&str>> {
        let own =
            self.handlers.iter().filter(|it| it.command.as_deref().is_some_and(|it| commands.contains(it)));
        let other_tools = (self.matcher.as_deref() != matcher).then_some("matcher");
        let around: Vec<&str> = self.strange.iter().map(String::as_str).chain(other_tools).collect();
        own.map(|it| it.strange.iter().map(String::as_str).chain(around.iter().copied()).collect()).collect()
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
        let commands = self.events.iter().flat_map(|event| &event.groups).flat_map(Group::commands);
        let commands: BTreeSet<&str> = commands.collect();
        let at = |(event, matcher): &(&str, Option<&str>)| -> BTreeSet<&str> {
            let groups = self.groups(event).filter(|group| group.matcher.as_deref() == *matcher);
            groups.flat_map(Group::commands).collect()
        };
        let places: Vec<BTreeSet<&str>> = self.runtime.events().iter().map(at).collect();
        let is_ours = |command: &&str| {
            program_of(command).is_some_and(|program| {
                is_qms(program.name()) || places.iter().all(|place| place.contains(command))
            })
        };
        commands.into_iter().filter(is_ours).collect()
    }

    /// Tells whether our hook is there.
    pub fn has_ours(&self) -> bool {
        !self.ours().is_empty()
    }

    /// Finds the programs that our hook is there with, as they are written.
    pub fn programs(&self) -> BTreeSet<String> {
        self.ours().into_iter().filter_map(program_of).map(|program| program.text).collect()
    }

    /// Says which commands may run our hook, and are not as it is entered: nobody can tell what becomes of its answer.
    pub fn unknown_forms(&self) -> Vec<String> {
        let (ours, file, name) = (self.ours(), self.runtime.settings(), self.runtime.name());
        let mut unknown: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for event in &self.events {
            let commands = event.groups.iter().flat_map(Group::commands);
            for command in commands.filter(|it| !ours.contains(it) && may_be_ours(it)) {
                unknown.entry(command).or_default().insert(&event.name);
            }
        }
        let said = |(command, events): (&str, BTreeSet<&str>)| {
            let shown: String = command.escape_debug().take(SHOWN_MAX).collect();
            let events = events.into_iter().collect::<Vec<_>>().join(", ");
            format!(
                "`{file}` has `{shown}` for {events}, which may run the hook, in a form that is not known here; take it \
                 out, and enter the hook with qms hooks install {name}"
            )
        };
        unknown.into_iter().map(said).collect()
    }

    /// Tells whether our hook is there with this command, whole and once, and no other of ours.
    pub fn is_whole(&self, command: &str) -> bool {
        self.ours() == BTreeSet::from([command]) && self.incomplete().is_empty()
    }

    /// Says at which events our hook is not as it is entered: there once, and such that it runs.
    fn incomplete(&self) -> Vec<String> {
        let (ours, file, name) = (self.ours(), self.runtime.settings(), self.runtime.name());
        let at = |(event, matcher): &(&'static str, Option<&str>)| {
            let own = self.groups(event).flat_map(|group| group.differences(&ours, *matcher));
            match own.collect::<Vec<_>>().as_slice() {
                [] => Some(format!("`{file}` has no hook for {event}; qms hooks install {name} enters it")),
                [own] if own.is_empty() => None,
                [own] => Some(format!(
                    "`{file}` has the hook for {event} with {} of its own, so that it need not run; qms hooks install \
                     {name} enters it anew",
                    own.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
                )),
                several => Some(format!(
                    "`{file}` has the hook for {event} {} times; qms hooks install {name} enters it once",
                    several.len()
                )),
            }
        };
        self.runtime.events().iter().filter_map(at).collect()
    }
}

/// So much is shown of a command, in characters.
const SHOWN_MAX: usize = 120;

/// Tells whether a command could run our program with the word `hook`.
fn may_be_ours(command: &str) -> bool {
    let bare: String = command.chars().filter(|c| !matches!(c, '"' | '\'' | '\\')).collect();
    let mut words = bare.split(|c: char| !c.is_ascii_alphanumeric() && !matches!(c, '-' | '_'));
    words.any(|word| word == "hook") && examine(command) != Line::Foreign
}

/// The program of a command that is two plain words, the second of which is `hook`.
fn program_of(command: &str) -> Option<Word> {
    let (script, None) = scan(command) else { return None };
    let [call] = script.commands.as_slice() else { return None };
    let [program, hook] = call.words.as_slice() else { return None };
    let is_plain = script.features.is_empty() && !call.is_fed && !program.expands && !program.assigns();
    (is_plain && hook.is_bare("hook")).then(|| program.clone())
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
