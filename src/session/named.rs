//! What a request names beside its subject must exist, before anyone asks whether it may be done.

use super::{Session, SessionError};
use crate::domain::facts::Facts;
use crate::domain::id::{GroupName, IdWord, UserName};
use crate::domain::identity::Actor;
use crate::domain::policy::{OwnVerb, Policy};
use crate::domain::request::{Request, Subject, Value};

impl Session {
    /// Checks that the users, the group and the namespace of a request exist. A user who was removed
    /// exists; what that means is for the decision.
    pub(super) fn check_names(
        &mut self,
        actor: &Actor,
        request: &Request,
        policy: &Policy,
        facts: &Facts,
    ) -> Result<(), SessionError> {
        for value in request.inputs.0.values() {
            let Value::Users(names) = value else { continue };
            for name in names {
                if self.store.user(name.as_str())?.is_none() {
                    return Err(SessionError::NoUser(name.clone()));
                }
            }
        }
        match &request.subject {
            Subject::Document(_) | Subject::Registry(_) => Ok(()),
            Subject::New(_) => namespace(actor, request, policy, facts),
            Subject::Project => of_project(request, policy, facts),
        }
    }
}

fn namespace(actor: &Actor, request: &Request, policy: &Policy, facts: &Facts) -> Result<(), SessionError> {
    let Some(new) = &facts.new else { return Ok(()) };
    let wanted = policy.document_type(&new.document_type).is_some_and(|(_, it)| it.id.needs_namespace());
    let name = request.inputs.text("namespace").and_then(|text| IdWord::parse(text).ok());
    match name.filter(|name| wanted && !new.namespaces.contains(name)) {
        None => Ok(()),
        Some(name) => {
            let rules = &mut policy.project.iter().filter(|rule| rule.action.as_str() == "namespace_add");
            let may_add = rules.any(|rule| policy.acts_as(actor.group(), &rule.by));
            Err(SessionError::NoNamespace { name, may_add })
        }
    }
}

fn of_project(request: &Request, policy: &Policy, facts: &Facts) -> Result<(), SessionError> {
    if OwnVerb::of(request.action.as_str()).is_some_and(|verb| verb.is_of_user)
        && facts.project.as_ref().is_some_and(|project| project.named_user.is_none())
        && let Some(name) = request.inputs.text("user").and_then(|text| UserName::parse(text).ok())
    {
        return Err(SessionError::NoUser(name));
    }
    let group = request.inputs.text("group").and_then(|text| GroupName::parse(text).ok());
    match group.filter(|group| !policy.groups.contains_key(group)) {
        None => Ok(()),
        Some(name) => {
            let known = policy.groups.keys().map(GroupName::as_str).collect::<Vec<_>>().join(", ");
            Err(SessionError::NoGroup { name, known })
        }
    }
}
