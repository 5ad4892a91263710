//! A new key for a person whose passphrase is lost, by whoever holds the project key.

use super::{Session, SessionError};
use crate::domain::audit::{Entry, Row, row_delta};
use crate::domain::digest::Digest;
use crate::domain::document::{Kind, User};
use crate::domain::id::{CredentialId, UserName};
use crate::domain::identity::{Credential, CredentialKind};
use crate::store::{Change, Credentials};

impl Session {
    /// Gives a person a new key and ends every credential before it. Nobody was verified for it: the
    /// entry says so, and the key alarms everybody until another person has looked into it.
    pub fn recover(&mut self, name: &UserName, public: Digest) -> Result<(Entry, Credential), SessionError> {
        let user = self.recoverable(name)?;
        let head = self.store.head()?;
        let key = self.key.as_ref().ok_or(SessionError::NoKey)?;
        if !head.tag.as_ref().is_some_and(|tag| key.verifies_head(&head.frontier, tag.as_bytes())) {
            return Err(SessionError::HeadTag);
        }
        let time = self.time(&head);
        let id = CredentialId::of_key(&public);
        let mut own = Credential::new(id, user.name.clone(), CredentialKind::Key, public, time.now);
        own.recovered = true;
        let former = self.store.credentials(Credentials::Of(&user.name))?;
        let mut change = Change { expected_size: head.frontier.size(), ..Change::default() };
        let mut entry = Entry::new(time.now, "recover", self.project()?.policy);
        entry.claimed = Some(name.to_string());
        entry.inputs.insert("user".to_owned(), name.to_string());
        let key = self.key.as_ref().ok_or(SessionError::NoKey)?;
        own.tag = Some(key.tag_credential(&own));
        entry.deltas.extend(row_delta(None, Row::Credential(&own)));
        change.credentials.push(own.clone());
        for before in former.iter().filter(|one| one.revoked_at.is_none()) {
            let mut after = Credential { revoked_at: Some(time.now), ..before.clone() };
            after.tag = Some(key.tag_credential(&after));
            entry.deltas.extend(row_delta(Some(Row::Credential(before)), Row::Credential(&after)));
            change.credentials.push(after);
        }
        Ok((self.commit(head, change, time, entry)?, own))
    }

    /// Finds a person who can be given a key.
    pub fn recoverable(&mut self, name: &UserName) -> Result<User, SessionError> {
        let user = self.store.user(name.as_str())?.filter(|user| user.removed_at.is_none());
        user.filter(|user| user.kind == Kind::Human).ok_or_else(|| SessionError::NoPerson(name.clone()))
    }
}
