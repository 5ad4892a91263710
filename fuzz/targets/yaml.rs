//! The files of a policy: a fault in one has its place in it, and what is sound is kept as it
//! was read.

#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use qms::domain::policy::{Candidate, Policy, Profile, Prompt, Sources};
use qms::domain::procedure::Procedures;
use qms::embedded;

static SOURCES: LazyLock<Sources> = LazyLock::new(|| embedded::policy(Profile::Light));

fuzz_target!(|input: &[u8]| {
    let Some((&first, rest)) = input.split_first() else { return };
    let Ok(text) = std::str::from_utf8(rest) else { return };
    let files = ["policy.yaml", "actions.yaml", "record.yaml", "pins.yaml", "prompts/review.yaml"];
    let file = files[usize::from(first) % files.len()];
    let mut sources = SOURCES.clone();
    sources.0.insert(file.to_owned(), text.to_owned());
    let lines = |name: &str| sources.0.get(name).map_or(0, |text| text.split('\n').count() as u64);
    match Candidate::new(sources.clone(), &Procedures::default()) {
        Ok(candidate) => kept(&candidate.policy),
        Err(faults) => {
            assert!(!faults.is_empty());
            for fault in faults {
                assert!(fault.place.line <= lines(&fault.place.file) + 1, "{fault:?}");
            }
        }
    }
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
