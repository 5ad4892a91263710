//! Gathering the facts about a request, so that the decision looks nothing up.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use super::texts::{goes_on, reads_attachments, reads_texts};
use super::{Session, SessionError};

use crate::domain::decide;
use crate::domain::digest::{Digest, Timestamp};
use crate::domain::document::{Document, User};
use crate::domain::facts::{Facts, ItemFacts, NewDocument, RegistryFacts, Signing, Texts, UserFacts};
use crate::domain::front_matter::{self, FrontMatter};
use crate::domain::id::{ActionName, DocumentId, IdWord, StateName, TypeName, UserName};
use crate::domain::identity::{Actor, Assurance, Validity};
use crate::domain::items::Items;
use crate::domain::policy::{Effect, IdParts, Plain, Policy, Target, Transition};
use crate::domain::request::{CopyFacts, Registration, Request, Subject, WorkingCopy};
use crate::store::{Credentials, ListQuery, StoreError};

impl Session {
    /// Gathers the facts about `request`, and the policy that decides on it: the one in force, or
    /// for a document in a round what [`Self::policy_of`] says.
    pub(super) fn gather(
        &mut self,
        actor: &Actor,
        request: &Request,
        now: Timestamp,
    ) -> Result<(Rc<Policy>, Facts), SessionError> {
        let gathered = match &request.subject {
            Subject::Document(id) => {
                let document =
                    self.store.document(id)?.ok_or_else(|| SessionError::NoDocument(id.clone()))?;
                let (copy, action) = (request.copy.as_ref(), Some(&request.action));
                self.gather_document(actor, document, copy, action, now)
            }
            Subject::New(document_type) => self.gather_new(document_type, request, now),
            Subject::Project => self.gather_project(actor, request, now),
            Subject::Registry(registration) => self.gather_registry(actor, registration, now),
        };
        let (policy, facts) = gathered?;
        self.check_names(actor, request, &policy, &facts)?;
        Ok((policy, facts))
    }

    pub(super) fn empty_facts(
        &mut self,
        now: Timestamp,
        (digest, policy): (Digest, &Policy),
        counts: &BTreeMap<UserName, u64>,
    ) -> Result<Facts, SessionError> {
        // Who could sign is worth knowing only where a verdict has to be signed.
        let compares = policy.compares_keys();
        let keys = if compares || policy.demands_signatures() {
            self.store.credentials(Credentials::Keys)?
        } else {
            Vec::new()
        };
        let signing = |user: &User| {
            let own = keys.iter().filter(|key| key.user == user.name && key.validity(now) == Validity::Valid);
            let each =
                own.map(|key| if compares && !key.counts() { Signing::Uncompared } else { Signing::Able });
            each.max().unwrap_or(Signing::Keyless)
        };
        let users = self.store.users()?.into_iter().filter(|user| user.removed_at.is_none()).map(|user| {
            let open_tasks = counts.get(&user.name).copied().unwrap_or(0);
            let signing = signing(&user);
            (user.name.clone(), UserFacts { user, open_tasks, signing, bears: true })
        });
        let users = users.collect();
        Ok(Facts {
            now,
            valid: now,
            order: self.order()?,
            is_trial: false,
            policy: digest,
            document: None,
            last_version: None,
            parent: None,
            children: Vec::new(),
            waiting: Vec::new(),
            users,
            keys,
            copy: CopyFacts::NotOut,
            front_matter: Err("the content was not read".to_owned()),
            front_matter_in_force: None,
            new: None,
            project: None,
            registry: None,
            objection: None,
            required: BTreeMap::new(),
            cycle: None,
            attestations: Vec::new(),
            run: None,
            texts: Texts::default(),
            items: ItemFacts::default(),
            answers: BTreeMap::new(),
        })
    }

