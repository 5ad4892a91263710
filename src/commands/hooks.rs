//! `hooks`: entering `qms hook` in the settings of agent runtimes, and taking it out again.

use std::fmt;
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde_json::{Map, Value, json};

use super::act::carry_out;
use super::token::request;
use super::{CommandError, Context, Reply};
use crate::disk::Settings;
use crate::domain::hook::{Line, Runtime, examine, is_shell, words};
use crate::domain::id::UserName;
use crate::domain::request::Registration;
use crate::domain::visible::place;
use crate::session::Mode;

/// What to do with hooks.
#[derive(Debug, clap::Subcommand)]
pub enum HooksCommand {
    /// Enter the hook in the settings of a runtime, and keep what is there
    Install {
        /// The runtime
        runtime: RuntimeName,
        /// Show what would be written
        #[arg(long)]
        dry_run: bool,
    },
    /// Take the hook out of the settings of a runtime
    Remove {
        /// The runtime
        runtime: RuntimeName,
        /// Show what would be written
        #[arg(long)]
        dry_run: bool,
    },
}

/// The runtimes, as words of the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum RuntimeName {
    /// Claude Code
    Claude,
    /// Codex
    Codex,
    /// Gemini CLI, which is told to start agents with `qms agent run`
    Gemini,
}

impl RuntimeName {
    fn runtime(self) -> Runtime {
        match self {
            Self::Claude => Runtime::Claude,
            Self::Codex => Runtime::Codex,
            Self::Gemini => Runtime::Gemini,
        }
    }
}

/// Where a runtime keeps the settings of a project, from its root on.
fn file_of(runtime: Runtime) -> &'static str {
    match runtime {
        Runtime::Claude => ".claude/settings.json",
        Runtime::Codex => ".codex/hooks.json",
        Runtime::Gemini => ".gemini/settings.json",
    }
}

/// The tools of Claude Code that run commands, and those of our own server.
const TOOLS_OF_CLAUDE: &str = "Bash|Monitor|PowerShell|mcp__qms__.*";

/// The events that the hook answers, each with the tool that it is about.
fn events_of(runtime: Runtime) -> &'static [(&'static str, Option<&'static str>)] {
    match runtime {
        Runtime::Claude => &[
            ("SessionStart", None),
            ("SubagentStart", None),
            ("PreToolUse", Some(TOOLS_OF_CLAUDE)),
            ("PostToolUse", Some(TOOLS_OF_CLAUDE)),
            ("PostToolUseFailure", Some(TOOLS_OF_CLAUDE)),
            ("PermissionDenied", Some(TOOLS_OF_CLAUDE)),
            ("SubagentStop", None),
        ],
        Runtime::Codex => &[
            ("SessionStart", None),
            ("SubagentStart", None),
            ("PreToolUse", Some("Bash")),
            ("PostToolUse", Some("Bash")),
            ("SubagentStop", None),
        ],
        Runtime::Gemini => &[("BeforeTool", Some("run_shell_command"))],
    }
}

/// What the settings of a runtime look like now.
#[derive(Debug, Serialize)]
struct HooksReport {
    runtime: &'static str,
    file: PathBuf,
    installed: bool,
    dry_run: bool,
    settings: Value,
    /// The users who need a proof, because the policy gives them to agents of the runtime.
    bound: Vec<UserName>,
}

impl fmt::Display for HooksReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let file = place(&self.file);
        match (self.dry_run, self.installed) {
            (true, _) => write!(f, "{file} would be:\n{:#}", self.settings)?,
            (false, true) => write!(f, "✓ hook of {} installed in {file}", self.runtime)?,
            (false, false) => write!(f, "✓ hook of {} removed from {file}", self.runtime)?,
        }
        let names = self.bound.iter().map(UserName::as_str).collect::<Vec<_>>().join(", ");
        match (self.installed, self.dry_run) {
            _ if self.bound.is_empty() => Ok(()),
            (true, false) => write!(f, "\n  bound: {names}; a call of theirs without a proof is refused"),
            (true, true) => write!(f, "\nand would bind: {names}"),
            (false, _) => {
                write!(f, "\n  still bound: {names}; qms user unbind <user> --reason <text> lifts it")
            }
        }
    }
}

