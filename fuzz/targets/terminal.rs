//! What others wrote, at a terminal: nothing of it is obeyed but colours, and how it is cut into pieces changes
//! nothing.

#![no_main]

use std::cell::RefCell;
use std::io::{self, Write};
use std::rc::Rc;

use libfuzzer_sys::fuzz_target;
use qms::cli::Outlet;
use qms::domain::visible::{deceptions, one_line};

#[derive(Clone, Default)]
struct Screen(Rc<RefCell<Vec<u8>>>);

impl Write for Screen {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fuzz_target!(|input: &[u8]| {
    let Some((&size, output)) = input.split_first() else { return };
    let whole = passed(output, output.len().max(1));
    assert_eq!(passed(output, usize::from(size) + 1), whole);
    let plain = without_colors(&whole);
    assert!(deceptions(&plain).all(|(_, c)| matches!(c, '\n' | '\t')), "{plain:?}");
    let text = written(output, output.len().max(1));
    assert_eq!(written(output, usize::from(size) + 1), text);
    assert!(deceptions(&text).all(|(_, c)| matches!(c, '\n' | '\t')), "{text:?}");
    if let Ok(text) = std::str::from_utf8(output) {
        let line = one_line(text);
        assert!(deceptions(&line).next().is_none(), "{line:?}");
        assert_eq!(one_line(&line), line);
    }
});

/// What a terminal gets of the output of another program, which comes in pieces.
fn passed(output: &[u8], size: usize) -> String {
    let screen = Screen::default();
    let mut outlet = Outlet::new(Box::new(screen.clone()), true);
    for piece in output.chunks(size) {
        outlet.pass(piece).expect("a screen takes everything");
    }
    outlet.passed().expect("a screen takes everything");
    String::from_utf8(screen.0.take()).expect("what is shown is text")
}

/// What a terminal gets of a text, which comes in pieces.
fn written(text: &[u8], size: usize) -> String {
    let screen = Screen::default();
    let mut outlet = Outlet::new(Box::new(screen.clone()), true);
    for piece in text.chunks(size) {
        outlet.write_all(piece).expect("a screen takes everything");
    }
    outlet.flush().expect("a screen takes everything");
    String::from_utf8(screen.0.take()).expect("what is shown is text")
}

/// Leaves out what sets colours, which is off in the end.
fn without_colors(shown: &str) -> String {
    let mut parts = shown.split("\u{1b}[");
    let mut plain = parts.next().unwrap_or_default().to_owned();
    let mut last = "0";
    for part in parts {
        let (color, text) = part.split_once('m').expect("a colour ends");
        assert!(color.bytes().all(|byte| byte.is_ascii_digit() || byte == b';'), "{color:?}");
        last = color;
        plain.push_str(text);
    }
    assert_eq!(last, "0", "a colour is left on");
    plain
}
