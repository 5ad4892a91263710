//! The text of a bearer token: `qms_<id>_<secret>_<checksum>`, all lower-case hexadecimal digits.
//!
//! The prefix lets scanners for secrets find it, the checksum tells a typo from an attack. The text is
//! shown once, when it is made, and is never part of a record, a message or a command line.

use std::fmt;

use ring::digest::{Context, SHA256};
use thiserror::Error;

use crate::domain::digest::{Digest, from_hex, to_hex};
use crate::domain::id::CredentialId;

/// How every token begins.
const PREFIX: &str = "qms";

/// Digits of the checksum: enough to miss one typo in four thousand million.
const CHECKSUM_DIGITS: usize = 8;

/// Random bytes that a token is made of: 8 of the id, 32 of the secret.
pub const TOKEN_BYTES: usize = 40;

/// A bearer token. Its secret leaves it only as [`Token::reveal`], for whoever it is issued to.
#[derive(Clone, PartialEq, Eq)]
pub struct Token {
    id: CredentialId,
    secret: [u8; 32],
}

/// A text that is no token. What it says instead is not repeated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum TokenError {
    /// It has another form.
    #[error("what was presented is not a token: `qms_<id>_<secret>_<checksum>` is expected")]
    Form,
    /// It is mistyped or cut off.
    #[error("the token is mistyped or cut off: its checksum does not fit")]
    Checksum,
}

impl Token {
    /// Bytes of the text of a token: the prefix, the digits of id, secret and checksum, and what joins them.
    pub const TEXT_BYTES: usize = PREFIX.len() + 16 + 64 + CHECKSUM_DIGITS + 3;

    /// Makes a token of random bytes.
    pub fn new(random: &[u8; TOKEN_BYTES]) -> Self {
        let (id, secret) = random.split_at(8);
        let mut bytes = [0; 32];
        bytes.copy_from_slice(secret);
        Self { id: CredentialId::of_bytes(id), secret: bytes }
    }

    /// Reads the text of a token; white space around it is ignored.
    pub fn parse(text: &str) -> Result<Self, TokenError> {
        let mut parts = text.trim().split('_');
        let (Some(PREFIX), Some(id), Some(secret), Some(checksum), None) =
            (parts.next(), parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(TokenError::Form);
        };
        let id = CredentialId::parse(id).map_err(|_| TokenError::Form)?;
        let secret = from_hex(secret).and_then(|bytes| bytes.try_into().ok()).ok_or(TokenError::Form)?;
        let token = Self { id, secret };
        if token.checksum() == checksum { Ok(token) } else { Err(TokenError::Checksum) }
    }

    /// Finds a token in a text that should hold none, and returns its id, which is no secret.
    pub fn within(text: &str) -> Option<CredentialId> {
        Self::find(text.as_bytes()).map(|(_, token)| token.id)
    }

    /// Finds the first token among bytes, and where it begins.
    pub fn find(bytes: &[u8]) -> Option<(usize, Self)> {
        let mut windows = bytes.windows(Self::TEXT_BYTES).enumerate();
        windows.find_map(|(at, window)| {
            let text = window.starts_with(PREFIX.as_bytes()).then_some(window)?;
            Some((at, Self::parse(std::str::from_utf8(text).ok()?).ok()?))
        })
    }

    /// Returns the id by which the registry knows it.
    pub fn id(&self) -> &CredentialId {
        &self.id
    }

    /// Returns what the registry keeps of the secret: its SHA-256.
    pub fn verifier(&self) -> Digest {
        Digest::of(&self.secret)
    }

    /// Returns the text, for whoever it is issued to and nobody else.
    pub fn reveal(&self) -> String {
        format!("{}_{}", self.body(), self.checksum())
    }

    /// Returns the secret, for what has to keep it from being shown.
    pub fn secret(&self) -> &[u8; 32] {
        &self.secret
    }

    fn body(&self) -> String {
        format!("{PREFIX}_{}_{}", self.id, to_hex(&self.secret))
    }

    fn checksum(&self) -> String {
        let mut context = Context::new(&SHA256);
        context.update(self.body().as_bytes());
        let mut text = to_hex(context.finish().as_ref());
        text.truncate(CHECKSUM_DIGITS);
        text
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Token({})", self.id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token() -> Token {
        Token::new(&std::array::from_fn(|index| u8::try_from(index).unwrap_or_default()))
    }

    #[test]
    fn a_token_is_read_as_it_was_written() {
        let text = token().reveal();
        assert_eq!(text.len(), 3 + 1 + 16 + 1 + 64 + 1 + 8);
        assert!(text.starts_with("qms_0001020304050607_08090a0b"));
        assert_eq!(Token::parse(&format!(" {text}\n")), Ok(token()));
    }

    // REQ-059
    #[test]
    fn every_changed_character_is_found() {
        let text = token().reveal();
        for at in 0..text.len() {
            let mut bytes = text.clone().into_bytes();
            for byte in bytes.iter_mut().skip(at).take(1) {
                *byte = if *byte == b'0' { b'1' } else { b'0' };
            }
            assert!(Token::parse(&String::from_utf8_lossy(&bytes)).is_err(), "{at}");
        }
        for end in 0..text.len() {
            assert!(Token::parse(text.get(..end).unwrap_or_default()).is_err(), "{end}");
        }
        assert_eq!(Token::parse(&format!("{text}_")), Err(TokenError::Form));
        assert_eq!(Token::parse(&text.to_uppercase()), Err(TokenError::Form));
    }

    #[test]
    fn a_token_is_found_wherever_it_stands() {
        let text = token().reveal();
        for around in [text.clone(), format!("--token={text}"), format!("qms_ü {text}, {text}")] {
            assert_eq!(Token::within(&around).as_ref(), Some(token().id()), "{around}");
        }
        for other in ["", "qms_", "qms_ü", text.get(..90).unwrap_or_default(), &text.to_uppercase()] {
            assert_eq!(Token::within(other), None, "{other}");
        }
    }

    #[test]
    fn a_secret_is_not_shown_by_accident() {
        assert_eq!(format!("{:?}", token()), "Token(0001020304050607)");
    }
}
