//! The definition that runs is the one that was adopted, in each runtime.

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use qms::domain::digest::Digest;
use serde_json::{Value, json};

use crate::project::{Call, PROGRAM};
use crate::stand_in::{RUN, Started};

const CLAUDE: &str = "---\nname: qa\ndescription: reviews\n---\nYou review.\n";
const CODEX: &str = "name = \"qa\"\ndescription = \"reviews\"\ndeveloper_instructions = \"You review.\"\n";

const RUNTIMES: [(&str, &str, &str); 2] =
    [("claude", ".claude/agents/qa.md", CLAUDE), ("codex", ".codex/agents/qa.toml", CODEX)];

/// A project with a definition for each runtime, in which `qa` is started as an agent of `runtime`.
fn of(runtime: &str, script: &str) -> Started {
    let started = Started::new(script);
    for (_, path, text) in RUNTIMES {
        lay(&started.project.path(path), text);
    }
    adopt(
        &started,
        &[
            (
                "definition: qa.md",
                "definition: { claude: .claude/agents/qa.md, codex: .codex/agents/qa.toml }",
            ),
            ("stand_in: {", &format!("{runtime}: {{")),
            ("launcher: stand_in", &format!("launcher: {runtime}")),
            ("\"{brief}\"]", "\"{brief}\", \"{definition}\"]"),
        ],
    );
    started
}

/// Changes the policy, text by text, and adopts it.
fn adopt(started: &Started, changes: &[(&str, &str)]) {
    let path = started.project.path("workflows/policy.yaml");
    let mut text = fs::read_to_string(&path).unwrap();
    for (from, to) in changes {
        assert!(text.contains(from), "{from}");
        text = text.replace(from, to);
    }
    fs::write(path, text).unwrap();
    started.project.run("-u lead workflow adopt").is(0);
}

fn lay(path: &Path, text: &str) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

/// An environment in which a user has folders of the runtimes.
fn at_home(started: &Started, call: Call) -> Call {
    let folder = |name: &str| started.project.folder().join(name).display().to_string();
    call.variable("HOME", &folder("home"))
        .variable("CLAUDE_CONFIG_DIR", &folder("own-claude"))
        .variable("CODEX_HOME", &folder("own-codex"))
}

/// Tells an event in the project, of a session that was started in a folder, and returns what the hook answers.
fn tell(started: &Started, runtime: &str, started_in: &Path, name: &str, fields: &Value) -> Value {
    let root = started.project.root();
    let mut event = json!({"session_id": "s-1", "cwd": root, "hook_event_name": name});
    event.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    let call = started.project.call("hook");
    let call = match runtime {
        "codex" => {
            // Before its first turn it writes the same event as others.
            if name != "SessionStart" {
                event["turn_id"] = json!("t-1");
            }
            call.directory(started_in)
        }
        _ => call.variable("CLAUDE_PROJECT_DIR", &started_in.display().to_string()),
    };
    let told = at_home(started, call.input(event.to_string())).run().is(0).text();
    if told.is_empty() { Value::Null } else { serde_json::from_str(&told).unwrap() }
}

/// Says that a subagent `qa` began, and returns what the hook tells it.
fn begin(started: &Started, runtime: &str, agent: &str) -> String {
    begin_from(started, runtime, &started.project.root(), agent)
}

fn begin_from(started: &Started, runtime: &str, started_in: &Path, agent: &str) -> String {
    let fields = json!({"agent_id": agent, "agent_type": "qa"});
    let told = tell(started, runtime, started_in, "SubagentStart", &fields);
    told["hookSpecificOutput"]["additionalContext"].as_str().unwrap().to_owned()
}

// REQ-212
#[test]
fn an_agent_is_told_the_definition_that_was_adopted() {
    for (runtime, path, text) in RUNTIMES {
        let started = of(runtime, "printf '<%s>\\n' \"$3\"");
        let ran = started.project.run(RUN).is(1);
        assert!(ran.text().contains(&format!("<{text}>\n")), "{}", ran.text());
        let sessions = started.project.ask("-u claude agent list --all").is(0);
        let digest = Digest::of(text.as_bytes()).to_string();
        assert_eq!(sessions["data"]["sessions"][0]["definition_digest"], digest);
        let own = started.project.path(path);
        for other in ["You approve.\n", ""] {
            fs::write(&own, other).unwrap();
            assert_eq!(started.project.ask(RUN).is(4).reasons(), ["agent_changed"], "{runtime}");
        }
        for (bytes, why) in
            [(vec![b'a'; 200_000], "longer than"), (b"a\0b".to_vec(), "NUL"), (vec![255], "UTF-8")]
        {
            fs::write(&own, bytes).unwrap();
            started.project.run("-u lead workflow adopt").is(0);
            started.project.run(RUN).is(1).says(why);
        }
        fs::remove_file(&own).unwrap();
        assert_eq!(started.project.ask(RUN).is(4).reasons(), ["agent_changed"], "{runtime}");
    }
}

