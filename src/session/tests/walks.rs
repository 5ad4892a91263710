//! Random walks: whatever is permitted, in whatever order, leads nowhere that must not be.

use std::collections::BTreeMap;
use std::rc::Rc;

use proptest::prelude::*;

use super::{asked, attempt, create, document, gathered, stage, text, write};
use crate::domain::decide::tests::dice::{Dice, USERS, config, name, stream};
use crate::domain::decide::tests::menus;
use crate::domain::decide::{Line, menu};
use crate::domain::document::Document;
use crate::domain::facts::Facts;
use crate::domain::id::{DocumentId, UserName, Version};
use crate::domain::identity::Actor;
use crate::domain::policy::{Policy, fixture};
use crate::domain::project::VersionRecord;
use crate::domain::request::{Inputs, Value};
use crate::scenario::Stage;
use crate::session::{Acted, Audit};
use crate::store::{ListQuery, Read as _};

/// Verbs that lead onward; they are taken more often than others, so that walks get far.
const ONWARD: [&str; 7] = ["approve", "checkin", "close", "item_record", "release", "review", "route"];

/// How much more often.
const WEIGHT: usize = 7;

/// Something that somebody could do now.
struct Choice {
    user: &'static str,
    line: Line,
    facts: Rc<Facts>,
    actor: Actor,
}

/// Creates a document of claude's, with what its type asks for.
fn born(stage: &mut Stage, kind: &str, parent: Option<&DocumentId>) -> Option<DocumentId> {
    let mut more = Vec::new();
    if kind == "TEMPLATE" {
        more.push(("name", text("FORM")));
    }
    more.extend(parent.map(|parent| ("parent", Value::Document(parent.clone()))));
    if ["VAR", "ER"].contains(&kind) {
        more.push(("item", text("EI-1")));
    }
    create(stage, kind, &more)
}

fn choices(stage: &mut Stage, id: &DocumentId) -> Vec<Choice> {
    let mut choices = Vec::new();
    for (user, _) in USERS {
        // The question of somebody who only looks, with the working copy that this one may have.
        let mut looking = asked::request(&name("status"), id, Inputs::default());
        looking.copy = stage.copy(&name(user), id).cloned();
        let (actor, policy, facts) = gathered(stage, user, &looking);
        let facts = Rc::new(facts);
        let open = menu(&policy, &facts, &actor).into_iter().filter(Line::is_open);
        choices.extend(open.map(|line| Choice {
            user,
            line,
            facts: Rc::clone(&facts),
            actor: actor.clone(),
        }));
    }
    choices
}

/// Lets the holder of the working copy write into it, or not.
fn scribble(stage: &mut Stage, dice: &mut Dice<'_>, id: &DocumentId) {
    let Some(checkout) = document(stage, id).checkout else { return };
    if !dice.one_in(3) {
        write(stage, id, checkout.by.as_str(), "copy.md");
    }
}

