//! What a verdict cannot do.

use super::Case;

/// The end of the approval of what comes into force.
const APPROVE: &str =
    "verdict: approve, quorum: all, completion: [raise_version, put_in_force, clear_owner] }";

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
            "verdict: approve, quorum: all, effects: [clear_owner], completion: [raise_version, put_in_force] }",
        )],
        "{ action: approve,  from: IN_APPROVAL",
        "`clear_owner` follows when all have answered: it belongs to `completion`",
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
        "`endorse` ends the round in another way than `approve` at controlled.yaml:42:5",
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
