//! Secrets taken out of what a program writes.
//!
//! This is hygiene and no control. It keeps a token out of terminals and logs when a program prints
//! its environment, shows a request, or dumps what it sent. Whoever wants to get a secret past it need
//! only reverse it. What a token lets its bearer do is limited by the registry, not by this.
//!
//! One table of forms (`form`) says what is found, on the way out ([`Redactor`]) and on the way in ([`possible`]). A
//! secret of bytes is looked for as these and as the digits that files hold of it ([`kept`]). What has the form of a
//! token is taken out without being known ([`Shield`]).

mod form;
mod possible;
mod shield;

#[cfg(test)]
mod tests;
#[cfg(test)]
mod written;

pub use self::possible::possible;
pub use self::shield::Shield;

use self::form::{At, Form};
use super::digest::to_hex;
use super::steps::count;

/// What a secret is replaced by.
const MARK: &[u8] = b"[redacted]";

/// A secret that is shorter than this, in bytes, is not looked for: it would be found everywhere, and
/// is none.
const SHORTEST: usize = 8;

/// Takes every token out of bytes, whoever it belongs to.
pub fn without_tokens(bytes: &[u8]) -> Vec<u8> {
    let mut shield = Shield::default();
    let mut out = shield.push(bytes);
    out.extend(shield.finish());
    out
}

/// The bytes that a secret is looked for as: those of its digits, as it is kept in files and texts, and its own.
pub fn kept(secret: &[u8; 32]) -> [Vec<u8>; 2] {
    [to_hex(secret).into_bytes(), secret.to_vec()]
}

/// Takes secrets out of a stream of bytes, however that is cut into pieces.
///
/// A tail that may be the beginning of a secret is held back until more has come; nothing else is, and
/// never more than the longest form of a secret.
///
/// It cannot be shown, because it knows the secrets.
pub struct Redactor {
    forms: Vec<Form>,
    /// Whether a byte begins any form, and whether two of them do.
    begins: Vec<bool>,
    both_begin: Vec<bool>,
    /// The last byte that was read.
    last: u8,
    /// What was read and not given out: each byte, and whether it belongs to a secret.
    held: Vec<(u8, bool)>,
    /// Forms that may have begun, and room for those that go on with the next byte.
    begun: Vec<Begun>,
    going_on: Vec<Begun>,
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
    pub fn new<S: AsRef<[u8]>>(secrets: &[S]) -> Self {
        let secrets = secrets.iter().map(AsRef::as_ref).filter(|secret| secret.len() >= SHORTEST);
        let forms: Vec<Form> = secrets.flat_map(Form::all).collect();
        let (mut begins, mut both_begin) = (vec![false; 1 << 8], vec![false; 1 << 16]);
        let mark =
            |list: &mut Vec<bool>, at: usize| list.iter_mut().skip(at).take(1).for_each(|it| *it = true);
        for (form, first) in forms.iter().flat_map(|form| (0..=u8::MAX).map(move |first| (form, first))) {
            for at in form.next(At::default(), first) {
                mark(&mut begins, first.into());
                let seconds = (0..=u8::MAX).filter(|second| form.next(at, *second).next().is_some());
                seconds.for_each(|second| mark(&mut both_begin, both(first, second)));
            }
        }
        Self {
            forms,
            begins,
            both_begin,
            last: 0,
            held: Vec::new(),
            begun: Vec::new(),
            going_on: Vec::new(),
            is_marked: false,
        }
    }

    /// Takes the next piece, and returns what can be given out by now.
    pub fn push(&mut self, chunk: &[u8]) -> Vec<u8> {
        for byte in chunk {
            self.held.push((*byte, false));
            // Nearly every byte ends here: what begins like a secret goes on like one for two bytes.
            let begins = self.both_begin.get(both(self.last, *byte)).is_some_and(|begins| *begins);
            if begins || !self.begun.is_empty() {
                self.step(*byte, begins);
            }
            self.last = *byte;
        }
        let begins = self.begins.get(usize::from(self.last)).is_some_and(|begins| *begins);
        let may_begin = self.held.len().saturating_sub(usize::from(begins));
        let until = self.begun.iter().map(|one| one.start).min().unwrap_or(may_begin).min(may_begin);
        for one in &mut self.begun {
            one.start -= until;
        }
        self.give_out(until)
    }

    /// Returns what was held back to the end.
    pub fn finish(mut self) -> Vec<u8> {
        self.give_out(self.held.len())
    }

    /// Reads another byte of the forms that have begun, and of those that begin with the last two.
    fn step(&mut self, byte: u8, begins: bool) {
        count(self.begun.len());
        let mut before = std::mem::replace(&mut self.begun, std::mem::take(&mut self.going_on));
        if let (true, Some(start)) = (begins, self.held.len().checked_sub(2)) {
            for (number, form) in self.forms.iter().enumerate() {
                let first = form.next(At::default(), self.last);
                before.extend(first.map(|at| Begun { start, form: number, at }));
            }
        }
        for one in before.drain(..) {
            let Some(form) = self.forms.get(one.form) else { continue };
            for at in form.next(one.at, byte) {
                if form.is_whole(at) {
                    for held in self.held.iter_mut().skip(one.start) {
                        held.1 = true;
                    }
                } else {
                    let start = if form.is_apart(at) { self.held.len() } else { one.start };
                    let next = Begun { start, at, ..one };
                    if !self.begun.contains(&next) {
                        self.begun.push(next);
                    }
                }
            }
        }
        self.going_on = before;
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

/// The place of two bytes in a list of all pairs.
fn both(first: u8, second: u8) -> usize {
    usize::from(first) << 8 | usize::from(second)
}
