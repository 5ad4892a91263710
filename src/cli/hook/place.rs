//! Where an event was told, and where else it may matter: a session goes from one folder to another, and so from one
//! project to another.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::Answer;
use crate::cli::desk;
use crate::cli::ui::say;
use crate::cli::world::World;
use crate::commands::definition::Reading;
use crate::commands::{CommandError, Context};
use crate::disk::processes::asker;
use crate::disk::{Began, DiskError, KeyPlace, Remembered, definitions_at_start};
use crate::domain::hook::{Runtime, ToolCall, render};

/// Where Claude Code says which folder it was started in. Others run their hooks in that folder.
const STARTED_IN: &str = "CLAUDE_PROJECT_DIR";

/// How long an event waits for the stores of other projects, all together: its own project is not held up by theirs.
const PATIENCE: Duration = Duration::from_secs(1);

/// The places of one event.
pub(super) struct Place {
    /// The runtime that tells it.
    pub(super) runtime: Runtime,
    /// The folder in which its agent works.
    pub(super) folder: PathBuf,
    /// The folder that the runtime was started in.
    started_in: PathBuf,
    keys: KeyPlace,
    session: String,
    /// The process that tells the event, where the system tells.
    process: Option<Remembered>,
    /// The sessions that end with the beginning of this one.
    over: Vec<String>,
}

impl Place {
    /// Finds the places of an event of a session.
    pub(super) fn of(world: &World, runtime: Runtime, session: &str, cwd: Option<&str>) -> Self {
        let keys = desk::key_place(world);
        let process = asker(&(world.ancestry)().line);
        let process = process.and_then(|it| Remembered::of_process(&keys, &it, (world.clock)().boot));
        Self {
            runtime,
            folder: cwd.map_or_else(|| world.directory.clone(), PathBuf::from),
            started_in: world.path_variable(STARTED_IN).unwrap_or_else(|| world.directory.clone()),
            keys,
            session: session.to_owned(),
            process,
            over: Vec::new(),
        }
    }

    /// What is remembered of a session.
    fn remembered(&self, session: &str) -> Option<Remembered> {
        Remembered::of(&self.keys, session)
    }

    /// Tells where the runtime reads definitions.
    pub(super) fn reading(&self) -> Result<Reading, CommandError> {
        let mut at_start = definitions(self.process.as_ref())?;
        if at_start.is_none() {
            at_start = definitions(self.remembered(&self.session).as_ref())?;
        }
        if let Some(read) = &mut at_start {
            read.retain(|file| file.runtime == self.runtime.name());
        }
        Ok(Reading { runtime: self.runtime, folders: self.folders().to_vec(), at_start })
    }

    /// Hears a session begin, and says what is wrong with that.
    pub(super) fn begin(&mut self, world: &mut World, source: &str) {
        if let Err(error) = self.remember(world, source) {
            say(world, &format!("qms hook: {error}"));
        }
    }

    /// Remembers what the definitions are now, where the process that tells was not heard before: it goes by what it read
    /// then until it ends, whatever sessions it begins. Where that process is not known, a session that goes on tells that
    /// it is the same. What is remembered is that of every runtime, since all write the same event then.
    fn remember(&mut self, world: &World, source: &str) -> Result<(), DiskError> {
        let (process, session) = (self.process.as_ref(), self.remembered(&self.session));
        let is_start = ["startup", "resume"].contains(&source);
        let goes_on =
            definitions(process)?.is_some() || !is_start && definitions(session.as_ref())?.is_some();
        if !goes_on {
            let (folders, besides) = (self.folders(), desk::runtimes(world));
            let of = |runtime: Runtime| definitions_at_start(runtime, &folders, &besides);
            let found: Vec<_> = Runtime::ALL.into_iter().flat_map(of).collect();
            for place in process.into_iter().chain(&session) {
                place.begin(&found, (world.clock)().clock)?;
            }
        }
        let Some(process) = process else { return Ok(()) };
        if source != "clear" {
            return process.has(&self.session);
        }
        let mut over = process.sessions()?;
        over.retain(|before| *before != self.session);
        process.has_only(&self.session)?;
        self.over = over;
        Ok(())
    }

    /// The sessions that end with the beginning of this one: those that its process had before.
    pub(super) fn over(&self) -> &[String] {
        &self.over
    }

