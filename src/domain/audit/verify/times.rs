//! The times of entries: whether each follows the one before it, and keeps clear of those of earlier spans.

use crate::domain::audit::canonical::EntryView;
use crate::domain::audit::entry::witness;
use crate::domain::clock::{Course, Jump, Moment};
use crate::domain::digest::Timestamp;

/// Before every time.
const FIRST: Timestamp = Timestamp::from_millis(i64::MIN);

/// After every time.
const LAST: Timestamp = Timestamp::from_millis(i64::MAX);

/// The times from one to another, both included.
type Between = (Timestamp, Timestamp);

/// Where the record is in time, as far as the entries that are known tell.
#[derive(Debug, Default)]
pub(super) struct Timeline {
    /// All of it. What a withheld entry did to it is not known, until a span begins.
    course: Option<Course>,
    /// Span and `at` of the last entry that is known.
    last: Option<(u32, Timestamp)>,
    /// How many entries were withheld since.
    missing: u64,
    /// How many were withheld at all.
    withheld: u64,
    /// How many of them can be of an earlier span than the present one.
    earlier: u64,
    /// The times of the present span.
    present: Times,
    /// Those of the spans before it, in parts each of which is more than twice as long as the next one.
    former: Vec<Times>,
}

impl Timeline {
    /// All of where the record is in time, where it is known.
    pub(super) const fn course(&self) -> Option<Course> {
        self.course
    }

    /// Goes on over an entry of which nothing is known.
    pub(super) fn skip(&mut self) {
        self.course = None;
        self.missing += 1;
        self.withheld += 1;
    }

    /// Goes on to an entry; `None` where no content of the withheld ones explains its time. `jump` finds the jump
    /// of a span.
    pub(super) fn follow(
        &mut self,
        entry: &EntryView<'_>,
        jump: impl FnOnce(u32) -> Option<Jump>,
    ) -> Option<()> {
        let (next, from) = self.next(entry, jump)?;
        if self.last.map_or(0, |(span, _)| span) != entry.span {
            self.earlier = self.withheld;
            self.end_span();
        }
        let at = entry.at.millis();
        // A time that an earlier span has names that span.
        if self.is_taken(at) {
            return None;
        }
        let follows = |(first, last): Between| {
            first.has_come(entry.at) && self.free(last.sooner(entry.at).millis(), at) <= self.earlier
        };
        if !from.into_iter().any(follows) {
            return None;
        }
        self.present.push(at);
        self.course = next.map(|next| Course { at: entry.at, ..next });
        self.last = Some((entry.span, entry.at));
        self.missing = 0;
        Some(())
    }

    /// Where the record is after an entry, if that is known, and the times of which its own is one, or the next
    /// one that is free.
    fn next(
        &self,
        entry: &EntryView<'_>,
        jump: impl FnOnce(u32) -> Option<Jump>,
    ) -> Option<(Option<Course>, [Between; 2])> {
        let Moment { clock, .. } = entry.moment;
        let who = witness(entry.assurance, entry.action);
        let (span, last) = self.last.unwrap_or((0, FIRST));
        let begun = u64::from(entry.span.checked_sub(span)?);
        let (next, from) = match (self.course, self.missing) {
            // Only an entry that was withheld can have moved the time, or begun a span.
            (_, 1..) => {
                let most = self.missing + u64::from(self.last.is_some());
                let after = if begun == 0 { last } else { FIRST };
                let [(first, _), _] = Course::possible(after, entry.moment, who);
                return (begun <= most).then_some((None, [(first, LAST); 2]));
            }
            (None, 0) if self.last.is_none() => (Course::begin(entry.moment), (clock, clock)),
            (Some(course), 0) if begun == 0 => {
                let next = course.followed(entry.index, entry.moment, who);
                (next, (next.at, next.at))
            }
            (None, 0) if begun == 0 => {
                return Some((None, Course::possible(last, entry.moment, who)));
            }
            (Some(course), 0) => {
                let next = course.set(entry.index, entry.moment, &jump(span)?);
                (next, (next.at, next.at))
            }
            // The jump may be on record in an entry that was withheld. What it goes back to is not behind `last`.
            (None, 0) => {
                let ends_at = jump(span).map(|jump| jump.ends_at(clock));
                let next = Course { span: span.saturating_add(1), ..Course::begin(entry.moment) };
                (next, ends_at.map_or((clock, clock.later(last)), |at| (at, at)))
            }
        };
        (next.span == entry.span).then_some((Some(next), [from; 2]))
    }

