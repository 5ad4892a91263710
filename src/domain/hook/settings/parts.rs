//! The parts of settings in JSON, each with its place in the text, and what each runtime reads beside plain JSON.

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;
use thiserror::Error;

use super::Runtime;

/// White space of JSON.
pub(super) const SPACE: [char; 4] = [' ', '\t', '\r', '\n'];

const MARK: &str = "\u{feff}";

/// Why settings are not read.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Misshapen {
    /// They are no JSON.
    #[error("it is not JSON: {0}")]
    NotJson(String),
    /// They have a comment, and the runtime reads none.
    #[error("line {line}: {runtime} reads no comments in this file")]
    Comment {
        /// Where it begins.
        line: usize,
        /// The runtime.
        runtime: &'static str,
    },
    /// They begin with a byte-order mark, and the runtime reads none.
    #[error("line 1: it begins with a byte-order mark, which {0} does not read")]
    Marked(&'static str),
    /// Something in them has another form than the runtime reads.
    #[error("line {line}: {} is {is}, and not {wanted}", named(place))]
    Wrong {
        /// The line.
        line: usize,
        /// Where it is; blank for all of it.
        place: String,
        /// What it is.
        is: &'static str,
        /// What the runtime reads there.
        wanted: &'static str,
    },
    /// Something that has to be there once is there twice.
    #[error("line {line}: `{place}` is there more than once, and only one of them counts")]
    Doubled {
        /// The line of the second.
        line: usize,
        /// Where it is.
        place: String,
    },
}

fn named(place: &str) -> String {
    if place.is_empty() { "it".to_owned() } else { format!("`{place}`") }
}

pub(super) type Raw<'a> = &'a RawValue;

/// Reads a text.
pub(super) fn said(raw: Raw<'_>) -> Option<String> {
    serde_json::from_str(raw.get()).ok()
}

/// A text of settings as plain JSON: what the runtime passes over is blank in it, and all else is where it was.
#[derive(Debug)]
pub(super) struct Plain<'a> {
    pub text: Cow<'a, str>,
    /// Where comments end that end with their line.
    pub line_comments: Vec<usize>,
}

impl<'a> Plain<'a> {
    /// Reads a text as a runtime does. The error tells what it does not read.
    pub fn of(runtime: Runtime, text: &'a str) -> Result<Self, Misshapen> {
        let marked = text.starts_with(MARK);
        if marked && runtime != Runtime::Claude {
            return Err(Misshapen::Marked(runtime.program()));
        }
        let mut plain = Self { text: Cow::Borrowed(text), line_comments: Vec::new() };
        if marked {
            plain.text.to_mut().replace_range(..MARK.len(), "   ");
        }
        if is_blank(text) {
            return Ok(plain);
        }
        let Err(why) = plain.check() else { return Ok(plain) };
        // Only a text that is no JSON as it is can have comments.
        let Some(first) = plain.without_comments() else { return Err(why) };
        match (plain.check(), runtime) {
            (Ok(()), Runtime::Gemini) => Ok(plain),
            (Ok(()), _) => Err(Misshapen::Comment { line: line_of(text, first), runtime: runtime.program() }),
            (Err(why), _) => Err(why),
        }
    }

    fn check(&self) -> Result<(), Misshapen> {
        let whole: Result<Raw<'_>, _> = serde_json::from_str(&self.text);
        whole.map(drop).map_err(|error| Misshapen::NotJson(error.to_string()))
    }

    /// Makes comments blank. Returns where the first began; `None` where there is none.
    fn without_comments(&mut self) -> Option<usize> {
        let (mut bytes, mut first, mut at) = (self.text.as_bytes().to_vec(), None, 0);
        let is =
            |bytes: &[u8], at: usize, sought: &[u8]| bytes.get(at..).is_some_and(|it| it.starts_with(sought));
        while let Some(byte) = bytes.get(at) {
            let end = if *byte == b'"' {
                at = end_of_text(&bytes, at);
                continue;
            } else if is(&bytes, at, b"//") {
                let rest = bytes.get(at..).unwrap_or_default();
                let end =
                    at + rest.iter().position(|byte| matches!(byte, b'\n' | b'\r')).unwrap_or(rest.len());
                self.line_comments.push(end);
                end
            } else if is(&bytes, at, b"/*") {
                // One that does not end is none.
                let rest = bytes.get(at + 2..).unwrap_or_default();
                let Some(length) = rest.windows(2).position(|two| two == b"*/") else { break };
                at + length + 4
            } else {
                at += 1;
                continue;
            };
            first.get_or_insert(at);
            for byte in bytes.get_mut(at..end).unwrap_or_default() {
                // What is told of a line stays true.
                *byte = if *byte == b'\n' { b'\n' } else { b' ' };
            }
            at = end;
        }
        self.text = Cow::Owned(String::from_utf8(bytes).ok()?);
        first
    }

