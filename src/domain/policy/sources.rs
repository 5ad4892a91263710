//! The files that a policy was read from.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Policy;
use crate::domain::digest::Digest;
use crate::domain::encoding;

/// The files of a policy by name, and the digest that stands for all of them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Sources(pub BTreeMap<String, String>);

impl Sources {
    /// Tells whether a file of a policy holds a life cycle.
    pub fn is_life_cycle(name: &str) -> bool {
        !Policy::FILES.contains(&name) && name != Policy::PINS && !Self::is_prompt(name)
    }

    /// Returns the path of a file within a project: life cycles and verbs lie beside each other.
    pub fn path(name: &str) -> String {
        if Self::is_prompt(name) { name.to_owned() } else { format!("workflows/{name}") }
    }

    /// Takes off what tells two ways of saving a file apart, before it is digested: it means the same.
    #[must_use]
    pub fn plain(self) -> Self {
        let plain = |text: String| match encoding::plain(&text) {
            Cow::Borrowed(same) if same.len() == text.len() => text,
            other => other.into_owned(),
        };
        Self(self.0.into_iter().map(|(name, text)| (name, plain(text))).collect())
    }

    /// Digests names and texts, each preceded by its length, under the tag `qms.policy/1`.
    pub fn digest(&self) -> Digest {
        let mut bytes = b"qms.policy/1\n".to_vec();
        for text in self.0.iter().flat_map(|(name, text)| [name, text]) {
            bytes.extend((text.len() as u64).to_be_bytes());
            bytes.extend(text.as_bytes());
        }
        Digest::of(&bytes)
    }
}
