//! From YAML to a [`Policy`]: every name is looked up, every fault has its place.

mod transition;

use std::collections::{BTreeMap, BTreeSet};

use indexmap::IndexSet;
use serde_yaml::Spanned;

use super::launch::paths;
use super::source::{PolicyFile, Seats, StateSource, TypeSource, WorkflowFile};
use super::{
    Action, DocumentType, FAULTS_MAX, Fault, Group, IdPattern, InitialUser, ParentRule, Policy, Profile,
    ProjectRule, RoundRule, Scope, Sources, State, Workflow,
};
use crate::domain::id::{ActionName, AttestationName, GroupName, PhaseName, StateName, TypeName};
use crate::domain::nearest::nearest;
use crate::domain::yaml::{self, Place, YamlError};

/// Reads a policy and looks up every name in it.
pub fn compile(sources: &Sources) -> Result<Policy, Vec<Fault>> {
    let mut compiler = Compiler::default();
    let policy = compiler.run(sources);
    compiler.faults.sort();
    match policy {
        Some(policy) if compiler.faults.is_empty() => Ok(policy),
        _ => Err(compiler.faults),
    }
}

/// Most faults that say which name was probably meant.
const SUGGESTED: usize = 20;

impl Policy {
    /// Largest policy, in bytes of all its files. The embedded one has 58 KiB.
    pub const SIZE_MAX: usize = 512 * 1024;
}

#[derive(Default)]
pub(super) struct Compiler {
    pub(super) faults: Vec<Fault>,
    pub(super) groups: IndexSet<GroupName>,
    pub(super) actions: Vec<Action>,
    /// The profile, where the verbs are not read alone.
    pub(super) profile: Option<Profile>,
    /// The commands that gates can ask for.
    pub(super) evidence: IndexSet<AttestationName>,
    /// Whether every life cycle was read: else nothing is said of types and states that may stand
    /// in one that was not.
    is_whole: bool,
}

pub(super) fn place<T>(file: &str, spanned: &Spanned<T>) -> Place {
    Place { file: file.to_owned(), line: spanned.referenced.line(), column: spanned.referenced.column() }
}

impl Compiler {
    pub(super) fn fault(&mut self, place: &Place, name: &'static str, message: String) {
        if self.faults.len() < FAULTS_MAX {
            self.faults.push(Fault { place: place.clone(), name, message });
        }
    }

    pub(super) fn read<T: serde::de::DeserializeOwned>(&mut self, file: &str, text: &str) -> Option<T> {
        yaml::parse(file, text, 0)
            .map_err(|YamlError { place, message }| self.fault(&place, "unreadable", message))
            .ok()
    }

    pub(super) fn schema(&mut self, file: &str, found: &Spanned<String>, expected: &str) {
        if found.value != expected {
            let message = format!("schema is `{}`, expected `{expected}`", found.value);
            self.fault(&place(file, found), "unknown_schema", message);
        }
    }

