//! What is named does not exist, and what is said is wrong.

use std::fs;

use serde_json::json;

use super::{document, drafted, in_review, is_refused, is_whole};

// REQ-132
#[test]
fn what_does_not_exist_is_not_found_and_changes_nothing() {
    let project = drafted();
    project.keeps(0, || {
        for (line, words) in [
            ("-u claude approve CR-999", "no document `CR-999`"),
            ("-u claude create MEMO --title x", "no document type `MEMO`"),
            ("-u claude create VAR --parent CR-999", "no document `CR-999`"),
            ("-u claude read CR-001 --version 9.9", "no version 9.9"),
            ("-u claude diff CR-001 --from 9.9", "no version 9.9"),
            ("-u lead workflow adopt nothing.yaml", "no file `workflows/nothing.yaml`"),
        ] {
            project.run(line).is(5).says(words).says("acting as");
        }
    });
}

// REQ-132
#[test]
fn an_unknown_verb_or_option_or_value_is_a_usage_error() {
    let project = drafted();
    project.keeps(0, || {
        for (line, words) in [
            ("-u claude aprove CR-001", "approve"),
            ("-u claude review CR-001 --maybe", "--maybe"),
            ("-u claude list --state draft", "`draft` is not a state name"),
            ("-u claude list --color sometimes", "sometimes"),
            ("-u claude audit export --format pdf", "pdf"),
            ("-u claude route CR-001 --sideways", "--sideways"),
            ("-u claude status CR-001 CR-002", "CR-002"),
            ("-u claude create CR --title", "--title"),
        ] {
            project.run(line).is(2).says(words);
        }
    });
}

// REQ-049
#[test]
fn an_unknown_user_does_nothing_and_learns_nothing() {
    let project = drafted();
    project.keeps(1, || {
        let there = project.run("-u stranger checkout CR-001").is(8);
        let not_there = project.run("-u stranger checkout CR-999").is(8);
        assert_eq!(there.stderr, not_there.stderr);
        assert_eq!(there.stderr, "error: `stranger` is not a user of this project\n");
        assert_eq!(there.text() + &not_there.text(), "");
    });
    project.keeps(0, || project.run("-u stranger read SOP-001").is(8));
    assert!(!project.path(".qms/workspace/stranger").exists());
}

// REQ-049
#[test]
fn names_that_look_alike_or_leave_their_folder_are_nobody() {
    let project = in_review();
    let lookalikes = ["../qa", "q\u{430}", "QA", "qa ", "qa\u{200b}", "./qa", "qa/../tu", "", "qa\u{202e}"];
    let before = project.files();
    for name in lookalikes {
        project.words(&["--user", name, "status", "CR-001"]).ask().is(8);
        project.words(&["--user", name, "review", "CR-001", "--recommend", "--comment", "x"]).ask().is(8);
        // A list of users may have spaces in it; the names in it are names.
        if name != "qa " {
            project.words(&["-u", "qa", "assign", "CR-001", "--assignees", name]).ask().is(2);
        }
        let added =
            project.words(&["-u", "lead", "user", "add", name, "--group", "quality", "--agent"]).ask();
        added.is(2);
        project.words(&["-u", "qa", "user", "show", name]).ask().is(2);
    }
    assert_eq!(project.files(), before);
    assert_eq!(document(&project, "CR-001")["assignees"].as_array().unwrap().len(), 2);
    // What was claimed is shown so that it can be told from the real name.
    let shown = project.words(&["--user", "q\u{430}\u{202e}", "list"]).run().is(8);
    assert_eq!(shown.stderr, "error: `qа\\u{202e}` is not a user of this project\n");
    is_whole(&project);
}

#[test]
fn a_huge_claimed_name_leaves_a_small_entry() {
    let project = drafted();
    let name = "x".repeat(100_000);
    project.words(&["--user", &name, "create", "CR"]).run().is(8);
    let log = project.run("-u qa audit export").is(0).text();
    assert!(log.lines().last().unwrap().len() < 2_000, "{} bytes", log.lines().last().unwrap().len());
}

