//! What a verdict cannot do.

use qms::domain::policy::Effect;

use super::{Case, faults, sources};

/// The end of the approval of what comes into force.
const APPROVE: &str =
    "verdict: approve, quorum: all, completion: [raise_version, put_in_force, clear_owner] }";

/// The end of the release of those who were asked for it.
const UNASSIGN: &str = "effects: [remove_seats], completion: [raise_version, put_in_force, clear_owner] }";

/// The end of its rejection.
const REJECT: &str = "verdict: reject, effects: [mark_rejected] }";

pub(super) const CASES: &[Case] = &[
    Case(
        "effect_of_verdict",
        &[(
            "controlled.yaml",
            APPROVE,
            "verdict: approve, quorum: all, effects: [take_ownership], completion: [raise_version, put_in_force, clear_owner] }",
        )],
        "{ action: approve,  from: IN_APPROVAL",
        "`approve` gives a verdict, and cannot `take_ownership` with it",
    ),
    Case(
        "effect_of_verdict",
        &[(
            "controlled.yaml",
            APPROVE,
            "verdict: approve, quorum: all, effects: [check_in], completion: [raise_version, put_in_force, clear_owner] }",
        )],
        "{ action: approve,  from: IN_APPROVAL",
        "`approve` gives a verdict, and cannot `check_in` with it",
    ),
    Case(
        "effect_before_quorum",
        &[(
            "controlled.yaml",
            APPROVE,
            "verdict: approve, quorum: all, effects: [clear_owner], completion: [raise_version, put_in_force, clear_owner] }",
        )],
        "{ action: approve,  from: IN_APPROVAL",
        "`clear_owner` follows when all have answered: it belongs to `completion`",
    ),
    Case(
        "effect_before_quorum",
        &[(
            "controlled.yaml",
            UNASSIGN,
            "effects: [remove_seats, raise_version], completion: [raise_version, put_in_force, clear_owner] }",
        )],
        "{ action: unassign, from: IN_APPROVAL",
        "`raise_version` follows when all have answered: it belongs to `completion`",
    ),
    Case(
        "effect_of_verdict",
        &[(
            "controlled.yaml",
            UNASSIGN,
            "effects: [remove_seats, check_in], completion: [raise_version, put_in_force, clear_owner] }",
        )],
        "{ action: unassign, from: IN_APPROVAL",
        "`unassign` can end a round as its answers do, and cannot `check_in` with it",
    ),
    Case(
        "retired_without_approval",
        &[
            (
                "controlled.yaml",
                "  - { action: cancel,   from: [DRAFT,",
                "  - { action: scrap, from: EFFECTIVE, to: RETIRED, by: [quality], meaning: administered, effects: [take_out_of_force] }\n  - { action: cancel,   from: [DRAFT,",
            ),
            (
                "actions.yaml",
                "  discard:\n",
                "  scrap:\n    label: Scrap\n    help: Scrap it\n    sop: SOP-001#5\n  discard:\n",
            ),
        ],
        "{ action: scrap,",
        "`scrap` takes a version out of force, and nobody approves that",
    ),
    // The release of whoever has not answered comes to what the approvals come to.
    Case(
        "approvals_differ",
        &[(
            "controlled.yaml",
            APPROVE,
            "verdict: approve, quorum: all, completion: [raise_version, put_in_force] }",
        )],
        "{ action: approve,  from: IN_APPROVAL",
        "`approve` ends the round in another way than `unassign` at controlled.yaml:41:5",
    ),
    Case(
        "approvals_differ",
        &[
            (
                "controlled.yaml",
                "  - { action: reject,   from: IN_APPROVAL",
                "  - { action: endorse,  from: IN_APPROVAL, to: EFFECTIVE, by: [reviewer], meaning: approved, verdict: approve, quorum: all, completion: [raise_version, put_in_force] }\n  - { action: reject,   from: IN_APPROVAL",
            ),
            (
                "actions.yaml",
                "  discard:\n",
                "  endorse:\n    label: Endorse\n    help: Endorse it\n    sop: SOP-001#5\n  discard:\n",
            ),
        ],
        "{ action: endorse,",
        "`endorse` ends the round in another way than `unassign` at controlled.yaml:41:5",
    ),
    // Content and input can both be as they are asked for, and then the order of the lines would decide.
    Case(
        "two_edges",
        &[
            (
                "controlled.yaml",
                "  - { action: checkin, when: { content: unchanged }, from: REVIEWED",
                "  - { action: checkin, when: { how: given_up }, from: REVIEWED, to: CANCELLED, by: [initiator], meaning: authored, guards: [owner, checked_out, copy_is_sound], effects: [check_in, clear_owner] }\n  - { action: checkin, when: { content: unchanged }, from: REVIEWED",
            ),
            (
                "controlled.yaml",
                "  - { action: checkin, when: { content: unchanged }, from: REVIEWED, to: same,  by: [initiator], meaning: authored, guards: [owner, checked_out, copy_is_sound], effects: [check_in] }\n",
                "",
            ),
            (
                "actions.yaml",
                "    done: \"{id} checked in\"\n    sop: SOP-001#5\n",
                "    done: \"{id} checked in\"\n    sop: SOP-001#5\n    inputs:\n      how: { help: How, one_of: { given_up: Give it up } }\n",
            ),
        ],
        "{ action: checkin, when: { content: changed },   from: REVIEWED",
        "a second `checkin` from REVIEWED; the first stands at controlled.yaml:27:5",
    ),
    // Who asked for a round does not end it as answered.
    Case(
        "answers_passed_over",
        &[
            (
                "executable.yaml",
                "  - { action: review,   from: IN_PRE_REVIEW,",
                "  - { action: conclude, from: IN_PRE_REVIEW, to: PRE_REVIEWED, by: [initiator], meaning: administered, guards: [owner] }\n  - { action: review,   from: IN_PRE_REVIEW,",
            ),
            (
                "actions.yaml",
                "  discard:\n",
                "  conclude:\n    label: Conclude\n    help: End the review\n    sop: SOP-001#5\n  discard:\n",
            ),
        ],
        "{ action: conclude,",
        "`conclude` comes to PRE_REVIEWED as `review` at executable.yaml:45:5 does, and would not wait for those who \
         were asked: give it `quorum: all`, or another end",
    ),
];

