//! Time as the record counts it: what a system said, and what is believed of it.
//!
//! Entries have an `at` that never falls within a *span*. It follows the clock of the system: for callers with a
//! proof; for callers who are believed by name where the clock can be right; for nobody else. Credentials are
//! judged by the time of callers with a proof alone, so that nobody without one ends another's. A clock that
//! cannot be right is a *jump*, and is sealed. An administrator ends a jump; then a new span begins at the
//! system's clock.

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
}

/// What stands for the start of the system where only callers without a proof were seen since the last one.
const UNPROVEN: Boot = Boot { id: [0xff; 16], since: 0 };

/// Whose word an entry is for the time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Witness {
    /// A caller who was not verified, or the program.
    Nobody,
    /// A caller who was believed by name.
    Claimed,
    /// A caller with a proof, or whoever holds the project key.
    Proven,
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
    /// What the system said at the last entry with a proof, its clock as the first one since the same start makes
    /// it by the time since then: small steps add up against it, and credentials are judged by it.
    pub last: Moment,
    /// The first entry with a proof since the system last started; where there was none since the last claimed
    /// caller after another start, the first entry of such.
    pub boot_index: u64,
    /// The `at` of the entry before that one; `None` where there is none.
    pub boot_before: Option<Timestamp>,
}

impl Course {
    /// Begins with the first entry of a log.
    pub const fn begin(moment: Moment) -> Self {
        Self { span: 0, at: moment.clock, last: moment, boot_index: 0, boot_before: None }
    }

    /// The time by which credentials are judged at a moment: the clock's, but never before the last caller with a
    /// proof, nor behind the time since boot.
    pub fn now(&self, moment: Moment) -> Timestamp {
        moment.clock.later(self.expected(moment).unwrap_or(self.last.clock))
    }

    /// The `at` of an entry that is made at a moment: the clock's, but never before the last entry. Of whoever
    /// proved nothing the clock is taken where it can be right, and else the time since boot.
    pub fn at(&self, moment: Moment, witness: Witness) -> Timestamp {
        let ahead = |of: Timestamp| moment.clock.millis().saturating_sub(of.millis());
        let read = match (witness, self.expected(moment)) {
            (Witness::Nobody, _) => self.at,
            (Witness::Claimed, Some(expected)) if ahead(expected) > TOLERANCE => expected,
            (Witness::Claimed, None) if ahead(self.last.clock) > REST_MAX => self.at,
            (Witness::Claimed | Witness::Proven, _) => moment.clock,
        };
        read.later(self.at)
    }

    /// What the clock should show by the time since boot, where the last proof was since the same one.
    fn expected(&self, moment: Moment) -> Option<Timestamp> {
        match (self.last.boot, moment.boot) {
            (Some(last), Some(now)) if last.id == now.id => {
                Some(self.last.clock.after(now.since.saturating_sub(last.since)))
            }
            _ => None,
        }
    }

    /// Moves on to the entry `index`. Only a proof moves the time that credentials are judged by, and what the
    /// clock is held against; a caller without one moves the `at` of entries.
    #[must_use]
    pub fn followed(&self, index: u64, moment: Moment, witness: Witness) -> Self {
        let at = self.at(moment, witness);
        let is_known = self.last.boot == Some(UNPROVEN);
        let begun = Self { at, boot_index: index, boot_before: Some(self.at), ..*self };
        match (witness, self.expected(moment)) {
            (Witness::Nobody, _) => *self,
            (Witness::Claimed, expected) if is_known || expected.is_some() => Self { at, ..*self },
            (Witness::Claimed, _) => Self { last: Moment { boot: Some(UNPROVEN), ..self.last }, ..begun },
            // Of two that came at once the later one can be first.
            (Witness::Proven, Some(clock)) if clock == self.last.clock => Self { at, ..*self },
            (Witness::Proven, Some(clock)) => Self { at, last: Moment { clock, ..moment }, ..*self },
            (Witness::Proven, None) => {
                Self { last: Moment { clock: moment.clock.later(self.last.clock), ..moment }, ..begun }
            }
        }
    }

    /// Begins the next span with the entry `index`, which ends `jump`.
    #[must_use]
    pub fn set(&self, index: u64, moment: Moment, jump: &Jump) -> Self {
        let at = jump.ends_at(moment.clock);
        let span = self.span.saturating_add(1);
        Self { span, at, last: moment, boot_index: index, boot_before: jump.before }
    }

    /// The spans of time, from first to last, in one of which [`at`](Self::at) is for an entry after `last`, where
    /// it is not known what its clock is held against.
    pub fn possible(last: Timestamp, moment: Moment, witness: Witness) -> [(Timestamp, Timestamp); 2] {
        let shown = moment.clock.later(last);
        // What the clock of a claimed caller is replaced by is behind it by more than the tolerance.
        let behind = Timestamp::from_millis(moment.clock.millis().saturating_sub(TOLERANCE + 1));
        match (witness, moment.boot) {
            (Witness::Nobody, _) => [(last, last); 2],
            (Witness::Claimed, Some(_)) => [(last, behind.later(last)), (shown, shown)],
            (Witness::Claimed, None) => [(last, last), (shown, shown)],
            (Witness::Proven, _) => [(shown, shown); 2],
        }
    }

