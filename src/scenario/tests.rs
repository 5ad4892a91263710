//! That scenarios say what is wrong with themselves, and with a policy.

use super::{ScenarioOutcome, Stage, gaps, run};
use crate::domain::policy::fixture;
use crate::domain::yaml::YamlError;
use crate::session::Audit;
use crate::store::{Entries, Read as _, StoredEntry};

const HEAD: &str = "schema: qms.scenarios/1\nworkflow: controlled\n";

fn play(text: &str) -> Result<Vec<ScenarioOutcome>, YamlError> {
    let candidate = fixture::candidate();
    run(candidate, "x.yaml", text)
}

/// Plays steps, one on a line from line 7 on, and returns what failed.
fn failure(steps: &[&str]) -> Option<String> {
    match play(&story(steps)).map(|outcomes| outcomes.into_iter().next()) {
        Ok(Some(outcome)) => outcome.failure.map(|failure| failure.to_string()),
        other => panic!("{other:?}"),
    }
}

fn story(steps: &[&str]) -> String {
    let steps = steps.join("\n      - ");
    format!("{HEAD}scenarios:\n  - name: story\n    type: SOP\n    steps:\n      - {steps}\n")
}

fn refused(text: &str) -> String {
    match play(text) {
        Err(error) => error.to_string(),
        Ok(outcomes) => panic!("{outcomes:?}"),
    }
}

const CREATE: &str = "{ claude: create, title: Cleaning }";

#[test]
fn a_story_that_comes_as_told_passes_and_names_what_it_took() {
    let outcomes = play(&story(&[CREATE, "{ qa: approve, denied: [group_not_allowed] }"]));
    let outcomes = outcomes.unwrap_or_else(|error| panic!("{error}"));
    assert!(outcomes.iter().all(|outcome| outcome.name == "story" && !outcome.is_passed()));
    let outcomes = play(&story(&[CREATE, "{ qa: approve, denied: [not_from_this_state] }"]));
    let outcomes = outcomes.unwrap_or_else(|error| panic!("{error}"));
    assert!(outcomes.iter().all(ScenarioOutcome::is_passed));
    assert_eq!(outcomes.first().map(|outcome| outcome.taken.len()), Some(1));
    assert_eq!(outcomes.first().map(|outcome| outcome.place.line), Some(4));
}

// REQ-009
#[test]
fn a_failure_says_where_what_came_and_what_was_expected() {
    let cases: [(&[&str], &str); 9] = [
        (&["{ tu: create, title: x }"], "x.yaml:7:9: `create` by tu was refused: group_not_allowed (`tu`"),
        (&["{ mallory: create }"], "x.yaml:7:9: `create` by mallory was refused: unknown_user"),
        (&["{ claude: create, denied: not_owner }"], "`create` by claude was permitted, expected not_owner"),
        (&["{ tu: create, denied: not_owner }"], "was refused for group_not_allowed, expected not_owner"),
        (
            &[CREATE, "{ check: SOP-001, state: EFFECTIVE }"],
            "x.yaml:8:9: `state` of SOP-001 is DRAFT, expected EFFECTIVE",
        ),
        (&[CREATE, "{ check: SOP-001, owner: none }"], "`owner` of SOP-001 is claude, expected nothing"),
        (&[CREATE, "{ check: SOP-002, owner: none }"], "is expected of a document, and there is none"),
        (
            &[CREATE, "{ check: SOP-001, for: claude, menu: [checkout, trait_add, withdraw] }"],
            "the menu opens besides checkin, and does not open withdraw (not_from_this_state)",
        ),
        (&["{ claude: checkin }"], "there is no document yet"),
    ];
    for (steps, expected) in cases {
        let failure = failure(steps).unwrap_or_else(|| panic!("{steps:?} passed"));
        assert!(failure.contains(expected), "{failure}");
    }
    let said = failure(&[CREATE, "{ claude: checkin, content: changed, says: unchanged }"]);
    assert_eq!(said.as_deref(), Some("x.yaml:8:9: the user was told checked_in, expected unchanged"));
}

