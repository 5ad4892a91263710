//! The one place that prints. Results go to standard output, everything else to standard error.

use std::io::{self, Write};

use clap::builder::StyledStr;
use serde_json::{Value, json};

use super::agents_way::agents_way;
use super::causes::causes;
use super::data;
use super::error::{Code, Outcome, classify};
use super::menu::menu_text;
use super::outlet::Mark;
use super::world::World;
use crate::commands::carried::Carried;
use crate::commands::spell::ReasonLine;
use crate::commands::view::{NextLine, awaited, next_lines};
use crate::commands::{CommandError, Reply, Wording};
use crate::domain::decide::{Class, Condition, Reason};
use crate::domain::identity::Actor;
use crate::domain::visible::one_line;
use crate::session::SessionError;

/// The forms of output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// For people
    Text,
    /// For people, with more columns
    Wide,
    /// For programs
    Json,
    /// For programs that prefer YAML
    Yaml,
    /// One JSON object a line, of `audit export` alone
    #[value(hide = true)]
    Jsonl,
    /// Comma-separated values, of `audit export` alone
    #[value(hide = true)]
    Csv,
    /// A Markdown table, of `audit export` alone
    #[value(hide = true)]
    Md,
}

impl Format {
    /// Tells whether programs read it: then standard output is one document, whatever happens.
    pub fn is_data(self) -> bool {
        matches!(self, Self::Json | Self::Yaml)
    }
}

/// When to use colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Color {
    /// On a terminal, unless `NO_COLOR` is set or `TERM` is `dumb`
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// How to print.
#[derive(Debug, Clone)]
pub struct Manner {
    /// The form.
    pub format: Format,
    /// Whether neither a menu is wanted nor what happened on the way.
    pub brief: bool,
    /// Whether neither menu nor reminders are wanted.
    pub quiet: bool,
    /// Whether colours are used.
    pub color: bool,
    /// What commands that are offered carry on.
    pub carried: Carried,
}

impl Manner {
    /// Tells whether the menu is printed.
    pub fn has_menu(&self) -> bool {
        !self.brief && !self.quiet
    }

    /// Tells whether anything that is printed says what can be done next.
    pub fn tells_next(&self) -> bool {
        self.has_menu() || self.format.is_data()
    }
}

/// Prints what a command gave back.
pub fn reply(world: &mut World, manner: &Manner, reply: &Reply) -> io::Result<()> {
    identity(world, reply.actor.as_ref());
    for warning in &reply.warnings {
        say_marked(world, manner, Mark::Warning, &warning.message);
    }
    if manner.format.is_data() {
        remind(world, manner, reply);
        let warnings = serde_json::to_value(&reply.warnings)?;
        let document = envelope(reply.report.data(), Value::Null, &warnings, reply.actor.as_ref());
        return answer(world, manner, document, reply.wording);
    }
    if let Some(message) = &reply.message {
        message_text(world, manner, message)?;
        for note in &reply.notes {
            let note = format!("  {}", one_line(note));
            if manner.brief { say(world, &note) } else { writeln!(world.stdout, "{note}")? }
        }
    }
    if let Some(bytes) = &reply.bytes {
        for note in &reply.notes {
            say(world, &one_line(note));
        }
        world.stdout.verbatim().write_all(bytes)?;
        return world.stdout.flush();
    }
    let text = reply.report.text(manner.format == Format::Wide);
    if reply.wording == Wording::Revealing {
        world.stdout.reveal()?;
    }
    if reply.wording == Wording::Verbatim {
        world.stdout.verbatim().write_all(text.as_bytes())?;
        return world.stdout.flush();
    }
    if !text.is_empty() {
        message_text(world, manner, &text)?;
    }
    if !reply.reminders.is_empty() {
        world.stdout.flush()?;
        remind(world, manner, reply);
    }
    if let (Some(menu), Some(actor), true) =
        (&reply.menu, &reply.actor, manner.has_menu() || reply.menu_is_result)
    {
        let separate = !text.is_empty();
        let cites = reply.menu_cites || manner.format == Format::Wide;
        let lines = menu_text(&manner.carried, menu, actor.name().as_str(), reply.awaited.as_deref(), cites);
        writeln!(world.stdout, "{}{lines}", if separate { "\n" } else { "" })?;
    }
    world.stdout.flush()
}

/// Says what whoever acted is to remember, where it is read next: behind the result, before the menu.
fn remind(world: &mut World, manner: &Manner, reply: &Reply) {
    for it in reply.reminders.iter().filter(|_| !manner.quiet) {
        say_marked(world, manner, Mark::Remember, &format!("{} ({})", it.text, it.sop));
    }
}

