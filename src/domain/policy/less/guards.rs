//! Which guard waits for no less than another.

use crate::domain::id::{AttestationName, GroupName};
use crate::domain::policy::{Guard, Plain};

impl Guard {
    /// Tells whether whoever is of one of these groups meets it anyway.
    pub(super) fn is_met_by_groups(&self, by: &[GroupName]) -> bool {
        match self {
            Self::OwnerOr(groups) | Self::AskerOr(groups) => by.iter().all(|group| groups.contains(group)),
            _ => false,
        }
    }

    /// Tells whether what another guard waits for is no less.
    pub(super) fn is_met_by(&self, other: &Self) -> bool {
        let within =
            |wider: &[GroupName], narrower: &[GroupName]| narrower.iter().all(|it| wider.contains(it));
        match (self, other) {
            (Self::OwnerOr(mine), Self::OwnerOr(its)) | (Self::AskerOr(mine), Self::AskerOr(its)) => {
                within(mine, its)
            }
            (Self::OwnerOr(_) | Self::Plain(Plain::OwnerOrUnowned), Self::Plain(Plain::Owner))
            | (Self::NoUnsettledChild(_), Self::Plain(Plain::NoOpenChild))
            | (
                Self::Plain(Plain::NotCheckedOutByAnother),
                Self::Plain(Plain::NotCheckedOut | Plain::CheckedOut),
            ) => true,
            (Self::ParentIn(mine), Self::ParentIn(its)) => its.iter().all(|it| mine.contains(it)),
            (Self::Evidence(mine), Self::Evidence(its)) => mine.iter().all(|it| its.contains(it)),
            (Self::Assurance(mine), Self::Assurance(its)) => its >= mine,
            (Self::Isolation(mine), Self::Isolation(its)) => its >= mine,
            (Self::NoUnsettledChild(mine), Self::NoUnsettledChild(its)) => {
                its.iter().all(|(kind, states)| {
                    states.iter().all(|state| mine.get(kind).is_some_and(|mine| mine.contains(state)))
                })
            }
            _ => self == other,
        }
    }
}

/// The evidence that a guard waits for.
pub(super) fn evidence(guard: &Guard) -> &[AttestationName] {
    match guard {
        Guard::Evidence(names) => names,
        _ => &[],
    }
}

pub(super) fn called(guard: &Guard) -> String {
    let (groups, evidence) = (guard.groups(), evidence(guard));
    let of: Vec<String> = match guard {
        Guard::ParentIn(states) => states.iter().map(ToString::to_string).collect(),
        Guard::Assurance(least) => vec![least.to_string()],
        Guard::Isolation(least) => vec![least.to_string()],
        Guard::NoUnsettledChild(settled) => settled
            .iter()
            .flat_map(|(kind, states)| states.iter().map(move |state| format!("{kind} {state}")))
            .collect(),
        _ => groups.iter().map(ToString::to_string).chain(evidence.iter().map(ToString::to_string)).collect(),
    };
    if of.is_empty() {
        format!("`{}`", guard.name())
    } else {
        format!("`{}: {}`", guard.name(), of.join(", "))
    }
}
