//! While a round is open nobody can tell what somebody else answered in it. The proof compares two projects
//! that differ in nothing but one verdict: every view of everybody else is the same in both.

use std::fmt::Write as _;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use serde_json::{Value, json};

use crate::project::Project;

/// What `maria` says, whatever her verdict is.
pub const MARKER: &str = "Marker of maria";

/// Everybody but `maria`: the owner, a reviewer of quality, another one, one without a seat, an administrator.
const OTHERS: [&str; 5] = ["claude", "qa", "tu", "qb", "lead"];

/// Commands about a document, which have four forms each.
const ABOUT: [&str; 19] = [
    "status CR-001",
    "next CR-001",
    "next CR-001 --all",
    "why CR-001",
    "brief CR-001",
    "read CR-001 --draft",
    "diff CR-001",
    "diff CR-001 --since-my-review",
    "history CR-001",
    "comments CR-001",
    "note list CR-001",
    "note show CR-001 security-assessment",
    "item list CR-001",
    "list",
    "list --assignee maria",
    "inbox",
    "workspace",
    "unassign CR-001 --assignees tu --dry-run",
    "route CR-001 --approval --dry-run",
];

/// Commands about the project, which have one form each.
const BESIDE: [&str; 14] = [
    "audit export",
    "audit export --format csv",
    "audit export --format md",
    "audit verify",
    "audit proof 1 -o json",
    "metrics reviews -o json",
    "blocked -o json",
    "agent list --all",
    "token list -o json",
    "key list -o json",
    "user list -o json",
    "whoami -o json",
    "workflow diff -o json",
    "doctor -o json",
];

/// A project in which `maria`, a person with a key, can answer.
pub fn with_maria(group: &str) -> Project {
    let project = Project::new();
    let phrase = project.folder().join("phrase");
    fs::write(&phrase, "correct horse\n").unwrap();
    fs::set_permissions(&phrase, fs::Permissions::from_mode(0o600)).unwrap();
    project.play(&[
        &format!("-u lead user add maria --group {group} --human"),
        "-u lead user add qb --group quality --agent",
        "-u lead token issue maria --out ../code",
        "--token-file ../code enrol --passphrase-file ../phrase",
    ]);
    project
}

/// Runs a command of `maria`, who signs.
pub fn maria(project: &Project, line: &str, status: i32) {
    project.run(&format!("-u maria {line} --passphrase-file ../phrase")).is(status);
}

/// A project in which `maria` gave this verdict in a review, and three others have not answered.
fn reviewed(outcome: &str) -> Project {
    let project = with_maria("reviewer");
    project.play(&[
        "-u claude create CR --title x --trait needs-security-review",
        "-u claude route CR-001 --review --assignees maria,tu,lead",
    ]);
    let found = format!("{MARKER}: {} {outcome}\n", "what an attacker gains by this change, ".repeat(3));
    fs::write(project.path("found"), found).unwrap();
    maria(&project, "note set CR-001 security-assessment --file found", 0);
    fs::remove_file(project.path("found")).unwrap();
    // What was tried and refused says as much.
    maria(&project, &format!("review CR-001 --{outcome} --comment \" \""), 4);
    maria(&project, &format!("review CR-001 --{outcome} --comment \"{MARKER}\""), 0);
    project
}

/// A project in which `maria` gave this verdict in an approval that no single answer ends.
fn decided(verdict: &str) -> Project {
    let project = with_maria("quality");
    let path = project.path("workflows/executable.yaml");
    let text = fs::read_to_string(&path).unwrap();
    let ends = "to: PRE_REVIEWED, by: [quality, reviewer], meaning: rejected, verdict: reject, effects:";
    assert!(text.contains(ends));
    fs::write(&path, text.replace(ends, &ends.replace("effects:", "quorum: all, completion:"))).unwrap();
    project.play(&[
        "-u lead workflow adopt",
        "-u claude create CR --title x",
        "-u claude route CR-001 --review --assignees qa",
        "-u qa review CR-001 --recommend --comment fine",
        "-u claude route CR-001 --approval --assignees maria,tu",
    ]);
    maria(&project, &format!("{verdict} CR-001 --comment \"{MARKER}\""), 0);
    maria(&project, &format!("{verdict} CR-001 --comment again"), 4);
    project
}

