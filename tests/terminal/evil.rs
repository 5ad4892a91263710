//! Whatever is named, said or printed by others reaches a terminal escaped.

use std::fs;
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::PathBuf;
use std::process::{Command, Stdio};

use clap::Arg;
use expectrl::{Eof, Expect as _, Session};
use qms::cli::command_line;

use super::project::filled::filled_in;
use super::{PATIENCE, PROGRAM};

/// Colours, a title, a bell, a change of direction, one-byte controls, and a line that seems to be ours.
const EVIL: &str = "\u{1b}[35mEVIL\u{1b}]0;title\u{7}\u{202e}\u{9b}31m\u{8}\r\u{200b}\u{2066}\nFORGED";

/// The same, where a text has lines of its own.
const EVIL_LINE: &str = "\u{1b}[35mEVIL\u{1b}]0;title\u{7}\u{202e}\u{9b}31m\u{8}\r\u{200b}\u{2066}";

/// A project in a folder with such a name.
struct Place {
    folder: tempfile::TempDir,
}

impl Place {
    fn new() -> Self {
        let place = Self { folder: tempfile::tempdir().unwrap() };
        fs::create_dir_all(place.root()).unwrap();
        place.run(&["init", "--no-passphrase"], 0);
        place
    }

    fn root(&self) -> PathBuf {
        self.folder.path().join(EVIL).join("project")
    }

    fn command(&self) -> Command {
        let mut command = Command::new(PROGRAM);
        command.env_clear().current_dir(self.root()).stdin(Stdio::null());
        command.env("XDG_STATE_HOME", self.folder.path().join(format!("state{EVIL}")));
        command.env("XDG_CONFIG_HOME", self.folder.path().join("config"));
        command
    }

