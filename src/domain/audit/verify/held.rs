//! The state that the entries amount to: one string of bytes for each row.

use std::borrow::{Borrow, Cow};
use std::cell::RefCell;
use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::hash::{BuildHasherDefault, DefaultHasher, Hash, Hasher};
use std::mem;

use indexmap::IndexSet;
use indexmap::set::MutableValues as _;

use super::failure::RowName;
use crate::domain::audit::canonical::{Coded as _, RawDelta, RawField, RawName};
use crate::domain::audit::row::{Table, read_field};
use crate::domain::audit::wire::{Reader, put};
use crate::domain::steps::count;

/// Longest row that is held as one string, in bytes. Most rows are a fifth of it.
const SHORT: usize = 1024;

/// A row. Table and key are its identity.
#[derive(Debug)]
pub(super) enum HeldRow {
    /// Code of the table, run of the key, then name and value of each field as runs, in the order of the names.
    Short(Vec<u8>),
    /// The fields apart, so that a change costs as much as the change is long, however long the row is.
    Long(Box<LongRow>),
}

/// Code of the table and run of the key; the values by the code and the rest of their names.
#[derive(Debug)]
pub(super) struct LongRow {
    locator: Vec<u8>,
    fields: BTreeMap<Vec<u8>, Vec<u8>>,
}

/// A delta that does not fit the row that is held.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Misfit<'a> {
    /// This field had another value.
    OldValue(RawName<'a>),
    /// Nothing of the row is left.
    Emptied,
}

/// The rows. One allocation for each that is short, and none for a change after which it is no longer than it was.
#[derive(Debug, Default)]
pub(super) struct HeldRows {
    // The hasher has no random seed: `domain` is pure, and keys come from the project's own log.
    rows: IndexSet<HeldRow, BuildHasherDefault<DefaultHasher>>,
    /// How many were taken out.
    taken: usize,
    scratch: Vec<u8>,
    /// Where the identity of a row that is looked for is written.
    sought: RefCell<Vec<u8>>,
}

impl HeldRow {
    /// Holds a row that is written as one string.
    fn of(row: &[u8]) -> Self {
        if row.len() <= SHORT {
            return Self::Short(row.to_vec());
        }
        let (locator, mut rest) = split(row);
        let mut fields = BTreeMap::new();
        while let Some((name, value)) = read_field(&mut rest) {
            fields.insert(flat(name.code, name.rest), value.to_vec());
        }
        Self::Long(Box::new(LongRow { locator: locator.to_vec(), fields }))
    }

    /// Returns code of the table and run of the key.
    fn locator(&self) -> &[u8] {
        match self {
            Self::Short(row) => split(row).0,
            Self::Long(row) => &row.locator,
        }
    }

    /// Returns all of it: the locator, then the fields.
    pub(super) fn bytes(&self) -> Cow<'_, [u8]> {
        match self {
            Self::Short(row) => Cow::Borrowed(row),
            Self::Long(row) => Cow::Owned([row.locator.clone(), row.flat()].concat()),
        }
    }

    /// Returns the fields, as `Row::put_fields` writes them.
    pub(super) fn fields(&self) -> Cow<'_, [u8]> {
        match self {
            Self::Short(row) => Cow::Borrowed(split(row).1.rest()),
            Self::Long(row) => Cow::Owned(row.flat()),
        }
    }

    /// Returns the value of the field whose name is `code` alone.
    pub(super) fn field(&self, code: u8) -> Option<&[u8]> {
        self.value(code, &[], <[u8]>::is_empty)
    }

    /// Returns the value of the field whose name is `code` and this rest.
    pub(super) fn member(&self, code: u8, rest: &[u8]) -> Option<&[u8]> {
        self.value(code, rest, |it| it == rest)
    }

    #[inline]
    fn value(&self, code: u8, rest: &[u8], is_rest: impl Fn(&[u8]) -> bool) -> Option<&[u8]> {
        let mut fields = match self {
            Self::Short(row) => split(row).1,
            Self::Long(row) => return row.fields.get(&flat(code, rest)).map(Vec::as_slice),
        };
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
        let mut reader = Reader::new(self.locator());
        let table = Table::from_code(reader.byte()?)?;
        let key = str::from_utf8(reader.run()?).ok()?.to_owned();
        Some(RowName { table, key })
    }
}

/// Parts a row that is written as one string: its locator, and its fields.
#[inline]
fn split(row: &[u8]) -> (&[u8], Reader<'_>) {
    let start = Reader::new(row);
    let mut reader = start;
    reader.byte();
    reader.run();
    (start.until(reader), reader)
}

