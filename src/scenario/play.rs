//! Plays scenarios: takes their steps one by one, and says where one came otherwise.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use indexmap::IndexMap;
use serde_yaml::Spanned;

use super::expected::check;
use super::outcome::{Came, Failure, Refused, ScenarioOutcome, Taken, told};
use super::plan;
use super::registry;
use super::rehearsal::rehearse;
use super::source::{ScenarioFile, ScenarioSource, StepValue, fault, place};
use super::stage::{Stage, Unclaimed};
use super::step::{ADOPTION, About, Act, Edit, Reader, Step, What};
use super::writing::{procedures, templates};
use crate::domain::decide::Meant;
use crate::domain::digest::Digest;
use crate::domain::document::Document;
use crate::domain::evidence::RunOutcome;
use crate::domain::id::{AttestationName, DocumentId, GroupName, InputName, UserName, WorkflowName};
use crate::domain::policy::{Candidate, InputKind, Policy, compile};
use crate::domain::request::{Inputs, Request, Subject, Value, WorkingCopy};
use crate::domain::yaml::{self, Place, YamlError};
use crate::session::Acted;

/// Plays the scenarios of a file against a policy. An error says what cannot be understood.
pub fn run(candidate: &Candidate, file: &str, text: &str) -> Result<Vec<ScenarioOutcome>, YamlError> {
    play(candidate, file, text, drop)
}

/// Plays scenarios, and gives away the project that each leaves.
pub(crate) fn play(
    candidate: &Candidate,
    file: &str,
    text: &str,
    mut left: impl FnMut(Stage),
) -> Result<Vec<ScenarioOutcome>, YamlError> {
    let policy = &candidate.policy;
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
    // Reading a policy takes as long as some twenty steps, and most stories of a file begin under the same.
    let mut begun = BTreeMap::new();
    let mut outcomes = Vec::new();
    for scenario in &source.scenarios {
        let at = place(file, scenario);
        let scenario: &ScenarioSource = &scenario.value;
        let known = policy.document_types().map(|it| it.name.as_str());
        check("document type", scenario.document_type.as_str(), known)
            .map_err(|message| fault(&at, message))?;
        reader.document_type = Some(&scenario.document_type);
        let steps = reader.steps(&scenario.steps)?;
        let users = users(policy, file, [&source.users, &scenario.users])?;
        let first = match begun.entry((users, scenario.evidence.as_slice())) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(new) => {
                let (users, evidence) = new.key();
                let first = begin(candidate, users, evidence, &at)?;
                new.insert(first)
            }
        };
        let mut documents = templates(&first.policy, scenario.templates.as_deref(), &scenario.bodies);
        if scenario.procedures {
            documents.extend(procedures(&first.policy));
        }
        let digest = first.digest;
        let stage = Stage::found(first.clone(), documents).map_err(|error| fault(&at, error.to_string()))?;
        let mut play = Play {
            tested: candidate,
            scenario,
            digest,
            stage,
            aliases: BTreeMap::new(),
            main: None,
            taken: Vec::new(),
            refused: BTreeSet::new(),
        };
        let failure = steps.iter().find_map(|step| {
            let failed = play.step(step).err();
            failed.map(|message| Failure { place: step.place.clone(), message })
        });
        let Play { taken, refused, stage, .. } = play;
        left(stage);
        outcomes.push(ScenarioOutcome { name: scenario.name.clone(), place: at, failure, taken, refused });
    }
    Ok(outcomes)
}

/// The users that a story has besides those of the policy.
fn users<'s>(
    policy: &Policy,
    file: &str,
    sources: [&'s IndexMap<UserName, Spanned<GroupName>>; 2],
) -> Result<BTreeMap<&'s UserName, &'s GroupName>, YamlError> {
    let mut users = BTreeMap::new();
    for (name, group) in sources.into_iter().flatten() {
        let known = policy.groups.keys().map(GroupName::as_str);
        check("group", group.value.as_str(), known).map_err(|message| fault(&place(file, group), message))?;
        users.insert(name, &group.value);
    }
    Ok(users)
}

