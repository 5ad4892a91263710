//! How large boxes and labels are, and which lines lie between them.

use super::diagram::{Diagram, Node, wrapped};
use super::layers::{Layout, Link, Size, layout, length};

/// Lengths are in pixels. Sizes of type, and how wide a character of them is at most in the fonts
/// that browsers take for `sans-serif`.
pub(super) const NAME: (f64, f64) = (15.0, 10.6);
pub(super) const SMALL: (f64, f64) = (12.5, 7.4);

/// Height of a line of small type.
pub(super) const LEADING: f64 = 16.0;

/// Space inside a box.
pub(super) const PADDING: f64 = 12.0;

/// Characters in a line of a label, and of the list in a box.
const LABEL: usize = 16;
const STAYS: usize = 26;

/// What a box stands for, by its place in the diagram.
#[derive(Debug, Clone, Copy)]
pub(super) enum What {
    /// The point from which documents come into a state.
    Begin,
    Crowd(usize),
    State(usize),
}

/// Boxes and lines with their places.
#[derive(Debug)]
pub(super) struct Places {
    pub(super) boxes: Vec<(What, Size)>,
    /// The words of each line's label, and whether it is dashed.
    pub(super) lines: Vec<(Vec<String>, bool)>,
    pub(super) layout: Layout,
}

/// Finds places for a diagram; `None` where there is too much of it for a picture.
pub(super) fn place(shown: &Diagram) -> Option<Places> {
    let begins: Vec<usize> = shown
        .nodes
        .iter()
        .enumerate()
        .filter(|(_, node)| !node.created_by.is_empty())
        .map(|(at, _)| at)
        .collect();
    let heads = begins.len() + shown.crowds.len();
    let mut boxes: Vec<(What, Size)> =
        begins.iter().map(|_| (What::Begin, Size { width: 14.0, height: 14.0 })).collect();
    for index in 0..shown.crowds.len() {
        boxes.push((What::Crowd(index), size_of_crowd(shown, index)));
    }
    boxes.extend(shown.nodes.iter().enumerate().map(|(at, node)| (What::State(at), size_of_node(node))));

    let mut links = Vec::new();
    let mut labels = Vec::new();
    let mut add = |from: usize, to: usize, words: &[String], dashed: bool| {
        let words = wrapped(words, LABEL);
        links.push(Link { from, to, label: size_of_label(&words) });
        labels.push((words, dashed));
    };
    for (index, at) in begins.iter().enumerate() {
        let words = shown.nodes.get(*at).map(|node| node.created_by.as_slice()).unwrap_or_default();
        add(index, heads + at, words, false);
    }
    for arrow in &shown.arrows {
        add(heads + arrow.from, heads + arrow.to, &arrow.labels, arrow.dashed);
    }
    for (index, crowd) in shown.crowds.iter().enumerate() {
        let any = begins.len() + index;
        add(any, heads + crowd.to, &crowd.labels, false);
        if !crowd.back.is_empty() {
            add(heads + crowd.to, any, &crowd.back, true);
        }
    }
    let sizes: Vec<Size> = boxes.iter().map(|(_, size)| *size).collect();
    Some(Places { layout: layout(&sizes, &links, heads)?, boxes, lines: labels })
}

fn size_of_node(node: &Node) -> Size {
    let small = small_lines(node);
    let name = length(node.name.chars().count()) * NAME.1;
    Size {
        width: name.max(length(longest(&small)) * SMALL.1) + 2.0 * PADDING,
        height: NAME.0 + length(small.len()) * LEADING + 2.0 * PADDING,
    }
}

fn size_of_crowd(shown: &Diagram, index: usize) -> Size {
    let from = shown.crowds.get(index).into_iter().flat_map(|crowd| &crowd.from);
    let names: Vec<String> = from.filter_map(|at| Some(shown.nodes.get(*at)?.name.clone())).collect();
    // Names are in capitals, which are wider.
    let width = length(longest(&names)) * SMALL.1 * 1.25 + 2.0 * PADDING;
    Size { width, height: length(names.len()) * LEADING + PADDING }
}

/// The room that a label takes.
pub(super) fn size_of_label(lines: &[String]) -> Size {
    Size { width: length(longest(lines)) * SMALL.1 + 4.0, height: length(lines.len()) * LEADING }
}

/// What stands in a box under the name of its state.
pub(super) fn small_lines(node: &Node) -> Vec<String> {
    let mut lines = wrapped(&node.stays, STAYS);
    lines.extend(node.by_parent.then(|| "only with its parent".to_owned()));
    lines
}

fn longest(lines: &[String]) -> usize {
    lines.iter().map(|line| line.chars().count()).max().unwrap_or(0)
}
