//! What permissions allow: a store that cannot be written is read all the same.

use std::fs::{self, Permissions, set_permissions};
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::Command;

use qms::store::{Entries, Read as _, Sqlite, Store as _, StoreError};

use crate::Outcome;
use crate::rows::{change, entries, everything, id, name};
use crate::sqlite_file::{STORE, beside, child, filled, killed, named_store};

/// A user whom permissions bind, where the test itself runs as root.
const NOBODY: u32 = 65_534;

fn allow(path: &Path, mode: u32) -> io::Result<()> {
    set_permissions(path, Permissions::from_mode(mode))
}

/// Runs a test in a process that the permissions of `path` and its folder bind.
fn run_bound(test: &str, path: &Path) -> Outcome {
    let folder = path.parent().ok_or("no folder")?;
    let mut command = child(&format!("permissions::{test}"), path)?;
    if fs::write(folder.join("probe"), "").is_ok() {
        fs::remove_file(folder.join("probe"))?;
        let above = folder.parent().ok_or("no folder")?;
        allow(above, 0o755)?;
        let program = above.join("tests");
        // Copied by a process of its own: a file that this one has open for writing stays so in every process
        // that other tests start meanwhile, and cannot be run until they are (ETXTBSY).
        assert!(Command::new("cp").arg(command.get_program()).arg(&program).status()?.success());
        let mut as_nobody = Command::new(program);
        as_nobody.args(command.get_args()).env(STORE, path).current_dir("/").uid(NOBODY).gid(NOBODY);
        command = as_nobody;
    }
    let output = command.output()?;
    let said =
        String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    if output.status.success() && said.contains("1 passed") { Ok(()) } else { Err(said.into()) }
}

#[test]
fn a_store_that_cannot_be_written_is_read() -> Outcome {
    for (what, keep_log, keep_index) in
        [("all files", true, true), ("no index", true, false), ("one file", false, false)]
    {
        let above = tempfile::tempdir()?;
        let folder = above.path().join("read only, 100% ?#");
        fs::create_dir(&folder)?;
        let path = folder.join("qms ü.db");
        if keep_log {
            killed(&path)?;
        } else {
            drop(filled(&path)?);
        }
        if !keep_index && keep_log {
            fs::remove_file(beside(&path, "-shm"))?;
        }
        for entry in fs::read_dir(&folder)? {
            allow(&entry?.path(), 0o444)?;
        }
        allow(&folder, 0o555)?;
        let outcome = run_bound("reads_without_writing", &path);
        allow(&folder, 0o755)?;
        outcome.map_err(|said| format!("{what}: {said}"))?;
    }
    Ok(())
}

#[test]
#[ignore = "run by a_store_that_cannot_be_written_is_read"]
fn reads_without_writing() -> Outcome {
    let mut store = Sqlite::open(&named_store()?)?;
    let all = everything(&mut store)?;
    assert_eq!((all.entries.len(), all.documents.len(), all.versions.len()), (4, 2, 1));
    assert_eq!(entries(&mut store, Entries::Of(&id("CR-001")))?.len(), 2);
    assert_eq!(store.tasks(&name("qa"))?.len(), 2);
    assert_eq!(store.check()?, Vec::<String>::new());
    let next = change(&all.head, &[None]);
    assert!(matches!(store.commit(&next), Err(StoreError::ReadOnly(_))));
    assert!(matches!(store.wait_turn(), Err(StoreError::ReadOnly(_))));
    store.end_turn()?;
    assert_eq!(everything(&mut store)?, all);
    let elsewhere = named_store()?.with_file_name("other.db");
    assert!(matches!(Sqlite::create(&elsewhere), Err(StoreError::ReadOnly(_))));
    Ok(())
}

#[test]
fn a_folder_that_cannot_be_written_still_lets_its_files_be_read() -> Outcome {
    for keep_log in [false, true] {
        let above = tempfile::tempdir()?;
        let folder = above.path().join("folder");
        fs::create_dir(&folder)?;
        let path = folder.join("qms.db");
        if keep_log {
            killed(&path)?;
            allow(&beside(&path, "-wal"), 0o444)?;
            allow(&beside(&path, "-shm"), 0o444)?;
        } else {
            drop(filled(&path)?);
        }
        allow(&path, 0o666)?;
        allow(&folder, 0o555)?;
        let outcome = run_bound("reads_without_writing", &path);
        allow(&folder, 0o755)?;
        outcome?;
    }
    Ok(())
}

#[test]
fn a_store_that_cannot_be_read_is_named() -> Outcome {
    let above = tempfile::tempdir()?;
    let folder = above.path().join("folder");
    fs::create_dir(&folder)?;
    let path = folder.join("qms.db");
    drop(filled(&path)?);
    allow(&path, 0o000)?;
    run_bound("is_kept_out", &path)
}

#[test]
#[ignore = "run by a_store_that_cannot_be_read_is_named"]
fn is_kept_out() -> Outcome {
    let path = named_store()?;
    assert!(matches!(Sqlite::open(&path), Err(StoreError::Unopened { path: named, .. }) if named == path));
    Ok(())
}
