//! Plays scenarios: takes their steps one by one, and says where one came otherwise.

use std::collections::BTreeMap;

use indexmap::IndexMap;
use serde_yaml::Spanned;

use super::expected::check;
use super::plan;
use super::rehearsal::{rehearse_evidence, rehearse_run};
use super::source::{ScenarioFile, ScenarioSource, StepValue, fault, place};
use super::step::{About, Act, Edit, Reader, Step, What};
use super::world::{Attempt, World};
use crate::domain::digest::Digest;
use crate::domain::document::{Document, Kind};
use crate::domain::id::{ActionName, DocumentId, GroupName, InputName, StateName, UserName, WorkflowName};
use crate::domain::policy::{InputKind, Policy};
use crate::domain::request::{Inputs, Request, Subject, Value, WorkingCopy};
use crate::domain::yaml::{self, Place, YamlError};

/// How a scenario came out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScenarioOutcome {
    /// Its name, a sentence.
    pub name: String,
    /// Where it stands.
    pub place: Place,
    /// The first step that came otherwise than expected; `None` where all came as expected.
    pub failure: Option<Failure>,
    /// What was tried, in order, as far as the policy knows a transition for it.
    pub taken: Vec<Taken>,
}

impl ScenarioOutcome {
    /// Tells whether all came as expected.
    pub fn is_passed(&self) -> bool {
        self.failure.is_none()
    }
}

/// A step that came otherwise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// The step.
    pub place: Place,
    /// What came, and what was expected.
    pub message: String,
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.place, self.message)
    }
}

/// A transition that a step meant, and what came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taken {
    /// The life cycle.
    pub workflow: WorkflowName,
    /// Its place among the transitions of the life cycle, from 0.
    pub transition: usize,
    /// The state that it started from; `None` where it creates a document.
    pub from: Option<StateName>,
    /// What came of it.
    pub came: Came,
}

/// What can come of a transition that is meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Came {
    /// It was taken, and led where it leads.
    Completed,
    /// It was taken, and its round goes on.
    Awaited,
    /// It was refused, for reasons of these names.
    Refused(Vec<String>),
}

/// Plays the scenarios of a file against a policy. An error says what cannot be understood.
pub fn run(
    policy: &Policy,
    policy_digest: Digest,
    file: &str,
    text: &str,
) -> Result<Vec<ScenarioOutcome>, YamlError> {
    let source: ScenarioFile = yaml::parse(file, text, 0)?;
    if source.schema.value != "qms.scenarios/1" {
        let message = format!("schema is `{}`, expected `qms.scenarios/1`", source.schema.value);
        return Err(fault(&place(file, &source.schema), message));
    }
    let workflow = &source.workflow;
    if !policy.workflows.contains_key(&workflow.value) {
        let known = policy.workflows.keys().map(WorkflowName::as_str);
        let message = check("life cycle", workflow.value.as_str(), known).err().unwrap_or_default();
        return Err(fault(&place(file, workflow), message));
    }
    let paths = source.paths.iter().map(|(name, steps)| (name.clone(), steps.as_slice())).collect();
    let mut reader = Reader { policy, file, paths, document_type: None };
    let mut outcomes = Vec::new();
    for scenario in &source.scenarios {
        let at = place(file, scenario);
        let scenario: &ScenarioSource = &scenario.value;
        let known = policy.document_types().map(|it| it.name.as_str());
        check("document type", scenario.document_type.as_str(), known)
            .map_err(|message| fault(&at, message))?;
        reader.document_type = Some(&scenario.document_type);
        let steps = reader.steps(&scenario.steps)?;
        let rehearsed = rehearse_evidence(policy, &scenario.evidence);
        let policy = rehearsed.as_ref();
        let mut world = World::new(policy, policy_digest, scenario.templates.as_deref());
        for (id, body) in &scenario.bodies {
            world.install(id, Some(body));
        }
        for users in [&source.users, &scenario.users] {
            add_users(&mut world, policy, file, users)?;
        }
        let mut play = Play { policy, world, aliases: BTreeMap::new(), main: None, taken: Vec::new() };
        let failure = steps.iter().find_map(|step| {
            let failed = play.step(step).err();
            failed.map(|message| Failure { place: step.place.clone(), message })
        });
        outcomes.push(ScenarioOutcome { name: scenario.name.clone(), place: at, failure, taken: play.taken });
    }
    Ok(outcomes)
}

