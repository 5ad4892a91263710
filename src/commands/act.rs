//! The verbs of the workflow: every action on a document, whatever the policy calls it.

use std::collections::BTreeSet;
use std::fmt;
use std::path::Path;

use serde::Serialize;

use super::unpublished::{self, Patience};
use super::view::{DocumentView, NextLine, awaited, next_lines};
use super::{CommandError, Context, Remembered, Reply, Warning, cited, note, publish};
use crate::disk::{Fate, Journal, Placed, Workspace};
use crate::domain::decide::{Condition, Note};
use crate::domain::document::Document;
use crate::domain::front_matter;
use crate::domain::id::{DocumentId, StateName, TypeName, UserName};
use crate::domain::identity::{Actor, Claim};
use crate::domain::policy::{Action, InputKind, Reminder};
use crate::domain::request::{Inputs, Request, Subject, WorkingCopy};
use crate::domain::visible::one_line;
use crate::session::{Acted, Mode, Session, SessionError};

/// What the face was told.
#[derive(Debug)]
pub struct Arguments {
    /// The verb.
    pub action: Action,
    /// What it is about.
    pub subject: Subject,
    /// What the caller says with it.
    pub inputs: Inputs,
    /// Whether it is carried out.
    pub mode: Mode,
}

/// What an action did.
#[derive(Debug, Serialize)]
pub struct ActReport {
    document: DocumentView,
    transition: Transition,
    dry_run: bool,
    notes: Vec<String>,
    /// Said in the success message, which is printed also where nothing else is.
    working_copy: Option<String>,
    reminders: Vec<Remembered>,
    next: Vec<NextLine>,
}

#[derive(Debug, Serialize)]
struct Transition {
    from: Option<StateName>,
    to: StateName,
}

impl fmt::Display for ActReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let to = &self.transition.to;
        match &self.transition.from {
            Some(from) if from != to => write!(f, "\nDocument state: {from} → {to}"),
            _ => write!(f, "\nDocument state: {to}"),
        }
    }
}

/// Carries out a verb.
pub fn run(context: &mut Context, arguments: &Arguments) -> Result<Reply, CommandError> {
    let request = request(context, arguments);
    let carried_out = carry_out(context, &request, arguments.mode);
    let (acted, warnings) = carried_out.map_err(|error| super::listing_types(context, error))?;
    report(context, &arguments.action, &request, acted, warnings, arguments.mode)
}

/// Tells whether a verb would be permitted, if only it were signed.
pub fn lacks_signature(context: &mut Context, arguments: &Arguments) -> bool {
    let Err(SessionError::Denied(refusal)) = try_out(context, arguments) else { return false };
    let reasons = refusal.denial.reasons();
    reasons.iter().all(|reason| reason.name == Condition::AssuranceTooLow.name())
}

/// Decides on a verb, and changes and records nothing.
fn try_out(context: &mut Context, arguments: &Arguments) -> Result<Acted, SessionError> {
    let request = request(context, arguments);
    context.session.act(&context.claim, &request, Mode::DryRun)
}

/// Builds the request for a verb, with the caller's working copy.
pub fn request(context: &mut Context, arguments: &Arguments) -> Request {
    // Who signs is verified by the statement, of which the working copy is a part.
    let holder = match &context.signer {
        Some(signer) => Some(signer.user().clone()),
        None => context
            .session
            .verify(&context.claim, context.about.as_ref())
            .ok()
            .map(|actor| actor.name().clone()),
    };
    let copy = match (&arguments.subject, &holder) {
        (Subject::Document(id), Some(holder)) => Workspace::new(&context.site, holder).read(id),
        _ => None,
    };
    Request {
        action: arguments.action.name.clone(),
        subject: arguments.subject.clone(),
        inputs: arguments.inputs.clone(),
        copy,
        candidate: None,
    }
}

