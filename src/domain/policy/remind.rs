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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::policy::{Candidate, Citing, fixture};

    /// The reminders of `route` that an agent and a person of a group see.
    fn seen(policy: &Policy, group: &str) -> Vec<usize> {
        let group = GroupName::parse(group).unwrap();
        let route = policy.actions.iter().find(|action| action.name.as_str() == "route").unwrap();
        let edges = || policy.workflows.values().flat_map(|workflow| &workflow.transitions);
        let edge = edges().find(|edge| edge.action == route.name).unwrap();
        let count = |kind| policy.reminders(route, edge, &group, kind).count();
        [Kind::Agent, Kind::Human].into_iter().map(count).collect()
    }

    #[test]
    fn a_reminder_is_for_its_groups_with_those_that_include_them_and_for_its_kind() {
        assert_eq!(seen(&fixture::candidate().policy, "initiator"), [1, 0]);
        let mut sources = fixture::sources();
        let text = sources.0.get_mut(Policy::FILES[1]).unwrap();
        let reminder = "- { kind: agent, text: \"tell those who judge";
        *text = text.replacen(reminder, &reminder.replace("kind: agent", "to: [initiator]"), 1);
        let policy = Candidate::new(sources, &fixture::procedures()).unwrap().policy;
        assert_eq!(seen(&policy, "initiator"), [1, 1]);
        assert_eq!(seen(&policy, "administrator"), [1, 1]);
        assert_eq!(seen(&policy, "quality"), [0, 0]);
    }

    #[test]
    fn a_policy_that_was_kept_before_there_were_reminders_still_reads() {
        let kept = serde_json::to_string(&fixture::candidate().policy).unwrap();
        let mut value: serde_json::Value = serde_json::from_str(&kept).unwrap();
        for action in value["actions"].as_array_mut().unwrap() {
            let action = action.as_object_mut().unwrap();
            action.remove("reminds");
            // Anything could stand here once.
            action.insert("sop".to_owned(), "the manual#7".into());
        }
        let workflows = value["workflows"].as_object_mut().unwrap();
        for edge in workflows.values_mut().flat_map(|it| it["transitions"].as_array_mut().unwrap()) {
            edge.as_object_mut().unwrap().remove("reminds");
        }
        let policy: Policy = serde_json::from_value(value).unwrap();
        assert_eq!(seen(&policy, "initiator"), [0, 0]);
        assert!(policy.actions.iter().all(|action| action.citation().is_none()));
        assert!(policy.citations().all(|cited| matches!(cited.by, Citing::Workflow(_))));
    }
}
