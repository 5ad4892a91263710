//! `diff`: what changed between two versions.

use std::fmt;

use serde::Serialize;

use super::entry::{ChangeView, EntryView};
use super::history::entries_of;
use super::read::{body, digest_of};
use super::{CommandError, Context, Reply};
use crate::domain::audit::{EntryResult, Shown, Table};
use crate::domain::digest::Digest;
use crate::domain::document::Document;
use crate::domain::id::{DocumentId, Version};
use crate::domain::identity::Actor;
use crate::domain::request::WorkingCopy;
use crate::domain::text::unified;

/// Which versions to compare.
#[derive(Debug, clap::Args)]
pub struct DiffInput {
    /// The document
    pub document: DocumentId,
    /// The older version; without it the one in force, or the first
    #[arg(long, value_name = "N.X")]
    from: Option<Version>,
    /// The newer version; without it the present one
    #[arg(long, value_name = "N.X")]
    to: Option<Version>,
    /// Your working copy, against what is recorded of it
    #[arg(long, conflicts_with_all = ["from", "to", "since_my_review"])]
    copy: bool,
    /// From the version of your last verdict
    #[arg(long, conflicts_with = "from")]
    since_my_review: bool,
}

/// What changed.
#[derive(Debug, Serialize)]
pub struct DiffReport {
    id: DocumentId,
    from: Version,
    /// Nothing where it is the working copy.
    to: Option<Version>,
    changed: bool,
    diff: String,
}

/// What the working copy is called.
const COPY: &str = "the working copy";

impl fmt::Display for DiffReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.changed {
            f.write_str(self.diff.trim_end())
        } else {
            let to = self.to.map_or_else(|| COPY.to_owned(), |to| to.to_string());
            write!(f, "{} {} and {to} are the same", self.id, self.from)
        }
    }
}

/// Compares two versions line by line.
pub fn run(context: &mut Context, input: &DiffInput) -> Result<Reply, CommandError> {
    let actor = context.actor()?;
    let id = &input.document;
    let document = context.document(&actor, id)?;
    if input.copy {
        return with_copy(context, actor, &document);
    }
    let from = match input.from {
        Some(version) => version,
        None if input.since_my_review => {
            let (entries, _) = entries_of(context, &actor, id)?;
            let mine = entries.iter().rev().find(|entry| {
                entry.actor.as_ref() == Some(actor.name())
                    && entry.verdict.is_some()
                    && entry.result == EntryResult::Permitted
            });
            // The entry names the version after the verdict; its content is what was judged.
            let judged = mine.and_then(|entry| entry.content_digest);
            let judged = judged.ok_or_else(|| {
                CommandError::unknown(
                    format!("`{}` gave no verdict on {id}", actor.name()),
                    format!("history {id}"),
                )
            })?;
            version_of(context, &actor, id, judged)?
        }
        None => match &document.in_force {
            // What is in force is compared with what was in force before it.
            Some(in_force) if in_force.version == document.version => {
                let (entries, _) = entries_of(context, &actor, id)?;
                in_force_before(id, &entries).unwrap_or(in_force.version)
            }
            Some(in_force) => in_force.version,
            None => first_of(context, &actor, id)?,
        },
    };
    let to = input.to.unwrap_or(document.version);
    let mut texts = Vec::new();
    for version in [from, to] {
        let digest = digest_of(context, &actor, id, version)?;
        texts.push(String::from_utf8_lossy(&body(context, &actor, &digest)?).into_owned());
    }
    let [old, new] = texts.as_slice() else { return Err(CommandError::Usage("two versions".to_owned())) };
    let text = unified((&format!("{id} {from}"), old), (&format!("{id} {to}"), new));
    let report = DiffReport { id: id.clone(), from, to: Some(to), changed: old != new, diff: text };
    let has_copy = document.checkout.is_some_and(|checkout| checkout.by == *actor.name());
    let line = context.offered(&actor, actor.name(), &format!("diff {id} --copy"));
    let reply = Reply::new(report).by(actor);
    if has_copy && input.to.is_none() {
        let message =
            format!("versions are compared, not the working copy; what was changed in that: {line}");
        return Ok(reply.warn("copy_not_compared", message));
    }
    Ok(reply)
}

/// Compares what is recorded with the working copy of the caller.
fn with_copy(context: &mut Context, actor: Actor, document: &Document) -> Result<Reply, CommandError> {
    let id = &document.id;
    let copy = match context.workspace(&actor).read(id) {
        Some(WorkingCopy::Present { bytes, .. }) => Ok(bytes),
        Some(WorkingCopy::Unusable(why)) => Err(why),
        None => Err("there is none".to_owned()),
    };
    let copy = copy.map_err(|why| {
        CommandError::unknown(format!("no working copy of {id} can be read: {why}"), format!("status {id}"))
    })?;
    let old = String::from_utf8_lossy(&body(context, &actor, &document.content)?).into_owned();
    let new = String::from_utf8_lossy(&copy).into_owned();
    let from = document.version;
    let diff = unified((&format!("{id} {from}"), &old), (COPY, &new));
    Ok(Reply::new(DiffReport { id: id.clone(), from, to: None, changed: old != new, diff }).by(actor))
}

/// Returns the version that came out of force with the last one that came into force.
fn in_force_before(id: &DocumentId, entries: &[EntryView]) -> Option<Version> {
    let mut changes = entries.iter().rev().flat_map(|entry| entry.changes.iter().flatten());
    let is_it = |it: &&ChangeView| {
        it.table == Table::Document && it.key == id.as_str() && it.field == "in_force" && it.new.is_some()
    };
    match &changes.find(is_it)?.old.as_ref()?.0 {
        Shown::Parts(parts) => parts.iter().find(|(name, _)| *name == "version")?.1.parse().ok(),
        Shown::One(_) => None,
    }
}

/// Returns the version that a document began with. Not every life cycle begins with a draft.
fn first_of(context: &mut Context, actor: &Actor, id: &DocumentId) -> Result<Version, CommandError> {
    let versions = context.session.read(actor).versions(id)?;
    let first = versions.first().map(|record| record.version);
    first.ok_or_else(|| CommandError::unknown(format!("{id} has no version"), format!("history {id}")))
}

fn version_of(
    context: &mut Context,
    actor: &Actor,
    id: &DocumentId,
    content: Digest,
) -> Result<Version, CommandError> {
    let versions = context.session.read(actor).versions(id)?;
    let found = versions.iter().find(|record| record.content == content).map(|record| record.version);
    let what = || format!("no version of {id} has that content");
    found.ok_or_else(|| CommandError::unknown(what(), format!("history {id}")))
}
