//! Files that are whole or absent, never half, and that replace or remove nothing but what is ours.
//!
//! What is there makes way only where the caller knows it. It is moved to a free name first, is looked at
//! there, and goes last; then it is looked at once more, through a descriptor that is still open. So a save is
//! kept that was complete while the file had a name, whether an editor writes into the file or puts another one
//! in its place. What is written later still, through a descriptor of a file that has no name any more, is lost,
//! as with any file that is removed.

use std::ffi::OsStr;
use std::fs::{self, File, Permissions};
use std::io::{self, ErrorKind, Read as _, Seek as _, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, RenameFlags, renameat_with};
use rustix::io::Errno;
use tempfile::NamedTempFile;

use super::aside::{Found, move_aside, names, rename_new};
use super::beside::is_no_place_of_a_store;
use super::lock::{Quiet, Writing};
use super::{DiskError, open};

#[cfg(test)]
mod tests;

/// How the name of a file begins and ends that is still being written, and how many letters and digits are between.
const HALF_WRITTEN: (&str, usize, &str) = (".qms-", 16, ".half");

/// Largest file that can be one of ours, in bytes: a page is a working copy and some lines more.
pub(super) const OURS_MAX: u64 = 64 * 1024 * 1024;

/// What became of what was at a place that was to be written or cleared.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use = "what somebody else put there is still there, and has to be told"]
pub enum Fate {
    /// It was ours, and made way; or nothing was there.
    Gone,
    /// It was something else, or somebody saved in between. It lies here.
    Kept(PathBuf),
}

/// Tells by its bytes whether a file may make way.
type IsOurs<'a> = &'a dyn Fn(&[u8]) -> bool;

/// Writes a file where there is none; of several that try at once, one does. `durable` also waits until it is
/// on the disk, for what cannot be made again, and lets only its owner read it.
pub(super) fn create(path: &Path, bytes: &[u8], durable: bool) -> Result<Fate, DiskError> {
    is_no_place_of_a_store(path).map_err(DiskError::io("write", path))?;
    let folder = folder(path);
    fs::create_dir_all(folder).map_err(DiskError::io("create", folder))?;
    create_while(path, bytes, durable, &Writing::begin(folder)?)
}

fn create_while(path: &Path, bytes: &[u8], durable: bool, writing: &Writing) -> Result<Fate, DiskError> {
    let file = written(path, bytes, mode_of(durable), durable, writing)?;
    match file.persist_noclobber(path) {
        Err(error) if error.error.kind() == ErrorKind::AlreadyExists => {
            return Ok(Fate::Kept(path.to_owned()));
        }
        persisted => persisted.map_err(|error| DiskError::io("write", path)(error.error))?,
    };
    if durable {
        sync_folder(path).map_err(DiskError::io("write", path))?;
    }
    Ok(Fate::Gone)
}

/// Writes a durable file where there is none, which only its owner may read. One that is there stays: it may be
/// the only copy of something.
pub fn write_new(path: &Path, bytes: &[u8]) -> Result<(), DiskError> {
    match create(path, bytes, true)? {
        Fate::Gone => Ok(()),
        Fate::Kept(_) => {
            let why = "there is something already: name another file";
            Err(DiskError::io("write", path)(io::Error::new(ErrorKind::AlreadyExists, why)))
        }
    }
}

/// Writes a file where there is none or one of ours, so that a reader sees the old text or the new one.
/// One for everybody keeps the mode of the old one.
pub(super) fn replace(
    path: &Path,
    bytes: &[u8],
    durable: bool,
    is_ours: IsOurs<'_>,
) -> Result<Fate, DiskError> {
    // What is not there yet may need its folder first.
    if fs::symlink_metadata(path).is_err_and(|error| error.kind() == ErrorKind::NotFound) {
        return create(path, bytes, durable);
    }
    replace_while(path, bytes, durable, is_ours, &Writing::begin(folder(path))?)
}

fn replace_while(
    path: &Path,
    bytes: &[u8],
    durable: bool,
    is_ours: IsOurs<'_>,
    writing: &Writing,
) -> Result<Fate, DiskError> {
    let mode = match look(path, is_ours).map_err(DiskError::io("write", path))? {
        Look::Other => return Ok(Fate::Kept(path.to_owned())),
        Look::Ours(_) if durable => mode_of(durable),
        Look::Ours(file) => file.metadata().map_err(DiskError::io("write", path))?.permissions(),
        Look::Absent => return create_while(path, bytes, durable, writing),
    };
    let new = written(path, bytes, mode, durable, writing)?;
    let outcome = exchange(path, new, bytes, is_ours, writing).map_err(DiskError::io("write", path))?;
    if durable {
        sync_folder(path).map_err(DiskError::io("write", path))?;
    }
    Ok(outcome)
}

