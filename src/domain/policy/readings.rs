//! Recorded readings: where a verdict demands that its content was opened, opening it is recorded.
//!
//! A life cycle says `opened` where it wants that, and nothing else: the transition that records a reading
//! belongs to it as opening a round belongs to entering its state. One that stands in the file is taken as
//! it stands.

use super::compile::Compiler;
use super::{Action, Effect, Guard, InputKind, Plain, State, Target, Transition, When};
use crate::domain::audit::Meaning;
use crate::domain::id::{ActionName, GroupName, InputName, StateName};
use crate::domain::yaml::Place;

/// The input, and the value of it, that mean the content in front of the assignees.
const DRAFT: (&str, &str) = ("which", "draft");

impl Compiler {
    /// Adds the transitions by which readings are recorded, and checks those that are there.
    pub(super) fn readings(&mut self, states: &[State], transitions: &mut Vec<Transition>) {
        let has_round =
            |name: &&StateName| states.iter().any(|state| state.name == **name && state.round.is_some());
        for edge in transitions.iter() {
            let records = edge.effects.contains(&Effect::RecordReading);
            if !records && !demands(edge) {
                continue;
            }
            if records && (edge.action.as_str() != Action::READ || edge.to != Target::Same) {
                let message = "a reading is recorded by `read`, `to: same`, and by nothing else".to_owned();
                self.fault(&edge.place, "misplaced_reading", message);
            }
            for from in edge.from.iter().filter(|from| !has_round(from)) {
                let message = format!("readings are of rounds, and `{from}` has none");
                self.fault(&edge.place, "misplaced_reading", message);
            }
        }
        let mut added: Vec<Transition> = Vec::new();
        for state in states {
            let mut demanding =
                transitions.iter().filter(|edge| demands(edge) && edge.from.contains(&state.name)).peekable();
            let Some(first) = demanding.peek().map(|edge| edge.place.clone()) else { continue };
            let is_recorded = |edge: &&Transition| {
                edge.effects.contains(&Effect::RecordReading) && edge.from.contains(&state.name)
            };
            if transitions.iter().any(|edge| is_recorded(&edge)) {
                continue;
            }
            let mut by: Vec<GroupName> = demanding.flat_map(|edge| edge.by.iter().cloned()).collect();
            by.sort_unstable();
            by.dedup();
            added.extend(self.reading(&state.name, by, first));
        }
        transitions.extend(added);
    }

    fn reading(&mut self, from: &StateName, by: Vec<GroupName>, place: Place) -> Option<Transition> {
        let Some(verb) = self.actions.iter().find(|action| action.name.as_str() == Action::READ) else {
            let message = "`opened` needs the verb `read`, which `actions.yaml` does not have".to_owned();
            self.fault(&place, "unrecorded_reading", message);
            return None;
        };
        let (name, value) = DRAFT;
        let takes = verb.input(name).is_some_and(|input| {
            matches!(&input.kind, InputKind::OneOf(choices) if choices.iter().any(|it| it.value == value))
        });
        let when = InputName::parse(name).ok().filter(|_| takes);
        Some(Transition {
            action: ActionName::parse(Action::READ).ok()?,
            when: when.map(|name| When::Input(name, value.to_owned())),
            from: vec![from.clone()],
            to: Target::Same,
            by,
            guards: Vec::new(),
            effects: vec![Effect::RecordReading],
            completion: Vec::new(),
            meaning: Some(Meaning::Witnessed),
            verdict: None,
            quorum: false,
            reminds: Vec::new(),
            place,
        })
    }
}

/// Tells whether a transition demands that the caller has opened the content.
fn demands(edge: &Transition) -> bool {
    edge.guards.contains(&Guard::Plain(Plain::Opened))
}