/// The policy that a story begins under.
fn begin(
    candidate: &Candidate,
    users: &BTreeMap<&UserName, &GroupName>,
    evidence: &[AttestationName],
    at: &Place,
) -> Result<Candidate, YamlError> {
    let sources = rehearse(&candidate.sources, users, evidence)?;
    if sources == candidate.sources {
        return Ok(candidate.clone());
    }
    let policy = compile(&sources).map_err(|faults| {
        let messages: Vec<&str> = faults.iter().map(|it| it.message.as_str()).collect();
        fault(at, messages.join("; "))
    })?;
    Ok(Candidate { policy, digest: sources.digest(), sources })
}

/// A scenario that is being played.
struct Play<'p> {
    /// The policy that is tested.
    tested: &'p Candidate,
    scenario: &'p ScenarioSource,
    /// The digest of the policy that the story begins under.
    digest: Digest,
    stage: Stage,
    aliases: BTreeMap<String, DocumentId>,
    main: Option<DocumentId>,
    taken: Vec<Taken>,
    refused: BTreeSet<String>,
}

impl Play<'_> {
    /// Takes a step; the message says what came otherwise.
    fn step(&mut self, step: &Step) -> Result<(), String> {
        match &step.what {
            What::Act(act) => self.act(act, step),
            What::Check(viewer) => {
                let id = self.document(step.of.as_deref())?;
                step.expected.of_document(self.stage.document(&id).map_err(told)?.as_ref())?;
                viewer.as_ref().map_or(Ok(()), |viewer| self.menu(step, viewer, &id))
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
        let (mut id, mut secret) = (None, None);
        let subject = match &act.about {
            About::New(name) => Subject::New(name.clone()),
            About::Project => Subject::Project,
            About::Document => Subject::Document(id.insert(self.document(step.of.as_deref())?).clone()),
            About::Registry(asked) => {
                let about = step.of.as_deref().map(|name| self.document(Some(name))).transpose()?;
                let pins = self.stage.session.policy().map_err(told)?.pins.clone();
                let (registration, made) =
                    registry::request(&mut self.stage.holdings, asked, about.as_ref(), pins)?;
                secret = made;
                Subject::Registry(Box::new(registration))
            }
        };
        let writes = act.requires.is_some() || act.text.is_some();
        let edit = act.content.or(writes.then_some(Edit::Changed));
        if let (Some(edit), Some(id)) = (edit, &id) {
            self.edit(edit, act, id)?;
        }
        let request = Request {
            action: act.action.clone(),
            subject,
            inputs: self.inputs(act)?,
            copy: id.as_ref().and_then(|id| self.stage.copy(&act.user, id)).cloned(),
            candidate: self.candidate(act)?,
        };
        let before = match &id {
            Some(id) => self.stage.document(id).map_err(told)?,
            None => None,
        };
        let runs = before.is_some() && self.tested.policy.records_runs(&act.action);
        let answer = match self.stage.claim(&act.user, act.proof, Some(&request)) {
            Ok(claim) if runs => self.stage.run(&claim, &request, RunOutcome::of(Some(act.status))),
            Ok(claim) => self.stage.act(&claim, &request),
            Err(Unclaimed::Refused(error)) => Err(error),
            Err(Unclaimed::Lacks(message)) => return Err(message),
        };
        let answer = match answer {
            Ok(acted) => Ok(acted),
            Err(error) => Err(Refused::of(error)?),
        };
        if let (Some(secret), Ok(_)) = (secret, &answer) {
            self.stage.hand_out(secret).map_err(told)?;
        }
        let created = answer.as_ref().ok().and_then(|acted| acted.after.as_ref());
        let id = id.or_else(|| created.map(|it| it.id.clone()));
        if before.is_none()
            && let Some(id) = &id
        {
            self.aliases.extend(act.alias.iter().map(|alias| (alias.clone(), id.clone())));
            self.main.get_or_insert_with(|| id.clone());
        }
        self.record(before.as_ref(), answer.as_ref());
        let verb = format!("`{}` by {}", act.action, act.user);
        step.expected.of_answer(&verb, answer.as_ref().map(|acted| acted.notes.as_slice()))?;
        let after = match &id {
            Some(id) => self.stage.document(id).map_err(told)?,
            None => None,
        };
        step.expected.of_document(after.as_ref())?;
        match &id {
            Some(id) if step.expected.wants_menu() => self.menu(step, &act.user, id),
            _ => Ok(()),
        }
    }

    fn menu(&mut self, step: &Step, viewer: &UserName, id: &DocumentId) -> Result<(), String> {
        step.expected.of_menu(&self.stage.menu(viewer, id).map_err(told)?)
    }

    /// Notes which transition was meant and how it ended. What another policy decided shows nothing about the
    /// one that is tested.
    fn record(&mut self, before: Option<&Document>, answer: Result<&Acted, &Refused>) {
        if let Err(refused) = answer {
            self.refused.extend(refused.names().map(str::to_owned));
        }
        let meant = answer.map_or_else(|refused| &refused.meant, |acted| &acted.meant).clone();
        let Some(Meant { workflow, transition, .. }) = meant.filter(|it| it.policy == self.digest) else {
            return;
        };
        let edge = self.tested.policy.workflows.get(&workflow).and_then(|it| it.transitions.get(transition));
        let came = match answer {
            Err(refused) => Came::Refused(refused.names().map(str::to_owned).collect()),
            Ok(acted) => {
                let stayed = before.map(|it| &it.state) == acted.after.as_ref().map(|it| &it.state);
                if stayed && edge.is_some_and(|it| it.quorum) { Came::Awaited } else { Came::Completed }
            }
        };
        let from = before.map(|it| it.state.clone());
        self.taken.push(Taken { workflow, transition, from, came });
    }

    /// The files of the policy that is to be adopted: those that are tested, with what the step changes.
    fn candidate(&self, act: &Act) -> Result<Option<BTreeMap<String, String>>, String> {
        if act.action.as_str() != ADOPTION {
            return Ok(None);
        }
        let mut sources = self.tested.sources.clone();
        for (file, text, other) in &act.change {
            let found = sources.0.get_mut(file).filter(|it| it.contains(text.as_str()));
            let found = found.ok_or_else(|| format!("`{file}` does not contain `{text}`"))?;
            *found = found.replace(text.as_str(), other);
        }
        // What cannot even be read is refused like any other fault.
        let rehearsed = rehearse(&sources, &BTreeMap::new(), &self.scenario.evidence);
        Ok(Some(rehearsed.unwrap_or(sources).0))
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
    fn edit(&mut self, edit: Edit, act: &Act, id: &DocumentId) -> Result<(), String> {
        let user = &act.user;
        let out = self.stage.copy(user, id).cloned();
        let (Some(WorkingCopy::Present { base, path, bytes, .. }), Some(document)) =
            (out, self.stage.document(id).map_err(told)?)
        else {
            return Err(format!("{user} has no working copy of {id} to change"));
        };
        let policy = self.stage.session.policy_about(id).map_err(told)?;
        let required = policy.document_type(&document.document_type).map(|(_, it)| &it.required);
        let others = || required.into_iter().flatten().filter(|field| *field != "title");
        let title = if document.title.contains("{{") { "A title" } else { document.title.as_str() };
        let mut write = |value: &str| {
            let mut fields = vec![("title", title)];
            fields.extend(act.requires.as_deref().map(|requires| ("requires", requires)));
            fields.extend(others().map(|field| (field.as_str(), value)));
            if value.is_empty() {
                fields.retain(|(field, _)| *field != "title");
            }
            self.stage.write(&document, &fields, act.text.as_deref()).map_err(told)
        };
        let at = |base, bytes| WorkingCopy::Present { document: id.clone(), base, path: path.clone(), bytes };
        let copy = |text: String| at(base, text.into_bytes());
        let described = "as it should be after edit {edit}";
        let copy = match edit {
            Edit::Changed => Some(copy(write(described)?)),
            Edit::Reworded => Some(copy(plan::reworded(&write(described)?))),
            Edit::Handwritten => Some(copy(plan::handwritten(&write(described)?))),
            Edit::Itemless => Some(copy(plan::itemless(&write(described)?))),
            Edit::Undescribed => Some(copy(write("as it should be")?)),
            Edit::Incomplete => Some(copy(write("")?)),
            Edit::Unreadable => Some(copy("no front matter\n".to_owned())),
            Edit::Unchanged => Some(at(base, bytes)),
            Edit::Missing => None,
            Edit::Stale => Some(at(Digest::of(b"another content"), bytes)),
            Edit::Foreign => {
                let document = DocumentId::parse("FOREIGN-001").map_err(|error| error.to_string())?;
                Some(WorkingCopy::Present { document, base, path: path.clone(), bytes })
            }
        };
        self.stage.replace_copy(user, id, copy);
        Ok(())
    }
}
