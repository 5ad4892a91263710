//! What the program promises, and the tests that show it: no promise without a test, no test that names
//! a promise which is none.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on stops")]

#[path = "requirements/forms.rs"]
mod forms;
#[path = "requirements/page.rs"]
mod page;
mod produced;
#[path = "requirements/tags.rs"]
mod tags;

use std::fs;
use std::path::{Path, PathBuf};

use self::page::{Page, called};
use self::produced::Produced;
use self::tags::{Found, Tagged, of_rust, of_yaml};

/// The promises.
const PAGE: &str = "docs/requirements.md";

/// Which tests show them.
const TRACE: &str = "docs/trace.md";

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn page() -> Page {
    Page::parse(&fs::read_to_string(root().join(PAGE)).unwrap())
}

/// Lists files below a folder, in the order of their names.
fn files(folder: &Path) -> Vec<String> {
    let mut entries: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    let below = entries
        .into_iter()
        .flat_map(|path| if path.is_dir() { files(&path) } else { vec![path.to_str().unwrap().to_owned()] });
    below.collect()
}

/// Every tag of the repository, and what is wrong with any.
fn tagged() -> Found {
    let mut all = Found::default();
    for path in ["src", "tests"].into_iter().flat_map(|folder| files(&root().join(folder))) {
        let name = Path::new(&path).strip_prefix(root()).unwrap().to_str().unwrap().to_owned();
        let read = || fs::read_to_string(&path).unwrap();
        let found = match Path::new(&path).extension().and_then(|ending| ending.to_str()) {
            Some("rs") => of_rust(&name, &read()),
            Some("yaml") if name.starts_with("tests/scenarios/") => of_yaml(&name, &read()),
            _ => continue,
        };
        all.tagged.extend(found.tagged);
        all.faults.extend(found.faults);
    }
    all
}

/// Tells whether a file is compiled: whether the module above it, or the test beside its folder, names it.
fn is_compiled(file: &str) -> bool {
    let path = Path::new(file);
    let (Some(mut folder), Some(mut name)) = (path.parent(), path.file_stem()) else { return false };
    if name == "mod" {
        (folder, name) = (folder.parent().unwrap(), folder.file_name().unwrap());
    }
    let line = format!("mod {};", name.to_str().unwrap());
    let above = [folder.join("mod.rs"), folder.join("lib.rs"), folder.with_extension("rs")];
    let names_it =
        |path: &PathBuf| fs::read_to_string(root().join(path)).is_ok_and(|text| text.contains(&line));
    let is_played = path.extension().is_some_and(|ending| ending == "yaml");
    is_played || folder == Path::new("tests") || above.iter().any(names_it)
}

#[track_caller]
fn is_free_of(faults: &[String]) {
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn every_number_is_given_once_and_every_requirement_is_one_sentence() {
    let page = page();
    is_free_of(&page.faults);
    assert!(!page.requirements.is_empty());
}

#[test]
fn every_tag_stands_above_a_test_and_names_a_requirement() {
    let (page, found) = (page(), tagged());
    is_free_of(&found.faults);
    let mut faults = Vec::new();
    for Tagged { numbers, file, name, .. } in &found.tagged {
        if !is_compiled(file) {
            faults.push(format!("{file}: `{name}` is never run: no module names the file"));
        }
        for number in numbers {
            let said = match page.requirements.get(number) {
                None => "is no requirement",
                Some(it) if it.is_withdrawn => "is withdrawn",
                Some(_) => continue,
            };
            faults.push(format!("{file}: `{name}`: {} {said}", called(*number)));
        }
    }
    is_free_of(&faults);
}

#[test]
fn every_requirement_is_shown_by_a_test_that_is_always_run() {
    let (page, found) = (page(), tagged());
    let shown = |number: &u32| found.tagged.iter().any(|it| it.numbers.contains(number) && !it.is_on_request);
    let unshown = page.requirements.iter().filter(|(number, it)| !it.is_withdrawn && !shown(number));
    let unshown: Vec<String> =
        unshown.map(|(number, it)| format!("{}: {}", called(*number), it.sentence)).collect();
    is_free_of(&unshown);
}

/// The tests of the failures, in the order of the table.
const FAILURES: &str = "tests/field_failures.rs";

/// How many failures were investigated.
const FAILURES_COUNT: usize = 14;

#[test]
fn every_failure_of_the_field_has_its_test_and_what_stands_against_it() {
    let (page, found) = (page(), tagged());
    let tests: Vec<&Tagged> = found.tagged.iter().filter(|it| it.file == FAILURES).collect();
    assert_eq!((page.failures.len(), tests.len()), (FAILURES_COUNT, FAILURES_COUNT));
    for (number, test) in (1..).zip(tests) {
        let named = page.failures.get(&number).cloned().unwrap_or_default();
        let stands = test.numbers.iter().all(|it| named.contains(it));
        assert!(
            stands,
            "failure {number}: `{}` shows {:?}, the page names {named:?}",
            test.name, test.numbers
        );
    }
}

/// Which tests show which requirement: one table for each heading of the page.
fn trace() -> Vec<Produced> {
    let (page, found) = (page(), tagged());
    let mut text = String::new();
    for area in &page.areas {
        text += &format!("\n## {area}\n\n| requirement | shown by | in |\n|---|---|---|\n");
        let of_area = page.requirements.iter().filter(|(_, it)| it.area == *area);
        for (number, requirement) in of_area {
            if requirement.is_withdrawn {
                text += &format!("| {} | withdrawn | |\n", called(*number));
            }
            for it in found.tagged.iter().filter(|it| it.numbers.contains(number)) {
                let on_request = if it.is_on_request { " (on request)" } else { "" };
                text += &format!("| {} | {}{on_request} | `{}` |\n", called(*number), it.name, it.file);
            }
        }
    }
    vec![("trace", text + "\n")]
}

#[test]
fn the_trace_says_which_tests_show_which_requirement() {
    produced::check(&[TRACE], &trace(), "is not what the tags of the tests say");
}

#[test]
#[ignore = "writes the trace: `just readme`"]
fn write_trace() {
    produced::write(&[TRACE], &trace());
}
