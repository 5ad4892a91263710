//! What a picture of a life cycle shows, whatever the form.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::document::Task;
use crate::domain::id::StateName;
use crate::domain::policy::{Target, Transition, When, Workflow};

/// From so many states to one, an action is drawn once, from a box that lists them.
const CROWD: usize = 4;

/// What a picture shows.
#[derive(Debug)]
pub(super) struct Diagram {
    /// The name of the life cycle, its procedure, its types.
    pub(super) title: String,
    pub(super) nodes: Vec<Node>,
    pub(super) arrows: Vec<Arrow>,
    pub(super) crowds: Vec<Crowd>,
    /// What can be done in every state that is not final.
    pub(super) everywhere: Vec<String>,
}

/// A state.
#[derive(Debug)]
pub(super) struct Node {
    pub(super) name: String,
    pub(super) look: Look,
    /// What can be done without leaving it.
    pub(super) stays: Vec<String>,
    /// How a document gets here from nothing.
    pub(super) created_by: Vec<String>,
    /// Whether no transition leads here: it is where an attachment is taken by its parent.
    pub(super) by_parent: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Look {
    Plain,
    Review,
    Approval,
    Final,
}

/// A way from a state to another; both by their places among the nodes.
#[derive(Debug)]
pub(super) struct Arrow {
    pub(super) from: usize,
    pub(super) to: usize,
    pub(super) labels: Vec<String>,
    /// Whether it leads back to where a round was opened from.
    pub(super) dashed: bool,
}

/// Many states with one way to the same state.
#[derive(Debug)]
pub(super) struct Crowd {
    pub(super) from: Vec<usize>,
    pub(super) to: usize,
    pub(super) labels: Vec<String>,
    /// The ways back to whichever of them it was; drawn dashed.
    pub(super) back: Vec<String>,
}

/// Chooses what a picture shows of a life cycle.
pub(super) fn diagram(workflow: &Workflow) -> Diagram {
    let mut nodes: Vec<Node> = workflow.states.iter().map(|state| node(workflow, &state.name)).collect();
    let unfinished: Vec<&StateName> =
        workflow.states.iter().filter(|it| !it.is_final).map(|it| &it.name).collect();
    let mut everywhere = Vec::new();
    for edge in workflow.transitions.iter().filter(|edge| edge.to == Target::Same) {
        if unfinished.len() > 1 && unfinished.iter().all(|state| edge.from.contains(state)) {
            add(&mut everywhere, label(edge));
        }
    }
    for node in &mut nodes {
        node.stays.retain(|label| !everywhere.contains(label));
    }
    let mut ways = Ways::of(workflow);
    let crowds = ways.crowds();
    Diagram { title: title(workflow), nodes, arrows: ways.arrows(), crowds, everywhere }
}

fn title(workflow: &Workflow) -> String {
    let types: Vec<&str> = workflow.types.iter().map(|it| it.name.as_str()).collect();
    let sop = workflow.sop.as_ref().map(|sop| format!(" · {sop}")).unwrap_or_default();
    let types = if types.is_empty() { String::new() } else { format!(" · {}", types.join(", ")) };
    format!("{}{sop}{types}", workflow.name)
}

fn node(workflow: &Workflow, name: &StateName) -> Node {
    let state = workflow.state(name);
    let round = state.and_then(|state| state.round.as_ref()).map(|round| round.task);
    let mut stays = Vec::new();
    for edge in workflow.leaving(name) {
        let stays_here = match &edge.to {
            Target::Same => true,
            Target::State(to) => to == name,
            Target::Origin => false,
        };
        if stays_here {
            add(&mut stays, label(edge));
        }
    }
    let mut created_by = Vec::new();
    let arrives = |edge: &&Transition| matches!(&edge.to, Target::State(to) if to == name);
    for edge in workflow.transitions.iter().filter(arrives) {
        if edge.from.is_empty() {
            add(&mut created_by, label(edge));
        }
    }
    let is_reached = workflow.transitions.iter().filter(arrives).any(|edge| !edge.from.contains(name));
    let is_initial = state.is_some_and(|state| state.initial);
    let look = match round {
        _ if workflow.is_final(name) => Look::Final,
        Some(Task::Review) => Look::Review,
        Some(Task::Approval) => Look::Approval,
        None => Look::Plain,
    };
    let by_parent = look == Look::Final && !is_reached && !is_initial;
    Node { name: name.to_string(), look, stays, created_by, by_parent }
}

/// What an action is called in a picture: with the choice that distinguishes it.
fn label(edge: &Transition) -> String {
    match &edge.when {
        Some(When::Input(_, value)) => format!("{} --{}", edge.action, value.replace('_', "-")),
        Some(When::ContentChanged(true)) => format!("{} (changed)", edge.action),
        Some(When::ContentChanged(false)) => format!("{} (unchanged)", edge.action),
        None => edge.action.to_string(),
    }
}

fn add(labels: &mut Vec<String>, label: String) {
    if !labels.contains(&label) {
        labels.push(label);
    }
}

/// All ways between different states, by the places of the states.
struct Ways {
    /// Actions that lead from a state to a certain other one; verdicts come first.
    certain: BTreeMap<(usize, usize), Vec<String>>,
    /// Actions that lead back to where the round was opened from.
    back: BTreeMap<usize, Vec<String>>,
    /// Where the round of a state can have been opened from.
    origins: BTreeMap<usize, BTreeSet<usize>>,
}

impl Ways {
    fn of(workflow: &Workflow) -> Self {
        let place = |name: &StateName| workflow.states.iter().position(|state| &state.name == name);
        let mut ways = Self { certain: BTreeMap::new(), back: BTreeMap::new(), origins: BTreeMap::new() };
        let (verdicts, others): (Vec<_>, Vec<_>) =
            workflow.transitions.iter().partition(|edge| edge.verdict.is_some());
        for edge in verdicts.into_iter().chain(others) {
            for from in edge.from.iter().filter_map(place) {
                match &edge.to {
                    Target::Same => {}
                    Target::Origin => add(ways.back.entry(from).or_default(), label(edge)),
                    Target::State(name) => {
                        let Some(to) = place(name).filter(|to| *to != from) else { continue };
                        add(ways.certain.entry((from, to)).or_default(), label(edge));
                        if workflow.state(name).is_some_and(|state| state.round.is_some()) {
                            ways.origins.entry(to).or_default().insert(from);
                        }
                    }
                }
            }
        }
        ways
    }

