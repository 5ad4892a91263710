//! Documents, menus, tasks, lists and contents, field by field.

use std::collections::BTreeSet;
use std::fs;

use serde_json::{Value, json};

use super::{keys, names};
use crate::project::Project;
use crate::project::answer::Answer;

// REQ-088
#[test]
fn a_document_and_its_transition_have_the_fields_of_the_contract() {
    let project = Project::new();
    let created = project.ask("-u claude create CR --title \"A change\"").is(0);
    let fields = "id type title state version effective_version owner authors checked_out_by parent phase \
                  revision content_digest policy_digest workflow template traits requires dossier_digest \
                  assignees created_at updated_at";
    assert_eq!(keys(&created["data"]["document"]), fields.split_whitespace().collect::<Vec<_>>());
    assert_eq!(created["data"]["transition"], json!({"from": null, "to": "DRAFT"}));
    let document = &created["data"]["document"];
    assert_eq!(document["authors"], json!(["claude"]));
    assert_eq!([&document["version"], &document["effective_version"]], [&json!("0.1"), &Value::Null]);

    let routed = project.ask("-u claude route CR-001 --review --assignees tu").is(0);
    assert_eq!(routed["data"]["transition"], json!({"from": "DRAFT", "to": "IN_PRE_REVIEW"}));
    let seat = |user, verdict: Value| json!({"user": user, "task": "review", "answered": !verdict.is_null(), "verdict": verdict});
    let document = &routed["data"]["document"];
    assert_eq!(document["assignees"], json!([seat("qa", Value::Null), seat("tu", Value::Null)]));
    assert_eq!(document["phase"], json!("pre_review"));
    let reviewed = project.ask("-u tu review CR-001 --request-updates --comment x").is(0);
    let seats = &reviewed["data"]["document"]["assignees"];
    assert_eq!(seats, &json!([seat("qa", Value::Null), seat("tu", json!("request_updates"))]));

    let installed = project.ask("-u claude status SOP-001").is(0);
    assert_eq!(installed["data"]["document"]["effective_version"], json!("1.0"));
    assert_eq!(installed["data"]["document"]["owner"], Value::Null);
}

/// Fills in what a menu line still needs, as a script would; `user` where it asks for one.
fn filled(line: &Value, user: &str) -> Vec<String> {
    let mut argv: Vec<Value> = line["argv"].as_array().unwrap().clone();
    let mut slots = 0;
    for input in line["inputs"].as_array().unwrap() {
        let Some(at) = input["argv_index"].as_u64() else {
            assert_eq!(input["required"], json!(false), "{line}");
            continue;
        };
        slots += 1;
        let at = usize::try_from(at).unwrap();
        assert!(argv[at].is_null(), "{line}");
        argv[at] = match (input["name"].as_str().unwrap(), &input["one_of"][0]) {
            (_, choice) if choice.is_object() => choice["flag"].clone(),
            ("assignees" | "to", _) => json!(user),
            _ => json!("- because it is so -"),
        };
    }
    let given =
        argv.iter().map(|word| word.as_str().unwrap_or_else(|| panic!("{line}")).to_owned()).collect();
    assert_eq!(line["argv"].as_array().unwrap().iter().filter(|word| word.is_null()).count(), slots);
    given
}

// REQ-013, REQ-014
#[test]
fn every_menu_line_runs_as_it_stands_once_its_inputs_are_filled_in() {
    let project = Project::new();
    let mut tried = BTreeSet::new();
    let mut look = |id: &str| {
        for user in ["claude", "qa", "tu", "lead"] {
            let menu = project.ask(&format!("-u {user} next {id}")).is(0);
            for line in menu["data"]["next"].as_array().unwrap() {
                assert_eq!(line["available"], json!(true));
                assert_eq!(line["missing"], json!([]));
                let action = line["action"].as_str().unwrap().to_owned();
                let runs = |user: &&str| {
                    let mut words = filled(line, user);
                    assert_eq!(words.remove(0), "qms");
                    words.extend((action != "status").then(|| "--dry-run".to_owned()));
                    project.words(&words).ask().status == 0
                };
                assert!(["tu", "lead"].iter().any(runs), "{line:#}");
                tried.insert(action);
            }
            let all = project.ask(&format!("-u {user} next {id} --all")).is(0);
            for line in all["data"]["next"].as_array().unwrap() {
                let is_open = line["missing"].as_array().unwrap().is_empty();
                assert_eq!(line["available"], json!(is_open), "{line}");
            }
        }
    };
    for line in [
        "-u claude create CR --title x",
        "-u claude route CR-001 --review --assignees tu",
        "-u tu review CR-001 --recommend --comment x",
        "-u qa review CR-001 --recommend --comment x",
        "-u claude route CR-001 --approval",
        "-u qa approve CR-001",
        "-u claude release CR-001",
    ] {
        project.run(line).is(0);
        look("CR-001");
    }
    look("SOP-001");
    project.run("-u claude checkout SOP-001").is(0);
    look("SOP-001");
    let expected = [
        "approve",
        "assign",
        "cancel",
        "checkin",
        "checkout",
        "create",
        "discard",
        "item_record",
        "reject",
        "release",
        "review",
        "route",
        "status",
        "terminate",
        "trait_add",
        "transfer",
        "unassign",
        "withdraw",
    ];
    assert_eq!(tried.iter().map(String::as_str).collect::<Vec<_>>(), expected);
}

