//! Deltas as bytes: checked once, then read again by replay without looking at them as text.

use std::cmp::Ordering;
use std::fmt;

use super::error::DecodeError;
use super::{BOTH, Coded as _, NEW, OLD};
use crate::domain::audit::row::{FieldName, Table, has_rest, is_code};
use crate::domain::audit::wire::{Reader, put};

/// The change of one row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::domain::audit) struct RawDelta<'a> {
    pub(in crate::domain::audit) table: Table,
    pub(in crate::domain::audit) key: &'a [u8],
    /// Code of the table and run of the key: what rows are found by.
    pub(in crate::domain::audit) locator: &'a [u8],
    fields: Reader<'a>,
}

/// The name of a field: its code and the rest, which is empty where the code says it all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::domain::audit) struct RawName<'a> {
    pub(in crate::domain::audit) code: u8,
    pub(in crate::domain::audit) rest: &'a [u8],
}

/// The change of one field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::domain::audit) struct RawField<'a> {
    pub(in crate::domain::audit) name: RawName<'a>,
    pub(in crate::domain::audit) old: Option<&'a [u8]>,
    pub(in crate::domain::audit) new: Option<&'a [u8]>,
}

impl<'a> RawDelta<'a> {
    /// Reads a delta, whose fields may still be anything.
    #[inline]
    pub(super) fn read(reader: &mut Reader<'a>) -> Result<Self, DecodeError> {
        let start = *reader;
        let code = reader.byte().ok_or(DecodeError::Malformed("table"))?;
        let table = Table::from_code(code).ok_or(DecodeError::Code { what: "table", code })?;
        let key = reader.run().ok_or(DecodeError::Malformed("key of a row"))?;
        let locator = start.until(*reader);
        let fields = reader.run().ok_or(DecodeError::Malformed("delta"))?;
        Ok(Self { table, key, locator, fields: Reader::new(fields) })
    }

    /// Reads a delta and checks every part of it.
    pub(super) fn check(reader: &mut Reader<'a>) -> Result<(), DecodeError> {
        let delta = Self::read(reader)?;
        let key = str::from_utf8(delta.key).map_err(|_| DecodeError::NotUtf8("key of a row"))?;
        let mut fields = delta.fields;
        let mut last = None;
        while !fields.rest().is_empty() {
            let field = RawField::read(&mut fields).ok_or(DecodeError::Malformed("field"))?;
            field.name.check()?;
            if last.is_some_and(|last| last >= field.name) {
                return Err(DecodeError::FieldOrder { field: field.name.to_string() });
            }
            if field.old == field.new {
                return Err(DecodeError::NoChange { field: field.name.to_string() });
            }
            last = Some(field.name);
        }
        match last {
            Some(_) => Ok(()),
            None => Err(DecodeError::EmptyDelta { key: key.to_owned() }),
        }
    }

    /// Iterates over the fields that changed, in the order of their names.
    pub(in crate::domain::audit) fn fields(&self) -> impl Iterator<Item = RawField<'a>> + use<'a> {
        let mut reader = self.fields;
        std::iter::from_fn(move || RawField::read(&mut reader))
    }
}

impl<'a> RawField<'a> {
    #[inline]
    fn read(reader: &mut Reader<'a>) -> Option<Self> {
        let name = RawName::read(reader)?;
        let (old, new) = match reader.byte()? {
            OLD => (Some(reader.run()?), None),
            NEW => (None, Some(reader.run()?)),
            BOTH => (Some(reader.run()?), Some(reader.run()?)),
            _ => return None,
        };
        Some(Self { name, old, new })
    }
}

impl<'a> RawName<'a> {
    /// Reads a name, whose code and rest may still be anything.
    #[inline]
    pub(in crate::domain::audit) fn read(reader: &mut Reader<'a>) -> Option<Self> {
        let code = reader.byte()?;
        let rest = if has_rest(code) { reader.run()? } else { &[] };
        Some(Self { code, rest })
    }

    #[inline]
    pub(in crate::domain::audit) fn put(&self, out: &mut Vec<u8>) {
        out.push(self.code);
        if has_rest(self.code) {
            put(out, self.rest);
        }
    }

    /// Returns the name as text, where it is one.
    pub(in crate::domain::audit) fn as_name(&self) -> Option<FieldName<'a>> {
        FieldName::from_parts(self.code, str::from_utf8(self.rest).ok()?)
    }

    #[inline]
    fn check(&self) -> Result<(), DecodeError> {
        let is_name = if has_rest(self.code) { self.as_name().is_some() } else { is_code(self.code) };
        is_name.then_some(()).ok_or(DecodeError::Name("name of a field"))
    }
}

impl Ord for RawName<'_> {
    #[inline]
    fn cmp(&self, other: &Self) -> Ordering {
        // Without a rest there is nothing left to compare, and asking costs more than all else here:
        // an empty slice points nowhere, and AVX-512 loads from there, even of no bytes, are slow.
        self.code
            .cmp(&other.code)
            .then_with(|| if has_rest(self.code) { self.rest.cmp(other.rest) } else { Ordering::Equal })
    }
}

impl PartialOrd for RawName<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for RawName<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.as_name() {
            Some(name) => name.fmt(f),
            None => write!(f, "{:#04x} {}", self.code, self.rest.escape_ascii()),
        }
    }
}
