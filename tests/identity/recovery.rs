//! Lost passphrases where people sign: who gives a new key is known, and does not vouch for it.

use std::fs;

use serde_json::json;

use super::gxp::manager;
use super::{PASSPHRASE, acknowledge, bare, enrolled, last_issued, log, secret};
use crate::project::Project;
use crate::project::answer::Answer;

/// The end of a command line that recovers `user` with a new passphrase.
fn recover(project: &Project, by: &str, words: &str) -> Answer {
    let phrase = secret(project, "config/anew.phrase", PASSPHRASE);
    let line = format!("{by} recover {words} --new-passphrase-file {}", phrase.display());
    project.ask(line.trim())
}

/// A project where lead, ada and ines sign.
fn three() -> Project {
    let project = super::profiles::of("gxp");
    manager(&project, "lead", "ada");
    acknowledge(&project, "lead", "ada").is(0);
    manager(&project, "lead", "ines");
    acknowledge(&project, "ada", "ines").is(0);
    project
}

// REQ-066, REQ-234
#[test]
fn a_recovery_is_signed_by_another_person_who_does_not_vouch_for_it() {
    let project = three();
    // Not by the project key alone, whatever is said with it, nor by the one who is recovered.
    for words in ["ines", "ines --alone"] {
        let refused = project.keeps(0, || recover(&project, "", words)).is(2);
        let hints = &refused["error"]["hints"];
        assert_eq!(hints, &json!(["qms --user ada recover ines", "qms --user lead recover ines"]));
    }
    assert_eq!(recover(&project, "-u ines", "ines").is(7).reasons(), ["not_independent"]);
    project.issue(&["claude"]);
    let refused = recover(&project, "-u claude", "ines").is(8);
    assert_eq!(refused.reasons(), ["assurance_too_low", "not_human"]);
    assert_eq!(recover(&project, "-u lead", "claude").is(5)["error"]["code"], "not_found");

    let made = recover(&project, "-u lead", "ines").is(0)["data"]["credential"].clone();
    assert_eq!([&made["origin"], &made["issued_by"]], ["recovery", "lead"]);
    let entry = log(&project).pop().unwrap();
    assert_eq!([&entry["action"], &entry["actor"], &entry["assurance"]], ["recover", "lead", "signature"]);
    assert!(entry["signature"].is_object(), "{entry}");
    // Until somebody else has compared the new key it is worth a token; who made it is not that one.
    assert_eq!(acknowledge(&project, "lead", "ines").is(7).reasons(), ["not_independent"]);
    let said = acknowledge(&project, "ada", "ines").is(0)["data"]["credential"].clone();
    assert_eq!([&said["grounds"], &said["acknowledged_by"]], ["another", "ada"]);
    project.run("-u lead audit verify").is(0);
}

// REQ-234
#[test]
fn to_end_the_keys_of_others_makes_nobody_the_only_one() {
    let project = three();
    for user in ["ada", "ines"] {
        let key = last_issued(&project, user);
        project.run(&format!("-u lead key revoke {key} --reason lost")).is(0);
    }
    recover(&project, "-u lead", "ines").is(0);
    assert_eq!(acknowledge(&project, "lead", "ines").is(7).reasons(), ["not_independent"]);
    assert_eq!(acknowledge(&project, "ines", "ines").is(7).reasons(), ["not_independent"]);
    // Nor does the project key help while an administrator signs.
    for words in ["ines", "ines --alone", "ada", "ada --alone"] {
        project.keeps(0, || recover(&project, "", words)).is(2);
    }
}

// REQ-279
#[test]
fn where_nobody_signs_any_more_the_project_key_gives_an_administrator_a_key_that_shows_it() {
    let project = three();
    enrolled(&project, "hana", "quality");
    acknowledge(&project, "ada", "hana").is(0);
    for user in ["ada", "ines", "hana", "lead"] {
        let key = last_issued(&project, user);
        project.run(&format!("-u lead key revoke {key} --reason lost")).is(0);
    }
    // Of somebody who manages nothing the key would be for nothing that has to be got back.
    let refused = project.keeps(0, || recover(&project, "", "hana --alone")).is(2);
    assert_eq!(refused["error"]["hints"], json!(["qms recover hana", "qms recover ada --alone"]));
    let made = recover(&project, "", "ada --alone").is(0)["data"]["credential"].clone();
    assert_eq!([&made["issued_by"], &made["grounds"]], [&json!(null), &json!("alone")]);
    let ada = format!("-u ada --passphrase-file {}/config/anew.phrase", project.folder().display());
    bare(&project, &format!("{ada} user add tom --group quality --human")).ask().is(0);
    let found =
        bare(&project, &format!("{ada} doctor")).ask().is(1)["error"]["details"]["findings"].to_string();
    assert!(found.contains("and others were there"), "{found}");
    bare(&project, &format!("{ada} audit verify")).ask().is(0);
}

