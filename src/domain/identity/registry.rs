//! Checking a claim against what the registry keeps.

use super::distrust::{Distrust, NotVerified};
use super::{
    Actor, AgentSession, Assurance, Claim, Credential, CredentialKind, Fate, Found, Isolation,
    PresentedTicket, Proof, TICKET_TIME, Ticket, Validity,
};
use crate::domain::audit::{ProjectKey, Signature};
use crate::domain::digest::Timestamp;
use crate::domain::document::{Kind, User};
use crate::domain::order::Order;
use std::collections::BTreeSet;

/// By how much the clocks of two processes may differ, in milliseconds.
const CLOCK_TOLERANCE: i64 = 5000;

/// How long somebody may take to sign, in milliseconds.
const SIGNING_TIME: i64 = 5 * 60 * 1000;

/// What is known about one claim.
#[derive(Debug, Clone, Copy)]
pub struct Registry<'a> {
    /// The user whom the credential names; without a credential the one whom the claim names.
    pub user: Option<&'a User>,
    /// The credential that was presented, as it is kept.
    pub credential: Option<&'a Credential>,
    /// The session of an agent that the credential or the ticket belongs to, as it is kept.
    pub session: Option<&'a AgentSession>,
    /// All agents that were launched and go on, where what was presented belongs to one.
    pub launched: &'a [AgentSession],
    /// What became of the ticket that was presented, where that is remembered.
    pub fate: Option<Fate>,
    /// The id of the project.
    pub project: &'a str,
    /// Whether that user was ever given a credential that must be presented, or is bound by a hook.
    pub is_bound: bool,
    /// Whether keys count as signatures only once others have compared them.
    pub compares_keys: bool,
    /// The project key; without it no credential can be believed.
    pub key: Option<&'a ProjectKey>,
    /// The time.
    pub now: Timestamp,
    /// The order of the record.
    pub order: &'a Order,
}

impl<'a> Registry<'a> {
    /// What is known about somebody who presents nothing.
    pub const fn knowing(user: &'a User, now: Timestamp, order: &'a Order) -> Self {
        Self {
            user: Some(user),
            credential: None,
            session: None,
            launched: &[],
            compares_keys: false,
            fate: None,
            project: "",
            is_bound: false,
            key: None,
            now,
            order,
        }
    }
}

