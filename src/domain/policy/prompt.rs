//! Prompts: what whoever reviews or approves is asked to look at, as the policy says it.
//!
//! A prompt is a file of the policy, adopted with it. Its name says for whom it is, so that the most
//! specific one is found by names alone: `prompts/CR.pre_review.yaml` (a type in a phase), then
//! `prompts/pre_review.yaml` (a phase), then `prompts/review.yaml` (a task).

use std::collections::BTreeMap;

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use serde_yaml::Spanned;

use super::compile::{Compiler, place};
use super::{Fault, Sources, Workflow};
use crate::domain::document::Task;
use crate::domain::id::{PhaseName, TypeName, WorkflowName};
use crate::domain::visible::deceptions;
use crate::domain::yaml::Place;

/// Longest prompt, in bytes of its file. A brief is one argument of a program, and Linux takes none longer
/// than 128 KiB (`MAX_ARG_STRLEN`); lines that are moved under their mark make it longer than its file.
const PROMPT_MAX: usize = 32 * 1024;

/// What whoever has a task is asked to look at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Prompt {
    /// The file of the policy, such as `prompts/CR.pre_review.yaml`.
    pub file: String,
    /// What the verdict is for.
    pub purpose: String,
    /// What to check, by category.
    pub checklists: Vec<Checklist>,
    /// What must not be forgotten.
    pub reminders: Vec<String>,
    /// Whatever else a team wants to say.
    pub sections: Vec<Section>,
}

/// What to check in one category.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Checklist {
    /// The category.
    pub category: String,
    /// What to check.
    pub items: Vec<Item>,
}

/// Something to check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Item {
    /// What should be so.
    pub item: String,
    /// What in the document would show it.
    pub evidence: String,
}

/// A section of a team's own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Section {
    /// Its title.
    pub title: String,
    /// Its text.
    pub text: String,
}

/// A prompt as it stands in YAML.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct PromptFile {
    schema: Spanned<String>,
    purpose: Spanned<String>,
    #[serde(default)]
    checklists: IndexMap<String, Spanned<Vec<Spanned<Item>>>>,
    #[serde(default)]
    reminders: Vec<Spanned<String>>,
    #[serde(default)]
    sections: Vec<Spanned<Section>>,
}

impl Prompt {
    /// Reads a prompt.
    pub fn parse(file: &str, text: &str) -> Result<Self, Vec<Fault>> {
        let mut compiler = Compiler::default();
        match compiler.prompt(file, text) {
            Some(prompt) if compiler.faults.is_empty() => Ok(prompt),
            _ => Err(compiler.faults),
        }
    }
}

impl Sources {
    /// The beginning of the names of prompts.
    pub const PROMPTS: &'static str = "prompts/";

    /// Tells whether a file of a policy is a prompt.
    pub fn is_prompt(name: &str) -> bool {
        name.starts_with(Self::PROMPTS)
    }

    /// Finds the most specific prompt for a task; none where the policy has none for it.
    pub fn prompt(
        &self,
        document_type: &TypeName,
        phase: &PhaseName,
        task: Task,
    ) -> Result<Option<Prompt>, Vec<Fault>> {
        let found = self.prompt_file(document_type, phase, task);
        found.map(|(file, text)| Prompt::parse(file, text)).transpose()
    }

    /// Finds the file of that prompt, with its text.
    pub(super) fn prompt_file(
        &self,
        document_type: &TypeName,
        phase: &PhaseName,
        task: Task,
    ) -> Option<(&String, &String)> {
        let names = [format!("{document_type}.{phase}"), phase.to_string(), task.to_string()];
        let files = names.map(|name| format!("{}{name}.yaml", Self::PROMPTS));
        files.iter().find_map(|file| self.0.get_key_value(file))
    }
}

impl Compiler {
    /// Checks the prompts of a policy. What they say is read where somebody is told it.
    pub(super) fn prompts(&mut self, sources: &Sources, workflows: &BTreeMap<WorkflowName, Workflow>) {
        // Where the life cycles have faults, a name may be unknown because of them.
        let is_known = self.faults.is_empty();
        for (file, text) in sources.0.iter().filter(|(name, _)| Sources::is_prompt(name)) {
            self.prompt(file, text);
            if is_known {
                self.addressees(file, workflows);
            }
        }
    }

