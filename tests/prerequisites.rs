//! What documents wait for, through the real binary.

mod project;

use serde_json::{Value, json};

use self::project::Project;

const TITLE: &str = "title: \"";

/// Writes a prerequisite into the working copy.
fn require(project: &Project, id: &str, sentences: &str) {
    project.edit("claude", id, TITLE, &format!("requires: {sentences}\n{TITLE}"));
}

/// A change that requires a requirements specification, on its way up to `state`.
fn change(project: &Project, until: usize) {
    project.run("-u claude create CR --title Pump").is(0);
    require(project, "CR-001", "SDLC-X-RS is EFFECTIVE");
    let lines = [
        "-u claude route CR-001 --review",
        "-u qa review CR-001 --recommend --comment fine",
        "-u claude route CR-001 --approval",
        "-u qa approve CR-001",
        "-u claude release CR-001",
        "-u claude route CR-001 --review",
        "-u qa review CR-001 --recommend --comment fine",
        "-u claude route CR-001 --approval",
        "-u qa approve CR-001",
    ];
    for line in lines.iter().take(until) {
        if line.ends_with("route CR-001 --review") && project.state("CR-001") == "IN_EXECUTION" {
            project.record("claude", "CR-001", &["EI-1", "EI-2", "EI-3"]);
        }
        project.run(line).is(0);
    }
}

fn specification(project: &Project) {
    project.play(&["-u claude namespace add X", "-u claude create RS --namespace X --title Needs"]);
    project.edit("claude", "SDLC-X-RS", "{{revision_summary}}", "Initial issue");
    project.play(&[
        "-u claude route SDLC-X-RS --review",
        "-u qa review SDLC-X-RS --recommend --comment fine",
        "-u claude route SDLC-X-RS --approval",
    ]);
}

// REQ-098, REQ-101
#[test]
fn a_change_is_not_closed_before_the_document_it_depends_on_is_effective() {
    let project = Project::new();
    change(&project, 9);
    let refused = project.ask("-u claude close CR-001").is(4);
    assert_eq!(refused.reasons(), ["prerequisite_unmet"]);
    assert_eq!(
        refused["error"]["reasons"][0]["message"],
        "there is no SDLC-X-RS; CR-001 requires it EFFECTIVE"
    );
    specification(&project);
    let refused = project.ask("-u claude close CR-001").is(4);
    let reason = &refused["error"]["reasons"][0];
    assert_eq!(reason["message"], "SDLC-X-RS is IN_APPROVAL; CR-001 requires it EFFECTIVE");
    assert_eq!(reason["remedy"], "qms --user claude why SDLC-X-RS");
    let blocked = project.ask("-u qa blocked").is(0);
    let row = json!({"document": "CR-001", "title": "Pump", "state": "POST_APPROVED", "waits_for": "SDLC-X-RS", "wanted": "EFFECTIVE", "is": "IN_APPROVAL"});
    assert_eq!(blocked["data"]["blocked"], json!([row]));
    project.run("-u qa approve SDLC-X-RS").is(0);
    assert_eq!(project.ask("-u qa blocked").is(0)["data"]["blocked"], json!([]));
    // A revision that is drafted meanwhile changes nothing.
    project.run("-u claude checkout SDLC-X-RS").is(0);
    project.run("-u claude close CR-001").is(0);
    project.run("-u qa audit verify --contents").is(0);
}

// REQ-098
#[test]
fn the_template_of_a_change_says_how_a_prerequisite_is_stated() {
    let project = Project::new();
    project.run("-u claude create CR --title Pump").is(0);
    let text = std::fs::read_to_string(project.copy("claude", "CR-001")).unwrap_or_default();
    let (_, after) = text.split_once("\nmatter, as in requires: ").unwrap_or_default();
    let (stated, _) = after.split_once(". Then").unwrap_or_default();
    require(&project, "CR-001", stated);
    project.run("-u claude checkin CR-001").is(0);
    let blocked = project.ask("-u qa blocked").is(0);
    let waits_for = |index: usize| &blocked["data"]["blocked"][index]["waits_for"];
    assert_eq!([waits_for(0), waits_for(1)], ["INV-003", "SDLC-PUMP-RTM"]);
}

