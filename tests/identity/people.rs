//! People: codes, keys, lost passphrases, and tokens that take the place of others.

use std::fs;

use serde_json::json;

use super::{PASSPHRASE, bare, enrol, enrolled, is_not_believed, issue, last_issued, newest, secret, with};
use crate::project::Project;

/// A project with hana, a person of quality who has nothing yet.
fn expecting() -> Project {
    let project = Project::new();
    project.run("-u lead user add hana --group quality --human").is(0);
    project
}

// REQ-051, REQ-065
#[test]
fn a_code_makes_one_key_and_opens_nothing_else() {
    let project = expecting();
    let code = issue(&project, "code", "hana");
    for line in ["list", "whoami", "-u hana whoami", "create CR --title x", "token rotate --out x"] {
        let refused = is_not_believed(with(&project, &code, line), "credential_out_of_scope");
        assert_eq!(refused["error"]["details"]["token_user"], "hana", "{line}");
    }
    is_not_believed(with(&project, &code, "-u qa list"), "identity_mismatch");
    let phrase = secret(&project, "phrase", PASSPHRASE);
    let enrol = format!("--token-file {} enrol --passphrase-file {}", code.display(), phrase.display());
    // In the environment, where others find it, a code opens nothing.
    with(&project, &code, &format!("enrol --passphrase-file {}", phrase.display())).run().is(2);
    // It makes the key of its own person, and of nobody else.
    is_not_believed(bare(&project, &format!("-u qa {enrol}")), "identity_mismatch");
    // Until then hana may still come as she is.
    bare(&project, "-u hana list").ask().is(0);
    let made = bare(&project, &enrol).ask().is(0);
    let key_file = made["data"]["key_file"].as_str().unwrap().to_owned();
    let sealed = fs::read(&key_file).unwrap();
    for line in [enrol.as_str(), "whoami"] {
        is_not_believed(with(&project, &code, line), "credential_used_up");
    }
    assert_eq!(fs::read(&key_file).unwrap(), sealed);
    is_not_believed(bare(&project, "-u hana list"), "credential_required");
    let entry = project.run("-u lead audit export").is(0).text();
    assert!(entry.contains("\"key_create\""));
    project.run("-u lead audit verify").is(0);
}

// REQ-065
#[test]
fn a_code_ends_by_time_and_by_a_newer_one() {
    let project = expecting();
    let (first, second) = (issue(&project, "first", "hana"), issue(&project, "second", "hana"));
    let phrase = secret(&project, "phrase", PASSPHRASE);
    let enrol = |code: &std::path::Path| {
        bare(
            &project,
            &format!("--token-file {} enrol --passphrase-file {}", code.display(), phrase.display()),
        )
    };
    is_not_believed(enrol(&first), "credential_revoked");
    let issued = project.ask("-u lead token list").is(0)["data"]["credentials"].clone();
    let valid: Vec<_> = issued.as_array().unwrap().iter().filter(|it| it["validity"] == "valid").collect();
    let code = valid.iter().find(|it| it["user"] == "hana").unwrap();
    // A week, where nothing else was said.
    assert!(code["not_after"].is_string() && code["uses"] == 1, "{code}");
    let short = issue(&project, "short", "hana --ttl 1s");
    is_not_believed(enrol(&second), "credential_revoked");
    let refused = (0..2000).find_map(|_| {
        let answer = with(&project, &short, "whoami").ask();
        (answer.reasons() != ["credential_out_of_scope"]).then_some(answer)
    });
    assert_eq!(refused.unwrap().is(8).reasons(), ["credential_expired"]);
    is_not_believed(enrol(&short), "credential_expired");
    assert!(!project.token("lead").unwrap().with_file_name("hana.key").exists());
    // What a code is for cannot be widened.
    for words in ["--uses 2", "--action review", "--document CR-001"] {
        let line = format!("-u lead token issue hana {words} --out {}", project.folder().join("x").display());
        assert_eq!(project.ask(&line).is(4).reasons(), ["invalid_input"], "{words}");
    }
}

