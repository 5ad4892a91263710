//! What the value of a field says, so that it can be read.

use super::Table;
use super::names::{self, FieldName};
use crate::domain::audit::wire::Reader;
use crate::domain::digest::{Timestamp, to_hex};

/// A value as it is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shown {
    /// One thing: a text, a time after RFC 3339, or bytes in hexadecimal digits.
    One(String),
    /// Several that change together, by name.
    Parts(Vec<(&'static str, String)>),
}

/// How a value, or a part of one, is sealed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Text,
    Time,
    Bytes,
}

use Form::{Bytes, Text, Time};

const CHECKOUT: &[(&str, Form)] = &[("by", Text), ("base", Bytes)];
const IN_FORCE: &[(&str, Form)] = &[("version", Text), ("content", Bytes)];
const TEMPLATE: &[(&str, Form)] = &[("id", Text), ("version", Text)];
const ROUND: &[(&str, Form)] = &[
    ("task", Text),
    ("phase", Text),
    ("origin", Text),
    ("asked_by", Text),
    ("opened_at", Time),
    ("content", Bytes),
    ("policy", Bytes),
];
/// The last two are there once the seat has answered.
const SEAT: &[(&str, Form)] =
    &[("assigned_by", Text), ("assigned_at", Time), ("outcome", Text), ("at", Time)];
const VERDICT: &[(&str, Form)] = &[("outcome", Text), ("group", Text), ("at", Time), ("revision", Text)];
const PROCESS: &[(&str, Form)] = &[("id", Text), ("started", Text)];
const JUMP: &[(&str, Form)] = &[("since", Text), ("before", Time), ("clock", Time)];

/// Reads the value of a field of a table. A value in no form that the field has is shown as its bytes.
pub fn shown(table: Table, field: &FieldName<'_>, value: &[u8]) -> Shown {
    let parts = parts_of(field.code());
    let read = match parts {
        [] => one(form_of(table, field.code()), value).map(Shown::One),
        parts => read_parts(parts, value).map(Shown::Parts),
    };
    read.unwrap_or_else(|| Shown::One(to_hex(value)))
}

fn parts_of(code: u8) -> &'static [(&'static str, Form)] {
    match code {
        names::CHECKOUT => CHECKOUT,
        names::IN_FORCE => IN_FORCE,
        names::TEMPLATE => TEMPLATE,
        names::ROUND => ROUND,
        names::SEATS => SEAT,
        names::VERDICTS => VERDICT,
        names::PROCESS | names::LAUNCHER => PROCESS,
        names::JUMP => JUMP,
        _ => &[],
    }
}

fn form_of(table: Table, code: u8) -> Form {
    match code {
        // Of the project it is a digest, of a credential a word.
        names::ORIGIN if table == Table::Project => Bytes,
        names::BRIEF
        | names::CHECKPOINT_KEY
        | names::COMPILED
        | names::CONTENT
        | names::DEFINITION
        | names::DOSSIER
        | names::POLICY
        | names::REPLACES
        | names::SOURCES
        | names::SUBJECT
        | names::TAG
        | names::VERIFIER => Bytes,
        names::ADDED_AT
        | names::ADOPTED_AT
        | names::AT
        | names::BEGAN_AT
        | names::CLOSED_AT
        | names::CREATED_AT
        | names::ISSUED_AT
        | names::NOT_AFTER
        | names::NOT_BEFORE
        | names::OPENED_AT
        | names::READINGS
        | names::REMOVED_AT
        | names::REVOKED_AT
        | names::UPDATED_AT => Time,
        _ => Text,
    }
}

fn one(form: Form, value: &[u8]) -> Option<String> {
    match form {
        Bytes => Some(to_hex(value)),
        Text => str::from_utf8(value).ok().map(str::to_owned),
        // Where there is none the value is empty.
        Time if value.is_empty() => Some(String::new()),
        Time => str::from_utf8(value).ok()?.parse().ok().map(|it| Timestamp::from_millis(it).to_string()),
    }
}

fn read_parts(parts: &[(&'static str, Form)], value: &[u8]) -> Option<Vec<(&'static str, String)>> {
    let (mut reader, mut read) = (Reader::new(value), Vec::new());
    for (name, form) in parts {
        if reader.rest().is_empty() {
            break;
        }
        read.push((*name, one(*form, reader.run()?)?));
    }
    reader.rest().is_empty().then_some(read)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::audit::wire::put;

    fn runs(values: &[&[u8]]) -> Vec<u8> {
        let mut out = Vec::new();
        for value in values {
            put(&mut out, value);
        }
        out
    }

    fn text(table: Table, field: &str, value: &[u8]) -> Shown {
        shown(table, &FieldName::of(field), value)
    }

    #[test]
    fn a_value_is_shown_in_the_form_that_its_field_has() {
        let one = |text: &str| Shown::One(text.to_owned());
        assert_eq!(text(Table::Document, "state", b"DRAFT"), one("DRAFT"));
        assert_eq!(text(Table::Document, "content", &[0xab, 1]), one("ab01"));
        assert_eq!(text(Table::Document, "updated_at", b"0"), one("1970-01-01T00:00:00.000Z"));
        assert_eq!(text(Table::Project, "origin", b"ab"), one("6162"));
        assert_eq!(text(Table::Credential, "origin", b"ab"), one("ab"));
        assert_eq!(text(Table::Document, "mood", b"good"), one("good"));
        let seat = runs(&[b"claude", b"0", b"recommend", b"1"]);
        let parts = [
            ("assigned_by", "claude"),
            ("assigned_at", "1970-01-01T00:00:00.000Z"),
            ("outcome", "recommend"),
            ("at", "1970-01-01T00:00:00.001Z"),
        ];
        let parts = |upto| {
            Shown::Parts(parts.iter().take(upto).map(|(name, value)| (*name, (*value).to_owned())).collect())
        };
        assert_eq!(text(Table::Document, "seat/qa", &seat), parts(4));
        assert_eq!(text(Table::Document, "seat/qa", &runs(&[b"claude", b"0"])), parts(2));
    }

    #[test]
    fn a_value_in_no_form_of_its_field_is_shown_as_its_bytes() {
        for (field, value) in [
            ("state", &b"\xff"[..]),
            ("updated_at", b"soon"),
            ("checkout", b"\x09x"),
            ("checkout", &runs(&[b"a", b"b", b"c"])),
        ] {
            assert_eq!(text(Table::Document, field, value), Shown::One(to_hex(value)), "{field}");
        }
    }
}
