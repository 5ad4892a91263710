//! Front matter: what is read is in the text, and what is composed is read as it was meant.

#![no_main]

use libfuzzer_sys::fuzz_target;
use qms::domain::front_matter::{check_line, compose, parse, split};
use qms::domain::id::{DocumentId, TypeName};
use qms::domain::prerequisite::Prerequisite;

fuzz_target!(|input: &[u8]| {
    let Ok(text) = std::str::from_utf8(input) else {
        assert!(parse("x.md", input).is_err());
        return;
    };
    read(text);
    read(&format!("---\nid: CR-001\ntype: CR\n{text}\n---\n"));
    composed(text);
    if let Ok(all) = Prerequisite::parse_all(text) {
        let written: Vec<String> = all.iter().map(ToString::to_string).collect();
        assert_eq!(Prerequisite::parse_all(&written.join(",")).as_ref(), Ok(&all));
    }
});

fn read(text: &str) {
    if let Some((block, rest)) = split(text) {
        assert!(text.ends_with(rest) && text.contains(block));
    }
    let Ok(read) = parse("x.md", text.as_bytes()) else { return };
    assert!(split(text).is_some());
    let is_name =
        |key: &String| key.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte));
    assert!(read.fields.keys().all(is_name));
    assert!(read.fields.get("title").is_none_or(|title| check_line(title).is_ok()));
    assert_eq!(parse("x.md", text.as_bytes()).as_ref(), Ok(&read));
}

/// A document that is made with a title that is accepted has that title, whatever is in it.
fn composed(text: &str) {
    let (title, item) = text.split_once('\n').unwrap_or((text, "EI-1"));
    if check_line(title).is_err() || check_line(item).is_err() || title.trim() != title || title.is_empty() {
        return;
    }
    let id = DocumentId::parse("CR-001").expect("an id");
    let document_type = TypeName::parse("CR").expect("a type");
    let made = compose(&id, &document_type, Some(title), &["summary".to_owned()], None, Some(item), false);
    let read = parse("x.md", made.as_bytes()).expect("what is composed is read");
    assert_eq!(read.fields.get("title").map(String::as_str), Some(title));
    assert_eq!(read.fields.get("item").map(String::as_str), Some(item));
}
