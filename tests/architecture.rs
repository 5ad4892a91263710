//! The walls of the house: which module may use which, and what none may do.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops")]

use std::fs;
use std::path::{Path, PathBuf};

/// Each layer, and the layers of ours that it may use.
const LAYERS: &[(&str, &[&str])] = &[
    ("domain", &[]),
    ("picture", &["domain"]),
    ("embedded", &["domain"]),
    ("store", &["domain"]),
    ("disk", &["domain"]),
    ("session", &["domain", "store"]),
    ("scenario", &["domain", "store", "session"]),
    ("commands", &["domain", "store", "session", "scenario", "disk", "embedded", "picture"]),
    ("cli", &["domain", "store", "session", "disk", "embedded", "commands"]),
];

/// Words that a layer may not contain, and why.
const FORBIDDEN: &[(&str, &[&str], &str)] = &[
    (
        "domain",
        &[
            "std::fs",
            "std::env",
            "std::io",
            "std::net",
            "std::process",
            "std::thread",
            "SystemTime",
            "Instant",
            "ring::rand",
            "rusqlite",
            "clap",
            "println!",
            "eprintln!",
        ],
        "the domain is pure",
    ),
    ("store", &["std::env", "println!", "clap", "policy::Policy"], "a store keeps, and knows no rules"),
    (
        "session",
        &["std::fs", "std::env", "println!", "clap", "Sqlite", "Memory", "rusqlite"],
        "a session names no backend",
    ),
    (
        "scenario",
        &[
            "std::fs",
            "std::env",
            "println!",
            "clap",
            "Sqlite",
            "rusqlite",
            "SystemTime",
            "Instant",
            "ring::rand",
        ],
        "a story is played in memory, and the same each time",
    ),
    (
        "commands",
        &["println!", "eprintln!", "std::env", "dialoguer", "io::stdin", "io::stdout"],
        "a command neither prints nor asks",
    ),
    ("cli", &["rusqlite", ".commit("], "a face holds no rule and touches a store only to open one"),
];

/// Files longer than this are hard to keep in one's head.
const LINES_MAX: usize = 420;

/// Names that say nothing about what is inside.
const NO_NAMES: &[&str] = &["util", "utils", "helper", "helpers", "common", "manager", "misc"];

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|it| it == "rs") {
            found.push(path);
        }
    }
}

fn all_sources() -> Vec<(PathBuf, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = Vec::new();
    sources(&root.join("src"), &mut found);
    found.sort();
    found
        .into_iter()
        .map(|path| (path.strip_prefix(root).unwrap().to_owned(), fs::read_to_string(&path).unwrap()))
        .collect()
}

fn layer(path: &Path) -> Option<String> {
    let first = path.strip_prefix("src").ok()?.components().next()?;
    Some(first.as_os_str().to_string_lossy().trim_end_matches(".rs").to_owned())
}

/// Tells whether a file holds tests alone.
fn is_test(path: &Path) -> bool {
    path.iter().any(|part| part == "tests" || part == "tests.rs")
}

/// The part of a file before its tests: walls are for what is shipped. A line that only names a module of tests, or
/// something that tests use, ends nothing.
fn shipped(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let lines: Vec<&str> = text.lines().collect();
    let is_of_tests = |at: usize| lines.get(at).is_some_and(|line| line.starts_with("#[cfg(test)]"));
    let names = |at: usize| lines.get(at + 1).is_some_and(|line| line.ends_with(';'));
    let end = (0..lines.len()).find(|at| is_of_tests(*at) && !names(*at)).unwrap_or(lines.len());
    let is_shipped = |at: &usize| !(is_of_tests(*at) || *at > 0 && is_of_tests(at - 1));
    let kept: Vec<(usize, &str)> = (0..end)
        .filter(is_shipped)
        .filter_map(|at| Some((at + 1, *lines.get(at)?)))
        .filter(|(_, line)| !line.trim_start().starts_with("//"))
        .collect();
    kept.into_iter()
}

