//! Checkpoints after C2SP (<https://c2sp.org/tlog-checkpoint>): a signed statement of how long the
//! log is and what its root is. Kept elsewhere, it shows when the log is cut or rewritten.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::signature::{ED25519, UnparsedPublicKey};
use thiserror::Error;

use super::key::ProjectKey;
use super::merkle::Frontier;
use super::note::{self, Note, NoteError};
use crate::domain::digest::Digest;

/// How long a log is and what its root is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// Which log: `qms/` and the id of the project.
    pub origin: String,
    /// The number of entries.
    pub size: u64,
    /// The root of the tree of these entries.
    pub root: Digest,
}

/// A text that is not a checkpoint, or not one of this project.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum CheckpointError {
    /// It is not a signed note, or has not the lines of a checkpoint.
    #[error("not a checkpoint: {0}")]
    Malformed(&'static str),
    /// It is of another log.
    #[error("the checkpoint is of `{}`, not of `{expected}`", .found.escape_debug())]
    Origin {
        /// The log that was expected.
        expected: String,
        /// The log that it is of.
        found: String,
    },
    /// No signature is by the key of the project.
    #[error("the checkpoint is not signed with the key of `{origin}`")]
    NotSigned {
        /// The log that was expected.
        origin: String,
    },
    /// The checkpoint was changed after it was signed.
    #[error("the signature of `{origin}` does not match the checkpoint")]
    BadSignature {
        /// The log that was expected.
        origin: String,
    },
}

impl Checkpoint {
    /// Makes the checkpoint of a log as it is now.
    pub fn new(project: &str, frontier: &Frontier) -> Self {
        Self { origin: Self::origin_of(project), size: frontier.size(), root: frontier.root() }
    }

    /// Returns the name of the log of a project.
    pub fn origin_of(project: &str) -> String {
        format!("qms/{project}")
    }

    /// Returns the signed note.
    pub fn sign(&self, key: &ProjectKey) -> String {
        note::sign(&self.body(), &self.origin, key)
    }

    /// Signs the lines of an export by their digest, together with the checkpoint.
    pub fn sign_export(&self, lines: &Digest, key: &ProjectKey) -> Vec<u8> {
        key.sign_checkpoint(self.of_export(lines).as_bytes())
    }

    /// Tells whether the lines of an export were signed by a key.
    pub fn verifies_export(&self, lines: &Digest, signature: &[u8], public_key: &Digest) -> bool {
        let key = UnparsedPublicKey::new(&ED25519, public_key.as_bytes());
        key.verify(self.of_export(lines).as_bytes(), signature).is_ok()
    }

    /// A checkpoint with a line of its own, as the standard allows.
    fn of_export(&self, lines: &Digest) -> String {
        format!("{}export {lines}\n", self.body())
    }

    fn body(&self) -> String {
        format!("{}\n{}\n{}\n", self.origin, self.size, STANDARD.encode(self.root.as_bytes()))
    }

    /// Reads a signed note without verifying who signed it: nothing of it is proved.
    pub fn parse(text: &str) -> Result<Self, CheckpointError> {
        Self::read(text).map(|(checkpoint, _)| checkpoint)
    }

    /// Reads a signed note and checks that the key of the log at `origin` signed it.
    pub fn verify(text: &str, origin: &str, public_key: &Digest) -> Result<Self, CheckpointError> {
        let (checkpoint, note) = Self::read(text)?;
        if checkpoint.origin != origin {
            return Err(CheckpointError::Origin { expected: origin.to_owned(), found: checkpoint.origin });
        }
        match note.verify(origin, public_key) {
            Ok(()) => Ok(checkpoint),
            Err(NoteError::Malformed) => Err(CheckpointError::Malformed(NOT_A_NOTE)),
            Err(NoteError::NotSigned) => Err(CheckpointError::NotSigned { origin: origin.to_owned() }),
            Err(NoteError::BadSignature) => Err(CheckpointError::BadSignature { origin: origin.to_owned() }),
        }
    }

