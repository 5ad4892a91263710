//! What can be wrong with the files of a project.

use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

use crate::domain::encoding::NotText;
use crate::domain::plural::counted;
use crate::domain::yaml::YamlError;

/// A file that could not be used.
#[derive(Debug, Error)]
pub enum DiskError {
    /// No `qms.yaml` here or above.
    #[error("no project here: no `qms.yaml` in `{}` or above", .0.display())]
    NoProject(PathBuf),
    /// The folder that was named has no `qms.yaml`.
    #[error("`{}` is no project: it has no `qms.yaml`", .0.display())]
    NotAProject(PathBuf),
    /// A project cannot be made here.
    #[error("a project cannot be made in `{}`: {why}", .path.display())]
    Unsuitable {
        /// The folder.
        path: PathBuf,
        /// Why.
        why: String,
    },
    /// There are files where a new project would publish.
    #[error(
        "a project publishes its pages in `{}`, and replaces no file of others: there is `{}`{}",
        .folder.display(),
        .first.display(),
        and_more(*.more)
    )]
    Occupied {
        /// The folder.
        folder: PathBuf,
        /// One of the files.
        first: PathBuf,
        /// How many more there are.
        more: usize,
        /// Where the folder can be moved.
        free: PathBuf,
    },
    /// The store is reached by a second way.
    #[error("`{}` {why}", .path.display())]
    Displaced {
        /// The folder or file.
        path: PathBuf,
        /// What it is.
        why: String,
    },
    /// Something lies where SQLite keeps a file of its own, which it would take for that.
    #[error("`{}` is in the way of the store: {why}", .path.display())]
    BesideStore {
        /// The place.
        path: PathBuf,
        /// What lies there.
        why: String,
    },
    /// There is a store, and nothing that marks a project.
    #[error(
        "`{}` has a `.qms` folder and no `qms.yaml`: where it was a project, bring its `qms.yaml` back; for a new one \
         move that folder away",
        .root.display()
    )]
    Unmarked {
        /// The folder that would be the project.
        root: PathBuf,
        /// What is in the way.
        folder: PathBuf,
        /// Where that can be moved.
        free: PathBuf,
    },
    /// There is more than is looked through.
    #[error(
        "at `{}` there are more files, folders and links, or more bytes in them, than are looked through for definitions \
         of agents",
        .0.display()
    )]
    Crowded(PathBuf),
    /// `qms.yaml` cannot be read.
    #[error("{0}")]
    Config(YamlError),
    /// The project key is not where it should be.
    #[error("no project key at `{}`", .0.display())]
    KeyMissing(PathBuf),
    /// A file that holds a secret may be read by others, or is not ours.
    #[error("`{}` holds a secret and {why}", .path.display())]
    Exposed {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        why: &'static str,
    },
    /// The project key is not 64 hexadecimal digits.
    #[error("`{}` is not a project key", .0.display())]
    KeyMalformed(PathBuf),
    /// There is no place to keep the key.
    #[error("neither `XDG_STATE_HOME` nor `HOME` is set, so that there is no place for the project key")]
    NoHome,
    /// Another process holds a lock for longer than it is worth waiting.
    #[error("`{}` is held by another process", .0.display())]
    Busy(PathBuf),
    /// A file that is to be text is none.
    #[error("`{}` {why}", .path.display())]
    NotText {
        /// The file.
        path: PathBuf,
        /// Why.
        why: NotText,
    },
    /// Somebody else wrote a file in between.
    #[error("`{}` is not what it was when it was read, and stays as it is", .0.display())]
    Changed(PathBuf),
    /// Something in a project is a link, and would be written through.
    #[error("`{}` is a link, and nothing is written through one", .0.display())]
    Linked(PathBuf),
    /// Something in a project lies where a folder of the program has to be.
    #[error("`{}` is no folder, and is in the way of one: `qms doctor --repair` moves it aside", .0.display())]
    InTheWay(PathBuf),
    /// Reading or writing failed.
    #[error("cannot {action} `{}`", .path.display())]
    Io {
        /// What was tried.
        action: &'static str,
        /// On what.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: io::Error,
    },
}

fn and_more(more: usize) -> String {
    if more == 0 { String::new() } else { format!(", and {}", counted(more as u64, "more file")) }
}

impl DiskError {
    /// Says why a file is no text.
    pub(super) fn not_text(path: &Path) -> impl FnOnce(NotText) -> Self {
        let path = path.to_owned();
        move |why| Self::NotText { path, why }
    }

    /// Wraps what the system says.
    pub(super) fn io(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io { action, path, source }
    }
}
