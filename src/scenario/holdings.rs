//! What the users of a story hold, and present for themselves.
//!
//! Secrets are digests of numbers: the same in every run, and of no use in any project.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::rc::Rc;

use crate::domain::digest::{Digest, Timestamp};
use crate::domain::document::{Kind, words};
use crate::domain::id::{CredentialId, UserName};
use crate::domain::identity::{Credential, CredentialKind, KeyOrigin, OpenKey, Token};
use crate::domain::process::{Placement, Process};

words! {
    /// How a user of a story proves who it is.
    Means {
        /// Nothing is presented.
        Claimed = "claimed",
        /// A standing token.
        Token = "token",
        /// A key of the user's own signs.
        Signature = "signature",
        /// The token of a key that was unlocked.
        Unlock = "unlock",
        /// The code with which a person makes the first key.
        Code = "code",
        /// The token of an agent that was started.
        Spawn = "spawn",
        /// A ticket that the hook of an agent runtime made for this call.
        Ticket = "ticket",
    }
}

impl Means {
    /// The kind of token that is presented.
    fn token(self) -> Option<CredentialKind> {
        match self {
            Self::Token => Some(CredentialKind::Standing),
            Self::Unlock => Some(CredentialKind::Unlock),
            Self::Code => Some(CredentialKind::Enrolment),
            Self::Spawn => Some(CredentialKind::Spawn),
            Self::Claimed | Self::Signature | Self::Ticket => None,
        }
    }
}

/// Fills a buffer with bytes that this counter did not give before.
pub(super) fn drawn(counter: &Cell<u64>, whose: &str, buffer: &mut [u8]) {
    for part in buffer.chunks_mut(32) {
        counter.set(counter.get() + 1);
        let drawn = Digest::of(format!("story {whose} {}", counter.get()).as_bytes());
        part.iter_mut().zip(drawn.as_bytes()).for_each(|(to, from)| *to = *from);
    }
}

/// A secret that was made.
pub(super) enum Secret {
    Token(Rc<Token>),
    Key(Rc<OpenKey>),
}

impl Secret {
    pub(super) fn id(&self) -> &CredentialId {
        match self {
            Self::Token(token) => token.id(),
            Self::Key(key) => key.id(),
        }
    }

    /// What the registry keeps of it.
    pub(super) fn verifier(&self) -> Digest {
        match self {
            Self::Token(token) => token.verifier(),
            Self::Key(key) => key.public(),
        }
    }
}

/// What a user holds: of each kind the newest.
#[derive(Default)]
struct Held {
    key: Option<Rc<OpenKey>>,
    tokens: BTreeMap<CredentialKind, Rc<Token>>,
}

/// What all users hold.
#[derive(Default)]
pub(super) struct Holdings {
    drawn: Cell<u64>,
    held: BTreeMap<UserName, Held>,
    /// The sessions of agents that were started, by the names of the agents.
    pub(super) sessions: BTreeMap<String, String>,
}

impl Holdings {
    /// Where agents run in a story.
    pub(super) fn placement() -> Placement {
        let process = |id| Process { id, started: 1 };
        Placement { process: process(2), launcher: process(1), namespaces: "story".to_owned() }
    }

    /// Draws bytes that were not drawn before.
    pub(super) fn random<const N: usize>(&mut self) -> [u8; N] {
        let mut bytes = [0; N];
        drawn(&self.drawn, "held", &mut bytes);
        bytes
    }

    /// Makes a token.
    pub(super) fn new_token(&mut self) -> Secret {
        Secret::Token(Rc::new(Token::new(&self.random())))
    }

    /// Makes a key.
    pub(super) fn new_key(&mut self) -> Option<Secret> {
        OpenKey::from_seed(&self.random::<32>()).map(|key| Secret::Key(Rc::new(key)))
    }

    /// Gives a user of the founding a credential: a person a key, anybody else a token.
    pub(super) fn endow(&mut self, user: &UserName, kind: Kind, at: Timestamp) -> Option<Credential> {
        let (secret, kind) = match kind {
            Kind::Human => (self.new_key()?, CredentialKind::Key),
            Kind::Agent | Kind::Service => (self.new_token(), CredentialKind::Standing),
        };
        let mut credential = Credential::new(secret.id().clone(), user.clone(), kind, secret.verifier(), at);
        credential.origin = (kind == CredentialKind::Key).then_some(KeyOrigin::Founder);
        self.take(&credential, secret);
        Some(credential)
    }

    /// Keeps the secret of a credential for the user whose it is.
    pub(super) fn take(&mut self, credential: &Credential, secret: Secret) {
        let held = self.held.entry(credential.user.clone()).or_default();
        match secret {
            Secret::Key(key) => held.key = Some(key),
            Secret::Token(token) => drop(held.tokens.insert(credential.kind, token)),
        }
    }

    /// The credential that a user acts with where nothing else is said.
    pub(super) fn own(&self, user: &UserName) -> Option<CredentialId> {
        let held = self.held.get(user)?;
        let key = held.key.as_ref().map(|key| key.id());
        key.or_else(|| held.tokens.get(&CredentialKind::Standing).map(|token| token.id())).cloned()
    }

    /// What a user presents: with these means, else with the best that the user holds. The message says what the
    /// user does not hold.
    pub(super) fn presented(&self, user: &UserName, means: Option<Means>) -> Result<Presented, String> {
        let held = self.held.get(user);
        let key = held.and_then(|held| held.key.clone());
        let token = |kind| held.and_then(|held| held.tokens.get(&kind)).cloned();
        let best = if key.is_some() {
            Means::Signature
        } else if token(CredentialKind::Standing).is_some() {
            Means::Token
        } else {
            Means::Claimed
        };
        let means = means.unwrap_or(best);
        let presented = match means.token() {
            Some(kind) => token(kind).map(Presented::Token),
            None if means == Means::Signature => key.map(Presented::Key),
            None => None,
        };
        match presented {
            None if means != Means::Claimed => Err(format!("`{user}` holds nothing for `proof: {means}`")),
            presented => Ok(presented.unwrap_or(Presented::Nothing)),
        }
    }
}

/// What a user proves itself with.
pub(super) enum Presented {
    Nothing,
    Token(Rc<Token>),
    /// A key, which signs each request.
    Key(Rc<OpenKey>),
}
