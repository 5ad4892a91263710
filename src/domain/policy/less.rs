//! What a policy demands less of than the one in force: of documents under way, and of those who act. What
//! is compared is what the files mean; names of verbs count for nothing.

use std::collections::BTreeSet;

use super::{
    Action, DocumentType, Effect, Guard, InputKind, ParentRule, Plain, Policy, Profile, Target, Transition,
    When, Workflow,
};
use crate::domain::audit::Meaning;
use crate::domain::id::{AttestationName, GroupName, TraitName, TypeName};

impl Policy {
    /// Says, a sentence each, what `next` demands less of; of life cycles that `types` follow alone, and of the
    /// `traits` that documents have.
    pub fn less(
        &self,
        next: &Self,
        types: &BTreeSet<TypeName>,
        traits: &BTreeSet<TraitName>,
    ) -> BTreeSet<String> {
        let mut found: BTreeSet<String> = self.less_of_callers(next).into_iter().collect();
        for name in types {
            let (Some((before, kind)), Some((after, other))) =
                (self.document_type(name), next.document_type(name))
            else {
                continue;
            };
            found.extend(less_of_type(kind, other));
            found.extend(less_of_states(before, after));
            found.extend(self.less_of_ways(next, before, after));
            found.extend(self.less_of_verdicts(next, before, after));
            found.extend(self.less_of_evidence(next, before));
            if before.sop.is_some() && after.sop.is_none() {
                found.insert(format!("{}: no procedure is cited for it any more", before.name));
            }
        }
        let gone =
            traits.iter().filter(|name| self.traits.contains_key(*name) && !next.traits.contains_key(*name));
        found.extend(gone.map(|name| format!("the trait `{name}` is gone, and documents have it")));
        found
    }

    fn less_of_callers(&self, next: &Self) -> Vec<String> {
        let mut found = Vec::new();
        let rank = |profile| Profile::ALL.iter().position(|one| *one == profile);
        if rank(next.profile) < rank(self.profile) {
            found.push(format!("the profile is {} instead of {}", next.profile, self.profile));
        }
        for (name, group) in &self.groups {
            let after = next.groups.get(name).into_iter().flat_map(|group| &group.includes);
            let gained = after.filter(|other| *other != name && !group.includes.contains(*other));
            found.extend(gained.map(|other| format!("{name} acts as {other}, too")));
            if next.groups.get(name).is_some_and(|after| after.may_own && !group.may_own) {
                found.push(format!("{name} may own documents"));
            }
        }
        for (name, group) in next.groups.iter().filter(|(name, _)| !self.groups.contains_key(*name)) {
            found.extend(group.includes.iter().map(|other| format!("{name}, which is new, acts as {other}")));
        }
        for rule in &self.project {
            for after in next.project.iter().filter(|one| one.action == rule.action) {
                let what = self.action(&rule.action).map_or_else(|| rule.action.to_string(), Action::words);
                found
                    .extend(gained(&rule.by, &after.by).map(|group| format!("`{what}` is for {group}, too")));
                let lost =
                    rule.guards.iter().filter(|guard| !after.guards.iter().any(|it| guard.is_met_by(it)));
                found.extend(lost.map(|guard| format!("`{what}` no longer waits for {}", called(guard))));
            }
        }
        found
    }

