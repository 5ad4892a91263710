//! The profile `gxp`, from `init` to a procedure in force: agents write, people sign.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use super::{PASSPHRASE, bare, log, secret};
use crate::project::Project;

/// Names the sealed key of a person by its passphrase.
pub(super) fn signing(user: &str, phrase: &Path) -> String {
    format!("-u {user} --passphrase-file {}", phrase.display())
}

/// Checks a signature as people are shown it, but for its time, which is returned.
fn is_signed(signed: &Value, meaning: &str, verdict: &str, key: &str) -> String {
    let at = signed["at"].as_str().unwrap();
    let expected = json!({
        "user": "hana", "printed_name": "Hana Quint", "at": at, "meaning": meaning,
        "action": signed["action"], "verdict": verdict, "key_fingerprint": key, "key_rests_on": "first_pair", "clock_was_wrong": false,
    });
    assert_eq!(*signed, expected);
    format!("Hana Quint (hana), {at}, {meaning} ({verdict}), key {key} (first pair)")
}

// REQ-054, REQ-069, REQ-122
#[test]
fn people_sign_what_agents_write_until_it_is_in_force() {
    let project = Project::empty();
    let phrase = secret(&project, "lead.phrase", PASSPHRASE);
    let made = project.ask(&format!("init --profile gxp --passphrase-file {}", phrase.display())).is(0);
    assert_eq!(made["data"]["profile"], "gxp");
    let lead = signing("lead", &phrase);
    let token = |user: &str| {
        let file = project.folder().join(format!("config/{user}.token"));
        project.run(&format!("{lead} token issue {user} --out {}", file.display())).is(0);
        format!("--token-file {}", file.display())
    };
    let (claude, qa) = (token("claude"), token("qa"));

    // Who writes. Nobody routes what nobody could sign.
    project.run(&format!("{claude} create SOP --title \"Cleaning of tanks\"")).is(0);
    let text = fs::read_to_string(project.copy("claude", "SOP-008")).unwrap();
    let field = text.lines().find(|line| line.starts_with("revision_summary")).unwrap();
    project.edit("claude", "SOP-008", field, "revision_summary: First issue");
    let route = |who: &str| project.ask(&format!("{who} route SOP-008 --review"));
    let refused = route(&claude).is(4);
    assert_eq!(refused.reasons(), ["no_eligible_quality"]);
    assert!(
        refused["error"]["message"]
            .as_str()
            .unwrap()
            .ends_with("`user add` (group: quality, kind: human) is for administrator")
    );
    project.run(&format!("{lead} user add hana --group quality --name \"Hana Quint\" --human")).is(0);
    // A person who has no key is no signer yet: the administrator is shown the command that ends that.
    assert_eq!(route(&claude).is(4).reasons(), ["no_eligible_quality"]);
    project.run(&format!("{lead} create SOP --title Other")).is(0);
    project.edit("lead", "SOP-009", field, "revision_summary: First issue");
    let refused = project.ask(&format!("{lead} route SOP-009 --review")).is(4);
    let remedy = refused["error"]["reasons"][0]["remedy"].as_str().unwrap();
    assert!(remedy.starts_with("qms --user lead token issue hana --out <file>"), "{remedy}");
    let code = project.folder().join("hana.code");
    let line = remedy.trim_start_matches("qms ").replace("<file>", &code.display().to_string());
    let issued = project.ask(&line).is(0);
    assert_eq!(issued["data"]["credential"]["kind"], "enrolment");
    let next = issued["data"]["command"].as_str().unwrap().trim_start_matches("qms ").to_owned();
    let phrase = secret(&project, "hana.phrase", "staple battery");
    let made = project.ask(&format!("{next} --passphrase-file {}", phrase.display())).is(0);
    let key = made["data"]["credential"]["id"].as_str().unwrap().to_owned();
    let hana = signing("hana", &phrase);

    // What nobody has compared is a token: lead and hana compare, and are the first two to do so.
    let refused = project.ask(&format!("{lead} route SOP-009 --review")).is(4);
    let remedy = refused["error"]["reasons"][0]["remedy"].as_str().unwrap();
    assert!(
        remedy.starts_with("qms --user lead key acknowledge hana --fingerprint <fingerprint>"),
        "{remedy}"
    );
    let line = remedy.trim_start_matches("qms ").replace("<fingerprint>", &key);
    let said = project.ask(&line).is(0)["data"]["credential"].clone();
    assert_eq!([&said["acknowledged_by"], &said["grounds"]], ["lead", "first_pair"]);

    // Agents comment, and neither sit nor decide.
    let refused = project.ask(&format!("{claude} route SOP-008 --review --assignees qa")).is(4);
    assert_eq!(refused.reasons(), ["assignee_not_eligible"]);
    assert_eq!(route(&claude).is(0)["data"]["document"]["state"], "IN_REVIEW");
    let refused = project.ask(&format!("{qa} assign SOP-008 --assignees tu")).is(4);
    assert_eq!(refused.reasons(), ["assignee_not_eligible"]);
    let review = "review SOP-008 --recommend --comment fine";
    let refused = project.ask(&format!("{qa} {review}")).is(8);
    assert_eq!(refused.reasons(), ["assurance_too_low", "not_assigned"]);
    super::is_not_believed(bare(&project, &format!("-u hana {review}")), "credential_required");
    super::is_not_believed(bare(&project, &format!("-u hana {qa} {review}")), "identity_mismatch");
    project.run(&format!("{hana} {review}")).is(0);
    project.run(&format!("{claude} route SOP-008 --approval")).is(0);
    project.ask(&format!("{qa} approve SOP-008")).is(8);
    project.run(&format!("{hana} approve SOP-008")).is(0);

    // The manifest: who, when, what for, with which key.
    let status = project.ask(&format!("{claude} status SOP-008")).is(0);
    assert_eq!(status["data"]["document"]["state"], "EFFECTIVE");
    let signed = status["data"]["signatures"].as_array().unwrap();
    let lines = [
        is_signed(&signed[0], "reviewed", "recommend", &key),
        is_signed(&signed[1], "approved", "approve", &key),
    ];
    assert_eq!(signed.len(), 2);
    assert_eq!([&signed[0]["action"], &signed[1]["action"]], ["review", "approve"]);
    let shown = [
        project.run(&format!("{claude} status SOP-008")).is(0).text(),
        project.run(&format!("{claude} history SOP-008")).is(0).text(),
    ];
    for (shown, line) in shown.iter().flat_map(|shown| lines.iter().map(move |line| (shown, line))) {
        assert!(shown.contains(line.as_str()), "{line:?} in\n{shown}");
    }
    let page = fs::read_to_string(project.path("QMS/SOP/SOP-008.md")).unwrap();
    for signed in signed {
        let (at, meaning) = (&signed["at"], signed["meaning"].as_str().unwrap());
        let action = signed["action"].as_str().unwrap();
        let line = format!(
            "{{ user: hana, name: \"Hana Quint\", at: {at}, meaning: {meaning}, action: {action}, key: \"{key}\" }}"
        );
        assert!(page.contains(&line), "{line:?} in\n{page}");
    }

    // With the project key everything is verified, without it all that public keys can prove.
    let verified = project.ask(&format!("{lead} audit verify --contents")).is(0);
    assert_eq!(verified["data"]["head_tag"], "verified");
    let key = project.folder().join("elsewhere");
    fs::rename(project.key(), &key).unwrap();
    for line in ["audit verify", "-u lead audit verify", &format!("{claude} audit verify --contents")] {
        let verified = project.keeps(0, || bare(&project, line).ask()).is(0);
        assert_eq!(verified["data"]["head_tag"], "unchecked", "{line}");
        assert_eq!(verified["meta"]["actor"], json!(null), "{line}");
    }
    // Nothing else is told or done without it.
    for line in ["list", "-u lead list", &format!("{claude} list"), &format!("{hana} doctor")] {
        assert_ne!(bare(&project, line).run().status, 0, "{line}");
    }
}

