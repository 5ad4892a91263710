//! `comments`: what people said about a document.

use std::fmt;

use serde::Serialize;

use super::history::entries_of;
use super::{CommandError, Context, Reply};
use crate::domain::audit::EntryResult;
use crate::domain::digest::Timestamp;
use crate::domain::document::Outcome;
use crate::domain::id::{DocumentId, UserName, Version};

/// What people said, oldest first.
#[derive(Debug, Serialize)]
pub struct CommentsReport {
    comments: Vec<Comment>,
}

#[derive(Debug, Serialize)]
struct Comment {
    index: u64,
    at: Timestamp,
    user: UserName,
    action: String,
    verdict: Option<Outcome>,
    version: Option<Version>,
    comment: String,
}

impl fmt::Display for CommentsReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.comments.is_empty() {
            return f.write_str("no comments");
        }
        for (number, it) in self.comments.iter().enumerate() {
            if number > 0 {
                f.write_str("\n\n")?;
            }
            let verdict = it.verdict.map(|verdict| format!(" ({verdict})")).unwrap_or_default();
            let version = it.version.map(|version| format!(" on {version}")).unwrap_or_default();
            write!(f, "{} {} {}{verdict}{version}", it.at, it.user, it.action)?;
            for line in it.comment.lines() {
                write!(f, "\n  {line}")?;
            }
        }
        Ok(())
    }
}

/// Lists what people said about a document.
pub fn run(context: &mut Context, id: &DocumentId) -> Result<Reply, CommandError> {
    let actor = context.actor()?;
    let (entries, veil) = entries_of(context, &actor, id)?;
    let comments = entries
        .into_iter()
        .filter(|entry| entry.result == EntryResult::Permitted)
        .filter_map(|entry| {
            Some(Comment {
                index: entry.index,
                at: entry.at,
                user: entry.actor?,
                action: entry.action,
                verdict: entry.verdict,
                version: entry.version,
                comment: entry.comment?,
            })
        })
        .collect();
    Ok(veil.warn(Reply::new(CommentsReport { comments }).by(actor)))
}
