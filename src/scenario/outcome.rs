//! How scenarios came out, and what was answered to each of their steps.

use std::collections::BTreeSet;

use crate::domain::decide::{Condition, Meant};
use crate::domain::id::{StateName, WorkflowName};
use crate::domain::yaml::Place;
use crate::session::SessionError;

/// How a scenario came out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScenarioOutcome {
    /// Its name, a sentence.
    pub name: String,
    /// Where it stands.
    pub place: Place,
    /// The first step that came otherwise than expected; `None` where all came as expected.
    pub failure: Option<Failure>,
    /// What was tried, in order, as far as the policy that is tested knows a transition for it.
    pub taken: Vec<Taken>,
    /// The names of all reasons for which a step was refused.
    pub refused: BTreeSet<String>,
}

impl ScenarioOutcome {
    /// Tells whether all came as expected.
    pub fn is_passed(&self) -> bool {
        self.failure.is_none()
    }
}

/// A step that came otherwise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// The step.
    pub place: Place,
    /// What came, and what was expected.
    pub message: String,
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.place, self.message)
    }
}

/// A transition that a step meant, and how it ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taken {
    /// The life cycle.
    pub workflow: WorkflowName,
    /// Its place among the transitions of the life cycle, from 0.
    pub transition: usize,
    /// The state that it started from; `None` where it creates a document.
    pub from: Option<StateName>,
    /// How it ended.
    pub came: Came,
}

/// What can come of a transition that is meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Came {
    /// It was taken, and led where it leads.
    Completed,
    /// It was taken, and its round goes on.
    Awaited,
    /// It was refused, for reasons of these names.
    Refused(Vec<String>),
}

/// Why a step was not carried out.
pub(super) struct Refused {
    /// The name of each reason, and its words.
    pub(super) reasons: Vec<(String, String)>,
    /// The transition that was meant.
    pub(super) meant: Option<Meant>,
}

impl Refused {
    /// The name for something that was named and does not exist.
    pub(super) const NOT_FOUND: &'static str = "not_found";

    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.reasons.iter().map(|(name, _)| name.as_str())
    }

    /// What a session answers in the place of doing something; the message says what keeps it from answering.
    pub(super) fn of(error: SessionError) -> Result<Self, String> {
        let one =
            |name: &str, message: String| Self { reasons: vec![(name.to_owned(), message)], meant: None };
        match error {
            SessionError::Denied(refusal) => {
                let reasons = refusal.denial.reasons().iter();
                let reasons = reasons.map(|it| (it.name.clone(), it.message.clone())).collect();
                Ok(Self { reasons, meant: refusal.meant })
            }
            SessionError::NotVerified { refusal, .. } => {
                Ok(one(Condition::from(refusal.why).name(), refusal.to_string()))
            }
            SessionError::NoDocument(_)
            | SessionError::NoType(_)
            | SessionError::NoUser(_)
            | SessionError::NoGroup { .. }
            | SessionError::NoNamespace { .. }
            | SessionError::NoCredential(_)
            | SessionError::NoSession(_)
            | SessionError::NoPerson(_) => Ok(one(Self::NOT_FOUND, error.to_string())),
            other => Err(told(other)),
        }
    }
}

/// Words for what cannot happen in a project in memory.
pub(super) fn told(error: impl std::fmt::Display) -> String {
    format!("the project of the story failed: {error}")
}
