//! The forms of an answer: one document, its schema, its status.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::rc::Rc;
use std::{fs, io};

use qms::cli;
use qms::cli::{Outlet, World};
use qms::domain::clock::Moment;
use qms::domain::digest::Timestamp;
use qms::domain::process::Descent;
use serde_json::{Value, json};

use super::{furnished, keys, names};
use crate::project::Project;
use crate::project::answer::{SCHEMA, check};

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
    ("init --no-passphrase", 2),
    ("init inner", 2),
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

// REQ-016, REQ-130
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

// REQ-130
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
    assert_eq!(header(text.text()).trim(), "ID                 STATE          VERSION  OWNER   TITLE");
    assert!(header(wide.text()).contains("CHECKED OUT"), "{}", wide.text());
    for line in text.text().lines().chain(wide.text().lines()) {
        assert_eq!(line, line.trim_end(), "no spaces at the ends of lines");
    }
    assert_eq!(project.run("-u qa -o text list").is(0).text(), text.text());
}

// REQ-130
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

// REQ-130, REQ-139
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
        "\u{85}\u{2028}\u{2029}\u{feff}x",
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
    // Nothing of it writes to a terminal, whatever reads it.
    let shown = yaml.clone() + &project.run("-u qa comments CR-001 -o json").is(0).text();
    let refused = project.words(&["-u", "q\u{202e}\u{9b}\u{7f}", "list", "-o", "json"]).run().is(8).text();
    let is_hostile =
        |c: char| c.is_control() && c != '\n' && c != '\t' || ('\u{2028}'..='\u{202e}').contains(&c);
    assert!(!shown.contains(is_hostile) && !refused.contains(is_hostile), "{shown:?} {refused:?}");
    let parsed: Value = serde_yaml::from_str(&yaml).unwrap_or_else(|error| panic!("{error}\n{yaml}"));
    assert_eq!(&parsed, json.value());
    project.run("-u qa audit verify").is(0);
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

// REQ-131
#[test]
fn a_fault_of_the_program_has_a_status_and_a_document_of_its_own() {
    let stdout = Kept::default();
    let mut world = World {
        arguments: ["qms", "init", "--no-passphrase", "--json"].map(Into::into).to_vec(),
        variable: Box::new(|_| None),
        directory: Project::empty().root(),
        program: "qms".into(),
        clock: || Moment::of(Timestamp::from_millis(0)),
        random: |_| true,
        pause: |_| (),
        ancestry: Descent::default,
        inherited: Vec::new(),
        terminal: None,
        process: 1,
        host: None,
        uid: None,
        stdin: Box::new(io::empty()),
        stdin_is_terminal: false,
        stdout: Outlet::new(Box::new(stdout.clone()), false),
        stderr: Outlet::new(Box::new(io::sink()), false),
    };
    assert_eq!(cli::stopped(&mut world, "no more randomness"), 70);
    let answer: Value = serde_json::from_slice(&stdout.0.borrow()).unwrap();
    check("failure", &answer);
    assert_eq!([&answer["error"]["code"], &answer["error"]["status"]], [&json!("bug"), &json!(70)]);
    assert!(answer["error"]["message"].as_str().unwrap().ends_with("no more randomness"));
}

// REQ-120, REQ-131
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

    // A store in which somebody else always was first.
    let store = rusqlite::Connection::open(project.database()).unwrap();
    let ignoring = "CREATE TRIGGER first BEFORE UPDATE ON head BEGIN SELECT RAISE(IGNORE); END; ";
    store.execute_batch(ignoring).unwrap();
    reach("-u claude checkin CR-001", 6, Some("conflict"));
    store.execute_batch("DROP TRIGGER first").unwrap();
    drop(store);
    reach("-u claude checkin CR-001", 0, None);

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
    assert_eq!(reached.into_iter().collect::<Vec<_>>(), [0, 1, 2, 4, 5, 6, 7, 8, 12, 80, 82]);
}
