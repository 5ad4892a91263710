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
const READING: [&str; 6] = ["comments", "item list", "list", "note list", "status", "why"];

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
                let words: Vec<&str> = remedy.split(' ').collect();
                prop_assert!(words.starts_with(&["qms", "--user", actor.name().as_str()]), "{}", remedy);
                let command = words.get(3..).unwrap_or_default().join(" ");
                let verb = words.get(3).copied().unwrap_or_default();
                let called = |line: &Line| command.starts_with(&format!("{} ", line.words));
                let of_project = format!("{verb}_{}", words.get(4).copied().unwrap_or_default());
                let rule = policy.project.iter().find(|rule| rule.action.as_str() == of_project);
                let may = match rule {
                    Some(rule) => policy.acts_as(actor.group(), &rule.by),
                    None if READING.iter().any(|reading| command.starts_with(reading)) => true,
                    None if verb == "create" => policy.acts_as(actor.group(), &[name("initiator")]),
                    None => lines.iter().any(|line| called(line) && line.is_open()),
                };
                prop_assert!(may, "{} is told to run `{}`: {why}", actor.name(), remedy);
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