    /// Whether an earlier span has a time.
    fn is_taken(&self, at: i64) -> bool {
        self.free(at, at.saturating_add(1)) == 0
    }

    /// How many times there are from one to before another that no earlier span has.
    fn free(&self, from: i64, to: i64) -> u64 {
        let taken: usize = self.former.iter().map(|times| times.before(to) - times.before(from)).sum();
        to.abs_diff(from).saturating_sub(taken as u64)
    }

    /// Puts the times of the present span to those of the earlier ones. Each is moved as often as twice as many
    /// come, and no more.
    fn end_span(&mut self) {
        let mut part = std::mem::take(&mut self.present);
        while let Some(longer) = self.former.pop_if(|longer| longer.lows.len() <= 2 * part.lows.len()) {
            part = longer.with(&part);
        }
        self.former.push(part);
    }
}

/// Times in milliseconds, in their order: half of each is kept once for all that share it.
#[derive(Debug, Default)]
struct Times {
    /// Each upper half, and where its lower ones begin.
    highs: Vec<(i64, usize)>,
    lows: Vec<u32>,
}

impl Times {
    /// Adds a time that is not before the others.
    fn push(&mut self, millis: i64) {
        let (high, low) = halves(millis);
        let is_same = self.highs.last().is_some_and(|(last, _)| *last == high);
        if !is_same {
            self.highs.push((high, self.lows.len()));
        }
        if !(is_same && self.lows.last() == Some(&low)) {
            self.lows.push(low);
        }
    }

    /// How many are before a time.
    fn before(&self, millis: i64) -> usize {
        let (high, low) = halves(millis);
        let part = self.highs.partition_point(|(it, _)| *it < high);
        let start_of = |part| self.highs.get(part).map_or(self.lows.len(), |(_, start)| *start);
        let start = start_of(part);
        let is_there = self.highs.get(part).is_some_and(|(it, _)| *it == high);
        let end = if is_there { start_of(part + 1) } else { start };
        start + self.lows.get(start..end).unwrap_or_default().partition_point(|it| *it < low)
    }

    fn iter(&self) -> impl Iterator<Item = i64> {
        let ends = self.highs.iter().skip(1).map(|(_, start)| *start).chain([self.lows.len()]);
        self.highs.iter().zip(ends).flat_map(|((high, start), end)| {
            let lows = self.lows.get(*start..end).unwrap_or_default();
            lows.iter().map(|low| (*high << 32) + i64::from(*low))
        })
    }

    /// These times and others.
    fn with(&self, others: &Self) -> Self {
        let mut all = Self::default();
        let (mut own, mut others) = (self.iter().peekable(), others.iter().peekable());
        while let Some(next) = own.peek().copied().into_iter().chain(others.peek().copied()).min() {
            all.push(next);
            while own.next_if_eq(&next).or_else(|| others.next_if_eq(&next)).is_some() {}
        }
        all
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
        fn times_are_counted_in_whichever_order_their_spans_came(
            spans in prop::collection::vec(prop::collection::vec(any::<i64>(), 0..20), 0..12),
            near in -4i64..4,
            to in any::<i64>(),
        ) {
            let (mut line, mut all) = (Timeline::default(), Vec::new());
            for (number, mut span) in (0..).zip(spans) {
                span.push(near + 8 * number);
                span.sort_unstable();
                for millis in &span {
                    line.present.push(*millis);
                }
                line.end_span();
                all.extend(span);
            }
            let before = |to| line.former.iter().map(|it| it.before(to)).sum::<usize>();
            for to in [to, near, near + 1, i64::MIN, i64::MAX] {
                prop_assert_eq!(before(to), all.iter().filter(|it| **it < to).count());
            }
            prop_assert!(line.former.len() < 8);
        }
    }
}