    /// Checks that the name of a prompt says for whom it is.
    fn addressees(&mut self, file: &str, workflows: &BTreeMap<WorkflowName, Workflow>) {
        let at = Place { file: file.to_owned(), ..Place::default() };
        let name = file.strip_prefix(Sources::PROMPTS).and_then(|rest| rest.strip_suffix(".yaml"));
        let name = name.unwrap_or_default();
        let phases = |workflow: &'_ Workflow| -> Vec<String> {
            let rounds = workflow.states.iter().filter(|state| state.round.is_some());
            rounds.map(|state| state.phase.to_string()).collect()
        };
        let Some((document_type, phase)) = name.split_once('.') else {
            let of_rounds = workflows.values().flat_map(phases);
            let known: Vec<String> = of_rounds.chain(Task::ALL.iter().map(ToString::to_string)).collect();
            if !known.iter().any(|one| one == name) {
                self.unknown(&at, "phase or task", name, known.iter().map(String::as_str));
            }
            return;
        };
        let types = || workflows.values().flat_map(|workflow| &workflow.types).map(|one| one.name.as_str());
        let of_type = |one: &&Workflow| one.types.iter().any(|it| it.name.as_str() == document_type);
        let Some(workflow) = workflows.values().find(of_type) else {
            self.unknown(&at, "document type", document_type, types());
            return;
        };
        let known = phases(workflow);
        if !known.iter().any(|one| one == phase) {
            let kind = format!("phase with a round of {document_type}");
            self.unknown(&at, &kind, phase, known.iter().map(String::as_str));
        }
    }

    fn prompt(&mut self, file: &str, text: &str) -> Option<Prompt> {
        if text.len() > PROMPT_MAX {
            let at = Place { file: file.to_owned(), ..Place::default() };
            let message = format!("larger than {} KiB, which no brief can be", PROMPT_MAX / 1024);
            self.fault(&at, "prompt_too_long", message);
            return None;
        }
        let source: PromptFile = self.read(file, text)?;
        self.schema(file, &source.schema, "qms.prompt/1");
        self.told(&place(file, &source.purpose), "`purpose`", &source.purpose.value);
        let mut checklists = Vec::new();
        for (category, items) in source.checklists {
            let at = place(file, &items);
            self.told(&at, "the name of a checklist", &category);
            if items.value.is_empty() {
                self.fault(&at, "blank_text", format!("checklist `{category}` has no items"));
            }
            for item in &items.value {
                let at = place(file, item);
                self.told(&at, "`item`", &item.value.item);
                self.told(&at, "`evidence`", &item.value.evidence);
            }
            let items = items.value.into_iter().map(|item| item.value).collect();
            checklists.push(Checklist { category, items });
        }
        for reminder in &source.reminders {
            self.told(&place(file, reminder), "a reminder", &reminder.value);
        }
        for section in &source.sections {
            let at = place(file, section);
            self.told(&at, "`title`", &section.value.title);
            self.told(&at, "`text`", &section.value.text);
        }
        Some(Prompt {
            file: file.to_owned(),
            purpose: source.purpose.value,
            checklists,
            reminders: source.reminders.into_iter().map(|reminder| reminder.value).collect(),
            sections: source.sections.into_iter().map(|section| section.value).collect(),
        })
    }

    /// Checks a text that people and agents are told: it says something, and all of it shows.
    fn told(&mut self, at: &Place, what: &str, text: &str) {
        if text.trim().is_empty() {
            self.fault(at, "blank_text", format!("{what} says nothing"));
        }
        if let Some((_, c)) = deceptions(text).find(|(_, c)| !matches!(c, '\n' | '\t')) {
            let message = format!("{what} has the character U+{:04X}, which does not show", u32::from(c));
            self.fault(at, "hidden_character", message);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::policy::{Candidate, fixture};

    fn least(purpose: &str) -> String {
        format!("schema: qms.prompt/1\npurpose: {purpose}\n")
    }

    /// The policy of the program with these prompts, each saying its own name.
    fn with(names: &[&str]) -> Sources {
        let mut sources = fixture::sources();
        let prompts = names.iter().map(|name| (format!("prompts/{name}.yaml"), least(name)));
        sources.0.extend(prompts);
        sources
    }

    fn told(sources: &Sources, document_type: &str, phase: &str, task: Task) -> Option<String> {
        let (document_type, phase) = (document_type.parse().unwrap(), phase.parse().unwrap());
        sources.prompt(&document_type, &phase, task).unwrap().map(|prompt| prompt.purpose)
    }

    #[test]
    fn the_most_specific_prompt_is_the_one_that_is_told() {
        let all = with(&["CR.pre_review", "pre_review", "review", "approval"]);
        assert!(Candidate::new(all.clone(), &fixture::procedures()).is_ok());
        let of = |document_type, phase, task| told(&all, document_type, phase, task);
        assert_eq!(of("CR", "pre_review", Task::Review).as_deref(), Some("CR.pre_review"));
        assert_eq!(of("INV", "pre_review", Task::Review).as_deref(), Some("pre_review"));
        assert_eq!(of("CR", "post_review", Task::Review).as_deref(), Some("review"));
        assert_eq!(of("CR", "pre_approval", Task::Approval).as_deref(), Some("approval"));
        // One name can be a phase and a task: it is the same question.
        assert_eq!(of("SOP", "review", Task::Review).as_deref(), Some("review"));
        assert_eq!(told(&with(&[]), "CR", "pre_review", Task::Review), None);
    }

    #[test]
    fn a_prompt_is_no_life_cycle_and_changes_the_digest_of_its_policy() {
        let (before, after) = (with(&[]), with(&["review"]));
        assert_ne!(before.digest(), after.digest());
        let policies =
            [before, after].map(|sources| Candidate::new(sources, &fixture::procedures()).unwrap().policy);
        assert_eq!(policies[0], policies[1]);
    }

    #[test]
    fn faults_have_the_place_in_their_file() {
        let faults = Prompt::parse("prompts/x.yaml", "schema: qms.prompt/1\npurpose: \"\"\n").unwrap_err();
        let places: Vec<String> = faults.iter().map(|fault| fault.place.to_string()).collect();
        assert_eq!(places, ["prompts/x.yaml:2:10"]);
    }
}
