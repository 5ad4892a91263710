//! What an entry of the log says.

use std::collections::BTreeMap;

use super::key::Tag;
use super::row::Table;
use super::signature::Signature;
use crate::domain::digest::{Digest, Timestamp};
use crate::domain::document::{Kind, Outcome, words};
use crate::domain::id::{CredentialId, DocumentId, GroupName, StateName, UserName, Version};
use crate::domain::identity::{Assurance, Isolation, TicketId};

words! {
    /// Whether what was asked for was done.
    EntryResult {
        /// It was done.
        Permitted = "permitted",
        /// It was refused.
        Denied = "denied",
    }
}

/// One entry of the log: who asked for what, on what grounds, and everything that changed by it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its place in the log, from 0.
    pub index: u64,
    /// When.
    pub at: Timestamp,
    /// The verified actor; `None` where verification failed.
    pub actor: Option<UserName>,
    /// The user name that the caller claimed; `None` for what the program itself records.
    pub claimed: Option<String>,
    /// What the actor is.
    pub actor_kind: Option<Kind>,
    /// The actor's group at that time.
    pub group: Option<GroupName>,
    /// How sure the identity was.
    pub assurance: Option<Assurance>,
    /// How well the keys were kept.
    pub isolation: Isolation,
    /// The session that the actor was started in.
    pub session: Option<String>,
    /// Who started the actor.
    pub parent: Option<UserName>,
    /// The credential that the actor presented.
    pub credential: Option<CredentialId>,
    /// The ticket that the actor presented.
    pub ticket: Option<TicketId>,
    /// The actor's signature, where the credential is a key.
    pub signature: Option<Signature>,
    /// The action, as it was named.
    pub action: String,
    /// What the actor told with it, by name, except texts, which are the comment. Users are separated
    /// by commas.
    pub inputs: BTreeMap<String, String>,
    /// The document.
    pub document: Option<DocumentId>,
    /// Its version after the action.
    pub version: Option<Version>,
    /// Its state before.
    pub from: Option<StateName>,
    /// Its state after.
    pub to: Option<StateName>,
    /// Whether it was done.
    pub result: EntryResult,
    /// The verdict that was given.
    pub verdict: Option<Outcome>,
    /// What the actor said.
    pub comment: Option<String>,
    /// Why it was refused.
    pub reasons: Vec<SealedReason>,
    /// The content that the action spoke about, as it is after the action.
    pub content_digest: Option<Digest>,
    /// The policy by which it was decided.
    pub policy_digest: Digest,
    /// How many like refusals it stands for; 1 for everything else.
    pub count: u64,
    /// Everything that changed.
    pub deltas: Vec<Delta>,
}

impl Entry {
    /// Begins an entry that nobody asked for and that says nothing yet; its index is given when it is
    /// sealed.
    pub fn new(at: Timestamp, action: &str, policy_digest: Digest) -> Self {
        Self {
            index: 0,
            at,
            actor: None,
            claimed: None,
            actor_kind: None,
            group: None,
            assurance: None,
            isolation: Isolation::None,
            session: None,
            parent: None,
            credential: None,
            ticket: None,
            signature: None,
            action: action.to_owned(),
            inputs: BTreeMap::new(),
            document: None,
            version: None,
            from: None,
            to: None,
            result: EntryResult::Permitted,
            verdict: None,
            comment: None,
            reasons: Vec::new(),
            content_digest: None,
            policy_digest,
            count: 1,
            deltas: Vec::new(),
        }
    }
}

/// Why something was refused, as it was told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedReason {
    /// The stable name of the condition.
    pub name: String,
    /// The sentence.
    pub message: String,
    /// The command that would meet it.
    pub remedy: Option<String>,
}

/// The change of one row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delta {
    /// The table.
    pub table: Table,
    /// The row.
    pub key: String,
    /// The fields that changed, in the order of their names. Never empty.
    pub fields: Vec<FieldDelta>,
}

/// The change of one field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldDelta {
    /// The field.
    pub name: String,
    /// Its value before; `None` where it had none.
    pub old: Option<Vec<u8>>,
    /// Its value after; `None` where it has none.
    pub new: Option<Vec<u8>>,
}

/// An entry with its seal, ready to be stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sealed {
    /// What it says.
    pub entry: Entry,
    /// Its canonical bytes.
    pub bytes: Vec<u8>,
    /// Its leaf hash.
    pub leaf: Digest,
    /// The tag of (index, leaf) under the project key.
    pub tag: Tag,
}
