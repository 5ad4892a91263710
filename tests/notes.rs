//! Traits and notes through the real binary: what a gate waits for, who may write it, who may see it.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops")]

mod project;

use std::fs;

use rusqlite::Connection;
use serde_json::{Value, json};

use self::project::Project;

const ASSESSMENT: &str =
    "An attacker gains nothing new: the pump listens to nobody. Tried with both accounts, and by hand.";

/// A change that needs an assessment, in its review by `qa` and `tu`.
fn in_review() -> Project {
    let project = Project::new();
    fs::write(project.path("assessment.md"), ASSESSMENT).unwrap();
    project.play(&[
        "-u claude create CR --title Pump --trait needs-security-review",
        "-u claude route CR-001 --review --assignees tu",
    ]);
    project
}

fn names(reasons: &Value) -> Vec<&str> {
    reasons.as_array().unwrap().iter().map(|reason| reason["name"].as_str().unwrap()).collect()
}

// REQ-093
#[test]
fn a_change_without_its_assessment_is_not_approved() {
    let project = in_review();
    project.play(&[
        "-u tu review CR-001 --recommend --comment fine",
        "-u qa review CR-001 --recommend --comment fine",
    ]);
    let refused = project.ask("-u claude route CR-001 --approval").is(4);
    let reason = &refused["error"]["reasons"][0];
    assert_eq!(reason["name"], "note_missing");
    let message = reason["message"].as_str().unwrap();
    assert!(
        message.starts_with("the note `security-assessment` of CR-001 is missing; it is by reviewer: "),
        "{message}"
    );
    // Who can write it is offered it, with the notes that there are to write.
    let menu = project.ask("-u tu next CR-001").is(0);
    let line =
        menu["data"]["next"].as_array().unwrap().iter().find(|line| line["action"] == "note_set").unwrap();
    assert_eq!(line["command"], "qms --user tu note set CR-001 security-assessment --file <path>");
    assert_eq!(
        line["inputs"][0]["one_of"],
        json!([{"value": "security-assessment", "flag": "security-assessment"}])
    );

    project.run("-u tu note set CR-001 security-assessment --file assessment.md").is(0);
    let shown = project.ask("-u claude note show CR-001 security-assessment").is(0);
    assert_eq!((&shown["data"]["text"], &shown["data"]["author"]), (&json!(ASSESSMENT), &json!("tu")));
    project.run("-u claude route CR-001 --approval").is(0);
}

// REQ-046
#[test]
fn a_note_is_void_when_the_content_changes() {
    let project = in_review();
    project.run("-u tu note set CR-001 security-assessment --file assessment.md").is(0);
    project.run("-u claude checkout CR-001").is(0);
    project.edit("claude", "CR-001", "title: \"Pump\"", "title: \"Larger pump\"");
    project.play(&[
        "-u claude route CR-001 --review --assignees tu",
        "-u tu review CR-001 --recommend --comment fine",
        "-u qa review CR-001 --recommend --comment fine",
    ]);
    let refused = project.ask("-u claude route CR-001 --approval").is(4);
    let message = refused["error"]["reasons"][0]["message"].as_str().unwrap();
    assert!(message.contains("speaks about an earlier content"), "{message}");
    let list = project.ask("-u claude note list CR-001").is(0);
    assert_eq!(list["data"]["notes"][0]["written"][0]["current"], false);
    assert_eq!(
        project.ask("-u claude note show CR-001 security-assessment").is(0)["warnings"][0]["code"],
        "note_of_earlier_content"
    );
    // The next one stands beside it, and counts.
    project.run("-u tu note set CR-001 security-assessment --file assessment.md").is(0);
    project.run("-u claude note show CR-001 security-assessment@1").is(0);
    project.run("-u claude note show CR-001 security-assessment@2").is(0);
    project.run("-u claude note show CR-001 security-assessment@3").is(5);
    project.run("-u claude route CR-001 --approval").is(0);
}

