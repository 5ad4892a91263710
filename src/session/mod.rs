//! The only place that verifies, decides, seals and commits.
//!
//! [`Session::act`] is the one way to change anything: a claim is verified, the facts are
//! gathered, the decision is made and applied, the change is sealed into the log and written with
//! it. Refusals are sealed too. Fields are private, so that nothing gets round it.

mod agents;
mod audit;
mod bounds;
mod callers;
mod children;
mod error;
mod gather;
mod genesis;
mod governed;
mod named;
mod objected;
mod observed;
mod policies;
mod prerequisites;
mod procedures;
mod program;
mod proposals;
mod recovery;
mod refused;
mod runs;
mod seal;
mod secrets;
mod signing;
mod texts;
mod time;
mod unsealed;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::rc::Rc;

pub use self::audit::{Audit, Flaw};
use self::bounds::{outside, unmet_by_bounds};
pub use self::error::{Refusal, SessionError};
pub use self::genesis::{Founding, Installed};
pub use self::policies::differences;
pub use self::runs::{Begun, RunResult};
use self::seal::Attempt;
pub use self::signing::{IDENTIFY, ToSign};
use self::time::Time;
pub use self::time::{CLOCK_JUMP, ClockFault};
use crate::domain::attestation::Attestation;
use crate::domain::audit::{Entry, ProjectKey, witness};
use crate::domain::clock::Moment;
use crate::domain::decide::{self, Line, Meant, Note};
use crate::domain::digest::{Digest, Timestamp};
use crate::domain::document::Document;
use crate::domain::evidence::Run;
use crate::domain::id::{CredentialId, DocumentId, UserName};
use crate::domain::identity::{Actor, Claim, NotVerified, Proof};
use crate::domain::order::Order;
use crate::domain::policy::{Action, Policy, Profile, Reminder};
use crate::domain::project::{Project, Proposal};
use crate::domain::request::{Request, Subject, WorkingCopy};
use crate::store::{Head, Read, Store, StoreError};

/// How often an action is tried when others write at the same time. From the second try on it
/// waits for its turn and cannot be overtaken, so that a third would be a fault of the store.
const TRIES: u32 = 3;

/// Fills a buffer with random bytes; false where there are none.
pub type Random = Box<dyn Fn(&mut [u8]) -> bool>;

/// What a session needs from outside.
pub struct Outside {
    /// What the system says of the time.
    pub clock: Box<dyn Fn() -> Moment>,
    /// Where its random bytes come from.
    pub random: Random,
    /// The host that the caller is on, where that is known.
    pub host: Option<String>,
    /// The Unix user of the caller's process, where the system has such.
    pub uid: Option<u32>,
}

/// An open project.
pub struct Session {
    store: Box<dyn Store>,
    key: Option<ProjectKey>,
    outside: Outside,
    /// Policies that were adopted, as they were, and as they decide in rounds under a stricter profile.
    policies: BTreeMap<(Digest, Option<Profile>), Rc<Policy>>,
    /// The order of the record, and how many spans it was found for: it changes with that number alone.
    found_order: Option<(usize, Order)>,
}

/// What an action did.
#[derive(Debug)]
pub struct Acted {
    /// Who did it.
    pub actor: Actor,
    /// What was sealed; `None` for a dry run.
    pub entry: Option<Entry>,
    /// The document before.
    pub before: Option<Document>,
    /// The document after.
    pub after: Option<Document>,
    /// Other documents that changed with it.
    pub others: Vec<Document>,
    /// What was stated about the content.
    pub attestations: Vec<Attestation>,
    /// The transition that was taken.
    pub meant: Option<Meant>,
    /// What happened on the way.
    pub notes: Vec<Note>,
    /// What the actor is reminded of.
    pub reminders: Vec<Reminder>,
    /// The content of which the caller gets a working copy.
    pub content: Option<Vec<u8>>,
    /// The policy that came into force.
    pub policy: Option<Digest>,
    /// What a second person is to confirm, or has.
    pub proposal: Option<Proposal>,
}

/// What an actor can do with a document, and the policy whose verbs these are.
#[derive(Debug, Clone)]
pub struct Menu {
    /// All lines, open and closed.
    pub lines: Vec<Line>,
    /// The policy that decides about the document.
    pub policy: Rc<Policy>,
}

