//! A project that lives in memory: the program's own session over the store in memory, with a clock that
//! moves with each step, and the working copies of its users.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::rc::Rc;

use super::holdings::{Holdings, Means, Presented, Secret, drawn};
use crate::domain::audit::{ProjectKey, Signature};
use crate::domain::clock::Moment;
use crate::domain::decide::Line;
use crate::domain::digest::{Digest, Timestamp};
use crate::domain::document::Document;
use crate::domain::evidence::{Output, RunOutcome};
use crate::domain::id::{DocumentId, UserName};
use crate::domain::identity::{
    AgentSession, Ancestry, Call, Caller, Claim, Fate, Found, OpenKey, PresentedTicket, Proof,
    SignedStatement, Ticket, TicketId,
};
use crate::domain::policy::Candidate;
use crate::domain::process::{Descent, Placement};
use crate::domain::request::{Request, Subject, WorkingCopy};
use crate::session::{Acted, Founding, Installed, Mode, Outside, RunResult, Session, SessionError};
use crate::store::{Memory, Read as _};

/// 2026-01-01T00:00:00Z; any time would do, as long as it is the same in every run.
const START: i64 = 1_767_225_600_000;

/// Milliseconds between two steps.
const STEP: i64 = 1_000;

/// The session of the agent runtime that the hook of a story hears of.
const RUNTIME_SESSION: &str = "story";

/// Where a caller comes from whom an agent has started.
fn started() -> Descent {
    let Placement { process, launcher, namespaces } = Holdings::placement();
    Descent { line: vec![process, launcher], namespaces: Some(namespaces) }
}

/// Why a user of a story claims nothing.
#[derive(Debug)]
pub(crate) enum Unclaimed {
    /// It does not hold what the story lets it present; the message says what.
    Lacks(String),
    /// It is refused already for what it asks, before it signs.
    Refused(SessionError),
}

impl From<SessionError> for Unclaimed {
    fn from(error: SessionError) -> Self {
        Self::Refused(error)
    }
}

/// A project in memory.
pub(crate) struct Stage {
    pub(crate) session: Session,
    pub(crate) store: Memory,
    clock: Rc<Cell<i64>>,
    pub(super) holdings: Holdings,
    copies: BTreeMap<(UserName, DocumentId), WorkingCopy>,
    pub(super) texts: Vec<String>,
}

impl Stage {
    /// Founds a project: the users of the policy, each with what they prove themselves with, and these
    /// documents in force.
    pub(crate) fn found(policy: Candidate, documents: Vec<Installed>) -> Result<Self, SessionError> {
        let clock = Rc::new(Cell::new(START));
        let mut holdings = Holdings::default();
        let now = Timestamp::from_millis(START);
        let users = policy.policy.users.iter();
        let credentials = users.filter_map(|user| holdings.endow(&user.name, user.kind, now)).collect();
        let key = ProjectKey::new(&holdings.random::<32>()).ok_or(SessionError::NoKey)?;
        let (store, ticking) = (Memory::new(), Rc::clone(&clock));
        let random = Cell::new(0);
        let outside = Outside {
            clock: Box::new(move || Moment::of(Timestamp::from_millis(ticking.get()))),
            random: Box::new(move |buffer| {
                drawn(&random, "outside", buffer);
                true
            }),
            host: None,
            uid: None,
        };
        let session = Session::found(
            Box::new(store.clone()),
            key,
            outside,
            Founding { id: "0".repeat(32), policy, documents, credentials, origin: Digest::of(b"a story") },
        )?;
        Ok(Self { session, store, clock, holdings, copies: BTreeMap::new(), texts: Vec::new() })
    }

    /// Lets time go by.
    fn tick(&self) {
        self.clock.set(self.clock.get() + STEP);
    }

    /// Returns a document.
    pub(crate) fn document(&mut self, id: &DocumentId) -> Result<Option<Document>, SessionError> {
        Ok(self.store.document(id)?)
    }

    /// Returns the working copy of a user.
    pub(crate) fn copy(&self, user: &UserName, id: &DocumentId) -> Option<&WorkingCopy> {
        self.copies.get(&(user.clone(), id.clone()))
    }

    /// Puts something in the place of a user's working copy, or nothing.
    pub(crate) fn replace_copy(&mut self, user: &UserName, id: &DocumentId, copy: Option<WorkingCopy>) {
        let key = (user.clone(), id.clone());
        match copy {
            Some(copy) => self.copies.insert(key, copy),
            None => self.copies.remove(&key),
        };
    }

    /// What a user claims and presents with a request, or to read: with these means, else with the best that the
    /// user holds.
    pub(crate) fn claim(
        &mut self,
        user: &UserName,
        means: Option<Means>,
        asked: Option<&Request>,
    ) -> Result<Claim, Unclaimed> {
        let proof = match means {
            Some(Means::Ticket) => self.ticket(user, asked)?,
            means => match self.holdings.presented(user, means).map_err(Unclaimed::Lacks)? {
                Presented::Nothing => None,
                Presented::Token(token) => Some(Proof::Token(token)),
                Presented::Key(key) => Some(self.signed(user, &key, asked)?),
            },
        };
        let spawned = means == Some(Means::Spawn);
        let ancestry = if spawned { Ancestry(started) } else { Ancestry::default() };
        Ok(Claim { user: Some(user.to_string()), proof, ancestry, found: Found::Named })
    }

