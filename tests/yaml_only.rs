//! What a team can change by its own files alone: a life cycle of its own invention, adopted and lived through.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on stops")]

#[path = "yaml_only/adoption.rs"]
mod adoption;
#[path = "yaml_only/pins.rs"]
mod pins;
mod project;
#[path = "yaml_only/scenarios.rs"]
mod scenarios;
#[path = "yaml_only/words.rs"]
mod words;

use std::fs;

use serde_json::{Value, json};

use self::project::Project;

/// A life cycle that the program has never heard of.
const CALIBRATION: &str = r#"# Certificates of measuring instruments.
schema: qms.workflow/1
workflow: calibration
sop: SOP-002
document_types:
  CAL: { title: Calibration certificate, id: "CAL-{n:4}", required: [title, instrument] }
states:
  RECEIVED: { phase: intake, initial: true }
  MEASURED: { phase: measurement }
  IN_CHECK: { phase: checking, round: review, slot: quality }
  CHECKED:  { phase: checking }
  ISSUED:   { phase: ended, final: true }
  SCRAPPED: { phase: ended, final: true }
transitions:
  - { action: create, to: RECEIVED, by: [initiator], meaning: authored, effects: [check_out] }
  - { action: checkout, from: [RECEIVED, MEASURED], to: same, by: [initiator], meaning: authored, guards: [owner, not_checked_out_by_another], effects: [check_out] }
  - { action: checkin, from: [RECEIVED, MEASURED], to: same, by: [initiator], meaning: authored, guards: [owner, checked_out, copy_is_sound], effects: [check_in] }
  - { action: calibrate, when: { result: within_limits }, from: RECEIVED, to: MEASURED, by: [reviewer], meaning: executed, guards: [not_checked_out] }
  - { action: calibrate, when: { result: out_of_limits }, from: RECEIVED, to: SCRAPPED, by: [reviewer], meaning: executed, guards: [not_checked_out], effects: [clear_owner] }
  - { action: route, when: { target: review }, from: MEASURED, to: IN_CHECK, by: [initiator], meaning: authored, guards: [owner, copy_is_sound, front_matter_complete, assignees_eligible], effects: [check_in] }
  - { action: review, from: IN_CHECK, to: CHECKED, by: [quality, reviewer], meaning: reviewed, verdict: review, quorum: all }
  - { action: withdraw, from: IN_CHECK, to: origin, by: [initiator], meaning: authored, guards: [owner] }
  - { action: re_measure, from: CHECKED, to: RECEIVED, by: [quality], meaning: executed }
  - { action: issue, from: CHECKED, to: ISSUED, by: [quality], meaning: executed, guards: [unanimous, { reviewed_by: quality }], effects: [clear_owner] }
"#;

/// Its verbs.
const VERBS: &str = r#"
  calibrate:
    label: Calibrate the instrument
    help: Record what was measured
    done: "{id} calibrated"
    sop: SOP-002#5
    inputs:
      result:
        required: true
        help: What the measurement says
        one_of: { within_limits: Within limits, out_of_limits: Out of limits }
      finding: { takes: text, required: true, help: What was measured }
  re_measure:
    label: Measure again
    help: Send the instrument back to the bench
    sop: SOP-002#6
  issue:
    label: Issue the certificate
    help: Give the certificate out
    done: "{id} issued"
    sop: SOP-002#8
"#;

/// A project with the candidate files in place, and nothing adopted.
fn candidate() -> Project {
    let project = Project::new();
    // `# Verbs about the project itself` stands before verbs of another scope.
    let actions = fs::read_to_string(project.path("workflows/actions.yaml")).unwrap();
    fs::write(project.path("workflows/actions.yaml"), actions + VERBS).unwrap();
    fs::write(project.path("workflows/calibration.yaml"), CALIBRATION).unwrap();
    project
}

/// A project in which the life cycle is in force.
fn adopted() -> Project {
    let project = candidate();
    project.run("-u lead workflow adopt").is(0);
    project
}

fn rewrite(project: &Project, from: &str, to: &str) {
    let path = project.path("workflows/calibration.yaml");
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.contains(from), "{from:?}");
    fs::write(path, text.replacen(from, to, 1)).unwrap();
}

fn document(project: &Project) -> Value {
    project.ask("-u qa status CAL-0001").is(0)["data"]["document"].clone()
}

fn actions(project: &Project, user: &str) -> Vec<String> {
    let menu = project.ask(&format!("-u {user} next CAL-0001")).is(0);
    let lines = menu["data"]["next"].as_array().unwrap();
    lines.iter().map(|line| line["action"].as_str().unwrap().to_owned()).collect()
}

