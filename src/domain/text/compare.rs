//! What is different between two texts, line by line.
//!
//! To find the least that differs can take as long as the one text times the other. So that comes last: what
//! both begin and end with is left out first, and long texts are laid side by side at the lines that each of
//! them has once. Where too much is left between two of these, all of it counts as rewritten.

use std::collections::HashMap;
use std::ops::Range;

use similar::udiff::UnifiedHunkHeader;
use similar::{Algorithm, DiffOp, DiffTag, capture_diff_slices, group_diff_ops};

use crate::domain::steps::count;

/// Lines of the one text, and the lines in their place in the other.
pub(super) type Difference = (Range<usize>, Range<usize>);

/// Most lines of either text that are compared to find the least that differs, at once and in all: that
/// takes some 20 milliseconds, and nobody who rewrites that much looks for the lines that stayed.
const COMPARED: usize = 2_000;
const COMPARED_IN_ALL: usize = 8_000;

/// Most lines of either text in which those are looked for that stand there once.
const SIDE_BY_SIDE: usize = 50_000;

/// Lines before and behind a difference that are shown with it.
const CONTEXT: usize = 3;

/// Finds where two lists of lines differ, in order.
pub(super) fn differences(old: &[&str], new: &[&str]) -> Vec<Difference> {
    count(old.iter().chain(new).map(|line| line.len() + 1).sum());
    let whole = (0..old.len(), 0..new.len());
    let (gone, come) = trimmed(old, new, whole);
    if gone.len().max(come.len()) > SIDE_BY_SIDE {
        return vec![(gone, come)];
    }
    let mut numbers = HashMap::new();
    let mut numbered = |lines: &[_]| -> Vec<usize> {
        let number = |line| {
            let next = numbers.len();
            *numbers.entry(line).or_insert(next)
        };
        lines.iter().copied().map(number).collect()
    };
    let was = numbered(old.get(gone.clone()).unwrap_or_default());
    let is = numbered(new.get(come.clone()).unwrap_or_default());
    let mut found = Vec::new();
    let mut left = COMPARED_IN_ALL;
    for stretch in stretches(&was, &is, numbers.len()) {
        let stretch = trimmed(&was, &is, stretch);
        let longest = stretch.0.len().max(stretch.1.len());
        if longest > COMPARED.min(left) {
            found.push(stretch);
        } else {
            left -= longest;
            found.extend(least(&was, &is, stretch));
        }
    }
    let found = found.into_iter().filter(|(gone, come)| !gone.is_empty() || !come.is_empty());
    found.map(|(from, to)| (moved(from, gone.start), moved(to, come.start))).collect()
}

/// Leaves out what two stretches begin and end with.
fn trimmed<T: PartialEq>(old: &[T], new: &[T], (gone, come): Difference) -> Difference {
    let (was, is) = (old.get(gone.clone()).unwrap_or_default(), new.get(come.clone()).unwrap_or_default());
    let begin = was.iter().zip(is).take_while(|(a, b)| a == b).count();
    let ends = || was.iter().skip(begin).rev().zip(is.iter().skip(begin).rev());
    let end = ends().take_while(|(a, b)| a == b).count();
    (gone.start + begin..gone.end - end, come.start + begin..come.end - end)
}

/// The stretches of two lists between the lines that they are laid side by side at.
fn stretches(was: &[usize], is: &[usize], numbers: usize) -> Vec<Difference> {
    let mut anchors = Vec::new();
    if was.len().max(is.len()) > COMPARED {
        let (was, is) = (once(was, numbers), once(is, numbers));
        let mut both: Vec<(usize, usize)> =
            was.into_iter().zip(is).filter_map(|(a, b)| Some((a?, b?))).collect();
        both.sort_unstable();
        anchors = rising(&both);
    }
    anchors.push((was.len(), is.len()));
    let mut done = (0, 0);
    let stretch = |(a, b): (usize, usize)| {
        let (from, to) = std::mem::replace(&mut done, (a + 1, b + 1));
        (from..a, to..b)
    };
    anchors.into_iter().map(stretch).collect()
}

/// The places of the numbers that are in a list once.
fn once(list: &[usize], numbers: usize) -> Vec<Option<usize>> {
    let (mut places, mut is_known) = (vec![None; numbers], vec![false; numbers]);
    for (at, number) in list.iter().enumerate() {
        if let (Some(place), Some(is_known)) = (places.get_mut(*number), is_known.get_mut(*number)) {
            *place = Some(at).filter(|_| !std::mem::replace(is_known, true));
        }
    }
    places
}

/// The longest row of pairs, of those that rise in the first number, that rises in the second, too.
fn rising(pairs: &[(usize, usize)]) -> Vec<(usize, usize)> {
    // The last pair of the best row of each length, and what comes before each pair in its row.
    let mut ends: Vec<usize> = Vec::new();
    let mut before: Vec<Option<usize>> = Vec::with_capacity(pairs.len());
    let second = |at: &usize| pairs.get(*at).map_or(0, |pair| pair.1);
    for (at, (_, to)) in pairs.iter().enumerate() {
        let length = ends.partition_point(|end| second(end) < *to);
        before.push(length.checked_sub(1).and_then(|last| ends.get(last)).copied());
        match ends.get_mut(length) {
            Some(end) => *end = at,
            None => ends.push(at),
        }
    }
    let mut row = Vec::new();
    let mut next = ends.last().copied();
    while let Some(at) = next {
        row.extend(pairs.get(at));
        next = before.get(at).copied().flatten();
    }
    row.reverse();
    row
}

fn moved(range: Range<usize>, by: usize) -> Range<usize> {
    range.start + by..range.end + by
}

