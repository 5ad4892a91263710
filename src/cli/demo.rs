//! `demo`: a change from draft to closed, and a procedure into force, by four users.
//!
//! Every step is a command line as anyone would type it, run by the same code, in a project of its
//! own; what is shown is what was printed.

use std::cell::RefCell;
use std::ffi::OsString;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::rc::Rc;

use super::world::{Terminals, World};
use crate::commands::CommandError;
use crate::disk::DiskError;

/// A step of the play.
enum Step {
    /// What happens next, in a line.
    Say(&'static str),
    /// A command line, and the status that it ends with.
    Run(&'static [&'static str], u8),
    /// A command line with the token of somebody, and the status that it ends with.
    RunAs(&'static str, &'static [&'static str], u8),
    /// Somebody edits a working copy: user, document, what is replaced by what.
    Edit(&'static str, &'static str, &'static [(&'static str, &'static str)]),
}

use Step::{Edit, Run, RunAs, Say};

const SCRIPT: &[Step] = &[
    Say("Whoever acts has a token of its own."),
    Run(&["--user", "lead", "token", "issue", "claude", "--out", "../claude.token"], 0),
    Run(&["--user", "lead", "token", "issue", "qa", "--out", "../qa.token", "--ttl", "8h"], 0),
    Run(&["--user", "lead", "token", "issue", "tu", "--out", "../tu.token", "--action", "review"], 0),
    Say("An agent plans a change."),
    Run(&["--user", "claude", "create", "CR", "--title", "Give reviewers five working days"], 0),
    Edit("claude", "CR-001", &[("{{", "<"), ("}}", ">")]),
    Run(&["--user", "claude", "route", "CR-001", "--review", "--assignees", "tu,lead"], 0),
    Say("Nobody reviews their own work, and nobody does it under another name."),
    Run(&["--user", "claude", "review", "CR-001", "--recommend", "--comment", "Looks good to me"], 7),
    RunAs("claude", &["--user", "qa", "review", "CR-001", "--recommend", "--comment", "Looks good to me"], 8),
    Run(
        &["--user", "tu", "review", "CR-001", "--recommend", "--comment", "The affected section is named"],
        0,
    ),
    Run(&["--user", "lead", "review", "CR-001", "--recommend", "--comment", "Wanted by the team"], 0),
    Run(&["--user", "qa", "inbox"], 0),
    Run(
        &["--user", "qa", "review", "CR-001", "--recommend", "--comment", "Scope and impact are complete"],
        0,
    ),
    Run(&["--user", "claude", "route", "CR-001", "--approval"], 0),
    Run(&["--user", "qa", "approve", "CR-001"], 0),
    Run(&["--user", "claude", "release", "CR-001"], 0),
    Say("The change is carried out: the procedure is revised."),
    Run(&["--user", "claude", "checkout", "SOP-001"], 0),
    Edit(
        "claude",
        "SOP-001",
        &[
            (
                "revision_summary: Initial issue",
                "revision_summary: Reviewers have five working days (CR-001)",
            ),
            ("\n## 8 ", "\nReviewers answer within five working days.\n\n## 8 "),
        ],
    ),
    Run(&["--user", "claude", "checkin", "SOP-001"], 0),
    Run(&["--user", "qa", "diff", "SOP-001"], 0),
    Run(&["--user", "claude", "route", "SOP-001", "--review"], 0),
    Run(&["--user", "qa", "review", "SOP-001", "--recommend", "--comment", "As planned in CR-001"], 0),
    Run(&["--user", "qa", "route", "SOP-001", "--approval"], 0),
    Run(&["--user", "qa", "approve", "SOP-001"], 0),
    Say("What came of it is recorded item by item, when it is done; an item that is left out is missed."),
    Run(&record("EI-1"), 0),
    Run(&record("EI-2"), 0),
    Run(&["--user", "claude", "route", "CR-001", "--review"], 4),
    Run(&record("EI-3"), 0),
    Say("The record of the change is completed, reviewed again and closed."),
    Run(&["--user", "claude", "checkout", "CR-001"], 0),
    Edit("claude", "CR-001", &[("[", "("), ("]", ")")]),
    Run(&["--user", "claude", "route", "CR-001", "--review"], 0),
    Run(&["--user", "qa", "review", "CR-001", "--recommend", "--comment", "SOP-001 is in force as 2.0"], 0),
    Run(&["--user", "claude", "route", "CR-001", "--approval"], 0),
    Run(&["--user", "qa", "approve", "CR-001"], 0),
    Run(&["--user", "claude", "close", "CR-001"], 0),
    Say("Anyone can check that nothing was changed behind the record."),
    Run(&["--user", "lead", "history", "CR-001"], 0),
    Run(&["--user", "lead", "audit", "verify", "--contents"], 0),
    Run(&["--user", "lead", "doctor"], 0),
];

/// The command line that records an item of the change.
const fn record(item: &'static str) -> [&'static str; 10] {
    ["--user", "claude", "item", "record", "CR-001", item, "--outcome", "pass", "--evidence", "SOP-001 2.0"]
}

/// A stream that is kept.
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

/// Plays the demo and returns its status: 0 when every step ended as it should.
pub fn run(world: &mut World, folder: Option<&Path>) -> Result<u8, CommandError> {
    let root = match folder {
        Some(folder) => world.directory.join(folder),
        None => temporary()?,
    };
    let io = |source| DiskError::Io { action: "write", path: root.clone(), source };
    if fs::read_dir(&root).is_ok_and(|mut inside| inside.next().is_some()) {
        let message = format!("`{}` is not empty; the demo needs a folder of its own", root.display());
        return Err(CommandError::Usage(message));
    }
    fs::create_dir_all(root.join("project")).map_err(io)?;
    let mut play = Play { root: root.clone(), status: 0 };
    play.command(world, None, &["init", "--no-passphrase"], 0).map_err(io)?;
    for step in SCRIPT {
        if play.status != 0 {
            break;
        }
        match step {
            Say(text) => writeln!(world.stdout, "── {text}\n").map_err(io)?,
            Run(words, expected) => {
                let user = words.iter().position(|word| *word == "--user").and_then(|at| words.get(at + 1));
                play.command(world, user.copied(), words, *expected).map_err(io)?;
            }
            RunAs(user, words, expected) => {
                writeln!(world.stdout, "# with the token of {user}").map_err(io)?;
                play.command(world, Some(user), words, *expected).map_err(io)?;
            }
            Edit(user, id, changes) => play.edit(world, user, id, changes).map_err(io)?,
        }
    }
    farewell(world, &root, play.status).map_err(io)?;
    Ok(play.status)
}

fn temporary() -> Result<PathBuf, CommandError> {
    let made = tempfile::Builder::new().prefix("qms-demo-").tempdir();
    let made =
        made.map_err(|source| DiskError::Io { action: "create", path: std::env::temp_dir(), source })?;
    Ok(made.keep())
}

struct Play {
    root: PathBuf,
    status: u8,
}

impl Play {
    fn project(&self) -> PathBuf {
        self.root.join("project")
    }

    /// Finds the token of a user: of the administrator where `init` wrote it, of others beside the project.
    fn token(&self, user: &str) -> Option<PathBuf> {
        let beside = self.root.join(format!("{user}.token"));
        let mut made =
            fs::read_dir(self.root.join("config/qms")).into_iter().flatten().filter_map(Result::ok);
        let first = made.next().map(|project| project.path().join(format!("{user}.token")));
        [Some(beside), first].into_iter().flatten().find(|file| file.is_file())
    }

    fn command(
        &mut self,
        world: &mut World,
        user: Option<&str>,
        words: &[&str],
        expected: u8,
    ) -> io::Result<()> {
        let shown: Vec<String> = words.iter().map(|word| shell_word(word)).collect();
        writeln!(world.stdout, "$ qms {}", shown.join(" "))?;
        let kept = Kept::default();
        let folder = |name: &str| self.root.join(name).display().to_string();
        let (state, config) = (folder("state"), folder("config"));
        // Everybody has a token of their own, in their own environment.
        let token = user.and_then(|user| self.token(user)).map(|file| file.display().to_string());
        let mut inner = World {
            arguments: ["qms"].iter().chain(words).map(OsString::from).collect(),
            // Nothing of the caller's environment: keys and tokens stay in the folder of the demo.
            variable: Box::new(move |name| match name {
                "XDG_STATE_HOME" => Some(state.clone()),
                "XDG_CONFIG_HOME" => Some(config.clone()),
                "QMS_TOKEN_FILE" => token.clone(),
                _ => None,
            }),
            directory: self.project(),
            program: world.program.clone(),
            clock: world.clock,
            random: world.random,
            pause: world.pause,
            ancestry: Vec::new,
            terminal: None,
            process: world.process,
            stdin: Box::new(io::empty()),
            stdout: Box::new(kept.clone()),
            stderr: Box::new(kept.clone()),
            terminals: Terminals::default(),
        };
        let status = super::run(&mut inner);
        let text = String::from_utf8_lossy(&kept.0.borrow()).into_owned();
        writeln!(world.stdout, "{}", text.trim_end())?;
        if status != 0 {
            writeln!(world.stdout, "(exit status {status})")?;
        }
        writeln!(world.stdout)?;
        if status != expected {
            self.status = status.max(1);
            writeln!(world.stdout, "this step should have ended with {expected}")?;
        }
        Ok(())
    }

    fn edit(&self, world: &mut World, user: &str, id: &str, changes: &[(&str, &str)]) -> io::Result<()> {
        writeln!(world.stdout, "# {user} edits the working copy of {id}\n")?;
        let path = self.project().join(".qms/workspace").join(user).join(format!("{id}.md"));
        let text = fs::read_to_string(&path)?;
        let edited = changes.iter().fold(text, |text, (from, to)| text.replace(from, to));
        fs::write(&path, edited)
    }
}

fn shell_word(word: &str) -> String {
    if word.contains(' ') { format!("\"{word}\"") } else { word.to_owned() }
}

fn farewell(world: &mut World, root: &Path, status: u8) -> io::Result<()> {
    let program = world.program.parent().map_or_else(String::new, |folder| folder.display().to_string());
    let outcome =
        if status == 0 { "The demo went as it should." } else { "The demo did not go as it should." };
    write!(
        world.stdout,
        "── {outcome} Everything it wrote, its key included, is in\n   {}\n\n\
         Put qms on your path:\n\n  export PATH=\"{program}:$PATH\"\n\n\
         And begin a project of your own:\n\n  mkdir my-project && cd my-project\n  qms init --no-passphrase\n  \
         qms --user claude create CR --title \"My first change\"\n  qms --user claude next CR-001\n",
        root.display()
    )?;
    world.stdout.flush()
}
