//! The forms that a secret takes: one table for what goes out and for what comes in.
//!
//! A secret is written as it is, as hexadecimal digits of either case, or as digits of base64 in either alphabet,
//! wherever it begins in what was encoded. Each may be broken ([`Break`]), and any byte of it percent-encoded. On the
//! way out secrets are known, and looked for in a stream (`Form`). On the way in only their digests are: what could be
//! a secret is read out of a text (`possible`).

/// Places that were read before a break belongs to a secret. What is before an earlier one is not hidden: any end of a
/// line would else have to be held back whose last letter begins a secret. Digits stand apart after each byte.
const UNBROKEN: usize = 4;
const UNBROKEN_DIGITS: usize = 2;

/// Bytes that a break may have: an end of a line written out as `\r\n`, and what the next is indented by.
const BREAK_MAX: u8 = 4 + 24;

/// A set of bytes.
#[derive(Clone, Copy, Default)]
struct Bytes([u128; 2]);

impl Bytes {
    fn with(mut self, byte: u8) -> Self {
        if let Some(half) = self.0.get_mut(usize::from(byte >> 7)) {
            *half |= 1 << (byte & 127);
        }
        self
    }

    fn has(self, byte: u8) -> bool {
        self.0.get(usize::from(byte >> 7)).is_some_and(|half| half >> (byte & 127) & 1 == 1)
    }
}

/// A way in which a secret is written: what may stand at each place.
pub(super) struct Form {
    kind: Kind,
    places: Vec<Bytes>,
}

/// How a secret is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Its bytes as they are.
    Plain,
    /// Hexadecimal digits.
    Hexadecimal,
    /// Digits of base64.
    Base64,
}

impl Kind {
    /// Returns what a digit of it stands for, of base64 after RFC 4648.
    pub(super) fn value(self, byte: u8) -> Option<u8> {
        match (self, byte) {
            (Self::Hexadecimal, _) => digit(byte),
            (Self::Base64, b'A'..=b'Z') => Some(byte - b'A'),
            (Self::Base64, b'a'..=b'z') => Some(byte - b'a' + 26),
            (Self::Base64, b'0'..=b'9') => Some(byte - b'0' + 52),
            (Self::Base64, b'+' | b'-') => Some(62),
            (Self::Base64, b'/' | b'_') => Some(63),
            (Self::Plain | Self::Base64, _) => None,
        }
    }
}

/// What stands between two places: ends of lines, as they are or written out as `\n`, and what the next line is
/// indented by; between hexadecimal digits blanks and colons alone, too.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Break {
    bytes: u8,
    is_escape: bool,
    ends_line: bool,
}

impl Break {
    /// Reads another byte of it.
    pub(super) fn with(self, kind: Kind, byte: u8) -> Option<Self> {
        let is_digits = kind == Kind::Hexadecimal;
        let ends_line = match byte {
            b'n' | b'r' if self.is_escape => true,
            _ if self.is_escape => return None,
            b'\n' | b'\r' => true,
            b' ' | b'\t' if is_digits || self.ends_line => self.ends_line,
            b':' if is_digits => self.ends_line,
            b'\\' => self.ends_line,
            _ => return None,
        };
        let is_escape = byte == b'\\';
        (self.bytes < BREAK_MAX).then_some(Self { bytes: self.bytes + 1, is_escape, ends_line })
    }

    /// The same, as long as it may be: where nothing is held back, its length is no matter.
    fn uncounted(self) -> Self {
        Self { bytes: 0, ..self }
    }

    /// Tells whether it may end here.
    pub(super) fn is_whole(self) -> bool {
        !self.is_escape
    }

    pub(super) fn ends_line(self) -> bool {
        self.ends_line
    }
}

/// How far a form was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct At {
    /// Places that were read.
    places: usize,
    /// The break that was begun since.
    broken: Option<Break>,
    /// The byte that was begun since.
    encoded: Encoded,
}

/// How much was read of a byte that is percent-encoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Encoded {
    #[default]
    Nothing,
    /// A percent sign.
    Sign,
    /// A percent sign and a digit.
    Digit(u8),
}

