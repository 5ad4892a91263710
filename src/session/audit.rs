//! Verifying the whole: every entry, every row, on request every content.

use super::{Session, SessionError};
use crate::domain::audit::{Checkpoint, CheckpointError, Failure, Row, Verified, Verifier};
use crate::domain::digest::Digest;
use crate::domain::identity::Actor;
use crate::store::{Entries, ListQuery, StoreError};

/// What an audit came to.
#[derive(Debug)]
pub enum Audit {
    /// Everything is as it was sealed.
    Sound(Verified),
    /// Something is not; the first thing that was found.
    Unsound(Failure),
    /// The checkpoint cannot be trusted.
    BadCheckpoint(CheckpointError),
    /// A content is missing or changed.
    BadContent(Digest),
}

impl Session {
    /// Verifies the log and everything that it speaks about, from one point in time. With
    /// `contents` the bodies are digested too; with a checkpoint the past is compared with it.
    pub fn audit(
        &mut self,
        _actor: &Actor,
        checkpoint: Option<&str>,
        contents: bool,
    ) -> Result<Audit, SessionError> {
        self.store.begin_snapshot()?;
        let audit = self.audit_snapshot(checkpoint, contents);
        self.store.end_snapshot()?;
        audit
    }

    fn audit_snapshot(&mut self, checkpoint: Option<&str>, contents: bool) -> Result<Audit, SessionError> {
        let project = self.project()?;
        let origin = Checkpoint::origin_of(&project.id);
        let read =
            checkpoint.map(|text| Checkpoint::verify(text, &origin, &project.checkpoint_key)).transpose();
        let checkpoint = match read {
            Ok(checkpoint) => checkpoint,
            Err(error) => return Ok(Audit::BadCheckpoint(error)),
        };
        let head = self.store.head()?;
        let mut verifier = Verifier::new(self.key.as_ref(), checkpoint.as_ref());
        let mut failure = None;
        let walked = self.store.entries(Entries::From(0), &mut |it| {
            verifier.push(it.index, it.bytes, it.leaf, it.tag, it.document).map_err(|found| {
                failure = Some(found);
                // Any error stops the walk; this one is thrown away.
                StoreError::Conflict
            })
        });
        if let Some(failure) = failure {
            return Ok(Audit::Unsound(failure));
        }
        walked?;
        let mut replay = match verifier.finish(&head.frontier, head.tag.as_ref(), head.at) {
            Ok(replay) => replay,
            Err(failure) => return Ok(Audit::Unsound(failure)),
        };
        let mut first: Option<Failure> = None;
        let mut check = |row: Row<'_>| {
            if first.is_none() {
                first = replay.check(row).err();
            }
        };
        self.store.documents(&ListQuery::default(), &mut |document| {
            check(Row::Document(&document));
            Ok(())
        })?;
        self.store.all_versions(&mut |version| {
            check(Row::Version(&version));
            Ok(())
        })?;
        self.store.users()?.iter().for_each(|user| check(Row::User(user)));
        self.store.namespaces()?.iter().for_each(|namespace| check(Row::Namespace(namespace)));
        self.store.policies()?.iter().for_each(|policy| check(Row::Policy(policy)));
        check(Row::Project(&project));
        if let Some(failure) = first {
            return Ok(Audit::Unsound(failure));
        }
        let verified = match replay.finish() {
            Ok(verified) => verified,
            Err(failure) => return Ok(Audit::Unsound(failure)),
        };
        Ok(match if contents { self.bad_content()? } else { None } {
            Some(digest) => Audit::BadContent(digest),
            None => Audit::Sound(verified),
        })
    }

    /// Finds a content that a version names and that is missing or changed.
    fn bad_content(&mut self) -> Result<Option<Digest>, SessionError> {
        let mut named = std::collections::BTreeSet::new();
        self.store.all_versions(&mut |version| {
            named.insert(version.content);
            Ok(())
        })?;
        for digest in named {
            match self.store.content(&digest) {
                Ok(Some(_)) => {}
                Ok(None) | Err(StoreError::Altered(_)) => return Ok(Some(digest)),
                Err(error) => return Err(error.into()),
            }
        }
        Ok(None)
    }

    /// Signs the newest point of the log.
    pub fn checkpoint(&mut self, _actor: &Actor) -> Result<(Checkpoint, String), SessionError> {
        let project = self.project()?;
        let checkpoint = Checkpoint::new(&project.id, &self.store.head()?.frontier);
        let note = checkpoint.sign(self.key.as_ref().ok_or(SessionError::NoKey)?);
        Ok((checkpoint, note))
    }
}