// REQ-279
#[test]
fn an_administrator_comes_back_by_the_project_key_and_the_one_person_who_signs() {
    let project = super::profiles::of("gxp");
    enrolled(&project, "hana", "quality");
    acknowledge(&project, "lead", "hana").is(0);
    enrolled(&project, "tom", "reviewer");
    let hana = format!("-u hana --passphrase-file {}", project.folder().join("hana.phrase").display());
    let acknowledging = |user: &str| {
        let key = last_issued(&project, user);
        bare(&project, &format!("{hana} key acknowledge {user} --fingerprint {key}")).ask()
    };
    acknowledging("tom").is(0);
    // lead has forgotten the passphrase, and tom has left.
    recover(&project, &hana, "lead").is(0);
    let refused = acknowledging("lead").is(7);
    assert!(refused["error"]["message"].to_string().contains("tom can: qms key acknowledge lead"));
    recover(&project, &hana, "tom").is(0);
    let refused = acknowledging("lead").is(7);
    assert!(refused["error"]["message"].to_string().contains("which hana acknowledges: qms recover lead"));
    recover(&project, "", "lead").is(0);
    let said = acknowledging("lead").is(0)["data"]["credential"].clone();
    assert_eq!([&said["grounds"], &said["acknowledged_by"]], ["alone", "hana"]);
    // From then on an administrator signs, and the project key alone does nothing more.
    let lead = format!("-u lead --passphrase-file {}/config/anew.phrase", project.folder().display());
    let doctor = || bare(&project, &format!("{lead} doctor")).ask();
    project.keeps(0, || recover(&project, "", "tom")).is(2);
    bare(&project, &format!("{lead} user add claude2 --group initiator --agent")).ask().is(0);
    let found = doctor().is(1)["error"]["details"]["findings"].to_string();
    assert!(found.contains("and others were there"), "{found}");
    bare(&project, &format!("{lead} user remove tom --reason left")).ask().is(0);
    doctor().is(0);
    bare(&project, &format!("{lead} audit verify")).ask().is(0);
}

// REQ-234
#[test]
fn of_two_people_the_one_who_is_left_goes_on_and_it_shows() {
    let project = super::profiles::of("gxp");
    enrolled(&project, "hana", "quality");
    acknowledge(&project, "lead", "hana").is(0);
    recover(&project, "-u lead", "hana").is(0);
    let said = acknowledge(&project, "lead", "hana").is(0)["data"]["credential"].clone();
    assert_eq!([&said["grounds"], &said["acknowledged_by"]], ["alone", "lead"]);
    let hana = format!("-u hana --passphrase-file {}/config/anew.phrase", project.folder().display());
    bare(&project, &format!("{hana} create SOP --title x")).ask().is(7);
    let doctor = project.ask("-u lead doctor").is(0)["data"]["notes"].to_string();
    assert!(doctor.contains("acknowledged by nobody else"), "{doctor}");
    // The one who founded the project, too.
    let line = format!(
        "{hana} recover lead --new-passphrase-file {}/config/anew.phrase",
        project.folder().display()
    );
    bare(&project, &line).ask().is(0);
    let key = last_issued(&project, "lead");
    let said = bare(&project, &format!("{hana} key acknowledge lead --fingerprint {key}")).ask().is(0);
    assert_eq!(said["data"]["credential"]["grounds"], "alone");
    bare(&project, &format!("{hana} audit verify")).ask().is(0);
}

/// Makes the candidate policy one of the profile `gxp`.
fn towards_gxp(project: &Project) {
    let path = project.path("workflows/policy.yaml");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replace("profile: light", "profile: gxp")).unwrap();
}

