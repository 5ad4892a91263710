//! Verifying the whole: every entry, every row, on request every content.

use std::collections::BTreeSet;

use thiserror::Error;

use super::{Session, SessionError};
use crate::domain::audit::{Checkpoint, CheckpointError, Failure, Replay, Row, Verified, Verifier};
use crate::domain::digest::Digest;
use crate::domain::identity::{Actor, Claim};
use crate::store::{Credentials, Entries, ListQuery, Sessions, StoreError};

/// So many flaws show what kind of damage it is; more are not collected.
const FLAWS_MAX: usize = 100;

/// What an audit came to.
#[derive(Debug)]
pub enum Audit {
    /// Everything is as it was sealed.
    Sound(Verified),
    /// Something is not. There is at least one flaw; one of the log comes first, and without the
    /// log no row can be judged.
    Unsound(Vec<Flaw>),
    /// The checkpoint cannot be trusted.
    BadCheckpoint(CheckpointError),
}

/// Something that is not as it was sealed.
#[derive(Debug, Error)]
pub enum Flaw {
    /// It does not verify.
    #[error(transparent)]
    Failure(#[from] Failure),
    /// It cannot even be read.
    #[error(transparent)]
    Unreadable(StoreError),
    /// Nothing is left of the log: a project begins with an entry.
    #[error("the log is empty: not even the entry is left that the project began with")]
    Emptied,
    /// A content is missing or changed.
    #[error("content {0} is missing or changed")]
    Content(Digest),
    /// Nothing of which entries speak names a content.
    #[error("content {0} was added without an entry")]
    Unnamed(Digest),
    /// A row that no entry covers does not bear its own tag.
    #[error("the row `{key}` of `{table}` is not as the program wrote it")]
    Untagged {
        /// The table.
        table: &'static str,
        /// The row.
        key: String,
    },
    /// The store is damaged below the log: what is read from it may be other rows than those that were verified.
    #[error("{0}")]
    Store(String),
}

impl Flaw {
    /// Returns the index of the first bad or missing entry, where one can be named.
    pub fn index(&self) -> Option<u64> {
        match self {
            Self::Failure(failure) => failure.index(),
            Self::Unreadable(StoreError::Unreadable { table: "entries", key, .. }) => key.parse().ok(),
            Self::Emptied => Some(0),
            Self::Unreadable(_)
            | Self::Content(_)
            | Self::Unnamed(_)
            | Self::Untagged { .. }
            | Self::Store(_) => None,
        }
    }

    /// Tells whether it was found after all of the log had been verified.
    pub fn is_outside_the_log(&self) -> bool {
        match self {
            Self::Failure(failure) => failure.index().is_none() && failure.row().is_some(),
            Self::Unreadable(StoreError::Unreadable { table, .. }) => !["entries", "head"].contains(table),
            Self::Emptied | Self::Unreadable(_) => false,
            Self::Content(_) | Self::Unnamed(_) | Self::Untagged { .. } | Self::Store(_) => true,
        }
    }
}

/// The flaws that were found so far.
#[derive(Default)]
struct Flaws {
    found: Vec<Flaw>,
    /// Whether there are rows that were not looked at, because one before them cannot be read.
    unseen: bool,
}

impl Flaws {
    fn push(&mut self, flaw: impl Into<Flaw>) {
        if self.found.len() < FLAWS_MAX {
            self.found.push(flaw.into());
        }
    }

    /// Takes what a look below the log found. A row that cannot be read is found by both.
    fn damage(&mut self, findings: Vec<String>) {
        for finding in findings {
            if !self.found.iter().any(|flaw| flaw.to_string() == finding) {
                self.push(Flaw::Store(finding));
            }
        }
    }

