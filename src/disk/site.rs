//! Where a project is, what it is called, and where its key lies.

use std::fs;
use std::path::{Component, Path, PathBuf};

use serde::Deserialize;

use super::worktree::Main;
use super::{DiskError, Fate, aside, beside, file, open, read_secret};
use crate::domain::audit::ProjectKey;
use crate::domain::digest::to_hex;
use crate::domain::policy::Sources;
use crate::domain::visible::one_line;
use crate::domain::yaml;

/// The file that marks the root of a project.
const CONFIG: &str = "qms.yaml";

/// Largest file of that kind, in bytes; it has three lines.
const CONFIG_MAX: u64 = 64 * 1024;

/// A project on disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Site {
    root: PathBuf,
    id: String,
}

/// Where keys of projects are looked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct KeyPlace {
    /// A key file that was named outright (`QMS_KEY_FILE`).
    pub file: Option<PathBuf>,
    /// The folder for state of programs (`XDG_STATE_HOME`, else `~/.local/state`).
    pub state_home: Option<PathBuf>,
    /// The folder for configuration (`XDG_CONFIG_HOME`, else `~/.config`).
    pub config_home: Option<PathBuf>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Config {
    schema: String,
    project: String,
}

/// Tells whether a text can be the id of a project.
fn is_id(text: &str) -> bool {
    text.len() == 32 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

/// Tells whether a folder is the root of a project. Whoever put the project in its place can have died before its mark
/// was there: then it comes there now.
fn is_root(folder: &Path) -> bool {
    let is_marked = || folder.join(CONFIG).is_file();
    is_marked() || (Site::unmarked(folder).settle_config() && is_marked())
}

/// Finds a store in a folder that nothing marks as a project.
fn lost(root: &Path) -> Option<DiskError> {
    let folder = Site::unmarked(root).private();
    let is_empty = fs::read_dir(&folder).is_ok_and(|mut inside| inside.next().is_none());
    let is_lost = fs::symlink_metadata(&folder).is_ok() && !root.join(CONFIG).is_file() && !is_empty;
    is_lost.then(|| DiskError::Unmarked { root: root.to_owned(), free: free_name(&folder), folder })
}

/// Returns a name that is free, for what has to make way.
fn free_name(path: &Path) -> PathBuf {
    let mut names = (1..).map(|number| match number {
        1 => path.with_extension("before"),
        _ => path.with_extension(format!("before.{number}")),
    });
    names.find(|name| fs::symlink_metadata(name).is_err()).unwrap_or_default()
}

/// What a file with a key says.
fn key_text(secret: &[u8; 32]) -> String {
    format!("{}\n", to_hex(secret))
}

#[cfg(unix)]
fn has_other_names(about: &fs::Metadata) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    about.nlink() > 1
}

#[cfg(not(unix))]
fn has_other_names(_about: &fs::Metadata) -> bool {
    false
}

impl Site {
    /// Finds the project that `start` is in. A linked worktree of git has the files of the project that are in git, and
    /// never its store: that is the one of the main worktree.
    pub fn find(start: &Path) -> Result<Self, DiskError> {
        let root = start.ancestors().find(|folder| is_root(folder));
        if let Some(site) = Self::of_main_worktree(start, root) {
            return site;
        }
        match root {
            Some(root) => Self::read(root),
            None => Err(lost(start).unwrap_or_else(|| DiskError::NoProject(start.to_owned()))),
        }
    }

    /// Finds the project of the main worktree, which has to be the one that lies here.
    fn of_main_worktree(start: &Path, here: Option<&Path>) -> Option<Result<Self, DiskError>> {
        if here.is_some_and(|here| Self::unmarked(here).private().join(beside::STORE).exists()) {
            return None;
        }
        let main = Main::of(start)?;
        let mut within = main.folder.ancestors().take_while(|folder| folder.starts_with(&main.root));
        let site = Self::configured(within.find(|folder| is_root(folder))?).ok()?;
        let is_it = here.is_none_or(|here| Self::configured(here).is_ok_and(|here| here.id == site.id));
        is_it.then(|| Self::read(&site.root))
    }

    /// Opens the project whose root is `root`.
    pub fn at(root: &Path) -> Result<Self, DiskError> {
        if is_root(root) {
            // As the system calls it, so that no path is shown with `.` or `..` in it.
            let root = fs::canonicalize(root).unwrap_or_else(|_| root.to_owned());
            Self::of_main_worktree(&root, Some(&root)).unwrap_or_else(|| Self::read(&root))
        } else {
            Err(lost(root).unwrap_or_else(|| DiskError::NotAProject(root.to_owned())))
        }
    }

    /// Names a folder that nothing says of that it is a project.
    pub(super) fn unmarked(root: &Path) -> Self {
        Self { root: root.to_owned(), id: String::new() }
    }

