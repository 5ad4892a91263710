//! Which of two moments of the record came first.
//!
//! A time of day does not tell: when a jump of the clock has ended, the record goes on at an earlier time. What
//! tells is the span that a time is of, and within a span the time. Rows have times alone, and the span is found:
//!
//! * The times of a row are the `at` of the entries that wrote them.
//! * Within a span `at` never falls.
//! * No `at` is of two spans: where an earlier span has a time already, an entry gets the next one that is
//!   [free](Order::free). Only a span that has ended can have it, from the entries of its jump.
//!
//! So a time that the jump of an ended span has is of that span. Any other is of the first span after which no
//! span began at that time or before.

use std::collections::BTreeMap;

use super::clock::Span;
use super::digest::Timestamp;

/// A place in the order of the record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    span: u32,
    at: i64,
}

impl Place {
    /// The place of a time of a span.
    pub const fn of(span: u32, at: Timestamp) -> Self {
        Self { span, at: at.millis() }
    }
}

/// The order of a record.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Order {
    /// Every span that has ended, oldest first: its number, the earliest beginning of a later one, and the time
    /// before its jump.
    ended: Vec<(u32, i64, Option<i64>)>,
    /// The number of the present span.
    present: u32,
    /// The times of ended spans at which, or before which, a later span began; with their spans.
    passed: BTreeMap<i64, u32>,
}

impl Order {
    /// Makes the order of a record with these spans, oldest first. `jumped` are the times, with their spans, of the
    /// entries since the jumps that have ended.
    pub fn new(spans: &[Span], jumped: impl IntoIterator<Item = (u32, Timestamp)>) -> Self {
        let Some((last, ended)) = spans.split_last() else { return Self::default() };
        let mut order = Self { present: last.number, ..Self::default() };
        let mut next = last.began_at.millis();
        for span in ended.iter().rev() {
            let before = span.jump.and_then(|jump| jump.before).map(Timestamp::millis);
            order.ended.insert(0, (span.number, next, before));
            next = next.min(span.began_at.millis());
        }
        let before = order.ended.clone();
        let before = before.into_iter().filter_map(|(span, _, at)| at.map(|at| (span, at)));
        let all = before.chain(jumped.into_iter().map(|(span, at)| (span, at.millis())));
        for (span, at) in all {
            if order.ended.iter().any(|(number, next, _)| *number == span && at >= *next) {
                order.passed.entry(at).and_modify(|first| *first = span.min(*first)).or_insert(span);
            }
        }
        order
    }

    /// Finds the place of a time that the record gave.
    pub fn place(&self, at: Timestamp) -> Place {
        let millis = at.millis();
        let first = || self.ended.iter().find(|(_, next, _)| millis < *next).map(|(span, ..)| *span);
        let span = self.passed.get(&millis).copied().or_else(first).unwrap_or(self.present);
        Place { span, at: millis }
    }

    /// The place of a time of the present span.
    pub const fn present(&self, at: Timestamp) -> Place {
        Place::of(self.present, at)
    }

    /// The first time from `at` on that no ended span has.
    pub fn free(&self, at: Timestamp) -> Timestamp {
        let mut millis = at.millis();
        while self.passed.contains_key(&millis) {
            millis = millis.saturating_add(1);
        }
        Timestamp::from_millis(millis)
    }

    /// Tells whether a time that the record gave is by a clock that was wrong, in a jump that has ended.
    pub fn is_of_ended_jump(&self, at: Timestamp) -> bool {
        let place = self.place(at);
        let ended = self.ended.iter().find(|(span, ..)| *span == place.span);
        ended.is_some_and(|(.., before)| before.is_none_or(|before| place.at > before))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::clock::{Course, Moment, Witness};

    /// The order of a log of these times and their spans.
    fn order_of(spans: &[Span], log: &[(u32, Timestamp)]) -> Order {
        let since = |span| {
            let found = spans.iter().find(|one| one.number == span);
            found.and_then(|found| found.jump).map_or(u64::MAX, |jump| jump.since)
        };
        Order::new(
            spans,
            (0..).zip(log).filter(|(index, (span, _))| *index >= since(*span)).map(|(_, one)| *one),
        )
    }

    proptest! {
        // REQ-241
        #[test]
        fn the_order_of_times_is_the_order_of_entries_however_the_clock_runs(
            steps in prop::collection::vec((-3i64..4, any::<bool>()), 1..40),
        ) {
            let time = Timestamp::from_millis;
            // So coarse that most times come again.
            let moment = |step: i64| Moment::of(time(step * 400 * 24 * 60 * 60 * 1000));
            let mut clock = 10;
            let mut course = Course::begin(moment(clock));
            let mut spans = vec![Span { number: 0, began_at: course.at, jump: None }];
            let mut log = vec![(0, course.at)];
            for (step, ends) in steps {
                clock += step;
                let index = log.len() as u64;
                let (number, jump) = spans.last().map(|span| (span.number, span.jump)).unwrap_or_default();
                if let (Some(jump), true) = (jump, ends) {
                    course = course.set(index, moment(clock), &jump);
                    spans.push(Span { number: number + 1, began_at: course.at, jump: None });
                    course.at = order_of(&spans, &log).free(course.at);
                    if let Some(span) = spans.last_mut() {
                        span.began_at = course.at;
                    }
                } else {
                    if let (None, Some(found)) = (jump, course.suspect(index, moment(clock))) {
                        spans.iter_mut().filter(|span| span.number == number).for_each(|span| span.jump = Some(found));
                    }
                    course = course.followed(index, moment(clock), Witness::Proven);
                    course.at = order_of(&spans, &log).free(course.at);
                }
                log.push((course.span, course.at));
                let order = order_of(&spans, &log);
                for (span, at) in &log {
                    prop_assert_eq!(order.place(*at), Place::of(*span, *at));
                }
            }
        }
    }
}
