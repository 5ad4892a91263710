//! What looks like an item and stands outside of the items table: nobody would record it.

use std::collections::BTreeSet;
use std::ops::Range;

use super::rows::Item;
use crate::domain::text::{Fault, Kind, Line, Sections, Table, Text, shown};

/// Finds lines that a reader of a page could take for a part of the plan, and that are none of the table.
///
/// Behind the table, up to the end of its section, nothing may look like a row or hide one; elsewhere no row
/// begins with the id of an item, but those of other tables that speak about an item that there is.
pub(super) fn outside(text: &Text<'_>, all: &[Table<'_>], table: &Table<'_>, items: &[Item]) -> Vec<Fault> {
    let behind = behind(text, table);
    let prefixes = &prefixes(items);
    let others: BTreeSet<usize> = all.iter().flat_map(|one| one.header.line..=one.end).collect();
    let ids: BTreeSet<&str> = items.iter().map(|item| item.id.as_str()).collect();
    let known = |id: &str| ids.contains(id);
    let mut faults = Vec::new();
    for line in text.lines.iter().filter(|line| line.kind != Kind::FrontMatter) {
        let message = if (table.header.line..=table.end).contains(&line.number) {
            is_too_far_right(line).then_some("too far right for a row: not all pages show it in the table")
        } else if behind.contains(&line.number) {
            behind_the_table(line, prefixes)
        } else {
            // Another table may speak about the items that there are.
            let told = id_of(line, prefixes).filter(|_| others.contains(&line.number));
            if told.is_some_and(|id| known(&id)) { None } else { elsewhere(line, prefixes) }
        };
        faults.extend(message.map(|message| Fault { line: line.number, message: message.into() }));
    }
    faults
}

/// Says what a line in another section would pass for.
fn elsewhere(line: &Line<'_>, prefixes: &BTreeSet<String>) -> Option<&'static str> {
    let is_row = line.kind != Kind::Code && line.text.contains('|') && begins_with_id(line, prefixes);
    let has_table = || line.text.to_ascii_lowercase().contains("<table");
    if is_row {
        Some(OUTSIDE)
    } else if line.kind == Kind::Html && has_table() {
        Some("a table in HTML could show rows of the items table")
    } else {
        None
    }
}

const OUTSIDE: &str = "this row stands outside of the items table";

/// The lines behind the table, up to the end of the section that it stands in.
fn behind(text: &Text<'_>, table: &Table<'_>) -> Range<usize> {
    let sections = Sections::of(text);
    let end = match sections.around(table.header.line.saturating_sub(1)) {
        Some(section) => section.lines.end + 1,
        None => sections.0.first().map_or(usize::MAX, |first| first.line),
    };
    table.end + 1..end
}

/// Says what a line behind the table would hide.
fn behind_the_table(line: &Line<'_>, prefixes: &BTreeSet<String>) -> Option<&'static str> {
    let is_row = line.text.contains('|');
    match line.kind {
        Kind::Code | Kind::FrontMatter => begins_with_id(line, prefixes).then_some(OUTSIDE),
        _ if is_row => Some(OUTSIDE),
        Kind::Html => Some("raw HTML behind the items table could show another row"),
        Kind::Prose if begins_with_id(line, prefixes) => Some(
            "an item behind the items table: what is said about one stands before the table, or in another section",
        ),
        Kind::Prose | Kind::Comment | Kind::Heading(_) => None,
    }
}

fn begins_with_id(line: &Line<'_>, prefixes: &BTreeSet<String>) -> bool {
    id_of(line, prefixes).is_some()
}

/// The letters that ids of these items begin with, and those that they begin with in most documents.
fn prefixes(items: &[Item]) -> BTreeSet<String> {
    let used = items.iter().filter_map(|item| item.id.as_str().split_once('-'));
    used.map(|(letters, _)| letters.to_owned()).chain(["EI".to_owned()]).collect()
}

/// The id of an item that what is seen of a line begins with: marks of lists, quotes and emphasis aside.
fn id_of(line: &Line<'_>, prefixes: &BTreeSet<String>) -> Option<String> {
    // Every id has a number, however it is written.
    if !line.text.bytes().any(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let shown = shown(line.text);
    let is_mark = |c: char| !c.is_alphanumeric();
    let seen = shown.trim_start_matches(is_mark);
    // The number of an item of a list.
    let listed = seen.trim_start_matches(|c: char| c.is_ascii_digit());
    let seen = if listed.starts_with(['.', ')']) { listed.trim_start_matches(is_mark) } else { seen };
    let number = seen.trim_start_matches(|c: char| c.is_ascii_alphabetic());
    let letters = seen.get(..seen.len() - number.len()).unwrap_or_default();
    // Any line in the middle may pass for the one of an id.
    let digits = number
        .trim_start_matches(['-', '\u{2010}', '\u{2011}', '\u{2012}', '\u{2013}', '\u{2014}', '\u{2212}']);
    let letters = letters.to_ascii_uppercase();
    let end = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
    let is_one = digits.len() < number.len() && end > 0 && prefixes.contains(&letters);
    is_one.then(|| format!("{letters}-{}", digits.get(..end).unwrap_or_default()))
}

/// A line with this much room before it is code, where no list is around it.
fn is_too_far_right(line: &Line<'_>) -> bool {
    let room = line.text.len() - line.text.trim_start_matches([' ', '\t']).len();
    room > 3 || line.text.get(..room).is_some_and(|room| room.contains('\t'))
}
