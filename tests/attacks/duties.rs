//! Separation of duties: whoever wrote a text does not come to judge it by a way round.

use crate::project::Project;

/// A project in which `bob` can own documents, too, and `claude` owns this one, approved once.
fn approved(line: &str, id: &str) -> Project {
    let project = Project::new();
    project.play(&[
        "-u lead user add bob --group initiator --agent",
        &format!("-u claude create {line}"),
        &format!("-u claude route {id} --review --assignees qa"),
        &format!("-u qa review {id} --recommend --comment fine"),
        &format!("-u claude route {id} --approval --assignees qa"),
        &format!("-u qa approve {id}"),
    ]);
    project
}

/// Checks that `claude`, who is of quality now, sits in no round of a document of `bob`.
fn judges_nothing(project: &Project, id: &str) {
    project.run("-u lead user move claude --group quality").is(0);
    let line = format!("-u bob route {id} --review --assignees");
    assert_eq!(project.ask(&format!("{line} qa,claude")).is(4).reasons(), ["assignee_not_eligible"]);
    project.run(&format!("{line} qa")).is(0);
    let line = format!("-u qa assign {id} --assignees claude");
    assert_eq!(project.ask(&line).is(4).reasons(), ["assignee_not_eligible"]);
    let line = format!("-u claude review {id} --recommend --comment mine");
    assert_eq!(project.ask(&line).is(7).reasons(), ["not_assigned", "is_author"]);
}

// REQ-018, REQ-044
#[test]
fn who_wrote_an_approved_plan_stays_its_author_where_another_takes_it_back() {
    let project = approved("CR --title x", "CR-001");
    project.play(&[
        "-u lead transfer CR-001 --to bob --reason leave",
        "-u bob checkout CR-001",
        "-u bob checkin CR-001",
    ]);
    judges_nothing(&project, "CR-001");
}

// REQ-018
#[test]
fn who_wrote_a_draft_that_was_discarded_stays_the_author_of_what_another_makes_of_it() {
    let project = approved("SOP --title x", "SOP-008");
    project.run("-u claude checkout SOP-008").is(0);
    let copy = std::fs::read_to_string(project.copy("claude", "SOP-008")).unwrap();
    let mine = copy.replacen("revision_summary: \"", "revision_summary: \"By claude alone: ", 1);
    assert_ne!(mine, copy);
    std::fs::write(project.copy("claude", "SOP-008"), &mine).unwrap();
    project.play(&[
        "-u claude checkin SOP-008",
        "-u claude discard SOP-008 --reason over",
        "-u bob checkout SOP-008",
    ]);
    // The very text, under another name.
    std::fs::write(project.copy("bob", "SOP-008"), &mine).unwrap();
    project.run("-u bob checkin SOP-008").is(0);
    judges_nothing(&project, "SOP-008");
}

// REQ-190
#[test]
fn who_takes_a_document_over_does_not_end_its_round() {
    let project = Project::new();
    project.play(&[
        "-u lead user add qb --group quality --agent",
        "-u claude create CR --title x",
        "-u claude route CR-001 --review --assignees qa,tu",
        "-u qa review CR-001 --recommend --comment fine",
        "-u lead transfer CR-001 --to lead --reason leave",
    ]);
    // Whoever was the owner is its author, and whoever is the owner now could judge nothing either.
    for user in ["claude", "lead"] {
        let refused = project.ask(&format!("-u {user} unassign CR-001 --assignees tu")).is(7);
        assert!(refused.reasons().contains(&"completes_round"), "{:?}", refused.reasons());
    }
    assert!(project.run("-u lead user remove tu --reason x").status != 0);
    assert!(project.run("-u lead user move tu --group initiator").status != 0);
    assert_eq!(project.state("CR-001"), "IN_PRE_REVIEW");
}
