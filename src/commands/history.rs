//! `history`: everything that was recorded about a document.

use std::fmt;

use serde::Serialize;

use super::entry::EntryView;
use super::signed::{SignedView, manifest};
use super::table::Table;
use super::veil::Veil;
use super::{CommandError, Context, Reply};
use crate::domain::audit::Entry;
use crate::domain::id::DocumentId;
use crate::domain::identity::Actor;
use crate::store::{Entries, StoreError};

/// The entries of a document, oldest first.
#[derive(Debug, Serialize)]
pub struct HistoryReport {
    entries: Vec<EntryView>,
    /// Every signature about the document, by the printed name of its signer.
    signatures: Vec<SignedView>,
    #[serde(skip)]
    id: DocumentId,
}

impl fmt::Display for HistoryReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut table = Table::new(
            f.alternate(),
            &["#", "AT", "WHO", "ACTION", "VERSION", "WHAT"],
            &["CONTENT", "COMMENT", "CHANGES"],
        );
        for it in &self.entries {
            // What ended a document may be about the one that it belonged to.
            let what = match it.document.as_ref().filter(|document| **document != self.id) {
                Some(other) => format!("{other}: {}", it.what()),
                None => it.what(),
            };
            let mut row = vec![
                it.index.to_string(),
                it.at.to_string(),
                it.who(),
                it.deed(),
                it.version.map_or_else(|| "-".to_owned(), |version| version.to_string()),
                what,
            ];
            if f.alternate() {
                row.push(it.content_digest.map_or_else(|| "-".to_owned(), |digest| digest.short()));
                row.push(it.comment.as_deref().map(first_line).unwrap_or_default().to_owned());
                row.push(self.changes(it));
            }
            table.row(row);
        }
        write!(f, "{table}")?;
        for signed in &self.signatures {
            write!(f, "\nsigned: {signed}")?;
        }
        Ok(())
    }
}

impl HistoryReport {
    /// Lists what an entry changed. One that is about several documents is told by what it did to this one.
    fn changes(&self, entry: &EntryView) -> String {
        let is_own = entry.document.as_ref() == Some(&self.id);
        let changes = entry.changes.iter().flatten();
        let words = changes.filter(|change| is_own || change.key == self.id.as_str());
        words.map(|change| change.words(&self.id)).collect::<Vec<_>>().join("; ")
    }
}

fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or_default()
}

/// Lists what was recorded about a document, the end of its parent included where that ended it.
pub fn run(context: &mut Context, id: &DocumentId) -> Result<Reply, CommandError> {
    let actor = context.actor()?;
    let document = context.document(&actor, id)?;
    let (mut entries, mut veil) = entries_of(context, &actor, id)?;
    if let Some(parent) = &document.parent {
        let (of_parent, of_its_rounds) = entries_where(context, &actor, parent, |entry| {
            let deltas = Entry::decode(entry).map(|entry| entry.deltas).unwrap_or_default();
            deltas.iter().any(|delta| delta.key == id.as_str())
        })?;
        entries.extend(of_parent);
        entries.sort_by_key(|entry| entry.index);
        veil.join(&of_its_rounds);
    }
    // What came with the program stands in the first entry, with everything else that did.
    if document.creator.is_none() {
        let mut first = Vec::new();
        context
            .session
            .read(&actor)
            .entries(Entries::From(0), &mut |stored| {
                first.push(EntryView::decode(stored.index, stored.bytes)?);
                // One is enough; any error stops the walk.
                Err(StoreError::Conflict)
            })
            .or_else(|error| if matches!(error, StoreError::Conflict) { Ok(()) } else { Err(error) })?;
        entries.splice(0..0, first);
    }
    let signatures = manifest(context, &actor, id, Some(&actor))?;
    let reply = Reply::new(HistoryReport { entries, signatures, id: id.clone() }).by(actor);
    Ok(veil.warn(reply))
}

/// Reads the entries about a document, without what is withheld from the reader.
pub(super) fn entries_of(
    context: &mut Context,
    actor: &Actor,
    id: &DocumentId,
) -> Result<(Vec<EntryView>, Veil), CommandError> {
    entries_where(context, actor, id, |_| true)
}

fn entries_where(
    context: &mut Context,
    actor: &Actor,
    id: &DocumentId,
    wanted: impl Fn(&[u8]) -> bool,
) -> Result<(Vec<EntryView>, Veil), CommandError> {
    // What is open is looked up together with what was said: nobody reads through a round that opens
    // in between.
    context.session.read(actor).begin_snapshot()?;
    let read = read_entries(context, actor, id, wanted);
    context.session.read(actor).end_snapshot()?;
    read
}

fn read_entries(
    context: &mut Context,
    actor: &Actor,
    id: &DocumentId,
    wanted: impl Fn(&[u8]) -> bool,
) -> Result<(Vec<EntryView>, Veil), CommandError> {
    let document = context.document(actor, id)?;
    let mut veil = Veil::over(context, Some(actor), [document])?;
    let mut entries = Vec::new();
    context.session.read(actor).entries(Entries::Of(id), &mut |stored| {
        if wanted(stored.bytes) {
            let mut entry = EntryView::decode(stored.index, stored.bytes)?;
            veil.cover(&mut entry);
            entries.push(entry);
        }
        Ok(())
    })?;
    Ok((entries, veil))
}
