//! Time: what the system says, what the record makes of it, and clocks that cannot be right.

use super::{Session, SessionError};
use crate::domain::audit::{Entry, EntryView};
use crate::domain::clock::{Course, Jump, Moment, Span, Witness};
use crate::domain::digest::{Digest, Timestamp};
use crate::domain::order::Order;
use crate::store::{Entries, Head, StoreError};

/// What an entry is called that says since when the clock cannot have been right.
pub const CLOCK_JUMP: &str = "clock_jump";

/// The time of an attempt.
#[derive(Debug, Clone, Copy)]
pub(super) struct Time {
    /// When it is recorded, if it is by somebody with a proof: never before the last entry.
    pub(super) now: Timestamp,
    /// When it is, for what credentials are good for.
    pub(super) valid: Timestamp,
    /// What the system said.
    pub(super) moment: Moment,
}

/// A clock that cannot be right, as everybody is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClockFault {
    /// What is known of it.
    pub jump: Jump,
    /// Whether it is sealed; else it was only noticed now.
    pub is_sealed: bool,
}

impl Session {
    /// The time of an attempt.
    pub(super) fn time(&mut self, head: &Head) -> Result<Time, SessionError> {
        let moment = (self.outside.clock)();
        let valid = head.course.map_or(moment.clock, |course| course.now(moment));
        Ok(Time { now: self.recorded(head, moment, Witness::Proven)?, valid, moment })
    }

    /// The time at which something by such a caller is recorded.
    pub(super) fn recorded(
        &mut self,
        head: &Head,
        moment: Moment,
        witness: Witness,
    ) -> Result<Timestamp, SessionError> {
        let at = head.course.map_or(moment.clock, |course| course.at(moment, witness));
        Ok(self.order()?.free(at))
    }

    /// Returns the order of the record.
    pub fn order(&mut self) -> Result<Order, SessionError> {
        let count = self.store.spans()?.len();
        if let Some((found, order)) = &self.found_order
            && *found == count
        {
            return Ok(order.clone());
        }
        let order = self.order_with(None)?;
        self.found_order = Some((count, order.clone()));
        Ok(order)
    }

    /// Returns the order of the record, as it is once `begun` has begun.
    pub(super) fn order_with(&mut self, begun: Option<Span>) -> Result<Order, SessionError> {
        let (mut spans, mut jumped) = (self.store.spans()?, Vec::new());
        spans.extend(begun);
        let ended = spans.split_last().map_or(&[][..], |(_, ended)| ended);
        for (span, jump) in ended.iter().filter_map(|span| Some((span, span.jump?))) {
            let walked = self.store.entries(Entries::From(jump.since), &mut |stored| {
                let entry = EntryView::parse(stored.bytes).map_err(|error| StoreError::Unreadable {
                    table: "entries",
                    key: stored.index.to_string(),
                    message: error.to_string(),
                })?;
                if entry.span > span.number {
                    // Any error stops the walk; this one is thrown away.
                    return Err(StoreError::Conflict);
                }
                jumped.push((entry.span, entry.at));
                Ok(())
            });
            match walked {
                Err(StoreError::Conflict) | Ok(()) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(Order::new(&spans, jumped))
    }

    /// Returns the time of the system's clock.
    pub fn now(&self) -> Timestamp {
        (self.outside.clock)().clock
    }

    /// Returns the time by which credentials are judged.
    pub fn valid_at(&mut self) -> Result<Timestamp, SessionError> {
        let head = self.store.head()?;
        Ok(self.time(&head)?.valid)
    }

    /// Tells whether a clock that the record was made by, or that of the system now, cannot be right.
    pub fn clock_fault(&mut self) -> Result<Option<ClockFault>, SessionError> {
        if let Some(jump) = self.span()?.jump {
            return Ok(Some(ClockFault { jump, is_sealed: true }));
        }
        let head = self.store.head()?;
        let moment = (self.outside.clock)();
        let jump = head.course.and_then(|course| course.suspect(head.frontier.size(), moment));
        Ok(jump.map(|jump| ClockFault { jump, is_sealed: false }))
    }

    /// Lists the spans in which a clock was found to have been wrong, by number, with the entry since when.
    pub fn wrong_clocks(&mut self) -> Result<Vec<(u32, u64)>, SessionError> {
        let spans = self.store.spans()?;
        Ok(spans.iter().filter_map(|span| Some((span.number, span.jump?.since))).collect())
    }

    /// Returns the present span.
    pub(super) fn span(&mut self) -> Result<Span, SessionError> {
        self.store.spans()?.pop().ok_or(SessionError::Gone)
    }

    /// Finds a jump that the next entry by a caller with a proof shows, unless one is on record already.
    pub(super) fn new_jump(&mut self, head: &Head, time: Time) -> Result<Option<Span>, SessionError> {
        let Some(course) = head.course else { return Ok(None) };
        let Some(jump) = course.suspect(head.frontier.size(), time.moment) else { return Ok(None) };
        let span = self.span()?;
        Ok(span.jump.is_none().then_some(Span { jump: Some(jump), ..span }))
    }
}

/// The entry that says since when the clock cannot have been right.
pub(super) fn jump_entry(jump: &Jump, policy: Digest) -> Entry {
    let mut entry = Entry::new(CLOCK_JUMP, policy);
    let before = jump.before.map(|at| ("before", at.to_string()));
    let told = [("since", jump.since.to_string()), ("clock", jump.clock.to_string())];
    entry.observed = told.into_iter().chain(before).map(|(name, value)| (name.to_owned(), value)).collect();
    entry
}

/// Moves on to the next entry. The one that begins a span comes with the jump that it ends.
pub(super) fn next(
    course: Option<Course>,
    index: u64,
    moment: Moment,
    witness: Witness,
    ends: Option<&Jump>,
) -> Course {
    match (course, ends) {
        (None, _) => Course::begin(moment),
        (Some(course), Some(jump)) => course.set(index, moment, jump),
        (Some(course), None) => course.followed(index, moment, witness),
    }
}
