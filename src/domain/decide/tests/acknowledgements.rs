//! Whose key counts as a signature, by whose word: every way that leads there, and those that do not.

use super::bounds::{about, acknowledged, credential, facts, of_profile, users};
use super::dice::name;
use crate::domain::decide::{Way, decide};
use crate::domain::digest::Timestamp;
use crate::domain::facts::{Facts, RegistryFacts};
use crate::domain::identity::{Assurance, Credential, CredentialKind, Grounds, KeyOrigin, verified};
use crate::domain::policy::Profile;
use crate::domain::request::Registration;

/// A key of this origin, made with a code of `issuer` at this time.
fn key(number: u8, user: &str, origin: KeyOrigin, issuer: Option<&str>, at: i64) -> Credential {
    let mut key = credential(number, user, CredentialKind::Key);
    (key.origin, key.issued_by, key.issued_at) = (Some(origin), issuer.map(name), Timestamp::from_millis(at));
    key
}

fn founders() -> Credential {
    key(1, "lead", KeyOrigin::Founder, None, 1)
}

fn coded(number: u8, user: &str, issuer: &str) -> Credential {
    key(number, user, KeyOrigin::Code, Some(issuer), 10 + i64::from(number))
}

fn another(number: u8, user: &str, issuer: &str, by: &str) -> Credential {
    acknowledged(coded(number, user, issuer), by, Grounds::Another)
}

/// What becomes of the word of `by` for the last key of `user`: the grounds, or the names of the reasons.
fn said(profile: Profile, keys: &[Credential], by: &str, user: &str) -> Result<Grounds, Vec<String>> {
    let facts = Facts { keys: keys.to_vec(), ..facts(RegistryFacts::default()) };
    let policy = of_profile(profile);
    let actor = users().into_iter().find(|one| one.name.as_str() == by).unwrap_or_else(|| panic!("{by}"));
    let own = keys.iter().rfind(|key| key.user.as_str() == by).cloned();
    let counts = own.as_ref().is_some_and(|own| profile != Profile::Gxp || own.counts());
    let assurance = if counts { Assurance::Signature } else { Assurance::Token };
    let named = keys.iter().rfind(|key| key.user.as_str() == user).unwrap_or_else(|| panic!("{user}"));
    let (fingerprint, user) = (named.id.clone(), name(user));
    let call = Registration::Acknowledge { user, fingerprint: fingerprint.clone() };
    let request = about(call);
    let permit = decide(&policy, &facts, &verified(&actor, assurance, own), &request);
    let permit =
        permit.map_err(|denial| denial.reasons().iter().map(|one| one.name.clone()).collect::<Vec<_>>())?;
    let Way::Registry { credentials, .. } = permit.way else { panic!("no credentials") };
    let [one] = credentials.as_slice() else { panic!("{credentials:?}") };
    assert_eq!((&one.id, one.acknowledged.as_ref().map(|it| it.by.as_str())), (&fingerprint, Some(by)));
    Ok(one.acknowledged.as_ref().unwrap_or_else(|| panic!("not acknowledged")).grounds)
}

fn refused(names: &[&str]) -> Result<Grounds, Vec<String>> {
    Err(names.iter().map(|&name| name.to_owned()).collect())
}

// REQ-193
#[test]
fn a_key_counts_by_the_word_of_somebody_else_who_has_one_that_counts() {
    let gxp = |keys: &[Credential], by: &str, user: &str| said(Profile::Gxp, keys, by, user);
    let (hana, ines) = (coded(2, "hana", "lead"), coded(3, "ines", "lead"));
    let pair = acknowledged(hana.clone(), "lead", Grounds::FirstPair);
    let not_independent = || refused(&["not_independent"]);

    // The first two vouch for each other, whoever issued the code, and nobody else does.
    assert_eq!(gxp(&[founders(), hana.clone()], "lead", "hana"), Ok(Grounds::FirstPair));
    assert_eq!(gxp(&[founders(), hana.clone()], "hana", "hana"), not_independent());
    assert_eq!(gxp(&[founders(), hana.clone()], "hana", "lead"), refused(&["assurance_too_low"]));
    assert_eq!(gxp(&[founders(), pair.clone()], "hana", "lead"), Ok(Grounds::FirstPair));
    // From then on it is for somebody who did not issue the code.
    let three = [founders(), pair.clone(), ines.clone()];
    assert_eq!(gxp(&three, "lead", "ines"), not_independent());
    assert_eq!(gxp(&three, "hana", "ines"), Ok(Grounds::Another));
    assert_eq!(gxp(&three, "ines", "ines"), not_independent());
    // A third confirms the first two, once.
    let third = [founders(), pair.clone(), another(3, "ines", "lead", "hana")];
    assert_eq!(gxp(&third, "ines", "hana"), Ok(Grounds::Another));
    assert_eq!(gxp(&third, "ines", "lead"), Ok(Grounds::Another));
    let whole = [founders(), another(2, "hana", "lead", "ines"), another(3, "ines", "lead", "hana")];
    assert_eq!(gxp(&whole, "ines", "hana"), refused(&["nothing_to_acknowledge"]));
    // Who was never compared vouches for nobody.
    let young = gxp(&[founders(), hana, ines], "ines", "hana");
    assert!(young.is_err_and(|reasons| reasons.contains(&"assurance_too_low".to_owned())));
}

