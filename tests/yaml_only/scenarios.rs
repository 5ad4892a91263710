//! Scenarios of a project's own, which say what its policy is to permit and to refuse.

use std::fs;

use super::adopted;
use crate::project::Project;

/// What a certificate can and cannot do, in the words of the life cycle that the program has never heard of.
const CERTIFICATE: &str = r"schema: qms.scenarios/1
workflow: calibration
scenarios:
  - name: nothing is calibrated that is still being written
    type: CAL
    steps:
      - { claude: create, title: Caliper 7, state: RECEIVED }
      - { tu: calibrate, result: within_limits, finding: fine, denied: checked_out }
      - { claude: checkin, content: changed }
      - { claude: calibrate, result: within_limits, finding: fine, denied: group_not_allowed }
      - { tu: calibrate, result: within_limits, finding: fine, state: MEASURED }
";

// REQ-009
#[test]
fn a_project_tests_its_policy_by_scenarios_of_its_own() {
    let project = adopted();
    let folder = project.path("workflows/scenarios");
    fs::create_dir(&folder).unwrap();
    fs::write(folder.join("calibration.yaml"), CERTIFICATE).unwrap();
    let passed = project.keeps(0, || project.run("-u tu workflow test").is(0));
    assert_eq!(passed.text(), "✓ 1 scenario passed\n");

    // It is the candidate that is tested, before it is adopted.
    super::rewrite(&project, "to: MEASURED, by: [reviewer]", "to: MEASURED, by: [reviewer, initiator]");
    let failed = project.keeps(0, || project.ask("-u tu workflow test")).is(82);
    let told = failed["error"].to_string();
    let place = "calibration.yaml:4:5: nothing is calibrated that is still being written: ";
    assert!(told.contains(place), "{told}");
    assert!(told.contains("`calibrate` by claude was permitted, expected group_not_allowed"), "{told}");
    // Words that nobody knows are no scenario.
    fs::write(folder.join("calibration.yaml"), CERTIFICATE.replace("denied:", "refused:")).unwrap();
    let failed = project.ask("-u tu workflow test");
    assert!(failed.status != 0 && failed["error"].to_string().contains("refused"), "{}", failed.value());
}

/// A reviewer asks for changes to A; it becomes B, and A again.
const RETURN: &str = r#"schema: qms.scenarios/1
workflow: controlled
scenarios:
  - name: what was objected to comes back
    type: SOP
    steps:
      - { claude: create, title: Cleaning }
      - { claude: checkin, text: "A\n" }
      - { claude: route, target: review }
      - { qa: review, outcome: request_updates, comment: no }
      - { claude: checkout }
      - { claude: checkin, text: "B\n" }
      - { claude: checkout }
      - { claude: checkin, text: "A\n" }
"#;

// REQ-174
#[test]
fn a_scenario_is_refused_where_the_program_refuses() {
    let project = Project::new();
    let folder = project.path("workflows/scenarios");
    fs::create_dir(&folder).unwrap();
    fs::write(folder.join("return.yaml"), RETURN).unwrap();
    let failed = project.keeps(0, || project.ask("-u tu workflow test")).is(82);
    let told = failed["error"]["details"]["failures"][0].as_str().unwrap();
    assert_eq!(
        told,
        "return.yaml:4:5: what was objected to comes back: return.yaml:14:9: `checkin` by claude was refused: \
         content_objected (the working copy of SOP-001 is the content of 0.2 again, and `qa` asked for changes to \
         that)"
    );
    let expected = "text: \"A\\n\", denied: content_objected }\n";
    let (before, _) = RETURN.rsplit_once("text: \"A\\n\" }\n").unwrap();
    fs::write(folder.join("return.yaml"), format!("{before}{expected}")).unwrap();
    project.run("-u tu workflow test").is(0);
}
