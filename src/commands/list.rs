//! `list`: documents by type, state, owner, assignee or parent, page by page.

use std::fmt;

use serde::Serialize;

use super::table::Table;
use super::view::DocumentView;
use super::{CommandError, Context, Reply, veil};
use crate::domain::digest::{from_hex, to_hex};
use crate::domain::id::{DocumentId, StateName, TypeName, UserName};
use crate::domain::identity::Actor;
use crate::session::SessionError;
use crate::store::ListQuery;

/// Which documents to list.
#[derive(Debug, Default, clap::Args)]
pub struct ListInput {
    /// Only documents of this type
    #[arg(long = "type", value_name = "TYPE")]
    document_type: Option<TypeName>,
    /// Only documents in this state
    #[arg(long)]
    state: Option<StateName>,
    /// Only documents of this owner
    #[arg(long, value_name = "USER")]
    owner: Option<UserName>,
    /// Only documents that await this user
    #[arg(long, value_name = "USER")]
    assignee: Option<UserName>,
    /// Only documents that belong to this one
    #[arg(long, value_name = "DOCUMENT")]
    parent: Option<DocumentId>,
    /// At most this many
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    limit: Option<u64>,
    /// Go on after an earlier page, with its `next_cursor`
    #[arg(long, value_name = "CURSOR")]
    cursor: Option<String>,
}

/// Documents.
#[derive(Debug, Serialize)]
pub struct ListReport {
    pub(super) documents: Vec<DocumentView>,
    pub(super) next_cursor: Option<String>,
}

impl fmt::Display for ListReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.documents.is_empty() {
            return f.write_str("no documents");
        }
        let mut table = Table::new(
            f.alternate(),
            &["ID", "STATE", "VERSION", "OWNER", "TITLE"],
            &["AUTHORS", "CHECKED OUT", "UPDATED"],
        );
        for it in &self.documents {
            let mut row = vec![
                it.id.to_string(),
                it.state.to_string(),
                it.version.to_string(),
                it.owner.as_ref().map_or_else(|| "-".to_owned(), UserName::to_string),
                it.title.clone(),
            ];
            if f.alternate() {
                let authors = it.authors.iter().map(UserName::as_str).collect::<Vec<_>>().join(", ");
                row.push(if authors.is_empty() { "-".to_owned() } else { authors });
                row.push(it.checked_out_by.as_ref().map_or_else(|| "-".to_owned(), UserName::to_string));
                row.push(it.updated_at.to_string());
            }
            table.row(row);
        }
        write!(f, "{table}")?;
        match &self.next_cursor {
            Some(cursor) => write!(f, "\nmore: --cursor {cursor}"),
            None => Ok(()),
        }
    }
}

/// Lists documents in the order of their ids.
pub fn run(context: &mut Context, input: ListInput) -> Result<Reply, CommandError> {
    let actor = context.actor()?;
    let after = input.cursor.map(|cursor| {
        from_hex(&cursor)
            .and_then(|bytes| String::from_utf8(bytes).ok())
            .and_then(|text| DocumentId::parse(&text).ok())
            .ok_or_else(|| {
                CommandError::Usage(format!("`{}` is not a cursor of this program", cursor.escape_debug()))
            })
    });
    let query = ListQuery {
        waiting: false,
        document_type: input.document_type,
        state: input.state,
        owner: input.owner,
        assignee: input.assignee,
        parent: input.parent,
        after: after.transpose()?,
        limit: input.limit.map(|limit| limit.saturating_add(1)),
        checked_out_by: None,
    };
    let mut documents = views(context, &actor, &query)?;
    if documents.is_empty() {
        // Nothing of the kind is one answer, no such kind another.
        check_names(context, &actor, query)?;
    }
    let mut next_cursor = None;
    if let Some(limit) = input.limit.and_then(|limit| usize::try_from(limit).ok())
        && documents.len() > limit
    {
        documents.truncate(limit);
        next_cursor = documents.last().map(|last| to_hex(last.id.as_str().as_bytes()));
    }
    Ok(Reply::new(ListReport { documents, next_cursor }).by(actor))
}

/// Checks that what a query names exists.
fn check_names(context: &mut Context, actor: &Actor, query: ListQuery) -> Result<(), CommandError> {
    let policy = context.session.policy()?;
    if let Some(name) = query.document_type.filter(|name| policy.document_type(name).is_none()) {
        return Err(super::listing_types(context, SessionError::NoType(name).into()));
    }
    let is_state = |name: &StateName| policy.workflows.values().any(|life| life.state(name).is_some());
    if let Some(name) = query.state.filter(|name| !is_state(name)) {
        return Err(CommandError::unknown(format!("no state `{name}`"), "workflow show"));
    }
    for name in query.owner.into_iter().chain(query.assignee) {
        if context.session.read(actor).user(name.as_str())?.is_none() {
            return Err(SessionError::NoUser(name).into());
        }
    }
    if let Some(parent) = query.parent {
        context.document(actor, &parent)?;
    }
    Ok(())
}

/// Reads what a query selects.
pub(super) fn views(
    context: &mut Context,
    actor: &Actor,
    query: &ListQuery,
) -> Result<Vec<DocumentView>, CommandError> {
    let (policy, in_force) = (context.session.policy()?, context.session.project()?.policy);
    let (mut documents, mut answered) = (Vec::new(), Vec::new());
    context.session.read(actor).documents(query, &mut |document| {
        // Few are answered by who looks, and of these more has to be known.
        if veil::has_answered(actor, &document) {
            answered.push((documents.len(), document.clone()));
        }
        documents.push(DocumentView::new(document, &policy, in_force, None));
        Ok(())
    })?;
    for (place, document) in answered {
        let shown = DocumentView::shown(context, actor, document)?;
        documents.splice(place..=place, [shown]);
    }
    Ok(documents)
}
