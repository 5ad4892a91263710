//! What is recorded of a run, who may ask for one, and how it is shown.

use std::fs;

use qms::domain::digest::Digest;
use serde_json::{Value, json};

use crate::declared::{Declared, RUN};

// REQ-110
#[test]
fn a_run_that_passes_is_recorded_with_what_it_wrote_and_what_it_speaks_about() {
    let declared = Declared::new("echo \"tested for $1\"; echo in detail >&2");
    let project = &declared.project;
    let before = project.ask("-u qa status CR-001").is(0)["data"]["document"].clone();
    let ran = declared.ask().is(0);
    let evidence = &ran["data"]["evidence"];
    let output = "tested for CR-001\nin detail\n";
    assert_eq!(evidence["content_digest"], before["content_digest"]);
    assert_eq!(evidence["body_digest"], Digest::of(output.as_bytes()).to_string());
    for (field, value) in [
        ("kind", json!("run")),
        ("name", json!("ci-passed")),
        ("number", json!(1)),
        ("author", json!("claude")),
        ("group", json!("initiator")),
        ("phase", json!("authoring")),
        ("current", json!(true)),
        ("size", json!(output.len())),
        ("status", json!(0)),
        ("outcome", json!("passed")),
    ] {
        assert_eq!(evidence[field], value, "{field}");
    }
    // Content, version and state are as before; the record has one more change.
    let after = &ran["data"]["document"];
    for field in ["state", "version", "content_digest", "owner", "authors"] {
        assert_eq!(after[field], before[field], "{field}");
    }
    assert_eq!(declared.listed(), std::slice::from_ref(evidence));
    assert_eq!(declared.kept("ci-passed"), output.as_bytes());
    let entry = &declared.entries()[0];
    assert_eq!([&entry["actor"], &entry["result"]], ["claude", "permitted"]);
    assert_eq!(entry["content_digest"], before["content_digest"]);
    assert_eq!([&entry["inputs"]["name"], &entry["observed"]["outcome"]], ["ci-passed", "passed"]);
    assert!(entry["observed"]["duration_ms"].as_str().unwrap().parse::<u64>().is_ok());
    declared.verifies();
    project.run("-u lead doctor");
}

#[test]
fn a_run_is_told_to_people_in_a_few_lines() {
    let declared = Declared::new("echo fine");
    let text = declared.project.run(RUN).is(0).says("acting as claude").text();
    assert!(text.starts_with("✓ `ci-passed` passed for CR-001 after "), "{text}");
    assert!(
        text.contains("  recorded as ci-passed@1, about version 0.2, with 5 bytes of output\n"),
        "{text}"
    );
    assert!(
        text.contains("Run a command for evidence: ")
            && text.contains(" qms --user claude evidence run CR-001 ci-passed\n"),
        "{text}"
    );
    let list = declared.project.run("-u tu evidence list CR-001").is(0).text();
    let row: Vec<&str> = list.lines().nth(1).unwrap().split_whitespace().collect();
    assert_eq!(
        [row[0], row[1], row[2], row[3], row[4], row[6]],
        ["ci-passed@1", "run", "passed", "present", "claude", "5"]
    );
    assert!(list.ends_with("Commands that the policy declares:\n  ci-passed: The tests pass\n"), "{list}");
    let wide = declared.project.run("-u tu evidence list CR-001 -o wide").is(0).text();
    assert!(wide.contains(&Digest::of(b"fine\n").to_string()[..8]), "{wide}");
}

// REQ-110
#[test]
fn a_run_that_fails_is_recorded_and_is_a_failure() {
    let declared = Declared::new("echo 3 tests failed; exit 3");
    let failed = declared.ask().is(1);
    let message = "`ci-passed` failed with status 3, which is recorded as ci-passed@1 of CR-001";
    assert_eq!(failed["error"]["message"], message);
    assert_eq!(failed["error"]["hints"], json!(["qms --user claude evidence show CR-001 ci-passed@1"]));
    let told =
        json!({"document": "CR-001", "name": "ci-passed", "number": 1, "status": 3, "outcome": "failed"});
    assert_eq!(failed["error"]["details"]["evidence"], told);
    assert_eq!(declared.kept("ci-passed@1"), b"3 tests failed\n");
    assert_eq!(
        [&declared.listed()[0]["status"], &declared.listed()[0]["outcome"]],
        [&json!(3), &json!("failed")]
    );
    assert_eq!(declared.entries()[0]["observed"]["outcome"], "failed");
    declared.verifies();
}

