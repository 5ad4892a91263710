//! An offer as a command line: the one place that knows how an action is typed.

use serde::Serialize;

use super::view::flag;
use crate::domain::decide::{Class, Reason};
use crate::domain::hook::words::offered;
use crate::domain::id::{ActionName, UserName};
use crate::domain::offer::Offer;
use crate::domain::policy::{Action, Input, InputKind, Policy};

/// Inputs of the program's own commands that stand without a flag, by action.
const POSITIONAL: &[(&str, &str)] = &[
    ("create", "type"),
    ("token_issue", "user"),
    ("key_acknowledge", "user"),
    ("token_revoke", "credential"),
    ("key_revoke", "credential"),
];

/// A condition that is not met, with the command that would meet it.
#[derive(Debug, Clone, Serialize)]
pub struct ReasonLine {
    /// The stable name.
    pub name: String,
    /// The class.
    pub class: Class,
    /// What is missing here.
    pub message: String,
    /// The command that would meet it, with `<…>` for what is still to be given.
    pub remedy: Option<String>,
}

impl ReasonLine {
    /// Writes a reason for `user`, by the verbs of a policy.
    pub fn new(reason: &Reason, policy: &Policy, user: &UserName) -> Self {
        Self {
            name: reason.name.clone(),
            class: reason.class,
            message: reason.message.clone(),
            remedy: reason.remedy.as_ref().map(|offer| command(offer, policy, user)),
        }
    }
}

/// Writes a command of `user`.
pub fn line(user: &str, words: &str) -> String {
    format!("qms --user {user} {words}")
}

/// Writes an offer as a command of `user`.
pub fn command(offer: &Offer, policy: &Policy, user: &UserName) -> String {
    let action = ActionName::parse(&offer.action).ok().and_then(|name| policy.action(&name));
    let called = action.map_or_else(|| offer.action.replace('_', " "), Action::words);
    let mut words = vec![line(user.as_str(), &called)];
    words.extend(offer.document.as_ref().map(ToString::to_string));
    // What has no flag comes first, then what is given, then what is asked for, each as the policy lists it.
    let place = |name: &str, is_given: bool| {
        let inputs = action.map(|action| action.inputs.as_slice()).unwrap_or_default();
        let listed = inputs.iter().position(|input| input.name.as_str() == name);
        (!is_positional(offer, action, name), !is_given, listed.unwrap_or(inputs.len()))
    };
    let mut inputs: Vec<(&String, &Option<String>)> = offer.inputs.iter().collect();
    inputs.sort_by_key(|(name, value)| place(name, value.is_some()));
    words.extend(inputs.into_iter().map(|(name, value)| told(offer, action, name, value.as_deref())));
    words.join(" ")
}

fn is_positional(offer: &Offer, action: Option<&Action>, name: &str) -> bool {
    action.and_then(|action| action.input(name)).is_some_and(|input| input.positional)
        || POSITIONAL.contains(&(offer.action.as_str(), name))
}

/// Writes one input: a choice as its flag, a word without one, everything else behind its name.
fn told(offer: &Offer, action: Option<&Action>, name: &str, value: Option<&str>) -> String {
    let input = action.and_then(|action| action.input(name));
    let choices = input.map(choices).unwrap_or_default();
    let is_flag = input.is_some_and(|input| !choices.is_empty() && !input.named);
    let shown = match (value, choices.as_slice()) {
        (Some(value), _) if is_flag => flag(value),
        (Some(value), _) => offered(value),
        (None, []) => format!("<{}>", placeholder(name)),
        (None, choices) if is_flag => {
            format!("<{}>", choices.iter().map(|choice| flag(choice)).collect::<Vec<_>>().join("|"))
        }
        (None, choices) => format!("<{}>", choices.join("|")),
    };
    if is_flag || is_positional(offer, action, name) { shown } else { format!("{} {shown}", flag(name)) }
}

fn choices(input: &Input) -> Vec<&str> {
    match &input.kind {
        InputKind::OneOf(choices) => choices.iter().map(|choice| choice.value.as_str()).collect(),
        _ => Vec::new(),
    }
}

/// Names what an input takes, in one word.
pub(super) fn placeholder(name: &str) -> &str {
    match name {
        "assignees" => "users",
        "to" => "user",
        "actual" | "comment" | "evidence" | "reason" | "title" => "text",
        "file" => "path",
        "out" => "file",
        other => other,
    }
}
