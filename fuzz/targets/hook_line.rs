//! Shell lines: a call that passes is one that a shell reads as these very words.

#![no_main]

use libfuzzer_sys::fuzz_target;
use qms::domain::hook::{Line, examine, render};

fuzz_target!(|input: &[u8]| {
    let Ok(line) = std::str::from_utf8(input) else { return };
    match examine(line) {
        Line::Qms(argv) => {
            assert!(argv.first().is_some_and(|program| program.rsplit('/').next() == Some("qms")));
            assert_eq!(examine(&render(&argv)), Line::Qms(argv));
        }
        // What is offered in its place would pass.
        Line::Refused { example: Some(example), .. } => {
            assert!(matches!(examine(&example), Line::Qms(_)), "{example:?}");
        }
        Line::Refused { .. } | Line::Foreign => {}
    }
});
