//! Traits: what demands more of some documents than of others of their type, and the notes that it
//! demands.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Not;

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use serde_yaml::Spanned;

use super::compile::{Compiler, place};
use super::{Effect, Guard, Plain, Policy, Workflow};
use crate::domain::document::Document;
use crate::domain::id::{AttestationName, GroupName, PhaseName, TraitName, TypeName};
use crate::domain::text::shown;
use crate::domain::visible;
use crate::domain::yaml::Place;

/// The role of notes that the program writes itself, from what it knows of the caller.
const TOOL: &str = "tool";

/// A trait of documents.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trait {
    /// What it means, in a sentence.
    pub help: String,
    /// The notes that it demands.
    pub notes: Vec<NoteRule>,
    /// Where it stands in its file.
    #[serde(skip)]
    pub place: Place,
}

/// A note that a trait demands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NoteRule {
    /// What it is called.
    pub key: AttestationName,
    /// Who writes it: a group; `None` for the program itself.
    pub role: Option<GroupName>,
    /// Whether transitions wait for it.
    pub required: bool,
    /// What it is.
    pub description: String,
    /// How to write it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub guidance: String,
    /// The phases in which it is written and waited for; empty for every one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub phases: Vec<PhaseName>,
    /// How many characters that are seen it has at least.
    #[serde(default, skip_serializing_if = "is_none")]
    pub min_length: u32,
    /// Texts that all occur in it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub contains: Vec<String>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it with a reference")]
fn is_none(number: &u32) -> bool {
    (*number > 0).not()
}

impl NoteRule {
    /// Tells whether it is written and waited for in a phase.
    pub fn is_of(&self, phase: &PhaseName) -> bool {
        self.phases.is_empty() || self.phases.contains(phase)
    }

    /// Names who writes it.
    pub fn writer(&self) -> &str {
        self.role.as_ref().map_or(TOOL, GroupName::as_str)
    }

