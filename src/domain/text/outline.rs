//! The outline of a template: where its headings stand. A section that moved under another one would be
//! written when that one is.

use std::collections::BTreeMap;

use super::lines::{Kind, Text};
use super::rendered::words_of;
use super::sections::{Section, Sections};

/// The headings of a template.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outline {
    headings: Vec<Heading>,
    /// The headings that say what they say in every document, by their words.
    fixed: BTreeMap<String, Vec<usize>>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Heading {
    level: u8,
    words: String,
    /// Whether its words are filled in.
    is_open: bool,
    parent: Option<usize>,
}

/// A heading of the template that stands elsewhere in a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Misplaced<'a> {
    /// What it says there.
    pub(super) title: &'a str,
    /// Its line, from 1.
    pub(super) line: usize,
    /// Where it stands, after the line.
    pub(super) how: String,
}

/// What a heading says to whoever reads the page.
fn words(title: &str) -> String {
    words_of(title).to_lowercase().split_whitespace().collect::<Vec<_>>().join(" ")
}

impl Outline {
    /// Reads the outline of a template.
    pub fn of(sections: &Sections<'_>) -> Self {
        let mut outline = Self::default();
        for (at, section) in sections.0.iter().enumerate() {
            let (level, words, parent) = (section.level, words(section.title), section.parent);
            let is_open = section.title.contains("{{") || section.title.contains('[');
            if !is_open {
                outline.fixed.entry(words.clone()).or_default().push(at);
            }
            outline.headings.push(Heading { level, words, is_open, parent });
        }
        outline
    }

    /// Tells of every section of a document whether it has a heading of the template in another place, and
    /// where it stands.
    pub(super) fn misplaced(&self, sections: &Sections<'_>) -> Vec<Option<String>> {
        let mut known: BTreeMap<(Option<usize>, String), Vec<usize>> = BTreeMap::new();
        let all = sections.0.iter().map(|section| {
            let words = words(section.title);
            let places = self.fixed.get(&words)?;
            let fitting = places.iter().filter(|place| self.stands(sections, section, **place)).count();
            if fitting == 0 {
                return Some(self.elsewhere(sections, section, places));
            }
            let lines = known.entry((section.parent, words)).or_default();
            lines.push(section.line);
            match lines.as_slice() {
                [first, ..] if lines.len() > fitting => Some(format!("stands in line {first} already")),
                _ => None,
            }
        });
        all.collect()
    }

    /// Finds the headings of the template that stand elsewhere in a document, or are no headings there.
    pub(super) fn faults<'a>(&self, text: &Text<'a>, sections: &Sections<'a>) -> Vec<Misplaced<'a>> {
        let headings = sections.0.iter().zip(self.misplaced(sections)).filter_map(|(section, how)| {
            Some(Misplaced { title: section.title, line: section.line, how: how? })
        });
        let is_text = |kind| matches!(kind, Kind::Prose | Kind::Html);
        let lines = text.lines.iter().filter(|line| is_text(line.kind) && !line.is_blank());
        let bare = lines.filter(|line| self.is_bare(line.text)).map(|line| Misplaced {
            title: line.text.trim(),
            line: line.number,
            how: "is a heading in the template, and no heading here".to_owned(),
        });
        let mut found: Vec<Misplaced<'a>> = headings.chain(bare).collect();
        found.sort_by_key(|one| one.line);
        found
    }

    /// Tells whether a line of text says what a heading of the template says, or is one in a list or a quote.
    /// A single word without a number is a word like any other.
    fn is_bare(&self, line: &str) -> bool {
        let inside = line.trim_start_matches([' ', '\t', '>', '-', '+', '*']);
        let is_heading = inside.starts_with('#');
        let words = words(if is_heading { inside.trim_matches(['#', ' ', '\t']) } else { line });
        let is_telling = is_heading || words.contains(|c: char| c == ' ' || c.is_ascii_digit());
        is_telling && self.fixed.contains_key(&words)
    }

    /// Tells whether a section stands where the template has a heading: at its level, below what that is
    /// below.
    fn stands(&self, sections: &Sections<'_>, section: &Section<'_>, place: usize) -> bool {
        let Some(heading) = self.headings.get(place) else { return false };
        let words = words(section.title);
        let is_same = if heading.is_open { !self.fixed.contains_key(&words) } else { heading.words == words };
        let around = section.parent.and_then(|parent| sections.0.get(parent));
        section.level == heading.level
            && is_same
            && match (around, heading.parent) {
                (None, None) => true,
                (Some(around), Some(parent)) => self.stands(sections, around, parent),
                // Above all sections a title may be missing, or be added.
                (None, Some(top)) => {
                    self.headings.get(top).is_some_and(|it| it.is_open && it.parent.is_none())
                }
                (Some(around), None) => around.parent.is_none() && !self.is_fixed(around),
            }
    }

