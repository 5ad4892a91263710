//! Which states documents come to.

use std::collections::{BTreeMap, BTreeSet};

use super::{Effect, Guard, Plain, Policy, Target, Transition, Workflow};
use crate::domain::id::{StateName, TypeName};

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
    let attachments = workflow.types.iter().filter(|one| one.attachment);
    let parents: BTreeSet<&TypeName> =
        attachments.filter_map(|one| one.parent.as_ref()).flat_map(|rule| &rule.types).collect();
    let lives = policy.workflows.values();
    for life in lives.filter(|life| life.types.iter().any(|one| parents.contains(&one.name))) {
        reached.extend(ended_with_attachments(life));
    }
    let next = |edge: &'a Transition, _: &'a StateName| match &edge.to {
        Target::State(to) => vec![to],
        Target::Same | Target::Origin => Vec::new(),
    };
    spread(workflow, reached, next)
}

/// The states that one comes to from others, where a transition from one of them leads to those that `next`
/// names.
fn spread<'a>(
    workflow: &'a Workflow,
    mut reached: BTreeSet<&'a StateName>,
    next: impl Fn(&'a Transition, &'a StateName) -> Vec<&'a StateName>,
) -> BTreeSet<&'a StateName> {
    let mut leaving: BTreeMap<&StateName, Vec<&Transition>> = BTreeMap::new();
    for edge in &workflow.transitions {
        for from in &edge.from {
            leaving.entry(from).or_default().push(edge);
        }
    }
    let mut open: Vec<&StateName> = reached.iter().copied().collect();
    while let Some(state) = open.pop() {
        let edges = leaving.get(state).into_iter().flatten();
        let found = edges.flat_map(|edge| next(edge, state));
        open.extend(found.filter(|state| reached.insert(state)));
    }
    reached
}

impl Workflow {
    /// Tells whether a way to a final state asks for evidence.
    pub fn ends_with_evidence(&self) -> bool {
        self.transitions.iter().any(|edge| {
            let ends = matches!(&edge.to, Target::State(state) if self.is_final(state));
            ends && edge.guards.iter().any(|guard| matches!(guard, Guard::Evidence(_)))
        })
    }

    /// Lists the states that a document comes to from a state by steps that lead on: a round can return, and need not.
    pub fn ahead<'a>(&'a self, from: &'a StateName) -> BTreeSet<&'a StateName> {
        self.after(from, Transition::leads_on)
    }

    /// Tells whether a document can come from a state to another.
    pub fn leads<'a>(&'a self, from: &'a StateName, to: &'a StateName) -> bool {
        self.after(from, |_| true).contains(to)
    }

    /// Tells whether the text of a document can be written anew once it has come to a state: by a step that takes it in
    /// without holding it against what was approved. With what is put in force something else begins.
    pub fn is_written_after(&self, state: &StateName) -> bool {
        let ends = |edge: &Transition| {
            edge.effects.iter().chain(&edge.completion).any(|it| *it == Effect::PutInForce)
        };
        // A round that is given up returns to where it was opened from, which is one of them.
        let states = self.after(state, |edge| edge.leads_on() && !ends(edge));
        self.transitions.iter().any(|edge| {
            edge.effects.contains(&Effect::CheckIn)
                && !edge.guards.contains(&Guard::Plain(Plain::SectionsUnchanged))
                && edge.from.iter().any(|from| states.contains(from))
        })
    }

    /// Lists the states that a document comes to from a state by the transitions that `takes` names.
    pub(super) fn after<'a>(
        &'a self,
        from: &'a StateName,
        takes: impl Fn(&Transition) -> bool,
    ) -> BTreeSet<&'a StateName> {
        let next = |edge: &'a Transition, round: &'a StateName| match &edge.to {
            _ if !takes(edge) => Vec::new(),
            Target::Same => Vec::new(),
            Target::State(state) => vec![state],
            Target::Origin => self.origins(round).collect(),
        };
        spread(self, BTreeSet::from([from]), next)
    }

    /// Lists the states from which a round is opened.
    fn origins<'a>(&'a self, round: &'a StateName) -> impl Iterator<Item = &'a StateName> {
        let opens = move |edge: &&Transition| matches!(&edge.to, Target::State(to) if to == round);
        self.transitions.iter().filter(opens).flat_map(|edge| &edge.from)
    }
}

impl Transition {
    /// Tells whether it leads to a state of its own: to return from a round brings a document nowhere.
    pub(super) fn leads_on(&self) -> bool {
        matches!(self.to, Target::State(_))
    }
}
