//! What a candidate must leave standing to be adopted.

use std::fs;

use super::{VERBS, adopted, document};
use crate::project::Project;

// REQ-006
#[test]
fn a_policy_under_which_nobody_could_adopt_the_next_one_is_refused() {
    let project = Project::new();
    let path = project.path("workflows/policy.yaml");
    let text = fs::read_to_string(&path).unwrap();
    let to_a_new_group = text
        .replace("groups:\n", "groups:\n  keeper:\n    help: Adopts\n")
        .replace("policy_adopt,  by: [administrator]", "policy_adopt,  by: [keeper]");
    assert_ne!(to_a_new_group, text);
    fs::write(&path, &to_a_new_group).unwrap();
    project.run("-u lead workflow lint").is(0);
    let refused = project.keeps(1, || project.ask("-u lead workflow adopt")).is(4);
    assert_eq!(refused.reasons(), ["last_administrator"]);
    // Nor is anybody left without a group that the policy knows.
    let path = project.path("workflows");
    for file in fs::read_dir(path).unwrap().map(|file| file.unwrap().path()) {
        let text = fs::read_to_string(&file).unwrap();
        fs::write(
            &file,
            text.replace("policy_adopt,  by: [keeper]", "policy_adopt,  by: [administrator]")
                .replace("reviewer", "critic"),
        )
        .unwrap();
    }
    let refused = project.ask("-u lead workflow adopt").is(4);
    assert_eq!(refused.reasons(), ["policy_strands_users"]);
    assert_eq!(refused["error"]["message"], "`tu` is of group reviewer, which the candidate does not know");
}

// REQ-006
#[test]
fn a_state_or_type_in_which_a_document_lives_cannot_disappear() {
    let project = adopted();
    project.play(&[
        "-u claude create CAL --title x",
        "-u claude checkin CAL-0001",
        "-u tu calibrate CAL-0001 --within-limits --finding fine",
    ]);
    let files = project.files();
    // MEASURED becomes GAUGED.
    let text = fs::read_to_string(project.path("workflows/calibration.yaml")).unwrap();
    fs::write(project.path("workflows/calibration.yaml"), text.replace("MEASURED", "GAUGED")).unwrap();
    project.ask("-u lead workflow lint").is(0);
    let refused = project.keeps(1, || project.ask("-u lead workflow adopt")).is(4);
    assert_eq!(refused.reasons(), ["policy_strands_documents"]);
    assert_eq!(
        refused["error"]["message"],
        "CAL-0001 is a CAL in MEASURED, which the candidate does not know"
    );
    // The whole type goes.
    fs::remove_file(project.path("workflows/calibration.yaml")).unwrap();
    let actions = fs::read_to_string(project.path("workflows/actions.yaml")).unwrap();
    fs::write(project.path("workflows/actions.yaml"), actions.replace(VERBS, "")).unwrap();
    assert_eq!(project.ask("-u lead workflow adopt").is(4).reasons(), ["policy_strands_documents"]);
    assert_eq!(document(&project)["state"], "MEASURED");
    project.run("-u claude checkout CAL-0001").is(0);
    project.edit("claude", "CAL-0001", "{{instrument}}", "caliper 7");

    // What has ended holds nothing back, and can still be read.
    for (path, bytes) in &files {
        fs::write(path, bytes).unwrap();
    }
    project.run("-u claude checkin CAL-0001").is(0);
    project.play(&[
        "-u claude route CAL-0001 --review --assignees tu",
        "-u qa review CAL-0001 --recommend --comment fine",
        "-u tu review CAL-0001 --recommend --comment fine",
    ]);
    project.run("-u qa issue CAL-0001").is(0);
    fs::remove_file(project.path("workflows/calibration.yaml")).unwrap();
    fs::write(project.path("workflows/actions.yaml"), actions.replace(VERBS, "")).unwrap();
    project.run("-u lead workflow adopt").is(0);
    project.run("calibrate --help").is(2);
    project.ask("-u claude create CAL --title x").is(5);
    for line in
        ["status CAL-0001", "read CAL-0001", "history CAL-0001", "list --type CAL", "next CAL-0001 --all"]
    {
        project.ask(&format!("-u qa {line}")).is(0);
    }
    project.run("-u qa audit verify --contents").is(0);
}
