//! What a policy demands of who is calling: a person, a signature, a caller who comes from elsewhere.

use std::fs;
use std::path::{Path, PathBuf};

use qms::domain::audit::ProjectKey;
use qms::domain::digest::Timestamp;
use qms::domain::identity::{Credential, CredentialKind, Token};
use rusqlite::{Connection, params};
use serde_json::json;

use super::{bare, enrolled, newest, secret, with};
use crate::project::Project;

/// Replaces text in a candidate file of the policy.
fn rewrite(project: &Project, file: &str, from: &str, to: &str) {
    let path = project.path(&format!("workflows/{file}"));
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.contains(from), "{from:?}");
    fs::write(path, text.replace(from, to)).unwrap();
}

/// A project whose policy adds guards to a transition of the executable life cycle.
fn demanding(edge: &str, guards: &str) -> Project {
    let project = Project::new();
    rewrite(&project, "executable.yaml", edge, &format!("{edge}, guards: [{guards}]"));
    project.run("-u lead workflow adopt").is(0);
    project
}

const APPROVAL: &str = "action: approve,  from: IN_PRE_APPROVAL, to: PRE_APPROVED, by: [quality, reviewer], meaning: approved, verdict: approve, quorum: all";

const REVIEW: &str = "action: review,   from: IN_PRE_REVIEW, to: PRE_REVIEWED,  by: [quality, reviewer, administrator], meaning: reviewed, verdict: review, quorum: all";

/// Brings CR-001 to where it awaits its pre-approval by hana, a person of quality, and returns the file
/// with the passphrase of hana.
fn awaits_approval(project: &Project) -> PathBuf {
    project.play(&[
        "-u claude create CR --title x",
        "-u claude route CR-001 --review --assignees tu",
        "-u qa review CR-001 --recommend --comment fine",
        "-u tu review CR-001 --recommend --comment fine",
    ]);
    // Of all who reviewed nobody is a person.
    let refused = project.ask("-u claude route CR-001 --approval").is(4);
    assert_eq!(refused.reasons(), ["no_eligible_quality"]);
    let phrase = enrolled(project, "hana", "quality");
    for agent in ["qa", "tu"] {
        let line = format!("-u claude route CR-001 --approval --assignees {agent}");
        let refused = project.ask(&line).is(4);
        assert_eq!(refused.reasons(), ["assignee_not_eligible"]);
        let message = refused["error"]["message"].as_str().unwrap();
        assert!(message.contains("only a person can give the verdict"), "{message}");
    }
    project.run("-u claude route CR-001 --approval --assignees hana").is(0);
    phrase
}

// REQ-013, REQ-056
#[test]
fn no_agent_sits_in_the_slot_of_a_person_or_answers_there() {
    let project = demanding(APPROVAL, "human");
    project.issue(&["qa"]);
    let phrase = awaits_approval(&project);
    let refused = project.ask("-u qa assign CR-001 --assignees tu").is(4);
    assert_eq!(refused.reasons(), ["assignee_not_eligible"]);
    let refused = project.ask("-u qa approve CR-001").is(7);
    assert_eq!(refused.reasons(), ["not_assigned", "not_human"]);
    // The menu says what is missing.
    let all = project.ask("-u qa next CR-001 --all").is(0);
    let lines = all["data"]["next"].as_array().unwrap();
    let approve = lines.iter().find(|line| line["action"] == "approve").unwrap();
    assert_eq!([&approve["available"], &approve["missing"][1]["name"]], [&json!(false), &json!("not_human")]);
    // Nor does an agent become a person by the name of one.
    super::is_not_believed(
        with(&project, &project.token("qa").unwrap(), "-u hana approve CR-001"),
        "identity_mismatch",
    );
    super::is_not_believed(bare(&project, "-u hana approve CR-001"), "credential_required");
    let line = format!("-u hana --passphrase-file {} approve CR-001", phrase.display());
    project.run(&line).is(0);
}

