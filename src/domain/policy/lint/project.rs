//! The verbs about the project itself: who may use them, and whether their commands tell what they ask for.

use std::collections::BTreeSet;

use super::Faults;
use crate::domain::policy::{Action, Asked, OWN_VERBS, OwnVerb, Policy, Scope, Told};
use crate::domain::yaml::Place;

impl Faults {
    pub(super) fn project(&mut self, policy: &Policy) {
        let mut seen = BTreeSet::new();
        for rule in &policy.project {
            if !seen.insert(rule.action.as_str()) {
                self.add(&rule.place, "two_rules", format!("a second rule for `{}`", rule.action));
            }
            if rule.by.is_empty() {
                self.add(&rule.place, "nobody", format!("nobody may `{}`: `by` is empty", rule.action));
            }
            for guard in rule.guards.iter().filter(|guard| !guard.has_meaning(Asked::Project)) {
                let message =
                    format!("`{}` is about the project: `{}` means nothing of it", rule.action, guard.name());
                self.add(&rule.place, "guard_out_of_place", message);
            }
        }
        let at = Place { file: Policy::FILES[0].to_owned(), ..Place::default() };
        for verb in OWN_VERBS.iter().filter(|verb| verb.is_demanded && !seen.contains(verb.name)) {
            let message = format!("nobody may `{}`: add a rule under `project`", verb.name);
            self.add(&at, "missing_rule", message);
        }
        let name = Action::REVOKE;
        for rule in policy.project.iter().filter(|rule| rule.action.as_str() == name) {
            let message =
                format!("nothing asks for a rule for `{name}`: holders may, and those who may add users");
            self.add(&rule.place, "idle_rule", message);
        }
        if policy.revocation().is_none_or(|action| action.scope != Scope::Project) {
            let at = Place { file: Policy::FILES[1].to_owned(), ..Place::default() };
            self.add(
                &at,
                "missing_verb",
                format!("the program asks for a verb `{name}` with `scope: project`"),
            );
        }
        for action in policy.actions.iter().filter(|action| action.scope == Scope::Project) {
            if let Some(own) = OwnVerb::of(action.name.as_str()) {
                self.told(action, own);
            } else {
                let message = format!("`{}` has `scope: project`, and no command asks for it", action.name);
                self.add(&action.place, "idle_verb", message);
            }
        }
    }

    /// A command tells what it tells: what a verb asks for besides is never there, and what it does not know is refused.
    fn told(&mut self, action: &Action, own: &OwnVerb) {
        let (verb, words) = (&action.name, action.words());
        let mut add = |message| self.add(&action.place, "input_of_command", message);
        let command = own.command();
        if words != command {
            return add(format!("`{verb}` is asked for by `command: {command}`, and by no other words"));
        }
        for told in own.inputs {
            match action.input(told.name) {
                None => add(format!("`{words}` tells `{}`: `{verb}` needs an input for it", told.name)),
                Some(input) if !told.takes.is_form_of(&input.kind) => {
                    add(format!("`{words}` tells `{}` as {}", told.name, told.takes));
                }
                Some(input) if input.required && told.told == Told::Sometimes => {
                    add(format!("`{words}` does not always tell `{}`: it cannot be required", told.name));
                }
                Some(_) => {}
            }
        }
        for input in &action.inputs {
            if own.inputs.iter().all(|told| told.name != input.name.as_str()) {
                add(format!("`{words}` tells no `{}`", input.name));
            }
        }
    }
}
