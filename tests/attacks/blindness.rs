//! Open rounds: what is tried beside the document that is judged tells nothing of the answers either.

use crate::project::Project;

/// A change in review, which another one waits for. `tu` answered it so, and tried to answer elsewhere.
fn waited_for(outcome: &str) -> Project {
    let project = Project::new();
    project.run("-u lead user add qb --group quality --agent").is(0);
    project.play(&[
        "-u claude create CR --title \"What comes first\"",
        "-u claude create CR --title \"What waits for it\"",
    ]);
    project.edit("claude", "CR-002", "\n---\n", "\nrequires: CR-001 is PRE_APPROVED\n---\n");
    project.play(&[
        "-u claude route CR-001 --review --assignees qa,tu",
        "-u claude route CR-002 --review --assignees qa",
        "-u qa review CR-002 --recommend --comment fine",
        &format!("-u tu review CR-001 --{outcome} --comment \"Marker of tu\""),
    ]);
    project.run(&format!("-u tu review CR-001 --{outcome} --comment \"Marker again\"")).is(4);
    project.run(&format!("-u tu review CR-002 --{outcome} --comment \"Marker elsewhere\"")).is(4);
    project.run(&format!("-u tu review CR-009 --{outcome} --comment \"Marker nowhere\"")).is(5);
    project
}

// REQ-082
#[test]
fn who_waits_for_a_document_learns_nothing_of_what_is_answered_about_it() {
    let (one, other) = (waited_for("recommend"), waited_for("request-updates"));
    for user in ["claude", "qa", "qb", "lead"] {
        for line in [
            "why CR-001",
            "why CR-002",
            "blocked",
            "next CR-001 --all",
            "next CR-002 --all",
            "route CR-001 --approval --dry-run",
            "route CR-002 --approval --dry-run",
            "checkout CR-001 --dry-run",
            "comments CR-001",
            "list --state IN_PRE_REVIEW",
        ] {
            let said = |project: &Project| {
                let ran = project.run(&format!("-u {user} {line}"));
                let text = format!("{}\n{}{}", ran.status, ran.text(), ran.stderr);
                text.replace(&project.folder().display().to_string(), "FOLDER").replace(&project.id(), "ID")
            };
            let (seen, elsewhere) = (said(&one), said(&other));
            assert_eq!(seen, elsewhere, "{user}: {line}");
            assert!(!seen.contains("Marker"), "{user}: {line}\n{seen}");
        }
    }
}

// REQ-248
#[test]
fn who_takes_a_seat_away_and_gives_it_back_sees_nothing_of_what_was_tried_from_it() {
    let project = Project::new();
    project.issue(&["tu"]);
    project
        .play(&["-u claude create CR --title x", "-u claude route CR-001 --review --assignees qa,lead,tu"]);
    // The verb is for other groups, and not for this state.
    project.run("-u lead reject CR-001 --comment \"Marker of lead\"").is(7);
    let whoami = project.ask("-u tu whoami").is(0);
    let credential = whoami["data"]["credential"]["id"].as_str().unwrap();
    project.run(&format!("-u lead token revoke {credential}")).is(0);
    project.run("-u tu reject CR-001 --comment \"Marker of tu\"").is(8);
    project.run("-u newcomer reject CR-001 --comment no").is(8);
    for step in [
        "-u qa list",
        "-u qa unassign CR-001 --assignees lead",
        "-u qa unassign CR-001 --assignees tu",
        "-u lead user move tu --group initiator",
        "-u lead user remove tu",
        "-u qa assign CR-001 --assignees lead",
        "-u lead user add newcomer --group quality --agent",
    ] {
        project.run(step).is(0);
        for line in [
            "-u qa history CR-001 -o wide",
            "-u claude history CR-001 -o json",
            "-u claude audit export",
            "-u qa audit export --format csv",
            "-u qa audit export --format md",
        ] {
            // The policy, which an export shows with the first entry, has the verb.
            let said = project.run(line).is(0).text().replace('\\', "");
            let is_about = |text: &&str| line.contains("history") || text.contains("CR-001");
            let shown: String = said.lines().filter(is_about).collect();
            assert!(!shown.contains("reject") && !shown.contains("not_from_this_state"), "{step}\n{shown}");
            assert!(shown.contains("credential_revoked"), "{step}\n{shown}");
        }
    }
    // Nor who has the name by now that was tried.
    let shown = project.run("-u newcomer history CR-001").is(0).text();
    assert!(!shown.contains("reject") && shown.contains("unknown_user"), "{shown}");
    project.run("-u claude withdraw CR-001").is(0);
    let shown = project.run("-u qa history CR-001").is(0).text();
    assert_eq!(shown.matches("reject ").count(), 3, "{shown}");
}
