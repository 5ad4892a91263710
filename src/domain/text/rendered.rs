//! A text as a page shows it: without what nobody sees in it, so that nobody hides a word from a rule by
//! writing something unseen into it.
//!
//! Comments, tags, emphasis and unseen characters are left out, and entities stand for what they show.

use super::ahead::Ahead;
use super::passage::code_span;
use crate::domain::steps::count;
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
    if is_plain(text) { text.to_owned() } else { Rendered::of(text, text).text }
}

/// Returns what a page shows of a text where links, references and images are seen by their words alone.
pub fn words_of(text: &str) -> String {
    let shown = shown(text);
    let ahead = |find| Ahead::of(&shown, find);
    let mut open = ahead(|rest| rest.find('['));
    let (mut inner, mut close) = (ahead(|rest| rest.find('[')), ahead(|rest| rest.find(']')));
    let (mut round, mut square) = (ahead(|rest| rest.find(')')), ahead(|rest| rest.find(']')));
    if !shown.contains('[') {
        return shown;
    }
    let mut seen = String::with_capacity(shown.len());
    let mut at = 0;
    loop {
        let from = open.next(at);
        let before = shown.get(at..from).unwrap_or_default();
        if from >= shown.len() {
            seen.push_str(before);
            return seen;
        }
        let to = close.next(from);
        let end = match shown.as_bytes().get(to + 1) {
            _ if inner.next(from + 1) < to => shown.len(),
            Some(b'(') => round.next(to + 2),
            Some(b'[') => square.next(to + 2),
            _ => shown.len(),
        };
        if end < shown.len() {
            seen.push_str(before.strip_suffix('!').unwrap_or(before));
            seen.push_str(shown.get(from + 1..to).unwrap_or_default());
            at = end + 1;
        } else {
            seen.push_str(before);
            seen.push('[');
            at = from + 1;
        }
    }
}

/// The first of all entities of a text that shows nothing.
pub fn blank_entity(text: &str) -> Option<&str> {
    text.match_indices('&').find_map(|(at, _)| {
        let rest = text.get(at..)?;
        let (length, c) = entity(rest)?;
        if is_visible(c) { None } else { rest.get(..length) }
    })
}

/// Tells whether a page shows a text as it stands there: letters, digits and marks that mean themselves.
pub(super) fn is_plain(text: &str) -> bool {
    count(text.len());
    let is_itself = |byte: u8| {
        byte.is_ascii_graphic() && !matches!(byte, b'<' | b'&' | b'*' | b'_' | b'~' | b'`' | b'\\')
    };
    text.bytes().all(|byte| is_itself(byte) || byte.is_ascii_whitespace())
}

impl Rendered {
    /// Reads a text; `seen` is the same with a space in the place of every byte that counts for nothing.
    pub(super) fn of(text: &str, seen: &str) -> Self {
        count(text.len());
        let mut reader = Reader {
            comment: Ahead::of(text, |rest| rest.find("-->")),
            tag: Ahead::of(text, |rest| rest.find('>')),
            line: Ahead::of(text, |rest| rest.find('\n')),
            text,
        };
        let mut rendered = Self { text: String::with_capacity(text.len()), places: Vec::new() };
        let mut at = 0;
        while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
            let is_blanked = seen.as_bytes().get(at) == Some(&b' ') && !rest.starts_with(' ');
            let (length, c) = if is_blanked { reader.blanked(at, rest) } else { reader.piece(at, rest) };
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

struct Reader<'a> {
    comment: Ahead<'a>,
    tag: Ahead<'a>,
    line: Ahead<'a>,
    text: &'a str,
}

impl Reader<'_> {
    /// The length of a piece that counts for nothing, and what stands for it: nothing for a comment.
    fn blanked(&mut self, at: usize, rest: &str) -> (usize, Option<char>) {
        if rest.starts_with("<!--") {
            let end = self.comment.next(at) + "-->".len();
            return (if end > self.text.len() { 1 } else { end - at }, None);
        }
        let first = rest.chars().next().map_or(1, char::len_utf8);
        let length = match rest.as_bytes() {
            [b'`', ..] => self.text.get(at..self.line.next(at)).and_then(code_span).unwrap_or(first),
            // A bracket behind one is meant; any other mark is shown as it is.
            [b'\\', b'[' | b']' | b'{' | b'}' | b'<' | b'>', ..] => 2,
            [b'\\', mark, ..] => return (2, Some(char::from(*mark))),
            _ => first,
        };
        (length, Some(' '))
    }

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
            self.comment.next(at) + "-->".len()
        } else if rest
            .get(1..)?
            .starts_with(|c: char| c.is_ascii_alphabetic() || matches!(c, '/' | '!' | '?'))
        {
            self.tag.next(at) + ">".len()
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
        None => NAMED.binary_search_by(|(known, _)| (*known).cmp(name)).ok().and_then(|at| NAMED.get(at))?.1,
    };
    Some((end + 1, c))
}

