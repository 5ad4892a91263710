//! What was said against a content before: found in the log, where it stays when the document moves on.

use std::collections::BTreeMap;

use super::{Session, SessionError};
use crate::domain::audit::{Entry, EntryResult};
use crate::domain::decide;
use crate::domain::digest::Digest;
use crate::domain::document::Outcome;
use crate::domain::facts::Objection;
use crate::domain::id::{DocumentId, UserName};
use crate::domain::policy::Policy;
use crate::store::{Entries, StoreError};

impl Session {
    /// Finds somebody whose last verdict on a content was against it. An approval of this content since then
    /// answers for it; one of another content does not.
    pub(super) fn objection(
        &mut self,
        id: &DocumentId,
        content: &Digest,
        policy: &Policy,
    ) -> Result<Option<Objection>, SessionError> {
        let life = self.store.document(id)?;
        let life = life.and_then(|it| Some(policy.document_type(&it.document_type)?.0));
        let mut against: BTreeMap<UserName, Objection> = BTreeMap::new();
        let mut approved = 0;
        self.store.entries(Entries::Of(id), &mut |stored| {
            let entry = Entry::decode(stored.bytes).map_err(|error| StoreError::Unreadable {
                table: "entries",
                key: stored.index.to_string(),
                message: error.to_string(),
            })?;
            let Some(version) = entry.version.filter(|_| entry.result == EntryResult::Permitted) else {
                return Ok(());
            };
            if version.major > approved {
                approved = version.major;
                if entry.content_digest == Some(*content) {
                    against.clear();
                }
            }
            let (Some(by), Some(outcome)) = (entry.actor, entry.verdict) else { return Ok(()) };
            let is_about_text =
                entry.from.is_none_or(|from| life.is_none_or(|life| decide::judges_text(life, &from)));
            if entry.content_digest == Some(*content) && is_about_text {
                match outcome {
                    Outcome::Recommend | Outcome::Approve => against.remove(&by),
                    Outcome::RequestUpdates | Outcome::Reject => {
                        against.insert(by.clone(), Objection { by, outcome, version })
                    }
                };
            }
            Ok(())
        })?;
        Ok(against.into_values().next())
    }
}
