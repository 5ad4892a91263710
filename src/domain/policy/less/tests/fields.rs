//! Every field of a policy: a change of it is less, or is known to take nothing away.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, from_str, from_value, to_value};

use super::{Policy, Profile, full, less};

/// Fields of which no change takes a demand away, with what they are instead.
const HARMLESS: &[(&str, &str)] = &[
    ("actions.[].command", "the words for a verb on the command line"),
    ("actions.[].done", "what is said afterwards"),
    ("actions.[].help", "a sentence of help"),
    ("actions.[].inputs.[].help", "a sentence of help"),
    ("actions.[].inputs.[].kind.one_of.[].label", "the words of a menu"),
    ("actions.[].inputs.[].named", "where a choice is written on the command line"),
    ("actions.[].inputs.[].positional", "where an input is written on the command line"),
    ("actions.[].label", "the words of a menu"),
    ("evidence.*.help", "a sentence of help"),
    ("groups.*.help", "a sentence of help"),
    ("traits.*.help", "a sentence of help"),
    ("users.[].group", "only a fresh project begins with them"),
    ("users.[].kind", "only a fresh project begins with them"),
    ("users.[].name", "only a fresh project begins with them"),
    ("users.[].printed_name", "only a fresh project begins with them"),
    ("workflows.*.name", "the name of a life cycle; its types are what follows it"),
    ("workflows.*.types.[].title", "what a type is called"),
];

/// Fields that hold things by their names.
const BY_NAME: &[&str] =
    &["groups", "workflows", "agents", "launchers", "traits", "runtimes", "evidence", "pins", "each"];

/// Collects every place of a value, by what it is a place of.
fn places(value: &Value, kind: &str, at: &str, found: &mut BTreeMap<String, Vec<String>>) {
    if !kind.is_empty() {
        found.entry(kind.trim_start_matches('.').to_owned()).or_default().push(at.to_owned());
    }
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                let is_name =
                    BY_NAME.contains(&kind.trim_start_matches('.')) || kind.ends_with(".definition");
                let shown = if is_name { "*" } else { name };
                let escaped = name.replace('~', "~0").replace('/', "~1");
                places(value, &format!("{kind}.{shown}"), &format!("{at}/{escaped}"), found);
            }
        }
        Value::Array(values) => {
            for (nth, value) in values.iter().enumerate() {
                places(value, &format!("{kind}.[]"), &format!("{at}/{nth}"), found);
            }
        }
        _ => {}
    }
}

/// Words of all sorts, one of which can stand in most places.
const WORDS: [&str; 4] = ["light", "initiator", "approval", "other"];

/// Other values for a place: what stands elsewhere in its stead, and what differs a little.
fn others(value: &Value, elsewhere: &BTreeSet<String>) -> Vec<Value> {
    let own = value.to_string();
    let texts = elsewhere.iter().filter(|text| **text != own).take(4);
    let mut others: Vec<Value> = texts.map(|text| from_str(text).unwrap()).collect();
    match value {
        Value::Bool(is_so) => others.push(Value::from(!is_so)),
        Value::Number(number) => others.extend(number.as_u64().map(|number| Value::from(number + 1))),
        Value::String(text) => {
            others.push(Value::from(format!("{text}x")));
            others.extend(WORDS.map(Value::from));
        }
        Value::Array(values) => {
            others.push(Value::from(values.get(1..).unwrap_or_default().to_vec()));
            others.extend(WORDS.map(|word| [values.as_slice(), &[Value::from(word)]].concat().into()));
        }
        _ => {}
    }
    others
}

/// The policies after one change of a field: other values in some places, none there, and one where there was none.
fn changes(whole: &Value, field: &str, all: &BTreeMap<String, Vec<String>>) -> Vec<Value> {
    let places = &all[field];
    let elsewhere: BTreeSet<String> =
        places.iter().filter_map(|at| whole.pointer(at)).map(Value::to_string).collect();
    let mut changed = Vec::new();
    let step = places.len().div_ceil(4).max(1);
    for at in places.iter().step_by(step).chain(places.last()) {
        for other in others(whole.pointer(at).unwrap(), &elsewhere) {
            let mut next = whole.clone();
            *next.pointer_mut(at).unwrap() = other;
            changed.push(next);
        }
        let (parent, last) = at.rsplit_once('/').unwrap();
        let mut next = whole.clone();
        match next.pointer_mut(parent) {
            Some(Value::Object(fields)) => drop(fields.remove(&last.replace("~1", "/").replace("~0", "~"))),
            Some(Value::Array(values)) => drop(values.remove(last.parse().unwrap())),
            _ => {}
        }
        changed.push(next);
    }
    let (parent, last) = field.rsplit_once('.').unwrap_or_default();
    let lacks = |at: &&String| whole.pointer(at).is_some_and(|it| it.is_object() && it.get(last).is_none());
    for at in all.get(parent).into_iter().flatten().filter(lacks).take(4) {
        let mut next = whole.clone();
        let value = from_str(elsewhere.first().unwrap()).unwrap();
        next.pointer_mut(at).unwrap().as_object_mut().unwrap().insert(last.to_owned(), value);
        changed.push(next);
    }
    changed
}

/// Tells whether a value has no fields itself.
fn is_plain(value: &Value) -> bool {
    match value {
        Value::Object(_) => false,
        Value::Array(values) => values.iter().all(is_plain),
        _ => true,
    }
}

// REQ-240
#[test]
fn a_change_of_any_field_is_less_or_known_to_take_nothing_away() {
    let mut now = full();
    now.profile = Profile::Gxp;
    let whole = to_value(&now).unwrap();
    let mut all = BTreeMap::new();
    places(&whole, "", "", &mut all);
    let is_noticed = |field: &&String| {
        let policies = changes(&whole, field, &all).into_iter();
        let mut policies = policies.filter_map(|value| from_value::<Policy>(value).ok());
        policies.any(|next| !less(&now, &next).is_empty())
    };
    let is_field = |at: &String| whole.pointer(at).is_some_and(is_plain);
    let fields: Vec<&String> =
        all.iter().filter(|(_, it)| it.iter().all(is_field)).map(|(it, _)| it).collect();
    assert!(fields.len() > 80, "{}", fields.len());
    let unnoticed: Vec<&str> =
        fields.into_iter().filter(|field| !is_noticed(field)).map(String::as_str).collect();
    let known: Vec<&str> = HARMLESS.iter().map(|(kind, _)| *kind).collect();
    assert_eq!(unnoticed, known);
}
