//! `doctor`: is the project whole, and what can be made good?

use std::collections::BTreeSet;
use std::fmt;
use std::path::PathBuf;

use serde::Serialize;

use super::exposure::{self, HandedOn};
use super::{CommandError, Context, Reply, Source, cited, clock, publish, templates};
use crate::disk::{DiskError, Journal, Mirror, Site, Standing};
use crate::domain::document::Document;
use crate::domain::id::DocumentId;
use crate::domain::identity::Actor;
use crate::domain::request::WorkingCopy;
use crate::domain::visible::one_line;
use crate::session::{Audit, Flaw, SessionError};
use crate::store::ListQuery;

/// Something that is not as it should be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// A stable name.
    pub name: &'static str,
    /// A sentence.
    pub message: String,
    /// Whether `--repair` makes it good.
    pub repairable: bool,
}

#[derive(Debug, Serialize)]
struct DoctorReport {
    checks: Vec<&'static str>,
    notes: Vec<String>,
    repaired: Vec<String>,
}

impl fmt::Display for DoctorReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "✓ the project is whole: {}", self.checks.join(", "))?;
        for repaired in &self.repaired {
            write!(f, "\n  repaired: {}", one_line(repaired))?;
        }
        for note in &self.notes {
            write!(f, "\n  note: {}", one_line(note))?;
        }
        Ok(())
    }
}

impl Finding {
    fn new(name: &'static str, message: String) -> Self {
        Self { name, message, repairable: false }
    }

    /// Tells whether it is about what is kept, and not about who can read what, how calls are signed, or
    /// what somebody wrote.
    pub fn is_about_the_store(&self) -> bool {
        let others = [
            "definition",
            "exposed_token",
            "uncompared_key",
            CLOCK,
            "hooks",
            LINK,
            "template",
            "template_drift",
            PROCEDURES,
        ];
        !others.contains(&self.name)
    }

    /// Tells whether it is about what the policy cites.
    pub fn is_about_procedures(&self) -> bool {
        self.name == PROCEDURES
    }

    /// Tells whether it is about the record itself, not about what is made from it.
    pub fn is_about_the_record(&self) -> bool {
        self.name == AUDIT || self.name == CONTENTS
    }
}

/// The audit trail does not verify.
const AUDIT: &str = "audit";

/// The policy cites what is not in force.
const PROCEDURES: &str = "procedures";

/// A folder that the program writes into is a link.
const LINK: &str = "link";

/// A clock was, or is, wrong.
const CLOCK: &str = "clock";

/// How often a page that others are about to write is looked at.
const LOOKS: usize = 8;

/// A content is not what was recorded.
const CONTENTS: &str = "contents";

/// Checks the project, and with `repair` makes again what can be made from the store. `repaired` is what was made good
/// before the project could be opened.
pub fn run(
    context: &mut Context,
    repair: bool,
    mut repaired: Vec<String>,
    handed_on: &dyn Fn(Source) -> HandedOn,
) -> Result<Reply, CommandError> {
    let handed_on = handed_on(context.source);
    let mut findings = Vec::new();
    let mut notes = Vec::new();
    context.identify()?;
    let (actor, audit) = context.session.audit(&context.claim, None, true)?;
    match audit {
        Audit::Sound(verified) => {
            if context.session.key().is_none() {
                notes.push(format!("{} entries verified without the project key", verified.entries));
            }
        }
        Audit::Unsound(flaws) => findings.extend(flaws.iter().map(|flaw| {
            let name = match flaw {
                Flaw::Content(_) | Flaw::Unnamed(_) => CONTENTS,
                Flaw::Untagged { .. } | Flaw::Store(_) => "store",
                Flaw::Failure(_) | Flaw::Emptied | Flaw::Unreadable(_) => AUDIT,
            };
            Finding::new(name, flaw.to_string())
        })),
        Audit::BadCheckpoint(error) => findings.push(Finding::new(AUDIT, error.to_string())),
    }
    let Some(actor) = actor else {
        // What else there is to look at is for users.
        let sound = findings.is_empty().then_some(SessionError::NoKey.into());
        return Err(sound.unwrap_or(CommandError::Unhealthy(findings)));
    };
    // What a changed record says is not published: the pages may be the last that tell the truth.
    let is_sound = findings.is_empty();
    findings.extend(links(&context.site));
    // Pages are compared with what the record says; where it says nothing, that was found above.
    match pages(context, &actor, repair && is_sound, &mut repaired) {
        Ok((mut found, noted)) => {
            for finding in &mut found {
                finding.repairable &= is_sound;
            }
            findings.extend(found);
            notes.extend(noted);
        }
        Err(_) if !findings.is_empty() => {}
        Err(error) => return Err(error),
    }
    match procedures(context, &actor) {
        Ok(found) => findings.extend(found),
        Err(_) if !findings.is_empty() => {}
        Err(error) => return Err(error),
    }
    match templates::look(context, &actor) {
        Ok(found) => {
            findings.extend(found.findings.into_iter().map(|(name, message)| Finding::new(name, message)));
            notes.extend(found.notes);
        }
        Err(_) if !findings.is_empty() => {}
        Err(error) => return Err(error),
    }
    findings.extend(clock::fault(context).map(|warning| Finding::new(CLOCK, warning.message)));
    match exposure::look(context, &actor, handed_on) {
        Ok(exposure) => {
            let found = exposure.findings.into_iter();
            findings.extend(found.map(|(name, message)| Finding::new(name, message)));
            // What is first to be mended is said first.
            notes.splice(0..0, exposure.notes);
        }
        Err(_) if !findings.is_empty() => {}
        Err(error) => return Err(error),
    }
    if !findings.is_empty() {
        return Err(CommandError::Unhealthy(findings));
    }
    let checks = vec!["store", "audit trail", "contents", "mirror", "procedures", "templates", "identity"];
    Ok(Reply::new(DoctorReport { checks, notes, repaired }).by(actor))
}

