//! Random walks: whatever is permitted, in whatever order, leads nowhere that must not be.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::asked::request;
use super::dice::{Dice, USERS, config, name, stream};
use super::menus;
use crate::domain::decide::{Applied, Line};
use crate::domain::document::{Document, Kind};
use crate::domain::facts::Facts;
use crate::domain::id::{DocumentId, UserName, Version};
use crate::domain::identity::Actor;
use crate::domain::policy::{Candidate, Policy, fixture};
use crate::domain::request::{Inputs, Request, Subject, Value, WorkingCopy};
use crate::domain::scenario::World;

/// Verbs that lead onward; they are taken more often than others, so that walks get far.
const ONWARD: [&str; 7] = ["approve", "checkin", "close", "item_record", "release", "review", "route"];

/// How much more often.
const WEIGHT: usize = 7;

/// Something that somebody could do now.
struct Choice {
    user: &'static str,
    line: Line,
    facts: Facts,
    actor: Actor,
}

fn create(world: &mut World<'_>, kind: &str, parent: Option<&DocumentId>) -> Option<DocumentId> {
    let mut inputs = Inputs::default().with(name("title"), Value::Text("Title".to_owned()));
    if kind == "TEMPLATE" {
        inputs = inputs.with(name("name"), Value::Text("FORM".to_owned()));
    }
    if let Some(parent) = parent {
        inputs = inputs.with(name("parent"), Value::Document(parent.clone()));
    }
    if ["VAR", "ER"].contains(&kind) {
        inputs = inputs.with(name("item"), Value::Text("EI-1".to_owned()));
    }
    let subject = Subject::New(name(kind));
    let request = Request { action: name("create"), subject, inputs, copy: None, candidate: None };
    let applied = world.attempt("claude", &request).result.ok()?;
    applied.after.map(|it| it.id)
}

/// The question about a document by somebody, with the working copy that this one may have.
fn looking(world: &World<'_>, user: &UserName, id: &DocumentId) -> Request {
    let mut request = request(&name("status"), id, Inputs::default());
    request.copy = world.copy(user, id).cloned();
    request
}

fn choices(policy: &Policy, world: &World<'_>, id: &DocumentId) -> Result<Vec<Choice>, TestCaseError> {
    let mut choices = Vec::new();
    for (user, _) in USERS {
        let actor = world.verify(user).map_err(|error| TestCaseError::fail(error.to_string()))?;
        let facts = world.facts(&actor, &looking(world, actor.name(), id));
        for line in crate::domain::decide::menu(policy, &facts, &actor) {
            if line.is_open() {
                choices.push(Choice { user, line, facts: facts.clone(), actor: actor.clone() });
            }
        }
    }
    Ok(choices)
}

/// Lets the holder of the working copy write into it, or not.
fn scribble(world: &mut World<'_>, dice: &mut Dice<'_>, id: &DocumentId) {
    let Some(document) = world.document(id).cloned() else { return };
    let Some(checkout) = document.checkout.clone() else { return };
    if dice.one_in(3) {
        return;
    }
    let text = world.write(&document, &[("title", "Title"), ("revision_summary", "text")]);
    let copy = WorkingCopy::Present {
        document: id.clone(),
        base: checkout.base,
        path: "copy.md".to_owned(),
        bytes: text.into_bytes(),
    };
    world.replace_copy(&checkout.by, id, Some(copy));
}

fn step(
    candidate: &Candidate,
    world: &mut World<'_>,
    dice: &mut Dice<'_>,
    id: &DocumentId,
) -> Result<Option<Applied>, TestCaseError> {
    scribble(world, dice, id);
    let policy = &candidate.policy;
    let choices = choices(policy, world, id)?;
    let weight = |it: &Choice| if ONWARD.contains(&it.line.action.as_str()) { WEIGHT } else { 1 };
    let weighted: Vec<&Choice> = choices.iter().flat_map(|it| std::iter::repeat_n(it, weight(it))).collect();
    let Some(chosen) = weighted.get(dice.roll(weighted.len())) else { return Ok(None) };
    menus::check(policy, &chosen.facts, &chosen.actor)?;
    let all = menus::permitted(policy, &chosen.facts, &chosen.actor, &chosen.line);
    // The first recommends and names one user; now and then it is another.
    let at = if dice.one_in(6) { dice.roll(all.len()) } else { 0 };
    let inputs = all.into_iter().nth(at).ok_or_else(|| TestCaseError::fail("an open line leads nowhere"))?;
    let mut request = request(&chosen.line.action, id, inputs);
    request.copy = world.copy(chosen.actor.name(), id).cloned();
    match world.attempt(chosen.user, &request).result {
        Ok(applied) => Ok(Some(applied)),
        Err(denial) => Err(TestCaseError::fail(format!("{:?}: {denial:?}", chosen.line.action))),
    }
}

