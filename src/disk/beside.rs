//! The files that SQLite keeps beside the store. It takes whatever lies at their places for its own, and removes it: so it is
//! looked at before the store is opened, and nothing else is written there.

use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use super::{DiskError, Site, open};

/// The name of the store.
pub(super) const STORE: &str = "qms.db";

/// The ends of the names of the files beside it, and what such a file can begin with: the magic numbers of
/// <https://www.sqlite.org/fileformat.html>, or nothing but zeros, where it is new or was cut short.
const BESIDE: [(&str, &[&[u8]]); 3] = [
    ("-wal", &[&[0x37, 0x7f, 0x06, 0x82], &[0x37, 0x7f, 0x06, 0x83]]),
    ("-shm", &[&3_007_000_u32.to_ne_bytes()]),
    ("-journal", &[&[0xd9, 0xd5, 0x05, 0xf9, 0x20, 0xa1, 0x63, 0xd7]]),
];

/// How much of a file is looked at, in bytes: the longest magic number.
const BEGINNING: u64 = 8;

impl Site {
    /// Finds what lies beside the store, where SQLite keeps its own files, and is none of them.
    pub(super) fn beside_store(&self) -> Result<(), DiskError> {
        for (end, magic) in BESIDE {
            let path = self.private().join(format!("{STORE}{end}"));
            let Ok(about) =
                fs::symlink_metadata(&path).and_then(|about| open::is_file(&about).map(|()| about))
            else {
                continue;
            };
            if about.len() > 0 && is_foreign(&path, magic) {
                let why = "it is no file of SQLite".to_owned();
                return Err(DiskError::BesideStore { path, why });
            }
        }
        Ok(())
    }
}

/// Tells whether a file begins with something else. SQLite cuts one that was left to three bytes before it goes on with it.
/// Once this process has opened the store it is SQLite's alone, and was looked at before.
fn is_foreign(path: &Path, magic: &[&[u8]]) -> bool {
    let Ok(beginning) = open::beginning(path, BEGINNING) else { return false };
    let is_blank = beginning.iter().all(|byte| *byte == 0);
    !is_blank && !magic.iter().any(|magic| beginning.starts_with(magic) || magic.starts_with(&beginning))
}

/// Refuses a place where SQLite keeps a file of a store, of whichever project.
pub(super) fn is_no_place_of_a_store(path: &Path) -> io::Result<()> {
    let folder = path.parent().and_then(|folder| fs::canonicalize(folder).ok()).unwrap_or_default();
    let ends = BESIDE.iter().map(|(end, _)| *end).chain([""]);
    let mut places = ends.map(|end| PathBuf::from(format!("{STORE}{end}")));
    if folder.ends_with(".qms") && places.any(|place| path.file_name() == Some(place.as_os_str())) {
        let why = "it is the place of a file of the store, which SQLite alone writes: name another file";
        return Err(io::Error::new(ErrorKind::PermissionDenied, why));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    // REQ-142, REQ-261
    #[test]
    fn what_lies_at_a_place_of_sqlite_and_is_not_its_own_is_known_by_how_it_begins() {
        let folder = tempfile::tempdir().unwrap();
        let site = Site::unmarked(folder.path());
        fs::create_dir(site.private()).unwrap();
        let texts: [&[u8]; 5] = [b"M", b"MY OWN NOTES", b"qms_0123", b"\0\0\0\x01", b"SQLite format 3\0"];
        for (end, magic) in BESIDE {
            let path = site.private().join(format!("{STORE}{end}"));
            let is_found = |bytes: &[u8]| {
                fs::write(&path, bytes).unwrap();
                let is_named =
                    matches!(site.beside_store(), Err(DiskError::BesideStore { path: it, .. }) if it == path);
                fs::remove_file(&path).unwrap();
                is_named
            };
            assert!(texts.iter().all(|text| is_found(text)), "{end}");
            let blank: [&[u8]; 3] = [b"", &[0; 3], &[0; 40]];
            for own in magic.iter().copied().chain(blank) {
                let cut = own.get(..3).unwrap_or_default();
                let made = [own, &[own, &[0; 40]].concat(), cut];
                assert!(made.iter().all(|bytes| !is_found(bytes)), "{end} {own:?}");
            }
        }
    }
}
