//! Keeping two processes from publishing in the wrong order, and those that tidy up from what others are about.

use std::fs::{File, TryLockError};
use std::path::Path;
use std::thread;
use std::time::Duration;

use super::place::Place;
use super::{DiskError, Site, open};

/// How often the lock is tried, and the pause between two tries of any. Publishing takes milliseconds: ten
/// seconds are for the two hundred that began at once, not for a process that was stopped.
const TRIES: u32 = 1000;
const PAUSE: Duration = Duration::from_millis(10);

/// Leave to publish, until it is dropped.
#[derive(Debug)]
pub struct PublishLock {
    _file: File,
}

impl PublishLock {
    /// Waits for its turn, but not for ever: [`DiskError::Busy`] after ten seconds.
    pub fn take(site: &Site) -> Result<Self, DiskError> {
        let path = site.place(Place::PublishLock);
        site.is_own(&path)?;
        let file = open::to_lock(&path).map_err(DiskError::io("lock", &path))?;
        for _ in 0..TRIES {
            match file.try_lock() {
                Ok(()) => return Ok(Self { _file: file }),
                Err(TryLockError::WouldBlock) => pause(),
                Err(TryLockError::Error(error)) => return Err(DiskError::io("lock", &path)(error)),
            }
        }
        Err(DiskError::Busy(path))
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
    _folder: Option<File>,
}

impl Writing {
    /// Waits while somebody tidies up there, but not for ever: [`DiskError::Busy`] after ten seconds. A folder that
    /// cannot be locked is not tidied up either.
    pub(super) fn begin(folder: &Path) -> Result<Self, DiskError> {
        let Ok(file) = open::folder(folder) else { return Ok(Self { _folder: None }) };
        for _ in 0..TRIES {
            match file.try_lock_shared() {
                Ok(()) => return Ok(Self { _folder: Some(file) }),
                Err(TryLockError::WouldBlock) => pause(),
                Err(TryLockError::Error(_)) => return Ok(Self { _folder: None }),
            }
        }
        Err(DiskError::Busy(folder.to_owned()))
    }
}

/// The certainty that no living process writes in a folder, until it is dropped.
#[derive(Debug)]
pub(super) struct Quiet {
    _folder: File,
}

impl Quiet {
    /// Waits a moment for those who write there.
    pub(super) fn wait(folder: &Path) -> Option<Self> {
        Self::within(folder, LOOKS)
    }

    /// Looks so many times.
    pub(super) fn within(folder: &Path, looks: u32) -> Option<Self> {
        let file = open::folder(folder).ok()?;
        for look in 0..looks {
            if look > 0 {
                pause();
            }
            match file.try_lock() {
                Ok(()) => return Some(Self { _folder: file }),
                Err(TryLockError::WouldBlock) => {}
                Err(TryLockError::Error(_)) => return None,
            }
        }
        None
    }
}

/// The pause between two tries of a lock.
#[expect(clippy::disallowed_methods, reason = "a lock on a file has no wait with an end of its own")]
pub(super) fn pause() {
    thread::sleep(PAUSE);
}
