//! Completions for shells, with the verbs of the policy in force.

use clap_complete::{Shell, generate};

use super::grammar;
use crate::domain::policy::Action;

/// Writes the script for a shell.
pub fn script(actions: &[Action], shell: Shell) -> String {
    let mut bytes = Vec::new();
    generate(shell, &mut grammar::command(actions, grammar::Extent::Whole), "qms", &mut bytes);
    String::from_utf8_lossy(&bytes).into_owned()
}
