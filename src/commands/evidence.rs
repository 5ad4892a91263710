//! `evidence`: commands that the policy declares, run and recorded; and what was recorded.

use std::ffi::OsString;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::ser::{Serialize, SerializeStruct as _, Serializer};

use super::evidence_run::{record, try_out};
use super::read::body;
use super::table::Table;
use super::{CommandError, Context, Reply};
use crate::domain::attestation::{Attestation, AttestationKind};
use crate::domain::digest::{Digest, Timestamp};
use crate::domain::document::Document;
use crate::domain::evidence::RunOutcome;
use crate::domain::id::{AttestationName, DocumentId, GroupName, PhaseName, UserName};
use crate::domain::identity::Actor;
use crate::domain::size;

/// What to do with evidence.
#[derive(Debug, clap::Subcommand)]
#[command(defer = true)]
pub enum EvidenceCommand {
    /// Run a command that the policy declares, and record how it ended
    Run {
        /// The document that it is evidence for
        document: DocumentId,
        /// The command, by its name in the policy
        name: AttestationName,
        /// Decide only, run nothing, record nothing
        #[arg(long)]
        dry_run: bool,
    },
    /// List what was recorded about a document
    List {
        /// The document
        document: DocumentId,
    },
    /// Print what a command wrote, or a file that was presented
    Show {
        /// The document
        document: DocumentId,
        /// Its name, for another than the newest with its number, as in `ci-passed@2`
        #[arg(value_name = "NAME[@N]")]
        which: Which,
        /// Of which kind it is, where a run and a file have one name
        #[arg(long, value_enum)]
        kind: Option<KindName>,
    },
}

/// The kinds of evidence, as words of the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum KindName {
    /// What a command wrote
    Run,
    /// A file that was presented
    File,
}

/// A name, and which of those of that name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Which {
    name: AttestationName,
    number: Option<u32>,
}

impl FromStr for Which {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let (name, number) = text.split_once('@').map_or((text, None), |(name, number)| (name, Some(number)));
        let count = |text: &str| {
            let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
            text.parse().ok().filter(|number| is_number && *number > 0)
        };
        let number = match number {
            None => None,
            Some(text) => Some(count(text).ok_or_else(|| format!("`{text}` is no number from 1 on"))?),
        };
        Ok(Self { name: AttestationName::parse(name).map_err(|error| error.to_string())?, number })
    }
}

impl fmt::Display for Which {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.number {
            Some(number) => write!(f, "{}@{number}", self.name),
            None => self.name.fmt(f),
        }
    }
}

/// A piece of evidence as it looks from outside.
#[derive(Debug, Clone, serde::Serialize)]
pub(super) struct EvidenceView {
    document: DocumentId,
    kind: AttestationKind,
    name: AttestationName,
    number: u32,
    author: UserName,
    group: GroupName,
    phase: PhaseName,
    /// The digest of the content that it speaks about.
    content_digest: Digest,
    /// Whether that is the present one.
    current: bool,
    /// The digest of what it says.
    body_digest: Digest,
    size: usize,
    /// What a file that was handed in is called, and its media type.
    file_name: Option<String>,
    media_type: Option<String>,
    status: Option<i32>,
    outcome: Option<&'static str>,
    at: Timestamp,
}

impl EvidenceView {
    pub(super) fn new(one: &Attestation, document: &Document, size: usize) -> Self {
        let outcome = (one.kind == AttestationKind::Run).then(|| RunOutcome::of(one.status).name());
        Self {
            document: one.document.clone(),
            kind: one.kind,
            name: one.name.clone(),
            number: one.number,
            author: one.author.clone(),
            group: one.group.clone(),
            phase: one.phase.clone(),
            content_digest: one.subject,
            current: one.subject == document.content,
            body_digest: one.body,
            size,
            file_name: one.file_name.clone(),
            media_type: one.media_type.clone(),
            status: one.status,
            outcome,
            at: one.at,
        }
    }

    /// Says what a file is, beside what is in it.
    fn file_words(&self) -> Option<String> {
        let media_type = self.media_type.as_ref()?;
        let name = self.file_name.as_deref().unwrap_or("a file without a name");
        let size = size::shown(self.size as u64);
        Some(format!("{}@{}: {name} ({media_type}), {size}", self.name, self.number))
    }

    fn outcome_words(&self) -> String {
        match RunOutcome::of(self.status) {
            _ if self.kind != AttestationKind::Run => "-".to_owned(),
            RunOutcome::Failed(status) => format!("failed ({status})"),
            RunOutcome::Killed(signal) => format!("killed ({signal})"),
            other => other.name().replace('_', " "),
        }
    }
}

/// A command that can be run.
#[derive(Debug, serde::Serialize)]
struct DeclaredView {
    name: AttestationName,
    help: String,
}

#[derive(Debug, serde::Serialize)]
struct ListReport {
    evidence: Vec<EvidenceView>,
    declared: Vec<DeclaredView>,
}

