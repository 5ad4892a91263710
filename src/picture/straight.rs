//! Moves what lies in layers sideways, so that lines become short and straight.

use super::layers::{ACROSS, Item, Layers, ROUNDS};

impl Layers {
    /// Moves items sideways towards their neighbours above and below, as far as those beside them
    /// allow: in each layer to the places with the least squared distance from where they are pulled.
    pub(super) fn straighten(&mut self) {
        for row in self.runs() {
            self.settle(&row, |item, _| (item.x, 1.0));
        }
        for round in 0..3 * ROUNDS {
            let mut rows = self.runs();
            if round % 2 == 1 {
                rows.reverse();
            }
            for row in rows {
                self.settle(&row, |item, items| {
                    let pulls =
                        || item.pulls.iter().filter_map(|(other, s)| Some((items.get(*other)?.x, *s)));
                    let strength: f64 = pulls().map(|(_, s)| s).sum();
                    let wanted: f64 = pulls().map(|(x, s)| x * s).sum();
                    if strength > 0.0 { (wanted / strength, strength) } else { (item.x, 0.1) }
                });
            }
        }
    }

    /// The layers, cut where one component ends and another begins.
    fn runs(&self) -> Vec<Vec<usize>> {
        let component = |index: &usize| self.items.get(*index).map(|item| item.component);
        let runs = self.rows.iter().flat_map(|row| row.chunk_by(|a, b| component(a) == component(b)));
        runs.map(<[usize]>::to_vec).collect()
    }

    /// Puts the components beside each other.
    pub(super) fn spread(&mut self) {
        let count = self.items.iter().map(|item| item.component + 1).max().unwrap_or(0);
        let mut edge = 0.0;
        for component in 0..count {
            let members = || self.items.iter().filter(|item| item.component == component);
            let left = members().map(|it| it.x - it.size.width / 2.0).reduce(f64::min).unwrap_or(0.0);
            let right = members().map(|it| it.x + it.size.width / 2.0).reduce(f64::max).unwrap_or(0.0);
            for item in self.items.iter_mut().filter(|item| item.component == component) {
                item.x += edge - left;
            }
            edge += right - left + 2.0 * ACROSS;
        }
    }

    /// Lets long lines run straight down where there is room for it, rather farther out than in.
    pub(super) fn align(&mut self) {
        let chains: Vec<Vec<usize>> = self.chains.iter().map(|(chain, _)| chain.clone()).collect();
        for _ in 0..4 {
            for chain in &chains {
                let inner = chain.get(1..chain.len().saturating_sub(1)).unwrap_or_default();
                let (mut low, mut high) = (f64::NEG_INFINITY, f64::INFINITY);
                let (mut leftmost, mut rightmost) = (f64::INFINITY, f64::NEG_INFINITY);
                for index in inner {
                    let (least, most, own) = self.room(*index);
                    (low, high) = (low.max(least), high.min(most));
                    (leftmost, rightmost) = (leftmost.min(own), rightmost.max(own));
                }
                if inner.len() < 2 {
                    continue;
                }
                let ends = [chain.first(), chain.last()].into_iter().flatten();
                let at: f64 = ends.filter_map(|index| self.items.get(*index)).map(|item| item.x / 2.0).sum();
                let is_right = f64::midpoint(leftmost, rightmost) > at;
                let x = match (low <= high, is_right) {
                    (true, true) => rightmost.clamp(low, high),
                    (true, false) => leftmost.clamp(low, high),
                    // Its neighbours on the right make room, and are lines that lie further out.
                    (false, true) if low - high < 2.0 * ACROSS => low,
                    (false, _) => continue,
                };
                for index in inner {
                    if let Some(item) = self.items.get_mut(*index) {
                        item.x = x;
                    }
                }
                self.make_room();
            }
        }
    }

    /// Moves items to the right, as far as those on their left demand.
    fn make_room(&mut self) {
        for run in self.runs() {
            let mut least = f64::NEG_INFINITY;
            for index in run {
                if let Some(item) = self.items.get_mut(index) {
                    item.x = item.x.max(least + item.size.width / 2.0);
                    least = item.x + item.size.width / 2.0 + ACROSS;
                }
            }
        }
    }

    /// The least and the greatest place that an item can have beside its neighbours, and its own.
    fn room(&self, index: usize) -> (f64, f64, f64) {
        let Some(item) = self.items.get(index) else { return (0.0, 0.0, 0.0) };
        let row = self.rows.get(item.layer).map(Vec::as_slice).unwrap_or_default();
        let at = row.iter().position(|one| *one == index).unwrap_or(0);
        let beside = |other: Option<&usize>| {
            let other = other.and_then(|other| self.items.get(*other));
            other.filter(|other| other.component == item.component)
        };
        let apart = |other: &Item| f64::midpoint(item.size.width, other.size.width) + ACROSS;
        let before = beside(at.checked_sub(1).and_then(|at| row.get(at)));
        let after = beside(row.get(at + 1));
        let least = before.map_or(f64::NEG_INFINITY, |other| other.x + apart(other));
        (least, after.map_or(f64::INFINITY, |other| other.x - apart(other)), item.x)
    }

    fn settle(&mut self, row: &[usize], wish: impl Fn(&Item, &[Item]) -> (f64, f64)) {
        let items: Vec<&Item> = row.iter().filter_map(|index| self.items.get(*index)).collect();
        let wishes: Vec<(f64, f64)> = items.iter().map(|item| wish(item, &self.items)).collect();
        let widths: Vec<f64> = items.iter().map(|item| item.size.width + ACROSS).collect();
        for (index, x) in row.iter().zip(apart(&wishes, &widths)) {
            if let Some(item) = self.items.get_mut(*index) {
                item.x = x;
            }
        }
    }
}

/// Finds places in the given order, each at least half of both widths from its neighbours, with the
/// least sum of squared distances from what is wished (place and weight). This is isotonic regression, solved
/// by pooling neighbours that would be too close.
pub(super) fn apart(wishes: &[(f64, f64)], widths: &[f64]) -> Vec<f64> {
    let mut offset = 0.0;
    let mut offsets = Vec::new();
    let mut last: Option<f64> = None;
    for width in widths {
        offset += last.map_or(0.0, |last| f64::midpoint(last, *width));
        offsets.push(offset);
        last = Some(*width);
    }
    // Each pool: the sum of weighted wishes, the sum of weights, how many.
    let mut pools: Vec<(f64, f64, usize)> = Vec::new();
    for ((wish, weight), offset) in wishes.iter().zip(&offsets) {
        let mut pool = ((wish - offset) * weight, *weight, 1);
        while let Some(before) = pools.pop_if(|before| before.0 / before.1 > pool.0 / pool.1) {
            pool = (before.0 + pool.0, before.1 + pool.1, before.2 + pool.2);
        }
        pools.push(pool);
    }
    let shared = pools.iter().flat_map(|(sum, weight, count)| std::iter::repeat_n(sum / weight, *count));
    shared.zip(&offsets).map(|(place, offset)| place + offset).collect()
}
