//! Who is calling: a [`Claim`] is what a caller says, an [`Actor`] is what was verified.

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::document::{Kind, User, words};
use super::id::{GroupName, UserName};

words! {
    /// How sure it is that the actor is who it claims to be, in rising order.
    Assurance {
        /// Only the claim says so.
        Claimed = "claimed",
        /// A bearer token of that user was presented.
        Token = "token",
        /// A one-use proof for this very command was presented.
        Ticket = "ticket",
        /// The user's own key signed the action (21 CFR 11.200).
        Signature = "signature",
    }
    /// How well the keys of the project are kept from those who call.
    Isolation {
        /// The command itself reads the project key.
        None = "none",
        /// A server under another user holds key and store.
        Broker = "broker",
    }
}

/// What a caller says about itself. Nothing of it is believed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claim {
    /// The user name, as it was given.
    pub user: String,
}

/// A verified caller. Only [`Registry::verify`] makes one.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use = "an actor that decides nothing was verified in vain"]
pub struct Actor {
    name: UserName,
    group: GroupName,
    kind: Kind,
    assurance: Assurance,
    isolation: Isolation,
    session: Option<String>,
    parent: Option<UserName>,
}

impl Actor {
    /// Returns the user name.
    pub fn name(&self) -> &UserName {
        &self.name
    }

    /// Returns the group.
    pub fn group(&self) -> &GroupName {
        &self.group
    }

    /// Tells what the user is.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// Tells how sure the identity is.
    pub fn assurance(&self) -> Assurance {
        self.assurance
    }

    /// Tells how well the keys are kept.
    pub fn isolation(&self) -> Isolation {
        self.isolation
    }

    /// Returns the session that the caller was started in, where its credential names one.
    pub fn session(&self) -> Option<&str> {
        self.session.as_deref()
    }

    /// Returns the user who started the caller, where its credential names one.
    pub fn parent(&self) -> Option<&UserName> {
        self.parent.as_ref()
    }
}

/// A claim that was not verified. It tells nobody which part of it failed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("`{}` is not a user of this project", .claimed.escape_debug())]
pub struct NotVerified {
    /// The user name that was claimed.
    pub claimed: String,
}

/// The users of the project, against whom claims are checked.
#[derive(Debug, Clone, Copy)]
pub struct Registry<'a> {
    user: Option<&'a User>,
}

impl<'a> Registry<'a> {
    /// Wraps the stored user whom the claim names, if there is one.
    pub fn new(user: Option<&'a User>) -> Self {
        Self { user }
    }

    /// Checks a claim. Removed users and users who never were are refused alike.
    pub fn verify(&self, claim: &Claim) -> Result<Actor, NotVerified> {
        self.user
            .filter(|user| user.name.as_str() == claim.user && user.removed_at.is_none())
            .map(|user| Actor {
                name: user.name.clone(),
                group: user.group.clone(),
                kind: user.kind,
                assurance: Assurance::Claimed,
                isolation: Isolation::None,
                session: None,
                parent: None,
            })
            .ok_or_else(|| NotVerified { claimed: claim.user.clone() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::digest::Timestamp;

    #[test]
    fn unknown_and_removed_users_are_refused_alike() {
        let mut user = User {
            name: UserName::parse("qa").unwrap_or_else(|e| panic!("{e}")),
            printed_name: "QA".into(),
            group: GroupName::parse("quality").unwrap_or_else(|e| panic!("{e}")),
            kind: Kind::Agent,
            removed_at: None,
        };
        let claim = Claim { user: "qa".into() };
        assert!(Registry::new(Some(&user)).verify(&claim).is_ok());
        assert!(Registry::new(Some(&user)).verify(&Claim { user: "tu".into() }).is_err());
        let unknown = Registry::new(None).verify(&claim);
        user.removed_at = Some(Timestamp::from_millis(0));
        assert_eq!(Registry::new(Some(&user)).verify(&claim), unknown);
        assert!(unknown.is_err());
    }
}
