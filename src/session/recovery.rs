//! A new key for a person whose passphrase is lost, by the project key alone: where no other person could sign for it.

use super::program::Record;
use super::{Session, SessionError};
use crate::domain::clock::Witness;
use crate::domain::digest::Digest;
use crate::domain::document::Kind;
use crate::domain::id::{CredentialId, UserName};
use crate::domain::identity::{
    Acknowledgement, Credential, CredentialKind, Grounds, KeyOrigin, Validity, left,
};
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
        self.record(Witness::Proven, |session, now| {
            let by = session.recoverers(name, alone)?;
            if !by.is_empty() {
                return Err(SessionError::RecoveryUnsigned { user: name.clone(), by });
            }
            let mut own = Credential::new(id.clone(), name.clone(), CredentialKind::Key, public, now);
            own.origin = Some(KeyOrigin::Recovery);
            // What was done where keys are not compared counts for nothing where they are.
            let grounds = if session.policy()?.compares_keys() { Grounds::Alone } else { Grounds::Noticed };
            own.acknowledged = alone.then(|| Acknowledgement { by: name.clone(), grounds });
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

    /// Lists who can sign the recovery of a person's key: where keys are compared and somebody else has one that
    /// counts, one of these has to. `alone` is for where nobody else is left.
    pub fn recoverers(&mut self, name: &UserName, alone: bool) -> Result<Vec<UserName>, SessionError> {
        let user = self.store.user(name.as_str())?.filter(|user| user.removed_at.is_none());
        if user.is_none_or(|user| user.kind != Kind::Human) {
            return Err(SessionError::NoPerson(name.clone()));
        }
        let (now, compares) = (self.valid_at()?, self.policy()?.compares_keys());
        let users = self.store.users()?.into_iter();
        let users = users.filter(|user| user.removed_at.is_none() && user.kind == Kind::Human);
        let present: Vec<UserName> = users.map(|user| user.name).collect();
        let keys = self.store.credentials(Credentials::Keys)?;
        let others = keys.iter().filter(|key| key.user != *name && present.contains(&key.user));
        let valid = others.filter(|key| key.validity(now) == Validity::Valid && key.counts());
        let valid: Vec<UserName> = valid.map(|key| key.user.clone()).collect();
        if alone {
            let other = if compares {
                left(&keys, &[name], |user| present.contains(user)).cloned()
            } else {
                // Where keys are not compared yet, every other person who has something to prove it with is left.
                let holders = self.store.credentials(Credentials::All)?.into_iter();
                let mut holders = holders.filter(|one| one.binds() && one.revoked_at.is_none());
                holders.find(|one| one.user != *name && present.contains(&one.user)).map(|one| one.user)
            };
            if let Some(other) = other {
                return Err(SessionError::NotAlone { user: name.clone(), other });
            }
        }
        Ok(if compares { valid } else { Vec::new() })
    }
}
