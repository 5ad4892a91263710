//! A person at a terminal: passphrases are typed, and an open key stands there for a while.

use std::process::Command;
use std::time::Duration;

use expectrl::process::unix::WaitStatus;
use expectrl::session::OsSession;
use expectrl::{Eof, Expect as _, Needle, Session};
use rustix::process::{Pid, Signal, kill_process};

use super::{PASSPHRASE, enrolled, log};
use crate::project::{PROGRAM, Project};

/// How long anything may take before the test fails; nothing waits that long.
const PATIENCE: Duration = Duration::from_secs(30);

/// What the shell says when it waits.
const READY: &str = "READY> ";

/// A shell at a terminal of its own.
pub(super) struct Shell {
    session: OsSession,
    /// Everything that was ever shown.
    shown: String,
}

impl Shell {
    pub(super) fn open(project: &Project) -> Self {
        let mut command = Command::new("sh");
        command.env_clear().env("PS1", READY).env("TERM", "dumb").env("qms", PROGRAM);
        command.env("XDG_STATE_HOME", project.folder().join("state"));
        command.env("XDG_CONFIG_HOME", project.folder().join("config")).current_dir(project.root());
        let mut session = Session::spawn(command).unwrap();
        session.set_expect_timeout(Some(PATIENCE));
        session.get_process_mut().set_echo(true, None).unwrap();
        let mut shell = Self { session, shown: String::new() };
        shell.until(READY);
        shell
    }

    /// Waits until something is shown, and returns what came until then.
    pub(super) fn until(&mut self, needle: impl Needle) -> String {
        let found = match self.session.expect(needle) {
            Ok(found) => String::from_utf8_lossy(found.as_bytes()).replace('\r', ""),
            Err(error) => panic!("{error}; until then\n{}", self.shown),
        };
        self.shown.push_str(&found);
        found
    }

    pub(super) fn enter(&mut self, line: &str) {
        self.session.send_line(line).unwrap();
    }

    /// Types a passphrase, once it is asked for and the terminal shows no more what is typed: what was
    /// typed before then is thrown away.
    fn answer(&mut self, question: &str, passphrase: &str) {
        self.until(question);
        self.unseen(passphrase);
    }

    /// Types what the terminal does not show.
    pub(super) fn unseen(&mut self, passphrase: &str) {
        while self.session.get_process().get_echo().unwrap() {
            std::thread::yield_now();
        }
        self.enter(passphrase);
    }

    /// Begins a command line of the program; without a menu nothing waits at its end.
    pub(super) fn begin(&mut self, line: &str) {
        self.enter(&format!("$qms {line} -q; echo \"status $?\""));
    }

    /// Waits for the end of a command, and returns its exit status with what came until then.
    pub(super) fn ends(&mut self) -> (String, String) {
        let said = self.until(READY);
        let (_, status) = said.rsplit_once("status ").unwrap();
        (status.lines().next().unwrap().to_owned(), said)
    }

    /// Runs a command that asks for nothing.
    pub(super) fn run(&mut self, line: &str) -> (String, String) {
        self.begin(line);
        self.ends()
    }

    /// Runs a command that asks for a passphrase once.
    pub(super) fn run_with(&mut self, line: &str, passphrase: &str) -> (String, String) {
        self.begin(line);
        self.answer("Passphrase of hana: ", passphrase);
        self.ends()
    }

    /// Leaves, and checks that nobody could read the passphrase off the screen.
    pub(super) fn leave(mut self) {
        self.enter("exit");
        self.until(Eof);
        assert!(matches!(self.session.get_process().wait().unwrap(), WaitStatus::Exited(..)));
        assert!(!self.shown.contains(PASSPHRASE), "{}", self.shown);
    }
}

/// A project of the profile `gxp` in which hana is to review CR-001.
pub(super) fn in_review() -> Project {
    let project = super::profiles::of("gxp");
    project.issue(&["claude"]);
    enrolled(&project, "hana", "quality");
    super::acknowledge(&project, "lead", "hana").is(0);
    project.run("-u claude create CR --title x").is(0);
    project.run("-u claude route CR-001 --review").is(0);
    project
}