// REQ-101
#[test]
fn why_shows_what_stands_between_a_change_and_its_end_as_a_tree() {
    let project = Project::new();
    change(&project, 5);
    specification(&project);
    project.run("-u claude item record CR-001 EI-1 --outcome fail --actual leak --evidence log").is(0);
    project.run("-u claude create VAR --parent CR-001 --item EI-1 --title Leak").is(0);
    project.fill_in("CR-001-VAR-001");
    project.run("-u claude checkin CR-001-VAR-001").is(0);
    let shown = project.run("-u tu why CR-001").is(0).text();
    assert_eq!(
        shown,
        "\
CR-001 Pump: IN_EXECUTION, on the way to CLOSED
├─ route --review (initiator): IN_EXECUTION → IN_POST_REVIEW
│    ✗ EI-2 of CR-001 lacks: actual result, evidence, outcome, performer, time
│    ✗ EI-3 of CR-001 lacks: actual result, evidence, outcome, performer, time
│    ✗ CR-001-VAR-001 belongs to CR-001 and is DRAFT
├─ review (quality, reviewer, administrator): IN_POST_REVIEW → POST_REVIEWED
├─ route --approval (initiator, quality): POST_REVIEWED → IN_POST_APPROVAL
├─ approve (quality, reviewer): IN_POST_APPROVAL → POST_APPROVED
├─ close (initiator): POST_APPROVED → CLOSED
│    ✗ CR-001-VAR-001 belongs to CR-001 and is DRAFT
│    ✗ SDLC-X-RS is IN_APPROVAL; CR-001 requires it EFFECTIVE
├─ SDLC-X-RS Needs: IN_APPROVAL, on the way to EFFECTIVE
│  └─ approve (qa): IN_APPROVAL → EFFECTIVE
└─ CR-001-VAR-001 Leak: DRAFT, on the way to CLOSED
   ├─ route --review (initiator): DRAFT → IN_PRE_REVIEW
   ├─ review (quality, reviewer, administrator): IN_PRE_REVIEW → PRE_REVIEWED
   ├─ route --approval (initiator, quality): PRE_REVIEWED → IN_PRE_APPROVAL
   ├─ approve (quality, reviewer): IN_PRE_APPROVAL → PRE_APPROVED
   ├─ release (initiator): PRE_APPROVED → IN_EXECUTION
   ├─ route --review (initiator): IN_EXECUTION → IN_POST_REVIEW
   ├─ review (quality, reviewer, administrator): IN_POST_REVIEW → POST_REVIEWED
   ├─ route --approval (initiator, quality): POST_REVIEWED → IN_POST_APPROVAL
   ├─ approve (quality, reviewer): IN_POST_APPROVAL → POST_APPROVED
   └─ close (initiator): POST_APPROVED → CLOSED
"
    );
    let answer = project.ask("-u tu why CR-001").is(0);
    assert_eq!(answer["data"]["waits_for"][0]["steps"][0]["by"], json!(["qa"]));
    let effective = project.run("-u tu why SOP-001").is(0).text();
    assert!(effective.ends_with("EFFECTIVE, nothing stands in the way\n"), "{effective}");
    project.run("-u claude checkout SOP-001").is(0);
    let drafted = project.ask("-u tu why SOP-001").is(0);
    assert_eq!(drafted["data"]["steps"][0]["action"], "route");
    project.run("-u tu why CR-999").is(5);
}