impl Registry<'_> {
    /// Checks a claim. Removed users and users who never were are refused alike.
    pub fn verify(&self, claim: &Claim) -> Result<Actor, NotVerified> {
        let origin = match &claim.proof {
            Some(Proof::Ticket(presented)) if self.key.is_some_and(|key| presented.is_genuine(key)) => {
                Some(presented.ticket.origin())
            }
            _ => None,
        };
        let refused =
            |why, holder| NotVerified { claimed: claim.user.clone(), holder, why, origin: origin.clone() };
        let known =
            |name: &str| self.user.filter(|user| user.name.as_str() == name && user.removed_at.is_none());
        let Some(proof) = &claim.proof else {
            let user = known(claim.user.as_deref().unwrap_or_default());
            let user = user.ok_or_else(|| refused(Distrust::UnknownUser, None))?;
            if self.is_bound {
                return Err(refused(Distrust::CredentialRequired, None));
            }
            return Ok(actor(user, Assurance::Claimed));
        };
        let (holder, why, assurance) = match proof {
            Proof::Ticket(presented) => {
                if origin.is_none() {
                    return Err(refused(Distrust::Invalid, None));
                }
                let holder = presented.ticket.holder();
                let why = self.unmet_by_ticket(presented);
                (holder, why.or_else(|| self.unmet_by_given(claim, presented)), Assurance::Ticket)
            }
            Proof::Token(_) | Proof::Signature(_) => {
                let credential = self.credential.filter(|kept| self.proves(kept, proof));
                let credential = credential.ok_or_else(|| refused(Distrust::Invalid, None))?;
                let holder = credential.holder();
                let counts = !self.compares_keys || credential.counts();
                let assurance = match credential.kind {
                    CredentialKind::Key if counts => Assurance::Signature,
                    _ => Assurance::Token,
                };
                let why = self.unmet_by_credential(claim, credential);
                (holder, why.or_else(|| self.unmet_by_signature(proof)), assurance)
            }
        };
        let is_mismatch = claim.user.as_deref().is_some_and(|name| name != holder.user.as_str());
        let user = match (is_mismatch, why, known(holder.user.as_str())) {
            (true, _, _) => return Err(refused(Distrust::Mismatch, Some(holder))),
            (false, Some(why), _) => return Err(refused(why, Some(holder))),
            (false, None, None) => return Err(refused(Distrust::UnknownUser, Some(holder))),
            (false, None, Some(user)) if claim.found != Found::Named && user.kind == Kind::Human => {
                let is_signed = matches!(proof, Proof::Signature(_));
                let why = if is_signed { Distrust::ExportedPassphrase } else { Distrust::Exported };
                return Err(refused(why, Some(holder)));
            }
            (false, None, Some(_)) if claim.found == Found::Unsigned => {
                return Err(refused(Distrust::Unsigned, Some(holder)));
            }
            (false, None, Some(user)) => user,
        };
        let mut actor = actor(user, assurance);
        match proof {
            // Of a launched agent the session that it was started in says more than the runtime's.
            Proof::Ticket(presented) if self.credential.is_none_or(|it| it.session.is_none()) => {
                actor.session = Some(presented.ticket.session.clone());
                actor.agent.clone_from(&presented.ticket.agent);
                actor.parent = self.session.and_then(|session| session.parent.clone());
            }
            _ => {
                actor.session = self.credential.and_then(|it| it.session.clone());
                actor.agent = self.open_session().map(|session| session.agent.clone());
                actor.parent = self.credential.and_then(|it| it.parent.clone());
            }
        }
        if let Proof::Ticket(presented) = proof {
            let ticket = &presented.ticket;
            actor.ticket = Some(ticket.id);
            let kind = || ticket.agent_type.clone().filter(|kind| !kind.trim().is_empty());
            actor.reads_for = ticket.reads.then(|| kind().unwrap_or_else(|| "subagent".to_owned()));
        }
        actor.credential = self.credential.cloned().map(Box::new);
        let session = self.open_session();
        actor.started_at = session.map(|session| session.opened_at);
        actor.started_in = session.map(|session| session.origins.clone()).unwrap_or_default();
        Ok(actor)
    }

    fn unmet_by_credential(&self, claim: &Claim, credential: &Credential) -> Option<Distrust> {
        match credential.validity(self.now) {
            Validity::Valid => {}
            Validity::NotYetValid => return Some(Distrust::NotYetValid),
            Validity::Expired => return Some(Distrust::Expired),
            Validity::Revoked => return Some(Distrust::Revoked),
            Validity::UsedUp => return Some(Distrust::UsedUp),
        }
        if credential.kind != CredentialKind::Spawn {
            return None;
        }
        // What was given to one process is good for that one and those that it started.
        let Some(session) = self.open_session() else { return Some(Distrust::SessionEnded) };
        let descent = (claim.ancestry.0)();
        let known: Vec<_> = self.launched.iter().filter_map(|one| one.placement.as_ref()).collect();
        match &session.placement {
            Some(placement) if !placement.holds(&descent.line, &known) => Some(Distrust::OtherProcess),
            Some(placement) if descent.namespaces.as_ref() != Some(&placement.namespaces) => {
                Some(Distrust::OtherNamespaces)
            }
            Some(_) => None,
            None => Some(Distrust::OtherProcess),
        }
    }

    /// A signature answers a nonce that was given out for it a few minutes ago.
    fn unmet_by_signature(&self, proof: &Proof) -> Option<Distrust> {
        let Proof::Signature(signed) = proof else { return None };
        let statement = &signed.signature.statement;
        let age = self.now.millis().saturating_sub(statement.signed_at.millis());
        let is_given_out =
            self.key.is_some_and(|key| key.verifies_challenge(statement, signed.challenge.as_bytes()));
        if !is_given_out {
            Some(Distrust::Invalid)
        } else if !(-CLOCK_TOLERANCE..SIGNING_TIME).contains(&age) {
            Some(Distrust::StaleSignature)
        } else {
            None
        }
    }

    fn unmet_by_ticket(&self, presented: &PresentedTicket) -> Option<Distrust> {
        let ticket = &presented.ticket;
        let age = self.now.millis().saturating_sub(ticket.iat.millis());
        let life = ticket.exp.millis().saturating_sub(ticket.iat.millis());
        let ended = match self.fate {
            None | Some(Fate::Open | Fate::Reading) => None,
            Some(Fate::Used) => Some(Distrust::UsedUp),
            Some(Fate::Over) => Some(Distrust::CallOver),
            Some(Fate::NotAllowed) => Some(Distrust::NotAllowed),
            Some(Fate::Overtaken) => Some(Distrust::Overtaken),
        };
        if age < -CLOCK_TOLERANCE {
            Some(Distrust::NotYetValid)
        } else if !presented.is_for_this_call(self.project) {
            Some(Distrust::OtherCall)
        } else if ended.is_some() {
            ended
        } else if ticket.exp.has_come(self.now) || life > i64::try_from(TICKET_TIME).unwrap_or(i64::MAX) {
            Some(Distrust::Expired)
        } else if ticket.agent.is_some()
            && !ticket.reads
            && self.open_session().is_none_or(|it| it.user != ticket.user || self.is_opened_since(it, ticket))
        {
            // A session that was opened again is another one: what was made before its end is void.
            Some(Distrust::SessionEnded)
        } else {
            None
        }
    }

    /// What is given to an agent keeps its bounds where the hook signs a call for it.
    fn unmet_by_given(&self, claim: &Claim, presented: &PresentedTicket) -> Option<Distrust> {
        let id = presented.ticket.credential.as_ref()?;
        let is_kept = |kept: &&Credential| self.key.is_some_and(|key| key.verifies_credential(kept));
        match self
            .credential
            .filter(|kept| kept.id == *id && kept.user == presented.ticket.user)
            .filter(is_kept)
        {
            Some(credential) => self.unmet_by_credential(claim, credential),
            None => Some(Distrust::Invalid),
        }
    }

    /// A ticket is good for a minute, in the span that it was made in; so its time is of the present one.
    fn is_opened_since(&self, session: &AgentSession, ticket: &Ticket) -> bool {
        self.order.place(session.opened_at) > self.order.present(ticket.iat)
    }

    fn open_session(&self) -> Option<&AgentSession> {
        let genuine = |session: &&AgentSession| self.key.is_some_and(|key| key.verifies_session(session));
        self.session.filter(|session| session.is_open()).filter(genuine)
    }

    /// Tells whether the row, with the secret that was presented in the place of the kept one, is the
    /// row that was tagged: a wrong secret and an edited row fail alike, in constant time.
    fn proves(&self, kept: &Credential, proof: &Proof) -> bool {
        let (verifier, is_key) = match proof {
            Proof::Token(token) => (token.verifier(), false),
            Proof::Signature(signed) => {
                let Signature { statement, .. } = &signed.signature;
                let is_own = statement.user == kept.user && statement.project == self.project;
                if !is_own || !signed.signature.is_made_with(kept.verifier.as_bytes()) {
                    return false;
                }
                (kept.verifier, true)
            }
            Proof::Ticket(_) => return false,
        };
        let presented = Credential { verifier, ..kept.clone() };
        // The kept secret is compared by the tag, too: a row that is changed later is sealed with it.
        (kept.kind == CredentialKind::Key) == is_key
            && proof.credential() == Some(&kept.id)
            && self
                .key
                .is_some_and(|key| key.verifies_credential(&presented) && key.verifies_credential(kept))
    }
}

/// Somebody who was verified so, for tests of what follows from it.
#[cfg(test)]
pub(crate) fn verified(user: &User, assurance: Assurance, credential: Option<Credential>) -> Actor {
    Actor { credential: credential.map(Box::new), ..actor(user, assurance) }
}

fn actor(user: &User, assurance: Assurance) -> Actor {
    Actor {
        name: user.name.clone(),
        group: user.group.clone(),
        kind: user.kind,
        assurance,
        isolation: Isolation::None,
        session: None,
        agent: None,
        parent: None,
        started_in: BTreeSet::new(),
        started_at: None,
        credential: None,
        ticket: None,
        reads_for: None,
    }
}
