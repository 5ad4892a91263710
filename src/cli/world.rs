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

/// The variables of ours that are texts; the others name paths, or say yes or no.
const TEXTS: [&str; 3] = ["QMS_USER", "QMS_TOKEN", "QMS_TOKEN_FD"];

/// Looks up an environment variable by its name.
pub type Variables = Box<dyn Fn(&str) -> Option<OsString>>;

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

    /// Looks up a variable that is set and not empty. What is no text in it is shown as such, and is not passed over:
    /// that would be to say that nothing was set.
    pub(super) fn set_variable(&self, name: &str) -> Option<String> {
        self.set(name).map(|value| value.to_string_lossy().into_owned())
    }

    /// Looks up a variable that is set and not empty and names a path, which may be of any bytes.
    pub(super) fn path_variable(&self, name: &str) -> Option<PathBuf> {
        self.set(name).map(PathBuf::from)
    }

    /// Finds a variable of ours that is to be a text, and is none.
    pub(super) fn unreadable_variable(&self) -> Option<&'static str> {
        let is_text = |name: &&str| self.set(name).is_none_or(|value| value.to_str().is_some());
        TEXTS.iter().copied().find(|name| !is_text(name))
    }

    fn set(&self, name: &str) -> Option<OsString> {
        (self.variable)(name).filter(|value| !value.is_empty())
    }
}
