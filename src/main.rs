//! Hands the outside world to the command line, and nothing else.

use std::io::{self, IsTerminal as _};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;
use std::time::{SystemTime, UNIX_EPOCH};

use qms::cli::{Code, Terminals, World, run};
use qms::domain::digest::Timestamp;
use ring::rand::{SecureRandom as _, SystemRandom};

#[expect(clippy::disallowed_methods, reason = "this is the place that hands the world in")]
fn main() -> ExitCode {
    let mut world = World {
        arguments: std::env::args_os().collect(),
        variable: Box::new(|name| std::env::var(name).ok()),
        directory: std::env::current_dir().unwrap_or_default(),
        program: std::env::current_exe().unwrap_or_default(),
        clock: now,
        random: |bytes| SystemRandom::new().fill(bytes).is_ok(),
        process: std::process::id(),
        stdin: Box::new(io::stdin().lock()),
        stdout: Box::new(io::stdout()),
        stderr: Box::new(io::stderr()),
        terminals: Terminals {
            stdin: io::stdin().is_terminal(),
            stdout: io::stdout().is_terminal(),
            stderr: io::stderr().is_terminal(),
        },
    };
    // A panic has told where it happened; what is left is the status that says so.
    ExitCode::from(catch_unwind(AssertUnwindSafe(|| run(&mut world))).unwrap_or(Code::Bug.status()))
}

/// Milliseconds since the Unix epoch; a clock before it counts as standing at it.
#[expect(clippy::disallowed_methods, reason = "this is the place that hands the clock in")]
fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}
