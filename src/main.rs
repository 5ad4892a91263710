//! Hands the outside world to the command line, and nothing else.

use std::io::{self, IsTerminal as _};
use std::panic;
use std::process::{ExitCode, exit};
use std::time::{SystemTime, UNIX_EPOCH};

use qms::cli::{Outlet, World, run, stopped};
use qms::domain::clock::Moment;
use qms::domain::digest::Timestamp;
use ring::rand::{SecureRandom as _, SystemRandom};

#[expect(clippy::disallowed_methods, reason = "this is the place that ends the program")]
fn main() -> ExitCode {
    // A fault of the program ends it at once, as a signal would: what was begun is undone by the next one
    // that opens the project. It has a status and, where that was asked for, a document.
    panic::set_hook(Box::new(|fault| {
        let why = fault.payload_as_str().unwrap_or("it stopped");
        let place = fault.location().map(|place| format!(" ({place})")).unwrap_or_default();
        exit(stopped(&mut world(), &format!("{why}{place}")).into());
    }));
    ExitCode::from(run(&mut world()))
}

#[expect(clippy::disallowed_methods, reason = "this is the place that hands the world in")]
fn world() -> World {
    // Before anything is opened.
    let inherited = qms::disk::descriptor::listed();
    World {
        arguments: std::env::args_os().collect(),
        variable: Box::new(|name| std::env::var_os(name)),
        directory: std::env::current_dir().unwrap_or_default(),
        program: std::env::current_exe().unwrap_or_default(),
        clock: now,
        random: |bytes| SystemRandom::new().fill(bytes).is_ok(),
        pause: std::thread::sleep,
        ancestry: qms::disk::descent::descent,
        inherited,
        terminal: terminal(),
        process: std::process::id(),
        host: rustix::system::uname().nodename().to_str().ok().map(str::to_owned),
        uid: Some(rustix::process::getuid().as_raw()),
        // Not locked: whoever reads a passphrase locks it for that line.
        stdin: Box::new(io::BufReader::new(io::stdin())),
        stdin_is_terminal: io::stdin().is_terminal(),
        stdout: Outlet::new(Box::new(io::stdout()), io::stdout().is_terminal()),
        stderr: Outlet::new(Box::new(io::stderr()), io::stderr().is_terminal()),
    }
}

/// Names the terminal session of this process: its terminal, its leader, and when that was started.
fn terminal() -> Option<String> {
    let about = |process: &str| String::from_utf8(qms::disk::processes::stat(process)?).ok();
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

/// Milliseconds since the Unix epoch; a clock before it counts as standing at it. Beside it the time since
/// the system started, which nobody can set.
#[expect(clippy::disallowed_methods, reason = "this is the place that hands the clock in")]
fn now() -> Moment {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Moment { clock: Timestamp::of_clock(since), boot: qms::disk::boot::boot() }
}