    /// Takes out the actions that lead from many states to one.
    fn crowds(&mut self) -> Vec<Crowd> {
        let mut sources: BTreeMap<(usize, String), Vec<usize>> = BTreeMap::new();
        for ((from, to), labels) in &self.certain {
            for label in labels {
                sources.entry((*to, label.clone())).or_default().push(*from);
            }
        }
        let mut crowds: Vec<Crowd> = Vec::new();
        for ((to, label), from) in sources.into_iter().filter(|(_, from)| from.len() >= CROWD) {
            for source in &from {
                if let Some(labels) = self.certain.get_mut(&(*source, to)) {
                    labels.retain(|one| one != &label);
                }
            }
            match crowds.iter_mut().find(|it| it.to == to && it.from == from) {
                Some(crowd) => crowd.labels.push(label),
                None => crowds.push(Crowd { from, to, labels: vec![label], back: Vec::new() }),
            }
        }
        self.certain.retain(|_, labels| !labels.is_empty());
        for crowd in &mut crowds {
            let origins = self.origins.get(&crowd.to).map(|it| it.iter().copied().collect::<Vec<_>>());
            if origins.as_ref() == Some(&crowd.from) {
                crowd.back = self.back.remove(&crowd.to).unwrap_or_default();
            }
        }
        crowds
    }

    /// Draws what is left. A way back with one possible end is as certain as any other. With
    /// several, it is dashed to those that no other way leads to; the note explains the rest.
    fn arrows(mut self) -> Vec<Arrow> {
        let mut arrows = Vec::new();
        for (from, labels) in std::mem::take(&mut self.back) {
            let origins = self.origins.remove(&from).unwrap_or_default();
            let is_certain = origins.len() == 1;
            for to in &origins {
                match self.certain.get_mut(&(from, *to)) {
                    Some(there) if is_certain => labels.iter().for_each(|it| add(there, it.clone())),
                    Some(_) => {}
                    None => {
                        let labels = labels.clone();
                        arrows.push(Arrow { from, to: *to, labels, dashed: !is_certain });
                    }
                }
            }
        }
        let certain = self.certain.into_iter();
        arrows.extend(certain.map(|((from, to), labels)| Arrow { from, to, labels, dashed: false }));
        arrows.sort_by_key(|arrow| (arrow.from, arrow.to));
        arrows
    }
}

/// Puts labels into lines of about `width` characters.
pub(super) fn wrapped(labels: &[String], width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for (index, label) in labels.iter().enumerate() {
        let comma = if index + 1 < labels.len() { "," } else { "" };
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + label.chars().count() <= width => {
                line.push_str(&format!(" {label}{comma}"));
            }
            _ => lines.push(format!("{label}{comma}")),
        }
    }
    lines
}
