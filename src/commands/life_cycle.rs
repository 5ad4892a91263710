//! `workflow show`: a life cycle in force, for reading.

use std::fmt;

use serde::Serialize;

use super::table::Table;
use super::text::TextReport;
use super::{CommandError, Reply};
use crate::domain::digest::Digest;
use crate::domain::policy::{Policy, Sources, Target, When, Workflow};

/// Columns of a terminal that the text keeps to, without guards.
const WIDTH: usize = 100;
/// Columns for states to start in: two of the longest.
const FROM: usize = 34;
/// Columns for groups.
const BY: usize = 19;
/// Columns for guards, of which the wide form has as many as it needs.
const GUARDS: usize = 60;

/// The transitions of a life cycle.
#[derive(Debug, Serialize)]
struct ShowReport {
    workflow: String,
    states: Vec<String>,
    types: Vec<String>,
    transitions: Vec<Edge>,
}

#[derive(Debug, Serialize)]
struct Edge {
    action: String,
    when: Option<String>,
    from: Vec<String>,
    to: String,
    by: Vec<String>,
    guards: Vec<String>,
}

impl fmt::Display for ShowReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}: {}", self.workflow, self.types.join(", "))?;
        writeln!(f, "states: {}\n", wrapped(&self.states, WIDTH - "states: ".len()).join("\n        "))?;
        let mut table = Table::new(f.alternate(), &["ACTION", "FROM", "TO", "BY"], &["GUARDS"]);
        for it in &self.transitions {
            let verb =
                it.when.as_ref().map_or_else(|| it.action.clone(), |when| format!("{} ({when})", it.action));
            let (from, by) = (wrapped(&it.from, FROM), wrapped(&it.by, BY));
            let guards = if f.alternate() { wrapped(&it.guards, GUARDS) } else { Vec::new() };
            // What does not fit goes on below, under nothing.
            for line in 0..from.len().max(by.len()).max(guards.len()).max(1) {
                let at = |lines: &[String]| lines.get(line).cloned().unwrap_or_default();
                let first = |text: &str| if line == 0 { text.to_owned() } else { String::new() };
                let from = if it.from.is_empty() { first("–") } else { at(&from) };
                table.row([first(&verb), from, first(&it.to), at(&by), at(&guards)]);
            }
        }
        write!(f, "{table}")
    }
}

/// Puts words on lines of at most `width` columns, joined by commas; a longer word has its own.
fn wrapped(words: &[String], width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for (number, word) in words.iter().enumerate() {
        let comma = if number + 1 < words.len() { "," } else { "" };
        match lines.last_mut() {
            Some(line) if line.len() + 1 + word.len() + comma.len() <= width => {
                line.push_str(&format!(" {word}{comma}"));
            }
            _ => lines.push(format!("{word}{comma}")),
        }
    }
    lines
}

/// Finds a life cycle.
pub(super) fn find<'p>(policy: &'p Policy, name: &str) -> Result<&'p Workflow, CommandError> {
    policy.workflows.values().find(|workflow| workflow.name.as_str() == name).ok_or_else(|| {
        let known = policy.workflows.keys().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        let what = format!("no life cycle `{}`; there are {known}", name.escape_debug());
        CommandError::unknown(what, "workflow show")
    })
}

/// Shows a life cycle, or what there are.
pub(super) fn show(policy: &Policy, name: Option<&str>) -> Result<Reply, CommandError> {
    let Some(name) = name else {
        let lines = policy.workflows.values().map(|workflow| {
            let types = workflow.types.iter().map(|it| it.name.to_string()).collect::<Vec<_>>().join(", ");
            format!("{}: {types}", workflow.name)
        });
        return Ok(Reply::new(TextReport { digest: None, text: lines.collect::<Vec<_>>().join("\n") }));
    };
    let workflow = find(policy, name)?;
    let names = |groups: &[crate::domain::id::GroupName]| groups.iter().map(ToString::to_string).collect();
    let transitions = workflow.transitions.iter().map(|edge| Edge {
        action: edge.action.to_string(),
        when: edge.when.as_ref().map(|when| match when {
            When::Input(_, value) => value.clone(),
            When::ContentChanged(true) => "changed".to_owned(),
            When::ContentChanged(false) => "unchanged".to_owned(),
        }),
        from: edge.from.iter().map(ToString::to_string).collect(),
        to: match &edge.to {
            Target::Same => "same".to_owned(),
            Target::Origin => "origin".to_owned(),
            Target::State(state) => state.to_string(),
        },
        by: names(&edge.by),
        guards: edge.guards.iter().map(|guard| guard.name().to_owned()).collect(),
    });
    Ok(Reply::new(ShowReport {
        workflow: workflow.name.to_string(),
        states: workflow.states.iter().map(|state| state.name.to_string()).collect(),
        types: workflow.types.iter().map(|it| it.name.to_string()).collect(),
        transitions: transitions.collect(),
    }))
}

/// Gives out a file of a policy, byte by byte.
pub(super) fn show_source(sources: &Sources, file: &str) -> Result<Reply, CommandError> {
    let text = sources.0.get(file).cloned().ok_or_else(|| {
        let known = sources.0.keys().map(String::as_str).collect::<Vec<_>>().join(", ");
        let what = format!("no file `{}` in the policy; there are {known}", file.escape_debug());
        CommandError::NotFound(what)
    })?;
    Ok(Reply::new(SourceReport { digest: Some(sources.digest()), text }).verbatim())
}

/// A file of a policy.
#[derive(Debug, Serialize)]
struct SourceReport {
    digest: Option<Digest>,
    text: String,
}

impl fmt::Display for SourceReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::embedded;

    #[test]
    fn no_life_cycle_is_wider_than_a_terminal() {
        let policy = crate::domain::policy::compile(&embedded::policy(crate::domain::policy::Profile::Light))
            .unwrap_or_else(|e| panic!("{e:?}"));
        for name in policy.workflows.keys() {
            let reply = show(&policy, Some(name.as_str())).unwrap_or_else(|e| panic!("{e}"));
            for line in reply.report.text(false).lines() {
                assert!(line.chars().count() <= WIDTH, "{line}");
            }
        }
    }
}
