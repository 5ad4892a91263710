//! Bytes that are to be a text.

use std::borrow::Cow;

use thiserror::Error;

/// Why bytes are no text. The words follow the name of what they are of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum NotText {
    /// They are another encoding, which some editors and shells write.
    #[error("looks like UTF-16; save it as UTF-8")]
    Utf16,
    /// They are nothing that we know.
    #[error("is not UTF-8 text (first bad byte at {0})")]
    NotUtf8(usize),
    /// They have a character in them that no text has, and that ends a text for many programs.
    #[error("has a NUL character (at byte {0}), which no text has")]
    Nul(usize),
}

/// Reads bytes as text: UTF-8 without NUL.
pub fn text(bytes: &[u8]) -> Result<&str, NotText> {
    if is_utf16(bytes) {
        return Err(NotText::Utf16);
    }
    let text = std::str::from_utf8(bytes).map_err(|error| NotText::NotUtf8(error.valid_up_to()))?;
    match nul(text) {
        Some(fault) => Err(fault),
        None => Ok(text),
    }
}

/// Looks for a NUL character.
pub fn nul(text: &str) -> Option<NotText> {
    text.find('\0').map(NotText::Nul)
}

/// A text without what tells two ways of saving it apart: a byte-order mark, and carriage returns at the ends of
/// its lines.
pub fn plain(text: &str) -> Cow<'_, str> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if text.contains('\r') {
        Cow::Owned(text.replace("\r\n", "\n").replace('\r', "\n"))
    } else {
        Cow::Borrowed(text)
    }
}

/// Tells UTF-16 by its mark or by its look: of the characters that files begin with, one byte of two is zero.
fn is_utf16(bytes: &[u8]) -> bool {
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        return true;
    }
    let beginning = bytes.get(..64).unwrap_or(bytes);
    let zeros = |first: usize| beginning.iter().skip(first).step_by(2).filter(|byte| **byte == 0).count();
    let (even, odd, pairs) = (zeros(0), zeros(1), beginning.len() / 2);
    pairs > 1 && (even == 0 || odd == 0) && even.max(odd) * 2 > pairs
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    // REQ-185
    #[test]
    fn utf16_is_told_as_what_it_is_with_a_mark_and_without() {
        for sample in ["---\nid: CR-001\n", "Grün: 変更\n", "ok"] {
            for big in [false, true] {
                let bytes = |c: u16| if big { c.to_be_bytes() } else { c.to_le_bytes() };
                let plain: Vec<u8> = sample.encode_utf16().flat_map(bytes).collect();
                let marked: Vec<u8> = bytes(0xfeff).into_iter().chain(plain.iter().copied()).collect();
                assert_eq!([text(&plain), text(&marked)], [Err(NotText::Utf16); 2], "{sample:?}");
            }
            assert_eq!(text(sample.as_bytes()), Ok(sample));
        }
        assert_eq!(text(b"caf\xe9"), Err(NotText::NotUtf8(3)));
        assert_eq!(text(b"one\0two"), Err(NotText::Nul(3)));
        assert_eq!(text(b"\0"), Err(NotText::Nul(0)));
        assert_eq!(text(b""), Ok(""));
    }

    proptest! {
        // REQ-185
        #[test]
        fn whatever_is_read_as_text_is_utf8_without_nul(bytes in proptest::collection::vec(any::<u8>(), 0..80)) {
            match text(&bytes) {
                Ok(text) => prop_assert!(text.as_bytes() == bytes.as_slice() && !text.contains('\0')),
                Err(NotText::Nul(at)) => prop_assert_eq!(bytes.get(at), Some(&0)),
                Err(NotText::NotUtf8(at)) => prop_assert!(std::str::from_utf8(&bytes[..at]).is_ok()),
                Err(NotText::Utf16) => {}
            }
        }

        // REQ-185
        #[test]
        fn two_ways_of_saving_a_text_are_one_text(lines in proptest::collection::vec("[a-zä ]{0,9}", 0..6)) {
            let one = lines.join("\n");
            for other in [one.replace('\n', "\r\n"), one.replace('\n', "\r"), format!("\u{feff}{one}")] {
                prop_assert_eq!(plain(&other), one.as_str());
            }
        }
    }
}
