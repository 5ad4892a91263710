//! README and the documents show what the program prints, and nothing else.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on stops")]

use std::cell::RefCell;
use std::ffi::OsString;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::rc::Rc;
use std::sync::atomic::{AtomicU8, Ordering};

use qms::cli::{STATUSES, Terminals, World, run};
use qms::domain::digest::Timestamp;
use qms::domain::policy::vocabulary;

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
                "XDG_STATE_HOME" => Some(format!("{folder}/state")),
                "XDG_CONFIG_HOME" => Some(format!("{folder}/config")),
                "QMS_TOKEN_FILE" => token.clone(),
                _ => None,
            }),
            directory: self.folder.join("project"),
            program: PathBuf::from("qms"),
            clock: || Timestamp::from_millis(1_767_225_600_000),
            random: |bytes| {
                bytes.fill(RANDOM.fetch_add(1, Ordering::Relaxed));
                true
            },
            pause: |_| (),
            ancestry: Vec::new,
            terminal: None,
            process: 1,
            stdin: Box::new(io::empty()),
            stdout: Box::new(out.clone()),
            stderr: Box::new(err.clone()),
            terminals: Terminals::default(),
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
fn produced() -> Vec<(&'static str, String)> {
    let folder = tempfile::tempdir().unwrap();
    let project = project(folder.path());
    let mut session = String::new();
    session += &project.shown("qms --user claude create CR --title \"Five working days for reviewers\"");
    session += "\n";
    session += &project.shown("qms --user claude route CR-001 --review");
    session += "\n";
    session += &project.shown("qms --user claude approve CR-001 --no-interactive");
    session += "\n";
    let json =
        project.run_into("qms --user claude approve CR-001 -o json", &Kept::default(), &Kept::default());
    session +=
        &project.shown("qms --user qa review CR-001 --recommend --comment \"Scope and impact are complete\"");
    let mut statuses = "| status | meaning |\n|---|---|\n".to_owned();
    for (status, meaning) in STATUSES {
        statuses += &format!("| {status} | {meaning} |\n");
    }
    vec![
        ("session", format!("```console\n{session}```\n")),
        ("json", format!("```console\n$ qms --user claude approve CR-001 -o json\n{}```\n", abridged(&json))),
        ("statuses", statuses),
        ("guards", words_of("guard")),
        ("effects", words_of("effect")),
    ]
}

fn words_of(kind: &str) -> String {
    let words = vocabulary().filter(|(of, _, _)| *of == kind);
    let rows = words.map(|(_, word, meaning)| format!("| `{word}` | {meaning} |\n"));
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

/// A text with every place filled that it has.
fn filled(text: &str, produced: &[(&str, String)]) -> String {
    let mut out = text.to_owned();
    for (name, text) in produced {
        let start = format!("<!-- produced: {name} -->\n");
        let Some(at) = out.find(&start).map(|at| at + start.len()) else { continue };
        let until = at + out[at..].find("<!-- end -->").unwrap();
        out.replace_range(at..until, text);
    }
    out
}

/// The path, the text as it is and the text as it should be.
fn texts() -> Vec<(PathBuf, String, String)> {
    let produced = produced();
    let read = |file: &&str| {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
        let text = fs::read_to_string(&path).unwrap();
        let filled = filled(&text, &produced);
        (path, text, filled)
    };
    let texts: Vec<_> = FILES.iter().map(read).collect();
    for (name, _) in &produced {
        let place = format!("<!-- produced: {name} -->");
        assert!(texts.iter().any(|(_, text, _)| text.contains(&place)), "nothing shows `{name}`");
    }
    texts
}

#[test]
fn documents_show_what_the_program_prints() {
    for (path, text, expected) in texts() {
        assert!(
            text == expected,
            "{} is not what the program prints: `just readme` writes it anew",
            path.display()
        );
    }
}

#[test]
#[ignore = "writes the documents: `just readme`"]
fn write_documents() {
    for (path, _, expected) in texts() {
        fs::write(path, expected).unwrap();
    }
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
