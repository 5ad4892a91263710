//! The files that an agent runtime reads for definitions of its agents, wherever it looks.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use super::{DiskError, read_file};
use crate::domain::digest::Digest;
use crate::domain::hook::Runtime;

/// The longest definition that is read, in bytes: 1 MiB. What is longer could say anything further on.
const SIZE_MAX: u64 = 1024 * 1024;

/// How many files, folders and links are looked at in all, and how many bytes are read: so much that nobody has it, and
/// so little that no call waits for it.
const ENTRIES_MAX: usize = 10_000;
const BYTES_MAX: u64 = 64 * SIZE_MAX;

/// Finds the files that `runtime` would take for the definition of `agent` where it works in `folder`: there and in
/// the folders above it, and in those that it has besides. Of one that is too long there is no digest.
pub fn definitions(
    runtime: Runtime,
    agent: &str,
    folder: &Path,
    besides: &[(Runtime, PathBuf)],
) -> Result<Vec<(PathBuf, Option<Digest>)>, DiskError> {
    let besides = besides.iter().filter(|(of, _)| *of == runtime).map(|(_, folder)| folder.clone());
    let mut folders: Vec<PathBuf> =
        folder.ancestors().map(|folder| folder.join(runtime.folder())).chain(besides).collect();
    folders.sort();
    folders.dedup();
    let mut walk = Walk::default();
    let mut found = Vec::new();
    for folder in folders {
        for file in walk.files(folder.join("agents"), runtime.extension())? {
            found.extend(walk.sought(file, |text| runtime.defines(text, agent))?);
        }
        found.extend(walk.sought(folder.join("config.toml"), |text| runtime.declares(text, agent))?);
    }
    Ok(found)
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

    /// Digests a file if its text is what is looked for. What cannot be read is no definition for anybody; what is too
    /// long to be read may be one.
    fn sought(
        &mut self,
        file: PathBuf,
        is_sought: impl Fn(&str) -> bool,
    ) -> Result<Option<(PathBuf, Option<Digest>)>, DiskError> {
        // One byte more than there may be is enough to tell.
        let Ok(bytes) = read_file(&file, SIZE_MAX + 1) else { return Ok(None) };
        self.bytes += bytes.len() as u64;
        if self.bytes > BYTES_MAX {
            return Err(DiskError::Crowded(file));
        }
        if bytes.len() as u64 > SIZE_MAX {
            return Ok(Some((file, None)));
        }
        // In another encoding it could say anything.
        let may_be = str::from_utf8(&bytes).map_or(true, is_sought);
        Ok(may_be.then(|| (file, Some(Digest::of(&bytes)))))
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
        definitions(Runtime::Claude, "qa", folder, &[])
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