// REQ-065
#[test]
fn nobody_makes_a_credential_for_a_person_who_has_one() {
    let project = Project::new();
    let phrase = enrolled(&project, "hana", "administrator");
    let out = project.folder().join("out").display().to_string();
    let refused = project.ask(&format!("-u lead token issue hana --out {out}")).is(4);
    assert_eq!(refused.reasons(), ["person_has_key"]);
    let hana = format!("-u hana --passphrase-file {}", phrase.display());
    // A token for trials is a credential of its person, too.
    let refused = project.ask(&format!("{hana} token issue lead --out {out}")).is(4);
    assert_eq!(refused.reasons(), ["person_has_key"]);
    // With a key there is no token that another could take the place of.
    let refused = project.ask(&format!("{hana} token rotate --out {out}")).is(8);
    assert_eq!(refused.reasons(), ["assurance_too_low"]);
    assert!(!project.folder().join("out").exists());
    // Agents have tokens, people have keys.
    project.issue(&["claude"]);
    let line = format!("-u claude key create --new-passphrase-file {}", phrase.display());
    assert_eq!(project.ask(&line).is(7).reasons(), ["not_human"]);
}

// REQ-070
#[test]
fn a_new_key_ends_everything_before_it() {
    let project = Project::new();
    // lead has a token for trials, and makes a key in its place.
    let phrase = secret(&project, "phrase", PASSPHRASE);
    let made = project.ask(&format!("-u lead key create --new-passphrase-file {}", phrase.display())).is(0);
    let first = made["data"]["credential"]["id"].as_str().unwrap().to_owned();
    is_not_believed(project.call("-u lead whoami"), "credential_revoked");
    let lead = format!("-u lead --passphrase-file {}", phrase.display());
    let run = |line: &str| bare(&project, &format!("{lead} {line}")).ask();
    assert_eq!(run("whoami").is(0)["data"]["credential"]["id"], first.as_str());
    let other = secret(&project, "other", "another passphrase");
    let made = run(&format!("key create --new-passphrase-file {}", other.display())).is(0);
    let second = made["data"]["credential"]["id"].as_str().unwrap().to_owned();
    assert_ne!(first, second);
    let refused = run("whoami").is(8);
    assert_eq!(refused.reasons(), ["wrong_passphrase"]);
    let line = format!("-u lead --passphrase-file {} key list", other.display());
    let keys = bare(&project, &line).ask().is(0)["data"]["credentials"].clone();
    let validity = |id: &str| {
        let mut keys = keys.as_array().unwrap().iter();
        keys.find(|key| key["id"] == id).unwrap()["validity"].as_str().unwrap().to_owned()
    };
    assert_eq!([validity(&first), validity(&second)], ["revoked", "valid"]);
    // A passphrase that is too short makes nothing and ends nothing.
    let short = secret(&project, "short", "1234567");
    let lead = format!("-u lead --passphrase-file {}", other.display());
    let line = format!("{lead} key create --new-passphrase-file {}", short.display());
    project.keeps(0, || bare(&project, &line).run().is(2).says("at least 8 characters"));
    bare(&project, &format!("{lead} audit verify")).ask().is(0);
}

// REQ-058, REQ-191
#[test]
fn a_token_that_was_rotated_is_valid_for_its_grace_and_no_longer() {
    let project = Project::new();
    let token = issue(&project, "first", "claude --action create,token_rotate --document CR-001");
    let out = project.folder().join("second");
    let line = format!("token rotate --grace 1h --out {}", out.display());
    // Without a document a token that names some is good for nothing.
    is_not_believed(with(&project, &token, &line), "credential_out_of_scope");
    let token = issue(&project, "third", "claude --action create,token_rotate");
    let old = last_issued(&project, "claude");
    let rotated = with(&project, &token, &line).ask().is(0);
    let issued = &rotated["data"]["credential"];
    assert_eq!([&issued["user"], &issued["issued_by"]], ["claude", "claude"]);
    assert_eq!(issued["actions"], serde_json::json!(["create", "token_rotate"]));
    with(&project, &token, "whoami").ask().is(0);
    with(&project, &out, "whoami").ask().is(0);
    let listed = project.ask("-u lead token list").is(0)["data"]["credentials"].clone();
    let former = listed.as_array().unwrap().iter().find(|it| it["id"] == old.as_str()).unwrap().clone();
    assert!(former["not_after"].is_string(), "{former}");
    // Without a grace the one before it ends at once, and what has ended is not brought back by it.
    let third = project.folder().join("fourth");
    with(&project, &out, &format!("token rotate --out {}", third.display())).ask().is(0);
    is_not_believed(with(&project, &out, "whoami"), "credential_revoked");
    with(&project, &third, "whoami").ask().is(0);
    let again = format!("token rotate --out {}", project.folder().join("fifth").display());
    is_not_believed(with(&project, &out, &again), "credential_revoked");
    // Nobody rotates what somebody else holds, who manages users neither.
    project.run(&format!("-u lead token rotate {old} --out {}", out.display())).is(2);
}

