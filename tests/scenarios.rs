//! Plays the scenarios of every life cycle against the policy in `workflows/`, and sees to it that
//! they show everything that the policy permits, everything that it refuses, and every reason for that.

#![cfg_attr(test, allow(clippy::panic, reason = "a test that cannot go on says why and stops"))]

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::LazyLock;

use qms::domain::decide::Condition;
use qms::domain::id::GroupName;
use qms::domain::policy::{Candidate, Profile, When};
use qms::embedded::{policy, procedures};
use qms::scenario::{Gap, ScenarioOutcome, gaps, run};

/// A guard of a transition: the life cycle, the action, the first state, the guard.
type GuardOf = (&'static str, &'static str, &'static str, &'static str);

/// The guards that never refuse, and why. They stay in the policy because a reader should find the condition where it matters,
/// and because another policy, adopted later, may lead there after all.
const NEVER_REFUSE: &[(&str, &[GuardOf])] = &[
    (
        "no copy is out while a round is open: routing checks it in, and a checkout withdraws",
        &[
            ("controlled", "checkout", "IN_REVIEW", "not_checked_out_by_another"),
            ("controlled", "assign", "IN_REVIEW", "not_checked_out"),
            ("controlled", "assign", "IN_APPROVAL", "not_checked_out"),
            ("executable", "checkout", "IN_PRE_REVIEW", "not_checked_out_by_another"),
            ("executable", "assign", "IN_PRE_REVIEW", "not_checked_out"),
            ("executable", "assign", "IN_PRE_APPROVAL", "not_checked_out"),
            ("executable", "assign", "IN_POST_REVIEW", "not_checked_out"),
            ("executable", "assign", "IN_POST_APPROVAL", "not_checked_out"),
            ("record", "checkout", "IN_POST_REVIEW", "not_checked_out_by_another"),
            ("record", "assign", "IN_POST_REVIEW", "not_checked_out"),
            ("record", "assign", "IN_POST_APPROVAL", "not_checked_out"),
        ],
    ),
    (
        "a round leads into this state, and a checkout leaves it or is not possible there",
        &[
            ("controlled", "checkout", "EFFECTIVE", "not_checked_out_by_another"),
            ("controlled", "route", "EFFECTIVE", "not_checked_out"),
            ("executable", "checkout", "PRE_APPROVED", "not_checked_out_by_another"),
            ("executable", "assign", "POST_REVIEWED", "not_checked_out"),
            ("executable", "route", "POST_REVIEWED", "not_checked_out"),
            ("record", "assign", "POST_REVIEWED", "not_checked_out"),
            ("record", "route", "POST_REVIEWED", "not_checked_out"),
        ],
    ),
    (
        "a parent does not leave its execution while an attachment of it is checked out",
        &[("record", "checkin", "IN_EXECUTION", "parent_in")],
    ),
    (
        "changed content is meant only where the owner has a sound copy out; else the other transition is",
        &[
            ("controlled", "checkin", "REVIEWED", "owner"),
            ("controlled", "checkin", "REVIEWED", "checked_out"),
            ("controlled", "checkin", "REVIEWED", "copy_is_sound"),
            ("executable", "checkin", "PRE_REVIEWED", "owner"),
            ("executable", "checkin", "PRE_REVIEWED", "checked_out"),
            ("executable", "checkin", "PRE_REVIEWED", "copy_is_sound"),
        ],
    ),
    (
        "a review round is never without quality; who leaves the group afterwards is a scenario of `controlled`",
        &[
            ("executable", "route", "PRE_REVIEWED", "reviewed_by"),
            ("executable", "route", "POST_REVIEWED", "reviewed_by"),
            ("record", "route", "POST_REVIEWED", "reviewed_by"),
        ],
    ),
    (
        "every content was held against the approved items, and found complete, when it came to be",
        &[
            ("executable", "item_record", "IN_EXECUTION", "items_unchanged"),
            ("executable", "close", "POST_APPROVED", "items_complete"),
        ],
    ),
    (
        "what was reviewed was sound; only a type that is adopted afterwards can name it as its template",
        &[("controlled", "route", "REVIEWED", "template_is_sound")],
    ),
    (
        "no child is made once the parent has left its execution, which waits for those that are there",
        &[
            ("executable", "close", "POST_APPROVED", "no_open_child"),
            ("executable", "unassign", "IN_TERMINATION", "no_open_child"),
            ("executable", "approve", "IN_TERMINATION", "no_open_child"),
        ],
    ),
    (
        "no type belongs to documents of this life cycle",
        &[
            ("controlled", "cancel", "DRAFT", "no_open_child"),
            ("record", "route", "IN_EXECUTION", "no_open_child"),
            ("record", "close", "POST_APPROVED", "no_open_child"),
            ("record", "close", "POST_APPROVED", "attachments_idle"),
        ],
    ),
];

