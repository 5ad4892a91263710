//! What this user can do with this document: the same decision, with the inputs left open.

use serde::Serialize;

use super::{Case, Condition, Reason};
use crate::domain::facts::Facts;
use crate::domain::id::{ActionName, InputName, TypeName};
use crate::domain::identity::Actor;
use crate::domain::items::ItemOutcome;
use crate::domain::policy::{Action, Effect, Guard, Input, InputKind, Plain, Policy, When};
use crate::domain::procedure::Citation;
use crate::domain::request::{Inputs, Value};

/// One line of a menu.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// The verb.
    pub action: ActionName,
    /// The words that stand for it on the command line.
    pub words: String,
    /// The section of a procedure that governs it.
    pub sop: Option<Citation>,
    /// What the line says.
    pub label: String,
    /// The choice that distinguishes it from other lines of the verb.
    pub choice: Option<(InputName, String)>,
    /// The type of the document that it makes, which belongs to the one that the menu is about.
    pub makes: Option<TypeName>,
    /// The inputs that are still to be given.
    pub inputs: Vec<LineInput>,
    /// What is missing; empty exactly when some inputs would be permitted.
    pub missing: Vec<Reason>,
}

impl Line {
    /// Tells whether some inputs would be permitted.
    pub fn is_open(&self) -> bool {
        self.missing.is_empty()
    }
}

/// An input that is still to be given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LineInput {
    /// Its name.
    pub name: InputName,
    /// Whether the action is refused without it.
    pub required: bool,
    /// Whether it stands on the command line without a flag.
    pub positional: bool,
    /// Whether a value is a flag of its own.
    pub flags: bool,
    /// The values that it takes, where they are few.
    pub one_of: Vec<String>,
    /// The choice under which the action is refused without it, where it may else be left out.
    pub required_when: Option<(InputName, String)>,
}

impl LineInput {
    /// Writes a value as the word that stands for it on the command line.
    pub fn word(&self, value: &str) -> String {
        let word = value.replace('_', "-");
        if self.flags { format!("--{word}") } else { word }
    }
}

/// Most values that are offered of something of which there could be any number.
const FEW: usize = 10;

fn few(values: Vec<String>) -> Vec<String> {
    if values.len() > FEW { Vec::new() } else { values }
}

/// Lists what `actor` could do with the document of the facts, open lines and closed ones, in the
/// order of the policy's verbs. Verbs that its life cycle never uses are left out.
pub fn menu(policy: &Policy, facts: &Facts, actor: &Actor) -> Vec<Line> {
    let Some(document) = &facts.document else { return Vec::new() };
    let Some((workflow, _)) = policy.document_type(&document.document_type) else { return Vec::new() };
    let edges: Vec<_> = workflow.transitions.iter().filter(|edge| !edge.from.is_empty()).collect();
    let mut lines = Vec::new();
    for action in &policy.actions {
        let of_verb: Vec<_> = edges.iter().filter(|edge| edge.action == action.name).collect();
        if of_verb.is_empty() {
            continue;
        }
        let choosing = of_verb.iter().find_map(|edge| match &edge.when {
            Some(When::Input(name, _)) => action.input(name.as_str()),
            _ => None,
        });
        match choosing.map(|input| (input, &input.kind)) {
            Some((input, InputKind::OneOf(choices))) => {
                for choice in choices {
                    let used = of_verb.iter().any(
                        |edge| matches!(&edge.when, Some(When::Input(name, value)) if *name == input.name && *value == choice.value),
                    );
                    if used {
                        let chosen = Some((input.name.clone(), choice.value.clone()));
                        lines.push(line(policy, facts, actor, action, &choice.label, chosen));
                    }
                }
            }
            _ => lines.push(line(policy, facts, actor, action, &action.label, None)),
        }
    }
    lines
}

