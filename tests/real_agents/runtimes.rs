//! Claude Code and Codex as people install them, without anybody at a terminal, with a model of the test.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::model::{Model, Talk};
use crate::project::{PROGRAM, Project};

/// Seconds that a program may take; a run takes a few.
const TIME: &str = "120";

/// An agent program.
pub struct Runtime {
    /// The name of its runtime.
    pub name: &'static str,
    /// The program.
    pub program: PathBuf,
}

/// Finds the programs where `QMS_AGENT_TOOLS` says that they are installed; none where it says nothing.
pub fn installed() -> Vec<Runtime> {
    let Some(folder) = std::env::var_os("QMS_AGENT_TOOLS").filter(|folder| !folder.is_empty()) else {
        eprintln!("skipped: QMS_AGENT_TOOLS names no folder with agent programs");
        return Vec::new();
    };
    let folder = PathBuf::from(folder);
    let claude = folder.join("claude/node_modules/@anthropic-ai");
    let codex = folder.join("codex/node_modules/@openai");
    vec![
        Runtime { name: "claude", program: program(&claude, "claude-code-", &["claude"]) },
        Runtime { name: "codex", program: program(&codex, "codex-", &["vendor", "*", "bin", "codex"]) },
    ]
}

/// Finds the program in the package of this platform, which lies beside the one that was asked for.
fn program(packages: &Path, prefix: &str, below: &[&str]) -> PathBuf {
    let in_folder = |folder: &Path| -> Vec<PathBuf> {
        fs::read_dir(folder).into_iter().flatten().map(|entry| entry.unwrap().path()).collect()
    };
    let is_ours = |path: &PathBuf| path.file_name().unwrap().to_string_lossy().starts_with(prefix);
    let mut found: Vec<PathBuf> = in_folder(packages).into_iter().filter(is_ours).collect();
    for part in below {
        found = found
            .iter()
            .flat_map(|path| if *part == "*" { in_folder(path) } else { vec![path.join(part)] })
            .filter(|path| path.exists())
            .collect();
    }
    found.pop().unwrap_or_else(|| panic!("no program below {}: run `just agents`", packages.display()))
}

/// The folder in which the program under test is called `qms`.
pub fn path() -> String {
    format!("{}:/usr/local/bin:/usr/bin:/bin", Path::new(PROGRAM).parent().unwrap().display())
}

impl Runtime {
    /// Lets the model run a command.
    pub fn shell(&self, talk: Talk, command: &str) -> Talk {
        match self.name {
            "claude" => talk.call("Bash", json!({"command": command, "description": "a command"})),
            _ => talk.call("exec_command", json!({"cmd": command})),
        }
    }

    /// Lets the model start a subagent with these words, and wait for it.
    pub fn subagent(&self, talk: Talk, agent: &str, words: &str) -> Talk {
        if self.name == "claude" {
            let input = json!({
                "subagent_type": agent, "description": "a task", "prompt": words, "run_in_background": false,
            });
            return talk.call("Agent", input);
        }
        let input = json!({"message": words, "agent_type": agent});
        talk.call("multi_agent_v1.spawn_agent", input).then(|results| {
            let started: Value = serde_json::from_str(results.last().unwrap().trim()).unwrap_or_default();
            ("multi_agent_v1.wait_agent".to_owned(), json!({"targets": [started["agent_id"]]}))
        })
    }

