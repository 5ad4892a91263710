//! Keys of people: no chain of steps makes one that counts, and that its person never had in hand.

use std::process::Stdio;

use crate::project::Project;
use crate::project::answer::Answer;
use crate::{acknowledge, becomes_gxp, code, enrol, newest, person, phrase};

/// Recovers a person with a new passphrase; `by` is empty for the project key alone.
fn recover(project: &Project, by: &str, user: &str) -> Answer {
    let phrase = phrase(project, user);
    project.ask(format!("{by} recover {user} --new-passphrase-file {}", phrase.display()).trim())
}

/// Lets the holder of a key put another one in its place.
fn renew(project: &Project, user: &str) {
    let phrase = phrase(project, user);
    project.run(&format!("-u {user} key create --new-passphrase-file {}", phrase.display())).is(0);
}

/// Checks that the newest key of `hana` counts for nothing, whoever of these says that it does.
fn counts_for_nothing(project: &Project, by: &[&str]) {
    for by in by {
        let refused = acknowledge(project, by, "hana").is(7);
        assert_eq!(refused.reasons(), ["not_independent"], "{by}");
    }
    let store = rusqlite::Connection::open(project.database()).unwrap();
    let sql = "SELECT grounds FROM credentials WHERE id = ?";
    let grounds: Option<String> = store.query_row(sql, [newest(project, "hana")], |row| row.get(0)).unwrap();
    assert_eq!(grounds, None);
}

/// Lets `lead` take the newest key of a person back.
fn revoke(project: &Project, user: &str) {
    project.run(&format!("-u lead key revoke {} --reason lost", newest(project, user))).is(0);
}

/// A project in which three people sign, none of them by the word of `lead` alone.
fn three() -> Project {
    let project = Project::new();
    person(&project, "ada", "administrator");
    person(&project, "hana", "quality");
    becomes_gxp(&project);
    acknowledge(&project, "lead", "ada").is(0);
    acknowledge(&project, "ada", "hana").is(0);
    project
}

// REQ-193
#[test]
fn an_administrator_alone_makes_no_key_of_another_by_a_code_and_one_key_over_it() {
    let project = three();
    revoke(&project, "hana");
    let by_lead = code(&project, "lead", "hana");
    enrol(&project, "hana", &by_lead).is(0);
    renew(&project, "hana");
    counts_for_nothing(&project, &["lead", "hana"]);
}

// REQ-234
#[test]
fn an_administrator_alone_makes_no_key_of_another_by_a_recovery_and_the_end_of_all_others() {
    let project = three();
    recover(&project, "-u lead", "hana").is(0);
    renew(&project, "hana");
    revoke(&project, "ada");
    recover(&project, "", "hana").is(2);
    counts_for_nothing(&project, &["lead"]);
}

// REQ-193
#[test]
fn an_ended_key_is_not_acknowledged_and_uses_up_nothing() {
    let project = Project::new();
    person(&project, "hana", "quality");
    becomes_gxp(&project);
    revoke(&project, "hana");
    assert_eq!(acknowledge(&project, "lead", "hana").is(4).reasons(), ["credential_ended"]);
    let again = code(&project, "lead", "hana");
    enrol(&project, "hana", &again).is(0);
    let said = acknowledge(&project, "lead", "hana").is(0);
    assert_eq!(said["data"]["credential"]["grounds"], "first_pair");
}

// REQ-192, REQ-193
#[test]
fn a_person_whom_an_agent_prepared_under_light_signs_nothing_under_gxp() {
    let project = Project::new();
    project.run("-u lead user add robot --group administrator --agent").is(0);
    project.issue(&["robot", "claude"]);
    project.run("-u robot user add hana --group quality --human").is(0);
    let prepared = code(&project, "robot", "hana");
    becomes_gxp(&project);
    enrol(&project, "hana", &prepared).is(0);
    counts_for_nothing(&project, &["hana"]);
    let refused = acknowledge(&project, "robot", "hana").is(7);
    assert_eq!(refused.reasons(), ["not_human", "not_independent"]);
    let out = project.folder().join("more").display().to_string();
    project.run(&format!("-u robot token issue lead --out {out}")).is(8);
    project.run("-u claude create SOP --title x").is(0);
    assert_eq!(project.ask("-u claude route SOP-008 --review").is(4).reasons(), ["no_eligible_quality"]);
}

// REQ-065
#[test]
fn of_two_who_use_one_code_at_once_one_makes_a_key() {
    let project = Project::new();
    project.run("-u lead user add hana --group quality --human").is(0);
    let code = code(&project, "lead", "hana").display().to_string();
    let phrase = phrase(&project, "hana").display().to_string();
    let start = |_| {
        let mut call =
            project.words(&["--token-file", code.as_str(), "--passphrase-file", phrase.as_str(), "enrol"]);
        call.command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
    };
    let racing: Vec<_> = (0..3).map(start).collect();
    let ended: Vec<_> = racing.into_iter().map(|mut one| one.wait().unwrap().code().unwrap()).collect();
    assert_eq!(ended.iter().filter(|status| **status == 0).count(), 1, "{ended:?}");
    // The key that is in its place is the one that is on record.
    project.run("-u hana whoami").is(0);
    project.run("-u lead audit verify").is(0);
}

// REQ-193
#[test]
fn a_code_of_a_person_whom_nobody_knows_makes_nobody_known() {
    let project = Project::new();
    person(&project, "ada", "administrator");
    for (by, user, group) in [("ada", "sock", "administrator"), ("sock", "hana", "quality")] {
        project.run(&format!("-u {by} user add {user} --group {group} --human")).is(0);
        let code = code(&project, by, user);
        enrol(&project, user, &code).is(0);
    }
    becomes_gxp(&project);
    acknowledge(&project, "lead", "ada").is(0);
    counts_for_nothing(&project, &["ada", "lead"]);
    assert_eq!(acknowledge(&project, "ada", "sock").is(7).reasons(), ["not_independent"]);
}

// REQ-193
#[test]
fn people_whom_a_token_let_in_are_all_known_once_its_holder_has_a_key() {
    let project = Project::new();
    person(&project, "hana", "quality");
    person(&project, "ines", "quality");
    becomes_gxp(&project);
    let pairs = [("lead", "hana"), ("hana", "lead"), ("hana", "ines"), ("ines", "lead"), ("ines", "hana")];
    for (by, user) in pairs {
        acknowledge(&project, by, user).is(0);
    }
    let listed = project.ask("-u lead key list").is(0);
    let keys = listed["data"]["credentials"].as_array().unwrap();
    assert!(keys.len() == 3 && keys.iter().all(|key| key["grounds"] == "another"), "{keys:?}");
}

// REQ-234
#[test]
fn one_person_alone_makes_no_key_that_nobody_could_compare() {
    let project = Project::new();
    becomes_gxp(&project);
    let phrase = phrase(&project, "lead").display().to_string();
    let refused = project.ask(&format!("-u lead key create --new-passphrase-file {phrase}")).is(4);
    assert_eq!(refused.reasons(), ["nobody_compares"]);
    project.run("-u lead user list").is(0);
    // With the project key alone it can be done, and the record says so.
    project.run(&format!("recover lead --alone --new-passphrase-file {phrase}")).is(0);
    project.run("-u lead user add hana --group quality --human").is(0);
    let listed = project.ask("-u lead key list").is(0);
    let keys = listed["data"]["credentials"].as_array().unwrap();
    assert!(keys.iter().any(|key| key["grounds"] == "alone"), "{keys:?}");
}
