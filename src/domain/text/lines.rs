//! The lines of a document: which of them are text, and which are code, comment or front matter.
//!
//! Blocks begin and end as CommonMark 0.31 says, as far as one can know without reading lists and quotes.
//! What one cannot know is a fault, so that nobody hides a line from a rule by writing it strangely.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::beginning::{Beginning, INDENT_MAX, fence, heading_level, indent, is_underline, run};
use super::html::html;
use crate::domain::front_matter;
use crate::domain::steps::count;

/// A document, line by line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text<'a> {
    /// All lines, front matter included.
    pub lines: Vec<Line<'a>>,
    /// What cannot be read for sure, by line.
    pub faults: Vec<Fault>,
}

/// A line of a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Line<'a> {
    /// Its number in the file, from 1.
    pub number: usize,
    /// Where it begins, in bytes from the beginning of the file.
    pub start: usize,
    /// What it says, without the end of the line.
    pub text: &'a str,
    /// What it is.
    pub kind: Kind,
}

/// What a line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Part of the front matter, its `---` lines included.
    FrontMatter,
    /// A heading of this level, from 1 to 6.
    Heading(u8),
    /// Part of fenced code, the fences included.
    Code,
    /// Part of a comment that has its lines for itself: `<!-- … -->`.
    Comment,
    /// Part of raw HTML, in which no page reads Markdown.
    Html,
    /// Everything else.
    Prose,
}

/// Something in a text that a rule cannot accept, and where.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fault {
    /// The line, from 1.
    pub line: usize,
    /// What is wrong there.
    pub message: Cow<'static, str>,
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "line {}: {}", self.line, self.message)
    }
}

impl<'a> Text<'a> {
    /// Returns the text of a line, counted from 1.
    pub fn said(&self, number: usize) -> &'a str {
        number.checked_sub(1).and_then(|at| self.lines.get(at)).map_or("", |line| line.text)
    }

    /// Returns the name of the field of the front matter to which a line belongs, counted from 1.
    pub fn field_at(&self, number: usize) -> Option<&'a str> {
        let above = self.lines.get(..number)?.iter().rev().take_while(|line| line.kind == Kind::FrontMatter);
        let begins = |line: &&Line<'_>| !line.text.starts_with([' ', '\t', '-', '#']);
        let (name, _) = above.filter(|line| !line.is_blank()).find(begins)?.text.split_once(':')?;
        Some(name.trim().trim_matches(['"', '\'']))
    }

    /// Tells whether a line is one of the front matter, counted from 1.
    pub fn is_front_matter(&self, number: usize) -> bool {
        let line = number.checked_sub(1).and_then(|at| self.lines.get(at));
        line.is_some_and(|line| line.kind == Kind::FrontMatter)
    }

    /// Returns the whole text with another line in the place of one, counted from 1.
    pub fn with(&self, number: usize, line: &str) -> String {
        let said = self.lines.iter().map(|it| if it.number == number { line } else { it.text });
        said.flat_map(|line| [line, "\n"]).collect()
    }

    /// Finds the faults that another text does not have, of which each line can be any of its lines.
    pub fn faults_beside(&self, other: &Text<'_>) -> Vec<Fault> {
        let mut known: BTreeMap<(String, String), usize> = BTreeMap::new();
        let key =
            |text: &Text<'_>, fault: &Fault| (fault.message.to_string(), text.said(fault.line).to_owned());
        for fault in &other.faults {
            *known.entry(key(other, fault)).or_default() += 1;
        }
        let mut found = Vec::new();
        for fault in &self.faults {
            match known.get_mut(&key(self, fault)) {
                Some(left @ 1..) => *left -= 1,
                _ => found.push(fault.clone()),
            }
        }
        found
    }

    /// Reads a document; one without front matter is all body.
    pub fn of(text: &'a str) -> Self {
        let body = front_matter::split(text).map_or(0, |(_, rest)| text.len() - rest.len());
        let mut reader = Reader::default();
        let mut start = 0;
        // Millions of lines are moved once.
        let mut lines = Vec::with_capacity(text.bytes().filter(|byte| *byte == b'\n').count() + 1);
        for (whole, number) in text.split_inclusive('\n').zip(1..) {
            let said = whole.strip_suffix('\n').map_or(whole, |it| it.strip_suffix('\r').unwrap_or(it));
            let kind = if start < body { Kind::FrontMatter } else { reader.kind(number, said) };
            lines.push(Line { number, start, text: said, kind });
            start += whole.len();
        }
        Self { lines, faults: reader.finish() }
    }
}

impl Line<'_> {
    /// Tells whether there is nothing to be seen.
    pub fn is_blank(&self) -> bool {
        is_blank(self.text)
    }
}

fn is_blank(line: &str) -> bool {
    line.chars().all(|c| c == ' ' || c == '\t')
}

/// The block that a line stands in.
#[derive(Default)]
enum Open {
    #[default]
    Nothing,
    /// Fenced code: the character and the length of its fence.
    Code(char, usize, Start),
    Comment(Start),
    /// Raw HTML, up to one of these words, or to an empty line.
    Html(&'static [&'static str]),
}

