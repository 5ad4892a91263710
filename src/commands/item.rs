//! `item`: the execution items of a document, and what was recorded of them. Recording is a verb of the
//! policy, `item record`.

use std::fmt;
use std::path::PathBuf;

use serde::Serialize;

use super::read::{body, digest_of};
use super::table::Table;
use super::{CommandError, Context, Reply};
use crate::disk::write_file;
use crate::domain::attestation::{Attestation, AttestationKind};
use crate::domain::digest::{Digest, Timestamp};
use crate::domain::document::Document;
use crate::domain::facts::Answer;
use crate::domain::id::{DocumentId, ItemId, UserName, Version};
use crate::domain::identity::Actor;
use crate::domain::items::{Column, Item, ItemOutcome, Items};
use crate::domain::visible::one_line;
use crate::store::ListQuery;

/// What to do with execution items.
#[derive(Debug, clap::Subcommand)]
#[command(defer = true)]
pub enum ItemCommand {
    /// List the execution items of a document
    List {
        /// The document
        document: DocumentId,
        /// A version, as in `1.0`, instead of the present one
        #[arg(long, value_name = "N.X")]
        version: Option<Version>,
    },
    /// Write a file that is kept as evidence of an item
    File {
        /// The document
        document: DocumentId,
        /// The item, such as EI-1
        item: ItemId,
        /// Which of the item's files, as `item list` counts them; without it the newest
        #[arg(long, value_name = "N")]
        number: Option<u32>,
        /// Where to write it; there must be no such file
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
}

/// The items of a document.
#[derive(Debug, Serialize)]
pub struct ItemsReport {
    id: DocumentId,
    version: Version,
    items: Vec<ItemView>,
}

#[derive(Debug, Serialize)]
struct ItemView {
    id: ItemId,
    task: String,
    expected: String,
    recorded: bool,
    outcome: Option<ItemOutcome>,
    actual: Option<String>,
    evidence: Option<String>,
    performed_by: Option<String>,
    performed_at: Option<String>,
    files: Vec<FileView>,
    /// The documents that answer for it.
    answered_by: Vec<DocumentId>,
}

#[derive(Debug, Clone, Serialize)]
struct FileView {
    number: u32,
    file_name: Option<String>,
    media_type: Option<String>,
    sha256: Digest,
    by: UserName,
    at: Timestamp,
}

impl fmt::Display for ItemsReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let columns = ["ITEM", "OUTCOME", "PERFORMED BY", "AT", "TASK"];
        let more = ["EXPECTED", "ACTUAL", "EVIDENCE", "FILES", "ANSWERED BY"];
        let mut table = Table::new(f.alternate(), &columns, &more);
        for it in &self.items {
            let said = |text: &Option<String>| text.clone().unwrap_or_default();
            let outcome = it.outcome.filter(|_| it.recorded).map_or("open", ItemOutcome::as_str);
            let mut row = vec![
                it.id.to_string(),
                outcome.to_owned(),
                said(&it.performed_by),
                said(&it.performed_at),
                it.task.clone(),
            ];
            if f.alternate() {
                let named = |file: &FileView| match &file.file_name {
                    Some(name) => format!("{name} ({})", file.sha256),
                    None => file.sha256.to_string(),
                };
                let files: Vec<String> = it.files.iter().map(named).collect();
                let answers: Vec<&str> = it.answered_by.iter().map(DocumentId::as_str).collect();
                row.extend([it.expected.clone(), said(&it.actual), said(&it.evidence)]);
                row.extend([files.join(", "), answers.join(", ")]);
            }
            table.row(row);
        }
        table.fmt(f)
    }
}

/// A file that was written.
#[derive(Debug, Serialize)]
pub struct FileReport {
    document: DocumentId,
    item: ItemId,
    file: FileView,
    size: usize,
    path: String,
}

impl fmt::Display for FileReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "✓ wrote {} ({} bytes, sha256:{})", one_line(&self.path), self.size, self.file.sha256)
    }
}

/// Carries out a command about items.
pub fn run(context: &mut Context, command: ItemCommand) -> Result<Reply, CommandError> {
    match command {
        ItemCommand::List { document, version } => list(context, &document, version),
        ItemCommand::File { document, item, number, out } => file(context, document, item, number, &out),
    }
}

