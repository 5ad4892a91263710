//! No form of a secret gets through, and nothing else is touched.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};
use proptest::prelude::*;
use proptest::test_runner::Config;

use super::{Redactor, Shield, kept, possible, without_tokens};

const TOKEN: &str =
    "qms_0001020304050607_08090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f2021222324252627_deadbeef";

/// Tells whether a text holds a secret, as far as what comes in is looked through.
pub(super) fn holds(text: &[u8], secret: &[u8; 32]) -> bool {
    let mut is_held = false;
    possible(text, &mut |possible| is_held |= possible == secret);
    is_held
}

fn redacted(secret: &[u8], text: &[u8]) -> String {
    in_pieces(secret, text, &[text.len()])
}

/// Redacts a text that comes in pieces of these lengths, one after another.
fn in_pieces(secret: &[u8], text: &[u8], lengths: &[usize]) -> String {
    let mut redactor = Redactor::new(&[secret]);
    let (mut out, mut rest) = (Vec::new(), text);
    for length in lengths.iter().cycle().map(|length| (*length).max(1)) {
        let (piece, after) = rest.split_at(length.min(rest.len()));
        out.extend(redactor.push(piece));
        rest = after;
        if rest.is_empty() {
            break;
        }
    }
    out.extend(redactor.finish());
    String::from_utf8_lossy(&out).into_owned()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().concat()
}

/// Percent-encodes the bytes that the numbers choose, with digits of either case.
fn percent(bytes: &[u8], choice: &[u8]) -> String {
    let one = |(byte, choice): (&u8, &u8)| match choice % 3 {
        0 => format!("%{byte:02x}"),
        1 => format!("%{byte:02X}"),
        _ => char::from(*byte).to_string(),
    };
    bytes.iter().zip(choice.iter().cycle()).map(one).collect::<Vec<_>>().concat()
}

fn broken(text: &str, width: usize, with: &str) -> String {
    let lines = text.as_bytes().chunks(width).map(|line| String::from_utf8_lossy(line).into_owned());
    lines.collect::<Vec<_>>().join(with)
}

#[test]
fn every_form_is_replaced() {
    let secret = TOKEN.as_bytes();
    for form in [TOKEN.to_owned(), hex(secret), hex(secret).to_uppercase(), percent(secret, &[0, 1, 2])] {
        assert_eq!(redacted(secret, format!("({form})\n").as_bytes()), "([redacted])\n", "{form}");
    }
    assert_eq!(redacted(secret, STANDARD.encode(TOKEN).as_bytes()), "[redacted]==");
}

#[test]
fn a_form_that_is_broken_over_lines_is_replaced_whole() {
    let secret = TOKEN.as_bytes();
    let spaced: Vec<String> = secret.iter().map(|byte| hex(&[*byte])).collect();
    for form in [
        broken(&STANDARD_NO_PAD.encode(secret), 76, "\n"),
        broken(&STANDARD_NO_PAD.encode(secret), 76, "\\n"),
        broken(&STANDARD_NO_PAD.encode(secret), 64, "\r\n"),
        broken(&hex(secret), 60, "\n"),
        broken(TOKEN, 40, "\n"),
        spaced.join(" "),
        spaced.join(":"),
        spaced.chunks(16).map(|line| line.join(" ")).collect::<Vec<_>>().join("\n "),
    ] {
        assert_eq!(redacted(secret, format!("<{form}>").as_bytes()), "<[redacted]>", "{form}");
    }
}

#[test]
fn a_secret_within_a_secret_and_one_after_another_leave_one_mark() {
    let mut redactor = Redactor::new(&[TOKEN.as_bytes(), &TOKEN.as_bytes()[21..85]]);
    let text = format!("{TOKEN}{TOKEN} {}", &TOKEN[10..]);
    let mut out = redactor.push(text.as_bytes());
    out.extend(redactor.finish());
    assert_eq!(String::from_utf8(out).unwrap(), "[redacted] 0304050607_[redacted]_deadbeef");
}

