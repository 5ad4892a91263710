//! Claims that are not believed: why, and in which words.

use thiserror::Error;

use crate::domain::document::words;
use crate::domain::id::UserName;

words! {
    /// Why a claim is not believed.
    Distrust {
        /// The name is nobody's, or of somebody who was removed.
        UnknownUser = "unknown_user",
        /// The user has a credential or is bound by a hook, and presented no proof.
        CredentialRequired = "credential_required",
        /// The credential is another user's.
        Mismatch = "identity_mismatch",
        /// The credential is not in the registry as it was issued. Which part of it is not is told to
        /// nobody.
        Invalid = "credential_invalid",
        /// Its time has not come.
        NotYetValid = "credential_not_yet_valid",
        /// Its time is over.
        Expired = "credential_expired",
        /// It was taken back.
        Revoked = "credential_revoked",
        /// It was used as often as it may be.
        UsedUp = "credential_used_up",
        /// It is not good for this.
        OutOfScope = "credential_out_of_scope",
        /// The ticket was made for another command line, folder or project.
        OtherCall = "ticket_for_another_call",
        /// What the call reads is not what it was when the ticket was made.
        OtherInput = "ticket_for_another_input",
        /// The call of the ticket ended without using it.
        CallOver = "ticket_call_over",
        /// The call of the ticket was not allowed.
        NotAllowed = "ticket_not_allowed",
        /// The agent of the ticket went on before it was used.
        Overtaken = "ticket_overtaken",
        /// The ticket is of an agent that is no user, and reads only.
        ReadsOnly = "agent_reads_only",
        /// The statement that was signed is about something else than what was asked for.
        OtherRequest = "signed_another_request",
        /// The nonce of the signature is older than it may be, or was used.
        StaleSignature = "signature_stale",
        /// The passphrase did not open the key.
        WrongPassphrase = "wrong_passphrase",
        /// The session that it was made for has ended, or never was.
        SessionEnded = "session_ended",
        /// The caller does not descend from the process that it was given to.
        OtherProcess = "token_of_another_process",
        /// The caller is in other namespaces than that process, where it cannot be shown to descend from it.
        OtherNamespaces = "other_namespaces",
        /// Nothing was presented, and nobody reads here who proves nothing.
        ReadingUnproved = "reading_unproved",
        /// It is the bearer token of a session of agents, and the hook that signs their calls signed nothing.
        Unsigned = "call_not_signed",
        /// It is a person's bearer token, and an agent had it from the environment or its terminal.
        Exported = "persons_token_exported",
        /// It is signed by a person's key, whose passphrase an agent had from the environment.
        ExportedPassphrase = "persons_passphrase_exported",
    }
}

/// Whose credential was presented, once its secret was known to be right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holder {
    /// The user whom the credential names.
    pub user: UserName,
    /// The beginning of the digest of its secret; of a ticket, the beginning of its id.
    pub fingerprint: String,
    /// It was a ticket.
    pub is_ticket: bool,
}

/// Where in an agent runtime a call came from, as its hook knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// The session.
    pub session: String,
    /// The subagent; `None` for the main thread.
    pub agent: Option<String>,
}

/// A claim that was not verified.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{}", self.words())]
pub struct NotVerified {
    /// The user name that was claimed, if one was.
    pub claimed: Option<String>,
    /// Whose credential was presented, where that is known.
    pub holder: Option<Holder>,
    /// Why it is not believed.
    pub why: Distrust,
    /// Where the call came from, where that is known.
    pub origin: Option<Box<Origin>>,
}