// REQ-002
#[test]
fn a_candidate_file_alone_changes_nothing() {
    let project = candidate();
    project.keeps(0, || {
        assert!(!project.run("--help").is(0).text().contains("calibrate"));
        project.run("calibrate --help").is(2);
        project.ask("-u claude create CAL --title x").is(5);
        project.ask("-u claude workflow show calibration").is(5);
        assert!(!project.run("completion bash").is(0).text().contains("calibrate"));
        // It can be looked at by everybody.
        project.ask("-u tu workflow lint").is(0);
        let diff = project.run("-u tu workflow diff").is(0).text();
        assert!(
            diff.contains("+++ workflows/calibration.yaml") && diff.contains("+workflow: calibration"),
            "{diff}"
        );
        assert!(diff.contains("--- in force/actions.yaml") && !diff.contains("controlled.yaml"), "{diff}");
        project.run("-u lead workflow adopt --dry-run").is(0);
    });
}

// REQ-003
#[test]
fn only_an_administrator_adopts_and_the_record_says_so() {
    let project = candidate();
    let before = project.ask("-u qa workflow lint").is(0)["data"]["digest"].clone();
    for user in ["claude", "qa", "tu"] {
        let refused = project.keeps(1, || project.ask(&format!("-u {user} workflow adopt"))).is(8);
        assert_eq!(refused.reasons(), ["assurance_too_low", "group_not_allowed"]);
    }
    let adopted = project.keeps(1, || project.ask("-u lead workflow adopt")).is(0);
    assert_eq!(adopted["data"]["digest"], before);
    assert!(adopted["data"]["text"].as_str().unwrap().contains("+workflow: calibration"));
    assert_eq!(project.ask("-u lead workflow adopt").is(4).reasons(), ["policy_unchanged"]);
    let log = project.run("-u qa audit export").is(0).text();
    let entries: Vec<Value> = log.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let adoption =
        entries.iter().find(|entry| entry["action"] == "policy_adopt" && entry["result"] == "permitted");
    assert_eq!(adoption.unwrap()["actor"], "lead");
    project.run("-u qa audit verify").is(0);
    assert!(
        project
            .run("-u qa workflow diff")
            .is(0)
            .text()
            .contains("the candidate files are the policy in force")
    );
}

#[test]
fn files_can_be_adopted_one_by_one_and_only_together_where_they_need_each_other() {
    let project = candidate();
    // The life cycle needs verbs that are not in force yet; the verbs need a life cycle.
    for file in ["calibration.yaml", "actions.yaml"] {
        let refused = project.ask(&format!("-u lead workflow adopt {file}")).is(82);
        assert_eq!(refused["error"]["code"], "policy_invalid");
    }
    fs::write(project.path("workflows/record.yaml"), "not even yaml: [").unwrap();
    project.ask("-u lead workflow adopt").is(82);
    project.ask("-u lead workflow adopt calibration.yaml actions.yaml").is(0);
    project.ask("-u claude create CAL --title x").is(0);
}

// REQ-001
#[test]
fn the_new_verb_is_everywhere_where_verbs_are() {
    let project = adopted();
    let help = project.run("--help").is(0).text();
    assert!(help.contains("  calibrate   Record what was measured"), "{help}");
    assert!(help.contains("  re-measure"), "{help}");
    let help = project.run("calibrate --help").is(0).text();
    for words in [
        "Record what was measured",
        "Usage: qms calibrate [OPTIONS] <--within-limits|--out-of-limits> <--finding <TEXT>|--finding-file <PATH>> <DOCUMENT>",
        "--within-limits",
        "What the measurement says: Within limits",
        "--finding-file <PATH>",
        "--dry-run",
        "Governed by SOP-002#5: `qms sop show SOP-002#5`.",
    ] {
        assert!(help.contains(words), "{words:?} in {help}");
    }
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = project.run(&format!("completion {shell}")).is(0).text();
        assert!(script.contains("calibrate") && script.contains("out-of-limits"), "{shell}");
    }
    let shown = project.ask("-u qa workflow show calibration").is(0);
    assert_eq!(shown["data"]["types"], json!(["CAL"]));
    // Elsewhere nobody has heard of it.
    assert!(!Project::empty().run("--help").is(0).text().contains("calibrate"));
    let away =
        project.call("--help").directory("/").variable("QMS_ROOT", &project.root().display().to_string());
    assert!(away.run().is(0).text().contains("calibrate"));
}

