//! A person's own key: an Ed25519 pair (RFC 8032) whose private half is sealed with a passphrase, by
//! PBKDF2-HMAC-SHA256 (RFC 8018) and AES-256-GCM (NIST SP 800-38D).
//!
//! To find the sealed key opens nothing: each use needs the passphrase.

use std::fmt;
use std::num::NonZeroU32;

use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::pbkdf2::{self, PBKDF2_HMAC_SHA256};
use ring::signature::{Ed25519KeyPair, KeyPair as _};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::domain::digest::{Digest, from_hex, to_hex};
use crate::domain::id::{CredentialId, UserName};

/// Rounds of PBKDF2: what OWASP has recommended for HMAC-SHA256 since 2023, a fifth of a second.
const ROUNDS: u32 = 600_000;

/// Fewest rounds that are taken for sealed: a file with fewer was weakened.
const ROUNDS_MIN: u32 = 100_000;

/// Most rounds that are waited for, some five seconds.
const ROUNDS_MAX: u32 = 10_000_000;

/// Shortest passphrase, in characters: the least that NIST SP 800-63B allows.
const PASSPHRASE_MIN: usize = 8;

/// Longest passphrase, in bytes.
const PASSPHRASE_MAX: usize = 1024;

const SALT_BYTES: usize = 16;
const SEED_BYTES: usize = 32;

/// Random bytes that a sealed key is made of: the seed, the salt and the nonce.
pub const KEY_BYTES: usize = SEED_BYTES + SALT_BYTES + NONCE_LEN;

/// A key as it lies in its file. Form `qms.key/1`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SealedKey {
    schema: String,
    /// The id of the project.
    project: String,
    /// Whose it is.
    user: UserName,
    /// The public half.
    public: Digest,
    rounds: u32,
    salt: String,
    nonce: String,
    sealed: String,
}

/// A key that cannot be made or opened.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum KeyFileError {
    /// The passphrase is too short or too long.
    #[error("a passphrase has at least {PASSPHRASE_MIN} characters and at most {PASSPHRASE_MAX} bytes")]
    Passphrase,
    /// The file is not a sealed key.
    #[error("it is not a sealed key: {0}")]
    Form(String),
    /// It is of another project or user.
    #[error("it is the key of `{user}` in project {project}")]
    Foreign {
        /// Whose it is.
        user: UserName,
        /// In which project.
        project: String,
    },
    /// The passphrase is wrong, or the file was changed: nobody can tell which.
    #[error("the passphrase does not open the key")]
    Closed,
}

/// An open key. It signs for its holder, and cannot be copied out.
pub struct OpenKey {
    pair: Ed25519KeyPair,
    public: Digest,
    id: CredentialId,
}

impl SealedKey {
    /// Returns the public half, 32 bytes.
    pub fn public(&self) -> &Digest {
        &self.public
    }

    /// Makes a key of random bytes and seals it.
    pub fn new(
        project: &str,
        user: &UserName,
        passphrase: &str,
        random: &[u8; KEY_BYTES],
    ) -> Result<(Self, OpenKey), KeyFileError> {
        if passphrase.chars().count() < PASSPHRASE_MIN || passphrase.len() > PASSPHRASE_MAX {
            return Err(KeyFileError::Passphrase);
        }
        let (seed, rest) = random.split_at(SEED_BYTES);
        let (salt, nonce) = rest.split_at(SALT_BYTES);
        let open = OpenKey::from_seed(seed).ok_or(KeyFileError::Closed)?;
        let mut key = Self {
            schema: SCHEMA.to_owned(),
            project: project.to_owned(),
            user: user.clone(),
            public: open.public,
            rounds: ROUNDS,
            salt: to_hex(salt),
            nonce: to_hex(nonce),
            sealed: String::new(),
        };
        let mut sealed = seed.to_vec();
        let cipher = key.cipher(passphrase).ok_or(KeyFileError::Closed)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| KeyFileError::Closed)?;
        cipher
            .seal_in_place_append_tag(nonce, Aad::from(key.header()), &mut sealed)
            .map_err(|_| KeyFileError::Closed)?;
        key.sealed = to_hex(&sealed);
        Ok((key, open))
    }

    /// Reads the text of a key file.
    pub fn parse(text: &str) -> Result<Self, KeyFileError> {
        let key: Self = serde_json::from_str(text).map_err(|error| KeyFileError::Form(error.to_string()))?;
        if key.schema != SCHEMA {
            return Err(KeyFileError::Form(format!("its schema is not `{SCHEMA}`")));
        }
        if !(ROUNDS_MIN..=ROUNDS_MAX).contains(&key.rounds) {
            return Err(KeyFileError::Form("its number of rounds is out of bounds".to_owned()));
        }
        Ok(key)
    }

    /// Returns the text of the key file.
    pub fn text(&self) -> String {
        serde_json::to_string_pretty(self).unwrap_or_default() + "\n"
    }

    /// Opens the key of `user` in `project`.
    pub fn open(&self, project: &str, user: &str, passphrase: &str) -> Result<OpenKey, KeyFileError> {
        if self.project != project || self.user.as_str() != user {
            return Err(KeyFileError::Foreign { user: self.user.clone(), project: self.project.clone() });
        }
        self.unseal(passphrase).ok_or(KeyFileError::Closed)
    }

    fn unseal(&self, passphrase: &str) -> Option<OpenKey> {
        let nonce = Nonce::try_assume_unique_for_key(&from_hex(&self.nonce)?).ok()?;
        let mut sealed = from_hex(&self.sealed)?;
        let cipher = self.cipher(passphrase)?;
        let seed = cipher.open_in_place(nonce, Aad::from(self.header()), &mut sealed).ok()?;
        OpenKey::from_seed(seed).filter(|open| open.public == self.public)
    }

    fn cipher(&self, passphrase: &str) -> Option<LessSafeKey> {
        let mut key = [0; SEED_BYTES];
        let salt = from_hex(&self.salt).filter(|salt| salt.len() == SALT_BYTES)?;
        let rounds = NonZeroU32::new(self.rounds)?;
        pbkdf2::derive(PBKDF2_HMAC_SHA256, rounds, &salt, passphrase.as_bytes(), &mut key);
        Some(LessSafeKey::new(UnboundKey::new(&AES_256_GCM, &key).ok()?))
    }

    /// What the seal covers besides the private half.
    fn header(&self) -> String {
        let Self { schema, project, user, public, rounds, salt, .. } = self;
        format!("{schema}\n{project}\n{user}\n{public}\n{rounds}\n{salt}\n")
    }
}

