//! From an entry to its canonical bytes.

use super::{Coded, FORMAT, NEW, OLD, tag};
use crate::domain::audit::entry::{Delta, Entry, FieldDelta, Sealed, SealedReason};
use crate::domain::audit::key::ProjectKey;
use crate::domain::audit::merkle::leaf_hash;
use crate::domain::audit::row::{FieldName, put_name};
use crate::domain::audit::signature::Signature;
use crate::domain::audit::wire::put;
use crate::domain::id::{CredentialId, DocumentId, GroupName, StateName, UserName};

/// Room for an entry with its deltas, in bytes; most fit.
const USUAL_SIZE: usize = 512;

impl Entry {
    /// Returns the canonical bytes, format `qms.entry/1`.
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(USUAL_SIZE);
        out.extend_from_slice(&FORMAT);
        out.extend_from_slice(&self.index.to_be_bytes());
        out.extend_from_slice(&self.at.millis().to_be_bytes());
        out.push(self.isolation.code());
        out.push(self.result.code());
        out.extend_from_slice(self.policy_digest.as_bytes());
        put(&mut out, self.action.as_bytes());

        put_text(&mut out, tag::ACTOR, self.actor.as_ref().map(UserName::as_str));
        put_text(&mut out, tag::CLAIMED, self.claimed.as_deref());
        put_code(&mut out, tag::ACTOR_KIND, self.actor_kind);
        put_text(&mut out, tag::GROUP, self.group.as_ref().map(GroupName::as_str));
        put_code(&mut out, tag::ASSURANCE, self.assurance);
        put_text(&mut out, tag::SESSION, self.session.as_deref());
        put_text(&mut out, tag::PARENT, self.parent.as_ref().map(UserName::as_str));
        put_text(&mut out, tag::DOCUMENT, self.document.as_ref().map(DocumentId::as_str));
        put_text(&mut out, tag::VERSION, self.version.map(|version| version.to_string()).as_deref());
        put_text(&mut out, tag::FROM, self.from.as_ref().map(StateName::as_str));
        put_text(&mut out, tag::TO, self.to.as_ref().map(StateName::as_str));
        put_code(&mut out, tag::VERDICT, self.verdict);
        put_text(&mut out, tag::COMMENT, self.comment.as_deref());
        for reason in &self.reasons {
            put_reason(&mut out, reason);
        }
        if let Some(digest) = &self.content_digest {
            out.push(tag::CONTENT_DIGEST);
            out.extend_from_slice(digest.as_bytes());
        }
        if self.count != 1 {
            out.push(tag::COUNT);
            out.extend_from_slice(&self.count.to_be_bytes());
        }
        for delta in &self.deltas {
            put_delta(&mut out, delta);
        }
        if !self.inputs.is_empty() {
            let mut run = Vec::new();
            for (name, value) in &self.inputs {
                put(&mut run, name.as_bytes());
                put(&mut run, value.as_bytes());
            }
            out.push(tag::INPUTS);
            put(&mut out, &run);
        }
        put_text(&mut out, tag::CREDENTIAL, self.credential.as_ref().map(CredentialId::as_str));
        if let Some(Signature { meaning, nonce, bytes }) = &self.signature {
            out.extend_from_slice(&[tag::SIGNATURE, meaning.code()]);
            out.extend_from_slice(nonce);
            out.extend_from_slice(bytes);
        }
        if let Some(ticket) = &self.ticket {
            out.push(tag::TICKET);
            out.extend_from_slice(ticket.as_bytes());
        }
        out
    }
}

impl Sealed {
    /// Seals an entry: its canonical bytes, their leaf hash, and the tag under the project key.
    pub fn new(entry: Entry, key: &ProjectKey) -> Self {
        let bytes = entry.encode();
        let leaf = leaf_hash(&bytes);
        let tag = key.tag_entry(entry.index, &leaf);
        Self { entry, bytes, leaf, tag }
    }
}

fn put_text(out: &mut Vec<u8>, tag: u8, text: Option<&str>) {
    if let Some(text) = text {
        out.push(tag);
        put(out, text.as_bytes());
    }
}

fn put_code(out: &mut Vec<u8>, tag: u8, word: Option<impl Coded>) {
    if let Some(word) = word {
        out.push(tag);
        out.push(word.code());
    }
}

fn put_reason(out: &mut Vec<u8>, reason: &SealedReason) {
    out.push(tag::REASON);
    put(out, reason.name.as_bytes());
    put(out, reason.message.as_bytes());
    match &reason.remedy {
        None => out.push(0),
        Some(remedy) => {
            out.push(1);
            put(out, remedy.as_bytes());
        }
    }
}

fn put_delta(out: &mut Vec<u8>, delta: &Delta) {
    out.push(tag::DELTA);
    out.push(delta.table.code());
    put(out, delta.key.as_bytes());
    let mut fields: Vec<_> = delta.fields.iter().map(|field| (FieldName::of(&field.name), field)).collect();
    fields.sort_by(|(a, _), (b, _)| a.cmp(b));
    let mut run = Vec::with_capacity(USUAL_SIZE);
    for (name, FieldDelta { old, new, .. }) in fields {
        put_name(&mut run, &name);
        run.push(old.as_ref().map_or(0, |_| OLD) | new.as_ref().map_or(0, |_| NEW));
        for value in [old, new].into_iter().flatten() {
            put(&mut run, value);
        }
    }
    put(out, &run);
}
