//! Names and numbers: parsed once, trusted everywhere after.
//!
//! Every identifier is a type of its own with a private field, so that a user name cannot stand
//! where a state is expected and a text from outside cannot stand where a name is.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::digest::{Digest, to_hex};
use super::text::cut;

/// A text that is not the identifier it was taken for.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("`{}` is not {} {kind}: expected {expected}{}", cut(.text).escape_debug(), article(.kind), suggestion(.meant.as_deref()))]
pub struct InvalidName {
    /// What the text was taken for, in words.
    pub kind: &'static str,
    /// The rule that it breaks, in words.
    pub expected: &'static str,
    /// The text as it came.
    pub text: String,
    /// The name that it would be in the other case of letters. It is suggested, never taken: what is
    /// sealed is what was said.
    pub meant: Option<String>,
}

/// The article of a kind of name: none begins with a vowel that is not spoken as one, but `user`.
fn article(kind: &str) -> &'static str {
    if kind.starts_with(['a', 'e', 'i', 'o']) { "an" } else { "a" }
}

fn suggestion(meant: Option<&str>) -> String {
    meant.map(|name| format!("; did you mean `{name}`?")).unwrap_or_default()
}

/// Longest document id, in bytes: an addendum of an addendum of an addendum still fits, and the id
/// stays a legal file name everywhere.
const DOCUMENT_ID_MAX: usize = 120;

fn is_word(text: &str, max: usize, first: fn(u8) -> bool, rest: fn(u8) -> bool) -> bool {
    let mut bytes = text.bytes();
    text.len() <= max && bytes.next().is_some_and(first) && bytes.all(rest)
}

fn lower_word(text: &str) -> bool {
    is_word(
        text,
        32,
        |b| b.is_ascii_lowercase(),
        |b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_',
    )
}

fn upper_word(text: &str) -> bool {
    is_word(
        text,
        32,
        |b| b.is_ascii_uppercase(),
        |b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_',
    )
}

fn user_word(text: &str) -> bool {
    is_word(
        text,
        32,
        |b| b.is_ascii_lowercase(),
        |b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_' || b == b'-',
    )
}

fn agent_word(text: &str) -> bool {
    is_word(
        text,
        64,
        |b| b.is_ascii_lowercase(),
        |b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_' || b == b'-',
    )
}

