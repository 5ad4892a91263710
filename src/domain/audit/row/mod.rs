//! The rows of the store as the log sees them: named fields with canonical bytes.
//!
//! A field is what changes by itself, so that a delta stays small. What is absent has no field.
//! Names and other words stand as their text, numbers as decimal digits, times as decimal
//! milliseconds since 1970-01-01T00:00:00Z, digests as 32 bytes. Where several things change
//! together, the value is the runs of all of them, each after its length (see `canonical`).
//!
//! | table, key | fields |
//! |---|---|
//! | document, its id | `author/<user>` (empty), `author_origin/<user>/<session or user>` (empty), `checkout` (by, base), `content`, `created_at`, `creator`, `dossier` (32 bytes), `in_force` (version, content), `last_minor`, `owner`, `parent`, `reading/<user>` (a time), `rejected`, `requires/<document> is <state>` (empty), `revision`, `round` (task, phase, origin, asked_by, opened_at, content, policy), `seat/<user>` (assigned_by, assigned_at; with an answer: outcome, at), `state`, `template` (id, version), `title`, `trait/<trait>` (empty), `type`, `updated_at`, `verdict/<phase>/<user>` (outcome, group, at, revision), `version`, `workflow` |
//! | version, `<document>@<version>` | `at`, `author`, `content` |
//! | user, the name | `bound` (`yes`), `group`, `kind`, `printed_name`, `removed_at` |
//! | namespace, the name | `added_at`, `added_by` |
//! | policy, its digest in hexadecimal | `adopted_at`, `compiled`, `sources` (SHA-256 of these texts) |
//! | credential, its id | `acknowledged_by`, `action/<action>` (empty), `document/<id>` (empty), `grounds`, `issued_at`, `issued_by`, `kind`, `not_after`, `not_before`, `origin`, `parent`, `revoked_at`, `runtime`, `session`, `tag`, `used`, `user`, `uses`, `verifier` (32 bytes) |
//! | session, its id | `agent`, `brief` (32 bytes), `closed_at`, `definition` (32 bytes), `document`, `kind`, `launcher` and `process` (number and start, as text), `namespaces`, `opened_at`, `origin/<session or user>` (empty), `parent`, `runtime`, `session`, `status`, `tag`, `task`, `user` |
//! | attestation, `<document>/<kind>/<name>/<number>` | `at`, `author`, `content`, `file_name`, `group`, `media_type`, `phase`, `status`, `subject` |
//! | span, the number | `began_at`, `jump` (index of the first entry, `at` before it or empty, clock) |
//! | proposal, `<kind>/<digest>` | `at`, `by`, `confirmed_by`, `kind`, `reason`, `replaces` (32 bytes) |
//! | project, `project` | `checkpoint_key`, `created_at`, `id`, `key_fingerprint`, `origin`, `policy` |
//!
//! Where bytes are sealed, one byte stands for a name, or for its beginning, and the run of the rest
//! follows. Any other name stands whole after 0x80. Fields are in the order of these bytes, under
//! one of them in the order of the bytes of the rest.
//!
//! | | | | |
//! |---|---|---|---|
//! | 0x01 added_at | 0x0a created_at | 0x13 owner | 0x1c state |
//! | 0x02 added_by | 0x0b creator | 0x14 parent | 0x1d template |
//! | 0x03 adopted_at | 0x0c group | 0x15 policy | 0x1e title |
//! | 0x04 at | 0x0d id | 0x16 printed_name | 0x1f type |
//! | 0x05 author | 0x0e in_force | 0x17 rejected | 0x20 updated_at |
//! | 0x06 checkout | 0x0f key_fingerprint | 0x18 removed_at | 0x21 version |
//! | 0x07 checkpoint_key | 0x10 kind | 0x19 revision | 0x22 workflow |
//! | 0x08 compiled | 0x11 last_minor | 0x1a round | 0x81 author/ |
//! | 0x09 content | 0x12 origin | 0x1b sources | 0x82 seat/ |
//! | 0x23 acknowledged_by | 0x41 bound | 0x2d used | 0x83 verdict/ |
//! | 0x24 issued_at | 0x29 revoked_at | 0x2e user | 0x84 author_origin/ |
//! | 0x25 issued_by | 0x2a runtime | 0x2f uses | 0x85 action/ |
//! | 0x26 not_after | 0x2b session | 0x30 verifier | 0x86 document/ |
//! | 0x27 not_before | 0x2c tag | 0x31 agent | 0x36 opened_at |
//! | 0x32 brief | 0x33 closed_at | 0x34 definition | 0x37 process |
//! | 0x35 document | 0x38 status | 0x39 task | 0x3a phase |
//! | 0x3b subject | 0x3c dossier | 0x87 trait/ | 0x88 requires/ |
//! | 0x3d grounds | 0x3e namespaces | 0x3f began_at | 0x89 reading/ |
//! | 0x40 jump | 0x42 by | 0x43 confirmed_by | 0x44 reason |
//! | 0x45 replaces | 0x46 file_name | 0x47 media_type | 0x48 launcher |
//! | 0x8a origin/ | | | |

