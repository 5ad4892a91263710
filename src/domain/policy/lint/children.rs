//! Documents that belong to others: none comes too late for a gate that waits for it, and none waits for a parent that
//! waits for it in turn.

use std::collections::BTreeSet;

use super::Faults;
use crate::domain::id::StateName;
use crate::domain::policy::{DocumentType, Guard, ParentRule, Plain, Policy, Transition, Workflow};

impl Faults {
    /// Attachments hold nothing up, and end with their parent, which has an end of its own.
    pub(super) fn children(&mut self, policy: &Policy, workflow: &Workflow) {
        for one in workflow.types.iter().filter(|one| one.attachment) {
            let parents = one.parent.iter().flat_map(|rule| &rule.types);
            let nested =
                parents.filter(|name| policy.document_type(name).is_some_and(|(_, it)| it.attachment));
            for parent in nested {
                let message = format!(
                    "a `{}` is attached to a `{parent}`, which is attached itself: what is judged and ends with a record \
                     belongs to that record",
                    one.name
                );
                self.add(&one.place, "attachment_of_attachment", message);
            }
        }
        for one in workflow.types.iter().filter(|one| !one.attachment) {
            let Some(rule) = &one.parent else { continue };
            for (life, parent) in rule.types.iter().filter_map(|name| policy.document_type(name)) {
                self.child(workflow, one, rule, (life, parent));
            }
        }
    }

    fn child(
        &mut self,
        workflow: &Workflow,
        one: &DocumentType,
        rule: &ParentRule,
        (life, parent): (&Workflow, &DocumentType),
    ) {
        let before = life.before_gates();
        let is_late = |state: &&StateName| !life.is_final(state) && !before.contains(state);
        let (late, early): (Vec<_>, Vec<_>) = rule.suitable(life).partition(is_late);
        let shown =
            |states: &[&StateName]| states.iter().map(|state| state.as_str()).collect::<Vec<_>>().join(", ");
        let (child, parent) = (&one.name, &parent.name);
        if !late.is_empty() {
            let message = format!(
                "a `{child}` can be made in {} of a `{parent}`, behind a transition with the guard `{}`, which \
                 waits for it: name the states in which it can still be carried out",
                shown(&late),
                Plain::NoOpenChild
            );
            self.add(&one.place, "child_too_late", message);
        }
        let stuck: Vec<&StateName> =
            early.into_iter().filter(|state| !workflow.ends_under(life, state)).collect();
        if !stuck.is_empty() {
            let message = format!(
                "a `{child}` that is made in {} of a `{parent}` never comes to its end: it waits for states \
                 (`parent_in`) that its parent does not come to without it",
                shown(&stuck)
            );
            self.add(&one.place, "child_waits_for_ever", message);
        }
    }
}

impl ParentRule {
    /// Lists the states of a parent in which a child can be made.
    fn suitable<'a>(&'a self, life: &'a Workflow) -> impl Iterator<Item = &'a StateName> {
        let is_suitable = |name: &StateName| {
            if self.states.is_empty() { !life.is_final(name) } else { self.states.contains(name) }
        };
        life.states.iter().map(|state| &state.name).filter(move |name| is_suitable(name))
    }
}

impl Workflow {
    /// Tells whether a document of this life cycle comes to its end, while the parent in whose state it was made passes
    /// no gate that waits for it.
    fn ends_under(&self, parent: &Self, made: &StateName) -> bool {
        let there = parent.after(made, |edge| !edge.waits_for_children());
        let can = |edge: &Transition| {
            edge.leads_on()
                && edge.guards.iter().all(|guard| match guard {
                    Guard::ParentIn(states) => states.iter().any(|state| there.contains(state)),
                    _ => true,
                })
        };
        let has_goal = self.states.iter().any(|state| state.goal);
        let is_end = |name: &StateName| {
            self.state(name).is_some_and(|state| if has_goal { state.goal } else { state.is_final })
        };
        let initial = self.states.iter().filter(|state| state.initial);
        let mut reached = initial.flat_map(|state| self.after(&state.name, can));
        // Where there is no end at all, that is another fault.
        !self.states.iter().any(|state| is_end(&state.name)) || reached.any(is_end)
    }

    /// Lists the states that a document comes to without passing a gate that waits for its children.
    fn before_gates(&self) -> BTreeSet<&StateName> {
        let initial = self.states.iter().filter(|state| state.initial);
        let on = |edge: &Transition| edge.leads_on() && !edge.waits_for_children();
        initial.flat_map(|state| self.after(&state.name, on)).collect()
    }
}

impl Transition {
    fn waits_for_children(&self) -> bool {
        self.guards.contains(&Guard::Plain(Plain::NoOpenChild))
    }
}
