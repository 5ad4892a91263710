//! Agents at work: those that a hook reports, the end of any, and the tickets of their calls.

use super::program::Record;
use super::{Session, SessionError};
use crate::domain::audit::{Entry, ProjectKey};
use crate::domain::clock::Witness;
use crate::domain::digest::Timestamp;
use crate::domain::document::Kind;
use crate::domain::id::{CredentialId, UserName};
use crate::domain::identity::{
    AgentSession, Credential, CredentialKind, Fate, Origin, SessionKind, Ticket, TicketId, bearer,
};
use crate::domain::process::{Descent, Placement};
use crate::store::{Change, Credentials, Sessions, TicketMark};

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

    /// Registers an agent that its runtime has started. To hear of it twice changes nothing; one that goes on as
    /// another begins anew, so that nothing is good which was signed for it before.
    pub fn register(&mut self, agent: &AgentSession) -> Result<Option<Entry>, SessionError> {
        self.record(Witness::Nobody, |session, now| {
            let known = session.store.session(&agent.id)?;
            // What `agent run` began is no hook's business.
            if known.as_ref().is_some_and(|known| known.kind == SessionKind::Launched) {
                return Ok(None);
            }
            let as_it_was =
                |known: AgentSession| AgentSession { opened_at: agent.opened_at, tag: None, ..known };
            if known.map(as_it_was).as_ref() == Some(agent) {
                return Ok(None);
            }
            let agent = AgentSession { opened_at: now, ..agent.clone() };
            Ok(Some(Record {
                action: "agent_started",
                observed: vec![
                    ("agent", agent.agent.clone()),
                    ("session", agent.session.clone()),
                    ("user", agent.user.to_string()),
                ],
                origin: Some(Origin { session: agent.session.clone(), agent: id_in_session(&agent) }),
                sessions: vec![agent],
                ..Record::default()
            }))
        })
    }

    /// Ends subagents that a hook reported, as the hook of that same session says: one of them, or all. No event
    /// ends what `agent run` began.
    pub fn end_hooked(&mut self, session: &str, agent: Option<&str>) -> Result<Option<Entry>, SessionError> {
        let one = agent.map(|agent| AgentSession::id_of(session, agent));
        let is_meant = |open: &AgentSession| {
            open.kind == SessionKind::Hooked
                && open.session == session
                && one.as_ref().is_none_or(|id| open.id == *id)
        };
        let origin = Origin { session: session.to_owned(), agent: agent.map(str::to_owned) };
        self.end_by(is_meant, None, Some(&origin))
    }

    /// Ends sessions of agents, and revokes what they were given.
    pub fn end(
        &mut self,
        which: impl Fn(&AgentSession) -> bool,
        status: Option<i32>,
    ) -> Result<Option<Entry>, SessionError> {
        self.end_by(which, status, None)
    }

    fn end_by(
        &mut self,
        which: impl Fn(&AgentSession) -> bool,
        status: Option<i32>,
        origin: Option<&Origin>,
    ) -> Result<Option<Entry>, SessionError> {
        self.record(Witness::Nobody, |session, now| {
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
            let origin = origin.cloned();
            Ok(Some(Record { action: "agent_ended", observed, credentials, sessions: ended, origin }))
        })
    }

    /// Remembers a ticket that was made, so that the next event of its agent can void it.
    pub fn remember(&mut self, ticket: &Ticket, fate: Fate) -> Result<(), SessionError> {
        let bearer = ticket.bearer();
        let mark = |at| TicketMark { id: ticket.id, at, fate, bearer: Some(bearer.clone()), tag: None };
        // A runtime may ask twice about one call.
        self.mark(|session, at| match session.store.ticket(&ticket.id)? {
            None => Ok(vec![mark(at)]),
            Some(_) => Ok(Vec::new()),
        })
    }

    /// Voids the ticket of a call, unless it was used.
    pub fn void(&mut self, id: TicketId, fate: Fate) -> Result<(), SessionError> {
        self.mark(|session, at| {
            let is_open = session.store.ticket(&id)?.is_none_or(|kept| kept.fate.is_open());
            Ok(is_open.then(|| TicketMark::end(id, at, fate)).into_iter().collect())
        })
    }

    /// Voids the unused tickets of an agent but one: those for acts, or all.
    pub fn void_others(
        &mut self,
        (session, agent): (&str, Option<&str>),
        but: Option<TicketId>,
        all: bool,
    ) -> Result<(), SessionError> {
        let bearer = bearer(session, agent);
        self.mark(|session, at| {
            let mut open = session.store.open_tickets(&bearer)?;
            open.retain(|(id, fate)| Some(*id) != but && (all || *fate == Fate::Open));
            Ok(open.into_iter().map(|(id, _)| TicketMark::end(id, at, Fate::Overtaken)).collect())
        })
    }

    /// Writes what becomes of tickets; it needs no entry.
    fn mark(
        &mut self,
        mut marks: impl FnMut(&mut Self, Timestamp) -> Result<Vec<TicketMark>, SessionError>,
    ) -> Result<(), SessionError> {
        self.in_turn(|session| {
            let head = session.store.head()?;
            let at = session.recorded(&head, (session.outside.clock)(), Witness::Claimed)?;
            let tickets = marks(session, at)?;
            if tickets.is_empty() {
                return Ok(());
            }
            let expected_size = head.frontier.size();
            session.keep(&mut Change { expected_size, tickets, head, ..Change::default() })
        })
    }

    /// Seals a ticket for one call.
    pub fn mint(
        &mut self,
        ticket: impl FnOnce(&ProjectKey, Timestamp) -> Ticket,
    ) -> Result<(Ticket, String), SessionError> {
        let head = self.store.head()?;
        let now = self.time(&head)?.valid;
        let key = self.key.as_ref().ok_or(SessionError::NoKey)?;
        let ticket = ticket(key, now);
        let text = ticket.seal(key);
        Ok((ticket, text))
    }

    /// Finds the agent that `agent run` started and that a caller descends from, with the token that it was given.
    /// Whether that is good is found out where it is used.
    pub fn launched(
        &mut self,
        descent: &Descent,
    ) -> Result<Option<(AgentSession, CredentialId)>, SessionError> {
        let mut open = self.store.sessions(Sessions::Open)?;
        open.retain(|one| self.key.as_ref().is_some_and(|key| key.verifies_session(one)));
        let placements: Vec<_> = open.iter().filter_map(|one| one.placement.as_ref()).collect();
        let holds = |it: &Placement| it.holds(&descent.line, &placements);
        let found = open.iter().find(|one| one.placement.as_ref().is_some_and(holds));
        let Some(found) = found.cloned() else { return Ok(None) };
        let given = self.store.credentials(Credentials::Of(&found.user))?.into_iter();
        let given = given.filter(|one| one.kind == CredentialKind::Spawn && one.revoked_at.is_none());
        let token = given.filter(|one| one.session.as_ref() == Some(&found.id)).map(|one| one.id).next();
        Ok(token.map(|token| (found, token)))
    }

    /// Returns what a user is, where there is one of that name.
    pub fn kind_of(&mut self, user: &UserName) -> Result<Option<Kind>, SessionError> {
        Ok(self.store.user(user.as_str())?.map(|user| user.kind))
    }

    /// Returns a credential.
    pub fn credential(&mut self, id: &CredentialId) -> Result<Option<Credential>, SessionError> {
        Ok(self.store.credential(id)?)
    }
}

/// The id that a runtime gave to a subagent.
fn id_in_session(agent: &AgentSession) -> Option<String> {
    agent.id.strip_prefix(&agent.session)?.strip_prefix('/').map(str::to_owned)
}
