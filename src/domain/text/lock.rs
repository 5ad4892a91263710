//! Locks: which lines of a document stay as they are, and which of them somebody changed.
//!
//! What is locked is told by the declarations of the template, never by the document itself. Lines are
//! compared without their ends, so that another editor's line ends are no edit.

use std::collections::BTreeMap;
use std::fmt;

use super::apart::apart;
use super::compare::differences;
use super::cut::{cut, cut_heading};
use super::declared::{Declaration, Declared};
use super::lines::{Kind, Text};
use super::outline::{Outline, Standing};
use super::sections::Sections;
use crate::domain::id::PhaseName;

/// When a document is written, which decides what is locked in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Season<'a> {
    /// While it is drafted, everything is free but the sections that are declared locked, and the headings
    /// of declared sections.
    Drafting,
    /// After that, everything is locked but the sections that are declared open in this phase.
    Phase(&'a PhaseName),
}

/// The edits of one section that is locked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit<'a> {
    /// What the section is called in a sentence.
    pub section: Place<'a>,
    /// Its lines that are not as they were, in order.
    pub marks: Vec<Mark<'a>>,
}

/// What a line of a text belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place<'a> {
    /// The section with this heading, in this line.
    Section(&'a str, usize),
    /// The block that the document begins with.
    FrontMatter,
    /// What stands before the first heading.
    Beginning,
    /// The headings themselves.
    Outline,
}

impl fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Section(title, _) => write!(f, "`{}`", cut_heading(title)),
            Self::FrontMatter => f.write_str("the front matter"),
            Self::Beginning => f.write_str("the text before the first heading"),
            Self::Outline => f.write_str("the outline"),
        }
    }
}

/// A line that is not as it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mark<'a> {
    /// This line has another text, and which it was.
    Changed(usize, &'a str, &'a str),
    /// This line was not there.
    Added(usize, &'a str),
    /// This line of the text before is gone.
    Gone(usize, &'a str),
    /// This line is a heading of the template in another place, and where.
    Misplaced(usize, Standing<'a>),
}

impl Mark<'_> {
    fn is_blank(&self) -> bool {
        match self {
            Self::Added(_, text) | Self::Gone(_, text) => text.trim().is_empty(),
            Self::Changed(..) | Self::Misplaced(..) => false,
        }
    }
}

impl fmt::Display for Mark<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (begin, text) = match self {
            Self::Changed(line, text, was) => return write!(f, "line {line} reads {}", apart(text, was)),
            Self::Added(line, text) => (format!("line {line} is new:"), text),
            Self::Gone(line, text) => (format!("line {line} as it was is gone:"), text),
            Self::Misplaced(line, how) => return write!(f, "line {line} {how}"),
        };
        match text.trim() {
            "" => write!(f, "{begin} an empty line"),
            _ => write!(f, "{begin} `{}`", cut(text)),
        }
    }
}

/// Most lines that are told one by one: the next ones show once these are put right.
const MARKS: usize = 1_000;