    /// Every way out of a state that was there has to be one that was there, with nothing taken from it.
    fn less_of_ways(&self, next: &Self, before: &Workflow, after: &Workflow) -> Vec<String> {
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
                    // What only puts something on record leads nobody anywhere.
                    None if way.to == Target::Same && way.verdict.is_none() && only_records(way) => {}
                    None => found.push(format!("{what} is another way {}", leads(&way.to))),
                }
            }
        }
        found
    }

    /// What a way lacks that another one has.
    fn taken(&self, next: &Self, old: &Transition, way: &Transition) -> Vec<String> {
        let mut taken = Vec::new();
        if old.when.is_some() && old.when != way.when {
            let asked = match &old.when {
                Some(When::Input(_, value)) => format!("`{value}`"),
                _ => "whether the content changed".to_owned(),
            };
            taken.push(format!("is taken without asking for {asked}"));
        }
        if old.to != way.to {
            taken.push(leads(&way.to));
        }
        taken.extend(gained(&old.by, &way.by).map(|group| format!("is for {group}, too")));
        let lost = old.guards.iter().filter(|guard| {
            !way.guards.iter().any(|it| guard.is_met_by(it)) && !guard.is_met_by_groups(&way.by)
        });
        taken.extend(lost.map(|guard| format!("no longer waits for {}", called(guard))));
        if old.meaning != way.meaning {
            let called = |meaning: Option<Meaning>| meaning.map_or("nothing", Meaning::as_str);
            taken.push(format!("is signed as {} instead of {}", called(way.meaning), called(old.meaning)));
        }
        if old.quorum && !way.quorum {
            taken.push("no longer waits for the others who were asked".to_owned());
        }
        if old.verdict != way.verdict {
            taken.push("gives another verdict, or none".to_owned());
        }
        if old.effects != way.effects || old.completion != way.completion {
            taken.push("does something else".to_owned());
        }
        let (asked, asks) = (self.action(&old.action), next.action(&way.action));
        let is_asked = |name: &str| asks.and_then(|it| it.input(name)).is_some_and(|input| input.required);
        let inputs = asked.into_iter().flat_map(|it| &it.inputs).filter(|input| input.required);
        let dropped = inputs.filter(|input| !is_asked(input.name.as_str()));
        taken.extend(dropped.map(|input| format!("no longer asks for `{}`", input.name)));
        if asked.is_some_and(|it| it.sop.is_some()) && asks.is_none_or(|it| it.sop.is_none()) {
            taken.push("no longer cites a procedure".to_owned());
        }
        taken
    }

    /// Whoever judges can still say what could be said before.
    fn less_of_verdicts(&self, next: &Self, before: &Workflow, after: &Workflow) -> Vec<String> {
        let said = |policy: &Self, way: &Transition| -> BTreeSet<String> {
            let inputs = policy.action(&way.action).into_iter().flat_map(|action| &action.inputs);
            let choices = inputs.filter_map(|input| match &input.kind {
                InputKind::OneOf(choices) => Some(choices.iter().map(|it| it.value.clone())),
                _ => None,
            });
            let kind = way.verdict.map(|verdict| format!("{verdict:?}").to_lowercase());
            kind.into_iter().chain(choices.flatten()).collect()
        };
        let mut found = Vec::new();
        for state in before.states.iter().filter(|state| after.state(&state.name).is_some()) {
            let all = |policy: &Self, life: &Workflow| -> BTreeSet<String> {
                let judged = life.leaving(&state.name).filter(|way| way.verdict.is_some());
                judged.flat_map(|way| said(policy, way)).collect()
            };
            let lost = all(self, before).into_iter().filter(|one| !all(next, after).contains(one));
            found.extend(
                lost.map(|one| format!("{}: nobody says `{one}` in {} any more", after.name, state.name)),
            );
        }
        found
    }

    fn less_of_evidence(&self, next: &Self, before: &Workflow) -> Vec<String> {
        let mut found = Vec::new();
        for name in before.transitions.iter().flat_map(|way| &way.guards).flat_map(evidence) {
            let (Some(before), Some(after)) = (self.evidence.get(name), next.evidence.get(name)) else {
                continue;
            };
            if before.program.command != after.program.command {
                found.push(format!("the evidence `{name}` comes from another command"));
            }
            if before.contains.is_some() && before.contains != after.contains {
                found.push(format!("the evidence `{name}` may say something else"));
            }
        }
        found
    }
}

/// Effects that put on record what can be given in no other way: a run, a reading, a note by its role.
const RECORDS: &[Effect] = &[Effect::RecordRun, Effect::RecordReading, Effect::RecordNote];

fn only_records(way: &Transition) -> bool {
    way.effects.iter().chain(&way.completion).all(|effect| RECORDS.contains(effect))
}

fn evidence(guard: &Guard) -> &[AttestationName] {
    match guard {
        Guard::Evidence(names) => names,
        _ => &[],
    }
}

fn gained<'a>(before: &'a [GroupName], after: &'a [GroupName]) -> impl Iterator<Item = &'a GroupName> {
    after.iter().filter(|group| !before.contains(group))
}

fn called(guard: &Guard) -> String {
    let (groups, evidence) = (guard.groups(), evidence(guard));
    let of: Vec<String> = match guard {
        Guard::ParentIn(states) => states.iter().map(ToString::to_string).collect(),
        Guard::Assurance(least) => vec![least.to_string()],
        Guard::Isolation(least) => vec![least.to_string()],
        _ => groups.iter().map(ToString::to_string).chain(evidence.iter().map(ToString::to_string)).collect(),
    };
    if of.is_empty() {
        format!("`{}`", guard.name())
    } else {
        format!("`{}: {}`", guard.name(), of.join(", "))
    }
}

fn leads(to: &Target) -> String {
    match to {
        Target::Same => "leads nowhere".to_owned(),
        Target::Origin => "leads back".to_owned(),
        Target::State(state) => format!("leads to {state}"),
    }
}