// REQ-111
#[test]
fn a_run_that_lacks_what_it_must_write_does_not_pass() {
    let declared = Declared::with("cat ../said", ", contains: \"42 tests passed\"");
    let project = &declared.project;
    fs::write(project.folder().join("said"), "0 tests passed, 42 tests left out\n").unwrap();
    let lacking = declared.ask().is(1);
    assert_eq!(lacking["error"]["details"]["evidence"]["outcome"], "lacking");
    assert!(
        lacking["error"]["message"].as_str().unwrap().starts_with("`ci-passed` did not write what it must")
    );
    fs::write(project.folder().join("said"), "all 42 tests passed\n").unwrap();
    declared.ask().is(0);
    let outcomes: Vec<Value> = declared.listed().iter().map(|one| one["status"].clone()).collect();
    assert_eq!(outcomes, [257, 0]);
}

#[test]
fn each_run_stands_beside_the_others_and_speaks_about_its_content() {
    let declared = Declared::new("cat ../said; exit $(cat ../said)");
    let project = &declared.project;
    let run = |said: &str, status: i32| {
        fs::write(project.folder().join("said"), said).unwrap();
        project.run(RUN).is(status);
    };
    run("1\n", 1);
    run("0\n", 0);
    project.play(&["-u claude checkout CR-001"]);
    project.edit("claude", "CR-001", "Pump", "Pumps");
    // What is out is not what is stored; the run says so.
    let warned = declared.ask().is(0);
    assert_eq!(warned["warnings"][0]["code"], "checked_out");
    project.play(&["-u claude checkin CR-001"]);
    run("4\n", 1);
    let told: Vec<(Value, Value, Value)> = declared
        .listed()
        .iter()
        .map(|one| (one["number"].clone(), one["status"].clone(), one["current"].clone()))
        .collect();
    let row = |number: u32, status: i32, current: bool| (json!(number), json!(status), json!(current));
    assert_eq!(told, [row(1, 1, false), row(2, 0, false), row(3, 0, false), row(4, 4, true)]);
    assert_eq!(declared.kept("ci-passed@1"), b"1\n");
    assert_eq!(declared.kept("ci-passed"), b"4\n");
    for which in ["ci-passed@5", "deployed", "ci-passed --kind file"] {
        project.ask(&format!("-u tu evidence show CR-001 {which}")).is(5);
    }
    for which in ["ci-passed@0", "ci-passed@x", "@1"] {
        project.ask(&format!("-u tu evidence show CR-001 {which}")).is(2);
    }
    declared.verifies();
}

#[test]
fn whoever_may_not_starts_nothing_and_the_refusal_is_recorded() {
    let declared = Declared::new("echo ran > ../ran");
    let project = &declared.project;
    let line = |user: &str| format!("-u {user} evidence run CR-001 ci-passed");
    let refused = project.keeps(1, || project.ask(&line("tu"))).is(7);
    assert_eq!(refused.reasons(), ["group_not_allowed", "not_owner"]);
    project.run("-u lead user add ann --group initiator --agent").is(0);
    assert_eq!(project.keeps(1, || project.ask(&line("ann"))).is(7).reasons(), ["not_owner"]);
    assert_eq!(project.ask(&line("mallory")).is(8).reasons(), ["unknown_user"]);
    project.issue(&["claude"]);
    let unproved = project.words(&["--user", "claude", "evidence", "run", "CR-001", "ci-passed"]);
    let mut unproved = unproved;
    unproved.command.env_remove("QMS_TOKEN_FILE");
    assert_eq!(unproved.ask().is(8).reasons(), ["credential_required"]);
    project.play(&["-u claude route CR-001 --review"]);
    let refused = project.keeps(1, || project.ask(RUN)).is(4);
    assert_eq!(refused.reasons(), ["not_from_this_state"]);
    assert!(!project.folder().join("ran").exists(), "the command was run");
    assert_eq!(declared.listed(), Vec::<Value>::new());
    // Quality may, whoever owns the document.
    project.play(&["-u claude withdraw CR-001", &line("qa")]);
    assert!(project.folder().join("ran").exists());
}

