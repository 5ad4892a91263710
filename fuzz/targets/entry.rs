//! Entries of the log and signed statements: bytes that are read encode to the same bytes, and what is encoded is
//! read again.

#![no_main]

use std::collections::BTreeMap;

use libfuzzer_sys::fuzz_target;
use qms::domain::audit::{Entry, EntryView, Meaning, NONCE_BYTES, SealedReason, Statement};
use qms::domain::digest::{Digest, Timestamp};
use qms::domain::id::{CredentialId, UserName};
use qms::domain::offer::Offer;

fuzz_target!(|input: &[u8]| {
    let read = Entry::decode(input);
    if let Ok(entry) = &read {
        assert_eq!(entry.encode(), input);
        let view = EntryView::parse(input).expect("what is decoded is seen");
        assert_eq!(view.deltas().count(), entry.deltas.len());
        assert_eq!(view.reasons().count(), entry.reasons.len());
        assert_eq!(view.inputs().count(), entry.inputs.len());
    }
    if let Some(statement) = Statement::decode(input) {
        assert_eq!(statement.encode(), input);
    }
    let Ok(text) = std::str::from_utf8(input) else { return };
    written(text);
    signed(text);
});

fn written(text: &str) {
    let words: Vec<&str> = text.split('\n').collect();
    let word = |at: usize| words.get(at).map(|word| (*word).to_owned());
    let pair = |line: &&str| {
        let (name, value) = line.split_once('=')?;
        Some((name.to_owned(), value.to_owned()))
    };
    let reason = |line: &&str| {
        let (name, message) = line.split_once(':')?;
        let remedy = word(0).map(|action| Offer::of(&action).with(name, message).asking(message));
        Some(SealedReason { name: name.to_owned(), message: message.to_owned(), remedy })
    };
    let entry = Entry {
        index: text.len() as u64,
        claimed: word(1),
        session: word(2),
        comment: word(3),
        inputs: words.iter().filter_map(pair).collect::<BTreeMap<String, String>>(),
        reasons: words.iter().filter_map(reason).collect(),
        at: Timestamp::from_millis(-1),
        ..Entry::new(words[0], Digest::of(text.as_bytes()))
    };
    assert_eq!(Entry::decode(&entry.encode()).as_ref(), Ok(&entry));
}

fn signed(text: &str) {
    let told = text.split('\n').filter_map(|line| line.split_once('='));
    let told: BTreeMap<String, String> =
        told.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    let statement = Statement {
        project: text.to_owned(),
        user: UserName::parse("qa").expect("a name"),
        key: CredentialId::of_bytes(&[1; 8]),
        action: text.to_owned(),
        document: None,
        // A round has a name.
        round: Some(text.to_owned()).filter(|text| !text.is_empty()),
        version: None,
        content: Some(Digest::of(text.as_bytes())),
        dossier: None,
        policy: Digest::of(b""),
        inputs: Statement::digests(&told, Some(text)),
        meaning: Some(Meaning::Approved),
        signed_at: Timestamp::from_millis(-1),
        nonce: [1; NONCE_BYTES],
    };
    assert_eq!(Statement::decode(&statement.encode()).as_ref(), Some(&statement));
}
