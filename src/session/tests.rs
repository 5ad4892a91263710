//! What the decision promises, over the facts that the session gathers: single cases, and random walks through the
//! life cycles.

mod dossiers;
mod evidence;
mod floors;
mod readings;
mod regressions;
mod walks;

use std::collections::BTreeMap;
use std::rc::Rc;

use super::SessionError;
use crate::domain::decide::Denial;
use crate::domain::decide::tests::asked;
use crate::domain::decide::tests::dice::{USERS, name};
use crate::domain::document::{Document, Kind};
use crate::domain::facts::Facts;
use crate::domain::id::{DocumentId, UserName};
use crate::domain::identity::Actor;
use crate::domain::policy::{Candidate, InitialUser, Policy, fixture};
use crate::domain::request::{Inputs, Request, Subject, Value, WorkingCopy};
use crate::scenario::{Stage, templates};

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

fn users(names: &[&str]) -> Value {
    Value::Users(names.iter().map(|user| name(user)).collect())
}

fn inputs(pairs: &[(&str, Value)]) -> Inputs {
    pairs.iter().fold(Inputs::default(), |all, (key, value)| all.with(name(key), value.clone()))
}

/// A project under a policy, with all users of the dice.
fn stage(policy: &Policy) -> Stage {
    let mut candidate = Candidate { policy: policy.clone(), ..fixture::candidate().clone() };
    for (user, group) in USERS {
        if !policy.users.iter().any(|it| it.name.as_str() == user) {
            let (group, kind, printed_name) = (name(group), Kind::Agent, user.to_owned());
            candidate.policy.users.push(InitialUser { name: name(user), printed_name, group, kind });
        }
    }
    let documents = templates(policy, None, &BTreeMap::new());
    Stage::found(candidate, documents).unwrap_or_else(|error| panic!("{error}"))
}

/// A project with all users, and a complete draft of claude's.
fn drafted(kind: &str) -> (Stage, DocumentId) {
    let mut stage = stage(&fixture::candidate().policy);
    let id = create(&mut stage, kind, &[]).unwrap_or_else(|| panic!("nothing was created"));
    write(&mut stage, &id, "claude", "x.md");
    act(&mut stage, "claude", "checkin", &id, &[]).unwrap_or_else(|denial| panic!("{denial:?}"));
    (stage, id)
}

/// Lets claude create a document.
fn create(stage: &mut Stage, kind: &str, more: &[(&str, Value)]) -> Option<DocumentId> {
    let request = Request {
        action: name("create"),
        subject: Subject::New(name(kind)),
        inputs: inputs(&[&[("title", text("Title"))], more].concat()),
        copy: None,
        candidate: None,
    };
    Some(attempt(stage, "claude", &request).ok()?.after?.id)
}

/// Writes something new into the working copy of a user.
fn write(stage: &mut Stage, id: &DocumentId, user: &str, path: &str) {
    let document = document(stage, id);
    let fields = [("title", "Title"), ("revision_summary", "text")];
    let bytes = stage.write(&document, &fields, None).unwrap().into_bytes();
    let base = document.checkout.map_or(document.content, |checkout| checkout.base);
    let copy = WorkingCopy::Present { document: id.clone(), base, path: path.to_owned(), bytes };
    stage.replace_copy(&name(user), id, Some(copy));
}

fn document(stage: &mut Stage, id: &DocumentId) -> Document {
    stage.document(id).ok().flatten().unwrap_or_else(|| panic!("{id} is gone"))
}

fn attempt(stage: &mut Stage, user: &str, request: &Request) -> Result<super::Acted, Denial> {
    let claim = stage.claim(&name(user), None, Some(request)).unwrap();
    match stage.act(&claim, request) {
        Ok(acted) => Ok(acted),
        Err(SessionError::Denied(refusal)) => Err(refusal.denial),
        Err(error) => panic!("{error}"),
    }
}

fn act(
    stage: &mut Stage,
    user: &str,
    action: &str,
    id: &DocumentId,
    pairs: &[(&str, Value)],
) -> Result<Document, Denial> {
    let mut request = asked::request(&name(action), id, inputs(pairs));
    request.copy = stage.copy(&name::<UserName>(user), id).cloned();
    let acted = attempt(stage, user, &request)?;
    Ok(acted.after.unwrap_or_else(|| panic!("`{action}` was about no document")))
}

fn names(denial: &Denial) -> Vec<&str> {
    denial.reasons().iter().map(|reason| reason.name.as_str()).collect()
}

fn refused(result: Result<Document, Denial>) -> Vec<String> {
    let denial = result.err().unwrap_or_else(|| panic!("permitted"));
    names(&denial).into_iter().map(str::to_owned).collect()
}

/// What the session would decide on: who asks, under which policy, on which facts.
fn gathered(stage: &mut Stage, user: &str, request: &Request) -> (Actor, Rc<Policy>, Facts) {
    let claim = stage.claim(&name(user), None, None).unwrap();
    let actor = stage.session.verify(&claim, None).unwrap();
    let now = stage.session.now();
    let (policy, facts) = stage.session.gather(&actor, request, now).unwrap();
    (actor, policy, facts)
}
