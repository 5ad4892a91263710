//! Where a credential comes from: the first hit wins, and what others could read is no proof.

use std::ffi::OsStr;
use std::fs::{self, File, Permissions};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::path::{Path, PathBuf};
use std::process::Command;

use qms::cli::AGENT_VARIABLES;

use super::{PASSPHRASE, bare, enrolled, is_not_believed, secret};
use crate::project::{PROGRAM, Project};

/// Somebody who owns nothing on this machine (`nobody`).
const NOBODY: u32 = 65534;

/// A project with a token for each of four ways, and the text of each.
fn four() -> (Project, [(PathBuf, String); 4]) {
    let project = Project::new();
    project.run("-u lead user add ada --group initiator --agent").is(0);
    project.issue(&["claude", "qa", "tu", "ada"]);
    let tokens = ["claude", "qa", "tu", "ada"].map(|user| {
        let file = project.token(user).unwrap();
        let text = fs::read_to_string(&file).unwrap();
        (file, text)
    });
    (project, tokens)
}

/// Runs a command line in a shell that gives it a descriptor.
fn inheriting(project: &Project, redirection: &str, line: &str, file: &Path) -> Command {
    let prepared = bare(project, line).command;
    let mut command = Command::new("bash");
    command.args(["-c", &format!("exec \"$0\" \"$@\" {redirection}"), PROGRAM]).args(prepared.get_args());
    command.env_clear().envs(prepared.get_envs().filter_map(|(name, value)| Some((name, value?))));
    command.env("PATH", "/usr/bin:/bin").env("FILE", file).env("QMS_TOKEN_FD", "3");
    command.current_dir(project.root());
    command
}

// REQ-050
#[test]
fn the_first_hit_wins_names_its_user_and_is_shown() {
    let (project, [claude, qa, tu, ada]) = four();
    let flag = format!("--token-file {}", claude.0.display());
    let by_file = format!("{}", qa.0.display());
    let found = |source: &str, user: &str, call: crate::project::Call| {
        let answer = call.ask().is(0);
        let data = &answer["data"];
        assert_eq!([&data["source"], &data["user"], &data["assurance"]], [source, user, "token"]);
        assert_eq!(data["credential"]["user"], user);
    };
    let all =
        |line: &str| bare(&project, line).variable("QMS_TOKEN_FILE", &by_file).variable("QMS_TOKEN", &ada.1);
    found("token_file", "claude", all(&format!("whoami {flag}")).variable("QMS_TOKEN_FD", "99"));
    found("token_file", "claude", all("whoami --token-file -").input(format!("{}a comment", claude.1)));
    found("QMS_TOKEN_FILE", "qa", all("whoami").variable("QMS_TOKEN_FD", "99"));
    found("QMS_TOKEN", "ada", bare(&project, "whoami").variable("QMS_TOKEN", &ada.1));
    // An empty variable is one that is not set.
    let call = bare(&project, "whoami").variable("QMS_TOKEN_FILE", "").variable("QMS_TOKEN_FD", "");
    found("QMS_TOKEN", "ada", call.variable("QMS_TOKEN", &ada.1));
    // An inherited descriptor, of a file and of a pipe.
    for redirection in ["3<\"$FILE\"", "3< <(cat \"$FILE\")"] {
        let mut command = inheriting(&project, redirection, "whoami -o json", &tu.0);
        let output = command.env("QMS_TOKEN", &ada.1).output().unwrap();
        let answer: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!([&answer["data"]["source"], &answer["data"]["user"]], ["QMS_TOKEN_FD", "tu"]);
    }
    let text = bare(&project, &format!("whoami {flag}")).run().is(0).text();
    assert!(text.contains("claude, agent of group initiator") && text.contains("from token_file"), "{text}");
    // Without any of them, and with none that is chosen by the name, it is a claim that is refused.
    is_not_believed(bare(&project, "-u claude whoami"), "credential_required");
    bare(&project, "whoami").ask().is(2);
}

