//! Keeping two processes from publishing in the wrong order, and those that tidy up from what others are about.

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use super::aside::Guard;
use super::place::Place;
use super::{DiskError, Site, beside, file, open};

/// How often the lock is tried, and the pause between two tries of any. Publishing takes milliseconds: ten
/// seconds are for the two hundred that began at once, not for a process that was stopped.
const TRIES: u32 = 1000;
const PAUSE: Duration = Duration::from_millis(10);

/// Leave to publish, until it is dropped. Nobody else writes or moves a page, or the list of one, meanwhile.
#[derive(Debug)]
pub struct PublishLock {
    file: File,
    path: PathBuf,
    folders: [PathBuf; 2],
}

impl PublishLock {
    /// Waits for its turn, but not for ever: [`DiskError::Busy`] after ten seconds.
    pub fn take(site: &Site) -> Result<Self, DiskError> {
        Self::within(site, TRIES)
    }

    /// Waits no longer than publishing takes where few are about it: [`DiskError::Busy`] after a third of a second.
    pub fn take_soon(site: &Site) -> Result<Self, DiskError> {
        Self::within(site, LOOKS)
    }

    fn within(site: &Site, tries: u32) -> Result<Self, DiskError> {
        let path = site.place(Place::PublishLock);
        site.is_own(&path)?;
        let folders = [Place::Pages, Place::Lists].map(|place| site.place(place));
        for turn in 0..tries {
            if turn > 0 {
                pause();
            }
            let file = open::to_lock(&path).map_err(DiskError::io("lock", &path))?;
            match file.try_lock() {
                // One that was put in its place meanwhile is locked by others.
                Ok(()) if open::is_at(&file, &path) => return Ok(Self { file, path, folders }),
                Ok(()) | Err(TryLockError::WouldBlock) => {}
                Err(TryLockError::Error(error)) => return Err(DiskError::io("lock", &path)(error)),
            }
        }
        Err(DiskError::Busy(path))
    }
}

impl Guard for PublishLock {
    fn keeps(&self, place: &Path) -> bool {
        self.folders.iter().any(|folder| place.starts_with(folder)) && open::is_at(&self.file, &self.path)
    }
}

/// How often it is looked whether nobody writes in a folder any more; for one that is written into all the time a
/// third of a second is enough.
const LOOKS: u32 = 30;

/// Says that files of a folder are about to have names that they do not keep, until it is dropped. Such a name is left
/// behind where its process ends, and nothing about the file tells that: what is locked after it was made can be met in
/// between. Therefore the folder is locked first.
#[derive(Debug)]
pub(super) struct Writing {
    folder: Option<File>,
}

impl Writing {
    /// Waits while somebody tidies up there, but not for ever: [`DiskError::Busy`] after ten seconds. A folder that
    /// cannot be locked is not tidied up either.
    pub(super) fn begin(folder: &Path) -> Result<Self, DiskError> {
        Self::locked(folder, File::try_lock_shared)
    }

    fn locked(folder: &Path, lock: fn(&File) -> Result<(), TryLockError>) -> Result<Self, DiskError> {
        for turn in 0..TRIES {
            if turn > 0 {
                pause();
            }
            let Ok(file) = open::folder(folder) else { return Ok(Self { folder: None }) };
            match lock(&file) {
                Ok(()) if open::is_folder_at(&file, folder) => return Ok(Self { folder: Some(file) }),
                Ok(()) | Err(TryLockError::WouldBlock) => {}
                Err(TryLockError::Error(_)) => return Ok(Self { folder: None }),
            }
        }
        Err(DiskError::Busy(folder.to_owned()))
    }
}

/// The certainty that no other living process of ours writes in a folder, until it is dropped.
#[derive(Debug)]
pub(super) struct Quiet {
    folder: PathBuf,
    writing: Writing,
}

impl Quiet {
    /// Waits a moment for those who write there.
    pub(super) fn wait(folder: &Path) -> Option<Self> {
        Self::within(folder, LOOKS)
    }

    /// Looks so many times.
    pub(super) fn within(folder: &Path, looks: u32) -> Option<Self> {
        for look in 0..looks {
            if look > 0 {
                pause();
            }
            let file = open::folder(folder).ok()?;
            match file.try_lock() {
                Ok(()) if open::is_folder_at(&file, folder) => {
                    let writing = Writing { folder: Some(file) };
                    return Some(Self { folder: folder.to_owned(), writing });
                }
                Ok(()) | Err(TryLockError::WouldBlock) => {}
                Err(TryLockError::Error(_)) => return None,
            }
        }
        None
    }

    /// Waits for its turn to write there alone, as [`Writing::begin`] does.
    pub(super) fn to_write(folder: &Path) -> Result<Self, DiskError> {
        Ok(Self { folder: folder.to_owned(), writing: Writing::locked(folder, File::try_lock)? })
    }

    /// Whoever is alone there may write.
    pub(super) fn writing(&self) -> &Writing {
        &self.writing
    }
}

impl Guard for Quiet {
    fn keeps(&self, place: &Path) -> bool {
        let is_there = |folder| open::is_folder_at(folder, &self.folder);
        file::folder(place) == self.folder && self.writing.folder.as_ref().is_none_or(is_there)
    }
}

/// The certainty that no process has the store open, and none opens it, until it is dropped.
#[derive(Debug)]
pub(super) struct Closed {
    file: File,
    database: PathBuf,
}

impl Closed {
    /// Waits a moment for those who have the store open: [`DiskError::Busy`] where one stays.
    pub(super) fn take(database: &Path) -> Result<Self, DiskError> {
        for look in 0..LOOKS {
            if look > 0 {
                pause();
            }
            let taken = open::as_sqlite_locks(database).map_err(DiskError::io("lock", database))?;
            if let Some(file) = taken {
                return Ok(Self { file, database: database.to_owned() });
            }
        }
        Err(DiskError::Busy(database.to_owned()))
    }

    /// Returns the file of the store.
    pub(super) fn database(&self) -> &Path {
        &self.database
    }
}

impl Guard for Closed {
    fn keeps(&self, place: &Path) -> bool {
        beside::places(&self.database).any(|it| it == place) && open::is_at(&self.file, &self.database)
    }
}

/// The pause between two tries of a lock.
#[expect(clippy::disallowed_methods, reason = "a lock on a file has no wait with an end of its own")]
pub(super) fn pause() {
    thread::sleep(PAUSE);
}
