//! Requests about credentials. Whoever may add users manages their credentials, and everybody their own;
//! what a person signs with is made by that person alone.

use super::{Case, Condition, Reason, Way, acknowledge, agents, binding, keys};
use crate::domain::digest::Timestamp;
use crate::domain::document::{Kind, User};
use crate::domain::facts::RegistryFacts;
use crate::domain::id::{ActionName, CredentialId};
use crate::domain::identity::{Assurance, Credential, CredentialKind, Scope, Validity};
use crate::domain::offer::Offer;
use crate::domain::request::{Proposal, Registration};

/// How long a code to make a key is valid where nothing else is said, in milliseconds: a week.
const CODE_TIME: u64 = 7 * 24 * 60 * 60 * 1000;

/// The verbs about credentials, for scopes.
const VERBS: &[&str] = &[
    "token_issue",
    "credential_revoke",
    "token_rotate",
    "key_create",
    "unlock",
    "key_acknowledge",
    "user_bind",
];

pub(super) fn decide(case: &Case<'_>, registration: &Registration) -> Result<Way, Vec<Reason>> {
    let Some(facts) = &case.facts.registry else {
        let message = format!("nothing is known about `{}`", registration.action());
        return Err(vec![Reason::new(Condition::UnknownAction, message)]);
    };
    let is_of_others = || facts.named.as_ref().is_some_and(|named| &named.user != case.actor.name());
    let least = match registration {
        Registration::Issue(_) | Registration::Bind(_) => case.managing_assurance(),
        Registration::Revoke(_) if is_of_others() => case.managing_assurance(),
        Registration::Recover { .. } => Assurance::Signature,
        _ => Assurance::Token,
    };
    let mut reasons: Vec<Reason> = case.unmet_assurance(least).into_iter().collect();
    reasons.extend(case.unmet_own_right(registration));
    let (mut users, mut session) = (Vec::new(), None);
    let credentials = match registration {
        Registration::Issue(proposal) => issue(case, facts, proposal, &mut reasons),
        Registration::Revoke(_) => revoke(case, facts, &mut reasons),
        Registration::Rotate { id, verifier, grace } => {
            let token = |old: &Credential| {
                Credential::new(id.clone(), old.user.clone(), old.kind, *verifier, case.facts.now)
            };
            rotate(case, token, *grace, &mut reasons)
        }
        Registration::Key { public } => {
            let own = Credential::new(
                CredentialId::of_key(public),
                case.actor.name().clone(),
                CredentialKind::Key,
                *public,
                case.facts.now,
            );
            keys::own(case, facts, own, &mut reasons)
        }
        Registration::Unlock { id, verifier, time } => {
            let kind = CredentialKind::Unlock;
            let own = Credential::new(id.clone(), case.actor.name().clone(), kind, *verifier, case.facts.now);
            keys::unlock(case, own, *time, &mut reasons)
        }
        Registration::Acknowledge { user, fingerprint } => {
            acknowledge::decide(case, user, fingerprint, &mut reasons)
        }
        Registration::Recover { user, public } => keys::recover(case, facts, user, *public, &mut reasons),
        Registration::Bind(runtime) => {
            users = binding::bind(case, *runtime, &mut reasons);
            Vec::new()
        }
        Registration::Start(launch) => {
            let (token, begun) = agents::start(case, facts, launch, &mut reasons);
            session = begun.map(Box::new);
            token.into_iter().collect()
        }
        Registration::Stop(_) => {
            let (revoked, ended) = agents::stop(case, facts, &mut reasons);
            session = ended.map(Box::new);
            revoked
        }
    };
    if reasons.is_empty() { Ok(Way::Registry { credentials, users, session }) } else { Err(reasons) }
}

