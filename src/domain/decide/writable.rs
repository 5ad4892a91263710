//! What of a text can still be written where a document stands. After its first approval a guard looks at nothing else:
//! what nobody can mend would keep the document where it is for ever, whatever words or guards are adopted later.

use std::collections::BTreeSet;

use super::texts::declared;
use crate::domain::document::Document;
use crate::domain::id::StateName;
use crate::domain::policy::{Effect, Guard, Plain, Target, Transition, Workflow};
use crate::domain::text::{Season, Text, locked};

/// The lines of a text that somebody can write where the document stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Writable {
    /// Every line: it was never approved, or can be written anew.
    All,
    /// Those that are open. Here nobody writes what was approved.
    Open(Vec<bool>),
}

impl Writable {
    /// Finds them. `template` is the text of the template that the document came from.
    pub(super) fn of(workflow: &Workflow, document: &Document, template: Option<&str>, text: &str) -> Self {
        if document.version.major == 0 {
            return Self::All;
        }
        let states = written_in(workflow, document);
        let takes_in = |edge: &&Transition| {
            edge.effects.contains(&Effect::CheckIn) && edge.from.iter().any(|from| states.contains(from))
        };
        let holds = |edge: &Transition| edge.guards.contains(&Guard::Plain(Plain::SectionsUnchanged));
        let ways: Vec<&Transition> = workflow.transitions.iter().filter(takes_in).collect();
        let declared = declared(document, template);
        let is_free = !ways.iter().all(|way| holds(way)) || (declared.is_none() && !ways.is_empty());
        if is_free {
            return Self::All;
        }
        let (text, declared) = (Text::of(text), declared.unwrap_or_default());
        let mut open = vec![false; text.lines.len()];
        let from: BTreeSet<_> =
            ways.iter().flat_map(|way| &way.from).filter(|it| states.contains(it)).collect();
        for state in from.into_iter().filter_map(|name| workflow.state(name)) {
            let is_locked = locked(&declared, Season::Phase(&state.phase), &text);
            open.iter_mut().zip(is_locked).for_each(|(open, is_locked)| *open |= !is_locked);
        }
        Self::Open(open)
    }

    /// Tells whether every line can be written.
    pub(super) fn is_all(&self) -> bool {
        *self == Self::All
    }

    /// Tells whether a line can be written, counted from 1.
    pub(super) fn has(&self, line: usize) -> bool {
        match self {
            Self::All => true,
            Self::Open(open) => line.checked_sub(1).and_then(|at| open.get(at)).copied().unwrap_or_default(),
        }
    }
}

/// The states in which a text is written that is checked out here: this one, and those that a check-out leads to.
fn written_in<'a>(workflow: &'a Workflow, document: &'a Document) -> BTreeSet<&'a StateName> {
    let checks_out = |edge: &&Transition| edge.effects.contains(&Effect::CheckOut);
    let led_to = workflow.leaving(&document.state).filter(checks_out).filter_map(|edge| match &edge.to {
        Target::State(state) => Some(state),
        Target::Origin => document.round.as_ref().map(|round| &round.origin),
        Target::Same => None,
    });
    led_to.chain([&document.state]).collect()
}
