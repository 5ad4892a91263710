//! Files that are whole or absent, never half.

use std::fs;
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{FileTypeExt as _, OpenOptionsExt as _};
use std::path::Path;

use rustix::fs::OFlags;
use tempfile::{NamedTempFile, PersistError};

use super::DiskError;
use crate::domain::digest::Digest;

/// How the name of a file begins that is still being written.
pub(super) const HALF_WRITTEN: &str = ".qms-";

/// Writes a file so that a reader sees the old text or the new one, whatever happens in between.
/// `durable` also waits until it is on the disk, for what cannot be made again.
pub(super) fn write(path: &Path, bytes: &[u8], durable: bool) -> Result<(), DiskError> {
    put(path, bytes, durable, |file| file.persist(path))
}

/// Writes a durable file where there is none; of several that try at once, one does.
pub fn write_new(path: &Path, bytes: &[u8]) -> Result<(), DiskError> {
    put(path, bytes, true, |file| file.persist_noclobber(path))
}

fn put(
    path: &Path,
    bytes: &[u8],
    durable: bool,
    persist: impl FnOnce(NamedTempFile) -> Result<fs::File, PersistError>,
) -> Result<(), DiskError> {
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder).map_err(DiskError::io("create", folder))?;
    let mut file = tempfile::Builder::new()
        .prefix(HALF_WRITTEN)
        .permissions(mode(durable))
        .tempfile_in(folder)
        .map_err(DiskError::io("write", path))?;
    file.write_all(bytes).map_err(DiskError::io("write", path))?;
    if durable {
        file.as_file().sync_all().map_err(DiskError::io("write", path))?;
    }
    persist(file).map_err(|error| DiskError::io("write", path)(error.error))?;
    if durable {
        fs::File::open(folder).and_then(|it| it.sync_all()).map_err(DiskError::io("write", folder))?;
    }
    Ok(())
}

/// Reads a file, and nothing that only looks like one.
pub fn read(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    open(path)?.take(most).read_to_end(&mut bytes)?;
    Ok(bytes)
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
    let mut context = ring::digest::Context::new(&ring::digest::SHA256);
    let mut piece = vec![0; 64 * 1024];
    loop {
        match file.read(&mut piece) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
            Ok(0) => break,
            Ok(read) => context.update(piece.get(..read).unwrap_or_default()),
        }
    }
    let mut digest = [0; 32];
    digest.copy_from_slice(context.finish().as_ref());
    Ok(Digest::from_bytes(digest))
}

/// Only the key is written durably, and only its owner may read it.
fn mode(durable: bool) -> fs::Permissions {
    use std::os::unix::fs::PermissionsExt as _;
    fs::Permissions::from_mode(if durable { 0o600 } else { 0o644 })
}

/// Writes a file of a project; see [`write()`].
pub(super) fn write_within(root: &Path, path: &Path, bytes: &[u8]) -> Result<(), DiskError> {
    is_own(root, path.parent().unwrap_or(root))?;
    write(path, bytes, false)
}

/// Removes a file of a project; see [`remove`].
pub(super) fn remove_within(root: &Path, path: &Path) -> Result<(), DiskError> {
    is_own(root, path.parent().unwrap_or(root))?;
    remove(path)
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

/// Removes a file; one that is not there is as good as removed.
pub(super) fn remove(path: &Path) -> Result<(), DiskError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(DiskError::io("remove", path)(error))
        }
        _ => Ok(()),
    }
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
        assert!(digest_of(Path::new("/")).is_err() && digest_of(Path::new("/dev/zero")).is_err());
    }
}
