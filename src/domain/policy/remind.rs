//! Reminders: what whoever acts is told at the moment it matters.

use serde::{Deserialize, Serialize};
use serde_yaml::Spanned;

use super::compile::{Compiler, place};
use super::source::ReminderSource;
use super::{Action, Policy, Transition};
use crate::domain::document::Kind;
use crate::domain::id::GroupName;
use crate::domain::procedure::Citation;
use crate::domain::yaml::Place;

/// A sentence that is said after an action, to those whom it concerns.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reminder {
    /// The sentence.
    pub text: String,
    /// The section that it comes from.
    pub sop: Citation,
    /// The groups that it is for; empty for all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub to: Vec<GroupName>,
    /// What those are whom it is for; `None` for all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<Kind>,
    /// Where it stands in its file.
    #[serde(skip)]
    pub place: Place,
}

impl Policy {
    /// Lists what somebody is reminded of who took a transition of a verb: first what stands with the
    /// verb, then what stands with the transition.
    pub fn reminders<'p>(
        &'p self,
        action: &'p Action,
        edge: &'p Transition,
        group: &'p GroupName,
        kind: Kind,
    ) -> impl Iterator<Item = &'p Reminder> {
        action.reminds.iter().chain(&edge.reminds).filter(move |it| {
            it.kind.is_none_or(|wanted| wanted == kind) && (it.to.is_empty() || self.acts_as(group, &it.to))
        })
    }
}

impl Compiler {
    /// Reads what stands under `reminds`.
    pub(super) fn reminders(&mut self, file: &str, sources: Vec<Spanned<ReminderSource>>) -> Vec<Reminder> {
        let mut reminders = Vec::new();
        for source in sources {
            let at = place(file, &source);
            let ReminderSource { text, sop, to, kind } = source.value;
            if text.trim().is_empty() || text.contains('\n') {
                self.fault(&at, "reminder_text", "a reminder is one line of text".to_owned());
            }
            // Where the verbs are read alone there are no groups to be known.
            if !self.groups.is_empty() {
                self.check_groups(&at, &to);
            }
            reminders.push(Reminder { text, sop, to, kind, place: at });
        }
        reminders
    }
}
