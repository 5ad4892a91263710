//! What is kept: a few reads, and ONE write.
//!
//! A store knows nothing of rights, rules or words. It keeps rows and entries, and writes both
//! together or not at all. What it cannot do is change something without an entry.

mod change;
mod memory;
mod sqlite;
mod unsealed;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use thiserror::Error;

pub use self::memory::Memory;
pub use self::sqlite::Sqlite;
pub use self::unsealed::{Refusals, TicketMark};
use crate::domain::attestation::Attestation;
use crate::domain::audit::{Frontier, Sealed, Tag};
use crate::domain::clock::{Course, Span};
use crate::domain::digest::{Digest, Timestamp};
use crate::domain::document::{Document, User};
use crate::domain::id::{CredentialId, DocumentId, StateName, TypeName, UserName, Version};
use crate::domain::identity::{AgentSession, Credential, Fate, TicketId};
use crate::domain::project::{Namespace, PolicyRecord, Project, Proposal, VersionRecord};

/// The newest point of the log.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Head {
    /// The right edge of the tree; it also knows its size and its root.
    pub frontier: Frontier,
    /// The tag of (size, root) under the project key; `None` for the empty log.
    pub tag: Option<Tag>,
    /// Where the record is in time; `None` for the empty log.
    pub course: Option<Course>,
}

/// Everything that one action changes, rows and entries alike. Where rows change, there are entries.
#[derive(Debug, Clone, Default)]
pub struct Change {
    /// The size of the log that the change was decided on.
    pub expected_size: u64,
    /// The revisions of the documents that it was decided on; 0 for one that must not exist.
    pub expected_revisions: Vec<(DocumentId, u64)>,
    /// Documents to add or replace; their contents are in this change or kept already.
    pub documents: Vec<Document>,
    /// Versions to add; none of them exists.
    pub versions: Vec<VersionRecord>,
    /// Attestations to add; none of them exists. What they say is in this change or kept already.
    pub attestations: Vec<Attestation>,
    /// Contents to keep, by their digest. One that is kept already stays, where it still is what has that digest.
    pub contents: Vec<(Digest, Arc<Vec<u8>>)>,
    /// Users to add or replace.
    pub users: Vec<User>,
    /// Credentials to add or replace, each with its tag.
    pub credentials: Vec<Credential>,
    /// Sessions of agents to add or replace, each with its tag.
    pub sessions: Vec<AgentSession>,
    /// What becomes of tickets. One that can be used no longer stays as it is, and one that is made is new. They
    /// need no entry of their own, each with its tag.
    pub tickets: Vec<TicketMark>,
    /// Spans of time to add or replace.
    pub spans: Vec<Span>,
    /// Proposals to add or replace.
    pub proposals: Vec<Proposal>,
    /// Namespaces to add; none of them exists.
    pub namespaces: Vec<Namespace>,
    /// Policies to keep, by their digest. One that is kept already stays as it is.
    pub policies: Vec<PolicyRecord>,
    /// The project, where it changes; its policy is in this change or kept already.
    pub project: Option<Project>,
    /// The window in which like refusals are counted, where it changes, with its tag. It needs no entry.
    pub refusals: Vec<Refusals>,
    /// The entries; indexes continue at `expected_size`.
    pub entries: Vec<Sealed>,
    /// The head after them; without entries it is not written.
    pub head: Head,
}

/// An open task of a user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenTask {
    /// The document.
    pub document: DocumentId,
    /// Who asked for it.
    pub assigned_by: UserName,
    /// When.
    pub assigned_at: Timestamp,
}

/// Which documents to list, in the order of their ids (numbers count as numbers).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ListQuery {
    /// Only this type.
    pub document_type: Option<TypeName>,
    /// Only this state.
    pub state: Option<StateName>,
    /// Only this owner.
    pub owner: Option<UserName>,
    /// Only where this user has an open task.
    pub assignee: Option<UserName>,
    /// Only children of this document.
    pub parent: Option<DocumentId>,
    /// Only what this user has checked out.
    pub checked_out_by: Option<UserName>,
    /// Only what requires something of other documents.
    pub waiting: bool,
    /// Only what comes after this document.
    pub after: Option<DocumentId>,
    /// At most so many.
    pub limit: Option<u64>,
}