mod delta;
mod fields;
mod names;
mod shown;

use std::fmt;

pub use self::delta::row_delta;
pub(super) use self::delta::{changes, read_field};
pub use self::fields::awaited_since;
pub(super) use self::fields::{
    is_answered, is_round_named, put_name, read_jump, read_round_content, read_round_policy,
};
pub use self::names::FieldName;
pub(super) use self::names::{
    AUTHORS, BOUND, BY, CHECKPOINT_KEY, CLOSED_AT, CONFIRMED_BY, CONTENT, CREATOR, GROUP, ID, JUMP, KIND,
    NOT_AFTER, NOT_BEFORE, OWNER, PARENT, POLICY, REMOVED_AT, REVOKED_AT, ROUND, SEATS, SESSION, STATE, TYPE,
    USER, VERIFIER, VERSION, has_rest, is_code,
};
pub use self::shown::{Shown, shown};
use super::canonical::Coded as _;
use super::wire::put_text;
use crate::domain::attestation::Attestation;
use crate::domain::clock::Span;
use crate::domain::document::{Document, User, words};
use crate::domain::identity::{AgentSession, Credential};
use crate::domain::project::{Namespace, PolicyRecord, Project, Proposal, VersionRecord};

words! {
    /// The tables whose rows the log covers.
    Table {
        /// Documents.
        Document = "document",
        /// Versions of documents.
        Version = "version",
        /// Users.
        User = "user",
        /// Registered namespaces.
        Namespace = "namespace",
        /// Adopted policies.
        Policy = "policy",
        /// The project itself.
        Project = "project",
        /// Credentials of users.
        Credential = "credential",
        /// Sessions of agents.
        Session = "session",
        /// What was stated about contents.
        Attestation = "attestation",
        /// Stretches of time.
        Span = "span",
        /// What waits for a second person.
        Proposal = "proposal",
    }
}

/// A row that the log covers. Rows are added and changed, never deleted.
#[derive(Debug, Clone, Copy)]
pub enum Row<'a> {
    /// A document.
    Document(&'a Document),
    /// A version of a document.
    Version(&'a VersionRecord),
    /// A user.
    User(&'a User),
    /// A namespace.
    Namespace(&'a Namespace),
    /// An adopted policy.
    Policy(&'a PolicyRecord),
    /// The project.
    Project(&'a Project),
    /// A credential.
    Credential(&'a Credential),
    /// The session of an agent.
    Session(&'a AgentSession),
    /// What was stated about a content.
    Attestation(&'a Attestation),
    /// A stretch of time.
    Span(&'a Span),
    /// What waits for a second person.
    Proposal(&'a Proposal),
}

impl Row<'_> {
    /// Returns the table that the row stands in.
    pub fn table(&self) -> Table {
        match self {
            Self::Document(_) => Table::Document,
            Self::Version(_) => Table::Version,
            Self::User(_) => Table::User,
            Self::Namespace(_) => Table::Namespace,
            Self::Policy(_) => Table::Policy,
            Self::Project(_) => Table::Project,
            Self::Credential(_) => Table::Credential,
            Self::Session(_) => Table::Session,
            Self::Attestation(_) => Table::Attestation,
            Self::Span(_) => Table::Span,
            Self::Proposal(_) => Table::Proposal,
        }
    }

    /// Tells whether the store lists the rows of this table in the order in which they were made, so that what comes
    /// last is taken for the newest. All others are listed by what names them.
    pub(super) fn is_listed_by_age(&self) -> bool {
        match self {
            Self::Version(_) | Self::Attestation(_) | Self::Policy(_) => true,
            Self::Document(_)
            | Self::User(_)
            | Self::Namespace(_)
            | Self::Project(_)
            | Self::Credential(_)
            | Self::Session(_)
            | Self::Span(_)
            | Self::Proposal(_) => false,
        }
    }

    /// Returns what names the row within its table.
    pub fn key(&self) -> String {
        Key(*self).to_string()
    }

    /// Writes the bytes that rows are found by: code of the table and run of the key.
    pub(super) fn put_locator(&self, out: &mut Vec<u8>) {
        out.push(self.table().code());
        put_text(out, Key(*self));
    }
}

/// The key of a row, to be written.
struct Key<'a>(Row<'a>);

impl fmt::Display for Key<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Row::Document(document) => document.id.fmt(f),
            Row::Version(record) => write!(f, "{}@{}", record.document, record.version),
            Row::User(user) => user.name.fmt(f),
            Row::Namespace(namespace) => namespace.name.fmt(f),
            Row::Policy(record) => record.digest.fmt(f),
            Row::Project(_) => f.write_str("project"),
            Row::Credential(credential) => credential.id.fmt(f),
            Row::Session(session) => session.id.fmt(f),
            Row::Attestation(attestation) => attestation.key().fmt(f),
            Row::Span(span) => span.number.fmt(f),
            Row::Proposal(proposal) => proposal.key().fmt(f),
        }
    }
}