#[test]
fn only_what_may_be_a_secret_is_held_back() {
    let mut redactor = Redactor::new(&[TOKEN.as_bytes()]);
    for line in ["one\n", "done, I approved it.\n", "a line that ends in q\n", "$ "] {
        assert_eq!(redactor.push(line.as_bytes()), line.as_bytes());
    }
    assert_eq!(redactor.push(b"token: qms_00"), b"token: ");
    assert_eq!(redactor.push(b"0?"), b"qms_000?");
    assert_eq!(redactor.push(&TOKEN.as_bytes()[..TOKEN.len() - 1]), b"");
    assert_eq!(redactor.push(b"f."), b"[redacted].");
    assert_eq!(redactor.push(b"qm"), b"");
    assert_eq!(redactor.finish(), b"qm");
}

#[test]
fn what_is_no_secret_stays() {
    assert_eq!(redacted(b"", b"text"), "text");
    assert_eq!(redacted(b"short", b"a short text"), "a short text");
    assert_eq!(redacted(TOKEN.as_bytes(), &TOKEN.as_bytes()[1..]), &TOKEN[1..]);
}

/// One of the forms of a secret, as part of something larger where that is encoded.
fn form(kind: u8, secret: &[u8], around: (&[u8], &[u8]), choice: &[u8]) -> String {
    let whole = [around.0, secret, around.1].concat();
    match kind % 7 {
        0 => percent(secret, choice),
        1 => hex(secret),
        2 => hex(secret).to_uppercase(),
        3 => STANDARD.encode(whole),
        4 => STANDARD_NO_PAD.encode(whole),
        5 => URL_SAFE.encode(whole),
        _ => URL_SAFE_NO_PAD.encode(whole),
    }
}

proptest! {
    #![proptest_config(Config { cases: 400, failure_persistence: None, ..Config::default() })]

    // REQ-062
    #[test]
    fn no_form_survives_wherever_it_stands(
        secret in proptest::collection::vec(33_u8..127, 12..40),
        kind in any::<u8>(),
        around in (proptest::collection::vec(any::<u8>(), 0..7), proptest::collection::vec(any::<u8>(), 0..7)),
        choice in proptest::collection::vec(any::<u8>(), 1..9),
        lengths in proptest::collection::vec(1_usize..40, 1..9),
    ) {
        let form = form(kind, &secret, (&around.0, &around.1), &choice);
        let out = in_pieces(&secret, format!("<{form}>").as_bytes(), &lengths);
        prop_assert!(out.contains("[redacted]"), "{form} in {out}");
        // What is left on both sides is what stood around the secret.
        let left = out.len() - "<[redacted]>".len();
        let most = if kind % 7 < 3 { 0 } else { (around.0.len() + around.1.len()) * 4 / 3 + 3 };
        prop_assert!(left <= most, "{form} in {out}");
    }

    #[test]
    fn how_a_text_is_cut_into_pieces_changes_nothing(
        secret in proptest::collection::vec(proptest::sample::select(b"aab%A1".to_vec()), 8..12),
        parts in proptest::collection::vec((any::<u8>(), "[ab%A1\n\\\\nYWF=]{0,12}", any::<bool>()), 0..6),
        choice in proptest::collection::vec(any::<u8>(), 1..5),
        lengths in proptest::collection::vec(1_usize..9, 1..9),
    ) {
        let mut text = String::new();
        for (kind, noise, has_form) in &parts {
            text += noise;
            if *has_form {
                text += &form(*kind, &secret, (noise.as_bytes(), b"x"), &choice);
            }
        }
        let whole = redacted(&secret, text.as_bytes());
        prop_assert_eq!(in_pieces(&secret, text.as_bytes(), &lengths), whole.clone());
        prop_assert_eq!(in_pieces(&secret, text.as_bytes(), &[1]), whole.clone());
        let plain = String::from_utf8_lossy(&secret).into_owned();
        for form in [plain, hex(&secret), hex(&secret).to_uppercase()] {
            prop_assert!(!whole.contains(&form), "{} in {}", form, whole);
        }
    }

    #[test]
    fn other_bytes_come_out_as_they_went_in(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let mut redactor = Redactor::new(&[TOKEN.as_bytes()]);
        let mut out = redactor.push(&bytes);
        out.extend(redactor.finish());
        prop_assert_eq!(out, bytes);
    }
}

