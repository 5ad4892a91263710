//! What scripts and agents rely on: one document, its fields, the exit statuses, what is recorded.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on stops"
)]

mod project;

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::rc::Rc;
use std::{fs, io};

use qms::cli::{self, Terminals, World};
use qms::domain::digest::Timestamp;
use serde_json::{Value, json};

use self::project::Project;
use self::project::answer::{Answer, SCHEMA, check};

/// A project with documents in many states; reading it changes nothing.
fn furnished() -> Project {
    let project = Project::new();
    project.play(&[
        "-u claude create CR --title \"Give reviewers five days\"",
        "-u claude route CR-001 --review --assignees tu",
        "-u tu review CR-001 --request-updates --comment \"Say why\"",
        "-u claude create CR --title \"colon: yes #1\"",
        "-u claude create INV --title 1.10",
        "-u claude checkout SOP-001",
        "-u claude namespace add CORE",
        "-u claude create RS --namespace CORE --title no",
    ]);
    project.edit("claude", "CR-002", "{{", "<");
    project
}

fn keys(value: &Value) -> Vec<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}

fn names<'v>(list: &'v Value, field: &str) -> Vec<&'v str> {
    list.as_array().unwrap().iter().map(|one| one[field].as_str().unwrap()).collect()
}

/// Command lines that succeed and fail in every way that does not change the project.
const LOOKS: &[(&str, i32)] = &[
    ("-u claude status CR-001", 0),
    ("-u claude next CR-001", 0),
    ("-u claude next CR-001 --all", 0),
    ("-u qa list", 0),
    ("-u qa list --type CR --limit 1", 0),
    ("-u qa inbox", 0),
    ("-u claude workspace", 0),
    ("-u qa read SOP-001", 0),
    ("-u qa read SOP-001 --draft", 0),
    ("-u qa diff SOP-001", 0),
    ("-u qa history CR-001", 0),
    ("-u qa comments CR-001", 0),
    ("-u qa user list", 0),
    ("-u qa user show tu", 0),
    ("-u qa namespace list", 0),
    ("-u qa workflow show", 0),
    ("-u qa workflow show controlled", 0),
    ("-u qa workflow graph record --format mermaid", 0),
    ("-u qa workflow lint", 0),
    ("-u qa workflow diff", 0),
    ("-u qa audit verify --contents", 0),
    ("-u qa audit checkpoint", 0),
    ("-u qa audit proof 3", 0),
    ("-u qa doctor", 0),
    ("explain", 0),
    ("explain denied", 0),
    ("explain no_eligible_quality", 0),
    ("completion fish", 0),
    ("--help", 0),
    ("route --help", 0),
    ("--version", 0),
    ("-u qa approve CR-002 --dry-run", 4),
    ("", 2),
    ("fly", 2),
    ("status", 2),
    ("-u claude status cr-1", 2),
    ("-u claude route CR-001", 2),
    ("-u claude route CR-001 --review --approval", 2),
    ("-u claude review CR-001 --recommend", 2),
    ("-u claude list --limit 0", 2),
    ("-u claude list --cursor zz", 2),
    ("-u claude read SOP-001 --draft --version 1.0", 2),
    ("-u claude assign CR-001 --assignees QA", 2),
    ("-u claude audit export", 2),
    ("demo", 2),
    ("list", 2),
    ("init", 2),
    ("-u claude status CR-999", 5),
    ("-u claude create NOPE", 5),
    ("-u claude create TP --parent CR-999", 5),
    ("-u claude read SOP-001 --version 7.7", 5),
    ("-u claude workflow show nope", 5),
    ("-u claude workflow test", 5),
    ("-u claude explain nope", 5),
    ("-u claude user show nope", 5),
    ("--root /nowhere -u claude list", 5),
    ("-u nobody list", 8),
    ("-u nobody status CR-001", 8),
    ("-u nobody status CR-999", 8),
];

