//! How a section of a procedure is named elsewhere.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::domain::id::{DocumentId, InvalidName};

/// A section of a procedure as it is cited, such as `SOP-001#7`, or all of it, such as `SOP-001`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Citation {
    /// The procedure.
    pub procedure: DocumentId,
    /// The number of the section; `None` for the whole.
    pub section: Option<String>,
}

impl Citation {
    /// Parses a text, or says which rule it breaks.
    pub fn parse(text: &str) -> Result<Self, InvalidName> {
        let (procedure, section) = match text.split_once('#') {
            Some((procedure, section)) => (procedure, Some(section)),
            None => (text, None),
        };
        let invalid = || InvalidName {
            kind: "section of a procedure",
            expected: "the id of a procedure and a section, such as SOP-001#7",
            text: text.to_owned(),
            meant: None,
        };
        if section.is_some_and(|section| section.is_empty() || section.contains(char::is_whitespace)) {
            return Err(invalid());
        }
        let procedure = DocumentId::parse(procedure).map_err(|error| InvalidName {
            meant: error.meant.map(|id| text.replacen(procedure, &id, 1)),
            ..invalid()
        })?;
        Ok(Self { procedure, section: section.map(str::to_owned) })
    }
}

impl fmt::Display for Citation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.section {
            Some(section) => write!(f, "{}#{section}", self.procedure),
            None => write!(f, "{}", self.procedure),
        }
    }
}

impl FromStr for Citation {
    type Err = InvalidName;
    fn from_str(text: &str) -> Result<Self, InvalidName> {
        Self::parse(text)
    }
}

impl TryFrom<String> for Citation {
    type Error = InvalidName;
    fn try_from(text: String) -> Result<Self, InvalidName> {
        Self::parse(&text)
    }
}

impl From<Citation> for String {
    fn from(citation: Citation) -> Self {
        citation.to_string()
    }
}
