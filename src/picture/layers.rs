//! Finds places for boxes and for the labelled lines between them, in layers from top to bottom.
//!
//! After Sugiyama, Tagawa, Toda (1981). Boxes lie in rows; between two rows is a gap in which the
//! labels lie. A line that passes a row or a gap has a place of its own there, as a box or a label
//! has. Lines run sideways only in the margins above and below the labels, so that none can cross
//! a label or a box, whatever the life cycle. Nothing here is random.

/// Space between neighbours in a layer, in pixels.
pub(super) const ACROSS: f64 = 26.0;

/// Space above and below the labels of a gap, in which lines run sideways.
pub(super) const MARGIN: f64 = 23.0;

/// Least space between two lines that end at the same side of a box.
pub(super) const PORTS: f64 = 19.0;

/// Rounds of ordering and of straightening; more change nothing that can be seen.
pub(super) const ROUNDS: usize = 40;

/// Most boxes, labels and places of passing lines. With more nobody could read the picture, and to order them takes
/// seconds.
const ITEMS_MAX: usize = 10_000;

/// A point, in pixels from the left and from the top.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Point {
    pub(super) x: f64,
    pub(super) y: f64,
}

/// A width and a height.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct Size {
    pub(super) width: f64,
    pub(super) height: f64,
}

/// A line to be drawn between two boxes, with the size of its label.
#[derive(Debug)]
pub(super) struct Link {
    pub(super) from: usize,
    pub(super) to: usize,
    pub(super) label: Size,
}

/// Where everything goes; in the order in which boxes and links were given.
#[derive(Debug, Default)]
pub(super) struct Layout {
    /// The middles of the boxes.
    pub(super) boxes: Vec<Point>,
    pub(super) lines: Vec<Route>,
    pub(super) size: Size,
}

/// The way of a line.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Route {
    /// The middle of its label.
    pub(super) label: Point,
    /// Its points; between two of them it is straight where they are above each other.
    pub(super) points: Vec<Point>,
}

/// Something that has a place in a layer.
pub(super) struct Item {
    pub(super) layer: usize,
    pub(super) size: Size,
    /// Items of one component hang together; components lie side by side.
    pub(super) component: usize,
    pub(super) x: f64,
    /// Its neighbours in other layers, and how strongly it wants to be straight above or below.
    pub(super) pulls: Vec<(usize, f64)>,
}

pub(super) struct Layers {
    pub(super) items: Vec<Item>,
    /// The items of each layer, from left to right.
    pub(super) rows: Vec<Vec<usize>>,
    /// For each link its items from top to bottom, its boxes included, and which one is its label.
    pub(super) chains: Vec<(Vec<usize>, usize)>,
}

/// Finds the places. Links go down where they lead to a later box, and up where to an earlier one;
/// links of a box with itself have no way. The first `heads` boxes lie right above what they lead to. `None` where
/// there is too much for a picture.
pub(super) fn layout(boxes: &[Size], links: &[Link], heads: usize) -> Option<Layout> {
    let mut layers = Layers::new(boxes, links, heads)?;
    layers.order();
    layers.straighten();
    layers.align();
    layers.spread();
    Some(layers.finish(boxes.len(), links))
}

/// A count as a length.
pub(super) fn length(count: usize) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}

/// The rank of each box: one more than the greatest of those that lead down to it.
fn ranks(count: usize, links: &[Link], heads: usize) -> Vec<usize> {
    let mut ranks = vec![0_usize; count];
    let above = |link: &Link| (link.from.min(link.to), link.from.max(link.to));
    for lower in 0..count {
        let uppers = links.iter().map(above).filter(|(upper, to)| *to == lower && *upper != lower);
        let rank = uppers.filter_map(|(upper, _)| Some(ranks.get(upper)? + 1)).max();
        if let (Some(rank), Some(slot)) = (rank, ranks.get_mut(lower)) {
            *slot = rank;
        }
    }
    for head in 0..heads.min(count) {
        let lowers = links.iter().map(above).filter(|(upper, lower)| *upper == head && lower != upper);
        let rank = lowers.filter_map(|(_, lower)| ranks.get(lower).copied()).min();
        if let (Some(rank), Some(slot)) = (rank, ranks.get_mut(head)) {
            *slot = rank.saturating_sub(1);
        }
    }
    ranks
}

