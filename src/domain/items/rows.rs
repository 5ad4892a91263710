//! The rows of the items table, read from the text of a document.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;

use super::entry::shows_nothing;
use super::outside::outside;
use crate::domain::document::words;
use crate::domain::id::ItemId;
use crate::domain::text::{Cell, Fault, Row, Table, Text, cut, tables, words_of};

/// A column of the items table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Column {
    /// The id of the item.
    Item,
    /// What is to be done.
    Task,
    /// What comes about if it succeeds.
    Expected,
    /// What came about.
    Actual,
    /// Where a reader can see it.
    Evidence,
    /// Whether it passed.
    Outcome,
    /// Who did it.
    Performer,
    /// When.
    Time,
}

impl Column {
    /// All of them, in order.
    pub const ALL: [Self; 8] = [
        Self::Item,
        Self::Task,
        Self::Expected,
        Self::Actual,
        Self::Evidence,
        Self::Outcome,
        Self::Performer,
        Self::Time,
    ];

    /// Those that are approved and stay as they are.
    pub const APPROVED: [Self; 3] = [Self::Item, Self::Task, Self::Expected];

    /// Those that are filled in when an item is recorded.
    pub const RECORDED: [Self; 5] =
        [Self::Actual, Self::Evidence, Self::Outcome, Self::Performer, Self::Time];

    /// Returns what stands above it.
    pub const fn header(self) -> &'static str {
        match self {
            Self::Item => "Item",
            Self::Task => "Task",
            Self::Expected => "Expected result",
            Self::Actual => "Actual result",
            Self::Evidence => "Evidence",
            Self::Outcome => "Outcome",
            Self::Performer => "Performed by",
            Self::Time => "Date",
        }
    }

    /// Returns what it is called in a sentence.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Item => "id",
            Self::Task => "task",
            Self::Expected => "expected result",
            Self::Actual => "actual result",
            Self::Evidence => "evidence",
            Self::Outcome => "outcome",
            Self::Performer => "performer",
            Self::Time => "time",
        }
    }
}

words! {
    /// What came of an item. One that was not performed is a failed one.
    ItemOutcome {
        /// What was expected came about.
        Pass = "pass",
        /// It did not.
        Fail = "fail",
    }
}

impl ItemOutcome {
    /// Returns the word that stands for it in the table.
    pub const fn cell(self) -> &'static str {
        match self {
            Self::Pass => "Pass",
            Self::Fail => "Fail",
        }
    }
}

/// The items of a document, in their order. There is at least one, and no two have the same id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Items(Vec<Item>);

/// A row of the items table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// Its id.
    pub id: ItemId,
    /// Its line, from 1.
    pub line: usize,
    /// Its cells, as they are written, each with its place in the text.
    cells: [(Range<usize>, String); 8],
}

/// Why a document has no items.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unreadable {
    /// There is no items table.
    Missing,
    /// Something in the table, or around it, cannot be accepted; there is at least one fault.
    Faults(Vec<Fault>),
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing => write!(f, "there is no table with the columns {}", headers()),
            Self::Faults(faults) => {
                let shown: Vec<String> = faults.iter().take(SHOWN).map(Fault::to_string).collect();
                f.write_str(&shown.join("; "))?;
                match faults.len().saturating_sub(SHOWN) {
                    0 => Ok(()),
                    more => write!(f, "; and {more} more"),
                }
            }
        }
    }
}

/// Most faults that are told at once: whoever mends those sees the next.
const SHOWN: usize = 5;

fn headers() -> String {
    Column::ALL.map(Column::header).join(" | ")
}

/// Repeats the beginning of what stands in a cell.
pub(super) fn quoted(text: &str) -> String {
    format!("`{}`", cut(text).escape_debug())
}

impl Items {
    /// Reads the items table of a document.
    pub fn of(text: &str) -> Result<Self, Unreadable> {
        let text = Text::of(text);
        let mut faults = text.faults.clone();
        let all = tables(&text);
        let mut found = all.iter().filter(|table| has_all_columns(&table.header));
        let Some(table) = found.next() else {
            faults.extend(all.iter().find_map(nearly));
            return Err(if faults.is_empty() { Unreadable::Missing } else { Unreadable::Faults(faults) });
        };
        faults.extend(found.map(|second| {
            let message = format!("a second items table; the first begins in line {}", table.header.line);
            Fault { line: second.header.line, message: message.into() }
        }));
        let others = all.iter().filter(|other| !has_all_columns(&other.header));
        faults.extend(others.filter_map(nearly));
        faults.extend(table.faults.iter().map(|fault| explained(fault, &text)));
        let mut items = Vec::with_capacity(table.rows.len());
        let mut lines: BTreeMap<ItemId, usize> = BTreeMap::new();
        for row in &table.rows {
            match item(row) {
                Err(message) => faults.push(Fault { line: row.line, message: message.into() }),
                Ok(item) => {
                    if let Some(first) = lines.insert(item.id.clone(), item.line) {
                        let message = format!("{} stands in line {first} already", item.id);
                        faults.push(Fault { line: item.line, message: message.into() });
                    }
                    items.push(item);
                }
            }
        }
        if table.rows.is_empty() && table.faults.is_empty() {
            faults.push(Fault { line: table.header.line, message: "the items table has no rows".into() });
        }
        faults.extend(outside(&text, &all, table, &items));
        faults.sort();
        if faults.is_empty() { Ok(Self(items)) } else { Err(Unreadable::Faults(faults)) }
    }

