//! The policy in `workflows/` has no faults, and every fault that a policy can have is found: one
//! small change of the files for each, with the place and the words that a person is told.

#![cfg_attr(test, allow(clippy::panic, reason = "a test that cannot go on says why and stops"))]

#[path = "policy_lint/agents.rs"]
mod agents;
#[path = "policy_lint/children.rs"]
mod children;
#[path = "policy_lint/cited.rs"]
mod cited;
#[path = "policy_lint/evidence.rs"]
mod evidence;
#[path = "policy_lint/items.rs"]
mod items;
#[path = "policy_lint/meaning.rs"]
mod meaning;
#[path = "policy_lint/names.rs"]
mod names;
#[path = "policy_lint/open_words.rs"]
mod open_words;
#[path = "policy_lint/places.rs"]
mod places;
#[path = "policy_lint/prompts.rs"]
mod prompts;
#[path = "policy_lint/readings.rs"]
mod readings;
#[path = "policy_lint/traits.rs"]
mod traits;
#[path = "policy_lint/unreadable.rs"]
mod unreadable;
#[path = "policy_lint/verdicts.rs"]
mod verdicts;
#[path = "policy_lint/words.rs"]
mod words;

use std::collections::BTreeSet;
use std::path::Path;

use qms::domain::policy::{Candidate, Effect, Fault, Sources, Transition, compile};
use qms::embedded::procedures;

/// A change of one file: the text that is there (the first of it), and what is put in its place. No
/// text at all makes a file that is not there.
type Edit = (&'static str, &'static str, &'static str);

/// A fault: its name, the changes that bring it about, the text before which it is found (in the
/// file of the first change, after the changes; nothing means the file as a whole), and its words.
struct Case(&'static str, &'static [Edit], &'static str, &'static str);

fn sources() -> Sources {
    let files = |folder: &str, prefix: &'static str| {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
        let entries = std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{error}"));
        entries.filter_map(Result::ok).map(move |entry| {
            let text = std::fs::read_to_string(entry.path()).unwrap_or_else(|error| panic!("{error}"));
            (prefix.to_owned() + &entry.file_name().to_string_lossy(), text)
        })
    };
    Sources(files("workflows", "").chain(files("prompts", Sources::PROMPTS)).collect())
}

fn changed(edits: &[Edit]) -> Sources {
    let mut sources = sources();
    for (file, from, to) in edits {
        if from.is_empty() {
            sources.0.entry((*file).to_owned()).or_default();
        }
        let text = sources.0.get_mut(*file).unwrap_or_else(|| panic!("{file} is missing"));
        assert!(text.contains(from), "{file} has no `{from}` any more");
        *text = text.replacen(from, to, 1);
    }
    sources
}

fn faults(sources: Sources) -> Vec<Fault> {
    Candidate::new(sources, &procedures()).err().unwrap_or_default()
}

/// Line and column of the first `text` in a file, counted from 1.
fn place_of(whole: &str, text: &str) -> (u64, u64) {
    let at = whole.find(text).unwrap_or_else(|| panic!("`{text}` is not there"));
    let before = whole.get(..at).unwrap_or_default();
    let line = before.rsplit('\n').next().unwrap_or_default();
    (before.matches('\n').count() as u64 + 1, line.chars().count() as u64 + 1)
}

fn cases() -> impl Iterator<Item = &'static Case> {
    names::CASES
        .iter()
        .chain(meaning::CASES)
        .chain(unreadable::CASES)
        .chain(agents::CASES)
        .chain(traits::CASES)
        .chain(cited::CASES)
        .chain(prompts::CASES)
        .chain(items::CASES)
        .chain(children::CASES)
        .chain(evidence::CASES)
        .chain(readings::CASES)
        .chain(places::CASES)
        .chain(verdicts::CASES)
        .chain(open_words::CASES)
}

#[test]
fn the_policy_of_the_program_has_no_faults() {
    assert_eq!(faults(sources()), []);
}

