//! The sections of a document: its headings, and which lines stand under them.

use std::ops::Range;

use super::lines::{Kind, Line, Text};

/// A heading with everything under it, up to the next heading that is not below it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Section<'a> {
    /// The level of its heading, from 1 to 6.
    pub level: u8,
    /// What its heading says, number included.
    pub title: &'a str,
    /// The line of its heading, from 1.
    pub line: usize,
    /// Its lines, the heading and the sections below it included, counted from 0.
    pub lines: Range<usize>,
    /// The section that it is part of, by its place among the sections.
    pub parent: Option<usize>,
}

/// The sections of a document, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sections<'a>(pub Vec<Section<'a>>);

impl<'a> Sections<'a> {
    /// Finds the sections of a text.
    pub fn of(text: &Text<'a>) -> Self {
        let mut found: Vec<Section<'a>> = Vec::new();
        // Those that the present line is in, outermost first.
        let mut open: Vec<usize> = Vec::new();
        for (at, line) in text.lines.iter().enumerate() {
            let Kind::Heading(level) = line.kind else { continue };
            while let Some(last) = open.last().and_then(|last| found.get_mut(*last)) {
                if last.level < level {
                    break;
                }
                last.lines.end = at;
                open.pop();
            }
            let parent = open.last().copied();
            open.push(found.len());
            let lines = at..text.lines.len();
            found.push(Section { level, title: title(line), line: line.number, lines, parent });
        }
        Self(found)
    }

    /// Finds the innermost section of a line that is counted from 0.
    pub fn around(&self, line: usize) -> Option<&Section<'a>> {
        let until = self.0.partition_point(|section| section.lines.start <= line);
        // The last heading before a line is the innermost one around it.
        self.0.get(until.checked_sub(1)?)
    }
}

impl Section<'_> {
    /// Tells whether two sections have the same heading.
    pub fn is_named_as(&self, other: &Section<'_>) -> bool {
        self.level == other.level && self.title == other.title
    }
}

/// What a heading says, without its marks at both ends.
fn title<'a>(line: &Line<'a>) -> &'a str {
    let white = [' ', '\t'];
    let said = line.text.trim_matches(white).trim_start_matches('#').trim_start_matches(white);
    let open = said.trim_end_matches('#');
    if open.is_empty() || open.ends_with(white) { open.trim_end_matches(white) } else { said }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sections_reach_to_the_next_heading_that_is_not_below_them() {
        let text = "---\nid: A\n---\nbefore\n# T\na\n## 1 One\n### 1.1 Deep ##\nb\n## 2 C#\n# U #\n";
        let text = Text::of(text);
        let sections = Sections::of(&text);
        let shown: Vec<_> = sections.0.iter().map(|it| (it.title, it.lines.clone(), it.parent)).collect();
        assert_eq!(
            shown,
            [
                ("T", 4..10, None),
                ("1 One", 6..9, Some(0)),
                ("1.1 Deep", 7..9, Some(1)),
                ("2 C#", 9..10, Some(0)),
                ("U", 10..11, None),
            ]
        );
        let around = |line| sections.around(line).map(|section| section.title);
        assert_eq!(
            [around(3), around(5), around(8), around(10)],
            [None, Some("T"), Some("1.1 Deep"), Some("U")]
        );
    }

    #[test]
    fn headings_in_code_and_comments_begin_no_section() {
        let text = Text::of("# One\n```\n# no\n```\n<!--\n# no\n-->\n    # no\n#no\n# Two\n");
        let sections = Sections::of(&text);
        assert_eq!(sections.0.iter().map(|it| it.line).collect::<Vec<_>>(), [1, 10]);
    }
}
