//! Reading transitions.

use indexmap::IndexSet;

use super::Compiler;
use crate::domain::id::{ActionName, InputName, StateName};
use crate::domain::policy::source::TransitionSource;
use crate::domain::policy::{Action, InputKind, Scope, Target, Transition, When};
use crate::domain::yaml::Place;

impl Compiler {
    pub(super) fn transition(
        &mut self,
        file: &str,
        at: Place,
        source: TransitionSource,
        states: &IndexSet<StateName>,
    ) -> Option<Transition> {
        self.check_groups(&at, &source.by);
        let scope = if source.from.is_empty() { Scope::New } else { Scope::Document };
        self.check_action(&at, &source.action, scope);
        for guard in &source.guards {
            self.check_groups(&at, guard.groups());
            self.check_evidence(&at, guard);
        }
        let from = source.from.into_vec();
        let known = || states.iter().map(StateName::as_str);
        for state in from.iter().filter(|state| !states.contains(*state)) {
            self.unknown(&at, "state", state.as_str(), known());
        }
        let to = match source.to.as_str() {
            "same" => Target::Same,
            "origin" => Target::Origin,
            name => match StateName::parse(name) {
                Ok(state) if states.contains(&state) => Target::State(state),
                _ => {
                    self.unknown(&at, "state", name, known().chain(["same", "origin"]));
                    return None;
                }
            },
        };
        if source.when.len() > 1 {
            self.fault(&at, "one_when", "`when` takes one condition".to_owned());
        }
        let when = source
            .when
            .into_iter()
            .next()
            .and_then(|(name, value)| self.when(&at, &source.action, name, value));
        Some(Transition {
            action: source.action,
            when,
            from,
            to,
            by: source.by,
            guards: source.guards,
            effects: source.effects,
            completion: source.completion,
            meaning: source.meaning,
            verdict: source.verdict,
            quorum: source.quorum.is_some(),
            reminds: self.reminders(file, source.reminds),
            place: at,
        })
    }

    fn when(&mut self, at: &Place, action: &ActionName, name: InputName, value: String) -> Option<When> {
        if name.as_str() == "content" {
            return match value.as_str() {
                "changed" => Some(When::ContentChanged(true)),
                "unchanged" => Some(When::ContentChanged(false)),
                _ => {
                    self.unknown(at, "value of `content`", &value, ["changed", "unchanged"].into_iter());
                    None
                }
            };
        }
        let actions = std::mem::take(&mut self.actions);
        let verb = actions.iter().find(|one| &one.name == action);
        let when = verb.and_then(|verb| self.chosen(at, verb, name, value));
        self.actions = actions;
        when
    }

    /// Reads a condition on a choice of a verb.
    fn chosen(&mut self, at: &Place, verb: &Action, name: InputName, value: String) -> Option<When> {
        match verb.input(name.as_str()).map(|input| &input.kind) {
            Some(InputKind::OneOf(choices)) if choices.iter().any(|choice| choice.value == value) => {
                Some(When::Input(name, value))
            }
            Some(InputKind::OneOf(choices)) => {
                let known: Vec<&str> = choices.iter().map(|choice| choice.value.as_str()).collect();
                self.unknown(at, &format!("value of `{name}`"), &value, known.into_iter());
                None
            }
            _ => {
                let known: Vec<&str> =
                    verb.inputs.iter().map(|input| input.name.as_str()).chain(["content"]).collect();
                self.unknown(at, "choice", name.as_str(), known.into_iter());
                None
            }
        }
    }
}
