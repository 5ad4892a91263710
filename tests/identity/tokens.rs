//! Bearer tokens: whose they are, how long, how often and for what they are good.

use std::fs;

use qms::domain::digest::from_hex;
use qms::domain::identity::Token;
use serde_json::json;

use super::{bare, is_not_believed, issue, last_issued, log, newest, secret, with};
use crate::project::Project;

/// A project in which claude has a token.
fn entrusted() -> Project {
    let project = Project::new();
    project.issue(&["claude"]);
    project
}

/// The parts of a token's text: its id and its secret.
fn parts(text: &str) -> (String, String) {
    let words: Vec<&str> = text.trim().split('_').collect();
    (words[1].to_owned(), words[2].to_owned())
}

// REQ-051
#[test]
fn whoever_was_given_a_token_presents_it_to_read_and_to_act() {
    let project = entrusted();
    project.issue(&["qa", "tu"]);
    for (user, line) in [
        ("claude", "list"),
        ("claude", "create CR --title x"),
        ("qa", "whoami"),
        ("qa", "status SOP-001"),
        ("tu", "audit export"),
        ("tu", "token list"),
    ] {
        let ran = bare(&project, &format!("-u {user} {line}")).run().is(8);
        assert_eq!(ran.text(), "", "{line}");
        ran.says(&format!("`{user}` has a credential or is bound by a hook, and presented no proof"));
    }
    let refused = is_not_believed(bare(&project, "-u claude create CR --title x"), "credential_required");
    assert_eq!(refused["error"]["code"], "not_verified");
    // It stays so when the token is gone: what was given once binds for ever.
    project.run(&format!("-u lead token revoke {}", last_issued(&project, "claude"))).is(0);
    is_not_believed(bare(&project, "-u claude create CR --title x"), "credential_required");
    // Whoever never was given one is believed, and recorded as claimed.
    project.run("-u lead user add ada --group quality --agent").is(0);
    let listed = bare(&project, "-u ada list").ask().is(0);
    assert_eq!(listed["meta"]["actor"]["assurance"], "claimed");
    project.run("-u lead audit verify").is(0);
}

// REQ-059
#[test]
fn a_wrong_token_is_refused_and_nobody_is_told_what_is_wrong_with_it() {
    let project = entrusted();
    let (id, _) = parts(&fs::read_to_string(project.token("claude").unwrap()).unwrap());
    let (mut other_secret, mut nobodys) = ([7; 40], [9; 40]);
    other_secret[..8].copy_from_slice(&from_hex(&id).unwrap());
    nobodys[..8].copy_from_slice(&[1; 8]);
    for bytes in [other_secret, nobodys] {
        let file = secret(&project, "wrong", &Token::new(&bytes).reveal());
        for user in ["", "-u claude ", "-u qa "] {
            let call = with(&project, &file, &format!("{user}create CR --title x"));
            let refused = is_not_believed(call, "credential_invalid");
            assert_eq!(refused["error"]["message"], "the credential is not valid");
            assert_eq!(refused["error"]["details"], json!(null));
        }
    }
    let entry = newest(&project);
    assert_eq!([&entry["result"], &entry["reasons"][0]["name"]], ["denied", "credential_invalid"]);
    assert_eq!([&entry["actor"], &entry["assurance"]], [&json!(null), &json!(null)]);
}

// REQ-059
#[test]
fn a_mistyped_token_is_told_from_a_wrong_one_and_not_repeated() {
    let project = entrusted();
    let text = fs::read_to_string(project.token("claude").unwrap()).unwrap();
    let (_, of_it) = parts(&text);
    let swapped = if of_it.starts_with('0') { "1" } else { "0" };
    let mistyped = text.trim().replacen(&of_it, &format!("{swapped}{}", &of_it[1..]), 1);
    let cut = &text.trim()[..text.len() - 3];
    for (text, words) in [
        (mistyped.as_str(), "its checksum does not fit"),
        (cut, "the token is mistyped or cut off"),
        ("not a token", "what was presented is not a token"),
        (&text.trim().to_uppercase(), "what was presented is not a token"),
        ("", "what was presented is not a token"),
    ] {
        let file = secret(&project, "mistyped", text);
        // Nothing is recorded: a slip is no attempt.
        let refused = project.keeps(0, || with(&project, &file, "-u claude list").ask()).is(8);
        assert_eq!(refused["error"]["code"], "not_verified");
        let message = refused["error"]["message"].as_str().unwrap();
        assert!(message.contains(words) && !message.contains(&of_it[1..9]), "{message}");
    }
}

