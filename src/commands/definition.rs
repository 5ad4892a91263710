//! The definitions of agents as they are now: which files a runtime could take for the one that was adopted.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::{CommandError, Context};
use crate::disk::{self, Began, DiskError, definitions};
use crate::domain::digest::Digest;
use crate::domain::hook::Runtime;
use crate::domain::policy::rival;

/// Finds the files besides `path` that `runtime` would take for the definition of `agent` where it was started or works
/// in one of these folders.
pub(super) fn rivals(
    context: &Context,
    (runtime, agent): (Runtime, &str),
    path: &str,
    folders: &[PathBuf],
) -> Result<BTreeMap<String, Option<Digest>>, DiskError> {
    let real = |path: &Path| std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let own = real(&context.site.root().join(path));
    let found = definitions((runtime, agent), folders, &context.runtimes)?.into_iter();
    let others = found.filter(|(file, _)| real(file) != own);
    Ok(others.map(|(file, digest)| (context.site.shown(&file), digest)).collect())
}

/// Where a runtime reads definitions.
#[derive(Debug)]
pub struct Reading {
    /// The runtime.
    pub runtime: Runtime,
    /// The folders that it was started in and works in.
    pub folders: Vec<PathBuf>,
    /// What it found when its process began, and goes by as long as that lasts; `None` where nobody knows.
    pub at_start: Option<Vec<Began>>,
}

/// Why it is not known that an agent was started with the definition that was adopted.
#[derive(Debug)]
pub struct Doubt {
    /// What is wrong.
    pub why: String,
    /// What can be done.
    pub remedy: &'static str,
}

/// What can be done where the files of an agent are not what was adopted.
const ADOPT: &str = "put that right, or let an administrator adopt what is there, and start the agent anew";

/// What can be done where they were not when the session began.
const BEGIN: &str =
    "end the program that runs the session, and start it anew: until then it goes by what it read";

/// Tells which definition a runtime has started an agent with, where only the adopted one could be meant. `None` for an
/// agent that has no definition.
pub fn started(
    context: &mut Context,
    reading: &Reading,
    agent: &str,
) -> Result<Result<Option<Digest>, Doubt>, CommandError> {
    let runtime = reading.runtime;
    let adopt = |why: String| Ok(Err(Doubt { why, remedy: ADOPT }));
    let policy = context.session.policy()?;
    let Some(definition) = policy.agents.get(agent).and_then(|agent| agent.definition.as_ref()) else {
        return Ok(Ok(None));
    };
    let Some(path) = definition.of(runtime) else {
        let name = runtime.name();
        return adopt(format!("the policy names no definition of `{agent}` for {name}"));
    };
    let found = disk::digest_of(&context.site.root().join(path)).ok();
    if found.is_none() || found.as_ref() != policy.pins.get(path) {
        return adopt(format!("`{path}` is not the definition that was adopted"));
    }
    match rivals(context, (runtime, agent), path, &reading.folders) {
        Err(crowded) => return adopt(crowded.to_string()),
        Ok(rivals) => {
            if let Some((other, digest)) = rivals.iter().find(|(_, digest)| **digest != found) {
                return adopt(rival(other, agent, digest.as_ref()));
            }
        }
    }
    let other = reading.at_start.iter().flatten().find(|file| was_other(file, agent, found.as_ref()));
    Ok(match other {
        None => Ok(found),
        Some(Began { path, .. }) => {
            let path = context.site.shown(Path::new(path));
            let why = format!(
                "when the program of this session began, another text of `{agent}` was in `{path}`, or could be"
            );
            Err(Doubt { why, remedy: BEGIN })
        }
    })
}

/// Tells whether a file gave an agent another text when the session began. Where it could not be told whether it did, it
/// did if it has changed since: as it is now, it was looked at.
fn was_other(file: &Began, agent: &str, adopted: Option<&Digest>) -> bool {
    let has_changed = || file.digest.is_none() || disk::digest_of(Path::new(&file.path)).ok() != file.digest;
    file.digest.as_ref() != adopted
        && file.names.as_ref().map_or_else(has_changed, |names| names.iter().any(|name| name == agent))
}

/// Lists the files that a runtime could take for the adopted definition of an agent.
pub(super) fn faults(context: &mut Context) -> Result<Vec<String>, CommandError> {
    let policy = context.session.policy()?;
    let root = [context.site.root().to_owned()];
    let mut found = Vec::new();
    for (name, agent) in &policy.agents {
        let Some(definition) = &agent.definition else { continue };
        for runtime in Runtime::ALL {
            let Some(path) = definition.of(runtime) else { continue };
            let rivals = match rivals(context, (runtime, name), path, &root) {
                Ok(rivals) => rivals.into_iter(),
                Err(crowded) => {
                    found.push(format!("agent `{name}` is nobody for {}: {crowded}", runtime.name()));
                    continue;
                }
            };
            let rivals = rivals.filter(|(_, digest)| digest.as_ref() != policy.pins.get(path));
            found.extend(rivals.map(|(other, digest)| {
                let how = if digest.is_some() { "defines" } else { "is too long to be read, and may define" };
                format!(
                    "`{other}` {how} agent `{name}` for {}, and `{path}` was adopted: the agent is nobody until the \
                     other one is gone or has another name",
                    runtime.name()
                )
            }));
        }
    }
    Ok(found)
}