/// Acts, with a marker laid down around it, so that files that follow the commit are finished by
/// the next command if this process dies in between, or cannot write them now.
pub(super) fn carry_out(
    context: &mut Context,
    request: &Request,
    mode: Mode,
) -> Result<(Acted, Vec<Warning>), CommandError> {
    if mode == Mode::DryRun {
        context.identify()?;
        return Ok((context.session.act(&context.claim, request, mode)?, Vec::new()));
    }
    context.sign(request)?;
    committed(context, |session, claim| session.act(claim, request, mode))
}

/// Does what is recorded, with the marker around it.
pub(super) fn committed(
    context: &mut Context,
    act: impl FnOnce(&mut Session, &Claim) -> Result<Acted, SessionError>,
) -> Result<(Acted, Vec<Warning>), CommandError> {
    let size = context.session.log_size()?;
    let journal = Journal::begin(&context.site, context.process, size);
    let acted = act(&mut context.session, &context.claim);
    let (mut warnings, mut is_published) = (Vec::new(), true);
    if let Ok(acted) = &acted {
        // What is shown in the mirror is the content, the version and the state.
        let shown = |it: &Document| (it.content, it.version, it.state.clone(), it.in_force.clone());
        let same = acted.before.as_ref().map(shown) == acted.after.as_ref().map(shown);
        let signed = acted.entry.as_ref().is_some_and(|entry| entry.signature.is_some());
        let changed = acted.after.iter().filter(|_| !same || signed).chain(&acted.others);
        let pages: BTreeSet<DocumentId> = changed.map(|document| document.id.clone()).collect();
        for id in pages {
            match publish::publish(context, &acted.actor, &id) {
                Ok(kept) => warnings.extend(kept.iter().map(|path| page_kept(context, &acted.actor, path))),
                Err(error) => {
                    is_published = false;
                    let message = format!("{id} is recorded, but not published yet: {error}");
                    warnings.push(Warning { code: "not_published", message });
                }
            }
        }
    }
    if let Ok(acted) = &acted {
        unpublished::finish_what_was_cut_short(context, &acted.actor, Patience::Waits);
    }
    match journal {
        Ok(journal) if is_published => {
            // A marker that stays makes the next command write the same files again.
            let _stays = journal.finish();
        }
        Ok(_) => {}
        // Where nothing can be written, the store says so.
        Err(error) => warnings.push(Warning {
            code: "not_marked",
            message: format!("nothing finishes what a process that dies leaves undone: {error}"),
        }),
    }
    Ok((acted?, warnings))
}

/// Says that a page is not published, because somebody else's file lies at its place.
fn page_kept(context: &Context, actor: &Actor, path: &Path) -> Warning {
    let (page, repair) = (context.site.shown(path), context.offered(actor, actor.name(), "doctor --repair"));
    let message = format!(
        "`{page}` is not what was published there, and is not replaced: `{repair}` moves it aside and publishes the \
         page"
    );
    Warning { code: "page_kept", message }
}

