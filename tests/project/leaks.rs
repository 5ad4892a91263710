//! Looks for the secrets of a project in all that was shown and kept: after every command, and when the
//! project is dropped.

use std::fs;
use std::path::{Path, PathBuf};

use qms::domain::identity::Token;

/// Longer files hold no secret alone.
const SECRET_MAX: u64 = 256;

/// The secrets of a project, and the files that are there to hold one.
pub struct Secrets {
    texts: Vec<String>,
    files: Vec<PathBuf>,
}

impl Secrets {
    /// Finds the tokens and the project key in a folder.
    pub fn of(folder: &Path) -> Self {
        let mut found = Self { texts: Vec::new(), files: Vec::new() };
        for path in files_in(folder) {
            if !fs::metadata(&path).is_ok_and(|about| about.len() <= SECRET_MAX) {
                continue;
            }
            let Ok(text) = fs::read_to_string(&path) else { continue };
            if let Ok(token) = Token::parse(&text) {
                found.texts.push(qms::domain::digest::to_hex(token.secret()));
                found.files.push(path);
            } else if path.file_name().is_some_and(|name| name == "key") {
                found.texts.push(text.trim().to_owned());
                found.files.push(path);
            }
        }
        found.texts.retain(|text| text.len() == 64);
        found
    }

    /// Checks that a text shows none of them.
    #[track_caller]
    pub fn are_not_in(&self, what: &str, bytes: &[u8]) {
        let text = String::from_utf8_lossy(bytes);
        for secret in &self.texts {
            assert!(!text.contains(secret.as_str()), "{what} holds a secret");
        }
    }

    /// Checks that no file of the folder holds one that is not there for it.
    pub fn are_in_no_file_of(&self, folder: &Path) {
        for path in files_in(folder).into_iter().filter(|path| !self.files.contains(path)) {
            if let Ok(bytes) = fs::read(&path) {
                self.are_not_in(&path.display().to_string(), &bytes);
            }
        }
    }
}

fn files_in(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok) {
            match entry.file_type() {
                Ok(kind) if kind.is_dir() => folders.push(entry.path()),
                Ok(kind) if kind.is_file() => found.push(entry.path()),
                _ => {}
            }
        }
    }
    found
}
