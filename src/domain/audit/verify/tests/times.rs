//! That a record keeps its times whatever the clock does and whatever is withheld, and that no other times pass.

use proptest::prelude::*;

use super::*;
use crate::domain::clock::{Boot, Span, Witness};
use crate::domain::identity::Assurance;
use crate::domain::order::Order;

const MINUTE: i64 = 60 * 1000;
const DAY: i64 = 24 * 60 * MINUTE;

/// More milliseconds than earlier spans have times: a time that is taken gives way no further.
const FREE: i64 = 100;

/// What happens next: what the system says, who comes, and whether a jump that is on record is ended.
#[derive(Debug, Clone, Copy)]
struct Step {
    moment: Moment,
    who: Witness,
    ends: bool,
}

/// Steps whose clocks show one of a few times, near one another and far apart, so that most come again.
fn steps() -> impl Strategy<Value = Vec<Step>> {
    let clock =
        (0i64..4, -2i64..3, 0i64..4).prop_map(|(far, near, by)| far * 400 * DAY + near * 6 * MINUTE + by);
    let since = (0u64..3, 0u64..4).prop_map(|(far, near)| far * 400 * DAY.unsigned_abs() + near * 360_000);
    let boot = prop::option::of((0u8..2, since).prop_map(|(id, since)| Boot { id: [id; 16], since }));
    let who = prop::sample::select(vec![Witness::Nobody, Witness::Claimed, Witness::Proven, Witness::Proven]);
    let step = (clock, boot, who, any::<bool>()).prop_map(|(clock, boot, who, ends)| Step {
        moment: Moment { clock: Timestamp::from_millis(clock), boot },
        who,
        ends,
    });
    prop::collection::vec(step, 1..30)
}

/// A record, as the session makes it.
struct Record {
    spans: Vec<Span>,
    entries: Vec<Entry>,
    course: Option<Course>,
}

impl Record {
    fn of(steps: &[Step]) -> Self {
        let mut record = Self { spans: Vec::new(), entries: Vec::new(), course: None };
        for step in steps {
            record.take(*step);
        }
        record
    }

    fn take(&mut self, Step { moment, who, ends }: Step) {
        let index = self.entries.len() as u64;
        let (Some(course), Some(span)) = (self.course, self.spans.last().copied()) else {
            let span = Span { number: 0, began_at: moment.clock, jump: None };
            self.spans.push(span);
            let first = row_delta(None, Row::Span(&span));
            return self.seal(Course::begin(moment), moment, Witness::Proven, first);
        };
        if let (Witness::Proven, Some(jump), true) = (who, span.jump, ends) {
            let next = course.set(index, moment, &jump);
            let begun = Span { number: span.number + 1, began_at: next.at, jump: None };
            let began_at = self.free(Some(begun), next.at);
            let begun = Span { began_at, ..begun };
            self.spans.push(begun);
            let next = Course { at: began_at, ..next };
            return self.seal(next, moment, who, row_delta(None, Row::Span(&begun)));
        }
        if let (Witness::Proven, None, Some(jump)) = (who, span.jump, course.suspect(index, moment)) {
            let jumped = Span { jump: Some(jump), ..span };
            self.spans.pop();
            self.spans.push(jumped);
            let delta = row_delta(Some(Row::Span(&span)), Row::Span(&jumped));
            self.seal(course.followed(index, moment, Witness::Nobody), moment, Witness::Nobody, delta);
        }
        let (course, index) = (self.course.unwrap_or(course), self.entries.len() as u64);
        self.seal(course.followed(index, moment, who), moment, who, None);
    }

    fn free(&self, begun: Option<Span>, at: Timestamp) -> Timestamp {
        let spans: Vec<Span> = self.spans.iter().copied().chain(begun).collect();
        let since =
            |number| spans.iter().find(|it| it.number == number).and_then(|it| it.jump).map(|it| it.since);
        let jumped = self.entries.iter().filter(|it| since(it.span).is_some_and(|since| it.index >= since));
        Order::new(&spans, jumped.map(|it| (it.span, it.at))).free(at)
    }

