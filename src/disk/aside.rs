//! Moving out of the way what is not ours to remove.
//!
//! A look tells of the moment of the look. Whoever looks first and waits for a lock then can find something else at the
//! place by that time, which others have put there rightly. So nothing is moved by its name alone, but as what was found
//! there while the lock is held without which nobody else of ours moves or writes anything at that place.

use std::ffi::OsStr;
use std::fs;
use std::io::{self, ErrorKind};
use std::marker::PhantomData;
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, RenameFlags, renameat_with};
use rustix::io::Errno;

use super::place::Place;
use super::{DiskError, Site, file};

/// How many names are tried for a file that makes way.
const NAMES: u32 = 9999;

/// A lock that keeps others of ours from a place for as long as it is held.
pub(super) trait Guard {
    /// Tells whether it does so for this place.
    fn keeps(&self, place: &Path) -> bool;
}

/// What was found at a place under the lock that is still held.
#[derive(Debug)]
#[must_use = "it still lies where it was found"]
pub(super) struct Found<'held> {
    path: PathBuf,
    held: PhantomData<&'held ()>,
}

impl<'held> Found<'held> {
    /// Looks at a place. `None` where nothing lies there or something else than is looked for, and where the lock is
    /// none for that place.
    pub(super) fn under<G: Guard>(
        guard: &'held G,
        path: &Path,
        is_it: impl FnOnce(&Path) -> bool,
    ) -> Option<Self> {
        let is_found = guard.keeps(path) && fs::symlink_metadata(path).is_ok() && is_it(path);
        is_found.then(|| Self { path: path.to_owned(), held: PhantomData })
    }

    /// Returns where it was found.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Moves it to a free name beside its place, and returns that. It can have been taken away by somebody who knows
    /// of no lock: then there is none.
    pub(super) fn step_aside(self) -> Result<Option<PathBuf>, DiskError> {
        move_aside(&self.path).map_err(DiskError::io("set aside", &self.path))
    }

    /// Moves it into `.qms/aside`, and returns where it lies now.
    pub(super) fn lay_aside(self, site: &Site) -> Result<Option<PathBuf>, DiskError> {
        let place = site.place(Place::Aside).join(self.path.strip_prefix(site.root()).unwrap_or(&self.path));
        for place in [self.path.as_path(), &place] {
            file::is_own_folder(site.root(), file::folder(place))?;
        }
        move_to(&self.path, &place).map_err(DiskError::io("set aside", &self.path))
    }
}

/// Moves a file to a place in another folder, or to a free name beside that.
fn move_to(from: &Path, to: &Path) -> io::Result<Option<PathBuf>> {
    fs::create_dir_all(file::folder(to))?;
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
    let mut end = std::ffi::OsString::from(".old");
    if let Some(extension) = path.extension() {
        end.push(".");
        end.push(extension);
    }
    (1..=NAMES).map(move |number| {
        let mut extension = std::ffi::OsString::from(number.to_string());
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
