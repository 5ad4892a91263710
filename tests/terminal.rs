//! At a terminal: the menu waits, asks, runs and leaves; where nobody sits, nothing waits.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on stops")]

#[path = "terminal/choices.rs"]
mod choices;
#[path = "terminal/evil.rs"]
mod evil;
mod project;
#[path = "terminal/waiting.rs"]
mod waiting;

use std::fs;
use std::num::NonZero;
use std::process::Command;
use std::time::Duration;

use expectrl::process::unix::WaitStatus;
use expectrl::session::OsSession;
use expectrl::{Eof, Expect as _, Needle, Session};
use serde_json::json;

use self::project::filled::filled_in;
use self::project::{PROGRAM, Project};

/// How long anything may take before the test fails; nothing waits that long.
const PATIENCE: Duration = Duration::from_secs(30);

/// The size of the screen, which shows the longest line of a menu whole.
const ROWS: NonZero<u16> = NonZero::new(60).unwrap();
const COLUMNS: NonZero<u16> = NonZero::new(120).unwrap();

/// What the menu asks.
const PROMPT: &str = "Select action or press Enter to exit: ";

/// The end of input, as the keyboard sends it.
const END: &str = "\u{4}";

/// The program at a terminal.
struct Terminal {
    session: OsSession,
    screen: vt100::Parser,
    bytes: Vec<u8>,
}

impl Terminal {
    /// Starts the program with a terminal at all three streams.
    fn open(project: &Project, line: &str, variables: &[(&str, &str)]) -> Self {
        let mut command = Command::new(PROGRAM);
        command.args(project.call(line).command.get_args());
        Self::start(project, command, variables)
    }

    fn start(project: &Project, mut command: Command, variables: &[(&str, &str)]) -> Self {
        command.env_clear().env("XDG_STATE_HOME", project.folder().join("state")).env("TERM", "xterm");
        command.envs(variables.iter().copied()).current_dir(project.root());
        let mut session = Session::spawn(command).unwrap();
        session.set_expect_timeout(Some(PATIENCE));
        Self { session, screen: vt100::Parser::new(ROWS, COLUMNS, 0), bytes: Vec::new() }
    }

    /// Waits until something is shown, and returns what came until then.
    fn until(&mut self, needle: impl Needle) -> String {
        let found = match self.session.expect(needle) {
            Ok(found) => found,
            Err(error) => panic!("{error}; the screen shows\n{}", self.shown()),
        };
        self.bytes.extend(found.as_bytes());
        self.screen.process(found.as_bytes());
        String::from_utf8_lossy(found.as_bytes()).replace('\r', "")
    }

    /// Waits for the menu to ask.
    fn asks(&mut self) -> String {
        self.until(PROMPT)
    }

    /// Types a line.
    fn enter(&mut self, line: &str) {
        self.session.send_line(line).unwrap();
    }

    /// Types without Enter.
    fn press(&mut self, keys: &str) {
        self.session.send(keys).unwrap();
    }

    /// Waits for the end, and returns the exit status with what came until then.
    fn ends(&mut self) -> (i32, String) {
        let rest = self.until(Eof);
        match self.session.get_process().wait().unwrap() {
            WaitStatus::Exited(_, status) => (status, rest),
            other => panic!("{other:?}"),
        }
    }

    fn shown(&self) -> String {
        self.screen.screen().contents()
    }
}

/// A project in which qa and tu are to review CR-001.
fn in_review() -> Project {
    let project = Project::new();
    project.play(&[
        "-u claude create CR --title \"A change\"",
        "-u claude route CR-001 --review --assignees tu",
    ]);
    project
}

fn state(project: &Project) -> String {
    let status = project.ask("-u qa status CR-001").is(0);
    status.value().pointer("/data/document/state").and_then(|state| state.as_str()).unwrap().to_owned()
}

