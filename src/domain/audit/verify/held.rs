//! The state that the entries amount to: one string of bytes for each row.

use std::borrow::Borrow;
use std::cmp::Ordering;
use std::collections::HashSet;
use std::hash::{BuildHasherDefault, DefaultHasher, Hash, Hasher};

use super::failure::RowName;
use crate::domain::audit::canonical::{Coded as _, RawDelta, RawName};
use crate::domain::audit::row::Table;
use crate::domain::audit::wire::{Reader, put};

/// A row: code of the table, run of the key, then name and value of each field as runs, in the
/// order of the names. Table and key are its identity.
#[derive(Debug)]
pub(super) struct HeldRow(Box<[u8]>);

/// A delta that does not fit the row that is held.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Misfit<'a> {
    /// This field had another value.
    OldValue(RawName<'a>),
    /// Nothing of the row is left.
    Emptied,
}

/// The rows. One allocation for each, and none for a change that leaves the length as it was.
#[derive(Debug, Default)]
pub(super) struct HeldRows {
    // The hasher has no random seed: `domain` is pure, and keys come from the project's own log.
    rows: HashSet<HeldRow, BuildHasherDefault<DefaultHasher>>,
    scratch: Vec<u8>,
}

impl HeldRow {
    fn split(&self) -> (&[u8], Reader<'_>) {
        let start = Reader::new(&self.0);
        let mut reader = start;
        reader.byte();
        reader.run();
        (start.until(reader), reader)
    }

    /// Returns code of the table and run of the key.
    fn locator(&self) -> &[u8] {
        self.split().0
    }

    /// Returns the fields, as `Row::flat` writes them.
    pub(super) fn fields(&self) -> &[u8] {
        self.split().1.rest()
    }

    /// Returns the name; `None` never occurs for a row that came out of an entry.
    pub(super) fn name(&self) -> Option<RowName> {
        let mut reader = Reader::new(&self.0);
        let table = Table::from_code(reader.byte()?)?;
        let key = str::from_utf8(reader.run()?).ok()?.to_owned();
        Some(RowName { table, key })
    }
}

impl Borrow<[u8]> for HeldRow {
    fn borrow(&self) -> &[u8] {
        self.locator()
    }
}

impl Hash for HeldRow {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.locator().hash(state);
    }
}

impl PartialEq for HeldRow {
    fn eq(&self, other: &Self) -> bool {
        self.locator() == other.locator()
    }
}

impl Eq for HeldRow {}

impl HeldRows {
    pub(super) fn len(&self) -> u64 {
        self.rows.len() as u64
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &HeldRow> {
        self.rows.iter()
    }

    /// Removes a row and returns it.
    pub(super) fn take(&mut self, locator: &[u8]) -> Option<HeldRow> {
        self.rows.take(locator)
    }

    /// Changes a row, or adds it. After a misfit the rows are of no use any more.
    pub(super) fn apply<'a>(&mut self, delta: &RawDelta<'a>) -> Result<(), Misfit<'a>> {
        let held = self.rows.take(delta.locator);
        self.scratch.clear();
        self.scratch.extend_from_slice(delta.locator);
        merge(held.as_ref().map_or(&[], HeldRow::fields), delta, &mut self.scratch)?;
        if self.scratch.len() == delta.locator.len() {
            return Err(Misfit::Emptied);
        }
        let row = match held {
            Some(mut row) if row.0.len() == self.scratch.len() => {
                row.0.copy_from_slice(&self.scratch);
                row
            }
            _ => HeldRow(self.scratch.as_slice().into()),
        };
        self.rows.insert(row);
        Ok(())
    }
}

/// Reads a field as `Row::flat` writes it.
fn read_field<'a>(reader: &mut Reader<'a>) -> Option<(RawName<'a>, &'a [u8])> {
    Some((RawName::read(reader)?, reader.run()?))
}

/// Writes `fields` with the changes of `delta`. Both are in the order of the names.
fn merge<'a>(fields: &[u8], delta: &RawDelta<'a>, out: &mut Vec<u8>) -> Result<(), Misfit<'a>> {
    let mut held = Reader::new(fields);
    for change in delta.fields() {
        let start = held;
        let mut old = None;
        let mut after = held;
        while let Some((name, value)) = read_field(&mut after) {
            match name.cmp(&change.name) {
                Ordering::Less => held = after,
                Ordering::Equal => {
                    old = Some((value, after));
                    break;
                }
                Ordering::Greater => break,
            }
        }
        out.extend_from_slice(start.until(held));
        if old.map(|(value, _)| value) != change.old {
            return Err(Misfit::OldValue(change.name));
        }
        if let Some((_, after)) = old {
            held = after;
        }
        if let Some(new) = change.new {
            change.name.put(out);
            put(out, new);
        }
    }
    out.extend_from_slice(held.rest());
    Ok(())
}

/// Names the fields that two strings of fields do not have in common.
pub(super) fn differing_fields(one: &[u8], other: &[u8]) -> Vec<String> {
    let (mut one, mut other) = (Reader::new(one), Reader::new(other));
    let (mut a, mut b) = (read_field(&mut one), read_field(&mut other));
    let mut names = Vec::new();
    loop {
        let order = match (a, b) {
            (Some((a, _)), Some((b, _))) => a.cmp(&b),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (None, None) => return names,
        };
        if a != b {
            let name = if order.is_le() { a } else { b };
            names.extend(name.map(|(name, _)| name.to_string()));
        }
        if order.is_le() {
            a = read_field(&mut one);
        }
        if order.is_ge() {
            b = read_field(&mut other);
        }
    }
}
