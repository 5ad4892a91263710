//! What a hook remembers of a session of an agent runtime, and of the process that has it, beside the keys of all
//! projects: a session goes from one project to another, and what is told in one of them can concern the others.

use std::ffi::OsString;
use std::fs;
use std::io::{ErrorKind, Write as _};
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::lock::{Quiet, Writing};
use super::{Began, DiskError, KeyPlace, file, open};
use crate::domain::clock::Boot;
use crate::domain::digest::{Digest, Timestamp, to_hex};
use crate::domain::process::Process;

/// What the definitions were when the session or the process began.
const DEFINITIONS: &str = "definitions.json";

/// The projects in which the session has agents or had calls signed: their roots, each between two NULs.
const PROJECTS: &str = "projects";

/// The sessions that the process had, each between two NULs.
const SESSIONS: &str = "sessions";

/// The most that is read of each, in bytes: 16 MiB. A session with more is nobody's work.
const SIZE_MAX: u64 = 16 * 1024 * 1024;

/// How long a session is remembered that nothing new is heard of: 90 days.
const KEPT: Duration = Duration::from_hours(90 * 24);

/// What is remembered of one session, or of one process.
#[derive(Debug)]
pub struct Remembered {
    folder: PathBuf,
}

impl Remembered {
    /// Finds the place of a session; `None` where the environment names no place for keys either.
    pub fn of(place: &KeyPlace, session: &str) -> Option<Self> {
        let name = Digest::of(session.as_bytes()).to_string();
        Some(Self { folder: place.state_home.as_ref()?.join("qms/sessions").join(name) })
    }

    /// Finds the place of a process that tells hooks of sessions; of those that two starts of the system gave one number
    /// and one time, each has its own.
    pub fn of_process(place: &KeyPlace, process: &Process, boot: Option<Boot>) -> Option<Self> {
        let boot = boot.map(|boot| to_hex(&boot.id)).unwrap_or_default();
        // No session has such a name: all of it shows.
        Self::of(place, &format!("{boot}\0{}\0{}", process.id, process.started))
    }

    /// Remembers what the definitions are now that it begins, and forgets what was long ago.
    pub fn begin(&self, definitions: &[Began], now: Timestamp) -> Result<(), DiskError> {
        self.forget_old(now);
        let _writing = self.make_folder()?;
        let path = self.folder.join(DEFINITIONS);
        let text =
            serde_json::to_vec(definitions).map_err(|error| DiskError::io("write", &path)(error.into()))?;
        file::replace(&path, &text, false, &|_| true).map(drop)
    }

    /// Returns what the definitions were when it began; `None` where nobody heard it begin.
    pub fn definitions(&self) -> Result<Option<Vec<Began>>, DiskError> {
        let path = self.folder.join(DEFINITIONS);
        let Some(bytes) = read(&path)? else { return Ok(None) };
        serde_json::from_slice(&bytes).map(Some).map_err(|error| DiskError::io("read", &path)(error.into()))
    }

    /// Lists the roots of the projects in which the session has agents, or had calls signed.
    pub fn projects(&self) -> Result<Vec<PathBuf>, DiskError> {
        Ok(self.list(PROJECTS)?.into_iter().map(|root| OsString::from_vec(root).into()).collect())
    }

    /// Remembers a project before something counts in it.
    pub fn works_in(&self, root: &Path) -> Result<(), DiskError> {
        self.add(PROJECTS, root.as_os_str().as_bytes())
    }

    /// Lists the sessions that the process had since it began, or since the last one that ended all before it.
    pub fn sessions(&self) -> Result<Vec<String>, DiskError> {
        Ok(self.list(SESSIONS)?.into_iter().filter_map(|name| String::from_utf8(name).ok()).collect())
    }

    /// Remembers that the process has a session.
    pub fn has(&self, session: &str) -> Result<(), DiskError> {
        self.add(SESSIONS, session.as_bytes())
    }

    /// Remembers that the process has this session, and none of those before it any more.
    pub fn has_only(&self, session: &str) -> Result<(), DiskError> {
        let _writing = self.make_folder()?;
        file::replace(&self.folder.join(SESSIONS), &line(session.as_bytes()), false, &|_| true).map(drop)
    }

    fn list(&self, name: &str) -> Result<Vec<Vec<u8>>, DiskError> {
        let bytes = read(&self.folder.join(name))?.unwrap_or_default();
        let lines = bytes.split(|byte| *byte == 0).filter(|line| !line.is_empty());
        Ok(lines.map(<[u8]>::to_owned).collect())
    }

    fn add(&self, name: &str, what: &[u8]) -> Result<(), DiskError> {
        if self.list(name)?.iter().any(|known| known == what) {
            return Ok(());
        }
        let _writing = self.make_folder()?;
        let path = self.folder.join(name);
        // Several events are heard at once: each adds its line whole, and takes none away.
        let written = open::to_append(&path).and_then(|mut file| file.write_all(&line(what)));
        written.map_err(DiskError::io("write", &path))
    }

    /// Makes the folder, which nobody takes for that of a session of long ago meanwhile.
    fn make_folder(&self) -> Result<Writing, DiskError> {
        let made = |folder| fs::DirBuilder::new().recursive(true).mode(0o700).create(folder);
        let all = self.all();
        made(all).map_err(DiskError::io("create", all))?;
        let writing = Writing::begin(all)?;
        made(&self.folder).map_err(DiskError::io("create", &self.folder))?;
        Ok(writing)
    }

