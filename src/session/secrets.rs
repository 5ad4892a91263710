//! What no text may hold: a secret that is good for something here.
//!
//! Whatever is handed in is looked through before anything is decided, so that nothing is recorded of it, not
//! even a refusal; and every entry once more before it is kept, whichever way its words came in.

use super::{Session, SessionError};
use crate::domain::digest::to_hex;
use crate::domain::identity::{Token, Validity};
use crate::domain::request::{Request, Value, WorkingCopy};
use crate::store::Change;

impl Session {
    /// Refuses a request that holds a live token, or the project key, anywhere.
    pub(super) fn admit(&mut self, request: &Request) -> Result<(), SessionError> {
        for (name, value) in &request.inputs.0 {
            match value {
                Value::Text(text) => self.clear(&format!("`{name}`"), text.as_bytes())?,
                Value::File(file) => {
                    self.clear(&format!("`{name}`"), &file.bytes)?;
                    self.clear("the name of the file", file.name.as_deref().unwrap_or_default().as_bytes())?;
                }
                // These are shorter than any secret.
                Value::Users(_) | Value::Document(_) => {}
            }
        }
        if let Some(WorkingCopy::Present { bytes, .. }) = &request.copy {
            self.clear("the working copy", bytes)?;
        }
        for (path, text) in request.candidate.iter().flatten() {
            self.clear(&format!("`{path}`"), text.as_bytes())?;
        }
        Ok(())
    }

    /// Keeps a change, unless one of its entries holds a live token.
    pub(super) fn keep(&mut self, change: &Change) -> Result<(), SessionError> {
        for sealed in &change.entries {
            self.clear("what would be recorded", &sealed.bytes)?;
        }
        Ok(self.store.commit(change)?)
    }

    /// Refuses bytes that hold one.
    pub(super) fn clear(&mut self, place: &str, bytes: &[u8]) -> Result<(), SessionError> {
        let place = place.to_owned();
        let mut rest = bytes;
        while let Some((at, token)) = Token::find(rest) {
            if self.is_live(&token)? {
                return Err(SessionError::LiveToken { place, credential: token.id().clone() });
            }
            rest = rest.get(at + Token::TEXT_BYTES..).unwrap_or_default();
        }
        let digits = self.key.as_ref().map(|key| to_hex(key.secret()));
        let is_key = |digits: &String| bytes.windows(digits.len()).any(|it| it == digits.as_bytes());
        if digits.as_ref().is_some_and(is_key) { Err(SessionError::LiveKey { place }) } else { Ok(()) }
    }

    /// Tells whether a token is one of this project, and still good for something or about to be.
    fn is_live(&mut self, token: &Token) -> Result<bool, SessionError> {
        let now = self.now();
        let kept = self.store.credential(token.id())?.filter(|kept| kept.verifier == token.verifier());
        let validity = kept.map(|kept| kept.validity(now));
        Ok(matches!(validity, Some(Validity::Valid | Validity::NotYetValid)))
    }
}
