//! What would meet a condition, offered only to somebody who could do it here and now.

use super::{Case, Reason};
use crate::domain::document::Document;
use crate::domain::id::{ActionName, GroupName, UserName};
use crate::domain::offer::Offer;
use crate::domain::policy::{Action, Effect, InputKind, ProjectRule, When};
use crate::domain::request::{Inputs, Value};

impl Case<'_> {
    /// A verb about the present document that needs to be told nothing.
    pub(super) fn verb(&self, verb: &str) -> Option<Offer> {
        self.open_to_me(Offer::of(verb))
    }

    /// Asking somebody for another verdict, where that one could be asked.
    pub(super) fn assigning(&self, name: &UserName) -> Option<Offer> {
        self.open_to_me(Offer::of("assign").with("assignees", name))
    }

    /// Opening the content that the round is about, where that would be recorded.
    pub(super) fn reading(&self, document: &Document) -> Option<Offer> {
        let (workflow, state) = self.policy.standing(document)?;
        let edge =
            workflow.leaving(&state.name).find(|edge| edge.effects.contains(&Effect::RecordReading))?;
        let reading = Offer::of(Action::READ);
        self.open_to_me(match &edge.when {
            Some(When::Input(name, value)) => reading.with(name.as_str(), value),
            _ => reading,
        })
    }

    /// Returns an offer about the present document where the same decision leaves it open to this actor.
    pub(super) fn open_to_me(&self, offer: Offer) -> Option<Offer> {
        // While one remedy is tried no other is looked for, so that the search ends.
        let document = self.document().filter(|_| self.seeks)?;
        let action = self.policy.action(&ActionName::parse(&offer.action).ok()?)?;
        let inputs = told_by(&offer, action);
        let ahead = Case { inputs: &inputs, open: true, seeks: false, ..*self };
        ahead.decide(action).is_ok().then(|| offer.about(&document.id))
    }

    /// Adds an offer about the present document to a reason, or says for whom it is.
    pub(super) fn with_verb(&self, reason: Reason, offer: &Offer) -> Reason {
        if let Some(offer) = self.open_to_me(offer.clone()) {
            return reason.remedy(offer);
        }
        let standing = self.document().and_then(|document| self.policy.standing(document));
        let groups = standing.into_iter().flat_map(|(workflow, state)| {
            let leaving = workflow.leaving(&state.name);
            leaving.filter(|edge| edge.action.as_str() == offer.action).flat_map(|edge| &edge.by)
        });
        self.for_others(reason, offer, groups)
    }

    /// Adds an offer about the project to a reason, or says for whom it is.
    pub(super) fn with_project_verb(&self, reason: Reason, offer: Offer) -> Reason {
        let rules = || self.policy.project.iter().filter(|rule| rule.action.as_str() == offer.action);
        let groups = |rule: &ProjectRule| self.actor_is_one_of(&rule.by);
        if rules().any(groups) {
            return reason.remedy(offer);
        }
        self.for_others(reason, &offer, rules().flat_map(|rule| &rule.by))
    }

    /// Adds an offer about credentials to a reason, or says for whom it is.
    pub(super) fn with_token_verb(&self, reason: Reason, offer: Offer) -> Reason {
        if self.manages_credentials() {
            return reason.remedy(offer);
        }
        self.for_others(reason, &offer, self.policy.managers())
    }

    /// Says for whom a verb is that would help, where it is not for this actor.
    pub(super) fn for_others<'g>(
        &self,
        mut reason: Reason,
        offer: &Offer,
        groups: impl Iterator<Item = &'g GroupName>,
    ) -> Reason {
        let mut names: Vec<&GroupName> = groups.collect();
        names.sort_unstable();
        names.dedup();
        let action = ActionName::parse(&offer.action).ok().and_then(|name| self.policy.action(&name));
        let words = action.map_or_else(|| offer.action.replace('_', " "), Action::words);
        // A flag of its own says no more than its name.
        let told = offer.inputs.iter().filter_map(|(name, value)| Some((name, value.as_ref()?)));
        let told = told.filter(|(name, value)| name != value).map(|(name, value)| format!("{name}: {value}"));
        let told = told.collect::<Vec<_>>().join(", ");
        let told = if told.is_empty() { told } else { format!(" ({told})") };
        let mine = names.iter().any(|group| self.actor_is_one_of(std::slice::from_ref(group)));
        if !mine && !names.is_empty() {
            let names = names.iter().map(|name| name.as_str()).collect::<Vec<_>>().join(", ");
            reason.message = format!("{}; `{words}`{told} is for {names}", reason.message);
        }
        reason
    }
}

/// The inputs that an offer gives a value to, as the action takes them.
fn told_by(offer: &Offer, action: &Action) -> Inputs {
    let told = action.inputs.iter().filter_map(|input| {
        let text = offer.inputs.get(input.name.as_str())?.as_deref()?;
        let value = match input.kind {
            InputKind::User | InputKind::Users => Value::Users(vec![UserName::parse(text).ok()?]),
            _ => Value::Text(text.to_owned()),
        };
        Some((input.name.clone(), value))
    });
    Inputs(told.collect())
}
