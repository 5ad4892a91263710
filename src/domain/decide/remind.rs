//! What is said of a procedure to somebody who has just acted by it.

use super::{Permit, Way};
use crate::domain::policy::{Policy, Reminder};

impl Permit {
    /// Lists what the actor is reminded of when this is done.
    pub fn reminders(&self, policy: &Policy) -> Vec<Reminder> {
        let (Way::Edge { transition, .. }, Some(action)) = (&self.way, policy.action(&self.action)) else {
            return Vec::new();
        };
        let (group, kind) = (self.actor.group(), self.actor.kind());
        policy.reminders(action, transition, group, kind).cloned().collect()
    }
}
