//! What is taken from those who hold a document up: who objects to it, asks more people, puts more gates before it
//! or takes it out of a round must find that no harder than who lets it pass.

use super::guards::called;
use crate::domain::document::Outcome;
use crate::domain::id::ActionName;
use crate::domain::policy::{
    Action, Effect, InputKind, Policy, Target, Transition, VerdictKind, When, Workflow,
};

/// How a way holds a document up, so that its loss lets more pass.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Hold {
    /// It gives a verdict that stops a text.
    Objection(VerdictKind),
    /// It asks more people.
    Seats,
    /// It puts more gates before a document.
    Traits,
    /// It takes a document out of a round.
    Back,
}

impl Policy {
    pub(super) fn less_of_objections(&self, next: &Self, before: &Workflow, after: &Workflow) -> Vec<String> {
        let mut found = Vec::new();
        for state in before.states.iter().filter(|state| after.state(&state.name).is_some()) {
            let name = &state.name;
            for (old, hold) in before.leaving(name).filter_map(|way| Some((way, before.holding(way)?))) {
                let ways = || after.leaving(name);
                let onward: Vec<&Transition> = ways().filter(|way| passes(way, hold)).collect();
                let alike = ways().filter(|way| after.holding(way) == Some(hold));
                let hindered = alike.map(|way| self.hindered(next, old, way, &onward)).min_by_key(Vec::len);
                let verb = self.action(&old.action).map_or_else(|| old.action.to_string(), Action::words);
                let is_verdict = matches!(hold, Hold::Objection(_));
                let how = match hindered {
                    Some(how) => how,
                    // That nobody says it any more is told of the verdicts.
                    None if is_verdict => Vec::new(),
                    None => vec!["is possible for nobody any more".to_owned()],
                };
                let what = if is_verdict { format!("to object by `{verb}`") } else { format!("`{verb}`") };
                found.extend(how.into_iter().map(|how| format!("{}: {what} in {name} {how}", after.name)));
            }
        }
        let swapped = after.transitions.iter().filter(|way| {
            let same = before.transitions.iter().filter(|old| old.action == way.action);
            way.verdict.is_some()
                && same.into_iter().any(|old| old.verdict.is_some() && old.verdict != way.verdict)
        });
        found.extend(swapped.map(|way| format!("{}: `{}` gives another verdict", after.name, way.action)));
        found.extend(self.less_of_words(next, before));
        found
    }

    /// Where people sign, what a verdict is called is what they sign. Elsewhere it may be called something else,
    /// but not what another one was called.
    fn less_of_words(&self, next: &Self, before: &Workflow) -> Vec<String> {
        let judges = before.transitions.iter().filter(|way| way.verdict.is_some());
        let both: Vec<_> =
            judges.filter_map(|way| Some((self.action(&way.action)?, next.action(&way.action)?))).collect();
        if self.compares_keys() {
            let words = |action: &Action| (action.help.clone(), action.done.clone(), labels(action));
            let renamed = both.iter().filter(|(old, new)| words(old) != words(new));
            return renamed.map(|(old, _)| format!("`{}` is called by other words", old.words())).collect();
        }
        let was: Vec<_> = both.iter().flat_map(|(old, _)| labels(old)).collect();
        let is = both.iter().flat_map(|(_, new)| labels(new));
        let taken = is.filter(|(key, label)| was.iter().any(|(other, it)| other != key && it == label));
        let taken = taken.filter(|one| !was.contains(one));
        taken.map(|(key, label)| format!("`{}` is called what another verdict was: {label}", key.1)).collect()
    }

    /// Says what an objection needs that it did not, and that what passes a text does not need either.
    fn hindered(
        &self,
        next: &Self,
        old: &Transition,
        way: &Transition,
        passing: &[&Transition],
    ) -> Vec<String> {
        let is_verdict = way.verdict.is_some();
        let mut found = Vec::new();
        for guard in &way.guards {
            let is_there = |other: &Transition| other.guards.iter().any(|it| guard.is_met_by(it));
            if !is_there(old) && passing.iter().any(|other| !is_there(other)) {
                found.push(format!("waits for {}", called(guard)));
            }
        }
        let lost = old.by.iter().filter(|group| !way.by.contains(group));
        let lost = lost.filter(|group| !is_verdict || passing.iter().any(|other| other.by.contains(group)));
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

/// Tells whether a way lets a text pass that one of this kind would hold up.
fn passes(way: &Transition, hold: Hold) -> bool {
    let task = match hold {
        Hold::Objection(verdict) => Some(verdict.task()),
        Hold::Seats | Hold::Traits | Hold::Back => None,
    };
    let is_asked = |verdict: VerdictKind| task.is_none_or(|task| task == verdict.task());
    match way.verdict {
        Some(VerdictKind::Approve) => is_asked(VerdictKind::Approve),
        Some(VerdictKind::Review) => is_asked(VerdictKind::Review) && !is_of(way, Outcome::RequestUpdates),
        Some(VerdictKind::Reject) | None => false,
    }
}

/// Tells whether a way is taken with one outcome alone.
fn is_of(way: &Transition, outcome: Outcome) -> bool {
    matches!(&way.when, Some(When::Input(_, value)) if value == outcome.as_str())
}

/// What a verb and its choices are called, each by the verb and the value.
fn labels(action: &Action) -> Vec<((ActionName, String), String)> {
    let of = |value: &str, label: &str| ((action.name.clone(), value.to_owned()), label.to_owned());
    let choices = action.inputs.iter().filter_map(|input| match &input.kind {
        InputKind::OneOf(choices) => Some(choices.iter().map(|it| of(&it.value, &it.label))),
        _ => None,
    });
    std::iter::once(of(action.name.as_str(), &action.label)).chain(choices.flatten()).collect()
}

impl Workflow {
    fn holding(&self, way: &Transition) -> Option<Hold> {
        let adds = |way: &Transition| way.effects.contains(&Effect::AddSeats);
        match way.verdict {
            Some(verdict) => objects(way).then_some(Hold::Objection(verdict)),
            // What adds to a round opens it anew once it was answered.
            None if self.transitions.iter().any(|one| one.action == way.action && adds(one)) => {
                Some(Hold::Seats)
            }
            None if way.effects.contains(&Effect::AddTraits) => Some(Hold::Traits),
            // To go on writing is what its author wants, and no loss to others.
            None => {
                (way.to == Target::Origin && !way.effects.contains(&Effect::CheckOut)).then_some(Hold::Back)
            }
        }
    }
}