// REQ-082
#[test]
fn a_note_of_an_open_round_is_seen_by_its_author_alone() {
    let project = in_review();
    project.run("-u tu note set CR-001 security-assessment --file assessment.md").is(0);
    for user in ["qa", "claude", "lead"] {
        for line in
            ["note show CR-001 security-assessment", "note list CR-001", "history CR-001", "comments CR-001"]
        {
            for form in ["", " -o json", " -o wide"] {
                let ran = project.run(&format!("-u {user} {line}{form}"));
                assert!(!ran.text().contains("attacker gains nothing"), "{user} {line}: {}", ran.text());
            }
        }
        project.run(&format!("-u {user} note show CR-001 security-assessment")).is(5);
        let list = project.ask(&format!("-u {user} note list CR-001")).is(0);
        let written = &list["data"]["notes"][0]["written"][0];
        assert_eq!((&written["author"], &written["digest"]), (&json!("tu"), &Value::Null));
    }
    project.run("-u tu note show CR-001 security-assessment").is(0);
    project.play(&[
        "-u tu review CR-001 --recommend --comment fine",
        "-u qa review CR-001 --recommend --comment fine",
        "-u qa note show CR-001 security-assessment",
    ]);
}

// REQ-082
#[test]
fn what_a_reviewer_judged_is_sealed_without_the_notes_that_are_hidden_from_it() {
    let project = in_review();
    let round = project.ask("-u qa status CR-001").is(0)["data"]["document"]["dossier_digest"].clone();
    project.play(&[
        "-u tu note set CR-001 security-assessment --file assessment.md",
        "-u qa review CR-001 --recommend --comment fine",
    ]);
    let history = project.ask("-u qa history CR-001").is(0);
    let entries = history["data"]["entries"].as_array().unwrap();
    let judged = entries.iter().find(|entry| entry["action"] == "review").unwrap();
    assert!(round.is_string());
    assert_eq!(judged["observed"]["dossier"], round);
}

// REQ-095, REQ-160
#[test]
fn a_note_that_is_misspelt_too_long_blank_or_no_text_is_refused() {
    let project = in_review();
    fs::write(project.path("large.md"), "x".repeat(1024 * 1024)).unwrap();
    fs::write(project.path("larger.md"), "x".repeat(17 * 1024 * 1024)).unwrap();
    fs::write(project.path("blank.md"), " \n").unwrap();
    fs::write(project.path("unseen.md"), "\u{200b}\u{2800}\u{3164}".repeat(80)).unwrap();
    fs::write(project.path("bytes.md"), [0x66, 0xff]).unwrap();
    project.keeps(11, || {
        let refusals = [
            (
                "tu note set CR-001 security-assesment --file assessment.md",
                "note_unknown",
                "did you mean `security-assessment`?",
            ),
            (
                "tu note set CR-001 security-assessment --file large.md",
                "invalid_input",
                "has 1048576 bytes (1 MiB); 65536 bytes (64 KiB) are allowed",
            ),
            (
                "tu note set CR-001 security-assessment --file larger.md",
                "invalid_input",
                "has 17825792 bytes (17 MiB); 16777216 bytes (16 MiB) are allowed",
            ),
            (
                "tu note set CR-001 security-assessment --file blank.md",
                "invalid_input",
                "has 0 characters that are seen, 80 are the least",
            ),
            (
                "tu note set CR-001 security-assessment --file unseen.md",
                "invalid_input",
                "has 0 characters that are seen, 80 are the least",
            ),
            (
                "tu review CR-001 --recommend --comment \"\u{200b}\u{2800}\"",
                "missing_input",
                "`comment` is missing or blank",
            ),
            (
                "tu note set CR-001 security-assessment --file bytes.md",
                "invalid_input",
                "first bad byte at 1",
            ),
            (
                "qa note set CR-001 security-assessment --file assessment.md",
                "note_not_yours",
                "is for reviewer",
            ),
            ("claude note set CR-001 security-context --file assessment.md", "not_assigned", "no open task"),
            (
                "qa trait add CR-001 needs-security-reveiw",
                "trait_unknown",
                "did you mean `needs-security-review`?",
            ),
            ("qa trait add CR-001 needs-security-review", "trait_present", "already"),
        ];
        for (line, name, words) in refusals {
            let refused = project.ask(&format!("-u {line}"));
            let reasons = &refused.value()["error"]["reasons"];
            assert!(names(reasons).contains(&name), "{line}: {reasons}");
            assert!(reasons.to_string().contains(words), "{line}: {reasons}");
        }
    });
    project.keeps(1, || {
        let refused = project.ask("-u claude create CR --title x --trait needs-security-reveiw").is(4);
        assert_eq!(names(&refused["error"]["reasons"]), ["trait_unknown"]);
    });
    project.run("-u tu note set CR-001 security-assessment").is(2);
    project.run("-u tu note set CR-001 security-assessment --file nowhere.md").is(1);
}