// REQ-213
#[test]
fn an_agent_is_nobody_while_its_runtime_could_take_another_definition_for_it() {
    let places = [
        (
            "claude",
            vec![
                "project/.claude/agents/zzz.md",
                "project/.claude/agents/a/b/c.md",
                ".claude/agents/x.md",
                "home/.claude/agents/qa.md",
                "own-claude/agents/deep/x.md",
            ],
            CLAUDE,
            "---\nname: 'qa'\n---\nYou approve.\n",
            "---\nname: other\n---\nqa\n",
        ),
        (
            "codex",
            vec![
                "project/.codex/agents/zzz.toml",
                "project/.codex/agents/a/b/c.toml",
                ".codex/agents/x.toml",
                "home/.codex/agents/qa.toml",
                "own-codex/agents/deep/x.toml",
            ],
            CODEX,
            "\"name\" = 'qa'\n",
            "name = \"other\"\n",
        ),
    ];
    for (runtime, files, adopted, rival, other) in places {
        let started = of(runtime, "QMS review CR-001 --recommend --comment fine");
        let project = &started.project;
        for (number, file) in files.iter().enumerate() {
            let path = project.folder().join(file);
            lay(&path, rival);
            let refused = at_home(&started, project.call(RUN)).ask().is(4);
            assert_eq!(refused.reasons(), ["agent_changed"], "{file}");
            let shown = file.strip_prefix("project/").unwrap_or(file);
            let message = refused["error"]["reasons"][0]["message"].as_str().unwrap();
            assert!(message.contains(shown) && message.contains("too"), "{message}");
            let told = begin(&started, runtime, &format!("a-{number}"));
            assert!(told.contains(shown) && told.contains("has no name"), "{told}");
            let found = at_home(&started, project.call("-u lead doctor")).ask().is(1);
            assert_eq!(found["error"]["details"]["findings"][0]["name"], "definition");
            assert!(found.value().to_string().contains(shown), "{file}");
            // The same text is the same agent, and one of another name is none of its affair.
            for text in [adopted, other] {
                lay(&path, text);
                at_home(&started, project.call("-u lead doctor")).run().is(0);
            }
            fs::remove_file(&path).unwrap();
        }
        let agents = project.ask("-u lead agent list --all").is(0);
        assert_eq!(agents["data"]["sessions"], json!([]), "{runtime}");
        // What another runtime reads is in nobody's way.
        let (strange, rival) = match runtime {
            "claude" => (".codex/agents/zzz.toml", "name = \"qa\"\n"),
            _ => (".claude/agents/zzz.md", "---\nname: qa\n---\n"),
        };
        lay(&project.path(strange), rival);
        assert!(begin(&started, runtime, "a-9").contains("you act as user `qa`"));
        project.run(RUN).is(0);
    }
}

// REQ-213
#[test]
fn a_runtime_reads_definitions_where_it_was_started_wherever_its_agent_works() {
    for (runtime, path, text) in RUNTIMES {
        let started = of(runtime, "true");
        let elsewhere = started.project.folder().join("elsewhere");
        let within = started.project.path("a/b");
        let places =
            [(&elsewhere, elsewhere.clone()), (&elsewhere, elsewhere.join("a/b")), (&within, within.clone())];
        for (number, (of_rival, started_in)) in places.iter().enumerate() {
            fs::create_dir_all(started_in).unwrap();
            let rival = of_rival.join(path);
            lay(&rival, text);
            let agent = format!("a-{number}");
            let begun = begin_from(&started, runtime, started_in, &agent);
            assert!(begun.contains("you act as user `qa`"), "{begun}");
            let call = json!({
                "agent_id": agent, "agent_type": "qa", "tool_name": "Bash", "tool_use_id": "t-1",
                "tool_input": {"command": "qms inbox"},
            });
            let asked = || tell(&started, runtime, started_in, "PreToolUse", &call).to_string();
            assert!(asked().contains("--ticket="), "{}", asked());
            lay(&rival, &text.replace("review", "approve"));
            assert!(asked().contains("acts as `qa` no more"), "{}", asked());
            let told = begin_from(&started, runtime, started_in, "b-1");
            assert!(told.contains(path) && told.contains("has no name"), "{told}");
            fs::remove_file(&rival).unwrap();
        }
    }
}

