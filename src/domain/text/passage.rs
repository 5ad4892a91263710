//! Passages: stretches of a document that a page shows as running text, with what is code or comment
//! taken out of them.

use super::lines::{Kind, Line, Text};
use super::table::tables;

/// A stretch of running text: a paragraph, a heading, the cell of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Passage<'a> {
    /// The line that it begins in, from 1.
    line: usize,
    /// Its text, line breaks included.
    text: &'a str,
    /// Where its lines end.
    ends: Vec<usize>,
    /// The same, with a space in the place of every byte that is code, comment, or after a backslash.
    pub(super) seen: String,
}

impl<'a> Passage<'a> {
    fn new(line: usize, text: &'a str) -> Self {
        let ends = text.match_indices('\n').map(|(at, _)| at).collect();
        Self { line, text, ends, seen: seen(text) }
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
        for row in std::iter::once(&table.header).chain(&table.rows) {
            found.extend(row.cells.iter().map(|cell| Passage::new(row.line, cell.raw)));
        }
    }
    let mut paragraph: Option<(&Line<'a>, usize)> = None;
    for line in &text.lines {
        let is_running = line.kind == Kind::Prose && !line.is_blank();
        if is_running && of_tables.binary_search(&line.number).is_err() {
            let first = paragraph.map_or(line, |(first, _)| first);
            paragraph = Some((first, line.start + line.text.len()));
            continue;
        }
        found.extend(paragraph.take().and_then(|it| joined(document, it)));
        match line.kind {
            Kind::Heading(_) => found.push(Passage::new(line.number, line.text)),
            // What stands behind the end of a comment shows.
            Kind::Comment => {
                let shown = line.text.split_once("-->").map(|(_, rest)| rest);
                found.extend(shown.map(|rest| Passage::new(line.number, rest)));
            }
            Kind::FrontMatter | Kind::Code | Kind::Prose => {}
        }
    }
    found.extend(paragraph.and_then(|it| joined(document, it)));
    found.sort_by_key(|passage| passage.line);
    found
}

fn joined<'a>(document: &'a str, (first, end): (&Line<'a>, usize)) -> Option<Passage<'a>> {
    Some(Passage::new(first.number, document.get(first.start..end)?))
}

/// Blanks out code, comments and escaped characters.
///
/// Whether a code span reaches over the end of a line depends on lists and quotes, which nobody reads here:
/// where a line leaves that open, nothing in the rest of the passage counts as code.
fn seen(text: &str) -> String {
    let mut seen = String::with_capacity(text.len());
    let mut is_clear = true;
    let (mut tick, mut bracket) = (Ahead::of('`'), Ahead::of('>'));
    while let Some(rest) = text.get(seen.len()..).filter(|rest| !rest.is_empty()) {
        let at = seen.len();
        let hidden = match rest.as_bytes() {
            [b'\\', next, ..] if next.is_ascii_punctuation() => 2,
            [b'`', ..] if is_clear => code_span(rest).unwrap_or_else(|| {
                is_clear = false;
                0
            }),
            [b'<', next, ..] if is_clear => comment(rest).unwrap_or_else(|| {
                // In a tag a backtick is none.
                let is_tag = next.is_ascii_alphabetic() || matches!(next, b'/' | b'!' | b'?');
                is_clear = !is_tag || bracket.next(text, at) < tick.next(text, at);
                0
            }),
            _ => 0,
        };
        if hidden == 0 {
            seen.extend(rest.chars().next());
        } else {
            seen.extend(std::iter::repeat_n(' ', hidden));
        }
    }
    seen
}

/// Where a character comes next; a text is looked through once, however often that is asked.
struct Ahead {
    wanted: char,
    found: Option<usize>,
}

impl Ahead {
    fn of(wanted: char) -> Self {
        Self { wanted, found: None }
    }

    /// The first place from `at` on, or the end.
    fn next(&mut self, text: &str, at: usize) -> usize {
        if self.found.is_none_or(|found| found < at) {
            let next = text.get(at..).and_then(|rest| rest.find(self.wanted));
            self.found = Some(next.map_or(text.len(), |next| at + next));
        }
        self.found.unwrap_or(at)
    }
}

/// The length of the code span that a text begins with, where it ends in the same line.
fn code_span(text: &str) -> Option<usize> {
    let run = |text: &str| text.len() - text.trim_start_matches('`').len();
    let line = text.split('\n').next()?;
    let fence = run(line);
    let mut at = fence;
    while let Some(next) = line.get(at..)?.find('`') {
        let close = run(line.get(at + next..)?);
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
    let inside = text.strip_prefix("<!--")?;
    let (comment, rest) = inside.split_once("--")?;
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
            let seen = seen(&text);
            prop_assert_eq!(seen.len(), text.len());
            for (a, b) in seen.bytes().zip(text.bytes()) {
                prop_assert!(a == b || a == b' ');
            }
        }
    }
}
