//! Clocks that were wrong: what everybody is told of one, and how an administrator sets the time of the record right.

use super::act::carry_out;
use super::text::TextReport;
use super::user::project_request;
use super::{CommandError, Context, Reply, Warning};
use crate::session::{ClockFault, Mode};

/// Says what is wrong with the clock, if anything is; whoever asks, it concerns them.
pub(super) fn fault(context: &mut Context) -> Option<Warning> {
    let ClockFault { jump, is_sealed } = context.session.clock_fault().ok().flatten()?;
    let before = jump.before.map_or_else(String::new, |at| format!(", after {at}"));
    let message = if is_sealed {
        format!(
            "the clock was wrong: entry {} was made by one that showed {}{before}; the times from there on are not to \
             be relied on. Once the system's clock is right: qms --user <administrator> audit clock --reason <why>",
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

/// Begins a new span of time, or proposes it where people sign.
pub(super) fn set(
    context: &mut Context,
    reason: String,
    confirm: Option<String>,
) -> Result<Reply, CommandError> {
    let mut told = vec![("reason", reason)];
    told.extend(confirm.map(|digest| ("confirm", digest)));
    let (acted, warnings) = carry_out(context, &project_request("clock_set", told)?, Mode::Commit)?;
    let text = match acted.proposal.filter(|proposal| proposal.confirmed_by.is_none()) {
        Some(proposal) => format!(
            "✓ proposed; within a week a second person confirms it: qms audit clock --reason <why> --confirm {}",
            proposal.digest
        ),
        None => format!("✓ a new span of time begins at {}", context.session.now()),
    };
    let mut reply = Reply::new(TextReport { digest: None, text }).by(acted.actor);
    reply.warnings = warnings;
    Ok(reply)
}
