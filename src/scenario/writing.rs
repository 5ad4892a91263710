//! What stands in the documents of scenarios, and in those that they begin with.

use std::collections::{BTreeMap, BTreeSet};

use super::plan::plan;
use super::stage::Stage;
use crate::domain::document::Document;
use crate::domain::front_matter;
use crate::domain::id::DocumentId;
use crate::domain::policy::Policy;
use crate::session::{Installed, SessionError};
use crate::store::Read as _;

impl Stage {
    /// Writes a text with these front-matter fields, below them `body`, else what no text had before. `{edit}`
    /// in a field becomes the number of what stands below, so that the same body makes the same text.
    pub(crate) fn write(
        &mut self,
        document: &Document,
        fields: &[(&str, &str)],
        body: Option<&str>,
    ) -> Result<String, SessionError> {
        let body = body.map_or_else(|| format!("\n# Edit {}\n", self.texts.len() + 1), str::to_owned);
        let number = self.texts.iter().position(|text| *text == body).unwrap_or(self.texts.len()) + 1;
        if number > self.texts.len() {
            self.texts.push(body.clone());
        }
        let stored = self.store.content(&document.content)?.and_then(|bytes| String::from_utf8(bytes).ok());
        let kept = stored.as_ref().and_then(|text| front_matter::parse("document", text.as_bytes()).ok());
        let mut text = format!("---\nid: {}\ntype: {}\n", document.id, document.document_type);
        if let Some(template) = &document.template {
            text.push_str(&format!("template: {}\n", template.id));
        }
        if let Some(item) = kept.and_then(|read| read.item()) {
            text.push_str(&format!("item: {item}\n"));
        }
        for (name, value) in fields {
            let value = value.replace("{edit}", &number.to_string());
            text.push_str(&format!("{name}: {}\n", serde_json::Value::from(value)));
        }
        text.push_str("---\n");
        text.push_str(&body);
        if self.session.policy_about(&document.id)?.has_items(&document.document_type) {
            text.push_str(&plan(stored.as_deref()));
        }
        Ok(text)
    }
}

/// The templates that a project begins with, with next to no text where `bodies` gives them none: those of
/// the types, or only these.
pub(crate) fn templates(
    policy: &Policy,
    only: Option<&[DocumentId]>,
    bodies: &BTreeMap<DocumentId, String>,
) -> Vec<Installed> {
    let types = || policy.document_types();
    let named = types().filter_map(|one| one.template.as_ref());
    let wanted: BTreeSet<&DocumentId> =
        named.filter(|id| only.is_none_or(|those| those.contains(id))).chain(bodies.keys()).collect();
    let installed = wanted.into_iter().filter_map(|id| {
        let mut text = text_of(policy, id, "Template")?;
        if let (Some(body), Some((_, rest))) = (bodies.get(id), front_matter::split(&text)) {
            text.replace_range(text.len() - rest.len().., body);
        }
        if types().any(|one| one.template.as_ref() == Some(id) && one.items) {
            text.push_str(&plan(None));
        }
        Some(Installed { file: id.to_string(), text })
    });
    installed.collect()
}

/// The procedures that the policy cites, each with the sections that are cited of it and next to no text.
pub(super) fn procedures(policy: &Policy) -> Vec<Installed> {
    let mut cited: BTreeMap<DocumentId, BTreeSet<String>> = BTreeMap::new();
    for citation in policy.citations().map(|one| one.citation) {
        cited.entry(citation.procedure).or_default().extend(citation.section);
    }
    let installed = cited.into_iter().filter_map(|(id, sections)| {
        let mut text = text_of(policy, &id, "Procedure")?;
        for section in sections {
            text.push_str(&format!("\n## {section} Section\n"));
        }
        Some(Installed { file: id.to_string(), text })
    });
    installed.collect()
}

/// A text for a document that is in force from the start; `None` where no type that comes into force has such
/// ids.
fn text_of(policy: &Policy, id: &DocumentId, title: &str) -> Option<String> {
    let lives = policy.workflows.values().filter(|life| life.state_in_force().is_some());
    let document_type = lives.flat_map(|life| &life.types).find(|one| one.id.fits(id))?;
    Some(front_matter::compose(id, &document_type.name, Some(title), &[], None, None, true))
}
