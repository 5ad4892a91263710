//! Time as the record counts it: what a system said, and what is believed of it.
//!
//! Entries have an `at` that never falls within a *span*. It follows the clock of the system, but only for
//! callers who were verified: nobody else moves the time of the record. A clock that cannot be right is a
//! *jump*, and is sealed. An administrator ends a jump; then a new span begins at the system's clock.

use super::digest::Timestamp;

/// How far a clock may depart from the time since boot, or fall behind, in milliseconds.
const TOLERANCE: i64 = 5 * 60 * 1000;

/// How far a clock may be ahead after another boot, in milliseconds. A project can rest for long; a dead
/// battery is off by many years.
const REST_MAX: i64 = 366 * 24 * 60 * 60 * 1000;

/// A start of the system, and how long ago it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Boot {
    /// What tells it from other starts, 128 bits.
    pub id: [u8; 16],
    /// How long ago it was, in milliseconds, suspended time included.
    pub since: u64,
}

/// What the system said of the time at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// What its clock showed.
    pub clock: Timestamp,
    /// The time since it started, where the system tells.
    pub boot: Option<Boot>,
}

impl Moment {
    /// A moment of which nothing but the clock is known.
    pub const fn of(clock: Timestamp) -> Self {
        Self { clock, boot: None }
    }

    fn is_same_boot(&self, other: &Self) -> bool {
        matches!((self.boot, other.boot), (Some(mine), Some(its)) if mine.id == its.id)
    }
}

/// A clock that cannot have been right.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Jump {
    /// The first entry that was made by such a clock.
    pub since: u64,
    /// The `at` of the last entry before it; `None` where there is none.
    pub before: Option<Timestamp>,
    /// What the clock showed when it was noticed.
    pub clock: Timestamp,
}

impl Jump {
    /// The time at which the record goes on once the jump has ended: the clock's, but never before the last entry
    /// before it.
    pub fn ends_at(&self, clock: Timestamp) -> Timestamp {
        self.before.map_or(clock, |before| clock.later(before))
    }
}

/// A stretch of the log within which `at` never falls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// Its number, from 0.
    pub number: u32,
    /// The `at` of its first entry.
    pub began_at: Timestamp,
    /// The jump that was noticed in it.
    pub jump: Option<Jump>,
}

/// Where the record is in time: what the next entry has to follow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Course {
    /// The number of the present span.
    pub span: u32,
    /// The `at` of the last entry.
    pub at: Timestamp,
    /// What the system said at the first entry since it last started that could move the time; where nothing is
    /// known of its start, at the last such entry. Small steps add up against it.
    pub last: Moment,
    /// The first entry made since the system last started.
    pub boot_index: u64,
    /// The `at` of the entry before that one; `None` where there is none.
    pub boot_before: Option<Timestamp>,
}

impl Course {
    /// Begins with the first entry of a log.
    pub const fn begin(moment: Moment) -> Self {
        Self { span: 0, at: moment.clock, last: moment, boot_index: 0, boot_before: None }
    }

    /// The time that a caller has at a moment: the clock's, but never before the last entry.
    pub fn now(&self, moment: Moment) -> Timestamp {
        moment.clock.later(self.at)
    }

    /// Moves on to the entry `index`. `moves` tells whether its caller was verified; for nobody else the
    /// time of the record goes on.
    #[must_use]
    pub fn followed(&self, index: u64, moment: Moment, moves: bool) -> Self {
        if !moves {
            return *self;
        }
        let at = self.now(moment);
        if moment.is_same_boot(&self.last) {
            return Self { at, ..*self };
        }
        Self { at, last: moment, boot_index: index, boot_before: Some(self.at), ..*self }
    }

    /// Begins the next span with the entry `index`, which ends `jump`.
    #[must_use]
    pub fn set(&self, index: u64, moment: Moment, jump: &Jump) -> Self {
        let at = jump.ends_at(moment.clock);
        let span = self.span.saturating_add(1);
        Self { span, at, last: moment, boot_index: index, boot_before: jump.before }
    }

    /// Moves on to the entry `index`, where entries between are not known; `None` where its time falls.
    pub fn resumed(&self, index: u64, span: u32, at: Timestamp, moment: Moment) -> Option<Self> {
        let follows = span > self.span || (span == self.span && self.at.has_come(at));
        follows.then_some(Self { span, at, last: moment, boot_index: index, boot_before: Some(self.at) })
    }

