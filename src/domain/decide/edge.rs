//! Finding the transition that a request means, and everything that stands in its way.

use super::seats::Seating;
use super::{Case, Condition, Reason, Way};
use crate::domain::document::Document;
use crate::domain::id::{IdWord, StateName};
use crate::domain::offer::Offer;
use crate::domain::policy::{
    Action, Asked, DocumentType, Effect, IdParts, Plain, Target, Transition, When, Workflow,
};
use crate::domain::request::CopyFacts;

impl Case<'_> {
    /// Decides on an action that is about a document.
    pub(super) fn decide(&self, action: &Action) -> Result<Way, Vec<Reason>> {
        match self.document() {
            Some(document) => self.decide_existing(action, document),
            None => self.decide_new(action),
        }
    }

    /// Finds the transition that is meant, whatever stands in its way.
    pub(super) fn meant(&self, action: &Action) -> Option<(&Workflow, &Transition)> {
        if let Some(document) = self.document() {
            let workflow = self.workflow_of(document).ok()?;
            return Some((workflow, self.find_edge(workflow, action, document).ok()?));
        }
        let (workflow, _) = self.policy.document_type(&self.facts.new.as_ref()?.document_type)?;
        let mut edges = workflow.transitions.iter();
        Some((workflow, edges.find(|edge| edge.from.is_empty() && edge.action == action.name)?))
    }

    fn decide_existing(&self, action: &Action, document: &Document) -> Result<Way, Vec<Reason>> {
        let workflow = self.workflow_of(document)?;
        let edge = self.find_edge(workflow, action, document)?;
        let seating = Seating::of(self, workflow, &document.state, document);
        let mut reasons = self.unmet_inputs(action);
        reasons.extend(self.unmet_effects(action, edge));
        let unproved = self.unmet_assurance(self.policy.assurance_of(edge));
        reasons.extend(unproved.map(|reason| match &seating {
            Some(seating) if edge.verdict.is_some() => seating.with_way_out(reason),
            _ => reason,
        }));
        reasons.extend(self.unmet_unlock(edge.meaning));
        reasons.extend(self.unmet_group(edge));
        reasons.extend(self.unmet_verdict(edge, document));
        reasons.extend(self.unmet_taking(edge, &document.document_type));
        reasons.extend(self.unmet_run(edge, document));
        reasons.extend(self.unmet_reading(workflow, edge, document));
        reasons.extend(self.unmet_return(edge, document));
        let target = Self::target(workflow, edge, document, &mut reasons);
        reasons.extend(self.unmet_attached(workflow, edge, &target, document));
        reasons.extend(self.unmet_awaited(workflow, edge, &target, document));
        for guard in &edge.guards {
            // What two guards find is said once.
            for reason in self.unmet(guard, workflow, edge, document) {
                if !reasons.contains(&reason) {
                    reasons.push(reason);
                }
            }
        }
        reasons.extend(seating.and_then(|seating| seating.unmet_completion(edge)));
        let seats = self.seats(workflow, edge, &target, document, &mut reasons);
        if reasons.is_empty() {
            reasons.extend(self.not_run(edge));
        }
        if !reasons.is_empty() {
            return Err(reasons);
        }
        // What others answered is looked at last, so that no refusal tells it. Where it ends the round, nobody is
        // asked anew.
        let (edge, target, seats) = match self.ending(workflow, edge, document) {
            Some(ending) => {
                let target = Self::target(workflow, &ending, document, &mut reasons);
                (ending, target, Vec::new())
            }
            None => (edge.clone(), target, seats),
        };
        Ok(Way::Edge { transition: Box::new(edge), target, seats, created: None })
    }

    fn target(
        workflow: &Workflow,
        edge: &Transition,
        document: &Document,
        reasons: &mut Vec<Reason>,
    ) -> StateName {
        match &edge.to {
            Target::Same => document.state.clone(),
            Target::State(state) => state.clone(),
            Target::Origin => Self::origin(workflow, edge, document, reasons),
        }
    }

    fn workflow_of(&self, document: &Document) -> Result<&Workflow, Vec<Reason>> {
        let known = self.policy.document_type(&document.document_type);
        known
            .map(|(workflow, _)| workflow)
            .filter(|workflow| workflow.state(&document.state).is_some())
            .ok_or_else(|| {
                let message = format!(
                    "the policy does not know type {} in state {}",
                    document.document_type, document.state
                );
                vec![Reason::new(Condition::UnknownState, message)]
            })
    }

    /// Finds the one transition that is meant. Lint has seen to it that there are not two.
    fn find_edge<'w>(
        &self,
        workflow: &'w Workflow,
        action: &Action,
        document: &Document,
    ) -> Result<&'w Transition, Vec<Reason>> {
        let leaving = workflow.transitions.iter().filter(|edge| edge.from.contains(&document.state));
        let mut edges = leaving.filter(|edge| edge.action == action.name && self.is_meant(edge, document));
        edges.next().ok_or_else(|| self.no_edge(workflow, action, document))
    }

    fn is_meant(&self, edge: &Transition, document: &Document) -> bool {
        match &edge.when {
            None => true,
            Some(When::Input(name, value)) => self.inputs.text(name.as_str()) == Some(value),
            Some(When::ContentChanged(changed)) => *changed == self.copy_changed(document),
        }
    }

    pub(super) fn copy_changed(&self, document: &Document) -> bool {
        matches!(&self.facts.copy, CopyFacts::Sound { content, .. } if content != &document.content)
    }

    /// No transition is meant. Whoever may never use the verb is told that first.
    fn no_edge(&self, workflow: &Workflow, action: &Action, document: &Document) -> Vec<Reason> {
        let mut reasons = self.unmet_inputs(action);
        let of_verb = || workflow.transitions.iter().filter(|edge| edge.action == action.name);
        let choice = of_verb().find_map(|edge| match &edge.when {
            Some(When::Input(name, _)) => self.inputs.text(name.as_str()),
            _ => None,
        });
        let verb = match choice {
            Some(choice) => format!("{} --{}", action.name, choice.replace('_', "-")),
            None => action.name.to_string(),
        };
        if of_verb().next().is_some() && !of_verb().any(|edge| self.actor_is_one_of(&edge.by)) {
            reasons.push(self.group_reason(of_verb().flat_map(|edge| &edge.by)));
        }
        let message = format!("`{verb}` is not possible while {} is {}", document.id, document.state);
        let reason = Reason::new(Condition::NotFromThisState, message);
        reasons.push(if workflow.is_final(&document.state) {
            self.corrected_by(reason, document)
        } else {
            reason
        });
        reasons
    }

    /// What has ended is not opened again: where a document can be made that belongs to it, that is the way to correct it.
    fn corrected_by(&self, reason: Reason, document: &Document) -> Reason {
        let life = self.policy.document_type(&document.document_type).map(|(life, _)| life);
        let mut types = self
            .policy
            .document_types()
            .filter(|it| it.parent.as_ref().zip(life).is_some_and(|(rule, life)| rule.suits(document, life)));
        let Some(correction) = types.next() else { return reason };
        let kind = &correction.name;
        let message =
            format!("{}; what is wrong in it is corrected in a document of type {kind}", reason.message);
        let reason = Reason { message, ..reason };
        let making = Offer::of("create").with("type", kind).with("parent", &document.id).asking("title");
        if self.may_create(correction, document) { reason.remedy(making) } else { reason }
    }

    fn group_reason<'g>(&self, groups: impl Iterator<Item = &'g crate::domain::id::GroupName>) -> Reason {
        let mut names: Vec<&str> = groups.map(crate::domain::id::GroupName::as_str).collect();
        names.sort_unstable();
        names.dedup();
        let message = format!(
            "`{}` is of group {}; this is for {}",
            self.actor.name(),
            self.actor.group(),
            names.join(", ")
        );
        Reason::new(Condition::GroupNotAllowed, message)
    }

    pub(super) fn unmet_group(&self, edge: &Transition) -> Option<Reason> {
        (!self.actor_is_one_of(&edge.by)).then(|| self.group_reason(edge.by.iter()))
    }

    /// The state that a round returns to. Whoever withdraws a document by checking it out must be
    /// able to check it out there.
    fn origin(
        workflow: &Workflow,
        edge: &Transition,
        document: &Document,
        reasons: &mut Vec<Reason>,
    ) -> StateName {
        let Some(round) = &document.round else {
            let message = format!("{} is in no round", document.id);
            reasons.push(Reason::new(Condition::NotFromThisState, message));
            return document.state.clone();
        };
        let possible = workflow.leaving(&round.origin).any(|next| next.action == edge.action);
        if edge.effects.contains(&Effect::CheckOut) && !possible {
            let message = format!(
                "`{}` is not possible in {}, to which the round would return",
                edge.action, round.origin
            );
            reasons.push(Reason::new(Condition::NotFromThisState, message));
        }
        round.origin.clone()
    }

    fn seats(
        &self,
        workflow: &Workflow,
        edge: &Transition,
        target: &StateName,
        document: &Document,
        reasons: &mut Vec<Reason>,
    ) -> Vec<crate::domain::id::UserName> {
        if *target == document.state || workflow.state(target).is_none_or(|state| state.round.is_none()) {
            return Vec::new();
        }
        let projected = self.projected(edge, document);
        match Seating::of(self, workflow, target, &projected) {
            // Where the guard is declared it has said so already; where it is not, the round must
            // still not open empty.
            Some(seating) => seating.plan().unwrap_or_else(|_| {
                if !edge.guards.iter().any(|guard| guard.name() == Plain::AssigneesEligible.as_str()) {
                    reasons.extend(seating.unmet_plan());
                }
                Vec::new()
            }),
            None => Vec::new(),
        }
    }

    /// The document as it will be when its working copy has been checked in on the way.
    pub(super) fn projected(&self, edge: &Transition, document: &Document) -> Document {
        let mut projected = document.clone();
        if edge.effects.contains(&Effect::CheckIn) && self.copy_changed(document) {
            projected.verdicts.clear();
            projected.rejected = None;
            projected.add_author(self.actor.name(), self.actor.origins());
        }
        projected
    }

    fn decide_new(&self, action: &Action) -> Result<Way, Vec<Reason>> {
        let unknown =
            || vec![Reason::new(Condition::UnknownState, "the policy does not know this document type")];
        let new = self.facts.new.as_ref().ok_or_else(unknown)?;
        let (workflow, document_type) = self.policy.document_type(&new.document_type).ok_or_else(unknown)?;
        let edge = workflow
            .transitions
            .iter()
            .find(|edge| edge.from.is_empty() && edge.action == action.name)
            .ok_or_else(|| {
                let message = format!("`{}` creates no {}", action.name, document_type.name);
                vec![Reason::new(Condition::NotFromThisState, message)]
            })?;
        let mut reasons = self.unmet_inputs(action);
        reasons.extend(self.unmet_assurance(self.policy.assurance_of(edge)));
        reasons.extend(self.unmet_unlock(edge.meaning));
        reasons.extend(self.unmet_group(edge));
        reasons.extend(self.unmet_taking(edge, &document_type.name));
        // What could be its items is worth asking only of a parent that it could have.
        match self.unmet_parent(workflow, document_type) {
            Some(reason) => reasons.push(reason),
            None => reasons.extend(self.unmet_item_of_parent(document_type)),
        }
        let word = |name: &str| self.inputs.text(name).and_then(|text| IdWord::parse(text).ok());
        let (namespace, name) = (word("namespace"), word("name"));
        reasons.extend(self.unmet_words(document_type, namespace.as_ref(), name.as_ref()));
        reasons.extend(self.unmet_traits());
        reasons.extend(edge.guards.iter().filter_map(|guard| self.unmet_before(guard, Asked::New)));
        let parts = IdParts {
            parent: self.facts.parent.as_ref().map(|parent| &parent.id),
            namespace: namespace.as_ref(),
            name: name.as_ref(),
        };
        let created = document_type.id.id(&parts, new.number);
        if let Some(id) = created.as_ref().filter(|_| new.is_taken) {
            let remedy = Offer::of("status").about(id);
            reasons.push(Reason::new(Condition::IdTaken, format!("{id} exists already")).remedy(remedy));
        }
        match (&edge.to, created) {
            (Target::State(target), Some(created)) if reasons.is_empty() => Ok(Way::Edge {
                transition: Box::new(edge.clone()),
                target: target.clone(),
                seats: Vec::new(),
                created: Some(created),
            }),
            _ if reasons.is_empty() => {
                Err(vec![Reason::new(Condition::InvalidInput, "these inputs make no valid document id")])
            }
            _ => Err(reasons),
        }
    }

    /// The template of the type of a new document is in force.
    pub(super) fn unmet_new_template(&self) -> Option<Reason> {
        let new = self.facts.new.as_ref().filter(|new| new.template.is_none())?;
        let (_, document_type) = self.policy.document_type(&new.document_type)?;
        let kind = &document_type.name;
        let message = match &document_type.template {
            Some(template) => format!("type {kind} needs {template}, which is not in force"),
            None => format!("type {kind} needs a template, and the policy names none"),
        };
        Some(Reason::new(Condition::TemplateNotInForce, message))
    }

    fn unmet_parent(&self, workflow: &Workflow, document_type: &DocumentType) -> Option<Reason> {
        let rule = match (&document_type.parent, &self.facts.parent) {
            (None, None) => return None,
            (None, Some(_)) => {
                let message = format!("type {} belongs to no other document", document_type.name);
                return Some(Reason::new(Condition::ParentUnsuitable, message));
            }
            (Some(rule), _) => rule,
        };
        let types = rule.types.iter().map(crate::domain::id::TypeName::as_str).collect::<Vec<_>>().join(", ");
        let Some(parent) = &self.facts.parent else {
            let message =
                format!("type {} belongs to one of {types}: name it with `--parent`", document_type.name);
            return Some(Reason::new(Condition::ParentMissing, message));
        };
        if !rule.types.contains(&parent.document_type) {
            let message = format!(
                "{} is of type {}; type {} belongs to one of {types}",
                parent.id, parent.document_type, document_type.name
            );
            return Some(Reason::new(Condition::ParentUnsuitable, message));
        }
        let life = self.policy.document_type(&parent.document_type).map_or(workflow, |(life, _)| life);
        let suits = rule.suits_state(parent, life);
        let wanted = rule.states.iter().map(StateName::as_str).collect::<Vec<_>>().join(" or ");
        let wanted = if wanted.is_empty() { "unfinished".to_owned() } else { wanted };
        (!suits).then(|| {
            let message =
                format!("{} is {}; type {} needs it {wanted}", parent.id, parent.state, document_type.name);
            Reason::new(Condition::ParentUnsuitable, message)
        })
    }

    fn unmet_words(
        &self,
        document_type: &DocumentType,
        namespace: Option<&IdWord>,
        name: Option<&IdWord>,
    ) -> Vec<Reason> {
        let mut reasons = Vec::new();
        let pattern = &document_type.id;
        for (needed, flag, value) in
            [(pattern.needs_namespace(), "namespace", namespace), (pattern.needs_name(), "name", name)]
        {
            let given = self.inputs.says(flag);
            let kind = &document_type.name;
            if needed && !given && !self.open {
                reasons.push(Reason::new(Condition::MissingInput, format!("type {kind} needs `--{flag}`")));
            } else if given && value.is_none() {
                let message = format!("`{flag}` takes an upper-case letter, then A-Z, 0-9 and `_`");
                reasons.push(Reason::new(Condition::InvalidInput, message));
            } else if given && !needed {
                reasons
                    .push(Reason::new(Condition::InvalidInput, format!("type {kind} takes no `--{flag}`")));
            }
        }
        let registered = self.facts.new.as_ref().map(|new| &new.namespaces);
        if let (Some(namespace), Some(registered)) = (namespace, registered)
            && pattern.needs_namespace()
            && !registered.contains(namespace)
        {
            let message = format!("namespace {namespace} is not registered");
            let reason = Reason::new(Condition::NamespaceUnknown, message);
            reasons.push(
                self.with_project_verb(reason, Offer::of("namespace_add").with("namespace", namespace)),
            );
        }
        reasons
    }
}
