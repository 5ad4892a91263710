//! Moving out of the way what is not ours to remove.
//!
//! A look tells of the moment of the look. Whoever looks first and waits for a lock then can find something else at the
//! place by that time, which others have put there rightly. So nothing is moved by its name alone, but as what was found
//! there while the lock is held without which nobody else of ours moves or writes anything at that place.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::io::{self, ErrorKind};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, RenameFlags, renameat_with};
use rustix::io::Errno;

use super::place::Place;
use super::{DiskError, Site, file};

/// How many names are tried for a file that makes way.
const NAMES: u32 = 9999;

/// A lock that keeps others of ours from a place for as long as it is held.
pub(super) trait Guard: std::fmt::Debug {
    /// Tells whether it does so for this place, and still: what is locked can have been moved away with its lock.
    fn keeps(&self, place: &Path) -> bool;
}

/// What was found at a place under the lock that is still held.
#[derive(Debug)]
#[must_use = "it still lies where it was found"]
pub(super) struct Found<'held> {
    path: PathBuf,
    guard: &'held dyn Guard,
    /// The device and the number of what was found.
    it: (u64, u64),
}

impl<'held> Found<'held> {
    /// Looks at a place. `None` where nothing lies there or something else than is looked for, and where the lock is
    /// none for that place.
    pub(super) fn under(
        guard: &'held dyn Guard,
        path: &Path,
        is_it: impl FnOnce(&Path) -> bool,
    ) -> Option<Self> {
        let it = what_lies_at(path)?;
        (guard.keeps(path) && is_it(path)).then(|| Self { path: path.to_owned(), guard, it })
    }

    /// Returns where it was found.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Tells whether it still lies there: somebody who knows of no lock can have taken it away, or the whole project, and
    /// between a look and a move a passphrase can be asked for.
    fn is_there(&self) -> bool {
        self.guard.keeps(&self.path) && what_lies_at(&self.path) == Some(self.it)
    }

    /// Moves it to a free name beside its place, and returns that; `None` where it does not lie there any more.
    pub(super) fn step_aside(self) -> Result<Option<PathBuf>, DiskError> {
        if !self.is_there() {
            return Ok(None);
        }
        move_aside(&self.path).map_err(DiskError::io("set aside", &self.path))
    }

    /// Moves it into `.qms/aside`, and returns where it lies now; `None` where it does not lie there any more.
    pub(super) fn lay_aside(self, site: &Site) -> Result<Option<PathBuf>, DiskError> {
        let place = site.place(Place::Aside).join(self.path.strip_prefix(site.root()).unwrap_or(&self.path));
        for place in [self.path.as_path(), &place] {
            file::is_own_folder(site.root(), file::folder(place))?;
        }
        let moved = || {
            fs::create_dir_all(file::folder(&place))?;
            // Right before, and not before what takes its time.
            if self.is_there() { move_to(&self.path, &place) } else { Ok(None) }
        };
        moved().map_err(DiskError::io("set aside", &self.path))
    }
}

fn what_lies_at(path: &Path) -> Option<(u64, u64)> {
    fs::symlink_metadata(path).ok().map(|about| (about.dev(), about.ino()))
}

/// Moves a file to a place in another folder, or to a free name beside that.
fn move_to(from: &Path, to: &Path) -> io::Result<Option<PathBuf>> {
    rename_to_first(from, [to.to_owned()].into_iter().chain(names(to)))
}

/// Moves a file to a name beside it that is free, and returns that; `None` where there is no file.
pub(super) fn move_aside(path: &Path) -> io::Result<Option<PathBuf>> {
    rename_to_first(path, names(path))
}

fn rename_to_first(from: &Path, places: impl Iterator<Item = PathBuf>) -> io::Result<Option<PathBuf>> {
    for place in places {
        match rename_new(from, &place) {
            Ok(()) => return Ok(Some(place)),
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
    Err(ErrorKind::AlreadyExists.into())
}

/// The names that a file is moved to, beside it: `CR-001.1.old.md` and so on.
pub(super) fn names(path: &Path) -> impl Iterator<Item = PathBuf> {
    let mut end = OsString::from(".old");
    if let Some(extension) = path.extension() {
        end.push(".");
        end.push(extension);
    }
    (1..=NAMES).map(move |number| {
        let mut extension = OsString::from(number.to_string());
        extension.push(&end);
        path.with_extension(extension)
    })
}

/// Tells whether a file has a name that a file is moved to which makes way, as [`names`] gives them.
pub(super) fn is_old(path: &Path) -> bool {
    let name = path.file_name().and_then(OsStr::to_str).unwrap_or_default();
    let Some((before, after)) = name.rsplit_once(".old") else { return false };
    let number = before.rsplit_once('.').map_or("", |(_, number)| number);
    (after.is_empty() || after.starts_with('.'))
        && !number.is_empty()
        && number.bytes().all(|byte| byte.is_ascii_digit())
}

/// Renames, and replaces nothing.
pub(super) fn rename_new(from: &Path, to: &Path) -> io::Result<()> {
    match renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE) {
        // Where the system cannot, a second name comes before the first one goes.
        Err(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP) => {
            fs::hard_link(from, to)?;
            fs::remove_file(from)
        }
        renamed => Ok(renamed?),
    }
}
