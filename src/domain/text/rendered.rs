//! A text as a page shows it: without what nobody sees in it, so that nobody hides a word from a rule by
//! writing something unseen into it.
//!
//! Comments, tags, emphasis and unseen characters are left out, and entities stand for what they show.

use super::passage::{Ahead, code_span};
use crate::domain::visible::is_visible;

/// What a page shows of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Rendered {
    /// What is shown.
    pub(super) text: String,
    /// Where each of its bytes comes from, and the end of the source.
    places: Vec<usize>,
}

/// Returns what a page shows of a text, code included.
pub fn shown(text: &str) -> String {
    Rendered::of(text, text).text
}

/// Returns what a page shows of a text where links, references and images are seen by their words alone.
pub fn words_of(text: &str) -> String {
    let shown = shown(text);
    let mut rest = shown.as_str();
    let mut seen = String::new();
    while let Some((before, after)) = rest.split_once('[') {
        let link =
            after.split_once(']').filter(|(inside, _)| !inside.contains('[')).and_then(|(inside, it)| {
                let target = |begin, end| Some(it.strip_prefix(begin)?.split_once(end)?.1);
                Some((inside, target('(', ')').or_else(|| target('[', ']'))?))
            });
        if let Some((inside, behind)) = link {
            seen.push_str(before.strip_suffix('!').unwrap_or(before));
            seen.push_str(inside);
            rest = behind;
        } else {
            seen.push_str(before);
            seen.push('[');
            rest = after;
        }
    }
    seen.push_str(rest);
    seen
}

/// The first of all entities of a text that shows nothing.
pub fn blank_entity(text: &str) -> Option<&str> {
    text.match_indices('&').find_map(|(at, _)| {
        let rest = text.get(at..)?;
        let (length, c) = entity(rest)?;
        if is_visible(c) { None } else { rest.get(..length) }
    })
}

impl Rendered {
    /// Reads a text; `seen` is the same with a space in the place of every byte that counts for nothing.
    pub(super) fn of(text: &str, seen: &str) -> Self {
        let mut reader = Reader { comment: Ahead::of("-->"), tag: Ahead::of(">"), text };
        let mut rendered = Self { text: String::with_capacity(text.len()), places: Vec::new() };
        let mut at = 0;
        while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
            let is_blanked = seen.as_bytes().get(at) == Some(&b' ') && !rest.starts_with(' ');
            let (length, c) = if is_blanked { blanked(rest) } else { reader.piece(at, rest) };
            rendered.extend(c, at);
            at += length.max(1);
        }
        rendered.places.push(text.len());
        rendered
    }

    /// Where in the source a place of what is shown comes from.
    pub(super) fn place(&self, at: usize) -> usize {
        self.places.get(at).copied().unwrap_or_default()
    }

    fn extend(&mut self, c: Option<char>, at: usize) {
        if let Some(c) = c {
            self.text.push(c);
            self.places.extend(std::iter::repeat_n(at, c.len_utf8()));
        }
    }
}

/// The length of a piece that counts for nothing, and what stands for it: nothing for a comment.
fn blanked(rest: &str) -> (usize, Option<char>) {
    if rest.starts_with("<!--") {
        return (rest.find("-->").map_or(1, |end| end + 3), None);
    }
    let first = rest.chars().next().map_or(1, char::len_utf8);
    let length = match rest.as_bytes() {
        [b'`', ..] => code_span(rest).unwrap_or(first),
        [b'\\', _, ..] => 2,
        _ => first,
    };
    (length, Some(' '))
}

struct Reader<'a> {
    comment: Ahead,
    tag: Ahead,
    text: &'a str,
}

impl Reader<'_> {
    /// The length of the piece that a text begins with, and what is shown of it.
    fn piece(&mut self, at: usize, rest: &str) -> (usize, Option<char>) {
        let Some(first) = rest.chars().next() else { return (1, None) };
        let width = first.len_utf8();
        match first {
            '<' => self.hidden(at, rest).map_or((width, Some('<')), |length| (length, None)),
            '&' => entity(rest).map_or((width, Some('&')), |(length, c)| (length, room_or_seen(c))),
            '*' | '_' | '~' | '`' => (width, None),
            '\\' if rest.get(1..).is_some_and(|it| it.starts_with(|c: char| c.is_ascii_punctuation())) => {
                (2, rest.get(1..).and_then(|it| it.chars().next()))
            }
            c if c.is_ascii_whitespace() => (width, Some(c)),
            c => (width, room_or_seen(c)),
        }
    }

    /// The length of the comment or tag that a text begins with.
    fn hidden(&mut self, at: usize, rest: &str) -> Option<usize> {
        let end = if rest.starts_with("<!--") {
            self.comment.next(self.text, at) + "-->".len()
        } else if rest
            .get(1..)?
            .starts_with(|c: char| c.is_ascii_alphabetic() || matches!(c, '/' | '!' | '?'))
        {
            self.tag.next(self.text, at) + ">".len()
        } else {
            return None;
        };
        (end <= self.text.len()).then_some(end - at)
    }
}