/// Writes a name so that the order of names is the order of bytes.
fn flat(code: u8, rest: &[u8]) -> Vec<u8> {
    [&[code], rest].concat()
}

impl LongRow {
    /// Changes the fields that a delta names.
    fn apply<'a>(&mut self, delta: &RawDelta<'a>) -> Result<(), Misfit<'a>> {
        for RawField { name, old, new } in delta.fields() {
            if self.set(name, new).as_deref() != old {
                return Err(Misfit::OldValue(name));
            }
        }
        if self.fields.is_empty() { Err(Misfit::Emptied) } else { Ok(()) }
    }

    /// Gives a field a value, or none, and returns the one that it had.
    fn set(&mut self, name: RawName<'_>, new: Option<&[u8]>) -> Option<Vec<u8>> {
        let name = flat(name.code, name.rest);
        match new {
            Some(value) => self.fields.insert(name, value.to_vec()),
            None => self.fields.remove(&name),
        }
    }

    /// Writes the fields, as `Row::put_fields` does.
    fn flat(&self) -> Vec<u8> {
        let mut out = Vec::new();
        for (name, value) in &self.fields {
            if let Some((code, rest)) = name.split_first() {
                RawName { code: *code, rest }.put(&mut out);
                put(&mut out, value);
            }
        }
        count(out.len());
        out
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
        (self.rows.len() - self.taken) as u64
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &HeldRow> {
        self.rows.iter().filter(|row| !row.locator().is_empty())
    }

    /// Finds a row.
    pub(super) fn find(&self, table: Table, key: &str) -> Option<&HeldRow> {
        let mut locator = self.sought.borrow_mut();
        locator.clear();
        locator.push(table.code());
        put(&mut locator, key.as_bytes());
        self.rows.get(locator.as_slice())
    }

    /// Takes a row out and returns it, with its place in the order in which entries made the rows.
    pub(super) fn take(&mut self, locator: &[u8]) -> Option<(usize, HeldRow)> {
        let (place, row) = self.rows.get_full_mut2(locator)?;
        self.taken += 1;
        // A husk that nothing is found by stays in its place: the others keep theirs.
        Some((place, mem::replace(row, HeldRow::Short(Vec::new()))))
    }

    /// Changes a row, or adds it. After a misfit the rows are of no use any more.
    pub(super) fn apply<'a>(&mut self, delta: &RawDelta<'a>) -> Result<(), Misfit<'a>> {
        let held = self.rows.get_full_mut2(delta.locator).map(|(_, row)| row);
        let fields = match &held {
            Some(HeldRow::Short(row)) => split(row).1.rest(),
            _ => &[],
        };
        self.scratch.clear();
        self.scratch.extend_from_slice(delta.locator);
        match held {
            Some(HeldRow::Long(row)) => return row.apply(delta),
            _ => merge(fields, delta, &mut self.scratch)?,
        }
        count(self.scratch.len());
        if self.scratch.len() == delta.locator.len() {
            return Err(Misfit::Emptied);
        }
        match held {
            // The locator, which the row is found by, stays as it was.
            Some(HeldRow::Short(row)) if self.scratch.len() <= SHORT => {
                row.clear();
                row.reserve_exact(self.scratch.len());
                row.extend_from_slice(&self.scratch);
            }
            Some(row) => *row = HeldRow::of(&self.scratch),
            None => drop(self.rows.insert(HeldRow::of(&self.scratch))),
        }
        Ok(())
    }

    /// Gives the fields of a delta their new values, whatever was before.
    pub(super) fn overwrite(&mut self, delta: &RawDelta<'_>) {
        let held = self.rows.get_full_mut2(delta.locator).map(|(_, row)| row);
        let fields = match held {
            Some(HeldRow::Long(row)) => {
                delta.fields().for_each(|change| drop(row.set(change.name, change.new)));
                return;
            }
            Some(HeldRow::Short(row)) => split(row).1.rest(),
            None => &[],
        };
        self.scratch.clear();
        self.scratch.extend_from_slice(delta.locator);
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
                self.scratch.extend_from_slice(held.until(after));
            } else if let Some((name, new)) =
                changes.next().and_then(|change| Some((change.name, change.new?)))
            {
                name.put(&mut self.scratch);
                put(&mut self.scratch, new);
            }
            if order != Ordering::Less {
                held = after;
            }
        }
        count(self.scratch.len());
        self.rows.replace(HeldRow::of(&self.scratch));
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