#[test]
fn json_and_yaml_are_one_and_the_same_document_and_write_nothing() {
    let project = furnished();
    project.run("-u qa inbox").is(0); // whatever an earlier command left to finish is finished
    project.keeps(0, || {
        for (line, status) in LOOKS {
            let answer = project.ask(line).is(*status);
            let yaml = project.run(&format!("{line} -o yaml")).is(*status);
            let parsed: Value = serde_yaml::from_str(&yaml.text())
                .unwrap_or_else(|error| panic!("{line}: {error}\n{}", yaml.text()));
            assert_eq!(&parsed, answer.value(), "{line}");
            assert_eq!(yaml.stderr, answer.stderr, "{line}");
            assert_eq!(keys(&answer), ["ok", "data", "error", "warnings", "meta"], "{line}");
            assert_eq!(answer["error"].is_null(), *status == 0, "{line}");
        }
    });
}

#[test]
fn short_forms_of_the_output_flag_mean_the_same_even_where_nothing_is_understood() {
    let project = Project::new();
    let lines = ["--json", "-o json", "-ojson", "-o=json", "--output json", "--output=json"];
    for form in lines {
        for line in ["-u qa list", "-u qa fly", "-u qa status cr-1"] {
            let ran = project.run(&format!("{line} {form}"));
            let value: Value = serde_json::from_slice(&ran.stdout).unwrap();
            check(if ran.status == 0 { "list" } else { "failure" }, &value);
        }
    }
    for (form, why) in [("-o xml", "xml"), ("-o", "--output"), ("-o text -o wide", "multiple times")] {
        project.run(&format!("-u qa list {form}")).is(2).says(why);
    }
    project.ask("-u qa list --json").is(2);
}

#[test]
fn text_and_wide_are_for_people() {
    let project = furnished();
    let (text, wide) = (project.run("-u qa list").is(0), project.run("-u qa list -o wide").is(0));
    let header = |text: String| text.lines().next().unwrap().to_owned();
    assert_eq!(header(text.text()).trim(), "ID            STATE          VERSION  OWNER   TITLE");
    assert!(header(wide.text()).contains("CHECKED OUT"), "{}", wide.text());
    for line in text.text().lines().chain(wide.text().lines()) {
        assert_eq!(line, line.trim_end(), "no spaces at the ends of lines");
    }
    assert_eq!(project.run("-u qa -o text list").is(0).text(), text.text());
}

#[test]
fn the_schema_is_sound_and_its_codes_are_those_of_the_program() {
    let schema: Value = serde_json::from_str(SCHEMA).unwrap();
    jsonschema::meta::validate(&schema).unwrap_or_else(|error| panic!("{error}"));
    let published: BTreeSet<&str> = schema["$defs"]["code"]["enum"]
        .as_array()
        .unwrap()
        .iter()
        .map(|code| code.as_str().unwrap())
        .collect();
    let project = Project::empty();
    let explained = project.ask("explain").is(0);
    let of_program: BTreeSet<&str> = explained["data"]["names"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|one| one["class"].as_str().unwrap().starts_with("exit "))
        .map(|one| one["name"].as_str().unwrap())
        .collect();
    assert_eq!(published, of_program);
    assert_eq!(project.ask("explain denied").is(0)["data"]["names"].as_array().unwrap().len(), 2);
}

#[test]
fn a_document_and_its_transition_have_the_fields_of_the_contract() {
    let project = Project::new();
    let created = project.ask("-u claude create CR --title \"A change\"").is(0);
    let fields = "id type title state version effective_version owner authors checked_out_by parent phase \
                  revision content_digest policy_digest workflow assignees created_at updated_at";
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
        "discard",
        "reject",
        "release",
        "review",
        "route",
        "status",
        "terminate",
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
    let command = "qms --user qa review CR-001 --recommend|--request-updates --comment <text>";
    assert_eq!(review["command"], command);
    project.words(&filled(review, "")[1..]).ask().is(0);
    let history = project.ask("-u qa history CR-001").is(0);
    assert_eq!(history["data"]["entries"][2]["comment"], "- because it is so -");
}

