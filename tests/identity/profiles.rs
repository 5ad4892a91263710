//! The profiles `light` and `team`, from `init` to a document in force; and what is the same in all.

use std::fs;

use super::{PASSPHRASE, bare, log, newest, secret};
use crate::project::Project;

/// A project of a profile in which lead has a token, or where only keys count, a key.
pub fn of(profile: &str) -> Project {
    let project = Project::empty();
    let proof = if profile == "gxp" {
        let phrase = secret(&project, "config/lead.phrase", PASSPHRASE);
        format!("--passphrase-file {}", phrase.display())
    } else {
        "--no-passphrase".to_owned()
    };
    project.run(&format!("init --profile {profile} {proof}")).is(0);
    project
}

// REQ-048
#[test]
fn what_nobody_published_is_published_by_whoever_comes_next_whatever_proves_who_that_is() {
    for profile in ["light", "team", "gxp"] {
        let project = of(profile);
        let page = project.path("QMS/SOP/SOP-001.md");
        assert!(page.exists(), "{profile}: init");
        for (line, status) in
            [("-u lead list", 0), ("-u lead user add tom --group reviewer --human", 0), ("-u lead doctor", 0)]
        {
            fs::remove_dir_all(project.path("QMS")).unwrap();
            fs::write(project.path(".qms/journal/4194304-0"), "0").unwrap();
            project.run(line).is(status);
            assert!(page.exists(), "{profile}: {line}");
            assert_eq!(fs::read_dir(project.path(".qms/journal")).unwrap().count(), 0, "{profile}: {line}");
        }
    }
}

/// Writes a procedure that says what it has to say, as claude, and routes it.
fn written(project: &Project) {
    project.run("-u claude create SOP --title \"Cleaning of tanks\"").is(0);
    let text = fs::read_to_string(project.copy("claude", "SOP-008")).unwrap();
    let field = text.lines().find(|line| line.starts_with("revision_summary")).unwrap();
    project.edit("claude", "SOP-008", field, "revision_summary: First issue");
    project.run("-u claude route SOP-008 --review").is(0);
}

/// Carries it through, each user as it is presented by default.
fn carried_through(project: &Project) {
    written(project);
    project.play(&[
        "-u qa review SOP-008 --recommend --comment fine",
        "-u claude route SOP-008 --approval",
        "-u qa approve SOP-008",
    ]);
    let status = project.ask("-u qa status SOP-008").is(0);
    assert_eq!(status["data"]["document"]["state"], "EFFECTIVE");
    assert!(project.path("QMS/SOP/SOP-008.md").exists());
    project.run("-u lead audit verify --contents").is(0);
}

// REQ-051, REQ-052, REQ-115
#[test]
fn light_believes_whoever_was_given_nothing_and_nobody_else() {
    let project = of("light");
    assert_eq!(project.ask("-u qa list").is(0)["warnings"], serde_json::json!([]));
    carried_through(&project);
    let approved = log(&project).into_iter().rfind(|entry| entry["action"] == "approve").unwrap();
    assert_eq!([&approved["assurance"], &approved["isolation"]], ["claimed", "none"]);
    project.run("-u lead user add hana --group quality --human").is(0);
    project.run("-u claude create CR --title x").is(0);
    project.run("-u claude route CR-001 --review").is(0);
    let assigned = project.ask("-u hana assign CR-001 --assignees tu").is(0);
    let message = assigned["warnings"][0]["message"].as_str().unwrap();
    assert!(
        message.starts_with("No token for actor 'hana': recorded as claimed. Fix: qms enrol"),
        "{message}"
    );
    // The command that the warning names ends it, and the claim with it.
    let tried = project.ask("-u claude withdraw CR-001 --dry-run").is(0);
    assert_eq!(tried["warnings"], serde_json::json!([]));
    let assigned = project.ask("-u qa assign CR-001 --assignees lead").is(0);
    let warning = &assigned["warnings"][0];
    assert_eq!(warning["code"], "unattributed");
    let message = warning["message"].as_str().unwrap().to_owned();
    let (said, command) = message.split_once("Fix: qms ").unwrap();
    assert_eq!(said, "No token for actor 'qa': recorded as claimed. ");
    let given = project.token("lead").unwrap().with_file_name("qa.token");
    let lead = project.token("lead").unwrap();
    // Where the administrator's own token lies is not told to those who have none.
    assert_eq!(command, format!("--user lead token issue qa --out {}", given.display()));
    bare(&project, &format!("--token-file {} {command}", lead.display())).run().is(0);
    assert!(given.exists() && !given.starts_with(project.root()));
    assert_eq!(project.ask("-u qa list").is(0)["warnings"], serde_json::json!([]));
    super::is_not_believed(bare(&project, "-u qa list"), "credential_required");
}

