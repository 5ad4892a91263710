//! The policy: groups, verbs, life cycles and document types, resolved from YAML.
//!
//! What stands here has been through [`compile()`]: every name in it exists. `lint` looks for what
//! is well-formed and still wrong.

mod action;
mod agent;
mod candidate;
mod cited;
mod compile;
mod definition;
mod evidence;
#[cfg(test)]
pub(crate) mod fixture;
mod items;
mod launch;
mod less;
mod lint;
mod open_words;
mod own;
mod paths;
mod pattern;
mod pins;
mod places;
mod profile;
mod prompt;
mod readings;
mod remind;
mod reserved;
mod source;
mod sources;
mod traits;
mod transition;
mod verbs;
mod vocabulary;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Not;

use serde::{Deserialize, Serialize};

pub use self::action::{Action, Choice, Input, InputKind, Scope};
pub use self::agent::{Agent, Launcher, Placeholder};
pub use self::candidate::Candidate;
pub use self::cited::{Cited, Citing};
pub use self::compile::compile;
pub use self::definition::{Definition, rival};
pub use self::evidence::Evidence;
pub use self::less::UnderWay;
pub use self::lint::lint;
pub use self::own::{OWN_VERBS, OwnInput, OwnVerb, Told};
pub use self::pattern::{IdParts, IdPattern};
pub use self::pins::{Named, pins_text};
pub use self::places::{Asked, Needed, Takes};
pub use self::profile::Profile;
pub use self::prompt::{Checklist, Item, Prompt, Section};
pub use self::remind::Reminder;
pub use self::reserved::{RESERVED_COMMANDS, RESERVED_FLAGS, RESERVED_VERBS, is_reserved};
pub use self::sources::Sources;
pub use self::traits::{NoteRule, Trait};
pub use self::transition::{Target, Transition, VerdictKind, When};
pub use self::verbs::compile_actions;
pub use self::vocabulary::{Effect, Guard, Plain, vocabulary};
use super::digest::Digest;
use super::document::{Document, Kind, Task};
use super::id::{
    ActionName, AttestationName, DocumentId, GroupName, PhaseName, StateName, TraitName, TypeName, UserName,
    WorkflowName,
};
use super::text::OpenWords;
use super::yaml::Place;

/// Most faults that are found at once: the next ones show once these are corrected.
const FAULTS_MAX: usize = 1_000;

/// A fault in a policy: named, located, and with what to do about it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fault {
    /// Where.
    pub place: Place,
    /// The stable name of the kind of fault.
    pub name: &'static str,
    /// What is wrong here.
    pub message: String,
}

/// The rules of a project.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Policy {
    /// How surely callers must be known.
    pub profile: Profile,
    /// The groups of users.
    pub groups: BTreeMap<GroupName, Group>,
    /// The verbs, in the order in which menus show them.
    pub actions: Vec<Action>,
    /// The life cycles.
    pub workflows: BTreeMap<WorkflowName, Workflow>,
    /// Who may do what to the project itself.
    pub project: Vec<ProjectRule>,
    /// The users that a fresh project begins with.
    pub users: Vec<InitialUser>,
    /// The agents that may be started, or are heard of, by the names that their runtimes give them.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub agents: BTreeMap<String, Agent>,
    /// How agents are started.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub launchers: BTreeMap<String, Launcher>,
    /// What demands more of some documents than of others.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub traits: BTreeMap<TraitName, Trait>,
    /// Whose calls come from the main thread of an agent runtime, by the name of the runtime.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub runtimes: BTreeMap<String, UserName>,
    /// The commands whose runs are evidence.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub evidence: BTreeMap<AttestationName, Evidence>,
    /// The largest file that is kept as evidence, in bytes.
    #[serde(default = "file_max")]
    pub file_max: u64,
    /// The words that mean that something is still open.
    #[serde(default, skip_serializing_if = "OpenWords::is_empty")]
    pub open_words: OpenWords,
    /// What the programs and definitions held when the policy was adopted, by their paths here.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub pins: BTreeMap<String, Digest>,
}