/// What is shown of a character: room for any white space, and nothing of what is not seen.
fn room_or_seen(c: char) -> Option<char> {
    if c.is_whitespace() { Some(' ') } else { Some(c).filter(|c| is_visible(*c)) }
}

/// The length of the entity that a text begins with, and the character that it stands for.
fn entity(rest: &str) -> Option<(usize, char)> {
    // No name of HTML is longer, nor is any number.
    const NAME_MAX: usize = 32;
    let end = rest.bytes().take(NAME_MAX).position(|byte| byte == b';')?;
    let name = rest.get(1..end)?;
    let c = match name.strip_prefix('#') {
        Some(number) => {
            let hex = number.strip_prefix(['x', 'X']);
            let (digits, radix) = hex.map_or((number, 10), |digits| (digits, 16));
            let is_number = !digits.is_empty() && digits.chars().all(|c| c.is_digit(radix));
            let code = is_number.then(|| u32::from_str_radix(digits, radix).unwrap_or(0))?;
            char::from_u32(code).filter(|c| *c != '\0').unwrap_or(char::REPLACEMENT_CHARACTER)
        }
        None => NAMED.iter().find(|(_, names)| names.contains(&name))?.0,
    };
    Some((end + 1, c))
}

/// The entities of HTML that show nothing, and those for the marks that rules look for; letters of the
/// alphabet have none.
const NAMED: &[(char, &[&str])] = &[
    (
        ' ',
        &[
            "nbsp",
            "NonBreakingSpace",
            "ensp",
            "emsp",
            "emsp13",
            "emsp14",
            "numsp",
            "puncsp",
            "thinsp",
            "ThinSpace",
            "hairsp",
            "VeryThinSpace",
            "MediumSpace",
            "ThickSpace",
            "Tab",
            "NewLine",
        ],
    ),
    (
        '\u{200b}',
        &[
            "ZeroWidthSpace",
            "NegativeVeryThinSpace",
            "NegativeThinSpace",
            "NegativeMediumSpace",
            "NegativeThickSpace",
            "zwnj",
            "zwj",
            "lrm",
            "rlm",
            "shy",
            "NoBreak",
            "ApplyFunction",
            "af",
            "InvisibleTimes",
            "it",
            "InvisibleComma",
            "ic",
        ],
    ),
    ('[', &["lsqb", "lbrack"]),
    (']', &["rsqb", "rbrack"]),
    ('{', &["lcub", "lbrace"]),
    ('}', &["rcub", "rbrace"]),
    ('(', &["lpar"]),
    (')', &["rpar"]),
    (':', &["colon"]),
    ('-', &["hyphen", "dash"]),
    ('|', &["vert", "verbar", "VerticalLine"]),
];

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_nobody_sees_is_left_out() {
        for (text, expected) in [
            ("T\u{200b}B\u{2800}D", "TBD"),
            ("T<!-- -->BD <!-- a -- b -->c", "TBD c"),
            ("T&#66;D &#x42;&#X42; &lsqb;a&rsqb;", "TBD BB [a]"),
            ("T<b></b>BD</i x>", "TBD"),
            ("T**B**D", "TBD"),
            ("a&nbsp;b&zwj;c\u{a0}d", "a bc d"),
            ("a < b <3 & c &no; &#; &#xg; <!-- open", "a < b <3 & c &no; &#; &#xg; <!-- open"),
            ("&#0;&#99999999999;&#xd800;", "\u{fffd}\u{fffd}\u{fffd}"),
        ] {
            assert_eq!(shown(text), expected, "{text:?}");
        }
        assert_eq!(blank_entity("a &amp; &#66; b&shy;c&nbsp;"), Some("&shy;"));
        assert_eq!(blank_entity("a &amp; &#66; b & c;"), None);
    }

    proptest! {
        #[test]
        fn every_place_is_one_of_the_source(text in "[aT<!>&#;6x` *\\\\\u{200b}ä\\-\n]{0,60}") {
            let rendered = Rendered::of(&text, &text);
            prop_assert_eq!(rendered.places.len(), rendered.text.len() + 1);
            prop_assert!(rendered.places.is_sorted());
            for place in &rendered.places {
                prop_assert!(text.is_char_boundary(*place));
            }
        }
    }
}