    /// `action` is what is asked for; `None` where the question is what could be.
    pub(super) fn gather_document(
        &mut self,
        actor: &Actor,
        document: Document,
        copy: Option<&WorkingCopy>,
        action: Option<&ActionName>,
        now: Timestamp,
    ) -> Result<(Rc<Policy>, Facts), SessionError> {
        let policy = self.policy_of(&document)?;
        let digest = document.round.as_ref().map(|round| Ok(round.policy));
        let digest = digest.unwrap_or_else(|| self.project().map(|project| project.policy))?;
        // Counting everybody's tasks is worth it only where somebody is about to be chosen.
        let chooses = action.is_some_and(|action| opens_round(&policy, &document, action));
        let counts = if chooses { self.store.task_counts()? } else { BTreeMap::new() };
        // Nobody gives a verdict on a text that is not the one that was routed.
        if action.is_some_and(|action| judges(&policy, &document, action)) {
            self.body(&document.content)?;
        }
        let mut facts = self.empty_facts(now, (digest, &policy), &counts)?;
        if let Some(parent) = &document.parent {
            facts.parent = self.store.document(parent)?;
        }
        if action.is_some() {
            let versions = self.store.versions(&document.id)?;
            facts.last_version = versions.into_iter().map(|record| record.version).max();
        }
        facts.children = self.children(&document.id)?;
        if goes_for_good(&policy, &document, action) {
            facts.waiting = self.waiting(&document, &facts.children)?;
        }
        facts.attestations = self.store.attestations(&document.id)?;
        self.look_at(&mut facts, &policy, actor, document, copy, action)?;
        Ok((policy, facts))
    }

    /// Lists who is awaited in the round of a document, holds nothing that its answers ask for as a proof, and what
    /// that is.
    pub fn unproved(
        &mut self,
        actor: &Actor,
        document: Document,
    ) -> Result<Vec<(UserName, Assurance)>, SessionError> {
        let now = self.valid_at()?;
        let (policy, mut facts) = self.gather_document(actor, document, None, None, now)?;
        let mut credentials = self.store.credentials(Credentials::All)?;
        credentials.retain(|one| one.binds() && one.validity(now) == Validity::Valid);
        for (name, known) in &mut facts.users {
            known.bears = known.user.is_bound || credentials.iter().any(|one| one.user == *name);
        }
        let found = decide::unproved(&policy, &facts).into_iter();
        Ok(found.map(|(name, least)| (name.clone(), least)).collect())
    }

    /// Puts a document into `facts`, with what is known of its texts.
    fn look_at(
        &mut self,
        facts: &mut Facts,
        policy: &Policy,
        actor: &Actor,
        document: Document,
        copy: Option<&WorkingCopy>,
        action: Option<&ActionName>,
    ) -> Result<(), SessionError> {
        facts.copy = CopyFacts::examine(&document, actor.name(), copy);
        let is_examined = wants_front_matter(policy, &document);
        if is_examined && facts.copy == CopyFacts::NotOut {
            facts.front_matter = self.front_matter(&document.id, &document.content)?;
        }
        if let Some(in_force) = &document.in_force
            && (is_examined || action.is_some_and(|action| restores(policy, &document, action)))
        {
            facts.front_matter_in_force = self.front_matter(&document.id, &in_force.content)?.ok();
        }
        if !document.requires.is_empty() || matches!(&facts.copy, CopyFacts::Sound { .. }) {
            self.look_ahead(facts, policy, &document)?;
        }
        if let CopyFacts::Sound { content, .. } = &facts.copy
            && *content != document.content
        {
            facts.objection = self.objection(&document.id, content, policy)?;
        } else if document.version.minor > 0
            && document.in_force.as_ref().is_some_and(|in_force| in_force.content == document.content)
        {
            // A draft that is begun again begins with a text that can have been objected to.
            facts.objection = self.objection(&document.id, &document.content, policy)?;
        }
        facts.texts = if reads_texts(policy, &document) || goes_on(policy, &document, action) {
            self.texts(&document, facts, copy)?
        } else {
            Texts::default()
        };
        if reads_attachments(policy, &document) {
            facts.texts.attachments = self.attached(policy, &facts.children)?;
        }
        self.items(facts, policy, &document)?;
        facts.document = Some(document);
        Ok(())
    }

