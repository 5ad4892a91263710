//! `read`: the content of a document, and nothing else.

use std::fmt;

use serde::Serialize;

use super::act::carry_out;
use super::{CommandError, Context, Reply};
use crate::domain::digest::Digest;
use crate::domain::document::Document;
use crate::domain::id::{DocumentId, Version};
use crate::domain::identity::{Actor, Credential};
use crate::domain::policy::{Effect, When};
use crate::domain::request::{Inputs, Request, Subject, Value};
use crate::session::Mode;
use crate::store::StoreError;

/// Which version to read.
#[derive(Debug, clap::Args)]
pub struct ReadInput {
    /// The document
    pub document: DocumentId,
    /// The version that is being worked on, instead of the one in force
    #[arg(long, conflicts_with = "version")]
    draft: bool,
    /// A version, as in `1.0`
    #[arg(long, value_name = "N.X")]
    version: Option<Version>,
}

/// A content.
#[derive(Debug, Serialize)]
pub struct ReadReport {
    id: DocumentId,
    version: Version,
    in_force: bool,
    content_digest: Digest,
    content: String,
}

impl fmt::Display for ReadReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.content)
    }
}

/// Reads the version in force, or the present one where none is.
pub fn run(context: &mut Context, input: &ReadInput) -> Result<Reply, CommandError> {
    let actor = context.actor()?;
    let document = context.document(&actor, &input.document)?;
    let (version, digest) = match (input.version, &document.in_force) {
        (Some(version), _) => (version, digest_of(context, &actor, &document.id, version)?),
        (None, Some(in_force)) if !input.draft => (in_force.version, in_force.content),
        _ => (document.version, document.content),
    };
    let bytes = body(context, &actor, &digest)?;
    let in_force = document.in_force.as_ref().is_some_and(|it| it.version == version);
    let report = ReadReport {
        id: document.id.clone(),
        version,
        in_force,
        content_digest: digest,
        content: String::from_utf8_lossy(&bytes).into_owned(),
    };
    let reading = reading(context, &actor, &document, digest)?;
    let reply = Reply::new(report).by(actor).verbatim();
    let reply = if in_force { reply } else { reply.warn("not_in_force", not_in_force(&document, version)) };
    Ok(match reading {
        Reading::None => reply,
        Reading::Due(due) => reply.then_record(due),
        Reading::Kept(why) => {
            let message = format!("{why}, so that the reading of {} is not recorded", document.id);
            reply.warn("reading_not_recorded", message)
        }
    })
}

/// A reading that is to be recorded once the content was given out.
#[derive(Debug)]
pub struct DueReading {
    document: DocumentId,
    content: Digest,
    request: Request,
}

/// Whether a reading is to be recorded.
enum Reading {
    /// Nobody asks for it.
    None,
    /// It is.
    Due(Box<DueReading>),
    /// It would be, with another credential.
    Kept(&'static str),
}

/// Finds out whether this is a reading that a verdict of the reader waits for: of the content that the
/// round speaks about, by an assignee who has not opened it yet. Every other one leaves no trace.
fn reading(
    context: &mut Context,
    actor: &Actor,
    document: &Document,
    shown: Digest,
) -> Result<Reading, CommandError> {
    let Some(round) = &document.round else { return Ok(Reading::None) };
    // Who reads for an agent that is no user has opened nothing.
    if actor.reads_for().is_some() {
        return Ok(Reading::None);
    }
    let is_due =
        round.seats.get(actor.name()).is_some_and(|seat| seat.answer.is_none() && seat.opened_at.is_none());
    if !is_due || round.content != shown || document.content != shown {
        return Ok(Reading::None);
    }
    let policy = context.session.policy_of(document)?;
    let Some((life, state)) = policy.standing(document) else { return Ok(Reading::None) };
    let mut recording =
        life.leaving(&state.name).filter(|edge| edge.effects.contains(&Effect::RecordReading));
    let Some(edge) = recording.next() else { return Ok(Reading::None) };
    let is_within = |it: &Credential| it.scope.allows(&edge.action, Some(&document.id));
    if !actor.credential().is_none_or(is_within) {
        return Ok(Reading::Kept("the credential is not good for `read`"));
    }
    if !policy.lets_open(life, &state.name, actor) {
        return Ok(Reading::Kept(
            "the verdict is for people, and nothing shows that a person made this call",
        ));
    }
    let inputs = match &edge.when {
        Some(When::Input(name, value)) => Inputs::default().with(name.clone(), Value::Text(value.clone())),
        _ => Inputs::default(),
    };
    let request = Request {
        action: edge.action.clone(),
        subject: Subject::Document(document.id.clone()),
        inputs,
        copy: None,
        candidate: None,
    };
    Ok(Reading::Due(Box::new(DueReading { document: document.id.clone(), content: shown, request })))
}

/// Records a reading, and says so in a sentence.
pub fn record(context: &mut Context, reading: &DueReading) -> Result<String, CommandError> {
    // Whoever reads page by page takes a while.
    let actor = context.actor()?;
    let document = context.document(&actor, &reading.document)?;
    if document.round.is_none_or(|round| round.content != reading.content) {
        let message = format!("{} changed while it was read", reading.document);
        return Err(CommandError::Failed(message));
    }
    let (acted, _) = carry_out(context, &reading.request, Mode::Commit)?;
    let what = acted.after.map(|document| format!("{} {}", document.id, document.version));
    Ok(format!("recorded: `{}` has opened {}", acted.actor.name(), what.unwrap_or_default()))
}

fn not_in_force(document: &Document, version: Version) -> String {
    let id = &document.id;
    match &document.in_force {
        Some(it) => format!("{id} {version} is not in force; {} is", it.version),
        None => format!("{id} {version} is not in force; the document is {}", document.state),
    }
}

/// Finds the content that a version names.
pub(super) fn digest_of(
    context: &mut Context,
    actor: &Actor,
    id: &DocumentId,
    version: Version,
) -> Result<Digest, CommandError> {
    let versions = context.session.read(actor).versions(id)?;
    let found = versions.iter().find(|record| record.version == version);
    found.map(|record| record.content).ok_or_else(|| {
        CommandError::unknown(format!("{id} has no version {version}"), format!("history {id}"))
    })
}

/// Reads a content that the record names.
pub(super) fn body(context: &mut Context, actor: &Actor, digest: &Digest) -> Result<Vec<u8>, CommandError> {
    Ok(context.session.read(actor).content(digest)?.ok_or(StoreError::Altered(*digest))?)
}