/// Where a block began.
#[derive(Clone, Copy)]
struct Start {
    line: usize,
    column: usize,
    /// Whether it stands further right than the margin without saying why: perhaps in a list.
    is_indented: bool,
}

#[derive(Default)]
struct Reader {
    open: Open,
    /// Whether the line before is text that the present one could go on with.
    is_after_text: bool,
    /// Whether the line before can be more than a paragraph: an item, a quote, the row of a table.
    is_after_other: bool,
    /// The line in which the last block began that a line stood too far left of.
    left_of: usize,
    faults: Vec<Fault>,
}

impl Reader {
    fn kind(&mut self, number: usize, line: &str) -> Kind {
        count(line.len());
        if line.is_empty() && matches!(self.open, Open::Nothing) {
            (self.is_after_text, self.is_after_other) = (false, false);
            return Kind::Prose;
        }
        if line.contains('\r') {
            self.fault(number, "a carriage return stands inside of the line");
        }
        let beginning = Beginning::of(line);
        let kind = self.kind_of(number, line, beginning);
        self.is_after_text = kind == Kind::Prose && !beginning.rest.is_empty();
        self.is_after_other =
            beginning.item.is_some() || beginning.rest.starts_with('>') || line.contains('|');
        kind
    }

    fn kind_of(&mut self, number: usize, line: &str, beginning: Beginning<'_>) -> Kind {
        match self.open {
            Open::Nothing if beginning.rest.is_empty() => Kind::Prose,
            Open::Nothing => self.begin(number, line, beginning),
            Open::Code(mark, length, start) => {
                let (column, rest) = indent(line, 0);
                if self.keeps_column(number, line, start)
                    && column - start.column <= INDENT_MAX
                    && run(rest, mark) >= length
                    && is_blank(rest.trim_start_matches(mark))
                {
                    self.open = Open::Nothing;
                    if start.is_indented && column > INDENT_MAX {
                        self.fault(number, "too far right to end code, unless that is part of a list");
                    }
                }
                Kind::Code
            }
            Open::Comment(start) => {
                self.keeps_column(number, line, start);
                self.comment(number, line, start);
                Kind::Comment
            }
            Open::Html(ends) => {
                self.html(number, line, ends);
                Kind::Html
            }
        }
    }

    fn begin(&mut self, number: usize, line: &str, beginning: Beginning<'_>) -> Kind {
        let Beginning { column, rest, item } = beginning;
        let (at, content) = item.unwrap_or((column, rest));
        if item.is_none() && column > INDENT_MAX {
            return Kind::Prose;
        }
        let start = Start { line: number, column: at, is_indented: item.is_none() && column > 0 };
        if let Some((mark, length)) = fence(content) {
            // After text a number begins no list, unless that text is an item itself.
            if item.is_some() && self.is_after_text && rest.starts_with(|c: char| c.is_ascii_digit()) {
                self.fault(number, "code in a numbered item: put an empty line before");
            }
            self.open = Open::Code(mark, length, start);
            return Kind::Code;
        }
        if item.is_some() {
            return Kind::Prose;
        }
        if let Some(level) = heading_level(rest) {
            return Kind::Heading(level);
        }
        if rest.starts_with("<!--") {
            self.comment(number, rest, start);
            return Kind::Comment;
        }
        if let Some(ends) = html(rest) {
            self.html(number, line, ends);
            return Kind::Html;
        }
        if self.is_after_text && !self.is_after_other && is_underline(rest) {
            self.fault(
                number,
                "this makes a heading of the text above: write it with `#`, or put an empty line between",
            );
        }
        Kind::Prose
    }

    /// Takes in a line of a comment. A second one that begins behind its end and goes on hides what a page
    /// shows again from the next line on.
    fn comment(&mut self, number: usize, line: &str, start: Start) {
        match line.rfind("-->") {
            None => self.open = Open::Comment(start),
            Some(end) => {
                self.open = Open::Nothing;
                if line.rfind("<!--").is_some_and(|begin| begin > end) {
                    self.fault(number, "a second comment begins behind the end of the first");
                }
            }
        }
    }