/// What changes the text or the owner.
const OF_OTHERS: [Effect; 7] = [
    Effect::CheckIn,
    Effect::CheckOut,
    Effect::BeginRevision,
    Effect::RestoreVersionInForce,
    Effect::TakeOwnership,
    Effect::SetOwner,
    Effect::RecordItem,
];

fn found(from: &str, to: &str) -> Vec<&'static str> {
    let mut sources = sources();
    let text = sources.0.get_mut("controlled.yaml").unwrap_or_else(|| panic!("the file is missing"));
    assert!(text.contains(from), "{from}");
    *text = text.replace(from, to);
    // An effect that asks for a guard of its own stands here without it.
    let names = faults(sources).into_iter().map(|fault| fault.name);
    names.filter(|name| !matches!(*name, "effect_without_guard" | "input_missing")).collect()
}

// REQ-005, REQ-038, REQ-082
#[test]
fn while_answers_are_awaited_nothing_takes_place_but_that_people_are_asked_or_released() {
    let follows = "completion: [raise_version, put_in_force, clear_owner] }";
    let reject =
        |effects: &str| format!("verdict: reject, quorum: all, {effects}completion: [mark_rejected] }}");
    assert_eq!(found(REJECT, &reject("")), Vec::<&str>::new());
    for effect in Effect::ALL {
        let seats = matches!(effect, Effect::AddSeats | Effect::RemoveSeats);
        let forms = [
            (UNASSIGN, format!("effects: [remove_seats, {effect}], {follows}"), seats),
            (APPROVE, format!("verdict: approve, quorum: all, effects: [{effect}], {follows}"), false),
            (REJECT, reject(&format!("effects: [{effect}], ")), false),
        ];
        for (from, to, is_sound) in forms {
            let names = found(from, &to);
            assert_eq!(names.is_empty(), is_sound, "{to}: {names:?}");
        }
        // Nor does a text or an owner that nobody was asked about come with the last answer.
        let names = found(
            "completion: [raise_version, put_in",
            &format!("completion: [{effect}, raise_version, put_in"),
        );
        assert_eq!(
            names.contains(&"effect_of_verdict"),
            seats || OF_OTHERS.contains(effect),
            "{effect}: {names:?}"
        );
    }
}
