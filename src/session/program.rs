//! What the program itself records: nobody was verified for it, and the entry says so.

use super::{Session, SessionError};
use crate::domain::audit::Entry;
use crate::domain::clock::Witness;
use crate::domain::digest::Timestamp;
use crate::domain::identity::{AgentSession, Credential, Origin};
use crate::store::Change;

/// What the program records.
#[derive(Debug, Default)]
pub(super) struct Record {
    /// The action.
    pub(super) action: &'static str,
    /// What there is to say about it, by name.
    pub(super) observed: Vec<(&'static str, String)>,
    /// Credentials that changed.
    pub(super) credentials: Vec<Credential>,
    /// Sessions that changed.
    pub(super) sessions: Vec<AgentSession>,
    /// Where it was said, where an agent runtime did.
    pub(super) origin: Option<Origin>,
}

impl Session {
    /// Records what `make` finds to be done at the time that it is told; `None` for nothing. `witness` is whose word
    /// the entry is for the time.
    pub(super) fn record(
        &mut self,
        witness: Witness,
        mut make: impl FnMut(&mut Self, Timestamp) -> Result<Option<Record>, SessionError>,
    ) -> Result<Option<Entry>, SessionError> {
        self.in_turn(|session| {
            let head = session.sound_head()?;
            let time = session.time(&head)?;
            // Where the time of the record stays where it is, what the program notes goes on with the clock.
            let now = if witness == Witness::Proven { time.now } else { time.valid };
            let Some(record) = make(session, now)? else { return Ok(None) };
            let policy = session.project()?.policy;
            let mut change = Change {
                expected_size: head.frontier.size(),
                credentials: record.credentials,
                sessions: record.sessions,
                ..Change::default()
            };
            session.tag(&mut change)?;
            let mut entry = Entry::new(record.action, policy);
            let (session_id, agent) = record.origin.map(|it| (it.session, it.agent)).unzip();
            (entry.session, entry.agent) = (session_id, agent.flatten());
            entry.observed =
                record.observed.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
            // Sessions that end together are of one document, or of none.
            let about = change.sessions.first().and_then(|first| first.document.clone());
            let is_shared = change.sessions.iter().all(|one| one.document == about);
            entry.document = about.filter(|_| is_shared);
            entry.deltas = session.registry_deltas(&change)?;
            session.commit(head, change, time, entry).map(Some)
        })
    }
}
