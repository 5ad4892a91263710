//! Files that hold a secret: only their owner may read them, and only then are they believed.

use std::fs;
use std::io::{self, Read as _};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use super::lock::Quiet;
use super::{DiskError, Fate, KeyPlace, Site, file, open};
use crate::domain::encoding;
use crate::domain::id::{CredentialId, UserName};
use crate::domain::identity::Token;

/// Longest secret that is read, in bytes; a sealed key is less than one thousand.
const SECRET_MAX: u64 = 16 * 1024;

/// Reads a file that holds a secret. One that others could read, or that is not ours, is refused.
pub fn read_secret(path: &Path) -> Result<String, DiskError> {
    let exposed = |why| DiskError::Exposed { path: path.to_owned(), why };
    let file = open::for_reading(path).map_err(DiskError::io("read", path))?;
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
    let mut bytes = Vec::new();
    file.take(SECRET_MAX).read_to_end(&mut bytes).map_err(DiskError::io("read", path))?;
    let text = encoding::text(&bytes).map_err(DiskError::not_text(path))?;
    // A mark that an editor put there belongs to no secret.
    Ok(text.strip_prefix('\u{feff}').unwrap_or(text).to_owned())
}

/// Takes back a secret that was written and counts for nothing; what somebody else put there stays.
pub fn take_back_secret(path: &Path, text: &str) {
    let _left = file::remove(path, &|bytes| bytes == text.as_bytes());
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

    /// Takes away what this process made for a project that it could not found.
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
        let before = open::whole(&path, SECRET_MAX).ok();
        file::write_new(&staged, text.as_bytes())?;
        Ok(StagedKey { staged, path, text: text.to_owned(), before })
    }

    /// Puts a key in its place that whoever made it left beside it, where `counts` says that it counts. What
    /// is there counts no longer; it is moved aside.
    pub fn settle_left(&self, user: &UserName, mut counts: impl FnMut(&CredentialId) -> bool) {
        let beginning = format!("{user}.key-");
        for entry in fs::read_dir(&self.config).into_iter().flatten().filter_map(Result::ok) {
            let name = entry.file_name();
            let key = name.to_str().and_then(|name| name.strip_prefix(&beginning));
            let key = key.and_then(|key| CredentialId::parse(key).ok()).filter(|key| counts(key));
            let Some(text) = key.and_then(|_| open::whole(&entry.path(), SECRET_MAX).ok()) else { continue };
            let Ok(alone) = Quiet::to_write(&self.config) else { continue };
            let is_it = |bytes: &[u8]| bytes == text.as_slice();
            if file::put(&self.key_path(user), &text, true, &is_it, &alone).is_ok() {
                let _left = file::remove_while(&entry.path(), &is_it, alone.writing());
            }
        }
    }

    /// Reads what stands for an open key at a terminal, if there is anything.
    pub fn read_unlock(&self, terminal: &str) -> Result<Option<String>, DiskError> {
        found(read_secret(&self.unlock_path(terminal)))
    }

    /// Lets a token stand for an open key at a terminal, in the place of another token.
    pub fn write_unlock(&self, terminal: &str, token: &str) -> Result<(), DiskError> {
        let path = self.unlock_path(terminal);
        let is_token = |bytes: &[u8]| str::from_utf8(bytes).is_ok_and(|text| Token::parse(text).is_ok());
        match file::replace(&path, token.as_bytes(), true, &is_token)? {
            Fate::Gone => Ok(()),
            Fate::Kept(_) => Err(DiskError::Changed(path)),
        }
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
    text: String,
    before: Option<Vec<u8>>,
}

impl StagedKey {
    /// Puts it in the place of the one before it, and returns where it lies. Another one that came there in
    /// between stays: then this one stays beside it, and whoever uses it next finds out which of them counts.
    pub fn settle(mut self) -> Result<PathBuf, DiskError> {
        let known = [self.before.take().unwrap_or_default(), self.text.clone().into_bytes()];
        let is_known = |bytes: &[u8]| known.iter().any(|known| known == bytes);
        match file::replace(&self.path, self.text.as_bytes(), true, &is_known)? {
            Fate::Gone => Ok(self.path.clone()),
            Fate::Kept(_) => {
                // What is dropped takes no file away that says anything.
                self.text.clear();
                Ok(self.staged.clone())
            }
        }
    }
}

impl Drop for StagedKey {
    fn drop(&mut self) {
        let _settled = file::remove(&self.staged, &|bytes| bytes == self.text.as_bytes());
    }
}

fn found(read: Result<String, DiskError>) -> Result<Option<String>, DiskError> {
    match read {
        Ok(text) => Ok(Some(text)),
        Err(DiskError::Io { source, .. }) if source.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // REQ-181
    #[test]
    fn of_two_keys_made_at_once_none_is_lost_and_the_one_that_counts_is_found() {
        for counting in ["00000000000000aa", "00000000000000bb"] {
            let folder = tempfile::tempdir().unwrap();
            let keyring = Keyring { config: folder.path().into(), state: folder.path().into() };
            let user: UserName = "ines".parse().unwrap();
            let ids = ["00000000000000aa", "00000000000000bb"].map(|id| CredentialId::parse(id).unwrap());
            let text = |id: &CredentialId| format!("sealed {id}");
            fs::write(keyring.key_path(&user), "the one before").unwrap();
            let [first, second] = ids.each_ref().map(|id| keyring.stage_key(&user, id, &text(id)).unwrap());
            // Who registers first does not have to settle first.
            assert_eq!(second.settle().unwrap(), keyring.key_path(&user));
            assert_ne!(first.settle().unwrap(), keyring.key_path(&user));
            keyring.settle_left(&user, |id| id.as_str() == counting);
            let found: Vec<String> = fs::read_dir(&folder)
                .unwrap()
                .map(|file| fs::read_to_string(file.unwrap().path()).unwrap())
                .collect();
            for id in &ids {
                assert!(found.contains(&text(id)), "{found:?}");
            }
            let in_place = fs::read_to_string(keyring.key_path(&user)).unwrap();
            assert_eq!(in_place, format!("sealed {counting}"));
        }
    }
}
