//! What is wrong with a policy that can be read: each fault with a name.

mod children;
mod items;
mod meaning;
mod places;
mod project;
mod verdicts;

use std::collections::{BTreeMap, BTreeSet};

use super::paths::{ended_with_attachments, reachable};
use super::reserved::{RESERVED_FLAGS, is_reserved};
use super::{
    Action, Agent, Effect, FAULTS_MAX, Fault, Guard, InputKind, Plain, Policy, Scope, State, Target,
    Transition, VerdictKind, When, Workflow, cited,
};
use crate::domain::document::{Kind, Outcome, Task, User};
use crate::domain::front_matter;
use crate::domain::id::StateName;
use crate::domain::procedure::Procedures;
use crate::domain::yaml::Place;

/// Lists the faults of a policy, in the order of their places. `procedures` are those that it may cite.
pub fn lint(policy: &Policy, procedures: &Procedures) -> Vec<Fault> {
    let mut faults = Faults(cited::lint(policy, procedures));
    faults.verbs(policy);
    faults.run_verb(policy);
    faults.project(policy);
    faults.traits(policy);
    for workflow in policy.workflows.values() {
        faults.states(policy, workflow);
        faults.edges(workflow);
        for transition in &workflow.transitions {
            faults.transition(policy, workflow, transition);
            faults.places(policy, workflow, transition);
            faults.meaning(transition);
        }
        faults.rounds(policy, workflow);
        faults.runs(workflow);
        faults.types(policy, workflow);
        faults.items(policy, workflow);
        faults.children(policy, workflow);
    }
    faults.0.sort();
    // Several parents, or several ways to an end, may say the same of one attachment.
    faults.0.dedup();
    faults.0
}

impl Policy {
    /// Lists the agents that would act as people: what they did would be on record as done by one.
    pub fn agents_of_people<'u>(&self, users: impl Iterator<Item = &'u User>) -> Vec<Fault> {
        let people = users.filter(|user| user.kind == Kind::Human && user.removed_at.is_none());
        let people: BTreeSet<_> = people.map(|user| &user.name).collect();
        let agents = self.agents.iter().filter(|(_, agent)| people.contains(&agent.user));
        let faults = agents.map(|(name, Agent { user, place, .. })| Fault {
            place: place.clone(),
            name: "agent_of_person",
            message: format!("agent `{name}` acts as `{user}`, a person; give it a user of its own"),
        });
        faults.collect()
    }
}

pub(super) struct Faults(Vec<Fault>);

/// A state (or none, where a document is created) and a verb.
type Start<'a> = (Option<&'a StateName>, &'a str);

impl Faults {
    pub(super) fn add(&mut self, place: &Place, name: &'static str, message: String) {
        if self.0.len() < FAULTS_MAX {
            self.0.push(Fault { place: place.clone(), name, message });
        }
    }

    fn verbs(&mut self, policy: &Policy) {
        let used: BTreeSet<_> = policy
            .workflows
            .values()
            .flat_map(|workflow| &workflow.transitions)
            .map(|edge| &edge.action)
            .collect();
        for (at, action) in policy.actions.iter().enumerate() {
            let name = &action.name;
            let is_own = action.scope == Scope::Project || action.has_own_command();
            let words = action.words();
            let begins = words.split_once(' ').map_or(words.as_str(), |(group, _)| group);
            let mut before = policy.actions.iter().take(at).map(Action::words);
            let mut all = policy.actions.iter().map(Action::words);
            if !is_own && is_reserved(&words) {
                self.add(&action.place, "reserved_verb", format!("`{words}` is a command of the program"));
            } else if !is_own
                && (before.any(|other| other == words)
                    || (begins != words && all.any(|other| other == begins)))
            {
                self.add(
                    &action.place,
                    "reserved_verb",
                    format!("another verb is called `{begins}` already"),
                );
            }
            if !is_own && !used.contains(name) {
                self.add(&action.place, "unused_verb", format!("no transition has the action `{name}`"));
            }
            if action.scope != Scope::Project {
                self.flags(action);
            }
            self.reading(action);
        }
    }