fn attestation_word(text: &str) -> bool {
    is_word(text, 64, |b| b.is_ascii_alphabetic(), |b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-')
}

fn hex_16(text: &str) -> bool {
    text.len() == 16 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

/// Letters of one to eight, and a number without leading zeros, so that no item has two ids.
fn item_word(text: &str) -> bool {
    text.split_once('-').is_some_and(|(letters, number)| {
        (1..=8).contains(&letters.len())
            && letters.bytes().all(|b| b.is_ascii_uppercase())
            && (1..=6).contains(&number.len())
            && !number.starts_with('0')
            && number.bytes().all(|b| b.is_ascii_digit())
    })
}

fn dashed_upper(text: &str) -> bool {
    text.len() <= DOCUMENT_ID_MAX
        && text.starts_with(|c: char| c.is_ascii_uppercase())
        && text.as_bytes().split(|b| *b == b'-').all(|part| {
            !part.is_empty()
                && part.iter().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || *b == b'_')
        })
}

/// Finds the name that a text would be in the other case of letters. `PreApproved` is no slip of that
/// kind: upper case would only run its words together.
fn in_another_case(text: &str, rule: fn(&str) -> bool) -> Option<String> {
    let mut rest = text.trim().chars().skip(1).filter(char::is_ascii_alphabetic);
    let is_upper = rest.next().is_some_and(|first| first.is_ascii_uppercase());
    if rest.any(|letter| letter.is_ascii_uppercase() != is_upper) {
        return None;
    }
    [text.trim().to_ascii_uppercase(), text.trim().to_ascii_lowercase()].into_iter().find(|name| rule(name))
}

macro_rules! names {
    ($($(#[$doc:meta])* $name:ident, $kind:literal, $rule:ident, $expected:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// Parses a text, or says which rule it breaks.
            pub fn parse(text: &str) -> Result<Self, InvalidName> {
                if $rule(text) {
                    Ok(Self(text.to_owned()))
                } else {
                    let meant = in_another_case(text, $rule);
                    Err(InvalidName { kind: $kind, expected: $expected, text: text.to_owned(), meant })
                }
            }

            /// Tells whether a text is such a name, without keeping it.
            pub fn is_valid(text: &str) -> bool {
                $rule(text)
            }

            /// Returns the text of the name.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }

        impl FromStr for $name {
            type Err = InvalidName;
            fn from_str(text: &str) -> Result<Self, InvalidName> {
                Self::parse(text)
            }
        }

        impl TryFrom<String> for $name {
            type Error = InvalidName;
            fn try_from(text: String) -> Result<Self, InvalidName> {
                Self::parse(&text)
            }
        }

        impl From<$name> for String {
            fn from(name: $name) -> Self {
                name.0
            }
        }
    )*};
}

names! {
    /// The name of a user, given to one user for ever.
    UserName, "user name", user_word, "a lower-case letter, then up to 31 of a-z, 0-9, `_`, `-`";
    /// The name of a group of users.
    GroupName, "group name", lower_word, "a lower-case letter, then up to 31 of a-z, 0-9, `_`";
    /// A verb of the workflow, such as `route`.
    ActionName, "action name", lower_word, "a lower-case letter, then up to 31 of a-z, 0-9, `_`";
    /// The name of an input of an action, such as `comment`.
    InputName, "input name", lower_word, "a lower-case letter, then up to 31 of a-z, 0-9, `_`";
    /// The name of a phase of a life cycle, such as `pre_review`.
    PhaseName, "phase name", lower_word, "a lower-case letter, then up to 31 of a-z, 0-9, `_`";
    /// The name of a life cycle, such as `controlled`.
    WorkflowName, "workflow name", lower_word, "a lower-case letter, then up to 31 of a-z, 0-9, `_`";
    /// A state of a life cycle, such as `IN_REVIEW`.
    StateName, "state name", upper_word, "an upper-case letter, then up to 31 of A-Z, 0-9, `_`";
    /// A document type, such as `SOP`.
    TypeName, "document type", upper_word, "an upper-case letter, then up to 31 of A-Z, 0-9, `_`";
    /// A word that becomes part of a document id: a namespace, a template's name.
    IdWord, "name within an id", upper_word, "an upper-case letter, then up to 31 of A-Z, 0-9, `_`";
    /// The id of a document, such as `CR-001-VAR-002`; also a safe file name.
    DocumentId, "document id", dashed_upper, "upper-case words and numbers joined by `-`, at most 120 characters";
    /// The id of an execution item within its document, such as `EI-1`.
    ItemId, "item id", item_word, "up to 8 upper-case letters, `-` and a number, as in `EI-1`";
    /// The name of an agent, as its runtime knows it, such as `code-reviewer`.
    AgentName, "name of an agent", agent_word, "a lower-case letter, then up to 63 of a-z, 0-9, `_`, `-`";
    /// The name of a launcher.
    LauncherName, "name of a launcher", agent_word, "a lower-case letter, then up to 63 of a-z, 0-9, `_`, `-`";
    /// The name of a trait of documents, such as `needs-security-review`.
    TraitName, "name of a trait", agent_word, "a lower-case letter, then up to 63 of a-z, 0-9, `_`, `-`";
    /// What a note, a run or a file that was presented is called, such as `security-assessment` or `EI-3`.
    AttestationName, "name of a note or of evidence", attestation_word, "a letter, then up to 63 letters, digits, `_`, `-`";
    /// The id of a credential, given once; it is no secret.
    CredentialId, "credential id", hex_16, "16 lower-case hexadecimal digits";
}

impl CredentialId {
    /// Makes an id of 8 bytes; of more bytes it takes the first 8.
    pub fn of_bytes(bytes: &[u8]) -> Self {
        let mut text = to_hex(bytes);
        text.truncate(16);
        Self(format!("{text:0>16}"))
    }

    /// Returns the id of a key: the beginning of the SHA-256 of its public half.
    pub fn of_key(public: &Digest) -> Self {
        Self::of_bytes(Digest::of(public.as_bytes()).as_bytes())
    }
}

impl DocumentId {
    /// Returns the id with its numbers padded, so that `CR-1000` sorts after `CR-999`.
    pub fn sort_key(&self) -> String {
        let pad = |part: &str| {
            if part.bytes().all(|b| b.is_ascii_digit()) { format!("{part:0>10}") } else { part.to_owned() }
        };
        self.0.split('-').map(pad).collect::<Vec<_>>().join("-")
    }
}

/// A version number `N.X`: text, never a fraction, so that `1.10` follows `1.9`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Version {
    /// Counts approvals.
    pub major: u32,
    /// Counts changes since the last approval.
    pub minor: u32,
}

impl Version {
    /// Builds `major.minor`.
    pub const fn new(major: u32, minor: u32) -> Self {
        Self { major, minor }
    }

    /// Parses `N.X`, without signs, spaces or leading zeros.
    pub fn parse(text: &str) -> Result<Self, InvalidName> {
        let number = |part: &str| {
            let plain = part == "0" || !part.starts_with('0');
            (plain && part.bytes().all(|b| b.is_ascii_digit())).then(|| part.parse().ok()).flatten()
        };
        text.split_once('.')
            .and_then(|(major, minor)| Some(Self { major: number(major)?, minor: number(minor)? }))
            .ok_or_else(|| InvalidName {
                kind: "version",
                expected: "two numbers joined by a dot, as in `1.0`",
                text: text.to_owned(),
                meant: None,
            })
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{}.{}", self.major, self.minor))
    }
}

impl FromStr for Version {
    type Err = InvalidName;
    fn from_str(text: &str) -> Result<Self, InvalidName> {
        Self::parse(text)
    }
}

impl TryFrom<String> for Version {
    type Error = InvalidName;
    fn try_from(text: String) -> Result<Self, InvalidName> {
        Self::parse(&text)
    }
}

impl From<Version> for String {
    fn from(version: Version) -> Self {
        version.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn user_names_that_look_alike_or_leave_their_folder_are_refused() {
        for bad in
            ["", "../qa", "QA", "q a", "qа", "-qa", "9qa", "qa\u{200f}", "qa/../tu", ".", &"q".repeat(33)]
        {
            assert!(UserName::parse(bad).is_err(), "{bad:?} was taken for a user name");
        }
        for good in ["qa", "q", "qa-2", "a_b", &"q".repeat(32)] {
            assert!(UserName::parse(good).is_ok(), "{good:?} was refused");
        }
    }

    #[test]
    fn a_name_in_the_wrong_case_is_refused_with_the_right_one() {
        let said = |refused: Result<DocumentId, InvalidName>| refused.map_err(|error| error.to_string());
        let shown = said(DocumentId::parse("cr-001")).err().unwrap_or_default();
        assert!(shown.ends_with("; did you mean `CR-001`?"), "{shown}");
        for other in ["cr.001", "CrInv-001"] {
            let shown = said(DocumentId::parse(other)).err().unwrap_or_default();
            assert!(!shown.contains("did you mean"), "{shown}");
        }
        let meant = |text| UserName::parse(text).err().and_then(|error| error.meant);
        assert_eq!([meant("QA"), meant("Claude")], [Some("qa".to_owned()), Some("claude".to_owned())]);
    }

    #[test]
    fn document_ids_are_safe_file_names() {
        for bad in ["", "cr-001", "CR--001", "-CR", "CR-", "CR/001", "CR.001", "..", "CR-001\n", "1-CR"] {
            assert!(DocumentId::parse(bad).is_err(), "{bad:?} was taken for a document id");
        }
        assert!(DocumentId::parse("CR-001-TP-001-ER-001").is_ok());
    }

    #[test]
    fn no_item_has_two_ids() {
        for bad in ["", "EI", "EI-", "-1", "EI-01", "EI-0", "EI 1", "E1-1", "EI-1-1", "EI‑1", "EI-1\n"] {
            assert!(ItemId::parse(bad).is_err(), "{bad:?} was taken for an item id");
        }
        assert_eq!(ItemId::parse("ei-1").err().and_then(|error| error.meant), Some("EI-1".to_owned()));
        assert!(ItemId::parse("EI-1").is_ok() && ItemId::parse("CA-120").is_ok());
    }

    #[test]
    fn ids_sort_by_number_not_by_text() {
        let key = |id| DocumentId::parse(id).map(|id| id.sort_key()).ok();
        assert!(key("CR-999") < key("CR-1000"));
        assert!(key("CR-001") < key("CR-001-VAR-001"));
    }

    #[test]
    fn versions_are_text_not_fractions() {
        assert_eq!(Version::parse("1.10").map(|v| v.to_string()), Ok("1.10".to_owned()));
        assert!(Version::parse("1.9").ok() < Version::parse("1.10").ok());
        for bad in ["1", "1.", ".1", "01.0", "1.00", "+1.0", "1.0.0", "1,0", "1.0 ", "4294967296.0"] {
            assert!(Version::parse(bad).is_err(), "{bad:?} was taken for a version");
        }
    }
}
