//! Files that are whole or absent, never half, and that replace or remove nothing but what is ours.
//!
//! What is there makes way only where the caller knows it. It is moved to a free name first, is looked at
//! there, and goes last; then it is looked at once more, through a descriptor that is still open. So a save is
//! kept that was complete while the file had a name, whether an editor writes into the file or puts another one
//! in its place. What is written later still, through a descriptor of a file that has no name any more, is lost,
//! as with any file that is removed.

use std::fs::{self, File, Permissions};
use std::io::{self, ErrorKind, Read as _, Seek as _, Write as _};
use std::os::unix::fs::{FileTypeExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, OFlags, RenameFlags, renameat_with};
use rustix::io::Errno;
use tempfile::NamedTempFile;

use super::DiskError;
use crate::domain::digest::{Digest, Digesting};

#[cfg(test)]
mod tests;

/// How the name of a file begins that is still being written.
pub(super) const HALF_WRITTEN: &str = ".qms-";

/// Largest file that can be one of ours, in bytes: a page is a working copy and some lines more.
pub(super) const OURS_MAX: u64 = 64 * 1024 * 1024;

/// How many names are tried for a file that makes way.
const NAMES: u32 = 9999;

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
    let file = written(path, bytes, mode_of(durable), durable)?;
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
    let mode = match look(path, is_ours).map_err(DiskError::io("write", path))? {
        Look::Other => return Ok(Fate::Kept(path.to_owned())),
        Look::Ours(_) if durable => mode_of(durable),
        Look::Ours(file) => file.metadata().map_err(DiskError::io("write", path))?.permissions(),
        Look::Absent => return create(path, bytes, durable),
    };
    let new = written(path, bytes, mode, durable)?;
    let outcome = exchange(path, new, bytes, is_ours).map_err(DiskError::io("write", path))?;
    if durable {
        sync_folder(path).map_err(DiskError::io("write", path))?;
    }
    Ok(outcome)
}

