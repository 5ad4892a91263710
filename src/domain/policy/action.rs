//! The verbs: what they are called, and what they need to be told.

use std::ops::Not;

use serde::{Deserialize, Serialize};

use super::Reminder;
use crate::domain::id::{ActionName, InputName};
use crate::domain::procedure::Citation;
use crate::domain::yaml::Place;

/// A verb.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Action {
    /// Its name.
    pub name: ActionName,
    /// The words that stand for it on the command line, such as `note set`, where they are not its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub command: Option<String>,
    /// Its line in a menu.
    pub label: String,
    /// Its line in `--help`.
    pub help: String,
    /// What is said when it is done.
    pub done: Option<String>,
    /// The section of a procedure that governs it, as in `SOP-001#6`.
    pub sop: Option<String>,
    /// Where that is said; the place of the action where it is not.
    #[serde(skip)]
    pub sop_place: Place,
    /// What whoever used it is reminded of.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reminds: Vec<Reminder>,
    /// What it is about.
    pub scope: Scope,
    /// What it needs to be told.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub inputs: Vec<Input>,
    /// Where it stands in the file.
    #[serde(skip)]
    pub place: Place,
}

impl Action {
    /// The verb by which readings are recorded.
    pub const READ: &'static str = "read";

    /// The verb by which a credential is taken back.
    pub const REVOKE: &'static str = "credential_revoke";

    /// Tells whether the program has a command of its own for it, which asks for it where that counts.
    pub fn has_own_command(&self) -> bool {
        self.name.as_str() == Self::READ
    }

    /// Returns the words that stand for it on the command line; of a name, `_` is written `-`.
    pub fn words(&self) -> String {
        self.command.clone().unwrap_or_else(|| self.name.as_str().replace('_', "-"))
    }

    /// Returns the section that governs it. A policy that was adopted long ago may name it in another
    /// form, which is none.
    pub fn citation(&self) -> Option<Citation> {
        Citation::parse(self.sop.as_deref()?).ok()
    }

    /// Finds an input.
    pub fn input(&self, name: &str) -> Option<&Input> {
        self.inputs.iter().find(|input| input.name.as_str() == name)
    }
}

/// What an action is about.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// A document that exists.
    #[default]
    Document,
    /// A document that it makes.
    New,
    /// The project itself.
    Project,
}

/// Something that an action needs to be told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Input {
    /// Its name.
    pub name: InputName,
    /// Whether the action is refused without it.
    pub required: bool,
    /// Whether it follows the document on the command line, without a flag.
    #[serde(default, skip_serializing_if = "Not::not")]
    pub positional: bool,
    /// Whether a choice follows a flag with the name of the input, instead of being a flag of its own.
    #[serde(default, skip_serializing_if = "Not::not")]
    pub named: bool,
    /// What it is, in a few words.
    pub help: String,
    /// What values it takes.
    pub kind: InputKind,
}

/// The values that an input takes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InputKind {
    /// One line of text.
    Line,
    /// Text of several lines.
    Text,
    /// A user.
    User,
    /// Users, one or more.
    Users,
    /// A document.
    Document,
    /// A single word.
    Word,
    /// The bytes of a file.
    File,
    /// An execution item: of the document, or of the parent of a new one.
    Item,
    /// One of these values, each with its label.
    OneOf(Vec<Choice>),
}

/// A value of a choice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Choice {
    /// The value; on the command line a flag with `-` for `_`.
    pub value: String,
    /// Its label.
    pub label: String,
}
