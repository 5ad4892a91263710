//! Takes a shell line apart into simple commands, after the grammar of POSIX (XCU 2.3, 2.10) and what
//! bash adds to it.
//!
//! It follows the grammar as far as is needed to know where a command word stands, and remembers on the
//! way whatever is more than one simple command. It expands nothing. A line that it cannot follow it
//! calls so.

use std::collections::BTreeSet;

use super::likeness::mentions;
use super::line::Refused;
use super::programs::is_reserved;
use super::word::{UNKNOWN, Word};
use crate::domain::steps::count;

/// How deep substitutions and groups may lie in one another: more than anybody writes, and little
/// enough for every stack.
const DEPTH_MAX: usize = 40;

/// What a line consists of.
#[derive(Debug, Default)]
pub(super) struct Script {
    /// Its simple commands, those in substitutions before those around them.
    pub(super) commands: Vec<Command>,
    /// What in it one simple command does not have.
    pub(super) features: BTreeSet<Refused>,
    /// Something that is not read further speaks of the program.
    pub(super) is_hidden: bool,
}

/// A simple command: its words, without redirections.
#[derive(Debug, Default)]
pub(super) struct Command {
    /// The words.
    pub(super) words: Vec<Word>,
    /// Its standard input is redirected.
    pub(super) is_fed: bool,
}

/// Text that follows the line which announces it (XCU 2.7.4).
struct HereDocument {
    delimiter: String,
    is_literal: bool,
    strips_tabs: bool,
}

/// Takes a line apart, as far as that can be done, and says why it cannot be done further: a shell may have run by
/// then what stands before.
pub(super) fn scan(line: &str) -> (Script, Option<Refused>) {
    let mut scanner =
        Scanner { chars: line.chars().collect(), at: 0, script: Script::default(), depth: 0, word_end: None };
    let why = scanner.list(None).err();
    (scanner.script, why)
}

pub(super) struct Scanner {
    pub(super) chars: Vec<char>,
    pub(super) at: usize,
    pub(super) script: Script,
    depth: usize,
    word_end: Option<usize>,
}

impl Scanner {
    pub(super) fn peek(&self) -> Option<char> {
        self.peek_at(0)
    }

    pub(super) fn peek_at(&self, ahead: usize) -> Option<char> {
        self.chars.get(self.at + ahead).copied()
    }

    pub(super) fn next(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.at += 1;
        Some(c)
    }

    pub(super) fn take(&mut self, expected: char) -> bool {
        let found = self.peek() == Some(expected);
        self.at += usize::from(found);
        found
    }

    pub(super) fn note(&mut self, feature: Refused) {
        self.script.features.insert(feature);
    }

    /// Reads something that lies in something else.
    pub(super) fn deeper(
        &mut self,
        inner: impl FnOnce(&mut Self) -> Result<(), Refused>,
    ) -> Result<(), Refused> {
        if self.depth >= DEPTH_MAX {
            return Err(Refused::TooLong);
        }
        self.depth += 1;
        let outcome = inner(self);
        self.depth -= 1;
        outcome
    }

    /// Reads another text as if it stood here.
    pub(super) fn aside(
        &mut self,
        text: Vec<char>,
        inner: impl FnOnce(&mut Self) -> Result<(), Refused>,
    ) -> Result<(), Refused> {
        let chars = std::mem::replace(&mut self.chars, text);
        let at = std::mem::replace(&mut self.at, 0);
        let outcome = self.deeper(inner);
        self.chars = chars;
        self.at = at;
        self.word_end = None;
        outcome
    }

    /// Reads commands up to the end, or up to the bracket that closes them.
    pub(super) fn list(&mut self, end: Option<char>) -> Result<(), Refused> {
        let (mut open, mut cases) = (Command::default(), 0);
        let outcome = self.commands(end, &mut open, &mut cases);
        self.close(&mut open, &mut cases);
        outcome
    }

    fn commands(&mut self, end: Option<char>, open: &mut Command, cases: &mut usize) -> Result<(), Refused> {
        let mut announced = Vec::new();
        loop {
            match self.peek() {
                None if end.is_some() => return Err(Refused::Unbalanced),
                None => return Ok(()),
                Some(' ' | '\t') => self.at += 1,
                Some('\\') if self.peek_at(1) == Some('\n') => self.at += 2,
                Some('\n') => {
                    self.at += 1;
                    self.close(open, cases);
                    self.here_documents(&mut announced)?;
                }
                Some('#') => {
                    self.note(Refused::Comment);
                    while self.peek().is_some_and(|c| c != '\n') {
                        self.at += 1;
                    }
                }
                Some('&') if self.peek_at(1) == Some('>') => {
                    self.at += 1;
                    self.redirection(open, &mut announced)?;
                }
                Some(';' | '&' | '|') => {
                    self.at += 1;
                    self.note(Refused::Several);
                    self.close(open, cases);
                }
                Some('(') => {
                    self.note(Refused::Grouping);
                    self.at += 1;
                    if !open.words.is_empty() || !self.arithmetic()? {
                        // After the brackets of a function or a list another command may begin.
                        self.close(open, cases);
                        self.deeper(|inner| inner.list(Some(')')))?;
                    }
                }
                Some(')') => {
                    self.at += 1;
                    let is_pattern = open_cases(open, *cases) > 0;
                    self.close(open, cases);
                    if is_pattern {
                        self.note(Refused::Grouping);
                    } else if end == Some(')') {
                        return Ok(());
                    } else {
                        return Err(Refused::Unbalanced);
                    }
                }
                Some('<' | '>') => self.redirection(open, &mut announced)?,
                Some(_) => {
                    let mut word = Word::default();
                    let outcome = self.word(&mut word);
                    self.word_end = Some(self.at);
                    open.words.push(word);
                    outcome?;
                }
            }
        }
    }

