//! What lies between two states of a row.

use std::cmp::Ordering;

use super::{Field, Row};
use crate::domain::audit::entry::{Delta, FieldDelta};

/// Returns what changes when `new` takes the place of `old`, the same row before it; `None` where
/// nothing does. A row that did not exist before changes in every field.
pub fn row_delta(old: Option<Row<'_>>, new: Row<'_>) -> Option<Delta> {
    let mut before = old.map(|row| row.fields()).unwrap_or_default().into_iter().peekable();
    let mut after = new.fields().into_iter().peekable();
    let mut fields = Vec::new();
    loop {
        let order = match (before.peek(), after.peek()) {
            (Some((old, _)), Some((new, _))) => old.cmp(new),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (None, None) => break,
        };
        // Both are sorted: what comes first is on one side alone, or on both.
        let old = if order.is_le() { before.next() } else { None };
        let new = if order.is_ge() { after.next() } else { None };
        fields.extend(field_delta(old, new));
    }
    (!fields.is_empty()).then(|| Delta { table: new.table(), key: new.key(), fields })
}

fn field_delta(old: Option<Field<'_>>, new: Option<Field<'_>>) -> Option<FieldDelta> {
    let name = old.as_ref().or(new.as_ref()).map(|(name, _)| name.to_string())?;
    let (old, new) = (old.map(|(_, value)| value), new.map(|(_, value)| value));
    (old != new).then_some(FieldDelta { name, old, new })
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
        assert_eq!(fields.len(), Row::Document(&document).fields().len());
        assert!(fields.iter().all(|field| field.old.is_none()));
    }
}
