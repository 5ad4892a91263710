//! How a run of bytes is written where bytes are sealed or held: its length, then itself.
//!
//! A length below 255 is one byte. A longer one is the byte 255 and the length as 8 bytes, big
//! end first. Each length has one form only, so that equal things have equal bytes.

/// Says that a length of 8 bytes follows.
const LONG: u8 = 255;

/// Writes a run of bytes.
pub(super) fn put(out: &mut Vec<u8>, bytes: &[u8]) {
    match u8::try_from(bytes.len()) {
        Ok(length) if length < LONG => out.push(length),
        _ => {
            out.push(LONG);
            out.extend_from_slice(&(bytes.len() as u64).to_be_bytes());
        }
    }
    out.extend_from_slice(bytes);
}

/// Returns how many bytes [`put`] writes for a run of `length` bytes.
pub(super) fn size_of_run(length: usize) -> usize {
    if length < usize::from(LONG) { 1 + length } else { 9 + length }
}

/// Writes several runs as one value.
pub(super) fn composite<const N: usize>(parts: [&[u8]; N]) -> Vec<u8> {
    let mut out = Vec::with_capacity(parts.iter().map(|part| size_of_run(part.len())).sum());
    for part in parts {
        put(&mut out, part);
    }
    out
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
    pub(super) fn until(self, later: Self) -> &'a [u8] {
        let read = self.rest.len().saturating_sub(later.rest.len());
        self.rest.split_at_checked(read).map_or(&[], |(read, _)| read)
    }

    /// Returns the next byte and leaves it there.
    pub(super) fn peek(self) -> Option<u8> {
        self.rest.first().copied()
    }

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
    fn runs_of_every_length_come_back_and_take_the_expected_room() {
        for length in [0, 1, 254, 255, 256, 70_000] {
            let mut bytes = Vec::new();
            put(&mut bytes, &vec![7; length]);
            assert_eq!(bytes.len(), size_of_run(length));
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
