//! How agents end, and what their tokens are good for then: nothing.

use std::fs;
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::json;

use crate::project::Project;
use crate::stand_in::{RUN, Started};

/// Waits for a file that another process writes; it does so within moments, or the suite is stopped.
fn await_file(path: &Path) -> String {
    loop {
        match fs::read_to_string(path) {
            Ok(text) if text.ends_with('\n') => return text.trim().to_owned(),
            _ => std::thread::yield_now(),
        }
    }
}

/// A script that hands its token out and goes on until it is told to end.
const LEAKS: &str = "echo \"$QMS_TOKEN\" > ../leaked\nwhile [ ! -e ../enough ]; do :; done";

// REQ-074
#[test]
fn a_token_is_good_for_the_process_that_it_was_given_to_and_those_that_it_starts() {
    let started = Started::new(&format!("sh -c 'QMS whoami -o json > ../inner'\n{LEAKS}"));
    let project = &started.project;
    let folder = project.folder().to_owned();
    let mut agent = project.call(RUN).command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let token = await_file(&folder.join("leaked"));
    let inner: serde_json::Value =
        serde_json::from_str(&fs::read_to_string(folder.join("inner")).unwrap()).unwrap();
    assert_eq!([&inner["data"]["user"], &inner["data"]["parent"]], ["qa", "claude"]);
    assert_eq!([&inner["data"]["credential"]["kind"], &inner["data"]["source"]], ["spawn", "QMS_TOKEN"]);

    // The orchestrator read it, and is another process.
    let stolen =
        |line: &str| project.words(&line.split(' ').collect::<Vec<_>>()).variable("QMS_TOKEN", &token).ask();
    assert_eq!(stolen("--user qa status CR-001").is(8).reasons(), ["token_of_another_process"]);
    assert_eq!(
        stolen("review CR-001 --recommend --comment fine").is(8).reasons(),
        ["token_of_another_process"]
    );
    assert_eq!(started.entries("review")[0]["result"], "denied");

    fs::write(folder.join("enough"), "").unwrap();
    assert_eq!(agent.wait().unwrap().code(), Some(1));
    assert_eq!(stolen("status CR-001").is(8).reasons(), ["credential_revoked"]);
}

// REQ-074
#[test]
fn what_leaves_the_agent_behind_is_nobody() {
    // The grandchild leaves the group, waits for the end of everything, and only then acts.
    let started = Started::new(
        "setsid sh -c \"while kill -0 $PPID 2>/dev/null; do :; done; QMS whoami; echo \\$? > ../left\" \
         < /dev/null > /dev/null 2>&1 &",
    );
    started.project.run(RUN).is(1);
    assert_eq!(await_file(&started.project.folder().join("left")), "8");
}

// REQ-075
#[test]
fn an_agent_that_takes_too_long_is_ended_with_all_that_it_started() {
    let started = Started::within("sh -c 'while :; do :; done' & while :; do :; done", "1s");
    started.project.ask(RUN).is(10);
    let ended = &started.entries("agent_ended")[0];
    assert!(ended["observed"]["status"].as_str().unwrap().starts_with('-'), "{ended}");
    let sessions = started.project.ask("-u claude agent list --all").is(0);
    assert!(sessions["data"]["sessions"][0]["closed_at"].is_string());
    assert_eq!(started.project.ask("-u claude agent list").is(0)["data"]["sessions"], json!([]));
}

// REQ-075
#[test]
fn an_agent_is_stopped_by_whoever_started_it() {
    let started = Started::new(LEAKS);
    let project = &started.project;
    let mut agent = project.call(RUN).command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    await_file(&project.folder().join("leaked"));
    let open = project.ask("-u tu agent list").is(0);
    let session = open["data"]["sessions"][0]["id"].as_str().unwrap().to_owned();
    project.issue(&["tu"]);
    assert_eq!(project.ask(&format!("-u tu agent stop {session}")).is(7).reasons(), ["may_not_start"]);
    let stopped = project.ask(&format!("-u claude agent stop {session}")).is(0);
    assert!(stopped["data"]["session"]["closed_at"].is_string());
    assert!(!agent.wait().unwrap().success());
    assert_eq!(project.ask(&format!("-u claude agent stop {session}")).is(4).reasons(), ["session_over"]);
    project.ask("-u claude agent stop run-0000000000000000").is(5);
}

/// Waits for the end of a process that is nobody's child here; it comes within moments.
fn await_end(process: &str) {
    let id = process.parse().unwrap();
    while qms::disk::processes::of(id).is_some_and(|it| qms::disk::processes::is_alive(&it)) {
        std::thread::yield_now();
    }
}

// REQ-074, REQ-075
#[test]
fn an_agent_whose_start_was_killed_ends_with_it_and_its_end_is_recorded() {
    let inner = "(while [ -e ../first ]; do :; done; echo \"$QMS_TOKEN\" > ../leaked) &";
    let started = Started::new(&format!("{inner}\necho $$ > ../agent\nwait"));
    let project = &started.project;
    let folder = project.folder().to_owned();
    fs::write(folder.join("first"), "").unwrap();
    let mut start = project.call(RUN).command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let agent = await_file(&folder.join("agent"));
    let killed = project.ask("-u claude agent list").is(0)["data"]["sessions"][0]["id"].clone();
    start.kill().unwrap();
    start.wait().unwrap();
    await_end(&agent);
    fs::remove_file(folder.join("first")).unwrap();
    // What it had started goes on, and its token is nobody's.
    let token = await_file(&folder.join("leaked"));
    let orphan = project.words(&["whoami"]).variable("QMS_TOKEN", &token).ask().is(8);
    assert_eq!(orphan.reasons(), ["token_of_another_process"]);
    project.run(RUN).is(1);
    let ended = started.entries("agent_ended");
    assert_eq!(
        [&ended[0]["observed"]["session"], &ended[0]["observed"]["status"]],
        [&killed, &serde_json::Value::Null]
    );
}

