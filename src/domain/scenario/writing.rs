//! What stands in the documents of scenarios, and in the templates that they begin with.

use super::plan::plan;
use super::world::{START, World};
use crate::domain::decide;
use crate::domain::digest::{Digest, Timestamp};
use crate::domain::document::Document;
use crate::domain::front_matter;
use crate::domain::id::{DocumentId, IdWord};
use crate::domain::policy::{DocumentType, IdParts, Policy, Workflow};

impl World<'_> {
    /// Puts a template in force that nobody created, as a project begins with it.
    pub(super) fn install(&mut self, id: &DocumentId, body: Option<&str>) {
        let Some((workflow, document_type)) = type_of_template(self.policy, id) else { return };
        let mut text =
            front_matter::compose(id, &document_type.name, Some("Template"), &[], None, None, true);
        if let (Some(body), Some((_, rest))) = (body, front_matter::split(&text)) {
            text.replace_range(text.len() - rest.len().., body);
        }
        let mut types = self.policy.document_types().filter(|one| one.template.as_ref() == Some(id));
        if types.any(|one| one.items) {
            text.push_str(&plan(None));
        }
        let (content, at) = (Digest::of(text.as_bytes()), Timestamp::from_millis(START));
        let made = decide::installed(workflow, document_type, id.clone(), "Template", content, at);
        let Some((document, version)) = made else { return };
        self.contents.insert(content, text);
        self.documents.insert(id.clone(), document);
        self.versions.retain(|one| one.document != *id);
        self.versions.push(version);
    }

    /// Writes a text that no document had before, with these front-matter fields; `{edit}` in a value
    /// becomes the number of the text.
    pub(crate) fn write(&mut self, document: &Document, fields: &[(&str, &str)]) -> String {
        let body = format!("\n# Edit {}\n", self.edits + 1);
        self.write_body(document, fields, &body)
    }

    /// Writes a text with these front-matter fields, in which `{edit}` becomes the number of the text.
    pub(crate) fn write_body(&mut self, document: &Document, fields: &[(&str, &str)], body: &str) -> String {
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
        text.push_str("---\n");
        text.push_str(body);
        if self.policy.has_items(&document.document_type) {
            text.push_str(&plan(stored.as_deref()));
        }
        text
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
