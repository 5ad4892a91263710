//! That a version number names one content for ever, whatever a life cycle does in whatever order.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::dice::{Dice, USERS, actor, config, name, stream, user_of};
use crate::domain::decide::{apply, decide};
use crate::domain::digest::Digest;
use crate::domain::document::InForce;
use crate::domain::id::{ActionName, Version};
use crate::domain::policy::{Effect, Policy, Target, fixture};
use crate::domain::request::{CopyFacts, Inputs, Request, Subject};

/// What numbers a content, or changes which one is meant.
const NUMBERING: &[Effect] = &[
    Effect::BeginRevision,
    Effect::CheckIn,
    Effect::RaiseVersion,
    Effect::PutInForce,
    Effect::RestoreVersionInForce,
    Effect::TakeOutOfForce,
];

/// A policy in which `checkout` may be taken by everybody from everywhere, and does what was drawn.
fn shaped(dice: &mut Dice<'_>) -> Policy {
    let mut policy = fixture::stripped();
    let effects: Vec<Effect> = (0..=dice.roll(4)).map(|_| *dice.pick(NUMBERING)).collect();
    for life in policy.workflows.values_mut() {
        let everywhere: Vec<_> = life.states.iter().map(|state| state.name.clone()).collect();
        let mut ways = std::mem::take(&mut life.transitions);
        ways.retain(|way| way.action.as_str() == "checkout");
        ways.truncate(1);
        for way in &mut ways {
            (way.from, way.to, way.effects) = (everywhere.clone(), Target::Same, effects.clone());
        }
        life.transitions = ways;
    }
    policy
}

proptest! {
    #![proptest_config(config(1000))]

    // REQ-274
    #[test]
    fn no_order_of_effects_gives_a_version_number_twice(numbers in stream(400)) {
        let mut dice = Dice::new(&numbers);
        let mut facts = dice.facts(&fixture::candidate().policy);
        let mut document = dice.document(&fixture::candidate().policy);
        (document.state, document.document_type, document.round) = (name("DRAFT"), name("SOP"), None);
        (document.version, document.last_minor) = (Version::new(1, 0), 0);
        document.in_force = Some(InForce { version: document.version, content: document.content });
        let mut given = BTreeSet::from([document.version]);
        let (user, group) = USERS[0];
        let (mut content, mut taken) = (0_u32, 0);
        for _ in 0..12 {
            let policy = shaped(&mut dice);
            if let CopyFacts::Sound { content: copy, .. } = &mut facts.copy {
                content += 1;
                *copy = Digest::of(&content.to_be_bytes());
            }
            (facts.document, facts.new, facts.project) = (Some(document.clone()), None, None);
            (facts.parent, facts.objection, facts.cycle) = (None, None, None);
            // What others say or wait for is not what is tried here.
            facts.waiting.clear();
            facts.children.clear();
            facts.last_version = given.last().copied();
            let action: ActionName = name("checkout");
            let subject = Subject::Document(document.id.clone());
            let request = Request { action, subject, inputs: Inputs::default(), copy: None, candidate: None };
            let Ok(permit) = decide(&policy, &facts, &actor(&user_of(user, group)), &request) else { continue };
            let applied = apply(permit, &policy, &facts);
            for record in &applied.versions {
                // The store promises that versions stand in the order in which they were made.
                prop_assert!(given.last() < Some(&record.version), "{} is not the next", record.version);
                given.insert(record.version);
            }
            let Some(after) = applied.after else { continue };
            prop_assert!(given.contains(&after.version), "{} names no content", after.version);
            document = after;
            taken += 1;
        }
        prop_assert!(taken > 0, "nothing was permitted");
    }
}
