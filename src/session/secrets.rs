//! What no text may hold: a secret that is good for something here.
//!
//! Whatever is handed in is looked through before anything is decided, so that nothing is recorded of it, not
//! even a refusal; and every entry once more before it is kept, whichever way its words came in.

use std::collections::HashSet;

use super::{Session, SessionError};
use crate::domain::digest::{Digest, Timestamp};
use crate::domain::identity::{Credential, CredentialKind, Validity};
use crate::domain::redact::possible;
use crate::domain::request::{Request, Value, WorkingCopy};
use crate::store::{Change, Credentials};

/// How many candidates of a text are asked for one by one. One that has more is all digits, and what is kept is read once.
const LOOKUPS: usize = 256;

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

    /// Keeps a change, unless it says something that holds a live token, or the project key: in an entry, or in what
    /// needs none, which is tagged here. The one place that commits.
    pub(super) fn keep(&mut self, change: &mut Change) -> Result<(), SessionError> {
        let entries = change.entries.iter().map(|sealed| sealed.bytes.as_slice());
        let bearers = change.tickets.iter().filter_map(|mark| mark.bearer.as_deref());
        let unproved = change.refusals.iter().map(|counted| counted.claimed.as_str());
        for bytes in entries.chain(bearers.chain(unproved).map(str::as_bytes)) {
            self.clear("what would be recorded", bytes)?;
        }
        self.tag_unsealed(change)?;
        Ok(self.store.commit(change)?)
    }

    /// Refuses bytes that hold the secret of a live token, or the project key, in a form that redaction knows.
    pub(super) fn clear(&mut self, place: &str, bytes: &[u8]) -> Result<(), SessionError> {
        let (mut looked, mut known, mut outcome) = (0, HashSet::new(), Ok(()));
        possible(bytes, &mut |secret| {
            if outcome.is_err() {
                return;
            }
            looked += 1;
            if looked == LOOKUPS {
                match self.store.credentials(Credentials::All) {
                    Ok(all) => known.extend(all.into_iter().map(|one| one.verifier)),
                    Err(error) => outcome = Err(error.into()),
                }
            }
            let is_key = self.key.as_ref().is_some_and(|key| key.secret() == secret);
            if looked < LOOKUPS || is_key || known.contains(&Digest::of(secret)) {
                outcome = self.is_harmless(place, secret);
            }
        });
        outcome
    }

    /// Says which secret bytes hold that is good for something here.
    pub fn secret_in(&mut self, bytes: &[u8]) -> Result<Option<String>, SessionError> {
        match self.clear("", bytes) {
            Ok(()) => Ok(None),
            Err(SessionError::LiveToken { credential, .. }) => {
                Ok(Some(format!("the live token {credential}")))
            }
            Err(SessionError::LiveKey { .. }) => Ok(Some("the key of the project".to_owned())),
            Err(other) => Err(other),
        }
    }

    fn is_harmless(&mut self, place: &str, secret: &[u8; 32]) -> Result<(), SessionError> {
        let place = || place.to_owned();
        if self.key.as_ref().is_some_and(|key| key.secret() == secret) {
            return Err(SessionError::LiveKey { place: place() });
        }
        let kept = self.store.credentials(Credentials::WithVerifier(&Digest::of(secret)))?;
        let now = if kept.is_empty() { return Ok(()) } else { self.valid_at()? };
        match kept.into_iter().find(|kept| is_live(kept, now)) {
            Some(live) => Err(SessionError::LiveToken { place: place(), credential: live.id }),
            None => Ok(()),
        }
    }
}

/// Tells whether a token is still good for something, or about to be. Of a key the public half is no secret.
fn is_live(kept: &Credential, now: Timestamp) -> bool {
    matches!(kept.validity(now), Validity::Valid | Validity::NotYetValid) && kept.kind != CredentialKind::Key
}
