//! Publishing documents into the mirror, from what the store says now.

use std::path::PathBuf;

use super::signed::{is_by_wrong_clock, manifest};
use super::{CommandError, Context, read};
use crate::disk::{Approval, Fate, Mirror, Page, PublishLock, Signed};
use crate::domain::audit::{Entry, EntryResult};
use crate::domain::document::{Document, Outcome};
use crate::domain::id::{DocumentId, Version};
use crate::domain::identity::{Actor, Assurance};
use crate::store::Entries;

/// A page and the bytes that should stand there.
pub(super) type Rendered = (Page, Vec<u8>);

/// Publishes a document, and returns what is in the way of its pages and stays: what was never published there.
/// The lock keeps two processes from publishing in the wrong order.
#[must_use = "what is in the way has to be told"]
pub(super) fn publish(
    context: &mut Context,
    actor: &Actor,
    id: &DocumentId,
) -> Result<Vec<PathBuf>, CommandError> {
    let turn = PublishLock::take(&context.site)?;
    publish_in_turn(context, actor, id, &turn)
}

/// As [`publish`], for whoever has the lock.
pub(super) fn publish_in_turn(
    context: &mut Context,
    actor: &Actor,
    id: &DocumentId,
    turn: &PublishLock,
) -> Result<Vec<PathBuf>, CommandError> {
    let document = context.document(actor, id)?;
    let mirror = Mirror::new(&context.site);
    let pages = render(context, actor, &document)?;
    let mut kept = Vec::new();
    for is_draft in [false, true] {
        let fate = match pages.iter().find(|(page, _)| page.is_draft == is_draft) {
            None => mirror.withdraw(&document.document_type, id, is_draft, turn)?,
            Some((page, rendered)) => mirror.publish(page, rendered, turn)?,
        };
        kept.extend(match fate {
            Fate::Gone => None,
            Fate::Kept(path) => Some(path),
        });
    }
    Ok(kept)
}

/// Renders every page that a document should have.
pub(super) fn render(
    context: &mut Context,
    actor: &Actor,
    document: &Document,
) -> Result<Vec<Rendered>, CommandError> {
    let policy = context.session.policy()?;
    let known = policy.document_type(&document.document_type);
    let in_force = known.and_then(|(workflow, _)| workflow.state_in_force()).unwrap_or(&document.state);
    let mut rendered = Vec::new();
    let approvals = approvals(context, actor, document)?;
    // A page is for everybody: it is the same whoever acted last.
    let signed = manifest(context, actor, &document.id, None)?;
    for mut page in Mirror::pages(document, in_force) {
        let body = read::body(context, actor, &page.content)?;
        let of_page = approvals.iter().filter(|(version, _)| *version == page.version);
        page.approvals = of_page.map(|(_, approval)| approval.clone()).collect();
        page.signatures = signed
            .iter()
            .filter(|one| one.content == page.content)
            .map(|one| Signed {
                user: one.user.clone(),
                printed_name: one.printed_name.clone(),
                at: one.at,
                meaning: one.meaning,
                action: one.action.clone(),
                key: one.key_fingerprint.clone(),
                clock_was_wrong: one.clock_was_wrong,
            })
            .collect();
        let bytes = Mirror::render(&page, &body);
        rendered.push((page, bytes));
    }
    Ok(rendered)
}

/// Who approved which version, from the log. A round that ended in no new version, such as one about
/// retirement, says nothing about the content.
fn approvals(
    context: &mut Context,
    actor: &Actor,
    document: &Document,
) -> Result<Vec<(Version, Approval)>, CommandError> {
    // Before its first version in force there is nothing to look for, in a log that may be long.
    if document.version.major == 0 {
        return Ok(Vec::new());
    }
    let (mut found, mut of_round, mut reached) = (Vec::new(), Vec::new(), None);
    let spans = context.session.read(actor).spans()?;
    context.session.read(actor).entries(Entries::Of(&document.id), &mut |stored| {
        let Ok(entry) = Entry::decode(stored.bytes) else { return Ok(()) };
        let Some(version) = entry.version.filter(|_| entry.result == EntryResult::Permitted) else {
            return Ok(());
        };
        let clock_was_wrong = is_by_wrong_clock(&spans, &entry);
        if let Some(user) = entry.actor.filter(|_| entry.verdict == Some(Outcome::Approve)) {
            let assurance = entry.assurance.map_or("claimed", Assurance::as_str).to_owned();
            of_round.push(Approval { user, at: entry.at, assurance, clock_was_wrong });
        }
        if version.major > reached.replace(version.major).unwrap_or(version.major) {
            found.extend(of_round.drain(..).map(|approval| (version, approval)));
        }
        if entry.from != entry.to {
            of_round.clear();
        }
        Ok(())
    })?;
    Ok(found)
}
