//! What an environment proves: one rule for every way by which a proof reaches the program.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use serde_json::Value;

use super::terminal::Shell;
use super::{bare, enrolled, log, newest};
use crate::project::{PROGRAM, Project};

/// Where a command is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// At a person's shell.
    Person,
    /// By an agent whose runtime has no hook in the project.
    Agent,
    /// By an agent whose runtime has one.
    Hooked,
}

/// Whose proof it is, and of what kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Proof {
    AgentsToken,
    PersonsToken,
    PersonsKey,
}

impl Proof {
    /// The user, and something that only the user's proof lets happen.
    fn user(self) -> (&'static str, &'static str) {
        match self {
            Self::AgentsToken => ("claude", "create CR --title x"),
            Self::PersonsToken => ("lead", "key list"),
            Self::PersonsKey => ("hana", "create CR --title x"),
        }
    }
}

/// Every way by which a proof comes, whether the line names it, and of which kinds it can be. `HELD` is the file that
/// holds it.
const WAYS: &[(&str, &str, bool, &[Proof])] = &[
    ("", "--token-file HELD", true, &[Proof::AgentsToken, Proof::PersonsToken]),
    ("", "--token-file - <HELD", true, &[Proof::AgentsToken, Proof::PersonsToken]),
    ("", "--passphrase-file HELD", true, &[Proof::PersonsKey]),
    ("QMS_TOKEN=$(cat HELD)", "", false, &[Proof::AgentsToken, Proof::PersonsToken]),
    ("QMS_TOKEN_FILE=HELD", "", false, &[Proof::AgentsToken, Proof::PersonsToken]),
    ("QMS_TOKEN_FD=9", "9<HELD", false, &[Proof::AgentsToken, Proof::PersonsToken]),
    ("QMS_PASSPHRASE_FILE=HELD", "", false, &[Proof::PersonsKey]),
];

/// The rule: why a proof does not count, or nothing where it does.
fn distrust(place: Place, is_named: bool, proof: Proof) -> Option<&'static str> {
    match (place, proof) {
        _ if is_named => None,
        (Place::Person, _) | (Place::Agent, Proof::AgentsToken) => None,
        (Place::Hooked, Proof::AgentsToken) => Some("call_not_signed"),
        (_, Proof::PersonsToken) => Some("persons_token_exported"),
        (_, Proof::PersonsKey) => Some("persons_passphrase_exported"),
    }
}

fn shell(project: &Project, line: &str) -> Command {
    let prepared = bare(project, "").command;
    let mut command = Command::new("bash");
    command.args(["-c", line]).env_clear();
    command.envs(prepared.get_envs().filter_map(|(name, value)| Some((name, value?))));
    command.env("PATH", "/usr/bin:/bin").env("qms", PROGRAM).current_dir(project.root());
    command
}

/// A project with a proof of each kind, and the file of each.
fn project() -> (Project, impl Fn(Proof) -> PathBuf) {
    let project = Project::new();
    project.issue(&["claude"]);
    let phrase = enrolled(&project, "hana", "initiator");
    let (lead, claude) = (project.token("lead").unwrap(), project.token("claude").unwrap());
    let file = move |proof| match proof {
        Proof::AgentsToken => claude.clone(),
        Proof::PersonsToken => lead.clone(),
        Proof::PersonsKey => phrase.clone(),
    };
    (project, file)
}

