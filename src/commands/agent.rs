//! `agent`: starting agents so that nobody else can act in their name, and ending them.
//!
//! Whoever starts an agent chooses who, which document and which task, and nothing else: the program, its
//! environment and what it is told come from the adopted policy and from here.

use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Serialize;

use super::act::carry_out;
use super::pins::observed;
use super::table::Table;
use super::token::request;
use super::{CommandError, Context, Reply, brief};
use crate::disk::held::Held;
use crate::disk::processes::{is_alive, stop_group};
use crate::disk::{Ended, Stream};
use crate::domain::digest::{Digest, Timestamp, to_hex};
use crate::domain::document::Task;
use crate::domain::id::{DocumentId, UserName};
use crate::domain::identity::{AgentSession, SessionKind, Token};
use crate::domain::policy::{Launcher, Placeholder};
use crate::domain::process::{Descent, Placement};
use crate::domain::redact::{Redactor, kept};
use crate::domain::request::{Launch, Registration};
use crate::session::{Mode, SessionError};
use crate::store::Sessions;

/// What to do with agents.
#[derive(Debug, clap::Subcommand)]
pub enum AgentCommand {
    /// Start an agent for a task, and wait for its end
    Run {
        /// The agent, by its name in the policy
        agent: String,
        /// The document that it is started for
        #[arg(long)]
        document: DocumentId,
        /// What it has to do
        #[arg(long)]
        task: TaskName,
    },
    /// List the agents at work
    List {
        /// Those that ended, too
        #[arg(long)]
        all: bool,
    },
    /// End an agent and all that it started
    Stop {
        /// Id of its session
        session: String,
    },
}

/// What agents are started for, as words of the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum TaskName {
    /// Review it
    Review,
    /// Approve or reject it
    Approve,
}

/// The session of an agent as it looks from outside.
#[derive(Debug, Clone, Serialize)]
pub struct SessionView {
    id: String,
    kind: SessionKind,
    session: String,
    user: UserName,
    parent: Option<UserName>,
    runtime: String,
    agent: String,
    definition_digest: Option<Digest>,
    document: Option<DocumentId>,
    task: Option<String>,
    brief_digest: Option<Digest>,
    opened_at: Timestamp,
    closed_at: Option<Timestamp>,
    status: Option<i32>,
}

impl From<AgentSession> for SessionView {
    fn from(it: AgentSession) -> Self {
        Self {
            id: it.id,
            kind: it.kind,
            session: it.session,
            user: it.user,
            parent: it.parent,
            runtime: it.runtime,
            agent: it.agent,
            definition_digest: it.definition,
            document: it.document,
            task: it.task,
            brief_digest: it.brief,
            opened_at: it.opened_at,
            closed_at: it.closed_at,
            status: it.status,
        }
    }
}

#[derive(Debug, Serialize)]
struct SessionsReport {
    sessions: Vec<SessionView>,
}

impl fmt::Display for SessionsReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let columns = ["SESSION", "USER", "AGENT", "RUNTIME", "FOR", "STARTED BY", "SINCE", "ENDED"];
        let mut table = Table::new(f.alternate(), &columns, &["BRIEF", "DEFINITION"]);
        let or_none = |text: Option<String>| text.unwrap_or_else(|| "-".to_owned());
        for it in &self.sessions {
            let document = it.document.as_ref().map(ToString::to_string);
            let task = [it.task.clone(), document].into_iter().flatten().collect::<Vec<_>>().join(" ");
            let mut row = vec![
                it.id.clone(),
                it.user.to_string(),
                it.agent.clone(),
                it.runtime.clone(),
                or_none(Some(task).filter(|task| !task.is_empty())),
                or_none(it.parent.as_ref().map(UserName::to_string)),
                it.opened_at.to_string(),
                or_none(it.closed_at.map(|at| at.to_string())),
            ];
            if f.alternate() {
                row.push(or_none(it.brief_digest.map(|digest| digest.short())));
                row.push(or_none(it.definition_digest.map(|digest| digest.short())));
            }
            table.row(row);
        }
        write!(f, "{table}")
    }
}

#[derive(Debug, Serialize)]
struct RunReport {
    session: SessionView,
}

