//! What helps somebody who was not verified: another proof, or for an agent another way to call.

use serde_json::{Value, json};

use super::error::Code;
use crate::domain::hook::words::offered;
use crate::domain::hook::{Runtime, Signing};
use crate::domain::identity::{Distrust, NotVerified};

/// How the calls of an agent under a runtime come to count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgentsWay {
    /// Whether a hook signs them.
    pub signing: Signing,
    /// The runtime, where it is one whose hooks are understood.
    pub runtime: Option<Runtime>,
    /// Whether the hook would know a user for the main thread: by the policy, or by what the session was given.
    pub has_main: bool,
}

/// How a call is made that a hook signs.
const ONE_CALL: &str = "call `qms …` by itself; the hook signs it";

impl AgentsWay {
    /// Says it to the agent.
    pub(super) fn hint(&self) -> String {
        let started = "whoever leads the agents starts you with `qms agent run`";
        match (&self.signing, self.runtime) {
            (Signing::Signs, Some(runtime)) if !self.has_main => format!(
                "the hook signs no call of the main thread here: `runtimes` of the policy names no user for {}, and the \
                 session was given no token; whoever leads the agents puts that right",
                runtime.program()
            ),
            (Signing::Signs, _) => ONE_CALL.to_owned(),
            (Signing::Unknown(why), _) => format!(
                "nobody can tell whether the hook signs your calls here: {}; whoever leads the agents puts that right",
                why.join("; ")
            ),
            (Signing::Hindered(why), _) => format!(
                "the hook does not sign your calls here: {}; whoever leads the agents puts that right",
                why.join("; ")
            ),
            (Signing::Refuses, _) | (Signing::Absent, Some(Runtime::Gemini)) => {
                format!("no hook signs your calls here: {started}")
            }
            (Signing::Absent, Some(runtime)) => format!(
                "no hook signs your calls here: {started}, or installs it (`qms hooks install {}`)",
                runtime.name()
            ),
            (Signing::Absent, None) => {
                format!("no hook signs your calls here: {started}, or gives your session a token of its own")
            }
        }
    }
}

/// Looks up what helps somebody who was not verified.
pub(super) fn not_verified(refusal: &NotVerified, agent: Option<&AgentsWay>) -> (Code, Vec<String>, Value) {
    let code = if refusal.why == Distrust::Mismatch { Code::Mismatch } else { Code::NotVerified };
    let hints = match agent {
        _ if refusal.holder.as_ref().is_some_and(|holder| holder.is_ticket) => of_ticket(refusal.why, agent),
        Some(way) => of_agent(refusal, way),
        None => of_person(refusal),
    };
    let details = refusal.holder.as_ref().map_or(Value::Null, |holder| {
        let fingerprint = if holder.is_ticket { "ticket_fingerprint" } else { "token_fingerprint" };
        json!({ "claimed": refusal.claimed, "token_user": holder.user, fingerprint: holder.fingerprint })
    });
    (code, hints, details)
}

/// What helps whoever came with a ticket: no refusal of the next call.
fn of_ticket(why: Distrust, agent: Option<&AgentsWay>) -> Vec<String> {
    match why {
        Distrust::OtherCall => vec!["leave `--ticket` away: the hook makes one for each call".to_owned()],
        // Whoever is nobody here is told that and nothing else.
        Distrust::UnknownUser | Distrust::ReadsOnly => Vec::new(),
        Distrust::OtherNamespaces => vec![SANDBOX.to_owned()],
        // The hook signs nothing more for it, or not that.
        Distrust::SessionEnded => vec![ANEW.to_owned()],
        Distrust::Mismatch => vec!["leave `--user` (and `QMS_USER`) away".to_owned()],
        Distrust::OutOfScope => vec![TO_OTHERS.to_owned()],
        _ => vec![agent.map_or_else(|| ONE_CALL.to_owned(), AgentsWay::hint)],
    }
}

/// What helps an agent under a runtime. None of it makes the agent look for a credential.
fn of_agent(refusal: &NotVerified, way: &AgentsWay) -> Vec<String> {
    match refusal.why {
        Distrust::UnknownUser | Distrust::ReadsOnly => Vec::new(),
        Distrust::OtherNamespaces => vec![SANDBOX.to_owned()],
        Distrust::Mismatch => vec![match &refusal.holder {
            Some(holder) if way.signing == Signing::Absent => {
                format!("leave `--user` (and `QMS_USER`) away: your credential is of `{}`", holder.user)
            }
            _ => format!("leave `--user` (and `QMS_USER`) away; {}", way.hint()),
        }],
        Distrust::OutOfScope => vec![TO_OTHERS.to_owned()],
        Distrust::SessionEnded => vec![ANEW.to_owned()],
        Distrust::OtherRequest | Distrust::StaleSignature => vec![SIGN_AGAIN.to_owned()],
        Distrust::CredentialRequired
        | Distrust::ReadingUnproved
        | Distrust::Invalid
        | Distrust::NotYetValid
        | Distrust::Expired
        | Distrust::Revoked
        | Distrust::UsedUp
        | Distrust::WrongPassphrase
        | Distrust::OtherProcess
        | Distrust::Unsigned
        | Distrust::Exported
        | Distrust::ExportedPassphrase
        // These are of tickets.
        | Distrust::OtherCall
        | Distrust::OtherInput
        | Distrust::CallOver
        | Distrust::NotAllowed
        | Distrust::Overtaken => vec![way.hint()],
    }
}

const SANDBOX: &str =
    "Claude Code, in .claude/settings.json: \"sandbox\": { \"excludedCommands\": [\"qms\"] }";

const TO_OTHERS: &str = "leave that to others: `qms whoami -o json` shows what your credential is good for";

