//! Tokens, and what is taken out of what programs write.

#![no_main]

use libfuzzer_sys::fuzz_target;
use qms::domain::identity::Token;
use qms::domain::redact::{Redactor, possible, without_tokens};

fuzz_target!(|input: &[u8]| {
    if let Ok(text) = std::str::from_utf8(input)
        && let Ok(token) = Token::parse(text)
    {
        assert_eq!(token.reveal(), text.trim());
        assert_eq!(Token::within(text).as_ref(), Some(token.id()));
    }
    could_be_secret(input);
    let clean = without_tokens(input);
    assert!(Token::find(&clean).is_none());
    assert_eq!(without_tokens(&clean), clean);
    let Some((&length, rest)) = input.split_first() else { return };
    let Some((secret, text)) = rest.split_at_checked(usize::from(length % 24)) else { return };
    redacted(secret, text, usize::from(length / 24) + 1);
});

/// Few things could be a secret, and the digits of one on a line are among them.
fn could_be_secret(input: &[u8]) {
    let secret: [u8; 32] = std::array::from_fn(|at| input.get(at).copied().unwrap_or_default());
    let line = format!("\n\n{}\n\n", qms::domain::digest::to_hex(&secret));
    let (mut shown, mut is_shown) = (0, false);
    possible(&[line.as_bytes(), input].concat(), &mut |possible| {
        shown += 1;
        is_shown |= *possible == secret;
    });
    assert!(is_shown && shown <= 40 + input.len() / 3);
}

/// How a text is cut into pieces changes nothing, and the secret is not in what comes out.
fn redacted(secret: &[u8], text: &[u8], size: usize) {
    let whole = {
        let mut redactor = Redactor::new(&[secret]);
        [redactor.push(text), redactor.finish()].concat()
    };
    let mut redactor = Redactor::new(&[secret]);
    let mut pieces: Vec<u8> = text.chunks(size).flat_map(|piece| redactor.push(piece)).collect();
    pieces.extend(redactor.finish());
    assert_eq!(pieces, whole);
    // The mark itself may say what the secret says.
    let is_of_mark = b"[redacted]".windows(4).any(|mark| secret.windows(4).any(|part| part == mark));
    if secret.len() >= 8 && !is_of_mark {
        let marked = whole.split(|byte| *byte == b'[' || *byte == b']');
        assert!(!marked.into_iter().any(|part| part.windows(secret.len()).any(|it| it == secret)));
    }
}
