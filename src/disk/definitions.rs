//! The files that an agent runtime reads for definitions of its agents, wherever it looks.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use super::{digest_of, read_file};
use crate::domain::digest::Digest;
use crate::domain::hook::Runtime;

/// So much of a file is looked into, in bytes: 1 MiB. Its name stands at the beginning.
const SIZE_MAX: u64 = 1024 * 1024;

/// How deep folders are looked through. Runtimes follow links, which may lead in a circle.
const DEPTH: usize = 8;

/// Finds the files that `runtime` would take for the definition of `agent` where it works in `folder`: there and in
/// the folders above it, and in those that it has besides.
pub fn definitions(
    runtime: Runtime,
    agent: &str,
    folder: &Path,
    besides: &[(Runtime, PathBuf)],
) -> Vec<(PathBuf, Digest)> {
    let besides = besides.iter().filter(|(of, _)| *of == runtime).map(|(_, folder)| folder.clone());
    let mut folders: Vec<PathBuf> =
        folder.ancestors().map(|folder| folder.join(runtime.folder())).chain(besides).collect();
    folders.sort();
    folders.dedup();
    let mut found = Vec::new();
    for folder in folders {
        let mut files = Vec::new();
        collect(&folder.join("agents"), runtime.extension(), DEPTH, &mut files);
        for file in files {
            found.extend(digest_if(&file, |text| runtime.defines(text, agent)).map(|digest| (file, digest)));
        }
        let settings = folder.join("config.toml");
        let declared = digest_if(&settings, |text| runtime.declares(text, agent));
        found.extend(declared.map(|digest| (settings, digest)));
    }
    found
}

/// Digests a file if its text is what is looked for. What cannot be read is no definition for anybody.
fn digest_if(file: &Path, is_sought: impl Fn(&str) -> bool) -> Option<Digest> {
    let bytes = read_file(file, SIZE_MAX).ok()?;
    // In another encoding, or cut within a character, it could say anything.
    let may_be = std::str::from_utf8(&bytes).map_or(true, is_sought);
    may_be.then(|| digest_of(file).ok()).flatten()
}

fn collect(folder: &Path, extension: &str, depth: usize, files: &mut Vec<PathBuf>) {
    let entries = fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok);
    for path in entries.map(|entry| entry.path()) {
        if path.is_dir() {
            if depth > 1 {
                collect(&path, extension, depth - 1, files);
            }
        } else if path.extension() == Some(OsStr::new(extension)) {
            files.push(path);
        }
    }
}
