//! Entries one after another: a log that is sound is sound whichever of its entries are withheld.

#![no_main]

use libfuzzer_sys::fuzz_target;
use qms::domain::audit::{Delta, Entry, Failure, FieldDelta, Table, Verifier, leaf_hash, witness};
use qms::domain::clock::{Boot, Course, Moment};
use qms::domain::digest::{Digest, Timestamp};
use qms::domain::identity::Assurance;

const MINUTE: i64 = 60 * 1000;
const MONTH: i64 = 30 * 24 * 60 * MINUTE;

fuzz_target!(|input: &[u8]| {
    let log = entries(input);
    if read(&log, |_| false).is_ok() {
        for bit in 0..8 {
            let is_withheld = |index: usize| input.get(index).is_some_and(|byte| byte >> bit & 1 == 1);
            assert_eq!(read(&log, is_withheld), Ok(()));
        }
    }
});

/// Entries as a session makes them, but for some whose time, or whose change of a row, is another one.
fn entries(input: &[u8]) -> Vec<Entry> {
    let (mut entries, mut course, mut title) = (Vec::new(), None::<Course>, None::<Vec<u8>>);
    for (index, [how, far, near, boot, since, shift, length, fill]) in (0..).zip(input.as_chunks().0) {
        let clock = Timestamp::from_millis(i64::from(*far) * MONTH + i64::from(*near) * MINUTE);
        let boot =
            (*boot < 200).then(|| Boot { id: [*boot; 16], since: u64::from(*since) * MINUTE.unsigned_abs() });
        let moment = Moment { clock, boot };
        let (action, assurance) = match how & 3 {
            0 => ("status", None),
            1 => ("status", Some(Assurance::Claimed)),
            _ => ("recover", None),
        };
        let next = course.map_or_else(
            || Course::begin(moment),
            |course: Course| course.followed(index, moment, witness(assurance, action)),
        );
        let at = if how & 4 == 0 { next.at } else { next.at.after((*shift).into()) };
        course = Some(Course { at, ..next });
        let new = vec![*fill; usize::from(*length) * 16];
        let old = if how & 8 == 0 { title.take() } else { Some(vec![*fill]) };
        let is_changed = old.as_ref() != Some(&new);
        title = Some(new.clone());
        let field = FieldDelta { name: "title".to_owned(), old, new: Some(new) };
        let delta = Delta { table: Table::Document, key: "A".to_owned(), fields: vec![field] };
        let deltas = Some(delta).filter(|_| is_changed).into_iter().collect();
        let policy = Digest::of(b"");
        entries.push(Entry { index, at, moment, assurance, deltas, ..Entry::new(action, policy) });
    }
    entries
}

fn read(log: &[Entry], is_withheld: impl Fn(usize) -> bool) -> Result<(), Failure> {
    let mut verifier = Verifier::new(None, None);
    for (place, entry) in log.iter().enumerate() {
        let bytes = entry.encode();
        if is_withheld(place) {
            verifier.push_leaf(entry.index, leaf_hash(&bytes))?;
        } else {
            verifier.push_bytes(entry.index, &bytes)?;
        }
    }
    Ok(())
}
