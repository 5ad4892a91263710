//! README and the documents show what the program prints, and nothing else.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on stops")]

#[path = "project/filled.rs"]
mod filled;
mod produced;

use std::cell::RefCell;
use std::ffi::OsString;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::rc::Rc;
use std::sync::atomic::{AtomicU8, Ordering};

use qms::cli::{Outlet, STATUSES, World, run};
use qms::domain::clock::Moment;
use qms::domain::digest::Timestamp;
use qms::domain::policy::vocabulary;
use qms::domain::process::Descent;
use qms::scenario::Means;

use self::filled::fill_in;
use self::produced::Produced;

#[derive(Clone, Default)]
struct Kept(Rc<RefCell<Vec<u8>>>);

impl Write for Kept {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// What stands for randomness: the numbers one after another.
static RANDOM: AtomicU8 = AtomicU8::new(1);

/// A project whose clock stands still and whose randomness is known.
struct Project {
    folder: PathBuf,
}

impl Project {
    /// Runs a command line; what a terminal would show comes back, standard error included.
    fn run(&self, line: &str) -> String {
        let shown = Kept::default();
        self.run_into(line, &shown, &shown)
    }

    fn run_into(&self, line: &str, out: &Kept, err: &Kept) -> String {
        let mut words: Vec<OsString> = Vec::new();
        for (number, part) in line.split('"').enumerate() {
            // Every second part stood between quotation marks.
            if number % 2 == 1 {
                words.push(part.into());
            } else {
                words.extend(part.split_whitespace().map(OsString::from));
            }
        }
        let folder = self.folder.display().to_string();
        // Each agent has its own token in its environment.
        let user = line.split_once("--user ").and_then(|(_, rest)| rest.split(' ').next());
        let token = user.map(|user| self.folder.join(format!("{user}.token"))).filter(|file| file.exists());
        let token = token.map(|file| file.display().to_string());
        let mut world = World {
            arguments: words,
            variable: Box::new(move |name| match name {
                "XDG_STATE_HOME" => Some(format!("{folder}/state").into()),
                "XDG_CONFIG_HOME" => Some(format!("{folder}/config").into()),
                "QMS_TOKEN_FILE" => token.clone().map(Into::into),
                _ => None,
            }),
            directory: self.folder.join("project"),
            program: PathBuf::from("qms"),
            clock: || Moment::of(Timestamp::from_millis(1_767_225_600_000)),
            random: |bytes| {
                bytes.fill(RANDOM.fetch_add(1, Ordering::Relaxed));
                true
            },
            pause: |_| (),
            ancestry: Descent::default,
            inherited: Vec::new(),
            terminal: None,
            process: 1,
            host: None,
            uid: None,
            stdin: Box::new(io::empty()),
            stdin_is_terminal: false,
            stdout: Outlet::new(Box::new(out.clone()), false),
            stderr: Outlet::new(Box::new(err.clone()), false),
        };
        run(&mut world);
        let text = String::from_utf8(out.0.borrow().clone()).unwrap();
        text.replace(&self.folder.join("project").display().to_string(), "/home/you/project")
    }