#[test]
fn words_that_nobody_knows_are_refused_with_their_place_and_the_word_that_was_meant() {
    let cases = [
        ("{ claude: creat }", "x.yaml:7:19: unknown action `creat`, did you mean `create`?"),
        ("{ claude: create, titl: x }", "x.yaml:7:33: unknown word `titl`, did you mean `title`?"),
        ("{ claude: create, state: DRAF }", "x.yaml:7:34: unknown state `DRAF`, did you mean `DRAFT`?"),
        ("{ claude: create, denied: not_owners }", "unknown reason `not_owners`, did you mean `not_owner`?"),
        ("{ claude: checkin, content: change }", "unknown content `change`, did you mean `changed`?"),
        ("{ claude: checkin, says: checkedin }", "unknown note `checkedin`, did you mean `checked_in`?"),
        ("{ claude: checkin, with: { titel: x } }", "unknown input `titel`"),
        ("{ claude: checkin, proof: tokn }", "x.yaml:7:35: unknown proof `tokn`, did you mean `token`?"),
        ("{ lead: token_isue, user: qa }", "unknown action `token_isue`, did you mean `token_issue`?"),
        ("{ lead: token_issue }", "`token_issue` needs `user`"),
        ("{ lead: token_issue, user: qa, agent: x }", "unknown word `agent`"),
        (
            "{ lead: policy_adopt, change: [x] }",
            "`change` takes files, each with texts and what stands in their place",
        ),
        ("{ lead: policy_adopt, change: { x: y } }", "`change` takes files"),
        ("{ claude: create, change: {} }", "x.yaml:7:35: `change` is for `policy_adopt`"),
        ("{ lead: unlock, user: qa }", "unknown word `user`"),
        ("{ claude: create, version: 0.1 }", "x.yaml:7:27: invalid type: floating point `0.1`"),
        ("{ claude: create, title: a, title: b }", "x.yaml:7:37: `title` stands twice"),
        ("{ Claude: create }", "`Claude` is not a user name"),
        ("{ check: SOP-001, menu: [] }", "`check` takes `menu` and `for` together"),
        ("{ path: nowhere }", "x.yaml:7:17: unknown path `nowhere`"),
        ("{}", "a step begins with a user and an action"),
    ];
    for (step, expected) in cases {
        let message = refused(&story(&[step]));
        assert!(message.contains(expected), "{step}: {message}");
    }
    assert!(
        refused("schema: qms.scenario/1\nworkflow: x\nscenarios: []\n").starts_with("x.yaml:1:9: schema")
    );
    let message = refused("schema: qms.scenarios/1\nworkflow: control\nscenarios: []\n");
    assert_eq!(message, "x.yaml:2:11: unknown life cycle `control`, did you mean `controlled`?");
    let users = story(&[CREATE]).replace("scenarios:\n", "users: { joe: qualty }\nscenarios:\n");
    assert_eq!(refused(&users), "x.yaml:3:15: unknown group `qualty`, did you mean `quality`?");
}

// REQ-174
#[test]
fn a_content_that_was_objected_to_is_refused_by_name_when_it_comes_back() {
    let steps = [
        CREATE,
        "{ claude: checkin, text: \"# A\\n\" }",
        "{ claude: route, target: review }",
        "{ qa: review, outcome: request_updates, comment: no }",
        "{ claude: checkout }",
        "{ claude: checkin, text: \"# B\\n\" }",
        "{ claude: checkout }",
        "{ claude: checkin, text: \"# A\\n\" }",
    ];
    let expected = "x.yaml:14:9: `checkin` by claude was refused: content_objected (the working copy of SOP-001 \
                    is the content of 0.2 again, and `qa` asked for changes to that)";
    assert_eq!(failure(&steps).as_deref(), Some(expected));
}

