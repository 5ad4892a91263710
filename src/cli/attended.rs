//! Whether a person is there who can be asked.

use super::world::World;
use crate::domain::hook::Runtime;

/// Variables that agent runtimes set for the commands that they run. Settings of a person's shell, such as
/// `CODEX_HOME`, are none of these, nor is what an editor sets for the terminals of people, too.
pub const AGENT_VARIABLES: &[&str] = &[
    // What several runtimes set: <https://github.com/agentsmd/agents.md/issues/136>.
    "AGENT",
    "AI_AGENT",
    // Amp
    "AMP_CURRENT_THREAD_ID",
    // Antigravity
    "ANTIGRAVITY_AGENT",
    // Augment
    "AUGMENT_AGENT",
    // Claude Code
    "CLAUDECODE",
    "CLAUDE_CODE",
    // Cline
    "CLINE_ACTIVE",
    // Codex
    "CODEX_CI",
    "CODEX_SANDBOX",
    "CODEX_THREAD_ID",
    // GitHub Copilot, in the terminals of VS Code and by itself
    "COPILOT_AGENT",
    "COPILOT_CLI",
    "VSCODE_AGENT",
    // Crush
    "CRUSH",
    // Cursor
    "CURSOR_AGENT",
    // Gemini CLI
    "GEMINI_CLI",
    // Goose
    "GOOSE_TERMINAL",
    // OpenCode
    "OPENCODE",
    // Pi
    "PI_CODING_AGENT",
    // Qwen Code
    "QWEN_CODE",
    // Roo Code
    "ROO_ACTIVE",
    // Trae
    "TRAE_AI_SHELL_ID",
];

impl World {
    /// Tells whether a variable says yes: it is set, and neither empty nor `0` nor `false`.
    pub(super) fn says(&self, name: &str) -> bool {
        self.set_variable(name).is_some_and(|value| value != "0" && !value.eq_ignore_ascii_case("false"))
    }

    /// Tells whether a person sits at all three streams, and no agent.
    pub(super) fn is_attended(&self) -> bool {
        self.is_at_terminal() && !self.says("CI") && !self.is_of_agent()
    }

    /// Lists the runtimes that say that the command is one of their agents': by a variable that begins with their name,
    /// or by their name in one that several set.
    pub(super) fn runtimes(&self) -> Vec<Runtime> {
        let says = |variable: &&str, runtime: Runtime| {
            let is_own = variable.starts_with(&runtime.name().to_uppercase());
            let of_several = ["AGENT", "AI_AGENT"].contains(variable);
            let is_named = |value: String| value.to_lowercase().contains(runtime.name());
            self.says(variable) && (is_own || of_several && self.set_variable(variable).is_some_and(is_named))
        };
        let mut runtimes = Runtime::ALL.to_vec();
        runtimes.retain(|runtime| AGENT_VARIABLES.iter().any(|variable| says(variable, *runtime)));
        runtimes
    }

    /// Tells whether an agent runtime says that the command is one of its agents'.
    pub(super) fn is_of_agent(&self) -> bool {
        AGENT_VARIABLES.iter().any(|name| self.says(name))
    }
}
