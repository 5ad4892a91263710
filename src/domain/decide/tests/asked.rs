//! What can be asked for: every request that a line of a menu stands for.

use super::dice::{USERS, name};
use crate::domain::id::{ActionName, DocumentId, UserName};
use crate::domain::policy::{Input, InputKind, Policy};
use crate::domain::request::{Inputs, Request, Subject, Value};

/// All inputs that make a difference for an action of the policy, around those that a menu line
/// has chosen already: every choice, every user alone, two at a time, and nobody.
pub(crate) fn candidates(policy: &Policy, action: &ActionName, chosen: &Inputs) -> Vec<Inputs> {
    let mut all = vec![chosen.clone()];
    for input in policy.action(action).into_iter().flat_map(|action| &action.inputs) {
        if chosen.0.contains_key(&input.name) {
            continue;
        }
        let mut values: Vec<Option<Value>> = values_of(policy, input).into_iter().map(Some).collect();
        if !input.required {
            values.push(None);
        }
        all = all
            .iter()
            .flat_map(|inputs| {
                values.iter().map(|value| match value {
                    Some(value) => inputs.clone().with(input.name.clone(), value.clone()),
                    None => inputs.clone(),
                })
            })
            .collect();
    }
    all
}

fn values_of(policy: &Policy, input: &Input) -> Vec<Value> {
    let texts = |names: Vec<String>| names.into_iter().map(Value::Text).collect();
    match input.name.as_str() {
        "trait" => return texts(policy.traits.keys().map(ToString::to_string).collect()),
        "note" => {
            let rules = policy.traits.values().flat_map(|it| &it.notes);
            return texts(rules.map(|rule| rule.key.to_string()).collect());
        }
        _ => {}
    }
    let users = || USERS.iter().map(|(user, _)| name::<UserName>(user));
    match &input.kind {
        InputKind::Line | InputKind::Text | InputKind::Word => vec![Value::Text("WORD".to_owned())],
        InputKind::OneOf(choices) => choices.iter().map(|it| Value::Text(it.value.clone())).collect(),
        InputKind::Document => vec![Value::Document(name("X-1"))],
        InputKind::Item => ["EI-1", "EI-2"].map(|id| Value::Text(id.to_owned())).to_vec(),
        InputKind::File => vec![Value::File(b"a text that is long enough for any note ".repeat(9).into())],
        InputKind::User => users().map(|user| Value::Users(vec![user])).collect(),
        InputKind::Users => {
            let pairs =
                users().flat_map(|a| users().filter_map(move |b| (a < b).then(|| vec![a.clone(), b])));
            users().map(|user| vec![user]).chain(pairs).map(Value::Users).collect()
        }
    }
}

/// The request that a line of a menu stands for, with these inputs.
pub(crate) fn request(action: &ActionName, id: &DocumentId, inputs: Inputs) -> Request {
    Request {
        action: action.clone(),
        subject: Subject::Document(id.clone()),
        inputs,
        copy: None,
        candidate: None,
    }
}