// REQ-067
#[test]
fn an_open_key_is_a_token_for_its_terminal_and_signs_nothing() {
    let project = in_review();
    let mut shell = Shell::open(&project);
    // To find the key opens nothing.
    let (status, said) = shell.run_with("-u hana whoami", "incorrect horse");
    assert!(status == "8" && said.contains("the passphrase does not open the key"), "{said}");
    let (status, said) = shell.run_with("-u hana whoami", PASSPHRASE);
    assert!(status == "0" && said.contains("assurance: signature"), "{said}");
    let (status, said) = shell.run_with("-u hana unlock --for 10m", PASSPHRASE);
    assert!(status == "0" && said.contains("key of hana unlocked for this terminal until"), "{said}");
    // Nobody is asked any more, by name or without one; others are not found by it.
    for line in ["-u hana whoami", "whoami"] {
        let (status, said) = shell.run(line);
        assert!(status == "0" && said.contains("assurance: token"), "{said}");
        assert!(said.contains("credential: unlock") && said.contains("from unlock"), "{said}");
    }
    let (status, _) = shell.run("-u claude list");
    assert_eq!(status, "8");
    // A verdict is signed: the passphrase is asked for again, each time.
    let review = "-u hana review CR-001 --recommend --comment fine";
    let (status, _) = shell.run_with(review, "incorrect horse");
    assert_eq!(status, "8");
    let (status, said) = shell.run_with(review, PASSPHRASE);
    assert!(status == "0" && said.contains("Review submitted for CR-001"), "{said}");
    let entry = log(&project).into_iter().rfind(|entry| entry["action"] == "review").unwrap();
    assert_eq!([&entry["result"], &entry["assurance"]], ["permitted", "signature"]);
    // So it is to open the key again, or for longer than a working day.
    let (status, said) = shell.run_with("-u hana unlock --for 13h", PASSPHRASE);
    assert!(status == "4" && said.contains("at most 12 hours"), "{said}");
    // At another terminal there is nothing.
    let mut other = Shell::open(&project);
    let (status, said) = other.run_with("-u hana whoami", PASSPHRASE);
    assert!(status == "0" && said.contains("assurance: signature"), "{said}");
    let (status, _) = other.run("whoami");
    assert_eq!(status, "2");
    other.leave();
    // What stands for a key falls with it.
    let list = project.ask("-u lead key list").is(0)["data"]["credentials"].clone();
    let key = list.as_array().unwrap().iter().find(|key| key["user"] == "hana").unwrap()["id"].clone();
    project.run(&format!("-u lead key revoke {} --reason lost", key.as_str().unwrap())).is(0);
    let (status, said) = shell.run("whoami");
    assert!(status == "8" && said.contains("the credential of `hana` was revoked"), "{said}");
    shell.leave();
    project.run("-u lead audit verify").is(0);
}

// REQ-295
#[test]
fn a_signal_that_ends_the_program_while_it_asks_leaves_the_terminal_as_it_was() {
    let project = in_review();
    let mut shell = Shell::open(&project);
    for (name, signal, status) in [
        ("HUP", Signal::HUP, 129),
        ("INT", Signal::INT, 130),
        ("QUIT", Signal::QUIT, 131),
        ("TERM", Signal::TERM, 143),
    ] {
        shell.enter("sh -c 'ulimit -c 0; echo \"pid $$.\"; exec \"$0\" -u hana whoami -q' $qms");
        let said = shell.until("Passphrase of hana: ");
        while shell.session.get_process().get_echo().unwrap() {
            std::thread::yield_now();
        }
        match name {
            // As the keys send them: Ctrl-C and Ctrl-\.
            "INT" => shell.session.send("\u{3}").unwrap(),
            "QUIT" => shell.session.send("\u{1c}").unwrap(),
            _ => {
                let (_, pid) = said.rsplit_once("pid ").unwrap();
                let pid = pid.split('.').next().unwrap().parse().unwrap();
                kill_process(Pid::from_raw(pid).unwrap(), signal).unwrap();
            }
        }
        shell.until(READY);
        assert!(shell.session.get_process().get_echo().unwrap(), "{name}: nothing is shown any more");
        shell.enter("echo \"status $?\"");
        assert_eq!(shell.ends().0, status.to_string(), "{name}");
    }
    // An answer leaves it so, too.
    assert_eq!(shell.run_with("-u hana whoami", PASSPHRASE).0, "0");
    assert!(shell.session.get_process().get_echo().unwrap());
    shell.leave();
}