// REQ-050
#[test]
fn whoever_presents_somebody_elses_token_is_refused_and_both_are_named() {
    let project = entrusted();
    project.run("-u claude create CR --title x").is(0);
    project.run("-u claude route CR-001 --review").is(0);
    let token = project.token("claude").unwrap();
    let review = "review CR-001 --recommend --comment fine";
    let refused = is_not_believed(with(&project, &token, &format!("-u qa {review}")), "identity_mismatch");
    let error = &refused["error"];
    assert_eq!([&error["code"], &error["details"]["claimed"]], ["identity_mismatch", "qa"]);
    let fingerprint = error["details"]["token_fingerprint"].clone();
    assert_eq!(error["details"]["token_user"], "claude");
    let entry = newest(&project);
    assert_eq!([&entry["result"], &entry["claimed"], &entry["document"]], ["denied", "qa", "CR-001"]);
    assert_eq!(entry["observed"], json!({"token_fingerprint": fingerprint, "token_user": "claude"}));
    assert_eq!([&entry["action"], &entry["actor"]], [&json!("review"), &json!(null)]);
    // The fingerprint is the one that the holder and the administrator see.
    let me = project.ask("-u claude whoami").is(0);
    assert_eq!(me["data"]["credential"]["fingerprint"], fingerprint);
    // By any other way it is the same: to read, by the variable, for who is nobody.
    for line in ["-u qa list", "-u tu list", "-u lead user add eve --group quality --human"] {
        is_not_believed(with(&project, &token, line), "identity_mismatch");
    }
    let call = with(&project, &token, review).variable("QMS_USER", "qa");
    is_not_believed(call, "identity_mismatch");
    is_not_believed(with(&project, &token, "-u mallory list"), "identity_mismatch");
    assert_eq!(project.ask("-u qa status CR-001").is(0)["data"]["document"]["state"], "IN_PRE_REVIEW");
}

// REQ-057
#[test]
fn many_attempts_within_a_minute_are_one_entry_and_a_count() {
    let project = entrusted();
    let token = project.token("claude").unwrap();
    project.keeps(1, || {
        for line in ["-u qa list", "-u qa create CR --title x", "-u qa whoami", "-u qa list", "-u qa list"] {
            is_not_believed(with(&project, &token, line), "identity_mismatch");
        }
    });
    // Another name is another attempt.
    project.keeps(1, || is_not_believed(with(&project, &token, "-u tu list"), "identity_mismatch"));
    let listed = project.ask("-u lead list").is(0);
    let warning = &listed["warnings"][0];
    assert_eq!(warning["code"], "failed_proofs");
    let message = warning["message"].as_str().unwrap();
    assert!(message.starts_with("6 failed attempts to prove who is calling in the last day"), "{message}");
    // It says what is there: an entry for the first of each kind, which counts itself.
    assert!(message.ends_with("has the first, and the next entry like it counts the others"), "{message}");
    let exported = project.run("-u lead audit export -o jsonl").is(0).text();
    let denied = exported.lines().filter(|line| line.contains("\"result\":\"denied\""));
    assert_eq!(denied.map(|line| line.contains("\"count\":1,")).collect::<Vec<_>>(), [true, true]);
    // It is told to administrators, and to nobody else.
    assert_eq!(project.ask("-u claude list").is(0)["warnings"], json!([]));
}

