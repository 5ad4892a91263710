//! Exports: what they carry, and that whoever has one can verify it.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on stops"
)]

#[path = "exports/by_hand.rs"]
mod by_hand;
mod project;
#[path = "exports/tampering.rs"]
mod tampering;

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::sync::OnceLock;

use jsonschema::Validator;
use serde_json::{Value, json};

use self::project::Project;

/// The fields that an outsider needs, and that tables carry, too.
const CARRIED: [&str; 5] = ["actor_kind", "credential", "content_digest", "policy_digest", "leaf_hash"];

/// A project with an approval that a person signed, and an open round in which two answered.
fn under_way() -> Project {
    let project = Project::new();
    let phrase = project.folder().join("phrase");
    fs::write(&phrase, "correct horse\n").unwrap();
    fs::set_permissions(&phrase, fs::Permissions::from_mode(0o600)).unwrap();
    project.play(&[
        "-u lead user add maria --group quality --human",
        "-u lead token issue maria --out ../code",
        "--token-file ../code enrol --passphrase-file ../phrase",
        "-u claude create CR --title \"Give reviewers five days\"",
        "-u claude route CR-001 --review --assignees maria,tu",
        "-u maria review CR-001 --recommend --comment fine --passphrase-file ../phrase",
        "-u tu review CR-001 --recommend --comment fine",
        "-u claude create CR --title second",
        "-u claude route CR-002 --review --assignees maria,tu",
        "-u maria review CR-002 --request-updates --comment no --passphrase-file ../phrase",
        "-u qa assign CR-002 --assignees lead",
        "-u lead user add qb --group quality --agent",
    ]);
    project.run("-u mallory list").is(8);
    project
}

/// An export of such a project to `claude`, who may not see what was answered in the open round.
fn exported() -> &'static str {
    static EXPORTED: OnceLock<String> = OnceLock::new();
    EXPORTED.get_or_init(|| {
        let project = under_way();
        let text = project.run("-u claude audit export -o jsonl").is(0).text();
        // Entries follow what is withheld, one of them about the same document.
        let withheld = lines(&text).iter().position(|line| line["withheld"] == true).unwrap();
        assert_eq!(lines(&text)[withheld + 1]["document"], "CR-002");
        text
    })
}

fn lines(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// What the published schema says of a shape.
fn shape(name: &str) -> Validator {
    let schema: Value = serde_json::from_str(project::answer::SCHEMA).unwrap();
    let of_shape = json!({"$defs": schema["$defs"], "$ref": format!("#/$defs/{name}")});
    jsonschema::validator_for(&of_shape).unwrap()
}

// REQ-216
#[test]
fn an_entry_shows_its_bytes_and_changes_and_a_withheld_one_neither() {
    let lines = lines(exported());
    let (of_line, of_entry) = (shape("export_line"), shape("entry"));
    for line in &lines {
        let mut entry = line.clone();
        entry.as_object_mut().unwrap().retain(|name, _| !["bytes", "head"].contains(&name.as_str()));
        assert!(of_line.is_valid(line) && of_entry.is_valid(&entry), "{line:#}");
        let is_withheld = line["withheld"] == json!(true);
        assert_eq!([line["bytes"].is_null(), line["changes"].is_null()], [is_withheld; 2], "{line}");
    }
    assert_eq!(lines.iter().filter(|line| line["withheld"] == true).count(), 1);
    let created = lines.iter().find(|line| line["document"] == "CR-001").unwrap();
    let change = |field: &str| {
        let changes = created["changes"].as_array().unwrap();
        changes.iter().find(|change| change["field"] == field).unwrap().clone()
    };
    assert_eq!(
        change("state"),
        json!({"table": "document", "key": "CR-001", "field": "state", "old": null, "new": "DRAFT"})
    );
    assert_eq!(change("template")["new"], json!({"id": "TEMPLATE-CR", "version": "1.0"}));
    assert_eq!(change("content")["new"], created["content_digest"]);
    assert_eq!(change("updated_at")["new"], created["at"]);
}

// REQ-216
#[test]
fn a_table_carries_kind_credential_and_digests() {
    let project = under_way();
    for form in ["csv", "md"] {
        let text = project.run(&format!("-u qa audit export -o {form}")).is(0).text();
        let header: Vec<&str> = text.lines().next().unwrap().split([',', '|']).map(str::trim).collect();
        assert!(CARRIED.iter().all(|name| header.contains(name)), "{header:?}");
        let ids = project.ask("-u lead key list").is(0)["data"]["credentials"].clone();
        let id = ids[0]["id"].as_str().unwrap().to_owned();
        assert!(text.contains(&id) && text.contains("human"), "{text}");
        // It is the same by either name.
        assert_eq!(project.run(&format!("-u qa audit export --format {form}")).is(0).text(), text);
    }
    for line in ["list -o csv", "-u qa status CR-001 -o jsonl", "audit verify -o md"] {
        project.run(line).is(2).says("forms of `qms audit export` alone");
    }
}

// REQ-217
#[test]
fn the_history_of_a_document_shows_what_each_entry_changed() {
    let project = under_way();
    let history = project.ask("-u qa history CR-001").is(0);
    let entries = history["data"]["entries"].as_array().unwrap();
    let routed = entries.iter().find(|entry| entry["action"] == "route").unwrap();
    let state = routed["changes"].as_array().unwrap().iter().find(|change| change["field"] == "state");
    assert_eq!([&state.unwrap()["old"], &state.unwrap()["new"]], ["DRAFT", "IN_PRE_REVIEW"]);
    let wide = project.run("-u qa history CR-001 -o wide").is(0).text();
    assert!(wide.contains("state: DRAFT → IN_PRE_REVIEW"), "{wide}");
    // What somebody else answered in an open round is in no change, either.
    for line in ["history CR-002 -o wide", "history CR-002 -o json"] {
        let text = project.run(&format!("-u claude {line}")).is(0).text();
        assert!(!text.contains("request_updates"), "{text}");
    }
}