/// Carries out a command about hooks. `program` is the file of this program.
pub fn run(context: &mut Context, command: &HooksCommand, program: &Path) -> Result<Reply, CommandError> {
    let mut actor = context.actor()?;
    let (name, installs, dry_run) = match command {
        HooksCommand::Install { runtime, dry_run } => (*runtime, true, *dry_run),
        HooksCommand::Remove { runtime, dry_run } => (*runtime, false, *dry_run),
    };
    let runtime = name.runtime();
    let file = context.site.root().join(file_of(runtime));
    let before = Settings::read(&file)?;
    let mut settings = before.value.clone().unwrap_or_else(|| json!({}));
    let Some(root) = settings.as_object_mut() else {
        return Err(CommandError::Failed(format!("`{}` is not a JSON object", file.display())));
    };
    take_out(root);
    let mut warnings = Vec::new();
    if installs {
        put_in(root, runtime, program);
        // Who may not bind installs nothing.
        let mode = if dry_run { Mode::DryRun } else { Mode::Commit };
        let (bound, warned) = carry_out(context, &request(Registration::Bind(runtime))?, mode)?;
        (actor, warnings) = (bound.actor, warned);
    }
    if !dry_run {
        before.write(context.site.root(), &settings)?;
    }
    let given = context.session.policy()?;
    let given = given.users_of(runtime);
    let mut users = context.session.read(&actor).users()?;
    users.retain(|user| user.removed_at.is_none() && given.contains(&user.name));
    // On trial those who would be bound are named, afterwards those who are.
    users.retain(|user| user.is_bound || (installs && dry_run));
    let bound = users.into_iter().map(|user| user.name).collect();
    let runtime = runtime.name();
    let report = HooksReport { runtime, file, installed: installs, dry_run, settings, bound };
    let mut reply = Reply::new(report).by(actor);
    reply.warnings.extend(warnings);
    Ok(reply)
}

/// Tells whether a handler runs our hook.
fn is_ours(handler: &Value) -> bool {
    let command = handler.get("command").and_then(Value::as_str).unwrap_or_default();
    match examine(command) {
        Line::Qms(argv) => argv.get(1).is_some_and(|word| word == "hook") && argv.len() == 2,
        _ => false,
    }
}

/// Takes our handlers out of every event, and what is empty then.
fn take_out(root: &mut Map<String, Value>) {
    let Some(events) = root.get_mut("hooks").and_then(Value::as_object_mut) else { return };
    for groups in events.values_mut().filter_map(Value::as_array_mut) {
        for group in groups.iter_mut() {
            if let Some(handlers) = group.get_mut("hooks").and_then(Value::as_array_mut) {
                handlers.retain(|handler| !is_ours(handler));
            }
        }
        groups.retain(|group| {
            let handlers = group.get("hooks").and_then(Value::as_array);
            handlers.is_none_or(|handlers| !handlers.is_empty())
        });
    }
    events.retain(|_, groups| groups.as_array().is_none_or(|groups| !groups.is_empty()));
    if events.is_empty() {
        root.shift_remove("hooks");
    }
}

fn put_in(root: &mut Map<String, Value>, runtime: Runtime, program: &Path) {
    let command = format!("{} hook", words::word(&program.display().to_string()));
    let events = root.entry("hooks").or_insert_with(|| json!({}));
    let Some(events) = events.as_object_mut() else { return };
    for (event, matcher) in events_of(runtime) {
        let mut group = Map::new();
        if let Some(matcher) = matcher {
            group.insert("matcher".to_owned(), json!(matcher));
        }
        group.insert("hooks".to_owned(), json!([{"type": "command", "command": command}]));
        let groups = events.entry(*event).or_insert_with(|| json!([]));
        if let Some(groups) = groups.as_array_mut() {
            groups.push(Value::Object(group));
        }
    }
}