// REQ-057
#[test]
fn a_name_that_reads_like_a_refusal_hides_none() {
    let project = entrusted();
    let token = project.token("claude").unwrap();
    let told = is_not_believed(with(&project, &token, "-u tu list"), "identity_mismatch");
    let fingerprint = told["error"]["details"]["token_fingerprint"].as_str().unwrap().to_owned();
    for name in
        [format!("qa identity_mismatch claude {fingerprint}"), "claude credential_required".to_owned()]
    {
        let line = ["-u", &name, "create", "CR", "--title", "x"];
        project.words(&line).ask().is(8);
    }
    // What they made room for is recorded all the same.
    project.keeps(1, || is_not_believed(with(&project, &token, "-u qa list"), "identity_mismatch"));
    project.keeps(1, || is_not_believed(bare(&project, "-u claude list"), "credential_required"));
    // A name that is nobody's is no failed proof, whatever it reads like.
    let message = project.ask("-u lead list").is(0)["warnings"][0]["message"].clone();
    assert!(message.as_str().unwrap().starts_with("3 failed attempts"), "{message}");
}

// REQ-058
#[test]
fn a_token_is_good_for_its_time_only() {
    let project = Project::new();
    let early = issue(&project, "early", "claude --not-before 2999-01-01T00:00:00Z");
    for line in ["-u claude list", "whoami", "create CR --title x"] {
        is_not_believed(with(&project, &early, line), "credential_not_yet_valid");
    }
    let short = issue(&project, "short", "claude --ttl 1s");
    // It ends by itself; each try takes a while, so that these are enough.
    let refused = (0..2000).find_map(|_| {
        let answer = with(&project, &short, "whoami").ask();
        (answer.status != 0).then_some(answer)
    });
    assert_eq!(refused.unwrap().is(8).reasons(), ["credential_expired"]);
    is_not_believed(with(&project, &short, "create CR --title x"), "credential_expired");
    let entry = newest(&project);
    assert_eq!([&entry["result"], &entry["observed"]["token_user"]], ["denied", "claude"]);
    // A time that is over before it begins is none.
    for words in ["--ttl 0s", "--ttl 1s --not-before 2001-01-01T00:00:00Z"] {
        let out = project.folder().join("never");
        let line = format!("-u lead token issue qa {words} --out {}", out.display());
        assert_eq!(project.ask(&line).is(4).reasons(), ["invalid_input"], "{words}");
        assert!(!out.exists());
    }
    let stale = project.ask("-u lead token list --stale").is(0);
    assert_eq!(stale["data"]["credentials"].as_array().unwrap().len(), 1);
}

// REQ-058
#[test]
fn a_revoked_token_is_refused_at_once() {
    let project = entrusted();
    let id = last_issued(&project, "claude");
    // Whoever holds it may give it back, and nobody else but those who manage users.
    let refused = project.ask(&format!("-u qa token revoke {id}")).is(8);
    assert_eq!(refused.reasons(), ["assurance_too_low", "not_own_credential"]);
    project.issue(&["qa"]);
    assert_eq!(project.ask(&format!("-u qa token revoke {id}")).is(7).reasons(), ["not_own_credential"]);
    project.run(&format!("-u claude token revoke {id}")).is(0);
    for line in ["-u claude list", "-u claude create CR --title x", "-u claude token rotate --out x"] {
        is_not_believed(
            project.call(&format!("{line} --token-file {}", project.token("claude").unwrap().display())),
            "credential_revoked",
        );
    }
    assert_eq!(project.ask(&format!("-u lead token revoke {id}")).is(4).reasons(), ["credential_ended"]);
    assert_eq!(project.ask("-u lead token revoke 0123456789abcdef").is(5)["error"]["code"], "not_found");
}

// REQ-058
#[test]
fn permitted_and_denied_attempts_use_a_token_up() {
    let project = Project::new();
    let token = issue(&project, "three", "claude --uses 3");
    let run = |line: &str| with(&project, &token, line).ask();
    run("create CR --title x").is(0);
    run("approve CR-001").is(7);
    // To look, and to ask what would be, uses nothing.
    run("status CR-001").is(0);
    run("checkin CR-001 --dry-run").is(0);
    assert_eq!(run("whoami").is(0)["data"]["credential"]["used"], 2);
    run("checkin CR-001").is(0);
    for line in ["checkout CR-001", "whoami", "list"] {
        is_not_believed(with(&project, &token, line), "credential_used_up");
    }
    let none = project.folder().join("none");
    let line = format!("-u lead token issue qa --uses 0 --out {}", none.display());
    assert_eq!(project.ask(&line).is(4).reasons(), ["invalid_input"]);
    project.run("-u lead audit verify").is(0);
}

