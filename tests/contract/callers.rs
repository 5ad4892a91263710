//! Who calls, and what the caller says: flags, variables, users, long text.

use std::fs;

use serde_json::json;

use super::{furnished, names};
use crate::project::Project;

// REQ-133
#[test]
fn who_acts_is_always_said_on_standard_error() {
    let project = furnished();
    for form in ["text", "wide", "json", "yaml"] {
        for line in [
            "list",
            "status CR-001",
            "read SOP-001",
            "status CR-999",
            "explain denied",
            "create CR --title x --dry-run",
            "approve CR-002 --dry-run",
            "user show nope",
            "audit proof 9999",
            "list --quiet",
            "list --no-interactive",
        ] {
            let ran = project.run(&format!("-u qa {line} -o {form}"));
            let is_said = ran.stderr.starts_with("acting as qa (claimed)\n");
            // Explaining needs no project, so that nobody acts.
            assert_eq!(is_said, !line.starts_with("explain"), "{line} -o {form}: {}", ran.stderr);
        }
        let unknown = project.run(&format!("-u nobody list -o {form}")).is(8);
        assert!(!unknown.stderr.contains("acting as"), "{}", unknown.stderr);
    }
    assert_eq!(project.ask("-u qa status CR-999").is(5)["meta"]["actor"]["user"], "qa");
}

// REQ-133
#[test]
fn without_interaction_only_the_result_is_printed() {
    let project = Project::new();
    project.issue(&["claude"]);
    let line = "-u claude create CR --title x";
    let full = project.run(line).is(0).text();
    for part in
        ["✓ CR-001 created\n", "working copy: ", "Document state: DRAFT", "Available actions for user"]
    {
        assert!(full.contains(part), "{part:?} in {full}");
    }
    // Where the working copy lies belongs to the message: there is nothing to do without it.
    let message = |id| {
        let copy = project.copy("claude", id);
        format!("✓ {id} created\n  working copy: {}\n\nDocument state: DRAFT\n", copy.display())
    };
    assert_eq!(project.run(&format!("{line} --no-interactive")).is(0).text(), message("CR-002"));
    let by_variable = project.call(line).variable("QMS_NO_INTERACTIVE", "1").run().is(0);
    assert_eq!(by_variable.text(), message("CR-003"));
    let empty = project.call(line).variable("QMS_NO_INTERACTIVE", "").run().is(0);
    assert!(empty.text().contains("Available actions"));
    let quiet = project.run(&format!("{line} -q")).is(0).text();
    assert!(quiet.contains("Document state: DRAFT") && !quiet.contains("Available actions"), "{quiet}");
    // What happened besides is talk.
    let routed = project.run("-u claude route CR-001 --review --no-interactive").is(0);
    assert_eq!(routed.text(), "✓ CR-001 routed (REVIEW)\n\nDocument state: DRAFT → IN_PRE_REVIEW\n");
    assert_eq!(
        routed.stderr,
        "acting as claude (verified: token)\n  checked in as 0.2\n  assigned: qa\n\
         remember: tell those who judge it which document, version and task, and nothing of what to find \
         (SOP-007#5)\n"
    );
    // Whoever asks for the menu alone gets it.
    let next = project.run("-u claude next CR-001 --no-interactive").is(0).text();
    assert_eq!(next, project.run("-u claude next CR-001").is(0).text());
    let refused = project.run("-u claude approve CR-001 --no-interactive").is(7);
    assert!(!refused.stderr.contains("Available actions"), "{}", refused.stderr);
    let status = project.run("-u claude status CR-001 --no-interactive").is(0).text();
    assert!(status.contains("IN_PRE_REVIEW") && !status.contains("Available actions"), "{status}");
}

#[test]
fn variables_stand_in_for_flags_and_flags_win() {
    let project = Project::new();
    project.play(&["-u claude create CR --title x"]);
    let by_variable = project.call("list").variable("QMS_USER", "tu").ask().is(0);
    assert_eq!(by_variable["meta"]["actor"]["user"], "tu");
    let by_flag = project.call("-u qa list").variable("QMS_USER", "tu").ask().is(0);
    assert_eq!(by_flag["meta"]["actor"]["user"], "qa");
    project.call("list").variable("QMS_USER", "").ask().is(2);

    let (root, elsewhere) = (project.root(), project.folder().to_owned());
    let root = root.display().to_string();
    let away = |line: &str| project.call(line).directory(&elsewhere);
    assert_eq!(away("-u qa status CR-001").ask().is(5)["error"]["code"], "not_found");
    away("-u qa status CR-001").variable("QMS_ROOT", &root).ask().is(0);
    away("-u qa status CR-001").variable("QMS_ROOT", "project").ask().is(0);
    away("-u qa status CR-001 --root project").variable("QMS_ROOT", "/nowhere").ask().is(0);
    away("--root=project -u qa status CR-001").ask().is(0);
    // Searched upward from a folder within; but a root that is named is the root.
    let inner = project.path("QMS/SOP");
    project.call("-u qa status CR-001").directory(&inner).ask().is(0);
    project.call("-u qa status CR-001 --root .").directory(&inner).ask().is(5);
}

