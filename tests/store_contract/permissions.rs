//! What permissions allow: a store that cannot be written is read all the same.

use std::error::Error;
use std::ffi::OsString;
use std::fs::{self, Permissions, set_permissions};
use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use qms::store::{Entries, Read as _, Sqlite, Store as _, StoreError};

use crate::Outcome;
use crate::rows::{change, entries, everything, id, keep, name, plain};
use crate::sqlite_file::{STORE, beside, child, filled, killed, named_store};

/// A user whom permissions bind, where the test itself runs as root.
const NOBODY: u32 = 65_534;

fn allow(path: &Path, mode: u32) -> io::Result<()> {
    set_permissions(path, Permissions::from_mode(mode))
}

/// Prepares to run a test in a process that the permissions of `path` and its folder bind.
fn bound(test: &str, path: &Path) -> Result<Command, Box<dyn Error>> {
    let folder = path.parent().ok_or("no folder")?;
    let command = child(&format!("permissions::{test}"), path)?;
    if !rustix::process::geteuid().is_root() {
        return Ok(command);
    }
    let above = folder.parent().ok_or("no folder")?;
    allow(above, 0o755)?;
    let program = above.join("tests");
    // Copied by a process of its own: a file that this one has open for writing stays so in every process
    // that other tests start meanwhile, and cannot be run until they are (ETXTBSY).
    assert!(Command::new("cp").arg(command.get_program()).arg(&program).status()?.success());
    let mut as_nobody = Command::new(program);
    as_nobody.args(command.get_args()).env(STORE, path).current_dir("/").uid(NOBODY).gid(NOBODY);
    Ok(as_nobody)
}

fn run_bound(test: &str, path: &Path) -> Outcome {
    passes(&bound(test, path)?.output()?)
}

fn passes(output: &Output) -> Outcome {
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

fn files_in(folder: &Path) -> io::Result<Vec<OsString>> {
    let mut files =
        fs::read_dir(folder)?.map(|entry| Ok(entry?.file_name())).collect::<io::Result<Vec<_>>>()?;
    files.sort();
    Ok(files)
}

// REQ-292
#[test]
fn who_may_only_read_reads_one_state_while_others_write_and_is_in_nobodys_way() -> Outcome {
    // How many files there are, whether a writer is there before the reader, and whether the reader could make files.
    let cases =
        [(1, false, 0o555), (1, false, 0o777), (2, false, 0o555), (3, false, 0o555), (3, true, 0o555)];
    for (count, is_attended, folder_mode) in cases {
        let case = format!("{count} files, {is_attended}, {folder_mode:o}");
        let above = tempfile::tempdir()?;
        let folder = above.path().join("folder");
        fs::create_dir(&folder)?;
        let path = folder.join("qms.db");
        let attending = if count > 1 && !is_attended {
            killed(&path)?;
            None
        } else {
            Some(filled(&path)?).filter(|_| is_attended)
        };
        if count == 2 {
            fs::remove_file(beside(&path, "-shm"))?;
        }
        let before = files_in(&folder)?;
        assert_eq!(before.len(), count, "{case}");
        for file in &before {
            allow(&folder.join(file), 0o444)?;
        }
        allow(&folder, folder_mode)?;
        let mut command = bound("reads_between_writes", &path)?;
        let mut reader = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let mut said = BufReader::new(reader.stdout.take().ok_or("no stream")?);
        let mut line = String::new();
        while !line.contains(OPENED) {
            line.clear();
            assert!(said.read_line(&mut line)? > 0, "{case}: it did not open");
        }
        allow(&folder, 0o755)?;
        assert_eq!(files_in(&folder)?, before, "{case}: a reader made files");
        for file in &before {
            allow(&folder.join(file), 0o644)?;
        }
        // More than SQLite would leave in a log by itself, and each writer leaves as the last one who could.
        for begun in 0..2 {
            let mut store = Sqlite::open(&path)?;
            let documents = (0..400).map(|number| plain(&format!("CR-{}", 100 + 400 * begun + number)));
            keep(&mut store, documents.collect())?;
        }
        drop(attending);
        reader.stdin.take().ok_or("no stream")?.write_all(b"\n")?;
        let mut rest = String::new();
        said.read_to_string(&mut rest)?;
        assert!(reader.wait()?.success() && rest.contains("1 passed"), "{case}: {rest}");
        let mut store = Sqlite::open(&path)?;
        assert_eq!(store.check()?, Vec::<String>::new(), "{case}");
        assert_eq!(everything(&mut store)?.documents.len(), 802, "{case}");
        drop(store);
        assert_eq!(files_in(&folder)?.len(), 1, "{case}: the log was not folded in");
    }
    Ok(())
}

/// What the reader says when it has begun to read.
const OPENED: &str = "it is open";

#[test]
#[ignore = "run by who_may_only_read_reads_one_state_while_others_write_and_is_in_nobodys_way"]
fn reads_between_writes() -> Outcome {
    let mut store = Sqlite::open(&named_store()?)?;
    store.begin_snapshot()?;
    assert_eq!(store.head()?.frontier.size(), 4);
    writeln!(io::stdout(), "{OPENED}")?;
    io::stdin().read_line(&mut String::new())?;
    let all = everything(&mut store)?;
    assert_eq!((all.entries.len(), all.documents.len(), all.versions.len()), (4, 2, 1));
    assert_eq!(store.check()?, Vec::<String>::new());
    store.end_snapshot()?;
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
