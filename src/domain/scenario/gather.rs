//! Gathering the facts in the simulated project, as a session does it in a real one.

use std::collections::BTreeMap;

use super::world::World;
use crate::domain::attestation::Attestation;
use crate::domain::digest::{Digest, Timestamp};
use crate::domain::document::{Document, Kind};
use crate::domain::facts::{
    Answer, AttachmentFacts, Facts, ItemFacts, NewDocument, ProjectFacts, Texts, UserFacts,
};
use crate::domain::front_matter;
use crate::domain::id::{DocumentId, IdWord, TypeName, UserName, Version};
use crate::domain::identity::Actor;
use crate::domain::items::Items;
use crate::domain::policy::IdParts;
use crate::domain::request::{CopyFacts, Inputs, Request, Subject, WorkingCopy};

impl World<'_> {
    /// Gathers what a decision about a request needs.
    pub(crate) fn facts(&self, actor: &Actor, request: &Request) -> Facts {
        let document = match &request.subject {
            Subject::Document(id) => self.documents.get(id).cloned(),
            _ => None,
        };
        let parent = match (&request.subject, &document) {
            (Subject::New(_), _) => request.inputs.document("parent"),
            (_, Some(document)) => document.parent.as_ref(),
            _ => None,
        };
        let children: Vec<Document> = document.iter().flat_map(|it| self.children(&it.id)).cloned().collect();
        let answers =
            children.iter().filter_map(|child| Some((child.id.clone(), self.answer(child)?))).collect();
        let copy = document
            .as_ref()
            .map_or(CopyFacts::NotOut, |it| CopyFacts::examine(it, actor.name(), request.copy.as_ref()));
        let front_matter = match document.as_ref().and_then(|it| self.contents.get(&it.content)) {
            Some(text) => front_matter::parse("document", text.as_bytes()),
            None => Err("there is no content".to_owned()),
        };
        let copy = match (&document, &front_matter) {
            (Some(it), Ok(kept)) if self.policy.names_item(&it.document_type) => copy.keeping_item(kept),
            _ => copy,
        };
        let in_force = document.as_ref().and_then(|it| it.in_force.as_ref());
        let front_matter_in_force = in_force
            .and_then(|it| self.contents.get(&it.content))
            .and_then(|text| front_matter::parse("document", text.as_bytes()).ok());
        let parent = parent.and_then(|id| self.documents.get(id)).cloned();
        let new = match &request.subject {
            Subject::New(document_type) => {
                Some(self.new_document(document_type, parent.as_ref(), &request.inputs))
            }
            _ => None,
        };
        let copied = match &copy {
            CopyFacts::Sound { front_matter, .. } => front_matter.requires(),
            _ => Vec::new(),
        };
        let wanted = document.iter().flat_map(|it| &it.requires).chain(&copied);
        let required = wanted
            .map(|wanted| (wanted.document.clone(), self.documents.get(&wanted.document).cloned()))
            .collect();
        let texts = document.as_ref().map(|it| self.texts(it, request)).unwrap_or_default();
        let has_items = document.as_ref().is_some_and(|it| self.policy.has_items(&it.document_type));
        let items = if has_items { ItemFacts::of(&texts) } else { ItemFacts::default() };
        let attestations = document.as_ref().map(|it| self.attestations_of(&it.id)).unwrap_or_default();
        let project = matches!(request.subject, Subject::Project).then(|| self.project(&request.inputs));
        Facts {
            now: Timestamp::from_millis(self.now),
            policy: self.digest,
            document,
            parent,
            children,
            users: self.user_facts(),
            copy,
            front_matter,
            front_matter_in_force,
            new,
            project,
            registry: None,
            required,
            cycle: None,
            objection: None,
            attestations,
            items,
            answers,
            run: self.run.clone(),
            texts,
        }
    }

    fn texts(&self, document: &Document, request: &Request) -> Texts {
        let text = |content: &Digest| self.contents.get(content).cloned();
        let version = |id: &DocumentId, version: Version| {
            self.versions.iter().find(|one| one.document == *id && one.version == version)
        };
        let approved = Version::new(document.version.major, 0);
        Texts {
            stored: text(&document.content),
            copy: match &request.copy {
                Some(WorkingCopy::Present { bytes, .. }) => String::from_utf8(bytes.clone()).ok(),
                _ => None,
            },
            approved: version(&document.id, approved).and_then(|one| text(&one.content)),
            template: document
                .template
                .as_ref()
                .and_then(|template| version(&template.id, template.version))
                .and_then(|one| text(&one.content)),
            attachments: self
                .children(&document.id)
                .map(|it| AttachmentFacts {
                    id: it.id.clone(),
                    text: text(&it.content),
                    attestations: self.attestations_of(&it.id),
                })
                .collect(),
        }
    }

    fn attestations_of(&self, id: &DocumentId) -> Vec<Attestation> {
        self.attestations.iter().filter(|one| one.document == *id).cloned().collect()
    }

    fn answer(&self, child: &Document) -> Option<Answer> {
        Answer::of(self.contents.get(&child.content)?, self.policy.has_items(&child.document_type))
    }

    fn children<'a>(&'a self, id: &'a DocumentId) -> impl Iterator<Item = &'a Document> {
        self.documents.values().filter(move |one| one.parent.as_ref() == Some(id))
    }

    fn user_facts(&self) -> BTreeMap<UserName, UserFacts> {
        let present = self.users.values().filter(|user| user.removed_at.is_none());
        present
            .map(|user| {
                let rounds = self.documents.values().filter_map(|it| it.round.as_ref());
                let open = rounds.filter(|round| round.awaits(&user.name)).count();
                let can_sign = user.kind == Kind::Human;
                let facts = UserFacts { user: user.clone(), open_tasks: open as u64, can_sign };
                (user.name.clone(), facts)
            })
            .collect()
    }

    fn new_document(&self, name: &TypeName, parent: Option<&Document>, inputs: &Inputs) -> NewDocument {
        let known = self.policy.document_type(name).map(|(_, it)| it);
        let word = |input| inputs.text(input).and_then(|text| IdWord::parse(text).ok());
        let (namespace, free_name) = (word("namespace"), word("name"));
        let parts = IdParts {
            parent: parent.map(|it| &it.id),
            namespace: namespace.as_ref(),
            name: free_name.as_ref(),
        };
        let prefix = known.and_then(|it| it.id.prefix(&parts));
        let number = prefix.map_or(0, |prefix| self.last_number(&prefix)) + 1;
        let id = known.filter(|it| !it.id.is_numbered()).and_then(|it| it.id.id(&parts, number));
        let template = known.and_then(|it| it.template.as_ref()).and_then(|id| {
            let document = self.documents.get(id)?;
            let text = self.contents.get(&document.in_force.as_ref()?.content)?;
            Some((document.clone(), text.clone()))
        });
        NewDocument {
            document_type: name.clone(),
            number,
            is_taken: id.is_some_and(|id| self.documents.contains_key(&id)),
            template,
            namespaces: self.namespaces.clone(),
            items: parent.and_then(|it| self.contents.get(&it.content)).map(|text| Items::of(text)),
        }
    }

    fn last_number(&self, prefix: &str) -> u32 {
        let rests = self.documents.keys().filter_map(|id| id.as_str().strip_prefix(prefix));
        rests.filter_map(|rest| rest.parse().ok()).max().unwrap_or(0)
    }

    fn project(&self, inputs: &Inputs) -> ProjectFacts {
        let name = inputs.text("user").unwrap_or_default();
        let named_user = self.users.values().find(|user| user.name.as_str() == name).cloned();
        let is_open = |document: &&Document| {
            let life = self.policy.document_type(&document.document_type);
            life.is_none_or(|(life, _)| !life.is_final(&document.state))
        };
        let owned = self
            .documents
            .values()
            .filter(is_open)
            .filter(|it| named_user.as_ref().is_some_and(|user| it.owner.as_ref() == Some(&user.name)));
        ProjectFacts {
            owned: owned.count() as u64,
            named_user,
            namespaces: self.namespaces.clone(),
            ..ProjectFacts::default()
        }
    }
}
