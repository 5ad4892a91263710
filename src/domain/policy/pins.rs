//! Pins: which content the files had that a policy names, when it was adopted.
//!
//! They are a file of the policy, so that its digest covers them, and the only one that the program
//! writes itself: people say which programs may run, the disk says what these are.

use std::collections::BTreeMap;

use super::compile::Compiler;
use super::launch::{is_inside, is_program};
use super::source::{PinsFile, PolicyFile};
use super::{Definition, Policy, Sources};
use crate::domain::digest::Digest;
use crate::domain::yaml::Place;

/// A file that a policy names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// Its path as it stands there: absolute for a program, relative to the project for a definition.
    pub path: String,
    /// Where it is named.
    pub place: Place,
}

impl Sources {
    /// Lists the files to pin, each once; `None` where `policy.yaml` cannot be read. Paths that are
    /// faults are left out.
    pub fn to_pin(&self) -> Option<Vec<Named>> {
        let [main, _] = Policy::FILES;
        let mut compiler = Compiler::default();
        let file: PolicyFile = compiler.read(main, self.0.get(main)?)?;
        let launchers = compiler.launchers(file.launchers);
        let agents = compiler.agents(file.agents, &launchers);
        let evidence = compiler.evidence(file.evidence);
        let mut named = BTreeMap::new();
        let programs = launchers.values().chain(evidence.values().map(|one| &one.program));
        for launcher in programs.filter(|one| is_program(one.program())) {
            named.entry(launcher.program().to_owned()).or_insert_with(|| launcher.place.clone());
        }
        for agent in agents.values() {
            let paths = agent.definition.iter().flat_map(Definition::paths);
            for path in paths.filter(|path| is_inside(path)) {
                named.entry(path.to_owned()).or_insert_with(|| agent.place.clone());
            }
        }
        Some(named.into_iter().map(|(path, place)| Named { path, place }).collect())
    }

    /// Reads the pins that are among the files; none where they cannot be read.
    pub fn pins(&self) -> BTreeMap<String, Digest> {
        let text = self.0.get(Policy::PINS);
        let file = text.and_then(|text| Compiler::default().read::<PinsFile>(Policy::PINS, text));
        let pins = file.into_iter().flat_map(|file| file.pins);
        pins.map(|(path, digest)| (path, digest.value)).collect()
    }
}

/// Writes a file of pins.
pub fn pins_text(pins: &BTreeMap<String, Digest>) -> String {
    let mut text =
        "# Written by the program when the policy is adopted: what the files held that it names.\n\
                    schema: qms.pins/1\npins:\n"
            .to_owned();
    for (path, digest) in pins {
        // What is a text in JSON is the same text in YAML.
        let path = serde_json::Value::from(path.as_str());
        text.push_str(&format!("  {path}: \"{digest}\"\n"));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::policy::{Agent, Candidate, compile, fixture};

    const AGENTS: &str = "\
agents:
  qa: { user: qa, launcher: x, definition: .claude/agents/qa.md, started_by: [claude, lead], ttl: 2h }
  tu: { user: tu, definition: .claude/agents/qa.md }
launchers:
  x: { command: [\"/opt/my agent/Ω\\\"x\", --agent, \"{agent}\", -p, \"{brief}\"], environment: [HOME] }
runtimes: { claude: claude, codex: claude }
evidence:
  ci-passed: { help: The tests pass, command: [/usr/bin/make, \"{document}\"], contains: all passed }
  deployed: { help: It is in use, command: [/usr/bin/deployed], time: 2h, output: 1MiB }
";

    fn sources() -> Sources {
        let mut sources = fixture::sources();
        if let Some(text) = sources.0.get_mut(Policy::FILES[0]) {
            text.push_str(AGENTS);
        }
        sources
    }

    #[test]
    fn what_is_pinned_comes_back_as_it_was() {
        let mut sources = sources();
        let named = sources.to_pin().unwrap();
        let paths: Vec<&str> = named.iter().map(|one| one.path.as_str()).collect();
        let expected = [".claude/agents/qa.md", "/opt/my agent/Ω\"x", "/usr/bin/deployed", "/usr/bin/make"];
        assert_eq!(paths, expected);
        let pins: BTreeMap<_, _> =
            named.iter().map(|one| (one.path.clone(), Digest::of(one.path.as_bytes()))).collect();
        let unpinned = Candidate::new(sources.clone(), &fixture::procedures()).unwrap();
        assert_eq!(unpinned.policy.pins, BTreeMap::new());
        sources.0.insert(Policy::PINS.to_owned(), pins_text(&pins));
        assert_eq!(sources.pins(), pins);
        let pinned = Candidate::new(sources, &fixture::procedures()).unwrap();
        assert_eq!(pinned.policy.pins, pins);
        assert_ne!(pinned.digest, unpinned.digest);
    }

    #[test]
    fn agents_are_kept_as_json_with_what_they_did_not_say() {
        let policy = compile(&sources()).unwrap();
        let kept = serde_json::to_string(&policy).unwrap();
        let read: Policy = serde_json::from_str(&kept).unwrap();
        assert_eq!(serde_json::to_string(&read).unwrap(), kept);
        let of = |name: &str| read.agents.get(name).unwrap();
        assert_eq!((of("qa").ttl, of("tu").ttl), (2 * 60 * 60 * 1000, Agent::TTL));
        assert_eq!((of("tu").launcher.as_deref(), of("tu").started_by.len()), (None, 0));
        assert_eq!(read.launchers.get("x").unwrap().directory, "{root}");
        assert_eq!(read.runtimes.len(), 2);
        let evidence = |name: &str| read.evidence.get(&name.parse().unwrap()).unwrap();
        let (ci, deployed) = (evidence("ci-passed"), evidence("deployed"));
        assert_eq!((ci.time, ci.output, ci.contains.as_deref()), (600_000, 65_536, Some("all passed")));
        assert_eq!((deployed.time, deployed.output, &deployed.contains), (7_200_000, 1_048_576, &None));
        assert_eq!(ci.program.directory, "{root}");
    }

    #[test]
    fn a_policy_without_agents_is_kept_as_before() {
        let kept = serde_json::to_value(&fixture::candidate().policy).unwrap();
        let has = |name: &str| kept.get(name).is_some();
        assert!(!["agents", "launchers", "runtimes", "evidence", "pins"].into_iter().any(has));
    }
}