// REQ-058
#[test]
fn no_rotation_makes_more_of_a_token_than_was_given() {
    let project = Project::new();
    let token = issue(&project, "first", "claude --uses 3 --ttl 1h");
    let end = |file: &std::path::Path| {
        let me = with(&project, file, "whoami").ask().is(0)["data"]["credential"].clone();
        (me["not_after"].clone(), me["uses"].clone(), me["used"].clone())
    };
    let (until, ..) = end(&token);
    // Two tokens at once would have twice as many uses.
    let out = project.folder().join("second");
    let line = format!("token rotate --grace 10m --out {}", out.display());
    assert_eq!(with(&project, &token, &line).ask().is(4).reasons(), ["invalid_input"]);
    assert_eq!(end(&token).2, 1);
    // To rotate is a use, and lengthens nothing for who holds it.
    let line = format!("token rotate --out {}", out.display());
    with(&project, &token, &line).ask().is(0);
    assert_eq!(end(&out), (until, 3.into(), 2.into()));
    with(&project, &out, "create CR --title x").run().is(0);
    is_not_believed(with(&project, &out, "whoami"), "credential_used_up");
}

// REQ-066
#[test]
fn a_recovery_alarms_until_another_person_has_looked_into_it() {
    let project = Project::new();
    let phrase = secret(&project, "phrase", PASSPHRASE);
    let hana = enrolled(&project, "hana", "administrator");
    let hana = format!("-u hana --passphrase-file {}", hana.display());
    let own = last_issued(&project, "lead");
    let refused = project.ask(&format!("{hana} key acknowledge lead --fingerprint {own}")).is(4);
    assert_eq!(refused.reasons(), ["fingerprint_differs"]);
    // Only people are recovered, by who holds the project key, without anybody being verified.
    project.run(&format!("recover claude --new-passphrase-file {}", phrase.display())).is(5);
    project.run("recover lead").is(2);
    let recovered = project.ask(&format!("recover lead --new-passphrase-file {}", phrase.display())).is(0);
    assert_eq!(
        [&recovered["data"]["credential"]["origin"], &recovered["meta"]["actor"]],
        [&"recovery".into(), &serde_json::Value::Null]
    );
    is_not_believed(project.call("-u lead whoami"), "credential_revoked");
    let lead = format!("-u lead --passphrase-file {}", phrase.display());
    let alarmed = |who: &str| {
        let answer = bare(&project, &format!("{who} list")).ask().is(0);
        let warnings = answer["warnings"].as_array().unwrap().clone();
        warnings.into_iter().find(|warning| warning["code"] == "recovered")
    };
    for who in [&lead, &hana] {
        let warning = alarmed(who).unwrap();
        let message = warning["message"].as_str().unwrap();
        assert!(message.starts_with("the key of lead was made at "), "{message}");
        assert!(message.contains("qms --user <person> key acknowledge lead --fingerprint <"), "{message}");
    }
    // Nobody vouches for themselves; no agent and nobody who is only claimed vouches for anybody.
    let said =
        |who: &str| format!("{who} key acknowledge lead --fingerprint {}", last_issued(&project, "lead"));
    let refused = bare(&project, &said(&lead)).ask().is(7);
    assert_eq!(refused.reasons(), ["not_independent"]);
    project.ask(&said("-u qa")).is(8);
    assert!(alarmed(&hana).is_some());
    let said = bare(&project, &said(&hana)).ask().is(0);
    assert_eq!(said["data"]["credential"]["grounds"], "noticed");
    assert_eq!([alarmed(&lead), alarmed(&hana)], [None, None]);
    let text = bare(&project, &format!("{hana} audit export")).run().is(0).text();
    assert!(text.contains("\"action\":\"recover\"") && text.contains("\"action\":\"key_acknowledge\""));
    bare(&project, &format!("{hana} audit verify")).ask().is(0);
}

// REQ-066
#[test]
fn two_who_were_recovered_do_not_vouch_for_each_other() {
    let project = Project::new();
    let phrase = enrolled(&project, "hana", "quality");
    for user in ["lead", "hana"] {
        project.run(&format!("recover {user} --new-passphrase-file {}", phrase.display())).is(0);
    }
    for (user, other) in [("lead", "hana"), ("hana", "lead")] {
        let key = last_issued(&project, other);
        let line = format!(
            "-u {user} --passphrase-file {} key acknowledge {other} --fingerprint {key}",
            phrase.display()
        );
        let refused = bare(&project, &line).ask().is(7);
        assert_eq!(refused.reasons(), ["not_independent"]);
    }
    assert_eq!(newest_by(&project, "lead", &phrase)["result"], "denied");
}

