//! What is taken from those who object: who can stop a text must find it no harder than who lets it pass.

use super::guards::called;
use crate::domain::document::Outcome;
use crate::domain::policy::{Action, InputKind, Policy, Transition, VerdictKind, When, Workflow};

impl Policy {
    pub(super) fn less_of_objections(&self, next: &Self, before: &Workflow, after: &Workflow) -> Vec<String> {
        let mut found = Vec::new();
        for state in before.states.iter().filter(|state| after.state(&state.name).is_some()) {
            let ways: Vec<&Transition> =
                after.leaving(&state.name).filter(|way| way.verdict.is_some()).collect();
            for old in before.leaving(&state.name).filter(|way| objects(way)) {
                let alike = ways.iter().filter(|way| objects(way) && way.verdict == old.verdict);
                let hindered = alike.map(|way| self.hindered(next, old, way, &ways)).min_by_key(Vec::len);
                let verb = self.action(&old.action).map_or_else(|| old.action.to_string(), Action::words);
                // That nobody says it any more is told of the verdicts.
                let how = hindered.unwrap_or_default().into_iter();
                found.extend(
                    how.map(|how| format!("{}: to object by `{verb}` in {} {how}", after.name, state.name)),
                );
            }
        }
        let swapped = after.transitions.iter().filter(|way| {
            let same = before.transitions.iter().filter(|old| old.action == way.action);
            way.verdict.is_some()
                && same.into_iter().any(|old| old.verdict.is_some() && old.verdict != way.verdict)
        });
        found.extend(swapped.map(|way| format!("{}: `{}` gives another verdict", after.name, way.action)));
        if self.compares_keys() {
            found.extend(self.less_of_words(next, before));
        }
        found
    }

    /// Where people sign, what a verdict is called is what they sign.
    fn less_of_words(&self, next: &Self, before: &Workflow) -> Vec<String> {
        let judges = before.transitions.iter().filter(|way| way.verdict.is_some());
        let both = judges.filter_map(|way| Some((self.action(&way.action)?, next.action(&way.action)?)));
        let choices = |action: &Action| -> Vec<String> {
            let kinds = action.inputs.iter().map(|input| &input.kind);
            let labels = kinds.filter_map(|kind| match kind {
                InputKind::OneOf(choices) => {
                    Some(choices.iter().map(|it| format!("{} {}", it.value, it.label)))
                }
                _ => None,
            });
            labels.flatten().collect()
        };
        let words = |action: &Action| {
            (action.label.clone(), action.help.clone(), action.done.clone(), choices(action))
        };
        let renamed = both.filter(|(old, new)| words(old) != words(new));
        renamed.map(|(old, _)| format!("`{}` is called by other words", old.words())).collect()
    }

    /// Says what an objection needs that it did not, and that what passes a text does not need either.
    fn hindered(&self, next: &Self, old: &Transition, way: &Transition, ways: &[&Transition]) -> Vec<String> {
        let task = |way: &Transition| way.verdict.map(VerdictKind::task);
        let passing: Vec<&Transition> =
            ways.iter().copied().filter(|other| passes(other) && task(other) == task(way)).collect();
        let mut found = Vec::new();
        for guard in &way.guards {
            let is_there = |other: &Transition| other.guards.iter().any(|it| guard.is_met_by(it));
            if !is_there(old) && passing.iter().any(|other| !is_there(other)) {
                found.push(format!("waits for {}", called(guard)));
            }
        }
        let lost = old.by.iter().filter(|group| !way.by.contains(group));
        let lost = lost.filter(|group| passing.iter().any(|other| other.by.contains(group)));
        found.extend(lost.map(|group| format!("is no longer for {group}")));
        let is_split = way.verdict == Some(VerdictKind::Review) && matches!(way.when, Some(When::Input(..)));
        if way.when.is_some() && way.when != old.when && !is_split {
            found.push("is possible under a condition alone".to_owned());
        }
        if way.quorum && !old.quorum {
            found.push("waits for the others who were asked".to_owned());
        }
        let asks = |policy: &Self, way: &Transition, name: &str| {
            policy
                .action(&way.action)
                .and_then(|action| action.input(name))
                .is_some_and(|input| input.required)
        };
        let inputs = next.action(&way.action).into_iter().flat_map(|action| &action.inputs);
        let asked = inputs.map(|input| input.name.as_str()).filter(|name| asks(next, way, name));
        let more = asked
            .filter(|name| !asks(self, old, name) && passing.iter().any(|other| !asks(next, other, name)));
        found.extend(more.map(|name| format!("asks for `{name}`")));
        found
    }
}

/// Tells whether a verdict can stop a text.
fn objects(way: &Transition) -> bool {
    match way.verdict {
        Some(VerdictKind::Reject) => true,
        Some(VerdictKind::Review) => !is_of(way, Outcome::Recommend),
        Some(VerdictKind::Approve) | None => false,
    }
}

/// Tells whether a verdict can let a text pass.
fn passes(way: &Transition) -> bool {
    match way.verdict {
        Some(VerdictKind::Approve) => true,
        Some(VerdictKind::Review) => !is_of(way, Outcome::RequestUpdates),
        Some(VerdictKind::Reject) | None => false,
    }
}

/// Tells whether a way is taken with one outcome alone.
fn is_of(way: &Transition, outcome: Outcome) -> bool {
    matches!(&way.when, Some(When::Input(_, value)) if value == outcome.as_str())
}
