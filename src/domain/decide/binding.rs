//! Users who need a proof for every call, because the hook of a runtime makes one for each.

use super::registry::{invalid, known};
use super::{Case, Condition, Reason};
use crate::domain::document::User;
use crate::domain::facts::RegistryFacts;
use crate::domain::hook::Runtime;
use crate::domain::told::VALUE_MAX;
use crate::domain::{encoding, size, visible};

/// Decides on binding the users of a runtime, and returns those who were not bound before.
pub(super) fn bind(case: &Case<'_>, runtime: Runtime, reasons: &mut Vec<Reason>) -> Vec<User> {
    reasons.extend(case.unmet_management());
    let given = case.policy.users_of(runtime);
    let users = case.facts.users.values().map(|facts| &facts.user);
    let unbound = users.filter(|user| !user.is_bound && given.contains(&user.name));
    unbound.map(|user| User { is_bound: true, ..user.clone() }).collect()
}

/// Decides on lifting the binding of a user, and returns that user.
pub(super) fn unbind(
    case: &Case<'_>,
    facts: &RegistryFacts,
    reason: &str,
    reasons: &mut Vec<Reason>,
) -> Vec<User> {
    reasons.extend(case.unmet_management());
    if visible::is_blank(reason) {
        reasons.push(Reason::new(Condition::MissingInput, "`reason` is missing or blank"));
    } else if let Some(why) = encoding::nul(reason) {
        reasons.push(invalid(format!("`reason` {why}")));
    } else if reason.len() > VALUE_MAX {
        let (has, most) = (size::shown(reason.len() as u64), size::shown(VALUE_MAX as u64));
        reasons.push(invalid(format!("`reason` has {has}; {most} are allowed")));
    }
    match known(facts) {
        None => reasons.push(Reason::new(Condition::UserNotFound, "there is no such user in this project")),
        Some(user) if !user.is_bound => {
            let message = format!("`{}` is not bound by a hook", user.name);
            reasons.push(Reason::new(Condition::NotBound, message));
        }
        Some(user) => return vec![User { is_bound: false, ..user.clone() }],
    }
    Vec::new()
}
