//! The outside world, as `main` hands it in: nothing below reads a clock, a variable or a stream.

use std::ffi::OsString;
use std::io::BufRead;
use std::path::PathBuf;
use std::time::Duration;

use super::outlet::Outlet;
use crate::domain::clock::Moment;
use crate::domain::process::Descent;
use crate::session::Outside;

/// Everything that a run needs from outside.
pub struct World {
    /// The command line, the program's name first.
    pub arguments: Vec<OsString>,
    /// Looks up an environment variable.
    pub variable: Variables,
    /// The working directory.
    pub directory: PathBuf,
    /// The program's own file.
    pub program: PathBuf,
    /// What the system says of the time.
    pub clock: fn() -> Moment,
    /// Fills a buffer with random bytes from the system; false where there are none.
    pub random: fn(&mut [u8]) -> bool,
    /// Waits.
    pub pause: fn(Duration),
    /// Finds out where this process comes from.
    pub ancestry: fn() -> Descent,
    /// The descriptors that the program was started with.
    pub inherited: Vec<u32>,
    /// Names the terminal session that the process belongs to, if it belongs to one; no other that is
    /// alive has the same name.
    pub terminal: Option<String>,
    /// The process number.
    pub process: u32,
    /// The name of this host, where it has one.
    pub host: Option<String>,
    /// The Unix user of this process, where the system has such.
    pub uid: Option<u32>,
    /// Standard input.
    pub stdin: Box<dyn BufRead>,
    /// Whether that is a terminal.
    pub stdin_is_terminal: bool,
    /// Standard output.
    pub stdout: Outlet,
    /// Standard error.
    pub stderr: Outlet,
}

/// Looks up an environment variable by its name.
pub type Variables = Box<dyn Fn(&str) -> Option<String>>;

impl World {
    /// What a session needs from outside.
    pub(super) fn outside(&self) -> Outside {
        let (clock, random) = (Box::new(self.clock), Box::new(self.random));
        Outside { clock, random, host: self.host.clone(), uid: self.uid }
    }

    /// Tells whether all three streams are terminals.
    pub(super) fn is_at_terminal(&self) -> bool {
        self.stdin_is_terminal && self.stdout.is_terminal() && self.stderr.is_terminal()
    }

    /// Looks up a variable that is set and not empty.
    pub(super) fn set_variable(&self, name: &str) -> Option<String> {
        (self.variable)(name).filter(|value| !value.is_empty())
    }
}
