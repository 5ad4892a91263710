//! Whether guards mean something where they stand and can be met there, and whether effects are told what they need.

use super::Faults;
use crate::domain::policy::{
    Action, Asked, DocumentType, Effect, Guard, Needed, Plain, Policy, Scope, State, Takes, Target,
    Transition, Workflow,
};

/// Guards of which each rules the other out.
const OPPOSITES: [(Plain, Plain); 3] = [
    (Plain::CheckedOut, Plain::NotCheckedOut),
    (Plain::NeverApproved, Plain::OnceApproved),
    (Plain::NeverApproved, Plain::RevisesVersionInForce),
];

impl Faults {
    pub(super) fn places(&mut self, policy: &Policy, workflow: &Workflow, edge: &Transition) {
        let asked = if edge.from.is_empty() { Asked::New } else { Asked::Document };
        for guard in &edge.guards {
            let name = guard.name();
            if guard.has_meaning(asked) {
                self.guard(policy, workflow, edge, guard);
                continue;
            }
            let message = match asked {
                Asked::New => {
                    format!("`{}` makes a document: `{name}` means nothing before it is there", edge.action)
                }
                _ => format!("`{}` is about a document: `{name}` means nothing of one", edge.action),
            };
            self.add(&edge.place, "guard_out_of_place", message);
        }
        let has = |plain| edge.guards.contains(&Guard::Plain(plain));
        for (one, other) in OPPOSITES.into_iter().filter(|(one, other)| has(*one) && has(*other)) {
            let message = format!("`{}` waits for `{one}` and for `{other}`: never both hold", edge.action);
            self.add(&edge.place, "guard_never_met", message);
        }
        for effect in edge.effects.iter().chain(&edge.completion) {
            self.effect(policy, edge, *effect);
        }
        if edge.from.is_empty() {
            self.beginning(policy, workflow, edge);
        }
    }

    fn guard(&mut self, policy: &Policy, workflow: &Workflow, edge: &Transition, guard: &Guard) {
        let (at, verb, name) = (&edge.place, &edge.action, guard.name());
        let state = |name| workflow.state(name);
        if let Some(needed) = guard.needs() {
            self.needed(policy, edge, name, needed);
        }
        // Of `opened` the readings tell it.
        if guard.needs_round() && *guard != Guard::Plain(Plain::Opened) {
            let idle = edge.from.iter().filter(|from| state(from).is_none_or(|it| it.round.is_none()));
            for from in idle {
                self.add(at, "no_round", format!("`{name}` is about a round, and `{from}` has none"));
            }
        }
        if let Some(why) = never_met(policy, workflow, edge, guard) {
            self.add(at, "guard_never_met", format!("`{verb}` waits for `{name}`, and {why}"));
        }
    }

    /// What an effect needs is told, and looked at.
    fn effect(&mut self, policy: &Policy, edge: &Transition, effect: Effect) {
        let (at, verb) = (&edge.place, &edge.action);
        if edge.from.is_empty() && !effect.begins() {
            let message = format!("`{verb}` makes a document: `{effect}` means nothing before it is there");
            self.add(at, "effect_out_of_place", message);
            return;
        }
        for needed in effect.needs() {
            self.needed(policy, edge, effect.as_str(), *needed);
        }
        let guard = effect.guard().filter(|plain| !edge.guards.contains(&Guard::Plain(*plain)));
        if let Some(plain) = guard {
            let message = format!("`{verb}` has the effect `{effect}`: it needs the guard `{plain}`");
            self.add(at, "effect_without_guard", message);
        }
    }

    fn needed(&mut self, policy: &Policy, edge: &Transition, what: &str, (name, takes): Needed) {
        let input = policy.action(&edge.action).and_then(|action| action.input(name));
        if input.is_none_or(|input| !input.tells(takes)) {
            let message =
                format!("`{what}` needs `{}` to have an input `{name}`: required, {takes}", edge.action);
            self.add(&edge.place, "input_missing", message);
        }
    }

    /// A document is made in one way, and by what its type and its verb both know.
    fn beginning(&mut self, policy: &Policy, workflow: &Workflow, edge: &Transition) {
        let (at, verb) = (&edge.place, &edge.action);
        if edge.when.is_some() || edge.verdict.is_some() || edge.quorum || !edge.completion.is_empty() {
            let message =
                format!("`{verb}` makes a document: it has no `when`, no `verdict` and no `quorum`");
            self.add(at, "initial_state", message);
        }
        let Some(action) = policy.action(verb).filter(|action| action.scope == Scope::New) else { return };
        for kind in &workflow.types {
            for why in unmakeable(policy, action, kind) {
                self.add(at, "input_missing", why);
            }
        }
    }

    /// What the program reads for somebody, it reads without being told anything else.
    pub(super) fn reading(&mut self, action: &Action) {
        if action.scope != Scope::Document || !action.has_own_command() {
            return;
        }
        for input in action.inputs.iter().filter(|input| input.required) {
            let message =
                format!("`{}` does not always tell `{}`: it cannot be required", action.words(), input.name);
            self.add(&action.place, "input_of_command", message);
        }
    }
}

