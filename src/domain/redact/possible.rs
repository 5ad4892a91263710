//! What in a text could be a secret of 32 bytes, by the forms that redaction knows: the digits that files keep of it,
//! base64 of these or of its bytes, and any of it percent-encoded.

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

/// Bytes of a secret, and the digits of them.
const BYTES: usize = 32;
const HEX_DIGITS: usize = 2 * BYTES;
const BASE64_DIGITS: usize = 43;

const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// Lists what could be a secret. Of a run of digits that is longer both ends are looked at, so that the time
/// grows with the text alone.
pub fn possible(bytes: &[u8]) -> BTreeSet<[u8; BYTES]> {
    let mut found = BTreeSet::new();
    gather(bytes, &mut found);
    encoded(bytes, &mut found);
    if bytes.contains(&b'%') {
        let plain = without_percent(bytes);
        gather(&plain, &mut found);
        encoded(&plain, &mut found);
    }
    found
}

fn runs(bytes: &[u8], belongs: fn(&u8) -> bool, least: usize) -> impl Iterator<Item = &[u8]> {
    bytes.split(move |byte| !belongs(byte)).filter(move |run| run.len() >= least)
}

fn gather(bytes: &[u8], found: &mut BTreeSet<[u8; BYTES]>) {
    for run in runs(bytes, u8::is_ascii_hexdigit, HEX_DIGITS) {
        let ends = [run.first_chunk::<HEX_DIGITS>(), run.last_chunk::<HEX_DIGITS>()];
        found.extend(ends.into_iter().flatten().filter_map(from_digits));
    }
}

fn from_digits(digits: &[u8; HEX_DIGITS]) -> Option<[u8; BYTES]> {
    let mut bytes = [0; BYTES];
    for (byte, digits) in bytes.iter_mut().zip(digits.chunks(2)) {
        *byte = u8::from_str_radix(str::from_utf8(digits).ok()?, 16).ok()?;
    }
    Some(bytes)
}

fn encoded(bytes: &[u8], found: &mut BTreeSet<[u8; BYTES]>) {
    let belongs = |byte: &u8| byte.is_ascii_alphanumeric() || b"+/-_".contains(byte);
    for run in runs(bytes, belongs, BASE64_DIGITS) {
        // One digit more than whole bytes have is none of theirs.
        let whole = run.len() - usize::from(run.len() % 4 == 1);
        let run = run.get(..whole).unwrap_or_default();
        let standard = run.iter().map(|byte| match byte {
            b'-' => b'+',
            b'_' => b'/',
            other => *other,
        });
        let standard: Vec<u8> = standard.collect();
        let Ok(decoded) = BASE64.decode(standard) else { continue };
        found.extend(<[u8; BYTES]>::try_from(decoded.as_slice()));
        gather(&decoded, found);
    }
}

fn without_percent(bytes: &[u8]) -> Vec<u8> {
    let (mut plain, mut rest) = (Vec::with_capacity(bytes.len()), bytes);
    while let Some((byte, behind)) = rest.split_first() {
        let digits = behind.first_chunk::<2>().filter(|_| *byte == b'%');
        let value = digits.and_then(|digits| u8::from_str_radix(str::from_utf8(digits).ok()?, 16).ok());
        plain.push(value.unwrap_or(*byte));
        rest = behind.get(if value.is_some() { 2 } else { 0 }..).unwrap_or_default();
    }
    plain
}

#[cfg(test)]
mod tests {
    use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE};
    use proptest::prelude::*;

    use super::*;
    use crate::domain::digest::to_hex;

    fn percent(text: &str) -> String {
        text.bytes().map(|byte| format!("%{byte:02X}")).collect::<Vec<_>>().concat()
    }

    proptest! {
        // REQ-224
        #[test]
        fn a_secret_is_found_in_every_form_of_the_table(
            secret in any::<[u8; 32]>(),
            before in "[ -~]{0,20}[ \"(=:,\n]",
            after in "([ \")\n,._][ -~]{0,20})?",
        ) {
            let digits = to_hex(&secret);
            for form in [
                digits.clone(),
                digits.to_uppercase(),
                format!("qms_0123456789abcdef_{digits}"),
                format!("qms_0123456789abcdef_{digits}_01234567"),
                STANDARD.encode(secret),
                URL_SAFE.encode(secret),
                STANDARD_NO_PAD.encode(&digits),
                STANDARD.encode(format!("qms_0123456789abcdef_{digits}_01234567\n")),
                percent(&digits),
                percent(&STANDARD.encode(secret)),
            ] {
                let text = format!("{before}{form}{after}");
                let is_joined = after.starts_with('_') || before.ends_with('=') && form.contains('=');
                let is_base64 = form != digits && !form.starts_with("qms_");
                prop_assume!(!(is_joined && is_base64));
                prop_assert!(possible(text.as_bytes()).contains(&secret), "{}", text);
            }
        }

        #[test]
        fn whatever_is_looked_through_is_looked_through_to_its_end(
            bytes in proptest::collection::vec(any::<u8>(), 0..600),
        ) {
            let _found = possible(&bytes);
        }
    }
}
