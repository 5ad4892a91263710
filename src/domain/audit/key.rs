//! The project key and what is derived from it.

use ring::hkdf;
use ring::hmac;
use ring::signature::{Ed25519KeyPair, KeyPair as _};

use super::merkle::Frontier;
use super::row::Row;
use super::signature::Statement;
use super::wire::put;
use crate::domain::digest::{Digest, from_hex, to_hex};
use crate::domain::id::DocumentId;
use crate::domain::identity::{AgentSession, Credential, TicketId};

/// A tag after HMAC-SHA256 (RFC 2104), 32 bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tag([u8; 32]);

impl Tag {
    /// Wraps 32 bytes.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Returns the 32 bytes.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    fn of(key: &hmac::Key, message: &[u8]) -> Self {
        let mut out = [0; 32];
        out.copy_from_slice(hmac::sign(key, message).as_ref());
        Self(out)
    }
}

/// The public name of a project key: a wrong key can be told from a damaged log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fingerprint(String);

impl Fingerprint {
    /// Returns its 16 hexadecimal digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The secret of a project: 32 random bytes, from which every other key is derived by HKDF-SHA256
/// (RFC 5869), one for each purpose.
pub struct ProjectKey {
    secret: [u8; 32],
    entry: hmac::Key,
    head: hmac::Key,
    policy: hmac::Key,
    registry: hmac::Key,
    unsealed: hmac::Key,
    ticket: hmac::Key,
    challenge: hmac::Key,
    signer: Ed25519KeyPair,
    fingerprint: Fingerprint,
}

impl std::fmt::Debug for ProjectKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ProjectKey({})", self.fingerprint.0)
    }
}

impl ProjectKey {
    /// Derives the keys; `None` where `secret` is not 32 bytes.
    pub fn new(secret: &[u8]) -> Option<Self> {
        let secret: &[u8; 32] = secret.try_into().ok()?;
        let prk = hkdf::Salt::new(hkdf::HKDF_SHA256, b"qms.key/1").extract(secret);
        let derive = |purpose: &[u8]| {
            let mut out = [0u8; 32];
            prk.expand(&[purpose], hkdf::HKDF_SHA256).and_then(|okm| okm.fill(&mut out)).ok()?;
            Some(out)
        };
        Some(Self {
            secret: *secret,
            entry: hmac::Key::new(hmac::HMAC_SHA256, &derive(b"entry")?),
            head: hmac::Key::new(hmac::HMAC_SHA256, &derive(b"head")?),
            policy: hmac::Key::new(hmac::HMAC_SHA256, &derive(b"policy")?),
            registry: hmac::Key::new(hmac::HMAC_SHA256, &derive(b"registry")?),
            unsealed: hmac::Key::new(hmac::HMAC_SHA256, &derive(b"unsealed")?),
            ticket: hmac::Key::new(hmac::HMAC_SHA256, &derive(b"ticket")?),
            challenge: hmac::Key::new(hmac::HMAC_SHA256, &derive(b"challenge")?),
            signer: Ed25519KeyPair::from_seed_unchecked(&derive(b"checkpoint")?).ok()?,
            fingerprint: Fingerprint(to_hex(derive(b"fingerprint")?.get(..8)?)),
        })
    }

    /// Derives the keys from the text of a key file: 64 hexadecimal digits and a line end.
    pub fn from_file_text(text: &str) -> Option<Self> {
        Self::new(&from_hex(text.trim_end())?)
    }

    /// Returns the secret, for what has to keep it from being shown.
    pub fn secret(&self) -> &[u8; 32] {
        &self.secret
    }

    /// Returns the public name of the key.
    pub fn fingerprint(&self) -> &Fingerprint {
        &self.fingerprint
    }

    /// Tags the entry at `index`.
    pub fn tag_entry(&self, index: u64, leaf: &Digest) -> Tag {
        Tag::of(&self.entry, &entry_message(index, leaf))
    }

    /// Checks the tag of an entry, in constant time.
    pub fn verifies_entry(&self, index: u64, leaf: &Digest, tag: &[u8]) -> bool {
        hmac::verify(&self.entry, &entry_message(index, leaf), tag).is_ok()
    }

    /// Tags the newest point of the log.
    pub fn tag_head(&self, frontier: &Frontier) -> Tag {
        Tag::of(&self.head, &head_message(frontier))
    }

    /// Checks the tag of the newest point of the log, in constant time.
    pub fn verifies_head(&self, frontier: &Frontier, tag: &[u8]) -> bool {
        hmac::verify(&self.head, &head_message(frontier), tag).is_ok()
    }

    /// Puts a tag before what the files of a policy mean, so that it can be believed without reading
    /// the files again.
    pub fn tag_policy(&self, policy: &Digest, meaning: &str) -> String {
        format!("{}\n{meaning}", to_hex(Tag::of(&self.policy, &policy_message(policy, meaning)).as_bytes()))
    }

