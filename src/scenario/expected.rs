//! What a step expects: of the answer, of the document afterwards, of the menu.

use std::collections::BTreeSet;

use super::outcome::Refused;
use super::source::StepValue;
use crate::domain::decide::{Condition, Line, Note};
use crate::domain::document::Document;
use crate::domain::nearest::nearest;
use crate::domain::policy::Policy;

/// What can be expected of a document.
const FIELDS: [&str; 8] =
    ["state", "version", "effective_version", "titled", "owner", "checked_out_by", "authors", "seats"];

/// What a user can be told besides.
const NOTES: [&str; 9] = [
    "checked_in",
    "unchanged",
    "withdrawn",
    "seated",
    "awaiting",
    "ended",
    "recorded",
    "voided",
    "no_template",
];

/// All that one step expects.
#[derive(Debug, Clone, Default)]
pub(super) struct Expected {
    denied: Option<BTreeSet<String>>,
    fields: Vec<(&'static str, Vec<String>)>,
    says: Option<BTreeSet<String>>,
    menu: Option<BTreeSet<String>>,
}

impl Expected {
    /// The words that a step can expect something with.
    pub(super) fn words() -> impl Iterator<Item = &'static str> {
        FIELDS.into_iter().chain(["denied", "says", "menu"])
    }

    /// Takes a word of a step; the message says why it cannot be understood.
    pub(super) fn take(&mut self, policy: &Policy, word: &str, value: &StepValue) -> Result<(), String> {
        let texts = match value {
            StepValue::One(text) if text == "none" => Vec::new(),
            StepValue::One(text) => vec![text.clone()],
            StepValue::Many(texts) => texts.clone(),
            StepValue::Map(_) => return Err(format!("`{word}` takes a text, or a list of texts")),
        };
        match word {
            "denied" => {
                let known = || Condition::ALL.iter().map(|it| it.name()).chain([Refused::NOT_FOUND]);
                for text in texts.iter().filter(|text| !text.starts_with(Condition::NoEligible.name())) {
                    check("reason", text, known())?;
                }
                if texts.is_empty() {
                    return Err("a refusal has a reason".to_owned());
                }
                self.denied = Some(texts.into_iter().collect());
            }
            "says" => {
                for text in &texts {
                    check("note", text, NOTES.into_iter())?;
                }
                self.says = Some(texts.into_iter().collect());
            }
            "menu" => self.menu = Some(texts.into_iter().collect()),
            _ => {
                let field = FIELDS.iter().find(|field| **field == word).ok_or("nothing is called so")?;
                if word == "state" {
                    let states = policy.workflows.values().flat_map(|it| &it.states);
                    let names: Vec<&str> = states.map(|it| it.name.as_str()).collect();
                    for text in &texts {
                        check("state", text, names.iter().copied())?;
                    }
                }
                self.fields.push((field, texts));
            }
        }
        Ok(())
    }

    pub(super) fn wants_menu(&self) -> bool {
        self.menu.is_some()
    }

    /// Compares with what was answered; says what is not as expected.
    pub(super) fn of_answer(&self, verb: &str, answer: Result<&[Note], &Refused>) -> Result<(), String> {
        match (&self.denied, answer) {
            (None, Ok(notes)) => self.of_notes(notes),
            (None, Err(refused)) => {
                let why: Vec<String> =
                    refused.reasons.iter().map(|(name, message)| format!("{name} ({message})")).collect();
                Err(format!("{verb} was refused: {}", why.join("; ")))
            }
            (Some(names), Ok(_)) => Err(format!("{verb} was permitted, expected {}", list(names))),
            (Some(names), Err(refused)) => {
                let came: BTreeSet<String> = refused.names().map(str::to_owned).collect();
                if &came == names {
                    return Ok(());
                }
                Err(format!("{verb} was refused for {}, expected {}", list(&came), list(names)))
            }
        }
    }

    fn of_notes(&self, notes: &[Note]) -> Result<(), String> {
        let Some(expected) = &self.says else { return Ok(()) };
        let came: BTreeSet<String> = notes.iter().map(|note| word_of(note).to_owned()).collect();
        if &came == expected {
            return Ok(());
        }
        Err(format!("the user was told {}, expected {}", list(&came), list(expected)))
    }

