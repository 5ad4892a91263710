//! `explain`: what a code, a reason, a guard or an effect means.

use std::fmt;

use serde::Serialize;

use super::table::Table;
use super::{CommandError, Reply};
use crate::domain::decide::Condition;
use crate::domain::nearest::nearest;
use crate::domain::policy::vocabulary;

/// A name, and what it means.
#[derive(Debug, Clone, Serialize)]
pub struct Explanation {
    /// The stable name.
    pub name: String,
    /// Its class, or the exit status that goes with it.
    pub class: String,
    /// What it means.
    pub explanation: String,
}

/// Explanations.
#[derive(Debug, Serialize)]
pub struct ExplainReport {
    names: Vec<Explanation>,
}

impl fmt::Display for ExplainReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let [one] = self.names.as_slice() {
            return write!(f, "{} ({})\n  {}", one.name, one.class, one.explanation);
        }
        let mut table = Table::new(f.alternate(), &["NAME", "CLASS", "MEANING"], &[]);
        for it in &self.names {
            table.row([it.name.clone(), it.class.clone(), it.explanation.clone()]);
        }
        write!(f, "{table}")
    }
}

/// Explains `name`, or lists everything that can be explained. `codes` are those of the face.
pub fn run(name: Option<&str>, codes: Vec<Explanation>) -> Result<Reply, CommandError> {
    let mut names = codes;
    names.extend(Condition::ALL.iter().map(|condition| Explanation {
        name: condition.name().to_owned(),
        class: condition.class().to_string(),
        explanation: condition.explanation().to_owned(),
    }));
    names.extend(vocabulary().map(|(kind, word, meaning)| Explanation {
        name: word.to_owned(),
        class: kind.to_owned(),
        explanation: meaning.to_owned(),
    }));
    if let Some(name) = name {
        // `no_eligible_quality` is `no_eligible`, with the group that is wanted.
        let generic = Condition::NoEligible.name();
        let wanted = if name.starts_with(generic) { generic } else { name };
        // A code can have two statuses, as `denied` has.
        let known: Vec<_> = names.iter().filter(|one| one.name == wanted).cloned().collect();
        if known.is_empty() {
            let near = nearest(name, names.iter().map(|one| one.name.as_str()));
            let hint = near.map(|near| format!(", did you mean `{near}`?")).unwrap_or_default();
            let what = format!("nothing is called `{}`{hint}", name.escape_debug());
            return Err(CommandError::unknown(what, "explain"));
        }
        names = known;
    }
    Ok(Reply::new(ExplainReport { names }))
}
