//! The making of a project, which can be cut short at every moment. What is made is marked until it is whole: a mark that
//! nobody holds is of an `init` that did not end, and names what is to be taken away again.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{ErrorKind, Read as _, Write as _};
use std::path::{Path, PathBuf};

use super::place::Place;
use super::{DiskError, KeyPlace, Keyring, Site, file, open};
use crate::domain::audit::{Fingerprint, ProjectKey};

/// Longest mark, in bytes: an id, a fingerprint, and what parts them.
const MARK_MAX: u64 = 64;

/// Largest file with a key, in bytes.
const KEY_MAX: u64 = 1024;

/// The mark of a project that is being made, held until it is dropped.
#[derive(Debug)]
pub struct Founding {
    path: PathBuf,
    _lock: File,
}

impl Founding {
    /// Makes the folder of what the program keeps for itself, with the mark. Of several processes that begin at once
    /// only one does.
    pub fn begin(site: &Site, key: &Fingerprint) -> Result<Self, DiskError> {
        let (root, folder, path) = (site.root(), site.private(), site.place(Place::Founding));
        fs::create_dir_all(root).map_err(DiskError::io("create", root))?;
        match fs::create_dir(&folder) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => return Err(at_work(root)),
            made => made.map_err(DiskError::io("create", &folder))?,
        }
        let mut lock = match open::new_locked(&path) {
            Ok(Some(lock)) => lock,
            Ok(None) => return Err(at_work(root)),
            // The folder was empty for a moment: another process took it for one that was left.
            Err(error) if matches!(error.kind(), ErrorKind::AlreadyExists | ErrorKind::NotFound) => {
                return Err(at_work(root));
            }
            Err(error) => return Err(DiskError::io("write", &path)(error)),
        };
        let text = format!("{} {}\n", site.id(), key.as_str());
        lock.write_all(text.as_bytes()).map_err(DiskError::io("write", &path))?;
        Ok(Self { path, _lock: lock })
    }

    /// Takes the mark away. From here on nobody takes the project for one that is not whole.
    pub fn end(self) -> Result<(), DiskError> {
        fs::remove_file(&self.path).map_err(DiskError::io("remove", &self.path))
    }
}

fn at_work(root: &Path) -> DiskError {
    DiskError::Unsuitable { path: root.to_owned(), why: "another process is making one".to_owned() }
}

impl Site {
    /// Takes away what an `init` left that did not end: what it would have taken away itself, had it failed. What
    /// cannot be known for that stays as it is.
    pub fn take_back_unfinished(root: &Path, keys: &KeyPlace) -> Result<(), DiskError> {
        let Ok(root) = fs::canonicalize(root) else { return Ok(()) };
        let nobody = Self::unmarked(&root);
        let private = nobody.private();
        if nobody.is_marked() || private.is_symlink() || !private.is_dir() {
            return Ok(());
        }
        // It ended before anything was made.
        if fs::remove_dir(&private).is_ok() {
            return Ok(());
        }
        let mark = nobody.place(Place::Founding);
        if fs::symlink_metadata(&mark).is_err() || !holds_nothing_else(&private) {
            return Ok(());
        }
        let failed = DiskError::io("read", &mark);
        let Some(lock) = open::locked(&mark).map_err(failed)? else { return Err(at_work(&root)) };
        let mut text = String::new();
        (&lock).take(MARK_MAX).read_to_string(&mut text).map_err(DiskError::io("read", &mark))?;
        let (id, fingerprint) = text.trim_end().split_once(' ').unwrap_or_default();
        let site = Self::with_id(&root, id);
        // Without an id nothing was made but the folder.
        if let Some(site) = &site {
            let key = site.key_path(keys).ok().and_then(|path| Some((key_of(&path, fingerprint)?, path)));
            site.unmake(key.as_ref().map(|(key, path)| (path.as_path(), key.secret())));
            Keyring::of(site, keys).iter().for_each(Keyring::unmake);
        } else {
            nobody.unmake(None);
        }
        Ok(())
    }
}

/// Reads a key, where it is the one with this fingerprint.
fn key_of(path: &Path, fingerprint: &str) -> Option<ProjectKey> {
    let bytes = open::whole(path, KEY_MAX).ok()?;
    let key = ProjectKey::from_file_text(str::from_utf8(&bytes).ok()?)?;
    (key.fingerprint().as_str() == fingerprint).then_some(key)
}

/// Tells whether a folder holds only what the making of a project puts there.
fn holds_nothing_else(folder: &Path) -> bool {
    let is_own = |path: &Path| {
        let name = path.file_name().and_then(OsStr::to_str).unwrap_or_default();
        ["founding", "journal", "published", "publish.lock"].contains(&name)
            || name.starts_with("qms.db")
            || (name.starts_with(".new-") && name.contains(".db"))
            || file::is_half_written(path)
    };
    let entries = fs::read_dir(folder).into_iter().flatten();
    entries.filter_map(Result::ok).all(|entry| is_own(&entry.path()))
}
