//! What is left to fill in: `{{…}}`, `TBD`, `TODO` and `FIXME` while a document is drafted, `[…]` while
//! it is carried out.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::lines::{Fault, Kind, Text};
use super::passage::{Passage, passages};

/// Something that is left to fill in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placeholder {
    /// The line, from 1.
    pub line: usize,
    /// When it should have been filled in.
    pub kind: PlaceholderKind,
    /// What stands there, brackets included.
    pub text: String,
}

/// When something is filled in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PlaceholderKind {
    /// While the document is written: `{{…}}`.
    Drafting,
    /// Likewise: a word of whoever means to come back.
    Word,
    /// While it is carried out: `[…]`.
    Execution,
}

/// Longest part of a placeholder that is repeated, in characters.
const QUOTED: usize = 40;

impl fmt::Display for Placeholder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let first = self.text.lines().next().unwrap_or_default();
        let shown: String = first.chars().take(QUOTED).collect();
        let more = if shown.len() < self.text.len() { "…" } else { "" };
        write!(f, "line {} `{shown}{more}`", self.line)
    }
}

/// Finds what is left to fill in, in the order of lines.
///
/// Code and comments hold no placeholders, and a square bracket after a backslash is one that is meant.
/// `fields` are the execution placeholders of the template, without their brackets: they are no references,
/// whatever somebody defines.
pub fn placeholders(document: &str, text: &Text<'_>, fields: &BTreeSet<String>) -> Vec<Placeholder> {
    let passages = passages(document, text);
    let mut defined: BTreeSet<String> =
        passages.iter().filter(|one| one.is_paragraph).flat_map(definitions).collect();
    defined.retain(|label| !fields.contains(label));
    let mut found = Vec::new();
    for line in text.lines.iter().filter(|line| line.kind == Kind::FrontMatter) {
        // Whether the fields are filled in is told by name.
        found.extend(words(line.text).map(|(_, word)| Placeholder {
            line: line.number,
            kind: PlaceholderKind::Word,
            text: word.to_owned(),
        }));
    }
    for passage in &passages {
        let placeholder = |kind, from, to| Placeholder {
            line: passage.line(from),
            kind,
            text: passage.quote(from, to).to_owned(),
        };
        for (from, to) in drafting(&passage.seen) {
            found.push(placeholder(PlaceholderKind::Drafting, from, to));
        }
        for (from, word) in words(&passage.seen) {
            found.push(placeholder(PlaceholderKind::Word, from, from + word.len()));
        }
        for (from, to) in execution(&passage.seen, (!passage.is_html).then_some(&defined)) {
            found.push(placeholder(PlaceholderKind::Execution, from, to));
        }
    }
    found.sort_by_key(|one| one.line);
    found
}

impl Placeholder {
    /// Returns what stands between the brackets, as [`placeholders`] takes it for a field.
    pub fn field(&self) -> String {
        label(self.text.trim_start_matches('[').trim_end_matches(']'))
    }
}

