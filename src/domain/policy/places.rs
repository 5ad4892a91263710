//! Where guards and effects mean something, and what they have to be told: the one table, which the lint holds a
//! policy against and by which the engine asks.

use super::{Effect, Guard, Input, InputKind, Plain};

/// What is decided on where a guard is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    /// Something about the project itself.
    Project,
    /// A document that does not exist yet.
    New,
    /// A document.
    Document,
}

impl Asked {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Project, Self::New, Self::Document];
}

/// The form in which an input is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Takes {
    /// Words, of whatever length.
    Text,
    /// One user.
    User,
    /// Users.
    Users,
    /// A document.
    Document,
    /// An execution item.
    Item,
    /// A file.
    File,
    /// Some of these values, and no others.
    OneOf(&'static [&'static str]),
}

impl Takes {
    /// Tells whether what an input takes is of this form.
    pub fn is_form_of(self, kind: &InputKind) -> bool {
        match (self, kind) {
            (Self::Text, InputKind::Line | InputKind::Text | InputKind::Word)
            | (Self::User, InputKind::User)
            | (Self::Users, InputKind::Users)
            | (Self::Document, InputKind::Document)
            | (Self::Item, InputKind::Item)
            | (Self::File, InputKind::File) => true,
            (Self::OneOf(values), InputKind::OneOf(choices)) => {
                !choices.is_empty() && choices.iter().all(|one| values.contains(&one.value.as_str()))
            }
            _ => false,
        }
    }
}

impl std::fmt::Display for Takes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Text => f.write_str("`takes: line`, `text` or `word`"),
            Self::User => f.write_str("`takes: user`"),
            Self::Users => f.write_str("`takes: users`"),
            Self::Document => f.write_str("`takes: document`"),
            Self::Item => f.write_str("`takes: item`"),
            Self::File => f.write_str("`takes: file`"),
            Self::OneOf(values) => write!(f, "`one_of` with {}", values.join(", ")),
        }
    }
}

/// An input that something needs: its name and its form.
pub type Needed = (&'static str, Takes);

const TO: Needed = ("to", Takes::User);
const ASSIGNEES: Needed = ("assignees", Takes::Users);
const ITEM: Needed = ("item", Takes::Item);
const NOTE: Needed = ("note", Takes::Text);
const TRAIT: Needed = ("trait", Takes::Text);

impl Guard {
    /// Tells whether it means something there.
    pub fn has_meaning(&self, asked: Asked) -> bool {
        match self {
            // There is always somebody who calls.
            Self::Assurance(_) | Self::Isolation(_) | Self::Plain(Plain::Human) => true,
            Self::Plain(Plain::TemplateInForce) => asked == Asked::New,
            _ => asked == Asked::Document,
        }
    }

    /// Tells whether it speaks about the round that is open.
    pub fn needs_round(&self) -> bool {
        matches!(
            self,
            Self::AskerOr(_)
                | Self::Plain(
                    Plain::NotAsker | Plain::Opened | Plain::AssigneesSeated | Plain::SlotStaysFilled
                )
        )
    }

    /// Returns the input that it looks at and that has to be told.
    pub fn needs(&self) -> Option<Needed> {
        let Self::Plain(plain) = self else { return None };
        match plain {
            Plain::NewOwnerMayOwn => Some(TO),
            Plain::AssigneesSeated => Some(ASSIGNEES),
            Plain::ItemRecordable => Some(ITEM),
            Plain::NoteIsDue => Some(NOTE),
            Plain::TraitsAreNew => Some(TRAIT),
            _ => None,
        }
    }
}

impl Effect {
    /// Returns the inputs without which it would do nothing.
    pub fn needs(self) -> &'static [Needed] {
        match self {
            Self::SetOwner => &[TO],
            Self::AddSeats | Self::RemoveSeats => &[ASSIGNEES],
            Self::RecordNote => &[NOTE, ("file", Takes::File)],
            Self::AddTraits => &[TRAIT],
            Self::RecordItem => &[ITEM],
            _ => &[],
        }
    }

    /// Returns the guard that looks at what it is told: without it anything could be told.
    pub fn guard(self) -> Option<Plain> {
        match self {
            Self::SetOwner => Some(Plain::NewOwnerMayOwn),
            Self::AddSeats => Some(Plain::AssigneesEligible),
            Self::RemoveSeats => Some(Plain::AssigneesSeated),
            Self::RecordNote => Some(Plain::NoteIsDue),
            Self::AddTraits => Some(Plain::TraitsAreNew),
            _ => None,
        }
    }

    /// Tells whether it means something of a document that is being made.
    pub fn begins(self) -> bool {
        matches!(self, Self::CheckOut | Self::RaiseVersion | Self::PutInForce)
    }
}

impl Input {
    /// Tells whether it is always told, in this form.
    pub fn tells(&self, takes: Takes) -> bool {
        self.required && takes.is_form_of(&self.kind)
    }
}
