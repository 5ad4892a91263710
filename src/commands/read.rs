//! `read`: the content of a document, and nothing else.

use std::fmt;

use serde::Serialize;

use super::{CommandError, Context, Reply};
use crate::domain::digest::Digest;
use crate::domain::document::Document;
use crate::domain::id::{DocumentId, Version};
use crate::domain::identity::Actor;
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
    let reply = Reply::new(report).by(actor).verbatim();
    Ok(if in_force { reply } else { reply.warn("not_in_force", not_in_force(&document, version)) })
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