    /// Returns what the files of a policy mean, where the tag before it was made with this key.
    pub fn verified_policy<'t>(&self, policy: &Digest, tagged: &'t str) -> Option<&'t str> {
        let (tag, meaning) = tagged.split_once('\n')?;
        hmac::verify(&self.policy, &policy_message(policy, meaning), &from_hex(tag)?).ok()?;
        Some(meaning)
    }

    /// Tags a credential of the registry.
    pub fn tag_credential(&self, credential: &Credential) -> Tag {
        Tag::of(&self.registry, &credential_message(credential))
    }

    /// Checks the tag of a credential, in constant time.
    pub fn verifies_credential(&self, credential: &Credential) -> bool {
        credential.tag.is_some_and(|tag| {
            hmac::verify(&self.registry, &credential_message(credential), tag.as_bytes()).is_ok()
        })
    }

    /// Tags the session of an agent.
    pub fn tag_session(&self, session: &AgentSession) -> Tag {
        Tag::of(&self.registry, &session_message(session))
    }

    /// Checks the tag of the session of an agent, in constant time.
    pub fn verifies_session(&self, session: &AgentSession) -> bool {
        session.tag.is_some_and(|tag| {
            hmac::verify(&self.registry, &session_message(session), tag.as_bytes()).is_ok()
        })
    }

    /// Tags a row that no entry covers: the name of its table, then its columns.
    pub fn tag_unsealed(&self, row: &[&[u8]]) -> Tag {
        Tag::of(&self.unsealed, &unsealed_message(row))
    }

    /// Checks the tag of a row that no entry covers, in constant time.
    pub fn verifies_unsealed(&self, row: &[&[u8]], tag: Option<&Tag>) -> bool {
        tag.is_some_and(|tag| hmac::verify(&self.unsealed, &unsealed_message(row), tag.as_bytes()).is_ok())
    }

    /// Tags the payload of a ticket.
    pub fn tag_ticket(&self, payload: &[u8]) -> Tag {
        Tag::of(&self.ticket, &[b"ticket".as_slice(), payload].concat())
    }

    /// Checks the tag of a ticket, in constant time.
    pub fn verifies_ticket(&self, payload: &[u8], tag: &[u8]) -> bool {
        hmac::verify(&self.ticket, &[b"ticket".as_slice(), payload].concat(), tag).is_ok()
    }

    /// Tags a nonce for one statement: for its signer, action, document and round, and for the time that is
    /// signed.
    pub fn tag_challenge(&self, statement: &Statement) -> Tag {
        Tag::of(&self.challenge, &challenge_message(statement))
    }

    /// Checks that the nonce and the time of a statement were given out for it, in constant time.
    pub fn verifies_challenge(&self, statement: &Statement, tag: &[u8]) -> bool {
        hmac::verify(&self.challenge, &challenge_message(statement), tag).is_ok()
    }

    /// Returns the id of the ticket for a call that the runtime has named: the same each time, so that
    /// what was minted need not be remembered.
    pub fn ticket_id(&self, session: &str, agent: Option<&str>, call: &str) -> TicketId {
        let mut message = b"id".to_vec();
        for part in [session, agent.unwrap_or_default(), call] {
            put(&mut message, part.as_bytes());
        }
        let mut id = [0; 16];
        id.copy_from_slice(Tag::of(&self.ticket, &message).as_bytes().split_at(16).0);
        TicketId::from_bytes(id)
    }

    /// Returns the public key of checkpoints, 32 bytes.
    pub fn checkpoint_key(&self) -> Digest {
        let mut out = [0; 32];
        out.copy_from_slice(self.signer.public_key().as_ref());
        Digest::from_bytes(out)
    }

    /// Signs the text of a checkpoint (Ed25519, RFC 8032), 64 bytes.
    pub fn sign_checkpoint(&self, text: &[u8]) -> Vec<u8> {
        self.signer.sign(text).as_ref().to_vec()
    }
}

fn challenge_message(statement: &Statement) -> Vec<u8> {
    let document = statement.document.as_ref().map(DocumentId::as_str).unwrap_or_default();
    let round = statement.round.as_deref().unwrap_or_default();
    let mut message = Vec::new();
    for part in [statement.user.as_str(), statement.key.as_str(), &statement.action, document, round] {
        put(&mut message, part.as_bytes());
    }
    put(&mut message, &statement.signed_at.millis().to_be_bytes());
    put(&mut message, &statement.nonce);
    message
}

fn unsealed_message(row: &[&[u8]]) -> Vec<u8> {
    let mut message = Vec::new();
    for part in row {
        put(&mut message, part);
    }
    message
}

fn policy_message(policy: &Digest, meaning: &str) -> Vec<u8> {
    [policy.as_bytes().as_slice(), meaning.as_bytes()].concat()
}

/// Every field of a row of the registry, each after its length; the tag itself is left out before.
fn registry_message(untagged: Row<'_>) -> Vec<u8> {
    let mut message = Vec::new();
    untagged.put_locator(&mut message);
    untagged.put_fields(&mut message);
    message
}

fn credential_message(credential: &Credential) -> Vec<u8> {
    registry_message(Row::Credential(&Credential { tag: None, ..credential.clone() }))
}

fn session_message(session: &AgentSession) -> Vec<u8> {
    registry_message(Row::Session(&AgentSession { tag: None, ..session.clone() }))
}

fn entry_message(index: u64, leaf: &Digest) -> [u8; 40] {
    let mut message = [0; 40];
    let (number, hash) = message.split_at_mut(8);
    number.copy_from_slice(&index.to_be_bytes());
    hash.copy_from_slice(leaf.as_bytes());
    message
}

/// The tags of entries and heads come from different keys, so that their messages may look alike.
fn head_message(frontier: &Frontier) -> [u8; 40] {
    entry_message(frontier.size(), &frontier.root())
}
