//! The sessions that agents run in: who was started, by whom, for what, and until when.

use std::collections::BTreeSet;

use crate::domain::audit::Tag;
use crate::domain::digest::{Digest, Timestamp};
use crate::domain::document::words;
use crate::domain::id::{DocumentId, UserName};
use crate::domain::process::Placement;

words! {
    /// How an agent came to be.
    SessionKind {
        /// `qms agent run` started it.
        Launched = "launched",
        /// An agent runtime started it, and its hook said so.
        Hooked = "hooked",
    }
}

/// An agent at work, or one that was. Everything in it is covered by the tag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgentSession {
    /// Its id: of a launched agent its own session, of a hooked one `<session>/<agent id>`.
    pub id: String,
    /// How it came to be.
    pub kind: SessionKind,
    /// The session as the runtime names it; a launched agent has one of its own.
    pub session: String,
    /// The user that it acts as.
    pub user: UserName,
    /// The user who started it.
    pub parent: Option<UserName>,
    /// Where that user came from in turn: sessions and starters.
    pub origins: BTreeSet<String>,
    /// What it runs in: a launcher or an agent runtime, by name.
    pub runtime: String,
    /// What it was started as, by the name in the policy.
    pub agent: String,
    /// The digest of the definition that it was started with.
    pub definition: Option<Digest>,
    /// The document that it was started for.
    pub document: Option<DocumentId>,
    /// The task that it was started for.
    pub task: Option<String>,
    /// The digest of what it was told: evidence that nobody else told it anything.
    pub brief: Option<Digest>,
    /// Where it runs, where it was launched.
    pub placement: Option<Placement>,
    /// When it began.
    pub opened_at: Timestamp,
    /// When it ended.
    pub closed_at: Option<Timestamp>,
    /// How it ended: its exit status, negative for a signal.
    pub status: Option<i32>,
    /// The tag of all of this under the project key; `None` until it is sealed.
    pub tag: Option<Tag>,
}

impl AgentSession {
    /// Returns the id of an agent within the session of a runtime.
    pub fn id_of(session: &str, agent: &str) -> String {
        format!("{session}/{agent}")
    }

    /// Begins the session of a subagent that a runtime reports.
    pub fn hooked(
        (session, agent_id): (&str, &str),
        runtime: &str,
        agent: &str,
        user: UserName,
        definition: Option<Digest>,
        parent: Option<UserName>,
    ) -> Self {
        Self {
            id: Self::id_of(session, agent_id),
            kind: SessionKind::Hooked,
            session: session.to_owned(),
            user,
            parent,
            origins: BTreeSet::new(),
            runtime: runtime.to_owned(),
            agent: agent.to_owned(),
            definition,
            document: None,
            task: None,
            brief: None,
            placement: None,
            opened_at: Timestamp::from_millis(0),
            closed_at: None,
            status: None,
            tag: None,
        }
    }

    /// Tells whether it goes on.
    pub fn is_open(&self) -> bool {
        self.closed_at.is_none()
    }
}
