//! Reads one word with its quoting and its expansions (POSIX.1-2017, XCU 2.2, 2.6).

use super::line::Refused;
use super::scan::{Scanner, calls_history, ends_word};
use super::word::{UNKNOWN, Word};

/// How far the bracket that closes a pattern is looked for, in characters: a pattern for a command word
/// is short, and a line of nothing but brackets is read in a moment all the same.
const BRACKET_MAX: usize = 64;

impl Scanner {
    /// Reads a word; something of one stands here.
    pub(super) fn word(&mut self, word: &mut Word) -> Result<(), Refused> {
        while !ends_word(self.peek()) {
            let Some(c) = self.next() else { break };
            match c {
                '\\' => match self.next() {
                    // A backslash at the very end waits for a next line.
                    None => return Err(Refused::Unbalanced),
                    Some('\n') => {}
                    Some(escaped) => {
                        word.quoted = true;
                        word.push(escaped);
                    }
                },
                '\'' => {
                    word.quoted = true;
                    self.literal(word)?;
                }
                '"' => {
                    word.quoted = true;
                    self.quoted(Some('"'), word)?;
                }
                '$' => self.dollar(word, false)?,
                '`' => self.backquoted(word)?,
                '*' | '?' => {
                    self.note(Refused::Pattern);
                    word.push_pattern(c);
                }
                '[' => self.bracket(word),
                '{' => self.brace(word),
                '~' if word.text.is_empty() || word.text.ends_with(['=', ':']) => {
                    self.note(Refused::Pattern);
                    word.push(c);
                    word.expands = true;
                }
                '!' => {
                    if calls_history(self.peek()) && !ends_word(self.peek()) {
                        self.note(Refused::History);
                    }
                    word.push(c);
                }
                _ => {
                    if c.is_whitespace() && !c.is_ascii() {
                        self.note(Refused::Invisible);
                    }
                    word.push(c);
                }
            }
        }
        Ok(())
    }

    /// Reads between single quotes.
    fn literal(&mut self, word: &mut Word) -> Result<(), Refused> {
        loop {
            match self.next() {
                None => return Err(Refused::Unbalanced),
                Some('\'') => return Ok(()),
                Some(c) => word.push(c),
            }
        }
    }

    /// Reads between double quotes, or to the end of a text that is read as if it stood between them.
    pub(super) fn quoted(&mut self, end: Option<char>, word: &mut Word) -> Result<(), Refused> {
        loop {
            match self.next() {
                None if end.is_some() => return Err(Refused::Unbalanced),
                None => return Ok(()),
                c if c == end => return Ok(()),
                Some('\\') => match self.peek() {
                    Some('\n') => self.at += 1,
                    Some(c @ ('$' | '`' | '"' | '\\')) => {
                        self.at += 1;
                        word.push(c);
                    }
                    // It stays, and shields what follows from the history.
                    Some('!') => {
                        self.at += 1;
                        word.push('\\');
                        word.push('!');
                    }
                    _ => word.push('\\'),
                },
                Some('$') => self.dollar(word, true)?,
                Some('`') => self.backquoted(word)?,
                Some('!') => {
                    if calls_history(self.peek()) {
                        self.note(Refused::History);
                    }
                    word.push('!');
                }
                Some(c) => word.push(c),
            }
        }
    }

    /// Reads what a dollar sign begins; alone it means itself.
    fn dollar(&mut self, word: &mut Word, in_quotes: bool) -> Result<(), Refused> {
        let Some(next) = self.peek() else {
            word.push('$');
            return Ok(());
        };
        match next {
            '(' => {
                self.at += 1;
                if self.arithmetic()? {
                    self.note(Refused::Expansion);
                } else {
                    self.note(Refused::Substitution);
                    self.deeper(|inner| inner.list(Some(')')))?;
                }
            }
            '{' => {
                self.at += 1;
                self.deeper(|inner| inner.parameter(in_quotes))?;
            }
            '[' => {
                let rest = self.chars.get(self.at..).unwrap_or_default();
                let end = rest.iter().position(|c| *c == ']').ok_or(Refused::Unbalanced)?;
                let text = rest.iter().take(end).copied().collect();
                self.at += end + 1;
                self.aside(text, |inner| inner.quoted(None, &mut Word::default()))?;
            }
            '\'' if !in_quotes => {
                self.at += 1;
                self.note(Refused::Expansion);
                return self.ansi(word);
            }
            '"' if !in_quotes => {
                self.at += 1;
                self.note(Refused::Expansion);
                word.quoted = true;
                word.expands = true;
                return self.quoted(Some('"'), word);
            }
            // The line goes on behind it: what the dollar sign begins stands there.
            '\\' if self.peek_at(1) == Some('\n') => {}
            '@' | '*' | '#' | '?' | '$' | '!' | '-' => self.at += 1,
            c if c.is_ascii_digit() => self.at += 1,
            c if c.is_alphanumeric() || c == '_' => {
                while self.peek().is_some_and(|c| c.is_ascii_alphanumeric() || c == '_') {
                    self.at += 1;
                }
            }
            _ => {
                word.push('$');
                return Ok(());
            }
        }
        if next != '(' {
            self.note(Refused::Expansion);
        }
        word.push_unknown();
        Ok(())
    }

