//! Who is calling: what was presented, held against the registry.

use std::rc::Rc;

use super::bounds::outside;
use super::{Session, SessionError};
use crate::domain::digest::Timestamp;
use crate::domain::id::DocumentId;
use crate::domain::identity::{
    Actor, AgentSession, Claim, CredentialKind, Distrust, NotVerified, Proof, Registry, SessionKind,
};
use crate::domain::policy::Policy;
use crate::store::Sessions;

impl Session {
    /// Verifies a claim, to read; where it is about a document, as surely as the policy says that decides
    /// about that.
    pub fn verify(&mut self, claim: &Claim, about: Option<&DocumentId>) -> Result<Actor, SessionError> {
        let head = self.store.head()?;
        let now = self.time(&head)?.valid;
        let actor = self.verified(claim, about, now)?;
        if actor.assurance() < self.policy_for(about)?.assurance() {
            let claimed = claim.user.clone();
            let why = Distrust::ReadingUnproved;
            return Err(NotVerified { claimed, holder: None, why, origin: claim.origin() }.into());
        }
        // With a code a key is made, and nothing is read.
        match actor.credential().filter(|presented| presented.kind == CredentialKind::Enrolment) {
            Some(code) => Err(outside(claim, code).into()),
            None => Ok(actor),
        }
    }

    fn policy_for(&mut self, about: Option<&DocumentId>) -> Result<Rc<Policy>, SessionError> {
        match about {
            Some(id) => self.policy_about(id),
            None => self.policy(),
        }
    }

    /// Checks a claim against the registry, at `now`.
    pub(super) fn verified(
        &mut self,
        claim: &Claim,
        about: Option<&DocumentId>,
        now: Timestamp,
    ) -> Result<Actor, SessionError> {
        if claim.proof.is_some() && self.key.is_none() {
            return Err(SessionError::NoKey);
        }
        let credential = match claim.proof.as_ref().and_then(Proof::credential) {
            Some(id) => self.store.credential(id)?,
            None => None,
        };
        let ticket = match &claim.proof {
            Some(Proof::Ticket(presented)) => Some(&presented.ticket),
            _ => None,
        };
        let project = self.store.project()?;
        let compares_keys = match (&project, &credential) {
            (Some(_), Some(kept)) if kept.kind == CredentialKind::Key => {
                self.policy_for(about)?.compares_keys()
            }
            _ => false,
        };
        let project = project.map(|project| project.id).unwrap_or_default();
        let session = match (ticket, &credential) {
            (_, Some(kept)) if kept.kind == CredentialKind::Spawn => kept.session.clone(),
            (Some(ticket), _) => {
                ticket.agent.as_ref().map(|agent| AgentSession::id_of(&ticket.session, agent))
            }
            _ => None,
        };
        let mut session = session.map(|id| self.store.session(&id)).transpose()?.flatten();
        if let Some(hooked) = session.as_ref().filter(|session| session.kind == SessionKind::Hooked) {
            // What a hook signed before counts no more where the policy in force makes another one of the agent. That it
            // names the agent at all is asked by the hook.
            let policy = self.policy()?;
            let is_another = policy.agents.get(&hooked.agent).is_some_and(|agent| !agent.is(hooked));
            session = session.filter(|_| !is_another);
        }
        let is_of_launched = credential.as_ref().is_some_and(|kept| kept.kind == CredentialKind::Spawn);
        let launched = if is_of_launched { self.store.sessions(Sessions::Open)? } else { Vec::new() };
        let kept = ticket.map(|ticket| self.store.ticket(&ticket.id)).transpose()?.flatten();
        let named = ticket.map(|ticket| ticket.user.as_str());
        let named = named.or(credential.as_ref().map(|kept| kept.user.as_str())).or(claim.user.as_deref());
        let name = named.unwrap_or_default().to_owned();
        let user = self.store.user(&name)?;
        let is_bound = claim.proof.is_none() && self.store.is_bound(&name)?;
        let order = self.order()?;
        let registry = Registry {
            user: user.as_ref(),
            credential: credential.as_ref(),
            session: session.as_ref(),
            launched: &launched,
            compares_keys,
            fate: kept.map(|mark| mark.fate),
            project: &project,
            is_bound,
            key: self.key.as_ref(),
            now,
            order: &order,
        };
        let actor = registry.verify(claim)?;
        self.remembers(claim, false)?;
        Ok(actor)
    }
}
