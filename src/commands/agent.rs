//! `agent`: starting agents so that nobody else can act in their name, and ending them.
//!
//! Whoever starts an agent chooses who, which document and which task, and nothing else: the program, its
//! environment and what it is told come from the adopted policy and from here.

use std::fmt;

use serde::Serialize;

use super::act::carry_out;
use super::agent_run::{Outside, start};
use super::table::Table;
use super::token::request;
use super::{CommandError, Context, Reply};
use crate::disk::processes::stop_group;
use crate::domain::digest::{Digest, Timestamp};
use crate::domain::document::Task;
use crate::domain::id::{DocumentId, UserName};
use crate::domain::identity::{AgentSession, SessionKind};
use crate::domain::request::Registration;
use crate::session::{Mode, SessionError};
use crate::store::Sessions;

/// What to do with agents.
#[derive(Debug, clap::Subcommand)]
#[command(defer = true)]
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

impl SessionView {
    /// Says how long it lasted.
    pub(super) fn ended(&self) -> String {
        let lasted = self.closed_at.map_or(0, |end| end.millis() - self.opened_at.millis());
        format!("✓ {} ended after {}.{} s", self.id, lasted / 1000, lasted % 1000 / 100)
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
struct StoppedReport {
    session: SessionView,
}

impl fmt::Display for StoppedReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.session.ended())
    }
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

fn stop(context: &mut Context, session: String) -> Result<Reply, CommandError> {
    let request = request(Registration::Stop(session.clone()))?;
    let (acted, warnings) = carry_out(context, &request, Mode::Commit)?;
    let stopped = context.session.agents(Sessions::All)?.into_iter().find(|one| one.id == session);
    let stopped = stopped.ok_or(SessionError::NoSession(session))?;
    if let Some(placement) = &stopped.placement {
        stop_group(&placement.process);
    }
    let mut reply = Reply::new(StoppedReport { session: stopped.into() }).by(acted.actor);
    reply.warnings.extend(warnings);
    Ok(reply)
}