/// Whether an action is carried out, or only decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// It is carried out.
    Commit,
    /// It is decided, and nothing is written: no change, no refusal, but that of a caller who was not
    /// verified.
    DryRun,
    /// It is decided before it is carried out elsewhere: a refusal is recorded, since then it never is.
    Ahead,
}

impl Session {
    /// Opens a project that exists. `key` may be missing for reading.
    pub fn open(
        mut store: Box<dyn Store>,
        key: Option<ProjectKey>,
        outside: Outside,
    ) -> Result<Self, SessionError> {
        match store.project() {
            Ok(Some(project)) => {
                if let Some(key) = &key
                    && key.fingerprint().as_str() != project.key_fingerprint
                    && !made_head(key, store.as_mut())
                {
                    return Err(SessionError::WrongKey {
                        found: key.fingerprint().as_str().to_owned(),
                        expected: project.key_fingerprint,
                    });
                }
            }
            // Without its row a project is opened for one thing: to find out what befell it. All
            // that needs the row fails where it needs it. That nothing else is left either is no other case:
            // a place is marked as a project after its first entry.
            Ok(None) => {}
            Err(error) if error.is_evidence() => {}
            Err(error) => return Err(error.into()),
        }
        Ok(Self { store, key, outside, policies: BTreeMap::new(), found_order: None })
    }

    fn fill(&self, buffer: &mut [u8]) -> Result<(), SessionError> {
        (self.outside.random)(buffer).then_some(()).ok_or(SessionError::NoRandom)
    }

    /// Returns whose a credential is, verified or not.
    pub fn holder(&mut self, id: &CredentialId) -> Result<Option<UserName>, SessionError> {
        Ok(self.store.credential(id)?.map(|credential| credential.user))
    }

    /// Gives read access to a verified user.
    pub fn read(&mut self, _actor: &Actor) -> &mut dyn Read {
        self.store.as_mut()
    }

    /// Returns the project key, where there is one.
    pub fn key(&self) -> Option<&ProjectKey> {
        self.key.as_ref()
    }

    /// Returns the project.
    pub fn project(&mut self) -> Result<Project, SessionError> {
        self.store.project()?.ok_or(SessionError::Gone)
    }

    /// Returns the number of entries in the log.
    pub fn log_size(&mut self) -> Result<u64, SessionError> {
        Ok(self.store.head()?.frontier.size())
    }

    /// Asks what `actor` can do with a document: all lines, open and closed.
    pub fn menu(
        &mut self,
        actor: &Actor,
        id: &DocumentId,
        copy: Option<&WorkingCopy>,
    ) -> Result<Menu, SessionError> {
        let document = self.store.document(id)?.ok_or_else(|| SessionError::NoDocument(id.clone()))?;
        let now = self.now();
        let (policy, facts) = self.gather_document(actor, document, copy, None, now)?;
        self.menu_of(actor, policy, &facts)
    }

    /// Carries out a request, or says why not.
    pub fn act(&mut self, claim: &Claim, request: &Request, mode: Mode) -> Result<Acted, SessionError> {
        self.in_turn(|session| session.attempt(claim, request, mode, None))
    }

    /// Tries something again where somebody else wrote first.
    fn in_turn<T>(
        &mut self,
        mut attempt: impl FnMut(&mut Self) -> Result<T, SessionError>,
    ) -> Result<T, SessionError> {
        for turn in 0..TRIES {
            if turn > 0 {
                self.store.wait_turn()?;
            }
            let outcome = attempt(self);
            // A commit ends the turn; whatever came before it did not.
            self.store.end_turn()?;
            match outcome {
                Err(SessionError::Store(StoreError::Conflict)) => {}
                outcome => return outcome,
            }
        }
        Err(SessionError::Store(StoreError::Conflict))
    }

    /// Returns the newest point of the log, where its end was made with the key: whoever recorded after a
    /// log that was cut would vouch for what is left of it.
    fn sound_head(&mut self) -> Result<Head, SessionError> {
        let head = self.store.head()?;
        match &self.key {
            Some(key)
                if !head
                    .tag
                    .as_ref()
                    .is_some_and(|tag| key.verifies_head(&head.frontier, tag.as_bytes())) =>
            {
                Err(SessionError::HeadTag)
            }
            _ => Ok(head),
        }
    }

