//! The words that mean that something is still open.

use super::Case;

/// A change of `policy.yaml`: the words that are refused.
macro_rules! refuse {
    ($words:literal) => {
        ("policy.yaml", "refuse: [TBD,", concat!("refuse: [TBD, ", $words, ","))
    };
}

pub(super) const CASES: &[Case] = &[
    Case("open_word", &[refuse!("tbd")], "tbd", "`tbd` stands in these lists twice"),
    Case("open_word", &[refuse!("{ alone: XXX }")], "XXX\n", "`XXX` stands in these lists twice"),
    Case(
        "open_word",
        &[refuse!("\" x\"")],
        "\" x\"",
        "a word that means \"still open\" stands in one line, without room around it",
    ),
    Case(
        "open_word",
        &[refuse!("\"\"")],
        "\"\"",
        "a word that means \"still open\" stands in one line, without room around it",
    ),
    Case(
        "open_word",
        &[refuse!("\"a\\u200bb\"")],
        "\"a\\u200bb\"",
        "a word that means \"still open\" has the character U+200B, which does not show",
    ),
    Case(
        "open_word",
        &[refuse!("a word that is as long as a sentence which somebody might write")],
        "a word that",
        "a word that means \"still open\" has 60 characters at most",
    ),
    Case("open_word", &[refuse!("\"[…]\"")], "\"[…]\"", "of `[…]` can only be warned"),
    Case("unreadable", &[refuse!("{ only: X }")], "{ only: X }", "a word, or `{ alone: WORD }`"),
];
