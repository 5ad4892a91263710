//! What a policy cites of the procedures, and what is wrong with that.

use std::fmt;

use super::{Fault, Policy, Reminder, Scope, Transition};
use crate::domain::id::{ActionName, WorkflowName};
use crate::domain::procedure::{Citation, NotThere, Procedures};
use crate::domain::yaml::Place;

/// A place of a policy that cites a procedure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cited<'p> {
    /// What is cited.
    pub citation: Citation,
    /// What cites it.
    pub by: Citing<'p>,
    /// Where.
    pub place: &'p Place,
}

/// What cites a procedure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Citing<'p> {
    /// A verb: the section governs it.
    Action(&'p ActionName),
    /// A life cycle: the procedure describes it.
    Workflow(&'p WorkflowName),
    /// A reminder of a verb: it comes from there.
    Reminder(&'p ActionName),
}

impl fmt::Display for Citing<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Action(name) => write!(f, "`{name}`"),
            Self::Workflow(name) => write!(f, "life cycle `{name}`"),
            Self::Reminder(name) => write!(f, "a reminder of `{name}`"),
        }
    }
}

impl Policy {
    /// Iterates over all that is cited: by verbs, by life cycles, by reminders. What cannot be read as
    /// a citation, as a policy that was adopted long ago may have it, cites nothing.
    pub fn citations(&self) -> impl Iterator<Item = Cited<'_>> {
        let of_verbs = self.actions.iter().filter_map(|action| {
            Some(Cited {
                citation: action.citation()?,
                by: Citing::Action(&action.name),
                place: &action.sop_place,
            })
        });
        let of_life_cycles = self.workflows.values().filter_map(|workflow| {
            let citation = Citation { procedure: workflow.sop.clone()?, section: None };
            Some(Cited { citation, by: Citing::Workflow(&workflow.name), place: &workflow.sop_place })
        });
        let of_reminders = self.all_reminders().map(|(action, it)| Cited {
            citation: it.sop.clone(),
            by: Citing::Reminder(action),
            place: &it.place,
        });
        of_verbs.chain(of_life_cycles).chain(of_reminders)
    }

    /// Iterates over what is cited and is not in force, with what was probably meant.
    pub fn dangling<'p>(
        &'p self,
        procedures: &'p Procedures,
    ) -> impl Iterator<Item = (Cited<'p>, NotThere)> + 'p {
        self.citations().filter_map(|cited| {
            let error = procedures.check(&cited.citation).err()?;
            Some((cited, error))
        })
    }

    fn edges(&self) -> impl Iterator<Item = &Transition> {
        self.workflows.values().flat_map(|workflow| &workflow.transitions)
    }

    fn all_reminders(&self) -> impl Iterator<Item = (&ActionName, &Reminder)> {
        let of_verbs =
            self.actions.iter().flat_map(|it| it.reminds.iter().map(|reminder| (&it.name, reminder)));
        of_verbs.chain(self.edges().flat_map(|it| it.reminds.iter().map(|reminder| (&it.action, reminder))))
    }
}

/// Lists what is wrong with what a policy cites: every verb names the section that governs it, every life
/// cycle its procedure, and all of it is in force.
pub(super) fn lint(policy: &Policy, procedures: &Procedures) -> Vec<Fault> {
    let mut faults = Vec::new();
    for action in &policy.actions {
        if action.citation().is_none_or(|cited| cited.section.is_none()) {
            let message =
                format!("`{}` needs the section that governs it, as in `sop: SOP-001#6`", action.name);
            faults.push(fault(&action.sop_place, "missing_sop", message));
        }
    }
    for workflow in policy.workflows.values().filter(|workflow| workflow.sop.is_none()) {
        let message = format!("`{}` names no procedure", workflow.name);
        faults.push(fault(&workflow.place, "missing_sop", message));
    }
    for (cited, error) in policy.dangling(procedures) {
        let message = format!("{} cites `{}`: {error}", cited.by, cited.citation);
        faults.push(match error {
            NotThere::Procedure { .. } => fault(cited.place, "unknown_procedure", message),
            NotThere::Section { .. } => fault(cited.place, "unknown_section", message),
        });
    }
    faults.extend(unheard(policy));
    faults
}

/// Lists the reminders that nobody will ever see.
fn unheard(policy: &Policy) -> Vec<Fault> {
    let mut faults = Vec::new();
    let is_reached = |it: &Reminder, edge: &Transition| {
        it.to.is_empty()
            || policy
                .groups
                .keys()
                .any(|group| policy.acts_as(group, &it.to) && policy.acts_as(group, &edge.by))
    };
    for action in &policy.actions {
        let of_verb = || policy.edges().filter(|edge| edge.action == action.name);
        for it in &action.reminds {
            if action.scope == Scope::Project {
                let message = format!("`{}` is about the project, where nobody is reminded", action.name);
                faults.push(fault(&it.place, "reminder_unheard", message));
            } else if !of_verb().any(|edge| is_reached(it, edge)) {
                faults.push(fault(&it.place, "reminder_unheard", nobody(&action.name)));
            }
        }
    }
    for edge in policy.edges() {
        for it in edge.reminds.iter().filter(|it| !is_reached(it, edge)) {
            faults.push(fault(&it.place, "reminder_unheard", nobody(&edge.action)));
        }
    }
    faults
}

fn nobody(action: &ActionName) -> String {
    format!("nobody whom this is for may `{action}` here")
}

fn fault(place: &Place, name: &'static str, message: String) -> Fault {
    Fault { place: place.clone(), name, message }
}
