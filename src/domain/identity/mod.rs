//! Who is calling: a [`Claim`] is what a caller says and presents, an [`Actor`] is what was verified.
//!
//! A credential names its user; none is ever chosen by the name that was claimed. What is not proved is
//! recorded as claimed, and whoever was ever given a credential must present it.

mod agent_session;
mod credential;
mod distrust;
mod registry;
mod sealed_key;
mod ticket;
mod token;

use std::collections::BTreeSet;
use std::rc::Rc;

pub use self::agent_session::{AgentSession, SessionKind};
pub use self::credential::{
    Acknowledgement, Credential, CredentialKind, Grounds, KeyOrigin, Scope, Validity, left,
};
pub use self::distrust::{Distrust, Holder, NotVerified, Origin};
pub use self::registry::Registry;
#[cfg(test)]
pub(crate) use self::registry::verified;
pub use self::sealed_key::{KEY_BYTES, KeyFileError, OpenKey, SealedKey};
pub use self::ticket::{
    Call, Caller, Fate, PresentedTicket, TICKET_FLAG, TICKET_TIME, Ticket, TicketError, TicketId,
    argv_digest, argv_digest_around_ticket, bearer, end_of_words,
};
pub use self::token::{TOKEN_BYTES, Token, TokenError};
use super::audit::{Signature, Tag};
use super::digest::Timestamp;
use super::document::{Kind, words};
use super::id::{CredentialId, GroupName, UserName};
use super::process::Descent;

words! {
    /// How sure it is that the actor is who it claims to be, in rising order.
    Assurance {
        /// Only the claim says so.
        Claimed = "claimed",
        /// A bearer token of that user was presented.
        Token = "token",
        /// A one-use proof for this very command was presented.
        Ticket = "ticket",
        /// The user's own key signed the action (21 CFR 11.200).
        Signature = "signature",
    }
    /// How well the keys of the project are kept from those who call.
    Isolation {
        /// The command itself reads the project key.
        None = "none",
        /// A server holds key and store, but the proof could be made by any process of the caller's own
        /// system user.
        Shared = "shared",
        /// A server under another user holds key and store, and no other process could make the proof.
        Broker = "broker",
    }
}

impl Assurance {
    /// Says in words how sure it is.
    pub fn shown(self) -> String {
        match self {
            Self::Claimed => self.as_str().to_owned(),
            verified => format!("verified: {verified}"),
        }
    }
}

/// What a caller says about itself, and what it presents for it. Nothing of it is believed.
#[derive(Debug, Clone, Default)]
pub struct Claim {
    /// The user name, as it was given; without one the credential names the user.
    pub user: Option<String>,
    /// What was presented.
    pub proof: Option<Proof>,
    /// Where what is presented was found.
    pub found: Found,
    /// Finds out where the caller comes from; asked only where it matters.
    pub ancestry: Ancestry,
}

/// Where a proof was found: a token, or the passphrase of a key.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Found {
    /// Where the command says, or where no agent is.
    #[default]
    Named,
    /// In the environment of an agent or at its terminal, which all agents of its session share.
    Shared,
    /// There, though the hook of these agents' runtime is, or may be, in the project, which signs the calls of each.
    Unsigned,
}

/// Finds out where a caller comes from.
#[derive(Debug, Clone, Copy)]
pub struct Ancestry(pub fn() -> Descent);

impl Default for Ancestry {
    fn default() -> Self {
        Self(Descent::default)
    }
}

impl Claim {
    /// Claims a name and presents nothing.
    pub fn of(user: impl Into<String>) -> Self {
        Self { user: Some(user.into()), ..Self::default() }
    }

    /// Returns where in an agent runtime the call came from, as a ticket says. It was believed before.
    pub fn origin(&self) -> Option<Box<Origin>> {
        match &self.proof {
            Some(Proof::Ticket(presented)) => Some(presented.ticket.origin()),
            _ => None,
        }
    }
}

/// What can be presented for a claim.
#[derive(Debug, Clone)]
pub enum Proof {
    /// A bearer token.
    Token(Rc<Token>),
    /// A ticket for this very call.
    Ticket(Rc<PresentedTicket>),
    /// A statement that the user signed.
    Signature(Rc<SignedStatement>),
}

/// A statement that a person signed, with what shows that its nonce and its time were given out for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedStatement {
    /// The statement and its signature.
    pub signature: Signature,
    /// The tag of the project key that came with the nonce.
    pub challenge: Tag,
}

impl Proof {
    /// Returns the credential that it is a proof of. A ticket is one by itself, within the bounds of the
    /// credential that it names.
    pub fn credential(&self) -> Option<&CredentialId> {
        match self {
            Self::Token(token) => Some(token.id()),
            Self::Signature(signed) => Some(&signed.signature.statement.key),
            Self::Ticket(presented) => presented.ticket.credential.as_ref(),
        }
    }
}

/// A verified caller. Only [`Registry::verify`] makes one.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use = "an actor that decides nothing was verified in vain"]
pub struct Actor {
    name: UserName,
    group: GroupName,
    kind: Kind,
    assurance: Assurance,
    isolation: Isolation,
    session: Option<String>,
    agent: Option<String>,
    parent: Option<UserName>,
    started_in: BTreeSet<String>,
    started_at: Option<Timestamp>,
    credential: Option<Box<Credential>>,
    ticket: Option<TicketId>,
    reads_for: Option<String>,
}

impl Actor {
    /// Returns the user name.
    pub fn name(&self) -> &UserName {
        &self.name
    }

    /// Returns the group.
    pub fn group(&self) -> &GroupName {
        &self.group
    }

    /// Tells what the user is.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// Tells how sure the identity is.
    pub fn assurance(&self) -> Assurance {
        self.assurance
    }

    /// Tells how well the keys are kept.
    pub fn isolation(&self) -> Isolation {
        self.isolation
    }

    /// Tells whether what was presented shows that a person made this call: the own key or token of a user who is one.
    /// A bare name shows nothing; a ticket, an unlocked key and what is of a session are used by programs.
    pub fn is_person(&self) -> bool {
        let is_own = |it: &Credential| matches!(it.kind, CredentialKind::Standing | CredentialKind::Key);
        self.kind == Kind::Human
            && self.assurance != Assurance::Ticket
            && self.session.is_none()
            && self.credential().is_some_and(is_own)
    }

    /// Returns the credential that was presented and verified.
    pub fn credential(&self) -> Option<&Credential> {
        self.credential.as_deref()
    }

    /// Returns the ticket that was presented and verified.
    pub fn ticket(&self) -> Option<TicketId> {
        self.ticket
    }

    /// Returns the kind of agent that reads as this user without being one: it acts as nobody.
    pub fn reads_for(&self) -> Option<&str> {
        self.reads_for.as_deref()
    }

    /// Returns the session that the caller was started in, where its credential names one.
    pub fn session(&self) -> Option<&str> {
        self.session.as_deref()
    }

    /// Returns which agent of that session it is, where several can run in one.
    pub fn agent(&self) -> Option<&str> {
        self.agent.as_deref()
    }

    /// Iterates over where the caller comes from: its session, who started it, and where that one came from in turn.
    pub fn origins(&self) -> impl Iterator<Item = &str> {
        let started_in = self.started_in.iter().map(String::as_str);
        self.session().into_iter().chain(self.parent().map(UserName::as_str)).chain(started_in)
    }

    /// Returns the user who started the caller, where its credential names one.
    pub fn parent(&self) -> Option<&UserName> {
        self.parent.as_ref()
    }

    /// Returns when the agent of this session was started.
    pub fn started_at(&self) -> Option<Timestamp> {
        self.started_at
    }
}
