//! The menu of a document, with what can be made that belongs to it.

use std::rc::Rc;

use super::{Menu, Session, SessionError};
use crate::domain::decide::{self, Line};
use crate::domain::digest::Timestamp;
use crate::domain::document::Document;
use crate::domain::facts::Facts;
use crate::domain::id::{ActionName, InputName, TypeName};
use crate::domain::identity::Actor;
use crate::domain::policy::Policy;
use crate::domain::request::{Inputs, Request, Subject, Value};

impl Session {
    /// The menu of the document of the facts.
    pub(super) fn menu_of(
        &mut self,
        actor: &Actor,
        policy: Rc<Policy>,
        facts: &Facts,
    ) -> Result<Menu, SessionError> {
        let mut lines = decide::menu(&policy, facts, actor);
        if let Some(document) = &facts.document {
            lines.extend(self.makeable(actor, document, facts.now)?);
        }
        Ok(Menu { lines, policy })
    }

    /// Lists the lines by which `actor` makes documents that belong to this one, by the policy in force.
    fn makeable(
        &mut self,
        actor: &Actor,
        parent: &Document,
        now: Timestamp,
    ) -> Result<Vec<Line>, SessionError> {
        let policy = self.policy()?;
        let Some((life, _)) = policy.document_type(&parent.document_type) else { return Ok(Vec::new()) };
        let mut makeable: Vec<(TypeName, ActionName)> = Vec::new();
        for (workflow, one) in
            policy.workflows.values().flat_map(|it| it.types.iter().map(move |one| (it, one)))
        {
            let edge = workflow.transitions.iter().find(|edge| edge.from.is_empty());
            let may = edge.filter(|edge| policy.acts_as(actor.group(), &edge.by));
            let suits = one.parent.as_ref().is_some_and(|rule| rule.suits(parent, life));
            makeable.extend(may.filter(|_| suits).map(|edge| (one.name.clone(), edge.action.clone())));
        }
        let mut lines = Vec::new();
        for (document_type, action) in makeable {
            let mut inputs = Inputs::default();
            if let Ok(name) = InputName::parse("parent") {
                inputs = inputs.with(name, Value::Document(parent.id.clone()));
            }
            let subject = Subject::New(document_type.clone());
            let request = Request { action, subject, inputs, copy: None, candidate: None };
            let (policy, facts) = self.gather_new(&document_type, &request, now)?;
            lines.extend(decide::making(&policy, &facts, actor));
        }
        Ok(lines)
    }
}
