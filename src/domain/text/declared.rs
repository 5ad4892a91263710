//! What a template declares about its sections, for nobody to see on a page: in the line under a heading
//! stands `<!-- open: execution -->`, or `<!-- locked -->`, or one under the other.

use std::collections::BTreeMap;

use super::cut::cut_heading;
use super::lines::{Fault, Kind, Line, Text};
use super::outline::Outline;
use super::sections::{Section, Sections};
use crate::domain::id::PhaseName;
use crate::domain::nearest::nearest;

/// What is declared about a section, and about those below it that declare nothing themselves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Declaration<'a> {
    /// The section in the template.
    pub section: Section<'a>,
    /// Whether it says what the template says, whoever writes: `locked`.
    pub is_fixed: bool,
    /// The phases in which it is written, each with its line: `open: …`.
    pub open: BTreeMap<PhaseName, usize>,
}

/// What a template declares.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Declared<'a> {
    /// The declarations, in the order of the sections.
    pub declarations: Vec<Declaration<'a>>,
    /// What was probably meant as a declaration and is none, or cannot be one.
    pub faults: Vec<Fault>,
    /// Where its headings stand.
    pub outline: Outline,
}

impl<'a> Declared<'a> {
    /// Reads the declarations of a template.
    pub fn of(text: &Text<'a>) -> Self {
        let sections = Sections::of(text);
        let outline = Outline::of(&sections);
        let mut declared = Self { declarations: Vec::new(), faults: misplaced(text), outline };
        // Headings that stand twice, and where first and second.
        let mut named: BTreeMap<(u8, &str), (usize, Option<usize>)> = BTreeMap::new();
        for section in &sections.0 {
            let known = named.entry((section.level, section.title)).or_insert((section.line, None));
            known.1 = known.1.or(Some(section.line).filter(|line| *line != known.0));
        }
        for section in sections.0 {
            let (level, title) = (section.level, section.title);
            let under = text.lines.get(section.lines.start + 1..).unwrap_or_default();
            let mut declaration = Declaration { section, is_fixed: false, open: BTreeMap::new() };
            for line in under.iter().take_while(|line| line.kind == Kind::Comment) {
                if let Err(message) = declaration.read(line) {
                    declared.faults.push(Fault { line: line.number, message: message.into() });
                    break;
                }
            }
            if !declaration.is_fixed && declaration.open.is_empty() {
                continue;
            }
            match named.get(&(level, title)) {
                Some((first, Some(second))) => {
                    let message = format!(
                        "the heading of a declared section stands once, `{}` in lines {first} and {second}",
                        cut_heading(title)
                    );
                    declared.faults.push(Fault { line: declaration.section.line, message: message.into() });
                }
                _ => declared.declarations.push(declaration),
            }
        }
        declared.faults.sort();
        declared
    }

    /// Tells whether nothing is declared, nor meant to be.
    pub fn is_empty(&self) -> bool {
        self.declarations.is_empty() && self.faults.is_empty()
    }

    /// Names the sections that are written in a phase.
    pub fn open_in<'s>(&'s self, phase: &'s PhaseName) -> impl Iterator<Item = &'a str> + 's {
        self.declarations.iter().filter(|one| one.is_open_in(phase)).map(|one| one.section.title)
    }
}

impl Declaration<'_> {
    /// Tells whether the section is written in a phase.
    pub fn is_open_in(&self, phase: &PhaseName) -> bool {
        self.open.contains_key(phase)
    }

    /// Takes in a comment under the heading; the message says why it declares nothing.
    fn read(&mut self, line: &Line<'_>) -> Result<(), String> {
        let comment = line.text.trim().strip_prefix("<!--").and_then(|rest| rest.strip_suffix("-->"));
        let said = comment.map(str::trim).unwrap_or_default();
        if said == "locked" {
            let again = std::mem::replace(&mut self.is_fixed, true);
            return if again { Err("the section is declared locked already".to_owned()) } else { Ok(()) };
        }
        let Some(phases) = said.strip_prefix("open").and_then(|rest| rest.trim_start().strip_prefix(':'))
        else {
            return Err("a comment under a heading declares the section, `<!-- locked -->` or \
                        `<!-- open: execution -->`; others stand below the text"
                .to_owned());
        };
        for phase in phases.split(',') {
            let phase = PhaseName::parse(phase.trim()).map_err(|error| error.to_string())?;
            if self.is_open_in(&phase) {
                return Err(format!("the section is declared open in `{phase}` already"));
            }
            self.open.insert(phase, line.number);
        }
        Ok(())
    }
}

