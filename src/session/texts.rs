//! The texts that guards look into, read only where a transition asks for them.

use super::{Session, SessionError};
use crate::domain::digest::Digest;
use crate::domain::document::Document;
use crate::domain::facts::{Facts, Texts};
use crate::domain::id::{DocumentId, Version};
use crate::domain::policy::{Guard, Policy};
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
        let template = match &document.template {
            Some(template) => self.version_of(&template.id, template.version)?,
            None => None,
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
            template: self.text(template)?,
        })
    }

    fn version_of(&mut self, id: &DocumentId, version: Version) -> Result<Option<Digest>, SessionError> {
        let found = self.store.versions(id)?.into_iter().find(|one| one.version == version);
        Ok(found.map(|one| one.content))
    }

    fn text(&mut self, content: Option<Digest>) -> Result<Option<String>, SessionError> {
        let body = content.map(|content| self.body(&content)).transpose()?;
        Ok(body.and_then(|bytes| String::from_utf8(bytes).ok()))
    }
}

/// Tells whether a transition from here looks into the texts of the document.
pub(super) fn reads_texts(policy: &Policy, document: &Document) -> bool {
    policy.standing(document).is_some_and(|(workflow, _)| {
        workflow.leaving(&document.state).any(|edge| edge.guards.iter().any(Guard::reads_texts))
    })
}
