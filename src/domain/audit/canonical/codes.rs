//! The bytes that stand for the words of closed lists. A number is never given to a second word.

use crate::domain::audit::entry::{Attribution, EntryResult, RanBy};
use crate::domain::audit::row::Table;
use crate::domain::document::{Kind, Outcome};
use crate::domain::identity::{Assurance, Isolation};

/// A word of a closed list, and the byte that stands for it.
pub(in crate::domain::audit) trait Coded: Copy {
    fn code(self) -> u8;
    fn from_code(code: u8) -> Option<Self>;
}

macro_rules! codes {
    ($($name:ident { $($variant:ident = $code:literal),* })*) => {$(
        impl Coded for $name {
            fn code(self) -> u8 {
                match self { $(Self::$variant => $code,)* }
            }

            fn from_code(code: u8) -> Option<Self> {
                match code {
                    $($code => Some(Self::$variant),)*
                    _ => None,
                }
            }
        }
    )*};
}

codes! {
    Isolation { None = 1, Shared = 2, Broker = 3 }
    Attribution { Own = 1, ByName = 2, Downgraded = 3, None = 4 }
    RanBy { Caller = 1, Runner = 2 }
    EntryResult { Permitted = 1, Denied = 2 }
    Kind { Human = 1, Agent = 2, Service = 3 }
    Assurance { Claimed = 1, Token = 2, Ticket = 3, Signature = 4 }
    Outcome { Recommend = 1, RequestUpdates = 2, Approve = 3, Reject = 4 }
    Table { Document = 1, Version = 2, User = 3, Namespace = 4, Policy = 5, Project = 6, Credential = 7, Session = 8, Attestation = 9, Span = 10, Proposal = 11 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outsiders_are_shown_every_code() {
        let page = include_str!("mod.rs");
        let words = [
            Isolation::ALL.iter().map(|one| (one.code(), one.as_str())).collect::<Vec<_>>(),
            EntryResult::ALL.iter().map(|one| (one.code(), one.as_str())).collect(),
            Kind::ALL.iter().map(|one| (one.code(), one.as_str())).collect(),
            Assurance::ALL.iter().map(|one| (one.code(), one.as_str())).collect(),
            Outcome::ALL.iter().map(|one| (one.code(), one.as_str())).collect(),
            Table::ALL.iter().map(|one| (one.code(), one.as_str())).collect(),
            Attribution::ALL.iter().map(|one| (one.code(), one.as_str())).collect(),
            RanBy::ALL.iter().map(|one| (one.code(), one.as_str())).collect(),
        ];
        for (code, word) in words.concat() {
            assert!(page.contains(&format!(" {code} {word}")), "{code} {word} is not shown");
        }
    }
}
