//! The policy that a story is played under: the one that is tested, with the users and the commands that the
//! story has besides.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::domain::digest::Digest;
use crate::domain::id::{AttestationName, GroupName, UserName};
use crate::domain::policy::{Policy, Sources, pins_text};
use crate::domain::yaml::{self, YamlError};

/// Adds users and commands for evidence to the files of a policy, and adopts every program that it names: none
/// is run.
pub(super) fn rehearse(
    sources: &Sources,
    users: &BTreeMap<&UserName, &GroupName>,
    evidence: &[AttestationName],
) -> Result<Sources, YamlError> {
    let [main, _] = Policy::FILES;
    let mut sources = sources.clone();
    if let Some(text) = sources.0.get_mut(main).filter(|_| !users.is_empty() || !evidence.is_empty()) {
        let mut file: Map<String, Value> = yaml::parse(main, text, 0)?;
        if let Some(known) = part(&mut file, "users") {
            for (name, group) in users {
                let user = json!({ "name": name, "group": group, "kind": "agent" });
                known.insert(name.to_string(), user);
            }
        }
        if let Some(known) = part(&mut file, "evidence") {
            for name in evidence {
                let command = json!({ "help": name, "command": [format!("/rehearsed/{name}")] });
                known.entry(name.as_str()).or_insert(command);
            }
        }
        // What is a text in JSON is the same text in YAML.
        *text = Value::from(file).to_string();
    }
    let mut pins = sources.pins();
    for named in sources.to_pin().unwrap_or_default() {
        pins.entry(named.path).or_insert_with(|| Digest::of(b"rehearsed"));
    }
    if !pins.is_empty() {
        sources.0.insert(Policy::PINS.to_owned(), pins_text(&pins));
    }
    Ok(sources)
}

/// Finds a part of a file, which is empty where the file has none.
fn part<'f>(file: &'f mut Map<String, Value>, key: &str) -> Option<&'f mut Map<String, Value>> {
    file.entry(key).or_insert_with(|| json!({})).as_object_mut()
}
