//! Documents that belong to others: none comes too late for a gate that waits for it, none waits for a parent that
//! waits for it in turn, and what is objected to can be changed.

use std::collections::BTreeSet;

use super::Faults;
use crate::domain::id::StateName;
use crate::domain::policy::{
    DocumentType, Effect, Guard, ParentRule, Plain, Policy, State, Target, Transition, VerdictKind, Workflow,
};

/// Guards that wait for children.
const OF_CHILDREN: &[Plain] = &[Plain::NoOpenChild];

/// Guards that wait for attachments.
const OF_ATTACHMENTS: &[Plain] = &[Plain::AttachmentsFilledIn, Plain::AttachmentsIdle];

impl Faults {
    pub(super) fn children(&mut self, policy: &Policy, workflow: &Workflow) {
        for one in &workflow.types {
            let Some(rule) = &one.parent else { continue };
            for (life, parent) in rule.types.iter().filter_map(|name| policy.document_type(name)) {
                if parent.attachment {
                    let message = format!(
                        "a `{}` belongs to a `{}`, which is an attachment: what is judged and ends with a record has \
                         nothing of its own that could be left open",
                        one.name, parent.name
                    );
                    self.add(&one.place, "child_of_attachment", message);
                    continue;
                }
                self.late(one, rule, (life, parent));
                if one.attachment {
                    self.unmended(workflow, one, (life, parent));
                } else {
                    self.stuck(workflow, one, rule, (life, parent));
                }
            }
        }
    }

    fn late(&mut self, one: &DocumentType, rule: &ParentRule, (life, parent): (&Workflow, &DocumentType)) {
        let late: Vec<&StateName> = rule.suitable(life).filter(|state| one.is_late(life, state)).collect();
        if late.is_empty() {
            return;
        }
        let gates = one.gates().iter().filter(|gate| life.transitions.iter().any(|edge| edge.asks(**gate)));
        let gates = gates.map(|gate| format!("`{gate}`")).collect::<Vec<_>>().join(" or ");
        let why = match gates.as_str() {
            "" => "where its parent has ended".to_owned(),
            gates => format!("behind a transition with the guard {gates}, which waits for it"),
        };
        let message = format!(
            "a `{}` can be made in {} of a `{}`, {why}: name the states in which it can still be carried out",
            one.name,
            shown(&late),
            parent.name
        );
        self.add(&one.place, "child_too_late", message);
    }

    fn stuck(
        &mut self,
        workflow: &Workflow,
        one: &DocumentType,
        rule: &ParentRule,
        (life, parent): (&Workflow, &DocumentType),
    ) {
        let early = rule.suitable(life).filter(|state| !one.is_late(life, state));
        let stuck: Vec<&StateName> = early.filter(|state| !workflow.ends_under(life, state)).collect();
        if !stuck.is_empty() {
            let message = format!(
                "a `{}` that is made in {} of a `{}` never comes to its end: it waits for states (`parent_in`) that \
                 its parent does not come to without it",
                one.name,
                shown(&stuck),
                parent.name
            );
            self.add(&one.place, "child_waits_for_ever", message);
        }
    }

    /// What counts as settled is a state that children of a type come to.
    pub(super) fn settled(&mut self, policy: &Policy, workflow: &Workflow, edge: &Transition) {
        for guard in &edge.guards {
            let Guard::NoUnsettledChild(settled) = guard else { continue };
            if settled.values().all(Vec::is_empty) {
                let message = "without states that count as settled it is `no_open_child` alone".to_owned();
                self.add(&edge.place, "settled_in_no_state", message);
            }
            for (kind, states) in settled {
                let belongs = |one: &DocumentType| {
                    let rule = one.parent.as_ref().filter(|_| !one.attachment);
                    rule.is_some_and(|rule| {
                        workflow.types.iter().any(|parent| rule.types.contains(&parent.name))
                    })
                };
                let life = policy.document_type(kind).filter(|(_, one)| belongs(one)).map(|(life, _)| life);
                let Some(life) = life else {
                    let message = format!("no document of type `{kind}` is waited for here");
                    self.add(&edge.place, "settled_in_no_state", message);
                    continue;
                };
                for state in states.iter().filter(|state| life.state(state).is_none_or(|it| it.is_final)) {
                    let message = format!("`{state}` is no state in which a `{kind}` goes on");
                    self.add(&edge.place, "settled_in_no_state", message);
                }
            }
        }
    }

