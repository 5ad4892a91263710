//! A project whose policy declares `ci-passed`, a script of the test.

use std::cell::RefCell;
use std::ffi::OsString;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::rc::Rc;

use qms::cli::{Outlet, World, run};
use qms::domain::clock::Moment;
use qms::domain::process::Descent;
use serde_json::Value;

use crate::project::Project;
use crate::project::answer::Answer;

/// A project with a declared command.
pub struct Declared {
    pub project: Project,
}

impl Declared {
    /// Makes a project with a change record in draft, and adopts `script` as the program of `ci-passed`.
    pub fn new(script: &str) -> Self {
        Self::with(script, "")
    }

    /// The same, with more keys of the declaration, such as `, time: 1s`.
    pub fn with(script: &str, more: &str) -> Self {
        let declared = Self::candidate(script, more);
        declared.adopt();
        declared.project.run("-u claude create CR --title Pump").is(0);
        declared.project.fill_in("CR-001");
        declared.project.run("-u claude checkin CR-001").is(0);
        declared
    }

    /// Makes a project with the declaration among its candidate files.
    pub fn candidate(script: &str, more: &str) -> Self {
        let declared = Self { project: Project::new() };
        write_script(&declared.program(), script);
        let program = declared.program().display().to_string();
        let text = format!(
            "evidence:\n  ci-passed: {{ help: The tests pass, command: [{program:?}, \"{{document}}\"]{more} }}\n"
        );
        declared.append("policy.yaml", &text);
        declared
    }

    /// Returns the program of the command.
    pub fn program(&self) -> PathBuf {
        self.project.folder().join("bin/ci")
    }

    /// Adds to a candidate file.
    pub fn append(&self, file: &str, text: &str) {
        let path = self.project.path("workflows").join(file);
        let before = fs::read_to_string(&path).unwrap();
        fs::write(path, before + text).unwrap();
    }

    /// Changes a candidate file.
    pub fn rewrite(&self, file: &str, from: &str, to: &str) {
        let path = self.project.path("workflows").join(file);
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.contains(from), "{file} has no {from:?}");
        fs::write(path, text.replacen(from, to, 1)).unwrap();
    }

    /// Puts the candidate files in force.
    pub fn adopt(&self) {
        self.project.run("-u lead workflow adopt").is(0);
    }

    /// Runs the command for the record.
    pub fn ask(&self) -> Answer {
        self.project.ask(RUN)
    }

    /// Lists the evidence about the record.
    pub fn listed(&self) -> Vec<Value> {
        let list = self.project.ask("-u tu evidence list CR-001").is(0);
        list["data"]["evidence"].as_array().unwrap().clone()
    }

    /// Returns what is kept of a run.
    pub fn kept(&self, which: &str) -> Vec<u8> {
        self.project.run(&format!("-u tu evidence show CR-001 {which}")).is(0).stdout
    }

    /// Returns the entries of attempts to record a run.
    pub fn entries(&self) -> Vec<Value> {
        let export = self.project.run("-u lead audit export").is(0).text();
        let entries = export.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        entries.filter(|entry| entry["action"] == "evidence_record").collect()
    }

    /// Checks that log, contents and store agree.
    pub fn verifies(&self) {
        self.project.run("-u lead audit verify --contents").is(0);
    }
}

/// Writes a script that can be run. Another process writes it: what this one has open for writing stays so
/// in every process that other tests start meanwhile, and cannot be run until they are (ETXTBSY).
pub fn write_script(path: &Path, script: &str) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    let mut writer = Command::new("sh")
        .args(["-c", "cat > \"$1\" && chmod 755 \"$1\"", "sh"])
        .arg(path)
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    writer.stdin.take().unwrap().write_all(format!("#!/bin/sh\n{script}\n").as_bytes()).unwrap();
    assert!(writer.wait().unwrap().success());
}

/// Waits for a file that another process writes; it does so within moments, or the suite is stopped.
pub fn await_file(path: &Path) -> String {
    loop {
        match fs::read_to_string(path) {
            Ok(text) if text.ends_with('\n') => return text.trim().to_owned(),
            _ => std::thread::yield_now(),
        }
    }
}

#[derive(Clone, Default)]
struct Kept(Rc<RefCell<Vec<u8>>>);

impl Write for Kept {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Runs a command line in this process, with a clock of our own, and standard output at a terminal or not, and returns the exit status
/// and what came on standard output.
pub fn in_process(
    project: &Project,
    words: &[&str],
    clock: fn() -> Moment,
    at_terminal: bool,
) -> (u8, Vec<u8>) {
    let (out, folder) = (Kept::default(), project.folder().to_owned());
    let mut world = World {
        arguments: ["qms"].iter().chain(words).map(OsString::from).collect(),
        variable: Box::new(move |name| match name {
            "XDG_STATE_HOME" => Some(folder.join("state").into()),
            "XDG_CONFIG_HOME" => Some(folder.join("config").into()),
            _ => None,
        }),
        directory: project.root(),
        program: PathBuf::from("qms"),
        clock,
        random: |bytes| {
            bytes.fill(1);
            true
        },
        pause: |_| (),
        ancestry: Descent::default,
        inherited: Vec::new(),
        terminal: None,
        process: 1,
        host: None,
        uid: None,
        stdin: Box::new(io::empty()),
        stdin_is_terminal: false,
        stdout: Outlet::new(Box::new(out.clone()), at_terminal),
        stderr: Outlet::new(Box::new(Kept::default()), false),
    };
    let status = run(&mut world);
    let bytes = out.0.borrow().clone();
    (status, bytes)
}

/// The command that runs it.
pub const RUN: &str = "-u claude evidence run CR-001 ci-passed";
