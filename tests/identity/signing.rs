//! Signing at a terminal: what is shown before, what happens meanwhile, and what a signature means.

use std::thread;

use serde_json::json;

use super::terminal::{Shell, in_review};
use super::{PASSPHRASE, bare, enrolled, log};
use crate::project::Project;

/// How many others write while somebody thinks before signing.
const WRITERS: usize = 32;

// REQ-170
#[test]
fn what_is_signed_is_shown_before_the_passphrase_is_asked_for() {
    let project = in_review();
    let digest = project.ask("-u lead status CR-001").is(0)["data"]["document"]["content_digest"].clone();
    let mut shell = Shell::open(&project);
    shell.begin("-u hana review CR-001 --recommend --comment \"fine, as planned\"");
    let shown = shell.until("Passphrase of hana: ");
    for line in [
        "You are about to sign:",
        "  action     review",
        "  meaning    reviewed",
        "  document   CR-001 x",
        "  version    0.2",
        &format!("  digest     {}", &digest.as_str().unwrap()[..16]),
        "  outcome    recommend",
        "  comment    fine, as planned",
    ] {
        assert!(shown.lines().any(|shown| shown.trim_end() == line), "{line:?} in\n{shown}");
    }
    shell.unseen(PASSPHRASE);
    assert_eq!(shell.ends().0, "0");
    shell.leave();
}

// REQ-170
#[test]
fn others_who_write_meanwhile_make_nobody_sign_twice() {
    let project = in_review();
    let mut shell = Shell::open(&project);
    shell.begin("-u hana review CR-001 --recommend --comment fine");
    shell.until("Passphrase of hana: ");
    let write = |number: usize| project.run(&format!("-u claude create CR --title x{number}")).is(0);
    thread::scope(|scope| (0..WRITERS).for_each(|number| drop(scope.spawn(move || drop(write(number))))));
    shell.unseen(PASSPHRASE);
    let (status, said) = shell.ends();
    assert!(status == "0" && !said.contains("Passphrase"), "{said}");
    shell.leave();
    project.run("-u lead audit verify").is(0);
}

// REQ-170
#[test]
fn what_changed_since_it_was_shown_is_not_signed() {
    let project = in_review();
    let mut shell = Shell::open(&project);
    shell.begin("-u hana review CR-001 --recommend --comment fine");
    shell.until("Passphrase of hana: ");
    // The same document, the same content, another round.
    project.play(&["-u claude withdraw CR-001", "-u claude route CR-001 --review"]);
    shell.unseen(PASSPHRASE);
    let (status, said) = shell.ends();
    assert!(status == "6" && said.contains("CR-001 changed since it was shown"), "{said}");
    shell.leave();
    assert!(log(&project).iter().all(|entry| entry["verdict"].is_null()));
}

// REQ-171
#[test]
fn a_signature_means_what_the_transition_says() {
    let project = Project::new();
    let hana = enrolled(&project, "hana", "quality").display().to_string();
    let ines = enrolled(&project, "ines", "initiator").display().to_string();
    let signed = |user: &str, phrase: &str, line: &str| {
        bare(&project, &format!("-u {user} --passphrase-file {phrase} {line}")).run().is(0);
        let entry = log(&project).pop().unwrap();
        entry["signature"]["meaning"].clone()
    };
    let mut meanings = vec![
        signed("ines", &ines, "create CR --title x"),
        signed("ines", &ines, "route CR-001 --review --assignees hana"),
        signed("hana", &hana, "review CR-001 --recommend --comment fine"),
        signed("hana", &hana, "route CR-001 --approval"),
        signed("hana", &hana, "reject CR-001 --comment \"not yet\""),
        signed("hana", &hana, "assign CR-001 --assignees tu"),
    ];
    // Who manages the project carries nothing out.
    let ada = enrolled(&project, "ada", "administrator").display().to_string();
    meanings.push(signed("ada", &ada, "transfer CR-001 --to claude --reason \"ines is away\""));
    meanings.push(signed("ada", &ada, "user add ann --agent --group reviewer"));
    let expected =
        ["authored", "authored", "reviewed", "administered", "rejected", "administered", "administered"];
    let expected = expected.into_iter().chain(["administered"]).map(|word| json!(word));
    assert_eq!(meanings, expected.collect::<Vec<_>>());
    project.run("-u lead audit verify").is(0);
}
