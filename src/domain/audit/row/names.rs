//! The names of fields, and the byte that stands for each where bytes are sealed or held.

use std::borrow::Cow;
use std::fmt;

/// Codes from here on stand for a beginning; the rest of the name follows.
const WITH_REST: u8 = 0x80;

macro_rules! names {
    ($($name:ident = $code:literal $text:literal,)*) => {
        $(pub(in crate::domain::audit) const $name: u8 = $code;)*

        fn text_of(code: u8) -> Option<&'static str> {
            match code {
                $($code => Some($text),)*
                _ => None,
            }
        }

        /// Tells whether a code stands for anything.
        pub(in crate::domain::audit) fn is_code(code: u8) -> bool {
            matches!(code, $($code)|*)
        }

        fn code_of(text: &str) -> Option<u8> {
            match text {
                $($text => Some($code),)*
                _ => None,
            }
        }

        #[cfg(test)]
        const ALL: &[(u8, &str)] = &[$(($code, $text),)*];
    };
}

// A code is never given to a second name. `row/mod.rs` shows this table to outsiders.
names! {
    ADDED_AT = 0x01 "added_at",
    ADDED_BY = 0x02 "added_by",
    ADOPTED_AT = 0x03 "adopted_at",
    AT = 0x04 "at",
    AUTHOR = 0x05 "author",
    CHECKOUT = 0x06 "checkout",
    CHECKPOINT_KEY = 0x07 "checkpoint_key",
    COMPILED = 0x08 "compiled",
    CONTENT = 0x09 "content",
    CREATED_AT = 0x0a "created_at",
    CREATOR = 0x0b "creator",
    GROUP = 0x0c "group",
    ID = 0x0d "id",
    IN_FORCE = 0x0e "in_force",
    KEY_FINGERPRINT = 0x0f "key_fingerprint",
    KIND = 0x10 "kind",
    LAST_MINOR = 0x11 "last_minor",
    ORIGIN = 0x12 "origin",
    OWNER = 0x13 "owner",
    PARENT = 0x14 "parent",
    POLICY = 0x15 "policy",
    PRINTED_NAME = 0x16 "printed_name",
    REJECTED = 0x17 "rejected",
    REMOVED_AT = 0x18 "removed_at",
    REVISION = 0x19 "revision",
    ROUND = 0x1a "round",
    SOURCES = 0x1b "sources",
    STATE = 0x1c "state",
    TEMPLATE = 0x1d "template",
    TITLE = 0x1e "title",
    TYPE = 0x1f "type",
    UPDATED_AT = 0x20 "updated_at",
    VERSION = 0x21 "version",
    WORKFLOW = 0x22 "workflow",
    ACKNOWLEDGED_BY = 0x23 "acknowledged_by",
    ISSUED_AT = 0x24 "issued_at",
    ISSUED_BY = 0x25 "issued_by",
    NOT_AFTER = 0x26 "not_after",
    NOT_BEFORE = 0x27 "not_before",
    REVOKED_AT = 0x29 "revoked_at",
    RUNTIME = 0x2a "runtime",
    SESSION = 0x2b "session",
    TAG = 0x2c "tag",
    USED = 0x2d "used",
    USER = 0x2e "user",
    USES = 0x2f "uses",
    VERIFIER = 0x30 "verifier",
    AGENT = 0x31 "agent",
    BRIEF = 0x32 "brief",
    CLOSED_AT = 0x33 "closed_at",
    DEFINITION = 0x34 "definition",
    DOCUMENT = 0x35 "document",
    OPENED_AT = 0x36 "opened_at",
    PROCESS = 0x37 "process",
    STATUS = 0x38 "status",
    TASK = 0x39 "task",
    PHASE = 0x3a "phase",
    SUBJECT = 0x3b "subject",
    DOSSIER = 0x3c "dossier",
    GROUNDS = 0x3d "grounds",
    NAMESPACES = 0x3e "namespaces",
    BEGAN_AT = 0x3f "began_at",
    JUMP = 0x40 "jump",
    BOUND = 0x41 "bound",
    BY = 0x42 "by",
    CONFIRMED_BY = 0x43 "confirmed_by",
    REASON = 0x44 "reason",
    REPLACES = 0x45 "replaces",
    FILE_NAME = 0x46 "file_name",
    MEDIA_TYPE = 0x47 "media_type",
    LAUNCHER = 0x48 "launcher",
    OTHER = 0x80 "",
    AUTHORS = 0x81 "author/",
    SEATS = 0x82 "seat/",
    VERDICTS = 0x83 "verdict/",
    AUTHOR_ORIGINS = 0x84 "author_origin/",
    ACTIONS = 0x85 "action/",
    DOCUMENTS = 0x86 "document/",
    TRAITS = 0x87 "trait/",
    REQUIRES = 0x88 "requires/",
    READINGS = 0x89 "reading/",
    ORIGINS = 0x8a "origin/",
}

