//! Which command of a line would run `qms`, and through what.
//!
//! In doubt it would: a line that is held up in vain costs the caller one more try.

use std::collections::BTreeSet;

use crate::domain::id::DocumentId;
use crate::domain::steps::count;

use super::likeness::{Likeness, could_be, likeness, mentions};
use super::line::{Refused, is_input};
use super::programs::{
    Program, SCRIPT_LETTERS, SEARCH_LETTERS, SEARCH_LONG, SEARCH_OPTIONS, SHELL_LETTERS, STARTS, begins_list,
    is_code, is_reserved, joined, program, script_of_long, starts_by_itself,
};
use super::scan::{Command, Script, scan};
use super::word::Word;

/// How many programs may run one another: more than anybody writes, and little enough for every stack.
const DEPTH_MAX: usize = 20;

/// How often a search may look at each byte of a line, on the average: a line that people write takes a few looks.
const LOOKS_MAX: usize = 16;

/// Looks that a line may take, however short it is.
const LOOKS_MIN: usize = 10_000;

/// What it takes to look at a place where a command could begin, in looks at a byte.
const PLACE: usize = 8;

/// A command that would run the program; its argv, where that stands in the line.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) argv: Option<Vec<String>>,
    /// The words as far as they stand in the line: of `--comment="$(…)"` the beginning, of `"$(…)"` nothing.
    pub(super) words: Option<Vec<Option<String>>>,
}

/// The search through one line.
#[derive(Debug)]
pub(super) struct Search<'a> {
    line: &'a str,
    pub(super) is_mentioned: bool,
    /// Whether the line has a word with which code starts a program; looked for once.
    starts: Option<bool>,
    depth: usize,
    /// How many looks are left.
    left: usize,
    /// What lies between the line and the program.
    pub(super) features: BTreeSet<Refused>,
}

impl<'a> Search<'a> {
    /// Begins a search; the line is what the runtime would run.
    pub(super) fn new(line: &'a str) -> Self {
        let is_mentioned = mentions(line);
        let left = line.len().saturating_mul(LOOKS_MAX).max(LOOKS_MIN);
        Self { line, is_mentioned, starts: None, depth: 0, left, features: BTreeSet::new() }
    }

    /// Finds the first command that would run the program.
    pub(super) fn script(&mut self, script: &Script) -> Option<Found> {
        let found = script.commands.iter().find_map(|command| self.command(command));
        found.or_else(|| script.is_hidden.then(Found::default))
    }

    fn command(&mut self, command: &Command) -> Option<Found> {
        let mut found = self.runs(&command.words, &mut BTreeSet::new())?;
        if command.is_fed {
            found.argv = None;
        }
        Some(found)
    }

    /// Answers for the words from a place on where a command word stands. `seen` are the places, counted
    /// from the end, that were looked at before.
    fn runs(&mut self, words: &[Word], seen: &mut BTreeSet<usize>) -> Option<Found> {
        if !self.look(PLACE) {
            return Some(self.found_because(Refused::TooLong));
        }
        if !seen.insert(words.len()) {
            return None;
        }
        let mut before = BTreeSet::new();
        let mut rest = words;
        let (first, arguments) = loop {
            let (first, after) = rest.split_first()?;
            if first.assigns() {
                before.insert(Refused::Environment);
            } else if first.is_bare("coproc")
                && after.get(1).is_some_and(|word| is_reserved(word) || begins_list(word))
            {
                // A name stands before a group alone.
                before.insert(Refused::Grouping);
                rest = after.get(1..).unwrap_or_default();
                continue;
            } else if is_reserved(first) {
                before.insert(Refused::Grouping);
            } else if first.is_bare("function") {
                before.insert(Refused::Grouping);
                let (name, body) = after.split_first()?;
                if likeness(name.name()) != Likeness::Other {
                    return Some(self.found_because(Refused::Grouping));
                }
                rest = body;
                continue;
            } else if begins_list(first) {
                return None;
            } else {
                break (first, after);
            }
            rest = after;
        };
        let found = self.named(first, rest).or_else(|| self.through(first, arguments, seen));
        if found.is_some() {
            self.features.append(&mut before);
        }
        found
    }

