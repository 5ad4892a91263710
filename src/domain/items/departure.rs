//! How the items of a text depart from those that were approved, or from what the program recorded.

use std::collections::BTreeMap;
use std::fmt;

use super::rows::{Column, Item, Items};
use crate::domain::id::ItemId;

/// Something that should have stayed as it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Departure {
    /// An approved item is not there any more.
    Gone(ItemId),
    /// An item stands there that was not approved, in this line.
    Added(ItemId, usize),
    /// An item stands in this line, where another was approved.
    Moved {
        /// What stands there.
        found: ItemId,
        /// Its line.
        line: usize,
        /// What was approved there.
        approved: ItemId,
    },
    /// Approved cells have other words, in this line.
    Reworded(ItemId, usize, Vec<Column>),
    /// Cells that only the program writes have other words, in this line.
    Handwritten(ItemId, usize, Vec<Column>),
}

impl fmt::Display for Departure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Gone(id) => write!(f, "the approved item {id} is gone"),
            Self::Added(id, line) => write!(f, "the item {id} in line {line} was not approved"),
            Self::Moved { found, line, approved } => {
                write!(f, "{found} stands in line {line}, where {approved} was approved")
            }
            Self::Reworded(id, line, columns) => {
                write!(f, "{id} in line {line} has another {} than was approved", words(columns))
            }
            Self::Handwritten(id, line, columns) => {
                write!(f, "{id} in line {line} has another {} than was recorded", words(columns))
            }
        }
    }
}

fn words(columns: &[Column]) -> String {
    columns.iter().map(|column| column.words()).collect::<Vec<_>>().join(", ")
}

/// Holds items against those that were approved: nothing is gone, added, moved or reworded.
pub fn departures(approved: &Items, now: &Items) -> Vec<Departure> {
    let (before, after) = (by_id(approved), by_id(now));
    let gone = approved.iter().filter(|item| !after.contains_key(&item.id));
    let added = now.iter().filter(|item| !before.contains_key(&item.id));
    let mut found: Vec<Departure> = gone.map(|item| Departure::Gone(item.id.clone())).collect();
    found.extend(added.map(|item| Departure::Added(item.id.clone(), item.line)));
    // One that moved moves all behind it, so that the first is enough.
    let kept = approved.iter().filter(|item| after.contains_key(&item.id));
    let order = now.iter().filter(|item| before.contains_key(&item.id));
    let moved = kept.zip(order).find(|(approved, found)| approved.id != found.id);
    found.extend(moved.map(|(approved, found)| Departure::Moved {
        found: found.id.clone(),
        line: found.line,
        approved: approved.id.clone(),
    }));
    let reworded = unlike(&before, now, &Column::APPROVED);
    found.extend(reworded.map(|(item, columns)| Departure::Reworded(item.id.clone(), item.line, columns)));
    found
}

/// Holds items against those of the stored content: nothing is recorded by hand.
pub fn handwritten(stored: &Items, now: &Items) -> Vec<Departure> {
    let before = by_id(stored);
    let found = unlike(&before, now, &Column::RECORDED);
    found.map(|(item, columns)| Departure::Handwritten(item.id.clone(), item.line, columns)).collect()
}

fn by_id(items: &Items) -> BTreeMap<&ItemId, &Item> {
    items.iter().map(|item| (&item.id, item)).collect()
}

/// The items of which cells are written otherwise than before, to the byte; only the room around them is
/// free.
fn unlike<'a>(
    before: &'a BTreeMap<&ItemId, &Item>,
    now: &'a Items,
    columns: &'a [Column],
) -> impl Iterator<Item = (&'a Item, Vec<Column>)> {
    let known = now.iter().filter_map(|item| Some((*before.get(&item.id)?, item)));
    let changed = known.map(|(before, item)| {
        let differs = |column: &Column| before.written(*column) != item.written(*column);
        (item, columns.iter().copied().filter(differs).collect::<Vec<_>>())
    });
    changed.filter(|(_, columns)| !columns.is_empty())
}
