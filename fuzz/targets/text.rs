//! The text of a document: what is found is in it, what is written into it is read again, and no
//! change of what is locked passes.

#![no_main]

use std::collections::BTreeSet;
use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use qms::domain::digest::Timestamp;
use qms::domain::id::{PhaseName, UserName};
use qms::domain::items::{Entry, ItemOutcome, Items, departures, recorded};
use qms::domain::procedure::Procedure;
use qms::domain::text::{
    ANGLES, BRACKETS, Cell, Declared, OpenWord, OpenWords, Season, Sections, Text, edits, malformed,
    placeholders, shown, tables, unified, with_cells, words_of,
};
use qms::domain::visible::is_visible;

fuzz_target!(|input: &[u8]| {
    let Ok(input) = std::str::from_utf8(input) else { return };
    let (template, document) = input.split_once('\x01').unwrap_or(("", input));
    lines(document);
    found(template, document);
    cells(document);
    items(document);
    locks(template, document);
    let seen = shown(document);
    assert!(seen.chars().all(|c| is_visible(c) || c.is_whitespace()), "{seen:?}");
    assert!(words_of(document).len() <= seen.len());
    assert_eq!(unified(("a", template), ("b", document)).is_empty(), template == document);
    for section in Procedure::parse(document).sections {
        assert!(section.text.lines().all(|line| document.contains(line.trim_end())));
    }
});

fn lines(document: &str) {
    let text = Text::of(document);
    for (line, number) in text.lines.iter().zip(1..) {
        assert_eq!(line.number, number);
        assert_eq!(document.get(line.start..line.start + line.text.len()), Some(line.text));
    }
    let is_line = |line: usize| (1..=text.lines.len()).contains(&line);
    assert!(text.faults.iter().all(|fault| is_line(fault.line)));
    assert!(malformed(document, &text).iter().all(|fault| is_line(fault.line)));
    for (at, section) in Sections::of(&text).0.iter().enumerate() {
        assert!(is_line(section.line) && section.lines.end <= text.lines.len());
        assert!(section.parent.is_none_or(|parent| parent < at));
    }
}

/// Words of both kinds, and both shapes.
static WORDS: LazyLock<OpenWords> = LazyLock::new(|| {
    let anywhere =
        |words: &[&str]| words.iter().map(|it| OpenWord::Anywhere((*it).to_owned())).collect::<Vec<_>>();
    let mut refuse = anywhere(&["TBD", "T.B.D.", "____"]);
    refuse.push(OpenWord::Alone("TODO".to_owned()));
    OpenWords { refuse, warn: anywhere(&["???", "to be determined", "未定", BRACKETS, ANGLES]) }
});

fn found(template: &str, document: &str) {
    let read = Text::of(template);
    let fields: BTreeSet<String> =
        placeholders(template, &read, &BTreeSet::new(), &WORDS).iter().map(|one| one.field()).collect();
    let text = Text::of(document);
    for one in placeholders(document, &text, &fields, &WORDS) {
        assert!((1..=text.lines.len()).contains(&one.line));
        // In the front matter a word counts as it is shown.
        assert!(document.contains(&*one.text) || shown(document).contains(&*one.text), "{one:?}");
    }
}

fn cells(document: &str) {
    let text = Text::of(document);
    let tables = tables(&text);
    let rows = || tables.iter().flat_map(|table| std::iter::once(&table.header).chain(&table.rows));
    let all: Vec<&Cell<'_>> = rows().flat_map(|row| &row.cells).collect();
    assert!(all.iter().all(|cell| document.get(cell.span.clone()) == Some(cell.raw)));
    if let Some(cell) = tables.iter().flat_map(|table| &table.rows).flat_map(|row| &row.cells).next() {
        let written = with_cells(document, &[(cell, "x|y")]).expect("a cell of this document");
        let again = Text::of(&written);
        let again = qms::domain::text::tables(&again);
        let first = again.iter().flat_map(|table| &table.rows).flat_map(|row| &row.cells).next();
        assert_eq!(first.map(Cell::text).as_deref(), Some("x|y"));
    }
}

fn items(document: &str) {
    let Ok(items) = Items::of(document) else { return };
    let performer = UserName::parse("claude").expect("a name");
    for item in items.iter() {
        let entry = Entry {
            outcome: ItemOutcome::Pass,
            actual: "As expected",
            evidence: "The log",
            file: None,
            performer: &performer,
            at: Timestamp::from_millis(0),
            correction: None,
        };
        let written = recorded(document, item, &entry).expect("a cell holds a word");
        let again = Items::of(&written).expect("what is recorded is read again");
        assert!(departures(&items, &again).is_empty());
        assert_eq!(again.find(&item.id).and_then(|item| item.outcome()), Some(ItemOutcome::Pass));
    }
}

fn locks(template: &str, document: &str) {
    let read = Text::of(template);
    let declared = Declared::of(&read);
    let phase = PhaseName::parse("execution").expect("a name");
    for season in [Season::Drafting, Season::Phase(&phase)] {
        assert!(edits(&declared, season, document, document).is_empty());
        for edit in edits(&declared, season, template, document) {
            assert!(!edit.marks.is_empty());
        }
    }
    // Where nothing is declared, everything is locked but the room between sections.
    let said = |text: &str| -> Vec<String> {
        let lines = Text::of(text).lines;
        lines.iter().filter(|line| !line.is_blank()).map(|line| line.text.to_owned()).collect()
    };
    let none = Declared::default();
    let is_changed = said(template) != said(document);
    assert!(!is_changed || !edits(&none, Season::Phase(&phase), template, document).is_empty());
}
