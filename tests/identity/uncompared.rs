//! Keys of people that nobody has compared: what they show, and what is said of them.

use std::path::Path;

use super::gxp::{managed, signing};
use super::{PASSPHRASE, bare, secret};

// REQ-082
#[test]
fn a_key_that_nobody_compared_shows_no_answer_of_its_holder() {
    let project = managed();
    project.issue(&["claude"]);
    let person = |user: &str, at: &str| {
        let code = project.folder().join(format!("{user}{at}.code"));
        let phrase = secret(&project, &format!("{user}{at}.phrase"), PASSPHRASE);
        project.run(&format!("-u lead token issue {user} --out {}", code.display())).is(0);
        let enrol = format!("--token-file {} enrol --passphrase-file {}", code.display(), phrase.display());
        let made = bare(&project, &enrol).ask().is(0);
        (made["data"]["credential"]["id"].as_str().unwrap().to_owned(), phrase)
    };
    for user in ["maria", "otto"] {
        project.run(&format!("-u lead user add {user} --group quality --human")).is(0);
    }
    let ((maria, phrase), (otto, _)) = (person("maria", ""), person("otto", ""));
    for (user, key) in [("maria", &maria), ("otto", &otto)] {
        project.run(&format!("-u ada key acknowledge {user} --fingerprint {key}")).is(0);
    }
    project.run("-u claude create CR --title x").is(0);
    project.run("-u claude route CR-001 --review --assignees maria,otto").is(0);
    let by = |phrase: &Path, words: &str| bare(&project, &format!("{} {words}", signing("maria", phrase)));
    by(&phrase, "review CR-001 --request-updates --comment Marker").run().is(0);
    let seen = |phrase: &Path| {
        let views =
            ["status CR-001", "list -o json", "history CR-001", "comments CR-001", "audit export -o jsonl"];
        views.map(|view| {
            let said = by(phrase, view).run().text();
            said.contains("Marker") || said.contains("request_updates")
        })
    };
    assert_eq!(seen(&phrase), [true; 5]);
    // An administrator gives the name another key, and holds it.
    project.run(&format!("-u lead key revoke {maria} --reason lost")).is(0);
    let (again, phrase) = person("maria", "-2");
    assert_eq!(seen(&phrase), [false; 5]);
    // Once somebody else has compared it, it is maria's.
    project.run(&format!("-u ada key acknowledge maria --fingerprint {again}")).is(0);
    assert_eq!(seen(&phrase), [true; 5]);
}

// REQ-193
#[test]
fn a_key_that_was_used_and_has_ended_uncompared_is_told_and_asks_nothing_of_anybody() {
    let project = managed();
    project.run("-u lead user add hugo --group reviewer --human").is(0);
    let enrol = |name: &str| {
        let code = project.folder().join(format!("{name}.code"));
        let phrase = secret(&project, &format!("config/{name}.phrase"), PASSPHRASE);
        project.run(&format!("-u lead token issue hugo --out {}", code.display())).is(0);
        let enrol = format!("--token-file {} enrol --passphrase-file {}", code.display(), phrase.display());
        let made = bare(&project, &enrol).ask().is(0);
        (made["data"]["credential"]["id"].as_str().unwrap().to_owned(), signing("hugo", &phrase))
    };
    let doctor = |status: i32| {
        let ran = project.run("-u lead doctor").is(status);
        ran.text() + &ran.stderr
    };
    let (key, by_hugo) = enrol("one");
    bare(&project, &format!("{by_hugo} namespace add X")).run().is(7);
    let told = doctor(1);
    assert!(
        told.contains(&format!("the key {key} of hugo was used")) && told.contains("key acknowledge"),
        "{told}"
    );
    project.run(&format!("-u lead key revoke {key} --reason lost")).is(0);
    let told = doctor(0);
    assert!(told.contains(&format!("the key {key} of hugo was used and has ended")), "{told}");
    assert!(!told.contains("key acknowledge hugo"), "{told}");
}
