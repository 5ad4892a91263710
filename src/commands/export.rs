//! `audit export`: the record for other eyes, so that they can verify it without the project.

use std::io::Write;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

use super::entry::EntryView;
use super::json::spelled_out;
use super::veil::Veil;
use super::{CommandError, Context};
use crate::disk::DiskError;
use crate::domain::digest::{Digest, Digesting, to_hex};
use crate::domain::identity::Actor;
use crate::domain::visible::deceptions;
use crate::store::{Entries, ListQuery, StoreError};

/// The forms of an export.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum ExportForm {
    /// One JSON object a line
    Jsonl,
    /// Comma-separated values, after RFC 4180
    Csv,
    /// A Markdown table
    Md,
}

/// What stands before the head in each line, and nowhere within a text: there a quotation mark is escaped.
pub(super) const HEAD: &str = ",\"head\":";

/// What ends each line but the last.
pub(super) const NO_HEAD: &str = "null}";

/// What the last line says of all of them.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Head {
    pub(super) entries: u64,
    pub(super) root: Digest,
    /// The digest of all lines without what stands behind [`HEAD`].
    pub(super) lines: Digest,
    /// The signature of the project over all of it, in hexadecimal digits; see [`Checkpoint::sign_export`].
    ///
    /// [`Checkpoint::sign_export`]: crate::domain::audit::Checkpoint::sign_export
    pub(super) signature: String,
}

/// A line, without the head at its end.
#[derive(Serialize)]
struct Line<'a> {
    #[serde(flatten)]
    entry: &'a EntryView,
    bytes: Option<String>,
}

/// Writes a line up to its head. What is withheld has no bytes.
pub(super) fn line_of(entry: &EntryView, bytes: &[u8]) -> Result<String, serde_json::Error> {
    let bytes = (!entry.withheld).then(|| STANDARD.encode(bytes));
    let mut line = spelled_out(serde_json::to_string(&Line { entry, bytes })?);
    line.pop();
    Ok(line)
}

/// Writes the end of the last line.
pub(super) fn end_of(head: &Head) -> Result<String, serde_json::Error> {
    Ok(spelled_out(serde_json::to_string(head)?) + "}")
}

/// Columns of the export as a table.
const COLUMNS: [&str; 22] = [
    "index",
    "at",
    "actor",
    "claimed",
    "actor_kind",
    "group",
    "assurance",
    "credential",
    "action",
    "inputs",
    "document",
    "version",
    "from",
    "to",
    "result",
    "verdict",
    "comment",
    "reasons",
    "content_digest",
    "policy_digest",
    "leaf_hash",
    "withheld",
];

/// Writes the whole log, entry by entry, so that its size does not matter. Returns a warning where
/// something is withheld.
pub fn export(
    context: &mut Context,
    actor: &Actor,
    format: ExportForm,
    out: &mut dyn Write,
) -> Result<Option<String>, CommandError> {
    // All of it is of one moment: a round that opens while somebody reads slowly is not read through.
    context.session.read(actor).begin_snapshot()?;
    let written = write_log(context, actor, format, out);
    context.session.read(actor).end_snapshot()?;
    written
}

