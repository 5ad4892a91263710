//! Looking ahead in a text, so that however often it is done each byte is looked at once.
//!
//! A reader that has to know what comes later asks here. To search from each opener on would
//! take as long as the text has openers, times its length.

use crate::domain::steps::count;

/// Where something comes next in a text, for places that only go forward.
pub(super) struct Ahead<'a> {
    text: &'a str,
    find: fn(&str) -> Option<usize>,
    found: Option<usize>,
}

impl<'a> Ahead<'a> {
    /// Looks for what `find` finds first.
    pub(super) fn of(text: &'a str, find: fn(&str) -> Option<usize>) -> Self {
        Self { text, find, found: None }
    }

    /// The first place from `at` on, or the end of the text.
    pub(super) fn next(&mut self, at: usize) -> usize {
        if let Some(found) = self.found.filter(|found| *found >= at) {
            return found;
        }
        let next = self.text.get(at..).and_then(self.find);
        let found = next.map_or(self.text.len(), |next| at + next);
        count(found.saturating_sub(at));
        self.found = Some(found);
        found
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_next_place_is_the_one_that_a_search_finds(text in "[ab\n]{0,20}", mut places in prop::collection::vec(0..22_usize, 0..8)) {
            places.sort_unstable();
            let mut ahead = Ahead::of(&text, |rest| rest.find('a'));
            for at in places {
                let searched = text.get(at..).and_then(|rest| rest.find('a')).map(|next| at + next);
                prop_assert_eq!(ahead.next(at), searched.unwrap_or(text.len()));
            }
        }
    }
}
