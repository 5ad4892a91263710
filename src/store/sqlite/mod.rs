//! The store in one SQLite file, `.qms/qms.db`; its tables are in `0001-tables.sql`.
//!
//! One process writes at a time, readers never wait for it. A commit is one transaction in the
//! write-ahead log, synced before it returns. The last process to leave folds that log into the file and removes
//! it: whenever nobody has the store open, `qms.db` alone is all of it, and a copy of it is whole. Where somebody
//! is left who may only read, the next process that writes does so.

mod check;
mod fault;
mod open;
mod project;
mod read;
mod rows;
mod schema;
mod write;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::ffi;

use self::fault::{Answer, Fault, file_failure};
use self::open::Opened;
use super::{
    AttestationVisitor, Change, ContentVisitor, Credentials, DocumentVisitor, Entries, EntryVisitor, Head,
    ListQuery, OpenTask, Read, Refusals, Sessions, Store, StoreError, TicketMark, VersionVisitor,
};
use crate::domain::attestation::Attestation;
use crate::domain::clock::Span;
use crate::domain::digest::{Digest, Timestamp};
use crate::domain::document::{Document, User};
use crate::domain::id::{CredentialId, DocumentId, StateName, TypeName, UserName, Version};
use crate::domain::identity::{AgentSession, Credential, Fate, TicketId};
use crate::domain::project::{Namespace, PolicyRecord, Project, Proposal, VersionRecord};

/// An open store in an SQLite file.
#[derive(Debug)]
pub struct Sqlite {
    opened: Opened,
    path: PathBuf,
}

impl Sqlite {
    /// Makes an empty store in a new file and opens it. [`StoreError::Exists`] where there is a
    /// file, [`StoreError::Missing`] where there is no folder for it.
    pub fn create(path: &Path) -> Result<Self, StoreError> {
        let path = std::path::absolute(path).map_err(|error| file_failure(path, error))?;
        open::create(&path)?;
        Self::open(&path)
    }

    /// Opens a store, for reading only where nothing else is allowed. An older format is brought up
    /// to date. Waits for other processes up to 30 s, now and in every later call.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        Self::open_within(path, open::PATIENCE)
    }

    /// Opens a store as [`Sqlite::open`] does, waiting for other processes no longer than `patience`.
    pub fn open_within(path: &Path, patience: Duration) -> Result<Self, StoreError> {
        let path = std::path::absolute(path).map_err(|error| file_failure(path, error))?;
        Ok(Self { opened: open::open(&path, patience)?, path })
    }

    /// Opens the file of a store alone for reading, while the caller keeps everybody from having the store open: then it
    /// is all of it, whatever lies beside it.
    pub fn open_alone(path: &Path) -> Result<Self, StoreError> {
        let path = std::path::absolute(path).map_err(|error| file_failure(path, error))?;
        Ok(Self { opened: open::open_alone(&path, open::PATIENCE)?, path })
    }

    fn name<T>(&self, answer: Answer<T>) -> Result<T, StoreError> {
        answer.map_err(|fault| fault.at(&self.path))
    }

    fn begin(&self) -> Answer<()> {
        if let Some((code, _)) = self.opened.read_only {
            // SQLite itself would begin to read, and complain at the first write.
            return Err(rusqlite::Error::SqliteFailure(ffi::Error::new(code), None).into());
        }
        if self.opened.connection.is_autocommit() {
            self.opened.connection.prepare_cached("BEGIN IMMEDIATE")?.execute(())?;
        }
        Ok(())
    }

    fn write(&self, change: &Change) -> Answer<()> {
        change.refuse_unfit()?;
        self.begin()?;
        write::write(&self.opened.connection, change)?;
        self.opened.connection.prepare_cached("COMMIT")?.execute(())?;
        Ok(())
    }

    fn roll_back(&self) -> Answer<()> {
        if !self.opened.connection.is_autocommit() {
            self.opened.connection.execute_batch("ROLLBACK")?;
        }
        Ok(())
    }
}

impl Read for Sqlite {
    fn head(&mut self) -> Result<Head, StoreError> {
        self.name(read::head(&self.opened.connection))
    }

    fn project(&mut self) -> Result<Option<Project>, StoreError> {
        self.name(project::project(&self.opened.connection))
    }

    fn document(&mut self, id: &DocumentId) -> Result<Option<Document>, StoreError> {
        self.name(read::document(&self.opened.connection, id))
    }

    fn documents(&mut self, query: &ListQuery, visit: &mut DocumentVisitor<'_>) -> Result<(), StoreError> {
        self.name(read::documents(&self.opened.connection, query, visit))
    }

    fn last_number(&mut self, prefix: &str) -> Result<u32, StoreError> {
        self.name(read::last_number(&self.opened.connection, prefix))
    }

