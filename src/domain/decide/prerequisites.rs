//! What has to hold of other documents first.

use std::collections::BTreeSet;

use super::{Case, Condition, Reason};
use crate::domain::document::Document;
use crate::domain::id::{DocumentId, StateName};
use crate::domain::offer::Offer;
use crate::domain::policy::{Effect, Guard, Plain, Policy, Target, Transition, VerdictKind, Workflow};
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

    /// What no policy can take away: a document does not come to where it can no longer be what another one requires,
    /// that waits for it and can no longer require something else. It is not led there by a round, either.
    pub(super) fn unmet_awaited(
        &self,
        workflow: &Workflow,
        edge: &Transition,
        target: &StateName,
        document: &Document,
    ) -> Vec<Reason> {
        let round = document.round.as_ref().filter(|_| edge.quorum && edge.verdict.is_none());
        if *target == document.state || round.is_some_and(|round| self.awaits_after(edge, round)) {
            return Vec::new();
        }
        let now = self.losers(workflow, edge, target, document);
        let asked = workflow.state(target).is_some_and(|state| state.round.is_some());
        let answers = workflow.leaving(target).filter(|_| asked).filter_map(|answer| match &answer.to {
            Target::State(to) if answer.verdict.is_some_and(|it| it != VerdictKind::Reject) => {
                Some(self.losers(workflow, answer, to, document))
            }
            _ => None,
        });
        // What each answer but a rejection comes to is known when the round is opened.
        let then = answers.reduce(|one, other| if one.is_empty() { one } else { other });
        let lost = now.into_iter().chain(then.unwrap_or_default());
        lost.map(|(waiting, wanted)| {
            let message = format!(
                "{} requires {} {}, and can no longer be changed: {} would never be that",
                waiting.id, wanted.document, wanted.state, wanted.document
            );
            Reason::new(Condition::StillRequired, message).remedy(Offer::of("why").about(&waiting.id))
        })
        .collect()
    }

    /// Lists who would wait in vain after a step, and for what.
    fn losers(
        &self,
        workflow: &Workflow,
        edge: &Transition,
        target: &StateName,
        document: &Document,
    ) -> Vec<(&Document, &Prerequisite)> {
        let has = |effect| edge.effects.contains(&effect) || edge.completion.contains(&effect);
        let mut after = Document { state: target.clone(), ..document.clone() };
        if has(Effect::TakeOutOfForce) {
            after.in_force = None;
        }
        let mut changes = vec![(document, after)];
        if has(Effect::EndAttachments) && workflow.is_final(target) {
            let ended = |own: &Document| Document { state: target.clone(), ..own.clone() };
            changes.extend(self.attachments().map(|own| (own, ended(own))));
        }
        let is_lost = |wanted: &&Prerequisite| {
            changes.iter().any(|(before, after)| {
                before.id == wanted.document
                    && never(self.policy, wanted, before).is_none()
                    && never(self.policy, wanted, after).is_some()
            })
        };
        let bound = self.facts.waiting.iter().filter(|waiting| self.is_bound(waiting));
        bound.flat_map(|it| it.requires.iter().filter(is_lost).map(move |wanted| (it, wanted))).collect()
    }

    /// Tells whether a document comes to a step that waits for what it requires, and no more to where it is drafted.
    fn is_bound(&self, waiting: &Document) -> bool {
        let Some((life, _)) = self.policy.document_type(&waiting.document_type) else { return false };
        let origin = waiting.round.as_ref().map(|round| &round.origin);
        let ahead: BTreeSet<&StateName> =
            origin.into_iter().chain([&waiting.state]).flat_map(|state| life.ahead(state)).collect();
        let waits = |edge: &Transition| {
            edge.guards.contains(&Guard::Plain(Plain::PrerequisitesMet))
                && edge.from.iter().any(|state| ahead.contains(state))
        };
        let is_drafted = |name: &StateName| life.state(name).is_some_and(|state| state.initial);
        life.transitions.iter().any(waits) && !ahead.into_iter().any(is_drafted)
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
