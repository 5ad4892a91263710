//! Signed notes after C2SP (<https://c2sp.org/signed-note>): a text and signatures under it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::signature::{ED25519, UnparsedPublicKey};
use thiserror::Error;

use super::key::ProjectKey;
use crate::domain::digest::Digest;

/// The type of Ed25519 signatures in the hash that key ids are taken from.
const ED25519_TYPE: u8 = 0x01;

/// The most signatures that a note may bear. C2SP asks for at least 16; the Go implementation of
/// notes has the same bound as this one.
const SIGNATURES_MAX: usize = 100;

/// A text that is not a note, or was not signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub(super) enum NoteError {
    #[error("not a signed note")]
    Malformed,
    #[error("no signature is by the expected key")]
    NotSigned,
    #[error("the signature does not match the text")]
    BadSignature,
}

/// A note, taken apart and not verified.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Note<'a> {
    /// What is signed, with its last line end.
    pub(super) text: &'a str,
    signatures: Vec<Signature<'a>>,
}

#[derive(Debug, PartialEq, Eq)]
struct Signature<'a> {
    name: &'a str,
    key_id: [u8; 4],
    bytes: Vec<u8>,
}

/// Signs `text`, which ends with a line end, and returns the note.
pub(super) fn sign(text: &str, name: &str, key: &ProjectKey) -> String {
    let id = key_id(name, &key.checkpoint_key());
    let signature = [&id[..], &key.sign_checkpoint(text.as_bytes())].concat();
    format!("{text}\n— {name} {}\n", STANDARD.encode(signature))
}

/// Returns the first 4 bytes of SHA-256 over name, line end, signature type and public key.
fn key_id(name: &str, public_key: &Digest) -> [u8; 4] {
    let hash = Digest::of(&[name.as_bytes(), b"\n", &[ED25519_TYPE], public_key.as_bytes()].concat());
    let [a, b, c, d, ..] = *hash.as_bytes();
    [a, b, c, d]
}

impl<'a> Note<'a> {
    /// Takes a note apart.
    pub(super) fn parse(note: &'a str) -> Result<Self, NoteError> {
        if note.bytes().any(|byte| byte < b' ' && byte != b'\n') {
            return Err(NoteError::Malformed);
        }
        // The last empty line stands between the text and the signatures.
        let blank = note.rfind("\n\n").ok_or(NoteError::Malformed)?;
        let (text, block) = note.split_at_checked(blank + 1).ok_or(NoteError::Malformed)?;
        let block = block.strip_prefix('\n').and_then(|block| block.strip_suffix('\n'));
        let signatures = block
            .ok_or(NoteError::Malformed)?
            .split('\n')
            .map(|line| Signature::parse(line).ok_or(NoteError::Malformed))
            .collect::<Result<Vec<_>, _>>()?;
        if signatures.len() > SIGNATURES_MAX {
            return Err(NoteError::Malformed);
        }
        Ok(Self { text, signatures })
    }

    /// Checks the signature by the key of this name. Those of other keys are ignored.
    pub(super) fn verify(&self, name: &str, public_key: &Digest) -> Result<(), NoteError> {
        let id = key_id(name, public_key);
        let key = UnparsedPublicKey::new(&ED25519, public_key.as_bytes());
        let mut known = self.signatures.iter().filter(|one| one.name == name && one.key_id == id).peekable();
        known.peek().ok_or(NoteError::NotSigned)?;
        known
            .try_for_each(|one| key.verify(self.text.as_bytes(), &one.bytes))
            .map_err(|_| NoteError::BadSignature)
    }
}

impl<'a> Signature<'a> {
    fn parse(line: &'a str) -> Option<Self> {
        let (name, encoded) = line.strip_prefix("— ")?.split_once(' ')?;
        if name.is_empty() || name.contains(|c: char| c.is_whitespace() || c == '+') {
            return None;
        }
        let decoded = STANDARD.decode(encoded).ok()?;
        let (key_id, bytes) = decoded.split_first_chunk()?;
        (!bytes.is_empty()).then(|| Self { name, key_id: *key_id, bytes: bytes.to_vec() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // The key and the note that the tests of golang.org/x/mod/sumdb/note publish.
    const NAME: &str = "PeterNeumann";
    const KEY: &str = "ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
    const NOTE: &str = "If you think cryptography is the answer to your problem,\n\
        then you don't know what your problem is.\n\
        \n\
        — PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";

    fn key() -> Digest {
        let encoded = STANDARD.decode(KEY).unwrap_or_default();
        encoded
            .split_first()
            .and_then(|(_, key)| key.try_into().ok())
            .map_or_else(|| panic!("not a key: {KEY}"), Digest::from_bytes)
    }

    fn open(note: &str) -> Result<(), NoteError> {
        Note::parse(note)?.verify(NAME, &key())
    }

    #[test]
    fn published_note_verifies() {
        assert_eq!(key_id(NAME, &key()), [0xc7, 0x4f, 0x20, 0xa3]);
        assert_eq!(open(NOTE), Ok(()));
        assert_eq!(open(&NOTE.replace("answer", "question")), Err(NoteError::BadSignature));
        let other = Note::parse(NOTE).and_then(|note| note.verify("Enoch", &key()));
        assert_eq!(other, Err(NoteError::NotSigned));
    }

    #[test]
    fn signatures_of_unknown_keys_are_ignored() {
        let (text, line) = NOTE.split_once("\n\n").unwrap_or_default();
        let unknown = "— EnochRoot af4HRlpoVHkYzz2BqpJqMlHsOBJhfFjcdgFQ2UGRnKkjvhGCZ2lDQvCLYU0KQoa1+zXfkG0iJFbr+UHHNVAaP9vpRgY=\n";
        assert_eq!(open(&format!("{text}\n\n{unknown}{line}")), Ok(()));
        assert_eq!(open(&format!("{text}\n\n{line}{unknown}")), Ok(()));
        assert_eq!(open(&format!("{text}\n\n{unknown}")), Err(NoteError::NotSigned));
        // The same name with another key id is another key.
        let namesake = line.replace("x08go", "y08go");
        assert_eq!(open(&format!("{text}\n\n{namesake}{line}")), Ok(()));
    }

    #[test]
    fn every_signature_of_a_known_key_must_match() {
        let (text, line) = NOTE.split_once("\n\n").unwrap_or_default();
        let bad = line.replace("/ZJku", "/ZJkv");
        assert_eq!(open(&format!("{text}\n\n{line}{bad}")), Err(NoteError::BadSignature));
    }

    #[test]
    fn malformed_notes_are_refused() {
        let (text, line) = NOTE.split_once("\n\n").unwrap_or_default();
        let many = line.repeat(SIGNATURES_MAX + 1);
        for bad in [
            String::new(),
            text.to_owned(),
            format!("{text}\n{line}"),
            format!("{text}\n\n"),
            NOTE.trim_end().to_owned(),
            NOTE.replace('\n', "\r\n"),
            NOTE.replace("is the", "is\tthe"),
            NOTE.replace("— P", "- P"),
            NOTE.replace("— PeterNeumann", "— "),
            NOTE.replace("— PeterNeumann", "— Peter+Neumann"),
            NOTE.replace("— PeterNeumann", "— Peter\u{a0}Neumann"),
            NOTE.replace("nAM=", "nAM"),
            NOTE.replace("nAM=", "nAN="),
            format!("{text}\n\n— PeterNeumann x08gow==\n"),
            format!("{NOTE}trailing\n"),
            format!("{text}\n\n{many}"),
        ] {
            assert_eq!(open(&bad), Err(NoteError::Malformed), "{bad:?}");
        }
    }
}
