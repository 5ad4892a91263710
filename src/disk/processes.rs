//! Which processes there are, as Linux tells in `/proc`; elsewhere nothing is known of any.

use std::fs;
use std::thread;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process, kill_process_group};

use crate::domain::process::Process;

/// How often it is looked whether a group has ended, and the pause between two looks: two seconds in
/// all, which is time enough to tidy up.
const LOOKS: u32 = 100;
const PAUSE: Duration = Duration::from_millis(20);

/// Identifies a running process; `None` where there is none, or the system does not tell.
pub fn of(id: u32) -> Option<Process> {
    Some(read(id)?.process)
}

/// Lists the processes of a group, what they have started, what these have, and so on, whatever group it is
/// in: an agent that is started by an agent has one of its own.
pub fn line_of(group: Pid) -> Vec<Process> {
    let all = fs::read_dir("/proc").into_iter().flatten().filter_map(Result::ok);
    let mut others: Vec<About> = all
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .filter_map(read)
        .filter(|about| !about.has_ended)
        .collect();
    let mut found: Vec<Process> = Vec::new();
    loop {
        let known = |id: u32| found.iter().any(|one| one.id == id);
        let (more, rest): (Vec<About>, Vec<About>) =
            others.into_iter().partition(|about| is_in(about, group) || known(about.parent));
        if more.is_empty() {
            return found;
        }
        others = rest;
        found.extend(more.into_iter().map(|about| about.process));
    }
}

/// Sends a signal to a group, and to those of a line that are in another, as far as they are those that
/// were meant.
pub fn signal_line(group: Pid, line: &[Process], signal: Signal) {
    // A group that has gone needs no signal, and one that took another user's rights is past our reach.
    let _gone = kill_process_group(group, signal);
    for process in line {
        let is_meant = |about: &About| about.process == *process && !about.has_ended && !is_in(about, group);
        if read(process.id).is_some_and(|about| is_meant(&about)) {
            send(process, signal);
        }
    }
}

fn send(process: &Process, signal: Signal) {
    let id = i32::try_from(process.id).ok().and_then(Pid::from_raw);
    let _gone = id.map(|id| kill_process(id, signal));
}

fn is_in(about: &About, group: Pid) -> bool {
    u32::try_from(group.as_raw_pid()) == Ok(about.group)
}

/// Tells whether a process is still running. One that has ended and was not waited for is not.
pub fn is_alive(process: &Process) -> bool {
    read(process.id).is_some_and(|about| about.process == *process && !about.has_ended)
}

/// Ends a process and its group: asks first, and kills what has not gone two seconds later. Does
/// nothing when the number belongs to another process by now.
pub fn stop_group(process: &Process) {
    let group = i32::try_from(process.id).ok().and_then(Pid::from_raw);
    let Some(group) = group.filter(|_| of(process.id) == Some(*process)) else { return };
    let line = line_of(group);
    // Who was stopped hears nothing before going on.
    for signal in [Signal::TERM, Signal::CONT] {
        signal_line(group, &line, signal);
    }
    for _ in 0..LOOKS {
        if !is_alive(process) && !line.iter().any(is_alive) {
            break;
        }
        pause();
    }
    // Where it has ended and nobody took note of that yet, what is left of its group goes, too. Where
    // somebody did, the number of the group may be another's.
    if of(process.id) == Some(*process) {
        signal_line(group, &line, Signal::KILL);
    } else {
        line.iter().filter(|one| is_alive(one)).for_each(|one| send(one, Signal::KILL));
    }
}

#[expect(clippy::disallowed_methods, reason = "the end of a process that is no child cannot be waited for")]
fn pause() {
    thread::sleep(PAUSE);
}

/// What the system says of a process.
pub(super) struct About {
    pub(super) process: Process,
    pub(super) parent: u32,
    group: u32,
    has_ended: bool,
}

fn read(id: u32) -> Option<About> {
    about(id, &fs::read(format!("/proc/{id}/stat")).ok()?)
}

/// Reads a line of `/proc/<id>/stat`. The name of the program stands in it between parentheses and
/// may contain anything, parentheses and bytes that are no text among it.
pub(super) fn about(id: u32, line: &[u8]) -> Option<About> {
    let line = line.strip_prefix(format!("{id} (").as_bytes())?;
    let behind = line.iter().rposition(|byte| *byte == b')')?;
    let mut fields = std::str::from_utf8(line.get(behind + 1..)?).ok()?.split_ascii_whitespace();
    let state = fields.next()?;
    let parent = fields.next()?.parse().ok()?;
    let group = fields.next()?.parse().ok()?;
    // Third is the state, fourth the parent, fifth the group, twenty-second the start.
    let started = fields.nth(16)?.parse().ok()?;
    Some(About {
        process: Process { id, started },
        parent,
        group,
        has_ended: matches!(state, "Z" | "X" | "x"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_cannot_lie_about_its_start_by_its_name() {
        let line =
            b"7 (a) S 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 \xff) Z 4 7 7 0 -1 4194560 1 2 3 4 5 6 7 8 20 \
            0 1 0 4711 1 1 18446744073709551615\n";
        let about = about(7, line).unwrap();
        assert_eq!(about.process, Process { id: 7, started: 4711 });
        assert_eq!((about.parent, about.has_ended), (4, true));
    }

    #[test]
    fn half_a_line_says_nothing() {
        for line in [&b""[..], b"7 (a", b"7 (a) S 1", b"7 (a) S one 7 7 0 -1 0 1 2 3 4 5 6 7 8 20 0 1 0 1"] {
            assert!(about(7, line).is_none());
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_process_knows_itself() {
        let own = of(std::process::id()).unwrap();
        assert!(is_alive(&own));
        let other = Process { started: own.started + 1, ..own };
        assert!(!is_alive(&other));
        // Nobody is stopped for a number that was another's once: this test itself would be.
        stop_group(&other);
    }
}