    fn shown(&self, line: &str) -> String {
        format!("$ {line}\n{}\n", self.run(line).trim_end())
    }
}

fn project(folder: &Path) -> Project {
    fs::create_dir_all(folder.join("project")).unwrap();
    let project = Project { folder: folder.to_owned() };
    project.run("qms init --no-passphrase");
    let tokens = fs::read_dir(folder.join("config/qms")).unwrap().next().unwrap().unwrap();
    fs::rename(tokens.path().join("lead.token"), folder.join("lead.token")).unwrap();
    for agent in ["claude", "qa"] {
        project.run(&format!("qms --user lead token issue {agent} --out ../{agent}.token"));
    }
    project
}

/// Everything that README shows, by the name of its place.
fn produced() -> Vec<Produced> {
    let folder = tempfile::tempdir().unwrap();
    let project = project(folder.path());
    let mut session = String::new();
    session += &project.shown("qms --user claude create CR --title \"Five working days for reviewers\"");
    session += "\n$ $EDITOR .qms/workspace/claude/CR-001.md\n\n";
    fill_in(&folder.path().join("project"), &["CR-001"]);
    session += &project.shown("qms --user claude route CR-001 --review");
    session += "\n";
    session += &project.shown("qms --user claude approve CR-001 --no-interactive");
    session += "\n";
    let json =
        project.run_into("qms --user claude approve CR-001 -o json", &Kept::default(), &Kept::default());
    session +=
        &project.shown("qms --user qa review CR-001 --recommend --comment \"Scope and impact are complete\"");
    let quiet = |line: &str| drop(project.run_into(line, &Kept::default(), &Kept::default()));
    for line in [
        "qms --user qa route CR-001 --approval",
        "qms --user qa approve CR-001",
        "qms --user claude release CR-001",
        "qms --user claude item record CR-001 EI-1 --outcome pass --evidence log",
        "qms --user claude item record CR-001 EI-2 --outcome pass --evidence log",
        "qms --user claude checkout CR-001",
    ] {
        quiet(line);
    }
    fill_in(&folder.path().join("project"), &["CR-001"]);
    quiet("qms --user claude checkin CR-001");
    let gate = [
        "qms --user claude route CR-001 --review --no-interactive",
        "qms --user claude item record CR-001 EI-3 --outcome pass --evidence \"SOP-001 2.0 is in force\" --no-interactive",
        "qms --user claude route CR-001 --review --no-interactive",
    ];
    let gate = gate.map(|line| project.shown(line)).join("\n");
    let mut statuses = "| status | meaning |\n|---|---|\n".to_owned();
    for (status, meaning) in STATUSES {
        statuses += &format!("| {status} | {meaning} |\n");
    }
    vec![
        ("session", format!("```console\n{session}```\n")),
        ("gate", format!("```console\n{gate}```\n")),
        ("json", format!("```console\n$ qms --user claude approve CR-001 -o json\n{}```\n", abridged(&json))),
        ("puzzle", format!("```console\n{}```\n", puzzle())),
        ("statuses", statuses),
        ("guards", words_of("guard")),
        ("effects", words_of("effect")),
        ("proof", table("proof", Means::ALL.iter().map(|means| (means.as_str(), means.meaning())))),
    ]
}

/// A reviewer that judges, and shows its token to whoever listens.
const REVIEWER: &str = "#!/bin/sh
echo \"my token is $QMS_TOKEN\"
qms review CR-001 --recommend --comment 'Scope and impact are complete' --no-interactive 2>&1
";

/// The same command line is run by several users, each with what is in its environment.
struct Town {
    folder: tempfile::TempDir,
    shown: String,
}

impl Town {
    /// Runs a line in a shell, by the real program, and returns all that it said, in order.
    fn run(&self, user: &str, line: &str) -> String {
        let folder = self.folder.path();
        let programs = Path::new(env!("CARGO_BIN_EXE_qms")).parent().unwrap().display().to_string();
        let token = folder.join(format!("{user}.token"));
        let output = Command::new("sh")
            .args(["-c", &format!("exec 2>&1; {line}")])
            .env_clear()
            .env("PATH", format!("{programs}:/usr/bin:/bin"))
            .env("XDG_STATE_HOME", folder.join("state"))
            .env("XDG_CONFIG_HOME", folder.join("config"))
            .envs(token.exists().then_some(("QMS_TOKEN_FILE", token)))
            .current_dir(folder.join("project"))
            .stdin(Stdio::null())
            .output()
            .unwrap();
        String::from_utf8(output.stdout).unwrap()
    }

    /// Shows a line and what it said, with a remark on who it is that types it.
    fn show(&mut self, user: &str, line: &str, remark: &str) {
        let said = self.run(user, line);
        self.shown += &format!("$ {line}   # {remark}\n{}\n\n", said.trim_end());
    }

