//! Entries that do not follow from those before them.

use proptest::prelude::*;

use super::super::held::{HeldRows, Misfit};
use super::*;
use crate::domain::steps;

fn change(field: &str, old: Option<&[u8]>, new: Option<&[u8]>) -> FieldDelta {
    FieldDelta { name: field.to_owned(), old: old.map(<[u8]>::to_vec), new: new.map(<[u8]>::to_vec) }
}

/// The sample with one more entry, which changes `key` like this.
fn failure_of(table: Table, key: &str, fields: Vec<FieldDelta>) -> Option<Failure> {
    let mut log = Log::sample();
    let deltas = vec![Delta { table, key: key.to_owned(), fields }];
    log.append(Entry { deltas, ..plain_entry(20, time(20), "note") });
    log.read(None, None).err()
}

fn old_value(table: Table, key: &str, field: &str) -> Failure {
    let row = RowName { table, key: key.to_owned() };
    Failure::OldValue { index: 20, row, field: field.to_owned() }
}

#[test]
fn change_from_another_value_is_found() {
    let (table, key) = (Table::Document, "SOP-001");
    for old in [None, Some(&b"RETIRED"[..]), Some(b"")] {
        let failure = failure_of(table, key, vec![change("state", old, Some(b"EFFECTIVE"))]);
        assert_eq!(failure, Some(old_value(table, key, "state")));
    }
    let right = vec![change("state", Some(b"DRAFT"), Some(b"EFFECTIVE"))];
    assert_eq!(failure_of(table, key, right), None);
}

#[test]
fn change_of_a_field_that_was_not_there_is_found() {
    let (table, key) = (Table::Document, "SOP-001");
    for field in ["parent", "added_at", "workflow2", "seat/qa", "zebra"] {
        let failure = failure_of(table, key, vec![change(field, Some(b"x"), None)]);
        assert_eq!(failure, Some(old_value(table, key, field)));
        assert_eq!(failure_of(table, key, vec![change(field, None, Some(b"x"))]), None);
    }
}

#[test]
fn new_row_with_a_past_is_found() {
    let failure =
        failure_of(Table::Document, "SOP-009", vec![change("state", Some(b"DRAFT"), Some(b"RETIRED"))]);
    assert_eq!(failure, Some(old_value(Table::Document, "SOP-009", "state")));
    // The same key in another table is another row.
    let failure = failure_of(Table::User, "SOP-001", vec![change("state", Some(b"DRAFT"), Some(b"RETIRED"))]);
    assert_eq!(failure, Some(old_value(Table::User, "SOP-001", "state")));
}

#[test]
fn row_that_loses_every_field_is_found() {
    let namespace = Log::sample().namespace;
    let added = row_delta(None, Row::Namespace(&namespace)).unwrap_or_else(|| panic!("it has fields"));
    let fields = added.fields.iter().map(|field| change(&field.name, field.new.as_deref(), None));
    let row = RowName { table: Table::Namespace, key: "CORE".to_owned() };
    let failure = failure_of(Table::Namespace, "CORE", fields.collect());
    assert_eq!(failure, Some(Failure::Emptied { index: 20, row }));
}

/// Changes rows as replay does: by way of the canonical bytes.
fn apply(rows: &mut HeldRows, delta: Delta) -> Result<(), String> {
    let bytes = Entry { deltas: vec![delta], ..plain_entry(0, time(0), "note") }.encode();
    let view = EntryView::parse(&bytes).map_err(|error| error.to_string())?;
    let mut deltas: Vec<RawDelta<'_>> = view.raw_deltas().collect();
    let delta = deltas.pop().ok_or("no delta")?;
    rows.apply(&delta).map_err(|misfit| match misfit {
        Misfit::OldValue(field) => field.to_string(),
        Misfit::Emptied => "emptied".to_owned(),
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn changes_add_up_to_the_last_state(
        states in prop::collection::vec((states_of_document("SOP-001"), 0usize..3), 1..6),
    ) {
        // Some are longer than what is held as one string.
        let states: Vec<Document> = states
            .into_iter()
            .map(|(state, long)| Document { title: state.title.repeat(1 + long * 1000), ..state })
            .collect();
        let mut rows = HeldRows::default();
        let mut last: Option<&Document> = None;
        for state in &states {
            if let Some(delta) = row_delta(last.map(Row::Document), Row::Document(state)) {
                prop_assert_eq!(apply(&mut rows, delta), Ok(()));
            }
            last = Some(state);
            let held = rows.iter().next().map(|row| row.fields().into_owned());
            prop_assert_eq!(held, Some(Row::Document(state).flat()));
            prop_assert!(row_delta(last.map(Row::Document), Row::Document(state)).is_none());
        }
        prop_assert_eq!(rows.len(), 1);
    }
}

/// A row of a long title and many readers, and deltas that each change little of it.
fn worked_on(rows: &mut HeldRows, length: usize, is_known: bool) {
    let fields = vec![change("owner", None, Some(b"0")), change("title", None, Some(&vec![b't'; length]))];
    let title = Delta { table: Table::Document, key: "SOP-001".to_owned(), fields };
    let deltas = (0..length / 100).map(|number: usize| {
        let owner = |number: usize| number.to_string().into_bytes();
        let fields = vec![
            change("owner", Some(&owner(number)), Some(&owner(number + 1))),
            change(&format!("seat/u{number}"), None, Some(b"x")),
        ];
        Delta { table: Table::Document, key: "SOP-001".to_owned(), fields }
    });
    let deltas = std::iter::once(title).chain(deltas).collect();
    let bytes = Entry { deltas, ..plain_entry(0, time(0), "note") }.encode();
    let view = EntryView::parse(&bytes).unwrap_or_else(|error| panic!("{error}"));
    for delta in view.raw_deltas() {
        if is_known {
            assert_eq!(rows.apply(&delta), Ok(()));
        } else {
            rows.overwrite(&delta);
        }
    }
}

// REQ-289
#[test]
fn a_change_of_a_long_row_costs_no_more_than_the_change_is_long() {
    for is_known in [true, false] {
        let work = |length| steps::of(|| worked_on(&mut HeldRows::default(), length, is_known));
        let (once, twice) = (work(100_000), work(200_000));
        assert!(once >= 100_000 && twice <= once * 5 / 2, "{once} {twice}");
    }
}
