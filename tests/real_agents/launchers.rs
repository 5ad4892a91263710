//! The launchers of docs/agents.md, word for word but for where the programs lie.

use std::fs;

use crate::model::{Model, Talk};
use crate::project::Project;
use crate::runtimes::{Runtime, installed};
use crate::{CLAUDE, CODEX, done, hooked};

/// The words by which a model knows an agent that was started with its brief.
const AGENT: &str = "You are the user `qa`";

const PAGE: &str = include_str!("../../docs/agents.md");

/// The launchers that a page shows.
fn launchers(page: &str) -> &str {
    page.split("\nlaunchers:\n").nth(1).unwrap().split("```").next().unwrap()
}

#[test]
fn both_pages_show_the_same_commands() {
    let policy = launchers(include_str!("../../docs/policy.md"));
    let commands = launchers(PAGE).lines().filter(|line| line.contains("command: ["));
    let commands: Vec<&str> = commands.collect();
    assert_eq!(commands.len(), 2, "{commands:?}");
    for command in commands {
        assert!(policy.contains(command), "docs/policy.md does not show{command}");
    }
}

/// Lets `claude` start `qa` with the launcher that the page shows.
fn with_launcher(project: &Project, runtime: &Runtime) {
    let page = launchers(PAGE);
    let shown = format!("/usr/local/bin/{}", runtime.name);
    assert!(page.contains(&shown), "{page}");
    // The page is for a system as people have it: the model of the test is elsewhere.
    let program = runtime.program.display().to_string();
    let launchers = page
        .replace(&shown, &program)
        .replace("/usr/local/bin/claude", "/bin/true")
        .replace("/usr/local/bin/codex", "/bin/true")
        .replace(" PATH,", " PATH, XDG_STATE_HOME, XDG_CONFIG_HOME, ANTHROPIC_BASE_URL,");
    let path = project.path("workflows/policy.yaml");
    let text = fs::read_to_string(&path).unwrap();
    let started = format!("    user: qa\n    launcher: {}\n    started_by: [claude]\n", runtime.name);
    let text = text.replace("    user: qa\n", &started) + "launchers:\n" + &launchers;
    fs::write(path, text).unwrap();
    project.run("-u lead workflow adopt").is(0);
}

/// Starts `qa` as the orchestrator does, and returns the status and all that was said.
fn start(project: &Project, runtime: &Runtime, model: &Model) -> (i32, String) {
    let mut call = project.call("-u claude agent run qa --document CR-001 --task review");
    for (name, value) in runtime.home(project, model) {
        call = call.variable(&name, &value);
    }
    let ran = call.run();
    (ran.status, ran.text() + &ran.stderr)
}

// REQ-071, REQ-212
#[test]
#[ignore = "needs the real agent programs: just agents"]
fn the_launchers_of_the_page_start_agents_that_answer_as_themselves() {
    for is_hooked in [false, true] {
        for runtime in installed() {
            let project = hooked(&runtime);
            if !is_hooked {
                project.run(&format!("-u lead hooks remove {}", runtime.name)).is(0);
            }
            with_launcher(&project, &runtime);
            let talk = [
                "qms whoami",
                "qms read CR-001 --draft",
                "qms review CR-001 --recommend --comment 'it is whole'",
            ];
            let talk = talk.iter().fold(Talk::of(AGENT), |talk, line| runtime.shell(talk, line));
            let model = Model::new(vec![talk]);
            let (status, said) = start(&project, &runtime, &model);
            let results = model.results(AGENT);
            assert_eq!(status, 0, "{} {said}\n{results:?}", runtime.name);
            assert!(said.contains("qa has answered the review of CR-001"), "{said}");
            assert!(results[0].contains("acting as qa"), "{results:?}");
            assert_eq!(done(&project, "qa", "review").len(), 1);
            // Codex takes quotation marks at the end of a setting away.
            let definition = if runtime.name == "claude" { CLAUDE } else { CODEX };
            assert!(
                model.was_told(definition.trim().trim_end_matches('"')),
                "{} was not told its definition",
                runtime.name
            );
        }
    }
}

// REQ-215
#[test]
#[ignore = "needs the real agent programs: just agents"]
fn an_agent_that_only_says_that_it_is_done_has_answered_nothing() {
    for runtime in installed() {
        let project = hooked(&runtime);
        with_launcher(&project, &runtime);
        let model = Model::new(vec![runtime.shell(Talk::of(AGENT), "qms brief CR-001")]);
        let (status, said) = start(&project, &runtime, &model);
        assert_eq!(status, 1, "{said}");
        assert!(said.contains("CR-001 still awaits the review of qa"), "{said}");
    }
}