impl fmt::Display for RunReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let it = &self.session;
        let lasted = it.closed_at.map_or(0, |end| end.millis() - it.opened_at.millis());
        write!(f, "✓ {} ended after {}.{} s", it.id, lasted / 1000, lasted % 1000 / 100)
    }
}

/// What starting an agent needs from outside.
pub struct Outside<'a> {
    /// This program's own file.
    pub program: &'a Path,
    /// Finds out where this process comes from.
    pub descent: fn() -> Descent,
    /// Looks up an environment variable of the caller.
    pub variable: &'a dyn Fn(&str) -> Option<String>,
    /// Takes what the agent prints, without the secret that it was given.
    pub output: &'a mut dyn FnMut(Stream, &[u8]),
}

/// Carries out a command about agents.
pub fn run(
    context: &mut Context,
    command: AgentCommand,
    mut outside: Outside<'_>,
) -> Result<Reply, CommandError> {
    match command {
        AgentCommand::Run { agent, document, task } => {
            let task = match task {
                TaskName::Review => Task::Review,
                TaskName::Approve => Task::Approval,
            };
            start(context, &agent, &document, task, &mut outside)
        }
        AgentCommand::List { all } => {
            let actor = context.actor()?;
            let which = if all { Sessions::All } else { Sessions::Open };
            let sessions = context.session.agents(which)?.into_iter().map(SessionView::from).collect();
            Ok(Reply::new(SessionsReport { sessions }).by(actor))
        }
        AgentCommand::Stop { session } => stop(context, session),
    }
}

fn start(
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
    let filled = Filled {
        root: &root,
        agent: name,
        document: id,
        task: verb_of(task),
        session: &session,
        brief: told.text(),
    };
    // It waits, and is known before it begins.
    let held = hold(launcher, &filled, outside)?;
    let request = request(Registration::Start(Box::new(Launch {
        agent: name.to_owned(),
        document: id.clone(),
        task,
        session: session.clone(),
        token: token.id().clone(),
        verifier: token.verifier(),
        placement: placement(&held, (outside.descent)())?,
        brief: told.digest(),
        observed: observed(
            context.site.root(),
            [launcher.program()].into_iter().chain(agent.definition.as_deref()),
        ),
    })))?;
    // Those whose start was killed end now: nobody attends them, and nothing that they have is good.
    let is_left = |open: &AgentSession| open.placement.as_ref().is_some_and(|it| !is_alive(&it.launcher));
    context.session.end(is_left, None)?;
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
    if ended.timed_out {
        return Err(CommandError::AgentTimedOut { session });
    }
    if ended.interrupted {
        return Err(CommandError::AgentInterrupted { session });
    }
    if ended.status != Some(0) {
        return Err(CommandError::AgentFailed { session, status });
    }
    let mut reply = Reply::new(RunReport { session: closed.into() }).by(acted.actor);
    reply.warnings.extend(warnings);
    Ok(reply)
}

/// What stands for the placeholders of a launcher.
struct Filled<'a> {
    root: &'a Path,
    agent: &'a str,
    document: &'a DocumentId,
    task: &'a str,
    session: &'a str,
    brief: &'a str,
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
        }
    }
}

/// Starts the program of a launcher, so that it waits.
fn hold(launcher: &Launcher, filled: &Filled<'_>, outside: &Outside<'_>) -> Result<Held, CommandError> {
    let value = |placeholder| filled.value(placeholder);
    let environment = launcher.environment(outside.variable);
    let directory = PathBuf::from(launcher.directory(value));
    let program = Path::new(launcher.program());
    Ok(Held::start(outside.program, program, launcher.arguments(value), &environment, &directory)?)
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

fn stop(context: &mut Context, session: String) -> Result<Reply, CommandError> {
    let request = request(Registration::Stop(session.clone()))?;
    let (acted, warnings) = carry_out(context, &request, Mode::Commit)?;
    let stopped = context.session.agents(Sessions::All)?.into_iter().find(|one| one.id == session);
    let stopped = stopped.ok_or(SessionError::NoSession(session))?;
    if let Some(placement) = &stopped.placement {
        stop_group(&placement.process);
    }
    let mut reply = Reply::new(RunReport { session: stopped.into() }).by(acted.actor);
    reply.warnings.extend(warnings);
    Ok(reply)
}
