//! What others wrote, so that it writes to no terminal: shown, and nothing of it obeyed.

use super::colors::{Colors, Sequence};
use crate::domain::visible::{escaped_after, is_joiner};

/// Escapes a text that comes in pieces, wherever these end. Line ends and tabs stay, and colours where they may.
#[derive(Debug)]
pub struct Escape {
    /// The colours that are on, where they may be.
    colors: Option<Colors>,
    /// What was not whole at the end of the last piece.
    pending: Vec<u8>,
    /// The character that the next one may belong to: a joiner is shown between letters only.
    before: Option<char>,
}

impl Escape {
    /// Escapes everything, or everything but colours.
    pub fn new(keeps_colors: bool) -> Self {
        Self { colors: keeps_colors.then(Colors::default), pending: Vec::new(), before: None }
    }

    /// Takes a piece, and returns what can be shown by now.
    pub fn push(&mut self, piece: &[u8]) -> String {
        self.take(piece, false)
    }

    /// Takes a whole text, or what is left of one; colours that it left on go off.
    pub fn finish(&mut self, piece: &[u8]) -> String {
        let mut out = self.take(piece, true);
        out.extend(self.colors.as_mut().and_then(Colors::end));
        out
    }

    fn take(&mut self, piece: &[u8], is_last: bool) -> String {
        let mut bytes = std::mem::take(&mut self.pending);
        bytes.extend_from_slice(piece);
        let (mut rest, mut out) = (bytes.as_slice(), String::with_capacity(bytes.len()));
        while !rest.is_empty() {
            let (text, broken, behind) = match str::from_utf8(rest) {
                Ok(text) => (text, None, &[][..]),
                Err(error) => {
                    let (text, more) = rest.split_at_checked(error.valid_up_to()).unwrap_or((rest, &[]));
                    (str::from_utf8(text).unwrap_or_default(), Some(error.error_len()), more)
                }
            };
            // Whether more of this text can still come.
            let is_open = !is_last && matches!(broken, None | Some(None));
            let left = self.text(text, is_open, &mut out);
            self.pending.extend_from_slice(left.as_bytes());
            match broken {
                None => {}
                Some(None) if !is_last => self.pending.extend_from_slice(behind),
                Some(length) => {
                    self.before = None;
                    let (bad, more) =
                        behind.split_at_checked(length.unwrap_or(behind.len())).unwrap_or((behind, &[]));
                    for byte in bad {
                        out.push_str(&format!("\\x{byte:02x}"));
                    }
                    rest = more;
                    continue;
                }
            }
            break;
        }
        if is_last {
            self.before = None;
        }
        out
    }

