//! What has to hold of one document before another can go its way: `SDLC-X-RTM is EFFECTIVE`.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::id::{DocumentId, StateName};
use super::text::cut;

/// A document that has to have come as far as a state.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Prerequisite {
    /// The other document.
    pub document: DocumentId,
    /// The state that it has to have reached.
    pub state: StateName,
}

/// Most prerequisites of one document: more are a plan, not a condition.
const MAX: usize = 100;

impl Prerequisite {
    /// Reads the field `requires` of a front matter: sentences, separated by commas.
    pub fn parse_all(text: &str) -> Result<Vec<Self>, String> {
        let sentences: Vec<&str> = text.split(',').map(str::trim).collect();
        if sentences.len() > MAX {
            return Err(format!("`requires` names {} documents, {MAX} are allowed", sentences.len()));
        }
        sentences.into_iter().map(str::parse).collect()
    }
}

impl fmt::Display for Prerequisite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} is {}", self.document, self.state)
    }
}

impl FromStr for Prerequisite {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let words: Vec<&str> = text.split_whitespace().collect();
        let [document, "is", state] = words.as_slice() else {
            return Err(format!(
                "`{}` is no prerequisite: expected `<document> is <STATE>`, as in `SOP-001 is EFFECTIVE`",
                cut(text).escape_debug()
            ));
        };
        let document = DocumentId::parse(document).map_err(|error| error.to_string())?;
        let state = StateName::parse(state).map_err(|error| error.to_string())?;
        Ok(Self { document, state })
    }
}

impl TryFrom<String> for Prerequisite {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<Prerequisite> for String {
    fn from(prerequisite: Prerequisite) -> Self {
        prerequisite.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_are_read_and_written_alike() {
        let read = Prerequisite::parse_all("SDLC-X-RTM is EFFECTIVE,  INV-003  is CLOSED").unwrap();
        let written: Vec<String> = read.iter().map(ToString::to_string).collect();
        assert_eq!(written, ["SDLC-X-RTM is EFFECTIVE", "INV-003 is CLOSED"]);
        for wrong in ["", "SOP-001", "SOP-001 is", "sop-001 is EFFECTIVE", "SOP-001 IS EFFECTIVE", "A is B,"]
        {
            assert!(Prerequisite::parse_all(wrong).is_err(), "{wrong}");
        }
        assert!(Prerequisite::parse_all("SOP-001 is effective").unwrap_err().contains("`EFFECTIVE`"));
        assert!(Prerequisite::parse_all(&vec!["A is B"; 101].join(",")).unwrap_err().contains("101"));
    }
}