// REQ-291
#[test]
fn why_shows_every_document_of_a_long_chain_once_and_says_where() {
    let project = Project::new();
    let count = 23;
    for number in 1..=count {
        project.run(&format!("-u claude create CR --title t{number}")).is(0);
        if number > 1 {
            require(&project, &format!("CR-{number:03}"), &format!("CR-{:03} is CLOSED", number - 1));
        }
        project.run(&format!("-u claude checkin CR-{number:03}")).is(0);
    }
    let shown = project.run(&format!("-u claude why CR-{count:03}")).is(0).text();
    let lines: Vec<&str> =
        shown.lines().map(|line| line.trim_start_matches([' ', '│', '├', '└', '─'])).collect();
    for number in 1..=count {
        let of = lines.iter().filter(|line| line.starts_with(&format!("CR-{number:03} t{number}: DRAFT")));
        let full = of.clone().filter(|line| !line.contains("(shown"));
        assert_eq!((full.count(), of.count() > 1), (1, number == 3), "CR-{number:03}: {shown}");
    }
    let cut = lines.iter().position(|line| line.starts_with("CR-003") && line.ends_with("(shown below)"));
    let below = lines.iter().position(|line| line.starts_with("CR-003") && !line.contains("(shown"));
    assert!(cut.is_some() && cut < below, "{shown}");
    let answer = project.ask(&format!("-u claude why CR-{count:03}")).is(0);
    assert_eq!(answer["data"]["deeper"][0]["document"], "CR-003");
    assert_eq!(answer["data"]["deeper"][0]["waits_for"][0]["document"], "CR-002");
}

// REQ-100
#[test]
fn documents_cannot_wait_for_each_other_in_a_circle() {
    let project = Project::new();
    project.play(&[
        "-u claude create CR --title One",
        "-u claude create CR --title Two",
        "-u claude create INV --title Three",
    ]);
    for (id, sentences) in [("CR-001", "CR-002 is CLOSED"), ("CR-002", "INV-001 is CLOSED")] {
        require(&project, id, sentences);
        project.run(&format!("-u claude checkin {id}")).is(0);
    }
    project.keeps(2, || {
        for (sentence, circle) in [
            (
                "CR-001 is CLOSED",
                "INV-001 would wait for CR-001, which waits for CR-002, which waits for INV-001",
            ),
            ("INV-001 is CLOSED", "INV-001 would wait for INV-001"),
        ] {
            require(&project, "INV-001", sentence);
            let refused = project.ask("-u claude checkin INV-001").is(4);
            assert_eq!(refused.reasons(), ["prerequisite_cycle"]);
            assert_eq!(refused["error"]["reasons"][0]["message"], json!(circle));
            project.edit("claude", "INV-001", &format!("requires: {sentence}\n"), "");
        }
    });
}

// REQ-100
#[test]
fn what_can_never_come_about_is_not_required() {
    let project = Project::new();
    project.play(&[
        "-u claude create CR --title Given",
        "-u claude checkin CR-001",
        "-u claude cancel CR-001 --reason superfluous",
        "-u claude create CR --title Pump",
    ]);
    for (sentence, why) in [
        ("CR-001 is CLOSED", "CR-001 is CANCELLED, and never becomes CLOSED"),
        ("SOP-001 is EFECTIVE", "SOP-001 is never EFECTIVE"),
        ("INV-003 is EFFECTIVE", "INV-003 is never EFFECTIVE"),
        ("NONSENSE is CLOSED", "there is no NONSENSE, and no type has such ids"),
    ] {
        require(&project, "CR-002", sentence);
        let refused = project.ask("-u claude checkin CR-002").is(4);
        assert_eq!(refused.reasons(), ["prerequisite_unmet"], "{sentence}");
        assert_eq!(refused["error"]["reasons"][0]["message"], json!(why));
        project.edit("claude", "CR-002", &format!("requires: {sentence}\n"), "");
    }
    // What nobody has made yet can still come.
    require(&project, "CR-002", "\"SDLC-X-RTM is EFFECTIVE, INV-003 is CLOSED, CR-001 is CANCELLED\"");
    project.run("-u claude checkin CR-002").is(0);
}

