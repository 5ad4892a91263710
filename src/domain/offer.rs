//! What somebody can do next, in words of the policy: an action, what it is about, and its inputs.
//!
//! An offer is no command line. Each face spells it in its own way, so that what is sealed stays true
//! whatever the commands are called one day.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::id::DocumentId;

/// Something that can be done.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Offer {
    /// The action of the policy, or the call of the program, by its name.
    pub action: String,
    /// The document that it is about.
    pub document: Option<DocumentId>,
    /// What it is told, by the names of its inputs; `None` for what the caller still has to say.
    pub inputs: BTreeMap<String, Option<String>>,
}

impl Offer {
    /// Offers an action about nothing in particular.
    pub fn of(action: &str) -> Self {
        Self { action: action.to_owned(), document: None, inputs: BTreeMap::new() }
    }

    /// Says which document it is about.
    #[must_use]
    pub fn about(mut self, document: &DocumentId) -> Self {
        self.document = Some(document.clone());
        self
    }

    /// Says the value of an input.
    #[must_use]
    pub fn with(mut self, input: &str, value: &(impl ToString + ?Sized)) -> Self {
        self.inputs.insert(input.to_owned(), Some(value.to_string()));
        self
    }

    /// Says that the caller has to give an input.
    #[must_use]
    pub fn asking(mut self, input: &str) -> Self {
        self.inputs.insert(input.to_owned(), None);
        self
    }
}
