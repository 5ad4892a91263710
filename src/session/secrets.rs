//! What no text may hold: a secret that is good for something here.
//!
//! Whatever is handed in is looked through before anything is decided, so that nothing is recorded of it, not
//! even a refusal; and every entry once more before it is kept, whichever way its words came in.

use std::collections::BTreeMap;

use super::{Session, SessionError};
use crate::domain::digest::Digest;
use crate::domain::id::CredentialId;
use crate::domain::identity::{Credential, CredentialKind, Validity};
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

    /// Keeps a change, unless one of its entries holds a live token, or the project key.
    pub(super) fn keep(&mut self, change: &Change) -> Result<(), SessionError> {
        for sealed in &change.entries {
            self.clear("what would be recorded", &sealed.bytes)?;
        }
        Ok(self.store.commit(change)?)
    }

    /// Refuses bytes that hold the secret of a live token, or the project key, in a form that redaction knows.
    pub(super) fn clear(&mut self, place: &str, bytes: &[u8]) -> Result<(), SessionError> {
        let (mut live, mut found) = (None, None);
        possible(bytes, &mut |secret| {
            // Most texts hold nothing that could be a secret.
            if let (None, Ok(live)) = (&found, live.get_or_insert_with(|| self.live())) {
                found = live.get(&Digest::of(secret)).cloned();
            }
        });
        live.transpose()?;
        let place = place.to_owned();
        match found {
            None => Ok(()),
            Some(None) => Err(SessionError::LiveKey { place }),
            Some(Some(credential)) => Err(SessionError::LiveToken { place, credential }),
        }
    }

    /// The secrets that are good for something, by their digests: tokens by their ids, and the project key.
    fn live(&mut self) -> Result<BTreeMap<Digest, Option<CredentialId>>, SessionError> {
        let mut kept = self.store.credentials(Credentials::All)?;
        kept.retain(|kept| self.is_live(kept));
        let tokens = kept.into_iter().map(|kept| (kept.verifier, Some(kept.id)));
        let key = self.key.as_ref().map(|key| (Digest::of(key.secret()), None));
        Ok(tokens.chain(key).collect())
    }

    /// Tells whether a token is still good for something, or about to be. Of a key the public half is no secret.
    fn is_live(&self, kept: &Credential) -> bool {
        let is_usable = matches!(kept.validity(self.now()), Validity::Valid | Validity::NotYetValid);
        is_usable && kept.kind != CredentialKind::Key
    }
}
