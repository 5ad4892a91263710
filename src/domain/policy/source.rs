//! The grammar of the policy files, as they stand in YAML.

use std::fmt;

use indexmap::IndexMap;
use serde::de::{Unexpected, Visitor};
use serde::{Deserialize, Deserializer};
use serde_yaml::Spanned;

use super::Definition;
use super::open_words::OpenWordsSource;
use super::traits::TraitSource;
use super::vocabulary::{Effect, Guard};
use super::{InputKind, Policy, Profile, Scope, VerdictKind};
use crate::domain::audit::Meaning;
use crate::domain::digest::Digest;
use crate::domain::document::{Kind, Task};
use crate::domain::id::{
    ActionName, AgentName, AttestationName, DocumentId, GroupName, InputName, LauncherName, PhaseName,
    StateName, TraitName, TypeName, UserName, WorkflowName,
};
use crate::domain::procedure::Citation;

/// `policy.yaml`: groups, rules about the project, first users.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PolicyFile {
    pub(super) schema: Spanned<String>,
    #[serde(default = "light")]
    pub(super) profile: Profile,
    pub(super) groups: IndexMap<GroupName, Spanned<GroupSource>>,
    pub(super) project: Vec<Spanned<ProjectSource>>,
    pub(super) users: IndexMap<UserName, Spanned<UserSource>>,
    #[serde(default)]
    pub(super) agents: IndexMap<AgentName, Spanned<AgentSource>>,
    #[serde(default)]
    pub(super) launchers: IndexMap<LauncherName, Spanned<LauncherSource>>,
    #[serde(default)]
    pub(super) traits: IndexMap<TraitName, Spanned<TraitSource>>,
    #[serde(default)]
    pub(super) runtimes: IndexMap<String, Spanned<UserName>>,
    #[serde(default)]
    pub(super) evidence: IndexMap<AttestationName, Spanned<EvidenceSource>>,
    pub(super) evidence_files: Option<Spanned<EvidenceFilesSource>>,
    pub(super) placeholders: Option<OpenWordsSource>,
}

