//! What a decision is made of: gathered before by the session, looked up by nobody after.

use std::collections::{BTreeMap, BTreeSet};

use super::attestation::Attestation;
use super::clock::Jump;
use super::digest::{Digest, Timestamp};
use super::document::{Document, Outcome, User};
use super::evidence::Run;
use super::front_matter::{self, FrontMatter};
use super::id::{
    AttestationName, DocumentId, IdWord, ItemId, PhaseName, StateName, TraitName, TypeName, UserName, Version,
};
use super::identity::{AgentSession, Credential};
use super::items::{Item, Items, Unreadable};
use super::order::Order;
use super::policy::{Candidate, Fault, Sources};
use super::prerequisite::Prerequisite;
use super::project::Proposal;
use super::request::CopyFacts;

/// The facts about one request.
#[derive(Debug, Clone)]
pub struct Facts {
    /// The time of the decision.
    pub now: Timestamp,
    /// The time by which credentials are judged, and from which their ends are counted.
    pub valid: Timestamp,
    /// The order of the record.
    pub order: Order,
    /// Whether it is only asked what would be done.
    pub is_trial: bool,
    /// The digest of the policy by which it is made.
    pub policy: Digest,
    /// The document that the request is about.
    pub document: Option<Document>,
    /// The highest version that it ever had, where the request could make another one.
    pub last_version: Option<Version>,
    /// Its parent, or the parent that a new one would have.
    pub parent: Option<Document>,
    /// The documents that belong to it.
    pub children: Vec<Document>,
    /// The documents that require something of it or of one that belongs to it, where it could come to its end.
    pub waiting: Vec<Document>,
    /// All users who were not removed, by name.
    pub users: BTreeMap<UserName, UserFacts>,
    /// All keys of people, where it matters whose key counts.
    pub keys: Vec<Credential>,
    /// The caller's working copy.
    pub copy: CopyFacts,
    /// The front matter of the stored content; the message says why it cannot be read.
    pub front_matter: Result<FrontMatter, String>,
    /// The front matter of the version in force, where the request would restore that version or
    /// is compared with it.
    pub front_matter_in_force: Option<FrontMatter>,
    /// The documents that this one and the working copy require, as they are; `None` for one that is not there.
    pub required: BTreeMap<DocumentId, Option<Document>>,
    /// The way back to the document along what others wait for, where the working copy would close a circle.
    pub cycle: Option<Vec<DocumentId>>,
    /// What was said against the content of the working copy, where that differs from the present one.
    pub objection: Option<Objection>,
    /// What was stated about the document.
    pub attestations: Vec<Attestation>,
    /// The run of a command that is to be recorded, or is asked for.
    pub run: Option<Run>,
    /// The texts that guards look into, where a transition asks for them.
    pub texts: Texts,
    /// The execution items in these texts, where the type of the document has any.
    pub items: ItemFacts,
    /// The children that answer for an item of the document, where a transition asks for them.
    pub answers: BTreeMap<DocumentId, Answer>,
    /// What is known about a document to be created.
    pub new: Option<NewDocument>,
    /// What is known about the project, for requests about the project.
    pub project: Option<ProjectFacts>,
    /// What is known about credentials, for requests about them.
    pub registry: Option<RegistryFacts>,
}

/// The texts that guards look into. `None` where there is none, or where it is no text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Texts {
    /// The present content.
    pub stored: Option<String>,
    /// The working copy of the caller, where it is sound.
    pub copy: Option<String>,
    /// What was approved last: the content of version `N.0`.
    pub approved: Option<String>,
    /// The version of the template that the document came from.
    pub template: Option<String>,
    /// What is said in and of its attachments that have not ended.
    pub attachments: Vec<AttachmentFacts>,
}

/// What is known of an attachment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttachmentFacts {
    /// The attachment.
    pub id: DocumentId,
    /// Its present content; `None` where it is no text.
    pub text: Option<String>,
    /// The version of the template that it came from.
    pub template: Option<String>,
    /// What was stated about it.
    pub attestations: Vec<Attestation>,
}

impl Texts {
    /// Returns the text that the document would have after a check-in: the working copy, else what is stored.
    pub fn next(&self) -> Option<&str> {
        self.copy.as_deref().or(self.stored.as_deref())
    }
}

/// The items in the texts of a document; `None` where there is no text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ItemFacts {
    /// Those of the present content.
    pub stored: Option<Result<Items, Unreadable>>,
    /// Those of the caller's working copy.
    pub copy: Option<Result<Items, Unreadable>>,
    /// Those that were approved last.
    pub approved: Option<Result<Items, Unreadable>>,
}

impl ItemFacts {
    /// Reads the items in texts.
    pub fn of(texts: &Texts) -> Self {
        let read = |text: &Option<String>| text.as_deref().map(Items::of);
        Self { stored: read(&texts.stored), copy: read(&texts.copy), approved: read(&texts.approved) }
    }
}

