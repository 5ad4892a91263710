//! Gates that ask for evidence: what they refuse, and with which words.

use serde_json::{Value, json};

use crate::declared::{Declared, RUN};

/// A matrix may not be reviewed before the tests passed for it.
const MATRIX: (&str, &str, &str) = (
    "controlled.yaml",
    "from: DRAFT, to: IN_REVIEW, by: [initiator], meaning: authored, guards: [owner,",
    "from: DRAFT, to: IN_REVIEW, by: [initiator], meaning: authored, guards: [owner, { evidence: [ci-passed] },",
);

/// A change may not be closed before it was seen in use.
const CLOSE: (&str, &str, &str) = (
    "executable.yaml",
    "to: CLOSED, by: [initiator], meaning: executed, guards: [owner,",
    "to: CLOSED, by: [initiator], meaning: executed, guards: [owner, { evidence: [ci-passed, deployed] },",
);

fn gated(script: &str, (file, from, to): (&str, &str, &str)) -> Declared {
    let declared = Declared::candidate(script, "");
    declared.append(
        "policy.yaml",
        "  deployed: { help: It is in use, command: [/bin/sh, -c, \"test -e ../deployed\"] }\n",
    );
    declared.rewrite(file, from, to);
    declared.adopt();
    declared
}

/// Makes a matrix that says what it needs to, and is not checked in yet.
fn drafted(declared: &Declared) {
    let project = &declared.project;
    project.play(&["-u claude namespace add PUMP", "-u claude create RTM --namespace PUMP --title Matrix"]);
    project.fill_in("SDLC-PUMP-RTM");
    let text = std::fs::read_to_string(project.copy("claude", "SDLC-PUMP-RTM")).unwrap();
    let summary = text.lines().find(|line| line.starts_with("revision_summary")).unwrap();
    let summed = "revision_summary: First issue, of commit 0000";
    project.edit("claude", "SDLC-PUMP-RTM", summary, summed);
}

fn reasons(answer: &Value) -> Vec<(String, String, Value)> {
    let all = answer["error"]["reasons"].as_array().unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    all.iter().map(|one| (text(&one["name"]), text(&one["message"]), one["remedy"].clone())).collect()
}

// REQ-109
#[test]
fn a_matrix_whose_ci_never_passed_is_denied() {
    let declared = gated("test -e ../fixed", MATRIX);
    let project = &declared.project;
    drafted(&declared);
    let route = "-u claude route SDLC-PUMP-RTM --review";
    let run = "qms --user claude evidence run SDLC-PUMP-RTM ci-passed";
    let denied = |remedy: &str, name: &str, message: &str| {
        let refused = project.keeps(1, || project.ask(route)).is(4);
        assert_eq!(reasons(&refused), [(name.to_owned(), message.to_owned(), json!(remedy))]);
    };
    // What was written is checked in first: nothing can be run for it before.
    denied(
        "qms --user claude checkin SDLC-PUMP-RTM",
        "evidence_missing",
        "`ci-passed` was never run for SDLC-PUMP-RTM, whose changes are not checked in",
    );
    project.play(&["-u claude checkin SDLC-PUMP-RTM"]);
    denied(run, "evidence_missing", "`ci-passed` was never run for SDLC-PUMP-RTM");
    // It stands in the menu as what is missing.
    let menu = project.ask("-u claude next SDLC-PUMP-RTM --all").is(0);
    let line = menu["data"]["next"].as_array().unwrap().iter().find(|one| one["label"] == "Route for review");
    assert_eq!(line.unwrap()["missing"][0]["remedy"], run);
    // A run that fails is evidence, too.
    project.run(run.strip_prefix("qms ").unwrap()).is(1);
    denied(run, "evidence_failed", "`ci-passed` failed with status 1 for SDLC-PUMP-RTM");
    std::fs::write(project.folder().join("fixed"), "").unwrap();
    let met = project.ask(run.strip_prefix("qms ").unwrap()).is(0);
    assert!(met["data"]["next"].as_array().unwrap().iter().any(|line| line["label"] == "Route for review"));
    // Whatever is changed after it has no evidence.
    project.play(&["-u claude checkout SDLC-PUMP-RTM"]);
    project.edit("claude", "SDLC-PUMP-RTM", "commit 0000", "commit 1f3a");
    denied(
        "qms --user claude checkin SDLC-PUMP-RTM",
        "evidence_stale",
        "`ci-passed` was run for another content of SDLC-PUMP-RTM than the present one, whose changes are not checked in",
    );
    project.play(&["-u claude checkin SDLC-PUMP-RTM"]);
    denied(
        run,
        "evidence_stale",
        "`ci-passed` was run for another content of SDLC-PUMP-RTM than the present one",
    );
    project.play(&[run.strip_prefix("qms ").unwrap(), route]);
    declared.verifies();
}

