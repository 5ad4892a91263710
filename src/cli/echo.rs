//! A terminal that does not show what is typed, until that is read or a signal ends the program.

use std::io;
use std::sync::{Mutex, Once, PoisonError};
use std::thread;

use rustix::termios::{OptionalActions, Termios, tcgetattr, tcsetattr};
use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM};
use signal_hook::iterator::Signals;
use signal_hook::low_level::emulate_default_handler;

use crate::disk::attends_signals;

/// How the terminal was before somebody was asked; `None` while nobody is.
static BEFORE: Mutex<Option<Termios>> = Mutex::new(None);

/// Asks for what is not shown. A signal that ends the program meanwhile leaves the terminal as it was.
pub(super) fn hidden<T>(ask: impl FnOnce() -> T) -> T {
    static WATCHED: Once = Once::new();
    // A handler stays for the life of the process: from then on each signal is dealt with here.
    WATCHED.call_once(watch);
    keep(tcgetattr(io::stdin()).ok());
    let answer = ask();
    keep(None);
    answer
}

fn keep(before: Option<Termios>) -> Option<Termios> {
    let mut kept = BEFORE.lock().unwrap_or_else(PoisonError::into_inner);
    std::mem::replace(&mut *kept, before)
}

/// Lets signals end the program as they do by themselves, but for those that a program which it attends is told.
fn watch() {
    // Where there are no signals to hear of, the terminal is as safe as it was.
    let Ok(mut signals) = Signals::new([SIGHUP, SIGINT, SIGQUIT, SIGTERM]) else { return };
    thread::spawn(move || {
        for signal in signals.forever() {
            if let Some(before) = keep(None) {
                let _gone = tcsetattr(io::stdin(), OptionalActions::Now, &before);
            }
            if !attends_signals(signal) {
                let _refused = emulate_default_handler(signal);
            }
        }
    });
}
