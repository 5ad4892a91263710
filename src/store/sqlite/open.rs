//! How a database file is made and opened, and how long it is waited for.

use std::ffi::{OsString, c_int};
use std::fmt::Write as _;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags, ffi};
use rustix::fd::OwnedFd;
use rustix::fs::{Access, FlockOperation, Mode, OFlags};
use rustix::io::Errno;

use super::fault::{Answer, Fault, damaged, file_failure};
use super::schema::{MIGRATIONS, format, known, migrate, refuse_foreign};
use crate::store::StoreError;

/// How long another process is waited for: two hundred that write at once are through within a
/// second or two, even on a slow disk within this; whoever holds the lock longer hangs.
pub(super) const PATIENCE: Duration = Duration::from_secs(30);

/// Longest pause between two tries, in milliseconds: a commit takes a few of them, so that a free
/// lock does not stay unused for long.
const LONGEST_PAUSE: u64 = 25;

/// More statements than the program has, so that none is prepared twice.
const STATEMENTS: usize = 64;

/// How a file is opened.
enum Manner {
    /// For reading and writing.
    Shared,
    /// For reading, beside a log and an index of it that others have made.
    Reading,
    /// For reading, beside a log without an index: nobody else has the store open.
    Unlocked,
    /// For reading the file alone: there is no log.
    Frozen,
}

/// An open database.
#[derive(Debug)]
pub(super) struct Opened {
    // Before the file: SQLite closes its own first.
    pub(super) connection: Connection,
    /// Where the store can only be read: the code that every write fails with, and what keeps others from folding
    /// their log into the file that is read, unless whoever opens it sees to that.
    pub(super) read_only: Option<(c_int, Option<OwnedFd>)>,
}

/// Makes an empty store at `path`; a crash on the way leaves no file of that name.
pub(super) fn create(path: &Path) -> Result<(), StoreError> {
    // A log that is left over from another database would be taken for this one's.
    for existing in [path.to_owned(), beside(path, "-wal")] {
        if fs::symlink_metadata(&existing).is_ok() {
            return Err(StoreError::Exists(existing));
        }
    }
    let folder = path.parent().unwrap_or(path);
    let file = new_file_in(folder).map_err(|error| match error.kind() {
        ErrorKind::PermissionDenied => StoreError::ReadOnly(error.into()),
        _ => file_failure(folder, error),
    })?;
    build(file.path()).map_err(|fault| fault.at(path))?;
    file.as_file().sync_all().map_err(|error| file_failure(path, error))?;
    file.persist_noclobber(path).map_err(|refused| file_failure(path, refused.error))?;
    sync_folder(folder);
    Ok(())
}

fn new_file_in(folder: &Path) -> std::io::Result<tempfile::NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".new-").suffix(".db");
    // Who may read and write is for the umask to say, as with every file that a program makes.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    builder.tempfile_in(folder)
}

/// Fills a file that nobody else knows yet: it needs no journal and one sync at the end.
fn build(path: &Path) -> Answer<()> {
    let connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    connection.execute_batch("PRAGMA journal_mode = MEMORY; PRAGMA synchronous = OFF;")?;
    migrate(&connection, path, MIGRATIONS)?;
    // The file remembers this mode: no later process has to set it.
    connection.execute_batch("PRAGMA journal_mode = WAL;")?;
    connection.close().map_err(|(_, error)| error)?;
    Ok(())
}

#[cfg(unix)]
fn sync_folder(folder: &Path) {
    // Where a folder cannot be synced, its file system keeps names in order by itself.
    if let Ok(folder) = rustix::fs::open(folder, OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty()) {
        let _unsupported = rustix::fs::fsync(folder);
    }
}

#[cfg(not(unix))]
fn sync_folder(_folder: &Path) {}

/// Opens the store at `path`, waiting for others at most `patience`.
///
/// Who may not write makes no file beside the store either: it would be in the way of those who may. What is read is
/// one state all the same. Only the last process to leave writes into the file itself, and it leaves that to a later
/// one while somebody has the file locked for reading; the log is only added to.
pub(super) fn open(path: &Path, patience: Duration) -> Result<Opened, StoreError> {
    let shared = match rustix::fs::access(path, Access::WRITE_OK) {
        Err(Errno::ACCESS | Errno::ROFS) => Err(sqlite(ffi::Error::new(ffi::SQLITE_READONLY))),
        _ => connect(path, &Manner::Shared, patience),
    };
    let opened = shared.map(|connection| Opened { connection, read_only: None }).or_else(|fault| {
        let Some(code) = fault.unwritable().filter(|_| path.is_file()) else { return Err(fault) };
        let hold = hold(path, patience)?;
        // Looked at under the lock: neither goes away from here on.
        let log = fs::metadata(beside(path, "-wal")).is_ok_and(|log| log.len() > 0);
        let manner = match (log, fs::symlink_metadata(beside(path, "-shm")).is_ok()) {
            (false, _) => Manner::Frozen,
            (true, true) => Manner::Reading,
            (true, false) => Manner::Unlocked,
        };
        Ok(Opened { connection: connect(path, &manner, patience)?, read_only: Some((code, Some(hold))) })
    });
    opened.map_err(|fault| match fault.at(path) {
        StoreError::Unopened { path, source } => match rustix::fs::access(&path, Access::READ_OK) {
            Err(error) => file_failure(&path, error.into()),
            Ok(()) => StoreError::Unopened { path, source },
        },
        other => other,
    })
}