#[test]
fn refusals_are_entries_with_every_reason_and_what_can_be_done_instead() {
    let project = Project::new();
    project.play(&["-u claude create CR --title x", "-u claude route CR-001 --review"]);
    let refused = project
        .keeps(1, || project.ask("-u claude review CR-001 --recommend --comment \"Looks good\""))
        .is(7);
    let expected = ["group_not_allowed", "not_assigned", "is_author", "is_owner"];
    assert_eq!(refused.reasons(), expected);
    assert_eq!(refused["error"]["code"], "denied");
    assert_eq!(refused["meta"]["actor"]["user"], "claude");
    assert_eq!(names(&refused["data"]["next"], "action"), ["checkout", "withdraw", "cancel", "status"]);

    let history = project.ask("-u qa history CR-001").is(0);
    let entry = history["data"]["entries"].as_array().unwrap().last().unwrap();
    let fields = "index at actor claimed actor_kind group assurance isolation session parent action document \
                  version from to result verdict comment reasons content_digest policy_digest count leaf_hash";
    assert_eq!(keys(entry), fields.split_whitespace().collect::<Vec<_>>());
    assert_eq!([&entry["result"], &entry["actor"]], [&json!("denied"), &json!("claude")]);
    assert_eq!(names(&entry["reasons"], "name"), expected);
    assert_eq!([&entry["from"], &entry["to"]], [&json!("IN_PRE_REVIEW"), &json!("IN_PRE_REVIEW")]);
    let all = history["data"]["entries"].as_array().unwrap();
    assert!(all.windows(2).all(|two| two[0]["index"].as_u64() < two[1]["index"].as_u64()));

    let text = project.run("-u claude approve CR-001").is(7);
    assert_eq!(text.text(), "", "a refusal is no result");
    for words in ["acting as claude (claimed)", "nothing was changed", "(group_not_allowed)", "[1] Check out"]
    {
        assert!(text.stderr.contains(words), "{words:?} in {}", text.stderr);
    }
}

#[test]
fn identity_comes_before_permission_and_permission_before_precondition() {
    let project = Project::new();
    project.play(&["-u claude create CR --title x"]);
    // In this state nobody can approve; an initiator never may; an unknown user is told nothing.
    let unknown = project.ask("-u nobody approve CR-001").is(8);
    assert_eq!([&unknown["error"]["code"], &unknown["data"]["next"]], [&json!("not_verified"), &json!([])]);
    assert_eq!(unknown["meta"]["actor"], Value::Null);
    assert_eq!(
        unknown["error"]["message"],
        project.ask("-u nobody approve CR-999").is(8)["error"]["message"]
    );
    let permission = project.ask("-u claude approve CR-001").is(7);
    assert_eq!(permission.reasons(), ["group_not_allowed", "not_from_this_state"]);
    assert_eq!(project.ask("-u qa approve CR-001").is(4).reasons(), ["not_from_this_state"]);
    // Of one refusal the permissions stand first.
    let blank = project.ask("-u tu cancel CR-001 --reason \" \"").is(7);
    assert_eq!(blank.reasons(), ["group_not_allowed", "not_owner", "missing_input", "checked_out"]);
}

