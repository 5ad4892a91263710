//! What an entry says of what was asked for, and of what the program itself saw.

use std::collections::BTreeMap;

use crate::domain::attestation::{DOSSIER, dossier};
use crate::domain::decide::Applied;
use crate::domain::facts::Facts;
use crate::domain::id::CredentialId;
use crate::domain::policy::{InputKind, Policy};
use crate::domain::request::{Launch, Registration, Request, Subject};

/// Longest value of an input that is recorded, in bytes.
const VALUE_MAX: usize = 1024;

/// What the actor told with the action, except texts: whom, where to, which kind.
pub(super) fn told(policy: &Policy, request: &Request) -> BTreeMap<String, String> {
    if let Subject::Registry(registration) = &request.subject {
        return told_of_credentials(registration);
    }
    let inputs = policy.action(&request.action).map(|action| action.inputs.as_slice()).unwrap_or_default();
    let known = inputs.iter().filter(|input| input.kind != InputKind::Text);
    known
        .filter_map(|input| {
            let mut value = request.inputs.0.get(&input.name)?.to_string();
            // A refused request can hold anything, and an entry stays for ever.
            value.truncate(value.floor_char_boundary(VALUE_MAX));
            Some((input.name.to_string(), value))
        })
        .collect()
}

/// How a run ended, and how long it took.
pub(super) fn told_of_run(facts: &Facts) -> Vec<(String, String)> {
    let Some(ended) = facts.run.as_ref().and_then(|run| run.ended.as_ref()) else { return Vec::new() };
    let told = [("outcome", ended.outcome.name().to_owned()), ("duration_ms", ended.lasted.to_string())];
    told.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// What was laid before those who judge, when their round opened and when one of them judged: the digest of
/// content, traits, notes and evidence.
pub(super) fn told_of_dossier(facts: &Facts, applied: &Applied) -> Option<(String, String)> {
    let before = applied.before.as_ref();
    let digest = match (before, &applied.verdict) {
        (Some(before), Some(_)) => dossier(before, &facts.attestations),
        (before, _) => {
            let was_open = before.is_some_and(|before| before.round.is_some());
            applied.after.as_ref()?.round.as_ref().filter(|_| !was_open)?.dossier?
        }
    };
    Some((DOSSIER.to_owned(), digest.to_string()))
}

fn told_of_credentials(registration: &Registration) -> BTreeMap<String, String> {
    let (name, value) = match registration {
        Registration::Issue(proposal) => ("user", proposal.user.to_string()),
        Registration::Revoke(id) | Registration::Rotate { old: id, .. } | Registration::Unlock { id, .. } => {
            ("credential", id.to_string())
        }
        Registration::Key { public } => ("credential", CredentialId::of_key(public).to_string()),
        Registration::Acknowledge(user) => ("user", user.to_string()),
        Registration::Stop(session) => ("session", session.clone()),
        Registration::Start(launch) => {
            let Launch { agent, document, task, session, brief, .. } = launch.as_ref();
            let told = [
                ("agent", agent.clone()),
                ("brief", brief.to_string()),
                ("document", document.to_string()),
                ("session", session.clone()),
                ("task", task.clone()),
            ];
            return told.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        }
    };
    BTreeMap::from([(name.to_owned(), value)])
}

/// What the actor said with the action: the text that it takes, whatever the policy calls it.
/// Where it takes several, each is preceded by its name.
pub(super) fn said(policy: &Policy, request: &Request) -> Option<String> {
    let inputs = policy.action(&request.action).map(|action| action.inputs.as_slice()).unwrap_or_default();
    let texts: Vec<(&str, &str)> = inputs
        .iter()
        .filter(|input| input.kind == InputKind::Text)
        .filter_map(|input| Some((input.name.as_str(), request.inputs.text(input.name.as_str())?)))
        .collect();
    match texts.as_slice() {
        [] => None,
        [(_, text)] => Some((*text).to_owned()),
        many => {
            Some(many.iter().map(|(name, text)| format!("{name}: {text}")).collect::<Vec<_>>().join("\n"))
        }
    }
}