/// Writes a file whatever lies at its place: one of ours makes way, and anything else is moved aside. Returns where that
/// lies now. [`DiskError::Changed`] where somebody who knows of no lock is quicker again and again.
pub(super) fn put(
    path: &Path,
    bytes: &[u8],
    durable: bool,
    is_ours: IsOurs<'_>,
    alone: &Quiet,
) -> Result<Option<PathBuf>, DiskError> {
    let mut aside = None;
    for _ in 0..2 {
        if let Fate::Gone = replace_while(path, bytes, durable, is_ours, alone.writing())? {
            return Ok(aside);
        }
        let moved = Found::under(alone, path, |_| true).map(Found::step_aside).transpose()?;
        aside = moved.flatten().or(aside);
    }
    match create_while(path, bytes, durable, alone.writing())? {
        Fate::Gone => Ok(aside),
        Fate::Kept(path) => Err(DiskError::Changed(path)),
    }
}

/// Writes a text in the place of one that was read. What somebody else wrote since then stays.
pub fn rewrite(path: &Path, read: &[u8], text: &[u8]) -> Result<(), DiskError> {
    match replace(path, text, false, &|bytes| bytes == read)? {
        Fate::Gone => Ok(()),
        Fate::Kept(_) => Err(DiskError::Changed(path.to_owned())),
    }
}

/// Puts a new file in the place of one of ours, which takes its name for as long as it is looked at.
fn exchange(
    path: &Path,
    new: NamedTempFile,
    bytes: &[u8],
    is_ours: IsOurs<'_>,
    writing: &Writing,
) -> io::Result<Fate> {
    let beside = persist_beside(path, new)?;
    match renameat_with(CWD, &beside, CWD, path, RenameFlags::EXCHANGE) {
        Ok(()) => {}
        Err(Errno::NOENT | Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP) => {
            return give_way(path, &beside, is_ours, writing);
        }
        Err(error) => {
            let _left = fs::remove_file(&beside);
            return Err(error.into());
        }
    }
    match look(&beside, is_ours)? {
        Look::Absent => Ok(Fate::Gone),
        Look::Ours(file) => discard(path, &beside, file, is_ours, writing),
        // Somebody was quicker: what they wrote goes back, and what is there by now comes here.
        Look::Other => {
            renameat_with(CWD, &beside, CWD, path, RenameFlags::EXCHANGE)?;
            match look(&beside, &|found| found == bytes)? {
                Look::Ours(_) => fs::remove_file(&beside)?,
                Look::Absent | Look::Other => {}
            }
            Ok(Fate::Kept(path.to_owned()))
        }
    }
}

/// As [`exchange`], where the system exchanges no names: for a moment there is no file.
fn give_way(path: &Path, beside: &Path, is_ours: IsOurs<'_>, writing: &Writing) -> io::Result<Fate> {
    let old = move_aside(path)?;
    match rename_new(beside, path) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            fs::remove_file(beside)?;
            return Ok(Fate::Kept(path.to_owned()));
        }
        renamed => renamed?,
    }
    let Some(old) = old else { return Ok(Fate::Gone) };
    match look(&old, is_ours)? {
        Look::Absent => Ok(Fate::Gone),
        Look::Ours(file) => discard(path, &old, file, is_ours, writing),
        Look::Other => Ok(Fate::Kept(old)),
    }
}

/// Removes a file where it is one of ours; one that is not there is as good as removed.
pub(super) fn remove(path: &Path, is_ours: IsOurs<'_>) -> Result<Fate, DiskError> {
    remove_while(path, is_ours, &Writing::begin(folder(path))?)
}

/// As [`remove`], for whoever has begun to write there.
pub(super) fn remove_while(path: &Path, is_ours: IsOurs<'_>, writing: &Writing) -> Result<Fate, DiskError> {
    let remove = || {
        // What is somebody else's is not even moved.
        match look(path, is_ours)? {
            Look::Absent => return Ok(Fate::Gone),
            Look::Other => return Ok(Fate::Kept(path.to_owned())),
            Look::Ours(_) => {}
        }
        let Some(aside) = move_aside(path)? else { return Ok(Fate::Gone) };
        match look(&aside, is_ours)? {
            Look::Absent => Ok(Fate::Gone),
            Look::Ours(file) => discard(path, &aside, file, is_ours, writing),
            Look::Other => match rename_new(&aside, path) {
                Ok(()) => Ok(Fate::Kept(path.to_owned())),
                // A newer one is there, which is not written over.
                Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(Fate::Kept(aside)),
                Err(error) => Err(error),
            },
        }
    };
    remove().map_err(DiskError::io("remove", path))
}

/// Takes a name away that nobody else uses, and looks once more at what it stood for: somebody who had the
/// file open may have written into it since.
fn discard(
    path: &Path,
    aside: &Path,
    mut file: File,
    is_ours: IsOurs<'_>,
    writing: &Writing,
) -> io::Result<Fate> {
    fs::remove_file(aside)?;
    file.rewind()?;
    let mut bytes = Vec::new();
    (&mut file).take(OURS_MAX).read_to_end(&mut bytes)?;
    if is_ours(&bytes) {
        return Ok(Fate::Gone);
    }
    let mut saved = half_written(path, file.metadata()?.permissions(), writing)?;
    saved.write_all(&bytes)?;
    match saved.persist_noclobber(path) {
        Ok(_) => Ok(Fate::Kept(path.to_owned())),
        Err(error) if error.error.kind() == ErrorKind::AlreadyExists => {
            persist_beside(path, error.file).map(Fate::Kept)
        }
        Err(error) => Err(error.error),
    }
}

