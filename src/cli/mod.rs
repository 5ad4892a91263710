//! The command-line face: it reads the command line, asks and prints. It holds no rule.

mod agents_way;
mod ahead;
mod attended;
mod carried;
mod causes;
mod colors;
mod completion;
mod credential;
mod data;
mod demo;
mod desk;
mod dispatch;
mod echo;
mod error;
mod escape;
mod grammar;
mod help;
mod hook;
mod looks;
mod menu;
mod outlet;
mod parse;
mod prompt;
mod proofs;
mod signer;
mod ui;
mod unverified;
mod verb;
mod world;

use std::ffi::OsString;
use std::io::{self, ErrorKind};
use std::time::Duration;

use clap::builder::StyledStr;
use clap::error::ErrorKind as Parse;

pub use self::attended::AGENT_VARIABLES;
use self::desk::Desk;
pub use self::error::{Code, STATUSES};
use self::grammar::Global;
pub use self::outlet::Outlet;
use self::ui::{Color, Manner};
pub use self::world::World;
use crate::commands::CommandError;
use crate::commands::carried::Carried;
use crate::commands::view::NextLine;
use crate::disk::{DiskError, held};
use crate::domain::visible::{escaped, one_line};
use crate::embedded;
use crate::session::SessionError;

/// The whole command line, with the verbs that come with the program.
pub fn command_line() -> clap::Command {
    let mut command = grammar::command(&embedded::actions(), grammar::Extent::Whole);
    // What a command takes is told to the parser when the command is called; here everything is asked for.
    command.build();
    command
}

/// Runs one command line, and the lines of its menu that a person chooses, and returns the exit
/// status of the last.
pub fn run(world: &mut World) -> u8 {
    let arguments = world.arguments.clone();
    // It runs beside every call of a tool: what needs no project opens none.
    if arguments.get(1).is_some_and(|word| word == "hook") && arguments.len() == 2 {
        return hook::run(world);
    }
    if arguments.get(1).is_some_and(|word| word == held::HELD) {
        let error = held::wait(&mut world.stdin, arguments.get(2..).unwrap_or_default());
        ui::say(world, &format!("the agent cannot be started: {error}"));
        return Code::Failed.status();
    }
    let mut desk = Desk::open(world, &arguments);
    let (mut status, mut menu) = one(world, &mut desk, &arguments);
    while let Some((lines, carried)) = menu.take() {
        let line = match prompt::choose(world, lines.len()) {
            prompt::Choice::Leave => break,
            prompt::Choice::Unclear => None,
            prompt::Choice::Line(index) => lines.get(index),
        };
        menu = match line.and_then(|line| prompt::complete(world, line)) {
            None => Some((lines, carried)),
            Some(words) => {
                let next;
                // A line of the menu carries on what the first command named.
                let words = words.into_iter().map(OsString::from);
                let words: Vec<OsString> = words.chain(carried.words().map(OsString::from)).collect();
                (status, next) = one(world, &mut desk, &words);
                // What failed without a menu of its own leaves the one that was there.
                next.or(Some((lines, carried)).filter(|_| status != 0))
            }
        };
    }
    status
}

/// Says that a fault of the program stopped it, and where, in the form that was asked for, and returns the status.
pub fn stopped(world: &mut World, fault: &str) -> u8 {
    let manner = manner_ahead(world, &world.arguments);
    let printed = ui::failure(world, &manner, &CommandError::Bug(fault.to_owned()), None);
    settle(world, Code::Bug.status(), printed)
}

/// The menu that was printed, where a person can be asked, and what its lines carry on.
type Menu = Option<(Vec<NextLine>, Carried)>;

