//! What is written about an item when it is done.

use std::collections::BTreeSet;

use super::rows::{Column, Item, ItemOutcome, is_placeholder, quoted};
use crate::domain::digest::{Digest, Timestamp};
use crate::domain::id::{UserName, Version};
use crate::domain::text::{
    Cell, OpenWords, PlaceholderKind, Text, blank_entity, placeholders, with_cells, words_of,
};
use crate::domain::visible::{is_blank, unseen};

/// What came of an item, who did it, and when. Performer and time are the program's to say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry<'a> {
    /// Whether it passed.
    pub outcome: ItemOutcome,
    /// What came about.
    pub actual: &'a str,
    /// Where a reader can see it.
    pub evidence: &'a str,
    /// The SHA-256 of a file that is kept as evidence.
    pub file: Option<Digest>,
    /// Who did it.
    pub performer: &'a UserName,
    /// When.
    pub at: Timestamp,
    /// The entry that this one takes the place of.
    pub correction: Option<Correction<'a>>,
}

/// Why a recorded entry is put right. It stays readable, in the version that held it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Correction<'a> {
    /// The version that held it last.
    pub version: Version,
    /// What was wrong with it.
    pub reason: &'a str,
}

/// Writes an entry into the row of an item. Everything outside of the recorded cells of this row stays
/// as it is, to the byte. `None` where a cell cannot hold what is said, or the item is not of this text.
pub fn recorded(text: &str, item: &Item, entry: &Entry<'_>) -> Option<String> {
    // Whether a word was left open was asked when the entry was permitted.
    let no_words = &OpenWords::default();
    let mut actual = cell_text(entry.actual, no_words).ok()?;
    if let Some(correction) = &entry.correction {
        let reason = cell_text(correction.reason, no_words).ok()?;
        actual = format!("{actual}<br>(corrects {}: {reason})", correction.version);
    }
    let mut evidence = cell_text(entry.evidence, no_words).ok()?;
    if let Some(file) = &entry.file {
        evidence = format!("{evidence}<br>sha256:{file}");
    }
    let (performer, at) = (entry.performer.as_str(), entry.at.to_string());
    let values = [
        (Column::Actual, actual.as_str()),
        (Column::Evidence, evidence.as_str()),
        (Column::Outcome, entry.outcome.cell()),
        (Column::Performer, performer),
        (Column::Time, at.as_str()),
    ];
    let cells = values.map(|(column, value)| {
        let (span, raw) = item.cell(column);
        (Cell { span: span.clone(), raw }, value)
    });
    let cells: Vec<(&Cell<'_>, &str)> = cells.iter().map(|(cell, value)| (cell, *value)).collect();
    with_cells(text, &cells)
}

/// Puts a text into the form in which it stands in one cell: a line break becomes `<br>`, a tab a space.
/// The message says what no cell may hold. Line breaks, digests of files and corrections are the program's to
/// write: nothing that is entered may look like them.
pub fn cell_text(text: &str, words: &OpenWords) -> Result<String, String> {
    let text = text.trim().replace("\r\n", "\n").replace('\t', " ");
    if let Some(fault) = text.lines().find_map(unseen) {
        return Err(fault);
    }
    if is_placeholder(&text) {
        return Err("is only a placeholder".to_owned());
    }
    if let Some(tag) = tag(&text) {
        return Err(format!("has {}, and a cell holds no HTML; `&lt;` is a `<` that is meant", quoted(tag)));
    }
    if let Some(entity) = blank_entity(&text) {
        return Err(format!("has {}, which does not show", quoted(entity)));
    }
    // Whether something has to be said at all is asked elsewhere.
    if !text.is_empty() && shows_nothing(&text) {
        return Err("says nothing that anybody sees".to_owned());
    }
    if let Some(mark) = text.lines().find_map(reserved) {
        return Err(format!("has a line that begins with `{mark}`, as only the program writes it"));
    }
    let cell = text.lines().map(str::trim).collect::<Vec<_>>().join("<br>");
    // What no review would let pass is better said before it is on record.
    let row = format!("| {} |\n", cell.replace('|', "\\|"));
    let left = placeholders(&row, &Text::of(&row), &BTreeSet::new(), words);
    let Some(left) = left.iter().find(|one| one.kind != PlaceholderKind::Doubt) else { return Ok(cell) };
    let help = match left.kind {
        PlaceholderKind::Execution => "`\\[` is a bracket that is meant",
        _ => "between backticks it is meant",
    };
    Err(format!("has {}, which is left to be filled in; {help}", quoted(&left.text)))
}

/// The first tag or comment of a text, or what a page could take for one: in code, too, because the program
/// reads its own line breaks there.
fn tag(text: &str) -> Option<&str> {
    let begins = |c: char| c.is_ascii_alphabetic() || matches!(c, '/' | '!' | '?');
    let mut places = text.match_indices('<');
    places.find_map(|(at, _)| {
        text.get(at..).filter(|rest| rest.get(1..).is_some_and(|it| it.starts_with(begins)))
    })
}

/// Tells whether a page shows nothing of what stands in a cell: marks of code and links without a text aside.
pub(super) fn shows_nothing(text: &str) -> bool {
    is_blank(&words_of(text))
}

/// What a line begins with that the program writes of files and corrections.
fn reserved(line: &str) -> Option<&'static str> {
    let shown = words_of(line).to_lowercase();
    let line = shown.trim_start_matches(|c: char| !c.is_alphanumeric());
    let is_bracketed = shown.get(..shown.len() - line.len()).is_some_and(|before| before.contains('('));
    let begins = |mark: &str| {
        let rest = line.strip_prefix(mark).map(str::trim_start);
        rest.is_some_and(|rest| rest.starts_with(|c: char| c == ':' || c.is_ascii_digit()))
    };
    if begins("sha256") || begins("sha-256") {
        return Some("sha256:");
    }
    (is_bracketed && begins("corrects")).then_some("(corrects")
}
