//! What processes left behind that ended before they were done: files that were being written, and files that had
//! made way. Both can be the only copy of something, so that nothing here removes any.

use std::fs;
use std::path::Path;

use super::lock::Quiet;
use super::place::{Place, Suspect};
use super::{Site, aside, file};

impl Site {
    /// Lists what was left behind where the program writes. What a living process is about is none of it.
    pub fn left_behind(&self) -> Vec<Suspect> {
        let root = self.root();
        let mut found = Vec::new();
        let mut look =
            |folder: &Path, depth, is_left: fn(&Path) -> bool| collect(folder, depth, is_left, &mut found);
        // In folders that are for people, `.old` can be a word of theirs.
        for folder in [root.to_owned(), self.workflows(), self.prompts(), self.private()] {
            look(&folder, 1, file::is_half_written);
        }
        look(&self.published(), 2, file::is_half_written);
        let is_either: fn(&Path) -> bool = |path| aside::is_old(path) || file::is_half_written(path);
        look(&self.place(Place::Journal), 1, is_either);
        for folder in [Place::Workspaces, Place::Lists] {
            look(&self.place(folder), 2, is_either);
        }
        found.sort_by(|one: &Suspect, other| one.path().cmp(other.path()));
        found
    }
}

/// Finds files in a folder, and in its folders down to a depth. What a link leads to is somebody else's.
fn collect(folder: &Path, depth: usize, is_sought: fn(&Path) -> bool, found: &mut Vec<Suspect>) {
    let mut sought: Vec<Suspect> = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok) {
        match entry.file_type() {
            Ok(kind) if kind.is_dir() && depth > 1 => collect(&entry.path(), depth - 1, is_sought, found),
            Ok(kind) if kind.is_file() && is_sought(&entry.path()) => {
                sought.push(Suspect::new(entry.path(), is_file));
            }
            // A project that was never put in its place.
            Ok(kind) if kind.is_dir() && file::is_half_written(&entry.path()) => {
                sought.push(Suspect::new(entry.path(), is_folder));
            }
            _ => {}
        }
    }
    // What is still there while nobody writes is nobody's.
    if !sought.is_empty()
        && let Some(_quiet) = Quiet::wait(folder)
    {
        sought.retain(|suspect| fs::symlink_metadata(suspect.path()).is_ok());
        found.append(&mut sought);
    }
}

fn is_file(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|about| about.is_file())
}

fn is_folder(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|about| about.is_dir())
}
