//! What no text may hold: a secret that is good for something here.
//!
//! Whatever is handed in is looked through before anything is decided, so that nothing is recorded of it, not
//! even a refusal; and every entry once more before it is kept, whichever way its words came in.

use std::collections::BTreeSet;

use super::{Session, SessionError};
use crate::domain::digest::Digest;
use crate::domain::identity::{Credential, CredentialKind, Token, Validity};
use crate::domain::redact::possible;
use crate::domain::request::{Request, Value, WorkingCopy};
use crate::store::{Change, Credentials};

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
            let mut rest = sealed.bytes.as_slice();
            while let Some((at, token)) = Token::find(rest) {
                let kept =
                    self.store.credential(token.id())?.filter(|kept| kept.verifier == token.verifier());
                if let Some(kept) = kept.filter(|kept| self.is_live(kept)) {
                    return Err(SessionError::LiveToken {
                        place: "what would be recorded".to_owned(),
                        credential: kept.id,
                    });
                }
                rest = rest.get(at + Token::TEXT_BYTES..).unwrap_or_default();
            }
        }
        Ok(self.store.commit(change)?)
    }

    /// Refuses bytes that hold the secret of a live token, or the project key, in a form that redaction knows.
    pub(super) fn clear(&mut self, place: &str, bytes: &[u8]) -> Result<(), SessionError> {
        let found = possible(bytes);
        if found.is_empty() {
            return Ok(());
        }
        let place = place.to_owned();
        if self.key.as_ref().is_some_and(|key| found.contains(key.secret())) {
            return Err(SessionError::LiveKey { place });
        }
        let verifiers: BTreeSet<Digest> = found.iter().map(|secret| Digest::of(secret)).collect();
        let kept = self.store.credentials(Credentials::All)?.into_iter();
        match kept.filter(|kept| self.is_live(kept)).find(|kept| verifiers.contains(&kept.verifier)) {
            Some(live) => Err(SessionError::LiveToken { place, credential: live.id }),
            None => Ok(()),
        }
    }

    /// Tells whether a token is still good for something, or about to be. Of a key the public half is no secret.
    fn is_live(&self, kept: &Credential) -> bool {
        let is_usable = matches!(kept.validity(self.now()), Validity::Valid | Validity::NotYetValid);
        is_usable && kept.kind != CredentialKind::Key
    }
}
