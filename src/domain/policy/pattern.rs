//! Patterns from which document ids are made, such as `{parent}-VAR-{n:3}`.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use serde::{Deserialize, Serialize};

use crate::domain::id::{DocumentId, IdWord};
use crate::domain::steps::count;

/// How the ids of a type are made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct IdPattern {
    text: String,
    parts: Vec<Part>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Literal(String),
    Parent,
    Namespace,
    Name,
    Number(usize),
}

/// What a pattern is filled with.
#[derive(Debug, Clone, Default)]
pub struct IdParts<'a> {
    /// The parent's id.
    pub parent: Option<&'a DocumentId>,
    /// A registered namespace.
    pub namespace: Option<&'a IdWord>,
    /// A free name.
    pub name: Option<&'a IdWord>,
}

impl IdPattern {
    /// Parses a pattern; the message says what is wrong with it.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut parts = Vec::new();
        let mut rest = text;
        while !rest.is_empty() {
            if let Some(inside) = rest.strip_prefix('{') {
                let (word, after) = inside
                    .split_once('}')
                    .ok_or_else(|| format!("`{text}` has a brace that is not closed"))?;
                parts.push(match word {
                    "parent" => Part::Parent,
                    "namespace" => Part::Namespace,
                    "name" => Part::Name,
                    _ => match word.strip_prefix("n:").and_then(|width| width.parse().ok()) {
                        Some(width @ 1..=9) => Part::Number(width),
                        _ => {
                            return Err(format!(
                                "`{{{word}}}` is not one of {{parent}}, {{namespace}}, {{name}}, {{n:WIDTH}}"
                            ));
                        }
                    },
                });
                rest = after;
            } else {
                let end = rest.find('{').unwrap_or(rest.len());
                let (literal, after) = rest.split_at(end);
                parts.push(Part::Literal(literal.to_owned()));
                rest = after;
            }
        }
        let numbers = parts.iter().position(|part| matches!(part, Part::Number(_)));
        if numbers.is_some_and(|at| at + 1 != parts.len()) {
            return Err(format!("`{text}` has its number elsewhere than at the end"));
        }
        let pattern = Self { text: text.to_owned(), parts };
        let sample = (DocumentId::parse("P-1").ok(), IdWord::parse("W").ok());
        let parts =
            IdParts { parent: sample.0.as_ref(), namespace: sample.1.as_ref(), name: sample.1.as_ref() };
        pattern
            .prefix(&parts)
            .and_then(|prefix| {
                DocumentId::parse(&format!("{prefix}{}", if pattern.is_numbered() { "1" } else { "" })).ok()
            })
            .map(|_| ())
            .ok_or_else(|| format!("`{text}` does not make a document id"))?;
        Ok(pattern)
    }

    /// Tells whether ids end in a number that counts up.
    pub fn is_numbered(&self) -> bool {
        matches!(self.parts.last(), Some(Part::Number(_)))
    }

    /// Tells whether a namespace is needed.
    pub fn needs_namespace(&self) -> bool {
        self.parts.contains(&Part::Namespace)
    }

    /// Tells whether a name is needed.
    pub fn needs_name(&self) -> bool {
        self.parts.contains(&Part::Name)
    }

    /// Tells whether a parent is needed.
    pub fn needs_parent(&self) -> bool {
        self.parts.contains(&Part::Parent)
    }

    /// Tells whether an id could have been made from the pattern.
    pub fn fits(&self, id: &DocumentId) -> bool {
        fits(&self.parts, id.as_str())
    }

    /// Returns the id up to its number; `None` where something that it needs is missing.
    pub fn prefix(&self, with: &IdParts<'_>) -> Option<String> {
        let mut id = String::new();
        for part in &self.parts {
            match part {
                Part::Literal(text) => id.push_str(text),
                Part::Parent => id.push_str(with.parent?.as_str()),
                Part::Namespace => id.push_str(with.namespace?.as_str()),
                Part::Name => id.push_str(with.name?.as_str()),
                Part::Number(_) => {}
            }
        }
        Some(id)
    }

    /// Returns the id with `number` at its end, where the pattern is numbered.
    pub fn id(&self, with: &IdParts<'_>, number: u32) -> Option<DocumentId> {
        let mut id = self.prefix(with)?;
        if let Some(Part::Number(width)) = self.parts.last() {
            let _ = write!(id, "{number:0width$}");
        }
        DocumentId::parse(&id).ok()
    }
}

