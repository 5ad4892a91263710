//! Shows the pictures of the life cycles in `workflows/` to the tools that they are written for.

#![cfg_attr(test, allow(clippy::panic, reason = "a test that cannot go on says why and stops"))]

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use qms::domain::policy::{Candidate, Sources};
use qms::embedded::procedures;
use qms::picture::dot;

fn embedded() -> Candidate {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("workflows");
    let entries = std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{error}"));
    let read = |entry: std::fs::DirEntry| {
        let text = std::fs::read_to_string(entry.path()).unwrap_or_else(|error| panic!("{error}"));
        (entry.file_name().to_string_lossy().into_owned(), text)
    };
    let sources = Sources(entries.filter_map(Result::ok).map(read).collect());
    Candidate::new(sources, &procedures()).unwrap_or_else(|faults| panic!("{faults:#?}"))
}

/// Lets Graphviz draw a text; `None` where there is no Graphviz.
fn drawn_by_graphviz(text: &str) -> Option<(bool, String)> {
    let mut dot = Command::new("dot")
        .arg("-Tsvg")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .ok()?;
    let mut input = dot.stdin.take()?;
    input.write_all(text.as_bytes()).unwrap_or_else(|error| panic!("{error}"));
    drop(input);
    let output = dot.wait_with_output().unwrap_or_else(|error| panic!("{error}"));
    let said = [output.stdout, output.stderr].concat();
    Some((output.status.success(), String::from_utf8_lossy(&said).into_owned()))
}

#[test]
fn graphviz_draws_every_life_cycle_where_it_is_installed() {
    for life in embedded().policy.workflows.values() {
        let Some((is_drawn, said)) = drawn_by_graphviz(&dot(life)) else { return };
        assert!(is_drawn && !said.contains("Error"), "{}: {said}", life.name);
        for state in &life.states {
            assert!(said.contains(state.name.as_str()), "{} is not drawn", state.name);
        }
    }
}
