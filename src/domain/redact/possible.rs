//! What in a text could be a secret of 32 bytes: the digits that files keep of it, or those of its bytes, in the forms
//! of the table.
//!
//! Digits of a token, of a file that holds one, and of what was encoded are read to their end, however they are broken.
//! A secret by itself is looked for where its digits begin or end at a border: where the text has no digit, where a
//! line ends, or where groups of digits change their width. So the time grows with the text alone. What has no border
//! is not found: the bytes of a secret among others that were encoded with them.

use std::borrow::Cow;

use super::super::steps::count;
use super::form::{Break, Kind, percent_decoded};

/// Bytes of a secret.
const BYTES: usize = 32;

/// Borders within a secret at most: lines of half of it and more have fewer. It bounds how many candidates there are.
const BORDERS: usize = 3;

/// Shows everything that could be a secret.
pub fn possible(bytes: &[u8], show: &mut dyn FnMut(&[u8; BYTES])) {
    let mut look = |text: &Text<'_>| {
        for kind in [Kind::Hexadecimal, Kind::Base64] {
            each_run(text, kind, &mut |run| {
                candidates(kind, run, show);
                decoded(kind, run, show);
            });
        }
    };
    look(&Text::of(bytes));
    if bytes.contains(&b'%') {
        look(&without_percent(bytes));
    }
}

/// A text, and which of its bytes were not looked at before: all where none is named.
struct Text<'t> {
    bytes: Cow<'t, [u8]>,
    fresh: Vec<bool>,
}

impl<'t> Text<'t> {
    fn of(bytes: &'t [u8]) -> Self {
        Self { bytes: Cow::Borrowed(bytes), fresh: Vec::new() }
    }
}

/// Decodes bytes. Fresh are those that were encoded, and what is beside one.
fn without_percent(bytes: &[u8]) -> Text<'static> {
    let (mut plain, mut fresh, mut rest) = (Vec::with_capacity(bytes.len()), Vec::new(), bytes);
    let mut is_behind = false;
    while let Some((byte, behind)) = rest.split_first() {
        let digits = behind.first_chunk::<2>();
        let value = digits.and_then(|[high, low]| percent_decoded(*byte, *high, *low));
        if let (Some(_), Some(before)) = (value, fresh.last_mut()) {
            *before = true;
        }
        plain.push(value.unwrap_or(*byte));
        fresh.push(value.is_some() || is_behind);
        is_behind = value.is_some();
        rest = behind.get(if is_behind { 2 } else { 0 }..).unwrap_or_default();
    }
    Text { bytes: Cow::Owned(plain), fresh }
}

/// Digits in groups that breaks are between.
#[derive(Default)]
struct Run {
    /// What each digit stands for.
    values: Vec<u8>,
    /// Which of them are fresh: all where none is named.
    fresh: Vec<bool>,
    /// Where a line ended, and where a group began that is not as wide as the one before; in order.
    borders: Vec<usize>,
    /// Where the last group begins, and how wide the one before is.
    group: usize,
    width: Option<usize>,
}

impl Run {
    fn clear(&mut self) {
        (self.group, self.width) = (0, None);
        self.values.clear();
        self.fresh.clear();
        self.borders.clear();
    }

    /// Ends a group, with a line or without.
    fn end_group(&mut self, ends_line: bool) {
        let end = self.values.len();
        let width = end - self.group;
        let differs = self.width.is_some_and(|before| before != width).then_some(self.group);
        for border in differs.into_iter().chain(ends_line.then_some(end)) {
            if self.borders.last() != Some(&border) {
                self.borders.push(border);
            }
        }
        (self.group, self.width) = (end, Some(width));
    }

    fn has_fresh(&self, from: usize, end: usize) -> bool {
        self.fresh.is_empty() || self.fresh.get(from..end).is_some_and(|digits| digits.contains(&true))
    }
}

/// Reads the digits of a kind out of a text.
fn each_run(text: &Text<'_>, kind: Kind, visit: &mut dyn FnMut(&Run)) {
    let (mut run, mut at) = (Run::default(), 0);
    while let Some(byte) = text.bytes.get(at) {
        if let Some(value) = kind.value(*byte) {
            run.values.push(value);
            run.fresh.extend(text.fresh.get(at));
            at += 1;
        } else if run.values.is_empty() {
            at += 1;
        } else if let Some((behind, ends_line)) = behind_break(text, kind, at) {
            run.end_group(ends_line);
            at = behind;
        } else {
            run.end_group(true);
            visit(&run);
            run.clear();
            at += 1;
        }
    }
    run.end_group(true);
    visit(&run);
}

/// Where a digit goes on behind a break, and whether a line ends there.
fn behind_break(text: &Text<'_>, kind: Kind, from: usize) -> Option<(usize, bool)> {
    let mut broken = Break::default();
    for (byte, at) in text.bytes.get(from..)?.iter().zip(from..) {
        count(1);
        let Some(more) = broken.with(kind, *byte) else {
            let goes_on = broken.is_whole() && kind.value(*byte).is_some();
            return goes_on.then(|| (at, broken.ends_line()));
        };
        broken = more;
    }
    None
}

/// Bits of a digit.
fn bits(kind: Kind) -> usize {
    if kind == Kind::Hexadecimal { 4 } else { 6 }
}