// REQ-050
#[test]
fn the_first_hit_wins_even_where_it_is_wrong() {
    let (project, [claude, qa, ..]) = four();
    let wrong = secret(&project, "wrong", "qms_nothing");
    let call = bare(&project, &format!("whoami --token-file {}", wrong.display()));
    assert_eq!(call.variable("QMS_TOKEN", &qa.1).ask().is(8)["error"]["code"], "not_verified");
    for name in ["QMS_TOKEN_FILE", "QMS_TOKEN_FD", "QMS_TOKEN"] {
        let call = bare(&project, "-u lead list").variable(name, "77");
        let answer = call.variable("QMS_PASSPHRASE_FILE", "none").ask();
        assert!([1, 8].contains(&answer.status), "{name}: {}", answer.value());
    }
    bare(&project, "whoami").variable("QMS_TOKEN_FD", "three").ask().is(2);
    // Nor does it help to name who is not the holder, however that is done.
    let call = bare(&project, "whoami").variable("QMS_USER", "qa").variable("QMS_TOKEN", &claude.1);
    is_not_believed(call, "identity_mismatch");
}

// REQ-050, REQ-185
#[test]
fn a_variable_of_any_bytes_is_read_or_refused_and_never_passed_over() {
    let project = Project::new();
    project.issue(&["claude"]);
    let with = |line: &str, variables: &[(&str, &[u8])]| {
        let mut call = bare(&project, line);
        call.command.envs(variables.iter().map(|(name, bytes)| (name, OsStr::from_bytes(bytes))));
        call.run()
    };
    with("--user tu list", &[]).is(0);
    for (name, bytes) in [
        ("QMS_TOKEN_FILE", &b"/nowhere/\xff"[..]),
        ("QMS_ROOT", b"/nowhere/\xff"),
        ("QMS_TOKEN", b"qms_\xff"),
        ("QMS_TOKEN_FD", b"3\xff"),
        ("QMS_USER", b"tu\xff"),
    ] {
        let ran = with("--user tu list", &[(name, bytes)]);
        assert_ne!(ran.status, 0, "{name}");
        let names_it = ran.stderr.contains(&format!("`{name}` in the environment is not UTF-8"));
        assert_eq!(names_it, !bytes.starts_with(b"/"), "{name}: {}", ran.stderr);
        for line in ["--help", "list --help", "--version"] {
            with(line, &[(name, bytes)]).is(0);
        }
    }
    // Paths are of any bytes, as on the line.
    let token = |user: &str| project.token(user).unwrap();
    let folder = project.folder().join(OsStr::from_bytes(b"\xff"));
    if fs::create_dir(&folder).is_ok() {
        let file = folder.join("token");
        fs::copy(token("claude"), &file).unwrap();
        let variable = [("QMS_TOKEN_FILE", file.as_os_str().as_bytes())];
        assert!(with("whoami", &variable).is(0).text().contains("claude"));
        with("--user tu whoami", &variable).is(8);
    }
    // So is what marks an agent.
    let lead = token("lead");
    for mark in [&b"1"[..], b"\xff"] {
        with("list", &[("QMS_TOKEN_FILE", lead.as_os_str().as_bytes()), ("CLAUDECODE", mark)]).is(8);
    }
}

// REQ-050, REQ-115
#[test]
fn without_a_name_the_token_names_the_user() {
    let (project, [claude, qa, ..]) = four();
    let created = bare(&project, "create CR --title x").variable("QMS_TOKEN", &claude.1).ask().is(0);
    assert_eq!(created["meta"]["actor"]["user"], "claude");
    assert_eq!(created["data"]["document"]["owner"], "claude");
    let entry = super::newest(&project);
    assert_eq!([&entry["actor"], &entry["claimed"], &entry["assurance"]], ["claude", "claude", "token"]);
    assert!(entry["credential"].is_string());
    let refused = bare(&project, "namespace add NEXT").variable("QMS_TOKEN", &qa.1).ask().is(7);
    assert_eq!(refused["meta"]["actor"]["user"], "qa");
}

