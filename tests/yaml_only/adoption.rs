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
fn a_state_to_which_an_open_round_leads_cannot_disappear_nor_can_one_get_a_round() {
    let project = Project::new();
    project.run("-u claude create SOP --title x").is(0);
    project.fill_in("SOP-008");
    project.run("-u claude route SOP-008 --review").is(0);
    let path = project.path("workflows/controlled.yaml");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replace("REVIEWED", "CHECKED")).unwrap();
    let refused = project.ask("-u lead workflow adopt --less --reason renamed").is(4);
    assert_eq!(refused.reasons(), ["policy_strands_documents"]);
    assert_eq!(
        refused["error"]["message"],
        "the open round of SOP-008 leads to REVIEWED, which the candidate does not know"
    );
    // A document that rests where people are to be asked has nobody who was.
    project.run("-u qa review SOP-008 --recommend --comment fine").is(0);
    let asked = "REVIEWED:      { phase: review, round: review, slot: quality }";
    let found = text.lines().find(|line| line.trim_start().starts_with("REVIEWED:")).unwrap();
    let answered = "transitions:\n  - { action: review, from: REVIEWED, to: DRAFT, by: [quality], meaning: reviewed, \
                    verdict: review, quorum: all }\n";
    let candidate = text.replace(found.trim(), asked).replace("transitions:\n", answered);
    fs::write(&path, candidate).unwrap();
    let refused = project.ask("-u lead workflow adopt --less --reason again");
    assert!(refused["error"]["message"].as_str().unwrap().contains("nobody was asked"), "{refused:?}");
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

    // What has ended stays known as ended.
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
    assert_eq!(project.ask("-u lead workflow adopt").is(4).reasons(), ["policy_strands_documents"]);
    for line in
        ["status CAL-0001", "read CAL-0001", "history CAL-0001", "list --type CAL", "next CAL-0001 --all"]
    {
        project.ask(&format!("-u qa {line}")).is(0);
    }
    project.run("-u qa audit verify --contents").is(0);
}

/// Replaces a text in a file of the candidate policy.
fn candidate(project: &Project, file: &str, from: &str, to: &str) {
    let path = project.path(file);
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.contains(from), "{file} has no {from:?}");
    fs::write(path, text.replace(from, to)).unwrap();
}

// REQ-194, REQ-198
#[test]
fn what_a_policy_demands_less_of_is_listed_and_adopted_only_with_a_reason() {
    let project = Project::new();
    project.run("-u claude create CR --title x").is(0);
    candidate(&project, "workflows/policy.yaml", "initiator:\n", "initiator:\n    includes: [reviewer]\n");
    let diff = project.run("-u lead workflow diff").is(0).text();
    assert!(diff.starts_with("  less: initiator acts as reviewer, too\n"), "{diff}");
    let refused = project.keeps(1, || project.ask("-u lead workflow adopt")).is(4);
    assert_eq!(refused.reasons(), ["policy_demands_less"]);
    assert_eq!(refused["error"]["message"], "initiator acts as reviewer, too");
    let remedy = refused["error"]["reasons"][0]["remedy"].as_str().unwrap();
    assert_eq!(remedy, "qms --user lead workflow adopt --less --reason <text>");
    // What is adopted can be bound to what was looked at.
    let seen = project.ask("-u lead workflow diff").is(0)["data"]["digest"].as_str().unwrap().to_owned();
    candidate(&project, "workflows/policy.yaml", "schema:", "# changed meanwhile\nschema:");
    let line = format!("-u lead workflow adopt --less --reason \"one team\" --expect {seen}");
    assert_eq!(project.ask(&line).is(4).reasons(), ["candidate_differs"]);
    candidate(&project, "workflows/policy.yaml", "# changed meanwhile\nschema:", "schema:");
    let before = project.ask("-u lead workflow diff").is(0);
    assert_eq!(before["data"]["digest"], seen.as_str());
    project.run(&line).is(0);

    // The entry says which policy took the place of which, why, in which lines, and what is less.
    let text = project.run("-u lead audit export").is(0).text();
    let entry: serde_json::Value = serde_json::from_str(text.lines().last().unwrap()).unwrap();
    assert_eq!([&entry["action"], &entry["comment"]], ["policy_adopt", "one team"]);
    assert_eq!(
        [&entry["inputs"]["candidate"], &entry["observed"]["less"]],
        [seen.as_str(), "initiator acts as reviewer, too"]
    );
    assert_eq!(entry["observed"]["replaces"], entry["policy_digest"]);
    assert!(
        entry["observed"]["lines"].as_str().unwrap().contains("\n+    includes: [reviewer]\n"),
        "{entry}"
    );
    // Every policy that was ever adopted can be read.
    let old = entry["policy_digest"].as_str().unwrap();
    let file = |digest: &str| {
        project.run(&format!("-u lead workflow show --source policy.yaml --digest {digest}")).is(0).text()
    };
    assert!(!file(old).contains("includes: [reviewer]") && file(&seen).contains("includes: [reviewer]"));
    let whole = project.run(&format!("-u lead workflow show --digest {old}")).is(0).text();
    assert!(
        whole.contains("# ---- workflows/controlled.yaml\n")
            && whole.contains("# ---- workflows/policy.yaml\n")
    );
    project.run(&format!("-u lead workflow show --digest {}", "0".repeat(64))).is(5);
    project.run("-u lead audit verify").is(0);
}

