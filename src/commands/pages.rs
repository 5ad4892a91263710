//! The files that are made from the store, and what lies at their places: compared with the record, and made again.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::doctor::Finding;
use super::{CommandError, Context, publish};
use crate::disk::{DiskError, Journal, Mirror, PublishLock, Site, Standing, Suspect, Workspace};
use crate::domain::document::Document;
use crate::domain::id::DocumentId;
use crate::domain::identity::Actor;
use crate::domain::request::WorkingCopy;
use crate::store::ListQuery;

/// How often a page that others are about to write is looked at.
const LOOKS: usize = 8;

/// Looks after the files that are made from the store. Returns what it found and what it noted.
pub(super) fn look_after(
    context: &mut Context,
    actor: &Actor,
    repair: bool,
    repaired: &mut Vec<String>,
) -> Result<(Vec<Finding>, Vec<String>), CommandError> {
    let (mut findings, mut notes) = (Vec::new(), Vec::new());
    let documents = everything(context, actor)?;
    // First: while it lies there, nothing else can be put right.
    for suspect in in_the_way(context, actor, &documents)? {
        let shown = context.site.shown(suspect.path());
        if repair {
            repaired.extend(lay_aside(&context.site, &suspect)?);
        } else {
            let message = format!(
                "`{shown}` is in the way of what the program keeps there, and is of another kind; a repair moves it aside"
            );
            findings.push(Finding { name: "in_the_way", message, repairable: true });
        }
    }
    for misplaced in compare(context, actor, &documents)? {
        findings.extend(mirror(context, actor, misplaced, repair, repaired)?);
    }
    notes.extend(documents.iter().filter_map(|document| copy(context, actor, document)));
    let left = context.site.left_behind();
    notes.extend(strangers(context, actor, &left)?);
    for suspect in left {
        if repair {
            match lay_aside(&context.site, &suspect) {
                // Others go on writing there.
                Err(DiskError::Busy(_)) => {}
                moved => repaired.extend(moved?),
            }
        } else {
            notes.push(format!(
                "`{}` had made way, or was not written to its end; a repair moves it to `.qms/aside`",
                context.site.shown(suspect.path())
            ));
        }
    }
    Ok((findings, notes))
}

/// Moves aside what still lies where it was seen, and says so.
fn lay_aside(site: &Site, suspect: &Suspect) -> Result<Option<String>, DiskError> {
    let aside = site.lay_aside(suspect)?;
    Ok(aside.map(|aside| moved(site, suspect.path(), &aside)))
}

fn moved(site: &Site, from: &Path, aside: &Path) -> String {
    format!("{} (what lay there is now `{}`)", site.shown(from), site.shown(aside))
}

/// What lies at the places of the program, and cannot be what belongs there.
fn in_the_way(
    context: &mut Context,
    actor: &Actor,
    documents: &[Document],
) -> Result<Vec<Suspect>, CommandError> {
    let types = documents.iter().map(|document| document.document_type.clone()).collect();
    let users: Vec<_> = context.session.read(actor).users()?.into_iter().map(|user| user.name).collect();
    Ok(context.site.in_the_way(&types, &users))
}

fn everything(context: &mut Context, actor: &Actor) -> Result<Vec<Document>, CommandError> {
    let mut documents = Vec::new();
    context.session.read(actor).documents(&ListQuery::default(), &mut |document| {
        documents.push(document);
        Ok(())
    })?;
    Ok(documents)
}

/// What lies at the place of a page or of its list, how it stands there, and whether there should be a page.
type Misplaced = (PathBuf, Standing, bool);

/// Finds what lies at the places of a document's pages and should not, or should and does not.
fn amiss(context: &mut Context, actor: &Actor, document: &Document) -> Result<Vec<Misplaced>, CommandError> {
    let mirror = Mirror::new(&context.site);
    let pages = publish::render(context, actor, document)?;
    let (mut found, mut lists) = (Vec::new(), Vec::new());
    for is_draft in [false, true] {
        let page = pages.iter().find(|(page, _)| page.is_draft == is_draft);
        let path = mirror.path(&document.document_type, &document.id, is_draft);
        let standing = mirror.standing(&path, page.map(|(_, rendered)| rendered.as_slice()));
        lists.extend(mirror.list_in_the_way(&path));
        if standing != Standing::Current {
            found.push((path, standing, page.is_some()));
        }
    }
    found.extend(lists.into_iter().map(|list| (list, Standing::Foreign, false)));
    Ok(found)
}

