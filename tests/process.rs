//! Programs that are started are heard, and end with everything that they started.

#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops")]

use std::fs;
use std::path::Path;
use std::time::Duration;

use qms::disk::{DiskError, Ended, Input, Spawned, Start, Stream, Streams, processes};
use qms::domain::process::Process;

/// Longer than any of these programs runs that is not meant to be ended.
const LONG: Duration = Duration::from_mins(1);
/// Short, and long enough for a shell to start.
const SHORT: Duration = Duration::from_millis(500);

fn start(script: &str, arguments: &[&str], directory: &Path) -> Spawned {
    start_with(script, arguments, directory, Streams::Apart)
}

fn started(
    program: &Path,
    arguments: &[String],
    environment: &[(String, String)],
    directory: &Path,
    streams: Streams,
) -> Result<Spawned, DiskError> {
    Spawned::start(&Start { program, arguments, environment, directory, input: Input::Nothing, streams })
}

fn start_with(script: &str, arguments: &[&str], directory: &Path, streams: Streams) -> Spawned {
    let mut words = vec!["-c".to_owned(), script.to_owned(), "sh".to_owned()];
    words.extend(arguments.iter().map(|&word| word.to_owned()));
    let path = ("PATH".to_owned(), "/usr/bin:/bin".to_owned());
    started(Path::new("/bin/sh"), &words, &[path], directory, streams).unwrap()
}

/// Runs a script to its end; back come both outputs.
fn run(script: &str, arguments: &[&str], limit: Duration) -> (Ended, String, String) {
    let folder = tempfile::tempdir().unwrap();
    let (mut out, mut error) = (Vec::new(), Vec::new());
    let ended = start(script, arguments, folder.path()).run_to_end(limit, &mut |stream, bytes| {
        if stream == Stream::Out { &mut out } else { &mut error }.extend_from_slice(bytes);
    });
    (Ended { line: Vec::new(), ..ended }, String::from_utf8(out).unwrap(), String::from_utf8(error).unwrap())
}

/// Runs a script that first writes the number of another process: back comes that process.
fn run_with_another(script: &str, limit: Duration) -> (Ended, Process) {
    let mut another = None;
    let ended = start(script, &[], Path::new("/")).run_to_end(limit, &mut |_, bytes| {
        let number = std::str::from_utf8(bytes).unwrap().lines().next();
        another = another.or_else(|| processes::of(number?.parse().ok()?));
    });
    (Ended { line: Vec::new(), ..ended }, another.unwrap())
}

/// Waits until a process is gone: who is killed takes a moment to go.
fn is_gone(process: &Process) -> bool {
    (0..1_000_000).any(|_| !processes::is_alive(process))
}

const WELL: Ended =
    Ended { status: Some(0), signal: None, timed_out: false, interrupted: false, line: Vec::new() };

// REQ-112
#[test]
fn both_outputs_and_the_status_come_back() {
    let script = "printf '%s|' \"$@\"; echo complaint >&2; exit 3";
    let (ended, out, error) = run(script, &["two words", "", "$HOME"], LONG);
    assert_eq!(ended, Ended { status: Some(3), ..WELL });
    assert_eq!((out.as_str(), error.as_str()), ("two words||$HOME|", "complaint\n"));
}

#[test]
fn much_output_comes_whole_and_in_order() {
    let (ended, out, _) = run("seq 1 50000", &[], LONG);
    let numbers = out.lines().map(|line| line.parse::<u32>().unwrap_or_default());
    assert!(ended == WELL && numbers.eq(1..=50_000_u32));
}

#[test]
fn both_outputs_come_as_one_in_the_order_in_which_they_were_written() {
    let script = "for n in $(seq 1 500); do echo $n; echo $n >&2; done";
    let mut out = Vec::new();
    let started = start_with(script, &[], Path::new("/"), Streams::Together);
    let ended = started.run_to_end(LONG, &mut |stream, bytes| {
        assert_eq!(stream, Stream::Out);
        out.extend_from_slice(bytes);
    });
    let out = String::from_utf8(out).unwrap();
    let expected = (1..=500).flat_map(|number| [number.to_string(), number.to_string()]);
    assert!(ended == WELL && out.lines().eq(expected), "{out}");
}

#[test]
fn output_comes_while_the_program_still_runs() {
    let folder = tempfile::tempdir().unwrap();
    let script = "echo one; until [ -e heard ]; do sleep 0.02; done; echo two";
    let mut heard = Vec::new();
    let ended = start(script, &[], folder.path()).run_to_end(LONG, &mut |_, bytes| {
        heard.extend_from_slice(bytes);
        fs::write(folder.path().join("heard"), "").unwrap();
    });
    assert_eq!((ended, heard.as_slice()), (WELL, &b"one\ntwo\n"[..]));
}

#[test]
fn the_environment_and_the_folder_are_those_that_were_given_and_nothing_is_read() {
    let given = [("LANG".to_owned(), "C".to_owned()), ("EMPTY".to_owned(), String::new())];
    let mut out = Vec::new();
    let (env, root) = (Path::new("/usr/bin/env"), Path::new("/"));
    let env = started(env, &[], &given, root, Streams::Apart).unwrap();
    env.run_to_end(LONG, &mut |_, bytes| out.extend_from_slice(bytes));
    let mut lines: Vec<&str> = std::str::from_utf8(&out).unwrap().lines().collect();
    lines.sort_unstable();
    assert_eq!(lines, ["EMPTY=", "LANG=C"]);

    let folder = tempfile::tempdir().unwrap();
    let mut out = Vec::new();
    start("pwd -P; cat", &[], folder.path()).run_to_end(LONG, &mut |_, bytes| out.extend_from_slice(bytes));
    let real = fs::canonicalize(folder.path()).unwrap();
    assert_eq!(String::from_utf8(out).unwrap().trim_end(), real.to_str().unwrap());
}

