//! The places that the program keeps for itself, and what has to lie there. Who writes asks here where to; what
//! else lies at such a place is named by `doctor`, and moved aside by a repair.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use super::aside::Found;
use super::lock::Quiet;
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
    /// Of which wrong clock the pages tell. No type is called like that.
    ClockTold,
    /// What is locked by whoever publishes.
    PublishLock,
}

impl Place {
    const ALL: [Self; 7] = [
        Self::Aside,
        Self::Journal,
        Self::Workspaces,
        Self::Lists,
        Self::Pages,
        Self::ClockTold,
        Self::PublishLock,
    ];

    /// Tells whether a folder has to lie there; else it is a file.
    const fn is_folder(self) -> bool {
        !matches!(self, Self::ClockTold | Self::PublishLock)
    }
}

/// What seemed to lie where it should not. A repair looks again, under the lock of the folder, before it moves it.
#[derive(Debug, Clone)]
pub struct Suspect {
    path: PathBuf,
    is_it: fn(&Path) -> bool,
}

impl Suspect {
    /// Names it, and what tells it from what should lie there.
    pub(super) fn new(path: PathBuf, is_it: fn(&Path) -> bool) -> Self {
        Self { path, is_it }
    }

    /// Returns where it was seen.
    pub fn path(&self) -> &Path {
        &self.path
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
            Place::ClockTold => self.private().join("published/clock"),
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
    pub fn in_the_way(&self, types: &BTreeSet<TypeName>, users: &[UserName]) -> Vec<Suspect> {
        let own = Place::ALL.into_iter().map(|place| (self.place(place), place.is_folder()));
        let of_types = [Place::Lists, Place::Pages].map(|place| self.place(place));
        let of_types = of_types.iter().flat_map(|folder| types.iter().map(|it| folder.join(it.as_str())));
        let workspaces = self.place(Place::Workspaces);
        let of_users = users.iter().map(|user| workspaces.join(user.as_str()));
        let all = own.chain(of_types.chain(of_users).map(|folder| (folder, true)));
        all.map(|(path, is_folder)| Suspect::new(path, if is_folder { is_no_folder } else { is_no_file }))
            .filter(|suspect| (suspect.is_it)(&suspect.path))
            .collect()
    }

    /// Moves aside what was seen, where it still lies there, and returns where it lies now. [`DiskError::Busy`] where
    /// living processes write in its folder all the time.
    pub fn lay_aside(&self, suspect: &Suspect) -> Result<Option<PathBuf>, DiskError> {
        let folder = file::folder(&suspect.path);
        file::is_own_folder(self.root(), folder)?;
        let quiet = Quiet::wait(folder).ok_or_else(|| DiskError::Busy(folder.to_owned()))?;
        match Found::under(&quiet, &suspect.path, suspect.is_it) {
            None => Ok(None),
            Some(found) if suspect.path == self.place(Place::Aside) => found.step_aside(),
            Some(found) => found.lay_aside(self),
        }
    }
}

/// Tells whether something else lies at a place than a folder, but for a link to one.
fn is_no_folder(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|about| !about.is_dir() && !about.is_symlink())
}

/// Tells whether something else lies at a place than a file.
fn is_no_file(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|about| !about.is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A project, and what is in the way at each of its places.
    fn in_the_way() -> (tempfile::TempDir, Site, Vec<Suspect>) {
        let folder = tempfile::tempdir().unwrap();
        let site = Site::choose(folder.path(), None, &[0; 16]).unwrap();
        fs::create_dir(site.private()).unwrap();
        for place in Place::ALL {
            let path = site.place(place);
            match place {
                Place::Lists | Place::Workspaces | Place::Pages => {
                    fs::create_dir(&path).unwrap();
                    fs::write(path.join("CR"), "mine").unwrap();
                }
                _ if place.is_folder() => fs::write(path, "mine").unwrap(),
                _ => fs::create_dir(path).unwrap(),
            }
        }
        let suspects = site.in_the_way(&["CR".parse().unwrap()].into(), &[]);
        let names: Vec<_> = suspects.iter().map(|it| site.shown(it.path())).collect();
        assert_eq!(names.len(), 6, "{names:?}");
        (folder, site, suspects)
    }

    // REQ-261, REQ-262
    #[test]
    fn what_came_to_a_place_after_it_was_looked_at_is_not_moved() {
        let (_folder, site, suspects) = in_the_way();
        for suspect in &suspects {
            // Another repair was quicker, and the program goes on.
            let path = suspect.path();
            let is_of_folder = path.is_file();
            assert!(site.lay_aside(suspect).unwrap().is_some(), "{path:?}");
            assert_eq!(site.lay_aside(suspect).unwrap(), None, "{path:?}");
            if is_of_folder {
                fs::create_dir_all(path).unwrap();
                fs::write(path.join("work"), "of everybody").unwrap();
            } else {
                fs::write(path, "of everybody").unwrap();
            }
            assert_eq!(site.lay_aside(suspect).unwrap(), None, "{path:?}");
        }
    }

    // REQ-262
    #[test]
    fn nothing_is_moved_while_somebody_writes_in_its_folder() {
        let (_folder, site, suspects) = in_the_way();
        for suspect in &suspects {
            let writing = crate::disk::lock::Writing::begin(file::folder(suspect.path())).unwrap();
            assert!(matches!(site.lay_aside(suspect), Err(DiskError::Busy(_))), "{suspect:?}");
            drop(writing);
        }
    }

    // REQ-262
    #[test]
    fn nothing_is_found_under_a_lock_of_another_place() {
        let (_folder, site, suspects) = in_the_way();
        let quiet = Quiet::within(&site.private(), 1).unwrap();
        for suspect in &suspects {
            let is_kept = file::folder(suspect.path()) == site.private();
            let found = Found::under(&quiet, suspect.path(), suspect.is_it);
            assert_eq!(found.is_some(), is_kept, "{suspect:?}");
        }
    }
}
