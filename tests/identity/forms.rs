//! A live token is taken in by no way in any form of the table.

use std::fs;

use super::issue;
use super::written::written;
use crate::project::Project;

/// Bytes that precede the token in a file that is encoded.
const BEFORE: [&str; 3] = ["", "x", "key: secret\ntoken = "];

/// Each way takes every so-manieth form, from another one on.
const EACH: usize = 17;

// REQ-224
#[test]
fn a_live_token_in_any_form_is_taken_in_by_no_way() {
    let project = Project::new();
    let token = fs::read_to_string(issue(&project, "standing", "tu")).unwrap().trim().to_owned();
    project.run("-u claude create CR --title x").is(0);
    let (copy, note) = (project.copy("claude", "CR-001"), project.path("note.md"));
    let sound = fs::read_to_string(&copy).unwrap();
    let policy = project.path("workflows/policy.yaml");
    let adopted = fs::read_to_string(&policy).unwrap();
    let before = project.log_size();
    let forms: Vec<_> = BEFORE.iter().flat_map(|before| written(&token, before.as_bytes())).collect();
    let chosen = |way: usize| forms.iter().skip(way).step_by(EACH);
    let refused = |what: &str, words: &[&str]| {
        let ran = project.words(words).run();
        assert_ne!(ran.status, 0, "{what}");
        assert!(ran.stderr.contains("the secret of token"), "{what} of {words:?}: {}", ran.stderr);
    };
    for (what, form) in chosen(0) {
        fs::write(&copy, format!("{sound}\n{form}\n")).unwrap();
        refused(what, &["-u", "claude", "checkin", "CR-001"]);
    }
    fs::write(&copy, &sound).unwrap();
    let record = ["-u", "claude", "item", "record", "CR-001", "EI-1", "--outcome", "pass", "--evidence", "x"];
    for (what, form) in chosen(1) {
        fs::write(&note, form).unwrap();
        refused(what, &[record.as_slice(), &["--file", "note.md"]].concat());
    }
    for (what, form) in chosen(2) {
        fs::write(&note, format!("I read it.\n\n{form}")).unwrap();
        refused(what, &["-u", "claude", "review", "CR-001", "--recommend", "--comment-file", "note.md"]);
    }
    let is_line = |(_, form): &&(String, String)| !form.contains(char::is_control);
    fs::remove_file(&note).unwrap();
    for (what, form) in chosen(3).filter(is_line) {
        fs::write(&policy, format!("{adopted}\n# {form}\n")).unwrap();
        refused(what, &["-u", "lead", "workflow", "adopt"]);
    }
    fs::write(&policy, &adopted).unwrap();
    for (what, form) in chosen(4).filter(is_line) {
        refused(what, &["-u", "claude", "create", "CR", "--title", &format!("See {form}")]);
        refused(what, &["-u", "claude", "cancel", "CR-001", &format!("--reason={form}")]);
    }
    assert_eq!(project.log_size(), before);
}
