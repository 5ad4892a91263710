//! The files that a policy was read from.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::domain::digest::Digest;

/// The files of a policy by name, and the digest that stands for all of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Sources(pub BTreeMap<String, String>);

impl Sources {
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
