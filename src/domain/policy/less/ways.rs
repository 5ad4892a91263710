//! What is taken from the ways between states, and what leads around them.

use super::callers::gained;
use super::guards::called;
use super::verbs::{eased, unsaid};
use crate::domain::audit::Meaning;
use crate::domain::policy::{Action, Effect, Policy, Target, Transition, When, Workflow};

impl Policy {
    /// Every way out of a state that was there has to be one that was there, with nothing taken from it.
    pub(super) fn less_of_ways(&self, next: &Self, before: &Workflow, after: &Workflow) -> Vec<String> {
        let mut found = Vec::new();
        for way in &after.transitions {
            // What makes a document comes from nowhere.
            if way.from.is_empty() {
                let made = before.transitions.iter().filter(|old| old.from.is_empty());
                let taken = made.map(|old| self.taken(next, old, way)).min_by_key(Vec::len);
                let verb = next.action(&way.action).map_or_else(|| way.action.to_string(), Action::words);
                let how = taken.unwrap_or_else(|| vec!["is another way to make one".to_owned()]);
                found.extend(how.into_iter().map(|how| format!("{}: `{verb}` {how}", after.name)));
            }
            for state in &way.from {
                if before.state(state).is_none() {
                    // Who comes from a state that was not there has passed by what was asked for on the way.
                    let arrives = match &way.to {
                        Target::State(to) => before.state(to).is_some(),
                        Target::Origin => true,
                        Target::Same => false,
                    };
                    if arrives {
                        found.push(format!(
                            "{}: from {state}, which is new, one {}",
                            after.name,
                            leads(&way.to)
                        ));
                    }
                    continue;
                }
                let known = || before.leaving(state);
                let taken = |old: &Transition| self.taken(next, old, way);
                if known().any(|old| taken(old).is_empty()) {
                    continue;
                }
                let verb = next.action(&way.action).map_or_else(|| way.action.to_string(), Action::words);
                let what = format!("{}: `{verb}` in {state}", after.name);
                let same = known().filter(|old| old.action == way.action);
                match same.map(taken).min_by_key(Vec::len) {
                    Some(taken) => found.extend(taken.into_iter().map(|how| format!("{what} {how}"))),
                    // What only puts something on record leads nobody anywhere; it waits for what that waited for
                    // elsewhere.
                    None if way.to == Target::Same && way.verdict.is_none() && only_records(way) => {
                        let recorded = |old: &&Transition| !old.from.is_empty() && old.effects == way.effects;
                        let elsewhere = before.transitions.iter().filter(recorded).map(taken);
                        let taken = elsewhere.min_by_key(Vec::len).unwrap_or_default();
                        found.extend(taken.into_iter().map(|how| format!("{what} {how}")));
                    }
                    None => found.push(format!("{what} is another way {}", leads(&way.to))),
                }
            }
        }
        found
    }

    /// What a way lacks that another one has.
    fn taken(&self, next: &Self, old: &Transition, way: &Transition) -> Vec<String> {
        let Transition {
            action,
            when,
            from: _,
            to,
            by,
            guards,
            effects,
            completion,
            meaning,
            verdict,
            quorum,
            reminds,
            place: _,
        } = old;
        let mut taken = Vec::new();
        if when.is_some() && *when != way.when {
            let asked = match when {
                Some(When::Input(_, value)) => format!("`{value}`"),
                _ => "whether the content changed".to_owned(),
            };
            taken.push(format!("is taken without asking for {asked}"));
        }
        if *to != way.to {
            taken.push(leads(&way.to));
        }
        taken.extend(gained(by, &way.by).map(|group| format!("is for {group}, too")));
        let lost = guards.iter().filter(|guard| {
            !way.guards.iter().any(|it| guard.is_met_by(it)) && !guard.is_met_by_groups(&way.by)
        });
        taken.extend(lost.map(|guard| format!("no longer waits for {}", called(guard))));
        if *meaning != way.meaning {
            let called = |meaning: Option<Meaning>| meaning.map_or("nothing", Meaning::as_str);
            taken.push(format!("is signed as {} instead of {}", called(way.meaning), called(*meaning)));
        }
        if *quorum && !way.quorum {
            taken.push("no longer waits for the others who were asked".to_owned());
        }
        if *verdict != way.verdict {
            taken.push("gives another verdict, or none".to_owned());
        }
        if *effects != way.effects || *completion != way.completion {
            taken.push("does something else".to_owned());
        }
        taken.extend(unsaid(reminds, &way.reminds));
        // One and the same verb is compared by itself.
        if *action != way.action
            && let (Some(asked), Some(asks)) = (self.action(action), next.action(&way.action))
        {
            taken.extend(eased(asked, asks));
        }
        taken
    }
}

/// Effects that put on record what can be given in no other way: a run, a reading, a note by its role.
const RECORDS: &[Effect] = &[Effect::RecordRun, Effect::RecordReading, Effect::RecordNote];

fn only_records(way: &Transition) -> bool {
    way.effects.iter().chain(&way.completion).all(|effect| RECORDS.contains(effect))
}

fn leads(to: &Target) -> String {
    match to {
        Target::Same => "leads nowhere".to_owned(),
        Target::Origin => "leads back".to_owned(),
        Target::State(state) => format!("leads to {state}"),
    }
}
