//! Keeping two processes from publishing in the wrong order.

use std::fs::{File, TryLockError};
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

/// The pause between two tries of a lock.
#[expect(clippy::disallowed_methods, reason = "a lock on a file has no wait with an end of its own")]
pub(super) fn pause() {
    thread::sleep(PAUSE);
}
