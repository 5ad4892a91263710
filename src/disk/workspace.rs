//! Working copies: `.qms/workspace/<user>/<ID>.md`, with a sidecar that says what they started from.

use std::fs;
use std::io;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::aside::Found;
use super::lock::Quiet;
use super::place::Place;
use super::{DiskError, Fate, Site, file, open};
use crate::domain::digest::Digest;
use crate::domain::id::{DocumentId, UserName};
use crate::domain::request::WorkingCopy;

/// Largest working copy, in bytes.
const COPY_MAX: u64 = 16 * 1024 * 1024;

/// Largest file beside a working copy, in bytes: an id and a digest.
const SIDECAR_MAX: u64 = 4096;

/// The working copies of one user.
#[derive(Debug, Clone)]
pub struct Workspace {
    root: PathBuf,
    folder: PathBuf,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Sidecar {
    document: DocumentId,
    base: Digest,
}

/// What became of a working copy that was to be laid down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Placed {
    /// It was written.
    Written,
    /// One from the same check-out was there, and was left as it is.
    Kept,
    /// One from an earlier check-out was there; it was moved here.
    SetAside(PathBuf),
}

impl Workspace {
    /// Opens the workspace of `user`; nothing is made until something is written.
    pub fn new(site: &Site, user: &UserName) -> Self {
        Self { root: site.root().to_owned(), folder: site.place(Place::Workspaces).join(user.as_str()) }
    }

    /// Returns where the copy of a document lies.
    pub fn path(&self, id: &DocumentId) -> PathBuf {
        self.folder.join(format!("{id}.md"))
    }

    fn sidecar(&self, id: &DocumentId) -> PathBuf {
        self.folder.join(format!("{id}.json"))
    }

    /// Reads the copy of a document as far as it can be read; `None` where there is none.
    pub fn read(&self, id: &DocumentId) -> Option<WorkingCopy> {
        let path = self.path(id);
        let unusable = |why: &str| Some(WorkingCopy::Unusable(format!("`{}` {why}", path.display())));
        let about = match fs::symlink_metadata(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return None,
            Err(error) => return unusable(&format!("cannot be read: {error}")),
            Ok(about) => about,
        };
        if let Err(error) = file::is_own_folder(&self.root, &self.folder) {
            return Some(WorkingCopy::Unusable(error.to_string()));
        }
        if about.is_symlink() {
            return unusable("is a symbolic link; a working copy is a file of its own");
        }
        if !about.is_file() {
            return unusable("is not a file");
        }
        if about.len() > COPY_MAX {
            return unusable(&format!("is larger than {} MiB", COPY_MAX / 1024 / 1024));
        }
        let Some(sidecar) = self.read_sidecar(id) else {
            return unusable("has lost the file beside it that says what it started from");
        };
        match open::whole(&path, COPY_MAX) {
            Ok(bytes) => Some(WorkingCopy::Present {
                document: sidecar.document,
                base: sidecar.base,
                path: path.display().to_string(),
                bytes,
            }),
            Err(error) => unusable(&format!("cannot be read: {error}")),
        }
    }

    fn read_sidecar(&self, id: &DocumentId) -> Option<Sidecar> {
        let bytes = open::whole(&self.sidecar(id), SIDECAR_MAX).ok()?;
        serde_json::from_slice(&bytes).ok()
    }

    /// Lays down a copy of `base`. What is there already is never overwritten: from the same
    /// check-out it is kept, anything else is moved aside.
    pub fn place(&self, id: &DocumentId, base: Digest, bytes: &[u8]) -> Result<Placed, DiskError> {
        let path = self.path(id);
        // Of several at once, each finds what the one before it laid down, whole and with its sidecar.
        let alone = self.alone()?;
        let aside = match self.read(id) {
            Some(WorkingCopy::Present { document, base: from, .. }) if document == *id && from == base => {
                return Ok(Placed::Kept);
            }
            Some(_) => Found::under(&alone, &path, |_| true).map(Found::step_aside).transpose()?.flatten(),
            None => None,
        };
        self.write_sidecar(id, base, &alone)?;
        let between = file::put(&path, bytes, false, &|_| false, &alone)?;
        Ok(between.or(aside).map_or(Placed::Written, Placed::SetAside))
    }

    /// Removes the copy of a document after `taken` was taken in of it. A copy that was saved again since then
    /// stays, and goes on from `now`, the content that the document has: its holder can check it out and in.
    pub fn remove(&self, id: &DocumentId, taken: &[u8], now: Digest) -> Result<Fate, DiskError> {
        let alone = self.alone()?;
        let fate = file::remove_while(&self.path(id), &|bytes| bytes == taken, alone.writing())?;
        match fate {
            Fate::Gone => {
                // What lies there and is none of ours is in nobody's way.
                let _foreign = file::remove_while(&self.sidecar(id), &is_sidecar, alone.writing())?;
            }
            Fate::Kept(_) => self.write_sidecar(id, now, &alone)?,
        }
        Ok(fate)
    }

    /// Makes the folder, and waits until nobody else of ours writes there.
    fn alone(&self) -> Result<Quiet, DiskError> {
        file::is_own_folder(&self.root, &self.folder)?;
        fs::create_dir_all(&self.folder).map_err(DiskError::io("create", &self.folder))?;
        Quiet::to_write(&self.folder)
    }

    fn write_sidecar(&self, id: &DocumentId, base: Digest, alone: &Quiet) -> Result<(), DiskError> {
        let path = self.sidecar(id);
        let sidecar = Sidecar { document: id.clone(), base };
        let text =
            serde_json::to_vec(&sidecar).map_err(|error| DiskError::io("write", &path)(error.into()))?;
        file::put(&path, &text, false, &is_sidecar, alone).map(drop)
    }
}

fn is_sidecar(bytes: &[u8]) -> bool {
    serde_json::from_slice::<Sidecar>(bytes).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    // REQ-181
    #[test]
    fn of_copies_that_are_laid_down_at_once_one_is_and_none_makes_way() {
        let folder = tempfile::tempdir().unwrap();
        let site = Site::choose(folder.path(), None, &[0; 16]).unwrap();
        let workspace = Workspace::new(&site, &"claude".parse().unwrap());
        let id: DocumentId = "CR-001".parse().unwrap();
        let old = Digest::of(b"old");
        workspace.place(&id, old, b"old").unwrap();
        let (now, text) = (Digest::of(b"new"), b"new".as_slice());
        let placed: Vec<Placed> = std::thread::scope(|scope| {
            let threads: Vec<_> =
                (0..8).map(|_| scope.spawn(|| workspace.place(&id, now, text).unwrap())).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        let kept = placed.iter().filter(|placed| **placed == Placed::Kept).count();
        let aside = placed.iter().find_map(|placed| match placed {
            Placed::SetAside(aside) => Some(fs::read(aside).unwrap()),
            _ => None,
        });
        assert_eq!((kept, aside.as_deref()), (7, Some(b"old".as_slice())), "{placed:?}");
        assert_eq!(fs::read_dir(&workspace.folder).unwrap().count(), 3);
        // What is checked in while another one lays down its copy takes nothing of that with it.
        std::thread::scope(|scope| {
            let removed = scope.spawn(|| workspace.remove(&id, text, now).unwrap());
            workspace.place(&id, old, b"old").unwrap();
            let _either = removed.join().unwrap();
        });
        assert!(matches!(workspace.read(&id), Some(WorkingCopy::Present { .. })));
    }
}