    pub(super) fn children(&mut self, id: &DocumentId) -> Result<Vec<Document>, SessionError> {
        let mut children = Vec::new();
        let query = ListQuery { parent: Some(id.clone()), ..ListQuery::default() };
        self.store.documents(&query, &mut |child| {
            children.push(child);
            Ok(())
        })?;
        Ok(children)
    }

    pub(super) fn front_matter(
        &mut self,
        id: &DocumentId,
        content: &Digest,
    ) -> Result<Result<FrontMatter, String>, SessionError> {
        Ok(front_matter::parse(&format!("{id}.md"), &self.body(content)?))
    }

    /// Returns a content that the record names.
    pub(super) fn body(&mut self, digest: &Digest) -> Result<Vec<u8>, SessionError> {
        Ok(self.store.content(digest)?.ok_or(StoreError::Altered(*digest))?)
    }

    pub(super) fn gather_new(
        &mut self,
        name: &TypeName,
        request: &Request,
        now: Timestamp,
    ) -> Result<(Rc<Policy>, Facts), SessionError> {
        let digest = self.project()?.policy;
        let policy = self.policy_at(&digest)?;
        let (_, document_type) =
            policy.document_type(name).ok_or_else(|| SessionError::NoType(name.clone()))?;
        let mut facts = self.empty_facts(now, (digest, &policy), &BTreeMap::new())?;
        if let Some(parent) = request.inputs.document("parent") {
            let found = self.store.document(parent)?;
            facts.parent = Some(found.ok_or_else(|| SessionError::NoDocument(parent.clone()))?);
        }
        let word = |input: &str| request.inputs.text(input).and_then(|text| IdWord::parse(text).ok());
        let (namespace, id_name) = (word("namespace"), word("name"));
        let parts = IdParts {
            parent: facts.parent.as_ref().map(|parent| &parent.id),
            namespace: namespace.as_ref(),
            name: id_name.as_ref(),
        };
        let number = match document_type.id.prefix(&parts).filter(|_| document_type.id.is_numbered()) {
            Some(prefix) => self.store.last_number(&prefix)?.saturating_add(1),
            None => 1,
        };
        let is_taken = match document_type.id.id(&parts, number) {
            Some(id) => self.store.document(&id)?.is_some(),
            None => false,
        };
        let template = match &document_type.template {
            Some(template) => self.template(template)?,
            None => None,
        };
        let namespaces = self.namespaces()?;
        let items = match facts.parent.as_ref().filter(|_| policy.names_item(name)) {
            Some(parent) => self.text(Some(parent.content))?.map(|text| Items::of(&text)),
            None => None,
        };
        let document_type = name.clone();
        facts.new = Some(NewDocument { document_type, number, is_taken, template, namespaces, items });
        Ok((policy, facts))
    }

    pub(super) fn namespaces(&mut self) -> Result<BTreeSet<IdWord>, SessionError> {
        Ok(self.store.namespaces()?.into_iter().map(|namespace| namespace.name).collect())
    }

    /// The template's version in force; a draft of it is nobody's template.
    fn template(&mut self, id: &DocumentId) -> Result<Option<(Document, String)>, SessionError> {
        let Some(document) = self.store.document(id)? else { return Ok(None) };
        let Some(in_force) = &document.in_force else { return Ok(None) };
        let body = self.body(&in_force.content)?;
        Ok(String::from_utf8(body).ok().map(|text| (document, text)))
    }

