//! The one place that prints. Results go to standard output, everything else to standard error.

use std::io::{self, Write};

use console::Style;
use serde_json::{Value, json};

use super::error::{Outcome, classify};
use super::world::World;
use crate::commands::view::{NextLine, next_lines};
use crate::commands::{CommandError, Reply};
use crate::domain::decide::{Class, Reason};
use crate::domain::front_matter::is_deceptive;
use crate::domain::identity::{Actor, Assurance};
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
    /// Whether only the result is wanted, without a menu.
    pub bare: bool,
    /// Whether colours are used.
    pub color: bool,
}

impl Manner {
    fn is_data(self) -> bool {
        matches!(self.format, Format::Json | Format::Yaml)
    }

    fn paint(self, style: &Style, text: &str) -> String {
        style.clone().force_styling(self.color).apply_to(text).to_string()
    }
}

/// Prints what a command gave back.
pub fn reply(world: &mut World, manner: Manner, reply: &Reply) -> io::Result<()> {
    if manner.is_data() {
        let warnings = serde_json::to_value(&reply.warnings)?;
        let document = envelope(reply.report.data(), Value::Null, &warnings, reply.actor.as_ref());
        return data(world, manner, &document);
    }
    identity(world, reply.actor.as_ref())?;
    for warning in &reply.warnings {
        writeln!(world.stderr, "{} {}", manner.paint(&Style::new().yellow(), "⚠"), safe(&warning.message))?;
    }
    let text = reply.report.text(manner.format == Format::Wide);
    if reply.verbatim {
        // A file's content is given out as it is, but a terminal is not to be written to by it.
        let text = if world.terminals.stdout { safe(&text) } else { text };
        world.stdout.write_all(text.as_bytes())?;
        return world.stdout.flush();
    }
    if !text.is_empty() {
        let text = safe(&text);
        match text.strip_prefix('✓') {
            Some(rest) => writeln!(world.stdout, "{}{rest}", manner.paint(&Style::new().green(), "✓"))?,
            None => writeln!(world.stdout, "{text}")?,
        }
    }
    if let (Some(menu), Some(actor), false) = (&reply.menu, &reply.actor, manner.bare) {
        let separate = !text.is_empty();
        let lines = menu_text(menu, actor.name().as_str());
        writeln!(world.stdout, "{}{lines}", if separate { "\n" } else { "" })?;
    }
    world.stdout.flush()
}

/// The identity line: how somebody who started the caller notices that the wrong user acts.
fn identity(world: &mut World, actor: Option<&Actor>) -> io::Result<()> {
    let Some(actor) = actor else { return Ok(()) };
    match actor.assurance() {
        Assurance::Claimed => writeln!(world.stderr, "acting as {} (claimed)", actor.name()),
        verified => writeln!(world.stderr, "acting as {} (verified: {verified})", actor.name()),
    }
}

/// A menu as it stands in the text output.
pub fn menu_text(menu: &[NextLine], user: &str) -> String {
    let width = menu.iter().map(|line| line.label.chars().count()).max().unwrap_or(0);
    let digits = menu.len().to_string().len();
    let mut text = format!("Available actions for user '{user}':");
    for (number, line) in menu.iter().enumerate() {
        let mark = format!("[{}]", number + 1);
        let label = format!("{}:", line.label);
        text.push_str(&format!(
            "\n  {mark:<mark_width$} {label:<label_width$} {}",
            line.command,
            mark_width = digits + 2,
            label_width = width + 1
        ));
    }
    text
}

