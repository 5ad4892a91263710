//! Tickets: a proof of one call, made out of every model's sight, good once and for a minute.
//!
//! The text is the base64url (RFC 4648 §5, without padding) of a JSON payload, a dot, and that of its
//! HMAC-SHA256 under the project key. It is bound to the project, to the very words of the command line, to
//! the folder that it is run in, to what the call reads, and to the session of the agent that calls.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::{Distrust, Holder, NotVerified, Origin};
use crate::domain::audit::ProjectKey;
use crate::domain::digest::{Digest, Timestamp, from_hex, to_hex};
use crate::domain::document::words;
use crate::domain::id::{CredentialId, UserName};

/// How long a ticket is good, in milliseconds.
pub const TICKET_TIME: u64 = 60 * 1000;

/// The flag that a ticket stands behind, as the last word of the command before a bare `--`.
pub const TICKET_FLAG: &str = "--ticket=";

const VERSION: u32 = 1;

/// The one way to tag a ticket so far; another would have another name.
const ALGORITHM: &str = "HS256";

words! {
    /// What became of a ticket, as far as the store remembers it.
    Fate {
        /// It was made for an act, and may still be used.
        Open = "open",
        /// It was made for an agent that only reads, and may still be used.
        Reading = "reading",
        /// It was used.
        Used = "used",
        /// Its call ended without using it.
        Over = "over",
        /// Its call was not allowed.
        NotAllowed = "not_allowed",
        /// Its agent went on before it was used.
        Overtaken = "overtaken",
    }
}

impl Fate {
    /// Tells whether the ticket can still be used.
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Open | Self::Reading)
    }
}

/// The id of a ticket, 128 bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TicketId([u8; 16]);

impl TicketId {
    /// Wraps 16 bytes.
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// Returns the 16 bytes.
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

impl From<TicketId> for String {
    fn from(id: TicketId) -> Self {
        to_hex(&id.0)
    }
}

impl TryFrom<String> for TicketId {
    type Error = TicketError;
    fn try_from(text: String) -> Result<Self, TicketError> {
        from_hex(&text).and_then(|bytes| bytes.try_into().ok()).map(Self).ok_or(TicketError)
    }
}

/// A text that is no ticket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("what was presented is not a ticket")]
pub struct TicketError;

/// What a ticket says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ticket {
    v: u32,
    alg: String,
    /// Its id, used once.
    pub id: TicketId,
    /// The session of the runtime.
    pub session: String,
    /// The agent within it; `None` for the main thread.
    pub agent: Option<String>,
    /// What kind of agent the runtime says that it is.
    pub agent_type: Option<String>,
    /// The call, as the runtime names it.
    pub tool_use_id: Option<String>,
    /// Whose call it is.
    pub user: UserName,
    /// The credential that the caller was given, whose bounds are those of the call.
    pub credential: Option<CredentialId>,
    /// The call only reads: its agent is no user, and reads as the user of the main thread.
    pub reads: bool,
    /// The id of the project.
    pub project: String,
    /// The digest of the words of the command line, without the ticket.
    pub argv: Digest,
    /// The folder that the command is run in.
    pub cwd: String,
    /// The digest of what the call reads, where it reads something.
    pub inputs: Option<Digest>,
    /// When it was made.
    pub iat: Timestamp,
    /// From when on it is good no longer.
    pub exp: Timestamp,
}

/// Who makes a call, as a runtime says.
#[derive(Debug, Clone, Copy, Default)]
pub struct Caller<'a> {
    /// The session of the runtime.
    pub session: &'a str,
    /// The agent within it; `None` for the main thread.
    pub agent: Option<&'a str>,
    /// What kind of agent it is.
    pub agent_type: Option<&'a str>,
    /// The call, as the runtime names it.
    pub tool_use_id: Option<&'a str>,
}

/// What a ticket is good for.
#[derive(Debug, Clone, Copy)]
pub struct Call<'a> {
    /// The id of the project.
    pub project: &'a str,
    /// The digest of the words of the command line, without the ticket.
    pub argv: Digest,
    /// The folder that the command is run in.
    pub cwd: &'a str,
    /// The digest of what the call reads, where it reads something.
    pub inputs: Option<Digest>,
}

