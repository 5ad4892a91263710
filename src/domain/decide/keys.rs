//! Keys that people sign with: one's own, one for a person whose passphrase is lost, and what stands for an open one.

use super::recovery::{signers, way};
use super::registry::{ended, invalid, known};
use super::{Case, Condition, Reason};
use crate::domain::digest::Digest;
use crate::domain::document::Kind;
use crate::domain::facts::RegistryFacts;
use crate::domain::id::{CredentialId, UserName};
use crate::domain::identity::{Credential, CredentialKind, KeyOrigin};
use crate::domain::plural::counted;

/// Longest time for which an open key stands, in milliseconds: a working day.
const UNLOCK_MAX: u32 = 12 * 60 * 60 * 1000;

pub(super) fn own(
    case: &Case<'_>,
    facts: &RegistryFacts,
    mut own: Credential,
    reasons: &mut Vec<Reason>,
) -> Vec<Credential> {
    reasons.extend(case.unmet_person());
    if case.actor.credential().is_none() {
        let message = format!("`{}` must present a code, a token or the passphrase", case.actor.name());
        reasons.push(Reason::new(Condition::AssuranceTooLow, message));
    }
    if facts.credentials.iter().any(|one| one.id == own.id) {
        reasons.push(invalid("this key is in the registry already"));
    }
    let me = case.actor.name();
    let signs = case.actor.credential().is_some_and(|it| it.kind == CredentialKind::Key && it.counts());
    if case.policy.compares_keys() && signs && signers(case.facts, me).is_empty() {
        let way = way(case, me);
        let message =
            format!("a new key is compared by somebody else whose key counts, and there is nobody: {way}");
        reasons.push(Reason::new(Condition::NobodyCompares, message));
    }
    own.issued_by = Some(me.clone());
    // The first key of whoever made the project is what all others are compared from; it is there before they are.
    let is_first =
        !case.policy.compares_keys() && facts.credentials.iter().all(|one| one.kind != CredentialKind::Key);
    let came_with_project = |presented: &Credential| {
        let by = presented.issued_by.as_ref();
        presented.kind == CredentialKind::Standing && by.is_none_or(|by| by == case.actor.name())
    };
    let is_founder = is_first && case.actor.credential().is_some_and(came_with_project);
    own.origin = Some(if is_founder { KeyOrigin::Founder } else { KeyOrigin::Own });
    // A key passes on where it comes from, however often it is replaced. Where keys are compared, the new one is
    // compared anew, and only the very first key counts by itself.
    let former = case.actor.credential().filter(|presented| presented.kind == CredentialKind::Key);
    if let Some(former) = former {
        let counted = case.policy.compares_keys() && former.counts();
        if !(counted && former.origin == Some(KeyOrigin::Founder)) {
            (own.origin, own.issued_by) = (former.origin, former.issued_by.clone());
        }
        own.acknowledged = former.acknowledged.clone().filter(|_| !counted);
    }
    // With a code anybody who handed it out could have made it. Where the person had something to prove it with
    // before, that is as alarming as a recovery.
    let code = case.actor.credential().filter(|presented| presented.kind == CredentialKind::Enrolment);
    if let Some(code) = code {
        let proves = |one: &Credential| matches!(one.kind, CredentialKind::Key | CredentialKind::Standing);
        let had_one = facts.credentials.iter().any(proves);
        own.origin = Some(if had_one { KeyOrigin::Renewal } else { KeyOrigin::Code });
        own.issued_by.clone_from(&code.issued_by);
    }
    let former = facts.credentials.iter().filter(|one| one.revoked_at.is_none());
    // The code itself ends by having been used.
    let presented = case.actor.credential().map(|presented| &presented.id);
    let former = former.filter(|one| one.kind != CredentialKind::Enrolment || Some(&one.id) != presented);
    former.map(|one| ended(case, one)).chain([own]).collect()
}

/// A person who signs gives another one a key. Who did is known for good, and does not vouch for it.
pub(super) fn recover(
    case: &Case<'_>,
    facts: &RegistryFacts,
    user: &UserName,
    public: Digest,
    reasons: &mut Vec<Reason>,
) -> Vec<Credential> {
    let me = case.actor.name();
    reasons.extend(case.unmet_person());
    match known(facts) {
        None => {
            let message = format!("`{user}` is not a user of this project");
            reasons.push(Reason::new(Condition::UserNotFound, message));
        }
        Some(known) if known.kind != Kind::Human => {
            let message = format!("`{user}` is no person; agents and services have tokens");
            reasons.push(Reason::new(Condition::NotHuman, message));
        }
        Some(known) if &known.name == me => {
            let message = format!(
                "another person recovers the key of `{me}`; with what `{me}` has, `qms key create` makes a new one"
            );
            reasons.push(Reason::new(Condition::NotIndependent, message));
        }
        Some(_) => {}
    }
    let id = CredentialId::of_key(&public);
    if case.facts.keys.iter().any(|one| one.id == id) {
        reasons.push(invalid("this key is in the registry already"));
    }
    let mut own = Credential::new(id, user.clone(), CredentialKind::Key, public, case.facts.now);
    (own.origin, own.issued_by) = (Some(KeyOrigin::Recovery), Some(me.clone()));
    let former = facts.credentials.iter().filter(|one| one.revoked_at.is_none());
    former.map(|one| ended(case, one)).chain([own]).collect()
}

pub(super) fn unlock(
    case: &Case<'_>,
    mut own: Credential,
    time: u32,
    reasons: &mut Vec<Reason>,
) -> Vec<Credential> {
    if case.actor.credential().is_none_or(|presented| presented.kind != CredentialKind::Key) {
        let message = format!("`{}` must sign, to unlock the key", case.actor.name());
        reasons.push(Reason::new(Condition::AssuranceTooLow, message));
    }
    if time == 0 || time > UNLOCK_MAX {
        let hours = u64::from(UNLOCK_MAX / 3_600_000);
        reasons.push(invalid(format!("a key is unlocked for at most {}", counted(hours, "hour"))));
    }
    own.issued_by = Some(case.actor.name().clone());
    own.not_after = Some(case.facts.valid.after(time.into()));
    vec![own]
}
