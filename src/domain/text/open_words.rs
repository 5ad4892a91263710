//! The words of those who mean to come back, in whatever language: which of them a policy refuses, and of which it warns.

use serde::{Deserialize, Serialize};

use super::rendered::shown;
use crate::domain::steps::count;

/// What stands for words in square brackets that look like the name of a field.
pub const BRACKETS: &str = "[…]";

/// What stands for words in angle brackets that are no tag of HTML.
pub const ANGLES: &str = "<…>";

/// The words that a policy takes for "still open". `{{…}}` is open whatever a policy says.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenWords {
    /// Those that hold up a routing.
    pub refuse: Vec<OpenWord>,
    /// Those that are told to who routes and who reviews.
    pub warn: Vec<OpenWord>,
}

/// A word, or some, that mean that something is still open.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OpenWord {
    /// Wherever they stand as words of their own, however they are spelt in large and small letters. One mark several
    /// times stands for as many of it or more.
    Anywhere(String),
    /// As they are written, where they say nothing beside themselves: alone in a line, a cell, brackets or behind a colon,
    /// or followed by `:`, `(`, or `-` and a digit. For what is a word of some language, too.
    Alone(String),
}

impl OpenWord {
    /// Returns the words.
    pub fn text(&self) -> &str {
        match self {
            Self::Anywhere(text) | Self::Alone(text) => text,
        }
    }
}

impl OpenWords {
    /// Tells whether there are none.
    pub fn is_empty(&self) -> bool {
        self.refuse.is_empty() && self.warn.is_empty()
    }

    /// Finds where such words stand in a text as a page shows it, and whether they are refused. What is within another
    /// one is not told again.
    /// Of a paragraph, a line of nothing but one mark is a rule across the page.
    pub(super) fn find(&self, text: &str, is_paragraph: bool) -> Vec<(usize, usize, bool)> {
        let folded = Folded::of(text);
        let mut found = Vec::new();
        for (words, is_refused) in [(&self.refuse, true), (&self.warn, false)] {
            for word in words {
                let places = match word {
                    OpenWord::Anywhere(word) if word == BRACKETS || word == ANGLES => Vec::new(),
                    OpenWord::Anywhere(word) => folded.anywhere(word, is_paragraph),
                    OpenWord::Alone(word) => alone(text, word),
                };
                found.extend(places.into_iter().map(|(from, to)| (from, to, is_refused)));
            }
        }
        found.sort_by_key(|(from, to, is_refused)| (*from, std::cmp::Reverse(*to), !is_refused));
        let mut end = 0;
        found.retain(|(from, to, _)| {
            let is_new = *from >= end;
            end = end.max(*to);
            is_new
        });
        found
    }

    /// Says whether words in square brackets, or in angle brackets, are refused or warned of.
    pub fn shape(&self, shape: &str) -> Option<bool> {
        let has = |words: &[OpenWord]| words.iter().any(|it| *it == OpenWord::Anywhere(shape.to_owned()));
        has(&self.refuse).then_some(true).or_else(|| has(&self.warn).then_some(false))
    }
}

/// A text in small letters, and where each of its bytes comes from.
struct Folded<'a> {
    text: &'a str,
    small: String,
    /// `None` where each byte comes from the same place.
    places: Option<Vec<usize>>,
}

impl<'a> Folded<'a> {
    fn of(text: &'a str) -> Self {
        count(text.len());
        if text.is_ascii() {
            return Self { text, small: text.to_ascii_lowercase(), places: None };
        }
        let (mut small, mut places) = (String::with_capacity(text.len()), Vec::new());
        for (at, c) in text.char_indices() {
            small.extend(c.to_lowercase());
            places.resize(small.len(), at);
        }
        places.push(text.len());
        Self { text, small, places: Some(places) }
    }

    fn place(&self, at: usize) -> usize {
        self.places.as_ref().map_or(at, |places| places.get(at).copied().unwrap_or(self.text.len()))
    }

