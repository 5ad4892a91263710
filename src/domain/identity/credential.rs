//! What the registry keeps about a credential.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::Holder;
use crate::domain::audit::Tag;
use crate::domain::digest::{Digest, Timestamp};
use crate::domain::document::words;
use crate::domain::id::{ActionName, CredentialId, DocumentId, UserName};

words! {
    /// What a credential is.
    CredentialKind {
        /// A bearer token of an agent or a service, until it is revoked.
        Standing = "standing",
        /// A bearer token of one process that was started for one task.
        Spawn = "spawn",
        /// A bearer token that an unlocked key stands behind, for one terminal and a short time.
        Unlock = "unlock",
        /// A one-use code with which a person makes the first key.
        Enrolment = "enrolment",
        /// The public half of a person's own key (Ed25519, RFC 8032).
        Key = "key",
    }
    /// How a key came about.
    KeyOrigin {
        /// Whoever made the project made it, as the first one.
        Founder = "founder",
        /// Its holder made it with what the holder had.
        Own = "own",
        /// Its holder made it with a code, as the first one.
        Code = "code",
        /// It was made with a code by somebody who had a key before.
        Renewal = "renewal",
        /// It was made because the passphrase was lost: by another person, or by the project key alone.
        Recovery = "recovery",
    }
    /// What an acknowledgement of a key rests on.
    Grounds {
        /// Another person who was acknowledged before.
        Another = "another",
        /// The first two people of a project, of each other.
        FirstPair = "first_pair",
        /// Nobody else: there was nobody left.
        Alone = "alone",
        /// Somebody looked into it where fingerprints are not compared.
        Noticed = "noticed",
    }
    /// Whether a credential can be used at a time.
    Validity {
        /// It can be used.
        Valid = "valid",
        /// Its time has not come.
        NotYetValid = "not_yet_valid",
        /// Its time is over.
        Expired = "expired",
        /// It was taken back.
        Revoked = "revoked",
        /// It was used as often as it may be.
        UsedUp = "used_up",
    }
}

/// That somebody compared the fingerprint of a key with its holder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Acknowledgement {
    /// Who.
    pub by: UserName,
    /// What it rests on.
    pub grounds: Grounds,
}

/// A credential in the registry. Everything in it is covered by the tag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credential {
    /// Its id; for a key the beginning of the digest of its public half.
    pub id: CredentialId,
    /// Whose it is.
    pub user: UserName,
    /// What it is.
    pub kind: CredentialKind,
    /// The session that its holder was started in.
    pub session: Option<String>,
    /// The program that its holder runs in.
    pub runtime: Option<String>,
    /// Who started its holder.
    pub parent: Option<UserName>,
    /// What it is good for.
    pub scope: Scope,
    /// Who issued it; `None` for what came about with the project or by the project key.
    pub issued_by: Option<UserName>,
    /// When.
    pub issued_at: Timestamp,
    /// From when on it is valid.
    pub not_before: Option<Timestamp>,
    /// From when on it is valid no longer.
    pub not_after: Option<Timestamp>,
    /// How often it may be used; every recorded attempt counts.
    pub uses: Option<u32>,
    /// How often it was used, where that is limited.
    pub used: u32,
    /// When it was taken back.
    pub revoked_at: Option<Timestamp>,
    /// How it came about; `None` for what is no key.
    pub origin: Option<KeyOrigin>,
    /// Who compared its fingerprint, where somebody did.
    pub acknowledged: Option<Acknowledgement>,
    /// The SHA-256 of the secret; of a key its public half, 32 bytes.
    pub verifier: Digest,
    /// The tag of all of this under the project key; `None` until it is sealed.
    pub tag: Option<Tag>,
}

/// What a credential is good for. An empty list sets no limit.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scope {
    /// Only these actions.
    pub actions: BTreeSet<ActionName>,
    /// Only these documents.
    pub documents: BTreeSet<DocumentId>,
}

impl Scope {
    /// Tells whether an action lies within it. One that is about no document is outside where
    /// documents are named.
    pub fn allows(&self, action: &ActionName, document: Option<&DocumentId>) -> bool {
        (self.actions.is_empty() || self.actions.contains(action))
            && (self.documents.is_empty() || document.is_some_and(|id| self.documents.contains(id)))
    }
}

impl Credential {
    /// Begins a credential without limits.
    pub fn new(
        id: CredentialId,
        user: UserName,
        kind: CredentialKind,
        verifier: Digest,
        issued_at: Timestamp,
    ) -> Self {
        Self {
            id,
            user,
            kind,
            session: None,
            runtime: None,
            parent: None,
            scope: Scope::default(),
            issued_by: None,
            issued_at,
            not_before: None,
            not_after: None,
            uses: None,
            used: 0,
            revoked_at: None,
            origin: None,
            acknowledged: None,
            verifier,
            tag: None,
        }
    }

