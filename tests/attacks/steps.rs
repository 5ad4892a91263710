//! Policies in steps: what one adoption took away, the next one gives back with nothing taken from it.

use std::fs;

use crate::becomes_gxp;
use crate::project::Project;

/// Replaces a text of a file of the policy.
fn write(project: &Project, file: &str, from: &str, to: &str) {
    let path = project.path(file);
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.contains(from), "{from}");
    fs::write(path, text.replacen(from, to, 1)).unwrap();
}

/// Takes a part of a file away, which is adopted, and puts another one before `next`, which is less.
fn comes_back_as_less(project: &Project, file: &str, (part, instead): (&str, &str), next: &str) {
    write(project, file, part, "");
    project.run("-u lead workflow adopt --less --reason x").is(0);
    write(project, file, next, &format!("{instead}{next}"));
    let refused = project.ask("-u lead workflow adopt").is(4);
    let reasons = refused.reasons();
    assert!(reasons.iter().all(|one| *one == "policy_demands_less"), "{reasons:?}");
}

// REQ-194, REQ-195
#[test]
fn a_rule_of_the_project_comes_back_for_nobody_else() {
    let project = Project::new();
    becomes_gxp(&project);
    let rule = "  - { action: clock_set,     by: [administrator] }\n";
    let wider = rule.replace("administrator", "administrator, initiator");
    comes_back_as_less(&project, "workflows/policy.yaml", (rule, &wider), "  - { action: user_add,");
}

// REQ-194
#[test]
fn a_way_out_of_a_round_comes_back_with_nothing_taken_from_it() {
    let project = Project::new();
    project.run("-u claude create SOP --title x").is(0);
    let way = "  - { action: withdraw, from: [IN_REVIEW, IN_APPROVAL], to: origin, by: [initiator], meaning: authored, \
               guards: [owner] }\n";
    let easier = way.replace(", guards: [owner]", "");
    comes_back_as_less(&project, "workflows/controlled.yaml", (way, &easier), "  - { action: create,");
}

// REQ-194
#[test]
fn a_group_comes_back_with_no_right_of_others() {
    let project = Project::new();
    let group = "  guest:\n    help: Reads\n";
    write(&project, "workflows/policy.yaml", "groups:\n", &format!("groups:\n{group}"));
    project.run("-u lead workflow adopt").is(0);
    let wider = format!("{group}    includes: [quality]\n");
    comes_back_as_less(&project, "workflows/policy.yaml", (group, &wider), "  administrator:\n    help:");
}