    /// Names the project in another folder, where it is being made.
    pub(super) fn elsewhere(&self, root: &Path) -> Self {
        Self { root: root.to_owned(), id: self.id.clone() }
    }

    fn read(root: &Path) -> Result<Self, DiskError> {
        let site = Self::configured(root)?;
        site.is_where_it_lies()?;
        Ok(site)
    }

    pub(super) fn configured(root: &Path) -> Result<Self, DiskError> {
        let path = root.join(CONFIG);
        let bytes = open::whole(&path, CONFIG_MAX).map_err(DiskError::io("read", &path))?;
        let config: Config = yaml::parse_file(CONFIG, &bytes).map_err(DiskError::Config)?;
        if config.schema != "qms.project/1" || !is_id(&config.project) {
            let place = yaml::Place { file: CONFIG.to_owned(), ..yaml::Place::default() };
            let message =
                "expected `schema: qms.project/1` and `project:` with 32 hexadecimal digits".to_owned();
            return Err(DiskError::Config(yaml::YamlError { place, message }));
        }
        Ok(Self { root: root.to_owned(), id: config.project })
    }

    /// A store that is reached from a second folder would make that folder the project: what a command
    /// finds there would be evidence.
    pub(super) fn is_where_it_lies(&self) -> Result<(), DiskError> {
        let why = "is a link: use the project where its store lies";
        let private = self.private();
        if private.is_symlink() {
            return Err(DiskError::Displaced { path: private, why: why.to_owned() });
        }
        let in_the_way: Vec<_> = beside::foreign(&private.join(beside::STORE)).collect();
        for path in self.written_in_place() {
            let Ok(about) = fs::symlink_metadata(&path) else { continue };
            let why = match open::is_file(&about) {
                _ if in_the_way.iter().any(|(it, _)| *it == path) => continue,
                _ if about.is_symlink() => why.to_owned(),
                Err(what) => format!("is in the way of the store: {what}"),
                Ok(()) if has_other_names(&about) => {
                    "has a second name (a hard link), under which it could be damaged".to_owned()
                }
                Ok(()) => continue,
            };
            return Err(DiskError::Displaced { path, why });
        }
        match in_the_way.into_iter().next() {
            Some((path, why)) => Err(DiskError::BesideStore { path, why }),
            None => Ok(()),
        }
    }

    /// The files that SQLite writes in place: the store, its log, and the index and the journal beside it. Each
    /// other file is written whole under a new name.
    fn written_in_place(&self) -> impl Iterator<Item = PathBuf> {
        let database = self.private().join(beside::STORE);
        let beside = beside::places(&database).collect::<Vec<_>>();
        [database].into_iter().chain(beside)
    }

    /// Chooses a folder for a new project, which need not exist yet. Refused are the root of the
    /// file system, the home folder, and a folder inside another project.
    pub fn choose(root: &Path, home: Option<&Path>, random: &[u8; 16]) -> Result<Self, DiskError> {
        let refuse = |why: &str| Err(DiskError::Unsuitable { path: root.to_owned(), why: why.to_owned() });
        let existing = root.ancestors().find(|folder| folder.exists()).unwrap_or(root);
        let mut real = fs::canonicalize(existing).map_err(DiskError::io("open", existing))?;
        real.extend(root.strip_prefix(existing).unwrap_or(Path::new("")));
        if real.components().any(|part| part == Component::ParentDir) {
            return refuse("a folder on the way does not exist");
        }
        if real.parent().is_none() {
            return refuse("it is the root of the file system");
        }
        if home.and_then(|home| fs::canonicalize(home).ok()).is_some_and(|home| home == real) {
            return refuse("it is your home folder; make a folder for the project");
        }
        if let Some(outer) = real.ancestors().find(|folder| is_root(folder)) {
            return refuse(&format!("`{}` is a project already", outer.display()));
        }
        if let Some(lost) = lost(&real) {
            return Err(lost);
        }
        if fs::symlink_metadata(real.join(CONFIG)).is_ok() {
            return refuse(&format!("something lies at its `{CONFIG}` that is no file"));
        }
        let site = Self { root: real, id: to_hex(random) };
        match site.foreign_pages() {
            None => Ok(site),
            Some((first, more)) => {
                let folder = site.published();
                let free = free_name(&folder);
                Err(DiskError::Occupied { folder, first, more, free })
            }
        }
    }

    /// Finds what lies where a new project would publish: the first file, and how many more there are.
    fn foreign_pages(&self) -> Option<(PathBuf, usize)> {
        let (mut found, mut open) = (Vec::new(), vec![self.published()]);
        while let Some(path) = open.pop() {
            match fs::symlink_metadata(&path) {
                Err(_) => {}
                Ok(about) if about.is_dir() => match fs::read_dir(&path) {
                    Ok(inside) => open.extend(inside.filter_map(Result::ok).map(|entry| entry.path())),
                    // What cannot be looked into may hold anything.
                    Err(_) => found.push(path),
                },
                Ok(_) => found.push(path),
            }
        }
        found.sort();
        let more = found.len().saturating_sub(1);
        Some((found.into_iter().next()?, more))
    }

