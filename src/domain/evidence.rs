//! Runs of the commands that a policy declares as evidence: how one ended, and what is kept of what it
//! wrote.
//!
//! Nothing is run here. The caller runs the command and feeds what it writes to a [`Capture`].

use std::collections::BTreeMap;
use std::fmt;

use super::digest::Digest;
use super::id::Version;
use super::identity::Token;
use super::redact::{Redactor, without_tokens};

/// The name under which an entry says how long a run took, in milliseconds.
pub const LASTED: &str = "duration_ms";

/// Statuses that no program has, because exit statuses end with 255: what the program made of a run that
/// was cut off, and of one that did not write what it must.
const TIMED_OUT: i32 = 256;
const LACKING: i32 = 257;

/// Bytes that are looked at before what is kept, so that a secret is known that begins there. The longest
/// form of one has fewer: base64 of the 94 bytes of a token, each digit as `%` and two more, and broken.
const MARGIN: usize = 4096;

/// Room for the line that says that the beginning is missing.
const NOTE_MAX: usize = 64;

/// How a run of a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RunOutcome {
    /// With status 0, and it wrote what it must.
    Passed,
    /// With this status, from 1 to 255.
    Failed(i32),
    /// By this signal.
    Killed(i32),
    /// It took longer than it may, whatever its status was then.
    TimedOut,
    /// With status 0, and it did not write what it must.
    Lacking,
    /// Nobody knows how.
    Unknown,
}

impl RunOutcome {
    /// Reads the status of an attestation. What no run leaves behind did not pass.
    pub fn of(status: Option<i32>) -> Self {
        match status {
            Some(0) => Self::Passed,
            Some(status @ 1..=255) => Self::Failed(status),
            Some(TIMED_OUT) => Self::TimedOut,
            Some(LACKING) => Self::Lacking,
            Some(signal @ i32::MIN..=-1) => Self::Killed(signal.saturating_neg()),
            Some(_) | None => Self::Unknown,
        }
    }

    /// Returns the status that an attestation keeps: 0 for a run that passed, negative for a signal, more
    /// than 255 for what is no exit status.
    pub fn status(self) -> Option<i32> {
        match self {
            Self::Passed => Some(0),
            Self::Failed(status) => Some(status),
            Self::Killed(signal) => Some(signal.saturating_neg()),
            Self::TimedOut => Some(TIMED_OUT),
            Self::Lacking => Some(LACKING),
            Self::Unknown => None,
        }
    }

    /// Returns its stable name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Failed(_) => "failed",
            Self::Killed(_) => "killed",
            Self::TimedOut => "timed_out",
            Self::Lacking => "lacking",
            Self::Unknown => "unknown",
        }
    }
}

impl fmt::Display for RunOutcome {
    /// Writes what follows the name of the command in a sentence.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Passed => f.write_str("passed"),
            Self::Failed(status) => write!(f, "failed with status {status}"),
            Self::Killed(signal) => write!(f, "was ended by signal {signal}"),
            Self::TimedOut => f.write_str("took longer than it may"),
            Self::Lacking => f.write_str("did not write what it must"),
            Self::Unknown => f.write_str("ended nobody knows how"),
        }
    }
}

/// A run of a command, as somebody asks for it and as it ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    /// The digest of the program, by its path in the policy, as it is now.
    pub observed: BTreeMap<String, Digest>,
    /// How it ended; `None` where it is only asked whether it may begin.
    pub ended: Option<RunEnd>,
}

/// What came of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunEnd {
    /// The version that the document had when the run began: a content can come back, a version cannot.
    pub version: Version,
    /// The content that it had then.
    pub subject: Digest,
    /// How it ended.
    pub outcome: RunOutcome,
    /// What is kept of what it wrote.
    pub output: Vec<u8>,
    /// How long it took, in milliseconds.
    pub lasted: u64,
}

/// What a run wrote, without the secrets of whoever asked for it.
#[derive(Debug, Default)]
pub struct Output {
    /// The end, which is kept.
    kept: Vec<u8>,
    /// That, and so much before it that no secret is cut.
    whole: Vec<u8>,
}

