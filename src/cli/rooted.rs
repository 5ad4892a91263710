//! Commands that are offered to a caller who named the root of the project: they name it, too, since
//! from another folder they would find no project.

use serde_json::{Value, json};

use super::ahead;
use super::world::World;
use crate::commands::shell;

/// Words that name the root again, or none where it was not named by a flag.
pub struct Rooted(Option<String>);

impl Rooted {
    /// Looks whether the command line names a root.
    pub fn of(world: &World) -> Self {
        Self(ahead::root(&world.arguments).map(|root| root.display().to_string()))
    }

    /// Completes a command; a hint that is none stays as it is.
    pub fn command(&self, command: &str) -> String {
        match &self.0 {
            Some(root) if command.starts_with("qms ") => format!("{command} --root {}", shell::word(root)),
            _ => command.to_owned(),
        }
    }

    /// Completes the commands that an answer offers. What is only reported stays as it is.
    pub fn answer(&self, answer: &mut Value) {
        if self.0.is_none() {
            return;
        }
        for line in list(answer.pointer_mut("/data/next")) {
            self.line(line);
        }
        for reason in list(answer.pointer_mut("/error/reasons")) {
            self.field(reason, "remedy");
        }
        for hint in list(answer.pointer_mut("/error/hints")) {
            self.text(hint);
        }
    }

    fn line(&self, line: &mut Value) {
        self.field(line, "command");
        for missing in list(line.get_mut("missing")) {
            self.field(missing, "remedy");
        }
        // At the end, so that what is still to be given keeps its place.
        if let (Some(root), Some(words)) = (&self.0, line.get_mut("argv").and_then(Value::as_array_mut)) {
            words.extend([json!("--root"), json!(root)]);
        }
    }

    fn field(&self, object: &mut Value, name: &str) {
        if let Some(text) = object.get_mut(name) {
            self.text(text);
        }
    }

    fn text(&self, value: &mut Value) {
        if let Some(text) = value.as_str() {
            *value = json!(self.command(text));
        }
    }
}

fn list(value: Option<&mut Value>) -> impl Iterator<Item = &mut Value> {
    value.and_then(Value::as_array_mut).into_iter().flatten()
}