// REQ-066
#[test]
fn who_takes_the_place_of_a_person_is_an_alarm_that_neither_ends() {
    let project = Project::new();
    let phrase = enrolled(&project, "hana", "quality");
    enrolled(&project, "maria", "quality");
    let key = last_issued(&project, "hana");
    // The administrator takes the key back, and makes one in the name of the person.
    project.run(&format!("-u lead key revoke {key} --reason lost")).is(0);
    let code = project.folder().join("again").display().to_string();
    project.run(&format!("-u lead token issue hana --out {code}")).is(0);
    let enrol = format!("--token-file {code} enrol --passphrase-file {}", phrase.display());
    assert_eq!(bare(&project, &enrol).ask().is(0)["data"]["credential"]["origin"], "renewal");
    project.run("-u lead list").is(0).says("the key of hana was made at ");
    let acknowledge = |user: &str| {
        let key = last_issued(&project, "hana");
        let line = format!(
            "-u {user} --passphrase-file {} key acknowledge hana --fingerprint {key}",
            phrase.display()
        );
        bare(&project, &line).ask()
    };
    let by_lead = super::acknowledge(&project, "lead", "hana").is(7);
    assert_eq!(by_lead.reasons(), ["not_independent"]);
    assert_eq!(acknowledge("hana").is(7).reasons(), ["not_independent"]);
    // Nor does somebody who was made for it.
    enrolled(&project, "eve", "quality");
    assert_eq!(acknowledge("eve").is(7).reasons(), ["not_independent"]);
    acknowledge("maria").is(0);
    let warnings = project.ask("-u lead list").is(0)["warnings"].clone();
    assert!(!warnings.to_string().contains("recovered"), "{warnings}");
}

fn newest_by(project: &Project, user: &str, phrase: &std::path::Path) -> serde_json::Value {
    let line = format!("-u {user} --passphrase-file {} audit export", phrase.display());
    let text = bare(project, &line).run().is(0).text();
    serde_json::from_str(text.lines().last().unwrap()).unwrap()
}

#[test]
fn a_code_is_written_into_the_log_without_its_secret_and_with_its_person() {
    let project = expecting();
    let _phrase = enrol(&project, "hana", PASSPHRASE);
    let made = newest(&project);
    assert_eq!([&made["action"], &made["actor"], &made["assurance"]], ["key_create", "hana", "token"]);
    assert_eq!(made["inputs"]["credential"], last_issued(&project, "hana").as_str());
}

#[test]
fn a_key_whose_maker_died_before_it_was_in_its_place_is_found() {
    let project = Project::new();
    let phrase = enrolled(&project, "hana", "quality");
    let made = project.ask(&format!("-u hana --passphrase-file {} key list", phrase.display())).is(0);
    let keys = made["data"]["credentials"].as_array().unwrap().clone();
    let id = keys.iter().find(|it| it["user"] == "hana").unwrap()["id"].as_str().unwrap().to_owned();
    let folder = project.folder().join("config/qms").join(
        std::fs::read_dir(project.folder().join("config/qms")).unwrap().next().unwrap().unwrap().file_name(),
    );
    let (settled, left) = (folder.join("hana.key"), folder.join(format!("hana.key-{id}")));
    std::fs::rename(&settled, &left).unwrap();
    // One that was never registered stays where it is.
    let stranger = folder.join("hana.key-0123456789abcdef");
    std::fs::copy(&left, &stranger).unwrap();
    let line = format!("-u hana --passphrase-file {} whoami", phrase.display());
    assert_eq!(bare(&project, &line).ask().is(0)["data"]["assurance"], "signature");
    assert!(settled.exists() && !left.exists() && stranger.exists());
}

// REQ-250
#[test]
fn a_printed_name_that_another_user_has_is_given_with_a_warning() {
    let project = Project::new();
    let add = |user: &str, name: &str| {
        let words = ["-u", "lead", "user", "add", user, "--group", "quality", "--agent", "--name", name];
        project.words(&words).ask().is(0)["warnings"].clone()
    };
    assert_eq!(add("ada", "Ada Lovelace"), json!([]));
    let told = add("ada2", " ada lovelace");
    assert_eq!(told[0]["code"], "printed_name_taken");
    assert_eq!(told[0]["message"], "the printed name ` ada lovelace` is also that of `ada`");
    // Who was removed signs no more.
    for user in ["ada", "ada2"] {
        project.run(&format!("-u lead user remove {user} --reason left")).is(0);
    }
    assert_eq!(add("ada3", "Ada Lovelace"), json!([]));
}
