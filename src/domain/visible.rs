//! What of a text somebody sees: a text of which nothing is seen says nothing.
//!
//! Letters of other alphabets that look like Latin ones are letters; what they are taken for is no
//! question here.

use std::borrow::Cow;
use std::path::Path;

use unicode_general_category::{GeneralCategory, get_general_category};

/// Tells whether a character is seen by itself. White space and format characters are not, nor is what
/// only changes the look of another, nor what no standard gives a look.
pub fn is_visible(c: char) -> bool {
    c.is_ascii_graphic() || (!c.is_ascii() && !is_deceptive(c) && has_look(c))
}

/// Tells whether nothing of a text is seen.
pub fn is_blank(text: &str) -> bool {
    !text.chars().any(is_visible)
}

/// Counts the characters of a text that are seen.
pub fn length(text: &str) -> usize {
    text.chars().filter(|c| is_visible(*c)).count()
}

/// Tells whether a character does not show, or changes how other text is shown: control characters, what Unicode calls
/// ignorable by default (`Default_Ignorable_Code_Point`) or a format, and letters and symbols that look blank. White
/// space shows as the gap that it is.
pub fn is_deceptive(c: char) -> bool {
    c.is_control()
        || matches!(c,
            // Soft hyphen, joiners of graphemes, marks of direction, fillers of Hangul and inherent vowels of Khmer.
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}'
            // Selectors of Mongolian; spaces of no width, line ends, marks of direction, invisible operators.
            | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
            // The empty cell of Braille and the filler of Hangul.
            | '\u{2800}' | '\u{3164}'
            // Selectors of variants, the mark of byte order, marks of annotations and of what is not there.
            | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffc}'
            // Controls and blanks of hieroglyphs, of shorthand and of music, and the filler of Khitan.
            | '\u{13430}'..='\u{13442}' | '\u{16fe4}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d159}'
            | '\u{1d173}'..='\u{1d17a}'
            // Tags, more selectors, and what is set apart for such.
            | '\u{e0000}'..='\u{e0fff}')
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

/// Finds the characters of a text that do not show or change how other text is shown, with their places. Joiners where
/// writing has them are none: Persian, Hindi and others are written with them, and pictures that make one. Nor is one
/// selector behind a symbol, as in ⚠\u{fe0f}, behind an ideograph or behind a letter of Mongolian.
pub fn deceptions(text: &str) -> impl Iterator<Item = (usize, char)> {
    deceptions_after(None, text)
}

fn deceptions_after(mut before: Option<char>, text: &str) -> impl Iterator<Item = (usize, char)> {
    text.char_indices().filter(move |(at, c)| {
        let last = before.replace(*c);
        let next = || text.get(at + c.len_utf8()..).and_then(|rest| rest.chars().next());
        is_deceptive(*c) && !last.is_some_and(|last| joins(last, *c, next()) || selects(last, *c))
    })
}

/// Says which character of a line does not show, if one does not.
pub fn unseen(line: &str) -> Option<String> {
    let (_, c) = deceptions(line).next()?;
    Some(format!("has the character U+{:04X}, which does not show", u32::from(c)))
}

/// Tells whether a joiner, or a break between words that no space shows, stands where writing has it: between letters;
/// between a digit and its suffix; behind a letter of Arabic or a mark that takes the vowel away, at the end of a word,
/// too; between pictures that make one; between letters of scripts that put no space between words.
fn joins(before: char, c: char, next: Option<char>) -> bool {
    use GeneralCategory::{DecimalNumber, ModifierSymbol, NonspacingMark, OtherSymbol};
    let category = get_general_category;
    let next_is = |test: fn(char) -> bool| next.is_some_and(test);
    let is_unspaced =
        |c: char| matches!(c, '\u{e00}'..='\u{eff}' | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{17ff}');
    let is_arabic =
        |c: char| matches!(c, '\u{620}'..='\u{6ff}' | '\u{750}'..='\u{77f}' | '\u{8a0}'..='\u{8ff}');
    match c {
        '\u{200c}' | '\u{200d}' if is_letter(before) && next_is(is_letter) => true,
        '\u{200c}' => !before.is_ascii() && category(before) == DecimalNumber && next_is(is_letter),
        '\u{200d}' => {
            let is_picture = before == '\u{fe0f}' || matches!(category(before), OtherSymbol | ModifierSymbol);
            is_arabic(before)
                || !before.is_ascii() && category(before) == NonspacingMark && !is_deceptive(before)
                || is_picture && !before.is_ascii() && next.is_some_and(|next| category(next) == OtherSymbol)
        }
        '\u{200b}' => is_unspaced(before) && next.is_some_and(is_unspaced),
        _ => false,
    }
}

/// Tells whether a character is an ideograph, which has variants in names.
fn is_ideograph(c: char) -> bool {
    matches!(c, '\u{3005}'..='\u{3007}' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}'
        | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}')
}