#[test]
fn a_dry_run_runs_and_records_nothing() {
    let declared = Declared::new("echo ran > ../ran");
    let project = &declared.project;
    project.keeps(0, || {
        let would = project.ask(&format!("{RUN} --dry-run")).is(0);
        assert_eq!([&would["data"]["dry_run"], &would["data"]["evidence"]], [&json!(true), &Value::Null]);
        let text = project.run(&format!("{RUN} --dry-run")).is(0).text();
        assert!(text.starts_with("would be permitted: `ci-passed` is run for CR-001\n"), "{text}");
        project.ask("-u tu evidence run CR-001 ci-passed --dry-run").is(7);
    });
    assert!(!project.folder().join("ran").exists(), "the command was run");
}

// REQ-110
#[test]
fn what_is_not_declared_is_not_found_and_nothing_is_invented() {
    let declared = Declared::new("true");
    let project = &declared.project;
    project.keeps(0, || {
        let unknown = project.ask("-u claude evidence run CR-001 ci-pased").is(5);
        assert_eq!(unknown["error"]["hints"], json!(["qms --user claude evidence list CR-001"]));
        project.ask("-u claude evidence run CR-999 ci-passed").is(5);
        project.ask("-u claude evidence list CR-999").is(5);
        // Nobody says how a run ended, and no verb of the policy records one.
        for more in ["--status 0", "--output fine", "-- /bin/true"] {
            project.run(&format!("{RUN} {more}")).is(2);
        }
        project.run("-u claude evidence-record CR-001 ci-passed").is(2);
        project.run("-u claude evidence record CR-001 ci-passed").is(2);
    });
    let other = crate::project::Project::new();
    other.play(&["-u claude create CR --title x"]);
    let list = other.ask("-u claude evidence list CR-001").is(0);
    assert_eq!(list["data"], json!({"evidence": [], "declared": []}));
    assert_eq!(other.run("-u claude evidence list CR-001").is(0).text(), "no evidence\n");
    // Where nothing is declared, no menu offers it, and it says why.
    let all = other.ask("-u claude next CR-001 --all").is(0);
    let line =
        all["data"]["next"].as_array().unwrap().iter().find(|line| line["action"] == "evidence_record");
    assert_eq!(line.unwrap()["missing"][0]["name"], "evidence_unknown");
}

#[test]
fn a_file_that_was_presented_is_listed_and_shown_beside_the_runs() {
    let declared = Declared::new("echo fine");
    let project = &declared.project;
    project.play(&[
        "-u claude route CR-001 --review",
        "-u qa review CR-001 --recommend --comment fine",
        "-u claude route CR-001 --approval",
        "-u qa approve CR-001",
        "-u claude release CR-001",
        RUN,
    ]);
    fs::write(project.path("photo"), b"\x89PNG\r\n\x1a\n").unwrap();
    project.run("-u claude item record CR-001 EI-1 --outcome pass --evidence \"a photo\" --file photo").is(0);
    let listed = declared.listed();
    let told: Vec<[&Value; 4]> =
        listed.iter().map(|one| [&one["kind"], &one["name"], &one["status"], &one["outcome"]]).collect();
    assert_eq!(
        told,
        [
            [&json!("run"), &json!("ci-passed"), &json!(0), &json!("passed")],
            [&json!("file"), &json!("EI-1"), &Value::Null, &Value::Null],
        ]
    );
    assert_eq!(declared.kept("EI-1"), b"\x89PNG\r\n\x1a\n");
    project.ask("-u tu evidence show CR-001 EI-1 --kind run").is(5);
    // What was recorded with it changed the content, so that the run speaks about an earlier one.
    assert_eq!(listed[0]["current"], false);
    declared.verifies();
}
