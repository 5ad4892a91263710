//! Keys of people that others have compared: only then do they count as signatures, where the profile compares
//! keys. The first key of whoever made the project counts by itself; all others lead back to it.

use super::recovery::{signers, who_can};
use super::{Case, Condition, Reason};
use crate::domain::facts::Facts;
use crate::domain::id::{CredentialId, UserName};
use crate::domain::identity::{
    Acknowledgement, Assurance, Credential, CredentialKind, Grounds, KeyOrigin, Validity, left,
};

pub(super) fn decide(
    case: &Case<'_>,
    user: &UserName,
    fingerprint: &CredentialId,
    reasons: &mut Vec<Reason>,
) -> Vec<Credential> {
    reasons.extend(case.unmet_person());
    let key = case.facts.keys.iter().find(|key| &key.user == user && &key.id == fingerprint);
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
    let grounds = if case.policy.compares_keys() {
        vouches(case.facts, case.actor.name(), key)
    } else {
        notices(case, key).map(|()| Grounds::Noticed)
    };
    match grounds {
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
            let mut message = format!("`{me}` cannot acknowledge the key of `{user}`: {why}");
            if case.policy.compares_keys() && reasons.is_empty() && !key.counts() {
                message = format!("{message}; {}", who_can(case, key));
            }
            reasons.push(Reason::new(Condition::NotIndependent, message));
            Vec::new()
        }
    }
}

/// Tells whether a key waits for somebody. Two who vouched for each other alone go on waiting for a third, and who went
/// on alone for somebody who had a key before.
fn is_waiting(case: &Case<'_>, key: &Credential) -> bool {
    let is_weak = |grounds| matches!(grounds, Grounds::FirstPair | Grounds::Alone);
    if case.policy.compares_keys() {
        let is_founder = key.origin == Some(KeyOrigin::Founder) && key.acknowledged.is_none();
        !key.counts() || is_founder || key.acknowledged.as_ref().is_some_and(|it| is_weak(it.grounds))
    } else {
        key.is_alarming()
    }
}

/// Says why the actor cannot look into a key where keys are not compared.
fn notices(case: &Case<'_>, key: &Credential) -> Result<(), &'static str> {
    let me = case.actor.name();
    let order = &case.facts.order;
    let presented = case.actor.credential();
    let is_own = |it: &&Credential| matches!(it.kind, CredentialKind::Key | CredentialKind::Standing);
    let is_older = |it: &Credential| order.place(it.issued_at) < order.place(key.issued_at);
    if &key.user == me {
        Err("it is a key of the same user; another person must")
    } else if key.issued_by.as_ref() == Some(me) {
        Err("the same user issued the code for it; another person must")
    } else if presented.is_some_and(Credential::is_alarming) {
        Err("the key of that user was made without proof, too")
    } else if !presented.filter(is_own).is_some_and(is_older) {
        Err("only somebody with a key or a token that is older can vouch for it")
    } else {
        Ok(())
    }
}

/// What an acknowledgement of a key by `me` rests on where keys are compared, or why there can be none.
pub(super) fn vouches(facts: &Facts, me: &UserName, key: &Credential) -> Result<Grounds, &'static str> {
    let is_left = left(&facts.keys, &[me, &key.user], |user| facts.users.contains_key(user)).is_some();
    let is_recovered = key.origin == Some(KeyOrigin::Recovery);
    if &key.user == me {
        // Where nobody is left, nobody else can.
        return if (is_recovered || key.origin == Some(KeyOrigin::Renewal)) && !is_left && !key.counts() {
            Ok(Grounds::Alone)
        } else {
            Err("it is a key of the same user")
        };
    }
    let order = &facts.order;
    let before = |one: &Credential| order.place(one.issued_at) < order.place(key.issued_at);
    let had_one = facts.keys.iter().any(|one| one.user == key.user && before(one) && one.counts());
    if had_one && !facts.keys.iter().any(|one| &one.user == me && before(one)) {
        return Err("its holder had a key before, and only somebody who had one then can vouch for it");
    }
    // Who went on alone with a key does not turn that into the word of another one.
    if key.acknowledged.as_ref().is_some_and(|it| it.grounds == Grounds::Alone && &it.by == me) {
        return Err("the same user vouched for it alone");
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
        return Ok(Grounds::FirstPair);
    }
    if key.issued_by.as_ref() == Some(me) {
        return match (is_recovered, is_left) {
            (true, false) => Ok(Grounds::Alone),
            (true, true) => Err("the same user recovered it"),
            // A key that took the place of one by its holder's own signature: the two go on as the first two.
            (false, false) if had_one && key.origin == Some(KeyOrigin::Code) => Ok(Grounds::FirstPair),
            (false, _) => Err("the same user issued the code for it"),
        };
    }
    // Who issued the code must be known by a key that counts: else it can have been anybody, the actor, too.
    let is_known = |by: &UserName| facts.keys.iter().any(|one| &one.user == by && one.counts());
    let by_code = matches!(key.origin, Some(KeyOrigin::Code | KeyOrigin::Renewal));
    if by_code && !key.issued_by.as_ref().is_some_and(is_known) {
        Err("nobody whose key counts issued the code for it: revoke it, and issue another code")
    } else if !is_left {
        // Two who are alone stay the first two, however often they replace their keys.
        Ok(Grounds::FirstPair)
    } else if is_recovered && key.issued_by.is_none() && signers(facts, &key.user) == [me.clone()] {
        // Nobody signed for it, and nobody else could vouch for it.
        Ok(Grounds::Alone)
    } else {
        Ok(Grounds::Another)
    }
}