// REQ-054, REQ-070, REQ-281
#[test]
fn where_verdicts_are_signed_a_token_of_a_person_is_not_enough() {
    let project = super::profiles::of("gxp");
    project.issue(&["claude"]);
    super::enrolled(&project, "hana", "quality");
    // Whose key nobody has compared cannot be asked for a verdict.
    project.run("-u claude create CR --title x").is(0);
    let refused = project.ask("-u claude route CR-001 --review --assignees hana").is(4);
    let message = refused["error"]["message"].as_str().unwrap();
    assert!(message.contains("it has no key that counts as a signature"), "{message}");
    let refused = project.ask("-u claude route CR-001 --review").is(4)["error"]["message"].to_string();
    assert!(refused.contains("lead can: qms key acknowledge hana"), "{refused}");
    super::acknowledge(&project, "lead", "hana").is(0);
    project.run("-u claude route CR-001 --review").is(0);
    // With the key revoked nobody can route any more, and what is out cannot be answered.
    let key = super::last_issued(&project, "hana");
    project.run(&format!("-u lead key revoke {key} --reason lost")).is(0);
    let phrase = project.folder().join("hana.phrase");
    let line = format!("{} review CR-001 --recommend --comment x", signing("hana", &phrase));
    assert_eq!(project.ask(&line).is(8).reasons(), ["credential_revoked"]);
    project.run("-u claude withdraw CR-001").is(0);
    assert_eq!(project.ask("-u claude route CR-001 --review").is(4).reasons(), ["no_eligible_quality"]);
    assert_eq!(log(&project).iter().filter(|it| it["verdict"].is_string()).count(), 0);
}

