//! Digests and points in time, in the forms in which they are written.

use std::fmt;
use std::time::Duration;

use chrono::{DateTime, SecondsFormat, Utc};
use ring::digest::{Context, SHA256};
use serde::{Deserialize, Serialize};

use super::id::InvalidName;

/// A SHA-256 digest (FIPS 180-4), written as 64 lower-case hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Digest([u8; 32]);

impl Digest {
    /// Wraps 32 bytes that are a digest already.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Digests bytes.
    pub fn of(bytes: &[u8]) -> Self {
        let mut out = [0; 32];
        out.copy_from_slice(ring::digest::digest(&SHA256, bytes).as_ref());
        Self(out)
    }

    /// Parses 64 lower-case hexadecimal digits.
    pub fn parse(text: &str) -> Result<Self, InvalidName> {
        from_hex(text).and_then(|bytes| bytes.try_into().ok()).map(Self).ok_or_else(|| InvalidName {
            kind: "digest",
            expected: "64 lower-case hexadecimal digits",
            text: text.to_owned(),
            meant: None,
        })
    }

    /// Returns the 32 bytes.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Returns the first twelve hexadecimal digits, enough for a person to compare.
    pub fn short(&self) -> String {
        let mut text = to_hex(&self.0);
        text.truncate(12);
        text
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&to_hex(&self.0))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.short())
    }
}

impl TryFrom<String> for Digest {
    type Error = InvalidName;
    fn try_from(text: String) -> Result<Self, InvalidName> {
        Self::parse(&text)
    }
}

impl From<Digest> for String {
    fn from(digest: Digest) -> Self {
        digest.to_string()
    }
}

/// Writes bytes as lower-case hexadecimal digits.
pub fn to_hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .flat_map(|byte| [byte >> 4, byte & 15])
        .map(|nibble| char::from_digit(nibble.into(), 16).unwrap_or('?'))
        .collect()
}

/// Digests bytes that come in pieces.
pub struct Digesting(Context);

impl Default for Digesting {
    fn default() -> Self {
        Self(Context::new(&SHA256))
    }
}

impl Digesting {
    /// Takes the next piece.
    pub fn take(&mut self, piece: &[u8]) -> &mut Self {
        self.0.update(piece);
        self
    }

    /// Returns the digest of all of them.
    pub fn finish(self) -> Digest {
        let mut digest = [0; 32];
        digest.copy_from_slice(self.0.finish().as_ref());
        Digest(digest)
    }
}

/// Reads lower-case hexadecimal digits; `None` on anything else.
pub fn from_hex(text: &str) -> Option<Vec<u8>> {
    let nibble = |byte: u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    };
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    if !rest.is_empty() {
        return None;
    }
    pairs.iter().map(|[high, low]| Some(nibble(*high)? << 4 | nibble(*low)?)).collect()
}

/// A point in time: milliseconds since 1970-01-01T00:00:00Z, written after RFC 3339 in UTC.
///
/// It has no order: of two times of the record the earlier one need not be of what came first. The
/// [`Order`](super::order::Order) of the record tells that.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Timestamp(i64);

impl Timestamp {
    /// The first moment that RFC 3339 can write, whose years have four digits, in milliseconds.
    const EARLIEST: i64 = -62_167_219_200_000;

    /// The last one.
    const LATEST: i64 = 253_402_300_799_999;

    /// Takes what a clock shows, as the time since the Unix epoch: it can show anything, and is believed up to the last
    /// day that can be written.
    pub fn of_clock(since_epoch: Duration) -> Self {
        let last = Self::LATEST - 24 * 60 * 60 * 1000;
        Self(i64::try_from(since_epoch.as_millis()).unwrap_or(last).min(last))
    }