    /// A note that is demanded and that nothing waits for is a gate silently gone.
    fn traits(&mut self, policy: &Policy) {
        for (name, it, rule) in policy.idle_notes() {
            let message = format!("no transition waits for the note `{}` of `{name}`", rule.key);
            self.add(&it.place, "idle_note", message);
        }
        for life in policy.workflows.values() {
            for (it, rule) in policy.unwritable_notes(life) {
                let (role, key, life) = (rule.writer(), &rule.key, &life.name);
                let message =
                    format!("`{life}` waits for the note `{key}`, which no {role} can write in it then");
                self.add(&it.place, "note_nobody_can_write", message);
            }
        }
    }

    /// Inputs become flags, and a flag means one thing.
    fn flags(&mut self, action: &Action) {
        let positional = action.inputs.iter().filter(|input| input.positional);
        if !positional.map(|input| input.required).is_sorted_by(|one, other| one >= other) {
            let message = "an input without a flag that is required comes behind one that is not".to_owned();
            self.add(&action.place, "input_kind", message);
        }
        let mut seen: BTreeSet<String> = RESERVED_FLAGS.iter().map(|flag| (*flag).to_owned()).collect();
        for input in &action.inputs {
            let flags = match &input.kind {
                InputKind::OneOf(choices) if !input.named => {
                    choices.iter().map(|choice| choice.value.clone()).collect()
                }
                InputKind::Text => vec![input.name.to_string(), format!("{}_file", input.name)],
                _ => vec![input.name.to_string()],
            };
            for flag in flags {
                let shown = flag.replace('_', "-");
                if !seen.insert(flag) {
                    let message = format!("`{}` has the flag `--{shown}` already", action.name);
                    self.add(&action.place, "two_flags", message);
                }
            }
        }
    }

    fn states(&mut self, policy: &Policy, workflow: &Workflow) {
        let initial: Vec<&State> = workflow.states.iter().filter(|state| state.initial).collect();
        if initial.len() != 1 {
            let message =
                format!("`{}` needs exactly one initial state, it has {}", workflow.name, initial.len());
            self.add(&workflow.place, "initial_state", message);
        }
        let reached = reachable(policy, workflow);
        for state in &workflow.states {
            let name = &state.name;
            // Documents may have ended there, under a policy by which something led there.
            if !state.is_final && !reached.contains(name) {
                self.add(&state.place, "unreachable_state", format!("no transition leads to `{name}`"));
            }
            let leaves = workflow.leaving(name).any(|edge| match &edge.to {
                Target::Same => false,
                Target::Origin => true,
                Target::State(to) => to != name,
            });
            if !state.is_final && !leaves {
                let message = format!("nobody can leave `{name}`, and it is not final");
                self.add(&state.place, "dead_end", message);
            }
            if state.is_final && workflow.leaving(name).next().is_some() {
                self.add(
                    &state.place,
                    "final_state_left",
                    format!("`{name}` is final, and a transition starts there"),
                );
            }
        }
    }

    /// Two transitions for one (state, action, choice) would make a decision depend on their order.
    fn edges(&mut self, workflow: &Workflow) {
        let mut seen: BTreeMap<Start<'_>, Vec<(&Option<When>, &Place)>> = BTreeMap::new();
        for edge in &workflow.transitions {
            let starts: Vec<Option<&StateName>> =
                if edge.from.is_empty() { vec![None] } else { edge.from.iter().map(Some).collect() };
            for start in starts {
                let others = seen.entry((start, edge.action.as_str())).or_default();
                let clash = others.iter().find(|(when, _)| !excludes(when.as_ref(), edge.when.as_ref()));
                if let Some((_, first)) = clash {
                    let from = start.map_or("nothing", StateName::as_str);
                    let message =
                        format!("a second `{}` from {from}; the first stands at {first}", edge.action);
                    self.add(&edge.place, "two_edges", message);
                }
                others.push((&edge.when, &edge.place));
            }
        }
    }

