//! Square brackets: which of them are links, references or check boxes, and which are left to fill in.

use std::collections::BTreeSet;

use super::ahead::Ahead;
use super::passage::Passage;
use super::place::Places;
use super::rendered::shown;

/// Square brackets that belong together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "any of them can be so, whatever the others are")]
pub(super) struct Bracket {
    /// Where they open, and behind which place they are closed.
    pub(super) from: usize,
    pub(super) to: usize,
    /// Whether the target of a link follows.
    is_link: bool,
    /// Whether they stand in no others, or have no others in them: each place of a text is in two of these
    /// at most, so that all of them are read in a moment.
    pub(super) is_within_reach: bool,
    /// Whether they begin and end in one line.
    is_whole: bool,
    is_footnote: bool,
}

/// Where square brackets begin and end that are neither link, reference, footnote nor check box; of the
/// first two there are none where no references are known. A field of the template is none of these.
pub(super) fn execution(
    seen: &str,
    defined: Option<&BTreeSet<String>>,
    fields: &BTreeSet<String>,
) -> Vec<(usize, usize)> {
    let brackets = brackets(seen);
    let at = |from| brackets.binary_search_by_key(&from, |one| one.from).ok().and_then(|at| brackets.get(at));
    let mut found = Vec::new();
    // How far is read, and how far of that is found to be left.
    let (mut done, mut left) = (0, 0);
    for bracket in &brackets {
        let Bracket { from, to, is_link, is_within_reach, is_whole, is_footnote } = *bracket;
        let inside = seen.get(from + 1..to - 1).unwrap_or_default();
        let is_field = || is_within_reach && !fields.is_empty() && fields.contains(&field(inside));
        if from >= left && !is_footnote && is_field() {
            found.push((from, to));
            (done, left) = (done.max(to), to);
            continue;
        }
        if from < done {
            continue;
        }
        // What reaches over lines may be several things, in a list: what is in it stands for itself.
        let past = |end: usize| if is_whole { end } else { from + 1 };
        if defined.is_some() && is_link {
            done = past(to);
            continue;
        }
        // `[text][label]`, `[label][]`, `[label]`.
        let defined = defined.filter(|it| !it.is_empty());
        let second = defined.and_then(|_| at(to)).map(|second| second.to);
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
    found
}

/// Finds the square brackets of a text, in the order in which they open.
pub(super) fn brackets(text: &str) -> Vec<Bracket> {
    let mut places = Places::of(text);
    let (mut found, mut open) = (Vec::new(), Vec::new());
    for (at, mark) in text.match_indices(['[', ']']) {
        if mark == "[" {
            open.push(found.len());
            // One that is never closed stays without an end.
            found.push((at, 0, false));
        } else if let Some((_, to, is_link)) = open.pop().and_then(|last: usize| found.get_mut(last)) {
            (*to, *is_link) = (at + 1, places.begins_target(at + 1));
        }
    }
    let mut inner = Ahead::of(text, |rest| rest.find('['));
    let mut line = Ahead::of(text, |rest| rest.find('\n'));
    let mut room = Ahead::of(text, |rest| rest.find([' ', '\n']));
    let mut done = 0;
    let closed = found.into_iter().filter(|(_, to, _)| *to > 0);
    closed
        .map(|(from, to, is_link)| {
            let is_outermost = from >= done;
            done = done.max(to);
            let is_note = to - from > 3 && text.as_bytes().get(from + 1) == Some(&b'^');
            Bracket {
                from,
                to,
                is_link,
                is_within_reach: is_outermost || inner.next(from + 1) >= to,
                is_whole: line.next(from) >= to,
                is_footnote: is_note && room.next(from) >= to,
            }
        })
        .collect()
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
        let inside = seen.get(from..)?.strip_prefix('[')?;
        let (inside, _) = inside.split_at_checked(inside.find(['[', ']'])?)?;
        let to = from + inside.len() + 1;
        let place = line.get(to + 1..)?.strip_prefix(':')?;
        let depth = place.chars().try_fold(0_usize, |depth, c| match c {
            '(' => Some(depth + 1),
            ')' => depth.checked_sub(1),
            _ => Some(depth),
        });
        let is_place = || Places::of(place).is_place(0, place.len());
        (seen.as_bytes().get(to) == Some(&b']') && depth == Some(0) && !inside.starts_with('^') && is_place())
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
    let mut field = String::with_capacity(shown.len());
    for word in shown.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()) {
        field.push_str(if field.is_empty() { "" } else { " " });
        field.push_str(word);
    }
    if field.is_empty() { label(&shown) } else { field }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Where a bracket that opens is closed, counted from there.
    fn closing(text: &str, from: usize) -> Option<usize> {
        let mut depth = 0;
        text.match_indices(['[', ']']).filter(|(at, _)| *at >= from).find_map(|(at, mark)| {
            depth += if mark == "[" { 1 } else { -1 };
            (depth == 0).then_some(at + 1)
        })
    }

    proptest! {
        #[test]
        fn every_bracket_is_what_it_is_by_itself(text in "[\\[\\]()^a \n]{0,24}") {
            let found = brackets(&text);
            let opening = || text.match_indices('[').map(|(at, _)| at);
            let pairs: Vec<(usize, usize)> =
                opening().filter_map(|from| Some((from, closing(&text, from)?))).collect();
            prop_assert_eq!(found.iter().map(|one| (one.from, one.to)).collect::<Vec<_>>(), pairs.clone());
            for one in found {
                let inside = &text[one.from + 1..one.to - 1];
                let is_outermost = !pairs.iter().any(|(from, to)| *from < one.from && *to > one.to);
                prop_assert_eq!(one.is_within_reach, is_outermost || !inside.contains('['));
                prop_assert_eq!(one.is_whole, !inside.contains('\n'));
                let note = inside.strip_prefix('^').filter(|it| !it.is_empty() && !it.contains([' ', '\n']));
                prop_assert_eq!(one.is_footnote, note.is_some());
                prop_assert_eq!(one.is_link, Places::of(&text).begins_target(one.to));
            }
        }
    }
}