fn check_document(policy: &Policy, document: &Document) -> Result<(), TestCaseError> {
    let (life, state) = policy.standing(document).ok_or_else(|| TestCaseError::fail("unknown state"))?;
    prop_assert_eq!(document.round.is_some(), state.round.is_some(), "round in {}", state.name);
    if let Some(round) = &document.round {
        prop_assert!(!round.seats.is_empty() && !round.is_complete(), "a round that nobody can end");
        prop_assert_eq!(round.content, document.content);
        prop_assert!(document.checkout.is_none(), "checked out in a round");
        let slot = state.round.as_ref().map(|rule| rule.slot.clone()).into_iter().collect::<Vec<_>>();
        let group = |user: &UserName| USERS.iter().find(|(one, _)| *one == user.as_str()).map(|it| it.1);
        let quality = round.seats.keys().filter_map(group).any(|it| policy.acts_as(&name(it), &slot));
        let reopened = life.state(&round.origin).is_some_and(|origin| origin.phase == state.phase);
        prop_assert!(quality || reopened, "no quality user in {}", state.name);
    }
    if state.is_final {
        prop_assert_eq!(&document.owner, &None, "somebody owns what has ended");
        prop_assert_eq!(&document.checkout, &None);
    }
    if let Some(creator) = &document.creator {
        prop_assert!(document.authors.contains(creator), "the creator is no author");
    }
    let name = state.name.as_str();
    let in_force = document.in_force.as_ref().map(|it| it.version);
    match life.name.as_str() {
        "controlled" if ["EFFECTIVE", "IN_RETIREMENT"].contains(&name) => {
            prop_assert_eq!(in_force, Some(document.version));
        }
        "controlled" if !state.is_final => {
            let revised = (document.version.major > 0).then(|| Version::new(document.version.major, 0));
            prop_assert_eq!(in_force, revised, "in {}", name);
        }
        _ => prop_assert_eq!(in_force, None, "in {}", name),
    }
    Ok(())
}

/// Nothing goes on under a document that has ended, but what was begun because it had.
fn check_family(policy: &Policy, world: &World<'_>) -> Result<(), TestCaseError> {
    for child in world.documents() {
        let Some(parent) = child.parent.as_ref().and_then(|id| world.document(id)) else { continue };
        let is_final = |it: &Document| policy.standing(it).is_some_and(|(_, state)| state.is_final);
        let rule = policy.document_type(&child.document_type).and_then(|(_, it)| it.parent.as_ref());
        let follows = rule.is_some_and(|rule| rule.states.contains(&parent.state));
        prop_assert!(
            !is_final(parent) || is_final(child) || follows,
            "{} is {} under {}, which is {}",
            child.id,
            child.state,
            parent.id,
            parent.state
        );
    }
    Ok(())
}

/// A version names one content for ever, and later versions have higher numbers.
fn check_versions(world: &World<'_>) -> Result<(), TestCaseError> {
    let mut newest: BTreeMap<&DocumentId, Version> = BTreeMap::new();
    let mut contents = BTreeMap::new();
    for record in world.versions() {
        let last = newest.insert(&record.document, record.version);
        prop_assert!(last < Some(record.version), "{} {} after {last:?}", record.document, record.version);
        contents.insert((&record.document, record.version), record.content);
    }
    for document in world.documents() {
        prop_assert_eq!(contents.get(&(&document.id, document.version)), Some(&document.content));
        let newest = newest.get(&document.id).copied();
        let approved = newest.map(|it| Version::new(it.major, 0));
        let bears = Some(document.version);
        prop_assert!(bears == newest || bears == approved, "{} bears an old version", document.id);
        if let Some(in_force) = &document.in_force {
            prop_assert_eq!(contents.get(&(&document.id, in_force.version)), Some(&in_force.content));
        }
    }
    Ok(())
}

fn walk(candidate: &Candidate, kind: &str, numbers: &[u16]) -> Result<usize, TestCaseError> {
    let mut dice = Dice::new(numbers);
    let mut world = World::new(&candidate.policy, candidate.digest, None);
    for (user, group) in USERS {
        world.add_user(&name(user), group, Kind::Agent);
    }
    let mut ids = create(&mut world, kind, None).into_iter().collect::<Vec<_>>();
    let mut steps = 0;
    for _ in 0..numbers.len() / 4 {
        if dice.one_in(9) {
            let parent = dice.pick(&ids).clone();
            let kinds = ["VR", "TP", "VAR", "ADD", "ER"];
            let from = dice.roll(kinds.len());
            let mut kinds = kinds.iter().cycle().skip(from).take(kinds.len());
            ids.extend(kinds.find_map(|kind| create(&mut world, kind, Some(&parent))));
        }
        let id = dice.pick(&ids).clone();
        let Some(applied) = step(candidate, &mut world, &mut dice, &id)? else { continue };
        steps += 1;
        let (Some(before), Some(after)) = (&applied.before, &applied.after) else {
            return Err(TestCaseError::fail("an action without a document"));
        };
        prop_assert_eq!(after.revision, before.revision + 1);
        for document in world.documents() {
            check_document(&candidate.policy, document)?;
        }
        check_family(&candidate.policy, &world)?;
        check_versions(&world)?;
    }
    Ok(steps)
}

proptest! {
    #![proptest_config(config(24))]

    // REQ-029, REQ-038, REQ-039
    #[test]
    fn no_walk_through_the_controlled_life_cycle_leads_astray(numbers in stream(240)) {
        let kind = if numbers.first().is_some_and(|it| it % 2 == 0) { "SOP" } else { "TEMPLATE" };
        let steps = walk(fixture::candidate(), kind, &numbers)?;
        prop_assert!(steps > 0);
    }

    // REQ-038
    #[test]
    fn no_walk_through_the_executable_life_cycle_and_its_attachments_leads_astray(numbers in stream(320)) {
        let kind = if numbers.first().is_some_and(|it| it % 4 == 0) { "INV" } else { "CR" };
        let steps = walk(fixture::candidate(), kind, &numbers)?;
        prop_assert!(steps > 0);
    }
}
