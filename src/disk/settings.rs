//! Settings of other programs, as text: read whole and written whole.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::{DiskError, Fate, file, open};
use crate::domain::encoding;
use crate::domain::hook::{Found, Layer, Origin, Runtime};

/// Largest file of settings that is read, in bytes.
const SETTINGS_MAX: u64 = 4 * 1024 * 1024;

/// A file of settings as it was read.
#[derive(Debug)]
pub struct Settings {
    path: PathBuf,
    bytes: Vec<u8>,
    /// What it says, with its byte-order mark if it has one; `None` where there is no file yet.
    pub text: Option<String>,
}

impl Settings {
    /// Reads settings.
    pub fn read(path: &Path) -> Result<Self, DiskError> {
        let bytes = match open::whole(path, SETTINGS_MAX) {
            Err(error) if error.kind() == ErrorKind::NotFound => {
                return Ok(Self { path: path.to_owned(), bytes: Vec::new(), text: None });
            }
            read => read.map_err(DiskError::io("read", path))?,
        };
        let text = encoding::text(&bytes).map_err(DiskError::not_text(path))?;
        let text = Some(text.to_owned());
        Ok(Self { path: path.to_owned(), bytes, text })
    }

    /// Puts back what was there, in the place of what was written.
    pub fn put_back(&self, root: &Path, written: &str) -> Result<(), DiskError> {
        file::is_own(root, &self.path)?;
        let is_ours = |bytes: &[u8]| bytes == written.as_bytes();
        let fate = match &self.text {
            Some(_) => file::replace(&self.path, &self.bytes, false, &is_ours)?,
            None => file::remove(&self.path, &is_ours)?,
        };
        self.done(&fate)
    }

    /// Writes another text in the place of these, which lie in a project, or removes their file. What somebody else
    /// wrote since they were read is not lost.
    pub fn write(&self, root: &Path, text: Option<&str>) -> Result<(), DiskError> {
        file::is_own(root, &self.path)?;
        match text {
            Some(text) => file::rewrite(&self.path, &self.bytes, text.as_bytes()),
            None => self.done(&file::remove(&self.path, &|bytes| bytes == self.bytes)?),
        }
    }

    fn done(&self, fate: &Fate) -> Result<(), DiskError> {
        match fate {
            Fate::Gone => Ok(()),
            Fate::Kept(_) => Err(DiskError::Changed(self.path.clone())),
        }
    }
}

/// Reads the settings that a runtime reads in a project, in its order. `user` is the folder that it keeps for the user.
pub fn layers(runtime: Runtime, root: &Path, user: Option<&Path>) -> Vec<Found> {
    let mut found = Vec::new();
    for layer in runtime.layers() {
        let path = match (layer.origin, user) {
            (Origin::System, _) => PathBuf::from(layer.path),
            (Origin::Project, _) => root.join(layer.path),
            (Origin::User, Some(user)) => user.join(layer.path),
            (Origin::User, None) => continue,
        };
        let is_folder = path.extension().is_some_and(|end| end == "d");
        let paths = if is_folder { dropped_in(&path) } else { vec![path] };
        found.extend(paths.iter().filter_map(|path| read_layer(root, layer, path)));
    }
    found
}

/// Lists the files of settings in a folder.
fn dropped_in(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok);
    let is_read = |path: &PathBuf| {
        let name = path.file_name().unwrap_or_default().as_encoded_bytes();
        name.ends_with(b".json") && !name.starts_with(b".")
    };
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.path()).filter(is_read).collect();
    paths.sort();
    paths
}

fn read_layer(root: &Path, layer: Layer, path: &Path) -> Option<Found> {
    let text = match Settings::read(path) {
        Ok(settings) => Ok(settings.text?),
        Err(DiskError::Io { source, .. }) if source.kind() == ErrorKind::NotADirectory => return None,
        Err(DiskError::Io { source, .. }) => Err(source.to_string()),
        Err(DiskError::NotText { why, .. }) => Err(format!("it {why}")),
        Err(error) => Err(error.to_string()),
    };
    let file = path.strip_prefix(root).unwrap_or(path).display().to_string();
    Some(Found { layer, file, text })
}

#[cfg(test)]
mod tests {
    use super::*;

    // REQ-181
    #[test]
    fn settings_that_somebody_changed_since_they_were_read_are_not_written_over() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("settings.json");
        let write = |settings: &Settings| settings.write(folder.path(), Some("{\"ours\": true}"));
        let none = Settings::read(&path).unwrap();
        fs::write(&path, "{}").unwrap();
        assert!(matches!(write(&none), Err(DiskError::Changed(_))));
        let read = Settings::read(&path).unwrap();
        fs::write(&path, "{\"theirs\": true}").unwrap();
        assert!(matches!(write(&read), Err(DiskError::Changed(_))));
        assert!(matches!(read.write(folder.path(), None), Err(DiskError::Changed(_))));
        assert_eq!(fs::read_to_string(&path).unwrap(), "{\"theirs\": true}");
        write(&Settings::read(&path).unwrap()).unwrap();
        assert_eq!(Settings::read(&path).unwrap().text.as_deref(), Some("{\"ours\": true}"));
    }
}