#[test]
fn an_unknown_name_is_recorded_as_a_claim_and_counted_not_repeated() {
    let project = Project::new();
    project.keeps(1, || {
        for _ in 0..3 {
            project.ask("-u mallory create CR --title x").is(8);
        }
    });
    let log = project.run("-u qa audit export").is(0).text();
    let entry: Value = serde_json::from_str(log.lines().last().unwrap()).unwrap();
    assert_eq!([&entry["actor"], &entry["claimed"]], [&Value::Null, &json!("mallory")]);
    assert_eq!(names(&entry["reasons"], "name"), ["unknown_user"]);
    project.keeps(0, || project.ask("-u mallory create CR --dry-run").is(8));
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
        ("", 22),
        ("--type CR", 12),
        ("--type TP --owner claude", 3),
        ("--state DRAFT", 12),
        ("--state DRAFT --type CR", 9),
        ("--owner ann", 4),
        ("--assignee tu", 2),
        ("--assignee qa", 3),
        ("--parent CR-002", 3),
        ("--owner nobody", 0),
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

#[test]
fn without_interaction_only_the_success_message_is_printed() {
    let project = Project::new();
    let line = "-u claude create CR --title x";
    let full = project.run(line).is(0).text();
    for part in
        ["✓ CR-001 created\n", "working copy: ", "Document state: DRAFT", "Available actions for user"]
    {
        assert!(full.contains(part), "{part:?} in {full}");
    }
    assert_eq!(project.run(&format!("{line} --no-interactive")).is(0).text(), "✓ CR-002 created\n");
    let by_variable = project.call(line).variable("QMS_NO_INTERACTIVE", "1").run().is(0);
    assert_eq!(by_variable.text(), "✓ CR-003 created\n");
    let empty = project.call(line).variable("QMS_NO_INTERACTIVE", "").run().is(0);
    assert!(empty.text().contains("Available actions"));
    let quiet = project.run(&format!("{line} -q")).is(0).text();
    assert!(quiet.contains("Document state: DRAFT") && !quiet.contains("Available actions"), "{quiet}");
    // What happened besides is talk.
    let routed = project.run("-u claude route CR-001 --review --no-interactive").is(0);
    assert_eq!(routed.text(), "✓ CR-001 routed (REVIEW)\n");
    assert_eq!(
        routed.stderr,
        "acting as claude (claimed)\n  the working copy was unchanged\n  assigned: qa\n"
    );
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

#[test]
fn a_dry_run_says_what_would_happen_and_writes_nothing() {
    let project = furnished();
    project.keeps(0, || {
        for (line, status) in [
            ("-u claude create CR --title x", 0),
            ("-u claude route CR-002 --review", 0),
            ("-u claude checkin CR-002", 0),
            ("-u claude checkout CR-001", 0),
            ("-u qa assign CR-001 --assignees lead", 0),
            ("-u qa review CR-001 --recommend --comment fine", 0),
            ("-u claude withdraw CR-001", 0),
            ("-u claude discard SOP-001 --reason enough", 0),
            ("-u lead transfer CR-001 --to lead --reason holiday", 0),
            ("-u lead user add bob --group reviewer --human", 0),
            ("-u lead user move qa --group reviewer", 4),
            ("-u lead user remove claude", 4),
            ("-u lead namespace add NEXT", 0),
            ("-u lead workflow adopt", 4),
            ("-u qa create CR --title x", 7),
            ("-u claude approve CR-001", 7),
            ("-u nobody create CR", 8),
        ] {
            let answer = project.ask(&format!("{line} --dry-run")).is(status);
            if status == 0 && answer["data"].get("dry_run").is_some() {
                assert_eq!(answer["data"]["dry_run"], json!(true), "{line}");
            }
            let text = project.run(&format!("{line} --dry-run")).is(status).text();
            assert_eq!(text.starts_with("would be permitted: "), status == 0, "{line}: {text}");
        }
    });
}

#[test]
fn users_and_namespaces_are_managed_by_name() {
    let project = Project::new();
    let added = project.ask("-u lead user add bob --group reviewer --human --name \"Bob B.\"").is(0);
    let bob = json!({"name": "bob", "printed_name": "Bob B.", "group": "reviewer", "kind": "human", "removed_at": null});
    assert_eq!(added["data"]["user"], bob);
    assert_eq!(added["meta"]["actor"]["user"], "lead");
    assert_eq!(project.ask("-u qa user show bob").is(0)["data"]["user"], bob);
    assert_eq!(project.ask("-u bob list").is(0)["meta"]["actor"]["group"], "reviewer");
    assert_eq!(
        project.ask("-u lead user add bob --group reviewer --human").is(4).reasons(),
        ["user_name_taken"]
    );
    assert_eq!(
        project.ask("-u qa user add eve --group reviewer --agent").is(7).reasons(),
        ["group_not_allowed"]
    );
    assert_eq!(project.ask("-u lead user add eve --group kings --agent").is(4).reasons(), ["invalid_input"]);
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
    assert_eq!(project.ask("-u lead user remove ghost").is(4).reasons(), ["user_not_found"]);
    assert_eq!(
        names(&project.ask("-u qa user list").is(0)["data"]["users"], "name"),
        ["claude", "lead", "qa", "tu"]
    );

    project.ask("-u claude namespace add CORE").is(0);
    assert_eq!(project.ask("-u claude namespace add CORE").is(4).reasons(), ["namespace_taken"]);
    assert_eq!(project.ask("-u claude namespace add core").is(4).reasons(), ["invalid_input"]);
    let spaces = project.ask("-u qa namespace list").is(0);
    assert_eq!(names(&spaces["data"]["namespaces"], "name"), ["CORE"]);
}

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

#[test]
fn reviewers_do_not_see_each_others_comments_while_their_round_is_open() {
    let project = Project::new();
    project.play(&[
        "-u claude create CR --title x",
        "-u claude route CR-001 --review --assignees tu,lead",
        "-u tu review CR-001 --recommend --comment \"What tu found\"",
    ]);
    let views =
        ["comments CR-001", "history CR-001", "history CR-001 -o wide", "audit export", "diff CR-001"];
    let sees = |user: &str, words: &str| {
        let all = views.map(|view| {
            let text = project.run(&format!("-u {user} {view}")).is(0).text();
            text + &project.run(&format!("-u {user} {view} -o yaml")).text()
        });
        all.concat().contains(words)
    };
    assert!(!sees("qa", "What tu found") && !sees("lead", "What tu found"));
    assert!(sees("tu", "What tu found") && sees("claude", "What tu found"));
    let withheld = project.ask("-u qa comments CR-001").is(0);
    assert_eq!(withheld["data"]["comments"], json!([]));
    assert_eq!(withheld["warnings"][0]["code"], "comments_withheld");
    // Having answered does not end the round.
    project.run("-u qa review CR-001 --recommend --comment \"What qa found\"").is(0);
    assert!(!sees("qa", "What tu found") && sees("qa", "What qa found") && !sees("tu", "What qa found"));
    project.run("-u lead review CR-001 --recommend --comment fine").is(0);
    assert!(sees("qa", "What tu found") && sees("tu", "What qa found"));
    assert_eq!(project.ask("-u qa comments CR-001").is(0)["warnings"], json!([]));
    // What earlier rounds said is known to the next.
    project.run("-u claude route CR-001 --approval").is(0);
    assert!(sees("qa", "What tu found"));
}

#[test]
fn the_end_of_an_attachment_stands_in_its_history() {
    let project = Project::new();
    project.play(&[
        "-u claude create CR --title x",
        "-u claude route CR-001 --review",
        "-u qa review CR-001 --recommend --comment x",
        "-u claude route CR-001 --approval",
        "-u qa approve CR-001",
        "-u claude release CR-001",
        "-u claude create VR --parent CR-001 --title y",
        "-u claude checkin CR-001-VR-001",
        "-u claude terminate CR-001 --reason enough",
        "-u qa approve CR-001",
    ]);
    assert_eq!(project.ask("-u qa status CR-001-VR-001").is(0)["data"]["document"]["state"], "TERMINATED");
    let history = project.ask("-u qa history CR-001-VR-001").is(0);
    let entries = &history["data"]["entries"];
    assert_eq!(names(entries, "action"), ["create", "checkin", "approve"]);
    assert_eq!(names(entries, "document"), ["CR-001-VR-001", "CR-001-VR-001", "CR-001"]);
    let text = project.run("-u qa history CR-001-VR-001").is(0).text();
    assert!(text.ends_with("  CR-001: IN_TERMINATION → TERMINATED\n"), "{text}");
}

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

#[test]
fn every_exit_status_is_reached() {
    let project = Project::new();
    project.play(&["-u claude create CR --title x"]);
    let mut reached = BTreeSet::new();
    let mut reach = |line: &str, status: i32, code: Option<&str>| {
        let answer = project.ask(line).is(status);
        assert_eq!(answer["error"]["code"].as_str(), code, "{line}");
        reached.insert(status);
    };
    reach("-u claude list", 0, None);
    reach("list", 2, Some("usage"));
    reach("-u qa approve CR-001", 4, Some("denied"));
    reach("-u qa status CR-999", 5, Some("not_found"));
    reach("-u claude approve CR-001", 7, Some("denied"));
    reach("-u nobody list", 8, Some("not_verified"));

    fs::write(project.path("workflows/record.yaml"), "schema: qms.workflow/1\nworkflow: [\n").unwrap();
    reach("-u qa workflow lint", 82, Some("policy_invalid"));

    fs::write(project.path("QMS/SOP/SOP-001.md"), "forged").unwrap();
    reach("-u qa doctor", 1, Some("failed"));
    reach("-u qa doctor --repair", 0, None);

    let checkpoint = project.run("-u qa audit checkpoint").is(0).text();
    fs::write(project.path("kept.txt"), checkpoint.replace("qms", "qmt")).unwrap();
    reach("-u qa audit verify --checkpoint kept.txt", 80, Some("audit_failed"));
    let store = rusqlite::Connection::open(project.database()).unwrap();
    store.execute("UPDATE documents SET title = 'forged' WHERE id = 'CR-001'", []).unwrap();
    drop(store);
    reach("-u qa audit verify", 80, Some("audit_failed"));

    fs::remove_file(project.database()).unwrap();
    reach("-u qa list", 12, Some("store_unavailable"));
    assert_eq!(reached.into_iter().collect::<Vec<_>>(), [0, 1, 2, 4, 5, 7, 8, 12, 80, 82]);
}

/// A stream that is kept.
#[derive(Clone, Default)]
struct Kept(Rc<RefCell<Vec<u8>>>);

impl io::Write for Kept {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_fault_of_the_program_has_a_status_and_a_document_of_its_own() {
    let stdout = Kept::default();
    let mut world = World {
        arguments: ["qms", "init", "--json"].map(Into::into).to_vec(),
        variable: Box::new(|_| None),
        directory: Project::empty().root(),
        program: "qms".into(),
        clock: || Timestamp::from_millis(0),
        random: |_| panic!("no more randomness"),
        process: 1,
        stdin: Box::new(io::empty()),
        stdout: Box::new(stdout.clone()),
        stderr: Box::new(io::sink()),
        terminals: Terminals::default(),
    };
    assert_eq!(cli::run(&mut world), 70);
    let answer: Value = serde_json::from_slice(&stdout.0.borrow()).unwrap();
    check("failure", &answer);
    assert_eq!([&answer["error"]["code"], &answer["error"]["status"]], [&json!("bug"), &json!(70)]);
    assert!(answer["error"]["message"].as_str().unwrap().ends_with("no more randomness"));
}

#[test]
fn any_text_comes_through_yaml_and_json_alike() {
    let project = Project::new();
    project.run("-u claude create CR --title x").is(0);
    let texts = [
        "yes",
        "1.10",
        "~",
        "null",
        "- a\n- b",
        "a: b",
        "# no comment",
        "'single' \"double\"",
        "  leading",
        "tab\there",
        "line\r\nends\n\nblank",
        "\u{1b}[31m\u{7}\u{9b}",
        "\u{85}\u{2028}\u{2029}\u{feff}",
        "é 標題 🦀",
        "{{x}} %y @z `w` !tag &anchor *alias",
        "|\n  block",
        "---\n...\n",
        "\\ \\n \u{202e}",
        "0x1F 1e3 .inf 2001-01-01",
    ];
    for (number, text) in texts.iter().enumerate() {
        let to = if number % 2 == 0 { "lead" } else { "claude" };
        project.words(&["-u", "lead", "transfer", "CR-001", "--to", to, "--reason", text]).run().is(0);
    }
    let json = project.ask("-u qa comments CR-001").is(0);
    let said = names(&json["data"]["comments"], "comment");
    assert_eq!(said, texts);
    let yaml = project.run("-u qa comments CR-001 -o yaml").is(0).text();
    let parsed: Value = serde_yaml::from_str(&yaml).unwrap_or_else(|error| panic!("{error}\n{yaml}"));
    assert_eq!(&parsed, json.value());
    project.run("-u qa audit verify").is(0);
}

#[test]
fn the_log_can_be_exported_and_proved() {
    let project = Project::new();
    project.play(&["-u claude create CR --title x"]);
    let jsonl = project.run("-u qa audit export").is(0).text();
    assert_eq!(i64::try_from(jsonl.lines().count()).unwrap(), project.log_size());
    let last: Value = serde_json::from_str(jsonl.lines().last().unwrap()).unwrap();
    assert_eq!([&last["action"], &last["document"]], [&json!("create"), &json!("CR-001")]);
    let proof = project.ask("-u qa audit proof 1").is(0);
    assert_eq!(proof["data"]["leaf_hash"], last["leaf_hash"]);
    project.ask("-u qa audit proof 99").is(5);
    let csv = project.run("-u qa audit export --format csv").is(0).text();
    assert!(csv.starts_with("index,at,actor,") && csv.lines().count() == 3, "{csv}");
    project.run("-u qa audit export --format md").is(0);
    let checkpoint = project.run("-u qa audit checkpoint").is(0).stdout;
    fs::write(project.path("kept"), checkpoint).unwrap();
    project.play(&["-u claude create CR --title y"]);
    let verified = project.ask("-u qa audit verify --contents --checkpoint kept").is(0);
    assert_eq!(verified["data"]["checkpoint"], json!(true));
    assert_eq!(verified["data"]["entries"], json!(project.log_size()));
}
