//! The signature manifest (21 CFR 11.50): the printed name of the signer, date and time, and what the
//! signature means, for every signature on a content.

use serde::Serialize;

use super::veil::Veil;
use super::{CommandError, Context};
use crate::domain::audit::{Entry, EntryResult, Meaning};
use crate::domain::clock::Span;
use crate::domain::digest::{Digest, Timestamp};
use crate::domain::document::Outcome;
use crate::domain::id::{CredentialId, DocumentId, UserName};
use crate::domain::identity::{Actor, Credential};
use crate::domain::policy::Action;
use crate::store::{Credentials, Entries};

/// A signature, as people are shown it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SignedView {
    pub(super) user: UserName,
    pub(super) printed_name: String,
    pub(super) at: Timestamp,
    /// What it means; withheld with the verdict.
    pub(super) meaning: Option<Meaning>,
    /// What was done: who assigns signs that as an author, and has not written a word.
    pub(super) action: String,
    pub(super) verdict: Option<Outcome>,
    pub(super) key_fingerprint: CredentialId,
    /// What the key rests on: the founder's, compared by another person, and so on.
    pub(super) key_rests_on: Option<&'static str>,
    /// Whether the time is by a clock that was found to be wrong.
    pub(super) clock_was_wrong: bool,
    #[serde(skip)]
    pub(super) content: Digest,
}

impl std::fmt::Display for SignedView {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { user, printed_name, at, meaning, action, key_fingerprint, .. } = self;
        let done = self.verdict.map_or(action.as_str(), |verdict| verdict.as_str());
        let meaning = meaning.map_or("withheld", Meaning::as_str);
        // Two users can have the same printed name.
        write!(f, "{printed_name} ({user}), {at}, {meaning} ({done}), key {key_fingerprint}")?;
        if let Some(grounds) = self.key_rests_on {
            write!(f, " ({})", grounds.replace('_', " "))?;
        }
        if self.clock_was_wrong { f.write_str(", by a clock that was wrong") } else { Ok(()) }
    }
}

/// Tells whether the time of an entry is by a clock that was found to be wrong.
pub(super) fn is_by_wrong_clock(spans: &[Span], entry: &Entry) -> bool {
    let mut same = spans.iter().filter(|span| span.number == entry.span);
    same.any(|span| span.jump.is_some_and(|jump| entry.index >= jump.since))
}

/// Lists every signature that was given about a document, oldest first, without what is withheld from
/// the viewer; `None` stands for what everybody can look at.
pub(super) fn manifest(
    context: &mut Context,
    actor: &Actor,
    id: &DocumentId,
    viewer: Option<&Actor>,
) -> Result<Vec<SignedView>, CommandError> {
    // Where nobody has a key there is nothing to look for, in a log that may be long.
    let keys = context.session.read(actor).credentials(Credentials::Keys)?;
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    context.session.read(actor).begin_snapshot()?;
    let read = read_manifest(context, actor, id, viewer, &keys);
    context.session.read(actor).end_snapshot()?;
    read
}

fn read_manifest(
    context: &mut Context,
    actor: &Actor,
    id: &DocumentId,
    viewer: Option<&Actor>,
    keys: &[Credential],
) -> Result<Vec<SignedView>, CommandError> {
    let document = context.document(actor, id)?;
    let veil = Veil::over(context, viewer, [document])?;
    let store = context.session.read(actor);
    let spans = store.spans()?;
    let mut signed = Vec::new();
    store.entries(Entries::Of(id), &mut |stored| {
        let Ok(entry) = Entry::decode(stored.bytes) else { return Ok(()) };
        // That somebody has read a content says nothing about it.
        if entry.action == Action::READ {
            return Ok(());
        }
        let clock_was_wrong = is_by_wrong_clock(&spans, &entry);
        if let (EntryResult::Permitted, Some(signature)) = (entry.result, entry.signature)
            && let (Some(user), Some(key_fingerprint), Some(content), Some(meaning)) =
                (entry.actor, entry.credential, entry.content_digest, signature.statement.meaning)
        {
            signed.push(SignedView {
                printed_name: user.to_string(),
                user,
                at: entry.at,
                meaning: Some(meaning),
                action: entry.action,
                verdict: entry.verdict,
                key_rests_on: keys
                    .iter()
                    .find(|key| key.id == key_fingerprint)
                    .and_then(Credential::rests_on),
                key_fingerprint,
                clock_was_wrong,
                content,
            });
        }
        Ok(())
    })?;
    for one in &mut signed {
        veil.cover_signed(id, one);
        if let Some(user) = store.user(one.user.as_str())? {
            one.printed_name = user.printed_name;
        }
    }
    Ok(signed)
}
