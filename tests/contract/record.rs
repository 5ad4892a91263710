//! What is recorded, in which order reasons come, and what is withheld.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::MetadataExt as _;

use qms::domain::audit::Entry;
use qms::domain::digest::to_hex;
use rusqlite::Connection;
use serde_json::{Value, json};

use super::{furnished, keys, names};
use crate::project::Project;

// REQ-011, REQ-012, REQ-115, REQ-133
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
    assert_eq!(
        names(&refused["data"]["next"], "action"),
        ["checkout", "withdraw", "cancel", "create", "status"]
    );

    let history = project.ask("-u qa history CR-001").is(0);
    let entry = history["data"]["entries"].as_array().unwrap().last().unwrap();
    let fields = "index at span clock boot actor claimed claimed_actor attribution actor_kind group assurance \
                  isolation session agent parent credential token_id ticket signature host uid client_id \
                  occurred_at ran_by action inputs observed document version from to result verdict comment reasons content_digest policy_digest count changes leaf_hash withheld";
    assert_eq!(keys(entry), fields.split_whitespace().collect::<Vec<_>>());
    assert_eq!([&entry["result"], &entry["actor"]], [&json!("denied"), &json!("claude")]);
    assert_eq!(names(&entry["reasons"], "name"), expected);
    assert_eq!(entry["inputs"], json!({"outcome": "recommend"}));
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

// REQ-011
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

// REQ-016
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

// REQ-016
#[test]
fn a_trial_in_the_name_of_another_leaves_the_refused_proof_on_record_and_nothing_else() {
    let project = Project::new();
    project.issue(&["claude"]);
    let token = project.token("claude").unwrap();
    project.run("-u claude create CR --title x").is(0);
    // Refusals alike within a minute are one entry.
    for (line, entries) in [("create CR --title y --dry-run", 1), ("checkin CR-001 --dry-run", 0)] {
        let before = project.ask("-u claude status CR-001").is(0)["data"]["document"].clone();
        let line = format!("-u qa --token-file {} {line}", token.display());
        project.keeps(entries, || project.ask(&line).is(8));
        assert_eq!(project.ask("-u claude status CR-001").is(0)["data"]["document"], before);
        let log = project.run("-u lead audit export").is(0).text();
        assert!(log.lines().next_back().unwrap().contains("identity_mismatch"), "{line}");
        project.run("-u claude status CR-002").is(5);
    }
}