/// Adds a person who manages the project, with a key by a code of somebody who does.
pub(super) fn manager(project: &Project, by: &str, user: &str) {
    let code = project.folder().join(format!("config/{user}.code"));
    let phrase = secret(project, &format!("config/{user}.phrase"), PASSPHRASE);
    project.run(&format!("-u lead user add {user} --group administrator --human")).is(0);
    project.run(&format!("-u {by} token issue {user} --out {}", code.display())).is(0);
    let enrol = format!("--token-file {} enrol --passphrase-file {}", code.display(), phrase.display());
    bare(project, &enrol).run().is(0);
}

/// A project that lead, ada and ines manage with keys that count; lead issued the code of ada, and ada that of ines.
pub(super) fn managed() -> Project {
    let project = super::profiles::of("gxp");
    manager(&project, "lead", "ada");
    super::acknowledge(&project, "lead", "ada").is(0);
    manager(&project, "ada", "ines");
    super::acknowledge(&project, "lead", "ines").is(0);
    project
}

// REQ-195
#[test]
fn what_demands_less_waits_for_a_second_person() {
    let project = super::profiles::of("gxp");
    // ada and ines manage the project, too; lead issued the code of ada, and ada that of ines.
    manager(&project, "lead", "ada");
    super::acknowledge(&project, "lead", "ada").is(0);
    manager(&project, "ada", "ines");
    let path = project.path("workflows/policy.yaml");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replace("profile: gxp", "profile: light")).unwrap();
    let less = "workflow adopt --less --reason \"fewer people\"";
    // A lower profile asks for fewer reasons, too.
    let refused = project.ask("-u lead workflow adopt").is(4);
    assert!(refused.reasons().iter().all(|name| *name == "policy_demands_less"), "{:?}", refused.reasons());
    let proposed = project.ask(&format!("-u lead {less}")).is(0)["data"].clone();
    let digest = proposed["digest"].as_str().unwrap().to_owned();
    assert!(proposed["text"].as_str().unwrap().contains(&format!("qms workflow adopt --confirm {digest}")));
    let profile = || project.run("-u lead workflow show --source policy.yaml").is(0).text();
    assert!(profile().contains("profile: gxp"));

    // Not whoever proposed it, nor by a code of that one, nor by a key that counts only since then.
    let confirm = |user: &str| project.ask(&format!("-u {user} workflow adopt --confirm {digest}"));
    for user in ["lead", "ada"] {
        assert_eq!(confirm(user).is(7).reasons(), ["not_independent"], "{user}");
    }
    assert_eq!(confirm("ines").is(8).reasons(), ["assurance_too_low", "not_independent"]);
    super::acknowledge(&project, "lead", "ines").is(0);
    assert_eq!(confirm("ines").is(7).reasons(), ["not_independent"]);
    // A candidate that changed is another one, and nothing else was proposed.
    let other = "0".repeat(64);
    let refused = project.ask(&format!("-u ada workflow adopt --confirm {other}")).is(4);
    assert_eq!(refused.reasons(), ["candidate_differs", "nothing_to_confirm"]);
    // Whoever cannot confirm a proposal makes one that takes its place, and the record says whose it ends, and why.
    project.run(&format!("-u ines {less}")).is(0);
    let observed = log(&project).pop().unwrap()["observed"].clone();
    assert_eq!(
        [&observed["ends_proposal_of"], &observed["why_it_ends"]],
        ["lead", "that user's key counts only since it was proposed"]
    );
    let refused = project.ask(&format!("-u lead {less}")).is(4);
    assert_eq!(refused.reasons(), ["proposed_already"]);
    let remedy = refused["error"]["reasons"][0]["remedy"].to_string();
    assert!(remedy.contains("qms --user lead workflow adopt --confirm"), "{remedy}");
    // ada could not confirm what lead proposed, and can confirm what ines did.
    assert_eq!(confirm("ines").is(7).reasons(), ["not_independent"]);
    confirm("ada").is(0);
    assert!(profile().contains("profile: light"));
    assert!(confirm("ines").is(4).reasons().contains(&"nothing_to_confirm"));
    let last = log(&project)
        .into_iter()
        .rfind(|entry| entry["action"] == "policy_adopt" && entry["result"] == "permitted");
    let last = last.unwrap();
    assert_eq!([&last["actor"], &last["inputs"]["confirm"]], ["ada", digest.as_str()]);
    project.run("-u lead audit verify").is(0);
}

