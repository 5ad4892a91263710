//! What a person signs, and the proof of it (21 CFR 11.50 and 11.70).
//!
//! The signer's own side makes the statement, from what the person asked for and from the content whose
//! digest it has computed; the private key goes nowhere else. A signature is an Ed25519 signature
//! (RFC 8032) over these runs, one after another (see `canonical`), empty where there is nothing to say:
//!
//! | | |
//! |---|---|
//! | format | `qms.statement/1` |
//! | project, user, key, action | as text |
//! | document, round, version | as text, as they were before the action; a round is its phase, a space, and when it was opened, in decimal milliseconds |
//! | content digest, dossier digest | 32 bytes each, as they were before the action; the dossier while a round is open |
//! | policy digest | 32 bytes |
//! | inputs | run of pairs of text name and 32 bytes, in rising order of the bytes of the names |
//! | meaning | as text; empty for a proof of identity, which is never sealed |
//! | signed at | decimal milliseconds since 1970-01-01T00:00:00Z |
//! | nonce | 16 bytes, given out for this statement, of the time that is signed |
//!
//! The digest of an input is the SHA-256 of its value as the entry seals it, the comment's under the name
//! `comment`. So whoever has the entry, the rows before it and the public half can check that the person
//! asked for just this, of just this version. Rows that others change are no part of it: what happens to
//! other documents never makes anybody sign twice. The signature of a refused request is not kept: nobody can
//! make a permit of it.

use std::collections::BTreeMap;
use std::fmt::Display;

use ring::signature::{ED25519, UnparsedPublicKey};

use super::entry::Entry;
use super::wire::{Reader, put, put_run, put_text};
use crate::domain::digest::{Digest, Timestamp};
use crate::domain::document::{Outcome, Round, words};
use crate::domain::id::{CredentialId, DocumentId, UserName, Version};

words! {
    /// What a signature means for what was signed.
    Meaning {
        /// The signer wrote it or answers for it.
        Authored = "authored",
        /// The signer reviewed it.
        Reviewed = "reviewed",
        /// The signer approved it.
        Approved = "approved",
        /// The signer rejected it.
        Rejected = "rejected",
        /// The signer carried it out.
        Executed = "executed",
        /// The signer saw it.
        Witnessed = "witnessed",
        /// The signer manages the project.
        Administered = "administered",
    }
}

const FORMAT: &str = "qms.statement/1";

/// Random bytes that make each statement another one.
pub const NONCE_BYTES: usize = 16;

/// The name under which a comment stands among the inputs.
const COMMENT: &str = "comment";

/// What a person says by signing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// The id of the project.
    pub project: String,
    /// The signer.
    pub user: UserName,
    /// The key.
    pub key: CredentialId,
    /// The action.
    pub action: String,
    /// The document, if there is one before the action.
    pub document: Option<DocumentId>,
    /// The open round, see [`round_name`].
    pub round: Option<String>,
    /// The version before the action.
    pub version: Option<Version>,
    /// The content before the action.
    pub content: Option<Digest>,
    /// All that was laid before those who judge, while a round is open.
    pub dossier: Option<Digest>,
    /// The policy that decides.
    pub policy: Digest,
    /// The digests of what the signer told, by name.
    pub inputs: BTreeMap<String, Digest>,
    /// What the signature means; `None` for a proof of identity.
    pub meaning: Option<Meaning>,
    /// The time that came with the nonce.
    pub signed_at: Timestamp,
    /// Bytes that were given out for this statement.
    pub nonce: [u8; NONCE_BYTES],
}

impl Meaning {
    /// Tells whether it is about one's own work, and not about that of others or about the project.
    pub fn is_drafting(self) -> bool {
        matches!(self, Self::Authored | Self::Executed | Self::Witnessed)
    }
}

/// A signature, as it is sealed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signature {
    /// What was signed.
    pub statement: Statement,
    /// The signature, 64 bytes.
    pub bytes: [u8; 64],
}

/// Names a round, within its document.
pub fn round_name(round: &Round) -> String {
    format!("{} {}", round.phase, round.opened_at.millis())
}

impl Statement {
    /// Returns the digests of what a caller tells, as an entry would seal it.
    pub fn digests(told: &BTreeMap<String, String>, said: Option<&str>) -> BTreeMap<String, Digest> {
        let told = told.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        told.chain(said.map(|text| (COMMENT, text)))
            .map(|(name, value)| (name.to_owned(), Digest::of(value.as_bytes())))
            .collect()
    }

