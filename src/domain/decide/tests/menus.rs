//! The menu and the decision are one: a line is open exactly when some inputs are permitted.

use proptest::prelude::*;

use super::asked::{candidates, request};
use super::dice::{Dice, actor, config, name, stream};
use crate::domain::decide::{Line, decide, menu};
use crate::domain::facts::Facts;
use crate::domain::identity::Actor;
use crate::domain::policy::{Policy, fixture};
use crate::domain::request::{Inputs, Value};

/// Commands of everyone who may read.
const READING: [&str; 6] = ["comments", "item_list", "list", "note_list", "status", "why"];

/// Lists the inputs for a line that are permitted.
pub(crate) fn permitted(policy: &Policy, facts: &Facts, actor: &Actor, line: &Line) -> Vec<Inputs> {
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
pub(crate) fn check(policy: &Policy, facts: &Facts, actor: &Actor) -> Result<(), TestCaseError> {
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

    // REQ-015
    #[test]
    fn a_remedy_is_a_command_that_this_actor_may_run_now(numbers in stream(160)) {
        let policy = &fixture::candidate().policy;
        let mut dice = Dice::new(&numbers);
        let facts = dice.facts(policy);
        let asked = dice.request(policy, &facts);
        for user in facts.users.values() {
            let actor = actor(&user.user);
            let lines = menu(policy, &facts, &actor);
            let mut reasons: Vec<_> = lines.iter().flat_map(|line| line.missing.clone()).collect();
            if let Err(denial) = decide(policy, &facts, &actor, &asked) {
                reasons.extend_from_slice(denial.reasons());
            }
            for (why, remedy) in reasons.into_iter().filter_map(|reason| Some((reason.message, reason.remedy?))) {
                let verb = remedy.action.as_str();
                let rule = policy.project.iter().find(|rule| rule.action.as_str() == verb);
                let may = match rule {
                    Some(rule) => policy.acts_as(actor.group(), &rule.by),
                    None if READING.contains(&verb) => true,
                    None if verb == "create" => policy.acts_as(actor.group(), &[name("initiator")]),
                    None => lines.iter().any(|line| line.action.as_str() == verb && line.is_open()),
                };
                prop_assert!(may, "{} is offered {remedy:?}: {why}", actor.name());
            }
        }
    }

    // REQ-013
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
