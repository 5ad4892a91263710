//! Procedures: what is shown of them, where they are named, and what happens when they change.

use std::fs;

use serde_json::{Value, json};

use super::names;
use crate::project::Project;

/// Takes what is routed for review into force.
const INTO_FORCE: [&str; 4] = [
    "-u qa review {id} --recommend --comment \"Read in whole\"",
    "-u qa route {id} --approval",
    "-u qa approve {id}",
    "-u qa status {id}",
];

fn into_force(project: &Project, id: &str) {
    project.run(&format!("-u claude route {id} --review")).is(0);
    for line in INTO_FORCE {
        project.run(&line.replace("{id}", id)).is(0);
    }
}

/// Replaces text in a candidate file.
fn change_policy(project: &Project, file: &str, from: &str, to: &str) {
    let path = project.path(&format!("workflows/{file}"));
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.contains(from), "{file} has no {from:?}");
    fs::write(path, text.replacen(from, to, 1)).unwrap();
}

/// Writes a procedure of the project's own, and takes it into force.
fn own_procedure(project: &Project) {
    project.run("-u claude create SOP --title \"Cleaning of tanks\"").is(0);
    let text = "---\nid: SOP-008\ntype: SOP\ntemplate: TEMPLATE-SOP\ntitle: Cleaning of tanks\nrevision_summary: \
                First issue\n---\n\n# Cleaning of tanks\n\n## 1 Purpose\n\nClean tanks.\n\n## 2 Cleaning\n\n- **2.1** \
                With water.\n- **2.2** With \u{1b}[31mcare.\n";
    fs::write(project.copy("claude", "SOP-008"), text).unwrap();
    project.run("-u claude checkin SOP-008").is(0);
}

fn codes(answer: &Value) -> Vec<&str> {
    names(&answer["warnings"], "code").into_iter().filter(|code| *code != "unattributed").collect()
}

// REQ-088, REQ-090
#[test]
fn a_section_in_force_is_printed_to_whoever_may_read() {
    let project = Project::new();
    let shown = project.run("-u tu sop show SOP-007#5").is(0).text();
    assert!(shown.starts_with("SOP-007 1.0: Agent orchestration\n\n## 5 What is passed on\n"), "{shown}");
    assert!(shown.contains("**5.2**") && !shown.contains("## 6"), "{shown}");
    let shown = project.run("-u tu sop show SOP-001#6").is(0).text();
    assert!(shown.ends_with("\n\nGoverns: route, assign, unassign, withdraw\n"), "{shown}");
    let clause = project.ask("-u tu sop show SOP-001#7.2").is(0);
    assert_eq!(clause["data"]["sections"], json!([{"number": "7.2", "title": null, "governs": []}]));
    assert!(clause["data"]["text"].as_str().unwrap().starts_with("- **7.2** Reviewers shall form"));

    let outline = project.ask("-u tu sop show SOP-002").is(0);
    let data = &outline["data"];
    assert_eq!(
        [&data["title"], &data["version"], &data["text"]],
        [&json!("Change control"), &json!("1.0"), &Value::Null]
    );
    assert_eq!(data["content_digest"], project.ask("-u tu read SOP-002").is(0)["data"]["content_digest"]);
    assert_eq!(data["sections"][7], json!({"number": "8", "title": "Closing", "governs": ["close"]}));
    let shown = project.run("-u tu sop show SOP-002").is(0).text();
    let line = shown.lines().find(|line| line.starts_with("8 ")).unwrap();
    assert_eq!(line.split_whitespace().collect::<Vec<_>>(), ["8", "Closing", "close"]);

    let listed = project.ask("-u tu sop list").is(0);
    let expected: Vec<String> = (1..=7).map(|number| format!("SOP-00{number}")).collect();
    assert_eq!(names(&listed["data"]["procedures"], "id"), expected);
    assert_eq!(listed["data"]["procedures"][5]["governs"], json!(["namespace_add"]));
    assert_eq!(codes(&listed), Vec::<&str>::new());
    assert!(
        project
            .run("-u tu sop list")
            .is(0)
            .text()
            .contains("\nSOP-003  1.0      Deviation and investigation\n")
    );
}

#[test]
fn outside_a_project_the_procedures_of_the_program_are_shown() {
    let project = Project::empty();
    assert_eq!(project.ask("sop list").is(0)["data"]["procedures"].as_array().unwrap().len(), 7);
    let section = project.ask("sop show SOP-004#5").is(0);
    assert_eq!(
        [&section["data"]["version"], &section["data"]["sections"][0]["title"]],
        [&Value::Null, &json!("Evidence")]
    );
    project.run("sop show SOP-009").is(5).says("no procedure `SOP-009` is in force, did you mean `SOP-00");
}