impl Output {
    /// Returns what is looked through for secrets of others.
    pub fn whole(&self) -> &[u8] {
        &self.whole
    }

    /// Returns what is kept.
    pub fn kept(self) -> Vec<u8> {
        self.kept
    }
}

/// Takes what a program writes, keeps the end of it, and looks for a text in all of it. However much is
/// written, it holds no more than twice what is kept.
pub struct Capture {
    limit: usize,
    tail: Vec<u8>,
    written: u64,
    wanted: Option<Vec<u8>>,
}

impl Capture {
    /// Keeps at most `limit` bytes, and looks for `wanted` where there is something to look for. The limit
    /// is larger than the line that is put before a rest, and `wanted` no longer than [`Capture::WANTED_MAX`].
    pub fn new(limit: usize, wanted: Option<&str>) -> Self {
        let wanted = wanted.map(|text| text.as_bytes().to_vec());
        Self { limit, tail: Vec::new(), written: 0, wanted }
    }

    /// Longest text that can be looked for, in bytes.
    pub const WANTED_MAX: usize = 1024;

    /// Takes the next piece.
    pub fn push(&mut self, piece: &[u8]) {
        self.written = self.written.saturating_add(piece.len() as u64);
        let before = self.tail.len();
        self.tail.extend_from_slice(piece);
        if let Some(wanted) = &self.wanted {
            // It may have begun in the piece before.
            let from = before.saturating_sub(wanted.len().saturating_sub(1));
            let fresh = self.tail.get(from..).unwrap_or_default();
            if fresh.windows(wanted.len().max(1)).any(|window| window == wanted.as_slice()) {
                self.wanted = None;
            }
        }
        // To move it each time would cost more than to keep it twice.
        let most = self.limit.saturating_add(MARGIN);
        if self.tail.len() >= most.saturating_mul(2) {
            self.tail.drain(..self.tail.len() - most);
        }
    }

    /// Tells whether what was looked for has not come yet.
    pub fn lacks(&self) -> bool {
        self.wanted.is_some()
    }

    /// Returns what is kept, without these secrets and without any token.
    pub fn finish(self, secrets: &[&[u8]]) -> Output {
        let mut redactor = Redactor::new(secrets);
        let is_cut = self.written > self.limit as u64;
        let cut =
            if is_cut { self.tail.len().saturating_sub(self.limit.saturating_sub(NOTE_MAX)) } else { 0 };
        let (lead, rest) = self.tail.split_at(behind_token(&self.tail, cut));
        // Of a secret that the cut goes through the rest is redacted, too.
        let mut whole = redactor.push(&without_tokens(lead));
        let from = whole.len();
        whole.extend(redactor.push(&without_tokens(rest)));
        whole.extend(redactor.finish());
        let rest = whole.get(from..).unwrap_or_default();
        let mut kept = Vec::new();
        if is_cut {
            kept = format!("[only the end of {} bytes is kept]\n", self.written).into_bytes();
            kept.extend_from_slice(rest.get(begin_of_line(rest)..).unwrap_or_default());
        } else {
            kept.extend_from_slice(rest);
        }
        // A mark can be longer than the secret that it stands for.
        kept.truncate(self.limit);
        let whole = whole.split_off(from.saturating_sub(MARGIN));
        Output { kept, whole }
    }
}

/// Moves a cut that goes through a token behind it.
fn behind_token(bytes: &[u8], cut: usize) -> usize {
    let from = cut.saturating_sub(Token::TEXT_BYTES);
    let near = bytes.get(from..).unwrap_or_default();
    let within = Token::find(near).map(|(at, _)| from + at).filter(|at| *at < cut);
    within.map_or(cut, |at| (at + Token::TEXT_BYTES).max(cut)).min(bytes.len())
}