    /// Complains of a name that does not exist, with the nearest one that does; of the first few only, since
    /// every name is held against every other then.
    pub(super) fn unknown<'a>(
        &mut self,
        at: &Place,
        kind: &str,
        name: &str,
        known: impl Iterator<Item = &'a str>,
    ) {
        let near = nearest(name, known.take(if self.faults.len() < SUGGESTED { usize::MAX } else { 0 }));
        let suggestion = near.map(|near| format!(", did you mean `{near}`?")).unwrap_or_default();
        self.fault(at, "unknown_name", format!("unknown {kind} `{name}`{suggestion}"));
    }

    pub(super) fn has_group(&self, group: &GroupName) -> bool {
        self.groups.contains(group)
    }

    pub(super) fn group_names(&self) -> Vec<String> {
        self.groups.iter().map(ToString::to_string).collect()
    }

    pub(super) fn check_groups(&mut self, at: &Place, names: &[GroupName]) {
        let known = std::mem::take(&mut self.groups);
        for name in names.iter().filter(|name| !known.contains(*name)) {
            self.unknown(at, "group", name.as_str(), known.iter().map(GroupName::as_str));
        }
        self.groups = known;
    }

    fn check_action(&mut self, at: &Place, name: &ActionName, scope: Scope) {
        let actions = std::mem::take(&mut self.actions);
        let mut known = actions.iter().filter(|action| action.scope == scope).map(|action| &action.name);
        if !known.clone().any(|one| one == name) {
            self.unknown(at, "action", name.as_str(), known.by_ref().map(ActionName::as_str));
        }
        self.actions = actions;
    }

    fn is_too_large(&mut self, sources: &Sources) -> bool {
        let is_too_large = sources.0.values().map(String::len).sum::<usize>() > Policy::SIZE_MAX;
        if is_too_large {
            let [file, _] = Policy::FILES.map(str::to_owned);
            let message = format!("the files of the policy have more than {} KiB", Policy::SIZE_MAX / 1024);
            self.fault(&Place { file, ..Place::default() }, "policy_too_large", message);
        }
        is_too_large
    }

    fn run(&mut self, sources: &Sources) -> Option<Policy> {
        let [policy_name, actions_name] = Policy::FILES;
        if self.is_too_large(sources) {
            return None;
        }
        for name in Policy::FILES.iter().filter(|name| !sources.0.contains_key(**name)) {
            let at = Place { file: (*name).to_owned(), ..Place::default() };
            self.fault(&at, "missing_file", format!("the policy needs a file `{name}`"));
        }
        let main: PolicyFile = self.read(policy_name, sources.0.get(policy_name)?)?;
        let verbs = sources.0.get(actions_name)?;
        let files: Vec<(String, Option<WorkflowFile>)> = sources
            .0
            .iter()
            .filter(|(name, _)| Sources::is_life_cycle(name))
            .map(|(name, text)| (name.clone(), self.read(name, text)))
            .collect();

        self.is_whole = files.iter().all(|(_, file)| file.is_some());
        self.schema(policy_name, &main.schema, "qms.policy/1");
        self.groups = main.groups.keys().cloned().collect();
        self.profile = Some(main.profile);
        self.actions(verbs)?;

        let mut groups = BTreeMap::new();
        for (name, source) in main.groups {
            self.check_groups(&place(policy_name, &source), &source.value.includes);
            let includes = source.value.includes.into_iter().collect();
            groups.insert(name, Group { help: source.value.help, includes, may_own: source.value.may_own });
        }
        let mut project = Vec::new();
        for source in main.project {
            let at = place(policy_name, &source);
            let rule = source.value;
            self.check_groups(&at, &rule.by);
            self.check_action(&at, &rule.action, Scope::Project);
            project.push(ProjectRule { action: rule.action, by: rule.by, guards: rule.guards, place: at });
        }
        let mut users = Vec::new();
        for (name, source) in main.users {
            self.check_groups(&place(policy_name, &source), std::slice::from_ref(&source.value.group));
            let user = source.value;
            users.push(InitialUser { name, printed_name: user.name, group: user.group, kind: user.kind });
        }

        let launchers = self.launchers(main.launchers);
        let agents = self.agents(main.agents, &launchers);
        let runtimes = self.runtimes(main.runtimes);
        let evidence = self.evidence(main.evidence);
        let file_max = self.file_max(main.evidence_files);
        let open_words = self.open_words(main.placeholders);
        let pins = self.pins(sources, &paths(&launchers, &agents, evidence.values()));

        let types: IndexSet<TypeName> = files
            .iter()
            .filter_map(|(_, file)| file.as_ref())
            .flat_map(|file| file.document_types.keys().cloned())
            .collect();
        let states: IndexSet<StateName> = files
            .iter()
            .filter_map(|(_, file)| file.as_ref())
            .flat_map(|file| file.states.keys().cloned())
            .collect();
        let phases: BTreeSet<PhaseName> = files
            .iter()
            .filter_map(|(_, file)| file.as_ref())
            .flat_map(|file| file.states.values().map(|state| state.value.phase.clone()))
            .collect();
        let traits = self.traits(main.traits, self.is_whole.then_some(&phases));
        for (name, file) in &files {
            for (type_name, source) in file.iter().flat_map(|file| &file.document_types) {
                self.check_traits(&traits, type_name, &source.value.default_traits, name);
            }
        }
        let mut workflows: BTreeMap<_, Workflow> = BTreeMap::new();
        for (file, source) in files {
            let Some(source) = source else { continue };
            let workflow = self.workflow(&file, source, &types, &states);
            if let Some(first) = workflows.get(&workflow.name) {
                let message =
                    format!("life cycle `{}` stands in `{}` already", workflow.name, first.place.file);
                self.fault(&workflow.place, "duplicate_name", message);
            }
            workflows.insert(workflow.name.clone(), workflow);
        }
        self.check_types_are_distinct(&workflows);
        self.prompts(sources, &workflows);
        let actions = std::mem::take(&mut self.actions);
        Some(Policy {
            profile: main.profile,
            groups,
            actions,
            workflows,
            project,
            users,
            agents,
            launchers,
            traits,
            runtimes,
            evidence,
            file_max,
            open_words,
            pins,
        })
    }

    fn check_types_are_distinct(&mut self, workflows: &BTreeMap<crate::domain::id::WorkflowName, Workflow>) {
        let mut seen: BTreeMap<&TypeName, &Place> = BTreeMap::new();
        let all = workflows.values().flat_map(|workflow| &workflow.types);
        let mut doubled = Vec::new();
        for document_type in all {
            if let Some(first) = seen.insert(&document_type.name, &document_type.place) {
                doubled.push((document_type.place.clone(), document_type.name.clone(), first.clone()));
            }
        }
        for (at, name, first) in doubled {
            self.fault(&at, "duplicate_name", format!("document type `{name}` stands at {first} already"));
        }
    }

    fn workflow(
        &mut self,
        file: &str,
        source: WorkflowFile,
        types: &IndexSet<TypeName>,
        all: &IndexSet<StateName>,
    ) -> Workflow {
        self.schema(file, &source.schema, "qms.workflow/1");
        let at = place(file, &source.workflow);
        let names: IndexSet<StateName> = source.states.keys().cloned().collect();
        let mut states = Vec::new();
        for (name, state) in source.states {
            let state_at = place(file, &state);
            states.push(self.state(state_at, name, state.value));
        }
        let mut document_types = Vec::new();
        for (name, document_type) in source.document_types {
            let type_at = place(file, &document_type);
            document_types.extend(self.document_type(type_at, name, document_type.value, types, all));
        }
        let mut transitions = Vec::new();
        for transition in source.transitions {
            let transition_at = place(file, &transition);
            transitions.extend(self.transition(file, transition_at, transition.value, &names));
        }
        let (sop_place, sop) = source.sop.map(|sop| (place(file, &sop), sop.value)).unzip();
        self.readings(&states, &mut transitions);
        Workflow {
            name: source.workflow.value,
            sop,
            sop_place: sop_place.unwrap_or_else(|| at.clone()),
            states,
            transitions,
            types: document_types,
            place: at,
        }
    }

    fn state(&mut self, at: Place, name: StateName, source: StateSource) -> State {
        self.check_groups(&at, source.slot.as_slice());
        let round = match (source.round, source.slot) {
            (Some(task), Some(slot)) => {
                Some(RoundRule { task, slot, seats_reviewers: source.seats == Some(Seats::Reviewed) })
            }
            (None, None) if source.seats.is_none() => None,
            _ => {
                let message =
                    format!("state `{name}` needs `round` and `slot` together, and `seats` only with them");
                self.fault(&at, "round_without_slot", message);
                None
            }
        };
        State {
            name,
            phase: source.phase,
            initial: source.initial,
            goal: source.goal,
            is_final: source.is_final,
            round,
            place: at,
        }
    }

    fn document_type(
        &mut self,
        at: Place,
        name: TypeName,
        source: TypeSource,
        types: &IndexSet<TypeName>,
        states: &IndexSet<StateName>,
    ) -> Option<DocumentType> {
        let id = IdPattern::parse(&source.id)
            .map_err(|message| {
                self.fault(&at, "id_pattern", format!("the id pattern of `{name}`: {message}"));
            })
            .ok()?;
        if id.needs_parent() != source.parent.is_some() {
            let message = format!("`{name}` needs both or neither of `{{parent}}` in its id and `parent`");
            self.fault(&at, "id_pattern", message);
        }
        let parent = source.parent.map(|parent| {
            let is_whole = self.is_whole;
            for one in parent.types.iter().filter(|one| is_whole && !types.contains(*one)) {
                self.unknown(&at, "document type", one.as_str(), types.iter().map(TypeName::as_str));
            }
            for one in parent.states.iter().filter(|one| is_whole && !states.contains(*one)) {
                self.unknown(&at, "state", one.as_str(), states.iter().map(StateName::as_str));
            }
            ParentRule { types: parent.types, states: parent.states, item: parent.item }
        });
        let required = || source.required.iter().map(String::as_str);
        for one in source.renewed.iter().filter(|one| !source.required.contains(one)) {
            self.unknown(&at, "required field", one, required());
        }
        Some(DocumentType {
            name,
            title: source.title,
            id,
            template: source.template,
            required: source.required,
            renewed: source.renewed,
            parent,
            attachment: source.attachment,
            default_traits: source.default_traits.into_iter().map(|one| one.value).collect(),
            items: source.items,
            is_template: source.is_template,
            place: at,
        })
    }
}