// REQ-138
#[test]
fn a_number_is_chosen_what_is_missing_is_asked_and_the_next_menu_waits() {
    let project = in_review();
    project.run("-u tu review CR-001 --recommend --comment fine").is(0);
    let mut terminal = Terminal::open(&project, "-u qa next CR-001", &[]);
    terminal.asks();
    let screen = terminal.shown();
    let expected = "\
acting as qa (claimed)
Available actions for user 'qa':
  [1] Submit your review:          qms --user qa review CR-001 <--recommend|--request-updates> --comment <text>
  [2] Assign additional reviewers: qms --user qa assign CR-001 --assignees <users>
  [3] Add a trait:                 qms --user qa trait add CR-001 <trait>
  [4] Check document status:       qms --user qa status CR-001

Select action or press Enter to exit:";
    assert_eq!(screen.trim_end(), expected);

    terminal.enter("1");
    terminal.until("outcome: [1] recommend  [2] request updates: ");
    terminal.enter("1");
    terminal.until("comment: ");
    terminal.enter("Grün, \"quoted\" and $HOME");
    let said = terminal.asks();
    for words in [
        "✓",
        "Review submitted for CR-001 (RECOMMEND)",
        "Document state: IN_PRE_REVIEW → PRE_REVIEWED",
        "[1] Route for approval:",
    ] {
        assert!(said.contains(words), "{words:?} in {said}");
    }
    terminal.enter("1");
    let said = terminal.asks();
    assert!(said.contains("CR-001 routed (APPROVAL)") && said.contains("[1] Approve:"), "{said}");
    terminal.enter("");
    assert_eq!(terminal.ends().0, 0);

    assert_eq!(state(&project), "IN_PRE_APPROVAL");
    let comments = project.ask("-u qa comments CR-001").is(0);
    let said = comments.value().pointer("/data/comments/1/comment");
    assert_eq!(said, Some(&json!("Grün, \"quoted\" and $HOME")));
    project.run("-u qa audit verify").is(0);
}

// REQ-138
#[test]
fn enter_and_the_end_of_input_leave_with_the_status_of_the_last_action() {
    let project = in_review();
    for key in ["\n", END] {
        let mut terminal = Terminal::open(&project, "-u qa status CR-001", &[]);
        terminal.asks();
        terminal.press(key);
        assert_eq!(terminal.ends().0, 0, "{key:?}");

        let mut terminal = Terminal::open(&project, "-u claude approve CR-001", &[]);
        let refusal = terminal.asks();
        assert!(refusal.contains("not permitted") && refusal.contains("[1] Check out"), "{refusal}");
        terminal.press(key);
        assert_eq!(terminal.ends().0, 7, "{key:?}");
    }
    // What failed without a menu ends at once.
    let mut terminal = Terminal::open(&project, "-u qa status CR-999", &[]);
    assert_eq!(terminal.ends().0, 5);
    let mut terminal = Terminal::open(&project, "-u nobody status CR-001", &[]);
    assert_eq!(terminal.ends().0, 8);
}

// REQ-138
#[test]
fn an_unclear_answer_asks_again_and_does_nothing() {
    let project = in_review();
    project.keeps(0, || {
        let mut terminal = Terminal::open(&project, "-u qa next CR-001", &[]);
        terminal.asks();
        for answer in ["x", "0", "99", "-1", "1.0", "1 2", "yes please", "99999999999999999999", "é"] {
            terminal.enter(answer);
            let said = terminal.asks();
            assert!(said.contains("a number from 1 to 5 selects an action"), "{answer:?}: {said}");
        }
        // An unclear choice, an empty text and the end of input lead back to the menu.
        for answer in ["3", "", "recommended", END] {
            terminal.enter("1");
            terminal.until("request updates: ");
            if answer == END {
                terminal.press(END);
            } else {
                terminal.enter(answer);
            }
            terminal.asks();
        }
        terminal.enter("1");
        terminal.until("request updates: ");
        terminal.enter("1");
        terminal.until("comment: ");
        terminal.enter("  ");
        terminal.asks();
        terminal.press(END);
        assert_eq!(terminal.ends().0, 0);
    });
}

#[test]
fn what_is_typed_can_be_corrected() {
    let project = in_review();
    let mut terminal = Terminal::open(&project, "-u qa next CR-001", &[]);
    terminal.asks();
    terminal.enter("17\u{7f}");
    terminal.until("request updates: ");
    terminal.enter("1\u{7f}2");
    terminal.until("comment: ");
    terminal.enter("forget this\u{15}Please say whyy\u{7f}");
    terminal.asks();
    terminal.enter("");
    assert_eq!(terminal.ends().0, 0);
    let comments = project.ask("-u qa comments CR-001").is(0);
    let comment = comments.value().pointer("/data/comments/0").unwrap();
    assert_eq!(comment.get("comment"), Some(&json!("Please say why")));
    assert_eq!(comment.get("verdict"), Some(&json!("request_updates")));
}

#[test]
fn a_refused_action_keeps_the_menu() {
    let project = in_review();
    let mut terminal = Terminal::open(&project, "-u qa next CR-001", &[]);
    terminal.asks();
    // A refusal shows what can be done, and waits.
    terminal.enter("2");
    terminal.until("assignees: ");
    terminal.enter("claude");
    let said = terminal.asks();
    assert!(said.contains("assignee_not_eligible") && said.contains("[2] Assign"), "{said}");
    // So does what is no name at all; the menu that was there stays.
    terminal.enter("2");
    terminal.until("assignees: ");
    terminal.enter("Not A Name");
    let said = terminal.asks();
    assert!(said.contains("is not a user name"), "{said}");
    terminal.enter("2");
    terminal.until("assignees: ");
    terminal.enter("lead");
    let said = terminal.asks();
    assert!(said.contains("Assignees of CR-001 added"), "{said}");
    terminal.enter("");
    assert_eq!(terminal.ends().0, 0);
}

