//! Files that make way, while somebody saves at every moment in between.

use std::cell::Cell;
use std::os::unix::fs::MetadataExt as _;

use super::super::lock::Quiet;
use super::*;

const OURS: &[u8] = b"what was taken in";
const NEW: &[u8] = b"what is written";
const SAVED: &[u8] = b"what somebody saved meanwhile";

/// How somebody saves while a file makes way.
#[derive(Debug, Clone, Copy)]
enum Save {
    /// Into the file, where it has its name.
    InPlace,
    /// Into the file, through a descriptor that was open before.
    Held,
    /// By putting another file in its place.
    ByRename,
}

/// Saves, and tells whether that was complete while the file had a name.
fn save(how: Save, path: &Path, held: &File) -> bool {
    match how {
        Save::InPlace => {
            let opened = File::options().write(true).truncate(true).open(path);
            opened.is_ok_and(|mut file| file.write_all(SAVED).is_ok())
        }
        Save::Held => {
            held.set_len(0).unwrap();
            std::os::unix::fs::FileExt::write_all_at(held, SAVED, 0).unwrap();
            held.metadata().unwrap().nlink() > 0
        }
        Save::ByRename => {
            let beside = path.with_extension("swp");
            fs::write(&beside, SAVED).unwrap();
            fs::rename(beside, path).is_ok()
        }
    }
}

type Operation = fn(&Path, IsOurs<'_>) -> Result<Fate, DiskError>;

// REQ-181, REQ-262
#[test]
fn whatever_is_saved_while_a_file_makes_way_is_kept_and_told() {
    let replacing: Operation = |path, is_ours| replace(path, NEW, false, is_ours);
    for (operation, name) in [(replacing, "replace"), (remove as Operation, "remove")] {
        for how in [Save::InPlace, Save::Held, Save::ByRename] {
            // The save comes in each time that the file is looked at: what was read is outdated then.
            for turn in 1..=4 {
                let folder = tempfile::tempdir().unwrap();
                let path = folder.path().join("CR-001.md");
                fs::write(&path, OURS).unwrap();
                let held = File::options().write(true).open(&path).unwrap();
                let (looks, is_saved) = (Cell::new(0), Cell::new(false));
                let outcome = operation(&path, &|bytes| {
                    // Whoever tidies up meanwhile leaves the folder alone.
                    assert!(Quiet::within(folder.path(), 1).is_none());
                    looks.set(looks.get() + 1);
                    if looks.get() == turn {
                        is_saved.set(save(how, &path, &held));
                    }
                    bytes == OURS
                })
                .unwrap();
                assert!(Quiet::within(folder.path(), 1).is_some());
                let files = fs::read_dir(&folder).unwrap().map(|file| file.unwrap().path());
                let found: Vec<(PathBuf, Vec<u8>)> =
                    files.map(|file| (file.clone(), fs::read(file).unwrap())).collect();
                let told = format!("{name} {how:?} at look {turn}: {outcome:?}, {found:?}");
                // A save into the new page is told when that page is next to be replaced.
                let new_page = name == "replace" && found.iter().all(|(_, text)| text != OURS);
                if is_saved.get() {
                    assert!(found.iter().any(|(_, text)| text == SAVED), "lost: {told}");
                    let is_told = matches!(&outcome, Fate::Kept(at) if fs::read(at).unwrap() == SAVED);
                    assert!(is_told || new_page || path.exists(), "not told: {told}");
                } else {
                    assert_eq!(outcome, Fate::Gone, "{told}");
                }
                assert!(!found.iter().any(|(_, text)| text == OURS), "left: {told}");
            }
        }
    }
}

// REQ-061, REQ-142
#[test]
fn nothing_is_written_where_sqlite_keeps_a_file_of_a_store() {
    let folder = tempfile::tempdir().unwrap();
    let private = folder.path().join(".qms");
    fs::create_dir(&private).unwrap();
    for name in ["qms.db", "qms.db-wal", "qms.db-shm", "qms.db-journal"] {
        for place in [private.join(name), private.join("../.qms").join(name)] {
            assert!(write_new(&place, NEW).is_err(), "{name}");
            assert!(!place.exists());
        }
        write_new(&folder.path().join(name), NEW).unwrap();
    }
    write_new(&private.join("qms.db-notes"), NEW).unwrap();
}

// REQ-181
#[test]
fn what_is_somebody_elses_is_neither_replaced_nor_removed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("page.md");
    let other = folder.path().join("other");
    fs::write(&other, OURS).unwrap();
    let plants: [&dyn Fn(); 4] = [
        &|| fs::write(&path, "foreign").unwrap(),
        &|| fs::create_dir(&path).unwrap(),
        &|| std::os::unix::fs::symlink(&other, &path).unwrap(),
        &|| {
            fs::write(&path, "foreign").unwrap();
            fs::set_permissions(&path, Permissions::from_mode(0o400)).unwrap();
        },
    ];
    let is_ours: IsOurs<'_> = &|bytes| bytes == OURS;
    for plant in plants {
        plant();
        let kept = Fate::Kept(path.clone());
        assert_eq!(replace(&path, NEW, false, is_ours).unwrap(), kept);
        assert_eq!(remove(&path, is_ours).unwrap(), kept);
        assert_eq!(create(&path, NEW, false).unwrap(), kept);
        // It is only ever moved, and to a name that is free.
        let alone = Quiet::within(folder.path(), 1).unwrap();
        let aside = Found::under(&alone, &path, |_| true).unwrap().step_aside().unwrap();
        assert!(aside.is_some_and(|aside| fs::symlink_metadata(aside).is_ok()));
        drop(alone);
        assert_eq!(replace(&path, OURS, false, is_ours).unwrap(), Fate::Gone);
        assert_eq!(replace(&path, NEW, false, is_ours).unwrap(), Fate::Gone);
        assert_eq!(fs::read(&path).unwrap(), NEW);
        fs::remove_file(&path).unwrap();
        assert_eq!(remove(&path, is_ours).unwrap(), Fate::Gone);
    }
    assert_eq!(fs::read(&other).unwrap(), OURS);
    assert_eq!(fs::read_dir(&folder).unwrap().count(), 5);
}

#[test]
fn a_file_that_is_replaced_keeps_its_mode() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("settings.json");
    fs::write(&path, OURS).unwrap();
    fs::set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
    assert_eq!(replace(&path, NEW, false, &|bytes| bytes == OURS).unwrap(), Fate::Gone);
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
}

// REQ-294
#[test]
fn what_cannot_be_read_is_not_said_to_be_somebody_elses() {
    // A file that can be opened and whose first byte cannot be read (EIO).
    let outcome = remove(Path::new("/proc/self/mem"), &|_| true);
    assert!(matches!(outcome, Err(DiskError::Io { action: "remove", .. })), "{outcome:?}");
}
