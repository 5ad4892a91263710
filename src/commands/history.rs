//! `history`: everything that was recorded about a document.

use std::fmt;

use serde::Serialize;

use super::table::Table;
use super::veil::{self, Veil};
use super::{CommandError, Context, Reply};
use crate::domain::audit::{Entry, EntryResult, leaf_hash};
use crate::domain::digest::{Digest, Timestamp};
use crate::domain::document::{Document, Kind, Outcome};
use crate::domain::id::{DocumentId, GroupName, StateName, UserName, Version};
use crate::domain::identity::{Actor, Assurance, Isolation};
use crate::store::{Entries, StoreError};

/// The entries of a document, oldest first.
#[derive(Debug, Serialize)]
pub struct HistoryReport {
    entries: Vec<EntryView>,
    #[serde(skip)]
    id: DocumentId,
}

/// An entry, by the names of the JSON contract.
#[derive(Debug, Clone, Serialize)]
pub struct EntryView {
    pub(super) index: u64,
    pub(super) at: Timestamp,
    pub(super) actor: Option<UserName>,
    pub(super) claimed: Option<String>,
    pub(super) actor_kind: Option<Kind>,
    pub(super) group: Option<GroupName>,
    pub(super) assurance: Option<Assurance>,
    pub(super) isolation: Isolation,
    pub(super) session: Option<String>,
    pub(super) parent: Option<UserName>,
    pub(super) action: String,
    pub(super) document: Option<DocumentId>,
    pub(super) version: Option<Version>,
    pub(super) from: Option<StateName>,
    pub(super) to: Option<StateName>,
    pub(super) result: EntryResult,
    pub(super) verdict: Option<Outcome>,
    pub(super) comment: Option<String>,
    pub(super) reasons: Vec<ReasonView>,
    pub(super) content_digest: Option<Digest>,
    pub(super) policy_digest: Digest,
    pub(super) count: u64,
    pub(super) leaf_hash: Digest,
}

/// Why something was refused.
#[derive(Debug, Clone, Serialize)]
pub struct ReasonView {
    name: String,
    message: String,
    remedy: Option<String>,
}

impl EntryView {
    /// Shows a stored entry.
    pub fn decode(index: u64, bytes: &[u8]) -> Result<Self, StoreError> {
        let entry = Entry::decode(bytes).map_err(|error| StoreError::Unreadable {
            table: "entries",
            key: index.to_string(),
            message: error.to_string(),
        })?;
        Ok(Self {
            index: entry.index,
            at: entry.at,
            actor: entry.actor,
            claimed: entry.claimed,
            actor_kind: entry.actor_kind,
            group: entry.group,
            assurance: entry.assurance,
            isolation: entry.isolation,
            session: entry.session,
            parent: entry.parent,
            action: entry.action,
            document: entry.document,
            version: entry.version,
            from: entry.from,
            to: entry.to,
            result: entry.result,
            verdict: entry.verdict,
            comment: entry.comment,
            reasons: entry
                .reasons
                .into_iter()
                .map(|reason| ReasonView {
                    name: reason.name,
                    message: reason.message,
                    remedy: reason.remedy,
                })
                .collect(),
            content_digest: entry.content_digest,
            policy_digest: entry.policy_digest,
            count: entry.count,
            leaf_hash: leaf_hash(bytes),
        })
    }

    /// Names who acted, and how sure that was; of the unverified only the claim.
    fn who(&self) -> String {
        match (&self.actor, &self.claimed, self.assurance) {
            (Some(actor), _, Some(Assurance::Claimed)) => format!("{actor} (claimed)"),
            (Some(actor), _, Some(assurance)) => format!("{actor} (verified: {assurance})"),
            (Some(actor), _, None) => actor.to_string(),
            (None, Some(claimed), _) => format!("unverified `{}`", claimed.escape_debug()),
            (None, None, _) => "qms".to_owned(),
        }
    }

    /// Lists the names of the conditions that were not met.
    pub(super) fn reason_names(&self) -> String {
        self.reasons.iter().map(|reason| reason.name.as_str()).collect::<Vec<_>>().join(", ")
    }

    /// Says in a few words what became of it.
    fn what(&self) -> String {
        let reasons = || self.reason_names();
        match (self.result, &self.from, &self.to) {
            (EntryResult::Denied, _, _) if self.count > 1 => {
                format!("denied {} times: {}", self.count, reasons())
            }
            (EntryResult::Denied, _, _) => format!("denied: {}", reasons()),
            (_, Some(from), Some(to)) if from != to => format!("{from} → {to}"),
            (_, _, Some(to)) => to.to_string(),
            _ => String::new(),
        }
    }
}

impl fmt::Display for HistoryReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut table = Table::new(
            f.alternate(),
            &["#", "AT", "WHO", "ACTION", "VERSION", "WHAT"],
            &["CONTENT", "COMMENT"],
        );
        for it in &self.entries {
            let verdict = it.verdict.map(|verdict| format!(" ({verdict})")).unwrap_or_default();
            // What ended a document may be about the one that it belonged to.
            let what = match it.document.as_ref().filter(|document| **document != self.id) {
                Some(other) => format!("{other}: {}", it.what()),
                None => it.what(),
            };
            let mut row = vec![
                it.index.to_string(),
                it.at.to_string(),
                it.who(),
                format!("{}{verdict}", it.action),
                it.version.map_or_else(|| "-".to_owned(), |version| version.to_string()),
                what,
            ];
            if f.alternate() {
                row.push(it.content_digest.map_or_else(|| "-".to_owned(), |digest| digest.short()));
                row.push(it.comment.as_deref().map(first_line).unwrap_or_default().to_owned());
            }
            table.row(row);
        }
        write!(f, "{table}")
    }
}

fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or_default()
}

/// Lists what was recorded about a document, the end of its parent included where that ended it.
pub fn run(context: &mut Context, id: &DocumentId) -> Result<Reply, CommandError> {
    let actor = context.actor()?;
    let document = context.document(&actor, id)?;
    let (mut entries, withheld) = entries_of(context, &actor, &document)?;
    if let Some(parent) = &document.parent {
        context.session.read(&actor).entries(Entries::Of(parent), &mut |stored| {
            let deltas = Entry::decode(stored.bytes).map(|entry| entry.deltas).unwrap_or_default();
            if deltas.iter().any(|delta| delta.key == id.as_str()) {
                entries.push(EntryView::decode(stored.index, stored.bytes)?);
            }
            Ok(())
        })?;
        entries.sort_by_key(|entry| entry.index);
    }
    let reply = Reply::new(HistoryReport { entries, id: id.clone() }).by(actor);
    Ok(veil::warn(reply, withheld))
}

/// Reads the entries about a document, and counts the comments that are withheld from the reader.
pub(super) fn entries_of(
    context: &mut Context,
    actor: &Actor,
    document: &Document,
) -> Result<(Vec<EntryView>, usize), CommandError> {
    let mut veil = Veil::new(actor);
    veil.look(document);
    let (mut entries, mut withheld) = (Vec::new(), 0);
    context.session.read(actor).entries(Entries::Of(&document.id), &mut |stored| {
        let mut entry = EntryView::decode(stored.index, stored.bytes)?;
        withheld += usize::from(veil.cover(&mut entry));
        entries.push(entry);
        Ok(())
    })?;
    Ok((entries, withheld))
}