    /// Tells whether the clock of a moment, or the one of the last entries, cannot be right. `next` is the
    /// index of the next entry.
    ///
    /// A clock that fell behind shows that the former entries were made by one that was ahead, as far back
    /// as the system has run since.
    pub fn suspect(&self, next: u64, moment: Moment) -> Option<Jump> {
        let clock = moment.clock;
        let drift = |of: Timestamp| clock.millis().saturating_sub(of.millis());
        let expected = self.expected(moment);
        let (is_ahead, is_behind) = match expected {
            Some(expected) => (drift(expected) > TOLERANCE, drift(expected) < -TOLERANCE),
            None => (drift(self.last.clock) > REST_MAX, drift(self.at) < -TOLERANCE),
        };
        // Where callers without a proof were the last to move the time, nobody knows by which clock.
        let is_known = self.last.boot != Some(UNPROVEN);
        if is_ahead && is_known {
            Some(Jump { since: next, before: Some(self.at), clock })
        } else if is_ahead || is_behind {
            let clock = if is_ahead { clock } else { self.at };
            Some(Jump { since: self.boot_index, before: self.boot_before, clock })
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
        Course::begin(moment(100 * YEAR, 1, 10 * MINUTE)).followed(
            7,
            moment(100 * YEAR, 2, MINUTE),
            Witness::Proven,
        )
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
        let stepped = course().followed(8, at(4), Witness::Proven);
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
        let ahead = course().followed(9, moment(150 * YEAR, 3, 0), Witness::Proven);
        let jump = course().suspect(9, moment(150 * YEAR, 3, 0));
        let set = |clock| jump.map(|jump| ahead.set(11, moment(clock, 4, 0), &jump));
        assert_eq!(set(101 * YEAR).map(|it| (it.span, it.at.millis())), Some((1, 101 * YEAR)));
        assert_eq!(set(99 * YEAR).map(|it| (it.span, it.at.millis())), Some((1, 100 * YEAR)));
    }

    // REQ-168
    #[test]
    fn who_proved_nothing_moves_the_time_no_further_than_it_can_be() {
        let claimed = |clock, boot, since| course().followed(8, moment(clock, boot, since), Witness::Claimed);
        let (base, day) = (100 * YEAR, 24 * 60 * MINUTE);
        for (clock, boot, since, expected) in [
            (base + MINUTE, 2, 2 * MINUTE, base + MINUTE),
            (base + 3 * YEAR, 2, 2 * MINUTE, base + MINUTE),
            (base + day, 3, 0, base + day),
            (base + 3 * YEAR, 3, 0, base),
        ] {
            let after = claimed(clock, boot, since);
            assert_eq!(after.at.millis(), expected, "{clock} {boot}");
            assert_eq!(after.last.clock, course().last.clock);
        }
        // What was moved after another start is taken back when somebody with a proof comes by the right clock.
        let ahead =
            claimed(base + 300 * day, 3, 0).followed(9, moment(base + 301 * day, 3, 0), Witness::Claimed);
        let right = moment(base + MINUTE, 3, MINUTE);
        let jump = ahead.suspect(10, right);
        assert_eq!(jump.map(|it| (it.since, it.before)), Some((8, Some(Timestamp::from_millis(base)))));
        assert_eq!(ahead.now(right).millis(), base + MINUTE);
        let noticed = ahead.followed(10, right, Witness::Proven);
        assert_eq!(noticed.now(right).millis(), base + MINUTE);
        let ended = jump.map(|jump| noticed.set(11, right, &jump).at.millis());
        assert_eq!(ended, Some(base + MINUTE));
    }

    // REQ-124
    #[test]
    fn a_clock_that_falls_behind_the_time_since_boot_is_not_believed() {
        let (base, since) = (100 * YEAR, 61 * MINUTE);
        for (behind, expected) in [(-1, 61), (4, 60), (6, 60), (90, 60)] {
            let now = course().now(moment(base + (60 - behind) * MINUTE, 2, since));
            assert_eq!(now.millis(), base + expected * MINUTE, "{behind}");
        }
    }

    proptest! {
        // REQ-168
        #[test]
        fn only_callers_with_a_proof_move_what_credentials_are_judged_by_and_no_time_falls(
            steps in prop::collection::vec((-4 * YEAR..4 * YEAR, 0u8..3, any::<u32>(), 0u8..3), 1..20),
        ) {
            let mut now = course();
            for (index, (step, boot, since, who)) in (8u64..).zip(steps) {
                let moment = moment(100 * YEAR + step, boot, since.into());
                let witness = [Witness::Nobody, Witness::Claimed, Witness::Proven][usize::from(who)];
                let next = now.followed(index, moment, witness);
                prop_assert!(now.at.has_come(next.at));
                prop_assert!(now.last.clock.has_come(next.last.clock));
                prop_assert!(witness == Witness::Proven || next.last.clock == now.last.clock);
                prop_assert!(witness != Witness::Nobody || next == now);
                prop_assert!(next.last.clock.has_come(next.now(moment)));
                let possible = Course::possible(now.at, moment, witness);
                prop_assert!(possible.iter().any(|(from, to)| from.has_come(next.at) && next.at.has_come(*to)));
                prop_assert_eq!(next.span, now.span);
                now = next;
            }
        }
    }
}