/// Tells whether a selector chooses between the looks that a character has: as text or as a picture, or as a letter
/// of Mongolian.
fn selects(before: char, c: char) -> bool {
    use GeneralCategory::{DashPunctuation, MathSymbol, OtherPunctuation, OtherSymbol};
    let has_looks = || {
        matches!(before, '0'..='9' | '#' | '*' | '\u{2139}')
            || (!before.is_ascii()
                && !is_deceptive(before)
                && matches!(
                    get_general_category(before),
                    DashPunctuation | MathSymbol | OtherPunctuation | OtherSymbol
                ))
    };
    match c {
        '\u{fe0e}' | '\u{fe0f}' => has_looks(),
        '\u{fe00}'..='\u{fe0d}' => {
            is_ideograph(before) || !before.is_ascii() && get_general_category(before) == MathSymbol
        }
        '\u{e0100}'..='\u{e01ef}' => is_ideograph(before),
        '\u{180b}'..='\u{180f}' => matches!(before, '\u{1820}'..='\u{18aa}'),
        _ => false,
    }
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

    /// The number signs of Arabic and others are formats that show, before the digits that they belong to.
    const SHOWN: [char; 13] = [
        '\u{600}',
        '\u{601}',
        '\u{602}',
        '\u{603}',
        '\u{604}',
        '\u{605}',
        '\u{6dd}',
        '\u{70f}',
        '\u{890}',
        '\u{891}',
        '\u{8e2}',
        '\u{110bd}',
        '\u{110cd}',
    ];

    // REQ-264
    #[test]
    fn whatever_is_a_control_or_a_format_is_found_and_what_shows_is_not() {
        use GeneralCategory::{
            Control, DecimalNumber, Format, LineSeparator, LowercaseLetter, ParagraphSeparator,
            SpaceSeparator, TitlecaseLetter, UppercaseLetter,
        };
        for c in '\0'..=char::MAX {
            let is_found = unseen(&format!("a{c}b")).is_some() || is_joiner(c);
            match get_general_category(c) {
                Control | Format | LineSeparator | ParagraphSeparator if !SHOWN.contains(&c) => {
                    assert!(is_found, "U+{:04X}", u32::from(c));
                }
                SpaceSeparator | LowercaseLetter | UppercaseLetter | TitlecaseLetter | DecimalNumber => {
                    assert!(!is_found, "U+{:04X}", u32::from(c));
                }
                _ => {}
            }
            // What is no gap and is not seen either hides nothing beside what is found.
            assert!(!(is_deceptive(c) && is_visible(c)), "U+{:04X}", u32::from(c));
        }
    }

    // REQ-139
    #[test]
    fn names_and_titles_are_written_as_their_languages_write_them() {
        let honest = [
            "渡邉\u{e0101}",
            "葛\u{e0100}城",
            "神\u{fe00}",
            "∩\u{fe00}",
            "۳\u{200c}ماهه",
            "می\u{200c}رود",
            "ه\u{200d}",
            "ന്\u{200d}",
            "ភាសា\u{200b}ខ្មែរ",
            "ᠨᠠ\u{180e}ᠠ",
            "👩\u{200d}💻",
            "🏳\u{fe0f}\u{200d}🌈",
            "⚠\u{fe0f}",
        ];
        for text in honest {
            assert_eq!(unseen(text), None, "{}", text.escape_unicode());
        }
        let hidden = [
            "a\u{e0101}",
            "渡\u{e0101}\u{e0102}",
            "a\u{200b}b",
            "a\u{200d}",
            "1\u{200c}a",
            "ab\u{fe00}",
            "\u{200d}💻",
            "渡\u{200d} ",
            "x\u{180e}",
        ];
        for text in hidden {
            assert!(unseen(text).is_some(), "{}", text.escape_unicode());
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
