//! What came first is told by the record, whatever the clock showed: rounds, notes and agents across a jump.

use super::clock::{HOUR, MINUTE, NOON, at, last_at, lead, path_of};
use crate::project::Project;

/// A project in which these users have tokens, and its time.
fn begun(users: &[&str]) -> (Project, i64) {
    let project = Project::new();
    project.issue(users);
    let time = last_at(&project);
    (project, time)
}

/// Ends the jump that is on record.
fn right_again(project: &Project, clock: i64) {
    assert_eq!(at(project, clock, &lead(project), "audit clock --reason battery").0, 0);
    assert!(last_at(project) < NOON);
}

// REQ-082, REQ-241
#[test]
fn a_round_that_was_opened_by_a_clock_ahead_stays_blind_when_the_clock_is_right_again() {
    let (project, time) = begun(&["claude", "qa", "tu"]);
    project.play(&["-u claude create SOP --title A"]);
    project.fill_in("SOP-008");
    project.play(&["-u claude checkin SOP-008"]);
    let claude = path_of(&project, "claude");
    assert_eq!(at(&project, NOON, &claude, "route SOP-008 --review --assignees qa,tu").0, 0);
    right_again(&project, time + MINUTE);
    let said = project.folder().join("said");
    std::fs::write(&said, "Marker of qa").unwrap();
    let line = format!("review SOP-008 --request-updates --comment-file {}", said.display());
    assert_eq!(at(&project, time + 2 * MINUTE, &path_of(&project, "qa"), &line).0, 0);
    for user in ["claude", "tu", "lead"] {
        for view in
            ["history SOP-008", "comments SOP-008", "status SOP-008", "audit export", "metrics reviews"]
        {
            let text = project.run(&format!("-u {user} {view}")).is(0).text();
            assert!(!text.contains("Marker") && !text.contains("request_updates"), "{user} {view}: {text}");
        }
    }
    assert!(project.run("-u qa audit export").is(0).text().contains("Marker"));
    project.run("-u lead audit verify").is(0);
}

// REQ-159, REQ-241
#[test]
fn a_note_that_was_written_by_a_clock_ahead_is_judged_by_what_comes_after() {
    let (project, time) = begun(&["claude", "qa", "tu"]);
    project.play(&["-u claude create CR --title A --trait needs-security-review"]);
    project.fill_in("CR-001");
    project.play(&["-u claude route CR-001 --review --assignees qa,tu"]);
    let note = project.folder().join("note");
    std::fs::write(&note, "What an attacker gains by this change, at length. ".repeat(4)).unwrap();
    let line = format!("note set CR-001 security-assessment --file {}", note.display());
    let tu = path_of(&project, "tu");
    assert_eq!(at(&project, NOON, &tu, &line).0, 0);
    right_again(&project, time + MINUTE);
    let review = "review CR-001 --recommend --comment ok";
    assert_eq!(at(&project, time + 2 * MINUTE, &path_of(&project, "qa"), review).0, 0);
    assert_eq!(at(&project, time + 3 * MINUTE, &tu, &line).1, ["note_judged"]);
}

// REQ-241
#[test]
fn the_time_of_an_entry_is_never_one_that_the_jump_before_it_had() {
    let (project, time) = begun(&["claude"]);
    let claude = path_of(&project, "claude");
    let ahead = time + 2 * 366 * 24 * HOUR;
    assert_eq!(at(&project, ahead, &claude, "create CR --title x").0, 0);
    right_again(&project, time + MINUTE);
    assert_eq!(at(&project, ahead, &claude, "create CR --title y").0, 0);
    assert_eq!(last_at(&project), ahead + 1);
    project.run("-u lead audit verify").is(0);
}
