//! Files that hold a secret: only their owner may read them, and only then are they believed.

use std::fs;
use std::io::{self, Read as _};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use super::{DiskError, KeyPlace, Site, file};
use crate::domain::id::{CredentialId, UserName};

/// Longest secret that is read, in bytes; a sealed key is less than one thousand.
const SECRET_MAX: u64 = 16 * 1024;

/// Reads a file that holds a secret. One that others could read, or that is not ours, is refused.
pub fn read_secret(path: &Path) -> Result<String, DiskError> {
    let exposed = |why| DiskError::Exposed { path: path.to_owned(), why };
    let file = file::open(path).map_err(DiskError::io("read", path))?;
    let about = file.metadata().map_err(DiskError::io("read", path))?;
    if about.permissions().mode() & 0o077 != 0 {
        return Err(exposed("can be read by others: chmod 600"));
    }
    // Where the system does not say who runs this, whoever owns the folder stands in.
    let folder = path.parent().unwrap_or(Path::new("."));
    let own = fs::metadata("/proc/self").or_else(|_| fs::metadata(folder));
    if about.uid() != own.map_err(DiskError::io("open", folder))?.uid() {
        return Err(exposed("belongs to another user"));
    }
    let mut text = String::new();
    file.take(SECRET_MAX).read_to_string(&mut text).map_err(DiskError::io("read", path))?;
    Ok(text)
}

/// Writes a secret into a file of its own. One that is there already stays: it may be the only copy.
pub fn write_secret(path: &Path, text: &str) -> Result<(), DiskError> {
    file::write_new(path, text.as_bytes()).map_err(|error| match error {
        DiskError::Io { action, path, source } if source.kind() == io::ErrorKind::AlreadyExists => {
            let why = "there is something already: name another file";
            let source = io::Error::new(io::ErrorKind::AlreadyExists, why);
            DiskError::Io { action, path, source }
        }
        other => other,
    })
}

/// Where the people of this machine keep what they present to one project.
#[derive(Debug, Clone)]
pub struct Keyring {
    config: PathBuf,
    state: PathBuf,
}

impl Keyring {
    /// Finds the place for a project; `None` where the system has no home for it.
    pub fn of(site: &Site, place: &KeyPlace) -> Option<Self> {
        let folder = |home: &PathBuf| home.join("qms").join(site.id());
        let (config, state) = (place.config_home.as_ref()?, place.state_home.as_ref()?);
        Some(Self { config: folder(config), state: folder(state) })
    }

    /// Takes away what was made for a project that could not be founded.
    pub fn unmake(&self) {
        let _left = fs::remove_dir_all(&self.config);
    }

    /// Returns where the sealed key of a user lies.
    pub fn key_path(&self, user: &UserName) -> PathBuf {
        self.config.join(format!("{user}.key"))
    }

    /// Returns where the token of a user lies who wanted no passphrase. It is never looked for there.
    pub fn token_path(&self, user: &UserName) -> PathBuf {
        self.config.join(format!("{user}.token"))
    }

    /// Reads the sealed key of a user, if there is one.
    pub fn read_key(&self, user: &UserName) -> Result<Option<String>, DiskError> {
        found(read_secret(&self.key_path(user)))
    }

    /// Writes a sealed key beside the one before it, until it is known to count.
    pub fn stage_key(&self, user: &UserName, key: &CredentialId, text: &str) -> Result<StagedKey, DiskError> {
        // Of a name of its own: two that make a key at once do not take one another's.
        let (path, staged) = (self.key_path(user), self.config.join(format!("{user}.key-{key}")));
        file::write(&staged, text.as_bytes(), true)?;
        Ok(StagedKey { staged, path })
    }

    /// Puts a key in its place that whoever made it left beside it, where `counts` says that it counts.
    pub fn settle_left(&self, user: &UserName, mut counts: impl FnMut(&CredentialId) -> bool) {
        let beginning = format!("{user}.key-");
        for entry in fs::read_dir(&self.config).into_iter().flatten().filter_map(Result::ok) {
            let name = entry.file_name();
            let key = name.to_str().and_then(|name| name.strip_prefix(&beginning));
            if key.and_then(|key| CredentialId::parse(key).ok()).is_some_and(|key| counts(&key)) {
                let _settled = fs::rename(entry.path(), self.key_path(user));
            }
        }
    }

    /// Reads what stands for an open key at a terminal, if there is anything.
    pub fn read_unlock(&self, terminal: &str) -> Result<Option<String>, DiskError> {
        found(read_secret(&self.unlock_path(terminal)))
    }

    /// Lets a token stand for an open key at a terminal.
    pub fn write_unlock(&self, terminal: &str, token: &str) -> Result<(), DiskError> {
        file::write(&self.unlock_path(terminal), token.as_bytes(), true)
    }

    /// Takes away what stands for an open key at a terminal.
    pub fn remove_unlock(&self, terminal: &str) -> Result<(), DiskError> {
        file::remove(&self.unlock_path(terminal))
    }

    fn unlock_path(&self, terminal: &str) -> PathBuf {
        self.state.join("unlocked").join(terminal)
    }
}

/// A sealed key that does not count yet. Dropping it takes it away.
#[derive(Debug)]
#[must_use = "a key that was registered and is not settled is lost"]
pub struct StagedKey {
    staged: PathBuf,
    path: PathBuf,
}

impl StagedKey {
    /// Puts it in the place of the one before it, and returns where.
    pub fn settle(self) -> Result<PathBuf, DiskError> {
        match fs::rename(&self.staged, &self.path) {
            // Whoever used it meanwhile put it there.
            Err(error) if error.kind() == io::ErrorKind::NotFound && self.path.exists() => {}
            renamed => renamed.map_err(DiskError::io("write", &self.path))?,
        }
        Ok(self.path.clone())
    }
}

impl Drop for StagedKey {
    fn drop(&mut self) {
        let _settled = fs::remove_file(&self.staged);
    }
}

fn found(read: Result<String, DiskError>) -> Result<Option<String>, DiskError> {
    match read {
        Ok(text) => Ok(Some(text)),
        Err(DiskError::Io { source, .. }) if source.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}