    /// Prepares something, out of sight.
    fn run(&self, words: &[&str], status: i32) {
        let output = self.command().args(words).output().unwrap();
        assert_eq!(
            output.status.code(),
            Some(status),
            "{words:?}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
    }

    /// The administrator's token, in a file with such a name.
    fn token(&self) -> String {
        let path = self.folder.path().join(format!("{EVIL}.token"));
        if !path.exists() {
            let mut projects = fs::read_dir(self.folder.path().join("config/qms")).unwrap();
            let token = fs::read(projects.next().unwrap().unwrap().path().join("lead.token")).unwrap();
            let mut file = fs::File::options().write(true).create_new(true).mode(0o600).open(&path).unwrap();
            std::io::Write::write_all(&mut file, &token).unwrap();
        }
        path.display().to_string()
    }

    /// Runs commands at a terminal, one after another, and returns what came of each. Nobody types.
    fn at_terminal(&self, lines: &[Vec<String>], variables: &[(&str, &str)]) -> Vec<String> {
        let quoted = |word: &String| format!("'{}'", word.replace('\'', "'\\''"));
        let line = |words: &Vec<String>| {
            let (named, words) = words.split_at(words.iter().take_while(|word| word.contains('=')).count());
            let set: Vec<String> = named.iter().map(quoted).collect();
            let words: Vec<String> = words.iter().map(quoted).collect();
            format!(
                "( export QMS_NONE=1 {}; \"$QMS\" {} ) </dev/null; printf '\\n@@\\n'\n",
                set.join(" "),
                words.join(" ")
            )
        };
        let script = self.folder.path().join("script");
        fs::write(&script, lines.iter().map(line).collect::<String>()).unwrap();
        let mut command = Command::new("sh");
        command.arg(&script).env("QMS", PROGRAM).env("TERM", "xterm");
        command.envs(self.command().get_envs().filter_map(|(name, value)| Some((name, value?))));
        command.envs(variables.iter().copied()).current_dir(self.root());
        let mut session = Session::spawn(command).unwrap();
        session.set_expect_timeout(Some(PATIENCE * 10));
        let found = session.expect(Eof).unwrap();
        let text = String::from_utf8_lossy(found.as_bytes()).replace("\r\n", "\n");
        let mut said: Vec<String> = text.split("\n@@\n").map(str::to_owned).collect();
        said.pop();
        assert_eq!(said.len(), lines.len());
        said
    }
}

/// Finds what of others got through: any control character but line ends and tabs, and what turns text round.
fn raw(text: &str) -> Option<char> {
    let is_raw = |c: char| {
        (c.is_control() && c != '\n' && c != '\t') || matches!(c, '\u{202e}' | '\u{200b}' | '\u{2066}')
    };
    text.chars().find(|c| is_raw(*c))
}

/// Every command with the words that lead to it.
fn leaves(command: &clap::Command, way: &[String], found: &mut Vec<(Vec<String>, Vec<Arg>)>) {
    let mut subcommands = command.get_subcommands().peekable();
    if subcommands.peek().is_none() {
        found.push((way.to_vec(), command.get_arguments().cloned().collect()));
    }
    for subcommand in subcommands {
        leaves(subcommand, &[way, &[subcommand.get_name().to_owned()]].concat(), found);
    }
}

/// How an argument is given a value.
fn given(argument: &Arg, value: &str) -> Vec<String> {
    match argument.get_long() {
        Some(long) if argument.get_action().takes_values() => vec![format!("--{long}"), value.to_owned()],
        Some(long) => vec![format!("--{long}={value}")],
        None => vec![value.to_owned()],
    }
}

/// A value that an argument takes, most of the time.
fn plausible(argument: &Arg) -> String {
    let choices = argument.get_possible_values();
    if let Some(choice) = choices.first() {
        return choice.get_name().to_owned();
    }
    let name = argument.get_value_names().and_then(|names| names.first()).map_or("", |name| name.as_str());
    let value = match name {
        "DOCUMENT" | "document" => "CR-001",
        "USER" | "USERS" | "user" => "qa",
        "N.X" => "0.1",
        "ITEM" | "item" => "EI-1",
        "N" | "index" => "1",
        "TIME" => "1m",
        _ => "x",
    };
    value.to_owned()
}

// REQ-139, REQ-187
#[test]
fn no_argument_of_any_command_writes_to_the_terminal() {
    let place = Place::new();
    place.run(&["-u", "claude", "create", "CR", "--title", "x"], 0);
    let mut commands = Vec::new();
    leaves(&command_line(), &[], &mut commands);
    assert!(commands.len() > 60, "{}", commands.len());
    let mut lines =
        vec![vec![EVIL.to_owned()], vec![format!("--{EVIL}")], vec!["-u".to_owned(), EVIL.to_owned()]];
    // What every command takes is tried at one.
    for global in command_line().get_arguments().filter(|it| it.is_global_set()) {
        lines.push([vec!["list".to_owned()], given(global, EVIL)].concat());
    }
    for (way, arguments) in &commands {
        // The demo makes a project of its own each time.
        if way[0] == "demo" {
            continue;
        }
        let user = ["-u".to_owned(), "claude".to_owned()];
        lines.push([&user[..], way, &[format!("--{EVIL}")]].concat());
        lines.push([&user[..], way, &[EVIL.to_owned(), EVIL.to_owned(), EVIL.to_owned()]].concat());
        let own =
            || arguments.iter().filter(|it| !it.is_global_set() && !it.get_id().as_str().contains("help"));
        for evil in own() {
            let mut line = [&user[..], way].concat();
            for other in own().filter(|it| it.is_required_set() && it.get_id() != evil.get_id()) {
                line.extend(given(other, &plausible(other)));
            }
            line.extend(given(evil, EVIL));
            lines.push(line);
        }
    }
    let said = place.at_terminal(&lines, &[("NO_COLOR", "1")]);
    for (line, said) in lines.iter().zip(&said) {
        assert_eq!(raw(said), None, "{line:?}:\n{said:?}");
        assert!(!said.lines().any(|line| line.starts_with("FORGED")), "{line:?}:\n{said}");
    }
    // Most of them repeat it: else this shows nothing.
    let shown = said.iter().filter(|said| said.contains("\\u{1b}[35mEVIL")).count();
    assert!(shown * 2 > lines.len(), "{shown} of {}", lines.len());
}

// REQ-139, REQ-187
#[test]
fn between_colours_of_our_own_nothing_of_others_gets_through() {
    let place = Place::new();
    let line = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
    let lines = [
        line(&[EVIL]),
        line(&["-u", "claude", "status", EVIL]),
        line(&["-u", "claude", "list", &format!("--{EVIL}")]),
        line(&["-u", "claude", "approve", "SOP-001"]),
        line(&["--help"]),
        line(&["create", "--help"]),
        line(&["-u", "lead", "--token-file", &place.token(), "status", "SOP-001"]),
    ];
    let mut colored = 0;
    for said in place.at_terminal(&lines, &[]) {
        colored += usize::from(said.contains('\u{1b}'));
        for sequence in said.split('\u{1b}').skip(1) {
            let colors =
                sequence.strip_prefix('[').and_then(|it| it.split_once('m')).map(|(colors, _)| colors);
            let is_ours =
                colors.is_some_and(|it| it != "35" && it.chars().all(|c| c.is_ascii_digit() || c == ';'));
            assert!(is_ours, "{said:?}");
        }
        assert_eq!(raw(&said.replace('\u{1b}', "")), None, "{said:?}");
    }
    assert!(colored >= 5, "{colored}");
}

/// A project in which others have written, named and printed what they could.
fn furnished() -> Place {
    let place = Place::new();
    let root = place.root();
    let token = place.token();
    let write = |path: &str, text: &str| {
        let path = root.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    write("agent", &format!("#!/bin/sh\nprintf '%s\\n' '{EVIL_LINE}'\n"));
    fs::set_permissions(root.join("agent"), fs::Permissions::from_mode(0o755)).unwrap();
    let policy = fs::read_to_string(root.join("workflows/policy.yaml")).unwrap();
    let more = "\nagents:\n  qa: { user: qa, launcher: s, started_by: [lead], ttl: 1m }\nlaunchers:\n  s: { command: \
                [/bin/sh, \"agent\"], directory: \"{root}\" }\nevidence:\n  ci: { help: x, command: [/bin/sh, \
                \"agent\"] }\n";
    fs::write(root.join("workflows/policy.yaml"), policy + more).unwrap();
    place.run(&["-u", "lead", "--token-file", &token, "workflow", "adopt"], 0);
    place.run(&["-u", "claude", "create", "CR", "--title", "x"], 0);
    let copy = root.join(".qms/workspace/claude/CR-001.md");
    // A carriage return inside of a line of a document is refused.
    let said = EVIL_LINE.replace('\r', "");
    let text = filled_in(&fs::read_to_string(&copy).unwrap()) + &said + "\n";
    fs::write(&copy, &text).unwrap();
    place.run(&["-u", "claude", "checkin", "CR-001"], 0);
    place.run(&["-u", "claude", "evidence", "run", "CR-001", "ci"], 0);
    place.run(&["-u", "claude", "checkout", "CR-001"], 0);
    fs::write(&copy, format!("{text}more {said}\n")).unwrap();
    place.run(&["-u", "claude", "route", "CR-001", "--review", "--assignees", "tu"], 0);
    write("comment", EVIL_LINE);
    place.run(&["-u", "tu", "review", "CR-001", "--recommend", "--comment-file", "comment"], 0);
    // What lies about: files in the mirror, candidates, scenarios, settings, a copy that cannot be read.
    write(&format!("QMS/CR/{EVIL}.md"), "x");
    write(&format!("workflows/{EVIL}.yaml"), &format!("schema: {EVIL_LINE}\n"));
    write("workflows/scenarios/a.yaml", &format!("schema: \"{EVIL_LINE}\"\n"));
    write(".claude/settings.json", &format!("{{\"{EVIL_LINE}\": "));
    place.run(&["-u", "claude", "create", "CR", "--title", "y"], 0);
    fs::write(root.join(".qms/workspace/claude/CR-002.md"), format!("---\n{EVIL_LINE}: x\n---\n")).unwrap();
    place
}

/// Commands that show it.
fn shows(place: &Place) -> Vec<Vec<String>> {
    let token = place.token();
    let as_lead = ["-u", "lead", "--token-file", token.as_str()];
    let lines: Vec<Vec<&str>> = [
        "-u tu read CR-001 --draft",
        "-u tu read CR-001 --draft -o yaml",
        "-u tu diff CR-001 --from 0.2",
        "-u tu comments CR-001",
        "-u tu comments CR-001 -o json",
        "-u tu history CR-001",
        "-u tu history CR-001 -o wide",
        "-u tu evidence list CR-001",
        "-u tu evidence show CR-001 ci",
        "-u tu audit export",
        "-u tu audit export --format csv",
        "-u tu audit export --format md",
        "-u tu metrics reviews",
        "-u tu status CR-001",
        "-u tu next CR-001 --all",
        "-u claude workspace",
        "-u claude checkin CR-002",
        "-u claude status CR-002",
        "-u tu doctor",
    ]
    .iter()
    .map(|line| line.split(' ').collect())
    .chain(
        [
            "doctor",
            "workflow lint",
            "workflow diff",
            "workflow test",
            "workflow adopt",
            "hooks install claude",
        ]
        .iter()
        .chain(&["whoami", "token list", "list -o wide", "inbox", "agent list --all"])
        .chain(&[
            "agent run qa --document CR-001 --task review",
            "token issue qa --out ./out",
            "doctor --repair",
        ])
        .map(|line| as_lead.into_iter().chain(line.split(' ')).collect()),
    )
    .chain([
        vec!["init", "--no-passphrase", EVIL],
        vec!["-u", "tu", "audit", "verify", "--checkpoint", EVIL],
        vec!["-u", "tu", "--root", EVIL, "list"],
        vec!["-u", "tu", "search", EVIL],
    ])
    .collect();
    let mut lines: Vec<Vec<String>> =
        lines.iter().map(|words| words.iter().map(|word| (*word).to_owned()).collect()).collect();
    for name in [
        "QMS_USER",
        "QMS_ROOT",
        "QMS_TOKEN",
        "QMS_TOKEN_FILE",
        "QMS_TOKEN_FD",
        "QMS_PASSPHRASE_FILE",
        "QMS_KEY_FILE",
        "QMS_NO_INTERACTIVE",
        "XDG_CONFIG_HOME",
        "XDG_STATE_HOME",
        "HOME",
    ] {
        let value = if name.ends_with("HOME") { format!("/{EVIL}") } else { EVIL.to_owned() };
        lines.push([&format!("{name}={value}"), "-u", "tu", "whoami"].map(str::to_owned).to_vec());
        lines.push([&format!("{name}={value}"), "init", "/nowhere"].map(str::to_owned).to_vec());
    }
    lines
}

// REQ-139, REQ-187
#[test]
fn nothing_that_others_wrote_named_or_printed_writes_to_the_terminal() {
    let place = furnished();
    let lines = shows(&place);
    let said = place.at_terminal(&lines, &[("NO_COLOR", "1")]);
    let mut shown = 0;
    for (line, said) in lines.iter().zip(&said) {
        let is_agent = line.iter().any(|word| word == "run");
        // Of a program's output the colours stay, in words of ours.
        let said =
            if is_agent { said.replace("\u{1b}[0;35m", "").replace("\u{1b}[0m", "") } else { said.clone() };
        assert_eq!(raw(&said), None, "{line:?}:\n{said:?}");
        assert!(!said.lines().any(|line| line.starts_with("FORGED")), "{line:?}:\n{said}");
        shown += usize::from(said.contains("EVIL"));
    }
    assert!(shown > 20, "{shown} of {}", lines.len());
}