/// Finds comments that were probably meant as declarations and do not stand under a heading.
fn misplaced(text: &Text<'_>) -> Vec<Fault> {
    let mut faults = Vec::new();
    let mut is_under = false;
    for line in &text.lines {
        let is_comment = line.kind == Kind::Comment;
        let is_declaration = is_under && is_comment;
        is_under = is_declaration || matches!(line.kind, Kind::Heading(_));
        if is_declaration || matches!(line.kind, Kind::Code | Kind::FrontMatter) {
            continue;
        }
        let meant = line.text.split("<!--").skip(1).find_map(|comment| {
            let word = comment.trim_start().split(|c: char| !c.is_alphabetic()).next().unwrap_or_default();
            nearest(&word.to_lowercase(), ["open", "locked"].into_iter())
        });
        faults.extend(meant.map(|meant| {
            Fault {
                line: line.number,
                message: format!(
                    "a comment that declares a section `{meant}` stands directly under its heading"
                )
                .into(),
            }
        }));
    }
    faults
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> (String, Vec<usize>) {
        let text = Text::of(text);
        let declared = Declared::of(&text);
        let one = |it: &Declaration<'_>| {
            let open = it.open.keys().map(PhaseName::as_str).collect::<Vec<_>>().join("+");
            format!("{}:{}{open}", it.section.title, if it.is_fixed { "!" } else { "" })
        };
        let shown = declared.declarations.iter().map(one).collect::<Vec<_>>().join(" ");
        (shown, declared.faults.iter().map(|fault| fault.line).collect())
    }

    #[test]
    fn sections_are_declared_in_the_line_under_their_heading() {
        for (text, expected) in [
            (
                "# A\n<!-- locked -->\ntext\n## B\n<!--open : execution,planned-->\n",
                "A:! B:execution+planned",
            ),
            (
                "# A\n<!-- locked -->\n<!-- open: execution -->\n<!-- open: planned -->\n",
                "A:!execution+planned",
            ),
            ("# A\r\n<!-- locked -->\r\n", "A:!"),
            ("# A\ntext\n<!-- a note -->\n\n<!--\nlong\n-->\n", ""),
            ("# A\n```\n<!-- locked -->\n```\n", ""),
            ("---\nid: A # <!-- locked -->\n---\n", ""),
        ] {
            assert_eq!(shown(text), (expected.to_owned(), Vec::new()), "{text:?}");
        }
    }

    #[test]
    fn what_was_meant_as_a_declaration_is_never_silently_none() {
        for (text, expected, lines) in [
            ("# A\n<!-- lokced -->\n", "", vec![2]),
            ("# A\n<!-- Locked -->\n", "", vec![2]),
            ("# A\n<!-- open execution -->\n", "", vec![2]),
            ("# A\n<!-- open: -->\n", "", vec![2]),
            ("# A\n<!-- open: Execution -->\n", "", vec![2]),
            ("# A\n<!-- open: execution, -->\n", "A:execution", vec![2]),
            ("# A\n<!-- open: execution, execution -->\n", "A:execution", vec![2]),
            ("# A\n<!-- locked -->\n<!-- locked -->\n", "A:!", vec![3]),
            ("# A\n<!-- locked --> text\n", "", vec![2]),
            ("# A\n<!--\nlocked\n-->\n", "", vec![2]),
            ("# A\n<!-- any other note -->\n", "", vec![2]),
            ("# A <!-- locked -->\n", "", vec![1]),
            ("# A\n\n<!-- locked -->\n", "", vec![3]),
            ("# A\ntext <!-- opne: execution -->\n", "", vec![2]),
            ("# A\n<!-- locked -->\n# A\n", "", vec![1]),
        ] {
            assert_eq!(shown(text), (expected.to_owned(), lines), "{text:?}");
        }
    }
}