fn step(stage: &mut Stage, dice: &mut Dice<'_>, id: &DocumentId) -> Result<Option<Acted>, TestCaseError> {
    scribble(stage, dice, id);
    let policy = &fixture::candidate().policy;
    let choices = choices(stage, id);
    let weight = |it: &Choice| if ONWARD.contains(&it.line.action.as_str()) { WEIGHT } else { 1 };
    let weighted: Vec<&Choice> = choices.iter().flat_map(|it| std::iter::repeat_n(it, weight(it))).collect();
    let Some(chosen) = weighted.get(dice.roll(weighted.len())) else { return Ok(None) };
    menus::check(policy, &chosen.facts, &chosen.actor)?;
    let all = menus::permitted(policy, &chosen.facts, &chosen.actor, &chosen.line);
    // The first recommends and names one user; now and then it is another.
    let at = if dice.one_in(6) { dice.roll(all.len()) } else { 0 };
    let inputs = all.into_iter().nth(at).ok_or_else(|| TestCaseError::fail("an open line leads nowhere"))?;
    let mut request = asked::request(&chosen.line.action, id, inputs);
    request.copy = stage.copy(chosen.actor.name(), id).cloned();
    match attempt(stage, chosen.user, &request) {
        Ok(acted) => Ok(Some(acted)),
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
        // A round that is opened again asks more people; somebody of quality answered in the one before.
        let verdicts = document.verdicts.iter().filter(|((phase, _), _)| *phase == state.phase);
        let reopened = verdicts.map(|(_, verdict)| &verdict.group).any(|group| policy.acts_as(group, &slot));
        prop_assert!(quality || reopened, "no quality user in {}", state.name);
    }
    if state.is_final {
        prop_assert_eq!(&document.owner, &None, "somebody owns what has ended");
        prop_assert_eq!(&document.checkout, &None);
    }
    if let Some(creator) = &document.creator {
        prop_assert!(document.authors.contains_key(creator), "the creator is no author");
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
fn check_family(policy: &Policy, all: &BTreeMap<DocumentId, Document>) -> Result<(), TestCaseError> {
    for child in all.values() {
        let Some(parent) = child.parent.as_ref().and_then(|id| all.get(id)) else { continue };
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
fn check_versions(
    versions: &[VersionRecord],
    all: &BTreeMap<DocumentId, Document>,
) -> Result<(), TestCaseError> {
    let mut newest: BTreeMap<&DocumentId, Version> = BTreeMap::new();
    let mut contents = BTreeMap::new();
    for record in versions {
        let last = newest.insert(&record.document, record.version);
        prop_assert!(last < Some(record.version), "{} {} after {last:?}", record.document, record.version);
        contents.insert((&record.document, record.version), record.content);
    }
    for document in all.values() {
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

/// What is kept: all documents, and all versions in the order in which they came to be.
fn kept(stage: &mut Stage) -> (BTreeMap<DocumentId, Document>, Vec<VersionRecord>) {
    let (mut all, mut versions) = (BTreeMap::new(), Vec::new());
    let store = &mut stage.store;
    let mut each = |document: Document| {
        all.insert(document.id.clone(), document);
        Ok(())
    };
    store.documents(&ListQuery::default(), &mut each).unwrap();
    let mut each = |version| {
        versions.push(version);
        Ok(())
    };
    store.all_versions(&mut each).unwrap();
    (all, versions)
}

fn walk(kind: &str, numbers: &[u16]) -> Result<usize, TestCaseError> {
    let mut dice = Dice::new(numbers);
    let policy = &fixture::candidate().policy;
    let mut stage = stage(policy);
    let mut ids = born(&mut stage, kind, None).into_iter().collect::<Vec<_>>();
    let mut steps = 0;
    for _ in 0..numbers.len() / 4 {
        if dice.one_in(9) {
            let parent = dice.pick(&ids).clone();
            let kinds = ["VR", "TP", "VAR", "ADD", "ER"];
            let from = dice.roll(kinds.len());
            let mut kinds = kinds.iter().cycle().skip(from).take(kinds.len());
            ids.extend(kinds.find_map(|kind| born(&mut stage, kind, Some(&parent))));
        }
        let id = dice.pick(&ids).clone();
        let Some(acted) = step(&mut stage, &mut dice, &id)? else { continue };
        steps += 1;
        let (Some(before), Some(after)) = (&acted.before, &acted.after) else {
            return Err(TestCaseError::fail("an action without a document"));
        };
        prop_assert_eq!(after.revision, before.revision + 1);
        let (all, versions) = kept(&mut stage);
        for document in all.values() {
            check_document(policy, document)?;
        }
        check_family(policy, &all)?;
        check_versions(&versions, &all)?;
    }
    let claim = stage.claim(&name("qa"), None, None).unwrap();
    let (_, audit) = stage.session.audit(&claim, None, true).unwrap();
    prop_assert!(matches!(audit, Audit::Sound(_)), "{:?}", audit);
    Ok(steps)
}

proptest! {
    #![proptest_config(config(24))]

    // REQ-029, REQ-038, REQ-039
    #[test]
    fn no_walk_through_the_controlled_life_cycle_leads_astray(numbers in stream(240)) {
        let kind = if numbers.first().is_some_and(|it| it % 2 == 0) { "SOP" } else { "TEMPLATE" };
        let steps = walk(kind, &numbers)?;
        prop_assert!(steps > 0);
    }

    // REQ-038
    #[test]
    fn no_walk_through_the_executable_life_cycle_and_its_attachments_leads_astray(numbers in stream(320)) {
        let kind = if numbers.first().is_some_and(|it| it % 4 == 0) { "INV" } else { "CR" };
        let steps = walk(kind, &numbers)?;
        prop_assert!(steps > 0);
    }
}
