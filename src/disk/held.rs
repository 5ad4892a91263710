//! The first stage of an agent: this program itself, which waits until the agent is registered, and then becomes
//! it. So the process is known before the agent has its secret, and the secret is in no list of words.

use std::ffi::OsString;
use std::io::{self, BufRead, ErrorKind, Read as _};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Command, Stdio};

#[cfg(target_os = "linux")]
use rustix::process::{Signal, set_parent_process_death_signal};

use super::{DiskError, Input, Spawned, Start, Streams};
use crate::domain::process::Process;

/// The word by which this program is that stage. It is for nobody to type.
pub const HELD: &str = "held-agent";

/// The variable in which an agent finds its secret.
const VARIABLE: &str = "QMS_TOKEN";

/// Longest secret that is waited for, in bytes.
const SECRET_MAX: u64 = 1024;

/// An agent that was started, and waits.
#[derive(Debug)]
pub struct Held(Spawned);

impl Held {
    /// Starts the first stage of an agent: of a program with these arguments, exactly this environment, and its
    /// secret. `own` is this program.
    pub fn start(
        own: &Path,
        program: &Path,
        arguments: Vec<String>,
        environment: &[(String, String)],
        directory: &Path,
    ) -> Result<Self, DiskError> {
        let mut words = vec![HELD.to_owned(), program.display().to_string()];
        words.extend(arguments);
        Ok(Self(Spawned::start(&Start {
            program: own,
            arguments: &words,
            environment,
            directory,
            input: Input::Told,
            streams: Streams::Apart,
        })?))
    }

    /// Identifies the process, where the system tells.
    pub fn process(&self) -> Option<Process> {
        self.0.process()
    }

    /// Gives it its secret, and lets it become the agent.
    pub fn release(mut self, secret: &str) -> Result<Spawned, DiskError> {
        let told = self.0.tell(format!("{secret}\n").as_bytes());
        told.map_err(DiskError::io("start", Path::new(HELD)))?;
        Ok(self.0)
    }
}

/// Waits for the secret, and becomes the program that these words name. Returns why it did not.
pub fn wait(input: &mut dyn BufRead, words: &[OsString]) -> io::Error {
    if let Err(error) = end_with_parent() {
        return error;
    }
    let mut secret = String::new();
    if let Err(error) = input.take(SECRET_MAX).read_line(&mut secret) {
        return error;
    }
    let (Some(secret), [program, arguments @ ..]) = (secret.strip_suffix('\n'), words) else {
        // Whoever started it has gone, or has thought better of it.
        return ErrorKind::UnexpectedEof.into();
    };
    Command::new(program).args(arguments).env(VARIABLE, secret).stdin(Stdio::null()).exec()
}

/// Has the system kill this process, and the program that it becomes, with whoever started it: of what ends that one some
/// cannot be heard.
#[cfg(target_os = "linux")]
fn end_with_parent() -> io::Result<()> {
    Ok(set_parent_process_death_signal(Some(Signal::KILL))?)
}

#[cfg(not(target_os = "linux"))]
fn end_with_parent() -> io::Result<()> {
    Ok(())
}
