//! The agent runtimes.

use serde::{Deserialize, Serialize};

/// The agent runtimes whose hooks are understood.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Runtime {
    /// Claude Code.
    Claude,
    /// Codex, which adds the id of its turn.
    Codex,
    /// Gemini CLI, which names its events in its own way and does not say which agent calls.
    Gemini,
}

impl Runtime {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Claude, Self::Codex, Self::Gemini];

    /// Finds the one of a name.
    pub fn of(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|runtime| runtime.name() == name)
    }

    /// Returns the name by which its hooks are installed.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Claude => "claude",
            Self::Codex => "codex",
            Self::Gemini => "gemini",
        }
    }

    /// Tells whether its hook signs calls within a run of `agent run`, too. Codex runs no hook before a person has
    /// trusted it at a terminal, and none is at a run; that of Gemini CLI signs nothing.
    pub const fn signs_in_runs(self) -> bool {
        matches!(self, Self::Claude)
    }

    /// Returns what it is called.
    pub const fn program(self) -> &'static str {
        match self {
            Self::Claude => "Claude Code",
            Self::Codex => "Codex",
            Self::Gemini => "Gemini CLI",
        }
    }
}