/// The entities of HTML that show nothing, and those for the marks that rules look for, in the order of their
/// names; letters of the alphabet have none.
const NAMED: &[(&str, char)] = &[
    ("ApplyFunction", '\u{200b}'),
    ("InvisibleComma", '\u{200b}'),
    ("InvisibleTimes", '\u{200b}'),
    ("MediumSpace", ' '),
    ("NegativeMediumSpace", '\u{200b}'),
    ("NegativeThickSpace", '\u{200b}'),
    ("NegativeThinSpace", '\u{200b}'),
    ("NegativeVeryThinSpace", '\u{200b}'),
    ("NewLine", ' '),
    ("NoBreak", '\u{200b}'),
    ("NonBreakingSpace", ' '),
    ("Tab", ' '),
    ("ThickSpace", ' '),
    ("ThinSpace", ' '),
    ("VerticalLine", '|'),
    ("VeryThinSpace", ' '),
    ("ZeroWidthSpace", '\u{200b}'),
    ("af", '\u{200b}'),
    ("colon", ':'),
    ("dash", '-'),
    ("emsp", ' '),
    ("emsp13", ' '),
    ("emsp14", ' '),
    ("ensp", ' '),
    ("hairsp", ' '),
    ("hyphen", '-'),
    ("ic", '\u{200b}'),
    ("it", '\u{200b}'),
    ("lbrace", '{'),
    ("lbrack", '['),
    ("lcub", '{'),
    ("lpar", '('),
    ("lrm", '\u{200b}'),
    ("lsqb", '['),
    ("nbsp", ' '),
    ("numsp", ' '),
    ("puncsp", ' '),
    ("rbrace", '}'),
    ("rbrack", ']'),
    ("rcub", '}'),
    ("rlm", '\u{200b}'),
    ("rpar", ')'),
    ("rsqb", ']'),
    ("shy", '\u{200b}'),
    ("thinsp", ' '),
    ("verbar", '|'),
    ("vert", '|'),
    ("zwj", '\u{200b}'),
    ("zwnj", '\u{200b}'),
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

    #[test]
    fn entities_are_found_by_their_names() {
        assert!(NAMED.is_sorted_by_key(|(name, _)| *name));
    }

    /// The words of a text in which every link is looked for by itself.
    fn searched(text: &str) -> String {
        let (before, after) = text.split_at(text.find('[').unwrap_or(text.len()));
        let Some((inside, rest)) = after.strip_prefix('[').and_then(|after| after.split_once(']')) else {
            return text.to_owned();
        };
        let behind = |begin, end| Some(rest.strip_prefix(begin)?.split_once(end)?.1);
        match behind('(', ')').or_else(|| behind('[', ']')).filter(|_| !inside.contains('[')) {
            Some(behind) => {
                format!("{}{inside}{}", before.strip_suffix('!').unwrap_or(before), searched(behind))
            }
            None => format!("{before}[{}", searched(&after[1..])),
        }
    }

    proptest! {
        #[test]
        fn a_link_is_seen_by_its_words_alone(text in "[a!\\[\\]()]{0,24}") {
            prop_assert_eq!(words_of(&text), searched(&text));
        }

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