// REQ-062
#[test]
fn a_token_cannot_stand_on_the_command_line() {
    let (project, [(_, text), ..]) = four();
    let text = text.trim();
    for words in [
        vec!["--token", text, "whoami"],
        vec!["whoami", "--token", text],
        vec!["whoami", &format!("--token={text}")],
        vec!["-t", text, "whoami"],
    ] {
        project.keeps(0, || {
            let mut call = project.words(&words);
            call.command.env_remove("QMS_TOKEN_FILE");
            let answer = call.ask().is(2);
            assert_eq!(answer["error"]["code"], "usage");
            let mut call = project.words(&words);
            call.command.env_remove("QMS_TOKEN_FILE");
            let ran = call.run().is(2);
            assert!(!ran.stderr.contains(&text[20..60]) && !answer.to_string().contains(&text[20..60]));
        });
    }
}

// REQ-063
#[test]
fn a_token_or_passphrase_that_others_could_read_is_no_proof() {
    let project = Project::new();
    project.issue(&["claude"]);
    enrolled(&project, "hana", "quality");
    let (token, phrase) = (project.token("claude").unwrap(), secret(&project, "phrase", PASSPHRASE));
    for mode in [0o644, 0o640, 0o604, 0o620, 0o601] {
        for (file, line) in [
            (&token, "-u claude create CR --title x".to_owned()),
            (&token, format!("create CR --title x --token-file {}", token.display())),
            (&phrase, format!("-u hana whoami --passphrase-file {}", phrase.display())),
        ] {
            fs::set_permissions(file, Permissions::from_mode(mode)).unwrap();
            let refused = project.keeps(0, || project.ask(&line)).is(8);
            assert_eq!(refused["error"]["code"], "not_verified");
            let message = refused["error"]["message"].as_str().unwrap();
            assert!(message.contains("can be read by others: chmod 600"), "{mode:o}: {message}");
            fs::set_permissions(file, Permissions::from_mode(0o600)).unwrap();
        }
    }
    // A link to it is as open as what it leads to.
    let link = project.folder().join("link");
    std::os::unix::fs::symlink(&token, &link).unwrap();
    bare(&project, &format!("whoami --token-file {}", link.display())).ask().is(0);
    fs::set_permissions(&token, Permissions::from_mode(0o644)).unwrap();
    bare(&project, &format!("whoami --token-file {}", link.display())).ask().is(8);
    fs::set_permissions(&token, Permissions::from_mode(0o600)).unwrap();
    // A folder or a pipe is no file of anybody's.
    bare(&project, "whoami --token-file .").ask().is(1);
    project.run("-u claude list").is(0);
}

// REQ-063
#[test]
fn a_sealed_key_that_others_could_read_is_not_opened() {
    let project = Project::new();
    let phrase = enrolled(&project, "hana", "quality");
    let key = project.token("lead").unwrap().with_file_name("hana.key");
    let line = format!("-u hana whoami --passphrase-file {}", phrase.display());
    fs::set_permissions(&key, Permissions::from_mode(0o640)).unwrap();
    project.keeps(0, || {
        let refused = project.ask(&line);
        assert_ne!(refused.status, 0);
        assert!(refused["error"]["message"].as_str().unwrap().contains("can be read by others"));
    });
    fs::set_permissions(&key, Permissions::from_mode(0o600)).unwrap();
    assert_eq!(project.ask(&line).is(0)["data"]["assurance"], "signature");
}

// REQ-063
#[test]
fn a_file_of_another_owner_is_no_secret_of_ours() {
    let project = Project::new();
    project.issue(&["claude"]);
    let token = project.token("claude").unwrap();
    if chown(&token, Some(NOBODY), Some(NOBODY)).is_ok() {
        let refused = project.keeps(0, || project.ask("-u claude list")).is(8);
        assert!(refused["error"]["message"].as_str().unwrap().contains("belongs to another user"));
    }
    let key = project.key();
    if chown(&key, Some(NOBODY), Some(NOBODY)).is_ok() {
        project.keeps(0, || project.run("-u lead list").is(1).says("belongs to another user"));
    }
}

