//! Agents, launchers and runtimes of a policy: from YAML to [`Agent`] and [`Launcher`].

use std::collections::{BTreeMap, BTreeSet};

use indexmap::IndexMap;
use serde_yaml::Spanned;

use super::agent::placeholders;
use super::compile::{Compiler, place};
use super::source::{AgentSource, LauncherSource, PinsFile};
use super::{Agent, Definition, Evidence, Launcher, Placeholder, Policy, Sources};
use crate::domain::digest::Digest;
use crate::domain::hook::Runtime;
use crate::domain::id::{AgentName, LauncherName, UserName};
use crate::domain::span;
use crate::domain::yaml::Place;

/// Beginnings of the names of variables that make every program load code that nobody pinned.
const KEPT_BEGINNINGS: [&str; 2] = ["LD_", "DYLD_"];

/// Variables that make shells and interpreters do so.
const KEPT_VARIABLES: [&str; 11] = [
    "BASH_ENV",
    "ENV",
    "JAVA_TOOL_OPTIONS",
    "NODE_OPTIONS",
    "NODE_PATH",
    "PERL5LIB",
    "PERL5OPT",
    "PYTHONHOME",
    "PYTHONPATH",
    "PYTHONSTARTUP",
    "RUBYOPT",
];

/// Lists the files that a policy names, as they are written there.
pub(super) fn paths<'a>(
    launchers: &'a BTreeMap<String, Launcher>,
    agents: &'a BTreeMap<String, Agent>,
    evidence: impl Iterator<Item = &'a Evidence>,
) -> BTreeSet<&'a str> {
    let programs = launchers.values().chain(evidence.map(|one| &one.program)).map(Launcher::program);
    let definitions = agents.values().filter_map(|agent| agent.definition.as_ref());
    programs.chain(definitions.flat_map(Definition::paths)).collect()
}

/// Tells whether a program is named by its place, and by nothing else.
pub(super) fn is_program(path: &str) -> bool {
    path.starts_with('/') && !path.ends_with('/') && placeholders(path).is_empty()
}

/// Tells whether a path stays inside of the project.
pub(super) fn is_inside(path: &str) -> bool {
    !path.is_empty() && !path.starts_with('/') && !path.split('/').any(|part| part == "..")
}

impl Compiler {
    pub(super) fn launchers(
        &mut self,
        sources: IndexMap<LauncherName, Spanned<LauncherSource>>,
    ) -> BTreeMap<String, Launcher> {
        let mut launchers = BTreeMap::new();
        for (name, source) in sources {
            let at = place(Policy::FILES[0], &source);
            let LauncherSource { command, environment, directory } = source.value;
            let launcher = Launcher { command, environment, directory, place: at.clone() };
            self.program(&at, name.as_str(), &launcher, Placeholder::ALL);
            launchers.insert(name.to_string(), launcher);
        }
        launchers
    }

    /// Checks how a program is started, with these placeholders.
    pub(super) fn program(&mut self, at: &Place, name: &str, launcher: &Launcher, known: &[Placeholder]) {
        if launcher.command.is_empty() {
            self.fault(at, "program_path", format!("the command of `{name}` is empty"));
        } else if !is_program(launcher.program()) {
            let message = format!(
                "the program of `{name}` needs an absolute path without placeholders, not `{}`",
                launcher.program().escape_debug()
            );
            self.fault(at, "program_path", message);
        }
        if !launcher.directory.starts_with('/') && launcher.directory.split('/').next() != Some("{root}") {
            let message = format!("the directory of `{name}` begins with neither `/` nor `{{root}}`");
            self.fault(at, "program_directory", message);
        }
        let known = || known.iter().map(|one| one.as_str());
        for word in launcher.command.iter().skip(1).chain([&launcher.directory]) {
            for unknown in placeholders(word).into_iter().filter(|one| !known().any(|it| it == *one)) {
                self.unknown(at, "placeholder", unknown, known());
            }
        }
        for variable in &launcher.environment {
            self.variable(at, variable);
        }
    }

    fn variable(&mut self, at: &Place, name: &str) {
        let is_name = !name.starts_with(|first: char| first.is_ascii_digit())
            && !name.is_empty()
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        if !is_name {
            let message = format!("`{}` is not the name of an environment variable", name.escape_debug());
            self.fault(at, "environment_name", message);
        } else if name.starts_with("QMS_") {
            let message =
                format!("`{name}` cannot be passed on: what begins with `QMS_` is for this program");
            self.fault(at, "environment_name", message);
        } else if KEPT_BEGINNINGS.iter().any(|one| name.starts_with(one)) || KEPT_VARIABLES.contains(&name) {
            let message = format!("`{name}` cannot be passed on: it would load code that nobody adopted");
            self.fault(at, "environment_name", message);
        }
    }

