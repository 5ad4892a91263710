//! A new key for a person whose passphrase is lost, by the project key alone: where no other person could sign for it.

use std::collections::BTreeMap;

use super::program::Record;
use super::{Session, SessionError};
use crate::domain::clock::Witness;
use crate::domain::decide::{Recovery, Unsigned};
use crate::domain::digest::Digest;
use crate::domain::document::Kind;
use crate::domain::id::{CredentialId, UserName};
use crate::domain::identity::{Acknowledgement, Credential, CredentialKind, Grounds, KeyOrigin};
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
            let recovery = session.recovery(name)?;
            recovery.unmet(name, alone)?;
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

    /// Finds out how a person gets a new key.
    pub fn recovery(&mut self, name: &UserName) -> Result<Recovery, SessionError> {
        // Who cannot recover anybody is told of nobody.
        if self.key.is_none() {
            return Err(SessionError::NoKey);
        }
        let user = self.store.user(name.as_str())?.filter(|user| user.removed_at.is_none());
        if user.is_none_or(|user| user.kind != Kind::Human) {
            return Err(SessionError::NoPerson(name.clone()));
        }
        let (now, digest) = (self.valid_at()?, self.project()?.policy);
        let policy = self.policy_at(&digest)?;
        let facts = self.empty_facts(now, (digest, &policy), &BTreeMap::new())?;
        if policy.compares_keys() {
            return Ok(Recovery::of(&policy, &facts, name));
        }
        // Where keys are not compared yet, every other person who has something to prove it with is left.
        let holders = self.store.credentials(Credentials::All)?.into_iter();
        let mut holders = holders.filter(|one| one.binds() && one.revoked_at.is_none());
        let is_person = |user: &UserName| facts.users.get(user).is_some_and(|it| it.user.kind == Kind::Human);
        let left = holders.find(|one| one.user != *name && is_person(&one.user)).map(|one| one.user);
        let unsigned = if left.is_none() { Unsigned::Alone } else { Unsigned::Waiting };
        Ok(Recovery { signers: Vec::new(), unsigned, left, manager: None })
    }
}

impl Recovery {
    /// Says why the project key alone does not do it.
    pub fn unmet(&self, user: &UserName, alone: bool) -> Result<(), SessionError> {
        let (user, by) = (user.clone(), self.signers.clone());
        match self.unsigned {
            Unsigned::Refused if !alone => Err(SessionError::RecoveryUnsigned { user, by }),
            Unsigned::Refused | Unsigned::Waiting if alone => {
                let is_signed = self.unsigned == Unsigned::Refused;
                Err(SessionError::NotAlone {
                    other: self.left.clone().unwrap_or_else(|| user.clone()),
                    by: if is_signed { by } else { Vec::new() },
                    manager: self.manager.clone().filter(|_| self.signers.is_empty()),
                    user,
                })
            }
            _ => Ok(()),
        }
    }
}