    fn anywhere(&self, word: &str, is_paragraph: bool) -> Vec<(usize, usize)> {
        count(self.small.len());
        if let Some(mark) = mark_of(word) {
            return self.runs(mark, word.chars().count(), is_paragraph);
        }
        let word = word.to_lowercase();
        let is_word = |c: char| c.is_alphanumeric() || c == '_';
        // Writing without spaces has no ends of words.
        let ends = |c: Option<char>, next: Option<char>| {
            !c.is_some_and(|c| is_word(c) && !is_unspaced(c))
                || !next.is_some_and(|c| is_word(c) && !is_unspaced(c))
        };
        let stands = |(at, _): &(usize, &str)| {
            let (before, after) = self.small.split_at_checked(*at).unwrap_or_default();
            let behind = after.get(word.len()..).unwrap_or_default();
            ends(word.chars().next(), before.chars().next_back())
                && ends(word.chars().next_back(), behind.chars().next())
        };
        let all = self.small.match_indices(word.as_str()).filter(stands);
        all.map(|(at, _)| whole(self.text, self.place(at), self.place(at + word.len()))).collect()
    }

    /// Where a mark stands so many times, or more often.
    fn runs(&self, mark: char, times: usize, is_paragraph: bool) -> Vec<(usize, usize)> {
        let mut found = Vec::new();
        let mut line_start = 0;
        for line in self.text.split_inclusive('\n') {
            let is_rule = is_paragraph && line.trim().chars().all(|c| c == mark || c == ' ');
            let mut at = 0;
            while let Some(from) = line.get(at..).and_then(|rest| rest.find(mark)).filter(|_| !is_rule) {
                let from = at + from;
                let rest = line.get(from..).unwrap_or_default();
                let length = rest.len() - rest.trim_start_matches(mark).len();
                if length >= times * mark.len_utf8() {
                    found.push((line_start + from, line_start + from + length));
                }
                at = from + length;
            }
            line_start += line.len();
        }
        found
    }
}

/// What a word is a part of that hyphens hold together, such as `SOP-XXX`.
fn whole(text: &str, from: usize, to: usize) -> (usize, usize) {
    /// Longer ones are no words.
    const JOINED_MAX: usize = 40;
    let is_joined = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    let (before, after) = (text.get(..from).unwrap_or_default(), text.get(to..).unwrap_or_default());
    let back = before.chars().rev().take(JOINED_MAX).take_while(is_joined).count();
    let on = after.chars().take(JOINED_MAX).take_while(is_joined).count();
    // Only a hyphen joins what is no part of the word itself.
    let back = if before.ends_with('-') { back } else { 0 };
    let on = if after.starts_with('-') { on } else { 0 };
    (from - back, to + on)
}

/// The mark that a word consists of, several times.
fn mark_of(word: &str) -> Option<char> {
    let mark = word.chars().next().filter(|c| !c.is_alphanumeric())?;
    word.chars().all(|c| c == mark).then_some(mark)
}

/// Writing that puts no space between words.
fn is_unspaced(c: char) -> bool {
    matches!(c,
        '\u{e00}'..='\u{eff}' | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{17ff}' | '\u{3040}'..='\u{30ff}'
        | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}')
}

/// Where a word says nothing beside itself.
fn alone(text: &str, word: &str) -> Vec<(usize, usize)> {
    count(text.len());
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    let mut found = Vec::new();
    let mut line_start = 0;
    for line in text.split_inclusive('\n') {
        let (first, last) = (first_said(line, is_part), line.rfind(is_part).unwrap_or(0));
        for (at, _) in line.match_indices(word) {
            let (before, after) =
                (line.get(..at).unwrap_or_default(), line.get(at + word.len()..).unwrap_or_default());
            if before.ends_with(is_part) || after.starts_with(is_part) {
                continue;
            }
            let is_followed = after.starts_with([':', '('])
                || after.strip_prefix('-').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
            let begins = before.trim_end().ends_with([':', '：', '(', '[']) || at <= first;
            let ends = after.trim_start().starts_with([')', ']']) || last < at + word.len();
            if is_followed || (begins && ends) {
                found.push((line_start + at, line_start + at + word.len()));
            }
        }
        line_start += line.len();
    }
    found
}

