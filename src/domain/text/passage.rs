//! Passages: stretches of a document that a page shows as running text, with what is code or comment
//! taken out of them.

use std::borrow::Cow;

use super::ahead::Ahead;
use super::lines::{Kind, Line, Text};
use super::table::tables;
use crate::domain::steps::count;

/// A stretch of running text: a paragraph, a heading, the cell of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Passage<'a> {
    /// The line that it begins in, from 1.
    line: usize,
    /// Its text, line breaks included.
    pub(super) text: &'a str,
    /// Where its lines end.
    ends: Vec<usize>,
    /// The same, with a space in the place of every byte that is code, comment, or after a backslash.
    pub(super) seen: Cow<'a, str>,
    /// Whether it is a paragraph, in which references can be defined.
    pub(super) is_paragraph: bool,
    /// Whether it is raw HTML, in which there are no links.
    pub(super) is_html: bool,
}

impl<'a> Passage<'a> {
    /// Reads a passage; `is_clear` where nothing before it can reach into it.
    pub(super) fn new(line: usize, text: &'a str, is_clear: bool) -> Self {
        let ends = text.match_indices('\n').map(|(at, _)| at).collect();
        Self { line, text, ends, seen: seen(text, is_clear), is_paragraph: false, is_html: false }
    }

    /// A line of raw HTML, in which backticks and backslashes are what they are.
    fn of_html(line: usize, text: &'a str) -> Self {
        Self { line, text, ends: Vec::new(), seen: Cow::Borrowed(text), is_paragraph: false, is_html: true }
    }

    /// The line that a place in it is in.
    pub(super) fn line(&self, at: usize) -> usize {
        self.line + self.ends.partition_point(|end| *end < at)
    }

    /// What stands between two places, code included.
    pub(super) fn quote(&self, from: usize, to: usize) -> &'a str {
        self.text.get(from..to).unwrap_or_default()
    }
}

/// Finds the passages of the body of a document.
pub(super) fn passages<'a>(document: &'a str, text: &Text<'a>) -> Vec<Passage<'a>> {
    let mut found = Vec::new();
    // In a table every cell stands for itself: what begins in one does not end in another.
    let mut of_tables = Vec::new();
    for table in tables(text) {
        of_tables.extend([table.header.line, table.header.line + 1]);
        of_tables.extend(table.rows.iter().map(|row| row.line));
        // A table that follows text can be part of it, in a list.
        let before = table.header.line.checked_sub(2).and_then(|at| text.lines.get(at));
        let is_clear = !before.is_some_and(is_text);
        for row in std::iter::once(&table.header).chain(&table.rows) {
            found.extend(row.cells.iter().map(|cell| Passage::new(row.line, cell.raw, is_clear)));
        }
    }
    let mut paragraph: Option<Stretch<'_, 'a>> = None;
    let mut is_after_text = false;
    for line in &text.lines {
        let is_text = is_text(line);
        if is_text && of_tables.binary_search(&line.number).is_err() {
            let end = line.start + line.text.len();
            // What follows a table directly belongs to it on a page, whatever it looks like.
            paragraph.get_or_insert(Stretch { first: line, end, is_paragraph: !is_after_text }).end = end;
            is_after_text = true;
            continue;
        }
        is_after_text = is_text || line.kind == Kind::Html;
        found.extend(paragraph.take().and_then(|it| it.passage(document)));
        match line.kind {
            Kind::Heading(_) => found.push(Passage::new(line.number, line.text, true)),
            // What stands behind the end of a comment shows.
            Kind::Comment => {
                let shown = line.text.split_once("-->").map(|(_, rest)| rest);
                found.extend(shown.map(|rest| Passage::of_html(line.number, rest)));
            }
            Kind::Html => found.push(Passage::of_html(line.number, line.text)),
            Kind::FrontMatter | Kind::Code | Kind::Prose => {}
        }
    }
    found.extend(paragraph.and_then(|it| it.passage(document)));
    found.sort_by_key(|passage| passage.line);
    found
}

fn is_text(line: &Line<'_>) -> bool {
    line.kind == Kind::Prose && !line.is_blank()
}

/// Lines that follow each other.
struct Stretch<'t, 'a> {
    first: &'t Line<'a>,
    /// Where the last one ends, in bytes from the beginning of the file.
    end: usize,
    is_paragraph: bool,
}

impl Stretch<'_, '_> {
    fn passage<'d>(&self, document: &'d str) -> Option<Passage<'d>> {
        let text = document.get(self.first.start..self.end)?;
        Some(Passage {
            is_paragraph: self.is_paragraph,
            ..Passage::new(self.first.number, text, self.is_paragraph)
        })
    }
}