    /// Returns the bytes that are signed.
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Vec::new();
        let mut text = |text: Option<&dyn Display>| match text {
            Some(text) => put_text(&mut out, text),
            None => put(&mut out, &[]),
        };
        text(Some(&FORMAT));
        text(Some(&self.project));
        text(Some(&self.user));
        text(Some(&self.key));
        text(Some(&self.action));
        text(show(self.document.as_ref()));
        text(show(self.round.as_ref()));
        text(show(self.version.as_ref()));
        put(&mut out, self.content.as_ref().map_or(&[], |digest| digest.as_bytes()));
        put(&mut out, self.dossier.as_ref().map_or(&[], |digest| digest.as_bytes()));
        put(&mut out, self.policy.as_bytes());
        put_run(&mut out, |run| {
            for (name, digest) in &self.inputs {
                put(run, name.as_bytes());
                run.extend_from_slice(digest.as_bytes());
            }
        });
        put(&mut out, self.meaning.map_or("", Meaning::as_str).as_bytes());
        put_text(&mut out, self.signed_at.millis());
        put(&mut out, &self.nonce);
        out
    }

    /// Reads the bytes that are signed, in their one form.
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let reader = &mut Reader::new(bytes);
        if text(reader)? != FORMAT {
            return None;
        }
        let statement = Self {
            project: text(reader)?.to_owned(),
            user: UserName::parse(text(reader)?).ok()?,
            key: CredentialId::parse(text(reader)?).ok()?,
            action: text(reader)?.to_owned(),
            document: parsed(reader, |text| DocumentId::parse(text).ok())?,
            round: parsed(reader, |text| Some(text.to_owned()))?,
            version: parsed(reader, |text| Version::parse(text).ok())?,
            content: digest(reader)?,
            dossier: digest(reader)?,
            policy: digest(reader)??,
            inputs: inputs(&mut Reader::new(reader.run()?))?,
            meaning: parsed(reader, Meaning::from_word)?,
            signed_at: Timestamp::from_millis(text(reader)?.parse().ok()?),
            nonce: reader.run()?.try_into().ok()?,
        };
        // A second form, such as inputs out of order, would be another text that says the same.
        (statement.encode() == bytes).then_some(statement)
    }

    /// Tells whether an entry is about what was signed. What the rows before it have to say is not known
    /// here.
    pub fn is_about(&self, entry: &Entry, project: &str) -> bool {
        self.project == project
            && Some(&self.user) == entry.actor.as_ref()
            && Some(&self.key) == entry.credential.as_ref()
            && self.action == entry.action
            && self.policy == entry.policy_digest
            && (self.document.is_none() || self.document == entry.document)
            && self.inputs == Self::digests(&entry.inputs, entry.comment.as_deref())
            && self.means(entry)
    }

    /// Tells whether a verdict is the one that was signed. It changes no content.
    fn means(&self, entry: &Entry) -> bool {
        let Some(verdict) = entry.verdict else {
            let is_verdict =
                |meaning| matches!(meaning, Meaning::Reviewed | Meaning::Approved | Meaning::Rejected);
            return self.meaning.is_some_and(|meaning| !is_verdict(meaning));
        };
        let means = match verdict {
            Outcome::Recommend | Outcome::RequestUpdates => Meaning::Reviewed,
            Outcome::Approve => Meaning::Approved,
            Outcome::Reject => Meaning::Rejected,
        };
        // Of a review the verdict is what the signer chose.
        let chosen = Digest::of(verdict.as_str().as_bytes());
        self.content == entry.content_digest
            && self.meaning == Some(means)
            && (means != Meaning::Reviewed || self.inputs.values().any(|input| *input == chosen))
    }
}

impl Signature {
    /// Checks the signature with the public half of the signer's key, 32 bytes.
    pub fn is_made_with(&self, public: &[u8]) -> bool {
        UnparsedPublicKey::new(&ED25519, public).verify(&self.statement.encode(), &self.bytes).is_ok()
    }
}

fn show<T: Display>(value: Option<&T>) -> Option<&dyn Display> {
    value.map(|value| value as &dyn Display)
}

fn text<'a>(reader: &mut Reader<'a>) -> Option<&'a str> {
    str::from_utf8(reader.run()?).ok()
}

/// Reads a text that may be empty; `Some(None)` is an empty one.
#[expect(clippy::option_option, reason = "what is absent is told from what cannot be read")]
fn parsed<T>(reader: &mut Reader<'_>, parse: impl FnOnce(&str) -> Option<T>) -> Option<Option<T>> {
    match text(reader)? {
        "" => Some(None),
        text => parse(text).map(Some),
    }
}

#[expect(clippy::option_option, reason = "what is absent is told from what cannot be read")]
fn digest(reader: &mut Reader<'_>) -> Option<Option<Digest>> {
    match reader.run()? {
        [] => Some(None),
        bytes => Some(Some(Digest::from_bytes(bytes.try_into().ok()?))),
    }
}

fn inputs(reader: &mut Reader<'_>) -> Option<BTreeMap<String, Digest>> {
    let mut inputs = BTreeMap::new();
    while !reader.rest().is_empty() {
        let name = text(reader)?.to_owned();
        inputs.insert(name, Digest::from_bytes(reader.array()?));
    }
    Some(inputs)
}