    /// Answers for a command word by its own name.
    fn named(&mut self, first: &Word, words: &[Word]) -> Option<Found> {
        match likeness(first.name()) {
            Likeness::Same => {
                if first.quoted && !first.shape.contains('/') {
                    self.features.insert(Refused::Quoted);
                }
                let is_known = words.iter().all(|word| !word.expands);
                let argv = || words.iter().map(|word| word.text.clone()).collect();
                let words = words.iter().map(Word::as_written).collect();
                Some(Found { argv: is_known.then(argv), words: Some(words) })
            }
            Likeness::Alike => {
                self.features.insert(Refused::LookAlike);
                Some(Found::default())
            }
            Likeness::Other if first.hides() || could_be(first.name()) => {
                self.features.insert(Refused::Expansion);
                Some(Found::default())
            }
            Likeness::Other if first.is_unknown() || first.shape.contains("{}") => {
                self.in_doubt(Refused::Expansion)
            }
            Likeness::Other => None,
        }
    }

    /// Answers for what a known program does with its arguments.
    fn through(&mut self, first: &Word, words: &[Word], seen: &mut BTreeSet<usize>) -> Option<Found> {
        let program = program(first.name());
        if first.name() == "command" && is_question(words) {
            return None;
        }
        // These look at one word after the other, at places that are counted.
        let walks =
            matches!(program, Program::Wrapper { .. } | Program::Completes { .. } | Program::TakesWords);
        let looks = || words.iter().map(|word| 1 + word.shape.len()).sum();
        if self.depth >= DEPTH_MAX || !walks && !self.look(looks()) {
            return Some(self.found_because(Refused::TooLong));
        }
        self.depth += 1;
        let (found, feature) = match program {
            Program::Wrapper { values, operands } => {
                (self.wrapped(words, values, operands, seen), Refused::Wrapper)
            }
            Program::Completes { values } => {
                let found = self.wrapped(words, values, 0, seen).or_else(|| self.listed(words));
                (found.map(|_| Found::default()), Refused::Wrapper)
            }
            Program::Search => (self.searched(words, seen), Refused::Wrapper),
            Program::Shell => (self.shell(words), Refused::Script),
            Program::Eval => (self.eval(words), Refused::Script),
            Program::Trap => (self.trapped(words), Refused::Script),
            Program::Source => (self.sourced(words), Refused::Script),
            Program::Alias => (self.aliased(words), Refused::Script),
            Program::Interpreter => (self.interpreted(first.name(), words), Refused::Script),
            Program::TakesWords => (None, Refused::Wrapper),
            Program::Other => (self.carried(words), Refused::Wrapper),
        };
        self.depth -= 1;
        if found.is_some() {
            self.features.insert(feature);
        }
        found
    }

    /// Walks over options and operands to each place where the command could begin. Whether a word
    /// belongs to a long option before it, nobody but the program knows: both are tried.
    fn wrapped(
        &mut self,
        words: &[Word],
        values: &str,
        operands: usize,
        seen: &mut BTreeSet<usize>,
    ) -> Option<Found> {
        let mut walked = BTreeSet::new();
        let mut places = vec![(0, operands)];
        while let Some((place, operands)) = places.pop() {
            if !self.look(PLACE) {
                return Some(self.found_because(Refused::TooLong));
            }
            let rest = words.get(place..).unwrap_or_default();
            let Some((word, after)) = rest.split_first() else { continue };
            if !walked.insert((place, operands)) {
                continue;
            }
            let text = word.shape.as_str();
            if let Some(found) = self.option(text, after.first(), SCRIPT_LETTERS, values) {
                return Some(found);
            }
            if text == "--" || word.is_assignment() {
                places.push((place + 1, operands));
            } else if text.starts_with("--") {
                places.push((place + 1, operands));
                places.extend((!text.contains('=')).then_some((place + 2, operands)));
            } else if let Some(letters) = text.strip_prefix('-') {
                let taker = letters.find(|c| values.contains(c));
                let takes_next = taker.is_some_and(|at| at + 1 == letters.len());
                places.push((place + 1 + usize::from(takes_next), operands));
            } else if let Some(found) = self.runs(rest, seen).or_else(|| self.line_of_words(word)) {
                return Some(found);
            } else if operands > 0 {
                places.push((place + 1, operands - 1));
            }
        }
        None
    }