// REQ-283
#[test]
fn every_way_of_a_proof_into_the_program_follows_one_rule() {
    let (project, file) = project();
    for place in [Place::Person, Place::Agent, Place::Hooked] {
        if place == Place::Hooked {
            project.run("-u lead hooks install claude").is(0);
        }
        let agent = if place == Place::Person { "" } else { "CLAUDECODE=1 " };
        for (variables, words, is_named, proofs) in WAYS {
            for proof in *proofs {
                let (user, act) = proof.user();
                let path = file(*proof).display().to_string();
                for asked in ["list", act] {
                    let line =
                        format!("{agent}{variables} $qms --no-interactive -o json -u {user} {asked} {words}");
                    let output = shell(&project, &line.replace("HELD", &path)).output().unwrap();
                    let said = String::from_utf8(output.stdout).unwrap();
                    let shown = format!("{place:?} {proof:?}: {line}: {said}");
                    let status = output.status.code();
                    match distrust(place, *is_named, *proof) {
                        None => assert_eq!(status, Some(0), "{shown}"),
                        Some(why) => {
                            assert_eq!(status, Some(8), "{shown}");
                            let answer: Value = serde_json::from_str(&said).unwrap();
                            assert_eq!(answer["error"]["reasons"][0]["name"], why, "{shown}");
                        }
                    }
                }
            }
        }
    }
    // Each is on record, as an attempt of nobody; those that are alike within a minute are one entry.
    for why in ["persons_token_exported", "persons_passphrase_exported", "call_not_signed"] {
        let is_it = |entry: &Value| entry["reasons"][0]["name"] == why && entry["actor"].is_null();
        assert!(log(&project).iter().any(is_it), "{why}");
    }
}

// REQ-283
#[test]
fn a_key_that_a_person_unlocked_is_not_what_an_agent_at_that_terminal_acts_with() {
    let (project, _) = project();
    let mut shell = Shell::open(&project);
    let (status, said) = shell.run_with("-u hana unlock --for 10m", super::PASSPHRASE);
    assert_eq!(status, "0", "{said}");
    for line in ["list", "-u hana create CR --title x"] {
        let (status, said) = shell.run(line);
        assert!(status == "0", "{said}");
        shell.enter(&format!("CLAUDECODE=1 $qms {line} -q; echo \"status $?\""));
        let (status, said) = shell.ends();
        assert!(status == "8" && said.contains("the token of `hana`, a person, comes from"), "{said}");
    }
    assert_eq!(newest(&project)["reasons"][0]["name"], "persons_token_exported");
    shell.leave();
}

// REQ-284
#[test]
fn doctor_names_each_proof_of_a_person_that_is_exported() {
    let (project, file) = project();
    let said = |line: &str| {
        let output = shell(&project, line).output().unwrap();
        String::from_utf8([output.stdout, output.stderr].concat()).unwrap()
    };
    let (lead, phrase) = (file(Proof::PersonsToken), file(Proof::PersonsKey));
    let (lead, phrase) = (lead.display(), phrase.display());
    let exported = format!(
        "export QMS_TOKEN=$(cat {lead}) QMS_TOKEN_FILE={lead} QMS_PASSPHRASE_FILE={phrase}; $qms --no-interactive"
    );
    // Each of them is exported, whatever this command itself presents.
    for presented in [String::new(), format!("--token-file {lead}")] {
        let said = said(&format!("{exported} {presented} doctor"));
        for variable in ["QMS_TOKEN", "QMS_TOKEN_FILE"] {
            assert!(
                said.contains(&format!("the token of lead, a person, is exported as {variable}:")),
                "{said}"
            );
        }
        assert!(said.contains("the passphrase of a person is exported as QMS_PASSPHRASE_FILE"), "{said}");
    }
    for presented in [String::new(), format!("--token-file {lead}")] {
        let said = said(&format!("QMS_TOKEN_FD=9 $qms --no-interactive {presented} doctor 9<{lead}"));
        assert!(said.contains("the token of lead, a person, is exported as QMS_TOKEN_FD"), "{said}");
    }
    // An agent's own token is where it belongs, and what no variable holds is not exported.
    let claude = fs::canonicalize(file(Proof::AgentsToken)).unwrap();
    for line in [
        format!("QMS_TOKEN_FILE={} $qms doctor", claude.display()),
        format!("$qms --token-file {lead} doctor"),
    ] {
        let said = said(&line);
        assert!(!said.contains("is exported"), "{said}");
    }
}