// REQ-101
#[test]
fn why_tells_everybody_alike_of_what_is_stored_and_of_who_asked_for_changes() {
    let project = Project::new();
    project.run("-u claude create CR --title Pump").is(0);
    let missing = |user: &str| {
        let shown = project.ask(&format!("-u {user} why CR-001")).is(0);
        shown["data"]["steps"][0]["missing"].clone()
    };
    assert_eq!(missing("claude"), missing("tu"));
    assert!(missing("claude").to_string().contains("CR-001 is not filled in"), "{}", missing("claude"));
    project.fill_in("CR-001");
    project.play(&[
        "-u claude route CR-001 --review --assignees tu",
        "-u tu review CR-001 --request-updates --comment no",
        "-u qa review CR-001 --recommend --comment fine",
    ]);
    let shown = project.run("-u claude why CR-001").is(0).text();
    assert!(shown.contains("✗ tu asked for changes to CR-001"), "{shown}");
    assert!(!shown.contains("was not read"), "{shown}");
}

// REQ-100
#[test]
fn a_child_cannot_wait_for_the_parent_that_waits_for_it() {
    let project = Project::new();
    change(&project, 5);
    project.run("-u claude item record CR-001 EI-1 --outcome fail --actual leak --evidence log").is(0);
    project.run("-u claude create VAR --parent CR-001 --item EI-1 --title Leak").is(0);
    require(&project, "CR-001-VAR-001", "CR-001 is CLOSED");
    let refused = project.ask("-u claude checkin CR-001-VAR-001").is(4);
    assert_eq!(refused.reasons(), ["prerequisite_cycle"]);
}

// REQ-100
#[test]
fn of_two_that_would_close_a_circle_at_once_one_is_refused() {
    let project = Project::new();
    project.play(&["-u claude create CR --title One", "-u claude create CR --title Two"]);
    require(&project, "CR-001", "CR-002 is CLOSED");
    require(&project, "CR-002", "CR-001 is CLOSED");
    let call = |id: &str| project.call(&format!("-u claude checkin {id}"));
    let calls = [call("CR-001"), call("CR-002")].map(|call| std::thread::spawn(move || call.run().status));
    let mut statuses = calls.map(|call| call.join().unwrap());
    statuses.sort_unstable();
    assert_eq!(statuses, [0, 4]);
}

// REQ-100, REQ-164
#[test]
fn a_prerequisite_that_is_no_sentence_is_refused_where_it_stands() {
    let project = Project::new();
    project.run("-u claude create CR --title One").is(0);
    for (sentences, said) in [
        ("SOP-001", "is no prerequisite: expected `<document> is <STATE>`"),
        ("sop-001 is EFFECTIVE", "did you mean `SOP-001`?"),
        ("SOP-001 is effective", "did you mean `EFFECTIVE`?"),
        ("[SOP-001 is EFFECTIVE]", "CR-001.md:5"),
        ("SOP-001 is CLOSED", "SOP-001 is never CLOSED"),
        (
            "\"INV-009 is CLOSED, {{none}}\"",
            "CR-001.md:5: `requires` has a placeholder `{{…}}` beside other text",
        ),
        ("none\nRequires: INV-009 is CLOSED", "did you mean `requires`?"),
        ("\"{{none}}\"\nrequries: INV-009 is CLOSED", "CR-001.md:6: `requries` is no field"),
    ] {
        require(&project, "CR-001", sentences);
        let refused = project.ask("-u claude checkin CR-001").is(4);
        let message = refused["error"]["reasons"][0]["message"].as_str().unwrap();
        assert!(message.contains(said), "{sentences}: {message}");
        project.edit("claude", "CR-001", &format!("requires: {sentences}\n"), "");
    }
    project.run("-u claude checkin CR-001").is(0);
    assert_eq!(
        project.ask("-u qa status CR-001").is(0)["data"]["document"]["requires"],
        Value::Array(Vec::new())
    );
}
