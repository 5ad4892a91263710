//! What answers for a failed item.

use super::{close, record, release, released};

// REQ-107, REQ-301
#[test]
fn a_failed_item_is_closed_only_with_a_variance_that_names_it_and_succeeds() {
    let project = released();
    project.record("claude", "CR-001", &["EI-1", "EI-3"]);
    let offered = || {
        let menu = project.ask("-u claude next CR-001").is(0)["data"]["next"].clone();
        let commands =
            menu.as_array().unwrap().iter().map(|line| line["command"].as_str().unwrap().to_owned());
        commands.filter(|command| command.contains(" create VAR ")).collect::<Vec<_>>()
    };
    assert!(offered().is_empty());
    let failed = record(&project, "EI-2", "--outcome fail --actual \"it leaks\" --evidence log").ask().is(0);
    let create = "create VAR --parent CR-001 --item EI-2 --title <text>";
    assert_eq!(offered(), ["qms --user claude create VAR --parent CR-001 --title <text> --item EI-2"]);
    let told = format!("EI-2 failed: a VAR has to answer for it (`{create}`)");
    assert_eq!(failed["data"]["notes"][0], told.as_str());
    let refused = project.ask("-u claude route CR-001 --review").is(4);
    assert_eq!(refused.reasons(), ["item_unresolved"]);
    let reason = &refused["error"]["reasons"][0];
    assert_eq!(reason["message"], "EI-2 of CR-001 failed, and no VAR answers for it");
    assert_eq!(reason["remedy"], format!("qms --user claude {create}"));

    project.run("-u claude create VAR --parent CR-001 --title Leak").is(4).says("name it with `--item`");
    project.run("-u claude create VAR --parent CR-001 --item EI-7 --title Leak").is(4);
    project.run("-u claude create VAR --parent CR-001 --item EI-2 --title Leak").is(0);
    project.edit("claude", "CR-001-VAR-001", "{{", "(");
    project.edit("claude", "CR-001-VAR-001", "}}", ")");
    release(&project, "CR-001-VAR-001");
    for item in ["EI-1", "EI-2"] {
        let line = format!("-u claude item record CR-001-VAR-001 {item} --outcome pass --evidence log");
        project.run(&line).is(0);
    }
    let refused = project.ask("-u claude route CR-001 --review").is(4);
    assert_eq!(refused.reasons(), ["open_child"]);
    close(&project, "CR-001-VAR-001");
    let listed = project.ask("-u tu item list CR-001").is(0);
    assert_eq!(listed["data"]["items"][1]["answered_by"][0], "CR-001-VAR-001");
    close(&project, "CR-001");
    project.run("-u lead audit verify --contents").is(0);
}

// REQ-107
#[test]
fn a_variance_answers_for_the_failure_that_it_was_raised_for() {
    let project = released();
    project.record("claude", "CR-001", &["EI-1", "EI-3"]);
    record(&project, "EI-2", "--outcome fail --actual \"it drips\" --evidence log").run().is(0);
    project.run("-u claude create VAR --parent CR-001 --item EI-2 --title Drips").is(0);
    project.fill_in("CR-001-VAR-001");
    release(&project, "CR-001-VAR-001");
    project.record("claude", "CR-001-VAR-001", &["EI-1", "EI-2"]);
    close(&project, "CR-001-VAR-001");
    // Another failure is put in the place of the one that was resolved.
    let worse = "--outcome fail --actual \"it burns\" --evidence log --reason \"seen late\"";
    record(&project, "EI-2", worse).run().is(0);
    let refused = project.ask("-u claude route CR-001 --review").is(4);
    assert_eq!(refused.reasons(), ["item_unresolved"]);
}

// REQ-107
#[test]
fn which_item_a_variance_answers_for_cannot_be_changed() {
    let project = released();
    let asked = "-u claude create VAR --parent CR-001 --item EI-2 --title Leak";
    // What came before the failure would answer for whatever fails.
    assert_eq!(project.ask(asked).is(4).reasons(), ["item_not_failed"]);
    project.run("-u claude item record CR-001 EI-2 --outcome fail --actual leak --evidence log").is(0);
    project.run(asked).is(0);
    project.edit("claude", "CR-001-VAR-001", "item: \"EI-2\"", "item: \"EI-1\"");
    let refused = project.ask("-u claude checkin CR-001-VAR-001").is(4);
    assert_eq!(refused.reasons(), ["copy_unsound"]);
    let told = refused["error"]["message"].as_str().unwrap();
    assert!(told.contains("must say `item: EI-2`, as at creation"), "{told}");
    project.edit("claude", "CR-001-VAR-001", "item: \"EI-1\"\n", "");
    project.run("-u claude checkin CR-001-VAR-001").is(4);
}

// REQ-015, REQ-301
#[test]
fn making_a_document_is_offered_to_nobody_who_is_kept_from_it() {
    let project = released();
    let failed = "--outcome fail --actual \"it leaks\" --evidence log";
    record(&project, "EI-2", failed).run().is(0);
    let path = project.path("workflows/executable.yaml");
    let text = std::fs::read_to_string(&path).unwrap();
    let guarded = text.replacen("effects: [check_out]", "guards: [human], effects: [check_out]", 1);
    std::fs::write(&path, guarded).unwrap();
    project.run("-u lead workflow adopt").is(0);
    let refused = project.ask("-u claude route CR-001 --review").is(4);
    assert!(refused.reasons().contains(&"item_unresolved"));
    let offers = refused.value().to_string();
    assert!(!offers.contains(" create VAR ") && !offers.contains(" create TP "), "{offers}");
    assert!(project.ask("-u claude next CR-001 --all").is(0).value().to_string().contains("not_human"));
}
