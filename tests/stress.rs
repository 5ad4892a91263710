//! Long runs that do not belong into the ordinary suite: `just stress`.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a test that cannot go on stops"
)]

#[path = "project/filled.rs"]
mod filled;

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use std::{fs, thread};

use qms::domain::audit::ProjectKey;
use qms::domain::digest::{Digest, Timestamp};
use qms::domain::identity::{Call, Caller, Fate, TICKET_FLAG, Ticket, TicketId, argv_digest};
use qms::domain::request::{Inputs, Request, Subject, Value};
use qms::store::{Change, Read as _, Sqlite, Store as _, TicketMark};

/// A pseudo-random sequence (xorshift64*), so that a failure can be run again.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) % bound
    }
}

struct Project(tempfile::TempDir);

impl Project {
    fn new() -> Self {
        let project = Self(tempfile::tempdir().unwrap());
        fs::create_dir(project.root()).unwrap();
        project.must("qms init --no-passphrase");
        project
    }

    fn root(&self) -> PathBuf {
        self.0.path().join("project")
    }

    /// Returns a file of the one project in a folder of the user's.
    fn own(&self, folder: &str, name: &str) -> PathBuf {
        let mut projects = fs::read_dir(self.0.path().join(folder).join("qms")).unwrap();
        projects.next().unwrap().unwrap().path().join(name)
    }

    fn command(&self, line: &str) -> Command {
        if line.contains(" route ") {
            filled::fill_in(&self.root(), &line.split_whitespace().collect::<Vec<_>>());
        }
        let mut command = Command::new(Path::new(env!("CARGO_BIN_EXE_qms")));
        command
            .args(line.split_whitespace().skip(1))
            .env_clear()
            .env("XDG_STATE_HOME", self.0.path().join("state"))
            .env("XDG_CONFIG_HOME", self.0.path().join("config"))
            .current_dir(self.root())
            .stdin(Stdio::null());
        if line.contains("--user lead") {
            command.env("QMS_TOKEN_FILE", self.own("config", "lead.token"));
        }
        command
    }

    fn run(&self, line: &str) -> Output {
        self.command(line).output().unwrap()
    }

    fn spawn(&self, line: &str) -> Child {
        self.command(line).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
    }

    fn must(&self, line: &str) -> String {
        let output = self.run(line);
        let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success(), "{line}\n{out}{err}");
        out.into_owned()
    }

    /// Counts the change records.
    fn change_records(&self) -> usize {
        let listed = self.must("qms --user lead list --type CR --json");
        let listed: serde_json::Value = serde_json::from_str(&listed).unwrap();
        listed["data"]["documents"].as_array().unwrap().len()
    }

    /// Makes a ticket of the main thread of a runtime for one command line.
    fn ticket(&self, number: u8, line: &str) -> String {
        let key = ProjectKey::from_file_text(&fs::read_to_string(self.own("state", "key")).unwrap()).unwrap();
        let argv = argv_digest(line.split_whitespace().skip(1).map(str::as_bytes));
        let cwd = fs::canonicalize(self.root()).unwrap().display().to_string();
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        let now = Timestamp::from_millis(i64::try_from(since.as_millis()).unwrap());
        let id = TicketId::from_bytes([number; 16]);
        let caller = Caller { session: "s-1", ..Caller::default() };
        let key_file = self.own("state", "key");
        let project = key_file.parent().unwrap().file_name().unwrap().to_str().unwrap();
        let call = Call { project, argv, cwd: &cwd, inputs: Some(titled("Once")) };
        let mut store = Sqlite::open(&self.root().join(".qms/qms.db")).unwrap();
        let mut mark = TicketMark { id, at: now, fate: Fate::Open, bearer: None, tag: None };
        mark.tag(&key);
        let head = store.head().unwrap();
        let (expected_size, tickets) = (head.frontier.size(), vec![mark]);
        store.commit(&Change { expected_size, tickets, head, ..Change::default() }).unwrap();
        Ticket::new(id, caller, &"claude".parse().unwrap(), call, now).seal(&key)
    }
}

/// The digest of what the creation of a document with this title reads.
fn titled(title: &str) -> Digest {
    let inputs = Inputs::default().with("title".parse().unwrap(), Value::Text(title.to_owned()));
    let (action, subject) = ("create".parse().unwrap(), Subject::New("CR".parse().unwrap()));
    Request { action, subject, inputs, copy: None, candidate: None }.material()
}

/// Waits for processes, and returns their statuses.
fn statuses(children: Vec<Child>) -> Vec<i32> {
    children.into_iter().map(|mut child| child.wait().unwrap().code().unwrap()).collect()
}

