//! What can keep a session from doing what it was asked for.

use thiserror::Error;

use super::Menu;
use crate::domain::decide::{Denial, Meant};
use crate::domain::digest::Digest;
use crate::domain::document::Document;
use crate::domain::id::{CredentialId, DocumentId, GroupName, IdWord, TypeName, UserName};
use crate::domain::identity::{Actor, NotVerified};
use crate::domain::plural::counted;
use crate::domain::policy::Fault;
use crate::domain::procedure::Citation;
use crate::store::StoreError;

/// A refusal, and what whoever was refused should know.
#[derive(Debug)]
pub struct Refusal {
    /// Every condition that is not met.
    pub denial: Denial,
    /// The section that governs the action, where the policy names one.
    pub sop: Option<Citation>,
    /// The document, as it stands.
    pub document: Option<Document>,
    /// The transition that was meant, where the life cycle has one for it here.
    pub meant: Option<Meant>,
    /// What the actor can do instead.
    pub menu: Menu,
    /// Who was refused.
    pub actor: Actor,
}

/// A request that was not carried out. Nothing changed, except that a refusal was recorded.
#[derive(Debug, Error)]
pub enum SessionError {
    /// The claim was not verified.
    #[error("{refusal}")]
    NotVerified {
        /// Why not.
        refusal: NotVerified,
        /// The how manieth like failure it was within a minute.
        failures: u64,
    },
    /// The policy does not allow it.
    #[error("{}", denial_words(&.0.denial))]
    Denied(Box<Refusal>),
    /// There is no such document.
    #[error("no document `{0}`")]
    NoDocument(DocumentId),
    /// The policy knows no such document type.
    #[error("no document type `{0}`")]
    NoType(TypeName),
    /// No user ever had this name.
    #[error("no user `{0}`")]
    NoUser(UserName),
    /// There is no such credential.
    #[error("no credential `{0}`")]
    NoCredential(CredentialId),
    /// There is no such session of an agent.
    #[error("no session `{0}`")]
    NoSession(String),
    /// Only people have keys.
    #[error("`{0}` is no person of this project; people have keys, agents and services have tokens")]
    NoPerson(UserName),
    /// A key is recovered by the project key alone, and somebody could sign for it.
    #[error(
        "the recovery of the key of `{user}` is signed by another person whose key counts: {}",
        names(by)
    )]
    RecoveryUnsigned {
        /// Whose key is made.
        user: UserName,
        /// Who can sign.
        by: Vec<UserName>,
    },
    /// Somebody else is left who can acknowledge a key, or could with a new one.
    #[error("`{other}` is left, and had something to prove that: a new key of `{user}` does not count alone")]
    NotAlone {
        /// Whose key is made.
        user: UserName,
        /// Who is left.
        other: UserName,
        /// Who can sign for it.
        by: Vec<UserName>,
        /// Whose key can count alone first.
        manager: Option<UserName>,
    },
    /// The policy knows no such group.
    #[error("no group `{name}`; there are {known}")]
    NoGroup {
        /// The group.
        name: GroupName,
        /// The groups that the policy knows.
        known: String,
    },
    /// The namespace is not registered.
    #[error("no namespace `{name}` is registered")]
    NoNamespace {
        /// The namespace.
        name: IdWord,
        /// Whether the caller may register it.
        may_add: bool,
    },
    /// The row of the project is gone from the store.
    #[error("the project is gone from its store")]
    Gone,
    /// The store holds a project already.
    #[error("the store holds a project already")]
    Founded,
    /// Checking a credential and changing something need the project key.
    #[error("the project key is missing, so that no credential can be checked and nothing be recorded")]
    NoKey,
    /// The key is of another project.
    #[error("the project key has the fingerprint {found}, this project needs {expected}")]
    WrongKey {
        /// The fingerprint of the key at hand.
        found: String,
        /// The fingerprint that the project names.
        expected: String,
    },
    /// The newest point of the log bears no tag of the project key: it was cut or put back.
    #[error("the end of the log was not made with the project key; nothing is recorded after it")]
    HeadTag,
    /// The log does not have the entries that its head speaks of.
    #[error("entries of the log are missing; nothing is signed")]
    EntriesMissing,
    /// A credential bears no tag of the project key: its row was edited.
    #[error("credential {0} is not as it was recorded, and is not changed")]
    CredentialTag(CredentialId),
    /// The session of an agent bears no tag of the project key: its row was edited.
    #[error("session {0} is not as it was recorded, and is not changed")]
    SessionTag(String),
    /// A text holds the secret of a token that is good for something.
    #[error(
        "{place} holds the secret of token {credential}, which is live: take it out, and revoke the token"
    )]
    LiveToken {
        /// Where it stands.
        place: String,
        /// The token.
        credential: CredentialId,
    },
    /// A text holds the project key.
    #[error("{place} holds the project key: take it out")]
    LiveKey {
        /// Where it stands.
        place: String,
    },
    /// What was signed is no longer what is there.
    #[error("{} changed since it was shown to be signed: sign again", .0.as_ref().map_or("the project", DocumentId::as_str))]
    Overtaken(Option<DocumentId>),
    /// The system gives no random bytes.
    #[error("the system gives no random bytes")]
    NoRandom,
    /// What was asked for records no run of a command.
    #[error("what was asked for records no run")]
    NoRun,
    /// A policy that was adopted cannot be read.
    #[error("policy {} cannot be read: {message}", .digest.short())]
    PolicyUnreadable {
        /// The policy.
        digest: Digest,
        /// What is wrong.
        message: String,
    },
    /// The policy to begin with has faults.
    #[error("the policy has {}", counted(.0.len() as u64, "fault"))]
    PolicyFaults(Vec<Fault>),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

fn names(users: &[UserName]) -> String {
    users.iter().map(UserName::as_str).collect::<Vec<_>>().join(", ")
}

fn denial_words(denial: &Denial) -> String {
    let messages: Vec<&str> = denial.reasons().iter().map(|reason| reason.message.as_str()).collect();
    messages.join("; ")
}
