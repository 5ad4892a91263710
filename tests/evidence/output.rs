//! Output that is too much, none, no text, or holds what nobody should see.

use std::fs;

use qms::domain::clock::Moment;
use qms::domain::digest::Timestamp;

use crate::declared::{Declared, RUN, in_process};
use crate::written::written;

// REQ-113
#[test]
fn of_a_flood_the_end_is_kept_and_all_of_it_is_looked_through() {
    let declared = Declared::with(
        "echo in the beginning; head -c 104857600 /dev/zero | tr '\\0' 'x'; printf '\\nin the end\\n'",
        ", contains: in the beginning",
    );
    let ran = declared.ask().is(0);
    assert!(ran["data"]["evidence"]["size"].as_u64().unwrap() <= 64 * 1024);
    let kept = String::from_utf8(declared.kept("ci-passed")).unwrap();
    assert!(kept.starts_with("[only the end of 104857629 bytes is kept]\n"), "{}", &kept[..80]);
    assert!(kept.ends_with("x\nin the end\n") && kept.len() > 60 * 1024, "{}", kept.len());
    declared.verifies();
}

#[test]
fn a_policy_says_how_much_is_kept() {
    let declared = Declared::with("seq 100000", ", output: 1KiB");
    declared.ask().is(0);
    let kept = String::from_utf8(declared.kept("ci-passed")).unwrap();
    let lines: Vec<&str> = kept.lines().collect();
    assert!(kept.len() <= 1024 && lines.len() > 100, "{kept}");
    // From its first whole line on it is what was written.
    let first: u32 = lines[1].parse().unwrap();
    let counted: Vec<String> = (first..=100_000).map(|number| number.to_string()).collect();
    assert_eq!(lines[1..], counted);
}

#[test]
fn a_command_that_writes_nothing_can_pass() {
    let declared = Declared::new("exit 0");
    assert_eq!(declared.ask().is(0)["data"]["evidence"]["size"], 0);
    assert_eq!(declared.kept("ci-passed"), b"");
    let shown = declared.project.ask("-u tu evidence show CR-001 ci-passed").is(0);
    assert_eq!([&shown["data"]["content"], &shown["data"]["encoding"]], ["", "utf-8"]);
    declared.verifies();
}

#[test]
fn what_is_no_text_is_kept_byte_by_byte() {
    let declared = Declared::new("printf '\\000\\377\\376\\033[2J'");
    declared.ask().is(0);
    assert_eq!(declared.kept("ci-passed"), b"\0\xff\xfe\x1b[2J");
    let shown = declared.project.ask("-u tu evidence show CR-001 ci-passed").is(0);
    assert_eq!([&shown["data"]["content"], &shown["data"]["encoding"]], ["AP/+G1sySg==", "base64"]);
    declared.verifies();
    // A terminal is not written to by it.
    let words = ["-u", "tu", "evidence", "show", "CR-001", "ci-passed"];
    let clock = || Moment::of(Timestamp::from_millis(0));
    let (_, shown) = in_process(&declared.project, &words, clock, true);
    assert_eq!(String::from_utf8(shown).unwrap(), "\\u{0}\\xff\\xfe\\u{1b}[2J");
}

// REQ-062
#[test]
fn no_secret_of_the_project_is_kept() {
    let declared = Declared::new(
        "cat \"$XDG\"/claude.token; cat \"$XDG\"/qa.token; cat \"$KEY\"; base64 -w0 < \"$XDG\"/claude.token; echo; \
         od -An -tx1 < \"$XDG\"/claude.token; sed 's/^/before/; s/$/after/' \"$XDG\"/qa.token",
    );
    let project = &declared.project;
    declared.rewrite(
        "policy.yaml",
        "{ help: The tests pass,",
        "{ help: The tests pass, environment: [XDG, KEY],",
    );
    declared.adopt();
    project.issue(&["claude", "qa"]);
    let tokens = project.token("claude").unwrap();
    let ran = project
        .call(RUN)
        .variable("XDG", &tokens.parent().unwrap().display().to_string())
        .variable("KEY", &project.key().display().to_string())
        .ask();
    ran.is(0);
    let text = String::from_utf8(declared.kept("ci-passed")).unwrap();
    assert_eq!(text.matches("[redacted]").count(), 6, "{text}");
    let secret = fs::read_to_string(&tokens).unwrap();
    let digits = secret.split('_').nth(2).unwrap();
    assert!(!text.contains(&digits[..16]) && text.contains("before[redacted]after"), "{text}");
}

// REQ-224
#[test]
fn a_run_that_writes_the_token_of_somebody_else_in_any_form_is_not_recorded() {
    let declared = Declared::new("cat \"${0%/*}/wrote\"");
    let (project, wrote) = (&declared.project, declared.project.folder().join("bin/wrote"));
    project.issue(&["claude", "qa"]);
    let token = fs::read_to_string(project.token("qa").unwrap()).unwrap().trim().to_owned();
    let before = project.log_size();
    let has_form_of_token = |form: &str| form.contains(&token[..85]);
    let forms = written(&token, b"token: ").into_iter().filter(|(_, form)| !has_form_of_token(form));
    for (number, (what, form)) in forms.enumerate().filter(|(number, _)| number % 11 == 0) {
        // Of what is long the end is kept, and in every third it begins within the token.
        let behind = ".".repeat(if number % 3 == 0 { 65_536 - 100 } else { 0 });
        fs::write(&wrote, format!("fine\n{form}\n{behind}")).unwrap();
        let refused = project.run(RUN).is(2);
        assert!(refused.stderr.contains("the output of the command holds the secret of token"), "{what}");
    }
    assert_eq!(project.log_size(), before);
    fs::write(&wrote, format!("{token} is taken out\n")).unwrap();
    declared.ask().is(0);
    fs::remove_file(&wrote).unwrap();
    assert_eq!(declared.kept("ci-passed"), b"[redacted] is taken out\n");
}