// REQ-001
#[test]
fn a_certificate_lives_from_its_creation_to_its_end() {
    let project = adopted();
    let created = project.ask("-u claude create CAL --title \"Caliper 7\"").is(0);
    let document_created = &created["data"]["document"];
    assert_eq!(document_created["id"], "CAL-0001");
    assert_eq!(
        [&document_created["workflow"], &document_created["phase"]],
        [&json!("calibration"), &json!("intake")]
    );
    assert_eq!(actions(&project, "claude"), ["checkin", "checkout", "status"]);
    assert_eq!(actions(&project, "tu"), ["status"]);

    // Refused: the wrong user, the wrong time, too little said.
    let line = "calibrate CAL-0001 --within-limits --finding \"0.01 mm\"";
    assert_eq!(project.ask(&format!("-u tu {line}")).is(4).reasons(), ["checked_out"]);
    assert_eq!(
        project.ask(&format!("-u claude {line}")).is(7).reasons(),
        ["group_not_allowed", "checked_out"]
    );
    project.edit("claude", "CAL-0001", "{{instrument}}", "caliper 7");
    project.run("-u claude checkin CAL-0001").is(0);
    assert_eq!(actions(&project, "tu"), ["calibrate", "calibrate", "status"]);
    let menu = project.ask("-u tu next CAL-0001").is(0);
    let calibrate = &menu["data"]["next"][0];
    assert_eq!(calibrate["label"], "Within limits");
    assert_eq!(
        calibrate["argv"],
        json!(["qms", "--user", "tu", "calibrate", "CAL-0001", "--within-limits", "--finding", null])
    );
    project.ask("-u tu calibrate CAL-0001 --within-limits").is(2);
    project.ask("-u tu calibrate CAL-0001 --within-limits --out-of-limits --finding x").is(2);
    assert_eq!(
        project.ask("-u tu calibrate CAL-0001 --within-limits --finding \" \"").is(4).reasons(),
        ["missing_input"]
    );
    let early = project.ask("-u qa issue CAL-0001").is(4);
    assert_eq!(early["error"]["message"], "`issue` is not possible while CAL-0001 is RECEIVED");

    let ran = project.run(&format!("-u tu {line}")).is(0).text();
    assert!(ran.starts_with("✓ CAL-0001 calibrated (WITHIN_LIMITS)\n"), "{ran}");
    assert!(ran.contains("Document state: RECEIVED → MEASURED"), "{ran}");
    let entries = project.ask("-u qa history CAL-0001").is(0);
    let entry = entries["data"]["entries"].as_array().unwrap().last().unwrap().clone();
    assert_eq!([&entry["action"], &entry["comment"]], [&json!("calibrate"), &json!("0.01 mm")]);
    assert_eq!(
        project.ask("-u tu calibrate CAL-0001 --out-of-limits --finding x").is(4).reasons(),
        ["not_from_this_state"]
    );

    // The review round is the engine's: seats, verdicts, and no say for the author.
    let routed = project.ask("-u claude route CAL-0001 --review --assignees tu").is(0);
    assert_eq!(routed["data"]["transition"], json!({"from": "MEASURED", "to": "IN_CHECK"}));
    assert_eq!(project.ask("-u tu inbox").is(0)["data"]["tasks"][0]["document"], "CAL-0001");
    project.ask("-u claude review CAL-0001 --recommend --comment mine").is(7);
    project.ask("-u qa review CAL-0001 --request-updates --comment unsure").is(0);
    project.ask("-u tu review CAL-0001 --recommend --comment fine").is(0);
    assert_eq!(document(&project)["state"], "CHECKED");
    assert_eq!(project.ask("-u qa issue CAL-0001").is(4).reasons(), ["not_unanimous"]);
    let again = project.run("-u qa re-measure CAL-0001").is(0).text();
    assert!(again.starts_with("✓ Measure again: CAL-0001\n"), "{again}");
    project.play(&[
        "-u tu calibrate CAL-0001 --within-limits --finding again",
        "-u claude route CAL-0001 --review",
        "-u qa review CAL-0001 --recommend --comment sure",
        "-u qa issue CAL-0001",
    ]);
    let end = document(&project);
    assert_eq!(
        [&end["state"], &end["phase"], &end["owner"]],
        [&json!("ISSUED"), &json!("ended"), &Value::Null]
    );
    for user in ["claude", "qa", "tu", "lead"] {
        assert_eq!(actions(&project, user), ["status"], "nothing leaves a final state");
    }
    for line in ["-u qa re-measure CAL-0001", "-u claude checkout CAL-0001", "-u qa issue CAL-0001"] {
        assert_eq!(project.ask(line).is(4).reasons(), ["not_from_this_state"]);
    }

    // The other branch.
    project.run("-u claude create CAL --title \"Scale 2\"").is(0);
    project.run("-u claude checkin CAL-0002").is(0);
    project.run("-u tu calibrate CAL-0002 --out-of-limits --finding bent").is(0);
    assert_eq!(project.ask("-u qa list --state SCRAPPED").is(0)["data"]["documents"][0]["id"], "CAL-0002");
    project.run("-u qa audit verify --contents").is(0);
    project.run("-u qa doctor").is(0);
}