fn report(
    context: &mut Context,
    action: &Action,
    request: &Request,
    acted: Acted,
    mut warnings: Vec<Warning>,
    mode: Mode,
) -> Result<Reply, CommandError> {
    let working_copy =
        if mode == Mode::Commit { lay_down(context, request, &acted, &mut warnings) } else { None };
    let after =
        acted.after.ok_or_else(|| CommandError::Usage("the action changed no document".to_owned()))?;
    let mut headline = headline(action, request, &after.id, mode);
    if let Some(path) = &working_copy {
        headline = format!("{headline}\n  working copy: {}", one_line(path));
    }
    let notes: Vec<String> =
        acted.notes.iter().filter_map(|note| note_words(context, note, &after.id)).collect();
    warnings.extend(acted.notes.iter().filter_map(|note| note_warning(note, &after.id)));
    // What only would be done is not there to be looked at, and asks nothing of anybody.
    let is_done = mode == Mode::Commit;
    if is_done {
        warnings.extend(cited::dropped(context, &acted.actor, &after)?);
        let opens = acted.before.as_ref().is_none_or(|before| before.round.is_none());
        if opens {
            warnings.extend(note::unseated(context, &acted.actor, &after)?);
            warnings.extend(maybe_open(context, &after)?);
        }
    }
    let remembered = |it: Reminder| Remembered { text: it.text, sop: it.sop };
    let reminders: Vec<_> = acted.reminders.into_iter().filter(|_| is_done).map(remembered).collect();
    let awaited = awaited(&after, acted.actor.name());
    // A document that only would be created has nothing to be asked.
    let is_real = mode == Mode::Commit || acted.before.is_some();
    let next = if is_real { next_after(context, &acted.actor, &after.id, &mut warnings) } else { Vec::new() };
    let document = DocumentView::shown(context, &acted.actor, after)?;
    let report = ActReport {
        transition: Transition { from: acted.before.map(|before| before.state), to: document.state.clone() },
        document,
        dry_run: mode == Mode::DryRun,
        notes: notes.clone(),
        working_copy,
        reminders: reminders.clone(),
        next: next.clone(),
    };
    let reply = Reply::new(report).by(acted.actor).message(headline, notes).remembering(reminders);
    let mut reply = reply.menu(next).awaiting(awaited);
    reply.warnings = warnings;
    Ok(reply)
}

/// Most places that a warning names.
const PLACES: usize = 5;

/// Warns whoever has routed a document of what may be left open in it.
fn maybe_open(context: &mut Context, after: &Document) -> Result<Option<Warning>, CommandError> {
    if after.round.is_none() {
        return Ok(None);
    }
    let doubts = context.session.doubts(after)?;
    let named = doubts.iter().take(PLACES).map(|doubt| format!("line {} `{}`", doubt.line, doubt.text));
    let named = named.collect::<Vec<_>>().join(", ");
    let more = doubts.len().saturating_sub(PLACES);
    let more = if more == 0 { String::new() } else { format!(", and {more} more") };
    let message = format!("{} may have something open still: {named}{more}", after.id);
    Ok((!doubts.is_empty()).then_some(Warning { code: "maybe_open", message }))
}

/// Lists what can be done next, where somebody is told. That it cannot be found out undoes nothing of what
/// was done.
pub(super) fn next_after(
    context: &mut Context,
    actor: &Actor,
    id: &DocumentId,
    warnings: &mut Vec<Warning>,
) -> Vec<NextLine> {
    if !context.tells_next {
        return Vec::new();
    }
    let copy = context.workspace(actor).read(id);
    match context.session.menu(actor, id, copy.as_ref()) {
        Ok(menu) => next_lines(&menu, actor.name(), id, false),
        Err(error) => {
            let message = format!("what can be done next with {id} is not known: {error}");
            warnings.push(Warning { code: "next_unknown", message });
            Vec::new()
        }
    }
}