/// The same, after `maria` tried verbs of other states, too, and without a proof.
fn tried(project: Project, verb: &str) -> Project {
    let line = format!("{verb} CR-001 --comment \"{MARKER}\"");
    maria(&project, &line, 4);
    project.run(&format!("-u maria {line}")).is(8);
    project
}

/// Everything that a user can look at, by command line, without what differs from project to project.
fn seen(project: &Project, user: &str) -> Vec<(String, String)> {
    let forms = |line| ["text", "wide", "json", "yaml"].map(|form| format!("{line} -o {form}"));
    let lines = ABOUT.into_iter().flat_map(forms).chain(BESIDE.map(str::to_owned));
    let mut seen: Vec<(String, String)> = lines
        .map(|line| {
            let ran = project.run(&format!("-u {user} {line}"));
            let said = format!("{}\n{}\n{}", ran.status, ran.text(), ran.stderr);
            (format!("{user}: {line}"), timeless(project, &said))
        })
        .collect();
    let pages = project.files().into_iter().filter(|(path, _)| path.starts_with(project.path("QMS")));
    seen.extend(pages.map(|(path, bytes)| {
        (timeless(project, &path.display().to_string()), timeless(project, &String::from_utf8_lossy(&bytes)))
    }));
    seen
}

/// Puts fixed words in the place of times, digests, sealed bytes and paths, leaves out how long something took, and puts
/// lines in the order of their words.
pub fn timeless(project: &Project, text: &str) -> String {
    let text = text.replace(&project.folder().display().to_string(), "FOLDER");
    let is_time = |text: &str| {
        text.len() == 24
            && text.bytes().zip(*b"0000-00-00T00:00:00.000Z").all(|(byte, form)| match form {
                b'0' => byte.is_ascii_digit(),
                form => byte == form,
            })
    };
    let mut out = String::new();
    let mut rest = text.as_str();
    let is_base64 = |byte: u8| byte.is_ascii_alphanumeric() || b"+/=".contains(&byte);
    while let Some(first) = rest.chars().next() {
        let hex = rest.bytes().take_while(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')).count();
        let taken = match () {
            () if rest.get(..24).is_some_and(is_time) => {
                out.push_str("TIME");
                24
            }
            () if rest.starts_with("\"bytes\":\"") => {
                out.push_str("BYTES");
                9 + rest[9..].bytes().take_while(|byte| is_base64(*byte)).count()
            }
            () if hex >= 8 => {
                out.push_str("HEX");
                hex
            }
            () if hex > 0 => {
                out.push_str(&rest[..hex]);
                hex
            }
            () => {
                out.push(first);
                first.len_utf8()
            }
        };
        rest = &rest[taken..];
    }
    let mut lines: Vec<&str> = out.lines().filter(|line| !line.contains("_ms")).collect();
    lines.sort_unstable();
    lines.join("\n")
}

/// Checks that two projects look the same to these users, and that what `maria` said is in no view.
#[track_caller]
fn look_the_same(one: &Project, other: &Project, users: &[&str]) {
    let mut told = String::new();
    for user in users {
        for ((line, first), (_, second)) in seen(one, user).into_iter().zip(seen(other, user)) {
            if first.contains(MARKER) || second.contains(MARKER) {
                let _ = writeln!(told, "{line} says what maria said:\n{first}");
            } else if first != second {
                let _ = writeln!(told, "{line} tells what maria answered:\n{first}\n--- or\n{second}");
            }
        }
    }
    assert!(told.is_empty(), "{told}");
}

// REQ-082
#[test]
fn nobody_can_tell_what_somebody_else_answered_in_a_review_that_is_open() {
    look_the_same(&reviewed("recommend"), &reviewed("request-updates"), &OTHERS);
}

// REQ-082
#[test]
fn nobody_can_tell_what_somebody_else_tried_to_answer_by_a_verb_of_another_state() {
    let approves = tried(reviewed("recommend"), "approve");
    look_the_same(&approves, &tried(reviewed("recommend"), "reject"), &["tu", "lead"]);
    let recommends = tried(decided("approve"), "review --recommend");
    look_the_same(&recommends, &tried(decided("approve"), "review --request-updates"), &["qa"]);
    // That an attempt failed is there to be seen, and what it was to whoever made it.
    let seen = |user: &str| approves.run(&format!("-u {user} history CR-001")).is(0).text();
    assert!(seen("tu").contains("unverified `maria`") && !seen("tu").contains("not_from_this_state"));
    assert!(seen("tu").contains("credential_required"), "{}", seen("tu"));
    assert!(seen("maria --passphrase-file ../phrase").contains("not_from_this_state"));
}

// REQ-082
#[test]
fn nobody_can_tell_what_somebody_else_answered_in_an_approval_that_is_open() {
    look_the_same(&decided("approve"), &decided("reject"), &["claude", "qa"]);
}

// REQ-082
#[test]
fn a_trial_of_what_ends_the_round_tells_no_answer_of_another() {
    let [one, other] = ["approve", "reject"].map(|verdict| {
        let project = decided(verdict);
        project.run("-u qa approve CR-001").is(0);
        project
    });
    for user in ["tu", "qa", "qb", "lead", "claude"] {
        for line in [
            "approve CR-001",
            "approve CR-001 --comment fine",
            "reject CR-001 --comment no",
            "unassign CR-001 --assignees tu",
            "withdraw CR-001",
            "checkout CR-001",
        ] {
            for form in ["text", "json"] {
                let said = |project: &Project| {
                    let ran = project.run(&format!("-u {user} {line} --dry-run -o {form}"));
                    timeless(project, &format!("{}\n{}\n{}", ran.status, ran.text(), ran.stderr))
                };
                assert_eq!(said(&one), said(&other), "{user}: {line}");
            }
        }
    }
    // Nor does it tell what a policy would take from somebody who objected.
    let adopted = [&one, &other].map(|project| {
        let path = project.path("workflows/executable.yaml");
        let text = fs::read_to_string(&path).unwrap();
        fs::write(
            &path,
            text.replace("PRE_REVIEWED:     { phase: pre_review }", "PRE_REVIEWED:     { phase: planned }"),
        )
        .unwrap();
        let ran = project.run("-u lead workflow adopt --less --reason renamed --dry-run -o json");
        timeless(project, &format!("{}\n{}\n{}", ran.status, ran.text(), ran.stderr))
    });
    assert_eq!(adopted[0], adopted[1]);
    let trial = one.ask("-u tu approve CR-001 --dry-run").is(0);
    assert_eq!(trial["warnings"][0]["code"], "answers_not_told");
}

/// The assignee and the answers of `maria`, as a user sees them.
fn of_maria(project: &Project, user: &str) -> (Value, Vec<Value>) {
    let ask = |line: &str| {
        project.ask(&format!(
            "-u {user} {line}{}",
            if user == "maria" { " --passphrase-file ../phrase" } else { "" }
        ))
    };
    let document = ask("status CR-001").is(0)["data"]["document"].clone();
    let assignees = document["assignees"].as_array().unwrap();
    let assignee = assignees.iter().find(|one| one["user"] == "maria").cloned().unwrap_or_default();
    let history = ask("history CR-001").is(0);
    let entries = history["data"]["entries"].as_array().unwrap().clone();
    let answers = entries.into_iter().filter(|it| it["actor"] == "maria" && it["action"] != "note_set");
    (assignee, answers.collect())
}

// REQ-083
#[test]
fn that_a_verdict_is_in_is_shown_to_everybody_and_what_it_says_when_the_round_ends() {
    let project = reviewed("request-updates");
    for user in OTHERS {
        let (assignee, entries) = of_maria(&project, user);
        assert_eq!(assignee, json!({"user": "maria", "task": "review", "answered": true, "verdict": null}));
        for (entry, result) in entries.iter().zip(["denied", "permitted"]) {
            assert_eq!([&entry["action"], &entry["result"]], ["review", result]);
            assert_eq!([&entry["verdict"], &entry["comment"]], [&json!(null), &json!(null)]);
            assert_eq!([&entry["inputs"], &entry["reasons"]], [&json!({}), &json!([])]);
            assert_eq!(entry["withheld"], json!(true));
        }
        let text = project.run(&format!("-u {user} status CR-001")).is(0).text();
        assert!(text.contains("review: maria (answered)") && text.contains("review: tu (open)"), "{text}");
        let text = project.run(&format!("-u {user} history CR-001")).is(0).text();
        assert!(text.contains("review (withheld)"), "{text}");
    }
    // Who gave it sees it whole.
    let (assignee, entries) = of_maria(&project, "maria");
    assert_eq!(assignee["verdict"], "request_updates");
    let last = &entries[entries.len() - 1];
    assert_eq!([&last["verdict"], &last["comment"]], ["request_updates", MARKER]);
    assert_eq!(last["withheld"], json!(false));

    for user in ["qa", "tu", "lead"] {
        project.run(&format!("-u {user} review CR-001 --recommend --comment fine")).is(0);
    }
    for user in OTHERS {
        let (_, entries) = of_maria(&project, user);
        assert_eq!([&entries[0]["inputs"]["outcome"], &entries[1]["verdict"]], ["request_updates"; 2]);
        assert_eq!([&entries[0]["reasons"][0]["name"], &entries[1]["comment"]], ["missing_input", MARKER]);
        for line in ["comments CR-001", "history CR-001 -o wide", "history CR-001 -o yaml", "audit export"] {
            let ran = project.run(&format!("-u {user} {line}")).is(0);
            assert!(ran.text().contains(MARKER) && ran.text().contains("request_updates"), "{line}");
            assert!(!ran.stderr.contains("when the round"), "{line}: {}", ran.stderr);
        }
        let note = project.run(&format!("-u {user} note show CR-001 security-assessment")).is(0).text();
        assert!(note.contains(MARKER), "{note}");
        let refused = project.ask(&format!("-u {user} next CR-001 --all")).is(0);
        assert!(refused.value().to_string().contains("maria asked for changes to CR-001"));
    }
    let signed = project.ask("-u qa history CR-001").is(0)["data"]["signatures"].clone();
    assert_eq!([&signed[1]["meaning"], &signed[1]["verdict"]], ["reviewed", "request_updates"]);
}

// REQ-083
#[test]
fn an_approval_in_an_open_round_is_an_answer_and_no_more() {
    let project = decided("approve");
    let (assignee, entries) = of_maria(&project, "qa");
    assert_eq!([&assignee["answered"], &assignee["verdict"]], [&json!(true), &json!(null)]);
    assert_eq!([&entries[0]["action"], &entries[0]["verdict"]], [&json!("approval"), &json!(null)]);
    let page = || fs::read_to_string(project.path("QMS/CR/CR-001-draft.md")).unwrap();
    assert!(page().contains("action: approval,") && !page().contains("action: approve,"), "{}", page());
    project.run("-u tu reject CR-001 --comment no").is(0);
    project.run("-u qa reject CR-001 --comment no").is(0);
    let (_, entries) = of_maria(&project, "claude");
    assert_eq!([&entries[0]["action"], &entries[0]["verdict"]], ["approve", "approve"]);
    assert!(page().contains("action: approve,"), "{}", page());
    project.run("-u qa audit verify").is(0);
    assert_eq!(project.ask("-u lead doctor").is(0)["data"]["repaired"], json!([]));
}