impl Form {
    /// Lists the forms of a secret.
    pub(super) fn all(secret: &[u8]) -> Vec<Self> {
        let plain = secret.iter().map(|byte| Bytes::default().with(*byte)).collect();
        let halves = secret.iter().flat_map(|byte| [byte >> 4, byte & 15]);
        let halves = halves.map(|half| digits(Kind::Hexadecimal, |value| value == half)).collect();
        let mut forms =
            vec![Self { kind: Kind::Plain, places: plain }, Self { kind: Kind::Hexadecimal, places: halves }];
        forms.extend((0..3).map(|before| Self { kind: Kind::Base64, places: base64(secret, before) }));
        forms
    }

    pub(super) fn is_whole(&self, at: At) -> bool {
        at.places == self.places.len()
    }

    /// Where one is after the first byte.
    pub(super) fn first(&self, byte: u8) -> Option<At> {
        let begins = self.places.first().is_some_and(|place| place.has(byte));
        begins.then(|| At { places: 1, ..At::default() })
    }

    /// Where one may be after another byte; nowhere where that does not belong to the form.
    pub(super) fn next(&self, at: At, byte: u8) -> impl Iterator<Item = At> {
        let with = |encoded| At { encoded, ..at };
        let (read, begins) = match at.encoded {
            Encoded::Nothing => (Some(byte), (byte == b'%').then(|| with(Encoded::Sign))),
            Encoded::Sign => (None, digit(byte).map(|high| with(Encoded::Digit(high)))),
            Encoded::Digit(high) => (digit(byte).map(|low| high << 4 | low), None),
        };
        let (stays, breaks) = read.map_or((None, None), |byte| self.read(at, byte));
        [begins, stays, breaks].into_iter().flatten()
    }

    /// Reads a byte as it was before it was percent-encoded: the next place, or part of a break.
    fn read(&self, at: At, byte: u8) -> (Option<At>, Option<At>) {
        let is_due = at.broken.is_none_or(Break::is_whole);
        let belongs = is_due && self.places.get(at.places).is_some_and(|place| place.has(byte));
        let encoded = Encoded::Nothing;
        let next = At { places: at.places + 1, broken: None, encoded };
        let broken = at.broken.unwrap_or_default().with(self.kind, byte);
        let broken = broken.map(|broken| if self.is_early(at) { broken.uncounted() } else { broken });
        (belongs.then_some(next), broken.map(|broken| At { broken: Some(broken), encoded, ..at }))
    }

    /// Tells whether what was read until now is no part of what is hidden.
    pub(super) fn is_apart(&self, at: At) -> bool {
        at.broken.is_some() && at.encoded == Encoded::Nothing && self.is_early(at)
    }

    fn is_early(&self, at: At) -> bool {
        at.places < if self.kind == Kind::Hexadecimal { UNBROKEN_DIGITS } else { UNBROKEN }
    }
}

/// Returns the byte that three others encode.
pub(super) fn percent_decoded(sign: u8, high: u8, low: u8) -> Option<u8> {
    if sign == b'%' { Some(digit(high)? << 4 | digit(low)?) } else { None }
}

fn digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

/// The digits of a kind that stand for a value that fits.
fn digits(kind: Kind, fits: impl Fn(u8) -> bool) -> Bytes {
    let belongs = |byte: &u8| kind.value(*byte).is_some_and(&fits);
    (0..128).filter(belongs).fold(Bytes::default(), Bytes::with)
}

/// The digits of a secret that so many bytes precede in what is encoded. The first and the last may
/// share their six bits with other bytes: every digit belongs there that has the bits of the secret.
fn base64(secret: &[u8], before: usize) -> Vec<Bytes> {
    let bit = |at: usize| {
        let byte = secret.get((at / 8).checked_sub(before)?)?;
        Some(byte >> (7 - at % 8) & 1 == 1)
    };
    let (first, end) = (before * 8 / 6, ((before + secret.len()) * 8).div_ceil(6));
    let fits = |place: usize, value: u8| {
        (0..6).all(|at| bit(place * 6 + at).is_none_or(|it| it == (value >> (5 - at) & 1 == 1)))
    };
    (first..end).map(|place| digits(Kind::Base64, |value| fits(place, value))).collect()
}
