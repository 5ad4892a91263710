//! Finishing what was cut short: between the commit and the files that follow it a process can die.
//!
//! Before an action a marker with the size of the log is laid down and locked; after its files are
//! written the marker goes. A marker that nobody holds any more is of a process that died: the
//! next command writes the files of everything that was recorded since.

use std::fs::{self, File, TryLockError};
use std::io::Write as _;
use std::path::PathBuf;

use super::{DiskError, Site, file};

/// A marker that is held while an action is under way.
#[derive(Debug)]
pub struct Journal {
    path: PathBuf,
    _lock: File,
}

/// The marker of a process that died.
#[derive(Debug)]
pub struct Unfinished {
    path: PathBuf,
    _lock: File,
    /// The size of the log when its action began.
    pub size: u64,
}

fn folder(site: &Site) -> PathBuf {
    site.private().join("journal")
}

impl Journal {
    /// Lays down a marker. `name` is distinct for each action, such as the process number.
    pub fn begin(site: &Site, name: &str, size: u64) -> Result<Self, DiskError> {
        let folder = folder(site);
        fs::create_dir_all(&folder).map_err(DiskError::io("create", &folder))?;
        let path = folder.join(name);
        let mut lock = File::create(&path).map_err(DiskError::io("write", &path))?;
        lock.try_lock().map_err(|error| DiskError::io("lock", &path)(error.into()))?;
        // Written after it is locked: an empty marker is of a process that had not begun.
        write!(lock, "{size}").map_err(DiskError::io("write", &path))?;
        Ok(Self { path, _lock: lock })
    }

    /// Takes the marker away: everything is written.
    pub fn finish(self) -> Result<(), DiskError> {
        file::remove(&self.path)
    }

    /// Takes over the markers of processes that died.
    pub fn unfinished(site: &Site) -> Vec<Unfinished> {
        let Ok(markers) = fs::read_dir(folder(site)) else { return Vec::new() };
        let paths = markers.filter_map(Result::ok).map(|marker| marker.path());
        paths.filter_map(|path| Unfinished::take(path).ok().flatten()).collect()
    }
}

impl Unfinished {
    fn take(path: PathBuf) -> Result<Option<Self>, std::io::Error> {
        let lock = File::open(&path)?;
        match lock.try_lock() {
            Err(TryLockError::WouldBlock) => return Ok(None),
            Err(TryLockError::Error(error)) => return Err(error),
            Ok(()) => {}
        }
        let text = fs::read_to_string(&path)?;
        // An empty marker: nothing had begun. The size then is beyond every log.
        let size = text.parse().unwrap_or(u64::MAX);
        Ok(Some(Self { path, _lock: lock, size }))
    }

    /// Takes the marker away: everything is made good.
    pub fn finish(self) -> Result<(), DiskError> {
        file::remove(&self.path)
    }
}
