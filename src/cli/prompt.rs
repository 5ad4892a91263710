//! The one place that asks. Nobody asks unless a person sits at all three streams.

use std::io::{BufRead as _, Write as _};

use dialoguer::theme::{SimpleTheme, Theme as _};

use super::echo;
use super::ui::say;
use super::world::World;
use crate::commands::view::{NextChoice, NextInput, NextLine, RequiredWhen, flag};

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
    let mut chosen = Vec::new();
    for input in &line.inputs {
        let Some(slot) = input.argv_index.and_then(|index| words.get_mut(index)) else { continue };
        let answer = told(world, input)?;
        *slot = Some(answer.flag);
        chosen.push(RequiredWhen { input: input.name.clone(), value: answer.value });
    }
    // What only some choices ask for is asked for when all of them are known.
    for input in
        line.inputs.iter().filter(|it| it.required_when.as_ref().is_some_and(|it| chosen.contains(it)))
    {
        let answer = told(world, input)?;
        words.extend([Some(flag(input.name.as_str())), Some(answer.flag)]);
    }
    words.into_iter().collect()
}

/// Asks for an input, and says so where it was not told.
fn told(world: &mut World, input: &NextInput) -> Option<NextChoice> {
    let answer = ask(world, input);
    if answer.is_none() {
        let name = input.name.as_str().replace('_', " ");
        say(world, &format!("nothing was done: `{name}` was not told"));
    }
    answer
}

/// Asks for an input; of its values by number, and each can be written out as well.
fn ask(world: &mut World, input: &NextInput) -> Option<NextChoice> {
    let name = input.name.as_str().replace('_', " ");
    if input.one_of.is_empty() {
        return line(world, &name).map(|text| NextChoice { value: text.clone(), flag: text });
    }
    let choices: Vec<String> = (1..)
        .zip(&input.one_of)
        .map(|(number, choice)| format!("[{number}] {}", choice.value.replace('_', " ")))
        .collect();
    let answer = line(world, &format!("{name}: {}", choices.join("  ")))?;
    let is_written =
        |choice: &&NextChoice| choice.value == answer || choice.value.replace('_', " ") == answer;
    let written = input.one_of.iter().find(is_written);
    let numbered = || input.one_of.get(answer.parse::<usize>().ok()?.checked_sub(1)?);
    written.or_else(numbered).cloned()
}

/// Asks for a line that is not shown while it is typed; `None` where nothing was said.
pub fn secret(world: &mut World, prompt: &str) -> Option<String> {
    write!(world.stderr, "{prompt}: ").and_then(|()| world.stderr.flush()).ok()?;
    let answer = echo::hidden(|| console::Term::stderr().read_secure_line()).ok()?;
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
