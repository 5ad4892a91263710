//! From an entry to its canonical bytes.

use std::collections::BTreeMap;

use super::{Coded, FORMAT, NEW, OLD, tag};
use crate::domain::audit::entry::{Delta, Entry, FieldDelta, Sealed, SealedReason};
use crate::domain::audit::key::ProjectKey;
use crate::domain::audit::merkle::leaf_hash;
use crate::domain::audit::row::{FieldName, put_name};
use crate::domain::audit::signature::Signature;
use crate::domain::audit::wire::{put, put_run};
use crate::domain::id::{CredentialId, DocumentId, GroupName, StateName, UserName};
use crate::domain::offer::Offer;

/// Room for an entry with its deltas, in bytes; most fit.
const USUAL_SIZE: usize = 512;

impl Entry {
    /// Returns the canonical bytes, format `qms.entry/2`.
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(USUAL_SIZE);
        out.extend_from_slice(&FORMAT);
        out.extend_from_slice(&self.index.to_be_bytes());
        out.extend_from_slice(&self.at.millis().to_be_bytes());
        out.extend_from_slice(&self.span.to_be_bytes());
        out.extend_from_slice(&self.moment.clock.millis().to_be_bytes());
        out.extend_from_slice(&self.salt);
        out.push(self.isolation.code());
        out.push(self.result.code());
        out.extend_from_slice(self.policy_digest.as_bytes());
        put(&mut out, self.action.as_bytes());
        self.put_caller(&mut out);
        self.put_deed(&mut out);
        out
    }

    /// Writes who asked, from where, and how that was proved.
    fn put_caller(&self, out: &mut Vec<u8>) {
        put_text(out, tag::ACTOR, self.actor.as_ref().map(UserName::as_str));
        put_text(out, tag::CLAIMED, self.claimed.as_deref());
        put_text(out, tag::CLAIMED_ACTOR, self.claimed_actor.as_deref());
        put_code(out, tag::ATTRIBUTION, self.attribution);
        put_code(out, tag::ACTOR_KIND, self.actor_kind);
        put_text(out, tag::GROUP, self.group.as_ref().map(GroupName::as_str));
        put_code(out, tag::ASSURANCE, self.assurance);
        put_text(out, tag::SESSION, self.session.as_deref());
        put_text(out, tag::AGENT, self.agent.as_deref());
        put_text(out, tag::PARENT, self.parent.as_ref().map(UserName::as_str));
        put_text(out, tag::CREDENTIAL, self.credential.as_ref().map(CredentialId::as_str));
        put_text(out, tag::TOKEN_ID, self.token_id.as_deref());
        if let Some(ticket) = &self.ticket {
            put_bytes(out, tag::TICKET, ticket.as_bytes());
        }
        if let Some(Signature { statement, bytes }) = &self.signature {
            out.push(tag::SIGNATURE);
            put(out, &statement.encode());
            out.extend_from_slice(bytes);
        }
        if let Some(boot) = &self.moment.boot {
            put_bytes(out, tag::BOOT, &boot.id);
            out.extend_from_slice(&boot.since.to_be_bytes());
        }
        put_text(out, tag::HOST, self.host.as_deref());
        if let Some(uid) = self.uid {
            put_bytes(out, tag::UID, &uid.to_be_bytes());
        }
        put_text(out, tag::CLIENT_ID, self.client_id.as_deref());
        if let Some(at) = self.occurred_at {
            put_bytes(out, tag::OCCURRED_AT, &at.millis().to_be_bytes());
        }
    }

    /// Writes what was asked for, and what happened.
    fn put_deed(&self, out: &mut Vec<u8>) {
        put_code(out, tag::RAN_BY, self.ran_by);
        put_pairs(out, tag::INPUTS, &self.inputs);
        put_pairs(out, tag::OBSERVED, &self.observed);
        put_text(out, tag::DOCUMENT, self.document.as_ref().map(DocumentId::as_str));
        put_text(out, tag::VERSION, self.version.map(|version| version.to_string()).as_deref());
        put_text(out, tag::FROM, self.from.as_ref().map(StateName::as_str));
        put_text(out, tag::TO, self.to.as_ref().map(StateName::as_str));
        put_code(out, tag::VERDICT, self.verdict);
        put_text(out, tag::COMMENT, self.comment.as_deref());
        for reason in &self.reasons {
            put_reason(out, reason);
        }
        if let Some(digest) = &self.content_digest {
            put_bytes(out, tag::CONTENT_DIGEST, digest.as_bytes());
        }
        if self.count != 1 {
            put_bytes(out, tag::COUNT, &self.count.to_be_bytes());
        }
        for delta in &self.deltas {
            put_delta(out, delta);
        }
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

fn put_bytes(out: &mut Vec<u8>, tag: u8, bytes: &[u8]) {
    out.push(tag);
    out.extend_from_slice(bytes);
}

fn put_pairs(out: &mut Vec<u8>, tag: u8, pairs: &BTreeMap<String, String>) {
    if pairs.is_empty() {
        return;
    }
    out.push(tag);
    put_run(out, |run| {
        for (name, value) in pairs {
            put(run, name.as_bytes());
            put(run, value.as_bytes());
        }
    });
}

fn put_reason(out: &mut Vec<u8>, reason: &SealedReason) {
    out.push(tag::REASON);
    put(out, reason.name.as_bytes());
    put(out, reason.message.as_bytes());
    put_if_any(out, reason.remedy.as_ref(), put_offer);
}

fn put_offer(out: &mut Vec<u8>, offer: &Offer) {
    put(out, offer.action.as_bytes());
    put(out, offer.document.as_ref().map_or(&[], |id| id.as_str().as_bytes()));
    put_run(out, |run| {
        for (name, value) in &offer.inputs {
            put(run, name.as_bytes());
            put_if_any(run, value.as_ref(), |run, value| put(run, value.as_bytes()));
        }
    });
}

fn put_if_any<T>(out: &mut Vec<u8>, value: Option<&T>, write: impl FnOnce(&mut Vec<u8>, &T)) {
    out.push(u8::from(value.is_some()));
    if let Some(value) = value {
        write(out, value);
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
