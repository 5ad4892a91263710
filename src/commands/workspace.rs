//! `workspace`: what the caller has checked out.

use std::fmt;

use serde::Serialize;

use super::list::views;
use super::table::Table;
use super::view::DocumentView;
use super::{CommandError, Context, Reply};
use crate::domain::digest::Digest;
use crate::domain::request::WorkingCopy;
use crate::store::ListQuery;

/// The working copies of the caller.
#[derive(Debug, Serialize)]
pub struct WorkspaceReport {
    documents: Vec<Copy>,
}

#[derive(Debug, Serialize)]
struct Copy {
    #[serde(flatten)]
    document: DocumentView,
    path: String,
    copy: CopyState,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "snake_case")]
enum CopyState {
    Unchanged,
    Changed,
    Missing,
    Unusable,
}

impl fmt::Display for WorkspaceReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.documents.is_empty() {
            return f.write_str("nothing is checked out");
        }
        let mut table = Table::new(f.alternate(), &["ID", "STATE", "VERSION", "COPY", "PATH"], &["TITLE"]);
        for it in &self.documents {
            let copy = match it.copy {
                CopyState::Unchanged => "unchanged",
                CopyState::Changed => "changed",
                CopyState::Missing => "missing",
                CopyState::Unusable => "unusable",
            };
            let document = &it.document;
            let mut row = vec![
                document.id.to_string(),
                document.state.to_string(),
                document.version.to_string(),
                copy.to_owned(),
                it.path.clone(),
            ];
            if f.alternate() {
                row.push(document.title.clone());
            }
            table.row(row);
        }
        write!(f, "{table}")
    }
}

/// Lists what the caller has checked out, and how the copies are.
pub fn run(context: &mut Context) -> Result<Reply, CommandError> {
    let actor = context.actor()?;
    let query = ListQuery { checked_out_by: Some(actor.name().clone()), ..ListQuery::default() };
    let workspace = context.workspace(&actor);
    let documents = views(context, &actor, &query)?
        .into_iter()
        .map(|document| Copy {
            path: workspace.path(&document.id).display().to_string(),
            copy: match workspace.read(&document.id) {
                None => CopyState::Missing,
                Some(WorkingCopy::Unusable(_)) => CopyState::Unusable,
                Some(WorkingCopy::Present { bytes, .. }) if Digest::of(&bytes) == document.content_digest => {
                    CopyState::Unchanged
                }
                Some(WorkingCopy::Present { .. }) => CopyState::Changed,
            },
            document,
        })
        .collect();
    Ok(Reply::new(WorkspaceReport { documents }).by(actor))
}
