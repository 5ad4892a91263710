//! Single cases that went wrong once, or that a policy file cannot show.

use super::asked::request;
use super::dice::{USERS, name};
use crate::domain::decide::{Denial, apply, decide};
use crate::domain::document::{Document, Kind};
use crate::domain::id::{DocumentId, StateName, UserName};
use crate::domain::policy::{Guard, Plain, fixture};
use crate::domain::request::{Inputs, Request, Subject, Value, WorkingCopy};
use crate::domain::scenario::World;

pub(super) fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

fn users(names: &[&str]) -> Value {
    Value::Users(names.iter().map(|user| name(user)).collect())
}

pub(super) fn inputs(pairs: &[(&str, Value)]) -> Inputs {
    pairs.iter().fold(Inputs::default(), |all, (key, value)| all.with(name(key), value.clone()))
}

/// A project with all users, and a complete draft of claude's.
pub(super) fn world(kind: &str) -> (World<'static>, DocumentId) {
    let candidate = fixture::candidate();
    let mut world = World::new(&candidate.policy, candidate.digest, None);
    for (user, group) in USERS {
        world.add_user(&name(user), group, Kind::Agent);
    }
    let created = Request {
        action: name("create"),
        subject: Subject::New(name(kind)),
        inputs: inputs(&[("title", text("Title"))]),
        copy: None,
        candidate: None,
    };
    let id = world.attempt("claude", &created).result.ok().and_then(|applied| applied.after).map(|it| it.id);
    let id = id.unwrap_or_else(|| panic!("nothing was created"));
    let document = document(&world, &id).clone();
    let bytes = world.write(&document, &[("title", "Title"), ("revision_summary", "text")]).into_bytes();
    let copy = WorkingCopy::Present {
        document: id.clone(),
        base: document.content,
        path: "copy.md".to_owned(),
        bytes,
    };
    world.replace_copy(&name("claude"), &id, Some(copy));
    act(&mut world, "claude", "checkin", &id, &[]).unwrap_or_else(|denial| panic!("{denial:?}"));
    (world, id)
}

pub(super) fn document<'w>(world: &'w World<'_>, id: &DocumentId) -> &'w Document {
    world.document(id).unwrap_or_else(|| panic!("{id} is gone"))
}

pub(super) fn act(
    world: &mut World<'_>,
    user: &str,
    action: &str,
    id: &DocumentId,
    pairs: &[(&str, Value)],
) -> Result<Document, Denial> {
    let mut request = request(&name(action), id, inputs(pairs));
    request.copy = world.copy(&name::<UserName>(user), id).cloned();
    world
        .attempt(user, &request)
        .result
        .map(|applied| applied.after.unwrap_or_else(|| panic!("`{action}` was about no document")))
}

fn names(result: Result<Document, Denial>) -> Vec<String> {
    match result {
        Ok(document) => panic!("permitted: {document:?}"),
        Err(denial) => denial.reasons().iter().map(|reason| reason.name.clone()).collect(),
    }
}

#[test]
fn a_comment_that_is_not_a_text_does_not_count_as_one() {
    let (mut world, id) = world("SOP");
    let routed = act(&mut world, "claude", "route", &id, &[("target", text("review"))]);
    assert!(routed.is_ok_and(|it| it.round.is_some()));
    let review = |comment| [("outcome", text("recommend")), ("comment", comment)];
    for comment in [users(&["tu"]), Value::Document(name("SOP-001"))] {
        assert_eq!(names(act(&mut world, "qa", "review", &id, &review(comment))), ["invalid_input"]);
    }
    let outcome = [("outcome", users(&["tu"])), ("comment", text("fine"))];
    assert_eq!(names(act(&mut world, "qa", "review", &id, &outcome)), ["invalid_input"]);
    assert!(act(&mut world, "qa", "review", &id, &review(text("fine"))).is_ok());
}