    /// Where an objection to an attachment holds its parent up, the attachment can be changed, or the parent goes back
    /// to where it can.
    fn unmended(
        &mut self,
        workflow: &Workflow,
        one: &DocumentType,
        (life, parent): (&Workflow, &DocumentType),
    ) {
        let holds = |state: &&StateName| {
            life.leaving(state).any(|edge| match &edge.to {
                Target::State(to) => life.carries_attachments(edge, to),
                Target::Same | Target::Origin => life.carries_attachments(edge, state),
            })
        };
        let held = life.states.iter().map(|state| &state.name).filter(holds);
        let stuck: Vec<&StateName> = held.filter(|state| !workflow.mends_under(life, state)).collect();
        if !stuck.is_empty() {
            let message = format!(
                "somebody can object to a `{}` while its `{}` is {}, which waits for a change of it that is possible in \
                 other states alone (`parent_in`): let it be changed, or the `{}` go back",
                one.name,
                parent.name,
                shown(&stuck),
                parent.name
            );
            self.add(&one.place, "objection_never_mended", message);
        }
    }
}

fn shown(states: &[&StateName]) -> String {
    states.iter().map(|state| state.as_str()).collect::<Vec<_>>().join(", ")
}

impl DocumentType {
    /// The guards by which a parent waits for such a document.
    fn gates(&self) -> &'static [Plain] {
        if self.attachment { OF_ATTACHMENTS } else { OF_CHILDREN }
    }

    /// Tells whether nothing waits any more for such a document where it is made in a state of its parent. What has ended
    /// waits for no child, and an attachment is no part of it.
    fn is_late(&self, parent: &Workflow, made: &StateName) -> bool {
        if parent.is_final(made) {
            return self.attachment;
        }
        let initial = parent.states.iter().filter(|state| state.initial);
        let on = |edge: &Transition| !self.gates().iter().any(|gate| edge.asks(*gate));
        !initial.into_iter().any(|state| parent.after(&state.name, on).contains(made))
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
        let there = parent.after(made, |edge| !OF_CHILDREN.iter().any(|gate| edge.asks(*gate)));
        let mut initial = self.states.iter().filter(|state| state.initial).peekable();
        // Where there is no beginning, that is another fault.
        initial.peek().is_none() || initial.any(|state| self.arrives(&state.name, &there))
    }

    /// Tells whether a document in a state can come to its end while its parent goes on from where it is.
    pub(in crate::domain) fn arrives_under(
        &self,
        state: &StateName,
        parent: &Self,
        above: &StateName,
    ) -> bool {
        self.arrives(state, &parent.after(above, |_| true))
    }

    fn arrives(&self, from: &StateName, parent: &BTreeSet<&StateName>) -> bool {
        let has_goal = self.states.iter().any(|state| state.goal);
        let is_end = |state: &State| if has_goal { state.goal } else { state.is_final };
        // Where there is no end at all, that is another fault.
        !self.states.iter().any(is_end)
            || self
                .after(from, |edge| edge.can_under(parent))
                .into_iter()
                .any(|name| self.state(name).is_some_and(is_end))
    }

    /// Tells whether a document of this life cycle can be changed after whatever is said against it while its parent is in
    /// a state.
    fn mends_under(&self, parent: &Self, state: &StateName) -> bool {
        let (now, there) = (BTreeSet::from([state]), parent.after(state, |_| true));
        let changes = |edge: &Transition| {
            (edge.effects.contains(&Effect::CheckOut) || edge.effects.contains(&Effect::RecordItem))
                && edge.can_under(&there)
        };
        let objections = self.transitions.iter().filter(|edge| {
            matches!(edge.verdict, Some(VerdictKind::Review | VerdictKind::Reject)) && edge.can_under(&now)
        });
        let mut left = objections.flat_map(|edge| match &edge.to {
            Target::State(to) => vec![to],
            Target::Same | Target::Origin => edge.from.iter().collect(),
        });
        left.all(|state| {
            let ahead = self.after(state, |edge| edge.can_under(&there));
            self.transitions
                .iter()
                .any(|edge| changes(edge) && edge.from.iter().any(|from| ahead.contains(from)))
        })
    }
}

impl Transition {
    fn asks(&self, guard: Plain) -> bool {
        self.guards.iter().any(|one| one.is_like(guard))
    }

    /// Tells whether it can be taken while the parent comes to these states and no others.
    fn can_under(&self, parent: &BTreeSet<&StateName>) -> bool {
        self.guards.iter().all(|guard| match guard {
            Guard::ParentIn(states) => states.iter().any(|state| parent.contains(state)),
            _ => true,
        })
    }
}