    /// Takes in a line of raw HTML. A page shows neither headings nor code there, this reader would.
    fn html(&mut self, number: usize, line: &str, ends: &'static [&'static str]) {
        let has_any = |ends: &[&str]| {
            let lower = line.to_ascii_lowercase();
            ends.iter().any(|end| lower.contains(end))
        };
        let is_last = if ends.is_empty() { is_blank(line) } else { has_any(ends) };
        self.open = if is_last { Open::Nothing } else { Open::Html(ends) };
        let (_, rest) = indent(line, 0);
        let hides = line.rfind("<!--").is_some_and(|at| !line.get(at..).is_some_and(|it| it.contains("-->")));
        let is_other = html(rest).is_some_and(|other| !other.is_empty() && other != ends && !has_any(other));
        if fence(rest).is_some() || heading_level(rest).is_some() || hides || is_other {
            self.fault(number, "this stands inside of raw HTML: end that with an empty line before");
        }
    }

    /// A block that began at a column ends where text stands before that column, if it is part of a list,
    /// and does not, if it is not: whoever means either can say so.
    fn keeps_column(&mut self, number: usize, line: &str, start: Start) -> bool {
        let is_kept = is_blank(line) || indent(line, 0).0 >= start.column;
        // Once for each block: the next one shows when that line is moved.
        if !is_kept && std::mem::replace(&mut self.left_of, start.line) != start.line {
            let message = format!("further left than the block that began in line {}", start.line);
            self.fault(number, message);
        }
        is_kept && !is_blank(line)
    }

    fn fault(&mut self, line: usize, message: impl Into<Cow<'static, str>>) {
        self.faults.push(Fault { line, message: message.into() });
    }

    fn finish(mut self) -> Vec<Fault> {
        match self.open {
            Open::Code(_, _, start) => self.fault(start.line, "the code that begins here never ends"),
            Open::Comment(start) => self.fault(start.line, "the comment that begins here never ends"),
            Open::Nothing | Open::Html(_) => {}
        }
        self.faults
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One letter for each line: front matter, level of a heading, code, comment, HTML, prose.
    fn kinds(text: &str) -> String {
        let letter = |line: &Line<'_>| match line.kind {
            Kind::FrontMatter => 'f',
            Kind::Heading(level) => char::from(b'0' + level),
            Kind::Code => 'c',
            Kind::Comment => 'x',
            Kind::Html => 'h',
            Kind::Prose => 'p',
        };
        Text::of(text).lines.iter().map(letter).collect()
    }

    fn faults(text: &str) -> Vec<usize> {
        Text::of(text).faults.iter().map(|fault| fault.line).collect()
    }

    #[test]
    fn lines_are_told_apart() {
        for (text, expected) in [
            ("---\nid: A\n---\n# One\n\ntext\n", "fff1pp"),
            ("---\r\nid: A\r\n---\r\n# One\r\n", "fff1"),
            ("#\n#x\n   ###### six\n####### seven\n    # code\n\t# code\n", "1p6ppp"),
            ("```\n# no heading\n```\n# One", "ccc1"),
            ("~~~ rust\n```\n~~~~\n# One\n", "ccc1"),
            ("````\n```\n````\n# One\n", "ccc1"),
            ("``` a`b\n# One\n", "p1"),
            ("`` `\n# One\n", "p1"),
            ("```\n    ```\n# in code\n```\n", "cccc"),
            ("<!-- a -->\n<!--\n# no heading\n--> text\n# One\n", "xxxx1"),
            ("text <!-- inline\n# One\n-->\n", "p1p"),
            ("- ```\n  # no heading\n  ```\n# One\n", "ccc1"),
            ("10. - ~~~\n      x\n      ~~~\n# One\n", "ccc1"),
            ("> ```\n# One\n", "p1"),
            ("-     ```\n# One\n", "p1"),
            ("<div>\ntext\n\n# One\n", "hhh1"),
            ("<https://example.com>\n# One\n", "p1"),
            ("- a\n---\n> b\n---\n| a |\n|---|\n---\n\n---\n", "ppppppppp"),
            ("", ""),
        ] {
            assert_eq!(kinds(text), expected, "{text:?}");
            assert_eq!(faults(text), Vec::<usize>::new(), "{text:?}");
        }
    }

    #[test]
    fn what_cannot_be_told_is_a_fault_with_its_line() {
        for (text, expected) in [
            ("# One\n```\ncode\n", vec![2]),
            ("# One\n\n<!-- open\n# Two\n", vec![3]),
            // In the list the code ends before the margin, and `Two` is a heading.
            ("- a\n  ```\n# Two\n  ```\n", vec![3]),
            ("- ```\nTBD\n  ```\n", vec![2]),
            ("- a\n  <!--\n# Two\n  -->\n", vec![3]),
            ("  ```\n    ```\n", vec![2]),
            ("<div>\n# Two\n", vec![2]),
            ("<div>\n```\n\n# Two\n```\n", vec![2, 5]),
            ("<script>\n\n# Two\n</script>\n", vec![3]),
            ("<div>\n<!DOCTYPE a\n\n[a]: b\n", vec![2]),
            ("<div>\n<!--\n\n# Two\n-->\n", vec![2]),
            ("a\n10. ```\n    TBD\n", vec![2, 2]),
            ("<!-- a --> <!-- b\n# One\n-->\n", vec![1]),
            ("one\rtwo\n", vec![1]),
            ("# One\ntext\n---\nmore\n===  \n\n---\nTwo\n-\n", vec![3, 5, 9]),
        ] {
            assert_eq!(faults(text), expected, "{text:?}");
        }
    }

    #[test]
    fn every_line_knows_its_place() {
        let text = "---\nid: A\n---\nä\r\nö";
        for line in &Text::of(text).lines {
            assert_eq!(text.get(line.start..line.start + line.text.len()), Some(line.text));
        }
        assert_eq!(Text::of(text).lines.last().map(|line| (line.number, line.start)), Some((5, 18)));
    }
}