// REQ-245
#[test]
fn where_a_trait_can_be_added_its_notes_can_be_written() {
    let policy = compile(&sources()).unwrap();
    let mut tried = 0;
    for life in policy.workflows.values() {
        let with = |effect: Effect| life.transitions.iter().filter(move |way| way.effects.contains(&effect));
        for way in with(Effect::AddTraits) {
            for state in &way.from {
                // What a note waits for was there when the trait was added.
                let is_open = |note: &&Transition| {
                    let mut asked = note.guards.iter().filter(|guard| guard.name() != "note_is_due");
                    note.from.contains(state) && asked.all(|guard| way.guards.contains(guard))
                };
                assert!(with(Effect::RecordNote).any(|note| is_open(&note)), "{}: {state}", life.name);
                tried += 1;
            }
        }
    }
    assert!(tried > 5, "{tried}");
}

// REQ-004, REQ-005, REQ-089, REQ-095, REQ-171
#[test]
fn every_fault_is_found_alone_where_it_stands_and_told_with_what_was_meant() {
    let mut wrong = Vec::new();
    for Case(name, edits, before, message) in cases() {
        let sources = changed(edits);
        let Some((file, _, _)) = edits.first() else { panic!("{name}: nothing is changed") };
        let text = sources.0.get(*file).cloned().unwrap_or_default();
        let found = faults(sources);
        let told: Vec<String> =
            found.iter().map(|fault| format!("{}: {}: {}", fault.place, fault.name, fault.message)).collect();
        let place = match *before {
            "" => (*file).to_owned(),
            before => {
                let (line, column) = place_of(&text, before);
                format!("{file}:{line}:{column}")
            }
        };
        let expected = format!("{place}: {name}: {message}");
        if told != [expected.clone()] {
            wrong.push(format!("expected {expected}\n    came {}", told.join("\n         ")));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_file_that_is_missing_is_named() {
    for name in ["policy.yaml", "actions.yaml"] {
        let mut sources = sources();
        sources.0.remove(name);
        let told: Vec<String> =
            faults(sources).iter().map(|it| format!("{}: {}: {}", it.place, it.name, it.message)).collect();
        assert_eq!(told, [format!("{name}: missing_file: the policy needs a file `{name}`")]);
    }
}

/// Collects the names that stand in calls of `fault` and `add`.
fn names_in(source: &str) -> BTreeSet<String> {
    let calls = ["fault(", ".add("].into_iter().flat_map(|call| source.split(call).skip(1));
    let names = calls.filter_map(|after| {
        let call = after.split([';', '{']).next()?;
        let name = call.split('"').nth(1)?;
        name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_').then(|| name.to_owned())
    });
    names.collect()
}

#[test]
fn no_kind_of_fault_is_without_a_case() {
    let mut known = names_in(include_str!("../src/domain/policy/compile.rs"));
    known.extend(names_in(include_str!("../src/domain/policy/compile/transition.rs")));
    known.extend(names_in(include_str!("../src/domain/policy/candidate.rs")));
    known.extend(names_in(include_str!("../src/domain/policy/verbs.rs")));
    known.extend(names_in(include_str!("../src/domain/policy/lint.rs")));
    known.extend(names_in(include_str!("../src/domain/policy/lint/children.rs")));
    known.extend(names_in(include_str!("../src/domain/policy/lint/items.rs")));
    known.extend(names_in(include_str!("../src/domain/policy/lint/meaning.rs")));
    known.extend(names_in(include_str!("../src/domain/policy/lint/places.rs")));
    known.extend(names_in(include_str!("../src/domain/policy/lint/project.rs")));
    known.extend(names_in(include_str!("../src/domain/policy/lint/verdicts.rs")));
    known.extend(names_in(include_str!("../src/domain/policy/launch.rs")));
    known.extend(names_in(include_str!("../src/domain/policy/traits.rs")));
    known.extend(names_in(include_str!("../src/domain/policy/cited.rs")));
    known.extend(names_in(include_str!("../src/domain/policy/remind.rs")));
    known.extend(names_in(include_str!("../src/domain/policy/open_words.rs")));
    known.extend(names_in(include_str!("../src/domain/policy/prompt.rs")));
    known.extend(names_in(include_str!("../src/domain/policy/evidence.rs")));
    known.extend(names_in(include_str!("../src/domain/policy/readings.rs")));
    assert!(known.len() > 25, "{known:?}");
    let shown: BTreeSet<String> = cases().map(|case| case.0.to_owned()).collect();
    // These are about files as a whole, and have tests of their own.
    for name in ["missing_file", "policy_too_large"] {
        assert!(known.remove(name));
    }
    assert_eq!(known, shown);
}
