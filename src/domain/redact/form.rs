//! The forms that a secret takes, and how far one was read.

/// Places that were read before a line may break: any end of a line would else have to be held back
/// whose last letter begins a secret. Digits stand apart after each byte.
const UNBROKEN: usize = 4;
const UNBROKEN_DIGITS: usize = 2;

/// Bytes that a break may have: a line break written out as `\r\n`.
const BREAK_MAX: u8 = 4;

/// The digits of base64 after RFC 4648, in both alphabets.
const STANDARD: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const URL_SAFE: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

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

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Bytes as they are, or each as `%` and two hexadecimal digits.
    Plain,
    /// Hexadecimal digits.
    Hexadecimal,
    /// Digits of base64.
    Base64,
}

/// How far a form was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct At {
    /// Places that were read.
    places: usize,
    /// The place that was begun.
    within: Within,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Within {
    #[default]
    Nothing,
    /// A percent sign was read.
    Percent,
    /// A percent sign and a digit were read.
    Digit(u8),
    /// So many bytes of a break, and whether the last is a backslash.
    Break(u8, bool),
}

impl Form {
    /// Lists the forms of a secret.
    pub(super) fn all(secret: &[u8]) -> Vec<Self> {
        let plain = secret.iter().map(|byte| Bytes::default().with(*byte)).collect();
        let digits = secret.iter().flat_map(|byte| [byte >> 4, byte & 15]).map(hexadecimal).collect();
        let mut forms =
            vec![Self { kind: Kind::Plain, places: plain }, Self { kind: Kind::Hexadecimal, places: digits }];
        forms.extend((0..3).map(|before| Self { kind: Kind::Base64, places: base64(secret, before) }));
        forms
    }

    pub(super) fn is_whole(&self, at: At) -> bool {
        at.places == self.places.len()
    }

    /// Where one may be after another byte; nowhere where that does not belong to the form.
    pub(super) fn next(&self, at: At, byte: u8) -> impl Iterator<Item = At> {
        let place = self.places.get(at.places).copied().unwrap_or_default();
        let read = At { places: at.places + 1, within: Within::Nothing };
        let within = |within| At { within, ..at };
        let is_plain = self.kind == Kind::Plain;
        let stays = match at.within {
            Within::Nothing | Within::Break(_, false) => place.has(byte).then_some(read),
            Within::Digit(high) => digit(byte).filter(|low| place.has(high << 4 | low)).map(|_| read),
            Within::Percent | Within::Break(_, true) => None,
        };
        let begins = match at.within {
            Within::Nothing | Within::Break(_, false) if is_plain && byte == b'%' => {
                Some(within(Within::Percent))
            }
            Within::Percent => digit(byte).map(|high| within(Within::Digit(high))),
            Within::Nothing if at.places >= self.unbroken() => self.breaks(byte, 0, false).map(within),
            Within::Break(before, after_backslash) => self.breaks(byte, before, after_backslash).map(within),
            _ => None,
        };
        stays.into_iter().chain(begins)
    }

    fn unbroken(&self) -> usize {
        if self.kind == Kind::Hexadecimal { UNBROKEN_DIGITS } else { UNBROKEN }
    }

    /// Reads a byte of a break, after so many others.
    fn breaks(&self, byte: u8, before: u8, after_backslash: bool) -> Option<Within> {
        let belongs = match byte {
            b'n' | b'r' if after_backslash => true,
            _ if after_backslash => false,
            b'\n' | b'\r' | b'\\' => true,
            b' ' | b':' => self.kind == Kind::Hexadecimal,
            _ => false,
        };
        (belongs && before < BREAK_MAX).then_some(Within::Break(before + 1, byte == b'\\'))
    }
}

fn digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

fn hexadecimal(value: u8) -> Bytes {
    let digit = char::from_digit(value.into(), 16).unwrap_or_default();
    [digit, digit.to_ascii_uppercase()]
        .into_iter()
        .filter_map(|digit| u8::try_from(digit).ok())
        .fold(Bytes::default(), Bytes::with)
}

/// The digits of a secret that so many bytes precede in what is encoded. The first and the last may
/// share their six bits with other bytes: every digit belongs there that has the bits of the secret.
fn base64(secret: &[u8], before: usize) -> Vec<Bytes> {
    let bit = |at: usize| {
        let byte = secret.get((at / 8).checked_sub(before)?)?;
        Some(byte >> (7 - at % 8) & 1 == 1)
    };
    let (first, end) = (before * 8 / 6, ((before + secret.len()) * 8).div_ceil(6));
    let fits = |place: usize, value: usize| {
        (0..6).all(|at| bit(place * 6 + at).is_none_or(|it| it == (value >> (5 - at) & 1 == 1)))
    };
    let digits = |place: usize| {
        let pairs = STANDARD.iter().zip(URL_SAFE).enumerate().filter(|(value, _)| fits(place, *value));
        pairs.fold(Bytes::default(), |set, (_, (one, other))| set.with(*one).with(*other))
    };
    (first..end).map(digits).collect()
}
