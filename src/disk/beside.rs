//! The files that SQLite keeps beside the store. It takes whatever lies at their places for its own, and removes it: so it is
//! looked at before the store is opened, and nothing else is written there.

use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use super::aside::Found;
use super::lock::Closed;
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

/// What lies beside a store in its way, while nobody has the store open.
#[derive(Debug)]
pub struct BesideStore {
    site: Site,
    closed: Closed,
}

impl BesideStore {
    /// Takes the store of the project at `root`, which cannot be opened yet: [`DiskError::Busy`] where a process has it
    /// open all the same, since before that came there.
    pub fn take(root: &Path) -> Result<Self, DiskError> {
        let site = Site::configured(root)?;
        let closed = Closed::take(&site.private().join(STORE))?;
        match site.is_where_it_lies() {
            Ok(()) | Err(DiskError::BesideStore { .. }) => Ok(Self { site, closed }),
            Err(error) => Err(error),
        }
    }

    /// Looks what is in the way; from when the store is open on, that is not looked at any more.
    pub fn found(&self) -> InTheWay<'_> {
        let found = foreign(self.closed.database());
        let found = found.filter_map(|(path, _)| Found::under(&self.closed, &path, |_| true)).collect();
        InTheWay { site: &self.site, found }
    }

    /// Returns the project.
    pub fn site(&self) -> &Site {
        &self.site
    }
}

/// What was found in the way of a store that is held closed.
#[derive(Debug)]
pub struct InTheWay<'held> {
    site: &'held Site,
    found: Vec<Found<'held>>,
}

impl InTheWay<'_> {
    /// Moves it into `.qms/aside`, and returns where each lay and where it lies now.
    pub fn lay_aside(self) -> Result<Vec<(PathBuf, PathBuf)>, DiskError> {
        let mut moved = Vec::new();
        for found in self.found {
            let path = found.path().to_owned();
            moved.extend(found.lay_aside(self.site)?.map(|aside| (path, aside)));
        }
        Ok(moved)
    }
}

/// Lists the places of the files beside a store.
pub(super) fn places(database: &Path) -> impl Iterator<Item = PathBuf> {
    BESIDE.iter().map(|(end, _)| with_end(database, end))
}

fn with_end(database: &Path, end: &str) -> PathBuf {
    let mut name = database.as_os_str().to_owned();
    name.push(end);
    name.into()
}

/// Lists what lies beside a store, where SQLite keeps its own files, and is none of them; and what it is.
pub(super) fn foreign(database: &Path) -> impl Iterator<Item = (PathBuf, String)> {
    BESIDE.iter().filter_map(|(end, magic)| {
        let path = with_end(database, end);
        let what = what_is_foreign(&path, magic)?;
        Some((path, what))
    })
}

/// Says what lies at a place, where that is no file of SQLite. It follows links: one that leads to a file of its own is
/// of a store that lies elsewhere, and any other is in its way.
fn what_is_foreign(path: &Path, magic: &[&[u8]]) -> Option<String> {
    let about = fs::symlink_metadata(path).ok()?;
    let kind = open::is_file(&about).err().map(|what| what.to_string());
    if kind.is_some() && !(about.is_symlink() && path.is_file()) {
        return kind;
    }
    let is_foreign = fs::metadata(path).is_ok_and(|about| about.len() > 0) && is_foreign(path, magic);
    is_foreign.then(|| kind.unwrap_or_else(|| "it is no file of SQLite".to_owned()))
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

    fn is_named(database: &Path, path: &Path) -> bool {
        foreign(database).any(|(it, _)| it == path)
    }

    // REQ-142, REQ-261
    #[test]
    fn what_lies_at_a_place_of_sqlite_and_is_not_its_own_is_known_by_how_it_begins() {
        let folder = tempfile::tempdir().unwrap();
        let database = folder.path().join(STORE);
        let texts: [&[u8]; 5] = [b"M", b"MY OWN NOTES", b"qms_0123", b"\0\0\0\x01", b"SQLite format 3\0"];
        for (end, magic) in BESIDE {
            let path = with_end(&database, end);
            let is_found = |bytes: &[u8]| {
                fs::write(&path, bytes).unwrap();
                let is_named = is_named(&database, &path);
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

    // REQ-142, REQ-261
    #[test]
    fn a_link_that_leads_to_no_file_of_sqlite_is_in_its_way() {
        let folder = tempfile::tempdir().unwrap();
        let database = folder.path().join(STORE);
        let place = |name: &str| folder.path().join(name);
        fs::write(place("mine"), "mine").unwrap();
        fs::write(place("empty"), "").unwrap();
        for (end, magic) in BESIDE {
            fs::write(place("own"), magic.concat()).unwrap();
            for (leads_to, is_foreign) in
                [("nowhere", true), ("mine", true), (".", true), ("own", false), ("empty", false)]
            {
                let path = with_end(&database, end);
                std::os::unix::fs::symlink(place(leads_to), &path).unwrap();
                assert_eq!(is_named(&database, &path), is_foreign, "{end} {leads_to}");
                fs::remove_file(&path).unwrap();
            }
        }
    }
}