#[test]
fn a_choice_is_offered_as_values_in_snake_case_and_flags_in_kebab_case() {
    let project = Project::new();
    project.play(&["-u claude create CR --title x", "-u claude route CR-001 --review"]);
    let menu = project.ask("-u qa next CR-001").is(0);
    let review = &menu["data"]["next"][0];
    assert_eq!(review["action"], "review");
    let outcome = &review["inputs"][0];
    assert_eq!(
        outcome["one_of"],
        json!([
            {"value": "recommend", "flag": "--recommend"},
            {"value": "request_updates", "flag": "--request-updates"}
        ])
    );
    assert_eq!(review["argv"][5], Value::Null);
    assert_eq!([&outcome["argv_index"], &review["inputs"][1]["argv_index"]], [&json!(5), &json!(7)]);
    let command = "qms --user qa review CR-001 <--recommend|--request-updates> --comment <text>";
    assert_eq!(review["command"], command);
    project.words(&filled(review, "")[1..]).ask().is(0);
    let history = project.ask("-u qa history CR-001").is(0);
    assert_eq!(history["data"]["entries"][2]["comment"], "- because it is so -");
}

#[test]
fn tasks_and_working_copies_are_listed_for_their_holders() {
    let project = Project::new();
    project.play(&[
        "-u claude create CR --title One",
        "-u claude create CR --title Two",
        "-u claude create CR --title Three",
        "-u claude route CR-001 --review --assignees tu",
    ]);
    let tasks = project.ask("-u tu inbox").is(0);
    let task = &tasks["data"]["tasks"][0];
    let fields = ["document", "title", "task", "state", "version", "assigned_by", "assigned_at"];
    assert_eq!(keys(task), fields);
    assert_eq!([&task["document"], &task["assigned_by"]], [&json!("CR-001"), &json!("claude")]);
    assert_eq!(project.ask("-u lead inbox").is(0)["data"]["tasks"], json!([]));

    project.edit("claude", "CR-003", "Three", "Four");
    let copies = project.ask("-u claude workspace").is(0);
    let documents = &copies["data"]["documents"];
    assert_eq!(names(documents, "id"), ["CR-002", "CR-003"]);
    assert_eq!(names(documents, "copy"), ["unchanged", "changed"]);
    assert_eq!(documents[0]["path"], json!(project.copy("claude", "CR-002")));
    fs::remove_file(project.copy("claude", "CR-002")).unwrap();
    fs::write(project.copy("claude", "CR-003"), [0xff, 0xfe]).unwrap();
    let copies = project.ask("-u claude workspace").is(0);
    assert_eq!(names(&copies["data"]["documents"], "copy"), ["missing", "changed"]);
}

