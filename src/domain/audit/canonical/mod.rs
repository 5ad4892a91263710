//! The canonical bytes of an entry: what is hashed, tagged and stored. Format `qms.entry/1`.
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
//! | format | the bytes 0x51 0x01: `Q`, format 1 |
//! | index | `u64` |
//! | at | `i64`, milliseconds since 1970-01-01T00:00:00Z |
//! | isolation | code |
//! | result | code |
//! | policy digest | digest |
//! | action | text |
//!
//! Then what else there is, to the end, each preceded by its tag, in rising order of the tags. What
//! is absent is left out. Only 0x0e and 0x11 may repeat.
//!
//! | tag | what | as |
//! |---|---|---|
//! | 0x01 | actor | text, a user name |
//! | 0x02 | claimed | text |
//! | 0x03 | actor kind | code |
//! | 0x04 | group | text, a group name |
//! | 0x05 | assurance | code |
//! | 0x06 | session | text |
//! | 0x07 | parent | text, a user name |
//! | 0x08 | document | text, a document id |
//! | 0x09 | version | text `N.X` |
//! | 0x0a | from | text, a state name |
//! | 0x0b | to | text, a state name |
//! | 0x0c | verdict | code |
//! | 0x0d | comment | text |
//! | 0x0e | reason | text name, text message, then 0x00, or 0x01 and text remedy |
//! | 0x0f | content digest | digest |
//! | 0x10 | count | `u64`, left out where it is 1 |
//! | 0x11 | delta | code of the table, text key, run of fields, at least one |
//! | 0x12 | inputs | run of pairs of text name and text value, at least one, in rising order of the bytes of the names |
//! | 0x13 | credential | text, a credential id |
//! | 0x14 | signature | code of the meaning, 16 bytes nonce, 64 bytes signature (see `signature`) |
//! | 0x15 | ticket | 16 bytes |
//!
//! The fields of a delta follow one another without a tag, no name twice: the name and the order as
//! `row/` says, then one byte that says which values follow (1 the old one, 2 the new one, 3 both),
//! then these values as runs. The two differ. What values mean is said in `row/`, too.
//!
//! | codes of | |
//! |---|---|
//! | isolation | 1 none, 2 broker |
//! | result | 1 permitted, 2 denied |
//! | actor kind | 1 human, 2 agent, 3 service |
//! | assurance | 1 claimed, 2 token, 3 ticket, 4 signature |
//! | verdict | 1 recommend, 2 request_updates, 3 approve, 4 reject |
//! | table | 1 document, 2 version, 3 user, 4 namespace, 5 policy, 6 project, 7 credential, 8 session, 9 attestation |
//! | meaning | 1 authored, 2 reviewed, 3 approved, 4 executed |

mod codes;
mod decode;
mod encode;
mod error;
mod raw;
#[cfg(test)]
mod tests;
mod view;

pub(super) use self::codes::Coded;

pub use self::error::DecodeError;
pub(super) use self::raw::{RawDelta, RawField, RawName};
pub use self::view::{DeltaView, EntryView, FieldView, ReasonView};

/// `Q`, format 1.
const FORMAT: [u8; 2] = [0x51, 0x01];

/// Says which values of a field follow.
const OLD: u8 = 1;
const NEW: u8 = 2;
const BOTH: u8 = OLD | NEW;

/// The tags of what may be absent.
mod tag {
    pub(super) const ACTOR: u8 = 0x01;
    pub(super) const CLAIMED: u8 = 0x02;
    pub(super) const ACTOR_KIND: u8 = 0x03;
    pub(super) const GROUP: u8 = 0x04;
    pub(super) const ASSURANCE: u8 = 0x05;
    pub(super) const SESSION: u8 = 0x06;
    pub(super) const PARENT: u8 = 0x07;
    pub(super) const DOCUMENT: u8 = 0x08;
    pub(super) const VERSION: u8 = 0x09;
    pub(super) const FROM: u8 = 0x0a;
    pub(super) const TO: u8 = 0x0b;
    pub(super) const VERDICT: u8 = 0x0c;
    pub(super) const COMMENT: u8 = 0x0d;
    pub(super) const REASON: u8 = 0x0e;
    pub(super) const CONTENT_DIGEST: u8 = 0x0f;
    pub(super) const COUNT: u8 = 0x10;
    pub(super) const DELTA: u8 = 0x11;
    pub(super) const INPUTS: u8 = 0x12;
    pub(super) const CREDENTIAL: u8 = 0x13;
    pub(super) const SIGNATURE: u8 = 0x14;
    pub(super) const TICKET: u8 = 0x15;
}