#[test]
fn arrows_run_one_way() {
    let mut faults = Vec::new();
    for (path, text) in all_sources().into_iter().filter(|(path, _)| !is_test(path)) {
        let Some(name) = layer(&path).filter(|name| name != "main" && name != "lib") else { continue };
        let Some((_, allowed)) = LAYERS.iter().find(|(layer, _)| *layer == name) else {
            faults.push(format!("{}: `{name}` is no layer of the table", path.display()));
            continue;
        };
        for (number, line) in shipped(&text) {
            for (other, _) in LAYERS {
                if *other != name && line.contains(&format!("crate::{other}::")) && !allowed.contains(other) {
                    faults.push(format!("{}:{number}: `{name}` uses `{other}`", path.display()));
                }
                if *other != name
                    && line.contains(&format!("use crate::{other};"))
                    && !allowed.contains(other)
                {
                    faults.push(format!("{}:{number}: `{name}` uses `{other}`", path.display()));
                }
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn no_layer_does_what_another_is_for() {
    let mut faults = Vec::new();
    for (path, text) in all_sources() {
        let name = layer(&path).unwrap_or_default();
        for (_, words, why) in FORBIDDEN.iter().filter(|(layer, _, _)| *layer == name) {
            for (number, line) in shipped(&text) {
                for word in words.iter().filter(|word| line.contains(**word)) {
                    faults.push(format!("{}:{number}: `{word}`: {why}", path.display()));
                }
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// What opens a file, and the places that may: `open.rs` for all, and two that open no file of a project's. One looks
/// at processes below `/proc`, the other waits until the names in a folder are on the disk.
// REQ-259
#[test]
fn files_are_opened_in_one_place() {
    let homes = ["src/disk/open.rs", "src/disk/descent.rs", "src/store/sqlite/open.rs"];
    let words = ["File::open", "File::create", "File::options", "OpenOptions", "openat", "fs::open("];
    let at_once = ["fs::read(", "fs::read_to_string(", "fs::write(", "fs::copy("];
    for (path, text) in all_sources().into_iter().filter(|(path, _)| !is_test(path)) {
        if homes.iter().any(|home| path.ends_with(home)) {
            continue;
        }
        for (number, line) in shipped(&text) {
            let opens = words.iter().chain(&at_once).find(|word| line.contains(**word));
            assert_eq!(opens, None, "{}:{number}: files are opened by `disk/open`", path.display());
        }
    }
}

// REQ-139
#[test]
fn only_main_opens_the_streams_that_are_written_to() {
    for (path, text) in all_sources().into_iter().filter(|(path, _)| !path.ends_with("src/main.rs")) {
        for (number, line) in shipped(&text) {
            let opens = ["io::stdout()", "io::stderr()", "Term::stdout()", "/dev/stdout", "/dev/tty"];
            let opens = opens.iter().find(|word| line.contains(**word));
            assert_eq!(opens, None, "{}:{number}: what is written goes through an outlet", path.display());
        }
    }
}

#[test]
fn only_verification_makes_actors_and_only_decisions_make_permits() {
    for (path, text) in all_sources() {
        let path = path.display().to_string();
        for (number, line) in shipped(&text) {
            let makes = |name: &str, home: &str| {
                line.contains(&format!("{name} {{"))
                    && !line.contains("struct")
                    && !line.contains("impl")
                    && !line.contains("->")
                    && !path.ends_with(home)
            };
            assert!(!makes("Actor", "domain/identity/registry.rs"), "{path}:{number}");
            assert!(!makes("Permit", "domain/decide/mod.rs"), "{path}:{number}");
        }
    }
}

/// Nothing is decided without facts, and commands and stories get theirs from one place.
// REQ-174
#[test]
fn only_the_session_gathers_facts_and_only_it_and_the_decision_know_what_they_are() {
    let homes = ["src/domain/facts.rs", "src/domain/decide/", "src/session/"];
    let mut built = Vec::new();
    for (path, text) in all_sources().into_iter().filter(|(path, _)| !is_test(path)) {
        let path = path.display().to_string();
        for (number, line) in shipped(&text) {
            let mut words = line.split(|c: char| !c.is_alphanumeric() && c != '_');
            if !words.any(|word| word == "Facts") {
                continue;
            }
            assert!(
                homes.iter().any(|home| path.starts_with(home)),
                "{path}:{number}: `Facts` is for the session and the decision"
            );
            let is_told = ["struct Facts", "impl Facts", "-> Facts"].iter().any(|told| line.contains(told));
            if line.contains("Facts {") && !is_told {
                built.push(path.clone());
            }
        }
    }
    assert_eq!(built, ["src/session/gather.rs"], "facts are gathered in one place");
}

/// What is kept is looked through for secrets by whoever keeps it.
// REQ-254
#[test]
fn one_place_commits_and_looks_for_secrets_before() {
    let mut found = Vec::new();
    for (path, text) in all_sources().into_iter().filter(|(path, _)| !is_test(path)) {
        let path = path.display().to_string();
        if path.starts_with("src/store/") {
            continue;
        }
        let commits = |line: &str| line.contains("store.commit(") || line.contains("Store::commit");
        found.extend(shipped(&text).filter(|(_, line)| commits(line)).map(|_| path.clone()));
    }
    assert_eq!(found, ["src/session/secrets.rs"], "`Session::keep` is the way to commit");
}

/// What is written by hand carries nothing on that its caller named.
// REQ-263
#[test]
fn commands_of_a_user_are_spelled_in_one_place() {
    let mut found = Vec::new();
    for (path, text) in all_sources().into_iter().filter(|(path, _)| !is_test(path)) {
        if !["commands", "cli"].contains(&layer(&path).unwrap_or_default().as_str()) {
            continue;
        }
        found.extend(shipped(&text).filter(|(_, line)| line.contains("qms --user {")).map(|_| path.clone()));
    }
    assert_eq!(
        found,
        [Path::new("src/commands/spell.rs")],
        "`spell::line` and `Context::offered` are the way"
    );
}

#[test]
fn files_are_short_and_named_after_what_is_in_them() {
    for (path, text) in all_sources() {
        let lines = text.lines().count();
        assert!(lines <= LINES_MAX, "{}: {lines} lines", path.display());
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        assert!(!NO_NAMES.contains(&name.as_str()), "{}", path.display());
    }
}

#[test]
fn suppressed_lints_carry_a_reason() {
    for (path, text) in all_sources() {
        for (number, line) in shipped(&text) {
            let suppresses =
                line.contains("#[allow(") || line.contains("#![allow(") || line.contains("#[expect(");
            assert!(!suppresses || line.contains("reason"), "{}:{number}", path.display());
        }
    }
}
