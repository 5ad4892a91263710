//! What `doctor` says of templates: whether documents made from them can be completed, and whether copies of
//! them lie about that say something else.
//!
//! The record is the one source. `init` fills it once with what comes with the program; from then on only
//! the life cycle changes it. What a project keeps under `templates/` is a copy, and so is what a newer
//! program comes with.

use std::collections::BTreeSet;
use std::path::PathBuf;

use super::{CommandError, Context, read};
use crate::disk::digest_of;
use crate::domain::digest::Digest;
use crate::domain::document::{Document, InForce};
use crate::domain::id::{DocumentId, Version};
use crate::domain::identity::Actor;
use crate::domain::policy::Policy;
use crate::domain::template;
use crate::embedded;

/// Most flaws of one template that are told at once.
const TOLD: usize = 3;

/// What was found.
#[derive(Debug, Default)]
pub struct Templates {
    /// What has to be mended: a stable name and a sentence.
    pub findings: Vec<(&'static str, String)>,
    /// What should be known.
    pub notes: Vec<String>,
}

/// Looks at the templates that the policy names, and at copies of templates in the project.
pub fn look(context: &mut Context, actor: &Actor) -> Result<Templates, CommandError> {
    let policy = context.session.policy()?;
    let mut found = Templates::default();
    let named: BTreeSet<&DocumentId> =
        policy.document_types().filter_map(|one| one.template.as_ref()).collect();
    for id in named {
        match in_force(context, actor, id)? {
            Some((document, in_force)) => {
                let body = read::body(context, actor, &in_force.content)?;
                found.soundness(&policy, &document, &in_force, &body);
                found.program(&document, &in_force);
            }
            None => found.notes.push(format!("a type names {id}, and no version of it is in force")),
        }
    }
    for (path, id) in copies(context) {
        let shown = path.strip_prefix(context.site.root()).unwrap_or(&path).display().to_string();
        match in_force(context, actor, &id)? {
            Some((_, in_force)) => {
                if !digest_of(&path).is_ok_and(|digest| digest == in_force.content) {
                    let message = format!(
                        "`{shown}` is not {id} {}, which is in force: take the file away, or check {id} out and \
                         bring into it what should hold",
                        in_force.version
                    );
                    found.findings.push(("template_drift", message));
                }
            }
            None => found.notes.push(format!("`{shown}` is no template that is in force")),
        }
    }
    Ok(found)
}

impl Templates {
    /// A policy that was adopted since may ask for more than the template was checked for.
    fn soundness(&mut self, policy: &Policy, document: &Document, in_force: &InForce, body: &[u8]) {
        let flaws = match std::str::from_utf8(body) {
            Ok(text) => template::flaws(policy, &document.id, text),
            Err(_) => vec!["it is no text".to_owned()],
        };
        if flaws.is_empty() {
            return;
        }
        let more = flaws.len().checked_sub(TOLD).filter(|more| *more > 0);
        let more = more.map_or_else(String::new, |more| format!(", and {more} more"));
        let told = flaws.iter().take(TOLD).cloned().collect::<Vec<_>>().join(", ");
        let (id, version) = (&document.id, in_force.version);
        self.findings
            .push(("template", format!("{id} {version} is no sound template: {told}{more}; revise {id}")));
    }

    /// What nobody has revised can be compared with what the program comes with now.
    fn program(&mut self, document: &Document, in_force: &InForce) {
        let id = &document.id;
        let untouched = document.creator.is_none() && in_force.version == Version::new(1, 0);
        let file = format!("{id}.md");
        let own = embedded::TEMPLATES.iter().find(|(name, _)| *name == file);
        if own.is_some_and(|(_, text)| untouched && Digest::of(text.as_bytes()) != in_force.content) {
            self.notes.push(format!(
                "this program comes with another {id} than the one in force; a new binary changes nothing by itself"
            ));
        }
    }
}

fn in_force(
    context: &mut Context,
    actor: &Actor,
    id: &DocumentId,
) -> Result<Option<(Document, InForce)>, CommandError> {
    let document = context.session.read(actor).document(id)?;
    Ok(document.and_then(|document| {
        let in_force = document.in_force.clone()?;
        Some((document, in_force))
    }))
}

/// The files under `templates/` whose names are ids.
fn copies(context: &Context) -> Vec<(PathBuf, DocumentId)> {
    let entries = std::fs::read_dir(context.site.root().join("templates")).into_iter().flatten();
    let named = |path: PathBuf| {
        let id = path.file_name()?.to_str()?.strip_suffix(".md")?;
        DocumentId::parse(id).ok().map(|id| (path.clone(), id))
    };
    let mut found: Vec<_> = entries.filter_map(|entry| named(entry.ok()?.path())).collect();
    found.sort();
    found
}
