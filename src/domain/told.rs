//! What a caller tells with a request, as an entry records it and as a person signs it: one reading of a
//! request for both.

use std::collections::BTreeMap;

use super::digest::Digest;
use super::id::{ActionName, CredentialId, DocumentId};
use super::identity::Scope;
use super::policy::{InputKind, Policy, Sources};
use super::request::{Launch, Proposal, Registration, Request, Subject, WorkingCopy};

/// Longest value that is recorded as it is, in bytes. A request can hold anything, and an entry stays for
/// ever; of what is longer the digest is recorded.
pub const VALUE_MAX: usize = 1024;

/// What the caller told, by name, except texts: whom, where to, which kind; of a file, a working copy and a
/// candidate policy the digest.
pub fn told(policy: &Policy, request: &Request) -> BTreeMap<String, String> {
    if let Subject::Registry(registration) = &request.subject {
        let told = told_of_credentials(registration).into_iter();
        return told.map(|(name, value)| (name.to_owned(), value)).collect();
    }
    let inputs = policy.action(&request.action).map(|action| action.inputs.as_slice()).unwrap_or_default();
    let known = inputs.iter().filter(|input| input.kind != InputKind::Text);
    let mut told: BTreeMap<String, String> = known
        .filter_map(|input| {
            let value = request.inputs.0.get(&input.name)?.to_string();
            Some((input.name.to_string(), short(value)))
        })
        .collect();
    if let Some(WorkingCopy::Present { bytes, .. }) = &request.copy {
        told.insert("copy".to_owned(), Digest::of(bytes).to_string());
    }
    if let Some(files) = &request.candidate {
        told.insert("candidate".to_owned(), Sources(files.clone()).digest().to_string());
    }
    told
}

fn short(value: String) -> String {
    let is_long = value.len() > VALUE_MAX;
    if is_long { format!("sha256:{}", Digest::of(value.as_bytes())) } else { value }
}

fn told_of_credentials(registration: &Registration) -> Vec<(&'static str, String)> {
    match registration {
        Registration::Issue(proposal) => told_of_issue(proposal),
        Registration::Revoke(id) => vec![("credential", id.to_string())],
        Registration::Rotate { id, verifier, grace } => vec![
            ("credential", id.to_string()),
            ("verifier", verifier.to_string()),
            ("grace_ms", grace.to_string()),
        ],
        Registration::Unlock { id, verifier, time } => vec![
            ("credential", id.to_string()),
            ("verifier", verifier.to_string()),
            ("time_ms", time.to_string()),
        ],
        Registration::Key { public } => {
            vec![("credential", CredentialId::of_key(public).to_string()), ("public", public.to_string())]
        }
        Registration::Acknowledge { user, fingerprint } => {
            vec![("user", user.to_string()), ("fingerprint", fingerprint.to_string())]
        }
        Registration::Recover { user, public } => vec![
            ("credential", CredentialId::of_key(public).to_string()),
            ("public", public.to_string()),
            ("user", user.to_string()),
        ],
        Registration::Bind(runtime) => vec![("runtime", runtime.name().to_owned())],
        Registration::Stop(session) => vec![("session", session.clone())],
        Registration::Start(launch) => {
            let Launch { agent, document, task, session, token, verifier, brief, .. } = launch.as_ref();
            vec![
                ("agent", agent.clone()),
                ("brief", brief.to_string()),
                ("credential", token.to_string()),
                ("document", document.to_string()),
                ("session", session.clone()),
                ("task", task.to_string()),
                ("verifier", verifier.to_string()),
            ]
        }
    }
}

fn told_of_issue(proposal: &Proposal) -> Vec<(&'static str, String)> {
    let Proposal { id, verifier, user, scope: Scope { actions, documents }, time, not_before, uses } =
        proposal;
    let list = |names: Vec<&str>| Some(names.join(",")).filter(|names| !names.is_empty());
    let some = [
        ("actions", list(actions.iter().map(ActionName::as_str).collect())),
        ("documents", list(documents.iter().map(DocumentId::as_str).collect())),
        ("not_before", not_before.map(|at| at.to_string())),
        ("time_ms", time.map(|time| time.to_string())),
        ("uses", uses.map(|uses| uses.to_string())),
    ];
    let always =
        [("credential", id.to_string()), ("user", user.to_string()), ("verifier", verifier.to_string())];
    let given = some.into_iter().filter_map(|(name, value)| Some((name, value?)));
    always.into_iter().chain(given).collect()
}

/// What the caller said with the action: the text that it takes, whatever the policy calls it.
/// Where it takes several, each is preceded by its name.
pub fn said(policy: &Policy, request: &Request) -> Option<String> {
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
