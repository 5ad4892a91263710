//! A policy that may be put in force: what its files mean, and nothing wrong with it.

use serde_json::Value;

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

/// Finds a control character in a text, as it is or written out, as `\0` between double quotes: helps and labels
/// are shown beside colours of the program's own.
fn control(policy: &Policy, sources: &Sources) -> Option<Fault> {
    let meaning = serde_json::to_value(policy).ok()?;
    let (c, text) = control_in(&meaning)?;
    let before = text.split(c).next().unwrap_or_default();
    // As it is, or written out.
    let forms = [format!("{before}\\"), format!("{before}{c}")];
    let at = |(name, source): (&String, &String)| {
        let at = forms.iter().find_map(|form| source.find(form))?;
        let line = source.get(..at)?.matches('\n').count() as u64 + 1;
        let column = source.get(..at)?.rsplit('\n').next()?.chars().count() as u64 + 1;
        Some(Place { file: name.clone(), line, column })
    };
    let message = format!("`{}` has the control character U+{:04X}", text.escape_debug(), u32::from(c));
    Some(fault(sources.0.iter().find_map(at).unwrap_or_default(), "control_character", message))
}

fn fault(place: Place, name: &'static str, message: String) -> Fault {
    Fault { place, name, message }
}

fn control_in(value: &Value) -> Option<(char, &str)> {
    let in_text = |text: &'_ str| text.chars().find(|c| c.is_control() && !matches!(c, '\n' | '\t'));
    match value {
        Value::String(text) => in_text(text).map(|c| (c, text.as_str())),
        Value::Array(values) => values.iter().find_map(control_in),
        Value::Object(fields) => fields.iter().find_map(|(name, value)| {
            in_text(name).map(|c| (c, name.as_str())).or_else(|| control_in(value))
        }),
        _ => None,
    }
}

impl Candidate {
    /// Reads and checks a policy; all faults are returned, in the order of their places. `procedures`
    /// are those that it may cite.
    pub fn new(sources: Sources, procedures: &Procedures) -> Result<Self, Vec<Fault>> {
        let sources = sources.plain();
        let policy = compile(&sources)?;
        let mut faults = lint(&policy, procedures);
        faults.extend(control(&policy, &sources));
        if !faults.is_empty() {
            return Err(faults);
        }
        Ok(Self { policy, digest: sources.digest(), sources })
    }
}