// REQ-075
#[test]
fn a_start_whose_agent_has_ended_is_ended_by_a_signal() {
    let started = Started::new("echo $$ > ../agent\nwhile [ ! -e ../enough ]; do :; done");
    let project = &started.project;
    for signal in [2, 15] {
        let mut start = start_by(&["env", "--default-signal"], project);
        let agent = await_file(&project.folder().join("agent"));
        // Its end waits for the store, which somebody has.
        let store = rusqlite::Connection::open(project.database()).unwrap();
        store.execute_batch("BEGIN IMMEDIATE").unwrap();
        fs::write(project.folder().join("enough"), "").unwrap();
        await_end(&agent);
        // One that comes while the agent is being ended is heard when it has: the next one does it by itself.
        let status = loop {
            send(&format!("-{signal}"), &start);
            if let Some(status) = start.try_wait().unwrap() {
                break status;
            }
            std::thread::yield_now();
        };
        assert_eq!(status.signal(), Some(signal));
        store.execute_batch("ROLLBACK").unwrap();
        for name in ["agent", "enough"] {
            fs::remove_file(project.folder().join(name)).unwrap();
        }
    }
}

/// Starts an agent by a program that sets how signals are taken, whatever the tests were started with.
fn start_by(words: &[&str], project: &Project) -> Child {
    let call = project.call(RUN).command;
    let mut start = Command::new(words[0]);
    start.args(&words[1..]).arg(call.get_program()).args(call.get_args()).env_clear();
    start.envs(call.get_envs().filter_map(|(name, value)| Some((name, value?)))).current_dir(project.root());
    start.env("PATH", "/usr/bin:/bin").stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

fn send(signal: &str, start: &Child) {
    assert!(Command::new("kill").args([signal, &start.id().to_string()]).status().unwrap().success());
}

// REQ-075
#[test]
fn an_agent_ends_when_its_start_is_told_to_end() {
    let started = Started::new("echo $$ > ../leaked; sh -c 'while :; do sleep 0.1; done' & wait");
    let project = &started.project;
    // By a person, a terminal, a supervisor, the power supply, a limit; a number for each kind that has no name.
    let signals = [1, 2, 3, 15, 5, 6, 10, 14, 16, 24, 29, 30, 31, 35, 50, 64];
    for (number, signal) in signals.into_iter().enumerate() {
        let mut start = start_by(&["env", "--default-signal"], project);
        let agent = await_file(&project.folder().join("leaked"));
        send(&format!("-{signal}"), &start);
        assert_eq!(start.wait().unwrap().code(), Some(1), "{signal}");
        assert!(!std::path::Path::new("/proc").join(agent.trim()).exists(), "{signal}");
        fs::remove_file(project.folder().join("leaked")).unwrap();
        assert_eq!(project.ask("-u claude agent list").is(0)["data"]["sessions"], json!([]));
        assert_eq!(started.entries("agent_ended").len(), number + 1);
    }
}

// REQ-075
#[test]
fn a_start_that_was_told_not_to_mind_a_hangup_goes_on() {
    let started = Started::new(LEAKS);
    let project = &started.project;
    let mut start = start_by(&["env", "--ignore-signal=HUP"], project);
    await_file(&project.folder().join("leaked"));
    send("-HUP", &start);
    fs::write(project.folder().join("enough"), "").unwrap();
    // The agent came to its own end, without an answer.
    assert_eq!(start.wait().unwrap().code(), Some(1));
    assert_eq!(started.entries("agent_ended")[0]["observed"]["status"], "0");
}

// REQ-071
#[test]
fn an_agent_that_fails_is_a_failure_and_is_recorded() {
    let started = Started::new("echo what went wrong >&2; exit 3");
    let failed = started.project.ask(RUN).is(1);
    assert!(failed.stderr.contains("what went wrong"));
    assert!(failed["error"]["message"].as_str().unwrap().contains("ended with status 3"));
    assert_eq!(started.entries("agent_ended")[0]["observed"]["status"], "3");
}

// REQ-075
#[test]
fn an_agent_that_an_agent_started_ends_with_it() {
    let started = Started::within(
        "case $1 in qa) QMS AS_CLAUDE agent run tu --document CR-001 --task review ;; *) echo $$ > ../inner; while :; do :; \
         done ;; esac",
        "2s",
    );
    let project = &started.project;
    let path = project.path("workflows/policy.yaml");
    let text = fs::read_to_string(&path).unwrap();
    let tu = "agents:\n  tu: { user: tu, launcher: stand_in, started_by: [claude], ttl: 1m }\n";
    fs::write(path, text.replace("agents:\n", tu)).unwrap();
    project.run("-u lead workflow adopt").is(0);
    project.ask(RUN).is(10);
    let inner = await_file(&project.folder().join("inner")).parse().unwrap();
    let is_over = || qms::disk::processes::of(inner).is_none_or(|it| !qms::disk::processes::is_alive(&it));
    assert!((0..1_000_000).any(|_| is_over()), "the inner agent goes on");
    assert_eq!(project.ask("-u claude agent list").is(0)["data"]["sessions"], json!([]));
    let ended: Vec<_> =
        started.entries("agent_ended").iter().map(|one| one["observed"]["session"].clone()).collect();
    assert_eq!(ended.len(), 2, "{ended:?}");
}