#[test]
fn a_section_that_is_not_there_is_not_found_and_the_nearest_are_named() {
    let project = Project::new();
    let refused = project.ask("-u tu sop show SOP-007#15").is(5);
    let message = refused["error"]["message"].as_str().unwrap();
    assert!(
        message.starts_with("SOP-007 has no section `15`, did you mean `SOP-007#13` (References), "),
        "{message}"
    );
    assert_eq!(refused["error"]["hints"], json!(["qms --user tu sop show SOP-007"]));
    project.run("-u tu sop show SOP-007#reuse").is(5).says("SOP-007 has no section `reuse`\n");
    project.run("-u tu sop show SOP-007#identity").is(5).says("did you mean `SOP-007#3` (Identity)?");
    let refused = project.ask("-u tu sop show SOP-077#1").is(5);
    assert_eq!(refused["error"]["message"], "no procedure `SOP-077` is in force, did you mean `SOP-007`?");
    assert_eq!(refused["error"]["hints"], json!(["qms --user tu sop list"]));
    for line in ["sop show SOP-007#", "sop show sop-007#5", "sop show", "sop"] {
        project.run(&format!("-u tu {line}")).is(2);
    }
    project.run("-u tu sop show sop-007#5").is(2).says("did you mean `SOP-007#5`?");
    // Whoever is nobody is told nothing.
    let refused = project.run("-u mallory sop show SOP-007#5").is(8);
    assert_eq!(refused.text(), "");

    own_procedure(&project);
    project
        .run("-u tu sop show SOP-008#2")
        .is(5)
        .says("no version of SOP-008 is in force; the document is DRAFT");
    into_force(&project, "SOP-008");
    // What others wrote does not write to the terminal.
    let shown = project.run("-u tu sop show SOP-008#2").is(0).text();
    assert_eq!(
        shown,
        "SOP-008 1.0: Cleaning of tanks\n\n## 2 Cleaning\n\n- **2.1** With water.\n- **2.2** With \\u{1b}[31mcare.\n"
    );
    assert!(names(&project.ask("-u tu sop list").is(0)["data"]["procedures"], "id").contains(&"SOP-008"));
}

// REQ-040
#[test]
fn the_version_in_force_is_shown_while_a_revision_is_drafted() {
    let project = Project::new();
    project.run("-u claude checkout SOP-007").is(0);
    project.edit("claude", "SOP-007", "## 5 What is passed on", "## 5 What may be said");
    project.edit("claude", "SOP-007", "revision_summary: Initial issue", "revision_summary: Shorter titles");
    project.run("-u claude checkin SOP-007").is(0);
    let title = |project: &Project| {
        project.ask("-u tu sop show SOP-007#5").is(0)["data"]["sections"][0]["title"].clone()
    };
    assert_eq!(title(&project), "What is passed on");
    into_force(&project, "SOP-007");
    assert_eq!(title(&project), "What may be said");
}

// REQ-091
#[test]
fn an_agent_that_routes_is_reminded_to_tell_nobody_what_to_find() {
    const REMINDER: &str = "remember: tell those who judge it which document, version and task, and nothing of \
                            what to find (SOP-007#5)";
    let project = Project::new();
    project.play(&[
        "-u claude create CR --title a",
        "-u claude create CR --title b",
        "-u lead create CR --title c",
    ]);
    let tried = project.ask("-u claude route CR-001 --review --dry-run").is(0);
    assert_eq!(tried["data"]["reminders"], json!([]));
    assert!(!tried.stderr.contains("remember"), "{}", tried.stderr);

    let routed = project.run("-u claude route CR-001 --review").is(0).says(REMINDER);
    assert!(!routed.text().contains("remember"), "{}", routed.text());
    project.run("-u claude withdraw CR-001").is(0);
    project.run("-u claude route CR-001 --review --no-interactive").is(0).says(REMINDER);
    let routed = project.ask("-u claude route CR-002 --review").is(0);
    assert_eq!(
        routed["data"]["reminders"],
        json!([{"text": REMINDER.trim_start_matches("remember: ").trim_end_matches(" (SOP-007#5)"), "sop": "SOP-007#5"}])
    );
    assert!(routed.stderr.contains(REMINDER), "{}", routed.stderr);
    assert_eq!(codes(&routed), Vec::<&str>::new());
    project.run("-u claude withdraw CR-002").is(0);
    let quiet = project.run("-u claude route CR-002 --review -q").is(0);
    assert!(!quiet.stderr.contains("remember"), "{}", quiet.stderr);

    // It is meant for agents; a person is not told.
    let routed = project.ask("-u lead route CR-003 --review").is(0);
    assert_eq!(routed["data"]["reminders"], json!([]));
    assert!(!routed.stderr.contains("remember"), "{}", routed.stderr);
    project.run("-u qa assign CR-001 --assignees tu").is(0).says(REMINDER);
}