/// Tells whether our hook is in the settings of a runtime. In settings that cannot be read it may be.
pub fn may_sign(root: &Path, runtime: Runtime) -> bool {
    Settings::read(&root.join(file_of(runtime))).is_err() || installed(root).contains(&runtime)
}

/// Lists the runtimes in whose settings our hook is.
pub(super) fn installed(root: &Path) -> Vec<Runtime> {
    let mut runtimes = Runtime::ALL.to_vec();
    runtimes.retain(|runtime| {
        let settings = Settings::read(&root.join(file_of(*runtime))).ok().and_then(|it| it.value);
        let text = settings.map(|settings| settings.to_string()).unwrap_or_default();
        text.contains("qms hook") || text.contains("qms' hook")
    });
    runtimes
}

/// Tells whether the handlers of a group may hear of commands: all do but those that are for other tools
/// by name. A pattern may mean anything.
fn may_hear_of_commands(group: &Value) -> bool {
    let matcher = group.get("matcher").and_then(Value::as_str).unwrap_or_default();
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let mut names = matcher.split('|');
    names.any(|name| is_shell(name) || name.is_empty() || !name.chars().all(is_name))
}

/// Says what is wrong with the hooks that are installed: of the handlers that can rewrite a command
/// exactly one must be there, and it must be ours.
pub(super) fn faults(root: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for runtime in Runtime::ALL {
        let file = file_of(runtime);
        let settings = match Settings::read(&root.join(file)) {
            Ok(Settings { value: Some(settings), .. }) => settings,
            Ok(_) => continue,
            Err(error) => {
                found.push(error.to_string());
                continue;
            }
        };
        let events = settings.get("hooks").and_then(Value::as_object);
        let handlers_of = |event: &str| -> Vec<Value> {
            let groups = events.and_then(|events| events.get(event)).and_then(Value::as_array);
            let groups = groups.into_iter().flatten().filter(|group| may_hear_of_commands(group));
            groups.filter_map(|group| group.get("hooks")?.as_array()).flatten().cloned().collect()
        };
        let has_ours = |event: &str| handlers_of(event).iter().any(is_ours);
        if !events_of(runtime).iter().any(|(event, _)| has_ours(event)) {
            continue;
        }
        for (event, _) in events_of(runtime).iter().filter(|(event, _)| !has_ours(event)) {
            found.push(format!(
                "`{file}` has no hook for {event}; qms hooks install {} enters it",
                runtime.name()
            ));
        }
        let before = if runtime == Runtime::Gemini { "BeforeTool" } else { "PreToolUse" };
        let count = handlers_of(before).len();
        if count > 1 {
            found.push(format!(
                "`{file}` has {count} hooks for {before}: with more than one a rewritten command can get lost"
            ));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_there_stays_and_what_was_put_in_is_taken_out() {
        let others = json!({
            "model": "x",
            "hooks": {
                "PreToolUse": [{"matcher": "Write", "hooks": [{"type": "command", "command": "fmt"}]}],
                "Stop": [{"hooks": [{"type": "command", "command": "bell"}]}]
            }
        });
        for runtime in Runtime::ALL {
            let mut settings = others.clone();
            let root = settings.as_object_mut().unwrap_or_else(|| panic!("an object"));
            put_in(root, runtime, Path::new("/opt/my tools/qms"));
            put_in(root, runtime, Path::new("/opt/my tools/qms"));
            assert!(root["hooks"].to_string().contains("'/opt/my tools/qms' hook"));
            take_out(root);
            assert_eq!(settings, others, "{}", runtime.name());
        }
        let mut empty = Map::new();
        put_in(&mut empty, Runtime::Claude, Path::new("/usr/bin/qms"));
        take_out(&mut empty);
        assert_eq!(Value::Object(empty), json!({}));
    }
}
