//! What callers are warned of whatever they do: that they proved nothing, and, where they manage users,
//! keys that were made without proof and proofs that failed.

use super::{Context, Warning};
use crate::domain::digest::Timestamp;
use crate::domain::document::Kind;
use crate::domain::identity::{Actor, Assurance};
use crate::domain::plural::counted;
use crate::store::Credentials;

/// For how long failed proofs are told, in milliseconds: a day.
const RECENT: i64 = 24 * 60 * 60 * 1000;

/// Returns what this caller is to be warned of.
pub fn warnings(context: &mut Context, actor: &Actor) -> Vec<Warning> {
    let Ok(policy) = context.session.policy() else { return Vec::new() };
    if actor.assurance() == Assurance::Claimed {
        return vec![Warning { code: "unattributed", message: unattributed(actor) }];
    }
    let mut managers = policy.managers();
    if !managers.any(|group| policy.acts_as(actor.group(), std::slice::from_ref(group))) {
        return Vec::new();
    }
    sentences(context, actor)
}

/// Returns a warning for each thing to look into.
pub(super) fn sentences(context: &mut Context, actor: &Actor) -> Vec<Warning> {
    let since = Timestamp::from_millis(context.session.now().millis().saturating_sub(RECENT));
    let store = context.session.read(actor);
    let mut found = Vec::new();
    for key in store.credentials(Credentials::Alarming).unwrap_or_default() {
        let message = format!(
            "the key of {} was made at {} without its holder having been proved; another person looks into it and says so: \
             qms --user <person> recover {} --acknowledge",
            key.user, key.issued_at, key.user
        );
        found.push(Warning { code: "recovered", message });
    }
    let failures = store.failed_proofs(since).unwrap_or_default();
    let count: u64 = failures.iter().map(|window| window.count + 1).sum();
    if let Some(last) = failures.iter().map(|window| window.since).max() {
        let message = format!(
            "{} to prove who is calling in the last day, the last at {last} or after; `qms audit export` names \
             each",
            counted(count, "failed attempt")
        );
        found.push(Warning { code: "failed_proofs", message });
    }
    found
}

fn unattributed(actor: &Actor) -> String {
    let name = actor.name();
    let issue = format!("qms --user <administrator> token issue {name} --out FILE");
    let fix = match actor.kind() {
        Kind::Human => format!("qms enrol, with a code from {issue}"),
        Kind::Agent | Kind::Service => issue,
    };
    format!("No token for actor '{name}': recorded as claimed. Fix: {fix}")
}