/// Finds drafting placeholders that are not well-formed: not closed, not opened, empty, or one in another.
pub fn malformed(document: &str, text: &Text<'_>) -> Vec<Fault> {
    let mut faults = Vec::new();
    for passage in passages(document, text) {
        let mut fault = |at: usize, message: &str| {
            faults.push(Fault { line: passage.line(at), message: message.to_owned() });
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

/// The words of those who mean to come back. `todo` in small letters is a word of several languages.
fn words(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    let mut at = 0;
    text.split_inclusive(move |c| !is_part(c)).filter_map(move |piece| {
        let from = at;
        at += piece.len();
        let word = piece.trim_end_matches(|c| !is_part(c));
        let is_promise =
            word == "TODO" || ["TBD", "FIXME"].iter().any(|known| word.eq_ignore_ascii_case(known));
        is_promise.then_some((from, word))
    })
}

/// Where square brackets begin and end that are neither link, reference, footnote nor check box; of the
/// first two there are none where no references are known.
fn execution(seen: &str, defined: Option<&BTreeSet<String>>) -> Vec<(usize, usize)> {
    let brackets = brackets(seen);
    let mut found = Vec::new();
    let mut done = 0;
    for (&from, &to) in &brackets {
        if from < done {
            continue;
        }
        let inside = seen.get(from + 1..to - 1).unwrap_or_default();
        // What reaches over lines may be several things, in a list: what is in it stands for itself.
        let is_whole = !inside.contains('\n');
        let past = |end: usize| if is_whole { end } else { from + 1 };
        if defined.is_some() && seen.get(to..).is_some_and(begins_target) {
            done = past(to);
            continue;
        }
        // `[text][label]`, `[label][]`, `[label]`.
        let second = brackets.get(&to).copied();
        let named = second.and_then(|end| seen.get(to + 1..end - 1)).filter(|it| !it.trim().is_empty());
        if defined.is_some_and(|it| it.contains(&label(named.unwrap_or(inside)))) {
            done = past(second.unwrap_or(to));
            continue;
        }
        done = to;
        let is_footnote =
            inside.strip_prefix('^').is_some_and(|it| !it.is_empty() && !it.contains([' ', '\n']));
        if !is_footnote && !is_check_box(seen, from, inside) {
            found.push((from, to));
        }
    }
    found
}

/// Tells whether a text begins with the target of a link: `(place)` or `(place "title")`.
fn begins_target(text: &str) -> bool {
    let Some(inside) = text.strip_prefix('(') else { return false };
    let end =
        inside.find([')', '\n', '[']).filter(|end| inside.get(*end..).is_some_and(|it| it.starts_with(')')));
    let Some((place, after)) = end.and_then(|end| inside.split_at_checked(end)) else { return false };
    // A bracket within the place is closed before that of the link.
    is_place(place) && (!place.contains('(') || after.starts_with("))"))
}

/// Tells whether a text is a place, with a title or without, and nothing else.
fn is_place(text: &str) -> bool {
    let (place, title) = text.trim().split_once([' ', '\t']).unwrap_or((text.trim(), ""));
    let title = title.trim();
    let is_titled = title.len() > 1
        && [('"', '"'), ('\'', '\''), ('(', ')')].iter().any(|(begin, end)| {
            title
                .strip_prefix(*begin)
                .and_then(|it| it.strip_suffix(*end))
                .is_some_and(|it| !it.contains([*begin, *end]))
        });
    !place.is_empty() && !place.contains(['<', '>']) && (title.is_empty() || is_titled)
}

/// Where square brackets open, and behind which place each of them is closed.
fn brackets(text: &str) -> BTreeMap<usize, usize> {
    let mut open = Vec::new();
    let mut found = BTreeMap::new();
    for (at, mark) in text.match_indices(['[', ']']) {
        if mark == "[" {
            open.push(at);
        } else if let Some(from) = open.pop() {
            found.insert(from, at + 1);
        }
    }
    found
}

/// A box that is ticked, or that stands at the beginning of an item of a list.
fn is_check_box(seen: &str, from: usize, inside: &str) -> bool {
    // No more than this stands before the box of an item: room, a number, its mark.
    const BEFORE: usize = 16;
    let before = seen.as_bytes().get(from.saturating_sub(BEFORE)..from).unwrap_or_default();
    let line = before.rsplit(|byte| *byte == b'\n').next().unwrap_or_default();
    let is_first = line.len() < before.len() || from < BEFORE;
    let number = line.trim_ascii().iter().take_while(|byte| byte.is_ascii_digit()).count();
    let marker = line.trim_ascii().get(number..).unwrap_or_default();
    matches!(inside, "x" | "X")
        || (inside == " " && is_first && matches!(marker, [b'-' | b'*' | b'+' | b'.' | b')']))
}

/// The labels that the first lines of a passage define, as in `[label]: place`.
fn definitions(passage: &Passage<'_>) -> Vec<String> {
    let define = |(line, seen): (&str, &str)| {
        let from = line.len() - line.trim_start_matches(' ').len();
        let to = *brackets(seen).get(&from)?;
        let place = line.get(to..)?.strip_prefix(':')?;
        let inside = seen.get(from + 1..to - 1)?;
        let depth = place.chars().try_fold(0_usize, |depth, c| match c {
            '(' => Some(depth + 1),
            ')' => depth.checked_sub(1),
            _ => Some(depth),
        });
        (depth == Some(0) && is_place(place) && !inside.starts_with('^') && !inside.contains('['))
            .then(|| label(inside))
    };
    passage.text.lines().zip(passage.seen.lines()).map_while(define).collect()
}

/// Labels are compared without regard to case and room.
fn label(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(document: &str, kind: PlaceholderKind) -> Vec<String> {
        let found = placeholders(document, &Text::of(document), &BTreeSet::from(["date".to_owned()]));
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
        for text in ["todo el mundo\n", "TBDS STODO _TODO ATBD\n", "`TBD` is forbidden\n", "~~~\nTODO\n~~~\n"]
        {
            assert_eq!(found(text, PlaceholderKind::Word), Vec::<String>::new(), "{text:?}");
        }
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
        for piece in [
            "[", "]", "[a](", "[ ]", "[a][b]", "{{", "}}", "{{\n", "`", "`a``", "<a", "<!--", "\\[", "a ",
            "# ", "|", "\n",
        ] {
            let document = piece.repeat(200_000 / piece.len());
            let text = Text::of(&document);
            placeholders(&document, &text, &BTreeSet::new());
            malformed(&document, &text);
        }
    }
}