    /// Takes what came of reading a table. What was not read cannot be missed.
    fn read<T>(&mut self, outcome: Result<T, StoreError>) -> Result<Option<T>, StoreError> {
        match outcome {
            Ok(read) => Ok(Some(read)),
            Err(error) if error.is_evidence() => {
                self.unseen = true;
                self.push(Flaw::Unreadable(error));
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    fn check(&mut self, replay: &mut Replay, row: Row<'_>) {
        if let Err(failure) = replay.check(row) {
            self.push(failure);
        }
    }
}

impl Session {
    /// Verifies the log, everything that it speaks about, and the store below it, from one point in time. With
    /// `contents` the bodies are digested too; with a checkpoint the past is compared with it.
    /// A caller who is not verified is told what is wrong all the same: whoever changed the users
    /// could keep everybody from looking. That all is well is told to verified users only, as long as
    /// there is a key to verify them with.
    pub fn audit(
        &mut self,
        claim: &Claim,
        checkpoint: Option<&str>,
        contents: bool,
    ) -> Result<(Option<Actor>, Audit), SessionError> {
        self.store.begin_snapshot()?;
        let verified = self.verify(claim, None);
        let audit = self.audit_snapshot(checkpoint, contents);
        self.store.end_snapshot()?;
        match (verified, audit?) {
            (Ok(actor), audit) => Ok((Some(actor), audit)),
            // Nobody can be verified without the project key, and whoever has the files can do this.
            (Err(SessionError::NotVerified { .. } | SessionError::NoKey), audit) if self.key.is_none() => {
                Ok((None, audit))
            }
            (Err(_), Audit::Unsound(flaws)) => Ok((None, Audit::Unsound(flaws))),
            (Err(refusal), _) => Err(refusal),
        }
    }

    fn audit_snapshot(&mut self, checkpoint: Option<&str>, contents: bool) -> Result<Audit, SessionError> {
        let mut flaws = Flaws::default();
        let project = flaws.read(self.store.project())?.flatten();
        let checkpoint = match (checkpoint, &project) {
            (Some(text), Some(project)) => {
                let origin = Checkpoint::origin_of(&project.id);
                match Checkpoint::verify(text, &origin, &project.checkpoint_key) {
                    Ok(checkpoint) => Some(checkpoint),
                    Err(error) => return Ok(Audit::BadCheckpoint(error)),
                }
            }
            // Where the project is gone, that will be said.
            _ => None,
        };
        let mut replay = match self.audit_log(checkpoint.as_ref())? {
            Ok(replay) => replay,
            Err(flaw) => {
                flaws.found.insert(0, flaw);
                flaws.damage(self.store.check()?);
                return Ok(Audit::Unsound(flaws.found));
            }
        };
        if let Some(project) = &project {
            flaws.check(&mut replay, Row::Project(project));
        }
        let mut digests = self.audit_rows(&mut replay, &mut flaws)?;
        let unnamed = self.unnamed(&digests, &mut flaws)?;
        if contents {
            digests.extend(&unnamed);
            for digest in digests {
                match self.store.content(&digest) {
                    Ok(Some(_)) => {}
                    Ok(None) | Err(StoreError::Altered(_)) => flaws.push(Flaw::Content(digest)),
                    other => drop(flaws.read(other)?),
                }
            }
        }
        // Rows were read in the order of their tables, and others are found by indexes.
        flaws.damage(self.store.check()?);
        if !flaws.unseen {
            match replay.finish() {
                Ok(verified) if flaws.found.is_empty() && unnamed.is_empty() => {
                    return Ok(Audit::Sound(verified));
                }
                Ok(_) => {}
                Err(lost) => flaws.push(lost),
            }
            // A row that is gone names nothing any more: it is told first. What was not read can name them.
            for digest in unnamed {
                flaws.push(Flaw::Unnamed(digest));
            }
        }
        Ok(Audit::Unsound(flaws.found))
    }

    /// Verifies the entries and the head.
    fn audit_log(&mut self, checkpoint: Option<&Checkpoint>) -> Result<Result<Replay, Flaw>, StoreError> {
        let policies = self.adopted()?;
        let mut verifier = Verifier::new(self.key.as_ref(), checkpoint).knowing(policies);
        let mut failure = None;
        let walked = self.store.entries(Entries::From(0), &mut |it| {
            verifier.push(it.index, it.bytes, it.leaf, it.tag, it.document).map_err(|found| {
                failure = Some(found);
                // Any error stops the walk; this one is thrown away.
                StoreError::Conflict
            })
        });
        if let Some(failure) = failure {
            return Ok(Err(failure.into()));
        }
        match walked.and_then(|()| self.store.head()) {
            Ok(head) if head.frontier.size() == 0 => {
                // What the head leaves out, a row or a checkpoint can tell; each of them says less than this.
                Ok(Err(Flaw::Emptied))
            }
            Ok(head) => {
                Ok(verifier.finish(&head.frontier, head.tag.as_ref(), head.course).map_err(Flaw::Failure))
            }
            Err(error) if error.is_evidence() => Ok(Err(Flaw::Unreadable(error))),
            Err(error) => Err(error),
        }
    }

    /// Compares every row but the project's, and returns the contents that rows name.
    fn audit_rows(&mut self, replay: &mut Replay, flaws: &mut Flaws) -> Result<BTreeSet<Digest>, StoreError> {
        let mut named = BTreeSet::new();
        let read = self.store.documents(&ListQuery::default(), &mut |document| {
            flaws.check(replay, Row::Document(&document));
            named.insert(document.content);
            named.extend(document.in_force.map(|in_force| in_force.content));
            Ok(())
        });
        flaws.read(read)?;
        let read = self.store.all_versions(&mut |version| {
            flaws.check(replay, Row::Version(&version));
            named.insert(version.content);
            Ok(())
        });
        flaws.read(read)?;
        let read = self.store.all_attestations(&mut |attestation| {
            flaws.check(replay, Row::Attestation(&attestation));
            named.insert(attestation.body);
            Ok(())
        });
        flaws.read(read)?;
        for user in flaws.read(self.store.users())?.iter().flatten() {
            flaws.check(replay, Row::User(user));
        }
        for credential in flaws.read(self.store.credentials(Credentials::All))?.iter().flatten() {
            flaws.check(replay, Row::Credential(credential));
        }
        for session in flaws.read(self.store.sessions(Sessions::All))?.iter().flatten() {
            flaws.check(replay, Row::Session(session));
        }
        for span in flaws.read(self.store.spans())?.iter().flatten() {
            flaws.check(replay, Row::Span(span));
        }
        for proposal in flaws.read(self.store.proposals())?.iter().flatten() {
            flaws.check(replay, Row::Proposal(proposal));
        }
        for namespace in flaws.read(self.store.namespaces())?.iter().flatten() {
            flaws.check(replay, Row::Namespace(namespace));
        }
        for policy in flaws.read(self.store.policies())?.iter().flatten() {
            flaws.check(replay, Row::Policy(policy));
        }
        match self.untagged() {
            Ok(rows) => rows.into_iter().for_each(|(table, key)| flaws.push(Flaw::Untagged { table, key })),
            Err(error) if error.is_evidence() => flaws.push(Flaw::Store(error.to_string())),
            Err(error) => return Err(error),
        }
        Ok(named)
    }

    /// Finds the contents that no row names: each is taken in with one that does.
    fn unnamed(&mut self, named: &BTreeSet<Digest>, flaws: &mut Flaws) -> Result<Vec<Digest>, StoreError> {
        let mut unnamed = Vec::new();
        let read = self.store.all_contents(&mut |digest| {
            if !named.contains(&digest) {
                unnamed.push(digest);
            }
            Ok(())
        });
        flaws.read(read)?;
        Ok(unnamed)
    }

    /// Signs the newest point of the log together with the digest of the lines that an export of it has.
    pub fn sign_export(
        &mut self,
        _actor: &Actor,
        lines: &Digest,
    ) -> Result<(Checkpoint, Vec<u8>), SessionError> {
        let project = self.project()?;
        let checkpoint = Checkpoint::new(&project.id, &self.sound_head()?.frontier);
        let signature = checkpoint.sign_export(lines, self.key.as_ref().ok_or(SessionError::NoKey)?);
        Ok((checkpoint, signature))
    }

    /// Refuses a log of which a walk did not find each entry that its head speaks of.
    pub fn has_entries(&mut self, _actor: &Actor, walked: u64) -> Result<(), SessionError> {
        let size = self.sound_head()?.frontier.size();
        if size == walked && size > 0 { Ok(()) } else { Err(SessionError::EntriesMissing) }
    }

    /// Signs the newest point of the log.
    pub fn checkpoint(&mut self, _actor: &Actor) -> Result<(Checkpoint, String), SessionError> {
        let project = self.project()?;
        let head = self.sound_head()?;
        // What a checkpoint vouches for has to be there: of the head alone anybody can keep a copy.
        let (size, mut found) = (head.frontier.size(), None);
        self.store.entries(Entries::From(size.saturating_sub(1)), &mut |stored| {
            found = Some(stored.index + 1);
            Ok(())
        })?;
        if found != Some(size) {
            return Err(SessionError::EntriesMissing);
        }
        let checkpoint = Checkpoint::new(&project.id, &head.frontier);
        let note = checkpoint.sign(self.key.as_ref().ok_or(SessionError::NoKey)?);
        Ok((checkpoint, note))
    }
}
