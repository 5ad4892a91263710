//! What is recorded and not published yet: what processes that died left undone, and what was found of clocks since.

use std::collections::BTreeSet;

use super::publish::publish_in_turn;
use super::{CommandError, Context};
use crate::disk::{DiskError, Journal, Mirror, PublishLock, Site, Unfinished};
use crate::domain::audit::Entry;
use crate::domain::document::Outcome;
use crate::domain::id::DocumentId;
use crate::domain::identity::Actor;
use crate::store::{Entries, StoreError};

/// How long others are waited for who publish at this moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Patience {
    /// For a moment: whoever has something else to do leaves it for the next command then.
    Moment,
    /// They are waited for, though not for ever.
    Waits,
}

impl Patience {
    fn turn(self, site: &Site) -> Result<PublishLock, DiskError> {
        match self {
            Self::Moment => PublishLock::take_soon(site),
            Self::Waits => PublishLock::take(site),
        }
    }
}

/// Finishes the files of processes that died after their commit, and of what was found out of clocks since the pages were
/// published. Best effort: what cannot be written now is left for the next command, and `doctor` shows it.
pub(super) fn finish_what_was_cut_short(context: &mut Context, actor: &Actor, patience: Patience) {
    let markers = Journal::unfinished(&context.site);
    let _ = finish(context, actor, markers, patience);
    let _ = tell_of_wrong_clocks(context, actor, patience);
}

/// Publishes what processes that died left unpublished.
fn finish(
    context: &mut Context,
    actor: &Actor,
    markers: Vec<Unfinished>,
    patience: Patience,
) -> Result<(), CommandError> {
    if markers.is_empty() {
        return Ok(());
    }
    let turn = patience.turn(&context.site)?;
    let mut outcome = Ok(());
    for marker in markers {
        let mut touched = BTreeSet::new();
        let mut visit = |bytes: &[u8]| -> Result<(), StoreError> {
            if let Ok(entry) = Entry::decode(bytes) {
                touched.extend(entry.deltas.iter().filter_map(|delta| DocumentId::parse(&delta.key).ok()));
            }
            Ok(())
        };
        context.session.read(actor).entries(Entries::From(marker.size), &mut |stored| visit(stored.bytes))?;
        // One that stays is no reason to leave the others undone.
        let finished = publish_all(context, actor, &touched, &turn)
            .and_then(|()| marker.finish().map_err(CommandError::from));
        outcome = outcome.and(finished);
    }
    outcome
}

/// Lists the documents whose pages tell of times since entry `since`.
fn telling_of_times(
    context: &mut Context,
    actor: &Actor,
    since: u64,
) -> Result<BTreeSet<DocumentId>, CommandError> {
    let mut told = BTreeSet::new();
    context.session.read(actor).entries(Entries::From(since), &mut |stored| {
        let entry = Entry::decode(stored.bytes).ok();
        let is_told = |it: &Entry| it.verdict == Some(Outcome::Approve) || it.signature.is_some();
        told.extend(entry.filter(is_told).and_then(|entry| entry.document));
        Ok(())
    })?;
    Ok(told)
}

/// Finds the last span of whose wrong clock not all pages tell yet, and the first entry by such a clock.
fn untold_clocks(context: &mut Context) -> Option<(u32, u64)> {
    // Nearly always there is none.
    let found = context.session.wrong_clocks().ok().filter(|found| !found.is_empty())?;
    let told = Mirror::new(&context.site).told_of_clock();
    let mut untold = found.into_iter().filter(|(span, _)| told.is_none_or(|told| *span > told));
    let first = untold.next()?;
    Some(untold.fold(first, |(last, since), (span, other)| (last.max(span), since.min(other))))
}

/// Publishes again what was published before it was known that a clock had been wrong. Any entry can have found that, of
/// whichever document and by whichever command: so what counts is what the pages were told of last.
fn tell_of_wrong_clocks(
    context: &mut Context,
    actor: &Actor,
    patience: Patience,
) -> Result<(), CommandError> {
    let Some((last, since)) = untold_clocks(context) else { return Ok(()) };
    let turn = patience.turn(&context.site)?;
    let documents = telling_of_times(context, actor, since)?;
    publish_all(context, actor, &documents, &turn)?;
    Ok(Mirror::new(&context.site).tell_of_clock(last, &turn)?)
}

/// Publishes documents, each whatever became of the others. The first failure is told when all were tried.
fn publish_all(
    context: &mut Context,
    actor: &Actor,
    documents: &BTreeSet<DocumentId>,
    turn: &PublishLock,
) -> Result<(), CommandError> {
    let mut outcome = Ok(());
    for id in documents {
        let published = match context.session.read(actor).document(id) {
            // What is in the way is told by who changes the document next, and by `doctor`.
            Ok(Some(_)) => publish_in_turn(context, actor, id, turn).map(drop),
            Ok(None) => Ok(()),
            Err(error) => Err(error.into()),
        };
        outcome = outcome.and(published);
    }
    outcome
}
