//! Every reader of text, whatever it is given: no text is too deep for a small stack, and depth hides nothing.

use std::collections::BTreeSet;
use std::{fs, thread};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use qms::commands::{CommandError, exported};
use qms::domain::hook::{Line, examine};
use qms::domain::items::Items;
use qms::domain::text::{OpenWord, OpenWords, Text, placeholders};
use qms::domain::{
    audit, digest, encoding, facts, front_matter, hook, id, identity, items, nearest, policy, prerequisite,
    procedure, redact, template, text, visible, yaml,
};

#[path = "../src/domain/worst/mod.rs"]
#[expect(dead_code, reason = "the bounds of readers are for the bench")]
mod worst;

use worst::FAMILIES;
use worst::readers::READERS;

/// The stack that a reader has, in bytes: a sixteenth of what the system gives a program. YAML at the depth that
/// is read takes most of it, where nothing is optimized.
const STACK: usize = 512 * 1024;

/// Bytes of each text: thousands of openers, each of which would take a hundred bytes of the stack and more.
const SIZE: usize = 8 * 1024;

/// Deeper than anything is meant to be.
const DEPTH: usize = 5_000;

// REQ-228
#[test]
fn no_text_is_too_deep_for_a_small_stack() {
    for reader in READERS {
        let read = move || FAMILIES.iter().for_each(|family| (reader.read)(&family.text(SIZE)));
        let thread = thread::Builder::new().name(reader.name.to_owned()).stack_size(STACK);
        thread.spawn(read).unwrap().join().unwrap();
    }
}

/// Something put into thousands of others of its kind.
fn deep(open: &str, inside: &str, close: &str) -> String {
    format!("{}{inside}{}", open.repeat(DEPTH), close.repeat(DEPTH))
}

// REQ-228
#[test]
fn what_is_left_to_fill_in_is_found_however_deep_it_stands() {
    let fields = BTreeSet::from(["date".to_owned()]);
    for (open, close) in [
        ("- ", ""),
        ("1. ", ""),
        ("> ", ""),
        ("> - ", ""),
        ("  - ", ""),
        ("*", "*"),
        ("<b>", "</b>"),
        ("[", "]"),
        ("[a", "](b)"),
        ("![", "](b)"),
        ("(", ")"),
        ("<!-- -->", ""),
        ("&#8203;", ""),
        ("\u{200b}", ""),
        ("| ", " |"),
        ("{ ", " }"),
    ] {
        let words = OpenWords { refuse: vec![OpenWord::Anywhere("TBD".to_owned())], warn: Vec::new() };
        for left in ["{{a}}", "TBD", "[date]"] {
            let document = format!("---\nid: A\n---\n\n{}\n", deep(open, &format!(" {left} "), close));
            let found = placeholders(&document, &Text::of(&document), &fields, &words);
            let is_told = found.iter().any(|one| one.text.contains(left));
            assert!(is_told || !Text::of(&document).faults.is_empty(), "{open:?} hides {left:?}");
        }
    }
}

// REQ-228
#[test]
fn a_row_is_found_however_deep_it_stands() {
    let header = "| Item | Task | Expected result | Actual result | Evidence | Outcome | Performed by | Date |\n\
        |---|---|---|---|---|---|---|---|\n| EI-1 | a | b | [a] | [b] | [c] | [d] | [e] |\n";
    assert!(Items::of(header).is_ok());
    for (open, close) in [("> ", ""), ("- ", ""), ("<b>", "</b>"), ("*", "*"), ("\u{200b}", ""), ("( ", " )")]
    {
        let row = deep(open, "| EI-2 | c | d | e |", close);
        for document in [format!("{header}\n{row}\n"), format!("# A\n\n{header}\n# B\n\n{row}\n")] {
            assert!(Items::of(&document).is_err(), "{open:?} hides a row");
        }
    }
}

// REQ-228
#[test]
fn a_call_is_not_passed_over_however_deep_it_stands() {
    for (open, close) in [
        ("$(", ")"),
        ("(", ")"),
        ("{ ", "; }"),
        ("${a:-", "}"),
        ("\"$(", ")\""),
        ("eval ", ""),
        ("sudo ", ""),
        ("sh -c \"", "\""),
        ("<(", ")"),
        ("! ", ""),
        ("env A=1 ", ""),
    ] {
        assert_ne!(examine(&deep(open, "qms status", close)), Line::Foreign, "{open:?} hides a call");
    }
}

// REQ-221, REQ-228
#[test]
fn no_hard_text_passes_for_an_export_or_for_a_part_of_one() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let read = move || {
        let is_refused = |text: &str| {
            fs::write(file.path(), text).unwrap();
            matches!(exported::run(file.path(), None), Err(CommandError::ExportFailed(_)))
        };
        let line = |field: &str, value: &str| {
            let leaf = digest::Digest::of(b"");
            let start = format!("{{\"index\":0,\"leaf_hash\":\"{leaf}\",\"withheld\":true");
            format!("{start},\"{field}\":{value},\"head\":null}}\n")
        };
        for family in FAMILIES {
            let text = family.text(SIZE);
            let quoted = serde_json::Value::from(&*text).to_string();
            let bytes = STANDARD.encode(&text);
            assert!(is_refused(&text) && is_refused(&format!("{text},\"head\":{text}\n")), "{family:?}");
            for value in [text, quoted, format!("\"{bytes}\"")] {
                let value = value.replace('\n', " ");
                assert!(
                    ["bytes", "head", "x"].iter().all(|field| is_refused(&line(field, &value))),
                    "{family:?}"
                );
            }
        }
    };
    thread::Builder::new().stack_size(STACK).spawn(read).unwrap().join().unwrap();
}
