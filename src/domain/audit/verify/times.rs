//! The times of entries, of which later spans keep clear.

use std::collections::BTreeMap;
use std::mem;

use crate::domain::digest::Timestamp;

/// Times in milliseconds, in their order: half of each is kept once for all that share it.
#[derive(Debug, Default)]
pub(super) struct Times(BTreeMap<i64, Vec<u32>>);

impl Times {
    /// Adds a time that is not before the others.
    pub(super) fn push(&mut self, at: Timestamp) {
        let (high, low) = halves(at.millis());
        self.0.entry(high).or_default().push(low);
    }

    /// Tells whether a time is among them.
    pub(super) fn contains(&self, millis: i64) -> bool {
        let (high, low) = halves(millis);
        self.0.get(&high).is_some_and(|lows| lows.binary_search(&low).is_ok())
    }

    /// Takes in other times, and leaves none of them there.
    pub(super) fn absorb(&mut self, others: &mut Self) {
        for (high, lows) in mem::take(&mut others.0) {
            let held = self.0.entry(high).or_default();
            held.extend(lows);
            held.sort_unstable();
        }
    }
}

/// The upper half, by which times are ordered first, and the lower one.
fn halves(millis: i64) -> (i64, u32) {
    let high = millis >> 32;
    (high, u32::try_from(millis - (high << 32)).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn times_are_found_in_whichever_order_their_spans_came(
            mut spans in prop::collection::vec(prop::collection::vec(any::<i64>(), 0..20), 0..6),
            other in any::<i64>(),
        ) {
            let mut former = Times::default();
            for span in &mut spans {
                span.sort_unstable();
                let mut present = Times::default();
                for millis in &*span {
                    present.push(Timestamp::from_millis(*millis));
                }
                former.absorb(&mut present);
                prop_assert!(!span.iter().any(|millis| present.contains(*millis)));
            }
            let all: Vec<i64> = spans.concat();
            prop_assert!(all.iter().all(|millis| former.contains(*millis)));
            prop_assert_eq!(former.contains(other), all.contains(&other));
        }
    }
}
