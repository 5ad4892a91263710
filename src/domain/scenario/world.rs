//! A project in memory: it gathers facts as a session does, and keeps what `apply` gives.

use std::collections::{BTreeMap, BTreeSet};

use super::rehearsal::rehearse;
use crate::domain::attestation::Attestation;
use crate::domain::decide::{
    Applied, Condition, Denial, Line, Reason, apply, decide, menu, transition_meant,
};
use crate::domain::digest::{Digest, Timestamp};
use crate::domain::document::{Document, Kind, User};
use crate::domain::evidence::Run;
use crate::domain::id::{DocumentId, IdWord, UserName, WorkflowName};
use crate::domain::identity::{Actor, Claim, NotVerified, Registry};
use crate::domain::policy::Policy;
use crate::domain::project::VersionRecord;
use crate::domain::request::{Request, WorkingCopy};

/// 2026-01-01T00:00:00Z; any time would do, as long as it is the same in every run.
pub(super) const START: i64 = 1_767_225_600_000;

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
    /// Begins a project: the users of the policy, and these templates in force, with next to no text.
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
                world.install(id, None);
            }
        }
        world
    }

    /// Adds a user, as a project begins with one.
    pub(crate) fn add_user(&mut self, name: &UserName, group: &str, kind: Kind) {
        if let Ok(group) = group.parse() {
            let (printed_name, is_bound, removed_at) = (name.to_string(), false, None);
            let user = User { name: name.clone(), printed_name, group, kind, is_bound, removed_at };
            self.users.insert(name.clone(), user);
        }
    }

    /// Checks who somebody claims to be.
    pub(crate) fn verify(&self, user: &str) -> Result<Actor, NotVerified> {
        let stored = self.users.values().find(|it| it.name.as_str() == user);
        let Some(stored) = stored else { return Registry::of(None).verify(&Claim::of(user)) };
        let presented = rehearse(stored, Timestamp::from_millis(self.now));
        let registry = Registry {
            credential: presented.credential.as_ref(),
            key: presented.key.as_ref(),
            now: Timestamp::from_millis(self.now),
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
