//! Finishing what was cut short: between the commit and the files that follow it a process can die.
//!
//! Before an action a marker with the size of the log is laid down and locked; after its files are
//! written the marker goes. A marker that nobody holds any more is of a process that died: the
//! next command writes the files of everything that was recorded since.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{ErrorKind, Read as _, Write as _};
use std::path::{Path, PathBuf};

use super::lock::pause;
use super::place::Place;
use super::{DiskError, Site, file, open};

/// Longest text of a marker, in bytes: the digits of the largest number.
const SIZE_MAX: u64 = 20;

/// How often is looked whether others are done.
const SETTLING: u32 = 300;

/// How many names are tried for a marker.
const NAMES: u32 = 100;

/// A marker that is held while an action is under way.
#[derive(Debug)]
pub struct Journal {
    path: PathBuf,
    text: String,
    _lock: File,
}

/// The marker of a process that died.
#[derive(Debug)]
pub struct Unfinished {
    path: PathBuf,
    text: String,
    _lock: File,
    /// The size of the log when its action began.
    pub size: u64,
}

impl Journal {
    /// Lays down a marker. `process` makes its name; one that is taken is left alone, since on a
    /// shared folder two machines can have processes of the same number.
    pub fn begin(site: &Site, process: u32, size: u64) -> Result<Self, DiskError> {
        let folder = site.place(Place::Journal);
        file::is_own_folder(site.root(), &folder)?;
        fs::create_dir_all(&folder).map_err(DiskError::io("create", &folder))?;
        for number in 0..NAMES {
            let path = folder.join(format!("{process}-{number}"));
            let mut lock = match open::new_locked(&path) {
                Err(error) if error.kind() == ErrorKind::AlreadyExists => continue,
                // Whoever tidies up had it at that moment, to look into it and take it away.
                Ok(None) => continue,
                Ok(Some(lock)) => lock,
                Err(error) => return Err(DiskError::io("write", &path)(error)),
            };
            // Written after it is locked: an empty marker is of a process that had not begun.
            let text = size.to_string();
            write!(lock, "{text}").map_err(DiskError::io("write", &path))?;
            return Ok(Self { path, text, _lock: lock });
        }
        Err(DiskError::Busy(folder))
    }

    /// Takes the marker away: everything is written.
    pub fn finish(self) -> Result<(), DiskError> {
        take_away(&self.path, &self.text)
    }

    /// Takes over the markers of processes that died.
    pub fn unfinished(site: &Site) -> Vec<Unfinished> {
        markers(site).filter_map(|path| Unfinished::take(path).ok().flatten()).collect()
    }

    /// Waits for the processes that are at work now, until each has written its files or died; for all of them
    /// together three seconds, since one can have been stopped.
    pub fn settle(site: &Site) {
        let mut tries = 0..SETTLING;
        for path in markers(site) {
            while open::not_linked(&path).is_ok_and(|marker| marker.try_lock_shared().is_err())
                && tries.next().is_some()
            {
                pause();
            }
        }
    }
}

/// Lists what lies among the markers and can be one. Somebody else's folder is not to be tidied up.
fn markers(site: &Site) -> impl Iterator<Item = PathBuf> {
    let folder = site.place(Place::Journal);
    let is_own = fs::symlink_metadata(&folder).is_ok_and(|about| about.is_dir());
    let found = is_own.then(|| fs::read_dir(folder).ok()).flatten();
    found
        .into_iter()
        .flatten()
        .filter_map(Result::ok)
        .map(|marker| marker.path())
        .filter(|path| is_marker(path))
}

/// Takes a marker away that says this; one that says something else is another's.
fn take_away(path: &Path, text: &str) -> Result<(), DiskError> {
    file::remove(path, &|bytes| bytes == text.as_bytes()).map(drop)
}

/// Tells whether a file is one that [`Journal::begin`] can have made.
fn is_marker(path: &Path) -> bool {
    let name = path.file_name().and_then(OsStr::to_str).and_then(|name| name.split_once('-'));
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    name.is_some_and(|(process, number)| is_number(process) && is_number(number))
        && fs::symlink_metadata(path).is_ok_and(|about| about.is_file() && about.len() <= SIZE_MAX)
}

impl Unfinished {
    fn take(path: PathBuf) -> Result<Option<Self>, std::io::Error> {
        let Some(mut lock) = open::locked(&path)? else { return Ok(None) };
        let mut text = String::new();
        (&mut lock).take(SIZE_MAX).read_to_string(&mut text)?;
        // An empty marker: nothing had begun. The size then is beyond every log.
        let size = text.parse().unwrap_or(u64::MAX);
        Ok(Some(Self { path, text, _lock: lock, size }))
    }

    /// Takes the marker away: everything is made good.
    pub fn finish(self) -> Result<(), DiskError> {
        take_away(&self.path, &self.text)
    }
}