/// Writes or takes away the working copy that the action gave or took in.
fn lay_down(
    context: &Context,
    request: &Request,
    acted: &Acted,
    warnings: &mut Vec<Warning>,
) -> Option<String> {
    let after = acted.after.as_ref()?;
    let workspace = context.workspace(&acted.actor);
    let path = workspace.path(&after.id);
    let mut warn = |code, message| warnings.push(Warning { code, message });
    let Some(content) = &acted.content else {
        if let Some(WorkingCopy::Present { bytes, .. }) = &request.copy
            && acted.notes.iter().any(|note| matches!(note, Note::CheckedIn(_) | Note::Unchanged))
        {
            let (id, actor) = (&after.id, &acted.actor);
            let doubts = front_matter::parse(id.as_str(), bytes).map(|read| read.doubts).unwrap_or_default();
            for doubt in doubts {
                warn("field_not_read", format!("{doubt} (in the front matter of {id})"));
            }
            match workspace.remove(id, bytes, after.content) {
                Ok(Fate::Gone) => {}
                Ok(Fate::Kept(place)) => warn(
                    "copy_saved_again",
                    format!(
                        "{id} was saved again after it was read, and that is not checked in; it stays in {}: \
                         `{}` goes on with it",
                        place.display(),
                        context.offered(actor, actor.name(), &format!("checkout {id}"))
                    ),
                ),
                Err(error) => {
                    warn("copy_not_removed", format!("{id} is checked in, but its copy stays: {error}"));
                }
            }
        }
        return None;
    };
    match workspace.place(&after.id, after.content, content) {
        Ok(Placed::Written) => {}
        Ok(Placed::Kept) => {
            warn(
                "copy_kept",
                format!("a working copy was there already and was left as it is: {}", path.display()),
            );
        }
        Ok(Placed::SetAside(aside)) => {
            warn("copy_set_aside", format!("an earlier working copy was moved to {}", aside.display()));
        }
        Err(error) => {
            warn(
                "copy_not_written",
                format!("{} is checked out, but its copy is not written: {error}", after.id),
            );
        }
    }
    Some(path.display().to_string())
}

fn headline(action: &Action, request: &Request, id: &DocumentId, mode: Mode) -> String {
    let words = match &action.done {
        Some(done) => done.replace("{id}", id.as_str()),
        None => format!("{}: {id}", action.label),
    };
    let choice = action.inputs.iter().find_map(|input| match &input.kind {
        InputKind::OneOf(_) => request.inputs.text(input.name.as_str()),
        _ => None,
    });
    let choice = choice.map(|text| format!(" ({})", text.to_uppercase())).unwrap_or_default();
    match mode {
        Mode::Commit => format!("✓ {words}{choice}"),
        Mode::DryRun | Mode::Ahead => format!("would be permitted: {words}{choice}"),
    }
}

fn note_words(context: &Context, note: &Note, id: &DocumentId) -> Option<String> {
    Some(match note {
        Note::CheckedIn(version) => format!("checked in as {version}"),
        Note::Unchanged => "the working copy was unchanged".to_owned(),
        Note::Withdrawn(state) => format!("withdrawn first: {id} is back in {state}"),
        Note::Seated(users) => {
            format!("assigned: {}", users.iter().map(UserName::as_str).collect::<Vec<_>>().join(", "))
        }
        Note::Awaiting(1) => "1 more answer is awaited".to_owned(),
        Note::Awaiting(count) => format!("{count} more answers are awaited"),
        Note::Recorded(item, 0) => format!("{item} is recorded, and so is every item of {id}"),
        Note::Recorded(item, 1) => format!("{item} is recorded; 1 item of {id} is open"),
        Note::Recorded(item, open) => format!("{item} is recorded; {open} items of {id} are open"),
        Note::Failed(item, types) => {
            let types = types.iter().map(TypeName::as_str).collect::<Vec<_>>().join(" or ");
            format!(
                "{item} failed: a {types} has to answer for it (`create {types} --parent {id} --item {item} --title <text>`)"
            )
        }
        Note::Ended(child) => format!("{child} ended with it"),
        Note::Voided(of, holder) => {
            let path = Workspace::new(&context.site, holder).path(of);
            let path = path.display();
            format!("the check-out by {holder} is void: {path} stays, and can no longer be checked in")
        }
        Note::NoTemplate(_) | Note::CanEndOtherwise => return None,
    })
}

fn note_warning(note: &Note, id: &DocumentId) -> Option<Warning> {
    let (code, message) = match note {
        Note::NoTemplate(template) => {
            ("template_missing", format!("{template} is not in force, so that {id} begins without its text"))
        }
        Note::CanEndOtherwise => (
            "answers_not_told",
            format!(
                "a rejection by somebody else would end the round of {id} otherwise; it is told when the round ends"
            ),
        ),
        _ => return None,
    };
    Some(Warning { code, message })
}