/// A process that runs hooks through a shell, as a runtime does, and is none itself.
struct Runtime<'a> {
    started: &'a Started,
    name: &'static str,
    child: Child,
}

impl<'a> Runtime<'a> {
    fn start(started: &'a Started, name: &'static str) -> Self {
        let call = started.project.call("hook").command;
        let mut xargs = Command::new("xargs");
        xargs.args(["-I", "LINE", "sh", "LINE"]).env_clear();
        xargs.envs(call.get_envs().filter_map(|(name, value)| Some((name, value?))));
        xargs.env("PATH", "/usr/bin:/bin").current_dir(started.project.root()).stdin(Stdio::piped());
        Self { started, name, child: xargs.spawn().unwrap() }
    }

    fn tell(&mut self, session: &str, name: &str, fields: &Value) -> String {
        let at = |name: &str| self.started.project.folder().join(name);
        let mut event =
            json!({"session_id": session, "cwd": self.started.project.root(), "hook_event_name": name});
        event.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        if self.name == "codex" && name != "SessionStart" {
            event["turn_id"] = json!("t-1");
        }
        fs::write(at("event"), event.to_string()).unwrap();
        let _none = fs::remove_file(at("answer"));
        let (event, made, answer) = (at("event"), at("made"), at("answer"));
        let line = format!(
            "'{PROGRAM}' hook < '{}' > '{}'\nmv '{1}' '{}'\n",
            event.display(),
            made.display(),
            answer.display()
        );
        fs::write(at("line"), line).unwrap();
        writeln!(self.child.stdin.as_mut().unwrap(), "{}", at("line").display()).unwrap();
        loop {
            match fs::read_to_string(&answer) {
                Ok(text) => return text,
                Err(_) => std::thread::yield_now(),
            }
        }
    }

    fn starts(&mut self, session: &str, source: &str) {
        self.tell(session, "SessionStart", &json!({"source": source}));
    }

    fn begins(&mut self, session: &str, agent: &str) -> String {
        self.tell(session, "SubagentStart", &json!({"agent_id": agent, "agent_type": "qa"}))
    }
}

impl Drop for Runtime<'_> {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        let _status = self.child.wait();
    }
}

const ACTS: &str = "you act as user `qa`";

fn is_nobody(told: &str) -> bool {
    told.contains("when the program of this session began") && told.contains("has no name")
}

// REQ-213
#[test]
fn an_agent_runs_what_its_runtime_read_when_its_process_began() {
    for (name, path, adopted) in RUNTIMES {
        let started = of(name, "true");
        let own = started.project.path(path);
        let beside = |name: &str| own.with_file_name(name).with_extension(own.extension().unwrap());
        let (rival, other) = (beside("zzz"), beside("other"));
        let changed = adopted.replace("You review", "You approve");
        let unclear = adopted.replace("name: qa", "qa: b: c").replace("name = \"qa\"", "name = \"\\u0078\"");
        for (file, text) in [(&own, &changed), (&rival, &changed), (&rival, &unclear)] {
            lay(file, text);
            let mut process = Runtime::start(&started, name);
            process.starts("s-1", "startup");
            fs::remove_file(&rival).unwrap_or_default();
            lay(&own, adopted);
            // It goes on with what it read, whatever sessions it begins.
            for (session, source) in [
                ("s-1", "compact"),
                ("s-1", "clear"),
                ("s-2", "clear"),
                ("s-3", "resume"),
                ("s-4", "startup"),
            ] {
                process.starts(session, source);
                let told = process.begins(session, "a-1");
                let named = file.file_name().unwrap().to_string_lossy();
                assert!(is_nobody(&told) && told.contains(&*named), "{source}: {told}");
            }
            // Another process reads them anew, whatever sessions it goes on with.
            for source in ["startup", "resume"] {
                let mut process = Runtime::start(&started, name);
                process.starts("s-1", source);
                assert!(process.begins("s-1", "a-1").contains(ACTS), "{source}");
            }
        }
        // What is none of its affair may change.
        lay(&other, &adopted.replace("qa", "other"));
        let mut process = Runtime::start(&started, name);
        process.starts("s-1", "startup");
        fs::remove_file(&other).unwrap();
        assert!(process.begins("s-1", "a-2").contains(ACTS));
        // What is adopted in the midst of a session is read by the next process.
        lay(&own, &changed);
        started.project.run("-u lead workflow adopt").is(0);
        assert!(is_nobody(&process.begins("s-1", "a-3")));
        process.starts("s-2", "clear");
        assert!(is_nobody(&process.begins("s-2", "a-3")));
        let mut process = Runtime::start(&started, name);
        process.starts("s-2", "resume");
        assert!(process.begins("s-2", "a-3").contains(ACTS));
    }
}

