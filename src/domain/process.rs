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
