//! `agent run`: starting an agent for a task, attending it, and telling whether the task was answered.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Serialize;

use super::act::carry_out;
use super::agent::SessionView;
use super::definition::rivals;
use super::pins::observed;
use super::token::request;
use super::{CommandError, Context, Reply, brief};
use crate::disk::held::Held;
use crate::disk::processes::is_alive;
use crate::disk::{Ended, Stream, read_file};
use crate::domain::audit::EntryView;
use crate::domain::digest::{Digest, to_hex};
use crate::domain::document::{Task, words};
use crate::domain::id::{DocumentId, UserName};
use crate::domain::identity::{Actor, AgentSession, Token};
use crate::domain::policy::{Launcher, Placeholder};
use crate::domain::process::{Descent, Placement};
use crate::domain::redact::{Redactor, kept};
use crate::domain::request::{Launch, Registration};
use crate::domain::{encoding, size};
use crate::session::Mode;
use crate::store::{Entries, Sessions};

/// The longest definition that an agent is told, in bytes: Linux takes 128 KiB for one argument of a program, and a
/// launcher may write something beside it.
const DEFINITION_MAX: u64 = 120 * 1024;

/// What starting an agent needs from outside.
pub struct Outside<'a> {
    /// This program's own file.
    pub program: &'a Path,
    /// Finds out where this process comes from.
    pub descent: fn() -> Descent,
    /// Looks up an environment variable of the caller.
    pub variable: &'a dyn Fn(&str) -> Option<OsString>,
    /// Takes what the agent prints, without the secret that it was given.
    pub output: &'a mut dyn FnMut(Stream, &[u8]),
}

/// An agent that ended, its task answered.
#[derive(Debug, Serialize)]
struct RunReport {
    session: SessionView,
    #[serde(flatten)]
    left: Left,
}

impl fmt::Display for RunReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.session.ended(), self.left)
    }
}

words! {
    /// What became of the task that an agent was started for.
    Answer {
        /// It was answered.
        Given = "given",
        /// It is still open.
        Awaited = "awaited",
        /// It was not answered, and is not open.
        Over = "over",
    }
}

/// A task that an agent was started for, as it was left.
#[derive(Debug, Clone, Serialize)]
pub struct Left {
    /// The document.
    #[serde(skip)]
    pub document: DocumentId,
    #[serde(skip)]
    user: UserName,
    #[serde(skip)]
    task: Task,
    /// What became of it.
    pub answer: Answer,
}

impl fmt::Display for Left {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { document, user, task, answer } = self;
        match answer {
            Answer::Given => write!(f, "{user} has answered the {task} of {document}"),
            Answer::Awaited => write!(f, "{document} still awaits the {task} of {user}"),
            Answer::Over => write!(f, "{user} answered nothing, and {document} awaits no {task} of {user}"),
        }
    }
}