/// Puts a new file in the place of one of ours, which takes its name for as long as it is looked at.
fn exchange(path: &Path, new: NamedTempFile, bytes: &[u8], is_ours: IsOurs<'_>) -> io::Result<Fate> {
    let beside = persist_beside(path, new)?;
    match renameat_with(CWD, &beside, CWD, path, RenameFlags::EXCHANGE) {
        Ok(()) => {}
        Err(Errno::NOENT | Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP) => {
            return give_way(path, &beside, is_ours);
        }
        Err(error) => {
            let _left = fs::remove_file(&beside);
            return Err(error.into());
        }
    }
    match look(&beside, is_ours)? {
        Look::Absent => Ok(Fate::Gone),
        Look::Ours(file) => discard(path, &beside, file, is_ours),
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
fn give_way(path: &Path, beside: &Path, is_ours: IsOurs<'_>) -> io::Result<Fate> {
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
        Look::Ours(file) => discard(path, &old, file, is_ours),
        Look::Other => Ok(Fate::Kept(old)),
    }
}

/// Removes a file where it is one of ours; one that is not there is as good as removed.
pub(super) fn remove(path: &Path, is_ours: IsOurs<'_>) -> Result<Fate, DiskError> {
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
            Look::Ours(file) => discard(path, &aside, file, is_ours),
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
fn discard(path: &Path, aside: &Path, mut file: File, is_ours: IsOurs<'_>) -> io::Result<Fate> {
    fs::remove_file(aside)?;
    file.rewind()?;
    let mut bytes = Vec::new();
    (&mut file).take(OURS_MAX).read_to_end(&mut bytes)?;
    if is_ours(&bytes) {
        return Ok(Fate::Gone);
    }
    let mut saved = tempfile::Builder::new()
        .prefix(HALF_WRITTEN)
        .permissions(file.metadata()?.permissions())
        .tempfile_in(folder(path))?;
    saved.write_all(&bytes)?;
    match saved.persist_noclobber(path) {
        Ok(_) => Ok(Fate::Kept(path.to_owned())),
        Err(error) if error.error.kind() == ErrorKind::AlreadyExists => {
            persist_beside(path, error.file).map(Fate::Kept)
        }
        Err(error) => Err(error.error),
    }
}

/// Moves a file out of the way, to a name that is free, and returns that; `None` where there is no file.
pub(super) fn set_aside(path: &Path) -> Result<Option<PathBuf>, DiskError> {
    move_aside(path).map_err(DiskError::io("set aside", path))
}

fn move_aside(path: &Path) -> io::Result<Option<PathBuf>> {
    for name in names(path) {
        match rename_new(path, &name) {
            Ok(()) => return Ok(Some(name)),
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
    Err(ErrorKind::AlreadyExists.into())
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

/// The names that a file is moved to, beside it: `CR-001.1.old.md` and so on.
fn names(path: &Path) -> impl Iterator<Item = PathBuf> {
    let extension = path.extension().map(|it| format!(".{}", it.to_string_lossy())).unwrap_or_default();
    (1..=NAMES).map(move |number| path.with_extension(format!("{number}.old{extension}")))
}

/// Renames, and replaces nothing.
fn rename_new(from: &Path, to: &Path) -> io::Result<()> {
    match renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE) {
        // Where the system cannot, a second name comes before the first one goes.
        Err(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP) => {
            fs::hard_link(from, to)?;
            fs::remove_file(from)
        }
        renamed => Ok(renamed?),
    }
}

/// What lies at a place.
enum Look {
    Absent,
    Ours(File),
    Other,
}

/// Looks at a place; what cannot be read, or is no file, is not ours.
fn look(path: &Path, is_ours: IsOurs<'_>) -> io::Result<Look> {
    match fs::symlink_metadata(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Look::Absent),
        Err(error) => return Err(error),
        Ok(about) if !about.is_file() || about.len() > OURS_MAX => return Ok(Look::Other),
        Ok(_) => {}
    }
    let never_waits = OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::NOFOLLOW;
    let opened = File::options().read(true).custom_flags(never_waits.bits().cast_signed()).open(path);
    let mut file = match opened {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Look::Absent),
        Err(_) => return Ok(Look::Other),
        Ok(file) => file,
    };
    let mut bytes = Vec::new();
    let is_read =
        is_file(&file.metadata()?).and_then(|()| (&mut file).take(OURS_MAX).read_to_end(&mut bytes));
    Ok(if is_read.is_ok() && is_ours(&bytes) { Look::Ours(file) } else { Look::Other })
}

fn mode_of(durable: bool) -> Permissions {
    Permissions::from_mode(if durable { 0o600 } else { 0o644 })
}

fn sync_folder(path: &Path) -> io::Result<()> {
    File::open(folder(path))?.sync_all()
}

fn folder(path: &Path) -> &Path {
    path.parent().unwrap_or(Path::new("."))
}

/// Writes a file that has no name yet that anybody looks for.
fn written(path: &Path, bytes: &[u8], mode: Permissions, durable: bool) -> Result<NamedTempFile, DiskError> {
    let folder = folder(path);
    fs::create_dir_all(folder).map_err(DiskError::io("create", folder))?;
    let file = tempfile::Builder::new().prefix(HALF_WRITTEN).permissions(mode).tempfile_in(folder);
    let write = |mut file: NamedTempFile| {
        file.write_all(bytes)?;
        if durable {
            file.as_file().sync_all()?;
        }
        Ok(file)
    };
    file.and_then(write).map_err(DiskError::io("write", path))
}

/// Reads a file, and nothing that only looks like one.
pub fn read(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    open(path)?.take(most).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Opens a file to read it piece by piece.
pub fn open_buffered(path: &Path) -> io::Result<io::BufReader<fs::File>> {
    open(path).map(io::BufReader::new)
}

/// Opens a file to read it. A pipe or a terminal would keep whoever reads it waiting; what looks like a
/// file and waits all the same, such as `/proc/kmsg`, fails when it is read.
pub(super) fn open(path: &Path) -> io::Result<fs::File> {
    // Before, since opening alone does something to some devices; after, since it can have been exchanged.
    is_file(&fs::metadata(path)?)?;
    let never_waits = OFlags::NONBLOCK | OFlags::NOCTTY;
    let file = fs::File::options().read(true).custom_flags(never_waits.bits().cast_signed()).open(path)?;
    is_file(&file.metadata()?)?;
    Ok(file)
}

fn is_file(about: &fs::Metadata) -> io::Result<()> {
    let kind = about.file_type();
    let what = match () {
        () if kind.is_file() => return Ok(()),
        () if kind.is_dir() => "it is a folder, not a file",
        () if kind.is_fifo() => "it is a pipe, not a file",
        () if kind.is_socket() => "it is a socket, not a file",
        () => "it is a device, not a file",
    };
    Err(io::Error::new(io::ErrorKind::InvalidInput, what))
}

/// Digests a file of whatever size, and nothing that only looks like a file.
pub fn digest_of(path: &Path) -> io::Result<Digest> {
    let mut file = open(path)?;
    let mut digesting = Digesting::default();
    let mut piece = vec![0; 64 * 1024];
    loop {
        match file.read(&mut piece) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
            Ok(0) => break,
            Ok(read) => drop(digesting.take(piece.get(..read).unwrap_or_default())),
        }
    }
    Ok(digesting.finish())
}

/// Refuses a place in a project that is reached by a link: what it leads to is somebody else's. Where the
/// project itself lies is its user's affair.
pub(super) fn is_own(root: &Path, place: &Path) -> Result<(), DiskError> {
    let below = place.strip_prefix(root).unwrap_or(place);
    let mut reached = root.to_owned();
    for component in below.components() {
        reached.push(component);
        if fs::symlink_metadata(&reached).is_ok_and(|about| about.is_symlink()) {
            return Err(DiskError::Linked(reached));
        }
    }
    Ok(())
}