// REQ-136
#[test]
fn pages_join_to_the_whole_list_under_every_filter() {
    let project = Project::new();
    project.play(&["-u lead user add ann --group initiator --human"]);
    for number in 0..12 {
        let owner = if number % 3 == 0 { "ann" } else { "claude" };
        project.run(&format!("-u {owner} create CR --title n{number}")).is(0);
    }
    project.play(&[
        "-u claude create TP --parent CR-002 --title t1",
        "-u claude create TP --parent CR-002 --title t2",
        "-u claude create TP --parent CR-002 --title t3",
        "-u claude route CR-002 --review --assignees tu",
        "-u claude route CR-003 --review --assignees tu",
        "-u claude route CR-005 --review",
    ]);
    let ids = |answer: &Answer| -> Vec<String> {
        names(&answer["data"]["documents"], "id").iter().map(|id| (*id).to_owned()).collect()
    };
    for (filter, count) in [
        ("", 33),
        ("--type CR", 12),
        ("--type TP --owner claude", 3),
        ("--state DRAFT", 12),
        ("--state DRAFT --type CR", 9),
        ("--owner ann", 4),
        ("--assignee tu", 2),
        ("--assignee qa", 3),
        ("--parent CR-002", 3),
        ("--owner tu", 0),
        ("--type INV", 0),
    ] {
        let whole = project.ask(&format!("-u qa list {filter}")).is(0);
        assert_eq!(ids(&whole).len(), count, "{filter}");
        assert_eq!(whole["data"]["next_cursor"], Value::Null);
        for limit in [1, 3, 50] {
            let mut joined = Vec::new();
            let mut cursor = String::new();
            loop {
                let page = project.ask(&format!("-u qa list {filter} --limit {limit} {cursor}")).is(0);
                assert!(ids(&page).len() <= limit);
                joined.extend(ids(&page));
                match page["data"]["next_cursor"].as_str() {
                    Some(next) => cursor = format!("--cursor {next}"),
                    None => break,
                }
            }
            assert_eq!(joined, ids(&whole), "{filter} by {limit}");
            if limit == 1 && count > 5 {
                // One page after the other is enough for the long lists.
                break;
            }
        }
    }
}

// REQ-047, REQ-223
#[test]
fn what_is_recorded_may_show_what_a_token_looks_like_and_is_given_out_as_it_is() {
    let (project, form) = (Project::new(), "qms_0123456789abcdef_aaaaaaaa");
    project.run("-u claude create CR --title x").is(0);
    let title = format!("Take {form} out of the manual");
    project.edit("claude", "CR-001", "title: \"x\"", &format!("title: \"{title}\""));
    let copy = fs::read(project.copy("claude", "CR-001")).unwrap();
    project.run("-u claude checkin CR-001").is(0);

    assert_eq!(project.run("-u qa read CR-001").is(0).stdout, copy);
    let answer = project.ask("-u qa read CR-001").is(0);
    assert_eq!(answer["data"]["content"], json!(String::from_utf8(copy).unwrap()));
    let export = project.run("-u lead audit export").is(0);
    assert!(export.text().contains(&title));
    fs::write(project.path("export"), &export.stdout).unwrap();
    project.run("audit verify --export export").is(0);
    assert!(!project.run("-u qa status CR-001").is(0).text().contains(form));
}

// REQ-040, REQ-047
#[test]
fn reading_gives_the_very_bytes_and_says_when_they_are_not_in_force() {
    let project = Project::new();
    project.run("-u claude checkout SOP-001").is(0);
    let path = project.copy("claude", "SOP-001");
    let in_force = fs::read(&path).unwrap();
    let mut draft = in_force.clone();
    draft.extend("\r\nzwölf\tЖ \u{202e}x\u{1b}[31m  \n\n".as_bytes());
    fs::write(&path, &draft).unwrap();
    project.run("-u claude checkin SOP-001").is(0);

    let read = project.run("-u qa read SOP-001").is(0);
    assert_eq!(read.stdout, in_force);
    assert_eq!(read.stderr, "acting as qa (claimed)\n");
    let banner = "acting as qa (claimed)\n⚠ SOP-001 1.2 is not in force; 1.0 is\n";
    for line in ["-u qa read SOP-001 --draft", "-u qa read SOP-001 --version 1.2"] {
        let read = project.run(line).is(0);
        assert_eq!(read.stdout, draft, "{line}");
        assert_eq!(read.stderr, banner);
        let answer = project.ask(line).is(0);
        assert_eq!(answer["data"]["content"], json!(String::from_utf8(draft.clone()).unwrap()));
        assert_eq!(answer["warnings"][0]["code"], "not_in_force");
        assert_eq!(answer["data"]["in_force"], json!(false));
        assert_eq!(answer.stderr, banner);
    }
    assert_eq!(project.run("-u qa read SOP-001 --version 1.0").is(0).stdout, in_force);
    project.run("-u claude create CR --title x").is(0);
    project.run("-u qa read CR-001").is(0).says("CR-001 0.1 is not in force; the document is DRAFT");
}

