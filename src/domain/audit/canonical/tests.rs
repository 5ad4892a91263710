use proptest::prelude::*;

use super::*;
use crate::domain::audit::entry::{Delta, Entry, FieldDelta};
use crate::domain::audit::row::Table;
use crate::domain::audit::samples::{entries, plain_entry, statements};
use crate::domain::audit::signature::Statement;
use crate::domain::digest::Timestamp;

/// A field, its old value and its new one.
type Change<'a> = (&'a str, Option<&'a [u8]>, Option<&'a [u8]>);

fn entry_with(fields: &[Change<'_>]) -> Entry {
    let fields = fields.iter().map(|(name, old, new)| FieldDelta {
        name: (*name).to_owned(),
        old: old.map(<[u8]>::to_vec),
        new: new.map(<[u8]>::to_vec),
    });
    let delta = Delta { table: Table::Document, key: "SOP-001".to_owned(), fields: fields.collect() };
    Entry { deltas: vec![delta], ..plain_entry(3, Timestamp::from_millis(0), "checkin") }
}

fn refusal(bytes: &[u8]) -> DecodeError {
    match Entry::decode(bytes) {
        Ok(entry) => panic!("it was read: {entry:?}"),
        Err(error) => error,
    }
}

/// The bytes of a small entry, `with` after them.
fn followed_by(with: &[u8]) -> Vec<u8> {
    [&plain_entry(3, Timestamp::from_millis(0), "checkin").encode(), with].concat()
}

proptest! {
    // REQ-121
    #[test]
    fn every_statement_comes_back_and_no_other_bytes_say_the_same(
        statement in statements(),
        at in any::<prop::sample::Index>(),
        bit in 0..8u8,
    ) {
        let mut bytes = statement.encode();
        let read = Statement::decode(&bytes);
        prop_assert_eq!(read.as_ref(), Some(&statement));
        let at = at.index(bytes.len());
        bytes[at] ^= 1 << bit;
        prop_assert!(Statement::decode(&bytes).is_none_or(|other| other != statement));
    }

    #[test]
    fn every_entry_comes_back(entry in entries()) {
        let bytes = entry.encode();
        prop_assert_eq!(Entry::decode(&bytes), Ok(entry));
    }

    #[test]
    fn view_says_what_the_entry_says(entry in entries()) {
        let bytes = entry.encode();
        let view = EntryView::parse(&bytes).map_err(|error| TestCaseError::fail(error.to_string()))?;
        prop_assert_eq!(view.index, entry.index);
        prop_assert_eq!(view.comment, entry.comment.as_deref());
        prop_assert_eq!(view.reasons().count(), entry.reasons.len());
        let names: Vec<_> = view.deltas().flat_map(|d| d.fields()).map(|f| f.name.to_string()).collect();
        let expected: Vec<_> = entry.deltas.iter().flat_map(|d| &d.fields).map(|f| f.name.clone()).collect();
        prop_assert_eq!(names, expected);
    }

    #[test]
    fn any_bytes_are_refused_or_canonical(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let bytes = [&FORMAT[..], &bytes].concat();
        if let Ok(entry) = Entry::decode(&bytes) {
            prop_assert_eq!(entry.encode(), bytes);
        }
    }

    #[test]
    fn damaged_bytes_are_refused_or_canonical(
        entry in entries(),
        at in any::<prop::sample::Index>(),
        cut in 0..3usize,
        put in prop::collection::vec(any::<u8>(), 0..3),
    ) {
        let mut bytes = entry.encode();
        let start = at.index(bytes.len());
        let end = (start + cut).min(bytes.len());
        bytes.splice(start..end, put);
        if let Ok(entry) = Entry::decode(&bytes) {
            prop_assert_eq!(entry.encode(), bytes);
        }
    }

    #[test]
    fn order_of_fields_does_not_change_the_bytes(entry in entries()) {
        let mut shuffled = entry.clone();
        shuffled.deltas.iter_mut().for_each(|delta| delta.fields.reverse());
        prop_assert_eq!(shuffled.encode(), entry.encode());
    }
}

#[test]
fn other_formats_are_refused() {
    for bytes in [&b""[..], b"Q", b"Q\x03", b"q\x02"] {
        assert_eq!(refusal(bytes), DecodeError::Format);
    }
    // What unreleased versions wrote is named as that.
    assert_eq!(refusal(b"Q\x01 and whatever follows"), DecodeError::Former);
}

#[test]
fn every_cut_is_refused() {
    let bytes = entry_with(&[("state", Some(b"DRAFT"), Some(b"IN_REVIEW"))]).encode();
    let whole = Entry::decode(&bytes).map(|entry| entry.deltas.len());
    assert_eq!(whole, Ok(1));
    for length in 0..bytes.len() {
        let cut = bytes.get(..length).unwrap_or_default();
        // A cut between two tagged parts leaves a shorter entry, never the same one.
        assert_ne!(Entry::decode(cut).map(|entry| entry.deltas.len()), Ok(1));
    }
}

#[test]
fn what_follows_the_last_part_is_refused() {
    assert_eq!(refusal(&followed_by(&[0x21])), DecodeError::Tag(0x21));
    assert_eq!(refusal(&followed_by(&[0xff])), DecodeError::Tag(0xff));
    assert_eq!(refusal(&followed_by(&[0x00])), DecodeError::Order(0x00));
}

#[test]
fn tags_out_of_order_are_refused() {
    let comment_then_session = [tag::COMMENT, 1, b'x', tag::SESSION, 1, b'x'];
    assert_eq!(refusal(&followed_by(&comment_then_session)), DecodeError::Order(tag::SESSION));
    let comment_twice = [tag::COMMENT, 1, b'x', tag::COMMENT, 1, b'x'];
    assert_eq!(refusal(&followed_by(&comment_twice)), DecodeError::Order(tag::COMMENT));
}

#[test]
fn texts_and_names_are_checked() {
    assert_eq!(refusal(&followed_by(&[tag::COMMENT, 1, 0xff])), DecodeError::NotUtf8("comment"));
    assert_eq!(refusal(&followed_by(&[tag::DOCUMENT, 1, b'x'])), DecodeError::Name("document"));
    assert_eq!(refusal(&followed_by(&[tag::VERSION, 3, b'0', b'1', b'0'])), DecodeError::Name("version"));
    assert_eq!(refusal(&followed_by(&[tag::VERDICT, 9])), DecodeError::Code { what: "verdict", code: 9 });
    assert_eq!(refusal(&followed_by(&[tag::COMMENT, 2, b'x'])), DecodeError::Malformed("comment"));
}

#[test]
fn inputs_have_one_order_and_no_name_twice() {
    let inputs = |run: &[u8]| {
        let length = u8::try_from(run.len()).unwrap_or(u8::MAX);
        followed_by(&[&[tag::INPUTS, length], run].concat())
    };
    assert!(Entry::decode(&inputs(b"\x01a\x01x\x01b\x00")).is_ok());
    assert_eq!(refusal(&inputs(b"")), DecodeError::Malformed("inputs"));
    assert_eq!(refusal(&inputs(b"\x01a")), DecodeError::Malformed("value of an input"));
    let order = |name: &str| DecodeError::InputOrder { name: name.to_owned() };
    assert_eq!(refusal(&inputs(b"\x01b\x01x\x01a\x01x")), order("a"));
    assert_eq!(refusal(&inputs(b"\x01a\x01x\x01a\x01y")), order("a"));
}

#[test]
fn count_of_one_is_left_out() {
    let counted = [&[tag::COUNT][..], &1u64.to_be_bytes()].concat();
    assert_eq!(refusal(&followed_by(&counted)), DecodeError::Count);
}

#[test]
fn deltas_without_a_change_are_refused() {
    let empty = entry_with(&[]).encode();
    assert_eq!(refusal(&empty), DecodeError::EmptyDelta { key: "SOP-001".to_owned() });
    let same = entry_with(&[("state", Some(b"DRAFT"), Some(b"DRAFT"))]).encode();
    assert_eq!(refusal(&same), DecodeError::NoChange { field: "state".to_owned() });
    let neither = entry_with(&[("state", None, None)]).encode();
    assert_eq!(refusal(&neither), DecodeError::Malformed("field"));
    let twice = entry_with(&[("state", None, Some(b"A")), ("state", None, Some(b"B"))]).encode();
    assert_eq!(refusal(&twice), DecodeError::FieldOrder { field: "state".to_owned() });
}

#[test]
fn fields_out_of_order_and_names_in_a_second_form_are_refused() {
    let delta = |fields: &[u8]| {
        let length = u8::try_from(fields.len()).unwrap_or(u8::MAX);
        followed_by(&[&[tag::DELTA, 1, 1, b'D', length], fields].concat())
    };
    let state = [0x1c, 2, 1, b'A'];
    let title = [0x1e, 2, 1, b'B'];
    assert!(Entry::decode(&delta(&[state, title].concat())).is_ok());
    let swapped = refusal(&delta(&[title, state].concat()));
    assert_eq!(swapped, DecodeError::FieldOrder { field: "state".to_owned() });
    // `state` written out, where its code would do.
    let written_out = [&[0x80, 5][..], b"state", &[2, 1, b'A']].concat();
    assert_eq!(refusal(&delta(&written_out)), DecodeError::Name("name of a field"));
    assert_eq!(refusal(&delta(&[0x7f, 2, 1, b'A'])), DecodeError::Name("name of a field"));
}

#[test]
fn usual_entry_takes_a_few_hundred_bytes() {
    let review = entry_with(&[
        ("state", Some(b"IN_REVIEW"), Some(b"REVIEWED")),
        ("revision", Some(b"7"), Some(b"8")),
        ("updated_at", Some(b"1767225600000"), Some(b"1767225700000")),
    ]);
    assert!(review.encode().len() < 250, "{} bytes", review.encode().len());
}
