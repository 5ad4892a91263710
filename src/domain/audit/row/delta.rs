//! What lies between two states of a row.

use std::cmp::Ordering;

use super::Row;
use crate::domain::audit::canonical::{RawField, RawName};
use crate::domain::audit::entry::{Delta, FieldDelta};
use crate::domain::audit::wire::Reader;

/// Returns what changes when `new` takes the place of `old`, the same row before it; `None` where
/// nothing does. A row that did not exist before changes in every field.
pub fn row_delta(old: Option<Row<'_>>, new: Row<'_>) -> Option<Delta> {
    let (before, after) = (old.map(|row| row.flat()).unwrap_or_default(), new.flat());
    let fields: Vec<FieldDelta> = changes(&before, &after)
        .map(|field| FieldDelta {
            name: field.name.to_string(),
            old: field.old.map(<[u8]>::to_vec),
            new: field.new.map(<[u8]>::to_vec),
        })
        .collect();
    (!fields.is_empty()).then(|| Delta { table: new.table(), key: new.key(), fields })
}

/// Iterates over what differs between two strings of fields, as [`Row::put_fields`] writes them.
pub(in crate::domain::audit) fn changes<'a>(
    old: &'a [u8],
    new: &'a [u8],
) -> impl Iterator<Item = RawField<'a>> {
    let (mut before, mut after) = (Reader::new(old), Reader::new(new));
    let (mut old, mut new) = (read_field(&mut before), read_field(&mut after));
    std::iter::from_fn(move || {
        loop {
            let (order, name) = match (old, new) {
                (Some((old, _)), Some((new, _))) => (old.cmp(&new), old.min(new)),
                (Some((old, _)), None) => (Ordering::Less, old),
                (None, Some((new, _))) => (Ordering::Greater, new),
                (None, None) => return None,
            };
            // Both are sorted: what comes first is on one side alone, or on both.
            let mut field = RawField { name, old: None, new: None };
            if let Some((_, value)) = old.filter(|_| order.is_le()) {
                field.old = Some(value);
                old = read_field(&mut before);
            }
            if let Some((_, value)) = new.filter(|_| order.is_ge()) {
                field.new = Some(value);
                new = read_field(&mut after);
            }
            if field.old != field.new {
                return Some(field);
            }
        }
    })
}

/// Reads a field as [`Row::put_fields`] writes it.
#[inline]
pub(in crate::domain::audit) fn read_field<'a>(reader: &mut Reader<'a>) -> Option<(RawName<'a>, &'a [u8])> {
    Some((RawName::read(reader)?, reader.run()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::audit::samples::{name, new_document};
    use crate::domain::digest::Timestamp;

    #[test]
    fn nothing_changed_is_no_delta() {
        let document = new_document("SOP-001", Timestamp::from_millis(0));
        assert_eq!(row_delta(Some(Row::Document(&document)), Row::Document(&document)), None);
    }

    #[test]
    fn only_what_changed_is_in_the_delta() {
        let old = new_document("SOP-001", Timestamp::from_millis(0));
        let mut new = old.clone();
        new.state = name("IN_REVIEW");
        new.checkout = None;
        new.parent = Some(name("CR-001"));
        let delta = row_delta(Some(Row::Document(&old)), Row::Document(&new));
        let fields: Vec<_> = delta.iter().flat_map(|delta| &delta.fields).collect();
        let shape: Vec<_> = fields
            .iter()
            .map(|field| (field.name.as_str(), field.old.is_some(), field.new.is_some()))
            .collect();
        assert_eq!(shape, [("checkout", true, false), ("parent", false, true), ("state", true, true)]);
    }

    #[test]
    fn new_row_has_no_old_values() {
        let document = new_document("SOP-001", Timestamp::from_millis(0));
        let delta = row_delta(None, Row::Document(&document));
        let fields: Vec<_> = delta.iter().flat_map(|delta| &delta.fields).collect();
        assert!(fields.len() > 10);
        assert!(fields.iter().all(|field| field.old.is_none()));
    }
}