// REQ-222
#[test]
fn a_secret_of_bytes_is_found_as_files_keep_it_as_its_bytes_and_encoded() {
    let secret: [u8; 32] = std::array::from_fn(|at| u8::try_from(at * 7 + 3).unwrap());
    let of_file = hex(&secret);
    for form in [
        of_file.clone(),
        of_file.to_uppercase(),
        percent(of_file.as_bytes(), &[0]),
        STANDARD.encode(&of_file),
        STANDARD.encode(format!("{of_file}\n")),
        URL_SAFE_NO_PAD.encode(format!("key={of_file}")),
        STANDARD.encode(secret),
        URL_SAFE_NO_PAD.encode(secret),
    ] {
        let mut redactor = Redactor::new(&kept(&secret));
        let mut out = redactor.push(format!("<{form}>").as_bytes());
        out.extend(redactor.finish());
        let out = String::from_utf8(out).unwrap();
        // Around it stays what else was encoded.
        assert!(out.contains("[redacted]") && out.len() < 32, "{form}: {out}");
    }
}

proptest! {
    #![proptest_config(Config { cases: 400, failure_persistence: None, ..Config::default() })]

    // REQ-223
    #[test]
    fn a_token_or_its_beginning_is_shielded_however_it_is_cut_and_nothing_else_is(
        parts in proptest::collection::vec(prop_oneof![
            Just(TOKEN.to_owned()),
            (0..TOKEN.len()).prop_map(|end| TOKEN[..end].to_owned()),
            "[qms_0-9a-f ]{0,30}",
            any::<String>(),
        ], 0..6),
        lengths in proptest::collection::vec(1_usize..40, 1..9),
        flushes in any::<bool>(),
    ) {
        let text = parts.concat();
        let mut shield = Shield::default();
        let (mut out, mut rest) = (Vec::new(), text.as_bytes());
        for length in lengths.iter().cycle() {
            let (piece, after) = rest.split_at((*length).min(rest.len()));
            out.extend(shield.push(piece));
            if flushes {
                out.extend(shield.flush());
            }
            rest = after;
            if rest.is_empty() {
                break;
            }
        }
        out.extend(shield.finish());
        let out = String::from_utf8(out).unwrap();
        prop_assert!(!out.contains(&TOKEN[..SECRET_AT + 8]), "{out}");
        if !flushes {
            prop_assert_eq!(&out, &String::from_utf8(without_tokens(text.as_bytes())).unwrap());
        }
        if !text.contains("qms_") {
            prop_assert_eq!(out, text);
        }
    }
}

/// Where the secret of a token begins.
const SECRET_AT: usize = 21;

// REQ-223
#[test]
fn a_token_leaves_a_mark_and_what_stands_around_it() {
    for (text, shown) in [
        (format!("({TOKEN})"), "([redacted])".to_owned()),
        (format!("{TOKEN}{TOKEN}"), "[redacted][redacted]".to_owned()),
        (format!("qqmsqms_{TOKEN}"), "qqmsqms_[redacted]".to_owned()),
        (TOKEN[..40].to_owned(), "[redacted]".to_owned()),
        (TOKEN[..28].to_owned(), TOKEN[..28].to_owned()),
        ("qms_<id>_<secret>_<checksum>".to_owned(), "qms_<id>_<secret>_<checksum>".to_owned()),
    ] {
        assert_eq!(String::from_utf8(without_tokens(text.as_bytes())).unwrap(), shown);
    }
}
