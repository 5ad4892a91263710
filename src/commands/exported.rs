//! `audit verify --export`: an export against itself, with neither a project nor its key.
//!
//! It is read line by line, so that its size does not matter. A line has to be, byte for byte, what
//! `audit export` writes for the sealed bytes in it; how the entries follow one another is checked as in a
//! project, by the same [`Verifier`].

use std::fmt;
use std::io::{BufRead, Read as _};
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use thiserror::Error;

use super::audit::read_text;
use super::entry::EntryView;
use super::export::{HEAD, Head, NO_HEAD, end_of, line_of};
use super::{CommandError, Reply};
use crate::disk::{DiskError, open_file};
use crate::domain::audit::{self, Checkpoint, CheckpointError, Exported, Failure, Verifier};
use crate::domain::digest::{Digest, Digesting, from_hex};

/// Longest line, in bytes. The longest text that an entry seals is some hundred KiB, and stands in it three
/// times at the most.
const LINE_MAX: u64 = 64 * 1024 * 1024;

/// What is wrong with an export.
#[derive(Debug, Error)]
pub enum Fault {
    /// There is no line.
    #[error("it is empty")]
    Empty,
    /// A line is longer than any.
    #[error("line {0} is longer than {LINE_MAX} bytes")]
    Long(u64),
    /// A line does not end.
    #[error("line {0} is cut off")]
    Cut(u64),
    /// A line is something else.
    #[error("line {0} is not a line of an export")]
    Foreign(u64),
    /// The bytes of an entry are none.
    #[error("the `bytes` of entry {0} are not base64")]
    Bytes(u64),
    /// An entry has no bytes, and is not withheld.
    #[error("entry {0} has no `bytes`, and is not marked as withheld")]
    Bare(u64),
    /// A line says something else than its bytes.
    #[error("`{field}` of entry {index} is not what its bytes say")]
    Field {
        /// The entry.
        index: u64,
        /// What differs.
        field: String,
    },
    /// A line says what its bytes say, in another form.
    #[error("the line of entry {0} is not written as an export writes it")]
    Form(u64),
    /// The entries are not sound.
    #[error("{0}")]
    Failure(#[from] Failure),
    /// The last line is not the last one that was written.
    #[error("it ends after entry {0} without the head; lines are missing at the end")]
    NoHead(u64),
    /// Lines follow the last one.
    #[error("line {0} follows the head, which ends an export")]
    Behind(u64),
    /// The head cannot be read.
    #[error("the head in line {0} is not one that an export writes")]
    Head(u64),
    /// No entry makes a project.
    #[error("no entry names the project and its checkpoint key")]
    NoProject,
    /// The head was not signed with the key of the project.
    #[error("the head is not signed with the checkpoint key that the entries name")]
    Signature,
    /// A checkpoint cannot be trusted.
    #[error("{0}")]
    Checkpoint(CheckpointError),
    /// Lines are not those that were signed.
    #[error("the lines are not those that were signed; only withheld ones can differ: {}", entries(.0))]
    Lines(Vec<u64>),
}

fn entries(of: &[u64]) -> String {
    let named = of.iter().map(u64::to_string).collect::<Vec<_>>().join(", ");
    if named.is_empty() { "there is none".to_owned() } else { format!("entries {named}") }
}

impl Fault {
    /// Returns the first bad or missing entry, where one can be named.
    pub fn index(&self) -> Option<u64> {
        match self {
            Self::Failure(failure) => failure.index(),
            Self::Bytes(index) | Self::Bare(index) | Self::Form(index) | Self::Field { index, .. } => {
                Some(*index)
            }
            Self::NoHead(last) => Some(last + 1),
            // Every line is an entry, and lines count from 1.
            Self::Long(line) | Self::Cut(line) | Self::Foreign(line) => line.checked_sub(1),
            Self::Lines(entries) => entries.first().copied(),
            Self::Empty => Some(0),
            Self::Behind(_) | Self::Head(_) | Self::NoProject | Self::Signature | Self::Checkpoint(_) => None,
        }
    }
}

/// What a verified export holds, and what of it was and was not checked.
#[derive(Debug, Serialize)]
struct ExportReport {
    entries: u64,
    withheld: u64,
    signatures: u64,
    root: Digest,
    project: String,
    checkpoint_key: Digest,
    checked: Vec<Check>,
    not_checked: Vec<Check>,
    #[serde(skip)]
    first_withheld: Option<u64>,
    #[serde(skip)]
    has_checkpoint: bool,
}

/// What there is to check about an export.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Check {
    /// Every line says what its sealed bytes say.
    Lines,
    /// The leaf hashes amount to the root.
    Root,
    /// Indexes and times follow one another.
    Order,
    /// Each change begins with the value that the entries before it gave.
    OldValues,
    /// The signatures of people.
    Signatures,
    /// What the signatures say of the document, as the entries before them left it.
    SignedState,
    /// The head is signed with the checkpoint key that the entries name.
    HeadSignature,
    /// A checkpoint that was kept elsewhere.
    Checkpoint,
    /// Entries of which only the leaf hash is there.
    Withheld,
    /// The contents of documents, notes and files.
    Contents,
    /// What the policies ask, of whoever contributed to what they judge.
    Policies,
    /// The rows of the store.
    Rows,
    /// The tags of the project key.
    Tags,
}