    /// Tells whether the clock of a moment, or the one of the last entries, cannot be right. `next` is the
    /// index of the next entry.
    ///
    /// A clock that fell behind shows that the former entries were made by one that was ahead, as far back
    /// as the system has run since.
    pub fn suspect(&self, next: u64, moment: Moment) -> Option<Jump> {
        let (ahead, former, expected) = match (self.last.boot, moment.boot) {
            (Some(last), Some(now)) if last.id == now.id => {
                let ran = i64::try_from(now.since.saturating_sub(last.since)).unwrap_or(i64::MAX);
                (TOLERANCE, self.last.clock, ran)
            }
            _ => (REST_MAX, self.at, 0),
        };
        let moved = moment.clock.millis().saturating_sub(former.millis());
        let drift = moved.saturating_sub(expected);
        let clock = moment.clock;
        if drift > ahead {
            Some(Jump { since: next, before: Some(self.at), clock })
        } else if drift < -TOLERANCE {
            Some(Jump { since: self.boot_index, before: self.boot_before, clock: self.at })
        } else {
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const MINUTE: i64 = 60 * 1000;
    const YEAR: i64 = 365 * 24 * 60 * MINUTE;

    fn moment(clock: i64, boot: u8, since: i64) -> Moment {
        let since = u64::try_from(since).unwrap_or_default();
        Moment { clock: Timestamp::from_millis(clock), boot: Some(Boot { id: [boot; 16], since }) }
    }

    fn course() -> Course {
        Course::begin(moment(100 * YEAR, 1, 10 * MINUTE)).followed(7, moment(100 * YEAR, 2, MINUTE), true)
    }

    // REQ-168
    #[test]
    fn a_clock_is_held_against_the_time_since_boot() {
        let (base, since) = (100 * YEAR, MINUTE);
        for (forward, ran, is_suspect) in [
            (0, 0, false),
            (MINUTE, MINUTE, false),
            (10 * YEAR, 10 * YEAR, false),
            (6 * MINUTE, 2 * MINUTE, false),
            (8 * MINUTE, 2 * MINUTE, true),
            (2 * YEAR, MINUTE, true),
            (-4 * MINUTE, 0, false),
            (-6 * MINUTE, 0, true),
            (0, 6 * MINUTE, true),
        ] {
            let found = course().suspect(9, moment(base + forward, 2, since + ran));
            assert_eq!(found.is_some(), is_suspect, "{forward} {ran}");
            let since = found.map(|jump| jump.since);
            assert_eq!(since, is_suspect.then_some(if forward > ran { 9 } else { 7 }), "{forward} {ran}");
        }
    }

    // REQ-168
    #[test]
    fn steps_that_are_small_by_themselves_add_up() {
        let at = |minutes: i64| moment(100 * YEAR + minutes * MINUTE, 2, 2 * MINUTE);
        let stepped = course().followed(8, at(4), true);
        assert_eq!(stepped.suspect(9, at(4)), None);
        let found = stepped.suspect(9, at(8)).map(|jump| jump.since);
        assert_eq!(found, Some(9));
        // Nor does the way back make one of what was sound.
        assert_eq!(stepped.suspect(9, at(1)), None);
    }

    // REQ-168
    #[test]
    fn after_another_boot_only_what_cannot_be_right_is_suspect() {
        for (forward, is_suspect) in [
            (300 * 24 * 60 * MINUTE, false),
            (2 * YEAR, true),
            (50 * YEAR, true),
            (-4 * MINUTE, false),
            (-6 * MINUTE, true),
        ] {
            for now in [
                moment(100 * YEAR + forward, 3, 0),
                Moment { boot: None, ..moment(100 * YEAR + forward, 3, 0) },
            ] {
                assert_eq!(course().suspect(9, now).is_some(), is_suspect, "{forward}");
            }
        }
    }

    // REQ-168
    #[test]
    fn a_new_span_begins_at_the_clock_and_never_before_what_was_sound() {
        let ahead = course().followed(9, moment(150 * YEAR, 3, 0), true);
        let jump = course().suspect(9, moment(150 * YEAR, 3, 0));
        let set = |clock| jump.map(|jump| ahead.set(11, moment(clock, 4, 0), &jump));
        assert_eq!(set(101 * YEAR).map(|it| (it.span, it.at.millis())), Some((1, 101 * YEAR)));
        assert_eq!(set(99 * YEAR).map(|it| (it.span, it.at.millis())), Some((1, 100 * YEAR)));
    }

    proptest! {
        // REQ-168
        #[test]
        fn only_verified_callers_move_the_time_and_it_never_falls(
            steps in prop::collection::vec((any::<i64>(), 0u8..3, any::<u32>(), any::<bool>()), 1..20),
        ) {
            let mut now = course();
            for (index, (clock, boot, since, moves)) in (8u64..).zip(steps) {
                let next = now.followed(index, moment(clock, boot, since.into()), moves);
                prop_assert!(now.at.has_come(next.at));
                prop_assert!(moves || next == now);
                prop_assert_eq!(next.span, now.span);
                now = next;
            }
        }
    }
}
