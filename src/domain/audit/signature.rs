//! What a person signs, and the proof of it (21 CFR 11.50 and 11.70).
//!
//! A signature is an Ed25519 signature (RFC 8032) over a statement: these runs one after another, each
//! after its length (see `canonical`), empty where there is nothing to say.
//!
//! | | |
//! |---|---|
//! | format | `qms.signature/1` |
//! | project, credential, actor | as text |
//! | action, result, verdict | as text |
//! | document, version, state before, state after | as text |
//! | content digest, policy digest | 32 bytes each |
//! | comment | as text |
//! | at | decimal milliseconds since 1970-01-01T00:00:00Z |
//! | meaning | as text |
//! | nonce | 16 bytes |
//! | all of it | SHA-256 of the canonical bytes of the entry with index 0 and without its signature |
//!
//! All of it stands in the entry or the rows before it, so that whoever has the public half can check a
//! signature with nothing else, and none can be moved to another document, version, verdict or policy, or
//! made to stand for another change of any row.

use std::fmt::Display;

use ring::signature::{ED25519, UnparsedPublicKey};

use super::entry::Entry;
use super::wire::{put, put_text};
use crate::domain::digest::Digest;
use crate::domain::document::words;

words! {
    /// What a signature means for what was signed.
    Meaning {
        /// The signer wrote it or answers for it.
        Authored = "authored",
        /// The signer reviewed it.
        Reviewed = "reviewed",
        /// The signer decided on its approval.
        Approved = "approved",
        /// The signer carried it out.
        Executed = "executed",
    }
}

/// Random bytes that keep two signatures of one statement apart.
pub const NONCE_BYTES: usize = 16;

/// A signature, as it is sealed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Signature {
    /// What it means.
    pub meaning: Meaning,
    /// Random bytes.
    pub nonce: [u8; NONCE_BYTES],
    /// The signature, 64 bytes.
    pub bytes: [u8; 64],
}

impl Entry {
    /// Returns what the actor of this entry signs, in `project`.
    pub fn statement(&self, project: &str, meaning: Meaning, nonce: &[u8; NONCE_BYTES]) -> Vec<u8> {
        let unsigned = Self { index: 0, signature: None, ..self.clone() };
        let mut out = Vec::new();
        let mut text = |text: Option<&dyn Display>| match text {
            Some(text) => put_text(&mut out, text),
            None => put(&mut out, &[]),
        };
        text(Some(&"qms.signature/1"));
        text(Some(&project));
        text(show(self.credential.as_ref()));
        text(show(self.actor.as_ref()));
        text(Some(&self.action));
        text(Some(&self.result));
        text(show(self.verdict.as_ref()));
        text(show(self.document.as_ref()));
        text(show(self.version.as_ref()));
        text(show(self.from.as_ref()));
        text(show(self.to.as_ref()));
        put(&mut out, self.content_digest.as_ref().map_or(&[], |digest| digest.as_bytes()));
        put(&mut out, self.policy_digest.as_bytes());
        put(&mut out, self.comment.as_deref().unwrap_or_default().as_bytes());
        put_text(&mut out, self.at.millis());
        put(&mut out, meaning.as_str().as_bytes());
        put(&mut out, nonce);
        put(&mut out, Digest::of(&unsigned.encode()).as_bytes());
        out
    }

    /// Checks the signature of this entry, if it bears one, with the public half of its key.
    pub fn verifies_signature(&self, project: &str, public: &[u8]) -> bool {
        self.signature.is_some_and(|Signature { meaning, nonce, bytes }| {
            let statement = self.statement(project, meaning, &nonce);
            UnparsedPublicKey::new(&ED25519, public).verify(&statement, &bytes).is_ok()
        })
    }
}

fn show<T: Display>(value: Option<&T>) -> Option<&dyn Display> {
    value.map(|value| value as &dyn Display)
}