    fn write(&self, name: &str, text: &str, mode: u32) {
        use std::os::unix::fs::PermissionsExt as _;
        let path = self.folder.path().join(name);
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
    }
}

/// Who is really calling: told by what the program prints.
fn puzzle() -> String {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("project")).unwrap();
    let mut town = Town { folder, shown: String::new() };
    town.run("nobody", "qms init --no-passphrase && mv ../config/qms/*/lead.token ..");
    town.run("lead", "qms token issue claude --out ../claude.token");
    town.write("reviewer", REVIEWER, 0o755);
    town.write("maria.passphrase", "correct horse battery\n", 0o600);
    let policy = town.folder.path().join("project/workflows/policy.yaml");
    let reviewer = town.folder.path().join("reviewer").display().to_string();
    let text = fs::read_to_string(&policy).unwrap()
        + &format!(
            "\nagents:\n  qa: {{ user: qa, launcher: reviewer, started_by: [claude], ttl: 1m }}\n\
             launchers:\n  reviewer: {{ command: [{reviewer:?}], environment: [PATH, XDG_STATE_HOME], \
             directory: \"{{root}}\" }}\nruntimes:\n  claude: claude\n"
        );
    fs::write(&policy, text).unwrap();
    town.run("lead", "qms workflow adopt");
    town.run("lead", "qms user add maria --human --group quality --name 'Maria M.'");
    town.run("lead", "qms token issue maria --out ../maria.code");
    town.run("nobody", "qms --token-file ../maria.code enrol --passphrase-file ../maria.passphrase");
    for id in ["CR-001", "CR-002"] {
        town.run("claude", "qms create CR --title 'Five working days for reviewers'");
        fill_in(&town.folder.path().join("project"), &[id]);
        town.run("claude", &format!("qms route {id} --review --assignees qa"));
    }

    let judge = "qms --user qa review CR-001 --recommend --comment \"Looks good to me\"";
    town.show("claude", judge, "claude tries");
    town.show("claude", "qms agent run qa --document CR-001 --task review", "claude may do this");
    let event = |name: &str, rest: &str| {
        let root = town.folder.path().join("project").display().to_string();
        format!(
            "{{\"hook_event_name\":\"{name}\",\"session_id\":\"s\",\"agent_id\":\"a\",\"agent_type\":\"qa\",\
             \"cwd\":{root:?}{rest}}}"
        )
    };
    let call = "qms review CR-002 --recommend --comment complete --no-interactive";
    let asked =
        format!(",\"tool_name\":\"Bash\",\"tool_use_id\":\"t\",\"tool_input\":{{\"command\":{call:?}}}");
    let (begun, called) = (event("SubagentStart", ""), event("PreToolUse", &asked));
    town.write("begun", &begun, 0o644);
    town.write("called", &called, 0o644);
    town.run("nobody", "qms hook < ../begun");
    let answer: serde_json::Value =
        serde_json::from_str(&town.run("nobody", "qms hook < ../called")).unwrap();
    let signed = answer["hookSpecificOutput"]["updatedInput"]["command"].as_str().unwrap().to_owned();
    town.show("nobody", &signed, "what the hook made of qa's own call");
    town.run("claude", "qms route CR-001 --approval --assignees maria");
    let approve = "qms --user maria approve CR-001 --passphrase-file ../maria.passphrase --no-interactive";
    town.show("nobody", approve, "a person signs");
    town.show("claude", "qms history CR-001", "who it was is in the record");
    standing_still(town.shown.trim_end()) + "\n"
}

/// Puts fixed words in the place of what is another each time.
fn standing_still(text: &str) -> String {
    let mut out = String::new();
    for line in text.split_inclusive('\n') {
        let mut line = line.to_owned();
        if let Some((before, rest)) = line.split_once("--ticket=") {
            line = format!("{before}--ticket=…{}", rest.find(' ').map_or("", |at| &rest[at..]));
        }
        let is_hex = |text: &str| text.bytes().all(|byte| byte.is_ascii_hexdigit());
        for (prefix, digits) in
            [("run-", 16), ("the credential ", 8), ("token_fingerprint: ", 8), (", key ", 16)]
        {
            if let Some(at) = line.find(prefix).map(|at| at + prefix.len())
                && line.get(at..at + digits).is_some_and(is_hex)
            {
                line.replace_range(at..at + digits, &"0123456789abcdef"[..digits]);
            }
        }
        if let Some(at) = line.find(" ended after ").map(|at| at + " ended after ".len()) {
            let end = line[at..].find(" s").map_or(line.len(), |length| at + length);
            line.replace_range(at..end, "0.1");
        }
        let mut from = 0;
        while let Some(at) = line[from..].find('T').map(|at| at + from) {
            let time =
                at.checked_sub(10).and_then(|start| line.get(start..at + 14).map(|text| (start, text)));
            if let Some((start, text)) =
                time.filter(|(_, text)| text.starts_with("20") && text.ends_with('Z'))
            {
                let length = text.len();
                line.replace_range(start..start + length, "2026-01-01T00:00:00.000Z");
            }
            from = at + 1;
        }
        out += &line;
    }
    out
}

