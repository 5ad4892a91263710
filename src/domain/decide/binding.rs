//! Users who need a proof for every call, because the hook of a runtime makes one for each.

use super::{Case, Reason};
use crate::domain::document::User;
use crate::domain::hook::Runtime;

/// Decides on binding the users of a runtime, and returns those who were not bound before.
pub(super) fn bind(case: &Case<'_>, runtime: Runtime, reasons: &mut Vec<Reason>) -> Vec<User> {
    reasons.extend(case.unmet_management());
    let given = case.policy.users_of(runtime);
    let users = case.facts.users.values().map(|facts| &facts.user);
    let unbound = users.filter(|user| !user.is_bound && given.contains(&user.name));
    unbound.map(|user| User { is_bound: true, ..user.clone() }).collect()
}
