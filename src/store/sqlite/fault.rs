//! What SQLite says, in the words of the store.

use std::ffi::c_int;
use std::io::{self, ErrorKind};
use std::path::Path;

use rusqlite::{ErrorCode, ffi};

use crate::store::StoreError;
use crate::store::change::unfit;

/// What goes wrong inside the backend: it becomes a [`StoreError`] where the file is known.
#[derive(Debug)]
pub(super) enum Fault {
    Sql(rusqlite::Error),
    Said(StoreError),
}

pub(super) type Answer<T> = Result<T, Fault>;

impl From<rusqlite::Error> for Fault {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sql(error)
    }
}

impl From<StoreError> for Fault {
    fn from(error: StoreError) -> Self {
        Self::Said(error)
    }
}

impl Fault {
    /// Returns the code of the failure of every write, where SQLite missed a file beside the database that it would
    /// have had to write: it may not, or the disk is full.
    pub(super) fn unwritable(&self) -> Option<c_int> {
        let Self::Sql(error) = self else { return None };
        let error = error.sqlite_error()?;
        match (error.code, error.extended_code) {
            (ErrorCode::CannotOpen | ErrorCode::ReadOnly | ErrorCode::PermissionDenied, _) => {
                Some(ffi::SQLITE_READONLY)
            }
            (ErrorCode::DiskFull, _) | (_, ffi::SQLITE_IOERR_SHMSIZE) => Some(ffi::SQLITE_FULL),
            _ => None,
        }
    }

    /// Names the failure. `path` is the database.
    pub(super) fn at(self, path: &Path) -> StoreError {
        let error = match self {
            // The statements are fixed: where SQLite does not understand one, the tables changed.
            Self::Sql(
                rusqlite::Error::SqlInputError { msg, .. }
                | rusqlite::Error::SqliteFailure(
                    ffi::Error { extended_code: ffi::SQLITE_ERROR, .. },
                    Some(msg),
                ),
            ) => return StoreError::Tables(msg),
            Self::Sql(error) => error,
            Self::Said(said) => return said,
        };
        match error.sqlite_error().map(|error| (error.code, error.extended_code)) {
            // The index of the log lives in a file that is mapped: it is the one write that fails
            // by itself when the disk is full.
            Some((ErrorCode::DiskFull, _) | (_, ffi::SQLITE_IOERR_SHMSIZE)) => StoreError::Full(error.into()),
            Some(
                (ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase, _) | (_, ffi::SQLITE_IOERR_SHORT_READ),
            ) => StoreError::Damaged { path: path.to_owned(), source: error.into() },
            // SQLite calls it a corrupt file system where the system says that the disk failed (`EIO`).
            Some((ErrorCode::SystemIoFailure, _)) => {
                StoreError::Disk { path: path.to_owned(), source: error.into() }
            }
            // Who may only read met another process amid a change of the index of the log.
            Some(
                (ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked, _)
                | (_, ffi::SQLITE_READONLY_RECOVERY | ffi::SQLITE_READONLY_CANTLOCK),
            ) => StoreError::Locked(error.into()),
            Some((ErrorCode::ReadOnly, _)) => StoreError::ReadOnly(error.into()),
            // A number that no column takes: the rows before it bear numbers that none of ours has.
            Some((ErrorCode::ConstraintViolation | ErrorCode::TypeMismatch, _)) => unfit(error),
            Some((ErrorCode::CannotOpen | ErrorCode::PermissionDenied, _)) => {
                StoreError::Unopened { path: path.to_owned(), source: error.into() }
            }
            _ => StoreError::Failed(error.into()),
        }
    }
}

/// Says that the file at `path` is not what it should be.
pub(super) fn damaged(path: &Path, why: &str) -> StoreError {
    StoreError::Damaged { path: path.to_owned(), source: why.into() }
}

/// Says why a file could not be made or read.
pub(super) fn file_failure(path: &Path, error: io::Error) -> StoreError {
    match error.kind() {
        ErrorKind::NotFound => StoreError::Missing(path.to_owned()),
        ErrorKind::AlreadyExists => StoreError::Exists(path.to_owned()),
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => StoreError::Full(error.into()),
        ErrorKind::ReadOnlyFilesystem => StoreError::ReadOnly(error.into()),
        _ => StoreError::Unopened { path: path.to_owned(), source: error.into() },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // REQ-294
    #[test]
    fn a_disk_that_fails_is_not_called_a_damaged_store() {
        let named = |code| {
            Fault::from(rusqlite::Error::SqliteFailure(ffi::Error::new(code), None)).at(Path::new("x"))
        };
        let failing = [
            ffi::SQLITE_IOERR,
            ffi::SQLITE_IOERR_READ,
            ffi::SQLITE_IOERR_CORRUPTFS,
            ffi::SQLITE_IOERR_FSTAT,
            ffi::SQLITE_IOERR_FSYNC,
            ffi::SQLITE_IOERR_LOCK,
            ffi::SQLITE_IOERR_SHMMAP,
            ffi::SQLITE_IOERR_WRITE,
        ];
        for code in failing {
            assert!(matches!(named(code), StoreError::Disk { .. }), "{code}");
        }
        for code in [ffi::SQLITE_CORRUPT, ffi::SQLITE_NOTADB, ffi::SQLITE_IOERR_SHORT_READ] {
            assert!(matches!(named(code), StoreError::Damaged { .. }), "{code}");
        }
        assert!(matches!(named(ffi::SQLITE_IOERR_SHMSIZE), StoreError::Full(_)));
        assert!(matches!(named(ffi::SQLITE_READONLY_RECOVERY), StoreError::Locked(_)));
        assert!(matches!(named(ffi::SQLITE_READONLY_DBMOVED), StoreError::ReadOnly(_)));
    }
}
