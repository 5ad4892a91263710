//! Whatever is changed in an export is found and named; whatever is no export is refused.

use std::fs;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use proptest::prelude::*;
use proptest::test_runner::Config;
use qms::commands::{CommandError, exported};
use serde_json::{Value, json};

use super::by_hand::{hex, sha256};
use super::{exported as sound, lines, under_way};
use crate::project::{Project, answer::Answer};

/// Verifies a text in process; on failure says what is wrong.
fn verify(text: &[u8]) -> Result<(), String> {
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(file.path(), text).unwrap();
    match exported::run(file.path(), None) {
        Ok(_) => Ok(()),
        Err(CommandError::ExportFailed(fault)) => Err(fault.to_string()),
        Err(other) => panic!("{other}"),
    }
}

/// The lines of the sound export, after a change.
fn with(change: impl FnOnce(&mut Vec<String>)) -> String {
    let mut lines: Vec<String> = sound().lines().map(str::to_owned).collect();
    change(&mut lines);
    lines.join("\n") + "\n"
}

fn replaced(index: usize, from: &str, to: &str) -> String {
    with(|lines| {
        assert!(lines[index].contains(from), "no {from} in {}", lines[index]);
        lines[index] = lines[index].replacen(from, to, 1);
    })
}

fn place(wanted: impl Fn(&Value) -> bool) -> usize {
    lines(sound()).iter().position(wanted).unwrap()
}

fn text<'v>(line: &'v Value, field: &str) -> &'v str {
    line[field].as_str().unwrap()
}

// REQ-219
#[test]
fn every_kind_of_tampering_is_found_and_named() {
    verify(sound().as_bytes()).unwrap();
    let of = lines(sound());
    let count = of.len();
    let withheld = place(|line| line["withheld"] == true);
    let signed = place(|line| line["signature"].is_object());
    let routed = place(|line| line["action"] == "route");
    let commented = place(|line| line["comment"] == "fine");
    let last = &of[count - 1]["head"];
    let (root, of_lines) = (text(last, "root"), text(last, "lines"));
    let half = sound().lines().next().unwrap().len() / 2;
    let no_head = |lines: &mut Vec<String>| {
        let (entry, _) = lines[lines.len() - 1].rsplit_once(",\"head\":").unwrap();
        let entry = format!("{entry},\"head\":null}}");
        *lines.last_mut().unwrap() = entry;
    };
    let table: Vec<(String, String)> = vec![
        (with(|lines| drop(lines.remove(0))), "entry 1 stands where entry 0 belongs".to_owned()),
        (with(|lines| drop(lines.remove(3))), "entry 4 stands where entry 3 belongs".to_owned()),
        (
            with(|lines| drop(lines.remove(withheld))),
            format!("entry {} stands where entry {withheld} belongs", withheld + 1),
        ),
        (with(|lines| drop(lines.pop())), format!("it ends after entry {} without the head", count - 2)),
        (with(no_head), format!("it ends after entry {} without the head", count - 1)),
        (with(|lines| lines.swap(2, 3)), "entry 3 stands where entry 2 belongs".to_owned()),
        (with(|lines| lines.insert(2, lines[2].clone())), "entry 2 stands where entry 3 belongs".to_owned()),
        (with(|lines| lines.push(lines[count - 1].clone())), format!("line {} follows the head", count + 1)),
        (with(|lines| lines.push(String::new())), format!("line {} follows the head", count + 1)),
        (with(|lines| lines.insert(1, String::new())), "line 2 is not a line of an export".to_owned()),
        (sound().trim_end().to_owned(), format!("line {count} is cut off")),
        (sound()[..half].to_owned(), "line 1 is cut off".to_owned()),
        (replaced(0, "{\"index\"", "{ \"index\""), "the line of entry 0 is not written as".to_owned()),
        (sound().replace('\n', "\r\n"), "the head in line".to_owned()),
        // What a line says is what its bytes say.
        (replaced(commented, "\"fine\"", "\"bad\""), format!("`comment` of entry {commented}")),
        (replaced(commented, "\"comment\":", "\"comment\":null,\"comment\":"), "entry".to_owned()),
        (
            replaced(routed, "\"new\":\"IN_PRE_REVIEW\"", "\"new\":\"CLOSED\""),
            format!("`changes` of entry {routed}"),
        ),
        (replaced(routed, "\"changes\":[", "\"changes\":[],\"x\":["), format!("of entry {routed}")),
        (
            with(|lines| lines[routed] = exchanged(&lines[routed], &lines[routed + 1], "changes")),
            format!("`changes` of entry {routed}"),
        ),
        (
            with(|lines| lines[routed] = exchanged(&lines[routed], &lines[routed + 1], "bytes")),
            format!("entry {routed} was sealed as entry {}", routed + 1),
        ),
        (
            with(|lines| lines[signed] = exchanged(&lines[signed], &lines[withheld - 1], "signature")),
            format!("`signature` of entry {signed}"),
        ),
        (
            replaced(2, text(&of[2], "leaf_hash"), text(&of[3], "leaf_hash")),
            "`leaf_hash` of entry 2".to_owned(),
        ),
        (replaced(2, "\"bytes\":\"", "\"bytes\":\"!"), "the `bytes` of entry 2 are not base64".to_owned()),
        (replaced(2, "\"bytes\":\"", "\"bytes\":\"UQE"), "entry 2".to_owned()),
        // What is withheld has a place, a leaf hash, and the signature over all lines.
        (
            replaced(withheld, text(&of[withheld], "leaf_hash"), text(&of[0], "leaf_hash")),
            format!("the head after {count} entries differs"),
        ),
        (
            replaced(withheld, "\"maria\"", "\"lead\""),
            format!("only withheld ones can differ: entries {withheld}"),
        ),
        (
            replaced(withheld, "\"withheld\":true", "\"withheld\":false"),
            format!("entry {withheld} has no `bytes`"),
        ),
        (with(|lines| lines[routed] = hidden(&lines[routed])), format!("entries {routed}, {withheld}")),
        // The head.
        (
            replaced(count - 1, &format!("\"root\":\"{root}"), &format!("\"root\":\"{of_lines}")),
            "head after".to_owned(),
        ),
        (
            replaced(count - 1, &format!("\"lines\":\"{of_lines}"), &format!("\"lines\":\"{root}")),
            "not signed".to_owned(),
        ),
        (
            replaced(count - 1, &format!("\"entries\":{count}"), &format!("\"entries\":{}", count + 1)),
            "its head knows".to_owned(),
        ),
        (replaced(count - 1, "\"signature\":\"", "\"signature\":\"00"), "not signed".to_owned()),
        (replaced(count - 1, "\"head\":{", "\"head\":{\"x\":1,"), format!("the head in line {count}")),
        (replaced(count - 1, "\"head\":{", "\"head\":7,\"head\":{"), "entry".to_owned()),
        (String::new(), "it is empty".to_owned()),
        ("\n".to_owned(), "line 1 is not a line of an export".to_owned()),
    ];
    for (text, named) in table {
        assert_ne!(text, sound(), "{named}");
        let found = verify(text.as_bytes()).expect_err(&named);
        assert!(found.contains(&named), "{found} does not say {named}");
    }
}

