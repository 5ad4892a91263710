//! What users ask of the registry in stories: credentials, and agents that are started and stopped.

use std::collections::BTreeMap;

use super::holdings::{Holdings, Secret};
use crate::domain::digest::{Digest, to_hex};
use crate::domain::document::Task;
use crate::domain::hook::Runtime;
use crate::domain::id::{DocumentId, UserName};
use crate::domain::identity::Scope;
use crate::domain::request::{Launch, Proposal, Registration};

/// For how long a key is unlocked, in milliseconds: an hour.
const UNLOCK_TIME: u32 = 60 * 60 * 1000;

/// What is asked for. Each has the name by which it is recorded.
#[derive(Debug, Clone)]
pub(super) enum Asked {
    /// A token or a code for a user.
    Issue(UserName),
    /// The end of what a user acts with.
    Revoke(UserName),
    /// Another token in the place of the one that a user acts with.
    Rotate,
    /// A key of the caller's own.
    Key,
    /// A token for the caller's key.
    Unlock,
    /// That somebody looked into the recovery of a user's key.
    Acknowledge(UserName),
    /// A key for another person, who lost the passphrase.
    Recover(UserName),
    /// That the users of a runtime need a proof.
    Bind(Runtime),
    /// The start of an agent.
    Start(String),
    /// The end of an agent.
    Stop(String),
}

/// The names, each with the word that says whom it is about.
pub(super) const VERBS: [(&str, Option<&str>); 10] = [
    ("token_issue", Some("user")),
    ("credential_revoke", Some("user")),
    ("token_rotate", None),
    ("key_create", None),
    ("unlock", None),
    ("key_acknowledge", Some("user")),
    ("recover", Some("user")),
    ("user_bind", Some("runtime")),
    ("agent_started", Some("agent")),
    ("agent_stop", Some("agent")),
];

impl Asked {
    /// Finds what a verb asks for, of a user or an agent.
    pub(super) fn of(verb: &str, whom: &str) -> Result<Self, String> {
        let user = || UserName::parse(whom).map_err(|error| error.to_string());
        Ok(match verb {
            "token_issue" => Self::Issue(user()?),
            "credential_revoke" => Self::Revoke(user()?),
            "token_rotate" => Self::Rotate,
            "key_create" => Self::Key,
            "unlock" => Self::Unlock,
            "key_acknowledge" => Self::Acknowledge(user()?),
            "recover" => Self::Recover(user()?),
            "user_bind" => {
                Self::Bind(Runtime::of(whom).ok_or_else(|| format!("`{whom}` is no agent runtime"))?)
            }
            "agent_started" => Self::Start(whom.to_owned()),
            "agent_stop" => Self::Stop(whom.to_owned()),
            _ => return Err(format!("`{verb}` asks for nothing of the registry")),
        })
    }
}

/// Builds the request, with the secret that its caller, or the agent, will hold. `about` is the document that
/// an agent is started for, and `pins` what the policy has adopted.
pub(super) fn request(
    holdings: &mut Holdings,
    asked: &Asked,
    about: Option<&DocumentId>,
    pins: BTreeMap<String, Digest>,
) -> Result<(Registration, Option<Secret>), String> {
    let token = holdings.new_token();
    let (id, verifier) = (token.id().clone(), token.verifier());
    Ok(match asked {
        Asked::Issue(user) => {
            let (user, scope) = (user.clone(), Scope::default());
            let proposal = Proposal { id, verifier, user, scope, time: None, not_before: None, uses: None };
            (Registration::Issue(proposal), Some(token))
        }
        // Of a user who holds nothing, something is named that nobody has.
        Asked::Revoke(user) => (Registration::Revoke(holdings.own(user).unwrap_or(id)), None),
        Asked::Rotate => (Registration::Rotate { id, verifier, grace: 0 }, Some(token)),
        Asked::Key => {
            let key = holdings.new_key().ok_or("no key can be made")?;
            (Registration::Key { public: key.verifier() }, Some(key))
        }
        Asked::Unlock => (Registration::Unlock { id, verifier, time: UNLOCK_TIME }, Some(token)),
        Asked::Acknowledge(user) => {
            let fingerprint = holdings.own(user).unwrap_or(id);
            (Registration::Acknowledge { user: user.clone(), fingerprint }, None)
        }
        Asked::Recover(user) => {
            let key = holdings.new_key().ok_or("no key can be made")?;
            (Registration::Recover { user: user.clone(), public: key.verifier() }, Some(key))
        }
        Asked::Bind(runtime) => (Registration::Bind(*runtime), None),
        Asked::Start(agent) => {
            let document = about.ok_or("an agent is started for a document: name it with `of`")?;
            let session = format!("run-{}", to_hex(&holdings.random::<8>()));
            holdings.sessions.insert(agent.clone(), session.clone());
            let launch = Launch {
                agent: agent.clone(),
                document: document.clone(),
                task: Task::Review,
                session,
                token: id,
                verifier,
                placement: Holdings::placement(),
                brief: Digest::of(b""),
                observed: pins,
                rivals: BTreeMap::new(),
            };
            (Registration::Start(Box::new(launch)), Some(token))
        }
        Asked::Stop(agent) => {
            let session = holdings.sessions.get(agent).cloned();
            (Registration::Stop(session.unwrap_or_else(|| "none".to_owned())), None)
        }
    })
}
