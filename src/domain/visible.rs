//! What of a text somebody sees: a text of which nothing is seen says nothing.
//!
//! Letters of other alphabets that look like Latin ones are letters; what they are taken for is no
//! question here.

use std::borrow::Cow;
use std::path::Path;

use unicode_general_category::{GeneralCategory, get_general_category};

use super::front_matter::is_deceptive;

/// Tells whether a character is seen by itself. White space and format characters are not, nor is what
/// only changes the look of another, nor what no standard gives a look.
pub fn is_visible(c: char) -> bool {
    c.is_ascii_graphic() || (!c.is_ascii() && !is_filler(c) && has_look(c))
}

/// Tells whether nothing of a text is seen.
pub fn is_blank(text: &str) -> bool {
    !text.chars().any(is_visible)
}

/// Counts the characters of a text that are seen.
pub fn length(text: &str) -> usize {
    text.chars().filter(|c| is_visible(*c)).count()
}

/// Letters and symbols by their category, blank by their look: fillers, the place of an object that is not
/// there, and the Braille cell and the note that have no marks.
fn is_filler(c: char) -> bool {
    matches!(
        c,
        '\u{115f}'
            | '\u{1160}'
            | '\u{2800}'
            | '\u{3164}'
            | '\u{ffa0}'
            | '\u{fffc}'
            | '\u{13441}'
            | '\u{13442}'
            | '\u{1d159}'
    )
}

fn has_look(c: char) -> bool {
    use GeneralCategory as Category;
    !matches!(
        get_general_category(c),
        Category::Control
            | Category::Format
            | Category::LineSeparator
            | Category::ParagraphSeparator
            | Category::SpaceSeparator
            | Category::NonspacingMark
            | Category::SpacingMark
            | Category::EnclosingMark
            | Category::PrivateUse
            | Category::Surrogate
            | Category::Unassigned
    )
}

/// Finds the characters of a text that change how other text is shown, with their places. The joiners U+200C and
/// U+200D between letters are none: Persian, Hindi and others are written with them.
pub fn deceptions(text: &str) -> impl Iterator<Item = (usize, char)> {
    deceptions_after(None, text)
}

fn deceptions_after(mut before: Option<char>, text: &str) -> impl Iterator<Item = (usize, char)> {
    text.char_indices().filter(move |(at, c)| {
        let last = before.replace(*c);
        let next = || text.get(at + c.len_utf8()..).and_then(|rest| rest.chars().next());
        is_deceptive(*c) && !(is_joiner(*c) && last.is_some_and(is_letter) && next().is_some_and(is_letter))
    })
}

/// Tells whether a character joins letters, or keeps them apart, and is deceptive everywhere else.
pub fn is_joiner(c: char) -> bool {
    matches!(c, '\u{200c}' | '\u{200d}')
}

/// Tells whether a character is a letter, or a mark that belongs to one.
fn is_letter(c: char) -> bool {
    use GeneralCategory::{NonspacingMark, SpacingMark};
    c.is_alphabetic() || matches!(get_general_category(c), NonspacingMark | SpacingMark)
}

/// Escapes what would change how a terminal shows other text; line ends and tabs stay.
pub fn escaped(text: &str) -> Cow<'_, str> {
    escaped_after(None, text)
}

/// Escapes a text that goes on behind a character, in the same way.
pub fn escaped_after(before: Option<char>, text: &str) -> Cow<'_, str> {
    if text.bytes().all(|byte| matches!(byte, b' '..=b'~' | b'\n' | b'\t')) {
        return Cow::Borrowed(text);
    }
    let mut shown = 0;
    let mut out = String::new();
    for (at, c) in deceptions_after(before, text).filter(|(_, c)| *c != '\n' && *c != '\t') {
        out.push_str(text.get(shown..at).unwrap_or_default());
        out.extend(c.escape_default());
        shown = at + c.len_utf8();
    }
    if shown == 0 {
        return Cow::Borrowed(text);
    }
    out.push_str(text.get(shown..).unwrap_or_default());
    Cow::Owned(out)
}

/// Writes a path in one line of ours.
pub fn place(path: &Path) -> String {
    one_line(&path.display().to_string()).into_owned()
}

/// Escapes line ends and tabs, too: what is one line of ours stays one line, whatever was named in it.
pub fn one_line(text: &str) -> Cow<'_, str> {
    match escaped(text) {
        shown if !shown.contains(['\n', '\t']) => shown,
        shown => Cow::Owned(shown.replace('\n', "\\n").replace('\t', "\\t")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // REQ-160
    #[test]
    fn what_nobody_sees_does_not_count() {
        for blank in [
            "",
            " \t\r\n",
            "\u{a0}\u{2003}\u{3000}\u{2028}\u{85}",
            "\0\u{1b}\u{7f}",
            "\u{200b}\u{200d}\u{2060}\u{feff}\u{ad}\u{202e}\u{180e}",
            "\u{2800}\u{3164}\u{115f}\u{1160}\u{ffa0}\u{1d159}\u{13441}",
            "\u{fe0f}\u{e0100}\u{180b}\u{34f}",
            "\u{e0041}\u{e0001}\u{e007f}",
            "\u{301}\u{20dd}\u{903}\u{17b4}",
            "\u{e000}\u{10fffd}\u{fdd0}\u{e0fff}",
        ] {
            assert!(is_blank(blank), "{blank:?}");
            assert_eq!(length(blank), 0);
            assert_eq!(length(&format!("a{blank}b")), 2, "{blank:?}");
        }
    }

    #[test]
    fn what_somebody_sees_counts() {
        for (text, expected) in [
            ("all well", 7),
            ("ä\u{301}", 1),
            ("✓", 1),
            ("👩\u{200d}💻", 2),
            ("निर्णय", 4),
            ("変更", 2),
            ("<!-- -->", 7),
        ] {
            assert_eq!(length(text), expected, "{text:?}");
            assert!(!is_blank(text));
        }
    }
}
