//! The places that the program keeps for itself, and what has to lie there. Who writes asks here where to; what
//! else lies at such a place is named by `doctor`, and moved aside by a repair.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use super::{DiskError, Site, file};
use crate::domain::id::{TypeName, UserName};

/// A place of the program within a project.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// What was in the way, and what processes left behind.
    Aside,
    /// The markers of actions under way.
    Journal,
    /// The working copies, in a folder for each user.
    Workspaces,
    /// What was published, in a folder for each type.
    Lists,
    /// The published mirror, in a folder for each type.
    Pages,
    /// What is locked by whoever publishes.
    PublishLock,
}

impl Place {
    const ALL: [Self; 6] =
        [Self::Aside, Self::Journal, Self::Workspaces, Self::Lists, Self::Pages, Self::PublishLock];

    /// Tells whether a folder has to lie there; else it is a file.
    const fn is_folder(self) -> bool {
        !matches!(self, Self::PublishLock)
    }
}

impl Site {
    /// Returns where a place is.
    pub(super) fn place(&self, place: Place) -> PathBuf {
        match place {
            Place::Aside => self.private().join("aside"),
            Place::Journal => self.private().join("journal"),
            Place::Workspaces => self.private().join("workspace"),
            Place::Lists => self.private().join("published"),
            Place::Pages => self.published(),
            Place::PublishLock => self.private().join("publish.lock"),
        }
    }

    /// Lists the folders that the program writes into and that are links: it writes through none.
    pub fn linked(&self) -> Vec<PathBuf> {
        let inside = |folder: &PathBuf| {
            let entries = fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok);
            entries.map(|entry| entry.path()).collect::<Vec<_>>()
        };
        let mut folders: Vec<_> =
            Place::ALL.into_iter().filter(|place| place.is_folder()).map(|place| self.place(place)).collect();
        let within = [Place::Workspaces, Place::Lists, Place::Pages].map(|place| inside(&self.place(place)));
        folders.extend(within.into_iter().flatten());
        folders.retain(|folder| folder.is_symlink());
        folders.sort();
        folders
    }

    /// Lists what lies at the places of the program and is of another kind than it has to be, in a project with these
    /// types and users; links to folders are [listed](Self::linked) by themselves.
    pub fn in_the_way(&self, types: &BTreeSet<TypeName>, users: &[UserName]) -> Vec<PathBuf> {
        let mut found: Vec<_> = Place::ALL
            .into_iter()
            .map(|place| (self.place(place), place.is_folder()))
            .filter(|(path, is_folder)| is_other(path, *is_folder))
            .map(|(path, _)| path)
            .collect();
        let of_types = [Place::Lists, Place::Pages].map(|place| self.place(place));
        let of_types = of_types.iter().flat_map(|folder| types.iter().map(|it| folder.join(it.as_str())));
        let workspaces = self.place(Place::Workspaces);
        let of_users = users.iter().map(|user| workspaces.join(user.as_str()));
        found.extend(of_types.chain(of_users).filter(|path| is_other(path, true)));
        found
    }

    /// Moves aside what lies at a place of the program, and returns where it lies now.
    pub fn clear_the_way(&self, path: &Path) -> Result<PathBuf, DiskError> {
        if path == self.place(Place::Aside) {
            return file::set_aside(path).map(|aside| aside.unwrap_or_else(|| path.to_owned()));
        }
        self.lay_aside(path)
    }
}

/// Tells whether something else lies at a place than a folder, or than a file.
fn is_other(path: &Path, is_folder: bool) -> bool {
    fs::symlink_metadata(path)
        .is_ok_and(|about| if is_folder { !about.is_dir() && !about.is_symlink() } else { !about.is_file() })
}
