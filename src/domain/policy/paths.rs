//! Which states documents come to.

use std::collections::BTreeSet;

use super::{Effect, Guard, Policy, Target, Workflow};
use crate::domain::id::StateName;

/// The states in which a life cycle takes its attachments along.
pub(super) fn ended_with_attachments(workflow: &Workflow) -> impl Iterator<Item = &StateName> {
    workflow.transitions.iter().filter_map(|edge| match &edge.to {
        Target::State(to)
            if edge.effects.iter().chain(&edge.completion).any(|e| *e == Effect::EndAttachments) =>
        {
            Some(to)
        }
        _ => None,
    })
}

/// The states that a document can come to, its parent's end included.
pub(super) fn reachable<'a>(policy: &'a Policy, workflow: &'a Workflow) -> BTreeSet<&'a StateName> {
    let mut reached: BTreeSet<&StateName> =
        workflow.states.iter().filter(|state| state.initial).map(|state| &state.name).collect();
    for attachment in workflow.types.iter().filter(|one| one.attachment) {
        let parents = attachment.parent.iter().flat_map(|rule| &rule.types);
        for (life, _) in parents.filter_map(|one| policy.document_type(one)) {
            reached.extend(ended_with_attachments(life));
        }
    }
    loop {
        let before = reached.len();
        for edge in &workflow.transitions {
            if let Target::State(to) = &edge.to
                && edge.from.iter().any(|from| reached.contains(from))
            {
                reached.insert(to);
            }
        }
        if reached.len() == before {
            return reached;
        }
    }
}

impl Workflow {
    /// Tells whether a way to a final state asks for evidence.
    pub fn ends_with_evidence(&self) -> bool {
        self.transitions.iter().any(|edge| {
            let ends = matches!(&edge.to, Target::State(state) if self.is_final(state));
            ends && edge.guards.iter().any(|guard| matches!(guard, Guard::Evidence(_)))
        })
    }

    /// Tells whether a document can come from a state to another.
    pub fn leads(&self, from: &StateName, to: &StateName) -> bool {
        let mut reached = BTreeSet::from([from]);
        loop {
            let before = reached.len();
            for edge in &self.transitions {
                let starts: Vec<&StateName> = edge.from.iter().filter(|one| reached.contains(one)).collect();
                match &edge.to {
                    _ if starts.is_empty() => {}
                    Target::Same => {}
                    Target::State(state) => {
                        reached.insert(state);
                    }
                    Target::Origin => reached.extend(starts.iter().flat_map(|round| self.origins(round))),
                }
            }
            if reached.len() == before {
                return reached.contains(to);
            }
        }
    }

    /// Lists the states from which a round is opened.
    fn origins<'a>(&'a self, round: &'a StateName) -> impl Iterator<Item = &'a StateName> {
        let opens = move |edge: &&super::Transition| matches!(&edge.to, Target::State(to) if to == round);
        self.transitions.iter().filter(opens).flat_map(|edge| &edge.from)
    }
}
