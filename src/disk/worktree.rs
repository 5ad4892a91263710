//! Linked worktrees of git (`git worktree add`): whoever works in one works in the project of the main worktree, which has
//! the store.

use std::fs;
use std::path::{Path, PathBuf};

use super::open;

/// Largest file of git that is read here, in bytes: each has one line with a path.
const LINE_MAX: u64 = 64 * 1024;

/// Where somebody works who is in a linked worktree.
pub(super) struct Main {
    /// The folder that the main worktree has in the place of the one asked about.
    pub(super) folder: PathBuf,
    /// The main worktree.
    pub(super) root: PathBuf,
}

impl Main {
    /// Finds it for a folder of a linked worktree that git knows of.
    pub(super) fn of(folder: &Path) -> Option<Self> {
        let linked = folder.ancestors().find(|it| fs::symlink_metadata(it.join(".git")).is_ok())?;
        let mark = linked.join(".git");
        // The main worktree has a folder there.
        let own = linked.join(line(&mark)?.strip_prefix("gitdir: ")?);
        // A file that anybody wrote leads nowhere: git keeps where its worktrees are.
        let known = own.join(line(&own.join("gitdir"))?);
        if fs::canonicalize(known).ok()? != fs::canonicalize(&mark).ok()? {
            return None;
        }
        let common = fs::canonicalize(own.join(line(&own.join("commondir"))?)).ok()?;
        let root = common.parent().filter(|_| common.ends_with(".git"))?.to_owned();
        Some(Self { folder: root.join(folder.strip_prefix(linked).ok()?), root })
    }
}

fn line(path: &Path) -> Option<String> {
    let bytes = open::whole(path, LINE_MAX).ok()?;
    Some(String::from_utf8(bytes).ok()?.trim_end_matches(['\n', '\r']).to_owned())
}
