//! The making of a project, which can be cut short at every moment. It is made whole beside its place, in a folder of
//! its own name, and one rename puts it there. What an `init` left that did not end is in the way of nothing, and
//! nobody takes it away on its word: it can as well be a copy of what became a project.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use super::lock::Quiet;
use super::{DiskError, Journal, Site, file, open};

/// A project that is being made. Dropping it takes away what was made of it.
#[derive(Debug)]
pub struct Founding {
    site: Site,
    staged: Site,
    _alone: Quiet,
}

impl Founding {
    /// Begins to make a project where [`Site::choose`] lets one be made. Of several processes that begin at once in a
    /// folder only one does.
    pub fn begin(root: &Path, home: Option<&Path>, id: &[u8; 16], process: u32) -> Result<Self, DiskError> {
        let chosen = Site::choose(root, home, id)?;
        let root = chosen.root();
        fs::create_dir_all(root).map_err(DiskError::io("create", root))?;
        let alone = Quiet::wait(root).ok_or_else(|| at_work(root))?;
        // Another process can have made one until now.
        let site = Site::choose(root, home, id)?;
        let staged = site.elsewhere(&file::half_written_folder(root, site.id()));
        fs::create_dir(staged.root()).map_err(DiskError::io("create", staged.root()))?;
        let founding = Self { site, staged, _alone: alone };
        let private = founding.staged.private();
        fs::create_dir(&private).map_err(DiskError::io("create", &private))?;
        founding.staged.stage_config()?;
        // What lies there is for this machine: two branches with a store each would number alike.
        file::create(&private.join(".gitignore"), b"*\n", false).map(drop)?;
        // As of a process that died before it published anything: whoever comes first does.
        drop(Journal::begin(&founding.staged, process, 0)?);
        Ok(founding)
    }

    /// Returns the project, in its place.
    pub const fn site(&self) -> &Site {
        &self.site
    }

    /// Returns where the project is while it is being made.
    pub const fn staged(&self) -> &Site {
        &self.staged
    }

    /// Says to git that pages are what was published, byte for byte, whatever it does with ends of lines elsewhere.
    pub fn mark_pages(site: &Site) -> Result<(), DiskError> {
        file::create(&site.published().join(".gitattributes"), b"* -text\n", false).map(drop)
    }

    /// Puts the project in its place. Its store has to be closed: SQLite knows its files by name.
    pub fn end(self) -> Result<(), DiskError> {
        let (from, to) = (self.staged.private(), self.site.private());
        // Only an empty folder makes way for a folder.
        fs::rename(&from, &to).map_err(|error| match error.kind() {
            ErrorKind::DirectoryNotEmpty | ErrorKind::AlreadyExists | ErrorKind::NotADirectory => {
                at_work(self.site.root())
            }
            _ => DiskError::io("rename", &from)(error),
        })?;
        self.site.settle_config();
        open::sync_folder(self.site.root()).map_err(DiskError::io("write", self.site.root()))
    }
}

impl Drop for Founding {
    fn drop(&mut self) {
        // This process made it, under a name that nobody else gives.
        let _left = fs::remove_dir_all(self.staged.root());
    }
}

fn at_work(root: &Path) -> DiskError {
    DiskError::Unsuitable { path: root.to_owned(), why: "another process works in it".to_owned() }
}