    /// Ends the command that is being read.
    fn close(&mut self, open: &mut Command, cases: &mut usize) {
        *cases = open_cases(open, *cases);
        let command = std::mem::take(open);
        if !command.words.is_empty() {
            self.script.commands.push(command);
        }
    }

    /// Reads a redirection with its target (XCU 2.7).
    fn redirection(&mut self, open: &mut Command, announced: &mut Vec<HereDocument>) -> Result<(), Refused> {
        let is_number = |word: &Word| !word.quoted && word.text.chars().all(|c| c.is_ascii_digit());
        if self.word_end == Some(self.at) && open.words.last().is_some_and(is_number) {
            open.words.pop();
        }
        let direction = self.next();
        if self.peek() == Some('(') {
            return self.process(open);
        }
        self.note(Refused::Redirection);
        open.is_fed |= direction == Some('<');
        let is_here = direction == Some('<') && self.take('<');
        let is_text = is_here && self.take('<');
        let strips_tabs = is_here && !is_text && self.take('-');
        if !is_here && !self.take('>') && !self.take('&') {
            self.take('|');
        }
        while matches!(self.peek(), Some(' ' | '\t')) {
            self.at += 1;
        }
        if matches!(self.peek(), Some('<' | '>')) && self.peek_at(1) == Some('(') {
            self.at += 1;
            return self.process(open);
        }
        if matches!(self.peek(), None | Some('\n' | ';' | '&' | '|' | '(' | ')' | '<' | '>')) {
            return Err(Refused::Unbalanced);
        }
        let mut target = Word::default();
        self.word(&mut target)?;
        if is_here && !is_text {
            announced.push(HereDocument { delimiter: target.text, is_literal: target.quoted, strips_tabs });
        }
        Ok(())
    }

    /// Reads a process substitution, which is a word of the command around it.
    fn process(&mut self, open: &mut Command) -> Result<(), Refused> {
        self.note(Refused::Substitution);
        self.at += 1;
        self.deeper(|inner| inner.list(Some(')')))?;
        let mut word = Word::default();
        word.push_unknown();
        open.words.push(word);
        Ok(())
    }

    /// Reads the texts that were announced before the end of the line.
    fn here_documents(&mut self, announced: &mut Vec<HereDocument>) -> Result<(), Refused> {
        for document in std::mem::take(announced) {
            let mut body = Vec::new();
            while self.peek().is_some() {
                let mut line = Vec::new();
                while let Some(c) = self.next().filter(|c| *c != '\n') {
                    line.push(c);
                }
                let tabs = line.iter().take_while(|c| document.strips_tabs && **c == '\t').count();
                if line.iter().skip(tabs).copied().eq(document.delimiter.chars()) {
                    break;
                }
                body.append(&mut line);
                body.push('\n');
            }
            if !document.is_literal {
                self.aside(body, |inner| inner.quoted(None, &mut Word::default()))?;
            }
        }
        Ok(())
    }

    /// Reads arithmetic, of which the first bracket was read. What does not end as it does is no arithmetic, but a
    /// list in a list, and not read.
    pub(super) fn arithmetic(&mut self) -> Result<bool, Refused> {
        let start = self.at;
        if !self.take('(') {
            return Ok(false);
        }
        let mut open = 2_usize;
        while open > 0 {
            match self.next() {
                None => break,
                Some('(') => open += 1,
                Some(')') => open -= 1,
                Some(_) => {}
            }
        }
        let read = self.chars.get(start..self.at).unwrap_or_default();
        count(read.len());
        if open > 0 || !read.ends_with(&[')', ')']) {
            self.at = start;
            return Ok(false);
        }
        let text = read.to_vec();
        if mentions(&text.iter().collect::<String>()) {
            self.note(Refused::Substitution);
            self.script.is_hidden = true;
        }
        // The shell runs what is substituted in it.
        self.aside(text, |inner| inner.quoted(None, &mut Word::default()))?;
        Ok(true)
    }
}

/// Counts the `case` of which the `esac` is not yet read: in it a bracket closes a pattern.
fn open_cases(open: &Command, cases: usize) -> usize {
    let first = open.words.iter().find(|word| word.is_bare("case") || !is_reserved(word));
    match first {
        Some(word) if word.is_bare("case") => cases + 1,
        _ if open.words.first().is_some_and(|word| word.is_bare("esac")) => cases.saturating_sub(1),
        _ => cases,
    }
}

/// Tells whether a word ends before this character (XCU 2.3).
pub(super) fn ends_word(c: Option<char>) -> bool {
    matches!(c, None | Some(' ' | '\t' | '\n' | ';' | '&' | '|' | '(' | ')' | '<' | '>'))
}

/// Tells whether an exclamation mark before this character calls a line of the history in an
/// interactive shell.
pub(super) fn calls_history(next: Option<char>) -> bool {
    !matches!(next, None | Some(' ' | '\t' | '\n' | '=' | '"' | UNKNOWN))
}
