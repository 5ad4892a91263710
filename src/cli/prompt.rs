//! The one place that asks. Nobody asks unless a person sits at all three streams.

use std::io::{BufRead as _, Write as _};

use dialoguer::theme::{SimpleTheme, Theme as _};

use super::ui::say;
use super::world::World;
use crate::commands::view::{NextInput, NextLine};

/// What a person chose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Choice {
    /// The line with this index, from 0.
    Line(usize),
    /// To leave.
    Leave,
    /// Something that is no line of the menu.
    Unclear,
}

/// Asks for the number of a line. Enter, end of input and a lost terminal all mean to leave.
pub fn choose(world: &mut World, lines: usize) -> Choice {
    let Some(answer) = line(world, "Select action or press Enter to exit") else { return Choice::Leave };
    match answer.parse::<usize>() {
        Ok(number) if (1..=lines).contains(&number) => Choice::Line(number - 1),
        _ => {
            say(world, &format!("a number from 1 to {lines} selects an action"));
            Choice::Unclear
        }
    }
}

/// Asks for what a line still needs, and returns the words of its command; `None` to leave it.
pub fn complete(world: &mut World, line: &NextLine) -> Option<Vec<String>> {
    let mut words = line.argv.clone();
    for input in &line.inputs {
        let Some(slot) = input.argv_index.and_then(|index| words.get_mut(index)) else { continue };
        let Some(answer) = ask(world, input) else {
            say(
                world,
                &format!("nothing was done: `{}` was not told", input.name.as_str().replace('_', " ")),
            );
            return None;
        };
        *slot = Some(answer);
    }
    words.into_iter().collect()
}

fn ask(world: &mut World, input: &NextInput) -> Option<String> {
    let name = input.name.as_str().replace('_', " ");
    if input.one_of.is_empty() {
        return line(world, &name);
    }
    let choices: Vec<String> = (1..)
        .zip(&input.one_of)
        .map(|(number, choice)| format!("[{number}] {}", choice.value.replace('_', " ")))
        .collect();
    let number: usize = line(world, &format!("{name}: {}", choices.join("  ")))?.parse().ok()?;
    input.one_of.get(number.checked_sub(1)?).map(|choice| choice.flag.clone())
}

/// Asks for a line that is not shown while it is typed; `None` where nothing was said.
pub fn secret(world: &mut World, prompt: &str) -> Option<String> {
    write!(world.stderr, "{prompt}: ").and_then(|()| world.stderr.flush()).ok()?;
    let answer = console::Term::stderr().read_secure_line().ok()?;
    (!answer.is_empty()).then_some(answer)
}

/// Asks for one line; `None` where nothing was said. The prompt looks as the library's do, but the
/// line is read from the terminal as it is: that lets people correct what they type and turns Ctrl-D
/// into the end of input, both of which the library's own reader swallows.
fn line(world: &mut World, prompt: &str) -> Option<String> {
    let mut shown = "\n".to_owned();
    SimpleTheme.format_input_prompt(&mut shown, prompt, None).ok()?;
    write!(world.stderr, "{shown}").and_then(|()| world.stderr.flush()).ok()?;
    let mut bytes = Vec::new();
    world.stdin.read_until(b'\n', &mut bytes).ok()?;
    if !bytes.ends_with(b"\n") {
        // The cursor still stands behind the prompt.
        say(world, "");
    }
    let answer = String::from_utf8(bytes).ok()?;
    let answer = answer.trim();
    (!answer.is_empty()).then(|| answer.to_owned())
}