// REQ-091
#[test]
fn whoever_begins_to_execute_is_reminded_of_how_it_is_recorded() {
    let project = Project::new();
    let draft = project.ask("-u lead create CR --title x").is(0);
    let first = "fill in every {{…}} of the working copy, then route it for review";
    assert_eq!(draft["data"]["reminders"], json!([{"text": first, "sop": "SOP-001#5"}]));
    project.fill_in("CR-001");
    project.play(&[
        "-u lead checkin CR-001",
        "-u lead route CR-001 --review",
        "-u qa review CR-001 --recommend --comment fine",
        "-u lead route CR-001 --approval",
        "-u qa approve CR-001",
    ]);
    project.run("-u lead release CR-001").is(0).says("remember: record each item when it is done");
    let out = project.run("-u lead checkout CR-001").is(0);
    assert!(out.stderr.contains("the approved text stays as it is (SOP-004#6)"), "{}", out.stderr);
    // What is drafted is not executed: the same verb says nothing there.
    project.run("-u lead create CR --title y").is(0);
    project.run("-u lead checkin CR-002").is(0);
    assert!(!project.run("-u lead checkout CR-002").is(0).stderr.contains("remember"));
}

// REQ-090
#[test]
fn a_refusal_names_the_section_that_governs_what_was_refused() {
    let project = Project::new();
    project.run("-u claude create CR --title x").is(0);
    let refused = project.ask("-u claude approve CR-001").is(7);
    assert_eq!(refused["error"]["details"], json!({"sop": "SOP-001#8"}));
    assert_eq!(refused["error"]["hints"], json!(["qms --user claude sop show SOP-001#8"]));
    let refused = project.run("-u claude close CR-001").is(4);
    let line = "  governed by SOP-002#8: qms --user claude sop show SOP-002#8\n";
    assert!(refused.stderr.contains(line), "{}", refused.stderr);
    // The hint is a command that works.
    let hint = line.trim().split_once(": qms ").unwrap().1;
    assert!(project.run(hint).is(0).text().contains("## 8 Closing"));

    let refused = project.ask("-u qa namespace add CORE").is(7);
    assert_eq!(refused["error"]["details"], json!({"sop": "SOP-006#3"}));
    // What the policy knows no action for is governed by none.
    let refused = project.ask("-u claude token issue qa --out x").is(8);
    assert_eq!([&refused["error"]["details"], &refused["error"]["hints"]], [&Value::Null, &json!([])]);
    // Whoever is nobody is told nothing of it.
    let refused = project.ask("-u mallory approve CR-001").is(8);
    assert_eq!(refused["error"]["details"], Value::Null);
}

// REQ-090
#[test]
fn menus_name_the_section_of_every_line_and_show_it_where_it_is_asked_for() {
    let project = Project::new();
    project.run("-u claude create CR --title x").is(0);
    project.fill_in("CR-001");
    let menu = project.ask("-u claude next CR-001 --all").is(0);
    for line in menu["data"]["next"].as_array().unwrap() {
        let is_status = line["action"] == "status";
        assert_eq!(line["sop"].is_null(), is_status, "{line}");
    }
    // The command ends its line, so that it can be taken from there.
    let plain = "[1] Route for review: qms --user claude route CR-001 --review";
    let citing = "[1] Route for review: SOP-001#6 qms --user claude route CR-001 --review";
    for (line, expected) in [
        ("next CR-001", plain),
        ("status CR-001", plain),
        ("next CR-001 --all", citing),
        ("next CR-001 -o wide", citing),
        ("status CR-001 -o wide", citing),
    ] {
        let shown = project.run(&format!("-u claude {line}")).is(0).text();
        let first = shown.lines().find(|line| line.starts_with("  [1] ")).unwrap();
        assert_eq!(first.split_whitespace().collect::<Vec<_>>().join(" "), expected, "{line}");
    }
    let all = project.run("-u claude next CR-001 --all").is(0).text();
    assert!(all.contains("\n  Close (SOP-002#8)\n"), "{all}");
    let help = project.run("route --help").is(0).text();
    assert!(help.contains("Governed by SOP-001#6: `qms sop show SOP-001#6`."), "{help}");
}

