//! The definitions of agents as they are now: which files a runtime could take for the one that was adopted.

use std::collections::BTreeMap;
use std::path::Path;

use super::{CommandError, Context};
use crate::disk::{self, definitions};
use crate::domain::digest::Digest;
use crate::domain::hook::Runtime;

/// Finds the files besides `path` that `runtime` would take for the definition of `agent` where it works in `folder`.
pub(super) fn rivals(
    context: &Context,
    (runtime, agent): (Runtime, &str),
    path: &str,
    folder: &Path,
) -> BTreeMap<String, Digest> {
    let real = |path: &Path| std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let own = real(&context.site.root().join(path));
    let found = definitions(runtime, agent, folder, &context.runtimes).into_iter();
    let others = found.filter(|(file, _)| real(file) != own);
    others.map(|(file, digest)| (context.site.shown(&file), digest)).collect()
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
    let rivals = rivals(context, (runtime, agent), path, folder);
    Ok(match rivals.iter().find(|(_, digest)| Some(*digest) != found.as_ref()) {
        Some((other, _)) => Err(format!("`{other}` defines `{agent}`, too, and is not what was adopted")),
        None => Ok(found),
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
            let rivals = rivals(context, (runtime, name), path, &root).into_iter();
            found.extend(rivals.filter(|(_, digest)| policy.pins.get(path) != Some(digest)).map(|(other, _)| {
                format!(
                    "`{other}` defines agent `{name}` for {}, and `{path}` was adopted: the agent is nobody until the \
                     other one is gone or has another name",
                    runtime.name()
                )
            }));
        }
    }
    Ok(found)
}
