//! `status`: where a document stands.

use std::fmt;

use serde::Serialize;

use super::signed::{SignedView, manifest};
use super::view::{DocumentView, NextLine, awaited, next_lines};
use super::{CommandError, Context, Reply};
use crate::domain::document::Outcome;
use crate::domain::id::{DocumentId, UserName};

/// Where a document stands, and what can be done next.
#[derive(Debug, Serialize)]
pub struct StatusReport {
    document: DocumentView,
    /// Who signed the present content.
    signatures: Vec<SignedView>,
    next: Vec<NextLine>,
}

impl fmt::Display for StatusReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let it = &self.document;
        let or_none = |name: Option<&UserName>| name.map_or_else(|| "none".to_owned(), UserName::to_string);
        writeln!(f, "{} {}", it.id, it.title)?;
        let in_force =
            it.effective_version.map(|version| format!("   in force: {version}")).unwrap_or_default();
        writeln!(f, "  state:    {}   version: {}{in_force}", it.state, it.version)?;
        let authors = it.authors.iter().map(UserName::as_str).collect::<Vec<_>>().join(", ");
        write!(
            f,
            "  owner:    {}   authors: {}",
            or_none(it.owner.as_ref()),
            if authors.is_empty() { "none" } else { &authors }
        )?;
        if let Some(holder) = &it.checked_out_by {
            write!(f, "\n  checked out by: {holder}")?;
        }
        if let Some(parent) = &it.parent {
            write!(f, "\n  belongs to: {parent}")?;
        }
        for assignee in &it.assignees {
            let unseen = if assignee.answered { "answered" } else { "open" };
            let verdict = assignee.verdict.map_or(unseen, Outcome::as_str);
            write!(f, "\n  {}: {} ({verdict})", assignee.task, assignee.user)?;
        }
        for signed in &self.signatures {
            write!(f, "\n  signed: {signed}")?;
        }
        if f.alternate() {
            write!(
                f,
                "\n  type: {}   life cycle: {}   revision: {}",
                it.document_type, it.workflow, it.revision
            )?;
            if let Some(template) = &it.template {
                write!(f, "\n  template: {} {}", template.id, template.version)?;
            }
            write!(f, "\n  content: {}\n  policy:  {}", it.content_digest, it.policy_digest)?;
            write!(f, "\n  created: {}   updated: {}", it.created_at, it.updated_at)?;
        }
        Ok(())
    }
}

/// Shows where a document stands.
pub fn run(context: &mut Context, id: &DocumentId) -> Result<Reply, CommandError> {
    let actor = context.actor()?;
    let document = context.document(&actor, id)?;
    let copy = context.workspace(&actor).read(id);
    let lines = context.session.menu(&actor, id, copy.as_ref())?;
    let next = next_lines(&lines, actor.name(), id, false);
    let awaited = awaited(&document, actor.name());
    let mut signatures = manifest(context, &actor, id, Some(&actor))?;
    signatures.retain(|signed| signed.content == document.content);
    let document = DocumentView::shown(context, &actor, document)?;
    let report = StatusReport { document, signatures, next: next.clone() };
    Ok(Reply::new(report).by(actor).menu(next).awaiting(awaited))
}
