//! Agents at work: those that a hook reports, the end of any, and the tickets of their calls.

use super::program::Record;
use super::{Session, SessionError};
use crate::domain::audit::Entry;
use crate::domain::digest::Timestamp;
use crate::domain::id::CredentialId;
use crate::domain::identity::{AgentSession, Credential, Ticket, TicketId};
use crate::store::{Change, Credentials, Sessions};

impl Session {
    /// Returns the session of an agent that goes on and was not tampered with.
    pub fn agent_at_work(&mut self, id: &str) -> Result<Option<AgentSession>, SessionError> {
        let key = self.key.as_ref().ok_or(SessionError::NoKey)?;
        let session = self.store.session(id)?.filter(AgentSession::is_open);
        Ok(session.filter(|session| key.verifies_session(session)))
    }

    /// Lists the sessions of agents.
    pub fn agents(&mut self, which: Sessions<'_>) -> Result<Vec<AgentSession>, SessionError> {
        Ok(self.store.sessions(which)?)
    }

    /// Registers an agent that its runtime has started. To hear of it twice changes nothing.
    pub fn register(&mut self, agent: &AgentSession) -> Result<Option<Entry>, SessionError> {
        self.record(|session, now| {
            let known = session.store.session(&agent.id)?;
            let opened_at =
                known.as_ref().filter(|known| known.is_open()).map_or(now, |known| known.opened_at);
            let agent = AgentSession { opened_at, tag: None, ..agent.clone() };
            if known.is_some_and(|known| AgentSession { tag: None, ..known } == agent) {
                return Ok(None);
            }
            Ok(Some(Record {
                action: "agent_started",
                observed: vec![
                    ("agent", agent.agent.clone()),
                    ("session", agent.session.clone()),
                    ("user", agent.user.to_string()),
                ],
                sessions: vec![agent],
                ..Record::default()
            }))
        })
    }

    /// Ends sessions of agents, and revokes what they were given.
    pub fn end(
        &mut self,
        which: impl Fn(&AgentSession) -> bool,
        status: Option<i32>,
    ) -> Result<Option<Entry>, SessionError> {
        self.record(|session, now| {
            let mut ended = session.store.sessions(Sessions::Open)?;
            ended.retain(&which);
            if ended.is_empty() {
                return Ok(None);
            }
            let mut credentials = Vec::new();
            for agent in &mut ended {
                agent.closed_at = Some(now);
                agent.status = status;
                let given = session.store.credentials(Credentials::Of(&agent.user))?.into_iter();
                let given =
                    given.filter(|one| one.revoked_at.is_none() && one.session.as_ref() == Some(&agent.id));
                credentials.extend(given.map(|one| Credential { revoked_at: Some(now), ..one }));
            }
            let ids = ended.iter().map(|agent| agent.id.as_str()).collect::<Vec<_>>().join(",");
            let lasted = ended.iter().map(|agent| now.millis() - agent.opened_at.millis()).max().unwrap_or(0);
            let mut observed = vec![("duration_ms", lasted.to_string()), ("session", ids)];
            observed.extend(status.map(|status| ("status", status.to_string())));
            Ok(Some(Record { action: "agent_ended", observed, credentials, sessions: ended }))
        })
    }

    /// Voids a ticket, unless it was used.
    pub fn void(&mut self, id: TicketId) -> Result<(), SessionError> {
        self.in_turn(|session| {
            if session.store.is_spent(&id)? {
                return Ok(());
            }
            let head = session.store.head()?;
            let at = session.time(&head).now;
            let change = Change {
                expected_size: head.frontier.size(),
                tickets: vec![(id, at)],
                head,
                ..Change::default()
            };
            Ok(session.store.commit(&change)?)
        })
    }

    /// Seals a ticket for one call.
    pub fn mint(
        &mut self,
        ticket: impl FnOnce(&crate::domain::audit::ProjectKey, Timestamp) -> Ticket,
    ) -> Result<String, SessionError> {
        let head = self.store.head()?;
        let now = self.time(&head).now;
        let key = self.key.as_ref().ok_or(SessionError::NoKey)?;
        Ok(ticket(key, now).seal(key))
    }

    /// Returns a credential.
    pub fn credential(&mut self, id: &CredentialId) -> Result<Option<Credential>, SessionError> {
        Ok(self.store.credential(id)?)
    }
}
