//! Settings of other programs, as text: read whole and written whole.

use std::io;
use std::path::{Path, PathBuf};

use super::{DiskError, Fate, file, open};
use crate::domain::encoding;

/// Largest file of settings that is read, in bytes.
const SETTINGS_MAX: u64 = 4 * 1024 * 1024;

/// A file of settings as it was read.
#[derive(Debug)]
pub struct Settings {
    path: PathBuf,
    bytes: Vec<u8>,
    /// What it says; `None` where there is no file yet.
    pub text: Option<String>,
}

impl Settings {
    /// Reads settings.
    pub fn read(path: &Path) -> Result<Self, DiskError> {
        let bytes = match open::whole(path, SETTINGS_MAX) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Ok(Self { path: path.to_owned(), bytes: Vec::new(), text: None });
            }
            read => read.map_err(DiskError::io("read", path))?,
        };
        let text = encoding::text(&bytes).map_err(DiskError::not_text(path))?;
        let text = Some(text.strip_prefix('\u{feff}').unwrap_or(text).to_owned());
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
        match fate {
            Fate::Gone => Ok(()),
            Fate::Kept(_) => Err(DiskError::Changed(self.path.clone())),
        }
    }

    /// Writes another text in the place of these, which lie in a project. What somebody else wrote since they
    /// were read is not lost.
    pub fn write(&self, root: &Path, text: &str) -> Result<(), DiskError> {
        file::is_own(root, &self.path)?;
        file::rewrite(&self.path, &self.bytes, text.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    // REQ-181
    #[test]
    fn settings_that_somebody_changed_since_they_were_read_are_not_written_over() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("settings.json");
        let write = |settings: &Settings| settings.write(folder.path(), "{\"ours\": true}");
        let none = Settings::read(&path).unwrap();
        fs::write(&path, "{}").unwrap();
        assert!(matches!(write(&none), Err(DiskError::Changed(_))));
        let read = Settings::read(&path).unwrap();
        fs::write(&path, "{\"theirs\": true}").unwrap();
        assert!(matches!(write(&read), Err(DiskError::Changed(_))));
        assert_eq!(fs::read_to_string(&path).unwrap(), "{\"theirs\": true}");
        write(&Settings::read(&path).unwrap()).unwrap();
        assert_eq!(Settings::read(&path).unwrap().text.as_deref(), Some("{\"ours\": true}"));
    }
}