/// Prints a failure, and returns the exit status.
pub fn failure(world: &mut World, manner: Manner, error: &CommandError) -> io::Result<u8> {
    let outcome = classify(error);
    let status = outcome.code.status();
    if manner.is_data() {
        let next = json!({ "next": next_of(error).unwrap_or_default() });
        let document = envelope(next, error_value(error, &outcome), &json!([]), actor_of(error));
        return data(world, manner, &document).map(|()| status);
    }
    identity(world, actor_of(error))?;
    let mark = manner.paint(&Style::new().red().bold(), "error:");
    if let CommandError::Session(SessionError::Denied(refusal)) = error {
        let why = match refusal.denial.class() {
            Class::Identity => "who is calling could not be verified",
            Class::Permission => "not permitted",
            Class::Precondition => "not possible now",
        };
        writeln!(world.stderr, "{mark} {why}, nothing was changed")?;
        for reason in refusal.denial.reasons() {
            write_reason(world, reason)?;
        }
    } else {
        writeln!(world.stderr, "{mark} {}", safe(&error.to_string()))?;
        let mut source = std::error::Error::source(error);
        while let Some(cause) = source {
            writeln!(world.stderr, "  because: {}", safe(&cause.to_string()))?;
            source = cause.source();
        }
        for line in lines_of(error) {
            writeln!(world.stderr, "  - {}", safe(&line))?;
        }
    }
    for hint in &outcome.hints {
        writeln!(world.stderr, "  try: {}", safe(hint))?;
    }
    if let (Some(menu), Some(actor), false) = (next_of(error), actor_of(error), manner.bare) {
        writeln!(world.stderr, "\n{}", menu_text(&menu, actor.name().as_str()))?;
    }
    world.stderr.flush()?;
    Ok(status)
}

fn write_reason(world: &mut World, reason: &Reason) -> io::Result<()> {
    writeln!(world.stderr, "  - {} ({})", safe(&reason.message), reason.name)?;
    match &reason.remedy {
        Some(remedy) => writeln!(world.stderr, "    try: {}", safe(remedy)),
        None => Ok(()),
    }
}

fn lines_of(error: &CommandError) -> Vec<String> {
    match error {
        CommandError::PolicyInvalid(faults) if faults.len() > 1 => {
            faults.iter().map(|fault| format!("{}: {}", fault.place, fault.message)).collect()
        }
        CommandError::ScenariosFailed { failures, .. } => failures.clone(),
        CommandError::Unhealthy(findings) => findings.iter().map(|finding| finding.message.clone()).collect(),
        _ => Vec::new(),
    }
}

fn actor_of(error: &CommandError) -> Option<&Actor> {
    match error {
        CommandError::Session(SessionError::Denied(refusal)) => Some(&refusal.actor),
        _ => None,
    }
}

/// What somebody who was refused can do instead.
fn next_of(error: &CommandError) -> Option<Vec<NextLine>> {
    match error {
        CommandError::Session(SessionError::Denied(refusal)) => refusal
            .document
            .as_ref()
            .map(|document| next_lines(&refusal.menu, refusal.actor.name(), &document.id, false)),
        _ => None,
    }
}

fn error_value(error: &CommandError, outcome: &Outcome) -> Value {
    let reasons = match error {
        CommandError::Session(SessionError::Denied(refusal)) => json!(refusal.denial.reasons()),
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

fn data(world: &mut World, manner: Manner, document: &Value) -> io::Result<()> {
    let text = match manner.format {
        Format::Yaml => serde_yaml::to_string(document).map_err(io::Error::other)?,
        _ => serde_json::to_string_pretty(document)?,
    };
    writeln!(world.stdout, "{}", text.trim_end())?;
    world.stdout.flush()
}

/// Prints text that is nobody's data, such as help.
pub fn plain(world: &mut World, text: &str) -> io::Result<()> {
    write!(world.stdout, "{text}")?;
    world.stdout.flush()
}

/// Prints a usage failure that the parser of the command line found.
pub fn usage(world: &mut World, manner: Manner, message: &str) -> io::Result<()> {
    if manner.is_data() {
        let error = CommandError::Usage(message.trim().to_owned());
        return failure(world, manner, &error).map(|_| ());
    }
    write!(world.stderr, "{message}")?;
    world.stderr.flush()
}

/// Escapes what would change how a terminal shows other text; line ends and tabs stay.
pub fn safe(text: &str) -> String {
    text.chars().fold(String::with_capacity(text.len()), |mut out, c| {
        if is_deceptive(c) && c != '\n' && c != '\t' {
            out.extend(c.escape_default());
        } else {
            out.push(c);
        }
        out
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_of_others_cannot_write_to_the_terminal() {
        assert_eq!(safe("a\u{1b}[2Jb\r\u{202e}c\nd\te✓"), "a\\u{1b}[2Jb\\r\\u{202e}c\nd\te✓");
    }
}