// REQ-004, REQ-005, REQ-006
#[test]
fn faults_are_found_with_file_line_and_column() {
    let project = candidate();
    let sound = |name: &str| fs::read_to_string(project.path(name)).unwrap();
    let (calibration, actions) = (sound("workflows/calibration.yaml"), sound("workflows/actions.yaml"));
    let verbs = actions.lines().count() - VERBS.lines().count() + 1;
    let at_verb = |line: usize, column: usize| format!("actions.yaml:{}:{column}: ", verbs + line);
    let (life, verb) = ("workflows/calibration.yaml", "workflows/actions.yaml");
    let cases: Vec<(&str, &str, &str, String)> = vec![
        (life, "to: MEASURED", "to: MESURED", "calibration.yaml:18:5: unknown state `MESURED`, did you mean `MEASURED`?".into()),
        (life, "by: [reviewer]", "by: [reviewers]", "calibration.yaml:18:5: unknown group `reviewers`, did you mean `reviewer`?".into()),
        (life, "action: calibrate,", "action: kalibrate,", "calibration.yaml:18:5: unknown action `kalibrate`".into()),
        (life, "when: { result: within_limits }", "when: { result: fine }", "calibration.yaml:18:5: unknown value of `result` `fine`".into()),
        (life, "guards: [not_checked_out]", "guards: [not_check_out]", "calibration.yaml:18:".into()),
        (life, "phase: intake", "fase: intake", "calibration.yaml:8:".into()),
        (life, "  MEASURED:", "  RECEIVED:", "calibration.yaml:9:3: ".into()),
        (life, "sop: SOP-002", "sop: 1.10", "calibration.yaml:4:".into()),
        (life, "schema: qms.workflow/1", "schema: qms.workflow/2", "calibration.yaml:2:9: schema is `qms.workflow/2`, expected `qms.workflow/1`".into()),
        (life, "  - { action: re_measure, from: CHECKED, to: RECEIVED, by: [quality], meaning: executed }\n", "", at_verb(13, 5)),
        (life, "out_of_limits }", "within_limits }", "calibration.yaml:19:5: a second `calibrate` from RECEIVED; the first stands at calibration.yaml:18:5".into()),
        (life, "effects: [clear_owner] }\n  - { action: route", "effects: [raise_version] }\n  - { action: route", "calibration.yaml:19:5: `calibrate` approves without a round: an author could approve".into()),
        (life, "verdict: review, quorum: all", "verdict: review", "calibration.yaml:21:5: `review` ends the round at the first answer: add `quorum: all`".into()),
        (life, "SCRAPPED: { phase: ended, final: true }", "SCRAPPED: { phase: ended }", "calibration.yaml:13:".into()),
        (life, "id: \"CAL-{n:4}\"", "id: \"CAL-{x}\"", "calibration.yaml:6:".into()),
        (verb, "  re_measure:\n", "  history:\n    label: H\n    help: h\n    sop: SOP-002#6\n  re_measure:\n", at_verb(13, 5) + "`history` is a command of the program"),
        (verb, "      finding: {", "      user: {", at_verb(2, 5) + "`calibrate` has the flag `--user` already"),
        (verb, "      finding: {", "      out_of_limits: {", at_verb(2, 5) + "`calibrate` has the flag `--out-of-limits` already"),
        (verb, "      finding: {", "      json: {", at_verb(2, 5) + "`calibrate` has the flag `--json` already"),
        (verb, "    sop: SOP-002#6\n", "", at_verb(13, 5) + "`re_measure` needs the section that governs it"),
        (verb, "takes: text, required: true, help: What was measured", "takes: tixt, help: x", at_verb(11, 25) + "unknown word `tixt`, did you mean `text`?"),
    ];
    for (file, from, to, expected) in cases {
        fs::write(project.path(life), &calibration).unwrap();
        fs::write(project.path(verb), &actions).unwrap();
        let text = sound(file);
        let at = text.rfind(from).filter(|_| file == verb).or_else(|| text.find(from)).unwrap();
        fs::write(project.path(file), format!("{}{to}{}", &text[..at], &text[at + from.len()..])).unwrap();
        let found = project.keeps(0, || project.run("-u qa workflow lint").is(82));
        assert!(found.stderr.contains(&expected), "{to:?}: no {expected:?} in\n{}", found.stderr);
        let answer = project.keeps(0, || project.ask("-u qa workflow lint")).is(82);
        let faults = answer["error"]["details"]["faults"].as_array().unwrap();
        assert!(!faults.is_empty() && faults.iter().all(|fault| fault["name"].is_string()), "{faults:?}");
        // What has faults is not adopted; the attempt is on record.
        project.keeps(1, || project.ask("-u lead workflow adopt")).is(82);
    }
    fs::remove_file(project.path(verb)).unwrap();
    project.run("-u qa workflow lint").is(82).says("the policy needs a file `actions.yaml`");
    // A policy that cannot be read keeps nobody from working under the one in force.
    project.run("-u claude create CR --title x").is(0);
}

