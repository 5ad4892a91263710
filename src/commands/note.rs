//! `note`, `trait`: what a document is to have beside its content, and what it has.

use std::collections::BTreeSet;
use std::fmt;

use serde::Serialize;

use super::table::Table;
use super::veil::Veil;
use super::{CommandError, Context, Reply, Warning, read};
use crate::domain::attestation::{Attestation, AttestationKind, latest};
use crate::domain::digest::{Digest, Timestamp};
use crate::domain::document::Document;
use crate::domain::id::{AttestationName, DocumentId, GroupName, PhaseName, TraitName, UserName};
use crate::domain::identity::Actor;
use crate::domain::policy::{NoteRule, Policy, Trait};

/// What to see of notes. They are written with `note set`, a verb of the policy.
#[derive(Debug, clap::Subcommand)]
#[command(defer = true)]
pub enum NoteCommand {
    /// List the notes that a document is to have, and those that it has
    List {
        /// The document
        document: DocumentId,
    },
    /// Print a note
    Show {
        /// The document
        document: DocumentId,
        /// The note, such as `security-assessment`; of an earlier one, `security-assessment@1`
        #[arg(value_name = "NOTE")]
        note: String,
    },
}

/// What to see of traits. They are added with `trait add`, a verb of the policy.
#[derive(Debug, clap::Subcommand)]
#[command(defer = true)]
pub enum TraitCommand {
    /// List the traits that there are, or those of a document
    List {
        /// The document
        document: Option<DocumentId>,
    },
}

/// The notes of a document.
#[derive(Debug, Serialize)]
pub struct NotesReport {
    notes: Vec<NoteView>,
}

#[derive(Debug, Serialize)]
struct NoteView {
    note: AttestationName,
    #[serde(rename = "trait")]
    trait_name: Option<TraitName>,
    role: Option<String>,
    required: bool,
    phases: Vec<PhaseName>,
    description: String,
    guidance: String,
    /// All that were written, newest first.
    written: Vec<WrittenView>,
}

#[derive(Debug, Serialize)]
struct WrittenView {
    number: u32,
    author: UserName,
    group: GroupName,
    phase: PhaseName,
    at: Timestamp,
    subject: Digest,
    /// Whether it speaks about the present content.
    current: bool,
    /// `null` where it is withheld while a round is open.
    digest: Option<Digest>,
}

impl fmt::Display for NotesReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.notes.is_empty() {
            return f.write_str("no notes");
        }
        let mut table = Table::new(f.alternate(), &["NOTE", "BY", "STANDS", "WHAT"], &["TRAIT", "WHEN"]);
        for it in &self.notes {
            let stands = match it.written.first() {
                Some(last) if last.current => format!("written by {}", last.author),
                Some(last) => format!("of an earlier content, by {}", last.author),
                None if it.required => "missing".to_owned(),
                None => "may be written".to_owned(),
            };
            let mut row = vec![
                it.note.to_string(),
                it.role.clone().unwrap_or_default(),
                stands,
                it.description.clone(),
            ];
            if f.alternate() {
                row.push(it.trait_name.as_ref().map(ToString::to_string).unwrap_or_default());
                row.push(it.written.first().map(|last| last.at.to_string()).unwrap_or_default());
            }
            table.row(row);
        }
        write!(f, "{table}")?;
        let guided = self.notes.iter().filter(|it| it.written.is_empty() && !it.guidance.is_empty());
        for it in guided {
            write!(f, "\n\n{}: {}", it.note, it.guidance)?;
        }
        Ok(())
    }
}

/// A note.
#[derive(Debug, Serialize)]
pub struct NoteReport {
    note: AttestationName,
    number: u32,
    author: UserName,
    group: GroupName,
    at: Timestamp,
    subject: Digest,
    current: bool,
    digest: Digest,
    text: String,
}

impl fmt::Display for NoteReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text.trim_end())
    }
}

/// Traits.
#[derive(Debug, Serialize)]
pub struct TraitsReport {
    traits: Vec<TraitView>,
}

#[derive(Debug, Serialize)]
struct TraitView {
    #[serde(rename = "trait")]
    name: TraitName,
    help: String,
    notes: Vec<AttestationName>,
    /// False for one that the policy does not know any more, whose gates stay closed.
    known: bool,
}

impl fmt::Display for TraitsReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.traits.is_empty() {
            return f.write_str("no traits");
        }
        let mut table = Table::new(f.alternate(), &["TRAIT", "NOTES", "MEANING"], &[]);
        for it in &self.traits {
            let notes = it.notes.iter().map(AttestationName::as_str).collect::<Vec<_>>().join(", ");
            let help = if it.known { it.help.clone() } else { "the policy does not know it".to_owned() };
            table.row([it.name.to_string(), notes, help]);
        }
        write!(f, "{table}")
    }
}

/// Carries out a command about notes.
pub fn run(context: &mut Context, command: &NoteCommand) -> Result<Reply, CommandError> {
    match command {
        NoteCommand::List { document } => list(context, document),
        NoteCommand::Show { document, note } => show(context, document, note),
    }
}

fn list(context: &mut Context, id: &DocumentId) -> Result<Reply, CommandError> {
    let actor = context.actor()?;
    // Before the document: no note of a round that opens in between is shown.
    let mut written = context.session.read(&actor).attestations(id)?;
    let document = context.document(&actor, id)?;
    let policy = context.session.policy_about(id)?;
    let mut veil = Veil::over(context, Some(&actor), [document.clone()])?;
    written.retain(|one| one.kind == AttestationKind::Note);
    written.sort_by_key(|one| std::cmp::Reverse(one.number));
    let mut notes: Vec<NoteView> = policy
        .notes_of(&document)
        .map(|(name, rule)| view(Some((name, rule)), &rule.key, &document, &written, &mut veil))
        .collect();
    // What no trait asks for any more was written all the same.
    let others: Vec<&AttestationName> = written.iter().map(|one| &one.name).collect();
    for name in others {
        if notes.iter().all(|it| it.note != *name) {
            notes.push(view(None, name, &document, &written, &mut veil));
        }
    }
    Ok(veil.warn(Reply::new(NotesReport { notes }).by(actor)))
}