    /// Escapes text, and returns what of its end is not whole yet, where more can come.
    fn text<'t>(&mut self, mut text: &'t str, is_open: bool, out: &mut String) -> &'t str {
        while let Some(at) = text.find(['\u{1b}', '\r']) {
            let (before, special) = text.split_at_checked(at).unwrap_or((text, ""));
            self.show(before, out);
            self.before = None;
            let length = match special.strip_prefix('\r') {
                Some("") if is_open => return special,
                // It ends a line together with the line feed.
                Some(behind) if behind.starts_with('\n') => 1,
                Some(_) => {
                    out.push_str("\\r");
                    1
                }
                None => match self.colors.as_mut().and_then(|colors| colors.take(special)) {
                    Some(Sequence::Begun) if is_open => return special,
                    Some(Sequence::Whole(length, ours)) => {
                        out.push_str(&ours);
                        length
                    }
                    _ => {
                        out.push_str("\\u{1b}");
                        1
                    }
                },
            };
            text = special.get(length..).unwrap_or_default();
        }
        // What comes next decides about a joiner.
        let whole = text.strip_suffix(is_joiner).filter(|_| is_open).unwrap_or(text);
        self.show(whole, out);
        text.get(whole.len()..).unwrap_or_default()
    }

    fn show(&mut self, text: &str, out: &mut String) {
        out.push_str(&escaped_after(self.before, text));
        self.before = text.chars().next_back().or(self.before);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::visible::one_line;

    fn whole(keeps_colors: bool, text: &[u8]) -> String {
        Escape::new(keeps_colors).finish(text)
    }

    // REQ-139
    #[test]
    fn text_of_others_cannot_write_to_the_terminal() {
        let text = "a\u{1b}[2Jb\r\u{202e}c\nd\te✓\r\nf\u{9b}31m\u{7}\u{7f}";
        let shown = "a\\u{1b}[2Jb\\r\\u{202e}c\nd\te✓\nf\\u{9b}31m\\u{7}\\u{7f}";
        assert_eq!(whole(false, text.as_bytes()), shown);
        assert_eq!(whole(false, b"a\x9b31m\xff\xe2\x82"), "a\\x9b31m\\xff\\xe2\\x82");
        assert_eq!(one_line("a\nb\tc\u{1b}"), "a\\nb\\tc\\u{1b}");
    }

    // REQ-187
    #[test]
    fn colours_are_shown_and_nothing_that_only_looks_like_them() {
        for (written, shown) in [
            ("\u{1b}[31mred\u{1b}[0m", "\u{1b}[0;31mred\u{1b}[0m"),
            ("\u{1b}[31mred", "\u{1b}[0;31mred\u{1b}[0m"),
            ("\u{1b}[1;38;5;8mgrey\u{1b}[m", "\u{1b}[0;1;38;5;8mgrey\u{1b}[0m"),
            ("\u{1b}[1m\u{1b}[48;2;1;8;9mx\u{1b}[22;49m", "\u{1b}[0;1m\u{1b}[0;1;48;2;1;8;9mx\u{1b}[0m"),
        ] {
            assert_eq!(whole(true, written.as_bytes()), shown);
        }
        for other in [
            "\u{1b}[8mhidden",
            "\u{1b}[0;08m",
            "\u{1b}[38;5;1;8m",
            "\u{1b}[38;5m",
            "\u{1b}[256m",
            "\u{1b}[38;5;256m",
            "\u{1b}]0;title\u{7}",
            "\u{1b}[2J",
            "\u{1b}[?25l",
            "\u{1b}[31 m",
            "\u{1b}[>4m",
            "\u{1b}\u{1b}[",
            "\u{1b}c",
            "\u{1b}P\u{1b}\\",
            "\u{1b}[31\u{7}m",
            "\u{9b}31m",
            &format!("\u{1b}[{}1m", "1;".repeat(99)),
        ] {
            let shown = whole(true, other.as_bytes());
            assert!(!shown.contains(|c: char| c.is_control()), "{other:?}: {shown:?}");
        }
        assert_eq!(whole(false, b"\x1b[31mred"), "\\u{1b}[31mred");
    }

    proptest! {
        // REQ-187
        #[test]
        fn wherever_a_text_is_cut_it_is_shown_alike(
            parts in proptest::collection::vec(prop_oneof![
                Just(b"\x1b[31m".to_vec()), Just(b"\x1b]0;t\x07".to_vec()), Just(b"\x1b[".to_vec()),
                Just("\u{202e}".as_bytes().to_vec()), Just(b"\r\n".to_vec()), Just(b"\r".to_vec()),
                Just(b"plain \xe2\x9c".to_vec()), Just("ä✓".as_bytes().to_vec()),
                Just("\u{200c}".as_bytes().to_vec()), Just("ب\u{200d}ب".as_bytes().to_vec()),
                proptest::collection::vec(any::<u8>(), 0..6),
            ], 0..9),
            cuts in proptest::collection::vec(any::<prop::sample::Index>(), 0..6),
            keeps_colors: bool,
        ) {
            let text = parts.concat();
            let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(text.len() + 1)).collect();
            cuts.sort_unstable();
            let mut escape = Escape::new(keeps_colors);
            let (mut shown, mut from) = (String::new(), 0);
            for cut in cuts {
                shown.push_str(&escape.push(&text[from..cut]));
                from = cut;
            }
            shown.push_str(&escape.finish(&text[from..]));
            prop_assert_eq!(&shown, &whole(keeps_colors, &text));
            // What is left of control characters are line ends, tabs, and colours of ours.
            let mut rest = shown.as_str();
            while let Some(at) = rest.find('\u{1b}') {
                let is_ours = keeps_colors && rest[at..].starts_with("\u{1b}[0");
                prop_assert!(is_ours);
                prop_assert!(!rest[..at].contains(|c: char| c.is_control() && c != '\n' && c != '\t'));
                let length = rest[at..].find('m').unwrap();
                prop_assert!(rest[at + 2..at + length].chars().all(|c| c.is_ascii_digit() || c == ';'));
                rest = &rest[at + length..];
            }
            prop_assert!(!rest.contains(|c: char| c.is_control() && c != '\n' && c != '\t'));
            let is_hidden = shown.contains(['\u{202e}', '\u{feff}', '\u{2028}']);
            prop_assert!(!is_hidden);
        }
    }
}
