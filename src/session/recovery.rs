//! A new key for a person whose passphrase is lost, by whoever holds the project key.

use super::program::Record;
use super::{Session, SessionError};
use crate::domain::digest::Digest;
use crate::domain::document::{Kind, User};
use crate::domain::id::{CredentialId, UserName};
use crate::domain::identity::{Credential, CredentialKind, KeyOrigin};
use crate::store::Credentials;

impl Session {
    /// Gives a person a new key and ends every credential before it. Nobody was verified for it: the
    /// entry says so, and the key alarms everybody until another person has looked into it.
    pub fn recover(&mut self, name: &UserName, public: Digest) -> Result<Credential, SessionError> {
        let id = CredentialId::of_key(&public);
        self.record(|session, now| {
            let user = session.recoverable(name)?;
            let mut own = Credential::new(id.clone(), user.name, CredentialKind::Key, public, now);
            own.origin = Some(KeyOrigin::Recovery);
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

    /// Finds a person who can be given a key.
    pub fn recoverable(&mut self, name: &UserName) -> Result<User, SessionError> {
        let user = self.store.user(name.as_str())?.filter(|user| user.removed_at.is_none());
        user.filter(|user| user.kind == Kind::Human).ok_or_else(|| SessionError::NoPerson(name.clone()))
    }
}
