//! The command that would meet a condition, given only to somebody who could run it here and now.

use super::{Case, Reason};
use crate::domain::document::Document;
use crate::domain::id::{ActionName, GroupName, InputName, UserName};
use crate::domain::policy::{Action, Effect, ProjectRule, When};
use crate::domain::request::{Inputs, Value};

impl Case<'_> {
    /// A verb about the present document, where the same decision leaves it open to this actor.
    /// `flags` are what it still has to be told.
    pub(super) fn verb(&self, verb: &str, flags: &str) -> Option<String> {
        self.verb_with(verb, flags, &Inputs::default())
    }

    /// Asking somebody for another verdict, where that one could be asked.
    pub(super) fn assigning(&self, name: &UserName) -> Option<String> {
        let input = InputName::parse("assignees").ok()?;
        let inputs = Inputs::default().with(input, Value::Users(vec![name.clone()]));
        self.verb_with("assign", &format!("--assignees {name}"), &inputs)
    }

    /// Opening the content that the round is about, where that would be recorded.
    pub(super) fn reading(&self, document: &Document) -> Option<String> {
        let (workflow, state) = self.policy.standing(document)?;
        let edge =
            workflow.leaving(&state.name).find(|edge| edge.effects.contains(&Effect::RecordReading))?;
        let inputs = match &edge.when {
            Some(When::Input(name, value)) => {
                Inputs::default().with(name.clone(), Value::Text(value.clone()))
            }
            _ => Inputs::default(),
        };
        self.verb_with(Action::READ, "--draft", &inputs)
    }

    fn verb_with(&self, verb: &str, flags: &str, inputs: &Inputs) -> Option<String> {
        // While one remedy is tried no other is looked for, so that the search ends.
        let document = self.document().filter(|_| self.seeks)?;
        let action = self.policy.action(&ActionName::parse(verb).ok()?)?;
        let ahead = Case { inputs, open: true, seeks: false, ..*self };
        let words = format!("{} {} {flags}", action.words(), document.id);
        ahead.decide(action).is_ok().then(|| self.command(words.trim_end()))
    }

    /// Adds a verb about the present document to a reason, or says for whom it is.
    pub(super) fn with_verb(&self, reason: Reason, verb: &str, flags: &str) -> Reason {
        self.with_verb_told(reason, verb, flags, &Inputs::default())
    }

    /// The same, of a verb that is told this much already.
    pub(super) fn with_verb_told(&self, reason: Reason, verb: &str, flags: &str, inputs: &Inputs) -> Reason {
        if let Some(command) = self.verb_with(verb, flags, inputs) {
            return reason.remedy(command);
        }
        let standing = self.document().and_then(|document| self.policy.standing(document));
        let groups = standing.into_iter().flat_map(|(workflow, state)| {
            let leaving = workflow.leaving(&state.name);
            leaving.filter(|edge| edge.action.as_str() == verb).flat_map(|edge| &edge.by)
        });
        let action = ActionName::parse(verb).ok().and_then(|name| self.policy.action(&name));
        let words = action.map_or_else(|| verb.to_owned(), Action::words);
        self.for_others(reason, &words, groups)
    }

    /// Adds a command about the project to a reason, or says for whom it is.
    pub(super) fn with_project_verb(&self, reason: Reason, verb: &str, rest: &str) -> Reason {
        // Its command has another name than the action that rules are about.
        let action =
            if verb == "workflow adopt" { "policy_adopt".to_owned() } else { verb.replace(' ', "_") };
        let words = format!("{verb} {rest}");
        let words = words.trim_end();
        let rules = || self.policy.project.iter().filter(|rule| rule.action.as_str() == action);
        let groups = |rule: &ProjectRule| self.actor_is_one_of(&rule.by);
        if rules().any(groups) {
            return reason.remedy(self.command(words));
        }
        self.for_others(reason, words, rules().flat_map(|rule| &rule.by))
    }

    /// Adds a command about credentials to a reason, or says for whom it is.
    pub(super) fn with_token_verb(&self, reason: Reason, words: &str) -> Reason {
        if self.manages_credentials() {
            return reason.remedy(self.command(words));
        }
        self.for_others(reason, words, self.policy.managers())
    }

    /// Says for whom a verb is that would help, where it is not for this actor.
    pub(super) fn for_others<'g>(
        &self,
        mut reason: Reason,
        verb: &str,
        groups: impl Iterator<Item = &'g GroupName>,
    ) -> Reason {
        let mut names: Vec<&GroupName> = groups.collect();
        names.sort_unstable();
        names.dedup();
        let mine = names.iter().any(|group| self.actor_is_one_of(std::slice::from_ref(group)));
        if !mine && !names.is_empty() {
            let names = names.iter().map(|name| name.as_str()).collect::<Vec<_>>().join(", ");
            reason.message = format!("{}; `{verb}` is for {names}", reason.message);
        }
        reason
    }
}