    fn occupied(&mut self) -> Result<Vec<(TypeName, StateName, DocumentId)>, StoreError> {
        self.name(read::occupied(&self.opened.connection))
    }

    fn versions(&mut self, id: &DocumentId) -> Result<Vec<VersionRecord>, StoreError> {
        self.name(read::versions(&self.opened.connection, id))
    }

    fn version(&mut self, id: &DocumentId, version: Version) -> Result<Option<VersionRecord>, StoreError> {
        self.name(read::version(&self.opened.connection, id, version))
    }

    fn all_versions(&mut self, visit: &mut VersionVisitor<'_>) -> Result<(), StoreError> {
        self.name(read::all_versions(&self.opened.connection, visit))
    }

    fn attestations(&mut self, id: &DocumentId) -> Result<Vec<Attestation>, StoreError> {
        self.name(read::attestations(&self.opened.connection, id))
    }

    fn all_attestations(&mut self, visit: &mut AttestationVisitor<'_>) -> Result<(), StoreError> {
        self.name(read::all_attestations(&self.opened.connection, visit))
    }

    fn content(&mut self, digest: &Digest) -> Result<Option<Vec<u8>>, StoreError> {
        self.name(read::content(&self.opened.connection, digest))
    }

    fn all_contents(&mut self, visit: &mut ContentVisitor<'_>) -> Result<(), StoreError> {
        self.name(read::all_contents(&self.opened.connection, visit))
    }

    fn user(&mut self, name: &str) -> Result<Option<User>, StoreError> {
        self.name(read::user(&self.opened.connection, name))
    }

    fn users(&mut self) -> Result<Vec<User>, StoreError> {
        self.name(read::users(&self.opened.connection))
    }

    fn credential(&mut self, id: &CredentialId) -> Result<Option<Credential>, StoreError> {
        self.name(read::credential(&self.opened.connection, id))
    }

    fn credentials(&mut self, which: Credentials<'_>) -> Result<Vec<Credential>, StoreError> {
        self.name(read::credentials(&self.opened.connection, which))
    }

    fn session(&mut self, id: &str) -> Result<Option<AgentSession>, StoreError> {
        self.name(read::session(&self.opened.connection, id))
    }

    fn sessions(&mut self, which: Sessions<'_>) -> Result<Vec<AgentSession>, StoreError> {
        self.name(read::sessions(&self.opened.connection, which))
    }

    fn ticket(&mut self, id: &TicketId) -> Result<Option<TicketMark>, StoreError> {
        self.name(read::ticket(&self.opened.connection, id))
    }

    fn tickets(&mut self) -> Result<Vec<TicketMark>, StoreError> {
        self.name(read::tickets(&self.opened.connection))
    }

    fn open_tickets(&mut self, bearer: &str) -> Result<Vec<(TicketId, Fate)>, StoreError> {
        self.name(read::open_tickets(&self.opened.connection, bearer))
    }

    fn is_bound(&mut self, user: &str) -> Result<bool, StoreError> {
        self.name(read::is_bound(&self.opened.connection, user))
    }

    fn task_counts(&mut self) -> Result<BTreeMap<UserName, u64>, StoreError> {
        self.name(read::task_counts(&self.opened.connection))
    }

    fn tasks(&mut self, user: &UserName) -> Result<Vec<OpenTask>, StoreError> {
        self.name(read::tasks(&self.opened.connection, user))
    }

    fn spans(&mut self) -> Result<Vec<Span>, StoreError> {
        self.name(project::spans(&self.opened.connection))
    }

    fn proposals(&mut self) -> Result<Vec<Proposal>, StoreError> {
        self.name(project::proposals(&self.opened.connection))
    }

    fn namespaces(&mut self) -> Result<Vec<Namespace>, StoreError> {
        self.name(project::namespaces(&self.opened.connection))
    }

    fn policy(&mut self, digest: &Digest) -> Result<Option<PolicyRecord>, StoreError> {
        self.name(read::policy(&self.opened.connection, digest))
    }

    fn policies(&mut self) -> Result<Vec<PolicyRecord>, StoreError> {
        self.name(read::policies(&self.opened.connection))
    }

    fn refusals(&mut self, claimed: &str) -> Result<Option<Refusals>, StoreError> {
        self.name(read::refusals(&self.opened.connection, claimed))
    }

    fn all_refusals(&mut self) -> Result<Vec<Refusals>, StoreError> {
        self.name(read::all_refusals(&self.opened.connection))
    }

    fn failed_proofs(&mut self, since: Timestamp) -> Result<Vec<Refusals>, StoreError> {
        self.name(read::failed_proofs(&self.opened.connection, since))
    }