const SCHEMA: &str = "qms.key/1";

impl OpenKey {
    /// Makes the pair of a seed of 32 random bytes; `None` where there are not so many.
    pub fn from_seed(seed: &[u8]) -> Option<Self> {
        let pair = Ed25519KeyPair::from_seed_unchecked(seed).ok()?;
        let mut public = [0; 32];
        public.copy_from_slice(pair.public_key().as_ref());
        let public = Digest::from_bytes(public);
        Some(Self { pair, id: CredentialId::of_key(&public), public })
    }

    /// Returns the id by which the registry knows it: the beginning of the digest of its public half.
    pub fn id(&self) -> &CredentialId {
        &self.id
    }

    /// Returns its public half, 32 bytes.
    pub fn public(&self) -> Digest {
        self.public
    }

    /// Signs a statement (Ed25519), 64 bytes.
    pub fn sign(&self, statement: &[u8]) -> [u8; 64] {
        let mut out = [0; 64];
        out.copy_from_slice(self.pair.sign(statement).as_ref());
        out
    }
}

impl fmt::Debug for OpenKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "OpenKey({})", self.id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PASSPHRASE: &str = "correct horse";

    fn sealed() -> (SealedKey, OpenKey) {
        let user = UserName::parse("lead").unwrap_or_else(|error| panic!("{error}"));
        SealedKey::new("p", &user, PASSPHRASE, &[7; KEY_BYTES]).unwrap_or_else(|error| panic!("{error}"))
    }

    // REQ-064
    #[test]
    fn only_its_passphrase_project_and_user_open_a_key() {
        let (key, open) = sealed();
        let key = SealedKey::parse(&key.text()).unwrap_or_else(|error| panic!("{error}"));
        let opened = key.open("p", "lead", PASSPHRASE).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!((opened.public(), opened.id()), (open.public(), open.id()));
        assert_eq!(key.open("p", "lead", "correct horsf").err(), Some(KeyFileError::Closed));
        assert!(matches!(key.open("q", "lead", PASSPHRASE), Err(KeyFileError::Foreign { .. })));
        assert!(matches!(key.open("p", "qa", PASSPHRASE), Err(KeyFileError::Foreign { .. })));
    }

    // REQ-064
    #[test]
    fn a_key_file_that_was_changed_does_not_open() {
        let (key, _) = sealed();
        let qa = UserName::parse("qa").unwrap_or_else(|error| panic!("{error}"));
        let other = Digest::of(b"another public half");
        for changed in [
            SealedKey { user: qa.clone(), ..key.clone() },
            SealedKey { public: other, ..key.clone() },
            SealedKey { rounds: ROUNDS_MIN, ..key.clone() },
            SealedKey { salt: key.salt.replace("07", "08"), ..key.clone() },
            SealedKey { sealed: key.sealed.replace(['0', '1'], "2"), ..key.clone() },
            SealedKey { salt: String::new(), ..key.clone() },
        ] {
            assert!(changed.unseal(PASSPHRASE).is_none(), "{changed:?}");
        }
        for rounds in [0, 1, ROUNDS_MIN - 1, ROUNDS_MAX + 1] {
            assert!(SealedKey::parse(&SealedKey { rounds, ..key.clone() }.text()).is_err());
        }
    }

    #[test]
    fn short_passphrases_are_refused_and_no_secret_is_shown() {
        let (key, open) = sealed();
        assert!(matches!(
            SealedKey::new("p", &key.user, "1234567", &[7; KEY_BYTES]),
            Err(KeyFileError::Passphrase)
        ));
        assert!(!key.text().contains(&"07".repeat(32)));
        assert_eq!(format!("{open:?}"), format!("OpenKey({})", open.id()));
    }
}
