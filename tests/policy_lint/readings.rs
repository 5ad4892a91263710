//! Recorded readings: where they can be demanded, and by what they are recorded.

use super::Case;

pub(super) const CASES: &[Case] = &[
    Case(
        "misplaced_reading",
        &[(
            "executable.yaml",
            "to: IN_EXECUTION, by: [initiator], meaning: executed, guards: [owner, ",
            "to: IN_EXECUTION, by: [initiator], guards: [owner, opened, ",
        )],
        "{ action: release",
        "readings are of rounds, and `PRE_APPROVED` has none",
    ),
    Case(
        "misplaced_reading",
        &[(
            "executable.yaml",
            "  - { action: release,",
            "  - { action: read, from: IN_EXECUTION, to: same, by: [quality], meaning: witnessed, effects: [record_reading] }\n  - { action: release,",
        )],
        "{ action: read",
        "readings are of rounds, and `IN_EXECUTION` has none",
    ),
    Case(
        "misplaced_reading",
        &[(
            "record.yaml",
            "  - { action: withdraw, from: [IN_POST_REVIEW, IN_POST_APPROVAL], to: origin, by: [initiator], meaning: authored, guards: [owner] }",
            "  - { action: withdraw, from: [IN_POST_REVIEW, IN_POST_APPROVAL], to: origin, by: [initiator], meaning: authored, guards: [owner], effects: [record_reading] }",
        )],
        "{ action: withdraw",
        "a reading is recorded by `read`, `to: same`, and by nothing else",
    ),
    Case(
        "unrecorded_reading",
        &[
            (
                "record.yaml",
                "verdict: review, quorum: all }",
                "verdict: review, quorum: all, guards: [opened] }",
            ),
            (
                "actions.yaml",
                "  read:\n    label: Open what is to be judged\n    help: Print the content; where a verdict demands it, that an assignee opened it is recorded\n    sop: SOP-001#7\n    inputs:\n      which: { help: Which content, one_of: { draft: Open what is to be judged } }\n",
                "",
            ),
        ],
        "{ action: review,",
        "`opened` needs the verb `read`, which `actions.yaml` does not have",
    ),
];
