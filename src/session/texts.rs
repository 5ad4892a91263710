//! The texts that guards look into, read only where a transition asks for them.

use std::collections::BTreeMap;

use super::{Session, SessionError};
use crate::domain::decide::{self, Doubt};
use crate::domain::digest::Digest;
use crate::domain::document::Document;
use crate::domain::facts::{Answer, AttachmentFacts, Facts, ItemFacts, Texts};
use crate::domain::id::{ActionName, DocumentId, Version};
use crate::domain::policy::{Guard, Plain, Policy, Target};
use crate::domain::request::{CopyFacts, WorkingCopy};

impl Session {
    /// Reads the texts that guards look into.
    pub(super) fn texts(
        &mut self,
        document: &Document,
        facts: &Facts,
        copy: Option<&WorkingCopy>,
    ) -> Result<Texts, SessionError> {
        let approved = match document.version.major {
            0 => None,
            major => self.version_of(&document.id, Version::new(major, 0))?,
        };
        Ok(Texts {
            stored: self.text(Some(document.content))?,
            copy: match (&facts.copy, copy) {
                (CopyFacts::Sound { .. }, Some(WorkingCopy::Present { bytes, .. })) => {
                    String::from_utf8(bytes.clone()).ok()
                }
                _ => None,
            },
            approved: self.text(approved)?,
            template: self.text_of_template(document)?,
            attachments: Vec::new(),
        })
    }

    /// Reads what is known of the execution items of a document.
    pub(super) fn items(
        &mut self,
        facts: &mut Facts,
        policy: &Policy,
        document: &Document,
    ) -> Result<(), SessionError> {
        facts.items = if policy.has_items(&document.document_type) {
            ItemFacts::of(&facts.texts)
        } else {
            ItemFacts::default()
        };
        facts.answers = if asks_for_answers(policy, document) {
            self.answers(policy, &facts.children)?
        } else {
            BTreeMap::new()
        };
        if policy.names_item(&document.document_type)
            && matches!(facts.copy, CopyFacts::Sound { .. })
            && let Ok(kept) = self.front_matter(&document.id, &document.content)?
        {
            facts.copy = facts.copy.clone().keeping_item(&kept);
        }
        Ok(())
    }

    /// Reads what children say that they answer for.
    pub(super) fn answers(
        &mut self,
        policy: &Policy,
        children: &[Document],
    ) -> Result<BTreeMap<DocumentId, Answer>, SessionError> {
        let mut answers = BTreeMap::new();
        for child in children.iter().filter(|child| policy.names_item(&child.document_type)) {
            let has_items = policy.has_items(&child.document_type);
            let answer = self.text(Some(child.content))?.and_then(|text| Answer::of(&text, has_items));
            answers.extend(answer.map(|answer| (child.id.clone(), answer)));
        }
        Ok(answers)
    }

    /// Reads what is said in and of the attachments that have not ended.
    pub(super) fn attached(
        &mut self,
        policy: &Policy,
        children: &[Document],
    ) -> Result<Vec<AttachmentFacts>, SessionError> {
        let is_open = |child: &&Document| policy.is_judged_with_parent(&child.document_type, &child.state);
        let open = children.iter().filter(is_open);
        open.map(|child| {
            let id = child.id.clone();
            let text = self.text(Some(child.content))?;
            let template = self.text_of_template(child)?;
            Ok(AttachmentFacts { attestations: self.store.attestations(&id)?, id, text, template })
        })
        .collect()
    }

    /// Finds what may be left open in the present content of a document.
    pub fn doubts(&mut self, document: &Document) -> Result<Vec<Doubt>, SessionError> {
        let policy = self.policy_of(document)?;
        let texts = Texts {
            stored: self.text(Some(document.content))?,
            template: self.text_of_template(document)?,
            ..Texts::default()
        };
        let parent =
            document.parent.as_ref().map(|parent| self.store.document(parent)).transpose()?.flatten();
        Ok(decide::doubts(&policy, (document, parent.as_ref()), &texts))
    }

    /// Reads the version of the template that a document came from.
    fn text_of_template(&mut self, document: &Document) -> Result<Option<String>, SessionError> {
        let Some(template) = &document.template else { return Ok(None) };
        let content = self.version_of(&template.id, template.version)?;
        self.text(content)
    }

    fn version_of(&mut self, id: &DocumentId, version: Version) -> Result<Option<Digest>, SessionError> {
        Ok(self.store.version(id, version)?.map(|one| one.content))
    }

    pub(super) fn text(&mut self, content: Option<Digest>) -> Result<Option<String>, SessionError> {
        let body = content.map(|content| self.body(&content)).transpose()?;
        Ok(body.and_then(|bytes| String::from_utf8(bytes).ok()))
    }
}

/// Tells whether a transition from here looks into the texts of the document.
pub(super) fn reads_texts(policy: &Policy, document: &Document) -> bool {
    reads(policy, document, Guard::reads_texts)
}

/// Tells whether a request could bring what was approved to where others write: then it counts what is locked in it.
pub(super) fn goes_on(policy: &Policy, document: &Document, action: Option<&ActionName>) -> bool {
    let is_approved = document.version.major > 0 && document.version.minor == 0 && document.round.is_none();
    is_approved
        && policy.standing(document).is_some_and(|(life, _)| {
            let mut ways = life.leaving(&document.state).filter(|way| action == Some(&way.action));
            let rests = |name| life.state(name).is_some_and(|state| state.round.is_none());
            ways.any(|way| matches!(&way.to, Target::State(to) if rests(to)))
        })
}

/// Tells whether a transition from here looks into the texts of the attachments.
pub(super) fn reads_attachments(policy: &Policy, document: &Document) -> bool {
    reads(policy, document, |guard| *guard == Guard::Plain(Plain::AttachmentsFilledIn))
}

fn reads(policy: &Policy, document: &Document, reads: impl Fn(&Guard) -> bool) -> bool {
    policy.standing(document).is_some_and(|(workflow, _)| {
        workflow.leaving(&document.state).any(|edge| edge.guards.iter().any(&reads))
    })
}

/// Tells whether a transition from here asks what answers for the items of the document.
fn asks_for_answers(policy: &Policy, document: &Document) -> bool {
    reads(policy, document, |guard| *guard == Guard::Plain(Plain::ItemsComplete))
}