impl ExportReport {
    fn new(of: &Exported, project: String, checkpoint_key: Digest, has_checkpoint: bool) -> Self {
        let is_whole = of.withheld == 0;
        let all = [
            (Check::Lines, true),
            (Check::Root, true),
            (Check::Order, true),
            (Check::OldValues, is_whole),
            (Check::Signatures, true),
            (Check::SignedState, is_whole),
            (Check::HeadSignature, true),
            (Check::Checkpoint, has_checkpoint),
            (Check::Withheld, is_whole),
            (Check::Contents, false),
            (Check::Policies, false),
            (Check::Rows, false),
            (Check::Tags, false),
        ];
        let those = |wanted: bool| {
            let kept = all.iter().filter(|(_, is_checked)| *is_checked == wanted).map(|(check, _)| *check);
            // Where nothing is withheld there is nothing to say of it.
            kept.filter(|check| !(is_whole && *check == Check::Withheld)).collect()
        };
        Self {
            entries: of.entries,
            withheld: of.withheld,
            signatures: of.signatures,
            root: of.root,
            project,
            checkpoint_key,
            checked: those(true),
            not_checked: those(false),
            first_withheld: of.first_withheld,
            has_checkpoint,
        }
    }
}

impl fmt::Display for ExportReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let known = self.entries.saturating_sub(self.withheld);
        writeln!(f, "✓ {known} of {} entries verified, each line as its sealed bytes say", self.entries)?;
        writeln!(f, "  root:       {}", self.root)?;
        writeln!(f, "  project:    {}", self.project)?;
        writeln!(f, "  signed by:  checkpoint key {}, as the entries name it", self.checkpoint_key)?;
        writeln!(f, "  signatures: {} verified, with the keys as sealed", self.signatures)?;
        match self.first_withheld {
            None => writeln!(f, "  changes:    every old value is the one that was recorded before")?,
            Some(first) => {
                writeln!(f, "  withheld:   {}; only their leaf hashes were checked", self.withheld)?;
                writeln!(
                    f,
                    "  changes:    old values, and what signatures say of the state, checked up to entry {first}, \
                     not behind it"
                )?;
            }
        }
        let checkpoint = if self.has_checkpoint {
            "the log goes on from it"
        } else {
            "not compared; only `--checkpoint FILE`, or a checkpoint key that you know from elsewhere, shows a log \
             that somebody wrote anew"
        };
        writeln!(f, "  checkpoint: {checkpoint}")?;
        writeln!(f, "  contents:   not checked; an export holds their digests alone")?;
        writeln!(f, "  policies:   not checked; an export holds their digests alone, and not what they ask")?;
        writeln!(f, "  rows:       not checked; they are in the store")?;
        write!(f, "  tags:       not checked; they need the project key")
    }
}

/// What a line has to have; everything else in it is compared as it is written.
#[derive(Deserialize)]
struct Sealed {
    index: u64,
    leaf_hash: Digest,
    withheld: bool,
    bytes: Option<String>,
}

/// Verifies an export.
pub fn run(file: &Path, checkpoint: Option<&Path>) -> Result<Reply, CommandError> {
    let note = checkpoint.map(read_text).transpose()?;
    let kept = note.as_deref().map(Checkpoint::parse).transpose();
    let kept = kept.map_err(|error| CommandError::Usage(error.to_string()))?;
    let io = |source| DiskError::Io { action: "read", path: file.to_owned(), source };
    let mut lines = Lines { from: open_file(file).map_err(io)?, number: 0 };
    let mut export = Export::new(Verifier::new(None, kept.as_ref()));
    while let Some(line) = lines.next().map_err(io)? {
        export.take(lines.number, &line?)?;
    }
    let (exported, project, key) = export.finish()?;
    if let Some(note) = &note {
        Checkpoint::verify(note, &Checkpoint::origin_of(&project), &key).map_err(Fault::Checkpoint)?;
    }
    Ok(Reply::new(ExportReport::new(&exported, project, key, note.is_some())))
}

/// The lines of a file.
struct Lines<R> {
    from: R,
    number: u64,
}