impl NotVerified {
    fn words(&self) -> String {
        let claimed = self.claimed.as_deref().unwrap_or("nobody").escape_debug().to_string();
        let holder = self.holder.as_ref();
        let whose = holder.map_or_else(|| claimed.clone(), |holder| holder.user.to_string());
        if let Some(words) =
            holder.filter(|holder| holder.is_ticket).and_then(|_| self.words_of_ticket(&whose))
        {
            return words;
        }
        match self.why {
            Distrust::UnknownUser => format!("`{whose}` is not a user of this project"),
            Distrust::CredentialRequired => {
                format!("`{claimed}` has a credential or is bound by a hook, and presented no proof")
            }
            Distrust::Mismatch => {
                let fingerprint = holder.map(|holder| holder.fingerprint.as_str()).unwrap_or_default();
                format!("`{claimed}` was claimed with the credential {fingerprint} of `{whose}`")
            }
            Distrust::Invalid => "the credential is not valid".to_owned(),
            Distrust::NotYetValid => format!("the credential of `{whose}` is not valid yet"),
            Distrust::Expired => format!("the credential of `{whose}` has expired"),
            Distrust::Revoked => format!("the credential of `{whose}` was revoked"),
            Distrust::UsedUp => format!("the credential of `{whose}` was used as often as it may be"),
            Distrust::OtherCall => {
                "the ticket was made for another command line, folder or project".to_owned()
            }
            Distrust::OtherInput => {
                "what this call reads changed after the ticket was made: call it again".to_owned()
            }
            Distrust::CallOver => {
                "the ticket was voided because its call ended without using it: call it again".to_owned()
            }
            Distrust::NotAllowed => "the ticket was voided because its call was not allowed".to_owned(),
            Distrust::Overtaken => {
                "the ticket was voided because its agent went on before it was used: call it \
                                    again, one at a time"
                    .to_owned()
            }
            Distrust::ReadsOnly => format!(
                "this agent is no user of the project: it can read as `{whose}`, and acts as nobody; let the main \
                 thread act, or start an agent that the policy names"
            ),
            Distrust::OtherRequest => format!("`{whose}` signed something else than this"),
            Distrust::StaleSignature => {
                format!("the signature of `{whose}` was not given in time, or was used; sign again")
            }
            Distrust::WrongPassphrase => format!("the passphrase does not open the key of `{claimed}`"),
            Distrust::SessionEnded => format!("the session of `{whose}` has ended"),
            Distrust::OtherProcess => {
                format!("the token of `{whose}` was given to a process that the caller does not descend from")
            }
            Distrust::OtherNamespaces => format!(
                "the token of `{whose}` was given to a process in other namespaces; where a sandbox of the agent \
                 runtime has some of its own, let it run `qms` outside of the sandbox"
            ),
            Distrust::ReadingUnproved => format!(
                "`{whose}` is only claimed, and in this project nobody reads without at least a token"
            ),
            Distrust::Exported => format!(
                "the token of `{whose}`, a person, comes from the environment or the terminal of an agent; there it \
                 counts only where the command names it: `--token-file`"
            ),
            Distrust::ExportedPassphrase => format!(
                "the passphrase of `{whose}`, a person, comes from the environment of an agent; there it counts only \
                 where the command names it: `--passphrase-file`"
            ),
            Distrust::Unsigned => format!(
                "the call is not signed: the token of `{whose}` stands in the environment of this session, which all its \
                 agents share, and in this project it counts there with a ticket of their runtime's hook alone"
            ),
            Distrust::OutOfScope => format!("the credential of `{whose}` is not good for this"),
        }
    }

    /// Words for what ends a ticket as it ends other credentials. Another ticket is made by calling again.
    fn words_of_ticket(&self, whose: &str) -> Option<String> {
        Some(match self.why {
            Distrust::Mismatch => {
                let claimed = self.claimed.as_deref().unwrap_or("nobody").escape_debug();
                format!("`{claimed}` was claimed with a ticket of `{whose}`")
            }
            Distrust::Invalid => format!(
                "what is remembered of the ticket of `{whose}` is missing or was changed: call it again"
            ),
            Distrust::Expired => format!("the ticket of `{whose}` has expired: call it again"),
            Distrust::UsedUp => format!("the ticket of `{whose}` was used: call it again"),
            Distrust::NotYetValid => format!("the ticket of `{whose}` is not valid yet: call it again"),
            _ => return None,
        })
    }
}