    fn gather_registry(
        &mut self,
        actor: &Actor,
        registration: &Registration,
        now: Timestamp,
    ) -> Result<(Rc<Policy>, Facts), SessionError> {
        let digest = self.project()?.policy;
        let policy = self.policy_at(&digest)?;
        let mut registry = RegistryFacts::default();
        let user = match registration {
            Registration::Issue(proposal) => proposal.user.clone(),
            Registration::Acknowledge { user, .. } | Registration::Recover { user, .. } => user.clone(),
            Registration::Revoke(id) => {
                registry.named = self.store.credential(id)?;
                let named = registry.named.as_ref().ok_or_else(|| SessionError::NoCredential(id.clone()))?;
                named.user.clone()
            }
            Registration::Key { .. }
            | Registration::Unlock { .. }
            | Registration::Rotate { .. }
            | Registration::Bind(_) => actor.name().clone(),
            Registration::Start(launch) => {
                let known = policy.agents.get(&launch.agent).map(|agent| agent.user.clone());
                known.unwrap_or_else(|| actor.name().clone())
            }
            Registration::Stop(id) => {
                registry.session = self.store.session(id)?;
                let session = registry.session.as_ref().ok_or_else(|| SessionError::NoSession(id.clone()))?;
                session.user.clone()
            }
        };
        registry.user =
            Some(self.store.user(user.as_str())?.ok_or_else(|| SessionError::NoUser(user.clone()))?);
        registry.credentials = self.store.credentials(Credentials::Of(&user))?;
        let mut facts = self.empty_facts(now, (digest, &policy), &BTreeMap::new())?;
        facts.keys = self.store.credentials(Credentials::Keys)?;
        facts.registry = Some(registry);
        Ok((policy, facts))
    }
}

/// Tells whether a request could open a round.
fn opens_round(policy: &Policy, document: &Document, action: &ActionName) -> bool {
    policy.standing(document).is_some_and(|(workflow, _)| {
        workflow.leaving(&document.state).filter(|edge| edge.action == *action && edge.verdict.is_none()).any(
            |edge| match &edge.to {
                Target::State(to) => {
                    !edge.effects.contains(&Effect::RemoveSeats)
                        && workflow.state(to).is_some_and(|state| state.round.is_some())
                }
                Target::Same | Target::Origin => false,
            },
        )
    })
}

/// Tells whether a request could take a document to where it does not come back from, at once or by a round.
fn goes_for_good(policy: &Policy, document: &Document, action: Option<&ActionName>) -> bool {
    let Some((life, _)) = policy.standing(document) else { return false };
    let target = |edge: &'_ Transition| match &edge.to {
        Target::State(to) => Some(to.clone()),
        Target::Same | Target::Origin => None,
    };
    let is_meant = |edge: &&Transition| action.is_none_or(|action| edge.action == *action);
    let mut targets = life.leaving(&document.state).filter(is_meant).filter_map(target);
    targets.any(|to| {
        let mut answers = life.leaving(&to).filter(|edge| edge.verdict.is_some()).filter_map(target);
        let is_away = |state: &StateName| !life.leads(state, &document.state);
        is_away(&to) || answers.any(|state| is_away(&state))
    })
}

/// Tells whether a request could give a verdict.
fn judges(policy: &Policy, document: &Document, action: &ActionName) -> bool {
    policy.standing(document).is_some_and(|(workflow, _)| {
        workflow.leaving(&document.state).any(|edge| edge.action == *action && edge.verdict.is_some())
    })
}

/// Tells whether a request could restore the version in force.
fn restores(policy: &Policy, document: &Document, action: &ActionName) -> bool {
    policy.standing(document).is_some_and(|(workflow, _)| {
        let mut edges = workflow.leaving(&document.state).filter(|edge| edge.action == *action);
        edges.any(|edge| edge.effects.contains(&Effect::RestoreVersionInForce))
    })
}

/// Tells whether a transition from here looks at the front matter.
fn wants_front_matter(policy: &Policy, document: &Document) -> bool {
    policy.standing(document).is_some_and(|(workflow, _)| {
        workflow
            .leaving(&document.state)
            .any(|edge| edge.guards.iter().any(|guard| guard.name() == Plain::FrontMatterComplete.as_str()))
    })
}
