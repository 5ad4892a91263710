//! A new key for a person whose passphrase is lost, by whoever holds the project key.

use super::program::Record;
use super::{Session, SessionError};
use crate::domain::digest::Digest;
use crate::domain::document::{Kind, User};
use crate::domain::id::{CredentialId, UserName};
use crate::domain::identity::{Acknowledgement, Credential, CredentialKind, Grounds, KeyOrigin, Validity};
use crate::store::Credentials;

impl Session {
    /// Gives a person a new key and ends every credential before it. Nobody was verified for it: the
    /// entry says so, and the key alarms everybody until another person has looked into it. Where nobody else is
    /// left who could, it is acknowledged `alone`.
    pub fn recover(
        &mut self,
        name: &UserName,
        public: Digest,
        alone: bool,
    ) -> Result<Credential, SessionError> {
        let id = CredentialId::of_key(&public);
        self.record(|session, now| {
            let user = session.recoverable(name, alone)?;
            let mut own = Credential::new(id.clone(), user.name, CredentialKind::Key, public, now);
            own.origin = Some(KeyOrigin::Recovery);
            own.acknowledged = alone.then(|| Acknowledgement { by: name.clone(), grounds: Grounds::Alone });
            let former = session.store.credentials(Credentials::Of(name))?;
            let former = former.into_iter().filter(|one| one.revoked_at.is_none());
            let ended = former.map(|one| Credential { revoked_at: Some(now), ..one });
            Ok(Some(Record {
                action: "recover",
                observed: vec![("user", name.to_string())],
                credentials: [own].into_iter().chain(ended).collect(),
                ..Record::default()
            }))
        })?;
        self.store.credential(&id)?.ok_or(SessionError::NoCredential(id))
    }

    /// Finds a person who can be given a key; `alone` if nobody else can acknowledge it.
    pub fn recoverable(&mut self, name: &UserName, alone: bool) -> Result<User, SessionError> {
        let user = self.store.user(name.as_str())?.filter(|user| user.removed_at.is_none());
        let user = user.filter(|user| user.kind == Kind::Human);
        let user = user.ok_or_else(|| SessionError::NoPerson(name.clone()))?;
        if let Some(other) = alone.then(|| self.another_signer(name)).transpose()?.flatten() {
            return Err(SessionError::NotAlone { user: name.clone(), other });
        }
        Ok(user)
    }

    /// Finds another person who has a key that counts.
    fn another_signer(&mut self, name: &UserName) -> Result<Option<UserName>, SessionError> {
        let (now, compares) = (self.now(), self.policy()?.compares_keys());
        let keys = self.store.credentials(Credentials::Keys)?.into_iter();
        let able = keys.filter(|key| {
            key.user != *name && key.validity(now) == Validity::Valid && (key.counts() || !compares)
        });
        for key in able {
            if self.store.user(key.user.as_str())?.is_some_and(|user| user.removed_at.is_none()) {
                return Ok(Some(key.user));
            }
        }
        Ok(None)
    }
}