/// The component of each box; greater ones come first.
fn components(count: usize, links: &[Link]) -> Vec<usize> {
    let mut names: Vec<usize> = (0..count).collect();
    for link in links {
        let (Some(a), Some(b)) = (names.get(link.from).copied(), names.get(link.to).copied()) else {
            continue;
        };
        for name in &mut names {
            if *name == a.max(b) {
                *name = a.min(b);
            }
        }
    }
    let members = |name: usize| names.iter().filter(|one| **one == name).count();
    let mut order: Vec<usize> = names.clone();
    order.sort_by_cached_key(|name| (std::cmp::Reverse(members(*name)), *name));
    order.dedup();
    names.iter().map(|name| order.iter().position(|one| one == name).unwrap_or(0)).collect()
}

impl Layers {
    fn new(boxes: &[Size], links: &[Link], heads: usize) -> Option<Self> {
        let ranks = ranks(boxes.len(), links, heads);
        let rank = |index: usize| ranks.get(index).copied().unwrap_or(0);
        let passed = links.iter().map(|link| 2 * rank(link.from).abs_diff(rank(link.to)));
        if boxes.len() + passed.sum::<usize>() > ITEMS_MAX {
            return None;
        }
        let components = components(boxes.len(), links);
        let depth = ranks.iter().max().map_or(0, |rank| 2 * rank + 1);
        let mut layers = Self { items: Vec::new(), rows: vec![Vec::new(); depth], chains: Vec::new() };
        for ((size, rank), component) in boxes.iter().zip(&ranks).zip(&components) {
            layers.add(2 * rank, *size, *component);
        }
        for link in links {
            let (upper, lower) = (link.from.min(link.to), link.from.max(link.to));
            let ends = (ranks.get(upper).copied(), ranks.get(lower).copied());
            let (Some(top), Some(bottom)) = ends else { continue };
            let component = components.get(upper).copied().unwrap_or(0);
            // The label lies in the middle gap of those that the line passes.
            let labelled = 2 * usize::midpoint(top, bottom.saturating_sub(1)) + 1;
            let mut chain = vec![upper];
            let mut label = 0;
            for layer in 2 * top + 1..2 * bottom {
                let size = if layer == labelled { link.label } else { Size { width: 4.0, height: 0.0 } };
                if layer == labelled {
                    label = chain.len();
                }
                chain.push(layers.add(layer, size, component));
            }
            chain.push(lower);
            // Where life goes on from one state to the next, it should go straight down.
            let goes_on = link.from + 1 == link.to;
            for (a, b) in chain.iter().zip(chain.iter().skip(1)) {
                let inner = usize::from(*a >= boxes.len()) + usize::from(*b >= boxes.len());
                let pull = if goes_on { 4.0 } else { [1.0, 1.0, 8.0].get(inner).copied().unwrap_or(1.0) };
                layers.pull(*a, *b, pull);
            }
            layers.chains.push((chain, label));
        }
        Some(layers)
    }

    fn add(&mut self, layer: usize, size: Size, component: usize) -> usize {
        let index = self.items.len();
        self.items.push(Item { layer, size, component, x: 0.0, pulls: Vec::new() });
        if let Some(row) = self.rows.get_mut(layer) {
            row.push(index);
        }
        index
    }

    fn pull(&mut self, a: usize, b: usize, strength: f64) {
        for (one, other) in [(a, b), (b, a)] {
            if let Some(item) = self.items.get_mut(one) {
                item.pulls.push((other, strength));
            }
        }
    }

    /// The places of items within their layers.
    fn positions(&self) -> Vec<usize> {
        let mut positions = vec![0; self.items.len()];
        self.rows.iter().for_each(|row| number(&mut positions, row));
        positions
    }

