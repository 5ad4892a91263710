//! Single cases that went wrong once, or that a policy file cannot show.

use super::{act, asked, drafted, gathered, inputs, refused, text, users};
use crate::domain::decide::tests::dice::name;
use crate::domain::decide::{apply, decide};
use crate::domain::id::StateName;
use crate::domain::policy::{Guard, Plain, fixture};
use crate::domain::request::{Request, Subject, Value};
use crate::store::Read as _;

#[test]
fn a_comment_that_is_not_a_text_does_not_count_as_one() {
    let (mut stage, id) = drafted("SOP");
    let routed = act(&mut stage, "claude", "route", &id, &[("target", text("review"))]);
    assert!(routed.is_ok_and(|it| it.round.is_some()));
    let review = |comment| [("outcome", text("recommend")), ("comment", comment)];
    for comment in [users(&["tu"]), Value::Document(name("SOP-001"))] {
        assert_eq!(refused(act(&mut stage, "qa", "review", &id, &review(comment))), ["invalid_input"]);
    }
    let outcome = [("outcome", users(&["tu"])), ("comment", text("fine"))];
    assert_eq!(refused(act(&mut stage, "qa", "review", &id, &outcome)), ["invalid_input"]);
    assert!(act(&mut stage, "qa", "review", &id, &review(text("fine"))).is_ok());
}

#[test]
fn users_who_are_told_as_a_text_do_not_pass_for_nobody() {
    let (mut stage, id) = drafted("SOP");
    let transfer = [("to", text("ann")), ("reason", text("why"))];
    assert_eq!(refused(act(&mut stage, "lead", "transfer", &id, &transfer)), ["invalid_input"]);
    let route = [("target", text("review")), ("assignees", text("tu"))];
    assert_eq!(refused(act(&mut stage, "claude", "route", &id, &route)), ["invalid_input"]);
    assert!(act(&mut stage, "claude", "route", &id, &[("target", text("review"))]).is_ok());
    assert_eq!(
        refused(act(&mut stage, "qa", "assign", &id, &[("assignees", text("tu"))])),
        ["invalid_input"]
    );
    assert!(act(&mut stage, "qa", "assign", &id, &[("assignees", users(&["tu"]))]).is_ok());
}

#[test]
fn a_new_document_has_one_version_also_where_it_is_born_approved() {
    let (mut stage, id) = drafted("CR");
    let versions = stage.store.versions(&id).unwrap();
    let versions: Vec<String> = versions.iter().map(|record| record.version.to_string()).collect();
    assert_eq!(versions, ["0.1", "0.2"]);
    let request = Request {
        action: name("create"),
        subject: Subject::New(name("VR")),
        inputs: inputs(&[("title", text("Title")), ("parent", Value::Document(id))]),
        copy: None,
        candidate: None,
    };
    let (actor, policy, mut facts) = gathered(&mut stage, "claude", &request);
    if let Some(parent) = &mut facts.parent {
        parent.state = name("IN_EXECUTION");
    }
    let permit = decide(&policy, &facts, &actor, &request);
    let applied = apply(permit.unwrap_or_else(|denial| panic!("{denial:?}")), &policy, &facts);
    let made: Vec<String> = applied.versions.iter().map(|record| record.version.to_string()).collect();
    assert_eq!(made, ["1.0"]);
}

#[test]
fn a_type_that_an_adopted_policy_put_under_another_life_cycle_keeps_its_rounds() {
    let (mut stage, id) = drafted("SOP");
    let mut moved = fixture::candidate().policy.clone();
    if let Some(mut life) = moved.workflows.remove(&name("controlled")) {
        life.name = name("strict");
        moved.workflows.insert(life.name.clone(), life);
    }
    let request = asked::request(&name("route"), &id, inputs(&[("target", text("review"))]));
    let (actor, _, facts) = gathered(&mut stage, "claude", &request);
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
        let (mut stage, id) = drafted("SOP");
        let route = [("target", text("review")), ("assignees", users(&["tu"]))];
        assert!(act(&mut stage, "claude", "route", &id, &route).is_ok());
        let review = [("outcome", text(outcome)), ("comment", text("x"))];
        assert!(act(&mut stage, "tu", "review", &id, &review).is_ok());
        let request = asked::request(&name("withdraw"), &id, inputs(&[]));
        let (actor, _, facts) = gathered(&mut stage, "claude", &request);
        let denial = decide(&policy, &facts, &actor, &request).err();
        denial.map(|denial| denial.reasons().to_vec()).unwrap_or_default()
    });
    assert_eq!(refused[0], refused[1]);
    assert_eq!(refused[0].len(), 1);
}