// REQ-096
#[test]
fn who_wrote_the_content_is_written_by_the_program_and_by_nobody_else() {
    let project = Project::new();
    project.issue(&["claude"]);
    fs::write(project.path("mine.md"), "It was somebody else.").unwrap();
    project.play(&[
        "-u claude create CR --title Pump --trait needs-agent-attribution",
        "-u claude checkin CR-001",
    ]);
    let refused = project.ask("-u claude note set CR-001 agent-attribution --file mine.md");
    assert_eq!(names(&refused.value()["error"]["reasons"]), ["note_not_yours"]);
    let shown = project.ask("-u claude note show CR-001 agent-attribution").is(0);
    let credentials = project.ask("-u lead token list").is(0)["data"]["credentials"].clone();
    let own = credentials.as_array().unwrap().iter().find(|one| one["user"] == "claude").unwrap();
    let credential = own["id"].as_str().unwrap();
    assert_eq!(shown["data"]["text"], format!("claude (agent), verified: token\ncredential: {credential}\n"));
    project.run("-u claude checkout CR-001").is(0);
    project.edit("claude", "CR-001", "title: \"Pump\"", "title: \"Larger pump\"");
    project.run("-u claude route CR-001 --review").is(0);
    let list = project.ask("-u claude note list CR-001").is(0);
    let written = list["data"]["notes"][0]["written"].as_array().unwrap();
    assert_eq!((written.len(), &written[0]["current"]), (2, &json!(true)));
}

// REQ-096
#[test]
fn what_a_trait_demands_that_came_later_is_written_at_the_next_check_in_whatever_changed() {
    let project = Project::new();
    project.play(&[
        "-u claude create CR --title Pump",
        "-u claude trait add CR-001 needs-agent-attribution",
        "-u claude checkin CR-001",
        "-u claude trait add CR-001 needs-notice",
    ]);
    assert_eq!(project.ask("-u claude note list CR-001").is(0)["data"]["notes"][0]["missing"], json!(null));
    project.play(&["-u claude create CR --title Tank", "-u claude checkin CR-002"]);
    project.run("-u claude checkout CR-002").is(0);
    project.fill_in("CR-002");
    project.play(&["-u claude checkin CR-002", "-u claude trait add CR-002 needs-agent-attribution"]);
    let refused = project.ask("-u claude route CR-002 --review").is(4);
    assert_eq!(names(&refused["error"]["reasons"]), ["note_missing"]);
    assert_eq!(refused["error"]["reasons"][0]["remedy"], "qms --user claude checkout CR-002");
    project.play(&[
        "-u claude checkout CR-002",
        "-u claude checkin CR-002",
        "-u claude route CR-002 --review",
    ]);
}

// REQ-084, REQ-093
#[test]
fn who_owes_a_note_is_told_so_and_a_round_without_them_is_warned_of() {
    let project = Project::new();
    project.run("-u claude create CR --title Pump --trait needs-security-review").is(0);
    let routed = project.ask("-u claude route CR-001 --review").is(0);
    assert_eq!(routed["warnings"][0]["code"], "note_unassigned");
    project.run("-u qa assign CR-001 --assignees tu").is(0);
    let brief = project.run("-u tu brief CR-001").is(0).text();
    assert!(brief.contains("  qms --user tu note set CR-001 security-assessment --file <path>\n"), "{brief}");
    let brief = project.run("-u qa brief CR-001").is(0).text();
    assert!(brief.contains("qms --user qa note list CR-001\n") && !brief.contains("note set"), "{brief}");
}