    /// Remembers that something is about to count in a project, so that what ends it is told there, too.
    pub(super) fn work_in(&self, context: &Context) -> Result<(), CommandError> {
        let Some(remembered) = self.remembered(&self.session) else { return Ok(()) };
        Ok(remembered.works_in(context.site.root())?)
    }

    fn folders(&self) -> [PathBuf; 2] {
        [self.folder.clone(), self.started_in.clone()]
    }

    /// Does something in the project that the agent works in; outside any there is nothing to do.
    pub(super) fn here(&self, world: &World, act: impl FnOnce(&mut Context) -> Answer) -> Answer {
        in_project(desk::open(world, &self.folder, desk::root_by_variable(world).as_deref()), act)
    }

    /// Does something in the project that the agent works in, in the one that the runtime was started in, and in all in
    /// which the session has agents or had calls signed. The answer is that of the first: trouble of the others is said,
    /// and is none of its affair.
    pub(super) fn everywhere(&self, world: &mut World, act: impl Fn(&mut Context) -> Answer) -> Answer {
        let answer = self.here(world, &act);
        let root = desk::root_by_variable(world);
        let of = |folder: &Path, root: Option<&Path>| Some(desk::site(folder, root).ok()?.root().to_owned());
        let mut known: BTreeSet<PathBuf> = of(&self.folder, root.as_deref()).into_iter().collect();
        let sessions = std::iter::once(&self.session).chain(&self.over);
        let mut projects = Vec::new();
        for remembered in sessions.filter_map(|session| self.remembered(session)) {
            match remembered.projects() {
                Ok(more) => projects.extend(more),
                Err(error) => say(world, &format!("qms hook: {error}")),
            }
        }
        let others = projects.iter().map(|project| of(project, Some(project)));
        let mut others: Vec<_> =
            [of(&self.started_in, root.as_deref())].into_iter().chain(others).flatten().collect();
        others.retain(|other| known.insert(other.clone()));
        let patience = PATIENCE / u32::try_from(others.len().max(1)).unwrap_or(u32::MAX);
        for other in others {
            let opened = desk::open_within(world, &other, Some(&other), Some(patience));
            if let Err(error) = in_project(opened, &act) {
                say(world, &format!("qms hook: in `{}`: {error}", other.display()));
            }
        }
        answer
    }

    /// Refuses a call for another project than the one of its folder: what the runtime tells later, of a call that was
    /// not permitted or an agent that ended, is told in that folder.
    pub(super) fn refuse_elsewhere(
        &self,
        world: &World,
        context: &Context,
        call: &ToolCall,
    ) -> Result<(), String> {
        let by_variable = desk::root_by_variable(world);
        let is_here = desk::site(&self.folder, by_variable.as_deref())
            .is_ok_and(|site| whole(site.root()) == whole(context.site.root()));
        if is_here {
            return Ok(());
        }
        let folder = context.site.root().display().to_string();
        // What a caller can do is different for each: what one does in vain, the next call would do in the wrong project.
        let instead = match (by_variable, self.runtime, &call.agent) {
            (Some(_), _, _) => {
                "`QMS_ROOT` says for this whole session in which one calls act, and a person begins it without that \
                 variable"
                    .to_owned()
            }
            (None, Runtime::Codex, _) => {
                format!("call `qms` without `--root`, and give the tool `workdir` as {folder:?}")
            }
            (None, _, Some(_)) => format!(
                "`cd` does not last in this agent, so say in your answer that the main thread has to start it anew from \
                 `{folder}`"
            ),
            (None, _, None) => format!(
                "go there first, by a call of its own (`cd {}`), then call `qms` without `--root`",
                render(&[folder])
            ),
        };
        Err(format!("the call names another project than the one of its folder: {instead}"))
    }
}

fn definitions(remembered: Option<&Remembered>) -> Result<Option<Vec<Began>>, DiskError> {
    remembered.map_or(Ok(None), Remembered::definitions)
}

fn in_project(opened: Result<Context, CommandError>, act: impl FnOnce(&mut Context) -> Answer) -> Answer {
    match opened {
        Ok(mut context) => act(&mut context),
        Err(error) if desk::is_nowhere(&error) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Writes a folder as a ticket names it.
pub(super) fn whole(folder: &Path) -> String {
    fs::canonicalize(folder).unwrap_or_else(|_| folder.to_owned()).display().to_string()
}
