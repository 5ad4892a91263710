//! Hands the outside world to the command line, and nothing else.

use std::io::{self, IsTerminal as _};
use std::process::ExitCode;
use std::time::{SystemTime, UNIX_EPOCH};

use qms::cli::{Terminals, World, run};
use qms::domain::digest::Timestamp;
use ring::rand::{SecureRandom as _, SystemRandom};

fn main() -> ExitCode {
    let mut world = World {
        arguments: std::env::args_os().collect(),
        variable: Box::new(|name| std::env::var(name).ok()),
        directory: std::env::current_dir().unwrap_or_default(),
        program: std::env::current_exe().unwrap_or_default(),
        clock: now,
        random: |bytes| SystemRandom::new().fill(bytes).is_ok(),
        process: std::process::id(),
        stdin: Box::new(io::stdin()),
        stdout: Box::new(io::stdout()),
        stderr: Box::new(io::stderr()),
        terminals: Terminals {
            stdin: io::stdin().is_terminal(),
            stdout: io::stdout().is_terminal(),
            stderr: io::stderr().is_terminal(),
        },
    };
    ExitCode::from(run(&mut world))
}

/// Milliseconds since the Unix epoch; a clock before it counts as standing at it.
fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}
