//! What scenarios never showed: transitions that were never taken, guards that never refused.

use std::collections::BTreeSet;

use super::outcome::{Came, ScenarioOutcome};
use crate::domain::decide::Condition;
use crate::domain::id::{ActionName, StateName, WorkflowName};
use crate::domain::policy::{Guard, Plain, Policy, Transition, Workflow};
use crate::domain::yaml::Place;

/// Something in a policy that no scenario showed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Gap {
    /// Where the transition stands.
    pub place: Place,
    /// Its life cycle.
    pub workflow: WorkflowName,
    /// Its action.
    pub action: ActionName,
    /// The state that it was never completed from; `None` where it creates documents, and for a
    /// guard, which has to refuse but once.
    pub from: Option<StateName>,
    /// The first state of a transition, which tells transitions of one action apart.
    pub start: Option<StateName>,
    /// The guard that never refused; `None` where the transition itself was never completed.
    pub guard: Option<&'static str>,
}

impl std::fmt::Display for Gap {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (place, action) = (&self.place, &self.action);
        let from = |state: &Option<StateName>| {
            state.as_ref().map_or(String::new(), |state| format!(" from {state}"))
        };
        match self.guard {
            None => write!(f, "{place}: no scenario completes `{action}`{}", from(&self.from)),
            Some(guard) => {
                let start = from(&self.start);
                write!(f, "{place}: no scenario is refused `{action}`{start} by its guard `{guard}`")
            }
        }
    }
}

/// Lists the gaps of a life cycle: each transition has to be completed from each of its states, and
/// each of its guards has to refuse once.
pub fn gaps(policy: &Policy, workflow: &WorkflowName, outcomes: &[ScenarioOutcome]) -> Vec<Gap> {
    let Some(life) = policy.workflows.get(workflow) else { return Vec::new() };
    let mut gaps = Vec::new();
    for (index, edge) in life.transitions.iter().enumerate() {
        gaps_of(life, index, edge, outcomes, &mut gaps);
    }
    gaps
}

fn gaps_of(
    life: &Workflow,
    index: usize,
    edge: &Transition,
    outcomes: &[ScenarioOutcome],
    gaps: &mut Vec<Gap>,
) {
    let taken = || {
        let all = outcomes.iter().flat_map(|it| &it.taken);
        all.filter(|it| it.workflow == life.name && it.transition == index)
    };
    let gap = |from: Option<&StateName>, guard| Gap {
        place: edge.place.clone(),
        workflow: life.name.clone(),
        action: edge.action.clone(),
        from: from.cloned(),
        start: edge.from.first().cloned(),
        guard,
    };
    let completed: BTreeSet<Option<&StateName>> =
        taken().filter(|it| it.came == Came::Completed).map(|it| it.from.as_ref()).collect();
    if edge.from.is_empty() && !completed.contains(&None) {
        gaps.push(gap(None, None));
    }
    gaps.extend(edge.from.iter().map(Some).filter(|it| !completed.contains(it)).map(|it| gap(it, None)));
    for guard in &edge.guards {
        let refused = taken().any(|it| match &it.came {
            Came::Refused(names) => names.iter().any(|name| refuses(guard, name)),
            _ => false,
        });
        if !refused {
            gaps.push(gap(None, Some(guard.name())));
        }
    }
}

/// Tells whether a guard can give a reason of this name.
fn refuses(guard: &Guard, reason: &str) -> bool {
    let conditions: &[Condition] = match guard {
        Guard::Assurance(_) => &[Condition::AssuranceTooLow],
        Guard::Isolation(_) => &[Condition::IsolationTooLow],
        Guard::OwnerOr(_) => &[Condition::NotOwner],
        Guard::AskerOr(_) => &[Condition::NotAsker],
        Guard::Evidence(_) => {
            &[Condition::EvidenceMissing, Condition::EvidenceFailed, Condition::EvidenceStale]
        }
        Guard::ParentIn(_) => &[Condition::ParentUnsuitable],
        Guard::NoUnsettledChild(_) => &[Condition::OpenChild],
        Guard::ReviewedBy(_) => &[Condition::NotReviewed],
        Guard::Plain(plain) => match plain {
            Plain::Human => &[Condition::NotHuman],
            Plain::Independent => &[Condition::NotIndependent],
            Plain::Owner | Plain::OwnerOrUnowned => &[Condition::NotOwner],
            Plain::NotAsker => &[Condition::IsAsker],
            Plain::CheckedOut => &[Condition::NotCheckedOut],
            Plain::NotCheckedOut => &[Condition::CheckedOut],
            Plain::NotCheckedOutByAnother => &[Condition::CheckedOutByAnother],
            Plain::CopyIsSound => {
                &[Condition::CopyUnsound, Condition::PrerequisiteCycle, Condition::PrerequisiteUnmet]
            }
            Plain::NoPlaceholders | Plain::NoExecutionPlaceholders => &[Condition::PlaceholderLeft],
            Plain::AttachmentsFilledIn => {
                &[Condition::PlaceholderLeft, Condition::NoteMissing, Condition::PrerequisiteUnmet]
            }
            Plain::SectionsUnchanged | Plain::TemplateSectionsKept => &[Condition::SectionLocked],
            Plain::TemplateIsSound => &[Condition::TemplateUnsound],
            Plain::FrontMatterComplete => &[Condition::FrontMatterIncomplete],
            Plain::AssigneesEligible => {
                // Its name ends in the group that nobody of is there.
                if reason.starts_with(Condition::NoEligible.name()) {
                    return true;
                }
                &[Condition::AssigneeNotEligible, Condition::AlreadyAssigned]
            }
            Plain::AssigneesSeated => &[Condition::NobodyToRelease],
            Plain::SlotStaysFilled => &[Condition::SlotWouldBeEmpty],
            Plain::Opened => &[Condition::NotOpened],
            Plain::Unanimous => &[Condition::NotUnanimous],
            Plain::NotRejected => &[Condition::RejectedSince],
            Plain::ItemsPlanned => &[Condition::ItemsUnplanned, Condition::ItemsUnreadable],
            Plain::ItemRecordable => &[
                Condition::ItemUnknown,
                Condition::ItemAlreadyRecorded,
                Condition::ItemHasFailed,
                Condition::ItemsUnreadable,
            ],
            Plain::ItemsUnchanged => &[Condition::ItemsChanged],
            Plain::ItemsComplete => &[Condition::ItemsIncomplete, Condition::ItemUnresolved],
            Plain::NoOpenChild => &[Condition::OpenChild],
            Plain::AttachmentObjected => &[Condition::NothingObjected],
            Plain::AttachmentsIdle => &[Condition::AttachmentBusy],
            Plain::NeverApproved => &[Condition::OnceApproved],
            Plain::OnceApproved => &[Condition::NeverApproved],
            Plain::RevisesVersionInForce => &[Condition::NothingToRestore],
            Plain::NewOwnerMayOwn => &[Condition::CannotOwn],
            Plain::PrerequisitesMet => &[Condition::PrerequisiteUnmet],
            Plain::NotesPresent => &[Condition::NoteMissing],
            Plain::NoteIsDue => &[
                Condition::NoteUnknown,
                Condition::NoteNotYours,
                Condition::NoteOutOfPhase,
                Condition::InvalidInput,
            ],
            Plain::TraitsAreNew => &[Condition::TraitUnknown, Condition::TraitPresent],
            Plain::TemplateInForce => &[Condition::TemplateNotInForce],
        },
    };
    conditions.iter().any(|condition| condition.name() == reason)
}