const ANEW: &str = "the agent is started anew";

const SIGN_AGAIN: &str = "run the command again, and sign what it shows";

/// What helps whoever calls where no agent is.
fn of_person(refusal: &NotVerified) -> Vec<String> {
    let claimed = || refusal.claimed.as_deref().unwrap_or("<user>");
    match refusal.why {
        Distrust::UnknownUser | Distrust::ReadsOnly => Vec::new(),
        Distrust::OtherNamespaces => vec![SANDBOX.to_owned()],
        Distrust::CredentialRequired => vec![
            "qms --token-file <file of your own token> …".to_owned(),
            "qms --passphrase-file <file with the passphrase of your own key> …".to_owned(),
            format!(
                "off an agent runtime, an administrator gives one: qms token issue {} --out <file>",
                offered(claimed())
            ),
        ],
        Distrust::ReadingUnproved => {
            vec![format!(
                "an administrator gives a token: qms token issue {} --out <file>",
                offered(claimed())
            )]
        }
        Distrust::Mismatch => vec!["qms whoami".to_owned()],
        Distrust::Invalid | Distrust::Expired | Distrust::Revoked | Distrust::UsedUp => {
            let user = refusal.holder.as_ref().map_or("<user>", |holder| holder.user.as_str());
            vec![format!("an administrator gives another one: qms token issue {user} --out <file>")]
        }
        Distrust::NotYetValid | Distrust::OutOfScope => {
            vec!["an administrator sees what it is good for, and when: qms token list".to_owned()]
        }
        Distrust::OtherRequest | Distrust::StaleSignature => vec![SIGN_AGAIN.to_owned()],
        Distrust::WrongPassphrase => {
            vec![format!("a lost passphrase: another person runs `qms recover {}`", claimed())]
        }
        Distrust::SessionEnded => vec![ANEW.to_owned()],
        Distrust::OtherProcess => vec!["qms --token-file <file of your own token> …".to_owned()],
        // These are of agents.
        Distrust::OtherCall
        | Distrust::OtherInput
        | Distrust::CallOver
        | Distrust::NotAllowed
        | Distrust::Overtaken
        | Distrust::Unsigned
        | Distrust::Exported
        | Distrust::ExportedPassphrase => vec![ONE_CALL.to_owned()],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::id::UserName;
    use crate::domain::identity::Holder;

    fn hints(why: Distrust, way: &AgentsWay) -> String {
        hints_of(why, way, false)
    }

    fn hints_of(why: Distrust, way: &AgentsWay, is_ticket: bool) -> String {
        let user = UserName::parse("qa").unwrap_or_else(|error| panic!("{error}"));
        let holder = Holder { user, fingerprint: "f".to_owned(), is_ticket };
        let refusal = NotVerified { claimed: Some("tu".to_owned()), holder: Some(holder), why, origin: None };
        not_verified(&refusal, Some(way)).1.join("\n")
    }

    /// Every way of an agent.
    fn ways() -> Vec<AgentsWay> {
        let why = || vec!["`x` has `y`".to_owned()];
        let every = [Signing::Signs, Signing::Unknown(why()), Signing::Hindered(why()), Signing::Refuses];
        let known = Runtime::ALL.into_iter().flat_map(|runtime| {
            let each = every.clone().into_iter().chain([Signing::Absent]);
            each.flat_map(move |signing| {
                let of =
                    move |has_main| AgentsWay { signing: signing.clone(), runtime: Some(runtime), has_main };
                [true, false].map(of)
            })
        });
        known.chain([AgentsWay { signing: Signing::Absent, runtime: None, has_main: true }]).collect()
    }

    // REQ-015, REQ-201
    #[test]
    fn an_agent_is_told_what_helps_there_and_the_reason_of_its_own_before_any_other() {
        for way in ways() {
            for (why, is_ticket) in Distrust::ALL.iter().flat_map(|why| [(why, false), (why, true)]) {
                let said = hints_of(*why, &way, is_ticket);
                // Only a hook that signs for somebody is said to sign, and none is to be installed that does not exist.
                let signs = way.signing == Signing::Signs && way.has_main;
                assert!(signs || !said.contains("the hook signs it"), "{way:?}: {said}");
                let installs = said.split("hooks install ").nth(1).map(|rest| rest.trim_end_matches("`)"));
                let is_hooked = way.signing == Signing::Absent && way.runtime != Some(Runtime::Gemini);
                let name = way.runtime.filter(|_| is_hooked).map(Runtime::name);
                assert!(installs.is_none() || installs == name, "{way:?}: {said}");
                let sends =
                    ["token issue", "token-file", "passphrase-file"].iter().any(|it| said.contains(it));
                assert!(!sends, "{why}: {said}");
                if let Signing::Unknown(_) | Signing::Hindered(_) = way.signing {
                    assert!(!said.contains("no hook signs"), "{why}: {said}");
                }
            }
            // Nobody is sent to call again where the hook would refuse that call.
            for why in [Distrust::SessionEnded, Distrust::Mismatch, Distrust::OutOfScope, Distrust::ReadsOnly]
            {
                assert!(!hints_of(why, &way, true).contains("the hook signs it"), "{why}");
            }
            // Whoever was given a credential that is good, and not for this, is not sent to get one.
            assert!(hints(Distrust::OutOfScope, &way).contains("leave that to others"));
            assert!(hints(Distrust::Mismatch, &way).starts_with("leave `--user`"));
            for why in [Distrust::OutOfScope, Distrust::SessionEnded, Distrust::OtherRequest] {
                assert!(!hints(why, &way).contains("agent run"), "{why}");
            }
            assert!(way.signing != Signing::Absent || !hints(Distrust::Mismatch, &way).contains("agent run"));
        }
    }
}
