//! A policy that may be put in force: what its files mean, and nothing wrong with it.

use super::{Fault, Policy, Sources, compile, lint};
use crate::domain::digest::Digest;
use crate::domain::procedure::Procedures;
use crate::domain::yaml::Place;

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

/// Finds a NUL character that is written out in a text, as `\0` between double quotes.
fn nul(policy: &Policy, sources: &Sources) -> Option<Fault> {
    let meaning = serde_json::to_string(policy).unwrap_or_default();
    let written = ["\\0", "\\x00", "\\u0000", "\\U00000000"];
    let has = |text: &str| written.iter().any(|nul| text.contains(nul));
    let file = sources.0.iter().find(|(_, text)| has(text)).map(|(name, _)| name.clone());
    meaning.contains("\\u0000").then(|| Fault {
        place: Place { file: file.unwrap_or_default(), ..Place::default() },
        name: "nul",
        message: "a text has a NUL character, which no text has".to_owned(),
    })
}

impl Candidate {
    /// Reads and checks a policy; all faults are returned, in the order of their places. `procedures`
    /// are those that it may cite.
    pub fn new(sources: Sources, procedures: &Procedures) -> Result<Self, Vec<Fault>> {
        let sources = sources.plain();
        let policy = compile(&sources)?;
        let mut faults = lint(&policy, procedures);
        faults.extend(nul(&policy, &sources));
        if !faults.is_empty() {
            return Err(faults);
        }
        Ok(Self { policy, digest: sources.digest(), sources })
    }
}
