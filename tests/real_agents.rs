//! The puzzle with the real Claude Code and the real Codex, and a model that does what a test says. They are installed
//! by `just agents`; without `QMS_AGENT_TOOLS` nothing is tried, and that is said.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "a test that cannot go on stops, and one that tried nothing says so"
)]

mod project;

#[path = "real_agents/hooks.rs"]
mod hooks;
#[path = "real_agents/launchers.rs"]
mod launchers;
#[path = "real_agents/model.rs"]
mod model;
#[path = "real_agents/permissions.rs"]
mod permissions;
#[path = "real_agents/runtimes.rs"]
mod runtimes;

use std::fs;

use serde_json::Value;

use self::project::Project;
use self::runtimes::Runtime;

/// The words by which a model knows the conversation of the main thread, and that of a subagent.
const MAIN: &str = "follow the steps of the orchestrator";
const SUB: &str = "follow the steps of the reviewer";

const CLAUDE: &str = "---\nname: qa\ndescription: reviews\n---\nYou review what you are told to.\n";
const CODEX: &str = "name = \"qa\"\ndescription = \"reviews\"\ndeveloper_instructions = \"You review what you are told to.\"\n";

/// A project in which `qa` is to review CR-001, and the hook of a runtime is installed.
fn hooked(runtime: &Runtime) -> Project {
    let project = Project::new();
    project.issue(&["claude"]);
    for (path, text) in [(".claude/agents/qa.md", CLAUDE), (".codex/agents/qa.toml", CODEX)] {
        let path = project.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    let path = project.path("workflows/policy.yaml");
    let text = fs::read_to_string(&path).unwrap()
        + "\nagents:\n  qa:\n    user: qa\n    definition: { claude: .claude/agents/qa.md, codex: .codex/agents/qa.toml }\n\
           runtimes: { claude: claude, codex: claude }\n";
    fs::write(path, text).unwrap();
    project.run("-u lead workflow adopt").is(0);
    project.play(&[
        "-u claude create CR --title \"Five days\"",
        "-u claude route CR-001 --review --assignees qa",
    ]);
    project.run(&format!("-u lead hooks install {}", runtime.name)).is(0);
    project
}

/// The entries of the log.
fn entries(project: &Project) -> Vec<Value> {
    let export = project.run("-u lead audit export").is(0).text();
    export.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// The entries that were permitted to a user.
fn done(project: &Project, user: &str, action: &str) -> Vec<Value> {
    let all = entries(project).into_iter();
    all.filter(|it| it["actor"] == user && it["action"] == action && it["result"] == "permitted").collect()
}
