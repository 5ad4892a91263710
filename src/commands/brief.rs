//! `brief`: what the caller's task on a document is, and what the policy asks to look at.

use std::fmt;

use serde::Serialize;

use super::{CommandError, Context, Reply};
use crate::domain::brief::{self, BriefFacts, DueNote};
use crate::domain::digest::Digest;
use crate::domain::document::{Document, Task};
use crate::domain::id::{DocumentId, PhaseName, StateName, TypeName, UserName, Version};
use crate::domain::identity::Actor;
use crate::domain::policy::{NoteRule, Prompt, Transition};
use crate::session::SessionError;

/// What whoever has a task is told.
#[derive(Debug, Serialize)]
pub struct BriefReport {
    user: UserName,
    printed_name: String,
    task: Task,
    document: Subject,
    /// The policy that it comes from: of a round the one that it was opened under.
    policy_digest: Digest,
    sop: String,
    prompt: Option<Prompt>,
    /// The commands that show what is to be read.
    reading: Vec<String>,
    rules: Vec<String>,
    text: String,
    /// The digest of the text, as it is recorded when an agent is started with it.
    digest: Digest,
}

/// What is to be judged.
#[derive(Debug, Serialize)]
struct Subject {
    id: DocumentId,
    #[serde(rename = "type")]
    document_type: TypeName,
    title: String,
    version: Version,
    state: StateName,
    phase: PhaseName,
    content_digest: Digest,
}

impl fmt::Display for BriefReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl BriefReport {
    /// Returns the text, word for word as it is told.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// Returns the digest of the text.
    pub(super) fn digest(&self) -> Digest {
        self.digest
    }
}

/// Tells the caller the task that is open on a document.
pub fn run(context: &mut Context, id: &DocumentId) -> Result<Reply, CommandError> {
    let actor = context.actor()?;
    let document = context.document(&actor, id)?;
    let awaited = document.round.as_ref().filter(|round| round.awaits(actor.name()));
    let task = awaited.map(|round| round.task).ok_or_else(|| {
        CommandError::unknown(format!("`{}` has no open task on {id}", actor.name()), "inbox")
    })?;
    let report = compose(context, &actor, actor.name(), document, task)?;
    Ok(Reply::new(report).by(actor).verbatim())
}

/// Composes what `user` is told about a task. It holds nothing that anybody said about the document.
pub(super) fn compose(
    context: &mut Context,
    reader: &Actor,
    user: &UserName,
    document: Document,
    task: Task,
) -> Result<BriefReport, CommandError> {
    let policy_digest = match &document.round {
        Some(round) => round.policy,
        None => context.session.project()?.policy,
    };
    let policy = context.session.policy_of(&document)?;
    let (workflow, state) = policy.standing(&document).ok_or_else(|| {
        CommandError::Failed(format!("the policy knows no {} in {}", document.document_type, document.state))
    })?;
    let answers = |edge: &&Transition| edge.verdict.is_some_and(|verdict| verdict.task() == task);
    let verb = workflow.leaving(&state.name).find(answers).and_then(|edge| policy.action(&edge.action));
    let sop =
        verb.and_then(|verb| verb.sop.clone()).or_else(|| workflow.sop.as_ref().map(ToString::to_string));
    let sop = sop.unwrap_or_default();
    let sources = context.session.sources_at(&policy_digest)?;
    let prompt = sources.prompt(&document.document_type, &state.phase, task);
    let prompt = prompt.map_err(SessionError::PolicyFaults)?;
    let known = context.session.read(reader).user(user.as_str())?;
    let group = known.as_ref().map(|user| user.group.clone());
    let printed_name = known.map_or_else(|| user.to_string(), |user| user.printed_name);
    let is_theirs = |rule: &NoteRule| {
        let role = rule.role.as_ref().map(std::slice::from_ref);
        let is_of_role = role.zip(group.as_ref()).is_some_and(|(role, group)| policy.acts_as(group, role));
        is_of_role && rule.is_of(&state.phase)
    };
    let notes = policy.notes_of(&document).filter(|(_, rule)| rule.required).map(|(_, rule)| DueNote {
        key: rule.key.clone(),
        description: rule.description.clone(),
        is_theirs: is_theirs(rule),
    });
    let notes: Vec<DueNote> = notes.collect();
    let mut doubtful: Vec<usize> =
        context.session.doubts(&document)?.iter().map(|doubt| doubt.line).collect();
    doubtful.dedup();
    let facts = BriefFacts {
        user,
        printed_name: &printed_name,
        document: &document.id,
        document_type: &document.document_type,
        title: &document.title,
        version: document.version,
        state: &document.state,
        content: document.content,
        task,
        sop: &sop,
        has_items: policy.has_items(&document.document_type),
        notes: &notes,
        doubtful: &doubtful,
        prompt: prompt.as_ref(),
        program: "qms",
    };
    let (text, reading, rules) = (brief::compose(&facts), facts.reading(), facts.rules());
    Ok(BriefReport {
        user: user.clone(),
        digest: Digest::of(text.as_bytes()),
        document: Subject {
            id: document.id,
            document_type: document.document_type,
            title: document.title,
            version: document.version,
            state: document.state,
            phase: state.phase.clone(),
            content_digest: document.content,
        },
        printed_name,
        task,
        policy_digest,
        sop,
        prompt,
        reading,
        rules,
        text,
    })
}
