//! What is taken from the programs that a policy names: who starts an agent, as whom it acts, what it and the
//! commands for evidence are.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::digest::Digest;
use crate::domain::id::{AttestationName, UserName};
use crate::domain::policy::launch::paths;
use crate::domain::policy::{Agent, Evidence, Launcher, Policy};
use crate::domain::size;

/// An agent that is new lets somebody act as its user; one that was there before can come back as another.
pub(super) fn agents(before: &BTreeMap<String, Agent>, after: &BTreeMap<String, Agent>) -> Vec<String> {
    let mut found = Vec::new();
    for (name, agent) in after {
        let Agent { user, launcher, definition, started_by, ttl, place: _ } = agent;
        let Some(old) = before.get(name) else {
            found.push(format!("the agent `{name}`, which is new, acts as {user}"));
            continue;
        };
        if *user != old.user {
            found.push(format!("the agent `{name}` acts as {user} instead of {}", old.user));
        }
        // What cannot be started any more does nothing.
        if launcher.is_some() && *launcher != old.launcher {
            found.push(format!("the agent `{name}` is started by another launcher"));
        }
        // One that had none gets something that is adopted.
        if old.definition.is_some() && *definition != old.definition {
            found.push(format!("the agent `{name}` has another definition, or none"));
        }
        let gained = started_by.iter().filter(|one| !old.started_by.contains(one));
        found.extend(gained.map(|one| format!("{one} may start the agent `{name}`, too")));
        // Of an agent that is only heard of, nobody named means anybody.
        if started_by.is_empty() && !old.started_by.is_empty() && launcher.is_none() {
            found.push(format!("anybody may start the agent `{name}`"));
        }
        if *ttl > old.ttl {
            found.push(format!("the agent `{name}` may run for longer"));
        }
    }
    found
}

/// One that is new starts nothing by itself.
pub(super) fn launchers(
    before: &BTreeMap<String, Launcher>,
    after: &BTreeMap<String, Launcher>,
) -> Vec<String> {
    let both = before.iter().filter_map(|(name, old)| Some((name, old, after.get(name)?)));
    both.flat_map(|(name, old, new)| program(&format!("the launcher `{name}`"), old, new)).collect()
}

fn program(what: &str, before: &Launcher, after: &Launcher) -> Vec<String> {
    let Launcher { command, environment, directory, place: _ } = before;
    let set = |names: &[String]| -> BTreeSet<String> { names.iter().cloned().collect() };
    let mut found = Vec::new();
    if *command != after.command {
        found.push(format!("{what} starts another command"));
    }
    // A variable can open something, and the lack of one, too.
    if set(environment) != set(&after.environment) {
        found.push(format!("{what} passes on other variables"));
    }
    if *directory != after.directory {
        found.push(format!("{what} runs in another folder"));
    }
    found
}

pub(super) fn runtimes(
    before: &BTreeMap<String, UserName>,
    after: &BTreeMap<String, UserName>,
) -> Vec<String> {
    let changed = after.iter().filter(|(name, user)| before.get(*name) != Some(*user));
    changed.map(|(name, user)| format!("the main thread of {name} acts as {user}")).collect()
}

pub(super) fn evidence<'a>(
    before: impl Iterator<Item = (&'a AttestationName, &'a Evidence)>,
    after: &BTreeMap<AttestationName, Evidence>,
) -> Vec<String> {
    let mut found = Vec::new();
    let both = before.filter_map(|(name, old)| Some((name, old, after.get(name)?)));
    for (name, old, new) in both {
        let what = format!("the evidence `{name}`");
        // The sentence about it shows nothing.
        let Evidence { help: _, program: how, time, output, contains } = old;
        found.extend(program(&what, how, &new.program));
        if new.time > *time {
            found.push(format!("{what} may take longer"));
        }
        // More of the output can contain what is asked for, and less shows less.
        if new.output != *output {
            let (now, before) = (size::shown(new.output), size::shown(*output));
            found.push(format!("{what} keeps {now} of its output instead of {before}"));
        }
        if contains.is_some() && *contains != new.contains {
            found.push(format!("{what} may say something else"));
        }
    }
    found
}

/// What nobody asked for before shows more than there was; what comes back could be another program under the name
/// of runs that are recorded.
pub(super) fn evidence_again(
    before: &BTreeMap<AttestationName, Evidence>,
    after: &BTreeMap<AttestationName, Evidence>,
    runs: &BTreeSet<AttestationName>,
) -> Vec<String> {
    let back = after.keys().filter(|name| !before.contains_key(*name) && runs.contains(*name));
    back.map(|name| format!("the evidence `{name}` comes back, and runs of that name are recorded")).collect()
}

/// What a file does nobody compares: it can do anything, but for evidence that nobody was asked for before. A file
/// that is pinned no more is not started.
pub(super) fn pins(
    before: &BTreeMap<String, Digest>,
    next: &Policy,
    is_first: impl Fn(&AttestationName) -> bool,
) -> Vec<String> {
    let known = next.evidence.iter().filter(|(name, _)| !is_first(name)).map(|(_, evidence)| evidence);
    let compared = paths(&next.launchers, &next.agents, known);
    let after = next.pins.iter().filter(|(path, _)| compared.contains(path.as_str()));
    let said = after.filter_map(|(path, digest)| match before.get(path) {
        Some(old) if old == digest => None,
        Some(_) => Some(format!("`{path}` is not the file that was adopted")),
        None => Some(format!("`{path}` is a file that the policy in force does not name")),
    });
    said.collect()
}