/// Starts an agent for a task, and waits for its end.
pub(super) fn start(
    context: &mut Context,
    name: &str,
    id: &DocumentId,
    task: Task,
    outside: &mut Outside<'_>,
) -> Result<Reply, CommandError> {
    let actor = context.actor()?;
    let policy = context.session.policy()?;
    let agent = policy.agents.get(name);
    let agent = agent.ok_or_else(|| {
        let known = policy.agents.iter().filter(|(_, agent)| agent.launcher.is_some());
        let known: Vec<&str> = known.map(|(name, _)| name.as_str()).collect();
        let name = name.escape_debug();
        if known.is_empty() {
            let what = format!(
                "the policy knows no agent `{name}`, and none that is started: `launchers` and `agents` of \
                 workflows/policy.yaml declare them, and adopting puts that in force"
            );
            return CommandError::unknown(what, "workflow lint");
        }
        let known = known.join(", ");
        CommandError::NotFound(format!("the policy knows no agent `{name}`; it knows {known}"))
    })?;
    let launcher = agent.launcher.as_ref().and_then(|launcher| policy.launchers.get(launcher));
    let launcher = launcher.ok_or_else(|| {
        let why = "the agent runtime starts it, and its hook says so";
        CommandError::Usage(format!("agent `{name}` has no launcher: {why}"))
    })?;
    let document = context.document(&actor, id)?;
    let token = context.new_token()?;
    let mut random = [0; 8];
    context.fill(&mut random)?;
    let session = format!("run-{}", to_hex(&random));
    let told = brief::compose(context, &actor, &agent.user, document, task)?;
    let root = context.site.root().to_owned();
    let file = agent.definition.as_ref().zip(agent.launcher.as_ref());
    let file = file.and_then(|(definition, launcher)| definition.launched(launcher));
    let mut seen = observed(&root, [launcher.program()].into_iter());
    let mut definition = String::new();
    match file {
        Some((path, _)) if launcher.fills_in(Placeholder::Definition) => {
            let (digest, text) = definition_to_tell(&root, path)?;
            seen.extend(digest.map(|digest| (path.to_owned(), digest)));
            definition = text;
        }
        Some((path, _)) => seen.extend(observed(&root, [path].into_iter())),
        None => {}
    }
    let filled = Filled {
        root: &root,
        agent: name,
        document: id,
        task: verb_of(task),
        session: &session,
        brief: told.text(),
        definition: &definition,
    };
    let folder = PathBuf::from(launcher.directory(|placeholder| filled.value(placeholder)));
    let rivals = match file {
        Some((path, Some(runtime))) => rivals(context, (runtime, name), path, std::slice::from_ref(&folder))?,
        _ => BTreeMap::new(),
    };
    // It waits, and is known before it begins.
    let held = hold(launcher, &filled, &folder, outside)?;
    let request = request(Registration::Start(Box::new(Launch {
        agent: name.to_owned(),
        document: id.clone(),
        task,
        session: session.clone(),
        token: token.id().clone(),
        verifier: token.verifier(),
        placement: placement(&held, (outside.descent)())?,
        brief: told.digest(),
        observed: seen,
        rivals,
    })))?;
    // Those whose start was killed end now: nobody attends them, and nothing that they have is good.
    let is_left = |open: &AgentSession| open.placement.as_ref().is_some_and(|it| !is_alive(&it.launcher));
    context.session.end(is_left, None)?;
    let begin = context.session.log_size()?;
    let (acted, warnings) = carry_out(context, &request, Mode::Commit)?;
    let ended = attend(held, agent.ttl, &token, outside.output);
    // However it ended, what it was given is good no longer.
    let status = ended.as_ref().ok().and_then(|ended| ended.status.or(ended.signal.map(|signal| -signal)));
    context.session.end(|open| open.id == session, status)?;
    let ended = ended?;
    // Those that it had started itself were ended with it, and nobody else closes their sessions.
    let is_of_line =
        |open: &AgentSession| open.placement.as_ref().is_some_and(|it| ended.line.contains(&it.process));
    context.session.end(is_of_line, None)?;
    let closed = context.session.agents(Sessions::Of(&session))?.into_iter().next();
    let closed =
        closed.ok_or_else(|| CommandError::Failed(format!("session {session} is not in the store")))?;
    let left = left(context, &acted.actor, begin, (id, &agent.user, task))?;
    if ended.timed_out {
        return Err(CommandError::AgentTimedOut { session, left });
    }
    if ended.interrupted {
        return Err(CommandError::AgentInterrupted { session, left });
    }
    if ended.status != Some(0) {
        return Err(CommandError::AgentFailed { session, status, left });
    }
    if left.answer != Answer::Given {
        return Err(CommandError::AgentIdle { session, left });
    }
    let mut reply = Reply::new(RunReport { session: closed.into(), left }).by(acted.actor);
    reply.warnings.extend(warnings);
    Ok(reply)
}