// REQ-056, REQ-285
#[test]
fn a_name_of_a_person_does_not_answer_where_a_person_is_demanded() {
    let edge = "action: release, from: PRE_APPROVED, to: IN_EXECUTION, by: [initiator], meaning: executed, guards: [owner";
    let project = Project::new();
    rewrite(&project, "executable.yaml", edge, &format!("{edge}, human"));
    project.run("-u lead workflow adopt").is(0);
    project.run("-u lead user add ann --group initiator --human").is(0);
    project.play(&[
        "-u ann create CR --title x",
        "-u ann route CR-001 --review",
        "-u qa review CR-001 --recommend --comment fine",
        "-u ann route CR-001 --approval",
        "-u qa approve CR-001",
    ]);
    let refused = bare(&project, "-u ann release CR-001").ask().is(8);
    assert_eq!(refused.reasons(), ["assurance_too_low"]);
    let phrase = super::enrol(&project, "ann", super::PASSPHRASE);
    // With an unlocked key the passphrase is asked for, and nowhere else.
    let mut shell = super::terminal::Shell::open(&project);
    let open = |shell: &mut super::terminal::Shell, line: &str| {
        shell.begin(line);
        shell.until("Passphrase of ann: ");
        shell.unseen(super::PASSPHRASE);
        shell.ends()
    };
    assert_eq!(open(&mut shell, "-u ann unlock --for 10m").0, "0");
    let (status, said) = shell.run("-u ann release CR-001 --no-interactive");
    assert!(status == "8" && said.contains("the unlocked key of `ann` is open to every program"), "{said}");
    let (status, said) = open(&mut shell, "-u ann release CR-001");
    assert!(status == "0" && said.contains("verified: signature"), "{said}");
    shell.leave();
    assert!(phrase.exists());
}

// REQ-056, REQ-115
#[test]
fn a_transition_that_demands_a_signature_takes_nothing_less() {
    let project = demanding(APPROVAL, "{ assurance: signature }");
    project.issue(&["qa", "tu"]);
    let phrase = awaits_approval(&project);
    let refused = project.ask("-u qa approve CR-001").is(8);
    assert_eq!(refused.reasons(), ["assurance_too_low", "not_assigned"]);
    let message = refused["error"]["message"].as_str().unwrap();
    assert!(message.contains("`qa` is verified by token; this needs at least: signature"), "{message}");
    // A wrong passphrase opens nothing.
    let wrong = secret(&project, "wrong", "incorrect horse");
    let line = format!("-u hana --passphrase-file {} approve CR-001", wrong.display());
    let refused = project.keeps(1, || project.ask(&line)).is(8);
    assert_eq!(refused.reasons(), ["wrong_passphrase"]);
    assert_eq!([&newest(&project)["claimed"], &newest(&project)["actor"]], [&json!("hana"), &json!(null)]);
    let line = format!("-u hana --passphrase-file {} approve CR-001", phrase.display());
    project.run(&line).is(0);
    let entry = newest(&project);
    assert_eq!([&entry["assurance"], &entry["signature"]["meaning"]], ["signature", "approved"]);
}

// REQ-056
#[test]
fn a_transition_that_demands_kept_keys_refuses_whoever_reads_them() {
    let project = demanding(REVIEW, "{ isolation: broker }");
    project.play(&["-u claude create CR --title x", "-u claude route CR-001 --review"]);
    let refused = project.ask("-u qa review CR-001 --recommend --comment fine").is(8);
    assert_eq!(refused.reasons(), ["isolation_too_low"]);
}

// REQ-056
#[test]
fn a_transition_that_demands_a_token_refuses_a_claim_and_shows_it_in_the_menu() {
    let edge = "action: release, from: PRE_APPROVED, to: IN_EXECUTION, by: [initiator], meaning: executed, guards: [owner";
    let project = Project::new();
    rewrite(&project, "executable.yaml", edge, &format!("{edge}, {{ assurance: token }}"));
    project.run("-u lead workflow adopt").is(0);
    project.play(&[
        "-u claude create CR --title x",
        "-u claude route CR-001 --review",
        "-u qa review CR-001 --recommend --comment fine",
        "-u claude route CR-001 --approval",
        "-u qa approve CR-001",
    ]);
    assert_eq!(project.ask("-u claude release CR-001").is(8).reasons(), ["assurance_too_low"]);
    let all = project.ask("-u claude next CR-001 --all").is(0);
    let lines = all["data"]["next"].as_array().unwrap();
    let release = lines.iter().find(|line| line["action"] == "release").unwrap();
    assert_eq!(release["missing"][0]["name"], "assurance_too_low");
    project.issue(&["claude"]);
    project.run("-u claude release CR-001").is(0);
}