#[test]
fn a_program_that_is_not_there_is_named() {
    let path = Path::new("/no/such/program");
    let started = started(path, &[], &[], Path::new("/"), Streams::Together);
    let Err(error) = started else { panic!("it was started") };
    assert!(matches!(error, DiskError::Io { .. }));
    assert_eq!(error.to_string(), "cannot start `/no/such/program`");
}

// REQ-075
#[test]
fn at_the_limit_the_program_and_its_children_end() {
    let (ended, child) = run_with_another("sleep 60 & echo $!; wait", SHORT);
    assert_eq!(ended, Ended { status: None, signal: Some(15), timed_out: true, ..WELL });
    assert!(is_gone(&child));
}

// REQ-075
#[test]
fn whoever_does_not_listen_is_killed() {
    let script = "trap '' TERM; sleep 60 & echo $!; while :; do wait; done";
    let (ended, child) = run_with_another(script, SHORT);
    assert_eq!(ended, Ended { status: None, signal: Some(9), timed_out: true, ..WELL });
    assert!(is_gone(&child));
}

#[test]
fn a_child_that_outlives_the_program_is_killed() {
    let (ended, child) = run_with_another("trap '' TERM; sleep 60 & echo $!", LONG);
    assert_eq!(ended, WELL);
    assert!(is_gone(&child));
}

#[test]
fn whoever_left_the_group_keeps_nobody_waiting() {
    let (ended, daemon) = run_with_another("setsid sleep 30 & echo $!; sleep 0.2", LONG);
    assert_eq!(ended, WELL);
    assert!(processes::is_alive(&daemon));
    processes::stop_group(&daemon);
    assert!(is_gone(&daemon));
}

#[test]
fn whoever_left_the_group_and_never_stops_talking_keeps_nobody_waiting() {
    let script = "setsid sh -c 'for i in $(seq 100); do echo $$; sleep 0.1; done' & sleep 0.2";
    let (ended, daemon) = run_with_another(script, LONG);
    assert_eq!(ended, WELL);
    processes::stop_group(&daemon);
    assert!(is_gone(&daemon));
}

// REQ-075, REQ-113
#[test]
fn whatever_starts_itself_anew_ends_with_its_bound_however_often_it_did() {
    let folder = tempfile::tempdir().unwrap();
    let again = folder.path().join("again");
    // Each is in a group of its own, and the next is there before anybody could have looked for this one.
    fs::write(&again, "echo $$\nsetsid sh \"$0\" &\nwait\n").unwrap();
    let script = format!("exec sh {}", again.display());
    let mut all = Vec::new();
    let ended = start(&script, &[], Path::new("/")).run_to_end(SHORT, &mut |_, bytes| {
        let numbers = std::str::from_utf8(bytes).unwrap().lines();
        all.extend(numbers.filter_map(|number| processes::of(number.parse().ok()?)));
    });
    assert!(ended.timed_out && all.len() > 2);
    assert!(
        all.iter().all(is_gone),
        "{} of {}",
        all.iter().filter(|it| processes::is_alive(it)).count(),
        all.len()
    );
}

#[test]
fn slow_reading_does_not_put_off_the_end() {
    let program = start("yes", &[], Path::new("/"));
    let process = program.process().unwrap();
    let ended = program.run_to_end(SHORT, &mut |_, _| assert!(is_gone(&process)));
    assert!(ended.timed_out);
}

#[test]
fn a_group_can_be_stopped_from_outside() {
    let program = start("trap '' TERM; echo ready; while :; do sleep 1; done", &[], Path::new("/"));
    let process = program.process().unwrap();
    let ended = program.run_to_end(LONG, &mut |_, _| processes::stop_group(&process));
    assert_eq!(ended, Ended { status: None, signal: Some(9), ..WELL });
}

#[test]
fn a_program_that_is_dropped_is_killed() {
    let program = start("sleep 60", &[], Path::new("/"));
    let process = program.process().unwrap();
    assert!(processes::is_alive(&process));
    drop(program);
    assert!(is_gone(&process));
}

#[test]
fn a_program_comes_from_whoever_started_it() {
    let (_, parent, _) = run("echo $PPID", &[], LONG);
    let own = processes::of(parent.trim().parse().unwrap());
    assert_eq!(qms::disk::descent::descent().line.first(), own.as_ref());
}

// REQ-075
#[test]
fn what_left_the_group_and_descends_from_it_ends_with_it() {
    let script = "setsid sh -c 'echo $$; sleep 60' & wait";
    let (ended, other) = run_with_another(script, SHORT);
    assert!(ended.timed_out);
    assert!(is_gone(&other));
    // The program that ends leaves a child behind that has started another outside the group.
    let script = "sh -c 'setsid sh -c \"echo \\$\\$; sleep 60\" & wait' & sleep 0.3";
    let (ended, other) = run_with_another(script, LONG);
    assert_eq!(ended, WELL);
    assert!(is_gone(&other));
}