fn message_text(world: &mut World, manner: &Manner, text: &str) -> io::Result<()> {
    match text.strip_prefix('✓') {
        Some(rest) => world.stdout.marked(Mark::Done, rest, manner.color),
        None => writeln!(world.stdout, "{text}"),
    }
}

/// Says something beside the result. Where nobody listens nothing is lost.
pub fn say(world: &mut World, line: &str) {
    // In one piece, so that lines of several processes do not mix.
    let _unheard = world.stderr.write_all(format!("{line}\n").as_bytes()).and_then(|()| world.stderr.flush());
}

/// Says one line that begins with a word of ours.
fn say_marked(world: &mut World, manner: &Manner, mark: Mark, text: &str) {
    let said = world.stderr.marked(mark, &format!(" {}", one_line(text)), manner.color);
    let _unheard = said.and_then(|()| world.stderr.flush());
}

/// The identity line: how somebody who started the caller notices that the wrong user acts.
pub fn identity(world: &mut World, actor: Option<&Actor>) {
    let Some(actor) = actor else { return };
    let (name, shown) = (actor.name(), actor.assurance().shown());
    let line = match actor.reads_for() {
        None => format!("acting as {name} ({shown})"),
        Some(agent) => format!("reading as {name} ({shown}), for agent {agent}"),
    };
    say(world, &one_line(&line));
}

/// Prints a failure. `actor` is the caller, where it was verified.
pub fn failure(
    world: &mut World,
    manner: &Manner,
    error: &CommandError,
    actor: Option<&Actor>,
) -> io::Result<()> {
    identity(world, actor);
    let outcome = classify(error, actor, agents_way(world).as_ref());
    let next = next_of(error);
    if manner.format.is_data() {
        let next = json!({ "next": next.unwrap_or_default() });
        let document = envelope(next, error_value(error, &outcome), &json!([]), actor);
        return answer(world, manner, document, Wording::Escaped);
    }
    if let CommandError::Session(SessionError::Denied(refusal)) = error {
        let why = match refusal.denial.class() {
            Class::Identity => "who is calling could not be verified",
            Class::Permission => "not permitted",
            Class::Precondition => "not possible now",
        };
        say_marked(world, manner, Mark::Error, &format!("{why}, nothing was changed"));
        for reason in refusal.denial.reasons() {
            let line = ReasonLine::new(reason, &refusal.menu.policy, refusal.actor.name());
            say_reason(world, &manner.carried, &line);
        }
    } else {
        say_marked(world, manner, Mark::Error, &error.to_string());
        for cause in causes(error) {
            say(world, &format!("  because: {}", one_line(&cause)));
        }
        for line in lines_of(error) {
            say(world, &format!("  - {}", one_line(&line)));
        }
    }
    let lead = match error {
        CommandError::Session(SessionError::Denied(refusal)) => {
            refusal.sop.as_ref().map(|sop| format!("governed by {sop}"))
        }
        _ => None,
    };
    for (number, hint) in outcome.hints.iter().enumerate() {
        let hint = manner.carried.hint(hint);
        // What governs the action comes first.
        let lead = lead.as_deref().filter(|_| number == 0);
        say(world, &format!("  {}: {}", lead.unwrap_or("try"), one_line(&hint)));
    }
    if let (Some(menu), Some(actor), true) = (next, actor, manner.has_menu()) {
        let awaited = awaited_of(error, actor);
        let cites = manner.format == Format::Wide;
        let menu = menu_text(&manner.carried, &menu, actor.name().as_str(), awaited.as_deref(), cites);
        say(world, &format!("\n{menu}"));
    }
    Ok(())
}

fn say_reason(world: &mut World, carried: &Carried, reason: &ReasonLine) {
    say(world, &format!("  - {} ({})", one_line(&reason.message), reason.name));
    if let Some(remedy) = &reason.remedy {
        let remedy = carried.command(remedy);
        say(world, &format!("    try: {}", one_line(&remedy)));
    }
}

fn lines_of(error: &CommandError) -> Vec<String> {
    match error {
        CommandError::PolicyInvalid(faults) if faults.len() > 1 => {
            faults.iter().map(|fault| format!("{}: {}", fault.place, fault.message)).collect()
        }
        CommandError::FilesMissing { faults, .. } => {
            faults.iter().map(|fault| format!("{}: {}", fault.place, fault.message)).collect()
        }
        CommandError::ScenariosFailed { failures, .. } => failures.clone(),
        CommandError::Unhealthy(findings) => findings.iter().map(|finding| finding.message.clone()).collect(),
        _ => Vec::new(),
    }
}