/// Tells whether the rest of the name follows the code.
pub(in crate::domain::audit) fn has_rest(code: u8) -> bool {
    code >= WITH_REST
}

/// The name of a field, such as `state` or `seat/qa`. Names are in the order of their codes, and
/// under one code in the order of the bytes of the rest.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct FieldName<'a> {
    code: u8,
    rest: Cow<'a, str>,
}

impl<'a> FieldName<'a> {
    pub(super) fn new(code: u8, rest: impl Into<Cow<'a, str>>) -> Self {
        Self { code, rest: rest.into() }
    }

    /// Takes a text for a name. A text that is the name of no known field has the code for others.
    pub fn of(text: &'a str) -> Self {
        if let Some(code) = code_of(text).filter(|code| !has_rest(*code)) {
            return Self::new(code, "");
        }
        let family = text.find('/').and_then(|slash| text.split_at_checked(slash + 1));
        match family.and_then(|(head, rest)| Some((code_of(head)?, rest))) {
            Some((code, rest)) => Self::new(code, rest),
            None => Self::new(OTHER, text),
        }
    }

    /// Takes code and rest as they were read; `None` where they are not what [`Self::of`] makes of
    /// the name that they amount to.
    pub(in crate::domain::audit) fn from_parts(code: u8, rest: &'a str) -> Option<Self> {
        let sound = is_code(code) && (code != OTHER || Self::of(rest).code == OTHER);
        sound.then(|| Self::new(code, rest))
    }

    pub(in crate::domain::audit) fn code(&self) -> u8 {
        self.code
    }

    pub(in crate::domain::audit) fn rest(&self) -> &str {
        &self.rest
    }
}

impl fmt::Display for FieldName<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(text_of(self.code).unwrap_or_default())?;
        f.write_str(&self.rest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_has_one_code_and_comes_back() {
        for (code, text) in ALL {
            let name = FieldName::of(text);
            assert_eq!(name.code(), *code, "{text}");
            assert_eq!(name.to_string(), *text);
            assert_eq!(has_rest(*code), text.is_empty() || text.ends_with('/'), "{text}");
        }
        for text in
            ["seat/qa", "verdict/pre_review/qa", "author/claude", "mood", "mood/today", "state/x", "/"]
        {
            assert_eq!(FieldName::of(text).to_string(), text);
        }
    }

    #[test]
    fn outsiders_are_shown_every_code() {
        let page = include_str!("mod.rs");
        for (code, text) in ALL.iter().filter(|(_, text)| !text.is_empty()) {
            assert!(page.contains(&format!("| {code:#04x} {text} |")), "{code:#04x} {text} is not shown");
        }
    }

    #[test]
    fn known_name_is_refused_under_the_code_for_others() {
        assert_eq!(FieldName::from_parts(OTHER, "state"), None);
        assert_eq!(FieldName::from_parts(OTHER, "seat/qa"), None);
        assert_eq!(FieldName::from_parts(0x7f, ""), None);
        assert_eq!(FieldName::from_parts(OTHER, "mood"), Some(FieldName::of("mood")));
        assert_eq!(FieldName::from_parts(SEATS, "qa"), Some(FieldName::of("seat/qa")));
    }
}