    fn is_fixed(&self, section: &Section<'_>) -> bool {
        self.fixed.contains_key(&words(section.title))
    }

    /// Says where a section stands that stands in none of its places.
    fn elsewhere(&self, sections: &Sections<'_>, section: &Section<'_>, places: &[usize]) -> String {
        let place = places.iter().find_map(|place| self.headings.get(*place));
        let under = section.parent.and_then(|parent| sections.0.get(parent)).map(|it| it.title);
        let stands =
            under.map_or("stands under nothing".to_owned(), |title| format!("stands under `{title}`"));
        let Some(place) = place.filter(|place| place.level != section.level) else { return stands };
        let (wanted, found) = ("#".repeat(place.level.into()), "#".repeat(section.level.into()));
        format!("{stands} with `{found}`, where the template has `{wanted}`")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::id::PhaseName;
    use crate::domain::text::{Declared, Season, edits};

    const TEMPLATE: &str = "# {{title}}\n\n## 1 Plan\n\n### 1.1 {{step}}\n\n#### How\n\n## 2 Done\n<!-- open: execution -->\n\n\
        [done]\n\n## 3 End\n\nend\n";

    /// The edits as `section: marks`.
    fn found(season: Season<'_>, before: &str, after: &str) -> Vec<String> {
        let template = Text::of(TEMPLATE);
        let declared = Declared::of(&template);
        let marks = |marks: &[super::super::Mark]| {
            marks.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
        };
        edits(&declared, season, before, after)
            .iter()
            .map(|it| format!("{}: {}", it.section, marks(&it.marks)))
            .collect()
    }

    // REQ-165
    #[test]
    fn a_heading_of_the_template_stands_where_it_stands_there() {
        let drafted = TEMPLATE.replace("{{title}}", "Title").replace("{{step}}", "Stop");
        let again = "### 1.2 Start\n\n#### How\n\n";
        for (from, to) in [
            ("## 2 Done", &format!("{again}## 2 Done")),
            ("# Title\n", &String::new()),
            ("## 3 End\n\nend\n", &String::new()),
            ("[done]", &"### 2.1 More\n\n`3 End`, 3 End in words".to_owned()),
        ] {
            let text = drafted.replacen(from, to, 1);
            assert_eq!(found(Season::Drafting, TEMPLATE, &text), [""; 0], "{text}");
        }
        for (from, to, expected) in [
            (
                "## 3 End",
                "### 3 End",
                "`3 End`: line 14 stands under `2 Done` with `###`, where the template has `##`",
            ),
            (
                "[done]",
                "### More\n\n#### 3&nbsp;*END*",
                "`3&nbsp;*END*`: line 14 stands under `More` with `####`, where the template has `##`",
            ),
            ("[done]", "### More\n\n#### How", "`How`: line 14 stands under `More`"),
            ("## 2 Done", "## 1 plan\n\n## 2 Done", "`1 plan`: line 9 stands in line 3 already"),
            ("#### How", "#### How\n#### How", "`How`: line 8 stands in line 7 already"),
            ("[done]", "**3 End**", "`**3 End**`: line 12 is a heading in the template, and no heading here"),
            (
                "[done]",
                "> - ## 3 End ##",
                "`> - ## 3 End ##`: line 12 is a heading in the template, and no heading here",
            ),
            (
                "[done]",
                "<h2>3 End</h2>",
                "`<h2>3 End</h2>`: line 12 is a heading in the template, and no heading here",
            ),
        ] {
            let text = drafted.replacen(from, to, 1);
            assert_eq!(found(Season::Drafting, TEMPLATE, &text), [expected], "{text}");
        }
    }

    // REQ-165
    #[test]
    fn a_section_that_stood_elsewhere_in_the_approved_text_is_locked_there() {
        let Ok(phase) = PhaseName::parse("execution") else { panic!("a phase") };
        let moved = TEMPLATE.replace("## 3 End", "### 3 End");
        let found = |from: &str, to: &str| found(Season::Phase(&phase), &moved, &moved.replacen(from, to, 1));
        assert_eq!(found("\nend\n", "\nanother\n"), ["`3 End`: line 16 reads `another`"]);
        assert_eq!(found("[done]", "it was done"), [""; 0]);
    }
}