/// Which entries to read, in the order of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Entries<'a> {
    /// All, from this index on.
    From(u64),
    /// Those about a document.
    Of(&'a DocumentId),
}

/// Which credentials to list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Credentials<'a> {
    /// All.
    All,
    /// Those of a user.
    Of(&'a UserName),
    /// Keys.
    Keys,
    /// Those whose secret has this digest.
    WithVerifier(&'a Digest),
    /// Those that another person has yet to look into.
    Alarming,
}

/// Which sessions of agents to list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sessions<'a> {
    /// All.
    All,
    /// Those that go on.
    Open,
    /// Those of one session of a runtime.
    Of(&'a str),
}

/// An entry as it is stored. The document column repeats what the bytes say, to be found by.
#[derive(Debug, Clone, Copy)]
pub struct StoredEntry<'a> {
    /// Its place in the log.
    pub index: u64,
    /// Its canonical bytes.
    pub bytes: &'a [u8],
    /// Its leaf hash.
    pub leaf: &'a [u8],
    /// Its tag.
    pub tag: &'a [u8],
    /// The document column.
    pub document: Option<&'a str>,
}

/// What a backend says about its own failure.
pub type Cause = Box<dyn std::error::Error + Send + Sync>;

/// A store that did not do what it was asked for. Nothing was changed.
#[derive(Debug, Error)]
pub enum StoreError {
    /// Somebody else wrote first: read again, decide again.
    #[error("the project changed in the meantime")]
    Conflict,
    /// The change contradicts itself or what is kept; the caller made a mistake.
    #[error("the change does not fit the store")]
    Unfit(#[source] Cause),
    /// The store is held by another process for longer than it is worth waiting.
    #[error("the store is locked by another process")]
    Locked(#[source] Cause),
    /// There is no store at this place.
    #[error("no store at `{}`", .0.display())]
    Missing(PathBuf),
    /// There is something at the place where a store was to be made.
    #[error("`{}` exists already", .0.display())]
    Exists(PathBuf),
    /// The store may be read and not written.
    #[error("the store cannot be written")]
    ReadOnly(#[source] Cause),
    /// The store may not even be read.
    #[error("`{}` cannot be opened", .path.display())]
    Unopened {
        /// The file.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: Cause,
    },
    /// The disk is full.
    #[error("the disk is full, nothing was written")]
    Full(#[source] Cause),
    /// The system cannot read or write the file.
    #[error("the system cannot read or write `{}`: the disk or its connection fails", .path.display())]
    Disk {
        /// The file.
        path: PathBuf,
        /// What the library says.
        #[source]
        source: Cause,
    },
    /// The file is not a store, or is damaged.
    #[error("`{}` is not a store or is damaged", .path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What the library says.
        #[source]
        source: Cause,
    },
    /// The store was made by a version of the program that was never released.
    #[error(
        "the store was made by an unreleased version of qms (format {found}); this version does not read it: begin a new project"
    )]
    Unreleased {
        /// The format of the store.
        found: u32,
    },
    /// The store was written by a newer program.
    #[error("the store has format {found}, this program knows formats up to {known}")]
    Newer {
        /// The format of the store.
        found: u32,
        /// The newest format that this program knows.
        known: u32,
    },
    /// A row does not hold what its table promises.
    #[error("the row `{key}` of `{table}` cannot be read: {message}")]
    Unreadable {
        /// The table.
        table: &'static str,
        /// The row.
        key: String,
        /// What is wrong.
        message: String,
    },
    /// A content is not, or is no longer, what was kept under its digest.
    #[error("the content {0} is missing or changed")]
    Altered(Digest),
    /// The tables are not those that the program made: one of them, or a column, is missing.
    #[error("the tables of the store were changed: {0}")]
    Tables(String),
    /// Anything else that the backend says.
    #[error("the store failed")]
    Failed(#[source] Cause),
}

impl StoreError {
    /// Tells whether the store can be used, and what is in it is not what was put there: evidence,
    /// where every other failure is an obstacle.
    pub fn is_evidence(&self) -> bool {
        matches!(self, Self::Unreadable { .. } | Self::Tables(_))
    }
}

/// What visits stored entries one by one, and may stop with an answer of its own.
pub type EntryVisitor<'v> = dyn FnMut(StoredEntry<'_>) -> Result<(), StoreError> + 'v;

/// What visits documents one by one.
pub type DocumentVisitor<'v> = dyn FnMut(Document) -> Result<(), StoreError> + 'v;

/// What visits versions one by one.
pub type VersionVisitor<'v> = dyn FnMut(VersionRecord) -> Result<(), StoreError> + 'v;

/// What visits the digests of contents one by one.
pub type ContentVisitor<'v> = dyn FnMut(Digest) -> Result<(), StoreError> + 'v;

/// What visits attestations one by one.
pub type AttestationVisitor<'v> = dyn FnMut(Attestation) -> Result<(), StoreError> + 'v;

/// What can be read. It changes nothing, and can be given to whoever may read.
pub trait Read {
    /// Returns the newest point of the log.
    fn head(&mut self) -> Result<Head, StoreError>;
    /// Returns the project; `None` before its first entry.
    fn project(&mut self) -> Result<Option<Project>, StoreError>;
    /// Returns a document.
    fn document(&mut self, id: &DocumentId) -> Result<Option<Document>, StoreError>;
    /// Visits the documents that a query selects, in the order of their ids.
    fn documents(&mut self, query: &ListQuery, visit: &mut DocumentVisitor<'_>) -> Result<(), StoreError>;
    /// Returns the highest number at the end of an id that begins with `prefix`, over documents
    /// whose whole rest is a number; 0 where there is none.
    fn last_number(&mut self, prefix: &str) -> Result<u32, StoreError>;
    /// Returns one document for each (type, state) that any document is in.
    fn occupied(&mut self) -> Result<Vec<(TypeName, StateName, DocumentId)>, StoreError>;
    /// Lists the versions of a document, oldest first.
    fn versions(&mut self, id: &DocumentId) -> Result<Vec<VersionRecord>, StoreError>;
    /// Finds a version of a document.
    fn version(&mut self, id: &DocumentId, version: Version) -> Result<Option<VersionRecord>, StoreError>;
    /// Visits every version of every document.
    fn all_versions(&mut self, visit: &mut VersionVisitor<'_>) -> Result<(), StoreError>;
    /// Lists what was stated about a document, oldest first.
    fn attestations(&mut self, id: &DocumentId) -> Result<Vec<Attestation>, StoreError>;
    /// Visits every attestation.
    fn all_attestations(&mut self, visit: &mut AttestationVisitor<'_>) -> Result<(), StoreError>;
    /// Returns a content, or [`StoreError::Altered`] where it has another digest by now.
    fn content(&mut self, digest: &Digest) -> Result<Option<Vec<u8>>, StoreError>;
    /// Visits the digest of every content that is kept, in their order. The bodies are not looked at.
    fn all_contents(&mut self, visit: &mut ContentVisitor<'_>) -> Result<(), StoreError>;
    /// Returns a user, removed or not.
    fn user(&mut self, name: &str) -> Result<Option<User>, StoreError>;
    /// Lists all users, removed ones too, by name.
    fn users(&mut self) -> Result<Vec<User>, StoreError>;
    /// Returns a credential.
    fn credential(&mut self, id: &CredentialId) -> Result<Option<Credential>, StoreError>;
    /// Lists the credentials that a query selects, by id.
    fn credentials(&mut self, which: Credentials<'_>) -> Result<Vec<Credential>, StoreError>;
    /// Returns the session of an agent.
    fn session(&mut self, id: &str) -> Result<Option<AgentSession>, StoreError>;
    /// Lists the sessions of agents that a query selects, by id.
    fn sessions(&mut self, which: Sessions<'_>) -> Result<Vec<AgentSession>, StoreError>;
    /// Returns what became of a ticket, where that is remembered.
    fn ticket(&mut self, id: &TicketId) -> Result<Option<TicketMark>, StoreError>;
    /// Lists what became of all tickets, by id.
    fn tickets(&mut self) -> Result<Vec<TicketMark>, StoreError>;
    /// Lists the tickets of one agent that can still be used, as far as they are remembered, by id.
    fn open_tickets(&mut self, bearer: &str) -> Result<Vec<(TicketId, Fate)>, StoreError>;
    /// Tells whether a user was ever given a credential that must be presented from then on, or is bound
    /// without one.
    fn is_bound(&mut self, user: &str) -> Result<bool, StoreError>;
    /// Counts the open tasks of every user who has any.
    fn task_counts(&mut self) -> Result<BTreeMap<UserName, u64>, StoreError>;
    /// Lists the open tasks of a user, oldest first.
    fn tasks(&mut self, user: &UserName) -> Result<Vec<OpenTask>, StoreError>;
    /// Lists the spans of time, oldest first.
    fn spans(&mut self) -> Result<Vec<Span>, StoreError>;
    /// Lists what waited for a second person, or still does.
    fn proposals(&mut self) -> Result<Vec<Proposal>, StoreError>;
    /// Lists the registered namespaces, by name.
    fn namespaces(&mut self) -> Result<Vec<Namespace>, StoreError>;
    /// Returns a policy that was adopted once.
    fn policy(&mut self, digest: &Digest) -> Result<Option<PolicyRecord>, StoreError>;
    /// Lists the adopted policies, oldest first.
    fn policies(&mut self) -> Result<Vec<PolicyRecord>, StoreError>;
    /// Returns the counted refusals of an unverified name.
    fn refusals(&mut self, claimed: &str) -> Result<Option<Refusals>, StoreError>;
    /// Lists all counted refusals, by name.
    fn all_refusals(&mut self) -> Result<Vec<Refusals>, StoreError>;
    /// Lists the counted refusals of proofs that failed at `since` or later: all but those of names that
    /// are nobody's.
    fn failed_proofs(&mut self, since: Timestamp) -> Result<Vec<Refusals>, StoreError>;
    /// Visits entries. Each is lent for the length of one visit.
    fn entries(&mut self, which: Entries<'_>, visit: &mut EntryVisitor<'_>) -> Result<(), StoreError>;
    /// Lets every read until `end_snapshot` see the store as it is now, whoever writes meanwhile.
    fn begin_snapshot(&mut self) -> Result<(), StoreError>;
    /// Lets reads see what is new again.
    fn end_snapshot(&mut self) -> Result<(), StoreError>;
    /// Looks for damage below the log: in files, and where one place repeats what another says.
    /// Returns a sentence for each.
    fn check(&mut self) -> Result<Vec<String>, StoreError>;
}

/// A backend. Everything that it promises is in `tests/store_contract.rs`.
pub trait Store: Read {
    /// Waits until no other writer is at work and keeps others out until the next `commit` or
    /// `end_turn`, so that a change decided in between meets no conflict. Within a turn it does
    /// nothing. [`StoreError::Locked`] after the time that the store was opened with.
    fn wait_turn(&mut self) -> Result<(), StoreError>;
    /// Gives up a turn without writing, if there is one. Dropping the store does so too.
    fn end_turn(&mut self) -> Result<(), StoreError>;
    /// Writes a change whole or not at all, durably. [`StoreError::Conflict`] where the log or one
    /// of the documents is no longer as expected; [`StoreError::Unfit`] where the change contradicts
    /// itself, refers to what is not kept or adds what exists; [`StoreError::Altered`] where something else is kept
    /// under the digest of one of its contents. Ends a turn, also by failing.
    fn commit(&mut self, change: &Change) -> Result<(), StoreError>;
}
