//! Tags: the comment line directly above a test that says which requirements it shows.

use super::page::{PREFIX, numbers};

/// A test that bears a tag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tagged {
    /// The requirements that it shows.
    pub numbers: Vec<u32>,
    /// Its file, from the root of the repository.
    pub file: String,
    /// Its name, as the test runner or the scenario calls it.
    pub name: String,
    /// It is run by a command of its own, not by `cargo test`.
    pub is_on_request: bool,
}

/// What is found in a file.
#[derive(Debug, Default)]
pub struct Found {
    /// The tests that bear a tag.
    pub tagged: Vec<Tagged>,
    /// Tags that are none, or that stand above nothing.
    pub faults: Vec<String>,
}

/// A test, as it is found below a tag.
struct Test {
    name: String,
    is_on_request: bool,
}

/// What a line says about requirements.
enum Said {
    Nothing,
    Numbers(Vec<u32>),
    /// Something that is no tag, and might be taken for one.
    Wrongly,
}

/// How tests are written down in a kind of file.
struct Form {
    /// What begins a comment.
    comment: &'static str,
    /// Finds the test that begins at a line.
    test: fn(&[&str], usize) -> Option<Test>,
}

const RUST: Form = Form { comment: "//", test: rust_test };
const YAML: Form = Form { comment: "#", test: scenario };

/// Finds the tags of a Rust file.
pub fn of_rust(file: &str, text: &str) -> Found {
    scan(&RUST, file, text)
}

/// Finds the tags of a file of scenarios.
pub fn of_yaml(file: &str, text: &str) -> Found {
    scan(&YAML, file, text)
}

fn scan(form: &Form, file: &str, text: &str) -> Found {
    let lines: Vec<&str> = text.lines().collect();
    let mut found = Found::default();
    for (at, line) in lines.iter().enumerate() {
        let mut fault =
            |what: &str| found.faults.push(format!("{file}:{}: `{}` {what}", at + 1, line.trim()));
        let numbers = match said(form, line) {
            Said::Nothing => continue,
            Said::Numbers(numbers) => numbers,
            Said::Wrongly => {
                fault("is no tag");
                continue;
            }
        };
        if !numbers.is_sorted_by(|one, next| one < next) {
            fault("is not in order");
        }
        match (form.test)(&lines, at + 1) {
            Some(Test { name, is_on_request }) => {
                found.tagged.push(Tagged { numbers, file: file.to_owned(), name, is_on_request });
            }
            None => fault("stands above no test"),
        }
    }
    found
}

/// Reads a line: a tag is a comment of its own, and nothing else is in it.
fn said(form: &Form, line: &str) -> Said {
    let text = line.trim();
    let comment = format!("{} ", form.comment);
    if text.starts_with(form.comment) {
        return match text.strip_prefix(&comment).and_then(numbers) {
            Some(numbers) => Said::Numbers(numbers),
            None if text.contains(PREFIX) => Said::Wrongly,
            None => Said::Nothing,
        };
    }
    // Behind something else it is no tag, unless it is part of a text.
    match text.split_once(&(comment + PREFIX)) {
        Some((before, _)) if !before.contains('"') => Said::Wrongly,
        _ => Said::Nothing,
    }
}

/// Finds a function with `#[test]`, or a name in a list of tests.
fn rust_test(lines: &[&str], at: usize) -> Option<Test> {
    let first = lines.get(at)?.trim();
    if first != "#[test]" {
        let name = first.trim_end_matches(';').to_owned();
        return (is_name(&name) && in_a_list(&lines[..at])).then_some(Test { name, is_on_request: false });
    }
    let mut below = lines[at + 1..].iter().map(|line| line.trim());
    let mut line = below.next()?;
    let mut is_on_request = false;
    while line.starts_with("#[") {
        is_on_request |= line.starts_with("#[ignore");
        line = below.next()?;
    }
    let (name, _) = line.split_once("fn ")?.1.split_once('(')?;
    is_name(name).then(|| Test { name: name.to_owned(), is_on_request })
}

/// Finds a scenario.
fn scenario(lines: &[&str], at: usize) -> Option<Test> {
    let name = lines.get(at)?.trim().strip_prefix("- name: ")?.to_owned();
    Some(Test { name, is_on_request: false })
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_'))
}

/// Tells whether what follows stands in the list of tests that every backend of the store passes.
fn in_a_list(before: &[&str]) -> bool {
    before.iter().rev().take_while(|line| **line != "}").any(|line| *line == "contract! {")
}