/// Registers a token of somebody who was started in a session, as the launcher will: under the project
/// key, beside the log.
fn started(project: &Project, user: &str, session: &str, parent: Option<&str>, number: u8) -> PathBuf {
    let token = Token::new(&[number; 40]);
    let name = |name: &str| name.parse().unwrap();
    let (at, kind) = (Timestamp::from_millis(1), CredentialKind::Standing);
    let mut row = Credential::new(token.id().clone(), name(user), kind, token.verifier(), at);
    row.session = Some(session.to_owned());
    row.parent = parent.map(name);
    let key = ProjectKey::from_file_text(&fs::read_to_string(project.key()).unwrap()).unwrap();
    let store = Connection::open(project.database()).unwrap();
    let sql = "INSERT INTO credentials (id, user, kind, session, parent, actions, documents, issued_at, used, \
               verifier, tag) VALUES (?, ?, 'standing', ?, ?, '[]', '[]', 1, 0, ?, ?)";
    let tag = key.tag_credential(&row);
    let values = params![row.id.as_str(), user, session, parent, row.verifier.as_bytes(), tag.as_bytes()];
    store.execute(sql, values).unwrap();
    secret(project, &format!("{user}-{session}-{number}"), &token.reveal())
}

// REQ-021
#[test]
fn an_author_under_a_second_name_is_not_independent() {
    let project = demanding(REVIEW, "independent");
    let author = started(&project, "claude", "s-1", None, 1);
    with(&project, &author, "create CR --title x").run().is(0);
    let seen = newest(&project);
    assert_eq!([&seen["actor"], &seen["session"]], ["claude", "s-1"]);
    with(&project, &author, "route CR-001 --review --assignees tu").run().is(0);
    let review = |token: &Path| with(&project, token, "review CR-001 --recommend --comment fine").ask();
    // Of the same session; started by an author; started by one in the session of an author.
    let same = started(&project, "qa", "s-1", Some("lead"), 2);
    let child = started(&project, "qa", "s-2", Some("claude"), 3);
    for (token, origin) in [(&same, "s-1"), (&child, "claude")] {
        let refused = review(token).is(7);
        assert_eq!(refused.reasons(), ["not_independent"]);
        let message = refused["error"]["message"].as_str().unwrap();
        assert!(message.contains(&format!("`qa` comes from `{origin}`")), "{message}");
        let denied = newest(&project);
        assert_eq!([&denied["result"], &denied["reasons"][0]["name"]], ["denied", "not_independent"]);
    }
    // A token that was issued out of a session belongs to it, whatever it is called.
    let manager = started(&project, "lead", "s-1", None, 4);
    let out = project.folder().join("tu-of-s-1");
    let line = format!("token issue tu --out {}", out.display());
    with(&project, &manager, &line).run().is(0);
    assert_eq!(with(&project, &out, "whoami").ask().is(0)["data"]["session"], "s-1");
    assert_eq!(review(&out).is(7).reasons(), ["not_independent"]);
    // So does the one that takes its place.
    let again = project.folder().join("tu-again");
    with(&project, &out, &format!("token rotate --out {}", again.display())).run().is(0);
    assert_eq!(review(&again).is(7).reasons(), ["not_independent"]);
    // Who comes from elsewhere may.
    let other = started(&project, "qa", "s-3", Some("lead"), 5);
    review(&other).is(0);
    let given = newest(&project);
    assert_eq!([&given["session"], &given["parent"]], ["s-3", "lead"]);
}

// REQ-021
#[test]
fn whoever_edits_in_a_session_makes_it_the_authors() {
    let project = demanding(REVIEW, "independent");
    project.run("-u claude create CR --title x").is(0);
    let edited = started(&project, "claude", "s-1", Some("lead"), 1);
    project.edit("claude", "CR-001", "{{", "{");
    with(&project, &edited, "route CR-001 --review --assignees tu").run().is(0);
    for (number, (session, parent)) in [("s-1", None), ("s-2", Some("lead"))].into_iter().enumerate() {
        let token = started(&project, "qa", session, parent, u8::try_from(number).unwrap() + 2);
        let refused = with(&project, &token, "review CR-001 --recommend --comment fine").ask().is(7);
        assert_eq!(refused.reasons(), ["not_independent"], "{session}");
    }
    // Where the policy says nothing of it, none of this matters.
    with(&project, &started(&project, "tu", "s-4", None, 9), "review CR-001 --recommend --comment fine")
        .run()
        .is(0);
}