/// A ticket as it was presented, with what it is held against.
#[derive(Debug, Clone)]
pub struct PresentedTicket {
    /// What it says.
    pub ticket: Ticket,
    payload: Vec<u8>,
    tag: Vec<u8>,
    /// The digest of the words of the command line, as they are.
    pub argv: Digest,
    /// The folder, as it is.
    pub cwd: String,
}

impl Ticket {
    /// Makes a ticket for one call.
    pub fn new(id: TicketId, caller: Caller<'_>, user: &UserName, call: Call<'_>, now: Timestamp) -> Self {
        Self {
            v: VERSION,
            alg: ALGORITHM.to_owned(),
            id,
            session: caller.session.to_owned(),
            agent: caller.agent.map(str::to_owned),
            agent_type: caller.agent_type.map(str::to_owned),
            tool_use_id: caller.tool_use_id.map(str::to_owned),
            user: user.clone(),
            credential: None,
            reads: false,
            project: call.project.to_owned(),
            argv: call.argv,
            cwd: call.cwd.to_owned(),
            inputs: call.inputs,
            iat: now,
            exp: now.after(TICKET_TIME),
        }
    }

    /// Names the agent that it is made for, for as long as its session lasts.
    pub fn bearer(&self) -> String {
        bearer(&self.session, self.agent.as_deref())
    }

    /// Returns whose it is, as refusals name it: by the first 8 hexadecimal digits of its id.
    pub fn holder(&self) -> Holder {
        let mut fingerprint = String::from(self.id);
        fingerprint.truncate(8);
        Holder { user: self.user.clone(), fingerprint, is_ticket: true }
    }

    /// Says why a claim that presents it is not believed.
    pub fn refused(&self, claimed: Option<String>, why: Distrust) -> NotVerified {
        NotVerified { claimed, holder: Some(self.holder()), why, origin: Some(self.origin()) }
    }

    /// Returns where in the runtime its call came from.
    pub fn origin(&self) -> Box<Origin> {
        Box::new(Origin { session: self.session.clone(), agent: self.agent.clone() })
    }

    /// Returns the text of the ticket, under the project key.
    pub fn seal(&self, key: &ProjectKey) -> String {
        let payload = serde_json::to_vec(self).unwrap_or_default();
        let tag = key.tag_ticket(&payload);
        format!("{}.{}", URL_SAFE_NO_PAD.encode(&payload), URL_SAFE_NO_PAD.encode(tag.as_bytes()))
    }
}

impl PresentedTicket {
    /// Reads the text of a ticket; nothing of it is believed yet.
    pub fn parse(text: &str, argv: Digest, cwd: String) -> Result<Self, TicketError> {
        let (payload, tag) = text.split_once('.').ok_or(TicketError)?;
        let decode = |part: &str| URL_SAFE_NO_PAD.decode(part).map_err(|_| TicketError);
        let (payload, tag) = (decode(payload)?, decode(tag)?);
        let ticket: Ticket = serde_json::from_slice(&payload).map_err(|_| TicketError)?;
        if ticket.v != VERSION || ticket.alg != ALGORITHM {
            return Err(TicketError);
        }
        Ok(Self { ticket, payload, tag, argv, cwd })
    }

    /// Tells whether it was made with the project key, in constant time.
    pub fn is_genuine(&self, key: &ProjectKey) -> bool {
        key.verifies_ticket(&self.payload, &self.tag)
    }

    /// Tells whether it is for this command line in this folder, of this project.
    pub fn is_for_this_call(&self, project: &str) -> bool {
        let ticket = &self.ticket;
        ticket.argv == self.argv && ticket.cwd == self.cwd && ticket.project == project
    }
}

/// Names the agent that tickets are made for: the main thread of a session, or one subagent of it.
pub fn bearer(session: &str, agent: Option<&str>) -> String {
    // The length keeps a session whose id has a slash apart from an agent of another one.
    format!("{} {session}{}", session.len(), agent.map(|agent| format!("/{agent}")).unwrap_or_default())
}

/// Finds the place behind the words of a command, before a bare `--`: what a hook adds to them stands there.
pub fn end_of_words<T: AsRef<[u8]>>(words: &[T]) -> usize {
    words.iter().position(|word| word.as_ref() == b"--").unwrap_or(words.len())
}

