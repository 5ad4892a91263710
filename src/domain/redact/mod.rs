//! Secrets taken out of what a program writes.
//!
//! This is hygiene and no control. It keeps a token out of terminals and logs when a program prints
//! its environment, shows a request, or dumps what it sent. Whoever wants to get a secret past it need
//! only reverse it. What a token lets its bearer do is limited by the registry, not by this.
//!
//! Found are a secret as it is, percent-encoded in any part, in hexadecimal digits of either case, and
//! in base64 of either alphabet, padded or not, wherever it stands in what was encoded; each also where
//! it is broken over lines, as `base64` and `xxd` do, or where its digits stand apart.

mod form;

#[cfg(test)]
mod tests;

use self::form::{At, Form};
use super::identity::Token;

/// What a secret is replaced by.
const MARK: &[u8] = b"[redacted]";

/// A secret that is shorter than this, in bytes, is not looked for: it would be found everywhere, and
/// is none.
const SHORTEST: usize = 8;

/// Takes every token out of bytes, whoever it belongs to.
pub fn without_tokens(bytes: &[u8]) -> Vec<u8> {
    let (mut out, mut rest) = (Vec::with_capacity(bytes.len()), bytes);
    while let Some((at, _)) = Token::find(rest) {
        let (before, found) = rest.split_at(at);
        out.extend_from_slice(before);
        out.extend_from_slice(MARK);
        rest = found.get(Token::TEXT_BYTES..).unwrap_or_default();
    }
    out.extend_from_slice(rest);
    out
}

/// Takes secrets out of a stream of bytes, however that is cut into pieces.
///
/// A tail that may be the beginning of a secret is held back until more has come; nothing else is, and
/// never more than the longest form of a secret.
///
/// It cannot be shown, because it knows the secrets.
pub struct Redactor {
    forms: Vec<Form>,
    /// Whether a byte begins any form.
    begins: Vec<bool>,
    /// What was read and not given out: each byte, and whether it belongs to a secret.
    held: Vec<(u8, bool)>,
    /// Forms that may have begun.
    begun: Vec<Begun>,
    /// Whether the last byte that was given out belonged to a secret.
    is_marked: bool,
}

/// A form of which the beginning was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Begun {
    /// Where it began in what is held back.
    start: usize,
    /// Which form, and how much of it.
    form: usize,
    at: At,
}

impl Redactor {
    /// Looks for these secrets. Of a text in parts, such as a token, the part that matters is worth
    /// being named by itself, too.
    pub fn new(secrets: &[&[u8]]) -> Self {
        let secrets = secrets.iter().filter(|secret| secret.len() >= SHORTEST);
        let forms: Vec<Form> = secrets.flat_map(|secret| Form::all(secret)).collect();
        let begins = (0..=u8::MAX).map(|byte| forms.iter().any(|form| form.begins_with(byte))).collect();
        Self { forms, begins, held: Vec::new(), begun: Vec::new(), is_marked: false }
    }

    /// Takes the next piece, and returns what can be given out by now.
    pub fn push(&mut self, chunk: &[u8]) -> Vec<u8> {
        for byte in chunk {
            self.held.push((*byte, false));
            if !self.begun.is_empty() || self.begins.get(usize::from(*byte)).is_some_and(|begins| *begins) {
                self.step(*byte);
            }
        }
        let until = self.begun.iter().map(|one| one.start).min().unwrap_or(self.held.len());
        for one in &mut self.begun {
            one.start -= until;
        }
        self.give_out(until)
    }

    /// Returns what was held back to the end.
    pub fn finish(mut self) -> Vec<u8> {
        self.give_out(self.held.len())
    }

    fn step(&mut self, byte: u8) {
        let end = self.held.len();
        let fresh = (0..self.forms.len()).map(|form| Begun { start: end - 1, form, at: At::default() });
        let before: Vec<Begun> = std::mem::take(&mut self.begun).into_iter().chain(fresh).collect();
        for one in before {
            let Some(form) = self.forms.get(one.form) else { continue };
            for at in form.next(one.at, byte) {
                if form.is_whole(at) {
                    for held in self.held.iter_mut().skip(one.start) {
                        held.1 = true;
                    }
                } else {
                    let next = Begun { at, ..one };
                    if !self.begun.contains(&next) {
                        self.begun.push(next);
                    }
                }
            }
        }
    }

    fn give_out(&mut self, until: usize) -> Vec<u8> {
        let mut out = Vec::with_capacity(until);
        for (byte, is_secret) in self.held.drain(..until) {
            if !is_secret {
                out.push(byte);
            } else if !self.is_marked {
                out.extend_from_slice(MARK);
            }
            self.is_marked = is_secret;
        }
        out
    }
}
