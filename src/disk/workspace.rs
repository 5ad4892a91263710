//! Working copies: `.qms/workspace/<user>/<ID>.md`, with a sidecar that says what they started from.

use std::fs;
use std::io;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

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
        file::is_own_folder(&self.root, &self.folder)?;
        let mut placed = match self.read(id) {
            Some(WorkingCopy::Present { document, base: from, .. }) if document == *id && from == base => {
                return Ok(Placed::Kept);
            }
            Some(_) => file::set_aside(&path)?.map_or(Placed::Written, Placed::SetAside),
            None => Placed::Written,
        };
        self.write_sidecar(id, base)?;
        if let Fate::Kept(_) = file::create(&path, bytes, false)? {
            // It came in between.
            placed = file::set_aside(&path)?.map_or(placed, Placed::SetAside);
            made(file::create(&path, bytes, false)?)?;
        }
        Ok(placed)
    }

    /// Removes the copy of a document after `taken` was taken in of it. A copy that was saved again since then
    /// stays, and goes on from `now`, the content that the document has: its holder can check it out and in.
    pub fn remove(&self, id: &DocumentId, taken: &[u8], now: Digest) -> Result<Fate, DiskError> {
        file::is_own_folder(&self.root, &self.folder)?;
        let fate = file::remove(&self.path(id), &|bytes| bytes == taken)?;
        match fate {
            Fate::Gone => {
                // What lies there and is none of ours is in nobody's way.
                let _foreign = file::remove(&self.sidecar(id), &is_sidecar)?;
            }
            Fate::Kept(_) => self.write_sidecar(id, now)?,
        }
        Ok(fate)
    }

    fn write_sidecar(&self, id: &DocumentId, base: Digest) -> Result<(), DiskError> {
        let path = self.sidecar(id);
        let sidecar = Sidecar { document: id.clone(), base };
        let text =
            serde_json::to_vec(&sidecar).map_err(|error| DiskError::io("write", &path)(error.into()))?;
        if let Fate::Kept(_) = file::replace(&path, &text, false, &is_sidecar)? {
            file::set_aside(&path)?;
            return made(file::create(&path, &text, false)?);
        }
        Ok(())
    }
}

/// Once somebody was quicker; a second time is a failure.
fn made(fate: Fate) -> Result<(), DiskError> {
    match fate {
        Fate::Gone => Ok(()),
        Fate::Kept(path) => Err(DiskError::Changed(path)),
    }
}

fn is_sidecar(bytes: &[u8]) -> bool {
    serde_json::from_slice::<Sidecar>(bytes).is_ok()
}