/// Where what a line says begins, behind the marks of lists and headings.
fn first_said(line: &str, is_part: impl Fn(char) -> bool) -> usize {
    let marks = line.split_inclusive(char::is_whitespace).take_while(|word| is_mark_of_line(word.trim()));
    let from: usize = marks.map(str::len).sum();
    line.get(from..).and_then(|rest| rest.find(is_part)).map_or(from, |at| from + at)
}

/// Tells whether a word is a mark before what a line says: of a list, of a heading with its number, of a box.
fn is_mark_of_line(word: &str) -> bool {
    let numbered = word.trim_start_matches(['(', '[']);
    let is_number = |word: &str| word.chars().all(|c| c.is_ascii_digit() || matches!(c, '.' | ')' | ']'));
    let is_letter =
        |word: &str| matches!(word.as_bytes(), [letter, b'.' | b')'] if letter.is_ascii_alphabetic());
    !word.contains(char::is_alphanumeric)
        || is_number(numbered)
        || is_letter(numbered)
        || matches!(word, "[x]" | "[X]")
}

/// Tells whether words in square brackets look like the name of a field, and not like a number, a source or code.
pub(super) fn looks_like_a_field(inside: &str) -> bool {
    let shown = shown(inside);
    let inside = shown.trim();
    let is_of_words = |c: char| {
        c.is_alphabetic() || c.is_whitespace() || matches!(c, '-' | '\'' | '’' | ',' | '.' | '/' | '…')
    };
    inside.starts_with(char::is_alphabetic)
        && inside.chars().filter(|c| c.is_alphabetic()).nth(1).is_some()
        && inside.chars().all(is_of_words)
}

/// Finds words in angle brackets that are neither a tag of HTML nor an address.
pub(super) fn angles(seen: &str) -> Vec<(usize, usize)> {
    count(seen.len());
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(from) = seen.get(at..).and_then(|rest| rest.find('<')).map(|next| at + next) {
        at = from + 1;
        let rest = seen.get(at..).unwrap_or_default();
        let end = rest.find(['<', '>', '\n']).unwrap_or(rest.len());
        let inside = rest.get(..end).unwrap_or_default();
        let begins = inside.starts_with(char::is_alphabetic);
        if rest.as_bytes().get(end) == Some(&b'>') && begins && looks_like_a_field(inside) && !is_tag(inside)
        {
            found.push((from, at + end + 1));
        }
        at += end;
    }
    found
}

/// Tells whether a name in angle brackets is one of HTML.
fn is_tag(inside: &str) -> bool {
    let end = inside.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(inside.len());
    let name = inside.get(..end).unwrap_or_default().to_ascii_lowercase();
    // A tag says nothing behind its name but attributes, which have a sign of equality, or a slash.
    let rest = inside.get(end..).unwrap_or_default().trim().trim_end_matches('/').trim_end();
    TAGS.contains(&name.as_str()) && (rest.is_empty() || rest == "open")
}

/// The elements of HTML that pages of text have.
const TAGS: [&str; 66] = [
    "a",
    "abbr",
    "address",
    "article",
    "aside",
    "audio",
    "b",
    "blockquote",
    "body",
    "br",
    "button",
    "caption",
    "center",
    "cite",
    "code",
    "col",
    "colgroup",
    "dd",
    "del",
    "details",
    "dfn",
    "div",
    "dl",
    "dt",
    "em",
    "figcaption",
    "figure",
    "font",
    "footer",
    "form",
    "header",
    "hr",
    "html",
    "i",
    "iframe",
    "img",
    "input",
    "ins",
    "kbd",
    "li",
    "main",
    "mark",
    "nav",
    "ol",
    "p",
    "pre",
    "q",
    "s",
    "samp",
    "script",
    "section",
    "small",
    "span",
    "strong",
    "style",
    "sub",
    "summary",
    "sup",
    "svg",
    "table",
    "tbody",
    "td",
    "tfoot",
    "th",
    "thead",
    "tr",
];

#[cfg(test)]
mod tests;
