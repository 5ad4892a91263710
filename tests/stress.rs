//! Long runs that do not belong into the ordinary suite: `just stress`.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a test that cannot go on stops"
)]

use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;
use std::{fs, thread};

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
        assert!(project.run("qms init").status.success());
        project
    }

    fn root(&self) -> std::path::PathBuf {
        self.0.path().join("project")
    }

    fn command(&self, line: &str) -> Command {
        let mut command = Command::new(Path::new(env!("CARGO_BIN_EXE_qms")));
        command
            .args(line.split_whitespace().skip(1))
            .env_clear()
            .env("XDG_STATE_HOME", self.0.path().join("state"))
            .current_dir(self.root())
            .stdin(Stdio::null());
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
