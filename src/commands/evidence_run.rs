//! `evidence run`: a command that the policy declares is run, and how it ended is recorded.
//!
//! Whoever asks for it chooses the document and the command, and nothing else. It is decided before the
//! command begins and again when it has ended, and what is recorded speaks about the content that was there
//! at its beginning.

use std::ffi::OsString;
use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Serialize;

use super::act::{self, Arguments, committed};
use super::evidence::EvidenceView;
use super::pins::observed;
use super::read::body;
use super::view::{DocumentView, NextLine, awaited};
use super::{CommandError, Context, Remembered, Reply};
use crate::disk::{Ended, Input, Spawned, Start, Streams};
use crate::domain::decide::Class;
use crate::domain::evidence::{Capture, RunOutcome};
use crate::domain::id::{ActionName, AttestationName, DocumentId, InputName};
use crate::domain::identity::Proof;
use crate::domain::plural::counted;
use crate::domain::policy::{Evidence, Placeholder};
use crate::domain::redact::kept;
use crate::domain::request::{Inputs, Request, Subject, Value};
use crate::session::{Acted, Begun, Mode, RunResult, SessionError};

#[derive(Debug, Serialize)]
struct RunReport {
    document: DocumentView,
    evidence: Option<EvidenceView>,
    dry_run: bool,
    reminders: Vec<Remembered>,
    next: Vec<NextLine>,
}

impl fmt::Display for RunReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\nDocument state: {}", self.document.state)
    }
}

/// What a run needs before it begins.
struct Planned {
    evidence: Evidence,
    arguments: Arguments,
}

fn planned(
    context: &mut Context,
    id: &DocumentId,
    name: &AttestationName,
    mode: Mode,
) -> Result<Planned, CommandError> {
    let actor = context.actor()?;
    context.document(&actor, id)?;
    let policy = context.session.policy_about(id)?;
    let evidence = policy.evidence.get(name).cloned();
    let evidence = evidence.ok_or_else(|| {
        let what = format!("the policy declares no command `{name}`");
        CommandError::unknown(what, format!("evidence list {id}"))
    })?;
    let action = policy.action(&ActionName::parse(Evidence::ACTION)?).cloned();
    let action = action.ok_or_else(|| {
        CommandError::NotFound(format!("the policy has no verb `{}`, which records runs", Evidence::ACTION))
    })?;
    let inputs = Inputs::default().with(InputName::parse("name")?, Value::Text(name.to_string()));
    let arguments = Arguments { action, subject: Subject::Document(id.clone()), inputs, mode };
    Ok(Planned { evidence, arguments })
}

/// Builds the request by which a run is recorded.
pub fn request(
    context: &mut Context,
    id: &DocumentId,
    name: &AttestationName,
) -> Result<Request, CommandError> {
    let planned = planned(context, id, name, Mode::DryRun)?;
    Ok(act::request(context, &planned.arguments))
}

fn begin(context: &mut Context, planned: &Planned) -> Result<Begun, CommandError> {
    let request = act::request(context, &planned.arguments);
    let observed = observed(context.site.root(), [planned.evidence.program.program()].into_iter());
    Ok(context.session.begin_run(&context.claim, request, observed, planned.arguments.mode)?)
}

/// Tells whether a run could begin.
pub(super) fn try_out(
    context: &mut Context,
    id: &DocumentId,
    name: &AttestationName,
) -> Result<Reply, CommandError> {
    let planned = planned(context, id, name, Mode::DryRun)?;
    let _begun = begin(context, &planned)?;
    let actor = context.actor()?;
    let document = context.document(&actor, id)?;
    let mut warnings = Vec::new();
    let next = act::next_after(context, &actor, id, &mut warnings);
    let awaited = awaited(&document, actor.name());
    let document = DocumentView::shown(context, &actor, document)?;
    let report =
        RunReport { document, evidence: None, dry_run: true, reminders: Vec::new(), next: next.clone() };
    let message = format!("would be permitted: `{name}` is run for {id}");
    let mut reply = Reply::new(report).by(actor).message(message, Vec::new()).menu(next).awaiting(awaited);
    reply.warnings = warnings;
    Ok(reply)
}

/// Runs a command, and records how it ended.
pub(super) fn record(
    context: &mut Context,
    id: &DocumentId,
    name: &AttestationName,
    variable: &dyn Fn(&str) -> Option<OsString>,
) -> Result<Reply, CommandError> {
    let planned = planned(context, id, name, Mode::Commit)?;
    let begun = begin(context, &planned)?;
    let began_at = context.session.now();
    let evidence = &planned.evidence;
    let (ended, capture) = carry_out(context.site.root(), id, evidence, variable)?;
    if ended.interrupted {
        return Err(CommandError::RunInterrupted { name: name.clone() });
    }
    let lasted = u64::try_from(context.session.now().millis() - began_at.millis()).unwrap_or(0);
    let outcome = outcome(&ended, capture.lacks());
    let secrets = secrets(context);
    let secrets: Vec<&[u8]> = secrets.iter().map(Vec::as_slice).collect();
    let result = RunResult {
        observed: observed(context.site.root(), [evidence.program.program()].into_iter()),
        outcome,
        output: capture.finish(&secrets),
        lasted,
    };
    let recorded = committed(context, |session, claim| session.end_run(claim, &begun, result));
    let (acted, warnings) = recorded.map_err(|error| overtaken(error, &begun, id, name))?;
    let mut reply = report(context, acted, name, lasted)?;
    reply.warnings.extend(warnings);
    Ok(reply)
}

