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
        pause: std::thread::sleep,
        ancestry: qms::disk::processes::ancestry,
        terminal: terminal(),
        process: std::process::id(),
        // Not locked: whoever reads a passphrase locks it for that line.
        stdin: Box::new(io::BufReader::new(io::stdin())),
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

/// Names the terminal session of this process: its terminal, its leader, and when that was started.
fn terminal() -> Option<String> {
    let about = |process: &str| std::fs::read_to_string(format!("/proc/{process}/stat")).ok();
    // What stands behind the name of the program, which may contain anything: state, parent, group,
    // session, terminal, and as twentieth the time of the start.
    let field = |text: &str, at: usize| -> Option<String> {
        Some(text.rsplit_once(')')?.1.split_whitespace().nth(at)?.to_owned())
    };
    let own = about("self")?;
    let (leader, terminal) = (field(&own, 3)?, field(&own, 4)?);
    let since = field(&about(&leader)?, 19)?;
    (terminal != "0").then(|| format!("{terminal}-{leader}-{since}"))
}

/// Milliseconds since the Unix epoch; a clock before it counts as standing at it.
#[expect(clippy::disallowed_methods, reason = "this is the place that hands the clock in")]
fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}
