//! What a command gives back: a report, and what is said beside it.

use std::fmt::Display;
use std::sync::Arc;

use serde::Serialize;
use serde_json::Value;

use super::read::DueReading;
use super::view::NextLine;
use crate::domain::identity::Actor;
use crate::domain::procedure::Citation;

/// What a command found or did; its text is for people, its data for programs.
pub trait Report {
    /// Returns the data.
    fn data(&self) -> Value;
    /// Returns the text; `wide` asks for more columns.
    fn text(&self, wide: bool) -> String;
}

impl<T: Serialize + Display> Report for T {
    fn data(&self) -> Value {
        serde_json::to_value(self).unwrap_or(Value::Null)
    }

    fn text(&self, wide: bool) -> String {
        if wide { format!("{self:#}") } else { format!("{self}") }
    }
}

/// What the caller should know although the command succeeded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Warning {
    /// A stable name.
    pub code: &'static str,
    /// A sentence.
    pub message: String,
}

/// What whoever acted is to remember from now on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Remembered {
    /// A sentence.
    pub text: String,
    /// The section that it comes from.
    pub sop: Citation,
}

/// How a text is given out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wording {
    /// As words about something.
    Escaped,
    /// As a file's content, byte by byte.
    Verbatim,
    /// As words that show a token, once, to whoever it is for.
    Revealing,
}

/// The answer of a command that succeeded.
pub struct Reply {
    /// Who acted; `None` where that does not matter.
    pub actor: Option<Actor>,
    /// What the caller should know besides.
    pub warnings: Vec<Warning>,
    /// What an action achieved, in one line.
    pub message: Option<String>,
    /// What happened on the way.
    pub notes: Vec<String>,
    /// What whoever acted is to remember.
    pub reminders: Vec<Remembered>,
    /// What was found or done.
    pub report: Box<dyn Report>,
    /// The menu that follows, for commands about a document.
    pub menu: Option<Vec<NextLine>>,
    /// Whether the menu is what was asked for, and not an addition to it.
    pub menu_is_result: bool,
    /// Whether the menu shows the section that governs each line.
    pub menu_cites: bool,
    /// Who acts next on the document, where that is somebody else.
    pub awaited: Option<String>,
    /// How the text is given out.
    pub wording: Wording,
    /// The bytes to be given out in the place of the text, where it is a file's content of any kind.
    pub bytes: Option<Arc<Vec<u8>>>,
    /// What is recorded once the text was given out: that it was read.
    pub reading: Option<Box<DueReading>>,
}

impl Reply {
    /// Wraps a report by nobody in particular.
    pub fn new(report: impl Report + 'static) -> Self {
        Self {
            actor: None,
            warnings: Vec::new(),
            message: None,
            notes: Vec::new(),
            reminders: Vec::new(),
            report: Box::new(report),
            menu: None,
            menu_is_result: false,
            menu_cites: false,
            awaited: None,
            wording: Wording::Escaped,
            bytes: None,
            reading: None,
        }
    }

    /// Says who acted.
    #[must_use]
    pub fn by(mut self, actor: Actor) -> Self {
        self.actor = Some(actor);
        self
    }

    /// Says what an action achieved, and what happened on the way.
    #[must_use]
    pub fn message(mut self, message: String, notes: Vec<String>) -> Self {
        self.message = Some(message);
        self.notes = notes;
        self
    }

    /// Adds the menu that follows.
    #[must_use]
    pub fn menu(mut self, menu: Vec<NextLine>) -> Self {
        self.menu = Some(menu);
        self
    }

    /// Says that the menu was asked for.
    #[must_use]
    pub fn menu_alone(mut self) -> Self {
        self.menu_is_result = true;
        self
    }

    /// Says whether the menu shows the section that governs each line.
    #[must_use]
    pub fn menu_citing(mut self, cites: bool) -> Self {
        self.menu_cites = cites;
        self
    }

    /// Says what whoever acted is to remember.
    #[must_use]
    pub fn remembering(mut self, reminders: Vec<Remembered>) -> Self {
        self.reminders = reminders;
        self
    }

    /// Says who acts next on the document.
    #[must_use]
    pub fn awaiting(mut self, awaited: Option<String>) -> Self {
        self.awaited = awaited;
        self
    }

    /// Says that the text is a file's content.
    #[must_use]
    pub fn verbatim(mut self) -> Self {
        self.wording = Wording::Verbatim;
        self
    }

    /// Adds what is said beside a file's content.
    #[must_use]
    pub fn beside(mut self, words: Option<String>) -> Self {
        self.notes.extend(words);
        self
    }

    /// Gives out these bytes in the place of the text.
    #[must_use]
    pub fn bytes(mut self, bytes: Arc<Vec<u8>>) -> Self {
        self.bytes = Some(bytes);
        self
    }

    /// Says what is recorded once the text was given out.
    #[must_use]
    pub fn then_record(mut self, reading: Box<DueReading>) -> Self {
        self.reading = Some(reading);
        self
    }

    /// Adds a warning.
    #[must_use]
    pub fn warn(mut self, code: &'static str, message: impl Into<String>) -> Self {
        self.warnings.push(Warning { code, message: message.into() });
        self
    }
}
