//! What helps somebody who was not verified: another proof, or for an agent another way to call.

use serde_json::{Value, json};

use super::error::Code;
use crate::domain::hook::words::word;
use crate::domain::identity::{Distrust, NotVerified};

/// How the calls of an agent under a runtime come to count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AgentsWay {
    /// A hook signs them.
    Hook,
    /// No hook does, and the agent has to be started by the program.
    Run,
}

impl AgentsWay {
    /// Says it to the agent.
    pub(super) fn hint(self) -> &'static str {
        match self {
            Self::Hook => "call `qms …` by itself; the hook signs it",
            Self::Run => {
                "no hook signs your calls here: whoever leads the agents starts you with `qms agent run`, or installs \
                 the hook of Claude Code or Codex (`qms hooks install claude`)"
            }
        }
    }
}

/// Looks up what helps somebody who was not verified.
pub(super) fn not_verified(refusal: &NotVerified, agent: Option<AgentsWay>) -> (Code, Vec<String>, Value) {
    let code = if refusal.why == Distrust::Mismatch { Code::Mismatch } else { Code::NotVerified };
    let is_ticket = refusal.holder.as_ref().is_some_and(|holder| holder.is_ticket);
    let hints = match refusal.why {
        // Whoever is nobody here is told that and nothing else.
        Distrust::UnknownUser | Distrust::ReadsOnly => Vec::new(),
        Distrust::OtherNamespaces => vec![
            "Claude Code, in .claude/settings.json: \"sandbox\": { \"excludedCommands\": [\"qms\"] }"
                .to_owned(),
        ],
        Distrust::OtherCall => vec!["leave `--ticket` away: the hook makes one for each call".to_owned()],
        _ if is_ticket => vec![AgentsWay::Hook.hint().to_owned()],
        _ if agent.is_some() => agent.map(|way| way.hint().to_owned()).into_iter().collect(),
        Distrust::CredentialRequired => {
            let user = refusal.claimed.as_deref().unwrap_or("<user>");
            vec![
                "qms --token-file <file of your own token> …".to_owned(),
                "qms --passphrase-file <file with the passphrase of your own key> …".to_owned(),
                format!(
                    "off an agent runtime, an administrator gives one: qms token issue {} --out <file>",
                    word(user)
                ),
            ]
        }
        Distrust::ReadingUnproved => {
            let user = refusal.claimed.as_deref().unwrap_or("<user>");
            vec![format!("an administrator gives a token: qms token issue {} --out <file>", word(user))]
        }
        Distrust::Mismatch => vec!["qms whoami".to_owned()],
        Distrust::Invalid | Distrust::Expired | Distrust::Revoked | Distrust::UsedUp => {
            let user = refusal.holder.as_ref().map_or("<user>", |holder| holder.user.as_str());
            vec![format!("an administrator gives another one: qms token issue {user} --out <file>")]
        }
        Distrust::NotYetValid | Distrust::OutOfScope => {
            vec!["an administrator sees what it is good for, and when: qms token list".to_owned()]
        }
        // These are of tickets.
        Distrust::OtherInput | Distrust::CallOver | Distrust::NotAllowed | Distrust::Overtaken => Vec::new(),
        Distrust::OtherRequest | Distrust::StaleSignature => {
            vec!["run the command again, and sign what it shows".to_owned()]
        }
        Distrust::WrongPassphrase => {
            let user = refusal.claimed.as_deref().unwrap_or("<user>");
            vec![format!("a lost passphrase: another person runs `qms recover {user}`")]
        }
        Distrust::SessionEnded => vec!["the agent is started anew".to_owned()],
        // These are said to agents alone.
        Distrust::Unsigned | Distrust::Exported | Distrust::ExportedPassphrase => {
            vec![AgentsWay::Hook.hint().to_owned()]
        }
        Distrust::OtherProcess => vec!["qms --token-file <file of your own token> …".to_owned()],
    };
    let details = refusal.holder.as_ref().map_or(Value::Null, |holder| {
        let fingerprint = if holder.is_ticket { "ticket_fingerprint" } else { "token_fingerprint" };
        json!({ "claimed": refusal.claimed, "token_user": holder.user, fingerprint: holder.fingerprint })
    });
    (code, hints, details)
}