    /// Iterates over the items, in their order.
    pub fn iter(&self) -> std::slice::Iter<'_, Item> {
        self.0.iter()
    }

    /// Finds an item.
    pub fn find(&self, id: &ItemId) -> Option<&Item> {
        self.iter().find(|item| item.id == *id)
    }
}

impl<'a> IntoIterator for &'a Items {
    type Item = &'a Item;
    type IntoIter = std::slice::Iter<'a, Item>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl Item {
    /// Returns what stands in a column, as it is written, without the room around it.
    pub fn written(&self, column: Column) -> &str {
        self.cell(column).1.trim_matches([' ', '\t'])
    }

    /// Returns what a column says; nothing where there is only a placeholder.
    pub fn says(&self, column: Column) -> Option<String> {
        let written = self.written(column);
        let is_blank = written.is_empty() || is_placeholder(written);
        (!is_blank).then(|| written.replace("\\|", "|").replace("<br>", "\n"))
    }

    /// Returns what came of it; nothing where that is not said in one of the two words.
    pub fn outcome(&self) -> Option<ItemOutcome> {
        let word = self.written(Column::Outcome);
        ItemOutcome::ALL.iter().copied().find(|one| one.cell().eq_ignore_ascii_case(word))
    }

    /// Tells whether nobody sees anything in a column.
    pub fn is_blank(&self, column: Column) -> bool {
        shows_nothing(self.written(column))
    }

    /// Tells whether a cell holds these words, as they are written.
    pub fn holds(&self, column: Column, words: &str) -> bool {
        self.cell(column).1.contains(words)
    }

    /// Lists the columns that are still to be recorded.
    pub fn missing(&self) -> impl Iterator<Item = Column> + '_ {
        Column::RECORDED.into_iter().filter(|column| match column {
            Column::Outcome => self.outcome().is_none(),
            column => self.is_blank(*column) || self.says(*column).is_none(),
        })
    }

    /// Tells whether everything about it is recorded.
    pub fn is_recorded(&self) -> bool {
        self.missing().next().is_none()
    }

    /// Tells whether it was recorded as failed.
    pub fn is_failed(&self) -> bool {
        self.outcome() == Some(ItemOutcome::Fail)
    }

    /// Returns the place of a column in the text, its room included, and what stands there.
    pub(super) fn cell(&self, column: Column) -> (&Range<usize>, &str) {
        // The columns are counted as they stand in `Column::ALL`.
        let [item, task, expected, actual, evidence, outcome, performer, time] = &self.cells;
        let (span, raw) = match column {
            Column::Item => item,
            Column::Task => task,
            Column::Expected => expected,
            Column::Actual => actual,
            Column::Evidence => evidence,
            Column::Outcome => outcome,
            Column::Performer => performer,
            Column::Time => time,
        };
        (span, raw)
    }
}

/// Tells whether a text is nothing but a field that is still to be filled in.
pub(super) fn is_placeholder(written: &str) -> bool {
    let within = |begin, end| {
        let inside = written.strip_prefix(begin).and_then(|rest| rest.strip_suffix(end));
        inside.is_some_and(|inside: &str| !inside.contains(['[', ']', '{', '}']))
    };
    within("[", "]") || within("{{", "}}")
}

fn has_all_columns(header: &Row<'_>) -> bool {
    let cells = &header.cells;
    let same = |(cell, column): (&Cell<'_>, Column)| cell.text().eq_ignore_ascii_case(column.header());
    cells.len() == Column::ALL.len() && cells.iter().zip(Column::ALL).all(same)
}

/// Explains what keeps a table from being an items table that was probably meant as one.
fn nearly(table: &Table<'_>) -> Option<Fault> {
    // As a page shows it: nothing unseen makes another name of it.
    let words = |text: &str| words_of(text).to_lowercase().split_whitespace().collect::<Vec<_>>().join(" ");
    let named = |column: Column| {
        let wanted = words(column.header());
        table.header.cells.iter().any(|cell| words(&cell.text()) == wanted)
    };
    if !(named(Column::Item) && (named(Column::Task) || named(Column::Outcome))) {
        return None;
    }
    let message = format!("an items table with other columns than {}", headers());
    Some(Fault { line: table.header.line, message: message.into() })
}

/// Says more about a row with another number of cells, where one can see why.
fn explained(fault: &Fault, text: &Text<'_>) -> Fault {
    let line = fault.line.checked_sub(1).and_then(|at| text.lines.get(at));
    let is_wide = line.is_some_and(|line| line.text.contains(['｜', '│', '∣', 'ǀ', '￨']));
    let hint = if is_wide { "; some of its bars only look like `|`" } else { "" };
    Fault { line: fault.line, message: format!("{}{hint}", fault.message).into() }
}

fn item(row: &Row<'_>) -> Result<Item, String> {
    let [id, ..] = row.cells.as_slice() else { return Err("a row without cells".to_owned()) };
    let id = id.text();
    let id = ItemId::parse(&id).map_err(|error| {
        let meant = error.meant.map(|id| format!(", did you mean `{id}`?")).unwrap_or_default();
        format!("{} is no item id: expected {}{meant}", quoted(&id), error.expected)
    })?;
    let cells: Vec<(Range<usize>, String)> =
        row.cells.iter().map(|cell| (cell.span.clone(), cell.raw.to_owned())).collect();
    let cells = cells.try_into().map_err(|_| "a row with another number of cells".to_owned())?;
    Ok(Item { id, line: row.line, cells })
}
