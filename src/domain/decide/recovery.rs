//! Who makes a new key for a person whose passphrase is lost, where keys are compared, and what leads on where nobody
//! can vouch for one.
//!
//! The record does not show who has lost a passphrase or left. So a key that counts is taken for one that can sign,
//! until another one takes its place or its holder is removed. Nobody makes a key and vouches for it while somebody
//! else is left whose key counts or once did. Only where no administrator can sign, and nobody could vouch, does the
//! project key help: administration must not be lost for good.

use super::Case;
use super::acknowledge::vouches;
use crate::domain::document::Kind;
use crate::domain::facts::Facts;
use crate::domain::id::UserName;
use crate::domain::identity::{Credential, Validity, left};
use crate::domain::policy::Policy;

/// What the project key alone can do for a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Unsigned {
    /// Nothing: another person signs for the key.
    Refused,
    /// It makes a key that another person vouches for.
    Waiting,
    /// It makes a key that counts by nobody else's word.
    Alone,
}

/// How a person gets a new key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recovery {
    /// Who can sign for it.
    pub signers: Vec<UserName>,
    /// What the project key alone can do.
    pub unsigned: Unsigned,
    /// Somebody else whose key counts, or once did.
    pub left: Option<UserName>,
    /// Where the person manages nothing, one who does: that one can get a key before.
    pub manager: Option<UserName>,
}

impl Recovery {
    /// Finds out how `user` gets a new key where keys are compared.
    pub fn of(policy: &Policy, facts: &Facts, user: &UserName) -> Self {
        let signers = signers(facts, user);
        let left = |others_than: &[&UserName]| {
            left(&facts.keys, others_than, |name| facts.users.contains_key(name)).cloned()
        };
        let unsigned = match signers.as_slice() {
            [] if left(&[user]).is_none() || manages(policy, facts, user) => Unsigned::Alone,
            [] => Unsigned::Waiting,
            // The one who could sign could not vouch for it then.
            [one]
                if left(&[user, one]).is_some()
                    && manages(policy, facts, user)
                    && !manages(policy, facts, one) =>
            {
                Unsigned::Waiting
            }
            _ => Unsigned::Refused,
        };
        Self { signers, unsigned, left: left(&[user]), manager: manager(policy, facts, user) }
    }
}

/// The other people whose key counts now.
pub(super) fn signers(facts: &Facts, user: &UserName) -> Vec<UserName> {
    let counts = |key: &&Credential| key.counts() && key.validity(facts.valid) == Validity::Valid;
    let is_there = |name: &UserName| facts.users.get(name).is_some_and(|it| it.user.kind == Kind::Human);
    let names = facts.keys.iter().filter(counts).map(|key| &key.user);
    let mut names: Vec<UserName> = names.filter(|name| *name != user && is_there(name)).cloned().collect();
    names.sort();
    names.dedup();
    names
}

fn manages(policy: &Policy, facts: &Facts, user: &UserName) -> bool {
    let known = facts.users.get(user).filter(|known| known.user.kind == Kind::Human);
    known.is_some_and(|known| {
        policy.managers().any(|group| policy.acts_as(&known.user.group, std::slice::from_ref(group)))
    })
}

/// Finds a person who manages the project, where `user` does not.
fn manager(policy: &Policy, facts: &Facts, user: &UserName) -> Option<UserName> {
    if manages(policy, facts, user) {
        return None;
    }
    facts.users.keys().find(|name| manages(policy, facts, name)).cloned()
}

/// Says who can acknowledge a key, or what leads on where nobody can.
pub(super) fn who_can(case: &Case<'_>, key: &Credential) -> String {
    let user = &key.user;
    let able = signers(case.facts, user);
    let able: Vec<&str> =
        able.iter().filter(|name| vouches(case.facts, name, key).is_ok()).map(UserName::as_str).collect();
    if able.is_empty() {
        return format!("nobody can acknowledge this one; {}", way(case, user));
    }
    let names = able.join(" or ");
    format!("{names} can: qms key acknowledge {user} --fingerprint <as {user} reads it>")
}

/// The key of a person that waits for somebody.
fn uncompared<'f>(facts: &'f Facts, user: &UserName) -> Option<&'f Credential> {
    let is_it = |key: &&Credential| &key.user == user && key.validity(facts.valid) == Validity::Valid;
    facts.keys.iter().filter(is_it).find(|key| !key.counts())
}

/// Tells whether the actor can acknowledge the key of a person.
pub(super) fn acknowledges(case: &Case<'_>, user: &UserName) -> bool {
    let me = case.actor.name();
    let is_able = signers(case.facts, user).contains(me);
    is_able && uncompared(case.facts, user).is_some_and(|key| vouches(case.facts, me, key).is_ok())
}

/// Says who can acknowledge the key of a person.
pub(super) fn who_compares(case: &Case<'_>, user: &UserName) -> String {
    let key = uncompared(case.facts, user);
    key.map_or_else(|| "another person does that: `key acknowledge`".to_owned(), |key| who_can(case, key))
}

/// Says by which commands a person gets a key that counts.
pub(super) fn way(case: &Case<'_>, user: &UserName) -> String {
    let Recovery { signers, unsigned, manager, .. } = Recovery::of(case.policy, case.facts, user);
    let manages = |name: &UserName| manages(case.policy, case.facts, name);
    let first = |manager: &UserName| format!("first an administrator: {}", way(case, manager));
    match (signers.as_slice(), unsigned, manager) {
        ([], Unsigned::Alone, _) => format!(
            "nobody else has a key that counts now; a holder of the project key makes one: qms recover {user} --alone"
        ),
        ([], _, Some(manager)) => first(&manager),
        ([], _, None) => "nobody else has a key that counts now".to_owned(),
        ([one], Unsigned::Waiting, _) => {
            format!("a holder of the project key makes one, which {one} acknowledges: qms recover {user}")
        }
        ([one], ..) if is_between_two(case.facts, user, one) => {
            format!("{one} makes one, and acknowledges it: qms --user {one} recover {user}")
        }
        ([one], _, Some(manager)) if !manages(one) => first(&manager),
        ([one], ..) => format!(
            "nobody can vouch for one until another person has a key that counts; {one} can remove users who have left"
        ),
        ([one, ..], ..) => {
            format!("{one} makes one, which others acknowledge: qms --user {one} recover {user}")
        }
    }
}

/// Tells whether nobody but these two is left, so that one vouches for the other alone.
fn is_between_two(facts: &Facts, user: &UserName, other: &UserName) -> bool {
    left(&facts.keys, &[user, other], |name| facts.users.contains_key(name)).is_none()
}