/// The least that differs in a stretch.
fn least(was: &[usize], is: &[usize], (gone, come): Difference) -> Vec<Difference> {
    let (was, is) = (was.get(gone.clone()).unwrap_or_default(), is.get(come.clone()).unwrap_or_default());
    let operations = capture_diff_slices(Algorithm::Myers, was, is);
    let changed = operations.iter().filter(|one| one.tag() != DiffTag::Equal);
    changed.map(|one| (moved(one.old_range(), gone.start), moved(one.new_range(), come.start))).collect()
}

/// Shows what is different between two texts as a unified diff; nothing where they are the same.
pub fn unified(old: (&str, &str), new: (&str, &str)) -> String {
    let [was, is]: [Vec<&str>; 2] = [old.1, new.1].map(|text| text.split_inclusive('\n').collect());
    let mut operations = Vec::new();
    let mut done = (0, 0);
    let differences = differences(&was, &is);
    let last = (was.len()..was.len(), is.len()..is.len());
    for (gone, come) in differences.iter().chain([&last]) {
        let len = gone.start - done.0;
        operations.extend((len > 0).then_some(DiffOp::Equal { old_index: done.0, new_index: done.1, len }));
        let (old_index, old_len) = (gone.start, gone.len());
        let (new_index, new_len) = (come.start, come.len());
        let is_one = old_len + new_len > 0;
        operations.extend(is_one.then_some(DiffOp::Replace { old_index, old_len, new_index, new_len }));
        done = (gone.end, come.end);
    }
    if differences.is_empty() {
        return String::new();
    }
    let mut text = format!("--- {}\n+++ {}\n", old.0, new.0);
    for group in group_diff_ops(operations, CONTEXT) {
        text.push_str(&format!("{}\n", UnifiedHunkHeader::new(&group)));
        for one in group {
            let (gone, come) = (was.get(one.old_range()), is.get(one.new_range()));
            let (gone, come) = (gone.unwrap_or_default(), come.unwrap_or_default());
            if one.tag() == DiffTag::Equal {
                push(&mut text, ' ', gone);
            } else {
                push(&mut text, '-', gone);
                push(&mut text, '+', come);
            }
        }
    }
    text
}

/// Adds lines behind a sign.
fn push(text: &mut String, sign: char, lines: &[&str]) {
    for line in lines {
        text.push(sign);
        text.push_str(line);
        if !line.ends_with('\n') {
            text.push_str("\n\\ No newline at end of file\n");
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// What the one list becomes where each difference takes the place of what it stands for.
    fn put_in_place<'t>(old: &[&'t str], new: &[&'t str]) -> Vec<&'t str> {
        let mut made = Vec::new();
        let mut done = 0;
        for (gone, come) in differences(old, new) {
            made.extend(&old[done..gone.start]);
            made.extend(&new[come]);
            done = gone.end;
        }
        made.extend(&old[done..]);
        made
    }

    proptest! {
        // REQ-230
        #[test]
        fn what_differs_makes_the_one_text_of_the_other(
            old in prop::collection::vec("[ab]{0,2}", 0..12),
            new in prop::collection::vec("[ab]{0,2}", 0..12),
        ) {
            let lists = [&old, &new].map(|list| list.iter().map(String::as_str).collect::<Vec<_>>());
            prop_assert_eq!(put_in_place(&lists[0], &lists[1]), lists[1].clone());
            prop_assert_eq!(differences(&lists[0], &lists[1]).is_empty(), old == new);
        }
    }

    #[test]
    fn long_texts_are_laid_side_by_side_at_what_each_has_once() {
        let numbers: Vec<String> = (0..10_000).map(|number| number.to_string()).collect();
        let old: Vec<&str> = numbers.iter().map(String::as_str).collect();
        let mut new = old.clone();
        new[10] = "changed";
        new.insert(9_000, "added");
        new.remove(5_000);
        assert_eq!(
            differences(&old, &new),
            [(10..11, 10..11), (5_000..5_001, 5_000..5_000), (9_000..9_000, 8_999..9_000)]
        );
        // What changed its place is found in one of them.
        let turned: Vec<&str> = old[5_000..].iter().chain(&old[..5_000]).copied().collect();
        assert_eq!(differences(&old, &turned), [(0..5_000, 0..0), (10_000..10_000, 5_000..10_000)]);
    }

    // REQ-230
    #[test]
    fn texts_in_which_nothing_stands_once_are_not_compared_line_by_line() {
        let lines = |turns: usize| (0..4_000).map(move |at| if at % turns == 0 { "a" } else { "b" });
        let (old, new): (Vec<&str>, Vec<&str>) = (lines(2).collect(), lines(3).collect());
        assert_eq!(differences(&old, &new).len(), 1);
        assert_eq!(put_in_place(&old, &new), new);
    }

    #[test]
    fn a_unified_diff_shows_the_lines_around_a_difference() {
        let old = "1\n2\n3\n4\n5\n6\n7\n8\n9\n".to_owned();
        let new = old.replace("5\n", "five\n").trim_end().to_owned();
        assert_eq!(
            unified(("a", &old), ("b", &new)),
            "--- a\n+++ b\n@@ -2,8 +2,8 @@\n 2\n 3\n 4\n-5\n+five\n 6\n 7\n 8\n-9\n+9\n\\ No newline at end of file\n"
        );
        assert_eq!(unified(("a", &old), ("b", &old)), "");
        assert_eq!(unified(("a", ""), ("b", "x\n")), "--- a\n+++ b\n@@ -0,0 +1 @@\n+x\n");
    }
}