/// A line with a field of another one.
fn exchanged(line: &str, other: &str, field: &str) -> String {
    let (one, other): (Value, Value) =
        (serde_json::from_str(line).unwrap(), serde_json::from_str(other).unwrap());
    let (one, other) = (one[field].to_string(), other[field].to_string());
    assert_ne!(one, other);
    line.replacen(&format!("\"{field}\":{one}"), &format!("\"{field}\":{other}"), 1)
}

/// A line as if its entry were withheld.
fn hidden(line: &str) -> String {
    let read: Value = serde_json::from_str(line).unwrap();
    line.replace(&format!("\"bytes\":{}", read["bytes"]), "\"bytes\":null")
        .replace("\"withheld\":false", "\"withheld\":true")
}

// REQ-219
#[test]
fn an_entry_that_was_sealed_anew_with_everything_that_follows_from_it_is_found_by_the_signature() {
    let forged = place(|line| line["comment"] == "fine");
    let text = with(|lines| {
        let (from, to) = (b"fine", b"mine");
        let read: Value = serde_json::from_str(&lines[forged]).unwrap();
        let mut bytes = decode(&read);
        let at = bytes.windows(4).position(|window| window == from).unwrap();
        bytes[at..at + 4].copy_from_slice(to);
        let leaf = hex(&sha256(&[&[0], &bytes]));
        lines[forged] = lines[forged]
            .replace(text(&read, "bytes"), &encode(&bytes))
            .replace("\"fine\"", "\"mine\"")
            .replace(text(&read, "leaf_hash"), &leaf);
    });
    let found = verify(text.as_bytes()).unwrap_err();
    // A signature is of what was said; an entry that nobody signed is held by the root.
    assert!(found.contains("signature of its actor") || found.contains("head after"), "{found}");
}

fn decode(line: &Value) -> Vec<u8> {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.decode(text(line, "bytes")).unwrap()
}

fn encode(bytes: &[u8]) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(bytes)
}

