//! Texts of others in a message: as much of them as is needed to know which is meant.

use std::borrow::Cow;

/// Longest part of a text that is repeated, in characters, and of a heading, which is read as a name.
pub(super) const QUOTED: usize = 40;
const HEADING: usize = 100;

/// Cuts a text at the end of its first line, and where it is long.
pub fn cut(text: &str) -> Cow<'_, str> {
    cut_at(text, QUOTED)
}

/// Cuts the words of a heading where they are long.
pub(super) fn cut_heading(title: &str) -> Cow<'_, str> {
    cut_at(title, HEADING)
}

fn cut_at(text: &str, most: usize) -> Cow<'_, str> {
    let line = text.lines().next().unwrap_or_default();
    let end = line.char_indices().nth(most).map_or(line.len(), |(end, _)| end);
    if end == text.len() {
        Cow::Borrowed(text)
    } else {
        Cow::Owned(format!("{}…", line.get(..end).unwrap_or_default()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_cut_at_its_line_and_where_it_is_long() {
        for (text, expected) in [("", ""), ("a b", "a b"), ("a\nb", "a…"), ("a\n", "a…")] {
            assert_eq!(cut(text), expected, "{text:?}");
        }
        assert_eq!(cut(&"ä".repeat(QUOTED)), "ä".repeat(QUOTED));
        assert_eq!(cut(&"ä".repeat(QUOTED + 1)), format!("{}…", "ä".repeat(QUOTED)));
    }
}
