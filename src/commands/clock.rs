//! Clocks that were wrong: what everybody is told of one, and how an administrator sets the time of the record right.

use std::fmt;

use serde::Serialize;

use super::act::carry_out;
use super::user::project_request;
use super::{CommandError, Context, Reply, Warning};
use crate::domain::digest::{Digest, Timestamp};
use crate::session::{ClockFault, Mode};

/// Says what is wrong with the clock, if anything is; whoever asks, it concerns them.
pub(super) fn fault(context: &mut Context) -> Option<Warning> {
    let ClockFault { jump, is_sealed } = context.session.clock_fault().ok().flatten()?;
    let before = jump.before.map_or_else(String::new, |at| format!(", after {at}"));
    let message = if is_sealed {
        format!(
            "the clock was wrong: since entry {} the record was made by one that came to show {}{before}; the times \
             from there on are not to be relied on. Once the system's clock is right: qms --user <administrator> audit clock --reason <why>",
            jump.since, jump.clock
        )
    } else {
        format!(
            "the clock of this system cannot be right: it shows {}{before}, or the entries from {} on were made by one \
             that was wrong. Look at the clock before you act",
            context.session.now(),
            jump.since
        )
    };
    Some(Warning { code: "clock", message })
}

/// What became of a jump.
#[derive(Debug, Serialize)]
struct ClockReport {
    /// What a second person confirms, where one has to.
    proposed: Option<Digest>,
    /// When the new span of time began.
    began_at: Option<Timestamp>,
}

impl fmt::Display for ClockReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.proposed, self.began_at) {
            (Some(digest), _) => write!(
                f,
                "✓ proposed; within a week a second person confirms it: qms audit clock --reason <why> --confirm {digest}"
            ),
            (None, Some(at)) => write!(f, "✓ a new span of time began at {at}"),
            (None, None) => f.write_str("✓ nothing changed"),
        }
    }
}

/// Begins a new span of time, or proposes it where people sign.
pub(super) fn set(
    context: &mut Context,
    reason: String,
    confirm: Option<String>,
) -> Result<Reply, CommandError> {
    let mut told = vec![("reason", reason)];
    told.extend(confirm.map(|digest| ("confirm", digest)));
    let (acted, warnings) = carry_out(context, &project_request("clock_set", told)?, Mode::Commit)?;
    let proposed = acted.proposal.filter(|proposal| proposal.confirmed_by.is_none());
    let proposed = proposed.map(|proposal| proposal.digest);
    let began_at = acted.entry.filter(|_| proposed.is_none()).map(|entry| entry.at);
    let mut reply = Reply::new(ClockReport { proposed, began_at }).by(acted.actor);
    reply.warnings = warnings;
    Ok(reply)
}