fn file_max() -> u64 {
    Policy::FILE
}

/// A group of users.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Group {
    /// What its members do, in a sentence.
    pub help: String,
    /// Groups whose rights it has too.
    pub includes: BTreeSet<GroupName>,
    /// Whether its members may own documents.
    pub may_own: bool,
}

/// A user that a fresh project begins with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InitialUser {
    /// The name.
    pub name: UserName,
    /// The printed name.
    pub printed_name: String,
    /// The group.
    pub group: GroupName,
    /// What the user is.
    pub kind: Kind,
}

/// A life cycle.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Workflow {
    /// Its name.
    pub name: WorkflowName,
    /// The procedure that describes it.
    pub sop: Option<DocumentId>,
    /// Where that is said.
    #[serde(skip)]
    pub sop_place: Place,
    /// Its states, in order.
    pub states: Vec<State>,
    /// Its transitions, in order.
    pub transitions: Vec<Transition>,
    /// The types that follow it.
    pub types: Vec<DocumentType>,
    /// Where it stands in its file.
    #[serde(skip)]
    pub place: Place,
}

/// A state of a life cycle.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    /// Its name.
    pub name: StateName,
    /// The phase that it belongs to.
    pub phase: PhaseName,
    /// Whether documents are born here.
    #[serde(default, skip_serializing_if = "Not::not")]
    pub initial: bool,
    /// Whether the life cycle is there to bring documents here.
    #[serde(default, skip_serializing_if = "Not::not")]
    pub goal: bool,
    /// Whether nothing may happen to a document here any more.
    #[serde(default, skip_serializing_if = "Not::not")]
    pub is_final: bool,
    /// The round that is open while a document is here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub round: Option<RoundRule>,
    /// Where it stands in its file.
    #[serde(skip)]
    pub place: Place,
}

/// How the round of a state is filled.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoundRule {
    /// What its assignees have to give.
    pub task: Task,
    /// The group of which at least one member must be seated.
    pub slot: GroupName,
    /// Whether the slot is taken by its members who reviewed the content, instead of by the
    /// eligible one with the fewest open tasks.
    pub seats_reviewers: bool,
}

/// A document type.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DocumentType {
    /// Its name.
    pub name: TypeName,
    /// What it is called.
    pub title: String,
    /// How its ids are made.
    pub id: IdPattern,
    /// The template that new documents start from.
    pub template: Option<DocumentId>,
    /// The front-matter fields that a document must have when it is routed.
    pub required: Vec<String>,
    /// Those of them that a revision must say anew.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub renewed: Vec<String>,
    /// What it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<ParentRule>,
    /// Whether it ends with its parent instead of holding it up.
    #[serde(default, skip_serializing_if = "Not::not")]
    pub attachment: bool,
    /// The traits that every document of the type has.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub default_traits: Vec<TraitName>,
    /// Whether its documents have a table of execution items.
    #[serde(default, skip_serializing_if = "Not::not")]
    pub items: bool,
    /// Whether its documents are templates, in which placeholders stay for those who use them.
    #[serde(default, skip_serializing_if = "Not::not")]
    pub is_template: bool,
    /// Where it stands in its file.
    #[serde(skip)]
    pub place: Place,
}

/// What a document of a type belongs to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ParentRule {
    /// The types that a parent may have.
    pub types: Vec<TypeName>,
    /// The states that it must be in; empty for every state that is not final.
    pub states: Vec<StateName>,
    /// Whether it answers for one failed item of its parent, which it names.
    #[serde(default, skip_serializing_if = "Not::not")]
    pub item: bool,
}