/// Finds out what became of a task since an entry: whether it was answered, and not what was said.
fn left(
    context: &mut Context,
    actor: &Actor,
    begin: u64,
    (id, user, task): (&DocumentId, &UserName, Task),
) -> Result<Left, CommandError> {
    let mut is_given = false;
    context.session.read(actor).entries(Entries::From(begin), &mut |stored| {
        if let Ok(entry) = EntryView::parse(stored.bytes) {
            let is_theirs = entry.actor == Some(user.as_str()) && entry.document == Some(id.as_str());
            is_given |= is_theirs && entry.verdict.is_some();
        }
        Ok(())
    })?;
    let document = context.document(actor, id)?;
    let is_awaited = document.round.is_some_and(|round| round.task == task && round.awaits(user));
    let answer = match (is_given, is_awaited) {
        (true, _) => Answer::Given,
        (false, true) => Answer::Awaited,
        (false, false) => Answer::Over,
    };
    Ok(Left { document: id.clone(), user: user.clone(), task, answer })
}

/// Reads a definition once, so that what is compared with what was adopted is what the agent is told. One that is
/// not there is the decision's affair.
fn definition_to_tell(root: &Path, path: &str) -> Result<(Option<Digest>, String), CommandError> {
    let Ok(bytes) = read_file(&root.join(path), DEFINITION_MAX + 1) else { return Ok((None, String::new())) };
    let unfit = |why: &dyn fmt::Display| CommandError::Failed(format!("the definition `{path}` {why}"));
    if bytes.len() as u64 > DEFINITION_MAX {
        let most = size::shown(DEFINITION_MAX);
        return Err(unfit(&format!(
            "is longer than {most}, the most that a program is told in one argument"
        )));
    }
    let text = encoding::text(&bytes).map_err(|why| unfit(&why))?;
    Ok((Some(Digest::of(&bytes)), text.to_owned()))
}

/// What stands for the placeholders of a launcher.
struct Filled<'a> {
    root: &'a Path,
    agent: &'a str,
    document: &'a DocumentId,
    task: &'a str,
    session: &'a str,
    brief: &'a str,
    definition: &'a str,
}

impl Filled<'_> {
    fn value(&self, placeholder: Placeholder) -> String {
        match placeholder {
            Placeholder::Root => self.root.display().to_string(),
            Placeholder::Agent => self.agent.to_owned(),
            Placeholder::Document => self.document.to_string(),
            Placeholder::Task => self.task.to_owned(),
            Placeholder::Session => self.session.to_owned(),
            Placeholder::Brief => self.brief.to_owned(),
            Placeholder::Definition => self.definition.to_owned(),
        }
    }
}

/// Starts the program of a launcher, so that it waits.
fn hold(
    launcher: &Launcher,
    filled: &Filled<'_>,
    directory: &Path,
    outside: &Outside<'_>,
) -> Result<Held, CommandError> {
    let value = |placeholder| filled.value(placeholder);
    let environment =
        launcher.environment(outside.variable).map_err(CommandError::not_text_in_environment)?;
    let program = Path::new(launcher.program());
    Ok(Held::start(outside.program, program, launcher.arguments(value), &environment, directory)?)
}

/// Says where an agent runs that waits.
fn placement(held: &Held, descent: Descent) -> Result<Placement, CommandError> {
    let launcher = descent.line.first().copied();
    match (held.process(), launcher, descent.namespaces) {
        (Some(process), Some(launcher), Some(namespaces)) => Ok(Placement { process, launcher, namespaces }),
        _ => Err(CommandError::Failed("the system does not tell which process this is".to_owned())),
    }
}

/// Attends an agent to its end.
fn attend(
    held: Held,
    ttl: u64,
    token: &Token,
    output: &mut dyn FnMut(Stream, &[u8]),
) -> Result<Ended, CommandError> {
    let text = token.reveal();
    let spawned = held.release(&text)?;
    let [digits, bytes] = kept(token.secret());
    let secrets = [text.into_bytes(), digits, bytes];
    let (mut out, mut error) = (Redactor::new(&secrets), Redactor::new(&secrets));
    let ended = spawned.run_to_end(Duration::from_millis(ttl), &mut |stream, chunk| {
        let redactor = if stream == Stream::Out { &mut out } else { &mut error };
        output(stream, &redactor.push(chunk));
    });
    output(Stream::Out, &out.finish());
    output(Stream::Error, &error.finish());
    Ok(ended)
}

/// The verb that answers a task.
fn verb_of(task: Task) -> &'static str {
    match task {
        Task::Review => "review",
        Task::Approval => "approve",
    }
}
