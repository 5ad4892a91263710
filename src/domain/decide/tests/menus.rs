//! The menu and the decision are one: a line is open exactly when some inputs are permitted.

use proptest::prelude::*;

use super::dice::{Dice, actor, candidates, config, request, stream};
use crate::domain::decide::{Line, decide, menu};
use crate::domain::facts::Facts;
use crate::domain::identity::Actor;
use crate::domain::policy::{Policy, fixture};
use crate::domain::request::{Inputs, Value};

/// Lists the inputs for a line that are permitted.
pub(super) fn permitted(policy: &Policy, facts: &Facts, actor: &Actor, line: &Line) -> Vec<Inputs> {
    let Some(document) = &facts.document else { return Vec::new() };
    let mut chosen = Inputs::default();
    if let Some((name, value)) = &line.choice {
        chosen = chosen.with(name.clone(), Value::Text(value.clone()));
    }
    let mut all = candidates(policy, &line.action, &chosen);
    all.retain(|inputs| {
        let request = request(&line.action, &document.id, inputs.clone());
        decide(policy, facts, actor, &request).is_ok()
    });
    all
}

/// Holds every line of a menu against the decision.
pub(super) fn check(policy: &Policy, facts: &Facts, actor: &Actor) -> Result<(), TestCaseError> {
    for line in menu(policy, facts, actor) {
        let inputs = permitted(policy, facts, actor, &line);
        prop_assert_eq!(
            line.is_open(),
            !inputs.is_empty(),
            "{} {:?} for {}: missing {:?}, permitted {:?}",
            line.action,
            line.choice,
            actor.name(),
            line.missing,
            inputs
        );
    }
    Ok(())
}

proptest! {
    #![proptest_config(config(192))]

    #[test]
    fn a_line_is_open_exactly_when_some_inputs_are_permitted(numbers in stream(160)) {
        let policy = &fixture::candidate().policy;
        let mut dice = Dice::new(&numbers);
        let facts = dice.facts(policy);
        for user in facts.users.values() {
            check(policy, &facts, &actor(&user.user))?;
        }
    }
}