    /// Passes over `${…}`; the brace was read.
    fn parameter(&mut self, in_quotes: bool) -> Result<(), Refused> {
        let mut inside = Word::default();
        loop {
            match self.next() {
                None => return Err(Refused::Unbalanced),
                Some('}') => return Ok(()),
                Some('\\') => self.at += 1,
                Some('\'') if !in_quotes => self.literal(&mut inside)?,
                Some('"') => self.quoted(Some('"'), &mut inside)?,
                Some('$') => self.deeper(|inner| inner.dollar(&mut inside, in_quotes))?,
                Some('`') => self.backquoted(&mut inside)?,
                Some(_) => {}
            }
        }
    }

    /// Reads `$'…'`, whose escapes are bash's own: what they say is not read.
    fn ansi(&mut self, word: &mut Word) -> Result<(), Refused> {
        word.quoted = true;
        word.expands = true;
        loop {
            match self.next() {
                None => return Err(Refused::Unbalanced),
                Some('\'') => return Ok(()),
                Some('\\') => {
                    self.at += 1;
                    word.obscure = true;
                    word.push_unknown();
                }
                Some(c) => word.push(c),
            }
        }
    }

    /// Reads the older form of a command substitution (XCU 2.6.3).
    fn backquoted(&mut self, word: &mut Word) -> Result<(), Refused> {
        self.note(Refused::Substitution);
        let mut text = Vec::new();
        loop {
            match self.next().ok_or(Refused::Unbalanced)? {
                '`' => break,
                '\\' => match self.next().ok_or(Refused::Unbalanced)? {
                    c @ ('$' | '`' | '\\') => text.push(c),
                    c => text.extend(['\\', c]),
                },
                c => text.push(c),
            }
        }
        word.push_unknown();
        self.aside(text, |inner| inner.list(None))
    }

    /// Reads `[…]` of a pattern, or the bracket alone.
    fn bracket(&mut self, word: &mut Word) {
        self.note(Refused::Pattern);
        let inside = self.ahead(']');
        if inside.is_empty() {
            word.push('[');
            return;
        }
        word.push_pattern('[');
        for c in inside {
            word.text.push(c);
            self.at += 1;
        }
    }

    /// Reads `{a,b}` or `{1..3}`, or the brace alone.
    fn brace(&mut self, word: &mut Word) {
        self.note(Refused::Pattern);
        let inside = self.ahead('}');
        let expands = inside.contains(&',') || inside.windows(2).any(|pair| pair == ['.', '.']);
        if expands {
            word.text.push('{');
            word.push_unknown();
            word.text.extend(&inside);
            self.at += inside.len();
        } else {
            // Quotes or dollars in it make it harder to tell what it says.
            word.obscure |= inside.is_empty() && !ends_word(self.peek()) && self.peek() != Some('}');
            word.push('{');
        }
    }

    /// Returns what stands before and with a closing character, where it is all plain.
    fn ahead(&self, end: char) -> Vec<char> {
        let rest = self.chars.get(self.at..).unwrap_or_default();
        let is_plain =
            |c: &char| !ends_word(Some(*c)) && !matches!(c, '\'' | '"' | '\\' | '$' | '`' | &UNKNOWN);
        let plain: Vec<char> = rest.iter().copied().take(BRACKET_MAX).take_while(is_plain).collect();
        let Some(close) = plain.iter().position(|c| *c == end) else { return Vec::new() };
        plain.into_iter().take(close + 1).collect()
    }
}
