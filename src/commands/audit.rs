//! `audit`: proof that nothing was changed behind the record, and the record for other eyes.

use std::fmt;
use std::io::Write;
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::clock;
use super::entry::EntryView;
use super::json::spelled_out;
use super::veil::Veil;
use super::{CommandError, Context, Reply};
use crate::disk::{DiskError, read_file};
use crate::domain::audit::{CheckpointError, Frontier, inclusion_proof};
use crate::domain::digest::Digest;
use crate::domain::encoding;
use crate::domain::front_matter::is_deceptive;
use crate::domain::identity::Actor;
use crate::session::{Audit, Flaw};
use crate::store::{Entries, ListQuery, StoreError};

/// What to do with the audit trail.
#[derive(Debug, clap::Subcommand)]
pub enum AuditCommand {
    /// Verify every entry and every row
    Verify {
        /// Digest the contents of all versions too
        #[arg(long)]
        contents: bool,
        /// A checkpoint that was kept elsewhere: shows when the log was cut or put back
        #[arg(long, value_name = "FILE")]
        checkpoint: Option<PathBuf>,
    },
    /// Print a signed checkpoint, to be kept elsewhere
    Checkpoint,
    /// Print the whole log
    Export {
        /// Form of the export
        #[arg(long, value_enum, default_value_t = ExportForm::Jsonl)]
        format: ExportForm,
    },
    /// Begin a new span of time, after a clock that was wrong
    Clock {
        /// What was wrong
        #[arg(long, value_name = "TEXT")]
        reason: String,
        /// Digest of the jump that somebody else proposed to end, and that you confirm
        #[arg(long, value_name = "DIGEST")]
        confirm: Option<String>,
    },
    /// Prove that an entry is in the log
    Proof {
        /// Index of the entry
        index: u64,
    },
}

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

#[derive(Debug, Serialize)]
struct VerifyReport {
    entries: u64,
    rows: u64,
    root: Digest,
    head_tag: String,
    contents: bool,
    checkpoint: bool,
    #[serde(skip)]
    has_key: bool,
}

impl fmt::Display for VerifyReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "✓ {} entries verified, {} rows as recorded", self.entries, self.rows)?;
        writeln!(f, "  root:     {}", self.root)?;
        // What was not looked at may not be what was recorded: each check says whether it was made.
        let head_tag =
            if self.has_key { self.head_tag.as_str() } else { "not checked; the project key is not here" };
        writeln!(f, "  head tag: {head_tag}")?;
        let contents = if self.contents { "verified" } else { "not checked; `--contents` digests every one" };
        writeln!(f, "  contents: {contents}")?;
        let checkpoint = if self.checkpoint {
            "the log goes on from it"
        } else {
            "not compared; only `--checkpoint FILE` shows a log that was cut or put back"
        };
        write!(f, "  checkpoint: {checkpoint}")
    }
}

#[derive(Debug, Serialize)]
struct CheckpointReport {
    origin: String,
    size: u64,
    root: Digest,
    note: String,
}

impl fmt::Display for CheckpointReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.note)
    }
}

/// An inclusion proof after RFC 9162 §2.1.3.
#[derive(Debug, Serialize)]
struct ProofReport {
    index: u64,
    leaf_hash: Digest,
    size: u64,
    root: Digest,
    path: Vec<Digest>,
}

impl fmt::Display for ProofReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "entry {} of {}", self.index, self.size)?;
        writeln!(f, "  leaf: {}\n  root: {}", self.leaf_hash, self.root)?;
        write!(f, "  path:")?;
        self.path.iter().try_for_each(|node| write!(f, "\n    {node}"))
    }
}

/// Longest checkpoint, in bytes; a note is a few hundred.
const NOTE_MAX: u64 = 64 * 1024;

fn read_text(path: &Path) -> Result<String, CommandError> {
    let io = |source| DiskError::Io { action: "read", path: path.to_owned(), source };
    let bytes = read_file(path, NOTE_MAX).map_err(io)?;
    let text = encoding::text(&bytes);
    let text = text.map_err(|why| CommandError::Usage(format!("`{}` {why}", path.display())))?;
    Ok(encoding::plain(text).into_owned())
}

