//! The one place where files are opened. Anything can lie where a file is expected: nothing here waits for what it
//! opens, uses anything but a file, or reads more than the caller has use for. Nor is a file of the store opened: the
//! locks of SQLite are those of the process, which loses all that it has of a file when it closes that file once.

use std::fs::{self, File, Metadata, OpenOptions, TryLockError};
use std::io::{self, BufReader, ErrorKind, Read as _};
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use rustix::fs::{FlockOperation, OFlags};
use rustix::io::Errno;

use crate::domain::digest::{Digest, Digesting};
use crate::domain::size;

/// Largest file that is digested, in bytes: 4 GiB. Adopted programs are the largest that are, and a file can claim
/// any size without taking room on the disk.
const DIGESTED_MAX: u64 = 4 * 1024 * 1024 * 1024;

/// The databases that this process has given to SQLite.
static DATABASES: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());

/// What the names of the files of a database end in.
const FILES_OF_DATABASE: &[&str] = &["", "-wal", "-shm", "-journal"];

/// Leaves the files of a database to SQLite from here on.
pub(super) fn leave_to_sqlite(database: &Path) {
    let mut left = DATABASES.lock().unwrap_or_else(PoisonError::into_inner);
    if !left.iter().any(|known| known == database) {
        left.push(database.to_owned());
    }
}

/// Refuses a file of the store, by whatever name or link.
fn is_not_sqlites(about: &Metadata) -> io::Result<()> {
    let left = DATABASES.lock().unwrap_or_else(PoisonError::into_inner);
    let files = left.iter().flat_map(|database| {
        FILES_OF_DATABASE.iter().map(|end| {
            let mut name = database.clone().into_os_string();
            name.push(end);
            PathBuf::from(name)
        })
    });
    let is_it = |it: Metadata| (it.dev(), it.ino()) == (about.dev(), about.ino());
    if files.map(fs::metadata).filter_map(Result::ok).any(is_it) {
        let why = "it is a file of the store, which SQLite alone opens";
        return Err(io::Error::new(ErrorKind::PermissionDenied, why));
    }
    Ok(())
}

