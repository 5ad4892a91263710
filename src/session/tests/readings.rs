//! Recorded readings: who records one, when, and what waits for it.

use crate::domain::policy::{Candidate, Effect, Policy, Sources, fixture};
use crate::scenario;

/// Where a transition that gives a review has no guard yet.
pub(super) const REVIEW: &str = "verdict: review, quorum: all";

/// The policy with a change of one of its files.
pub(super) fn candidate(file: &str, from: &str, to: &str) -> Candidate {
    let Sources(mut files) = fixture::sources();
    let text = files.get_mut(file).unwrap();
    assert!(text.contains(from), "{from}");
    *text = text.replace(from, to);
    Candidate::new(Sources(files), &fixture::procedures()).unwrap_or_else(|faults| panic!("{faults:?}"))
}

fn recording(policy: &Policy) -> Vec<(String, Vec<String>)> {
    let edges = policy.workflows.values().flat_map(|life| &life.transitions);
    let edges = edges.filter(|edge| edge.effects.contains(&Effect::RecordReading));
    edges.map(|edge| (edge.action.to_string(), edge.from.iter().map(ToString::to_string).collect())).collect()
}

#[test]
fn only_where_a_verdict_demands_it_is_a_reading_recorded() {
    assert_eq!(recording(&fixture::candidate().policy), []);
    let demanded = candidate("controlled.yaml", REVIEW, &format!("{REVIEW}, guards: [opened]"));
    assert_eq!(recording(&demanded.policy), [("read".to_owned(), vec!["IN_REVIEW".to_owned()])]);
    // What stands in the file is taken as it stands, demanded or not.
    let own = "  - { action: read, from: [IN_REVIEW, IN_APPROVAL], to: same, by: [quality], meaning: witnessed, effects: [record_reading] }\n";
    let end = "  - { action: withdraw, from: [IN_REVIEW, IN_APPROVAL]";
    let told = candidate("controlled.yaml", end, &format!("{own}{end}"));
    let rounds = vec!["IN_REVIEW".to_owned(), "IN_APPROVAL".to_owned()];
    assert_eq!(recording(&told.policy), [("read".to_owned(), rounds)]);
}

#[test]
fn only_assignees_record_a_reading_and_each_of_them_once() {
    let candidate = candidate("controlled.yaml", REVIEW, &format!("{REVIEW}, guards: [opened]"));
    let story = "\
schema: qms.scenarios/1
workflow: controlled
users: { qb: quality }
scenarios:
  - name: assignees open what they judge
    type: SOP
    steps:
      - { claude: create, title: Cleaning }
      - { claude: checkin, content: changed }
      - { qa: read, which: draft, denied: [not_from_this_state] }
      - { claude: route, target: review, assignees: [tu] }
      - { qa: review, outcome: recommend, comment: fine, denied: [not_opened] }
      - { check: SOP-001, for: tu, menu: [read --draft] }
      - { claude: read, which: draft, denied: [group_not_allowed, not_assigned] }
      - { qb: read, which: draft, denied: [not_assigned] }
      - { qb: review, outcome: recommend, comment: x, denied: [not_assigned, not_opened] }
      - { qa: read, which: draft, state: IN_REVIEW, version: \"0.2\" }
      - { qa: read, which: draft, denied: [already_opened] }
      - { qa: review, outcome: recommend, comment: fine }
      - { qa: read, which: draft, denied: [already_answered] }
      - { tu: read, which: draft }
      - { tu: review, outcome: recommend, comment: fine, state: REVIEWED }
";
    let outcomes = scenario::run(&candidate, "x.yaml", story);
    for outcome in outcomes.unwrap_or_else(|error| panic!("{error}")) {
        assert_eq!(outcome.failure.map(|failure| failure.to_string()), None);
    }
}