    fn entries(&mut self, which: Entries<'_>, visit: &mut EntryVisitor<'_>) -> Result<(), StoreError> {
        self.name(read::entries(&self.opened.connection, which, visit))
    }

    fn begin_snapshot(&mut self) -> Result<(), StoreError> {
        // The first read takes the snapshot; until then there is nothing to see.
        self.opened
            .connection
            .execute_batch("BEGIN")
            .map_err(Fault::from)
            .map_err(|fault| fault.at(&self.path))
    }

    fn end_snapshot(&mut self) -> Result<(), StoreError> {
        self.name(self.roll_back())
    }

    fn check(&mut self) -> Result<Vec<String>, StoreError> {
        self.name(check::check(&self.opened.connection, &self.path))
    }
}

impl Store for Sqlite {
    fn wait_turn(&mut self) -> Result<(), StoreError> {
        self.name(self.begin())
    }

    fn end_turn(&mut self) -> Result<(), StoreError> {
        self.name(self.roll_back())
    }

    fn commit(&mut self, change: &Change) -> Result<(), StoreError> {
        let written = self.name(self.write(change));
        // After a commit there is nothing to roll back; after a failure the failure is what counts.
        let rolled_back = self.name(self.roll_back());
        written.and(rolled_back)
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use rusqlite::Connection;

    use super::*;
    use crate::domain::digest::Timestamp;

    fn new_store() -> Result<(tempfile::TempDir, Sqlite), StoreError> {
        let folder = tempfile::tempdir().map_err(|error| StoreError::Failed(error.into()))?;
        let store = Sqlite::create(&folder.path().join("qms.db"))?;
        Ok((folder, store))
    }

    fn refusal_of(claimed: String) -> Change {
        let since = Timestamp::from_millis(0);
        let tag = Some(crate::domain::audit::Tag::from_bytes([7; 32]));
        Change { refusals: vec![Refusals { claimed, since, count: 1, tag }], ..Change::default() }
    }

    #[test]
    fn a_full_disk_is_named_and_leaves_nothing_behind() -> Result<(), StoreError> {
        let (_folder, mut store) = new_store()?;
        let pages: u32 = store.name(store.setting("page_count"))?;
        let limit =
            store.opened.connection.pragma_update_and_check(None, "max_page_count", pages + 2, |_| Ok(()));
        store.name(limit.map_err(Into::into))?;
        let outcome = store.commit(&refusal_of("x".repeat(100_000)));
        assert!(matches!(outcome, Err(StoreError::Full(_))), "{outcome:?}");
        store.commit(&refusal_of("x".to_owned()))?;
        assert_eq!(store.refusals("x")?.map(|refusals| refusals.count), Some(1));
        assert_eq!(store.check()?, Vec::<String>::new());
        Ok(())
    }

    // REQ-116, REQ-243
    #[test]
    fn a_commit_is_synced_and_the_last_process_leaves_one_file() -> Result<(), StoreError> {
        let (folder, mut store) = new_store()?;
        let settings = (store.setting("synchronous"), store.setting("foreign_keys"));
        assert_eq!((store.name(settings.0)?, store.name(settings.1)?), (2, 1));
        let path = folder.path().join("qms.db");
        let files = || fs::read_dir(folder.path()).map_or(0, Iterator::count);
        store.commit(&refusal_of("x".to_owned()))?;
        let reader = Sqlite::open(&path)?;
        drop(store);
        // Somebody is left who reads.
        assert_eq!(files(), 3);
        drop(reader);
        assert_eq!(files(), 1);
        let copy = folder.path().join("copy.db");
        fs::copy(&path, &copy).map_err(|error| StoreError::Failed(error.into()))?;
        assert!(Sqlite::open(&copy)?.refusals("x")?.is_some());
        Ok(())
    }

    #[test]
    fn tokens_that_bind_nobody_are_not_looked_through() -> Result<(), StoreError> {
        let (_folder, store) = new_store()?;
        let sql = format!("EXPLAIN QUERY PLAN {}", read::IS_BOUND);
        let plan = |connection: &Connection| -> Answer<Vec<String>> {
            let mut statement = connection.prepare(&sql)?;
            let rows = statement.query_map(["qa"], |row| row.get("detail"))?;
            Ok(rows.collect::<Result<_, _>>()?)
        };
        let plan = store.name(plan(&store.opened.connection))?;
        let found = "SEARCH credentials USING INDEX credentials_binding (user=?)";
        assert!(plan.iter().any(|step| step == found), "{plan:?}");
        Ok(())
    }

    impl Sqlite {
        fn setting(&self, name: &str) -> Answer<u32> {
            Ok(self.opened.connection.pragma_query_value(None, name, |row| row.get(0))?)
        }
    }
}