    /// Says how another rule for this note would ask for less.
    pub fn eased(&self, other: &Self) -> Option<&'static str> {
        let fewer_phases = !other.phases.is_empty()
            && (self.phases.is_empty() || self.phases.iter().any(|phase| !other.is_of(phase)));
        match () {
            () if !self.required => None,
            () if !other.required => Some("is not required"),
            () if self.role != other.role => Some("is written by others"),
            () if fewer_phases => Some("is waited for in fewer phases"),
            () if other.min_length < self.min_length => Some("may be shorter"),
            () if self.contains.iter().any(|text| !other.contains.contains(text)) => Some("may say less"),
            () => None,
        }
    }

    /// Says what a text lacks to be such a note.
    pub fn lacks(&self, text: &str) -> Option<String> {
        let length = visible::length(&shown(text));
        let least = usize::try_from(self.min_length).unwrap_or(usize::MAX).max(1);
        if length < least {
            return Some(format!("has {length} characters that are seen, {least} are the least"));
        }
        let missing = self.contains.iter().find(|wanted| !text.contains(wanted.as_str()))?;
        Some(format!("does not say `{}`", missing.escape_debug()))
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TraitSource {
    #[serde(default)]
    help: String,
    notes: Vec<Spanned<NoteSource>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct NoteSource {
    key: Spanned<AttestationName>,
    role: Spanned<String>,
    required: bool,
    description: String,
    #[serde(default)]
    guidance: String,
    #[serde(default)]
    phases: Vec<Spanned<PhaseName>>,
    #[serde(default)]
    min_length: u32,
    #[serde(default)]
    contains: Vec<String>,
}

impl Compiler {
    /// Reads the traits. `phases` are all of all life cycles; `None` where one of them was not read.
    pub(super) fn traits(
        &mut self,
        sources: IndexMap<TraitName, Spanned<TraitSource>>,
        phases: Option<&BTreeSet<PhaseName>>,
    ) -> BTreeMap<TraitName, Trait> {
        let mut traits = BTreeMap::new();
        let mut keys: BTreeMap<AttestationName, Place> = BTreeMap::new();
        for (name, source) in sources {
            let at = place(Policy::FILES[0], &source);
            if source.value.notes.is_empty() {
                self.fault(&at, "trait_without_notes", format!("the trait `{name}` demands nothing"));
            }
            let mut notes = Vec::new();
            for note in source.value.notes {
                let key_at = place(Policy::FILES[0], &note.value.key);
                if let Some(first) = keys.insert(note.value.key.value.clone(), key_at.clone()) {
                    let message = format!("a note `{}` stands at {first} already", note.value.key.value);
                    self.fault(&key_at, "duplicate_name", message);
                }
                notes.push(self.note(note.value, phases));
            }
            traits.insert(name, Trait { help: source.value.help, notes, place: at });
        }
        traits
    }

    fn note(&mut self, source: NoteSource, phases: Option<&BTreeSet<PhaseName>>) -> NoteRule {
        let role_at = place(Policy::FILES[0], &source.role);
        let role = match source.role.value.as_str() {
            TOOL => None,
            text => {
                let group = GroupName::parse(text).ok().filter(|group| self.has_group(group));
                if group.is_none() {
                    let known = self.group_names();
                    let known = known.iter().map(String::as_str).chain([TOOL]);
                    self.unknown(&role_at, "role", text, known);
                }
                group
            }
        };
        for phase in &source.phases {
            if let Some(known) = phases.filter(|known| !known.contains(&phase.value)) {
                let at = place(Policy::FILES[0], phase);
                self.unknown(&at, "phase", phase.value.as_str(), known.iter().map(PhaseName::as_str));
            }
        }
        let key_at = place(Policy::FILES[0], &source.key);
        if source.contains.iter().any(|text| text.trim().is_empty()) {
            let message =
                format!("`contains` of `{}` has a blank text, which every note says", source.key.value);
            self.fault(&key_at, "blank_text", message);
        }
        if source.role.value == TOOL && (source.min_length > 0 || !source.contains.is_empty()) {
            let message =
                format!("`{}` is written by the program, which nothing is demanded of", source.key.value);
            self.fault(&key_at, "tool_note_demands", message);
        }
        NoteRule {
            key: source.key.value,
            role,
            required: source.required,
            description: source.description,
            guidance: source.guidance,
            phases: source.phases.into_iter().map(|phase| phase.value).collect(),
            min_length: source.min_length,
            contains: source.contains,
        }
    }

    /// Complains of traits of a type that do not exist.
    pub(super) fn check_traits(
        &mut self,
        traits: &BTreeMap<TraitName, Trait>,
        type_name: &TypeName,
        named: &[Spanned<TraitName>],
        file: &str,
    ) {
        for one in named.iter().filter(|one| !traits.contains_key(&one.value)) {
            let what = format!("trait of `{type_name}`");
            self.unknown(&place(file, one), &what, one.value.as_str(), traits.keys().map(TraitName::as_str));
        }
    }
}

impl Policy {
    /// Lists the traits of a document, its own and those of its type; `None` beside one that the policy
    /// does not know any more.
    pub fn traits_of<'a>(
        &'a self,
        document: &'a Document,
    ) -> impl Iterator<Item = (&'a TraitName, Option<&'a Trait>)> {
        let of_type = self.document_type(&document.document_type).map(|(_, it)| it.default_traits.as_slice());
        let names: BTreeSet<&TraitName> = document.traits.iter().chain(of_type.unwrap_or_default()).collect();
        names.into_iter().map(|name| (name, self.traits.get(name)))
    }

    /// Lists the notes that a document is to have, with the trait of each.
    pub fn notes_of<'a>(
        &'a self,
        document: &'a Document,
    ) -> impl Iterator<Item = (&'a TraitName, &'a NoteRule)> {
        self.traits_of(document).flat_map(|(name, found)| {
            found.into_iter().flat_map(|it| &it.notes).map(move |rule| (name, rule))
        })
    }

    /// Lists the required notes that a life cycle waits for, and that their role cannot write in it.
    pub fn unwritable_notes<'a>(
        &'a self,
        life: &'a Workflow,
    ) -> impl Iterator<Item = (&'a Trait, &'a NoteRule)> {
        let writes = move |rule: &NoteRule, role: &GroupName| {
            let mut edges = life.transitions.iter().filter(|edge| edge.effects.contains(&Effect::RecordNote));
            edges.any(|edge| self.acts_as(role, &edge.by) && starts_in_phase(life, edge, rule))
        };
        let lost = move |rule: &NoteRule| {
            let by_nobody = rule.role.as_ref().is_some_and(|role| !writes(rule, role));
            rule.required && waits_for(life, rule) && by_nobody
        };
        self.traits
            .values()
            .flat_map(move |it| it.notes.iter().map(move |rule| (it, rule)))
            .filter(move |(_, rule)| lost(rule))
    }

    /// Lists the required notes for which nothing ever waits: their trait, and the note.
    pub fn idle_notes(&self) -> impl Iterator<Item = (&TraitName, &Trait, &NoteRule)> {
        let waits = |rule: &NoteRule| self.workflows.values().any(|life| waits_for(life, rule));
        self.traits.iter().flat_map(move |(name, it)| {
            let idle = it.notes.iter().filter(move |rule| rule.required && !waits(rule));
            idle.map(move |rule| (name, it, rule))
        })
    }
}

/// Tells whether a life cycle has a transition that waits for a note.
fn waits_for(life: &Workflow, rule: &NoteRule) -> bool {
    let gated = |edge: &&super::Transition| edge.guards.contains(&Guard::Plain(Plain::NotesPresent));
    life.transitions.iter().filter(gated).any(|edge| starts_in_phase(life, edge, rule))
}

fn starts_in_phase(life: &Workflow, edge: &super::Transition, rule: &NoteRule) -> bool {
    let mut states = edge.from.iter().filter_map(|name| life.state(name));
    states.any(|state| rule.is_of(&state.phase))
}
