//! What is left to fill in: `{{…}}` and the words of the policy while a document is drafted, `[…]` while it is
//! carried out.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::brackets::{Bracket, brackets, definitions, execution, field};
use super::cut::cut;
use super::lines::{Fault, Kind, Text};
use super::open_words::{ANGLES, OpenWords, angles, looks_like_a_field};
use super::passage::{Passage, passages};
use super::rendered::{Rendered, is_plain};
use crate::domain::front_matter;

/// Something that is left to fill in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placeholder<'a> {
    /// The line, from 1.
    pub line: usize,
    /// When it should have been filled in.
    pub kind: PlaceholderKind,
    /// What stands there, brackets included.
    pub text: Cow<'a, str>,
}

/// When something is filled in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum PlaceholderKind {
    /// While the document is written: `{{…}}`.
    Drafting,
    /// Likewise: a word of whoever means to come back.
    Word,
    /// What may be such a word, or a field that nobody filled in.
    Doubt,
    /// While it is carried out: `[…]`.
    Execution,
}

impl fmt::Display for Placeholder<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {} `{}`", self.line, cut(&self.text))
    }
}

/// Finds what is left to fill in, in the order of lines.
///
/// Code and comments hold no placeholders, in values of the front matter, too, and a square bracket after a backslash
/// is one that is meant. `words` are those of the policy.
/// `fields` are the execution placeholders of the template, as [`Placeholder::field`] gives them: they are
/// left to fill in as links, images and references, too. A text counts as a page shows it, so that nothing
/// unseen in the middle of a word hides it.
pub fn placeholders<'a>(
    document: &'a str,
    text: &Text<'a>,
    fields: &BTreeSet<String>,
    words: &OpenWords,
) -> Vec<Placeholder<'a>> {
    let passages = passages(document, text);
    let mut defined: BTreeSet<String> =
        passages.iter().filter(|one| one.is_paragraph).flat_map(definitions).collect();
    defined.retain(|label| !fields.contains(&field(label)));
    let mut found = Vec::new();
    for line in text.lines.iter().filter(|line| line.kind == Kind::FrontMatter) {
        let value = Passage::new(line.number, line.text, true);
        let is_known = || text.field_at(line.number).is_some_and(front_matter::is_known);
        for (kind, from, to) in left(&value, None, &BTreeSet::new(), words) {
            let is_told = match kind {
                PlaceholderKind::Word | PlaceholderKind::Doubt => true,
                // Whether a field that the program reads is filled in is told by its name.
                PlaceholderKind::Drafting => !is_known(),
                PlaceholderKind::Execution => false,
            };
            if is_told {
                let said = line.text.get(from..to).unwrap_or_default();
                found.push(Placeholder { line: line.number, kind, text: Cow::Borrowed(said) });
            }
        }
    }
    for passage in &passages {
        let placeholder = |kind, from, to| Placeholder {
            line: passage.line(from),
            kind,
            text: Cow::Borrowed(passage.quote(from, to)),
        };
        let references = (!passage.is_html).then_some(&defined);
        for (kind, from, to) in left(passage, references, fields, words) {
            found.push(placeholder(kind, from, to));
        }
        if let Some(is_refused) = words.shape(ANGLES) {
            let angles = angles(&passage.seen).into_iter();
            found.extend(angles.map(|(from, to)| placeholder(kind_of(is_refused), from, to)));
        }
    }
    found.sort_by_key(|one| one.line);
    found
}

fn kind_of(is_refused: bool) -> PlaceholderKind {
    if is_refused { PlaceholderKind::Word } else { PlaceholderKind::Doubt }
}

impl Placeholder<'_> {
    /// Returns what stands between the brackets, as [`placeholders`] takes it for a field.
    pub fn field(&self) -> String {
        field(self.text.trim_start_matches('[').trim_end_matches(']'))
    }

    /// Tells whether it is of words in square brackets that look like the name of a field.
    pub fn looks_like_a_field(&self) -> bool {
        let inside = self.text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
        inside.is_some_and(looks_like_a_field)
    }

    /// Returns a line as it would be written where this is meant, and left open by nobody.
    pub fn meant(&self, line: &str) -> String {
        let meant = match self.kind {
            PlaceholderKind::Execution => format!("\\{}", self.text),
            _ => format!("`{}`", self.text),
        };
        let is_joined = |c: char| c.is_alphanumeric() || matches!(c, '`' | '\\');
        let (mut written, mut rest) = (String::with_capacity(line.len()), line);
        while let Some((before, after)) = rest.split_once(&*self.text).filter(|_| !self.text.is_empty()) {
            written.push_str(before);
            let is_it = !written.ends_with(is_joined) && !after.starts_with(is_joined);
            written.push_str(if is_it { &meant } else { &self.text });
            rest = after;
        }
        written + rest
    }
}