// REQ-089
#[test]
fn a_policy_that_cites_what_is_not_in_force_is_not_adopted() {
    let project = Project::new();
    change_policy(&project, "actions.yaml", "sop: SOP-002#8", "sop: SOP-008#2");
    let refused = project.ask("-u lead workflow adopt").is(82);
    let text = fs::read_to_string(project.path("workflows/actions.yaml")).unwrap();
    let line = 1 + text.lines().position(|line| line.contains("SOP-008#2")).unwrap();
    let fault = &refused["error"]["details"]["faults"][0];
    assert_eq!(
        *fault,
        json!({
            "place": format!("actions.yaml:{line}:10"),
            "name": "unknown_procedure",
            "message": "`close` cites `SOP-008#2`: no procedure `SOP-008` is in force, did you mean `SOP-007`?",
        })
    );
    project.run("-u lead workflow lint").is(82).says("no procedure `SOP-008` is in force");
    own_procedure(&project);
    project.run("-u lead workflow lint").is(82);
    into_force(&project, "SOP-008");
    project.run("-u lead workflow lint").is(0);
    project.run("-u lead workflow adopt").is(0);
    project.run("-u claude create CR --title x").is(0);
    let refused = project.ask("-u claude close CR-001").is(4);
    assert_eq!(refused["error"]["details"], json!({"sop": "SOP-008#2"}));
    assert_eq!(
        project.ask("-u qa sop show SOP-008").is(0)["data"]["sections"][1]["governs"],
        json!(["close"])
    );

    change_policy(&project, "actions.yaml", "sop: SOP-008#2", "sop: SOP-008#2.3");
    project.run("-u lead workflow adopt").is(82).says(
        "`close` cites `SOP-008#2.3`: SOP-008 has no section `2.3`, did you mean `SOP-008#2.2` or `SOP-008#2.1`?",
    );
    change_policy(&project, "actions.yaml", "sop: SOP-008#2.3", "sop: SOP-008#2.2");
    project.run("-u lead workflow adopt actions.yaml").is(0);
}

// REQ-092
#[test]
fn a_procedure_that_drops_what_the_policy_cites_is_noticed_until_the_policy_follows() {
    let project = Project::new();
    let (claude, lead) = ("-u claude", "-u lead");
    project.run(&format!("{claude} checkout SOP-002")).is(0);
    project.edit("claude", "SOP-002", "## 8 Closing", "## 12 Closing");
    project.edit(
        "claude",
        "SOP-002",
        "revision_summary: Initial issue",
        "revision_summary: Closing comes last",
    );
    let said = "lacks what the policy in force cites: `close` cites `SOP-002#8`; the policy has to follow";
    let stored = project.ask(&format!("{claude} checkin SOP-002")).is(0);
    assert_eq!(codes(&stored), ["section_missing"]);
    project.run(&format!("{claude} route SOP-002 --review")).is(0).says(&format!("SOP-002 1.2 {said}"));
    // Nobody is wronged yet: what is in force still says it.
    project.run("-u qa doctor").is(0);
    for line in INTO_FORCE {
        project.run(&line.replace("{id}", "SOP-002")).is(0);
    }

    let found = project.ask("-u qa doctor").is(1);
    let finding = &found["error"]["details"]["findings"][0];
    assert_eq!([&finding["name"], &finding["repairable"]], [&json!("procedures"), &json!(false)]);
    let message = finding["message"].as_str().unwrap();
    assert!(
        message.starts_with("`close` cites `SOP-002#8` in the policy in force: SOP-002 has no section `8`, "),
        "{message}"
    );
    assert_eq!(found["error"]["hints"], json!(["qms --user qa sop list", "qms --user qa workflow lint"]));
    project.run(&format!("{lead} workflow lint")).is(82).says("SOP-002 has no section `8`");
    assert_eq!(codes(&project.ask("-u qa sop list").is(0)), ["section_missing"]);
    // Work goes on; the section that governs it is looked for in vain.
    project.run(&format!("{claude} create CR --title x")).is(0);
    project.ask(&format!("{claude} close CR-001")).is(4);
    project.run(&format!("{claude} sop show SOP-002#8")).is(5);

    change_policy(&project, "actions.yaml", "sop: SOP-002#8", "sop: SOP-002#12");
    project.run(&format!("{lead} workflow adopt")).is(0);
    project.run("-u qa doctor").is(0);
    assert_eq!(codes(&project.ask("-u qa sop list").is(0)), Vec::<&str>::new());
}

// REQ-092
#[test]
fn whoever_retires_a_procedure_learns_what_relies_on_it() {
    let project = Project::new();
    project.run("-u lead user add qb --agent --group quality").is(0);
    let asked = project.run("-u qa route SOP-006 --retirement --assignees qb").is(0);
    let said = "SOP-006 goes out of force, and the policy in force cites it: `namespace_add` cites `SOP-006#3`; \
                the policy has to follow";
    let asked = asked.says(said);
    assert!(asked.text().contains("EFFECTIVE → IN_RETIREMENT"), "{}", asked.text());
    project.run("-u qb approve SOP-006").is(0).says(said);
    project.run("-u qa doctor").is(1).says("no procedure `SOP-006` is in force");
    // What nothing relies on goes quietly.
    assert_eq!(
        codes(&project.ask("-u qa route SOP-005 --retirement --assignees qb").is(0)),
        Vec::<&str>::new()
    );
}