// REQ-027
#[test]
fn users_and_namespaces_are_managed_by_name() {
    let project = Project::new();
    let added = project.ask("-u lead user add bob --group reviewer --human --name \"Bob B.\"").is(0);
    let bob = json!({"name": "bob", "printed_name": "Bob B.", "group": "reviewer", "kind": "human", "bound": false, "removed_at": null});
    assert_eq!(added["data"]["user"], bob);
    assert_eq!(added["meta"]["actor"]["user"], "lead");
    assert_eq!(project.ask("-u qa user show bob").is(0)["data"]["user"], bob);
    assert_eq!(project.ask("-u bob list").is(0)["meta"]["actor"]["group"], "reviewer");
    assert_eq!(
        project.ask("-u lead user add bob --group reviewer --human").is(4).reasons(),
        ["user_name_taken"]
    );
    assert_eq!(
        project.ask("-u qa user add eve --group reviewer --agent").is(8).reasons(),
        ["assurance_too_low", "group_not_allowed"]
    );
    project.ask("-u lead user add eve --group reviewer").is(2);
    project.ask("-u lead user add eve --group reviewer --agent --human").is(2);
    let moved = project.ask("-u lead user move bob --group quality").is(0);
    assert_eq!(moved["data"]["user"]["group"], "quality");
    let removed = project.ask("-u lead user remove bob").is(0);
    assert!(removed["data"]["user"]["removed_at"].is_string());
    project.ask("-u bob list").is(8);
    // A name is given once, for ever.
    assert_eq!(
        project.ask("-u lead user add bob --group quality --human").is(4).reasons(),
        ["user_name_taken"]
    );
    assert_eq!(project.ask("-u lead user remove lead").is(4).reasons(), ["last_administrator"]);
    assert_eq!(project.ask("-u lead user remove bob").is(4).reasons(), ["user_not_found"]);
    assert_eq!(
        names(&project.ask("-u qa user list").is(0)["data"]["users"], "name"),
        ["claude", "lead", "qa", "tu"]
    );

    project.ask("-u claude namespace add CORE").is(0);
    assert_eq!(project.ask("-u claude namespace add CORE").is(4).reasons(), ["namespace_taken"]);
    let spaces = project.ask("-u qa namespace list").is(0);
    assert_eq!(names(&spaces["data"]["namespaces"], "name"), ["CORE"]);
}

// REQ-135
#[test]
fn long_text_comes_from_the_line_a_file_or_standard_input() {
    let project = Project::new();
    project.play(&["-u claude create CR --title x", "-u claude route CR-001 --review --assignees tu,lead"]);
    fs::write(project.path("said.txt"), "From a file\nin two lines\n\n").unwrap();
    project.ask("-u tu review CR-001 --recommend --comment-file said.txt").is(0);
    project.call("-u lead review CR-001 --recommend --comment -").input("From a pipe\n").ask().is(0);
    project.call("-u qa review CR-001 --recommend --comment-file -").input("Also piped").ask().is(0);
    let comments = project.ask("-u claude comments CR-001").is(0);
    let expected = ["From a file\nin two lines", "From a pipe", "Also piped"];
    assert_eq!(names(&comments["data"]["comments"], "comment"), expected);
    let both = "-u qa review CR-001 --recommend --comment x --comment-file said.txt";
    project.ask(both).is(2);
}

// REQ-135
#[test]
fn a_text_is_never_taken_for_a_flag() {
    let project = Project::new();
    project.play(&["-u claude create CR --title x", "-u claude route CR-001 --review --assignees tu,lead"]);
    for (user, text) in [("tu", "--root=/nowhere"), ("lead", "--json"), ("qa", "-o=yaml")] {
        let line = ["-u", user, "review", "CR-001", "--recommend", "--comment", text];
        let ran = project.words(&line).run().is(0);
        assert!(ran.text().starts_with("✓ Review submitted"), "{}", ran.text());
    }
    let comments = project.ask("-u claude comments CR-001").is(0);
    assert_eq!(names(&comments["data"]["comments"], "comment"), ["--root=/nowhere", "--json", "-o=yaml"]);
}

// REQ-014
#[test]
fn commands_that_are_offered_name_the_root_that_was_named() {
    let project = Project::new();
    project.play(&["-u claude create CR --title x"]);
    project.fill_in("CR-001");
    let elsewhere = tempfile::tempdir().unwrap();
    let root = project.root().display().to_string();
    let from_there = |words: &[&str]| {
        let words: Vec<&str> = ["--root", &root].iter().chain(words).copied().collect();
        project.words(&words).directory(elsewhere.path())
    };
    let next = from_there(&["-u", "claude", "next", "CR-001"]).ask().is(0);
    let lines = next["data"]["next"].as_array().unwrap();
    let line = lines.iter().find(|line| line["action"] == "route").unwrap();
    let offered = format!("qms --user claude route CR-001 --review --root {root}");
    assert_eq!(line["command"], offered);
    let argv: Vec<&str> =
        line["argv"].as_array().unwrap().iter().map(|word| word.as_str().unwrap()).collect();
    assert_eq!(argv.join(" "), offered);
    project.words(&argv[1..]).directory(elsewhere.path()).run().is(0);
    // Where something is still to be given, its place is told rightly.
    let next = from_there(&["-u", "claude", "next", "CR-001"]).ask().is(0);
    let lines = next["data"]["next"].as_array().unwrap();
    let cancel = lines.iter().find(|line| line["action"] == "cancel").unwrap();
    let place = usize::try_from(cancel["inputs"][0]["argv_index"].as_u64().unwrap()).unwrap();
    assert!(cancel["argv"][place].is_null() && cancel["argv"][place - 1] == "--reason", "{cancel}");
    let text = from_there(&["-u", "claude", "status", "CR-001"]).run().is(0).text();
    assert!(text.contains(&format!("qms --user claude withdraw CR-001 --root {root}")), "{text}");
    from_there(&["-u", "claude", "read", "CR-9"])
        .run()
        .is(5)
        .says(&format!("try: qms --user claude list --root {root}"));
    // What was recorded is told as it was recorded.
    from_there(&["-u", "claude", "checkin", "CR-001"]).run().is(4);
    let history = from_there(&["-u", "qa", "history", "CR-001"]).ask().is(0);
    assert!(!history["data"]["entries"].to_string().contains("--root"));
}
