//! What comes with the program: the default policy, the procedures and the templates.
//!
//! A project takes them over when it is made; after that only adoption changes its policy, and
//! only the life cycle changes its documents.

use crate::domain::policy::{Action, Policy, Sources, compile_actions};

include!(concat!(env!("OUT_DIR"), "/embedded.rs"));

/// Returns the default policy.
pub fn policy() -> Sources {
    Sources(WORKFLOWS.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect())
}

/// Returns the verbs of the default policy; a test sees to it that they can be read.
pub fn actions() -> Vec<Action> {
    let text = WORKFLOWS.iter().find(|(name, _)| *name == Policy::FILES[1]).map_or("", |(_, text)| text);
    compile_actions(text).unwrap_or_default()
}