/// Reads the beginning of a file, at most so many bytes.
pub fn beginning(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    for_reading(path)?.take(most).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Reads a whole file. One with more than `most` bytes is refused unread ([`ErrorKind::FileTooLarge`]).
pub fn whole(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    let too_large = || {
        let why = format!("it has more than {}", size::shown(most));
        io::Error::new(ErrorKind::FileTooLarge, why)
    };
    let file = for_reading(path)?;
    if file.metadata()?.len() > most {
        return Err(too_large());
    }
    let mut bytes = Vec::new();
    // It can have grown since.
    file.take(most.saturating_add(1)).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > most { Err(too_large()) } else { Ok(bytes) }
}

/// Opens a file to read it piece by piece.
pub fn buffered(path: &Path) -> io::Result<BufReader<File>> {
    for_reading(path).map(BufReader::new)
}

/// Digests a file.
pub fn digest_of(path: &Path) -> io::Result<Digest> {
    let file = for_reading(path)?;
    if file.metadata()?.len() > DIGESTED_MAX {
        let why = format!("it has more than {}", size::shown(DIGESTED_MAX));
        return Err(io::Error::new(ErrorKind::FileTooLarge, why));
    }
    let mut file = file.take(DIGESTED_MAX);
    let mut digesting = Digesting::default();
    let mut piece = vec![0; 64 * 1024];
    loop {
        match file.read(&mut piece) {
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
            Ok(0) => break,
            Ok(read) => drop(digesting.take(piece.get(..read).unwrap_or_default())),
        }
    }
    Ok(digesting.finish())
}

/// Opens a file to read it.
pub(super) fn for_reading(path: &Path) -> io::Result<File> {
    let about = fs::metadata(path)?;
    is_file(&about)?;
    is_not_sqlites(&about)?;
    open(path, File::options().read(true), OFlags::empty())
}

/// Opens a file to read it, and not what a link leads to.
pub(super) fn not_linked(path: &Path) -> io::Result<File> {
    let about = fs::symlink_metadata(path)?;
    is_file(&about)?;
    is_not_sqlites(&about)?;
    open(path, File::options().read(true), OFlags::NOFOLLOW)
}

/// Opens a file to lock it, and makes it where there is none. Nothing is ever written into it.
pub(super) fn to_lock(path: &Path) -> io::Result<File> {
    or_new(path, File::options().write(true).truncate(false))
}

/// Opens a file to write at its end, and makes it where there is none, for its owner alone.
pub(super) fn to_append(path: &Path) -> io::Result<File> {
    or_new(path, File::options().append(true).mode(0o600))
}

fn or_new(path: &Path, options: &mut OpenOptions) -> io::Result<File> {
    match fs::symlink_metadata(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        about => {
            let about = about?;
            is_file(&about)?;
            is_not_sqlites(&about)?;
        }
    }
    open(path, options.create(true), OFlags::NOFOLLOW)
}

/// Makes a file where there is none, and locks it. Between the two somebody who tidies up can have it, and take it
/// away: then there is `None`.
pub(super) fn new_locked(path: &Path) -> io::Result<Option<File>> {
    let file = File::create_new(path)?;
    let is_had = file.try_lock().is_ok() && is_at(&file, path);
    Ok(is_had.then_some(file))
}

/// Locks a file that is there. `None` where somebody has it, or has taken it away meanwhile.
pub(super) fn locked(path: &Path) -> io::Result<Option<File>> {
    let file = not_linked(path)?;
    match file.try_lock() {
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => Err(error),
        Ok(()) => Ok(is_at(&file, path).then_some(file)),
    }
}

/// Locks the file of a database as SQLite locks it, against all who have it open. `None` where anybody has. SQLite's
/// locks go with any closed descriptor of the file in this process: no store is open in it yet.
pub(super) fn as_sqlite_locks(database: &Path) -> io::Result<Option<File>> {
    let about = fs::symlink_metadata(database)?;
    is_file(&about)?;
    is_not_sqlites(&about)?;
    let file = open(database, File::options().read(true).write(true), OFlags::NOFOLLOW)?;
    match rustix::fs::fcntl_lock(&file, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok(is_at(&file, database).then_some(file)),
        Err(Errno::AGAIN | Errno::ACCESS) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Tells whether an open file lies at a path.
pub(super) fn is_at(file: &File, path: &Path) -> bool {
    is_same(file, fs::symlink_metadata(path))
}

/// Tells whether a path leads to an open folder.
pub(super) fn is_folder_at(folder: &File, path: &Path) -> bool {
    is_same(folder, fs::metadata(path))
}

fn is_same(file: &File, found: io::Result<Metadata>) -> bool {
    let place = |about: Metadata| (about.dev(), about.ino());
    file.metadata().ok().map(place) == found.ok().map(place)
}

/// Opens a pipe that is inherited, to read what is in it.
pub(super) fn inherited_pipe(path: &Path) -> io::Result<File> {
    File::options().read(true).custom_flags(flags(OFlags::empty())).open(path)
}

/// Opens a folder, to lock it or to wait for it.
pub(super) fn folder(path: &Path) -> io::Result<File> {
    File::options().read(true).custom_flags(flags(OFlags::DIRECTORY)).open(path)
}

/// Waits until the names in a folder are on the disk.
pub(super) fn sync_folder(path: &Path) -> io::Result<()> {
    folder(path)?.sync_all()
}

/// A file that looks like one and waits all the same, such as `/proc/kmsg`, fails when it is read.
fn open(path: &Path, options: &mut OpenOptions, more: OFlags) -> io::Result<File> {
    // Callers have looked before, since opening alone does something to some devices; it can have been exchanged.
    let file = options.custom_flags(flags(more)).open(path)?;
    is_file(&file.metadata()?)?;
    Ok(file)
}

/// A pipe or a terminal would keep its reader waiting.
fn flags(more: OFlags) -> i32 {
    (OFlags::NONBLOCK | OFlags::NOCTTY | more).bits().cast_signed()
}

/// Says what something is that is no file.
pub(super) fn is_file(about: &Metadata) -> io::Result<()> {
    let kind = about.file_type();
    let what = match () {
        () if kind.is_file() => return Ok(()),
        () if kind.is_dir() => "it is a folder, not a file",
        () if kind.is_symlink() => "it is a link, not a file",
        () if kind.is_fifo() => "it is a pipe, not a file",
        () if kind.is_socket() => "it is a socket, not a file",
        () => "it is a device, not a file",
    };
    Err(io::Error::new(ErrorKind::InvalidInput, what))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_large_file_is_digested_like_its_bytes() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let bytes: Vec<u8> = (0..200_000_u32).map(|number| number.to_le_bytes()[0]).collect();
        fs::write(file.path(), &bytes).unwrap();
        assert_eq!(digest_of(file.path()).unwrap(), Digest::of(&bytes));
    }

    // REQ-128
    #[test]
    fn a_file_of_the_store_is_opened_by_nothing_else_whatever_its_name() {
        let folder = tempfile::tempdir().unwrap();
        let place = |name: &str| folder.path().join(name);
        let database = place("qms.db");
        let own = ["qms.db", "qms.db-wal", "qms.db-shm", "qms.db-journal"].map(place);
        for (number, file) in own.iter().enumerate() {
            fs::write(file, "store").unwrap();
            fs::hard_link(file, place(&format!("hard-{number}"))).unwrap();
            std::os::unix::fs::symlink(file, place(&format!("soft-{number}"))).unwrap();
        }
        fs::write(place("qms.db.txt"), "other").unwrap();
        assert!(own.iter().all(|file| whole(file, 9).is_ok()));
        leave_to_sqlite(&database);
        for entry in fs::read_dir(folder.path()).unwrap() {
            let path = entry.unwrap().path();
            let is_other = path.ends_with("qms.db.txt");
            let opened = [
                for_reading(&path).is_ok(),
                to_lock(&path).is_ok(),
                whole(&path, 9).is_ok(),
                beginning(&path, 9).is_ok(),
                digest_of(&path).is_ok(),
                buffered(&path).is_ok(),
                not_linked(&path).is_ok(),
            ];
            assert_eq!(opened, [is_other; 7], "{}", path.display());
        }
    }

    // REQ-134, REQ-259
    #[test]
    fn what_is_no_file_or_is_too_large_is_opened_by_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let [pipe, large, link] = ["pipe", "large", "link"].map(|name| folder.path().join(name));
        let mode = rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR;
        rustix::fs::mknodat(rustix::fs::CWD, &pipe, rustix::fs::FileType::Fifo, mode, 0).unwrap();
        File::create(&large).unwrap().set_len(1 << 40).unwrap();
        std::os::unix::fs::symlink(&large, &link).unwrap();
        let kind = |error: Option<io::Error>| error.map(|error| error.kind());
        for place in [pipe.as_path(), folder.path(), Path::new("/dev/zero"), Path::new("/dev/ptmx")] {
            let errors = [
                for_reading(place).err(),
                not_linked(place).err(),
                to_lock(place).err(),
                whole(place, 9).err(),
                beginning(place, 9).err(),
                digest_of(place).err(),
                buffered(place).err(),
            ];
            for error in errors {
                assert_eq!(kind(error), Some(ErrorKind::InvalidInput), "{}", place.display());
            }
        }
        assert!([not_linked(&link).err(), to_lock(&link).err()].into_iter().all(|error| error.is_some()));
        assert_eq!(kind(whole(&large, 9).err()), Some(ErrorKind::FileTooLarge));
        assert_eq!(kind(digest_of(&large).err()), Some(ErrorKind::FileTooLarge));
        assert_eq!(beginning(&large, 9).unwrap(), [0; 9]);
    }
}