/// Runs one command line and returns the exit status, with the menu that follows.
fn one(world: &mut World, desk: &mut Desk, arguments: &[OsString]) -> (u8, Menu) {
    // The parser repeats what it does not understand, and the record what it does.
    let mut words = arguments.iter().skip(1).map(|word| word.to_string_lossy());
    if let Err(error) = words.try_for_each(|word| credential::is_no_token(&word)) {
        let manner = manner_ahead(world, arguments);
        let printed = ui::failure(world, &manner, &error, None);
        return (settle(world, Code::Usage.status(), printed), None);
    }
    let (global, matches) = match desk.understand(world, arguments) {
        Ok(parsed) => parsed,
        Err(error) => return (not_understood(world, desk, arguments, &error), None),
    };
    let manner = manner(world, &global);
    // Help and version are for whoever asks, whatever stands in the environment.
    if let Some(name) = world.unreadable_variable() {
        let error = CommandError::not_text_in_environment(name);
        let printed = ui::failure(world, &manner, &error, None);
        return (settle(world, Code::Usage.status(), printed), None);
    }
    let (status, menu, printed) = match dispatch::dispatch(world, desk, &global, &matches) {
        Err(error) if is_unread(&error) => (0, None, Ok(())),
        Err(error) => {
            let actor = desk.actor();
            slow_down(world, &error);
            let printed = ui::failure(world, &manner, &error, actor.as_ref());
            (error::classify(&error, None, None).code.status(), ui::next_of(&error), printed)
        }
        Ok(dispatch::Done::Printed(status)) => (status, None, Ok(())),
        Ok(dispatch::Done::Text(text)) => (0, None, ui::plain(world, &manner, &text)),
        Ok(dispatch::Done::Reply(reply)) => {
            let printed = ui::reply(world, &manner, &reply);
            // What nobody got was not read.
            if let (Ok(()), Some(reading)) = (&printed, &reply.reading) {
                dispatch::follow_up(world, desk, reading);
            }
            (0, reply.menu, printed)
        }
    };
    let menu = menu.filter(|_| may_ask(world, &manner)).map(|lines| (lines, manner.carried));
    (settle(world, status, printed), menu)
}

/// So many failures of one kind within a minute are slips.
const SLIPS: u64 = 3;

/// Longest pause after a failed proof of identity, in milliseconds.
const PAUSE_MAX: u64 = 2000;

/// Whoever fails to prove who is calling again and again waits longer each time; nobody else does.
fn slow_down(world: &World, error: &CommandError) {
    let CommandError::Session(SessionError::NotVerified { failures, .. }) = error else { return };
    if let Some(more) = failures.checked_sub(SLIPS + 1) {
        let pause = 100u64.checked_shl(u32::try_from(more).unwrap_or(u32::MAX)).unwrap_or(PAUSE_MAX);
        (world.pause)(Duration::from_millis(pause.clamp(100, PAUSE_MAX)));
    }
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

/// Help and version are results; everything else that the parser says is a usage failure. What it says is said of
/// the words as they are shown: it repeats them between colours of its own.
fn not_understood(world: &mut World, desk: &Desk, arguments: &[OsString], error: &clap::Error) -> u8 {
    let manner = manner_ahead(world, arguments);
    let shown: Vec<OsString> =
        arguments.iter().map(|word| one_line(&word.to_string_lossy()).into_owned().into()).collect();
    let of_shown = (shown != *arguments).then(|| parse::parse(&desk.verbs, &shown));
    let text = match (error.kind(), of_shown) {
        // The parser would list every command in one line.
        (Parse::MissingSubcommand, _) => {
            StyledStr::from("error: no command was given; `qms --help` lists them")
        }
        (_, None) => error.render(),
        (_, Some(Err(of_shown))) => of_shown.render(),
        // What is shown would be understood.
        (_, Some(Ok(_))) => StyledStr::from(escaped(&error.to_string()).into_owned()),
    };
    let is_result = matches!(error.kind(), Parse::DisplayHelp | Parse::DisplayVersion);
    let (status, printed) = if is_result {
        (0, ui::parsed(world, &manner, &text))
    } else {
        (Code::Usage.status(), ui::usage(world, &manner, &text))
    };
    settle(world, status, printed)
}

fn manner(world: &World, global: &Global) -> Manner {
    let brief = global.no_interactive || world.says("QMS_NO_INTERACTIVE");
    Manner {
        format: global.format(),
        brief,
        quiet: global.quiet,
        color: colored(world, global.color.unwrap_or(Color::Auto)),
        carried: Carried::of(global),
    }
}

fn manner_ahead(world: &World, arguments: &[OsString]) -> Manner {
    let format = ahead::format(arguments);
    let (color, carried) = (colored(world, Color::Auto), Carried::default());
    Manner { format, brief: true, quiet: false, color, carried }
}

fn colored(world: &World, color: Color) -> bool {
    match color {
        Color::Always => true,
        Color::Never => false,
        Color::Auto => {
            world.stdout.is_terminal()
                && world.stderr.is_terminal()
                && world.set_variable("NO_COLOR").is_none()
                && world.set_variable("TERM").is_some_and(|term| term != "dumb")
        }
    }
}

/// Tells whether a person is there to be asked.
fn may_ask(world: &World, manner: &Manner) -> bool {
    manner.has_menu() && !manner.format.is_data() && world.is_attended()
}