/// What is left to fill in of a passage, as it is written and as it is shown.
fn left(
    passage: &Passage<'_>,
    references: Option<&BTreeSet<String>>,
    fields: &BTreeSet<String>,
    words: &OpenWords,
) -> Vec<(PlaceholderKind, usize, usize)> {
    let words = |text: &str| {
        let found = words.find(text, passage.is_paragraph).into_iter();
        found.map(|(from, to, is_refused)| (kind_of(is_refused), from, to)).collect::<Vec<_>>()
    };
    let seen = &passage.seen;
    let mut found: Vec<_> = drafting(seen).map(|(from, to)| (PlaceholderKind::Drafting, from, to)).collect();
    found.extend(words(seen));
    let of_execution = execution(seen, references, fields).into_iter();
    found.extend(of_execution.map(|(from, to)| (PlaceholderKind::Execution, from, to)));
    if is_plain(passage.text) {
        return found;
    }
    let rendered = Rendered::of(passage.text, seen);
    if rendered.text == *seen {
        return found;
    }
    let known: BTreeMap<PlaceholderKind, Vec<(usize, usize)>> =
        found.iter().fold(BTreeMap::new(), |mut known, (kind, from, to)| {
            known.entry(*kind).or_insert_with(Vec::new).push((*from, *to));
            known
        });
    let page = &rendered.text;
    let of_page = drafting(page).map(|(from, to)| (PlaceholderKind::Drafting, from, to));
    let of_page = of_page.chain(words(page));
    let is_field = |one: &Bracket| {
        let inside = page.get(one.from + 1..one.to - 1);
        one.is_within_reach && inside.is_some_and(|inside| fields.contains(&field(inside)))
    };
    let brackets = if fields.is_empty() { Vec::new() } else { brackets(page) };
    let of_fields = brackets.into_iter().filter(is_field);
    let of_page = of_page.chain(of_fields.map(|one| (PlaceholderKind::Execution, one.from, one.to)));
    let places = of_page.map(|(kind, from, to)| (kind, rendered.place(from), rendered.place(to)));
    let is_new = |(kind, from, _): &(PlaceholderKind, usize, usize)| {
        let before = known.get(kind).map(Vec::as_slice).unwrap_or_default();
        let until = before.partition_point(|(begin, _)| begin <= from);
        until.checked_sub(1).and_then(|at| before.get(at)).is_none_or(|(_, end)| from >= end)
    };
    let new: Vec<_> = places.filter(is_new).collect();
    found.extend(new);
    found
}

/// Finds drafting placeholders that are not well-formed: not closed, not opened, empty, or one in another.
pub fn malformed(document: &str, text: &Text<'_>) -> Vec<Fault> {
    let mut faults = Vec::new();
    for passage in passages(document, text) {
        let mut fault = |at: usize, message: &'static str| {
            faults.push(Fault { line: passage.line(at), message: message.into() });
        };
        let marks = |mark| passage.seen.match_indices(mark).map(|(at, mark)| (at, mark == "{{"));
        let mut marks: Vec<(usize, bool)> = marks("{{").chain(marks("}}")).collect();
        marks.sort_unstable();
        let mut open: Option<usize> = None;
        for (at, opens) in marks {
            match (opens, open.take()) {
                (true, before) => {
                    if let Some(from) = before {
                        fault(from, "a placeholder `{{` is not closed by `}}`");
                    }
                    open = Some(at);
                }
                (false, Some(from)) if passage.quote(from + 2, at).trim().is_empty() => {
                    fault(from, "a placeholder `{{…}}` says nothing");
                }
                (false, Some(_)) => {}
                (false, None) => fault(at, "`}}` ends no placeholder"),
            }
        }
        if let Some(from) = open {
            fault(from, "a placeholder `{{` is not closed by `}}`");
        }
    }
    faults.sort();
    faults
}