fn view(
    rule: Option<(&TraitName, &NoteRule)>,
    name: &AttestationName,
    document: &Document,
    written: &[Attestation],
    veil: &mut Veil,
) -> NoteView {
    let rules = rule.map(|(_, rule)| rule);
    NoteView {
        note: name.clone(),
        trait_name: rule.map(|(name, _)| name.clone()),
        role: rules.map(|rule| rule.writer().to_owned()),
        required: rules.is_some_and(|rule| rule.required),
        phases: rules.map(|rule| rule.phases.clone()).unwrap_or_default(),
        description: rules.map(|rule| rule.description.clone()).unwrap_or_default(),
        guidance: rules.map(|rule| rule.guidance.clone()).unwrap_or_default(),
        written: written
            .iter()
            .filter(|one| one.name == *name)
            .map(|one| WrittenView {
                number: one.number,
                author: one.author.clone(),
                group: one.group.clone(),
                phase: one.phase.clone(),
                at: one.at,
                subject: one.subject,
                current: one.subject == document.content,
                digest: (!veil.covers(one)).then_some(one.body),
            })
            .collect(),
    }
}

fn show(context: &mut Context, id: &DocumentId, asked: &str) -> Result<Reply, CommandError> {
    let actor = context.actor()?;
    let all = context.session.read(&actor).attestations(id)?;
    let document = context.document(&actor, id)?;
    let (name, number) = match asked.rsplit_once('@') {
        Some((name, number)) => (name, number.parse::<u32>().ok()),
        None => (asked, None),
    };
    let found = all.into_iter().rfind(|one| {
        one.kind == AttestationKind::Note
            && one.name.as_str() == name
            && number.is_none_or(|number| one.number == number)
    });
    let unknown = || {
        CommandError::unknown(
            format!("{id} has no note `{}`", asked.escape_debug()),
            format!("note list {id}"),
        )
    };
    let found = found.filter(|_| number.is_some() == asked.contains('@')).ok_or_else(unknown)?;
    let mut veil = Veil::over(context, Some(&actor), [document.clone()])?;
    if veil.covers(&found) {
        let message = format!("`{name}` of {id} is shown when the round ends");
        return Err(CommandError::unknown(message, format!("note list {id}")));
    }
    let text = String::from_utf8_lossy(&read::body(context, &actor, &found.body)?).into_owned();
    let report = NoteReport {
        current: found.subject == document.content,
        note: found.name,
        number: found.number,
        author: found.author,
        group: found.group,
        at: found.at,
        subject: found.subject,
        digest: found.body,
        text,
    };
    let stale = format!("{id} has changed since `{asked}` was written, by {}", report.author);
    let current = report.current;
    let reply = Reply::new(report).by(actor);
    Ok(if current { reply } else { reply.warn("note_of_earlier_content", stale) })
}

/// Lists traits.
pub fn traits(context: &mut Context, command: &TraitCommand) -> Result<Reply, CommandError> {
    let TraitCommand::List { document } = command;
    let actor = context.actor()?;
    let traits = match document {
        Some(id) => {
            let document = context.document(&actor, id)?;
            let policy = context.session.policy_about(id)?;
            policy.traits_of(&document).map(|(name, found)| trait_view(name, found)).collect()
        }
        None => all_traits(&*context.session.policy()?),
    };
    Ok(Reply::new(TraitsReport { traits }).by(actor))
}

fn all_traits(policy: &Policy) -> Vec<TraitView> {
    policy.traits.iter().map(|(name, it)| trait_view(name, Some(it))).collect()
}

fn trait_view(name: &TraitName, found: Option<&Trait>) -> TraitView {
    TraitView {
        name: name.clone(),
        help: found.map(|it| it.help.clone()).unwrap_or_default(),
        notes: found.iter().flat_map(|it| &it.notes).map(|rule| rule.key.clone()).collect(),
        known: found.is_some(),
    }
}

/// Warns whoever opened a round of a note that is waited for in it and that nobody in it could write.
pub(super) fn unseated(
    context: &mut Context,
    actor: &Actor,
    document: &Document,
) -> Result<Option<Warning>, CommandError> {
    let Some(round) = &document.round else { return Ok(None) };
    let policy = context.session.policy_about(&document.id)?;
    let mut groups = BTreeSet::new();
    for name in round.seats.keys() {
        groups.extend(context.session.read(actor).user(name.as_str())?.map(|user| user.group));
    }
    let all = context.session.read(actor).attestations(&document.id)?;
    let written = latest(&all);
    let lacks = |rule: &&NoteRule| {
        let note = written.get(&(AttestationKind::Note, &rule.key));
        let role = rule.role.as_ref().map(std::slice::from_ref);
        rule.required
            && rule.is_of(&round.phase)
            && note.is_none_or(|note| note.subject != document.content)
            && role.is_some_and(|role| !groups.iter().any(|group| policy.acts_as(group, role)))
    };
    let missing = policy.notes_of(document).map(|(_, rule)| rule).find(lacks);
    Ok(missing.map(|rule| {
        let (key, writer, id) = (&rule.key, rule.writer(), &document.id);
        let message = format!("the note `{key}` of {id} is by {writer}, and none of them is assigned");
        Warning { code: "note_unassigned", message }
    }))
}
