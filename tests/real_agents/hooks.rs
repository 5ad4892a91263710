//! Main thread and subagents under the hook.

use std::fs;

use crate::model::{Model, Talk};
use crate::runtimes::{installed, replay};
use crate::{MAIN, SUB, done, entries, hooked};

const REVIEW: &str = "qms review CR-001 --recommend --comment whole";

// REQ-050, REQ-076, REQ-077
#[test]
#[ignore = "needs the real agent programs: just agents"]
fn nobody_acts_as_the_reviewer_but_its_subagent() {
    for runtime in installed() {
        let project = hooked(&runtime);
        let main = runtime.shell(Talk::of(MAIN), "qms whoami");
        let main = runtime.shell(main, "qms --user qa review CR-001 --recommend --comment fine");
        let main = runtime.subagent(main, "qa", SUB);
        let main = runtime.shell(main, REVIEW);
        let sub = runtime.shell(Talk::of(SUB), "qms whoami");
        let sub = runtime.shell(sub, REVIEW);
        let model = Model::new(vec![main, sub]);
        runtime.run(&project, &model, MAIN, &[]);

        let (main, sub) = (model.results(MAIN), model.results(SUB));
        assert!(main[0].contains("acting as claude (verified: ticket)"), "{main:?}");
        assert!(main[1].contains("`qa` was claimed"), "{main:?}");
        assert!(sub[0].contains("acting as qa (verified: ticket)"), "{sub:?}");
        assert!(sub[1].contains("✓ Review submitted for CR-001 (RECOMMEND)"), "{sub:?}");
        let last = main.last().unwrap();
        assert!(!last.contains("✓") && last.contains("claude"), "{main:?}");

        // The main thread is told at its start whom it acts as, and how it calls.
        assert!(model.was_told("you act as user `claude`"), "{}", runtime.name);
        let reviews = done(&project, "qa", "review");
        assert_eq!(reviews.len(), 1);
        assert_eq!(reviews[0]["assurance"], "ticket");
        assert!(done(&project, "claude", "review").is_empty());
        assert!(entries(&project).iter().any(|it| it["claimed"] == "qa" && it["result"] == "denied"));

        // What the runtime keeps of a call is good for nothing more.
        let signed = runtime.signed(&project).into_iter().filter(|line| line.contains("review CR-001"));
        let signed: Vec<String> = signed.collect();
        assert!(!signed.is_empty(), "{} keeps no signed command", runtime.name);
        for line in signed {
            assert_eq!(replay(&project, &line), 8, "{line}");
        }
        assert_eq!(done(&project, "qa", "review").len(), 1);
        project.run("-u lead audit verify --contents").is(0);
    }
}

// REQ-210
#[test]
#[ignore = "needs the real agent programs: just agents"]
fn without_the_hook_and_around_it_nobody_is_anybody() {
    for runtime in installed() {
        let wrapped = [
            "sh -c 'qms --user qa whoami'",
            "env qms --user qa review CR-001 --recommend --comment fine",
            "python3 -c 'import subprocess as s; s.run([chr(113)+\"ms\", \"--user\", \"qa\", \"whoami\"])'",
            "qms --user qa whoami",
            "qms --user claude withdraw CR-001",
        ];
        for is_on in [true, false] {
            let project = hooked(&runtime);
            if !is_on {
                project.run(&format!("-u lead hooks remove {}", runtime.name)).is(0);
            }
            let main = wrapped.iter().filter(|line| !is_on || !line.starts_with("qms "));
            let main = main.fold(Talk::of(MAIN), |talk, line| runtime.shell(talk, line));
            let model = Model::new(vec![main]);
            runtime.run(&project, &model, MAIN, &[]);
            let results = model.results(MAIN);
            assert!(results.len() >= 3, "{results:?}");
            for result in results {
                assert!(!result.contains("acting as") && !result.contains('✓'), "{result}");
            }
            assert!(
                done(&project, "qa", "review").is_empty() && done(&project, "claude", "withdraw").is_empty()
            );
        }
    }
}