/// Finds where a rest begins to be readable: behind the first line end, if one is near, else at the first
/// byte that begins a character.
fn begin_of_line(rest: &[u8]) -> usize {
    let line_end = rest.iter().take(MARGIN).position(|byte| *byte == b'\n').map(|at| at + 1);
    line_end.filter(|at| *at < rest.len()).unwrap_or_else(|| {
        let follows = |byte: &&u8| **byte & 0b1100_0000 == 0b1000_0000;
        rest.iter().take(3).take_while(follows).count()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::identity::TOKEN_BYTES;

    fn captured(limit: usize, pieces: &[&[u8]], secrets: &[&[u8]]) -> String {
        let mut capture = Capture::new(limit, None);
        for piece in pieces {
            capture.push(piece);
        }
        String::from_utf8(capture.finish(secrets).kept()).unwrap()
    }

    #[test]
    fn a_status_means_what_it_meant_when_it_was_kept() {
        let outcomes = [
            RunOutcome::Passed,
            RunOutcome::Failed(1),
            RunOutcome::Failed(255),
            RunOutcome::Killed(9),
            RunOutcome::TimedOut,
            RunOutcome::Lacking,
            RunOutcome::Unknown,
        ];
        for outcome in outcomes {
            assert_eq!(RunOutcome::of(outcome.status()), outcome);
            assert_eq!(outcome.status() == Some(0), outcome == RunOutcome::Passed);
        }
        for strange in [Some(258), Some(i32::MAX), None] {
            assert_eq!(RunOutcome::of(strange), RunOutcome::Unknown);
        }
        assert_eq!(RunOutcome::of(Some(i32::MIN)), RunOutcome::Killed(i32::MAX));
    }

    #[test]
    fn what_is_short_is_kept_whole_and_of_what_is_long_the_end() {
        assert_eq!(captured(1024, &[], &[]), "");
        assert_eq!(captured(1024, &[b"one\n", b"two"], &[]), "one\ntwo");
        let line = "a line of the output\n".repeat(10_000);
        let kept = captured(1024, &line.as_bytes().chunks(777).collect::<Vec<_>>(), &[]);
        assert!(kept.starts_with("[only the end of 210000 bytes is kept]\na line of the output\n"), "{kept}");
        assert!(
            kept.ends_with("a line of the output\n") && (900..=1024).contains(&kept.len()),
            "{}",
            kept.len()
        );
        // Without lines it begins with a whole character.
        let kept = captured(1024, &["ä".repeat(10_000).as_bytes()], &[]);
        assert!(kept.ends_with("ää") && kept.len() <= 1024, "{kept}");
    }

    #[test]
    fn a_text_is_found_wherever_it_stands_and_only_whole() {
        let found = |pieces: &[&[u8]]| {
            let mut capture = Capture::new(1024, Some("all passed"));
            for piece in pieces {
                capture.push(piece);
            }
            !capture.lacks()
        };
        assert!(found(&[b"all passed"]) && found(&[b"x all p", b"", b"assed y"]));
        assert!(found(&[b"a", b"l", b"l", b" passe", b"d"]));
        assert!(found(&[b"all passed", &vec![b'x'; 1_000_000]]));
        assert!(
            !found(&[])
                && !found(&[b"all passe"])
                && !found(&[b"all", b"passed"])
                && !found(&[b"All passed"])
        );
    }

    #[test]
    fn no_secret_is_kept_wherever_the_output_is_cut() {
        let token = Token::new(&[0x5a; TOKEN_BYTES]);
        let known = b"a secret of thirty-two bytes ....";
        for before in [0, 1, 60, 400, 900, 1000, 1100, 5000, 9000] {
            for (shown, secrets) in [
                (token.reveal().into_bytes(), Vec::new()),
                (known.to_vec(), vec![known.as_slice()]),
                (crate::domain::digest::to_hex(known).into_bytes(), vec![known.as_slice()]),
            ] {
                let lead = vec![b'.'; 1000];
                let rest = vec![b'.'; before];
                let kept = captured(1024, &[&lead, &shown, &rest], &secrets);
                for part in [shown.as_slice(), shown.get(20..).unwrap(), shown.get(..20).unwrap()] {
                    let part = String::from_utf8_lossy(part).into_owned();
                    assert!(!kept.contains(&part), "{before}: {kept}");
                }
            }
        }
    }
}