/// Digests the words of a command line as [`argv_digest`] does, the ticket left out that stands in its place.
pub fn argv_digest_around_ticket<T: AsRef<[u8]>>(words: &[T]) -> Digest {
    let place = end_of_words(words).checked_sub(1);
    let is_ticket =
        |index: usize, word: &[u8]| Some(index) == place && word.starts_with(TICKET_FLAG.as_bytes());
    let words = words.iter().map(AsRef::as_ref).enumerate();
    argv_digest(words.filter(|(index, word)| !is_ticket(*index, word)).map(|(_, word)| word))
}

/// Digests the words of a command line, the name of the program and the ticket left out: each after its
/// length, so that no two lines have one digest.
pub fn argv_digest<'a>(words: impl IntoIterator<Item = &'a [u8]>) -> Digest {
    let mut bytes = Vec::new();
    for word in words {
        bytes.extend_from_slice(&(word.len() as u64).to_be_bytes());
        bytes.extend_from_slice(word);
    }
    Digest::of(&bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(byte: u8) -> ProjectKey {
        ProjectKey::new(&[byte; 32]).unwrap_or_else(|| panic!("32 bytes are a key"))
    }

    fn ticket() -> Ticket {
        let user = UserName::parse("qa").unwrap_or_else(|error| panic!("{error}"));
        let argv = argv_digest([b"status".as_slice(), b"CR-001"]);
        let now = Timestamp::from_millis(0);
        let caller =
            Caller { session: "s-1", agent: Some("a-1"), agent_type: Some("qa"), tool_use_id: Some("t-1") };
        let call = Call { project: "p-1", argv, cwd: "/p", inputs: None };
        Ticket::new(TicketId::from_bytes([1; 16]), caller, &user, call, now)
    }

    // REQ-076
    #[test]
    fn a_ticket_is_read_as_it_was_made_and_every_flipped_bit_is_found() {
        let (ticket, key) = (ticket(), key(1));
        let text = ticket.seal(&key);
        let read = |text: &str| PresentedTicket::parse(text, ticket.argv, ticket.cwd.clone());
        let presented = read(&text).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(presented.ticket, ticket);
        assert!(presented.is_genuine(&key) && presented.is_for_this_call("p-1"));
        assert!(!presented.is_genuine(&self::key(2)));
        for at in 0..text.len() {
            for bit in 0..8 {
                let mut bytes = text.clone().into_bytes();
                bytes[at] ^= 1 << bit;
                let changed = String::from_utf8_lossy(&bytes).into_owned();
                let is_believed = read(&changed).is_ok_and(|presented| presented.is_genuine(&key));
                assert!(!is_believed, "{at} {bit}");
            }
        }
    }

    // REQ-200
    #[test]
    fn the_ticket_has_one_place_and_a_word_elsewhere_is_a_word() {
        let digest = |line: &str| argv_digest_around_ticket(&line.split(' ').collect::<Vec<_>>());
        let bare = |line: &str| argv_digest(line.split(' ').map(str::as_bytes));
        for (line, without) in [
            ("status CR-001 --ticket=a", "status CR-001"),
            ("note x --ticket=a -- --ticket=b", "note x -- --ticket=b"),
            ("status --ticket=a CR-001", "status --ticket=a CR-001"),
            ("--ticket=a status", "--ticket=a status"),
            ("note --comment --ticket=a --user qa --ticket=b", "note --comment --ticket=a --user qa"),
        ] {
            assert_eq!(digest(line), bare(without), "{line}");
        }
    }

    // REQ-200
    #[test]
    fn a_ticket_is_for_one_line_in_one_folder() {
        let (ticket, key) = (ticket(), key(1));
        let text = ticket.seal(&key);
        let other = argv_digest([b"statusCR-001".as_slice()]);
        assert_ne!(other, ticket.argv);
        let is_for = |argv: Digest, cwd: &str, project: &str| {
            PresentedTicket::parse(&text, argv, cwd.to_owned()).is_ok_and(|it| it.is_for_this_call(project))
        };
        assert!(is_for(ticket.argv, "/p", "p-1"));
        assert!(!is_for(other, "/p", "p-1") && !is_for(ticket.argv, "/q", "p-1"));
        assert!(!is_for(ticket.argv, "/p", "p-2"), "a key can be shared by projects");
    }
}
