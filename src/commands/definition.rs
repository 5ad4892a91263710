//! The definitions of agents as they are now: which files a runtime could take for the one that was adopted.

use std::collections::BTreeMap;
use std::path::Path;

use super::{CommandError, Context};
use crate::disk::{self, DiskError, definitions};
use crate::domain::digest::Digest;
use crate::domain::hook::Runtime;
use crate::domain::policy::rival;

/// Finds the files besides `path` that `runtime` would take for the definition of `agent` where it works in `folder`.
pub(super) fn rivals(
    context: &Context,
    (runtime, agent): (Runtime, &str),
    path: &str,
    folder: &Path,
) -> Result<BTreeMap<String, Option<Digest>>, DiskError> {
    let real = |path: &Path| std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let own = real(&context.site.root().join(path));
    let found = definitions(runtime, agent, folder, &context.runtimes)?.into_iter();
    let others = found.filter(|(file, _)| real(file) != own);
    Ok(others.map(|(file, digest)| (context.site.shown(&file), digest)).collect())
}

/// Tells which definition a runtime has started an agent with, where only the adopted one could be meant; the
/// message says why none is. `None` for an agent that has no definition.
pub fn started(
    context: &mut Context,
    runtime: Runtime,
    agent: &str,
    folder: &Path,
) -> Result<Result<Option<Digest>, String>, CommandError> {
    let policy = context.session.policy()?;
    let Some(definition) = policy.agents.get(agent).and_then(|agent| agent.definition.as_ref()) else {
        return Ok(Ok(None));
    };
    let Some(path) = definition.of(runtime) else {
        let name = runtime.name();
        return Ok(Err(format!("the policy names no definition of `{agent}` for {name}")));
    };
    let found = disk::digest_of(&context.site.root().join(path)).ok();
    if found.is_none() || found.as_ref() != policy.pins.get(path) {
        return Ok(Err(format!("`{path}` is not the definition that was adopted")));
    }
    Ok(match rivals(context, (runtime, agent), path, folder) {
        Err(crowded) => Err(crowded.to_string()),
        Ok(rivals) => match rivals.iter().find(|(_, digest)| **digest != found) {
            Some((other, digest)) => Err(rival(other, agent, digest.as_ref())),
            None => Ok(found),
        },
    })
}

/// Lists the files that a runtime could take for the adopted definition of an agent.
pub(super) fn faults(context: &mut Context) -> Result<Vec<String>, CommandError> {
    let policy = context.session.policy()?;
    let root = context.site.root().to_owned();
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