// REQ-002
#[test]
fn a_changed_file_that_is_not_adopted_changes_nothing() {
    let project = Project::new();
    rewrite(&project, "policy.yaml", "profile: light", "profile: team");
    project.run("-u lead workflow adopt").is(0);
    rewrite(&project, "policy.yaml", "profile: team", "profile: light");
    rewrite(
        &project,
        "policy.yaml",
        "by: [administrator]",
        "by: [administrator, initiator, quality, reviewer]",
    );
    rewrite(
        &project,
        "executable.yaml",
        "by: [initiator], meaning: authored",
        "by: [initiator, quality, reviewer], meaning: authored",
    );
    project.issue(&["qa"]);
    assert_eq!(project.ask("-u claude create CR --title x").is(8).reasons(), ["assurance_too_low"]);
    for line in ["workflow adopt", "user add eve --group quality --agent", "create CR --title x"] {
        let refused = project.keeps(1, || project.ask(&format!("-u qa {line}"))).is(7);
        assert_eq!(refused.reasons(), ["group_not_allowed"], "{line}");
    }
    // Nor does the file that marks the place.
    let path = project.path("qms.yaml");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, format!("{text}profile: light\n")).unwrap();
    project.run("-u qa list").is(1);
    fs::write(&path, text).unwrap();
    assert_eq!(project.ask("-u claude create CR --title x").is(8).reasons(), ["assurance_too_low"]);
}

/// Registers what is moved, removed and revoked, and returns the lines that do it, without a reason.
fn endings(project: &Project, lead: &str) -> Vec<String> {
    let token = project.folder().join("tu.token");
    project.run(&format!("{lead} token issue tu --out {}", token.display())).is(0);
    let token = super::last_issued(project, "tu");
    enrolled(project, "hana", "quality");
    let key = super::last_issued(project, "hana");
    vec![
        format!("{lead} token revoke {token}"),
        format!("{lead} key revoke {key}"),
        format!("{lead} user move tu --group quality"),
        format!("{lead} user remove tu"),
    ]
}

// REQ-276
#[test]
fn where_people_sign_nobody_is_moved_removed_or_revoked_without_a_reason_and_the_line_is_shown() {
    let project = super::profiles::of("gxp");
    for line in endings(&project, "-u lead") {
        let refused = project.ask(&line).is(4);
        assert_eq!(refused.reasons(), ["missing_input"], "{line}");
        let shown = format!("qms --user {} --reason <text>", line.trim_start_matches("-u "));
        assert_eq!(refused["error"]["reasons"][0]["remedy"], shown, "{line}");
        assert_eq!(project.ask(&format!("{line} --reason \" \"")).is(4).reasons(), ["missing_input"]);
        let done = project.run(&shown.replacen("qms --user", "-u", 1).replace("<text>", "\"left the team\""));
        done.is(0);
        assert_eq!(newest(&project)["comment"], "left the team", "{line}");
    }
    let log = project.run("-u lead audit export -o csv").is(0).text();
    assert_eq!(log.matches("left the team").count(), 4, "{log}");
}

// REQ-276
#[test]
fn elsewhere_a_reason_is_recorded_where_one_is_given() {
    for given in [false, true] {
        let project = Project::new();
        for line in endings(&project, "-u lead") {
            let line = if given { format!("{line} --reason \"left the team\"") } else { line };
            project.run(&line).is(0);
            let told = if given { json!("left the team") } else { json!(null) };
            assert_eq!(newest(&project)["comment"], told, "{line}");
        }
    }
}

// REQ-276
#[test]
fn an_adoption_that_asks_for_no_reason_any_more_is_told_as_less() {
    let project = super::profiles::of("gxp");
    let path = project.path("workflows/actions.yaml");
    let text = fs::read_to_string(&path).unwrap();
    let eased = |from: &str, to: &str| {
        assert!(text.contains(from), "{from}");
        fs::write(&path, text.replace(from, to)).unwrap();
        let told = project.run("-u lead workflow diff").is(0).text();
        let less = told.lines().filter_map(|line| line.trim().strip_prefix("less: "));
        less.map(str::to_owned).collect::<Vec<_>>()
    };
    let told = eased("required: gxp", "required: false");
    for verb in ["token revoke", "user move", "user remove"] {
        let line = format!("`{verb}` no longer asks for `reason`");
        assert!(told.contains(&line), "{line} in {told:?}");
    }
    let gone = "      reason: { takes: text, required: gxp, help: Why it is taken back }\n";
    let told = eased(gone, "      why: { takes: text, help: Why }\n");
    assert_eq!(told, ["`token revoke` no longer asks for `reason`"]);
    assert_eq!(eased("required: gxp", "required: true"), Vec::<String>::new());
}