    pub(super) fn agents(
        &mut self,
        sources: IndexMap<AgentName, Spanned<AgentSource>>,
        launchers: &BTreeMap<String, Launcher>,
    ) -> BTreeMap<String, Agent> {
        let mut agents = BTreeMap::new();
        for (name, source) in sources {
            let at = place(Policy::FILES[0], &source);
            let AgentSource { user, launcher, definition, started_by, ttl } = source.value;
            if let Some(launcher) = launcher.as_ref().filter(|one| !launchers.contains_key(*one)) {
                self.unknown(&at, "launcher", launcher, launchers.keys().map(String::as_str));
            }
            if launcher.is_some() && started_by.is_empty() {
                self.fault(&at, "nobody", format!("nobody may start `{name}`: `started_by` is empty"));
            }
            self.definition(&at, &name, definition.as_ref());
            let started = launcher.as_ref().and_then(|one| Some((one, launchers.get(one)?)));
            if let Some((launcher, how)) = started {
                let is_named = definition.as_ref().is_none_or(|it| it.launched(launcher).is_some());
                let is_needed = definition.is_none() && how.fills_in(Placeholder::Definition);
                if !is_named || is_needed {
                    let message = format!("`{name}` has no definition for its launcher `{launcher}`");
                    self.fault(&at, "definition_missing", message);
                }
            }
            let ttl = ttl.map_or(Agent::TTL, |ttl| self.ttl(&at, &name, &ttl));
            let agent = Agent { user, launcher, definition, started_by, ttl, place: at };
            agents.insert(name.to_string(), agent);
        }
        agents
    }

    fn definition(&mut self, at: &Place, name: &AgentName, definition: Option<&Definition>) {
        let Some(definition) = definition else { return };
        for path in definition.paths().filter(|path| !is_inside(path)) {
            let path = path.escape_debug();
            let message = format!("the definition of `{name}` is no path in the project: `{path}`");
            self.fault(at, "definition_path", message);
        }
        let Definition::Each(paths) = definition else { return };
        let known = || Runtime::ALL.iter().map(|one| one.name());
        for runtime in paths.keys().filter(|one| Runtime::of(one).is_none()) {
            self.unknown(at, "runtime", runtime, known());
        }
    }

    fn ttl(&mut self, at: &Place, name: &AgentName, text: &str) -> u64 {
        let (least, most) = Agent::TTL_BOUNDS;
        match span::parse(text) {
            Ok(ttl) if (least..=most).contains(&ttl) => return ttl,
            Ok(_) => {
                let message = format!("`{name}` may run from 1s to 24h, not `{text}`");
                self.fault(at, "agent_ttl", message);
            }
            Err(message) => self.fault(at, "agent_ttl", message),
        }
        Agent::TTL
    }

    pub(super) fn runtimes(
        &mut self,
        sources: IndexMap<String, Spanned<UserName>>,
    ) -> BTreeMap<String, UserName> {
        let mut runtimes = BTreeMap::new();
        for (name, source) in sources {
            let known = || Runtime::ALL.iter().map(|one| one.name());
            if !known().any(|one| one == name) {
                self.unknown(&place(Policy::FILES[0], &source), "runtime", &name, known());
            }
            runtimes.insert(name, source.value);
        }
        runtimes
    }

    /// Reads the pins, where there are any. What is not pinned cannot be started, which is no fault
    /// here.
    pub(super) fn pins(&mut self, sources: &Sources, named: &BTreeSet<&str>) -> BTreeMap<String, Digest> {
        let mut pins = BTreeMap::new();
        let text = sources.0.get(Policy::PINS);
        let Some(file) = text.and_then(|text| self.read::<PinsFile>(Policy::PINS, text)) else { return pins };
        self.schema(Policy::PINS, &file.schema, "qms.pins/1");
        for (path, digest) in file.pins {
            if !named.contains(path.as_str()) {
                let message = format!("a pin for `{}`, which the policy does not name", path.escape_debug());
                self.fault(&place(Policy::PINS, &digest), "unknown_pin", message);
            }
            pins.insert(path, digest.value);
        }
        pins
    }
}