// REQ-192, REQ-234
#[test]
fn what_was_prepared_where_keys_are_not_compared_counts_for_nothing_where_they_are() {
    let project = super::profiles::of("light");
    for (user, group) in [("ada", "administrator"), ("hana", "quality")] {
        project.run(&format!("-u lead user add {user} --group {group} --human")).is(0);
    }
    // lead is left, with a token.
    for user in ["ada", "hana"] {
        let refused = project.keeps(0, || recover(&project, "", &format!("{user} --alone"))).is(2);
        assert!(refused["error"]["message"].to_string().contains("does not count alone"));
    }
    super::enrol(&project, "ada", PASSPHRASE);
    recover(&project, "", "hana").is(0);
    super::acknowledge(&project, "lead", "hana").is(0);
    // Another key in the place of one passes on where that comes from.
    let hana = format!("-u hana --passphrase-file {}/config/anew.phrase", project.folder().display());
    let anew = project.folder().join("config/anew.phrase");
    bare(&project, &format!("{hana} key create --new-passphrase-file {}", anew.display())).ask().is(0);
    let made = bare(&project, &format!("{hana} whoami")).ask().is(0)["data"]["credential"].clone();
    assert_eq!([&made["origin"], &made["grounds"]], ["recovery", "noticed"]);
    // Only a key that counts makes signatures count, so that no token becomes one afterwards.
    towards_gxp(&project);
    let ada = format!("-u ada --passphrase-file {}", project.folder().join("ada.phrase").display());
    let refused = bare(&project, &format!("{ada} workflow adopt")).ask().is(8);
    assert_eq!(refused.reasons(), ["assurance_too_low"]);
    project.run(&format!("-u lead key create --new-passphrase-file {}", anew.display())).is(0);
    let lead = format!("-u lead --passphrase-file {}", anew.display());
    bare(&project, &format!("{lead} workflow adopt")).ask().is(0);
    for (who, line) in [(&ada, "user add eve --group quality --human"), (&hana, "token issue claude --out x")]
    {
        let refused = bare(&project, &format!("{who} {line}")).ask();
        assert!(refused.reasons().contains(&"assurance_too_low"), "{:#}", refused.value());
    }
    let key = last_issued(&project, "hana");
    let said = bare(&project, &format!("{lead} key acknowledge hana --fingerprint {key}")).ask().is(0);
    assert_eq!(said["data"]["credential"]["grounds"], "first_pair");
    let keys = bare(&project, &format!("{lead} key list")).run().is(0).text();
    assert!(keys.lines().any(|line| line.starts_with(&key) && line.ends_with("(recovered)")), "{keys}");
    bare(&project, &format!("{lead} audit verify")).ask().is(0);
}

// REQ-049
#[test]
fn who_has_no_key_of_the_project_is_told_of_nobody() {
    let project = super::profiles::of("gxp");
    super::gxp::manager(&project, "lead", "ada");
    for user in ["ada", "claude", "nobody", "ada --alone"] {
        let mut call = project.call(&format!("recover {user}"));
        call.command.env("XDG_STATE_HOME", project.folder().join("elsewhere"));
        let answer = call.ask();
        let said = answer["error"].to_string();
        assert!(answer.status != 0 && said.contains("project key"), "{said}");
        assert!(!said.contains("lead") && !said.contains("person"), "{user}: {said}");
    }
}

// REQ-050
#[test]
fn what_is_presented_beside_the_project_key_has_to_hold() {
    for profile in ["light", "team"] {
        let project = super::profiles::of(profile);
        enrolled(&project, "maria", "quality");
        let wrong = secret(&project, "wrong.phrase", "not this one");
        let new = secret(&project, "new.phrase", PASSPHRASE);
        let recover = format!("recover maria --new-passphrase-file {}", new.display());
        for presented in [
            format!("-u lead --passphrase-file {}", wrong.display()),
            format!("-u nobody --passphrase-file {}", wrong.display()),
            format!("-u maria --token-file {}", wrong.display()),
            "-u maria".to_owned(),
            "-u nobody".to_owned(),
        ] {
            let size = project.log_size();
            let refused = bare(&project, &format!("{presented} {recover}")).run();
            assert!(refused.status != 0, "{profile}: {presented}");
            assert!(!log(&project).iter().any(|entry| entry["action"] == "recover"), "{presented}");
            assert!(project.log_size() - size <= 1);
        }
        bare(&project, &recover).run().is(0);
    }
}

// REQ-066
#[test]
fn a_key_made_anew_by_a_code_alarms_whatever_the_person_had_before() {
    let project = Project::new();
    project.run("-u lead user add bot --group administrator --agent").is(0);
    project.issue(&["bot"]);
    let tokens = project.ask("-u bot token list").is(0)["data"]["credentials"].clone();
    let own = tokens.as_array().unwrap().iter().find(|one| one["user"] == "lead").unwrap()["id"].clone();
    project.run(&format!("-u bot token revoke {} --reason x", own.as_str().unwrap())).is(0);
    let code = project.folder().join("lead.code");
    project.run(&format!("-u bot token issue lead --out {}", code.display())).is(0);
    let phrase = secret(&project, "lead.phrase", PASSPHRASE);
    let enrol = format!("--token-file {} enrol --passphrase-file {}", code.display(), phrase.display());
    bare(&project, &enrol).run().is(0);
    project.run("-u bot doctor").is(0);
    assert!(project.ask("-u bot list").is(0)["warnings"].to_string().contains("lead"));
}