// REQ-195
#[test]
fn what_was_proposed_ends_with_the_policy_that_it_replaces_whatever_comes_back() {
    let project = managed();
    let path = project.path("workflows/policy.yaml");
    let base = fs::read_to_string(&path).unwrap();
    let (less, other) = (base.replace("profile: gxp", "profile: light"), format!("{base}\n# more\n"));
    let adopt = |user: &str, text: &str, more: &str| {
        fs::write(&path, text).unwrap();
        project.ask(&format!("-u {user} workflow adopt {more}"))
    };
    let proposed = adopt("lead", &less, "--less --reason \"fewer people\"").is(0)["data"].clone();
    let confirm = format!("--confirm {}", proposed["digest"].as_str().unwrap());
    adopt("lead", &other, "").is(0);
    assert_eq!(adopt("ines", &less, &confirm).is(4).reasons(), ["nothing_to_confirm"]);
    adopt("lead", &base, "").is(0);
    assert_eq!(adopt("ines", &less, &confirm).is(4).reasons(), ["nothing_to_confirm"]);
    // Proposed anew it is new.
    adopt("lead", &less, "--less --reason \"fewer people\"").is(0);
    adopt("ines", &less, &confirm).is(0);
}

// REQ-195
#[test]
fn a_word_that_counted_for_nothing_makes_no_key_count_since_then() {
    let project = Project::empty();
    let phrase = secret(&project, "config/lead.phrase", PASSPHRASE);
    project.run(&format!("init --profile light --passphrase-file {}", phrase.display())).is(0);
    manager(&project, "lead", "hana2");
    manager(&project, "lead", "ada");
    // A key that is made anew by a code alarms, and that is acknowledged where keys are not compared.
    let key = super::last_issued(&project, "ada");
    project.run(&format!("-u hana2 key revoke {key} --reason lost")).is(0);
    let (code, phrase) = (project.folder().join("again.code"), project.folder().join("config/ada.phrase"));
    project.run(&format!("-u hana2 token issue ada --out {}", code.display())).is(0);
    let enrol = format!("--token-file {} enrol --passphrase-file {}", code.display(), phrase.display());
    bare(&project, &enrol).run().is(0);
    super::acknowledge(&project, "lead", "ada").is(0);
    let path = project.path("workflows/policy.yaml");
    let light = fs::read_to_string(&path).unwrap();
    fs::write(&path, light.replace("profile: light", "profile: gxp")).unwrap();
    project.run("-u lead workflow adopt").is(0);
    super::acknowledge(&project, "lead", "hana2").is(0);
    super::acknowledge(&project, "hana2", "lead").is(0);
    fs::write(&path, light).unwrap();
    let less = "-u lead workflow adopt --less --reason easier";
    let digest = project.ask(less).is(0)["data"]["digest"].as_str().unwrap().to_owned();
    let confirm = || project.ask(&format!("-u ada workflow adopt --confirm {digest}"));
    confirm().is(8);
    super::acknowledge(&project, "lead", "ada").is(0);
    assert_eq!(confirm().is(7).reasons(), ["not_independent"]);
}