    fn read(text: &str) -> Result<(Self, Note<'_>), CheckpointError> {
        let note = Note::parse(text).map_err(|_| CheckpointError::Malformed(NOT_A_NOTE))?;
        let mut lines = note.text.strip_suffix('\n').unwrap_or(note.text).split('\n');
        let mut line =
            |what| lines.next().filter(|line| !line.is_empty()).ok_or(CheckpointError::Malformed(what));
        let origin = line("the origin is missing")?.to_owned();
        let size = read_size(line("the size is missing")?)
            .ok_or(CheckpointError::Malformed("the size is no number"))?;
        let root = read_root(line("the root is missing")?)
            .ok_or(CheckpointError::Malformed("the root is not the base64 of 32 bytes"))?;
        // Lines that later versions of the standard may add.
        if lines.any(str::is_empty) {
            return Err(CheckpointError::Malformed("a line is empty"));
        }
        Ok((Self { origin, size, root }, note))
    }
}

const NOT_A_NOTE: &str = "it is not a signed note";

/// Reads decimal digits, without sign or leading zeros.
fn read_size(line: &str) -> Option<u64> {
    let plain = line == "0" || !line.starts_with('0');
    (plain && line.bytes().all(|byte| byte.is_ascii_digit())).then(|| line.parse().ok()).flatten()
}

fn read_root(line: &str) -> Option<Digest> {
    STANDARD.decode(line).ok()?.try_into().ok().map(Digest::from_bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::audit::samples::key;

    fn sample() -> Checkpoint {
        Checkpoint { origin: Checkpoint::origin_of("0123"), size: 20, root: Digest::of(b"root") }
    }

    fn verify(text: &str) -> Result<Checkpoint, CheckpointError> {
        Checkpoint::verify(text, "qms/0123", &key().checkpoint_key())
    }

    /// Signs lines that `Checkpoint::sign` would not write.
    fn signed(body: &str) -> String {
        note::sign(body, "qms/0123", &key())
    }

    #[test]
    fn signed_checkpoint_verifies() {
        let text = sample().sign(&key());
        assert_eq!(verify(&text), Ok(sample()));
        assert_eq!(Checkpoint::parse(&text), Ok(sample()));
    }

    #[test]
    fn checkpoint_of_another_log_or_key_is_refused() {
        let text = sample().sign(&key());
        let other = Checkpoint::verify(&text, "qms/4567", &key().checkpoint_key());
        assert!(matches!(other, Err(CheckpointError::Origin { .. })));
        let other = Checkpoint::verify(&text, "qms/0123", &Digest::of(b"another key"));
        assert!(matches!(other, Err(CheckpointError::NotSigned { .. })));
    }

    #[test]
    fn changed_checkpoint_is_refused() {
        let text = sample().sign(&key()).replace("\n20\n", "\n21\n");
        assert!(matches!(verify(&text), Err(CheckpointError::BadSignature { .. })));
        assert_eq!(Checkpoint::parse(&text).map(|read| read.size), Ok(21));
    }

    #[test]
    fn lines_that_later_standards_add_are_tolerated() {
        let text = signed(&format!("{}later 1\nlater 2\n", sample().body()));
        assert_eq!(verify(&text), Ok(sample()));
    }

    #[test]
    fn malformed_bodies_are_refused() {
        let root = STANDARD.encode(Digest::of(b"root").as_bytes());
        for body in [
            "qms/0123\n".to_owned(),
            "qms/0123\n20\n".to_owned(),
            format!("\n20\n{root}\n"),
            format!("qms/0123\n020\n{root}\n"),
            format!("qms/0123\n+20\n{root}\n"),
            format!("qms/0123\n18446744073709551616\n{root}\n"),
            format!("qms/0123\n20\n{}\n", root.trim_end_matches('=')),
            "qms/0123\n20\nAAAA\n".to_owned(),
            format!("qms/0123\n20\n{root}\n\n"),
            format!("qms/0123\n20\n{root}\n\nmore\n"),
        ] {
            assert!(matches!(verify(&signed(&body)), Err(CheckpointError::Malformed(_))), "{body:?}");
        }
        assert!(matches!(verify("20"), Err(CheckpointError::Malformed(_))));
    }
}