    /// Answers for an option whose value is a command line: the rest of its word, or else the next one.
    fn option(&mut self, word: &str, next: Option<&Word>, letters: &[char], values: &str) -> Option<Found> {
        let next = next.map(|word| word.shape.as_str());
        let value = |rest| if str::is_empty(rest) { next } else { Some(rest) };
        if word.starts_with("--") {
            return self.line_of_option(value(script_of_long(word)?)?);
        }
        joined(word, letters, values).filter_map(value).find_map(|text| self.line_of_option(text))
    }

    /// Answers for the value of such an option. `env` reads options of its own in it, and writes a blank as `\_`.
    fn line_of_option(&mut self, text: &str) -> Option<Found> {
        let text = text.replace("\\_", " ");
        let more = text.trim_start().starts_with('-');
        self.text(&text).or_else(|| more.then(|| self.text(&format!("env {text}"))).flatten())
    }

    /// Answers for the words of a list that some programs run as lines, or put into theirs.
    fn listed(&mut self, words: &[Word]) -> Option<Found> {
        let list = words.iter().skip_while(|word| !word.shape.starts_with(":::")).skip(1);
        list.into_iter().find_map(|word| self.text(&word.shape))
    }

    /// Answers for a command word with blanks in it: some programs hand it to a shell.
    fn line_of_words(&mut self, word: &Word) -> Option<Found> {
        word.shape.contains([' ', '\t', '\n', ';']).then(|| self.text(&word.shape)).flatten()
    }

    /// Answers for a program that nobody knows: it may run what looks like a call, with a document or a type of one.
    fn carried(&mut self, words: &[Word]) -> Option<Found> {
        let at = words.iter().position(|word| word.is_bare("qms"))?;
        let call = words.get(at..)?;
        let is_call = call.iter().any(|word| DocumentId::is_valid(&word.shape));
        call.first().filter(|_| is_call).and_then(|first| self.named(first, call))
    }

    fn searched(&mut self, words: &[Word], seen: &mut BTreeSet<usize>) -> Option<Found> {
        let is_option = |word: &Word| SEARCH_OPTIONS.contains(&word.shape.as_str());
        let places = words.iter().enumerate().filter(|(_, word)| is_option(word)).map(|(place, _)| place);
        let mut found =
            places.filter_map(|place| words.get(place + 1..)).find_map(|rest| self.runs(rest, seen));
        for (place, word) in words.iter().enumerate() {
            if found.is_some() {
                break;
            }
            let long = word.shape.split_once('=').filter(|(name, _)| SEARCH_LONG.contains(name));
            let joined = joined(&word.shape, SEARCH_LETTERS, "").chain(long.map(|(_, value)| value));
            let after = words.get(place + 1..).unwrap_or_default();
            found = joined.map(|rest| (rest, after)).find_map(|(rest, after)| match rest {
                "" => self.runs(after, seen),
                rest => self.text(rest),
            });
        }
        found.map(|_| Found::default())
    }

    fn shell(&mut self, words: &[Word]) -> Option<Found> {
        let is_flags = |word: &&Word| {
            let letters = word.shape.strip_prefix(['-', '+']);
            letters.is_some_and(|letters| letters.chars().all(|c| c.is_ascii_alphabetic()))
        };
        let after = words.iter().skip(1).map(Some).chain([None]);
        if let Some(found) =
            words.iter().zip(after).find_map(|(word, next)| self.option(&word.shape, next, SHELL_LETTERS, ""))
        {
            return Some(found);
        }
        let has_flag = |letter: char| words.iter().filter(is_flags).any(|word| word.shape.contains(letter));
        if has_flag('c') {
            return words.iter().find_map(|word| self.text(&word.shape));
        }
        let file = words.iter().find(|word| !word.shape.starts_with(['-', '+']));
        if has_flag('s') || file.is_none_or(|file| file.is_unknown() || is_input(&file.shape)) {
            return self.in_doubt(Refused::Script);
        }
        file.filter(|file| likeness(file.name()) == Likeness::Same).map(|_| Found::default())
    }

