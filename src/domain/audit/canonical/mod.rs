//! The canonical bytes of an entry: what is hashed, tagged and stored. Format `qms.entry/2`.
//!
//! An entry has exactly one form, and a form stands for exactly one entry. Whoever reads this page
//! can write a reader; `tests/vectors/` holds examples.
//!
//! Numbers are big-endian. A *run* is a length and so many bytes: a length below 255 is one byte, a
//! longer one is the byte 255 and the length as `u64`, which must then be 255 or more. A *text* is
//! a run of UTF-8. A *digest* is 32 bytes (SHA-256). A *code* is one byte, after the lists below.
//!
//! First, always, in this order:
//!
//! | what | as |
//! |---|---|
//! | format | the bytes 0x51 0x02: `Q`, format 2 |
//! | index | `u64` |
//! | at | `i64`, milliseconds since 1970-01-01T00:00:00Z, as the record counts time |
//! | span | `u32`; within one `at` never falls |
//! | clock | `i64`, milliseconds since 1970-01-01T00:00:00Z, as the system said |
//! | salt | 16 random bytes |
//! | isolation | code |
//! | result | code |
//! | policy digest | digest |
//! | action | text |
//!
//! Then what else there is, to the end, each preceded by its tag, in rising order of the tags. What
//! is absent is left out. Only 0x1d and 0x20 may repeat.
//!
//! | tag | what | as |
//! |---|---|---|
//! | 0x01 | actor | text, a user name |
//! | 0x02 | claimed | text |
//! | 0x03 | claimed actor | text |
//! | 0x04 | attribution | code |
//! | 0x05 | actor kind | code |
//! | 0x06 | group | text, a group name |
//! | 0x07 | assurance | code |
//! | 0x08 | session | text |
//! | 0x09 | agent | text |
//! | 0x0a | parent | text, a user name |
//! | 0x0b | credential | text, a credential id |
//! | 0x0c | token id | text |
//! | 0x0d | ticket | 16 bytes |
//! | 0x0e | signature | run of a statement (see `signature`), 64 bytes signature |
//! | 0x0f | boot | 16 bytes, then `u64`: milliseconds since the system started |
//! | 0x10 | host | text |
//! | 0x11 | uid | `u32` |
//! | 0x12 | client id | text |
//! | 0x13 | occurred at | `i64`, milliseconds since 1970-01-01T00:00:00Z |
//! | 0x14 | ran by | code |
//! | 0x15 | inputs | run of pairs of text name and text value, at least one, in rising order of the bytes of the names |
//! | 0x16 | observed | as inputs |
//! | 0x17 | document | text, a document id |
//! | 0x18 | version | text `N.X` |
//! | 0x19 | from | text, a state name |
//! | 0x1a | to | text, a state name |
//! | 0x1b | verdict | code |
//! | 0x1c | comment | text |
//! | 0x1d | reason | text name, text message, then 0x00, or 0x01 and an offer |
//! | 0x1e | content digest | digest |
//! | 0x1f | count | `u64`, left out where it is 1 |
//! | 0x20 | delta | code of the table, text key, run of fields, at least one |
//!
//! An offer is a text (the action), a text (the document, empty for none), and a run of its inputs in
//! rising order of the bytes of their names: each a text name, then 0x00, or 0x01 and a text value.
//!
//! The fields of a delta follow one another without a tag, no name twice: the name and the order as
//! `row/` says, then one byte that says which values follow (1 the old one, 2 the new one, 3 both),
//! then these values as runs. The two differ. What values mean is said in `row/`, too.
//!
//! | codes of | |
//! |---|---|
//! | isolation | 1 none, 2 shared, 3 broker |
//! | result | 1 permitted, 2 denied |
//! | actor kind | 1 human, 2 agent, 3 service |
//! | assurance | 1 claimed, 2 token, 3 ticket, 4 signature |
//! | verdict | 1 recommend, 2 request_updates, 3 approve, 4 reject |
//! | table | 1 document, 2 version, 3 user, 4 namespace, 5 policy, 6 project, 7 credential, 8 session, 9 attestation, 10 span, 11 proposal |
//! | attribution | 1 own, 2 by_name, 3 downgraded, 4 none |
//! | ran by | 1 caller, 2 runner |

mod codes;
mod decode;
mod encode;
mod error;
mod raw;
mod read;
#[cfg(test)]
mod tests;
mod view;

pub(super) use self::codes::Coded;

pub use self::error::DecodeError;
pub(super) use self::raw::{RawDelta, RawField, RawName};
pub use self::view::{DeltaView, EntryView, FieldView, OfferView, ReasonView, SignatureView};

/// `Q`, format 2.
const FORMAT: [u8; 2] = [0x51, 0x02];

/// `Q`, format 1: what a program wrote that was never released.
const FORMER: [u8; 2] = [0x51, 0x01];

/// Says which values of a field follow.
const OLD: u8 = 1;
const NEW: u8 = 2;
const BOTH: u8 = OLD | NEW;

/// The tags of what may be absent.
mod tag {
    pub(super) const ACTOR: u8 = 0x01;
    pub(super) const CLAIMED: u8 = 0x02;
    pub(super) const CLAIMED_ACTOR: u8 = 0x03;
    pub(super) const ATTRIBUTION: u8 = 0x04;
    pub(super) const ACTOR_KIND: u8 = 0x05;
    pub(super) const GROUP: u8 = 0x06;
    pub(super) const ASSURANCE: u8 = 0x07;
    pub(super) const SESSION: u8 = 0x08;
    pub(super) const AGENT: u8 = 0x09;
    pub(super) const PARENT: u8 = 0x0a;
    pub(super) const CREDENTIAL: u8 = 0x0b;
    pub(super) const TOKEN_ID: u8 = 0x0c;
    pub(super) const TICKET: u8 = 0x0d;
    pub(super) const SIGNATURE: u8 = 0x0e;
    pub(super) const BOOT: u8 = 0x0f;
    pub(super) const HOST: u8 = 0x10;
    pub(super) const UID: u8 = 0x11;
    pub(super) const CLIENT_ID: u8 = 0x12;
    pub(super) const OCCURRED_AT: u8 = 0x13;
    pub(super) const RAN_BY: u8 = 0x14;
    pub(super) const INPUTS: u8 = 0x15;
    pub(super) const OBSERVED: u8 = 0x16;
    pub(super) const DOCUMENT: u8 = 0x17;
    pub(super) const VERSION: u8 = 0x18;
    pub(super) const FROM: u8 = 0x19;
    pub(super) const TO: u8 = 0x1a;
    pub(super) const VERDICT: u8 = 0x1b;
    pub(super) const COMMENT: u8 = 0x1c;
    pub(super) const REASON: u8 = 0x1d;
    pub(super) const CONTENT_DIGEST: u8 = 0x1e;
    pub(super) const COUNT: u8 = 0x1f;
    pub(super) const DELTA: u8 = 0x20;
}