    /// Wraps milliseconds since the Unix epoch.
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis)
    }

    /// Returns the time `millis` milliseconds later, or the last one that can be written.
    #[must_use]
    pub fn after(self, millis: u64) -> Self {
        let later = self.0.saturating_add(i64::try_from(millis).unwrap_or(i64::MAX));
        Self(later.min(Self::LATEST.max(self.0)))
    }

    /// Returns how many milliseconds there are from here to the last time that can be written.
    pub fn left(self) -> u64 {
        u64::try_from(Self::LATEST.saturating_sub(self.0)).unwrap_or(0)
    }

    /// Tells whether this time has come at `now`: whether what begins then has begun, and what ends then is over.
    pub const fn has_come(self, now: Self) -> bool {
        now.0 >= self.0
    }

    /// Returns the one of two ends that comes first.
    #[must_use]
    pub fn sooner(self, other: Self) -> Self {
        Self(self.0.min(other.0))
    }

    /// Returns the one of two readings of a clock that is further on.
    #[must_use]
    pub fn later(self, other: Self) -> Self {
        Self(self.0.max(other.0))
    }

    /// Returns milliseconds since the Unix epoch.
    pub const fn millis(self) -> i64 {
        self.0
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match DateTime::<Utc>::from_timestamp_millis(self.0) {
            Some(time) => f.write_str(&time.to_rfc3339_opts(SecondsFormat::Millis, true)),
            // No calendar goes so far: what is known is said.
            None => write!(f, "{} ms since 1970-01-01T00:00:00.000Z", self.0),
        }
    }
}

impl TryFrom<String> for Timestamp {
    type Error = InvalidName;
    fn try_from(text: String) -> Result<Self, InvalidName> {
        DateTime::parse_from_rfc3339(&text)
            .ok()
            .map(|time| time.timestamp_millis())
            // Another offset than that of UTC can lead out of the years that have four digits.
            .filter(|millis| (Self::EARLIEST..=Self::LATEST).contains(millis))
            .map(Self)
            .ok_or(InvalidName { kind: "time", expected: "an RFC 3339 time", text, meant: None })
    }
}

impl From<Timestamp> for String {
    fn from(time: Timestamp) -> Self {
        time.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digest_of_nothing_is_the_published_one() {
        let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(Digest::of(b"").to_string(), empty);
        assert_eq!(Digest::parse(empty), Ok(Digest::of(b"")));
        assert!(Digest::parse(&empty.to_uppercase()).is_err());
        assert!(Digest::parse("e3").is_err());
    }

    #[test]
    fn times_are_written_in_utc_with_milliseconds() {
        let time = Timestamp::from_millis(1_767_225_600_007);
        assert_eq!(time.to_string(), "2026-01-01T00:00:00.007Z");
        assert_eq!(Timestamp::try_from(time.to_string()), Ok(time));
    }

    // REQ-265
    #[test]
    fn a_time_that_cannot_be_written_is_neither_read_nor_made_nor_shown_as_another() {
        let last = Timestamp::from_millis(Timestamp::LATEST);
        let first = Timestamp::from_millis(Timestamp::EARLIEST);
        for shown in [Duration::ZERO, Duration::from_hours(90_000_000), Duration::MAX] {
            let text = Timestamp::of_clock(shown).after(60_000).to_string();
            assert!(Timestamp::try_from(text.clone()).is_ok(), "{text}");
        }
        assert_eq!(last.to_string(), "9999-12-31T23:59:59.999Z");
        assert_eq!(first.to_string(), "0000-01-01T00:00:00.000Z");
        for time in [first, last] {
            assert_eq!(Timestamp::try_from(time.to_string()), Ok(time));
        }
        for beyond in ["9999-12-31T23:59:59-00:01", "0000-01-01T00:00:00+00:01", "10000-01-01T00:00:00Z"] {
            assert!(Timestamp::try_from(beyond.to_owned()).is_err(), "{beyond}");
        }
        assert_eq!((last.after(1), first.after(u64::MAX), last.left()), (last, last, 0));
        assert_eq!(first.after(first.left()), last);
        // What a clock or a row says is told for what it is.
        for millis in [i64::MIN, i64::MAX, Timestamp::LATEST + 1, Timestamp::EARLIEST - 1] {
            let time = Timestamp::from_millis(millis);
            assert_eq!(time.after(0), time);
            assert!(!time.to_string().starts_with("1970") && !time.to_string().starts_with("9999"), "{time}");
        }
        assert_eq!(Timestamp::from_millis(-7).to_string(), "1969-12-31T23:59:59.993Z");
    }
}
