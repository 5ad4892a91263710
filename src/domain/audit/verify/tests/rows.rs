//! Whoever touches a row instead of the log.

use std::collections::BTreeSet;

use super::*;
use crate::domain::attestation::{Attestation, AttestationKind};

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
fn rows_that_changed_places_in_a_table_that_is_listed_by_age_are_found() {
    let mut log = Log::sample();
    log.versions.swap(0, 1);
    assert_eq!(log.failure(), Failure::RowMoved { row: row(Table::Version, "SOP-001@0.1") });
    assert_eq!(log.failure().to_string(), "version `SOP-001@0.1` is listed after one that was made later");
    // The others are listed by their names, which the entries know.
    let mut log = Log::sample();
    log.documents.swap(0, 2);
    assert!(log.verify().is_ok());
}

// REQ-118
#[test]
fn what_is_taken_for_the_newest_is_what_entries_made_last() {
    let attestation = |number, name_of: &str| Attestation {
        document: name("SOP-001"),
        kind: AttestationKind::Run,
        name: name(name_of),
        number,
        author: name("claude"),
        group: name("initiator"),
        phase: name("execution"),
        subject: Digest::of(b"content"),
        body: Digest::of(b"output"),
        status: Some(0),
        file_name: None,
        media_type: None,
        at: time(20),
    };
    let policy = |text: &str| PolicyRecord { digest: Digest::of(text.as_bytes()), ..Log::sample().policy };
    let runs = [(1, "ci"), (2, "ci"), (1, "aaa")].map(|(number, name)| attestation(number, name));
    let policies = ["p", "a", "z"].map(policy);
    let kinds = [runs.each_ref().map(Row::Attestation), policies.each_ref().map(Row::Policy)];
    for rows in kinds {
        let mut log = Log::sample();
        for (index, row) in (20..).zip(rows) {
            let deltas = row_delta(None, row).into_iter().collect();
            log.append(Entry { deltas, ..plain_entry(index, time(index), "note") });
        }
        let check = |order: [usize; 3]| {
            let mut replay = log.read(None, None)?;
            order.into_iter().filter_map(|place| rows.get(place)).try_for_each(|row| replay.check(*row))
        };
        assert_eq!(check([0, 1, 2]), Ok(()));
        for moved in [[1, 0, 2], [0, 2, 1], [2, 0, 1], [2, 1, 0], [1, 2, 0]] {
            assert!(matches!(check(moved), Err(Failure::RowMoved { .. })), "{moved:?}");
        }
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
