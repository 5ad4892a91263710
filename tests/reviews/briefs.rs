//! The brief of a task: who gets one, what is in it, and what never is.

use std::fs;

use qms::domain::digest::Digest;
use serde_json::{Value, json};

use crate::project::Project;
use crate::stand_in::{RUN, Started};

// REQ-084
#[test]
fn whoever_has_a_task_is_told_what_to_judge_and_what_the_policy_asks_to_look_at() {
    let project = Project::new();
    project.play(&["-u claude create CR --title \"Five \\working days\"", "-u claude route CR-001 --review"]);
    let brief = project.keeps(0, || project.run("-u qa brief CR-001")).is(0).text();
    for words in [
        "You are the user `qa` (Quality assurance) of this project.",
        "Document: CR-001 (type CR)\nTitle:    \"Five \\\\working days\"\nVersion:  0.2, in state IN_PRE_REVIEW\n",
        "\n  qms --user qa read CR-001 --draft\n  qms --user qa sop show SOP-001#7\n",
        "\n  qms --user qa next CR-001\n",
        "\nImpact:\n- ",
        "\n  → Which ",
        "\nRemember:\n- Nothing is carried out before release.",
        "\n- Act as `qa` and as nobody else.",
    ] {
        assert!(brief.contains(words), "{words:?} in {brief}");
    }
    let answer = project.ask("-u qa brief CR-001").is(0);
    let data = &answer["data"];
    assert_eq!([&data["text"], &data["digest"]], [&json!(brief), &json!(Digest::of(brief.as_bytes()))]);
    assert_eq!(data["prompt"]["file"], "prompts/CR.pre_review.yaml");
    assert_eq!([&data["task"], &data["document"]["phase"]], ["review", "pre_review"]);
    assert_eq!(data["sop"], "SOP-001#7");
    project.run("-u qa brief CR-001 -o yaml").is(0);
    for command in data["reading"].as_array().unwrap() {
        project.run(command.as_str().unwrap().strip_prefix("qms ").unwrap()).is(0);
    }
}

// REQ-085
#[test]
fn whoever_has_no_open_task_is_told_so() {
    let project = Project::new();
    project.play(&["-u claude create CR --title x", "-u claude route CR-001 --review --assignees tu"]);
    for user in ["claude", "lead"] {
        let refused = project.keeps(0, || project.ask(&format!("-u {user} brief CR-001"))).is(5);
        assert_eq!(refused["error"]["message"], format!("`{user}` has no open task on CR-001"));
        assert_eq!(refused["error"]["hints"], json!([format!("qms --user {user} inbox")]));
    }
    project.run("-u tu review CR-001 --recommend --comment fine").is(0);
    project.ask("-u tu brief CR-001").is(5);
    project.ask("-u qa brief CR-001").is(0);
    project.ask("-u qa brief SOP-001").is(5);
    project.ask("-u qa brief CR-999").is(5);
    project.ask("-u nobody brief CR-001").is(8);
}

// REQ-072, REQ-085
#[test]
fn an_agent_is_started_with_the_brief_that_its_user_is_shown() {
    let started = Started::new("printf %s \"$2\" > ../told");
    let project = &started.project;
    let shown = project.run("-u qa brief CR-001").is(0).stdout;
    // It answers nothing, which its start says.
    project.run(RUN).is(1);
    assert!(!shown.is_empty());
    assert_eq!(fs::read(project.folder().join("told")).unwrap(), shown);
    let begun = &started.entries("agent_started")[0];
    assert_eq!(begun["inputs"]["brief"], json!(Digest::of(&shown)));
    let sessions = project.ask("-u claude agent list --all").is(0);
    assert_eq!(sessions["data"]["sessions"][0]["brief_digest"], begun["inputs"]["brief"]);
}

// REQ-084
#[test]
fn a_brief_says_nothing_that_anybody_said() {
    let project = Project::new();
    project.play(&["-u claude create CR --title x", "-u claude route CR-001 --review --assignees tu,lead"]);
    let first = project.run("-u qa brief CR-001").is(0).text();
    project.run("-u tu review CR-001 --request-updates --comment \"Marker of tu\"").is(0);
    project.run("-u lead review CR-001 --recommend --comment \"Marker of lead\"").is(0);
    assert_eq!(project.run("-u qa brief CR-001").is(0).text(), first);
    // Nor does the brief of a later round on the same content: a verdict is given afresh.
    project.run("-u qa review CR-001 --recommend --comment \"Marker of qa\"").is(0);
    project.run("-u qa assign CR-001 --assignees tu").is(0);
    let again = project.run("-u tu brief CR-001").is(0).text();
    let of_tu = first.replace("`qa` (Quality assurance)", "`tu` (Technical reviewer)");
    assert_eq!(again, of_tu.replace("--user qa", "--user tu").replace("as `qa`", "as `tu`"));
}

/// The prompt that a user is told for a document; null where there is none.
fn prompt(project: &Project, user: &str, id: &str) -> Value {
    project.ask(&format!("-u {user} brief {id}")).is(0)["data"]["prompt"]["file"].clone()
}

// REQ-084
#[test]
fn the_type_the_phase_and_the_task_decide_in_this_order_what_is_asked() {
    let project = Project::new();
    project.play(&[
        "-u claude create CR --title x",
        "-u claude route CR-001 --review",
        "-u claude create INV --title x",
        "-u claude route INV-001 --review",
        "-u claude create TP --parent CR-001 --title x",
        "-u claude route CR-001-TP-001 --review",
        "-u claude namespace add X",
        "-u claude create RTM --namespace X --title x",
        "-u claude checkout TEMPLATE-CR",
        "-u claude checkout SOP-001",
    ]);
    assert_eq!(prompt(&project, "qa", "CR-001"), "prompts/CR.pre_review.yaml");
    assert_eq!(prompt(&project, "qa", "INV-001"), "prompts/INV.pre_review.yaml");
    assert_eq!(prompt(&project, "qa", "CR-001-TP-001"), "prompts/pre_review.yaml");
    project.edit("claude", "SDLC-X-RTM", "{{revision_summary}}", "First issue");
    project.edit("claude", "TEMPLATE-CR", "revision_summary: Initial issue", "revision_summary: Shorter");
    project.play(&["-u claude route SDLC-X-RTM --review", "-u claude route TEMPLATE-CR --review"]);
    assert_eq!(prompt(&project, "qa", "SDLC-X-RTM"), "prompts/RTM.review.yaml");
    assert_eq!(prompt(&project, "qa", "TEMPLATE-CR"), "prompts/TEMPLATE.review.yaml");
    project.edit("claude", "SOP-001", "revision_summary: Initial issue", "revision_summary: Shorter");
    project.run("-u claude route SOP-001 --review").is(0);
    assert_eq!(prompt(&project, "qa", "SOP-001"), "prompts/SOP.review.yaml");
    project.play(&[
        "-u qa review CR-001 --recommend --comment x",
        "-u claude route CR-001 --approval",
        "-u lead route TEMPLATE-VR --retirement",
    ]);
    assert_eq!(prompt(&project, "qa", "CR-001"), "prompts/approval.yaml");
    assert_eq!(prompt(&project, "qa", "TEMPLATE-VR"), "prompts/retirement.yaml");
}
