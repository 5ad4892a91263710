//! How the calls of an agent come to count, found out where it called.

use std::path::Path;

use super::unverified::AgentsWay;
use super::world::World;
use super::{ahead, desk};
use crate::commands::{CommandError, hooks};
use crate::domain::hook::{Runtime, Signing};

/// Tells how the calls of an agent come to count in the project of a command, where an agent's runtime runs it.
pub fn agents_way(world: &World) -> Option<AgentsWay> {
    if !world.is_of_agent() {
        return None;
    }
    let root = ahead::root(&world.arguments).or_else(|| desk::root_by_variable(world));
    let site = desk::site(&world.directory, root.as_deref()).ok();
    let folders = desk::runtimes(world);
    let of = |runtime: Runtime| {
        let signing = site.as_ref().map(|site| hooks::signing(site.root(), &folders, runtime));
        let signing = signing.unwrap_or(Signing::Absent);
        let has_main = signing != Signing::Signs || has_main(world, root.as_deref(), runtime);
        AgentsWay { signing, runtime: Some(runtime), has_main }
    };
    let ways = world.runtimes().into_iter().map(of);
    let none = AgentsWay { signing: Signing::Absent, runtime: None, has_main: true };
    Some(ways.min_by(|one, other| one.signing.cmp(&other.signing)).unwrap_or(none))
}

/// Tells whether the hook of a runtime would know a user for the main thread, as far as that can be told.
fn has_main(world: &World, root: Option<&Path>, runtime: Runtime) -> bool {
    // Looked at alone: one that comes by a pipe is read once.
    let is_given =
        ["QMS_TOKEN_FILE", "QMS_TOKEN_FD", "QMS_TOKEN"].iter().any(|it| world.path_variable(it).is_some());
    let policy = || desk::open(world, &world.directory, root)?.session.policy().map_err(CommandError::from);
    is_given || policy().map_or(true, |policy| policy.runtimes.contains_key(runtime.name()))
}
