//! What comes with the program: the default policy, the procedures and the templates.
//!
//! A project takes them over when it is made; after that only adoption changes its policy, and
//! only the life cycle changes its documents.

use crate::domain::policy::Sources;

include!(concat!(env!("OUT_DIR"), "/embedded.rs"));

/// Returns the default policy.
pub fn policy() -> Sources {
    Sources(WORKFLOWS.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect())
}
