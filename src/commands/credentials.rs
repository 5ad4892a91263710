//! Credentials as they look from outside.

use std::fmt;

use serde::Serialize;

use super::table::Table;
use crate::domain::digest::Timestamp;
use crate::domain::id::{ActionName, CredentialId, DocumentId, UserName};
use crate::domain::identity::{Credential, CredentialKind, Grounds, KeyOrigin, Validity};

/// A credential as it looks from outside.
#[derive(Debug, Clone, Serialize)]
pub struct CredentialView {
    pub(super) id: CredentialId,
    pub(super) user: UserName,
    pub(super) kind: CredentialKind,
    fingerprint: String,
    validity: Validity,
    session: Option<String>,
    runtime: Option<String>,
    parent: Option<UserName>,
    actions: Vec<ActionName>,
    documents: Vec<DocumentId>,
    issued_by: Option<UserName>,
    issued_at: Timestamp,
    not_before: Option<Timestamp>,
    pub(super) not_after: Option<Timestamp>,
    uses: Option<u32>,
    used: u32,
    revoked_at: Option<Timestamp>,
    origin: Option<KeyOrigin>,
    acknowledged_by: Option<UserName>,
    /// What the acknowledgement rests on.
    grounds: Option<Grounds>,
    #[serde(skip)]
    rests_on: Option<&'static str>,
}

impl CredentialView {
    /// Shows a credential as it is at `now`.
    pub fn new(it: Credential, now: Timestamp) -> Self {
        Self {
            validity: it.validity(now),
            // That of a key is compared, and is the whole of what names it.
            fingerprint: match it.kind {
                CredentialKind::Key => it.id.to_string(),
                _ => it.fingerprint(),
            },
            rests_on: it.rests_on(),
            id: it.id,
            user: it.user,
            kind: it.kind,
            session: it.session,
            runtime: it.runtime,
            parent: it.parent,
            actions: it.scope.actions.into_iter().collect(),
            documents: it.scope.documents.into_iter().collect(),
            issued_by: it.issued_by,
            issued_at: it.issued_at,
            not_before: it.not_before,
            not_after: it.not_after,
            uses: it.uses,
            used: it.used,
            revoked_at: it.revoked_at,
            origin: it.origin,
            grounds: it.acknowledged.as_ref().map(|it| it.grounds),
            acknowledged_by: it.acknowledged.map(|it| it.by),
        }
    }

    /// Returns whose it is.
    pub(super) fn holder(&self) -> &UserName {
        &self.user
    }

    /// Says in words what it counts by.
    pub(super) fn grounds(&self) -> String {
        let grounds = self.rests_on.or(self.grounds.map(Grounds::as_str));
        grounds.unwrap_or("nobody yet").replace('_', " ")
    }

    /// Names it in a few words.
    pub(super) fn short(&self) -> String {
        format!("{} {} ({})", self.kind, self.id, self.fingerprint)
    }

    /// Says what it is good for, and on whose word a key counts.
    pub(super) fn good_for(&self) -> String {
        let actions = self.actions.iter().map(ToString::to_string);
        let words: Vec<String> = actions.chain(self.documents.iter().map(ToString::to_string)).collect();
        let times = self.uses.map(|uses| format!("{} of {uses} times", self.used));
        let words = words.into_iter().chain(times).collect::<Vec<_>>().join(", ");
        let words = if words.is_empty() { "everything".to_owned() } else { words };
        // On whose word a key counts is looked for where keys are listed.
        match self.rests_on {
            Some(grounds) => format!("{words} ({})", grounds.replace('_', " ")),
            None => words,
        }
    }
}

/// Credentials.
#[derive(Debug, Serialize)]
pub struct CredentialsReport {
    credentials: Vec<CredentialView>,
}

impl CredentialsReport {
    /// Shows credentials as they are at `now`.
    pub fn new(credentials: Vec<Credential>, now: Timestamp) -> Self {
        let credentials = credentials.into_iter().map(|it| CredentialView::new(it, now)).collect();
        Self { credentials }
    }
}

impl fmt::Display for CredentialsReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let columns = ["ID", "USER", "KIND", "VALIDITY", "UNTIL", "GOOD FOR"];
        let mut table = Table::new(f.alternate(), &columns, &["FINGERPRINT", "ISSUED", "BY"]);
        for it in &self.credentials {
            let end = it.revoked_at.or(it.not_after);
            let mut row = vec![
                it.id.to_string(),
                it.user.to_string(),
                it.kind.to_string(),
                it.validity.as_str().replace('_', " "),
                end.map_or_else(|| "-".to_owned(), |at| at.to_string()),
                it.good_for(),
            ];
            if f.alternate() {
                row.push(it.fingerprint.clone());
                row.push(it.issued_at.to_string());
                row.push(it.issued_by.as_ref().map_or_else(|| "-".to_owned(), UserName::to_string));
            }
            table.row(row);
        }
        write!(f, "{table}")
    }
}