    /// Compares with the document.
    pub(super) fn of_document(&self, document: Option<&Document>) -> Result<(), String> {
        for (field, wanted) in &self.fields {
            let Some(document) = document else {
                return Err(format!("`{field}` is expected of a document, and there is none"));
            };
            let came = field_of(document, field);
            let sorted: BTreeSet<&String> = wanted.iter().collect();
            if came.iter().collect::<BTreeSet<_>>() != sorted {
                let id = &document.id;
                return Err(format!("`{field}` of {id} is {}, expected {}", list(&came), list(wanted)));
            }
        }
        Ok(())
    }

    /// Compares with the lines of a menu.
    pub(super) fn of_menu(&self, lines: &[Line]) -> Result<(), String> {
        let Some(expected) = &self.menu else { return Ok(()) };
        let open: BTreeSet<String> = lines.iter().filter(|line| line.is_open()).map(title).collect();
        if &open == expected {
            return Ok(());
        }
        let more: Vec<&String> = open.difference(expected).collect();
        let fewer = expected.difference(&open).map(|text| {
            let missing = lines.iter().find(|line| &title(line) == text);
            let why = missing.map(|it| it.missing.iter().map(|it| it.name.as_str()).collect::<Vec<_>>());
            format!("{text} ({})", why.map_or("no such line".to_owned(), |names| names.join(", ")))
        });
        let fewer: Vec<String> = fewer.collect();
        Err(format!("the menu opens besides {}, and does not open {}", list(&more), list(&fewer)))
    }
}

/// A menu line as it is written in a scenario.
fn title(line: &Line) -> String {
    if let Some(kind) = &line.makes {
        return format!("{} {kind}", line.action);
    }
    match &line.choice {
        Some((_, value)) => format!("{} --{}", line.action, value.replace('_', "-")),
        None => line.action.to_string(),
    }
}

fn field_of(document: &Document, field: &str) -> Vec<String> {
    let user = |name: &crate::domain::id::UserName| name.to_string();
    match field {
        "state" => vec![document.state.to_string()],
        "version" => vec![document.version.to_string()],
        "effective_version" => document.in_force.iter().map(|it| it.version.to_string()).collect(),
        "titled" => vec![document.title.clone()],
        "owner" => document.owner.iter().map(user).collect(),
        "checked_out_by" => document.checkout.iter().map(|it| user(&it.by)).collect(),
        "authors" => document.authors.keys().map(user).collect(),
        "seats" => document.round.iter().flat_map(|it| it.seats.keys()).map(user).collect(),
        _ => Vec::new(),
    }
}

fn word_of(note: &Note) -> &'static str {
    match note {
        Note::CheckedIn(_) => "checked_in",
        Note::Unchanged => "unchanged",
        Note::Withdrawn(_) => "withdrawn",
        Note::Seated(_) => "seated",
        Note::Awaiting(_) => "awaiting",
        Note::Ended(_) => "ended",
        Note::Recorded(..) => "recorded",
        Note::Failed(..) => "failed",
        Note::Voided(..) => "voided",
        Note::NoTemplate(_) => "no_template",
        Note::CanEndOtherwise => "can_end_otherwise",
    }
}

fn list<T: AsRef<str>>(texts: impl IntoIterator<Item = T>) -> String {
    let texts: Vec<T> = texts.into_iter().collect();
    if texts.is_empty() {
        return "nothing".to_owned();
    }
    texts.iter().map(AsRef::as_ref).collect::<Vec<_>>().join(", ")
}

/// Says that a word is not known, with the one that was probably meant.
pub(super) fn check<'a>(kind: &str, word: &str, known: impl Iterator<Item = &'a str>) -> Result<(), String> {
    let known: Vec<&str> = known.collect();
    if known.contains(&word) {
        return Ok(());
    }
    let meant =
        nearest(word, known.into_iter()).map(|near| format!(", did you mean `{near}`?")).unwrap_or_default();
    Err(format!("unknown {kind} `{word}`{meant}"))
}
