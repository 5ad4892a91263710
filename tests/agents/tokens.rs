//! What the token of an agent is good for: one task about one document, by the agent and what it started.

use std::fs;
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::project::PROGRAM;
use crate::stand_in::{RUN, Started};

/// A script that keeps its token, and goes on until it is told to end.
const KEEPS: &str =
    "printf %s \"$QMS_TOKEN\" > ../part && mv ../part ../leaked; while [ ! -e ../enough ]; do :; done";

/// Lines of a shell that wait for the token of the agent, as `$QMS_TOKEN`.
const STEALS: &str = "while [ ! -e ../leaked ]; do :; done; export QMS_TOKEN=\"$(cat ../leaked)\"";

/// What somebody else found in the end, in `../found`.
fn found(started: &Started) -> Value {
    let text = fs::read_to_string(started.project.folder().join("found")).unwrap();
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

fn reason(answer: &Value) -> &str {
    answer["error"]["reasons"][0]["name"].as_str().unwrap_or_else(|| panic!("{answer}"))
}

/// Runs lines of a shell in the project, in which `RUN` starts the agent, and `REVIEW` tries to review in its
/// place and lets it end.
fn play(started: &Started, lines: &str) {
    let review = format!(
        "'{PROGRAM}' review CR-001 --recommend --comment x -o json > ../found 2> ../said; : > ../enough"
    );
    let token = started.project.token("claude").unwrap();
    let run = format!("env QMS_TOKEN_FILE='{}' '{PROGRAM}' {RUN}", token.display());
    let status = Command::new("sh")
        .args(["-c", &lines.replace("RUN", &run).replace("REVIEW", &review)])
        .env_clear()
        .env("XDG_STATE_HOME", started.project.folder().join("state"))
        .env("XDG_CONFIG_HOME", started.project.folder().join("config"))
        .current_dir(started.project.root())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .status();
    status.unwrap();
}

// REQ-074
#[test]
fn what_a_launcher_started_before_is_not_what_its_agent_started() {
    let started = Started::new(KEEPS);
    play(&started, &format!("( {STEALS}; REVIEW ) & exec RUN"));
    assert_eq!(reason(&found(&started)), "token_of_another_process");
    assert_eq!(started.entries("review")[0]["result"], "denied");
}

// REQ-074
#[test]
fn an_agent_that_an_agent_started_is_another() {
    let started = Started::new(&format!(
        "case $1 in qa) printf %s \"$QMS_TOKEN\" > ../part && mv ../part ../leaked\n\
         QMS AS_CLAUDE agent run tu --document CR-001 --task review ;;\n\
         *) {STEALS}; QMS review CR-001 --recommend --comment x -o json > ../found; true ;; esac"
    ));
    let path = started.project.path("workflows/policy.yaml");
    let text = fs::read_to_string(&path).unwrap();
    let tu = "agents:\n  tu: { user: tu, launcher: stand_in, started_by: [claude], ttl: 1m }\n";
    fs::write(path, text.replace("agents:\n", tu)).unwrap();
    started.project.run("-u lead workflow adopt").is(0);
    started.project.run(RUN).is(1);
    assert_eq!(reason(&found(&started)), "token_of_another_process");
}

/// Where everything is told falsely: as if whoever asks had been started by the agent, whose number and namespaces
/// are `$1` to `$5`.
const FALSE_TALE: &str = r#"
agent=$1; stat=$(cat /proc/$agent/stat); rest=${stat##*) }; above=$(echo $rest | cut -d' ' -f2)
up=$(cat /proc/$above/stat); shift
mount -t tmpfs none /proc; mkdir /proc/$agent /proc/$above
echo "$stat" > /proc/$agent/stat; echo "$up" > /proc/$above/stat
mkdir -p /proc/$$/ns; ln -s $1 /proc/$$/ns/mnt; ln -s $2 /proc/$$/ns/pid; ln -s $3 /proc/$$/ns/time; ln -s $4 /proc/$$/ns/user
echo "$$ (qms) S $agent 1 1 0 -1 0 1 2 3 4 5 6 7 8 20 0 1 0 999999999 1 1" > /proc/$$/stat; ln -s $$ /proc/self"#;

// REQ-074
#[test]
#[expect(clippy::print_stderr, reason = "a test that tried nothing says so")]
fn who_is_in_other_namespaces_is_nobody_whatever_is_told_there() {
    let own = "unshare --user --map-root-user --mount";
    let has_own = Command::new("sh").args(["-c", &format!("{own} true 2> /dev/null")]).status();
    if !has_own.unwrap().success() {
        eprintln!("nobody can have namespaces of their own here: nothing was tried");
        return;
    }
    // The agent itself, behind a sandbox of its runtime.
    let review = format!("'{PROGRAM}' review CR-001 --recommend --comment x -o json > ../found");
    let started = Started::new(&format!("{own} {review}; true"));
    started.project.run(RUN).is(1);
    assert_eq!(reason(&found(&started)), "other_namespaces");

    // Somebody else.
    let tales = [
        FALSE_TALE,
        "mount -t proc none /proc",
        "mount --bind /proc/$1/ns /proc/$$/ns",
        "mount --bind /proc/$1 /proc/$$",
        "mount --bind /proc/$1/stat /proc/$$/stat",
    ];
    for tale in tales {
        for own in [own, "unshare --user --map-root-user --mount --pid --fork"] {
            let started = Started::new(&format!("echo $$ > ../agent; {KEEPS}"));
            let whose = "a=$(cat ../agent); echo $a; cd /proc/$a/ns && readlink mnt pid time user";
            let lines = format!("RUN & {STEALS}; {own} sh ../tale $({whose}); : > ../enough; wait");
            let tale_file = started.project.folder().join("tale");
            fs::write(tale_file, format!("{tale}\nexec {review}\n")).unwrap();
            play(&started, &lines);
            let refused = found(&started);
            let why = reason(&refused);
            assert!(["token_of_another_process", "other_namespaces"].contains(&why), "{own}: {tale}: {why}");
        }
    }
}

// REQ-178
#[test]
fn a_token_is_good_for_the_task_and_the_document_that_its_agent_was_started_for() {
    let lines = [
        "review CR-002 --recommend --comment x",
        "approve CR-001",
        "withdraw CR-001",
        "checkout CR-001",
        "create CR --title x",
        "agent run qa --document CR-001 --task review",
    ];
    let tried = lines.map(|line| format!("QMS {line} -o json >> ../tried; echo >> ../tried")).join("\n");
    let started =
        Started::new(&format!("{tried}\nQMS status CR-002; QMS review CR-001 --recommend --comment x"));
    let project = &started.project;
    project.play(&["-u claude create CR --title y", "-u claude route CR-002 --review"]);
    let ran = project.run(RUN).is(0);
    assert!(ran.text().contains("✓ Review submitted for CR-001 (RECOMMEND)"), "{}", ran.text());
    let tried = fs::read_to_string(project.folder().join("tried")).unwrap();
    for (line, answer) in lines.iter().zip(tried.split("\n\n")) {
        let answer: Value = serde_json::from_str(answer).unwrap();
        let reasons = answer["error"]["reasons"].as_array().unwrap();
        assert!(reasons.iter().any(|one| one["name"] == "credential_out_of_scope"), "{line}: {answer}");
    }
}

// REQ-224
#[test]
fn the_live_token_of_an_agent_gets_into_no_document() {
    let started = Started::new(KEEPS);
    let project = &started.project;
    let folder = project.folder().to_owned();
    let mut agent = project.call(RUN).command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    while !folder.join("leaked").exists() {
        std::thread::yield_now();
    }
    let token = fs::read_to_string(folder.join("leaked")).unwrap();
    project.run("-u claude create CR --title other").is(0);
    let copy = project.copy("claude", "CR-002");
    let sound = fs::read_to_string(&copy).unwrap();
    fs::write(&copy, format!("{sound}\n{token}\n")).unwrap();
    let refused = project.ask("-u claude checkin CR-002").is(2);
    assert!(refused["error"]["message"].as_str().unwrap().contains(&token[4..20]), "{}", refused.value());
    fs::write(&copy, sound).unwrap();
    fs::write(folder.join("enough"), "").unwrap();
    assert!(agent.wait().unwrap().code().is_some());
}