#[test]
fn users_who_are_told_as_a_text_do_not_pass_for_nobody() {
    let (mut world, id) = world("SOP");
    let transfer = [("to", text("ann")), ("reason", text("why"))];
    assert_eq!(names(act(&mut world, "lead", "transfer", &id, &transfer)), ["invalid_input"]);
    let route = [("target", text("review")), ("assignees", text("tu"))];
    assert_eq!(names(act(&mut world, "claude", "route", &id, &route)), ["invalid_input"]);
    assert!(act(&mut world, "claude", "route", &id, &[("target", text("review"))]).is_ok());
    assert_eq!(names(act(&mut world, "qa", "assign", &id, &[("assignees", text("tu"))])), ["invalid_input"]);
    assert!(act(&mut world, "qa", "assign", &id, &[("assignees", users(&["tu"]))]).is_ok());
}

#[test]
fn a_new_document_has_one_version_also_where_it_is_born_approved() {
    let (world, id) = world("CR");
    let versions = |world: &World<'_>, id: &DocumentId| -> Vec<String> {
        let of = world.versions().iter().filter(|record| &record.document == id);
        of.map(|record| record.version.to_string()).collect()
    };
    assert_eq!(versions(&world, &id), ["0.1", "0.2"]);
    let candidate = fixture::candidate();
    let actor = world.verify("claude").unwrap_or_else(|error| panic!("{error}"));
    let request = Request {
        action: name("create"),
        subject: Subject::New(name("VR")),
        inputs: inputs(&[("title", text("Title")), ("parent", Value::Document(id))]),
        copy: None,
        candidate: None,
    };
    let mut facts = world.facts(&actor, &request);
    if let Some(parent) = &mut facts.parent {
        parent.state = name("IN_EXECUTION");
    }
    let permit = decide(&candidate.policy, &facts, &actor, &request);
    let applied = apply(permit.unwrap_or_else(|denial| panic!("{denial:?}")), &candidate.policy, &facts);
    let made: Vec<String> = applied.versions.iter().map(|record| record.version.to_string()).collect();
    assert_eq!(made, ["1.0"]);
}

#[test]
fn a_type_that_an_adopted_policy_put_under_another_life_cycle_keeps_its_rounds() {
    let (world, id) = world("SOP");
    let candidate = fixture::candidate();
    let mut moved = candidate.policy.clone();
    if let Some(mut life) = moved.workflows.remove(&name("controlled")) {
        life.name = name("strict");
        moved.workflows.insert(life.name.clone(), life);
    }
    let actor = world.verify("claude").unwrap_or_else(|error| panic!("{error}"));
    let request = request(&name("route"), &id, inputs(&[("target", text("review"))]));
    let facts = world.facts(&actor, &request);
    let permit = decide(&moved, &facts, &actor, &request);
    let applied = apply(permit.unwrap_or_else(|denial| panic!("{denial:?}")), &moved, &facts);
    let after = applied.after.unwrap_or_else(|| panic!("nothing came of it"));
    assert_eq!(after.state, name::<StateName>("IN_REVIEW"));
    assert!(after.round.is_some_and(|round| round.awaits(&name("qa"))));
    assert_eq!(after.workflow.as_str(), "strict");
}

#[test]
fn what_is_said_in_an_open_round_decides_nothing_whatever_a_policy_asks_for() {
    let mut policy = fixture::candidate().policy.clone();
    for edge in policy.workflows.values_mut().flat_map(|life| &mut life.transitions) {
        if edge.action.as_str() == "withdraw" {
            edge.guards.push(Guard::Plain(Plain::Unanimous));
        }
    }
    let refused = ["recommend", "request_updates"].map(|outcome| {
        let (mut world, id) = world("SOP");
        let route = [("target", text("review")), ("assignees", users(&["tu"]))];
        assert!(act(&mut world, "claude", "route", &id, &route).is_ok());
        let review = [("outcome", text(outcome)), ("comment", text("x"))];
        assert!(act(&mut world, "tu", "review", &id, &review).is_ok());
        let actor = world.verify("claude").unwrap_or_else(|error| panic!("{error}"));
        let request = request(&name("withdraw"), &id, inputs(&[]));
        let denial = decide(&policy, &world.facts(&actor, &request), &actor, &request).err();
        denial.map(|denial| denial.reasons().to_vec()).unwrap_or_default()
    });
    assert_eq!(refused[0], refused[1]);
    assert_eq!(refused[0].len(), 1);
}
