//! A project whose policy lets `claude` start `qa`, as a script of the test.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;

use serde_json::Value;

use crate::project::{PROGRAM, Project};

/// A project with a stand-in for an agent.
pub struct Started {
    pub project: Project,
}

impl Started {
    /// Makes a project with a change record in review, and adopts `script` as the program of agent `qa`.
    pub fn new(script: &str) -> Self {
        Self::within(script, "1m")
    }

    /// The same, with another time for the agent.
    pub fn within(script: &str, ttl: &str) -> Self {
        let project = Project::new();
        project.issue(&["claude"]);
        let started = Self { project };
        started.write(script);
        let path = started.project.path("workflows/policy.yaml");
        let mut text = fs::read_to_string(&path).unwrap();
        text.push_str(&format!(
            "\nagents:\n  qa: {{ user: qa, launcher: stand_in, definition: qa.md, started_by: [claude, lead], ttl: {ttl} }}\n\
             launchers:\n  stand_in: {{ command: [{:?}, \"{{agent}}\", \"{{brief}}\"], environment: [HOME, LANG, \
             XDG_STATE_HOME, XDG_CONFIG_HOME], directory: \"{{root}}\" }}\nruntimes:\n  claude: claude\n  codex: claude\n",
            started.program().display().to_string()
        ));
        fs::write(path, text).unwrap();
        fs::write(started.project.path("qa.md"), "You review.\n").unwrap();
        started.project.run("-u lead workflow adopt").is(0);
        started.project.play(&["-u claude create CR --title x", "-u claude route CR-001 --review"]);
        started
    }

    /// Returns the program of the agent.
    pub fn program(&self) -> PathBuf {
        self.project.folder().join("bin/stand_in")
    }

    /// Writes the program of the agent; `QMS` stands for the program under test, and `AS_CLAUDE` for claude's own
    /// token.
    pub fn write(&self, script: &str) {
        let path = self.program();
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        let own = format!("--token-file '{}' ", self.project.token("claude").unwrap().display());
        let script = script.replace("QMS ", &format!("'{PROGRAM}' ")).replace("AS_CLAUDE ", &own);
        fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    }

    /// Returns the entries of an action.
    pub fn entries(&self, action: &str) -> Vec<Value> {
        let export = self.project.run("-u lead audit export").is(0).text();
        let entries = export.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        entries.filter(|entry| entry["action"] == action).collect()
    }
}

/// The command that starts the agent.
pub const RUN: &str = "-u claude agent run qa --document CR-001 --task review";
