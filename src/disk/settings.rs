//! Settings of other programs, as JSON: read whole, changed in one place, written whole.

use std::io;
use std::path::Path;

use serde_json::Value;

use super::{DiskError, file};

/// Largest file of settings that is read, in bytes.
const SETTINGS_MAX: u64 = 4 * 1024 * 1024;

/// Reads settings; `None` where there are none yet.
pub fn read_settings(path: &Path) -> Result<Option<Value>, DiskError> {
    let invalid = |error: serde_json::Error| io::Error::new(io::ErrorKind::InvalidData, error);
    match file::read(path, SETTINGS_MAX) {
        Ok(bytes) => serde_json::from_slice(&bytes)
            .map(Some)
            .map_err(|error| DiskError::io("read", path)(invalid(error))),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(DiskError::io("read", path)(error)),
    }
}

/// Writes settings that lie in a project.
pub fn write_settings(root: &Path, path: &Path, settings: &Value) -> Result<(), DiskError> {
    file::write_within(root, path, format!("{settings:#}\n").as_bytes())
}