// REQ-175
#[test]
fn users_act_with_the_best_that_they_hold_and_with_nothing_that_they_do_not() {
    let told = |step: &str| failure(&["{ lead: user_add, user: bob, group: initiator, kind: agent }", step]);
    assert_eq!(told("{ bob: create, title: x, proof: claimed }"), None);
    assert_eq!(told("{ bob: create, title: x }"), None);
    for proof in ["token", "signature", "unlock", "code", "spawn"] {
        let failed = told(&format!("{{ bob: create, title: x, proof: {proof}, denied: not_owner }}"));
        assert_eq!(failed, Some(format!("x.yaml:8:9: `bob` holds nothing for `proof: {proof}`")));
    }
    let claimed = told("{ claude: create, title: x, proof: claimed }").unwrap_or_default();
    assert!(claimed.contains("refused: credential_required"), "{claimed}");
    // A text that no file has cannot be changed, and no step is silently another.
    let missing = "{ lead: policy_adopt, change: { policy.yaml: { nowhere: x } }, denied: policy_unsound }";
    assert_eq!(failure(&[missing]).as_deref(), Some("x.yaml:7:9: `policy.yaml` does not contain `nowhere`"));
}

/// Every entry of a log, which verifies with everything that it speaks about.
fn record(mut stage: Stage) -> Vec<Vec<u8>> {
    let mut entries = Vec::new();
    let mut visit = |entry: StoredEntry<'_>| {
        entries.push(entry.bytes.to_vec());
        Ok(())
    };
    stage.store.entries(Entries::From(0), &mut visit).unwrap();
    let claim = stage.claim(&"qa".parse().unwrap(), None, None).unwrap();
    let (_, audit) = stage.session.audit(&claim, None, true).unwrap();
    assert!(matches!(audit, Audit::Sound(_)), "{audit:?}");
    entries
}

/// The record that each story of a file leaves.
fn records(text: &str) -> Vec<Vec<Vec<u8>>> {
    let mut records = Vec::new();
    super::play::play(fixture::candidate(), "x.yaml", text, |stage| records.push(record(stage))).unwrap();
    assert!(records.len() > 5 && records.iter().all(|entries| entries.len() > 1));
    records
}

// REQ-177
#[test]
fn a_story_leaves_the_same_record_each_time_and_it_verifies() {
    records(include_str!("../../tests/scenarios/executable_adoption.yaml"));
    let proofs = include_str!("../../tests/scenarios/executable_proofs.yaml");
    assert!(records(proofs) == records(proofs), "it was recorded otherwise the second time");
}

#[test]
fn paths_end() {
    let with = |paths: &str| format!("{HEAD}paths:\n{paths}{}", story(&["path: a"]).replace(HEAD, ""));
    assert!(refused(&with("  a: [{ path: a }]\n")).contains("`a` contains itself"));
    assert!(refused(&with("  a: [{ path: b }]\n  b: [{ path: a }]\n")).contains("contains itself"));
    assert!(refused(&with("  a: []\n")).contains("has no steps"));
    let mut doubling = String::from("  z0: [{ claude: create, title: x }]\n");
    for n in 1..40 {
        doubling.push_str(&format!("  z{n}: [{{ path: z{0} }}, {{ path: z{0} }}]\n", n - 1));
    }
    assert!(refused(&with(&format!("{doubling}  a: [{{ path: z39 }}]\n"))).contains("at most 1000 steps"));
}

#[test]
fn what_no_story_shows_is_listed_with_its_place() {
    let policy = &fixture::candidate().policy;
    let outcomes = play(&story(&[CREATE])).unwrap_or_else(|error| panic!("{error}"));
    let life = policy.workflows.keys().next().unwrap_or_else(|| panic!("no life cycle"));
    let gaps: Vec<String> = gaps(policy, life, &outcomes).iter().map(ToString::to_string).collect();
    assert!(gaps.iter().all(|it| it.starts_with("controlled.yaml:")), "{gaps:?}");
    assert!(gaps.iter().any(|it| it.ends_with(": no scenario completes `discard` from DRAFT")), "{gaps:?}");
    assert!(gaps.iter().any(|it| it.ends_with("is refused `withdraw` from IN_REVIEW by its guard `owner`")));
    assert!(!gaps.iter().any(|it| it.contains("`create`")), "{gaps:?}");
}
