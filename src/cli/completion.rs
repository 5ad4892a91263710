//! Completions for shells, with the verbs of the policy in force.

use clap_complete::{Shell, generate};

use super::grammar;
use crate::domain::policy::Policy;

/// Writes the script for a shell.
pub fn script(policy: &Policy, shell: Shell) -> String {
    let mut bytes = Vec::new();
    generate(shell, &mut grammar::command(policy), "qms", &mut bytes);
    String::from_utf8_lossy(&bytes).into_owned()
}
