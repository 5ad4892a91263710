//! The one place that prints. Results go to standard output, everything else to standard error.

use std::borrow::Cow;
use std::io::{self, Write};

use console::Style;
use serde_json::{Value, json};

use super::carried::Carried;
use super::data;
use super::error::{Code, Outcome, classify};
use super::menu::menu_text;
use super::world::World;
use crate::commands::view::{NextLine, awaited, next_lines};
use crate::commands::{CommandError, Reply};
use crate::domain::decide::{Class, Condition, Reason};
use crate::domain::front_matter::deceptions;
use crate::domain::identity::Actor;
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
#[derive(Debug, Clone, Copy)]
pub struct Manner {
    /// The form.
    pub format: Format,
    /// Whether neither a menu is wanted nor what happened on the way.
    pub brief: bool,
    /// Whether neither menu nor reminders are wanted.
    pub quiet: bool,
    /// Whether colours are used.
    pub color: bool,
}

impl Manner {
    /// Tells whether the menu is printed.
    pub fn has_menu(self) -> bool {
        !self.brief && !self.quiet
    }

    /// Tells whether anything that is printed says what can be done next.
    pub fn tells_next(self) -> bool {
        self.has_menu() || self.format.is_data()
    }

    fn paint(self, style: &Style, text: &str) -> String {
        style.clone().force_styling(self.color).apply_to(text).to_string()
    }
}

/// Prints what a command gave back.
pub fn reply(world: &mut World, manner: Manner, reply: &Reply) -> io::Result<()> {
    identity(world, reply.actor.as_ref());
    for warning in &reply.warnings {
        let mark = manner.paint(&Style::new().yellow(), "⚠");
        say(world, &format!("{mark} {}", safe(&warning.message)));
    }
    if manner.format.is_data() {
        remind(world, manner, reply);
        let warnings = serde_json::to_value(&reply.warnings)?;
        let document = envelope(reply.report.data(), Value::Null, &warnings, reply.actor.as_ref());
        return answer(world, manner, document);
    }
    if let Some(message) = &reply.message {
        message_text(world, manner, message)?;
        for note in &reply.notes {
            let note = format!("  {}", safe(note));
            if manner.brief { say(world, &note) } else { writeln!(world.stdout, "{note}")? }
        }
    }
    if let Some(bytes) = &reply.bytes {
        Lines(world).write_all(bytes)?;
        return world.stdout.flush();
    }
    let text = reply.report.text(manner.format == Format::Wide);
    if reply.verbatim {
        // A file's content is given out as it is, but a terminal is not to be written to by it.
        let text = if world.terminals.stdout { safe(&text) } else { Cow::from(&text) };
        world.stdout.write_all(text.as_bytes())?;
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
        let carried = Carried::of(world);
        let cites = reply.menu_cites || manner.format == Format::Wide;
        let lines = menu_text(&carried, menu, actor.name().as_str(), reply.awaited.as_deref(), cites);
        writeln!(world.stdout, "{}{lines}", if separate { "\n" } else { "" })?;
    }
    world.stdout.flush()
}

/// Says what whoever acted is to remember, where it is read next: behind the result, before the menu.
fn remind(world: &mut World, manner: Manner, reply: &Reply) {
    for it in reply.reminders.iter().filter(|_| !manner.quiet) {
        let mark = manner.paint(&Style::new().cyan(), "remember:");
        say(world, &format!("{mark} {} ({})", safe(&it.text), it.sop));
    }
}

fn message_text(world: &mut World, manner: Manner, text: &str) -> io::Result<()> {
    let text = safe(text);
    match text.strip_prefix('✓') {
        Some(rest) => writeln!(world.stdout, "{}{rest}", manner.paint(&Style::new().green(), "✓")),
        None => writeln!(world.stdout, "{text}"),
    }
}

/// Says something beside the result. Where nobody listens nothing is lost.
pub fn say(world: &mut World, line: &str) {
    // In one piece, so that lines of several processes do not mix.
    let _unheard = world.stderr.write_all(format!("{line}\n").as_bytes()).and_then(|()| world.stderr.flush());
}

/// The identity line: how somebody who started the caller notices that the wrong user acts.
pub fn identity(world: &mut World, actor: Option<&Actor>) {
    let Some(actor) = actor else { return };
    say(world, &format!("acting as {} ({})", actor.name(), actor.assurance().shown()));
}

