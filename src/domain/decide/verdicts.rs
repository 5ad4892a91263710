//! The verdicts that count when a document goes on, and what they say.

use super::{Case, Condition, Reason};
use crate::domain::document::{Document, Outcome, Verdict};
use crate::domain::id::{GroupName, UserName};
use crate::domain::offer::Offer;
use crate::domain::policy::Workflow;

impl Case<'_> {
    /// The verdicts that count: each reviewer's latest on the present content in this phase. Who has become
    /// author or owner since would now let work of their own pass; an objection still counts. What is said in a
    /// round that is open counts when it has ended, so that no refusal gives it away.
    fn counted<'d>(
        &self,
        workflow: &Workflow,
        document: &'d Document,
    ) -> impl Iterator<Item = (&'d UserName, &'d Verdict)> + use<'d, '_> {
        let phase = workflow.state(&document.state).map(|state| state.phase.clone());
        let order = &self.facts.order;
        let opened = document.round.as_ref().map(|round| order.place(round.opened_at));
        document
            .verdicts
            .iter()
            .filter(move |((of, _), _)| Some(of) == phase.as_ref())
            .filter(move |(_, verdict)| opened.is_none_or(|opened| order.place(verdict.at) < opened))
            .filter(|((_, name), verdict)| !passes(verdict) || !self.has_stake(document, name))
            .map(|((_, name), verdict)| (name, verdict))
    }

    pub(super) fn unmet_unanimity(&self, workflow: &Workflow, document: &Document) -> Vec<Reason> {
        let against: Vec<Reason> = self
            .counted(workflow, document)
            .filter(|(_, verdict)| !passes(verdict))
            .map(|(name, _)| {
                let message = format!("{name} asked for changes to {}", document.id);
                // An author mends what was found; who may assign can ask whether it still stands.
                let reading = || Offer::of("comments").about(&document.id);
                Reason::new(Condition::NotUnanimous, message)
                    .remedy(self.assigning(name).unwrap_or_else(reading))
            })
            .collect();
        if against.is_empty() && self.counted(workflow, document).next().is_none() {
            let message = format!("nobody reviewed the present content of {}", document.id);
            return vec![Reason::new(Condition::NotReviewed, message)];
        }
        against
    }

    pub(super) fn unmet_since_rejection(&self, workflow: &Workflow, document: &Document) -> Vec<Reason> {
        let Some(rejected) = document.rejected else { return Vec::new() };
        self.counted(workflow, document)
            .filter(|(_, verdict)| verdict.revision <= rejected)
            .map(|(name, _)| {
                let message = format!("{} was rejected after {name} reviewed it", document.id);
                let again = self.assigning(name).or_else(|| self.verb("checkout"));
                Reason::new(Condition::RejectedSince, message).remedy(again)
            })
            .collect()
    }

    pub(super) fn unmet_reviewed(
        &self,
        group: &GroupName,
        workflow: &Workflow,
        document: &Document,
    ) -> Option<Reason> {
        let groups = std::slice::from_ref(group);
        let reviewed = self.counted(workflow, document).any(|(name, verdict)| {
            self.policy.acts_as(&verdict.group, groups) && !self.has_stake(document, name)
        });
        (!reviewed).then(|| {
            let message = format!("the present content of {} was not reviewed by {group}", document.id);
            let reason = Reason::new(Condition::NotReviewed, message);
            self.with_verb(reason, &Offer::of("assign").asking("assignees"))
        })
    }
}

/// Tells whether a verdict lets a text pass.
const fn passes(verdict: &Verdict) -> bool {
    matches!(verdict.outcome, Outcome::Recommend | Outcome::Approve)
}