    fn seal(&mut self, next: Course, moment: Moment, who: Witness, delta: Option<Delta>) {
        let at = self.free(None, next.at);
        self.course = Some(Course { at, ..next });
        let action = if who == Witness::Proven { "recover" } else { "status" };
        self.entries.push(Entry {
            index: self.entries.len() as u64,
            at,
            span: next.span,
            moment,
            assurance: (who == Witness::Claimed).then_some(Assurance::Claimed),
            deltas: delta.into_iter().collect(),
            ..Entry::new(action, Digest::of(b"policy"))
        });
    }

    /// Reads the entries, but for those that are withheld, up to the first that is not sound.
    fn read(&self, withheld: &[bool]) -> Result<(), Failure> {
        let mut verifier = Verifier::new(None, None);
        for (index, entry) in (0..).zip(&self.entries) {
            let bytes = entry.encode();
            if is_withheld(withheld, index) {
                verifier.push_leaf(index, leaf_hash(&bytes))?;
            } else {
                verifier.push_bytes(index, &bytes)?;
            }
        }
        Ok(())
    }
}

fn is_withheld(withheld: &[bool], index: u64) -> bool {
    usize::try_from(index).is_ok_and(|index| withheld.get(index) == Some(&true))
}

proptest! {
    // REQ-288
    #[test]
    fn what_the_record_made_is_sound_whatever_the_clock_did_and_whatever_is_withheld(
        steps in steps(),
        withheld in prop::collection::vec(any::<bool>(), 0..60),
        few in prop::collection::vec(prop::bool::weighted(0.1), 0..60),
    ) {
        let record = Record::of(&steps);
        for withheld in [&[], &withheld[..], &few[..]] {
            prop_assert_eq!(record.read(withheld), Ok(()));
        }
    }

    // REQ-288
    #[test]
    fn no_other_time_passes_where_nothing_is_withheld(
        steps in steps(), which in any::<prop::sample::Index>(), by in -2 * DAY..2 * DAY,
    ) {
        let mut record = Record::of(&steps);
        let place = which.index(record.entries.len());
        if let Some(entry) = record.entries.get_mut(place).filter(|_| by.abs() > FREE) {
            entry.at = Timestamp::from_millis(entry.at.millis() + by);
            prop_assert_eq!(record.read(&[]), Err(Failure::Time { index: place as u64 }));
        }
    }

    // REQ-288
    #[test]
    fn what_no_withheld_entry_explains_does_not_pass(
        steps in steps(),
        withheld in prop::collection::vec(prop::bool::weighted(0.3), 0..60),
        which in any::<prop::sample::Index>(),
        by in 1..2 * DAY,
    ) {
        let mut record = Record::of(&steps);
        let place = which.index(record.entries.len());
        let known: Vec<Entry> =
            record.entries.iter().take(place).filter(|it| !is_withheld(&withheld, it.index)).cloned().collect();
        let Some(entry) = record.entries.get_mut(place) else { return Ok(()) };
        let (index, span, was) = (entry.index, entry.span, entry.at);
        prop_assume!(!is_withheld(&withheld, index));
        let last = known.last().filter(|last| last.span == span).map(|last| last.at);
        let is_proven = witness(entry.assurance, &entry.action) == Witness::Proven;
        let is_nobody = witness(entry.assurance, &entry.action) == Witness::Nobody;
        let follows = index > 0 && !is_withheld(&withheld, index - 1);
        let earlier = |at: Timestamp| Timestamp::from_millis(at.millis() - by);
        // Before the last time of its span; before a clock that is believed; moved by nobody.
        let wrong = [
            last.map(earlier),
            Some(earlier(entry.moment.clock)).filter(|_| is_proven),
            Some(was.after(by.unsigned_abs())).filter(|_| is_nobody && follows && span == 0),
        ];
        for at in wrong.into_iter().flatten() {
            if let Some(entry) = record.entries.get_mut(place) {
                entry.at = at;
            }
            prop_assert_eq!(record.read(&withheld), Err(Failure::Time { index }));
        }
    }
}
