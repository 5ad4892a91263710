//! The project's own records: what exists once, or beside the documents.

use super::digest::{Digest, Timestamp};
use super::document::words;
use super::id::{DocumentId, IdWord, UserName, Version};
use super::order::Order;

words! {
    /// What waits for a second person.
    ProposalKind {
        /// A policy that demands less.
        Policy = "policy",
        /// The end of a jump of the clock.
        Clock = "clock",
        /// That a user needs no proof any more because of a hook.
        Unbinding = "unbinding",
    }
}

/// Something that one person asked for, and that a second one has to confirm.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proposal {
    /// What it is about.
    pub kind: ProposalKind,
    /// The digest of what is to be.
    pub digest: Digest,
    /// The digest of what there was when it was asked for.
    pub replaces: Digest,
    /// Who asked for it.
    pub by: UserName,
    /// When.
    pub at: Timestamp,
    /// Why.
    pub reason: String,
    /// Who confirmed it.
    pub confirmed_by: Option<UserName>,
}

/// How long a proposal can be confirmed, in milliseconds: a week.
const PROPOSAL_TIME: u64 = 7 * 24 * 60 * 60 * 1000;

impl Proposal {
    /// Returns what names it in the whole project.
    pub fn key(&self) -> String {
        format!("{}/{}", self.kind, self.digest)
    }

    /// Tells whether it can be confirmed at `now`, as far as its time goes. What was proposed by a clock that was wrong
    /// ends with its jump.
    pub fn is_open(&self, now: Timestamp, order: &Order) -> bool {
        let is_over = self.at.after(PROPOSAL_TIME).has_come(now) || order.is_of_ended_jump(self.at);
        self.confirmed_by.is_none() && !is_over
    }
}

/// The project itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Project {
    /// Its id, 32 lower-case hexadecimal digits, drawn when it was made.
    pub id: String,
    /// The digest of the policy in force.
    pub policy: Digest,
    /// The fingerprint of the project key, so that a wrong key can be named as such.
    pub key_fingerprint: String,
    /// The public key that signs checkpoints (Ed25519, RFC 8032), 32 bytes.
    pub checkpoint_key: Digest,
    /// The digest of the program that made the project.
    pub origin: Digest,
    /// When it was made.
    pub created_at: Timestamp,
}

/// A version of a document: it names exactly one content, for ever.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VersionRecord {
    /// The document.
    pub document: DocumentId,
    /// The version.
    pub version: Version,
    /// The digest of its content.
    pub content: Digest,
    /// Who made it; `None` for what was installed with the project.
    pub author: Option<UserName>,
    /// When.
    pub at: Timestamp,
}

/// A registered namespace of specifications.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Namespace {
    /// Its name.
    pub name: IdWord,
    /// Who registered it.
    pub added_by: UserName,
    /// When.
    pub added_at: Timestamp,
}

/// A policy that was adopted, now or once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyRecord {
    /// The digest of its files.
    pub digest: Digest,
    /// Its files, as canonical JSON: an object from file name to text.
    pub sources: String,
    /// What the files mean, as JSON after a tag under the project key; what the program reads at every
    /// start.
    pub compiled: String,
    /// When it was adopted.
    pub adopted_at: Timestamp,
}
