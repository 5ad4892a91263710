//! A throw-away project, and the real program run in it, with nothing of our own environment.

#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "each suite uses its part; a test that cannot go on stops"
)]

pub mod answer;
pub mod filled;
pub mod leaks;

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

use self::answer::Answer;
use self::leaks::Secrets;

/// The program under test.
pub const PROGRAM: &str = env!("CARGO_BIN_EXE_qms");

/// A folder with a project in `project` and its key in `state`.
pub struct Project {
    folder: TempDir,
}

impl Project {
    /// Makes a project.
    pub fn new() -> Self {
        let project = Self::empty();
        project.run("init --no-passphrase").is(0);
        project
    }

    /// Makes the folders only.
    pub fn empty() -> Self {
        let folder = tempfile::Builder::new().prefix("qms-test-").tempdir().unwrap();
        fs::create_dir(folder.path().join("project")).unwrap();
        Self { folder }
    }

    /// Returns the folder around the project and its key.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Returns the root of the project.
    pub fn root(&self) -> PathBuf {
        self.folder().join("project")
    }

    /// Returns the path of a file of the project.
    pub fn path(&self, name: &str) -> PathBuf {
        self.root().join(name)
    }

    /// Returns the path of a working copy.
    pub fn copy(&self, user: &str, id: &str) -> PathBuf {
        self.path(&format!(".qms/workspace/{user}/{id}.md"))
    }

    /// Returns the path of the store.
    pub fn database(&self) -> PathBuf {
        self.path(".qms/qms.db")
    }

    /// Returns the path of the key.
    pub fn key(&self) -> PathBuf {
        let folders = fs::read_dir(self.folder().join("state/qms")).unwrap();
        let mut keys = folders.map(|folder| folder.unwrap().path().join("key"));
        keys.find(|key| key.exists()).unwrap()
    }

    /// Returns the id of the project.
    pub fn id(&self) -> String {
        self.key().parent().unwrap().file_name().unwrap().to_str().unwrap().to_owned()
    }

    /// Returns the file with the token that a user was given, if one was.
    pub fn token(&self, user: &str) -> Option<PathBuf> {
        let projects = fs::read_dir(self.folder().join("config/qms")).ok()?;
        let mut files = projects.map(|project| project.unwrap().path().join(format!("{user}.token")));
        files.find(|file| file.exists())
    }

    /// Gives users tokens, which they present from then on.
    pub fn issue(&self, users: &[&str]) {
        let mut projects = fs::read_dir(self.folder().join("config/qms")).unwrap();
        let folder = projects.next().unwrap().unwrap().path();
        for user in users {
            let out = folder.join(format!("{user}.token"));
            self.words(&["-u", "lead", "token", "issue", user, "--out", out.to_str().unwrap()]).run().is(0);
        }
    }

    /// Fills in a working copy.
    pub fn fill_in(&self, id: &str) {
        filled::fill_in(&self.root(), &[id]);
    }

    /// Replaces text in a working copy.
    pub fn edit(&self, user: &str, id: &str, from: &str, to: &str) {
        let path = self.copy(user, id);
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.contains(from), "{id} has no {from:?}");
        fs::write(path, text.replace(from, to)).unwrap();
    }

    /// Records that items of a document passed.
    pub fn record(&self, user: &str, id: &str, items: &[&str]) {
        for item in items {
            let line =
                format!("-u {user} item record {id} {item} --outcome pass --evidence \"seen in the log\"");
            self.run(&line).is(0);
        }
    }

    /// Returns the state of a document.
    pub fn state(&self, id: &str) -> String {
        let shown = self.ask(&format!("-u lead status {id}")).is(0);
        shown["data"]["document"]["state"].as_str().unwrap().to_owned()
    }

    /// Prepares a command line as one would type it; double quotes hold words together.
    pub fn call(&self, line: &str) -> Call {
        let words = line.split('"').enumerate().flat_map(|(number, part)| match number % 2 {
            0 => part.split_whitespace().map(str::to_owned).collect(),
            _ => vec![part.to_owned()],
        });
        self.words(&words.collect::<Vec<_>>())
    }

    /// Prepares a command line of these words, the program's name left out.
    pub fn words<S: AsRef<str>>(&self, words: &[S]) -> Call {
        let words: Vec<String> = words.iter().map(|word| word.as_ref().to_owned()).collect();
        let token = words.iter().position(|word| word == "--user" || word == "-u");
        let user = token.and_then(|at| words.get(at + 1));
        let token = user.and_then(|user| self.token(user));
        let phrase = user.map(|user| self.folder().join(format!("config/{user}.phrase")));
        let phrase = phrase.filter(|file| token.is_none() && file.exists());
        let mut command = Command::new(PROGRAM);
        command
            .args(&words)
            .env_clear()
            .env("XDG_STATE_HOME", self.folder().join("state"))
            .env("XDG_CONFIG_HOME", self.folder().join("config"))
            .envs(token.map(|file| ("QMS_TOKEN_FILE", file)))
            .envs(phrase.map(|file| ("QMS_PASSPHRASE_FILE", file)))
            .current_dir(self.root())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        Call { words, command, input: None, is_filled_in: true, folder: self.folder().to_owned() }
    }

    /// Runs a command line.
    pub fn run(&self, line: &str) -> Ran {
        self.call(line).run()
    }

    /// Runs command lines that all succeed.
    pub fn play(&self, lines: &[&str]) {
        for line in lines {
            self.run(line).is(0);
        }
    }

    /// Runs a command line with `-o json` and checks the answer against the schema.
    pub fn ask(&self, line: &str) -> Answer {
        self.call(line).ask()
    }

    /// Counts the entries of the log, without the program under test.
    pub fn log_size(&self) -> i64 {
        let flags = rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY;
        let store = rusqlite::Connection::open_with_flags(self.database(), flags).unwrap();
        store.query_row("SELECT count(*) FROM entries", [], |row| row.get(0)).unwrap()
    }

    /// Reads all files of the project except the store and what only locks.
    pub fn files(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        let mut found = BTreeMap::new();
        let mut folders = vec![self.root()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                let name = path.strip_prefix(self.root()).unwrap().to_string_lossy().into_owned();
                let is_lock = name.starts_with(".qms/qms.db")
                    || name.starts_with(".qms/journal")
                    || name == ".qms/publish.lock";
                if path.is_symlink() || is_lock {
                    continue;
                }
                if path.is_dir() {
                    folders.push(path);
                } else {
                    found.insert(path.clone(), fs::read(path).unwrap());
                }
            }
        }
        found
    }

    /// Checks that `act` changes no file and adds exactly `entries` to the log.
    pub fn keeps<T>(&self, entries: i64, act: impl FnOnce() -> T) -> T {
        let before = (self.files(), self.log_size());
        let answer = act();
        assert_eq!(self.log_size(), before.1 + entries, "entries of the log");
        let after = self.files();
        for (path, bytes) in &before.0 {
            assert_eq!(after.get(path), Some(bytes), "{} changed", path.display());
        }
        let new: Vec<_> = after.keys().filter(|path| !before.0.contains_key(*path)).collect();
        assert!(new.is_empty(), "new: {new:?}");
        answer
    }
}