/// A child that answers for an item of its parent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The item that it names.
    pub item: ItemId,
    /// Whether an item of its own failed, or nobody can tell.
    pub has_failed: bool,
}

impl Answer {
    /// Reads what a child answers for; `None` where it names no item. `has_items` says whether documents
    /// of its type have items themselves.
    pub fn of(text: &str, has_items: bool) -> Option<Self> {
        let item = front_matter::parse("child", text.as_bytes()).ok()?.item()?;
        let failed = || Items::of(text).map_or(true, |items| items.iter().any(Item::is_failed));
        Some(Self { item, has_failed: has_items && failed() })
    }
}

/// A verdict against a content that has not been approved since.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Objection {
    /// Who gave it.
    pub by: UserName,
    /// What was said.
    pub outcome: Outcome,
    /// The version that it spoke about.
    pub version: Version,
}

/// A user, and how much is on that desk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserFacts {
    /// The user.
    pub user: User,
    /// How many tasks are open.
    pub open_tasks: u64,
    /// Whether this user can sign, where that is asked for.
    pub signing: Signing,
    /// Whether this user holds a credential or is bound to a hook; so it is taken to be where nobody looked.
    pub bears: bool,
}

/// Whether a user has a key to sign with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Signing {
    /// There is none.
    Keyless,
    /// There is one that nobody has compared yet.
    Uncompared,
    /// There is one that counts.
    Able,
}

/// What is known about a document to be created.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewDocument {
    /// Its type.
    pub document_type: TypeName,
    /// The number that its id would get.
    pub number: u32,
    /// Whether a document with the id that it would get exists already; always false for numbers.
    pub is_taken: bool,
    /// The template of its type, and the content of its version in force.
    pub template: Option<(Document, String)>,
    /// The registered namespaces.
    pub namespaces: BTreeSet<IdWord>,
    /// The items of the parent that it would have, where it has to name one of them.
    pub items: Option<Result<Items, Unreadable>>,
}

impl NewDocument {
    /// Lists the items of the parent that are recorded as failed.
    pub fn failed_items(&self) -> impl Iterator<Item = &Item> {
        let items = self.items.as_ref().and_then(|read| read.as_ref().ok());
        items.into_iter().flat_map(Items::iter).filter(|item| item.is_failed())
    }
}

/// What is known about credentials.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RegistryFacts {
    /// The user whom the request is about, removed or not.
    pub user: Option<User>,
    /// All credentials of that user.
    pub credentials: Vec<Credential>,
    /// The credential that the request names.
    pub named: Option<Credential>,
    /// The session of an agent that the request names.
    pub session: Option<AgentSession>,
}

/// The type and the state of a document.
pub type Standing = (TypeName, StateName);

/// What is known about the project.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ProjectFacts {
    /// The user whom the request names, removed or not.
    pub named_user: Option<User>,
    /// How many unfinished documents that user owns.
    pub owned: u64,
    /// The registered namespaces.
    pub namespaces: BTreeSet<IdWord>,
    /// The policy that the request wants adopted, or its faults.
    pub candidate: Option<Result<Box<Candidate>, Vec<Fault>>>,
    /// The files of the policy in force, where another one is to be adopted.
    pub sources: Sources,
    /// Every type and state that a document is in that can move, now or under the candidate, with one document each.
    pub occupied: Vec<(TypeName, StateName, DocumentId)>,
    /// Every type and state in which a document has ended, with one document each.
    pub ended: Vec<(TypeName, StateName, DocumentId)>,
    /// Every type and state of a document that can move, with those of the document that it belongs to, and one
    /// document each.
    pub below: Vec<(Standing, Standing, DocumentId)>,
    /// Types and states that open rounds lead to or return to.
    pub led_to: Vec<(TypeName, StateName, DocumentId)>,
    /// Documents that rest in a state in which the candidate asks people, and nobody was asked.
    pub unasked: Vec<(StateName, DocumentId)>,
    /// The phases in which an objection to a document counts, or can still be raised, with its type.
    pub contested: Vec<(TypeName, PhaseName, DocumentId)>,
    /// What documents that can move wait for, with what they wait for where it is there.
    pub awaited: Vec<(DocumentId, Prerequisite, Option<Document>)>,
    /// Every trait that such a document has, of its own or of its type, with one document each.
    pub carried: BTreeMap<TraitName, DocumentId>,
    /// The evidence of which some document has a run.
    pub runs: BTreeSet<AttestationName>,
    /// Such documents that have traits by their type alone, with those that the candidate takes from the type.
    pub losing: Vec<(Document, Vec<TraitName>)>,
    /// What was proposed and not confirmed.
    pub proposals: Vec<Proposal>,
    /// Since when the key that the caller presents counts as a signature; looked up where a proposal is to be
    /// confirmed.
    pub counts_since: Option<Timestamp>,
    /// The clock that the record was made by and that cannot have been right.
    pub jump: Option<Jump>,
    /// The credentials that end with its jump.
    pub ending: Vec<Credential>,
}
