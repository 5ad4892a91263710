//! Tokens taken out of a stream by their form, whoever they belong to and whatever they are good for.

use super::MARK;

/// How a token begins: the prefix, the digits of its id, and what joins them.
const PREFIX: &[u8] = b"qms_";
const ID_DIGITS: usize = 16;
const SECRET_AT: usize = PREFIX.len() + ID_DIGITS + 1;

/// So many digits of a secret give it away: what has fewer is no part of a token that matters.
const TELLING: usize = 8;

/// The most that belongs to a token behind its id: secret, what joins, checksum.
const REST_MAX: usize = 64 + 1 + 8;

/// Takes what looks like a token, or like the beginning of one, out of a stream, however that is cut into pieces.
/// At most `TELLING` digits of a secret are held back.
#[derive(Debug, Default)]
pub struct Shield {
    /// How many bytes of a token were read.
    read: usize,
    /// Which of them were not given out yet.
    held: Vec<u8>,
}

impl Shield {
    /// Takes the next piece, and returns what can be given out by now.
    pub fn push(&mut self, mut piece: &[u8]) -> Vec<u8> {
        let mut out = Vec::with_capacity(piece.len());
        loop {
            if self.read == 0 {
                let begin = piece.iter().position(|byte| Some(byte) == PREFIX.first());
                let (before, rest) =
                    piece.split_at_checked(begin.unwrap_or(piece.len())).unwrap_or((piece, &[]));
                out.extend_from_slice(before);
                piece = rest;
            }
            let Some((byte, rest)) = piece.split_first() else { return out };
            if self.fits(*byte) {
                self.take(*byte, &mut out);
                piece = rest;
            } else {
                // A token begins with a letter that is in no other place of it: nothing is missed by going on here.
                self.settle(&mut out);
            }
        }
    }

    /// Returns what can be read before more comes: a beginning that gives nothing away.
    pub fn flush(&mut self) -> Vec<u8> {
        if self.read > SECRET_AT { Vec::new() } else { std::mem::take(&mut self.held) }
    }

    /// Returns what was held back to the end.
    pub fn finish(mut self) -> Vec<u8> {
        std::mem::take(&mut self.held)
    }

    fn fits(&self, byte: u8) -> bool {
        let is_digit = byte.is_ascii_digit() || matches!(byte, b'a'..=b'f');
        match self.read {
            at if at < PREFIX.len() => PREFIX.get(at) == Some(&byte),
            at if at < SECRET_AT - 1 => is_digit,
            at if at == SECRET_AT - 1 => byte == b'_',
            at if at < SECRET_AT + TELLING => is_digit,
            at => at < SECRET_AT + REST_MAX && (is_digit || byte == b'_'),
        }
    }

    fn take(&mut self, byte: u8, out: &mut Vec<u8>) {
        self.read += 1;
        self.held.push(byte);
        if self.read == SECRET_AT + TELLING {
            out.extend_from_slice(MARK);
        }
        if self.read >= SECRET_AT + TELLING {
            self.held.clear();
        }
    }

    fn settle(&mut self, out: &mut Vec<u8>) {
        out.append(&mut self.held);
        self.read = 0;
    }
}