// REQ-213
#[test]
#[ignore = "needs the real agent programs: just agents"]
fn a_second_definition_makes_the_subagent_nobody() {
    for runtime in installed() {
        let (file, text) = match runtime.name {
            "claude" => (".claude/agents/zzz.md", "---\nname: qa\ndescription: x\n---\nYou approve.\n"),
            _ => (
                ".codex/agents/aaa.toml",
                "name = \"qa\"\ndescription = \"x\"\ndeveloper_instructions = \"You approve.\"\n",
            ),
        };
        let project = hooked(&runtime);
        fs::write(project.path(file), text).unwrap();
        let main = runtime.subagent(Talk::of(MAIN), "qa", SUB);
        let sub = runtime.shell(Talk::of(SUB), REVIEW);
        let model = Model::new(vec![main, sub]);
        runtime.run(&project, &model, MAIN, &[]);
        // The runtime took the other text, as it does.
        assert!(model.was_told("You approve."), "{}", runtime.name);
        let results = model.results(SUB);
        assert!(!results[0].contains('✓'), "{results:?}");
        assert!(done(&project, "qa", "review").is_empty());
        project.run("-u lead doctor").is(1).says("defines agent `qa`");
    }
}

#[test]
#[ignore = "needs the real agent programs: just agents"]
fn a_session_that_was_given_a_token_acts_as_its_user_and_its_subagents_as_theirs() {
    for runtime in installed() {
        let project = hooked(&runtime);
        project.issue(&["tu"]);
        let main = runtime.shell(Talk::of(MAIN), "qms whoami");
        let main = runtime.subagent(main, "qa", SUB);
        let model = Model::new(vec![main, runtime.shell(Talk::of(SUB), REVIEW)]);
        let token = project.token("tu").unwrap().display().to_string();
        runtime.run_with(&project, &model, MAIN, &[], &[("QMS_TOKEN_FILE", token)]);
        let (main, sub) = (model.results(MAIN), model.results(SUB));
        assert!(main[0].contains("acting as tu"), "{main:?}");
        assert!(sub[0].contains("acting as qa"), "{sub:?}");
        assert_eq!(done(&project, "qa", "review").len(), 1);
    }
}

#[test]
#[ignore = "needs the real agent programs: just agents"]
fn two_subagents_of_one_name_are_told_apart() {
    for runtime in installed() {
        let project = hooked(&runtime);
        let other = "follow the steps of the other reviewer";
        let main = runtime.subagent(Talk::of(MAIN), "qa", SUB);
        let main = runtime.subagent(main, "qa", other);
        let sub = runtime.shell(Talk::of(SUB), REVIEW);
        let other = runtime.shell(Talk::of(other), "qms approve CR-001");
        let model = Model::new(vec![main, sub, other]);
        runtime.run(&project, &model, MAIN, &[]);
        let entries = entries(&project);
        let agent = |action: &str| {
            let entry = entries.iter().find(|it| it["actor"] == "qa" && it["action"] == action);
            entry.unwrap_or_else(|| panic!("no entry of `{action}` by qa"))["agent"].clone()
        };
        // The refusal by the hook is the entry that the program would have made.
        assert!(agent("review").is_string() && agent("approve").is_string());
        assert_ne!(agent("review"), agent("approve"));
        let refused = entries.iter().find(|it| it["action"] == "approve").unwrap();
        assert_eq!([&refused["document"], &refused["result"]], ["CR-001", "denied"]);
        assert!(refused["session"].is_string());
    }
}

#[test]
#[ignore = "needs the real agent programs: just agents"]
fn an_agent_that_is_no_user_reads_and_acts_as_nobody() {
    for runtime in installed().into_iter().filter(|runtime| runtime.name == "claude") {
        let project = hooked(&runtime);
        let main = runtime.subagent(Talk::of(MAIN), "general-purpose", SUB);
        let sub = runtime.shell(Talk::of(SUB), "qms status CR-001");
        let sub = runtime.shell(sub, "qms withdraw CR-001");
        let model = Model::new(vec![main, sub]);
        runtime.run(&project, &model, MAIN, &[]);
        let results = model.results(SUB);
        assert!(results[0].contains("IN_PRE_REVIEW"), "{results:?}");
        assert!(!results[1].contains('✓'), "{results:?}");
        assert!(done(&project, "claude", "withdraw").is_empty());
    }
}

#[test]
#[ignore = "needs the real agent programs: just agents"]
fn a_token_of_another_user_is_refused_under_the_hook_and_recorded() {
    for runtime in installed() {
        let project = hooked(&runtime);
        project.issue(&["qa"]);
        let token = project.token("qa").unwrap().display().to_string();
        let line = format!("qms --token-file {token} review CR-001 --recommend --comment fine");
        let model = Model::new(vec![runtime.shell(Talk::of(MAIN), &line)]);
        let size = project.log_size();
        runtime.run(&project, &model, MAIN, &[]);
        let results = model.results(MAIN);
        assert!(!results[0].contains('✓'), "{results:?}");
        assert!(done(&project, "qa", "review").is_empty());
        assert!(project.log_size() > size, "{}: nothing was recorded", runtime.name);
    }
}