// REQ-138
#[test]
fn a_number_means_the_line_that_was_shown_last() {
    let project = in_review();
    let mut terminal = Terminal::open(&project, "-u qa next CR-001", &[]);
    assert!(terminal.asks().contains("[1] Submit your review"));
    project.run("-u claude withdraw CR-001").is(0);
    terminal.enter("1");
    terminal.until("request updates: ");
    terminal.enter("1");
    terminal.until("comment: ");
    terminal.enter("too late");
    let said = terminal.asks();
    assert!(said.contains("not_from_this_state"), "{said}");
    assert!(said.contains("[1] Check document status"), "{said}");
    terminal.enter("1");
    let said = terminal.asks();
    assert!(said.contains("state:    DRAFT"), "{said}");
    terminal.enter("");
    assert_eq!(terminal.ends().0, 0);
}

// REQ-014
#[test]
fn a_line_of_the_menu_is_run_in_the_project_that_was_named() {
    let project = in_review();
    let elsewhere = tempfile::tempdir().unwrap();
    let mut command = Command::new("sh");
    command.args(["-c", "cd \"$1\" && exec \"$0\" --root \"$2\" -u claude status CR-001", PROGRAM]);
    command.args([elsewhere.path(), &project.root()]);
    let mut terminal = Terminal::start(&project, command, &[]);
    assert!(terminal.asks().contains("[2] Withdraw"));
    terminal.enter("2");
    assert!(terminal.asks().contains("CR-001 withdrawn"));
    terminal.enter("");
    assert_eq!(terminal.ends().0, 0);
    assert_eq!(state(&project), "DRAFT");
}

// REQ-139
#[test]
fn colours_are_for_terminals_that_want_them() {
    let project = in_review();
    let colored = |variables: &[(&str, &str)], line: &str| {
        let mut terminal = Terminal::open(&project, line, variables);
        terminal.ends();
        terminal.bytes.contains(&0x1b)
    };
    let line = "-u qa approve CR-001 --no-interactive";
    assert!(colored(&[], line));
    for variables in [("TERM", "dumb"), ("NO_COLOR", "1"), ("TERM", "")] {
        assert!(!colored(&[variables], line), "{variables:?}");
        assert!(!colored(&[variables], "--help"), "{variables:?}");
        assert!(!colored(&[variables], "fly"), "{variables:?}");
    }
    assert!(!colored(&[], "-u qa approve CR-001 --no-interactive --color never"));
    assert!(colored(&[("TERM", "dumb")], "-u qa approve CR-001 --no-interactive --color always"));
}

// REQ-139
#[test]
fn the_text_of_others_cannot_write_to_the_terminal() {
    let project = Project::new();
    project.run("-u claude create CR --title \"A change\"").is(0);
    let copy = project.copy("claude", "CR-001");
    let text = fs::read_to_string(&copy).unwrap();
    fs::write(&copy, filled_in(&text) + "\u{1b}]0;owned\u{7}\u{1b}[2J\u{202e}\n").unwrap();
    project.run("-u claude checkin CR-001").is(0);
    project.run("-u claude route CR-001 --review --assignees tu").is(0);
    let comment =
        ["-u", "tu", "review", "CR-001", "--recommend", "--comment", "\u{1b}[31mred\u{9b}2J\u{7f}\u{202e}"];
    project.words(&comment).run().is(0);
    // As the one who said it: to others it is not shown yet.
    for line in [
        "-u tu read CR-001",
        "-u tu comments CR-001",
        "-u tu history CR-001 -o wide",
        "-u tu diff CR-001",
        "-u tu audit export",
        "-u tu audit export --format csv",
        "-u tu audit export --format md",
        "-u tu comments CR-001 -o json",
        "-u tu comments CR-001 -o yaml",
        "-u tu read CR-001 -o yaml",
        "-u tu history CR-001 --json",
    ] {
        let mut terminal = Terminal::open(&project, line, &[("NO_COLOR", "1")]);
        let (status, said) = terminal.ends();
        assert_eq!(status, 0);
        assert!(said.contains("red") || said.contains("owned"), "{line}: {said:?}");
        let is_hostile = |c: char| c.is_control() && c != '\n' || c == '\u{202e}';
        assert!(!said.contains(is_hostile), "{line}: {said:?}");
    }
}
