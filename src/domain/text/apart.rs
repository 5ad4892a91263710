//! Two lines in one sentence, such that a reader sees where they differ.

use std::fmt::Write;

use super::cut::QUOTED;
use crate::domain::visible::is_visible;

/// What stands for a space where it matters that there is one.
const SPACE: char = '·';

/// Quotes a line as it is and as it was, both cut to the place where they differ. Where the difference does not show, what
/// does not show is written out.
pub(super) fn apart(is: &str, was: &str) -> String {
    let (mut is, mut was) = (is.to_owned(), was.to_owned());
    let is_alike = seen(&is).eq(seen(&was));
    if is_alike {
        (is, was) = (unveiled(&is), unveiled(&was));
    }
    let same = is.chars().zip(was.chars()).take_while(|(is, was)| is == was).count();
    let is_long = is.chars().chain(was.chars()).nth(2 * QUOTED).is_some();
    let from = if is_long { same.saturating_sub(QUOTED / 2) } else { 0 };
    let told = format!("`{}`, not `{}`", around(&is, from), around(&was, from));
    if is_alike && told.contains(SPACE) { format!("{told} (`{SPACE}` is a space)") } else { told }
}

fn seen(text: &str) -> impl Iterator<Item = char> + '_ {
    text.chars().filter(|c| is_visible(*c))
}

/// Writes out what does not show: spaces at the ends, and beside each other, and whatever else has no look.
fn unveiled(text: &str) -> String {
    let mut told = String::new();
    let mut before = None;
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        let is_between_words = before.is_some_and(is_visible) && rest.peek().copied().is_some_and(is_visible);
        match c {
            ' ' if is_between_words => told.push(' '),
            ' ' => told.push(SPACE),
            c if is_visible(c) => told.push(c),
            c => {
                let _ = write!(told, "<U+{:04X}>", u32::from(c));
            }
        }
        before = Some(c);
    }
    told
}

fn around(text: &str, from: usize) -> String {
    let mut rest = text.chars().skip(from);
    let part: String = rest.by_ref().take(QUOTED).collect();
    let (begin, end) = (if from > 0 { "…" } else { "" }, if rest.next().is_some() { "…" } else { "" });
    format!("{begin}{part}{end}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    // REQ-300
    #[test]
    fn what_does_not_show_is_written_out_where_nothing_else_differs() {
        for (is, was, expected) in [
            ("the plan", "a plan", "`the plan`, not `a plan`"),
            ("Weigh it.", "Weigh it.  ", "`Weigh it.`, not `Weigh it.··` (`·` is a space)"),
            ("a b", "a  b", "`a b`, not `a··b` (`·` is a space)"),
            ("10 kg", "10\u{a0}kg", "`10 kg`, not `10<U+00A0>kg`"),
            ("\ta", "    a", "`<U+0009>a`, not `····a` (`·` is a space)"),
            ("a\u{200b}b", "ab", "`a<U+200B>b`, not `ab`"),
        ] {
            assert_eq!(apart(is, was), expected);
        }
        let long = "x".repeat(200);
        let told = apart(&format!("{long}b"), &format!("{long}a"));
        assert_eq!(told, format!("`…{0}b`, not `…{0}a`", "x".repeat(QUOTED / 2)));
    }

    proptest! {
        // REQ-300
        #[test]
        fn two_lines_that_differ_are_never_told_alike(is in "[ab \t\u{a0}\u{200b}\u{ad}]{0,90}", was in "[ab \t\u{a0}\u{200b}\u{ad}]{0,90}") {
            prop_assume!(is != was);
            let told = apart(&is, &was);
            let (is, was) = told.split_once("`, not `").unwrap();
            let was = was.split('`').next().unwrap();
            prop_assert_ne!(&is[1..], was);
        }
    }
}
