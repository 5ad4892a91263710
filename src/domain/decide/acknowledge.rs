//! Keys of people that others have compared: only then do they count as signatures, where the profile compares
//! keys. The first key of whoever made the project counts by itself; all others lead back to it.

use super::{Case, Condition, Reason};
use crate::domain::facts::{RegistryFacts, Signing};
use crate::domain::id::{CredentialId, UserName};
use crate::domain::identity::{
    Acknowledgement, Assurance, Credential, CredentialKind, Grounds, KeyOrigin, Validity, left,
};

pub(super) fn decide(
    case: &Case<'_>,
    facts: &RegistryFacts,
    user: &UserName,
    fingerprint: &CredentialId,
    reasons: &mut Vec<Reason>,
) -> Vec<Credential> {
    reasons.extend(case.unmet_person());
    let key = facts.keys.iter().find(|key| &key.user == user && &key.id == fingerprint);
    let Some(key) = key else {
        let message =
            format!("no key of `{user}` has the fingerprint {fingerprint}; compare it with its holder");
        reasons.push(Reason::new(Condition::FingerprintDiffers, message));
        return Vec::new();
    };
    if key.validity(case.facts.valid) != Validity::Valid {
        let message = format!("the key {fingerprint} of `{user}` is revoked");
        reasons.push(Reason::new(Condition::CredentialEnded, message));
    }
    if !is_waiting(case, key) {
        let message = if case.policy.compares_keys() {
            format!("the key {fingerprint} of `{user}` counts already")
        } else {
            "keys are compared under the profile gxp; elsewhere only a key that was made without its holder having \
             been proved waits for another person"
                .to_owned()
        };
        reasons.push(Reason::new(Condition::NothingToAcknowledge, message));
    }
    match grounds(case, facts, key) {
        Ok(grounds) => {
            // Who recovered a key acknowledges it alone with a signature; a key by itself has none yet.
            if case.policy.compares_keys() && user != case.actor.name() {
                reasons.extend(case.unmet_assurance(Assurance::Signature));
            }
            let acknowledged = Some(Acknowledgement { by: case.actor.name().clone(), grounds });
            vec![Credential { acknowledged, ..key.clone() }]
        }
        Err(why) => {
            let me = case.actor.name();
            let message = format!("`{me}` cannot acknowledge the key of `{user}`: {why}");
            reasons.push(Reason::new(Condition::NotIndependent, message));
            Vec::new()
        }
    }
}

/// Tells whether a key waits for somebody. Two who vouched for each other alone go on waiting for a third.
fn is_waiting(case: &Case<'_>, key: &Credential) -> bool {
    let is_first_pair = key.acknowledged.as_ref().is_some_and(|it| it.grounds == Grounds::FirstPair);
    if case.policy.compares_keys() {
        let is_founder = key.origin == Some(KeyOrigin::Founder) && key.acknowledged.is_none();
        !key.counts() || is_first_pair || is_founder
    } else {
        key.is_alarming()
    }
}

/// What an acknowledgement of this key by the actor rests on, or why there can be none.
fn grounds(case: &Case<'_>, facts: &RegistryFacts, key: &Credential) -> Result<Grounds, &'static str> {
    let me = case.actor.name();
    let present = |user: &UserName| case.facts.users.contains_key(user);
    let is_alone = case.policy.compares_keys() && left(&facts.keys, &[me, &key.user], present).is_none();
    if &key.user == me {
        // Where nobody is left, nobody else can.
        let took_place = matches!(key.origin, Some(KeyOrigin::Renewal | KeyOrigin::Recovery));
        return if took_place && is_alone {
            Ok(Grounds::Alone)
        } else {
            Err("it is a key of the same user; another person must")
        };
    }
    let order = &case.facts.order;
    let before = |one: &Credential| order.place(one.issued_at) < order.place(key.issued_at);
    let had_one = facts.keys.iter().any(|one| one.user == key.user && before(one) && one.counts());
    if !case.policy.compares_keys() {
        let presented = case.actor.credential();
        let is_own = |it: &&Credential| matches!(it.kind, CredentialKind::Key | CredentialKind::Standing);
        return if key.issued_by.as_ref() == Some(me) {
            Err("the same user issued the code for it; another person must")
        } else if presented.is_some_and(Credential::is_alarming) {
            Err("the key of that user was made without proof, too")
        } else if !presented.filter(is_own).is_some_and(before) {
            Err("only somebody with a key or a token that is older can vouch for it")
        } else {
            Ok(Grounds::Noticed)
        };
    }
    if had_one && !facts.keys.iter().any(|one| &one.user == me && before(one)) {
        return Err("its holder had a key before, and only somebody who had one then can vouch for it");
    }
    // That the founder's key was recovered where nobody else was makes no second person.
    let counted =
        |one: &&Credential| one.acknowledged.as_ref().is_some_and(|it| it.by != one.user) && one.counts();
    let mut ever: Vec<&UserName> = facts.keys.iter().filter(counted).map(|one| &one.user).collect();
    ever.sort();
    ever.dedup();
    let is_founder = |user: &UserName| {
        facts.keys.iter().any(|one| &one.user == user && one.origin == Some(KeyOrigin::Founder))
    };
    let is_first_pair = !had_one
        && match ever.as_slice() {
            [] => is_founder(me),
            [first] => *first == me && is_founder(&key.user),
            _ => false,
        };
    if is_first_pair {
        Ok(Grounds::FirstPair)
    } else if key.issued_by.as_ref() != Some(me) {
        // Who issued the code must be known by a key that counts: else it can have been anybody, the actor, too.
        let is_known = |by: &UserName| facts.keys.iter().any(|one| &one.user == by && one.counts());
        let by_code = matches!(key.origin, Some(KeyOrigin::Code | KeyOrigin::Renewal));
        if by_code && !key.issued_by.as_ref().is_some_and(is_known) {
            Err("nobody whose key counts issued the code for it: revoke it, and issue another code")
        } else {
            // Two who are alone stay the first two, however often they replace their keys.
            Ok(if is_alone { Grounds::FirstPair } else { Grounds::Another })
        }
    } else {
        match (key.origin == Some(KeyOrigin::Recovery), is_alone) {
            (true, true) => Ok(Grounds::Alone),
            (true, false) => Err("the same user recovered it; another person must"),
            // A key that took the place of one by its holder's own signature: the two go on as the first two.
            (false, true) if had_one && key.origin == Some(KeyOrigin::Code) => Ok(Grounds::FirstPair),
            (false, true) => {
                Err("the same user issued the code for it, and nobody else is left: `qms recover` instead")
            }
            (false, false) => Err("the same user issued the code for it; another person must"),
        }
    }
}

/// Says who can acknowledge the key that the actor presented.
pub(super) fn who_can(case: &Case<'_>, key: &Credential) -> String {
    let able = case.facts.users.iter().filter(|(_, facts)| facts.signing == Signing::Able);
    let able: Vec<&UserName> = able.map(|(name, _)| name).filter(|name| **name != key.user).collect();
    let independent: Vec<&str> =
        able.iter().filter(|name| key.issued_by.as_ref() != Some(**name)).map(|name| name.as_str()).collect();
    let names =
        if independent.is_empty() { able.iter().map(|name| name.as_str()).collect() } else { independent };
    if names.is_empty() {
        return format!(
            "nobody else has a key that counts now: another person gets one, or, where nobody else ever had one, the \
             project key helps: qms recover {} --alone",
            key.user
        );
    }
    format!(
        "{} can: qms key acknowledge {} --fingerprint <as {} reads it>",
        names.join(" or "),
        key.user,
        key.user
    )
}
