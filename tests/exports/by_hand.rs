//! An export verified by the steps of `docs/export.md`, with a digest, a signature and JSON alone: nothing of
//! the program under test takes part.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::digest::{SHA256, digest};
use ring::signature::{ED25519, UnparsedPublicKey};
use serde_json::Value;

use super::{exported, lines};

pub fn sha256(parts: &[&[u8]]) -> Vec<u8> {
    digest(&SHA256, &parts.concat()).as_ref().to_vec()
}

pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().concat()
}

fn unhex(text: &str) -> Vec<u8> {
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
}

/// The root of a tree, as RFC 6962 section 2.1 defines it.
fn root(leaves: &[Vec<u8>]) -> Vec<u8> {
    match leaves {
        [one] => one.clone(),
        many => {
            let (left, right) = many.split_at(many.len().next_power_of_two() / 2);
            sha256(&[&[1], &root(left), &root(right)])
        }
    }
}

/// Reads a run, and leaves what follows.
fn run<'b>(rest: &mut &'b [u8]) -> &'b [u8] {
    let (length, behind) = match rest[0] {
        255 => (usize::try_from(u64::from_be_bytes(rest[1..9].try_into().unwrap())).unwrap(), 9),
        short => (usize::from(short), 1),
    };
    let found = &rest[behind..behind + length];
    *rest = &rest[behind + length..];
    found
}

/// Finds the statement and its signature in the bytes of an entry: behind the fixed part come tags, in order.
fn signature(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    // Format, index, at, span, clock, salt, isolation, result, policy digest; then the action.
    let mut rest = &bytes[2 + 8 + 8 + 4 + 8 + 16 + 1 + 1 + 32..];
    run(&mut rest);
    while let Some((tag, behind)) = rest.split_first() {
        rest = behind;
        match tag {
            // Codes are one byte.
            0x04 | 0x05 | 0x07 => rest = &rest[1..],
            0x0d => rest = &rest[16..],
            0x0e => {
                let statement = run(&mut rest);
                return Some((statement, &rest[..64]));
            }
            _ if *tag > 0x0e => return None,
            _ => drop(run(&mut rest)),
        }
    }
    None
}

// REQ-218
#[test]
fn the_documented_steps_verify_an_export_without_the_program() {
    let (mut leaves, mut keys, mut signed) = (Vec::new(), BTreeMap::<String, String>::new(), 0);
    let mut project = (String::new(), String::new());
    let (mut of_lines, mut last) = (Vec::new(), (0, String::new()));
    for (number, line) in exported().lines().enumerate() {
        let (entry, _) = line.rsplit_once(",\"head\":").unwrap();
        of_lines.extend_from_slice(entry.as_bytes());
        of_lines.push(b'\n');
        let line: Value = serde_json::from_str(line).unwrap();
        assert_eq!(line["index"], number);
        let Some(text) = line["bytes"].as_str() else {
            leaves.push(unhex(line["leaf_hash"].as_str().unwrap()));
            continue;
        };
        let bytes = STANDARD.decode(text).unwrap();
        let leaf = sha256(&[&[0], &bytes]);
        assert_eq!(line["leaf_hash"], hex(&leaf));
        leaves.push(leaf);
        // Times are written alike, so that their texts are in their order.
        let place = (line["span"].as_u64().unwrap(), line["at"].as_str().unwrap().to_owned());
        assert!(place >= last, "{place:?} after {last:?}");
        last = place;
        // A signature is by the key that entries before it gave to the credential.
        if let Some((statement, signature)) = signature(&bytes) {
            let key = unhex(&keys[line["credential"].as_str().unwrap()]);
            UnparsedPublicKey::new(&ED25519, key).verify(statement, signature).unwrap();
            assert_eq!(line["signature"]["value"], hex(signature));
            signed += 1;
        }
        for change in line["changes"].as_array().unwrap() {
            let new = change["new"].as_str().unwrap_or_default().to_owned();
            match (change["table"].as_str().unwrap(), change["field"].as_str().unwrap()) {
                ("credential", "verifier") => {
                    keys.insert(change["key"].as_str().unwrap().to_owned(), new);
                }
                ("project", "id") => project.0 = new,
                ("project", "checkpoint_key") => project.1 = new,
                _ => {}
            }
        }
    }
    assert!(signed >= 1);
    let head = lines(exported()).last().unwrap()["head"].clone();
    let root = root(&leaves);
    assert_eq!([&head["root"], &head["lines"]], [&hex(&root), &hex(&sha256(&[&of_lines]))]);
    let checkpoint = format!(
        "qms/{}\n{}\n{}\nexport {}\n",
        project.0,
        leaves.len(),
        STANDARD.encode(&root),
        head["lines"].as_str().unwrap()
    );
    let signature = unhex(head["signature"].as_str().unwrap());
    UnparsedPublicKey::new(&ED25519, unhex(&project.1)).verify(checkpoint.as_bytes(), &signature).unwrap();
}
