//! A project in memory: it gathers facts as a session does, and keeps what `apply` gives.

use std::collections::{BTreeMap, BTreeSet};

use super::plan::plan;
use super::rehearsal::rehearse;
use crate::domain::attestation::Attestation;
use crate::domain::decide::{
    self, Applied, Condition, Denial, Line, Reason, apply, decide, menu, transition_meant,
};
use crate::domain::digest::{Digest, Timestamp};
use crate::domain::document::{Document, Kind, User};
use crate::domain::evidence::Run;
use crate::domain::front_matter;
use crate::domain::id::{DocumentId, IdWord, UserName, WorkflowName};
use crate::domain::identity::{Actor, Claim, NotVerified, Registry};
use crate::domain::policy::{DocumentType, IdParts, Policy, Workflow};
use crate::domain::project::VersionRecord;
use crate::domain::request::{Request, WorkingCopy};

/// 2026-01-01T00:00:00Z; any time would do, as long as it is the same in every run.
const START: i64 = 1_767_225_600_000;

/// Milliseconds between two actions.
const STEP: i64 = 1_000;

/// A simulated project.
#[derive(Debug, Clone)]
pub(crate) struct World<'p> {
    pub(super) policy: &'p Policy,
    pub(super) digest: Digest,
    pub(super) now: i64,
    pub(super) users: BTreeMap<UserName, User>,
    pub(super) namespaces: BTreeSet<IdWord>,
    pub(super) documents: BTreeMap<DocumentId, Document>,
    pub(super) contents: BTreeMap<Digest, String>,
    pub(super) copies: BTreeMap<(UserName, DocumentId), WorkingCopy>,
    pub(super) versions: Vec<VersionRecord>,
    pub(super) attestations: Vec<Attestation>,
    /// The run that the attempt at hand would record.
    pub(super) run: Option<Run>,
    pub(super) edits: u64,
}

/// What an attempt meant and what came of it.
pub(crate) struct Attempt {
    /// The transition that was meant, by its place among those of its life cycle.
    pub(crate) meant: Option<(WorkflowName, usize)>,
    /// What was changed, or why nothing was.
    pub(crate) result: Result<Applied, Denial>,
}

impl<'p> World<'p> {
    /// Begins a project: the users of the policy, and these templates in force.
    pub(crate) fn new(policy: &'p Policy, digest: Digest, templates: Option<&[DocumentId]>) -> Self {
        let mut world = Self {
            policy,
            digest,
            now: START,
            users: BTreeMap::new(),
            namespaces: BTreeSet::new(),
            documents: BTreeMap::new(),
            contents: BTreeMap::new(),
            copies: BTreeMap::new(),
            versions: Vec::new(),
            attestations: Vec::new(),
            run: None,
            edits: 0,
        };
        for user in &policy.users {
            world.add_user(&user.name, user.group.as_str(), user.kind);
        }
        let named: BTreeSet<&DocumentId> =
            policy.document_types().filter_map(|one| one.template.as_ref()).collect();
        for id in named {
            if templates.is_none_or(|those| those.contains(id)) {
                world.install(id);
            }
        }
        world
    }

    /// Adds a user, as a project begins with one.
    pub(crate) fn add_user(&mut self, name: &UserName, group: &str, kind: Kind) {
        if let Ok(group) = group.parse() {
            let user =
                User { name: name.clone(), printed_name: name.to_string(), group, kind, removed_at: None };
            self.users.insert(name.clone(), user);
        }
    }

    /// Puts a template in force that nobody created, as a project begins with it.
    fn install(&mut self, id: &DocumentId) {
        let Some((workflow, document_type)) = type_of_template(self.policy, id) else { return };
        let mut text = front_matter::compose(id, &document_type.name, Some("Template"), &[], None, None);
        let mut types = self.policy.document_types().filter(|one| one.template.as_ref() == Some(id));
        if types.any(|one| one.items) {
            text.push_str(&plan(None));
        }
        let (content, at) = (Digest::of(text.as_bytes()), Timestamp::from_millis(START));
        let made = decide::installed(workflow, document_type, id.clone(), "Template", content, at);
        let Some((document, version)) = made else { return };
        self.contents.insert(content, text);
        self.documents.insert(id.clone(), document);
        self.versions.push(version);
    }

    /// Checks who somebody claims to be.
    pub(crate) fn verify(&self, user: &str) -> Result<Actor, NotVerified> {
        let stored = self.users.values().find(|it| it.name.as_str() == user);
        let Some(stored) = stored else { return Registry::of(None).verify(&Claim::of(user)) };
        let presented = rehearse(stored);
        let registry = Registry {
            credential: presented.credential.as_ref(),
            key: presented.key.as_ref(),
            ..Registry::of(Some(stored))
        };
        registry.verify(&Claim { proof: presented.proof, ..Claim::of(user) })
    }

    /// Returns a document.
    pub(crate) fn document(&self, id: &DocumentId) -> Option<&Document> {
        self.documents.get(id)
    }

    /// Lists all versions that came to be, oldest first.
    #[cfg(test)]
    pub(crate) fn versions(&self) -> &[VersionRecord] {
        &self.versions
    }

    /// Lists all documents.
    #[cfg(test)]
    pub(crate) fn documents(&self) -> impl Iterator<Item = &Document> {
        self.documents.values()
    }