/// Opens the file at `path` alone for reading, and nothing that lies beside it. Whoever calls keeps others from having it
/// open: what is in their logs would be missing.
pub(super) fn open_alone(path: &Path, patience: Duration) -> Result<Opened, StoreError> {
    let connection = connect(path, &Manner::Frozen, patience).map_err(|fault| fault.at(path))?;
    Ok(Opened { connection, read_only: Some((ffi::SQLITE_READONLY, None)) })
}

fn sqlite(error: ffi::Error) -> Fault {
    rusqlite::Error::SqliteFailure(error, None).into()
}

/// Locks a file for reading, as SQLite does. The lock goes with any closed descriptor of this file in this process:
/// nobody but SQLite opens it meanwhile.
fn hold(path: &Path, patience: Duration) -> Answer<OwnedFd> {
    let failed = |error: Errno| file_failure(path, error.into());
    let file = rustix::fs::open(path, OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty()).map_err(failed)?;
    let mut waiting = waiting(patience);
    for tries in 0.. {
        match rustix::fs::fcntl_lock(&file, FlockOperation::NonBlockingLockShared) {
            Ok(()) => break,
            // The last process to leave is folding its log in.
            Err(Errno::AGAIN | Errno::ACCESS) if waiting(tries) => {}
            Err(Errno::AGAIN | Errno::ACCESS) => return Err(sqlite(ffi::Error::new(ffi::SQLITE_BUSY))),
            Err(error) => return Err(failed(error).into()),
        }
    }
    Ok(file)
}

fn connect(path: &Path, manner: &Manner, patience: Duration) -> Answer<Connection> {
    let read_only = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI;
    let (name, flags) = match manner {
        Manner::Shared => (path.to_owned(), OpenFlags::SQLITE_OPEN_READ_WRITE),
        Manner::Reading => (uri(path, "readonly_shm=1"), read_only),
        Manner::Unlocked => (uri(path, "vfs=unix-none"), read_only),
        Manner::Frozen => (uri(path, "immutable=1"), read_only),
    };
    let mut connection = Connection::open_with_flags(name, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    connection.busy_handler(Some(waiting(patience)))?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_FKEY, true)?;
    // The file may come from anywhere: its schema gets no function that reaches outside.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    if matches!(manner, Manner::Unlocked) {
        // Then the index of the log is kept in memory, not in a file beside it.
        connection.execute_batch("PRAGMA locking_mode = EXCLUSIVE")?;
    }
    let found = format(&connection, path)?;
    if found == 0 {
        // A store is made whole: none is left before its first step.
        return Err(damaged(path, "the header bears no format").into());
    }
    refuse_foreign(found, MIGRATIONS)?;
    // The log is folded in by the last process to leave and by nobody else: who cannot lock it relies on that.
    connection.execute_batch("PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 0")?;
    if found < known(MIGRATIONS) {
        migrate(&connection, path, MIGRATIONS)?;
    }
    Ok(connection)
}

/// Pauses a little longer each time, until `patience` is spent.
#[expect(clippy::disallowed_methods, reason = "another process is waited for, but not for ever")]
fn waiting(patience: Duration) -> impl FnMut(i32) -> bool + Send + 'static {
    let mut since = Instant::now();
    move |tries| {
        if tries == 0 {
            since = Instant::now();
        }
        let waits = since.elapsed() < patience;
        if waits {
            let pause = u64::try_from(tries).unwrap_or(0).saturating_add(1).min(LONGEST_PAUSE);
            thread::sleep(Duration::from_millis(pause));
        }
        waits
    }
}

/// Returns the name of a file that SQLite keeps beside a database.
fn beside(path: &Path, end: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(end);
    name.into()
}

/// Writes a path as SQLite reads it in a URI, with a parameter.
fn uri(path: &Path, parameter: &str) -> PathBuf {
    let mut uri = "file:".to_owned();
    for byte in path.as_os_str().as_encoded_bytes() {
        if byte.is_ascii_alphanumeric() || b"/-_.".contains(byte) {
            uri.push(char::from(*byte));
        } else {
            let _infallible = write!(uri, "%{byte:02x}");
        }
    }
    format!("{uri}?{parameter}").into()
}
