//! `audit`: proof that nothing was changed behind the record, and the record for other eyes.

use std::fmt;
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::clock;
use super::export::ExportForm;
use super::{CommandError, Context, Reply};
use crate::disk::{DiskError, read_whole};
use crate::domain::audit::{CheckpointError, Frontier, inclusion_proof};
use crate::domain::digest::Digest;
use crate::domain::encoding;
use crate::session::{Audit, Flaw};
use crate::store::Entries;

/// What to do with the audit trail.
#[derive(Debug, clap::Subcommand)]
#[command(defer = true)]
pub enum AuditCommand {
    /// Verify every entry and every row
    Verify {
        /// Digest the contents of all versions too
        #[arg(long)]
        contents: bool,
        /// A checkpoint that was kept elsewhere: shows when the log was cut or put back
        #[arg(long, value_name = "FILE")]
        checkpoint: Option<PathBuf>,
        /// Verify an export instead, with neither a project nor its key
        #[arg(long, value_name = "FILE", conflicts_with = "contents")]
        export: Option<PathBuf>,
    },
    /// Print a signed checkpoint, to be kept elsewhere
    Checkpoint,
    /// Print the whole log
    Export {
        /// Form of the export (or `--output`)
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

pub(super) fn read_text(path: &Path) -> Result<String, CommandError> {
    let io = |source| DiskError::Io { action: "read", path: path.to_owned(), source };
    let bytes = read_whole(path, NOTE_MAX).map_err(io)?;
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

/// Carries out a command about the audit trail; an export is written by [`super::export`],
/// and verified by [`super::exported`].
pub fn run(context: &mut Context, command: AuditCommand) -> Result<Reply, CommandError> {
    let actor = match command {
        AuditCommand::Verify { contents, checkpoint, export: None } => {
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
