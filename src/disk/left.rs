//! What processes left behind that ended before they were done: files that were being written, and files that had
//! made way. Both can be the only copy of something, so that nothing here removes any.

use std::fs;
use std::path::{Path, PathBuf};

use super::lock::Quiet;
use super::place::Place;
use super::{DiskError, Site, file};

impl Site {
    /// Lists what was left behind where the program writes. What a living process is about is none of it.
    pub fn left_behind(&self) -> Vec<PathBuf> {
        let root = self.root();
        let mut found = Vec::new();
        let mut look =
            |folder: &Path, depth, is_left: fn(&Path) -> bool| collect(folder, depth, is_left, &mut found);
        // In folders that are for people, `.old` can be a word of theirs.
        for folder in [root.to_owned(), self.workflows(), self.prompts(), self.private()] {
            look(&folder, 1, file::is_half_written);
        }
        look(&self.published(), 2, file::is_half_written);
        let is_either: fn(&Path) -> bool = |path| file::is_old(path) || file::is_half_written(path);
        look(&self.place(Place::Journal), 1, is_either);
        for folder in [Place::Workspaces, Place::Lists] {
            look(&self.place(folder), 2, is_either);
        }
        found.sort();
        found
    }

    /// Moves a file of the project into `.qms/aside`, and returns where it lies now. [`DiskError::Busy`] where living
    /// processes write in its folder all the time.
    pub fn lay_aside(&self, path: &Path) -> Result<PathBuf, DiskError> {
        let place = self.place(Place::Aside).join(path.strip_prefix(self.root()).unwrap_or(path));
        for place in [path, &place] {
            file::is_own_folder(self.root(), place.parent().unwrap_or(self.root()))?;
        }
        let folder = path.parent().unwrap_or(self.root());
        let _quiet = Quiet::wait(folder).ok_or_else(|| DiskError::Busy(folder.to_owned()))?;
        file::move_to(path, &place).map_err(DiskError::io("set aside", path))
    }
}

/// Finds files in a folder, and in its folders down to a depth. What a link leads to is somebody else's.
fn collect(folder: &Path, depth: usize, is_sought: fn(&Path) -> bool, found: &mut Vec<PathBuf>) {
    let mut sought = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok) {
        match entry.file_type() {
            Ok(kind) if kind.is_dir() && depth > 1 => collect(&entry.path(), depth - 1, is_sought, found),
            Ok(kind) if kind.is_file() && is_sought(&entry.path()) => sought.push(entry.path()),
            // A project that was never put in its place.
            Ok(kind) if kind.is_dir() && file::is_half_written(&entry.path()) => sought.push(entry.path()),
            _ => {}
        }
    }
    // What is still there while nobody writes is nobody's.
    if !sought.is_empty()
        && let Some(_quiet) = Quiet::wait(folder)
    {
        found.extend(sought.into_iter().filter(|path| fs::symlink_metadata(path).is_ok()));
    }
}
