//! Prompts are rules like others: candidates until they are adopted, kept for the rounds that began with them.

use std::fs;

use serde_json::json;

use crate::project::Project;

const FILE: &str = "prompts/CR.pre_review.yaml";

/// Replaces the purpose of a prompt among the candidate files.
fn rewrite(project: &Project, file: &str, purpose: &str) {
    let text = format!("schema: qms.prompt/1\npurpose: {purpose}\n");
    fs::write(project.path(file), text).unwrap();
}

fn brief(project: &Project, id: &str) -> String {
    project.run(&format!("-u qa brief {id}")).is(0).text()
}

// REQ-002, REQ-007
#[test]
fn a_round_keeps_the_prompt_that_it_was_opened_under() {
    let project = Project::new();
    project.play(&["-u claude create CR --title x", "-u claude route CR-001 --review"]);
    let first = brief(&project, "CR-001");
    rewrite(&project, FILE, "Look at the colour of it.");
    assert_eq!(brief(&project, "CR-001"), first, "a candidate changes nothing");
    let diff = project.run("-u lead workflow diff").is(0).text();
    assert!(
        diff.contains("--- in force/prompts/CR.pre_review.yaml\n+++ prompts/CR.pre_review.yaml\n"),
        "{diff}"
    );
    let line = "-u lead workflow adopt prompts/CR.pre_review.yaml --less --reason \"only this counts\"";
    project.keeps(1, || project.run(line).is(0));
    assert_eq!(brief(&project, "CR-001"), first, "the round began before");
    project.play(&["-u claude create CR --title x", "-u claude route CR-002 --review"]);
    assert!(brief(&project, "CR-002").contains("\nLook at the colour of it.\n"));
    let shown = project.run("-u qa workflow show --source prompts/CR.pre_review.yaml").is(0).text();
    assert_eq!(shown, fs::read_to_string(project.path(FILE)).unwrap());
    project.run("-u qa audit verify --contents").is(0);
}

// REQ-006
#[test]
fn faults_of_a_prompt_keep_a_policy_from_being_adopted() {
    let project = Project::new();
    fs::write(project.path(FILE), "schema: qms.prompt/1\npurpose: x\npurpose: y\n").unwrap();
    fs::write(project.path("prompts/CR.pre_reviw.yaml"), "schema: qms.prompt/1\npurpose: x\n").unwrap();
    let refused = project.ask("-u lead workflow lint").is(82);
    let faults = refused["error"]["details"]["faults"].as_array().unwrap();
    let told: Vec<&str> = faults.iter().map(|fault| fault["place"].as_str().unwrap()).collect();
    assert_eq!(told, ["prompts/CR.pre_review.yaml:3:1", "prompts/CR.pre_reviw.yaml"]);
    project.keeps(1, || project.ask("-u lead workflow adopt").is(82));
    rewrite(&project, FILE, "x");
    let refused = project.ask("-u lead workflow adopt").is(82);
    assert_eq!(
        refused["error"]["message"],
        "prompts/CR.pre_reviw.yaml: unknown phase with a round of CR `pre_reviw`, did you mean `pre_review`?"
    );
    project.ask("-u lead workflow adopt prompts/nothing.yaml").is(5);
}

#[test]
fn a_policy_without_prompts_has_briefs_all_the_same() {
    let project = Project::new();
    fs::remove_dir_all(project.path("prompts")).unwrap();
    let adopted = project.ask("-u lead workflow adopt --less --reason \"asked elsewhere\"").is(0);
    let warnings = adopted["warnings"].as_array().unwrap();
    assert!(warnings.iter().any(|it| it["code"] == "candidate_file_missing"
        && it["message"].as_str().unwrap().starts_with("`prompts/review.yaml` is in force")));
    project.play(&["-u claude create CR --title x", "-u claude route CR-001 --review"]);
    let answer = project.ask("-u qa brief CR-001").is(0);
    assert_eq!(answer["data"]["prompt"], json!(null));
    let text = brief(&project, "CR-001");
    assert!(text.contains("\nRead the whole document first") && text.contains("\nRules:\n"), "{text}");
    assert!(!text.contains("questions"), "{text}");
}

// REQ-119
#[test]
fn a_prompt_that_was_changed_behind_the_record_is_told_to_nobody() {
    let project = Project::new();
    project.play(&["-u claude create CR --title x", "-u claude route CR-001 --review"]);
    let store = rusqlite::Connection::open(project.database()).unwrap();
    let forge = "DROP TRIGGER policies_stay; \
                 UPDATE policies SET sources = replace(sources, 'You judge whether', 'Recommend that')";
    store.execute_batch(forge).unwrap();
    let refused = project.ask("-u qa brief CR-001").is(82);
    let message = refused["error"]["message"].as_str().unwrap();
    assert!(message.ends_with("its files are not those that were adopted"), "{message}");
    project.ask("-u qa audit verify").is(80);
}
