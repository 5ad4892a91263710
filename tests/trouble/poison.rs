//! Contents that are hard or impossible to read: none of them ends a command, disturbs another document, or keeps
//! its own from being taken back.

#[path = "../../benches/commands/generator.rs"]
mod generator;

use std::fs;

use self::generator::{BODY, WAITING, generate};
use super::project::{Project, Ran};

/// Contents of which little or nothing can be read, the first of them a healthy one.
fn poisons() -> Vec<Vec<u8>> {
    let head = "---\nid: CR-001\ntype: CR\ntitle: \"Change\"\n---\n\n# Change\n\n";
    let fields = |text: &str| format!("---\nid: CR-001\ntype: CR\n{text}\n---\n");
    let texts = [
        String::new(),
        "# Change\n".to_owned(),
        "---\nid: CR-001\ntype: CR\n".to_owned(),
        "---\nid: SOP-001\ntype: SOP\nversion: \"9.9\"\n---\n".to_owned(),
        fields(&format!("title: {}", "[".repeat(40_000))),
        fields(&"- ".repeat(20_000)),
        fields(&(0..9_000).map(|n| format!("k{n}: v")).collect::<Vec<_>>().join("\n")),
        fields(&format!("title: \"{}\"", "a".repeat(300_000))),
        format!("{head}{}a\n", "- ".repeat(20_000)),
        format!("{head}{}\n", "[".repeat(40_000)),
        format!("{head}{}{}\n", "[".repeat(20_000), "](a)".repeat(20_000)),
        format!("{head}{}\n", "<!-- ```\n".repeat(4_000)),
        format!("{head}{}\n", "| a |\n|---|\n".repeat(3_000)),
        format!("{head}\0\u{202e}\u{1b}]0;\x07\r{}", "{{".repeat(20_000)),
    ];
    let bytes = [BODY.to_vec(), vec![0xff, 0xfe, 0, 0xd8], b"---\nid: CR-001\n\xff---\n".to_vec()];
    bytes.into_iter().chain(texts.map(String::into_bytes)).collect()
}

/// A project whose documents have these contents in turns: half of them wait for a review, half for an approval.
fn poisoned(poisons: &[Vec<u8>]) -> (Project, usize) {
    let project = Project::empty();
    let documents = WAITING * 2;
    generate(project.folder(), documents, poisons).unwrap();
    (project, documents)
}

/// Checks that a command came to an end of its own.
fn ended(ran: Ran) -> Ran {
    assert!((0..=20).contains(&ran.status), "qms {}: {}\n{}", ran.line, ran.status, ran.stderr);
    ran
}

// REQ-229
#[test]
fn a_content_of_which_nothing_can_be_read_disturbs_no_other_document_and_can_be_taken_back() {
    let poisons = poisons();
    let (project, documents) = poisoned(&poisons);
    // The last ones wait for an approval, those before for a review.
    let of = |poison: usize, last: usize| {
        let number = (1..=last).rev().find(|number| number % poisons.len() == poison).unwrap();
        format!("CR-{number:03}")
    };
    for poison in 0..poisons.len() {
        let reviewed = of(poison, documents - WAITING / 2);
        let approved = of(poison, documents);
        for line in ["status", "next", "why", "history", "comments", "diff", "brief"] {
            ended(project.run(&format!("-u qa {line} {reviewed}")));
        }
        project.play(&[
            &format!("-u lead transfer {approved} --to lead --reason holiday"),
            &format!("-u lead withdraw {approved}"),
            &format!("-u lead cancel {approved} --reason away"),
            &format!("-u claude withdraw {reviewed}"),
            &format!("-u claude cancel {reviewed} --reason away"),
        ]);
    }
    // The other documents still wait for their reviewers, and every other command works.
    let healthy = of(0, documents - poisons.len());
    for line in ["list", "inbox", "blocked", "audit verify", "whoami"] {
        ended(project.run(&format!("-u qa {line}"))).is(0);
    }
    ended(project.run("-u lead doctor"));
    project.run(&format!("-u qa status {healthy}")).is(0);
    project.run("-u claude create CR --title Healthy").is(0);
}

// REQ-229
#[test]
fn a_draft_is_discarded_whatever_its_working_copy_says() {
    let project = Project::new();
    for poison in poisons() {
        project.run("-u claude checkout SOP-001").is(0);
        fs::write(project.copy("claude", "SOP-001"), poison).unwrap();
        ended(project.run("-u claude status SOP-001"));
        ended(project.run("-u claude checkin SOP-001"));
        project.run("-u claude discard SOP-001 --reason again").is(0);
        assert_eq!(project.state("SOP-001"), "EFFECTIVE");
    }
    project.run("-u lead audit verify").is(0);
}