/// Shows what begins or ends at a border of a run.
fn candidates(kind: Kind, run: &Run, show: &mut dyn FnMut(&[u8; BYTES])) {
    let digits = (BYTES * 8).div_ceil(bits(kind));
    for back in [0, digits] {
        // How many borders there are up to where one begins, and before where it ends.
        let (mut before, mut until) = (0, 0);
        for start in [0].iter().chain(&run.borders).filter_map(|border| border.checked_sub(back)) {
            let end = start + digits;
            let Some(values) = run.values.get(start..end) else { break };
            let border = |at: usize| run.borders.get(at).copied();
            while border(before).is_some_and(|border| border <= start) {
                before += 1;
            }
            while border(until).is_some_and(|border| border < end) {
                until += 1;
            }
            let is_known = back > 0 && (start == 0 || border(before.wrapping_sub(1)) == Some(start));
            if !is_known && until.saturating_sub(before) <= BORDERS && run.has_fresh(start, end) {
                count(BYTES);
                packed(kind, values).first_chunk().into_iter().for_each(&mut *show);
            }
        }
    }
}

/// Shows the digits in what a run encodes, which begins with any of its digits.
fn decoded(kind: Kind, run: &Run, show: &mut dyn FnMut(&[u8; BYTES])) {
    if run.values.len() * bits(kind) < 2 * BYTES * 8 || !run.has_fresh(0, run.values.len()) {
        return;
    }
    for begin in 0..(if kind == Kind::Hexadecimal { 2 } else { 4 }) {
        let bytes = packed(kind, run.values.get(begin..).unwrap_or_default());
        let is_digit = |byte: &u8| byte.is_ascii_hexdigit();
        let mut at = 2 * BYTES - 1;
        // So many digits are not passed over by looking at every so-manieth byte.
        while let Some(byte) = bytes.get(at) {
            if is_digit(byte) {
                let (before, behind) = bytes.split_at(at);
                let first = at - before.iter().rev().take_while(|byte| is_digit(byte)).count();
                let end = at + behind.iter().take_while(|byte| is_digit(byte)).count();
                count(end - first);
                let digits = Text::of(bytes.get(first..end).unwrap_or_default());
                each_run(&digits, Kind::Hexadecimal, &mut |run| candidates(Kind::Hexadecimal, run, show));
                at = end;
            }
            at += 2 * BYTES;
        }
    }
}

/// The bytes that digits stand for.
fn packed(kind: Kind, values: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(values.len());
    for four in values.chunks(4) {
        let word = four.iter().fold(0_u32, |word, value| word << bits(kind) | u32::from(*value));
        let used = bits(kind) * four.len();
        bytes.extend((word << (32 - used)).to_be_bytes().into_iter().take(used / 8));
    }
    bytes
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::tests::holds;
    use super::super::written::written;
    use super::super::{Redactor, kept};
    use super::*;
    use crate::domain::identity::Token;

    proptest! {
        #![proptest_config(ProptestConfig { cases: 4, failure_persistence: None, ..ProptestConfig::default() })]

        // REQ-222, REQ-224
        #[test]
        fn every_form_of_the_table_is_found_on_the_way_in_and_hidden_on_the_way_out(
            random in any::<[[u8; 20]; 2]>(),
            before in proptest::collection::vec(any::<u8>(), 0..=50),
            around in (
                proptest::sample::select(vec!["", "see: ", "x=\"", "the key\n", "a, b:\r\n  ", "100% of {"]),
                proptest::sample::select(vec!["", "\n", "\"", ", and so on\n", " %", "}\r\nmore"]),
            ),
        ) {
            let token = Token::new(&std::array::from_fn(|at| random[at / 20][at % 20]));
            let secrets = [vec![token.reveal().into_bytes()], kept(token.secret()).to_vec()].concat();
            let mut redactor = Redactor::new(&secrets);
            for (what, form) in written(&token.reveal(), &before) {
                let text = format!("{}{form}{}", around.0, around.1);
                prop_assert!(holds(text.as_bytes(), token.secret()), "{what}: {text}");
                // Behind the dots nothing of it is held back, but what could be its first byte.
                let out = redactor.push(format!("{text}\n........\n").as_bytes());
                let shown = String::from_utf8_lossy(&out);
                prop_assert!(shown.trim_end().ends_with('.') && shown.contains("[redacted]"), "{what}: {shown}");
                prop_assert!(!holds(&out, token.secret()), "{what} is left: {shown}");
            }
        }

        #[test]
        fn whatever_is_looked_through_is_looked_through_to_its_end(
            bytes in proptest::collection::vec(any::<u8>(), 0..600),
        ) {
            possible(&bytes, &mut |_| ());
        }
    }

    // REQ-228
    #[test]
    fn a_text_holds_few_candidates_however_its_digits_are_broken() {
        for width in [1, 2, 3, 4, 8, 10, 11, 13, 16, 17, 22, 32, 43, 64, 65] {
            for end in ["\n", " ", ":", "\n  ", "%0A", "\\n"] {
                for digit in ["e", "W", "65"] {
                    let text = format!("{}{end}", digit.repeat(width)).repeat(3_000 / width);
                    let mut shown = 0;
                    possible(text.as_bytes(), &mut |_| shown += 1);
                    assert!(shown < 20 + text.len() / 4, "{shown} of {} with {width} {end:?}", text.len());
                }
            }
        }
    }
}