// REQ-159
#[test]
fn a_note_that_was_there_when_a_document_was_judged_is_not_replaced() {
    let project = in_review();
    fs::write(project.path("other.md"), ASSESSMENT.replace("nothing new", "the keys of the tank")).unwrap();
    let set = "-u tu note set CR-001 security-assessment --file";
    project.play(&[
        &format!("{set} other.md"),
        // Who has a verdict still to give may say it better.
        &format!("{set} assessment.md"),
        "-u tu review CR-001 --recommend --comment fine",
        "-u qa review CR-001 --recommend --comment fine",
    ]);
    project.run("-u lead user add tu2 --group reviewer --agent").is(0);
    for line in [set, "-u tu2 note set CR-001 security-assessment --file"] {
        let refused = project.ask(&format!("{line} other.md")).is(4);
        assert_eq!(names(&refused["error"]["reasons"]), ["note_judged"], "{line}");
    }
    // In another round, too, as long as those who judged it are not to judge it again.
    project.run("-u qa assign CR-001 --assignees tu2").is(0);
    let refused = project.ask("-u tu2 note set CR-001 security-assessment --file other.md").is(4);
    assert_eq!(names(&refused["error"]["reasons"]), ["note_judged"]);
}

// REQ-159
#[test]
fn a_note_that_was_approved_is_not_replaced_in_the_next_phase() {
    let project = in_review();
    let set = "-u tu note set CR-001 security-assessment --file assessment.md";
    let context = "-u claude note set CR-001 security-context --file assessment.md";
    project.play(&[
        set,
        "-u tu review CR-001 --recommend --comment fine",
        "-u qa review CR-001 --recommend --comment fine",
        context,
        "-u claude route CR-001 --approval",
        "-u qa approve CR-001",
    ]);
    let refused = project.ask(context).is(4);
    assert_eq!(names(&refused["error"]["reasons"]), ["note_judged"]);
}

/// Edits a file of the policy, and asks for its adoption.
fn adopt(project: &Project, file: &str, edits: &[(&str, &str)]) -> Vec<String> {
    let path = project.path(&format!("workflows/{file}"));
    let text = fs::read_to_string(&path).unwrap();
    let mut edited = text.clone();
    for (from, to) in edits {
        assert!(edited.contains(from), "{file} has no `{from}` any more");
        edited = edited.replacen(from, to, 1);
    }
    fs::write(&path, edited).unwrap();
    let answer = project.ask("-u lead workflow adopt").is(4);
    fs::write(path, text).unwrap();
    let reasons = answer.value().pointer("/error/reasons").and_then(Value::as_array).unwrap();
    reasons.iter().map(ToString::to_string).collect()
}

// REQ-156
#[test]
fn a_policy_that_demands_less_of_what_is_under_way_is_not_adopted() {
    let project = in_review();
    for (from, to, how) in [
        ("required: true\n        phases", "required: false\n        phases", "is not required"),
        ("phases: [review, pre_review, post_review]", "phases: [review]", "is waited for in fewer phases"),
        ("role: reviewer\n        required", "role: initiator\n        required", "is written by others"),
        ("min_length: 80", "min_length: 1", "may be shorter"),
        ("key: security-assessment", "key: security-opinion", "is gone"),
    ] {
        let reasons = adopt(&project, "policy.yaml", &[(from, to)]);
        let wanted = format!("the note `security-assessment` of CR-001 {how} in the candidate");
        assert!(reasons.iter().any(|reason| reason.contains(&wanted)), "{reasons:?}");
    }
    // Changes would have no items, and nothing would answer for one.
    let lines = fs::read_to_string(project.path("workflows/executable.yaml")).unwrap();
    let of = |kind: &str| lines.lines().find(|line| line.trim_start().starts_with(kind)).unwrap();
    let (change, variance) = (of("CR:"), of("VAR:"));
    let (without, of_others) =
        (change.replace(", items: true", ""), variance.replace("[CR, INV, ADD]", "[INV, ADD]"));
    let edits = [(change, without.as_str()), (variance, of_others.as_str())];
    let items = adopt(&project, "executable.yaml", &edits);
    assert!(items.iter().any(|reason| reason.contains("CR-001 has execution items")), "{items:?}");
}