impl ParentRule {
    /// Tells whether a document of this type, in this state of its life cycle, is one that can be the parent.
    pub fn suits(&self, parent: &Document, life: &Workflow) -> bool {
        self.types.contains(&parent.document_type) && self.suits_state(parent, life)
    }

    /// Tells whether the parent is in a state that it can be in then.
    pub fn suits_state(&self, parent: &Document, life: &Workflow) -> bool {
        if self.states.is_empty() {
            !life.is_final(&parent.state)
        } else {
            self.states.contains(&parent.state)
        }
    }
}

/// Who may do something to the project itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProjectRule {
    /// The verb.
    pub action: ActionName,
    /// The groups that may use it.
    pub by: Vec<GroupName>,
    /// What else must hold.
    pub guards: Vec<Guard>,
    /// Where it stands in its file.
    #[serde(skip)]
    pub place: Place,
}

impl Policy {
    /// Finds a verb.
    pub fn action(&self, name: &ActionName) -> Option<&Action> {
        self.actions.iter().find(|action| &action.name == name)
    }

    /// Finds the verb by which credentials are taken back, which the lint sees to.
    pub fn revocation(&self) -> Option<&Action> {
        self.actions.iter().find(|action| action.name.as_str() == Action::REVOKE)
    }

    /// Finds a type and its life cycle.
    pub fn document_type(&self, name: &TypeName) -> Option<(&Workflow, &DocumentType)> {
        self.workflows.values().find_map(|workflow| Some((workflow, workflow.document_type(name)?)))
    }

    /// Tells whether a document of this type is judged with its parent while it is in this state, and ends with it.
    pub fn is_judged_with_parent(&self, name: &TypeName, state: &StateName) -> bool {
        self.document_type(name).is_some_and(|(life, it)| it.attachment && !life.is_final(state))
    }

    /// Lists all types.
    pub fn document_types(&self) -> impl Iterator<Item = &DocumentType> {
        self.workflows.values().flat_map(|workflow| &workflow.types)
    }

    /// Finds the life cycle that a document follows, and its place there.
    pub fn standing(&self, document: &Document) -> Option<(&Workflow, &State)> {
        let (workflow, _) = self.document_type(&document.document_type)?;
        Some((workflow, workflow.state(&document.state)?))
    }

    /// Tells whether members of `group` have the rights of one of `groups`.
    pub fn acts_as(&self, group: &GroupName, groups: &[GroupName]) -> bool {
        groups.contains(group)
            || self.groups.get(group).is_some_and(|it| groups.iter().any(|one| it.includes.contains(one)))
    }

    /// Tells whether members of `group` may own documents.
    pub fn may_own(&self, group: &GroupName) -> bool {
        self.groups.get(group).is_some_and(|it| {
            it.may_own || it.includes.iter().any(|one| self.groups.get(one).is_some_and(|it| it.may_own))
        })
    }
}

impl Workflow {
    /// Finds a state.
    pub fn state(&self, name: &StateName) -> Option<&State> {
        self.states.iter().find(|state| &state.name == name)
    }

    /// Finds a type.
    pub fn document_type(&self, name: &TypeName) -> Option<&DocumentType> {
        self.types.iter().find(|document_type| &document_type.name == name)
    }

    /// Tells whether nothing may happen any more to a document in this state.
    pub fn is_final(&self, name: &StateName) -> bool {
        self.state(name).is_some_and(|state| state.is_final)
    }

    /// Finds the state in which documents are in force, where the life cycle knows one.
    pub fn state_in_force(&self) -> Option<&StateName> {
        self.transitions.iter().find_map(|edge| match &edge.to {
            Target::State(state) if edge.completion.contains(&Effect::PutInForce) => Some(state),
            _ => None,
        })
    }

    /// Lists the transitions that start in `state`.
    pub fn leaving<'a>(&'a self, state: &'a StateName) -> impl Iterator<Item = &'a Transition> {
        self.transitions.iter().filter(move |transition| transition.from.contains(state))
    }
}
