//! How much a reader of text looks at, counted where tests are: what no clock has to tell.
//!
//! Whoever looks at bytes that are looked at again elsewhere says so here. A reader is linear where twice
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
