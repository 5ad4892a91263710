//! What people permit and deny in Claude Code, and calls in the background.

use serde_json::json;

use crate::model::{Model, Talk};
use crate::runtimes::{Runtime, installed, replay};
use crate::{MAIN, SUB, done, hooked};

fn claude() -> Option<Runtime> {
    installed().into_iter().find(|runtime| runtime.name == "claude")
}

#[test]
#[ignore = "needs the real agent programs: just agents"]
fn a_rule_about_a_command_holds_for_the_command_that_is_signed() {
    let Some(runtime) = claude() else { return };
    let project = hooked(&runtime);
    let main = ["qms status CR-001", "qms withdraw CR-001", "qms list"];
    let main = main.iter().fold(Talk::of(MAIN), |talk, line| runtime.shell(talk, line));
    let model = Model::new(vec![main]);
    let rules = json!({"permissions": {"allow": ["Bash(qms status:*)", "Bash(qms withdraw:*)"], "deny": ["Bash(qms withdraw:*)"]}});
    runtime.run(&project, &model, MAIN, &["--settings", &rules.to_string()]);
    let results = model.results(MAIN);
    assert!(results[0].contains("IN_PRE_REVIEW"), "{results:?}");
    assert!(!results[1].contains('✓') && !results[2].contains("CR-001"), "{results:?}");
    assert!(done(&project, "claude", "withdraw").is_empty());
}

#[test]
#[ignore = "needs the real agent programs: just agents"]
fn the_ticket_of_a_call_that_was_not_permitted_is_good_for_nothing() {
    let Some(runtime) = claude() else { return };
    let project = hooked(&runtime);
    let main = ["qms withdraw CR-001", "true"];
    let main = main.iter().fold(Talk::of(MAIN), |talk, line| runtime.shell(talk, line));
    let model = Model::new(vec![main]);
    runtime.run(&project, &model, MAIN, &["--allowedTools", "Bash(true)"]);
    let signed = runtime.signed(&project);
    assert!(signed.iter().any(|line| line.contains("withdraw")), "{signed:?}");
    for line in signed {
        assert_eq!(replay(&project, &line), 8, "{line}");
    }
    assert!(done(&project, "claude", "withdraw").is_empty());
}

#[test]
#[ignore = "needs the real agent programs: just agents"]
fn a_call_in_the_background_is_done_or_refused_and_never_lost() {
    let Some(runtime) = claude() else { return };
    for _ in 0..3 {
        let project = hooked(&runtime);
        let main = runtime.subagent(Talk::of(MAIN), "qa", SUB);
        let input = json!({
            "command": "qms review CR-001 --recommend --comment whole", "description": "x", "run_in_background": true,
        });
        let model = Model::new(vec![main, Talk::of(SUB).call("Bash", input)]);
        runtime.run(&project, &model, MAIN, &[]);
        let results = model.results(SUB);
        let is_done = done(&project, "qa", "review").len() == 1;
        assert!(is_done || results[0].contains("background"), "{results:?}");
        assert!(!is_done || results[0].contains("✓ Review submitted"), "{results:?}");
    }
}