/// Looks after the files that are made from the store. Returns what it found and what it noted.
fn pages(
    context: &mut Context,
    actor: &Actor,
    repair: bool,
    repaired: &mut Vec<String>,
) -> Result<(Vec<Finding>, Vec<String>), CommandError> {
    let (mut findings, mut notes) = (Vec::new(), Vec::new());
    let documents = everything(context, actor)?;
    // First: while it lies there, nothing else can be put right.
    for path in in_the_way(context, actor, &documents)? {
        let shown = context.site.shown(&path);
        if repair {
            let aside = context.site.clear_the_way(&path)?;
            repaired.push(format!("{shown} (what lay there is now `{}`)", context.site.shown(&aside)));
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
    for path in left {
        let shown = context.site.shown(&path);
        if repair {
            match context.site.lay_aside(&path) {
                Ok(aside) => {
                    let aside = context.site.shown(&aside);
                    repaired.push(format!("{shown} (what lay there is now `{aside}`)"));
                }
                // A living process has just finished it, or others go on writing there.
                Err(DiskError::Busy(_)) => {}
                Err(_) if path.symlink_metadata().is_err() => {}
                Err(error) => return Err(error.into()),
            }
        } else {
            notes.push(format!(
                "`{shown}` had made way, or was not written to its end; a repair moves it to `.qms/aside`"
            ));
        }
    }
    Ok((findings, notes))
}

/// What lies at the places of the program, and cannot be what belongs there.
fn in_the_way(
    context: &mut Context,
    actor: &Actor,
    documents: &[Document],
) -> Result<Vec<PathBuf>, CommandError> {
    let types = documents.iter().map(|document| document.document_type.clone()).collect();
    let users: Vec<_> = context.session.read(actor).users()?.into_iter().map(|user| user.name).collect();
    Ok(context.site.in_the_way(&types, &users))
}

/// Folders that are links, which nothing is written through: their pages and copies get old unseen.
fn links(site: &Site) -> impl Iterator<Item = Finding> {
    let message = |path: &std::path::Path| {
        format!(
            "`{}` is a link, and nothing is written through one; put a folder in its place",
            site.shown(path)
        )
    };
    site.linked().into_iter().map(move |path| Finding::new(LINK, message(&path)))
}

/// Compares what the policy in force cites with the procedures in force.
fn procedures(context: &mut Context, actor: &Actor) -> Result<Vec<Finding>, CommandError> {
    let policy = context.session.policy()?;
    let procedures = context.session.procedures(actor, None)?;
    let missing = cited::missing(&policy, &procedures).into_iter();
    Ok(missing.map(|message| Finding::new(PROCEDURES, message)).collect())
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
    let mirror = Mirror::new(&context.site);
    if !repair {
        return Ok(found.into_iter().map(|found| misplaced(&context.site, &found)).collect());
    }
    let mut done = Vec::new();
    for (path, standing, _) in &found {
        let aside = if *standing == Standing::Foreign { mirror.set_aside(path)? } else { None };
        let aside = aside.map(|aside| format!(" (what lay there is now `{}`)", context.site.shown(&aside)));
        done.push(context.site.shown(path) + &aside.unwrap_or_default());
    }
    // What comes in between is not repaired.
    let kept = if found.is_empty() { Vec::new() } else { publish::publish(context, actor, &id)? };
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
    let workspace = crate::disk::Workspace::new(&context.site, &checkout.by);
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
fn strangers(context: &mut Context, actor: &Actor, left: &[PathBuf]) -> Result<Vec<String>, CommandError> {
    let mirror = Mirror::new(&context.site);
    // Before the documents: a page that is published in between belongs to one of them.
    let files = mirror.files();
    let mut known = BTreeSet::new();
    for document in everything(context, actor)? {
        for is_draft in [false, true] {
            known.insert(mirror.path(&document.document_type, &document.id, is_draft));
        }
    }
    let strangers = files.into_iter().filter(|path| !known.contains(path) && !left.contains(path));
    let shown = |path: PathBuf| format!("`{}` is no document of this project", context.site.shown(&path));
    Ok(strangers.map(shown).collect())
}