// REQ-007
#[test]
fn an_open_round_ends_under_the_policy_that_it_began_with() {
    let project = adopted();
    project.play(&["-u claude create CAL --title x"]);
    project.edit("claude", "CAL-0001", "{{instrument}}", "caliper 7");
    project.play(&[
        "-u claude checkin CAL-0001",
        "-u tu calibrate CAL-0001 --within-limits --finding fine",
        "-u claude route CAL-0001 --review --assignees tu",
    ]);
    let old = document(&project)["policy_digest"].clone();
    // From now on only quality reviews, and issuing needs nobody's review.
    rewrite(&project, "to: CHECKED, by: [quality, reviewer]", "to: CHECKED, by: [quality]");
    rewrite(&project, "guards: [unanimous, { reviewed_by: quality }], ", "");
    // A verb of the round gets another name, and another gets an input that must be given.
    rewrite(&project, "action: withdraw,", "action: pull_back,");
    let path = project.path("workflows/actions.yaml");
    let verbs = fs::read_to_string(&path).unwrap();
    let graded = verbs.replace(
        "      comment: { takes: text, required: true, help: What you found }",
        "      comment: { takes: text, required: true, help: What you found }\n      \
         grade: { takes: line, required: true, help: How good it is }",
    );
    assert_ne!(graded, verbs);
    fs::write(&path, graded + "  pull_back: { label: Pull back, help: Take it back, sop: SOP-002#5 }\n")
        .unwrap();
    let new =
        project.ask("-u lead workflow adopt --less --reason \"other rules\"").is(0)["data"]["digest"].clone();
    assert_ne!(old, new);
    assert_eq!(actions(&project, "claude"), ["withdraw", "status"]);
    let back = project.run("-u claude withdraw CAL-0001 --dry-run").is(0).text();
    assert!(back.starts_with("would be permitted: CAL-0001 withdrawn\n"), "{back}");
    project.ask("-u claude pull-back CAL-0001").is(2);
    assert!(project.run("review --help").is(0).text().contains("--grade"));
    assert_eq!(document(&project)["policy_digest"], old, "the round goes on as it began");
    assert_eq!(actions(&project, "tu"), ["review", "status"]);
    // The verbs of the command line are those of the policy that decides.
    project.ask("-u tu review CAL-0001 --request-updates --comment hm --grade x").is(2);
    project.ask("-u tu review CAL-0001 --request-updates --comment hm").is(0);
    let entries = project.ask("-u qa history CAL-0001").is(0);
    assert_eq!(entries["data"]["entries"].as_array().unwrap().last().unwrap()["policy_digest"], old);
    project.ask("-u qa review CAL-0001 --recommend --comment fine").is(0);
    // Out of the round the new policy holds.
    assert_eq!(document(&project)["policy_digest"], new);
    project.ask("-u qa issue CAL-0001 --dry-run").is(0);
    project.run("-u qa re-measure CAL-0001").is(0);
    project.run("-u tu calibrate CAL-0001 --within-limits --finding fine").is(0);
    let refused = project.ask("-u claude route CAL-0001 --review --assignees tu").is(4);
    assert_eq!(refused.reasons(), ["assignee_not_eligible"]);
    assert!(refused["error"]["message"].as_str().unwrap().contains("tu"), "{:#}", refused.value());
    project.run("-u claude route CAL-0001 --review").is(0);
    assert_eq!(actions(&project, "claude"), ["pull_back", "status"]);
    project.ask("-u qa review CAL-0001 --recommend --comment fine").is(2);
    project.ask("-u qa review CAL-0001 --recommend --comment fine --grade A").is(0);
    project.run("-u qa audit verify").is(0);
}