// REQ-053
#[test]
fn team_lets_nobody_act_who_is_only_claimed() {
    let project = of("team");
    for line in ["create CR --title x", "create SOP --title x", "namespace add NEXT"] {
        let refused = project.keeps(1, || project.ask(&format!("-u claude {line}"))).is(8);
        assert_eq!(refused.reasons(), ["assurance_too_low"]);
        let message = refused["error"]["message"].as_str().unwrap();
        let words = "`claude` is only claimed; this needs at least: token; `token issue` (user: claude) is for administrator";
        assert_eq!(message, words);
    }
    // Nor does anybody look.
    for line in ["list", "doctor", "status SOP-001", "workflow show", "history SOP-001"] {
        super::is_not_believed(project.call(&format!("-u tu {line}")), "reading_unproved");
    }
    project.issue(&["claude", "qa"]);
    carried_through(&project);
    assert!(
        log(&project)
            .iter()
            .filter(|it| it["result"] == "permitted")
            .skip(1)
            .all(|it| { it["assurance"] == "token" && it["credential"].is_string() })
    );
    // Verdicts of who is only claimed do not count there either.
    project.run("-u claude create CR --title x").is(0);
    project.run("-u claude route CR-001 --review --assignees tu").is(0);
    let refused = project.ask("-u tu review CR-001 --recommend --comment fine").is(8);
    assert_eq!(refused.reasons(), ["assurance_too_low"]);
}

// REQ-003, REQ-055
#[test]
fn in_every_profile_whoever_is_only_claimed_manages_nothing() {
    for profile in ["light", "team", "gxp"] {
        let project = of(profile);
        // An administrator who was never given anything.
        project.run("-u lead user add ada --group administrator --human").is(0);
        project.issue(&["tu"]);
        let token = super::last_issued(&project, "tu");
        let out = project.folder().join("out").display().to_string();
        let policy = project.path("workflows/policy.yaml");
        let text = fs::read_to_string(&policy).unwrap();
        fs::write(&policy, text + "# another\n").unwrap();
        let phrase = secret(&project, "phrase", PASSPHRASE).display().to_string();
        for line in [
            "workflow adopt",
            "user add eve --group quality --agent",
            "user move tu --group quality --reason x",
            "user remove tu --reason x",
            &format!("token issue qa --out {out}"),
            &format!("token revoke {token} --reason x"),
            &format!("token rotate --out {out}"),
            &format!("key create --new-passphrase-file {phrase}"),
        ] {
            let refused = project.keeps(1, || project.ask(&format!("-u ada {line}"))).is(8);
            let reasons = refused.reasons();
            let unproved = ["assurance_too_low", "reading_unproved"];
            assert!(reasons.iter().all(|name| unproved.contains(name)), "{profile} {line}: {reasons:?}");
        }
        // Nor does it help to be nobody's user, or to name one who has a token.
        for user in ["mallory", "lead"] {
            bare(&project, &format!("-u {user} workflow adopt")).ask().is(8);
        }
        assert!(!project.folder().join("out").exists());
        let entry = newest(&project);
        assert_eq!([&entry["result"], &entry["claimed"]], ["denied", "lead"]);
    }
}