impl Drop for Project {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            Secrets::of(self.folder()).are_in_no_file_of(self.folder());
        }
    }
}

/// A command line that is about to be run.
pub struct Call {
    words: Vec<String>,
    /// The command, for what has no method of its own.
    pub command: Command,
    input: Option<Vec<u8>>,
    is_filled_in: bool,
    folder: PathBuf,
}

impl Call {
    /// Sets an environment variable.
    pub fn variable(mut self, name: &str, value: &str) -> Self {
        self.command.env(name, value);
        self
    }

    /// Gives standard input.
    pub fn input(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.input = Some(bytes.into());
        self
    }

    /// Leaves the working copy as it is, whatever its template has left to fill in.
    pub fn unfilled(mut self) -> Self {
        self.is_filled_in = false;
        self
    }

    /// Sets the working directory.
    pub fn directory(mut self, path: impl AsRef<Path>) -> Self {
        self.command.current_dir(path);
        self
    }

    /// Runs it to its end. Whoever routes a document for review has filled it in before.
    pub fn run(mut self) -> Ran {
        let routes = ["route", "--review"].iter().all(|word| self.words.iter().any(|one| one == word));
        if routes && self.is_filled_in {
            filled::fill_in(&self.folder.join("project"), &self.words);
        }
        if self.input.is_some() {
            self.command.stdin(Stdio::piped());
        }
        let mut child = self.command.spawn().unwrap();
        if let Some(bytes) = self.input {
            // A program that refuses before it reads closes the pipe.
            let _unread = child.stdin.take().unwrap().write_all(&bytes);
        }
        let output = child.wait_with_output().unwrap();
        let ran = Ran {
            line: self.words.join(" "),
            status: output.status.code().unwrap_or_else(|| -output.status.signal().unwrap_or(0)),
            stdout: output.stdout,
            stderr: String::from_utf8(output.stderr).unwrap(),
        };
        assert!(!ran.stderr.contains("panicked"), "{ran:?}");
        let secrets = Secrets::of(&self.folder);
        secrets.are_not_in(&ran.line, &ran.stdout);
        secrets.are_not_in(&ran.line, ran.stderr.as_bytes());
        ran
    }

    /// Runs it with `-o json` and checks the answer against the schema.
    pub fn ask(mut self) -> Answer {
        self.words.extend(["-o".to_owned(), "json".to_owned()]);
        self.command.args(["-o", "json"]);
        let words = self.words.clone();
        Answer::new(&words, self.run())
    }
}

/// A command line that was run.
#[derive(Debug)]
pub struct Ran {
    /// What was run.
    pub line: String,
    /// The exit status; negative for a signal.
    pub status: i32,
    /// Standard output.
    pub stdout: Vec<u8>,
    /// Standard error.
    pub stderr: String,
}

impl Ran {
    /// Checks the exit status.
    #[track_caller]
    pub fn is(self, status: i32) -> Self {
        assert_eq!(self.status, status, "qms {}\n{}\n{}", self.line, self.text(), self.stderr);
        self
    }

    /// Returns standard output as text.
    pub fn text(&self) -> String {
        String::from_utf8(self.stdout.clone()).unwrap()
    }

    /// Checks that standard error says something.
    #[track_caller]
    pub fn says(self, words: &str) -> Self {
        assert!(self.stderr.contains(words), "qms {}: no {words:?} in\n{}", self.line, self.stderr);
        self
    }
}