fn list(context: &mut Context, id: &DocumentId, version: Option<Version>) -> Result<Reply, CommandError> {
    let actor = context.actor()?;
    let document = context.document(&actor, id)?;
    if !context.session.policy_about(id)?.has_items(&document.document_type) {
        let message = format!("{id} is of type {}, which has no execution items", document.document_type);
        return Err(CommandError::NotFound(message));
    }
    let version = version.unwrap_or(document.version);
    let digest = digest_of(context, &actor, id, version)?;
    let text = String::from_utf8_lossy(&body(context, &actor, &digest)?).into_owned();
    let items = Items::of(&text)
        .map_err(|why| CommandError::NotFound(format!("{id} {version} has no readable items: {why}")))?;
    let attestations = context.session.read(&actor).attestations(id)?;
    let answers = answers(context, &actor, &document)?;
    let items = items.iter().map(|item| view(item, &attestations, &answers)).collect();
    Ok(Reply::new(ItemsReport { id: id.clone(), version, items }).by(actor))
}

fn view(item: &Item, attestations: &[Attestation], answers: &[(DocumentId, ItemId)]) -> ItemView {
    let written = |column| item.says(column).unwrap_or_default();
    ItemView {
        id: item.id.clone(),
        task: written(Column::Task),
        expected: written(Column::Expected),
        recorded: item.is_recorded(),
        outcome: item.outcome(),
        actual: item.says(Column::Actual),
        evidence: item.says(Column::Evidence),
        performed_by: item.says(Column::Performer),
        performed_at: item.says(Column::Time),
        files: files(attestations, &item.id).collect(),
        answered_by: answers.iter().filter(|(_, of)| *of == item.id).map(|(id, _)| id.clone()).collect(),
    }
}

/// The files that are kept for an item.
fn files<'a>(attestations: &'a [Attestation], item: &'a ItemId) -> impl Iterator<Item = FileView> + 'a {
    let kept = attestations.iter().filter(|one| one.kind == AttestationKind::File);
    let of_item = kept.filter(|one| one.name.as_str() == item.as_str());
    of_item.map(|one| FileView {
        number: one.number,
        file_name: one.file_name.clone(),
        media_type: one.media_type.clone(),
        sha256: one.body,
        by: one.author.clone(),
        at: one.at,
    })
}

/// The children that answer for an item, and which.
fn answers(
    context: &mut Context,
    actor: &Actor,
    document: &Document,
) -> Result<Vec<(DocumentId, ItemId)>, CommandError> {
    let policy = context.session.policy()?;
    let mut children = Vec::new();
    let query = ListQuery { parent: Some(document.id.clone()), ..ListQuery::default() };
    context.session.read(actor).documents(&query, &mut |child| {
        children.push(child);
        Ok(())
    })?;
    let mut found = Vec::new();
    for child in children.into_iter().filter(|child| policy.names_item(&child.document_type)) {
        let text = String::from_utf8_lossy(&body(context, actor, &child.content)?).into_owned();
        found.extend(Answer::of(&text, false).map(|answer| (child.id, answer.item)));
    }
    Ok(found)
}

fn file(
    context: &mut Context,
    id: DocumentId,
    item: ItemId,
    number: Option<u32>,
    out: &std::path::Path,
) -> Result<Reply, CommandError> {
    let actor = context.actor()?;
    context.document(&actor, &id)?;
    let attestations = context.session.read(&actor).attestations(&id)?;
    let mut all: Vec<FileView> = files(&attestations, &item).collect();
    all.sort_by_key(|file| file.number);
    let found = match number {
        Some(number) => all.iter().find(|file| file.number == number),
        None => all.last(),
    };
    let file = found.cloned().ok_or_else(|| {
        CommandError::unknown(format!("no such file is kept for {item} of {id}"), format!("item list {id}"))
    })?;
    let bytes = body(context, &actor, &file.sha256)?;
    let path = context.directory.join(out);
    write_file(&path, &bytes)?;
    let report = FileReport { document: id, item, file, size: bytes.len(), path: path.display().to_string() };
    Ok(Reply::new(report).by(actor))
}