/// Finds the edits of what is locked. While a document is drafted, `before` is its template; after that,
/// it is the content that is stored.
pub fn edits<'a>(
    declared: &Declared<'_>,
    season: Season<'_>,
    before: &'a str,
    after: &'a str,
) -> Vec<Edit<'a>> {
    if before == after {
        return Vec::new();
    }
    let (before, after) = (Text::of(before), Text::of(after));
    let sections = Sections::of(&before);
    let known = Known::of(declared, &sections);
    let places = |is_locked: Vec<bool>| -> Vec<usize> {
        is_locked.iter().enumerate().filter(|(_, is_locked)| **is_locked).map(|(at, _)| at).collect()
    };
    let old = places(known.locked(season, &before, &sections));
    let now = Sections::of(&after);
    let new = places(known.locked(season, &after, &now));
    let mut edits: Vec<Edit<'a>> = Vec::new();
    let mut left = MARKS;
    let mut add = |section, mark| match edits.last_mut().filter(|last| last.section == section) {
        Some(last) => last.marks.push(mark),
        None => edits.push(Edit { section, marks: vec![mark] }),
    };
    let said = |text: &Text<'a>, at: usize| text.lines.get(at).map(|line| line.text).unwrap_or_default();
    let lines = |text: &Text<'a>, list: &[usize]| list.iter().map(|at| said(text, *at)).collect::<Vec<_>>();
    for (gone, come) in differences(&lines(&before, &old), &lines(&after, &new)) {
        if left == 0 {
            break;
        }
        let gone = gone.start..gone.end.min(gone.start + left);
        let come = come.start..come.end.min(come.start + left);
        left -= gone.len().max(come.len());
        // New text belongs to the locked line before it, unless it begins a section of its own.
        let anchor = gone.end.checked_sub(1).and_then(|last| old.get(last)).copied().unwrap_or(0);
        let (gone, come) = (old.get(gone).unwrap_or_default(), new.get(come).unwrap_or_default());
        let both = gone.len().min(come.len());
        for (was, is) in gone.iter().zip(come) {
            let mark = match (said(&before, *was), said(&after, *is)) {
                (old, new) if new.trim().is_empty() => Mark::Gone(was + 1, old),
                (old, new) if old.trim().is_empty() => Mark::Added(is + 1, new),
                (old, new) => Mark::Changed(is + 1, new, old),
            };
            add(name(&before, &sections, *was), mark);
        }
        for was in gone.iter().skip(both) {
            add(name(&before, &sections, *was), Mark::Gone(was + 1, said(&before, *was)));
        }
        let mut section = name(&before, &sections, anchor);
        for is in come.iter().skip(both) {
            if after.lines.get(*is).is_some_and(|line| matches!(line.kind, Kind::Heading(_))) {
                section = Place::Outline;
            }
            add(section, Mark::Added(is + 1, said(&after, *is)));
        }
    }
    for edit in &mut edits {
        // Room is worth a word only where nothing else was touched.
        if edit.marks.iter().any(|mark| !mark.is_blank()) {
            edit.marks.retain(|mark| !mark.is_blank());
        }
    }
    // Afterwards such a heading is locked, wherever it stands.
    if season == Season::Drafting {
        edits.extend(declared.outline.faults(&after, &now).into_iter().take(MARKS).map(|one| Edit {
            section: Place::Section(one.title, one.line),
            marks: vec![Mark::Misplaced(one.line, one.how)],
        }));
    }
    edits
}

/// Tells of every line of a text whether it is locked, empty lines at the end of a section aside.
pub fn locked(declared: &Declared<'_>, season: Season<'_>, text: &Text<'_>) -> Vec<bool> {
    let sections = Sections::of(text);
    Known::of(declared, &sections).locked(season, text, &sections)
}

/// What counts for a document: the outline of its template, and the declarations whose section it has once.
struct Known<'a> {
    declarations: BTreeMap<(u8, &'a str), &'a Declaration<'a>>,
    outline: &'a Outline,
}

impl<'a> Known<'a> {
    fn of(declared: &'a Declared<'a>, sections: &Sections<'_>) -> Self {
        let mut counts: BTreeMap<(u8, &str), usize> = BTreeMap::new();
        for section in &sections.0 {
            *counts.entry((section.level, section.title)).or_default() += 1;
        }
        let once = |one: &&Declaration<'_>| counts.get(&(one.section.level, one.section.title)) == Some(&1);
        let declarations = declared.declarations.iter().filter(once);
        let declarations = declarations.map(|one| ((one.section.level, one.section.title), one)).collect();
        Self { declarations, outline: &declared.outline }
    }

    /// Tells of every line whether it is locked. The headings of declared sections always are, and empty
    /// lines at the end of a section never.
    fn locked(&self, season: Season<'_>, text: &Text<'_>, sections: &Sections<'_>) -> Vec<bool> {
        let otherwise = matches!(season, Season::Phase(_));
        let mut is_locked = vec![otherwise; text.lines.len()];
        let mut of_sections: Vec<bool> = Vec::with_capacity(sections.0.len());
        for (section, misplaced) in sections.0.iter().zip(self.outline.misplaced(sections)) {
            let declaration = self.declarations.get(&(section.level, section.title));
            let around = section.parent.and_then(|parent| of_sections.get(parent)).copied();
            let of_section = match (declaration, season) {
                (_, Season::Phase(_)) if misplaced.is_some() => true,
                (None, _) => around.unwrap_or(otherwise),
                (Some(one), Season::Drafting) => one.is_fixed,
                (Some(one), Season::Phase(phase)) => !one.is_open_in(phase),
            };
            of_sections.push(of_section);
            if let Some([heading, under @ ..]) = is_locked.get_mut(section.lines.clone()) {
                *heading = of_section || declaration.is_some();
                under.fill(of_section);
            }
        }
        let mut is_end = true;
        for (line, is_locked) in text.lines.iter().zip(&mut is_locked).rev() {
            let is_room = is_end && line.is_blank();
            is_end = is_room || matches!(line.kind, Kind::Heading(_));
            *is_locked &= !is_room;
        }
        is_locked
    }
}