/// Why nothing of a type could be made by a verb: one asks for what the other does not have.
fn unmakeable(policy: &Policy, action: &Action, kind: &DocumentType) -> Vec<String> {
    let name = &kind.name;
    let asked = [
        ("parent", Takes::Document, kind.parent.is_some()),
        ("item", Takes::Item, kind.parent.as_ref().is_some_and(|rule| rule.item)),
        ("namespace", Takes::Text, kind.id.needs_namespace()),
        ("name", Takes::Text, kind.id.needs_name()),
    ];
    let mut found = Vec::new();
    for (input, takes, is_needed) in asked {
        match action.input(input) {
            Some(told) if is_needed && !takes.is_form_of(&told.kind) => {
                found.push(format!("`{}` tells the `{input}` of a `{name}` by {takes}", action.name));
            }
            None if is_needed => {
                found.push(format!("a `{name}` has a `{input}`, for which `{}` has no input", action.name));
            }
            Some(told) if !is_needed && told.required => {
                found.push(format!("`{}` requires `{input}`, and a `{name}` has none", action.name));
            }
            _ => {}
        }
    }
    if policy.traits.is_empty() && action.input("trait").is_some_and(|told| told.required) {
        found.push(format!("`{}` requires `trait`, and the policy has none", action.name));
    }
    found
}

/// Why a guard could never be met by a transition, where that is so.
fn never_met(policy: &Policy, workflow: &Workflow, edge: &Transition, guard: &Guard) -> Option<String> {
    let effects = || workflow.transitions.iter().flat_map(|way| way.effects.iter().chain(&way.completion));
    let has = |wanted: &[Effect]| effects().any(|effect| wanted.contains(effect));
    let nothing = |what: &str| Some(format!("nothing in `{}` {what}", workflow.name));
    if guard.counts_verdicts() {
        let unasked = edge.from.iter().find(|from| !judged(policy, workflow, from, guard))?;
        let whom = guard.groups().first().map_or_else(|| "nobody".to_owned(), |group| format!("no {group}"));
        return Some(format!("in the phase of `{unasked}` {whom} gives a verdict"));
    }
    if let Guard::OwnerOr(groups) = guard
        && edge.verdict.is_some()
        && !policy.groups.keys().any(|group| policy.acts_as(group, groups) && policy.acts_as(group, &edge.by))
    {
        return Some("neither an owner nor a member of these groups gives a verdict".to_owned());
    }
    let Guard::Plain(plain) = guard else { return None };
    match plain {
        Plain::CheckedOut if edge.verdict.is_some() => {
            Some("in a round nobody has it checked out".to_owned())
        }
        Plain::Owner if edge.verdict.is_some() => Some("no owner gives a verdict".to_owned()),
        Plain::CheckedOut if !has(&[Effect::CheckOut]) => nothing("is checked out"),
        Plain::OnceApproved if !has(&[Effect::RaiseVersion]) => nothing("is approved"),
        Plain::RevisesVersionInForce if !has(&[Effect::PutInForce]) => nothing("comes into force"),
        Plain::ItemRecordable if !workflow.types.iter().any(|kind| kind.items) => nothing("has items"),
        Plain::TemplateInForce => {
            let kind = workflow.types.iter().find(|kind| kind.template.is_none())?;
            Some(format!("a `{}` names no template", kind.name))
        }
        Plain::AttachmentObjected => {
            let is_own = |name| workflow.document_type(name).is_some();
            let mut attached = policy.document_types().filter(|kind| kind.attachment);
            let is_attached =
                attached.any(|kind| kind.parent.iter().flat_map(|rule| &rule.types).any(is_own));
            if is_attached { None } else { nothing("has attachments") }
        }
        Plain::AssigneesEligible if !opens_or_adds(workflow, edge) => {
            Some("there is no round that anybody could be assigned to".to_owned())
        }
        _ => None,
    }
}

/// Tells whether verdicts of the kind that a guard counts can be given in the phase of a state.
fn judged(policy: &Policy, workflow: &Workflow, from: &crate::domain::id::StateName, guard: &Guard) -> bool {
    let phase = workflow.state(from).map(|state| &state.phase);
    let asks = |state: &&State| Some(&state.phase) == phase && state.round.is_some();
    let groups = guard.groups();
    let counts = |way: &Transition| {
        let mut members = policy.groups.keys().filter(|group| policy.acts_as(group, &way.by));
        way.verdict.is_some() && (groups.is_empty() || members.any(|group| policy.acts_as(group, groups)))
    };
    workflow.states.iter().filter(asks).any(|state| workflow.leaving(&state.name).any(counts))
}

fn opens_or_adds(workflow: &Workflow, edge: &Transition) -> bool {
    let has_round = |name| workflow.state(name).is_some_and(|state| state.round.is_some());
    matches!(&edge.to, Target::State(to) if has_round(to)) || edge.from.iter().all(has_round)
}
