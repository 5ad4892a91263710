//! `hooks`: entering `qms hook` in the settings of agent runtimes, and taking it out again.

use std::fmt;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde_json::{Value, json};

use super::act::carry_out;
use super::token::request;
use super::{CommandError, Context, Reply, Warning};
use crate::disk::{Settings, layers};
use crate::domain::hook::{Hindrances, HookSettings, Runtime, Signing, words};
use crate::domain::id::UserName;
use crate::domain::request::Registration;
use crate::domain::visible::place;
use crate::session::Mode;

/// What to do with hooks.
#[derive(Debug, clap::Subcommand)]
#[command(defer = true)]
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

/// What the settings of a runtime look like now.
#[derive(Debug, Serialize)]
struct HooksReport {
    runtime: &'static str,
    file: PathBuf,
    installed: bool,
    dry_run: bool,
    settings: Value,
    /// What the file says; `None` where there is none.
    #[serde(skip)]
    text: Option<String>,
    /// The users who need a proof, because the policy gives them to agents of the runtime.
    bound: Vec<UserName>,
}

impl fmt::Display for HooksReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let file = place(&self.file);
        match (self.dry_run, self.installed, &self.text) {
            (true, _, Some(text)) => write!(f, "{file} would be:\n{}", text.trim_end())?,
            (true, _, None) => write!(f, "{file} would not be there")?,
            (false, true, _) => write!(f, "✓ hook of {} installed in {file}", self.runtime)?,
            (false, false, _) => write!(f, "✓ hook of {} removed from {file}", self.runtime)?,
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

/// The line by which a runtime runs this program. Settings are texts, and name no file whose name is none.
fn line_of(program: &Path) -> Result<String, CommandError> {
    let named = program.to_str().map(|program| format!("{} hook", words::word(program)));
    named.ok_or_else(|| {
        CommandError::Usage(format!(
            "settings name only files whose names are UTF-8, and `{}` is none: use a `qms` in another folder",
            place(program)
        ))
    })
}

/// Carries out a command about hooks. `program` is the file of this program.
pub fn run(context: &mut Context, command: &HooksCommand, program: &Path) -> Result<Reply, CommandError> {
    let mut actor = context.actor()?;
    let (name, installs, dry_run) = match command {
        HooksCommand::Install { runtime, dry_run } => (*runtime, true, *dry_run),
        HooksCommand::Remove { runtime, dry_run } => (*runtime, false, *dry_run),
    };
    let runtime = name.runtime();
    let file = context.site.root().join(runtime.settings());
    let line = if installs { Some(line_of(program)?) } else { None };
    let line = line.as_deref();
    let before = Settings::read(&file)?;
    let text = read(runtime, &file, before.text.as_deref())?.with(line);
    let text = text.map_err(|why| refused(&file, &why.to_string()))?;
    let planned = read(runtime, &file, text.as_deref())?;
    let unknown = planned.unknown_forms();
    if !unknown.is_empty() {
        return Err(refused(&file, &unknown.join("; ")));
    }
    let settings = planned.values();
    let mut warnings = Vec::new();
    if installs {
        let root = context.site.root();
        let around = layers(runtime, root, user_folder(&context.runtimes, runtime));
        // A hook that will not run is not said to be there, and nobody is bound to what it would sign.
        let Hindrances { sure, unsure, .. } = planned.hindrances(&file.display().to_string(), &around);
        let why = match (sure.is_empty(), unsure.is_empty()) {
            (true, true) => None,
            (true, false) => Some("nobody can tell whether a hook in it would run"),
            (false, _) => Some("no hook in it would run"),
        };
        if let Some(why) = why {
            let which = [sure, unsure].concat().join("; ");
            return Err(refused(&file, &format!("{why}: {which}; change that, and try again")));
        }
        let lost = planned.others(&around).into_iter();
        warnings.extend(lost.map(|message| Warning { code: "hook_not_alone", message }));
        // Who may not bind installs nothing; and nobody is bound by what was not installed.
        let bind = request(Registration::Bind(runtime))?;
        if dry_run {
            actor = carry_out(context, &bind, Mode::DryRun)?.0.actor;
        } else if context.session.act(&context.claim, &bind, Mode::DryRun).is_ok() {
            enter(context, (runtime, &file), &before, text.as_deref(), line)?;
            let bound = carry_out(context, &bind, Mode::Commit);
            if bound.is_err() {
                before.put_back(context.site.root(), text.as_deref().unwrap_or_default())?;
            }
            let (bound, warned) = bound?;
            actor = bound.actor;
            warnings.extend(warned);
        } else {
            // It is refused, and the refusal recorded.
            carry_out(context, &bind, Mode::Commit)?;
            return Err(CommandError::Failed(
                "somebody else changed the project meanwhile: try again".to_owned(),
            ));
        }
    } else if !dry_run {
        enter(context, (runtime, &file), &before, text.as_deref(), line)?;
    }
    let given = context.session.policy()?;
    let given = given.users_of(runtime);
    let mut users = context.session.read(&actor).users()?;
    users.retain(|user| user.removed_at.is_none() && given.contains(&user.name));
    // On trial those who would be bound are named, afterwards those who are.
    users.retain(|user| user.is_bound || (installs && dry_run));
    let bound = users.into_iter().map(|user| user.name).collect();
    let runtime = runtime.name();
    let settings = settings.unwrap_or_else(|| json!({}));
    let report = HooksReport { runtime, file, installed: installs, dry_run, settings, text, bound };
    let mut reply = Reply::new(report).by(actor);
    reply.warnings.extend(warnings);
    Ok(reply)
}

/// Reads the settings of a runtime.
fn read<'a>(runtime: Runtime, file: &Path, text: Option<&'a str>) -> Result<HookSettings<'a>, CommandError> {
    HookSettings::read(runtime, text).map_err(|why| refused(file, &format!("{why}; correct that place")))
}

