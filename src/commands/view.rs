//! How documents and menus look from outside: the names of the JSON contract.

use serde::Serialize;

use super::spell::{ReasonLine, placeholder};
use super::{CommandError, Context, veil};
use crate::domain::decide::{Line, LineInput};
use crate::domain::digest::{Digest, Timestamp};
use crate::domain::document::{Document, Outcome, Task, TemplateVersion};
use crate::domain::id::{
    DocumentId, InputName, PhaseName, StateName, TraitName, TypeName, UserName, Version, WorkflowName,
};
use crate::domain::identity::Actor;
use crate::domain::policy::Policy;
use crate::domain::prerequisite::Prerequisite;
use crate::domain::procedure::Citation;
use crate::session::Menu;

/// A document.
#[derive(Debug, Clone, Serialize)]
pub struct DocumentView {
    /// Its id.
    pub id: DocumentId,
    /// Its type.
    #[serde(rename = "type")]
    pub document_type: TypeName,
    /// Its title.
    pub title: String,
    /// Its state.
    pub state: StateName,
    /// Its version.
    pub version: Version,
    /// The version in force.
    pub effective_version: Option<Version>,
    /// Who holds it.
    pub owner: Option<UserName>,
    /// Who may not review or approve it.
    pub authors: Vec<UserName>,
    /// Who has it checked out.
    pub checked_out_by: Option<UserName>,
    /// What it belongs to.
    pub parent: Option<DocumentId>,
    /// The phase of its state.
    pub phase: Option<PhaseName>,
    /// How often it changed.
    pub revision: u64,
    /// The digest of its content.
    pub content_digest: Digest,
    /// The policy that decides about it now.
    pub policy_digest: Digest,
    /// Its life cycle.
    pub workflow: WorkflowName,
    /// The template version that it began from.
    pub template: Option<TemplateVersion>,
    /// What demands more of it than of others of its type.
    pub traits: Vec<TraitName>,
    /// What has to hold of other documents first.
    pub requires: Vec<Prerequisite>,
    /// The digest of all that the verdicts of the open round speak about.
    pub dossier_digest: Option<Digest>,
    /// Who takes part in the open round.
    pub assignees: Vec<AssigneeView>,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

/// An assignee of the open round.
#[derive(Debug, Clone, Serialize)]
pub struct AssigneeView {
    /// Who.
    pub user: UserName,
    /// What is asked.
    pub task: Task,
    /// Whether the answer is in.
    pub answered: bool,
    /// What it was; shown to nobody else while the round is open.
    pub verdict: Option<Outcome>,
}

impl DocumentView {
    /// Shows a document to somebody.
    pub(super) fn shown(
        context: &mut Context,
        actor: &Actor,
        document: Document,
    ) -> Result<Self, CommandError> {
        let (policy, in_force) = (context.session.policy()?, context.session.project()?.policy);
        let eyes = veil::eyes(context, actor, &document)?;
        Ok(Self::new(document, &policy, in_force, eyes))
    }

    /// Shows a document under the policy in force; a round keeps the policy that it was opened under, and of its answers
    /// is shown that of `eyes`.
    pub(super) fn new(
        document: Document,
        policy: &Policy,
        in_force: Digest,
        eyes: Option<&UserName>,
    ) -> Self {
        let phase = policy.standing(&document).map(|(_, state)| state.phase.clone());
        let policy_digest = document.round.as_ref().map_or(in_force, |round| round.policy);
        let traits = policy.traits_of(&document).map(|(name, _)| name.clone()).collect();
        let dossier_digest = document.round.as_ref().and_then(|round| round.dossier);
        let assignees = document.round.into_iter().flat_map(|round| {
            round.seats.into_iter().map(move |(user, seat)| AssigneeView {
                task: round.task,
                answered: seat.answer.is_some(),
                verdict: seat.answer.filter(|_| eyes == Some(&user)).map(|answer| answer.outcome),
                user,
            })
        });
        Self {
            id: document.id,
            document_type: document.document_type,
            title: document.title,
            state: document.state,
            version: document.version,
            effective_version: document.in_force.map(|it| it.version),
            owner: document.owner,
            authors: document.authors.into_keys().collect(),
            checked_out_by: document.checkout.map(|checkout| checkout.by),
            parent: document.parent,
            phase,
            revision: document.revision,
            content_digest: document.content,
            policy_digest,
            workflow: document.workflow,
            template: document.template,
            traits,
            requires: document.requires.into_iter().collect(),
            dossier_digest,
            assignees: assignees.collect(),
            created_at: document.created_at,
            updated_at: document.updated_at,
        }
    }
}

/// How many columns of a menu line the values of one input may take before a word stands for them.
const VALUES_MAX: usize = 40;

/// A line of the menu, ready to be run.
#[derive(Debug, Clone, Serialize)]
pub struct NextLine {
    /// The verb.
    pub action: String,
    /// What the line says.
    pub label: String,
    /// The command, with `<…>` for what is still to be given.
    pub command: String,
    /// The command in words; `null` for what is still to be given.
    pub argv: Vec<Option<String>>,
    /// What is still to be given.
    pub inputs: Vec<NextInput>,
    /// The section of a procedure that governs it.
    pub sop: Option<Citation>,
    /// Whether some inputs would be permitted.
    pub available: bool,
    /// What is missing.
    pub missing: Vec<ReasonLine>,
}

/// An input that is still to be given.
#[derive(Debug, Clone, Serialize)]
pub struct NextInput {
    /// Its name.
    pub name: InputName,
    /// Whether the command is refused without it.
    pub required: bool,
    /// The values that it takes, where they are few.
    pub one_of: Vec<NextChoice>,
    /// Where it goes in `argv`; `null` where it may be left out.
    pub argv_index: Option<usize>,
    /// The choice under which the command is refused without it, where it may else be left out.
    pub required_when: Option<RequiredWhen>,
}

/// A choice that asks for an input.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RequiredWhen {
    /// The input that is chosen.
    pub input: InputName,
    /// Its value.
    pub value: String,
}

