//! What is taken from what is asked of those who act: profile, groups, and the verbs of the project.

use std::collections::{BTreeMap, BTreeSet};

use super::guards::called;
use crate::domain::id::GroupName;
use crate::domain::policy::{Action, Group, Policy, Profile, ProjectRule};

pub(super) fn profile(before: Profile, after: Profile) -> Option<String> {
    let rank = |profile| Profile::ALL.iter().position(|one| *one == profile);
    (rank(after) < rank(before)).then(|| format!("the profile is {after} instead of {before}"))
}

pub(super) fn groups(before: &BTreeMap<GroupName, Group>, after: &BTreeMap<GroupName, Group>) -> Vec<String> {
    let mut found = Vec::new();
    for (name, group) in after {
        // The sentence about a group permits nothing.
        let Group { help: _, includes, may_own } = group;
        let old = before.get(name);
        let had = |other: &GroupName| old.is_some_and(|old| old.includes.contains(other));
        let gained = includes.iter().filter(|other| *other != name && !had(other));
        let (new, too) = if old.is_some() { ("", ", too") } else { (", which is new,", "") };
        found.extend(gained.map(|other| format!("{name}{new} acts as {other}{too}")));
        if *may_own && !old.is_some_and(|old| old.may_own) {
            found.push(format!("{name}{new} may own documents"));
        }
    }
    found
}

/// What is asked of the project itself; what was done by nobody is for a group, too, once it can be done.
pub(super) fn project(before: &[ProjectRule], next: &Policy) -> Vec<String> {
    let mut found = Vec::new();
    let mut seen = BTreeSet::new();
    // Of two rules for one verb the first counts.
    for rule in next.project.iter().filter(|rule| seen.insert(&rule.action)) {
        let ProjectRule { action, by, guards, place: _ } = rule;
        let old = before.iter().find(|one| one.action == *action);
        let what = next.action(action).map_or_else(|| action.to_string(), Action::words);
        let had = old.map(|old| old.by.as_slice()).unwrap_or_default();
        found.extend(gained(had, by).map(|group| format!("`{what}` is for {group}, too")));
        let waited = old.map(|old| old.guards.as_slice()).unwrap_or_default();
        let lost = waited.iter().filter(|guard| !guards.iter().any(|it| guard.is_met_by(it)));
        found.extend(lost.map(|guard| format!("`{what}` no longer waits for {}", called(guard))));
    }
    found
}

pub(super) fn gained<'a>(
    before: &'a [GroupName],
    after: &'a [GroupName],
) -> impl Iterator<Item = &'a GroupName> {
    after.iter().filter(|group| !before.contains(group))
}