// REQ-076, REQ-201
#[test]
fn the_agents_of_a_session_end_with_the_one_that_takes_its_place() {
    let started = of("claude", "true");
    let mut process = Runtime::start(&started, "claude");
    let open =
        || started.project.ask("-u lead agent list").is(0)["data"]["sessions"].as_array().unwrap().len();
    process.starts("s-1", "startup");
    assert!(process.begins("s-1", "a-1").contains(ACTS) && process.begins("s-1", "a-2").contains(ACTS));
    // Of another process nothing ends.
    let mut other = Runtime::start(&started, "claude");
    other.starts("s-2", "startup");
    assert!(other.begins("s-2", "a-1").contains(ACTS));
    let call = json!({
        "agent_id": "a-1", "agent_type": "qa", "tool_name": "Bash", "tool_use_id": "t-1",
        "tool_input": {"command": "qms inbox"},
    });
    assert!(process.tell("s-1", "PreToolUse", &call).contains("--ticket="));
    process.starts("s-3", "startup");
    assert_eq!(open(), 3);
    process.starts("s-4", "clear");
    assert_eq!(open(), 1);
    assert!(process.tell("s-1", "PreToolUse", &call).contains("has ended"));
    assert!(process.begins("s-4", "a-1").contains(ACTS));
    process.starts("s-4", "clear");
    assert_eq!(open(), 1);
}

// REQ-213
#[test]
fn a_role_that_the_settings_of_codex_declare_is_a_definition() {
    let started = of("codex", "true");
    lay(&started.project.path(".codex/config.toml"), "[agents.\"qa\"]\nconfig_file = \"../other.toml\"\n");
    let refused = started.project.ask(RUN).is(4);
    assert!(refused["error"]["reasons"][0]["message"].as_str().unwrap().contains(".codex/config.toml"));
}

// REQ-214
#[test]
fn the_hook_looks_at_the_definition_of_its_own_runtime() {
    let started = of("claude", "true");
    let project = &started.project;
    for (runtime, _, _) in RUNTIMES {
        assert!(begin(&started, runtime, runtime).contains("you act as user `qa`"), "{runtime}");
    }
    let sessions = project.ask("-u lead agent list").is(0);
    for (runtime, _, text) in RUNTIMES {
        let sessions = sessions["data"]["sessions"].as_array().unwrap();
        let session = sessions.iter().find(|one| one["runtime"] == runtime).unwrap();
        assert_eq!(session["definition_digest"], Digest::of(text.as_bytes()).to_string());
    }
    fs::write(project.path(".codex/agents/qa.toml"), "name = \"qa\"\n").unwrap();
    assert!(begin(&started, "codex", "b-1").contains("`.codex/agents/qa.toml` is not the definition"));
    assert!(begin(&started, "claude", "b-2").contains("you act as user `qa`"));
    // A file of Claude Code is no definition of Codex.
    adopt(
        &started,
        &[(
            "definition: { claude: .claude/agents/qa.md, codex: .codex/agents/qa.toml }",
            "definition: .claude/agents/qa.md",
        )],
    );
    assert!(begin(&started, "codex", "b-3").contains("no definition of `qa` for codex"));
    assert!(begin(&started, "claude", "b-4").contains("you act as user `qa`"));
}