#[test]
fn the_mirror_names_who_approved_the_version_and_nobody_who_let_it_go() {
    let project = Project::new();
    let page = || fs::read_to_string(project.path("QMS/SOP/SOP-001.md")).unwrap();
    let approvals = || page().lines().filter(|line| line.contains("assurance:")).count();
    project.play(&["-u lead user add qb --group quality --agent", "-u claude checkout SOP-001"]);
    project.edit("claude", "SOP-001", "Initial issue", "Shorter");
    project.play(&[
        "-u claude route SOP-001 --review --assignees qa",
        "-u qa review SOP-001 --recommend --comment fine",
        "-u qa route SOP-001 --approval --assignees tu",
        "-u qa reject SOP-001 --comment wait",
        "-u qa assign SOP-001 --assignees qa",
        "-u qa review SOP-001 --recommend --comment fine",
        "-u qa route SOP-001 --approval --assignees tu",
        "-u tu approve SOP-001",
    ]);
    assert_eq!(approvals(), 0, "a version in force that came with the program");
    project.play(&["-u qa approve SOP-001"]);
    assert!(page().contains("version: \"2.0\""), "{}", page());
    assert_eq!(approvals(), 2);
    project.play(&["-u qa route SOP-001 --retirement --assignees qb", "-u qb approve SOP-001"]);
    assert!(page().contains("state: RETIRED"), "{}", page());
    assert_eq!(approvals(), 2, "{}", page());
    // One that was never approved here has no approvals, whoever let it go.
    project.play(&["-u qa route SOP-002 --retirement --assignees qb", "-u qb approve SOP-002"]);
    let page = fs::read_to_string(project.path("QMS/SOP/SOP-002.md")).unwrap();
    assert!(page.contains("state: RETIRED") && !page.contains("approved_by"), "{page}");
}

// REQ-032
#[test]
fn an_approval_names_the_very_content_that_was_judged() {
    let project = Project::new();
    project.run("-u claude create CR --title x").is(0);
    project.edit("claude", "CR-001", "title: \"x\"", "title: \"A larger pump\"");
    project.play(&[
        "-u claude route CR-001 --review --assignees tu",
        "-u qa review CR-001 --recommend --comment fine",
        "-u tu review CR-001 --recommend --comment fine",
        "-u claude route CR-001 --approval --assignees tu",
    ]);
    let document = || project.ask("-u qa status CR-001").is(0)["data"]["document"].clone();
    let judged = document()["content_digest"].clone();
    for (user, state, version) in [("qa", "IN_PRE_APPROVAL", "0.2"), ("tu", "PRE_APPROVED", "1.0")] {
        project.run(&format!("-u {user} approve CR-001")).is(0);
        let document = document();
        assert_eq!([&document["state"], &document["version"]], [state, version]);
        assert_eq!(document["content_digest"], judged);
    }
    let read = |version: &str| project.run(&format!("-u qa read CR-001 --version {version}")).is(0).stdout;
    assert_eq!(read("1.0"), read("0.2"));
    assert_ne!(read("1.0"), read("0.1"));
}

// REQ-048
#[test]
fn pages_that_were_lost_or_changed_are_made_again_from_the_record() {
    let project = Project::new();
    project.play(&["-u claude create CR --title x", "-u claude checkout SOP-001"]);
    let published = project.files();
    fs::remove_dir_all(project.path("QMS/SOP")).unwrap();
    fs::write(project.path("QMS/CR/CR-001-draft.md"), "state: CLOSED\n").unwrap();
    let found = project.ask("-u qa doctor").is(1);
    let found = found["error"]["details"]["findings"].as_array().unwrap();
    let named = |name: &str| found.iter().filter(|finding| finding["name"] == name).count();
    assert_eq!([named("mirror"), named("page_foreign")], [8, 1], "{found:?}");
    project.run("-u qa doctor").is(1).says("doctor --repair");
    let repaired = project.ask("-u qa doctor --repair").is(0);
    assert!(repaired["data"]["repaired"].to_string().contains("SOP-001"), "{:#}", repaired.value());
    // What somebody wrote is moved aside, and nothing else is.
    let aside = project.path("QMS/CR/CR-001-draft.1.old.md");
    assert_eq!(fs::read_to_string(&aside).unwrap(), "state: CLOSED\n");
    fs::remove_file(aside).unwrap();
    assert_eq!(project.files(), published);
    project.run("-u qa doctor").is(0);
}