// REQ-195
#[test]
fn the_end_of_a_binding_waits_for_a_second_person() {
    let project = managed();
    let path = project.path("workflows/policy.yaml");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replace("\nproject:\n", "\nruntimes: { claude: claude }\nproject:\n")).unwrap();
    let less = "workflow adopt --less --reason \"a runtime\"";
    let digest = project.ask(&format!("-u lead {less}")).is(0)["data"]["digest"].clone();
    project.run(&format!("-u ines workflow adopt --confirm {}", digest.as_str().unwrap())).is(0);
    project.run("-u lead hooks install claude").is(0);
    let bound = || project.ask("-u lead user show claude").is(0)["data"]["user"]["bound"] == true;
    let unbind = |user: &str, more: &str| {
        project.ask(&format!("-u {user} user unbind claude --reason \"no hook\" {more}"))
    };
    let refused = unbind("lead", &format!("--confirm {}", "0".repeat(64))).is(4);
    assert_eq!(refused.reasons(), ["nothing_to_confirm"]);
    let proposed = unbind("lead", "").is(0)["data"].clone();
    let confirm = format!("--confirm {}", proposed["proposed"].as_str().unwrap());
    assert!(bound());
    let shown = project.run("-u lead user unbind claude --reason \"no hook\"").is(0).text();
    assert!(shown.contains(&format!("qms user unbind claude --reason <why> {confirm}")), "{shown}");
    let refused = unbind("ines", "").is(4);
    assert_eq!(refused.reasons(), ["proposed_already"]);
    let remedy = refused["error"]["reasons"][0]["remedy"].as_str().unwrap().to_owned();
    assert_eq!(remedy, format!("qms --user ines user unbind claude {confirm} --reason <text>"));
    for user in ["lead", "ada"] {
        assert_eq!(unbind(user, &confirm).is(7).reasons(), ["not_independent"], "{user}");
    }
    unbind("ines", &confirm).is(0);
    assert!(!bound());
    assert!(unbind("ines", &confirm).is(4).reasons().contains(&"not_bound"));
    // Bound again, it is proposed again.
    project.run("-u lead hooks install claude").is(0);
    assert_eq!(unbind("ines", &confirm).is(4).reasons(), ["nothing_to_confirm"]);
    project.run("-u lead audit verify").is(0);
}

// REQ-193
#[test]
fn doctor_finds_a_key_that_was_used_and_that_nobody_has_compared() {
    let project = super::profiles::of("gxp");
    project.issue(&["claude"]);
    super::enrolled(&project, "hana", "quality");
    project.run("-u claude create CR --title x").is(0);
    let doctor = || project.ask("-u lead doctor");
    let notes = |answer: &crate::project::answer::Answer| answer["data"]["notes"].to_string();
    // A key that was never used has signed nothing.
    assert!(!notes(&doctor().is(0)).contains("compared"));
    let phrase = project.folder().join("hana.phrase");
    let refused = project.ask(&format!("{} cancel CR-001 --reason x", signing("hana", &phrase)));
    assert_ne!(refused.status, 0);
    let found = doctor().is(1)["error"]["details"]["findings"].clone();
    assert_eq!(found[0]["name"], "uncompared_key", "{found}");
    super::acknowledge(&project, "lead", "hana").is(0);
    // Two who vouch for each other alone wait for a third, which is no fault.
    assert!(notes(&doctor().is(0)).contains("waits for a third person"));
}

// REQ-193
#[test]
fn what_nobody_has_vouched_for_stays_so_however_often_it_is_replaced() {
    let project = super::profiles::of("gxp");
    manager(&project, "lead", "ada");
    // What is signed with a key that nobody has compared is worth a token, and the record verifies.
    project.run("-u ada create SOP --title x").is(0);
    let made = log(&project).pop().unwrap();
    assert_eq!((&made["assurance"], &made["signature"]), (&json!("token"), &json!(null)));
    project.run("-u lead audit verify").is(0);
    super::acknowledge(&project, "lead", "ada").is(0);
    manager(&project, "lead", "ines");
    // lead issued the code, uses it, and makes one more key with what came of it.
    let anew = secret(&project, "anew", "another passphrase");
    project.run(&format!("-u ines key create --new-passphrase-file {}", anew.display())).is(0);
    assert_eq!(super::acknowledge(&project, "lead", "ines").is(7).reasons(), ["not_independent"]);
    let said = super::acknowledge(&project, "ada", "ines").is(0)["data"]["credential"].clone();
    assert_eq!([&said["origin"], &said["issued_by"], &said["grounds"]], ["code", "lead", "another"]);
    project.run("-u lead audit verify").is(0);
}

// REQ-191
#[test]
fn what_ends_makes_no_key_that_does_not() {
    let project = super::profiles::of("team");
    project.run("-u lead user add adm --group administrator --agent").is(0);
    let token = super::issue(&project, "adm.token", "adm --ttl 1h");
    project.run("-u lead user add eve --group quality --human").is(0);
    let line = format!("token issue eve --out {}", project.folder().join("code").display());
    assert_eq!(super::with(&project, &token, &line).ask().is(8).reasons(), ["credential_out_of_scope"]);
}
