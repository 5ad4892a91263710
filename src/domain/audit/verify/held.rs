//! The state that the entries amount to: one string of bytes for each row.

use std::borrow::Borrow;
use std::cell::RefCell;
use std::cmp::Ordering;
use std::hash::{BuildHasherDefault, DefaultHasher, Hash, Hasher};

use indexmap::IndexSet;
use indexmap::set::MutableValues as _;

use super::failure::RowName;
use crate::domain::audit::canonical::{Coded as _, RawDelta, RawName};
use crate::domain::audit::row::{Table, read_field};
use crate::domain::audit::wire::{Reader, put};

/// A row: code of the table, run of the key, then name and value of each field as runs, in the
/// order of the names. Table and key are its identity.
#[derive(Debug)]
pub(super) struct HeldRow(Vec<u8>);

/// A delta that does not fit the row that is held.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Misfit<'a> {
    /// This field had another value.
    OldValue(RawName<'a>),
    /// Nothing of the row is left.
    Emptied,
}

/// The rows. One allocation for each, and none for a change after which it is no longer than it was.
#[derive(Debug, Default)]
pub(super) struct HeldRows {
    // The hasher has no random seed: `domain` is pure, and keys come from the project's own log.
    rows: IndexSet<HeldRow, BuildHasherDefault<DefaultHasher>>,
    scratch: Vec<u8>,
    /// Where the identity of a row that is looked for is written.
    sought: RefCell<Vec<u8>>,
}

impl HeldRow {
    #[inline]
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

    /// Returns all of it: the locator, then the fields.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// Returns the fields, as `Row::put_fields` writes them.
    pub(super) fn fields(&self) -> &[u8] {
        self.split().1.rest()
    }

    /// Returns the value of the field whose name is `code` alone.
    pub(super) fn field(&self, code: u8) -> Option<&[u8]> {
        self.value(code, <[u8]>::is_empty)
    }

    /// Returns the value of the field whose name is `code` and this rest.
    pub(super) fn member(&self, code: u8, rest: &[u8]) -> Option<&[u8]> {
        self.value(code, |it| it == rest)
    }

    #[inline]
    fn value(&self, code: u8, is_rest: impl Fn(&[u8]) -> bool) -> Option<&[u8]> {
        let mut fields = self.split().1;
        // Fields are in the order of their codes.
        while let Some((name, value)) = read_field(&mut fields)
            && name.code <= code
        {
            if name.code == code && is_rest(name.rest) {
                return Some(value);
            }
        }
        None
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

    /// Finds a row.
    pub(super) fn find(&self, table: Table, key: &str) -> Option<&HeldRow> {
        let mut locator = self.sought.borrow_mut();
        locator.clear();
        locator.push(table.code());
        put(&mut locator, key.as_bytes());
        self.rows.get(locator.as_slice())
    }

    /// Removes a row and returns it.
    pub(super) fn take(&mut self, locator: &[u8]) -> Option<HeldRow> {
        self.rows.swap_take(locator)
    }

    /// Changes a row, or adds it. After a misfit the rows are of no use any more.
    pub(super) fn apply<'a>(&mut self, delta: &RawDelta<'a>) -> Result<(), Misfit<'a>> {
        let held = self.rows.get_full_mut2(delta.locator).map(|(_, row)| row);
        self.scratch.clear();
        self.scratch.extend_from_slice(delta.locator);
        merge(held.as_ref().map_or(&[], |row| row.fields()), delta, &mut self.scratch)?;
        if self.scratch.len() == delta.locator.len() {
            return Err(Misfit::Emptied);
        }
        match held {
            // The locator, which the row is found by, stays as it was.
            Some(HeldRow(row)) => {
                row.clear();
                row.reserve_exact(self.scratch.len());
                row.extend_from_slice(&self.scratch);
            }
            None => drop(self.rows.insert(HeldRow(self.scratch.clone()))),
        }
        Ok(())
    }
}

impl HeldRows {
    /// Gives the fields of a delta their new values, whatever was before.
    pub(super) fn overwrite(&mut self, delta: &RawDelta<'_>) {
        let fields = self.rows.get(delta.locator).map_or(&[][..], HeldRow::fields);
        let mut row = delta.locator.to_vec();
        let mut held = Reader::new(fields);
        let mut changes = delta.fields().peekable();
        loop {
            let mut after = held;
            let next = read_field(&mut after);
            let order = match (changes.peek(), next) {
                (None, None) => break,
                (None, Some(_)) => Ordering::Greater,
                (Some(_), None) => Ordering::Less,
                (Some(change), Some((name, _))) => change.name.cmp(&name),
            };
            if order == Ordering::Greater {
                row.extend_from_slice(held.until(after));
            } else if let Some((name, new)) =
                changes.next().and_then(|change| Some((change.name, change.new?)))
            {
                name.put(&mut row);
                put(&mut row, new);
            }
            if order != Ordering::Less {
                held = after;
            }
        }
        self.rows.replace(HeldRow(row));
    }
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