impl Case<'_> {
    /// Whoever may add users manages their credentials.
    pub(super) fn manages_credentials(&self) -> bool {
        self.policy.managers().any(|group| self.actor_is_one_of(std::slice::from_ref(group)))
    }

    pub(super) fn unmet_management(&self) -> Option<Reason> {
        (!self.manages_credentials()).then(|| {
            let names = self.policy.managers().map(ToString::to_string).collect::<Vec<_>>().join(", ");
            let (me, group) = (self.actor.name(), self.actor.group());
            let message = format!("`{me}` is of group {group}; this is for {names}");
            Reason::new(Condition::GroupNotAllowed, message)
        })
    }

    /// A credential is its holder's affair, and theirs who manage users.
    fn unmet_holding(&self, credential: &Credential) -> Option<Reason> {
        (&credential.user != self.actor.name() && !self.manages_credentials()).then(|| {
            let message = format!("credential {} is of `{}`", credential.id, credential.user);
            Reason::new(Condition::NotOwnCredential, message)
        })
    }

    /// What was made for one agent, one call, one terminal or one thing makes and takes back nothing else; and
    /// what is limited makes nothing that is not.
    fn unmet_own_right(&self, registration: &Registration) -> Option<Reason> {
        let why = match (self.actor.credential(), registration) {
            (Some(presented), Registration::Start(_)) if presented.is_limited() => {
                "a token of so many uses, or for something named, starts no agent, which would be good for more"
            }
            // Whatever runs at the terminal of an unlock could start one.
            (Some(presented), Registration::Start(_)) if presented.kind == CredentialKind::Unlock => {
                return self.unmet_unlock(None);
            }
            // Agents start agents, as far as the policy and their scope allow it.
            (_, Registration::Start(_) | Registration::Stop(_)) => return None,
            _ if self.actor.assurance() == Assurance::Ticket => "a ticket is for one call",
            (None, _) => return None,
            (Some(presented), _) => match (presented.kind, registration) {
                (CredentialKind::Spawn, _) => "the token of an agent is for its task",
                (CredentialKind::Unlock, _) => return self.unmet_unlock(None),
                (CredentialKind::Enrolment, Registration::Key { .. }) => return None,
                (CredentialKind::Enrolment, _) => "a code is for a key of its person",
                (CredentialKind::Standing, Registration::Issue(_)) if presented.is_limited() => {
                    "a token of so many uses, or for something named, gives nobody another"
                }
                (CredentialKind::Standing, Registration::Key { .. })
                    if presented.is_limited() || presented.not_after.is_some() =>
                {
                    "a token that is limited makes no key, which is not"
                }
                (CredentialKind::Standing | CredentialKind::Key, _) => return None,
            },
        };
        let message = format!("{why}; `{}` has to present something else", self.actor.name());
        Some(Reason::new(Condition::CredentialOutOfScope, message))
    }

    /// Nothing lasts longer than what it was made with.
    pub(super) fn within_own_time(&self, until: Option<Timestamp>) -> Option<Timestamp> {
        let own = self.actor.credential().and_then(|presented| presented.not_after);
        until.into_iter().chain(own).reduce(Timestamp::sooner)
    }

    /// Where people sign, who may act is said by people who sign.
    pub(super) fn managing_assurance(&self) -> Assurance {
        if self.policy.compares_keys() { Assurance::Signature } else { Assurance::Token }
    }

    pub(super) fn unmet_person(&self) -> Option<Reason> {
        (self.actor.kind() != Kind::Human).then(|| {
            let message = format!("`{}` is no person; agents and services have tokens", self.actor.name());
            Reason::new(Condition::NotHuman, message)
        })
    }
}

pub(super) fn known(facts: &RegistryFacts) -> Option<&User> {
    facts.user.as_ref().filter(|user| user.removed_at.is_none())
}

pub(super) fn invalid(message: impl Into<String>) -> Reason {
    Reason::new(Condition::InvalidInput, message)
}

fn issue(
    case: &Case<'_>,
    facts: &RegistryFacts,
    proposal: &Proposal,
    reasons: &mut Vec<Reason>,
) -> Vec<Credential> {
    let (now, valid) = (case.facts.now, case.facts.valid);
    reasons.extend(case.unmet_management());
    reasons.extend(unmet_scope(case, &proposal.scope));
    let Some(user) = known(facts) else {
        let message = format!("`{}` is not a user of this project", proposal.user);
        reasons.push(Reason::new(Condition::UserNotFound, message));
        return Vec::new();
    };
    let is_person = user.kind == Kind::Human;
    // A key has no end: what has one makes none, by way of a code either.
    let bounded = case.actor.credential().filter(|presented| presented.not_after.is_some());
    if bounded.is_some_and(|presented| presented.kind == CredentialKind::Standing) && is_person {
        let message = "a token that ends makes no code: the key that a person makes with it has no end";
        reasons.push(Reason::new(Condition::CredentialOutOfScope, message));
    }
    let own = |one: &Credential| one.binds() && one.validity(valid) == Validity::Valid;
    if is_person && facts.credentials.iter().any(own) {
        let message = format!("`{}` has a key or a token, and makes the next key with it", user.name);
        reasons.push(Reason::new(Condition::PersonHasKey, message));
    }
    if is_person && (proposal.uses.is_some() || proposal.scope != Scope::default()) {
        reasons.push(invalid("the code for a person is good for one thing, once: to make the first key"));
    }
    if proposal.uses == Some(0) {
        reasons.push(invalid("a token that may be used no time is none"));
    }
    let time = proposal.time.or(is_person.then_some(CODE_TIME));
    let kind = if is_person { CredentialKind::Enrolment } else { CredentialKind::Standing };
    let from = proposal.not_before.unwrap_or(case.facts.valid);
    let until = time.map(|time| from.after(time));
    if until.is_some_and(|until| until.has_come(case.facts.valid)) {
        reasons.push(invalid("it would have expired before it was issued"));
    }
    let id = proposal.id.clone();
    let mut token = Credential::new(id, user.name.clone(), kind, proposal.verifier, now);
    token.scope = proposal.scope.clone();
    token.issued_by = Some(case.actor.name().clone());
    // Who was given a token by a session belongs to it: two of them are not independent.
    token.session = case.actor.session().map(str::to_owned);
    token.not_before = proposal.not_before;
    token.not_after = case.within_own_time(until);
    token.uses = proposal.uses.or(is_person.then_some(1));
    if is_person {
        token.scope.actions.extend(ActionName::parse("key_create"));
    }
    // Of several codes only the newest opens anything. What a clock calls expired can come back with another clock.
    let is_code = |one: &&Credential| one.kind == CredentialKind::Enrolment && one.revoked_at.is_none();
    let codes = facts.credentials.iter().filter(is_code);
    let mut rows: Vec<Credential> = codes.map(|code| ended(case, code)).collect();
    rows.push(token);
    rows
}

