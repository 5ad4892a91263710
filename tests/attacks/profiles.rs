//! A project that becomes stricter: what was begun before gives nobody more than what is in force.

use crate::project::Project;
use crate::{acknowledge, adopt, becomes_gxp, code, enrol, phrase};

/// A light project with a finished review by `qa`, who proved nothing.
fn reviewed() -> Project {
    let project = Project::new();
    project.issue(&["claude"]);
    project.play(&[
        "-u lead user add qb --group quality --agent",
        "-u claude create SOP --title x",
        "-u claude route SOP-008 --review --assignees qa",
        "-u qa review SOP-008 --recommend --comment fine",
    ]);
    project
}

/// Checks that nobody opens the review again who only says a name.
fn stays_closed(project: &Project) {
    for line in ["-u qb assign SOP-008 --assignees qb", "-u qa assign SOP-008 --assignees qb"] {
        let refused = project.ask(line).is(8);
        assert!(refused.reasons().contains(&"assurance_too_low"), "{:?}", refused.reasons());
    }
    project.run("-u qa status SOP-008").is(8);
    assert!(project.run("-u claude status SOP-008").is(0).text().contains("REVIEWED"));
}

// REQ-053
#[test]
fn a_review_from_before_is_not_opened_again_by_a_bare_name() {
    let project = reviewed();
    adopt(&project, "profile: light", "profile: team");
    stays_closed(&project);
}

// REQ-053, REQ-054
#[test]
fn a_review_from_before_leads_to_no_approval_that_nobody_could_sign() {
    let project = reviewed();
    becomes_gxp(&project);
    stays_closed(&project);
    assert_eq!(project.ask("-u claude route SOP-008 --approval").is(4).reasons(), ["no_eligible_quality"]);
}

/// A light project with an approval that waits for `hana` alone, a person who was never given anything.
fn awaiting_hana() -> Project {
    let project = Project::new();
    project.issue(&["claude"]);
    project.play(&[
        "-u lead user add hana --group quality --human",
        "-u claude create SOP --title x",
        "-u claude route SOP-008 --review --assignees hana",
        "-u hana review SOP-008 --recommend --comment fine",
        "-u claude route SOP-008 --approval --assignees hana",
    ]);
    project
}

/// What `doctor` says of rounds in which somebody could not answer.
fn stalled(project: &Project) -> Vec<String> {
    let found = project.run("-u lead doctor");
    let said = format!("{}{}", found.text(), found.stderr);
    let lines = said.lines().filter_map(|line| line.find("SOP-008 waits for").and_then(|at| line.get(at..)));
    lines.map(str::to_owned).collect()
}

/// Checks that a round of a light project gives nothing any more to somebody who only says a name.
fn is_closed_to_names(project: &Project) {
    for line in [
        "-u hana approve SOP-008",
        "-u hana reject SOP-008 --comment no",
        "-u qa assign SOP-008 --assignees qa",
        "-u qa unassign SOP-008 --assignees hana",
    ] {
        let refused = project.ask(line).is(8);
        assert!(refused.reasons().contains(&"assurance_too_low"), "{line}: {:?}", refused.reasons());
    }
    for line in ["-u hana status SOP-008", "-u hana brief SOP-008", "-u hana read SOP-008 --draft"] {
        project.run(line).is(8);
    }
    assert_eq!(project.state("SOP-008"), "IN_APPROVAL");
}

// REQ-053
#[test]
fn a_round_from_before_takes_no_approval_by_a_bare_name_in_team() {
    let project = awaiting_hana();
    let told = adopt(&project, "profile: light", "profile: team");
    assert!(told.stderr.contains("SOP-008 waits for hana, who could not answer"), "{}", told.stderr);
    is_closed_to_names(&project);
    assert_eq!(
        stalled(&project),
        ["SOP-008 waits for hana, who could not answer: that needs at least a token"]
    );
    // Who opened it ends it.
    project.run("-u claude withdraw SOP-008").is(0);
    assert_eq!(project.state("SOP-008"), "REVIEWED");
}

// REQ-053, REQ-054, REQ-193
#[test]
fn a_round_from_before_takes_no_approval_in_gxp_but_by_a_key_that_was_compared() {
    let project = awaiting_hana();
    becomes_gxp(&project);
    is_closed_to_names(&project);
    let refused = project.ask("-u hana approve SOP-008").is(8);
    let message = refused["error"]["message"].as_str().unwrap();
    assert!(
        message.contains("nobody who is asked about SOP-008 could answer now; `withdraw` is for"),
        "{message}"
    );
    let code = code(&project, "lead", "hana");
    enrol(&project, "hana", &code).is(0);
    // A key that nobody has compared is not enough.
    assert_eq!(
        stalled(&project),
        ["SOP-008 waits for hana, who could not answer: that needs at least a signature"]
    );
    let words = format!("-u hana --passphrase-file {} approve SOP-008", phrase(&project, "hana").display());
    assert_eq!(project.ask(&words).is(8).reasons(), ["assurance_too_low"]);
    acknowledge(&project, "lead", "hana").is(0);
    assert!(stalled(&project).is_empty());
    project.run(&words).is(0);
    assert_eq!(project.state("SOP-008"), "EFFECTIVE");
}
