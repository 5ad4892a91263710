//! What callers are warned of whatever they do: that they proved nothing, and, where they manage users,
//! keys that were made without proof and proofs that failed.

use super::{Context, Warning, clock, spell};
use crate::domain::digest::Timestamp;
use crate::domain::document::Kind;
use crate::domain::hook::words::offered;
use crate::domain::id::{GroupName, UserName};
use crate::domain::identity::{Actor, Assurance};
use crate::domain::plural::counted;
use crate::domain::policy::Policy;
use crate::store::Credentials;

/// For how long failed proofs are told, in milliseconds: a day.
const RECENT: i64 = 24 * 60 * 60 * 1000;

/// Returns what this caller is to be warned of. That nothing was proved counts where something was
/// recorded.
pub fn warnings(context: &mut Context, actor: &Actor, was_recorded: bool) -> Vec<Warning> {
    let Ok(policy) = context.session.policy() else { return Vec::new() };
    let mut warnings: Vec<Warning> = clock::fault(context).into_iter().collect();
    if actor.assurance() == Assurance::Claimed {
        let warning = || Warning { code: "unattributed", message: unattributed(context, actor) };
        warnings.extend(was_recorded.then(warning));
    } else if manages(&policy, actor.group()) {
        warnings.extend(sentences(context, actor));
    }
    warnings
}

fn manages(policy: &Policy, group: &GroupName) -> bool {
    policy.managers().any(|managing| policy.acts_as(group, std::slice::from_ref(managing)))
}

/// Returns a warning for each thing to look into.
pub(super) fn sentences(context: &mut Context, actor: &Actor) -> Vec<Warning> {
    let now = context.session.now();
    let since = Timestamp::from_millis(now.millis().saturating_sub(RECENT));
    let store = context.session.read(actor);
    let mut found = Vec::new();
    // Of a key whose holder has another one since, the other one tells.
    let keys = store.credentials(Credentials::Keys).unwrap_or_default();
    let has_another = |user: &UserName| keys.iter().any(|key| &key.user == user && key.revoked_at.is_none());
    let alarming = store.credentials(Credentials::Alarming).unwrap_or_default().into_iter();
    for key in alarming.filter(|key| key.revoked_at.is_none() || !has_another(&key.user)) {
        let message = format!(
            "the key of {} was made at {} without its holder having been proved; another person compares its \
             fingerprint with {}, and says so: qms --user <person> key acknowledge {} --fingerprint <as {} reads it>",
            key.user, key.issued_at, key.user, key.user, key.user
        );
        found.push(Warning { code: "recovered", message });
    }
    let failures = store.failed_proofs(since).unwrap_or_default();
    let count: u64 = failures.iter().map(|window| window.count + 1).sum();
    // One by a clock that was ahead was not in the time to come.
    if let Some(last) = failures.iter().map(|window| window.since.sooner(now)).reduce(Timestamp::later) {
        let message = format!(
            "{} to prove who is calling in the last day, the last at {last} or after; of like ones \
             within a minute `qms audit export` has the first, and the next entry like it counts the others",
            counted(count, "failed attempt")
        );
        found.push(Warning { code: "failed_proofs", message });
    }
    found
}

/// Writes the command by which somebody is given a token, as whoever may do so says it, into a file outside
/// of the project. Where that one's own token lies is nothing to be told to everybody.
pub(super) fn issuing(context: &mut Context, actor: &Actor, name: &UserName) -> String {
    let manager = manager(context, actor);
    let out = match &context.keyring {
        Some(keyring) => keyring.token_path(name),
        None => context.site.root().with_file_name(format!("{name}.token")),
    };
    let words = format!("token issue {name} --out {}", offered(&out));
    match manager {
        Some(manager) => context.offered(actor, &manager, &words),
        None => context.carried.place(&spell::line("<administrator>", &words)),
    }
}

/// Finds somebody who manages users, a person where there is one.
fn manager(context: &mut Context, actor: &Actor) -> Option<UserName> {
    let policy = context.session.policy().ok()?;
    let users = context.session.read(actor).users().ok()?;
    let managing = || users.iter().filter(|user| user.removed_at.is_none() && manages(&policy, &user.group));
    let person = managing().find(|user| user.kind == Kind::Human);
    person.or_else(|| managing().next()).map(|user| user.name.clone())
}

fn unattributed(context: &mut Context, actor: &Actor) -> String {
    let name = actor.name();
    let issue = issuing(context, actor, name);
    let fix = match actor.kind() {
        Kind::Human => format!("qms enrol, with a code from {issue}"),
        Kind::Agent | Kind::Service => issue,
    };
    format!("No token for actor '{name}': recorded as claimed. Fix: {fix}")
}