/// Commands that write, by users who may and users who may not.
fn command(random: &mut Random) -> String {
    let id = random.below(12) + 1;
    let on = |verb: &str, user: &str, rest: &str| format!("qms --user {user} {verb} CR-{id:03} {rest}");
    match random.below(12) {
        0..=2 => "qms --user claude create CR --title Stress".to_owned(),
        3 => on("checkin", "claude", ""),
        4 => on("checkout", "claude", ""),
        5..=6 => on("route", "claude", "--review --assignees tu"),
        7 => on("review", "qa", "--recommend --comment good"),
        8 => on("review", "tu", "--request-updates --comment more"),
        9 => on("route", "qa", "--approval"),
        10 => on("approve", "qa", ""),
        _ => on("withdraw", "claude", ""),
    }
}

// REQ-116
#[test]
#[ignore = "takes a minute: `just stress`"]
fn a_project_survives_three_hundred_kills_at_random_moments() {
    let project = Project::new();
    let mut random = Random(0x51A7_E5EE_D000_0001);
    let mut killed = 0;
    let mut rounds = 0;
    while killed < 300 {
        rounds += 1;
        assert!(rounds < 5_000, "only {killed} of {rounds} commands were still alive to be killed");
        let mut children: Vec<Child> =
            (0..=random.below(2)).map(|_| project.spawn(&command(&mut random))).collect();
        thread::sleep(Duration::from_micros(random.below(12_000)));
        for child in &mut children {
            if child.try_wait().unwrap().is_none() {
                child.kill().unwrap();
                killed += 1;
            }
            child.wait().unwrap();
        }
        if rounds % 25 == 0 {
            project.must("qms --user lead audit verify --contents");
            project.must("qms --user lead doctor");
        }
    }
    project.must("qms --user lead audit verify --contents");
    println!("{killed} kills in {rounds} rounds\n{}", project.must("qms --user lead doctor"));
}

// REQ-022
#[test]
#[ignore = "takes a minute: `just stress`"]
fn two_hundred_creates_at_once_get_two_hundred_consecutive_ids() {
    let project = Project::new();
    let children: Vec<Child> =
        (0..200).map(|_| project.spawn("qms --user claude create CR --title Many")).collect();
    for mut child in children {
        assert!(child.wait().unwrap().success());
    }
    let listed = project.must("qms --user qa list --type CR --json");
    let listed: serde_json::Value = serde_json::from_str(&listed).unwrap();
    let ids: Vec<&str> =
        listed["data"]["documents"].as_array().unwrap().iter().map(|it| it["id"].as_str().unwrap()).collect();
    let expected: Vec<String> = (1..=200).map(|number| format!("CR-{number:03}")).collect();
    assert_eq!(ids, expected);
    project.must("qms --user lead audit verify --contents");
    project.must("qms --user lead doctor");
}

// REQ-076
#[test]
#[ignore = "takes a minute: `just stress`"]
fn of_fifty_that_present_one_ticket_exactly_one_wins() {
    let project = Project::new();
    let line = "qms --user claude create CR --title Once";
    for round in 1..=5 {
        let line = format!("{line} {TICKET_FLAG}{}", project.ticket(round, line));
        let mut ended = statuses((0..50).map(|_| project.spawn(&line)).collect());
        ended.sort_unstable();
        assert_eq!(ended, [&[0][..], &[8; 49]].concat(), "in round {round}");
        assert_eq!(project.change_records(), usize::from(round));
    }
    project.must("qms --user lead audit verify --contents");
    project.must("qms --user lead doctor");
}

// REQ-058
#[test]
#[ignore = "takes a minute: `just stress`"]
fn of_a_hundred_that_use_a_token_at_once_as_many_get_through_as_it_has_uses() {
    let project = Project::new();
    let token = project.own("state", "token");
    project.must(&format!("qms --user lead token issue claude --uses 20 --out {}", token.display()));
    let start = |number: usize| {
        // A refusal by the rules is an attempt like any other.
        let line = if number.is_multiple_of(2) { "create CR --title Many" } else { "user remove qa" };
        let mut command = project.command(&format!("qms --user claude {line}"));
        command.env("QMS_TOKEN_FILE", &token).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
    };
    let ended = statuses((0..100).map(start).collect());
    let with = |status: i32| ended.iter().filter(|one| **one == status).count();
    let (done, denied) = (with(0), with(7));
    println!("{done} documents made, {denied} actions denied, {} not believed", with(8));
    assert_eq!((done + denied, with(8)), (20, 80), "{ended:?}");
    assert_eq!(project.change_records(), done);
    // Each of them is in the record, with the token that was presented.
    let export = project.must("qms --user lead audit export");
    let attempts = export.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
    let attempts = attempts.filter(|entry| entry["actor"] == "claude" && entry["assurance"] == "token");
    assert_eq!(attempts.count(), 20);
    project.must("qms --user lead audit verify --contents");
    project.must("qms --user lead doctor");
}