/// Verifies the audit trail. Whoever calls is verified on the way: see [`Session::audit`].
///
/// [`Session::audit`]: crate::session::Session::audit
fn verify(context: &mut Context, contents: bool, checkpoint: Option<&Path>) -> Result<Reply, CommandError> {
    let note = checkpoint.map(read_text).transpose()?;
    let failed = |message: String, index, more| Err(CommandError::AuditFailed { message, index, more });
    context.identify()?;
    let (actor, audit) = context.session.audit(&context.claim, note.as_deref(), contents)?;
    match (actor, audit) {
        (_, Audit::Unsound(flaws)) => {
            let first = flaws.first().map_or_else(String::new, sentence);
            failed(first, flaws.first().and_then(Flaw::index), flaws.len() > 1)
        }
        (_, Audit::BadCheckpoint(error @ CheckpointError::Malformed(_))) => {
            Err(CommandError::Usage(error.to_string()))
        }
        (_, Audit::BadCheckpoint(error)) => failed(error.to_string(), None, false),
        (actor, Audit::Sound(verified)) => {
            let reply = Reply::new(VerifyReport {
                entries: verified.entries,
                rows: verified.rows,
                root: verified.root,
                head_tag: verified.head_tag.to_string(),
                contents,
                checkpoint: note.is_some(),
                has_key: context.session.key().is_some(),
            });
            Ok(match actor {
                Some(actor) => reply.by(actor),
                None => reply,
            })
        }
    }
}

/// Says what is wrong, and how much can be relied on in spite of it.
fn sentence(flaw: &Flaw) -> String {
    match flaw.index() {
        Some(index) if index > 0 => format!("{flaw}; the log verifies up to entry {}", index - 1),
        None if flaw.is_outside_the_log() => format!("{flaw}; the log itself verifies"),
        _ => flaw.to_string(),
    }
}

/// Carries out a command about the audit trail; an export is written by [`export`].
pub fn run(context: &mut Context, command: AuditCommand) -> Result<Reply, CommandError> {
    let actor = match command {
        AuditCommand::Verify { contents, checkpoint } => {
            return verify(context, contents, checkpoint.as_deref());
        }
        AuditCommand::Clock { reason, confirm } => return clock::set(context, reason, confirm),
        _ => context.actor()?,
    };
    match command {
        AuditCommand::Checkpoint => {
            let (checkpoint, note) = context.session.checkpoint(&actor)?;
            let report = CheckpointReport {
                origin: checkpoint.origin,
                size: checkpoint.size,
                root: checkpoint.root,
                note,
            };
            Ok(Reply::new(report).by(actor).verbatim())
        }
        AuditCommand::Proof { index } => {
            let (mut leaves, mut frontier) = (Vec::new(), Frontier::default());
            context.session.read(&actor).entries(Entries::From(0), &mut |stored| {
                let leaf = crate::domain::audit::leaf_hash(stored.bytes);
                leaves.push(leaf);
                frontier.push(leaf);
                Ok(())
            })?;
            let missing =
                || CommandError::NotFound(format!("no entry {index}; the log has {}", leaves.len()));
            let leaf_hash = *usize::try_from(index).ok().and_then(|at| leaves.get(at)).ok_or_else(missing)?;
            let path = inclusion_proof(&leaves, index).ok_or_else(missing)?;
            let report = ProofReport { index, leaf_hash, size: frontier.size(), root: frontier.root(), path };
            Ok(Reply::new(report).by(actor))
        }
        AuditCommand::Verify { .. } | AuditCommand::Export { .. } | AuditCommand::Clock { .. } => {
            Err(CommandError::Usage("this is answered elsewhere".to_owned()))
        }
    }
}

/// Columns of the export as a table.
const COLUMNS: [&str; 18] = [
    "index",
    "at",
    "actor",
    "claimed",
    "group",
    "assurance",
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
    let walked = context.session.read(actor).entries(Entries::From(0), &mut |stored| {
        let mut view = EntryView::decode(stored.index, stored.bytes)?;
        veil.cover(&mut view);
        let line = match format {
            ExportForm::Jsonl => spelled_out(serde_json::to_string(&view).unwrap_or_default()) + "\n",
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
    out.flush().map_err(io)?;
    Ok(veil.words())
}

fn cells(view: &EntryView) -> [String; 18] {
    fn text<T: ToString>(value: Option<&T>) -> String {
        value.map_or_else(String::new, T::to_string)
    }
    [
        view.index.to_string(),
        view.at.to_string(),
        text(view.actor.as_ref()),
        text(view.claimed.as_ref()),
        text(view.group.as_ref()),
        text(view.assurance.as_ref()),
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
    for c in text.chars() {
        match c {
            '\r' | '\n' => cell.push(' '),
            '<' => cell.push_str("&lt;"),
            '&' => cell.push_str("&amp;"),
            '\\' | '|' | '[' | ']' | '`' | '*' | '_' | '!' => cell.extend(['\\', c]),
            c if is_deceptive(c) => cell.extend(c.escape_unicode()),
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