    fn transition(&mut self, policy: &Policy, workflow: &Workflow, edge: &Transition) {
        let at = &edge.place;
        self.parent_states(policy, workflow, edge);
        self.settled(policy, workflow, edge);
        self.verdict(workflow, edge);
        self.passed_over(workflow, edge);
        if edge.by.is_empty() {
            self.add(at, "nobody", format!("nobody may `{}` here: `by` is empty", edge.action));
        }
        if !edge.completion.is_empty() && !edge.quorum {
            self.add(at, "completion_without_quorum", "`completion` needs `quorum: all`".to_owned());
        }
        if edge.from.is_empty() {
            let initial = workflow.states.iter().find(|state| state.initial).map(|state| &state.name);
            if !matches!((&edge.to, initial), (Target::State(to), Some(initial)) if to == initial) {
                self.add(at, "initial_state", "a document is created into the initial state".to_owned());
            }
            return;
        }
        for from in &edge.from {
            let round = workflow.state(from).and_then(|state| state.round.as_ref());
            let needs_round = edge.quorum
                || edge.verdict.is_some()
                || edge.to == Target::Origin
                || edge.effects.iter().any(|effect| matches!(effect, Effect::AddSeats | Effect::RemoveSeats));
            if needs_round && round.is_none() {
                let message = format!("`{}` needs a round, and `{from}` has none", edge.action);
                self.add(at, "no_round", message);
            }
            if let (Some(verdict), Some(round)) = (edge.verdict, round)
                && verdict.task() != round.task
            {
                let message = format!("`{}` does not answer the round of `{from}`", edge.action);
                self.add(at, "wrong_round", message);
            }
        }
        if edge.verdict == Some(VerdictKind::Review) {
            self.review_has_outcomes(policy, edge);
        }
    }

    /// The parent can be in the states that a transition waits for.
    fn parent_states(&mut self, policy: &Policy, workflow: &Workflow, edge: &Transition) {
        let parents =
            workflow.types.iter().filter_map(|one| one.parent.as_ref()).flat_map(|rule| &rule.types);
        let lives: Vec<&Workflow> =
            parents.filter_map(|one| policy.document_type(one)).map(|(life, _)| life).collect();
        for guard in &edge.guards {
            let Guard::ParentIn(states) = guard else { continue };
            if states.is_empty() || lives.is_empty() {
                let message = "no type here has a parent that could be in one of these states".to_owned();
                self.add(&edge.place, "parent_in_no_state", message);
                continue;
            }
            for state in states.iter().filter(|state| lives.iter().all(|life| life.state(state).is_none())) {
                let message = format!("no parent of these types is ever `{state}`");
                self.add(&edge.place, "parent_in_no_state", message);
            }
        }
    }

    fn review_has_outcomes(&mut self, policy: &Policy, edge: &Transition) {
        let outcome = policy.action(&edge.action).and_then(|action| action.input("outcome"));
        let sound = outcome.is_some_and(|input| {
            input.required
                && matches!(&input.kind, InputKind::OneOf(choices) if choices.iter().all(|choice| {
                    matches!(Outcome::from_word(&choice.value), Some(Outcome::Recommend | Outcome::RequestUpdates))
                }))
        });
        if !sound {
            let message = format!(
                "`{}` is a review: it needs a required input `outcome` of `recommend` and `request_updates`",
                edge.action
            );
            self.add(&edge.place, "review_without_outcome", message);
        }
    }

