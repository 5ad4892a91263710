//! A policy that may be put in force: what its files mean, and nothing wrong with it.

use super::{Fault, Policy, Sources, compile, lint};
use crate::domain::digest::Digest;
use crate::domain::procedure::Procedures;

/// A policy that was read and found sound, with the files that it was read from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// The rules.
    pub policy: Policy,
    /// The files.
    pub sources: Sources,
    /// The digest of the files.
    pub digest: Digest,
}

impl Candidate {
    /// Reads and checks a policy; all faults are returned, in the order of their places. `procedures`
    /// are those that it may cite.
    pub fn new(sources: Sources, procedures: &Procedures) -> Result<Self, Vec<Fault>> {
        let policy = compile(&sources)?;
        let faults = lint(&policy, procedures);
        if !faults.is_empty() {
            return Err(faults);
        }
        Ok(Self { policy, digest: sources.digest(), sources })
    }
}
