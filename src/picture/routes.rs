//! Turns places in layers into points: where boxes lie, and which way lines take.

use super::layers::{Item, Layers, Layout, Link, MARGIN, PORTS, Point, Route, Size, length};
use super::straight::apart;

impl Layers {
    /// Turns places in layers into points, and finds where lines end at their boxes.
    pub(super) fn finish(self, boxes: usize, links: &[Link]) -> Layout {
        let left = self.items.iter().map(|it| it.x - it.size.width / 2.0).reduce(f64::min).unwrap_or(0.0);
        let right = self.items.iter().map(|it| it.x + it.size.width / 2.0).reduce(f64::max).unwrap_or(0.0);
        let bands = self.bands();
        let band = |item: &Item| bands.get(item.layer).copied().unwrap_or_default();
        let point = |item: &Item| {
            let (top, bottom) = band(item);
            Point { x: item.x - left, y: f64::midpoint(top, bottom) }
        };
        let mut routes = Vec::new();
        for (at, ((chain, label), link)) in self.chains.iter().zip(links).enumerate() {
            let items: Vec<&Item> = chain.iter().filter_map(|index| self.items.get(*index)).collect();
            let mut points = Vec::new();
            for (place, item) in items.iter().enumerate() {
                let (top, bottom) = band(item);
                let middle = f64::midpoint(top, bottom);
                let half = item.size.height / 2.0;
                let is_first = place == 0;
                if is_first || place + 1 == items.len() {
                    let x = self.port(at, is_first) - left;
                    // Straight out of the box to the edge of its row, past higher neighbours.
                    let mut ends = [Point { x, y: middle + half }, Point { x, y: bottom }];
                    if !is_first {
                        ends = [Point { x, y: top }, Point { x, y: middle - half }];
                    }
                    points.extend(ends);
                } else {
                    points.extend([top, bottom].map(|y| Point { x: item.x - left, y }));
                }
            }
            if link.from > link.to {
                points.reverse();
            }
            let label = items.get(*label).map(|item| point(item));
            routes.push(Route { label: label.unwrap_or(Point { x: 0.0, y: 0.0 }), points });
        }
        let size = Size { width: right - left, height: bands.last().map_or(0.0, |(_, bottom)| *bottom) };
        Layout { boxes: self.items.iter().take(boxes).map(point).collect(), lines: routes, size }
    }

    /// Top and bottom of each layer.
    fn bands(&self) -> Vec<(f64, f64)> {
        let mut top = 0.0;
        let mut bands = Vec::new();
        for (layer, row) in self.rows.iter().enumerate() {
            let heights = row.iter().filter_map(|index| self.items.get(*index)).map(|it| it.size.height);
            let height = heights.fold(0.0, f64::max);
            let margin = if layer % 2 == 1 { MARGIN } else { 0.0 };
            bands.push((top + margin, top + margin + height));
            top += height + 2.0 * margin;
        }
        bands
    }

    /// Where a line ends at its upper or lower box: below or above its next place if it can be, in
    /// the order of those places.
    fn port(&self, line: usize, upper: bool) -> f64 {
        let end = |chain: &[usize]| -> Option<(usize, f64)> {
            let (end, next) = if upper {
                (chain.first()?, chain.get(1)?)
            } else {
                (chain.last()?, chain.iter().rev().nth(1)?)
            };
            Some((*end, self.items.get(*next)?.x))
        };
        let Some((own, _)) = self.chains.get(line).and_then(|(chain, _)| end(chain)) else { return 0.0 };
        let Some(item) = self.items.get(own) else { return 0.0 };
        let mut ends: Vec<(usize, f64)> = Vec::new();
        for (index, (chain, _)) in self.chains.iter().enumerate() {
            ends.extend(end(chain).filter(|(one, _)| *one == own).map(|(_, next)| (index, next)));
        }
        ends.sort_by(|a, b| a.1.total_cmp(&b.1));
        let room = item.size.width * 0.8;
        let between = PORTS.min(room / length(ends.len()));
        let (low, high) = (item.x - room / 2.0, item.x + room / 2.0);
        let wishes: Vec<(f64, f64)> = ends.iter().map(|(_, next)| (next.clamp(low, high), 1.0)).collect();
        let mut places = apart(&wishes, &vec![between; ends.len()]);
        let mut bound = high;
        for place in places.iter_mut().rev() {
            *place = place.min(bound);
            bound = *place - between;
        }
        bound = low;
        for place in &mut places {
            *place = place.max(bound);
            bound = *place + between;
        }
        let place = ends.iter().position(|(index, _)| *index == line).and_then(|at| places.get(at));
        place.copied().unwrap_or(item.x)
    }
}