    fn rounds(&mut self, policy: &Policy, workflow: &Workflow) {
        for state in &workflow.states {
            let Some(rule) = &state.round else { continue };
            let answers: Vec<&Transition> = workflow
                .leaving(&state.name)
                .filter(|edge| edge.verdict.is_some_and(|verdict| verdict != VerdictKind::Reject))
                .collect();
            if !answers.iter().any(|edge| policy.acts_as(&rule.slot, &edge.by)) {
                let message = format!(
                    "the slot of `{}` is for `{}`, who cannot give its verdict",
                    state.name, rule.slot
                );
                self.add(&state.place, "slot_nobody_can_fill", message);
            }
            for edge in answers.iter().filter(|edge| !edge.quorum) {
                let message =
                    format!("`{}` ends the round at the first answer: add `quorum: all`", edge.action);
                self.add(&edge.place, "verdict_without_quorum", message);
            }
        }
        for edge in &workflow.transitions {
            let effects = || edge.completion.iter().chain(&edge.effects);
            let raises = effects().any(|effect| matches!(effect, Effect::PutInForce | Effect::RaiseVersion));
            if raises && !ends_an_approval(workflow, edge) {
                let message = format!("`{}` approves without a round: an author could approve", edge.action);
                self.add(&edge.place, "author_could_approve", message);
            }
            if effects().any(|effect| *effect == Effect::TakeOutOfForce) && !ends_an_approval(workflow, edge)
            {
                let message =
                    format!("`{}` takes a version out of force, and nobody approves that", edge.action);
                self.add(&edge.place, "retired_without_approval", message);
            }
        }
    }

    fn types(&mut self, policy: &Policy, workflow: &Workflow) {
        let creates = workflow.transitions.iter().any(|edge| edge.from.is_empty());
        let ends: BTreeSet<&StateName> =
            workflow.states.iter().filter(|state| state.is_final).map(|state| &state.name).collect();
        for document_type in &workflow.types {
            if !creates {
                let message = format!("nothing creates a `{}`", document_type.name);
                self.add(&document_type.place, "nothing_creates", message);
            }
            for name in document_type.required.iter().filter(|name| !front_matter::is_authors(name)) {
                let kind = &document_type.name;
                let message = format!(
                    "`{name}` is nothing that the author of a `{kind}` can write: it cannot be required"
                );
                self.add(&document_type.place, "required_field", message);
            }
            let Some(parent) = &document_type.parent else {
                if document_type.attachment {
                    let message = format!("`{}` is an attachment without a parent", document_type.name);
                    self.add(&document_type.place, "attachment_without_parent", message);
                }
                continue;
            };
            if !document_type.attachment {
                continue;
            }
            let parents = parent.types.iter().filter_map(|one| policy.document_type(one));
            for (life, _) in parents {
                for state in ended_with_attachments(life) {
                    if !ends.contains(state) {
                        let message = format!(
                            "`{}` ends with its parent in `{state}`, which is no final state of `{}`",
                            document_type.name, workflow.name
                        );
                        self.add(&document_type.place, "attachment_cannot_end", message);
                    }
                }
            }
        }
    }
}

/// Tells whether of two conditions only one can hold: two values of one input, or changed and unchanged content.
fn excludes(one: Option<&When>, other: Option<&When>) -> bool {
    match (one, other) {
        (Some(When::Input(name, value)), Some(When::Input(same, another))) => {
            name == same && value != another
        }
        (Some(When::ContentChanged(one)), Some(When::ContentChanged(other))) => one != other,
        _ => false,
    }
}

/// Tells whether a transition can only complete where a round of approval was answered: by the last
/// approval, or by releasing whoever has not answered while somebody stays who did or will.
fn ends_an_approval(workflow: &Workflow, edge: &Transition) -> bool {
    let is_approval = |state: &StateName| {
        let rule = workflow.state(state).and_then(|state| state.round.as_ref());
        rule.is_some_and(|rule| rule.task == Task::Approval)
    };
    let guards = |plain| edge.guards.contains(&Guard::Plain(plain));
    if edge.from.is_empty() {
        // An attachment is born from a template that was approved; nothing is born in force.
        return guards(Plain::TemplateInForce) && !edge.effects.contains(&Effect::PutInForce);
    }
    let answers = edge.verdict == Some(VerdictKind::Approve)
        || (edge.effects.contains(&Effect::RemoveSeats)
            && guards(Plain::AssigneesSeated)
            && guards(Plain::SlotStaysFilled));
    edge.from.iter().all(is_approval) && edge.quorum && answers
}
