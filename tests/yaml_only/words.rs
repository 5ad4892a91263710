//! A verb that got another name while a round was open: which policy reads a line is not said by the order of its words.

use std::fs;

use crate::project::Project;

/// A project in which CR-001 is in a round that calls it `review`, and CR-002 in one that calls it `examine`.
fn renamed() -> Project {
    let project = Project::new();
    project.play(&[
        "-u claude create CR --title first",
        "-u claude create CR --title second",
        "-u claude route CR-001 --review",
    ]);
    for name in ["actions", "controlled", "executable", "record"] {
        let path = project.path(&format!("workflows/{name}.yaml"));
        let text = fs::read_to_string(&path).unwrap();
        fs::write(
            &path,
            text.replace("\n  review:\n", "\n  examine:\n").replace("action: review,", "action: examine,"),
        )
        .unwrap();
    }
    project.run("-u lead workflow adopt").is(0);
    project.run("-u claude route CR-002 --review").is(0);
    project
}

/// Lists every order of the parts of a line.
fn orders(parts: &[&str]) -> Vec<String> {
    if parts.is_empty() {
        return vec![String::new()];
    }
    let each = (0..parts.len()).flat_map(|first| {
        let rest: Vec<&str> = [&parts[..first], &parts[first + 1..]].concat();
        orders(&rest).into_iter().map(move |rest| format!("{} {rest}", parts[first]))
    });
    each.collect()
}

// REQ-278
#[test]
fn the_same_words_mean_the_same_in_every_order() {
    let project = renamed();
    for (verb, document, other, status) in [
        ("review", "CR-001", "CR-002", 0),
        ("examine", "CR-002", "CR-001", 0),
        ("examine", "CR-001", "CR-002", 2),
        ("review", "CR-002", "CR-001", 2),
    ] {
        let comment = format!("--comment {other}");
        let mut said = Vec::new();
        for order in orders(&[document, "--recommend", &comment, "--dry-run", "--user qa"]) {
            let ran = project.run(&format!("{verb} {order}"));
            assert_eq!(ran.status, status, "{verb} {order}: {}", ran.stderr);
            said.push((ran.stdout.clone(), ran.stderr.clone()));
        }
        said.dedup();
        assert_eq!(said.len(), 1, "{said:?}");
    }
}

// REQ-278
#[test]
fn help_with_a_document_is_that_of_its_policy_and_the_first_page_says_whose_it_is() {
    let project = renamed();
    for (line, verb) in [
        ("review CR-001 --help", "qms review"),
        ("review --help CR-001", "qms review"),
        ("examine CR-002 --help", "qms examine"),
        ("examine --help", "qms examine"),
    ] {
        let help = project.run(line).is(0).text();
        assert!(help.contains(&format!("Usage: {verb}")), "{line}: {help}");
    }
    project.run("review --help").is(2);
    let page = project.run("--help").is(0).text();
    assert!(page.contains("  examine") && !page.contains("  review"), "{page}");
    assert!(page.contains("while a round of a document is open"), "{page}");
    let offered = project.run("-u qa next CR-001").is(0).text();
    assert!(offered.contains("qms --user qa review CR-001"), "{offered}");
}