/// Tells whether a text can be cut into these parts. Where one ends, the next may begin: each part goes from
/// all the places at which the parts before it can end to all at which it can end itself.
fn fits(parts: &[Part], text: &str) -> bool {
    let heads = |from: usize, is_one: fn(&str) -> bool| {
        let ends = from + 1..=text.len();
        count(text.len() - from);
        ends.filter(move |end| text.get(from..*end).is_some_and(is_one))
    };
    let ends = |part: &Part, from: usize| -> Vec<usize> {
        let rest = text.get(from..).unwrap_or_default();
        match part {
            Part::Literal(literal) => {
                rest.starts_with(literal.as_str()).then_some(from + literal.len()).into_iter().collect()
            }
            Part::Parent => heads(from, DocumentId::is_valid).collect(),
            Part::Namespace | Part::Name => heads(from, IdWord::is_valid).collect(),
            // It is at the end, and may be wider than declared.
            Part::Number(width) => {
                let is_number = rest.len() >= *width && rest.bytes().all(|digit| digit.is_ascii_digit());
                is_number.then_some(text.len()).into_iter().collect()
            }
        }
    };
    let mut places = BTreeSet::from([0]);
    for part in parts {
        places = places.iter().flat_map(|from| ends(part, *from)).collect();
    }
    places.contains(&text.len())
}

impl TryFrom<String> for IdPattern {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        Self::parse(&text)
    }
}

impl From<IdPattern> for String {
    fn from(pattern: IdPattern) -> Self {
        pattern.text
    }
}

impl std::fmt::Display for IdPattern {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::steps;

    #[test]
    fn numbers_are_padded_and_may_outgrow_their_width() {
        let pattern = IdPattern::parse("{parent}-VAR-{n:3}").unwrap_or_else(|e| panic!("{e}"));
        let parent = DocumentId::parse("CR-007").ok();
        let with = IdParts { parent: parent.as_ref(), ..IdParts::default() };
        assert_eq!(pattern.id(&with, 2).map(String::from), Some("CR-007-VAR-002".into()));
        assert_eq!(pattern.id(&with, 1234).map(String::from), Some("CR-007-VAR-1234".into()));
        let fits = |text: &str| DocumentId::parse(text).is_ok_and(|id| pattern.fits(&id));
        assert!(fits("CR-007-VAR-002") && fits("CR-007-VAR-1234") && fits("CR-007-ADD-001-VAR-001"));
        assert!(!fits("CR-007-VAR-02") && !fits("VAR-002") && !fits("CR-007-VAR-002-VR-001"));
        assert_eq!(pattern.id(&IdParts::default(), 2), None);
    }

    // REQ-228
    #[test]
    fn a_pattern_that_can_be_cut_in_many_ways_is_held_against_an_id_in_a_moment() {
        let pattern = IdPattern::parse(&"{name}".repeat(60)).unwrap_or_else(|e| panic!("{e}"));
        let fits = |text: &str| DocumentId::parse(text).is_ok_and(|id| pattern.fits(&id));
        assert!(fits(&"A".repeat(60)) && fits(&"A".repeat(120)) && !fits(&"A".repeat(59)));
        let many = steps::of(|| assert!(!fits(&format!("{}-A", "A".repeat(118)))));
        // Each part from each place to each place, and not each way to get there.
        assert!(many < 60 * 120 * 120, "{many}");
    }

    #[test]
    fn patterns_that_make_no_id_are_refused() {
        for bad in ["", "cr-{n:3}", "CR-{n:0}", "CR-{n}", "{n:3}-CR", "CR-{who}", "CR-{n:3", "../{n:3}"] {
            assert!(IdPattern::parse(bad).is_err(), "{bad:?} was accepted");
        }
    }
}