// REQ-058
#[test]
fn of_many_who_use_a_token_at_once_only_as_many_get_through_as_it_has_uses() {
    let project = Project::new();
    let token = issue(&project, "two", "claude --uses 2");
    let mut statuses = std::thread::scope(|scope| {
        let run = |_| scope.spawn(|| with(&project, &token, "create CR --title x").run().status);
        let running: Vec<_> = (0..4).map(run).collect();
        running.into_iter().map(|one| one.join().unwrap()).collect::<Vec<_>>()
    });
    statuses.sort_unstable();
    assert_eq!(statuses, [0, 0, 8, 8]);
    project.run("-u lead audit verify").is(0);
}

// REQ-058
#[test]
fn a_token_is_good_for_its_actions_and_documents_only() {
    let project = Project::new();
    project.play(&["-u claude create CR --title one", "-u claude create CR --title two"]);
    project.play(&["-u claude route CR-001 --review", "-u claude route CR-002 --review"]);
    // Whoever fails often with one of them waits; so there are several.
    let scoped = |name: &str| issue(&project, name, "qa --action review --document CR-001");
    let tokens = ["one", "two", "three"].map(scoped);
    let out = project.folder().join("more");
    let lines = [
        "assign CR-001 --assignees tu",
        "review CR-002 --recommend --comment fine",
        "review CR-099 --recommend --comment fine",
        "create CR --title x",
        "workflow adopt",
        "token rotate --out more",
        &format!("token issue claude --out {}", out.display()),
        "user add eve --group quality --agent",
        "namespace add NEXT",
    ];
    for (line, token) in lines.into_iter().zip(tokens.iter().cycle()) {
        let refused = is_not_believed(with(&project, token, line), "credential_out_of_scope");
        assert_eq!(refused["error"]["details"]["token_user"], "qa");
    }
    assert!(!out.exists() && !project.path("more").exists());
    with(&project, &tokens[0], "review CR-001 --recommend --comment fine").ask().is(0);
    // A word that is no action would make a token that looks narrow.
    let line = format!("-u lead token issue qa --action revieww --out {}", out.display());
    assert_eq!(project.ask(&line).is(4).reasons(), ["unknown_action"]);
}

// REQ-058
#[test]
fn a_token_of_a_removed_user_opens_nothing() {
    let project = Project::new();
    project.issue(&["tu"]);
    project.run("-u lead user remove tu").is(0);
    for line in ["-u tu list", "-u tu create CR --title x", "whoami"] {
        let refused = is_not_believed(with(&project, &project.token("tu").unwrap(), line), "unknown_user");
        assert_eq!(refused["error"]["details"]["token_user"], "tu");
    }
    is_not_believed(bare(&project, "-u tu create CR --title x"), "unknown_user");
    let entry = log(&project).into_iter().rfind(|entry| entry["observed"]["token_user"] == "tu").unwrap();
    assert_eq!(entry["result"], "denied");
    // Nor is another one made.
    let out = project.folder().join("again");
    let line = format!("-u lead token issue tu --out {}", out.display());
    assert_eq!(project.ask(&line).is(4).reasons(), ["user_not_found"]);
    assert!(!out.exists());
}

// REQ-062
#[test]
fn a_token_on_the_command_line_is_neither_repeated_nor_recorded() {
    let project = entrusted();
    let text = fs::read_to_string(issue(&project, "shown", "qa")).unwrap();
    let token = text.trim();
    let (id, secret) = parts(token);
    let joined = format!("--token={token}");
    let comment = format!("my token is {token}");
    fs::write(project.folder().join("comment"), &comment).unwrap();
    let file = project.folder().join("comment").display().to_string();
    for words in [
        vec!["token", "revoke", token],
        vec!["token", "rotate", token, "--out", "x"],
        vec!["key", "revoke", token],
        vec!["agent", "stop", token],
        vec!["status", token],
        vec!["explain", token],
        vec![token],
        vec![joined.as_str(), "whoami"],
        vec!["--ticket", token, "whoami"],
        vec!["create", "CR", "--title", token],
        vec!["cancel", "CR-001", "--reason", comment.as_str()],
        vec!["cancel", "CR-001", "--reason-file", file.as_str()],
    ] {
        let words: Vec<&str> = ["-u", "claude"].into_iter().chain(words).collect();
        project.keeps(0, || {
            let refused = project.words(&words).ask().is(2);
            assert!(!refused.stderr.contains(&secret) && !refused.value().to_string().contains(&secret));
            assert!(refused["error"]["message"].as_str().unwrap().contains(&id), "{words:?}");
            let said = project.words(&words).run().is(2);
            assert!(!said.stderr.contains(&secret) && !said.text().contains(&secret), "{words:?}");
        });
    }
    fs::remove_file(file).unwrap();
}

