//! The way of a document to what its life cycle is for, and what stands in it now.

use std::collections::{BTreeMap, VecDeque};

use super::{Case, Reason};
use crate::domain::document::Document;
use crate::domain::facts::Facts;
use crate::domain::id::{ActionName, StateName};
use crate::domain::identity::Actor;
use crate::domain::policy::{Effect, Policy, Target, Transition, When, Workflow};
use crate::domain::request::Inputs;

/// A step of the way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WayStep {
    /// The verb.
    pub action: ActionName,
    /// The choice that it is taken with.
    pub choice: Option<String>,
    /// Where it starts.
    pub from: StateName,
    /// Where it leads.
    pub to: StateName,
    /// Who takes it: users where they are known, else groups.
    pub by: Vec<String>,
    /// What stands in the way, whoever takes it.
    pub missing: Vec<Reason>,
}

/// Lists the steps from where the document stands to the nearest goal of its life cycle; `None` where it
/// cannot come to one.
pub fn way(policy: &Policy, facts: &Facts, actor: &Actor) -> Option<Vec<WayStep>> {
    let document = facts.document.as_ref()?;
    let (workflow, _) = policy.document_type(&document.document_type)?;
    let edges = shortest(workflow, &document.state)?;
    let inputs = Inputs::default();
    let case = Case { policy, facts, actor, inputs: &inputs, open: true, seeks: false };
    let mut said: Vec<Reason> = Vec::new();
    let step = |(from, edge, to): (&StateName, &Transition, &StateName)| WayStep {
        action: edge.action.clone(),
        choice: match &edge.when {
            Some(When::Input(_, value)) => Some(value.clone()),
            _ => None,
        },
        from: from.clone(),
        to: to.clone(),
        by: takers(edge, document, from),
        missing: {
            let mut missing = case.standing(workflow, edge, document, from);
            said.extend(missing.iter().cloned());
            // What holds several steps up is named at the first of them.
            for reason in case.unmet_attached(workflow, edge, to, document) {
                if !said.contains(&reason) {
                    said.push(reason.clone());
                    missing.push(reason);
                }
            }
            missing
        },
    };
    Some(edges.into_iter().map(step).collect())
}

/// Who takes a step.
fn takers(edge: &Transition, document: &Document, from: &StateName) -> Vec<String> {
    let is_now = document.state == *from;
    match &document.round {
        Some(round) if is_now && edge.verdict.is_some() => {
            let open = round.seats.keys().filter(|user| round.awaits(user));
            open.map(ToString::to_string).collect()
        }
        _ => edge.by.iter().map(ToString::to_string).collect(),
    }
}

type Leg<'w> = (&'w StateName, &'w Transition, &'w StateName);

/// Finds a shortest way to a goal, in the order of the policy where several are as short.
fn shortest<'w>(workflow: &'w Workflow, start: &StateName) -> Option<Vec<Leg<'w>>> {
    let start = &workflow.state(start)?.name;
    let mut came: BTreeMap<&StateName, Leg<'w>> = BTreeMap::new();
    let mut open = VecDeque::from([start]);
    while let Some(state) = open.pop_front() {
        if workflow.state(state)?.goal {
            let mut way = Vec::new();
            let mut at = state;
            while at != start {
                let leg = came.get(at)?;
                way.push(*leg);
                at = leg.0;
            }
            way.reverse();
            return Some(way);
        }
        // A verdict is the way that is meant, before others to the same state.
        // Whoever gives a draft up comes back to where it began, and not to what it is for.
        let gives_up = |edge: &&Transition| edge.effects.contains(&Effect::RestoreVersionInForce);
        let mut edges: Vec<&Transition> = workflow.leaving(state).filter(|edge| !gives_up(edge)).collect();
        edges.sort_by_key(|edge| edge.verdict.is_none());
        for edge in edges {
            if let Target::State(to) = &edge.to
                && to != start
                && !came.contains_key(to)
            {
                came.insert(to, (state, edge, to));
                open.push_back(to);
            }
        }
    }
    None
}

impl Case<'_> {
    /// What is missing for a transition from `from`, of what speaks about the document itself.
    fn standing(
        &self,
        workflow: &Workflow,
        edge: &Transition,
        document: &Document,
        from: &StateName,
    ) -> Vec<Reason> {
        let mut ahead = document.clone();
        ahead.state.clone_from(from);
        // A review that lies ahead has come to no result yet.
        let is_now = document.state == *from;
        let stand = edge.guards.iter().filter(|guard| guard.stands() || (is_now && guard.counts_verdicts()));
        stand.flat_map(|guard| self.unmet(guard, workflow, edge, &ahead)).collect()
    }
}