    /// Returns the working copy of a user.
    pub(crate) fn copy(&self, user: &UserName, id: &DocumentId) -> Option<&WorkingCopy> {
        self.copies.get(&(user.clone(), id.clone()))
    }

    /// Puts something in the place of a user's working copy, or nothing.
    pub(crate) fn replace_copy(&mut self, user: &UserName, id: &DocumentId, copy: Option<WorkingCopy>) {
        let key = (user.clone(), id.clone());
        match copy {
            Some(copy) => self.copies.insert(key, copy),
            None => self.copies.remove(&key),
        };
    }

    /// Writes a text that no document had before, with these front-matter fields; `{edit}` in a value
    /// becomes the number of the text.
    pub(crate) fn write(&mut self, document: &Document, fields: &[(&str, &str)]) -> String {
        self.edits += 1;
        let stored = self.contents.get(&document.content).cloned();
        let kept = stored.as_ref().and_then(|text| front_matter::parse("document", text.as_bytes()).ok());
        let item = kept.and_then(|read| read.item());
        let mut text = format!("---\nid: {}\ntype: {}\n", document.id, document.document_type);
        if let Some(template) = &document.template {
            text.push_str(&format!("template: {}\n", template.id));
        }
        if let Some(item) = item {
            text.push_str(&format!("item: {item}\n"));
        }
        for (name, value) in fields {
            let value = value.replace("{edit}", &self.edits.to_string());
            text.push_str(&format!("{name}: {}\n", serde_json::Value::from(value)));
        }
        text.push_str(&format!("---\n\n# Edit {}\n", self.edits));
        if self.policy.has_items(&document.document_type) {
            text.push_str(&plan(stored.as_deref()));
        }
        text
    }

    /// Lets somebody try something, and keeps what comes of it.
    pub(crate) fn attempt(&mut self, user: &str, request: &Request) -> Attempt {
        self.now += STEP;
        let actor = match self.verify(user) {
            Ok(actor) => actor,
            Err(error) => {
                let denial = Denial::new(vec![Reason::new(Condition::UnknownUser, error.to_string())]);
                return Attempt { meant: None, result: Err(denial) };
            }
        };
        let facts = self.facts(&actor, request);
        let meant = transition_meant(self.policy, &facts, &actor, request);
        let result = decide(self.policy, &facts, &actor, request);
        let result = result.map(|permit| {
            let applied = apply(permit, self.policy, &facts);
            self.keep(&actor, request, &applied);
            applied
        });
        Attempt { meant, result }
    }

    /// Lets somebody try to record a run.
    pub(crate) fn attempt_run(&mut self, user: &str, request: &Request, run: Run) -> Attempt {
        self.run = Some(run);
        let attempt = self.attempt(user, request);
        self.run = None;
        attempt
    }

    fn keep(&mut self, actor: &Actor, request: &Request, applied: &Applied) {
        if let Some(WorkingCopy::Present { bytes, .. }) = &request.copy {
            let text = String::from_utf8_lossy(bytes).into_owned();
            self.contents.insert(Digest::of(bytes), text);
        }
        if let Some(text) = &applied.composed {
            self.contents.insert(Digest::of(text.as_bytes()), text.clone());
        }
        for document in applied.after.iter().chain(&applied.others) {
            self.documents.insert(document.id.clone(), document.clone());
        }
        self.versions.extend(applied.versions.iter().cloned());
        self.attestations.extend(applied.attestations.iter().cloned());
        if let Some(user) = &applied.user {
            self.users.insert(user.name.clone(), user.clone());
        }
        self.namespaces.extend(applied.namespace.iter().map(|it| it.name.clone()));
        let documents = &self.documents;
        self.copies.retain(|(user, id), _| {
            let checkout = documents.get(id).and_then(|it| it.checkout.as_ref());
            checkout.is_some_and(|checkout| &checkout.by == user)
        });
        if let Some(document) = applied.after.as_ref().filter(|_| applied.gives_copy) {
            let text = self.contents.get(&document.content).cloned().unwrap_or_default();
            let copy = WorkingCopy::Present {
                document: document.id.clone(),
                base: document.content,
                path: format!("{}.md", document.id),
                bytes: text.into_bytes(),
            };
            self.copies.entry((actor.name().clone(), document.id.clone())).or_insert(copy);
        }
    }

    /// Lists what somebody could do with a document; nothing for somebody unknown.
    pub(crate) fn menu(&self, user: &str, request: &Request) -> Vec<Line> {
        self.verify(user)
            .map(|actor| menu(self.policy, &self.facts(&actor, request), &actor))
            .unwrap_or_default()
    }
}

/// Finds the type whose documents can have the id of this template.
fn type_of_template<'p>(policy: &'p Policy, id: &DocumentId) -> Option<(&'p Workflow, &'p DocumentType)> {
    let makes = |document_type: &DocumentType| {
        let names = id.as_str().match_indices('-').filter_map(|(at, _)| id.as_str().get(at + 1..));
        names.filter_map(|name| IdWord::parse(name).ok()).any(|name| {
            let parts = IdParts { name: Some(&name), ..IdParts::default() };
            document_type.id.needs_name() && document_type.id.id(&parts, 0).as_ref() == Some(id)
        })
    };
    policy
        .workflows
        .values()
        .find_map(|workflow| Some((workflow, workflow.types.iter().find(|one| makes(one))?)))
}