/// Where drafting placeholders begin and end; one that is not closed ends with its line.
fn drafting(seen: &str) -> impl Iterator<Item = (usize, usize)> + '_ {
    let last = seen.rfind("}}").unwrap_or(0);
    let mut at = 0;
    std::iter::from_fn(move || {
        let from = at + seen.get(at..)?.find("{{")?;
        let rest = seen.get(from..)?;
        let closed = if from < last { rest.find("}}").map(|end| end + 2) } else { None };
        at = from + closed.or_else(|| rest.find('\n')).unwrap_or(rest.len());
        Some((from, at))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::text::OpenWord;

    fn found(document: &str, kind: PlaceholderKind) -> Vec<String> {
        let anywhere = ["TBD", "FIXME"].map(|word| OpenWord::Anywhere(word.to_owned())).into_iter();
        let refuse = anywhere.chain([OpenWord::Alone("TODO".to_owned())]).collect();
        let words = OpenWords { refuse, warn: vec![OpenWord::Anywhere(ANGLES.to_owned())] };
        let found = placeholders(document, &Text::of(document), &BTreeSet::from(["date".to_owned()]), &words);
        found.into_iter().filter(|one| one.kind == kind).map(|one| one.to_string()).collect()
    }

    #[test]
    fn what_is_to_be_drafted_is_found_with_its_line() {
        for (text, expected) in [
            ("a {{b}} c {{d\ne}}\n", "line 1 `{{b}}`, line 1 `{{d…`"),
            (
                "# {{title}}\n\n| {{a}} | {{b |\n|---|---|\n",
                "line 1 `{{title}}`, line 3 `{{a}}`, line 3 `{{b `",
            ),
            ("{{open\n\nnext\n", "line 1 `{{open`"),
            (
                "{<!-- -->{a}} &#123;&lcub;b}} {\u{200b}{c}\u{200b}}\n",
                "line 1 `{<!-- -->{a}}`, line 1 `&#123;&lcub;b}}`, line 1 `{\u{200b}{c}\u{200b}}`",
            ),
            ("`{{a}}` <!-- {{b}} --> {a}\n```\n{{c}}\n```\n", ""),
        ] {
            assert_eq!(found(text, PlaceholderKind::Drafting).join(", "), expected, "{text:?}");
        }
        let long = format!("{{{{{}}}}}\n", "ä".repeat(60));
        assert_eq!(found(&long, PlaceholderKind::Drafting), [format!("line 1 `{{{{{}…`", "ä".repeat(38))]);
    }

    #[test]
    fn promises_to_come_back_are_found() {
        for (text, expected) in [
            ("Commit: TBD\n", "line 1 `TBD`"),
            ("tbd, Fixme, TODO-7, (TODO)\n", "line 1 `FIXME`".replace("FIXME", "Fixme").as_str()),
        ] {
            let found = found(text, PlaceholderKind::Word).join(", ");
            assert!(found.contains(expected), "{text:?}: {found}");
        }
        assert_eq!(found("tbd, Fixme, TODO-7, (TODO)\n", PlaceholderKind::Word).len(), 4);
        for hidden in [
            "T\u{200b}BD",
            "T<!-- -->BD",
            "T&#66;D",
            "T<i></i>OD&#x4f;",
            "T**B**D",
            "\u{2060}FIX\u{ad}ME",
            "tb<!-- a -- b -->d",
            "_TBD_",
            "T~~B~~D",
        ] {
            let found = found(&format!("a\n{hidden}: it, `code`\n"), PlaceholderKind::Word);
            assert_eq!(found.len(), 1, "{hidden:?}: {found:?}");
            assert!(found[0].starts_with("line 2 `"), "{found:?}");
        }
        for text in
            ["title: Handling of `TBD`", "TODO EL PERSONAL"].map(|line| format!("---\nid: A\n{line}\n---\n"))
        {
            assert_eq!(found(&text, PlaceholderKind::Word), Vec::<String>::new(), "{text:?}");
        }
        assert_eq!(found("Owner: <name of it>\n`<no>`\n", PlaceholderKind::Doubt), ["line 1 `<name of it>`"]);
        for text in ["todo el mundo\n", "TBDS STODO ATBD\n", "`TBD` is forbidden\n", "~~~\nTODO\n~~~\n"] {
            assert_eq!(found(text, PlaceholderKind::Word), Vec::<String>::new(), "{text:?}");
        }
        assert_eq!(found("---\nid: A\ntitle: T\u{200b}BD\n---\n", PlaceholderKind::Word).len(), 1);
        let open = "---\nid: A\ntitle: \"{{title}}\"\nauthor: \"{{who}}\"\nlist:\n  - \"{{what}}\"\n---\n";
        assert_eq!(found(open, PlaceholderKind::Drafting), ["line 4 `{{who}}`", "line 6 `{{what}}`"]);
        let cell = "| Name | Signature |\n|---|---|\n| Bob | FIXME |\n\nName: \\F\\*IXME F\\IXME\n";
        assert_eq!(found(cell, PlaceholderKind::Word), ["line 3 `FIXME`"]);
        assert_eq!(found("---\nid: A\ntitle: TBD\n---\n", PlaceholderKind::Word), ["line 3 `TBD`"]);
    }

    #[test]
    fn square_brackets_are_placeholders_unless_they_mean_something() {
        for (text, expected) in [
            ("[actual] and [a [b] c]\n", "line 1 `[actual]`, line 1 `[a [b] c]`"),
            ("**Done:** [what was\ndone]\n", "line 1 `[what was…`"),
            ("| [a] | b [ |\n|---|---|\n| ] | [ ] |\n", "line 1 `[a]`, line 3 `[ ]`"),
            ("[a](b) ![c](d) [![e](f)](g) [h](\n", "line 1 `[h]`"),
            ("- [ ] a\n- [x] b\n1. [ ] c\n\ntext [ ] [x] [^1]\n", "line 5 `[ ]`"),
            (
                "[text][ref] [ref] [REF][] [other][no]\n\n[ref]: https://example.com\n",
                "line 1 `[other]`, line 1 `[no]`",
            ),
            (
                "[a](b \"c\") [d](e(f)) [g]() [h](i j) [k](l(m) [n](\no)\n",
                "line 1 `[g]`, line 1 `[h]`, line 1 `[k]`, line 1 `[n]`",
            ),
            ("<div>\n[a](b)\n</div>\n", "line 2 `[a]`"),
            ("[see\nthere](a) [x\n- [y]](b)\n", "line 3 `[y]`"),
            ("[o]\n\n[o]: a b\n", "line 1 `[o]`, line 3 `[o]`"),
            ("[^1]: note\n`[a]` \\[b\\] <!-- [c] --> a[\n", ""),
            // A field of the template is none the less one when somebody defines it as a reference.
            ("[Date]\n\n[date]: 2026-01-01\n", "line 1 `[Date]`, line 3 `[date]`"),
            // Nor as a link, an image or part of one, whatever stands around its words.
            (
                "[Date](#) [**date**](a) ![date](b) [date][c] [c][date]\n\n[c]: d\n[date]: e\n",
                "line 1 `[Date]`, line 1 `[**date**]`, line 1 `[date]`, line 1 `[date]`, line 1 `[c]`, line 1 `[date]`, line 4 `[date]`",
            ),
            (
                "[on [date] there](a) [d&#97;te](b) [da<!-- -->te](c) &#91;date&rsqb; [date, time](e)\n",
                "line 1 `[date]`, line 1 `[d&#97;te]`, line 1 `[da<!-- -->te]`, line 1 `&#91;date&rsqb;`",
            ),
            (
                "[anything](#) [anything]( # ) [anything](#there) [^date]\n",
                "line 1 `[anything]`, line 1 `[anything]`",
            ),
            // In a paragraph nothing is defined.
            ("Result:\n[x1]: fine\n", "line 2 `[x1]`"),
            ("---\nrequires: [INV-001 is CLOSED]\n---\n", ""),
        ] {
            assert_eq!(found(text, PlaceholderKind::Execution).join(", "), expected, "{text:?}");
        }
    }

    #[test]
    fn malformed_placeholders_are_faults_with_their_lines() {
        for (text, expected) in [
            ("{{a}} {{b\nc}}\n", &[] as &[usize]),
            ("{{a\n\n}} b\n", &[1, 3]),
            ("{{a\n{{b}}\n", &[1]),
            ("a\n{{ }} }}\n", &[2, 2]),
            ("| {{a | b}} |\n|---|---|\n", &[1, 1]),
            ("`{{`\n```\n}}\n```\n", &[]),
        ] {
            let faults = malformed(text, &Text::of(text));
            assert_eq!(faults.iter().map(|it| it.line).collect::<Vec<_>>(), expected, "{text:?}");
        }
    }

    #[test]
    fn long_texts_of_anything_are_read_in_a_moment() {
        let nested = format!("{}date{}\n", "[".repeat(100_000), "]".repeat(100_000));
        placeholders(
            &nested,
            &Text::of(&nested),
            &BTreeSet::from(["date".to_owned()]),
            &OpenWords::default(),
        );
        for piece in [
            "[", "]", "[x]", "[a](", "[ ]", "[a][b]", "{{", "}}", "{{\n", "`", "`a``", "<a", "<!--", "\\[",
            "a ", "&", "&#1", "*", "[date](", "-->", "# ", "|", "\n",
        ] {
            let document = piece.repeat(200_000 / piece.len());
            let text = Text::of(&document);
            placeholders(&document, &text, &BTreeSet::from(["date".to_owned()]), &OpenWords::default());
            malformed(&document, &text);
        }
    }
}
