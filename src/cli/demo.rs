//! `demo`: a change from draft to closed, and a procedure into force, by four users.
//!
//! In full, a change with a failed item, its variance, a prerequisite and a gate that asks for evidence. Every step is a command line as anyone would type it, run by the same code, in a project of its
//! own; what is shown is what was printed.

mod script;

use std::cell::RefCell;
use std::ffi::OsString;
use std::fs;
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::rc::Rc;

use self::script::{Step, full, short};
use super::outlet::Outlet;
use super::world::World;
use crate::commands::CommandError;
use crate::disk::{DiskError, read_whole, rewrite_file};
use crate::domain::hook::words::offered;
use crate::domain::process::Descent;

/// Largest file that the demo edits, in bytes.
const TEXT_MAX: u64 = 1024 * 1024;

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

/// Plays the demo, in full or not, and returns its status: 0 when every step ended as it should.
pub fn run(world: &mut World, folder: Option<&Path>, is_full: bool) -> Result<u8, CommandError> {
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
    for step in if is_full { full() } else { short() } {
        if play.status != 0 {
            break;
        }
        match step {
            Step::Say(text) => writeln!(world.stdout, "── {text}\n").map_err(io)?,
            Step::Run(words, expected) => {
                let user = words.iter().position(|word| *word == "--user").and_then(|at| words.get(at + 1));
                play.command(world, user.copied(), words, *expected).map_err(io)?;
            }
            Step::RunAs(user, words, expected) => {
                writeln!(world.stdout, "# with the token of {user}").map_err(io)?;
                play.command(world, Some(user), words, *expected).map_err(io)?;
            }
            Step::Edit(user, id, changes) => play.edit(world, user, id, changes).map_err(io)?,
            Step::Write(name, changes) => play.write(world, name, changes).map_err(io)?,
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
        let folder = |name: &str| self.root.join(name).into_os_string();
        let (state, config) = (folder("state"), folder("config"));
        // Everybody has a token of their own, in their own environment.
        let token = user.and_then(|user| self.token(user)).map(|file| file.clone().into_os_string());
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
            ancestry: Descent::default,
            inherited: Vec::new(),
            terminal: None,
            process: world.process,
            host: world.host.clone(),
            uid: world.uid,
            stdin: Box::new(io::empty()),
            stdin_is_terminal: false,
            stdout: Outlet::new(Box::new(kept.clone()), false),
            stderr: Outlet::new(Box::new(kept.clone()), false),
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
        rewritten(&path, changes)
    }

    /// Changes a file of the project, or one beside it, which may not be there yet.
    fn write(&self, world: &mut World, name: &str, changes: &[(&str, &str)]) -> io::Result<()> {
        writeln!(world.stdout, "# somebody edits {name}\n")?;
        let path = self.project().join(name);
        rewritten(&path, changes)
    }
}

fn rewritten(path: &Path, changes: &[(&str, &str)]) -> io::Result<()> {
    let before = match read_whole(path, TEXT_MAX) {
        Err(error) if error.kind() == ErrorKind::NotFound => Vec::new(),
        read => read?,
    };
    let text = String::from_utf8_lossy(&before).into_owned();
    let after = changes.iter().fold(text, |text, (from, to)| text.replace(from, to));
    rewrite_file(path, &before, after.as_bytes()).map_err(io::Error::other)
}

fn shell_word(word: &str) -> String {
    if word.contains(' ') { format!("\"{word}\"") } else { word.to_owned() }
}

fn farewell(world: &mut World, root: &Path, status: u8) -> io::Result<()> {
    let program = world.program.parent().map_or_else(String::new, offered);
    let outcome =
        if status == 0 { "The demo went as it should." } else { "The demo did not go as it should." };
    write!(
        world.stdout,
        "── {outcome} Everything it wrote, its key included, is in\n   {}\n\n\
         Put qms on your path:\n\n  export PATH={program}:\"$PATH\"\n\n\
         And begin a project of your own:\n\n  mkdir my-project && cd my-project\n  qms init --no-passphrase\n  \
         qms --user claude create CR --title \"My first change\"\n  qms --user claude next CR-001\n",
        root.display()
    )?;
    world.stdout.flush()
}