    /// Tells whether it can be used at `now`.
    pub fn validity(&self, now: Timestamp) -> Validity {
        if self.not_after.is_some_and(|until| until.has_come(now)) {
            Validity::Expired
        } else if self.revoked_at.is_some() {
            Validity::Revoked
        } else if self.not_before.is_some_and(|from| !from.has_come(now)) {
            Validity::NotYetValid
        } else if self.uses.is_some_and(|uses| self.used >= uses) {
            Validity::UsedUp
        } else {
            Validity::Valid
        }
    }

    /// Returns 8 hexadecimal digits to find it by, of no use else: the first of the SHA-256 of its
    /// secret, for a key of the SHA-256 of its public half.
    pub fn fingerprint(&self) -> String {
        let mut text = match self.kind {
            CredentialKind::Key => self.id.to_string(),
            _ => self.verifier.to_string(),
        };
        text.truncate(8);
        text
    }

    /// Returns whose it is, as refusals name it.
    pub fn holder(&self) -> Holder {
        Holder { user: self.user.clone(), fingerprint: self.fingerprint(), is_ticket: false }
    }

    /// Tells whether whoever was given it must present it from then on.
    pub fn binds(&self) -> bool {
        matches!(self.kind, CredentialKind::Standing | CredentialKind::Key)
    }

    /// Tells whether it is a key whose signatures count where keys are compared: the first one of whoever made the
    /// project, or one that was acknowledged.
    pub fn counts(&self) -> bool {
        self.rests_on().is_some()
    }

    /// Says what its signatures rest on where keys are compared, if they rest on anything.
    pub fn rests_on(&self) -> Option<&'static str> {
        match &self.acknowledged {
            // Where nobody signed the recovery, who did it may be the one who acknowledged it.
            Some(it)
                if matches!(it.grounds, Grounds::Another | Grounds::FirstPair)
                    && self.origin == Some(KeyOrigin::Recovery)
                    && self.issued_by.is_none() =>
            {
                Some("recovered")
            }
            Some(it) if it.grounds != Grounds::Noticed => Some(it.grounds.as_str()),
            _ => (self.origin == Some(KeyOrigin::Founder)).then(|| KeyOrigin::Founder.as_str()),
        }
    }

    /// Tells whether it is limited to some uses, actions or documents.
    pub fn is_limited(&self) -> bool {
        self.uses.is_some() || self.scope != Scope::default()
    }

    /// Tells whether another person has yet to look into how it came about: it took the place of a key,
    /// and nothing shows that its holder wanted that.
    pub fn is_alarming(&self) -> bool {
        matches!(self.origin, Some(KeyOrigin::Renewal | KeyOrigin::Recovery)) && self.acknowledged.is_none()
    }
}

/// Finds a person other than these whose key counts, or did before it ended: such a one could be asked, or given a
/// new key, so that nobody has to go on alone. Who is no user any more is not counted.
pub fn left<'k>(
    keys: &'k [Credential],
    others_than: &[&UserName],
    is_present: impl Fn(&UserName) -> bool,
) -> Option<&'k UserName> {
    let users = keys.iter().filter(|key| key.counts()).map(|key| &key.user);
    users.filter(|user| !others_than.contains(user)).find(|user| is_present(user))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn credential() -> Credential {
        let user = UserName::parse("qa").unwrap_or_else(|error| panic!("{error}"));
        let id = CredentialId::of_bytes(&[1; 8]);
        Credential::new(id, user, CredentialKind::Standing, Digest::of(b"s"), Timestamp::from_millis(0))
    }

    #[test]
    fn time_revocation_and_uses_end_a_credential() {
        let at = Timestamp::from_millis;
        let limited =
            Credential { not_before: Some(at(10)), not_after: Some(at(20)), uses: Some(2), ..credential() };
        assert_eq!(limited.validity(at(9)), Validity::NotYetValid);
        assert_eq!(limited.validity(at(10)), Validity::Valid);
        assert_eq!(limited.validity(at(20)), Validity::Expired);
        assert_eq!(Credential { used: 2, ..limited.clone() }.validity(at(10)), Validity::UsedUp);
        assert_eq!(Credential { revoked_at: Some(at(1)), ..limited }.validity(at(0)), Validity::Revoked);
        assert_eq!(credential().validity(at(i64::MAX)), Validity::Valid);
    }

    #[test]
    fn a_scope_that_names_documents_is_good_for_nothing_else() {
        let action = |name: &str| ActionName::parse(name).unwrap_or_else(|error| panic!("{error}"));
        let id = |id: &str| DocumentId::parse(id).unwrap_or_else(|error| panic!("{error}"));
        let scope = Scope { actions: [action("review")].into(), documents: [id("CR-001")].into() };
        assert!(scope.allows(&action("review"), Some(&id("CR-001"))));
        assert!(!scope.allows(&action("approve"), Some(&id("CR-001"))));
        assert!(!scope.allows(&action("review"), Some(&id("CR-002"))));
        assert!(!scope.allows(&action("review"), None));
        assert!(Scope::default().allows(&action("approve"), None));
    }
}