// REQ-063
#[test]
fn a_project_key_that_others_could_read_is_refused() {
    let project = Project::new();
    let key = project.key();
    for mode in [0o640, 0o604, 0o644, 0o660, 0o777] {
        fs::set_permissions(&key, Permissions::from_mode(mode)).unwrap();
        for line in ["-u qa list", "-u claude create CR --title x", "-u lead token list", "recover lead"] {
            let refused = project.keeps(0, || project.ask(line)).is(1);
            let message = refused["error"]["message"].as_str().unwrap();
            assert!(message.contains("can be read by others"), "{mode:o}: {message}");
        }
    }
    fs::set_permissions(&key, Permissions::from_mode(0o600)).unwrap();
    project.run("-u claude create CR --title x").is(0);
}

// REQ-061
#[test]
fn a_token_is_written_for_its_holder_alone_and_over_nothing() {
    let project = Project::new();
    let out = project.folder().join("token");
    let line = format!("-u lead token issue claude --out {}", out.display());
    project.run(&line).is(0);
    assert_eq!(fs::metadata(&out).unwrap().permissions().mode() & 0o777, 0o600);
    let before = fs::read(&out).unwrap();
    // What is there already may be the only copy of something.
    project.keeps(0, || project.run(&line).is(1).says("there is something already"));
    assert_eq!(fs::read(&out).unwrap(), before);
    // Whoever reads a pipe is shown none, and none is registered.
    for line in ["-u lead token issue qa", "-u lead token issue qa -o yaml", "-u lead token rotate"] {
        project.keeps(0, || {
            let ran = project.run(line).is(2);
            assert!(format!("{}{}", ran.stderr, ran.text()).contains("`--out`"), "{ran:?}");
        });
    }
    // A token that is refused is not left lying about.
    let refused = project.folder().join("refused");
    File::create(project.folder().join("other")).unwrap();
    project
        .run(&format!(
            "-u claude token issue claude --token-file {} --out {}",
            out.display(),
            refused.display()
        ))
        .is(7);
    assert!(!refused.exists());
}

// REQ-233
#[test]
fn a_persons_exported_token_is_not_what_an_agent_acts_with() {
    let project = Project::new();
    project.issue(&["claude"]);
    let (lead, claude) = (project.token("lead").unwrap(), project.token("claude").unwrap());
    let text = |file: &Path| fs::read_to_string(file).unwrap().trim().to_owned();
    for variable in AGENT_VARIABLES {
        let call = |line: &str| bare(&project, line).variable(variable, "1");
        let file =
            |file: &Path, line: &str| call(line).variable("QMS_TOKEN_FILE", &file.display().to_string());
        is_not_believed(file(&lead, "namespace add X"), "persons_token_exported");
        is_not_believed(file(&lead, "-u lead list"), "persons_token_exported");
        // What the line names counts, and so does what an agent was given.
        call(&format!("--token-file {} whoami", lead.display())).ask().is(0);
        file(&claude, "whoami").ask().is(0);
    }
    let exported = bare(&project, "whoami").variable("CLAUDECODE", "1").variable("QMS_TOKEN", &text(&lead));
    is_not_believed(exported, "persons_token_exported");
    // For a person it counts, and `doctor` says what that means.
    let said = bare(&project, "doctor").variable("QMS_TOKEN", &text(&lead)).run();
    let said = format!("{}{}", said.text(), said.stderr);
    assert!(said.contains("the token of lead, a person, is exported as QMS_TOKEN"), "{said}");
    let named = project.run(&format!("--token-file {} doctor", lead.display()));
    assert!(!format!("{}{}", named.text(), named.stderr).contains("is exported"), "{named:?}");
}