// REQ-002
#[test]
fn the_profile_is_changed_by_adoption_alone() {
    let project = of("light");
    let path = project.path("workflows/policy.yaml");
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.contains("profile: light"));
    fs::write(&path, text.replace("profile: light", "profile: team")).unwrap();
    project.run("-u claude create CR --title x").is(0);
    project.run("-u lead workflow adopt").is(0);
    assert_eq!(project.ask("-u claude create CR --title x").is(8).reasons(), ["assurance_too_low"]);
    // Nobody makes signatures count who has none to give.
    fs::write(&path, text.replace("profile: light", "profile: gxp")).unwrap();
    let refused = project.ask("-u lead workflow adopt").is(8);
    assert_eq!(refused.reasons(), ["assurance_too_low"]);
    assert!(refused["error"]["message"].as_str().unwrap().contains("qms enrol"));
    // Back again is less, and has to be said.
    fs::write(&path, &text).unwrap();
    let refused = project.ask("-u lead workflow adopt").is(4);
    assert_eq!(refused.reasons(), ["policy_demands_less"]);
    assert_eq!(refused["error"]["message"], "the profile is light instead of team");
    project.run("-u lead workflow adopt --less").is(2);
    project.run("-u lead workflow adopt --less --reason \"it is a trial\"").is(0);
    project.run("-u claude create CR --title x").is(0);
    // A word that is no profile is no policy.
    fs::write(&path, text.replace("profile: light", "profile: none")).unwrap();
    project.run("-u lead workflow adopt").is(82);
    project.run("init --profile none").is(2);
}

// REQ-134
#[test]
fn init_without_a_terminal_needs_a_passphrase_or_to_be_told_that_none_is_wanted() {
    let project = Project::empty();
    project.run("init").is(2).says("--passphrase-file FILE").says("--no-passphrase");
    assert_eq!(fs::read_dir(project.root()).unwrap().count(), 0);
    let short = secret(&project, "short", "1234567");
    project.run(&format!("init --passphrase-file {}", short.display())).is(2);
    let phrase = secret(&project, "phrase", PASSPHRASE).display().to_string();
    project.run(&format!("init --passphrase-file {phrase} --no-passphrase")).is(2);
    assert_eq!(fs::read_dir(project.root()).unwrap().count(), 0);
    assert!(!project.folder().join("config").exists() || project.token("lead").is_none());
    let made = project.ask(&format!("init --passphrase-file {phrase}")).is(0);
    let file = made["data"]["credential_file"].as_str().unwrap();
    assert!(file.ends_with("/lead.key") && fs::read_to_string(file).unwrap().contains("qms.key/1"));
    assert_eq!(made["data"]["profile"], "light");
    // To find the key opens nothing.
    super::is_not_believed(project.call("-u lead list"), "credential_required");
    let me = project.ask(&format!("-u lead whoami --passphrase-file {phrase}")).is(0);
    assert_eq!([&me["data"]["assurance"], &me["data"]["source"]], ["signature", "key"]);
}

// REQ-227
#[test]
fn doctor_says_as_whom_somebody_can_act_or_read_who_only_says_the_name() {
    for profile in ["light", "team", "gxp"] {
        let project = of(profile);
        project.run("-u lead user add hana --group quality --human").is(0);
        project.issue(&["claude"]);
        project.run("-u claude create CR --title x").is(0);
        let found = project.run("-u lead doctor");
        let said = format!("{}{}", found.text(), found.stderr);
        let named = |how: &str| {
            let begin = format!("anybody can {how} as ");
            let list = said.lines().find_map(|line| line.split_once(&begin)).map(|(_, rest)| rest);
            let list = list.and_then(|rest| rest.split_once(':')).map(|(list, _)| list.to_owned());
            list.unwrap_or_default()
        };
        let (acting, reading) = (named("act"), named("read"));
        for user in ["lead", "claude", "qa", "tu", "hana"] {
            let is_read = bare(&project, &format!("-u {user} list")).run().status == 0;
            let tried = bare(&project, &format!("-u {user} checkin CR-001 --dry-run")).run();
            // Nobody is let in by the name: then it is about who is calling, and nothing else.
            let is_acted = tried.status != 8;
            let listed = |list: &str| list.split([',', ' ']).any(|name| name == user);
            assert_eq!(listed(&acting), is_acted, "{profile} {user}: {said}");
            assert_eq!(listed(&reading), is_read && !is_acted, "{profile} {user}: {said}");
        }
        assert!(profile == "light" || acting.is_empty(), "{said}");
    }
}
