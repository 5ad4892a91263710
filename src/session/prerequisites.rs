//! What a document waits for, looked up.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::{Session, SessionError};
use crate::domain::decide::{self, WayStep};
use crate::domain::document::Document;
use crate::domain::facts::Facts;
use crate::domain::id::DocumentId;
use crate::domain::identity::Actor;
use crate::domain::policy::Policy;
use crate::domain::prerequisite::Prerequisite;
use crate::domain::request::CopyFacts;
use crate::store::ListQuery;

/// So many documents are looked at in search of a circle of documents that wait for each other.
const LOOKED_AT_MAX: usize = 10_000;

impl Session {
    /// Looks up what the document and the working copy require.
    pub(super) fn look_ahead(
        &mut self,
        facts: &mut Facts,
        policy: &Policy,
        document: &Document,
    ) -> Result<(), SessionError> {
        let copied: BTreeSet<Prerequisite> = match &facts.copy {
            CopyFacts::Sound { front_matter, .. } => front_matter.requires().into_iter().collect(),
            _ => BTreeSet::new(),
        };
        for wanted in document.requires.union(&copied) {
            let found = self.store.document(&wanted.document)?;
            facts.required.insert(wanted.document.clone(), found);
        }
        // Nobody waits for what has come already.
        let is_awaited = |wanted: &&Prerequisite| {
            let found = facts.required.get(&wanted.document).and_then(Option::as_ref);
            decide::unmet(policy, wanted, found).is_some()
        };
        let news = copied.difference(&document.requires).filter(is_awaited);
        let news = news.map(|wanted| wanted.document.clone()).collect();
        facts.cycle = self.cycle(policy, &document.id, news)?;
        Ok(())
    }

    /// Finds a way from one of `starts` to `id` along what documents wait for: their prerequisites, and
    /// their unfinished children.
    fn cycle(
        &mut self,
        policy: &Policy,
        id: &DocumentId,
        starts: BTreeSet<DocumentId>,
    ) -> Result<Option<Vec<DocumentId>>, SessionError> {
        let mut came: BTreeMap<DocumentId, Option<DocumentId>> =
            starts.iter().map(|start| (start.clone(), None)).collect();
        let mut open = VecDeque::from_iter(starts);
        while let Some(at) = open.pop_front() {
            if at == *id {
                let mut path = vec![at];
                while let Some(Some(before)) = path.last().and_then(|last| came.get(last)) {
                    path.push(before.clone());
                }
                path.reverse();
                return Ok(Some(path));
            }
            if came.len() > LOOKED_AT_MAX {
                return Ok(None);
            }
            let Some(document) = self.store.document(&at)? else { continue };
            let mut next: Vec<DocumentId> = Vec::new();
            for wanted in document.requires {
                let found = self.store.document(&wanted.document)?;
                if decide::unmet(policy, &wanted, found.as_ref()).is_some() {
                    next.push(wanted.document);
                }
            }
            let is_over = |child: &Document| {
                policy
                    .document_type(&child.document_type)
                    .is_some_and(|(life, _)| life.is_final(&child.state))
            };
            next.extend(
                self.children(&at)?.into_iter().filter(|child| !is_over(child)).map(|child| child.id),
            );
            for other in next {
                if !came.contains_key(&other) {
                    came.insert(other.clone(), Some(at.clone()));
                    open.push_back(other);
                }
            }
        }
        Ok(None)
    }

    /// Looks up the documents that require something of one, or of what belongs to it.
    pub(super) fn waiting(
        &mut self,
        document: &Document,
        children: &[Document],
    ) -> Result<Vec<Document>, SessionError> {
        let ids: BTreeSet<&DocumentId> = children.iter().chain([document]).map(|one| &one.id).collect();
        let mut waiting = Vec::new();
        let query = ListQuery { waiting: true, ..ListQuery::default() };
        self.store.documents(&query, &mut |other| {
            if other.requires.iter().any(|wanted| ids.contains(&wanted.document)) {
                waiting.push(other);
            }
            Ok(())
        })?;
        Ok(waiting)
    }

    /// The way of a document to what its life cycle is for, and the documents that stand in it.
    pub fn way(
        &mut self,
        actor: &Actor,
        document: Document,
    ) -> Result<(Option<Vec<WayStep>>, Vec<DocumentId>), SessionError> {
        let now = self.now();
        let (policy, mut facts) = self.gather_document(actor, document, None, None, now)?;
        if let Some(document) = facts.document.clone() {
            // What is asked for is what is stored, whoever has a copy of it out.
            facts.copy = CopyFacts::NotOut;
            facts.front_matter = self.front_matter(&document.id, &document.content)?;
            if let Some(in_force) = &document.in_force {
                facts.front_matter_in_force = self.front_matter(&document.id, &in_force.content)?.ok();
            }
            facts.texts = self.texts(&document, &facts, None)?;
            facts.texts.attachments = self.attached(&policy, &facts.children)?;
            self.items(&mut facts, &policy, &document)?;
            facts.answers = self.answers(&policy, &facts.children)?;
        }
        let waits_for = unfinished(&policy, &facts);
        Ok((decide::way(&policy, &facts, actor), waits_for))
    }
}

/// Lists the documents that others wait for here.
fn unfinished(policy: &Policy, facts: &Facts) -> Vec<DocumentId> {
    let Some(document) = &facts.document else { return Vec::new() };
    let required = document.requires.iter().filter(|wanted| {
        let found = facts.required.get(&wanted.document).and_then(Option::as_ref);
        found.is_some() && decide::unmet(policy, wanted, found).is_some()
    });
    let children = facts.children.iter().filter(|child| {
        policy
            .document_type(&child.document_type)
            .is_some_and(|(life, it)| !it.attachment && !life.is_final(&child.state))
    });
    required.map(|wanted| wanted.document.clone()).chain(children.map(|child| child.id.clone())).collect()
}