    /// Signs a request, as the program does for a person.
    fn signed(
        &mut self,
        user: &UserName,
        key: &OpenKey,
        asked: Option<&Request>,
    ) -> Result<Proof, SessionError> {
        let mut to_sign = self.session.to_sign(user, key.id(), asked)?;
        if asked.is_some_and(|request| !to_sign.tell(request)) {
            return Err(SessionError::Overtaken(to_sign.statement.document));
        }
        let bytes = key.sign(&to_sign.statement.encode());
        let signature = Signature { statement: to_sign.statement, bytes };
        Ok(Proof::Signature(Rc::new(SignedStatement { signature, challenge: to_sign.challenge })))
    }

    /// Mints a ticket for one call, as the hook of an agent runtime does: of its main thread where the user is
    /// that, else of a subagent that the hook has heard of.
    fn ticket(&mut self, user: &UserName, asked: Option<&Request>) -> Result<Option<Proof>, SessionError> {
        let policy = self.session.policy()?;
        let main = policy.runtimes.values().find(|one| *one == user);
        if main.is_none() {
            let parent = policy.runtimes.values().next().cloned();
            let (id, name) = ((RUNTIME_SESSION, user.as_str()), user.as_str());
            self.session.register(&AgentSession::hooked(id, "story", name, user.clone(), None, parent))?;
        }
        let agent = main.is_none().then_some(user.as_str());
        let caller = Caller { session: RUNTIME_SESSION, agent, agent_type: agent, tool_use_id: None };
        let (id, argv) = (TicketId::from_bytes(self.holdings.random()), Digest::of(b"a call"));
        let project = self.session.project()?.id;
        let inputs = asked.map(Request::material);
        let call = Call { project: &project, argv, cwd: "/story", inputs };
        let (ticket, text) = self.session.mint(|_, now| Ticket::new(id, caller, user, call, now))?;
        self.session.remember(&ticket, Fate::Open)?;
        let presented = PresentedTicket::parse(&text, argv, "/story".to_owned()).ok();
        Ok(presented.map(|presented| Proof::Ticket(Rc::new(presented))))
    }

    /// Lets somebody try something.
    pub(crate) fn act(&mut self, claim: &Claim, request: &Request) -> Result<Acted, SessionError> {
        self.tick();
        let acted = self.session.act(claim, request, Mode::Commit)?;
        self.settle(&acted)?;
        Ok(acted)
    }

    /// Lets somebody run a command for evidence. Nothing is run: it ends so, and every program is the one that
    /// was adopted.
    pub(crate) fn run(
        &mut self,
        claim: &Claim,
        request: &Request,
        outcome: RunOutcome,
    ) -> Result<Acted, SessionError> {
        self.tick();
        let policy = match &request.subject {
            Subject::Document(id) => self.session.policy_about(id)?,
            _ => self.session.policy()?,
        };
        let observed = policy.pins.clone();
        let begun = self.session.begin_run(claim, request.clone(), observed.clone(), Mode::Commit)?;
        let result = RunResult { observed, outcome, output: Output::default(), lasted: 0 };
        self.session.end_run(claim, &begun, result)
    }

    /// Gives a secret to the user whose credential it is of, where the registry has one of it.
    pub(super) fn hand_out(&mut self, secret: Secret) -> Result<(), SessionError> {
        if let Some(credential) = self.store.credential(secret.id())? {
            self.holdings.take(&credential, secret);
        }
        Ok(())
    }

    /// Gives out and takes back working copies, as the program does in the folders of its users.
    fn settle(&mut self, acted: &Acted) -> Result<(), SessionError> {
        for (user, id) in self.copies.keys().cloned().collect::<Vec<_>>() {
            let checkout = self.store.document(&id)?.and_then(|document| document.checkout);
            if checkout.is_none_or(|checkout| checkout.by != user) {
                self.copies.remove(&(user, id));
            }
        }
        if let (Some(document), Some(bytes)) = (&acted.after, &acted.content) {
            let id = document.id.clone();
            let (base, path) = (document.content, format!("{id}.md"));
            let copy = WorkingCopy::Present { document: id.clone(), base, path, bytes: bytes.clone() };
            self.copies.entry((acted.actor.name().clone(), id)).or_insert(copy);
        }
        Ok(())
    }

    /// Lists what somebody could do with a document; nothing for somebody who is not verified.
    pub(crate) fn menu(&mut self, user: &UserName, id: &DocumentId) -> Result<Vec<Line>, SessionError> {
        let Ok(claim) = self.claim(user, None, None) else { return Ok(Vec::new()) };
        match self.session.verify(&claim, Some(id)) {
            Ok(actor) => {
                let copy = self.copy(user, id).cloned();
                Ok(self.session.menu(&actor, id, copy.as_ref())?.lines)
            }
            Err(SessionError::NotVerified { .. }) => Ok(Vec::new()),
            Err(error) => Err(error),
        }
    }
}
