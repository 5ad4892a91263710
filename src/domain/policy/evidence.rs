//! Commands whose runs are evidence: from YAML to [`Evidence`].

use std::collections::BTreeMap;

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use serde_yaml::Spanned;

use super::compile::{Compiler, place};
use super::lint::Faults;
use super::source::{EvidenceFilesSource, EvidenceSource};
use super::{Effect, Guard, InputKind, Launcher, Placeholder, Policy, Target, Transition, Workflow};
use crate::domain::evidence::Capture;
use crate::domain::id::{ActionName, AttestationName};
use crate::domain::yaml::Place;
use crate::domain::{size, span};

/// A command whose runs are evidence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    /// What it shows, in a sentence.
    pub help: String,
    /// How it is started.
    pub program: Launcher,
    /// How long it may take, in milliseconds.
    pub time: u64,
    /// How much of its output is kept, in bytes.
    pub output: u64,
    /// What its output must contain.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contains: Option<String>,
}

impl Evidence {
    /// The verb by which runs are recorded.
    pub const ACTION: &'static str = "evidence_record";

    /// The command of the program that runs them.
    pub const COMMAND: &'static str = "evidence run";

    /// What stands between braces in its command and its folder.
    pub const PLACEHOLDERS: &'static [Placeholder] = &[Placeholder::Root, Placeholder::Document];

    /// How long a command may take where its policy does not say, in milliseconds.
    const TIME: u64 = 10 * 60 * 1000;

    /// The shortest and the longest that a command may take, in milliseconds: a second and a day.
    const TIME_BOUNDS: (u64, u64) = (1000, 24 * 60 * 60 * 1000);

    /// How much is kept where the policy does not say, in bytes.
    const OUTPUT: u64 = 64 * 1024;

    /// The least and the most that can be kept, in bytes. It is kept for ever.
    const OUTPUT_BOUNDS: (u64, u64) = (1024, 1024 * 1024);
}

impl Policy {
    /// The largest file that any policy keeps as evidence, in bytes. It is kept for ever, and held in memory when
    /// it is handed in.
    pub const FILE_MAX: u64 = 64 * 1024 * 1024;

    /// The largest one where the policy does not say, in bytes.
    pub(super) const FILE: u64 = 16 * 1024 * 1024;

    /// The least bound that a policy can set, in bytes.
    const FILE_LEAST: u64 = 1024;

    /// Tells whether a verb records runs of commands.
    pub fn records_runs(&self, action: &ActionName) -> bool {
        let mut edges = self.workflows.values().flat_map(|workflow| &workflow.transitions);
        edges.any(|edge| edge.action == *action && edge.effects.contains(&Effect::RecordRun))
    }
}

impl Faults {
    /// The verb of runs is that of a command of the program, which has to know what it is called and told.
    pub(super) fn run_verb(&mut self, policy: &Policy) {
        let verb = policy.actions.iter().find(|action| action.name.as_str() == Evidence::ACTION);
        let Some(verb) = verb else { return };
        let is_told = verb.inputs.iter().all(|it| {
            it.name.as_str() == "name" && it.kind == InputKind::Word && it.required && it.positional
        });
        if verb.command.as_deref() != Some(Evidence::COMMAND) || verb.inputs.len() != 1 || !is_told {
            let message = format!(
                "`{}` is `command: {}`, with one input `name`: a required, positional word",
                verb.name,
                Evidence::COMMAND
            );
            self.add(&verb.place, "run_verb", message);
        }
    }

    /// Runs are recorded by one verb, which does nothing else; and what gates ask for can be recorded.
    pub(super) fn runs(&mut self, workflow: &Workflow) {
        let records = |edge: &Transition| {
            edge.effects.iter().chain(&edge.completion).any(|effect| *effect == Effect::RecordRun)
        };
        for edge in &workflow.transitions {
            let is_verb = edge.action.as_str() == Evidence::ACTION;
            if records(edge) != is_verb {
                let message =
                    format!("the effect `record_run` and the action `{}` belong together", Evidence::ACTION);
                self.add(&edge.place, "run_effect", message);
            } else if is_verb
                && (edge.to != Target::Same || edge.verdict.is_some() || edge.effects.len() != 1)
            {
                let message =
                    format!("`{}` does nothing else: `to: same`, no verdict, one effect", edge.action);
                self.add(&edge.place, "run_effect", message);
            }
            let asks = edge.guards.iter().any(|guard| matches!(guard, Guard::Evidence(_)));
            if asks && !workflow.transitions.iter().any(records) {
                let message = format!(
                    "`{}` asks for evidence, and no transition of `{}` records any",
                    edge.action, workflow.name
                );
                self.add(&edge.place, "evidence_nobody_records", message);
            }
        }
    }
}