/// A value that an input takes, and the word that stands for it.
#[derive(Debug, Clone, Serialize)]
pub struct NextChoice {
    /// The value.
    pub value: String,
    /// The word in the command: a flag, where a value is one, else the value.
    pub flag: String,
}

/// Writes a name as a flag.
pub fn flag(name: &str) -> String {
    format!("--{}", name.replace('_', "-"))
}

impl NextLine {
    /// Writes a menu line as a command of `user` about `id`.
    pub fn new(line: &Line, policy: &Policy, user: &UserName, id: &DocumentId) -> Self {
        let words = ["qms", "--user", user.as_str()].into_iter().chain(line.words.split(' '));
        let about = match &line.makes {
            Some(kind) => vec![kind.as_str(), "--parent", id.as_str()],
            None => vec![id.as_str()],
        };
        let mut argv: Vec<Option<String>> = words.chain(about).map(|word| Some(word.to_owned())).collect();
        argv.extend(line.choice.iter().map(|(_, value)| Some(flag(value))));
        let mut command: Vec<String> = argv.iter().flatten().cloned().collect();
        let mut inputs = Vec::new();
        for input in &line.inputs {
            let one_of: Vec<NextChoice> = input
                .one_of
                .iter()
                .map(|value| NextChoice { value: value.clone(), flag: input.word(value) })
                .collect();
            let mut argv_index = None;
            if input.required {
                let name = flag(input.name.as_str());
                let word = word_for(input, &one_of);
                if input.flags || input.positional {
                    command.push(word);
                } else {
                    command.push(format!("{name} {word}"));
                    argv.push(Some(name));
                }
                argv_index = Some(argv.len());
                argv.push(None);
            }
            let when = input.required_when.clone().filter(|_| !input.required);
            if when.is_some() {
                command.push(format!("[{} {}]", flag(input.name.as_str()), word_for(input, &one_of)));
            }
            inputs.push(NextInput {
                name: input.name.clone(),
                required: input.required,
                one_of,
                argv_index,
                required_when: when.map(|(input, value)| RequiredWhen { input, value }),
            });
        }
        Self {
            action: line.action.to_string(),
            label: line.label.clone(),
            command: command.join(" "),
            argv,
            inputs,
            sop: line.sop.clone(),
            available: line.is_open(),
            missing: line.missing.iter().map(|reason| ReasonLine::new(reason, policy, user)).collect(),
        }
    }

    /// The line that every menu ends with: looking is always allowed.
    pub fn status(user: &UserName, id: &DocumentId) -> Self {
        let words = ["qms", "--user", user.as_str(), "status", id.as_str()];
        Self {
            action: "status".to_owned(),
            label: "Check document status".to_owned(),
            command: words.join(" "),
            argv: words.iter().map(|word| Some((*word).to_owned())).collect(),
            inputs: Vec::new(),
            sop: None,
            available: true,
            missing: Vec::new(),
        }
    }
}

/// What stands in a command for an input that is still to be given: its one value, or in brackets, so that
/// no shell takes them for anything else, its few values or what it is.
fn word_for(input: &LineInput, one_of: &[NextChoice]) -> String {
    let values: Vec<&str> = one_of.iter().map(|choice| choice.flag.as_str()).collect();
    match values.join("|") {
        value if values.len() == 1 => value,
        values if input.flags || (1..=VALUES_MAX).contains(&values.len()) => format!("<{values}>"),
        _ => format!("<{}>", placeholder(input.name.as_str())),
    }
}

/// Names who acts next on a document other than `viewer`: who has not answered in the round, else the
/// owner.
pub fn awaited(document: &Document, viewer: &UserName) -> Option<String> {
    let waiting: Vec<String> = match &document.round {
        Some(round) => {
            let open = round.seats.keys().filter(|name| round.awaits(name));
            open.map(|name| format!("{name} ({})", round.task)).collect()
        }
        None => document.owner.iter().map(|owner| format!("{owner} (owner)")).collect(),
    };
    let is_viewer = document.round.is_none() && document.owner.as_ref() == Some(viewer);
    (!waiting.is_empty() && !is_viewer).then(|| waiting.join(", "))
}

/// Writes a menu: its open lines, and the closed ones too where `all` are wanted.
pub fn next_lines(menu: &Menu, user: &UserName, id: &DocumentId, all: bool) -> Vec<NextLine> {
    let lines = menu.lines.iter().filter(|line| all || line.is_open());
    let lines = lines.map(|line| NextLine::new(line, &menu.policy, user, id));
    lines.chain([NextLine::status(user, id)]).collect()
}
