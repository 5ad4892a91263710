//! What has to hold of other documents first.

use super::{Case, Condition, Reason};
use crate::domain::document::Document;
use crate::domain::id::{DocumentId, StateName};
use crate::domain::offer::Offer;
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
            let look = Offer::of("why").about(&wanted.document);
            Some(Reason::new(Condition::PrerequisiteUnmet, message).remedy(look))
        });
        unmet.collect()
    }

    /// A parent that nobody looked up is in no state.
    pub(super) fn unmet_parent_state(&self, states: &[StateName], document: &Document) -> Option<Reason> {
        let named = document.parent.as_ref()?;
        let parent = self.facts.parent.as_ref();
        (!parent.is_some_and(|parent| states.contains(&parent.state))).then(|| {
            let is = parent.map_or("missing", |parent| parent.state.as_str());
            let wanted = states.iter().map(StateName::as_str).collect::<Vec<_>>().join(" or ");
            let message = format!("{named}, to which {} belongs, is {is}, not {wanted}", document.id);
            Reason::new(Condition::ParentUnsuitable, message).remedy(Offer::of("status").about(named))
        })
    }

    /// What the working copy requires can come about.
    pub(super) fn unmet_requirable(&self, document: &Document, wanted: &[Prerequisite]) -> Vec<Reason> {
        let mut reasons = Vec::new();
        if let Some(path) = &self.facts.cycle {
            let path = path.iter().map(DocumentId::as_str).collect::<Vec<_>>().join(", which waits for ");
            let message = format!("{} would wait for {path}", document.id);
            reasons.push(Reason::new(Condition::PrerequisiteCycle, message));
        }
        let impossible = wanted.iter().filter_map(|one| {
            let found = self.facts.required.get(&one.document).and_then(Option::as_ref);
            let message = match found {
                Some(other) => never(self.policy, one, other)?,
                None => unmakable(self.policy, one)?,
            };
            Some(Reason::new(Condition::PrerequisiteUnmet, message))
        });
        reasons.extend(impossible);
        reasons
    }
}

/// Says why a document cannot come as far as it is required to.
fn never(policy: &Policy, wanted: &Prerequisite, found: &Document) -> Option<String> {
    unmet(policy, wanted, Some(found))?;
    let (life, known) = policy.document_type(&found.document_type)?;
    if life.state(&wanted.state).is_none() {
        return Some(format!("{} is never {}", found.id, wanted.state));
    }
    // An attachment comes to its end with its parent, too.
    let with_parent = known.attachment && !life.is_final(&found.state) && life.is_final(&wanted.state);
    (!with_parent && !life.leads(&found.state, &wanted.state))
        .then(|| format!("{} is {}, and never becomes {}", found.id, found.state, wanted.state))
}

/// Says why no document of an id that nobody has yet could come as far as it is required to.
pub(super) fn unmakable(policy: &Policy, wanted: &Prerequisite) -> Option<String> {
    let mut types = policy.document_types().filter(|one| one.id.fits(&wanted.document)).peekable();
    if types.peek().is_none() {
        return Some(format!("there is no {}, and no type has such ids", wanted.document));
    }
    let lives = types.filter_map(|one| policy.document_type(&one.name));
    let mut states = lives.map(|(life, _)| life.state(&wanted.state));
    (!states.any(|state| state.is_some())).then(|| format!("{} is never {}", wanted.document, wanted.state))
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