    /// Finds where a part of this text is in it.
    pub fn place(&self, part: &str) -> Range<usize> {
        let start = part.as_ptr().addr().saturating_sub(self.text.as_ptr().addr());
        start..start + part.len()
    }

    /// Returns the number of the line that a part is in.
    pub fn line(&self, part: &str) -> usize {
        line_of(&self.text, self.place(part).start)
    }

    /// Reads an object.
    pub fn object<'p>(&'p self, place: &str, raw: &'p str) -> Result<Members<'p>, Misshapen> {
        self.form(place, raw, '{', "an object")?;
        serde_json::from_str(raw).map_err(|error| Misshapen::NotJson(error.to_string()))
    }

    /// Reads a list.
    pub fn list<'p>(&'p self, place: &str, raw: &'p str) -> Result<Vec<Raw<'p>>, Misshapen> {
        self.form(place, raw, '[', "a list")?;
        serde_json::from_str(raw).map_err(|error| Misshapen::NotJson(error.to_string()))
    }

    /// Finds the one member of a name, where there is one.
    pub fn one<'p>(
        &self,
        members: &Members<'p>,
        place: &str,
        name: &str,
    ) -> Result<Option<Raw<'p>>, Misshapen> {
        let mut found = members.0.iter().filter(|(key, _)| said(key).as_deref() == Some(name));
        let first = found.next().map(|(_, value)| *value);
        match found.next() {
            Some((key, _)) => Err(Misshapen::Doubled { line: self.line(key.get()), place: place.to_owned() }),
            None => Ok(first),
        }
    }

    /// Refuses a value of another form than is read at a place.
    fn form(&self, place: &str, raw: &str, begins: char, wanted: &'static str) -> Result<(), Misshapen> {
        let first = raw.trim_start().chars().next().unwrap_or_default();
        if first == begins {
            return Ok(());
        }
        let is = match first {
            '{' => "an object",
            '[' => "a list",
            '"' => "a text",
            't' | 'f' => "yes or no",
            'n' => "nothing",
            _ => "a number",
        };
        Err(Misshapen::Wrong { line: self.line(raw), place: place.to_owned(), is, wanted })
    }
}

/// Tells whether there is nothing in a text, as in a file that was made and not written yet.
pub(super) fn is_blank(text: &str) -> bool {
    text.trim_start_matches(MARK).trim_matches(SPACE).is_empty()
}

/// Finds where a text in quotes ends that begins here.
fn end_of_text(bytes: &[u8], start: usize) -> usize {
    let mut at = start + 1;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'"' => return at + 1,
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
    at
}

fn line_of(text: &str, at: usize) -> usize {
    1 + text.bytes().take(at).filter(|byte| *byte == b'\n').count()
}

/// The members of an object in order, also those of one name.
pub(super) struct Members<'a>(pub Vec<(Raw<'a>, Raw<'a>)>);

impl<'a> Members<'a> {
    /// Finds the member of a name that counts where nobody minds that there are several: the last.
    pub fn last(&self, name: &str) -> Option<Raw<'a>> {
        let mut found = self.0.iter().rev().filter(|(key, _)| said(key).as_deref() == Some(name));
        found.next().map(|(_, value)| *value)
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Members<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct All;
        impl<'de> Visitor<'de> for All {
            type Value = Members<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members<'de>, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(All)
    }
}

/// What is between two brackets.
#[derive(Debug, Clone)]
pub(super) struct Inside {
    /// Where it begins, behind the bracket.
    pub open: usize,
    /// Where it ends, before the other.
    pub close: usize,
    /// Its parts, without the commas between them.
    pub parts: Vec<Range<usize>>,
}

impl Inside {
    pub fn of_object(plain: &Plain<'_>, raw: &str, members: &Members<'_>) -> Self {
        let whole =
            |(key, value): &(Raw<'_>, Raw<'_>)| plain.place(key.get()).start..plain.place(value.get()).end;
        Self::of(plain, raw, members.0.iter().map(whole).collect())
    }

    pub fn of_list(plain: &Plain<'_>, raw: &str, list: &[Raw<'_>]) -> Self {
        Self::of(plain, raw, list.iter().map(|part| plain.place(part.get())).collect())
    }

    fn of(plain: &Plain<'_>, raw: &str, parts: Vec<Range<usize>>) -> Self {
        let whole = plain.place(raw.trim_matches(SPACE));
        Self { open: whole.start + 1, close: whole.end.saturating_sub(1), parts }
    }
}