fn less_of_type(before: &DocumentType, after: &DocumentType) -> Vec<String> {
    let mut found = Vec::new();
    let name = &before.name;
    let lost = |before: &[String], after: &[String]| {
        before.iter().filter(|field| !after.contains(field)).cloned().collect::<Vec<_>>()
    };
    let fields = lost(&before.required, &after.required).into_iter();
    found.extend(fields.map(|field| format!("a {name} is routed without `{field}`")));
    let renewed = lost(&before.renewed, &after.renewed).into_iter();
    found.extend(renewed.map(|field| format!("a revision of a {name} need not say `{field}` anew")));
    if after.attachment && !before.attachment {
        found.push(format!("a {name} no longer holds up what it belongs to"));
    }
    if let Some(parent) = &before.parent {
        found.extend(less_of_parent(name, parent, after.parent.as_ref()));
    }
    if before.template.is_some() && before.template != after.template {
        found.push(format!("a {name} begins with another template, or with none"));
    }
    if before.is_template && !after.is_template {
        found.push(format!("a {name} is no template any more"));
    }
    let traits = before.default_traits.iter().filter(|one| !after.default_traits.contains(one));
    found.extend(traits.map(|one| format!("a new {name} does not have the trait `{one}` by itself")));
    found
}

fn less_of_parent(name: &TypeName, before: &ParentRule, after: Option<&ParentRule>) -> Vec<String> {
    let Some(after) = after else { return vec![format!("a {name} belongs to nothing")] };
    let mut found = Vec::new();
    let gained = after.types.iter().filter(|one| !before.types.contains(one));
    found.extend(gained.map(|one| format!("a {name} may belong to a {one}, too")));
    let wider = !before.states.is_empty()
        && (after.states.is_empty() || after.states.iter().any(|one| !before.states.contains(one)));
    if wider {
        found.push(format!("a {name} is made in more states of what it belongs to"));
    }
    if before.item && !after.item {
        found.push(format!("a {name} need not answer for an item"));
    }
    found
}

fn less_of_states(before: &Workflow, after: &Workflow) -> Vec<String> {
    let mut found = Vec::new();
    for old in &before.states {
        let Some(new) = after.state(&old.name) else { continue };
        let (what, state) = (&after.name, &old.name);
        if new.goal && !old.goal {
            found.push(format!("{what}: {state} is called a goal"));
        }
        if new.phase != old.phase {
            found.push(format!("{what}: {state} is of the phase {} instead of {}", new.phase, old.phase));
        }
        match (&old.round, &new.round) {
            (Some(_), None) => found.push(format!("{what}: nobody is asked in {state}")),
            (Some(old), Some(new)) => {
                if old.task != new.task {
                    found.push(format!("{what}: something else is asked in {state}"));
                }
                if old.slot != new.slot {
                    found.push(format!("{what}: {} answers in {state} instead of {}", new.slot, old.slot));
                }
                if old.seats_reviewers && !new.seats_reviewers {
                    found.push(format!("{what}: those who reviewed are not asked in {state}"));
                }
            }
            (None, _) => {}
        }
    }
    found
}

impl Guard {
    /// Tells whether whoever is of one of these groups meets it anyway.
    fn is_met_by_groups(&self, by: &[GroupName]) -> bool {
        match self {
            Self::OwnerOr(groups) | Self::AskerOr(groups) => by.iter().all(|group| groups.contains(group)),
            _ => false,
        }
    }

    /// Tells whether what another guard waits for is no less.
    fn is_met_by(&self, other: &Self) -> bool {
        let within =
            |wider: &[GroupName], narrower: &[GroupName]| narrower.iter().all(|it| wider.contains(it));
        match (self, other) {
            (Self::OwnerOr(mine), Self::OwnerOr(its)) | (Self::AskerOr(mine), Self::AskerOr(its)) => {
                within(mine, its)
            }
            (Self::OwnerOr(_) | Self::Plain(Plain::OwnerOrUnowned), Self::Plain(Plain::Owner))
            | (
                Self::Plain(Plain::NotCheckedOutByAnother),
                Self::Plain(Plain::NotCheckedOut | Plain::CheckedOut),
            ) => true,
            (Self::ParentIn(mine), Self::ParentIn(its)) => its.iter().all(|it| mine.contains(it)),
            (Self::Evidence(mine), Self::Evidence(its)) => mine.iter().all(|it| its.contains(it)),
            (Self::Assurance(mine), Self::Assurance(its)) => its >= mine,
            (Self::Isolation(mine), Self::Isolation(its)) => its >= mine,
            _ => self == other,
        }
    }
}

#[cfg(test)]
mod tests;
