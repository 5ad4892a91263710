//! What has to hold of other documents first.

use super::{Case, Condition, Reason};
use crate::domain::document::Document;
use crate::domain::id::DocumentId;
use crate::domain::policy::Policy;
use crate::domain::prerequisite::Prerequisite;

impl Case<'_> {
    /// Every document that this one waits for has come as far as it has to.
    pub(super) fn unmet_prerequisites(&self, document: &Document) -> Vec<Reason> {
        let unmet = document.requires.iter().filter_map(|wanted| {
            // What nobody looked up is not there.
            let found = self.facts.required.get(&wanted.document).and_then(Option::as_ref);
            let fault = unmet(self.policy, wanted, found)?;
            let message = format!("{fault}; {} requires it {}", document.id, wanted.state);
            let look = self.command(&format!("why {}", wanted.document));
            Some(Reason::new(Condition::PrerequisiteUnmet, message).remedy(Some(look)))
        });
        unmet.collect()
    }

    /// What the working copy requires can come about.
    pub(super) fn unmet_requirable(&self, document: &Document, wanted: &[Prerequisite]) -> Vec<Reason> {
        let mut reasons = Vec::new();
        if let Some(path) = &self.facts.cycle {
            let path = path.iter().map(DocumentId::as_str).collect::<Vec<_>>().join(", which waits for ");
            let message = format!("{} would wait for {path}", document.id);
            reasons.push(Reason::new(Condition::PrerequisiteCycle, message));
        }
        for one in wanted {
            let Some(Some(other)) = self.facts.required.get(&one.document) else { continue };
            let life = self.policy.document_type(&other.document_type).map(|(life, _)| life);
            if life.is_some_and(|life| life.state(&one.state).is_none()) {
                let message = format!("{} is never {}", other.id, one.state);
                reasons.push(Reason::new(Condition::PrerequisiteUnmet, message));
            }
        }
        reasons
    }
}

/// Says why a prerequisite is not met by a document, if it is not. A version in force counts even while
/// the next one is drafted.
pub fn unmet(policy: &Policy, wanted: &Prerequisite, found: Option<&Document>) -> Option<String> {
    let Some(found) = found else { return Some(format!("there is no {}", wanted.document)) };
    let life = policy.document_type(&found.document_type).map(|(life, _)| life);
    let counts_in_force = life.and_then(|life| life.state_in_force()) == Some(&wanted.state);
    let met = found.state == wanted.state || (counts_in_force && found.in_force.is_some());
    (!met).then(|| format!("{} is {}", found.id, found.state))
}