impl<R: BufRead> Lines<R> {
    /// Reads the next line, without its end; nothing that is longer than a line is held.
    fn next(&mut self) -> std::io::Result<Option<Result<String, Fault>>> {
        let mut line = Vec::new();
        self.from.by_ref().take(LINE_MAX).read_until(b'\n', &mut line)?;
        if line.is_empty() {
            return Ok(None);
        }
        self.number += 1;
        Ok(Some(match line.pop() {
            Some(b'\n') => String::from_utf8(line).map_err(|_| Fault::Foreign(self.number)),
            _ if line.len() as u64 + 1 == LINE_MAX => Err(Fault::Long(self.number)),
            _ => Err(Fault::Cut(self.number)),
        }))
    }
}

/// An export that is being read.
struct Export<'a> {
    verifier: Verifier<'a>,
    lines: Digesting,
    last: Option<u64>,
    withheld: Vec<u64>,
    head: Option<Head>,
}

impl<'a> Export<'a> {
    fn new(verifier: Verifier<'a>) -> Self {
        Self { verifier, lines: Digesting::default(), last: None, withheld: Vec::new(), head: None }
    }

    /// Checks the line of this number, counted from 1.
    fn take(&mut self, number: u64, line: &str) -> Result<(), Fault> {
        if self.head.is_some() {
            return Err(Fault::Behind(number));
        }
        let (entry, head) = line.rsplit_once(HEAD).ok_or(Fault::Foreign(number))?;
        let whole = format!("{entry}}}");
        let sealed: Sealed = serde_json::from_str(&whole).map_err(|_| Fault::Foreign(number))?;
        let index = sealed.index;
        match sealed.bytes {
            Some(text) => {
                let bytes = STANDARD.decode(text).map_err(|_| Fault::Bytes(index))?;
                self.verifier.push_bytes(index, &bytes)?;
                // Each change is shown with the key of its row. A line that shows them all is as long.
                if shown_changes(&bytes) > entry.len() {
                    return Err(Fault::Field { index, field: "changes".to_owned() });
                }
                // It was parsed, and so it can be shown.
                let view = EntryView::decode(index, &bytes).map_err(|_| Fault::Form(index))?;
                let expected = line_of(&view, &bytes).map_err(|_| Fault::Form(index))?;
                if expected != entry {
                    return Err(difference(index, &format!("{expected}}}"), &whole));
                }
            }
            None if sealed.withheld => {
                self.verifier.push_leaf(index, sealed.leaf_hash)?;
                self.withheld.push(index);
            }
            None => return Err(Fault::Bare(index)),
        }
        self.lines.take(entry.as_bytes()).take(b"\n");
        self.last = Some(index);
        if head != NO_HEAD {
            self.head = Some(head_of(head).ok_or(Fault::Head(number))?);
        }
        Ok(())
    }

    /// Checks the head, and returns the project with the key of its checkpoints.
    fn finish(self) -> Result<(Exported, String, Digest), Fault> {
        let last = self.last.ok_or(Fault::Empty)?;
        let head = self.head.ok_or(Fault::NoHead(last))?;
        let (project, key) = self.verifier.project().ok_or(Fault::NoProject)?;
        let exported = self.verifier.finish_export(head.entries, &head.root)?;
        let origin = Checkpoint::origin_of(&project);
        let signed = Checkpoint { origin, size: head.entries, root: head.root };
        let signature = from_hex(&head.signature).unwrap_or_default();
        if !signed.verifies_export(&head.lines, &signature, &key) {
            return Err(Fault::Signature);
        }
        if head.lines != self.lines.finish() {
            return Err(Fault::Lines(self.withheld));
        }
        Ok((exported, project, key))
    }
}

/// How long the changes of an entry are in a line, at least.
fn shown_changes(bytes: &[u8]) -> usize {
    const EMPTY: &str = r#"{"table":"","key":"","field":"","old":"","new":""}"#;
    let parsed = audit::EntryView::parse(bytes).ok();
    let deltas = parsed.iter().flat_map(audit::EntryView::deltas);
    let shown = deltas.map(|delta| delta.fields().count().saturating_mul(EMPTY.len() + delta.key.len()));
    shown.fold(0, usize::saturating_add)
}

/// Reads a head that is written as an export writes it.
fn head_of(text: &str) -> Option<Head> {
    let head: Head = serde_json::from_str(text.strip_suffix('}')?).ok()?;
    (end_of(&head).ok()? == text).then_some(head)
}

/// Names what differs between a line and what its bytes say.
fn difference(index: u64, expected: &str, found: &str) -> Fault {
    let read = |text| serde_json::from_str::<Map<String, Value>>(text);
    let (Ok(expected), Ok(found)) = (read(expected), read(found)) else { return Fault::Form(index) };
    let mut names = expected.keys().chain(found.keys());
    match names.find(|name| expected.get(*name) != found.get(*name)) {
        Some(field) => Fault::Field { index, field: field.clone() },
        None => Fault::Form(index),
    }
}