// REQ-067
#[test]
fn without_a_terminal_no_key_stands_open() {
    let project = Project::new();
    let phrase = enrolled(&project, "hana", "quality");
    let line = format!("-u hana --passphrase-file {} unlock", phrase.display());
    let prepared = project.call(&line).command;
    // Whoever runs the tests may sit at a terminal.
    let mut command = Command::new("setsid");
    command.arg("--wait").arg(PROGRAM).args(prepared.get_args()).env_clear();
    command.envs(prepared.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let output = command.env("PATH", "/usr/bin:/bin").current_dir(project.root()).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("a key is unlocked for a terminal, and there is none"), "{said}");
}

#[test]
fn a_new_passphrase_is_typed_twice_alike() {
    let project = Project::empty();
    let mut shell = Shell::open(&project);
    let asked = |shell: &mut Shell, who: &str, line: &str, first: &str, again: &str| {
        shell.begin(line);
        shell.answer(&format!("New passphrase of {who}: "), first);
        shell.answer("Once more: ", again);
        shell.ends()
    };
    let (status, said) = asked(&mut shell, "the administrator", "init", PASSPHRASE, "correct hose");
    assert!(status == "2" && said.contains("the passphrase was not typed twice alike"), "{said}");
    assert!(!project.path("qms.yaml").exists() && !project.folder().join("state").exists());
    let (status, _) = asked(&mut shell, "the administrator", "init", "1234567", "1234567");
    assert_eq!(status, "2");
    assert!(!project.path("qms.yaml").exists());
    let (status, said) = asked(&mut shell, "the administrator", "init", PASSPHRASE, PASSPHRASE);
    assert!(status == "0" && said.contains("enrolled:  lead, with a sealed key in"), "{said}");
    // The person manages with what was typed, and a token is shown once, to whoever sits there.
    shell.begin("-u lead token issue claude");
    shell.answer("Passphrase of lead: ", PASSPHRASE);
    let (status, said) = shell.ends();
    let token = said.lines().map(str::trim).find(|line| line.starts_with("qms_")).unwrap().to_owned();
    assert_eq!(status, "0");
    assert!(said.contains("(shown once)"), "{said}");
    let me = project.call("whoami").variable("QMS_TOKEN", &token).ask().is(0);
    assert_eq!(me["data"]["user"], "claude");
    // A key is replaced the same way, also where it stands open.
    shell.begin("-u lead unlock");
    shell.answer("Passphrase of lead: ", PASSPHRASE);
    assert_eq!(shell.ends().0, "0");
    // Where it stands open the passphrase is asked for all the same.
    shell.begin("-u lead key create");
    shell.answer("New passphrase of lead: ", "another passphrase");
    shell.answer("Once more: ", "another passphrase");
    // The new key is a part of what is signed with the old one, and is shown before.
    let shown = shell.until("Passphrase of lead: ");
    assert!(shown.contains("action     key_create") && shown.contains("meaning    administered"), "{shown}");
    shell.unseen(PASSPHRASE);
    assert_eq!(shell.ends().0, "0");
    shell.leave();
}

// REQ-134
#[test]
fn no_agent_is_asked_for_a_passphrase() {
    let project = Project::new();
    enrolled(&project, "hana", "quality");
    let mut shell = Shell::open(&project);
    for variable in ["CLAUDECODE=1", "CI=1", "QMS_NO_INTERACTIVE=1"] {
        shell.enter(&format!("{variable} $qms -u hana whoami; echo \"status $?\""));
        let (status, said) = shell.ends();
        assert!(status == "8" && !said.contains("Passphrase of"), "{said}");
        assert!(
            said.contains("`hana` has a credential or is bound by a hook, and presented no proof"),
            "{said}"
        );
    }
    let (status, said) = shell.run("-u hana whoami --no-interactive");
    assert!(status == "8" && !said.contains("Passphrase of"), "{said}");
    shell.leave();
}