    /// Tries once. With a run comes when it began, which is when its caller was verified.
    fn attempt(
        &mut self,
        claim: &Claim,
        request: &Request,
        mode: Mode,
        run: Option<(&Run, Timestamp)>,
    ) -> Result<Acted, SessionError> {
        self.admit(request)?;
        let head = self.sound_head()?;
        let time = self.time(&head)?;
        let proved_at = run.map_or(time.valid, |(_, began_at)| began_at);
        let document = match &request.subject {
            Subject::Document(id) => Some(id),
            _ => None,
        };
        let within = |actor: Actor| match actor.credential() {
            Some(presented) if !presented.scope.allows(&request.action, document) => {
                Err(outside(claim, presented).into())
            }
            _ => Ok(actor),
        };
        let bound = |actor: Actor| match unmet_by_bounds(claim, &actor, request) {
            Some(refusal) => Err(refusal.into()),
            None => Ok(actor),
        };
        let actor = match self.verified(claim, document, proved_at).and_then(within).and_then(bound) {
            Err(SessionError::NotVerified { refusal, .. }) => {
                // Whoever only asks whether it could be done is not who was claimed, either.
                let failures = if mode != Mode::DryRun || !refused::is_slip(&refusal) {
                    self.seal_unverified(head, time, &refusal, &request.action, document)?
                } else {
                    1
                };
                return Err(SessionError::NotVerified { refusal, failures });
            }
            other => other?,
        };
        let witness = witness(Some(actor.assurance()), request.action.as_str());
        let time = Time { now: self.recorded(&head, time.moment, witness)?, ..time };
        let (policy, mut facts) = self.gather(&actor, request, time.now)?;
        facts.valid = time.valid;
        facts.is_trial = mode == Mode::DryRun;
        facts.run = run.map(|(run, _)| run.clone());
        if let (Some(Proof::Signature(signed)), Mode::Commit) = (&claim.proof, mode) {
            match self.check_signed(&actor, signed, request, &policy, &facts) {
                Err(SessionError::NotVerified { refusal, .. }) => {
                    let failures = self.seal_unverified(head, time, &refusal, &request.action, document)?;
                    return Err(SessionError::NotVerified { refusal, failures });
                }
                checked => checked?,
            }
        }
        let attempt = Attempt { head, time, claim, actor: &actor, policy: &policy, facts: &facts, request };
        let meant = decide::transition_meant(&policy, &facts, &actor, request);
        let permit = match decide::decide(&policy, &facts, &actor, request) {
            Ok(permit) => permit,
            Err(denial) => {
                if mode != Mode::DryRun {
                    self.seal_denial(attempt, &denial)?;
                }
                let menu = self.menu_of(&actor, Rc::clone(&policy), &facts)?;
                return Err(SessionError::Denied(Box::new(Refusal {
                    denial,
                    sop: policy.action(&request.action).and_then(Action::citation),
                    document: facts.document,
                    meant,
                    menu,
                    actor,
                })));
            }
        };
        // The ticket of a call that looks is not remembered.
        if mode == Mode::Commit
            && request.action.as_str() != Action::READ
            && let Err(SessionError::NotVerified { refusal, .. }) = self.remembers(claim, true)
        {
            let Attempt { head, time, .. } = attempt;
            let failures = self.seal_unverified(head, time, &refusal, &request.action, document)?;
            return Err(SessionError::NotVerified { refusal, failures });
        }
        let reminders = permit.reminders(&policy);
        let applied = decide::apply(permit, &policy, &facts);
        let content = self.given_content(&applied)?;
        let entry = match mode {
            Mode::Commit => Some(self.seal_applied(attempt, &applied)?),
            Mode::DryRun | Mode::Ahead => None,
        };
        Ok(Acted {
            actor,
            entry,
            before: applied.before,
            after: applied.after,
            others: applied.others,
            attestations: applied.attestations,
            meant,
            notes: applied.notes,
            reminders,
            content,
            policy: applied.policy.map(|candidate| candidate.digest),
            proposal: applied.proposal,
        })
    }
}

/// Tells whether the end of the log was made with `key`. Then it is the project's, whatever the row
/// of the project says.
fn made_head(key: &ProjectKey, store: &mut dyn Store) -> bool {
    store.head().is_ok_and(|head| {
        head.tag.as_ref().is_some_and(|tag| key.verifies_head(&head.frontier, tag.as_bytes()))
    })
}

impl From<NotVerified> for SessionError {
    fn from(refusal: NotVerified) -> Self {
        Self::NotVerified { refusal, failures: 1 }
    }
}