impl Compiler {
    pub(super) fn evidence(
        &mut self,
        sources: IndexMap<AttestationName, Spanned<EvidenceSource>>,
    ) -> BTreeMap<AttestationName, Evidence> {
        let mut declared = BTreeMap::new();
        for (name, source) in sources {
            let at = place(Policy::FILES[0], &source);
            let EvidenceSource { help, command, environment, directory, time, output, contains } =
                source.value;
            let program = Launcher { command, environment, directory, place: at.clone() };
            self.program(&at, name.as_str(), &program, Evidence::PLACEHOLDERS);
            let time = time.map_or(Evidence::TIME, |text| self.time(&at, &name, &text));
            let output = output.map_or(Evidence::OUTPUT, |text| self.output(&at, &name, &text));
            if let Some(text) = &contains {
                self.wanted(&at, &name, text);
            }
            declared.insert(name, Evidence { help, program, time, output, contains });
        }
        self.evidence = declared.keys().cloned().collect();
        declared
    }

    fn time(&mut self, at: &Place, name: &AttestationName, text: &str) -> u64 {
        let (least, most) = Evidence::TIME_BOUNDS;
        match span::parse(text) {
            Ok(time) if (least..=most).contains(&time) => return time,
            Ok(_) => {
                let message = format!("`{name}` may take from 1s to 24h, not `{text}`");
                self.fault(at, "evidence_time", message);
            }
            Err(message) => self.fault(at, "evidence_time", message),
        }
        Evidence::TIME
    }

    fn output(&mut self, at: &Place, name: &AttestationName, text: &str) -> u64 {
        let (least, most) = Evidence::OUTPUT_BOUNDS;
        match size::parse(text) {
            Ok(output) if (least..=most).contains(&output) => return output,
            Ok(_) => {
                let message = format!("of `{name}` from 1KiB to 1MiB can be kept, not `{text}`");
                self.fault(at, "evidence_output", message);
            }
            Err(message) => self.fault(at, "evidence_output", message),
        }
        Evidence::OUTPUT
    }

    pub(super) fn file_max(&mut self, source: Option<Spanned<EvidenceFilesSource>>) -> u64 {
        let Some(source) = source else { return Policy::FILE };
        let (at, text) = (place(Policy::FILES[0], &source), &source.value.max);
        match size::parse(text) {
            Ok(max) if (Policy::FILE_LEAST..=Policy::FILE_MAX).contains(&max) => return max,
            Ok(_) => {
                let message = format!("files from 1KiB to 64MiB can be kept, not `{text}`");
                self.fault(&at, "evidence_file", message);
            }
            Err(message) => self.fault(&at, "evidence_file", message),
        }
        Policy::FILE
    }

    fn wanted(&mut self, at: &Place, name: &AttestationName, text: &str) {
        if text.trim().is_empty() || text.contains(['\n', '\r']) || text.len() > Capture::WANTED_MAX {
            let most = Capture::WANTED_MAX;
            let message = format!("what `{name}` must write is part of a line, of at most {most} bytes");
            self.fault(at, "evidence_contains", message);
        }
    }

    /// Looks up what a guard asks for. A gate that asks for nothing would be none.
    pub(super) fn check_evidence(&mut self, at: &Place, guard: &Guard) {
        let Guard::Evidence(names) = guard else { return };
        if names.is_empty() {
            self.fault(at, "empty_gate", "`evidence` needs at least one name".to_owned());
        }
        let known = std::mem::take(&mut self.evidence);
        for name in names.iter().filter(|name| !known.contains(*name)) {
            self.unknown(at, "evidence", name.as_str(), known.iter().map(AttestationName::as_str));
        }
        self.evidence = known;
    }
}