// REQ-094
#[test]
fn a_trait_that_the_policy_lost_keeps_its_gate_closed() {
    let project = in_review();
    project.play(&[
        "-u tu review CR-001 --recommend --comment fine",
        "-u qa review CR-001 --recommend --comment fine",
    ]);
    let path = project.path("workflows/policy.yaml");
    let text = fs::read_to_string(&path).unwrap();
    let (before, rest) = text.split_once("  needs-security-review:").unwrap();
    let (_, after) = rest.split_once("  needs-agent-attribution:").unwrap();
    fs::write(&path, format!("{before}  needs-agent-attribution:{after}")).unwrap();
    project.run("-u lead workflow adopt --less --reason \"it is no longer asked for\"").is(0);
    let refused = project.ask("-u claude route CR-001 --approval").is(4);
    assert_eq!(names(&refused["error"]["reasons"]), ["trait_unknown"]);
    assert_eq!(project.ask("-u claude trait list CR-001").is(0)["data"]["traits"][0]["known"], false);
}

// REQ-118, REQ-126
#[test]
fn an_edited_note_is_found() {
    let project = in_review();
    project.run("-u tu note set CR-001 security-assessment --file assessment.md").is(0);
    project.run("-u qa audit verify --contents").is(0);
    project.run("-u qa doctor").is(0);
    let database = Connection::open(project.database()).unwrap();
    let edits = [
        ("UPDATE attestations SET author = 'qa'", "attestations_stay", 80),
        ("DELETE FROM attestations", "attestations_remain", 80),
    ];
    for (edit, trigger, status) in edits {
        assert!(database.execute_batch(edit).is_err(), "{edit} is stopped by a trigger");
        let made: String = database
            .query_row("SELECT sql FROM sqlite_schema WHERE name = ?", [trigger], |row| row.get(0))
            .unwrap();
        database
            .execute_batch(&format!("SAVEPOINT edit; DROP TRIGGER {trigger}; {edit}; {made}; RELEASE edit"))
            .unwrap();
        project.run("-u qa audit verify").is(status);
    }
}

// REQ-097
#[test]
fn a_round_is_sealed_with_all_that_its_verdicts_speak_about() {
    let project = in_review();
    let dossier = || project.ask("-u qa status CR-001").is(0)["data"]["document"]["dossier_digest"].clone();
    let first = dossier();
    assert!(first.is_string());
    let judged = |number: usize| {
        let history = project.ask("-u lead history CR-001").is(0)["data"]["entries"].clone();
        let judged = history.as_array().unwrap().iter().filter(|entry| entry["action"] == "review");
        judged.map(|entry| entry["observed"]["dossier"].clone()).nth(number).unwrap()
    };
    // What is written in a round belongs to the next one.
    project.run("-u tu note set CR-001 security-assessment --file assessment.md").is(0);
    assert_eq!(dossier(), first);
    project.play(&[
        "-u tu review CR-001 --recommend --comment fine",
        "-u qa review CR-001 --recommend --comment fine",
    ]);
    assert_eq!(dossier(), Value::Null);
    project.run("-u claude route CR-001 --approval").is(0);
    assert!(dossier().is_string() && dossier() != first);
    // Every verdict says for ever what lay before its giver: before `tu` the note, too, which was hidden from `qa`.
    assert!(judged(0).is_string() && judged(0) != first);
    assert_eq!((judged(1), dossier()), (first, judged(0)));
}
