//! Which processes there are, as Linux tells in `/proc`; elsewhere nothing is known of any.

use std::collections::{HashMap, HashSet};
use std::ffi::c_int;
use std::fs;
use std::path::Path;
use std::thread;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process, kill_process_group};

use super::open;
use crate::domain::hook::is_name_of_shell;
use crate::domain::process::Process;

/// Longest line about a process, in bytes: about fifty numbers and a name.
const STAT_MAX: u64 = 4096;

/// Longest account of a process, in bytes: about sixty lines.
const STATUS_MAX: u64 = 64 * 1024;

/// How often it is looked whether a group has ended, and the pause between two looks: two seconds in
/// all, which is time enough to tidy up.
const LOOKS: u32 = 100;
const PAUSE: Duration = Duration::from_millis(20);

/// Identifies a running process; `None` where there is none, or the system does not tell.
pub fn of(id: u32) -> Option<Process> {
    Some(read(id)?.process)
}

/// Finds the program that a hook answers, among those that a process comes from, itself first: the nearest that is no
/// shell, since runtimes run hooks through one that lives no longer than the hook.
pub fn asker(line: &[Process]) -> Option<Process> {
    line.iter().skip(1).copied().find(|process| !is_shell(process))
}

/// Tells whether a process runs a shell. What nobody may look at is none.
fn is_shell(process: &Process) -> bool {
    let program = fs::read_link(Path::new("/proc").join(process.id.to_string()).join("exe"));
    let name = program.as_ref().ok().and_then(|program| program.file_name()?.to_str());
    name.is_some_and(is_name_of_shell)
}

/// Asks a group to end, and kills what descends from it and has left it: agents that an agent started, runs
/// that a run started. Returns all of them.
///
/// A process that starts itself again and again is quicker than a search for it. So all of them are stopped first,
/// until none can start another.
pub fn ask_to_end(group: Pid) -> Vec<Process> {
    let line = held(Some(group), &[]);
    for about in line.iter().filter(|about| !is_in(about, group)) {
        send(&about.process, Signal::KILL);
    }
    // A stopped process gets no signal before it goes on.
    for signal in [Signal::TERM, Signal::CONT] {
        // A group that has gone needs no signal, and one that took another user's rights is past our reach.
        let _gone = kill_process_group(group, signal);
    }
    line.into_iter().map(|about| about.process).collect()
}

/// Kills a group, those of a line, and what descends from either. Returns the line with all of them.
pub fn kill_all(group: Option<Pid>, mut line: Vec<Process>) -> Vec<Process> {
    let found = held(group, &line);
    for about in &found {
        send(&about.process, Signal::KILL);
    }
    let _gone = group.map(|group| kill_process_group(group, Signal::KILL));
    let known: HashSet<Process> = line.iter().copied().collect();
    line.extend(found.into_iter().map(|about| about.process).filter(|process| !known.contains(process)));
    line
}

/// Stops a group, those of a line, and what descends from either, until none of them moves, and lists them.
fn held(group: Option<Pid>, line: &[Process]) -> Vec<About> {
    let mut looks = 0;
    loop {
        let found = descending(group, line);
        let moving = found.iter().filter(|about| !about.is_stopped);
        let stopped = moving.map(|about| send(&about.process, Signal::STOP)).count();
        looks += 1;
        // What waits for a disk stops later, and starts nothing before.
        if stopped == 0 || looks == LOOKS {
            return found;
        }
        pause();
    }
}

/// Lists the processes of a group, those of a line, what they have started, what these have, and so on,
/// whatever group that is in.
fn descending(group: Option<Pid>, line: &[Process]) -> Vec<About> {
    let all = fs::read_dir("/proc").into_iter().flatten().filter_map(Result::ok);
    let about = all.filter_map(|entry| read(entry.file_name().to_str()?.parse().ok()?));
    let known: HashSet<&Process> = line.iter().collect();
    let mut found = Vec::new();
    let mut others: HashMap<u32, Vec<About>> = HashMap::new();
    for about in about.filter(|about| !about.has_ended) {
        if group.is_some_and(|group| is_in(&about, group)) || known.contains(&about.process) {
            found.push(about);
        } else {
            others.entry(about.parent).or_default().push(about);
        }
    }
    let mut next = 0;
    while let Some(parent) = found.get(next).map(|about| about.process.id) {
        found.extend(others.remove(&parent).into_iter().flatten());
        next += 1;
    }
    found
}

fn send(process: &Process, signal: Signal) {
    let id = i32::try_from(process.id).ok().and_then(Pid::from_raw);
    let _gone = id.filter(|_| is_alive(process)).map(|id| kill_process(id, signal));
}

/// Leaves those of some signals that this process does not ignore, as it was started: `nohup` has it ignore one.
pub fn heeded(signals: &[c_int]) -> Vec<c_int> {
    let status = open::beginning(Path::new("/proc/self/status"), STATUS_MAX).unwrap_or_default();
    let status = String::from_utf8_lossy(&status);
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let ignored = ignored.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or_default();
    let is_ignored = |signal: &c_int| {
        let mask = u32::try_from(signal - 1).ok().and_then(|bit| ignored.checked_shr(bit));
        mask.is_some_and(|mask| mask & 1 == 1)
    };
    signals.iter().copied().filter(|signal| !is_ignored(signal)).collect()
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
    let line = ask_to_end(group);
    for _ in 0..LOOKS {
        if !is_alive(process) && !line.iter().any(is_alive) {
            break;
        }
        pause();
    }
    // Where it has ended and nobody took note of that yet, what is left of its group goes, too. Where
    // somebody did, the number of the group may be another's.
    kill_all(Some(group).filter(|_| of(process.id) == Some(*process)), line);
}

#[expect(clippy::disallowed_methods, reason = "what a process that is no child does cannot be waited for")]
fn pause() {
    thread::sleep(PAUSE);
}

/// What the system says of a process.
pub(super) struct About {
    pub(super) process: Process,
    pub(super) parent: u32,
    group: u32,
    has_ended: bool,
    is_stopped: bool,
}

fn read(id: u32) -> Option<About> {
    about(id, &stat(&id.to_string())?)
}

/// Returns the line in which Linux tells about a process, by its number or as `self`.
pub fn stat(process: &str) -> Option<Vec<u8>> {
    open::beginning(&Path::new("/proc").join(process).join("stat"), STAT_MAX).ok()
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
        is_stopped: matches!(state, "T" | "t"),
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
