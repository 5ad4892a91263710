//! Words of a command line that look like something else: what the parser takes them for is what counts.

use std::fs;
use std::os::unix::fs::symlink;

use crate::adopt;
use crate::project::Project;

// REQ-053, REQ-263
#[test]
fn a_word_that_looks_like_a_document_hides_none() {
    let project = Project::new();
    project.issue(&["claude", "qa"]);
    adopt(&project, "profile: light", "profile: team");
    symlink(project.root(), project.path("P-1")).unwrap();
    project.run("-u claude create SOP --title x").is(0);
    project.fill_in("SOP-008");
    project.run("-u claude route SOP-008 --review --assignees qa").is(0);
    let policy = project.path("workflows/policy.yaml");
    let text = fs::read_to_string(&policy).unwrap();
    fs::write(&policy, text.replace("profile: team", "profile: light")).unwrap();
    project.words(&["-u", "lead", "workflow", "adopt", "--less", "--reason", "x"]).run().is(0);
    project.run("-u lead user add nob --group reviewer --agent").is(0);
    // Few, since whoever fails again and again waits longer each time.
    for line in [
        "status --root P-1 SOP-008",
        "read --draft --root=P-1 SOP-008",
        "history -o json SOP-008 --root P-1",
        "--root P-1 note list SOP-008",
        "sop show --root P-1 SOP-008",
    ] {
        project.run(&format!("-u nob {line}")).is(8);
    }
}

// REQ-014, REQ-015, REQ-263
#[test]
fn what_is_offered_carries_what_the_parser_found_and_no_words_of_a_text() {
    let project = Project::new();
    project.issue(&["claude"]);
    project.run("-u claude create SOP --title x").is(0);
    let token = project.token("claude").unwrap().display().to_string();
    let root = project.root().display().to_string();
    for reason in ["--root=/nonexistent", "--token-file=/nonexistent", "--passphrase-file /x --root /y"] {
        for (named, words) in [
            (vec![], vec!["-u", "claude"]),
            (vec!["--root", root.as_str()], vec!["-u", "claude", "--root", root.as_str()]),
        ] {
            let mut line = words.clone();
            line.extend(["discard", "SOP-008", "--reason", reason, "-o", "json"]);
            let answer = project.words(&line).run().is(4);
            let answer: serde_json::Value = serde_json::from_str(&answer.text()).unwrap();
            let offers = answer["data"]["next"].as_array().unwrap().clone();
            let of_words = |it: &serde_json::Value| it.as_str().unwrap_or("?").to_owned();
            let all = |it: &serde_json::Value| it["argv"].as_array().unwrap().iter().map(of_words).collect();
            let argvs: Vec<Vec<String>> = offers.iter().map(all).collect();
            assert!(argvs.len() > 2, "{answer}");
            for argv in argvs {
                assert!(argv.join(" ").ends_with(&named.join(" ")), "{argv:?}");
                assert!(!argv.iter().any(|word| word.contains("nonexistent") || word == "/y"), "{argv:?}");
            }
        }
    }
    // A text that names another project does not lead there.
    let other = Project::new();
    let reason = format!("--root={}", other.root().display());
    project.words(&["-u", "claude", "checkin", "SOP-008", "--token-file", &token]).run().is(0);
    project.words(&["-u", "claude", "cancel", "SOP-008", "--reason", &reason]).run().is(0);
    assert_eq!(project.state("SOP-008"), "CANCELLED");
}

// REQ-265
#[test]
fn no_word_makes_a_time_that_cannot_be_written() {
    let project = Project::new();
    let out = project.folder().join("out").display().to_string();
    for bounds in [
        "--ttl 3000000d",
        "--ttl 200000000d",
        "--ttl 99999999999999999999d",
        "--not-before 9999-12-31T00:00:00Z --ttl 1d",
        "--not-before 9999-12-31T23:59:59-01:00",
        "--not-before 10000-01-01T00:00:00Z",
    ] {
        project.run(&format!("-u lead token issue qa {bounds} --out {out}")).is(2);
    }
    project.run("-u lead token issue qa --ttl 3000000d").is(2).says("the longest is `1000000d`");
    project.run(&format!("-u lead token rotate --grace 100d --out {out}")).is(2).says("`49d`");
    // The answers are held against the schema, which says how a time is written.
    project.ask(&format!("-u lead token issue qa --ttl 1000000d --out {out}")).is(0);
    project.ask("-u lead token list").is(0);
}
