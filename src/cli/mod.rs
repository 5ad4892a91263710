//! The command-line face: it reads the command line, asks and prints. It holds no rule.

mod completion;
mod demo;
mod desk;
mod dispatch;
mod error;
mod grammar;
mod prompt;
mod ui;
mod world;

use std::ffi::OsString;
use std::io;

use clap::FromArgMatches as _;
use clap::error::ErrorKind;

use self::desk::Desk;
pub use self::error::{Code, STATUSES};
use self::grammar::Global;
use self::ui::{Color, Format, Manner};
pub use self::world::{Terminals, World};
use crate::commands::view::NextLine;

/// Variables that agent runtimes set: whoever set one is not waiting at a terminal.
const AGENT_VARIABLES: &[&str] = &["CLAUDECODE", "CODEX_CI", "CODEX_SANDBOX", "GEMINI_CLI"];

/// Runs one command line and returns the exit status. Output that nobody reads any more (a closed
/// pipe) is no failure.
pub fn run(world: &mut World) -> u8 {
    match run_to_the_end(world) {
        Ok(status) => status,
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => 0,
        Err(_) => Code::Failed.status(),
    }
}

fn run_to_the_end(world: &mut World) -> io::Result<u8> {
    let arguments = world.arguments.clone();
    let mut desk = Desk::open(world, &arguments);
    let (mut status, mut menu) = one(world, &mut desk, &arguments)?;
    while let Some((lines, user)) = menu.take() {
        let line = match prompt::choose(lines.len()) {
            prompt::Choice::Leave => break,
            prompt::Choice::Unclear => None,
            prompt::Choice::Line(index) => lines.get(index),
        };
        match line.and_then(prompt::complete) {
            None => menu = Some((lines, user)),
            Some(words) => {
                (status, menu) = one(world, &mut desk, &with_root(&arguments, words))?;
                // A refusal leaves the menu as it was.
                menu = menu.or(Some((lines, user)).filter(|_| status != 0));
            }
        }
    }
    Ok(status)
}

/// A line of the menu is run in the project that the first command named.
fn with_root(first: &[OsString], words: Vec<String>) -> Vec<OsString> {
    let mut words: Vec<OsString> = words.into_iter().map(OsString::from).collect();
    if let Some(root) = desk::root_ahead(first) {
        words.extend([OsString::from("--root"), root.into_os_string()]);
    }
    words
}

type Menu = Option<(Vec<NextLine>, String)>;

/// Runs one command line; where a person can be asked, the menu comes back with the status.
fn one(world: &mut World, desk: &mut Desk, arguments: &[OsString]) -> io::Result<(u8, Menu)> {
    let command = grammar::command(&desk.actions);
    let matches = match command.try_get_matches_from(arguments) {
        Ok(matches) => matches,
        Err(error) => return refused_by_parser(world, arguments, &error).map(|status| (status, None)),
    };
    let global = match Global::from_arg_matches(&matches) {
        Ok(global) => global,
        Err(error) => return refused_by_parser(world, arguments, &error).map(|status| (status, None)),
    };
    let manner = manner(world, &global);
    match dispatch::dispatch(world, desk, &global, &matches) {
        Err(error) => Ok((ui::failure(world, manner, &error)?, None)),
        Ok(dispatch::Done::Printed(status)) => Ok((status, None)),
        Ok(dispatch::Done::Reply(reply)) => {
            ui::reply(world, manner, &reply)?;
            let menu = reply.menu.zip(reply.actor).map(|(lines, actor)| (lines, actor.name().to_string()));
            Ok((0, menu.filter(|_| may_ask(world, manner))))
        }
    }
}

/// Help and version are results; everything else that the parser says is a usage failure.
fn refused_by_parser(world: &mut World, arguments: &[OsString], error: &clap::Error) -> io::Result<u8> {
    let manner = manner_ahead(world, arguments);
    let text = error.render();
    let text = if manner.color { text.ansi().to_string() } else { text.to_string() };
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => ui::plain(world, &text).map(|()| 0),
        _ => ui::usage(world, manner, &text).map(|()| Code::Usage.status()),
    }
}

/// Prints what a command wrote as a whole, and returns the status.
fn print_plain(world: &mut World, text: &str) -> u8 {
    if ui::plain(world, text).is_ok() { 0 } else { Code::Failed.status() }
}

fn manner(world: &World, global: &Global) -> Manner {
    let format = if global.json { Format::Json } else { global.output.unwrap_or(Format::Text) };
    Manner {
        format,
        bare: global.quiet || global.no_interactive || world.set_variable("QMS_NO_INTERACTIVE").is_some(),
        color: colored(world, global.color.unwrap_or(Color::Auto)),
    }
}

/// What can be told of the manner before the command line is understood.
fn manner_ahead(world: &World, arguments: &[OsString]) -> Manner {
    let words: Vec<_> = arguments.iter().map(|word| word.to_string_lossy()).collect();
    let after = |name: &str| words.iter().position(|word| word == name).and_then(|at| words.get(at + 1));
    let named = |value: &str| {
        words.iter().any(|word| *word == format!("--output={value}") || *word == format!("-o{value}"))
            || [after("-o"), after("--output")].iter().flatten().any(|word| **word == value)
    };
    let json = words.iter().any(|word| word == "--json") || named("json");
    let format = if json {
        Format::Json
    } else if named("yaml") {
        Format::Yaml
    } else {
        Format::Text
    };
    Manner { format, bare: true, color: colored(world, Color::Auto) }
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
        && !manner.bare
        && matches!(manner.format, Format::Text | Format::Wide)
        && world.set_variable("CI").is_none()
        && AGENT_VARIABLES.iter().all(|name| world.set_variable(name).is_none())
}
