//! Every way in which the table of forms has a secret written, for the tests of both directions.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};

/// How lines are broken: after so many digits, with what ends a line and indents the next.
const BREAKS: &[(usize, &str)] = &[
    (60, "\n"),
    (64, "\n"),
    (76, "\r\n"),
    (64, "\n    "),
    (76, "\n\t\t"),
    (60, "\r\n  "),
    (76, "\\n"),
    (32, "\n"),
    (17, "\n"),
];

/// Writes a token, with a word for how. `before` precedes it where it is encoded.
pub fn written(token: &str, before: &[u8]) -> Vec<(String, String)> {
    let digits = token.split('_').nth(2).unwrap_or_default();
    let pairs: Vec<&str> = (0..64).step_by(2).filter_map(|at| digits.get(at..at + 2)).collect();
    let secret: Vec<u8> = pairs.iter().filter_map(|pair| u8::from_str_radix(pair, 16).ok()).collect();
    let mut forms = Vec::new();
    let mut add = |what: &str, form: String| {
        forms.push((format!("{what}, percent-encoded"), escaped(&form, |_| true)));
        forms.push((format!("{what}, as in a URL"), escaped(&form, |byte| !byte.is_ascii_alphanumeric())));
        forms.push((what.to_owned(), form));
    };
    add("token", token.to_owned());
    add("token without its checksum", token.get(..85).unwrap_or_default().to_owned());
    add("digits", digits.to_owned());
    add("capital digits", digits.to_uppercase());
    for (width, end) in BREAKS {
        add(&format!("digits, {width} a line, {end:?}"), broken(digits, *width, end));
    }
    for apart in [" ", ":", "  "] {
        add(&format!("digits apart by {apart:?}"), pairs.join(apart));
        let lines: Vec<String> = pairs.chunks(16).map(|line| line.join(apart)).collect();
        add(&format!("lines of digits apart by {apart:?}"), lines.join("\n "));
        add("words of four digits", broken(digits, 4, apart));
    }
    let file = [before, token.as_bytes(), b"\nmore\n"].concat();
    let whole = [
        ("digits of the token", hexadecimal(token.as_bytes())),
        ("digits of its digits", hexadecimal(digits.as_bytes())),
        ("digits of a file", hexadecimal(&file)),
        ("base64 of the bytes", STANDARD.encode(&secret)),
        ("base64url of the bytes", URL_SAFE_NO_PAD.encode(&secret)),
        ("base64 of the digits", STANDARD.encode(digits)),
        (
            "base64 of the digits in a file",
            STANDARD_NO_PAD.encode([before, b" ", digits.as_bytes()].concat()),
        ),
        ("base64url of the digits in a file", URL_SAFE.encode([before, b"=", digits.as_bytes()].concat())),
        ("base64 of the token", STANDARD.encode(token)),
        ("base64url of the token", URL_SAFE_NO_PAD.encode(token)),
        ("base64 of a file", STANDARD.encode(&file)),
        ("base64url of a file", URL_SAFE.encode(&file)),
    ];
    for (what, form) in whole {
        for (width, end) in BREAKS {
            add(&format!("{what}, {width} a line, {end:?}"), broken(&form, *width, end));
        }
        add(what, form);
    }
    forms
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().concat()
}

fn escaped(text: &str, which: fn(u8) -> bool) -> String {
    let one = |byte| if which(byte) { format!("%{byte:02X}") } else { char::from(byte).to_string() };
    text.bytes().map(one).collect::<Vec<_>>().concat()
}

fn broken(text: &str, width: usize, end: &str) -> String {
    let lines: Vec<_> = text.as_bytes().chunks(width).map(String::from_utf8_lossy).collect();
    lines.join(end)
}
