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
