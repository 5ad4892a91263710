//! The command-line face: it reads the command line, asks and prints. It holds no rule.

mod ahead;
mod completion;
mod demo;
mod desk;
mod dispatch;
mod error;
mod grammar;
mod help;
mod prompt;
mod rooted;
mod ui;
mod world;

use std::ffi::{OsStr, OsString};
use std::io::{self, ErrorKind};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use clap::FromArgMatches as _;
use clap::error::ErrorKind as Parse;

use self::desk::Desk;
pub use self::error::{Code, STATUSES};
use self::grammar::{Extent, Global};
use self::ui::{Color, Manner};
pub use self::world::{Terminals, World};
use crate::commands::CommandError;
use crate::commands::view::NextLine;
use crate::disk::DiskError;

/// Variables that agent runtimes set: whoever set one is not waiting at a terminal.
const AGENT_VARIABLES: &[&str] = &["CLAUDECODE", "CODEX_CI", "CODEX_SANDBOX", "GEMINI_CLI"];

/// Runs one command line, and the lines of its menu that a person chooses, and returns the exit
/// status of the last. A fault of the program has a status too, and undoes what was begun.
pub fn run(world: &mut World) -> u8 {
    let ended = catch_unwind(AssertUnwindSafe(|| run_to_the_end(world)));
    ended.unwrap_or_else(|fault| {
        let words = fault.downcast_ref::<String>().map(String::as_str);
        let words = words.or_else(|| fault.downcast_ref::<&str>().copied()).unwrap_or("it stopped");
        let manner = manner_ahead(world, &world.arguments);
        let printed = ui::failure(world, manner, &CommandError::Bug(words.to_owned()), None);
        settle(world, Code::Bug.status(), printed)
    })
}

fn run_to_the_end(world: &mut World) -> u8 {
    let arguments = world.arguments.clone();
    let mut desk = Desk::open(world, &arguments);
    let (mut status, mut menu) = one(world, &mut desk, &arguments);
    while let Some(lines) = menu.take() {
        let line = match prompt::choose(world, lines.len()) {
            prompt::Choice::Leave => break,
            prompt::Choice::Unclear => None,
            prompt::Choice::Line(index) => lines.get(index),
        };
        menu = match line.and_then(|line| prompt::complete(world, line)) {
            None => Some(lines),
            Some(words) => {
                let next;
                let words = in_project(desk.root(), words);
                (status, next) = one(world, &mut desk, &words);
                // What failed without a menu of its own leaves the one that was there.
                next.or(Some(lines).filter(|_| status != 0))
            }
        };
    }
    status
}

/// A line of the menu is run in the project that the first command named.
fn in_project(root: Option<&Path>, words: Vec<String>) -> Vec<OsString> {
    let mut words: Vec<OsString> = words.into_iter().map(OsString::from).collect();
    words.extend(
        root.into_iter().flat_map(|root| [OsStr::new("--root"), root.as_os_str()]).map(OsString::from),
    );
    words
}

/// The menu that was printed, where a person can be asked.
type Menu = Option<Vec<NextLine>>;

/// Runs one command line and returns the exit status, with the menu that follows.
fn one(world: &mut World, desk: &mut Desk, arguments: &[OsString]) -> (u8, Menu) {
    desk.learn_verbs(arguments);
    let parsed = grammar::command(&desk.actions, Extent::For(arguments))
        .try_get_matches_from(arguments)
        .and_then(|matches| Global::from_arg_matches(&matches).map(|global| (global, matches)));
    let (global, matches) = match parsed {
        Ok(parsed) => parsed,
        Err(error) => return (not_understood(world, arguments, &error), None),
    };
    let manner = manner(world, &global);
    let (status, menu, printed) = match dispatch::dispatch(world, desk, &global, &matches) {
        Err(error) if is_unread(&error) => (0, None, Ok(())),
        Err(error) => {
            let actor = desk.actor();
            let printed = ui::failure(world, manner, &error, actor.as_ref());
            (error::classify(&error, None).code.status(), ui::next_of(&error), printed)
        }
        Ok(dispatch::Done::Printed(status)) => (status, None, Ok(())),
        Ok(dispatch::Done::Text(text)) => (0, None, ui::plain(world, manner, &text)),
        Ok(dispatch::Done::Reply(reply)) => {
            let printed = ui::reply(world, manner, &reply);
            (0, reply.menu, printed)
        }
    };
    (settle(world, status, printed), menu.filter(|_| may_ask(world, manner)))
}

/// Tells whether a command stopped printing because nobody reads any more.
fn is_unread(error: &CommandError) -> bool {
    matches!(error, CommandError::Disk(DiskError::Io { source, .. }) if source.kind() == ErrorKind::BrokenPipe)
}

/// A result that nobody reads any more (a closed pipe) changes nothing about the status; one that
/// cannot be written is a failure of its own.
fn settle(world: &mut World, status: u8, printed: io::Result<()>) -> u8 {
    match printed {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            ui::say(world, &format!("error: the result cannot be written: {error}"));
            if status == 0 { Code::Failed.status() } else { status }
        }
        _ => status,
    }
}

/// Help and version are results; everything else that the parser says is a usage failure.
fn not_understood(world: &mut World, arguments: &[OsString], error: &clap::Error) -> u8 {
    let manner = manner_ahead(world, arguments);
    let text = error.render();
    let text = match error.kind() {
        // The parser would list every command in one line.
        Parse::MissingSubcommand => "error: no command was given; `qms --help` lists them\n".to_owned(),
        _ if manner.color => text.ansi().to_string(),
        _ => text.to_string(),
    };
    let is_result = matches!(error.kind(), Parse::DisplayHelp | Parse::DisplayVersion);
    let (status, printed) = if is_result {
        (0, ui::plain(world, manner, &text))
    } else {
        (Code::Usage.status(), ui::usage(world, manner, &text))
    };
    settle(world, status, printed)
}

fn manner(world: &World, global: &Global) -> Manner {
    let brief = global.no_interactive || world.set_variable("QMS_NO_INTERACTIVE").is_some();
    Manner {
        format: global.format(),
        menu: !brief && !global.quiet,
        brief,
        color: colored(world, global.color.unwrap_or(Color::Auto)),
    }
}

fn manner_ahead(world: &World, arguments: &[OsString]) -> Manner {
    let format = ahead::format(arguments);
    Manner { format, menu: false, brief: true, color: colored(world, Color::Auto) }
}

fn colored(world: &World, color: Color) -> bool {
    match color {
        Color::Always => true,
        Color::Never => false,
        Color::Auto => {
            world.terminals.stdout
                && world.terminals.stderr
                && world.set_variable("NO_COLOR").is_none()
                && world.set_variable("TERM").is_some_and(|term| term != "dumb")
        }
    }
}

/// Tells whether a person is there to be asked.
fn may_ask(world: &World, manner: Manner) -> bool {
    world.terminals.all()
        && manner.menu
        && !manner.format.is_data()
        && world.set_variable("CI").is_none()
        && AGENT_VARIABLES.iter().all(|name| world.set_variable(name).is_none())
}
