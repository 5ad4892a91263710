//! Which running program: a number alone names nobody, because numbers are used again.

use serde::{Deserialize, Serialize};

/// A process, for as long as the system runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Process {
    /// Its number.
    pub id: u32,
    /// When it was started, in ticks of the system's clock since the system came up: of two processes
    /// that had one number at different times, only one has this.
    pub started: u64,
}

/// Where a process comes from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Descent {
    /// Itself, its parent, and so on up to the first of all; empty where the system does not tell.
    pub line: Vec<Process>,
    /// The namespaces that it is in, as the system names them.
    pub namespaces: Option<String>,
}

/// Where an agent that was started runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Placement {
    /// The process of the agent.
    pub process: Process,
    /// The process that started it and attends it, which is its parent.
    pub launcher: Process,
    /// The namespaces of both, as the system names them.
    pub namespaces: String,
}

impl Placement {
    /// Tells whether a caller is the agent, or was started by it. Of the agents and launchers that are known
    /// the nearest one decides: what an agent was given is not good for another agent that it started.
    pub fn holds(&self, line: &[Process], known: &[&Self]) -> bool {
        let is_known = |process: &Process| known.iter().any(|it| [it.process, it.launcher].contains(process));
        let nearest = line.iter().position(|process| *process == self.process || is_known(process));
        let Some((nearest, at)) = nearest.and_then(|at| Some((line.get(at)?, at))) else { return false };
        // Whoever starts an agent may have started others before, and become it: it does not count.
        *nearest == self.process
            && !known.iter().any(|it| it.launcher == *nearest)
            && line.get(at + 1) == Some(&self.launcher)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn process(id: u32) -> Process {
        Process { id, started: u64::from(id) }
    }

    fn placed(process_id: u32, launcher: u32) -> Placement {
        Placement {
            process: process(process_id),
            launcher: process(launcher),
            namespaces: "mnt:[1]".to_owned(),
        }
    }

    // REQ-074
    #[test]
    fn an_agent_is_itself_and_what_it_started_and_nobody_else_is() {
        // A shell (2) becomes the launcher of an agent (3), which starts a launcher (5) of another agent (6).
        let (outer, inner) = (placed(3, 2), placed(6, 5));
        let known = [&outer, &inner];
        let lines: [(&[u32], bool, bool); 11] = [
            (&[3, 2, 1], true, false),
            (&[4, 3, 2, 1], true, false),
            (&[6, 5, 3, 2, 1], false, true),
            (&[7, 6, 5, 3, 2, 1], false, true),
            (&[5, 3, 2, 1], false, false),
            // What the shell had started before it became the launcher.
            (&[8, 2, 1], false, false),
            (&[2, 1], false, false),
            (&[1], false, false),
            (&[], false, false),
            // The launcher has ended, and somebody else took the agent over.
            (&[3, 1], false, false),
            (&[4, 3, 9, 2, 1], false, false),
        ];
        for (line, is_outer, is_inner) in lines {
            let line: Vec<Process> = line.iter().copied().map(process).collect();
            assert_eq!(outer.holds(&line, &known), is_outer, "{line:?}");
            assert_eq!(inner.holds(&line, &known), is_inner, "{line:?}");
        }
        // An agent that became a launcher itself is one: what it started before counts no longer.
        let third = placed(6, 3);
        let known = [&outer, &third];
        let line = [8, 3, 2, 1].map(process);
        assert!(!outer.holds(&line, &known));
        // A number that was given to another process is another.
        let other = [Process { id: 3, started: 99 }, process(2), process(1)];
        assert!(!outer.holds(&other, &known));
    }
}