/// What a line of a text belongs to.
fn name<'a>(text: &Text<'a>, sections: &Sections<'a>, line: usize) -> Place<'a> {
    match sections.around(line) {
        Some(section) => Place::Section(section.title, section.line),
        None if text.lines.get(line).is_some_and(|line| line.kind == Kind::FrontMatter) => Place::FrontMatter,
        None => Place::Beginning,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const TEMPLATE: &str = "---\nid: T\n---\n# {{title}}\n\nintro\n\n## 1 Rules\n<!-- locked -->\n\nAs always.\n\n\
        ## 2 Plan\n\n{{plan}}\n\n## 3 Done\n<!-- open: execution -->\n\n[done]\n\n### 3.1 Seal\n\
        <!-- locked -->\n\nseal\n\n## 4 End\n\nend\n";

    fn stored() -> String {
        TEMPLATE.replace("id: T", "id: A").replace("{{title}}", "Title").replace("{{plan}}", "the plan")
    }

    /// The edits as `section: marks`, where a mark is a sign and a line.
    fn found(season: Season<'_>, before: &str, after: &str) -> Vec<String> {
        let template = Text::of(TEMPLATE);
        let declared = Declared::of(&template);
        assert_eq!(declared.faults, []);
        let mark = |mark: &Mark<'_>| match mark {
            Mark::Changed(line, ..) => format!("~{line}"),
            Mark::Added(line, _) => format!("+{line}"),
            Mark::Gone(line, _) => format!("-{line}"),
            Mark::Misplaced(line, how) => format!("{line} {how}"),
        };
        let marks = |edit: &Edit<'_>| edit.marks.iter().map(mark).collect::<Vec<_>>().join(" ");
        edits(&declared, season, before, after)
            .iter()
            .map(|it| format!("{}: {}", it.section, marks(it)))
            .collect()
    }

    fn in_execution(after: &str) -> Vec<String> {
        let phase = PhaseName::parse("execution").unwrap();
        found(Season::Phase(&phase), &stored(), after)
    }

    fn in_drafting(after: &str) -> Vec<String> {
        found(Season::Drafting, TEMPLATE, after)
    }

    const NONE: [&str; 0] = [];

    #[test]
    fn open_sections_are_written_and_nothing_else() {
        let stored = stored();
        for (from, to) in [
            ("[done]", "It was done.\n\n### 3.0 Details\n\n```\n## 9 no heading\n```"),
            ("\n\n[done]\n", "\n"),
            ("<!-- open: execution -->\n", ""),
            ("\n", "\r\n"),
            ("end\n", "end\n\n\n"),
            ("end\n", "end"),
        ] {
            assert_eq!(in_execution(&stored.replace(from, to)), NONE, "{from:?} to {to:?}");
        }
        for (from, to, expected) in [
            ("the plan", "another plan", "`2 Plan`: ~15"),
            ("the plan", "the plan\nand more", "`2 Plan`: +16"),
            ("the plan\n", "", "`2 Plan`: -15"),
            ("intro", "Intro", "`Title`: ~6"),
            ("# Title", "# Other", "`Title`: ~4"),
            ("id: A", "id: B", "the front matter: ~2"),
            ("---\n# T", "---\nfirst\n# T", "the front matter: +4"),
            ("As always.", "As always. ", "`1 Rules`: ~11"),
            ("seal", "broken", "`3.1 Seal`: ~25"),
            ("## 4 End", "## 4 Ende", "`4 End`: ~27"),
            ("## 4 End", "### 4 End", "`4 End`: ~27"),
            ("[done]", "### 4 end\n\nfree", "the outline: +20 +22"),
            ("[done]", "### `4` _End_\n\nfree", "the outline: +20 +22"),
            ("[done]", "### [4 End](#x)\n\nfree", "the outline: +20 +22"),
            ("[done]", "### 2 <b>Plan</b>\n\n#### Detail\n\nfree", "the outline: +20 +22 +24"),
            ("## 4 End\n\nend\n", "", "`4 End`: -27 -29"),
            ("## 3 Done", "## 3 Gone", "`3 Done`: ~17 +18 +20"),
            ("## 4 End", "## New\n\nx\n\n## 4 End", "the outline: +27 +29"),
            ("[done]", "x\n## 3 Done", "the outline: +21"),
            ("end\n", "end\n## 3 Done\nfree\n", "the outline: +30 +31"),
            ("[done]", "```\nx", "`3.1 Seal`: -22 -23 -25"),
        ] {
            let edits = in_execution(&stored.replace(from, to));
            assert_eq!(edits.first().map(String::as_str), Some(expected), "{from:?} to {to:?}: {edits:?}");
        }
    }

    #[test]
    fn sections_that_change_places_are_seen() {
        let stored = stored();
        let (plan, end) = ("## 2 Plan\n\nthe plan\n\n", "## 4 End\n\nend\n");
        let moved = stored.replace(plan, "").replace(end, &format!("{plan}{end}"));
        assert_eq!(in_execution(&moved), ["`2 Plan`: -13 -15", "the outline: +23 +25"]);
        let inside = stored.replace("the plan\n", "").replace("[done]", "the plan");
        assert_eq!(in_execution(&inside), ["`2 Plan`: -15"]);
    }

    #[test]
    fn a_heading_that_stands_twice_in_the_approved_text_opens_nothing() {
        let phase = PhaseName::parse("execution").unwrap();
        let twice = stored().replace("## 2 Plan", "## 3 Done");
        let edited = twice.replace("[done]", "done");
        assert_eq!(found(Season::Phase(&phase), &twice, &edited), ["`3 Done`: ~20"]);
    }

    #[test]
    fn while_drafting_only_locked_sections_and_declared_headings_are_kept() {
        let stored = stored();
        for (from, to) in [
            ("the plan", "another\n\n## 2.5 New\n\nx"),
            ("[done]\n", ""),
            ("## 4 End\n\nend\n", ""),
            ("# Title", "# Other\n\n## 0 Before"),
        ] {
            assert_eq!(in_drafting(&stored.replace(from, to)), NONE, "{from:?} to {to:?}");
        }
        for (from, to, expected) in [
            ("As always.", "As never.", "`1 Rules`: ~11"),
            ("## 3 Done", "## 3 done", "`3 Done`: -17"),
            ("seal", "", "`3.1 Seal`: -25"),
            ("end\n", "end\n\n## 3 Done\n", "the outline: +31"),
        ] {
            let edits = in_drafting(&stored.replace(from, to));
            assert_eq!(edits.first().map(String::as_str), Some(expected), "{from:?} to {to:?}: {edits:?}");
        }
        let (rules, done) = ("## 1 Rules\n<!-- locked -->\n\nAs always.\n\n", "## 4 End");
        let moved = stored.replace(rules, "").replace(done, &format!("{rules}{done}"));
        assert_eq!(in_drafting(&moved).len(), 2, "{:?}", in_drafting(&moved));
    }

    #[test]
    fn texts_that_are_wholly_different_are_compared_at_once() {
        let phase = PhaseName::parse("execution").unwrap();
        let text = |word: &str| (0..100_000).map(|n| format!("{word} {n}")).collect::<Vec<_>>().join("\n");
        let found = found(Season::Phase(&phase), &text("a"), &text("b"));
        assert_eq!(found.len(), 1);
    }

    proptest! {
        #[test]
        fn whatever_is_written_in_an_open_section_is_no_edit(lines in prop::collection::vec("[a-z#<>`|\\[\\] -]{0,12}", 0..6)) {
            let text = lines.join("\n");
            let after = stored().replace("[done]", &text);
            let read = Text::of(&after);
            let headings = |text: &Text<'_>| Sections::of(text).0.iter().filter(|it| it.level < 3).count();
            // What ends the section, or swallows the next one, is another question.
            prop_assume!(headings(&read) == headings(&Text::of(&stored())) && read.faults.is_empty());
            prop_assume!(Sections::of(&read).0.iter().filter(|it| it.title == "3.1 Seal").count() == 1);
            prop_assert_eq!(in_execution(&after), Vec::<String>::new());
        }

        #[test]
        fn no_edit_of_a_locked_line_passes(which in any::<prop::sample::Index>(), with in "[a-z#<>`|-]{0,4}") {
            let stored = stored();
            let mut lines: Vec<&str> = stored.lines().collect();
            let locked: Vec<usize> = (0..lines.len()).filter(|at| !(17..21).contains(at)).collect();
            let at = locked[which.index(locked.len())];
            prop_assume!(lines[at] != with);
            lines[at] = &with;
            prop_assert!(!in_execution(&lines.join("\n")).is_empty());
        }
    }
}
