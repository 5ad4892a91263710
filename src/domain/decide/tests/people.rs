//! Who counts as a person where one is demanded: every kind of proof, of every kind of user.

use super::bounds::{facts, of_profile, proofs, users};
use crate::domain::decide::{Case, Condition};
use crate::domain::document::Kind;
use crate::domain::facts::RegistryFacts;
use crate::domain::identity::{Assurance, Credential, CredentialKind, verified};
use crate::domain::policy::Profile;
use crate::domain::request::Inputs;

/// The proofs that are a person's own. All others are used by programs, or prove nothing.
const OWN: [&str; 6] = ["for a time", "for uses", "for actions", "for documents", "standing", "key"];

// REQ-285
#[test]
fn a_person_is_who_proves_it_with_what_only_a_person_has() {
    let facts = facts(RegistryFacts::default());
    for profile in [Profile::Light, Profile::Team, Profile::Gxp] {
        let policy = of_profile(profile);
        for user in users() {
            for (what, assurance, credential) in proofs(user.name.as_str()) {
                let actor = verified(&user, assurance, credential);
                let inputs = Inputs::default();
                let case = Case {
                    policy: &policy,
                    facts: &facts,
                    actor: &actor,
                    inputs: &inputs,
                    open: false,
                    seeks: false,
                };
                let expected = match user.kind {
                    Kind::Agent | Kind::Service => Some(Condition::NotHuman),
                    Kind::Human => (!OWN.contains(&what)).then_some(Condition::AssuranceTooLow),
                };
                let reason = case.unmet_human().map(|reason| reason.name);
                let expected = expected.map(|it| it.name().to_owned());
                assert_eq!(reason, expected, "{} with {what} in {profile}", user.name);
                assert_eq!(actor.is_person(), reason.is_none(), "{} with {what}", user.name);
            }
        }
    }
}

// REQ-082
#[test]
fn a_key_that_nobody_compared_is_no_signature_to_a_policy_that_compares_whoever_verified_it() {
    let mut compared = 0;
    for user in users() {
        let proofs = proofs(user.name.as_str()).into_iter();
        let bare = |(what, assurance, credential): (_, _, Option<Credential>)| {
            [
                (what, assurance, credential.clone()),
                (what, assurance, credential.map(|it| Credential { origin: None, ..it })),
            ]
        };
        for (what, assurance, credential) in proofs.flat_map(bare) {
            let is_bare =
                credential.as_ref().is_some_and(|it| it.kind == CredentialKind::Key && !it.counts());
            let actor = verified(&user, assurance, credential);
            for profile in [Profile::Light, Profile::Team, Profile::Gxp] {
                let is_less = is_bare && profile == Profile::Gxp;
                let expected = if is_less { assurance.min(Assurance::Token) } else { assurance };
                assert_eq!(of_profile(profile).assured(&actor), expected, "{what} in {profile}");
                compared += usize::from(is_less && expected < assurance);
            }
        }
    }
    assert!(compared > 0);
}
