//! A clock that is set back, and windows that end: in this process, with a clock of our own.

use std::cell::{Cell, RefCell};
use std::ffi::OsString;
use std::fs;
use std::io::{self, Write};
use std::path::PathBuf;
use std::rc::Rc;
use std::time::Duration;

use qms::cli::{Outlet, World, run};
use qms::domain::clock::Moment;
use qms::domain::digest::Timestamp;
use qms::domain::process::Descent;
use serde_json::Value;

use super::{PASSPHRASE, enrolled, issue, log, secret};
use crate::project::Project;

thread_local! {
    /// What the clock shows, in milliseconds.
    static CLOCK: Cell<i64> = const { Cell::new(0) };
    /// How long callers were made to wait, in milliseconds.
    static WAITED: Cell<u128> = const { Cell::new(0) };
}

pub(super) const MINUTE: i64 = 60 * 1000;
pub(super) const HOUR: i64 = 60 * MINUTE;

/// A moment long after any project of today was made.
pub(super) const NOON: i64 = 4_102_488_000_000;

#[derive(Clone, Default)]
struct Kept(Rc<RefCell<Vec<u8>>>);

impl Write for Kept {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Runs a command line at a time, with what a call of the program would get, and returns the exit
/// status with the names of the reasons.
pub(super) fn at(project: &Project, clock: i64, token: &str, line: &str) -> (u8, Vec<String>) {
    CLOCK.set(clock);
    let out = Kept::default();
    let folder = project.folder().to_owned();
    let token = folder.join(token).display().to_string();
    let words = ["qms"].into_iter().chain(line.split_whitespace()).chain(["-o", "json"]);
    let mut world = World {
        arguments: words.map(OsString::from).collect(),
        variable: Box::new(move |name| match name {
            "XDG_STATE_HOME" => Some(folder.join("state").into()),
            "XDG_CONFIG_HOME" => Some(folder.join("config").into()),
            "QMS_TOKEN_FILE" if !token.ends_with('/') => Some(token.clone().into()),
            _ => None,
        }),
        directory: project.root(),
        program: PathBuf::from("qms"),
        clock: || Moment::of(Timestamp::from_millis(CLOCK.get())),
        random: |bytes| {
            bytes.fill(1);
            true
        },
        pause: |time: Duration| WAITED.set(WAITED.get() + time.as_millis()),
        ancestry: Descent::default,
        inherited: Vec::new(),
        terminal: None,
        process: 1,
        host: None,
        uid: None,
        stdin: Box::new(io::empty()),
        stdin_is_terminal: false,
        stdout: Outlet::new(Box::new(out.clone()), false),
        stderr: Outlet::new(Box::new(Kept::default()), false),
    };
    let status = run(&mut world);
    let answer: Value = serde_json::from_slice(&out.0.borrow()).unwrap();
    let reasons = answer["error"]["reasons"].as_array().into_iter().flatten();
    (status, reasons.map(|reason| reason["name"].as_str().unwrap().to_owned()).collect())
}

pub(super) fn expired() -> (u8, Vec<String>) {
    (8, vec!["credential_expired".to_owned()])
}

// REQ-124
#[test]
fn a_clock_that_is_set_back_brings_no_token_back() {
    let project = Project::new();
    issue(&project, "token", "claude --not-before 2100-01-01T00:00:00Z --ttl 13h");
    let end = NOON + HOUR;
    assert_eq!(at(&project, NOON - 13 * HOUR, "token", "whoami").1, ["credential_not_yet_valid"]);
    assert_eq!(at(&project, NOON, "token", "create CR --title x").0, 0);
    assert_eq!(at(&project, end - 1, "token", "checkin CR-001").0, 0);
    // Who looks and who acts meets the end, and once somebody acted after it, it stays met.
    assert_eq!(at(&project, end, "token", "whoami"), expired());
    let lead = project.token("lead").unwrap();
    let lead = lead.strip_prefix(project.folder()).unwrap().display().to_string();
    assert_eq!(at(&project, end, &lead, "namespace add LATER").0, 0);
    for clock in [end - 1, end - HOUR, NOON - HOUR, 0] {
        for line in ["whoami", "checkout CR-001", "list", "token list"] {
            assert_eq!(at(&project, clock, "token", line), expired(), "{clock} {line}");
        }
    }
    let entries = log(&project);
    let times: Vec<&str> = entries.iter().map(|entry| entry["at"].as_str().unwrap()).collect();
    assert!(times.is_sorted(), "{times:?}");
    project.run("-u lead audit verify").is(0);
}

// REQ-124
#[test]
fn a_clock_that_is_set_back_makes_no_token_older() {
    let project = Project::new();
    issue(&project, "token", "claude --not-before 2100-01-01T00:00:00Z --ttl 13h");
    assert_eq!(at(&project, NOON, "token", "create CR --title x").0, 0);
    // What is issued by a clock an hour behind begins when the log says it is.
    let lead = project.token("lead").unwrap();
    let lead = lead.strip_prefix(project.folder()).unwrap().display().to_string();
    let out = project.folder().join("late").display().to_string();
    let line = format!("token issue qa --ttl 30m --out {out}");
    assert_eq!(at(&project, NOON - HOUR, &lead, &line).0, 0);
    assert_eq!(at(&project, NOON + 30 * MINUTE - 1, "late", "whoami").0, 0);
    assert_eq!(at(&project, NOON + 30 * MINUTE, "late", "namespace add X"), expired());
    let jumps: Vec<_> = log(&project).into_iter().filter(|entry| entry["action"] == "clock_jump").collect();
    assert_eq!(jumps.len(), 1, "{jumps:?}");
}

// REQ-057
#[test]
fn refusals_of_one_kind_are_one_entry_a_minute_and_the_next_says_how_many() {
    let project = Project::new();
    project.issue(&["claude"]);
    WAITED.set(0);
    let refused = |clock: i64| {
        let token = project.token("claude").unwrap();
        let token = token.strip_prefix(project.folder()).unwrap().display().to_string();
        assert_eq!(at(&project, clock, &token, "-u qa list").1, ["identity_mismatch"]);
    };
    let size = project.log_size();
    (0..7).for_each(|second| refused(NOON + second * 1000));
    assert_eq!(project.log_size(), size + 1);
    // Slips cost nothing; whoever goes on waits longer each time.
    assert_eq!(WAITED.get(), 100 + 200 + 400 + 800);
    refused(NOON + MINUTE);
    assert_eq!(project.log_size(), size + 2);
    let entries = log(&project);
    let counts: Vec<u64> = entries
        .iter()
        .filter(|entry| entry["reasons"][0]["name"] == "identity_mismatch")
        .map(|entry| entry["count"].as_u64().unwrap())
        .collect();
    assert_eq!(counts, [1, 7]);
    // Nobody was locked out meanwhile, and nobody else waits.
    WAITED.set(0);
    let lead = project.token("lead").unwrap();
    let lead = lead.strip_prefix(project.folder()).unwrap().display().to_string();
    assert_eq!(at(&project, NOON + MINUTE, &lead, "list").0, 0);
    assert_eq!(WAITED.get(), 0);
}

/// The path of lead's token within the folder of a project.
pub(super) fn lead(project: &Project) -> String {
    path_of(project, "lead")
}

/// The path of somebody's token within the folder of a project.
pub(super) fn path_of(project: &Project, user: &str) -> String {
    let token = project.token(user).unwrap();
    token.strip_prefix(project.folder()).unwrap().display().to_string()
}

/// The time of the last entry, in milliseconds.
pub(super) fn last_at(project: &Project) -> i64 {
    let at = log(project).pop().unwrap()["at"].as_str().unwrap().to_owned();
    Timestamp::try_from(at).unwrap().millis()
}

// REQ-197
#[test]
fn a_clock_that_was_wrong_is_told_everybody_and_its_jump_ended_by_an_administrator() {
    let project = Project::new();
    project.issue(&["qa"]);
    for name in ["refused", "unused"] {
        issue(&project, name, "claude --ttl 1h");
    }
    let (lead, before) = (lead(&project), last_at(&project));
    let said = |line: &str| project.ask(line)["warnings"].to_string();
    assert!(!said("-u qa list").contains("clock"), "{}", said("-u qa list"));
    assert_eq!(at(&project, before + MINUTE, &lead, "audit clock --reason x").1, ["nothing_to_set"]);

    // A dead battery: an administrator acts 74 years ahead, and a token is found expired.
    assert_eq!(at(&project, NOON, &lead, "namespace add AHEAD").0, 0);
    assert_eq!(at(&project, NOON, "refused", "create CR --title x"), expired());
    assert!(last_at(&project) >= NOON);
    for line in ["-u qa list", "-u lead whoami", "-u qa status SOP-001"] {
        assert!(said(line).contains("the clock was wrong: since entry "), "{line}");
    }
    let found = project.ask("-u lead doctor").is(1);
    assert_eq!(found["error"]["details"]["findings"][0]["name"], "clock");

    // Quality cannot; who manages the project can, once the clock is right again.
    let quality = project.ask("-u qa audit clock --reason x").is(7);
    assert_eq!(quality.reasons(), ["group_not_allowed"]);
    let now = before + HOUR / 2;
    assert_eq!(at(&project, now, &lead, "audit clock --reason battery").0, 0);
    assert_eq!(last_at(&project), now);
    assert!(!said("-u qa list").contains("clock was"), "{}", said("-u qa list"));
    // What was refused meanwhile stays so; what only seemed to have ended has not.
    assert_eq!(at(&project, now + 1, "refused", "whoami").1, ["credential_revoked"]);
    assert_eq!(at(&project, now + 1, "unused", "whoami").0, 0);
    let entry = log(&project).into_iter().rfind(|entry| entry["action"] == "clock_set").unwrap();
    assert_eq!((entry["span"].as_u64(), entry["comment"].as_str()), (Some(1), Some("battery")));
    assert_eq!(at(&project, now + 2, &lead, "audit clock --reason again").1, ["nothing_to_set"]);
    project.run("-u lead audit verify").is(0);
}

// REQ-197, REQ-241
#[test]
fn a_span_begins_at_a_time_that_no_earlier_one_has() {
    let project = Project::new();
    project.issue(&["qa"]);
    let (lead, before) = (lead(&project), last_at(&project));
    assert_eq!(at(&project, NOON, &lead, "namespace add AHEAD").0, 0);
    // The clock is set right to the very time of the last entry before the jump.
    assert_eq!(at(&project, before, &lead, "audit clock --reason battery").0, 0);
    let first = log(&project).pop().unwrap();
    assert_eq!((first["action"].as_str(), first["span"].as_u64()), (Some("clock_set"), Some(1)));
    assert_eq!(last_at(&project), before + 1);
    project.run("-u lead audit verify").is(0);
}

// REQ-197
#[test]
fn a_signature_by_a_clock_that_was_wrong_says_so() {
    let project = Project::empty();
    let phrase = secret(&project, "phrase", PASSPHRASE);
    project.run(&format!("init --passphrase-file {}", phrase.display())).is(0);
    let by_lead = format!("-u lead --passphrase-file {}", phrase.display());
    project.run("-u claude create CR --title x").is(0);
    project.run(&format!("{by_lead} user add ann --group initiator --agent")).is(0);
    let line = |to: &str| format!("{by_lead} transfer CR-001 --to {to} --reason x");
    project.run(&line("ann")).is(0);
    assert_eq!(at(&project, NOON, "", &line("claude")).0, 0);
    let wrong = |text: &str| text.matches("by a clock that was wrong").count();
    let signed = project.ask(&format!("{by_lead} status CR-001")).is(0)["data"]["signatures"].clone();
    assert_eq!([&signed[0]["clock_was_wrong"], &signed[1]["clock_was_wrong"]], [false, true]);
    assert_eq!(wrong(&project.run(&format!("{by_lead} history CR-001")).is(0).text()), 1);
    // It stays marked when the time is right again.
    project.run(&format!("{by_lead} audit clock --reason battery")).is(0);
    project.run(&line("ann")).is(0);
    let signed = project.ask(&format!("{by_lead} status CR-001")).is(0)["data"]["signatures"].clone();
    let wrong: Vec<_> = signed.as_array().unwrap().iter().map(|one| one["clock_was_wrong"].clone()).collect();
    assert_eq!(wrong, [false, true, false]);
    project.run(&format!("{by_lead} audit verify")).is(0);
}

// REQ-197
#[test]
fn a_page_says_what_was_approved_and_signed_by_a_clock_that_was_wrong() {
    let project = Project::new();
    let phrase = enrolled(&project, "hana", "quality");
    let by_hana = |line: &str| format!("-u hana --passphrase-file {} {line}", phrase.display());
    project.play(&[
        "-u claude create CR --title x",
        "-u claude route CR-001 --review --assignees hana",
        &by_hana("review CR-001 --recommend --comment x"),
        "-u claude route CR-001 --approval",
    ]);
    assert_eq!(at(&project, NOON, "", &by_hana("approve CR-001")).0, 0);
    let page = || {
        let text = fs::read_to_string(project.path("QMS/CR/CR-001.md")).unwrap();
        let lines = text.lines().skip(1).take_while(|line| *line != "---").collect::<Vec<_>>().join("\n");
        serde_yaml::from_str::<Value>(&lines).unwrap()
    };
    let wrong = |list: &Value| -> Vec<_> {
        let list = list.as_array().unwrap().iter();
        list.map(|one| one["clock_was_wrong"].as_bool().unwrap_or_default()).collect()
    };
    let found = page();
    assert_eq!((wrong(&found["approved_by"]), wrong(&found["signed_by"])), (vec![true], vec![false, true]));
    // It stays marked when the time is right again.
    project.run("-u lead audit clock --reason battery").is(0);
    project.run("-u claude release CR-001").is(0);
    assert_eq!(page()["signed_by"], found["signed_by"]);
}

/// A change that qa approved under a clock a hundred days ahead, which can be a rest, and the time before.
fn approved_ahead() -> (Project, i64) {
    let project = Project::new();
    project.issue(&["qa"]);
    let qa = path_of(&project, "qa");
    project.play(&[
        "-u claude create CR --title x",
        "-u claude route CR-001 --review",
        "-u qa review CR-001 --recommend --comment x",
        "-u claude route CR-001 --approval",
    ]);
    let before = last_at(&project);
    assert_eq!(at(&project, before + 100 * 24 * HOUR, &qa, "approve CR-001").0, 0);
    (project, before)
}

// REQ-197
#[test]
fn a_page_says_so_as_soon_as_the_clock_is_found_to_have_been_wrong_since_before() {
    let (project, before) = approved_ahead();
    // That the time was never there shows later, by an act on something else.
    let marks = || {
        let text = fs::read_to_string(project.path("QMS/CR/CR-001.md")).unwrap();
        text.matches("clock_was_wrong: true").count()
    };
    assert_eq!(marks(), 0);
    assert_eq!(at(&project, before + HOUR, &lead(&project), "namespace add LATER").0, 0);
    assert_eq!(marks(), 1);
    let found = project.ask("-u lead doctor").is(1);
    let findings = found["error"]["details"]["findings"].as_array().unwrap().clone();
    assert!(findings.iter().all(|finding| finding["name"] == "clock"), "{findings:?}");
}

// REQ-048, REQ-197
#[test]
fn a_page_says_so_by_the_next_command_where_it_is_found_by_what_publishes_nothing() {
    let (project, before) = approved_ahead();
    let page = || fs::read_to_string(project.path("QMS/CR/CR-001.md")).unwrap();
    let marks = || page().matches("clock_was_wrong: true").count();
    let phrase = secret(&project, "new", PASSPHRASE);
    let recover = format!("recover lead --new-passphrase-file {}", phrase.display());
    let (status, reasons) = at(&project, before + HOUR, "", &recover);
    assert_eq!(status, 0, "{reasons:?}");
    assert_eq!(marks(), 0);
    // Whoever only looks completes it, and the next one has nothing to do.
    let told = project.path(".qms/published/clock");
    assert!(!told.exists());
    project.run("-u qa list").is(0);
    assert_eq!((marks(), fs::read_to_string(&told).unwrap().as_str()), (1, "0"));
    let listed = page();
    project.keeps(0, || project.run("-u qa list").is(0));
    // Where nobody knows any more what was told it is told again.
    fs::remove_file(&told).unwrap();
    project.run("-u qa list").is(0);
    assert!(told.exists() && page() == listed);
}

// REQ-195, REQ-197
#[test]
fn where_people_sign_a_second_one_confirms_the_end_of_a_jump() {
    let project = super::profiles::of("gxp");
    super::gxp::manager(&project, "lead", "ada");
    super::acknowledge(&project, "lead", "ada").is(0);
    let phrase = project.folder().join("config/lead.phrase");
    let line = format!("-u lead --passphrase-file {} namespace add AHEAD", phrase.display());
    assert_eq!(at(&project, NOON, "", &line).0, 0);
    let refused = project.ask(&format!("-u lead audit clock --reason x --confirm {}", "0".repeat(64))).is(4);
    assert_eq!(refused.reasons(), ["nothing_to_confirm"]);
    let proposed = project.ask("-u ada audit clock --reason battery").is(0)["data"]["proposed"].clone();
    let digest = proposed.as_str().unwrap();
    let confirm =
        |user: &str| project.ask(&format!("-u {user} audit clock --reason seen --confirm {digest}"));
    assert_eq!(confirm("ada").is(7).reasons(), ["not_independent"]);
    assert!(last_at(&project) >= NOON);
    confirm("lead").is(0);
    assert!(last_at(&project) < NOON);
    assert_eq!(confirm("lead").is(4).reasons(), ["nothing_to_set"]);
    project.run("-u lead audit verify").is(0);
}