    /// Returns the root folder.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Returns the id of the project.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Returns the folder of what the program keeps for itself.
    pub fn private(&self) -> PathBuf {
        self.root.join(".qms")
    }

    /// Returns the folder of the published mirror.
    pub fn published(&self) -> PathBuf {
        self.root.join("QMS")
    }

    /// Writes a path of the project from its root on, in one line.
    pub fn shown(&self, path: &Path) -> String {
        one_line(&path.strip_prefix(&self.root).unwrap_or(path).display().to_string()).into_owned()
    }

    /// Refuses a place in the project that is reached by a link, or is one, or by what is no folder.
    pub fn is_own(&self, place: &Path) -> Result<(), DiskError> {
        file::is_own(&self.root, place)
    }

    /// Returns the path of the store, which is SQLite's alone from here on.
    pub fn database(&self) -> PathBuf {
        let database = self.private().join(beside::STORE);
        open::leave_to_sqlite(&database);
        database
    }

    /// Returns the folder of candidate life cycles, verbs and groups.
    pub fn workflows(&self) -> PathBuf {
        self.root.join("workflows")
    }

    /// Returns the folder of candidate prompts.
    pub fn prompts(&self) -> PathBuf {
        self.root.join("prompts")
    }

    /// Takes back the key of a project that could not be founded.
    pub fn take_back_key(file: &Path, secret: &[u8; 32]) {
        let _left = file::remove(file, &|bytes| bytes == key_text(secret).as_bytes());
    }

    /// Writes `qms.yaml` where it waits until the project is in its place.
    pub(super) fn stage_config(&self) -> Result<(), DiskError> {
        let text = format!(
            "# A project of qms. Rules and records live in the store; this file only marks the place.\n\
             schema: qms.project/1\nproject: \"{}\"\n",
            self.id
        );
        file::create(&self.private().join(CONFIG), text.as_bytes(), false).map(drop)
    }

    /// Lets `qms.yaml` mark the project, where it waits for that: from now on the project can be found. Returns
    /// whether it did.
    pub(super) fn settle_config(&self) -> bool {
        let waiting = self.private().join(CONFIG);
        fs::symlink_metadata(&waiting).is_ok_and(|about| about.is_file())
            && !self.private().is_symlink()
            && aside::rename_new(&waiting, &self.root.join(CONFIG)).is_ok()
    }

    /// Writes a candidate policy file. One that is there stays, unless `is_ours` knows it.
    pub fn write_candidate(
        &self,
        name: &str,
        text: &str,
        is_ours: &dyn Fn(&[u8]) -> bool,
    ) -> Result<(), DiskError> {
        let path = self.root.join(Sources::path(name));
        file::is_own_folder(&self.root, path.parent().unwrap_or(&self.root))?;
        file::replace(&path, text.as_bytes(), false, is_ours).map(drop)
    }

    /// Returns where the key of this project lies.
    pub fn key_path(&self, place: &KeyPlace) -> Result<PathBuf, DiskError> {
        match (&place.file, &place.state_home) {
            (Some(file), _) => Ok(file.clone()),
            (None, Some(state)) => Ok(state.join("qms").join(&self.id).join("key")),
            (None, None) => Err(DiskError::NoHome),
        }
    }

    /// Writes the key of a new project.
    pub fn write_key(&self, place: &KeyPlace, secret: &[u8; 32]) -> Result<PathBuf, DiskError> {
        let path = self.key_path(place)?;
        match file::create(&path, key_text(secret).as_bytes(), true)? {
            Fate::Gone => Ok(path),
            Fate::Kept(path) => {
                let why = "has the key of another project".to_owned();
                Err(DiskError::Unsuitable { path, why })
            }
        }
    }

    /// Reads the key. One that others could read, or that is not ours, is refused.
    pub fn read_key(&self, place: &KeyPlace) -> Result<ProjectKey, DiskError> {
        let path = self.key_path(place)?;
        if fs::metadata(&path).is_ok_and(|about| !about.is_file()) {
            return Err(DiskError::KeyMalformed(path));
        }
        let text = read_secret(&path).map_err(|error| match error {
            DiskError::Io { source, .. } if source.kind() == std::io::ErrorKind::NotFound => {
                DiskError::KeyMissing(path.clone())
            }
            other => other,
        })?;
        ProjectKey::from_file_text(&text).ok_or(DiskError::KeyMalformed(path))
    }
}
