//! Answers for programs, checked against the published schema.

use std::collections::BTreeMap;
use std::ops::Deref;
use std::sync::OnceLock;

use jsonschema::Validator;
use serde_json::{Value, json};

use super::Ran;

/// The published schema.
pub const SCHEMA: &str = include_str!("../../docs/schema/qms-1.json");

/// An answer that keeps to the schema; it can be looked into like its JSON document.
#[derive(Debug)]
pub struct Answer {
    /// The exit status.
    pub status: i32,
    /// Standard error.
    pub stderr: String,
    value: Value,
    line: String,
}

impl Answer {
    /// Reads the answer to a command line.
    pub fn new<S: AsRef<str>>(words: &[S], ran: Ran) -> Self {
        let text = ran.text();
        let value: Value = serde_json::from_str(&text)
            .unwrap_or_else(|error| panic!("qms {}: not one document: {error}\n{text}", ran.line));
        check(&kind(words), &value);
        assert_eq!(value["ok"], json!(ran.status == 0), "qms {}: {text}", ran.line);
        if ran.status != 0 {
            assert_eq!(value["error"]["status"], json!(ran.status), "qms {}: {text}", ran.line);
        }
        Self { status: ran.status, stderr: ran.stderr, value, line: ran.line }
    }

    /// Checks the exit status.
    #[track_caller]
    pub fn is(self, status: i32) -> Self {
        assert_eq!(self.status, status, "qms {}\n{:#}\n{}", self.line, self.value, self.stderr);
        self
    }

    /// Returns the names of the reasons of a refusal.
    pub fn reasons(&self) -> Vec<&str> {
        let reasons = self["error"]["reasons"].as_array().unwrap();
        reasons.iter().map(|reason| reason["name"].as_str().unwrap()).collect()
    }

    /// Returns the document, whole.
    pub fn value(&self) -> &Value {
        &self.value
    }
}

impl Deref for Answer {
    type Target = Value;

    fn deref(&self) -> &Value {
        &self.value
    }
}

/// Names the shape of the data that a command answers with.
fn kind<S: AsRef<str>>(words: &[S]) -> String {
    let mut words = words.iter().map(AsRef::as_ref);
    let mut command = Vec::new();
    while let Some(word) = words.next() {
        match word {
            "--help" | "-h" => return "text".to_owned(),
            "--version" if command.is_empty() => return "text".to_owned(),
            "-u"
            | "--user"
            | "-o"
            | "--output"
            | "--root"
            | "--color"
            | "--source"
            | "--token-file"
            | "--passphrase-file"
            | "--document"
            | "--task"
            | "--out"
            | "--ttl"
            | "--fingerprint"
            | "--reason"
            | "--new-passphrase-file" => drop(words.next()),
            _ if word.starts_with('-') => {}
            _ => command.push(word),
        }
    }
    let is_named = command.len() > 2;
    let (command, of) = (command.first().copied().unwrap_or(""), command.get(1).copied());
    let name = match (command, of) {
        ("user", Some("list")) => "users",
        ("note", Some("list")) => "notes",
        ("note", Some("show")) => "note",
        ("trait", Some("list")) => "traits",
        ("namespace", _) => "namespaces",
        ("item", Some("list")) => "items",
        ("item", Some("file")) => "item_file",
        ("workflow", Some("show")) if is_named => "life_cycle",
        ("workflow", _) => "policy",
        ("sop", Some("list")) => "sops",
        ("sop", _) => "sop",
        ("agent", Some("list")) => "sessions",
        ("agent", _) => "agent",
        ("hooks", _) => "hooks",
        ("evidence", Some("list")) => "evidence_list",
        ("evidence", Some("run")) => "run",
        ("token", Some("issue" | "rotate")) => "issued",
        ("token" | "key", Some("list")) => "credentials",
        ("token" | "key", Some("revoke")) => "revoked",
        ("key", Some("acknowledge")) => "acknowledged",
        ("key" | "enrol" | "recover", _) => "key",
        ("audit", Some("verify")) => "audit",
        ("audit", Some(name)) => name,
        ("metrics", _) => "reviews",
        ("completion", _) => "text",
        (
            "status" | "next" | "list" | "inbox" | "brief" | "workspace" | "read" | "diff" | "history"
            | "comments" | "why" | "blocked" | "evidence" | "user" | "doctor" | "explain" | "init" | "whoami"
            | "unlock",
            _,
        ) => command,
        _ => "action",
    };
    name.to_owned()
}

/// Checks a document against the schema, with the data of the command that it answers.
#[track_caller]
pub fn check(kind: &str, value: &Value) {
    static VALIDATORS: OnceLock<BTreeMap<String, Validator>> = OnceLock::new();
    let validators = VALIDATORS.get_or_init(validators);
    let name = if value["ok"] == json!(true) { kind } else { "failure" };
    let validator = validators.get(name).unwrap_or_else(|| panic!("the schema has no `{name}`"));
    let faults: Vec<String> =
        validator.iter_errors(value).map(|fault| format!("{}: {fault}", fault.instance_path())).collect();
    assert!(faults.is_empty(), "{name}: {}\n{value:#}", faults.join("\n"));
}

/// One validator for each shape of data, and one for failures.
fn validators() -> BTreeMap<String, Validator> {
    let schema: Value = serde_json::from_str(SCHEMA).unwrap();
    let shapes = schema["$defs"].as_object().unwrap().keys().filter_map(|name| name.strip_suffix("_data"));
    let with_data = |name: &str| json!({"properties": {"data": {"$ref": format!("#/$defs/{name}_data")}}});
    let mut rules: BTreeMap<String, Value> = shapes.map(|name| (name.to_owned(), with_data(name))).collect();
    rules.insert("failure".to_owned(), json!({"$ref": "#/$defs/failure"}));
    let build = |rule: Value| {
        let mut whole = schema.clone();
        whole["allOf"] = json!([rule]);
        jsonschema::validator_for(&whole).unwrap()
    };
    rules.into_iter().map(|(name, rule)| (name, build(rule))).collect()
}
