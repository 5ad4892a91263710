//! The outline of a template: where its headings stand. A section that moved under another one would be
//! written when that one is.

use std::collections::BTreeMap;
use std::fmt;

use super::cut::cut_heading;
use super::lines::{Kind, Text};
use super::rendered::words_of;
use super::sections::Sections;
use crate::domain::steps::count;

/// The headings of a template, told apart by where they stand: headings at one level with the same words,
/// below the same others, are one knot of a tree.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outline {
    knots: BTreeMap<(Option<usize>, Kin), Knot>,
    /// The headings that say what they say in every document, by their words.
    fixed: BTreeMap<String, Fixed>,
}

/// What a heading has in common with others: its level, and its words unless they are filled in.
type Kin = (u8, Option<usize>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Knot {
    number: usize,
    /// How many headings of the template stand there.
    headings: usize,
}

/// Words that are not filled in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Fixed {
    number: usize,
    /// The level of the first heading that says them.
    level: u8,
}

/// A heading of the template that stands elsewhere in a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Misplaced<'a> {
    /// What it says there.
    pub(super) title: &'a str,
    /// Its line, from 1.
    pub(super) line: usize,
    /// Where it stands.
    pub(super) how: Standing<'a>,
}

/// Where a heading of the template stands in a document, instead of where it belongs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing<'a> {
    /// Where the one in this line stands already.
    Again(usize),
    /// Under another heading, or under none, at a level that is another than in the template.
    Elsewhere {
        /// What the heading above says.
        under: Option<&'a str>,
        /// Its level.
        level: u8,
        /// Its level in the template.
        wanted: u8,
    },
    /// In the text.
    InText,
}

impl fmt::Display for Standing<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Again(line) => write!(f, "stands in line {line} already"),
            Self::InText => f.write_str("is a heading in the template, and no heading here"),
            Self::Elsewhere { under, level, wanted } => {
                match under {
                    Some(title) => write!(f, "stands under `{}`", cut_heading(title))?,
                    None => f.write_str("stands under nothing")?,
                }
                if level == wanted {
                    return Ok(());
                }
                let marks = |level: u8| "#".repeat(level.into());
                write!(f, " with `{}`, where the template has `{}`", marks(*level), marks(*wanted))
            }
        }
    }
}

/// What a heading says to whoever reads the page.
fn words(title: &str) -> String {
    let seen = words_of(title);
    let mut words = String::with_capacity(seen.len());
    for word in seen.split_whitespace() {
        words.push_str(if words.is_empty() { "" } else { " " });
        words.push_str(word);
    }
    words.to_lowercase()
}

impl Outline {
    /// Reads the outline of a template.
    pub fn of(sections: &Sections<'_>) -> Self {
        let mut outline = Self::default();
        let mut numbers: Vec<usize> = Vec::with_capacity(sections.0.len());
        for section in &sections.0 {
            let is_open = section.title.contains("{{") || section.title.contains('[');
            let fixed = (!is_open).then(|| {
                let fixed = Fixed { number: outline.fixed.len(), level: section.level };
                outline.fixed.entry(words(section.title)).or_insert(fixed).number
            });
            let parent = section.parent.and_then(|parent| numbers.get(parent)).copied();
            let number = outline.knots.len();
            let knot = outline.knots.entry((parent, (section.level, fixed)));
            let knot = knot.or_insert(Knot { number, headings: 0 });
            knot.headings += 1;
            numbers.push(knot.number);
        }
        outline
    }

    /// Tells of every section of a document whether it has a heading of the template in another place, and
    /// where it stands.
    pub(super) fn misplaced<'a>(&self, sections: &Sections<'a>) -> Vec<Option<Standing<'a>>> {
        // Above all sections a title may be missing in a document, or be added.
        let is_top = |(parent, (_, words)): &(Option<usize>, Kin)| parent.is_none() && words.is_none();
        let tops = self.knots.iter().filter(|(kin, _)| is_top(kin)).map(|(_, knot)| Some(knot.number));
        let mut below: Vec<Option<usize>> = tops.chain([None]).collect();
        let tops = 0..below.len();
        let mut places = Vec::with_capacity(sections.0.len());
        let mut known: BTreeMap<(Option<usize>, usize), (usize, usize)> = BTreeMap::new();
        let mut found = Vec::with_capacity(sections.0.len());
        for section in &sections.0 {
            let fixed = self.fixed.get(&words(section.title)).copied();
            let kin = (section.level, fixed.map(|it| it.number));
            let around = section.parent.and_then(|parent| places.get(parent)).unwrap_or(&tops).clone();
            count(around.len());
            let (first, mut fitting) = (below.len(), 0);
            for at in around {
                let around = below.get(at).copied().flatten();
                if let Some(knot) = self.knots.get(&(around, kin)) {
                    fitting += knot.headings;
                    below.push(Some(knot.number));
                }
            }
            below.extend((section.parent.is_none() && fixed.is_none()).then_some(None));
            places.push(first..below.len());
            found.push(fixed.and_then(|Fixed { number, level: wanted }| {
                if fitting == 0 {
                    let under = section.parent.and_then(|parent| sections.0.get(parent)).map(|it| it.title);
                    return Some(Standing::Elsewhere { under, level: section.level, wanted });
                }
                let (line, times) = known.entry((section.parent, number)).or_insert((section.line, 0));
                *times += 1;
                (*times > fitting).then_some(Standing::Again(*line))
            }));
        }
        found
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
            how: Standing::InText,
        });
        let mut found: Vec<Misplaced<'a>> = headings.chain(bare).collect();
        found.sort_by_key(|one| one.line);
        found
    }

    /// Tells whether a line of text says what a heading of the template says, or is one in a list or a quote.
    /// A single word without a number is a word like any other.
    fn is_bare(&self, line: &str) -> bool {
        if self.fixed.is_empty() {
            return false;
        }
        let inside = line.trim_start_matches([' ', '\t', '>', '-', '+', '*']);
        let is_heading = inside.starts_with('#');
        let words = words(if is_heading { inside.trim_matches(['#', ' ', '\t']) } else { line });
        let is_telling = is_heading || words.contains(|c: char| c == ' ' || c.is_ascii_digit());
        is_telling && self.fixed.contains_key(&words)
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
        assert_eq!(found("\nend\n", "\nanother\n"), ["`3 End`: line 16 reads `another`, not `end`"]);
        assert_eq!(found("[done]", "it was done"), [""; 0]);
    }
}