    fn eval(&mut self, words: &[Word]) -> Option<Found> {
        let words = without_end(words);
        let text = words.iter().map(|word| word.shape.as_str()).collect::<Vec<_>>().join(" ");
        let found = self.text(&text);
        let is_unknown = words.iter().any(Word::is_unknown);
        found.or_else(|| is_unknown.then(|| self.in_doubt(Refused::Script)).flatten())
    }

    fn trapped(&mut self, words: &[Word]) -> Option<Found> {
        words.iter().find_map(|word| self.text(&word.shape)).map(|_| Found::default())
    }

    fn sourced(&mut self, words: &[Word]) -> Option<Found> {
        let words = without_end(words);
        let is_unknown = words.first().is_some_and(|file| file.is_unknown() || is_input(&file.shape));
        is_unknown.then(|| self.in_doubt(Refused::Script)).flatten()
    }

    fn aliased(&mut self, words: &[Word]) -> Option<Found> {
        let values = words.iter().filter_map(|word| word.shape.split_once('='));
        values.map(|(_, value)| value).find_map(|value| self.text(value)).map(|_| Found::default())
    }

    fn interpreted(&mut self, name: &str, words: &[Word]) -> Option<Found> {
        if matches!(name, "pwsh" | "powershell")
            && let Some(found) = words.iter().find_map(|word| self.text(&word.shape))
        {
            return Some(found);
        }
        let is_code = words.iter().any(|word| is_code(&word.shape));
        let file = words.iter().find(|word| !word.shape.starts_with('-'));
        let is_program =
            file.is_none_or(|file| is_input(&file.shape) || file.shape.contains(['(', '{', ' ']));
        let has_input = words.iter().any(|word| is_input(&word.shape));
        let line = self.line;
        let starts = *self.starts.get_or_insert_with(|| STARTS.iter().any(|start| line.contains(start)));
        let is_fed = file.is_none() || has_input;
        let starts = starts
            || words.iter().any(|word| starts_by_itself(name, &word.shape))
            || is_fed && starts_by_itself(name, line);
        ((is_code || is_program || has_input) && starts).then(|| self.in_doubt(Refused::Script)).flatten()
    }

    /// Answers for a text that a shell would read.
    fn text(&mut self, text: &str) -> Option<Found> {
        if !self.look(text.len()) {
            return Some(self.found_because(Refused::TooLong));
        }
        let (script, unread) = scan(text);
        let found = self.script(&script);
        if let Some(why) = unread {
            let could_be_one = found.is_some() || why == Refused::TooLong || mentions(text);
            return could_be_one.then(|| self.found_because(why));
        }
        if found.is_some() {
            self.features.insert(Refused::Script);
            self.features.extend(script.features);
        }
        found
    }

    /// Takes from the looks that are left, and tells whether there were enough.
    fn look(&mut self, looks: usize) -> bool {
        count(looks);
        let left = self.left.checked_sub(looks);
        self.left = left.unwrap_or_default();
        left.is_some()
    }

    /// What cannot be known is taken for the program where the line speaks of it at all.
    fn in_doubt(&mut self, why: Refused) -> Option<Found> {
        self.is_mentioned.then(|| self.found_because(why))
    }

    fn found_because(&mut self, why: Refused) -> Found {
        self.features.insert(why);
        Found::default()
    }
}

/// Leaves the sign away that ends the options, where it stands first.
fn without_end(words: &[Word]) -> &[Word] {
    match words {
        [first, rest @ ..] if first.shape == "--" => rest,
        words => words,
    }
}

/// Tells whether `command` only asks what a name means.
fn is_question(words: &[Word]) -> bool {
    let options = words.iter().take_while(|word| word.shape.starts_with('-'));
    options.into_iter().any(|word| word.shape.contains(['v', 'V']))
}
