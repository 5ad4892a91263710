//! The signals that tell this process to end, while it attends programs and after.
//!
//! A program that is attended is in a group of its own and hears none of them: who attends it is told. A handler stays
//! for the life of the process, so with nobody attended any more each signal has to do here what it does by itself.

use std::ffi::c_int;
use std::io;
use std::sync::mpsc::Sender;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;

use signal_hook::consts::{
    SIGBUS, SIGCHLD, SIGCONT, SIGFPE, SIGILL, SIGKILL, SIGPIPE, SIGSEGV, SIGSTOP, SIGTERM, SIGTSTP, SIGTTIN,
    SIGTTOU, SIGURG, SIGWINCH,
};
use signal_hook::iterator::Signals;
use signal_hook::low_level::emulate_default_handler;

use super::processes::heeded;

/// The signals that tell nothing: those that nobody can hear, those of faults of the program itself, to which it would
/// come back, and those that end no process, or not this one.
const NOT_TOLD: [c_int; 14] = [
    SIGKILL, SIGSTOP, SIGILL, SIGBUS, SIGFPE, SIGSEGV, SIGCHLD, SIGCONT, SIGPIPE, SIGTSTP, SIGTTIN, SIGTTOU,
    SIGURG, SIGWINCH,
];

/// The last signal that has a name, and the last of all.
const NAMED: c_int = 31;
const LAST: c_int = if cfg!(target_os = "linux") { 64 } else { NAMED };

/// What is told to who attends a program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Told {
    /// This process was told to end.
    Signal,
    /// The program has ended.
    Ended,
}

/// Who is told.
#[derive(Debug)]
struct Attending {
    is_heard: bool,
    next: u64,
    all: Vec<(u64, Sender<Told>)>,
}

static ATTENDING: Mutex<Attending> = Mutex::new(Attending { is_heard: false, next: 0, all: Vec::new() });

fn attending() -> MutexGuard<'static, Attending> {
    ATTENDING.lock().unwrap_or_else(PoisonError::into_inner)
}

fn is_told(signal: c_int) -> bool {
    (1..=LAST).contains(&signal) && !NOT_TOLD.contains(&signal)
}

/// Tells whether a signal is for a program that is attended.
pub fn attends_signals(signal: c_int) -> bool {
    is_told(signal) && !attending().all.is_empty()
}

/// As long as this lives, somebody is told of signals, and none ends this process.
#[derive(Debug)]
pub(super) struct Attended(u64);

impl Attended {
    pub(super) fn new(tell: Sender<Told>) -> io::Result<Self> {
        let mut attending = attending();
        if !attending.is_heard {
            hear()?;
            attending.is_heard = true;
        }
        let number = attending.next;
        attending.next += 1;
        attending.all.push((number, tell));
        Ok(Self(number))
    }
}

impl Drop for Attended {
    fn drop(&mut self) {
        attending().all.retain(|(number, _)| *number != self.0);
    }
}

/// Begins to hear the signals that this process does not ignore.
fn hear() -> io::Result<()> {
    let all: Vec<c_int> = (1..=LAST).filter(|signal| is_told(*signal)).collect();
    let mut signals = Signals::new(Vec::<c_int>::new())?;
    for signal in heeded(&all) {
        match signals.add_signal(signal) {
            // Some of those without a name are the C library's own, and not the same in each.
            Err(_) if signal > NAMED => {}
            added => added?,
        }
    }
    thread::spawn(move || {
        for signal in signals.forever() {
            if !tell() {
                end_by(signal);
            }
        }
    });
    Ok(())
}

/// Tells all who attend a program; false where nobody does.
fn tell() -> bool {
    let attending = attending();
    for (_, who) in &attending.all {
        let _gone = who.send(Told::Signal);
    }
    !attending.all.is_empty()
}

/// Ends this process as a signal does by itself.
fn end_by(signal: c_int) {
    // It does not come back from one that it knows to end a process.
    for signal in [signal, SIGTERM] {
        let _unknown = emulate_default_handler(signal);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(target_os = "linux")]
    // REQ-075
    #[test]
    fn every_signal_that_ends_a_process_and_can_be_heard_is_told() {
        // signal(7): what is stopped, goes on or is ignored; what cannot be heard; what the program itself did wrong.
        let others = [[17, 18, 19, 20, 21, 22, 23, 28].as_slice(), &[9], &[4, 7, 8, 11], &[13]].concat();
        for signal in 1..=64 {
            assert_eq!(is_told(signal), !others.contains(&signal), "{signal}");
        }
        assert!(!is_told(0) && !is_told(65));
    }
}
