//! How a run of bytes is written where bytes are sealed or held: its length, then itself.
//!
//! A length below 255 is one byte. A longer one is the byte 255 and the length as 8 bytes, big
//! end first. Each length has one form only, so that equal things have equal bytes.

use std::fmt::{self, Display, Write as _};

/// Says that a length of 8 bytes follows.
const LONG: u8 = 255;

/// Writes a run of bytes.
#[inline]
pub(super) fn put(out: &mut Vec<u8>, bytes: &[u8]) {
    put_length(out, bytes.len());
    out.extend_from_slice(bytes);
}

/// Writes as one run whatever `write` writes.
pub(super) fn put_run(out: &mut Vec<u8>, write: impl FnOnce(&mut Vec<u8>)) {
    let start = out.len();
    write(out);
    let end = out.len();
    put_length(out, end - start);
    // Runs are short: to move one is cheaper than to write it somewhere else first.
    let length = out.len() - end;
    if let Some(run) = out.get_mut(start..) {
        run.rotate_right(length);
    }
}

/// Writes a text as a run.
pub(super) fn put_text(out: &mut Vec<u8>, text: impl Display) {
    put_run(out, |out| {
        // Nothing that is written here refuses to be.
        let _infallible = write!(Text(out), "{text}");
    });
}

/// Lets texts be written among bytes.
struct Text<'a>(&'a mut Vec<u8>);

impl fmt::Write for Text<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.extend_from_slice(text.as_bytes());
        Ok(())
    }
}

#[inline]
fn put_length(out: &mut Vec<u8>, length: usize) {
    match u8::try_from(length) {
        Ok(short) if short < LONG => out.push(short),
        _ => {
            out.push(LONG);
            out.extend_from_slice(&(length as u64).to_be_bytes());
        }
    }
}

/// Reads bytes from the front. Every method returns `None`, and is of no use after, where the
/// bytes end too early or a length is not in its one form.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    /// Returns what was not read yet.
    pub(super) fn rest(self) -> &'a [u8] {
        self.rest
    }

    /// Returns what was read between this point and a later one.
    #[inline]
    pub(super) fn until(self, later: Self) -> &'a [u8] {
        let read = self.rest.len().saturating_sub(later.rest.len());
        self.rest.split_at_checked(read).map_or(&[], |(read, _)| read)
    }

    /// Returns the next byte and leaves it there.
    pub(super) fn peek(self) -> Option<u8> {
        self.rest.first().copied()
    }

    #[inline]
    pub(super) fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(*first)
    }

    pub(super) fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (array, rest) = self.rest.split_first_chunk::<N>()?;
        self.rest = rest;
        Some(*array)
    }

    /// Reads a run of bytes.
    #[inline]
    pub(super) fn run(&mut self) -> Option<&'a [u8]> {
        let length = match self.byte()? {
            LONG => {
                let length = usize::try_from(u64::from_be_bytes(self.array()?)).ok()?;
                if length < usize::from(LONG) {
                    return None;
                }
                length
            }
            short => usize::from(short),
        };
        let (run, rest) = self.rest.split_at_checked(length)?;
        self.rest = rest;
        Some(run)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_of_every_length_come_back_however_they_are_written() {
        for length in [0, 1, 254, 255, 256, 70_000] {
            let mut bytes = Vec::new();
            put(&mut bytes, &vec![b'7'; length]);
            let mut same = Vec::new();
            put_run(&mut same, |out| out.resize(out.len() + length, b'7'));
            put_text(&mut same, "7".repeat(length));
            assert_eq!(same, bytes.repeat(2));
            let mut reader = Reader::new(&bytes);
            assert_eq!(reader.run().map(<[u8]>::len), Some(length));
            assert_eq!(reader.rest(), b"");
        }
    }

    #[test]
    fn short_length_in_long_form_is_refused() {
        let bytes = [&[255, 0, 0, 0, 0, 0, 0, 0, 1], &b"x"[..]].concat();
        assert_eq!(Reader::new(&bytes).run(), None);
    }

    #[test]
    fn length_beyond_the_end_is_refused() {
        assert_eq!(Reader::new(&[2, 0]).run(), None);
        assert_eq!(Reader::new(&[255; 9]).run(), None);
    }
}