/// The lines of `workflow diff` that say what is less.
fn less(project: &Project, what: &str) -> Vec<String> {
    let diff = project.run("-u lead workflow diff").is(0).text();
    diff.lines().filter_map(|line| Some(line.strip_prefix(what)?.to_owned())).collect()
}

// REQ-239
#[test]
fn what_is_in_force_can_be_revised_and_is_under_way() {
    let project = Project::new();
    // Every SOP is EFFECTIVE, and there is no change record.
    let before = less(&project, "  less: ");
    assert_eq!(before, [""; 0]);
    candidate(&project, "workflows/controlled.yaml", "front_matter_complete, ", "");
    let found = less(&project, "  less: ");
    assert!(
        found.iter().any(|line| line.ends_with("no longer waits for `front_matter_complete`")),
        "{found:?}"
    );
    assert_eq!(project.ask("-u lead workflow adopt").is(4).reasons()[0], "policy_demands_less");
}

// REQ-238
#[test]
fn what_no_document_has_is_told_and_adopted_without_a_reason() {
    let project = Project::new();
    candidate(&project, "workflows/executable.yaml", "items_planned, notes_present", "notes_present");
    assert_eq!(less(&project, "  less: "), [""; 0]);
    let found = less(&project, "  less, of nothing under way: ");
    assert!(found.iter().all(|line| line.ends_with("no longer waits for `items_planned`")), "{found:?}");
    assert!(!found.is_empty());
    project.run("-u lead workflow adopt").is(0);
}

// REQ-239
#[test]
fn what_has_ended_counts_once_it_would_go_on() {
    let project = Project::new();
    project.play(&[
        "-u claude create CR --title x",
        "-u claude checkin CR-001",
        "-u claude cancel CR-001 --reason superfluous",
    ]);
    candidate(&project, "workflows/executable.yaml", "items_planned, notes_present", "notes_present");
    assert_eq!(less(&project, "  less: "), [""; 0]);
    candidate(
        &project,
        "workflows/executable.yaml",
        "CANCELLED:        { phase: ended, final: true }",
        "CANCELLED:        { phase: ended }",
    );
    candidate(
        &project,
        "workflows/executable.yaml",
        "transitions:\n",
        "transitions:\n  - { action: checkout, from: CANCELLED, to: DRAFT, by: [initiator], meaning: authored }\n",
    );
    let found = less(&project, "  less: ");
    assert!(found.contains(&"executable: CANCELLED is no end any more".to_owned()), "{found:?}");
    assert!(found.iter().any(|line| line.ends_with("no longer waits for `items_planned`")), "{found:?}");
}

// REQ-237
#[test]
fn a_prompt_that_is_gone_is_told_and_adopted_only_with_a_reason() {
    let project = Project::new();
    project.run("-u claude create CR --title x").is(0);
    fs::remove_file(project.path("prompts/CR.pre_review.yaml")).unwrap();
    let found = less(&project, "  less: `prompts/CR.pre_review.yaml` is not asked any more: ");
    assert!(found.len() > 3, "{found:?}");
    assert_eq!(project.ask("-u lead workflow adopt").is(4).reasons()[0], "policy_demands_less");
    project.run("-u lead workflow adopt --less --reason \"asked elsewhere\"").is(0);
    let entry = project.run("-u lead audit export").is(0).text();
    let entry: serde_json::Value = serde_json::from_str(entry.lines().last().unwrap()).unwrap();
    let sealed: Vec<&str> = entry["observed"]["less"].as_str().unwrap().lines().collect();
    assert_eq!(sealed.len(), found.len());
    project.run("-u lead audit verify").is(0);
}

// REQ-196
#[test]
fn a_document_keeps_the_traits_that_it_once_had_by_its_type() {
    let project = Project::new();
    project.run("-u claude create CR --title x").is(0);
    let path = project.path("workflows/executable.yaml");
    let text = fs::read_to_string(&path).unwrap();
    let (from, to) =
        ("CR:  { title: Change record,", "CR:  { default_traits: [needs-notice], title: Change record,");
    assert!(text.contains(from), "{text}");
    // A type gains a trait, and loses it again.
    fs::write(&path, text.replace(from, to)).unwrap();
    project.run("-u lead workflow adopt").is(0);
    let traits = |id: &str| project.ask(&format!("-u lead trait list {id}")).is(0)["data"].to_string();
    assert!(traits("CR-001").contains("needs-notice"), "{}", traits("CR-001"));
    fs::write(&path, &text).unwrap();
    let refused = project.ask("-u lead workflow adopt").is(4);
    assert_eq!(refused.reasons(), ["policy_demands_less"]);
    project.run("-u lead workflow adopt --less --reason \"no longer for all\"").is(0);
    project.run("-u claude create CR --title y").is(0);
    assert!(traits("CR-001").contains("needs-notice"));
    assert!(!traits("CR-002").contains("needs-notice"));
    project.run("-u lead audit verify").is(0);
    project.run("-u lead doctor").is(0);
}
