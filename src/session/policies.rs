//! Adopted policies: what they mean, and the files that they were read from.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use super::{Session, SessionError};
use crate::domain::digest::Digest;
use crate::domain::document::Document;
use crate::domain::id::DocumentId;
use crate::domain::policy::{Policy, Sources, compile};
use crate::domain::project::PolicyRecord;
use crate::domain::text::unified;
use crate::domain::visible::one_line;
use crate::store::StoreError;

impl Session {
    /// Returns the policy in force.
    pub fn policy(&mut self) -> Result<Rc<Policy>, SessionError> {
        let digest = self.project()?.policy;
        self.policy_at(&digest)
    }

    /// Returns the policy that decides about a document, as [`Self::policy_of`] does.
    pub fn policy_about(&mut self, id: &DocumentId) -> Result<Rc<Policy>, SessionError> {
        match self.store.document(id)? {
            Some(document) => self.policy_of(&document),
            None => self.policy(),
        }
    }

    /// Returns the policy that decides about a document: the one that its open round began under, else the
    /// one in force. What a round keeps is what it asks. Who is believed is said by the profile in force, too:
    /// of the two profiles the stricter one holds.
    pub fn policy_of(&mut self, document: &Document) -> Result<Rc<Policy>, SessionError> {
        let in_force = self.policy()?;
        let Some(round) = &document.round else { return Ok(in_force) };
        let own = self.policy_at(&round.policy)?;
        if own.profile >= in_force.profile {
            return Ok(own);
        }
        let raised = self.policies.entry((round.policy, Some(in_force.profile)));
        Ok(Rc::clone(raised.or_insert_with(|| Rc::new(own.raised_to(in_force.profile)))))
    }

    /// Returns a policy that was adopted once, as it was adopted. What decides about a document is asked of
    /// [`Self::policy_of`].
    pub fn policy_at(&mut self, digest: &Digest) -> Result<Rc<Policy>, SessionError> {
        if let Some(policy) = self.policies.get(&(*digest, None)) {
            return Ok(Rc::clone(policy));
        }
        let record = self.record_of(digest)?;
        // What the files mean is kept beside them, because reading them takes ten times as long. It is
        // believed by the tag of the project key. The files are the truth, by their digest: whoever has
        // no key, or cannot read what another version kept, reads them.
        let kept = self.key.as_ref().and_then(|key| key.verified_policy(digest, &record.compiled));
        let policy = match kept.and_then(|meaning| serde_json::from_str(meaning).ok()) {
            Some(policy) => policy,
            None => compile(&files_of(&record)?).map_err(SessionError::PolicyFaults)?,
        };
        let policy = Rc::new(policy);
        self.policies.insert((*digest, None), Rc::clone(&policy));
        Ok(policy)
    }

    /// Returns the files of a policy that was adopted once.
    pub fn sources_at(&mut self, digest: &Digest) -> Result<Sources, SessionError> {
        files_of(&self.record_of(digest)?)
    }

    /// Returns every policy that was adopted once and can be read. That one cannot is found where its row is checked.
    pub(super) fn adopted(&mut self) -> Result<BTreeMap<Digest, Rc<Policy>>, StoreError> {
        let records = match self.store.policies() {
            Err(error) if error.is_evidence() => Vec::new(),
            records => records?,
        };
        let known = records.iter().filter_map(|it| Some((it.digest, self.policy_at(&it.digest).ok()?)));
        Ok(known.collect())
    }

    /// Tells whether a policy was adopted once.
    pub fn was_adopted(&mut self, digest: &Digest) -> Result<bool, SessionError> {
        Ok(self.store.policy(digest)?.is_some())
    }

    fn record_of(&mut self, digest: &Digest) -> Result<PolicyRecord, SessionError> {
        let message = "it is not in the store".to_owned();
        self.store.policy(digest)?.ok_or(SessionError::PolicyUnreadable { digest: *digest, message })
    }
}

/// Reads the files of a policy, which are believed by their digest.
fn files_of(record: &PolicyRecord) -> Result<Sources, SessionError> {
    let digest = record.digest;
    let unreadable = |message: String| SessionError::PolicyUnreadable { digest, message };
    let files = serde_json::from_str(&record.sources).map_err(|error| unreadable(error.to_string()))?;
    let sources = Sources(files);
    if sources.digest() != digest {
        return Err(unreadable("its files are not those that were adopted".to_owned()));
    }
    Ok(sources)
}

/// Shows how the files of two policies differ, line by line.
pub fn differences(old: &Sources, new: &Sources) -> String {
    let mut text = String::new();
    let names: BTreeSet<&String> = old.0.keys().chain(new.0.keys()).collect();
    for name in names {
        let side = |sources: &Sources| sources.0.get(name).cloned().unwrap_or_default();
        let (before, after) = (side(old), side(new));
        if before != after {
            let to = if name == Policy::PINS { format!("now/{name}") } else { Sources::path(name) };
            let from = format!("in force/{name}");
            text.push_str(&unified((&one_line(&from), &before), (&one_line(&to), &after)));
        }
    }
    text
}
