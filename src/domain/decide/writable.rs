//! What of a text can be written where a document stands: not what was approved, nor what its template fixes, nor anything
//! while its parent keeps it from being checked in. A guard looks at nothing else: what nobody can mend would keep the
//! document where it is for ever, whatever words or guards are adopted later.

use std::collections::BTreeSet;

use super::texts::declared;
use crate::domain::document::Document;
use crate::domain::id::{PhaseName, StateName};
use crate::domain::policy::{Effect, Guard, Plain, Target, Transition, Workflow};
use crate::domain::text::{Season, Text, locked};

/// What of a text somebody can write where the document stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Writable {
    /// Whether it was never approved, or is written anew: no approval holds any of it.
    is_anew: bool,
    /// The lines that can be written; `None` where that is every one.
    open: Option<Vec<bool>>,
}

impl Writable {
    /// Every line.
    pub(super) const ALL: Self = Self { is_anew: true, open: None };

    /// Finds it. `parent` is what the document belongs to, and `template` the text of the template that it came from.
    pub(super) fn of(
        workflow: &Workflow,
        (document, parent): (&Document, Option<&Document>),
        template: Option<&str>,
        text: &str,
    ) -> Self {
        let can = |edge: &Transition| {
            edge.guards.iter().all(|guard| match (guard, parent) {
                (Guard::ParentIn(states), Some(parent)) => states.contains(&parent.state),
                _ => true,
            })
        };
        let states = written_in(workflow, document, can);
        let takes_in = |edge: &&Transition| edge.effects.contains(&Effect::CheckIn) && can(edge);
        let ways: Vec<(&Transition, &PhaseName)> = workflow
            .transitions
            .iter()
            .filter(takes_in)
            .flat_map(|edge| {
                edge.from.iter().filter(|from| states.contains(from)).map(move |from| (edge, from))
            })
            .filter_map(|(edge, from)| Some((edge, &workflow.state(from)?.phase)))
            .collect();
        let is_new = document.version.major == 0;
        if is_new && ways.is_empty() {
            return Self::ALL;
        }
        let holds = |edge: &Transition, plain| edge.guards.contains(&Guard::Plain(plain));
        let declared = declared(document, template);
        let is_free = declared.is_none() || !ways.iter().all(|(way, _)| holds(way, Plain::SectionsUnchanged));
        let (text, declared) = (Text::of(text), declared.unwrap_or_default());
        let mut open = vec![false; text.lines.len()];
        for (way, phase) in &ways {
            let seasons = [
                (Plain::SectionsUnchanged, Season::Phase(phase)),
                (Plain::TemplateSectionsKept, Season::Drafting),
            ];
            let mut is_locked = vec![false; text.lines.len()];
            for (_, season) in seasons.into_iter().filter(|(plain, _)| holds(way, *plain)) {
                if !declared.is_empty() {
                    let by = locked(&declared, season, &text);
                    is_locked.iter_mut().zip(by).for_each(|(is_locked, by)| *is_locked |= by);
                }
            }
            open.iter_mut().zip(is_locked).for_each(|(open, is_locked)| *open |= !is_locked);
        }
        let is_anew = is_new || (is_free && !ways.is_empty());
        Self { is_anew, open: Some(open).filter(|open| open.contains(&false)) }
    }

    /// Tells whether the text is written anew: of what no approval holds it is asked what is asked of a draft.
    pub(super) const fn is_anew(&self) -> bool {
        self.is_anew
    }

    /// Tells whether a line can be written, counted from 1.
    pub(super) fn has(&self, line: usize) -> bool {
        let Some(open) = &self.open else { return true };
        line.checked_sub(1).and_then(|at| open.get(at)).copied().unwrap_or_default()
    }
}

/// The states in which a text is written that is checked out here, or can be: this one, or those that a check-out leads to.
fn written_in<'a>(
    workflow: &'a Workflow,
    document: &'a Document,
    can: impl Fn(&Transition) -> bool,
) -> BTreeSet<&'a StateName> {
    let checks_out = |edge: &&Transition| edge.effects.contains(&Effect::CheckOut) && can(edge);
    let led_to = workflow.leaving(&document.state).filter(checks_out).filter_map(|edge| match &edge.to {
        Target::State(state) => Some(state),
        Target::Origin => document.round.as_ref().map(|round| &round.origin),
        Target::Same => Some(&document.state),
    });
    led_to.chain(document.checkout.iter().map(|_| &document.state)).collect()
}