/// What somebody who was refused can do instead.
pub fn next_of(error: &CommandError) -> Option<Vec<NextLine>> {
    match error {
        CommandError::Session(SessionError::Denied(refusal)) => refusal
            .document
            .as_ref()
            .map(|document| next_lines(&refusal.menu, refusal.actor.name(), &document.id, false)),
        _ => None,
    }
}

fn awaited_of(error: &CommandError, actor: &Actor) -> Option<String> {
    let CommandError::Session(SessionError::Denied(refusal)) = error else { return None };
    awaited(refusal.document.as_ref()?, actor.name())
}

fn error_value(error: &CommandError, outcome: &Outcome) -> Value {
    let reasons = match error {
        CommandError::Session(SessionError::Denied(refusal)) => {
            let (policy, user) = (&refusal.menu.policy, refusal.actor.name());
            let reasons = refusal.denial.reasons().iter();
            json!(reasons.map(|reason| ReasonLine::new(reason, policy, user)).collect::<Vec<_>>())
        }
        CommandError::Session(SessionError::NotVerified { refusal, .. }) => {
            json!([Reason::new(Condition::from(refusal.why), refusal.to_string())])
        }
        CommandError::Key(_)
        | CommandError::Token(_)
        | CommandError::Ticket(_)
        | CommandError::Presented(_)
            if outcome.code == Code::NotVerified =>
        {
            json!([Reason::new(Condition::CredentialInvalid, error.to_string())])
        }
        _ => json!([]),
    };
    json!({
        "code": outcome.code.name(),
        "status": outcome.code.status(),
        "message": error.to_string(),
        "reasons": reasons,
        "hints": outcome.hints,
        "details": outcome.details,
    })
}

/// The one shape of every answer for programs.
#[expect(clippy::needless_pass_by_value, reason = "the values become part of the document")]
fn envelope(data: Value, error: Value, warnings: &Value, actor: Option<&Actor>) -> Value {
    json!({
        "ok": error.is_null(),
        "data": data,
        "error": error,
        "warnings": warnings,
        "meta": {
            "schema": "qms/1",
            "tool_version": env!("CARGO_PKG_VERSION"),
            "actor": actor.map(actor_value),
        },
    })
}

fn actor_value(actor: &Actor) -> Value {
    let mut value = json!({
        "user": actor.name(),
        "kind": actor.kind(),
        "group": actor.group(),
        "assurance": actor.assurance(),
    });
    if let (Some(agent), Some(fields)) = (actor.reads_for(), value.as_object_mut()) {
        fields.insert("reads_for".to_owned(), json!(agent));
    }
    value
}

fn answer(world: &mut World, manner: &Manner, mut document: Value, wording: Wording) -> io::Result<()> {
    manner.carried.answer(&mut document);
    let text = data::text(&document, manner.format)?;
    // It can be large, and is held once.
    drop(document);
    if wording == Wording::Verbatim {
        writeln!(world.stdout.verbatim(), "{}", text.trim_end())?;
    } else {
        writeln!(world.stdout, "{}", text.trim_end())?;
    }
    world.stdout.flush()
}

/// Prints a text that the program has by itself, such as the completions of a shell.
pub fn plain(world: &mut World, manner: &Manner, text: &str) -> io::Result<()> {
    if manner.format.is_data() {
        let document = envelope(json!({ "text": text }), Value::Null, &json!([]), None);
        return answer(world, manner, document, Wording::Escaped);
    }
    write!(world.stdout, "{text}")?;
    world.stdout.flush()
}

/// Prints what the parser of the command line tells of it: help, or the version.
pub fn parsed(world: &mut World, manner: &Manner, text: &StyledStr) -> io::Result<()> {
    if manner.format.is_data() {
        return plain(world, manner, &text.to_string());
    }
    world.stdout.styled(text, manner.color)?;
    world.stdout.flush()
}

/// Prints a usage failure that the parser of the command line found.
pub fn usage(world: &mut World, manner: &Manner, text: &StyledStr) -> io::Result<()> {
    if manner.format.is_data() {
        let message = text.to_string();
        let message = message.trim();
        let error = CommandError::Usage(message.strip_prefix("error: ").unwrap_or(message).to_owned());
        return failure(world, manner, &error, None);
    }
    let said = world.stderr.styled(text, manner.color);
    let _unheard = said.and_then(|()| world.stderr.flush());
    Ok(())
}
