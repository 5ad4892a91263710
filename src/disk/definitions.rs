//! The files that an agent runtime reads for definitions of its agents, wherever it looks.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::{DiskError, read_file};
use crate::domain::digest::Digest;
use crate::domain::hook::Runtime;

/// The longest definition that is read, in bytes: 1 MiB. What is longer could say anything further on.
const SIZE_MAX: u64 = 1024 * 1024;

/// How many files, folders and links are looked at in all, and how many bytes are read: so much that nobody has it, and
/// so little that no call waits for it.
const ENTRIES_MAX: usize = 10_000;
const BYTES_MAX: u64 = 64 * SIZE_MAX;

/// Finds the files that `runtime` would take for the definition of `agent` where it was started or works in one of
/// these folders. Of one that is too long there is no digest.
pub fn definitions(
    (runtime, agent): (Runtime, &str),
    folders: &[PathBuf],
    besides: &[(Runtime, PathBuf)],
) -> Result<Vec<(PathBuf, Option<Digest>)>, DiskError> {
    let mut found = Vec::new();
    walk(runtime, folders, besides, |file, read, is_definition| {
        let is_sought = |text: &str| {
            if is_definition { runtime.defines(text, agent) } else { runtime.declares(text, agent) }
        };
        // In another encoding it could say anything, and so could what is too long.
        if read.is_none_or(|bytes| str::from_utf8(bytes).map_or(true, is_sought)) {
            found.push((file, read.map(Digest::of)));
        }
    })?;
    Ok(found)
}

/// What a file said of agents when a session of a runtime began, which read it then.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Began {
    /// The runtime that reads it, by its name.
    pub runtime: String,
    /// The file.
    pub path: String,
    /// The digest of its text; `None` where there was too much to be read.
    pub digest: Option<Digest>,
    /// The agents that it named; `None` where that could not be told.
    pub names: Option<Vec<String>>,
}

/// Lists what `runtime` finds said of agents where it is started in one of these folders.
pub fn definitions_at_start(
    runtime: Runtime,
    folders: &[PathBuf],
    besides: &[(Runtime, PathBuf)],
) -> Vec<Began> {
    let began = |path: &Path, digest, names| {
        let (runtime, path) = (runtime.name().to_owned(), path.display().to_string());
        Began { runtime, path, digest, names }
    };
    let mut found = Vec::new();
    let walked = walk(runtime, folders, besides, |file, read, is_definition| {
        let text = read.and_then(|bytes| str::from_utf8(bytes).ok());
        let names = match text {
            Some(text) if is_definition => runtime.names(text),
            Some(text) => (!runtime.declares_any(text)).then(Vec::new),
            None => None,
        };
        if names.as_ref().is_none_or(|names| !names.is_empty()) {
            found.push(began(&file, read.map(Digest::of), names));
        }
    });
    if let Err(DiskError::Crowded(place)) = walked {
        found.push(began(&place, None, None));
    }
    found
}

/// Reads the files that could define agents: in these folders and those above them, and in those that the runtime has
/// besides. A file that is too long is looked at without its bytes.
fn walk(
    runtime: Runtime,
    folders: &[PathBuf],
    besides: &[(Runtime, PathBuf)],
    mut look: impl FnMut(PathBuf, Option<&[u8]>, bool),
) -> Result<(), DiskError> {
    let own =
        folders.iter().flat_map(|folder| folder.ancestors()).map(|folder| folder.join(runtime.folder()));
    let besides = besides.iter().filter(|(of, _)| *of == runtime).map(|(_, folder)| folder.clone());
    let mut folders: Vec<PathBuf> = own.chain(besides).collect();
    folders.sort();
    folders.dedup();
    let mut walk = Walk::default();
    for folder in folders {
        let files = walk.files(folder.join("agents"), runtime.extension())?.into_iter();
        for (file, is_definition) in
            files.map(|file| (file, true)).chain([(folder.join("config.toml"), false)])
        {
            if let Some(bytes) = walk.read(&file)? {
                look(file, (bytes.len() as u64 <= SIZE_MAX).then_some(bytes.as_slice()), is_definition);
            }
        }
    }
    Ok(())
}

/// What was looked at so far.
#[derive(Default)]
struct Walk {
    /// Folders by device and number: links lead to one by many ways, and in circles.
    folders: BTreeSet<(u64, u64)>,
    entries: usize,
    bytes: u64,
}