fn unmet_scope(case: &Case<'_>, scope: &Scope) -> Vec<Reason> {
    let known = |name: &&ActionName| case.policy.action(name).is_none() && !VERBS.contains(&name.as_str());
    let unknown = scope.actions.iter().filter(known);
    unknown
        .map(|name| {
            let message = format!("the policy knows no action `{name}`");
            Reason::new(Condition::UnknownAction, message)
        })
        .collect()
}

pub(super) fn ended(case: &Case<'_>, credential: &Credential) -> Credential {
    Credential { revoked_at: Some(case.facts.now), ..credential.clone() }
}

/// The credential that is named, where the actor may decide about it and nobody has revoked it.
fn named<'f>(case: &Case<'_>, facts: &'f RegistryFacts, reasons: &mut Vec<Reason>) -> Option<&'f Credential> {
    let Some(credential) = &facts.named else {
        reasons.push(invalid("there is no such credential"));
        return None;
    };
    reasons.extend(case.unmet_holding(credential));
    // What has expired can be revoked, too: by another clock it has not.
    if credential.revoked_at.is_some() {
        let message = format!("credential {} is revoked", credential.id);
        reasons.push(Reason::new(Condition::CredentialEnded, message));
    }
    Some(credential)
}

fn revoke(case: &Case<'_>, facts: &RegistryFacts, reasons: &mut Vec<Reason>) -> Vec<Credential> {
    let Some(credential) = named(case, facts, reasons) else { return Vec::new() };
    if let Some(verb) = case.policy.revocation() {
        reasons.extend(case.unmet_inputs(verb));
        let is_key = credential.kind == CredentialKind::Key;
        let called = if is_key { "key_revoke" } else { "token_revoke" };
        case.show_line(verb, Offer::of(called).with("credential", &credential.id), reasons);
    } else {
        // A policy that was adopted before there was the verb records nothing that is said with it.
        let names = case.inputs.0.keys();
        reasons.extend(names.map(|name| invalid(format!("the policy in force takes no `{name}` with this"))));
    }
    // What stands for an open key falls with the key.
    let stands = |one: &&Credential| {
        credential.kind == CredentialKind::Key
            && one.kind == CredentialKind::Unlock
            && one.revoked_at.is_none()
    };
    let fallen = facts.credentials.iter().filter(stands);
    fallen.chain([credential]).map(|one| ended(case, one)).collect()
}

fn rotate(
    case: &Case<'_>,
    token: impl FnOnce(&Credential) -> Credential,
    grace: u32,
    reasons: &mut Vec<Reason>,
) -> Vec<Credential> {
    let presented = case.actor.credential().filter(|presented| presented.kind == CredentialKind::Standing);
    let Some(old) = presented else {
        let message = format!("a token takes the place of the one that `{}` presents", case.actor.name());
        reasons.push(Reason::new(Condition::AssuranceTooLow, message));
        return Vec::new();
    };
    if old.uses.is_some() && grace > 0 {
        reasons.push(invalid("a token of so many uses has no grace: two would have twice as many"));
    }
    // It is the same thing in another secret: its end, its scope, and what is left of its uses. This is one.
    let new = Credential {
        session: old.session.clone(),
        runtime: old.runtime.clone(),
        parent: old.parent.clone(),
        scope: old.scope.clone(),
        issued_by: Some(case.actor.name().clone()),
        not_after: old.not_after,
        uses: old.uses,
        used: old.used + u32::from(old.uses.is_some()),
        ..token(old)
    };
    let until = case.facts.valid.after(grace.into());
    let old = if grace == 0 {
        ended(case, old)
    } else {
        Credential { not_after: Some(old.not_after.map_or(until, |end| end.sooner(until))), ..old.clone() }
    };
    vec![old, new]
}
