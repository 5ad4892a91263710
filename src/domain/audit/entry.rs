//! What an entry of the log says.

use std::collections::BTreeMap;

use super::key::Tag;
use super::row::Table;
use super::signature::Signature;
use crate::domain::clock::{Moment, Witness};
use crate::domain::digest::{Digest, Timestamp};
use crate::domain::document::{Kind, Outcome, words};
use crate::domain::id::{CredentialId, DocumentId, GroupName, StateName, UserName, Version};
use crate::domain::identity::{Assurance, Isolation, TicketId};
use crate::domain::offer::Offer;

/// Random bytes in every entry, so that nobody finds out what a withheld one says by hashing guesses.
pub const SALT_BYTES: usize = 16;

words! {
    /// Whether what was asked for was done.
    EntryResult {
        /// It was done.
        Permitted = "permitted",
        /// It was refused.
        Denied = "denied",
    }
    /// How the author of a post was known.
    Attribution {
        /// By a proof of the author's own.
        Own = "own",
        /// By a token that was chosen by the author's name, among several.
        ByName = "by_name",
        /// By a credential that several share.
        Downgraded = "downgraded",
        /// Not at all.
        None = "none",
    }
    /// Where a command was run for evidence.
    RanBy {
        /// On the side of whoever asked for it.
        Caller = "caller",
        /// By another user, for this purpose.
        Runner = "runner",
    }
}

/// One entry of the log: who asked for what, on what grounds, and everything that changed by it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its place in the log, from 0.
    pub index: u64,
    /// When, as the record counts time.
    pub at: Timestamp,
    /// The span that `at` is of.
    pub span: u32,
    /// What the system said of the time.
    pub moment: Moment,
    /// Random bytes.
    pub salt: [u8; SALT_BYTES],
    /// The verified actor; `None` where verification failed.
    pub actor: Option<UserName>,
    /// The user name that the caller claimed; `None` for what the program itself records.
    pub claimed: Option<String>,
    /// The user in whose name something was posted, where that is another one.
    pub claimed_actor: Option<String>,
    /// How the author of a post was known.
    pub attribution: Option<Attribution>,
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
    /// The agent within that session, as its runtime names it.
    pub agent: Option<String>,
    /// Who started the actor.
    pub parent: Option<UserName>,
    /// The credential that was presented, of an actor or of somebody who was refused.
    pub credential: Option<CredentialId>,
    /// The id of a token that another issuer made, such as the `jti` of a JWT (RFC 7519).
    pub token_id: Option<String>,
    /// The ticket that the actor presented.
    pub ticket: Option<TicketId>,
    /// The actor's signature, where the credential is a key.
    pub signature: Option<Signature>,
    /// The host that the caller was on.
    pub host: Option<String>,
    /// The Unix user of the caller's process.
    pub uid: Option<u32>,
    /// What the client calls the request, so that it is carried out once; unique for each actor.
    pub client_id: Option<String>,
    /// When it happened, where it is recorded later.
    pub occurred_at: Option<Timestamp>,
    /// Where a command was run for evidence.
    pub ran_by: Option<RanBy>,
    /// The action, as it was named.
    pub action: String,
    /// What the actor told with it, by name, except texts, which are the comment. Users are separated
    /// by commas; of a file, a working copy and a policy it is the digest.
    pub inputs: BTreeMap<String, String>,
    /// What the program itself found, by name.
    pub observed: BTreeMap<String, String>,
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

/// Actions of whoever holds the project key, without having been verified as anybody.
const BY_PROJECT_KEY: &[&str] = &["genesis", "recover", "restored", "rekeyed"];

/// Tells whose word an entry is for the time.
pub fn witness(assurance: Option<Assurance>, action: &str) -> Witness {
    match assurance {
        Some(Assurance::Claimed) => Witness::Claimed,
        Some(_) => Witness::Proven,
        None if BY_PROJECT_KEY.contains(&action) => Witness::Proven,
        None => Witness::Nobody,
    }
}

impl Entry {
    /// Begins an entry that nobody asked for and that says nothing yet; its index, its place in time and
    /// its salt are given when it is sealed.
    pub fn new(action: &str, policy_digest: Digest) -> Self {
        let zero = Timestamp::from_millis(0);
        Self {
            index: 0,
            at: zero,
            span: 0,
            moment: Moment::of(zero),
            salt: [0; SALT_BYTES],
            actor: None,
            claimed: None,
            claimed_actor: None,
            attribution: None,
            actor_kind: None,
            group: None,
            assurance: None,
            isolation: Isolation::None,
            session: None,
            agent: None,
            parent: None,
            credential: None,
            token_id: None,
            ticket: None,
            signature: None,
            host: None,
            uid: None,
            client_id: None,
            occurred_at: None,
            ran_by: None,
            action: action.to_owned(),
            inputs: BTreeMap::new(),
            observed: BTreeMap::new(),
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
    /// What would meet it.
    pub remedy: Option<Offer>,
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