// REQ-012
#[test]
fn an_action_in_the_wrong_state_is_refused_with_what_can_be_done() {
    let project = drafted();
    project.fill_in("CR-001");
    is_refused(&project, "-u qa approve CR-001", 4, "not_from_this_state", "while CR-001 is DRAFT");
    is_refused(&project, "-u claude close CR-001", 4, "not_from_this_state", "`close` is not possible");
    is_refused(&project, "-u claude route CR-001 --retirement", 4, "not_from_this_state", "--retirement");
    let refused = project.run("-u claude release CR-001").is(4);
    for words in ["not possible now, nothing was changed", "Available actions", "route CR-001 --review"] {
        assert!(refused.stderr.contains(words), "{words:?} in {}", refused.stderr);
    }
    assert_eq!(document(&project, "CR-001")["revision"], 1);
}

// REQ-030
#[test]
fn an_empty_comment_is_refused_however_it_comes() {
    let project = in_review();
    fs::write(project.path("blank.txt"), " \n\t\n").unwrap();
    for comment in ["--comment \"\"", "--comment \" \"", "--comment-file blank.txt", "--comment -"] {
        let line = format!("-u tu review CR-001 --recommend {comment}");
        is_refused(&project, &line, 4, "missing_input", "`comment` is missing or blank");
    }
    project.keeps(0, || project.run("-u tu review CR-001 --recommend").is(2).says("--comment"));
    project.keeps(0, || {
        project.run("-u tu review CR-001 --recommend --comment-file none.txt").is(1).says("none.txt")
    });
    assert_eq!(document(&project, "CR-001")["assignees"][1]["answered"], json!(false));
}

// REQ-135
#[test]
fn a_comment_of_five_megabytes_is_refused_and_not_kept() {
    let project = in_review();
    let call = || project.call("-u tu review CR-001 --recommend --comment -");
    let refused = project.keeps(1, || call().input("x".repeat(5_000_000)).ask()).is(4);
    assert_eq!(refused.reasons(), ["invalid_input"]);
    assert_eq!(
        refused["error"]["message"],
        "`comment` has 5000000 bytes (4.7 MiB); 65536 bytes (64 KiB) are allowed"
    );
    let log = project.run("-u qa audit export").is(0).text();
    assert!(log.len() < 100_000, "{} bytes of log", log.len());
    project.keeps(0, || call().input([b'a', 0xff, 0xfe]).ask()).is(2);
    // The longest that is allowed comes through whole.
    call().input("é".repeat(32 * 1024)).ask().is(0);
    let comments = project.ask("-u tu comments CR-001").is(0);
    assert_eq!(comments["data"]["comments"][0]["comment"].as_str().unwrap().len(), 65_536);
}

// REQ-139
#[test]
fn a_title_cannot_carry_what_does_not_show() {
    let project = drafted();
    for (title, code) in [
        ("esc\u{1b}[2Jape", "U+001B"),
        ("two\nlines", "U+000A"),
        ("\u{202e}txet desrever", "U+202E"),
        ("zero\u{200b}width", "U+200B"),
        ("tab\there", "U+0009"),
        ("\u{2066}isolated", "U+2066"),
        ("fil\u{3164}ler", "U+3164"),
        ("tags \u{e0052}\u{e0065}", "U+E0052"),
        ("selectors \u{e0152}\u{e0155}", "U+E0152"),
    ] {
        let refused =
            project.keeps(1, || project.words(&["-u", "claude", "create", "CR", "--title", title]).ask());
        assert_eq!(refused.is(4)["error"]["reasons"][0]["name"], "invalid_input");
        // The same in the front matter, written by hand.
        let copy = project.copy("claude", "CR-001");
        let text = fs::read_to_string(&copy).unwrap();
        let escaped: String =
            title.chars().fold(String::new(), |text, c| text + &format!("\\U{:08x}", u32::from(c)));
        fs::write(&copy, text.replace("\"A change\"", &format!("\"{escaped}\""))).unwrap();
        is_refused(&project, "-u claude checkin CR-001", 4, "copy_unsound", code);
        fs::write(&copy, text).unwrap();
    }
    is_refused(
        &project,
        &format!("-u claude create CR --title {}", "x".repeat(201)),
        4,
        "invalid_input",
        "200",
    );
    // Nothing of it reaches a terminal or a list.
    let shown = project.run("-u qa history CR-001").is(0).text() + &project.run("-u qa list").is(0).text();
    assert!(!shown.contains(|c: char| c.is_control() && c != '\n'), "{shown:?}");
    project.run("-u claude create CR --title \"Ünïcode 標題 is fine\"").is(0);
}