fn write_log(
    context: &mut Context,
    actor: &Actor,
    format: ExportForm,
    out: &mut dyn Write,
) -> Result<Option<String>, CommandError> {
    let mut in_rounds = Vec::new();
    context.session.read(actor).documents(&ListQuery::default(), &mut |document| {
        in_rounds.extend(Some(document).filter(|document| document.round.is_some()));
        Ok(())
    })?;
    let mut veil = Veil::over(context, Some(actor), in_rounds)?;
    let mut failed = None;
    let io = |source| DiskError::Io { action: "write", path: "standard output".into(), source };
    let header = match format {
        ExportForm::Jsonl => String::new(),
        ExportForm::Csv => format!("{}\r\n", COLUMNS.join(",")),
        ExportForm::Md => format!("| {} |\n|{}\n", COLUMNS.join(" | "), "---|".repeat(COLUMNS.len())),
    };
    out.write_all(header.as_bytes()).map_err(io)?;
    // A line is written once it is known whether another one follows.
    let (mut lines, mut last, mut count) = (Digesting::default(), None::<String>, 0);
    let walked = context.session.read(actor).entries(Entries::From(0), &mut |stored| {
        let mut view = EntryView::decode(stored.index, stored.bytes)?;
        count += 1;
        veil.cover(&mut view);
        let line = match format {
            ExportForm::Jsonl => {
                let line = line_of(&view, stored.bytes).map_err(|error| unwritten(stored.index, &error))?;
                lines.take(line.as_bytes()).take(b"\n");
                last.replace(line).map_or_else(String::new, |line| format!("{line}{HEAD}{NO_HEAD}\n"))
            }
            ExportForm::Csv => cells(&view).map(|cell| csv_cell(&cell)).join(",") + "\r\n",
            ExportForm::Md => format!("| {} |\n", cells(&view).map(|cell| markdown_cell(&cell)).join(" | ")),
        };
        out.write_all(line.as_bytes()).map_err(|error| {
            failed = Some(error);
            // Any error stops the walk; this one is thrown away.
            StoreError::Conflict
        })
    });
    match failed {
        Some(error) => return Err(io(error).into()),
        None => walked?,
    }
    context.session.has_entries(actor, count)?;
    if let Some(line) = last {
        let lines = lines.finish();
        let (checkpoint, signature) = context.session.sign_export(actor, &lines)?;
        let (entries, root, signature) = (checkpoint.size, checkpoint.root, to_hex(&signature));
        let head = Head { entries, root, lines, signature };
        let end = end_of(&head).map_err(|error| unwritten(entries, &error))?;
        out.write_all(format!("{line}{HEAD}{end}\n").as_bytes()).map_err(io)?;
    }
    out.flush().map_err(io)?;
    Ok(veil.words())
}

fn unwritten(index: u64, error: &serde_json::Error) -> StoreError {
    StoreError::Unreadable { table: "entries", key: index.to_string(), message: error.to_string() }
}

fn cells(view: &EntryView) -> [String; 22] {
    fn text<T: ToString>(value: Option<&T>) -> String {
        value.map_or_else(String::new, T::to_string)
    }
    [
        view.index.to_string(),
        view.at.to_string(),
        text(view.actor.as_ref()),
        text(view.claimed.as_ref()),
        text(view.actor_kind.as_ref()),
        text(view.group.as_ref()),
        text(view.assurance.as_ref()),
        text(view.credential.as_ref()),
        view.action.clone(),
        view.told(),
        text(view.document.as_ref()),
        text(view.version.as_ref()),
        text(view.from.as_ref()),
        text(view.to.as_ref()),
        view.result.to_string(),
        text(view.verdict.as_ref()),
        text(view.comment.as_ref()),
        view.reason_names(),
        text(view.content_digest.as_ref()),
        view.policy_digest.to_string(),
        view.leaf_hash.to_string(),
        view.withheld.to_string(),
    ]
}

/// A cell after RFC 4180. One that a spreadsheet would take for a formula gets an apostrophe.
fn csv_cell(text: &str) -> String {
    let guard = if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { "'" } else { "" };
    if guard.is_empty() && !text.contains([',', '"', '\r', '\n']) {
        return text.to_owned();
    }
    format!("\"{guard}{}\"", text.replace('"', "\"\""))
}

/// A cell in which nothing is markup: neither of Markdown nor of HTML.
fn markdown_cell(text: &str) -> String {
    let mut cell = String::new();
    let mut hidden = deceptions(text).peekable();
    for (at, c) in text.char_indices() {
        let hides = hidden.next_if(|(place, _)| *place == at).is_some();
        match c {
            '\r' | '\n' => cell.push(' '),
            '<' => cell.push_str("&lt;"),
            '&' => cell.push_str("&amp;"),
            '\\' | '|' | '[' | ']' | '`' | '*' | '_' | '!' => cell.extend(['\\', c]),
            c if hides => cell.extend(c.escape_unicode()),
            c => cell.push(c),
        }
    }
    cell
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_cannot_break_out_of_their_table() {
        assert_eq!(csv_cell("plain"), "plain");
        assert_eq!(csv_cell("a,\"b\"\nc"), "\"a,\"\"b\"\"\nc\"");
        assert_eq!(csv_cell("=1+1"), "\"'=1+1\"");
        assert_eq!(markdown_cell("a|b\nc"), "a\\|b c");
        assert_eq!(markdown_cell("<b> [l](x)"), "&lt;b> \\[l\\](x)");
        assert_eq!(markdown_cell("\u{1b}[2J\u{202e}"), "\\u{1b}\\[2J\\u{202e}");
    }
}