// REQ-082
#[test]
fn nobody_sees_what_others_said_in_a_round_that_is_open() {
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
    // Nor does who has no seat: a seat can be given at any time, and who owns the document starts reviewers.
    project.run("-u lead user add qb --group quality --agent").is(0);
    assert!(["qa", "lead", "qb", "claude"].iter().all(|user| !sees(user, "What tu found")));
    assert!(sees("tu", "What tu found"));
    project
        .run("-u qa audit export")
        .is(0)
        .says("1 entry of an open round is shown whole when the round ends");
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

// REQ-036
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

// REQ-230
#[test]
fn what_a_version_is_compared_with_is_looked_up() {
    let project = Project::new();
    let compared = |line: &str| {
        let answer = project.ask(line).is(0);
        [&answer["data"]["from"], &answer["data"]["to"]].map(|it| it.as_str().unwrap().to_owned())
    };
    project.play(&["-u claude create SOP --title x"]);
    let approval = [
        "-u claude route SOP-008 --review",
        "-u qa review SOP-008 --recommend --comment x",
        "-u claude route SOP-008 --approval",
        "-u qa approve SOP-008",
    ];
    project.play(&approval);
    assert_eq!(compared("-u claude diff SOP-008"), ["1.0", "1.0"]);
    project.play(&["-u claude checkout SOP-008"]);
    assert_eq!(compared("-u claude diff SOP-008"), ["1.0", "1.1"]);
    project.edit("claude", "SOP-008", "revision_summary: ", "revision_summary: More of ");
    project.play(&approval);
    assert_eq!(compared("-u claude diff SOP-008"), ["1.0", "2.0"]);
    // An attachment begins with 1.0, and is in force at no time.
    project.play(&[
        "-u claude create CR --title x",
        "-u claude route CR-001 --review",
        "-u qa review CR-001 --recommend --comment x",
        "-u claude route CR-001 --approval",
        "-u qa approve CR-001",
        "-u claude release CR-001",
        "-u claude create VR --parent CR-001 --title y",
    ]);
    assert_eq!(compared("-u claude diff CR-001-VR-001"), ["1.0", "1.0"]);
    project.edit("claude", "CR-001-VR-001", "[what is to be shown", "[that it works");
    project.play(&["-u claude checkin CR-001-VR-001"]);
    assert_eq!(compared("-u claude diff CR-001-VR-001"), ["1.0", "1.1"]);
}

// REQ-120
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

// REQ-180
#[test]
fn a_verification_says_what_it_checked_and_what_it_did_not() {
    let project = furnished();
    let kept = project.run("-u qa audit checkpoint").is(0).stdout;
    fs::write(project.path("kept"), kept).unwrap();
    let said = |words: &str| {
        let text = project.run(&format!("-u qa audit verify {words}")).is(0).text();
        let line = |name: &str| {
            let found = text.lines().find_map(|line| line.trim_start().strip_prefix(name));
            found.unwrap_or_else(|| panic!("no {name:?} in {text}")).trim().to_owned()
        };
        [line("head tag:"), line("contents:"), line("checkpoint:")]
    };
    let (contents, checkpoint) = (
        "not checked; `--contents` digests every one",
        "not compared; only `--checkpoint FILE` shows a log that was cut or put back",
    );
    assert_eq!(said(""), ["verified", contents, checkpoint]);
    assert_eq!(said("--contents"), ["verified", "verified", checkpoint]);
    assert_eq!(said("--checkpoint kept"), ["verified", contents, "the log goes on from it"]);
    fs::remove_file(project.key()).unwrap();
    assert_eq!(said("")[0], "not checked; the project key is not here");
}

// REQ-123
#[test]
fn nothing_is_recorded_after_a_log_whose_end_was_not_made_with_the_key() {
    let project = furnished();
    let before = project.files();
    let store = rusqlite::Connection::open(project.database()).unwrap();
    // Whoever has the file and not the key can cut the log and mend its head, except for the tag.
    store.execute("UPDATE head SET tag = zeroblob(32)", []).unwrap();
    for line in ["-u claude create CR --title x", "-u mallory create CR --title x", "-u tu approve CR-001"] {
        let refused = project.keeps(0, || project.ask(line)).is(80);
        assert_eq!(refused["error"]["code"], "audit_failed");
        let hint = refused["error"]["hints"][0].as_str().unwrap();
        assert!(hint.ends_with(" audit verify"), "{hint}");
    }
    assert_eq!(project.files(), before);
    // Reading goes on, and says what is wrong to whoever asks.
    project.ask("-u qa list").is(0);
    project.ask("-u qa audit verify").is(80);
}

// REQ-115
#[test]
fn entries_say_whom_and_what_an_action_was_about() {
    let project = Project::new();
    project.play(&[
        "-u lead user add ann --group initiator --human --name \"Ann Other\"",
        "-u lead namespace add CORE",
        "-u claude create CR --title x",
        "-u lead transfer CR-001 --to ann --reason \"claude is away\"",
    ]);
    project.run("-u ann route CR-001 --retirement --assignees tu,qa").is(4);
    let log = project.run("-u qa audit export").is(0).text();
    let told: Vec<(String, Value)> = log
        .lines()
        .skip(1)
        .map(|line| serde_json::from_str::<Value>(line).unwrap())
        .map(|entry| (entry["action"].as_str().unwrap().to_owned(), entry["inputs"].clone()))
        .collect();
    let expected = [
        ("user_add", json!({"user": "ann", "group": "initiator", "kind": "human", "name": "Ann Other"})),
        ("namespace_add", json!({"namespace": "CORE"})),
        ("create", json!({"title": "x"})),
        ("transfer", json!({"to": "ann"})),
        ("route", json!({"target": "retirement", "assignees": "tu,qa"})),
    ];
    assert_eq!(told, expected.map(|(action, inputs)| (action.to_owned(), inputs)));
    let history = project.run("-u qa history CR-001").is(0).text();
    assert!(history.contains("DRAFT (to: ann)"), "{history}");
    let table = project.run("-u qa audit export --format csv").is(0).text();
    assert!(table.contains("\"assignees: tu,qa, target: retirement\""), "{table}");
}

// REQ-172
#[test]
fn every_entry_says_where_and_when_it_was_made_and_holds_random_bytes() {
    let project = Project::new();
    project.play(&["-u claude create CR --title x", "-u claude create CR --title x"]);
    let store = Connection::open(project.database()).unwrap();
    let mut sealed = store.prepare("SELECT bytes FROM entries ORDER BY idx").unwrap();
    let sealed = sealed.query_map((), |row| row.get::<_, Vec<u8>>(0)).unwrap();
    let entries: Vec<Entry> = sealed.map(|bytes| Entry::decode(&bytes.unwrap()).unwrap()).collect();
    let salts: BTreeSet<_> = entries.iter().map(|entry| entry.salt).collect();
    assert_eq!(salts.len(), entries.len());
    let uid = fs::metadata(project.database()).unwrap().uid();
    let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap().trim().replace('-', "");
    let ran: Vec<u64> = entries.iter().map(|entry| entry.moment.boot.unwrap().since).collect();
    assert!(ran.is_sorted(), "{ran:?}");
    for entry in &entries {
        assert_eq!(entry.uid, Some(uid));
        assert!(entry.host.as_ref().is_some_and(|host| !host.is_empty()));
        assert_eq!(to_hex(&entry.moment.boot.unwrap().id), boot);
        assert_eq!((entry.span, entry.at), (0, entry.moment.clock));
    }
}

// REQ-119
#[test]
fn a_text_that_was_changed_behind_the_record_is_neither_shown_nor_judged() {
    let project = Project::new();
    project.play(&["-u claude create CR --title x", "-u claude route CR-001 --review"]);
    let digest = project.ask("-u qa status CR-001").is(0)["data"]["document"]["content_digest"].clone();
    let store = rusqlite::Connection::open(project.database()).unwrap();
    // The present text, not the draft that was not filled in.
    let forge = "UPDATE contents SET body = CAST(replace(CAST(body AS TEXT), 'Purpose', 'purpose') AS BLOB)
                 WHERE CAST(body AS TEXT) NOT LIKE '%{{%'";
    store.execute_batch("DROP TRIGGER contents_stay").unwrap();
    assert!(store.execute(forge, []).unwrap() > 0);
    let lines = [
        "-u qa read CR-001",
        "-u qa diff CR-001",
        "-u qa review CR-001 --recommend --comment fine",
        "-u claude checkout CR-001",
    ];
    for line in lines {
        let refused = project.keeps(0, || project.ask(line)).is(80);
        assert_eq!(refused["error"]["code"], "audit_failed", "{line}");
        let message = format!("the content {} is missing or changed", digest.as_str().unwrap());
        assert_eq!(refused["error"]["message"], message, "{line}");
        let hint = refused["error"]["hints"][0].as_str().unwrap();
        assert!(hint.ends_with(" audit verify --contents"), "{hint}");
    }
    project.ask("-u qa audit verify --contents").is(80);
}