fn persist_beside(path: &Path, mut file: NamedTempFile) -> io::Result<PathBuf> {
    for name in names(path) {
        match file.persist_noclobber(&name) {
            Ok(_) => return Ok(name),
            Err(error) if error.error.kind() == ErrorKind::AlreadyExists => file = error.file,
            Err(error) => return Err(error.error),
        }
    }
    Err(ErrorKind::AlreadyExists.into())
}

/// What lies at a place.
enum Look {
    Absent,
    Ours(File),
    Other,
}

/// Looks at a place; what is no file is not ours. What cannot be read may be: nothing is said of it.
fn look(path: &Path, is_ours: IsOurs<'_>) -> io::Result<Look> {
    match fs::symlink_metadata(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Look::Absent),
        Err(error) => return Err(error),
        Ok(about) if !about.is_file() || about.len() > OURS_MAX => return Ok(Look::Other),
        Ok(_) => {}
    }
    let mut file = match open::not_linked(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Look::Absent),
        // Something else came there since.
        Err(error)
            if error.kind() == ErrorKind::InvalidInput
                || Errno::from_io_error(&error) == Some(Errno::LOOP) =>
        {
            return Ok(Look::Other);
        }
        opened => opened?,
    };
    let mut bytes = Vec::new();
    (&mut file).take(OURS_MAX).read_to_end(&mut bytes)?;
    Ok(if is_ours(&bytes) { Look::Ours(file) } else { Look::Other })
}

/// Reads a file that is one of ours.
pub(super) fn read_own(path: &Path, is_ours: IsOurs<'_>) -> Option<Vec<u8>> {
    let Look::Ours(mut file) = look(path, is_ours).ok()? else { return None };
    let mut bytes = Vec::new();
    file.rewind().ok()?;
    file.take(OURS_MAX).read_to_end(&mut bytes).ok()?;
    Some(bytes)
}

fn mode_of(durable: bool) -> Permissions {
    Permissions::from_mode(if durable { 0o600 } else { 0o644 })
}

fn sync_folder(path: &Path) -> io::Result<()> {
    open::sync_folder(folder(path))
}

pub(super) fn folder(path: &Path) -> &Path {
    path.parent().unwrap_or(Path::new("."))
}

/// Makes a file beside another, of a name that only this program gives.
fn half_written(path: &Path, mode: Permissions, _writing: &Writing) -> io::Result<NamedTempFile> {
    let (prefix, random, suffix) = HALF_WRITTEN;
    let mut builder = tempfile::Builder::new();
    builder.prefix(prefix).rand_bytes(random).suffix(suffix).permissions(mode).tempfile_in(folder(path))
}

/// Names a folder of what is being made, for an id that is like no other.
pub(super) fn half_written_folder(within: &Path, id: &str) -> PathBuf {
    let (prefix, random, suffix) = HALF_WRITTEN;
    within.join(format!("{prefix}{}{suffix}", id.get(..random).unwrap_or(id)))
}

/// Tells whether a file or folder has a name that only this program gives, to what it is still writing.
pub(super) fn is_half_written(path: &Path) -> bool {
    let (prefix, random, suffix) = HALF_WRITTEN;
    let name = path.file_name().and_then(OsStr::to_str);
    let middle = name.and_then(|name| name.strip_prefix(prefix)?.strip_suffix(suffix));
    middle.is_some_and(|it| it.len() == random && it.bytes().all(|byte| byte.is_ascii_alphanumeric()))
}

/// Writes a file that has no name yet that anybody looks for.
fn written(
    path: &Path,
    bytes: &[u8],
    mode: Permissions,
    durable: bool,
    writing: &Writing,
) -> Result<NamedTempFile, DiskError> {
    let file = half_written(path, mode, writing);
    let write = |mut file: NamedTempFile| {
        file.write_all(bytes)?;
        if durable {
            file.as_file().sync_all()?;
        }
        Ok(file)
    };
    file.and_then(write).map_err(DiskError::io("write", path))
}

/// Refuses a folder in a project that is reached by a link, or is one, or by something else that is no folder.
pub(super) fn is_own_folder(root: &Path, folder: &Path) -> Result<(), DiskError> {
    is_own(root, &folder.join("any"))
}

/// Refuses a place in a project that is reached by a link: what it leads to is somebody else's. Where the
/// project itself lies is its user's affair.
pub(super) fn is_own(root: &Path, place: &Path) -> Result<(), DiskError> {
    let below = place.strip_prefix(root).unwrap_or(place);
    let mut reached = root.to_owned();
    for component in below.components() {
        reached.push(component);
        match fs::symlink_metadata(&reached) {
            Ok(about) if about.is_symlink() => return Err(DiskError::Linked(reached)),
            Ok(about) if !about.is_dir() && reached != place => return Err(DiskError::InTheWay(reached)),
            _ => {}
        }
    }
    Ok(())
}