// REQ-193
#[test]
fn the_first_pair_is_never_made_again_and_new_keys_need_somebody_who_had_one_before() {
    let gxp = |keys: &[Credential], by: &str, user: &str| said(Profile::Gxp, keys, by, user);
    let not_independent = || refused(&["not_independent"]);
    let gone = |key: Credential| Credential { revoked_at: Some(Timestamp::from_millis(50)), ..key };
    // Two were acknowledged once; that both are gone makes no new first pair.
    let keys = [
        founders(),
        gone(another(2, "hana", "lead", "lead")),
        gone(another(3, "ines", "lead", "hana")),
        key(4, "hana", KeyOrigin::Renewal, Some("lead"), 60),
    ];
    assert_eq!(gxp(&keys, "lead", "hana"), not_independent());
    // A new key for somebody who had one: by somebody whose key is older, and who did not issue the code.
    let keys = [
        founders(),
        gone(another(2, "hana", "lead", "lead")),
        another(3, "ines", "lead", "hana"),
        key(4, "hana", KeyOrigin::Renewal, Some("lead"), 60),
    ];
    assert_eq!(gxp(&keys, "lead", "hana"), not_independent());
    assert_eq!(gxp(&keys, "ines", "hana"), Ok(Grounds::Another));
    let young = [
        founders(),
        gone(another(2, "hana", "lead", "lead")),
        key(4, "hana", KeyOrigin::Renewal, Some("lead"), 60),
        acknowledged(key(5, "ines", KeyOrigin::Code, Some("lead"), 70), "lead", Grounds::Another),
    ];
    assert_eq!(gxp(&young, "ines", "hana"), not_independent());
}

// REQ-234
#[test]
fn nobody_vouches_for_a_recovery_of_their_own_while_somebody_else_is_left() {
    let gxp = |keys: &[Credential], by: &str, user: &str| said(Profile::Gxp, keys, by, user);
    let not_independent = || refused(&["not_independent"]);
    let gone = |key: Credential| Credential { revoked_at: Some(Timestamp::from_millis(50)), ..key };
    let recovered = |by: Option<&str>| key(4, "hana", KeyOrigin::Recovery, by, 60);
    let hana = || gone(another(2, "hana", "lead", "lead"));
    let keys = |ines: Credential, by| [founders(), hana(), ines, recovered(by)];
    let ines = || another(3, "ines", "lead", "hana");
    for by in [None, Some("ines")] {
        assert_eq!(gxp(&keys(ines(), by), "lead", "hana"), Ok(Grounds::Another));
        assert_eq!(gxp(&keys(ines(), by), "hana", "hana"), not_independent());
    }
    assert_eq!(gxp(&keys(ines(), None), "ines", "hana"), Ok(Grounds::Another));
    assert_eq!(gxp(&keys(ines(), Some("lead")), "lead", "hana"), not_independent());
    // That the key of the other one was ended makes nobody the only one.
    assert_eq!(gxp(&keys(gone(ines()), Some("lead")), "lead", "hana"), not_independent());
    assert_eq!(gxp(&keys(gone(ines()), None), "hana", "hana"), not_independent());
    // Of two people one is left; the key of somebody who never counted is none.
    assert_eq!(gxp(&[founders(), hana(), recovered(Some("lead"))], "lead", "hana"), Ok(Grounds::Alone));
    let stranger = coded(3, "ines", "lead");
    assert_eq!(gxp(&keys(stranger, Some("lead")), "lead", "hana"), Ok(Grounds::Alone));
    // Of a code that somebody issued whose key does not count nobody knows who used it, and a key that is gone is none.
    let by_stranger = key(4, "tom", KeyOrigin::Code, Some("claude"), 60);
    let pair = || acknowledged(coded(2, "hana", "lead"), "lead", Grounds::FirstPair);
    assert_eq!(gxp(&[founders(), pair(), by_stranger.clone()], "lead", "tom"), not_independent());
    let by_hana = Credential { issued_by: Some(name("hana")), ..by_stranger };
    assert_eq!(gxp(&[founders(), pair(), by_hana.clone()], "lead", "tom"), Ok(Grounds::Another));
    assert_eq!(gxp(&[founders(), pair(), gone(by_hana)], "lead", "tom"), refused(&["credential_ended"]));
    // With a code, nobody else could have been who made the key.
    let renewed = key(4, "hana", KeyOrigin::Renewal, Some("lead"), 60);
    assert_eq!(gxp(&[founders(), hana(), renewed], "lead", "hana"), not_independent());
    // The founder's recovery makes no first pair again.
    let founder = key(4, "lead", KeyOrigin::Recovery, Some("hana"), 60);
    let pair =
        [gone(founders()), acknowledged(coded(2, "hana", "lead"), "lead", Grounds::FirstPair), founder];
    assert_eq!(gxp(&pair, "hana", "lead"), Ok(Grounds::Alone));
    // Where nobody is left, alone.
    let keys = [gone(founders()), key(4, "lead", KeyOrigin::Recovery, None, 60)];
    assert_eq!(gxp(&keys, "lead", "lead"), Ok(Grounds::Alone));
}

// REQ-066
#[test]
fn elsewhere_only_what_took_the_place_of_a_key_waits_for_somebody() {
    for profile in [Profile::Light, Profile::Team] {
        let (hana, ines) = (coded(2, "hana", "lead"), coded(3, "ines", "lead"));
        assert_eq!(
            said(profile, &[founders(), hana.clone()], "lead", "hana"),
            refused(&["not_independent", "nothing_to_acknowledge"])
        );
        let anew = key(4, "hana", KeyOrigin::Renewal, Some("lead"), 60);
        let keys = [founders(), hana, ines, anew];
        assert_eq!(said(profile, &keys, "ines", "hana"), Ok(Grounds::Noticed));
        assert_eq!(said(profile, &keys, "lead", "hana"), refused(&["not_independent"]));
        assert_eq!(said(profile, &keys, "hana", "hana"), refused(&["not_independent"]));
    }
}