/// The line by which `actor` makes the new document of the facts, which belongs to their parent.
pub fn making(policy: &Policy, facts: &Facts, actor: &Actor) -> Option<Line> {
    let new = facts.new.as_ref().filter(|_| facts.parent.is_some())?;
    let (workflow, document_type) = policy.document_type(&new.document_type)?;
    let edge = workflow.transitions.iter().find(|edge| edge.from.is_empty())?;
    let action = policy.action(&edge.action)?;
    let mut line = line(policy, facts, actor, action, &action.label, None);
    line.label = format!("{}: {}", action.label, document_type.title);
    line.makes = Some(document_type.name.clone());
    let answers = policy.names_item(&document_type.name);
    line.inputs.retain_mut(|input| {
        let (is_taken, is_needed) = match input.name.as_str() {
            "parent" => (false, false),
            "namespace" => (document_type.id.needs_namespace(), true),
            "name" => (document_type.id.needs_name(), true),
            "item" => (answers, true),
            "title" => (true, true),
            _ => (true, input.required),
        };
        input.required = is_needed;
        is_taken
    });
    if let Some(item) = line.inputs.iter_mut().find(|input| input.name.as_str() == "item") {
        item.one_of = few(new.failed_items().map(|item| item.id.to_string()).collect());
    }
    Some(line)
}

impl Case<'_> {
    /// Lists what an input of the document's own can be here and now, where that is known.
    fn offered(&self, action: &Action, input: &str) -> Vec<String> {
        let Some(document) = self.document() else { return Vec::new() };
        let guarded = |plain| {
            let meant = self.meant(action);
            meant.is_some_and(|(_, edge)| edge.guards.contains(&Guard::Plain(plain)))
        };
        match input {
            "note" if guarded(Plain::NoteIsDue) => self.writable_notes(document),
            "trait" if guarded(Plain::TraitsAreNew) => self.addable_traits(),
            "name" if self.policy.records_runs(&action.name) => {
                self.policy.evidence.keys().map(ToString::to_string).collect()
            }
            _ => Vec::new(),
        }
    }

    /// Finds the choice that asks for an input which may else be left out: of a failed item it is said what
    /// came about, whatever the policy says.
    fn asks_for(&self, action: &Action, input: &Input) -> Option<(InputName, String)> {
        let (_, edge) = self.meant(action)?;
        let is_asked = edge.effects.contains(&Effect::RecordItem) && input.name.as_str() == "actual";
        let outcome = InputName::parse("outcome").ok()?;
        is_asked.then(|| (outcome, ItemOutcome::Fail.as_str().to_owned()))
    }
}

fn line(
    policy: &Policy,
    facts: &Facts,
    actor: &Actor,
    action: &Action,
    label: &str,
    choice: Option<(InputName, String)>,
) -> Line {
    let inputs = match &choice {
        Some((name, value)) => Inputs::default().with(name.clone(), Value::Text(value.clone())),
        None => Inputs::default(),
    };
    let case = Case { policy, facts, actor, inputs: &inputs, open: true, seeks: true };
    let missing = match case.decide(action) {
        Ok(_) => Vec::new(),
        Err(reasons) if reasons.is_empty() => vec![Reason::new(Condition::UnknownAction, "not decided")],
        Err(mut reasons) => {
            reasons.sort_by_key(|reason| reason.class);
            reasons
        }
    };
    let chosen = |input: &&Input| choice.as_ref().is_none_or(|(name, _)| name != &input.name);
    let inputs = action.inputs.iter().filter(chosen).map(|input| LineInput {
        name: input.name.clone(),
        required: input.required,
        positional: input.positional,
        flags: matches!(input.kind, InputKind::OneOf(_)) && !input.named,
        one_of: match &input.kind {
            InputKind::OneOf(choices) => choices.iter().map(|choice| choice.value.clone()).collect(),
            InputKind::Item => few(case.open_items()),
            _ => case.offered(action, input.name.as_str()),
        },
        required_when: case.asks_for(action, input),
    });
    let inputs = inputs.collect();
    let has = |effect| case.meant(action).is_some_and(|(_, edge)| edge.effects.contains(&effect));
    let label = match &facts.document {
        Some(document) if document.round.is_some() && has(Effect::CheckOut) => {
            format!("{label} (withdraws the round)")
        }
        // A version that is in force stays so; one that was only approved does not count any more.
        Some(document)
            if document.in_force.is_none() && has(Effect::CheckOut) && has(Effect::BeginRevision) =>
        {
            format!("{label} (withdraws the approval)")
        }
        _ => label.to_owned(),
    };
    let (words, sop) = (action.words(), action.citation());
    Line { action: action.name.clone(), words, sop, label, choice, makes: None, inputs, missing }
}