impl fmt::Display for ListReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.evidence.is_empty() {
            f.write_str("no evidence")?;
        } else {
            let columns = ["EVIDENCE", "KIND", "OUTCOME", "CONTENT", "BY", "AT", "BYTES", "FILE"];
            let mut table = Table::new(f.alternate(), &columns, &["TYPE", "ABOUT", "DIGEST"]);
            for it in &self.evidence {
                let mut row = vec![
                    format!("{}@{}", it.name, it.number),
                    it.kind.to_string(),
                    it.outcome_words(),
                    if it.current { "present" } else { "earlier" }.to_owned(),
                    it.author.to_string(),
                    it.at.to_string(),
                    it.size.to_string(),
                    it.file_name.clone().unwrap_or_else(|| "-".to_owned()),
                ];
                if f.alternate() {
                    row.push(it.media_type.clone().unwrap_or_else(|| "-".to_owned()));
                    row.extend([it.content_digest.short(), it.body_digest.short()]);
                }
                table.row(row);
            }
            write!(f, "{table}")?;
        }
        if self.declared.is_empty() {
            return Ok(());
        }
        let declared = self.declared.iter().map(|one| format!("\n  {}: {}", one.name, one.help));
        write!(f, "\n\nCommands that the policy declares:{}", declared.collect::<String>())
    }
}

#[derive(Debug)]
struct ShowReport {
    evidence: EvidenceView,
    bytes: Arc<Vec<u8>>,
}

impl Serialize for ShowReport {
    /// What can be large is put into words only for who reads the words.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut shown = serializer.serialize_struct("ShowReport", 3)?;
        shown.serialize_field("evidence", &self.evidence)?;
        if let Ok(text) = str::from_utf8(&self.bytes) {
            shown.serialize_field("encoding", "utf-8")?;
            shown.serialize_field("content", text)?;
        } else {
            shown.serialize_field("encoding", "base64")?;
            shown.serialize_field("content", &STANDARD.encode(&*self.bytes))?;
        }
        shown.end()
    }
}

impl fmt::Display for ShowReport {
    /// Its bytes are given out in the place of a text.
    fn fmt(&self, _f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Ok(())
    }
}

/// Carries out a command about evidence. `variable` looks up an environment variable of the caller.
pub fn run(
    context: &mut Context,
    command: EvidenceCommand,
    variable: &dyn Fn(&str) -> Option<OsString>,
) -> Result<Reply, CommandError> {
    match command {
        EvidenceCommand::Run { document, name, dry_run: true } => try_out(context, &document, &name),
        EvidenceCommand::Run { document, name, dry_run: false } => {
            record(context, &document, &name, variable)
        }
        EvidenceCommand::List { document } => list(context, &document),
        EvidenceCommand::Show { document, which, kind } => show(context, &document, &which, kind),
    }
}

fn list(context: &mut Context, id: &DocumentId) -> Result<Reply, CommandError> {
    let actor = context.actor()?;
    let document = context.document(&actor, id)?;
    let mut evidence = Vec::new();
    for one in all(context, &actor, id)? {
        let size = body(context, &actor, &one.body)?.len();
        evidence.push(EvidenceView::new(&one, &document, size));
    }
    let policy = context.session.policy_about(id)?;
    let declared = policy.evidence.iter();
    let declared = declared.map(|(name, it)| DeclaredView { name: name.clone(), help: it.help.clone() });
    Ok(Reply::new(ListReport { evidence, declared: declared.collect() }).by(actor))
}

/// The evidence about a document, oldest first; notes are none.
fn all(context: &mut Context, actor: &Actor, id: &DocumentId) -> Result<Vec<Attestation>, CommandError> {
    let mut all = context.session.read(actor).attestations(id)?;
    all.retain(|one| matches!(one.kind, AttestationKind::Run | AttestationKind::File));
    Ok(all)
}

fn show(
    context: &mut Context,
    id: &DocumentId,
    which: &Which,
    kind: Option<KindName>,
) -> Result<Reply, CommandError> {
    let actor = context.actor()?;
    let document = context.document(&actor, id)?;
    let is_meant = |one: &Attestation| {
        let is_kind = match kind {
            None => true,
            Some(KindName::Run) => one.kind == AttestationKind::Run,
            Some(KindName::File) => one.kind == AttestationKind::File,
        };
        is_kind && one.name == which.name && which.number.is_none_or(|number| number == one.number)
    };
    let found = all(context, &actor, id)?.into_iter().rfind(is_meant);
    let found = found.ok_or_else(|| {
        CommandError::unknown(format!("{id} has no evidence `{which}`"), format!("evidence list {id}"))
    })?;
    let bytes = Arc::new(body(context, &actor, &found.body)?);
    let evidence = EvidenceView::new(&found, &document, bytes.len());
    let words = evidence.file_words();
    let reply = Reply::new(ShowReport { evidence, bytes: Arc::clone(&bytes) }).by(actor).bytes(bytes);
    Ok(reply.beside(words))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_of_several_is_named_by_its_number() {
        let which = |text: &str| text.parse::<Which>();
        assert_eq!(which("ci-passed").map(|it| (it.to_string(), it.number)), Ok(("ci-passed".into(), None)));
        assert_eq!(which("EI-3@12").map(|it| (it.to_string(), it.number)), Ok(("EI-3@12".into(), Some(12))));
        for bad in ["", "@1", "ci@", "ci@0", "ci@+1", "ci@x", "ci@1@2", "ci@99999999999", "1ci", "c i"] {
            assert!(which(bad).is_err(), "{bad:?} was taken for evidence");
        }
    }
}