// REQ-109
#[test]
fn a_change_that_never_reached_production_is_denied() {
    let declared = gated("true", CLOSE);
    let project = &declared.project;
    project.play(&[
        "-u claude create CR --title Pump",
        "-u claude route CR-001 --review",
        "-u qa review CR-001 --recommend --comment fine",
        "-u claude route CR-001 --approval",
        "-u qa approve CR-001",
        "-u claude release CR-001",
    ]);
    project.record("claude", "CR-001", &["EI-1", "EI-2", "EI-3"]);
    project.play(&[
        RUN,
        "-u claude route CR-001 --review",
        "-u qa review CR-001 --recommend --comment fine",
        "-u claude route CR-001 --approval",
        "-u qa approve CR-001",
    ]);
    let close = "-u claude close CR-001";
    let run = "qms --user claude evidence run CR-001 deployed";
    let missing = project.keeps(1, || project.ask(close)).is(4);
    let never = ("evidence_missing".to_owned(), "`deployed` was never run for CR-001".to_owned(), json!(run));
    assert_eq!(reasons(&missing), [never]);
    project.run("-u tu why CR-001").is(0).text().find("`deployed` was never run for CR-001").unwrap();
    project.ask("-u claude evidence run CR-001 deployed").is(1);
    assert_eq!(project.ask(close).is(4).reasons(), ["evidence_failed"]);
    std::fs::write(project.folder().join("deployed"), "").unwrap();
    project.play(&["-u claude evidence run CR-001 deployed"]);
    // The newest counts: what was in use and is not any more holds the record open.
    std::fs::remove_file(project.folder().join("deployed")).unwrap();
    project.run("-u claude evidence run CR-001 deployed").is(1);
    assert_eq!(project.ask(close).is(4).reasons(), ["evidence_failed"]);
    std::fs::write(project.folder().join("deployed"), "").unwrap();
    project.play(&["-u claude evidence run CR-001 deployed", close]);
    // The output of a closed record stays, and nothing is added.
    assert_eq!(project.ask(RUN).is(4).reasons(), ["not_from_this_state"]);
    assert_eq!(declared.listed().len(), 5);
    declared.verifies();
}

#[test]
fn whoever_may_not_run_it_is_told_who_may() {
    let declared = gated("true", MATRIX);
    let project = &declared.project;
    declared.rewrite(
        "controlled.yaml",
        "to: same, by: [initiator, quality], meaning: executed, guards: [{ owner_or: [quality] }], effects: [record_run]",
        "to: same, by: [quality], meaning: executed, effects: [record_run]",
    );
    declared.adopt();
    drafted(&declared);
    project.play(&["-u claude checkin SDLC-PUMP-RTM"]);
    let refused = project.ask("-u claude route SDLC-PUMP-RTM --review").is(4);
    let message =
        "`ci-passed` was never run for SDLC-PUMP-RTM; `evidence run` (name: ci-passed) is for quality"
            .to_owned();
    assert_eq!(reasons(&refused), [("evidence_missing".to_owned(), message, Value::Null)]);
}

#[test]
fn a_team_plays_its_gates_in_scenarios() {
    let declared = gated("true", MATRIX);
    let folder = declared.project.path("workflows/scenarios");
    std::fs::create_dir_all(&folder).unwrap();
    let story = "schema: qms.scenarios/1
workflow: controlled
scenarios:
  - name: nothing is reviewed before the tests passed for it
    type: SOP
    steps:
      - { claude: create, title: Cleaning }
      - { claude: checkin, content: changed }
      - { claude: route, target: review, denied: evidence_missing }
      - { claude: evidence_record, name: ci-passed, status: \"1\" }
      - { claude: route, target: review, denied: evidence_failed }
      - { claude: evidence_record, name: ci-passed }
      - { claude: checkout }
      - { claude: route, target: review, content: changed, denied: evidence_stale }
      - { claude: checkin, content: changed }
      - { claude: route, target: review, denied: evidence_stale }
      - { claude: evidence_record, name: ci-passed, state: DRAFT }
      - { claude: route, target: review, state: IN_REVIEW }
";
    let path = folder.join("controlled.yaml");
    std::fs::write(&path, story).unwrap();
    declared.project.run("-u tu workflow test").is(0);
    std::fs::write(&path, story.replace("\"1\"", "one")).unwrap();
    let wrong = declared.project.ask("-u tu workflow test").is(82);
    assert_eq!(
        wrong["error"]["message"],
        "controlled.yaml:10:61: `status` takes a number in quotes, as a program ends with"
    );
    std::fs::write(
        &path,
        story.replace("[ci-passed]", "[]").replace("ci-passed, status", "ci-pased, status"),
    )
    .unwrap();
    let failed = declared.project.ask("-u tu workflow test").is(82);
    assert!(failed["error"]["details"]["failures"][0].as_str().unwrap().contains("evidence_unknown"));
}
