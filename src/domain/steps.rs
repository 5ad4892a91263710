//! How much a reader of text looks at, counted where tests are: what no clock has to tell.
//!
//! Code that may look at the same bytes again counts them here. A reader is linear where twice
//! the text takes no more than twice the count.

#[cfg(test)]
thread_local! {
    static COUNTED: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
}

/// Counts bytes that are looked at.
#[inline]
#[cfg_attr(not(test), expect(unused_variables, reason = "nobody asks"))]
pub(super) fn count(bytes: usize) {
    #[cfg(test)]
    COUNTED.with(|counted| counted.set(counted.get() + bytes));
}

/// Counts what is looked at meanwhile.
#[cfg(test)]
pub(super) fn of(read: impl FnOnce()) -> usize {
    let before = COUNTED.get();
    read();
    COUNTED.get() - before
}

#[cfg(test)]
mod tests {
    //! Twice the text takes at most twice the work, whatever text it is.

    use super::*;
    use crate::domain::worst::{FAMILIES, readers::READERS};

    /// Bytes that are read: enough for work that grows with the square to be four times as much, and little enough
    /// to read each family with each reader.
    const SIZE: usize = 1_000;

    /// Work that does not grow with the text.
    const SLACK: usize = 2_000;

    // REQ-228
    #[test]
    fn no_reader_looks_at_twice_a_text_more_than_twice_as_often() {
        let mut faults = Vec::new();
        for reader in READERS {
            for family in FAMILIES {
                let looks = |size| {
                    let text = family.text(size);
                    of(|| (reader.read)(&text))
                };
                let (once, twice) = (looks(SIZE), looks(2 * SIZE));
                // What sorts takes a little more.
                if twice > once * 5 / 2 + SLACK {
                    faults.push(format!("{}: {once} and {twice} with {family:?}", reader.name));
                }
            }
        }
        assert!(faults.is_empty(), "{}", faults.join("\n"));
    }

    // REQ-228
    #[test]
    fn a_search_from_every_opener_would_be_seen() {
        let searched = |size: usize| {
            let text = "[".repeat(size);
            of(|| (0..text.len()).for_each(|from| count(text.len() - from)))
        };
        assert!(searched(2 * SIZE) > searched(SIZE) * 5 / 2 + SLACK);
    }
}