impl Walk {
    /// Lists the files whose names end so, in a folder and those within it. Runtimes follow links.
    fn files(&mut self, folder: PathBuf, extension: &str) -> Result<Vec<PathBuf>, DiskError> {
        let (mut files, mut open) = (Vec::new(), vec![folder]);
        while let Some(folder) = open.pop() {
            let Ok(about) = fs::metadata(&folder) else { continue };
            if !about.is_dir() || !self.folders.insert((about.dev(), about.ino())) {
                continue;
            }
            for entry in fs::read_dir(&folder).into_iter().flatten().filter_map(Result::ok) {
                self.entries += 1;
                if self.entries > ENTRIES_MAX {
                    return Err(DiskError::Crowded(folder));
                }
                let path = entry.path();
                if path.is_dir() {
                    open.push(path);
                } else if path.extension() == Some(OsStr::new(extension)) {
                    files.push(path);
                }
            }
        }
        files.sort();
        Ok(files)
    }

    /// Reads a file. What cannot be read is no definition for anybody.
    fn read(&mut self, file: &Path) -> Result<Option<Vec<u8>>, DiskError> {
        // One byte more than there may be is enough to tell.
        let Ok(bytes) = read_file(file, SIZE_MAX + 1) else { return Ok(None) };
        self.bytes += bytes.len() as u64;
        if self.bytes > BYTES_MAX { Err(DiskError::Crowded(file.to_owned())) } else { Ok(Some(bytes)) }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    const QA: &str = "---\nname: qa\n---\n";

    /// A folder with definitions of Claude Code.
    fn agents() -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let agents = folder.path().join(".claude/agents");
        fs::create_dir_all(&agents).unwrap();
        fs::write(agents.join("qa.md"), QA).unwrap();
        (folder, agents)
    }

    fn found(folder: &Path) -> Result<Vec<(PathBuf, Option<Digest>)>, DiskError> {
        definitions((Runtime::Claude, "qa"), &[folder.to_owned()], &[])
    }

    // REQ-258
    #[test]
    fn each_folder_is_looked_through_once_however_many_links_lead_to_it() {
        let (folder, agents) = agents();
        for name in 0..40 {
            let within = agents.join(format!("d{name}"));
            fs::create_dir(&within).unwrap();
            symlink("..", within.join("up")).unwrap();
            symlink(".", agents.join(format!("l{name}"))).unwrap();
        }
        symlink(&agents, folder.path().join(".claude/round")).unwrap();
        assert_eq!(found(folder.path()).unwrap(), [(agents.join("qa.md"), Some(Digest::of(QA.as_bytes())))]);
        let mut walk = Walk::default();
        walk.files(agents, "md").unwrap();
        assert_eq!((walk.folders.len(), walk.entries), (41, 1 + 40 + 40 + 40));
    }

    // REQ-258
    #[test]
    fn a_folder_that_is_reached_by_links_alone_is_looked_through() {
        let (folder, agents) = agents();
        let elsewhere = tempfile::tempdir().unwrap();
        let file = elsewhere.path().join("a/b/c/d/e/f/g/h/i/j/x.md");
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(&file, QA).unwrap();
        symlink(elsewhere.path(), agents.join("far")).unwrap();
        assert_eq!(found(folder.path()).unwrap().len(), 2);
    }

    // REQ-258
    #[test]
    fn more_than_is_looked_at_is_an_error_that_says_so() {
        let (folder, agents) = agents();
        for name in 0..ENTRIES_MAX {
            fs::hard_link(agents.join("qa.md"), agents.join(format!("{name}.txt"))).unwrap();
        }
        let error = found(folder.path()).unwrap_err();
        assert!(matches!(&error, DiskError::Crowded(place) if *place == agents), "{error}");
        assert!(error.to_string().contains("more files, folders and links"), "{error}");
    }

    // REQ-258
    #[test]
    fn a_file_that_is_too_long_may_be_a_definition() {
        let (folder, agents) = agents();
        let size = usize::try_from(SIZE_MAX).unwrap();
        let long = "x".repeat(size - 4);
        for (name, text) in [("a.md", format!("---\n{long}")), ("b.md", format!("---\n{long}x"))] {
            fs::write(agents.join(name), text).unwrap();
        }
        let found = found(folder.path()).unwrap();
        let names: Vec<_> = found.iter().map(|(path, digest)| (path.clone(), digest.is_some())).collect();
        assert_eq!(names, [(agents.join("b.md"), false), (agents.join("qa.md"), true)]);
    }
}