    /// Makes a home in which the runtime asks nothing, and returns what the program needs to talk to the model.
    pub fn home(&self, project: &Project, model: &Model) -> Vec<(String, String)> {
        let folder = project.folder().join(format!("home-{}", self.name));
        let (home, root) = (folder.display(), project.root().display().to_string());
        fs::create_dir_all(folder.join(".codex")).unwrap();
        let trusted = json!({"hasTrustDialogAccepted": true});
        let state = json!({"hasCompletedOnboarding": true, "projects": {root.as_str(): trusted}});
        fs::write(folder.join(".claude.json"), state.to_string()).unwrap();
        let config = format!(
            "model = \"stand-in\"\nmodel_provider = \"own\"\n[model_providers.own]\nname = \"own\"\n\
             base_url = \"{}/v1\"\nwire_api = \"responses\"\nenv_key = \"OPENAI_API_KEY\"\n\
             [projects.{root:?}]\ntrust_level = \"trusted\"\n",
            model.address
        );
        fs::write(folder.join(".codex/config.toml"), config).unwrap();
        // Its shells are login shells.
        fs::write(folder.join(".profile"), format!("export PATH={}\n", path())).unwrap();
        let outside = project.folder().display();
        [
            ("PATH", path()),
            ("HOME", home.to_string()),
            ("LANG", "C.UTF-8".to_owned()),
            ("TERM", "dumb".to_owned()),
            ("XDG_STATE_HOME", format!("{outside}/state")),
            ("XDG_CONFIG_HOME", format!("{outside}/config")),
            ("ANTHROPIC_API_KEY", "none".to_owned()),
            ("ANTHROPIC_BASE_URL", model.address.clone()),
            ("OPENAI_API_KEY", "none".to_owned()),
            // Else tools of the runtime are looked for by name first.
            ("ENABLE_TOOL_SEARCH", "false".to_owned()),
            ("CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC", "1".to_owned()),
            ("CLAUDE_CODE_TMPDIR", format!("{home}/tmp")),
            ("DISABLE_AUTOUPDATER", "1".to_owned()),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .to_vec()
    }

    /// Runs the program in the project as an orchestrator, whose model follows the conversation `words`.
    pub fn run(&self, project: &Project, model: &Model, words: &str, more: &[&str]) -> String {
        self.run_with(project, model, words, more, &[])
    }

    /// The same, with variables of its environment besides.
    pub fn run_with(
        &self,
        project: &Project,
        model: &Model,
        words: &str,
        more: &[&str],
        variables: &[(&str, String)],
    ) -> String {
        let mut command = Command::new("timeout");
        command.arg(TIME).arg(&self.program);
        if self.name == "claude" {
            command.args(["-p", words, "--permission-mode", "default"]).args(more);
            if more.is_empty() {
                command.args(["--allowedTools", "Bash", "Agent"]);
            }
        } else {
            let quiet = ["--dangerously-bypass-approvals-and-sandbox", "--dangerously-bypass-hook-trust"];
            command.args(["exec", "--json", "--skip-git-repo-check"]).args(quiet).args(more).arg(words);
        }
        command.env_clear().envs(self.home(project, model)).envs(variables.iter().cloned());
        command.current_dir(project.root()).stdin(Stdio::null());
        let output = command.output().unwrap();
        let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
        assert!(output.status.success(), "{} ended with {}: {said}", self.name, output.status);
        said
    }

    /// Finds the commands with a ticket that the runtime keeps of its calls, and that no model was shown.
    pub fn signed(&self, project: &Project) -> Vec<String> {
        let mut found = Vec::new();
        let mut folders = vec![project.folder().join(format!("home-{}", self.name))];
        while let Some(folder) = folders.pop() {
            for path in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
                if path.is_dir() && !path.is_symlink() {
                    folders.push(path);
                } else if let Ok(text) = fs::read_to_string(&path) {
                    text.lines().for_each(|line| collect_signed(&Value::from(line), &mut found));
                }
            }
        }
        found.sort();
        found.dedup();
        found
    }
}

/// Runs a command that a runtime keeps, from somewhere else, and returns its status.
pub fn replay(project: &Project, command: &str) -> i32 {
    let mut shell = Command::new("sh");
    shell.args(["-c", command]).env_clear().env("PATH", path()).current_dir(project.root());
    for (name, folder) in [("XDG_STATE_HOME", "state"), ("XDG_CONFIG_HOME", "config")] {
        shell.env(name, project.folder().join(folder));
    }
    shell.output().unwrap().status.code().unwrap()
}

/// Looks for signed commands in what is written as JSON, however often one text is written within another.
fn collect_signed(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::String(text) if text.contains("--ticket=") => match serde_json::from_str(text) {
            Ok(inner) => collect_signed(&inner, found),
            Err(_) if text.starts_with("qms ") => found.push(text.clone()),
            Err(_) => {}
        },
        Value::Array(parts) => parts.iter().for_each(|part| collect_signed(part, found)),
        Value::Object(fields) => fields.values().for_each(|field| collect_signed(field, found)),
        _ => {}
    }
}
