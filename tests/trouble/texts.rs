//! Texts as editors and shells save them: in another encoding, with marks and ends of their own.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;

use serde_json::json;

use super::in_review;
use crate::project::Project;

fn utf16(text: &str) -> Vec<u8> {
    [0xff, 0xfe].into_iter().chain(text.encode_utf16().flat_map(u16::to_le_bytes)).collect()
}

/// Lines that read a text from a file, and the file; of a comment and the like it is `said`.
const READERS: &[(&str, &str, &str)] = &[
    ("-u tu review CR-001 --recommend --comment-file said", "said", "All is well."),
    (
        "-u tu note set CR-001 security-assessment --file said",
        "said",
        "All is well, as far as it can be seen.",
    ),
    ("-u claude cancel CR-001 --reason-file said", "said", "Over."),
    ("-u qa audit verify --checkpoint said", "said", "qms\n1\nAAAA\n"),
    ("--token-file said list", "said", "qms_0000"),
    ("init ../other --passphrase-file said", "said", "a passphrase that is long enough"),
    ("-u lead workflow lint", "workflows/policy.yaml", ""),
    ("-u lead workflow diff", "workflows/controlled.yaml", ""),
    ("-u lead workflow adopt", "prompts/review.yaml", ""),
    ("-u lead workflow test", "workflows/scenarios/a.yaml", "schema: x\n"),
    ("-u lead hooks install claude", ".claude/settings.json", "{}"),
    ("-u lead list", "qms.yaml", ""),
];

// REQ-185
#[test]
fn no_text_is_taken_in_that_is_none_and_each_refusal_says_why() {
    let project = Project::new();
    project.play(&[
        "-u claude create CR --title x --trait needs-security-review",
        "-u claude route CR-001 --review --assignees tu",
    ]);
    for (line, file, text) in READERS {
        let path = project.path(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        let before = fs::read_to_string(&path).ok();
        let text = before.as_deref().filter(|_| text.is_empty()).unwrap_or(text);
        for (bytes, words) in [
            (utf16(text), "looks like UTF-16; save it as UTF-8"),
            ([text.as_bytes(), b"\0\n"].concat(), "NUL character"),
            ([text.as_bytes(), b"\xff\n"].concat(), "UTF-8"),
        ] {
            fs::write(&path, bytes).unwrap();
            fs::set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
            let ran = project.run(line);
            assert!(![0, 70].contains(&ran.status) && ran.stderr.contains(words), "{line}, {words}: {ran:?}");
        }
        match before {
            Some(before) => fs::write(path, before).unwrap(),
            None => fs::remove_file(path).unwrap(),
        }
    }
    project
        .call("-u tu review CR-001 --recommend --comment -")
        .input(utf16("Well."))
        .run()
        .is(2)
        .says("UTF-16");
    project.call("-u tu review CR-001 --recommend --comment -").input("a\0b").run().is(2).says("NUL");
    project.run("-u lead doctor").is(0);
}

// REQ-185
#[test]
fn a_comment_from_a_file_is_what_was_said_however_it_was_saved() {
    let project = in_review();
    let said = "First line.\n\n  Second line, indented.";
    fs::write(project.path("said"), format!("\u{feff}{}\r\n", said.replace('\n', "\r\n"))).unwrap();
    project.run("-u tu review CR-001 --recommend --comment-file said").is(0);
    let comments = project.ask("-u tu comments CR-001").is(0);
    assert_eq!(comments["data"]["comments"][0]["comment"], json!(said));
}

// REQ-185
#[test]
fn a_policy_means_the_same_and_is_the_same_whatever_ends_its_lines() {
    let project = Project::new();
    let digest = |line: &str| project.ask(line).is(0)["data"]["digest"].clone();
    let before = digest("-u lead workflow lint");
    for folder in ["workflows", "prompts"] {
        for file in fs::read_dir(project.path(folder)).unwrap() {
            let path = file.unwrap().path();
            let text = fs::read_to_string(&path).unwrap();
            fs::write(&path, format!("\u{feff}{}", text.replace('\n', "\r\n"))).unwrap();
        }
    }
    assert_eq!(digest("-u lead workflow lint"), before);
    let diff = project.run("-u lead workflow diff").is(0).text();
    assert_eq!(diff, "the candidate files are the policy in force\n");
    assert_eq!(project.ask("-u lead workflow adopt").is(4).reasons(), ["policy_unchanged"]);
    // What is adopted has no carriage returns, and shows none.
    let path = project.path("workflows/policy.yaml");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text + "# One line more\r\n").unwrap();
    project.run("-u lead workflow adopt").is(0);
    let source = project.run("-u lead workflow show --source policy.yaml").is(0).text();
    assert!(source.ends_with("# One line more\n") && !source.contains('\r'), "{source:?}");
    project.run("-u lead audit verify --contents").is(0);
}

// REQ-185
#[test]
fn a_control_character_that_is_written_out_is_in_no_policy() {
    let project = Project::new();
    let path = project.path("workflows/policy.yaml");
    let text = fs::read_to_string(&path).unwrap();
    let help = text.lines().find(|line| line.trim_start().starts_with("help: ")).unwrap().to_owned();
    let with = |value: &str| {
        text.replacen(&help, &format!("{}help: \"{value}\"", help.split("help").next().unwrap()), 1)
    };
    for written in ["a\\0b", "a\\x00b", "a\\u0000b", "a\\e[31mb", "a\\x9bb", "a\\rb"] {
        fs::write(&path, with(written)).unwrap();
        let refused = project.run("-u lead workflow lint").is(82);
        refused.says("policy.yaml").says("has the control character U+00");
    }
    fs::write(&path, with("a\\\\0b")).unwrap();
    project.run("-u lead workflow lint").is(0);
}

// REQ-186
#[test]
fn a_title_in_a_script_that_is_written_with_joiners_is_a_title() {
    let project = Project::new();
    for title in ["می\u{200c}خواهم", "क\u{94d}\u{200d}ष"] {
        let created = project.words(&["-u", "claude", "create", "CR", "--title", title]).ask().is(0);
        assert_eq!(created["data"]["document"]["title"], json!(title));
        let id = created["data"]["document"]["id"].as_str().unwrap();
        project.run(&format!("-u claude checkin {id}")).is(0);
        let listed = project.run("-u claude list --type CR").is(0).text();
        assert!(listed.contains(title), "{listed:?}");
    }
    let refused = project.words(&["-u", "claude", "create", "CR", "--title", "a\u{200d} b"]).ask().is(4);
    assert_eq!(refused.reasons(), ["invalid_input"]);
}