/// Prints a failure. `actor` is the caller, where it was verified.
pub fn failure(
    world: &mut World,
    manner: Manner,
    error: &CommandError,
    actor: Option<&Actor>,
) -> io::Result<()> {
    identity(world, actor);
    let outcome = classify(error, actor);
    let next = next_of(error);
    if manner.format.is_data() {
        let next = json!({ "next": next.unwrap_or_default() });
        return answer(world, manner, envelope(next, error_value(error, &outcome), &json!([]), actor));
    }
    let mark = manner.paint(&Style::new().red().bold(), "error:");
    if let CommandError::Session(SessionError::Denied(refusal)) = error {
        let why = match refusal.denial.class() {
            Class::Identity => "who is calling could not be verified",
            Class::Permission => "not permitted",
            Class::Precondition => "not possible now",
        };
        say(world, &format!("{mark} {why}, nothing was changed"));
        for reason in refusal.denial.reasons() {
            say_reason(world, reason);
        }
    } else {
        say(world, &format!("{mark} {}", safe(&error.to_string())));
        let mut source = std::error::Error::source(error);
        while let Some(cause) = source {
            say(world, &format!("  because: {}", safe(&cause.to_string())));
            source = cause.source();
        }
        for line in lines_of(error) {
            say(world, &format!("  - {}", safe(&line)));
        }
    }
    let lead = match error {
        CommandError::Session(SessionError::Denied(refusal)) => {
            refusal.sop.as_ref().map(|sop| format!("governed by {sop}"))
        }
        _ => None,
    };
    for (number, hint) in outcome.hints.iter().enumerate() {
        let hint = Carried::of(world).command(hint);
        // What governs the action comes first.
        let lead = lead.as_deref().filter(|_| number == 0);
        say(world, &format!("  {}: {}", lead.unwrap_or("try"), safe(&hint)));
    }
    if let (Some(menu), Some(actor), true) = (next, actor, manner.has_menu()) {
        let awaited = awaited_of(error, actor);
        let cites = manner.format == Format::Wide;
        let menu = menu_text(&Carried::of(world), &menu, actor.name().as_str(), awaited.as_deref(), cites);
        say(world, &format!("\n{menu}"));
    }
    Ok(())
}

fn say_reason(world: &mut World, reason: &Reason) {
    say(world, &format!("  - {} ({})", safe(&reason.message), reason.name));
    if let Some(remedy) = &reason.remedy {
        let remedy = Carried::of(world).command(remedy);
        say(world, &format!("    try: {}", safe(&remedy)));
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
        CommandError::Session(SessionError::Denied(refusal)) => json!(refusal.denial.reasons()),
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
            "actor": actor.map(|actor| json!({
                "user": actor.name(),
                "kind": actor.kind(),
                "group": actor.group(),
                "assurance": actor.assurance(),
            })),
        },
    })
}

fn answer(world: &mut World, manner: Manner, mut document: Value) -> io::Result<()> {
    Carried::of(world).answer(&mut document);
    let text = data::text(&document, manner.format)?;
    writeln!(world.stdout, "{}", text.trim_end())?;
    world.stdout.flush()
}

/// Prints a text that the program has by itself, such as help.
pub fn plain(world: &mut World, manner: Manner, text: &str) -> io::Result<()> {
    if manner.format.is_data() {
        let document = envelope(json!({ "text": text }), Value::Null, &json!([]), None);
        return answer(world, manner, document);
    }
    write!(world.stdout, "{text}")?;
    world.stdout.flush()
}

/// Prints a usage failure that the parser of the command line found.
pub fn usage(world: &mut World, manner: Manner, message: &str) -> io::Result<()> {
    if manner.format.is_data() {
        let message = message.trim();
        let error = CommandError::Usage(message.strip_prefix("error: ").unwrap_or(message).to_owned());
        return failure(world, manner, &error, None);
    }
    say(world, message.trim_end());
    Ok(())
}

/// Standard output for what comes line by line, so that its size does not matter. A terminal is not to
/// be written to by what others said; whatever else reads gets the very bytes.
pub struct Lines<'w>(pub &'w mut World);

impl Write for Lines<'_> {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        if !self.0.terminals.stdout {
            return self.0.stdout.write(line);
        }
        let text = String::from_utf8_lossy(line);
        // Lines end as those of the form do; a terminal needs no more than the last character.
        let text = text.strip_suffix("\r\n").map_or_else(|| text.clone(), |text| format!("{text}\n").into());
        self.0.stdout.write_all(safe(&text).as_bytes())?;
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.stdout.flush()
    }
}

/// Escapes what would change how a terminal shows other text; line ends and tabs stay.
pub(super) fn safe(text: &str) -> Cow<'_, str> {
    let mut escaped = String::new();
    let mut shown = 0;
    for (at, c) in deceptions(text).filter(|(_, c)| *c != '\n' && *c != '\t') {
        escaped.push_str(text.get(shown..at).unwrap_or_default());
        escaped.extend(c.escape_default());
        shown = at + c.len_utf8();
    }
    if shown == 0 {
        return Cow::Borrowed(text);
    }
    escaped.push_str(text.get(shown..).unwrap_or_default());
    Cow::Owned(escaped)
}

#[cfg(test)]
mod tests {
    use super::*;

    // REQ-139
    #[test]
    fn text_of_others_cannot_write_to_the_terminal() {
        assert_eq!(safe("a\u{1b}[2Jb\r\u{202e}c\nd\te✓"), "a\\u{1b}[2Jb\\r\\u{202e}c\nd\te✓");
    }
}