    /// The folder of all sessions.
    fn all(&self) -> &Path {
        file::folder(&self.folder)
    }

    /// What cannot be removed stays: it is in nobody's way.
    fn forget_old(&self, now: Timestamp) {
        // Where somebody remembers something at this moment there is another time for it.
        let Some(_quiet) = Quiet::within(self.all(), 1) else { return };
        let now = Duration::from_millis(now.millis().try_into().unwrap_or_default());
        let is_old = |path: &Path| {
            let changed = fs::metadata(path).and_then(|about| about.modified()).ok();
            let since = changed.and_then(|at| at.duration_since(std::time::UNIX_EPOCH).ok());
            since.is_none_or(|at| at + KEPT < now)
        };
        for folder in
            fs::read_dir(self.all()).into_iter().flatten().filter_map(Result::ok).map(|entry| entry.path())
        {
            let files = [DEFINITIONS, PROJECTS, SESSIONS].map(|name| folder.join(name));
            if folder != self.folder && is_old(&folder) && files.iter().all(|file| is_old(file)) {
                for file in &files {
                    let _gone = fs::remove_file(file);
                }
                let _in_use = fs::remove_dir(&folder);
            }
        }
    }
}

/// A line ends what was cut short before it, and itself.
fn line(what: &[u8]) -> Vec<u8> {
    [b"\0", what, b"\0"].concat()
}

fn read(path: &Path) -> Result<Option<Vec<u8>>, DiskError> {
    match open::whole(path, SIZE_MAX) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        read => read.map(Some).map_err(DiskError::io("read", path)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(folder: &Path, session: &str) -> Remembered {
        let place = KeyPlace { file: None, state_home: Some(folder.to_owned()), config_home: None };
        Remembered::of(&place, session).unwrap()
    }

    // REQ-201
    #[test]
    fn projects_of_any_name_are_remembered_once_each_by_session() {
        let folder = tempfile::tempdir().unwrap();
        let roots: Vec<PathBuf> = [&b"/a"[..], b"/a\nb", b"/\xff", b"/a b"]
            .map(|bytes| OsString::from_vec(bytes.to_vec()).into())
            .to_vec();
        std::thread::scope(|scope| {
            for root in &roots {
                scope.spawn(|| (0..9).for_each(|_| of(folder.path(), "s").works_in(root).unwrap()));
            }
        });
        let mut found = of(folder.path(), "s").projects().unwrap();
        found.sort();
        let mut wanted = roots;
        wanted.sort();
        assert_eq!(found, wanted);
        assert!(of(folder.path(), "../s").projects().unwrap().is_empty());
    }

    // REQ-213
    #[test]
    fn what_began_last_is_remembered_and_what_was_long_ago_is_forgotten() {
        let folder = tempfile::tempdir().unwrap();
        let began = |text: &[u8]| Began {
            runtime: "claude".to_owned(),
            path: "/x".to_owned(),
            digest: Some(Digest::of(text)),
            names: Some(vec!["qa".to_owned()]),
        };
        let far = Timestamp::from_millis(i64::from(i32::MAX) * 1000);
        let (first, second) = (of(folder.path(), "s-1"), of(folder.path(), "s-2"));
        assert_eq!(first.definitions().unwrap(), None);
        for text in [b"a", b"b"] {
            first.begin(&[began(text)], Timestamp::from_millis(0)).unwrap();
            assert_eq!(first.definitions().unwrap(), Some(vec![began(text)]));
        }
        second.begin(&[], far).unwrap();
        assert_eq!(first.definitions().unwrap(), None);
        assert_eq!(second.definitions().unwrap(), Some(Vec::new()));
    }

    // REQ-201
    #[test]
    fn what_was_cut_short_takes_nothing_with_it() {
        let folder = tempfile::tempdir().unwrap();
        let session = of(folder.path(), "s");
        session.works_in(Path::new("/first")).unwrap();
        let path = session.folder.join(PROJECTS);
        let whole = fs::read(&path).unwrap();
        for length in 0..=whole.len() {
            fs::write(&path, &whole[..length]).unwrap();
            session.works_in(Path::new("/next")).unwrap();
            let found = session.projects().unwrap();
            assert!(found.contains(&PathBuf::from("/next")), "{length}: {found:?}");
        }
    }

    // REQ-213
    #[test]
    fn a_process_is_another_than_any_session_and_any_other_process() {
        let folder = tempfile::tempdir().unwrap();
        let place = KeyPlace { file: None, state_home: Some(folder.path().to_owned()), config_home: None };
        let of = |boot: u8, id: u32, started: u64| {
            let boot = Boot { id: [boot; 16], since: 7 };
            Remembered::of_process(&place, &Process { id, started }, Some(boot)).unwrap()
        };
        let one = of(1, 2, 3);
        one.begin(&[], Timestamp::from_millis(0)).unwrap();
        for session in ["s-1", "s-2"] {
            one.has(session).unwrap();
        }
        assert_eq!(of(1, 2, 3).sessions().unwrap(), ["s-1", "s-2"]);
        for other in [of(2, 2, 3), of(1, 3, 3), of(1, 2, 4)] {
            assert_eq!((other.definitions().unwrap(), other.sessions().unwrap()), (None, Vec::new()));
        }
        one.has_only("s-2").unwrap();
        assert_eq!(one.sessions().unwrap(), ["s-2"]);
    }
}