fn refused(file: &Path, why: &str) -> CommandError {
    CommandError::Failed(format!("`{}` is left as it is: {why}", file.display()))
}

/// Writes settings, and looks whether the hook is in them as it should be: `line`, or none.
fn enter(
    context: &Context,
    (runtime, file): (Runtime, &Path),
    before: &Settings,
    text: Option<&str>,
    line: Option<&str>,
) -> Result<(), CommandError> {
    // What is as it should be is not written anew.
    if before.text.as_deref() != text {
        before.write(context.site.root(), text)?;
    }
    let after = Settings::read(file)?;
    let after = read(runtime, file, after.text.as_deref())?;
    if line.map_or(!after.has_ours(), |line| after.is_whole(line)) {
        return Ok(());
    }
    Err(CommandError::Failed(format!(
        "`{}` is not what was written: somebody else changed it",
        file.display()
    )))
}

/// The folder in which a runtime keeps what it reads for the user in every project.
fn user_folder(folders: &[(Runtime, PathBuf)], runtime: Runtime) -> Option<&Path> {
    folders.iter().find(|(of, _)| *of == runtime).map(|(_, folder)| folder.as_path())
}

/// Tells whether a program is there that settings name. One without a folder is where the shell of the runtime finds it.
fn is_program(root: &Path, program: &str) -> bool {
    let about =
        |path: &Path| fs::metadata(path).is_ok_and(|it| it.is_file() && it.permissions().mode() & 0o111 != 0);
    !program.contains('/') || about(&root.join(program))
}

/// Finds out whether our hook signs the calls of a runtime's agents in the project at a root. `folders` is where
/// runtimes keep what they read for the user.
pub fn signing(root: &Path, folders: &[(Runtime, PathBuf)], runtime: Runtime) -> Signing {
    let file = root.join(runtime.settings());
    let own = Settings::read(&file).map_err(|error| error.to_string());
    let own = own.as_ref().map(|own| own.text.as_deref()).map_err(Clone::clone);
    let around = layers(runtime, root, user_folder(folders, runtime));
    Signing::of(runtime, &file.display().to_string(), own, &around, |program| is_program(root, program))
}

#[cfg(test)]
mod tests {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt as _;

    use super::*;

    // REQ-257
    #[test]
    fn a_program_whose_name_is_no_text_is_entered_in_no_settings() {
        let line = |path: &[u8]| line_of(Path::new(OsStr::from_bytes(path)));
        assert_eq!(line(b"/srv/my qms").unwrap(), "'/srv/my qms' hook");
        assert!(matches!(line(b"/srv/\xff/qms"), Err(CommandError::Usage(_))));
    }
}
