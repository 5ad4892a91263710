//! Settings of other programs, as JSON: read whole, changed in one place, written whole.

use std::io;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::{DiskError, file, open};
use crate::domain::encoding;

/// Largest file of settings that is read, in bytes.
const SETTINGS_MAX: u64 = 4 * 1024 * 1024;

/// A file of settings as it was read.
#[derive(Debug)]
pub struct Settings {
    path: PathBuf,
    bytes: Vec<u8>,
    /// What it says; `None` where there is no file yet.
    pub value: Option<Value>,
}

impl Settings {
    /// Reads settings.
    pub fn read(path: &Path) -> Result<Self, DiskError> {
        let bytes = match open::whole(path, SETTINGS_MAX) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Ok(Self { path: path.to_owned(), bytes: Vec::new(), value: None });
            }
            read => read.map_err(DiskError::io("read", path))?,
        };
        let text = encoding::text(&bytes).map_err(DiskError::not_text(path))?;
        let invalid = |error: serde_json::Error| io::Error::new(io::ErrorKind::InvalidData, error);
        let value = serde_json::from_str(&encoding::plain(text));
        let value = Some(value.map_err(|error| DiskError::io("read", path)(invalid(error)))?);
        Ok(Self { path: path.to_owned(), bytes, value })
    }

    /// Writes other settings in the place of these, which lie in a project. What somebody else wrote since they
    /// were read is not lost.
    pub fn write(&self, root: &Path, settings: &Value) -> Result<(), DiskError> {
        file::is_own(root, &self.path)?;
        let text = format!("{settings:#}\n");
        file::rewrite(&self.path, &self.bytes, text.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use serde_json::json;

    use super::*;

    // REQ-181
    #[test]
    fn settings_that_somebody_changed_since_they_were_read_are_not_written_over() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("settings.json");
        let write = |settings: &Settings| settings.write(folder.path(), &json!({"ours": true}));
        let none = Settings::read(&path).unwrap();
        fs::write(&path, "{}").unwrap();
        assert!(matches!(write(&none), Err(DiskError::Changed(_))));
        let read = Settings::read(&path).unwrap();
        fs::write(&path, "{\"theirs\": true}").unwrap();
        assert!(matches!(write(&read), Err(DiskError::Changed(_))));
        assert_eq!(fs::read_to_string(&path).unwrap(), "{\"theirs\": true}");
        write(&Settings::read(&path).unwrap()).unwrap();
        assert_eq!(Settings::read(&path).unwrap().value, Some(json!({"ours": true})));
    }
}