/// The conditions that no story reaches, and why. Every other condition is reached by a scenario.
const UNREACHED: &[(&str, &[Condition])] = &[
    (
        "in a story users present what they hold, unchanged, and for the call that they make",
        &[
            Condition::IdentityMismatch,
            Condition::CredentialInvalid,
            Condition::TicketForAnotherCall,
            Condition::TokenOfAnotherProcess,
            Condition::OtherNamespaces,
            Condition::PersonsTokenExported,
            Condition::PersonsPassphraseExported,
            Condition::CallNotSigned,
            Condition::ReadingUnproved,
            Condition::SignedAnotherRequest,
            Condition::SignatureStale,
        ],
    ),
    (
        "no policy is adopted that does not know the type and state of every document there is",
        &[Condition::UnknownState],
    ),
    (
        "a story takes a second for a step, and gives no credential a time of its own",
        &[Condition::CredentialNotYetValid, Condition::CredentialExpired],
    ),
    (
        "a ticket is made for the step that presents it, while its session is open, for an agent that is a user",
        &[
            Condition::SessionEnded,
            Condition::TicketForAnotherInput,
            Condition::TicketCallOver,
            Condition::TicketNotAllowed,
            Condition::TicketOvertaken,
            Condition::AgentReadsOnly,
        ],
    ),
    (
        "a step runs a command from its beginning to its end, and every program is the adopted one",
        &[Condition::NotRun, Condition::RunOvertaken, Condition::ProgramChanged, Condition::AgentChanged],
    ),
    ("a key of a story is in no file that a passphrase opens", &[Condition::WrongPassphrase]),
    ("no transition changes the content while a round is open", &[Condition::ContentChanged]),
    ("an action that the policy does not know is a fault of the story", &[Condition::UnknownAction]),
    ("a namespace that is not registered is not found", &[Condition::NamespaceUnknown]),
];

/// Who may do what, after the table of the domain page; an administrator may do what an initiator
/// may. Scenarios show this where it can be seen: that a reviewer may not withdraw cannot, because
/// no reviewer owns a document. A right that a policy gives too much is found here.
const GROUPS: &[(&str, &[&str])] = &[
    ("create", &["initiator"]),
    ("checkout", &["initiator"]),
    ("checkin", &["initiator"]),
    ("discard", &["initiator"]),
    ("route --review", &["initiator"]),
    ("route --approval", &["initiator", "quality"]),
    ("route --retirement", &["administrator", "quality"]),
    ("assign", &["quality"]),
    ("unassign", &["quality"]),
    ("review", &["administrator", "quality", "reviewer"]),
    ("approve", &["quality", "reviewer"]),
    ("reject", &["quality", "reviewer"]),
    ("evidence_record", &["initiator", "quality"]),
    ("withdraw", &["initiator"]),
    ("withdraw IN_RETIREMENT", &["administrator", "quality"]),
    ("withdraw IN_TERMINATION", &["administrator", "initiator"]),
    ("release", &["initiator"]),
    ("revert", &["initiator"]),
    ("item_record", &["initiator"]),
    ("close", &["initiator"]),
    ("cancel", &["initiator"]),
    ("terminate", &["initiator"]),
    ("transfer", &["administrator"]),
    ("note_set", &["initiator", "quality", "reviewer"]),
    ("trait_add DRAFT", &["initiator"]),
    ("trait_add IN_EXECUTION", &["initiator"]),
    ("trait_add", &["quality"]),
];

/// Reads the files of a folder, by name.
fn files(folder: &str) -> BTreeMap<String, String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let entries = std::fs::read_dir(path).unwrap_or_else(|error| panic!("{folder}: {error}"));
    let read = |entry: std::fs::DirEntry| {
        let text = std::fs::read_to_string(entry.path()).unwrap_or_else(|error| panic!("{error}"));
        (entry.file_name().to_string_lossy().into_owned(), text)
    };
    entries.filter_map(Result::ok).map(read).collect()
}

static EMBEDDED: LazyLock<Candidate> = LazyLock::new(|| {
    Candidate::new(policy(Profile::Light), &procedures()).unwrap_or_else(|faults| panic!("{faults:#?}"))
});

/// How all scenarios came out, by file.
static OUTCOMES: LazyLock<BTreeMap<String, Vec<ScenarioOutcome>>> = LazyLock::new(|| {
    let play = |(name, text): (String, String)| {
        let outcomes = run(&EMBEDDED, &format!("tests/scenarios/{name}"), &text);
        (name, outcomes.unwrap_or_else(|error| panic!("{error}")))
    };
    files("tests/scenarios").into_iter().map(play).collect()
});

fn outcomes() -> impl Iterator<Item = &'static ScenarioOutcome> {
    OUTCOMES.values().flatten()
}

