//! A project that becomes stricter: what was begun before gives nobody more than what is in force.

use crate::project::Project;
use crate::{adopt, becomes_gxp};

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