/// Where a policy says nothing.
fn light() -> Profile {
    Profile::Light
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct GroupSource {
    pub(super) help: String,
    #[serde(default)]
    pub(super) includes: Vec<GroupName>,
    #[serde(default)]
    pub(super) may_own: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ProjectSource {
    pub(super) action: ActionName,
    pub(super) by: Vec<GroupName>,
    #[serde(default)]
    pub(super) guards: Vec<Guard>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct UserSource {
    pub(super) name: String,
    pub(super) group: GroupName,
    pub(super) kind: Kind,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AgentSource {
    pub(super) user: UserName,
    pub(super) launcher: Option<String>,
    pub(super) definition: Option<Definition>,
    #[serde(default)]
    pub(super) started_by: Vec<UserName>,
    pub(super) ttl: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LauncherSource {
    pub(super) command: Vec<String>,
    #[serde(default)]
    pub(super) environment: Vec<String>,
    #[serde(default = "root")]
    pub(super) directory: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct EvidenceSource {
    pub(super) help: String,
    pub(super) command: Vec<String>,
    #[serde(default)]
    pub(super) environment: Vec<String>,
    #[serde(default = "root")]
    pub(super) directory: String,
    pub(super) time: Option<String>,
    pub(super) output: Option<String>,
    pub(super) contains: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct EvidenceFilesSource {
    pub(super) max: String,
}

/// Where a launcher or a command says nothing.
fn root() -> String {
    "{root}".to_owned()
}

/// `pins.yaml`, which the program writes: what the files held that a policy names, when it was adopted.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PinsFile {
    pub(super) schema: Spanned<String>,
    pub(super) pins: IndexMap<String, Spanned<Digest>>,
}

/// `actions.yaml`: every verb once.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ActionsFile {
    pub(super) schema: Spanned<String>,
    pub(super) actions: IndexMap<ActionName, Spanned<ActionSource>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ActionSource {
    pub(super) command: Option<String>,
    pub(super) label: String,
    pub(super) help: String,
    pub(super) done: Option<String>,
    pub(super) sop: Option<Spanned<String>>,
    #[serde(default)]
    pub(super) reminds: Vec<Spanned<ReminderSource>>,
    #[serde(default)]
    pub(super) scope: Scope,
    #[serde(default)]
    pub(super) inputs: IndexMap<InputName, Spanned<InputSource>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ReminderSource {
    pub(super) text: String,
    pub(super) sop: Citation,
    #[serde(default)]
    pub(super) to: Vec<GroupName>,
    pub(super) kind: Option<Kind>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct InputSource {
    pub(super) help: String,
    #[serde(default)]
    pub(super) required: Required,
    #[serde(default)]
    pub(super) positional: bool,
    #[serde(default)]
    pub(super) named: bool,
    pub(super) takes: Option<InputKind>,
    pub(super) one_of: Option<IndexMap<String, String>>,
}

/// Whether an input has to be given: in no profile, in every one, or from one profile on.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Required(Option<Profile>);

impl Required {
    pub(super) fn under(self, profile: Profile) -> bool {
        self.0.is_some_and(|least| least <= profile)
    }
}

impl<'de> Deserialize<'de> for Required {
    fn deserialize<D: Deserializer<'de>>(source: D) -> Result<Self, D::Error> {
        source.deserialize_any(RequiredVisitor)
    }
}

struct RequiredVisitor;

impl Visitor<'_> for RequiredVisitor {
    type Value = Required;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let profiles = Profile::ALL.iter().map(|one| format!("`{one}`")).collect::<Vec<_>>().join(", ");
        write!(f, "`true`, `false`, or the profile from which on it is required: {profiles}")
    }

    fn visit_bool<E>(self, is_required: bool) -> Result<Required, E> {
        Ok(Required(is_required.then_some(Profile::Light)))
    }

    fn visit_str<E: serde::de::Error>(self, word: &str) -> Result<Required, E> {
        let unknown = || E::invalid_value(Unexpected::Str(word), &self);
        Profile::from_word(word).map(|profile| Required(Some(profile))).ok_or_else(unknown)
    }
}

/// Any other file: one life cycle and the types that follow it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WorkflowFile {
    pub(super) schema: Spanned<String>,
    pub(super) workflow: Spanned<WorkflowName>,
    pub(super) sop: Option<Spanned<DocumentId>>,
    pub(super) document_types: IndexMap<TypeName, Spanned<TypeSource>>,
    pub(super) states: IndexMap<StateName, Spanned<StateSource>>,
    pub(super) transitions: Vec<Spanned<TransitionSource>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TypeSource {
    pub(super) title: String,
    pub(super) id: String,
    pub(super) template: Option<DocumentId>,
    #[serde(default)]
    pub(super) required: Vec<String>,
    #[serde(default)]
    pub(super) renewed: Vec<String>,
    pub(super) parent: Option<ParentSource>,
    #[serde(default)]
    pub(super) attachment: bool,
    #[serde(default)]
    pub(super) default_traits: Vec<Spanned<TraitName>>,
    #[serde(default)]
    pub(super) items: bool,
    #[serde(default)]
    pub(super) is_template: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ParentSource {
    pub(super) types: Vec<TypeName>,
    #[serde(default)]
    pub(super) states: Vec<StateName>,
    #[serde(default)]
    pub(super) item: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct StateSource {
    pub(super) phase: PhaseName,
    #[serde(default)]
    pub(super) initial: bool,
    #[serde(default)]
    pub(super) goal: bool,
    #[serde(default, rename = "final")]
    pub(super) is_final: bool,
    pub(super) round: Option<Task>,
    pub(super) slot: Option<GroupName>,
    pub(super) seats: Option<Seats>,
}

#[derive(Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Seats {
    LeastLoaded,
    Reviewed,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TransitionSource {
    pub(super) action: ActionName,
    #[serde(default)]
    pub(super) when: IndexMap<InputName, String>,
    #[serde(default)]
    pub(super) from: OneOrMore,
    pub(super) to: String,
    pub(super) by: Vec<GroupName>,
    #[serde(default)]
    pub(super) guards: Vec<Guard>,
    #[serde(default)]
    pub(super) effects: Vec<Effect>,
    #[serde(default)]
    pub(super) completion: Vec<Effect>,
    pub(super) meaning: Option<Meaning>,
    pub(super) verdict: Option<VerdictKind>,
    pub(super) quorum: Option<Quorum>,
    #[serde(default)]
    pub(super) reminds: Vec<Spanned<ReminderSource>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Quorum {
    All,
}

/// `from: DRAFT` or `from: [DRAFT, REVIEWED]`.
#[derive(Debug, Default, Deserialize)]
#[serde(untagged, expecting = "a state, or a list of states")]
pub(super) enum OneOrMore {
    #[default]
    None,
    One(StateName),
    More(Vec<StateName>),
}

impl OneOrMore {
    pub(super) fn is_empty(&self) -> bool {
        match self {
            Self::None => true,
            Self::One(_) => false,
            Self::More(states) => states.is_empty(),
        }
    }

    pub(super) fn into_vec(self) -> Vec<StateName> {
        match self {
            Self::None => Vec::new(),
            Self::One(state) => vec![state],
            Self::More(states) => states,
        }
    }
}

impl Policy {
    /// The names of the two files that every policy has.
    pub const FILES: [&'static str; 2] = ["policy.yaml", "actions.yaml"];

    /// The name of the file with the pins, which the program adds where the policy names files.
    pub const PINS: &'static str = "pins.yaml";
}