/// Blanks out code, comments and escaped characters.
///
/// Whether a code span reaches over the end of a line depends on lists and quotes, which nobody reads here:
/// where a line leaves that open, nothing in the rest of the passage counts as code.
fn seen(text: &str, mut is_clear: bool) -> Cow<'_, str> {
    count(text.len());
    let is_special = |byte: u8| matches!(byte, b'\\' | b'`' | b'<');
    if !text.bytes().any(is_special) {
        return Cow::Borrowed(text);
    }
    let mut seen = String::with_capacity(text.len());
    let mut line = Ahead::of(text, |rest| rest.find('\n'));
    let mut tick = Ahead::of(text, |rest| rest.find('`'));
    let mut bracket = Ahead::of(text, |rest| rest.find('>'));
    let mut quote = Ahead::of(text, |rest| rest.find(['"', '\'']));
    while let Some(rest) = text.get(seen.len()..) {
        let plain = rest.bytes().position(is_special).unwrap_or(rest.len());
        seen.push_str(rest.get(..plain).unwrap_or_default());
        let (at, rest) = (seen.len(), rest.get(plain..).unwrap_or_default());
        let Some(first) = rest.chars().next() else { break };
        let hidden = match rest.as_bytes() {
            [b'\\', next, ..] if next.is_ascii_punctuation() => 2,
            [b'`', ..] if is_clear => {
                let line = text.get(at..line.next(at)).unwrap_or_default();
                code_span(line).unwrap_or_else(|| {
                    is_clear = false;
                    0
                })
            }
            [b'<', next, ..] if is_clear => comment(rest).unwrap_or_else(|| {
                // In a tag a backtick is none, and a quote can hold what looks like the end of the tag.
                let end = match next {
                    b'!' | b'?' => text.len(),
                    next if next.is_ascii_alphabetic() || *next == b'/' => bracket.next(at),
                    _ => at,
                };
                is_clear = tick.next(at) >= if quote.next(at) < end { text.len() } else { end };
                0
            }),
            _ => 0,
        };
        if hidden == 0 {
            seen.push(first);
        } else {
            seen.extend(std::iter::repeat_n(' ', hidden));
        }
    }
    Cow::Owned(seen)
}

/// The length of the code span that a line begins with.
pub(super) fn code_span(line: &str) -> Option<usize> {
    let run = |text: &str| text.len() - text.trim_start_matches('`').len();
    let fence = run(line);
    let mut at = fence;
    while let Some(next) = line.get(at..)?.find('`') {
        let close = run(line.get(at + next..)?);
        count(next + close);
        at += next + close;
        if close == fence {
            return Some(at);
        }
    }
    None
}

/// The length of the comment that a text begins with, where it ends in the same line. Not all pages hide
/// one with `--` inside.
fn comment(text: &str) -> Option<usize> {
    // `<!-->` and `<!--->` are comments by themselves.
    let inside = text.strip_prefix("<!--").filter(|it| !it.starts_with('>') && !it.starts_with("->"))?;
    let (comment, rest) = inside.split_once("--")?;
    count(comment.len());
    (rest.starts_with('>') && !comment.contains('\n')).then_some(comment.len() + "<!---->".len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn shown(document: &str) -> Vec<(usize, String)> {
        let text = Text::of(document);
        let squeeze = |seen: &str| seen.split_whitespace().collect::<Vec<_>>().join(" ");
        passages(document, &text).iter().map(|it| (it.line, squeeze(&it.seen))).collect()
    }

    #[test]
    fn code_comments_and_escapes_are_not_seen() {
        for (text, expected) in [
            ("a `b` c ``d ` e`` f\n", "a c f"),
            ("a <!-- b --> c <!-- d -- e -->\n", "a c <!-- d -- e -->"),
            ("\\[a\\] \\`b\\`\n", "a b"),
            // Whether this is one span or two depends on what stands around.
            ("- a ` b\n- TBD ` d `e`\n", "- a ` b - TBD ` d `e`"),
            ("<a title=\"`\"> TBD `x`\n", "<a title=\"`\"> TBD `x`"),
            ("<a title='>`'> TBD `x`\n", "<a title='>`'> TBD `x`"),
            ("<? >` ?> TBD `x`\n", "<? >` ?> TBD `x`"),
            ("a <b> `c` d <https://e> `f`\n", "a <b> d <https://e>"),
            ("a <!--> b -->\n", "a <!--> b -->"),
            ("<div>\n`a`\n</div>\n", "<div>/`a`/</div>"),
            ("- a `\n| b ` TBD ` | c |\n|---|---|\n", "- a `/b ` TBD `/c"),
            ("# a `b` c\n", "# a c"),
            ("<!-- a --> b\n", "b"),
            ("<!-- a\nb --> c\n", "c"),
            ("```\na\n```\n", ""),
        ] {
            let shown: Vec<_> = shown(text).into_iter().map(|(_, seen)| seen).collect();
            assert_eq!(shown.join("/"), expected, "{text:?}");
        }
    }

    #[test]
    fn every_passage_knows_its_line() {
        let text = "---\nid: A\n---\na\nb\n\n| `x | y` |\n|---|---|\n| 1 | 2 |\nlast\n\n# c\n";
        let of = |line, seen: &str| (line, seen.to_owned());
        assert_eq!(
            shown(text),
            [of(4, "a b"), of(7, "`x"), of(7, "y`"), of(9, "1"), of(9, "2"), of(10, "last"), of(12, "# c")]
        );
    }

    proptest! {
        #[test]
        fn what_is_seen_has_the_length_of_the_text(text in "[ab`\\\\<>!\\-\\[\\]\nä]{0,60}") {
            let seen = seen(&text, true);
            prop_assert_eq!(seen.len(), text.len());
            for (a, b) in seen.bytes().zip(text.bytes()) {
                prop_assert!(a == b || a == b' ');
            }
        }
    }
}