// REQ-061
#[test]
fn of_several_tokens_for_one_file_one_is_issued() {
    let project = Project::new();
    let file = project.folder().join("one").display().to_string();
    project.ask("-u lead token issue qa --out -").is(2);
    assert!(!project.path("-").exists());
    let issue = || {
        let mut call = project.words(&["-u", "lead", "token", "issue", "qa", "--out", &file]);
        call.command.stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null()).spawn().unwrap()
    };
    let racing: Vec<_> = (0..6).map(|_| issue()).collect();
    let done = racing.into_iter().filter_map(|mut one| one.wait().unwrap().code()).filter(|code| *code == 0);
    assert_eq!(done.count(), 1);
    let credentials = project.ask("-u lead token list").is(0)["data"]["credentials"].clone();
    assert_eq!(credentials.as_array().unwrap().iter().filter(|it| it["user"] == "qa").count(), 1);
    bare(&project, &format!("--token-file {file} whoami")).run().is(0);
}

// REQ-143
#[test]
fn no_backup_mends_a_token_that_lies_open() {
    let project = Project::new();
    project.run("-u lead token issue qa --out qa.token").is(0);
    let found = project.ask("-u lead doctor").is(1);
    assert_eq!(found["error"]["details"]["findings"][0]["name"], "exposed_token");
    assert_eq!(found["error"]["hints"], json!([]));
}

// REQ-143
#[test]
fn a_secret_is_found_wherever_in_the_files_of_the_project_it_lies() {
    let project = Project::new();
    project.run("-u lead token issue qa --out ../qa.token").is(0);
    let token = fs::read_to_string(project.path("../qa.token")).unwrap().trim().to_owned();
    let key = fs::read_to_string(project.key()).unwrap();
    let long = "# what it does\n".repeat(100);
    for (place, text) in [
        ("x.token", token.clone()),
        (".env", format!("LANG=C\nQMS_TOKEN={token}\n")),
        (".claude/settings.local.json", json!({"env": {"QMS_TOKEN": token}}).to_string()),
        ("a/b/c/d/e", token.clone()),
        ("QMS/SOP/x", token.clone()),
        ("run.sh", format!("{long}QMS_TOKEN={token} qms list\n")),
        (".qms/key", key.clone()),
        ("key.bak", key),
    ] {
        let path = project.path(place);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        let found = project.ask("-u lead doctor").is(1)["error"]["details"]["findings"].to_string();
        assert!(found.contains("exposed_token") && found.contains(place), "{place}: {found}");
        fs::remove_file(&path).unwrap();
    }
    project.run("-u lead doctor").is(0);
}

#[test]
fn every_refusal_of_a_credential_says_what_to_do_next() {
    let project = entrusted();
    let spent = issue(&project, "spent", "qa --uses 1");
    let narrow = issue(&project, "narrow", "tu --action review");
    let hints = |call: crate::project::Call| {
        let refused = call.ask().is(8);
        refused["error"]["hints"].as_array().unwrap().clone()
    };
    with(&project, &spent, "create CR --title x").run().is(7);
    assert!(hints(with(&project, &spent, "list"))[0].as_str().unwrap().contains("token issue qa"));
    assert!(
        hints(with(&project, &narrow, "create CR --title x"))[0].as_str().unwrap().contains("token list")
    );
    let hints = hints(bare(&project, "-u claude list"));
    assert!(hints[0].as_str().unwrap().contains("--token-file"));
    assert!(hints[1].as_str().unwrap().contains("--passphrase-file"));
}
