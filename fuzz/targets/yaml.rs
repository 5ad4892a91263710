//! The files of a policy: a fault in one has its place in it, and what can be read is kept as it was read.

#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use qms::domain::encoding::plain;
use qms::domain::policy::{Candidate, Policy, Profile, Prompt, Sources};
use qms::domain::procedure::Procedures;
use qms::embedded;

/// The policy that comes with the program, which takes long to read.
static WHOLE: LazyLock<Sources> = LazyLock::new(|| embedded::policy(Profile::Light));

/// A small one.
static SMALL: LazyLock<Sources> = LazyLock::new(|| {
    let policy = "schema: qms.policy/1\ngroups: { a: { help: b, may_own: true } }\nproject: []\nusers: {}\n";
    let actions = "schema: qms.actions/1\nactions: { create: { label: a, help: b, sop: \"SOP-001#1\" } }\n";
    let files = [("policy.yaml", policy), ("actions.yaml", actions)];
    Sources(files.map(|(name, text)| (name.to_owned(), text.to_owned())).into())
});

fuzz_target!(|input: &[u8]| {
    let Some((&first, rest)) = input.split_first() else { return };
    let Ok(text) = std::str::from_utf8(rest) else { return };
    let files = ["policy.yaml", "actions.yaml", "record.yaml", "pins.yaml", "prompts/review.yaml"];
    let file = files[usize::from(first) % files.len()];
    let mut sources = if first < 250 { SMALL.clone() } else { WHOLE.clone() };
    sources.0.insert(file.to_owned(), text.to_owned());
    let lines = |name: &str| sources.0.get(name).map_or(0, |text| plain(text).split('\n').count() as u64);
    if let Err(faults) = Candidate::new(sources.clone(), &Procedures::default()) {
        assert!(!faults.is_empty());
        for fault in faults {
            assert!(fault.place.line <= lines(&fault.place.file) + 1, "{fault:?}");
        }
    }
    // What can be read is kept, sound or not: a policy in force is not checked again.
    if let Ok(policy) = qms::domain::policy::compile(&sources) {
        kept(&policy);
    }
    let _read = Prompt::parse("prompts/x.yaml", text);
});

/// A policy is kept as JSON, and comes back as it was.
fn kept(policy: &Policy) {
    let written = serde_json::to_string(policy).expect("a policy can be written");
    let read: Policy = serde_json::from_str(&written).expect("what is kept is read");
    assert_eq!(serde_json::to_string(&read).expect("a policy can be written"), written);
}
