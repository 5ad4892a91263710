//! Checking a claim against what the registry keeps.

use thiserror::Error;

use super::{Actor, Assurance, Claim, Credential, CredentialKind, Isolation, Proof, Validity};
use crate::domain::audit::ProjectKey;
use crate::domain::digest::Timestamp;
use crate::domain::document::{User, words};
use crate::domain::id::UserName;

words! {
    /// Why a claim is not believed.
    Distrust {
        /// The name is nobody's, or of somebody who was removed.
        UnknownUser = "unknown_user",
        /// The user has a credential and did not present it.
        CredentialRequired = "credential_required",
        /// The credential is another user's.
        Mismatch = "identity_mismatch",
        /// The credential is not in the registry as it was issued. Which part of it is not is told to
        /// nobody.
        Invalid = "credential_invalid",
        /// Its time has not come.
        NotYetValid = "credential_not_yet_valid",
        /// Its time is over.
        Expired = "credential_expired",
        /// It was taken back.
        Revoked = "credential_revoked",
        /// It was used as often as it may be.
        UsedUp = "credential_used_up",
        /// It is not good for this.
        OutOfScope = "credential_out_of_scope",
    }
}

/// Whose credential was presented, once its secret was known to be right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holder {
    /// The user whom the credential names.
    pub user: UserName,
    /// The beginning of the digest of its secret.
    pub fingerprint: String,
}

/// A claim that was not verified.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{}", self.words())]
pub struct NotVerified {
    /// The user name that was claimed, if one was.
    pub claimed: Option<String>,
    /// Whose credential was presented, where that is known.
    pub holder: Option<Holder>,
    /// Why it is not believed.
    pub why: Distrust,
}

impl NotVerified {
    fn words(&self) -> String {
        let claimed = self.claimed.as_deref().unwrap_or("nobody").escape_debug().to_string();
        let holder = self.holder.as_ref();
        let whose = holder.map_or_else(|| claimed.clone(), |holder| holder.user.to_string());
        match self.why {
            Distrust::UnknownUser => format!("`{whose}` is not a user of this project"),
            Distrust::CredentialRequired => {
                format!("`{claimed}` has a credential, and it was not presented")
            }
            Distrust::Mismatch => {
                let fingerprint = holder.map(|holder| holder.fingerprint.as_str()).unwrap_or_default();
                format!("`{claimed}` was claimed with the credential {fingerprint} of `{whose}`")
            }
            Distrust::Invalid => "the credential is not valid".to_owned(),
            Distrust::NotYetValid => format!("the credential of `{whose}` is not valid yet"),
            Distrust::Expired => format!("the credential of `{whose}` has expired"),
            Distrust::Revoked => format!("the credential of `{whose}` was revoked"),
            Distrust::UsedUp => format!("the credential of `{whose}` was used as often as it may be"),
            Distrust::OutOfScope => format!("the credential of `{whose}` is not good for this"),
        }
    }
}

/// What is known about one claim.
#[derive(Debug, Clone, Copy)]
pub struct Registry<'a> {
    /// The user whom the credential names; without a credential the one whom the claim names.
    pub user: Option<&'a User>,
    /// The credential that was presented, as it is kept.
    pub credential: Option<&'a Credential>,
    /// Whether that user was ever given a credential that must be presented.
    pub is_bound: bool,
    /// The project key; without it no credential can be believed.
    pub key: Option<&'a ProjectKey>,
    /// The time.
    pub now: Timestamp,
}

impl<'a> Registry<'a> {
    /// Wraps what is known of a user who was never given a credential.
    pub fn of(user: Option<&'a User>) -> Self {
        Self { user, credential: None, is_bound: false, key: None, now: Timestamp::from_millis(0) }
    }

    /// Checks a claim. Removed users and users who never were are refused alike.
    pub fn verify(&self, claim: &Claim) -> Result<Actor, NotVerified> {
        let refused = |why, holder| NotVerified { claimed: claim.user.clone(), holder, why };
        let known =
            |name: &str| self.user.filter(|user| user.name.as_str() == name && user.removed_at.is_none());
        let Some(proof) = &claim.proof else {
            let user = known(claim.user.as_deref().unwrap_or_default());
            let user = user.ok_or_else(|| refused(Distrust::UnknownUser, None))?;
            if self.is_bound {
                return Err(refused(Distrust::CredentialRequired, None));
            }
            return Ok(actor(user, Assurance::Claimed, None));
        };
        let credential = self.credential.filter(|kept| self.proves(kept, proof));
        let credential = credential.ok_or_else(|| refused(Distrust::Invalid, None))?;
        let holder = Holder { user: credential.user.clone(), fingerprint: credential.fingerprint() };
        let why = if claim.user.as_deref().is_some_and(|name| name != credential.user.as_str()) {
            Some(Distrust::Mismatch)
        } else {
            match credential.validity(self.now) {
                Validity::Valid => None,
                Validity::NotYetValid => Some(Distrust::NotYetValid),
                Validity::Expired => Some(Distrust::Expired),
                Validity::Revoked => Some(Distrust::Revoked),
                Validity::UsedUp => Some(Distrust::UsedUp),
            }
        };
        let user = match (why, known(credential.user.as_str())) {
            (Some(why), _) => return Err(refused(why, Some(holder))),
            (None, None) => return Err(refused(Distrust::UnknownUser, Some(holder))),
            (None, Some(user)) => user,
        };
        let assurance = match credential.kind {
            CredentialKind::Key => Assurance::Signature,
            _ => Assurance::Token,
        };
        Ok(actor(user, assurance, Some(Box::new(credential.clone()))))
    }

    /// Tells whether the row, with the secret that was presented in the place of the kept one, is the
    /// row that was tagged: a wrong secret and an edited row fail alike, in constant time.
    fn proves(&self, kept: &Credential, proof: &Proof) -> bool {
        let (verifier, is_key) = match proof {
            Proof::Token(token) => (token.verifier(), false),
            Proof::Key { key, .. } => (key.public(), true),
        };
        let presented = Credential { verifier, ..kept.clone() };
        (kept.kind == CredentialKind::Key) == is_key
            && kept.id == *proof.credential()
            && self.key.is_some_and(|key| key.verifies_credential(&presented))
    }
}

fn actor(user: &User, assurance: Assurance, credential: Option<Box<Credential>>) -> Actor {
    Actor {
        name: user.name.clone(),
        group: user.group.clone(),
        kind: user.kind,
        assurance,
        isolation: Isolation::None,
        credential,
    }
}