fn add_users(
    world: &mut World<'_>,
    policy: &Policy,
    file: &str,
    users: &IndexMap<UserName, Spanned<GroupName>>,
) -> Result<(), YamlError> {
    for (name, group) in users {
        let known = policy.groups.keys().map(GroupName::as_str);
        check("group", group.value.as_str(), known).map_err(|message| fault(&place(file, group), message))?;
        world.add_user(name, group.value.as_str(), Kind::Agent);
    }
    Ok(())
}

/// A scenario that is being played.
struct Play<'p> {
    policy: &'p Policy,
    world: World<'p>,
    aliases: BTreeMap<String, DocumentId>,
    main: Option<DocumentId>,
    taken: Vec<Taken>,
}

impl Play<'_> {
    /// Takes a step; the message says what came otherwise.
    fn step(&mut self, step: &Step) -> Result<(), String> {
        match &step.what {
            What::Act(act) => self.act(act, step),
            What::Check(viewer) => {
                let id = self.document(step.of.as_deref())?;
                step.expected.of_document(self.world.document(&id))?;
                viewer.as_deref().map_or(Ok(()), |viewer| self.menu(step, viewer, &id))
            }
        }
    }

    /// Finds a document by its alias or id, or the first that was created.
    fn document(&self, named: Option<&str>) -> Result<DocumentId, String> {
        let Some(name) = named else {
            return self.main.clone().ok_or_else(|| "there is no document yet".to_owned());
        };
        match self.aliases.get(name) {
            Some(id) => Ok(id.clone()),
            None => {
                DocumentId::parse(name).map_err(|_| format!("`{name}` is neither an alias nor a document id"))
            }
        }
    }

    fn act(&mut self, act: &Act, step: &Step) -> Result<(), String> {
        let (subject, id) = match &act.about {
            About::New(name) => (Subject::New(name.clone()), None),
            About::Project => (Subject::Project, None),
            About::Document => {
                let id = self.document(step.of.as_deref())?;
                (Subject::Document(id.clone()), Some(id))
            }
        };
        let user = UserName::parse(&act.user).map_err(|error| error.to_string())?;
        let writes = act.requires.is_some() || act.text.is_some();
        let edit = act.content.or(writes.then_some(Edit::Changed));
        if let (Some(edit), Some(id)) = (edit, &id) {
            self.edit(edit, act, &user, id)?;
        }
        let request = Request {
            action: act.action.clone(),
            subject,
            inputs: self.inputs(act)?,
            copy: id.as_ref().and_then(|id| self.world.copy(&user, id)).cloned(),
            candidate: None,
        };
        let before = id.as_ref().and_then(|id| self.world.document(id)).cloned();
        let run = before.as_ref().filter(|_| self.policy.records_runs(&act.action));
        let attempt = match run.map(|document| rehearse_run(self.policy, document, act.status)) {
            Some(run) => self.world.attempt_run(&act.user, &request, run),
            None => self.world.attempt(&act.user, &request),
        };
        let created = attempt.result.as_ref().ok().and_then(|applied| applied.after.as_ref());
        let id = id.or_else(|| created.map(|it| it.id.clone()));
        if before.is_none()
            && let Some(id) = &id
        {
            self.aliases.extend(act.alias.iter().map(|alias| (alias.clone(), id.clone())));
            self.main.get_or_insert_with(|| id.clone());
        }
        self.record(before.as_ref(), &attempt);
        let verb = format!("`{}` by {}", act.action, act.user);
        let answer = attempt.result.as_ref().map(|applied| applied.notes.as_slice());
        step.expected.of_answer(&verb, answer)?;
        step.expected.of_document(id.as_ref().and_then(|id| self.world.document(id)))?;
        match &id {
            Some(id) if step.expected.wants_menu() => self.menu(step, &act.user, id),
            _ => Ok(()),
        }
    }

    fn menu(&self, step: &Step, viewer: &str, id: &DocumentId) -> Result<(), String> {
        let user = UserName::parse(viewer).map_err(|error| error.to_string())?;
        let request = Request {
            // A menu asks about every action; the one named here plays no part.
            action: ActionName::parse("menu").map_err(|error| error.to_string())?,
            subject: Subject::Document(id.clone()),
            inputs: Inputs::default(),
            copy: self.world.copy(&user, id).cloned(),
            candidate: None,
        };
        step.expected.of_menu(&self.world.menu(viewer, &request))
    }

    /// Notes which transition was meant and what came of it.
    fn record(&mut self, before: Option<&Document>, attempt: &Attempt) {
        let Some((workflow, transition)) = attempt.meant.clone() else { return };
        let edge = self.policy.workflows.get(&workflow).and_then(|it| it.transitions.get(transition));
        let came = match &attempt.result {
            Err(denial) => Came::Refused(denial.reasons().iter().map(|it| it.name.clone()).collect()),
            Ok(applied) => {
                let stayed = before.map(|it| &it.state) == applied.after.as_ref().map(|it| &it.state);
                if stayed && edge.is_some_and(|it| it.quorum) { Came::Awaited } else { Came::Completed }
            }
        };
        let from = before.map(|it| it.state.clone());
        self.taken.push(Taken { workflow, transition, from, came });
    }

    fn inputs(&self, act: &Act) -> Result<Inputs, String> {
        let mut inputs = Inputs::default();
        for (name, kind, value) in &act.inputs {
            inputs = inputs.with(name.clone(), self.value(name, kind, value)?);
        }
        Ok(inputs)
    }

    fn value(&self, name: &InputName, kind: &InputKind, value: &StepValue) -> Result<Value, String> {
        let users = |texts: &[String]| {
            let names: Result<Vec<UserName>, _> = texts.iter().map(|text| UserName::parse(text)).collect();
            names.map(Value::Users).map_err(|error| error.to_string())
        };
        match (kind, value) {
            (InputKind::User | InputKind::Users, StepValue::Many(texts)) => users(texts),
            (InputKind::User | InputKind::Users, StepValue::One(text)) => users(std::slice::from_ref(text)),
            (InputKind::Document, StepValue::One(text)) => self.document(Some(text)).map(Value::Document),
            (InputKind::File, StepValue::One(text)) => Ok(Value::File(text.clone().into_bytes().into())),
            (_, StepValue::One(text)) => Ok(Value::Text(text.clone())),
            _ => Err(format!("`{name}` takes a text")),
        }
    }

    /// Does to the working copy what the step says.
    fn edit(&mut self, edit: Edit, act: &Act, user: &UserName, id: &DocumentId) -> Result<(), String> {
        let out = self.world.copy(user, id).cloned();
        let (Some(WorkingCopy::Present { base, path, bytes, .. }), Some(document)) =
            (out, self.world.document(id).cloned())
        else {
            return Err(format!("{user} has no working copy of {id} to change"));
        };
        let required = self.policy.document_type(&document.document_type).map(|(_, it)| &it.required);
        let others = || required.into_iter().flatten().filter(|field| *field != "title");
        let title = if document.title.contains("{{") { "A title" } else { document.title.as_str() };
        let mut write = |value: &str| {
            let mut fields = vec![("title", title)];
            fields.extend(act.requires.as_deref().map(|requires| ("requires", requires)));
            fields.extend(others().map(|field| (field.as_str(), value)));
            if value.is_empty() {
                fields.retain(|(field, _)| *field != "title");
            }
            match &act.text {
                Some(body) => self.world.write_body(&document, &fields, body),
                None => self.world.write(&document, &fields),
            }
        };
        let at = |base, bytes| WorkingCopy::Present { document: id.clone(), base, path: path.clone(), bytes };
        let copy = |text: String| at(base, text.into_bytes());
        let described = "as it should be after edit {edit}";
        let copy = match edit {
            Edit::Changed => Some(copy(write(described))),
            Edit::Reworded => Some(copy(plan::reworded(&write(described)))),
            Edit::Handwritten => Some(copy(plan::handwritten(&write(described)))),
            Edit::Itemless => Some(copy(plan::itemless(&write(described)))),
            Edit::Undescribed => Some(copy(write("as it should be"))),
            Edit::Incomplete => Some(copy(write(""))),
            Edit::Unreadable => Some(copy("no front matter\n".to_owned())),
            Edit::Unchanged => Some(at(base, bytes)),
            Edit::Missing => None,
            Edit::Stale => Some(at(Digest::of(b"another content"), bytes)),
            Edit::Foreign => {
                let document = DocumentId::parse("FOREIGN-001").map_err(|error| error.to_string())?;
                Some(WorkingCopy::Present { document, base, path: path.clone(), bytes })
            }
        };
        self.world.replace_copy(user, id, copy);
        Ok(())
    }
}