// REQ-220
#[test]
fn an_export_verifies_without_project_or_key_and_says_what_was_and_was_not_checked() {
    let project = under_way();
    fs::write(
        project.folder().join("all"),
        project.run("-u maria --passphrase-file ../phrase audit export").is(0).stdout,
    )
    .unwrap();
    fs::write(project.folder().join("some"), sound()).unwrap();
    let kept = project.run("-u qa audit checkpoint").is(0).stdout;
    fs::write(project.folder().join("kept"), kept).unwrap();
    let elsewhere = Project::empty();
    let ask =
        |line: &str| elsewhere.ask(&format!("audit verify --export {}/{line}", project.folder().display()));
    let says = |line: &str, words: &[&str]| {
        let text = elsewhere
            .run(&format!("audit verify --export {}/{line}", project.folder().display()))
            .is(0)
            .text();
        assert!(words.iter().all(|word| text.contains(word)), "{text}");
    };
    let checked =
        |answer: &Answer| (answer["data"]["checked"].clone(), answer["data"]["not_checked"].clone());
    let whole = ["lines", "root", "order", "old_values", "signatures", "signed_state", "head_signature"];
    assert_eq!(
        checked(&ask("all").is(0)),
        (json!(whole), json!(["checkpoint", "contents", "policies", "rows", "tags"]))
    );
    let known: Vec<&str> =
        whole.into_iter().filter(|it| !["old_values", "signed_state"].contains(it)).collect();
    let unknown = json!([
        "old_values",
        "signed_state",
        "checkpoint",
        "withheld",
        "contents",
        "policies",
        "rows",
        "tags"
    ]);
    let some = ask("some").is(0);
    assert_eq!(checked(&some), (json!(known), unknown));
    assert_eq!([&some["data"]["withheld"], &some["data"]["signatures"]], [&json!(1), &json!(1)]);
    says(
        "all",
        &[
            "contents:   not checked",
            "rows:       not checked",
            "tags:       not checked",
            "checkpoint: not compared",
        ],
    );
    says("some", &["withheld:   1; only their leaf hashes were checked", "not behind it"]);
    // A checkpoint that was kept elsewhere shows a log that somebody wrote anew.
    let kept = format!("all --checkpoint {}/kept", project.folder().display());
    says(&kept, &["checkpoint: the log goes on from it"]);
    let refused = ask(&format!("some --checkpoint {}/kept", project.folder().display())).is(80);
    assert_eq!(refused["error"]["code"], "audit_failed");
    // The root is the project's.
    let verified = project.ask("-u qa audit verify").is(0);
    let exported = project.run("-u qa audit export").is(0).text();
    assert_eq!(lines(&exported).last().unwrap()["head"]["root"], verified["data"]["root"]);
    elsewhere.run("audit verify --export nowhere").is(1);
    elsewhere.run("audit verify --export .").is(1).says("it is a folder");
    elsewhere.run("audit verify --export x --contents").is(2);
}

proptest! {
    #![proptest_config(Config { cases: 120, failure_persistence: None, ..Config::default() })]

    // REQ-219
    #[test]
    fn any_byte_that_is_changed_anywhere_is_found(at in any::<prop::sample::Index>(), by in 1u8..=255) {
        let mut text = sound().as_bytes().to_vec();
        let at = at.index(text.len());
        text[at] ^= by;
        prop_assert!(verify(&text).is_err(), "byte {at}");
    }

    // REQ-219
    #[test]
    fn any_cut_is_found(from in any::<prop::sample::Index>(), length in 1usize..5000) {
        let mut text = sound().as_bytes().to_vec();
        let from = from.index(text.len());
        text.drain(from..(from + length).min(text.len()));
        prop_assert!(verify(&text).is_err());
    }

    // REQ-221
    #[test]
    fn rubbish_is_refused(
        parts in proptest::collection::vec(prop_oneof![
            Just("{\"index\":0,\"leaf_hash\":\"".to_owned()),
            Just(",\"head\":null}\n".to_owned()),
            Just(",\"head\":".to_owned()),
            Just("\"bytes\":\"UQIAAAAAAAAAAA==\",\"withheld\":false".to_owned()),
            Just("[".repeat(4000)),
            Just("{\"a\":".repeat(4000)),
            any::<String>(),
        ], 0..6),
        bytes in proptest::collection::vec(any::<u8>(), 0..60),
    ) {
        let text = [parts.concat().as_bytes(), &bytes].concat();
        prop_assert!(verify(&text).is_err());
    }
}

// REQ-289
#[test]
fn a_key_that_would_be_shown_again_and_again_is_not_written_out() {
    let put = |out: &mut Vec<u8>, run: &[u8]| {
        out.push(255);
        out.extend((run.len() as u64).to_be_bytes());
        out.extend(run);
    };
    // Format, index, at, span, clock, salt, isolation, result, policy digest, action; then one delta.
    let mut bytes = [&[0x51, 0x02][..], &[0; 28], &[0; 16], &[1, 1], &[0; 32], b"\x07genesis"].concat();
    bytes.extend(b"\x20\x03");
    put(&mut bytes, &b"k".repeat(30_000));
    let mut fields = Vec::new();
    for number in 0..3_000 {
        fields.extend([0x82, 5]);
        fields.extend(format!("u{number:04}").into_bytes());
        fields.extend([0x02, 1, b'x']);
    }
    put(&mut bytes, &fields);
    let (leaf, bytes) = (hex(&sha256(&[&[0], &bytes])), STANDARD.encode(&bytes));
    let line = format!(
        "{{\"index\":0,\"leaf_hash\":\"{leaf}\",\"withheld\":false,\"bytes\":\"{bytes}\",\"head\":null}}\n"
    );
    assert_eq!(verify(line.as_bytes()), Err("`changes` of entry 0 is not what its bytes say".to_owned()));
}