    /// Puts items into an order with few crossings: again and again by the mean of their neighbours
    /// above, then below; the best order seen is kept.
    fn order(&mut self) {
        let mut best = (usize::MAX, self.rows.clone());
        let mut positions = self.positions();
        for round in 0..ROUNDS {
            let down = round % 2 == 0;
            let mut layers: Vec<usize> = (0..self.rows.len()).collect();
            if !down {
                layers.reverse();
            }
            for layer in layers {
                let position = |index: usize| positions.get(index).copied().map(length);
                let key = |index: &usize| {
                    let item = self.items.get(*index);
                    let pulls = item.into_iter().flat_map(|item| &item.pulls);
                    let sides = pulls.filter(|(other, _)| {
                        self.items.get(*other).is_some_and(|it| (it.layer < layer) == down)
                    });
                    let at: Vec<f64> = sides.filter_map(|(other, _)| position(*other)).collect();
                    let own = position(*index).unwrap_or(0.0);
                    let mean = if at.is_empty() { own } else { at.iter().sum::<f64>() / length(at.len()) };
                    (item.map_or(0, |item| item.component), mean)
                };
                let mut row: Vec<(usize, (usize, f64))> =
                    self.rows.get(layer).into_iter().flatten().map(|index| (*index, key(index))).collect();
                row.sort_by(|(_, a), (_, b)| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)));
                if let Some(slot) = self.rows.get_mut(layer) {
                    *slot = row.into_iter().map(|(index, _)| index).collect();
                    number(&mut positions, slot);
                }
            }
            let crossings = self.crossings(&positions);
            if crossings < best.0 {
                best = (crossings, self.rows.clone());
            }
        }
        self.rows = best.1;
    }

    /// How many pairs of steps from one layer to the next cross.
    fn crossings(&self, positions: &[usize]) -> usize {
        let place = |index: usize| positions.get(index).copied().unwrap_or(0);
        let mut steps: Vec<(usize, usize, usize)> = Vec::new();
        for (index, item) in self.items.iter().enumerate() {
            for (other, _) in &item.pulls {
                if self.items.get(*other).is_some_and(|it| it.layer == item.layer + 1) {
                    steps.push((item.layer, place(index), place(*other)));
                }
            }
        }
        // Those that begin at one place are in the order of their ends: they do not cross.
        steps.sort_unstable();
        let gaps = steps.chunk_by(|a, b| a.0 == b.0);
        gaps.map(|gap| falling(&gap.iter().map(|(.., end)| *end).collect::<Vec<_>>())).sum()
    }
}

/// Notes the places of a row from left to right.
fn number(positions: &mut [usize], row: &[usize]) {
    for (place, index) in row.iter().enumerate() {
        if let Some(slot) = positions.get_mut(*index) {
            *slot = place;
        }
    }
}

/// How many pairs of numbers have the greater one first. Counted with a tree after Fenwick (1994), whose nodes have
/// sums over parts of the numbers that came.
fn falling(numbers: &[usize]) -> usize {
    let mut sums = vec![0_usize; numbers.iter().max().map_or(1, |most| most + 2)];
    let mut pairs = 0;
    for (came, number) in numbers.iter().enumerate() {
        let (mut up_to, mut node) = (0, number + 1);
        while node > 0 {
            up_to += sums.get(node).copied().unwrap_or(0);
            node &= node - 1;
        }
        pairs += came - up_to;
        let mut node = number + 1;
        while let Some(sum) = sums.get_mut(node) {
            *sum += 1;
            node += node & node.wrapping_neg();
        }
    }
    pairs
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A life cycle of so many states, each with a way to the next one and one to the opposite one.
    fn places(states: usize) -> Option<Layout> {
        let link = |from, to| Link { from, to, label: Size { width: 40.0, height: 16.0 } };
        let next = (1..states).map(|state| link(state - 1, state));
        let across = (0..states).map(|state| link(state, states - 1 - state));
        let boxes = vec![Size { width: 80.0, height: 40.0 }; states];
        layout(&boxes, &next.chain(across).collect::<Vec<_>>(), 0)
    }

    // REQ-290
    #[test]
    fn what_is_too_large_for_a_picture_is_not_drawn() {
        assert_eq!(places(60).map(|layout| layout.boxes.len()), Some(60));
        assert!(places(200).is_none() && places(5_000).is_none());
    }

    proptest! {
        // REQ-290
        #[test]
        fn pairs_are_counted_as_if_each_were_looked_at(numbers in prop::collection::vec(0usize..40, 0..60)) {
            let rest = |at: usize| numbers.iter().skip(at + 1);
            let pairs = numbers.iter().enumerate().flat_map(|(at, a)| rest(at).map(move |b| a > b));
            prop_assert_eq!(falling(&numbers), pairs.filter(|falls| *falls).count());
        }
    }
}