#[test]
fn every_scenario_comes_out_as_expected() {
    let failures: Vec<String> = outcomes()
        .filter_map(|outcome| Some(format!("{}\n    {}", outcome.name, outcome.failure.as_ref()?)))
        .collect();
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn every_life_cycle_has_scenarios_and_no_name_is_used_twice() {
    let files = files("tests/scenarios");
    for name in EMBEDDED.policy.workflows.keys() {
        let file = format!("{name}.yaml");
        let outcomes = OUTCOMES.get(&file).unwrap_or_else(|| panic!("tests/scenarios/{file} is missing"));
        assert!(!outcomes.is_empty(), "{name} has no scenarios");
        let text = files.get(&file).map_or("", String::as_str);
        assert!(text.contains(&format!("\nworkflow: {name}\n")), "{file} is about another life cycle");
    }
    let mut names = BTreeSet::new();
    for outcome in outcomes() {
        assert!(names.insert(outcome.name.clone()), "{}: `{}` again", outcome.place, outcome.name);
    }
}

#[test]
fn every_transition_is_completed_from_every_state_and_every_guard_refuses() {
    let outcomes: Vec<ScenarioOutcome> = outcomes().cloned().collect();
    let tested = &EMBEDDED.policy;
    let found: Vec<Gap> = tested.workflows.keys().flat_map(|name| gaps(tested, name, &outcomes)).collect();
    let mut allowed: BTreeSet<(&str, &str, &str, &str)> =
        NEVER_REFUSE.iter().flat_map(|(_, guards)| guards.iter().copied()).collect();
    let mut surprises = Vec::new();
    for gap in &found {
        let start = gap.start.as_ref().map_or("", |state| state.as_str());
        let key = (gap.workflow.as_str(), gap.action.as_str(), start, gap.guard.unwrap_or_default());
        if !allowed.remove(&key) {
            surprises.push(gap.to_string());
        }
    }
    assert!(surprises.is_empty(), "{}", surprises.join("\n"));
    assert!(allowed.is_empty(), "these guards refuse after all, or are gone: {allowed:?}");
}

#[test]
fn every_condition_is_reached_by_a_scenario_or_it_is_said_why_it_cannot_be() {
    let refused: BTreeSet<&str> = outcomes().flat_map(|it| &it.refused).map(String::as_str).collect();
    let mut unreached: BTreeSet<&str> =
        UNREACHED.iter().flat_map(|(_, conditions)| conditions.iter().map(|it| it.name())).collect();
    let mut surprises = Vec::new();
    for condition in Condition::ALL {
        let name = condition.name();
        // Its name ends in the group that nobody of is there.
        let is_it =
            |found: &&&str| **found == name || *condition == Condition::NoEligible && found.starts_with(name);
        let is_listed = unreached.remove(name);
        match (refused.iter().find(is_it), is_listed) {
            (None, false) => surprises.push(format!("no scenario is refused for `{name}`")),
            (Some(_), true) => surprises.push(format!("a scenario is refused for `{name}` after all")),
            _ => {}
        }
    }
    assert!(surprises.is_empty(), "{}", surprises.join("\n"));
}

#[test]
fn the_example_of_the_documentation_comes_out_as_it_says() {
    let page = include_str!("../docs/policy.md");
    let text = page.split("```yaml\n").find(|block| block.starts_with("schema: qms.scenarios/1"));
    let text = text.and_then(|block| block.split("```").next()).unwrap_or_else(|| panic!("no example"));
    let outcomes = run(&EMBEDDED, "docs/policy.md", text).unwrap_or_else(|error| panic!("{error}"));
    assert!(!outcomes.is_empty() && outcomes.iter().all(ScenarioOutcome::is_passed), "{outcomes:#?}");
}

// REQ-008
#[test]
fn nobody_may_do_what_the_domain_page_does_not_give_to_their_group() {
    let mut unused: BTreeSet<&str> = GROUPS.iter().map(|(action, _)| *action).collect();
    for edge in EMBEDDED.policy.workflows.values().flat_map(|life| &life.transitions) {
        let action = match &edge.when {
            Some(When::Input(_, value)) => format!("{} --{value}", edge.action),
            _ => edge.action.to_string(),
        };
        let start = edge.from.first().map(|state| format!("{action} {state}"));
        let listed = |name: &String| GROUPS.iter().find(|(one, _)| one == name);
        let found = start.as_ref().and_then(listed).or_else(|| listed(&action));
        let Some((name, groups)) = found else { panic!("{}: `{action}` is not in the table", edge.place) };
        unused.remove(name);
        let mut by: Vec<&str> = edge.by.iter().map(GroupName::as_str).collect();
        by.sort_unstable();
        assert_eq!(by, *groups, "{}: {name}", edge.place);
    }
    assert!(unused.is_empty(), "no transition for {unused:?}");
}