fn words_of(kind: &str) -> String {
    table(kind, vocabulary().filter(|(of, _, _)| *of == kind).map(|(_, word, meaning)| (word, meaning)))
}

fn table<'w>(kind: &str, words: impl Iterator<Item = (&'w str, &'w str)>) -> String {
    let rows = words.map(|(word, meaning)| format!("| `{word}` | {meaning} |\n"));
    format!("| {kind} | meaning |\n|---|---|\n{}", rows.collect::<String>())
}

/// Leaves out lists that are long and say the same in every answer.
fn abridged(json: &str) -> String {
    let mut value: serde_json::Value = serde_json::from_str(json).unwrap();
    let next = value["data"]["next"].as_array_mut().unwrap();
    next.truncate(1);
    serde_json::to_string_pretty(&value).unwrap() + "\n"
}

/// The files that show what the program prints.
const FILES: [&str; 2] = ["README.md", "docs/policy.md"];

#[test]
fn documents_show_what_the_program_prints() {
    produced::check(&FILES, &produced(), "is not what the program prints");
}

#[test]
#[ignore = "writes the documents: `just readme`"]
fn write_documents() {
    produced::write(&FILES, &produced());
}

/// Runs a script as a newcomer would, with the program on the path.
fn newcomer(folder: &Path, script: &str) -> (bool, String) {
    let program = Path::new(env!("CARGO_BIN_EXE_qms")).parent().unwrap().display().to_string();
    let output = Command::new("sh")
        .args(["-e", "-c", script])
        .env_clear()
        .env("PATH", format!("{program}:/usr/local/bin:/usr/bin:/bin"))
        .env("HOME", folder)
        .current_dir(folder)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let shown = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8_lossy(&shown).into_owned())
}

#[test]
fn the_first_commands_of_a_newcomer_work_as_they_stand() {
    let readme = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).unwrap();
    let (_, after) = readme.split_once("## A project of your own").unwrap();
    let (_, script) = after.split_once("```sh\n").unwrap();
    let (script, _) = script.split_once("```").unwrap();
    let folder = tempfile::tempdir().unwrap();
    let (is_done, shown) = newcomer(folder.path(), script);
    assert!(is_done && shown.contains("✓ CR-001 created"), "{shown}");
}

// REQ-144
#[test]
fn the_demo_goes_from_draft_to_the_end_and_says_how_to_go_on() {
    let folder = tempfile::tempdir().unwrap();
    let (is_done, shown) = newcomer(folder.path(), "qms demo --folder play");
    assert!(is_done, "{shown}");
    for words in [
        "POST_APPROVED → CLOSED",
        "IN_APPROVAL → EFFECTIVE",
        "(is_author)",
        "contents: verified",
        "✓ the project is whole",
        "export PATH=",
        "qms init",
    ] {
        assert!(shown.contains(words), "{words} in\n{shown}");
    }
    // Everything that it writes, the key included, stays in its folder.
    let outside: Vec<_> =
        fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(outside, ["play"]);
    // The first commands that it ends with work, too.
    let next = shown.lines().skip_while(|line| !line.contains("export PATH=")).collect::<Vec<_>>().join("\n");
    let commands = next.lines().filter(|line| line.starts_with("  ")).collect::<Vec<_>>().join("\n");
    let (is_done, shown) = newcomer(folder.path(), &commands);
    assert!(is_done, "{commands}\n{shown}");
}

// REQ-146
#[test]
fn the_full_demo_meets_every_gate_that_it_misses_first() {
    let folder = tempfile::tempdir().unwrap();
    let (is_done, shown) = newcomer(folder.path(), "qms demo --full --folder play");
    assert!(is_done, "{shown}");
    for words in [
        "(item_already_recorded)",
        "(item_unresolved)",
        "(open_child)",
        "(evidence_missing)",
        "(prerequisite_unmet)",
        "review: tu (answered)",
        "1 entry of an open round is shown whole when the round ends",
        "✓ CR-001-VAR-001 closed",
        "POST_APPROVED → CLOSED",
        "claude (agent), verified: token",
        "contents: verified",
        "✓ the project is whole",
    ] {
        assert!(shown.contains(words), "{words} in\n{shown}");
    }
}