/// Runs a command to its end, and keeps what it writes.
fn carry_out(
    root: &Path,
    id: &DocumentId,
    evidence: &Evidence,
    variable: &dyn Fn(&str) -> Option<OsString>,
) -> Result<(Ended, Capture), CommandError> {
    let value = |placeholder| match placeholder {
        Placeholder::Root => root.display().to_string(),
        Placeholder::Document => id.to_string(),
        // No other is accepted in a policy.
        other => format!("{{{other}}}"),
    };
    let program = &evidence.program;
    let (arguments, directory) = (program.arguments(value), PathBuf::from(program.directory(value)));
    let environment = program.environment(variable).map_err(CommandError::not_text_in_environment)?;
    let path = Path::new(program.program());
    let spawned = Spawned::start(&Start {
        program: path,
        arguments: &arguments,
        environment: &environment,
        directory: &directory,
        input: Input::Nothing,
        streams: Streams::Together,
    })?;
    let limit = usize::try_from(evidence.output).unwrap_or(usize::MAX);
    let mut capture = Capture::new(limit, evidence.contains.as_deref());
    let time = Duration::from_millis(evidence.time);
    let ended = spawned.run_to_end(time, &mut |_, piece| capture.push(piece));
    Ok((ended, capture))
}

fn outcome(ended: &Ended, lacks: bool) -> RunOutcome {
    match (ended.status, ended.signal) {
        _ if ended.timed_out => RunOutcome::TimedOut,
        (Some(0), _) if lacks => RunOutcome::Lacking,
        (Some(status), _) => RunOutcome::of(Some(status)),
        (None, Some(signal)) => RunOutcome::Killed(signal),
        (None, None) => RunOutcome::Unknown,
    }
}

/// The secrets of the project that this process has; a command that it starts could read them, too.
fn secrets(context: &Context) -> Vec<Vec<u8>> {
    let key = context.session.key().map(|key| kept(key.secret()));
    let mut secrets: Vec<Vec<u8>> = key.into_iter().flatten().collect();
    if let Some(Proof::Token(token)) = &context.claim.proof {
        secrets.push(token.reveal().into_bytes());
        secrets.extend(kept(token.secret()));
    }
    secrets
}

/// Says of a refusal that it came because somebody else changed the content meanwhile.
fn overtaken(error: CommandError, begun: &Begun, id: &DocumentId, name: &AttestationName) -> CommandError {
    match error {
        CommandError::Session(SessionError::Denied(refusal))
            if refusal.denial.class() == Class::Precondition
                && refusal.document.as_ref().is_some_and(|now| !begun.speaks_about(now)) =>
        {
            CommandError::RunOvertaken { document: id.clone(), name: name.clone() }
        }
        other => other,
    }
}

fn report(
    context: &mut Context,
    acted: Acted,
    name: &AttestationName,
    lasted: u64,
) -> Result<Reply, CommandError> {
    let (Some(document), [attestation]) = (acted.after, acted.attestations.as_slice()) else {
        return Err(CommandError::Session(SessionError::NoRun));
    };
    let outcome = RunOutcome::of(attestation.status);
    if outcome != RunOutcome::Passed {
        return Err(CommandError::RunFailed {
            document: document.id,
            name: name.clone(),
            number: attestation.number,
            outcome,
        });
    }
    let size = body(context, &acted.actor, &attestation.body)?.len();
    let evidence = EvidenceView::new(attestation, &document, size);
    let mut warnings = Vec::new();
    let next = act::next_after(context, &acted.actor, &document.id, &mut warnings);
    let (seconds, tenths) = (lasted / 1000, lasted % 1000 / 100);
    let message = format!("✓ `{name}` passed for {} after {seconds}.{tenths} s", document.id);
    let number = attestation.number;
    let length = counted(size as u64, "byte");
    let note =
        format!("recorded as {name}@{number}, about version {}, with {length} of output", document.version);
    let awaited = awaited(&document, acted.actor.name());
    let holder = document.checkout.as_ref().map(|checkout| checkout.by.clone());
    let (id, version) = (document.id.clone(), document.version);
    let document = DocumentView::shown(context, &acted.actor, document)?;
    let remembered = acted.reminders.into_iter().map(|it| Remembered { text: it.text, sop: it.sop });
    let reminders: Vec<Remembered> = remembered.collect();
    let report = RunReport {
        document,
        evidence: Some(evidence),
        dry_run: false,
        reminders: reminders.clone(),
        next: next.clone(),
    };
    let reply = Reply::new(report).by(acted.actor).message(message, vec![note]).remembering(reminders);
    let mut reply = reply.menu(next).awaiting(awaited);
    reply.warnings = warnings;
    if let Some(holder) = holder {
        let message = format!("{id} is checked out by {holder}: this speaks about {version} as it is stored");
        reply = reply.warn("checked_out", message);
    }
    Ok(reply)
}
