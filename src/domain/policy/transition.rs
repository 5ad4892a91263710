//! The ways from state to state, and what tells them apart.

use std::ops::Not;

use serde::{Deserialize, Serialize};

use super::{Effect, Guard, Reminder};
use crate::domain::audit::Meaning;
use crate::domain::document::Task;
use crate::domain::id::{ActionName, GroupName, InputName, StateName};
use crate::domain::yaml::Place;

/// A way from state to state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Transition {
    /// The verb.
    pub action: ActionName,
    /// What else must hold for this transition to be the one that is meant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<When>,
    /// Where it may start; empty where it creates a document.
    pub from: Vec<StateName>,
    /// Where it leads.
    pub to: Target,
    /// The groups that may take it.
    pub by: Vec<GroupName>,
    /// What else must hold.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub guards: Vec<Guard>,
    /// What it does.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub effects: Vec<Effect>,
    /// What it does besides when the state changes, where that waits for a quorum.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub completion: Vec<Effect>,
    /// What the signature of a person who takes it means; the lint sees to it that it is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub meaning: Option<Meaning>,
    /// The verdict that it records.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verdict: Option<VerdictKind>,
    /// Whether the state changes only when no task of the round is open any more.
    #[serde(default, skip_serializing_if = "Not::not")]
    pub quorum: bool,
    /// What whoever took it is reminded of.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reminds: Vec<Reminder>,
    /// Where it stands in its file.
    #[serde(skip)]
    pub place: Place,
}

/// What distinguishes transitions of one verb from one state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum When {
    /// An input has this value.
    Input(InputName, String),
    /// The working copy differs from its base, or does not.
    ContentChanged(bool),
}

/// Where a transition leads.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Target {
    /// It stays.
    Same,
    /// The state that the round was routed from.
    Origin,
    /// A state.
    State(StateName),
}

/// The kinds of verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VerdictKind {
    /// The outcome is an input.
    Review,
    /// The outcome is approval.
    Approve,
    /// The outcome is rejection.
    Reject,
}

impl VerdictKind {
    /// Returns the task that such a verdict answers.
    pub fn task(self) -> Task {
        match self {
            Self::Review => Task::Review,
            Self::Approve | Self::Reject => Task::Approval,
        }
    }
}
