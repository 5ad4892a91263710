//! Whoever touches a row instead of the log.

use std::collections::BTreeSet;

use super::*;

fn row(table: Table, key: &str) -> RowName {
    RowName { table, key: key.to_owned() }
}

fn differs(table: Table, key: &str, fields: &[&str]) -> Failure {
    let fields = fields.iter().map(|field| (*field).to_owned()).collect();
    Failure::RowDiffers { row: row(table, key), fields }
}

// REQ-118
#[test]
fn edited_document_is_found_with_its_fields() {
    let mut log = Log::sample();
    let document = log.document(0);
    document.state = name("EFFECTIVE");
    document.owner = None;
    document.parent = Some(name("CR-001"));
    document.authors.insert(name("qa"), BTreeSet::new());
    let fields = ["owner", "parent", "state", "author/qa"];
    assert_eq!(log.failure(), differs(Table::Document, "SOP-001", &fields));
    assert_eq!(
        log.failure().to_string(),
        "document `SOP-001` was changed without an entry: `owner`, `parent`, `state`, `author/qa`"
    );
}

// REQ-118
#[test]
fn edited_row_of_every_table_is_found_by_name() {
    type Edit = fn(&mut Log);
    let edits: [(Edit, Failure); 5] = [
        (|log| log.project.origin = Digest::of(b"another"), differs(Table::Project, "project", &["origin"])),
        (|log| log.user.group = name("administrator"), differs(Table::User, "claude", &["group"])),
        (|log| log.namespace.added_at = time(5), differs(Table::Namespace, "CORE", &["added_at"])),
        (
            |log| log.policy.compiled.push(' '),
            differs(Table::Policy, &Digest::of(b"policy").to_string(), &["compiled"]),
        ),
        (
            |log| log.versions.iter_mut().for_each(|version| version.content = Digest::of(b"another")),
            differs(Table::Version, "SOP-001@0.1", &["content"]),
        ),
    ];
    for (edit, expected) in edits {
        let mut log = Log::sample();
        edit(&mut log);
        assert_eq!(log.failure(), expected);
        assert_eq!(log.failure().index(), None);
    }
}

// REQ-118
#[test]
fn added_row_is_found() {
    let mut log = Log::sample();
    log.documents.push(new_document("SOP-004", time(4)));
    assert_eq!(log.failure(), Failure::RowUnknown { row: row(Table::Document, "SOP-004") });
    let mut log = Log::sample();
    log.versions.iter_mut().for_each(|version| version.version = Version::new(9, 0));
    assert_eq!(log.failure(), Failure::RowUnknown { row: row(Table::Version, "SOP-001@9.0") });
}

// REQ-118
#[test]
fn removed_rows_are_found_and_counted() {
    let mut log = Log::sample();
    log.documents.remove(1);
    log.versions.clear();
    assert_eq!(log.failure(), Failure::RowLost { row: row(Table::Document, "SOP-002"), count: 4 });
}
