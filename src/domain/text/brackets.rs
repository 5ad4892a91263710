//! Square brackets: which of them are links, references or check boxes, and which are left to fill in.

use std::collections::{BTreeMap, BTreeSet};

use super::passage::Passage;
use super::rendered::shown;

/// Where square brackets begin and end that are neither link, reference, footnote nor check box; of the
/// first two there are none where no references are known. A field of the template is none of these.
pub(super) fn execution(
    seen: &str,
    defined: Option<&BTreeSet<String>>,
    fields: &BTreeSet<String>,
) -> impl Iterator<Item = (usize, usize)> {
    let brackets = brackets(seen);
    let within_reach = within_reach(&brackets, seen);
    let mut found = Vec::new();
    // How far is read, and how far of that is found to be left.
    let (mut done, mut left) = (0, 0);
    for (&from, &to) in &brackets {
        let inside = seen.get(from + 1..to - 1).unwrap_or_default();
        let is_footnote =
            inside.strip_prefix('^').is_some_and(|it| !it.is_empty() && !it.contains([' ', '\n']));
        let is_field = || within_reach.contains(&(from, to)) && fields.contains(&field(inside));
        if from >= left && !is_footnote && is_field() {
            found.push((from, to));
            (done, left) = (done.max(to), to);
            continue;
        }
        if from < done {
            continue;
        }
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
        if !is_footnote && !is_check_box(seen, from, inside) {
            found.push((from, to));
            left = to;
        }
    }
    found.into_iter()
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

/// Tells whether a text is a place, with a title or without, and nothing else. `#` alone leads nowhere.
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
    !place.is_empty() && place != "#" && !place.contains(['<', '>']) && (title.is_empty() || is_titled)
}

/// Where square brackets open, and behind which place each of them is closed.
pub(super) fn brackets(text: &str) -> BTreeMap<usize, usize> {
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

/// The brackets that stand in no others, or have no others in them: each place of a text is in two of these
/// at most, so that all of them are read in a moment.
pub(super) fn within_reach(brackets: &BTreeMap<usize, usize>, text: &str) -> BTreeSet<(usize, usize)> {
    let mut done = 0;
    let mut found = BTreeSet::new();
    for (&from, &to) in brackets {
        let is_innermost = || text.get(from + 1..to - 1).is_some_and(|inside| !inside.contains('['));
        if from >= done || is_innermost() {
            found.insert((from, to));
        }
        done = done.max(to);
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
pub(super) fn definitions(passage: &Passage<'_>) -> Vec<String> {
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

/// A field is told by its letters and digits as a page shows them, whatever stands between and around.
pub(super) fn field(text: &str) -> String {
    let shown = shown(text).to_lowercase();
    let words = shown.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    let field = words.collect::<Vec<_>>().join(" ");
    if field.is_empty() { label(&shown) } else { field }
}
