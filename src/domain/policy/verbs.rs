//! The verbs of a policy: from YAML to [`Action`].

use serde_yaml::Spanned;

use super::compile::{Compiler, place};
use super::source::{ActionSource, ActionsFile, InputSource};
use super::{Action, Choice, Fault, Input, InputKind, Policy, Profile};
use crate::domain::id::{ActionName, InputName};
use crate::domain::yaml::Place;

/// Reads the verbs alone, which is all that a command line needs to be understood.
pub fn compile_actions(text: &str) -> Result<Vec<Action>, Vec<Fault>> {
    let mut compiler = Compiler::default();
    compiler.actions(text);
    if compiler.faults.is_empty() { Ok(compiler.actions) } else { Err(compiler.faults) }
}

impl Compiler {
    /// Reads the file of verbs; `None` where it cannot be read at all.
    pub(super) fn actions(&mut self, text: &str) -> Option<()> {
        let [_, file] = Policy::FILES;
        let verbs: ActionsFile = self.read(file, text)?;
        self.schema(file, &verbs.schema, "qms.actions/1");
        for (name, source) in verbs.actions {
            let action = self.action(file, name, source);
            self.actions.push(action);
        }
        Some(())
    }

    fn action(&mut self, file: &str, name: ActionName, source: Spanned<ActionSource>) -> Action {
        let at = place(file, &source);
        let action = source.value;
        let mut inputs = Vec::new();
        for (input_name, input) in action.inputs {
            let input_at = place(file, &input);
            inputs.extend(self.input(&input_at, input_name, input.value));
        }
        if let Some(command) = action.command.as_ref().filter(|command| !is_command(command)) {
            let message =
                format!("`{}` is no command: it takes two lower-case words", command.escape_debug());
            self.fault(&at, "command_words", message);
        }
        let (sop_place, sop) = action.sop.map(|sop| (place(file, &sop), sop.value)).unzip();
        Action {
            name,
            command: action.command,
            label: action.label,
            help: action.help,
            done: action.done,
            sop,
            sop_place: sop_place.unwrap_or_else(|| at.clone()),
            reminds: self.reminders(file, action.reminds),
            scope: action.scope,
            inputs,
            place: at,
        }
    }

    fn input(&mut self, at: &Place, name: InputName, source: InputSource) -> Option<Input> {
        let one_of = source.one_of.map(|values| {
            InputKind::OneOf(values.into_iter().map(|(value, label)| Choice { value, label }).collect())
        });
        let kind = match (source.takes, one_of) {
            (Some(InputKind::OneOf(_)), _) | (Some(_), Some(_)) | (None, None) => {
                self.fault(at, "input_kind", format!("input `{name}` needs either `takes` or `one_of`"));
                return None;
            }
            (takes, one_of) => takes.or(one_of),
        };
        if let Some(InputKind::OneOf(choices)) = &kind {
            if choices.is_empty() {
                self.fault(at, "input_kind", format!("`{name}` needs one value at least"));
            }
            for choice in choices.iter().filter(|choice| InputName::parse(&choice.value).is_err()) {
                self.fault(
                    at,
                    "input_kind",
                    format!("choice `{}` of `{name}` is not a lower-case word", choice.value),
                );
            }
        }
        if source.positional && !matches!(kind, Some(InputKind::Word | InputKind::Line | InputKind::Item)) {
            self.fault(
                at,
                "input_kind",
                format!("`{name}` needs a flag: only a word, a line or an item is positional"),
            );
            return None;
        }
        if source.named && !matches!(kind, Some(InputKind::OneOf(_))) {
            self.fault(
                at,
                "input_kind",
                format!("`{name}` has its name as a flag: only a choice is `named`"),
            );
            return None;
        }
        let InputSource { required, positional, named, .. } = source;
        let required = required.under(self.profile.unwrap_or(Profile::Light));
        Some(Input { name, required, positional, named, help: source.help, kind: kind? })
    }
}

/// Tells whether a text is the words of a command beside others of its group, such as `note set`.
fn is_command(text: &str) -> bool {
    let words: Vec<&str> = text.split(' ').collect();
    let is_word = |word: &str| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase());
    words.len() == 2 && words.iter().all(|word| is_word(word))
}
