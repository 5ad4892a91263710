//! How a document begins.

use std::collections::{BTreeMap, BTreeSet};

use super::Permit;
use super::notes::trait_names;
use crate::domain::digest::{Digest, Timestamp};
use crate::domain::document::{Document, InForce, TemplateVersion};
use crate::domain::facts::{Facts, NewDocument};
use crate::domain::front_matter;
use crate::domain::id::{DocumentId, TraitName, Version};
use crate::domain::policy::{DocumentType, Policy, Workflow};
use crate::domain::project::VersionRecord;

/// Builds the document before the effects of its creation, and the text that it begins with.
pub(super) fn new_document(
    permit: &Permit,
    policy: &Policy,
    facts: &Facts,
    id: &DocumentId,
    new: &NewDocument,
) -> Option<(Document, Option<String>)> {
    let (workflow, document_type) = policy.document_type(&new.document_type)?;
    let state = workflow.states.iter().find(|state| state.initial)?;
    let title = permit.inputs.text("title");
    let template = new.template.as_ref().map(|(template, body)| (&template.id, body.as_str()));
    let item = permit.inputs.text("item");
    let DocumentType { name, required, is_template, .. } = document_type;
    let text = front_matter::compose(id, name, title, required, template, item, *is_template);
    let me = permit.actor.name();
    let version = Version::new(0, 1);
    let document = Document {
        id: id.clone(),
        document_type: document_type.name.clone(),
        workflow: workflow.name.clone(),
        title: title.unwrap_or("{{title}}").to_owned(),
        state: state.name.clone(),
        version,
        last_minor: version.minor,
        content: Digest::of(text.as_bytes()),
        in_force: None,
        owner: Some(me.clone()),
        creator: Some(me.clone()),
        authors: BTreeMap::from([(me.clone(), permit.actor.origins().map(str::to_owned).collect())]),
        checkout: None,
        parent: facts.parent.as_ref().map(|parent| parent.id.clone()),
        template: new.template.as_ref().and_then(|(template, _)| {
            let in_force = template.in_force.as_ref()?;
            Some(TemplateVersion { id: template.id.clone(), version: in_force.version })
        }),
        traits: traits(permit, document_type),
        requires: BTreeSet::new(),
        round: None,
        verdicts: BTreeMap::new(),
        rejected: None,
        revision: 0,
        created_at: facts.now,
        updated_at: facts.now,
    };
    Some((document, Some(text)))
}

/// The traits of the type, which stay even if the type loses them, and those that were asked for.
fn traits(permit: &Permit, document_type: &DocumentType) -> BTreeSet<TraitName> {
    let asked = permit.inputs.text("trait").into_iter().flat_map(trait_names).flatten();
    document_type.default_traits.iter().cloned().chain(asked).collect()
}

/// Builds a document that is in force from the first moment, without anyone having made it: what
/// comes with the program. `None` where nothing of its type ever comes into force.
pub fn installed(
    workflow: &Workflow,
    document_type: &DocumentType,
    id: DocumentId,
    title: &str,
    content: Digest,
    at: Timestamp,
) -> Option<(Document, VersionRecord)> {
    let version = Version::new(1, 0);
    let record = VersionRecord { document: id.clone(), version, content, author: None, at };
    let document = Document {
        id,
        document_type: document_type.name.clone(),
        workflow: workflow.name.clone(),
        title: title.to_owned(),
        state: workflow.state_in_force()?.clone(),
        version,
        last_minor: 0,
        content,
        in_force: Some(InForce { version, content }),
        owner: None,
        creator: None,
        authors: BTreeMap::new(),
        checkout: None,
        parent: None,
        template: None,
        traits: BTreeSet::new(),
        requires: BTreeSet::new(),
        round: None,
        verdicts: BTreeMap::new(),
        rejected: None,
        revision: 1,
        created_at: at,
        updated_at: at,
    };
    Some((document, record))
}