/// Compares the published pages of documents with what they should be. Between a commit and its pages lies a
/// moment: who was at work is waited for, and what counts is what stands so while the document does not move.
fn compare(
    context: &mut Context,
    actor: &Actor,
    documents: &[Document],
) -> Result<Vec<(DocumentId, Vec<Misplaced>)>, CommandError> {
    let (mut doubtful, mut sure) = (Vec::new(), Vec::new());
    for document in documents {
        if !amiss(context, actor, document)?.is_empty() {
            doubtful.push(document.clone());
        }
    }
    for look in 1..=LOOKS {
        if doubtful.is_empty() {
            break;
        }
        Journal::settle(&context.site);
        for seen in std::mem::take(&mut doubtful) {
            let now = context.document(actor, &seen.id)?;
            let found = amiss(context, actor, &now)?;
            let after = context.document(actor, &seen.id)?;
            if found.is_empty() {
                continue;
            }
            if look == LOOKS || (seen == now && now == after) {
                sure.push((seen.id, found));
            } else {
                doubtful.push(after);
            }
        }
    }
    Ok(sure)
}

/// Tells what is wrong with the pages of a document, or makes them good.
fn mirror(
    context: &mut Context,
    actor: &Actor,
    (id, found): (DocumentId, Vec<Misplaced>),
    repair: bool,
    repaired: &mut Vec<String>,
) -> Result<Vec<Finding>, CommandError> {
    if !repair {
        return Ok(found.into_iter().map(|found| misplaced(&context.site, &found)).collect());
    }
    // Another repair can have made good what was found: what counts is what lies there now, and stays so until the lock
    // is given away.
    let turn = PublishLock::take(&context.site)?;
    let (mirror, document) = (Mirror::new(&context.site), context.document(actor, &id)?);
    let mut done: Vec<String> =
        amiss(context, actor, &document)?.iter().map(|(path, ..)| context.site.shown(path)).collect();
    if done.is_empty() {
        return Ok(Vec::new());
    }
    let pages = publish::render(context, actor, &document)?;
    for is_draft in [false, true] {
        let page = pages.iter().find(|(page, _)| page.is_draft == is_draft);
        let path = mirror.path(&document.document_type, &id, is_draft);
        for (from, aside) in mirror.set_aside(&path, page.map(|(_, rendered)| rendered.as_slice()), &turn)? {
            let told = moved(&context.site, &from, &aside);
            let from = context.site.shown(&from);
            done.retain(|done| *done != from);
            done.push(told);
        }
    }
    // What comes in between is not repaired.
    let kept = publish::publish_in_turn(context, actor, &id, &turn)?;
    if kept.is_empty() {
        repaired.extend(done);
    }
    let kept = kept.into_iter().map(|path| misplaced(&context.site, &(path, Standing::Foreign, true)));
    Ok(kept.collect())
}

/// What is wrong with what lies at the place of a page, where there should be one or none.
fn misplaced(site: &Site, (path, standing, is_page): &Misplaced) -> Finding {
    let shown = site.shown(path);
    let (name, message) = match (standing, is_page) {
        (Standing::Foreign, _) => (
            "page_foreign",
            format!("`{shown}` was edited, or is nothing that was published there; a repair moves it aside"),
        ),
        (_, true) => ("mirror", format!("`{shown}` is missing or is not what the record says")),
        (_, false) => ("mirror", format!("`{shown}` is there, and the document has no such page any more")),
    };
    Finding { name, message, repairable: true }
}

/// A working copy that is out and cannot be found is its holder's affair; it is only mentioned.
fn copy(context: &Context, actor: &Actor, document: &Document) -> Option<String> {
    let checkout = document.checkout.as_ref()?;
    let workspace = Workspace::new(&context.site, &checkout.by);
    match workspace.read(&document.id) {
        Some(WorkingCopy::Present { base, .. }) if base == checkout.base => None,
        Some(WorkingCopy::Unusable(why)) => Some(why),
        _ => Some(format!(
            "the working copy of {} is gone; {} restores it",
            document.id,
            context.offered(actor, &checkout.by, &format!("checkout {}", document.id))
        )),
    }
}

/// Files in the mirror that no document has, and that were not left behind: they are somebody's, and only mentioned.
fn strangers(context: &mut Context, actor: &Actor, left: &[Suspect]) -> Result<Vec<String>, CommandError> {
    let mirror = Mirror::new(&context.site);
    // Before the documents: a page that is published in between belongs to one of them.
    let files = mirror.files();
    let mut known = BTreeSet::new();
    for document in everything(context, actor)? {
        for is_draft in [false, true] {
            known.insert(mirror.path(&document.document_type, &document.id, is_draft));
        }
    }
    let is_left = |path: &Path| left.iter().any(|left| left.path() == path);
    let strangers = files.into_iter().filter(|path| !known.contains(path) && !is_left(path));
    let shown = |path: PathBuf| format!("`{}` is no document of this project", context.site.shown(&path));
    Ok(strangers.map(shown).collect())
}
