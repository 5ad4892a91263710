//! Secrets taken out of what a program writes.
//!
//! This is hygiene and no control. It keeps a token out of terminals and logs when a program prints
//! its environment, shows a request, or dumps what it sent. Whoever wants to get a secret past it need
//! only reverse it. What a token lets its bearer do is limited by the registry, not by this.
//!
//! One table of forms (`form`) says what is found, on the way out ([`Redactor`]) and on the way in ([`possible()`]). A
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

use self::form::{At, Form, Kind, percent_decoded};
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
    /// The forms that each byte begins, and whether two bytes begin any.
    begin: Vec<Vec<usize>>,
    both_begin: Vec<bool>,
    /// The last two bytes that were read.
    last: [u8; 2],
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
        let mut begin: Vec<Vec<usize>> = Vec::new();
        let mut both_begin = vec![false; 1 << 16];
        for first in 0..=u8::MAX {
            let firsts =
                forms.iter().enumerate().filter_map(|(number, form)| Some((number, form.first(first)?)));
            for (form, at) in firsts.clone().filter_map(|(number, at)| Some((forms.get(number)?, at))) {
                let seconds = (0..=u8::MAX).filter(|second| form.next(at, *second).next().is_some());
                seconds.map(|second| both(first, second)).for_each(|at| {
                    both_begin.iter_mut().skip(at).take(1).for_each(|it| *it = true);
                });
            }
            begin.push(firsts.map(|(number, _)| number).collect());
        }
        Self {
            forms,
            begin,
            both_begin,
            last: [0; 2],
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
            let [before, last] = self.last;
            // Nearly every byte ends here: what begins like a secret goes on like one for two bytes.
            let begins = self.both_begin.get(both(last, *byte)).is_some_and(|begins| *begins);
            let encoded =
                percent_decoded(before, last, *byte).filter(|first| !self.begun_by(*first).is_empty());
            if begins || encoded.is_some() || !self.begun.is_empty() {
                self.step(*byte, begins, encoded);
            }
            self.last = [last, *byte];
        }
        let may_begin = match self.last {
            [b'%', last] if Kind::Hexadecimal.value(last).is_some() => 2,
            [_, last] => usize::from(last == b'%' || !self.begun_by(last).is_empty()),
        };
        let may_begin = self.held.len().saturating_sub(may_begin);
        let until = self.begun.iter().map(|one| one.start).min().unwrap_or(may_begin).min(may_begin);
        for one in &mut self.begun {
            one.start -= until;
        }
        self.give_out(until)
    }

    /// The forms that a byte begins.
    fn begun_by(&self, first: u8) -> &[usize] {
        self.begin.get(usize::from(first)).map_or(&[], Vec::as_slice)
    }

    /// Forms that begin with a byte, which was read from there on.
    fn begun_at(&self, start: usize, first: u8) -> impl Iterator<Item = Begun> {
        let forms = self.begun_by(first).iter();
        forms.filter_map(move |form| {
            Some(Begun { start, form: *form, at: self.forms.get(*form)?.first(first)? })
        })
    }

    /// Returns what was held back to the end.
    pub fn finish(mut self) -> Vec<u8> {
        self.give_out(self.held.len())
    }

    /// Reads another byte of the forms that have begun, and of those that begin with the last two; then those have
    /// begun whose first byte it ends, percent-encoded.
    fn step(&mut self, byte: u8, begins: bool, encoded: Option<u8>) {
        count(self.begun.len());
        let mut before = std::mem::replace(&mut self.begun, std::mem::take(&mut self.going_on));
        let [_, last] = self.last;
        if let (true, Some(start)) = (begins, self.held.len().checked_sub(2)) {
            before.extend(self.begun_at(start, last));
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
        if let (Some(first), Some(start)) = (encoded, self.held.len().checked_sub(3)) {
            let mut begun = std::mem::take(&mut self.begun);
            begun.extend(self.begun_at(start, first));
            self.begun = begun;
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
